//! How far and how long below the peak.

use super::facts::Facts;
use super::{Definition, Figure, Undefined, Unit};

const DAY_NS: f64 = 86_400e9;

/// Fractions of a peak mean nothing once equity was not above 0.
fn of_curve<'a>(facts: &'a Facts<'_>) -> Result<&'a Facts<'a>, Undefined> {
    facts.returns(1).map(|_| facts)
}

fn max_drawdown(facts: &Facts<'_>) -> Figure {
    let below = &of_curve(facts)?.below;
    Ok(below.iter().copied().fold(0.0, f64::max))
}

pub(super) fn deepest_in_money(facts: &Facts<'_>) -> Figure {
    let (first, _) = facts.ends()?;
    let (mut peak, mut deepest) = (first, 0.0_f64);
    for point in facts.points {
        peak = peak.max(point.equity);
        deepest = deepest.max(peak - point.equity);
    }
    Ok(deepest)
}

pub(super) fn ulcer(facts: &Facts<'_>) -> Figure {
    facts.returns(2)?;
    let squares: f64 = facts.below.iter().map(|below| below * below).sum();
    Ok((squares / (facts.sample.count - 1.0)).sqrt())
}

fn longest(facts: &Facts<'_>) -> Figure {
    let durations = of_curve(facts)?
        .drawdowns
        .iter()
        .map(|stretch| stretch.duration_ns);
    let longest = durations.max().ok_or(Undefined::NoDrawdown)?;
    Ok(longest as f64 / DAY_NS)
}

fn average(facts: &Facts<'_>, of: fn(&super::facts::Drawdown) -> f64) -> Figure {
    let stretches = &of_curve(facts)?.drawdowns;
    if stretches.is_empty() {
        return Err(Undefined::NoDrawdown);
    }
    Ok(stretches.iter().map(of).sum::<f64>() / stretches.len() as f64)
}

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "max_drawdown",
        unit: Unit::Fraction,
        convention: "greatest (peak - equity) / peak, positive; 0 if there was none",
        differs: "quantstats, empyrical, backtesting.py: the same, negative",
        compute: max_drawdown,
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
        compute: longest,
    },
    Definition {
        name: "average_drawdown",
        unit: Unit::Fraction,
        convention: "mean of the greatest depth of each stretch below a peak, the last one included",
        differs: "",
        compute: |facts| average(facts, |stretch| stretch.depth),
    },
    Definition {
        name: "average_drawdown_duration",
        unit: Unit::Days,
        convention: "mean time of the stretches below a peak",
        differs: "",
        compute: |facts| average(facts, |stretch| stretch.duration_ns as f64 / DAY_NS),
    },
    Definition {
        name: "drawdowns",
        unit: Unit::Count,
        convention: "how many stretches below a peak there were",
        differs: "",
        compute: |facts| Ok(of_curve(facts)?.drawdowns.len() as f64),
    },
    Definition {
        name: "current_drawdown",
        unit: Unit::Fraction,
        convention: "(peak - equity) / peak at the last point",
        differs: "",
        compute: |facts| {
            of_curve(facts)?
                .below
                .last()
                .copied()
                .ok_or(Undefined::Short)
        },
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
        compute: |facts| {
            let below = &of_curve(facts)?.below;
            Ok(below.iter().sum::<f64>() / facts.sample.count)
        },
    },
    Definition {
        name: "time_under_water",
        unit: Unit::Fraction,
        convention: "points below a peak / all points but the first",
        differs: "",
        compute: |facts| {
            let below = &of_curve(facts)?.below;
            let under = below.iter().filter(|&&below| below > 0.0).count();
            Ok(under as f64 / facts.sample.count)
        },
    },
];
