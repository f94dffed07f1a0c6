//! No input panics, however far out its numbers are.

use engine::Limits;
use proptest::prelude::*;
use types::{
    AccountId, AdjustKind, Bar, ClientOrderId, Codec, Command, CompetitionId, DepthUpdate,
    FeeSchedule, InputKind, Instrument, InstrumentId, InstrumentKind, InstrumentStatus, Level,
    MarketData, MarketEvent, Money, NewOrder, OpenAccount, OrderId, OrderKind, PlanId, Price, Qty,
    Quote, Ratio, RollSchedule, Side, TimeInForce, Timer, TimestampNs, Trade, TradingDay,
};

use crate::plans::any_plan;
use crate::world::{World, instrument, label};

/// Mostly the ends of the range, and what is near zero.
fn wild() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -3_i64..4,
        (i64::MAX - 3)..=i64::MAX,
        i64::MIN..(i64::MIN + 4),
        (0_u32..63).prop_map(|bit| 1 << bit),
        (0_u32..19).prop_map(|zeros| 10_i64.pow(zeros)),
    ]
}

fn id() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0_u32..4, 1 => any::<u32>()]
}

fn wild_instrument() -> impl Strategy<Value = Instrument> {
    let sizes = (wild(), wild(), wild(), wild());
    (sizes, (wild(), wild(), wild())).prop_map(
        |((tick, lot, contract, largest), (rate, unit, least))| Instrument {
            symbol: label("WILD"),
            kind: InstrumentKind::Future,
            currency: label("USD"),
            tick_size: Price(tick),
            lot_size: Qty(lot),
            contract_size: Qty(contract),
            order_qty_max: Qty(largest),
            fees: FeeSchedule {
                rate: Ratio(rate),
                per_unit: Money(unit),
                minimum: Money(least),
            },
        },
    )
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    let level = (wild(), wild()).prop_map(|(price, qty)| Level {
        price: Price(price),
        qty: Qty(qty),
    });
    prop::collection::vec(level, 0..4)
}

fn data() -> impl Strategy<Value = MarketData> {
    let depth =
        || (levels(), levels()).prop_map(|(bids, asks)| Box::new(DepthUpdate { bids, asks }));
    prop_oneof![
        6 => (wild(), wild(), wild(), wild()).prop_map(|(bid, bid_qty, ask, ask_qty)| {
            MarketData::Quote(Quote {
                bid: Price(bid.min(ask)),
                bid_qty: Qty(bid_qty),
                ask: Price(ask.max(bid)),
                ask_qty: Qty(ask_qty),
            })
        }),
        1 => (wild(), wild()).prop_map(|(price, qty)| MarketData::Trade(Trade {
            price: Price(price),
            qty: Qty(qty),
            aggressor: types::Aggressor::Unknown,
        })),
        1 => depth().prop_map(MarketData::DepthDelta),
        1 => depth().prop_map(MarketData::DepthSnapshot),
        1 => wild().prop_map(|close| MarketData::Bar(Bar {
            start: TimestampNs(0),
            open: Price(close),
            high: Price(close),
            low: Price(close),
            close: Price(close),
            volume: Qty(close),
        })),
        1 => any::<bool>().prop_map(|open| MarketData::Status(if open {
            InstrumentStatus::Open
        } else {
            InstrumentStatus::Halted
        })),
    ]
}

fn schedule() -> RollSchedule {
    RollSchedule {
        zone: label("UTC"),
        minute: 0,
    }
}

