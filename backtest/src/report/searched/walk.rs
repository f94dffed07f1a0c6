//! Windows of a walk-forward.

use types::TimestampNs;

use super::NONE;
use crate::report::text::{count, number, percent, signed_percent};
use crate::report::{Fact, Fold, WalkForward};
use crate::search::Trial;
use crate::walk_forward::{self, Stitched};

impl WalkForward {
    /// The windows and the curve of what was not chosen by. `time`: of a sample; `initial`: what the curve begins with, in
    /// units of the account's currency; `per_year`: returns in a year.
    pub fn of(
        about: impl Into<String>,
        (folds, stitched): (&[walk_forward::Fold], &Stitched),
        trials: &[Trial],
        time: &dyn Fn(usize) -> TimestampNs,
        initial: f64,
        per_year: f64,
    ) -> Self {
        let scale = per_year.sqrt();
        // The return of a sample is from the one before it.
        let stretch = |range: &std::ops::Range<usize>| {
            let last = range.end.saturating_sub(1).max(range.start);
            (time(range.start), time(last))
        };
        let rows = folds
            .iter()
            .zip(&stitched.returns)
            .map(|(fold, returned)| Fold {
                inside: fold.split.train.iter().map(stretch).collect(),
                outside: stretch(&fold.split.test),
                parameters: trials
                    .get(fold.chosen)
                    .map_or_else(String::new, |trial| trial.values.to_string()),
                inside_figure: fold.trained.map(|it| it * scale),
                outside_figure: fold.tested.map(|it| it * scale),
                outside_return: *returned,
                rank: fold.rank,
            });
        let points = stitched.points.iter();
        let sharpe =
            |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |it| number(it * scale, 4));
        Self {
            about: about.into(),
            figure: "Sharpe ratio".to_owned(),
            folds: rows.collect(),
            curve: points
                .map(|(sample, level)| (time(*sample), level * initial))
                .collect(),
            facts: vec![
                Fact::new(
                    "Return out of sample",
                    signed_percent(stitched.total_return(), 2),
                ),
                Fact::new("Sharpe ratio out of sample", sharpe(stitched.sharpe())),
                Fact::new(
                    "Sharpe ratio in sample, mean of the windows",
                    sharpe(walk_forward::mean_trained(folds)),
                ),
                Fact::new(
                    "Max drawdown out of sample",
                    percent(stitched.max_drawdown(), 2),
                ),
                Fact::new("Windows", count(folds.len() as u64)),
            ],
        }
    }
}
