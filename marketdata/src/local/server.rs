//! A counterpart on 127.0.0.1: sockets and documents as the venue has them, from markets that wander, with the
//! faults that were asked for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use types::TimestampNs;

use super::faults::{Delivery, Fate, Faults, Weather};
use super::market::{Market, Wander};
use super::topics::{Topic, Topics, names};
use super::{Counterpart, counted};
use crate::connection::{self, now};
use crate::feed::Listing;

/// What a local venue is like.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens; port 0 takes a free one. Not for other machines.
    pub address: SocketAddr,
    /// Its instruments.
    pub listings: Vec<Listing>,
    /// What the markets and the faults follow from.
    pub seed: u64,
    /// Between two changes of some market.
    pub pause: Duration,
    /// What goes wrong.
    pub weather: Weather,
    /// Messages that wait for one client; a client that is slower is cut off.
    pub waiting_max: usize,
    /// How long a connection that stalls is silent at most; it answers no ping then.
    pub stall_max: Duration,
    /// How late a document that comes late is at most.
    pub slow_max: Duration,
    /// Bytes of a message that is too large.
    pub oversized_bytes: usize,
}

impl Settings {
    /// The usual ones for these instruments: stalls and documents for less and for more than any adapter waits,
    /// and messages larger than a connection takes.
    pub fn new(address: SocketAddr, listings: Vec<Listing>) -> Self {
        let client = connection::Settings::new("", "");
        Self {
            address,
            listings,
            seed: 1,
            pause: Duration::from_millis(10),
            weather: Weather::CALM,
            waiting_max: 100_000,
            stall_max: client.silence_max * 2,
            slow_max: client.answer_max * 3,
            oversized_bytes: client.message_bytes_max + 1,
        }
    }
}

/// Makes the venue's side of a new connection.
pub type Speaker = Arc<dyn Fn() -> Box<dyn Counterpart> + Send + Sync>;

/// A local venue that runs until it is dropped.
#[derive(Debug)]
pub struct LocalVenue {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// The venue ends when it is dropped.
    _alive: watch::Sender<()>,
}

struct Shared {
    speaker: Speaker,
    waiting_max: usize,
    stall_max: Duration,
    slow_max: Duration,
    oversized_bytes: usize,
    state: Mutex<Venue>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

struct Venue {
    markets: Vec<Market>,
    wander: Wander,
    faults: Faults,
    clients: Vec<Client>,
    next_client: u64,
    is_held: bool,
    /// Topics of which every client hears nothing.
    held_topics: Vec<(String, Topic)>,
}

struct Client {
    id: u64,
    counterpart: Box<dyn Counterpart>,
    topics: Topics,
    messages: mpsc::Sender<Parcel>,
}

/// What is on its way to one client.
enum Parcel {
    Delivery(Delivery),
    /// Nothing more for so long.
    Silence(Duration),
}

impl Client {
    /// Puts messages on their way; `false` when the client is too slow or gone.
    fn send(&mut self, said: Vec<Vec<u8>>, faults: &mut Faults) -> bool {
        let mut passed = Vec::new();
        for message in said {
            faults.pass(message, &*self.counterpart, &mut passed);
        }
        passed
            .into_iter()
            .filter(|delivery| !matches!(delivery, Delivery::Missing(_)))
            .all(|delivery| self.put(Parcel::Delivery(delivery)))
    }

    fn put(&self, parcel: Parcel) -> bool {
        self.messages.try_send(parcel).is_ok()
    }

