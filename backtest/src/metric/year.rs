//! How many samples of a curve make a year.

use types::TimestampNs;

use super::within;

const DAY_NS: u64 = 86_400_000_000_000;

/// How many samples of a curve make a year, by the times that it has: days of an exchange that rests at weekends are
/// 252, other days 365, and of samples within days as many to each as a whole day of the curve has. A curve without a
/// whole day, which is one between two others, has a day's as its steps say: every minute is 1,440. Longer steps are
/// counted in 365.25 days.
pub fn periods_per_year(times: impl IntoIterator<Item = TimestampNs>) -> f64 {
    let times: Vec<TimestampNs> = times.into_iter().collect();
    let mut all = Times::new();
    for ts in &times {
        all.push(*ts);
    }
    all.per_year(|| middle_step(&times))
}

/// The median step from one time to the next; 0 where there is none.
pub(crate) fn middle_step(times: &[TimestampNs]) -> u64 {
    let steps = times.windows(2);
    let mut steps: Vec<u64> = steps
        .map(|pair| pair[1].0.saturating_sub(pair[0].0))
        .collect();
    let Some(last) = steps.len().checked_sub(1) else {
        return 0;
    };
    let (_, step, _) = steps.select_nth_unstable(last / 2);
    *step
}

/// Times as they come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Times {
    first: u64,
    last: u64,
    count: u64,
    /// Of each day that has any.
    days: Vec<u32>,
    /// The newest of them.
    day: u64,
    at_weekends: usize,
}

impl Times {
    pub(super) const fn new() -> Self {
        Self {
            first: 0,
            last: 0,
            count: 0,
            days: Vec::new(),
            day: 0,
            at_weekends: 0,
        }
    }

    pub(super) fn push(&mut self, ts: TimestampNs) {
        let day = within(ts) / DAY_NS;
        if self.count == 0 {
            self.first = ts.0;
            self.days.push(0);
        } else if day != self.day {
            self.days.push(0);
            // The epoch was a Thursday.
            self.at_weekends += usize::from(matches!(day % 7, 2 | 3));
        }
        if let Some(count) = self.days.last_mut() {
            *count += 1;
        }
        self.day = day;
        self.last = ts.0;
        self.count += 1;
    }

    /// See [`periods_per_year`]; `step` is asked where there is no whole day.
    pub(super) fn per_year(&self, step: impl FnOnce() -> u64) -> f64 {
        let Some(steps) = self.count.checked_sub(1).filter(|steps| *steps > 0) else {
            return 252.0;
        };
        let step_days = self.last.saturating_sub(self.first) as f64 / DAY_NS as f64 / steps as f64;
        if step_days > 4.0 {
            return (365.25 / step_days).round().max(1.0);
        }
        let days = self.days.len();
        // Two days in seven are at a weekend where markets never rest. One in five is where a Friday's bar ends on
        // Saturday.
        let per_year = if days < 7 || self.at_weekends * 4 > days {
            365.0
        } else {
            252.0
        };
        let per_day = match self.days.get(1..days - 1) {
            // The median day: some are short.
            Some(whole) if !whole.is_empty() => {
                let mut whole = whole.to_vec();
                whole.sort_unstable();
                f64::from(whole[whole.len() / 2])
            }
            _ => DAY_NS as f64 / step().max(1) as f64,
        };
        per_year * per_day.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_as_many_periods_as_their_markets() {
        let hour = DAY_NS / 24;
        let close = |expected: f64, times: Vec<u64>| {
            let found = periods_per_year(times.into_iter().map(TimestampNs));
            assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
        };
        // Noon of days from a Thursday on; days 2 and 3 of seven are the weekend.
        let noons = (0..700).map(|day| day * DAY_NS + 12 * hour);
        close(365.0, noons.clone().collect());
        let rests = noons.filter(|ts| !matches!(ts / DAY_NS % 7, 2 | 3));
        close(252.0, rests.clone().collect());
        close(252.0, rests.map(|ts| ts + DAY_NS).collect());
        close(365.0 * 24.0, (1..2_400).map(|at| at * hour).collect());
        close(52.0, (0..100).map(|at| at * 7 * DAY_NS).collect());
    }

    /// Three minutes every second are no day of 180 samples, and two hours before midnight with three after it no day
    /// of three: 365 days of 86,400 seconds, of 1,440 minutes, of 24 hours.
    #[test]
    fn a_curve_without_a_whole_day_counts_its_steps() {
        let second = DAY_NS / 86_400;
        let of = |step: u64, places: std::ops::Range<u64>| {
            let times = places.map(|place| TimestampNs(20_000 * DAY_NS + place * step));
            periods_per_year(times)
        };
        let near = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
        };
        near(of(second, 0..185), 365.0 * 86_400.0);
        near(of(60 * second, 700..703), 365.0 * 1_440.0);
        near(of(3_600 * second, 22..27), 365.0 * 24.0);
        // A whole day of 390 minutes between two parts of others.
        let session = |day: u64, minutes: std::ops::Range<u64>| {
            minutes.map(move |at| TimestampNs((20_000 + day) * DAY_NS + (810 + at) * 60 * second))
        };
        let three = session(0, 380..390)
            .chain(session(1, 0..390))
            .chain(session(2, 0..5));
        near(periods_per_year(three), 365.0 * 390.0);
    }
}
