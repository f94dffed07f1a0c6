//! What is due at a time: arrivals, expiries, slices. A binary heap whose entries keep their handle, so
//! that what is no longer due can be taken out at once.

use types::{Codec, CodecError, OrderId, Reader, Seq, TimestampNs, codec_enum, codec_struct};

use crate::slab::NIL;

const NEVER: TimestampNs = TimestampNs(u64::MAX);

/// What is due. The order of the variants is the order of work at one time for one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DueKind {
    /// An account's suspension is over; `change` is the account.
    Resume,
    /// An order reaches the market.
    Arrival,
    /// A cancel or an amendment reaches the market.
    Change,
    /// An order's time is over.
    Expiry,
    /// An algo's next slice.
    Slice,
    /// An algo's end.
    End,
}

codec_enum!(DueKind {
    0 => Resume,
    1 => Arrival,
    2 => Change,
    3 => Expiry,
    4 => Slice,
    5 => End,
});

/// Something that is due at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    pub(crate) at: TimestampNs,
    pub(crate) order: OrderId,
    pub(crate) kind: DueKind,
    /// The input that sent it, so that two changes of one order at one time keep their order.
    pub(crate) sent: Seq,
    /// Of a change: its handle. Of the end of a suspension: the account.
    pub(crate) change: u32,
}

codec_struct!(Due {
    at,
    order,
    kind,
    sent,
    change
});

#[derive(Debug, Clone, Copy)]
struct Place {
    due: Due,
    /// Index in the heap; of a free place the next free one.
    index: u32,
}

/// Everything that is due at a time, the next thing first.
#[derive(Debug)]
pub(crate) struct Agenda {
    places: Vec<Place>,
    free: u32,
    /// Handles; the least at index 0.
    heap: Vec<u32>,
    /// When the next thing is due, or the end of time: what every input compares with.
    next_at: TimestampNs,
}

impl Agenda {
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            free: NIL,
            heap: Vec::new(),
            next_at: NEVER,
        }
    }

    /// The next thing that is due.
    #[inline]
    pub(crate) fn next(&self) -> Option<&Due> {
        self.heap
            .first()
            .map(|&handle| &self.places[handle as usize].due)
    }

    /// Whether something is due by now.
    #[inline]
    pub(crate) fn is_due(&self, now: TimestampNs) -> bool {
        self.next_at <= now && !self.heap.is_empty()
    }

    /// The handle of the next thing; there must be one.
    pub(crate) fn first_handle(&self) -> u32 {
        self.heap[0]
    }

    pub(crate) fn insert(&mut self, due: Due) -> u32 {
        let index = self.heap.len() as u32;
        let place = Place { due, index };
        let handle = if self.free == NIL {
            self.places.push(place);
            (self.places.len() - 1) as u32
        } else {
            let handle = self.free;
            self.free = self.places[handle as usize].index;
            self.places[handle as usize] = place;
            handle
        };
        self.heap.push(handle);
        self.rise(index as usize);
        self.note_next();
        handle
    }

    pub(crate) fn remove(&mut self, handle: u32) {
        let index = self.places[handle as usize].index as usize;
        self.places[handle as usize].index = self.free;
        self.free = handle;
        let Some(last) = self.heap.pop() else { return };
        if index < self.heap.len() {
            self.put(index, last);
            self.rise(index);
            self.sink(index);
        }
        self.note_next();
    }

    fn note_next(&mut self) {
        self.next_at = self.next().map_or(NEVER, |due| due.at);
    }

    /// Everything that is due, in no particular order, with its handle.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Due)> {
        self.heap
            .iter()
            .map(|&handle| (handle, &self.places[handle as usize].due))
    }

    fn due_at(&self, index: usize) -> &Due {
        &self.places[self.heap[index] as usize].due
    }

    fn put(&mut self, index: usize, handle: u32) {
        self.heap[index] = handle;
        self.places[handle as usize].index = index as u32;
    }

    fn swap(&mut self, a: usize, b: usize) {
        let (first, second) = (self.heap[a], self.heap[b]);
        self.put(a, second);
        self.put(b, first);
    }

    fn rise(&mut self, mut index: usize) {
        while index > 0 {
            let parent = (index - 1) / 2;
            if self.due_at(parent) <= self.due_at(index) {
                return;
            }
            self.swap(parent, index);
            index = parent;
        }
    }

    fn sink(&mut self, mut index: usize) {
        loop {
            let (left, right) = (2 * index + 1, 2 * index + 2);
            let mut least = index;
            for child in [left, right] {
                if child < self.heap.len() && self.due_at(child) < self.due_at(least) {
                    least = child;
                }
            }
            if least == index {
                return;
            }
            self.swap(least, index);
            index = least;
        }
    }
}

impl Codec for Agenda {
    /// In order of time: how the heap lies is no part of the state.
    fn encode(&self, out: &mut Vec<u8>) {
        let mut due: Vec<Due> = self.iter().map(|(_, due)| *due).collect();
        due.sort_unstable();
        due.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut agenda = Self::new();
        for due in Vec::<Due>::decode(reader)? {
            agenda.insert(due);
        }
        Ok(agenda)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn gives_what_is_due_in_order(steps in prop::collection::vec((any::<bool>(), 0_u64..50, 0_usize..20), 0..100)) {
            let mut agenda = Agenda::new();
            let mut model: Vec<(Due, u32)> = Vec::new();
            for (order, (insert, at, pick)) in (1_u64..).zip(steps) {
                if insert || model.is_empty() {
                    let due = Due { at: TimestampNs(at), order: OrderId(order), kind: DueKind::Expiry, sent: Seq(0), change: 0 };
                    model.push((due, agenda.insert(due)));
                } else {
                    let (_, handle) = model.swap_remove(pick % model.len());
                    agenda.remove(handle);
                }
                let next = model.iter().map(|(due, _)| due).min();
                prop_assert_eq!(agenda.next(), next);
                for now in 0..51 {
                    prop_assert_eq!(agenda.is_due(TimestampNs(now)), next.is_some_and(|due| due.at.0 <= now));
                }
                prop_assert_eq!(agenda.iter().count(), model.len());
            }
        }
    }
}
