//! No input panics, however far out its numbers are.

use engine::Limits;
use proptest::prelude::*;
use rules::Plan;
use types::{
    AccountChange, AccountId, AdjustKind, Aggressor, AlgoKind, Bar, BarPath, CancelModel,
    ClientOrderId, Codec, Command, CompetitionChange, CompetitionId, CurveId, DepthUpdate,
    DisqualificationReason, FeeSchedule, FillRule, Financing, InputKind, Instrument, InstrumentId,
    InstrumentKind, InstrumentStatus, Interval, Latency, LatencyId, LatencySample, Leg, Level,
    Liquidity, ListKind, Margin, MarketChange, MarketData, MarketEvent, Money, NewAlgo, NewOrder,
    OpenAccount, OrderId, OrderKind, OrderList, Origin, PaperModel, Parentage, PlanId, Price, Qty,
    Quote, Ratio, Requirement, RollSchedule, SelfTrade, Side, Sizes, Slippage, SuspendReason,
    TeamId, TimeInForce, Timer, TimestampNs, Trade, TradingDay, Trail, TriggerOn,
};

use crate::plans::{any_plan, calendar};
use crate::world::{World, define, instrument, label, open};

/// Mostly the ends of the range, and what is near zero.
fn wild() -> BoxedStrategy<i64> {
    prop_oneof![
        any::<i64>(),
        -3_i64..4,
        (i64::MAX - 3)..=i64::MAX,
        i64::MIN..(i64::MIN + 4),
        (0_u32..63).prop_map(|bit| 1 << bit),
        (0_u32..19).prop_map(|zeros| 10_i64.pow(zeros)),
    ]
    .boxed()
}

fn id() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0_u32..4, 1 => any::<u32>()]
}

/// Mostly soon after the beginning, sometimes at the end of time.
fn time() -> impl Strategy<Value = TimestampNs> {
    prop_oneof![
        8 => (0_u64..200).prop_map(|seconds| seconds * 1_000_000_000),
        1 => any::<u64>(),
        1 => Just(u64::MAX),
    ]
    .prop_map(TimestampNs)
}

fn model() -> BoxedStrategy<PaperModel> {
    let fill = prop_oneof![
        Just(FillRule::Touch),
        Just(FillRule::Through),
        Just(FillRule::Queue(CancelModel::Conservative)),
        (0_u8..5).prop_map(|power| FillRule::Queue(CancelModel::Power(power))),
    ];
    let sizes = prop_oneof![Just(Sizes::Unlimited), Just(Sizes::Displayed)];
    let slippage = prop_oneof![
        Just(Slippage::None),
        prop_oneof![Just(1_u32), Just(1_000_000), any::<u32>()].prop_map(Slippage::Ticks),
        wild().prop_map(|rate| Slippage::Rate(Ratio(rate))),
        Just(Slippage::Rate(Ratio(999_999_999))),
        prop_oneof![Just(1_u32), Just(1_000_000)].prop_map(|ticks| Slippage::Impact { ticks }),
    ];
    let latency = prop_oneof![
        3 => Just(Latency::None),
        1 => sample().prop_map(Latency::Constant),
        1 => (0_u32..2).prop_map(|latency| Latency::Recorded(LatencyId(latency))),
    ];
    let bars = prop_oneof![Just(BarPath::Ignored), Just(BarPath::Walked)];
    (fill, sizes, slippage, latency, bars)
        .prop_map(|(fill, sizes, slippage, latency, bars)| PaperModel {
            fill,
            sizes,
            slippage,
            latency,
            bars,
        })
        .boxed()
}

fn sample() -> impl Strategy<Value = LatencySample> {
    (any::<u32>(), any::<u32>()).prop_map(|(order_ns, ack_ns)| LatencySample { order_ns, ack_ns })
}

fn liquidity() -> impl Strategy<Value = Liquidity> {
    prop_oneof![Just(Liquidity::Crossed), model().prop_map(Liquidity::Paper)]
}

fn share() -> impl Strategy<Value = Ratio> {
    prop_oneof![
        Just(Ratio(0)),
        Just(Ratio(1)),
        Just(Ratio(999_999_999)),
        wild().prop_map(Ratio)
    ]
}

