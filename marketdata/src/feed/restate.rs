//! When to ask a venue to state an instrument again, where a subscription begins with the whole.

use types::TimestampNs;

/// Between two requests for the same instrument: a venue that states nonsense is not asked in a loop.
const PAUSE_NS: u64 = 2_000_000_000;
/// The whole that has not come by then does not come.
const ANSWER_NS_MAX: u64 = 10_000_000_000;

/// One instrument of a venue whose subscriptions begin with the whole.
#[derive(Debug, Clone, Copy, Default)]
pub struct Restate {
    is_live: bool,
    asked: TimestampNs,
    /// When to ask again, unless it is live by then.
    ask_at: TimestampNs,
}

impl Restate {
    /// Subscribed to just now.
    pub const fn opened(now: TimestampNs) -> Self {
        Self {
            is_live: false,
            asked: now,
            ask_at: TimestampNs(now.0.saturating_add(ANSWER_NS_MAX)),
        }
    }

    /// Whether the whole has been stated, and nothing has been lost since.
    pub const fn is_live(self) -> bool {
        self.is_live
    }

    /// The whole has been stated.
    pub const fn live(&mut self) {
        self.is_live = true;
    }

    /// It is lost. Says whether to ask at once; if not, [`Restate::is_due`] says when.
    pub fn lose(&mut self, now: TimestampNs) -> bool {
        self.is_live = false;
        self.ask_at = TimestampNs(self.asked.0.saturating_add(PAUSE_NS));
        self.is_due(now)
    }

    /// Whether to ask now; who is told so asks.
    pub fn is_due(&mut self, now: TimestampNs) -> bool {
        let is_due = !self.is_live && now >= self.ask_at;
        if is_due {
            *self = Self::opened(now);
        }
        is_due
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
        restate.live();
        assert!(!restate.lose(at(1_000)));
        assert!(!restate.lose(at(1_001)));
        assert!(!restate.is_due(at(1_001)));
        assert!(restate.is_due(at(1_002)));
        // No answer comes.
        assert!(!restate.is_due(at(1_011)));
        assert!(restate.is_due(at(1_012)));
    }
}
