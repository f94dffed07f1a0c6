//! Conversations over real sockets on tape, decoded again, and served again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use marketdata::connection::{Arrived, Connection, Outlets, Settings, Status, now};
use marketdata::feed::{Book, BookChannel, Credentials, Pace, Stream};
use marketdata::local::{
    self, LocalVenue, Opener, Speaker, Speed, TapeSettings, TapeVenue, Weather,
};
use marketdata::tape::{
    Capture, Ending, Entries, Header, Passed, Player, Reader, Recorder, Tally, Tap,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use types::{MarketData, MarketEvent};

use crate::tape::header;

pub(crate) const LOCALHOST: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// The largest message that is taken.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;

fn credentials() -> Credentials {
    Credentials {
        key: String::from("a-key-of-mine"),
        secret: String::from("a-secret-of-mine"),
    }
}

/// An adapter on its sockets.
pub(crate) struct Client {
    arrived: rtrb::Consumer<Arrived>,
    pub(crate) status: Arc<ArcSwap<Status>>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
    pub(crate) events: Vec<MarketEvent>,
}

impl Client {
    pub(crate) fn start(header: &Header, address: std::net::SocketAddr, tap: Option<Tap>) -> Self {
        let feed = &header.feeds[0];
        let adapter = feed.adapter_with(credentials());
        let (events, arrived) = rtrb::RingBuffer::new(1 << 20);
        let status = Status::new(adapter.name(), &feed.listings());
        let status = Arc::new(ArcSwap::from_pointee(status));
        let scheme = match adapter.stream() {
            Stream::WebSocket { .. } => "ws",
            Stream::Lines { .. } => "http",
        };
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
            ..Settings::new(format!("{scheme}://{address}"), format!("http://{address}"))
        };
        let outlets = Outlets {
            events,
            wake: Arc::new(|| {}),
            status: Arc::clone(&status),
            spent: None,
            tap,
        };
        let (stop, stopped) = watch::channel(false);
        let connection = Connection::new(adapter, settings, outlets).unwrap();
        Self {
            arrived,
            status,
            stop,
            running: tokio::spawn(connection.run(stopped)),
            events: Vec::new(),
        }
    }

    pub(crate) fn drain(&mut self) -> usize {
        let before = self.events.len();
        while let Ok(Arrived { event, .. }) = self.arrived.pop() {
            self.events.push(event);
        }
        self.events.len() - before
    }

    /// Until something is so, and nothing more has come for a while after it.
    async fn settle(&mut self, mut is_so: impl FnMut(&mut Self) -> bool) {
        let mut quiet = 0;
        while quiet < 10 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let is_quiet = self.drain() == 0;
            quiet = if is_so(self) && is_quiet {
                quiet + 1
            } else {
                0
            };
        }
    }

    pub(crate) async fn end(mut self) -> (Vec<MarketEvent>, Arc<Status>) {
        self.stop.send(true).unwrap();
        (&mut self.running).await.unwrap();
        self.drain();
        (self.events, self.status.load_full())
    }
}

/// Records a conversation with a local venue of so many events; what its adapter said live.
async fn recorded(
    header: &Header,
    path: &Path,
    weather: Weather,
    count: usize,
) -> Vec<MarketEvent> {
    let feed = header.feeds[0].feed;
    let speaker: Speaker = Arc::new(|| feed.counterpart());
    let settings = local::Settings {
        seed: 7,
        pause: Duration::from_millis(2),
        weather,
        stall_max: Duration::from_secs(3),
        slow_max: Duration::from_millis(200),
        oversized_bytes: MESSAGE_BYTES_MAX + 1,
        ..local::Settings::new(LOCALHOST.into(), header.feeds[0].listings())
    };
    let venue = LocalVenue::start(speaker, settings).await.unwrap();
    let recorder = Recorder::start(path, header, now()).unwrap();
    let tap = recorder.tap(0, &credentials());
    let mut client = Client::start(header, venue.address(), Some(tap));
    while client.events.len() < count {
        tokio::time::sleep(Duration::from_millis(10)).await;
        client.drain();
    }
    let (events, _) = client.end().await;
    let recorded = recorder.finish().unwrap();
    assert_eq!(recorded.lost, 0);
    events
}

fn opener(path: &Path) -> Opener {
    let path = path.to_owned();
    Arc::new(move || Reader::open(&path).map(Entries::Tape))
}

