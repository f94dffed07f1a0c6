//! Random streams of inputs: mostly sensible, all kinds of wrong among them.

use engine::{Limits, Shard};
use proptest::prelude::*;
use rules::Plan;
use types::{
    AccountId, AdjustKind, Aggressor, Bar, ClientOrderId, Codec, Command, CompetitionId,
    DepthUpdate, FeeSchedule, InputKind, Instrument, InstrumentId, InstrumentStatus, Level,
    MarketData, MarketEvent, Money, NewOrder, OpenAccount, OrderId, OrderKind, PlanId, Price, Qty,
    Quote, Ratio, Side, TimeInForce, Timer, TimestampNs, Trade, TradingDay,
};

use crate::plans::{any_plan, competition, schedule_of};
use crate::world::{instrument, label, plan, price};

/// Few of everything, so that the limits are met.
pub(crate) const LIMITS: Limits = Limits {
    instruments_max: 7,
    plans_max: 9,
    competitions_max: 3,
    accounts_max: 12,
    orders_max: 4,
    account_orders_max: 2,
    client_orders_max: 5,
    depth_levels_max: 4,
};

/// An instrument, the price it starts around, ticks of one step and lots of one unit.
struct Traded {
    instrument: Instrument,
    base: Price,
    ticks: i64,
    lots: i64,
}

fn traded() -> Vec<Traded> {
    let fees = |rate, per_unit, minimum| FeeSchedule {
        rate: Ratio(rate),
        per_unit: Money(per_unit),
        minimum: Money(minimum),
    };
    let traded = |mut instrument: Instrument, fees, base, ticks, lots| {
        instrument.fees = fees;
        instrument.order_qty_max = Qty(instrument.lot_size.0 * (lots * 4 + 1));
        Traded {
            instrument,
            base: price(base),
            ticks,
            lots,
        }
    };
    let mut euro = instrument("DAX", "0.5", "1", "5");
    euro.currency = label("EUR");
    vec![
        traded(
            instrument("BTCUSDT", "0.01", "0.001", "1"),
            fees(400_000, 0, 0),
            "60000",
            1_000,
            500,
        ),
        traded(
            instrument("EURUSD", "0.00001", "1000", "1"),
            fees(0, 30, 0),
            "1.1",
            20,
            20,
        ),
        traded(
            instrument("ES", "0.25", "1", "50"),
            fees(1_000, 1_250_000, 4_000_000),
            "5000",
            1,
            1,
        ),
        traded(
            instrument("AAPL", "0.01", "1", "1"),
            fees(0, 0, 0),
            "200",
            7,
            50,
        ),
        // Its price is on both sides of zero, and its costs do not divide.
        traded(
            instrument("CALENDAR", "0.007", "0.3", "10"),
            fees(0, 0, 10_000),
            "0",
            3,
            11,
        ),
        traded(euro, fees(0, 0, 0), "18000", 4, 1),
    ]
}

/// One thing that happens, in small numbers.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Quote {
        instrument: u8,
        at: i64,
        spread: i64,
        sizes: (u8, u8),
        off_grid: bool,
    },
    Depth {
        instrument: u8,
        whole: bool,
        bids: Vec<(i64, i64)>,
        asks: Vec<(i64, i64)>,
        off_grid: bool,
    },
    Print {
        instrument: u8,
        at: i64,
        bar: bool,
        off_grid: bool,
    },
    Status {
        instrument: u8,
        status: InstrumentStatus,
    },
    Submit {
        account: u8,
        client: u8,
        instrument: u8,
        buy: bool,
        kind: u8,
        at: i64,
        units: i64,
        odd: i64,
        tif: TimeInForce,
        off_grid: bool,
    },
    Amend {
        pick: u8,
        stranger: bool,
        units: Option<i64>,
        at: Option<i64>,
        off_grid: bool,
    },
    Cancel {
        pick: u8,
        stranger: bool,
    },
    CancelAll {
        account: u8,
    },
    Adjust {
        account: u8,
        kind: AdjustKind,
        cents: i64,
    },
    Enter {
        account: u8,
        competition: u8,
    },
    Open {
        plan: u8,
        parent: Option<u8>,
    },
    Register {
        instrument: u8,
        broken: bool,
    },
    Define {
        competition: bool,
        broken: bool,
    },
    Roll {
        schedule: u8,
        later: i32,
    },
    Clock,
}

