//! The order book of one instrument: two sides in price-time priority, and the auction price.
//!
//! An order is a [`Node`] in [`Nodes`], known by its handle; a [`Ladder`] holds one side, or a list
//! of triggers; [`Ids`] finds the handle of an order id. Nothing here knows an account's money, an
//! order's type or a fee: who matches decides, and the book keeps the queues.

mod ids;
mod ladder;
mod nodes;
mod page;
mod uncross;

use types::{CodecError, Reader, Side, Ticks};

pub use ids::{Ids, IdsFull};
pub use ladder::Ladder;
pub use nodes::{NIL, Node, Nodes};
pub use uncross::{Auction, Uncross, UncrossBuffer};

/// Both sides of an instrument.
#[derive(Debug, Default)]
pub struct Book {
    /// Bids, then asks: an index instead of a branch that nobody can predict.
    sides: [Ladder; 2],
}

/// The ladder's key of a price: the better the price, the larger the key. A bid's key is its price,
/// an ask's is the complement, `-1 - price`: unlike the negation it exists for every price, and it
/// takes no branch.
#[inline]
pub const fn key_of(side: Side, price: Ticks) -> i64 {
    price.0 ^ -(side as i64)
}

/// The price of a ladder's key.
#[inline]
pub const fn price_of(side: Side, key: i64) -> Ticks {
    Ticks(key ^ -(side as i64))
}

impl Book {
    /// A book without orders.
    pub fn new() -> Self {
        Self::default()
    }

    /// One side.
    #[inline]
    pub const fn ladder(&self, side: Side) -> &Ladder {
        &self.sides[side as usize]
    }

    /// Whether any order rests, of either side.
    #[inline]
    pub const fn has_orders(&self) -> bool {
        !(self.sides[0].is_empty() && self.sides[1].is_empty())
    }

    /// One side, to change it.
    #[inline]
    pub const fn ladder_mut(&mut self, side: Side) -> &mut Ladder {
        &mut self.sides[side as usize]
    }

    /// The best price of a side.
    #[inline]
    pub fn best(&self, side: Side) -> Option<Ticks> {
        self.ladder(side).best().map(|key| price_of(side, key))
    }

    /// Puts an order at the back of the queue of its price.
    #[inline]
    pub fn insert(&mut self, nodes: &mut Nodes, handle: u32, side: Side, price: Ticks) {
        self.ladder_mut(side)
            .insert(nodes, handle, key_of(side, price));
    }

    /// Takes an order out of its queue; the node stays.
    #[inline]
    pub fn remove(&mut self, nodes: &mut Nodes, handle: u32, side: Side) {
        self.ladder_mut(side).remove(nodes, handle);
    }

    /// Whether the best bid is at or above the best ask, as it may be while an auction collects.
    pub fn is_crossed(&self) -> bool {
        match (self.best(Side::Buy), self.best(Side::Sell)) {
            (Some(bid), Some(ask)) => bid >= ask,
            _ => false,
        }
    }

    /// Appends both sides in one canonical form.
    pub fn encode(&self, nodes: &Nodes, out: &mut Vec<u8>) {
        for ladder in &self.sides {
            ladder.encode(nodes, out);
        }
    }

    /// Reads both sides and queues their orders again.
    ///
    /// # Errors
    /// See [`Ladder::decode`].
    pub fn decode(reader: &mut Reader<'_>, nodes: &mut Nodes) -> Result<Self, CodecError> {
        let bids = Ladder::decode(reader, nodes)?;
        let asks = Ladder::decode(reader, nodes)?;
        Ok(Self {
            sides: [bids, asks],
        })
    }

    /// Checks the invariants of both sides, for tests and after a restore.
    ///
    /// # Errors
    /// The invariant that does not hold.
    pub fn check(&self, nodes: &Nodes) -> Result<(), &'static str> {
        self.sides.iter().try_for_each(|ladder| ladder.check(nodes))
    }
}
