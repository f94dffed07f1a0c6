//! A page: the levels of 64 consecutive keys. Where its levels lie, and which of them are used, is in
//! a [`Slot`]; where the slot lies is the ladder's business.

use std::hint::select_unpredictable;

use super::nodes::{NIL, Nodes};

/// One key: its queue, and what the queue displays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Level {
    /// Displayed leaves of the whole queue. Sums wrap, so that they come out right again when orders
    /// leave; limits on quantities keep them from it.
    pub(super) lots: i64,
    /// First and last of the queue; [`NIL`] when it is empty.
    pub(super) head: u32,
    pub(super) tail: u32,
    /// Orders in the queue.
    pub(super) count: u32,
}

impl Level {
    // Selects instead of branches here and below: whether an order has a neighbour is a coin toss.

    /// Queues a loose order at the back.
    #[inline]
    pub(super) fn link(&mut self, nodes: &mut Nodes, handle: u32, key: i64) {
        let tail = self.tail;
        self.lots = self.lots.wrapping_add(nodes.link(handle, key, tail));
        self.head = select_unpredictable(tail == NIL, handle, self.head);
        self.tail = handle;
        self.count += 1;
    }

    /// Takes a queued order out; says how many are left.
    #[inline]
    pub(super) fn unlink(&mut self, nodes: &mut Nodes, handle: u32) -> u32 {
        let (lots, previous, next) = nodes.unlink(handle);
        self.head = select_unpredictable(previous == NIL, next, self.head);
        self.tail = select_unpredictable(next == NIL, previous, self.tail);
        self.lots = self.lots.wrapping_sub(lots);
        self.count -= 1;
        let is_empty = self.count == 0;
        // Asserted by the owner of the nodes, who knows the input that changed them.
        nodes.note_residue(self.lots & -i64::from(is_empty));
        self.count
    }
}

/// What a ladder keeps of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Bit `i` is set while level `i` has orders; 0 when the slot has no page.
    pub(super) used: u64,
    /// Where the page's levels begin, a multiple of 64; [`Slot::NO_PAGE`] when it has none.
    pub(super) page: u32,
}

impl Slot {
    /// No page: with any level added, beyond the end of all levels.
    pub(super) const NO_PAGE: u32 = u32::MAX;
    pub(super) const EMPTY: Self = Self {
        used: 0,
        page: Self::NO_PAGE,
    };

    /// Where the level of a key of this page lies.
    #[inline]
    pub(super) const fn level(self, key: i64) -> usize {
        (self.page | (key & 63) as u32) as usize
    }
}

/// The number of the page that holds a key.
#[inline]
pub(super) const fn number_of(key: i64) -> i64 {
    key >> 6
}

/// The bit of a key in its page.
#[inline]
pub(super) const fn bit_of(key: i64) -> u64 {
    1 << (key & 63)
}

/// The set bits of a word, highest first.
#[derive(Debug, Clone)]
pub(super) struct Bits(pub(super) u64);

impl Iterator for Bits {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let bit = self.0.checked_ilog2()?;
        self.0 ^= 1 << bit;
        Some(bit)
    }
}
