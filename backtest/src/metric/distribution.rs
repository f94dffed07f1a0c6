//! The shape of the returns.

use super::facts::{Facts, TAIL};
use super::{Definition, Figure, Undefined, Unit, normal};

fn skew(facts: &Facts<'_>) -> Figure {
    facts.has_returns(3)?;
    facts.deviation()?;
    let [second, third, _] = facts.sample.moments;
    let count = facts.sample.count;
    Ok((count * (count - 1.0)).sqrt() / (count - 2.0) * third / second.powf(1.5))
}

fn kurtosis(facts: &Facts<'_>) -> Figure {
    facts.has_returns(4)?;
    facts.deviation()?;
    let [second, _, fourth] = facts.sample.moments;
    let count = facts.sample.count;
    let excess = fourth / (second * second) - 3.0;
    Ok((count - 1.0) / ((count - 2.0) * (count - 3.0)) * ((count + 1.0) * excess + 6.0))
}

fn value_at_risk(facts: &Facts<'_>) -> Figure {
    facts.quantile(1.0 - facts.settings.confidence)
}

fn expected_shortfall(facts: &Facts<'_>) -> Figure {
    let limit = value_at_risk(facts)?;
    let (mut sum, mut count) = (0.0, 0.0);
    for &value in facts.returns.iter().filter(|&&value| value <= limit) {
        sum += value;
        count += 1.0;
    }
    Ok(sum / count)
}

pub(super) fn tail_ratio(facts: &Facts<'_>) -> Figure {
    let (low, high) = (facts.quantile(TAIL)?, facts.quantile(1.0 - TAIL)?);
    if low == 0.0 {
        return Err(Undefined::NoTail);
    }
    Ok((high / low).abs())
}

fn autocorrelation(facts: &Facts<'_>) -> Figure {
    let returns = facts.returns(3)?;
    facts.deviation()?;
    super::benchmark::correlation(&returns[1..], &returns[..returns.len() - 1])
        .ok_or(Undefined::Still)
}

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "skew",
        unit: Unit::Ratio,
        convention: "of the sample: sqrt(n (n-1)) / (n-2) * m3 / m2^1.5 (pandas, Excel)",
        differs: "scipy: m3 / m2^1.5",
        compute: skew,
    },
    Definition {
        name: "kurtosis",
        unit: Unit::Ratio,
        convention: "excess, of the sample: (n-1) / ((n-2) (n-3)) ((n+1) (m4 / m2^2 - 3) + 6) (pandas, Excel)",
        differs: "scipy: m4 / m2^2 - 3",
        compute: kurtosis,
    },
    Definition {
        name: "value_at_risk",
        unit: Unit::Fraction,
        convention: "historical: the quantile of returns at 1 - confidence, between neighbours in proportion",
        differs: "quantstats: of a normal distribution, which is value_at_risk_normal here",
        compute: value_at_risk,
    },
    Definition {
        name: "value_at_risk_normal",
        unit: Unit::Fraction,
        convention: "mean + standard deviation (ddof 1) * Z(1 - confidence)",
        differs: "",
        compute: |facts| {
            let deviation = facts.deviation()?;
            Ok(facts.sample.mean + deviation * normal::quantile(1.0 - facts.settings.confidence))
        },
    },
    Definition {
        name: "expected_shortfall",
        unit: Unit::Fraction,
        convention: "CVaR, historical: mean of the returns at or below value_at_risk",
        differs: "quantstats: of a normal distribution unless it is told otherwise; empyrical: of equal returns at the \
                  limit only as many as make up the share",
        compute: expected_shortfall,
    },
    Definition {
        name: "tail_ratio",
        unit: Unit::Ratio,
        convention: "|quantile at 0.95 / quantile at 0.05|",
        differs: "",
        compute: tail_ratio,
    },
    Definition {
        name: "autocorrelation",
        unit: Unit::Ratio,
        convention: "Pearson's correlation of returns with those a period before",
        differs: "",
        compute: autocorrelation,
    },
];
