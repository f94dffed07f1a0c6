//! Parquet: tables of others with named columns, and our own with market events of every kind.

mod columns;
mod writer;

use std::collections::VecDeque;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, FileMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::schema::parser::parse_message_type;
use parquet::schema::printer::print_schema;
use parquet::schema::types::Type;
use types::{
    Aggressor, Bar, DepthUpdate, Label, MarketData, Price, Qty, Quote, TimestampNs, Trade,
};

use super::Row;
use super::cells::{Cells, Context, Field, QtyOf, checked_bar, checked_quote};
use super::clock::{Days, Moment, by_own_clock};
use super::decode::{Decode, Fault};
use super::error::Place;
use super::header::{self, DailyStarts, First};
use super::layout::{DAY_NS, Layout};
use super::length::BarLength;
use super::{number, rows};
use columns::{Column, Value};

pub use writer::ParquetWriter;

/// The first and last bytes of a file.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// The columns that [`ParquetWriter`] writes, in their order.
const OURS: [&str; 20] = [
    "ts", "venue", "symbol", "kind", "bid", "bid_qty", "ask", "ask_qty", "price", "qty", "side",
    "start", "open", "high", "low", "close", "volume", "bids", "asks", "detail",
];

/// What the columns mean.
enum Meaning {
    /// Those of [`OURS`].
    Events,
    /// Those of a layout: for each column that is read, which of the layout's.
    Rows(Layout, Vec<usize>),
}

/// Reads a table.
pub(super) struct Table {
    file: SerializedFileReader<File>,
    meaning: Meaning,
    /// Places of the wanted columns in the file.
    wanted: Vec<usize>,
    columns: Vec<Column>,
    group: usize,
    /// Rows of the batch that is held, and how many of them were given.
    rows: usize,
    given: usize,
    record: u64,
    context: Context,
    read: Arc<AtomicU64>,
}

