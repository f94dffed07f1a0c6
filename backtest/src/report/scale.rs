//! From values to pixels, and where the ticks of an axis are.

use super::date::{DAY_NS, MONTHS, Month, date};

/// A straight map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    start: f64,
    per_unit: f64,
}

impl Scale {
    /// Values from `values.0` to `values.1` onto pixels from `pixels.0` to `pixels.1`.
    pub(super) fn new(values: (f64, f64), pixels: (f64, f64)) -> Self {
        let width = values.1 - values.0;
        let per_unit = if width > 0.0 {
            (pixels.1 - pixels.0) / width
        } else {
            0.0
        };
        Self {
            low: values.0,
            start: pixels.0,
            per_unit,
        }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        self.start + (value - self.low) * self.per_unit
    }
}

/// Ticks of values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    pub(super) values: Vec<f64>,
    pub(super) step: f64,
}

/// At most `count_max` round values (1, 2 or 5 times a power of ten apart) from `low` to `high`.
pub(super) fn ticks(low: f64, high: f64, count_max: usize) -> Ticks {
    let span = high - low;
    if span.is_nan() || span <= 0.0 || !span.is_finite() {
        return Ticks {
            values: vec![low],
            step: 1.0,
        };
    }
    let rough = span / count_max.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(power * 10.0);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    Ticks {
        values: (first..=last).map(|at| at as f64 * step).collect(),
        step,
    }
}

/// A range that ends at ticks or just beyond the data, never empty.
pub(super) fn padded(low: f64, high: f64) -> (f64, f64) {
    let span = high - low;
    if span > 0.0 {
        (low - span * 0.04, high + span * 0.04)
    } else {
        let around = if low == 0.0 { 1.0 } else { low.abs() * 0.01 };
        (low - around, high + around)
    }
}

/// A tick of time and what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimeTick {
    pub(super) ts: u64,
    pub(super) label: String,
}

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600 * SECOND;

/// Steps below a month, and in months.
const STEPS: [u64; 15] = [
    SECOND,
    5 * SECOND,
    15 * SECOND,
    60 * SECOND,
    300 * SECOND,
    900 * SECOND,
    1_800 * SECOND,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY_NS,
    2 * DAY_NS,
    4 * DAY_NS,
    7 * DAY_NS,
];
const MONTH_STEPS: [u32; 9] = [1, 3, 6, 12, 24, 36, 60, 120, 240];

/// At most `count_max` round moments from `from` to `to`.
pub(super) fn time_ticks(from: u64, to: u64, count_max: usize) -> Vec<TimeTick> {
    let span = to.saturating_sub(from);
    if span == 0 || count_max == 0 {
        return Vec::new();
    }
    let count_max = count_max as u64;
    if let Some(step) = STEPS.into_iter().find(|step| span / step < count_max) {
        let first = from.div_ceil(step) * step;
        let count = (to.saturating_sub(first)) / step;
        let moments = (0..=count).map(|at| first + at * step);
        return moments
            .filter(|ts| *ts <= to)
            .map(|ts| TimeTick {
                ts,
                label: short_label(ts, step),
            })
            .collect();
    }
    let months = MONTH_STEPS
        .into_iter()
        .find(|months| span / (u64::from(*months) * 30 * DAY_NS) < count_max)
        .unwrap_or(1_200);
    let years = i64::from(months.div_ceil(12));
    let mut month = Month {
        year: Month::of(from).0.year / years * years,
        month: 1,
    };
    let mut found = Vec::new();
    while month.start() <= to {
        if month.start() >= from {
            let label = if months >= 12 || month.month == 1 {
                month.year.to_string()
            } else {
                month.name().to_owned()
            };
            found.push(TimeTick {
                ts: month.start(),
                label,
            });
        }
        month = month.after(months);
    }
    found
}

fn short_label(ts: u64, step: u64) -> String {
    if step >= DAY_NS || ts.is_multiple_of(DAY_NS) {
        let (month, day) = Month::of(ts);
        return format!("{day} {}", MONTHS[(month.month - 1) as usize % 12]);
    }
    let full = date(ts, true);
    let clock = full.get(11..).unwrap_or_default().to_owned();
    if step >= 60 * SECOND {
        clock
    } else {
        format!("{clock}:{:02}", ts / SECOND % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_straight_line() {
        let scale = Scale::new((10.0, 20.0), (100.0, 0.0));
        assert!((scale.at(10.0) - 100.0).abs() < 1e-12);
        assert!((scale.at(12.5) - 75.0).abs() < 1e-12);
        // Without a width everything is at the start.
        assert!((Scale::new((5.0, 5.0), (7.0, 9.0)).at(5.0) - 7.0).abs() < 1e-12);
    }

    #[test]
    fn ticks_are_round() {
        let found = ticks(-0.13, 0.31, 5);
        assert_eq!(found.values.len(), 5);
        assert!((found.step - 0.1).abs() < 1e-12);
        assert!((found.values[0] + 0.1).abs() < 1e-12);
        assert_eq!(
            ticks(0.0, 54_000.0, 6).values,
            [0.0, 1e4, 2e4, 3e4, 4e4, 5e4]
        );
    }

    #[test]
    fn time_ticks_are_years_months_days_or_hours() {
        let from = Month {
            year: 2004,
            month: 8,
        };
        let to = Month {
            year: 2013,
            month: 3,
        };
        let labels = |ticks: Vec<TimeTick>| -> Vec<String> {
            ticks.into_iter().map(|tick| tick.label).collect()
        };
        let years = labels(time_ticks(from.start(), to.start(), 10));
        assert_eq!(
            years,
            [
                "2005", "2006", "2007", "2008", "2009", "2010", "2011", "2012", "2013"
            ]
        );
        let months = labels(time_ticks(from.start(), from.after(7).start(), 8));
        assert_eq!(
            months,
            ["Aug", "Sep", "Oct", "Nov", "Dec", "2005", "Feb", "Mar"]
        );
        let hours = labels(time_ticks(from.start(), from.start() + DAY_NS, 5));
        assert_eq!(hours, ["1 Aug", "06:00", "12:00", "18:00", "2 Aug"]);
    }
}
