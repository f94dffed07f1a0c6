//! When trading days open. The engine knows no time zones: it is told by an input.
//!
//! Trading day `D` opens at the local time `minute` of the calendar date `D` when that is before noon,
//! else of the date `D - 1`: a roll at 17:00 opens the next date's trading day. Where that local time
//! does not exist (clocks go forward over it), the day opens at the first instant after the gap; where
//! it exists twice, at the first of the two. Every calendar day is a trading day.
//!
//! The time zones are the ones built into the program, so that every machine agrees.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use types::{Interval, Label, RollSchedule, TimestampNs, TradingDay};

const MINUTES_PER_DAY: u16 = 24 * 60;
const MINUTES_PER_WEEK: u16 = 7 * MINUTES_PER_DAY;
const NOON: u16 = 12 * 60;
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Why a schedule or a time cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The time zone database has no such zone.
    #[error("{0:?} is not a time zone; names look like America/New_York")]
    Zone(String),
    /// A day has no such minute.
    #[error("minute {0} is not within 0 to 1439")]
    Minute(u16),
    /// The time is outside what the calendar covers.
    #[error("{0} is outside the calendar")]
    Time(TimestampNs),
}

/// The trading day that is open at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenDay {
    /// The day.
    pub day: TradingDay,
    /// When it opened.
    pub opened: TimestampNs,
    /// When the next one opens.
    pub until: TimestampNs,
}

/// Computes trading days; keeps the zones it was asked for.
#[derive(Debug)]
pub struct Calendar {
    database: TimeZoneDatabase,
    zones: BTreeMap<Label, TimeZone>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            database: TimeZoneDatabase::bundled(),
            zones: BTreeMap::new(),
        }
    }
}

impl Calendar {
    /// Whether days can be computed for the schedule; to be asked before a plan with it is defined.
    ///
    /// # Errors
    /// [`CalendarError::Zone`] and [`CalendarError::Minute`].
    pub fn validate(&mut self, schedule: &RollSchedule) -> Result<(), CalendarError> {
        if schedule.minute >= MINUTES_PER_DAY {
            return Err(CalendarError::Minute(schedule.minute));
        }
        self.zone(schedule.zone).map(|_| ())
    }

    /// The trading day that is open at `ts`.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub fn open_day(
        &mut self,
        schedule: &RollSchedule,
        ts: TimestampNs,
    ) -> Result<OpenDay, CalendarError> {
        self.validate(schedule)?;
        let zone = self.zone(schedule.zone)?;
        open_day(&zone, schedule.minute, ts).ok_or(CalendarError::Time(ts))
    }

    /// The first interval of a calendar that goes by the clock, of those that end after `ts`. `None`
    /// for one that is announced. A local time in the gap of a change of clocks is the first instant
    /// after it, one that exists twice is the first of the two; an interval that is empty for that is
    /// none.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub fn next_interval(
        &mut self,
        calendar: &types::Calendar,
        ts: TimestampNs,
    ) -> Result<Option<Interval>, CalendarError> {
        let (name, from, to, period) = match *calendar {
            types::Calendar::Named(_) => return Ok(None),
            types::Calendar::Daily { zone, from, to } => (zone, from, to, MINUTES_PER_DAY),
            types::Calendar::Weekly { zone, from, to } => (zone, from, to, MINUTES_PER_WEEK),
        };
        if let Some(minute) = [from, to].into_iter().find(|minute| *minute >= period) {
            return Err(CalendarError::Minute(minute));
        }
        let zone = self.zone(name)?;
        next_interval(&zone, from, to, period, ts)
            .map(Some)
            .ok_or(CalendarError::Time(ts))
    }

    fn zone(&mut self, name: Label) -> Result<TimeZone, CalendarError> {
        if let Some(zone) = self.zones.get(&name) {
            return Ok(zone.clone());
        }
        let zone = self
            .database
            .get(name.as_str())
            .map_err(|_| CalendarError::Zone(name.to_string()))?;
        self.zones.insert(name, zone.clone());
        Ok(zone)
    }
}

fn open_day(zone: &TimeZone, minute: u16, ts: TimestampNs) -> Option<OpenDay> {
    let instant = Timestamp::from_nanosecond(ts.0.into()).ok()?;
    // No trading day opens more than a day and a zone change before its date begins, so the day after
    // tomorrow's date is not open yet and the search ends soon.
    let mut day = day_of(zone.to_datetime(instant).date()) + 2;
    let mut until = opening(zone, minute, day)?;
    for _ in 0..5 {
        let opened = opening(zone, minute, day - 1)?;
        day -= 1;
        if opened <= instant {
            return Some(OpenDay {
                day: TradingDay(day),
                opened: to_ns(opened),
                until: to_ns(until),
            });
        }
        until = opened;
    }
    None
}

