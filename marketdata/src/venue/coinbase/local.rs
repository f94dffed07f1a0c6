//! Coinbase's side of the conversation.

use std::fmt::Write as _;

use types::{Aggressor, Level, TimestampNs};

use crate::local::{Change, Counterpart, Market};

/// Coinbase as a client meets it.
#[derive(Debug, Default)]
pub struct LocalCoinbase {
    sequence: u64,
    heartbeats: Option<u64>,
    /// Channel and product of each subscription.
    subscribed: Vec<(&'static str, String)>,
}

impl LocalCoinbase {
    /// Without a client.
    pub fn new() -> Self {
        Self::default()
    }

    fn has(&self, channel: &str, market: &Market) -> bool {
        self.subscribed
            .iter()
            .any(|(known, symbol)| *known == channel && *symbol == market.symbol)
    }

    /// A message of a channel, with the connection's next number.
    fn say(&mut self, channel: &str, events: &str, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        let sequence = self.sequence;
        self.sequence += 1;
        out.push(
            format!(
                r#"{{"channel":"{channel}","client_id":"","timestamp":"{now}","sequence_num":{sequence},"events":[{events}]}}"#
            )
            .into_bytes(),
        );
    }
}

fn updates(bids: &[Level], asks: &[Level], now: TimestampNs) -> String {
    let mut text = String::from("[");
    for (side, levels) in [("bid", bids), ("offer", asks)] {
        for level in levels {
            let comma = if text.len() > 1 { "," } else { "" };
            // Writing to a string does not fail.
            let _ = write!(
                text,
                r#"{comma}{{"side":"{side}","event_time":"{now}","price_level":"{}","new_quantity":"{}"}}"#,
                level.price, level.qty
            );
        }
    }
    text.push(']');
    text
}

impl Counterpart for LocalCoinbase {
    fn name(&self) -> &'static str {
        "coinbase"
    }

    fn path(&self) -> Option<&'static str> {
        Some("/")
    }

    fn opened(&mut self, _: TimestampNs, _: &mut Vec<Vec<u8>>) {
        *self = Self::default();
    }

    fn renumber(&mut self, message: &mut Vec<u8>) {
        let name = br#""sequence_num":"#;
        let Some(at) = message.windows(name.len()).position(|part| part == name) else {
            return;
        };
        let from = at + name.len();
        let digits = message[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let to = from + digits.count();
        message.splice(from..to, self.sequence.to_string().into_bytes());
        self.sequence += 1;
    }

    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let text = String::from_utf8_lossy(message);
        let is_for = |channel: &str| text.contains(&format!(r#""channel":"{channel}""#));
        if is_for("heartbeats") {
            self.heartbeats = Some(0);
        }
        for channel in ["level2", "market_trades"] {
            if !is_for(channel) {
                continue;
            }
            for market in markets {
                let symbol = &market.symbol;
                if !text.contains(&format!(r#""{symbol}""#)) {
                    continue;
                }
                self.subscribed.push((channel, symbol.clone()));
                if channel == "level2" {
                    let (bids, asks) = (market.book.bids(), market.book.asks());
                    let updates = updates(bids, asks, market.time_or(now));
                    let event = format!(
                        r#"{{"type":"snapshot","product_id":"{symbol}","updates":{updates}}}"#
                    );
                    self.say("l2_data", &event, now, out);
                } else {
                    let event = r#"{"type":"snapshot","trades":[]}"#;
                    self.say("market_trades", event, now, out);
                }
            }
        }
        self.say("subscriptions", r#"{"subscriptions":{}}"#, now, out);
    }

    fn refuse(&mut self, _: &[u8], _: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        out.push(br#"{"type":"error","message":"rate limit exceeded"}"#.to_vec());
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
        match change {
            Change::Levels(update) if self.has("level2", market) => {
                let updates = updates(&update.bids, &update.asks, now);
                let event =
                    format!(r#"{{"type":"update","product_id":"{symbol}","updates":{updates}}}"#);
                self.say("l2_data", &event, now, out);
            }
            Change::Trade(trade) if self.has("market_trades", market) => {
                let side = match trade.aggressor {
                    Aggressor::Buyer => "SELL",
                    Aggressor::Seller => "BUY",
                    Aggressor::Unknown => "UNKNOWN_ORDER_SIDE",
                };
                let event = format!(
                    r#"{{"type":"update","trades":[{{"trade_id":"{}","product_id":"{symbol}","price":"{}","size":"{}","side":"{side}","time":"{now}"}}]}}"#,
                    market.trades, trade.price, trade.qty
                );
                self.say("market_trades", &event, now, out);
            }
            _ => {}
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        if let Some(counter) = self.heartbeats {
            self.heartbeats = Some(counter + 1);
            let event = format!(r#"{{"current_time":"{now}","heartbeat_counter":"{counter}"}}"#);
            self.say("heartbeats", &event, now, out);
        }
    }
}
