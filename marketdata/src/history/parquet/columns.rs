//! The values of one column, batch by batch.

use std::borrow::Cow;
use std::fmt::Write as _;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use types::decimal;

use crate::history::decode::Fault;

/// Rows that are held of each column.
const BATCH_ROWS: usize = 4_096;

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Units, and how many decimals they have.
    Decimal(i128, u32),
    /// ns since 1970, and the column's unit.
    Instant(u64, u64),
    /// ns since the beginning of 1970 by the clock of a zone that the column does not say, and the column's unit.
    Clock(u64, u64),
    Bytes(ByteArray),
}

impl Value {
    /// The value as text would have it.
    pub(super) fn text(&self) -> Cow<'_, [u8]> {
        let owned = |text: String| Cow::Owned(text.into_bytes());
        match self {
            Self::Null => Cow::Borrowed(b""),
            Self::Bool(true) => Cow::Borrowed(b"true"),
            Self::Bool(false) => Cow::Borrowed(b"false"),
            Self::Int(value) => owned(value.to_string()),
            Self::Instant(ns, _) | Self::Clock(ns, _) => owned(ns.to_string()),
            Self::Float(value) => owned(value.to_string()),
            Self::Bytes(bytes) => Cow::Borrowed(bytes.data()),
            Self::Decimal(value, decimals) => {
                let mut text = String::new();
                // Writing to a string does not fail.
                let _ = decimal::write(&mut text, *value, *decimals);
                owned(text)
            }
        }
    }
}

/// What a column's numbers are.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Plain,
    Decimal(u32),
    /// Counts of so many ns since 1970.
    Instant(u64),
    /// The same by the clock of a zone that is not said.
    Clock(u64),
    /// Days since 1970.
    Date,
    /// Counts of so many ns since midnight.
    TimeOfDay(u64),
}

