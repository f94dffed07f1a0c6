//! How much it became.

use super::facts::Facts;
use super::{Definition, Figure, Undefined, Unit, calendar};

fn total_return(facts: &Facts<'_>) -> Figure {
    let (first, last) = facts.ends()?;
    facts.has_returns(1)?;
    Ok(last / first - 1.0)
}

/// By the count of periods.
pub(super) fn cagr(facts: &Facts<'_>) -> Figure {
    facts.has_returns(1)?;
    let (first, last) = facts.ends()?;
    Ok((last / first).powf(1.0 / facts.years()) - 1.0)
}

fn cagr_calendar(facts: &Facts<'_>) -> Figure {
    facts.has_returns(1)?;
    let (first, last) = facts.ends()?;
    let days = (facts.path.last_ns - facts.path.first_ns) as f64 / 86_400e9;
    Ok((last / first).powf(365.25 / days) - 1.0)
}

/// Of the regression of the log of growth on the number of the period, the first point left out.
fn stability(facts: &Facts<'_>) -> Figure {
    facts.returns(2)?;
    let (first, _) = facts.ends()?;
    let logs: Vec<f64> = facts.points[1..]
        .iter()
        .map(|point| (point.equity / first).ln())
        .collect();
    let places: Vec<f64> = (0..logs.len()).map(|place| place as f64).collect();
    super::benchmark::correlation(&logs, &places)
        .map(|correlation| correlation * correlation)
        .ok_or(Undefined::Still)
}

fn share_of_gains(facts: &Facts<'_>) -> Figure {
    facts.has_returns(1)?;
    if facts.path.moves == 0 {
        return Err(Undefined::Still);
    }
    Ok(facts.path.rises as f64 / facts.path.moves as f64)
}

fn best(returns: impl IntoIterator<Item = f64>) -> Figure {
    returns.into_iter().reduce(f64::max).ok_or(Undefined::Short)
}

fn worst(returns: impl IntoIterator<Item = f64>) -> Figure {
    returns.into_iter().reduce(f64::min).ok_or(Undefined::Short)
}

fn months(facts: &Facts<'_>) -> Result<Vec<f64>, Undefined> {
    facts.returns(1)?;
    let months = calendar::by_month(facts.points, &facts.settings.zone);
    Ok(months.iter().map(|month| month.value).collect())
}

fn years(facts: &Facts<'_>) -> Result<Vec<f64>, Undefined> {
    facts.returns(1)?;
    let years = calendar::by_year(facts.points, &facts.settings.zone);
    Ok(years.iter().map(|year| year.value).collect())
}

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "final_equity",
        unit: Unit::Money,
        convention: "the last point",
        differs: "",
        compute: |facts| facts.ends().map(|(_, last)| last),
    },
    Definition {
        name: "net_profit",
        unit: Unit::Money,
        convention: "last less first point",
        differs: "",
        compute: |facts| facts.ends().map(|(first, last)| last - first),
    },
    Definition {
        name: "total_return",
        unit: Unit::Fraction,
        convention: "last / first - 1",
        differs: "",
        compute: total_return,
    },
    Definition {
        name: "cagr",
        unit: Unit::Fraction,
        convention: "(last / first)^(periods per year / n) - 1, n the number of returns",
        differs: "",
        compute: cagr,
    },
    Definition {
        name: "cagr_calendar",
        unit: Unit::Fraction,
        convention: "(last / first)^(365.25 / days) - 1, by the time that passed",
        differs: "",
        compute: cagr_calendar,
    },
    Definition {
        name: "mean_return",
        unit: Unit::Fraction,
        convention: "arithmetic mean of the returns of a period",
        differs: "",
        compute: |facts| facts.has_returns(1).map(|()| facts.sample.mean),
    },
    Definition {
        name: "geometric_mean_return",
        unit: Unit::Fraction,
        convention: "(last / first)^(1 / n) - 1",
        differs: "",
        compute: |facts| {
            facts.has_returns(1)?;
            let count = facts.sample.count;
            let (first, last) = facts.ends()?;
            Ok((last / first).powf(1.0 / count) - 1.0)
        },
    },
    Definition {
        name: "best_period",
        unit: Unit::Fraction,
        convention: "the highest return of a period",
        differs: "",
        compute: |facts| facts.has_returns(1).map(|()| facts.path.best),
    },
    Definition {
        name: "worst_period",
        unit: Unit::Fraction,
        convention: "the lowest return of a period",
        differs: "",
        compute: |facts| facts.has_returns(1).map(|()| facts.path.worst),
    },
    Definition {
        name: "positive_periods",
        unit: Unit::Fraction,
        convention: "periods with a gain / periods that moved",
        differs: "",
        compute: share_of_gains,
    },
    Definition {
        name: "best_month",
        unit: Unit::Fraction,
        convention: "the highest return of a calendar month, cut at the ends of the curve",
        differs: "",
        compute: |facts| best(months(facts)?),
    },
    Definition {
        name: "worst_month",
        unit: Unit::Fraction,
        convention: "the lowest return of a calendar month, cut at the ends of the curve",
        differs: "",
        compute: |facts| worst(months(facts)?),
    },
    Definition {
        name: "positive_months",
        unit: Unit::Fraction,
        convention: "calendar months with a gain / all months that had a return",
        differs: "",
        compute: |facts| {
            let months = months(facts)?;
            let gains = months.iter().filter(|&&value| value > 0.0).count();
            Ok(gains as f64 / months.len() as f64)
        },
    },
    Definition {
        name: "best_year",
        unit: Unit::Fraction,
        convention: "the highest return of a calendar year, cut at the ends of the curve",
        differs: "",
        compute: |facts| best(years(facts)?),
    },
    Definition {
        name: "worst_year",
        unit: Unit::Fraction,
        convention: "the lowest return of a calendar year, cut at the ends of the curve",
        differs: "",
        compute: |facts| worst(years(facts)?),
    },
    Definition {
        name: "stability",
        unit: Unit::Ratio,
        convention: "R2 of the log of growth regressed on the period's number, without the first point",
        differs: "",
        compute: stability,
    },
];