    /// Topics that are stuck no more say what they had to say.
    fn release(&mut self, is_over: impl Fn(&str, TimestampNs) -> bool, said: &mut Vec<Vec<u8>>) {
        let Self {
            counterpart,
            topics,
            ..
        } = self;
        while topics.release(&is_over, &mut **counterpart, said).is_some() {}
    }
}

impl Shared {
    fn venue(&self) -> MutexGuard<'_, Venue> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self) -> (u64, mpsc::Receiver<Parcel>) {
        let (messages, receiver) = mpsc::channel(self.waiting_max);
        let mut counterpart = (self.speaker)();
        let mut said = Vec::new();
        counterpart.opened(now(), &mut said);
        let mut venue = self.venue();
        let venue = &mut *venue;
        venue.next_client += 1;
        // What was said on the connection before is not said on this one.
        venue.faults.cut_off();
        let mut topics = Topics::default();
        for (symbol, topic) in &venue.held_topics {
            topics.stick(symbol, *topic, TimestampNs(u64::MAX));
        }
        let mut client = Client {
            id: venue.next_client,
            counterpart,
            topics,
            messages,
        };
        client.send(said, &mut venue.faults);
        venue.clients.push(client);
        (venue.next_client, receiver)
    }

    fn disconnect(&self, id: u64) {
        self.venue().clients.retain(|client| client.id != id);
    }

    /// A client asks for something.
    fn converse(
        &self,
        id: u64,
        ask: impl FnOnce(&mut dyn Counterpart, &[Market], &mut Vec<Vec<u8>>),
    ) {
        let mut venue = self.venue();
        let venue = &mut *venue;
        if let Some(client) = venue.clients.iter_mut().find(|client| client.id == id) {
            let mut said = Vec::new();
            ask(&mut *client.counterpart, &venue.markets, &mut said);
            client.send(said, &mut venue.faults);
        }
    }

    fn request(&self, id: u64, message: &[u8]) {
        let mut venue = self.venue();
        let Venue {
            markets,
            faults,
            clients,
            held_topics,
            ..
        } = &mut *venue;
        let Some(client) = clients.iter_mut().find(|client| client.id == id) else {
            return;
        };
        let mut said = Vec::new();
        let fate = faults.fate(|| client.counterpart.refuse(message, now(), &mut said));
        if matches!(fate, Fate::Heard | Fate::AnswerLost) {
            // A subscription begins behind what the one before had to say.
            let is_held = |symbol: &str| held_topics.iter().any(|(held, _)| held == symbol);
            let is_over = |symbol: &str, _| names(message, symbol) && !is_held(symbol);
            client.release(is_over, &mut said);
            client.send(std::mem::take(&mut said), faults);
            client
                .counterpart
                .request(message, markets, now(), &mut said);
        }
        if fate != Fate::AnswerLost {
            client.send(said, faults);
        }
    }

    /// A document as it is now, and how late it is to come.
    fn fetch(&self, path: &str) -> Option<(Vec<u8>, Duration)> {
        let mut venue = self.venue();
        let Weather {
            unanswered, slow, ..
        } = venue.faults.weather;
        if venue.faults.chance(unanswered) {
            return None;
        }
        let late = if venue.faults.chance(slow) {
            venue.faults.up_to(self.slow_max)
        } else {
            Duration::ZERO
        };
        let body = (self.speaker)().fetch(path, &venue.markets, now())?;
        Some((body, late))
    }

    /// Some market changes, and all who want to know are told.
    fn step(&self) {
        let mut venue = self.venue();
        let Venue {
            markets,
            wander,
            faults,
            clients,
            is_held,
            ..
        } = &mut *venue;
        if *is_held {
            return;
        }
        let place = faults.below(markets.len() as u64) as usize;
        let Some(market) = markets.get_mut(place) else {
            return;
        };
        let change = if faults.chance(faults.weather.odd) {
            wander.turn_odd(market)
        } else {
            wander.step(market)
        };
        let time = now();
        clients.retain_mut(|client| {
            let mut said = Vec::new();
            client.release(|_, until| until <= time, &mut said);
            if faults.chance(faults.weather.stuck) {
                let for_ns = faults.up_to(self.stall_max).as_nanos() as u64;
                let until = TimestampNs(time.0.saturating_add(for_ns));
                client
                    .topics
                    .stick(&market.symbol, Topic::of(&change), until);
            }
            let Client {
                counterpart,
                topics,
                ..
            } = client;
            topics.changed(market, &change, time, &mut **counterpart, &mut said);
            let is_there = client.send(said, faults);
            if is_there && faults.chance(faults.weather.stalled) {
                client.put(Parcel::Silence(faults.up_to(self.stall_max)));
            }
            is_there && !faults.chance(faults.weather.disconnected)
        });
    }

