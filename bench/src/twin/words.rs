//! Inputs and facts for a reader: the debug form with decimals instead of raw integers.

use std::fmt::Debug;

use rules::{Competition, Plan};
use types::{Codec, Command, Input, InputKind, Money, Notional, Price, Qty, Ratio, SignedQty};

/// The debug form on one line, its figures as decimals and its ids as bare numbers.
pub(super) fn plain(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(open) = rest.find('(') {
        let (head, tail) = rest.split_at(open);
        let start = head
            .rfind(|c: char| !c.is_ascii_alphanumeric())
            .map_or(0, |at| at + 1);
        let (before, wrapper) = head.split_at(start);
        let inner = tail[1..].split_once(')').map(|(inner, _)| inner);
        let figure = inner.and_then(|inner| figure(wrapper, inner));
        if let (Some(figure), Some(inner)) = (figure, inner) {
            out.push_str(before);
            out.push_str(&figure);
            rest = &tail[inner.len() + 2..];
        } else {
            out.push_str(head);
            out.push('(');
            rest = &tail[1..];
        }
    }
    out.push_str(rest);
    out
}

fn figure(wrapper: &str, inner: &str) -> Option<String> {
    let raw: i128 = inner.parse().ok()?;
    let short = i64::try_from(raw);
    Some(match wrapper {
        "Price" => Price(short.ok()?).to_string(),
        "Qty" => Qty(short.ok()?).to_string(),
        "SignedQty" => SignedQty(short.ok()?).to_string(),
        "Money" => Money(short.ok()?).to_string(),
        "Ratio" => Ratio(short.ok()?).to_string(),
        "Notional" => Notional(raw).to_string(),
        "TimestampNs" => time(raw),
        "AccountId" | "InstrumentId" | "PlanId" | "CompetitionId" | "CurveId" | "LatencyId"
        | "OrderId" | "ClientOrderId" | "Seq" | "TradingDay" => inner.to_owned(),
        _ => return None,
    })
}

/// Seconds since the noon at which a stream begins.
fn time(ns: i128) -> String {
    let since = ns - 1_709_208_000_000_000_000;
    if since.abs() > 1_000_000_000_000_000 {
        return format!("{ns}ns");
    }
    let sign = if since < 0 { "-" } else { "" };
    let (seconds, rest) = (since.abs() / 1_000_000_000, since.abs() % 1_000_000_000);
    format!("{sign}{seconds}.{rest:09}s")
}

/// An input on one line.
pub(super) fn input(input: &Input) -> String {
    let what = match &input.kind {
        InputKind::Command(Command::DefinePlan { spec }) => {
            Plan::from_bytes(spec).map_or_else(|error| error.to_string(), |plan| plain(&plan))
        }
        InputKind::Command(Command::DefineCompetition { spec }) => Competition::from_bytes(spec)
            .map_or_else(|error| error.to_string(), |competition| plain(&competition)),
        InputKind::Command(command) => plain(command),
        InputKind::Market(event) => format!("{} {}", event.instrument, plain(&event.data)),
        InputKind::Timer(timer) => plain(timer),
    };
    format!("{} at {}: {what}", input.seq, time(input.ts.0.into()))
}