/// When a trading day opens.
fn opening(zone: &TimeZone, minute: u16, day: i32) -> Option<Timestamp> {
    let date = if minute < NOON { day } else { day - 1 };
    moment(zone, date, minute)
}

/// The first interval from minute `from` to minute `to` of every day or week that ends after `ts`.
fn next_interval(
    zone: &TimeZone,
    from: u16,
    to: u16,
    period: u16,
    ts: TimestampNs,
) -> Option<Interval> {
    let instant = Timestamp::from_nanosecond(ts.0.into()).ok()?;
    let today = day_of(zone.to_datetime(instant).date());
    let days = i32::from(period / MINUTES_PER_DAY);
    // Weeks begin on Mondays; day 0 was a Thursday.
    let begin = match days {
        1 => today,
        _ => today - (today + 3).rem_euclid(days),
    };
    let at = |period: i32, minute: u16| {
        let date = begin + period * days + i32::from(minute / MINUTES_PER_DAY);
        moment(zone, date, minute % MINUTES_PER_DAY)
    };
    // One that began in the period before may still be on; a change of clocks empties one at most.
    for place in -2..=3 {
        let (start, end) = (at(place, from)?, at(place + i32::from(to <= from), to)?);
        if start < end && end > instant {
            return Some(Interval {
                start: to_ns(start),
                end: to_ns(end),
            });
        }
    }
    None
}

/// A local time of a date.
fn moment(zone: &TimeZone, date: i32, minute: u16) -> Option<Timestamp> {
    let (hour, minute) = (minute / 60, minute % 60);
    let local = EPOCH
        .checked_add(jiff::Span::new().try_days(date).ok()?)
        .ok()?
        .at(hour as i8, minute as i8, 0, 0);
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        // Read with the offset after the gap, the local time lies before the change of clocks.
        AmbiguousOffset::Gap { after, .. } => {
            let before = after.to_timestamp(local).ok()?;
            zone.following(before).next().map(|next| next.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()
        }
    }
}

fn day_of(date: Date) -> i32 {
    EPOCH.until(date).map_or(0, |span| span.get_days())
}

