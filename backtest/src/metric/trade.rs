//! What the closed trades say. Profits are after fees.

use super::facts::Facts;
use super::{Definition, Figure, Tally, Undefined, Unit};

fn trades<'a>(facts: &'a Facts<'_>) -> Result<&'a Tally, Undefined> {
    if facts.trades.trades == 0 {
        Err(Undefined::NoTrades)
    } else {
        Ok(&facts.trades)
    }
}

/// A sum by how many trades there are.
fn mean(facts: &Facts<'_>, of: impl Fn(&Tally) -> f64) -> Figure {
    let trades = trades(facts)?;
    Ok(of(trades) / trades.trades as f64)
}

fn average_win(facts: &Facts<'_>) -> Figure {
    let trades = trades(facts)?;
    if trades.wins == 0 {
        return Err(Undefined::NoWins);
    }
    Ok(trades.won / trades.wins as f64)
}

/// The sum of losses, negative, and how many.
fn losses(facts: &Facts<'_>) -> Result<(f64, f64), Undefined> {
    let trades = trades(facts)?;
    if trades.losses == 0 {
        return Err(Undefined::NoLosses);
    }
    Ok((trades.lost, trades.losses as f64))
}

fn average_loss(facts: &Facts<'_>) -> Figure {
    losses(facts).map(|(lost, count)| lost / count)
}

fn win_rate(facts: &Facts<'_>) -> Figure {
    mean(facts, |trades| trades.wins as f64)
}

fn payoff(facts: &Facts<'_>) -> Figure {
    Ok(average_win(facts)? / -average_loss(facts)?)
}

fn profit_factor(facts: &Facts<'_>) -> Figure {
    let (lost, _) = losses(facts)?;
    Ok(facts.trades.won / -lost)
}

fn quality(facts: &Facts<'_>) -> Figure {
    if trades(facts)?.trades < 2 {
        return Err(Undefined::OneTrade);
    }
    let sample = &facts.profits;
    let deviation = sample.deviation().ok_or(Undefined::Still)?;
    Ok(sample.count.sqrt() * sample.mean / deviation)
}

fn kelly(facts: &Facts<'_>) -> Figure {
    let win_rate = win_rate(facts)?;
    Ok(win_rate - (1.0 - win_rate) / payoff(facts)?)
}

/// Of profits by what was put in.
fn returns<'a>(facts: &'a Facts<'_>) -> Result<&'a Tally, Undefined> {
    let trades = trades(facts)?;
    if trades.has_values {
        Ok(trades)
    } else {
        Err(Undefined::NoEntryValue)
    }
}

fn exposure(facts: &Facts<'_>) -> Figure {
    if facts.path.points == 0 {
        return Err(Undefined::Short);
    }
    Ok(facts.path.exposed as f64 / facts.path.points as f64)
}

fn turnover(facts: &Facts<'_>) -> Figure {
    facts.has_returns(1)?;
    let equity = facts.path.equity_sum / facts.path.points as f64;
    Ok(facts.trades.traded / equity / facts.years())
}

pub(super) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "trades",
        unit: Unit::Count,
        convention: "closed round trips",
        differs: "",
        compute: |facts| Ok(facts.trades.trades as f64),
    },
    Definition {
        name: "long_trades",
        unit: Unit::Fraction,
        convention: "round trips that bought first / all",
        differs: "",
        compute: |facts| mean(facts, |trades| trades.longs as f64),
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
        compute: |facts| mean(facts, |trades| trades.profit),
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
        compute: average_win,
    },
    Definition {
        name: "average_loss",
        unit: Unit::Money,
        convention: "mean profit of the trades that lost; negative",
        differs: "",
        compute: average_loss,
    },
    Definition {
        name: "best_trade",
        unit: Unit::Money,
        convention: "the highest profit",
        differs: "",
        compute: |facts| trades(facts).map(|trades| trades.best),
    },
    Definition {
        name: "worst_trade",
        unit: Unit::Money,
        convention: "the lowest profit",
        differs: "",
        compute: |facts| trades(facts).map(|trades| trades.worst),
    },
    Definition {
        name: "average_trade_return",
        unit: Unit::Fraction,
        convention: "arithmetic mean of profit / value at entry",
        differs: "backtesting.py's Avg. Trade is the geometric mean, its Expectancy the arithmetic one",
        compute: |facts| returns(facts).map(|trades| trades.returned / trades.trades as f64),
    },
    Definition {
        name: "best_trade_return",
        unit: Unit::Fraction,
        convention: "the highest profit / value at entry",
        differs: "",
        compute: |facts| returns(facts).map(|trades| trades.best_return),
    },
    Definition {
        name: "worst_trade_return",
        unit: Unit::Fraction,
        convention: "the lowest profit / value at entry",
        differs: "",
        compute: |facts| returns(facts).map(|trades| trades.worst_return),
    },
    Definition {
        name: "longest_winning_streak",
        unit: Unit::Count,
        convention: "most trades in a row with a profit above 0",
        differs: "quantstats: of periods",
        compute: |facts| trades(facts).map(|trades| trades.streaks().0 as f64),
    },
    Definition {
        name: "longest_losing_streak",
        unit: Unit::Count,
        convention: "most trades in a row with a profit below 0",
        differs: "quantstats: of periods",
        compute: |facts| trades(facts).map(|trades| trades.streaks().1 as f64),
    },
    Definition {
        name: "average_bars_held",
        unit: Unit::Ratio,
        convention: "mean of bars from entry to exit",
        differs: "",
        compute: |facts| mean(facts, |trades| trades.bars),
    },
    Definition {
        name: "average_holding_time",
        unit: Unit::Days,
        convention: "mean time from entry to exit",
        differs: "",
        compute: |facts| mean(facts, |trades| trades.days),
    },
    Definition {
        name: "fees",
        unit: Unit::Money,
        convention: "sum of the fees of closed trades",
        differs: "",
        compute: |facts| Ok(facts.trades.fees),
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
