//! Recordings that somebody else made, read as if they were tapes: on each line the time of receipt in
//! nanoseconds, a space and a message as it came, in gzip, zstd, zip (with one member) or plain. That is the form of
//! hftbacktest's collector. A line that is a message alone came when the message says that it was made: the
//! milliseconds of its own field `ts` or, of Binance, of its data's `E`.
//!
//! What such a recording lacks is put in: the opening and what the adapter sends then, and the passing of time.

use std::collections::VecDeque;
use std::io::{BufRead, Read as _};
use std::path::Path;

use types::TimestampNs;

use super::{Entry, Header, Passed, TAPE_MESSAGE_BYTES_MAX, TapeError, shown};
use crate::feed::{Action, FetchId, Fields, Output, Value, timestamp_ms};
use crate::history;
use crate::venue::binance;

const SECOND: u64 = 1_000_000_000;

/// A recording of one connection.
pub struct Capture {
    lines: Box<dyn BufRead + Send>,
    header: Header,
    line: u64,
    /// Entries that come before anything else.
    ready: VecDeque<Entry>,
    ticked: Option<TimestampNs>,
    /// Of the newest entry.
    newest: TimestampNs,
    is_over: bool,
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capture")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl Capture {
    /// Opens a recording of what this header says; it has one connection.
    ///
    /// # Errors
    /// I/O errors, and archives that have not one member.
    pub fn open(path: &Path, header: Header) -> Result<Self, TapeError> {
        let lines = history::unpacked(path)?;
        Ok(Self::new(lines, header))
    }

    /// Reads lines.
    pub fn new(lines: Box<dyn BufRead + Send>, header: Header) -> Self {
        Self {
            lines,
            header,
            line: 0,
            ready: VecDeque::new(),
            ticked: None,
            newest: TimestampNs(0),
            is_over: false,
        }
    }

    /// What is needed to decode it.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// I/O errors and lines that are not as they should be.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not fail")]
    pub fn next(&mut self) -> Result<Option<Entry>, TapeError> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                self.newest = entry.time;
                return Ok(Some(entry));
            }
            if self.is_over {
                return Ok(None);
            }
            self.read()?;
        }
    }

    /// Reads a line, and makes entries of it.
    fn read(&mut self) -> Result<(), TapeError> {
        let mut text = Vec::new();
        let most = TAPE_MESSAGE_BYTES_MAX as u64 + 32;
        let read = (&mut self.lines).take(most).read_until(b'\n', &mut text)?;
        if read == 0 {
            self.is_over = true;
            if self.ticked.is_some() {
                self.put(self.newest, Passed::Closed);
            }
            return Ok(());
        }
        self.line += 1;
        let line = text.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        let parts = if line.starts_with(b"{") {
            made(line).map(|time| (time.max(self.newest), line))
        } else {
            let split = line.iter().position(|&byte| byte == b' ');
            let parts = split.map(|at| (&line[..at], line[at..].trim_ascii()));
            parts.and_then(|(time, message)| {
                let time = crate::feed::unsigned(time).ok()?;
                (!message.is_empty()).then_some((TimestampNs(time), message))
            })
        };
        let Some((time, message)) = parts else {
            self.is_over = true;
            let (line, found) = (self.line, shown(line));
            return Err(TapeError::Line { line, found });
        };
        let message = message.to_vec();
        match self.ticked {
            None => self.opening(time),
            Some(ticked) if time.0.saturating_sub(ticked.0) >= SECOND => {
                // Of a silence the one that ends it: adapters compare times, they do not count.
                self.ticked = Some(time);
                self.put(time, Passed::Ticked);
            }
            Some(_) => {}
        }
        let passed = match self.document(&message) {
            Some(path) => Passed::Answer {
                id: FetchId(0),
                path,
                body: Some(message),
            },
            None => Passed::Message(message),
        };
        self.put(time, passed);
        Ok(())
    }

    fn opening(&mut self, time: TimestampNs) {
        self.ticked = Some(time);
        self.put(time, Passed::Opened);
        let mut out = Output::default();
        if let Some(feed) = self.header.feeds.first() {
            feed.adapter().opened(time, &mut out);
        }
        for action in out.actions {
            if let Action::Send(bytes) = action {
                self.put(time, Passed::Sent(bytes));
            }
        }
    }

    /// The path of the document that a line is, where it is one.
    fn document(&self, message: &[u8]) -> Option<String> {
        let feed = self.header.feeds.first()?;
        let product = binance::Product::of(feed.feed.name)?;
        let is_snapshot = message.starts_with(b"{\"lastUpdateId\"");
        let symbol = &feed.listings.first()?.listing.symbol;
        is_snapshot.then(|| product.snapshot_request(symbol))
    }

    fn put(&mut self, time: TimestampNs, passed: Passed) {
        self.ready.push_back(Entry {
            connection: 0,
            time,
            passed,
        });
    }
}

/// When a message was made, as it says itself.
fn made(message: &[u8]) -> Option<TimestampNs> {
    let field = |object: &[u8], name: &[u8]| -> Option<TimestampNs> {
        let value = Fields::of(object)?.get(name).ok()??;
        timestamp_ms(value.scalar()?).ok()
    };
    let data = || match Fields::of(message)?.get(b"data").ok()?? {
        Value::Object(data) => field(data, b"E"),
        _ => None,
    };
    field(message, b"ts").or_else(data)
}
