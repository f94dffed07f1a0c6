//! Reward by risk.

use super::facts::Facts;
use super::{Definition, Figure, Undefined, Unit, growth, normal};

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

fn volatility(facts: &Facts<'_>) -> Figure {
    Ok(facts.deviation()? * facts.settings.periods_per_year.sqrt())
}

/// Per period.
fn sharpe_of_period(facts: &Facts<'_>) -> Figure {
    Ok((facts.sample.mean - facts.risk_free) / facts.deviation()?)
}

fn sharpe(facts: &Facts<'_>) -> Figure {
    Ok(sharpe_of_period(facts)? * facts.settings.periods_per_year.sqrt())
}

/// Per period, over all periods, below 0.
fn downside(facts: &Facts<'_>) -> Figure {
    facts.has_returns(1)?;
    let squares = facts.path.loss_squares;
    if squares > 0.0 {
        Ok((squares / facts.sample.count).sqrt())
    } else {
        Err(Undefined::NoLoss)
    }
}

fn sortino(facts: &Facts<'_>) -> Figure {
    let scale = facts.settings.periods_per_year.sqrt();
    Ok((facts.sample.mean - facts.risk_free) / downside(facts)? * scale)
}

fn gains_and_losses(facts: &Facts<'_>) -> Result<(f64, f64), Undefined> {
    facts.has_returns(1)?;
    if facts.path.losses > 0.0 {
        Ok((facts.path.gains, facts.path.losses))
    } else {
        Err(Undefined::NoLoss)
    }
}

fn deepest(facts: &Facts<'_>) -> Figure {
    facts.has_returns(1)?;
    if facts.path.stretches() == 0 {
        return Err(Undefined::NoDrawdown);
    }
    Ok(facts.path.deepest)
}

fn calmar(facts: &Facts<'_>) -> Figure {
    Ok(growth::cagr(facts)? / deepest(facts)?)
}

fn ulcer_performance(facts: &Facts<'_>) -> Figure {
    let ulcer = super::drawdown::ulcer(facts)?;
    if ulcer == 0.0 {
        return Err(Undefined::NoDrawdown);
    }
    Ok((growth::cagr(facts)? - facts.settings.risk_free) / ulcer)
}

fn recovery(facts: &Facts<'_>) -> Figure {
    let (first, last) = facts.ends()?;
    let deepest = super::drawdown::deepest_in_money(facts)?;
    if deepest == 0.0 {
        return Err(Undefined::NoDrawdown);
    }
    Ok((last - first) / deepest)
}

/// Standard error of the Sharpe ratio of a period (Mertens 2002; Lo 2002 without its skew and kurtosis).
fn standard_error(facts: &Facts<'_>) -> Figure {
    let sharpe = sharpe_of_period(facts)?;
    let [second, third, fourth] = facts.sample.moments;
    let skew = third / second.powf(1.5);
    let kurtosis = fourth / (second * second);
    let variance = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe;
    if variance > 0.0 {
        Ok((variance / (facts.sample.count - 1.0)).sqrt())
    } else {
        Err(Undefined::NoVariance)
    }
}

/// The best Sharpe ratio of a period that so many trials without any skill would show.
fn expected_best(facts: &Facts<'_>) -> Figure {
    let trials = facts.settings.trials.ok_or(Undefined::NoTrials)?;
    let count = trials.count as f64;
    let best = (1.0 - EULER) * normal::quantile(1.0 - 1.0 / count)
        + EULER * normal::quantile(1.0 - 1.0 / (count * std::f64::consts::E));
    Ok(trials.variance.sqrt() * best)
}

fn probabilistic_sharpe(facts: &Facts<'_>) -> Figure {
    Ok(normal::cumulative(
        sharpe_of_period(facts)? / standard_error(facts)?,
    ))
}

