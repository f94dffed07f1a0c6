//! Holidays and short days of CME Globex: equity index futures (ES, NQ, YM, RTY and their micros), and energy (CL, NG,
//! RB, HO and their micros), whose days metals share.
//!
//! Source: the exchange's holiday calendar <https://www.cmegroup.com/tools-information/holiday-calendar.html> and its
//! yearly notices. Covered from 2015-09-21, when the daily close moved from 16:15 to 16:00
//! ([`COVERED_FROM`]); before, the rules here say more than is known. Times are of Chicago.
//!
//! | days | session |
//! |---|---|
//! | New Year's Day, Good Friday, Christmas | none |
//! | Good Friday on which the employment report is published | until 08:15 |
//! | Martin Luther King's, Presidents', Memorial, Juneteenth from 2022, Independence, Labor, Thanksgiving Day | until 12:00 |
//! | the day after Thanksgiving, 24 December, 3 July before the holiday | until 12:15 |
//! | days of mourning on which New York is closed | until 08:30 |
//!
//! Energy, from 2022-01-01 on ([`ENERGY_COVERED_FROM`]):
//!
//! | days | session |
//! |---|---|
//! | New Year's Day, Good Friday, Christmas | none |
//! | the other holidays above, where they are a Monday to Thursday | until 13:30; Labor Day up to 2025 until 12:00 |
//! | those on a Friday | until 13:30 up to 2025, until 12:00 from 2026 |
//! | the day after Thanksgiving | until 12:45 up to 2025, until 13:45 from 2026 |
//! | 24 December from 2026 | until 12:45 |
//!
//! Up to 2025 they are as `pandas_market_calendars` 5.5.0 has them (`CMEGlobex_CL`), those of 2026 as it has them
//! from the hours that the exchange published for that year: 13:45 on 27 November 2026, an hour later than in the years
//! before, is one of them <https://github.com/rsheftel/pandas_market_calendars/issues/464>. For 24 December up to 2025
//! the package has no rule, and a whole day: what the exchange did then is in none of the sources, and it may have closed
//! early. The exchange gives notice of each year's hours: from 2027 on those of 2026 are taken for the rule, so that a
//! short day may end at another hour, and a closed day is one.
//!
//! Not covered: the halt from 15:15 to 15:30 that there was up to 2021-06-25, halts on limits, and other products.
//! A session keeps its own date on a holiday, though the exchange clears its trades with those of the next day.

use jiff::civil::{Date, Weekday};
use types::TradingDay;

use super::rule::{is_among, is_good_friday, is_observed};
use super::{Exception, us_equities};

/// The first trading day that is covered: 2015-09-21.
pub const COVERED_FROM: TradingDay = TradingDay(16_699);

/// The first trading day of energy that is covered: 2022-01-01.
pub const ENERGY_COVERED_FROM: TradingDay = TradingDay(18_993);

const NOON: i16 = 12 * 60;

/// Good Fridays of an employment report (Bureau of Labor Statistics, schedule of the Employment Situation).
const REPORTS: &[(i16, i8, i8)] = &[(2021, 4, 2), (2023, 4, 7), (2026, 4, 3)];
/// Presidents Bush and Carter.
const MOURNING: &[(i16, i8, i8)] = &[(2018, 12, 5), (2025, 1, 9)];

pub(super) fn equity(day: Date) -> Option<Exception> {
    if is_good_friday(day) {
        let has_report = is_among(day, REPORTS);
        return Some(if has_report {
            Exception::Early(8 * 60 + 15)
        } else {
            Exception::Closed
        });
    }
    let is_new_year = is_observed(day, 1, 1) && day.month() == 1;
    if is_new_year || is_observed(day, 12, 25) {
        return Some(Exception::Closed);
    }
    if is_among(day, MOURNING) {
        return Some(Exception::Early(8 * 60 + 30));
    }
    if us_equities::is_holiday(day) {
        return Some(Exception::Early(NOON));
    }
    is_short(day).then_some(Exception::Early(NOON + 15))
}

pub(super) fn energy(day: Date) -> Option<Exception> {
    let is_new_year = is_observed(day, 1, 1) && day.month() == 1;
    if is_good_friday(day) || is_new_year || is_observed(day, 12, 25) {
        return Some(Exception::Closed);
    }
    let is_noticed = day.year() >= 2026;
    let is_friday = day.weekday() == Weekday::Friday;
    let close = if us_equities::is_holiday(day) {
        let is_labor_day = day.month() == 9;
        if (is_friday && is_noticed) || (is_labor_day && !is_noticed) {
            NOON
        } else {
            NOON + 90
        }
    } else if is_friday && day.month() == 11 && (23..=29).contains(&day.day()) {
        if is_noticed { NOON + 105 } else { NOON + 45 }
    } else if is_noticed && (day.month(), day.day()) == (12, 24) {
        NOON + 45
    } else {
        return None;
    };
    Some(Exception::Early(close))
}

fn is_short(day: Date) -> bool {
    let weekday = day.weekday();
    match (day.month(), day.day()) {
        (7, 3) => !matches!(
            weekday,
            Weekday::Friday | Weekday::Saturday | Weekday::Sunday
        ),
        (12, 24) => !matches!(weekday, Weekday::Saturday | Weekday::Sunday),
        (11, 23..=29) => weekday == Weekday::Friday,
        _ => false,
    }
}