fn wild_instrument() -> BoxedStrategy<Instrument> {
    let sizes = (wild(), wild(), wild(), wild());
    let fees = (wild(), wild(), wild(), wild());
    let margin = (share(), wild(), share(), wild());
    let rest = (share(), share(), any::<bool>(), liquidity());
    (sizes, fees, margin, rest)
        .prop_map(
            |(
                (tick, lot, contract, largest),
                (taker, maker, unit, minimum),
                (initial, initial_unit, maintenance, maintenance_unit),
                (collar, breaker, shortable, liquidity),
            )| Instrument {
                symbol: label("WILD"),
                kind: InstrumentKind::Future,
                currency: label("USD"),
                tick_size: Price(tick),
                lot_size: Qty(lot),
                contract_size: Qty(contract),
                order_qty_max: Qty(largest),
                fees: FeeSchedule {
                    taker: Ratio(taker),
                    maker: Ratio(maker),
                    per_unit: Money(unit),
                    minimum: Money(minimum),
                },
                margin: Margin {
                    initial: Requirement {
                        rate: initial,
                        per_unit: Money(initial_unit),
                    },
                    maintenance: Requirement {
                        rate: maintenance,
                        per_unit: Money(maintenance_unit),
                    },
                },
                shortable,
                collar,
                breaker,
                liquidity,
            },
        )
        .boxed()
}

/// Instruments whose sizes are such that most numbers are on their grid.
fn wide_instrument() -> BoxedStrategy<Instrument> {
    let sizes = prop_oneof![
        Just(("0.000000001", "0.00000001", "1", i64::MAX)),
        Just(("1", "1", "90000000000", Qty::whole(90_000_000_000).0)),
    ];
    let fees =
        (0_i64..=1_000_000_000, wild(), wild()).prop_map(|(taker, unit, minimum)| FeeSchedule {
            taker: Ratio(taker),
            maker: Ratio(-taker),
            per_unit: Money(unit.max(0)),
            minimum: Money(minimum.max(0)),
        });
    let margin = (0_i64..=1_000_000_000, wild()).prop_map(|(rate, unit)| {
        let requirement = Requirement {
            rate: Ratio(rate),
            per_unit: Money(unit.max(0)),
        };
        Margin {
            initial: requirement,
            maintenance: requirement,
        }
    });
    let euro = prop::bool::weighted(0.2);
    let bands = (
        0_i64..1_000_000_000,
        prop::bool::weighted(0.3),
        any::<bool>(),
    );
    (sizes, fees, margin, euro, bands, liquidity())
        .prop_map(
            |(
                (tick, lot, contract, largest),
                fees,
                margin,
                euro,
                (collar, banded, shortable),
                liquidity,
            )| {
                let is_crossed = liquidity == Liquidity::Crossed;
                let band = Ratio(if banded { collar } else { 0 });
                Instrument {
                    order_qty_max: Qty(largest),
                    currency: label(if euro { "EUR" } else { "USD" }),
                    fees,
                    margin,
                    shortable,
                    collar: band,
                    breaker: if is_crossed { band } else { Ratio::ZERO },
                    liquidity,
                    ..instrument("WIDE", tick, lot, contract)
                }
            },
        )
        .boxed()
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    let level = (wild(), wild()).prop_map(|(price, qty)| Level {
        price: Price(price),
        qty: Qty(qty),
    });
    prop::collection::vec(level, 0..4)
}

fn bar() -> impl Strategy<Value = Bar> {
    ([wild(), wild(), wild(), wild()], wild()).prop_map(|(mut prices, volume)| {
        prices.sort_unstable();
        let [low, open, close, high] = prices.map(Price);
        Bar {
            start: TimestampNs(0),
            open,
            high,
            low,
            close,
            volume: Qty(volume),
        }
    })
}

fn aggressor() -> impl Strategy<Value = Aggressor> {
    prop::sample::select(vec![
        Aggressor::Unknown,
        Aggressor::Buyer,
        Aggressor::Seller,
    ])
}

