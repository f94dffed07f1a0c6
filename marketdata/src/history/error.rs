//! What is wrong with a file, and with a row of it.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use types::Price;

use super::decode::Fault;

/// The most characters of a refused value that an error repeats.
const VALUE_SHOWN_MAX: usize = 64;

/// Why a file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be read.
    #[error("{file} cannot be read")]
    Io {
        /// The file.
        file: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Nothing tells what it is.
    #[error("{file}: no format that is known{}; accepted: {accepted}", because(problem.as_deref()))]
    Unknown {
        /// The file.
        file: String,
        /// What is missing of a row that its first line begins to name, or that it is no text.
        problem: Option<String>,
        /// What would tell.
        accepted: String,
    },
    /// It is not what it is said to be, or damaged where it begins.
    #[error("{file}: {problem}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// The format leaves open what has to be known.
    #[error("{file}: {what}; accepted: {accepted}")]
    Missing {
        /// The file.
        file: String,
        /// What is not known.
        what: &'static str,
        /// What would say it.
        accepted: &'static str,
    },
}

fn because(problem: Option<&str>) -> String {
    problem.map_or_else(String::new, |problem| format!(": {problem}"))
}

impl OpenError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            file: path.display().to_string(),
            source,
        }
    }

    pub(super) fn damaged(path: &Path, problem: impl fmt::Display) -> Self {
        Self::Damaged {
            file: path.display().to_string(),
            problem: problem.to_string(),
        }
    }

    pub(super) fn missing(path: &Path, what: &'static str, accepted: &'static str) -> Self {
        Self::Missing {
            file: path.display().to_string(),
            what,
            accepted,
        }
    }
}

/// Where in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of text; the first is 1.
    Line(u64),
    /// A record of a binary format; the first is 1.
    Record(u64),
    /// No place in particular.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, ":{line}"),
            Self::Record(record) => write!(f, ": record {record}"),
            Self::Whole => Ok(()),
        }
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A value is not what its field takes.
    #[error("{field} is '{value}'; accepted: {accepted}")]
    Value {
        /// The field.
        field: &'static str,
        /// The value, escaped and held to 64 characters.
        value: String,
        /// What the field takes.
        accepted: String,
    },
    /// A quote whose bid is above its ask.
    #[error("ask is '{ask}'; accepted: a price not below the bid {bid}")]
    Crossed {
        /// The bid.
        bid: Price,
        /// The ask.
        ask: Price,
    },
    /// What follows cannot be understood.
    #[error("{0}")]
    Damaged(String),
}

impl Problem {
    pub(super) fn value(field: &'static str, value: impl fmt::Display, accepted: String) -> Self {
        let value = value.to_string();
        Self::Value {
            field,
            value: value
                .chars()
                .flat_map(char::escape_default)
                .take(VALUE_SHOWN_MAX)
                .collect(),
            accepted,
        }
    }
}

/// A bad row, or the end of what can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {problem}")]
pub struct RowError {
    /// The file.
    pub file: Arc<str>,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub problem: Problem,
    is_fatal: bool,
}

impl RowError {
    pub(super) fn new(file: Arc<str>, place: Place, fault: Fault) -> Self {
        Self {
            file,
            place,
            problem: fault.problem,
            is_fatal: fault.is_fatal,
        }
    }

    /// Whether it is a quote whose bid is above its ask, and nothing else is wrong.
    pub const fn is_crossed(&self) -> bool {
        matches!(self.problem, Problem::Crossed { .. })
    }

    /// Whether nothing after it can be read.
    pub const fn is_fatal(&self) -> bool {
        self.is_fatal
    }
}
