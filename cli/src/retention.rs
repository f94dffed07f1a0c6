//! How much of a journal is kept: the options that a server and `dynasty journal prune` share.

use std::time::Duration;

use runtime::Retention;

/// What a running server does with closed segments of its journal.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct RetentionArgs {
    /// Compress closed segments of the journal. Nothing is lost.
    #[arg(long)]
    archive: bool,
    /// Remove inputs that are older than this in market time, such as 90d or 12h, for good [default: keep
    /// all].
    #[arg(long, value_name = "DURATION", value_parser = parse_age, allow_negative_numbers = true)]
    keep_age: Option<Duration>,
    /// Remove the oldest inputs as long as the journal has more bytes than this, such as 20GiB, for good
    /// [default: keep all].
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, allow_negative_numbers = true)]
    keep_bytes: Option<u64>,
}

impl RetentionArgs {
    pub(crate) const fn retention(self) -> Retention {
        Retention {
            archive: self.archive,
            keep_age: self.keep_age,
            keep_bytes: self.keep_bytes,
        }
    }
}

/// Days, or what other durations are made of.
pub(crate) fn parse_age(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    let age = match days {
        Some(days) => u64::checked_mul(days, 86_400).map(Duration::from_secs),
        None => text
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|age| Duration::try_from(age).ok()),
    };
    age.filter(|age| !age.is_zero())
        .ok_or_else(|| "accepted: a duration above zero, such as 90d, 12h or 30m".to_owned())
}

/// Bytes, plain or in binary units.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let (number, shift) = units
        .into_iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
        .unwrap_or((text, 0));
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(1 << shift))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| {
            "accepted: a whole number above zero, plain or with KiB, MiB, GiB or TiB".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_are_read_or_refused_with_what_is_accepted() {
        assert_eq!(parse_age("90d"), Ok(Duration::from_hours(90 * 24)));
        assert_eq!(parse_age("12h"), Ok(Duration::from_hours(12)));
        assert_eq!(parse_bytes("4096"), Ok(4_096));
        assert_eq!(parse_bytes("3MiB"), Ok(3 << 20));
        for text in ["0d", "-1h", "soon", "99999999999999999999d"] {
            assert!(parse_age(text).unwrap_err().starts_with("accepted: "));
        }
        for text in ["0", "-1", "3MB", "20000000TiB"] {
            assert!(parse_bytes(text).unwrap_err().starts_with("accepted: "));
        }
    }
}
