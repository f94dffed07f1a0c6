//! The equity curve in numbers: drawdown, returns of periods, months, what rolls along.

use jiff::tz::TimeZone;
use types::TimestampNs;

use super::date::DAY_NS;
use crate::metric::{Point, by_month, by_year, within};
use crate::outcome::Outcome;

/// Values in order of time.
pub(super) type Points = Vec<(u64, f64)>;

/// The equity curve in units of the account's currency.
pub(super) fn equity(outcome: &Outcome) -> Points {
    let points = outcome.points().into_iter();
    points.map(|point| (point.ts.0, point.equity)).collect()
}

/// How far below its highest value so far, as a fraction of it: zero or below. Zero where that is not above zero.
pub(super) fn drawdown(points: &[(u64, f64)]) -> Points {
    let mut peak = f64::MIN;
    points
        .iter()
        .map(|(ts, value)| {
            peak = peak.max(*value);
            let down = if peak > 0.0 { value / peak - 1.0 } else { 0.0 };
            (*ts, down)
        })
        .collect()
}

/// The deepest drawdown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Deepest {
    /// Zero or below.
    pub(super) fraction: f64,
    /// When equity was highest before it.
    pub(super) peak: u64,
    /// When it was lowest.
    pub(super) trough: u64,
    /// When it was as high again.
    pub(super) recovered: Option<u64>,
}

/// The deepest drawdown, the first of equal ones.
pub(super) fn deepest(points: &[(u64, f64)]) -> Option<Deepest> {
    let down = drawdown(points);
    let (trough, fraction) = down
        .iter()
        .copied()
        .enumerate()
        .min_by(|(_, one), (_, other)| one.1.total_cmp(&other.1))
        .map(|(at, (_, fraction))| (at, fraction))?;
    let before = points[..=trough].iter().rev();
    let peak = before.max_by(|one, other| one.1.total_cmp(&other.1))?;
    let recovered = points[trough..]
        .iter()
        .find(|point| point.1 >= peak.1)
        .filter(|_| fraction < 0.0);
    Some(Deepest {
        fraction,
        peak: peak.0,
        trough: points[trough].0,
        recovered: recovered.map(|point| point.0),
    })
}

/// The last value of each day, in UTC, after the first value.
pub(super) fn daily(points: &[(u64, f64)]) -> Points {
    let mut found: Points = points.first().copied().into_iter().collect();
    let mut day = u64::MAX;
    for point in points.iter().skip(1) {
        let of = within(TimestampNs(point.0)) / DAY_NS;
        match found.last_mut() {
            Some(last) if of == day => *last = *point,
            _ => found.push(*point),
        }
        day = of;
    }
    found
}

/// Simple returns from one value to the next, at the time of the later one; none from a value that is not above zero.
pub(super) fn returns(points: &[(u64, f64)]) -> Points {
    points
        .windows(2)
        .filter(|pair| pair[0].1 > 0.0)
        .map(|pair| (pair[1].0, pair[1].1 / pair[0].1 - 1.0))
        .collect()
}

/// Returns of months, in UTC.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Monthly {
    /// A year, its months from January, and the year as a whole.
    pub(super) years: Vec<(i64, [Option<f64>; 12], f64)>,
}

impl Monthly {
    pub(super) fn of(points: &[Point]) -> Self {
        let years = by_year(points, &TimeZone::UTC).into_iter();
        let years = years.map(|year| (i64::from(year.year), [None; 12], year.value));
        let mut monthly = Self {
            years: years.collect(),
        };
        for month in by_month(points, &TimeZone::UTC) {
            let mut years = monthly.years.iter_mut();
            let year = years.find(|year| year.0 == i64::from(month.year));
            if let Some(year) = year {
                year.1[(month.month - 1) as usize % 12] = Some(month.value);
            }
        }
        monthly
    }

    /// The months that have a return, in order.
    pub(super) fn months(&self) -> impl Iterator<Item = f64> {
        self.years.iter().flat_map(|year| year.1).flatten()
    }
}

/// Mean over the standard deviation of a sample, and that deviation, of the last `window` returns at each time; both
/// annualised by the square root of `per_year`. No Sharpe ratio where nothing moves. Without a risk-free rate.
pub(super) fn rolling(returns: &[(u64, f64)], window: usize, per_year: f64) -> (Points, Points) {
    let (mut sharpe, mut volatility) = (Points::new(), Points::new());
    for slice in returns.windows(window.max(2)) {
        let count = slice.len() as f64;
        let mean = slice.iter().map(|(_, value)| value).sum::<f64>() / count;
        let squares = slice.iter().map(|(_, value)| (value - mean).powi(2));
        let deviation = (squares.sum::<f64>() / (count - 1.0)).sqrt();
        let ts = slice[slice.len() - 1].0;
        volatility.push((ts, deviation * per_year.sqrt()));
        if deviation > 1e-12 {
            sharpe.push((ts, mean / deviation * per_year.sqrt()));
        }
    }
    (sharpe, volatility)
}

/// How many returns fall where. Returns of exactly zero, as while nothing is held, are counted apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Histogram {
    /// Width of a bin; zero is an edge.
    pub(super) width: f64,
    /// The lower edge of the first bin, in widths.
    pub(super) first: i64,
    pub(super) counts: Vec<u64>,
    /// Exactly zero.
    pub(super) flat: u64,
    pub(super) mean: f64,
}

