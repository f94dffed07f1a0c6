//! What threads tell each other without a lock. All of it is here and in [`crate::gate`]; queues and rings are those
//! of `crossbeam` and `rtrb`.
//!
//! Every order in which threads can meet here is looked at by `cargo test -p runtime --features loom --lib models`,
//! with weak memory. Each order and fence that is [`needed`] is left out once there, and its model must fail then.

#[cfg(not(feature = "loom"))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, fence};

#[cfg(feature = "loom")]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, fence};

use types::Seq;

/// Where an order matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    GatePushed,
    GateShut,
    NoticePost,
    NoticeTake,
    PositionSet,
    PositionGet,
    FlagSet,
    FlagGet,
}

/// The order of an access at a place that does not do with a weaker one.
#[cfg(not(all(test, feature = "loom")))]
#[inline]
const fn needed(_: Place, order: Ordering) -> Ordering {
    order
}

/// A fence at a place that does not do without it.
#[cfg(not(all(test, feature = "loom")))]
#[inline]
pub(crate) fn needed_fence(_: Place) {
    fence(Ordering::SeqCst);
}

#[cfg(all(test, feature = "loom"))]
use models::needed;
#[cfg(all(test, feature = "loom"))]
pub(crate) use models::needed_fence;

/// How far one thread has come, for others to read: who reads a seq sees all that was done before it was set.
#[derive(Debug)]
pub(crate) struct Position(AtomicU64);

impl Default for Position {
    fn default() -> Self {
        Self::new(Seq(0))
    }
}

impl Position {
    pub(crate) fn new(seq: Seq) -> Self {
        Self(AtomicU64::new(seq.0))
    }

    #[inline]
    pub(crate) fn get(&self) -> Seq {
        Seq(self.0.load(needed(Place::PositionGet, Ordering::Acquire)))
    }

    #[inline]
    pub(crate) fn set(&self, seq: Seq) {
        let order = needed(Place::PositionSet, Ordering::Release);
        self.0.store(seq.0, order);
    }
}

/// Something that happens once: who sees it sees all that was done before.
#[derive(Debug)]
pub(crate) struct Flag(AtomicBool);

impl Default for Flag {
    fn default() -> Self {
        Self(AtomicBool::new(false))
    }
}

impl Flag {
    #[inline]
    pub(crate) fn get(&self) -> bool {
        self.0.load(needed(Place::FlagGet, Ordering::Acquire))
    }

    pub(crate) fn set(&self) {
        let order = needed(Place::FlagSet, Ordering::Release);
        self.0.store(true, order);
    }
}

/// Beside a queue that is seldom used: that there is something in it, for one who looks often.
#[derive(Debug)]
pub(crate) struct Notice(AtomicBool);

impl Default for Notice {
    fn default() -> Self {
        Self(AtomicBool::new(false))
    }
}

impl Notice {
    /// Something was put into the queue.
    pub(crate) fn post(&self) {
        // No store: it would hide what another has put there from who takes both notices for one.
        let order = needed(Place::NoticePost, Ordering::Release);
        self.0.swap(true, order);
    }

    /// Whether something was since the last time: the queue is to be emptied then.
    #[inline]
    pub(crate) fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed)
            && self
                .0
                .swap(false, needed(Place::NoticeTake, Ordering::Acquire))
    }
}

#[cfg(test)]
#[cfg(feature = "loom")]
pub(crate) mod models {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    thread_local! {
        /// The model checker runs all threads of a model in the one that asks for it.
        static LEFT_OUT: Cell<Option<Place>> = const { Cell::new(None) };
    }

    pub(super) fn needed(place: Place, order: Ordering) -> Ordering {
        if LEFT_OUT.get() == Some(place) {
            Ordering::Relaxed
        } else {
            order
        }
    }

    pub(crate) fn needed_fence(place: Place) {
        if LEFT_OUT.get() != Some(place) {
            fence(Ordering::SeqCst);
        }
    }

    /// Holds a model in every order, and looks that it does not hold when an order at one of these places is left out.
    pub(crate) fn holds(places: &[Place], model: fn()) {
        loom::model(model);
        for &place in places {
            LEFT_OUT.set(Some(place));
            let failed = catch_unwind(AssertUnwindSafe(|| loom::model(model))).is_err();
            LEFT_OUT.set(None);
            assert!(failed, "without {place:?} it holds as well");
        }
    }

