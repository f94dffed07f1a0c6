//! Adapters over real sockets, against the venue on this machine.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use marketdata::connection::{Arrived, Connection, Outlets, Settings, Status};
use marketdata::feed::{Adapter, Book, BookChannel, Channels, Credentials, Listing, Spec, State};
use marketdata::local::{self, LocalVenue, Speaker, Weather};
use marketdata::venue::alpaca::{self, Alpaca, Encoding, LocalAlpaca};
use marketdata::venue::binance::{Binance, LocalBinance, Product};
use marketdata::venue::coinbase::{Coinbase, LocalCoinbase};
use tokio::sync::watch;
use types::{InstrumentId, MarketData, Price, Qty, Ratio};

fn listings(symbols: &[&str]) -> Vec<Listing> {
    let listing = |(place, symbol): (usize, &&str)| Listing {
        instrument: InstrumentId(place as u32),
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

/// A connection to a local venue in bad weather that clears up; in the end its books are the venue's.
async fn weather(
    adapter: Box<dyn Adapter>,
    speaker: Speaker,
    listings: Vec<Listing>,
    storm: Weather,
) {
    let venue = LocalVenue::start(
        speaker,
        local::Settings {
            address: ([127, 0, 0, 1], 0).into(),
            listings: listings.clone(),
            seed: 7,
            pause: Duration::from_millis(2),
            weather: storm,
            waiting_max: 10_000,
        },
    )
    .await
    .unwrap();
    let (events, mut arrived) = rtrb::RingBuffer::<Arrived>::new(1 << 16);
    let status = Arc::new(ArcSwap::from_pointee(Status::new(
        adapter.name(),
        &listings,
    )));
    let is_lines = matches!(adapter.stream(), marketdata::feed::Stream::Lines { .. });
    let scheme = if is_lines { "http" } else { "ws" };
    let settings = Settings {
        pause_min: Duration::from_millis(10),
        pause_max: Duration::from_millis(50),
        sends_per_second: 1_000,
        ..Settings::new(
            format!("{scheme}://{}", venue.address()),
            format!("http://{}", venue.address()),
        )
    };
    let outlets = Outlets {
        events,
        wake: Arc::new(|| {}),
        status: Arc::clone(&status),
        tap: None,
    };
    let (stop, stopped) = watch::channel(false);
    let connection = Connection::new(adapter, settings, outlets).unwrap();
    let running = tokio::spawn(connection.run(stopped));

    let mut books: Vec<Option<Book>> = vec![None; listings.len()];
    let mut drain = |books: &mut Vec<Option<Book>>| {
        let mut count = 0;
        while let Ok(Arrived { event, .. }) = arrived.pop() {
            count += 1;
            Book::follow(&mut books[event.instrument.0 as usize], &event.data);
            assert!(!matches!(event.data, MarketData::Quote(_)));
        }
        count
    };
    let mut count = 0;
    let has_seen_enough = |status: &Status| {
        let gaps: u64 = status
            .health
            .iter()
            .map(|health| health.counters.gaps)
            .sum();
        storm == Weather::CALM || (gaps > 1 && status.link.reconnects > 0)
    };
    while count < 1_000 || !has_seen_enough(&status.load()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        count += drain(&mut books);
    }
    venue.set_weather(Weather::CALM);
    let is_live = |status: &Status| {
        let live = status
            .health
            .iter()
            .all(|health| health.state == State::Live);
        status.link.is_open && live
    };
    while !is_live(&status.load()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        drain(&mut books);
    }
    venue.hold();
    let markets = venue.markets();
    loop {
        drain(&mut books);
        let known = books.iter().zip(&markets);
        if known
            .clone()
            .all(|(book, market)| book.as_ref() == Some(&market.book))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let status = status.load();
    let gaps: u64 = status
        .health
        .iter()
        .map(|health| health.counters.gaps)
        .sum();
    assert_eq!(gaps > 0, storm != Weather::CALM);
    assert_eq!(status.link.reconnects > 0, storm != Weather::CALM);
    stop.send(true).unwrap();
    running.await.unwrap();
    // Whoever stops knows nothing any more.
    drain(&mut books);
    assert!(books.iter().all(Option::is_none));
}

const GUSTS: Weather = Weather {
    dropped: 400,
    disconnected: 5,
    ..Weather::STORM
};

async fn binance(product: Product, storm: Weather) {
    let listings = listings(&["BTCUSDT", "ETHUSDT"]);
    let channels = Channels {
        book: BookChannel::Depth,
        trades: true,
    };
    let adapter = Box::new(Binance::new(product, listings.clone(), channels));
    let speaker: Speaker = Arc::new(move || Box::new(LocalBinance::new(product)));
    weather(adapter, speaker, listings, storm).await;
}

#[tokio::test]
async fn binance_spot_over_a_socket() {
    binance(Product::Spot, GUSTS).await;
    binance(Product::Spot, Weather::CALM).await;
}

#[tokio::test]
async fn binance_futures_over_a_socket() {
    binance(Product::Futures, GUSTS).await;
}

const DEPTH: Channels = Channels {
    book: BookChannel::Depth,
    trades: true,
};

#[tokio::test]
async fn coinbase_over_a_socket() {
    let listings = listings(&["BTC-USD", "ETH-USD"]);
    for storm in [GUSTS, Weather::CALM] {
        let adapter = Box::new(Coinbase::new(listings.clone(), DEPTH));
        let speaker: Speaker = Arc::new(|| Box::new(LocalCoinbase::new()));
        weather(adapter, speaker, listings.clone(), storm).await;
    }
}

/// With a key, and in binary messages.
#[tokio::test]
async fn alpaca_over_a_socket() {
    let listings = listings(&["BTC/USD", "ETH/USD"]);
    let (product, packed) = (alpaca::Product::Crypto, Encoding::MessagePack);
    let credentials = Credentials {
        key: String::from("a-key"),
        secret: String::from("a-secret"),
    };
    let adapter = Alpaca::new(product, packed, credentials, listings.clone(), DEPTH);
    let speaker: Speaker = Arc::new(move || Box::new(LocalAlpaca::new(product, packed)));
    weather(Box::new(adapter), speaker, listings, Weather::CALM).await;
}
