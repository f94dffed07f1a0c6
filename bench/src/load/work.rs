//! What the client sends.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use runtime::{Limits, Next, Shard, Source};
use types::{
    AccountId, Command, InputKind, InstrumentId, Liquidity, MarketData, MarketEvent, NewOrder,
    OrderId, OrderKind, PaperModel, Price, Qty, Quote, Side, TimeInForce, TimestampNs,
};

use crate::matching::shard;
use crate::matching::workload::{Command as Step, Spec, Workload};

/// 2024-01-03T12:00:00Z: the time of all inputs.
const NOON: TimestampNs = TimestampNs(1_704_283_200_000_000_000);
/// Orders that rest in W1.
const W1_PREFILL: u32 = 20_000;
/// Orders that wait in the paper market.
const PAPER_WAITING: usize = 1_000;
const CENT: i64 = 10_000_000;

/// Which commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// W1(20k): a book of 20,000 orders among 1,000 accounts; 60% adds, 35% cancels, 5% IOCs; 8% of all
    /// trade.
    W1,
    /// Against the outside market: of 16 commands 7 are limit orders away from it, 7 cancel the oldest of a
    /// thousand that wait, one buys at the market and one sells.
    Paper,
}

impl Kind {
    /// As it is called in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::W1 => "W1(20k)",
            Self::Paper => "paper",
        }
    }

    /// What a shard for it may hold.
    pub fn limits(self) -> Limits {
        shard::limits(2 * W1_PREFILL + 100_000)
    }

    /// What comes before the first command.
    pub fn setup(self) -> Setup {
        let mut instrument = shard::instrument();
        if self == Self::Paper {
            instrument.liquidity = Liquidity::Paper(PaperModel::default());
        }
        let commands = shard::setup(instrument).into_iter();
        let mut inputs: VecDeque<_> = commands.map(InputKind::Command).collect();
        if self == Self::Paper {
            inputs.push_back(InputKind::Market(MarketEvent {
                instrument: InstrumentId(0),
                ts_event: NOON,
                data: MarketData::Quote(Quote {
                    bid: Price::whole(500),
                    bid_qty: Qty::whole(1_000),
                    ask: Price(Price::whole(500).0 + CENT),
                    ask_qty: Qty::whole(1_000),
                }),
            }));
        }
        Setup { inputs }
    }

    /// The commands, at most so many of W1.
    pub fn work(self, steps: u32) -> Work {
        match self {
            Self::W1 => {
                let spec = Spec {
                    steps,
                    ..Spec::w1(W1_PREFILL)
                };
                let workload = Workload::generate(spec);
                let steps = workload.commands().copied().collect();
                Work::W1(Recorded {
                    steps,
                    next: 0,
                    owners: Vec::new(),
                })
            }
            Self::Paper => Work::Paper(Paper::default()),
        }
    }

    /// Commands that fill the book and are not measured.
    pub const fn prefill(self) -> u64 {
        match self {
            Self::W1 => W1_PREFILL as u64,
            Self::Paper => 0,
        }
    }
}

/// Gives the setup, then waits for ever: all else comes through the door for commands.
#[derive(Debug)]
pub struct Setup {
    inputs: VecDeque<InputKind>,
}

impl Setup {
    /// How many inputs are left.
    pub fn len(&self) -> u64 {
        self.inputs.len() as u64
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// A source without anything, for a runtime that has had its setup.
    pub const fn done() -> Self {
        Self {
            inputs: VecDeque::new(),
        }
    }
}

impl Source for Setup {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        match self.inputs.pop_front() {
            Some(kind) => Next::Input { ts: NOON, kind },
            None => Next::Wait(Duration::from_secs(1)),
        }
    }
}

/// A supply of commands.
#[derive(Debug)]
pub enum Work {
    /// Commands that were drawn beforehand.
    W1(Recorded),
    /// Commands without end.
    Paper(Paper),
}

impl Iterator for Work {
    type Item = Command;

    fn next(&mut self) -> Option<Command> {
        match self {
            Self::W1(recorded) => recorded.next(),
            Self::Paper(paper) => Some(paper.next()),
        }
    }
}

/// A recorded workload. Ids are those of the shard as long as nothing is refused.
#[derive(Debug)]
pub struct Recorded {
    steps: Vec<Step>,
    next: usize,
    owners: Vec<u16>,
}

impl Recorded {
    fn next(&mut self) -> Option<Command> {
        let step = self.steps.get(self.next)?;
        self.next += 1;
        Some(shard::command(step, &mut self.owners))
    }
}

/// Orders against the outside market.
#[derive(Debug, Default)]
pub struct Paper {
    step: u64,
    orders: u64,
    waiting: VecDeque<(AccountId, OrderId)>,
}

impl Paper {
    fn next(&mut self) -> Command {
        let step = self.step;
        self.step += 1;
        let account = AccountId((step / 16) as u32 % shard::ACCOUNTS);
        if step % 16 >= 14 {
            let side = [Side::Buy, Side::Sell][(step % 2) as usize];
            self.orders += 1;
            return Command::SubmitOrder(NewOrder {
                tif: TimeInForce::ImmediateOrCancel,
                ..order(account, side, OrderKind::Market)
            });
        }
        let is_cancel = step % 2 == 1 && self.waiting.len() > PAPER_WAITING;
        if is_cancel && let Some((account, order)) = self.waiting.pop_front() {
            return Command::CancelOrder { account, order };
        }
        self.orders += 1;
        self.waiting.push_back((account, OrderId(self.orders)));
        let price = Price(Price::whole(500).0 - (1 + (step % 100) as i64) * CENT);
        Command::SubmitOrder(order(account, Side::Buy, OrderKind::Limit { price }))
    }
}

fn order(account: AccountId, side: Side, kind: OrderKind) -> NewOrder {
    NewOrder::new(account, InstrumentId(0), side, kind, Qty::whole(1))
}
