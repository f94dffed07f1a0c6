//! A failing stream as a scenario that `dynasty simulate` runs: what the market shows and what time does as plain
//! lines, all else as a frame of the journal with its words beside it.

use std::fmt::Write as _;

use engine::{EventBuf, Limits, Shard};
use serde_json::Value;
use types::frame;
use types::{
    Aggressor, EventKind, Input, InputKind, InstrumentId, Level, LimitName, MarketData,
    MarketEvent, ShardId, Timer,
};

use super::recording::hex;
use super::words;

/// The scenario of these inputs, under these limits; notes say what it is about.
pub fn scenario(limits: Limits, inputs: &[Input], notes: &[String]) -> String {
    let mut out = String::new();
    for note in notes.iter().flat_map(|note| note.lines()) {
        line(&mut out, &[("type", text("note")), ("text", text(note))]);
    }
    let changed: Vec<String> = LimitName::ALL
        .into_iter()
        .map(|name| (name, limits.of(name)))
        .filter(|&(name, value)| value != Limits::default().of(name))
        .map(|(name, value)| format!("{}:{value}", text(name)))
        .collect();
    let limits_line = format!("{{{}}}", changed.join(","));
    let version = [
        ("type", text("scenario")),
        ("version", "1".to_owned()),
        ("limits", limits_line),
    ];
    line(&mut out, &version);
    // What a plain line names has to be known by then.
    let mut shard = Shard::new(ShardId(0), limits);
    let mut known = Vec::new();
    for (seq, input) in (1..).zip(inputs) {
        let mut input = input.clone();
        input.seq.0 = seq;
        let plain = plain(&input, &known);
        line(&mut out, &plain.unwrap_or_else(|| framed(&input)));
        let mut events = EventBuf::default();
        let applied = super::compare::caught("shard", || shard.apply(&input, &mut events));
        for event in events.as_slice() {
            if let EventKind::InstrumentRegistered { instrument } = event.kind {
                known.push(instrument);
            }
        }
        if applied.is_err() {
            break;
        }
    }
    out
}

type Fields = Vec<(&'static str, String)>;

fn line(out: &mut String, fields: &[(&'static str, String)]) {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"));
    let fields: Vec<String> = fields.collect();
    let _ = writeln!(out, "{{{}}}", fields.join(","));
}

/// A text with its quotes.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is called with ids and prices, which are copied"
)]
fn text(text: impl ToString) -> String {
    Value::String(text.to_string()).to_string()
}

fn framed(input: &Input) -> Fields {
    let mut bytes = Vec::new();
    frame::encode_input(ShardId(0), input, &mut bytes);
    vec![
        ("type", text("input")),
        ("text", text(words::input(input))),
        ("frame", text(hex(&bytes))),
    ]
}

/// An input as one of the plain lines, where one says all of it.
fn plain(input: &Input, known: &[InstrumentId]) -> Option<Fields> {
    let ts = ("ts", text(input.ts));
    let event = match &input.kind {
        InputKind::Timer(Timer::Clock) => return Some(vec![("type", text("clock")), ts]),
        InputKind::Market(event) if known.contains(&event.instrument) => event,
        _ => return None,
    };
    let MarketEvent {
        instrument,
        ts_event,
        data,
    } = event;
    let (kind, own): (_, Fields) = match data {
        MarketData::Quote(quote) => (
            "quote",
            vec![
                ("bid", text(quote.bid)),
                ("bid_qty", text(quote.bid_qty)),
                ("ask", text(quote.ask)),
                ("ask_qty", text(quote.ask_qty)),
            ],
        ),
        MarketData::Trade(trade) => {
            let aggressor = match trade.aggressor {
                Aggressor::Unknown => "unknown",
                Aggressor::Buyer => "buyer",
                Aggressor::Seller => "seller",
            };
            let own = vec![
                ("price", text(trade.price)),
                ("qty", text(trade.qty)),
                ("aggressor", text(aggressor)),
            ];
            ("trade", own)
        }
        MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => {
            let is_snapshot = matches!(data, MarketData::DepthSnapshot(_));
            let own = vec![
                ("snapshot", is_snapshot.to_string()),
                ("bids", levels(&update.bids)),
                ("asks", levels(&update.asks)),
            ];
            ("depth", own)
        }
        _ => return None,
    };
    let mut fields = vec![("type", text(kind)), ts];
    if *ts_event != input.ts {
        fields.push(("ts_event", text(ts_event)));
    }
    fields.push(("instrument", text(instrument)));
    fields.extend(own);
    Some(fields)
}

fn levels(levels: &[Level]) -> String {
    let pairs = levels
        .iter()
        .map(|level| format!("[{},{}]", text(level.price), text(level.qty)));
    let pairs: Vec<String> = pairs.collect();
    format!("[{}]", pairs.join(","))
}
