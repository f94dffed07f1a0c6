//! `feeds`: what a message of each venue costs from its bytes to market events, beside general readers of JSON on
//! the same bytes, and how many arrive through a socket. Exit codes: 0 ok, 1 something was wrong, 2 bad usage.

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::typed;
use clap::Parser;
use engine::{EventBuf, Limits, Shard};
use marketdata::connection::{Arrived, Connection, Outlets, Settings, Status};
use marketdata::feed::{
    Action, Adapter, BookChannel, Channels, Credentials, Listing, Output, Spec, State, Stream,
};
use marketdata::local::{Change, Counterpart, Market, Wander};
use marketdata::venue::{FEEDS, Feed};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use types::{
    DepthUpdate, FeeSchedule, Input, InputKind, Instrument, InstrumentId, InstrumentKind, Label,
    Level, Liquidity, Margin, MarketData, MarketEvent, Money, PaperModel, Price, Qty, Ratio, Seq,
    ShardId, TimestampNs,
};

/// Measures the decoding of every venue's messages, and the way through a socket.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin feeds
  cargo run --release -p bench --bin feeds -- --messages 200000 --rounds 5
  cargo run --release -p bench --bin feeds -- --no-socket")]
struct Arguments {
    /// Messages of each kind.
    #[arg(long, default_value_t = 50_000)]
    messages: usize,
    /// Rounds; the fastest counts, as the machine is shared.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only feeds whose names begin so.
    #[arg(long, default_value = "")]
    feed: String,
    /// Only this kind of message: `touch`, `trade`, `depth`, `depth 100+100`.
    #[arg(long)]
    kind: Option<String>,
    /// Leave the general readers out, for a profile.
    #[arg(long)]
    alone: bool,
    /// Leave the socket out.
    #[arg(long)]
    no_socket: bool,
}

const SPEC: Spec = Spec {
    tick_size: Price(10_000_000),
    lot_size: Qty(1_000),
    may_be_negative: false,
    outlier_band: Ratio::ZERO,
};
const START: TimestampNs = TimestampNs(1_700_000_000_000_000_000);

fn credentials() -> Credentials {
    Credentials {
        key: String::from("key"),
        secret: String::from("secret"),
    }
}

fn listings(feed: &Feed) -> Vec<Listing> {
    vec![Listing {
        instrument: InstrumentId(0),
        symbol: feed.example.to_owned(),
        spec: SPEC,
    }]
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn instrument() -> Instrument {
    Instrument {
        symbol: label("BTCUSDT"),
        kind: InstrumentKind::CryptoSpot,
        currency: label("USD"),
        tick_size: SPEC.tick_size,
        lot_size: SPEC.lot_size,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(100),
        fees: FeeSchedule {
            taker: Ratio::ZERO,
            maker: Ratio::ZERO,
            per_unit: Money::ZERO,
            minimum: Money::ZERO,
        },
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel::default()),
    }
}

/// A conversation: the market that it begins with, what comes before the messages, and these.
struct Talk {
    kind: &'static str,
    channels: Channels,
    opening: Market,
    before: Opening,
    messages: Vec<Vec<u8>>,
}

/// What a venue says before the messages.
#[derive(Default)]
struct Opening {
    messages: Vec<Vec<u8>>,
    /// The document that it was asked for.
    document: Option<Vec<u8>>,
    /// What the adapter makes of it all.
    events: usize,
}

/// Kinds of talk: which channel, and what happens to the market.
const KINDS: [(&str, BookChannel, bool); 4] = [
    ("touch", BookChannel::Touch, false),
    ("trade", BookChannel::Touch, true),
    ("depth", BookChannel::Depth, false),
    ("depth 100+100", BookChannel::Depth, false),
];

