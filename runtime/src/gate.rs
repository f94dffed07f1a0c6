//! The end of a queue: whatever is pushed is served or discarded, never forgotten, however the end and a push
//! meet. Every order in which they can is looked at by
//! `cargo test -p runtime --features loom --lib gate`.

#[cfg(not(feature = "loom"))]
use std::sync::atomic::{AtomicU8, Ordering, fence};

#[cfg(feature = "loom")]
use loom::sync::atomic::{AtomicU8, Ordering, fence};

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
        fence(Ordering::SeqCst);
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
        fence(Ordering::SeqCst);
        discard();
    }
}

#[cfg(all(test, feature = "loom"))]
mod tests {
    use loom::sync::{Arc, Mutex};
    use loom::thread;

    use super::*;

    #[derive(Default)]
    struct Lane {
        gate: Gate,
        /// Stands for a queue that is correct by itself.
        queue: Mutex<Vec<u8>>,
        discarded: Mutex<Vec<u8>>,
    }

    impl Lane {
        fn push(&self, value: u8) -> bool {
            if !self.gate.is_open() {
                return false;
            }
            self.queue.lock().unwrap().push(value);
            self.gate.pushed(|| self.discard());
            true
        }

        fn pop(&self) -> Option<u8> {
            self.queue.lock().unwrap().pop()
        }

        fn discard(&self) {
            while let Some(value) = self.pop() {
                self.discarded.lock().unwrap().push(value);
            }
        }
    }

    /// A producer, and a consumer that takes one and ends: all that was taken is served or discarded, once.
    #[test]
    fn nothing_is_forgotten_in_any_order() {
        loom::model(|| {
            let lane = Arc::new(Lane::default());
            let producer = {
                let lane = Arc::clone(&lane);
                thread::spawn(move || lane.push(1))
            };
            let served = lane.pop();
            lane.gate.close();
            lane.gate.shut(|| lane.discard());
            let pushed = producer.join().unwrap();
            let mut ended = lane.discarded.lock().unwrap().clone();
            ended.extend(served);
            assert_eq!(ended, if pushed { vec![1] } else { vec![] });
            assert!(lane.queue.lock().unwrap().is_empty());
            assert!(!lane.push(2));
        });
    }
}