fn command() -> impl Strategy<Value = Command> {
    let kind = prop_oneof![
        3 => Just(OrderKind::Market),
        1 => wild().prop_map(|price| OrderKind::Limit { price: Price(price) }),
        1 => wild().prop_map(|trigger| OrderKind::Stop { trigger: Price(trigger) }),
    ];
    let order = (id(), any::<u128>(), id(), any::<bool>(), kind, wild()).prop_map(
        |(account, client, instrument, buy, kind, qty)| {
            Command::SubmitOrder(NewOrder {
                account: AccountId(account),
                client_order: ClientOrderId(client),
                instrument: InstrumentId(instrument),
                side: if buy { Side::Buy } else { Side::Sell },
                kind,
                qty: Qty(qty),
                tif: TimeInForce::GoodTillCancel,
            })
        },
    );
    let adjust = prop::sample::select(vec![
        AdjustKind::ProfitAndLoss,
        AdjustKind::Payout,
        AdjustKind::Scale,
    ]);
    prop_oneof![
        8 => order,
        1 => wild_instrument().prop_map(Command::RegisterInstrument),
        1 => any_plan().prop_map(|plan| Command::DefinePlan { spec: plan.to_bytes().into() }),
        1 => (wild(), wild()).prop_map(|(balance, version)| Command::DefinePlan {
            spec: rules::Plan {
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
        1 => (id(), prop::option::of(id())).prop_map(|(plan, parent)| {
            Command::OpenAccount(OpenAccount {
                plan: PlanId(plan),
                parent: parent.map(AccountId),
                name: label("wild"),
            })
        }),
        1 => (id(), id()).prop_map(|(competition, account)| Command::EnterCompetition {
            competition: CompetitionId(competition),
            account: AccountId(account),
        }),
        2 => (id(), 0_u64..9, prop::option::of(wild()), prop::option::of(wild())).prop_map(
            |(account, order, qty, price)| Command::AmendOrder {
                account: AccountId(account),
                order: OrderId(order),
                qty: qty.map(Qty),
                price: price.map(Price),
            }),
        1 => (id(), any::<u64>()).prop_map(|(account, order)| Command::CancelOrder {
            account: AccountId(account),
            order: OrderId(order),
        }),
        1 => id().prop_map(|account| Command::CancelAll { account: AccountId(account) }),
        3 => (id(), adjust, wild()).prop_map(|(account, kind, amount)| Command::Adjust {
            account: AccountId(account),
            kind,
            amount: Money(amount),
        }),
    ]
}

fn input() -> impl Strategy<Value = InputKind> {
    prop_oneof![
        6 => (id(), data()).prop_map(|(instrument, data)| InputKind::Market(MarketEvent {
            instrument: InstrumentId(instrument),
            ts_event: TimestampNs(u64::MAX),
            data,
        })),
        6 => command().prop_map(InputKind::Command),
        1 => any::<i32>().prop_map(|day| InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(day),
        })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_input_panics(inputs in prop::collection::vec(input(), 1..120), plan in any_plan()) {
        let mut world = World::new(Limits {
            orders_max: 8,
            client_orders_max: 4,
            ..Limits::default()
        });
        // One unit in each step: every price and quantity is on this grid.
        let mut fine = instrument("FINE", "0.000000001", "0.00000001", "1");
        fine.order_qty_max = Qty(i64::MAX);
        let mut large = instrument("LARGE", "1", "1", "90000000000");
        large.order_qty_max = Qty::whole(90_000_000_000);
        for instrument in [fine, large] {
            world.command(Command::RegisterInstrument(instrument));
        }
        world.command(Command::DefinePlan { spec: plan.to_bytes().into() });
        for _ in 0..3 {
            world.command(Command::OpenAccount(OpenAccount {
                plan: PlanId(0),
                parent: None,
                name: label("wild"),
            }));
        }
        for kind in inputs {
            world.apply(kind);
        }
        for account in (0..world.shard.account_count()).map(AccountId) {
            world.shard.account_view(account).unwrap();
        }
        world.shard.board(CompetitionId(0));
        let hash = world.shard.state_hash();
        let mut snapshot = Vec::new();
        world.shard.encode(&mut snapshot);
        prop_assert_eq!(engine::Shard::restore(&snapshot).unwrap().state_hash(), hash);
    }
}
