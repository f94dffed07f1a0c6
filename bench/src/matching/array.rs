//! A level for every tick in one array, a singly linked queue in each, every order ever accepted in an
//! arena under its id, a cancel that only zeroes the quantity: the layout that won the `QuantCup` of
//! 2011, in this crate's own words. It shows how little work the trades alone need, and what is missing
//! in it a book must have: the best price after a cancel, the quantity of a level, a range of prices
//! without bounds, ids that do not count from 1, memory that is given back.

use super::hash::TradeHash;
use super::workload::{Command, Order, Side};
use super::{About, Capacity, Engine, Origin};

/// Prices below this fit, in ticks.
const PRICES: usize = 100_001;

/// No order: ids start at 1.
const NONE: u32 = 0;

#[derive(Debug, Clone, Copy, Default)]
struct Level {
    head: u32,
    tail: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    quantity: u32,
    next: u32,
}

/// The book and its matching.
#[derive(Debug)]
pub struct Array {
    levels: Box<[Level]>,
    /// By order id.
    entries: Vec<Entry>,
    /// No bid rests above it; levels at and below it may be empty.
    bid_max: usize,
    /// No ask rests below it; levels at and above it may be empty.
    ask_min: usize,
}

impl Array {
    /// Matches the order; returns what is left of it.
    fn take(&mut self, order: &Order, trades: &mut TradeHash) -> u32 {
        let mut left = order.quantity;
        let limit = order.price as usize;
        match order.side {
            Side::Buy => {
                while left > 0 && self.ask_min <= limit {
                    left = self.take_at(self.ask_min, left, order.id, trades);
                    self.ask_min += usize::from(left > 0);
                }
            }
            Side::Sell => {
                while left > 0 && self.bid_max >= limit {
                    left = self.take_at(self.bid_max, left, order.id, trades);
                    self.bid_max -= usize::from(left > 0);
                }
            }
        }
        left
    }

    fn take_at(&mut self, price: usize, mut left: u32, taker: u32, trades: &mut TradeHash) -> u32 {
        let level = &mut self.levels[price];
        while level.head != NONE && left > 0 {
            let maker = &mut self.entries[level.head as usize];
            // A cancelled order stays in its queue with nothing to trade.
            if maker.quantity > 0 {
                let quantity = left.min(maker.quantity);
                trades.trade(
                    level.head.into(),
                    taker.into(),
                    price as u64,
                    quantity.into(),
                );
                left -= quantity;
                maker.quantity -= quantity;
            }
            if maker.quantity == 0 {
                level.head = maker.next;
            }
        }
        left
    }

    fn rest(&mut self, order: &Order, quantity: u32) {
        self.entries[order.id as usize] = Entry {
            quantity,
            next: NONE,
        };
        let price = order.price as usize;
        let level = &mut self.levels[price];
        if level.head == NONE {
            level.head = order.id;
        } else {
            self.entries[level.tail as usize].next = order.id;
        }
        level.tail = order.id;
        match order.side {
            Side::Buy => self.bid_max = self.bid_max.max(price),
            Side::Sell => self.ask_min = self.ask_min.min(price),
        }
    }
}

impl Engine for Array {
    type Command = Command;

    const ABOUT: About = About {
        name: "array",
        version: "",
        origin: Origin::Bound,
        adapter: "the QuantCup 2011 layout, written here: no totals, no best price after a cancel, no memory given back",
        steps_max: usize::MAX,
    };

    fn new(capacity: Capacity) -> Self {
        let mut entries = Vec::new();
        entries.resize_with(capacity.id_max as usize + 1, || Entry {
            next: NONE,
            ..Entry::default()
        });
        Self {
            levels: vec![Level::default(); PRICES].into_boxed_slice(),
            entries,
            bid_max: 0,
            ask_min: PRICES,
        }
    }

    fn prepare(commands: Vec<Command>) -> Vec<Command> {
        commands
    }

    #[inline]
    fn apply(&mut self, command: &Command, trades: &mut TradeHash) {
        match command {
            Command::Add(order) => {
                let left = self.take(order, trades);
                if left > 0 {
                    self.rest(order, left);
                }
            }
            Command::Ioc(order) => {
                self.take(order, trades);
            }
            Command::Cancel(id) => self.entries[*id as usize].quantity = 0,
        }
    }
}