const ACCOUNTS: u8 = 9;
const AT: std::ops::Range<i64> = -40..41;

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.02)
}

fn levels() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((-3_i64..4, prop_oneof![6 => 0_i64..4, 1 => Just(-1)]), 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let tif = prop::sample::select(vec![
        TimeInForce::GoodTillCancel,
        TimeInForce::Day,
        TimeInForce::ImmediateOrCancel,
    ]);
    let status = prop::sample::select(vec![
        InstrumentStatus::Open,
        InstrumentStatus::Open,
        InstrumentStatus::Halted,
        InstrumentStatus::Closed,
    ]);
    let adjust = prop::sample::select(vec![
        AdjustKind::ProfitAndLoss,
        AdjustKind::Payout,
        AdjustKind::Scale,
    ]);
    prop_oneof![
        24 => (0..8_u8, AT, -1_i64..6, (0..6_u8, 0..6_u8), rarely()).prop_map(
            |(instrument, at, spread, sizes, off_grid)| Step::Quote {
                instrument, at, spread, sizes, off_grid,
            }),
        4 => (0..7_u8, any::<bool>(), levels(), levels(), rarely()).prop_map(
            |(instrument, whole, bids, asks, off_grid)| Step::Depth {
                instrument, whole, bids, asks, off_grid,
            }),
        1 => (0..7_u8, AT, any::<bool>(), rarely()).prop_map(
            |(instrument, at, bar, off_grid)| Step::Print { instrument, at, bar, off_grid }),
        2 => (0..7_u8, status).prop_map(|(instrument, status)| Step::Status { instrument, status }),
        22 => ((0..ACCOUNTS + 2, 0..9_u8, 0..7_u8, any::<bool>(), 0..4_u8),
               (AT, 0_i64..5, -1_i64..2, tif, rarely())).prop_map(
            |((account, client, instrument, buy, kind), (at, units, odd, tif, off_grid))|
            Step::Submit {
                account, client, instrument, buy, kind, at, units, odd, tif, off_grid,
            }),
        6 => (any::<u8>(), rarely(), prop::option::of(0_i64..6), prop::option::of(AT), rarely())
            .prop_map(|(pick, stranger, units, at, off_grid)| Step::Amend {
                pick, stranger, units, at, off_grid,
            }),
        2 => (any::<u8>(), rarely())
            .prop_map(|(pick, stranger)| Step::Cancel { pick, stranger }),
        1 => (0..ACCOUNTS + 4).prop_map(|account| Step::CancelAll { account }),
        7 => (0..ACCOUNTS + 4, adjust, -10_000_i64..30_000).prop_map(
            |(account, kind, cents)| Step::Adjust { account, kind, cents }),
        1 => (0..ACCOUNTS + 4, 0..4_u8).prop_map(
            |(account, competition)| Step::Enter { account, competition }),
        1 => (0..9_u8, prop::option::of(0..ACCOUNTS + 4)).prop_map(
            |(plan, parent)| Step::Open { plan, parent }),
        1 => (0..7_u8, any::<bool>()).prop_map(
            |(instrument, broken)| Step::Register { instrument, broken }),
        1 => (any::<bool>(), any::<bool>()).prop_map(
            |(competition, broken)| Step::Define { competition, broken }),
        4 => (0..3_u8, 0_i32..3).prop_map(|(schedule, later)| Step::Roll { schedule, later }),
        1 => Just(Step::Clock),
    ]
}

/// Definitions, accounts and first quotes; then whatever happens.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    plans: Vec<Plan>,
    steps: Vec<Step>,
}

pub(crate) fn script(steps: usize) -> impl Strategy<Value = Script> {
    let plans = prop::collection::vec(any_plan(), 3..7);
    let steps = prop::collection::vec(step(), 1..steps);
    (plans, steps).prop_map(|(plans, steps)| Script { plans, steps })
}

