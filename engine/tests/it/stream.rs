//! Random streams of inputs: mostly sensible, all kinds of wrong among them. A step is a handful of
//! dice, read against the shard as it stands, so that most of what is said is about something that is
//! there.

use engine::view::BoardRow;
use engine::{Limits, Shard};
use proptest::prelude::*;
use rules::{
    Competition, ContestRules, Gates, Ineligible, Plan, Prize, PrizeAmount, PrizePool, TeamRules,
    Window,
};
use types::{
    AccountChange, AccountId, AdjustKind, Aggressor, AlgoKind, BarPath, Calendar, CancelModel,
    ClientOrderId, Codec, Command, CompetitionChange, CompetitionId, CurveId, DepthUpdate,
    DisqualificationReason, FeeSchedule, FillRule, Financing, InputKind, Instrument, InstrumentId,
    InstrumentStatus, Interval, Latency, LatencyId, LatencySample, Leg, Level, Liquidity, ListKind,
    Margin, MarketData, Money, NewAlgo, NewOrder, OpenAccount, OrderId, OrderKind, OrderList,
    Origin, PaperModel, Parentage, PlanId, PositionMode, Price, Qty, Quote, Ratio, Requirement,
    SelfTrade, Side, Sizes, Slippage, SuspendReason, TeamId, TimeInForce, Timer, TimestampNs,
    Trade, TradingDay, Trail, TriggerOn,
};

use crate::plans::{any_plan, competition, schedule_of};
use crate::words::{Said, market};
use crate::world::{SECOND, World, define, instrument, label, paper, price, ratio};

/// Few of everything, so that the limits are met.
pub(crate) const LIMITS: Limits = Limits {
    instruments_max: 10,
    plans_max: 6,
    competitions_max: 3,
    accounts_max: 9,
    orders_max: 18,
    account_orders_max: 7,
    account_orders_per_second_max: 3,
    list_orders_max: 3,
    algo_slices_max: 9,
    algo_children_max: 2,
    algos_max: 3,
    changes_max: 2,
    positions_max: 14,
    book_levels_max: 3,
    consumed_max: 3,
    curves_max: 2,
    latencies_max: 2,
    samples_max: 5,
    conversions_max: 4,
    client_orders_max: 5,
    depth_levels_max: 4,
    intervals_max: 6,
};

/// Bytes that choose one thing after the other; zeros when they are used up.
struct Dice<'a> {
    bytes: &'a [u8],
}

impl Dice<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        *first
    }

    /// One of `0..sides`.
    fn roll(&mut self, sides: i64) -> i64 {
        i64::from(self.byte()) % sides
    }

    fn flip(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Once in 24.
    fn rarely(&mut self) -> bool {
        self.roll(24) == 23
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as i64) as usize]
    }

    fn side(&mut self) -> Side {
        self.choose(&[Side::Buy, Side::Sell])
    }

    fn id(&mut self, known: u32) -> u32 {
        // Sometimes one that is not there.
        let beyond = u32::from(self.rarely());
        self.roll(i64::from(known.max(1))) as u32 + beyond * known
    }
}

/// An instrument, the price it starts around, ticks of one step and lots of one unit.
struct Traded {
    instrument: Instrument,
    base: &'static str,
    ticks: i64,
    lots: i64,
}

