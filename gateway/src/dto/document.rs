//! A JSON or TOML document as it was written, and strict reading of it field by field.
//!
//! Every error says which field, by its path from the root such as `max_loss.allowance.fixed`, which
//! value it has, and what is accepted.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use types::decimal::{self, DecimalError};
use types::{Label, Money, Price, Qty, Ratio, TimestampNs, TradingDay};

use super::word::Word;
use super::{percent, time};

/// A value of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// JSON's null; the same as a field that is not there.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number; no field accepts one, decimals are strings.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Named values in the order they were written, each name once.
    Table(Vec<(String, Node)>),
}

impl Node {
    /// A document from JSON.
    ///
    /// # Errors
    /// When the bytes are not JSON, or a field is given twice.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// A document from TOML.
    ///
    /// # Errors
    /// When the text is not TOML.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// The name that the reader of TOML gives a date or time without quotes.
const TOML_TIME: &str = "$__toml_private_datetime";

impl fmt::Display for Node {
    /// The value as an error shows it, cut where it gets long: of a table its names and plain values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN_MAX: usize = 64;
        const FIELDS_SHOWN_MAX: usize = 6;
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(text) => match text.char_indices().nth(SHOWN_MAX) {
                None => f.write_str(text),
                Some((end, _)) => write!(f, "{}...", &text[..end]),
            },
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Table(fields) => {
                if let [(name, Self::Text(text))] = fields.as_slice()
                    && name == TOML_TIME
                {
                    return f.write_str(text);
                }
                f.write_str("{")?;
                for (place, (name, value)) in fields.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    match value {
                        _ if place == FIELDS_SHOWN_MAX => {
                            f.write_str(", ...")?;
                            break;
                        }
                        Self::Table(_) => write!(f, "{comma}{name}: {{...}}")?,
                        value => write!(f, "{comma}{name}: {value}")?,
                    }
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNode;

        impl<'de> Visitor<'de> for AnyNode {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Integer(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Integer(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Float(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Text(value.to_owned()))
            }

            fn visit_string<E>(self, value: String) -> Result<Node, E> {
                Ok(Node::Text(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries: Vec<(String, Node)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Node>()? {
                    if entries.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format!(
                            "the field `{name}` is given twice"
                        )));
                    }
                    if entries.len() >= FIELDS_MAX {
                        return Err(de::Error::custom(format!("more than {FIELDS_MAX} fields")));
                    }
                    entries.push((name, value));
                }
                Ok(Node::Table(entries))
            }
        }

        deserializer.deserialize_any(AnyNode)
    }
}

/// The most fields of one table.
pub const FIELDS_MAX: usize = 64;

/// A field that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path from the root, such as `max_loss.allowance.fixed`.
    pub field: String,
    /// Its value as text; `None` when the field is missing.
    pub value: Option<String>,
    /// What is accepted.
    pub accepted: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            value,
            accepted,
        } = self;
        match value {
            Some(value) => write!(f, "{field}: value '{value}': accepted {accepted}"),
            None => write!(f, "{field}: missing: accepted {accepted}"),
        }
    }
}

impl std::error::Error for FieldError {}

/// A place in a document, and the value there if there is one.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    path: String,
    node: Option<&'a Node>,
}

/// A value that is either a word of its own or one named value: `"never"` or `{ fixed = "2500" }`.
#[derive(Debug, Clone)]
pub enum Choice<'a> {
    /// The word.
    Word(&'static str),
    /// The name and its value.
    Named(&'static str, Field<'a>),
}

const MONEY: &str = "an amount as a decimal in quotes with at most 6 decimals, such as \"2500\"";
const PRICE: &str = "a price as a decimal in quotes with at most 9 decimals, such as \"65012.35\"";
const QTY: &str = "a quantity as a decimal in quotes with at most 8 decimals, such as \"0.5\"";
const FACTOR: &str = "a factor as a decimal in quotes with at most 9 decimals, such as \"0.1\"";
const NAME: &str = "1 to 31 printable ASCII characters in quotes";

