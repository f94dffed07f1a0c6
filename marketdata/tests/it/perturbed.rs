//! Every venue's conversation, broken by seed: what is shown is always something that the venue had, and in
//! the end what it has. `FEED_SEEDS=N` plays N conversations of each kind, `FEED_FROM=N` from that seed on.

use marketdata::feed::{Adapter, BookChannel, Channels, Listing, Spec};
use marketdata::local::{Counterpart, Network, Played, Weather};
use marketdata::venue::binance::{Binance, LocalBinance, Product};
use marketdata::venue::bybit::{self, Bybit, LocalBybit};
use marketdata::venue::kraken::{Kraken, LocalKraken};
use marketdata::venue::okx::{LocalOkx, Okx};
use types::{InstrumentId, Price, Qty, Ratio};

/// Conversations of each kind in a run of the tests.
const SEEDS: u64 = 300;

/// Both sides of a venue's conversation.
pub(crate) type Pair = (Box<dyn Adapter>, Box<dyn Counterpart>);

/// Listings of these symbols, in their order.
pub(crate) fn listings(symbols: &[&str]) -> Vec<Listing> {
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

/// A number from the environment.
pub(crate) fn number(name: &str, default: u64) -> u64 {
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
    assert_eq!(sum.faults > 0, weather != Weather::CALM);
}

pub(crate) fn binance(product: Product) -> fn(Vec<Listing>, Channels) -> Pair {
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

pub(crate) fn kraken(listings: Vec<Listing>, channels: Channels) -> Pair {
    (
        Box::new(Kraken::new(listings, channels)),
        Box::new(LocalKraken::new()),
    )
}

#[test]
fn kraken_is_never_wrong() {
    let symbols = ["BTC/USD", "ETH/USD"];
    weather("kraken", Weather::STORM, &symbols, kraken);
    weather("kraken", Weather::CALM, &symbols, kraken);
}

pub(crate) fn bybit_spot(listings: Vec<Listing>, channels: Channels) -> Pair {
    let product = bybit::Product::Spot;
    (
        Box::new(Bybit::new(product, listings, channels)),
        Box::new(LocalBybit::new(product)),
    )
}

pub(crate) fn bybit_linear(listings: Vec<Listing>, channels: Channels) -> Pair {
    let product = bybit::Product::Linear;
    (
        Box::new(Bybit::new(product, listings, channels)),
        Box::new(LocalBybit::new(product)),
    )
}

#[test]
fn bybit_spot_is_never_wrong() {
    let symbols = ["BTCUSDT", "ETHUSDT"];
    weather("bybit spot", Weather::STORM, &symbols, bybit_spot);
    weather("bybit spot", Weather::CALM, &symbols, bybit_spot);
}

#[test]
fn bybit_linear_is_never_wrong() {
    let symbols = ["BTCUSDT", "ETHUSDT"];
    weather("bybit linear", Weather::STORM, &symbols, bybit_linear);
    weather("bybit linear", Weather::CALM, &symbols, bybit_linear);
}

pub(crate) fn okx(listings: Vec<Listing>, channels: Channels) -> Pair {
    (
        Box::new(Okx::new(listings, channels)),
        Box::new(LocalOkx::new()),
    )
}

#[test]
fn okx_is_never_wrong() {
    let symbols = ["BTC-USDT", "ETH-USDT"];
    weather("okx", Weather::STORM, &symbols, okx);
    weather("okx", Weather::CALM, &symbols, okx);
}
