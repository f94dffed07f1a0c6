//! The metrics of an outcome as a report shows them.

use super::date::DAY_NS;
use super::text::{number, percent};
use super::{Figure, FigureGroup, Report};
use crate::metric::{self, Point, Record, RecordError, Settings, Unit};

/// Every metric by family.
pub(super) fn measured(
    report: &Report<'_>,
    settings: &Settings,
) -> Result<Vec<FigureGroup>, RecordError> {
    let Some(outcome) = report.outcome else {
        return Ok(Vec::new());
    };
    let points = outcome.points();
    let trades = outcome.trades(report.instruments);
    let benchmark = benchmark_at(report, &points);
    let record = Record {
        points: &points,
        trades: &trades,
        benchmark: benchmark.as_deref(),
    };
    let mut all = metric::metrics(record, settings)?.into_iter();
    let groups = metric::ALL.iter().map(|(family, definitions)| FigureGroup {
        name: (*family).to_owned(),
        figures: all
            .by_ref()
            .take(definitions.len())
            .map(|metric| Figure {
                name: words(metric.definition.name),
                value: match metric.value {
                    Ok(value) => Ok(shown(value, metric.definition.unit)),
                    Err(reason) => Err(reason.to_string()),
                },
                convention: metric.definition.convention.to_owned(),
            })
            .collect(),
    });
    Ok(groups.collect())
}

/// The benchmark at every point: its newest value. None where it is coarser than the curve, which would move its
/// returns to other periods.
fn benchmark_at(report: &Report<'_>, points: &[Point]) -> Option<Vec<f64>> {
    let known = &report.benchmark.as_ref()?.points;
    if known.len() + 1 < points.len() {
        return None;
    }
    let first = known.first()?.1;
    let at = |point: &Point| {
        let place = known.partition_point(|(ts, _)| report.dated(*ts) <= point.ts.0);
        place.checked_sub(1).map_or(first, |place| known[place].1)
    };
    Some(points.iter().map(at).collect())
}

fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction => percent(value, 2),
        Unit::Money => number(value, 2),
        Unit::Ratio => number(value, 4),
        Unit::Count => number(value, 0),
        Unit::Days => format!("{} days", number(value, 1)),
    }
}

/// A name as words: with spaces, and with a capital at its beginning.
fn words(name: &str) -> String {
    match name {
        "cagr" => return "CAGR".to_owned(),
        "cagr_calendar" => return "CAGR, calendar".to_owned(),
        "sqn" => return "SQN".to_owned(),
        _ => {}
    }
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// How many samples of a curve make a year, by the times that it has: days of an exchange that rests at weekends are
/// 252, other days 365, and of samples within days as many to each. Longer steps are counted in 365.25 days.
pub fn periods_per_year(points: &[Point]) -> f64 {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return 252.0;
    };
    let steps = points.len().saturating_sub(1).max(1) as f64;
    let step_days = last.ts.0.saturating_sub(first.ts.0) as f64 / DAY_NS as f64 / steps;
    if step_days > 4.0 {
        return (365.25 / step_days).round().max(1.0);
    }
    let day = |point: &Point| metric::within(point.ts) / DAY_NS;
    let mut counts = vec![0_u32];
    let mut at_weekends = 0;
    let mut before = day(first);
    for point in points {
        let of = day(point);
        if of != before {
            counts.push(0);
            // The epoch was a Thursday.
            at_weekends += usize::from(matches!(of % 7, 2 | 3));
        }
        if let Some(count) = counts.last_mut() {
            *count += 1;
        }
        before = of;
    }
    let days = counts.len();
    // Two days in seven are at a weekend where markets never rest. One in five is where a Friday's bar ends on
    // Saturday.
    let per_year = if days < 7 || at_weekends * 4 > days {
        365.0
    } else {
        252.0
    };
    // The median day: first and last are not whole, and some are short.
    counts.sort_unstable();
    let per_day = f64::from(counts[days / 2].max(1));
    per_year * per_day
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::TimestampNs;

    fn curve(times: impl Iterator<Item = u64>) -> Vec<Point> {
        let point = |ts| Point {
            ts: TimestampNs(ts),
            equity: 1.0,
            exposed: false,
        };
        times.map(point).collect()
    }

    #[test]
    fn years_have_as_many_periods_as_their_markets() {
        let hour = DAY_NS / 24;
        let close = |expected: f64, times: Vec<u64>| {
            let found = periods_per_year(&curve(times.into_iter()));
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

    #[test]
    fn names_are_words() {
        assert_eq!(words("max_drawdown"), "Max drawdown");
        assert_eq!(words("cagr"), "CAGR");
        assert!(metric::find("sharpe").is_some() && metric::find("cagr").is_some());
        assert_eq!(words("sharpe"), "Sharpe");
    }
}