impl<'a> Field<'a> {
    /// The whole document.
    pub const fn root(node: &'a Node) -> Self {
        Self {
            path: String::new(),
            node: Some(node),
        }
    }

    /// The field itself when the document has it.
    #[must_use]
    pub fn present(self) -> Option<Self> {
        self.node
            .is_some_and(|node| *node != Node::Null)
            .then_some(self)
    }

    /// The field itself where it is not null.
    ///
    /// # Errors
    /// When the document does not have it.
    pub fn nullable(self) -> Result<Option<Self>, FieldError> {
        match self.node {
            None => Err(self.error("a value, or null")),
            Some(_) => Ok(self.present()),
        }
    }

    /// The value as it was written; `None` when the document does not have the field.
    pub const fn node(&self) -> Option<&'a Node> {
        self.node
    }

    /// The error that this field is not accepted.
    pub fn error(&self, accepted: impl Into<String>) -> FieldError {
        let shown = self.node.filter(|node| **node != Node::Null);
        FieldError {
            field: if self.path.is_empty() {
                "document".to_owned()
            } else {
                self.path.clone()
            },
            value: shown.map(ToString::to_string),
            accepted: accepted.into(),
        }
    }

    /// A table that has no other fields than these.
    ///
    /// # Errors
    /// When it is no table or has another field.
    pub fn table(&self, known: &[&str]) -> Result<Table<'a>, FieldError> {
        let Some(Node::Table(entries)) = self.node else {
            return Err(self.error(format!("a table with the fields {}", known.join(", "))));
        };
        for (name, value) in entries {
            if !known.contains(&name.as_str()) {
                return Err(Field {
                    path: join(&self.path, name),
                    node: Some(value),
                }
                .error(unknown(name, known)));
            }
        }
        Ok(Table {
            path: self.path.clone(),
            entries,
        })
    }

    /// One field of a table, whatever its other fields are.
    ///
    /// # Errors
    /// When it is no table.
    pub fn tag(&self, name: &str) -> Result<Field<'a>, FieldError> {
        let Some(Node::Table(entries)) = self.node else {
            return Err(self.error(format!("a table with the field {name}")));
        };
        let path = self.path.clone();
        Ok(Table { path, entries }.field(name))
    }

    /// A list of any length.
    ///
    /// # Errors
    /// When it is no list.
    pub fn list(&self) -> Result<Vec<Field<'a>>, FieldError> {
        let Some(Node::List(items)) = self.node else {
            return Err(self.error("a list"));
        };
        let place = |(index, node)| Field {
            path: format!("{}[{index}]", self.path),
            node: Some(node),
        };
        Ok(items.iter().enumerate().map(place).collect())
    }

    /// A string.
    ///
    /// # Errors
    /// When it is no string.
    pub fn text(&self, accepted: &str) -> Result<&'a str, FieldError> {
        match self.node {
            Some(Node::Text(text)) => Ok(text),
            _ => Err(self.error(accepted)),
        }
    }

    /// A string that stands for something else.
    ///
    /// # Errors
    /// When it is no string or stands for nothing.
    pub fn parse<T: FromStr>(&self, accepted: &str) -> Result<T, FieldError> {
        self.text(accepted)?
            .parse()
            .map_err(|_| self.error(accepted))
    }

    /// A decimal of a unit with so many decimals.
    fn decimal<T: FromStr<Err = DecimalError>>(
        &self,
        accepted: &str,
        decimals: u32,
    ) -> Result<T, FieldError> {
        self.text(accepted)?.parse().map_err(|error| match error {
            DecimalError::OutOfRange => {
                let mut most = String::new();
                // Writing to a string cannot fail.
                let _ = decimal::write(&mut most, i64::MAX.into(), decimals);
                self.error(format!("{accepted}; from -{most} to {most}"))
            }
            DecimalError::Malformed | DecimalError::TooFine { .. } => self.error(accepted),
        })
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn boolean(&self) -> Result<bool, FieldError> {
        match self.node {
            Some(Node::Bool(value)) => Ok(*value),
            Some(Node::Text(text)) if text == "true" || text == "false" => {
                Err(self.error("true or false without quotes; this is a string"))
            }
            _ => Err(self.error("true or false")),
        }
    }

    /// A whole number without quotes.
    ///
    /// # Errors
    /// When it is none or not in the range of `T`.
    pub fn integer<T: TryFrom<i128>>(&self, accepted: &str) -> Result<T, FieldError> {
        match self.node {
            Some(Node::Integer(value)) => (*value).try_into().map_err(|_| self.error(accepted)),
            _ => Err(self.error(accepted)),
        }
    }

    /// One of the words of `T`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn word<T: Word>(&self) -> Result<T, FieldError> {
        let found = match self.node {
            Some(Node::Text(text)) => T::ALL.iter().find(|value| value.word() == text),
            _ => None,
        };
        found.copied().ok_or_else(|| {
            let words: Vec<_> = T::ALL.iter().map(|value| value.word()).collect();
            self.error(alternatives(&words, &[]))
        })
    }

    /// One of `words` or a table with exactly one of `names`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn choice(
        &self,
        words: &[&'static str],
        names: &[&'static str],
    ) -> Result<Choice<'a>, FieldError> {
        match self.node {
            Some(Node::Text(text)) => words
                .iter()
                .find(|word| *word == text)
                .map(|word| Choice::Word(word)),
            Some(Node::Table(entries)) => match entries.as_slice() {
                [(name, value)] => names.iter().find(|known| *known == name).map(|known| {
                    let path = join(&self.path, name);
                    let node = Some(value);
                    Choice::Named(known, Field { path, node })
                }),
                _ => None,
            },
            _ => None,
        }
        .ok_or_else(|| self.error(alternatives(words, names)))
    }

    /// An amount.
    ///
    /// # Errors
    /// When it is none.
    pub fn money(&self) -> Result<Money, FieldError> {
        self.decimal(MONEY, Money::DECIMALS)
    }

    /// A price.
    ///
    /// # Errors
    /// When it is none.
    pub fn price(&self) -> Result<Price, FieldError> {
        self.decimal(PRICE, Price::DECIMALS)
    }

    /// A quantity.
    ///
    /// # Errors
    /// When it is none.
    pub fn qty(&self) -> Result<Qty, FieldError> {
        self.decimal(QTY, Qty::DECIMALS)
    }

    /// A percentage, of any size.
    ///
    /// # Errors
    /// When it is none.
    pub fn percent(&self, accepted: &str) -> Result<Ratio, FieldError> {
        percent::parse(self.text(accepted)?).ok_or_else(|| self.error(accepted))
    }

    /// A percentage above 0 and at most 100.
    ///
    /// # Errors
    /// When it is none.
    pub fn share(&self) -> Result<Ratio, FieldError> {
        const SHARE: &str =
            "a percentage above 0 and at most 100 in quotes with at most 7 decimals, such as \"5\"";
        self.percent(SHARE)
            .ok()
            .filter(|share| *share > Ratio::ZERO && *share <= Ratio::ONE)
            .ok_or_else(|| self.error(SHARE))
    }

    /// A percentage above 0 and below 100.
    ///
    /// # Errors
    /// When it is none.
    pub fn part(&self) -> Result<Ratio, FieldError> {
        const PART: &str =
            "a percentage above 0 and below 100 in quotes with at most 7 decimals, such as \"40\"";
        self.percent(PART)
            .ok()
            .filter(|part| *part > Ratio::ZERO && *part < Ratio::ONE)
            .ok_or_else(|| self.error(PART))
    }

    /// A factor.
    ///
    /// # Errors
    /// When it is none.
    pub fn factor(&self) -> Result<Ratio, FieldError> {
        self.decimal(FACTOR, Ratio::DECIMALS)
    }

    /// A name.
    ///
    /// # Errors
    /// When it is none.
    pub fn name(&self) -> Result<Label, FieldError> {
        self.parse(NAME)
    }

    /// A moment.
    ///
    /// # Errors
    /// When it is none.
    pub fn timestamp(&self) -> Result<TimestampNs, FieldError> {
        const ACCEPTED: &str = "an RFC 3339 time from 1970 on with at most 9 decimals, such as \"2024-03-05T09:30:00Z\"";
        time::parse_timestamp(self.text(ACCEPTED)?).ok_or_else(|| self.error(ACCEPTED))
    }

    /// A day.
    ///
    /// # Errors
    /// When it is none.
    pub fn day(&self) -> Result<TradingDay, FieldError> {
        const ACCEPTED: &str = "a date such as \"2024-03-05\"";
        time::parse_day(self.text(ACCEPTED)?).ok_or_else(|| self.error(ACCEPTED))
    }
}

