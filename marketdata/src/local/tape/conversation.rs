//! One client's way through the tape.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use types::TimestampNs;

use super::super::faults::Delivery;
use super::{Shared, Speed, lock};
use crate::connection::now;
use crate::local::Counterpart;
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

pub(super) struct Conversation {
    shared: Arc<Shared>,
    counterpart: Box<dyn Counterpart>,
    id: u64,
    session: usize,
    /// Its entries from the opening on.
    entries: mpsc::Receiver<(u64, Entry)>,
    current: Option<(u64, Entry)>,
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
    is_finished: bool,
    /// What the client gets when it comes back.
    next_session: Option<usize>,
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.shared.leave(self.id, self.next_session);
    }
}

impl Conversation {
    pub(super) fn start(shared: Arc<Shared>, id: u64, session: usize, from: u64) -> Self {
        let (sender, entries) = mpsc::channel(AHEAD);
        let reader = Arc::clone(&shared);
        // A thread of the pool for what blocks; it ends with the session or with the client.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = read(&reader, from, &sender) {
                tracing::error!(%error, "the tape cannot be read");
            }
        });
        Self {
            counterpart: shared.feed.counterpart(),
            asked: shared.asked.subscribe(),
            id,
            session,
            entries,
            current: None,
            waits_since: None,
            clock: None,
            heard: 0,
            keys: shared.index.keys,
            ready: VecDeque::new(),
            silent_until: Instant::now(),
            is_finished: false,
            // As long as nothing else is known, this one again.
            next_session: Some(session),
            shared,
        }
    }

    /// A message of the client's; what is to be said to it at once.
    pub(super) fn hear(&mut self, message: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut answers = Vec::new();
        if is_ping(message) {
            self.counterpart.request(message, &[], now(), &mut answers);
            return Ok(answers);
        }
        let unknown = self.shared.index.unknown_word(message);
        let is_key = unknown.is_some() && self.keys > 0;
        self.keys -= u32::from(is_key);
        if !is_key && let Some(word) = unknown {
            self.counterpart.request(message, &[], now(), &mut answers);
            answers.retain(|answer| {
                answer
                    .windows(5)
                    .any(|word| word.eq_ignore_ascii_case(b"error"))
            });
            self.next_session = None;
            let word = String::from_utf8_lossy(word);
            let word: String = word.chars().take(80).collect();
            return Err(Refusal {
                answers,
                reason: format!("the tape has no {word}"),
            });
        }
        self.heard += 1;
        Ok(answers)
    }

    /// The next thing that the venue says, when it is time. Dropping the wait loses nothing.
    pub(super) async fn next(&mut self) -> Said {
        loop {
            tokio::time::sleep_until(self.silent_until).await;
            if let Some(delivery) = self.ready.pop_front() {
                self.shared.count(|served| served.messages += 1);
                let oversized_bytes = self.shared.settings.oversized_bytes;
                return Said::Message(delivery.into_bytes(oversized_bytes));
            }
            if self.is_finished {
                std::future::pending::<()>().await;
            }
            if self.current.is_none() {
                self.current = self.entries.recv().await;
                self.waits_since = None;
                let Some((place, _)) = &self.current else {
                    self.finish();
                    continue;
                };
                lock(&self.shared.clients).places.insert(self.id, *place);
            }
            self.due().await;
            if !self.is_ready().await {
                continue;
            }
            let Some((_, entry)) = self.current.take() else {
                continue;
            };
            match entry.passed {
                Passed::Message(bytes) => {
                    if !self.put(bytes) {
                        return Said::Closed;
                    }
                }
                Passed::Closed | Passed::Lost(_) => {
                    let is_last = self.session + 1 >= self.shared.index.sessions.len();
                    if is_last {
                        self.finish();
                        continue;
                    }
                    self.next_session = Some(self.session + 1);
                    return Said::Closed;
                }
                Passed::Opened | Passed::Sent(_) | Passed::Answer { .. } | Passed::Ticked => {}
            }
        }
    }

    fn finish(&mut self) {
        self.is_finished = true;
        self.next_session = None;
        self.shared.count(|served| served.finished += 1);
    }

    /// Puts a message on its way, through the weather; `false` when the connection ends.
    fn put(&mut self, bytes: Vec<u8>) -> bool {
        let mut faults = lock(&self.shared.faults);
        let mut passed = Vec::new();
        faults.pass(bytes, &*self.counterpart, &mut passed);
        self.ready.extend(passed);
        let weather = faults.weather;
        if faults.chance(weather.stalled) {
            self.silent_until = Instant::now() + faults.up_to(self.shared.settings.stall_max);
        }
        !faults.chance(weather.disconnected)
    }

    /// Waits until the time of the current entry.
    async fn due(&mut self) {
        let (Some((_, entry)), Speed::Times(times)) = (&self.current, self.shared.settings.speed)
        else {
            return;
        };
        let time = entry.time;
        let (base, since) = *self.clock.get_or_insert_with(|| (time, Instant::now()));
        let ahead = time.0.saturating_sub(base.0) / u64::from(times.max(1));
        tokio::time::sleep_until(since + Duration::from_nanos(ahead)).await;
    }

    /// Whether the client has done what was done before the current entry; waits for it otherwise.
    async fn is_ready(&mut self) -> bool {
        let Some((_, entry)) = &self.current else {
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
fn is_ping(message: &[u8]) -> bool {
    message == b"ping" || message.windows(6).any(|part| part == b"\"ping\"")
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
