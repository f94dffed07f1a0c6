//! Adapters over real sockets, against the venue on this machine.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use marketdata::connection::{self, Arrived, Connection, Outlets, Settings, Status};
use marketdata::feed::{
    Adapter, Book, BookChannel, Channels, Credentials, Listing, Pace, Spec, State, Stream,
};
use marketdata::local::{self, LocalVenue, Speaker, Weather};
use marketdata::venue::{FEEDS, Feed};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest as _};
use types::{InstrumentId, Level, MarketData, Price, Qty, Ratio, Side};

use crate::perturbed::{IN_ORDER, first_seed};

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

/// The largest message that is taken.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// A connection to a local venue in bad weather that clears up; in the end its books are the venue's.
async fn weather(
    adapter: Box<dyn Adapter>,
    has_depth: bool,
    speaker: Speaker,
    listings: Vec<Listing>,
    storm: Weather,
) {
    let depth = if has_depth { speaker().depth() } else { 1 };
    let venue = LocalVenue::start(
        speaker,
        local::Settings {
            seed: 7 + first_seed(),
            pause: Duration::from_millis(2),
            weather: storm,
            stall_max: Duration::from_secs(3),
            slow_max: Duration::from_millis(200),
            oversized_bytes: MESSAGE_BYTES_MAX + 1,
            ..local::Settings::new(([127, 0, 0, 1], 0).into(), listings.clone())
        },
    )
    .await
    .unwrap();
    let (events, mut arrived) = rtrb::RingBuffer::<Arrived>::new(1 << 16);
    let (mut spent, back) = rtrb::RingBuffer::new(64);
    let status = Arc::new(ArcSwap::from_pointee(Status::new(
        adapter.name(),
        &listings,
    )));
    let is_lines = matches!(adapter.stream(), Stream::Lines { .. });
    let scheme = if is_lines { "http" } else { "ws" };
    let settings = Settings {
        pause_min: Duration::from_millis(10),
        pause_max: Duration::from_millis(50),
        pace: Some(Pace {
            send_every: Duration::from_millis(1),
            fetch_every: Duration::from_millis(1),
            fetches_at_once: 10,
        }),
        quiet_max: Duration::from_secs(1),
        pong_max: Duration::from_secs(1),
        silence_max: Duration::from_secs(2),
        message_bytes_max: MESSAGE_BYTES_MAX,
        ..Settings::new(
            format!("{scheme}://{}", venue.address()),
            format!("http://{}", venue.address()),
        )
    };
    let outlets = Outlets {
        events,
        wake: Arc::new(|| {}),
        status: Arc::clone(&status),
        spent: Some(back),
        tap: None,
    };
    let (stop, stopped) = watch::channel(false);
    let connection = Connection::new(adapter, settings, outlets).unwrap();
    let running = tokio::spawn(connection.run(stopped));

    // What is known of each instrument; of a touch a book of one level.
    let mut books: Vec<Option<Book>> = vec![None; listings.len()];
    let mut drain = |books: &mut Vec<Option<Book>>| {
        let mut count = 0;
        while let Ok(Arrived { event, .. }) = arrived.pop() {
            count += 1;
            let book = &mut books[event.instrument.0 as usize];
            Book::follow(book, &event.data);
            if let MarketData::Quote(quote) = event.data {
                assert!(!has_depth);
                let book = book.insert(Book::default());
                let level = |price, qty| Level { price, qty };
                book.set(Side::Buy, level(quote.bid, quote.bid_qty));
                book.set(Side::Sell, level(quote.ask, quote.ask_qty));
            }
            if let MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) = event.data {
                // For its memory, as an engine gives it back.
                let _ = spent.push(update);
            }
        }
        count
    };
    let mut count = 0;
    // Where messages stand for themselves some of those that cannot be read end the connection, and are no gap.
    let gaps = |status: &Status| {
        let gaps = status.health.iter().map(|health| health.counters.gaps);
        let is_sequenced = storm.cut < SQUALLS.cut;
        let unreadable = if is_sequenced {
            0
        } else {
            status.link.malformed
        };
        gaps.sum::<u64>() + unreadable
    };
    let has_seen_enough = |status: &Status| {
        storm == Weather::CALM || (gaps(status) > 1 && status.link.reconnects > 0)
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
    // What the weather left on its way may still cost a connection, and a change that was lost is missed when the
    // next one comes: the market stands still a while, and goes on when the books are not its own by then.
    let mut looks = 0;
    loop {
        venue.hold(looks % 100 < 75);
        tokio::time::sleep(Duration::from_millis(20)).await;
        drain(&mut books);
        let markets = venue.markets();
        let same = books.iter().zip(&markets).all(|(book, market)| {
            book.as_ref().is_some_and(|book| {
                is_same(book.bids(), market.book.bids(), depth)
                    && is_same(book.asks(), market.book.asks(), depth)
            })
        });
        if same {
            break;
        }
        looks += 1;
        assert!(
            looks < 15_000,
            "not the venue's books, five minutes after the storm: {:?}",
            status.load()
        );
    }
    let status = status.load();
    assert_eq!(gaps(&status) > 0, storm != Weather::CALM);
    assert_eq!(status.link.reconnects > 0, storm != Weather::CALM);
    stop.send(true).unwrap();
    running.await.unwrap();
    // Whoever stops knows nothing any more.
    drain(&mut books);
    assert!(books.iter().all(Option::is_none));
}