/// The most bins that a distribution is drawn with.
const BINS_MAX: f64 = 60.0;

impl Histogram {
    /// Bins as wide as Freedman and Diaconis have them (1981): 2 IQR / n^(1/3), rounded to 1, 2 or 5, at most
    /// [`BINS_MAX`] of them.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let all = values.len();
        let mean = values.iter().sum::<f64>() / all as f64;
        values.retain(|value| *value != 0.0);
        values.sort_by(f64::total_cmp);
        let (low, high) = (*values.first()?, *values.last()?);
        let quartile = |of: usize| values[(values.len() - 1) * of / 4];
        let free = 2.0 * (quartile(3) - quartile(1)) / (values.len() as f64).cbrt();
        let span = high.max(0.0) - low.min(0.0);
        let bins = (span / free).clamp(8.0, BINS_MAX);
        let bins = if bins.is_finite() { bins } else { 8.0 };
        let width = super::scale::ticks(0.0, span, bins as usize).step;
        let bin = |value: f64| (value / width).floor() as i64;
        let first = bin(low);
        let mut counts = vec![0; (bin(high) - first + 1) as usize];
        for value in &values {
            counts[(bin(*value) - first) as usize] += 1;
        }
        Some(Self {
            width,
            first,
            counts,
            flat: (all - values.len()) as u64,
            mean,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::date::Month;

    fn month(year: i64, month: u32, day: u64) -> u64 {
        Month { year, month }.start() + day * DAY_NS
    }

    #[test]
    fn months_multiply_to_the_whole() {
        let points = [
            (month(2020, 11, 3), 100.0),
            (month(2020, 11, 20), 120.0),
            // Midnight of the first of December ends November.
            (month(2020, 12, 0), 110.0),
            (month(2020, 12, 9), 121.0),
            (month(2021, 2, 9), 60.5),
        ];
        let points = points.map(|(ts, equity)| Point {
            ts: TimestampNs(ts),
            equity,
            exposed: false,
        });
        let monthly = Monthly::of(&points);
        let close = |one: f64, other: f64| assert!((one - other).abs() < 1e-12, "{one} {other}");
        assert_eq!(monthly.years.len(), 2);
        let (year, months, whole) = monthly.years[0];
        assert_eq!(year, 2020);
        close(months[10].unwrap_or_default(), 0.1);
        close(months[11].unwrap_or_default(), 0.1);
        close(whole, 0.21);
        let (_, months, whole) = monthly.years[1];
        assert_eq!(months[0], None);
        close(months[1].unwrap_or_default(), -0.5);
        close(whole, -0.5);
        close(monthly.months().map(|value| 1.0 + value).product(), 0.605);
    }

    #[test]
    fn the_deepest_drawdown_is_from_its_peak_to_its_trough() {
        let values = [100.0, 120.0, 90.0, 130.0, 117.0, 131.0];
        let points: Points = (0_u64..).zip(values).collect();
        let found = deepest(&points);
        let expected = Deepest {
            fraction: 90.0 / 120.0 - 1.0,
            peak: 1,
            trough: 2,
            recovered: Some(3),
        };
        assert_eq!(found, Some(expected));
        assert!(deepest(&points[..2]).is_some_and(|it| it.recovered.is_none()));
    }

    #[test]
    fn a_histogram_counts_everything_once() {
        let values = [-0.02, -0.011, 0.0, 0.0, 0.004, 0.012, 0.013, 0.03];
        let Some(found) = Histogram::of(values.into_iter()) else {
            panic!("there are values");
        };
        assert_eq!(found.counts.iter().sum::<u64>() + found.flat, 8);
        assert_eq!(found.flat, 2);
        // Two lie below zero, whatever the width is.
        let below = usize::try_from(-found.first).unwrap_or_default();
        assert_eq!(found.counts[..below].iter().sum::<u64>(), 2);
        assert!(Histogram::of([0.0, 0.0].into_iter()).is_none());
    }

    #[test]
    fn what_rolls_is_mean_over_deviation() {
        // Of 1% and 3%: mean 2%, deviation of the sample sqrt(2)%.
        let (sharpe, volatility) = rolling(&[(1, 0.01), (2, 0.03)], 2, 4.0);
        assert!((sharpe[0].1 - 2.0 / 2.0_f64.sqrt() * 2.0).abs() < 1e-12);
        assert!((volatility[0].1 - 0.02 * 2.0_f64.sqrt()).abs() < 1e-12);
        let (sharpe, volatility) = rolling(&[(1, 0.01), (2, 0.01)], 2, 4.0);
        assert_eq!((sharpe.len(), volatility.len()), (0, 1));
    }

    #[test]
    fn a_day_ends_with_its_last_value() {
        let points = [
            (0, 1.0),
            (DAY_NS / 2, 2.0),
            (DAY_NS, 3.0),
            (DAY_NS + 1, 4.0),
        ];
        assert_eq!(daily(&points), [(0, 1.0), (DAY_NS, 3.0), (DAY_NS + 1, 4.0)]);
    }
}
