//! `--report` and `--plots`: a run as a page, and its plots as files.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ::backtest::metric;
use ::backtest::outcome::Outcome;
use ::backtest::report::{Fact, Proof, Recorder, Report};
use ::backtest::run::{Fills, Settings};
use ::backtest::strategy::{Size, Values};
use anyhow::Context as _;
use gateway::dto::percent;
use types::{Label, Liquidity, Money, Price, Seq, Slippage};

use super::entry::Entered;
use super::png::Painter;
use super::world::Recorded;
use super::{Args, Ran};

/// What a page is about: how it was run, and what was recorded of it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) args: &'a Args,
    pub(super) values: &'a Values,
    pub(super) settings: &'a Settings,
    pub(super) names: &'a [Label],
    pub(super) recorder: Option<&'a Recorder>,
    /// Proofs of breaches.
    pub(super) documents: &'a [(Seq, PathBuf)],
    /// What the plan asks for.
    pub(super) target: Option<Money>,
}

impl<'a> Subject<'a> {
    /// The strategy and what it traded.
    pub(super) fn title(&self) -> String {
        let names: Vec<_> = self.names.iter().map(ToString::to_string).collect();
        format!("{} on {}", self.args.strategy, names.join(", "))
    }

    /// With what was recorded of a run.
    pub(super) fn with(self, recorded: &'a Recorded) -> Self {
        Self {
            recorder: Some(&recorded.recorder),
            target: recorded.target,
            ..self
        }
    }
}

/// Writes what the command line asks for.
///
/// # Errors
/// When a file cannot be written, or there is nothing to draw text with.
pub(super) fn write(ran: &Ran<'_>) -> anyhow::Result<()> {
    let (Some(recorder), args) = (&ran.watch.recorder, ran.args) else {
        return Ok(());
    };
    let target = ran.watch.account.as_ref().and_then(|view| view.target);
    let subject = Subject {
        args,
        values: ran.values,
        settings: ran.settings,
        names: &ran.watch.names,
        recorder: Some(recorder),
        documents: &ran.watch.documents,
        target: target.map(|(target, _)| target),
    };
    let metrics = super::measured::settings(args, ran.outcome);
    let mut report = of_run(&subject, ran.outcome, &metrics)?;
    let notes = super::caution::of_memory(ran.outcome).into_iter();
    report
        .facts
        .extend(notes.map(|note| Fact::new("Note", note)));
    report.entry = ran.watch.entered.as_ref().map(Entered::section);
    write_page(args, &report)
}

/// Writes a page and its plots, as far as the command line asks for them.
///
/// # Errors
/// When a file cannot be written, or there is nothing to draw text with.
pub(super) fn write_page(args: &Args, report: &Report<'_>) -> anyhow::Result<()> {
    if let Some(path) = &args.report {
        super::write(path, report.to_html())?;
    }
    if let Some(folder) = &args.plots {
        plots(report, folder)?;
    }
    Ok(())
}

fn plots(report: &Report<'_>, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let painter = Painter::new()?;
    for plot in report.plots() {
        let path = folder.join(format!("{}.svg", plot.name));
        super::write(&path, plot.to_svg())?;
        let path = folder.join(format!("{}.png", plot.name));
        let image = painter.paint(&plot.to_plain_svg(false))?;
        fs::write(&path, image).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// A page about a run.
///
/// # Errors
/// When its equity has no metrics.
pub(super) fn of_run<'a>(
    subject: &Subject<'a>,
    outcome: &'a Outcome,
    metrics: &metric::Settings,
) -> anyhow::Result<Report<'a>> {
    let &Subject {
        args,
        settings,
        names,
        recorder,
        documents,
        ..
    } = subject;
    let currency = settings.plan.currency.to_string();
    let mut report = Report::new(subject.title(), outcome, currency, &settings.instruments);
    report.recorder = recorder;
    report.benchmark = super::benchmark::of(args, names, outcome)?;
    if args.plan.is_some() {
        report.plan = Some(settings.plan.name.to_string());
        report.target = subject.target;
    }
    report.proofs = documents
        .iter()
        .map(|(seq, path)| Proof {
            seq: *seq,
            file: path.display().to_string(),
            command: format!(
                "dynasty verify-breach {}",
                quoted(&path.display().to_string())
            ),
        })
        .collect();
    report.measure(metrics).context("--report")?;
    report.facts = facts(subject);
    report.facts.extend([
        Fact::new("Time", format!("{} to {}", outcome.first, outcome.last)),
        Fact::new("Periods in a year", metrics.periods_per_year.to_string()),
        Fact::new(
            "Rate without risk",
            format!("{}% a year", percent::exact(args.risk_free)),
        ),
        Fact::new("State hash", outcome.state_hash.to_string()),
    ]);
    report.command = Some(command());
    Ok(report)
}

