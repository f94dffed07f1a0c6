//! The working orders of an order-by-order feed, and the levels that they add up to.

use std::collections::HashMap;

use types::{Price, Qty, Side};

use super::decode::Fault;
use super::depth::Depth;

/// The most orders that may work at once.
pub const ORDERS_MAX: usize = 50_000_000;

/// Whose order it is: the book and the order's id in it.
pub(super) type Key = (u64, u64);

/// A working order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) qty: Qty,
}

/// All working orders.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// By book, then the order's id.
    known: HashMap<u64, HashMap<u64, Order>>,
    count: usize,
}

impl Orders {
    /// Puts an order in the place of what its id meant before.
    pub(super) fn put(&mut self, key: Key, order: Order, depth: &mut Depth) -> Result<(), Fault> {
        if self.count >= ORDERS_MAX {
            return Err(Fault::damaged(format_args!(
                "more than {ORDERS_MAX} working orders (orders_max)"
            )));
        }
        let (book, id) = key;
        match self.known.entry(book).or_default().insert(id, order) {
            Some(before) => depth.add(before.side, before.price, -before.qty.0)?,
            None => self.count += 1,
        }
        depth.add(order.side, order.price, order.qty.0)
    }

    /// Takes a quantity off an order, which is gone when nothing is left. The order as it was, if it is known.
    pub(super) fn reduce(
        &mut self,
        key: Key,
        qty: Qty,
        depth: &mut Depth,
    ) -> Result<Option<Order>, Fault> {
        let (book, id) = key;
        let Some(orders) = self.known.get_mut(&book) else {
            return Ok(None);
        };
        let Some(order) = orders.get_mut(&id) else {
            return Ok(None);
        };
        let before = *order;
        let gone = qty.min(before.qty);
        order.qty = Qty(before.qty.0 - gone.0);
        if order.qty == Qty::ZERO {
            orders.remove(&id);
            self.count -= 1;
        }
        depth.add(before.side, before.price, -gone.0)?;
        Ok(Some(before))
    }

    /// Takes an order away. The order as it was, if it is known.
    pub(super) fn remove(&mut self, key: Key, depth: &mut Depth) -> Result<Option<Order>, Fault> {
        self.reduce(key, Qty(i64::MAX), depth)
    }

    /// Takes away every order of a book.
    pub(super) fn clear(&mut self, book: u64, depth: &mut Depth) -> Result<(), Fault> {
        let gone = self.known.remove(&book).unwrap_or_default();
        self.count -= gone.len();
        for order in gone.into_values() {
            depth.add(order.side, order.price, -order.qty.0)?;
        }
        Ok(())
    }

    /// Takes away every order of a side of a book.
    pub(super) fn clear_side(
        &mut self,
        book: u64,
        side: Side,
        depth: &mut Depth,
    ) -> Result<(), Fault> {
        let Some(orders) = self.known.get_mut(&book) else {
            return Ok(());
        };
        let before = orders.len();
        let mut gone = Vec::new();
        orders.retain(|_, order| {
            let is_kept = order.side != side;
            if !is_kept {
                gone.push(*order);
            }
            is_kept
        });
        self.count -= before - orders.len();
        for order in gone {
            depth.add(order.side, order.price, -order.qty.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use types::{DepthUpdate, Level, MarketData};

    use super::*;

    fn order(side: Side, price: i64, qty: i64) -> Order {
        Order {
            side,
            price: Price(price),
            qty: Qty(qty),
        }
    }

    /// Two books with an order 1 each: a clear, of a side or whole, is of its book, and the count is that of the
    /// orders that work.
    #[test]
    fn what_is_cleared_is_of_its_book() {
        let (mut orders, mut depth) = (Orders::default(), Depth::default());
        for (key, order) in [
            ((7, 1), order(Side::Buy, 99, 5)),
            ((7, 2), order(Side::Buy, 98, 1)),
            ((7, 3), order(Side::Sell, 101, 2)),
            ((8, 1), order(Side::Buy, 99, 3)),
            // In the place of the order before it.
            ((8, 1), order(Side::Buy, 99, 4)),
        ] {
            orders.put(key, order, &mut depth).unwrap();
        }
        assert_eq!(orders.count, 4);
        orders.clear_side(7, Side::Buy, &mut depth).unwrap();
        assert_eq!(orders.count, 2);
        let level = |price, qty| Level {
            price: Price(price),
            qty: Qty(qty),
        };
        let whole = DepthUpdate {
            bids: vec![level(99, 4)],
            asks: vec![level(101, 2)],
        };
        let whole = MarketData::DepthSnapshot(Box::new(whole));
        assert_eq!(depth.state(), Some(whole));
        orders.reduce((7, 3), Qty(1), &mut depth).unwrap();
        assert_eq!(orders.count, 2);
        orders.remove((7, 3), &mut depth).unwrap();
        assert_eq!(orders.count, 1);
        orders.clear(8, &mut depth).unwrap();
        orders.clear(9, &mut depth).unwrap();
        assert_eq!(orders.count, 0);
    }
}