fn deflated_sharpe(facts: &Facts<'_>) -> Figure {
    let gap = sharpe_of_period(facts)? - expected_best(facts)?;
    Ok(normal::cumulative(gap / standard_error(facts)?))
}

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "volatility",
        unit: Unit::Fraction,
        convention: "standard deviation of returns (ddof 1) * sqrt(periods per year)",
        differs: "backtesting.py compounds it: sqrt((var + (1+g)^2)^252 - (1+g)^504), g the geometric mean",
        compute: volatility,
    },
    Definition {
        name: "sharpe",
        unit: Unit::Ratio,
        convention: "(mean return - risk-free of a period) / standard deviation (ddof 1) * sqrt(periods per year)",
        differs: "backtesting.py: compounded return / compounded volatility",
        compute: sharpe,
    },
    Definition {
        name: "sharpe_error",
        unit: Unit::Ratio,
        convention: "sqrt((1 - g3 S + (g4 - 1)/4 S^2) / (n - 1)) * sqrt(periods per year), S of a period, g3 and g4 \
                     skew and kurtosis of the population",
        differs: "",
        compute: |facts| Ok(standard_error(facts)? * facts.settings.periods_per_year.sqrt()),
    },
    Definition {
        name: "probabilistic_sharpe",
        unit: Unit::Fraction,
        convention: "probability that the true Sharpe ratio is above 0 (Bailey and Lopez de Prado 2012)",
        differs: "quantstats: skew and kurtosis of the sample",
        compute: probabilistic_sharpe,
    },
    Definition {
        name: "expected_best_sharpe",
        unit: Unit::Ratio,
        convention: "the best annual Sharpe ratio that N trials without skill would show: sqrt(V) ((1 - e) Z(1 - 1/N) \
                     + e Z(1 - 1/(N E))), e Euler's constant, E its number, V the trials' variance, which a sweep takes as that of the error of \
                     the best one's ratio at least",
        differs: "",
        compute: |facts| Ok(expected_best(facts)? * facts.settings.periods_per_year.sqrt()),
    },
    Definition {
        name: "deflated_sharpe",
        unit: Unit::Fraction,
        convention: "probability that the true Sharpe ratio is above expected_best_sharpe (Bailey and Lopez de Prado \
                     2014)",
        differs: "",
        compute: deflated_sharpe,
    },
    Definition {
        name: "downside_deviation",
        unit: Unit::Fraction,
        convention: "sqrt(sum of squared losses / all n) * sqrt(periods per year), target 0",
        differs: "",
        compute: |facts| Ok(downside(facts)? * facts.settings.periods_per_year.sqrt()),
    },
    Definition {
        name: "sortino",
        unit: Unit::Ratio,
        convention: "(mean return - risk-free of a period) * periods per year / downside_deviation",
        differs: "backtesting.py: compounded return above; with a risk-free rate quantstats' target is that rate",
        compute: sortino,
    },
    Definition {
        name: "calmar",
        unit: Unit::Ratio,
        convention: "cagr / max_drawdown, over the whole curve",
        differs: "",
        compute: calmar,
    },
    Definition {
        name: "omega",
        unit: Unit::Ratio,
        convention: "sum of gains / sum of losses, threshold 0",
        differs: "",
        compute: |facts| gains_and_losses(facts).map(|(gains, losses)| gains / losses),
    },
    Definition {
        name: "gain_to_pain",
        unit: Unit::Ratio,
        convention: "sum of returns / sum of losses (Schwager), of the curve's periods",
        differs: "Schwager takes months",
        compute: |facts| gains_and_losses(facts).map(|(gains, losses)| (gains - losses) / losses),
    },
    Definition {
        name: "common_sense_ratio",
        unit: Unit::Ratio,
        convention: "omega * tail_ratio",
        differs: "",
        compute: |facts| {
            let (gains, losses) = gains_and_losses(facts)?;
            Ok(gains / losses * super::distribution::tail_ratio(facts)?)
        },
    },
    Definition {
        name: "ulcer_performance",
        unit: Unit::Ratio,
        convention: "(cagr - risk-free) / ulcer_index (Martin 1987)",
        differs: "quantstats: total return, not annual",
        compute: ulcer_performance,
    },
    Definition {
        name: "recovery_factor",
        unit: Unit::Ratio,
        convention: "net_profit / max_drawdown_money",
        differs: "quantstats: |sum of returns| / max_drawdown",
        compute: recovery,
    },
];
