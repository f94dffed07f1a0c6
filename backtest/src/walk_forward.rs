//! Choosing on one part of the data and judging on the next: walk-forward and purged k-fold.
//!
//! Every trial runs once over all data; what is cut are its returns. A strategy sees only what was, so its returns within
//! a test are those of an account that ran before it too, warmed up, with what it held; no trial is run again for a
//! window, and costs are in the window in which they were paid. Windows are ranges of samples; the return of sample i is
//! from i-1 to i.

use std::ops::Range;

use types::Label;

use crate::challenge::Followed;
use crate::search::{Cells, Moments, Trial};

/// How windows follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Training begins at the first sample and grows.
    Anchored,
    /// Training is always as long, and moves.
    Rolling,
}

/// One choice and its test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Samples that are chosen by.
    pub train: Vec<Range<usize>>,
    /// Samples that are judged by.
    pub test: Range<usize>,
}

/// What is no way to cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {value}; accepted: {accepted}")]
pub struct SplitError {
    /// Which figure.
    pub what: &'static str,
    /// What it is.
    pub value: usize,
    /// What it may be.
    pub accepted: String,
}

/// Walk-forward: `folds` tests of equal length, one after the other up to the last sample; before each, after a gap of
/// `purge` samples, its training: of all that is before it, or of `train` samples. Without `train`, training (of the
/// first test, when anchored) is as long as four tests.
///
/// # Errors
/// When there is no room for them.
pub fn walk_forward(
    samples: usize,
    folds: usize,
    mode: Mode,
    train: Option<usize>,
    purge: usize,
) -> Result<Vec<Split>, SplitError> {
    let returns = samples.saturating_sub(1);
    let test = match train {
        None => returns.saturating_sub(purge) / (folds.max(1) + 4),
        Some(train) => returns.saturating_sub(purge).saturating_sub(train) / folds.max(1),
    };
    let asked = train;
    let train = train.unwrap_or(4 * test);
    let refuse = |what, value, least: usize| {
        Err(SplitError {
            what,
            value,
            accepted: format!(
                "less: of {returns} returns {folds} tests need {} beside it",
                least + 2 * folds
            ),
        })
    };
    if folds > 0 && test < 2 && purge > 0 && purge + 2 * folds + asked.unwrap_or(2) > returns {
        return refuse(
            "the number of samples that are purged",
            purge,
            asked.unwrap_or(2),
        );
    }
    if let Some(train) = asked
        && folds > 0
        && test < 2
        && train + 2 * folds > returns
    {
        return refuse("the number of samples to choose on", train, purge);
    }
    if folds == 0 || test < 2 || train < 2 {
        return Err(SplitError {
            what: "the number of folds",
            value: folds,
            accepted: format!("1 to as many as leave two samples of {samples} to each test"),
        });
    }
    let splits = (0..folds).map(|fold| {
        let start = samples - (folds - fold) * test;
        let end = start - purge;
        let first = match mode {
            Mode::Anchored => 1,
            Mode::Rolling => (end - train).max(1),
        };
        Split {
            train: std::iter::once(first..end).collect(),
            test: start..start + test,
        }
    });
    Ok(splits.collect())
}

/// Purged k-fold: each of `folds` parts is the test once, and the others are trained on, less `purge` samples before the
/// test and after it (whose positions reach into it) and `embargo` more after it (whose prices remember it). Lopez de
/// Prado, "Advances in financial machine learning", 2018, chapter 7.
///
/// # Errors
/// When there is no room for them.
pub fn purged_k_fold(
    samples: usize,
    folds: usize,
    purge: usize,
    embargo: usize,
) -> Result<Vec<Split>, SplitError> {
    let returns = samples.saturating_sub(1);
    if folds < 2 || returns / folds < 2 {
        return Err(SplitError {
            what: "the number of folds",
            value: folds,
            accepted: format!("2 to {}", returns / 2),
        });
    }
    let splits: Vec<Split> = (0..folds)
        .map(|fold| {
            let test = 1 + fold * returns / folds..1 + (fold + 1) * returns / folds;
            let before = 1..test.start.saturating_sub(purge).max(1);
            let after = (test.end + purge + embargo).min(samples)..samples;
            let train = [before, after].into_iter().filter(|it| !it.is_empty());
            Split {
                train: train.collect(),
                test,
            }
        })
        .collect();
    if splits.iter().any(|split| split.train.is_empty()) {
        return Err(SplitError {
            what: "purge and embargo together",
            value: purge + embargo,
            accepted: "less than what is left beside each test".to_owned(),
        });
    }
    Ok(splits)
}

/// The cells that a search has to keep for these splits.
pub fn cells(splits: &[Split]) -> Cells {
    let ranges = splits
        .iter()
        .flat_map(|split| split.train.iter().chain([&split.test]));
    let mut edges: Vec<usize> = ranges.flat_map(|range| [range.start, range.end]).collect();
    edges.sort_unstable();
    edges.dedup();
    Cells::At(edges)
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// How it was cut.
    pub split: Split,
    /// Place of the trial that was best in training.
    pub chosen: usize,
    /// Sharpe ratio of the chosen one in training, per return.
    pub trained: Option<f64>,
    /// Its Sharpe ratio in the test, per return.
    pub tested: Option<f64>,
    /// Sum of its returns in the test.
    pub gained: f64,
    /// The share of trials that it was better than in the test, of those with a Sharpe ratio there.
    pub rank: Option<f64>,
}

