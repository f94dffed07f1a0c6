//! One client's way through the tape.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use types::TimestampNs;

use super::super::faults::{Delivery, Weather};
use super::following::Following;
use super::{Shared, Speed, lock};
use crate::connection::now;
use crate::local::{Counterpart, Market};
use crate::tape::{Entry, Passed, TapeError};

/// Entries that are read ahead.
const AHEAD: usize = 256;

/// What the venue does next.
pub(super) enum Said {
    Message(Vec<u8>),
    Closed,
}

/// A client asked for what the tape does not have.
pub(super) struct Refusal {
    /// What the venue itself would say, where it has words for it.
    pub(super) answers: Vec<Vec<u8>>,
    pub(super) reason: String,
}

/// Where a client is in the tape.
pub(super) struct Way {
    session: usize,
    /// The entries that are to come, of the session.
    entries: mpsc::Receiver<(u64, Entry)>,
    current: Option<(u64, Entry)>,
    /// The books up to there.
    pub(super) following: Arc<Mutex<Following>>,
    is_finished: bool,
}

/// What is for who comes next.
pub(super) enum Next {
    /// A session from its beginning.
    Session(usize),
    /// One that was cut off: it goes on where it was.
    Midway(Box<Way>),
}

/// What the client gets when it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// This session: from where it is, if its books are known there.
    Again,
    /// The one that follows.
    NextSession,
    /// What anybody gets.
    Nothing,
}

pub(super) struct Conversation {
    shared: Arc<Shared>,
    counterpart: Box<dyn Counterpart>,
    id: u64,
    way: Way,
    /// The client came back in the middle: it is told what it subscribes to from the books that are known.
    is_midway: bool,
    /// Messages of a client that came back which the tape still waits for.
    opening: u32,
    /// Subscriptions that were given up to be told the whole again.
    given_up: u32,
    /// Requests for books that the tape does not know at the moment.
    unanswered: Vec<Vec<u8>>,
    /// Since the tape waits for what the current entry needs.
    waits_since: Option<Instant>,
    /// This moment of the tape was that moment of ours.
    clock: Option<(TimestampNs, Instant)>,
    /// Messages of the client that the tape has not come to yet.
    heard: u64,
    /// Messages with keys that may still come.
    keys: u32,
    asked: watch::Receiver<u64>,
    ready: VecDeque<Delivery>,
    silent_until: Instant,
    fate: Fate,
}

impl Drop for Conversation {
    fn drop(&mut self) {
        lock(&self.shared.faults).cut_off();
        let session = self.way.session;
        let next = match self.fate {
            Fate::Nothing => None,
            Fate::NextSession => Some(Next::Session(session + 1)),
            Fate::Again => {
                // As fast as it is taken there is no place where the venue is by then: the tape would be at its end before
                // anybody has found out what is missing.
                let has_time = matches!(self.shared.settings.speed, Speed::Times(_));
                let can_go_on = has_time && {
                    let following = lock(&self.way.following);
                    following.sent >= self.shared.opening && following.is_known()
                };
                Some(if can_go_on {
                    let (_, none) = mpsc::channel(1);
                    Next::Midway(Box::new(Way {
                        entries: std::mem::replace(&mut self.way.entries, none),
                        current: self.way.current.take(),
                        following: Arc::clone(&self.way.following),
                        ..self.way
                    }))
                } else {
                    Next::Session(session)
                })
            }
        };
        self.shared.leave(self.id, next);
    }
}

impl Way {
    /// A session from its beginning.
    pub(super) fn start(shared: &Arc<Shared>, session: usize) -> Option<Self> {
        let from = *shared.index.sessions.get(session)?;
        let (sender, entries) = mpsc::channel(AHEAD);
        let reader = Arc::clone(shared);
        // A thread of the pool for what blocks; it ends with the session or with the client.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = read(&reader, from, &sender) {
                tracing::error!(%error, "the tape cannot be read");
            }
        });
        let connection = shared.settings.connection;
        let following = Following::new(&shared.header, connection, from);
        Some(Self {
            session,
            entries,
            current: None,
            following: Arc::new(Mutex::new(following)),
            is_finished: false,
        })
    }
}

impl Conversation {
    pub(super) fn start(shared: Arc<Shared>, id: u64, way: Way, is_midway: bool) -> Self {
        let mut conversation = Self {
            counterpart: shared.feed.counterpart(),
            asked: shared.asked.subscribe(),
            id,
            way,
            is_midway,
            opening: if is_midway { shared.opening } else { 0 },
            given_up: 0,
            unanswered: Vec::new(),
            waits_since: None,
            clock: None,
            heard: 0,
            keys: shared.index.keys,
            ready: VecDeque::new(),
            silent_until: Instant::now(),
            // As long as nothing else is known.
            fate: Fate::Again,
            shared,
        };
        if is_midway {
            conversation.say(|counterpart, _, said| counterpart.opened(now(), said));
        }
        conversation
    }

