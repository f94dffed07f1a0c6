//! Trading days, looked for one date at a time.

use types::TradingDay;

use crate::trading_days::TradingDays;

/// The trading day that is open on a date.
pub fn open_on(calendar: &TradingDays, date: TradingDay) -> TradingDay {
    // 1970-01-05 was a Monday.
    const MONDAY: i64 = 4;
    let mut day = i64::from(date.0);
    loop {
        let since_monday = (((day - MONDAY) % 7) + 7) % 7;
        let is_on = (calendar.weekdays >> since_monday) % 2 == 1;
        let is_holiday = calendar
            .holidays
            .iter()
            .any(|holiday| i64::from(holiday.0) == day);
        if is_on && !is_holiday {
            return i32::try_from(day).map_or(date, TradingDay);
        }
        day -= 1;
    }
}
