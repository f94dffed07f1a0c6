//! A crossed instrument with resting orders of one lot: adds, cancels and takers against it.

use std::collections::BTreeSet;

use rules::TrailSource;
use types::{
    AccountId, Command, FeeSchedule, Funding, InputKind, InstrumentId, Liquidity, Margin, Money,
    NewOrder, OrderId, OrderKind, Price, Qty, Ratio, Requirement, SelfTrade, Side, Terms,
};

use super::harness::{Harness, TICK, instrument, plan};
use super::measure::{Chunk, Round, Shape, round};

/// Accounts that the orders belong to in turn.
pub const ACCOUNTS: u32 = 1_000;
/// Levels a side of a [`Spread::Levels`] book.
pub const LEVELS: u32 = 1_000;
/// The middle of the book, ticks: no order rests here.
const MIDDLE: i64 = 1_000_000;
const SAMPLES: usize = 10_000;
/// Takers between two restorings: few, so that they stay near the touch.
const TAKERS: usize = 16;
/// Levels between the deepest one and where [`Action::Beyond`] opens another: a page of its own.
const BEYOND: u32 = 128;

/// Where the resting orders are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Over [`LEVELS`] levels a side, evenly.
    Levels,
    /// Each alone on its level, level next to level.
    Alone,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// An add at a level in use, among the `LEVELS` nearest, and its cancel.
    Near,
    /// An add at any level in use, and its cancel.
    Anywhere,
    /// An add far below all levels, and its cancel: a level and a page come and go.
    Beyond,
    /// The cancel of any order, and the same again as a new one.
    Replace,
    /// A market order of one lot, which fills the order at the front.
    Market,
}

/// A resting order.
#[derive(Debug, Clone, Copy)]
struct Resting {
    /// 0 to buy, 1 to sell.
    side: usize,
    /// Levels from the middle, from one.
    distance: u32,
    id: u64,
    account: u32,
}

/// What rests and what comes next, as its sender knows it.
#[derive(Debug)]
struct Sender {
    /// Newest order id.
    newest: u64,
    random: u64,
    /// The distances in use, nearest first; the same on both sides.
    distances: Vec<u32>,
    resting: Vec<Resting>,
    /// Of each side distance, id and place in `resting`, so the best first; kept for takers only.
    queues: Option<[BTreeSet<(u32, u64, usize)>; 2]>,
    /// Places in `resting` of the orders that the chunk's takers fill.
    taken: Vec<usize>,
}

/// A shard with a full book.
#[derive(Debug)]
pub struct CrossedBook {
    harness: Harness,
    sender: Sender,
}

const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

impl Sender {
    /// An even draw below `n`; xorshift64* (Vigna 2016).
    fn below(&mut self, n: usize) -> usize {
        let x = &mut self.random;
        *x ^= *x >> 12;
        *x ^= *x << 25;
        *x ^= *x >> 27;
        let high = x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        (high as usize * n) >> 32
    }

    fn account(&mut self) -> u32 {
        self.below(ACCOUNTS as usize) as u32
    }

    fn order(&mut self, side: usize, account: u32, kind: OrderKind) -> InputKind {
        self.newest += 1;
        let (account, side) = (AccountId(account), SIDES[side]);
        let mut order = NewOrder::new(account, InstrumentId(0), side, kind, Qty::ONE);
        order.self_trade = SelfTrade::Allow;
        InputKind::Command(Command::SubmitOrder(order))
    }

    /// An order that comes to rest, and the input that sends it.
    fn add(&mut self, side: usize, distance: u32, account: u32) -> (Resting, InputKind) {
        let offset = i64::from(distance);
        let ticks = if side == 0 {
            MIDDLE - offset
        } else {
            MIDDLE + offset
        };
        let price = Price(ticks * TICK);
        let input = self.order(side, account, OrderKind::Limit { price });
        let id = self.newest;
        let resting = Resting {
            side,
            distance,
            id,
            account,
        };
        (resting, input)
    }

    fn cancel(order: Resting) -> InputKind {
        InputKind::Command(Command::CancelOrder {
            account: AccountId(order.account),
            order: OrderId(order.id),
        })
    }

    /// The next sample.
    fn fill(&mut self, action: Action, chunk: &mut Chunk) {
        let side = self.below(2);
        let levels = self.distances.len();
        let distance = match action {
            Action::Near => Some(self.below(levels.min(LEVELS as usize))),
            Action::Anywhere => Some(self.below(levels)),
            Action::Beyond | Action::Replace | Action::Market => None,
        };
        match action {
            Action::Near | Action::Anywhere | Action::Beyond => {
                let deepest = self.distances.last().copied().unwrap_or(0);
                let distance = distance.map_or(deepest + BEYOND, |place| self.distances[place]);
                let account = self.account();
                let (order, add) = self.add(side, distance, account);
                chunk.timed.extend([add, Self::cancel(order)]);
            }
            Action::Replace => {
                let place = self.below(self.resting.len());
                let cancel = Self::cancel(self.resting[place]);
                let add = self.again(place);
                chunk.timed.extend([cancel, add]);
            }
            Action::Market => {
                let account = self.account();
                let taker = self.order(side, account, OrderKind::Market);
                let resting = &self.resting;
                let queues = self.queues.get_or_insert_with(|| queues(resting));
                if let Some((_, _, place)) = queues[1 - side].pop_first() {
                    self.taken.push(place);
                    chunk.timed.push(taker);
                }
            }
        }
    }

