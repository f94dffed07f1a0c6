//! Alpaca's side of the conversation.

use types::{Aggressor, Level, TimestampNs};

use super::msgpack::{Kind, Pack, Reader, put_head, put_text};
use super::{Encoding, Product};
use crate::feed::{Fields, Items, Value, quoted, timestamp_rfc3339, unsigned};
use crate::local::{Change, Counterpart, Market};

/// Alpaca as a client meets it.
#[derive(Debug)]
pub struct LocalAlpaca {
    product: Product,
    encoding: Encoding,
    is_authenticated: bool,
    /// Channel and symbol of each subscription.
    subscribed: Vec<(&'static str, String)>,
}

impl LocalAlpaca {
    /// Without a client.
    pub const fn new(product: Product, encoding: Encoding) -> Self {
        Self {
            product,
            encoding,
            is_authenticated: false,
            subscribed: Vec::new(),
        }
    }

    fn has(&self, channel: &str, market: &Market) -> bool {
        self.subscribed
            .iter()
            .any(|(known, symbol)| *known == channel && *symbol == market.symbol)
    }

    fn say(&self, json: &str, out: &mut Vec<Vec<u8>>) {
        let json = json.as_bytes();
        out.push(match self.encoding {
            Encoding::Json => json.to_vec(),
            Encoding::MessagePack => packed(json),
        });
    }
}

/// A message of JSON, packed; what cannot be is left out.
pub(super) fn packed(json: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = Items::of(json).map(|_| pack(Value::Array(json), b"", &mut bytes));
    bytes
}

/// Appends a value of JSON, the value of a key.
fn pack(value: Value<'_>, key: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Text(text) if key == b"t" => {
            let ts = timestamp_rfc3339(text).ok()?.0;
            let (seconds, nanos) = (ts / 1_000_000_000, ts % 1_000_000_000);
            out.extend([0xd7, 0xff]);
            out.extend((nanos << 34 | seconds).to_be_bytes());
        }
        Value::Text(text) => put_text(out, std::str::from_utf8(text).ok()?),
        Value::Literal(b"null") => out.push(0xc0),
        Value::Literal(b"false") => out.push(0xc2),
        Value::Literal(b"true") => out.push(0xc3),
        Value::Literal(number) => {
            if let Ok(whole) = unsigned(number) {
                out.push(0xcf);
                out.extend(whole.to_be_bytes());
            } else {
                let number: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
                out.push(0xcb);
                out.extend(number.to_be_bytes());
            }
        }
        Value::Array(_) => {
            let items = value.items()?;
            put_head(out, Kind::Array, items.clone().count());
            for item in items {
                pack(item.ok()?, b"", out)?;
            }
        }
        Value::Object(_) => {
            let fields = value.fields()?;
            put_head(out, Kind::Map, fields.clone().count());
            for field in fields {
                let (key, value) = field.ok()?;
                put_text(out, std::str::from_utf8(key).ok()?);
                pack(value, key, out)?;
            }
        }
    }
    Some(())
}

/// A request as JSON: texts in arrays and maps.
fn unpack(value: Pack<'_>) -> Option<String> {
    Some(match value {
        Pack::Text(text) => quoted(std::str::from_utf8(text).ok()?),
        Pack::Array(mut items) => {
            let mut texts = Vec::new();
            while !items.is_empty() {
                texts.push(unpack(items.value()?)?);
            }
            format!("[{}]", texts.join(","))
        }
        Pack::Map(mut fields) => {
            let mut texts = Vec::new();
            while !fields.is_empty() {
                let (key, value) = (fields.value()?, fields.value()?);
                texts.push(format!("{}:{}", unpack(key)?, unpack(value)?));
            }
            format!("{{{}}}", texts.join(","))
        }
        _ => return None,
    })
}

