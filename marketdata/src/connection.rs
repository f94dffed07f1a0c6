//! Runs an adapter over real sockets: connects, sends and fetches documents at the pace that the venue allows,
//! and connects again with growing, jittered pauses when something breaks.
//!
//! What the adapter says goes into a bounded ring. Nothing is ever dropped there: when the engine is slower than
//! the venue, reading stops until there is room, and the venue's own buffers fill.

mod counted;
mod request;
mod socket;
mod status;
#[cfg(test)]
mod tests;

pub use request::document;
pub use socket::provide_tls;
pub use status::{Link, Status};

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use types::{DepthUpdate, MarketEvent, TimestampNs};

use crate::feed::{Action, Adapter, Budget, FetchId, Malformed, Output, Pace, State, Stream};
use crate::generator::Xorshift64Star;
use crate::tape::{Passed, Tap};
use request::NoDocument;
use socket::{Heard, Socket};

/// A market event and when its bytes came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// When the message came, by this machine's clock.
    pub received: TimestampNs,
    /// What it says.
    pub event: MarketEvent,
}

/// The settings of a connection. Every queue has a named limit.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Scheme, host and port of the streams, such as `wss://stream.binance.com:9443`.
    pub stream: String,
    /// Scheme, host and port of the documents.
    pub rest: String,
    /// The first pause after a failure; it doubles with each one that follows.
    pub pause_min: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// A connection that has not opened by then does not, and a document that has not come.
    pub answer_max: Duration,
    /// A WebSocket without any frame for so long is asked for one with a ping. That a quiet market is no dead
    /// connection matters most where the venue takes one at a time. As long as something is yet to be stated, bytes of a
    /// frame that is not whole are as good as one: a large book over a slow line takes its time.
    pub quiet_max: Duration,
    /// It is dead when no frame comes by then.
    pub pong_max: Duration,
    /// A document that does not end and is silent for so long is dead: it cannot be asked. A frame that is not whole by then is
    /// dead, too.
    pub silence_max: Duration,
    /// How fast messages and requests for documents leave; `None` is as the venue allows.
    pub pace: Option<Pace>,
    /// The largest message that is taken.
    pub message_bytes_max: usize,
    /// The largest document that is taken.
    pub document_bytes_max: usize,
    /// What the pauses' jitter follows from.
    pub seed: u64,
}

impl Settings {
    /// The usual settings for these addresses.
    pub fn new(stream: impl Into<String>, rest: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            rest: rest.into(),
            pause_min: Duration::from_millis(250),
            pause_max: Duration::from_secs(30),
            answer_max: Duration::from_secs(10),
            quiet_max: Duration::from_secs(5),
            pong_max: Duration::from_secs(5),
            silence_max: Duration::from_mins(1),
            pace: None,
            message_bytes_max: 16 << 20,
            document_bytes_max: 64 << 20,
            seed: 1,
        }
    }
}

/// Where a connection's events, state and bytes go.
pub struct Outlets {
    /// Events, to the engine.
    pub events: rtrb::Producer<Arrived>,
    /// Called after events were put there, to wake who sleeps.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// How it stands, for pages and metrics.
    pub status: Arc<ArcSwap<Status>>,
    /// Depth updates that came out of `events` and that nobody needs any more, for their memory; without it each is a new one.
    pub spent: Option<rtrb::Consumer<Box<DepthUpdate>>>,
    /// All that passes; a recorder.
    pub tap: Option<Tap>,
}

/// A connection that held for so long was a good one.
const HELD_FOR: Duration = Duration::from_secs(10);
/// How often the state is told at least.
const STATUS_EVERY: Duration = Duration::from_millis(250);
/// A frame that is not whole for so long is one that takes its time.
const ARRIVING_MIN: Duration = Duration::from_secs(1);
/// Messages that wait to be sent.
const SENDS_MAX: usize = 1_024;
/// How long a full ring is given before it is looked at again.
const RING_POLL: Duration = Duration::from_micros(200);

/// The time of this machine.
pub fn now() -> TimestampNs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    TimestampNs(since.map_or(0, |since| since.as_nanos() as u64))
}

