//! Days of a run.

use types::{Money, TimestampNs};

use crate::outcome::Outcome;

/// What one day of a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Equity at the end of the day before; above zero where the profit is to be a share of it.
    pub began: Money,
    /// Profit since the end of the day before: at its two extremes, in the order in which they came, and at its end.
    pub profit: [Money; 3],
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
    let trips = outcome.trips.iter().map(|trip| trip.entry_ts);
    let entries = trips.chain(outcome.open.iter().map(|trip| trip.entry_ts));
    let mut entries: Vec<TimestampNs> = entries.collect();
    entries.sort_unstable();
    let mut entries = entries.into_iter().peekable();
    let mut before = outcome.initial;
    let mut days = Vec::new();
    for samples in outcome
        .samples
        .chunk_by(|a, b| day_of(a.ts) == day_of(b.ts))
    {
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
        // The open of the next bar may be at the very time of this close; then nothing is held at the close.
        let mut has_opened = false;
        let is_of_day = |at: &TimestampNs| *at < last.ts || *at == last.ts && last.exposed;
        while entries.next_if(is_of_day).is_some() {
            has_opened = true;
        }
        days.push(Day {
            began: before,
            profit: [profit(low.min(high)), profit(low.max(high)), end],
            has_opened,
            is_held: last.exposed,
        });
        before = last.equity;
    }
    days
}
