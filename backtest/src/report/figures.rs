//! The metrics of an outcome as a report shows them.

use super::text::{number, percent};
use super::{Benchmark, Figure, FigureGroup, Report};
use crate::metric::{self, Point, RecordError, Settings, Unit};
use crate::outcome::Outcome;

/// Every metric by family.
pub(super) fn measured(
    report: &Report<'_>,
    settings: &Settings,
) -> Result<Vec<FigureGroup>, RecordError> {
    let Some(outcome) = report.outcome else {
        return Ok(Vec::new());
    };
    let benchmark = report.benchmark.as_ref();
    let benchmark = benchmark.and_then(|it| compared(outcome, it));
    let all = outcome.metrics(report.instruments, benchmark.as_deref(), settings)?;
    let mut all = all.into_iter();
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

/// The benchmark at every point of a run's curve: its newest value. None where it is coarser than the curve, which would
/// move its returns to other periods.
pub fn compared(outcome: &Outcome, benchmark: &Benchmark) -> Option<Vec<f64>> {
    let known = &benchmark.points;
    let points = outcome.points();
    if known.len() + 1 < points.len() {
        return None;
    }
    let first = known.first()?.1;
    let at = |point: &Point| {
        let place = known.partition_point(|(ts, _)| outcome.dated(*ts) <= point.ts);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        assert_eq!(words("max_drawdown"), "Max drawdown");
        assert_eq!(words("cagr"), "CAGR");
        assert!(metric::find("sharpe").is_some() && metric::find("cagr").is_some());
        assert_eq!(words("sharpe"), "Sharpe");
    }
}
