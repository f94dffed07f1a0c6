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
    /// Writes the next event over `event` and gives its time, or the end. What `event` has is reused where that saves
    /// an allocation.
    ///
    /// # Errors
    /// See [`SourceError`].
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError>;

    /// The next event, or the end.
    ///
    /// # Errors
    /// See [`SourceError`].
    fn next_event(&mut self) -> Result<Option<Timed>, SourceError> {
        let mut event = blank();
        let ts = self.next_into(&mut event)?;
        Ok(ts.map(|ts| Timed { ts, event }))
    }
}

/// An event that is to be written over.
pub(super) const fn blank() -> MarketEvent {
    MarketEvent {
        instrument: InstrumentId(0),
        ts_event: TimestampNs(0),
        data: MarketData::Gap,
    }
}

impl<S: Source> Source for &mut S {
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError> {
        (**self).next_into(event)
    }
}

impl Source for Box<dyn Source + '_> {
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError> {
        (**self).next_into(event)
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
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError> {
        let Some(&(ts, bar)) = self.bars.next() else {
            return Ok(None);
        };
        event.instrument = self.instrument;
        event.ts_event = ts;
        if let MarketData::Bar(known) = &mut event.data {
            *known = bar;
        } else {
            event.data = MarketData::Bar(bar);
        }
        Ok(Some(ts))
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
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError> {
        let Some(next) = self.events.next() else {
            return Ok(None);
        };
        event.clone_from(&next.event);
        Ok(Some(next.ts))
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
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError> {
        let Some(row) = self.rows.next() else {
            return Ok(None);
        };
        let row = row?;
        *event = MarketEvent {
            instrument: self.place(row.symbol)?,
            ts_event: row.ts_event,
            data: row.data,
        };
        Ok(Some(row.ts))
    }
}
