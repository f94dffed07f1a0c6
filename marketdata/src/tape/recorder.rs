//! Writes what passes through connections to a tape, in a thread of its own that no connection waits for.
//!
//! What waits for the disk is bounded, by number and by bytes. Beyond that it is not recorded: it is counted, and
//! the tape says where ([`Passed::Lost`]) as soon as there is room.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use types::TimestampNs;

use super::{Entry, Header, Passed, TapeError, Writer};
use crate::feed::Credentials;

/// Entries that wait for the disk.
const TAPE_WAITING_MAX: usize = 65_536;
/// Their bytes.
const TAPE_WAITING_BYTES_MAX: u64 = 128 << 20;
/// At most so long after it passed something is with the operating system.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// What stands in place of a key or its secret.
const REDACTED: &[u8] = b"<redacted>";

/// A tape that is being recorded.
#[derive(Debug)]
pub struct Recorder {
    thread: JoinHandle<Result<(), TapeError>>,
    sender: SyncSender<Entry>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting_bytes: AtomicU64,
    entries: AtomicU64,
    bytes: AtomicU64,
    lost: AtomicU64,
    is_failed: AtomicBool,
    failure: OnceLock<String>,
}

/// What a recorder has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Entries on the tape.
    pub entries: u64,
    /// Bytes of the tape before compression.
    pub bytes: u64,
    /// What passed and is not on the tape; the tape says where.
    pub lost: u64,
    /// Why it has stopped, if it has: a full disk, for one.
    pub failure: Option<String>,
}

impl Recorder {
    /// Begins a tape; see [`Writer::create`].
    ///
    /// # Errors
    /// I/O errors.
    pub fn start(path: &Path, header: &Header, now: TimestampNs) -> Result<Self, TapeError> {
        let writer = Writer::create(path, header, now)?;
        let (sender, entries) = sync_channel(TAPE_WAITING_MAX);
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new().name("recorder".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                let written = write(writer, &entries, &shared);
                if let Err(error) = &written {
                    let reason = with_source(error);
                    tracing::error!(reason, "the recorder has stopped");
                    let _ = shared.failure.set(reason);
                    shared.is_failed.store(true, Ordering::Release);
                }
                written
            }
        })?;
        Ok(Self {
            thread,
            sender,
            shared,
        })
    }

    /// The way in for a connection, by its place in the header. What it sends is recorded without its keys.
    pub fn tap(&self, connection: u16, credentials: &Credentials) -> Tap {
        let secrets = [&credentials.key, &credentials.secret];
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty());
        Tap {
            connection,
            secrets: secrets.map(|secret| secret.clone().into_bytes()).collect(),
            sender: self.sender.clone(),
            shared: Arc::clone(&self.shared),
            lost: 0,
        }
    }

    /// What it has done so far.
    pub fn recorded(&self) -> Recorded {
        recorded(&self.shared)
    }

    /// Ends the tape once every tap is gone, and waits until the disk has it.
    ///
    /// # Errors
    /// What stopped it before, and I/O errors.
    pub fn finish(self) -> Result<Recorded, TapeError> {
        drop(self.sender);
        self.thread.join().map_err(|_| TapeError::Thread)??;
        Ok(recorded(&self.shared))
    }
}

fn recorded(shared: &Shared) -> Recorded {
    Recorded {
        entries: shared.entries.load(Ordering::Relaxed),
        bytes: shared.bytes.load(Ordering::Relaxed),
        lost: shared.lost.load(Ordering::Relaxed),
        failure: shared.failure.get().cloned(),
    }
}

