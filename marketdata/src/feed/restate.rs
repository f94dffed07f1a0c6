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
    /// The newest time of the clock, by which it is seen that it was set back.
    seen: TimestampNs,
}

impl Default for Restate {
    fn default() -> Self {
        Self::opened(TimestampNs::default())
    }
}

impl Restate {
    /// Subscribed to just now.
    pub const fn opened(now: TimestampNs) -> Self {
        Self::queued(now, now)
    }

    /// To be subscribed to at a time from now on.
    pub const fn queued(now: TimestampNs, asked: TimestampNs) -> Self {
        Self {
            is_live: false,
            asked,
            ask_at: TimestampNs(asked.0.saturating_add(ANSWER_NS_MAX)),
            pause: PAUSE_NS,
            seen: now,
        }
    }

    /// Not asked for yet: nothing has to be waited for.
    pub const UNASKED: Self = Self {
        is_live: false,
        asked: TimestampNs(0),
        ask_at: TimestampNs(0),
        pause: PAUSE_NS,
        seen: TimestampNs(0),
    };

    /// Whether the whole has been stated, and nothing has been lost since.
    pub const fn is_live(self) -> bool {
        self.is_live
    }

    /// The whole has been stated.
    pub const fn live(&mut self) {
        self.is_live = true;
    }

    /// What was asked for has begun to come, or waits to be asked for: the rest of it is waited for as long as for an answer,
    /// and before that so many nanoseconds.
    pub fn begun(&mut self, now: TimestampNs, wait_ns: u64) {
        self.look(now);
        let until = now.0.saturating_add(wait_ns).saturating_add(ANSWER_NS_MAX);
        let until = TimestampNs(until);
        self.ask_at = self.ask_at.max(until);
    }

    /// It is lost. [`Restate::is_due`] says when to ask.
    pub fn lost(&mut self, now: TimestampNs) {
        self.look(now);
        if std::mem::take(&mut self.is_live) && self.has_held(now) {
            self.pause = PAUSE_NS;
        }
        self.ask_at = TimestampNs(self.asked.0.saturating_add(self.pause));
    }

    /// It is lost, but all that was stated was right: what it is asked for next is no repetition.
    pub fn spent(&mut self, now: TimestampNs) {
        self.pause = PAUSE_NS;
        self.lost(now);
    }

    /// As [`Restate::lost`]. Says whether to ask at once; if not, [`Restate::is_due`] says when.
    pub fn lose(&mut self, now: TimestampNs) -> bool {
        self.lost(now);
        self.is_due(now)
    }

    /// Whether to ask now; who is told so asks.
    pub fn is_due(&mut self, now: TimestampNs) -> bool {
        self.look(now);
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

    /// By a clock that was set back all is as far away as it was by the clock before.
    fn look(&mut self, now: TimestampNs) {
        let back = self.seen.0.saturating_sub(now.0);
        self.asked.0 = self.asked.0.saturating_sub(back);
        self.ask_at.0 = self.ask_at.0.saturating_sub(back);
        self.seen = now;
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

    /// By an hour, while it waits for an answer, for a pause to pass, and while it is known.
    #[test]
    fn a_clock_that_is_set_back_delays_nothing() {
        let mut restate = Restate::opened(at(10_000));
        assert!(!restate.is_due(at(10_004)));
        // Six of ten seconds are left.
        assert!(!restate.is_due(at(6_400)));
        assert!(!restate.is_due(at(6_405)));
        assert!(restate.is_due(at(6_406)));
        restate.live();
        // Asked for just now: two seconds have to pass.
        assert!(!restate.lose(at(2_806)));
        assert!(!restate.is_due(at(2_807)));
        assert!(restate.is_due(at(2_808)));
        restate.live();
        assert!(!restate.is_due(at(9_000)));
        assert!(!restate.is_due(at(5_400)));
        assert!(restate.lose(at(5_401)));
        // One that is to be subscribed to in twenty seconds.
        let mut restate = Restate::queued(at(10_000), at(10_020));
        assert!(!restate.is_due(at(6_400)));
        assert!(!restate.is_due(at(6_429)));
        assert!(restate.is_due(at(6_430)));
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
    fn what_waits_to_be_asked_for_is_waited_for() {
        let mut restate = Restate::opened(at(100));
        restate.begun(at(101), 20_000_000_000);
        assert!(!restate.is_due(at(130)));
        assert!(restate.is_due(at(131)));
    }

    #[test]
    fn a_whole_that_does_not_come_is_asked_for_again() {
        let mut restate = Restate::opened(at(100));
        for second in 101..=120 {
            assert_eq!(restate.is_due(at(second)), second % 10 == 0, "{second}");
        }
    }
}