/// What a tape says when it is decoded here.
fn decoded(open: &Opener) -> (Vec<MarketEvent>, Tally) {
    let mut entries = open().unwrap();
    let mut player = Player::new(entries.header());
    let mut arrived = Vec::new();
    while let Some(entry) = entries.next().unwrap() {
        player.play(entry, &mut arrived);
    }
    assert_eq!(entries.ending(), Ending::Whole);
    let events = arrived.into_iter().map(|arrived| arrived.event).collect();
    (events, *player.tally())
}

const GUSTS: Weather = Weather {
    dropped: 100,
    disconnected: 10,
    stalled: 5,
    oversized: 5,
    ..Weather::STORM
};

const FEEDS: [(&str, [&str; 2], BookChannel); 9] = [
    ("alpaca-crypto", ["BTC/USD", "ETH/USD"], BookChannel::Depth),
    ("binance-spot", ["BTCUSDT", "ETHUSDT"], BookChannel::Depth),
    (
        "binance-futures",
        ["BTCUSDT", "ETHUSDT"],
        BookChannel::Depth,
    ),
    ("bybit-linear", ["BTCUSDT", "ETHUSDT"], BookChannel::Depth),
    ("coinbase", ["BTC-USD", "ETH-USD"], BookChannel::Depth),
    ("kraken", ["BTC/USD", "ETH/USD"], BookChannel::Depth),
    ("oanda", ["EUR_USD", "USD_CAD"], BookChannel::Touch),
    ("okx", ["BTC-USDT", "ETH-USDT"], BookChannel::Depth),
    ("polygon", ["AAPL", "MSFT"], BookChannel::Touch),
];

/// Live and from the tape: the same events, gap for gap, in bad weather too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tape_says_what_was_said_live() {
    let folder = tempfile::tempdir().unwrap();
    for (name, symbols, book) in FEEDS {
        for weather in [Weather::CALM, GUSTS] {
            let header = header(name, &symbols, book);
            let path = folder
                .path()
                .join(format!("{name}-{}.tape.zst", weather.dropped));
            let live = recorded(&header, &path, weather, 1_500).await;
            let (said, tally) = decoded(&opener(&path));
            println!("{name}: {tally:?}");
            assert!(live.len() >= 1_500);
            assert!(said == live, "{name}: {} and {}", said.len(), live.len());
            assert_eq!((tally.lost, tally.unasked), (0, 0), "{name}");
            // And again.
            assert!(decoded(&opener(&path)).0 == live, "{name}");
        }
    }
}

/// What each instrument's events of one kind say, in their order: documents and streams come over connections of
/// their own, so that prints, or two instruments, and a book's first levels may change places. When it happened is left out:
/// some venues do not say.
fn said(events: &[MarketEvent]) -> Vec<Vec<&MarketData>> {
    let mut said = vec![Vec::new(); 4];
    for event in events {
        let is_print = match event.data {
            MarketData::Gap => continue,
            MarketData::Trade(_) => 1,
            _ => 0,
        };
        said[2 * event.instrument.0 as usize + is_print].push(&event.data);
    }
    said
}

async fn serve(open: &Opener, settings: TapeSettings) -> TapeVenue {
    TapeVenue::start(Arc::clone(open), settings).await.unwrap()
}

fn fast() -> TapeSettings {
    TapeSettings {
        speed: Speed::Max,
        stall_max: Duration::from_secs(3),
        slow_max: Duration::from_millis(200),
        oversized_bytes: MESSAGE_BYTES_MAX + 1,
        ..TapeSettings::new(LOCALHOST.into())
    }
}

/// Serves a tape to an adapter over sockets until its end; what that said.
async fn heard(header: &Header, open: &Opener, settings: TapeSettings) -> Vec<MarketEvent> {
    let venue = serve(open, settings).await;
    let mut client = Client::start(header, venue.address(), None);
    client
        .settle(|client| {
            let served = venue.served();
            served.finished > 0 && client.status.load().link.messages >= served.messages
        })
        .await;
    let events = std::mem::take(&mut client.events);
    client.end().await;
    assert_eq!(venue.served().refused, 0);
    events
}

