//! When to ask a venue to state an instrument again: by a subscription that begins with the whole, or by a document.

use types::TimestampNs;

/// From one request for an instrument to the next at least; twice that after a whole that did not hold for as
/// long, and so on: a venue that states nonsense is not asked in a loop.
const PAUSE_NS: u64 = 2_000_000_000;
const PAUSE_NS_MAX: u64 = 64_000_000_000;
/// The whole that has not come by then does not come.
const ANSWER_NS_MAX: u64 = 10_000_000_000;

/// One instrument of a venue that states the whole when it is asked to.
#[derive(Debug, Clone, Copy)]
pub struct Restate {
    is_live: bool,
    asked: TimestampNs,
    /// When to ask again, unless it is live by then.
    ask_at: TimestampNs,
    pause: u64,
}

impl Default for Restate {
    fn default() -> Self {
        Self::opened(TimestampNs::default())
    }
}

impl Restate {
    /// Subscribed to just now.
    pub const fn opened(now: TimestampNs) -> Self {
        Self {
            is_live: false,
            asked: now,
            ask_at: TimestampNs(now.0.saturating_add(ANSWER_NS_MAX)),
            pause: PAUSE_NS,
        }
    }

    /// Not asked for yet: nothing has to be waited for.
    pub const UNASKED: Self = Self {
        is_live: false,
        asked: TimestampNs(0),
        ask_at: TimestampNs(0),
        pause: PAUSE_NS,
    };

    /// Whether the whole has been stated, and nothing has been lost since.
    pub const fn is_live(self) -> bool {
        self.is_live
    }

    /// The whole has been stated.
    pub const fn live(&mut self) {
        self.is_live = true;
    }

    /// What was asked for has begun to come: the rest of it is waited for as long as for an answer.
    pub fn begun(&mut self, now: TimestampNs) {
        let until = TimestampNs(now.0.saturating_add(ANSWER_NS_MAX));
        self.ask_at = self.ask_at.max(until);
    }

    /// It is lost. [`Restate::is_due`] says when to ask.
    pub fn lost(&mut self, now: TimestampNs) {
        if std::mem::take(&mut self.is_live) && self.has_held(now) {
            self.pause = PAUSE_NS;
        }
        self.ask_at = TimestampNs(self.asked.0.saturating_add(self.pause));
    }

    /// As [`Restate::lost`]. Says whether to ask at once; if not, [`Restate::is_due`] says when.
    pub fn lose(&mut self, now: TimestampNs) -> bool {
        self.lost(now);
        self.is_due(now)
    }

    /// Whether to ask now; who is told so asks.
    pub fn is_due(&mut self, now: TimestampNs) -> bool {
        let is_due = !self.is_live && now >= self.ask_at;
        if is_due {
            let pause = if self.has_held(now) {
                PAUSE_NS
            } else {
                PAUSE_NS_MAX.min(2 * self.pause)
            };
            *self = Self {
                pause,
                ..Self::opened(now)
            };
        }
        is_due
    }

    const fn has_held(&self, now: TimestampNs) -> bool {
        now.0.saturating_sub(self.asked.0) > 2 * self.pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> TimestampNs {
        TimestampNs(seconds * 1_000_000_000)
    }

    #[test]
    fn a_loss_is_asked_about_at_once_and_then_with_pauses() {
        let mut restate = Restate::opened(at(100));
        restate.live();
        assert!(!restate.is_due(at(1_000)));
        assert!(restate.lose(at(1_000)));
        assert!(!restate.is_live());
        // What is stated cannot be right, again and again.
        let mut asked = 1_000;
        for pause in [2, 4, 8, 16, 32, 64, 64] {
            restate.live();
            assert!(!restate.lose(at(asked)));
            assert!(!restate.lose(at(asked + 1)));
            assert!(!restate.is_due(at(asked + pause - 1)));
            asked += pause;
            assert!(restate.is_due(at(asked)), "{pause}");
        }
        // It holds for long enough.
        restate.live();
        assert!(restate.lose(at(asked + 129)));
        assert!(!restate.is_due(at(asked + 130)));
        assert!(!restate.lose(at(asked + 130)));
        assert!(restate.is_due(at(asked + 131)));
    }

    #[test]
    fn what_was_never_asked_for_may_be_asked_for_at_any_time() {
        let mut restate = Restate::UNASKED;
        // Lost before it was known: nothing was asked for, so that there is still nothing to wait for.
        restate.lost(at(101));
        assert!(restate.is_due(at(101)));
        // It has been asked for now, and two seconds have to pass.
        assert!(!restate.is_due(at(101)));
        restate.lost(at(102));
        assert!(!restate.is_due(at(102)));
        assert!(restate.is_due(at(103)));
    }

    #[test]
    fn a_whole_that_does_not_come_is_asked_for_again() {
        let mut restate = Restate::opened(at(100));
        for second in 101..=120 {
            assert_eq!(restate.is_due(at(second)), second % 10 == 0, "{second}");
        }
    }
}
