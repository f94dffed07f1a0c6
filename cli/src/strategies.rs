//! `dynasty strategies`: what there is, and a page about each.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::backtest::declared::{Recipe, nearest};
use ::backtest::strategies::{ALL, Declared, Offer, find};
use ::backtest::strategy::{Kind, Parameter, Strategy, Value, Values};
use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::json;

use crate::backtest::Usage;
use crate::demo::{say, tell};

/// List the strategies, explain one, or check files of strategies.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty strategies
  dynasty strategies sma_cross
  dynasty strategies check fixtures/strategies/*.toml
  dynasty strategies --format json

How a strategy is written as a file: docs/strategies.md.")]
pub(crate) struct Args {
    /// The one to explain, or `check`.
    name: Option<String>,
    /// The files that `check` reads (TOML).
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
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
        if name.is_empty() {
            return Usage(
                "--strategy is required; accepted: a name of `dynasty strategies`, or a file that ends in .toml"
                    .to_owned(),
            );
        }
        let names: Vec<_> = ALL.iter().map(|declared| declared.name).collect();
        let near = nearest(name, names.iter().copied());
        let near = near.map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
        Usage(format!(
            "no strategy '{name}'{near}; accepted: {}, or a file that ends in .toml",
            names.join(", ")
        ))
    })
}

/// What `--strategy` names: one of the library, or a file.
#[derive(Debug)]
pub(crate) enum Picked {
    Library(&'static Declared),
    File(Box<Recipe>),
}

impl Picked {
    /// # Errors
    /// When there is no such strategy or file, or the file is not accepted.
    pub(crate) fn of(text: &str) -> anyhow::Result<Self> {
        let is_file = Path::new(text)
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("toml"));
        if is_file {
            return Ok(Self::File(Box::new(recipe(Path::new(text))?)));
        }
        Ok(Self::Library(named(text)?))
    }

    /// The parameters that it has, set as asked for.
    ///
    /// # Errors
    /// When one is not accepted; a file has none.
    pub(crate) fn values(&self, set: &[(String, String)]) -> Result<Values, Usage> {
        let parameters: &'static [Parameter] = match self {
            Self::Library(declared) => declared.parameters,
            Self::File(_) => &[],
        };
        let mut values = Values::defaults(parameters);
        for (name, text) in set {
            let set = values.set(name, text);
            set.map_err(|error| Usage(format!("--set: {error}")))?;
        }
        Ok(values)
    }

    /// # Errors
    /// When the values do not go together.
    pub(crate) fn build(&self, values: &Values) -> Result<Box<dyn Strategy>, Usage> {
        match self {
            Self::Library(declared) => {
                (declared.build)(values).map_err(|error| Usage(format!("--set: {error}")))
            }
            Self::File(recipe) => Ok(recipe.build()),
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Library(declared) => declared.name,
            Self::File(recipe) => &recipe.name,
        }
    }

    /// Lengths of the longer bars that it looks at, ns.
    pub(crate) fn lengths(&self) -> &[u64] {
        match self {
            Self::Library(_) => &[],
            Self::File(recipe) => recipe.lengths(),
        }
    }

    /// Whether the data has what it needs.
    ///
    /// # Errors
    /// With what is missing.
    pub(crate) fn check(&self, offer: &Offer) -> Result<(), Usage> {
        let checked = match self {
            Self::Library(declared) => declared.check(offer),
            Self::File(recipe) => recipe.check(offer),
        };
        checked.map_err(|error| Usage(error.to_string()))
    }
}

fn recipe(path: &Path) -> anyhow::Result<Recipe> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).with_context(|| name.clone())?;
    Ok(Recipe::parse(&name, &text).map_err(|error| Usage(error.to_string()))?)
}

/// All files are read before it ends, so that one run tells of all of them.
fn check(files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    if files.is_empty() {
        return Err(
            Usage("check: no file; accepted: files of strategies (TOML)".to_owned()).into(),
        );
    }
    let mut is_good = true;
    for path in files {
        match recipe(path) {
            Ok(recipe) => say(format!("{}: {}", path.display(), recipe.summary()))?,
            Err(error) => {
                is_good = false;
                tell(format_args!("dynasty: {error:#}"));
            }
        }
    }
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

/// Runs the command.
///
/// # Errors
/// When there is no such strategy, or the answer cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    if args.name.as_deref() == Some("check") {
        return check(&args.files);
    }
    if let Some(file) = args.files.first() {
        let text = format!("'{}'; accepted: files after check only", file.display());
        return Err(Usage(text).into());
    }
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
        (Format::Text, Some(one)) => say(page(one)?.trim_end())?,
        (Format::Text, None) => say(list(&shown)?.trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(shown: &[&Declared]) -> Result<String, std::fmt::Error> {
    let width = shown.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut family = None;
    for declared in shown {
        if family.replace(declared.family) != Some(declared.family) {
            let gap = if text.is_empty() { "" } else { "\n" };
            writeln!(text, "{gap}{}", declared.family.name())?;
        }
        writeln!(text, "  {:width$}  {}", declared.name, declared.summary())?;
    }
    Ok(text)
}

fn page(declared: &Declared) -> Result<String, std::fmt::Error> {
    let page = &declared.page;
    let needs = declared.needs.to_string();
    let mut text = format!(
        "{} ({})\n\n{}\n\n",
        declared.name,
        declared.family.name(),
        declared.about
    );
    for (head, body) in [
        ("Entry", page.entry),
        ("Exit", page.exit),
        ("Size", page.sizing),
        ("Needs", &needs),
        ("Source", page.source),
        ("Risk", page.risk),
    ] {
        text += &section(head, body);
    }
    if declared.parameters.is_empty() {
        text += "\nNo parameters.\n";
        return Ok(text);
    }
    text += "\nParameters, set with --set NAME=VALUE:\n";
    for Parameter {
        name,
        kind,
        default,
        about,
    } in declared.parameters
    {
        writeln!(
            text,
            "  {name:12} {about}\n               {kind}; without it {default}"
        )?;
    }
    Ok(text)
}

/// A head and its text, wrapped beside it.
fn section(head: &str, body: &str) -> String {
    const WIDTH: usize = 88;
    let mut text = format!("{head:8}");
    let mut column = 0;
    for word in body.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            text += "\n        ";
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text += word;
        column += width;
    }
    text.push('\n');
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
        "entry": declared.page.entry, "exit": declared.page.exit, "sizing": declared.page.sizing,
        "source": declared.page.source, "risk": declared.page.risk, "needs": declared.needs.to_string(),
        "parameters": parameters.collect::<Vec<_>>(),
    })
}
