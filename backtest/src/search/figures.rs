//! What a search keeps of a run.

use rules::Plan;
use types::{AccountState, Money, Ratio};

use crate::outcome::{Outcome, units};

/// Sum and sum of squares of returns.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// How many returns.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
}

impl Moments {
    /// Adds the sums of some returns.
    #[inline]
    pub fn add(&mut self, sum: f64, squares: f64) {
        self.sum += sum;
        self.squares += squares;
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
        }
    }

    /// Mean by sample standard deviation (ddof 1), per return; `None` with fewer than two returns or where they do
    /// not differ.
    pub fn sharpe(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let count = self.count as f64;
        let mean = self.sum / count;
        let spread = self.squares - self.sum * mean;
        // What is below this is what rounding leaves of returns that are all the same.
        if spread <= self.squares * 1e-13 {
            return None;
        }
        Some(mean / (spread / (count - 1.0)).sqrt())
    }
}

/// How the returns of a run are cut into cells, each of which has its [`Moments`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cells {
    /// So many, as equal as they can be.
    Equal(usize),
    /// At these samples: the return from sample i-1 to sample i is of the cell whose first sample is the last one at
    /// or below i. In ascending order; those that are not within the data are left out.
    At(Vec<usize>),
}

impl Cells {
    /// The first sample of each cell, and the number of samples, of a run with so many samples. Sample 0 has no return.
    pub fn edges(&self, samples: usize) -> Vec<usize> {
        let last = samples.max(1);
        let mut edges = vec![1];
        match self {
            Self::Equal(cells) => {
                let returns = last - 1;
                edges.extend((1..*cells).map(|cell| 1 + cell * returns / cells));
            }
            Self::At(at) => edges.extend(at.iter().copied().filter(|at| (1..last).contains(at))),
        }
        edges.push(last);
        edges.dedup();
        edges
    }
}

/// How an account fared under its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What it was at the end.
    pub state: AccountState,
    /// The trading day of the run on which that was decided, the first being 1; of one that trades on, its last day.
    pub days: u64,
    /// Profit at the end, what is open included, by the plan's profit target, rounded down; `None` without one.
    pub target_reached: Option<Ratio>,
}

impl Verdict {
    /// The verdict on a run under a plan.
    pub fn of(outcome: &Outcome, plan: &Plan) -> Self {
        Self::new(outcome.state, outcome.counts.days, outcome.equity, plan)
    }

    /// The verdict on an account that had a state on a day of its own, and so much at the end.
    pub(crate) fn new(state: AccountState, days: u64, equity: Money, plan: &Plan) -> Self {
        let target = plan.profit_target.map(|it| it.amount(plan.initial_balance));
        let profit = equity.saturating_sub(plan.initial_balance);
        let reached = target.filter(|it| *it > Money::ZERO).map(|target| {
            let scaled = i128::from(profit.0) * i128::from(Ratio::ONE.0);
            let share = scaled.div_euclid(target.0.into());
            Ratio(share.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
        });
        Self {
            state,
            days,
            target_reached: reached,
        }
    }

    /// That share as a number; 0 without a target.
    pub fn share_of_target(self) -> f64 {
        let share = self.target_reached.unwrap_or(Ratio::ZERO);
        share.0 as f64 / Ratio::ONE.0 as f64
    }

    /// How runs under a plan are ranked where passing is what is looked for: those that passed first, the sooner the
    /// better; then those whose account trades on, by the share of the profit target that they reached; last those
    /// that failed or were closed, by the same. No share and no number of days reaches from one group into the next.
    pub fn rank(self) -> f64 {
        const GROUP: f64 = 1e7;
        const LARGEST: f64 = 1e6;
        match self.state {
            AccountState::Passed => GROUP - (self.days as f64).min(LARGEST),
            AccountState::Failed | AccountState::Closed => {
                self.share_of_target().clamp(-LARGEST, LARGEST) - GROUP
            }
            AccountState::Evaluation | AccountState::Funded | AccountState::Suspended => {
                self.share_of_target().clamp(-LARGEST, LARGEST)
            }
        }
    }

    /// Its state as a word.
    pub const fn word(self) -> &'static str {
        match self.state {
            AccountState::Evaluation => "evaluation",
            AccountState::Passed => "passed",
            AccountState::Funded => "funded",
            AccountState::Failed => "failed",
            AccountState::Closed => "closed",
            AccountState::Suspended => "suspended",
        }
    }

    /// The state that a word says.
    pub(super) fn state_of(word: &str) -> Option<AccountState> {
        [
            AccountState::Evaluation,
            AccountState::Passed,
            AccountState::Funded,
            AccountState::Failed,
            AccountState::Closed,
            AccountState::Suspended,
        ]
        .into_iter()
        .find(|state| {
            let verdict = Self {
                state: *state,
                days: 0,
                target_reached: None,
            };
            verdict.word() == word
        })
    }
}

/// Figures of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Balance at the start.
    pub initial: Money,
    /// Equity at the end.
    pub equity: Money,
    /// Balance at the end.
    pub balance: Money,
    /// Fees paid.
    pub fees: Money,
    /// Fills.
    pub fills: u64,
    /// Round trips that are over.
    pub trips: u64,
    /// Those that made something, fees paid.
    pub wins: u64,
    /// What these made together.
    pub gross_profit: Money,
    /// What the others lost together, above zero.
    pub gross_loss: Money,
    /// Returns from sample to sample.
    pub returns: u64,
    /// How many of them make a year, by the times of the run's curve.
    pub periods_per_year: f64,
    /// Mean of returns by their sample standard deviation, per return and not annualised; `None` where it is not
    /// defined.
    pub sharpe: Option<f64>,
    /// The most that equity was below its peak, as a share of the peak.
    pub max_drawdown: f64,
    /// How its account fared; `None` of a run without rules.
    pub verdict: Option<Verdict>,
    /// Moments of the returns of each cell.
    pub cells: Vec<Moments>,
}