    /// A queue of one place each for a few producers, as weak as one may be: what is there is seen by who takes it, and
    /// who finds nothing has learnt nothing.
    #[derive(Default)]
    pub(crate) struct Queue([Slot; 2]);

    struct Slot(AtomicU8);

    impl Default for Slot {
        fn default() -> Self {
            Self(AtomicU8::new(0))
        }
    }

    impl Queue {
        pub(crate) fn push(&self, place: usize, value: u8) {
            self.0[place].0.store(value, Ordering::Release);
        }

        pub(crate) fn pop(&self) -> Option<u8> {
            let take = |slot: &Slot| {
                // Most queues look first: a swap would always see the last push.
                let is_there = slot.0.load(Ordering::Acquire) != 0;
                let value = is_there.then(|| slot.0.swap(0, Ordering::AcqRel));
                value.filter(|&value| value != 0)
            };
            self.0.iter().find_map(take)
        }
    }

    #[test]
    fn what_was_put_beside_a_notice_is_found() {
        #[derive(Default)]
        struct Ports {
            queue: Queue,
            notice: Notice,
        }
        holds(&[Place::NoticePost, Place::NoticeTake], || {
            let ports = Arc::new(Ports::default());
            let open = |place: usize| {
                let ports = Arc::clone(&ports);
                thread::spawn(move || {
                    ports.queue.push(place, 1);
                    ports.notice.post();
                })
            };
            let opened = [open(0), open(1)];
            let mut found = 0;
            let mut look = || {
                if ports.notice.take() {
                    while ports.queue.pop().is_some() {
                        found += 1;
                    }
                }
                found
            };
            look();
            let taken_twice = look();
            // No notice is left, and both were posted: both were found.
            if taken_twice < 2 {
                for port in opened {
                    port.join().unwrap();
                }
                assert_eq!(look(), 2);
            }
        });
    }

    #[test]
    fn an_acknowledgement_is_told_only_when_it_is_on_disk() {
        #[derive(Default)]
        struct Run {
            /// The ring of a port: the seq of an acknowledgement.
            acks: Queue,
            /// The ring to the journal.
            batches: Queue,
            /// What the disk has.
            disk: AtomicU64Zero,
            durable: Position,
        }
        holds(&[Place::PositionSet, Place::PositionGet], || {
            let run = Arc::new(Run::default());
            let journal = {
                let run = Arc::clone(&run);
                thread::spawn(move || {
                    if let Some(seq) = run.batches.pop() {
                        run.disk.0.store(seq.into(), Ordering::Relaxed);
                        run.durable.set(Seq(seq.into()));
                    }
                })
            };
            let client = {
                let run = Arc::clone(&run);
                thread::spawn(move || {
                    if let Some(seq) = run.acks.pop()
                        && run.durable.get() >= Seq(seq.into())
                    {
                        assert!(run.disk.0.load(Ordering::Relaxed) >= u64::from(seq));
                    }
                })
            };
            // The shard tells both at once.
            run.acks.push(0, 7);
            run.batches.push(0, 7);
            journal.join().unwrap();
            client.join().unwrap();
        });
    }

    #[test]
    fn who_sees_the_end_sees_all_that_was_before_it() {
        #[derive(Default)]
        struct Run {
            durable: Position,
            journal_done: Flag,
        }
        holds(&[Place::FlagSet, Place::FlagGet], || {
            let run = Arc::new(Run::default());
            let journal = {
                let run = Arc::clone(&run);
                thread::spawn(move || {
                    run.durable.set(Seq(1));
                    run.durable.set(Seq(2));
                    run.journal_done.set();
                })
            };
            // As the replica ends: the flag first, then the position.
            if run.journal_done.get() {
                assert_eq!(run.durable.get(), Seq(2));
            }
            journal.join().unwrap();
        });
    }

    struct AtomicU64Zero(AtomicU64);

    impl Default for AtomicU64Zero {
        fn default() -> Self {
            Self(AtomicU64::new(0))
        }
    }
}