fn traded() -> Vec<Traded> {
    let traded = |mut instrument: Instrument, base, ticks, lots| {
        instrument.order_qty_max = Qty(instrument.lot_size.0 * lots * 12);
        Traded {
            instrument,
            base,
            ticks,
            lots,
        }
    };
    let model = |model, symbol, tick, lot, contract| Instrument {
        liquidity: paper(model).liquidity,
        ..instrument(symbol, tick, lot, contract)
    };
    let touch = PaperModel::default();
    let through = PaperModel {
        fill: FillRule::Through,
        sizes: Sizes::Displayed,
        slippage: Slippage::Ticks(1),
        bars: BarPath::Walked,
        latency: Latency::None,
    };
    let queue = PaperModel {
        fill: FillRule::Queue(CancelModel::Power(2)),
        latency: Latency::Constant(LatencySample {
            order_ns: 1_500_000_000,
            ack_ns: 7,
        }),
        bars: BarPath::Walked,
        ..touch
    };
    let careful = PaperModel {
        fill: FillRule::Queue(CancelModel::Conservative),
        sizes: Sizes::Displayed,
        slippage: Slippage::Impact { ticks: 2 },
        ..touch
    };
    let recorded = PaperModel {
        slippage: Slippage::Rate(ratio("0.002")),
        latency: Latency::Recorded(LatencyId(0)),
        ..touch
    };
    let margin = Margin {
        initial: Requirement {
            rate: Ratio::percent(10),
            per_unit: Money(3),
        },
        maintenance: Requirement {
            rate: Ratio::percent(10),
            per_unit: Money(1),
        },
    };
    let fees = FeeSchedule {
        taker: Ratio(400_000),
        maker: Ratio(-100_000),
        per_unit: Money(30),
        minimum: Money(0),
    };
    let least = FeeSchedule {
        minimum: Money(900_000),
        ..fees
    };
    let book = Instrument {
        liquidity: Liquidity::Crossed,
        collar: Ratio::percent(4),
        breaker: Ratio::percent(2),
        fees,
        margin,
        ..instrument("BOOK", "1", "1", "20")
    };
    let euro = |instrument| Instrument {
        currency: label("EUR"),
        ..instrument
    };
    vec![
        traded(book, "100", 1, 2),
        traded(
            Instrument {
                liquidity: Liquidity::Crossed,
                fees: least,
                shortable: false,
                ..instrument("ODD", "0.007", "0.3", "10")
            },
            "0",
            3,
            2,
        ),
        traded(
            model(touch, "TOUCH", "0.01", "0.001", "1"),
            "60000",
            1_000,
            500,
        ),
        traded(
            Instrument {
                margin,
                collar: Ratio::percent(1),
                ..model(through, "THROUGH", "0.25", "1", "1")
            },
            "5000",
            40,
            3,
        ),
        traded(
            Instrument {
                fees: least,
                ..model(queue, "QUEUE", "0.01", "1", "1")
            },
            "200",
            7,
            50,
        ),
        traded(
            model(careful, "CAREFUL", "0.00001", "1000", "1"),
            "1.1",
            20,
            20,
        ),
        traded(
            euro(model(recorded, "LATE", "0.5", "1", "5")),
            "18000",
            4,
            1,
        ),
        traded(euro(Instrument { margin, ..book }), "100", 1, 2),
        traded(
            Instrument {
                currency: label("GBP"),
                ..model(touch, "POUND", "1", "1", "1")
            },
            "100",
            1,
            2,
        ),
    ]
}

/// A random stream.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    plans: Vec<Plan>,
    steps: Vec<[u8; 30]>,
}

/// A stream of so many steps after its beginning.
pub(crate) fn script(steps: usize) -> impl Strategy<Value = Script> {
    let plans = prop::collection::vec(any_plan(), 3);
    let steps = prop::collection::vec(any::<[u8; 30]>(), steps);
    (plans, steps).prop_map(|(plans, steps)| Script { plans, steps })
}

/// One input, which may depend on what the shard holds when its turn comes.
#[derive(Debug, Clone)]
pub(crate) enum Planned {
    Ready(InputKind),
    Thrown([u8; 30]),
}

impl Planned {
    pub(crate) fn after(&self, shard: &Shard) -> InputKind {
        match self {
            Self::Ready(kind) => kind.clone(),
            Self::Thrown(bytes) => thrown(&mut Dice { bytes }, shard),
        }
    }
}

/// A world for streams: some inputs share a second.
pub(crate) fn world() -> World {
    let mut world = World::new(LIMITS);
    world.step_ns = SECOND * 2 / 5;
    world
}