/// A table whose fields are all known ones.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    path: String,
    entries: &'a [(String, Node)],
}

impl<'a> Table<'a> {
    /// The place of a field; whether it is there shows when it is read.
    pub fn field(&self, name: &str) -> Field<'a> {
        let found = self.entries.iter().find(|(known, _)| known == name);
        Field {
            path: join(&self.path, name),
            node: found.map(|(_, node)| node),
        }
    }

    /// The deepest place that a path such as `a.b[1].c` leads to; of a table with one value, that
    /// value.
    pub fn at(&self, path: &str) -> Field<'a> {
        let mut steps = steps(path);
        let mut field = match steps.next() {
            Some(Step::Name(name)) => self.field(name),
            _ => self.field(""),
        };
        for step in steps {
            field = match (step, field.node) {
                (Step::Name(name), Some(Node::Table(entries))) => {
                    let path = field.path;
                    Table { path, entries }.field(name)
                }
                (Step::Place(place), Some(Node::List(items))) if place < items.len() => Field {
                    path: format!("{}[{place}]", field.path),
                    node: items.get(place),
                },
                _ => return field,
            };
        }
        if let Some(Node::Table(entries)) = field.node
            && let [(name, node)] = entries.as_slice()
        {
            let path = join(&field.path, name);
            let node = Some(node);
            return Field { path, node };
        }
        field
    }

    /// Checks that the document does not have a field; `accepted` says why it must not.
    ///
    /// # Errors
    /// When it is there.
    pub fn absent(&self, name: &str, accepted: impl FnOnce() -> String) -> Result<(), FieldError> {
        match self.optional(name) {
            Some(field) => Err(field.error(accepted())),
            None => Ok(()),
        }
    }

    /// The field when the document has it.
    pub fn optional(&self, name: &str) -> Option<Field<'a>> {
        self.field(name).present()
    }
}

