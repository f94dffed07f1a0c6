//! Many recordings as one, by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use types::TimestampNs;

use super::{Row, RowError};

/// Rows of many sources in the order of their times. Rows of one time come in the order in which their sources
/// were given, those of one source in its own. A source whose times step back gives those rows as soon as it can.
///
/// An error of a source comes before its next row and does not end the merge.
#[derive(Debug)]
pub struct Merge<I> {
    sources: Vec<I>,
    /// The next row of each source.
    heads: Vec<Option<Row>>,
    order: BinaryHeap<Reverse<(TimestampNs, usize)>>,
    /// Sources whose next row is not known.
    open: Vec<usize>,
}

impl<I: Iterator<Item = Result<Row, RowError>>> Merge<I> {
    /// Rows of `sources`.
    pub fn new(sources: Vec<I>) -> Self {
        let count = sources.len();
        Self {
            sources,
            heads: vec![None; count],
            order: BinaryHeap::with_capacity(count),
            open: (0..count).rev().collect(),
        }
    }

    /// What is merged, in the order given.
    pub fn sources(&self) -> &[I] {
        &self.sources
    }
}

impl<I: Iterator<Item = Result<Row, RowError>>> Iterator for Merge<I> {
    /// The place of the source, and what it says.
    type Item = (usize, Result<Row, RowError>);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(&place) = self.open.last() {
            match self.sources[place].next() {
                // Its next row is still not known.
                Some(Err(error)) => return Some((place, Err(error))),
                Some(Ok(row)) => {
                    self.order.push(Reverse((row.ts, place)));
                    self.heads[place] = Some(row);
                }
                None => {}
            }
            self.open.pop();
        }
        let Reverse((_, place)) = self.order.pop()?;
        self.open.push(place);
        self.heads[place].take().map(|row| (place, Ok(row)))
    }
}
