//! `dynasty plan explain`: a plan in plain sentences with worked numbers.
//!
//! The numbers are what the rules themselves answer for an account of the plan that is led through the
//! example; none is computed here.

mod account;
mod conduct;
mod goals;
mod limits;
mod payout;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use gateway::dto::Node;
use gateway::dto::plan::Disagreement;
use rules::Plan;
use serde_json::json;
use types::TimestampNs;

use super::{Format, figures};

/// Say in plain sentences what a plan means, with worked numbers.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty plan explain fixtures/plans/eod-trail-50k.toml
  dynasty plan explain fixtures/plans/eod-trail-50k.toml --at 2026-11-20T12:00:00Z

The numbers are those of the rules: an account of the plan is led through each example.
Exit code 2: the file is no valid plan or cannot be read.")]
pub(super) struct Args {
    /// The plan file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The moment that the next roll and the next windows are told for [default: now].
    #[arg(long, value_name = "RFC3339", value_parser = parse_moment)]
    at: Option<TimestampNs>,
    /// How to write the answer; `json` is one object.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Sentences about one part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    title: &'static str,
    pub(super) sentences: Vec<String>,
}

impl Section {
    fn new(title: &'static str, sentences: Vec<String>) -> Self {
        Self { title, sentences }
    }
}

fn parse_moment(text: &str) -> Result<TimestampNs, String> {
    gateway::dto::time::parse_timestamp(text)
        .ok_or_else(|| "accepted: an RFC 3339 time such as 2026-11-20T12:00:00Z".to_owned())
}

fn now() -> anyhow::Result<TimestampNs> {
    let now = jiff::Timestamp::now().as_nanosecond();
    let now = u64::try_from(now).context("the clock is before 1970")?;
    Ok(TimestampNs(now))
}

/// Explains the plan of a file.
///
/// # Errors
/// When the file is no valid plan or the answer cannot be written.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (plan, text_of_file) = super::read_with_text(&args.file)?;
    let file = args.file.display().to_string();
    let found = gateway::dto::plan::disagreements_from_toml(&file, &text_of_file)
        .map_err(super::InputError::from)?;
    let at = match args.at {
        Some(at) => at,
        None => now()?,
    };
    let mut sections = sections(&plan, at);
    sections.extend(disagreements(&found));
    match args.format {
        Format::Text => out.write_all(text(&plan, &sections).as_bytes())?,
        Format::Json => {
            let sections: Vec<_> = sections
                .iter()
                .map(|section| json!({"title": section.title, "sentences": section.sentences}))
                .collect();
            let (name, hash) = (plan.name.to_string(), plan.hash().to_string());
            let version = plan.version;
            let answer =
                json!({"name": name, "version": version, "hash": hash, "sections": sections});
            writeln!(out, "{answer}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What there is to say about a plan at a moment.
pub(super) fn sections(plan: &Plan, at: TimestampNs) -> Vec<Section> {
    let all = [
        Some(account::section(plan, at)),
        limits::max_loss(plan),
        limits::daily_loss(plan),
        goals::section(plan),
        payout::payouts(plan),
        payout::scaling(plan),
        conduct::size(plan),
        conduct::windows(plan, at),
        conduct::habits(plan),
        Some(account::life(plan)),
        without_effect(plan),
    ];
    all.into_iter().flatten().collect()
}

/// What other sources have otherwise.
pub(super) fn disagreements(found: &[Disagreement]) -> Option<Section> {
    let said: Vec<_> = found
        .iter()
        .map(|other| {
            let fields: Vec<_> = other
                .fields
                .iter()
                .map(|(field, here, there)| {
                    let left_out = || figures::left_out(field).unwrap_or("none").to_owned();
                    let here = here.as_ref().map_or_else(left_out, whole);
                    format!("{field} {} (here {here})", whole(there))
                })
                .collect();
            let (source, date) = (&other.source, &other.date);
            format!("{source}, {date}: {}.", figures::list(&fields))
        })
        .collect();
    (!said.is_empty()).then(|| Section::new("Sources disagree", said))
}

/// A value with all that is in it.
fn whole(node: &Node) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match node {
        Node::List(items) => format!("[{}]", joined(items.iter().map(whole).collect())),
        Node::Table(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| format!("{name} = {}", whole(value)));
            format!("{{ {} }}", joined(fields.collect()))
        }
        plain => plain.to_string(),
    }
}

/// What a plan says that can do nothing.
fn without_effect(plan: &Plan) -> Option<Section> {
    let idle = plan.idle().into_iter();
    let said: Vec<_> = idle
        .map(|(field, why)| format!("{field}: {why}."))
        .collect();
    (!said.is_empty()).then(|| Section::new("Without effect", said))
}

/// The sections as text: a title, then a line for each sentence.
pub(super) fn text(plan: &Plan, sections: &[Section]) -> String {
    let head = [
        format!("{}, version {}", plan.name, plan.version),
        plan.hash().to_string(),
    ];
    let body = sections.iter().flat_map(|Section { title, sentences }| {
        let sentences = sentences.iter().map(|sentence| format!("  {sentence}"));
        [String::new(), (*title).to_owned()]
            .into_iter()
            .chain(sentences)
    });
    let mut lines: Vec<_> = head.into_iter().chain(body).collect();
    lines.push(String::new());
    lines.join("\n")
}
