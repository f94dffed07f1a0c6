//! How much of a journal is kept: the options that a server and `dynasty journal prune` share.

use std::time::Duration;

use gateway::dto::retention;
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

pub(crate) fn parse_age(text: &str) -> Result<Duration, String> {
    retention::age(text).ok_or_else(|| format!("accepted: {}", retention::AGE))
}

pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    retention::bytes(text).ok_or_else(|| format!("accepted: {}", retention::BYTES))
}
