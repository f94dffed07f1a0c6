//! Events as one typed table in Parquet.
//!
//! Each event is a row; each of its fields is in the column of its name, or in `rest` as JSON where there is
//! no such column or the value does not fit it. So a row says all that the line of JSON says.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use gateway::dto::time::parse_timestamp;
use parquet::basic::Compression;
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Map, Value};
use types::{Seq, TimestampNs};

/// Rows held before they are written: what the export takes of memory.
const ROWS_MAX: usize = 65_536;
/// Bytes of `rest` held before they are written.
const REST_BYTES_MAX: usize = 16 << 20;
/// Digits of a decimal.
const DECIMAL_DIGITS: usize = 38;

/// What a column holds.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// An id: a whole number.
    Id,
    /// A word or a name.
    Text,
    /// A moment.
    Time,
    /// A number with so many decimals.
    Decimal(usize),
}

const MONEY: Kind = Kind::Decimal(6);
const QTY: Kind = Kind::Decimal(8);
const PRICE: Kind = Kind::Decimal(9);

/// The columns between `type` and `rest`, by the field's name.
const COLUMNS: [(&str, Kind); 36] = [
    ("account", Kind::Id),
    ("instrument", Kind::Id),
    ("symbol", Kind::Text),
    ("order_id", Kind::Id),
    ("client_order_id", Kind::Text),
    ("side", Kind::Text),
    ("order_type", Kind::Text),
    ("tif", Kind::Text),
    ("price", PRICE),
    ("trigger", PRICE),
    ("qty", QTY),
    ("leaves", QTY),
    ("position", QTY),
    ("fee", MONEY),
    ("realised", MONEY),
    ("balance", MONEY),
    ("equity", MONEY),
    ("pnl", MONEY),
    ("amount", MONEY),
    ("rule", Kind::Text),
    ("effect", Kind::Text),
    ("baseline", MONEY),
    ("baseline_seq", Kind::Id),
    ("baseline_ts", Kind::Time),
    ("baseline_from", Kind::Text),
    ("peak", MONEY),
    ("allowance", MONEY),
    ("floor", MONEY),
    ("target", MONEY),
    ("cause", Kind::Text),
    ("reason", Kind::Text),
    ("day", Kind::Text),
    ("plan", Kind::Id),
    ("plan_name", Kind::Text),
    ("competition", Kind::Id),
    ("state", Kind::Text),
];

/// A column in the making: values, and for each row whether it has one.
#[derive(Debug)]
struct Column {
    name: &'static str,
    kind: Kind,
    values: Values,
    present: Vec<i16>,
}

#[derive(Debug)]
enum Values {
    /// Ids and moments.
    Numbers(Vec<i64>),
    Texts(Vec<ByteArray>),
    Decimals(Vec<FixedLenByteArray>),
}

impl Column {
    fn new(name: &'static str, kind: Kind) -> Self {
        let values = match kind {
            Kind::Id | Kind::Time => Values::Numbers(Vec::new()),
            Kind::Text => Values::Texts(Vec::new()),
            Kind::Decimal(_) => Values::Decimals(Vec::new()),
        };
        Self {
            name,
            kind,
            values,
            present: Vec::new(),
        }
    }

    fn schema(&self) -> String {
        let name = self.name;
        match self.kind {
            Kind::Id => format!("OPTIONAL INT64 {name} (INTEGER(64,false));"),
            Kind::Time => format!("OPTIONAL INT64 {name} (TIMESTAMP(NANOS,true));"),
            Kind::Text => format!("OPTIONAL BYTE_ARRAY {name} (STRING);"),
            Kind::Decimal(scale) => format!(
                "OPTIONAL FIXED_LEN_BYTE_ARRAY(16) {name} (DECIMAL({DECIMAL_DIGITS},{scale}));"
            ),
        }
    }

    /// Takes a row's value; `false` when it does not fit, and the row has none here.
    fn take(&mut self, value: Option<&Value>) -> bool {
        let text = match value {
            None | Some(Value::Null) => {
                self.present.push(0);
                return true;
            }
            Some(value) => value.as_str(),
        };
        let taken = match (&mut self.values, self.kind) {
            (Values::Numbers(times), Kind::Time) => text
                .and_then(parse_timestamp)
                .map(|ts| times.push(ts.0 as i64)),
            (Values::Numbers(ids), _) => text
                .and_then(|text| text.parse::<u64>().ok())
                .map(|id| ids.push(id as i64)),
            (Values::Texts(texts), _) => text.map(|text| texts.push(text.into())),
            (Values::Decimals(decimals), Kind::Decimal(scale)) => text
                .and_then(|text| scaled(text, scale))
                .map(|value| decimals.push(value.to_be_bytes().to_vec().into())),
            (Values::Decimals(_), _) => None,
        };
        self.present.push(i16::from(taken.is_some()));
        taken.is_some()
    }
}

