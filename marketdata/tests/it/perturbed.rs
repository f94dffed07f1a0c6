//! Every venue's conversation, broken by seed: what is shown is always something that the venue had, and in
//! the end what it has. `FEED_SEEDS=N` plays N storms of each kind, `FEED_FROM=N` from that seed on, as
//! `scripts/test` sets it anew each day.

use std::time::Duration;

use marketdata::feed::{Adapter, BookChannel, Channels, Credentials, Listing, Spec};
use marketdata::local::{Counterpart, Network, Played, Weather};
use marketdata::venue::alpaca::{self, Alpaca, Encoding, LocalAlpaca};
use marketdata::venue::binance::{Binance, LocalBinance, Product};
use marketdata::venue::bybit::{self, Bybit, LocalBybit};
use marketdata::venue::coinbase::{Coinbase, LocalCoinbase};
use marketdata::venue::hyperliquid::{Hyperliquid, LocalHyperliquid};
use marketdata::venue::kraken::{Kraken, LocalKraken};
use marketdata::venue::oanda::{LocalOanda, Oanda};
use marketdata::venue::okx::{LocalOkx, Okx};
use marketdata::venue::polygon::{LocalPolygon, Polygon};
use types::{InstrumentId, Price, Qty, Ratio};

/// Conversations of each kind in a run of the tests.
const SEEDS: u64 = 300;

/// Both sides of a venue's conversation.
pub(crate) type Pair = (Box<dyn Adapter>, Box<dyn Counterpart>);

type Speaks = fn(Vec<Listing>, Channels) -> Pair;
const BOTH: [BookChannel; 2] = [BookChannel::Touch, BookChannel::Depth];
/// Every kind of conversation: its name, symbols, sides, and what it may show.
pub(crate) const VENUES: [(&str, [&str; 2], Speaks, &[BookChannel]); 14] = [
    (
        "alpaca crypto",
        ["BTC/USD", "ETH/USD"],
        alpaca_crypto,
        &BOTH,
    ),
    (
        "alpaca crypto, packed",
        ["BTC/USD", "ETH/USD"],
        alpaca_crypto_packed,
        &BOTH,
    ),
    (
        "alpaca stocks",
        ["AAPL", "AMD"],
        alpaca_stocks,
        &[BookChannel::Touch],
    ),
    (
        "binance futures",
        ["BTCUSDT", "ETHUSDT"],
        binance(Product::Futures),
        &BOTH,
    ),
    (
        "binance spot",
        ["BTCUSDT", "ETHUSDT"],
        binance(Product::Spot),
        &BOTH,
    ),
    ("bybit linear", ["BTCUSDT", "ETHUSDT"], bybit_linear, &BOTH),
    ("bybit spot", ["BTCUSDT", "ETHUSDT"], bybit_spot, &BOTH),
    ("coinbase", ["BTC-USD", "ETH-USD"], coinbase, &BOTH),
    ("hyperliquid", ["BTC", "@107"], hyperliquid, &BOTH),
    ("kraken", ["BTC/USD", "ETH/USD"], kraken, &BOTH),
    (
        "oanda",
        ["EUR_USD", "USD_CAD"],
        oanda,
        &[BookChannel::Touch],
    ),
    ("okx", ["BTC-USDT", "ETH-USDT"], okx, &BOTH),
    (
        "okx by documents",
        ["BTC-USDT", "ETH-USDT"],
        okx_by_documents,
        &BOTH,
    ),
    ("polygon", ["MSFT", "AAPL"], polygon, &[BookChannel::Touch]),
];