fn data() -> BoxedStrategy<MarketData> {
    let depth =
        || (levels(), levels()).prop_map(|(bids, asks)| Box::new(DepthUpdate { bids, asks }));
    let status = prop::sample::select(vec![
        InstrumentStatus::Open,
        InstrumentStatus::Open,
        InstrumentStatus::Open,
        InstrumentStatus::PreOpen,
        InstrumentStatus::PreClose,
        InstrumentStatus::Halted,
        InstrumentStatus::Closed,
    ]);
    prop_oneof![
        6 => (wild(), wild(), wild(), wild()).prop_map(|(bid, bid_qty, ask, ask_qty)| {
            MarketData::Quote(Quote {
                bid: Price(bid.min(ask)),
                bid_qty: Qty(bid_qty),
                ask: Price(ask.max(bid)),
                ask_qty: Qty(ask_qty),
            })
        }),
        2 => (wild(), wild(), aggressor()).prop_map(|(price, qty, aggressor)| {
            MarketData::Trade(Trade { price: Price(price), qty: Qty(qty), aggressor })
        }),
        1 => depth().prop_map(MarketData::DepthDelta),
        1 => depth().prop_map(MarketData::DepthSnapshot),
        1 => bar().prop_map(MarketData::Bar),
        2 => status.prop_map(MarketData::Status),
        1 => (wild(), wild(), wild()).prop_map(|(long, short, price)| {
            MarketData::Financing(Financing {
                long: Ratio(long),
                short: Ratio(short),
                price: Price(price),
            })
        }),
        1 => wild().prop_map(|unit| MarketData::Dividend { per_unit: Money(unit) }),
        1 => (id(), id()).prop_map(|(new, old)| MarketData::Split { new, old }),
        1 => Just(MarketData::Gap),
        1 => Just(MarketData::Split { new: 1_000_000, old: 1 }),
        1 => Just(MarketData::Split { new: 1, old: 1_000_000 }),
    ]
    .boxed()
}

fn schedule() -> RollSchedule {
    RollSchedule {
        zone: label("UTC"),
        minute: 0,
    }
}

fn trail() -> impl Strategy<Value = Trail> {
    prop_oneof![
        wild().prop_map(|amount| Trail::Amount(Price(amount))),
        wild().prop_map(|share| Trail::Percent(Ratio(share))),
        Just(Trail::Percent(Ratio(999_999_999))),
    ]
}

fn order_kind() -> BoxedStrategy<OrderKind> {
    let on = || prop::sample::select(vec![TriggerOn::Quote, TriggerOn::Last]);
    prop_oneof![
        3 => Just(OrderKind::Market),
        4 => wild().prop_map(|price| OrderKind::Limit { price: Price(price) }),
        1 => (wild(), on()).prop_map(|(trigger, on)| OrderKind::Stop { trigger: Price(trigger), on }),
        1 => (wild(), wild(), on()).prop_map(|(trigger, price, on)| OrderKind::StopLimit {
            trigger: Price(trigger),
            price: Price(price),
            on,
        }),
        1 => (wild(), on()).prop_map(|(trigger, on)| OrderKind::MarketIfTouched {
            trigger: Price(trigger),
            on,
        }),
        1 => (trail(), on()).prop_map(|(trail, on)| OrderKind::TrailingStop { trail, on }),
    ]
    .boxed()
}

fn leg() -> impl Strategy<Value = Leg> {
    prop_oneof![4 => Just(Leg::Net), 1 => Just(Leg::Long), 1 => Just(Leg::Short)]
}

fn new_order() -> BoxedStrategy<NewOrder> {
    let tif = prop_oneof![
        6 => Just(TimeInForce::GoodTillCancel),
        1 => Just(TimeInForce::Day),
        1 => Just(TimeInForce::ImmediateOrCancel),
        1 => Just(TimeInForce::FillOrKill),
        1 => time().prop_map(|until| TimeInForce::GoodTillDate { until }),
        1 => Just(TimeInForce::AtOpen),
        1 => Just(TimeInForce::AtClose),
    ];
    let self_trade = prop::sample::select(vec![
        SelfTrade::CancelNewest,
        SelfTrade::CancelOldest,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
        SelfTrade::Allow,
    ]);
    let ids = (
        id(),
        0_u32..3,
        prop_oneof![4 => 0_u128..5, 1 => any::<u128>()],
    );
    let size = (wild(), prop_oneof![3 => Just(0), 1 => wild()]);
    let flags = (
        any::<bool>(),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.2),
        any::<bool>(),
    );
    (ids, order_kind(), size, tif, flags, self_trade, leg())
        .prop_map(
            |((account, instrument, client), kind, (qty, display), tif, flags, self_trade, leg)| {
                let (is_buy, post_only, reduce_only, cancel_on_disconnect) = flags;
                let side = if is_buy { Side::Buy } else { Side::Sell };
                NewOrder {
                    client_order: ClientOrderId(client),
                    tif,
                    display: Qty(display),
                    post_only,
                    reduce_only,
                    cancel_on_disconnect,
                    self_trade,
                    leg,
                    ..NewOrder::new(
                        AccountId(account),
                        InstrumentId(instrument),
                        side,
                        kind,
                        Qty(qty),
                    )
                }
            },
        )
        .boxed()
}