fn books(events: &[MarketEvent]) -> Vec<Option<Book>> {
    let mut books = vec![None; 2];
    for event in events {
        Book::follow(&mut books[event.instrument.0 as usize], &event.data);
    }
    books
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tape_that_is_served_says_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    for (name, symbols, book) in FEEDS {
        let header = header(name, &symbols, book);
        let path = folder.path().join(format!("{name}.tape"));
        let live = recorded(&header, &path, Weather::CALM, 1_000).await;
        // The last thing that was said live is that all is lost.
        let lost = live.iter().rposition(|event| event.data != MarketData::Gap);
        let live = &live[..=lost.unwrap()];
        let open = opener(&path);
        let again = heard(&header, &open, fast()).await;
        println!("{name}: {} events live, {} again", live.len(), again.len());
        assert!(said(live) == said(&again), "{name}");
        assert!(books(live) == books(&again), "{name}");
        if book == BookChannel::Depth {
            assert!(books(live).iter().all(Option::is_some), "{name}");
        }
    }
}

/// Sessions that the venue ended come one after the other, to whoever comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.tape");
    let header = header("kraken", &["BTC/USD", "ETH/USD"], BookChannel::Depth);
    let weather = Weather {
        disconnected: 100,
        ..Weather::CALM
    };
    let live = recorded(&header, &path, weather, 1_000).await;
    let open = opener(&path);
    let (_, tally) = decoded(&open);
    assert!(tally.opened > 2, "{tally:?}");
    let again = heard(&header, &open, fast()).await;
    assert!(said(&live) == said(&again));
}

/// What an instrument ends with: the whole book, or the last quote; nothing where it is lost.
fn ends(events: &[MarketEvent]) -> Vec<Option<String>> {
    let mut ends = vec![None; 2];
    let mut books = vec![None; 2];
    for event in events {
        let place = event.instrument.0 as usize;
        Book::follow(&mut books[place], &event.data);
        match &event.data {
            MarketData::Trade(_) | MarketData::Status(_) => {}
            MarketData::Quote(quote) => ends[place] = Some(format!("{quote:?}")),
            _ => ends[place] = books[place].as_ref().map(|book| format!("{book:?}")),
        }
    }
    ends
}

/// Each book of each instrument on the way.
fn shown(events: &[MarketEvent]) -> [Vec<String>; 2] {
    let (mut shown, mut books) = ([Vec::new(), Vec::new()], [None, None]);
    for event in events {
        let place = event.instrument.0 as usize;
        Book::follow(&mut books[place], &event.data);
        shown[place].extend(books[place].as_ref().map(|book| format!("{book:?}")));
    }
    shown
}

/// Times that something was known of an instrument again after it was lost.
fn found_again(events: &[MarketEvent], place: u32) -> usize {
    let mut events = (events.iter()).filter(|event| event.instrument.0 == place);
    let (mut count, mut is_known) = (0, false);
    let mut was_known = false;
    for event in &mut events {
        match event.data {
            MarketData::Gap => is_known = false,
            MarketData::DepthSnapshot(_) | MarketData::Quote(_) => {
                count += usize::from(was_known && !is_known);
                (is_known, was_known) = (true, true);
            }
            _ => {}
        }
    }
    count
}

