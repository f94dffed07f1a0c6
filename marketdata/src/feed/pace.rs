//! How fast a venue may be asked for things.

use std::time::Duration;

use types::TimestampNs;

use super::since;

/// What a connection keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// From one message to the next.
    pub send_every: Duration,
    /// From one document to the next, where many are wanted.
    pub fetch_every: Duration,
    /// So many documents may be asked for at once, after none was for a while.
    pub fetches_at_once: u32,
}

impl Default for Pace {
    /// Slow enough for every venue that says a limit.
    fn default() -> Self {
        Self {
            send_every: Duration::from_millis(250),
            fetch_every: Duration::from_millis(500),
            fetches_at_once: 10,
        }
    }
}

/// Documents that may be asked for: some at once, then one after each pause. Times are since some beginning.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    every: Duration,
    /// How far [`Budget::full_at`] may lie ahead while there is still one to give.
    ahead_max: Duration,
    /// When as many as at once may be asked for again.
    full_at: Duration,
}

impl Budget {
    /// All of them to give.
    pub fn new(pace: Pace) -> Self {
        let rest = pace.fetches_at_once.max(1) - 1;
        Self {
            every: pace.fetch_every,
            ahead_max: pace.fetch_every.saturating_mul(rest),
            full_at: Duration::ZERO,
        }
    }

    /// When the next may be asked for; not after `now` if it may be at once.
    pub const fn next_at(&self) -> Duration {
        self.full_at.saturating_sub(self.ahead_max)
    }

    /// One is asked for.
    pub fn take(&mut self, now: Duration) {
        self.full_at = self.full_at.max(now).saturating_add(self.every);
    }

    /// The venue gives none before then, and not many at once after it.
    pub fn hold(&mut self, until: Duration) {
        self.full_at = self.full_at.max(until.saturating_add(self.ahead_max));
    }
}

/// How long what is asked for waits here before it leaves, at most: an adapter hands over all that it asks for at once, and a
/// [`Pace`] lets it go one by one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Queue {
    /// At that time so many nanoseconds were to wait.
    at: TimestampNs,
    wait_ns: u64,
}

impl Queue {
    /// Nothing waits.
    pub(crate) const fn opened(now: TimestampNs) -> Self {
        Self {
            at: now,
            wait_ns: 0,
        }
    }

    /// Nanoseconds that one more would wait.
    pub(crate) fn wait_ns(&mut self, now: TimestampNs) -> u64 {
        self.wait_ns = self.wait_ns.saturating_sub(since(&mut self.at, now));
        self.at = now;
        self.wait_ns
    }

    /// One more is asked for, of which one leaves at each such time: the nanoseconds that it waits.
    pub(crate) fn push(&mut self, now: TimestampNs, every: Duration) -> u64 {
        let wait_ns = self.wait_ns(now);
        self.wait_ns = wait_ns.saturating_add(every.as_nanos() as u64);
        wait_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn budget() -> Budget {
        Budget::new(Pace {
            fetch_every: at(5),
            fetches_at_once: 6,
            ..Pace::default()
        })
    }

    #[test]
    fn what_is_asked_for_waits_for_all_before_it() {
        let second = |seconds: u64| TimestampNs(seconds * 1_000_000_000);
        let mut queue = Queue::opened(second(100));
        let waits = [0, 5, 10].map(|seconds| seconds * 1_000_000_000);
        assert_eq!([(); 3].map(|()| queue.push(second(100), at(5))), waits);
        // Four of fifteen seconds are over; by a clock that was set back none more.
        assert_eq!(queue.wait_ns(second(104)), 11_000_000_000);
        assert_eq!(queue.wait_ns(second(50)), 11_000_000_000);
        assert_eq!(queue.wait_ns(second(60)), 1_000_000_000);
        assert_eq!(queue.push(second(70), at(5)), 0);
    }

    /// The seconds at which somebody asks who wants very many, up to a minute.
    fn asked(mut budget: Budget) -> Vec<u64> {
        let mut asked = Vec::new();
        for second in 0..=60 {
            while budget.next_at() <= at(second) {
                budget.take(at(second));
                asked.push(second);
            }
        }
        asked
    }

    #[test]
    fn some_are_given_at_once_and_then_one_after_each_pause() {
        let at_once = [0; 6];
        let then = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60];
        assert_eq!(asked(budget()), [&at_once[..], &then[..]].concat());
    }

    #[test]
    fn none_is_given_while_the_venue_says_so_nor_many_after_it() {
        let mut budget = budget();
        budget.hold(at(42));
        assert_eq!(asked(budget), [42, 47, 52, 57]);
        // What holds for longer goes on holding.
        budget.hold(at(50));
        budget.hold(at(45));
        assert_eq!(asked(budget), [50, 55, 60]);
    }
}
