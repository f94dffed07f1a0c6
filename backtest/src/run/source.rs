//! Where market events come from: memory or files.

use marketdata::history::{Row, RowError};
use types::{Bar, InstrumentId, Label, MarketData, MarketEvent, TimestampNs};

/// A market event and when it was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// When it was known; of a bar its end.
    pub ts: TimestampNs,
    /// The event.
    pub event: MarketEvent,
}

/// Why a source has no next event.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A row could not be read.
    #[error(transparent)]
    Row(#[from] RowError),
    /// A row names an instrument that the run does not have.
    #[error("the data has '{symbol}'; accepted: {accepted}")]
    UnknownSymbol {
        /// The name.
        symbol: Label,
        /// The names that the run has.
        accepted: String,
    },
}

/// Market events in order of time.
pub trait Source {
    /// The next one, or the end.
    ///
    /// # Errors
    /// See [`SourceError`].
    fn next_event(&mut self) -> Result<Option<Timed>, SourceError>;
}

impl<S: Source> Source for &mut S {
    fn next_event(&mut self) -> Result<Option<Timed>, SourceError> {
        (**self).next_event()
    }
}

impl Source for Box<dyn Source + '_> {
    fn next_event(&mut self) -> Result<Option<Timed>, SourceError> {
        (**self).next_event()
    }
}

/// Bars of one instrument in memory.
#[derive(Debug, Clone)]
pub struct Bars<'a> {
    instrument: InstrumentId,
    bars: std::slice::Iter<'a, (TimestampNs, Bar)>,
}

impl<'a> Bars<'a> {
    /// `bars`: the end of each, and the bar.
    pub fn new(instrument: InstrumentId, bars: &'a [(TimestampNs, Bar)]) -> Self {
        Self {
            instrument,
            bars: bars.iter(),
        }
    }
}

impl Source for Bars<'_> {
    #[inline]
    fn next_event(&mut self) -> Result<Option<Timed>, SourceError> {
        Ok(self.bars.next().map(|&(ts, bar)| Timed {
            ts,
            event: MarketEvent {
                instrument: self.instrument,
                ts_event: ts,
                data: MarketData::Bar(bar),
            },
        }))
    }
}

/// Events in memory.
#[derive(Debug, Clone)]
pub struct Memory<'a> {
    events: std::slice::Iter<'a, Timed>,
}

impl<'a> Memory<'a> {
    /// In order of time.
    pub fn new(events: &'a [Timed]) -> Self {
        Self {
            events: events.iter(),
        }
    }
}

impl Source for Memory<'_> {
    #[inline]
    fn next_event(&mut self) -> Result<Option<Timed>, SourceError> {
        Ok(self.events.next().cloned())
    }
}

/// Rows of a recording, their symbols as instruments.
#[derive(Debug)]
pub struct Mapped<I> {
    rows: I,
    symbols: Vec<Label>,
    /// The newest one, which most rows have again.
    last: Option<(Label, InstrumentId)>,
}

impl<I: Iterator<Item = Result<Row, RowError>>> Mapped<I> {
    /// `symbols`: what the file calls each instrument, in the order of their ids.
    pub const fn new(rows: I, symbols: Vec<Label>) -> Self {
        Self {
            rows,
            symbols,
            last: None,
        }
    }

    /// What is read.
    pub const fn rows(&self) -> &I {
        &self.rows
    }

    fn place(&mut self, symbol: Label) -> Result<InstrumentId, SourceError> {
        if let Some((last, id)) = self.last
            && last == symbol
        {
            return Ok(id);
        }
        let Some(place) = self.symbols.iter().position(|known| *known == symbol) else {
            let names: Vec<_> = self.symbols.iter().map(Label::as_str).collect();
            return Err(SourceError::UnknownSymbol {
                symbol,
                accepted: names.join(", "),
            });
        };
        let id = InstrumentId(place as u32);
        self.last = Some((symbol, id));
        Ok(id)
    }
}

impl<I: Iterator<Item = Result<Row, RowError>>> Source for Mapped<I> {
    fn next_event(&mut self) -> Result<Option<Timed>, SourceError> {
        let Some(row) = self.rows.next() else {
            return Ok(None);
        };
        let row = row?;
        Ok(Some(Timed {
            ts: row.ts,
            event: MarketEvent {
                instrument: self.place(row.symbol)?,
                ts_event: row.ts_event,
                data: row.data,
            },
        }))
    }
}
