//! The invariants of a ladder, from the queues up to the window.

use super::{Ladder, WINDOW, WORDS};
use crate::book::nodes::{NIL, Nodes};
use crate::book::page::{Level, Slot};

fn ensure(holds: bool, invariant: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(invariant) }
}

impl Ladder {
    /// Checks the whole structure, for tests and after a restore.
    ///
    /// # Errors
    /// The invariant that does not hold.
    pub fn check(&self, nodes: &Nodes) -> Result<(), &'static str> {
        let (mut pages, mut len) = (0, 0);
        for (number, slot) in self.iter_pages() {
            pages += 1;
            len += self.check_page(number, slot, nodes)?;
        }
        ensure(
            len == self.len(),
            "a ladder's orders are those of its queues",
        )?;
        let best = self.iter_levels().next().map(|(key, ..)| key);
        ensure(self.best() == best, "the best key is the largest")?;
        let level = best.and_then(|best| self.level(best));
        ensure(
            self.front() == level.map(|level| level.head),
            "the level of the best key is known",
        )?;
        self.check_window()?;
        self.check_free(pages)
    }

    /// Checks the queue of one key.
    ///
    /// # Errors
    /// The invariant that does not hold.
    pub fn check_level(&self, nodes: &Nodes, key: i64) -> Result<(), &'static str> {
        match self.level(key) {
            Some(level) if level.count > 0 => check_queue(key, level, nodes),
            Some(level) => ensure(*level == Level::default(), "an unused level is empty"),
            None => Ok(()),
        }
    }

    /// Checks the queues of a page; says its orders.
    fn check_page(&self, number: i64, slot: Slot, nodes: &Nodes) -> Result<u32, &'static str> {
        ensure(slot.used != 0, "a page in use has a level in use")?;
        let mut len = 0;
        for bit in 0..64 {
            let key = (number << 6) | bit;
            let level = &self.levels[slot.level(key)];
            if slot.used >> bit & 1 == 0 {
                ensure(*level == Level::default(), "an unused level is empty")?;
                continue;
            }
            ensure(level.count > 0, "a level in use has orders")?;
            len += level.count;
            check_queue(key, level, nodes)?;
        }
        Ok(len)
    }

    fn check_window(&self) -> Result<(), &'static str> {
        ensure(
            self.window.is_empty() || self.window.len() == WINDOW,
            "the window is whole",
        )?;
        for (offset, slot) in self.window.iter().enumerate() {
            ensure(
                (slot.used != 0) == (self.words[offset / 64] >> (offset % 64) & 1 != 0),
                "the words tell the slots that have a page",
            )?;
            ensure(
                (slot.used != 0) == (slot.page != Slot::NO_PAGE),
                "a slot has a page while a level is in use",
            )?;
        }
        let numbers = self.far.iter().map(|far| far.number);
        ensure(
            numbers
                .chain([self.base])
                .is_sorted_by(|low, high| low < high),
            "far pages are sorted, and below the window",
        )?;
        ensure(
            self.words != [0; WORDS] || self.far.is_empty(),
            "the best page is in the window",
        )
    }

    fn check_free(&self, pages: usize) -> Result<(), &'static str> {
        ensure(
            pages + self.free.len() == self.levels.len() / 64,
            "a page is in use or free",
        )?;
        let mut free = self.free.iter().map(|&page| page as usize);
        ensure(
            free.all(|page| self.levels[page..page + 64] == [Level::default(); 64]),
            "a free page is empty",
        )
    }
}

fn check_queue(key: i64, level: &Level, nodes: &Nodes) -> Result<(), &'static str> {
    let (mut count, mut lots, mut previous, mut handle) = (0, 0_i64, NIL, level.head);
    while handle != NIL {
        ensure(count < level.count, "a queue has the orders it counts")?;
        ensure(nodes.is_used(handle), "a queued order is in use")?;
        let node = nodes.get(handle);
        ensure(node.previous() == previous, "links go both ways")?;
        ensure(node.key == key, "an order is in the queue of its key")?;
        count += 1;
        lots = lots.wrapping_add(node.lots.0);
        previous = handle;
        handle = node.next();
    }
    ensure(level.tail == previous, "a queue ends at its tail")?;
    ensure(count == level.count, "a queue has the orders it counts")?;
    ensure(lots == level.lots, "a level's total is of its orders")
}