fn write(mut writer: Writer, entries: &Receiver<Entry>, shared: &Shared) -> Result<(), TapeError> {
    let mut flushed = Instant::now();
    let mut is_flushed = true;
    loop {
        let wait = FLUSH_EVERY.saturating_sub(flushed.elapsed());
        match entries.recv_timeout(if is_flushed { FLUSH_EVERY } else { wait }) {
            Ok(entry) => {
                let held = held_bytes(&entry.passed);
                let written = writer.write(&entry);
                shared.waiting_bytes.fetch_sub(held, Ordering::Relaxed);
                written?;
                shared.entries.fetch_add(1, Ordering::Relaxed);
                shared.bytes.store(writer.bytes(), Ordering::Relaxed);
                is_flushed = false;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return writer.finish(),
        }
        if !is_flushed && flushed.elapsed() >= FLUSH_EVERY {
            writer.flush()?;
            flushed = Instant::now();
            is_flushed = true;
        }
    }
}

/// What an entry holds while it waits.
fn held_bytes(passed: &Passed) -> u64 {
    (passed.bytes() + size_of::<Entry>()) as u64
}

/// A connection's way into a recorder.
#[derive(Debug)]
pub struct Tap {
    connection: u16,
    secrets: Vec<Vec<u8>>,
    sender: SyncSender<Entry>,
    shared: Arc<Shared>,
    /// Not recorded, and not said on the tape yet.
    lost: u64,
}

impl Tap {
    /// Records what passed, or counts it as lost. Never waits.
    pub fn pass(&mut self, time: TimestampNs, mut passed: Passed) {
        if let Passed::Sent(bytes) = &mut passed {
            for secret in &self.secrets {
                redact(bytes, secret);
            }
        }
        if self.lost > 0 {
            let lost = self.lost;
            if !self.put(time, Passed::Lost(lost)) {
                return self.lose();
            }
            self.lost = 0;
        }
        if !self.put(time, passed) {
            self.lose();
        }
    }

    fn lose(&mut self) {
        if self.lost == 0 {
            tracing::warn!(
                connection = self.connection,
                "the recorder is too slow or has stopped: what comes now is not recorded"
            );
        }
        self.lost += 1;
        self.shared.lost.fetch_add(1, Ordering::Relaxed);
    }

    fn put(&self, time: TimestampNs, passed: Passed) -> bool {
        let held = held_bytes(&passed);
        let waiting = &self.shared.waiting_bytes;
        if self.shared.is_failed.load(Ordering::Acquire)
            || waiting.load(Ordering::Relaxed) + held > TAPE_WAITING_BYTES_MAX
        {
            return false;
        }
        // Before it can be taken back by the thread.
        waiting.fetch_add(held, Ordering::Relaxed);
        let entry = Entry {
            connection: self.connection,
            time,
            passed,
        };
        let is_put = self.sender.try_send(entry).is_ok();
        if !is_put {
            waiting.fetch_sub(held, Ordering::Relaxed);
        }
        is_put
    }
}

/// Replaces each occurrence.
fn redact(bytes: &mut Vec<u8>, secret: &[u8]) {
    let mut from = 0;
    while let Some(found) = bytes[from..]
        .windows(secret.len())
        .position(|window| window == secret)
    {
        let at = from + found;
        bytes.splice(at..at + secret.len(), REDACTED.iter().copied());
        from = at + REDACTED.len();
    }
}

/// Whether a message that was sent had a key in it.
pub(crate) fn is_redacted(sent: &[u8]) -> bool {
    sent.windows(REDACTED.len())
        .any(|window| window == REDACTED)
}

fn with_source(error: &TapeError) -> String {
    match error {
        TapeError::Io(source) if source.kind() == io::ErrorKind::StorageFull => {
            String::from("the disk is full")
        }
        TapeError::Io(source) => format!("{error}: {source}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_recorded() {
        let mut sent =
            br#"{"action":"auth","key":"AK77","secret":"s3cret","again":"AK77"}"#.to_vec();
        redact(&mut sent, b"AK77");
        redact(&mut sent, b"s3cret");
        assert_eq!(
            String::from_utf8(sent.clone()).unwrap(),
            r#"{"action":"auth","key":"<redacted>","secret":"<redacted>","again":"<redacted>"}"#
        );
        assert!(is_redacted(&sent) && !is_redacted(b"{}"));
    }

    /// A recorder whose thread takes nothing: the bounds are reached, and the hole is told when there is room.
    #[test]
    fn what_finds_no_room_is_counted_and_told() {
        let (sender, entries) = sync_channel(2);
        let shared = Arc::new(Shared::default());
        let mut tap = Tap {
            connection: 0,
            secrets: Vec::new(),
            sender,
            shared: Arc::clone(&shared),
            lost: 0,
        };
        for second in 0..5 {
            tap.pass(TimestampNs(second), Passed::Message(vec![second as u8]));
        }
        assert_eq!(shared.lost.load(Ordering::Relaxed), 3);
        for second in 0..2 {
            let entry = entries.try_recv().unwrap();
            assert_eq!(entry.passed, Passed::Message(vec![second]));
        }
        tap.pass(TimestampNs(5), Passed::Message(vec![5]));
        assert_eq!(entries.try_recv().unwrap().passed, Passed::Lost(3));
        assert_eq!(entries.try_recv().unwrap().passed, Passed::Message(vec![5]));
        // And by bytes.
        tap.pass(TimestampNs(6), Passed::Message(vec![0; 128 << 20]));
        assert_eq!(shared.lost.load(Ordering::Relaxed), 4);
    }
}
