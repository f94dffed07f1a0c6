//! A tape served on 127.0.0.1 as its venue would: handshake, subscriptions, messages, documents and heartbeats as
//! they were recorded, byte for byte, so that an adapter is tested over real sockets against what a venue said.
//!
//! Each client gets the tape from its start, session by session: where the venue had closed the connection it is
//! closed, and who comes back gets what came next. The tape waits for what was sent at that point, and for requests
//! for the documents that it has; it waits for nobody longer than [`Settings::wait_max`]. After its end a connection
//! stays open and is silent.
//!
//! Who loses track on the way is told the whole again as the venue would have told it there: from the books that the
//! adapter which heard the tape knew at that place, written by the venue's [`Counterpart`](super::Counterpart) with the
//! numbers and times that the tape goes on from. So are answered a document of a book, a subscription that was given up
//! and made anew, and one of a client that was cut off and comes back: the tape goes on for it where it was, and waits
//! for its subscriptions. Only what the tape knows is told: where the recording itself had lost a book it is not.

mod conversation;
mod following;
mod index;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::faults::{Faults, Weather};
use super::server::to_message;
use crate::connection::{self, now};
use crate::feed::{Listing, Stream};
use crate::tape::{Entries, Header, TapeError};
use crate::venue::Feed;
use conversation::{Conversation, Next, Said, Way};
use following::Following;
use index::Index;

/// How fast a tape is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// So many of its seconds in one of ours, 1 or more.
    Times(u32),
    /// As fast as it is taken.
    Max,
}

/// How a tape is served.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one. Not for other machines.
    pub address: SocketAddr,
    /// Which of the tape's connections.
    pub connection: u16,
    /// How fast.
    pub speed: Speed,
    /// How long the tape waits for what a client has to send or ask for.
    pub wait_max: Duration,
    /// What goes wrong on the way, and what that follows from.
    pub weather: Weather,
    /// The seed of the faults.
    pub seed: u64,
    /// How long a connection that stalls is silent at most.
    pub stall_max: Duration,
    /// How late a document that comes late is at most.
    pub slow_max: Duration,
    /// Bytes of a message that is too large.
    pub oversized_bytes: usize,
}

impl Settings {
    /// The usual ones: the first connection as fast as it was, and nothing goes wrong.
    pub fn new(address: SocketAddr) -> Self {
        let client = connection::Settings::new("", "");
        Self {
            address,
            connection: 0,
            speed: Speed::Times(1),
            wait_max: Duration::from_secs(10),
            weather: Weather::CALM,
            seed: 1,
            stall_max: client.silence_max * 2,
            slow_max: client.answer_max * 3,
            oversized_bytes: client.message_bytes_max + 1,
        }
    }
}

/// Opens the tape from its start; each client reads it by itself.
pub type Opener = Arc<dyn Fn() -> Result<Entries, TapeError> + Send + Sync>;

/// What clients have got so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Served {
    /// Connections that came.
    pub clients: u64,
    /// Messages on their way to them.
    pub messages: u64,
    /// Documents.
    pub documents: u64,
    /// Faults that were put in.
    pub faults: u64,
    /// Clients that were refused: they asked for what the tape does not have.
    pub refused: u64,
    /// Times that a client came to the end of the tape.
    pub finished: u64,
}

/// A tape that is served until this is dropped.
#[derive(Debug)]
pub struct TapeVenue {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
}

struct Shared {
    open: Opener,
    index: Index,
    header: Header,
    listings: Vec<Listing>,
    feed: &'static Feed,
    /// Messages that a client sends before it is told of markets.
    opening: u32,
    /// Where a WebSocket is; `None` where messages are the lines of a document.
    path: Option<String>,
    settings: Settings,
    faults: Mutex<Faults>,
    served: Mutex<Served>,
    clients: Mutex<Clients>,
    /// Counts requests for documents.
    asked: watch::Sender<u64>,
}

#[derive(Default)]
struct Clients {
    next: u64,
    /// Where in the tape each is, and the books there.
    following: BTreeMap<u64, Arc<Mutex<Following>>>,
    /// What is to go to whoever comes next, and since when.
    waiting: Vec<(Instant, Next)>,
    /// Nobody comes any more: what waits holds threads that read the tape.
    is_stopped: bool,
    /// Requests for documents that wait, by their path.
    requests: Vec<(String, oneshot::Sender<Option<Vec<u8>>>)>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// A client that has lost its connection comes back by then, or is another one.
const COMES_BACK: Duration = Duration::from_secs(45);
/// Requests for documents that wait.
const REQUESTS_MAX: usize = 1_024;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn count(&self, what: impl FnOnce(&mut Served)) {
        what(&mut lock(&self.served));
    }

