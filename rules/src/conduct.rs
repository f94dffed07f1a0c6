//! How an account may trade: size, hours, holding time, counts, inactivity, early warnings.
//!
//! Definitions, and what follows from them alone. What an account remembers of its own conduct is in
//! [`crate::account`]; which windows are open is a plan's, not an account's: [`OpenWindows`].

mod holding;
mod inactivity;
mod size;
mod window;

pub use holding::{CloseVerdict, HoldingAction, HoldingMin};
pub use inactivity::{Inactive, Inactivity};
pub use size::{SizeLimit, SizeTier, SizeWeight, WeightedQty, worst_case};
pub use types::InactivityEffect;
pub use window::{OpenWindows, WindowAction, WindowRule};

use types::{Calendar, Money, Ratio, TimestampNs, codec_struct};

use crate::spec::{PlanError, check};

/// The most windows that a plan has.
pub const WINDOWS_MAX: usize = 16;
/// The most instruments that a window lists.
pub const WINDOW_SYMBOLS_MAX: usize = 32;
/// The most tiers that a size limit has.
pub const SIZE_TIERS_MAX: usize = 16;
/// The most weights that a size limit has.
pub const SIZE_WEIGHTS_MAX: usize = 32;

/// How an account may trade; the default restricts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conduct {
    /// The most units held.
    pub size: Option<SizeLimit>,
    /// What is restricted when; at most [`WINDOWS_MAX`].
    pub windows: Vec<WindowRule>,
    /// The least time that a position is held.
    pub holding_min: Option<HoldingMin>,
    /// The most orders accepted on one trading day, 1 or above.
    pub orders_per_day_max: Option<u32>,
    /// The most orders of one trading day that open or enlarge a position, 1 or above.
    pub trades_per_day_max: Option<u32>,
    /// What happens to an account that does not trade.
    pub inactivity: Option<Inactivity>,
    /// The used share of a limit's allowance at which the trader is warned, in (0, 1).
    pub warn_at: Option<Ratio>,
}

codec_struct!(Conduct {
    size,
    windows,
    holding_min,
    orders_per_day_max,
    trades_per_day_max,
    inactivity,
    warn_at,
});

impl Conduct {
    pub(crate) fn validate(&self) -> Result<(), PlanError> {
        if let Some(size) = &self.size {
            size.validate()?;
        }
        check(
            self.windows.len() <= WINDOWS_MAX,
            "conduct.windows",
            &self.windows.len(),
            "at most 16 windows",
        )?;
        for window in &self.windows {
            window.validate()?;
        }
        if let Some(rule) = self.holding_min {
            rule.validate()?;
        }
        for (max, path) in [
            (self.orders_per_day_max, "conduct.orders_per_day_max"),
            (self.trades_per_day_max, "conduct.trades_per_day_max"),
        ] {
            if let Some(max) = max {
                check(max > 0, path, &max, "1 or above")?;
            }
        }
        if let Some(rule) = self.inactivity {
            rule.validate()?;
        }
        if let Some(share) = self.warn_at {
            check(
                share > Ratio::ZERO && share < Ratio::ONE,
                "conduct.warn_at",
                &share,
                "above 0 and below 1",
            )?;
        }
        Ok(())
    }

    /// The windows that follow a calendar, each with its place.
    pub fn windows_of(&self, calendar: Calendar) -> impl Iterator<Item = (usize, &WindowRule)> {
        let windows = self.windows.iter().enumerate();
        windows.filter(move |(_, window)| window.calendar == calendar)
    }

    /// What is to be said about closing (a part of) a position that was last opened from flat at
    /// `opened` and realised this. `excluding`: a window that excludes the profit is open.
    ///
    /// Profit is excluded once, whatever excludes it; a loss always counts. `realised` is without the
    /// fee, which always counts too.
    pub fn judge_close(
        &self,
        opened: TimestampNs,
        closed: TimestampNs,
        realised: Money,
        excluding: bool,
    ) -> CloseVerdict {
        let short = self
            .holding_min
            .filter(|rule| rule.is_short(opened, closed));
        let excludes = short.is_some_and(|rule| rule.action == HoldingAction::ExcludeProfit);
        CloseVerdict {
            excluded: if excluding || excludes {
                realised.max(Money::ZERO)
            } else {
                Money::ZERO
            },
            short: short.map(|rule| rule.action),
        }
    }
}