/// Chooses by Sharpe ratio (of equal ones the first) and judges, split by split. `trials`: of a search that kept
/// [`cells`] of these splits over so many samples. A fold in which no trial has a Sharpe ratio is left out.
pub fn judge(splits: &[Split], trials: &[Trial], samples: usize) -> Vec<Fold> {
    let edges = cells(splits).edges(samples);
    let within = |moments: &[Moments], range: &Range<usize>| {
        let starts = edges.iter().zip(moments);
        let inside = starts.filter(|(start, _)| range.contains(start));
        inside.fold(Moments::default(), |sum, (_, cell)| sum.with(*cell))
    };
    let mut folds = Vec::new();
    for split in splits {
        let mut best: Option<(&Trial, f64)> = None;
        let mut tested = Vec::new();
        for trial in trials {
            let Some(figures) = &trial.figures else {
                continue;
            };
            let train = split
                .train
                .iter()
                .map(|range| within(&figures.cells, range));
            let train = train.fold(Moments::default(), Moments::with).sharpe();
            if let Some(value) = train
                && best.is_none_or(|(_, known)| value > known)
            {
                best = Some((trial, value));
            }
            tested.extend(within(&figures.cells, &split.test).sharpe());
        }
        let Some((chosen, trained)) = best else {
            continue;
        };
        let Some(figures) = &chosen.figures else {
            continue;
        };
        let test = within(&figures.cells, &split.test);
        let own = test.sharpe();
        let rank = own.filter(|_| tested.len() > 1).map(|own| {
            let below = tested.iter().filter(|it| **it < own).count();
            below as f64 / (tested.len() - 1) as f64
        });
        folds.push(Fold {
            split: split.clone(),
            chosen: chosen.place,
            trained: Some(trained),
            tested: own,
            gained: test.sum,
            rank,
        });
    }
    folds
}

/// How many windows have no choice, in words; nothing where all have one.
pub fn left_out_words(splits: &[Split], folds: &[Fold]) -> Option<String> {
    match splits.len() - folds.len() {
        0 => None,
        left_out => Some(format!(
            "{left_out} of {} windows left out: no combination has a Sharpe ratio where it would be chosen",
            splits.len()
        )),
    }
}

/// What the windows are worth under a plan, each by what was chosen for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderPlan {
    /// Name of the plan.
    pub plan: Label,
    /// Each window as an account of its own, opened on the window's first day.
    pub windows: Vec<Followed>,
    /// All of them one after the other as one account.
    pub whole: Option<Followed>,
    /// What is drawn of each day: money, or a share of equity.
    pub drawn: &'static str,
}

impl UnderPlan {
    /// How many windows passed.
    pub fn passed(&self) -> usize {
        let states = self.windows.iter().map(|window| window.verdict.state);
        states
            .filter(|state| *state == types::AccountState::Passed)
            .count()
    }

    /// How the windows fared, and all of them as one account.
    pub fn words(&self) -> [String; 2] {
        let windows = format!("{} of {} passed", self.passed(), self.windows.len());
        [windows, self.whole.as_ref().map_or("-".to_owned(), told)]
    }

    /// What the verdicts are of.
    pub fn note(&self) -> String {
        format!(
            "Each window is an account of its own under {}, opened on its first day with what its run holds there; one account \
             has all of them one after the other. A day's profit is {}. Combinations are chosen by runs without rules. Rules \
             about orders are not judged here, and nothing is paid out.",
            self.plan, self.drawn
        )
    }
}

/// An account's verdict in words.
pub fn told(followed: &Followed) -> String {
    let verdict = followed.verdict;
    let (day, word) = (verdict.days, verdict.word());
    match followed.reason() {
        Some(reason) => format!("{word} on day {day} ({}): {reason}", followed.on),
        None => format!("{word} after {day} days"),
    }
}

/// Mean of the Sharpe ratios, per return, that the chosen ones had where they were chosen; `None` without any.
pub fn mean_trained(folds: &[Fold]) -> Option<f64> {
    let trained: Vec<f64> = folds.iter().filter_map(|fold| fold.trained).collect();
    (!trained.is_empty()).then(|| trained.iter().sum::<f64>() / trained.len() as f64)
}

/// The tests one after the other, as one account that kept all profit in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stitched {
    /// Samples and what 1 came to by then. The first is the sample before the first test.
    pub points: Vec<(usize, f64)>,
    /// The return of each test; `None` where its run is not known.
    pub returns: Vec<Option<f64>>,
}

impl Stitched {
    /// What 1 came to, without the samples.
    pub fn levels(&self) -> Vec<f64> {
        self.points.iter().map(|point| point.1).collect()
    }

