//! A shard with many exposed accounts, for benches and the latency harness.

use engine::{EventBuf, Limits, Shard};
use rules::{
    Allowance, Conduct, DailyAnchor, DailyLoss, Life, MaxLoss, Plan, Stage, StopTrailing,
    TrailSource,
};
use types::{
    AccountId, Codec, Command, Effect, FeeSchedule, Input, InputKind, Instrument, InstrumentId,
    InstrumentKind, Label, Liquidity, Margin, MarketData, MarketEvent, Money, NewOrder,
    OpenAccount, OrderKind, PaperModel, PlanId, Price, Qty, Quote, Ratio, RollSchedule, ShardId,
    Side, Terms, TimestampNs,
};

/// A shard and the buffer that it writes to.
#[derive(Debug)]
pub struct Rig {
    /// The shard.
    pub shard: Shard,
    /// Its events; cleared before each input.
    pub events: EventBuf,
}

impl Rig {
    /// `accounts` accounts of one plan with a daily and a live trailing maximum loss, each long one
    /// contract of the one instrument, bought at 100.01.
    pub fn exposed(accounts: u32) -> Self {
        let mut rig = Self::new(accounts, Money::whole(1));
        rig.apply(quote(0));
        for account in 0..accounts {
            let name = label("bench");
            let open = OpenAccount {
                plan: PlanId(0),
                parent: None,
                name,
            };
            rig.apply(InputKind::Command(Command::OpenAccount(open)));
            rig.apply(market_order(AccountId(account), Side::Buy, 1));
        }
        rig
    }

    /// One flat account in a market without fees and without a spread, so that it can trade for ever
    /// and neither win nor lose.
    pub fn frictionless() -> Self {
        let mut rig = Self::new(1, Money::ZERO);
        rig.apply(spread(0, 0));
        let name = label("bench");
        rig.apply(InputKind::Command(Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name,
        })));
        rig
    }

    fn new(accounts: u32, fee: Money) -> Self {
        let limits = Limits {
            accounts_max: accounts.max(1),
            // All inputs have the same time.
            account_orders_per_second_max: 0,
            ..Limits::default()
        };
        let mut rig = Self {
            shard: Shard::new(ShardId(0), limits),
            events: EventBuf::default(),
        };
        rig.apply(InputKind::Command(Command::RegisterInstrument(Box::new(
            instrument(fee),
        ))));
        let spec = plan().to_bytes().into();
        rig.apply(InputKind::Command(Command::DefinePlan { spec }));
        rig
    }

    /// Applies one input after clearing the events.
    pub fn apply(&mut self, kind: InputKind) {
        self.events.clear();
        let input = Input {
            seq: self.shard.seq().next(),
            ts: TimestampNs(1),
            kind,
        };
        self.shard.apply(&input, &mut self.events);
    }
}

/// A quote one cent wide with its bid `cents` above 100.00.
pub fn quote(cents: i64) -> InputKind {
    spread(cents, 1)
}

fn spread(cents: i64, width: i64) -> InputKind {
    let bid = Price::whole(100).0 + cents * 10_000_000;
    InputKind::Market(MarketEvent {
        instrument: InstrumentId(0),
        ts_event: TimestampNs(1),
        data: MarketData::Quote(Quote {
            bid: Price(bid),
            bid_qty: Qty::whole(1_000),
            ask: Price(bid + width * 10_000_000),
            ask_qty: Qty::whole(1_000),
        }),
    })
}

/// A market order of so many contracts.
pub fn market_order(account: AccountId, side: Side, contracts: i64) -> InputKind {
    InputKind::Command(Command::SubmitOrder(NewOrder::new(
        account,
        InstrumentId(0),
        side,
        OrderKind::Market,
        Qty::whole(contracts),
    )))
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn instrument(fee: Money) -> Instrument {
    Instrument {
        symbol: label("BENCH"),
        kind: InstrumentKind::Future,
        currency: label("USD"),
        tick_size: Price(10_000_000),
        lot_size: Qty::ONE,
        contract_size: Qty::whole(50),
        order_qty_max: Qty::whole(1_000),
        fees: FeeSchedule {
            taker: Ratio::ZERO,
            maker: Ratio::ZERO,
            per_unit: fee,
            minimum: Money::ZERO,
        },
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel::default()),
    }
}

fn plan() -> Plan {
    Plan {
        name: label("Bench 50K"),
        version: 1,
        currency: label("USD"),
        initial_balance: Money::whole(50_000),
        terms: Terms::default(),
        conduct: Conduct::default(),
        life: Life::default(),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: RollSchedule {
            zone: label("UTC"),
            minute: 0,
        },
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::OfInitial(Ratio::percent(5)),
            effect: Effect::Fail,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        max_loss: Some(MaxLoss {
            trail: TrailSource::TickEquity,
            allowance: Allowance::Fixed(Money::whole(2_500)),
            stop: StopTrailing::AtFloorLevel(Money::whole(100)),
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
    }
}
