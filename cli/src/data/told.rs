//! A market event in words and as JSON.

use marketdata::history::Row;
use serde_json::{Value, json};
use types::{Aggressor, DepthUpdate, InstrumentStatus, Level, MarketData};

/// The most symbols that are named.
const SYMBOLS_NAMED_MAX: usize = 10;

/// Symbols, held to a length.
pub(super) fn names(symbols: &[&str]) -> String {
    let named = symbols.len().min(SYMBOLS_NAMED_MAX);
    let text = symbols[..named].join(", ");
    match symbols.len() - named {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The name of a kind.
pub(super) const fn kind(data: &MarketData) -> &'static str {
    match data {
        MarketData::Quote(_) => "quote",
        MarketData::Trade(_) => "trade",
        MarketData::DepthDelta(_) => "depth",
        MarketData::DepthSnapshot(_) => "book",
        MarketData::Bar(_) => "bar",
        MarketData::Status(_) => "status",
        MarketData::Financing(_) => "financing",
        MarketData::Dividend { .. } => "dividend",
        MarketData::Split { .. } => "split",
        MarketData::Gap => "gap",
    }
}

const fn side(aggressor: Aggressor) -> &'static str {
    match aggressor {
        Aggressor::Buyer => "buy",
        Aggressor::Seller => "sell",
        Aggressor::Unknown => "unknown",
    }
}

const fn status(status: InstrumentStatus) -> &'static str {
    match status {
        InstrumentStatus::Open => "open",
        InstrumentStatus::Halted => "halted",
        InstrumentStatus::Closed => "closed",
        InstrumentStatus::PreOpen => "pre_open",
        InstrumentStatus::PreClose => "pre_close",
    }
}

/// The most levels of a side that a line shows.
const LEVELS_SHOWN_MAX: usize = 3;

fn levels(update: &DepthUpdate) -> String {
    let side = |levels: &[Level]| {
        let mut shown: Vec<_> = levels
            .iter()
            .take(LEVELS_SHOWN_MAX)
            .map(|level| format!("{} x {}", level.price, level.qty))
            .collect();
        let more = levels.len().saturating_sub(LEVELS_SHOWN_MAX);
        if more > 0 {
            shown.push(format!("{more} more"));
        }
        shown.join(", ")
    };
    format!("bids {} | asks {}", side(&update.bids), side(&update.asks))
}

/// A row for people.
pub(super) fn line(row: &Row) -> String {
    let told = match &row.data {
        MarketData::Quote(quote) => format!(
            "{} x {} | {} x {}",
            quote.bid, quote.bid_qty, quote.ask, quote.ask_qty
        ),
        MarketData::Trade(trade) => {
            format!("{} x {} {}", trade.price, trade.qty, side(trade.aggressor))
        }
        MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => levels(update),
        MarketData::Bar(bar) => format!(
            "from {} o {} h {} l {} c {} v {}",
            bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume
        ),
        MarketData::Status(of) => status(*of).to_owned(),
        MarketData::Financing(financing) => format!(
            "long {} short {} of {}",
            financing.long, financing.short, financing.price
        ),
        MarketData::Dividend { per_unit } => format!("{per_unit} per unit"),
        MarketData::Split { new, old } => format!("{new} for {old}"),
        MarketData::Gap => String::new(),
    };
    let line = format!("{} {} {} {told}", row.ts, row.symbol, kind(&row.data));
    line.trim_end().to_owned()
}

/// A row as JSON. Numbers that are prices, quantities or times are strings.
pub(super) fn object(row: &Row) -> Value {
    let side_of = |levels: &[Level]| -> Value {
        levels
            .iter()
            .map(|level| json!([level.price.to_string(), level.qty.to_string()]))
            .collect()
    };
    let told = match &row.data {
        MarketData::Quote(quote) => json!({
            "bid": quote.bid.to_string(),
            "bid_qty": quote.bid_qty.to_string(),
            "ask": quote.ask.to_string(),
            "ask_qty": quote.ask_qty.to_string(),
        }),
        MarketData::Trade(trade) => json!({
            "price": trade.price.to_string(),
            "qty": trade.qty.to_string(),
            "side": side(trade.aggressor),
        }),
        MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => json!({
            "bids": side_of(&update.bids),
            "asks": side_of(&update.asks),
        }),
        MarketData::Bar(bar) => json!({
            "start": bar.start.to_string(),
            "open": bar.open.to_string(),
            "high": bar.high.to_string(),
            "low": bar.low.to_string(),
            "close": bar.close.to_string(),
            "volume": bar.volume.to_string(),
        }),
        MarketData::Status(of) => json!({ "status": status(*of) }),
        MarketData::Financing(financing) => json!({
            "long": financing.long.to_string(),
            "short": financing.short.to_string(),
            "price": financing.price.to_string(),
        }),
        MarketData::Dividend { per_unit } => json!({ "per_unit": per_unit.to_string() }),
        MarketData::Split { new, old } => json!({ "new": new, "old": old }),
        MarketData::Gap => json!({}),
    };
    let mut object = json!({
        "ts": row.ts.to_string(),
        "ts_event": row.ts_event.to_string(),
        "symbol": row.symbol.as_str(),
        "kind": kind(&row.data),
    });
    if let (Value::Object(object), Value::Object(told)) = (&mut object, told) {
        object.extend(told);
    }
    object
}
