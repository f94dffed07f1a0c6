//! When a conduct rule applies: calendars by name or by the clock, and the intervals they come to.

use crate::label::Label;
use crate::time::TimestampNs;

/// Where the intervals of a rule come from. Data only: zones and holidays are the runtime's business,
/// which turns a calendar into [`Interval`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calendar {
    /// Intervals that somebody announces under this name, such as news releases.
    Named(Label),
    /// The same minutes of every local day. `to` below `from` is on the next day.
    Daily {
        /// IANA time zone, such as `America/New_York`.
        zone: Label,
        /// First minute of the local day, 0 to 1,439.
        from: u16,
        /// First minute after it, 0 to 1,439.
        to: u16,
    },
    /// The same minutes of every local week. `to` below `from` is in the next week.
    Weekly {
        /// IANA time zone.
        zone: Label,
        /// First minute of the week from Monday 00:00, 0 to 10,079.
        from: u16,
        /// First minute after it, 0 to 10,079.
        to: u16,
    },
    /// The time between one session of a market and the next: nights, weekends, holidays, from early closes on.
    Closed {
        /// Name of the market's trading calendar, such as `cme-equity`.
        session: Label,
        /// Times that are shorter are none of it, minutes; 0 for all.
        minutes_min: u16,
    },
}

/// A span of time: its start is inside, its end is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// The first moment inside.
    pub start: TimestampNs,
    /// The first moment after it. One that is not after `start` makes the interval empty.
    pub end: TimestampNs,
}

impl Interval {
    const NS_PER_SECOND: u64 = 1_000_000_000;

    /// Whether a moment is inside: `start <= ts < end`.
    pub fn contains(&self, ts: TimestampNs) -> bool {
        self.start <= ts && ts < self.end
    }

    /// Whether no moment is inside.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }

    /// The interval that starts and ends so many seconds earlier and later; held at the ends of the
    /// range of time.
    #[must_use]
    pub fn widened(&self, before_s: u32, after_s: u32) -> Self {
        let ns = |seconds| u64::from(seconds) * Self::NS_PER_SECOND;
        Self {
            start: TimestampNs(self.start.0.saturating_sub(ns(before_s))),
            end: TimestampNs(self.end.0.saturating_add(ns(after_s))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_inside_and_the_end_is_not() {
        let release = Interval {
            start: TimestampNs(600_000_000_000),
            end: TimestampNs(600_000_000_000),
        };
        assert!(release.is_empty());
        // Two minutes on either side of minute ten: 480 s to 720 s.
        let around = release.widened(120, 120);
        assert!(!around.contains(TimestampNs(479_999_999_999)));
        assert!(around.contains(TimestampNs(480_000_000_000)));
        assert!(around.contains(TimestampNs(719_999_999_999)));
        assert!(!around.contains(TimestampNs(720_000_000_000)));
    }

    #[test]
    fn time_ends_where_its_range_does() {
        let all = Interval {
            start: TimestampNs(1),
            end: TimestampNs(u64::MAX - 1),
        };
        let wide = all.widened(u32::MAX, u32::MAX);
        assert_eq!(
            (wide.start, wide.end),
            (TimestampNs(0), TimestampNs(u64::MAX))
        );
    }
}