/// Instants before 1970 are as good as 1970: no input has an earlier time.
fn to_ns(instant: Timestamp) -> TimestampNs {
    TimestampNs(u64::try_from(instant.as_nanosecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> TimestampNs {
        to_ns(text.parse().unwrap())
    }

    #[track_caller]
    fn check(zone: &str, minute: u16, ts: &str, day: &str, opened: &str, until: &str) {
        let schedule = RollSchedule {
            zone: zone.parse().unwrap(),
            minute,
        };
        let open = Calendar::default().open_day(&schedule, at(ts)).unwrap();
        assert_eq!(
            (open.day.to_string().as_str(), open.opened, open.until),
            (day, at(opened), at(until)),
            "opened {}, until {}",
            open.opened,
            open.until
        );
    }

    #[test]
    fn a_roll_at_17_00_opens_the_next_date() {
        // New York is at UTC-5 in January: 17:00 is 22:00 UTC.
        let day = |ts, day, opened, until| {
            check("America/New_York", 17 * 60, ts, day, opened, until);
        };
        day(
            "2024-01-03T21:59:59.999999999Z",
            "2024-01-03",
            "2024-01-02T22:00:00Z",
            "2024-01-03T22:00:00Z",
        );
        day(
            "2024-01-03T22:00:00Z",
            "2024-01-04",
            "2024-01-03T22:00:00Z",
            "2024-01-04T22:00:00Z",
        );
    }

    #[test]
    fn a_roll_at_midnight_opens_its_own_date() {
        // Prague is at UTC+1 in January.
        check(
            "Europe/Prague",
            0,
            "2024-01-03T22:59:59Z",
            "2024-01-03",
            "2024-01-02T23:00:00Z",
            "2024-01-03T23:00:00Z",
        );
        check(
            "Europe/Prague",
            0,
            "2024-01-03T23:00:00Z",
            "2024-01-04",
            "2024-01-03T23:00:00Z",
            "2024-01-04T23:00:00Z",
        );
    }

    #[test]
    fn noon_belongs_to_the_next_date_and_11_59_to_its_own() {
        check(
            "UTC",
            720,
            "2024-01-03T12:00:00Z",
            "2024-01-04",
            "2024-01-03T12:00:00Z",
            "2024-01-04T12:00:00Z",
        );
        check(
            "UTC",
            719,
            "2024-01-03T12:00:00Z",
            "2024-01-03",
            "2024-01-03T11:59:00Z",
            "2024-01-04T11:59:00Z",
        );
    }

    #[test]
    fn new_york_days_are_23_and_25_hours_at_the_changes() {
        // 2024-03-10: 02:00 EST becomes 03:00 EDT; 17:00 moves from 22:00 to 21:00 UTC.
        check(
            "America/New_York",
            17 * 60,
            "2024-03-10T12:00:00Z",
            "2024-03-10",
            "2024-03-09T22:00:00Z",
            "2024-03-10T21:00:00Z",
        );
        // 2024-11-03: 02:00 EDT becomes 01:00 EST; 17:00 moves back to 22:00 UTC.
        check(
            "America/New_York",
            17 * 60,
            "2024-11-03T12:00:00Z",
            "2024-11-03",
            "2024-11-02T21:00:00Z",
            "2024-11-03T22:00:00Z",
        );
    }

    #[test]
    fn a_local_time_in_the_gap_rolls_at_the_first_instant_after_it() {
        // New York, 02:30 on 2024-03-10 does not exist: 03:00 EDT, 07:00 UTC, is the first instant.
        check(
            "America/New_York",
            150,
            "2024-03-10T07:00:00Z",
            "2024-03-10",
            "2024-03-10T07:00:00Z",
            "2024-03-11T06:30:00Z",
        );
        check(
            "America/New_York",
            150,
            "2024-03-10T06:59:59Z",
            "2024-03-09",
            "2024-03-09T07:30:00Z",
            "2024-03-10T07:00:00Z",
        );
        // Prague, 02:15 on 2024-03-31 does not exist: 03:00 CEST, 01:00 UTC.
        check(
            "Europe/Prague",
            135,
            "2024-03-31T01:00:00Z",
            "2024-03-31",
            "2024-03-31T01:00:00Z",
            "2024-04-01T00:15:00Z",
        );
    }

    #[test]
    fn a_local_time_that_exists_twice_rolls_at_the_first() {
        // New York, 01:30 on 2024-11-03 is 05:30 UTC (EDT) and again 06:30 UTC (EST).
        check(
            "America/New_York",
            90,
            "2024-11-03T05:30:00Z",
            "2024-11-03",
            "2024-11-03T05:30:00Z",
            "2024-11-04T06:30:00Z",
        );
        // Prague, 02:30 on 2024-10-27 is 00:30 UTC (CEST) and again 01:30 UTC (CET).
        check(
            "Europe/Prague",
            150,
            "2024-10-27T01:29:59Z",
            "2024-10-27",
            "2024-10-27T00:30:00Z",
            "2024-10-28T01:30:00Z",
        );
        check(
            "Europe/Prague",
            150,
            "2024-10-27T00:29:59Z",
            "2024-10-26",
            "2024-10-26T00:30:00Z",
            "2024-10-27T00:30:00Z",
        );
    }

    #[test]
    fn a_date_that_a_zone_skipped_has_no_length() {
        // Apia went from 2011-12-29 straight to 2011-12-31, at 10:00 UTC (UTC-10 to UTC+14).
        check(
            "Pacific/Apia",
            0,
            "2011-12-30T10:00:00Z",
            "2011-12-31",
            "2011-12-30T10:00:00Z",
            "2011-12-31T10:00:00Z",
        );
        check(
            "Pacific/Apia",
            0,
            "2011-12-30T09:59:59Z",
            "2011-12-29",
            "2011-12-29T10:00:00Z",
            "2011-12-30T10:00:00Z",
        );
    }

    #[track_caller]
    fn check_interval(calendar: types::Calendar, ts: &str, start: &str, end: &str) {
        let next = Calendar::default().next_interval(&calendar, at(ts));
        let (start, end) = (at(start), at(end));
        assert_eq!(next, Ok(Some(Interval { start, end })));
    }

    #[test]
    fn hours_recur_by_the_clock_of_their_zone() {
        let (zone, from, to) = ("America/New_York".parse().unwrap(), 16 * 60 + 10, 18 * 60);
        let daily = types::Calendar::Daily { zone, from, to };
        // New York is at UTC-5 in January, at UTC-4 in July.
        let winter = ("2024-01-03T21:10:00Z", "2024-01-03T23:00:00Z");
        check_interval(daily, "2024-01-03T00:00:00Z", winter.0, winter.1);
        check_interval(daily, "2024-01-03T22:59:59Z", winter.0, winter.1);
        let next = ("2024-01-04T21:10:00Z", "2024-01-04T23:00:00Z");
        check_interval(daily, "2024-01-03T23:00:00Z", next.0, next.1);
        let summer = ("2024-07-03T20:10:00Z", "2024-07-03T22:00:00Z");
        check_interval(daily, "2024-07-03T00:00:00Z", summer.0, summer.1);
        // Over midnight: from 23:00 to 01:00.
        let (from, to) = (23 * 60, 60);
        let night = types::Calendar::Daily { zone, from, to };
        let (start, end) = ("2024-01-03T04:00:00Z", "2024-01-03T06:00:00Z");
        check_interval(night, "2024-01-03T05:30:00Z", start, end);
    }

    #[test]
    fn weeks_begin_on_mondays() {
        // From Friday 15:10 to Sunday 17:00 in Chicago, UTC-6; 2024-01-05 is a Friday.
        let (zone, from, to) = ("America/Chicago".parse().unwrap(), 6_670, 9_660);
        let weekend = types::Calendar::Weekly { zone, from, to };
        let (start, end) = ("2024-01-05T21:10:00Z", "2024-01-07T23:00:00Z");
        check_interval(weekend, "2024-01-01T12:00:00Z", start, end);
        check_interval(weekend, "2024-01-07T22:59:59Z", start, end);
        let (start, end) = ("2024-01-12T21:10:00Z", "2024-01-14T23:00:00Z");
        check_interval(weekend, "2024-01-07T23:00:00Z", start, end);
        // From Friday 15:10 into the next week, Monday 08:30.
        let to = 510;
        let weekend = types::Calendar::Weekly { zone, from, to };
        let (start, end) = ("2024-01-05T21:10:00Z", "2024-01-08T14:30:00Z");
        check_interval(weekend, "2024-01-08T14:00:00Z", start, end);
    }

    #[test]
    fn hours_that_a_change_of_clocks_skips_are_none() {
        // New York, 2024-03-10: 02:00 to 03:00 does not exist.
        let (zone, from, to) = ("America/New_York".parse().unwrap(), 120, 180);
        let skipped = types::Calendar::Daily { zone, from, to };
        let (start, end) = ("2024-03-11T06:00:00Z", "2024-03-11T07:00:00Z");
        check_interval(skipped, "2024-03-10T05:00:00Z", start, end);
        let named = types::Calendar::Named("news".parse().unwrap());
        let none = Calendar::default().next_interval(&named, at("2024-03-10T05:00:00Z"));
        assert_eq!(none, Ok(None));
        let from = 1_440;
        let bad = types::Calendar::Daily { zone, from, to };
        assert_eq!(
            Calendar::default().next_interval(&bad, at("2024-03-10T05:00:00Z")),
            Err(CalendarError::Minute(1_440))
        );
    }

    #[test]
    fn what_is_no_zone_or_minute_is_named() {
        let mut calendar = Calendar::default();
        let schedule = |zone: &str, minute| RollSchedule {
            zone: zone.parse().unwrap(),
            minute,
        };
        assert_eq!(
            calendar.validate(&schedule("America/New_Amsterdam", 0)),
            Err(CalendarError::Zone("America/New_Amsterdam".to_owned()))
        );
        assert_eq!(
            calendar.validate(&schedule("UTC", 1_440)),
            Err(CalendarError::Minute(1_440))
        );
        assert_eq!(calendar.validate(&schedule("UTC", 1_439)), Ok(()));
    }

    #[test]
    fn days_follow_each_other_without_a_hole_for_thirty_years() {
        for (zone, minute) in [
            ("America/New_York", 1_020),
            ("America/New_York", 150),
            ("Europe/Prague", 150),
            ("Pacific/Apia", 0),
            ("Australia/Lord_Howe", 115),
        ] {
            let schedule = RollSchedule {
                zone: zone.parse().unwrap(),
                minute,
            };
            let mut calendar = Calendar::default();
            let mut open = calendar
                .open_day(&schedule, at("2000-01-01T00:00:00Z"))
                .unwrap();
            for _ in 0..30 * 365 {
                let last = TimestampNs(open.until.0 - 1);
                assert_eq!(calendar.open_day(&schedule, last), Ok(open));
                let next = calendar.open_day(&schedule, open.until).unwrap();
                assert_eq!(next.opened, open.until, "{zone} {}", open.day);
                assert!(next.day > open.day);
                open = next;
            }
        }
    }
}
