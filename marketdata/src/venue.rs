//! The venues. Each file has one venue's protocol, by its own published rules, and names the pages.
//!
//! | venue | channels | what holds the book together |
//! |---|---|---|
//! | [`alpaca`] | quotes, trades, statuses; order books of crypto; JSON and `MessagePack` | nothing but the connection |
//! | [`binance`] | trade, bookTicker, diff depth; spot and USD-M futures | update ids, REST snapshot |
//! | [`bybit`] | publicTrade, orderbook 1 and 50; spot, linear, inverse | update ids, snapshot of the stream |
//! | [`coinbase`] | level2, market_trades, heartbeats; Advanced Trade | a sequence of the connection, heartbeats |
//! | [`hyperliquid`] | l2Book, bbo, trades | whole books, each stated again |
//! | [`kraken`] | trade, ticker, book; spot | CRC-32 of the levels that are shown |
//! | [`oanda`] | v20 pricing stream: touch | each price stands for itself, heartbeats |
//! | [`okx`] | trades, bbo-tbt, books | sequence ids that name the one before, snapshot of the stream or REST |
//! | [`polygon`] | quotes and trades of US stocks | each quote stands for itself |

pub mod alpaca;
pub mod binance;
pub mod bybit;
pub mod coinbase;
#[cfg(test)]
mod forms;
pub mod hyperliquid;
pub mod kraken;
pub mod oanda;
pub mod okx;
pub mod polygon;
#[cfg(test)]
mod said;
#[cfg(test)]
mod told;

use crate::feed::{Adapter, Addresses, BookChannel, Channels, Credentials, LEVELS_MAX, Listing};
use crate::local::Counterpart;

/// A feed: what its adapter is, where its venue is, and what that looks like on this machine.
#[derive(Debug, Clone, Copy)]
pub struct Feed {
    /// Venue and product.
    pub name: &'static str,
    /// Where the venue is.
    pub addresses: Addresses,
    /// Whether it asks for a key.
    pub needs_key: bool,
    /// Whether it shows levels, not the touch alone.
    pub has_depth: bool,
    /// So many levels of a side it tells at most.
    pub levels_max: usize,
    /// A symbol as the venue writes it.
    pub example: &'static str,
    adapter: fn(Credentials, Vec<Listing>, Channels) -> Box<dyn Adapter>,
    counterpart: fn() -> Box<dyn Counterpart>,
}

/// Names are unique.
impl PartialEq for Feed {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Feed {}

impl Feed {
    /// Its adapter. Without depth every book is the touch.
    pub fn adapter(
        &self,
        credentials: Credentials,
        listings: Vec<Listing>,
        channels: Channels,
    ) -> Box<dyn Adapter> {
        let book = if self.has_depth {
            channels.book
        } else {
            BookChannel::Touch
        };
        (self.adapter)(credentials, listings, Channels { book, ..channels })
    }

    /// The venue's side of it.
    pub fn counterpart(&self) -> Box<dyn Counterpart> {
        (self.counterpart)()
    }

    /// The feed of a name.
    pub fn of(name: &str) -> Option<&'static Self> {
        FEEDS.iter().find(|feed| feed.name == name)
    }
}