/// A step of a path from the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// Into the field of this name.
    Name(&'a str),
    /// Into the item at this place, from 0.
    Place(usize),
}

/// The steps of a path such as `conduct.windows[1].action`.
pub(crate) fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split('.').flat_map(|part| {
        let (name, places) = part.split_once('[').unwrap_or((part, ""));
        let places = places
            .split(['[', ']'])
            .filter_map(|text| text.parse().ok());
        std::iter::once(Step::Name(name)).chain(places.map(Step::Place))
    })
}

/// What is accepted instead of a name that is not known.
fn unknown(name: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(name, known) {
        Some(meant) => format!("no such field, perhaps {meant}; known: {list}"),
        None => format!("no such field; known: {list}"),
    }
}

/// The known name that was most likely meant: the one with the fewest slips of the pen, if they are
/// few, or one that only goes on where this one ends (or the reverse).
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    const SLIPS_MAX: usize = 2;
    const COMPARED_MAX: usize = 64;
    if name.len() > COMPARED_MAX {
        return None;
    }
    let closest = known.iter().min_by_key(|known| slips(name, known))?;
    if slips(name, closest) <= SLIPS_MAX.min(name.len() / 2) {
        return Some(closest);
    }
    let extends = |known: &&&str| known.starts_with(name) || name.starts_with(**known);
    known.iter().find(extends).copied()
}

