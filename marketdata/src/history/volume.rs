//! Volumes past the range of quantities, as those of a currency market or of a coin of many zeros can be: which bars
//! have one, and what becomes of them.

use types::{Bar, Qty};

use super::RowError;
use super::decode::Fault;

/// What becomes of a bar whose volume is past the range of [`Qty`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Volumes {
    /// It is kept, with the end of the range as its volume, and counted.
    #[default]
    Held,
    /// It is a bad row.
    Refused,
}

/// The bars that were kept with the end of the range as their volume.
#[derive(Debug, Clone, Default)]
pub struct HeldVolumes {
    count: u64,
    first: Option<RowError>,
}

/// Whether a bar's volume is the end of the range, which stands for whatever is past it.
#[inline]
pub(super) const fn is_held(bar: &Bar) -> bool {
    bar.volume.0 == i64::MAX
}

/// What is said of one.
pub(super) fn fault() -> Fault {
    Fault::value(
        "volume",
        "past the range",
        format!("at most {}", Qty(i64::MAX)),
    )
}

impl HeldVolumes {
    pub(super) fn add(&mut self, said: impl FnOnce() -> RowError) {
        self.count += 1;
        self.first.get_or_insert_with(said);
    }

    /// How many.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Where the first one is, as it would be told if it was refused.
    pub const fn first(&self) -> Option<&RowError> {
        self.first.as_ref()
    }
}
