//! What becomes of bad rows: they are counted and passed over, or end the reading.

use super::{Row, RowError};

/// The most bad rows that are kept to be shown.
pub const BAD_ROWS_SHOWN_MAX: usize = 10;

/// What a bad row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadRows {
    /// It is counted and passed over.
    #[default]
    Skipped,
    /// It ends the reading.
    Fatal,
}

/// Rows without the bad ones. The end of a file that cannot be read to its end is always an error.
#[derive(Debug)]
pub struct Clean<I> {
    rows: I,
    bad_rows: BadRows,
    crossed_quotes: BadRows,
    bad: u64,
    crossed: u64,
    shown: Vec<RowError>,
    has_ended: bool,
}

impl<I: Iterator<Item = Result<Row, RowError>>> Clean<I> {
    /// Rows of `rows`.
    pub const fn new(rows: I, bad_rows: BadRows) -> Self {
        Self {
            rows,
            bad_rows,
            crossed_quotes: bad_rows,
            bad: 0,
            crossed: 0,
            shown: Vec::new(),
            has_ended: false,
        }
    }

    /// The same, but for quotes whose bid is above their ask.
    #[must_use]
    pub fn with_crossed_quotes(mut self, crossed_quotes: BadRows) -> Self {
        self.crossed_quotes = crossed_quotes;
        self
    }

    /// How many of the bad rows were quotes whose bid is above their ask.
    pub const fn crossed(&self) -> u64 {
        self.crossed
    }

    /// How many rows were bad until now.
    pub const fn bad(&self) -> u64 {
        self.bad
    }

    /// The first of them.
    pub fn shown(&self) -> &[RowError] {
        &self.shown
    }

    /// What is read.
    pub const fn rows(&self) -> &I {
        &self.rows
    }
}

impl<I: Iterator<Item = Result<Row, RowError>>> Iterator for Clean<I> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.has_ended {
            let error = match self.rows.next()? {
                Ok(row) => return Some(Ok(row)),
                Err(error) => error,
            };
            self.bad += 1;
            if self.shown.len() < BAD_ROWS_SHOWN_MAX {
                self.shown.push(error.clone());
            }
            let is_crossed = error.is_crossed();
            self.crossed += u64::from(is_crossed);
            let rule = if is_crossed {
                self.crossed_quotes
            } else {
                self.bad_rows
            };
            if error.is_fatal() || rule == BadRows::Fatal {
                self.has_ended = true;
                return Some(Err(error));
            }
        }
        None
    }
}