impl Table {
    /// `length` is that of bars by the file's name: how long they are, and not which of the two `ts` is.
    pub(super) fn open(
        path: &Path,
        layout: Option<&Layout>,
        mut context: Context,
        length: Option<u64>,
        read: &Arc<AtomicU64>,
    ) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let bytes = file.metadata().map_err(|error| error.to_string())?.len();
        let file = guarded(|| SerializedFileReader::new(file))?;
        check_places(&file, bytes)?;
        check_schema(file.metadata().file_metadata())?;
        let schema = file.metadata().file_metadata().schema_descr();
        let names: Vec<String> = schema
            .columns()
            .iter()
            .map(|column| column.path().string())
            .collect();
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let is_by_names = layout.is_none();
        let (meaning, wanted) = if layout.is_none() && OURS.iter().all(|name| place(name).is_some())
        {
            let places = OURS.iter().filter_map(|name| place(name)).collect();
            (Meaning::Events, places)
        } else {
            let layout = match layout {
                Some(layout) => layout.clone(),
                None => by_names(&names, &file)?,
            };
            let length = length.filter(|_| !layout.ends_by_name());
            context.interval = context.interval.or(length.map(BarLength::Ns));
            let mut wanted = Vec::new();
            let mut used = Vec::new();
            for (at, column) in layout.columns.iter().enumerate() {
                let Some(field) = column.field else { continue };
                let name = column.header.as_deref().unwrap_or(field.name());
                let found = place(name).ok_or_else(|| {
                    format!("no column '{name}'; there are: {}", names.join(", "))
                })?;
                wanted.push(found);
                used.push(at);
            }
            (Meaning::Rows(layout, used), wanted)
        };
        check_codecs(&file, &wanted)?;
        for &place in &wanted {
            if schema.column(place).max_rep_level() > 0 {
                return Err(format!("the column '{}' is a list", names[place]));
            }
        }
        if let Meaning::Rows(layout, used) = &meaning
            && is_by_names
            && layout.needs_interval()
            && context.interval.is_none()
            && is_daily(&file, layout, used, &wanted, &context.days)?
        {
            context.interval = Some(BarLength::Ns(DAY_NS));
        }
        Ok(Self {
            file,
            meaning,
            wanted,
            columns: Vec::new(),
            group: 0,
            rows: 0,
            given: 0,
            record: 0,
            context,
            read: Arc::clone(read),
        })
    }

    /// Whether rows say their symbol.
    pub(super) fn names_symbols(&self) -> bool {
        match &self.meaning {
            Meaning::Events => true,
            Meaning::Rows(layout, _) => layout.names_symbols(),
        }
    }

    /// Whether rows have times of day alone, of a day that nobody said.
    pub(super) fn lacks_date(&self) -> bool {
        match &self.meaning {
            Meaning::Events => false,
            Meaning::Rows(layout, _) => layout.needs_date() && self.context.date.is_none(),
        }
    }

    /// Whether rows are bars of which the start or the end is missing, of a length that nobody said.
    pub(super) fn lacks_interval(&self) -> bool {
        match &self.meaning {
            Meaning::Events => false,
            Meaning::Rows(layout, _) => layout.needs_interval() && self.context.interval.is_none(),
        }
    }

    /// [`Layout::ends_by_name`].
    pub(super) fn ends_by_name(&self) -> bool {
        match &self.meaning {
            Meaning::Events => false,
            Meaning::Rows(layout, _) => layout.ends_by_name(),
        }
    }

    /// Holds the next rows. `false` after the last.
    fn fetch(&mut self) -> Result<bool, Fault> {
        loop {
            let mut held = None;
            for column in &mut self.columns {
                let rows = guarded(|| column.fetch()).map_err(Fault::damaged)?;
                if held.is_some_and(|held| held != rows) {
                    return Err(Fault::damaged("its columns are not of one length"));
                }
                held = Some(rows);
            }
            self.rows = held.unwrap_or(0);
            self.given = 0;
            if self.rows > 0 {
                return Ok(true);
            }
            if self.group == self.file.num_row_groups() {
                return Ok(false);
            }
            let (file, wanted, at) = (&self.file, &self.wanted, self.group);
            let (columns, bytes) = guarded(|| {
                let group = file.get_row_group(at)?;
                let columns: Result<Vec<_>, _> = wanted
                    .iter()
                    .map(|&place| Column::open(group.as_ref(), place))
                    .collect();
                Ok((columns?, group.metadata().compressed_size()))
            })
            .map_err(Fault::damaged)?;
            self.columns = columns;
            self.group += 1;
            self.read.fetch_add(bytes.max(0) as u64, Ordering::Relaxed);
        }
    }

    fn row(&mut self) -> Result<Row, Fault> {
        let mut values = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            values.push(column.next(self.given)?);
        }
        self.given += 1;
        self.record += 1;
        match &self.meaning {
            Meaning::Events => event(&values, &self.context),
            Meaning::Rows(layout, used) => {
                let mut cells = Cells::default();
                for (value, &at) in values.iter().zip(used) {
                    let column = &layout.columns[at];
                    if let Some(field) = column.field {
                        take(&mut cells, field, column.divisor, value, &self.context)?;
                    }
                }
                cells.row(layout.shape, &self.context)
            }
        }
    }
}

/// The layout of a table whose columns say what they are.
fn by_names(names: &[String], file: &SerializedFileReader<File>) -> Result<Layout, String> {
    let first = |wanted: &str| {
        let place = names.iter().position(|name| name == wanted);
        match place.and_then(|place| first_value(file, place)) {
            Some(Value::Instant(..) | Value::Clock(..)) => First::Instant,
            Some(value) => First::of(&value.text()),
            None => First::Other,
        }
    };
    let known: Vec<_> = names.iter().map(String::as_str).collect();
    header::by_names(&known, first).map_err(|unclear| {
        format!(
            "the columns {} make no row: {unclear}; accepted: --columns with their names, such as \
             ts=time:ms,price=px,qty=size",
            names.join(", ")
        )
    })
}

