//! Which calendar dates have a trading day.

use types::{TradingDay, codec_struct};

use crate::spec::{FieldError, check};

/// The most holidays of one calendar.
pub const HOLIDAYS_MAX: usize = 128;

const ALL_WEEK: u8 = 0b111_1111;

/// The dates that have a trading day. On one that has none no day opens: the day before stays open
/// until the next one that has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradingDays {
    /// The days of the week that have one: bit 0 is Monday, bit 6 is Sunday.
    pub weekdays: u8,
    /// Dates that have none whatever their day of the week, in ascending order.
    pub holidays: Vec<TradingDay>,
}

codec_struct!(TradingDays { weekdays, holidays });

impl Default for TradingDays {
    /// Every date.
    fn default() -> Self {
        Self {
            weekdays: ALL_WEEK,
            holidays: Vec::new(),
        }
    }
}

impl TradingDays {
    /// Whether this date has a trading day.
    pub fn has(&self, day: TradingDay) -> bool {
        self.has_weekday(day) && self.holidays.binary_search(&day).is_err()
    }

    /// Whether the date's day of the week has one.
    pub(crate) const fn has_weekday(&self, day: TradingDay) -> bool {
        self.weekdays & (1 << weekday(day)) != 0
    }

    /// The last trading day at or before a date: the one that is open while nothing opens on it.
    pub fn open_on(&self, date: TradingDay) -> TradingDay {
        let mut dates = (i32::MIN..=date.0).rev().map(TradingDay);
        dates.find(|day| self.has(*day)).unwrap_or(date)
    }

    /// The first trading day after a date; `None` where the calendar ends.
    pub fn after(&self, date: TradingDay) -> Option<TradingDay> {
        let mut dates = (date.0.checked_add(1)?..=i32::MAX).map(TradingDay);
        dates.find(|day| self.has(*day))
    }

    /// Checks every field.
    pub(crate) fn validate(&self) -> Result<(), FieldError> {
        check(
            (1..=ALL_WEEK).contains(&self.weekdays),
            "days.weekdays",
            &self.weekdays,
            "one to seven days of the week",
        )?;
        check(
            self.holidays.len() <= HOLIDAYS_MAX,
            "days.holidays",
            &self.holidays.len(),
            "at most 128 dates",
        )?;
        match self.holidays.windows(2).find(|pair| pair[0] >= pair[1]) {
            None => Ok(()),
            Some(pair) => check(
                false,
                "days.holidays",
                &pair[1],
                "dates in ascending order, each once",
            ),
        }
    }
}

/// The day of the week from Monday, 0. 1970-01-01 was a Thursday.
const fn weekday(day: TradingDay) -> u32 {
    (day.0 as i64 + 3).rem_euclid(7) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-12-20, a Friday.
    const FRIDAY: i32 = 20_077;

    fn mon_fri(holidays: &[i32]) -> TradingDays {
        TradingDays {
            weekdays: 0b001_1111,
            holidays: holidays.iter().map(|day| TradingDay(*day)).collect(),
        }
    }

    #[test]
    fn weekends_and_holidays_have_no_trading_day() {
        assert_eq!(TradingDay(FRIDAY).to_string(), "2024-12-20");
        // Wednesday the 25th is a holiday.
        let days = mon_fri(&[FRIDAY + 5]);
        let open: Vec<_> = (0..8)
            .map(|at| days.open_on(TradingDay(FRIDAY + at)).0 - FRIDAY)
            .collect();
        assert_eq!(open, [0, 0, 0, 3, 4, 4, 6, 7]);
        let after: Vec<_> = (0..7)
            .map(|at| days.after(TradingDay(FRIDAY + at)).unwrap().0 - FRIDAY)
            .collect();
        assert_eq!(after, [3, 3, 3, 4, 6, 6, 7]);
    }

    #[test]
    fn every_date_has_one_without_a_calendar() {
        let days = TradingDays::default();
        for date in [i32::MIN, -1, 0, 1, i32::MAX] {
            assert_eq!(days.open_on(TradingDay(date)), TradingDay(date));
        }
        assert_eq!(days.after(TradingDay(i32::MAX)), None);
        assert_eq!(days.after(TradingDay(-1)), Some(TradingDay(0)));
    }

    #[test]
    fn what_is_no_calendar_is_named() {
        assert_eq!(mon_fri(&[1, 2]).validate(), Ok(()));
        let of = |days: &TradingDays| days.validate().unwrap_err().path;
        assert_eq!(of(&mon_fri(&[2, 1])), "days.holidays");
        assert_eq!(of(&mon_fri(&[1, 1])), "days.holidays");
        let many: Vec<i32> = (0..129).collect();
        assert_eq!(of(&mon_fri(&many)), "days.holidays");
        for weekdays in [0, 128, 255] {
            let days = TradingDays {
                weekdays,
                ..TradingDays::default()
            };
            assert_eq!(of(&days), "days.weekdays");
        }
    }
}
