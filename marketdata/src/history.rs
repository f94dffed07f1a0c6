//! Recorded markets in the formats that people have: readers, their merge by time, bars of any interval, and a
//! compact recording of our own.
//!
//! Every reader streams: it holds a buffer, what the format needs to be understood (a book, the orders of an
//! order-by-order feed) and nothing else, so a file may be larger than the memory. `docs/data.md` says what each
//! format means here, above all what its times are.
//!
//! ```no_run
//! use std::path::Path;
//! use marketdata::history::{self, Options};
//!
//! let mut volume = 0;
//! for row in history::open(Path::new("BTCUSDT-trades-2024-01.zip"), None, &Options::default())? {
//!     if let types::MarketData::Trade(trade) = row?.data {
//!         volume += trade.qty.0;
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bars;
mod cells;
mod clean;
mod clock;
mod databento;
mod decode;
mod depth;
mod error;
mod format;
mod header;
mod itch;
mod layout;
mod length;
mod lobster;
mod merge;
mod npz;
mod number;
mod open_interest;
mod orders;
mod parquet;
mod recording;
mod rows;
mod source;
mod table;
mod tape;
mod tardis;
mod text;
mod ticks;
mod volume;

pub use bars::{Basis, Edges, Resampled, TradingDays};
pub use clean::{BAD_ROWS_SHOWN_MAX, BadRows, Clean};
pub use clock::{Zone, parse_date, parse_time};
pub use depth::LEVELS_MAX;
pub use error::{OpenError, Place, Problem, RowError};
pub use format::{Format, is_levels_of_messages};
pub use itch::ITCH_SYMBOLS_MAX;
pub use layout::{Layout, LayoutError};
pub use length::BarLength;
pub use merge::Merge;
pub use open_interest::{DayOpenInterest, OpenInterest};
pub use orders::ORDERS_MAX;
pub use parquet::ParquetWriter;
pub use recording::{
    BLOCK_BYTES_MAX, BLOCK_ROWS_MAX, RecordingReader, RecordingWriter, Summary, SymbolSummary,
    summary,
};
pub use rows::RowsWriter;
pub use source::{FETCH_BYTES, MEMBERS_MAX};
pub use text::LINE_BYTES_MAX;
pub use volume::{HeldVolumes, Volumes};

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use types::{Label, MarketData, Price, Qty, TimestampNs};

use decode::{Decode, Fault, Piece};

/// A market event of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it was known: the receive time where the format has one, else the venue's; of a bar its end. What
    /// recordings are merged by.
    pub ts: TimestampNs,
    /// When the venue says it happened; `ts` where the format has one time only.
    pub ts_event: TimestampNs,
    /// The instrument as the file names it.
    pub symbol: Label,
    /// What happened.
    pub data: MarketData,
}

/// Which of two times a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// When it was received.
    #[default]
    Receive,
    /// When the venue says it happened.
    Venue,
}

/// What becomes of a row whose time is before that of the row before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Disorder {
    /// It is a bad row.
    #[default]
    Refused,
    /// It is a row like others.
    Allowed,
}

/// What a file does not say of itself.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Of a file that names its instruments: only these, or all if there are none here. Of another file: the
    /// first one is what its rows are called; without one it is what the file's name says.
    pub symbols: Vec<Label>,
    /// The day of a file with times since midnight. Left out, it is looked for in the file's name.
    pub date: Option<Date>,
    /// The zone of times without one [default: that of the format, else UTC].
    pub zone: Option<Zone>,
    /// The length of a bar, where neither format nor file name say it.
    pub interval: Option<BarLength>,
    /// Which time a row has.
    pub clock: Clock,
    /// Whether rows may step back in time.
    pub disorder: Disorder,
    /// The price step. Formats with binary floats are rounded to it (by at most a thousandth of it); prices
    /// off it are bad rows, in every format.
    pub tick: Option<Price>,
    /// The quantity step, likewise.
    pub lot: Option<Qty>,
    /// What becomes of a bar whose volume is past the range of quantities.
    pub volumes: Volumes,
    /// Only rows of this time and later. A recording of ours is read from there; of another file what is before is
    /// read and passed over. What was said of a book before is not said again.
    pub from: Option<TimestampNs>,
    /// Only rows before this time.
    pub to: Option<TimestampNs>,
}

/// The rows of a file, in its order. After an error that [`RowError::is_fatal`] there are no more.
pub struct Rows {
    file: Arc<str>,
    format: Format,
    decoder: Box<dyn Decode>,
    pending: VecDeque<Row>,
    /// What was wrong after the rows that are pending.
    held: Option<RowError>,
    symbols: Vec<Label>,
    disorder: Disorder,
    steps: number::Steps,
    volumes: Volumes,
    held_volumes: HeldVolumes,
    from: TimestampNs,
    to: TimestampNs,
    before: TimestampNs,
    has_ended: bool,
    bytes: Arc<AtomicU64>,
}

