//! OANDA's side of the conversation.

use types::{Level, TimestampNs};

use crate::local::{Change, Counterpart, Market};

/// Buckets of each side that a price has.
const BUCKETS: usize = 3;
/// From one heartbeat to the next.
const HEARTBEAT_NS: u64 = 5_000_000_000;

/// OANDA as a client meets it.
#[derive(Debug, Default)]
pub struct LocalOanda {
    /// With the time of the newest price.
    instruments: Vec<(String, TimestampNs)>,
    next_heartbeat: TimestampNs,
}

impl LocalOanda {
    /// Without a client.
    pub fn new() -> Self {
        Self::default()
    }
}

fn price(market: &Market, now: TimestampNs) -> Vec<u8> {
    let side = |levels: &[Level]| {
        let bucket =
            |level: &Level| format!(r#"{{"price":"{}","liquidity":{}}}"#, level.price, level.qty);
        let buckets: Vec<_> = levels.iter().take(BUCKETS).map(bucket).collect();
        buckets.join(",")
    };
    let (bids, asks) = (market.book.bids(), market.book.asks());
    let worst = |levels: &[Level]| {
        let level = levels.iter().take(BUCKETS).next_back();
        level.map_or_else(|| String::from("0"), |level| level.price.to_string())
    };
    format!(
        r#"{{"type":"PRICE","time":"{now}","bids":[{}],"asks":[{}],"closeoutBid":"{}","closeoutAsk":"{}","status":"tradeable","tradeable":true,"instrument":"{}"}}"#,
        side(bids),
        side(asks),
        worst(bids),
        worst(asks),
        market.symbol
    )
    .into_bytes()
}

impl Counterpart for LocalOanda {
    fn name(&self) -> &'static str {
        "oanda"
    }

    fn path(&self) -> Option<&'static str> {
        None
    }

    /// A token, of whatever account.
    fn admit(&self, header: &dyn Fn(&str) -> Option<String>) -> Result<(), u16> {
        let token = header("authorization");
        let token = token
            .as_deref()
            .and_then(|text| text.strip_prefix("Bearer "));
        match token {
            Some(token) if !token.is_empty() => Ok(()),
            _ => Err(401),
        }
    }

    fn opened(&mut self, now: TimestampNs, _: &mut Vec<Vec<u8>>) {
        self.instruments.clear();
        self.next_heartbeat = TimestampNs(now.0 + HEARTBEAT_NS);
    }

    fn streamed(
        &mut self,
        path: &str,
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) -> bool {
        let query = path.split_once("instruments=").map(|(_, query)| query);
        for name in query.unwrap_or_default().split("%2C") {
            if let Some(market) = markets.iter().find(|market| market.symbol == name) {
                out.push(price(market, market.time_or(now)));
                self.instruments.push((name.to_owned(), now));
            }
        }
        path.contains("/pricing/stream")
    }

    fn request(&mut self, _: &[u8], _: &[Market], _: TimestampNs, _: &mut Vec<Vec<u8>>) {
        // A document takes no messages.
    }

    fn changed(
        &mut self,
        market: &Market,
        change: &Change,
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) {
        let mut known = self.instruments.iter_mut();
        if matches!(change, Change::Levels(_))
            && let Some((_, newest)) = known.find(|(name, _)| *name == market.symbol)
        {
            // No two prices of the venue have the same time: there are 250 ms between them.
            *newest = now.max(TimestampNs(newest.0 + 1));
            out.push(price(market, *newest));
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        if !self.instruments.is_empty() && now >= self.next_heartbeat {
            self.next_heartbeat = TimestampNs(now.0 + HEARTBEAT_NS);
            out.push(format!(r#"{{"type":"HEARTBEAT","time":"{now}"}}"#).into_bytes());
        }
    }
}
