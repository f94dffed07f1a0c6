//! `dynasty strategies`: what there is, and a page about each.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use ::backtest::strategies::{ALL, Declared, find};
use ::backtest::strategy::{Kind, Parameter, Value};
use clap::ValueEnum;
use serde_json::json;

use crate::backtest::Usage;
use crate::demo::say;

/// List the strategies, or explain one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty strategies
  dynasty strategies sma_cross
  dynasty strategies --format json")]
pub(crate) struct Args {
    /// The one to explain.
    name: Option<String>,
    /// How it is told.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// JSON: an object for each, on a line of its own.
    Json,
}

/// The strategy of a name.
///
/// # Errors
/// When there is none.
pub(crate) fn named(name: &str) -> Result<&'static Declared, Usage> {
    find(name).ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|declared| declared.name).collect();
        Usage(format!(
            "no strategy '{name}'; accepted: {}",
            names.join(", ")
        ))
    })
}

/// Runs the command.
///
/// # Errors
/// When there is no such strategy, or the answer cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let one = args.name.as_deref().map(named).transpose()?;
    let shown: Vec<&Declared> = match one {
        Some(one) => vec![one],
        None => ALL.iter().collect(),
    };
    match (args.format, one) {
        (Format::Json, _) => {
            let mut out = std::io::stdout().lock();
            for declared in shown {
                writeln!(out, "{}", object(declared))?;
            }
        }
        (Format::Text, Some(one)) => say(page(one).trim_end())?,
        (Format::Text, None) => say(list(&shown).trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(shown: &[&Declared]) -> String {
    let width = shown.iter().map(|it| it.name.len()).max().unwrap_or(0);
    // Writing to a string does not fail, here and below.
    let mut text = String::new();
    let mut family = None;
    for declared in shown {
        if family.replace(declared.family) != Some(declared.family) {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{}", declared.family.name());
        }
        let _ = writeln!(text, "  {:width$}  {}", declared.name, declared.summary());
    }
    text
}

fn page(declared: &Declared) -> String {
    let mut text = format!(
        "{} ({})\n\n{}\n",
        declared.name,
        declared.family.name(),
        declared.about
    );
    if declared.parameters.is_empty() {
        text += "\nNo parameters.\n";
        return text;
    }
    text += "\nParameters, set with --set NAME=VALUE:\n";
    for Parameter {
        name,
        kind,
        default,
        about,
    } in declared.parameters
    {
        let _ = writeln!(
            text,
            "  {name:12} {about}\n               {kind}; without it {default}"
        );
    }
    text
}

fn object(declared: &Declared) -> serde_json::Value {
    let value = |value: Value| match value {
        Value::Integer(value) => json!(value),
        Value::Real(value) => json!(value),
        Value::Choice(word) => json!(word),
        Value::Flag(value) => json!(value),
    };
    let parameters = declared.parameters.iter().map(|parameter| {
        let mut object = json!({
            "name": parameter.name, "about": parameter.about, "default": value(parameter.default),
        });
        match parameter.kind {
            Kind::Integer { min, max } => {
                (object["kind"], object["min"], object["max"]) =
                    (json!("integer"), json!(min), json!(max));
            }
            Kind::Real { min, max } => {
                (object["kind"], object["min"], object["max"]) =
                    (json!("real"), json!(min), json!(max));
            }
            Kind::Choice(words) => {
                (object["kind"], object["words"]) = (json!("choice"), json!(words));
            }
            Kind::Flag => object["kind"] = json!("flag"),
        }
        object
    });
    json!({
        "name": declared.name, "family": declared.family.name(), "summary": declared.summary(),
        "about": declared.about, "parameters": parameters.collect::<Vec<_>>(),
    })
}