/// How many letters must be added, dropped, replaced or swapped with their neighbour (optimal string
/// alignment distance), for names of ASCII letters.
fn slips(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(x != y);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or(0)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn alternatives(words: &[&str], names: &[&str]) -> String {
    let words = words.iter().map(|word| format!("\"{word}\""));
    let names = names.iter().map(|name| format!("{{{name} = ..}}"));
    words.chain(names).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Node {
        Node::from_json(text.as_bytes()).unwrap()
    }

    #[test]
    fn errors_name_the_field_its_value_and_what_is_accepted() {
        let node = json(r#"{"limit":{"price":"1e3","extra":1,"ratio":0.5}}"#);
        let root = Field::root(&node).table(&["limit", "side"]).unwrap();
        let unknown = root.field("limit").table(&["price", "ratio"]).unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "limit.extra: value '1': accepted no such field; known: price, ratio"
        );
        let slip = json(r#"{"raito":1}"#);
        let slip = Field::root(&slip).table(&["price", "ratio"]).unwrap_err();
        assert_eq!(
            slip.accepted,
            "no such field, perhaps ratio; known: price, ratio"
        );
        let limit = root
            .field("limit")
            .table(&["price", "ratio", "extra"])
            .unwrap();
        let price = limit.field("price").price().unwrap_err();
        assert_eq!(price.field, "limit.price");
        assert_eq!(price.value.as_deref(), Some("1e3"));
        let ratio = limit.field("ratio").share().unwrap_err();
        assert_eq!(ratio.value.as_deref(), Some("0.5"));
        let side = root.field("side").word::<types::Side>().unwrap_err();
        assert_eq!(
            side.to_string(),
            "side: missing: accepted \"buy\" or \"sell\""
        );
    }

    #[test]
    fn a_choice_is_a_word_or_one_named_value() {
        let node = json(r#"{"a":"never","b":{"fixed":"1"},"c":{"fixed":"1","other":"2"}}"#);
        let root = Field::root(&node).table(&["a", "b", "c"]).unwrap();
        let read = |name| root.field(name).choice(&["never"], &["fixed"]);
        assert!(matches!(read("a"), Ok(Choice::Word("never"))));
        assert!(matches!(read("b"), Ok(Choice::Named("fixed", _))));
        assert_eq!(read("c").unwrap_err().accepted, "\"never\" or {fixed = ..}");
    }

    #[test]
    fn the_nearest_name_is_a_slip_or_a_beginning_away() {
        // One letter swapped, dropped, added, replaced: one slip each.
        for name in ["trial", "tril", "traiil", "troil"] {
            assert_eq!(slips(name, "trail"), 1, "{name}");
        }
        assert_eq!(slips("", "stop"), 4);
        assert_eq!(nearest("trial", &["stop", "trail"]), Some("trail"));
        assert_eq!(
            nearest("warn_at", &["size", "warn_at_pct"]),
            Some("warn_at_pct")
        );
        assert_eq!(nearest("colour", &["stop", "trail"]), None);
        // Half the name wrong is another name.
        assert_eq!(nearest("sap", &["stop"]), None);
    }

    #[test]
    fn paths_lead_into_lists() {
        let found: Vec<_> = steps("a.b[1].c").collect();
        let (name, place) = (Step::Name, Step::Place);
        assert_eq!(found, [name("a"), name("b"), place(1), name("c")]);
        let node = json(r#"{"a":{"b":[{"c":1},{"c":2}]}}"#);
        let root = Field::root(&node).table(&["a"]).unwrap();
        assert_eq!(root.at("a.b[1].c").integer::<u8>(""), Ok(2));
        assert_eq!(root.at("a.b[2].c").error("").field, "a.b");
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        let error = Node::from_json(br#"{"a":1,"a":2}"#).unwrap_err();
        assert!(error.to_string().contains("given twice"), "{error}");
    }

    #[test]
    fn null_is_the_same_as_missing() {
        let node = json(r#"{"a":null}"#);
        let root = Field::root(&node).table(&["a"]).unwrap();
        assert!(root.optional("a").is_none());
        assert_eq!(root.field("a").boolean().unwrap_err().value, None);
    }
}