/// Whether a table's bars are of days: the starts of all are at one time of day, by the clock of the zone. That is another
/// than midnight where a zone was lost when it was written: midnights of New York are then at 04:00 or 05:00.
fn is_daily(
    file: &SerializedFileReader<File>,
    layout: &Layout,
    used: &[usize],
    wanted: &[usize],
    days: &Days,
) -> Result<bool, String> {
    let place = |is: fn(Field) -> bool| {
        let mut columns = used.iter().zip(wanted);
        columns
            .find_map(|(&at, &place)| layout.columns[at].field.filter(|&it| is(it)).map(|_| place))
    };
    let Some(start) = place(|field| matches!(field, Field::Start(_))) else {
        return Ok(false);
    };
    let symbol = place(|field| field == Field::Symbol);
    let places: Vec<usize> = [Some(start), symbol].into_iter().flatten().collect();
    let mut starts = DailyStarts::default();
    for group in 0..file.num_row_groups() {
        let mut columns: Vec<Column> = guarded(|| {
            let group = file.get_row_group(group)?;
            let columns = places.iter();
            columns
                .map(|&place| Column::open(group.as_ref(), place))
                .collect()
        })?;
        loop {
            let mut rows = usize::MAX;
            for column in &mut columns {
                rows = rows.min(guarded(|| column.fetch())?);
            }
            if rows == 0 {
                break;
            }
            for row in 0..rows {
                // What cannot be read is told when the rows are.
                let Ok(start) = columns[0].next(row) else {
                    return Ok(false);
                };
                let symbol = columns.get_mut(1).map(|column| column.next(row));
                let Ok(symbol) = symbol.unwrap_or(Ok(Value::Null)) else {
                    return Ok(false);
                };
                let Some(start) = by_own_clock_of(&start, days) else {
                    continue;
                };
                if !starts.add(&symbol.text(), start) {
                    return Ok(false);
                }
            }
        }
    }
    Ok(starts.are_daily())
}

/// ns since 1970 by the clock that a time is of: of an instant by that of the zone. `None` of what is no time.
fn by_own_clock_of(value: &Value, days: &Days) -> Option<i128> {
    match value {
        Value::Clock(ns, _) => Some(i128::from(*ns)),
        Value::Instant(ns, _) => {
            let local = days.zone().local(TimestampNs(*ns))?;
            let since_1970 = local.duration_since(Date::constant(1970, 1, 1).at(0, 0, 0, 0));
            Some(since_1970.as_nanos())
        }
        value => by_own_clock(&value.text()),
    }
}

/// The first value of a column; `None` where there is none that can be read.
fn first_value(file: &SerializedFileReader<File>, place: usize) -> Option<Value> {
    let packed = file.metadata().row_groups().first()?.columns().get(place)?;
    check_codec("", packed.compression()).ok()?;
    let value = guarded(|| {
        let group = file.get_row_group(0)?;
        let mut column = Column::open(group.as_ref(), place)?;
        let rows = column.fetch()?;
        Ok((rows > 0).then(|| column.next(0)))
    });
    value.ok()??.ok()
}

/// Calls the decoder of pages, which panics on some files that are damaged.
fn guarded<T>(call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    // What the call leaves half-changed is never used again: the file ends there.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err("the table is damaged where its decoder does not expect it".to_owned()),
    }
}

/// Checks that a table that says it is ours has the columns that we write: its schema has no checksum, and another unit of
/// time or another count of decimals would make other rows.
fn check_schema(metadata: &FileMetaData) -> Result<(), String> {
    let is_ours = |by: &str| by.split(' ').next() == Some(writer::PROGRAM);
    if !metadata.created_by().is_some_and(is_ours) {
        return Ok(());
    }
    let ours = parse_message_type(writer::SCHEMA).map_err(|error| error.to_string())?;
    let read = metadata.schema_descr().root_schema();
    if *read == ours {
        return Ok(());
    }
    let (found, written) = (read.get_fields(), ours.get_fields());
    let other = found
        .iter()
        .zip(written)
        .find(|(found, ours)| found != ours);
    Err(match other {
        Some((found, ours)) => format!(
            "a column is '{}', and dynasty, by which the table says it was written, writes '{}': it is damaged, or another program \
             changed it; accepted: the table as it was written",
            told(found),
            told(ours)
        ),
        None => format!(
            "it has {} columns in '{}', and dynasty, by which the table says it was written, {} in '{}': it is damaged, or another \
             program changed it; accepted: the table as it was written",
            found.len(),
            read.name(),
            written.len(),
            ours.name()
        ),
    })
}

