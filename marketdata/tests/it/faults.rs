//! Faults that no adapter sees, over real sockets: what a connection does about silence, about messages that are
//! too large, and about a venue that wants to be left alone.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::routing::get;

use marketdata::feed::{Book, BookChannel, Loss, State};
use marketdata::local::{LocalVenue, Settings, Speaker, Weather};
use types::MarketData;

use crate::served::{Client, LOCALHOST, MESSAGE_BYTES_MAX};
use crate::tape::header;

/// A venue with one fault, until the connection has ended by it, and then in good weather until all is known again.
async fn recovers(weather: Weather, error: &str) {
    let header = header(
        "binance-futures",
        &["BTCUSDT", "ETHUSDT"],
        BookChannel::Depth,
    );
    let feed = header.feeds[0].feed;
    let speaker: Speaker = Arc::new(|| feed.counterpart());
    let settings = Settings {
        pause: Duration::from_millis(2),
        stall_max: Duration::from_secs(6),
        oversized_bytes: MESSAGE_BYTES_MAX + 1,
        ..Settings::new(LOCALHOST.into(), header.feeds[0].listings())
    };
    let venue = LocalVenue::start(speaker, settings).await.unwrap();
    let mut client = Client::start(&header, venue.address(), None);
    let is_live = |client: &Client| {
        let status = client.status.load();
        status
            .health
            .iter()
            .all(|health| health.state == State::Live)
    };
    while !is_live(&client) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    client.drain();
    let before = client.events.len();
    venue.set_weather(weather);
    loop {
        let status = client.status.load_full();
        if (status.link.last_error.as_ref()).is_some_and(|told| told.contains(error)) {
            assert!(status.link.reconnects > 0);
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    venue.set_weather(Weather::CALM);
    while !is_live(&client) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    client.drain();
    // Each instrument was told lost, and then known again.
    for instrument in 0..2 {
        let mut since = client.events[before..]
            .iter()
            .filter(|event| event.instrument.0 == instrument)
            .map(|event| &event.data);
        assert!(since.any(|data| *data == MarketData::Gap));
        assert!(since.any(|data| matches!(data, MarketData::DepthSnapshot(_))));
    }
    client.end().await;
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_given_up() {
    let weather = Weather {
        stalled: 10_000,
        ..Weather::CALM
    };
    recovers(weather, "no answer to a ping").await;
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection() {
    let weather = Weather {
        oversized: 1_000,
        ..Weather::CALM
    };
    recovers(weather, "too long").await;
}

/// The book of one market is told of no more, while its prints, the other market, heartbeats and answers to pings go on: it is
/// stale, by its own reason, on the same connection, and known again with what the venue says next of it.
async fn falls_silent(name: &str, symbols: [&str; 2], book: BookChannel) {
    let mut header = header(name, &symbols, book);
    header.feeds[0].stale_after = Some(Duration::from_secs(2));
    let feed = header.feeds[0].feed;
    let speaker: Speaker = Arc::new(|| feed.counterpart());
    let settings = Settings {
        pause: Duration::from_millis(2),
        ..Settings::new(LOCALHOST.into(), header.feeds[0].listings())
    };
    let venue = LocalVenue::start(speaker, settings).await.unwrap();
    let mut client = Client::start(&header, venue.address(), None);
    let state = |client: &Client, place: usize| client.status.load().health[place].state;
    while (0..2).any(|place| state(&client, place) != State::Live) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    venue.hold_book(symbols[0], true);
    while state(&client, 0) == State::Live {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    client.drain();
    let before = client.events.len();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let status = client.status.load_full();
    let [stale, other] = [&status.health[0], &status.health[1]];
    assert_eq!(stale.state, State::Syncing, "{name}");
    assert_eq!(stale.loss, Some(Loss::Silence), "{name}");
    assert_eq!(
        (stale.counters.silences, stale.counters.gaps),
        (1, 0),
        "{name}"
    );
    assert_eq!(
        (other.state, other.loss, other.counters.silences),
        (State::Live, None, 0)
    );
    assert_eq!(status.link.reconnects, 0, "{name}");
    client.drain();
    let of = |client: &Client, from: usize, place: u32| {
        let events = client.events[from..].iter();
        let events = events.filter(|event| event.instrument.0 == place);
        events.map(|event| event.data.clone()).collect::<Vec<_>>()
    };
    // Nothing is said of the book that is stale, and of the other one all the time; prints go on.
    let of_stale = of(&client, before, 0);
    let is_print = |data: &MarketData| matches!(data, MarketData::Trade(_));
    assert!(
        !of_stale.is_empty() && of_stale.iter().all(is_print),
        "{name}: {of_stale:?}"
    );
    assert!(of(&client, before, 1).len() > 10, "{name}");
    let from = client.events.len();
    venue.hold_book(symbols[0], false);
    while state(&client, 0) != State::Live {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    venue.hold(true);
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.drain();
    let said = of(&client, from, 0);
    let first = said.iter().find(|data| !is_print(data)).unwrap();
    match book {
        BookChannel::Touch => assert!(matches!(first, MarketData::Quote(_)), "{first:?}"),
        BookChannel::Depth => assert!(matches!(first, MarketData::DepthSnapshot(_)), "{first:?}"),
    }
    // And it is what the venue has.
    let mut known = None;
    let mut touch = None;
    for event in client.events.iter().filter(|event| event.instrument.0 == 0) {
        Book::follow(&mut known, &event.data);
        if let MarketData::Quote(quote) = event.data {
            touch = Some((quote.bid, quote.ask));
        }
    }
    let market = &venue.markets()[0].book;
    let (Some(bid), Some(ask)) = market.touch() else {
        panic!("{name} has no touch");
    };
    match known {
        Some(known) => assert_eq!(known.touch(), (Some(bid), Some(ask)), "{name}"),
        None => assert_eq!(touch, Some((bid.price, ask.price)), "{name}"),
    }
    client.end().await;
}

#[tokio::test]
async fn a_book_that_falls_silent_is_stale() {
    falls_silent("binance-spot", ["BTCUSDT", "ETHUSDT"], BookChannel::Depth).await;
    falls_silent("coinbase", ["BTC-USD", "ETH-USD"], BookChannel::Depth).await;
}

#[tokio::test]
async fn a_touch_that_falls_silent_is_stale() {
    falls_silent(
        "binance-futures",
        ["BTCUSDT", "ETHUSDT"],
        BookChannel::Touch,
    )
    .await;
    falls_silent("kraken", ["BTC/USD", "ETH/USD"], BookChannel::Touch).await;
}

/// A venue that answers 429 is left alone for as long as it says, whatever an adapter asks for meanwhile: Binance's asks
/// again two seconds later.
#[tokio::test]
async fn a_venue_that_says_when_is_not_asked_before() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let stream = |upgrade: WebSocketUpgrade| async {
        upgrade.on_upgrade(|mut socket| async move {
            loop {
                tokio::time::sleep(Duration::from_millis(150)).await;
                // A document is asked for only where the stream has told of a book.
                for symbol in ["BTCUSDT", "ETHUSDT"] {
                    let event = format!(
                        r#"{{"data":{{"e":"depthUpdate","E":1,"s":"{symbol}","U":1,"u":1,"b":[],"a":[]}}}}"#
                    );
                    if socket.send(Message::Text(event.into())).await.is_err() {
                        return;
                    }
                }
            }
        })
    };
    let document = {
        let asked = Arc::clone(&asked);
        move || {
            asked.lock().unwrap().push(Instant::now());
            let refusal = r#"{"code":-1003,"msg":"Way too many requests"}"#;
            let headers = [("retry-after", "3")];
            async move { (StatusCode::TOO_MANY_REQUESTS, headers, refusal) }
        }
    };
    let app = Router::new()
        .route("/stream", get(stream))
        .route("/api/v3/depth", get(document));
    let listener = tokio::net::TcpListener::bind(std::net::SocketAddr::from(LOCALHOST))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let header = header("binance-spot", &["BTCUSDT", "ETHUSDT"], BookChannel::Depth);
    let client = Client::start(&header, address, None);
    // Both symbols at once, as nobody has refused anything yet, and then the next.
    while asked.lock().unwrap().len() < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let times = asked.lock().unwrap().clone();
    assert!(times[2] - times[0] >= Duration::from_secs(3), "{times:?}");
    client.end().await;
    serving.abort();
}
