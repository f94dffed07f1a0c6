//! Competition files in TOML.

use rules::Competition;
use types::Codec;

use super::read::{FIELDS, read};
use crate::dto::file::{self, FileError};

/// A valid competition from the text of a competition file. `file` is its name in errors.
///
/// # Errors
/// See [`FileError`].
pub fn from_toml(file: &str, text: &str) -> Result<Competition, FileError> {
    file::from_toml(file, text, |root| read(&root.table(&FIELDS)?))
}

/// The canonical bytes of the competition of a competition file.
///
/// # Errors
/// See [`FileError`].
pub fn spec_from_toml(file: &str, text: &str) -> Result<Box<[u8]>, FileError> {
    from_toml(file, text).map(|competition| competition.to_bytes().into())
}