impl Script {
    pub(crate) fn inputs(&self) -> Vec<Planned> {
        let mut ready = vec![
            Command::DefineLatency {
                samples: vec![sample(0), sample(700_000_000), sample(2_500_000_000)],
            }
            .input(),
            Command::DefineCurve {
                weights: vec![3, 0, 5, 1],
            }
            .input(),
            conversion("EUR", "USD", "1.083").input(),
        ];
        for traded in traded() {
            ready.push(Command::RegisterInstrument(Box::new(traded.instrument)).input());
        }
        for plan in &self.plans {
            ready.push(define(plan).input());
        }
        for competition in competitions() {
            ready.push(
                Command::DefineCompetition {
                    spec: competition.to_bytes().into(),
                }
                .input(),
            );
        }
        for account in 0..6 {
            ready.push(open(account % 3, None).input());
            ready.push(enter(account % 3, account));
        }
        for (instrument, traded) in (0..).zip(traded()) {
            if is_crossed(&traded.instrument) {
                continue;
            }
            let mut dice = Dice {
                bytes: &[128, 2, 5, 5],
            };
            ready.push(quote(&mut dice, &traded, instrument));
        }
        let ready = ready.into_iter().map(Planned::Ready);
        ready.chain(self.thrown()).collect()
    }

    /// The inputs without the beginning.
    pub(crate) fn thrown(&self) -> impl Iterator<Item = Planned> {
        self.steps.iter().copied().map(Planned::Thrown)
    }
}

/// One without an end, one whose board freezes and that ends while a stream runs, one among teams.
fn competitions() -> [Competition; 3] {
    let prizes = PrizePool {
        pool: Money::whole(100),
        unit: Money(10_000),
        places: vec![Prize {
            first: 1,
            last: 3,
            each: PrizeAmount::Fixed(Money::whole(20)),
        }],
    };
    let shares = PrizePool {
        places: vec![
            Prize {
                first: 1,
                last: 1,
                each: PrizeAmount::Share(Ratio(333_333_334)),
            },
            Prize {
                first: 2,
                last: 3,
                each: PrizeAmount::Share(Ratio(333_333_333)),
            },
        ],
        ..prizes.clone()
    };
    let amounts = PrizePool {
        pool: Money::whole(60),
        ..prizes
    };
    let timed = ContestRules {
        window: Some(Window {
            start: TimestampNs(14 * SECOND),
            end: TimestampNs(60 * SECOND),
        }),
        freeze_s: 30,
        prizes: Some(shares),
        ..ContestRules::default()
    };
    let teams = ContestRules {
        teams: Some(TeamRules {
            count: 2,
            members_min: 1,
        }),
        prizes: Some(amounts),
        ..ContestRules::default()
    };
    let open_gates = |contest| Competition {
        contest,
        gates: Gates {
            active_days: 0,
            round_turns: 0,
        },
        ..competition(0)
    };
    [competition(0), open_gates(timed), open_gates(teams)]
}

/// The third competition is among teams.
fn enter(competition: u32, account: u32) -> InputKind {
    Command::EnterCompetition {
        competition: CompetitionId(competition),
        account: AccountId(account),
        team: (competition == 2).then_some(TeamId(account % 2)),
    }
    .input()
}

fn organise(dice: &mut Dice<'_>, shard: &Shard) -> Command {
    let competition = CompetitionId(dice.id(3));
    let rows = shard.board(competition, false).map(|board| board.rows);
    let rows = rows.unwrap_or_default();
    let is_off =
        |row: &&BoardRow| matches!(row.score.ineligible, Some(Ineligible::Disqualified(_)));
    let any = AccountId(dice.id(shard.account_count()));
    let entrant = rows.get(dice.byte() as usize % rows.len().max(1));
    let entrant = entrant.map_or(any, |row| row.account);
    Command::ChangeCompetition {
        competition,
        change: match dice.roll(8) {
            0..=2 => CompetitionChange::Disqualify {
                account: entrant,
                reason: DisqualificationReason::Terms,
            },
            3..=5 => CompetitionChange::Reinstate {
                account: rows.iter().find(is_off).map_or(any, |row| row.account),
            },
            6 => CompetitionChange::Finalise,
            _ => CompetitionChange::End,
        },
    }
}

fn sample(order_ns: u32) -> LatencySample {
    LatencySample {
        order_ns,
        ack_ns: order_ns / 3,
    }
}

fn conversion(from: &str, to: &str, rate: &str) -> Command {
    Command::SetConversion {
        from: label(from),
        to: label(to),
        rate: price(rate),
    }
}

fn open(plan: u32, parent: Option<Parentage>) -> Command {
    Command::OpenAccount(OpenAccount {
        plan: PlanId(plan),
        parent,
        name: label("trader"),
    })
}