    /// The session for a client that has just come.
    fn enter(self: &Arc<Self>) -> Option<Conversation> {
        let mut clients = lock(&self.clients);
        (clients.waiting).retain(|(since, _)| since.elapsed() < COMES_BACK);
        let next = if clients.waiting.is_empty() {
            Next::Session(0)
        } else {
            clients.waiting.remove(0).1
        };
        let (way, is_midway) = match next {
            Next::Session(session) => (Way::start(self, session)?, false),
            Next::Midway(way) => (*way, true),
        };
        clients.next += 1;
        let id = clients.next;
        (clients.following).insert(id, Arc::clone(&way.following));
        drop(clients);
        self.count(|served| served.clients += 1);
        Some(Conversation::start(Arc::clone(self), id, way, is_midway))
    }

    /// A client is gone; what it gets if it comes back.
    fn leave(&self, id: u64, next: Option<Next>) {
        let mut clients = lock(&self.clients);
        clients.following.remove(&id);
        if let Some(next) = next
            && !clients.is_stopped
        {
            clients.waiting.push((Instant::now(), next));
        }
    }

    /// Whether a path is that of a document about one of the tape's instruments.
    fn has_document(&self, path: &str) -> bool {
        let name = path.split('?').next().unwrap_or_default();
        let is_named = |listing: &Listing| following::is_named(listing, path.as_bytes());
        self.index.has_document(path, 0)
            || self.feed.counterpart().documents().contains(&name)
                && self.listings.iter().any(is_named)
    }

    /// A document of a book that the tape knows where its clients are. There is no telling which of them asks: of several
    /// it is for the one that is the furthest.
    fn known_document(&self, path: &str) -> Option<Vec<u8>> {
        let clients = lock(&self.clients);
        let clients = clients.following.values();
        let furthest = clients.max_by_key(|following| lock(following).place)?;
        let following = lock(furthest);
        // Of quotes no book can be made.
        if !following.has_depth || !following.knows(path.as_bytes()) {
            return None;
        }
        let markets = following.markets();
        self.feed.counterpart().fetch(path, &markets, now())
    }

    /// A request for a document waits until the tape of some client comes to it.
    fn request(&self, path: &str) -> Option<oneshot::Receiver<Option<Vec<u8>>>> {
        let mut clients = lock(&self.clients);
        let is_to_come = |following: &Arc<Mutex<Following>>| {
            self.index.has_document(path, lock(following).place)
        };
        if !clients.following.values().any(is_to_come) {
            return None;
        }
        clients.requests.retain(|(_, reply)| !reply.is_closed());
        if clients.requests.len() >= REQUESTS_MAX {
            return None;
        }
        let (reply, answer) = oneshot::channel();
        clients.requests.push((path.to_owned(), reply));
        drop(clients);
        self.asked.send_modify(|asked| *asked += 1);
        Some(answer)
    }

    /// How late a document is to come.
    fn lateness(&self) -> Duration {
        let mut faults = lock(&self.faults);
        let slow = faults.weather.slow;
        if faults.chance(slow) {
            faults.up_to(self.settings.slow_max)
        } else {
            Duration::ZERO
        }
    }

    /// Whether a document is not to come at all.
    fn is_unanswered(&self) -> bool {
        let mut faults = lock(&self.faults);
        let unanswered = faults.weather.unanswered;
        faults.chance(unanswered)
    }

    /// Answers the oldest request for a document; whether there is one.
    fn answer(&self, path: &str, body: Option<&[u8]>) -> bool {
        let mut clients = lock(&self.clients);
        clients.requests.retain(|(_, reply)| !reply.is_closed());
        let waiting = clients.requests.iter().position(|(asked, _)| asked == path);
        let Some(waiting) = waiting else {
            return false;
        };
        let (_, reply) = clients.requests.remove(waiting);
        drop(clients);
        let is_unanswered = self.is_unanswered();
        let body = body.filter(|_| !is_unanswered).map(<[u8]>::to_vec);
        // A client that waits no longer has had its answer: none.
        let _ = reply.send(body);
        self.count(|served| served.documents += 1);
        true
    }
}

