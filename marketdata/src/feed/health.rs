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

/// Why nothing is known of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// There is no connection, or a new one, on which it was not stated yet.
    Connection,
    /// Something was missing, or could not be read.
    Gap,
    /// The venue says a touch with one side only.
    NoTouch,
    /// What the venue says cannot be, or is not to be believed yet.
    CannotBe,
    /// Its topic has said nothing for longer than `stale_after`.
    Silence,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Connection,
        Self::Gap,
        Self::NoTouch,
        Self::CannotBe,
        Self::Silence,
    ];

    /// Its word on pages and in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Gap => "gap",
            Self::NoTouch => "no_touch",
            Self::CannotBe => "cannot_be",
            Self::Silence => "silence",
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
    /// Prices that are not above zero, where there are none such, and trades of no quantity.
    pub not_positive: u64,
    /// Prices further from the one before than the band allows.
    pub outliers: u64,
    /// Times that its topic said nothing for longer than `stale_after`.
    pub silences: u64,
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
    /// differ, nanoseconds. `None` where the venue says no times.
    pub lag_ns: Option<i64>,
    /// Since when nothing is known; `None` while it is live or was never.
    pub stale_since: Option<TimestampNs>,
    /// Why nothing is known; `None` while it is live.
    pub loss: Option<Loss>,
    /// All the time in which nothing was known after something was, nanoseconds; without the current one.
    pub stale_ns: u64,
    /// The second of the first thing that was known of it, a connection or a message, since 1970.
    begun: Option<u64>,
    rate: Rate,
}

/// Whole seconds over which a rate is taken.
const RATE_SECONDS: u64 = 10;
/// Places for the counts of seconds: those of the window and the one that is not over.
const RATE_PLACES: usize = RATE_SECONDS as usize + 1;

/// How many messages came in each of the newest seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Rate {
    /// The newest second with a message, since 1970.
    second: u64,
    /// Counts of that second and those before it, each at its number modulo the places.
    counts: [u32; RATE_PLACES],
}

impl Rate {
    fn count(&mut self, now: TimestampNs) {
        let second = second_of(now);
        if second > self.second {
            let passed = (second - self.second).min(RATE_PLACES as u64);
            for ago in 0..passed {
                self.counts[place(second - ago)] = 0;
            }
            self.second = second;
        }
        // A clock that steps back counts for the newest second.
        let count = &mut self.counts[place(self.second)];
        *count = count.saturating_add(1);
    }

    /// Messages of the window's whole seconds before the one of `now`.
    fn over_window(&self, now: TimestampNs) -> u64 {
        let current = second_of(now);
        (1..=RATE_SECONDS)
            .filter_map(|ago| current.checked_sub(ago))
            .filter(|&second| second <= self.second && self.second - second < RATE_PLACES as u64)
            .map(|second| u64::from(self.counts[place(second)]))
            .sum()
    }
}

const fn second_of(now: TimestampNs) -> u64 {
    now.0 / 1_000_000_000
}

const fn place(second: u64) -> usize {
    (second % RATE_PLACES as u64) as usize
}

impl Health {
    /// A message about it came.
    pub fn heard(&mut self, now: TimestampNs) {
        self.counters.messages += 1;
        self.last_message = now;
        self.begin(now);
        self.rate.count(now);
    }

    fn begin(&mut self, now: TimestampNs) {
        self.begun.get_or_insert(second_of(now));
    }

    /// Messages a second, over the ten whole seconds before the one of `now`, or as many as there were since it began.
    pub fn messages_per_second(&self, now: TimestampNs) -> f64 {
        let begun = self.begun.unwrap_or(u64::MAX);
        let seconds = second_of(now).saturating_sub(begun).min(RATE_SECONDS);
        if seconds == 0 {
            return 0.0;
        }
        self.messages_in_ten_seconds(now) as f64 / seconds as f64
    }

    /// Messages in the ten whole seconds before the one of `now`.
    pub fn messages_in_ten_seconds(&self, now: TimestampNs) -> u64 {
        self.rate.over_window(now)
    }

