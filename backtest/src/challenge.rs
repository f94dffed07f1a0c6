//! A strategy as the entry of a prop firm's programme: how likely it passes, how likely it is paid, what that is worth,
//! and at which size.
//!
//! Days of the strategy's own run are drawn anew, in blocks of whole holdings, and every drawn day is traded by an account in a
//! [`engine::Shard`] under the plan: an instrument whose price is the strategy's profit. So floors, targets, days, times to
//! pass, consistency and payouts are judged by the engine, not by a model of it. A day is what its profit did: its extremes in
//! the order in which they came, and its end. Rules of conduct (sizes, windows) are about orders, not about profit: a run
//! under the plan itself answers them, here they are left out, and so are margin and cash.

mod attempt;
mod day;
mod follow;

pub use day::{Day, days_of, days_within};
pub use follow::{Followed, Stretch, follow};

use std::sync::atomic::{AtomicUsize, Ordering};

use rules::{Plan, Stage};
use types::{Money, Ratio};

use crate::monte_carlo::{Share, quantile, wilson};
use crate::outcome::units;
use attempt::{Attempt, attempt};

/// The most attempts for one size.
pub const ATTEMPTS_MAX: usize = 1_000_000;

/// Attempts that a thread takes at a time.
const BATCH: usize = 16;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Days of the strategy's run, in their order.
    pub days: &'a [Day],
    /// The plans that follow each other: evaluations, then, where there is one, the funded account.
    pub stages: &'a [Plan],
    /// Mean days until a block is to end, at least 1: the stationary bootstrap of Politis and Romano, but that a block
    /// goes on until what it holds is closed.
    pub block: f64,
    /// Days after which a stage is given up, or a funded account has paid what is counted.
    pub horizon_days: u32,
    /// Attempts for each size.
    pub attempts: usize,
    /// Of the random numbers; attempt `i` draws the same days whatever the size.
    pub seed: u64,
    /// What an attempt costs.
    pub fee: Money,
    /// Sizes, as multiples of the run's.
    pub sizes: &'a [Ratio],
    /// Whether a day's profit is the share of equity that it was in the run, as of a strategy that buys for a share of
    /// equity; else it is the same money whatever the account has.
    pub compounds: bool,
    /// Threads.
    pub threads: usize,
}

impl Question<'_> {
    /// Places of the days that may begin a block.
    pub fn firsts(&self) -> Vec<usize> {
        let places = 0..self.days.len();
        places
            .filter(|place| *place == 0 || self.days[*place].is_fresh)
            .collect()
    }

    /// What a day's profit is drawn as, in words.
    pub const fn drawn(&self) -> &'static str {
        drawn(self.compounds)
    }
}

/// What a day's profit is drawn as, in words.
pub const fn drawn(compounds: bool) -> &'static str {
    if compounds {
        "the share of equity that it was in the run"
    } else {
        "the money that it was in the run"
    }
}

/// A mean and where it lies with 95% confidence, by its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean, in units of the account's currency.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
}

/// What came of one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The size, as a multiple of the run's.
    pub size: Ratio,
    /// Attempts that passed every evaluation; `None` where there is none.
    pub passed: Option<Share>,
    /// Attempts that failed in an evaluation.
    pub failed: Share,
    /// Attempts whose time to pass was over; `None` where no plan has a time limit.
    pub lapsed: Option<Share>,
    /// Attempts whose evaluation was still going on at the horizon; `None` where there is none.
    pub given_up: Option<Share>,
    /// Attempts whose funded account failed, paid before or not; `None` where there is none. One that neither failed nor
    /// was closed trades on at the horizon.
    pub breached: Option<Share>,
    /// Attempts that had a payout; `None` where no plan pays.
    pub paid: Option<Share>,
    /// What an attempt was paid, the trader's share of all payouts before the horizon.
    pub payout: Mean,
    /// That, less what an attempt costs.
    pub net: Mean,
    /// Median days until the last evaluation was passed, of those that passed.
    pub days_to_pass: Option<f64>,
    /// Median days of the funded account until the first payout, of those that were paid.
    pub days_to_payout: Option<f64>,
}

/// What cannot be asked, or could not be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChallengeError {
    /// A figure is out of range.
    #[error("{what} is {value}; accepted: {accepted}")]
    Figure {
        /// Which.
        what: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        accepted: &'static str,
    },
    /// The engine refused a plan or an account.
    #[error("the engine refused plan '{plan}': {reason}")]
    Refused {
        /// Its name.
        plan: String,
        /// Why.
        reason: String,
    },
}

fn check(question: &Question<'_>) -> Result<(), ChallengeError> {
    let refuse = |what, value: String, accepted| {
        Err(ChallengeError::Figure {
            what,
            value,
            accepted,
        })
    };
    let days = question.days.len();
    if days == 0 || days > u32::MAX as usize {
        return refuse("the number of days", days.to_string(), "1 to 2^32 - 1");
    }
    if !(1.0..=days as f64).contains(&question.block) {
        let block = question.block.to_string();
        return refuse("the mean block", block, "1 to the number of days");
    }
    if !(1..=10_000).contains(&question.horizon_days) {
        let horizon = question.horizon_days.to_string();
        return refuse("the horizon", horizon, "1 to 10,000 days");
    }
    if !(1..=ATTEMPTS_MAX).contains(&question.attempts) {
        let attempts = question.attempts.to_string();
        return refuse("attempts", attempts, "1 to 1,000,000");
    }
    if let Some(size) = question.sizes.iter().find(|size| size.0 <= 0) {
        return refuse("a size", size.to_string(), "above 0");
    }
    let Some((_, evaluations)) = question.stages.split_last() else {
        return refuse("the number of plans", "0".to_owned(), "1 or more");
    };
    if let Some(plan) = evaluations.iter().find(|plan| plan.stage == Stage::Funded) {
        let name = plan.name.to_string();
        return refuse("a funded plan before another", name, "evaluations first");
    }
    Ok(())
}