/// A column as a schema declares it.
fn told(column: &Type) -> String {
    let mut text = Vec::new();
    print_schema(&mut text, column);
    String::from_utf8_lossy(&text)
        .trim()
        .trim_end_matches(';')
        .to_owned()
}

/// Checks that every column lies within the file.
fn check_places(file: &SerializedFileReader<File>, bytes: u64) -> Result<(), String> {
    let is_within = |column: &ColumnChunkMetaData| {
        let start = column
            .dictionary_page_offset()
            .unwrap_or_else(|| column.data_page_offset());
        let length = column.compressed_size();
        let end = start.checked_add(length);
        start >= 0 && length >= 0 && end.is_some_and(|end| end as u64 <= bytes)
    };
    let groups = file.metadata().row_groups();
    if groups
        .iter()
        .flat_map(RowGroupMetaData::columns)
        .all(is_within)
    {
        Ok(())
    } else {
        Err("its index points outside of the file".to_owned())
    }
}

/// Checks that the columns are packed by what is unpacked here.
fn check_codecs(file: &SerializedFileReader<File>, wanted: &[usize]) -> Result<(), String> {
    let groups = file.metadata().row_groups();
    let columns = groups.iter().flat_map(|group| {
        wanted
            .iter()
            .filter_map(|&place| group.columns().get(place))
    });
    for column in columns {
        check_codec(&column.column_path().string(), column.compression())?;
    }
    Ok(())
}

fn check_codec(column: &str, codec: Compression) -> Result<(), String> {
    let codec = match codec {
        Compression::UNCOMPRESSED
        | Compression::SNAPPY
        | Compression::GZIP(_)
        | Compression::LZ4
        | Compression::LZ4_RAW
        | Compression::ZSTD(_) => return Ok(()),
        Compression::BROTLI(_) => "brotli",
        Compression::LZO => "lzo",
    };
    Err(format!(
        "the column '{column}' is compressed by {codec}; accepted: snappy, gzip, lz4, zstd or none"
    ))
}

impl Decode for Table {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        if self.given == self.rows && !self.fetch()? {
            return Ok(false);
        }
        let row = self.row()?;
        out.push_back(row);
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Record(self.record)
    }
}

/// Gives a value of a table to the row's cells.
fn take(
    cells: &mut Cells,
    field: Field,
    divisor: i64,
    value: &Value,
    context: &Context,
) -> Result<(), Fault> {
    let name = field.name();
    match (field, value) {
        (_, Value::Null) => Ok(()),
        (_, Value::Instant(ns, unit)) if field.is_time() => {
            cells.moment(field, Moment::of(*ns, *unit));
            Ok(())
        }
        (_, Value::Clock(ns, unit)) if field.is_time() => {
            let moment = Moment {
                ts: by_clock(name, *ns, context)?,
                unit: *unit,
                is_date: ns.is_multiple_of(DAY_NS),
            };
            cells.moment(field, moment);
            Ok(())
        }
        (Field::Price(of), Value::Float(value)) => {
            cells.price(
                of,
                number::price_of(name, value / divisor as f64, context.tick)?,
            );
            Ok(())
        }
        (Field::Qty(of @ QtyOf::Volume), Value::Float(value)) => {
            cells.qty(of, number::volume_of(value / divisor as f64, context.lot)?);
            Ok(())
        }
        (Field::Qty(of), Value::Float(value)) => {
            cells.qty(
                of,
                number::qty_of(name, value / divisor as f64, context.lot)?,
            );
            Ok(())
        }
        _ => cells.text(field, divisor, value.text().as_ref(), context),
    }
}

