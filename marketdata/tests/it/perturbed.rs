//! Every venue's conversation, broken by seed: what is shown is always something that the venue had, and in
//! the end what it has. `FEED_SEEDS=N` plays N conversations of each kind, `FEED_FROM=N` from that seed on.

use marketdata::feed::{Adapter, BookChannel, Channels, Credentials, Listing, Spec};
use marketdata::local::{Counterpart, Network, Played, Weather};
use marketdata::venue::binance::{Binance, LocalBinance, Product};
use marketdata::venue::coinbase::{Coinbase, LocalCoinbase};
use marketdata::venue::hyperliquid::{Hyperliquid, LocalHyperliquid};
use marketdata::venue::oanda::{LocalOanda, Oanda};
use types::{InstrumentId, Price, Qty, Ratio};

/// Conversations of each kind in a run of the tests.
const SEEDS: u64 = 300;

type Pair = (Box<dyn Adapter>, Box<dyn Counterpart>);

fn listings(symbols: &[&str]) -> Vec<Listing> {
    let listing = |(place, symbol): (usize, &&str)| Listing {
        instrument: InstrumentId(place as u32 + 7),
        symbol: (*symbol).to_owned(),
        spec: Spec {
            tick_size: Price(10_000_000),
            lot_size: Qty(1_000),
            may_be_negative: false,
            outlier_band: Ratio::ZERO,
        },
    };
    symbols.iter().enumerate().map(listing).collect()
}

fn credentials() -> Credentials {
    Credentials {
        key: String::from("a-key"),
        secret: String::from("a-secret"),
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(default, |text| text.parse().unwrap())
}

/// Plays conversations until one shows something wrong.
fn weather(
    name: &str,
    weather: Weather,
    symbols: &[&str],
    pair: fn(Vec<Listing>, Channels) -> Pair,
) {
    for book in [BookChannel::Depth, BookChannel::Touch] {
        played(name, weather, symbols, book, pair);
    }
}

fn played(
    name: &str,
    weather: Weather,
    symbols: &[&str],
    book: BookChannel,
    pair: fn(Vec<Listing>, Channels) -> Pair,
) {
    let mut sum = Played::default();
    let from = number("FEED_FROM", 0);
    for seed in from..from + number("FEED_SEEDS", SEEDS) {
        let listings = listings(symbols);
        let channels = Channels { book, trades: true };
        let (adapter, counterpart) = pair(listings.clone(), channels);
        let is_depth = book == BookChannel::Depth;
        let network = Network::new(seed, adapter, counterpart, listings, is_depth, weather);
        match network.play() {
            Ok(played) => {
                sum.messages += played.messages;
                sum.faults += played.faults;
                sum.gaps += played.gaps;
                sum.compared += played.compared;
            }
            Err(wrong) => panic!("{name}, {book:?}, seed {seed}: {wrong}"),
        }
    }
    println!("{name}, {book:?}: {sum:?}");
    assert!(sum.compared > 0);
    assert_eq!(sum.faults > 0, weather.steps > 0 && weather.dropped > 0);
}

fn binance(product: Product) -> fn(Vec<Listing>, Channels) -> Pair {
    match product {
        Product::Spot => |listings, channels| {
            (
                Box::new(Binance::new(Product::Spot, listings, channels)),
                Box::new(LocalBinance::new(Product::Spot)),
            )
        },
        Product::Futures => |listings, channels| {
            (
                Box::new(Binance::new(Product::Futures, listings, channels)),
                Box::new(LocalBinance::new(Product::Futures)),
            )
        },
    }
}

#[test]
fn binance_spot_is_never_wrong() {
    let pair = binance(Product::Spot);
    weather(
        "binance spot",
        Weather::STORM,
        &["BTCUSDT", "ETHUSDT"],
        pair,
    );
    weather("binance spot", Weather::CALM, &["BTCUSDT", "ETHUSDT"], pair);
}

#[test]
fn binance_futures_are_never_wrong() {
    let pair = binance(Product::Futures);
    weather(
        "binance futures",
        Weather::STORM,
        &["BTCUSDT", "ETHUSDT"],
        pair,
    );
    weather(
        "binance futures",
        Weather::CALM,
        &["BTCUSDT", "ETHUSDT"],
        pair,
    );
}

#[test]
fn coinbase_is_never_wrong() {
    let pair = |listings, channels| -> Pair {
        (
            Box::new(Coinbase::new(listings, channels)),
            Box::new(LocalCoinbase::new()),
        )
    };
    weather("coinbase", Weather::STORM, &["BTC-USD", "ETH-USD"], pair);
    weather("coinbase", Weather::CALM, &["BTC-USD", "ETH-USD"], pair);
}

#[test]
fn hyperliquid_is_never_wrong() {
    let pair = |listings, channels| -> Pair {
        (
            Box::new(Hyperliquid::new(listings, channels)),
            Box::new(LocalHyperliquid::new()),
        )
    };
    weather("hyperliquid", Weather::STORM, &["BTC", "@107"], pair);
    weather("hyperliquid", Weather::CALM, &["BTC", "@107"], pair);
}

#[test]
fn oanda_is_never_wrong() {
    let pair = |listings, _| -> Pair {
        (
            Box::new(Oanda::new(credentials(), listings)),
            Box::new(LocalOanda::new()),
        )
    };
    let symbols = &["EUR_USD", "USD_CAD"];
    played("oanda", Weather::STORM, symbols, BookChannel::Touch, pair);
    played("oanda", Weather::CALM, symbols, BookChannel::Touch, pair);
}