/// How it was run.
pub(super) fn facts(subject: &Subject<'_>) -> Vec<Fact> {
    let &Subject {
        args,
        values,
        settings,
        ..
    } = subject;
    let currency = settings.plan.currency;
    let mut facts = vec![Fact::new("Strategy", &args.strategy)];
    if values.iter().next().is_some() {
        facts.push(Fact::new("Parameters", values.to_string()));
    }
    let files = args.files.iter().map(|path| path.display().to_string());
    facts.push(Fact::new("Data", files.collect::<Vec<_>>().join(", ")));
    facts.push(Fact::new("Orders are sent", sent(settings.fills)));
    facts.push(Fact::new(
        "A full position",
        match settings.size {
            Size::Units(qty) => format!("{qty} units"),
            Size::Equity(share) => format!("{}% of equity", percent::exact(share)),
            Size::Notional(amount) => format!("{amount} {currency}"),
        },
    ));
    facts.push(Fact::new(
        "Capital",
        format!("{} {currency}", settings.plan.initial_balance),
    ));
    for instrument in &settings.instruments {
        let fees = instrument.fees;
        let slippage = match instrument.liquidity {
            Liquidity::Paper(model) => match model.slippage {
                Slippage::None => "no slippage".to_owned(),
                Slippage::Ticks(ticks) => format!("{ticks} ticks of slippage"),
                Slippage::Rate(share) => format!("{}% of slippage", percent::exact(share)),
                Slippage::Impact { ticks, .. } => {
                    format!("{ticks} ticks of slippage for each best quantity taken")
                }
            },
            Liquidity::Crossed => "a book of its own".to_owned(),
        };
        let mut charged = format!(
            "taker {}%, maker {}%",
            percent::exact(fees.taker),
            percent::exact(fees.maker)
        );
        let own = instrument.currency;
        for (amount, what) in [
            (fees.per_unit, "a unit"),
            (fees.minimum, "an order at the least"),
        ] {
            if amount != Money::ZERO {
                let _ = write!(charged, ", {amount} {own} {what}");
            }
        }
        facts.push(Fact::new(
            format!("Costs of {}", instrument.symbol),
            format!(
                "{charged}, {slippage}, spread {} ticks",
                settings.spread_ticks
            ),
        ));
    }
    for (from, rate) in &args.convert {
        let is_number = rate.parse::<Price>().is_ok();
        let told = if is_number {
            format!("{rate} {currency}")
        } else {
            format!("the middle of {rate}, in {currency}")
        };
        facts.push(Fact::new(format!("1 {from} is"), told));
    }
    if args.plan.is_some() {
        let plan = &settings.plan;
        facts.push(Fact::new(
            "Plan",
            format!("{}, version {}, {}", plan.name, plan.version, plan.hash()),
        ));
    }
    if let Some(competition) = &settings.competition {
        facts.push(Fact::new("Competition", competition.name.to_string()));
    }
    facts.push(Fact::new("Version", env!("CARGO_PKG_VERSION")));
    facts
}

const fn sent(fills: Fills) -> &'static str {
    match fills {
        Fills::NextOpen => "at the open of the next bar",
        Fills::SameClose => "at the close that was seen",
        Fills::NextClose => "at the close of the next bar",
        Fills::Market => "at once, at the market",
    }
}

/// The command line as a shell takes it.
pub(super) fn command() -> String {
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| quoted(&word.to_string_lossy()));
    std::iter::once("dynasty".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A word in quotes where a POSIX shell would take it apart.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/' | '=' | '%' | ':' | ',')
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(quoted("fixtures/goog.csv.gz"), "fixtures/goog.csv.gz");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
