//! One list of the venues, and what each says in a calm conversation.

use marketdata::feed::{Action, Adapter, BookChannel, Channels, FetchId, Listing, Output, Stream};
use marketdata::local::{Market, Wander};
use marketdata::venue::binance::Product;
use types::{Price, TimestampNs};

use crate::perturbed::{self, Pair, listings};

/// A venue and what its symbols look like.
pub(crate) struct Venue {
    pub(crate) name: &'static str,
    symbols: [&'static str; 2],
    pair: fn(Vec<Listing>, Channels) -> Pair,
}

/// All that there are.
pub(crate) fn venues() -> Vec<Venue> {
    let venue = |name, symbols, pair| Venue {
        name,
        symbols,
        pair,
    };
    let binance = perturbed::binance;
    vec![
        venue(
            "binance spot",
            ["BTCUSDT", "ETHUSDT"],
            binance(Product::Spot),
        ),
        venue(
            "binance futures",
            ["BTCUSDT", "ETHUSDT"],
            binance(Product::Futures),
        ),
        venue("bybit spot", ["BTCUSDT", "ETHUSDT"], perturbed::bybit_spot),
        venue(
            "bybit linear",
            ["BTCUSDT", "ETHUSDT"],
            perturbed::bybit_linear,
        ),
        venue("kraken", ["BTC/USD", "ETH/USD"], perturbed::kraken),
        venue("okx", ["BTC-USDT", "ETH-USDT"], perturbed::okx),
        venue(
            "okx by documents",
            ["BTC-USDT", "ETH-USDT"],
            perturbed::okx_by_documents,
        ),
        venue("coinbase", ["BTC-USD", "ETH-USD"], perturbed::coinbase),
        venue("hyperliquid", ["BTC", "@107"], perturbed::hyperliquid),
        venue("oanda", ["EUR_USD", "USD_CAD"], perturbed::oanda),
        venue("alpaca stocks", ["AAPL", "AMD"], perturbed::alpaca_stocks),
        venue(
            "alpaca stocks, packed",
            ["AAPL", "AMD"],
            perturbed::alpaca_stocks_packed,
        ),
        venue(
            "alpaca crypto",
            ["BTC/USD", "ETH/USD"],
            perturbed::alpaca_crypto,
        ),
        venue(
            "alpaca crypto, packed",
            ["BTC/USD", "ETH/USD"],
            perturbed::alpaca_crypto_packed,
        ),
        venue("polygon", ["MSFT", "AAPL"], perturbed::polygon),
    ]
}

/// What comes to an adapter.
pub(crate) enum Incoming {
    Message(Vec<u8>),
    Answer(FetchId, Vec<u8>),
    Tick,
}

/// Everything that came to an adapter, and when.
pub(crate) type Heard = Vec<(TimestampNs, Incoming)>;

impl Venue {
    /// A new adapter, as the one that heard the conversation was.
    pub(crate) fn adapter(&self, book: BookChannel) -> Box<dyn Adapter> {
        self.pair(book).0
    }

    fn pair(&self, book: BookChannel) -> Pair {
        let channels = Channels { book, trades: true };
        (self.pair)(listings(&self.symbols), channels)
    }

    /// A conversation of so many changes of the markets, in which nothing goes wrong, without its opening.
    pub(crate) fn conversation(&self, book: BookChannel, steps: u32, seed: u64) -> Heard {
        let (mut adapter, mut counterpart) = self.pair(book);
        let mut wander = Wander::new(seed, 12);
        let mut markets: Vec<Market> = listings(&self.symbols)
            .iter()
            .map(|listing| wander.open(&listing.symbol, listing.spec, Price::ONE))
            .collect();
        let mut heard = Heard::new();
        let mut out = Output::default();
        let mut said = Vec::new();
        let mut now = START;
        counterpart.opened(now, &mut said);
        adapter.opened(now, &mut out);
        if let Stream::Lines { path, .. } = adapter.stream() {
            counterpart.streamed(&path, &markets, now, &mut said);
        }
        for step in 0..steps {
            now = TimestampNs(now.0 + 50_000_000);
            if step % 20 == 0 {
                counterpart.tick(now, &mut said);
                adapter.tick(now, &mut out);
                heard.push((now, Incoming::Tick));
            }
            let market = &mut markets[step as usize % self.symbols.len()];
            let change = wander.step(market);
            counterpart.changed(market, &change, now, &mut said);
            while !said.is_empty() || !out.actions.is_empty() {
                for mut message in std::mem::take(&mut said) {
                    heard.push((now, Incoming::Message(message.clone())));
                    adapter.message(&mut message, now, &mut out).unwrap();
                }
                for action in std::mem::take(&mut out.actions) {
                    match action {
                        Action::Send(text) => {
                            counterpart.request(&text, &markets, now, &mut said);
                        }
                        Action::Fetch { id, path } => {
                            let mut body = counterpart.fetch(&path, &markets, now).unwrap();
                            heard.push((now, Incoming::Answer(id, body.clone())));
                            adapter.answer(id, Some(&mut body), now, &mut out).unwrap();
                        }
                        Action::Reconnect { reason } => panic!("{}: {reason}", self.name),
                    }
                }
                out.clear_events();
            }
        }
        heard
    }
}

/// When conversations begin.
pub(crate) const START: TimestampNs = TimestampNs(1_700_000_000_000_000_000);