/// One adapter on its sockets.
pub struct Connection {
    adapter: Box<dyn Adapter>,
    settings: Settings,
    outlets: Outlets,
    output: Output,
    link: Link,
    random: Xorshift64Star,
    documents: reqwest::Client,
    pace: Pace,
    /// Documents that may be asked for; a new connection has no more than the one before.
    budget: Budget,
    /// What the budget's times are since.
    began: Instant,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("adapter", &self.adapter.name())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Why a connection ended.
enum Ended {
    /// It was told to stop.
    Stopped,
    /// Something broke, or the adapter asked.
    Broken(String),
}

/// Puts a request for a document behind those that wait; in its own place, where it waits already and is asked for
/// once more.
fn want(wanted: &mut VecDeque<(FetchId, String)>, id: FetchId, path: String) {
    match wanted.iter_mut().find(|(_, known)| *known == path) {
        Some((known, _)) => *known = id,
        None => wanted.push_back((id, path)),
    }
}

/// Somebody told the connection to stop, or nobody is there any more who could.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Connection {
    /// A connection that [`Connection::run`] opens.
    ///
    /// # Errors
    /// The system has no way to make requests.
    pub fn new(
        adapter: Box<dyn Adapter>,
        settings: Settings,
        outlets: Outlets,
    ) -> Result<Self, reqwest::Error> {
        let pace = settings.pace.unwrap_or_else(|| adapter.pace());
        Ok(Self {
            pace,
            budget: Budget::new(pace),
            began: Instant::now(),
            documents: request::client(&settings)?,
            random: Xorshift64Star::new(settings.seed),
            link: Link::default(),
            output: Output::default(),
            adapter,
            settings,
            outlets,
        })
    }

    /// Connects, and again whenever that ends, until it is told to stop.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut failures = 0_u32;
        loop {
            let started = Instant::now();
            let ended = tokio::select! {
                () = stopped(&mut stop) => Ended::Stopped,
                ended = self.session() => ended,
            };
            let time = now();
            if self.link.is_open {
                self.link.is_open = false;
                self.adapter.closed(time, &mut self.output);
                self.output.actions.clear();
                self.tap(time, || Passed::Closed);
                self.flush(time).await;
            }
            match ended {
                Ended::Stopped => {
                    self.tell();
                    return;
                }
                Ended::Broken(reason) => {
                    tracing::warn!(
                        feed = self.adapter.name(),
                        reason,
                        "the feed's connection ended"
                    );
                    self.link.last_error = Some(reason);
                }
            }
            // One that held for a while starts from the first pause again.
            failures = if started.elapsed() > HELD_FOR {
                0
            } else {
                failures.saturating_add(1)
            };
            self.link.reconnects += 1;
            self.tell();
            let pause = self.pause(failures);
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// From half of it to all of a pause that doubles: many that broke at once do not come back at once.
    fn pause(&mut self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(20));
        let whole = self.settings.pause_min.saturating_mul(doubled);
        let whole = whole.min(self.settings.pause_max);
        let half = whole / 2;
        half + Duration::from_nanos(self.random.below(half.as_nanos() as u64 + 1))
    }

