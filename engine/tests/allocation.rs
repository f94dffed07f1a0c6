//! Once its buffers have grown, a shard applies inputs without allocating.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use engine::{EventBuf, Limits, Shard};
use rules::{Allowance, DailyAnchor, DailyLoss, MaxLoss, Plan, Stage, StopTrailing, TrailSource};
use types::{
    AccountId, ClientOrderId, Codec, Command, Effect, FeeSchedule, Input, InputKind, Instrument,
    InstrumentId, InstrumentKind, Label, MarketData, MarketEvent, Money, NewOrder, OpenAccount,
    OrderId, OrderKind, PlanId, Price, Qty, Quote, Ratio, RollSchedule, ShardId, Side, TimeInForce,
    Timer, TimestampNs, TradingDay,
};

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

const SCHEDULE_MINUTE: u16 = 0;
const ACCOUNTS: u32 = 20;
const ROUNDS: u64 = 300;

fn definitions() -> Vec<InputKind> {
    let instrument = Instrument {
        symbol: label("SHARE"),
        kind: InstrumentKind::Equity,
        currency: label("USD"),
        tick_size: Price(10_000_000),
        lot_size: Qty::ONE,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000),
        fees: FeeSchedule {
            rate: Ratio(100_000),
            ..FeeSchedule::default()
        },
    };
    let plan = Plan {
        name: label("plan"),
        version: 1,
        currency: label("USD"),
        initial_balance: Money::whole(1_000_000),
        schedule: schedule(),
        stage: Stage::Funded,
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::IntradayPeak,
            allowance: Allowance::Fixed(Money::whole(5)),
            effect: Effect::LockForDay,
            touch_is_breach: true,
        }),
        max_loss: Some(MaxLoss {
            trail: TrailSource::TickEquity,
            allowance: Allowance::OfInitial(Ratio::percent(10)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
    };
    let mut kinds = vec![
        InputKind::Command(Command::RegisterInstrument(instrument)),
        InputKind::Command(Command::DefinePlan {
            spec: plan.to_bytes().into(),
        }),
    ];
    for _ in 0..ACCOUNTS {
        kinds.push(InputKind::Command(Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: label("trader"),
        })));
    }
    kinds
}

fn schedule() -> RollSchedule {
    RollSchedule {
        zone: label("UTC"),
        minute: SCHEDULE_MINUTE,
    }
}

fn quote(cents: i64) -> InputKind {
    InputKind::Market(MarketEvent {
        instrument: InstrumentId(0),
        ts_event: TimestampNs(0),
        data: MarketData::Quote(Quote {
            bid: Price(cents * 10_000_000),
            bid_qty: Qty::ONE,
            ask: Price((cents + 1) * 10_000_000),
            ask_qty: Qty::ONE,
        }),
    })
}

/// Quotes, orders that fill, rest, are amended, cancelled and triggered, breaches that lock and
/// liquidate, and rolls: as many of each in every lap.
fn lap(first_order: u64, first_day: i32) -> (Vec<InputKind>, u64) {
    let mut kinds = Vec::new();
    let mut order = first_order;
    for round in 0..ROUNDS {
        let account = AccountId((round % u64::from(ACCOUNTS)) as u32);
        let mut submit = |side, kind| {
            order += 1;
            kinds.push(InputKind::Command(Command::SubmitOrder(NewOrder {
                account,
                client_order: ClientOrderId(order.into()),
                instrument: InstrumentId(0),
                side,
                kind,
                qty: Qty::whole(3),
                tif: TimeInForce::Day,
            })));
            order
        };
        let cents = |cents: i64| Price(cents * 10_000_000);
        submit(Side::Buy, OrderKind::Market);
        submit(
            Side::Buy,
            OrderKind::Limit {
                price: cents(9_990),
            },
        );
        let trigger = cents(9_900);
        submit(Side::Sell, OrderKind::Stop { trigger });
        let price = cents(10_500);
        let cancelled = submit(Side::Sell, OrderKind::Limit { price });
        kinds.push(quote(10_002));
        kinds.push(InputKind::Command(Command::AmendOrder {
            account,
            order: OrderId(cancelled),
            qty: None,
            price: Some(cents(10_600)),
        }));
        kinds.push(InputKind::Command(Command::CancelOrder {
            account,
            order: OrderId(cancelled),
        }));
        kinds.push(quote(9_980));
        kinds.push(quote(9_700));
        kinds.push(quote(10_000));
        kinds.push(InputKind::Timer(Timer::DayRoll {
            schedule: schedule(),
            day: TradingDay(first_day + round as i32),
        }));
    }
    (kinds, order)
}

fn sequence(kinds: Vec<InputKind>, shard: &Shard) -> Vec<Input> {
    let seq = (shard.seq().0 + 1)..;
    let number = |(seq, kind)| Input {
        seq: types::Seq(seq),
        ts: TimestampNs(seq),
        kind,
    };
    seq.zip(kinds).map(number).collect()
}

fn apply_all(shard: &mut Shard, inputs: &[Input], events: &mut EventBuf) -> usize {
    let mut facts = 0;
    for input in inputs {
        events.clear();
        shard.apply(input, events);
        facts += events.len();
    }
    facts
}

#[test]
fn a_warm_shard_does_not_allocate() {
    let limits = Limits {
        client_orders_max: 64,
        ..Limits::default()
    };
    let mut shard = Shard::new(ShardId(0), limits);
    let mut events = EventBuf::default();
    let inputs = sequence(definitions(), &shard);
    apply_all(&mut shard, &inputs, &mut events);
    let first_quote = sequence(vec![quote(10_000)], &shard);
    apply_all(&mut shard, &first_quote, &mut events);

    let (warm_up, last_order) = lap(0, 0);
    let inputs = sequence(warm_up, &shard);
    apply_all(&mut shard, &inputs, &mut events);

    let (measured, _) = lap(last_order, ROUNDS as i32);
    let inputs = sequence(measured, &shard);
    let mut facts = 0;
    let count = allocation_counter::measure(|| {
        facts = apply_all(&mut shard, &inputs, &mut events);
    });
    assert_eq!((count.count_total, count.bytes_total), (0, 0));
    assert!(facts > 10 * ROUNDS as usize, "{facts} facts");
}