/// The instant of a time by the clock of the zone.
fn by_clock(field: &'static str, ns: u64, context: &Context) -> Result<TimestampNs, Fault> {
    let instant = context.days.by_clock(ns);
    instant.ok_or_else(|| Fault::value(field, ns, "ns since 1970 of a time from 1970 to 2553"))
}

/// A market event of a table of ours.
fn event(values: &[Value], context: &Context) -> Result<Row, Fault> {
    let [
        ts,
        venue,
        symbol,
        kind,
        bid,
        bid_qty,
        ask,
        ask_qty,
        at,
        amount,
        side,
        start,
        open,
        high,
        low,
        close,
        volume,
        bids,
        asks,
        detail,
    ] = values
    else {
        return Err(Fault::damaged("a row without all columns"));
    };
    let time = |field, value: &Value| match value {
        Value::Instant(ns, _) => Ok(TimestampNs(*ns)),
        Value::Clock(ns, _) => by_clock(field, *ns, context),
        value => Err(Fault::bytes(field, value.text().as_ref(), "a time")),
    };
    let price = |field, value: &Value| -> Result<Price, Fault> {
        number::price(field, value.text().as_ref(), 1)
    };
    let qty = |field, value: &Value| -> Result<Qty, Fault> {
        number::qty(field, value.text().as_ref(), 1)
    };
    let received = time("ts", ts)?;
    let happened = time("venue", venue)?;
    let kind = kind.text();
    let data = match kind.as_ref() {
        b"Q" => {
            let quote = Quote {
                bid: price("bid", bid)?,
                bid_qty: qty("bid_qty", bid_qty)?,
                ask: price("ask", ask)?,
                ask_qty: qty("ask_qty", ask_qty)?,
            };
            checked_quote(quote.bid, quote.bid_qty, quote.ask, quote.ask_qty)?
        }
        b"T" => MarketData::Trade(Trade {
            price: price("price", at)?,
            qty: qty("qty", amount)?,
            aggressor: match side.text().as_ref() {
                b"B" => Aggressor::Buyer,
                b"S" => Aggressor::Seller,
                _ => Aggressor::Unknown,
            },
        }),
        b"B" => {
            let bar = Bar {
                start: time("start", start)?,
                open: price("open", open)?,
                high: price("high", high)?,
                low: price("low", low)?,
                close: price("close", close)?,
                volume: number::volume(volume.text().as_ref(), 1)?,
            };
            checked_bar(&bar, received)?;
            MarketData::Bar(bar)
        }
        kind @ (b"S" | b"D") => {
            let update = Box::new(DepthUpdate {
                bids: rows::levels_from("bids", bids.text().as_ref())?,
                asks: rows::levels_from("asks", asks.text().as_ref())?,
            });
            if kind == b"S" {
                MarketData::DepthSnapshot(update)
            } else {
                MarketData::DepthDelta(update)
            }
        }
        kind => {
            let detail = detail.text();
            let mut fields = [&b""[..]; 6];
            for (slot, field) in fields.iter_mut().zip(detail.split(|&byte| byte == b',')) {
                *slot = field;
            }
            rows::from_fields(kind, fields)?
        }
    };
    let symbol = symbol.text();
    let (ts, ts_event) = context.setting.times(received, happened);
    Ok(Row {
        ts,
        ts_event,
        symbol: std::str::from_utf8(&symbol)
            .ok()
            .and_then(|symbol| Label::new(symbol).ok())
            .ok_or_else(|| Fault::bytes("symbol", &symbol, "1 to 31 printable ASCII characters"))?,
        data,
    })
}

#[cfg(test)]
mod tests {
    use parquet::basic::BrotliLevel;

    use super::*;

    #[test]
    fn a_column_that_cannot_be_unpacked_says_what_can() {
        let level = BrotliLevel::default();
        for (codec, name) in [
            (Compression::BROTLI(level), "brotli"),
            (Compression::LZO, "lzo"),
        ] {
            let expected = format!(
                "the column 'ts' is compressed by {name}; accepted: snappy, gzip, lz4, zstd or none"
            );
            assert_eq!(check_codec("ts", codec), Err(expected));
        }
    }
}
