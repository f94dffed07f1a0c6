//! The limits of an engine, as files state them.

use runtime::Limits;
use types::LimitName;

use super::document::{Field, FieldError};

/// The limits that an object states, by their names; an unknown one is refused, and so is a number that the engine
/// does not take.
///
/// # Errors
/// See [`FieldError`].
pub fn read(field: &Field<'_>) -> Result<Vec<(LimitName, u32)>, FieldError> {
    let table = field.table(&LimitName::ALL.map(LimitName::as_str))?;
    let mut stated = Vec::new();
    for name in LimitName::ALL {
        let Some(field) = table.optional(name.as_str()) else {
            continue;
        };
        let range = Limits::accepted(name);
        let accepted = format!(
            "a whole number from {} to {}, without quotes",
            range.start(),
            range.end()
        );
        let value = field.integer(&accepted)?;
        if !range.contains(&value) {
            return Err(field.error(accepted));
        }
        stated.push((name, value));
    }
    Ok(stated)
}

/// The usual limits with those that were stated.
pub fn stated(stated: &[(LimitName, u32)]) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in stated {
        *limits.number(*name) = *value;
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::file;

    fn limits(text: &str) -> Result<Limits, String> {
        let read = file::from_toml("server.toml", text, |root| {
            read(root).map(|limits| stated(&limits))
        });
        read.map_err(|error| error.to_string())
    }

    /// Each limit at both ends of what is accepted, and beyond them.
    #[test]
    fn every_limit_is_read_within_its_range_and_refused_beyond_it() {
        for name in LimitName::ALL {
            let range = Limits::accepted(name);
            let (least, most) = (*range.start(), *range.end());
            assert!(range.contains(&Limits::default().of(name)), "{name}");
            for value in [least, most] {
                let read = limits(&format!("{name} = {value}")).unwrap();
                assert_eq!(read.of(name), value);
            }
            let below = i64::from(least) - 1;
            let above = i64::from(most) + 1;
            for value in [below, above] {
                let error = limits(&format!("{name} = {value}")).unwrap_err();
                assert!(error.contains(name.as_str()), "{error}");
                assert!(
                    error.contains(&format!("from {least} to {most}")),
                    "{error}"
                );
            }
        }
        let unknown = limits("wishes_max = 3").unwrap_err();
        assert!(unknown.contains("wishes_max"), "{unknown}");
        assert!(unknown.contains("accounts_max"), "{unknown}");
    }
}