    /// The return of all tests together.
    pub fn total_return(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.1 - 1.0)
    }

    /// Mean return by sample standard deviation, per return; `None` where it is not defined.
    pub fn sharpe(&self) -> Option<f64> {
        let mut moments = Moments::default();
        for pair in self.points.windows(2) {
            let value = pair[1].1 / pair[0].1 - 1.0;
            moments.count += 1;
            moments.add(value, value * value);
        }
        moments.sharpe()
    }

    /// The most that the curve was below its peak, as a share of the peak.
    pub fn max_drawdown(&self) -> f64 {
        let (mut peak, mut deepest) = (f64::MIN_POSITIVE, 0.0_f64);
        for (_, level) in &self.points {
            peak = peak.max(*level);
            deepest = deepest.max(1.0 - level / peak);
        }
        deepest
    }
}

/// One curve of the tests: the returns of each fold's chosen trial within its test, one after the other. `equity`: of a
/// trial, by its place, at every sample.
pub fn stitch(folds: &[Fold], equity: &dyn Fn(usize) -> Option<Vec<f64>>) -> Stitched {
    let mut stitched = Stitched::default();
    let first = folds.first().map_or(0, |fold| fold.split.test.start);
    stitched.points.push((first.saturating_sub(1), 1.0));
    let mut level = 1.0;
    for fold in folds {
        let before = level;
        let Some(values) = equity(fold.chosen) else {
            stitched.returns.push(None);
            continue;
        };
        for sample in fold.split.test.clone() {
            if let (Some(before), Some(now)) = (values.get(sample - 1), values.get(sample)) {
                level *= now / before;
                stitched.points.push((sample, level));
            }
        }
        stitched.returns.push(Some(level / before - 1.0));
    }
    stitched
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "the trainings of a split are ranges"
)]
mod tests {
    use super::*;

    #[test]
    fn tests_follow_each_other_to_the_end() {
        // 100 returns, 3 tests and 4 more of their length: 14 each, from sample 59.
        let anchored = walk_forward(101, 3, Mode::Anchored, None, 0).unwrap();
        let tests: Vec<_> = anchored.iter().map(|split| split.test.clone()).collect();
        assert_eq!(tests, [59..73, 73..87, 87..101]);
        assert_eq!(anchored[2].train, [1..87]);
        let rolling = walk_forward(101, 3, Mode::Rolling, Some(40), 5).unwrap();
        // (100 - 5 - 40) / 3 = 18 each.
        assert_eq!(rolling[0].test, 47..65);
        assert_eq!(rolling[0].train, [2..42]);
        assert_eq!(rolling[2].train, [38..78]);
        assert!(walk_forward(10, 9, Mode::Rolling, None, 0).is_err());
    }

    #[test]
    fn folds_keep_their_distance() {
        let splits = purged_k_fold(101, 5, 2, 3).unwrap();
        assert_eq!(splits[0].test, 1..21);
        assert_eq!(splits[0].train, [26..101]);
        assert_eq!(splits[2].test, 41..61);
        assert_eq!(splits[2].train, [1..39, 66..101]);
        assert_eq!(splits[4].train, [1..79]);
        assert!(purged_k_fold(101, 2, 40, 20).is_err());
    }

    #[test]
    fn tests_one_after_the_other_are_one_account() {
        let fold = |chosen, test: Range<usize>| Fold {
            split: Split {
                train: Vec::new(),
                test,
            },
            chosen,
            trained: None,
            tested: None,
            gained: 0.0,
            rank: None,
        };
        let folds = [fold(0, 2..4), fold(1, 4..5), fold(2, 5..6)];
        let equity = |place: usize| match place {
            0 => Some(vec![90.0, 100.0, 110.0, 99.0, 50.0]),
            1 => Some(vec![10.0, 10.0, 10.0, 10.0, 12.0]),
            _ => None,
        };
        let stitched = stitch(&folds, &equity);
        // A tenth up, a tenth down, a fifth up: 1.1, 0.99, 1.188.
        let levels = [(1, 1.0), (2, 1.1), (3, 0.99), (4, 1.188)];
        assert_eq!(stitched.points.len(), 4);
        for (found, expected) in stitched.points.iter().zip(levels) {
            assert!(found.0 == expected.0 && (found.1 - expected.1).abs() < 1e-12);
        }
        let returns: Vec<_> = stitched.returns.iter().flatten().copied().collect();
        assert!((returns[0] + 0.01).abs() < 1e-12 && (returns[1] - 0.2).abs() < 1e-12);
        assert_eq!(stitched.returns[2], None);
        assert!((stitched.total_return() - 0.188).abs() < 1e-12);
        assert!((stitched.max_drawdown() - 0.1).abs() < 1e-12);
        // 0.1, -0.1 and 0.2: mean 0.2/3, squares around it 0.14/3, by two of three sqrt(0.14/6).
        let expected = (0.2 / 3.0) / (0.14_f64 / 6.0).sqrt();
        assert!(
            stitched
                .sharpe()
                .is_some_and(|it| (it - expected).abs() < 1e-9)
        );
    }
}
