//! Plans and competitions in TOML files: what is wrong with one is told with its line.

use toml::de::{DeTable, DeValue};

use super::document::{Field, FieldError, Node, Step, steps};

/// What is wrong with a file, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
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

/// What the TOML reader says of a name that comes twice.
const DUPLICATE: &str = "duplicate key";

/// What `read` makes of the text of a file. `file` is its name in errors.
///
/// # Errors
/// See [`FileError`].
pub(super) fn from_toml<T>(
    file: &str,
    text: &str,
    read: impl FnOnce(&Field<'_>) -> Result<T, FieldError>,
) -> Result<T, FileError> {
    let node = Node::from_toml(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let message = error.message().trim();
        let line = line_at(text, span.start);
        // It marks the key and does not say its name.
        let key = text.get(span).filter(|_| message == DUPLICATE);
        let detail = match key {
            Some(key) => format!("{}: {message}: accepted once", key.trim()),
            None => too_large(text, line).unwrap_or_else(|| message.to_owned()),
        };
        FileError::Syntax {
            file: file.to_owned(),
            line,
            detail,
        }
    })?;
    read(&Field::root(&node)).map_err(|error| located(file, text, error))
}

/// Of a line that is a name and a whole number past every range: the reader tells neither of them.
fn too_large(text: &str, line: usize) -> Option<String> {
    let (name, value) = text.lines().nth(line - 1)?.split_once('=')?;
    let (name, value) = (name.trim(), value.split('#').next()?.trim());
    let digits = value.trim_start_matches(['+', '-']);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && value.parse::<i64>().is_err()).then(|| {
        let (least, most) = (i64::MIN, i64::MAX);
        format!("{name}: value '{value}': accepted a whole number between {least} and {most}")
    })
}

/// A field that is not accepted, with its line in the text.
pub(super) fn located(file: &str, text: &str, error: FieldError) -> FileError {
    FileError::Field {
        file: file.to_owned(),
        line: line_of(text, &error.field),
        error,
    }
}

/// The line of the deepest part of a path such as `prizes.places[1].first` that the text has; the
/// first line when it has none.
pub(super) fn line_of(text: &str, path: &str) -> usize {
    let Ok(root) = DeTable::parse(text) else {
        return 1;
    };
    let root = DeValue::Table(root.into_inner());
    let (mut value, mut offset) = (&root, 0);
    for step in steps(path) {
        let found = match (step, value) {
            (Step::Name(name), DeValue::Table(table)) => table
                .get_key_value(name)
                .map(|(key, value)| (key.span(), value)),
            (Step::Place(place), DeValue::Array(items)) => {
                items.get(place).map(|value| (value.span(), value))
            }
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
