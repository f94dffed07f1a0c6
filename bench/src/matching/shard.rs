//! The whole of `Shard::apply` in crossed mode as an engine: one instrument and a thousand accounts under
//! a plan with daily and maximum loss, margin checked before every order, fees on every fill, events out,
//! and the journal's frame of every input written to memory.

use engine::{EventBuf, Foresight, Limits, Shard};
use rules::{
    Allowance, Conduct, DailyAnchor, DailyLoss, Life, MaxLoss, Plan, Stage, StopTrailing,
    TrailSource,
};
use types::{
    AccountId, Codec, Effect, EventKind, FeeSchedule, Funding, Input, InputKind, Instrument,
    InstrumentId, InstrumentKind, Label, Liquidity, Margin, Money, NewOrder, OpenAccount, OrderId,
    OrderKind, PlanId, Price, Qty, Ratio, Requirement, RollSchedule, SelfTrade, Seq, ShardId,
    Terms, TimeInForce, TimestampNs, frame,
};

use super::hash::TradeHash;
use super::registry::Entry;
use super::workload::{Command, Order, Side};
use super::{About, Capacity, Engine, Origin};

/// Accounts of the workloads.
pub(crate) const ACCOUNTS: u32 = 1_000;
/// Instrument, plan and accounts come before the first order.
const SETUP_INPUTS: u64 = 2 + ACCOUNTS as u64;
const TICK: i64 = 10_000_000;
const SHARD: ShardId = ShardId(0);

/// A shard, its events and its journal.
#[derive(Debug)]
pub struct ShardEngine {
    shard: Shard,
    events: EventBuf,
    journal: Vec<u8>,
    foresight: Foresight,
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Futures with margin, in a book of their own.
pub(crate) fn instrument() -> Instrument {
    Instrument {
        symbol: label("BENCH"),
        kind: InstrumentKind::Future,
        currency: label("USD"),
        tick_size: Price(TICK),
        lot_size: Qty::ONE,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000),
        fees: FeeSchedule {
            taker: Ratio(50_000),
            maker: Ratio(20_000),
            per_unit: Money::ZERO,
            minimum: Money::ZERO,
        },
        margin: Margin {
            initial: Requirement {
                rate: Ratio::percent(5),
                per_unit: Money::ZERO,
            },
            maintenance: Requirement {
                rate: Ratio::percent(2),
                per_unit: Money::ZERO,
            },
        },
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Crossed,
    }
}

/// Rich enough that nobody is refused: the trades must be the workload's.
fn plan() -> Plan {
    Plan {
        name: label("Bench"),
        version: 1,
        currency: label("USD"),
        initial_balance: Money::whole(100_000_000),
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
            trail: TrailSource::EodEquity,
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
        terms: Terms {
            funding: Funding::Margin {
                rate_min: Ratio::ZERO,
            },
            ..Terms::default()
        },
        conduct: Conduct::default(),
        life: Life::default(),
    }
}

/// Instrument, plan and accounts.
pub(crate) fn setup(instrument: Instrument) -> Vec<types::Command> {
    let spec = plan().to_bytes().into();
    let mut setup = vec![
        types::Command::RegisterInstrument(Box::new(instrument)),
        types::Command::DefinePlan { spec },
    ];
    setup.extend((0..ACCOUNTS).map(|_| {
        types::Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: label("bench"),
        })
    }));
    setup
}

pub(crate) fn limits(resting_max: u32) -> Limits {
    Limits {
        accounts_max: ACCOUNTS,
        orders_max: resting_max + 1,
        account_orders_max: u32::MAX / 2,
        account_orders_per_second_max: 0,
        ..Limits::default()
    }
}

/// A command of a workload as the shard takes it. `owners` has the accounts of the orders so far.
pub(crate) fn command(command: &Command, owners: &mut Vec<u16>) -> types::Command {
    match command {
        Command::Add(add) => {
            owners.push(add.account);
            order(add, TimeInForce::GoodTillCancel)
        }
        Command::Ioc(ioc) => {
            owners.push(ioc.account);
            order(ioc, TimeInForce::ImmediateOrCancel)
        }
        Command::Cancel(id) => types::Command::CancelOrder {
            account: AccountId(owners[*id as usize - 1].into()),
            order: OrderId((*id).into()),
        },
    }
}

fn order(order: &Order, tif: TimeInForce) -> types::Command {
    let side = match order.side {
        Side::Buy => types::Side::Buy,
        Side::Sell => types::Side::Sell,
    };
    let price = Price(i64::from(order.price) * TICK);
    let mut request = NewOrder::new(
        AccountId(order.account.into()),
        InstrumentId(0),
        side,
        OrderKind::Limit { price },
        Qty::whole(order.quantity.into()),
    );
    request.tif = tif;
    request.self_trade = SelfTrade::Allow;
    types::Command::SubmitOrder(request)
}

impl ShardEngine {
    fn apply_input(&mut self, input: &Input) {
        self.events.clear();
        if self.journal.len() > 1 << 20 {
            self.journal.clear();
        }
        frame::encode_input(SHARD, input, &mut self.journal);
        self.shard.apply(input, &mut self.events);
    }
}

impl Engine for ShardEngine {
    type Command = Input;

    const ABOUT: About = About {
        name: "shard",
        version: "",
        origin: Origin::Product,
        adapter: "Shard::apply with margin, fees, positions, rules, events and journal frames in memory; inputs are made beforehand",
        steps_max: usize::MAX,
    };

    fn new(capacity: Capacity) -> Self {
        let limits = limits(capacity.resting_max);
        let mut engine = Self {
            shard: Shard::new(SHARD, limits),
            events: EventBuf::default(),
            journal: Vec::with_capacity(2 << 20),
            foresight: Foresight::new(),
        };
        engine.shard.reserve(capacity.resting_max, ACCOUNTS);
        for (seq, command) in (1..).zip(setup(instrument())) {
            engine.apply_input(&Input {
                seq: Seq(seq),
                ts: TimestampNs(1),
                kind: InputKind::Command(command),
            });
        }
        engine
    }

    fn prepare(commands: Vec<Command>) -> Vec<Input> {
        let mut owners = Vec::new();
        let numbered = (SETUP_INPUTS + 1..).zip(commands);
        numbered
            .map(|(seq, step)| Input {
                seq: Seq(seq),
                ts: TimestampNs(seq),
                kind: InputKind::Command(command(&step, &mut owners)),
            })
            .collect()
    }

    #[inline]
    fn foresee(&mut self, coming: &[Input]) {
        if let Some(input) = coming.get(2 * Foresight::DISTANCE) {
            Foresight::fetch(input);
        }
        if let Some(input) = coming.get(Foresight::DISTANCE) {
            self.foresight.look(&self.shard, &input.kind);
        }
    }

    #[inline]
    fn apply(&mut self, input: &Input, trades: &mut TradeHash) {
        self.apply_input(input);
        let mut maker = None;
        for event in self.events.as_slice() {
            if let EventKind::Fill(fill) = event.kind {
                if fill.maker {
                    maker = Some(fill.order);
                } else if let Some(maker) = maker.take() {
                    trades.trade(
                        maker.0,
                        fill.order.0,
                        (fill.price.0 / TICK) as u64,
                        (fill.qty.0 / Qty::ONE.0) as u64,
                    );
                }
            }
        }
    }
}

/// The engine that `--shard` measures.
pub fn entry() -> Entry {
    Entry::of::<ShardEngine>()
}
