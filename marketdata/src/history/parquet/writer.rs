//! Market events of every kind as one table in Parquet.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use flate2::Crc;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::writer::{get_column_writer, get_typed_column_writer};
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::parser::parse_message_type;
use types::{MarketData, Price, Qty, TimestampNs};

use crate::history::{Row, rows};

/// Rows of a row group, and what the writer holds.
const ROWS_MAX: usize = 131_072;
/// Bytes of text that the writer holds.
const TEXT_BYTES_MAX: usize = 32 << 20;
/// Bytes of a decimal of 19 digits.
const DECIMAL_BYTES: usize = 9;

/// How what wrote a table is called in it.
pub(super) const PROGRAM: &str = "dynasty";

pub(super) const SCHEMA: &str = "message market {
    REQUIRED INT64 ts (TIMESTAMP(NANOS,true));
    REQUIRED INT64 venue (TIMESTAMP(NANOS,true));
    REQUIRED BYTE_ARRAY symbol (STRING);
    REQUIRED BYTE_ARRAY kind (STRING);
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) bid (DECIMAL(19,9));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) bid_qty (DECIMAL(19,8));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) ask (DECIMAL(19,9));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) ask_qty (DECIMAL(19,8));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) price (DECIMAL(19,9));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) qty (DECIMAL(19,8));
    OPTIONAL BYTE_ARRAY side (STRING);
    OPTIONAL INT64 start (TIMESTAMP(NANOS,true));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) open (DECIMAL(19,9));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) high (DECIMAL(19,9));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) low (DECIMAL(19,9));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) close (DECIMAL(19,9));
    OPTIONAL FIXED_LEN_BYTE_ARRAY(9) volume (DECIMAL(19,8));
    OPTIONAL BYTE_ARRAY bids (STRING);
    OPTIONAL BYTE_ARRAY asks (STRING);
    OPTIONAL BYTE_ARRAY detail (STRING);
}";

/// Values of one column, and for each row whether it has one.
#[derive(Debug)]
struct Held<T> {
    values: Vec<T>,
    present: Vec<i16>,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            present: Vec::new(),
        }
    }
}

impl<T> Held<T> {
    fn push(&mut self, value: Option<T>) {
        self.present.push(i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn clear(&mut self) {
        self.values.clear();
        self.present.clear();
    }
}

/// Places of the decimals.
const BID: usize = 0;
const BID_QTY: usize = 1;
const ASK: usize = 2;
const ASK_QTY: usize = 3;
const PRICE: usize = 4;
const QTY: usize = 5;
const OPEN: usize = 6;
const HIGH: usize = 7;
const LOW: usize = 8;
const CLOSE: usize = 9;
const VOLUME: usize = 10;

/// Writes market events as a table.
pub struct ParquetWriter<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    ts: Vec<i64>,
    venue: Vec<i64>,
    symbols: Vec<ByteArray>,
    kinds: Vec<ByteArray>,
    decimals: [Held<FixedLenByteArray>; 11],
    starts: Held<i64>,
    sides: Held<ByteArray>,
    bids: Held<ByteArray>,
    asks: Held<ByteArray>,
    details: Held<ByteArray>,
    text_bytes: usize,
}

/// What the writer underneath says, as it says it.
fn io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}

fn decimal(raw: i64) -> FixedLenByteArray {
    i128::from(raw).to_be_bytes()[16 - DECIMAL_BYTES..]
        .to_vec()
        .into()
}

fn time(ts: TimestampNs) -> io::Result<i64> {
    i64::try_from(ts.0).map_err(|_| io::Error::other(format!("{ts} is past the year 2262")))
}

/// The pages of one column, each with its checksum, which the library checks and does not write.
struct Pages<'a>(&'a mut Vec<u8>);

impl PageWriter for Pages<'_> {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        let mut checksum = Crc::new();
        checksum.update(page.data());
        let length = page.data().len();
        let mut plain = TrackedWrite::new(Vec::new());
        let mut spec = SerializedPageWriter::new(&mut plain).write_page(page)?;
        let plain = plain.into_inner()?;
        let (header, data) = plain.split_at(plain.len() - length);
        let checked = with_checksum(header, checksum.sum())
            .ok_or_else(|| ParquetError::General("a page's header has another form".into()))?;
        let more = checked.len() - header.len();
        spec.offset = self.0.len() as u64;
        spec.uncompressed_size += more;
        spec.compressed_size += more;
        spec.bytes_written += more as u64;
        self.0.extend_from_slice(&checked);
        self.0.extend_from_slice(data);
        Ok(spec)
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        Ok(())
    }
}

