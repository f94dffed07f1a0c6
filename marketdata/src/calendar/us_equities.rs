//! Holidays and short days of the New York Stock Exchange and Nasdaq, from 2000 on.
//!
//! Rules: NYSE Rule 7.2 and "Holidays & Trading Hours" <https://www.nyse.com/markets/hours-calendars>. A holiday on
//! a Saturday is observed on the Friday before and one on a Sunday on the Monday after, but the New Year's Day
//! that is a Saturday is not observed: the Friday before it ends a year's accounts. Short days end at 13:00: the
//! day after Thanksgiving, 24 December, and 3 July where the next day is a holiday.
//!
//! Days that no rule has are data, from the exchange's list of its special closings
//! <https://www.nyse.com/publicdocs/nyse/history/NYSE_Special_Closings.pdf> and its notices since. Late openings and
//! halts inside a session are not covered.

use jiff::civil::{Date, Weekday};

use super::Exception;
use super::rule::{is_among, is_good_friday, is_last, is_nth, is_observed};

/// The close of a short day, minutes.
const EARLY: i16 = 13 * 60;
/// The end of late trading on a short day, minutes.
const EARLY_EXTENDED: i16 = 17 * 60;

/// Closed for a day, and why.
const CLOSED: &[(i16, i8, i8)] = &[
    // The attacks of September 11.
    (2001, 9, 11),
    (2001, 9, 12),
    (2001, 9, 13),
    (2001, 9, 14),
    // Mourning of President Reagan, of President Ford.
    (2004, 6, 11),
    (2007, 1, 2),
    // Hurricane Sandy.
    (2012, 10, 29),
    (2012, 10, 30),
    // Mourning of President Bush, of President Carter.
    (2018, 12, 5),
    (2025, 1, 9),
];

/// Short by notice: the day after Christmas of 2003. The fifth of July of 2002 is one of the rule below.
const SHORT: &[(i16, i8, i8)] = &[(2003, 12, 26)];

/// The regular session.
pub(super) fn regular(day: Date) -> Option<Exception> {
    exception(day, EARLY)
}

/// Early, regular and late trading.
pub(super) fn extended(day: Date) -> Option<Exception> {
    exception(day, EARLY_EXTENDED)
}

fn exception(day: Date, early: i16) -> Option<Exception> {
    if is_holiday(day) || is_among(day, CLOSED) {
        Some(Exception::Closed)
    } else if is_short(day) {
        Some(Exception::Early(early))
    } else {
        None
    }
}

pub(super) fn is_holiday(day: Date) -> bool {
    let is_new_year = is_observed(day, 1, 1) && day.month() == 1;
    is_new_year
        || is_nth(day, 3, Weekday::Monday, 1)
        || is_nth(day, 3, Weekday::Monday, 2)
        || is_good_friday(day)
        || is_last(day, Weekday::Monday, 5)
        || (day.year() >= 2022 && is_observed(day, 6, 19))
        || is_observed(day, 7, 4)
        || is_nth(day, 1, Weekday::Monday, 9)
        || is_nth(day, 4, Weekday::Thursday, 11)
        || is_observed(day, 12, 25)
}

fn is_short(day: Date) -> bool {
    let weekday = day.weekday();
    match (day.month(), day.day()) {
        // On a Wednesday only since 2013; before, the Friday after the holiday was short.
        (7, 3) => match weekday {
            Weekday::Monday | Weekday::Tuesday | Weekday::Thursday => true,
            Weekday::Wednesday => day.year() >= 2013,
            _ => false,
        },
        (7, 5) => weekday == Weekday::Friday && day.year() < 2013,
        (11, 23..=29) => weekday == Weekday::Friday,
        (12, 24) => !matches!(weekday, Weekday::Saturday | Weekday::Sunday),
        _ => is_among(day, SHORT),
    }
}
