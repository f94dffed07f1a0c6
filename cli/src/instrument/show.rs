//! `dynasty instrument show`: what a file's instruments are worth a tick, what they tie up, and when they trade.

use std::path::PathBuf;

use anyhow::Context;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use gateway::dto::instrument::Specification;
use gateway::dto::time::parse_timestamp;
use gateway::dto::word::Word as _;
use marketdata::actions::ActionKind;
use serde_json::{Map, Value, json};
use types::{Requirement, TimestampNs};

use super::OutputFormat;
use crate::demo::say;

/// Shows the instruments of a file: steps, what a step is worth, margin, and the session now or next.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file of instruments (TOML).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Another moment than now, RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    at: Option<TimestampNs>,
    /// How to show it; JSON is an object for each instrument, on a line of its own.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

fn parse_moment(text: &str) -> Result<TimestampNs, String> {
    parse_timestamp(text)
        .ok_or_else(|| "accepted: an RFC 3339 time such as 2024-03-05T09:30:00Z".to_owned())
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let at = args.at.unwrap_or_else(marketdata::connection::now);
    let instruments = super::read(&args.file)?;
    if args.format == OutputFormat::Json {
        for instrument in &instruments {
            say(object(instrument, at)?)?;
        }
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(HEADER);
    for instrument in &instruments {
        table.add_row(row(instrument, at)?);
    }
    say(table.to_string())?;
    for Specification {
        definition,
        actions,
        ..
    } in &instruments
    {
        for action in actions {
            let what = match action.kind {
                ActionKind::Split { new, old } => format!("split {new}:{old}"),
                ActionKind::Dividend { per_unit } => {
                    format!("dividend {per_unit} {}", definition.currency)
                }
            };
            say(format!("{} {} {what}", definition.symbol, action.ex))?;
        }
    }
    Ok(())
}

const HEADER: [&str; 10] = [
    "symbol",
    "kind",
    "currency",
    "tick",
    "lot",
    "contract",
    "tick value",
    "margin",
    "session",
    "at",
];

/// A line of the table with its names, and the splits and dividends.
fn object(instrument: &Specification, at: TimestampNs) -> anyhow::Result<Value> {
    let mut object: Map<String, Value> = HEADER
        .iter()
        .map(|name| name.replace(' ', "_"))
        .zip(row(instrument, at)?.map(Value::from))
        .collect();
    let actions = instrument.actions.iter().map(|action| {
        let ex = action.ex.to_string();
        match action.kind {
            ActionKind::Split { new, old } => json!({ "ex": ex, "split": format!("{new}:{old}") }),
            ActionKind::Dividend { per_unit } => {
                json!({ "ex": ex, "dividend": per_unit.to_string() })
            }
        }
    });
    object.insert("actions".to_owned(), actions.collect());
    Ok(Value::Object(object))
}

fn row(instrument: &Specification, at: TimestampNs) -> anyhow::Result<[String; 10]> {
    let definition = &instrument.definition;
    let symbol = definition.symbol.to_string();
    let value = definition.tick_value().with_context(|| symbol.clone())?;
    let (name, when) = match &instrument.session {
        None => ("none".to_owned(), "open".to_owned()),
        Some(calendar) => {
            let when = match (calendar.is_open(at), calendar.next_edge(at)) {
                (true, Some(edge)) => format!("open until {}", edge.at),
                (false, Some(edge)) => format!("closed until {}", edge.at),
                (true, None) => "open".to_owned(),
                (false, None) => "closed".to_owned(),
            };
            (calendar.name().to_owned(), when)
        }
    };
    Ok([
        symbol,
        definition.kind.word().to_owned(),
        definition.currency.to_string(),
        definition.tick_size.to_string(),
        definition.lot_size.to_string(),
        definition.contract_size.to_string(),
        value.to_string(),
        margin(definition.margin.initial),
        name,
        when,
    ])
}

/// What opening ties up: a share of the notional, an amount for each unit, or both.
fn margin(requirement: Requirement) -> String {
    let Requirement { rate, per_unit } = requirement;
    let share = format!("{}%", gateway::dto::percent::exact(rate));
    match (rate.0 != 0, per_unit.0 != 0) {
        (false, false) => "none".to_owned(),
        (true, false) => share,
        (false, true) => per_unit.to_string(),
        (true, true) => format!("{share} + {per_unit}"),
    }
}
