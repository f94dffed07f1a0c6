//! Binance's side of the conversation.

use std::fmt::Write as _;

use types::{Aggressor, Level, TimestampNs};

use super::Product;
use crate::local::{Change, Counterpart, Market, best};

/// Binance as a client meets it.
#[derive(Debug)]
pub struct LocalBinance {
    product: Product,
    /// Streams, by their names.
    subscribed: Vec<String>,
    /// The last update id that each market's stream had, by symbol; futures events name it.
    previous: Vec<(String, u64)>,
}

impl LocalBinance {
    /// Without a client.
    pub const fn new(product: Product) -> Self {
        Self {
            product,
            subscribed: Vec::new(),
            previous: Vec::new(),
        }
    }

    fn has(&self, market: &Market, stream: &str) -> bool {
        let name = format!("{}@{stream}", market.symbol.to_lowercase());
        self.subscribed.iter().any(|known| known.starts_with(&name))
    }
}

/// The last update id of a market's book; each of its changes takes two.
fn last_id(market: &Market) -> u64 {
    market.id_or(1_000 + 2 * market.updates)
}

/// The id of a request, which its answer has too.
fn id_of(request: &str) -> &str {
    let (_, id) = request.rsplit_once(r#""id":"#).unwrap_or_default();
    let id = id.trim_end_matches('}');
    if id.is_empty() { "null" } else { id }
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

impl Counterpart for LocalBinance {
    fn name(&self) -> &'static str {
        match self.product {
            Product::Spot => "binance-spot",
            Product::Futures => "binance-futures",
        }
    }

    fn path(&self) -> Option<&'static str> {
        Some(self.product.path())
    }

    fn documents(&self) -> &'static [&'static str] {
        match self.product {
            Product::Spot => &["/api/v3/depth"],
            Product::Futures => &["/fapi/v1/depth"],
        }
    }

    fn opened(&mut self, _: TimestampNs, _: &mut Vec<Vec<u8>>) {
        self.subscribed.clear();
        self.previous.clear();
    }

    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        _: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let text = String::from_utf8_lossy(message);
        let names = text.split('"').filter(|part| part.contains('@'));
        self.subscribed.extend(names.map(str::to_owned));
        for market in markets {
            if !self
                .previous
                .iter()
                .any(|(known, _)| *known == market.symbol)
            {
                self.previous.push((market.symbol.clone(), last_id(market)));
            }
        }
        let id = id_of(&text);
        out.push(format!(r#"{{"result":null,"id":{id}}}"#).into_bytes());
    }

    fn refuse(&mut self, message: &[u8], _: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        let text = String::from_utf8_lossy(message);
        let id = id_of(&text);
        let refusal = r#"{"code":3,"msg":"Too many requests"}"#;
        out.push(format!(r#"{{"error":{refusal},"id":{id}}}"#).into_bytes());
        true
    }

    fn changed(
        &mut self,
        market: &Market,
        change: &Change,
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let (symbol, ms) = (&market.symbol, now.0 / 1_000_000);
        let lower = symbol.to_lowercase();
        match change {
            Change::Trade(trade) if self.has(market, "trade") => {
                let is_maker = trade.aggressor == Aggressor::Seller;
                let print = format!(
                    r#""s":"{symbol}","t":{},"p":"{}","q":"{}""#,
                    market.trades, trade.price, trade.qty
                );
                let payload = match self.product {
                    Product::Spot => format!(r#"{print},"T":{ms},"m":{is_maker},"M":true"#),
                    Product::Futures => format!(r#""T":{ms},{print},"X":"MARKET","m":{is_maker}"#),
                };
                out.push(
                    format!(
                        r#"{{"stream":"{lower}@trade","data":{{"e":"trade","E":{ms},{payload}}}}}"#
                    )
                    .into_bytes(),
                );
            }
            Change::Levels(update) => {
                let (last, first) = (last_id(market), last_id(market) - 1);
                if self.has(market, "depth") {
                    let known = self.previous.iter_mut().find(|(known, _)| known == symbol);
                    let (time, previous) = match (self.product, known) {
                        (Product::Futures, Some((_, previous))) => {
                            let before = std::mem::replace(previous, last);
                            (format!(r#""T":{ms},"#), format!(r#""pu":{before},"#))
                        }
                        _ => (String::new(), String::new()),
                    };
                    let stream = self.product.depth_stream();
                    out.push(format!(
                        r#"{{"stream":"{lower}{stream}","data":{{"e":"depthUpdate","E":{ms},{time}"s":"{symbol}","U":{first},"u":{last},{previous}"b":{},"a":{}}}}}"#,
                        pairs(&update.bids),
                        pairs(&update.asks)
                    ).into_bytes());
                }
                if self.has(market, "bookTicker")
                    && let (Some(bid), Some(ask)) = market.book.touch()
                {
                    let (name, times) = match self.product {
                        Product::Spot => ("", String::new()),
                        Product::Futures => {
                            (r#""e":"bookTicker","#, format!(r#","T":{ms},"E":{ms}"#))
                        }
                    };
                    out.push(format!(
                        r#"{{"stream":"{lower}@bookTicker","data":{{{name}"u":{last},"s":"{symbol}","b":"{}","B":"{}","a":"{}","A":"{}"{times}}}}}"#,
                        bid.price, bid.qty, ask.price, ask.qty
                    ).into_bytes());
                }
            }
            Change::Trade(_) => {}
        }
    }

    fn fetch(&mut self, path: &str, markets: &[Market], now: TimestampNs) -> Option<Vec<u8>> {
        let (document, query) = path.split_once('?')?;
        if document != self.product.snapshot_path() {
            return None;
        }
        let value = |name| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let symbol = value("symbol=")?;
        let market = markets.iter().find(|market| market.symbol == symbol)?;
        let limit = value("limit=").and_then(|limit| limit.parse().ok());
        let best = |levels| pairs(best(levels, limit.unwrap_or(usize::MAX)));
        let times = match self.product {
            Product::Spot => String::new(),
            Product::Futures => {
                let ms = market.time_or(now).0 / 1_000_000;
                format!(r#""E":{ms},"T":{ms},"#)
            }
        };
        Some(
            format!(
                r#"{{"lastUpdateId":{},{times}"bids":{},"asks":{}}}"#,
                last_id(market),
                best(market.book.bids()),
                best(market.book.asks())
            )
            .into_bytes(),
        )
    }
}