/// Lists that mostly have the shape that their kind asks for.
fn new_list() -> BoxedStrategy<OrderList> {
    let kind = prop::sample::select(vec![
        ListKind::Oco,
        ListKind::Oto,
        ListKind::Bracket,
        ListKind::Cover,
    ]);
    let shaped =
        (new_order(), wild(), order_kind(), kind.clone()).prop_map(|(first, price, stop, kind)| {
            let exit = NewOrder {
                side: first.side.opposite(),
                tif: TimeInForce::GoodTillCancel,
                client_order: ClientOrderId(0),
                display: Qty::ZERO,
                post_only: false,
                ..first
            };
            let price = Price(price);
            let profit = NewOrder {
                kind: OrderKind::Limit { price },
                ..exit
            };
            let stop = NewOrder { kind: stop, ..exit };
            let orders = match kind {
                ListKind::Oco => vec![profit, stop],
                ListKind::Oto | ListKind::Bracket => vec![first, profit, stop],
                ListKind::Cover => vec![first, stop],
            };
            OrderList { kind, orders }
        });
    let any = (kind, prop::collection::vec(new_order(), 0..5))
        .prop_map(|(kind, orders)| OrderList { kind, orders });
    prop_oneof![4 => shaped, 1 => any].boxed()
}

fn new_algo() -> BoxedStrategy<NewAlgo> {
    let kind = prop_oneof![
        (0_u16..20).prop_map(|slices| AlgoKind::Twap { slices }),
        (0_u32..2).prop_map(|curve| AlgoKind::Vwap {
            curve: CurveId(curve)
        }),
        share().prop_map(|rate| AlgoKind::Pov { rate }),
        Just(AlgoKind::Pov { rate: Ratio::ONE }),
    ];
    let limit = prop::option::of(wild());
    (new_order(), kind, limit, time(), time())
        .prop_map(|(order, kind, limit, start, end)| NewAlgo {
            account: order.account,
            client_order: order.client_order,
            instrument: order.instrument,
            side: order.side,
            qty: order.qty,
            limit: limit.map(Price),
            start,
            end,
            kind,
            leg: order.leg,
            cancel_on_disconnect: order.cancel_on_disconnect,
        })
        .boxed()
}

fn market_change() -> impl Strategy<Value = MarketChange> {
    let status = prop::sample::select(vec![
        InstrumentStatus::Open,
        InstrumentStatus::Halted,
        InstrumentStatus::Closed,
        InstrumentStatus::PreOpen,
        InstrumentStatus::PreClose,
    ]);
    prop_oneof![
        status.prop_map(MarketChange::Status),
        (wild(), wild(), wild()).prop_map(|(long, short, price)| {
            MarketChange::Financing(Financing {
                long: Ratio(long),
                short: Ratio(short),
                price: Price(price),
            })
        }),
        wild().prop_map(|per_unit| MarketChange::Dividend {
            per_unit: Money(per_unit)
        }),
        (0_u32..4, 0_u32..4).prop_map(|(new, old)| MarketChange::Split { new, old }),
    ]
}

fn currency() -> impl Strategy<Value = types::Label> {
    prop::sample::select(vec!["USD", "EUR", "GBP"]).prop_map(label)
}

