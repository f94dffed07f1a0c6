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
    known: HashMap<Key, Order>,
}

impl Orders {
    /// Puts an order in the place of what its id meant before.
    pub(super) fn put(&mut self, key: Key, order: Order, depth: &mut Depth) -> Result<(), Fault> {
        if self.known.len() >= ORDERS_MAX {
            return Err(Fault::damaged(format_args!(
                "more than {ORDERS_MAX} working orders (orders_max)"
            )));
        }
        if let Some(before) = self.known.insert(key, order) {
            depth.add(before.side, before.price, -before.qty.0)?;
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
        let Some(order) = self.known.get_mut(&key) else {
            return Ok(None);
        };
        let before = *order;
        let gone = qty.min(before.qty);
        order.qty = Qty(before.qty.0 - gone.0);
        if order.qty == Qty::ZERO {
            self.known.remove(&key);
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
        let mut gone = Vec::new();
        self.known.retain(|key, order| {
            if key.0 == book {
                gone.push(*order);
            }
            key.0 != book
        });
        for order in gone {
            depth.add(order.side, order.price, -order.qty.0)?;
        }
        Ok(())
    }
}