fn talk(
    feed: &Feed,
    (kind, book, is_trade): (&'static str, BookChannel, bool),
    count: usize,
) -> Option<Talk> {
    let channels = Channels {
        book,
        trades: is_trade,
    };
    let mut adapter = feed.adapter(credentials(), listings(feed), channels);
    let mut venue = feed.counterpart();
    let mut wander = Wander::new(7, 400);
    let mut market = wander.open(feed.example, SPEC, Price::whole(50_000));
    let opening = market.clone();
    let before = shake_hands(
        &mut *adapter,
        &mut *venue,
        &mut market,
        &mut Output::default(),
    );
    let mut messages = Vec::new();
    let mut now = START.0 + 10_000_000_000;
    // Some venues say nothing of some changes; enough of them say something.
    for step in 0..count * 20 {
        if messages.len() >= count {
            break;
        }
        now += 1_000_000;
        let change = if kind == "depth 100+100" {
            restated(&mut market, step as i64)
        } else {
            wander.step(&mut market)
        };
        if matches!(change, Change::Trade(_)) == is_trade {
            venue.changed(&market, &change, TimestampNs(now), &mut messages);
        }
    }
    // A venue without this channel says nothing here.
    (messages.len() >= count / 2).then_some(Talk {
        kind,
        channels,
        opening,
        before,
        messages,
    })
}

/// A hundred levels of each side have another quantity.
fn restated(market: &mut Market, step: i64) -> Change {
    let level = |level: &Level| Level {
        qty: Qty(1_000 * (1 + (level.qty.0 / 1_000 + step) % 500)),
        ..*level
    };
    let update = DepthUpdate {
        bids: market.book.bids().iter().take(100).map(level).collect(),
        asks: market.book.asks().iter().take(100).map(level).collect(),
    };
    market.book.apply(&update);
    market.updates += 1;
    Change::Levels(update)
}

/// Opens a connection and lets the two talk until nothing is left to say; what the venue said.
fn shake_hands(
    adapter: &mut dyn Adapter,
    venue: &mut dyn Counterpart,
    market: &mut Market,
    out: &mut Output,
) -> Opening {
    let mut said = Vec::new();
    let mut opening = Opening::default();
    venue.opened(START, &mut said);
    adapter.opened(START, out);
    if let Stream::Lines { path, .. } = adapter.stream() {
        venue.streamed(&path, std::slice::from_ref(market), START, &mut said);
    }
    let mut now = START;
    for round in 0..8 {
        if round == 1 {
            // A document of a book is asked for once its stream has told of it.
            let change = restated(market, 1);
            venue.changed(market, &change, now, &mut said);
        }
        let markets = std::slice::from_ref(&*market);
        while !said.is_empty() || !out.actions.is_empty() {
            for action in std::mem::take(&mut out.actions) {
                match action {
                    Action::Send(bytes) => venue.request(&bytes, markets, now, &mut said),
                    Action::Fetch { id, path } => {
                        let mut body = venue.fetch(&path, markets, now);
                        opening.document.clone_from(&body);
                        let read = adapter.answer(id, body.as_deref_mut(), now, out);
                        assert!(read.is_ok(), "{path}");
                    }
                    Action::Reconnect { .. } => {}
                }
            }
            for message in std::mem::take(&mut said) {
                let read = adapter.message(&mut message.clone(), now, out);
                assert!(read.is_ok(), "{}", String::from_utf8_lossy(&message));
                opening.messages.push(message);
            }
        }
        now = TimestampNs(now.0 + 500_000_000);
        adapter.tick(now, out);
    }
    opening.events = out.events.len();
    out.clear_events();
    opening
}

/// An adapter that knows all but the messages.
fn primed(feed: &Feed, talk: &Talk) -> (Box<dyn Adapter>, Output) {
    let mut adapter = feed.adapter(credentials(), listings(feed), talk.channels);
    let mut out = Output::default();
    shake_hands(
        &mut *adapter,
        &mut *feed.counterpart(),
        &mut talk.opening.clone(),
        &mut out,
    );
    (adapter, out)
}

/// Nanoseconds for one message, the fastest round.
fn fastest(rounds: usize, count: usize, mut round: impl FnMut() -> Duration) -> f64 {
    let fastest = (0..rounds).map(|_| round()).min().unwrap_or_default();
    fastest.as_nanos() as f64 / count as f64
}

fn measure(feed: &Feed, talk: &Talk, rounds: usize, is_alone: bool) -> bool {
    let count = talk.messages.len();
    let mut events = 0;
    let (mut is_live, mut is_read) = (true, true);
    let ours = fastest(rounds, count, || {
        let (mut adapter, mut out) = primed(feed, talk);
        // Parsers may work in place; the copy is not ours to time.
        let mut messages = talk.messages.clone();
        events = 0;
        let started = Instant::now();
        for message in &mut messages {
            is_read &= adapter.message(message, START, &mut out).is_ok();
            events += out.events.len();
            out.clear_events();
        }
        let elapsed = started.elapsed();
        let health = adapter.health();
        is_live = talk.kind == "trade" || health.iter().all(|health| health.state == State::Live);
        elapsed
    });
    // The peers read JSON, and a venue may pack its messages.
    let is_json = serde_json::from_slice::<serde_json::Value>(&talk.messages[0]).is_ok();
    let peers = if is_alone || !is_json { 0 } else { rounds };
    let serde = fastest(peers, count, || {
        let started = Instant::now();
        for message in &talk.messages {
            let value: Result<serde_json::Value, _> = serde_json::from_slice(message);
            black_box(value.is_ok());
        }
        started.elapsed()
    });
    let mut buffers = simd_json::Buffers::default();
    let simd = fastest(peers, count, || {
        let mut messages = talk.messages.clone();
        let started = Instant::now();
        for message in &mut messages {
            let value = simd_json::to_borrowed_value_with_buffers(message, &mut buffers);
            black_box(value.is_ok());
        }
        started.elapsed()
    });
    let read = typed::reader(feed.name, talk.kind);
    let typed = fastest(peers, count, || {
        let mut messages = talk.messages.clone();
        let started = Instant::now();
        for message in &mut messages {
            is_read &= read.is_some_and(|read| read(message, &mut buffers));
        }
        started.elapsed()
    });
    let bytes: usize = talk.messages.iter().map(Vec::len).sum();
    let figure = |value: f64, decimals| match value {
        0.0 => String::from("-"),
        value => format!("{value:.decimals$}"),
    };
    println!(
        "{:<18} {:<14} {:>6} {:>8.0} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>8.2}",
        feed.name,
        talk.kind,
        bytes / count,
        ours,
        figure(serde, 0),
        figure(simd, 0),
        figure(typed, 0),
        figure(serde / ours, 1),
        figure(simd / ours, 1),
        figure(typed / ours, 1),
        events as f64 / count as f64,
    );
    if !is_live {
        eprintln!("feeds: {} lost its book of {}", feed.name, talk.kind);
    }
    if !is_read {
        eprintln!(
            "feeds: {} of {} are not of their type",
            talk.kind, feed.name
        );
    }
    is_live && is_read
}

/// Serves one talk, whole, as fast as the socket takes it; once its document has been fetched, where it has one.
async fn blast(
    listener: TcpListener,
    talk: Talk,
    is_binary: bool,
    fetched: Option<oneshot::Receiver<()>>,
) {
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio_tungstenite::tungstenite::Message;

    let Ok((stream, _)) = listener.accept().await else {
        return;
    };
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else {
        return;
    };
    // The subscription.
    let _ = socket.next().await;
    let framed = |bytes: Vec<u8>| {
        if is_binary {
            Message::Binary(bytes.into())
        } else {
            Message::Text(String::from_utf8(bytes).unwrap_or_default().into())
        }
    };
    for bytes in talk.before.messages {
        if socket.feed(framed(bytes)).await.is_err() {
            return;
        }
    }
    let _ = socket.flush().await;
    if let Some(fetched) = fetched {
        let _ = fetched.await;
        // It has been sent; the client has yet to read it.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    for bytes in talk.messages {
        if socket.feed(framed(bytes)).await.is_err() {
            return;
        }
    }
    let _ = socket.flush().await;
    let _ = socket.next().await;
}

/// The next client, once its request has been read.
async fn asked(listener: TcpListener) -> std::io::Result<BufStream<TcpStream>> {
    let (stream, _) = listener.accept().await?;
    let mut stream = BufStream::new(stream);
    let mut line = String::new();
    // The request ends with an empty line.
    while stream.read_line(&mut line).await? > 2 {
        line.clear();
    }
    Ok(stream)
}

/// Serves one document once.
async fn serve(
    listener: TcpListener,
    document: Vec<u8>,
    fetched: oneshot::Sender<()>,
) -> std::io::Result<()> {
    let mut stream = asked(listener).await?;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
        document.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&document).await?;
    stream.flush().await?;
    let _ = fetched.send(());
    Ok(())
}