fn contest_change() -> BoxedStrategy<CompetitionChange> {
    prop_oneof![
        Just(CompetitionChange::End),
        id().prop_map(|account| CompetitionChange::Disqualify {
            account: AccountId(account),
            reason: DisqualificationReason::Terms,
        }),
        id().prop_map(|account| CompetitionChange::Reinstate {
            account: AccountId(account),
        }),
        Just(CompetitionChange::Finalise),
    ]
    .boxed()
}

fn account_change() -> BoxedStrategy<AccountChange> {
    prop_oneof![
        prop::option::of(time()).prop_map(|until| AccountChange::Suspend {
            reason: SuspendReason::Review,
            until,
        }),
        Just(AccountChange::Resume),
        Just(AccountChange::Close),
    ]
    .boxed()
}

fn administration() -> BoxedStrategy<Command> {
    let origin = prop::sample::select(vec![Origin::NextPhase, Origin::Reset, Origin::Retry]);
    let adjust = prop::sample::select(vec![
        AdjustKind::ProfitAndLoss,
        AdjustKind::Payout,
        AdjustKind::Scale,
    ]);
    prop_oneof![
        1 => wild_instrument().prop_map(|it| Command::RegisterInstrument(Box::new(it))),
        2 => wide_instrument().prop_map(|it| Command::RegisterInstrument(Box::new(it))),
        1 => any_plan().prop_map(|plan| define(&plan)),
        1 => (wild(), wild()).prop_map(|(balance, version)| Command::DefinePlan {
            spec: Plan {
                version: version as u32,
                ..crate::world::plan(&Money(balance.max(1)).to_string())
            }
            .to_bytes()
            .into(),
        }),
        1 => prop::collection::vec(any::<u8>(), 0..80)
            .prop_map(|spec| Command::DefinePlan { spec: spec.into() }),
        1 => prop::collection::vec(any::<u8>(), 0..80)
            .prop_map(|spec| Command::DefineCompetition { spec: spec.into() }),
        1 => (id(), prop::option::of((id(), origin))).prop_map(|(plan, parent)| {
            Command::OpenAccount(OpenAccount {
                plan: PlanId(plan),
                parent: parent.map(|(account, origin)| Parentage {
                    account: AccountId(account),
                    origin,
                }),
                name: label("wild"),
            })
        }),
        1 => (id(), id(), prop::option::of(any::<u32>())).prop_map(
            |(competition, account, team)| Command::EnterCompetition {
                competition: CompetitionId(competition),
                account: AccountId(account),
                team: team.map(TeamId),
            },
        ),
        1 => (id(), contest_change()).prop_map(|(competition, change)| {
            Command::ChangeCompetition {
                competition: CompetitionId(competition),
                change,
            }
        }),
        1 => (id(), account_change()).prop_map(|(account, change)| Command::ChangeAccount {
            account: AccountId(account),
            change,
        }),
        1 => (calendar(), wild(), wild()).prop_map(|(calendar, start, end)| {
            Command::AnnounceWindow {
                calendar,
                interval: Interval {
                    start: TimestampNs(start as u64),
                    end: TimestampNs(end as u64),
                },
            }
        }),
        2 => (calendar(), time(), time()).prop_map(|(calendar, start, end)| {
            Command::AnnounceWindow {
                calendar,
                interval: Interval { start, end },
            }
        }),
        3 => (id(), adjust, wild()).prop_map(|(account, kind, amount)| Command::Adjust {
            account: AccountId(account),
            kind,
            amount: Money(amount),
        }),
        1 => prop::collection::vec(any::<u32>(), 0..9)
            .prop_map(|weights| Command::DefineCurve { weights }),
        1 => prop::collection::vec(sample(), 0..4)
            .prop_map(|samples| Command::DefineLatency { samples }),
        2 => (currency(), currency(), wild()).prop_map(|(from, to, rate)| Command::SetConversion {
            from,
            to,
            rate: Price(rate),
        }),
        2 => (id(), market_change()).prop_map(|(instrument, change)| Command::ChangeMarket {
            instrument: InstrumentId(instrument),
            change,
        }),
    ]
    .boxed()
}

