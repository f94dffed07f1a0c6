//! A deterministic market with traders: input number `n` is a function of `n` alone, so that a run may
//! be cut anywhere and continued.

use std::path::Path;
use std::time::{Duration, Instant};

use rules::{
    Allowance, Conduct, DailyAnchor, DailyLoss, Life, MaxLoss, Plan, Stage, StopTrailing,
    TrailSource,
};
use runtime::journal::{Mark, Reader};
use runtime::{Config, EventBuf, Limits, Next, Shard, Source, StateHash};
use types::{
    AccountId, ClientOrderId, Codec, Command, Effect, FeeSchedule, Input, InputKind, Instrument,
    InstrumentId, InstrumentKind, Label, Liquidity, Margin, MarketData, MarketEvent, Money,
    NewOrder, OpenAccount, OrderKind, PaperModel, PlanId, Price, Qty, Quote, Ratio, RollSchedule,
    Seq, ShardId, Side, Terms, TimeInForce, TimestampNs,
};

/// 2024-01-03T12:00:00Z, a Wednesday.
pub(crate) const NOON: TimestampNs = TimestampNs(1_704_283_200_000_000_000);
pub(crate) const MINUTE: u64 = 60_000_000_000;
const ACCOUNTS: u64 = 3;
/// Instrument, plan, accounts.
pub(crate) const SETUP: u64 = 2 + ACCOUNTS;

pub(crate) fn config(directory: &Path) -> Config {
    Config::new(directory)
}

pub(crate) fn label(text: &str) -> Label {
    text.parse().unwrap()
}

pub(crate) fn plan() -> Command {
    plan_with(Conduct::default())
}

/// The plan with rules of conduct.
pub(crate) fn plan_with(conduct: Conduct) -> Command {
    let plan = Plan {
        name: label("Steady 50K"),
        version: 1,
        currency: label("USD"),
        initial_balance: Money::whole(50_000),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: RollSchedule {
            zone: label("America/New_York"),
            minute: 17 * 60,
        },
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::OfInitial(Ratio(50_000_000)),
            effect: Effect::LockForDay,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::OfInitial(Ratio(100_000_000)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms: Terms::default(),
        conduct,
        life: Life::default(),
    };
    plan.validate().unwrap();
    Command::DefinePlan {
        spec: plan.to_bytes().into(),
    }
}

pub(crate) fn instrument() -> Command {
    Command::RegisterInstrument(Box::new(Instrument {
        symbol: label("BTCUSDT"),
        kind: InstrumentKind::CryptoSpot,
        currency: label("USD"),
        tick_size: Price(10_000_000),
        lot_size: Qty(100_000),
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(10),
        fees: FeeSchedule::default(),
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel::default()),
    }))
}

pub(crate) fn quote(bid: i64) -> InputKind {
    InputKind::Market(MarketEvent {
        instrument: InstrumentId(0),
        ts_event: TimestampNs(0),
        data: MarketData::Quote(Quote {
            bid: Price::whole(bid),
            bid_qty: Qty::whole(1),
            ask: Price::whole(bid + 1),
            ask_qty: Qty::whole(1),
        }),
    })
}

/// A market order of a tenth of a coin.
pub(crate) fn order(account: u32, client_order: u128, side: Side) -> Command {
    Command::SubmitOrder(NewOrder {
        client_order: ClientOrderId(client_order),
        tif: TimeInForce::ImmediateOrCancel,
        ..NewOrder::new(
            AccountId(account),
            InstrumentId(0),
            side,
            OrderKind::Market,
            Qty(10_000_000),
        )
    })
}

/// Input `n` of the script, from 0. Two minutes pass with each one, so that days roll.
pub(crate) fn script(n: u64) -> (TimestampNs, InputKind) {
    let ts = TimestampNs(NOON.0 + n * 2 * MINUTE);
    let kind = match n {
        0 => InputKind::Command(instrument()),
        1 => InputKind::Command(plan()),
        n if n < SETUP => InputKind::Command(Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: label(&format!("trader {n}")),
        })),
        n if n % 3 == 0 => {
            let side = if n % 2 == 0 { Side::Buy } else { Side::Sell };
            InputKind::Command(order((n % ACCOUNTS) as u32, u128::from(n), side))
        }
        // A price that wanders between 40,000 and 41,000.
        n => quote(40_000 + (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as i64 % 1_000),
    };
    (ts, kind)
}

/// Inputs `next..end` of the script, then the end.
pub(crate) struct Script {
    next: u64,
    end: u64,
}

impl Script {
    pub(crate) fn boxed(next: u64, end: u64) -> Box<dyn Source> {
        Box::new(Self { next, end })
    }
}

impl Source for Script {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        if self.next == self.end {
            return Next::End;
        }
        let (ts, kind) = script(self.next);
        self.next += 1;
        Next::Input { ts, kind }
    }
}

/// Every input of the journal in a data directory.
pub(crate) fn journaled(data: &Path) -> Vec<Input> {
    let mut reader = Reader::open(&runtime::journal_location(data, ShardId(0)), Seq(0)).unwrap();
    let mut inputs = Vec::new();
    while let Some(input) = reader.next_input().unwrap() {
        inputs.push(input);
    }
    inputs
}

/// Where the journal in a data directory stands after an input.
pub(crate) fn mark_at(data: &Path, seq: Seq) -> Mark {
    let mut reader = Reader::open(&runtime::journal_location(data, ShardId(0)), Seq(0)).unwrap();
    while reader.mark().seq < seq {
        reader.next_input().unwrap().unwrap();
    }
    reader.mark()
}

/// State after inputs, with nothing but the engine.
pub(crate) fn replayed(inputs: &[Input]) -> StateHash {
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut events = EventBuf::default();
    for input in inputs {
        shard.apply(input, &mut events);
    }
    shard.state_hash()
}

/// Waits until `done`; gives up after a minute, which no healthy run takes.
pub(crate) fn wait_until(mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_mins(1), "never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}
