//! One side of a book, or a list of triggers: FIFO queues by key, the largest key best. Who is
//! served, and at what price, is for its caller to say.
//!
//! Levels lie in pages of 64 keys, each with a bitmap of the levels in use, so that the next best
//! key is mostly one instruction away. A window of [`WINDOW`] pages near the best key finds a page by
//! its number without a search; the pages below the window wait in a sorted list. A best key above
//! the window, or a window run empty, moves it. A flat array of levels would spare the step through
//! the window, but a page costs 1.5 KiB where orders are and nothing where none are.

mod check;
mod codec;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::hint::select_unpredictable;

use types::Lots;

use super::nodes::{NIL, Nodes};
use super::page::{Bits, Level, Slot, bit_of, number_of};

/// Pages that the window spans: 16,384 keys.
const WINDOW: usize = 256;
/// Pages of the window below the best one when the window is placed: a best key wanders either way,
/// but orders lie below it.
const WINDOW_BELOW: i64 = 192;
const WORDS: usize = WINDOW / 64;
/// Pages that the first order makes room for, so that a best key which wanders across the edge of a
/// page finds the next one.
const PAGES_MIN: u32 = 4;
/// No level.
const NO_LEVEL: u32 = u32::MAX;

/// A page below the window.
#[derive(Debug, Clone, Copy)]
struct Far {
    number: i64,
    slot: Slot,
}

/// Queues by key; the largest key is the best.
#[derive(Debug)]
pub struct Ladder {
    /// The best key and the place of its level; `i64::MIN` and [`NO_LEVEL`] when there is none.
    best: i64,
    best_level: u32,
    /// Pages of levels, in use or free. A free page's levels are all empty.
    levels: Vec<Level>,
    /// The number of the window's first page.
    base: i64,
    /// The window's pages by number less `base`; without a slot until the first order comes.
    window: Box<[Slot]>,
    /// Which slots of the window have a page.
    words: [u64; WORDS],
    /// Pages below the window by ascending number. A ring, for a page mostly comes or goes near either
    /// end: beside the window, or below all others.
    far: VecDeque<Far>,
    /// Free pages. There is room for all pages here, and in `far`.
    free: Vec<u32>,
}

impl Default for Ladder {
    fn default() -> Self {
        Self::new()
    }
}

impl Ladder {
    /// A ladder without orders, which has allocated nothing.
    pub fn new() -> Self {
        Self {
            best: i64::MIN,
            best_level: NO_LEVEL,
            levels: Vec::new(),
            base: 0,
            window: Box::default(),
            words: [0; WORDS],
            far: VecDeque::new(),
            free: Vec::new(),
        }
    }

    /// Makes room, so that orders on `pages` pages in all, each of 64 keys, need no allocation.
    pub fn reserve(&mut self, pages: u32) {
        if self.window.is_empty() {
            self.window = vec![Slot::EMPTY; WINDOW].into_boxed_slice();
        }
        let pages = pages as usize;
        let more = (pages * 64).saturating_sub(self.levels.len());
        self.levels.reserve(more);
        self.free.reserve(pages.saturating_sub(self.free.len()));
        self.far.reserve(pages.saturating_sub(self.far.len()));
    }

    /// The best key.
    #[inline]
    pub const fn best(&self) -> Option<i64> {
        if self.best_level == NO_LEVEL {
            None
        } else {
            Some(self.best)
        }
    }

    /// The first order in the queue of the best key.
    #[inline]
    pub fn front(&self) -> Option<u32> {
        self.levels
            .get(self.best_level as usize)
            .map(|level| level.head)
    }

    /// What the queue of the best key displays in all.
    #[inline]
    pub fn best_lots(&self) -> Lots {
        let level = self.levels.get(self.best_level as usize);
        Lots(level.map_or(0, |level| level.lots))
    }

    /// Orders in all queues, counted level by level.
    pub fn len(&self) -> u32 {
        self.iter_levels().map(|(_, _, count)| count).sum()
    }