    /// A client that came back asked for a document that does not end.
    pub(super) fn stream(&mut self, path: &str) {
        if self.is_midway {
            self.say(|counterpart, markets, said| {
                let known: Vec<_> = (markets.iter())
                    .filter(|market| market.book != crate::feed::Book::default())
                    .cloned()
                    .collect();
                counterpart.streamed(path, &known, now(), said);
            });
        }
    }

    /// What the venue says from its books as they are at this place, behind what is on its way.
    fn say(&mut self, ask: impl FnOnce(&mut dyn Counterpart, &[Market], &mut Vec<Vec<u8>>)) {
        let markets = lock(&self.way.following).markets();
        let mut said = Vec::new();
        ask(&mut *self.counterpart, &markets, &mut said);
        for message in said {
            self.pass(message);
        }
    }

    /// A message of the client's; what is to be said to it at once.
    pub(super) fn hear(&mut self, message: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut answers = Vec::new();
        if is_ping(message) {
            self.counterpart.request(message, &[], now(), &mut answers);
            return Ok(answers);
        }
        let (gives_up, asks) = if self.counterpart.restates() {
            (
                has_word(message, b"unsubscribe"),
                has_word(message, b"subscribe"),
            )
        } else {
            (false, false)
        };
        let unknown = self.shared.index.unknown_word(message, gives_up);
        let is_key = unknown.is_some() && self.keys > 0;
        self.keys -= u32::from(is_key);
        if !is_key && let Some(word) = unknown {
            self.counterpart.request(message, &[], now(), &mut answers);
            answers.retain(|answer| {
                answer
                    .windows(5)
                    .any(|word| word.eq_ignore_ascii_case(b"error"))
            });
            self.fate = Fate::Nothing;
            let word = String::from_utf8_lossy(word);
            let word: String = word.chars().take(80).collect();
            return Err(Refusal {
                answers,
                reason: format!("the tape has no {word}"),
            });
        }
        if self.opening > 0 {
            self.opening -= 1;
            self.say(|counterpart, markets, said| {
                counterpart.request(message, markets, now(), said);
            });
        } else if gives_up && lock(&self.way.following).knows(message) {
            // Where the tape does not know the book either, what it says next is for this client too.
            self.given_up += 1;
            self.unanswered.push(message.to_vec());
            self.answer();
        } else if asks && self.given_up > 0 {
            self.given_up -= 1;
            self.unanswered.push(message.to_vec());
            self.answer();
        } else {
            self.heard += 1;
        }
        Ok(answers)
    }

    /// Answers requests for books in their order, as far as the tape knows them.
    fn answer(&mut self) {
        while let Some(message) = self.unanswered.first() {
            if !lock(&self.way.following).knows(message) {
                break;
            }
            let message = self.unanswered.remove(0);
            self.say(|counterpart, markets, said| {
                counterpart.request(&message, markets, now(), said);
            });
        }
    }

    /// The next thing that the venue says, when it is time. Dropping the wait loses nothing.
    pub(super) async fn next(&mut self) -> Said {
        loop {
            tokio::time::sleep_until(self.silent_until).await;
            if let Some(delivery) = self.ready.pop_front() {
                let oversized_bytes = self.shared.settings.oversized_bytes;
                let Some(bytes) = delivery.into_bytes(oversized_bytes) else {
                    continue;
                };
                self.shared.count(|served| served.messages += 1);
                return Said::Message(bytes);
            }
            if self.opening > 0 {
                let since = *self.waits_since.get_or_insert_with(Instant::now);
                // What is heard drops this wait.
                tokio::time::sleep_until(since + self.shared.settings.wait_max).await;
                self.opening = 0;
                self.waits_since = None;
            }
            if self.way.is_finished {
                std::future::pending::<()>().await;
            }
            if self.way.current.is_none() {
                self.way.current = self.way.entries.recv().await;
                self.waits_since = None;
                let Some((place, _)) = &self.way.current else {
                    self.finish();
                    continue;
                };
                lock(&self.way.following).place = *place;
            }
            self.due().await;
            if !self.is_ready().await {
                continue;
            }
            let Some((place, entry)) = self.way.current.take() else {
                continue;
            };
            lock(&self.way.following).play(place, &entry);
            match entry.passed {
                Passed::Message(bytes) => {
                    if !self.put(bytes) {
                        return Said::Closed;
                    }
                    self.answer();
                }
                Passed::Closed | Passed::Lost(_) => {
                    let is_last = self.way.session + 1 >= self.shared.index.sessions.len();
                    if is_last {
                        self.finish();
                        continue;
                    }
                    self.fate = Fate::NextSession;
                    return Said::Closed;
                }
                Passed::Opened | Passed::Sent(_) | Passed::Answer { .. } | Passed::Ticked => {}
            }
        }
    }