/// A price so many steps away from where the instrument started.
fn at(traded: &Traded, steps: i64, off_grid: bool) -> Price {
    let tick = traded.instrument.tick_size.0;
    Price(price(traded.base).0 + steps * traded.ticks * tick + i64::from(off_grid))
}

fn near(dice: &mut Dice<'_>, traded: &Traded) -> Price {
    // Participants of a book meet each other only where they are close.
    let steps = if is_crossed(&traded.instrument) {
        dice.roll(7) - 3
    } else {
        dice.roll(15) - 7
    };
    let off_grid = dice.rarely() && dice.flip();
    at(traded, steps, off_grid)
}

fn is_crossed(instrument: &Instrument) -> bool {
    instrument.liquidity == Liquidity::Crossed
}

/// Mostly a few units, sometimes none, odd or off the grid.
fn amount(dice: &mut Dice<'_>, traded: &Traded) -> Qty {
    let lots = match dice.roll(30) {
        29 => 0,
        lots => traded.lots * (lots % 6) + 1 + lots % 3,
    };
    let odd = i64::from(dice.rarely() && dice.flip());
    Qty(traded.instrument.lot_size.0 * lots + odd)
}

fn quote(dice: &mut Dice<'_>, traded: &Traded, instrument: u32) -> InputKind {
    let bid = dice.roll(11) - 6;
    let spread = dice.roll(5) - i64::from(dice.rarely());
    let size = |dice: &mut Dice<'_>| Qty(traded.instrument.lot_size.0 * traded.lots * dice.roll(6));
    let (bid_qty, ask_qty) = (size(dice), size(dice));
    let off_grid = dice.rarely();
    let mut event = market(MarketData::Quote(Quote {
        bid: at(traded, bid, off_grid),
        bid_qty,
        ask: at(traded, bid + spread, false),
        ask_qty,
    }));
    event.instrument = InstrumentId(instrument);
    event.input()
}

fn depth(dice: &mut Dice<'_>, traded: &Traded) -> MarketData {
    let mut side = |above: i64| -> Vec<Level> {
        let count = dice.roll(4);
        (0..count)
            .map(|_| {
                let steps = dice.roll(7) - 3 + above;
                let lots = traded.lots * dice.roll(4) - i64::from(dice.rarely());
                Level {
                    price: at(traded, steps, false),
                    qty: Qty(traded.instrument.lot_size.0 * lots),
                }
            })
            .collect()
    };
    let (bids, asks) = (side(-3), side(3));
    let update = Box::new(DepthUpdate { bids, asks });
    if dice.flip() {
        MarketData::DepthSnapshot(update)
    } else {
        MarketData::DepthDelta(update)
    }
}

/// What the market says of an instrument: of a crossed one, only what it does not find out itself.
fn data(dice: &mut Dice<'_>, traded: &Traded) -> MarketData {
    let is_outside = !is_crossed(&traded.instrument) || dice.rarely();
    let what = if is_outside {
        dice.roll(20)
    } else {
        11 + dice.roll(9)
    };
    match what {
        0..=4 => depth(dice, traded),
        5..=8 => MarketData::Trade(Trade {
            price: near(dice, traded),
            qty: amount(dice, traded),
            aggressor: dice.choose(&[Aggressor::Unknown, Aggressor::Buyer, Aggressor::Seller]),
        }),
        9..=10 => {
            let (low, up) = (dice.roll(12) - 8, dice.roll(6));
            let inside = |dice: &mut Dice<'_>| low + dice.roll(up + 1);
            let (open, close) = (inside(dice), inside(dice));
            let high = low + up - i64::from(dice.rarely());
            MarketData::Bar(types::Bar {
                start: TimestampNs(0),
                open: at(traded, open, false),
                high: at(traded, high, false),
                low: at(traded, low, dice.rarely()),
                close: at(traded, close, false),
                volume: amount(dice, traded),
            })
        }
        11..=12 => MarketData::Status(dice.choose(&[
            InstrumentStatus::PreOpen,
            InstrumentStatus::PreOpen,
            InstrumentStatus::PreClose,
            InstrumentStatus::Halted,
            InstrumentStatus::Closed,
        ])),
        13..=16 => MarketData::Status(InstrumentStatus::Open),
        17 => MarketData::Financing(Financing {
            long: Ratio(dice.roll(200) * 1_000 - 100_000),
            short: Ratio(dice.roll(200) * 1_000 - 100_000),
            price: near(dice, traded),
        }),
        18 => MarketData::Dividend {
            per_unit: Money(dice.roll(100) * 777 - 777),
        },
        _ => MarketData::Split {
            new: dice.roll(4) as u32,
            old: dice.roll(4) as u32,
        },
    }
}