impl Script {
    /// The inputs, one after the other. Which orders work is known only while the script runs.
    pub(crate) fn inputs(&self) -> Vec<Planned> {
        let traded = traded();
        let mut inputs: Vec<Planned> = Vec::new();
        let mut say = |kind| inputs.push(Planned::Ready(kind));
        for traded in &traded {
            say(InputKind::Command(Command::RegisterInstrument(
                traded.instrument,
            )));
        }
        for plan in &self.plans {
            say(InputKind::Command(Command::DefinePlan {
                spec: plan.to_bytes().into(),
            }));
        }
        for schedule in 0..2 {
            say(InputKind::Command(Command::DefineCompetition {
                spec: competition(schedule).to_bytes().into(),
            }));
        }
        for account in 0..u32::from(ACCOUNTS) {
            say(open(account % self.plans.len() as u32, None));
            if account % 2 == 0 {
                say(InputKind::Command(Command::EnterCompetition {
                    competition: CompetitionId(account / 2 % 2),
                    account: AccountId(account),
                }));
            }
        }
        for index in [0, 1, 2, 4, 5] {
            say(quote(&traded, index, 0, 1, (5, 5), false));
        }
        let mut days = [0; 3];
        for step in &self.steps {
            inputs.push(planned(&traded, &mut days, step));
        }
        inputs
    }
}

/// An input, up to which of the working orders it is about.
pub(crate) enum Planned {
    Ready(InputKind),
    Amend {
        pick: u8,
        stranger: bool,
        units: Option<i64>,
        at: Option<i64>,
        off_grid: bool,
    },
    Cancel {
        pick: u8,
        stranger: bool,
    },
}

impl Planned {
    /// The input, given the shard that it is for.
    pub(crate) fn after(&self, shard: &Shard) -> InputKind {
        match *self {
            Self::Ready(ref kind) => kind.clone(),
            Self::Amend {
                pick,
                stranger,
                units,
                at,
                off_grid,
            } => {
                let (account, order, instrument) = working(shard, pick, stranger);
                let traded = traded();
                InputKind::Command(Command::AmendOrder {
                    account,
                    order,
                    qty: units.map(|units| {
                        Qty(qty_of(&traded, instrument, units, 0).0 + i64::from(off_grid))
                    }),
                    price: at.map(|at| price_at(&traded, instrument, at, off_grid)),
                })
            }
            Self::Cancel { pick, stranger } => {
                let (account, order, _) = working(shard, pick, stranger);
                InputKind::Command(Command::CancelOrder { account, order })
            }
        }
    }
}

/// A working order, its instrument and its owner, or somebody else.
fn working(shard: &Shard, pick: u8, stranger: bool) -> (AccountId, OrderId, u8) {
    let accounts = (0..shard.account_count()).map(AccountId);
    let orders: Vec<_> = accounts
        .flat_map(|id| shard.account_view(id).unwrap().orders)
        .collect();
    let picked = orders.get(usize::from(pick) % orders.len().max(1));
    picked.map_or((AccountId(pick.into()), OrderId(1), 0), |order| {
        let owner = AccountId(order.account.0 + u32::from(stranger));
        (owner, order.order, order.instrument.0 as u8)
    })
}

fn open(plan: u32, parent: Option<u8>) -> InputKind {
    InputKind::Command(Command::OpenAccount(OpenAccount {
        plan: PlanId(plan),
        parent: parent.map(|parent| AccountId(parent.into())),
        name: label("somebody"),
    }))
}

fn price_at(traded: &[Traded], index: u8, at: i64, off_grid: bool) -> Price {
    traded.get(usize::from(index)).map_or(Price(at), |traded| {
        let step = traded.instrument.tick_size.0 * traded.ticks;
        Price(traded.base.0 + at * step + i64::from(off_grid))
    })
}

fn qty_of(traded: &[Traded], index: u8, units: i64, odd: i64) -> Qty {
    traded.get(usize::from(index)).map_or(Qty(units), |traded| {
        Qty((units * traded.lots + odd) * traded.instrument.lot_size.0)
    })
}

fn market(instrument: u8, data: MarketData) -> InputKind {
    InputKind::Market(MarketEvent {
        instrument: InstrumentId(instrument.into()),
        ts_event: TimestampNs(7),
        data,
    })
}

fn quote(
    traded: &[Traded],
    instrument: u8,
    at: i64,
    spread: i64,
    sizes: (u8, u8),
    off_grid: bool,
) -> InputKind {
    let size = |size: u8| qty_of(traded, instrument, size.into(), 0);
    market(
        instrument,
        MarketData::Quote(Quote {
            bid: price_at(traded, instrument, at, off_grid),
            bid_qty: size(sizes.0),
            ask: price_at(traded, instrument, at + spread, false),
            ask_qty: size(sizes.1),
        }),
    )
}

