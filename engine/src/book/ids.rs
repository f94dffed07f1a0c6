//! From an order id to the handle of its node. No random seed, and nobody iterates it.

mod old;
#[cfg(test)]
mod tests;

use types::OrderId;

use self::old::Old;
use super::nodes::{NIL, Nodes};
use crate::fetch::fetch;

/// Places of the smallest table.
const PLACES_MIN: usize = 16;
/// Places for each id at least. With fewer, more ids grow old; with more, the table takes more cache.
const PLACES_PER_ID: usize = 4;

/// The table holds as many ids as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id table is full")]
pub struct IdsFull;

/// A table of the ids of nodes in use: a node that is freed must leave the table first.
///
/// Ids are given in sequence and most orders die young, so an id's place is its low bits: neighbours
/// share a cache line, and nearly always the place is free when its turn comes. An older id that
/// still has it moves to a hash table then. Whether a place has an id, the id's node tells, which
/// whoever looks for it needs next. Any ids will do, but ids that are not in sequence gain nothing.
///
/// It is not in a snapshot: the nodes are, and from them it can be filled again.
#[derive(Debug)]
pub struct Ids {
    /// By the low bits of the id: a handle or [`NIL`]. A power of two of places, one at least.
    young: Box<[u32]>,
    old: Old,
    len: u32,
    /// Ids for which there are places, and that there may be.
    room: u32,
    len_max: u32,
}

impl Ids {
    /// An empty table that grows, by doubling, until it holds `ids_max` ids.
    pub fn new(ids_max: u32) -> Self {
        Self {
            young: vec![NIL].into_boxed_slice(),
            old: Old::new(),
            len: 0,
            room: 0,
            len_max: ids_max,
        }
    }

    /// Ids in the table.
    #[inline]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether the table has no ids.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Makes room, so that `ids` ids in all (at most `ids_max`) need no allocation.
    pub fn reserve(&mut self, nodes: &Nodes, ids: u32) {
        let ids = ids.min(self.len_max) as usize;
        let places = (ids * PLACES_PER_ID).next_power_of_two();
        if places > self.young.len() {
            self.grow(nodes, places);
        }
        self.old.reserve(ids);
    }

    /// Asks memory for what a look-up of the id reads first. Whoever has a batch of commands asks for their
    /// ids before: in a large book their cache misses then pass together instead of one after the other.
    #[inline]
    pub fn fetch(&self, id: OrderId) {
        fetch(&self.young[self.place_of(id)]);
    }

    /// The handle that stands at an id's place: the id's own, or that of a younger one, or [`NIL`].
    #[inline]
    pub fn likely(&self, id: OrderId) -> u32 {
        self.young[self.place_of(id)]
    }

    /// The handle of an id.
    #[inline]
    pub fn get(&self, nodes: &Nodes, id: OrderId) -> Option<u32> {
        let handle = self.young[self.place_of(id)];
        if handle != NIL && nodes.get(handle).id == id {
            Some(handle)
        } else {
            self.old.get(nodes, id)
        }
    }

    /// Notes the handle of an id that is not in the table.
    ///
    /// # Errors
    /// [`IdsFull`] when the table holds `ids_max` ids.
    #[inline]
    pub fn insert(&mut self, nodes: &Nodes, id: OrderId, handle: u32) -> Result<(), IdsFull> {
        if self.len >= self.room {
            self.make_room(nodes)?;
        }
        self.len += 1;
        let place = self.place_of(id);
        let old = std::mem::replace(&mut self.young[place], handle);
        if old != NIL {
            self.old.insert(nodes.get(old).id, old);
        }
        Ok(())
    }

    /// Forgets an id whose handle the caller knows.
    #[inline]
    pub fn remove(&mut self, id: OrderId, handle: u32) {
        self.len -= 1;
        let place = self.place_of(id);
        if self.young[place] == handle {
            self.young[place] = NIL;
        } else {
            self.old.remove(id, handle);
        }
    }

    #[inline]
    fn place_of(&self, id: OrderId) -> usize {
        id.0 as usize & (self.young.len() - 1)
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self, nodes: &Nodes) -> Result<(), IdsFull> {
        if self.len >= self.len_max {
            return Err(IdsFull);
        }
        self.grow(nodes, (self.young.len() * 2).max(PLACES_MIN));
        Ok(())
    }

    /// No two ids come to share a place, for they differ in the bits that told them apart before.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, nodes: &Nodes, places: usize) {
        let young = std::mem::replace(&mut self.young, vec![NIL; places].into_boxed_slice());
        for handle in young {
            if handle != NIL {
                let place = self.place_of(nodes.get(handle).id);
                self.young[place] = handle;
            }
        }
        let places = u32::try_from(places / PLACES_PER_ID).unwrap_or(u32::MAX);
        self.room = places.min(self.len_max);
    }
}