    fn tick(&self) {
        let mut venue = self.venue();
        let Venue {
            faults, clients, ..
        } = &mut *venue;
        clients.retain_mut(|client| {
            let mut said = Vec::new();
            client.counterpart.tick(now(), &mut said);
            said.retain(|message| !client.topics.mutes(message));
            client.send(said, faults)
        });
    }
}

impl LocalVenue {
    /// Starts one.
    ///
    /// # Errors
    /// The address is not free.
    pub async fn start(speaker: Speaker, settings: Settings) -> std::io::Result<Self> {
        let listener = TcpListener::bind(settings.address).await?;
        let address = listener.local_addr()?;
        let mut wander = Wander::new(settings.seed, 50);
        let markets = counted(&settings.listings)
            .map(|(listing, around)| wander.open(&listing.symbol, listing.spec, around))
            .collect();
        let shared = Arc::new(Shared {
            speaker,
            waiting_max: settings.waiting_max,
            stall_max: settings.stall_max,
            slow_max: settings.slow_max,
            oversized_bytes: settings.oversized_bytes,
            state: Mutex::new(Venue {
                markets,
                wander,
                faults: Faults::new(settings.seed, settings.weather),
                clients: Vec::new(),
                next_client: 0,
                is_held: false,
                held_topics: Vec::new(),
            }),
        });
        let (alive, ended) = watch::channel(());
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let until = dropped(ended.clone());
        tokio::spawn(async move {
            let served = axum::serve(listener, app)
                .with_graceful_shutdown(until)
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the local venue ended");
            }
        });
        tokio::spawn(run(Arc::clone(&shared), settings.pause, ended));
        Ok(Self {
            address,
            shared,
            _alive: alive,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nothing go wrong any more, or something else.
    pub fn set_weather(&self, weather: Weather) {
        self.shared.venue().faults.weather = weather;
    }

    /// The markets as they stand.
    pub fn markets(&self) -> Vec<Market> {
        self.shared.venue().markets.clone()
    }

    /// How many clients are connected.
    pub fn clients(&self) -> usize {
        self.shared.venue().clients.len()
    }

    /// Whether the book of a market is told of no more, while the market goes on and so does everything else: prints,
    /// heartbeats, answers to pings, other markets. What was not told is told, in order, once it is held no more.
    pub fn hold_book(&self, symbol: &str, is_held: bool) {
        let mut venue = self.shared.venue();
        let Venue {
            faults,
            clients,
            held_topics,
            ..
        } = &mut *venue;
        held_topics.retain(|(held, _)| held != symbol);
        if is_held {
            held_topics.push((symbol.to_owned(), Topic::Book));
        }
        for client in clients {
            if is_held {
                client
                    .topics
                    .stick(symbol, Topic::Book, TimestampNs(u64::MAX));
                continue;
            }
            let mut said = Vec::new();
            client.release(|stuck, _| stuck == symbol, &mut said);
            client.send(said, faults);
        }
    }

    /// Whether markets stand still; clients come and go, and heartbeats go out, as before.
    pub fn hold(&self, is_held: bool) {
        self.shared.venue().is_held = is_held;
    }
}

/// Until nobody has the venue any more.
async fn dropped(mut alive: watch::Receiver<()>) {
    while alive.changed().await.is_ok() {}
}

/// Markets change and heartbeats go out until it is dropped.
async fn run(shared: Arc<Shared>, pause: Duration, alive: watch::Receiver<()>) {
    let ended = dropped(alive);
    tokio::pin!(ended);
    let mut steps = tokio::time::interval(pause);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = &mut ended => return,
            _ = ticks.tick() => shared.tick(),
            _ = steps.tick() => shared.step(),
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map_or_else(String::new, ToString::to_string);
    let (mut parts, _) = request.into_parts();
    let speaker = (shared.speaker)();
    let headers = parts.headers.clone();
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let name = path.split('?').next().unwrap_or_default();
    if let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        if speaker.path() != Some(name) {
            return StatusCode::NOT_FOUND.into_response();
        }
        return match speaker.admit(&header) {
            Ok(()) => upgrade.on_upgrade(move |socket| converse(shared, socket)),
            Err(status) => refused(status),
        };
    }
    if (shared.speaker)().streamed(&path, &[], now(), &mut Vec::new()) {
        return match speaker.admit(&header) {
            Ok(()) => lines(&shared, &path),
            Err(status) => refused(status),
        };
    }
    if !speaker.documents().contains(&name) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match shared.fetch(&path) {
        Some((body, late)) => {
            tokio::time::sleep(late).await;
            body.into_response()
        }
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn refused(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    status.into_response()
}

/// A document that does not end.
fn lines(shared: &Arc<Shared>, path: &str) -> Response {
    let (id, messages) = shared.connect();
    shared.converse(id, |counterpart, markets, said| {
        counterpart.streamed(path, markets, now(), said);
    });
    let oversized_bytes = shared.oversized_bytes;
    let parts = stream::unfold(messages, move |mut messages| async move {
        loop {
            let mut message = match messages.recv().await? {
                Parcel::Silence(pause) => {
                    tokio::time::sleep(pause).await;
                    continue;
                }
                Parcel::Delivery(delivery) => match delivery.into_bytes(oversized_bytes) {
                    Some(bytes) => bytes,
                    None => continue,
                },
            };
            message.push(b'\n');
            let part = Ok::<_, std::convert::Infallible>(Bytes::from(message));
            return Some((part, messages));
        }
    });
    Body::from_stream(parts).into_response()
}

/// Waits for something, but not before a moment.
async fn after<T>(moment: tokio::time::Instant, what: impl Future<Output = T>) -> T {
    tokio::time::sleep_until(moment).await;
    what.await
}

/// Bytes as a message of a WebSocket.
pub(super) fn to_message(bytes: Vec<u8>, is_binary: bool) -> Message {
    match String::from_utf8(bytes) {
        Ok(text) if !is_binary => Message::Text(text.into()),
        Ok(text) => Message::Binary(text.into_bytes().into()),
        Err(error) => Message::Binary(error.into_bytes().into()),
    }
}

async fn converse(shared: Arc<Shared>, mut socket: WebSocket) {
    let (id, mut messages) = shared.connect();
    let is_binary = (shared.speaker)().is_binary();
    let mut silent_until = tokio::time::Instant::now();
    loop {
        tokio::select! {
            said = after(silent_until, messages.recv()) => {
                // Cut off: it was too slow, or its connection had to end.
                let Some(parcel) = said else { break };
                let message = match parcel {
                    Parcel::Silence(pause) => {
                        silent_until = tokio::time::Instant::now() + pause;
                        continue;
                    }
                    Parcel::Delivery(delivery) => {
                        let Some(bytes) = delivery.into_bytes(shared.oversized_bytes) else {
                            continue;
                        };
                        to_message(bytes, is_binary)
                    }
                };
                if socket.send(message).await.is_err() {
                    break;
                }
            }
            heard = after(silent_until, socket.recv()) => match heard {
                Some(Ok(Message::Text(text))) => shared.request(id, text.as_bytes()),
                Some(Ok(Message::Binary(bytes))) => shared.request(id, &bytes),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
        }
    }
    shared.disconnect(id);
}
