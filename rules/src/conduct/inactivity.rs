//! Accounts that do not trade.

use types::{InactivityEffect, TradingDay, codec_struct};

use crate::spec::{PlanError, check};
use crate::trading_days::TradingDays;

/// How long an account may rest: so many whole calendar days of the plan's zone without an opening
/// fill, tested when a trading day opens.
///
/// The day of the last opening fill does not count, nor does the day on which the account opened, nor
/// the day that opens now: after a fill on the 10th, a limit of 30 days is reached by the roll that
/// opens the 41st day, when the 11th to the 40th went by. Days without a roll count, but for those on
/// which the trading day of the fill is still open: a fill on Sunday is one of Friday's day where Monday
/// is the next, so Saturday and Sunday are not idle after either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inactivity {
    /// How many days, 1 or above.
    pub days: u16,
    /// What happens then.
    pub effect: InactivityEffect,
}

codec_struct!(Inactivity { days, effect });

/// An account that rested for as long as its plan allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inactive {
    /// Whole calendar days without an opening fill.
    pub days: u32,
    /// The trading day of the newest opening fill, or the first.
    pub active: TradingDay,
    /// The trading day that opens.
    pub opens: TradingDay,
    /// The rule that says so.
    pub rule: Inactivity,
}

impl Inactivity {
    /// The first trading day whose opening finds an account idle for too long that was last active on
    /// `active`.
    pub fn deadline(self, active: TradingDay, days: &TradingDays) -> Option<TradingDay> {
        let rested = days
            .after(active)?
            .0
            .checked_add(i32::from(self.days) - 1)?;
        days.after(TradingDay(rested))
    }

    /// The verdict when `opens` opens and `active` was the last active day.
    pub(crate) fn judge(
        self,
        active: TradingDay,
        opens: TradingDay,
        days: &TradingDays,
    ) -> Option<Inactive> {
        let idle = i64::from(opens.0) - i64::from(days.after(active)?.0);
        (idle >= i64::from(self.days)).then_some(Inactive {
            days: idle as u32,
            active,
            opens,
            rule: self,
        })
    }

    pub(super) fn validate(self) -> Result<(), PlanError> {
        check(
            self.days > 0,
            "conduct.inactivity.days",
            &self.days,
            "1 or above",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_is_the_first_day_with_a_verdict() {
        let rule = Inactivity {
            days: 30,
            effect: InactivityEffect::Fail,
        };
        // After a fill on the 10th the 11th to the 40th go by: 30 days.
        let active = TradingDay(10);
        let mut days = TradingDays::default();
        assert_eq!(rule.deadline(active, &days), Some(TradingDay(41)));
        days.holidays = vec![TradingDay(41)];
        assert_eq!(rule.deadline(active, &days), Some(TradingDay(42)));
        assert_eq!(rule.judge(active, TradingDay(40), &days), None);
        let verdict = rule.judge(active, TradingDay(41), &days).unwrap();
        assert_eq!(verdict.days, 30);
    }

    #[test]
    fn the_dates_that_a_trading_day_is_open_are_not_idle() {
        let rule = Inactivity {
            days: 2,
            effect: InactivityEffect::Fail,
        };
        let days = TradingDays {
            weekdays: 0b001_1111,
            ..TradingDays::default()
        };
        // 1970-01-02 was a Friday. A fill on Sunday the 4th is one of its day.
        let friday = TradingDay(1);
        assert_eq!(rule.judge(friday, TradingDay(4), &days), None);
        assert_eq!(rule.judge(friday, TradingDay(5), &days), None);
        assert_eq!(rule.judge(friday, TradingDay(6), &days).unwrap().days, 2);
        assert_eq!(rule.deadline(friday, &days), Some(TradingDay(6)));
    }
}
