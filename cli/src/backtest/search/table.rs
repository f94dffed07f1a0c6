//! Results of searches, for people, programs and files.

use std::fmt::Write as _;

use ::backtest::challenge::Followed;
use ::backtest::search::{self, Figures, Objective, Path as Way, Trial};
use ::backtest::strategy::{Value as Parameter, Values};
use ::backtest::walk_forward::{Fold, Stitched, UnderPlan, told};
use comfy_table::{Table, presets::NOTHING};
use serde_json::{Map, Value, json};
use types::TimestampNs;

use super::{Judged, Prepared};
use crate::backtest::rows::Rows;

/// What is shown of a search.
pub(super) struct Shown<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) trials: &'a [Trial],
    pub(super) best: &'a Trial,
    pub(super) judged: &'a Judged,
    pub(super) objective: Objective,
    pub(super) threads: usize,
    pub(super) known: usize,
    pub(super) seconds: f64,
    pub(super) seed: u64,
    pub(super) is_optimised: bool,
}

impl Shown<'_> {
    /// How many returns of the best run make a year.
    pub(super) fn per_year(&self) -> f64 {
        let figures = self.best.figures.as_ref();
        figures.map_or(252.0, |it| it.periods_per_year)
    }
}

/// The parameters of a run as an object.
pub(super) fn parameters(values: &Values) -> Value {
    Value::Object(pairs(values).collect::<Map<_, _>>())
}

/// The parameters of a run in the order in which they are declared.
fn pairs(values: &Values) -> impl Iterator<Item = (String, Value)> {
    values.iter().map(|(parameter, value)| {
        let value = match value {
            Parameter::Integer(value) => json!(value),
            Parameter::Real(value) => json!(value),
            Parameter::Flag(value) => json!(value),
            Parameter::Choice(word) => json!(word),
        };
        (parameter.name.to_owned(), value)
    })
}

/// What runs under a plan are told of.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// How their accounts fared.
    verdict: bool,
    /// How far they came.
    target: bool,
}

impl Told {
    fn of(trials: &[Trial]) -> Self {
        let figures = trials.iter().filter_map(|trial| trial.figures.as_ref());
        let mut verdicts = figures.filter_map(|figures| figures.verdict).peekable();
        Self {
            verdict: verdicts.peek().is_some(),
            target: verdicts.any(|verdict| verdict.target_reached.is_some()),
        }
    }
}

/// Names and values of the columns of a run, its parameters first; amounts as text, exact. Of runs under a plan also how
/// their accounts fared.
fn columns(trial: &Trial, told: Told) -> Vec<(String, Value)> {
    let mut columns = vec![("place".to_owned(), json!(trial.place))];
    columns.extend(pairs(&trial.values));
    let figures = trial.figures.as_ref();
    let of = |value: &dyn Fn(&Figures) -> Value| figures.map_or(Value::Null, value);
    let path = match trial.path {
        _ if figures.is_none() => "refused",
        Way::Columns => "columns",
        Way::Engine => "engine",
    };
    for (name, value) in [
        ("equity", of(&|it| json!(it.equity.to_string()))),
        ("return", of(&|it| json!(it.total_return()))),
        ("sharpe", of(&|it| json!(it.annual_sharpe()))),
        ("max_drawdown", of(&|it| json!(it.max_drawdown))),
        ("round_trips", of(&|it| json!(it.trips))),
        ("win_rate", of(&|it| json!(it.win_rate()))),
        ("profit_factor", of(&|it| json!(it.profit_factor()))),
        ("fees", of(&|it| json!(it.fees.to_string()))),
        ("fills", of(&|it| json!(it.fills))),
        ("path", json!(path)),
    ] {
        columns.push((name.to_owned(), value));
    }
    if told.verdict {
        let verdict = figures.and_then(|it| it.verdict);
        let word = verdict.map(|it| json!(it.word()));
        let days = verdict.map(|it| json!(it.days));
        let target = verdict.filter(|it| it.target_reached.is_some());
        let target = target.map(|it| json!(it.share_of_target()));
        columns.push(("verdict".to_owned(), word.unwrap_or_default()));
        columns.push(("days".to_owned(), days.unwrap_or_default()));
        if told.target {
            columns.push(("target_reached".to_owned(), target.unwrap_or_default()));
        }
    }
    columns
}

/// Every run.
pub(super) fn runs(trials: &[Trial]) -> Rows {
    let told = Told::of(trials);
    Rows::new("runs", trials.iter().map(|trial| columns(trial, told)))
}

