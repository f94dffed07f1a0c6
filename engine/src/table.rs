//! A hash table from an id to a slab handle: it grows by doubling and never shrinks, has no random
//! seed, and nobody iterates it.

/// Slots of an empty table.
const SLOTS_MIN: usize = 16;

/// A key that spreads over 64 bits by a fixed function.
pub(crate) trait Key: Copy + Eq {
    fn spread(self) -> u64;
}

/// Finaliser of `SplitMix64` (Steele, Lea, Flood 2014).
pub(crate) const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

impl Key for u64 {
    fn spread(self) -> u64 {
        mix(self)
    }
}

impl Key for (u32, u128) {
    fn spread(self) -> u64 {
        let (account, client) = self;
        mix(mix(client as u64 ^ mix(account.into())) ^ (client >> 64) as u64)
    }
}

impl Key for (u32, u32, types::Leg) {
    fn spread(self) -> u64 {
        let (account, instrument, leg) = self;
        mix((u64::from(account) << 32 | u64::from(instrument))
            .wrapping_mul(3)
            .wrapping_add(leg as u64))
    }
}

/// Open addressing with linear probing; a removal shifts the run back, so there are no tombstones.
#[derive(Debug)]
pub(crate) struct Table<K> {
    slots: Box<[Option<(K, u32)>]>,
    len: usize,
}

impl<K: Key> Table<K> {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self {
            slots: vec![None; SLOTS_MIN].into_boxed_slice(),
            len: 0,
        }
    }

    /// Makes room, so that `keys` in all need no allocation.
    pub(crate) fn reserve(&mut self, keys: u32) {
        let slots = (keys as usize * 2).next_power_of_two();
        if slots > self.slots.len() {
            self.grow(slots);
        }
    }

    fn grow(&mut self, slots: usize) {
        let before = std::mem::replace(&mut self.slots, vec![None; slots].into_boxed_slice());
        for (key, value) in before.into_iter().flatten() {
            let (Ok(slot) | Err(slot)) = self.find(key);
            self.slots[slot] = Some((key, value));
        }
    }

    fn home(&self, key: K) -> usize {
        key.spread() as usize & (self.slots.len() - 1)
    }

    fn after(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }

    fn find(&self, key: K) -> Result<usize, usize> {
        let mut slot = self.home(key);
        loop {
            match self.slots[slot] {
                Some((found, _)) if found == key => return Ok(slot),
                Some(_) => slot = self.after(slot),
                None => return Err(slot),
            }
        }
    }

    pub(crate) fn get(&self, key: K) -> Option<u32> {
        self.find(key)
            .ok()
            .and_then(|slot| self.slots[slot])
            .map(|(_, value)| value)
    }

    /// The load stays at one half or less.
    pub(crate) fn insert(&mut self, key: K, value: u32) {
        let slot = match self.find(key) {
            Ok(slot) => slot,
            Err(slot) if (self.len + 1) * 2 <= self.slots.len() => {
                self.len += 1;
                slot
            }
            Err(_) => {
                self.grow(self.slots.len() * 2);
                return self.insert(key, value);
            }
        };
        self.slots[slot] = Some((key, value));
    }

    pub(crate) fn remove(&mut self, key: K) {
        let Ok(mut hole) = self.find(key) else { return };
        self.len -= 1;
        let mut slot = hole;
        loop {
            slot = self.after(slot);
            let Some((moved, _)) = self.slots[slot] else {
                break;
            };
            // The entry may fill the hole when its home is not between the hole and itself.
            let mask = self.slots.len() - 1;
            let from_home = slot.wrapping_sub(self.home(moved)) & mask;
            let from_hole = slot.wrapping_sub(hole) & mask;
            if from_home >= from_hole {
                self.slots[hole] = self.slots[slot];
                hole = slot;
            }
        }
        self.slots[hole] = None;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_as_a_map(steps in prop::collection::vec((any::<bool>(), 0_u64..24, any::<u32>()), 0..200)) {
            let mut table = Table::new();
            let mut model = BTreeMap::new();
            for (insert, key, value) in steps {
                if insert {
                    table.insert(key, value);
                    model.insert(key, value);
                } else {
                    table.remove(key);
                    model.remove(&key);
                }
                for key in 0..24 {
                    prop_assert_eq!(table.get(key), model.get(&key).copied());
                }
            }
        }
    }
}
