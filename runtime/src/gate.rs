//! The end of a queue: whatever is pushed is served or discarded, never forgotten, however the end and a push
//! meet. See [`crate::atomics`] for how that is shown.

use crate::atomics::{AtomicU8, Ordering, Place, needed_fence};

/// Everything is taken.
const OPEN: u8 = 0;
/// Nothing more is taken; what was taken is still served.
const CLOSING: u8 = 1;
/// Nothing is served any more.
const SHUT: u8 = 2;

/// Beside a queue of many producers.
#[derive(Debug)]
pub(crate) struct Gate(AtomicU8);

impl Default for Gate {
    fn default() -> Self {
        Self(AtomicU8::new(OPEN))
    }
}

impl Gate {
    /// Whether something may be pushed.
    pub(crate) fn is_open(&self) -> bool {
        self.0.load(Ordering::SeqCst) == OPEN
    }

    /// Something was pushed. Where nobody looks any more it is discarded.
    pub(crate) fn pushed(&self, discard: impl FnOnce()) {
        // Either the last look of `shut` comes after the push, or this look comes after `shut`.
        needed_fence(Place::GatePushed);
        if self.0.load(Ordering::SeqCst) == SHUT {
            discard();
        }
    }

    /// Nothing more is to be pushed.
    pub(crate) fn close(&self) {
        let _ = self
            .0
            .compare_exchange(OPEN, CLOSING, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Nobody looks any more: what is there is discarded, and what is still to come by who pushes it.
    pub(crate) fn shut(&self, discard: impl FnOnce()) {
        self.0.store(SHUT, Ordering::SeqCst);
        needed_fence(Place::GateShut);
        discard();
    }
}

#[cfg(test)]
#[cfg(feature = "loom")]
mod models {
    use loom::sync::{Arc, Mutex};
    use loom::thread;

    use super::*;
    use crate::atomics::Flag;
    use crate::atomics::models::{Queue, holds};

    #[derive(Default)]
    struct Lane {
        gate: Gate,
        queue: Queue,
        discarded: Mutex<Vec<u8>>,
        failed: Flag,
    }

    impl Lane {
        fn push(&self, value: u8) -> bool {
            if !self.gate.is_open() {
                return false;
            }
            self.queue.push(0, value);
            self.gate.pushed(|| self.discard());
            true
        }

        fn discard(&self) {
            while let Some(value) = self.queue.pop() {
                // Whoever waited is told by this; how it ended is known before.
                assert!(self.failed.get());
                self.discarded.lock().unwrap().push(value);
            }
        }
    }

    /// A producer, and a consumer that takes one and ends, first in good order or at once: all that was taken is served
    /// or discarded, once, and never before it can be read why.
    #[test]
    fn nothing_is_forgotten_in_any_order() {
        holds(&[Place::GatePushed, Place::GateShut], || ends(false));
        holds(&[Place::GatePushed, Place::GateShut], || ends(true));
    }

    fn ends(is_closed: bool) {
        let lane = Arc::new(Lane::default());
        let producer = {
            let lane = Arc::clone(&lane);
            thread::spawn(move || lane.push(1))
        };
        let served = lane.queue.pop();
        if is_closed {
            lane.gate.close();
        }
        lane.failed.set();
        lane.gate.shut(|| lane.discard());
        let pushed = producer.join().unwrap();
        let mut ended = lane.discarded.lock().unwrap().clone();
        ended.extend(served);
        assert_eq!(ended, if pushed { vec![1] } else { vec![] });
        assert_eq!(lane.queue.pop(), None);
        assert!(!lane.push(2));
    }
}