fn new_order(dice: &mut Dice<'_>, shard: &Shard, traded: &Traded, instrument: u32) -> NewOrder {
    let account = AccountId(dice.id(shard.account_count()));
    let on = dice.choose(&[TriggerOn::Quote, TriggerOn::Last]);
    let (price, trigger) = (near(dice, traded), near(dice, traded));
    let kind = match dice.roll(12) {
        0..=1 => OrderKind::Market,
        2..=6 => OrderKind::Limit { price },
        7..=8 => OrderKind::Stop { trigger, on },
        9 => OrderKind::StopLimit { trigger, price, on },
        10 => OrderKind::MarketIfTouched { trigger, on },
        _ => OrderKind::TrailingStop {
            trail: match dice.roll(3) {
                0 => Trail::Percent(Ratio(dice.roll(200) * 1_000_000)),
                _ => Trail::Amount(Price(
                    traded.instrument.tick_size.0 * traded.ticks * dice.roll(5),
                )),
            },
            on,
        },
    };
    let until = TimestampNs(shard.ts().0 + SECOND * (dice.roll(20) as u64));
    let is_simple = matches!(kind, OrderKind::Market | OrderKind::Limit { .. });
    let times = [
        TimeInForce::Day,
        TimeInForce::GoodTillDate { until },
        TimeInForce::ImmediateOrCancel,
        TimeInForce::FillOrKill,
        TimeInForce::AtOpen,
        TimeInForce::AtClose,
    ];
    let tif = match dice.roll(8) {
        0..=4 => TimeInForce::GoodTillCancel,
        _ if is_simple || dice.rarely() => dice.choose(&times),
        _ => dice.choose(&times[..2]),
    };
    let is_limit = matches!(kind, OrderKind::Limit { .. });
    let may_hide = is_limit && is_crossed(&traded.instrument);
    let side = dice.side();
    let view = shard.account_view(account);
    let is_hedging = view.is_some_and(|view| view.terms.mode == PositionMode::Hedging);
    let leg = match (is_hedging, dice.rarely()) {
        (true, false) if dice.roll(3) == 0 => dice.choose(&[Leg::Long, Leg::Short]),
        (true, false) if side == Side::Buy => Leg::Long,
        (true, false) => Leg::Short,
        (false, false) => Leg::Net,
        (_, true) => dice.choose(&[Leg::Net, Leg::Long, Leg::Short]),
    };
    NewOrder {
        client_order: ClientOrderId(dice.roll(16).saturating_sub(6).max(0) as u128),
        tif,
        display: if dice.roll(3) == 2 && (may_hide || dice.rarely()) {
            Qty(traded.instrument.lot_size.0 * (1 + dice.roll(3)))
        } else {
            Qty::ZERO
        },
        post_only: dice.roll(8) == 7 && (is_limit || dice.rarely()),
        reduce_only: dice.roll(10) == 9,
        cancel_on_disconnect: dice.flip(),
        self_trade: dice.choose(&[
            SelfTrade::CancelNewest,
            SelfTrade::CancelOldest,
            SelfTrade::CancelBoth,
            SelfTrade::Decrement,
            SelfTrade::Allow,
        ]),
        leg,
        ..NewOrder::new(
            account,
            InstrumentId(instrument),
            side,
            kind,
            amount(dice, traded),
        )
    }
}

