//! Files of results: rows of named values as CSV, JSON or Parquet.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Map, Value};

use super::Usage;

/// Forms of a file of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Json,
    Parquet,
}

/// The form that a file's name says.
///
/// # Errors
/// With what would be accepted.
pub(super) fn form(path: &Path) -> Result<Form, Usage> {
    match path.extension().and_then(|it| it.to_str()) {
        Some("csv") => Ok(Form::Csv),
        Some("json") => Ok(Form::Json),
        Some("parquet") => Ok(Form::Parquet),
        _ => Err(Usage(format!(
            "--out {}; accepted: a name that ends in .csv, .json or .parquet",
            path.display()
        ))),
    }
}

/// Rows of one kind.
pub(super) struct Rows {
    /// What a row is.
    of: &'static str,
    names: Vec<String>,
    /// Of each row, in the order of the names.
    values: Vec<Vec<Value>>,
}

impl Rows {
    /// Rows that all have the names of the first.
    pub(super) fn new(of: &'static str, all: impl Iterator<Item = Vec<(String, Value)>>) -> Self {
        let mut names = Vec::new();
        let mut all_values = Vec::new();
        for row in all {
            let (of_row, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
            if all_values.is_empty() {
                names = of_row;
            }
            all_values.push(values);
        }
        Self {
            of,
            names,
            values: all_values,
        }
    }

    /// Writes them in the form that the file's name says.
    ///
    /// # Errors
    /// When the name says none, or the file cannot be written.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let form = form(path)?;
        let named = || path.display().to_string();
        let file = File::create(path).with_context(named)?;
        match form {
            Form::Csv => self.csv(file),
            Form::Json => self.json(file),
            Form::Parquet => self.parquet(file),
        }
        .with_context(named)
    }

    fn csv(&self, file: File) -> anyhow::Result<()> {
        let mut file = BufWriter::new(file);
        if !self.values.is_empty() {
            writeln!(file, "{}", self.names.join(","))?;
        }
        for row in &self.values {
            let values = row.iter().map(|value| match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            writeln!(file, "{}", values.collect::<Vec<_>>().join(","))?;
        }
        Ok(file.flush()?)
    }

    fn json(&self, file: File) -> anyhow::Result<()> {
        let mut file = BufWriter::new(file);
        let rows = self.values.iter().map(|row| {
            let pairs = self.names.iter().cloned().zip(row.iter().cloned());
            Value::Object(pairs.collect::<Map<_, _>>())
        });
        writeln!(file, "{:#}", Value::Array(rows.collect()))?;
        Ok(file.flush()?)
    }

    /// How Parquet has a column: whole numbers as INT64, numbers as DOUBLE, all else as text, nothing as null.
    fn kind(&self, column: usize) -> &'static str {
        let rows = self.values.iter();
        let mut values = rows.map(|row| &row[column]).filter(|it| !it.is_null());
        if values.clone().all(Value::is_i64) && values.clone().next().is_some() {
            "INT64"
        } else if values.all(Value::is_number) {
            "DOUBLE"
        } else {
            "BYTE_ARRAY"
        }
    }

    /// One row group.
    fn parquet(&self, file: File) -> anyhow::Result<()> {
        if self.values.is_empty() {
            return Ok(());
        }
        let kinds: Vec<&str> = (0..self.names.len()).map(|it| self.kind(it)).collect();
        let fields = self.names.iter().zip(&kinds).map(|(name, kind)| {
            let logical = if *kind == "BYTE_ARRAY" {
                " (STRING)"
            } else {
                ""
            };
            format!("OPTIONAL {kind} {name}{logical};")
        });
        let message = format!("message {} {{ {} }}", self.of, fields.collect::<String>());
        let schema = Arc::new(parse_message_type(&message)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
        let mut group = writer.next_row_group()?;
        for (place, kind) in kinds.iter().enumerate() {
            let Some(mut column) = group.next_column()? else {
                break;
            };
            let values = self.values.iter().map(|row| &row[place]);
            let levels: Vec<i16> = values.clone().map(|it| i16::from(!it.is_null())).collect();
            let values = values.filter(|it| !it.is_null());
            match *kind {
                "INT64" => {
                    let values: Vec<i64> = values.filter_map(Value::as_i64).collect();
                    column
                        .typed::<Int64Type>()
                        .write_batch(&values, Some(&levels), None)?;
                }
                "DOUBLE" => {
                    let values: Vec<f64> = values.filter_map(Value::as_f64).collect();
                    column
                        .typed::<DoubleType>()
                        .write_batch(&values, Some(&levels), None)?;
                }
                _ => {
                    let text = values.map(|it| match it {
                        Value::String(text) => ByteArray::from(text.as_str()),
                        other => ByteArray::from(other.to_string().as_str()),
                    });
                    let values: Vec<ByteArray> = text.collect();
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(&values, Some(&levels), None)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        writer.close()?;
        Ok(())
    }
}