fn planned(traded: &[Traded], days: &mut [i32; 3], step: &Step) -> Planned {
    let account = |account: u8| AccountId(account.into());
    Planned::Ready(match step.clone() {
        Step::Quote {
            instrument,
            at,
            spread,
            sizes,
            off_grid,
        } => quote(traded, instrument, at, spread, sizes, off_grid),
        Step::Depth {
            instrument,
            whole,
            bids,
            asks,
            off_grid,
        } => {
            let side = |levels: Vec<(i64, i64)>, above: i64| {
                levels
                    .into_iter()
                    .map(|(at, units)| Level {
                        price: price_at(traded, instrument, at + above, off_grid),
                        qty: qty_of(traded, instrument, units, 0),
                    })
                    .collect()
            };
            let update = Box::new(DepthUpdate {
                bids: side(bids, -3),
                asks: side(asks, 2),
            });
            market(
                instrument,
                if whole {
                    MarketData::DepthSnapshot(update)
                } else {
                    MarketData::DepthDelta(update)
                },
            )
        }
        Step::Print {
            instrument,
            at,
            bar,
            off_grid,
        } => {
            let price = price_at(traded, instrument, at, off_grid);
            market(
                instrument,
                if bar {
                    MarketData::Bar(Bar {
                        start: TimestampNs(0),
                        open: price,
                        high: price,
                        low: price,
                        close: price,
                        volume: Qty::ZERO,
                    })
                } else {
                    MarketData::Trade(Trade {
                        price,
                        qty: Qty::ONE,
                        aggressor: Aggressor::Unknown,
                    })
                },
            )
        }
        Step::Status { instrument, status } => market(instrument, MarketData::Status(status)),
        Step::Submit {
            account: id,
            client,
            instrument,
            buy,
            kind,
            at,
            units,
            odd,
            tif,
            off_grid,
        } => {
            let price = price_at(traded, instrument, at, off_grid);
            InputKind::Command(Command::SubmitOrder(NewOrder {
                account: account(id),
                client_order: ClientOrderId(client.into()),
                instrument: InstrumentId(instrument.into()),
                side: if buy { Side::Buy } else { Side::Sell },
                kind: match kind {
                    0..=1 => OrderKind::Market,
                    2 => OrderKind::Limit { price },
                    _ => OrderKind::Stop { trigger: price },
                },
                qty: Qty(qty_of(traded, instrument, units, odd).0 + i64::from(off_grid && buy)),
                tif,
            }))
        }
        Step::Amend {
            pick,
            stranger,
            units,
            at,
            off_grid,
        } => {
            return Planned::Amend {
                pick,
                stranger,
                units,
                at,
                off_grid,
            };
        }
        Step::Cancel { pick, stranger } => return Planned::Cancel { pick, stranger },
        Step::CancelAll { account: id } => InputKind::Command(Command::CancelAll {
            account: account(id),
        }),
        Step::Adjust {
            account: id,
            kind,
            cents,
        } => InputKind::Command(Command::Adjust {
            account: account(id),
            kind,
            amount: match kind {
                AdjustKind::Payout => Money(cents * 1_000),
                AdjustKind::ProfitAndLoss | AdjustKind::Scale => Money(cents * 10_000),
            },
        }),
        Step::Enter {
            account: id,
            competition,
        } => InputKind::Command(Command::EnterCompetition {
            competition: CompetitionId(competition.into()),
            account: account(id),
        }),
        Step::Open { plan, parent } => open(plan.into(), parent),
        Step::Register { instrument, broken } => {
            let index = usize::from(instrument) % traded.len();
            let mut instrument = traded[index].instrument;
            if broken {
                instrument.lot_size = Qty(0);
            }
            InputKind::Command(Command::RegisterInstrument(instrument))
        }
        Step::Define {
            competition: is_competition,
            broken,
        } => {
            let mut spec = if is_competition {
                competition(0).to_bytes()
            } else {
                plan("500").to_bytes()
            };
            if broken {
                spec.pop();
            }
            let spec = spec.into();
            InputKind::Command(if is_competition {
                Command::DefineCompetition { spec }
            } else {
                Command::DefinePlan { spec }
            })
        }
        Step::Roll { schedule, later } => {
            let day = &mut days[usize::from(schedule)];
            *day += later;
            InputKind::Timer(Timer::DayRoll {
                schedule: schedule_of(schedule),
                day: TradingDay(*day),
            })
        }
        Step::Clock => InputKind::Timer(Timer::Clock),
    })
}