/// A list around one order, which mostly has what its kind asks for.
fn new_list(dice: &mut Dice<'_>, traded: &Traded, first: NewOrder) -> OrderList {
    let kind = dice.choose(&[
        ListKind::Oco,
        ListKind::Oto,
        ListKind::Bracket,
        ListKind::Cover,
    ]);
    let (limit, trigger) = (near(dice, traded), near(dice, traded));
    let mut exit = first;
    if !dice.rarely() {
        exit.tif = TimeInForce::GoodTillCancel;
        exit.post_only = false;
        exit.display = Qty::ZERO;
    }
    exit.client_order = ClientOrderId(0);
    exit.side = first.side.opposite();
    let profit = NewOrder {
        kind: OrderKind::Limit { price: limit },
        ..exit
    };
    let on = TriggerOn::Quote;
    let stop = NewOrder {
        kind: match dice.roll(3) {
            0 => OrderKind::TrailingStop {
                trail: Trail::Amount(Price(traded.instrument.tick_size.0 * traded.ticks * 2)),
                on,
            },
            _ => OrderKind::Stop { trigger, on },
        },
        ..exit
    };
    let orders = match kind {
        ListKind::Oco if dice.rarely() => vec![first],
        ListKind::Oco => vec![profit, stop],
        ListKind::Oto if dice.rarely() => vec![first, profit, stop, stop],
        ListKind::Oto | ListKind::Bracket => vec![first, profit, stop],
        ListKind::Cover => vec![first, stop],
    };
    OrderList { kind, orders }
}

fn new_algo(dice: &mut Dice<'_>, shard: &Shard, traded: &Traded, order: &NewOrder) -> NewAlgo {
    let start = shard.ts().0 + SECOND * (dice.roll(4) as u64);
    NewAlgo {
        account: order.account,
        client_order: order.client_order,
        instrument: order.instrument,
        side: order.side,
        qty: order.qty,
        limit: dice.flip().then(|| near(dice, traded)),
        start: TimestampNs(start.saturating_sub(SECOND)),
        end: TimestampNs(start + SECOND * (dice.roll(30) as u64)),
        kind: match dice.roll(3) {
            0 => AlgoKind::Twap {
                slices: dice.roll(11) as u16,
            },
            1 => AlgoKind::Vwap {
                curve: CurveId(u32::from(dice.rarely())),
            },
            _ => AlgoKind::Pov {
                rate: Ratio::percent(dice.roll(110)),
            },
        },
        leg: order.leg,
        cancel_on_disconnect: order.cancel_on_disconnect,
    }
}

/// A working order or algo, and mostly its owner.
fn picked(dice: &mut Dice<'_>, shard: &Shard) -> (AccountId, OrderId) {
    let portrait = shard.portrait();
    let orders = portrait.orders.iter();
    let mut working: Vec<_> = orders
        .map(|order| (order.request.account, order.id))
        .collect();
    working.extend(portrait.algos.iter().map(|algo| (algo.account, algo.id)));
    if working.is_empty() {
        return (AccountId(0), OrderId(1));
    }
    let (account, order) = dice.choose(&working);
    if dice.rarely() {
        return (AccountId(dice.id(shard.account_count())), order);
    }
    (account, order)
}

fn trade(dice: &mut Dice<'_>, shard: &Shard, traded: &Traded, instrument: u32) -> Command {
    let order = new_order(dice, shard, traded, instrument);
    match dice.roll(16) {
        0..=10 => Command::SubmitOrder(order),
        11..=13 => Command::SubmitList(new_list(dice, traded, order)),
        _ => Command::SubmitAlgo(new_algo(dice, shard, traded, &order)),
    }
}

fn change(dice: &mut Dice<'_>, shard: &Shard, traded: &[Traded]) -> Command {
    let (account, order) = picked(dice, shard);
    match dice.roll(10) {
        0..=4 => {
            let portrait = shard.portrait();
            let found = portrait.orders.iter().find(|found| found.id == order);
            let instrument = found.map_or(0, |found| found.request.instrument.0 as usize);
            let traded = &traded[instrument.min(traded.len() - 1)];
            Command::AmendOrder {
                account,
                order,
                qty: dice.flip().then(|| amount(dice, traded)),
                price: dice.flip().then(|| near(dice, traded)),
                trigger: (dice.roll(4) == 3).then(|| near(dice, traded)),
            }
        }
        5..=7 => Command::CancelOrder { account, order },
        8 => Command::CancelAll {
            account: AccountId(dice.id(shard.account_count())),
            instrument: dice.flip().then(|| InstrumentId(dice.roll(8) as u32)),
            side: dice.flip().then(|| dice.side()),
        },
        _ => Command::Disconnect {
            account: AccountId(dice.id(shard.account_count())),
        },
    }
}