/// A page's header with its checksum, which is field 4: behind the type and the two sizes, before what is of the type. In
/// Thrift's compact form a field begins with how far its number is from the last one's, in the high four bits, and its
/// type; numbers are zigzag varints.
fn with_checksum(header: &[u8], checksum: u32) -> Option<Vec<u8>> {
    const NEXT: u8 = 1 << 4;
    const I32: u8 = 5;
    let mut at = 0;
    for _ in 0..3 {
        let (&field, rest) = header.get(at..)?.split_first()?;
        if field != NEXT | I32 {
            return None;
        }
        at += 2 + rest.iter().take_while(|byte| **byte >= 0x80).count();
    }
    let (before, rest) = header.split_at_checked(at)?;
    let (&field, rest) = rest.split_first()?;
    if field < 2 * NEXT {
        return None;
    }
    let mut checked = before.to_vec();
    checked.push(NEXT | I32);
    let value = checksum.cast_signed();
    let mut left = ((value << 1) ^ (value >> 31)).cast_unsigned();
    while left >= 0x80 {
        checked.push(left as u8 | 0x80);
        left >>= 7;
    }
    checked.push(left as u8);
    checked.push(field - NEXT);
    checked.extend_from_slice(rest);
    Some(checked)
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Begins a table.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(out: W) -> io::Result<Self> {
        let schema = parse_message_type(SCHEMA).map_err(io)?;
        let properties = WriterProperties::builder()
            .set_created_by(format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION")))
            .set_compression(Compression::ZSTD(ZstdLevel::default()));
        // Times differ by little and seldom repeat.
        let properties = ["ts", "venue", "start"]
            .into_iter()
            .fold(properties, |properties, time| {
                properties
                    .set_column_dictionary_enabled(time.into(), false)
                    .set_column_encoding(time.into(), Encoding::DELTA_BINARY_PACKED)
            })
            .build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties));
        Ok(Self {
            writer: writer.map_err(io)?,
            ts: Vec::new(),
            venue: Vec::new(),
            symbols: Vec::new(),
            kinds: Vec::new(),
            decimals: std::array::from_fn(|_| Held::default()),
            starts: Held::default(),
            sides: Held::default(),
            bids: Held::default(),
            asks: Held::default(),
            details: Held::default(),
            text_bytes: 0,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Those of the writer, and a time past the year 2262.
    pub fn write(&mut self, row: &Row) -> io::Result<()> {
        self.ts.push(time(row.ts)?);
        self.venue.push(time(row.ts_event)?);
        self.symbols.push(row.symbol.as_str().into());
        self.kinds.push(rows::letter(&row.data).into());
        let mut decimals = [None; 11];
        let mut price = |at: usize, price: Price| decimals[at] = Some(price.0);
        let (mut start, mut side) = (None, None);
        let (mut bids, mut asks) = (None, None);
        match &row.data {
            MarketData::Quote(quote) => {
                price(BID, quote.bid);
                price(ASK, quote.ask);
                decimals[BID_QTY] = Some(quote.bid_qty.0);
                decimals[ASK_QTY] = Some(quote.ask_qty.0);
            }
            MarketData::Trade(trade) => {
                price(PRICE, trade.price);
                let Qty(qty) = trade.qty;
                decimals[QTY] = Some(qty);
                let letter = rows::side_letter(trade.aggressor);
                side = (!letter.is_empty()).then(|| letter.into());
            }
            MarketData::Bar(bar) => {
                price(OPEN, bar.open);
                price(HIGH, bar.high);
                price(LOW, bar.low);
                price(CLOSE, bar.close);
                decimals[VOLUME] = Some(bar.volume.0);
                start = Some(time(bar.start)?);
            }
            MarketData::DepthSnapshot(update) | MarketData::DepthDelta(update) => {
                let mut text = |levels| {
                    let mut text = String::new();
                    rows::levels_text(levels, &mut text);
                    self.text_bytes += text.len();
                    Some(ByteArray::from(text.into_bytes()))
                };
                bids = text(&update.bids);
                asks = text(&update.asks);
            }
            _ => {}
        }
        for (held, value) in self.decimals.iter_mut().zip(decimals) {
            held.push(value.map(decimal));
        }
        self.starts.push(start);
        self.sides.push(side);
        self.bids.push(bids);
        self.asks.push(asks);
        let mut detail = String::new();
        rows::detail(&row.data, &mut detail);
        let detail = (!detail.is_empty()).then(|| ByteArray::from(detail.into_bytes()));
        self.details.push(detail);
        if self.ts.len() == ROWS_MAX || self.text_bytes >= TEXT_BYTES_MAX {
            self.write_rows().map_err(io)?;
        }
        Ok(())
    }

    fn write_rows(&mut self) -> Result<(), ParquetError> {
        if self.ts.is_empty() {
            return Ok(());
        }
        let missing = || ParquetError::General("the schema has fewer columns".into());
        let properties = Arc::clone(self.writer.properties());
        let columns = self.writer.schema_descr().columns().to_vec();
        let mut columns = columns.into_iter();
        let mut rows = self.writer.next_row_group()?;
        macro_rules! column {
            ($kind:ty, $values:expr, $present:expr) => {{
                let column = columns.next().ok_or_else(missing)?;
                let mut bytes = Vec::new();
                let pages = Box::new(Pages(&mut bytes));
                let writer = get_column_writer(column, Arc::clone(&properties), pages);
                let mut writer = get_typed_column_writer::<$kind>(writer);
                writer.write_batch($values, $present, None)?;
                let closed = writer.close()?;
                rows.append_column(&Bytes::from(bytes), closed)?;
            }};
        }
        macro_rules! held {
            ($kind:ty, $held:expr) => {{
                column!($kind, &$held.values, Some(&$held.present));
                $held.clear();
            }};
        }
        column!(Int64Type, &self.ts, None);
        column!(Int64Type, &self.venue, None);
        column!(ByteArrayType, &self.symbols, None);
        column!(ByteArrayType, &self.kinds, None);
        let (before, after) = self.decimals.split_at_mut(OPEN);
        for held in before {
            held!(FixedLenByteArrayType, held);
        }
        held!(ByteArrayType, self.sides);
        held!(Int64Type, self.starts);
        for held in after {
            held!(FixedLenByteArrayType, held);
        }
        held!(ByteArrayType, self.bids);
        held!(ByteArrayType, self.asks);
        held!(ByteArrayType, self.details);
        rows.close()?;
        self.ts.clear();
        self.venue.clear();
        self.symbols.clear();
        self.kinds.clear();
        self.text_bytes = 0;
        Ok(())
    }

    /// Writes what is held, and the end; the writer.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_rows().map_err(io)?;
        self.writer.into_inner().map_err(io)
    }
}
