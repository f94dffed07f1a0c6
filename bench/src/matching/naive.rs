//! The reference engine: a `BTreeMap` of price levels, a `VecDeque` of orders in each, a `HashMap`
//! from an order's id to where it rests. It is both the oracle that the workloads are drawn with
//! and the peer that everybody would write first, so nothing here is tuned.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::hash::TradeHash;
use super::workload::{Command, Order, Side, Trade};
use super::{About, Capacity, Engine, Origin};

/// An order's place: its side and price.
type Place = (Side, u32);

/// What rests of an order.
#[derive(Debug, Clone, Copy)]
struct Resting {
    id: u32,
    quantity: u32,
}

/// A price level, first in queue in front. Ids ascend along it, because each order joins at the
/// back and ids are given in the order of arrival.
type Level = VecDeque<Resting>;

/// The book and its matching.
#[derive(Debug, Default)]
pub struct Naive {
    bids: BTreeMap<u32, Level>,
    asks: BTreeMap<u32, Level>,
    places: HashMap<u32, Place>,
}

impl Naive {
    /// The highest bid, in ticks.
    pub fn best_bid(&self) -> Option<u32> {
        self.bids.last_key_value().map(|(&price, _)| price)
    }

    /// The lowest ask, in ticks.
    pub fn best_ask(&self) -> Option<u32> {
        self.asks.first_key_value().map(|(&price, _)| price)
    }

    /// How many orders rest.
    pub fn orders(&self) -> usize {
        self.places.len()
    }

    /// Matches an order against the other side and rests what is left of it. Returns the quantity
    /// that rests. `traded` is told of every trade and whether it took all of its maker.
    pub fn add(&mut self, order: &Order, traded: impl FnMut(Trade, bool)) -> u32 {
        let left = self.take(order, traded);
        if left > 0 {
            let levels = match order.side {
                Side::Buy => &mut self.bids,
                Side::Sell => &mut self.asks,
            };
            levels.entry(order.price).or_default().push_back(Resting {
                id: order.id,
                quantity: left,
            });
            self.places.insert(order.id, (order.side, order.price));
        }
        left
    }

    /// Matches an order against the other side; returns what is left of it, which is dropped.
    pub fn take(&mut self, order: &Order, mut traded: impl FnMut(Trade, bool)) -> u32 {
        let mut left = order.quantity;
        while left > 0 {
            let entry = match order.side {
                Side::Buy => self.asks.first_entry(),
                Side::Sell => self.bids.last_entry(),
            };
            let Some(mut entry) = entry else { break };
            let price = *entry.key();
            if !order.side.crosses(order.price, price) {
                break;
            }
            let level = entry.get_mut();
            while left > 0
                && let Some(maker) = level.front_mut()
            {
                let quantity = left.min(maker.quantity);
                left -= quantity;
                maker.quantity -= quantity;
                let filled = maker.quantity == 0;
                let trade = Trade {
                    maker: maker.id,
                    taker: order.id,
                    price,
                    quantity,
                };
                if filled {
                    self.places.remove(&maker.id);
                    level.pop_front();
                }
                traded(trade, filled);
            }
            if level.is_empty() {
                entry.remove();
            }
        }
        left
    }

    /// Takes a resting order off the book; false when none of that id rests.
    pub fn cancel(&mut self, id: u32) -> bool {
        let Some((side, price)) = self.places.remove(&id) else {
            return false;
        };
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let Some(level) = levels.get_mut(&price) else {
            return false;
        };
        if let Ok(position) = level.binary_search_by_key(&id, |resting| resting.id) {
            level.remove(position);
        }
        if level.is_empty() {
            levels.remove(&price);
        }
        true
    }
}

impl Engine for Naive {
    type Command = Command;

    const ABOUT: About = About {
        name: "naive",
        version: "",
        origin: Origin::Naive,
        adapter: "BTreeMap of VecDeque and a HashMap of ids, written here; the oracle",
        steps_max: usize::MAX,
    };

    fn new(_capacity: Capacity) -> Self {
        Self::default()
    }

    fn prepare(commands: Vec<Command>) -> Vec<Command> {
        commands
    }

    #[inline]
    fn apply(&mut self, command: &Command, trades: &mut TradeHash) {
        let traded = |trade: Trade, _filled: bool| {
            trades.trade(
                trade.maker.into(),
                trade.taker.into(),
                trade.price.into(),
                trade.quantity.into(),
            );
        };
        match command {
            Command::Add(order) => {
                self.add(order, traded);
            }
            Command::Ioc(order) => {
                self.take(order, traded);
            }
            Command::Cancel(id) => {
                self.cancel(*id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: u32, side: Side, price: u32, quantity: u32) -> Order {
        Order {
            id,
            side,
            price,
            quantity,
            account: 0,
        }
    }

    #[test]
    fn trades_by_price_and_then_by_time_at_the_price_of_the_maker() {
        let mut book = Naive::default();
        let mut trades = Vec::new();
        book.add(&order(1, Side::Sell, 101, 5), |_, _| ());
        book.add(&order(2, Side::Sell, 100, 5), |_, _| ());
        book.add(&order(3, Side::Sell, 100, 5), |_, _| ());
        let rests = book.add(&order(4, Side::Buy, 101, 17), |trade, filled| {
            trades.push((trade.maker, trade.price, trade.quantity, filled));
        });
        assert_eq!(
            trades,
            [(2, 100, 5, true), (3, 100, 5, true), (1, 101, 5, true)]
        );
        assert_eq!(rests, 2);
        assert_eq!((book.best_bid(), book.best_ask()), (Some(101), None));
        assert!(book.cancel(4));
        assert!(!book.cancel(4));
        assert_eq!(book.orders(), 0);
    }

    #[test]
    fn drops_what_is_left_of_an_order_that_only_takes() {
        let mut book = Naive::default();
        book.add(&order(1, Side::Buy, 100, 5), |_, _| ());
        assert_eq!(book.take(&order(2, Side::Sell, 1, 8), |_, _| ()), 3);
        assert_eq!((book.best_bid(), book.best_ask()), (None, None));
    }
}
