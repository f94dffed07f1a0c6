//! How a feed stands: states and counts, per instrument.

use types::{MarketEvent, TimestampNs};

/// What is known of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// There is no connection.
    #[default]
    Down,
    /// Connected; the whole book or a first quote is to come.
    Syncing,
    /// What is shown is what the venue has.
    Live,
}

impl State {
    /// Its word on pages and in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Syncing => "syncing",
            Self::Live => "live",
        }
    }
}

/// What has happened since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Messages about the instrument.
    pub messages: u64,
    /// Times that something was missing: a sequence that jumped, a checksum that did not match, a message
    /// that could not be read.
    pub gaps: u64,
    /// Of these, checksums.
    pub checksum_errors: u64,
    /// Of these, messages that could not be read.
    pub malformed: u64,
    /// Times that the whole was stated again.
    pub resyncs: u64,
    /// Messages that came twice or late, and changed nothing.
    pub repeated: u64,
    /// Books or quotes whose bid was above the ask.
    pub crossed: u64,
    /// Books or quotes whose bid was the ask.
    pub locked: u64,
    /// Prices or quantities that are no multiple of tick or lot.
    pub off_grid: u64,
    /// Prices that are not above zero, where there are none such.
    pub not_positive: u64,
    /// Prices further from the one before than the band allows.
    pub outliers: u64,
}

/// How one listing stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// What is known.
    pub state: State,
    /// What has happened.
    pub counters: Counters,
    /// When its newest message came.
    pub last_message: TimestampNs,
    /// From the venue's time of the newest event that has one to when it came; below zero when the clocks
    /// differ, nanoseconds.
    pub lag_ns: i64,
    /// Since when nothing is known; `None` while it is live or was never.
    pub stale_since: Option<TimestampNs>,
    /// All the time in which nothing was known after something was, nanoseconds; without the current one.
    pub stale_ns: u64,
}

impl Health {
    /// A message about it came.
    pub fn heard(&mut self, now: TimestampNs) {
        self.counters.messages += 1;
        self.last_message = now;
    }

    /// An event with a time of the venue's came.
    pub fn event(&mut self, event: &MarketEvent, now: TimestampNs) {
        self.lag_ns = now.0.wrapping_sub(event.ts_event.0) as i64;
    }

    /// Everything is known.
    pub fn live(&mut self, now: TimestampNs) {
        if self.state != State::Live {
            self.counters.resyncs += 1;
        }
        self.state = State::Live;
        if let Some(since) = self.stale_since.take() {
            self.stale_ns += now.0.saturating_sub(since.0);
        }
    }

    /// Nothing is known any more; says whether something was.
    pub fn lost(&mut self, state: State, now: TimestampNs) -> bool {
        let was_live = self.state == State::Live;
        self.state = state;
        if was_live {
            self.stale_since = Some(now);
        }
        was_live
    }

    /// Time in which nothing was known, up to now, nanoseconds.
    pub fn stale_total_ns(&self, now: TimestampNs) -> u64 {
        let current = self
            .stale_since
            .map_or(0, |since| now.0.saturating_sub(since.0));
        self.stale_ns + current
    }
}
