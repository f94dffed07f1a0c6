//! Polygon's side of the conversation.

use types::TimestampNs;

use crate::local::{Change, Counterpart, Market};

/// Polygon as a client meets it.
#[derive(Debug, Default)]
pub struct LocalPolygon {
    is_authenticated: bool,
    /// Topics such as `Q.AAPL`.
    subscribed: Vec<String>,
    /// The newest number: of all tickers here, so that each leaves some out.
    number: u64,
}

impl LocalPolygon {
    /// Without a client.
    pub fn new() -> Self {
        Self::default()
    }

    fn has(&self, kind: char, market: &Market) -> bool {
        let topic = format!("{kind}.{}", market.symbol);
        self.subscribed.contains(&topic)
    }
}

fn status(status: &str, message: &str) -> Vec<u8> {
    format!(r#"[{{"ev":"status","status":"{status}","message":"{message}"}}]"#).into_bytes()
}

/// The string that follows a key.
fn text_of<'a>(message: &'a str, key: &str) -> &'a str {
    let rest = message.split_once(&format!(r#""{key}":""#));
    rest.and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or_default()
}

impl Counterpart for LocalPolygon {
    fn name(&self) -> &'static str {
        "polygon-stocks"
    }

    fn path(&self) -> Option<&'static str> {
        Some("/stocks")
    }

    fn opened(&mut self, _: TimestampNs, out: &mut Vec<Vec<u8>>) {
        self.is_authenticated = false;
        self.subscribed.clear();
        out.push(status("connected", "Connected Successfully"));
    }

    fn request(&mut self, message: &[u8], _: &[Market], _: TimestampNs, out: &mut Vec<Vec<u8>>) {
        let text = String::from_utf8_lossy(message);
        let params = text_of(&text, "params");
        match text_of(&text, "action") {
            "auth" if params.is_empty() => out.push(status("auth_failed", "authentication failed")),
            "auth" => {
                self.is_authenticated = true;
                out.push(status("auth_success", "authenticated"));
            }
            "subscribe" if self.is_authenticated => {
                for topic in params.split(',') {
                    self.subscribed.push(topic.to_owned());
                    out.push(status("success", &format!("subscribed to: {topic}")));
                }
            }
            _ => out.push(status("error", "not authenticated")),
        }
    }

    fn refuse(&mut self, _: &[u8], _: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        out.push(if self.is_authenticated {
            status("error", "not authorized")
        } else {
            status("auth_failed", "authentication failed")
        });
        true
    }

    fn changed(
        &mut self,
        market: &Market,
        change: &Change,
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        self.number += 1;
        let (symbol, number, ms) = (&market.symbol, self.number, now.0 / 1_000_000);
        match change {
            Change::Trade(trade) if self.has('T', market) => out.push(
                format!(
                    r#"[{{"ev":"T","sym":"{symbol}","x":4,"i":"{}","z":3,"p":{},"s":{},"c":[14,37],"t":{ms},"q":{number}}}]"#,
                    market.trades, trade.price, trade.qty
                )
                .into_bytes(),
            ),
            Change::Levels(_) if self.has('Q', market) => {
                if let (Some(bid), Some(ask)) = market.book.touch() {
                    out.push(
                        format!(
                            r#"[{{"ev":"Q","sym":"{symbol}","bx":4,"bp":{},"bs":{},"ax":7,"ap":{},"as":{},"c":0,"i":[604],"t":{ms},"q":{number},"z":3}}]"#,
                            bid.price, bid.qty, ask.price, ask.qty
                        )
                        .into_bytes(),
                    );
                }
            }
            _ => {}
        }
    }
}
