//! The draws of the workloads, in their published order, and the reference book that they depend on.

use super::naive::Naive;
use super::workload::{Command, Mix, Order, Side, Spec, Trade};

/// xorshift64* (Vigna 2016).
#[derive(Debug)]
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        let mut x = self.0;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0 = x;
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }
}

/// The ids that rest, in the order that the draws index: append on rest, swap-remove on leave.
#[derive(Debug, Default)]
struct Live {
    ids: Vec<u32>,
    /// By id: its index in `ids`.
    positions: Vec<u32>,
}

impl Live {
    fn push(&mut self, id: u32) {
        if self.positions.len() <= id as usize {
            self.positions.resize(id as usize + 1, 0);
        }
        self.positions[id as usize] = self.ids.len() as u32;
        self.ids.push(id);
    }

    fn remove(&mut self, id: u32) {
        let position = self.positions[id as usize];
        self.ids.swap_remove(position as usize);
        if let Some(&moved) = self.ids.get(position as usize) {
            self.positions[moved as usize] = position;
        }
    }
}

/// A workload in the making: the draws and the book that they depend on.
#[derive(Debug)]
pub(super) struct Generator {
    spec: Spec,
    rng: Rng,
    mid: u32,
    id_last: u32,
    book: Naive,
    live: Live,
    /// All trades so far.
    pub(super) trades: Vec<Trade>,
}

/// What a step does, before it is known against which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Passive,
    Crossing,
    Ioc,
    Cancel,
}

const MID_START: u32 = 50_000;
const MID_MIN: u32 = 20_000;
const MID_MAX: u32 = 80_000;
const ACCOUNTS: u32 = 1_000;
/// The price of an IOC, which takes at any price that occurs.
const IOC_BUY: u32 = 99_999;
const IOC_SELL: u32 = 1;

impl Generator {
    pub(super) fn new(spec: Spec) -> Self {
        Self {
            spec,
            rng: Rng(0x1234_5678_9ABC_DEF1),
            mid: MID_START,
            id_last: 0,
            book: Naive::default(),
            live: Live::default(),
            trades: Vec::new(),
        }
    }

    /// Draws one command and applies it: a passive add, unless the book is `filled`.
    pub(super) fn step(&mut self, filled: bool) -> Command {
        self.move_mid();
        let mut kind = if filled { self.kind() } else { Kind::Passive };
        let live = self.live.ids.len();
        let prefill = self.spec.prefill as usize;
        match kind {
            Kind::Cancel if live < prefill / 2 => kind = Kind::Passive,
            Kind::Passive if live > prefill * 2 => kind = Kind::Cancel,
            _ => {}
        }
        let side = if self.rng.below(2) == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let account = self.rng.below(ACCOUNTS) as u16;
        if kind == Kind::Cancel {
            let victim = self.victim();
            let id = self.live.ids[victim];
            self.book.cancel(id);
            self.live.remove(id);
            return Command::Cancel(id);
        }
        let opposite = match side {
            Side::Buy => self.book.best_ask(),
            Side::Sell => self.book.best_bid(),
        };
        let (price, quantity) = match (kind, opposite) {
            (Kind::Crossing, Some(best)) => {
                let beyond = self.rng.below(4);
                let price = match side {
                    Side::Buy => best + beyond,
                    Side::Sell => best - beyond,
                };
                (price, 1 + self.rng.below(275))
            }
            (Kind::Ioc, Some(_)) => {
                let price = match side {
                    Side::Buy => IOC_BUY,
                    Side::Sell => IOC_SELL,
                };
                let quantity = match self.spec.mix {
                    Mix::W1 => 1 + self.rng.below(275),
                    Mix::W2 => 1 + self.rng.below(100),
                };
                (price, quantity)
            }
            _ => {
                kind = Kind::Passive;
                let distance = self.distance();
                let price = match (side, opposite) {
                    (Side::Buy, Some(ask)) => (self.mid - distance).min(ask - 1),
                    (Side::Buy, None) => self.mid - distance,
                    (Side::Sell, Some(bid)) => (self.mid + distance).max(bid + 1),
                    (Side::Sell, None) => self.mid + distance,
                };
                (price, 1 + self.rng.below(100))
            }
        };
        self.id_last += 1;
        let order = Order {
            id: self.id_last,
            side,
            account,
            price,
            quantity,
        };
        let (live, trades) = (&mut self.live, &mut self.trades);
        let traded = |trade: Trade, filled: bool| {
            if filled {
                live.remove(trade.maker);
            }
            trades.push(trade);
        };
        if kind == Kind::Ioc {
            self.book.take(&order, traded);
            return Command::Ioc(order);
        }
        if self.book.add(&order, traded) > 0 {
            self.live.push(order.id);
        }
        Command::Add(order)
    }

    fn move_mid(&mut self) {
        let chance = match self.spec.mix {
            Mix::W1 => 64,
            Mix::W2 => 256,
        };
        if self.rng.below(chance) == 0 {
            let moved = if self.rng.below(2) == 0 {
                self.mid + 1
            } else {
                self.mid - 1
            };
            self.mid = moved.clamp(MID_MIN, MID_MAX);
        }
    }

    fn kind(&mut self) -> Kind {
        let x = self.rng.below(1_000);
        match self.spec.mix {
            Mix::W1 if x < 600 => {
                if self.rng.below(100) < 5 {
                    Kind::Crossing
                } else {
                    Kind::Passive
                }
            }
            Mix::W1 if x < 950 => Kind::Cancel,
            Mix::W2 if x < 500 => {
                // No add crosses, but the draw that would decide it is made.
                self.rng.below(100);
                Kind::Passive
            }
            Mix::W2 if x < 970 => Kind::Cancel,
            _ => Kind::Ioc,
        }
    }

    /// From the mid to a passive order, in ticks.
    fn distance(&mut self) -> u32 {
        match self.spec.mix {
            Mix::W1 => {
                let first = self.rng.below(256);
                1 + ((first * self.rng.below(256)) >> 8)
            }
            Mix::W2 => 1 + (self.rng.next() | 1 << 15).trailing_zeros(),
        }
    }

    /// The entry of the live list that a cancel takes.
    fn victim(&mut self) -> usize {
        let live = self.live.ids.len();
        match self.spec.mix {
            Mix::W1 => self.rng.below(live as u32) as usize,
            Mix::W2 => {
                let first = self.rng.below(256);
                let back = (first * self.rng.below(256)) >> 8;
                live - 1 - (back as usize).min(live - 1)
            }
        }
    }
}