/// Answers for each size, in their order.
///
/// # Errors
/// See [`ChallengeError`].
pub fn ask(question: &Question<'_>) -> Result<Vec<Answer>, ChallengeError> {
    check(question)?;
    let firsts = question.firsts();
    question
        .sizes
        .iter()
        .map(|size| answer(question, &firsts, *size))
        .collect()
}

/// Which size is the best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Best {
    /// This one.
    Size(Ratio),
    /// This one, with none tried beyond it: a smaller or larger one may be better.
    AtEdge(Ratio),
    /// None of them passes, or is worth more than it costs.
    Worthless,
    /// All are worth the same.
    Alike,
}

impl Best {
    /// The size, if there is one.
    pub const fn size(self) -> Option<Ratio> {
        match self {
            Self::Size(size) | Self::AtEdge(size) => Some(size),
            Self::Worthless | Self::Alike => None,
        }
    }
}

/// The size that an attempt is worth most at; where no plan pays, the one that passes most often. Of equal ones the
/// smallest.
pub fn best(answers: &[Answer]) -> Best {
    let worth = |answer: &Answer| match answer.paid {
        Some(_) => answer.net.value,
        None => answer.passed.map_or(0.0, |passed| passed.value),
    };
    let best = answers.iter().reduce(|best, other| {
        let is_better = match worth(other).total_cmp(&worth(best)) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => other.size < best.size,
            std::cmp::Ordering::Less => false,
        };
        if is_better { other } else { best }
    });
    let Some(best) = best.filter(|best| worth(best) > 0.0) else {
        return Best::Worthless;
    };
    let sizes = answers.iter().map(|answer| answer.size);
    let is_alike = |answer: &Answer| worth(answer).total_cmp(&worth(best)).is_eq();
    if answers.len() > 1 && answers.iter().all(is_alike) {
        Best::Alike
    } else if sizes.clone().min() == Some(best.size) || sizes.max() == Some(best.size) {
        Best::AtEdge(best.size)
    } else {
        Best::Size(best.size)
    }
}

fn answer(
    question: &Question<'_>,
    firsts: &[usize],
    size: Ratio,
) -> Result<Answer, ChallengeError> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Attempt)>, ChallengeError> {
        let mut made = Vec::new();
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= question.attempts {
                return Ok(made);
            }
            for place in first..question.attempts.min(first + BATCH) {
                made.push((place, attempt(question, firsts, size, place as u64)?));
            }
        }
    };
    let threads = question.threads.clamp(1, question.attempts.div_ceil(BATCH));
    let made = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| match worker.join() {
            Ok(made) => made,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<Result<Vec<_>, _>>()
    })?;
    let mut attempts: Vec<_> = made.into_iter().flatten().collect();
    // Sums of floats depend on their order.
    attempts.sort_by_key(|(place, _)| *place);
    let attempts: Vec<Attempt> = attempts.into_iter().map(|(_, attempt)| attempt).collect();
    Ok(summed_up(question, size, &attempts))
}

fn summed_up(question: &Question<'_>, size: Ratio, attempts: &[Attempt]) -> Answer {
    let count = |is: &dyn Fn(&Attempt) -> bool| {
        let found = attempts.iter().filter(|attempt| is(attempt)).count();
        wilson(found, attempts.len())
    };
    let pays = question.stages.iter().any(|plan| plan.payout.is_some());
    let has_evaluation = question
        .stages
        .iter()
        .any(|plan| plan.stage != Stage::Funded);
    let is_funded = question
        .stages
        .iter()
        .any(|plan| plan.stage == Stage::Funded);
    let is_timed = question
        .stages
        .iter()
        .any(|plan| plan.time_limit().is_some());
    let payout = mean(attempts.iter().map(|attempt| units(attempt.paid)));
    let fee = units(question.fee);
    let median = |days: &dyn Fn(&Attempt) -> Option<u32>| {
        let mut found: Vec<f64> = attempts.iter().filter_map(days).map(f64::from).collect();
        found.sort_by(f64::total_cmp);
        (!found.is_empty()).then(|| quantile(&found, 0.5))
    };
    Answer {
        size,
        passed: has_evaluation.then(|| count(&|attempt| attempt.passed_after.is_some())),
        failed: count(&|attempt| attempt.has_failed),
        lapsed: is_timed.then(|| count(&|attempt| attempt.has_lapsed)),
        given_up: has_evaluation.then(|| count(&|attempt| attempt.is_given_up)),
        breached: is_funded.then(|| count(&|attempt| attempt.has_breached)),
        paid: pays.then(|| count(&|attempt| attempt.paid_after.is_some())),
        payout,
        net: Mean {
            value: payout.value - fee,
            low: payout.low - fee,
            high: payout.high - fee,
        },
        days_to_pass: median(&|attempt| attempt.passed_after.filter(|days| *days > 0)),
        days_to_payout: median(&|attempt| attempt.paid_after),
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64> + Clone) -> Mean {
    let count = values.len() as f64;
    let value = values.clone().sum::<f64>() / count;
    let squares = values.map(|it| (it - value) * (it - value)).sum::<f64>();
    let half = if count < 2.0 {
        0.0
    } else {
        1.959_963_984_540_054 * (squares / (count - 1.0) / count).sqrt()
    };
    Mean {
        value,
        low: value - half,
        high: value + half,
    }
}
