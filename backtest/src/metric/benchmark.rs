//! Beside a benchmark, period by period.

use super::facts::{Facts, Sample};
use super::{Definition, Figure, Undefined, Unit};

/// Of two series of the same length; nothing if one of them did not vary.
pub(super) fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let (x, y) = (Sample::of(one), Sample::of(other));
    x.deviation()?;
    y.deviation()?;
    Some(covariance(one, x.mean, other, y.mean) / (x.moments[0].sqrt() * y.moments[0].sqrt()))
}

/// With ddof 0.
fn covariance(one: &[f64], mean: f64, other: &[f64], other_mean: f64) -> f64 {
    let products = one
        .iter()
        .zip(other)
        .map(|(value, other)| (value - mean) * (other - other_mean));
    products.sum::<f64>() / one.len() as f64
}

/// Returns of the curve and of the benchmark.
fn pair<'a>(facts: &'a Facts<'_>) -> Result<(&'a [f64], &'a [f64]), Undefined> {
    let benchmark = facts.benchmark.as_ref().map_err(|&reason| reason)?;
    Ok((facts.returns(2)?, benchmark))
}

fn beta(facts: &Facts<'_>) -> Figure {
    let (returns, benchmark) = pair(facts)?;
    let other = Sample::of(benchmark);
    other.deviation().ok_or(Undefined::BenchmarkStill)?;
    Ok(covariance(returns, facts.kept.sample.mean, benchmark, other.mean) / other.moments[0])
}

fn alpha(facts: &Facts<'_>) -> Figure {
    let beta = beta(facts)?;
    let (_, benchmark) = pair(facts)?;
    let excess = Sample::of(benchmark).mean - facts.kept.risk_free;
    Ok(
        (facts.kept.sample.mean - facts.kept.risk_free - beta * excess)
            * facts.kept.periods_per_year,
    )
}

fn correlated(facts: &Facts<'_>) -> Figure {
    facts.deviation()?;
    let (returns, benchmark) = pair(facts)?;
    correlation(returns, benchmark).ok_or(Undefined::BenchmarkStill)
}

/// Mean and deviation of the difference of a period.
fn active(facts: &Facts<'_>) -> Result<(f64, f64), Undefined> {
    let (returns, benchmark) = pair(facts)?;
    let gaps: Vec<f64> = returns
        .iter()
        .zip(benchmark)
        .map(|(one, other)| one - other)
        .collect();
    let sample = Sample::of(&gaps);
    Ok((
        sample.mean,
        sample.deviation().ok_or(Undefined::SameAsBenchmark)?,
    ))
}

fn information_ratio(facts: &Facts<'_>) -> Figure {
    let (mean, deviation) = active(facts)?;
    Ok(mean / deviation * facts.kept.periods_per_year.sqrt())
}

fn tracking_error(facts: &Facts<'_>) -> Figure {
    Ok(active(facts)?.1 * facts.kept.periods_per_year.sqrt())
}

/// Compound annual growth in the periods that `of` picks by the benchmark's return, ours by the benchmark's.
fn capture(facts: &Facts<'_>, of: fn(f64) -> bool, none: Undefined) -> Figure {
    let (returns, benchmark) = pair(facts)?;
    let (mut growth, mut count) = ([0.0; 2], 0.0);
    for (&ours, &theirs) in returns.iter().zip(benchmark) {
        if of(theirs) {
            growth[0] += ours.ln_1p();
            growth[1] += theirs.ln_1p();
            count += 1.0;
        }
    }
    if count == 0.0 {
        return Err(none);
    }
    let [ours, theirs] = growth.map(|sum| (sum / count * facts.kept.periods_per_year).exp_m1());
    Ok(ours / theirs)
}

fn up_capture(facts: &Facts<'_>) -> Figure {
    capture(facts, |theirs| theirs > 0.0, Undefined::BenchmarkNeverRose)
}

fn down_capture(facts: &Facts<'_>) -> Figure {
    capture(facts, |theirs| theirs < 0.0, Undefined::BenchmarkNeverFell)
}

fn treynor(facts: &Facts<'_>) -> Figure {
    let beta = beta(facts)?;
    if beta == 0.0 {
        return Err(Undefined::NoBeta);
    }
    Ok((facts.kept.sample.mean - facts.kept.risk_free) * facts.kept.periods_per_year / beta)
}

fn benchmark_return(facts: &Facts<'_>) -> Figure {
    let (_, benchmark) = pair(facts)?;
    Ok(benchmark
        .iter()
        .map(|value| value.ln_1p())
        .sum::<f64>()
        .exp_m1())
}

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "benchmark_return",
        unit: Unit::Fraction,
        convention: "last / first - 1 of the benchmark",
        differs: "",
        compute: benchmark_return,
    },
    Definition {
        name: "excess_return",
        unit: Unit::Fraction,
        convention: "total_return - benchmark_return",
        differs: "",
        compute: |facts| {
            let (first, last) = facts.ends()?;
            Ok(last / first - 1.0 - benchmark_return(facts)?)
        },
    },
    Definition {
        name: "beta",
        unit: Unit::Ratio,
        convention: "covariance of returns with the benchmark's / variance of those",
        differs: "backtesting.py: of log returns",
        compute: beta,
    },
    Definition {
        name: "alpha",
        unit: Unit::Fraction,
        convention: "(mean excess return - beta * the benchmark's) * periods per year (Jensen)",
        differs: "empyrical compounds: (1 + alpha of a period)^252 - 1; backtesting.py: of the whole returns, not annual",
        compute: alpha,
    },
    Definition {
        name: "correlation",
        unit: Unit::Ratio,
        convention: "Pearson's, of returns",
        differs: "",
        compute: correlated,
    },
    Definition {
        name: "r_squared",
        unit: Unit::Ratio,
        convention: "the square of the correlation",
        differs: "",
        compute: |facts| correlated(facts).map(|value| value * value),
    },
    Definition {
        name: "tracking_error",
        unit: Unit::Fraction,
        convention: "standard deviation (ddof 1) of the difference of returns * sqrt(periods per year)",
        differs: "",
        compute: tracking_error,
    },
    Definition {
        name: "information_ratio",
        unit: Unit::Ratio,
        convention: "mean difference of returns * periods per year / tracking_error",
        differs: "quantstats, empyrical: of a period, smaller by sqrt(periods per year)",
        compute: information_ratio,
    },
    Definition {
        name: "treynor",
        unit: Unit::Ratio,
        convention: "mean excess return * periods per year / beta",
        differs: "quantstats: (total return - risk-free) / beta",
        compute: treynor,
    },
    Definition {
        name: "up_capture",
        unit: Unit::Ratio,
        convention: "cagr / the benchmark's, both over the periods in which it rose",
        differs: "",
        compute: up_capture,
    },
    Definition {
        name: "down_capture",
        unit: Unit::Ratio,
        convention: "cagr / the benchmark's, both over the periods in which it fell",
        differs: "",
        compute: down_capture,
    },
];
