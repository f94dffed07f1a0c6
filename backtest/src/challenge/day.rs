//! Days of a run.

use std::ops::Range;

use types::{Money, TimestampNs};

use crate::outcome::Outcome;

/// What one day of a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Equity at the end of the day before; above zero where the profit is to be a share of it.
    pub began: Money,
    /// Profit since the end of the day before: at its two extremes, in the order in which they came, and at its end.
    pub profit: [Money; 3],
    /// Whether nothing that was held before it is held after it: before the first day, after days that end with nothing
    /// held, and where all that was held was closed and something else opened.
    pub is_fresh: bool,
    /// Whether a position was opened.
    pub has_opened: bool,
    /// Whether one was held at the end.
    pub is_held: bool,
}

impl Day {
    /// Nothing was held and nothing done.
    pub fn is_idle(&self) -> bool {
        !self.has_opened && self.profit == [Money::ZERO; 3]
    }

    /// The profit that the same shares of `equity` are, rounded down. Nothing where nothing was left of the run's.
    pub fn profit_of(&self, equity: Money) -> [Money; 3] {
        if self.began <= Money::ZERO {
            return [Money::ZERO; 3];
        }
        self.profit.map(|profit| {
            let product = i128::from(profit.0) * i128::from(equity.0);
            let scaled = product.div_euclid(i128::from(self.began.0));
            Money(scaled.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
        })
    }
}

/// The days of a run. `day_of`: which trading day a time is of, the same for times that follow each other. Equity
/// between two samples is not seen.
pub fn days_of(outcome: &Outcome, day_of: &dyn Fn(TimestampNs) -> i32) -> Vec<Day> {
    let days = days_within(outcome, 0..outcome.samples.len(), day_of);
    days.into_iter().map(|(_, day)| day).collect()
}

/// The same of a range of samples, each with the day that it is: the profit of the first begins with the sample before
/// the range, and what was held there goes on into it.
///
/// # Panics
/// When there are not as many samples.
pub fn days_within(
    outcome: &Outcome,
    range: Range<usize>,
    day_of: &dyn Fn(TimestampNs) -> i32,
) -> Vec<(i32, Day)> {
    let eve = range
        .start
        .checked_sub(1)
        .and_then(|place| outcome.samples.get(place));
    // What was opened when, and closed when; at the open of a bar is after the end of the one before it.
    let over = outcome.trips.iter().map(|trip| {
        let entry = (trip.entry_ts, trip.entry_at_open);
        (entry, (trip.exit_ts, trip.exit_at_open))
    });
    let never = (TimestampNs(u64::MAX), true);
    let open = outcome.open.iter();
    let open = open.map(|trip| ((trip.entry_ts, trip.entry_at_open), never));
    let mut trips: Vec<_> = over.chain(open).collect();
    trips.sort_unstable();
    let mut trips = trips.into_iter().peekable();
    // When the last of what was opened so far is closed.
    let mut closed = (TimestampNs(0), false);
    let mut before = eve.map_or(outcome.initial, |eve| eve.equity);
    let is_of = |eve: &crate::outcome::Sample, (at, at_open): (TimestampNs, bool)| {
        at < eve.ts || at == eve.ts && !at_open && eve.exposed
    };
    if let Some(eve) = eve {
        while let Some((_, exit)) = trips.next_if(|(entry, _)| is_of(eve, *entry)) {
            closed = closed.max(exit);
        }
    }
    let mut was_held = eve.is_some_and(|eve| eve.exposed);
    let mut days: Vec<(i32, Day)> = Vec::new();
    for samples in outcome.samples[range].chunk_by(|a, b| day_of(a.ts) == day_of(b.ts)) {
        let Some(last) = samples.last() else {
            continue;
        };
        let profit = |place: usize| samples[place].equity.saturating_sub(before);
        let places = 0..samples.len();
        let low = places
            .clone()
            .min_by_key(|place| profit(*place))
            .unwrap_or(0);
        let high = places.max_by_key(|place| profit(*place)).unwrap_or(0);
        let end = profit(samples.len() - 1);
        // The open of the next bar may be at the very time of this close; what is not held at the close came after it.
        let is_of_day =
            |(at, at_open): (TimestampNs, bool)| at < last.ts || at == last.ts && !at_open;
        let is_old_closed = is_of_day(closed);
        let mut has_opened = false;
        let is_next = |(entry, _): &((TimestampNs, bool), (TimestampNs, bool))| {
            is_of_day(*entry) && (entry.0 < last.ts || last.exposed)
        };
        while let Some((_, exit)) = trips.next_if(is_next) {
            has_opened = true;
            closed = closed.max(exit);
        }
        let day = Day {
            began: before,
            profit: [profit(low.min(high)), profit(low.max(high)), end],
            is_fresh: !was_held || has_opened && is_old_closed,
            has_opened,
            is_held: last.exposed,
        };
        days.push((day_of(last.ts), day));
        was_held = last.exposed;
        before = last.equity;
    }
    days
}
