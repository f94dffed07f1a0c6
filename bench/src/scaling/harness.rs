//! A shard, its events and the definitions that every load shares. What a load does with them is its own.

use engine::{EventBuf, Limits, Shard};
use rules::{
    Allowance, Conduct, DailyAnchor, DailyLoss, Life, MaxLoss, Plan, Stage, StopTrailing,
    TrailSource,
};
use types::{
    Codec, Command, Effect, FeeSchedule, Input, InputKind, Instrument, InstrumentId,
    InstrumentKind, Label, Liquidity, Margin, MarketData, MarketEvent, Money, OpenAccount, PlanId,
    Price, Qty, Quote, Ratio, RollSchedule, Seq, ShardId, Terms, TimestampNs,
};

/// One tick of the instrument: a cent.
pub const TICK: i64 = 10_000_000;
/// What one tick is worth on one lot: a cent.
pub const TICK_VALUE: Money = Money(10_000);

/// A shard and the buffer that it writes to.
#[derive(Debug)]
pub struct Harness {
    /// The shard.
    pub shard: Shard,
    /// Events of the newest input.
    pub events: EventBuf,
}

impl Harness {
    /// A shard with one instrument, one plan and so many accounts, and room for so many orders and
    /// positions.
    pub fn new(
        instrument: Instrument,
        plan: &Plan,
        accounts: u32,
        orders: u32,
        holdings: u32,
    ) -> Self {
        let limits = Limits {
            accounts_max: accounts,
            orders_max: orders.max(1),
            account_orders_max: u32::MAX / 2,
            account_orders_per_second_max: 0,
            positions_max: holdings,
            book_levels_max: 1 << 20,
            client_orders_max: 1,
            ..Limits::default()
        };
        let mut harness = Self {
            shard: Shard::new(ShardId(0), limits),
            events: EventBuf::default(),
        };
        harness.shard.reserve(orders, holdings);
        harness.command(Command::RegisterInstrument(Box::new(instrument)));
        let spec = plan.to_bytes().into();
        harness.command(Command::DefinePlan { spec });
        for _ in 0..accounts {
            harness.command(Command::OpenAccount(OpenAccount {
                plan: PlanId(0),
                parent: None,
                name: label("scaling"),
            }));
        }
        assert_eq!(
            harness.shard.account_count(),
            accounts,
            "every account opens"
        );
        harness
    }

    /// The next input: each is one nanosecond after the one before it.
    pub fn input(seq: u64, kind: InputKind) -> Input {
        Input {
            seq: Seq(seq),
            ts: TimestampNs(seq),
            kind,
        }
    }

    /// Applies one input and says how many events it caused.
    #[inline]
    pub fn run(&mut self, input: &Input) -> usize {
        self.events.clear();
        self.shard.apply(input, &mut self.events);
        self.events.len()
    }

    /// Applies one more input.
    pub fn apply(&mut self, kind: InputKind) -> usize {
        let input = Self::input(self.shard.seq().0 + 1, kind);
        self.run(&input)
    }

    /// Applies one more command.
    pub fn command(&mut self, command: Command) -> usize {
        self.apply(InputKind::Command(command))
    }
}

/// A quote one tick wide with its bid at `bid` ticks.
pub fn quote(bid: i64) -> InputKind {
    InputKind::Market(MarketEvent {
        instrument: InstrumentId(0),
        ts_event: TimestampNs(1),
        data: MarketData::Quote(Quote {
            bid: Price(bid * TICK),
            bid_qty: Qty::whole(1_000),
            ask: Price((bid + 1) * TICK),
            ask_qty: Qty::whole(1_000),
        }),
    })
}

/// A valid label.
pub fn label(text: &str) -> Label {
    Label::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A future of one currency unit a point.
pub fn instrument(liquidity: Liquidity, margin: Margin, fees: FeeSchedule) -> Instrument {
    Instrument {
        symbol: label("SCALE"),
        kind: InstrumentKind::Future,
        currency: label("USD"),
        tick_size: Price(TICK),
        lot_size: Qty::ONE,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000),
        fees,
        margin,
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity,
    }
}

/// A daily and a trailing maximum loss so wide that nobody breaks them.
pub fn plan(trail: TrailSource, terms: Terms) -> Plan {
    Plan {
        name: label("Scaling"),
        version: 1,
        currency: label("USD"),
        initial_balance: Money::whole(100_000_000),
        terms,
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: RollSchedule {
            zone: label("UTC"),
            minute: 0,
        },
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::OfInitial(Ratio::percent(50)),
            effect: Effect::Fail,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        max_loss: Some(MaxLoss {
            trail,
            allowance: Allowance::OfInitial(Ratio::percent(60)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        conduct: Conduct::default(),
        life: Life::default(),
    }
}