/// All that there are.
pub const FEEDS: &[Feed] = &[
    alpaca::<{ ALPACA_BOATS }, false>("alpaca-boats"),
    alpaca::<{ ALPACA_BOATS }, true>("alpaca-boats-json"),
    alpaca::<{ ALPACA_CRYPTO }, false>("alpaca-crypto"),
    alpaca::<{ ALPACA_CRYPTO }, true>("alpaca-crypto-json"),
    alpaca::<{ ALPACA_DELAYED_SIP }, false>("alpaca-delayed-sip"),
    alpaca::<{ ALPACA_DELAYED_SIP }, true>("alpaca-delayed-sip-json"),
    alpaca::<{ ALPACA_IEX }, false>("alpaca-iex"),
    alpaca::<{ ALPACA_IEX }, true>("alpaca-iex-json"),
    alpaca::<{ ALPACA_OVERNIGHT }, false>("alpaca-overnight"),
    alpaca::<{ ALPACA_OVERNIGHT }, true>("alpaca-overnight-json"),
    alpaca::<{ ALPACA_SIP }, false>("alpaca-sip"),
    alpaca::<{ ALPACA_SIP }, true>("alpaca-sip-json"),
    alpaca::<{ ALPACA_TEST }, false>("alpaca-test"),
    alpaca::<{ ALPACA_TEST }, true>("alpaca-test-json"),
    Feed {
        name: "binance-futures",
        addresses: binance::FUTURES,
        needs_key: false,
        has_depth: true,
        levels_max: LEVELS_MAX,
        example: "BTCUSDT",
        adapter: |_, listings, channels| {
            let product = binance::Product::Futures;
            Box::new(binance::Binance::new(product, listings, channels))
        },
        counterpart: || Box::new(binance::LocalBinance::new(binance::Product::Futures)),
    },
    Feed {
        name: "binance-spot",
        addresses: binance::SPOT,
        needs_key: false,
        has_depth: true,
        levels_max: LEVELS_MAX,
        example: "BTCUSDT",
        adapter: |_, listings, channels| {
            let product = binance::Product::Spot;
            Box::new(binance::Binance::new(product, listings, channels))
        },
        counterpart: || Box::new(binance::LocalBinance::new(binance::Product::Spot)),
    },
    Feed {
        name: "bybit-inverse",
        addresses: bybit::ADDRESSES,
        needs_key: false,
        has_depth: true,
        levels_max: bybit::DEPTH,
        example: "BTCUSD",
        adapter: |_, listings, channels| {
            Box::new(bybit::Bybit::new(
                bybit::Product::Inverse,
                listings,
                channels,
            ))
        },
        counterpart: || Box::new(bybit::LocalBybit::new(bybit::Product::Inverse)),
    },
    Feed {
        name: "bybit-linear",
        addresses: bybit::ADDRESSES,
        needs_key: false,
        has_depth: true,
        levels_max: bybit::DEPTH,
        example: "BTCUSDT",
        adapter: |_, listings, channels| {
            Box::new(bybit::Bybit::new(
                bybit::Product::Linear,
                listings,
                channels,
            ))
        },
        counterpart: || Box::new(bybit::LocalBybit::new(bybit::Product::Linear)),
    },
    Feed {
        name: "bybit-spot",
        addresses: bybit::ADDRESSES,
        needs_key: false,
        has_depth: true,
        levels_max: bybit::DEPTH,
        example: "BTCUSDT",
        adapter: |_, listings, channels| {
            Box::new(bybit::Bybit::new(bybit::Product::Spot, listings, channels))
        },
        counterpart: || Box::new(bybit::LocalBybit::new(bybit::Product::Spot)),
    },
    Feed {
        name: "coinbase",
        addresses: coinbase::ADVANCED,
        needs_key: false,
        has_depth: true,
        levels_max: LEVELS_MAX,
        example: "BTC-USD",
        adapter: |_, listings, channels| Box::new(coinbase::Coinbase::new(listings, channels)),
        counterpart: || Box::new(coinbase::LocalCoinbase::new()),
    },
    Feed {
        name: "hyperliquid",
        addresses: hyperliquid::MAINNET,
        needs_key: false,
        has_depth: true,
        levels_max: hyperliquid::DEPTH,
        example: "BTC",
        adapter: |_, listings, channels| {
            Box::new(hyperliquid::Hyperliquid::new(listings, channels))
        },
        counterpart: || Box::new(hyperliquid::LocalHyperliquid::new()),
    },
    Feed {
        name: "kraken",
        addresses: kraken::ADDRESSES,
        needs_key: false,
        has_depth: true,
        levels_max: kraken::DEPTH,
        example: "BTC/USD",
        adapter: |_, listings, channels| Box::new(kraken::Kraken::new(listings, channels)),
        counterpart: || Box::new(kraken::LocalKraken::new()),
    },
    Feed {
        name: "oanda",
        addresses: oanda::LIVE,
        needs_key: true,
        has_depth: false,
        levels_max: 1,
        example: "EUR_USD",
        adapter: |credentials, listings, _| Box::new(oanda::Oanda::new(credentials, listings)),
        counterpart: || Box::new(oanda::LocalOanda::new()),
    },
    Feed {
        name: "oanda-practice",
        addresses: oanda::PRACTICE,
        needs_key: true,
        has_depth: false,
        levels_max: 1,
        example: "EUR_USD",
        adapter: |credentials, listings, _| Box::new(oanda::Oanda::new(credentials, listings)),
        counterpart: || Box::new(oanda::LocalOanda::new()),
    },
    Feed {
        name: "okx",
        addresses: okx::ADDRESSES,
        needs_key: false,
        has_depth: true,
        levels_max: okx::DEPTH,
        example: "BTC-USDT",
        adapter: |_, listings, channels| Box::new(okx::Okx::new(listings, channels)),
        counterpart: || Box::new(okx::LocalOkx::new()),
    },
    Feed {
        name: "polygon",
        addresses: polygon::REAL_TIME,
        needs_key: true,
        has_depth: false,
        levels_max: 1,
        example: "AAPL",
        adapter: |credentials, listings, channels| {
            let size_unit = SHARE;
            Box::new(polygon::Polygon::new(
                credentials,
                size_unit,
                listings,
                channels,
            ))
        },
        counterpart: || Box::new(polygon::LocalPolygon::new()),
    },
    Feed {
        name: "polygon-delayed",
        addresses: polygon::DELAYED,
        needs_key: true,
        has_depth: false,
        levels_max: 1,
        example: "AAPL",
        adapter: |credentials, listings, channels| {
            let size_unit = SHARE;
            Box::new(polygon::Polygon::new(
                credentials,
                size_unit,
                listings,
                channels,
            ))
        },
        counterpart: || Box::new(polygon::LocalPolygon::new()),
    },
];