impl Figures {
    /// Puts counts into cells whose sums are known.
    pub(crate) fn with_cells(self, cells: Vec<Moments>) -> Self {
        let all = cells
            .iter()
            .fold(Moments::default(), |all, cell| all.with(*cell));
        let all = Moments {
            count: self.returns,
            ..all
        };
        Self {
            sharpe: all.sharpe(),
            cells,
            ..self
        }
    }

    /// The figures of a run.
    pub fn of(outcome: &Outcome, cells: &Cells) -> Self {
        let edges = cells.edges(outcome.samples.len());
        let mut moments = vec![Moments::default(); edges.len() - 1];
        let (mut peak, mut least) = (f64::MIN_POSITIVE, 1.0_f64);
        let mut before = None;
        let mut cell = 0;
        for (place, sample) in outcome.samples.iter().enumerate() {
            let equity = units(sample.equity);
            if let Some(before) = before.replace(equity) {
                while edges[cell + 1] <= place {
                    cell += 1;
                }
                // Nothing is a share of what is not there.
                let change = if before > 0.0 {
                    equity / before - 1.0
                } else {
                    0.0
                };
                moments[cell].add(change, change * change);
            }
            peak = equity.max(peak);
            least = least.min(equity / peak);
        }
        let (mut wins, mut gross_profit, mut gross_loss) = (0, Money::ZERO, Money::ZERO);
        for trip in &outcome.trips {
            let made = trip.converted(trip.pnl);
            if trip.pnl > Money::ZERO {
                wins += 1;
                gross_profit = gross_profit.saturating_add(made);
            } else {
                gross_loss = gross_loss.saturating_sub(made);
            }
        }
        let counts = edges.windows(2).map(|edge| (edge[1] - edge[0]) as u64);
        for (moments, count) in moments.iter_mut().zip(counts) {
            moments.count = count;
        }
        Self::with_cells(
            Self {
                initial: outcome.initial,
                equity: outcome.equity,
                balance: outcome.balance,
                fees: outcome.fees,
                fills: outcome.counts.fills,
                trips: outcome.trips.len() as u64,
                wins,
                gross_profit,
                gross_loss,
                returns: outcome.samples.len().saturating_sub(1) as u64,
                periods_per_year: outcome.periods_per_year(),
                sharpe: None,
                max_drawdown: 1.0 - least,
                verdict: None,
                cells: Vec::new(),
            },
            moments,
        )
    }

    /// The Sharpe ratio of a year.
    pub fn annual_sharpe(&self) -> Option<f64> {
        self.sharpe.map(|it| it * self.periods_per_year.sqrt())
    }

    /// Profit as a share of the balance at the start.
    pub fn total_return(&self) -> f64 {
        self.equity.0 as f64 / self.initial.0 as f64 - 1.0
    }

    /// What winners made by what losers lost; `None` where nothing was lost.
    pub fn profit_factor(&self) -> Option<f64> {
        (self.gross_loss > Money::ZERO)
            .then(|| self.gross_profit.0 as f64 / self.gross_loss.0 as f64)
    }

    /// The share of round trips that made something; `None` where there is none.
    pub fn win_rate(&self) -> Option<f64> {
        (self.trips > 0).then(|| self.wins as f64 / self.trips as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_share_returns_out_evenly() {
        // Ten samples have nine returns.
        assert_eq!(Cells::Equal(3).edges(10), [1, 4, 7, 10]);
        assert_eq!(Cells::Equal(2).edges(10), [1, 5, 10]);
        assert_eq!(Cells::At(vec![0, 4, 12]).edges(10), [1, 4, 10]);
        assert_eq!(Cells::Equal(4).edges(1), [1]);
    }

    /// In their order: passed on day 3, on day 40; going on at 1.2, at 0.999999999 and at -0.5 of the target; closed at
    /// 0.9; failed at 0.4 and at -3 of it.
    #[test]
    fn what_passed_is_before_what_goes_on_and_that_before_what_failed() {
        use AccountState::{Closed, Evaluation, Failed, Passed};
        let ranks = [
            (Passed, 3, 1_000_000_000),
            (Passed, 40, 5_000_000_000),
            (Evaluation, 2, 1_200_000_000),
            (Evaluation, 9, 999_999_999),
            (Evaluation, 9, -500_000_000),
            (Closed, 30, 900_000_000),
            (Failed, 9, 400_000_000),
            (Failed, 1, -3_000_000_000),
        ];
        let ranks = ranks.map(|(state, days, share)| {
            let target_reached = Some(Ratio(share));
            let verdict = Verdict {
                state,
                days,
                target_reached,
            };
            verdict.rank()
        });
        assert!(ranks.is_sorted_by(|one, next| one > next), "{ranks:?}");
    }

    #[test]
    fn a_sharpe_ratio_is_of_the_sample() {
        // 1, 2, 3: mean 2, deviation 1.
        let moments = Moments {
            count: 3,
            sum: 6.0,
            squares: 14.0,
        };
        assert!((moments.sharpe().unwrap() - 2.0).abs() < 1e-12);
        let same = Moments {
            count: 3,
            sum: 0.3,
            squares: 0.03,
        };
        assert_eq!(same.sharpe(), None);
    }
}