    fn finish(&mut self) {
        self.way.is_finished = true;
        // Who lost track on the way may find out only now.
        if lock(&self.shared.faults).weather == Weather::CALM {
            self.fate = Fate::Nothing;
        }
        self.shared.count(|served| served.finished += 1);
    }

    /// Puts a message on its way, through the weather; `false` when the connection ends.
    fn put(&mut self, mut bytes: Vec<u8>) -> bool {
        if self.is_midway {
            self.counterpart.renumber(&mut bytes);
        }
        self.pass(bytes);
        let mut faults = lock(&self.shared.faults);
        let weather = faults.weather;
        if faults.chance(weather.stalled) {
            self.silent_until = Instant::now() + faults.up_to(self.shared.settings.stall_max);
        }
        !faults.chance(weather.disconnected)
    }

    fn pass(&mut self, bytes: Vec<u8>) {
        let mut passed = Vec::new();
        lock(&self.shared.faults).pass(bytes, &*self.counterpart, &mut passed);
        self.ready.extend(passed);
    }

    /// Waits until the time of the current entry.
    async fn due(&mut self) {
        let speed = self.shared.settings.speed;
        let (Some((_, entry)), Speed::Times(times)) = (&self.way.current, speed) else {
            return;
        };
        let time = entry.time;
        let (base, since) = *self.clock.get_or_insert_with(|| (time, Instant::now()));
        let ahead = time.0.saturating_sub(base.0) / u64::from(times.max(1));
        tokio::time::sleep_until(since + Duration::from_nanos(ahead)).await;
    }

    /// Whether the client has done what was done before the current entry; waits for it otherwise.
    async fn is_ready(&mut self) -> bool {
        let Some((_, entry)) = &self.way.current else {
            return false;
        };
        let is_done = match &entry.passed {
            Passed::Sent(bytes) if !is_ping(bytes) => {
                // What it had sent before counts; the socket is read between two calls.
                let is_heard = self.heard > 0;
                self.heard -= u64::from(is_heard);
                is_heard
            }
            Passed::Answer { path, body, .. } => self.shared.answer(path, body.as_deref()),
            _ => return true,
        };
        let since = *self.waits_since.get_or_insert_with(Instant::now);
        let ends = since + self.shared.settings.wait_max;
        if is_done || Instant::now() >= ends {
            // The time that it took is not the tape's.
            self.clock = Some((entry.time, Instant::now()));
            return true;
        }
        // A request for a document, or the socket: what is heard there drops this wait.
        tokio::select! {
            _ = self.asked.changed() => {}
            () = tokio::time::sleep_until(ends) => {}
        }
        false
    }
}

/// What keeps a connection alive is answered at once, whatever the tape has.
pub(super) fn is_ping(message: &[u8]) -> bool {
    message == b"ping" || message.windows(6).any(|part| part == b"\"ping\"")
}

/// Whether something in quotes is this word.
fn has_word(message: &[u8], word: &[u8]) -> bool {
    message
        .split(|&byte| byte == b'"')
        .skip(1)
        .step_by(2)
        .any(|quoted| quoted == word)
}

/// Sends a session's entries until it closes or nobody takes them.
fn read(shared: &Shared, from: u64, sender: &mpsc::Sender<(u64, Entry)>) -> Result<(), TapeError> {
    let mut entries = (shared.open)()?;
    let mut place = 0;
    while let Some(entry) = entries.next()? {
        let at = place;
        place += 1;
        if at < from || entry.connection != shared.settings.connection {
            continue;
        }
        if at > from && entry.passed == Passed::Opened {
            // The session before was never closed on the tape.
            let passed = Passed::Closed;
            let _ = sender.blocking_send((at, Entry { passed, ..entry }));
            return Ok(());
        }
        let is_end = matches!(entry.passed, Passed::Closed | Passed::Lost(_));
        if sender.blocking_send((at, entry)).is_err() || is_end {
            return Ok(());
        }
    }
    Ok(())
}