/// Opens a recording. `format` left out is found by content and name.
///
/// Files in gzip, zstd or zip (with one member) are unpacked as they are read.
///
/// # Errors
/// When the file cannot be read, its format is not known, or the format needs what `options` do not say.
pub fn open(path: &Path, format: Option<&Format>, options: &Options) -> Result<Rows, OpenError> {
    let bytes = Arc::new(AtomicU64::new(0));
    let file: Arc<str> = path.display().to_string().into();
    let format::Opened {
        format,
        decoder,
        names_symbols,
    } = format::decoder(path, format, options, &bytes)?;
    let symbols = if names_symbols {
        options.symbols.clone()
    } else {
        Vec::new()
    };
    Ok(Rows {
        file,
        format,
        decoder,
        pending: VecDeque::new(),
        held: None,
        symbols,
        disorder: options.disorder,
        steps: number::Steps::new(options.tick, options.lot),
        volumes: options.volumes,
        held_volumes: HeldVolumes::default(),
        from: options.from.unwrap_or_default(),
        to: options.to.unwrap_or(TimestampNs(u64::MAX)),
        before: TimestampNs(0),
        has_ended: false,
        bytes,
    })
}

impl Rows {
    /// The format that is read.
    pub const fn format(&self) -> &Format {
        &self.format
    }

    /// The file's name as errors give it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Bytes of the file that were read, packed as they are; what a progress bar shows.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// A handle on [`Rows::bytes_read`] that outlives a merge.
    pub fn bytes_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    /// Bars until now whose volume is past the range of quantities, and is its end.
    pub const fn held_volumes(&self) -> &HeldVolumes {
        &self.held_volumes
    }

    /// What is wrong with the piece that was read last.
    fn error(&mut self, fault: Fault) -> RowError {
        self.has_ended |= fault.is_fatal;
        RowError::new(Arc::clone(&self.file), self.decoder.place(), fault)
    }

    /// What is wrong with the row before those that are pending.
    fn row_error(&mut self, fault: Fault) -> RowError {
        let place = self.decoder.place_before(self.pending.len());
        self.has_ended |= fault.is_fatal;
        RowError::new(Arc::clone(&self.file), place, fault)
    }

    /// Whether a row is in the range and of the symbols that were asked for.
    #[inline]
    fn is_wanted(&self, row: &Row) -> bool {
        (self.from..self.to).contains(&row.ts)
            && (self.symbols.is_empty() || self.symbols.contains(&row.symbol))
    }

    /// Whether a row ends the range that was asked for.
    #[inline]
    fn is_past(&self, row: &Row) -> bool {
        row.ts >= self.to && self.disorder == Disorder::Refused
    }

    /// Takes note of a row, or says why it is a bad one.
    #[inline]
    fn check(&mut self, row: &Row) -> Result<(), RowError> {
        if row.ts < self.before && self.disorder == Disorder::Refused {
            let fault = Fault::value(
                "the time",
                row.ts,
                format!("one not before {}, that of the row before", self.before),
            );
            return Err(self.row_error(fault));
        }
        if let MarketData::Trade(trade) = &row.data
            && trade.qty == Qty::ZERO
        {
            let fault = Fault::value("qty", trade.qty, "a quantity above 0 of a trade");
            return Err(self.row_error(fault));
        }
        if let Some(fault) = self.steps.off_grid(&row.data) {
            return Err(self.row_error(fault));
        }
        if let MarketData::Bar(bar) = &row.data
            && volume::is_held(bar)
        {
            if self.volumes == Volumes::Refused {
                return Err(self.row_error(volume::fault()));
            }
            let place = self.decoder.place_before(self.pending.len());
            let file = &self.file;
            self.held_volumes
                .add(|| RowError::new(Arc::clone(file), place, volume::fault()));
        }
        self.before = self.before.max(row.ts);
        Ok(())
    }

    /// The next row of what was decoded, where that is several at once.
    fn next_pending(&mut self) -> Option<Result<Row, RowError>> {
        loop {
            if let Some(row) = self.pending.pop_front() {
                if self.is_past(&row) {
                    self.has_ended = true;
                    self.pending.clear();
                    return None;
                }
                if self.is_wanted(&row) {
                    return Some(self.check(&row).map(|()| row));
                }
                continue;
            }
            if let Some(error) = self.held.take() {
                return Some(Err(error));
            }
            if self.has_ended {
                return None;
            }
            match self.decoder.decode(&mut self.pending) {
                Ok(true) => {}
                Ok(false) => self.has_ended = true,
                Err(fault) => self.held = Some(self.error(fault)),
            }
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.has_ended && self.pending.is_empty() && self.held.is_none() {
            match self.decoder.decode_one() {
                Ok(Piece::Row(row)) => {
                    if self.is_past(&row) {
                        self.has_ended = true;
                    } else if self.is_wanted(&row) {
                        return Some(match self.check(&row) {
                            Ok(()) => Ok(row),
                            Err(error) => Err(error),
                        });
                    }
                }
                Ok(Piece::Nothing) => {}
                Ok(Piece::Any) => break,
                Ok(Piece::End) => self.has_ended = true,
                Err(fault) => return Some(Err(self.error(fault))),
            }
        }
        self.next_pending()
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("file", &self.file)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// The bytes of a file, unpacked where it is packed.
pub(crate) fn unpacked(path: &Path) -> std::io::Result<Box<dyn std::io::BufRead + Send>> {
    match source::open(path, &Arc::default()) {
        Ok(source) => Ok(source.bytes),
        Err(OpenError::Io { source, .. }) => Err(source),
        Err(error) => Err(std::io::Error::other(error)),
    }
}

/// The size of a file, for a progress bar.
///
/// # Errors
/// When it cannot be looked at.
pub fn size(path: &Path) -> Result<u64, OpenError> {
    File::open(path)
        .and_then(|file| file.metadata())
        .map(|metadata| metadata.len())
        .map_err(|source| OpenError::io(path, source))
}