enum Values {
    Bools(Vec<bool>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// A column of one row group.
pub(super) struct Column {
    reader: ColumnReader,
    kind: Kind,
    name: String,
    /// The level of a value that is there; 0 where every value is.
    defined: i16,
    levels: Vec<i16>,
    values: Values,
    /// Values given.
    at: usize,
}

impl Column {
    pub(super) fn open(group: &dyn RowGroupReader, place: usize) -> Result<Self> {
        let description = group.metadata().column(place).column_descr_ptr();
        let reader = group.get_column_reader(place)?;
        let values = match &reader {
            ColumnReader::BoolColumnReader(_) => Values::Bools(Vec::new()),
            ColumnReader::Int32ColumnReader(_) => Values::Ints(Vec::new()),
            ColumnReader::Int64ColumnReader(_) => Values::Longs(Vec::new()),
            ColumnReader::FloatColumnReader(_) => Values::Floats(Vec::new()),
            ColumnReader::DoubleColumnReader(_) => Values::Doubles(Vec::new()),
            ColumnReader::ByteArrayColumnReader(_) => Values::Bytes(Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(_) => Values::Fixed(Vec::new()),
            ColumnReader::Int96ColumnReader(_) => {
                return Err(ParquetError::General(format!(
                    "the column '{}' is of the type INT96; accepted: a timestamp in INT64",
                    description.name()
                )));
            }
        };
        let scale = u32::try_from(description.type_scale()).unwrap_or(0);
        let unit = |unit: &TimeUnit| match unit {
            TimeUnit::MILLIS => 1_000_000,
            TimeUnit::MICROS => 1_000,
            TimeUnit::NANOS => 1,
        };
        let kind = match (description.logical_type_ref(), description.converted_type()) {
            (Some(LogicalType::Timestamp(of)), _) if of.is_adjusted_to_u_t_c => {
                Kind::Instant(unit(&of.unit))
            }
            (Some(LogicalType::Timestamp(of)), _) => Kind::Clock(unit(&of.unit)),
            (_, ConvertedType::TIMESTAMP_MILLIS) => Kind::Instant(1_000_000),
            (_, ConvertedType::TIMESTAMP_MICROS) => Kind::Instant(1_000),
            (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => Kind::Date,
            (Some(LogicalType::Time(of)), _) => Kind::TimeOfDay(unit(&of.unit)),
            (_, ConvertedType::TIME_MILLIS) => Kind::TimeOfDay(1_000_000),
            (_, ConvertedType::TIME_MICROS) => Kind::TimeOfDay(1_000),
            (Some(LogicalType::Decimal { .. }), _) | (_, ConvertedType::DECIMAL) => {
                Kind::Decimal(scale)
            }
            _ => Kind::Plain,
        };
        if scale > 38 {
            return Err(ParquetError::General(format!(
                "the column '{}' has {scale} decimals; accepted: at most 38",
                description.name()
            )));
        }
        Ok(Self {
            reader,
            kind,
            name: description.name().to_owned(),
            defined: description.max_def_level(),
            levels: Vec::new(),
            values,
            at: 0,
        })
    }

    /// Holds the next rows; how many there are, 0 after the last.
    pub(super) fn fetch(&mut self) -> Result<usize> {
        self.at = 0;
        self.levels.clear();
        let levels = (self.defined > 0).then_some(&mut self.levels);
        macro_rules! read {
            ($reader:expr, $values:expr) => {{
                $values.clear();
                $reader.read_records(BATCH_ROWS, levels, None, $values)?
            }};
        }
        let (rows, _, _) = match (&mut self.reader, &mut self.values) {
            (ColumnReader::BoolColumnReader(reader), Values::Bools(values)) => {
                read!(reader, values)
            }
            (ColumnReader::Int32ColumnReader(reader), Values::Ints(values)) => {
                read!(reader, values)
            }
            (ColumnReader::Int64ColumnReader(reader), Values::Longs(values)) => {
                read!(reader, values)
            }
            (ColumnReader::FloatColumnReader(reader), Values::Floats(values)) => {
                read!(reader, values)
            }
            (ColumnReader::DoubleColumnReader(reader), Values::Doubles(values)) => {
                read!(reader, values)
            }
            (ColumnReader::ByteArrayColumnReader(reader), Values::Bytes(values)) => {
                read!(reader, values)
            }
            (ColumnReader::FixedLenByteArrayColumnReader(reader), Values::Fixed(values)) => {
                read!(reader, values)
            }
            _ => return Err(ParquetError::General("a column changed its type".into())),
        };
        Ok(rows)
    }

    /// The value of the row at `row` of those held; rows are asked for in their order.
    pub(super) fn next(&mut self, row: usize) -> std::result::Result<Value, Fault> {
        if self.defined > 0 && self.levels.get(row) != Some(&self.defined) {
            return Ok(Value::Null);
        }
        let at = self.at;
        self.at += 1;
        let value = match &self.values {
            Values::Bools(values) => values.get(at).map(|value| Ok(Value::Bool(*value))),
            Values::Ints(values) => values.get(at).map(|&value| self.int(value.into())),
            Values::Longs(values) => values.get(at).map(|&value| self.int(value)),
            Values::Floats(values) => values
                .get(at)
                .map(|value| Ok(Value::Float(shortest(*value)))),
            Values::Doubles(values) => values.get(at).map(|value| Ok(Value::Float(*value))),
            Values::Bytes(values) => values.get(at).map(|value| self.bytes(value)),
            Values::Fixed(values) => values.get(at).map(|value| self.bytes(value)),
        };
        value.unwrap_or_else(|| Err(Fault::damaged("a column is shorter than its rows")))
    }

    fn int(&self, value: i64) -> std::result::Result<Value, Fault> {
        let since_1970 = |unit: u64| {
            let ns = u64::try_from(value)
                .ok()
                .and_then(|count| count.checked_mul(unit));
            ns.ok_or_else(|| Fault::value("the time", value, "a time from 1970 to 2553"))
        };
        match self.kind {
            Kind::Plain => Ok(Value::Int(value)),
            Kind::Decimal(decimals) => Ok(Value::Decimal(value.into(), decimals)),
            Kind::Instant(unit) => Ok(Value::Instant(since_1970(unit)?, unit)),
            Kind::Clock(unit) => Ok(Value::Clock(since_1970(unit)?, unit)),
            Kind::Date => {
                let days = i32::try_from(value).unwrap_or(i32::MIN);
                let mut text = String::new();
                // Writing to a string does not fail.
                let _ = write!(text, "{}", types::TradingDay(days));
                Ok(Value::Bytes(ByteArray::from(text.into_bytes())))
            }
            Kind::TimeOfDay(unit) => {
                let ns = since_1970(unit)?;
                let (seconds, part) = (ns / 1_000_000_000, ns % 1_000_000_000);
                let (minutes, second) = (seconds / 60, seconds % 60);
                let text = format!(
                    "{:02}:{:02}:{second:02}.{part:09}",
                    minutes / 60,
                    minutes % 60
                );
                Ok(Value::Bytes(ByteArray::from(text.into_bytes())))
            }
        }
    }

    fn bytes(&self, value: &ByteArray) -> std::result::Result<Value, Fault> {
        let Kind::Decimal(decimals) = self.kind else {
            return Ok(Value::Bytes(value.clone()));
        };
        let data = value.data();
        if data.is_empty() || data.len() > 16 {
            let accepted = format!("a decimal of 1 to 16 bytes in '{}'", self.name);
            return Err(Fault::value(
                "the length of a decimal",
                data.len(),
                accepted,
            ));
        }
        let is_negative = data.first().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = [if is_negative { 0xff } else { 0 }; 16];
        wide[16 - data.len()..].copy_from_slice(data);
        Ok(Value::Decimal(i128::from_be_bytes(wide), decimals))
    }
}

/// The double of the decimal that a single is meant to be: 0.1 and not 0.100000001490116.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::NAN)
}
