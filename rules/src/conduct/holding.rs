//! The least time that a position is held.

use types::{Money, TimestampNs, codec_enum, codec_struct};

use crate::spec::{PlanError, check};

/// What a position that was closed too soon leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldingAction {
    /// A warning.
    Warn,
    /// A profit that it realised does not count.
    ExcludeProfit,
}

/// The least time from opening a position from flat to closing any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldingMin {
    /// How long, 1 or above; held exactly so long is long enough.
    pub seconds: u32,
    /// What less leads to.
    pub action: HoldingAction,
}

codec_enum!(HoldingAction { 0 => Warn, 1 => ExcludeProfit });
codec_struct!(HoldingMin { seconds, action });

/// What is to be said about closing (a part of) a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseVerdict {
    /// Profit that does not count, 0 or above; book it with [`crate::AccountRules::record_excluded`].
    pub excluded: Money,
    /// Whether it was held for less than the least time, and what that leads to.
    pub short: Option<HoldingAction>,
}

impl HoldingMin {
    /// Whether a position that was opened from flat at `opened` is closed too soon at `closed`.
    pub fn is_short(&self, opened: TimestampNs, closed: TimestampNs) -> bool {
        let least = u64::from(self.seconds) * 1_000_000_000;
        closed.0.saturating_sub(opened.0) < least
    }

    pub(super) fn validate(self) -> Result<(), PlanError> {
        check(
            self.seconds > 0,
            "conduct.holding_min.seconds",
            &self.seconds,
            "1 or above",
        )
    }
}
