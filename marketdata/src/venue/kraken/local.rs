//! Kraken's side of the conversation.

use std::fmt::Write as _;

use flate2::Crc;
use types::{Aggressor, Level, TimestampNs};

use super::DEPTH;
use crate::feed::{Fields, Value, rfc3339};
use crate::local::{Change, Counterpart, Market};

const HEARTBEAT_NS: u64 = 1_000_000_000;

/// Kraken as a client meets it.
#[derive(Debug, Default)]
pub struct LocalKraken {
    /// Channel and symbol.
    subscribed: Vec<(String, String)>,
    /// The levels that a subscriber knows, by symbol.
    shown: Vec<(String, [Vec<Level>; 2])>,
    last_sent: TimestampNs,
}

impl LocalKraken {
    /// Without a client.
    pub const fn new() -> Self {
        Self {
            subscribed: Vec::new(),
            shown: Vec::new(),
            last_sent: TimestampNs(0),
        }
    }

    fn has(&self, channel: &str, symbol: &str) -> bool {
        let is_it = |known: &(String, String)| known.0 == channel && known.1 == symbol;
        self.subscribed.iter().any(is_it)
    }

    fn subscribe(
        &mut self,
        channel: &str,
        symbol: &str,
        request: &str,
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let time = rfc3339(now);
        let market = markets.iter().find(|market| market.symbol == symbol);
        let error = match market {
            None => Some("Currency pair not supported"),
            Some(_) if self.has(channel, symbol) => Some("Already subscribed"),
            Some(_) => None,
        };
        if let Some(error) = error {
            out.push(
                format!(
                    r#"{{"error":"{error} {symbol}","method":"subscribe","success":false{request},"symbol":"{symbol}","time_in":"{time}","time_out":"{time}"}}"#
                )
                .into_bytes(),
            );
            return;
        }
        self.subscribed
            .push((channel.to_owned(), symbol.to_owned()));
        out.push(
            format!(
                r#"{{"method":"subscribe","result":{{"channel":"{channel}","snapshot":true,"symbol":"{symbol}"}},"success":true{request},"time_in":"{time}","time_out":"{time}"}}"#
            )
            .into_bytes(),
        );
        match (channel, market) {
            ("book", Some(market)) => {
                let best = best(market);
                out.push(book("snapshot", market, &best, now));
                self.shown.retain(|(known, _)| known != symbol);
                self.shown.push((symbol.to_owned(), best));
            }
            ("ticker", Some(market)) => out.extend(ticker("snapshot", market, now)),
            _ => {}
        }
    }
}

/// The levels of a subscription: bids, asks.
fn best(market: &Market) -> [Vec<Level>; 2] {
    [market.book.bids(), market.book.asks()]
        .map(|levels| levels.iter().copied().take(DEPTH).collect())
}

/// Decimals of multiples of a step.
const fn decimals(step: i64, held: u32) -> usize {
    let mut decimals = held as usize;
    let mut step = step;
    while step > 0 && step % 10 == 0 && decimals > 0 {
        step /= 10;
        decimals -= 1;
    }
    decimals
}

/// With all decimals of the pair.
fn padded(value: impl std::fmt::Display, decimals: usize) -> String {
    let text = value.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    match decimals {
        0 => whole.to_owned(),
        _ => format!("{whole}.{part:0<decimals$}"),
    }
}

fn texts(market: &Market, level: &Level) -> (String, String) {
    let spec = market.spec;
    (
        padded(level.price, decimals(spec.tick_size.0, 9)),
        padded(level.qty, decimals(spec.lot_size.0, 8)),
    )
}

fn objects(market: &Market, levels: &[Level]) -> String {
    let mut text = String::from("[");
    for (place, level) in levels.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let (price, qty) = texts(market, level);
        // Writing to a string does not fail.
        let _ = write!(text, r#"{comma}{{"price":{price},"qty":{qty}}}"#);
    }
    text.push(']');
    text
}

/// Of asks and then bids, each price and quantity without its point and leading zeros.
fn checksum(market: &Market) -> u32 {
    let [bids, asks] = best(market);
    let mut crc = Crc::new();
    for level in asks.iter().chain(&bids) {
        let (price, qty) = texts(market, level);
        for text in [price, qty] {
            crc.update(text.replace('.', "").trim_start_matches('0').as_bytes());
        }
    }
    crc.sum()
}

fn book(kind: &str, market: &Market, levels: &[Vec<Level>; 2], now: TimestampNs) -> Vec<u8> {
    let [bids, asks] = levels;
    format!(
        r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"{}","bids":{},"asks":{},"checksum":{},"timestamp":"{}"}}]}}"#,
        market.symbol,
        objects(market, bids),
        objects(market, asks),
        checksum(market),
        rfc3339(market.time_or(now))
    )
    .into_bytes()
}

fn ticker(kind: &str, market: &Market, now: TimestampNs) -> Option<Vec<u8>> {
    let (bid, ask) = market.book.touch();
    let (bid, bid_qty) = texts(market, &bid?);
    let (ask, ask_qty) = texts(market, &ask?);
    Some(
        format!(
            r#"{{"channel":"ticker","type":"{kind}","data":[{{"symbol":"{}","bid":{bid},"bid_qty":{bid_qty},"ask":{ask},"ask_qty":{ask_qty},"last":{bid},"volume":1.5,"change":-0.00017,"timestamp":"{}"}}]}}"#,
            market.symbol,
            rfc3339(market.time_or(now))
        )
        .into_bytes(),
    )
}

