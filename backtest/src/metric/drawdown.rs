//! How far and how long below the peak.

use types::TimestampNs;

use super::facts::Facts;
use super::path::{Path, depth};
use super::{Definition, Figure, Point, Undefined, Unit};

/// A stretch of the curve below a peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawdown {
    /// The last point at the peak.
    pub peak_ts: TimestampNs,
    /// The first of its deepest points.
    pub valley_ts: TimestampNs,
    /// The first point that is no longer below the peak, or the end of the curve.
    pub end_ts: TimestampNs,
    /// Whether the peak was reached again.
    pub recovered: bool,
    /// How deep it was, as a positive fraction of the peak.
    pub depth: f64,
}

impl Drawdown {
    /// From the peak to the end, in nanoseconds.
    pub fn duration_ns(&self) -> u64 {
        self.end_ts.0 - self.peak_ts.0
    }
}

/// All stretches below a peak, in the order of time. A curve below 0 has no depth there.
pub fn drawdowns(points: &[Point]) -> Vec<Drawdown> {
    let mut stretches: Vec<Drawdown> = Vec::new();
    let Some(mut peak) = points.first() else {
        return stretches;
    };
    let mut open: Option<Drawdown> = None;
    for point in points {
        if point.equity >= peak.equity {
            peak = point;
            if let Some(stretch) = open.take() {
                stretches.push(Drawdown {
                    end_ts: point.ts,
                    recovered: true,
                    ..stretch
                });
            }
            continue;
        }
        let depth = depth(peak.equity, point.equity);
        let stretch = open.get_or_insert(Drawdown {
            peak_ts: peak.ts,
            valley_ts: point.ts,
            end_ts: point.ts,
            recovered: false,
            depth,
        });
        stretch.end_ts = point.ts;
        if depth > stretch.depth {
            (stretch.depth, stretch.valley_ts) = (depth, point.ts);
        }
    }
    stretches.extend(open);
    stretches
}

/// Fractions of a peak mean nothing once equity was not above 0.
fn of_curve<'a>(facts: &'a Facts<'_>) -> Result<&'a Path, Undefined> {
    facts.has_returns(1).map(|()| &facts.path)
}

pub(super) fn deepest_in_money(facts: &Facts<'_>) -> Figure {
    facts.ends()?;
    Ok(facts.path.deepest_in_money)
}

pub(super) fn ulcer(facts: &Facts<'_>) -> Figure {
    facts.has_returns(2)?;
    Ok((facts.path.below_squares / (facts.sample.count - 1.0)).sqrt())
}

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "max_drawdown",
        unit: Unit::Fraction,
        convention: "greatest (peak - equity) / peak, positive; 0 if there was none",
        differs: "quantstats, empyrical, backtesting.py: the same, negative",
        compute: |facts| Ok(of_curve(facts)?.deepest),
    },
    Definition {
        name: "max_drawdown_money",
        unit: Unit::Money,
        convention: "greatest peak - equity",
        differs: "",
        compute: deepest_in_money,
    },
    Definition {
        name: "max_drawdown_duration",
        unit: Unit::Days,
        convention: "longest time from a peak to the first point not below it, or to the end",
        differs: "quantstats counts from the first point below the peak, both ends included",
        compute: |facts| of_curve(facts)?.drawdowns().map(|(_, _, longest)| longest),
    },
    Definition {
        name: "average_drawdown",
        unit: Unit::Fraction,
        convention: "mean of the greatest depth of each stretch below a peak, the last one included",
        differs: "",
        compute: |facts| of_curve(facts)?.drawdowns().map(|(depth, _, _)| depth),
    },
    Definition {
        name: "average_drawdown_duration",
        unit: Unit::Days,
        convention: "mean time of the stretches below a peak",
        differs: "",
        compute: |facts| of_curve(facts)?.drawdowns().map(|(_, days, _)| days),
    },
    Definition {
        name: "drawdowns",
        unit: Unit::Count,
        convention: "how many stretches below a peak there were",
        differs: "",
        compute: |facts| Ok(of_curve(facts)?.stretches() as f64),
    },
    Definition {
        name: "current_drawdown",
        unit: Unit::Fraction,
        convention: "(peak - equity) / peak at the last point",
        differs: "",
        compute: |facts| Ok(of_curve(facts)?.below),
    },
    Definition {
        name: "ulcer_index",
        unit: Unit::Fraction,
        convention: "sqrt(sum of squared drawdowns / (n - 1)), n the number of returns",
        differs: "Martin 1987 divides by n",
        compute: ulcer,
    },
    Definition {
        name: "pain_index",
        unit: Unit::Fraction,
        convention: "mean drawdown over all points but the first",
        differs: "",
        compute: |facts| Ok(of_curve(facts)?.below_sum / facts.sample.count),
    },
    Definition {
        name: "time_under_water",
        unit: Unit::Fraction,
        convention: "points below a peak / all points but the first",
        differs: "",
        compute: |facts| Ok(of_curve(facts)?.under as f64 / facts.sample.count),
    },
];
