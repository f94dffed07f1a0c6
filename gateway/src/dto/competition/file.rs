//! Competition files in TOML.

use rules::Competition;
use toml::de::{DeTable, DeValue};
use types::Codec;

use super::read::{FIELDS, read};
use crate::dto::document::{Field, FieldError, Node};

/// What is wrong with a competition file, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompetitionFileError {
    /// The text is not TOML.
    #[error("{file}:{line}: {detail}")]
    Syntax {
        /// Name of the file.
        file: String,
        /// Line from 1.
        line: usize,
        /// What the TOML reader says.
        detail: String,
    },
    /// A field is not accepted.
    #[error("{file}:{line}: {error}")]
    Field {
        /// Name of the file.
        file: String,
        /// Line from 1; of the table when the field is missing.
        line: usize,
        /// The field.
        error: FieldError,
    },
}

/// A valid competition from the text of a competition file. `file` is its name in errors.
///
/// # Errors
/// See [`CompetitionFileError`].
pub fn from_toml(file: &str, text: &str) -> Result<Competition, CompetitionFileError> {
    let node = Node::from_toml(text).map_err(|error| CompetitionFileError::Syntax {
        file: file.to_owned(),
        line: line_at(text, error.span().map_or(0, |span| span.start)),
        detail: error.message().trim().to_owned(),
    })?;
    let table = Field::root(&node).table(&FIELDS);
    table
        .and_then(|table| read(&table))
        .map_err(|error| CompetitionFileError::Field {
            file: file.to_owned(),
            line: line_of(text, &error.field),
            error,
        })
}

/// The canonical bytes of the competition of a competition file.
///
/// # Errors
/// See [`CompetitionFileError`].
pub fn spec_from_toml(file: &str, text: &str) -> Result<Box<[u8]>, CompetitionFileError> {
    from_toml(file, text).map(|competition| competition.to_bytes().into())
}

/// The line of the deepest part of a path such as `prizes.places[1].first` that the text has; the
/// first line when it has none.
fn line_of(text: &str, path: &str) -> usize {
    let Ok(root) = DeTable::parse(text) else {
        return 1;
    };
    let root = DeValue::Table(root.into_inner());
    let (mut value, mut offset) = (&root, 0);
    for step in path.split(['.', '[']) {
        let found = match value {
            DeValue::Table(table) => table
                .get_key_value(step)
                .map(|(key, value)| (key.span(), value)),
            DeValue::Array(items) => step
                .strip_suffix(']')
                .and_then(|place| items.get(place.parse::<usize>().ok()?))
                .map(|value| (value.span(), value)),
            _ => None,
        };
        let Some((span, inner)) = found else { break };
        offset = span.start;
        value = inner.get_ref();
    }
    line_at(text, offset)
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}