/// Whether the best levels are the same. Of a touch the prices: venues count shares in their own ways.
fn is_same(shown: &[Level], had: &[Level], depth: usize) -> bool {
    let best = |levels: &[Level]| levels[..levels.len().min(depth)].to_vec();
    let (shown, had) = (best(shown), best(had));
    if depth == 1 {
        shown
            .iter()
            .map(|level| level.price)
            .eq(had.iter().map(|level| level.price))
    } else {
        shown == had
    }
}

const GUSTS: Weather = Weather {
    dropped: 400,
    disconnected: 5,
    ..Weather::STORM
};

/// Every feed on the venue's instruments, in weather of its own.
async fn feed(name: &str, symbols: &[&str], storm: Weather) {
    let feed = Feed::of(name).unwrap();
    let credentials = Credentials {
        key: String::from("a-key"),
        secret: String::from("a-secret"),
    };
    let listings = listings(symbols);
    let channels = Channels {
        book: BookChannel::Depth,
        trades: true,
    };
    let adapter = feed.adapter(credentials, listings.clone(), channels);
    let speaker: Speaker = Arc::new(|| feed.counterpart());
    let weathered = weather(adapter, feed.has_depth, speaker, listings, storm);
    // A connection that never comes back is a failure, not a test without end.
    let in_time = tokio::time::timeout(Duration::from_mins(10), weathered).await;
    let first = first_seed();
    assert!(
        in_time.is_ok(),
        "{name} does not come back\nagain: FEED_FROM={first} cargo test -p marketdata --test it sockets"
    );
}

/// A connection of a feed of quotes alone, whose venue never says anything when its markets stand still.
fn quiet(settings: Settings) -> (Arc<ArcSwap<Status>>, Connection) {
    let feed = Feed::of("polygon").unwrap();
    let credentials = Credentials {
        key: String::from("a-key"),
        secret: String::new(),
    };
    let channels = Channels {
        book: BookChannel::Touch,
        trades: false,
    };
    let listings = listings(&["AAPL"]);
    let status = Arc::new(ArcSwap::from_pointee(Status::new("polygon", &listings)));
    let outlets = Outlets {
        events: rtrb::RingBuffer::new(1 << 12).0,
        wake: Arc::new(|| {}),
        status: Arc::clone(&status),
        spent: None,
        tap: None,
    };
    let adapter = feed.adapter(credentials, listings, channels);
    (status, Connection::new(adapter, settings, outlets).unwrap())
}

/// At night a thin symbol says nothing for hours. Its venue answers pings, so nothing is cut and nothing is lost.
#[tokio::test]
async fn a_quiet_venue_that_answers_pings_is_not_left() {
    let feed = Feed::of("polygon").unwrap();
    let settings = local::Settings::new(([127, 0, 0, 1], 0).into(), listings(&["AAPL"]));
    let speaker: Speaker = Arc::new(|| feed.counterpart());
    let venue = LocalVenue::start(speaker, settings).await.unwrap();
    let silence_max = Duration::from_millis(500);
    let (status, connection) = quiet(Settings {
        silence_max,
        quiet_max: Duration::from_millis(50),
        pace: Some(Pace {
            send_every: Duration::from_millis(1),
            fetch_every: Duration::from_millis(1),
            fetches_at_once: 10,
        }),
        ..Settings::new(format!("ws://{}", venue.address()), String::new())
    });
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(connection.run(stopped));
    while status.load().health[0].state != State::Live {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    venue.hold(true);
    tokio::time::sleep(silence_max).await;
    let messages = status.load().link.messages;
    tokio::time::sleep(3 * silence_max).await;
    let after = status.load();
    assert_eq!(after.link.messages, messages, "the venue was quiet");
    assert_eq!(after.link.reconnects, 0, "{:?}", after.link.last_error);
    assert_eq!(after.health[0].state, State::Live);
    stop.send(true).unwrap();
    running.await.unwrap();
}

/// One that takes connections and never reads from them answers no ping.
#[tokio::test]
async fn a_venue_that_answers_no_ping_is_left() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let venue = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            open.push(tokio_tungstenite::accept_async(stream).await.unwrap());
        }
    });
    let (status, connection) = quiet(Settings {
        quiet_max: Duration::from_millis(50),
        pong_max: Duration::from_millis(200),
        ..Settings::new(format!("ws://{address}"), String::new())
    });
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(connection.run(stopped));
    while status.load().link.reconnects == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let error = status.load().link.last_error.clone();
    assert_eq!(error.as_deref(), Some("no answer to a ping"));
    stop.send(true).unwrap();
    running.await.unwrap();
    venue.abort();
}

