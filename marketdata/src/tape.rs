//! Tapes: what passed through connections, byte for byte and with the time at which it came, in one file.
//!
//! A tape is decoded again by the same adapters that heard it live ([`Player`]), into an engine or into the rows of a
//! history ([`crate::history`]), served to them over sockets ([`crate::local::TapeVenue`]), and read by nothing else: it
//! knows messages, not prices.
//!
//! ```text
//! tape   = magic record*             the first record is the header, JSON
//! record = length u32, crc32c u32    both of the body, little-endian as everything here
//!          body
//! body   = kind u8, connection u16, time u64 (ns since 1970, when it came), payload
//! ```
//!
//! A name that ends in `.zst` is compressed; readers look at the bytes, not at the name. A tape whose writer died
//! ends in a record that is not whole: that tail is cut off and told ([`Ending::Torn`]). A record that does not
//! check and has others behind it is damage, an error.

mod capture;
mod header;
mod player;
mod reader;
mod recorder;
mod writer;

pub use capture::Capture;
pub use header::{FeedHeader, Header, TapeListing};
pub use player::{Player, Tally};
pub use reader::{Ending, Reader};
pub(crate) use recorder::is_redacted;
pub use recorder::{Recorded, Recorder, Tap};
pub use writer::Writer;

use std::io;
use std::net::SocketAddr;

use types::TimestampNs;

use crate::feed::FetchId;

/// The largest message or document on a tape; a connection takes none that is larger.
pub const TAPE_MESSAGE_BYTES_MAX: usize = 64 << 20;
/// The longest path of a document.
pub const TAPE_PATH_BYTES_MAX: usize = u16::MAX as usize;

pub(crate) const MAGIC: [u8; 8] = *b"DYNTAPE1";
/// Kind, connection, time.
const BODY_BYTES_MIN: usize = 11;
/// A document with its path and what is around them.
const BODY_BYTES_MAX: usize = TAPE_MESSAGE_BYTES_MAX + TAPE_PATH_BYTES_MAX + 32;

/// What passed through a connection, byte for byte, and what else moved its adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    /// The connection opened.
    Opened,
    /// A message came.
    Message(Vec<u8>),
    /// A message was sent, without keys and secrets.
    Sent(Vec<u8>),
    /// The answer to a request for a document came.
    Answer {
        /// What the adapter called the request.
        id: FetchId,
        /// Path and query.
        path: String,
        /// The document; `None` when there was none.
        body: Option<Vec<u8>>,
    },
    /// The adapter was told that time has passed.
    Ticked,
    /// So much that passed is not on the tape: the recorder was too slow.
    Lost(u64),
    /// The connection closed.
    Closed,
}

impl Passed {
    const HEADER: u8 = 0;

    const fn kind(&self) -> u8 {
        match self {
            Self::Opened => 1,
            Self::Message(_) => 2,
            Self::Sent(_) => 3,
            Self::Answer { .. } => 4,
            Self::Ticked => 5,
            Self::Lost(_) => 6,
            Self::Closed => 7,
        }
    }

    /// Bytes that it holds.
    fn bytes(&self) -> usize {
        match self {
            Self::Message(bytes) | Self::Sent(bytes) => bytes.len(),
            Self::Answer { path, body, .. } => path.len() + body.as_ref().map_or(0, Vec::len),
            Self::Opened | Self::Ticked | Self::Lost(_) | Self::Closed => 0,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Opened | Self::Ticked | Self::Closed => {}
            Self::Message(bytes) | Self::Sent(bytes) => out.extend_from_slice(bytes),
            Self::Lost(count) => out.extend_from_slice(&count.to_le_bytes()),
            Self::Answer { id, path, body } => {
                out.extend_from_slice(&id.0.to_le_bytes());
                let path = &path.as_bytes()[..path.len().min(TAPE_PATH_BYTES_MAX)];
                out.extend_from_slice(&(path.len() as u16).to_le_bytes());
                out.extend_from_slice(path);
                out.push(u8::from(body.is_some()));
                out.extend_from_slice(body.as_deref().unwrap_or_default());
            }
        }
    }

