//! OKX's side of the conversation.

use std::fmt::Write as _;

use types::{Aggressor, Level, TimestampNs};

use super::{BOOKS, DEPTH};
use crate::feed::{Fields, Value};
use crate::local::{Change, Counterpart, Market, best};

/// A book is heard of after so long without a change.
const QUIET_NS: u64 = 60_000_000_000;
/// Ids begin anew after so many changes, as after maintenance.
const RESTART: u64 = 23;

/// OKX as a client meets it.
#[derive(Debug, Default)]
pub struct LocalOkx {
    /// Channel and instId.
    subscribed: Vec<(String, String)>,
    /// What was sent of each book or touch, by channel and instId.
    sent: Vec<Sent>,
    /// Subscriptions do not begin with the whole book.
    has_no_snapshots: bool,
}

#[derive(Debug)]
struct Sent {
    channel: String,
    symbol: String,
    seq: u64,
    sides: String,
    at: TimestampNs,
}

impl LocalOkx {
    /// Without a client.
    pub const fn new() -> Self {
        Self {
            subscribed: Vec::new(),
            sent: Vec::new(),
            has_no_snapshots: false,
        }
    }

    /// As the change log announces it: the whole book is a document only.
    pub const fn without_snapshots() -> Self {
        Self {
            subscribed: Vec::new(),
            sent: Vec::new(),
            has_no_snapshots: true,
        }
    }

    fn has(&self, channel: &str, symbol: &str) -> bool {
        let is_it = |known: &(String, String)| known.0 == channel && known.1 == symbol;
        self.subscribed.iter().any(is_it)
    }

    /// Remembers what is sent; says the id of what was sent before it.
    fn remember(&mut self, channel: &str, market: &Market, sides: &str, at: TimestampNs) -> u64 {
        let known = |sent: &Sent| sent.channel == channel && sent.symbol == market.symbol;
        let before = self.sent.iter().find(|sent| known(sent));
        let previous = before.map_or(0, |sent| sent.seq);
        self.sent.retain(|sent| !known(sent));
        self.sent.push(Sent {
            channel: channel.to_owned(),
            symbol: market.symbol.clone(),
            seq: seq(market),
            sides: sides.to_owned(),
            at,
        });
        previous
    }

    fn touch(&mut self, market: &Market, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        let best = |levels| quads(best(levels, 1));
        let sides = sides(&best(market.book.bids()), &best(market.book.asks()));
        self.remember("bbo-tbt", market, &sides, now);
        out.push(bbo(
            &market.symbol,
            &sides,
            seq(market),
            market.time_or(now),
        ));
    }
}

/// Ids jump, and now and then begin anew.
fn seq(market: &Market) -> u64 {
    market.id_or(3 + 7 * (market.updates % RESTART))
}

fn quads(levels: &[Level]) -> String {
    let mut text = String::from("[");
    for (place, level) in levels.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(
            text,
            r#"{comma}["{}","{}","0","1"]"#,
            level.price, level.qty
        );
    }
    text.push(']');
    text
}

