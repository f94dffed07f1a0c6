//! Searches as pages.

use ::backtest::metric::Trials;
use ::backtest::report::{Report, Surface, WalkForward};

use super::table::Shown;
use super::{Prepared, Usage};
use crate::backtest::report::{self, Subject};
use crate::backtest::{Args, measured};

/// Whether these are parameters that a heat map can have.
///
/// # Errors
/// With what would be accepted.
pub(super) fn check(names: &[String], prepared: &Prepared) -> Result<(), Usage> {
    let known: Vec<_> = prepared
        .values
        .iter()
        .map(|(parameter, _)| parameter.name)
        .collect();
    let is_good = match names {
        [] => true,
        [one] => known.contains(&one.as_str()),
        [one, other] => {
            one != other
                && [one, other]
                    .iter()
                    .all(|name| known.contains(&name.as_str()))
        }
        _ => false,
    };
    if is_good {
        return Ok(());
    }
    Err(Usage(format!(
        "--surface {}; accepted: one or two of {}",
        names.join(","),
        known.join(", ")
    )))
}

/// The best run of a sweep, and the others around it.
///
/// # Errors
/// When the best cannot be run again, or a file cannot be written.
pub(super) fn sweep(args: &Args, names: &[String], shown: &Shown<'_>) -> anyhow::Result<()> {
    let &Shown {
        prepared,
        trials,
        best,
        judged,
        ..
    } = shown;
    let per_year = shown.per_year();
    let recorded = prepared.record(&best.values)?;
    let subject = Subject {
        values: &best.values,
        ..prepared.subject(args)
    }
    .with(&recorded);
    let mut metrics = measured::settings(args, &recorded.outcome);
    metrics.periods_per_year = per_year;
    if let Some(deflated) = judged.deflated.ok().filter(|it| it.trials > 1) {
        metrics.trials = Some(Trials {
            count: deflated.trials as u64,
            variance: deflated.variance,
        });
    }
    let mut page = report::of_run(&subject, &recorded.outcome, &metrics)?;
    let ran = trials.iter().filter(|it| it.figures.is_some()).count();
    page.title = match &judged.unranked {
        None => format!("{}: the best of {ran} runs", page.title),
        Some(reason) => format!("{}: the first of {ran} runs, {reason}", page.title),
    };
    let searched = Surface::axes(trials);
    let mut axes =
        names
            .iter()
            .map(String::as_str)
            .chain(
                searched
                    .into_iter()
                    .take(if names.is_empty() { 2 } else { 0 }),
            );
    let facts = ::backtest::report::judged(
        trials,
        judged.deflated.as_ref().map_err(|reason| *reason),
        judged.validated.as_ref().map_err(String::as_str),
        per_year,
    );
    if let Some(across) = axes.next() {
        let axes = (across, axes.next());
        let mut surface = Surface::of(trials, best, axes, shown.objective);
        surface.facts = facts;
        page.surface = Some(surface);
    } else {
        // Nothing was searched that a map or a table could have.
        page.facts.extend(facts);
    }
    report::write_page(args, &page)
}

/// The windows of a walk-forward.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn walk_forward(
    args: &Args,
    prepared: &Prepared,
    walked: WalkForward,
) -> anyhow::Result<()> {
    let subject = prepared.subject(args);
    let title = format!("{}: walk-forward", subject.title());
    let mut page = Report::of_many(title, prepared.settings.plan.currency.to_string());
    page.walk_forward = Some(walked);
    page.facts = report::facts(&subject);
    page.command = Some(report::command());
    report::write_page(args, &page)
}