fn command() -> BoxedStrategy<Command> {
    let order_id = || prop_oneof![12 => 0_u64..24, 1 => any::<u64>()];
    prop_oneof![
        12 => new_order().prop_map(Command::SubmitOrder),
        4 => new_list().prop_map(Command::SubmitList),
        3 => new_algo().prop_map(Command::SubmitAlgo),
        6 => administration(),
        3 => (id(), order_id(), [(); 3].map(|()| prop::option::of(wild()))).prop_map(
            |(account, order, [qty, price, trigger])| Command::AmendOrder {
                account: AccountId(account),
                order: OrderId(order),
                qty: qty.map(Qty),
                price: price.map(Price),
                trigger: trigger.map(Price),
            }),
        1 => (id(), order_id()).prop_map(|(account, order)| Command::CancelOrder {
            account: AccountId(account),
            order: OrderId(order),
        }),
        1 => (id(), prop::option::of(id()), any::<Option<bool>>()).prop_map(
            |(account, instrument, is_buy)| Command::CancelAll {
                account: AccountId(account),
                instrument: instrument.map(InstrumentId),
                side: is_buy.map(|is_buy| if is_buy { Side::Buy } else { Side::Sell }),
            }),
        1 => id().prop_map(|account| Command::Disconnect { account: AccountId(account) }),
    ]
    .boxed()
}

fn input() -> impl Strategy<Value = InputKind> {
    prop_oneof![
        8 => (id(), data()).prop_map(|(instrument, data)| InputKind::Market(MarketEvent {
            instrument: InstrumentId(instrument),
            ts_event: TimestampNs(u64::MAX),
            data,
        })),
        8 => command().prop_map(InputKind::Command),
        1 => any::<i32>().prop_map(|day| InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(day),
        })),
        1 => Just(InputKind::Timer(Timer::Clock)),
    ]
}

/// Inputs with numbers from all of their ranges, after a beginning that gives them something to be about.
#[derive(Debug, Clone)]
pub(crate) struct Wild {
    plan: Plan,
    instruments: Vec<Instrument>,
    rates: Vec<i64>,
    pub(crate) inputs: Vec<InputKind>,
}

/// At most so many inputs after the beginning.
pub(crate) fn wild_inputs(inputs: usize) -> impl Strategy<Value = Wild> {
    (
        any_plan(),
        prop::collection::vec(wide_instrument(), 3),
        prop::collection::vec(1_i64..=i64::MAX, 2),
        prop::collection::vec(input(), 1..inputs),
    )
        .prop_map(|(plan, instruments, rates, inputs)| Wild {
            plan,
            instruments,
            rates,
            inputs,
        })
}

impl Wild {
    pub(crate) fn run(&self) -> World {
        let mut world = World::new(Limits {
            orders_max: 8,
            client_orders_max: 4,
            consumed_max: 2,
            positions_max: 6,
            ..Limits::default()
        });
        for (from, &rate) in ["EUR", "GBP"].into_iter().zip(&self.rates) {
            world.command(Command::SetConversion {
                from: label(from),
                to: label("USD"),
                rate: Price(rate),
            });
        }
        world.command(Command::DefineLatency {
            samples: vec![LatencySample::default()],
        });
        world.command(Command::DefineCurve {
            weights: vec![u32::MAX, 1, 0],
        });
        for instrument in &self.instruments {
            world.command(Command::RegisterInstrument(Box::new(*instrument)));
        }
        world.command(define(&self.plan));
        for _ in 0..3 {
            world.command(open(0));
        }
        for kind in &self.inputs {
            world.apply(kind.clone());
        }
        world
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_input_panics(wild in wild_inputs(120)) {
        let world = wild.run();
        for account in (0..world.shard.account_count()).map(AccountId) {
            world.shard.account_view(account).unwrap();
            let exact = world.shard.equity(account).unwrap();
            prop_assert_eq!(world.shard.equity_floor(account), Some(exact.to_money_floor()));
        }
        for instrument in (0..world.shard.instrument_count()).map(InstrumentId) {
            world.shard.book_view(instrument, 5);
        }
        world.shard.portrait();
        world.shard.board(CompetitionId(0), false);
        world.shard.board(CompetitionId(0), true);
        let hash = world.shard.state_hash();
        let snapshot = world.snapshot();
        prop_assert_eq!(engine::Shard::restore(&snapshot).unwrap().state_hash(), hash);
    }
}