fn administer(dice: &mut Dice<'_>, shard: &Shard, traded: &[Traded]) -> Command {
    match dice.roll(15) {
        12..=14 => organise(dice, shard),
        0..=3 => {
            let kind = dice.choose(&[
                AdjustKind::ProfitAndLoss,
                AdjustKind::Payout,
                AdjustKind::Scale,
            ]);
            Command::Adjust {
                account: AccountId(dice.id(shard.account_count())),
                kind,
                amount: Money(dice.roll(200) * 1_000_000 - 60_000_000),
            }
        }
        4 => Command::EnterCompetition {
            competition: CompetitionId(dice.id(3)),
            account: AccountId(dice.id(shard.account_count())),
            team: dice.flip().then_some(TeamId(0)),
        },
        5..=6 => {
            let parent = (dice.roll(4) == 3).then(|| Parentage {
                account: AccountId(dice.id(shard.account_count())),
                origin: dice.choose(&[Origin::NextPhase, Origin::Reset, Origin::Retry]),
            });
            open(dice.id(shard.plan_count()), parent)
        }
        7 => {
            let mut instrument = traded[dice.roll(8) as usize].instrument;
            if dice.flip() {
                instrument.lot_size = Qty(0);
            }
            Command::RegisterInstrument(Box::new(instrument))
        }
        8 => Command::DefineCurve {
            weights: (0..dice.roll(7)).map(|_| dice.byte().into()).collect(),
        },
        9 => Command::DefineLatency {
            samples: (0..dice.roll(7))
                .map(|delay| sample(delay as u32))
                .collect(),
        },
        _ => {
            let (from, to) = (
                dice.choose(&["EUR", "GBP", "JPY"]),
                dice.choose(&["USD", "EUR"]),
            );
            let rate = ["1.09", "1.07", "0.5", "0"][dice.roll(4) as usize];
            conversion(from, to, rate)
        }
    }
}

/// An account is suspended, resumed or closed; or an interval of a calendar is announced.
fn announce(dice: &mut Dice<'_>, shard: &Shard) -> Command {
    let now = shard.ts().0;
    let later = |seconds: i64| TimestampNs(now.saturating_add_signed(seconds * SECOND as i64));
    if dice.roll(6) == 5 {
        let change = match dice.roll(6) {
            0..=2 => AccountChange::Resume,
            3..=4 => AccountChange::Suspend {
                reason: SuspendReason::Review,
                until: dice.flip().then(|| later(dice.roll(9) - 1)),
            },
            _ => AccountChange::Close,
        };
        return Command::ChangeAccount {
            account: AccountId(dice.id(shard.account_count())),
            change,
        };
    }
    let start = dice.roll(12) - 4;
    Command::AnnounceWindow {
        calendar: dice.choose(&[
            Calendar::Named(label("NEWS")),
            Calendar::Named(label("NEWS")),
            Calendar::Daily {
                zone: label("UTC"),
                from: 955,
                to: 1_020,
            },
        ]),
        interval: Interval {
            start: later(start),
            end: later(start + dice.roll(9)),
        },
    }
}

fn thrown(dice: &mut Dice<'_>, shard: &Shard) -> InputKind {
    let traded = traded();
    let which = dice.choose(&[0, 0, 0, 0, 1, 1, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8]);
    let (instrument, one) = (which as u32, &traded[which]);
    match dice.roll(42) {
        0..=8 if !is_crossed(&one.instrument) => {
            let beyond = if dice.rarely() { 99 } else { instrument };
            quote(dice, one, beyond)
        }
        9..=13 => {
            let mut event = market(data(dice, one));
            event.instrument = InstrumentId(instrument);
            event.input()
        }
        0..=28 => trade(dice, shard, one, instrument).input(),
        29..=34 => change(dice, shard, &traded).input(),
        35..=36 => administer(dice, shard, &traded).input(),
        37 => Timer::DayRoll {
            schedule: schedule_of(dice.roll(3) as u8),
            day: TradingDay(shard.seq().0 as i32 + dice.roll(3) as i32 - 1),
        }
        .input(),
        38..=39 => announce(dice, shard).input(),
        _ => Timer::Clock.input(),
    }
}
