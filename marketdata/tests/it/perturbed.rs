//! Every venue's conversation, broken by seed: what is shown is always something that the venue had, and in
//! the end what it has. `FEED_SEEDS=N` plays N conversations of each kind, `FEED_FROM=N` from that seed on.

use marketdata::feed::{Adapter, BookChannel, Channels, Credentials, Listing, Spec};
use marketdata::local::{Counterpart, Network, Played, Weather};
use marketdata::venue::alpaca::{self, Alpaca, Encoding, LocalAlpaca};
use marketdata::venue::binance::{Binance, LocalBinance, Product};
use marketdata::venue::coinbase::{Coinbase, LocalCoinbase};
use marketdata::venue::hyperliquid::{Hyperliquid, LocalHyperliquid};
use marketdata::venue::oanda::{LocalOanda, Oanda};
use marketdata::venue::polygon::{LocalPolygon, Polygon};
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
    assert_eq!(sum.faults > 0, weather.cut > 0);
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

fn alpaca(
    product: alpaca::Product,
    encoding: Encoding,
    listings: Vec<Listing>,
    channels: Channels,
) -> Pair {
    (
        Box::new(Alpaca::new(
            product,
            encoding,
            credentials(),
            listings,
            channels,
        )),
        Box::new(LocalAlpaca::new(product, encoding)),
    )
}

#[test]
fn alpaca_stocks_are_never_wrong() {
    const PRODUCT: alpaca::Product = alpaca::Product::Stocks {
        feed: alpaca::Feed::Sip,
        size_unit: 1,
    };
    let json = |listings, channels| alpaca(PRODUCT, Encoding::Json, listings, channels);
    let pack = |listings, channels| alpaca(PRODUCT, Encoding::MessagePack, listings, channels);
    let symbols = &["AAPL", "AMD"];
    let touch = BookChannel::Touch;
    played("alpaca stocks, JSON", Weather::STORM, symbols, touch, json);
    played("alpaca stocks, JSON", Weather::CALM, symbols, touch, json);
    played(
        "alpaca stocks, packed",
        Weather::STORM,
        symbols,
        touch,
        pack,
    );
    played("alpaca stocks, packed", Weather::CALM, symbols, touch, pack);
}

/// What the venue's books cannot show does not happen on a connection: they have no sequence.
const IN_ORDER: Weather = Weather {
    dropped: 0,
    swapped: 0,
    cut: 200,
    ..Weather::STORM
};

#[test]
fn alpaca_crypto_is_never_wrong() {
    const PRODUCT: alpaca::Product = alpaca::Product::Crypto;
    let json = |listings, channels| alpaca(PRODUCT, Encoding::Json, listings, channels);
    let pack = |listings, channels| alpaca(PRODUCT, Encoding::MessagePack, listings, channels);
    let symbols = &["BTC/USD", "ETH/USD"];
    let (depth, touch) = (BookChannel::Depth, BookChannel::Touch);
    played("alpaca crypto, JSON", IN_ORDER, symbols, depth, json);
    played("alpaca crypto, packed", IN_ORDER, symbols, depth, pack);
    played("alpaca crypto, JSON", Weather::STORM, symbols, touch, json);
    weather("alpaca crypto, JSON", Weather::CALM, symbols, json);
    weather("alpaca crypto, packed", Weather::CALM, symbols, pack);
}

#[test]
fn polygon_is_never_wrong() {
    let pair = |listings, channels| -> Pair {
        (
            Box::new(Polygon::new(credentials(), 1, listings, channels)),
            Box::new(LocalPolygon::new()),
        )
    };
    let (symbols, touch) = (&["MSFT", "AAPL"], BookChannel::Touch);
    played("polygon", Weather::STORM, symbols, touch, pair);
    played("polygon", Weather::CALM, symbols, touch, pair);
}