/// A decimal as a whole number of its last place; `None` when it has more places or is none.
fn scaled(text: &str, scale: usize) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let padding = scale.checked_sub(fraction.len())?;
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty()
        || !are_digits(digits)
        || !are_digits(fraction)
        || digits.len() + scale > DECIMAL_DIGITS
    {
        return None;
    }
    format!("{whole}{fraction}{}", "0".repeat(padding))
        .parse()
        .ok()
}

/// Writes the table as events come.
pub(super) struct Table<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    seqs: Vec<i64>,
    times: Vec<i64>,
    kinds: Vec<ByteArray>,
    columns: Vec<Column>,
    rest: Column,
    rest_bytes: usize,
}

impl<W: Write + Send> Table<W> {
    pub(super) fn new(out: W) -> anyhow::Result<Self> {
        let columns: Vec<_> = COLUMNS
            .into_iter()
            .map(|(name, kind)| Column::new(name, kind))
            .collect();
        let fields: Vec<_> = columns.iter().map(Column::schema).collect();
        let schema = format!(
            "message events {{
                REQUIRED INT64 seq (INTEGER(64,false));
                REQUIRED INT64 ts (TIMESTAMP(NANOS,true));
                REQUIRED BYTE_ARRAY type (STRING);
                {}
                OPTIONAL BYTE_ARRAY rest (JSON);
            }}",
            fields.concat()
        );
        let schema = parse_message_type(&schema).context("the schema of the events")?;
        let properties = WriterProperties::builder()
            .set_created_by(concat!("dynasty ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(parquet::basic::ZstdLevel::default()))
            .build();
        Ok(Self {
            writer: SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?,
            seqs: Vec::new(),
            times: Vec::new(),
            kinds: Vec::new(),
            columns,
            rest: Column::new("rest", Kind::Text),
            rest_bytes: 0,
        })
    }

    /// Adds an event, given as the object that is its line of JSON.
    pub(super) fn add(
        &mut self,
        seq: Seq,
        ts: TimestampNs,
        mut event: Map<String, Value>,
    ) -> anyhow::Result<()> {
        event.remove("seq");
        event.remove("ts");
        let kind = event.remove("type");
        let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
        self.seqs.push(seq.0 as i64);
        self.times.push(ts.0 as i64);
        self.kinds.push(kind.into());
        for column in &mut self.columns {
            if column.take(event.get(column.name)) {
                event.remove(column.name);
            }
        }
        event.retain(|_, value| !value.is_null());
        let rest = (!event.is_empty()).then(|| Value::String(Value::Object(event).to_string()));
        self.rest_bytes += rest.as_ref().and_then(Value::as_str).map_or(0, str::len);
        self.rest.take(rest.as_ref());
        if self.seqs.len() == ROWS_MAX || self.rest_bytes > REST_BYTES_MAX {
            self.write_rows()?;
        }
        Ok(())
    }

    fn write_rows(&mut self) -> anyhow::Result<()> {
        if self.seqs.is_empty() {
            return Ok(());
        }
        let mut rows = self.writer.next_row_group()?;
        let missing = "the schema has fewer columns than the table";
        for ids in [&mut self.seqs, &mut self.times] {
            let mut column = rows.next_column()?.context(missing)?;
            column.typed::<Int64Type>().write_batch(ids, None, None)?;
            column.close()?;
            ids.clear();
        }
        let mut column = rows.next_column()?.context(missing)?;
        let kinds = column.typed::<ByteArrayType>();
        kinds.write_batch(&self.kinds, None, None)?;
        column.close()?;
        self.kinds.clear();
        for held in self.columns.iter_mut().chain([&mut self.rest]) {
            let mut column = rows.next_column()?.context(missing)?;
            let present = Some(&held.present[..]);
            match &mut held.values {
                Values::Numbers(numbers) => {
                    column
                        .typed::<Int64Type>()
                        .write_batch(numbers, present, None)?;
                    numbers.clear();
                }
                Values::Texts(texts) => {
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(texts, present, None)?;
                    texts.clear();
                }
                Values::Decimals(decimals) => {
                    let typed = column.typed::<FixedLenByteArrayType>();
                    typed.write_batch(decimals, present, None)?;
                    decimals.clear();
                }
            }
            column.close()?;
            held.present.clear();
        }
        rows.close()?;
        self.rest_bytes = 0;
        Ok(())
    }

    /// Writes what is held, and the end of the file.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.write_rows()?;
        self.writer.close()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_whole_numbers_of_their_last_place_or_none() {
        assert_eq!(scaled("49990.100048", 6), Some(49_990_100_048));
        assert_eq!(scaled("-240.3951", 8), Some(-24_039_510_000));
        assert_eq!(scaled("-0.5", 6), Some(-500_000));
        assert_eq!(scaled("0", 9), Some(0));
        for text in ["", "-", ".5", "1.0000001", "1e3", "x", "--1", "1.-1"] {
            assert_eq!(scaled(text, 6), None, "{text}");
        }
        let longest = "9".repeat(32);
        assert!(scaled(&longest, 6).is_some());
        assert_eq!(scaled(&format!("9{longest}"), 6), None);
    }
}