fn levels(levels: &[Level]) -> String {
    let level = |level: &Level| format!(r#"{{"p":{},"s":{}}}"#, level.price, level.qty);
    let levels: Vec<_> = levels.iter().map(level).collect();
    format!("[{}]", levels.join(","))
}

fn book(symbol: &str, bids: &[Level], asks: &[Level], now: TimestampNs, is_whole: bool) -> String {
    let whole = if is_whole { r#","r":true"# } else { "" };
    format!(
        r#"[{{"T":"o","S":"{symbol}","t":"{now}","b":{},"a":{}{whole}}}]"#,
        levels(bids),
        levels(asks)
    )
}

impl Counterpart for LocalAlpaca {
    fn name(&self) -> &'static str {
        match self.product {
            Product::Stocks { .. } => "alpaca-stocks",
            Product::Crypto => "alpaca-crypto",
        }
    }

    fn is_binary(&self) -> bool {
        self.encoding == Encoding::MessagePack
    }

    fn path(&self) -> Option<&'static str> {
        Some(self.product.path())
    }

    /// Another encoding than this venue speaks would not be understood.
    fn admit(&self, header: &dyn Fn(&str) -> Option<String>) -> Result<(), u16> {
        let is_asked = header("content-type").as_deref() == Some(self.encoding.media_type());
        if is_asked { Ok(()) } else { Err(400) }
    }

    fn opened(&mut self, _: TimestampNs, out: &mut Vec<Vec<u8>>) {
        self.is_authenticated = false;
        self.subscribed.clear();
        self.say(r#"[{"T":"success","msg":"connected"}]"#, out);
    }

    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let text = match self.encoding {
            Encoding::Json => Some(String::from_utf8_lossy(message).into_owned()),
            Encoding::MessagePack => Reader::of(message).value().and_then(unpack),
        };
        let text = text.unwrap_or_default();
        let field = |name: &[u8]| Fields::of(text.as_bytes())?.get(name).ok()?;
        let refuse =
            |code: u32, what: &str| format!(r#"[{{"T":"error","code":{code},"msg":"{what}"}}]"#);
        match field(b"action") {
            Some(Value::Text(b"auth")) => {
                let is_given = |name: &[u8]| {
                    field(name)
                        .and_then(Value::scalar)
                        .is_some_and(|given| !given.is_empty())
                };
                self.is_authenticated = is_given(b"key") && is_given(b"secret");
                if self.is_authenticated {
                    self.say(r#"[{"T":"success","msg":"authenticated"}]"#, out);
                } else {
                    self.say(&refuse(402, "auth failed"), out);
                }
            }
            Some(Value::Text(b"subscribe")) if !self.is_authenticated => {
                self.say(&refuse(401, "not authenticated"), out);
            }
            Some(Value::Text(b"subscribe")) => {
                let mut stated = Vec::new();
                for channel in ["trades", "quotes", "orderbooks", "statuses"] {
                    let symbols = field(channel.as_bytes()).and_then(Value::items);
                    for symbol in symbols.into_iter().flatten().flatten() {
                        let symbol = String::from_utf8_lossy(symbol.bytes()).into_owned();
                        if channel == "orderbooks"
                            && let Some(market) =
                                markets.iter().find(|market| market.symbol == symbol)
                        {
                            let (bids, asks) = (market.book.bids(), market.book.asks());
                            stated.push(book(&symbol, bids, asks, market.time_or(now), true));
                        }
                        self.subscribed.push((channel, symbol));
                    }
                }
                self.say(r#"[{"T":"subscription","trades":[],"quotes":[]}]"#, out);
                for book in stated {
                    self.say(&book, out);
                }
            }
            _ => self.say(&refuse(400, "invalid syntax"), out),
        }
    }

    fn refuse(&mut self, _: &[u8], _: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        let refusal = if self.is_authenticated {
            r#"[{"T":"error","code":405,"msg":"symbol limit exceeded"}]"#
        } else {
            r#"[{"T":"error","code":406,"msg":"connection limit exceeded"}]"#
        };
        self.say(refusal, out);
        true
    }

    fn changed(
        &mut self,
        market: &Market,
        change: &Change,
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let symbol = &market.symbol;
        let is_crypto = self.product == Product::Crypto;
        match change {
            Change::Trade(trade) if self.has("trades", market) => {
                let (price, qty, id) = (trade.price, trade.qty, market.trades);
                let fields = match (is_crypto, trade.aggressor) {
                    (false, _) => format!(
                        r#""i":{id},"x":"D","p":{price},"s":{qty},"c":["@","I"],"z":"C","t":"{now}""#
                    ),
                    (true, aggressor) => {
                        let side = if aggressor == Aggressor::Seller {
                            'S'
                        } else {
                            'B'
                        };
                        format!(r#""p":{price},"s":{qty},"t":"{now}","i":{id},"tks":"{side}""#)
                    }
                };
                self.say(&format!(r#"[{{"T":"t","S":"{symbol}",{fields}}}]"#), out);
            }
            Change::Levels(update) => {
                if self.has("orderbooks", market) {
                    let message = book(symbol, &update.bids, &update.asks, now, false);
                    self.say(&message, out);
                }
                if self.has("quotes", market)
                    && let (Some(bid), Some(ask)) = market.book.touch()
                {
                    let (bx, ax, rest) = if is_crypto {
                        ("", "", "")
                    } else {
                        (r#""bx":"U","#, r#""ax":"Q","#, r#""c":["R"],"z":"C","#)
                    };
                    self.say(
                        &format!(
                            r#"[{{"T":"q","S":"{symbol}",{bx}"bp":{},"bs":{},{ax}"ap":{},"as":{},{rest}"t":"{now}"}}]"#,
                            bid.price, bid.qty, ask.price, ask.qty
                        ),
                        out,
                    );
                }
            }
            Change::Trade(_) => {}
        }
    }
}