    /// One connection, from its opening to its end.
    async fn session(&mut self) -> Ended {
        match self.connected().await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn connected(&mut self) -> Result<std::convert::Infallible, Ended> {
        let stream = self.adapter.stream();
        let broken = |error: &dyn std::fmt::Display| Ended::Broken(error.to_string());
        let opening = Socket::open(
            &stream,
            self.adapter.headers(),
            &self.settings,
            &self.documents,
        );
        let mut socket = tokio::time::timeout(self.settings.answer_max, opening)
            .await
            .map_err(|_| broken(&"the connection did not open in time"))?
            .map_err(|error| broken(&error))?;
        let is_socket = matches!(stream, Stream::WebSocket { .. });
        let is_binary = self.adapter.is_binary();

        let time = now();
        self.link.is_open = true;
        self.link.opened = Some(time);
        self.tap(time, || Passed::Opened);
        self.adapter.opened(time, &mut self.output);
        let mut sends: VecDeque<Vec<u8>> = VecDeque::new();
        let mut wanted: VecDeque<(FetchId, String)> = VecDeque::new();
        let mut fetches = FuturesUnordered::new();
        let mut send_at = tokio::time::Instant::now();
        let mut fetch_at = self.fetch_at();
        let mut tick = tokio::time::interval(STATUS_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticks = 0_u32;
        let mut heard = Instant::now();
        // A ping without an answer.
        let mut pinged: Option<Instant> = None;
        // When the newest frame was whole, the bytes that had come by the newest look, and whether there were more of one.
        let mut whole = heard;
        let mut came = socket.came();
        // When one was last seen to take its time, and whether what is waited for may be on its way.
        let mut slow = None;
        let mut is_arriving = false;
        loop {
            self.flush(now()).await;
            for action in std::mem::take(&mut self.output.actions) {
                match action {
                    Action::Send(_) if sends.len() >= SENDS_MAX => {
                        return Err(broken(&"too many messages wait to be sent"));
                    }
                    Action::Send(bytes) => sends.push_back(bytes),
                    Action::Fetch { id, path } => {
                        want(&mut wanted, id, path);
                        fetch_at = self.fetch_at();
                    }
                    Action::Reconnect { reason } => return Err(broken(&reason)),
                }
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(send_at), if !sends.is_empty() && is_socket => {
                    if let Some(bytes) = sends.pop_front() {
                        self.tap(now(), || Passed::Sent(bytes.clone()));
                        socket.send(bytes, is_binary).await.map_err(|error| broken(&error))?;
                    }
                    send_at = tokio::time::Instant::now() + self.pace.send_every;
                }
                () = tokio::time::sleep_until(fetch_at), if !wanted.is_empty() => {
                    // A venue that has just asked to be left alone is.
                    if self.budget.next_at() <= self.began.elapsed()
                        && let Some((id, path)) = wanted.pop_front()
                    {
                        self.budget.take(self.began.elapsed());
                        fetches.push(request::fetch(
                            self.documents.clone(),
                            self.settings.rest.clone() + &path,
                            self.settings.document_bytes_max,
                            id,
                            path,
                        ));
                    }
                    fetch_at = self.fetch_at();
                }
                due = tick.tick() => {
                    ticks += 1;
                    let more = std::mem::replace(&mut came, socket.came()) != socket.came();
                    let age = whole.elapsed();
                    if more && age < self.settings.silence_max && self.is_awaited() {
                        if age >= ARRIVING_MIN {
                            (heard, pinged, slow) = (Instant::now(), None, Some(Instant::now()));
                        }
                        // Behind one large book there may be another.
                        is_arriving |= slow.is_some_and(|slow| slow.elapsed() < 2 * ARRIVING_MIN);
                    }
                    // After a wait for the engine messages stand here that say what this would miss.
                    is_arriving |= due.elapsed() >= ARRIVING_MIN;
                    // While a message arrives nothing that waits for one is late.
                    if ticks.is_multiple_of(4) && !std::mem::take(&mut is_arriving) {
                        let time = now();
                        self.tap(time, || Passed::Ticked);
                        self.adapter.tick(time, &mut self.output);
                    }
                    match pinged {
                        Some(pinged) if pinged.elapsed() > self.settings.pong_max => {
                            return Err(broken(&"no answer to a ping"));
                        }
                        None if is_socket && heard.elapsed() > self.settings.quiet_max => {
                            socket.ping().await.map_err(|error| broken(&error))?;
                            pinged = Some(Instant::now());
                        }
                        _ if !is_socket && heard.elapsed() > self.settings.silence_max => {
                            return Err(broken(&"nothing was heard for too long"));
                        }
                        _ => {}
                    }
                    self.tell();
                }
                Some((id, path, body)) = fetches.next() => {
                    self.on_answer(id, path, body).await;
                }
                message = socket.next() => {
                    let message = message
                        .ok_or_else(|| broken(&"the venue closed the connection"))?
                        .map_err(|error| broken(&error))?;
                    (heard, pinged) = (Instant::now(), None);
                    (whole, came) = (heard, socket.came());
                    if matches!(message, Heard::Message) {
                        self.on_message(socket.message()).await;
                    }
                }
            }
        }
    }

    /// Whether something of what was subscribed to is yet to be stated.
    fn is_awaited(&self) -> bool {
        let mut health = self.adapter.health().iter();
        health.any(|health| health.state != State::Live)
    }

    async fn on_message(&mut self, bytes: &mut [u8]) {
        let time = now();
        self.link.messages += 1;
        self.link.bytes += bytes.len() as u64;
        self.tap(time, || Passed::Message(bytes.to_vec()));
        self.take_spent();
        let read = self.adapter.message(bytes, time, &mut self.output);
        self.note(read);
        self.flush(time).await;
    }

    /// When the next document may be asked for. Where that is not at once, up to a quarter of a pause later: many
    /// that wait for the same moment do not ask at once then.
    fn fetch_at(&mut self) -> tokio::time::Instant {
        let at = self.began + self.budget.next_at();
        let jitter = self.pace.fetch_every / 4;
        let jitter = Duration::from_nanos(self.random.below(jitter.as_nanos() as u64 + 1));
        let is_now = at <= Instant::now();
        tokio::time::Instant::from_std(if is_now { at } else { at + jitter })
    }

    async fn on_answer(&mut self, id: FetchId, path: String, body: Result<Vec<u8>, NoDocument>) {
        let time = now();
        let mut body = match body {
            Ok(body) => Some(body),
            Err(NoDocument { reason, wait }) => {
                let feed = self.adapter.name();
                tracing::warn!(feed, path, reason, "a document did not come");
                if let Some(wait) = wait {
                    self.budget.hold(self.began.elapsed().saturating_add(wait));
                }
                self.link.last_error = Some(format!("{path}: {reason}"));
                None
            }
        };
        self.tap(time, || Passed::Answer {
            id,
            path: path.clone(),
            body: body.clone(),
        });
        let read = self
            .adapter
            .answer(id, body.as_deref_mut(), time, &mut self.output);
        if body.is_some() {
            self.note(read);
        }
        self.flush(time).await;
    }

    fn note(&mut self, read: Result<(), Malformed>) {
        if let Err(error) = read {
            self.link.malformed += 1;
            let feed = self.adapter.name();
            tracing::warn!(feed, %error, "a message could not be read");
            self.link.last_error = Some(error.to_string());
        }
    }

    /// Takes back depth updates that the consumer is done with, for their memory.
    fn take_spent(&mut self) {
        let spent = self.outlets.spent.as_mut();
        for update in spent.into_iter().flat_map(|spent| {
            // One by one: who gives them back goes on doing so.
            std::iter::from_fn(|| spent.pop().ok())
        }) {
            self.output.recycle(update);
        }
    }

    /// Hands over what the adapter said; waits while the ring is full.
    async fn flush(&mut self, received: TimestampNs) {
        if self.output.events.is_empty() {
            return;
        }
        for event in self.output.events.drain(..) {
            let mut arrived = Arrived { received, event };
            while let Err(rtrb::PushError::Full(back)) = self.outlets.events.push(arrived) {
                arrived = back;
                self.link.waits += 1;
                (self.outlets.wake)();
                if self.outlets.events.is_abandoned() {
                    break;
                }
                tokio::time::sleep(RING_POLL).await;
            }
            self.link.events += 1;
        }
        (self.outlets.wake)();
    }

    fn tap(&mut self, time: TimestampNs, passed: impl FnOnce() -> Passed) {
        if let Some(tap) = &mut self.outlets.tap {
            tap.pass(time, passed());
        }
    }

    fn tell(&self) {
        let before = self.outlets.status.load();
        self.outlets.status.store(Arc::new(Status {
            // As it was called at the start: an adapter may be that of several feeds.
            feed: before.feed,
            told: now(),
            symbols: before.symbols.clone(),
            link: self.link.clone(),
            health: self.adapter.health().to_vec(),
        }));
    }
}