/// Every venue says books and touches that cannot be, or hardly can, and says them over a network that loses
/// nothing: what is shown is the venue's newest, or nothing, and all of it is counted.
#[test]
fn what_cannot_be_is_never_shown_nor_what_was_before_it() {
    let from = first_seed();
    let seeds = number("FEED_SEEDS", 60);
    for (name, symbols, pair, books) in VENUES {
        for (&book, may_be_negative) in books.iter().flat_map(|book| [(book, false), (book, true)])
        {
            let mut sum = Played::default();
            for seed in from..from + seeds {
                let mut listings = listings(&symbols);
                for listing in &mut listings {
                    listing.spec.may_be_negative = may_be_negative;
                    // A tenth. Prices around zero are known by no share of the one before.
                    listing.spec.outlier_band = Ratio(if may_be_negative {
                        0
                    } else {
                        Ratio::ONE.0 / 10
                    });
                }
                let channels = Channels { book, trades: true };
                let (adapter, counterpart) = pair(listings.clone(), channels);
                let is_depth = book == BookChannel::Depth;
                let network =
                    Network::new(seed, adapter, counterpart, listings, is_depth, Weather::ODD);
                match network.play() {
                    Ok(played) => sum.add(&played),
                    Err(wrong) => {
                        panic!(
                            "{name}, {book:?}, {may_be_negative}: {wrong}\n{}",
                            again(seed, "what_cannot_be")
                        )
                    }
                }
            }
            println!("{name}, {book:?}, {may_be_negative}: {seeds} streams, {sum:?}");
            assert!(sum.newest > 0);
            if seeds >= 60 {
                let found = &sum.odd;
                assert!(found.crossed > 0 && found.locked > 0, "{name}");
                if name == "kraken" && book == BookChannel::Depth {
                    // Its checksum is over prices of as many decimals as the tick has, above zero: others are gaps.
                    continue;
                }
                assert!(found.off_grid > 0, "{name}");
                assert_eq!(found.outliers > 0, !may_be_negative, "{name}");
                assert_eq!(found.not_positive > 0, !may_be_negative, "{name}");
            }
        }
    }
}

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

fn credentials() -> Credentials {
    Credentials {
        key: String::from("a-key"),
        secret: String::from("a-secret"),
    }
}

/// How to play one seed alone.
pub(crate) fn again(seed: u64, tests: &str) -> String {
    format!("again: FEED_FROM={seed} FEED_SEEDS=1 cargo test -p marketdata --test it {tests}")
}

/// The first seed of this run. `scripts/test` sets another one each day, so that a year of runs is not one and the
/// same slice; without it runs are the same.
pub(crate) fn first_seed() -> u64 {
    number("FEED_FROM", 0)
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
    let is_depth = book == BookChannel::Depth;
    let sum = streams(name, weather, symbols, book, |seed, listings| {
        let channels = Channels { book, trades: true };
        let (adapter, counterpart) = pair(listings.clone(), channels);
        Network::new(seed, adapter, counterpart, listings, is_depth, weather)
    });
    assert_eq!(sum.unnoticed, 0);
}

/// Plays a conversation for each seed.
fn streams(
    name: &str,
    weather: Weather,
    symbols: &[&str],
    book: BookChannel,
    network: impl Fn(u64, Vec<Listing>) -> Network,
) -> Played {
    let mut sum = Played::default();
    let from = first_seed();
    let asked = number("FEED_SEEDS", SEEDS);
    // A long run is one of storms: in calm weather there is little that a seed could change.
    let seeds = match weather {
        Weather::CALM => asked.min(SEEDS),
        _ => asked,
    };
    for seed in from..from + seeds {
        match network(seed, listings(symbols)).play() {
            Ok(played) => sum.add(&played),
            Err(wrong) => panic!("{name}, {book:?}: {wrong}\n{}", again(seed, "perturbed")),
        }
    }
    println!("{name}, {book:?}: {seeds} streams, {sum:?}");
    assert!(sum.compared > 0);
    let is_storm = weather != Weather::CALM;
    assert_eq!(sum.faults > 0, is_storm);
    if seeds >= SEEDS {
        for happened in [sum.stalls, sum.stuck, sum.refused] {
            assert_eq!(happened > 0, is_storm);
        }
    }
    sum
}

