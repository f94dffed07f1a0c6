//! How long an account has to pass.

use types::{DaysOf, LapseEffect, TradingDay, codec_struct};

use super::{Plan, Stage};
use crate::spec::{PlanError, check};
use crate::trading_days::TradingDays;

/// The most days of a time limit: ten years.
pub const TIME_LIMIT_DAYS_MAX: u16 = 3_660;

/// The days in which an account of an evaluation has to pass; tested when a trading day opens.
///
/// The trading day on which the account opened is not one of them: of one that opened on the 10th, 30 calendar
/// days are the 11th to the 40th, and the roll that opens the 41st ends it, or the first one after, where the
/// 41st is no trading day. A suspension does not stop the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimit {
    /// How many, 1 to [`TIME_LIMIT_DAYS_MAX`].
    pub days: u16,
    /// Which days they are.
    pub counts: DaysOf,
    /// What happens to an account that did not pass in them.
    pub effect: LapseEffect,
}

/// The time of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The trading day on which it opened.
    pub opened: TradingDay,
    /// The last date of its time.
    pub last: TradingDay,
}

codec_struct!(TimeLimit {
    days,
    counts,
    effect
});
codec_struct!(Term { opened, last });

/// An account that did not pass in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapsed {
    /// Its time.
    pub term: Term,
    /// The trading day that opens.
    pub opens: TradingDay,
    /// The rule that says so.
    pub rule: TimeLimit,
}

impl TimeLimit {
    /// The time of an account that opened on this trading day; `None` past the end of the calendar.
    pub fn term(self, opened: TradingDay, days: &TradingDays) -> Option<Term> {
        let last = match self.counts {
            DaysOf::Calendar => TradingDay(opened.0.checked_add(self.days.into())?),
            DaysOf::Trading => {
                let mut last = opened;
                for _ in 0..self.days {
                    last = days.after(last)?;
                }
                last
            }
        };
        Some(Term { opened, last })
    }

    pub(crate) fn validate(self) -> Result<(), PlanError> {
        check(
            (1..=TIME_LIMIT_DAYS_MAX).contains(&self.days),
            "life.time_limit.days",
            &self.days,
            "1 to 3660",
        )
    }
}

impl Term {
    /// The days left on a trading day, that day not counted; 0 when it is over.
    pub fn days_left(self, rule: TimeLimit, today: TradingDay, days: &TradingDays) -> u32 {
        let left = (i64::from(self.last.0) - i64::from(today.0)).max(0);
        match rule.counts {
            DaysOf::Calendar => left as u32,
            DaysOf::Trading => {
                let dates = today.0.saturating_add(1)..=self.last.0;
                dates.filter(|date| days.has(TradingDay(*date))).count() as u32
            }
        }
    }
}

impl Plan {
    /// The rule, where this plan's accounts have something to pass.
    pub fn time_limit(&self) -> Option<TimeLimit> {
        let is_evaluation = matches!(self.stage, Stage::Evaluation { .. });
        self.life.time_limit.filter(|_| is_evaluation)
    }

    /// The time of an account that opened on this trading day.
    pub(crate) fn term(&self, opened: TradingDay) -> Option<Term> {
        self.time_limit()?.term(opened, &self.days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(days: u16, counts: DaysOf) -> TimeLimit {
        let effect = LapseEffect::Fail;
        TimeLimit {
            days,
            counts,
            effect,
        }
    }

    #[test]
    fn the_day_of_the_opening_is_not_counted() {
        let days = TradingDays::default();
        for counts in [DaysOf::Calendar, DaysOf::Trading] {
            let rule = limit(30, counts);
            let term = rule.term(TradingDay(10), &days).unwrap();
            assert_eq!(term.last, TradingDay(40));
            let left = [10, 39, 40, 41].map(|day| term.days_left(rule, TradingDay(day), &days));
            assert_eq!(left, [30, 1, 0, 0]);
        }
        // Past the end of the calendar there is no time.
        let calendar = limit(1, DaysOf::Calendar);
        assert_eq!(calendar.term(TradingDay(i32::MAX), &days), None);
    }

    #[test]
    fn trading_days_are_those_of_the_calendar() {
        // 1970-01-02 was a Friday, Monday the 5th is a holiday.
        let days = TradingDays {
            weekdays: 0b001_1111,
            holidays: vec![TradingDay(4)],
        };
        let last = |rule: TimeLimit| rule.term(TradingDay(1), &days).unwrap().last;
        // Tuesday, Wednesday, Thursday.
        let trading = limit(3, DaysOf::Trading);
        assert_eq!(last(trading), TradingDay(7));
        assert_eq!(last(limit(3, DaysOf::Calendar)), TradingDay(4));
        let term = trading.term(TradingDay(1), &days).unwrap();
        let left = [1, 5, 6, 7].map(|day| term.days_left(trading, TradingDay(day), &days));
        assert_eq!(left, [3, 2, 1, 0]);
    }
}