/// Two books that take sixteen seconds and three to come, in which no frame is whole, no ping is answered, and no heartbeat
/// comes. Without one that is on its way the second would be missed after fifteen.
#[tokio::test]
async fn a_book_over_a_slow_line_is_waited_for() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let levels: Vec<_> = (1..=700)
        .map(|price| {
            format!(
                r#"{{"side":"bid","event_time":"2023-02-09T20:32:50.7Z","price_level":"{price}","new_quantity":"1"}}"#
            )
        })
        .collect();
    let levels = levels.join(",");
    let book = move |number: u64, product: &str| {
        format!(
            r#"{{"channel":"l2_data","client_id":"","timestamp":"2023-02-09T20:32:50.7Z","sequence_num":{number},"events":[{{"type":"snapshot","product_id":"{product}","updates":[{levels}]}}]}}"#
        )
    };
    let venue = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = tokio_tungstenite::accept_async(stream)
                .await
                .unwrap()
                .into_inner();
            for (number, product, tenths) in [(0, "BTC-USD", 160), (1, "ETH-USD", 30)] {
                let book = book(number, product);
                // A frame of text, with its length in eight bytes.
                let mut frame = vec![0x81, 127];
                frame.extend((book.len() as u64).to_be_bytes());
                frame.extend(book.as_bytes());
                for part in frame.chunks(frame.len().div_ceil(tenths)) {
                    if stream.write_all(part).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            open.push(stream);
        }
    });
    let feed = Feed::of("coinbase").unwrap();
    let channels = Channels {
        book: BookChannel::Depth,
        trades: false,
    };
    let listings = listings(&["BTC-USD", "ETH-USD"]);
    let status = Arc::new(ArcSwap::from_pointee(Status::new("coinbase", &listings)));
    let outlets = Outlets {
        events: rtrb::RingBuffer::new(1 << 12).0,
        wake: Arc::new(|| {}),
        status: Arc::clone(&status),
        spent: None,
        tap: None,
    };
    let settings = Settings {
        quiet_max: Duration::from_millis(1_500),
        pong_max: Duration::from_millis(500),
        ..Settings::new(format!("ws://{address}"), String::new())
    };
    let adapter = feed.adapter(Credentials::default(), listings, channels);
    let connection = Connection::new(adapter, settings, outlets).unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(connection.run(stopped));
    while status.load().health[1].state != State::Live {
        let link = status.load().link.clone();
        assert_eq!(link.reconnects, 0, "{:?}", link.last_error);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Now that all is known a frame has to come, or a sign.
    while status.load().link.reconnects == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send(true).unwrap();
    running.await.unwrap();
    venue.abort();
}

#[tokio::test]
async fn binance_spot_over_a_socket() {
    feed("binance-spot", &["BTCUSDT", "ETHUSDT"], GUSTS).await;
    feed("binance-spot", &["BTCUSDT", "ETHUSDT"], Weather::CALM).await;
}

#[tokio::test]
async fn binance_futures_over_a_socket() {
    feed("binance-futures", &["BTCUSDT", "ETHUSDT"], GUSTS).await;
}

#[tokio::test]
async fn kraken_over_a_socket() {
    feed("kraken", &["BTC/USD", "ETH/USD"], GUSTS).await;
}

#[tokio::test]
async fn okx_and_bybit_over_a_socket() {
    feed("okx", &["BTC-USDT", "ETH-USDT"], GUSTS).await;
    feed("bybit-linear", &["BTCUSDT", "ETHUSDT"], GUSTS).await;
}

#[tokio::test]
async fn coinbase_over_a_socket() {
    feed("coinbase", &["BTC-USD", "ETH-USD"], GUSTS).await;
}

/// Messages that nothing holds together: what is lost shows only when one cannot be read.
const SQUALLS: Weather = Weather { cut: 400, ..GUSTS };