    /// An order that left comes again as the newest one.
    fn again(&mut self, place: usize) -> InputKind {
        let before = self.resting[place];
        let (order, add) = self.add(before.side, before.distance, before.account);
        if let Some(queues) = &mut self.queues {
            let queue = &mut queues[order.side];
            queue.remove(&(before.distance, before.id, place));
            queue.insert((order.distance, order.id, place));
        }
        self.resting[place] = order;
        add
    }

    /// What the chunk's takers filled comes again.
    fn restore(&mut self, chunk: &mut Chunk) {
        let mut taken = std::mem::take(&mut self.taken);
        for place in taken.drain(..) {
            let add = self.again(place);
            chunk.restoring.push(add);
        }
        self.taken = taken;
    }
}

fn queues(resting: &[Resting]) -> [BTreeSet<(u32, u64, usize)>; 2] {
    [0, 1].map(|side| {
        let orders = resting.iter().enumerate();
        let of_side = orders.filter(|(_, order)| order.side == side);
        of_side
            .map(|(place, order)| (order.distance, order.id, place))
            .collect()
    })
}

impl CrossedBook {
    /// So many orders rest, half of them on each side.
    pub fn new(orders: u32, spread: Spread) -> Self {
        let crossed = instrument(Liquidity::Crossed, margin(), fees());
        let terms = Terms {
            funding: Funding::Margin {
                rate_min: Ratio::ZERO,
            },
            ..Terms::default()
        };
        let plan = plan(TrailSource::EodEquity, terms);
        let harness = Harness::new(crossed, &plan, ACCOUNTS, orders + 1, ACCOUNTS);
        let per_side = orders / 2;
        let levels = match spread {
            Spread::Levels => per_side.min(LEVELS),
            Spread::Alone => per_side,
        };
        let gap = match spread {
            Spread::Levels => LEVELS / levels.max(1),
            Spread::Alone => 1,
        };
        let mut book = Self {
            harness,
            sender: Sender {
                newest: 0,
                random: 0x1234_5678_9ABC_DEF1,
                distances: (0..levels).map(|level| 1 + level * gap).collect(),
                resting: Vec::with_capacity(orders as usize),
                queues: None,
                taken: Vec::new(),
            },
        };
        for order in 0..per_side {
            let distance = book.sender.distances[(order % levels) as usize];
            for side in [0, 1] {
                let account = book.sender.account();
                let (order, add) = book.sender.add(side, distance, account);
                let events = book.harness.apply(add);
                assert_eq!(events, 1, "an order rests");
                book.sender.resting.push(order);
            }
        }
        book
    }

    /// One round of samples.
    pub fn round(&mut self, action: Action) -> Round {
        let shape = Shape {
            samples: SAMPLES,
            chunk: if action == Action::Market {
                TAKERS
            } else {
                256
            },
            inputs: if action == Action::Market { 1 } else { 2 },
            events: if action == Action::Market {
                (3, 8)
            } else {
                (2, 2)
            },
        };
        let sender = &mut self.sender;
        round(&mut self.harness, shape, |samples, chunk| {
            for _ in 0..samples {
                sender.fill(action, chunk);
            }
            sender.restore(chunk);
        })
    }
}

fn margin() -> Margin {
    let requirement = |percent| Requirement {
        rate: Ratio::percent(percent),
        per_unit: Money::ZERO,
    };
    Margin {
        initial: requirement(5),
        maintenance: requirement(2),
    }
}

/// Half a basis point to take and a fifth of one to give.
fn fees() -> FeeSchedule {
    FeeSchedule {
        taker: Ratio(50_000),
        maker: Ratio(20_000),
        per_unit: Money::ZERO,
        minimum: Money::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A round asserts its events, so that nothing is denied and every taker trades.
    #[test]
    fn actions_leave_as_many_orders_as_they_found() {
        for spread in [Spread::Levels, Spread::Alone] {
            let mut book = CrossedBook::new(100, spread);
            for action in [
                Action::Near,
                Action::Replace,
                Action::Market,
                Action::Anywhere,
                Action::Replace,
                Action::Beyond,
            ] {
                book.round(action);
            }
            let places = 0..book.sender.resting.len();
            let cancels: Vec<_> = places
                .map(|place| Sender::cancel(book.sender.resting[place]))
                .collect();
            assert_eq!(cancels.len(), 100);
            for cancel in cancels {
                book.harness.apply(cancel);
                let event = &book.harness.events.as_slice()[0];
                assert!(
                    matches!(event.kind, types::EventKind::OrderCancelled { .. }),
                    "{event:?}"
                );
            }
        }
    }
}