    /// An event came. One without a time of the venue's has the time at which it came, and measures nothing.
    pub fn event(&mut self, event: &MarketEvent, now: TimestampNs) {
        if event.ts_event != now {
            self.lag_ns = Some(now.0.wrapping_sub(event.ts_event.0) as i64);
        }
    }

    /// Everything is known.
    pub fn live(&mut self, now: TimestampNs) {
        if self.state != State::Live {
            self.counters.resyncs += 1;
        }
        self.state = State::Live;
        self.loss = None;
        if let Some(since) = self.stale_since.take() {
            self.stale_ns += now.0.saturating_sub(since.0);
        }
    }

    /// Nothing is known any more; says whether something was.
    pub fn lost(&mut self, state: State, loss: Loss, now: TimestampNs) -> bool {
        self.begin(now);
        let was_live = self.state == State::Live;
        self.state = state;
        self.loss = Some(loss);
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_lag_is_of_events_with_a_time_of_the_venues() {
        let mut health = Health::default();
        let mut event = |ts: u64, now: u64| {
            let event = MarketEvent {
                instrument: types::InstrumentId(0),
                ts_event: TimestampNs(ts),
                data: types::MarketData::Gap,
            };
            health.event(&event, TimestampNs(now));
            health.lag_ns
        };
        assert_eq!(event(700, 700), None);
        assert_eq!(event(700, 950), Some(250));
        // The venue's clock is ahead.
        assert_eq!(event(1_000, 990), Some(-10));
        assert_eq!(event(1_100, 1_100), Some(-10));
    }

    /// Six messages a second from the connection on are six a second after one second as after ten, and not 0.6.
    #[test]
    fn a_rate_is_over_the_time_that_there_was() {
        let at = |second: u64| TimestampNs(1_700_000_000 * SECOND + second * SECOND + 5);
        let mut health = Health::default();
        let is = |health: &Health, second: u64, expected: f64| {
            let found = health.messages_per_second(at(second));
            assert!((found - expected).abs() < 1e-12, "{second}: {found}");
        };
        is(&health, 0, 0.0);
        health.lost(State::Syncing, Loss::Connection, at(0));
        for second in 0..12 {
            (0..6).for_each(|_| health.heard(at(second)));
            is(&health, second + 1, 6.0);
        }
        // Connected for four seconds when the only message comes: one in five.
        let mut health = Health::default();
        health.lost(State::Syncing, Loss::Connection, at(0));
        health.heard(at(4));
        is(&health, 0, 0.0);
        is(&health, 5, 0.2);
        // Connected again later, it began as before.
        health.lost(State::Syncing, Loss::Connection, at(7));
        is(&health, 8, 0.125);
    }

    #[test]
    fn a_rate_is_of_whole_seconds_and_forgets_old_ones() {
        let mut health = Health::default();
        let at = |second: u64| TimestampNs(1_700_000_000 * SECOND + second * SECOND + 5);
        // Three messages in second 0, two in second 4, five in second 9.
        for (second, count) in [(0, 3), (4, 2), (9, 5)] {
            (0..count).for_each(|_| health.heard(at(second)));
        }
        // The current second does not count, a whole one does.
        assert_eq!(health.messages_in_ten_seconds(at(9)), 5);
        assert_eq!(health.messages_in_ten_seconds(at(10)), 10);
        assert_eq!(health.messages_in_ten_seconds(at(11)), 7);
        assert_eq!(health.messages_in_ten_seconds(at(19)), 5);
        assert_eq!(health.messages_in_ten_seconds(at(20)), 0);
        // Three in one second, ten over ten of them; five in the last nine of ten.
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
        near(health.messages_per_second(at(10)), 1.0);
        near(health.messages_per_second(at(19)), 0.5);
        // A long silence, then one message: nothing of before comes back.
        health.heard(at(1_000));
        assert_eq!(health.messages_in_ten_seconds(at(1_001)), 1);
        assert_eq!(health.messages_in_ten_seconds(at(9)), 0);
    }
}