    fn decode(kind: u8, payload: &[u8]) -> Option<Self> {
        let nothing = |passed| payload.is_empty().then_some(passed);
        match kind {
            1 => nothing(Self::Opened),
            2 => Some(Self::Message(payload.to_vec())),
            3 => Some(Self::Sent(payload.to_vec())),
            4 => {
                let (id, rest) = payload.split_first_chunk()?;
                let (length, rest) = rest.split_first_chunk()?;
                let (path, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
                let body = match rest.split_first()? {
                    (0, []) => None,
                    (1, body) => Some(body.to_vec()),
                    _ => return None,
                };
                Some(Self::Answer {
                    id: FetchId(u64::from_le_bytes(*id)),
                    path: String::from_utf8(path.to_vec()).ok()?,
                    body,
                })
            }
            5 => nothing(Self::Ticked),
            6 => Some(Self::Lost(u64::from_le_bytes(payload.try_into().ok()?))),
            7 => nothing(Self::Closed),
            _ => None,
        }
    }
}

/// One record of a tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose it is: a place in [`Header::feeds`].
    pub connection: u16,
    /// When it came, by the clock of the machine that recorded it.
    pub time: TimestampNs,
    /// What it is.
    pub passed: Passed,
}

/// What is wrong with a tape.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The disk, or what is behind it.
    #[error("reading or writing the tape")]
    Io(#[from] io::Error),
    /// It does not begin as a tape does.
    #[error("not a tape: it begins with '{found}'; accepted: '{accepted}'", accepted = String::from_utf8_lossy(&MAGIC))]
    Magic {
        /// The first bytes.
        found: String,
    },
    /// The header does not say what it must.
    #[error("the tape's header: {field} is '{found}'; accepted: {accepted}")]
    Header {
        /// Of which field.
        field: &'static str,
        /// What it says, cut to a length.
        found: String,
        /// What it could say.
        accepted: &'static str,
    },
    /// A record does not check, and others follow it.
    #[error("the tape is damaged at byte {offset}: {what}")]
    Damaged {
        /// Where the record begins, in the unpacked tape.
        offset: u64,
        /// What does not check.
        what: &'static str,
    },
    /// A line of a recording that somebody else made.
    #[error(
        "line {line}: '{found}'; accepted: the time of receipt in ns, a space, the message; or a message with its own time, ts or E"
    )]
    Line {
        /// Counted from 1.
        line: u64,
        /// Its beginning.
        found: String,
    },
    /// Nothing can listen at the address that a tape is to be served at.
    #[error("{address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The thread of the recorder is gone.
    #[error("the recorder's thread ended early")]
    Thread,
}

/// Where the entries of a tape come from: a tape, or a recording that somebody else made.
#[derive(Debug)]
pub enum Entries {
    /// A tape.
    Tape(Reader),
    /// Lines of text.
    Capture(Capture),
}

impl Entries {
    /// What is needed to decode them.
    pub const fn header(&self) -> &Header {
        match self {
            Self::Tape(reader) => reader.header(),
            Self::Capture(capture) => capture.header(),
        }
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// See [`TapeError`].
    #[expect(clippy::should_implement_trait, reason = "an iterator could not fail")]
    pub fn next(&mut self) -> Result<Option<Entry>, TapeError> {
        match self {
            Self::Tape(reader) => reader.next(),
            Self::Capture(capture) => capture.next(),
        }
    }

    /// How it ended, once [`Entries::next`] has said so.
    pub const fn ending(&self) -> Ending {
        match self {
            Self::Tape(reader) => reader.ending(),
            Self::Capture(_) => Ending::Whole,
        }
    }
}

/// The beginning of bytes, for an error.
fn shown(bytes: &[u8]) -> String {
    const SHOWN_MAX: usize = 60;
    let head = &bytes[..bytes.len().min(SHOWN_MAX)];
    String::from_utf8_lossy(head).escape_debug().to_string()
}