/// The windows of a walk-forward. `time`: of a sample.
pub(super) fn windows(
    folds: &[Fold],
    trials: &[Trial],
    stitched: &Stitched,
    (per_year, time): (f64, &dyn Fn(usize) -> TimestampNs),
    judged: Option<&UnderPlan>,
) -> Rows {
    let scale = per_year.sqrt();
    let rows = folds.iter().zip(&stitched.returns).enumerate();
    let rows = rows.map(|(place, (fold, returned))| {
        let test = &fold.split.test;
        let last = test.end.saturating_sub(1);
        let mut row = vec![
            ("window".to_owned(), json!(place + 1)),
            ("train".to_owned(), json!(ranges(&fold.split.train))),
            ("test_first".to_owned(), json!(test.start)),
            ("test_last".to_owned(), json!(last)),
            ("from".to_owned(), json!(time(test.start).to_string())),
            ("until".to_owned(), json!(time(last).to_string())),
        ];
        row.extend(pairs(&trials[fold.chosen].values));
        for (name, value) in [
            ("sharpe_in", json!(fold.trained.map(|it| it * scale))),
            ("sharpe_out", json!(fold.tested.map(|it| it * scale))),
            ("return_out", json!(returned)),
            ("sum_of_returns_out", json!(fold.gained)),
            ("rank_out", json!(fold.rank)),
        ] {
            row.push((name.to_owned(), value));
        }
        if let Some(window) = judged.and_then(|it| it.windows.get(place))
            && let Value::Object(verdict) = verdict(window)
        {
            row.extend(verdict);
        }
        row
    });
    Rows::new("windows", rows)
}

/// Ranges of samples, first to last.
fn ranges(ranges: &[std::ops::Range<usize>]) -> String {
    let all = ranges.iter();
    let all: Vec<_> = all
        .map(|it| format!("{}-{}", it.start, it.end.saturating_sub(1)))
        .collect();
    all.join(" ")
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.4}"))
}

fn percent(value: f64) -> String {
    format!("{:.2}%", 100.0 * value)
}

