//! A competition entry as the list of all its equities.

use types::{Notional, TimestampNs};

use super::rational::Rational;
use crate::competition::Competition;

/// All that was seen of an entry, day by day.
#[derive(Debug, Clone)]
pub struct EntryOracle {
    initial: Notional,
    /// Equities by day with their times; today last.
    days: Vec<Vec<(Notional, TimestampNs)>>,
}

/// A score in points, exact: the four weighted components, total return and maximum drawdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreFigures {
    /// Weighted profit.
    pub profit: Rational,
    /// Weighted risk-adjusted profit.
    pub risk: Rational,
    /// Weighted consistency.
    pub consistency: Rational,
    /// Weighted drawdown.
    pub drawdown: Rational,
    /// Return since entry.
    pub total_return: Rational,
    /// Deepest fall from a peak as a share of that peak.
    pub max_drawdown: Rational,
}

impl EntryOracle {
    /// An entry with this equity, above zero.
    pub fn enter(equity: Notional) -> Self {
        Self {
            initial: equity,
            days: vec![Vec::new()],
        }
    }

    /// Equity was this.
    pub fn observe(&mut self, equity: Notional, ts: TimestampNs) {
        if let Some(today) = self.days.last_mut() {
            today.push((equity, ts));
        }
    }

    /// The day closed.
    pub fn roll(&mut self) {
        self.days.push(Vec::new());
    }

    /// The score in points.
    pub fn score(&self, competition: &Competition) -> ScoreFigures {
        let returns = self.daily_returns();
        let total_return = simple_return(self.initial, self.last_equity());
        let max_drawdown = self.max_drawdown();
        let mut sum_u = Rational::zero();
        let mut sum_g = Rational::zero();
        for d in &returns {
            sum_u = &sum_u + &u(d);
            sum_g = &sum_g + &g(d, &Rational::new(5, 1_000));
        }
        let mean_g = &sum_g / &Rational::whole(returns.len() as i128);
        let one = Rational::whole(1);
        let fifty = |share: Rational| &Rational::whole(50) * &(&one + &share);
        let left = &one - &(&max_drawdown / &competition.loss_limit.into());
        let weights = competition.weights;
        ScoreFigures {
            profit: &fifty(g(&total_return, &Rational::new(10, 100))) * &weights.profit.into(),
            risk: &fifty(g(&sum_u, &Rational::new(4, 100))) * &weights.risk.into(),
            consistency: &fifty(mean_g) * &weights.consistency.into(),
            drawdown: &(&Rational::whole(100) * &left.max(Rational::zero()))
                * &weights.drawdown.into(),
            total_return,
            max_drawdown,
        }
    }

    /// When the highest equity above the initial one was seen first; zero without one.
    pub fn attained_at(&self) -> TimestampNs {
        let seen: Vec<_> = self.days.iter().flatten().copied().collect();
        let highest = seen.iter().map(|(equity, _)| *equity).max();
        seen.iter()
            .find(|(equity, _)| Some(*equity) == highest && *equity > self.initial)
            .map_or(TimestampNs(0), |(_, ts)| *ts)
    }

    fn last_equity(&self) -> Notional {
        self.days
            .iter()
            .flatten()
            .last()
            .map_or(self.initial, |(equity, _)| *equity)
    }

    /// Of every day, today too. A day without an equity of its own ends where it began.
    fn daily_returns(&self) -> Vec<Rational> {
        let mut start = self.initial;
        let mut out = Vec::new();
        for day in &self.days {
            let end = day.last().map_or(start, |(equity, _)| *equity);
            out.push(simple_return(start, end));
            start = end;
        }
        out
    }

    /// The deepest fall over all pairs of an equity and a later one.
    fn max_drawdown(&self) -> Rational {
        let mut path = vec![self.initial];
        path.extend(self.days.iter().flatten().map(|(equity, _)| *equity));
        let mut deepest = Rational::zero();
        for (index, &high) in path.iter().enumerate() {
            if high <= Notional::ZERO {
                continue;
            }
            for &low in path[index..].iter().filter(|low| **low < high) {
                let fall = &Rational::whole(-1) * &simple_return(high, low);
                deepest = deepest.max(fall);
            }
        }
        deepest
    }
}

fn simple_return(base: Notional, equity: Notional) -> Rational {
    if base > Notional::ZERO {
        &(&Rational::whole(equity.0) / &Rational::whole(base.0)) - &Rational::whole(1)
    } else {
        Rational::whole(-1)
    }
}

fn g(x: &Rational, k: &Rational) -> Rational {
    x / &(&x.abs() + k)
}

fn u(d: &Rational) -> Rational {
    if d.is_positive() {
        d / &(&Rational::whole(1) + &(d / &Rational::new(2, 100)))
    } else {
        d.clone()
    }
}
