//! What every reader of a format is: a step that turns the next piece of a file into rows.

use std::collections::VecDeque;
use std::fmt;
use std::io;

use types::{Label, Price, TimestampNs};

use super::error::{Place, Problem};
use super::{Clock, Row};

/// What is wrong with a piece of a file.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: Problem,
    /// Nothing after it can be read.
    pub(super) is_fatal: bool,
}

impl Fault {
    /// A value that makes one row a bad row.
    pub(super) fn value(
        field: &'static str,
        value: impl fmt::Display,
        accepted: impl Into<String>,
    ) -> Self {
        Self {
            problem: Problem::value(field, value, accepted.into()),
            is_fatal: false,
        }
    }

    /// A quote whose bid is above its ask.
    pub(super) const fn crossed(bid: Price, ask: Price) -> Self {
        Self {
            problem: Problem::Crossed { bid, ask },
            is_fatal: false,
        }
    }

    /// Bytes that make one row a bad row.
    pub(super) fn bytes(field: &'static str, value: &[u8], accepted: impl Into<String>) -> Self {
        Self::value(field, String::from_utf8_lossy(value), accepted)
    }

    /// What makes the rest of the file unreadable.
    pub(super) fn damaged(problem: impl fmt::Display) -> Self {
        Self {
            problem: Problem::Damaged(problem.to_string()),
            is_fatal: true,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::damaged(told(&error))
    }
}

/// What an error of the bytes says; of an end that is too early, that the file is cut short, if not what it is packed in.
pub(super) fn told(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof && error.get_ref().is_none() {
        "the file is cut short".to_owned()
    } else {
        error.to_string()
    }
}

/// What the next piece of a file is.
#[derive(Debug)]
pub(super) enum Piece {
    /// A row.
    Row(Row),
    /// Nothing that is said of, as a first line with names.
    Nothing,
    /// [`Decode::decode`] says.
    Any,
    /// There is none.
    End,
}

/// A reader of one format.
pub(super) trait Decode: Send {
    /// Reads on by one piece, in formats of which each is a row.
    fn decode_one(&mut self) -> Result<Piece, Fault> {
        Ok(Piece::Any)
    }

    /// Reads on, by at least one piece of the file, and says what that means: rows, or none. `false` at the end.
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault>;

    /// Where the piece read last is.
    fn place(&self) -> Place;

    /// Where a row is that came with `after` others after it in one piece.
    fn place_before(&self, after: usize) -> Place {
        let _ = after;
        self.place()
    }
}

/// What the rows of a file have in common.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    /// The name of rows that have none.
    pub(super) symbol: Label,
    pub(super) clock: Clock,
}

impl Setting {
    /// The times of a row that was received at one and happened at the other.
    pub(super) fn times(
        &self,
        received: TimestampNs,
        happened: TimestampNs,
    ) -> (TimestampNs, TimestampNs) {
        match self.clock {
            Clock::Receive => (received, happened),
            Clock::Venue => (happened, happened),
        }
    }
}