/// Serves one talk as the lines of a document that does not end, a chunk each.
async fn recite(listener: TcpListener, talk: Talk) -> std::io::Result<()> {
    let mut stream = asked(listener).await?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        .await?;
    for message in talk.before.messages.into_iter().chain(talk.messages) {
        let size = format!("{:x}\r\n", message.len() + 1);
        for part in [size.as_bytes(), &message, b"\n\r\n"] {
            stream.write_all(part).await?;
        }
    }
    stream.flush().await?;
    // Until the client leaves.
    stream.read_line(&mut String::new()).await?;
    Ok(())
}

/// Messages a second through a loopback socket, the adapter and a shard: the venue's side on another thread.
fn through_socket(feed: &Feed, talk: Talk) -> Option<f64> {
    let adapter = feed.adapter(credentials(), listings(feed), talk.channels);
    let count = talk.messages.len();
    // Not every message says something new.
    let expected = {
        let (mut adapter, mut out) = primed(feed, &talk);
        let mut events = 0;
        for message in &mut talk.messages.clone() {
            adapter.message(message, START, &mut out).ok()?;
            events += out.events.len();
            out.clear_events();
        }
        talk.before.events + events
    };
    let venue = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .ok()?;
    let listen = || -> Option<(TcpListener, SocketAddr)> {
        let address: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        let listener = venue.block_on(TcpListener::bind(address)).ok()?;
        let address = listener.local_addr().ok()?;
        Some((listener, address))
    };
    let (listener, address) = listen()?;
    let (documents, rest) = listen()?;
    let opening = talk.before.events;
    let mut fetched = None;
    if let Some(document) = talk.before.document.clone() {
        let (done, is_done) = oneshot::channel();
        fetched = Some(is_done);
        venue.spawn(serve(documents, document, done));
    }
    let scheme = match adapter.stream() {
        Stream::WebSocket { .. } => {
            venue.spawn(blast(listener, talk, adapter.is_binary(), fetched));
            "ws"
        }
        Stream::Lines { .. } => {
            venue.spawn(recite(listener, talk));
            "http"
        }
    };

    let (events, mut arrived) = rtrb::RingBuffer::<Arrived>::new(1 << 16);
    let (mut spent, back) = rtrb::RingBuffer::new(64);
    let status = Status::new(adapter.name(), &listings(feed));
    let outlets = Outlets {
        events,
        wake: Arc::new(|| {}),
        status: Arc::new(arc_swap::ArcSwap::from_pointee(status)),
        spent: Some(back),
        tap: None,
    };
    let settings = Settings::new(format!("{scheme}://{address}"), format!("http://{rest}"));
    let connection = Connection::new(adapter, settings, outlets).ok()?;
    let client = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    // Feed and engine share this thread: what is told is what one core does.
    client.block_on(async {
        let running = tokio::spawn(connection.run(stopped));
        let mut shard = Shard::new(ShardId(0), Limits::default());
        let mut buffer = EventBuf::default();
        let register = types::Command::RegisterInstrument(Box::new(instrument()));
        let mut seq = 1;
        let input = |seq, ts, kind| Input {
            seq: Seq(seq),
            ts,
            kind,
        };
        shard.apply(
            &input(seq, START, InputKind::Command(register)),
            &mut buffer,
        );
        let (mut first, mut seen) = (None, 0);
        let mut quiet = Instant::now();
        while seen < expected && quiet.elapsed() < Duration::from_secs(5) {
            tokio::task::yield_now().await;
            while let Ok(Arrived { received, event }) = arrived.pop() {
                quiet = Instant::now();
                if seen == opening {
                    first = Some(quiet);
                }
                seq += 1;
                seen += 1;
                buffer.clear();
                let ts = received.max(shard.ts());
                let applied = input(seq, ts, InputKind::Market(event));
                shard.apply(&applied, &mut buffer);
                if let InputKind::Market(MarketEvent {
                    data: MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update),
                    ..
                }) = applied.kind
                {
                    let _ = spent.push(update);
                }
            }
        }
        let elapsed = first?.elapsed();
        let _ = stop.send(true);
        let _ = running.await;
        (seen >= expected).then(|| count as f64 / elapsed.as_secs_f64())
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    println!(
        "{:<18} {:<14} {:>6} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>8}",
        "feed",
        "message",
        "bytes",
        "ns",
        "serde",
        "simd",
        "typed",
        "serde/",
        "simd/",
        "typed/",
        "events/"
    );
    let mut right = true;
    let is_kind = |kind: &(&str, _, _)| {
        arguments
            .kind
            .as_deref()
            .is_none_or(|asked| asked == kind.0)
    };
    let is_asked = |feed: &&Feed| feed.name.starts_with(&arguments.feed);
    for feed in FEEDS.iter().filter(is_asked) {
        for kind in KINDS.into_iter().filter(is_kind) {
            if let Some(talk) = talk(feed, kind, arguments.messages) {
                right &= measure(feed, &talk, arguments.rounds, arguments.alone);
            }
        }
    }
    if !arguments.no_socket {
        println!("\nthrough a socket into a shard, venue on another core:");
        for feed in FEEDS.iter().filter(is_asked) {
            for kind in KINDS.iter().filter(|kind| is_kind(kind)) {
                if let Some(talk) = talk(
                    feed,
                    *kind,
                    arguments.messages * if kind.0 == "depth 100+100" { 1 } else { 4 },
                ) {
                    if let Some(rate) = through_socket(feed, talk) {
                        println!("{:<18} {:<14} {rate:>10.0} messages/s", feed.name, kind.0);
                    } else {
                        right = false;
                        println!("{:<18} {:<14} did not come through", feed.name, kind.0);
                    }
                }
            }
        }
    }
    if right {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