/// Shares in one unit of a quote's size: since 2025-11-03 the consolidated feeds count shares, not round lots
/// <https://polygon.io/blog/change-stocks-quotes-round-lots-to-shares>.
const SHARE: u32 = 1;

/// What Alpaca has, at the places of [`ALPACA`].
const ALPACA_CRYPTO: usize = 0;
const ALPACA_IEX: usize = 1;
const ALPACA_SIP: usize = 2;
const ALPACA_DELAYED_SIP: usize = 3;
const ALPACA_BOATS: usize = 4;
const ALPACA_OVERNIGHT: usize = 5;
const ALPACA_TEST: usize = 6;
const ALPACA: [alpaca::Product; 7] = [
    alpaca::Product::Crypto,
    stocks(alpaca::Feed::Iex),
    stocks(alpaca::Feed::Sip),
    stocks(alpaca::Feed::DelayedSip),
    stocks(alpaca::Feed::Boats),
    stocks(alpaca::Feed::Overnight),
    stocks(alpaca::Feed::Test),
];

const fn stocks(feed: alpaca::Feed) -> alpaca::Product {
    alpaca::Product::Stocks {
        feed,
        size_unit: SHARE,
    }
}

/// A feed of Alpaca: one of [`ALPACA`], in JSON or in `MessagePack`.
const fn alpaca<const PRODUCT: usize, const IS_JSON: bool>(name: &'static str) -> Feed {
    const fn encoding(is_json: bool) -> alpaca::Encoding {
        if is_json {
            alpaca::Encoding::Json
        } else {
            alpaca::Encoding::MessagePack
        }
    }
    Feed {
        name,
        addresses: alpaca::DATA,
        needs_key: true,
        has_depth: PRODUCT == ALPACA_CRYPTO,
        levels_max: if PRODUCT == ALPACA_CRYPTO {
            LEVELS_MAX
        } else {
            1
        },
        example: match PRODUCT {
            ALPACA_CRYPTO => "BTC/USD",
            ALPACA_TEST => "FAKEPACA",
            _ => "AAPL",
        },
        adapter: |credentials, listings, channels| {
            Box::new(alpaca::Alpaca::new(
                ALPACA[PRODUCT],
                encoding(IS_JSON),
                credentials,
                listings,
                channels,
            ))
        },
        counterpart: || Box::new(alpaca::LocalAlpaca::new(ALPACA[PRODUCT], encoding(IS_JSON))),
    }
}

/// The names of all feeds.
pub fn names() -> impl Iterator<Item = &'static str> {
    FEEDS.iter().map(|feed| feed.name)
}