pub(crate) const fn binance(product: Product) -> fn(Vec<Listing>, Channels) -> Pair {
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

/// Whose subscriptions begin without the whole book.
pub(crate) fn okx_by_documents(listings: Vec<Listing>, channels: Channels) -> Pair {
    (
        Box::new(Okx::new(listings, channels)),
        Box::new(LocalOkx::without_snapshots()),
    )
}

#[test]
fn okx_by_documents_is_never_wrong() {
    let symbols = ["BTC-USDT", "ETH-USDT"];
    weather(
        "okx by documents",
        Weather::STORM,
        &symbols,
        okx_by_documents,
    );
    weather(
        "okx by documents",
        Weather::CALM,
        &symbols,
        okx_by_documents,
    );
}

#[test]
fn okx_is_never_wrong() {
    let symbols = ["BTC-USDT", "ETH-USDT"];
    weather("okx", Weather::STORM, &symbols, okx);
    weather("okx", Weather::CALM, &symbols, okx);
}

pub(crate) fn coinbase(listings: Vec<Listing>, channels: Channels) -> Pair {
    (
        Box::new(Coinbase::new(listings, channels)),
        Box::new(LocalCoinbase::new()),
    )
}

#[test]
fn coinbase_is_never_wrong() {
    let symbols = ["BTC-USD", "ETH-USD"];
    weather("coinbase", Weather::STORM, &symbols, coinbase);
    weather("coinbase", Weather::CALM, &symbols, coinbase);
}

pub(crate) fn hyperliquid(listings: Vec<Listing>, channels: Channels) -> Pair {
    (
        Box::new(Hyperliquid::new(listings, channels)),
        Box::new(LocalHyperliquid::new()),
    )
}

#[test]
fn hyperliquid_is_never_wrong() {
    let symbols = ["BTC", "@107"];
    weather("hyperliquid", Weather::STORM, &symbols, hyperliquid);
    weather("hyperliquid", Weather::CALM, &symbols, hyperliquid);
}

/// Of touches only, and without prints.
pub(crate) fn oanda(listings: Vec<Listing>, _: Channels) -> Pair {
    (
        Box::new(Oanda::new(credentials(), listings)),
        Box::new(LocalOanda::new()),
    )
}

#[test]
fn oanda_is_never_wrong() {
    let (symbols, touch) = (["EUR_USD", "USD_CAD"], BookChannel::Touch);
    played("oanda", Weather::STORM, &symbols, touch, oanda);
    played("oanda", Weather::CALM, &symbols, touch, oanda);
}

fn alpaca(
    product: alpaca::Product,
    encoding: Encoding,
    listings: Vec<Listing>,
    channels: Channels,
) -> Pair {
    let adapter = Alpaca::new(product, encoding, credentials(), listings, channels);
    let counterpart = LocalAlpaca::new(product, encoding);
    (Box::new(adapter), Box::new(counterpart))
}

const STOCKS: alpaca::Product = alpaca::Product::Stocks {
    feed: alpaca::Feed::Sip,
    size_unit: 1,
};

/// Of touches only.
pub(crate) fn alpaca_stocks(listings: Vec<Listing>, channels: Channels) -> Pair {
    alpaca(STOCKS, Encoding::Json, listings, channels)
}

/// Of touches only.
pub(crate) fn alpaca_stocks_packed(listings: Vec<Listing>, channels: Channels) -> Pair {
    alpaca(STOCKS, Encoding::MessagePack, listings, channels)
}

pub(crate) fn alpaca_crypto(listings: Vec<Listing>, channels: Channels) -> Pair {
    alpaca(alpaca::Product::Crypto, Encoding::Json, listings, channels)
}

pub(crate) fn alpaca_crypto_packed(listings: Vec<Listing>, channels: Channels) -> Pair {
    let product = alpaca::Product::Crypto;
    alpaca(product, Encoding::MessagePack, listings, channels)
}

#[test]
fn alpaca_stocks_are_never_wrong() {
    let (symbols, touch) = (["AAPL", "AMD"], BookChannel::Touch);
    for (name, pair) in [
        ("alpaca stocks", alpaca_stocks as fn(_, _) -> _),
        ("alpaca stocks, packed", alpaca_stocks_packed),
    ] {
        played(name, Weather::STORM, &symbols, touch, pair);
        played(name, Weather::CALM, &symbols, touch, pair);
    }
}

/// What books without a sequence cannot show does not happen: messages on one connection keep their order.
pub(crate) const IN_ORDER: Weather = Weather {
    dropped: 0,
    swapped: 0,
    replaced: 0,
    cut: 200,
    ..Weather::STORM
};

/// Alpaca's books have neither numbers nor checksums nor heartbeats: by no rule of the venue can it be known that a change
/// did not come. So over a network that loses and swaps messages this holds, and no more: a book is wrong only from a
/// message about it that did not come to the next whole one; each whole book is one that the venue had; between a gap and that
/// nothing is shown; a change that comes late, or again behind others, is a gap; and what a new connection states is what
/// the venue has.
#[test]
fn alpaca_crypto_is_wrong_behind_a_loss_only() {
    let symbols = ["BTC/USD", "ETH/USD"];
    for (name, pair) in [
        ("alpaca crypto, lossy", alpaca_crypto as fn(_, _) -> _),
        ("alpaca crypto, lossy, packed", alpaca_crypto_packed),
    ] {
        let sum = streams(
            name,
            Weather::STORM,
            &symbols,
            BookChannel::Depth,
            |seed, listings| {
                let channels = Channels {
                    book: BookChannel::Depth,
                    trades: true,
                };
                let (adapter, counterpart) = pair(listings.clone(), channels);
                Network::new(seed, adapter, counterpart, listings, true, Weather::STORM)
                    .unnumbered()
            },
        );
        // A loss is found out seldom: by a book that is crossed, or by the next message that cannot be.
        assert!(sum.unnoticed > 0 || number("FEED_SEEDS", SEEDS) < SEEDS);
    }
}

#[test]
fn alpaca_crypto_is_never_wrong() {
    let symbols = ["BTC/USD", "ETH/USD"];
    for (name, pair) in [
        ("alpaca crypto", alpaca_crypto as fn(_, _) -> _),
        ("alpaca crypto, packed", alpaca_crypto_packed),
    ] {
        played(name, IN_ORDER, &symbols, BookChannel::Depth, pair);
        played(name, Weather::STORM, &symbols, BookChannel::Touch, pair);
        weather(name, Weather::CALM, &symbols, pair);
    }
}

/// Topics fall silent by themselves: their connections live, pings are answered, other markets go on. What a venue has
/// published shows that of few: `bybit` repeats a touch after three seconds, `okx` says something of each book about every
/// minute, and `hyperliquid` states a book every half second. Of a book of `binance`, `bybit`, `kraken`, `coinbase` or
/// `alpaca`, and of a touch of all but the first two, no rule of the venue tells a quiet market from a topic that has stopped,
/// heartbeats and numbers or not: without `stale_after` it is shown as it was. With it nothing is shown of which nothing was
/// said for so long; and as ever what is shown then is what the venue had, none older than before.
#[test]
fn a_topic_that_says_nothing_is_stale() {
    let from = first_seed();
    let seeds = number("FEED_SEEDS", 60);
    let stale_after = Duration::from_secs(5);
    let weather = Weather {
        stuck: 300,
        ..Weather::CALM
    };
    for (name, symbols, pair, books) in VENUES {
        for &book in books {
            let mut sum = Played::default();
            for seed in from..from + seeds {
                for weather in [
                    weather,
                    Weather {
                        stuck: 300,
                        ..storm(name, book)
                    },
                ] {
                    let channels = Channels {
                        book,
                        trades: false,
                    };
                    let listings = listings(&symbols);
                    let (adapter, counterpart) = pair(listings.clone(), channels);
                    let is_depth = book == BookChannel::Depth;
                    let network =
                        Network::new(seed, adapter, counterpart, listings, is_depth, weather)
                            .watched(stale_after);
                    match network.play() {
                        Ok(played) => sum.add(&played),
                        Err(wrong) => {
                            panic!("{name}, {book:?}: {wrong}\n{}", again(seed, "a_topic_that"))
                        }
                    }
                }
            }
            println!("{name}, {book:?}: {seeds} streams of each weather, {sum:?}");
            assert!(sum.stuck > 0 && sum.compared > 0, "{name}, {book:?}");
            assert!(sum.silences > 0 || seeds < 60, "{name}, {book:?}");
        }
    }
}

/// The storm that a venue's rules can tell of.
pub(crate) fn storm(name: &str, book: BookChannel) -> Weather {
    if book == BookChannel::Depth && name.starts_with("alpaca") {
        IN_ORDER
    } else {
        Weather::STORM
    }
}

/// Of touches only.
pub(crate) fn polygon(listings: Vec<Listing>, channels: Channels) -> Pair {
    (
        Box::new(Polygon::new(credentials(), 1, listings, channels)),
        Box::new(LocalPolygon::new()),
    )
}

#[test]
fn polygon_is_never_wrong() {
    let (symbols, touch) = (["MSFT", "AAPL"], BookChannel::Touch);
    played("polygon", Weather::STORM, &symbols, touch, polygon);
    played("polygon", Weather::CALM, &symbols, touch, polygon);
}