impl TapeVenue {
    /// Reads the tape once, and serves it.
    ///
    /// # Errors
    /// The tape cannot be read or has no such connection, or the address is not free.
    pub async fn start(open: Opener, settings: Settings) -> Result<Self, TapeError> {
        let index = Index::of(open()?, settings.connection)?;
        let header = open()?.header().clone();
        let place = usize::from(settings.connection);
        let Some(recorded) = header.feeds.get(place) else {
            return Err(TapeError::Header {
                field: "connection",
                found: settings.connection.to_string(),
                accepted: "the place of one of its feeds, from 0",
            });
        };
        let path = match recorded.adapter().stream() {
            Stream::WebSocket { path } => Some(path),
            Stream::Lines { .. } => None,
        };
        let listener = TcpListener::bind(settings.address).await;
        let listener = listener.map_err(|source| TapeError::Listen {
            address: settings.address,
            source,
        })?;
        let address = listener.local_addr()?;
        let (asked, _) = watch::channel(0);
        let shared = Arc::new(Shared {
            open,
            index,
            listings: recorded.listings(),
            feed: recorded.feed,
            opening: following::opening(recorded),
            path,
            header,
            settings,
            faults: Mutex::new(Faults::new(settings.seed, settings.weather)),
            served: Mutex::new(Served::default()),
            clients: Mutex::new(Clients::default()),
            asked,
        });
        let (stop, mut stopped) = watch::channel(false);
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let until = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        tokio::spawn(async move {
            let served = axum::serve(listener, app)
                .with_graceful_shutdown(until)
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the tape's venue ended");
            }
        });
        Ok(Self {
            address,
            shared,
            stop,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients have got so far.
    pub fn served(&self) -> Served {
        Served {
            faults: lock(&self.shared.faults).count,
            ..*lock(&self.shared.served)
        }
    }

    /// Lets nothing go wrong any more, or something else.
    pub fn set_weather(&self, weather: Weather) {
        lock(&self.shared.faults).weather = weather;
    }
}

impl Drop for TapeVenue {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        let mut clients = lock(&self.shared.clients);
        clients.is_stopped = true;
        clients.waiting.clear();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let target = request.uri().path_and_query();
    let target = target.map_or_else(String::new, ToString::to_string);
    let (mut parts, _) = request.into_parts();
    if let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        if shared.path.as_deref() != Some(&target) {
            return StatusCode::NOT_FOUND.into_response();
        }
        return upgrade.on_upgrade(move |socket| converse(shared, socket));
    }
    let is_stream = shared.path.is_none()
        && (shared.feed.counterpart()).streamed(&target, &[], now(), &mut Vec::new());
    if is_stream {
        return match shared.enter() {
            Some(mut conversation) => {
                conversation.stream(&target);
                lines(conversation)
            }
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
    }
    if !shared.has_document(&target) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(body) = shared.known_document(&target) {
        if shared.is_unanswered() {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        shared.count(|served| served.documents += 1);
        tokio::time::sleep(shared.lateness()).await;
        return body.into_response();
    }
    let Some(reply) = shared.request(&target) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    match tokio::time::timeout(shared.settings.wait_max, reply).await {
        Ok(Ok(Some(body))) => {
            tokio::time::sleep(shared.lateness()).await;
            body.into_response()
        }
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// A document that does not end.
fn lines(conversation: Conversation) -> Response {
    let parts = stream::unfold(conversation, |mut conversation| async {
        match conversation.next().await {
            Said::Message(mut bytes) => {
                bytes.push(b'\n');
                let part = Ok::<_, std::convert::Infallible>(Bytes::from(bytes));
                Some((part, conversation))
            }
            Said::Closed => None,
        }
    });
    Body::from_stream(parts).into_response()
}

async fn converse(shared: Arc<Shared>, mut socket: WebSocket) {
    /// RFC 6455, 7.4.1: a message that violates a policy.
    const POLICY: u16 = 1_008;
    let Some(mut conversation) = shared.enter() else {
        return;
    };
    let is_binary = (shared.feed.counterpart()).is_binary();
    loop {
        let heard = tokio::select! {
            said = conversation.next() => {
                let Said::Message(bytes) = said else { break };
                if socket.send(to_message(bytes, is_binary)).await.is_err() {
                    break;
                }
                continue;
            }
            heard = socket.recv() => heard,
        };
        let heard = match heard {
            Some(Ok(Message::Text(text))) => conversation.hear(text.as_bytes()),
            Some(Ok(Message::Binary(bytes))) => conversation.hear(&bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Vec::new()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => break,
        };
        let (answers, refusal) = match heard {
            Ok(answers) => (answers, None),
            Err(refusal) => (refusal.answers, Some(refusal.reason)),
        };
        for bytes in answers {
            if socket.send(to_message(bytes, is_binary)).await.is_err() {
                return;
            }
        }
        if let Some(reason) = refusal {
            shared.count(|served| served.refused += 1);
            let frame = CloseFrame {
                code: POLICY,
                reason: reason.into(),
            };
            let _ = socket.send(Message::Close(Some(frame))).await;
            return;
        }
    }
}