/// A client loses track in the middle of a tape, while so much goes wrong, and ends with what the tape ends with.
async fn recovers(folder: &Path, name: &str, symbols: [&str; 2], book: BookChannel) {
    let header = header(name, &symbols, book);
    let path = folder.join(format!("{name}-{book:?}.tape"));
    recorded(&header, &path, Weather::CALM, 1_500).await;
    let open = opener(&path);
    let (on_tape, _) = decoded(&open);
    let lost = on_tape
        .iter()
        .rposition(|event| event.data != MarketData::Gap);
    let on_tape = &on_tape[..=lost.unwrap()];
    let known: [HashSet<_>; 2] = shown(on_tape).map(HashSet::from_iter);
    // Venues that number nothing tell only by what cannot be read that something is missing.
    let numbers = ["binance", "bybit", "coinbase", "kraken", "okx"];
    let missing = Weather {
        dropped: 10_000,
        ..Weather::CALM
    };
    let unreadable = Weather {
        cut: 10_000,
        ..Weather::CALM
    };
    let cut_off = Weather {
        disconnected: 10_000,
        ..Weather::CALM
    };
    let has_numbers =
        numbers.iter().any(|venue| name.starts_with(venue)) && book == BookChannel::Depth;
    for (weather, faults) in [
        (if has_numbers { missing } else { unreadable }, 20),
        (cut_off, 1),
    ] {
        let settings = TapeSettings {
            speed: Speed::Times(1),
            ..fast()
        };
        let venue = serve(&open, settings).await;
        let mut client = Client::start(&header, venue.address(), None);
        while client.events.len() < 300 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            client.drain();
        }
        venue.set_weather(weather);
        while venue.served().faults < faults {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        venue.set_weather(Weather::CALM);
        let mut waited = 0;
        client
            .settle(|client| {
                waited += 1;
                assert!(
                    waited < 1_500,
                    "{name}: {:?} {:?} {:?}",
                    venue.served(),
                    client.status.load(),
                    found_again(&client.events, 0)
                );
                venue.served().finished > 0 && ends(&client.events) == ends(on_tape)
            })
            .await;
        let served = venue.served();
        let (events, status) = client.end().await;
        println!("{name} {book:?} {weather:?}: {served:?} {:?}", status.link);
        assert_eq!(served.refused, 0, "{name}");
        for (shown, known) in shown(&events).iter().zip(&known) {
            assert!(shown.iter().all(|book| known.contains(book)), "{name}");
        }
        // It came to the end once: nobody began anew.
        assert_eq!(served.finished, 1, "{name}");
        if weather == cut_off || has_numbers {
            assert!(found_again(&events, 0) > 0, "{name}");
            assert!(found_again(&events, 1) > 0, "{name}");
        }
    }
}

/// At each venue: what is missing is found out, what is known goes stale, the venue states it again from the tape, and the book
/// in the end is the one of a client that missed nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_track_of_a_tape_is_told_the_whole_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = tokio::task::JoinSet::new();
    let more = [
        ("hyperliquid", ["BTC", "ETH"], BookChannel::Depth),
        ("kraken", ["BTC/USD", "ETH/USD"], BookChannel::Touch),
        ("okx", ["BTC-USDT", "ETH-USDT"], BookChannel::Touch),
        ("bybit-spot", ["BTCUSDT", "ETHUSDT"], BookChannel::Touch),
    ];
    for (name, symbols, book) in FEEDS.into_iter().chain(more) {
        let folder = folder.path().to_owned();
        all.spawn(async move { recovers(&folder, name, symbols, book).await });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

/// Everything goes wrong on the way: whatever the client then shows is a book that the tape has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_over_a_tape_shows_nothing_that_is_not_on_it() {
    let folder = tempfile::tempdir().unwrap();
    for (name, symbols) in [
        ("binance-futures", ["BTCUSDT", "ETHUSDT"]),
        ("kraken", ["BTC/USD", "ETH/USD"]),
        ("okx", ["BTC-USDT", "ETH-USDT"]),
    ] {
        let header = header(name, &symbols, BookChannel::Depth);
        let path = folder.path().join(format!("{name}.tape"));
        recorded(&header, &path, Weather::CALM, 3_000).await;
        let open = opener(&path);
        let digest = |book: &Book| format!("{:?} {:?}", book.bids(), book.asks());
        let mut known = [HashSet::new(), HashSet::new()];
        let mut book = vec![None; 2];
        for event in decoded(&open).0 {
            let place = event.instrument.0 as usize;
            Book::follow(&mut book[place], &event.data);
            known[place].extend(book[place].as_ref().map(digest));
        }
        let settings = TapeSettings {
            weather: GUSTS,
            seed: 11,
            ..fast()
        };
        let venue = serve(&open, settings).await;
        let mut client = Client::start(&header, venue.address(), None);
        // Come back as often as it takes.
        while client.status.load().link.reconnects < 5 || client.events.len() < 1_000 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            client.drain();
        }
        let served = venue.served();
        let (events, status) = client.end().await;
        println!("{name}: {served:?}, {:?}", status.link);
        assert!(served.faults > 0);
        let mut book = vec![None; 2];
        let mut compared = 0;
        for event in &events {
            let place = event.instrument.0 as usize;
            Book::follow(&mut book[place], &event.data);
            if let Some(book) = &book[place] {
                compared += 1;
                assert!(known[place].contains(&digest(book)), "{name}: {event:?}");
            }
        }
        assert!(compared > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_tape_does_not_have_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("okx.tape");
    let known = header("okx", &["BTC-USDT"], BookChannel::Depth);
    recorded(&known, &path, Weather::CALM, 200).await;
    let venue = serve(&opener(&path), fast()).await;
    let other = header("okx", &["BTC-USDT", "XRP-USDT"], BookChannel::Depth);
    let client = Client::start(&other, venue.address(), None);
    while venue.served().refused == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (_, status) = client.end().await;
    let error = status.link.last_error.clone().unwrap_or_default();
    assert!(error.contains("the tape has no XRP-USDT"), "{error}");
    // Another venue's path.
    let other = header("bybit-spot", &["BTCUSDT"], BookChannel::Depth);
    let mut client = Client::start(&other, venue.address(), None);
    while client.status.load().link.reconnects == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        client.drain();
    }
    let (_, status) = client.end().await;
    let error = status.link.last_error.clone().unwrap_or_default();
    assert!(error.contains("404"), "{error}");
}