fn table(head: Vec<&str>, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(head);
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

/// A table of the best, and what to think of the first.
pub(super) fn text(shown: &Shown<'_>, top: usize) -> String {
    let mut ranked: Vec<(&Trial, &Figures)> = shown
        .trials
        .iter()
        .filter_map(|trial| Some((trial, trial.figures.as_ref()?)))
        .collect();
    let value = |figures: &Figures| shown.objective.of(figures);
    // A stable sort: of equal ones the first stays first.
    ranked.sort_by(|a, b| value(b.1).total_cmp(&value(a.1)));
    let ran = ranked.len();
    let scale = shown.per_year().sqrt();
    let rows = ranked.iter().take(top).map(|(trial, figures)| {
        let mut row = vec![
            trial.values.to_string(),
            number(figures.annual_sharpe()),
            percent(figures.total_return()),
            percent(figures.max_drawdown),
            figures.trips.to_string(),
            number(figures.profit_factor()),
            figures.equity.to_string(),
        ];
        if let Some(verdict) = figures.verdict {
            let target = verdict.target_reached.map(|_| verdict.share_of_target());
            row.extend([verdict.word().to_owned(), verdict.days.to_string()]);
            row.extend(target.map(percent));
        }
        row
    });
    let mut head = vec![
        "parameters",
        "sharpe",
        "return",
        "drawdown",
        "trips",
        "factor",
        "equity",
    ];
    let told = Told::of(shown.trials);
    if told.verdict {
        head.extend(["verdict", "on day"]);
    }
    if told.target {
        head.push("target reached");
    }
    let columnar = shown
        .trials
        .iter()
        .filter(|it| it.path == Way::Columns)
        .count();
    let mut lines = vec![format!(
        "{} runs of {} in {:.2} s ({:.0}/s, {} threads); {} refused, {} known from before",
        ran,
        shown.prepared.picked.name(),
        shown.seconds,
        (shown.trials.len() - shown.known) as f64 / shown.seconds.max(1e-9),
        shown.threads,
        shown.trials.len() - ran,
        shown.known,
    )];
    lines.push(match shown.prepared.not_columnar() {
        Some(reason) => format!("through the engine: {reason}"),
        None => format!(
            "{columnar} along columns, {} through the engine",
            ran - columnar
        ),
    });
    lines.extend(search::never_traded_words(shown.trials));
    lines.extend(shown.prepared.unknown_hours());
    lines.push(format!(
        "{}; Sharpe ratios are of a year, by the times of each curve ({}: sqrt({:.2})){}",
        match &shown.judged.unranked {
            None => format!("best by {}", shown.objective.name()),
            Some(reason) => format!("{reason}: in the order of the search"),
        },
        match shown.judged.unranked {
            None => "the best",
            Some(_) => "the first",
        },
        shown.per_year(),
        if shown.is_optimised {
            format!("; Bayesian optimisation, seed {}", shown.seed)
        } else {
            String::new()
        }
    ));
    if shown.objective == Objective::Passed {
        lines.push(
            "passed first, the sooner the better; then what trades on, by profit at the end (what is open included) as a \
             share of the profit target; last what failed or was closed, by the same"
                .to_owned(),
        );
    }
    lines.push(String::new());
    lines.push(table(head, rows.collect()));
    lines.push(String::new());
    lines.push(match &shown.judged.deflated {
        Ok(deflated) => format!(
            "deflated Sharpe ratio   {}  (the best of {} without skill would have {:.4}; a true one above 0: {})",
            number(deflated.probability),
            deflated.trials,
            deflated.expected * scale,
            number(deflated.shape.probabilistic(0.0)),
        ),
        Err(reason) => format!("deflated Sharpe ratio   -  ({reason})"),
    });
    lines.push(match &shown.judged.validated {
        Ok(validated) => format!(
            "overfitting (CSCV)      {}  ({} splits of {} cells; chosen {:.4}, then {:.4}; below 0: {}{})",
            number(Some(validated.probability)),
            validated.splits,
            validated.cells,
            validated.chosen * scale,
            validated.unseen * scale,
            percent(validated.loss),
            validated
                .left_out_words()
                .map_or(String::new(), |words| format!("; {words}")),
        ),
        Err(reason) => format!("overfitting (CSCV)      -  ({reason})"),
    });
    lines.join("\n")
}

/// Everything as one object.
pub(super) fn json(shown: &Shown<'_>) -> Value {
    let told = Told::of(shown.trials);
    let rows = shown.trials.iter().map(|trial| {
        let columns = columns(trial, told);
        Value::Object(columns.into_iter().collect::<Map<_, _>>())
    });
    let scale = shown.per_year().sqrt();
    let deflated = shown.judged.deflated.ok().map(|it| {
        json!({
            "probability": it.probability,
            "trials": it.trials,
            "expected_largest_sharpe": it.expected * scale,
            "sharpe": it.shape.sharpe * scale,
            "skew": it.shape.skew,
            "kurtosis": it.shape.kurtosis,
        })
    });
    let validated = shown.judged.validated.as_ref().ok().map(|it| {
        json!({
            "probability": it.probability,
            "splits": it.splits,
            "cells": it.cells,
            "trials": it.trials,
            "trials_defined": it.defined,
            "trials_left_out": it.left_out,
            "sharpe_chosen": it.chosen * scale,
            "sharpe_unseen": it.unseen * scale,
            "probability_of_loss": it.loss,
        })
    });
    let best = match shown.judged.unranked {
        None => parameters(&shown.best.values),
        Some(_) => Value::Null,
    };
    json!({
        "strategy": shown.prepared.picked.name(),
        "best_left_out": shown.judged.unranked,
        "deflated_sharpe_left_out": shown.judged.deflated.as_ref().err(),
        "overfitting_left_out": shown.judged.validated.as_ref().err(),
        "objective": shown.objective.name(),
        "never_traded": search::never_traded(shown.trials),
        "cautions": shown.prepared.unknown_hours().into_iter().collect::<Vec<_>>(),
        "periods_per_year": shown.per_year(),
        "seed": shown.seed,
        "best": best,
        "deflated_sharpe": deflated,
        "overfitting": validated,
        "runs": rows.collect::<Vec<_>>(),
    })
}

/// The table of a walk forward.
pub(super) fn folds(
    folds: &[Fold],
    trials: &[Trial],
    stitched: &Stitched,
    per_year: f64,
    judged: Option<&UnderPlan>,
) -> String {
    let scale = per_year.sqrt();
    let rows = folds.iter().zip(&stitched.returns).enumerate();
    let rows = rows.map(|(place, (fold, returned))| {
        let mut row = vec![
            ranges(&fold.split.train),
            format!(
                "{}-{}",
                fold.split.test.start,
                fold.split.test.end.saturating_sub(1)
            ),
            trials[fold.chosen].values.to_string(),
            number(fold.trained.map(|it| it * scale)),
            number(fold.tested.map(|it| it * scale)),
            returned.map_or("-".to_owned(), percent),
            fold.rank.map_or("-".to_owned(), percent),
        ];
        row.extend(judged.and_then(|it| it.windows.get(place)).map(told));
        row
    });
    let mut head = vec![
        "chosen on samples",
        "judged on",
        "parameters",
        "sharpe in",
        "out",
        "return out",
        "better than",
    ];
    head.extend(judged.map(|_| "under the plan"));
    let table = table(head, rows.collect());
    let mut text = format!(
        "{table}\n\nout of sample, one after the other: {} in {} returns, Sharpe ratio {}, deepest drawdown {}; Sharpe \
         ratios times sqrt({per_year:.2})",
        percent(stitched.total_return()),
        stitched.points.len().saturating_sub(1),
        number(stitched.sharpe().map(|it| it * scale)),
        percent(stitched.max_drawdown()),
    );
    if let Some(words) = search::never_traded_words(trials) {
        let _ = write!(text, "\n{words}");
    }
    if let Some(judged) = judged {
        let [windows, whole] = judged.words();
        let _ = write!(
            text,
            "\nunder the plan: {windows}; all of them as one account: {whole}\n{}",
            judged.note()
        );
    }
    text
}

/// How an account fared under a plan.
pub(super) fn verdict(followed: &Followed) -> Value {
    let verdict = followed.verdict;
    json!({
        "verdict": verdict.word(),
        "days": verdict.days,
        "day": followed.on.to_string(),
        "reason": followed.reason().map(|reason| reason.replace(' ', "_")),
        "equity": followed.equity.to_string(),
        "target_reached": verdict.target_reached.map(|_| verdict.share_of_target()),
    })
}
