//! Windows of a walk-forward.

use std::ops::Range;

use types::TimestampNs;

use super::{NONE, surface};
use crate::challenge::Followed;
use crate::report::date::date_of_end;
use crate::report::text::{count, number, percent, signed_percent};
use crate::report::{Fact, Fold, Table, WalkForward};
use crate::search::Trial;
use crate::walk_forward::{self, Split, Stitched, UnderPlan};

impl WalkForward {
    /// The windows and the curve of what was not chosen by. `time`: of a sample; `initial`: what the curve begins with, in
    /// units of the account's currency; `per_year`: returns in a year; `judged`: the same windows under a plan.
    pub fn of(
        about: impl Into<String>,
        (splits, folds, stitched): (&[Split], &[walk_forward::Fold], &Stitched),
        judged: Option<&UnderPlan>,
        trials: &[Trial],
        time: &dyn Fn(usize) -> TimestampNs,
        initial: f64,
        per_year: f64,
    ) -> Self {
        let scale = per_year.sqrt();
        // The return of a sample is from the one before it.
        let stretch = |range: &Range<usize>| {
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
        let mut facts = vec![
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
            Fact::new(
                "Windows",
                match walk_forward::left_out_words(splits, folds) {
                    None => count(folds.len() as u64),
                    Some(words) => format!("{} ({words})", count(folds.len() as u64)),
                },
            ),
        ];
        facts.extend(surface::idle(trials));
        if let Some(judged) = judged {
            let [windows, whole] = judged.words();
            facts.extend([
                Fact::new("Windows under the plan", windows),
                Fact::new("All of them as one account", whole),
            ]);
        }
        let note = judged.map(|judged| format!(" {}", judged.note()));
        Self {
            about: about.into() + &note.unwrap_or_default(),
            figure: "Sharpe ratio".to_owned(),
            folds: rows.collect(),
            curve: points
                .map(|(sample, level)| (time(*sample), level * initial))
                .collect(),
            facts,
            judged: judged.map(|judged| verdicts(judged, folds, &stretch)),
        }
    }
}

/// How each window fares under a plan, and all of them as one account.
fn verdicts(
    judged: &UnderPlan,
    folds: &[walk_forward::Fold],
    stretch: &dyn Fn(&Range<usize>) -> (TimestampNs, TimestampNs),
) -> Table {
    let row = |name: String, followed: &Followed| {
        let verdict = followed.verdict;
        let target = verdict.target_reached.map(|_| verdict.share_of_target());
        vec![
            name,
            walk_forward::told(followed),
            followed.equity.to_string(),
            target.map_or_else(|| NONE.to_owned(), |it| percent(it, 2)),
        ]
    };
    let windows = folds.iter().zip(&judged.windows).map(|(fold, window)| {
        let (from, to) = stretch(&fold.split.test);
        let (from, to) = (date_of_end(from.0, false), date_of_end(to.0, false));
        row(format!("{from} \u{2013} {to}"), window)
    });
    let whole = judged.whole.iter();
    let whole = whole.map(|whole| row("All of them as one account".to_owned(), whole));
    let columns = ["Out of sample", "Verdict", "Equity", "Target reached"];
    Table {
        caption: format!("Under {}", judged.plan),
        columns: columns.map(str::to_owned).to_vec(),
        rows: windows.chain(whole).collect(),
        marked: None,
    }
}