    /// Whether there is no order.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.best_level == NO_LEVEL
    }

    /// Keys that have orders.
    pub fn levels(&self) -> u32 {
        self.iter_pages()
            .map(|(_, slot)| slot.used.count_ones())
            .sum()
    }

    /// No fewer than the keys that have orders, without counting them.
    #[inline]
    pub const fn levels_bound(&self) -> u32 {
        (self.levels.len() - self.free.len() * 64) as u32
    }

    /// What the queue of a key displays in all.
    pub fn lots_at(&self, key: i64) -> Lots {
        Lots(self.level(key).map_or(0, |level| level.lots))
    }

    /// Orders in the queue of a key.
    pub fn len_at(&self, key: i64) -> u32 {
        self.level(key).map_or(0, |level| level.count)
    }

    /// Whether there is a key of at least `worst`.
    #[inline]
    pub const fn reaches(&self, worst: i64) -> bool {
        self.best >= worst && self.best_level != NO_LEVEL
    }

    /// Puts an order that is in no queue at the back of the queue of `key`.
    #[inline]
    pub fn insert(&mut self, nodes: &mut Nodes, handle: u32, key: i64) {
        let offset = self.offset_of(key);
        if let Some(slot) = self.window.get_mut(offset)
            && let Some(level) = self.levels.get_mut(slot.level(key))
        {
            level.link(nodes, handle, key);
            slot.used |= bit_of(key);
            let is_best = key >= self.best;
            self.best = self.best.max(key);
            let level = slot.level(key) as u32;
            self.best_level = select_unpredictable(is_best, level, self.best_level);
        } else {
            self.insert_slow(nodes, handle, key);
        }
    }

    /// Takes an order out of its queue; the node stays.
    #[inline]
    pub fn remove(&mut self, nodes: &mut Nodes, handle: u32) {
        let key = nodes.get(handle).key;
        let offset = self.offset_of(key);
        if let Some(slot) = self.window.get_mut(offset)
            && let Some(level) = self.levels.get_mut(slot.level(key))
        {
            let left = level.unlink(nodes, handle);
            slot.used &= !(u64::from(left == 0) << (key & 63));
            if slot.used == 0 {
                self.close_page(offset);
            } else if (key ^ self.best) as u64 | u64::from(left) == 0 {
                // The best level is empty. A branch here, for it is seldom taken, and a select would make the best key
                // wait for the node to come from memory; and one for both, as whether a level is empty is a coin toss.
                self.best = (key & !63) | i64::from(slot.used.ilog2());
                self.best_level = slot.level(self.best) as u32;
            }
        } else {
            self.remove_far(nodes, handle, key);
        }
    }

    /// Takes `lots` from what a queued order displays; it keeps its place.
    #[inline]
    pub fn reduce(&mut self, nodes: &mut Nodes, handle: u32, lots: Lots) {
        let node = nodes.get_mut(handle);
        node.lots.0 = node.lots.0.wrapping_sub(lots.0);
        let key = node.key;
        if let Some(slot) = self.slot(key) {
            let level = &mut self.levels[slot.level(key)];
            level.lots = level.lots.wrapping_sub(lots.0);
        }
    }

    /// Lets a queued order display `lots` and sends it to the back of its queue.
    pub fn refresh(&mut self, nodes: &mut Nodes, handle: u32, lots: Lots) {
        let node = nodes.get_mut(handle);
        if node.next() == NIL {
            let less = node.lots.0.wrapping_sub(lots.0);
            self.reduce(nodes, handle, Lots(less));
        } else {
            let key = node.key;
            self.remove(nodes, handle);
            nodes.get_mut(handle).lots = lots;
            self.insert(nodes, handle, key);
        }
    }

    /// Every key that has orders, best first: key, displayed total, orders.
    pub fn iter_levels(&self) -> impl Iterator<Item = (i64, Lots, u32)> {
        self.iter_pages().flat_map(move |(number, slot)| {
            Bits(slot.used).map(move |bit| {
                let key = (number << 6) | i64::from(bit);
                let level = &self.levels[slot.level(key)];
                (key, Lots(level.lots), level.count)
            })
        })
    }

    /// The keys that have orders, from the best one down to `worst`.
    #[inline]
    pub fn keys_down_to(&self, worst: i64) -> impl Iterator<Item = i64> {
        let (mut last, mut is_over) = (None, false);
        std::iter::from_fn(move || {
            if is_over {
                return None;
            }
            let next = match last {
                None => self.best(),
                Some(last) if last <= worst => None,
                Some(last) => self.below(last),
            };
            last = next.filter(|&key| key >= worst);
            is_over = last.is_none();
            last
        })
    }

    /// Whether a key has orders.
    #[inline]
    pub fn has_orders_at(&self, key: i64) -> bool {
        let slot = match self.window.get(self.offset_of(key)) {
            Some(slot) => Some(slot),
            None => self.find_far(key).map(|place| &self.far[place].slot),
        };
        slot.is_some_and(|slot| slot.used & bit_of(key) != 0)
    }

    /// The best key below this one that has orders.
    #[inline]
    fn below(&self, key: i64) -> Option<i64> {
        let slot = self.window.get(self.offset_of(key));
        let lower = slot.map_or(0, |slot| slot.used & (bit_of(key) - 1));
        if lower != 0 {
            return Some((key & !63) | i64::from(lower.ilog2()));
        }
        self.below_in_window(key)
    }

    #[inline(never)]
    fn below_in_window(&self, key: i64) -> Option<i64> {
        let number = number_of(key);
        let end = number.saturating_sub(self.base).clamp(0, WINDOW as i64) as usize;
        for word in (0..WORDS.min(end / 64 + 1)).rev() {
            let is_last = word == end / 64;
            let below = if is_last {
                (1 << (end % 64)) - 1
            } else {
                u64::MAX
            };
            let pages = self.words[word] & below;
            if pages != 0 {
                let offset = word * 64 + pages.ilog2() as usize;
                let number = self.base + offset as i64;
                let slot = self.window[offset];
                return Some((number << 6) | i64::from(slot.used.ilog2()));
            }
        }
        self.below_in_far(key)
    }

    #[cold]
    #[inline(never)]
    fn below_in_far(&self, key: i64) -> Option<i64> {
        let number = number_of(key);
        let place = self.far.partition_point(|far| far.number <= number);
        let far = self.far.range(..place).rev();
        let mut keys = far.filter_map(|far| {
            let is_own = far.number == number;
            let below = if is_own { bit_of(key) - 1 } else { u64::MAX };
            let used = far.slot.used & below;
            let bit = used.checked_ilog2()?;
            Some((far.number << 6) | i64::from(bit))
        });
        keys.next()
    }

    /// The queue of a key, front first.
    pub fn iter_queue<'a>(&'a self, nodes: &'a Nodes, key: i64) -> impl Iterator<Item = u32> + 'a {
        let head = self.level(key).map_or(NIL, |level| level.head);
        std::iter::successors(some(head), |&handle| some(nodes.get(handle).next()))
    }

    /// The pages in use and their numbers, best first.
    fn iter_pages(&self) -> impl Iterator<Item = (i64, Slot)> {
        let offsets = (0..WORDS)
            .rev()
            .flat_map(|word| Bits(self.words[word]).map(move |bit| word * 64 + bit as usize));
        let near = offsets.map(move |offset| (self.base + offset as i64, self.window[offset]));
        near.chain(self.far.iter().rev().map(|far| (far.number, far.slot)))
    }

    /// A key's place in the window, which does not reach it if the key is outside.
    #[inline]
    fn offset_of(&self, key: i64) -> usize {
        // Below the window the difference is negative, and as an unsigned number too large.
        number_of(key).wrapping_sub(self.base) as u64 as usize
    }

    /// The slot of the page that has a key.
    #[inline]
    fn slot(&self, key: i64) -> Option<Slot> {
        match self.window.get(self.offset_of(key)) {
            Some(slot) => Some(*slot).filter(|slot| slot.used != 0),
            None => self.find_far(key).map(|place| self.far[place].slot),
        }
    }

    fn level(&self, key: i64) -> Option<&Level> {
        self.slot(key).map(|slot| &self.levels[slot.level(key)])
    }

    #[cold]
    fn find_far(&self, key: i64) -> Option<usize> {
        self.far
            .binary_search_by_key(&number_of(key), |far| far.number)
            .ok()
    }

    /// Puts an order where the window has no page for it.
    #[cold]
    #[inline(never)]
    fn insert_slow(&mut self, nodes: &mut Nodes, handle: u32, key: i64) {
        let number = number_of(key);
        if self.window.is_empty() {
            self.reserve(PAGES_MIN);
        }
        if self.best_level == NO_LEVEL {
            self.base = number - WINDOW_BELOW;
        } else if number - self.base >= WINDOW as i64 {
            self.raise_window(number - WINDOW_BELOW);
        }
        if let Some(found) = self.find_far(key) {
            let slot = &mut self.far[found].slot;
            self.levels[slot.level(key)].link(nodes, handle, key);
            slot.used |= bit_of(key);
            return;
        }
        let slot = Slot {
            used: bit_of(key),
            page: self.take_page(),
        };
        self.levels[slot.level(key)].link(nodes, handle, key);
        if number < self.base {
            let place = self.far.partition_point(|far| far.number < number);
            self.far.insert(place, Far { number, slot });
            return;
        }
        self.put(number, slot);
        if key >= self.best {
            self.best = key;
            self.best_level = slot.level(key) as u32;
        }
    }

    /// Takes note that an order left which lay below the window, and so was not the best.
    #[cold]
    #[inline(never)]
    fn remove_far(&mut self, nodes: &mut Nodes, handle: u32, key: i64) {
        let Some(found) = self.find_far(key) else {
            return;
        };
        let slot = &mut self.far[found].slot;
        if self.levels[slot.level(key)].unlink(nodes, handle) == 0 {
            slot.used &= !bit_of(key);
        }
        if slot.used == 0 {
            self.free.push(slot.page);
            self.far.remove(found);
        }
    }

    /// Frees a page of the window whose last level emptied, and finds the best key again.
    #[cold]
    #[inline(never)]
    fn close_page(&mut self, offset: usize) {
        let slot = std::mem::replace(&mut self.window[offset], Slot::EMPTY);
        self.words[offset / 64] &= !(1 << (offset % 64));
        self.free.push(slot.page);
        if self.best_level & !63 != slot.page {
            return;
        }
        if self.words == [0; WORDS] {
            self.lower_window();
        }
        let best = self.iter_pages().next();
        (self.best, self.best_level) = best.map_or((i64::MIN, NO_LEVEL), |(number, slot)| {
            let key = (number << 6) | i64::from(slot.used.ilog2());
            (key, slot.level(key) as u32)
        });
    }

    /// A page of empty levels: the one freed last, or else a new one.
    fn take_page(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            let page = self.levels.len();
            self.levels.resize(page + 64, Level::default());
            self.reserve((self.levels.capacity() / 64) as u32);
            page as u32
        })
    }

    /// Gives the window a page.
    fn put(&mut self, number: i64, slot: Slot) {
        let offset = (number - self.base) as usize;
        self.window[offset] = slot;
        self.words[offset / 64] |= 1 << (offset % 64);
    }

    /// Moves the window up; what it leaves behind is far.
    fn raise_window(&mut self, base: i64) {
        let old_base = std::mem::replace(&mut self.base, base);
        self.words = [0; WORDS];
        // By ascending number, so that a page moves to a slot that was read before.
        for offset in 0..WINDOW {
            let slot = std::mem::replace(&mut self.window[offset], Slot::EMPTY);
            let number = old_base + offset as i64;
            if slot.used == 0 {
                continue;
            }
            if number >= base {
                self.put(number, slot);
            } else {
                self.far.push_back(Far { number, slot });
            }
        }
    }

    /// Moves the empty window down to the best of the far pages.
    fn lower_window(&mut self) {
        let Some(best) = self.far.back() else { return };
        self.base = best.number - WINDOW_BELOW;
        while let Some(&far) = self.far.back()
            && far.number >= self.base
        {
            self.far.pop_back();
            self.put(far.number, far.slot);
        }
    }
}

/// A handle, unless it is [`NIL`].
const fn some(handle: u32) -> Option<u32> {
    if handle == NIL { None } else { Some(handle) }
}
