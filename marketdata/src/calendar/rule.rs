//! Dates by rule: the n-th weekday of a month, Easter, and dates that move off a weekend.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

/// Whether a date is the n-th such weekday of its month, from 1.
pub(super) fn is_nth(day: Date, nth: i8, weekday: Weekday, month: i8) -> bool {
    day.month() == month && day.weekday() == weekday && (day.day() - 1) / 7 + 1 == nth
}

/// Whether a date is the last such weekday of its month.
pub(super) fn is_last(day: Date, weekday: Weekday, month: i8) -> bool {
    day.month() == month && day.weekday() == weekday && day.day() + 7 > day.days_in_month()
}

/// Whether a date is one of these, as year, month and day.
pub(super) fn is_among(day: Date, dates: &[(i16, i8, i8)]) -> bool {
    dates.contains(&(day.year(), day.month(), day.day()))
}

/// Whether a fixed date is observed on this day: on the Friday before where it is a Saturday, on the Monday after
/// where it is a Sunday.
pub(super) fn is_observed(day: Date, month: i8, of_month: i8) -> bool {
    let is = |day: Date| day.month() == month && day.day() == of_month;
    match day.weekday() {
        Weekday::Saturday | Weekday::Sunday => false,
        Weekday::Friday => is(day) || day.tomorrow().is_ok_and(is),
        Weekday::Monday => is(day) || day.yesterday().is_ok_and(is),
        _ => is(day),
    }
}

/// Whether a date is the Friday before Easter.
pub(super) fn is_good_friday(day: Date) -> bool {
    matches!(day.month(), 3 | 4)
        && day.weekday() == Weekday::Friday
        && day.checked_add(2.days()).ok() == easter(day.year())
}

/// Easter Sunday of the Gregorian calendar: the anonymous algorithm (Nature, 1876-04-20; Meeus, "Astronomical
/// Algorithms", chapter 8).
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let golden = year % 19;
    let (century, of_century) = (year / 100, year % 100);
    let leap = (century / 4, century % 4);
    let correction = (century + 8) / 25;
    let shift = (century - correction + 1) / 3;
    let epact = (19 * golden + century - leap.0 - shift + 15) % 30;
    let quarter = (of_century / 4, of_century % 4);
    let weekday = (32 + 2 * leap.1 + 2 * quarter.0 - epact - quarter.1) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let sum = epact + weekday - 7 * late + 114;
    (1..=9_999)
        .contains(&year)
        .then(|| date(year as i16, (sum / 31) as i8, (sum % 31 + 1) as i8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_is_where_almanacs_have_it() {
        // US Naval Observatory, "The Date of Easter": the earliest and the latest of 1961 to 2038, and three more.
        for (year, month, day) in [
            (2008, 3, 23),
            (2038, 4, 25),
            (2000, 4, 23),
            (2024, 3, 31),
            (2025, 4, 20),
        ] {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }
}
