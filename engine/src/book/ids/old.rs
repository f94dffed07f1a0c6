//! The ids whose place a younger one took: open addressing with linear probing at a load of at most
//! one half, in 8 bytes a slot. A removal shifts the run back, so there are no tombstones.

use types::OrderId;

use crate::book::nodes::{NIL, Nodes};

const SLOTS_MIN: usize = 16;

/// A slot is the low half of the id, and the handle. The node has the whole id, so that one is found
/// only if it is the right one.
#[derive(Debug)]
pub(super) struct Old {
    /// A power of two of slots, or none. 0 is an empty slot, for [`NIL`] is no handle.
    slots: Vec<u64>,
    /// Room for the slots in use while the table grows.
    moving: Vec<u64>,
    /// 64 less the binary logarithm of the slots.
    shift: u32,
    len: usize,
}

const fn slot_of(id: OrderId, handle: u32) -> u64 {
    (id.0 << 32) | handle as u64
}

impl Old {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            moving: Vec::new(),
            shift: 0,
            len: 0,
        }
    }

    /// Makes room, but takes it only as it is needed: few slots stay in cache longer than many.
    pub(super) fn reserve(&mut self, ids: usize) {
        let slots = (ids * 2).next_power_of_two().max(SLOTS_MIN);
        self.slots.reserve(slots.saturating_sub(self.slots.len()));
        self.moving.reserve(slots / 4);
    }

    #[inline(never)]
    pub(super) fn get(&self, nodes: &Nodes, id: OrderId) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let mut place = self.home(slot_of(id, NIL));
        loop {
            let slot = self.slots[place];
            let handle = slot as u32;
            if handle == NIL {
                return None;
            }
            if slot >> 32 == id.0 & u64::from(u32::MAX) && nodes.get(handle).id == id {
                return Some(handle);
            }
            place = self.after(place);
        }
    }

    #[inline(never)]
    pub(super) fn insert(&mut self, id: OrderId, handle: u32) {
        if self.len * 2 >= self.slots.len() {
            self.grow();
        }
        self.len += 1;
        self.put(slot_of(id, handle));
    }

    #[inline(never)]
    pub(super) fn remove(&mut self, id: OrderId, handle: u32) {
        if self.len == 0 {
            return;
        }
        let removed = slot_of(id, handle);
        let mut hole = self.home(removed);
        while self.slots[hole] != removed {
            if self.slots[hole] == 0 {
                return;
            }
            hole = self.after(hole);
        }
        self.len -= 1;
        let mut place = hole;
        loop {
            place = self.after(place);
            let slot = self.slots[place];
            if slot == 0 {
                break;
            }
            // It may fill the hole when its home is not between the hole and itself.
            let mask = self.slots.len() - 1;
            let from_home = place.wrapping_sub(self.home(slot)) & mask;
            let from_hole = place.wrapping_sub(hole) & mask;
            if from_home >= from_hole {
                self.slots[hole] = slot;
                hole = place;
            }
        }
        self.slots[hole] = 0;
    }

    /// Where the search for a slot's id starts: multiplicative hashing by the golden ratio (Knuth,
    /// The Art of Computer Programming, volume 3, 6.4).
    fn home(&self, slot: u64) -> usize {
        ((slot >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    fn after(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }

    /// Writes a slot to the first free place of its run.
    fn put(&mut self, slot: u64) {
        let mut place = self.home(slot);
        while self.slots[place] != 0 {
            place = self.after(place);
        }
        self.slots[place] = slot;
    }

    #[cold]
    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(SLOTS_MIN);
        self.shift = 64 - slots.ilog2();
        let used = self.slots.iter().copied().filter(|&slot| slot != 0);
        self.moving.extend(used);
        self.slots.clear();
        self.slots.resize(slots, 0);
        while let Some(slot) = self.moving.pop() {
            self.put(slot);
        }
    }
}
