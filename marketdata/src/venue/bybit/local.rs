//! Bybit's side of the conversation.

use std::fmt::Write as _;

use types::{Aggressor, Level, TimestampNs};

use super::{DEPTH, Product};
use crate::feed::{Fields, Value};
use crate::local::{Change, Counterpart, Market, best};

/// Level 1 is repeated after so long without a change.
const REPEAT_NS: u64 = 3_000_000_000;

/// Bybit as a client meets it.
#[derive(Debug)]
pub struct LocalBybit {
    product: Product,
    topics: Vec<String>,
    /// The newest touch by topic: its data and when it was sent.
    touches: Vec<(String, String, TimestampNs)>,
}

impl LocalBybit {
    /// Without a client.
    pub const fn new(product: Product) -> Self {
        Self {
            product,
            topics: Vec::new(),
            touches: Vec::new(),
        }
    }

    fn has(&self, topic: &str) -> bool {
        self.topics.iter().any(|known| known == topic)
    }

    /// Sends the touch and remembers to repeat it.
    fn touch(&mut self, market: &Market, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        let topic = format!("orderbook.1.{}", market.symbol);
        let best = |levels| pairs(best(levels, 1));
        let data = data(market, &best(market.book.bids()), &best(market.book.asks()));
        out.push(book(&topic, "snapshot", &data, market.time_or(now)));
        self.touches.retain(|(known, ..)| *known != topic);
        self.touches.push((topic, data, now));
    }

    fn answer(op: &str, error: &str) -> Vec<u8> {
        let is_taken = error.is_empty();
        format!(
            r#"{{"success":{is_taken},"ret_msg":"{error}","conn_id":"465772b1-7630-4fdc-a492-e003e6f0f260","req_id":"","op":"{op}"}}"#
        )
        .into_bytes()
    }
}

fn pairs(levels: &[Level]) -> String {
    let mut text = String::from("[");
    for (place, level) in levels.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}[\"{}\",\"{}\"]", level.price, level.qty);
    }
    text.push(']');
    text
}

fn data(market: &Market, bids: &str, asks: &str) -> String {
    format!(
        r#"{{"s":"{}","b":{bids},"a":{asks},"u":{},"seq":{}}}"#,
        market.symbol,
        // Each change has its id, one more than the one before.
        market.id_or(1_000 + market.updates),
        seq(market)
    )
}

/// Of book and trades together.
const fn seq(market: &Market) -> u64 {
    7_961_638_724 + market.updates + market.trades
}

fn book(topic: &str, kind: &str, data: &str, now: TimestampNs) -> Vec<u8> {
    let ms = now.0 / 1_000_000;
    format!(r#"{{"topic":"{topic}","type":"{kind}","ts":{ms},"data":{data},"cts":{ms}}}"#)
        .into_bytes()
}

impl Counterpart for LocalBybit {
    fn name(&self) -> &'static str {
        self.product.name()
    }

    fn depth(&self) -> usize {
        DEPTH
    }

    fn path(&self) -> Option<&'static str> {
        Some(self.product.path())
    }

    fn restates(&self) -> bool {
        true
    }

    fn opened(&mut self, _: TimestampNs, _: &mut Vec<Vec<u8>>) {
        self.topics.clear();
        self.touches.clear();
    }

    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let field = |name| Fields::of(message)?.get(name).ok()?;
        let op = field(b"op").and_then(Value::scalar);
        let topics: Vec<String> = field(b"args")
            .and_then(Value::items)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(Value::scalar)
            .map(|topic| String::from_utf8_lossy(topic).into_owned())
            .collect();
        match op {
            Some(b"ping") => out.push(
                br#"{"success":true,"ret_msg":"pong","conn_id":"465772b1-7630-4fdc-a492-e003e6f0f260","req_id":"","op":"ping"}"#
                    .to_vec(),
            ),
            Some(b"unsubscribe") => {
                self.topics.retain(|known| !topics.contains(known));
                self.touches.retain(|(known, ..)| !topics.contains(known));
                out.push(Self::answer("unsubscribe", ""));
            }
            Some(b"subscribe") => {
                if self.product == Product::Spot && topics.len() > 10 {
                    out.push(Self::answer("subscribe", "args size >10"));
                    return;
                }
                if let Some(known) = topics.iter().find(|topic| self.has(topic)) {
                    let error = format!("error:already subscribed,topic:{known}");
                    out.push(Self::answer("subscribe", &error));
                    return;
                }
                out.push(Self::answer("subscribe", ""));
                for topic in topics {
                    let market = markets
                        .iter()
                        .find(|market| topic.ends_with(&format!(".{}", market.symbol)));
                    if let Some(market) = market {
                        if topic.starts_with("orderbook.1.") {
                            self.touch(market, now, out);
                        } else if topic.starts_with("orderbook.") {
                            let [bids, asks] = [market.book.bids(), market.book.asks()]
                                .map(|levels| pairs(best(levels, DEPTH)));
                            let data = data(market, &bids, &asks);
                            out.push(book(&topic, "snapshot", &data, market.time_or(now)));
                        }
                    }
                    self.topics.push(topic);
                }
            }
            _ => out.push(Self::answer("", "error:invalid op")),
        }
    }

    fn refuse(&mut self, message: &[u8], _: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        let op = Fields::of(message).and_then(|fields| fields.get(b"op").ok()?);
        let is_asked = op.and_then(Value::scalar) == Some(b"subscribe");
        if is_asked {
            out.push(Self::answer("subscribe", "error:handler not found"));
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
        let (symbol, ms) = (&market.symbol, now.0 / 1_000_000);
        match change {
            Change::Trade(trade) => {
                let topic = format!("publicTrade.{symbol}");
                if !self.has(&topic) {
                    return;
                }
                let side = match trade.aggressor {
                    Aggressor::Seller => "Sell",
                    _ => "Buy",
                };
                let id = match self.product {
                    Product::Spot => format!("{}", 2_290_000_000_000_000_000 + market.trades),
                    _ => format!("20f43950-d8dd-5b31-9112-{:012x}", market.trades),
                };
                out.push(
                    format!(
                        r#"{{"topic":"{topic}","type":"snapshot","ts":{ms},"data":[{{"T":{ms},"s":"{symbol}","S":"{side}","v":"{}","p":"{}","L":"PlusTick","i":"{id}","BT":false,"seq":{}}}]}}"#,
                        trade.qty,
                        trade.price,
                        seq(market)
                    )
                    .into_bytes(),
                );
            }
            Change::Levels(update) => {
                let topic = format!("orderbook.{DEPTH}.{symbol}");
                if self.has(&topic) {
                    let data = data(market, &pairs(&update.bids), &pairs(&update.asks));
                    out.push(book(&topic, "delta", &data, now));
                }
                if self.has(&format!("orderbook.1.{symbol}")) {
                    self.touch(market, now, out);
                }
            }
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        for (topic, data, sent) in &mut self.touches {
            if now.0.saturating_sub(sent.0) >= REPEAT_NS {
                *sent = now;
                out.push(book(topic, "snapshot", data, now));
            }
        }
    }
}
