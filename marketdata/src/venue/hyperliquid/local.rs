//! Hyperliquid's side of the conversation.

use types::{Aggressor, Level, TimestampNs};

use super::DEPTH;
use crate::local::{Change, Counterpart, Market};

/// Hyperliquid as a client meets it.
#[derive(Debug, Default)]
pub struct LocalHyperliquid {
    /// Type and coin of each subscription.
    subscribed: Vec<(String, String)>,
    /// The newest book of each market that is subscribed to: each block states it again.
    books: Vec<Market>,
    /// Time of the newest block, milliseconds: no two have the same.
    block: u64,
}

impl LocalHyperliquid {
    /// Without a client.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time of a new block.
    fn block(&mut self, now: TimestampNs) -> u64 {
        self.block = (now.0 / 1_000_000).max(self.block + 1);
        self.block
    }

    /// The time of a book that is stated to who subscribes.
    fn block_of(&mut self, market: &Market, now: TimestampNs) -> u64 {
        let taped = market.mark.map(|mark| mark.time.0 / 1_000_000);
        taped.unwrap_or_else(|| self.block(now))
    }

    fn has(&self, kind: &str, market: &Market) -> bool {
        self.subscribed
            .iter()
            .any(|(known, coin)| known == kind && *coin == market.symbol)
    }
}

/// The string that follows a key.
fn text_of(message: &str, key: &str) -> Option<String> {
    let (_, rest) = message.split_once(&format!(r#""{key}":""#))?;
    Some(rest.split('"').next()?.to_owned())
}

fn level(level: &Level) -> String {
    format!(r#"{{"px":"{}","sz":"{}","n":1}}"#, level.price, level.qty)
}

fn book(market: &Market, block: u64) -> Vec<u8> {
    let side = |levels: &[Level]| {
        let levels: Vec<_> = levels.iter().take(DEPTH).map(level).collect();
        levels.join(",")
    };
    format!(
        r#"{{"channel":"l2Book","data":{{"coin":"{}","time":{},"levels":[[{}],[{}]]}}}}"#,
        market.symbol,
        block,
        side(market.book.bids()),
        side(market.book.asks()),
    )
    .into_bytes()
}

fn touch(market: &Market, block: u64) -> Vec<u8> {
    let (bid, ask) = market.book.touch();
    let side = |best: Option<Level>| best.map_or_else(|| String::from("null"), |best| level(&best));
    format!(
        r#"{{"channel":"bbo","data":{{"coin":"{}","time":{},"bbo":[{},{}]}}}}"#,
        market.symbol,
        block,
        side(bid),
        side(ask),
    )
    .into_bytes()
}

impl Counterpart for LocalHyperliquid {
    fn name(&self) -> &'static str {
        "hyperliquid"
    }

    fn depth(&self) -> usize {
        DEPTH
    }

    fn path(&self) -> Option<&'static str> {
        Some("/ws")
    }

    fn opened(&mut self, _: TimestampNs, _: &mut Vec<Vec<u8>>) {
        *self = Self {
            block: self.block,
            ..Self::default()
        };
    }

    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let text = String::from_utf8_lossy(message);
        if text.contains(r#""method":"ping""#) {
            out.push(br#"{"channel":"pong"}"#.to_vec());
            return;
        }
        let (Some(kind), Some(coin)) = (text_of(&text, "type"), text_of(&text, "coin")) else {
            out.push(br#"{"channel":"error","data":"Invalid subscription"}"#.to_vec());
            return;
        };
        let method = if text.contains(r#""method":"unsubscribe""#) {
            "unsubscribe"
        } else {
            "subscribe"
        };
        if method == "unsubscribe" {
            self.subscribed
                .retain(|(known, of)| *known != kind || *of != coin);
            self.books
                .retain(|market| kind != "l2Book" || market.symbol != coin);
        } else if (self.subscribed.iter()).any(|(known, of)| *known == kind && *of == coin) {
            let error = format!(
                r#"{{"channel":"error","data":"Already subscribed: {{\"type\":\"{kind}\",\"coin\":\"{coin}\"}}"}}"#
            );
            out.push(error.into_bytes());
            return;
        }
        out.push(
            format!(
                r#"{{"channel":"subscriptionResponse","data":{{"method":"{method}","subscription":{{"type":"{kind}","coin":"{coin}"}}}}}}"#
            )
            .into_bytes(),
        );
        if method == "unsubscribe" {
            return;
        }
        if let Some(market) = markets.iter().find(|market| market.symbol == coin) {
            match kind.as_str() {
                "l2Book" => {
                    out.push(book(market, self.block_of(market, now)));
                    self.books.push(market.clone());
                }
                "bbo" => out.push(touch(market, self.block_of(market, now))),
                _ => {}
            }
        }
        self.subscribed.push((kind, coin));
    }

    fn refuse(&mut self, message: &[u8], _: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        let text = String::from_utf8_lossy(message);
        let is_asked = text.contains(r#""method":"subscribe""#);
        if is_asked {
            out.push(br#"{"channel":"error","data":"Invalid subscription"}"#.to_vec());
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
        match change {
            Change::Trade(trade) if self.has("trades", market) => {
                let side = match trade.aggressor {
                    Aggressor::Seller => "A",
                    Aggressor::Buyer | Aggressor::Unknown => "B",
                };
                // Ids are hashes: they do not ascend.
                let id = market.trades.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 14;
                out.push(
                    format!(
                        r#"{{"channel":"trades","data":[{{"coin":"{}","side":"{side}","px":"{}","sz":"{}","time":{},"hash":"0x00","tid":{id},"users":["0x01","0x02"]}}]}}"#,
                        market.symbol,
                        trade.price,
                        trade.qty,
                        now.0 / 1_000_000,
                    )
                    .into_bytes(),
                );
            }
            Change::Levels(_) => {
                let block = self.block(now);
                if self.has("l2Book", market) {
                    out.push(book(market, block));
                    self.books.retain(|known| known.symbol != market.symbol);
                    self.books.push(market.clone());
                }
                if self.has("bbo", market) {
                    out.push(touch(market, block));
                }
            }
            Change::Trade(_) => {}
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        let block = self.block(now);
        out.extend(self.books.iter().map(|market| book(market, block)));
    }
}
