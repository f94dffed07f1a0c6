//! Tables of TOML whose fields are taken one by one; what is wrong with one is told with its place.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::near::nearest;

/// What is wrong with a file, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct FileError {
    /// Name of the file.
    pub file: String,
    /// Line from 1; of the table where a field is missing.
    pub line: usize,
    /// What it is.
    pub what: Wrong,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The text is not TOML, or too long.
    #[error("{0}")]
    Text(String),
    /// A field is not known, not there, or not accepted.
    #[error("{field}: {value}; accepted: {accepted}")]
    Field {
        /// The field, with the tables that it is in.
        field: String,
        /// What it is.
        value: String,
        /// What it may be.
        accepted: String,
    },
}

/// A mistake before it has a line: where in the text it is.
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: Wrong,
}

pub(super) type Read<T> = Result<T, Fault>;

/// A table whose fields are taken one by one; what is left at the end is not known.
pub(super) struct Table<'a> {
    pub(super) path: String,
    pub(super) at: usize,
    pub(super) fields: BTreeMap<&'a str, (Range<usize>, &'a DeValue<'a>)>,
    pub(super) known: &'static [&'static str],
}

pub(super) struct Value<'a> {
    pub(super) field: String,
    pub(super) at: usize,
    pub(super) node: &'a DeValue<'a>,
}

pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

impl<'a> Table<'a> {
    pub(super) fn new(
        path: String,
        at: usize,
        table: &'a DeTable<'a>,
        known: &'static [&'static str],
    ) -> Read<Self> {
        let fields = table.iter();
        let fields: BTreeMap<&str, _> = fields
            .map(|(key, value)| (key.get_ref().as_ref(), (key.span(), value.get_ref())))
            .collect();
        let table = Self {
            path,
            at,
            fields,
            known,
        };
        table.no_others(known)?;
        Ok(table)
    }

    pub(super) fn no_others(&self, known: &[&str]) -> Read<()> {
        let mut fields = self.fields.iter();
        let Some((name, (span, _))) = fields.find(|(name, _)| !known.contains(name)) else {
            return Ok(());
        };
        let near = nearest(name, known.iter().copied());
        let near = near.map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
        Err(Fault {
            at: span.start,
            what: Wrong::Field {
                field: join(&self.path, name),
                value: "not known".to_owned(),
                accepted: format!("{}{near}", known.join(", ")),
            },
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        debug_assert!(self.known.is_empty() || self.known.contains(&name));
        let (span, node) = self.fields.get(name)?;
        Some(Value {
            field: join(&self.path, name),
            at: span.start,
            node,
        })
    }

    pub(super) fn need(&self, name: &str, accepted: &str) -> Read<Value<'a>> {
        self.get(name).ok_or_else(|| Fault {
            at: self.at,
            what: Wrong::Field {
                field: join(&self.path, name),
                value: "missing".to_owned(),
                accepted: accepted.to_owned(),
            },
        })
    }
}

impl<'a> Value<'a> {
    pub(super) fn refuse(&self, accepted: impl Into<String>) -> Fault {
        self.refuse_as(shown(self.node), accepted)
    }

    pub(super) fn refuse_as(&self, value: String, accepted: impl Into<String>) -> Fault {
        Fault {
            at: self.at,
            what: Wrong::Field {
                field: self.field.clone(),
                value,
                accepted: accepted.into(),
            },
        }
    }

    pub(super) fn text(&self) -> Read<&'a str> {
        match self.node {
            DeValue::String(text) => Ok(text),
            _ => Err(self.refuse("a text in quotes")),
        }
    }

    pub(super) fn word(&self, words: &[&'static str]) -> Read<&'static str> {
        let text = self.text()?;
        let word = words.iter().find(|word| **word == text);
        word.copied().ok_or_else(|| self.refuse(words.join(", ")))
    }

    /// A number in a range.
    pub(super) fn number(&self, least: f64, most: f64) -> Read<f64> {
        let number = match self.node {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .map(|number| number as f64),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| self.refuse(format!("a number from {least} to {most}")))
    }

    pub(super) fn whole(&self, least: f64, most: f64) -> Read<f64> {
        let number = self
            .number(least, most)
            .ok()
            .filter(|number| number.fract() == 0.0);
        number.ok_or_else(|| self.refuse(format!("a whole number from {least} to {most}")))
    }

    pub(super) fn table(&self, known: &'static [&'static str]) -> Read<Table<'a>> {
        match self.node {
            DeValue::Table(table) => Table::new(self.field.clone(), self.at, table, known),
            _ => Err(self.refuse("a table")),
        }
    }
}

/// A value as an error shows it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("'{text}'"),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(value) => value.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
