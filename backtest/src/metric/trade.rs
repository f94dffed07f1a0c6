//! What the closed trades say. Profits are after fees.

use super::facts::{Facts, Sample};
use super::{Definition, Figure, Trade, Undefined, Unit};

fn trades<'a>(facts: &Facts<'a>) -> Result<&'a [Trade], Undefined> {
    if facts.trades.is_empty() {
        Err(Undefined::NoTrades)
    } else {
        Ok(facts.trades)
    }
}

fn mean(facts: &Facts<'_>, of: impl Fn(&Trade) -> f64) -> Figure {
    let trades = trades(facts)?;
    Ok(trades.iter().map(of).sum::<f64>() / trades.len() as f64)
}

fn wins(facts: &Facts<'_>) -> Result<Vec<f64>, Undefined> {
    let profits = trades(facts)?.iter().map(|trade| trade.profit);
    let wins: Vec<f64> = profits.filter(|&profit| profit > 0.0).collect();
    if wins.is_empty() {
        Err(Undefined::NoWins)
    } else {
        Ok(wins)
    }
}

fn losses(facts: &Facts<'_>) -> Result<Vec<f64>, Undefined> {
    let profits = trades(facts)?.iter().map(|trade| trade.profit);
    let losses: Vec<f64> = profits.filter(|&profit| profit < 0.0).collect();
    if losses.is_empty() {
        Err(Undefined::NoLosses)
    } else {
        Ok(losses)
    }
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn win_rate(facts: &Facts<'_>) -> Figure {
    mean(facts, |trade| f64::from(trade.profit > 0.0))
}

fn payoff(facts: &Facts<'_>) -> Figure {
    Ok(average(&wins(facts)?) / -average(&losses(facts)?))
}

fn profit_factor(facts: &Facts<'_>) -> Figure {
    let losses: f64 = losses(facts)?.iter().sum();
    let gains: f64 = trades(facts)?
        .iter()
        .map(|trade| trade.profit.max(0.0))
        .sum();
    Ok(gains / -losses)
}

fn quality(facts: &Facts<'_>) -> Figure {
    let profits: Vec<f64> = trades(facts)?.iter().map(|trade| trade.profit).collect();
    if profits.len() < 2 {
        return Err(Undefined::OneTrade);
    }
    let sample = Sample::of(&profits);
    let deviation = sample.deviation().ok_or(Undefined::Still)?;
    Ok(sample.count.sqrt() * sample.mean / deviation)
}

fn kelly(facts: &Facts<'_>) -> Figure {
    let win_rate = win_rate(facts)?;
    Ok(win_rate - (1.0 - win_rate) / payoff(facts)?)
}

/// Profits by what was put in.
fn returns(facts: &Facts<'_>) -> Result<Vec<f64>, Undefined> {
    let trades = trades(facts)?;
    if trades.iter().any(|trade| trade.entry_value == 0.0) {
        return Err(Undefined::NoEntryValue);
    }
    Ok(trades
        .iter()
        .map(|trade| trade.profit / trade.entry_value)
        .collect())
}

fn streak(facts: &Facts<'_>, of: fn(f64) -> bool) -> Figure {
    let (mut longest, mut current) = (0_u64, 0_u64);
    for trade in trades(facts)? {
        current = if of(trade.profit) { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    Ok(longest as f64)
}

fn extreme(facts: &Facts<'_>, of: fn(f64, f64) -> f64) -> Figure {
    let profits = trades(facts)?.iter().map(|trade| trade.profit);
    profits.reduce(of).ok_or(Undefined::NoTrades)
}

fn extreme_return(facts: &Facts<'_>, of: fn(f64, f64) -> f64) -> Figure {
    returns(facts)?
        .into_iter()
        .reduce(of)
        .ok_or(Undefined::NoTrades)
}

fn exposure(facts: &Facts<'_>) -> Figure {
    if facts.points.is_empty() {
        return Err(Undefined::Short);
    }
    let exposed = facts.points.iter().filter(|point| point.exposed).count();
    Ok(exposed as f64 / facts.points.len() as f64)
}

fn turnover(facts: &Facts<'_>) -> Figure {
    facts.returns(1)?;
    let traded: f64 = facts
        .trades
        .iter()
        .map(|trade| trade.entry_value + trade.exit_value)
        .sum();
    let equity: f64 = facts.points.iter().map(|point| point.equity).sum();
    Ok(traded / (equity / facts.points.len() as f64) / facts.years())
}

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "trades",
        unit: Unit::Count,
        convention: "closed round trips",
        differs: "",
        compute: |facts| Ok(facts.trades.len() as f64),
    },
    Definition {
        name: "long_trades",
        unit: Unit::Fraction,
        convention: "round trips that bought first / all",
        differs: "",
        compute: |facts| mean(facts, |trade| f64::from(trade.long)),
    },
    Definition {
        name: "win_rate",
        unit: Unit::Fraction,
        convention: "trades with a profit above 0 / all trades",
        differs: "quantstats: of periods that moved, which is positive_periods here",
        compute: win_rate,
    },
    Definition {
        name: "profit_factor",
        unit: Unit::Ratio,
        convention: "sum of winning profits / sum of losing ones, in money",
        differs: "backtesting.py: of the trades' returns; quantstats: of periods, which is omega here",
        compute: profit_factor,
    },
    Definition {
        name: "payoff_ratio",
        unit: Unit::Ratio,
        convention: "average_win / -average_loss",
        differs: "quantstats: of periods",
        compute: payoff,
    },
    Definition {
        name: "expectancy",
        unit: Unit::Money,
        convention: "mean profit of a trade",
        differs: "backtesting.py: mean return of a trade, which is average_trade_return here",
        compute: |facts| mean(facts, |trade| trade.profit),
    },
    Definition {
        name: "sqn",
        unit: Unit::Ratio,
        convention: "sqrt(trades) * mean profit / standard deviation (ddof 1)",
        differs: "Tharp takes at most 100 for the number of trades",
        compute: quality,
    },
    Definition {
        name: "kelly",
        unit: Unit::Fraction,
        convention: "win_rate - (1 - win_rate) / payoff_ratio",
        differs: "quantstats: of periods",
        compute: kelly,
    },
    Definition {
        name: "average_win",
        unit: Unit::Money,
        convention: "mean profit of the trades that won",
        differs: "",
        compute: |facts| wins(facts).map(|wins| average(&wins)),
    },
    Definition {
        name: "average_loss",
        unit: Unit::Money,
        convention: "mean profit of the trades that lost; negative",
        differs: "",
        compute: |facts| losses(facts).map(|losses| average(&losses)),
    },
    Definition {
        name: "best_trade",
        unit: Unit::Money,
        convention: "the highest profit",
        differs: "",
        compute: |facts| extreme(facts, f64::max),
    },
    Definition {
        name: "worst_trade",
        unit: Unit::Money,
        convention: "the lowest profit",
        differs: "",
        compute: |facts| extreme(facts, f64::min),
    },
    Definition {
        name: "average_trade_return",
        unit: Unit::Fraction,
        convention: "arithmetic mean of profit / value at entry",
        differs: "backtesting.py's Avg. Trade is the geometric mean, its Expectancy the arithmetic one",
        compute: |facts| returns(facts).map(|returns| average(&returns)),
    },
    Definition {
        name: "best_trade_return",
        unit: Unit::Fraction,
        convention: "the highest profit / value at entry",
        differs: "",
        compute: |facts| extreme_return(facts, f64::max),
    },
    Definition {
        name: "worst_trade_return",
        unit: Unit::Fraction,
        convention: "the lowest profit / value at entry",
        differs: "",
        compute: |facts| extreme_return(facts, f64::min),
    },
    Definition {
        name: "longest_winning_streak",
        unit: Unit::Count,
        convention: "most trades in a row with a profit above 0",
        differs: "quantstats: of periods",
        compute: |facts| streak(facts, |profit| profit > 0.0),
    },
    Definition {
        name: "longest_losing_streak",
        unit: Unit::Count,
        convention: "most trades in a row with a profit below 0",
        differs: "quantstats: of periods",
        compute: |facts| streak(facts, |profit| profit < 0.0),
    },
    Definition {
        name: "average_bars_held",
        unit: Unit::Ratio,
        convention: "mean of bars from entry to exit",
        differs: "",
        compute: |facts| mean(facts, |trade| f64::from(trade.bars)),
    },
    Definition {
        name: "average_holding_time",
        unit: Unit::Days,
        convention: "mean time from entry to exit",
        differs: "",
        compute: |facts| {
            mean(facts, |trade| {
                trade.exit_ts.0.saturating_sub(trade.entry_ts.0) as f64 / 86_400e9
            })
        },
    },
    Definition {
        name: "fees",
        unit: Unit::Money,
        convention: "sum of the fees of closed trades",
        differs: "",
        compute: |facts| Ok(facts.trades.iter().map(|trade| trade.fees).sum()),
    },
    Definition {
        name: "exposure",
        unit: Unit::Fraction,
        convention: "points at which something was held / all points",
        differs: "backtesting.py: bars from entry to exit, both included; quantstats: periods that moved, rounded up to \
                  a percent",
        compute: exposure,
    },
    Definition {
        name: "turnover",
        unit: Unit::Ratio,
        convention: "value of entries and exits of closed trades / mean equity / years",
        differs: "",
        compute: turnover,
    },
];
