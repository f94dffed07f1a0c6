//! The workloads W1 and W2 as a flat list of commands, and the trades that must follow from them. What
//! is drawn depends on the book, so the commands are generated once, against the reference engine, and
//! replayed. No other engine is known here.

use super::Capacity;
use super::generator::Generator;
use super::hash::TradeHash;

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Side {
    /// Bids rest, asks are taken.
    Buy,
    /// Asks rest, bids are taken.
    Sell,
}

impl Side {
    /// Whether an order of this side at `price` trades with a maker at `maker`.
    pub fn crosses(self, price: u32, maker: u32) -> bool {
        match self {
            Self::Buy => price >= maker,
            Self::Sell => price <= maker,
        }
    }
}

/// A limit order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// 1, 2, 3, ... in the order of arrival.
    pub id: u32,
    /// Buy or sell.
    pub side: Side,
    /// The account, below 1,000.
    pub account: u16,
    /// In ticks.
    pub price: u32,
    /// In lots.
    pub quantity: u32,
}

/// One step of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Match the order, rest what is left.
    Add(Order),
    /// Match the order, drop what is left.
    Ioc(Order),
    /// Take this resting order off the book.
    Cancel(u32),
}

/// A trade at the price of its maker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trade {
    /// Id of the order that rested.
    pub maker: u32,
    /// Id of the order that came.
    pub taker: u32,
    /// In ticks.
    pub price: u32,
    /// In lots.
    pub quantity: u32,
}

/// Which mix of commands is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Orders spread over some 250 ticks a side; 60% adds, of which 5% cross, 35% cancels, 5% IOCs.
    W1,
    /// Activity at the touch: 50% adds, 47% cancels, mostly of recent orders, 3% IOCs.
    W2,
}

/// What a workload is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Which mix.
    pub mix: Mix,
    /// L: passive adds before the measured steps; about so many orders rest all the time.
    pub prefill: u32,
    /// N: measured steps.
    pub steps: u32,
}

/// The measured steps of a published workload.
pub const STEPS: u32 = 2_000_000;

impl Spec {
    /// W1(prefill, 2,000,000).
    pub const fn w1(prefill: u32) -> Self {
        Self {
            mix: Mix::W1,
            prefill,
            steps: STEPS,
        }
    }

    /// W2(prefill, 2,000,000).
    pub const fn w2(prefill: u32) -> Self {
        Self {
            mix: Mix::W2,
            prefill,
            steps: STEPS,
        }
    }

    /// The four workloads whose hashes are published.
    pub const PUBLISHED: [Self; 4] = [
        Self::w1(1_000),
        Self::w1(20_000),
        Self::w1(100_000),
        Self::w2(2_000),
    ];

    /// The published hash over all trades and their number, where there is one.
    pub fn published(self) -> Option<TradeHash> {
        let (hash, trades) = match (self.mix, self.prefill, self.steps) {
            (Mix::W1, 1_000, STEPS) => (0xaa78_f3e8_9bb1_3d6a, 454_431),
            (Mix::W1, 20_000, STEPS) => (0x3548_a6e7_bbaa_f325, 492_530),
            (Mix::W1, 100_000, STEPS) => (0xa031_9342_d8f9_5493, 529_487),
            (Mix::W2, 2_000, STEPS) => (0x43a4_0e1f_67e4_1ff9, 117_535),
            _ => return None,
        };
        Some(TradeHash { hash, trades })
    }

    /// `W1(20k)`.
    pub fn name(self) -> String {
        let mix = match self.mix {
            Mix::W1 => "W1",
            Mix::W2 => "W2",
        };
        match self.prefill {
            prefill if prefill % 1_000_000 == 0 => format!("{mix}({}M)", prefill / 1_000_000),
            prefill if prefill % 1_000 == 0 => format!("{mix}({}k)", prefill / 1_000),
            prefill => format!("{mix}({prefill})"),
        }
    }
}

/// A generated workload and what the reference engine made of it.
#[derive(Debug)]
pub struct Workload {
    /// What it was made from.
    pub spec: Spec,
    /// The passive adds before the measured steps.
    pub prefill: Vec<Command>,
    /// The measured steps.
    pub steps: Vec<Command>,
    /// The reference engine's trades; the prefill makes none.
    trades: Vec<Trade>,
}

impl Workload {
    /// Draws the workload against the reference engine.
    pub fn generate(spec: Spec) -> Self {
        let mut generator = Generator::new(spec);
        let mut draw = |count: u32, filled: bool| -> Vec<Command> {
            (0..count).map(|_| generator.step(filled)).collect()
        };
        let prefill = draw(spec.prefill, false);
        let steps = draw(spec.steps, true);
        Self {
            spec,
            prefill,
            steps,
            trades: generator.trades,
        }
    }

    /// The hash that an engine must show after the first `steps` measured steps, when it calls the
    /// order that this workload calls `id` `name(id)`.
    pub fn expected(&self, steps: usize, name: impl Fn(u32) -> u64) -> TradeHash {
        // Ids ascend, so the last taker among the steps bounds the trades that belong to them.
        let taker_max = self.steps[..steps.min(self.steps.len())]
            .iter()
            .rev()
            .find_map(|command| match command {
                Command::Add(order) | Command::Ioc(order) => Some(order.id),
                Command::Cancel(_) => None,
            })
            .unwrap_or_default();
        let mut hash = TradeHash::default();
        for trade in self.trades.iter().take_while(|t| t.taker <= taker_max) {
            hash.trade(
                name(trade.maker),
                name(trade.taker),
                trade.price.into(),
                trade.quantity.into(),
            );
        }
        hash
    }

    /// Every command in order, the prefill first.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.prefill.iter().chain(&self.steps)
    }

    /// What an engine may be told to expect.
    pub fn capacity(&self) -> Capacity {
        let orders = self
            .commands()
            .filter(|command| !matches!(command, Command::Cancel(_)));
        Capacity {
            id_max: orders.count() as u32,
            // The draws turn passive adds into cancels above twice the prefill.
            resting_max: self.spec.prefill * 2 + 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_published(spec: Spec) {
        let workload = Workload::generate(spec);
        let found = workload.expected(workload.steps.len(), u64::from);
        assert_eq!(Some(found), spec.published(), "{}", spec.name());
    }

    #[test]
    fn w1_1k_trades_as_published() {
        assert_published(Spec::w1(1_000));
    }

    #[test]
    fn w1_20k_trades_as_published() {
        assert_published(Spec::w1(20_000));
    }

    #[test]
    fn w1_100k_trades_as_published() {
        assert_published(Spec::w1(100_000));
    }

    #[test]
    fn w2_2k_trades_as_published() {
        assert_published(Spec::w2(2_000));
    }
}