#[tokio::test]
async fn hyperliquid_over_a_socket() {
    feed("hyperliquid", &["BTC", "ETH"], SQUALLS).await;
    feed("hyperliquid", &["BTC", "ETH"], Weather::CALM).await;
}

#[tokio::test]
async fn binary_messages_over_a_socket() {
    // Of books without a sequence what is lost or overtaken cannot be found.
    let in_order = Weather {
        cut: 400,
        disconnected: 5,
        stalled: 1,
        ..IN_ORDER
    };
    feed("alpaca-crypto", &["BTC/USD", "ETH/USD"], in_order).await;
    feed("alpaca-crypto", &["BTC/USD", "ETH/USD"], Weather::CALM).await;
    feed("alpaca-iex", &["AAPL", "AMD"], SQUALLS).await;
    feed("alpaca-iex", &["AAPL", "AMD"], Weather::CALM).await;
}

#[tokio::test]
async fn a_document_that_does_not_end() {
    feed("oanda", &["EUR_USD", "USD_CAD"], SQUALLS).await;
    feed("oanda", &["EUR_USD", "USD_CAD"], Weather::CALM).await;
}

#[tokio::test]
async fn polygon_over_a_socket() {
    feed("polygon", &["AAPL", "MSFT"], SQUALLS).await;
    feed("polygon", &["AAPL", "MSFT"], Weather::CALM).await;
}

/// The status of the answer to a WebSocket's handshake.
async fn handshake(url: String, headers: Vec<(&'static str, String)>) -> u16 {
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((_, answer)) => answer.status().as_u16(),
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

/// The status of the answer to a request for a document.
async fn document(url: String, headers: Vec<(&'static str, String)>) -> u16 {
    connection::provide_tls();
    let mut request = reqwest::Client::new().get(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send().await.unwrap().status().as_u16()
}

/// Every local venue lets in who asks as the pages of the real one say, and nobody else.
#[tokio::test]
async fn who_asks_otherwise_is_not_let_in() {
    for feed in FEEDS {
        let name = feed.name;
        let credentials = Credentials {
            key: String::from("a-key"),
            secret: String::from("a-secret"),
        };
        let listings = listings(&[feed.example]);
        let channels = Channels {
            book: BookChannel::Depth,
            trades: true,
        };
        let adapter = feed.adapter(credentials, listings.clone(), channels);
        let speaker: Speaker = Arc::new(|| feed.counterpart());
        let settings = local::Settings::new(([127, 0, 0, 1], 0).into(), listings);
        let venue = LocalVenue::start(speaker, settings).await.unwrap();
        let at = |scheme: &str, path: &str| format!("{scheme}://{}{path}", venue.address());
        match adapter.stream() {
            Stream::WebSocket { path } => {
                let headers = adapter.headers();
                assert_eq!(
                    handshake(at("ws", &path), headers.clone()).await,
                    101,
                    "{name}"
                );
                for other in ["/elsewhere", "/v9/stream", "//"] {
                    assert_eq!(
                        handshake(at("ws", other), headers.clone()).await,
                        404,
                        "{name}"
                    );
                }
                let without = if headers.is_empty() { 101 } else { 400 };
                assert_eq!(
                    handshake(at("ws", &path), Vec::new()).await,
                    without,
                    "{name}"
                );
            }
            Stream::Lines { path, headers } => {
                assert_eq!(document(at("http", &path), headers).await, 200, "{name}");
                assert_eq!(document(at("http", &path), Vec::new()).await, 401, "{name}");
                let no_token = vec![("Authorization", String::from("Bearer "))];
                assert_eq!(document(at("http", &path), no_token).await, 401, "{name}");
                assert_eq!(handshake(at("ws", &path), Vec::new()).await, 404, "{name}");
            }
        }
        assert_eq!(
            document(at("http", "/elsewhere"), Vec::new()).await,
            404,
            "{name}"
        );
    }
}

/// The address that Binance retired on 23 April 2026 is one of those that are not let in.
#[tokio::test]
async fn the_retired_address_of_futures_is_gone() {
    let feed = Feed::of("binance-futures").unwrap();
    let speaker: Speaker = Arc::new(|| feed.counterpart());
    let settings = local::Settings::new(([127, 0, 0, 1], 0).into(), listings(&[feed.example]));
    let venue = LocalVenue::start(speaker, settings).await.unwrap();
    for (path, status) in [
        ("/public/stream", 101),
        ("/stream", 404),
        ("/market/stream", 404),
    ] {
        let url = format!("ws://{}{path}", venue.address());
        assert_eq!(handshake(url, Vec::new()).await, status, "{path}");
    }
}