fn sides(bids: &str, asks: &str) -> String {
    format!(r#""asks":{asks},"bids":{bids}"#)
}

fn book(
    symbol: &str,
    action: &str,
    sides: &str,
    previous: Option<u64>,
    seq: u64,
    now: TimestampNs,
) -> Vec<u8> {
    let previous = previous.map_or_else(|| String::from("-1"), |id| id.to_string());
    format!(
        r#"{{"arg":{{"channel":"books","instId":"{symbol}"}},"action":"{action}","data":[{{{sides},"ts":"{}","checksum":0,"prevSeqId":{previous},"seqId":{seq}}}]}}"#,
        now.0 / 1_000_000
    )
    .into_bytes()
}

fn bbo(symbol: &str, sides: &str, seq: u64, now: TimestampNs) -> Vec<u8> {
    format!(
        r#"{{"arg":{{"channel":"bbo-tbt","instId":"{symbol}"}},"data":[{{{sides},"ts":"{}","seqId":{seq}}}]}}"#,
        now.0 / 1_000_000
    )
    .into_bytes()
}

impl Counterpart for LocalOkx {
    fn name(&self) -> &'static str {
        "okx"
    }

    fn depth(&self) -> usize {
        DEPTH
    }

    fn path(&self) -> Option<&'static str> {
        Some("/ws/v5/public")
    }

    fn documents(&self) -> &'static [&'static str] {
        &["/api/v5/market/books"]
    }

    fn restates(&self) -> bool {
        true
    }

    fn opened(&mut self, _: TimestampNs, _: &mut Vec<Vec<u8>>) {
        self.subscribed.clear();
        self.sent.clear();
    }

    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        if message == b"ping" {
            out.push(b"pong".to_vec());
            return;
        }
        let text = |value: Option<Value<'_>>| {
            let scalar = value.and_then(Value::scalar).unwrap_or_default();
            String::from_utf8_lossy(scalar).into_owned()
        };
        let field = |name| Fields::of(message)?.get(name).ok()?;
        let op = text(field(b"op"));
        let args = field(b"args").and_then(Value::items);
        for arg in args.into_iter().flatten().flatten() {
            let of = |name| arg.fields()?.get(name).ok()?;
            let (channel, symbol) = (text(of(b"channel")), text(of(b"instId")));
            let market = markets.iter().find(|market| market.symbol == symbol);
            let Some(market) = market.filter(|_| op == "subscribe" || op == "unsubscribe") else {
                out.push(
                    br#"{"event":"error","code":"60012","msg":"Invalid request","connId":"a4d3ae55"}"#
                        .to_vec(),
                );
                continue;
            };
            out.push(
                format!(
                    r#"{{"event":"{op}","arg":{{"channel":"{channel}","instId":"{symbol}"}},"connId":"a4d3ae55"}}"#
                )
                .into_bytes(),
            );
            self.subscribed
                .retain(|known| known.0 != channel || known.1 != symbol);
            self.sent
                .retain(|sent| sent.channel != channel || sent.symbol != symbol);
            if op == "unsubscribe" {
                continue;
            }
            match channel.as_str() {
                "books" => {
                    let (bids, asks) = (market.book.bids(), market.book.asks());
                    let sides = sides(&quads(bids), &quads(asks));
                    self.remember("books", market, "", now);
                    if !self.has_no_snapshots {
                        let time = market.time_or(now);
                        out.push(book(&symbol, "snapshot", &sides, None, seq(market), time));
                    }
                }
                "bbo-tbt" => self.touch(market, now, out),
                _ => {}
            }
            self.subscribed.push((channel, symbol));
        }
    }

    fn refuse(&mut self, message: &[u8], _: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        let op = Fields::of(message).and_then(|fields| fields.get(b"op").ok()?);
        let is_asked = op.and_then(Value::scalar) == Some(b"subscribe");
        if is_asked {
            out.push(
                br#"{"event":"error","code":"60014","msg":"Requests too frequent","connId":"a4d3ae55"}"#
                    .to_vec(),
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
            Change::Trade(trade) => {
                if !self.has("trades", symbol) {
                    return;
                }
                let side = match trade.aggressor {
                    Aggressor::Seller => "sell",
                    _ => "buy",
                };
                out.push(
                    format!(
                        r#"{{"arg":{{"channel":"trades","instId":"{symbol}"}},"data":[{{"instId":"{symbol}","tradeId":"{}","px":"{}","sz":"{}","side":"{side}","ts":"{}","count":"1","source":"0","seqId":{}}}]}}"#,
                        130_639_474 + market.trades,
                        trade.price,
                        trade.qty,
                        now.0 / 1_000_000,
                        seq(market)
                    )
                    .into_bytes(),
                );
            }
            Change::Levels(update) => {
                if self.has("books", symbol) {
                    let previous = self.remember("books", market, "", now);
                    let sides = sides(&quads(&update.bids), &quads(&update.asks));
                    let seq = seq(market);
                    out.push(book(symbol, "update", &sides, Some(previous), seq, now));
                }
                if self.has("bbo-tbt", symbol) {
                    self.touch(market, now, out);
                }
            }
        }
    }

    fn fetch(&mut self, path: &str, markets: &[Market], now: TimestampNs) -> Option<Vec<u8>> {
        let (document, query) = path.split_once('?')?;
        if document != BOOKS {
            return None;
        }
        let value = |name| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let symbol = value("instId=")?;
        let market = markets.iter().find(|market| market.symbol == symbol)?;
        let most = value("sz=").and_then(|most| most.parse().ok());
        let best = |levels| quads(best(levels, most.unwrap_or(DEPTH)));
        let sides = sides(&best(market.book.bids()), &best(market.book.asks()));
        let (ms, seq) = (market.time_or(now).0 / 1_000_000, seq(market));
        Some(
            format!(r#"{{"code":"0","msg":"","data":[{{{sides},"ts":"{ms}","seqId":{seq}}}]}}"#)
                .into_bytes(),
        )
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        for sent in &mut self.sent {
            if now.0.saturating_sub(sent.at.0) < QUIET_NS {
                continue;
            }
            sent.at = now;
            out.push(if sent.channel == "books" {
                let none = sides("[]", "[]");
                book(&sent.symbol, "update", &none, Some(sent.seq), sent.seq, now)
            } else {
                bbo(&sent.symbol, &sent.sides, sent.seq, now)
            });
        }
    }
}