/// Two recordings of the venue by somebody else, where `DYNASTY_CAPTURES` names the folder that has them: served
/// over sockets they say what they say when they are read here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recordings_of_the_venue_over_a_socket() {
    let Some(folder) = std::env::var_os("DYNASTY_CAPTURES") else {
        println!("SKIPPED: recordings_of_the_venue_over_a_socket: DYNASTY_CAPTURES is not set");
        return;
    };
    let folder = PathBuf::from(folder);
    for (name, file, book, books, trades) in [
        (
            "binance-futures",
            "binance_usdm_btcusdt_20240808.jsonl.gz",
            BookChannel::Depth,
            1,
            21_313,
        ),
        (
            "binance-spot",
            "binance_spot_btcusdt_20240809.jsonl.gz",
            BookChannel::Touch,
            0,
            10_147,
        ),
    ] {
        let header = header(name, &["BTCUSDT"], book);
        let path = folder.join(file);
        let open: Opener = Arc::new({
            let header = header.clone();
            move || Capture::open(&path, header.clone()).map(Entries::Capture)
        });
        let (direct, tally) = decoded(&open);
        println!("{file}: {tally:?}");
        assert_eq!(
            (
                tally.snapshots,
                tally.trades,
                tally.malformed,
                tally.unasked
            ),
            (books, trades, 0, 0)
        );
        let over = heard(&header, &open, fast()).await;
        for (direct, over) in said(&direct).iter().zip(said(&over)).take(2) {
            println!("{file}: {} and {}", direct.len(), over.len());
            assert!(*direct == over);
            assert!(direct.len() > 3_000);
        }
        // On a tape of our own they are the same once more.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("again.tape.zst");
        let mut writer = marketdata::tape::Writer::create(&path, &header, now()).unwrap();
        let mut entries = open().unwrap();
        while let Some(entry) = entries.next().unwrap() {
            writer.write(&entry).unwrap();
        }
        writer.finish().unwrap();
        assert!(decoded(&opener(&path)).0 == direct);
    }
}

/// A hole in a tape: nothing is known until the next connection.
#[test]
fn after_a_hole_nothing_is_known() {
    let header = header("oanda", &["EUR_USD"], BookChannel::Touch);
    let mut player = Player::new(&header);
    let mut said = Vec::new();
    let price = br#"{"type":"PRICE","time":"2023-11-14T22:13:20Z","instrument":"EUR_USD","status":"tradeable","tradeable":true,"bids":[{"price":"1.07","liquidity":1000000}],"asks":[{"price":"1.08","liquidity":1000000}]}"#;
    let mut play = |passed: Passed| {
        let entry = marketdata::tape::Entry {
            connection: 0,
            time: types::TimestampNs(1_700_000_000_000_000_000),
            passed,
        };
        player.play(entry, &mut said);
        let kinds: Vec<_> = said
            .drain(..)
            .map(|arrived| match arrived.event.data {
                MarketData::Gap => "gap",
                MarketData::Quote(_) => "quote",
                MarketData::Status(_) => "status",
                _ => "other",
            })
            .collect();
        kinds
    };
    assert_eq!(play(Passed::Opened), ["gap"]);
    assert_eq!(play(Passed::Message(price.to_vec())), ["status", "quote"]);
    assert_eq!(play(Passed::Lost(2)), ["gap"]);
    assert_eq!(play(Passed::Message(price.to_vec())), ["x"; 0]);
    assert_eq!(play(Passed::Opened), ["x"; 0]);
    assert_eq!(play(Passed::Message(price.to_vec())), ["quote"]);
    assert_eq!(player.tally().lost, 2);
}
