//! How much of a journal is kept, as files and options say it.

use std::time::Duration;

use runtime::Retention;

use super::document::{Field, FieldError};

/// What is accepted as an age.
pub const AGE: &str = "a duration above zero, such as 90d, 12h or 30m";
/// What is accepted as a size.
pub const BYTES: &str = "a whole number above zero, plain or with KiB, MiB, GiB or TiB";

/// Days, or what other durations are made of. `None` for what is not accepted.
pub fn age(text: &str) -> Option<Duration> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    let age = match days {
        Some(days) => u64::checked_mul(days, 86_400).map(Duration::from_secs),
        None => text
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|age| Duration::try_from(age).ok()),
    };
    age.filter(|age| !age.is_zero())
}

/// Bytes, plain or in binary units. `None` for what is not accepted.
pub fn bytes(text: &str) -> Option<u64> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let (number, shift) = units
        .into_iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
        .unwrap_or((text, 0));
    let number = number.parse::<u64>().ok()?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0)
}

/// The table `retention` of a file.
pub(super) fn read(field: Option<Field<'_>>) -> Result<Retention, FieldError> {
    let Some(field) = field else {
        return Ok(Retention::default());
    };
    let table = field.table(&["archive", "keep_age", "keep_bytes"])?;
    Ok(Retention {
        archive: match table.optional("archive") {
            None => false,
            Some(archive) => archive.boolean()?,
        },
        keep_age: quoted(table.optional("keep_age"), AGE, age)?,
        keep_bytes: quoted(table.optional("keep_bytes"), BYTES, bytes)?,
    })
}

fn quoted<T>(
    field: Option<Field<'_>>,
    accepted: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, FieldError> {
    let Some(field) = field else {
        return Ok(None);
    };
    let accepted = format!("{accepted}, in quotes");
    match parse(field.text(&accepted)?) {
        None => Err(field.error(accepted)),
        some => Ok(some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_are_read_or_refused() {
        assert_eq!(age("90d"), Some(Duration::from_hours(90 * 24)));
        assert_eq!(age("12h"), Some(Duration::from_hours(12)));
        assert_eq!(bytes("4096"), Some(4_096));
        assert_eq!(bytes("3MiB"), Some(3 << 20));
        for text in ["0d", "-1h", "soon", "99999999999999999999d"] {
            assert_eq!(age(text), None, "{text}");
        }
        for text in ["0", "-1", "3MB", "20000000TiB"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