impl Counterpart for LocalKraken {
    fn name(&self) -> &'static str {
        "kraken"
    }

    fn depth(&self) -> usize {
        DEPTH
    }

    fn path(&self) -> Option<&'static str> {
        Some("/v2")
    }

    fn restates(&self) -> bool {
        true
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        self.subscribed.clear();
        self.shown.clear();
        self.last_sent = now;
        out.push(
            br#"{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":15113583034416118705}]}"#
                .to_vec(),
        );
    }

    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let field = |bytes, name| Fields::of(bytes)?.get(name).ok()?;
        let method = field(message, b"method").and_then(Value::scalar);
        let Some(Value::Object(params)) = field(message, b"params") else {
            return;
        };
        let channel = field(params, b"channel").and_then(Value::scalar);
        let channel = String::from_utf8_lossy(channel.unwrap_or_default());
        let request = field(message, b"req_id").and_then(Value::scalar);
        let request = request.map_or_else(String::new, |id| {
            format!(",\"req_id\":{}", String::from_utf8_lossy(id))
        });
        let symbols = field(params, b"symbol").and_then(Value::items);
        for symbol in symbols.into_iter().flatten().flatten() {
            let symbol = String::from_utf8_lossy(symbol.scalar().unwrap_or_default());
            if method == Some(b"subscribe") {
                self.subscribe(&channel, &symbol, &request, markets, now, out);
            } else {
                self.subscribed
                    .retain(|known| known.0 != channel || known.1 != symbol);
                out.push(
                    format!(
                        r#"{{"method":"unsubscribe","result":{{"channel":"{channel}","symbol":"{symbol}"}},"success":true{request}}}"#
                    )
                    .into_bytes(),
                );
            }
        }
        self.last_sent = now;
    }

    fn refuse(&mut self, message: &[u8], now: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        let method = Fields::of(message).and_then(|fields| fields.get(b"method").ok()?);
        let is_asked = method.and_then(Value::scalar) == Some(b"subscribe");
        if is_asked {
            let time = rfc3339(now);
            out.push(
                format!(
                    r#"{{"error":"Exceeded msg rate","method":"subscribe","success":false,"time_in":"{time}","time_out":"{time}"}}"#
                )
                .into_bytes(),
            );
        }
        is_asked
    }

    fn changed(
        &mut self,
        market: &Market,
        change: &Change,
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let symbol = &market.symbol;
        match change {
            Change::Trade(trade) if self.has("trade", symbol) => {
                let level = Level {
                    price: trade.price,
                    qty: trade.qty,
                };
                let (price, qty) = texts(market, &level);
                let side = match trade.aggressor {
                    Aggressor::Seller => "sell",
                    _ => "buy",
                };
                out.push(
                    format!(
                        r#"{{"channel":"trade","type":"update","data":[{{"symbol":"{symbol}","side":"{side}","price":{price},"qty":{qty},"ord_type":"market","trade_id":{},"timestamp":"{}"}}]}}"#,
                        market.trades,
                        rfc3339(now)
                    )
                    .into_bytes(),
                );
            }
            Change::Trade(_) => {}
            Change::Levels(_) => {
                if self.has("ticker", symbol) {
                    out.extend(ticker("update", market, now));
                }
                let known = self.shown.iter_mut().find(|(known, _)| known == symbol);
                let Some((_, shown)) = known else { return };
                let best = best(market);
                let sides = [market.book.bids(), market.book.asks()];
                let mut changed = [Vec::new(), Vec::new()];
                for (side, changed) in changed.iter_mut().enumerate() {
                    // What leaves the depth but still stands is not said.
                    let is_gone = |level: &&Level| {
                        let stands = |known: &Level| known.price == level.price;
                        !sides[side].iter().any(stands)
                    };
                    let gone = shown[side].iter().filter(is_gone);
                    changed.extend(gone.map(|level| Level {
                        qty: types::Qty::ZERO,
                        ..*level
                    }));
                    let new = best[side]
                        .iter()
                        .filter(|level| !shown[side].contains(level));
                    changed.extend(new.copied());
                }
                *shown = best;
                if self.has("book", symbol) && changed.iter().any(|side| !side.is_empty()) {
                    out.push(book("update", market, &changed, now));
                }
            }
        }
        if !out.is_empty() {
            self.last_sent = now;
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        let silence = now.0.saturating_sub(self.last_sent.0);
        if !self.subscribed.is_empty() && silence >= HEARTBEAT_NS {
            self.last_sent = now;
            out.push(br#"{"channel":"heartbeat"}"#.to_vec());
        }
    }

    fn has_checksum(&self) -> bool {
        true
    }

    fn falsify(&self, message: &mut Vec<u8>) -> bool {
        if !message.starts_with(br#"{"channel":"book""#) {
            return false;
        }
        let name = br#""qty":"#;
        let Some(start) = message.windows(name.len()).position(|part| part == name) else {
            return false;
        };
        let end = message[start..].iter().position(|&byte| byte == b'}');
        let Some(digit) = end.and_then(|end| message.get_mut(start + end - 1)) else {
            return false;
        };
        *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
        true
    }
}
