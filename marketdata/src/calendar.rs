//! Trading sessions: when a market is open, by the clock of its zone, its holidays and its short days.
//!
//! A session belongs to one trading day, a date of the zone. It may open on the evening before its date, as
//! futures and currencies do, and ends at its close: an instant belongs to a session from the open up to, but
//! without, the close. Between one session and the next the market is closed unless they touch.
//!
//! | name | sessions | closed or short |
//! |---|---|---|
//! | `us-equities` | 09:30 to 16:00 New York, Mondays to Fridays | [`us_equities`] |
//! | `us-equities-extended` | 04:00 to 20:00 New York, to 17:00 on short days | the same days |
//! | `cme-equity`, `cme-energy` | 17:00 of the day before to 16:00 Chicago | [`cme`] |
//! | `fx` | 17:00 of the day before to 17:00 New York: Sunday to Friday without a break | never |
//! | `always` | each day from 00:00 to 24:00 UTC | never |
//!
//! A local time that does not exist (clocks go forward over it) is the first instant after the gap; one that
//! exists twice is the first of the two. The zones are those built into the program, so that every machine agrees.

pub mod cme;
mod rule;
pub mod us_equities;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use types::{Interval, TimestampNs, TradingDay};

/// Minutes of a day.
pub const DAY_MINUTES: i16 = 24 * 60;
/// The most holidays, and the most short days, that a calendar of one's own has.
pub const HOLIDAYS_MAX: usize = 4_096;
/// How far a search for the next or the previous session looks, days.
pub const SEARCH_DAYS_MAX: i32 = 366;

const EPOCH: Date = Date::constant(1970, 1, 1);
/// 2554-07-19: the day after it is the last one of which nanoseconds reach every instant.
const DAY_MAX: i32 = 213_501;

/// The names of the calendars that there are.
pub const NAMES: [&str; 6] = [
    "us-equities",
    "us-equities-extended",
    "cme-equity",
    "cme-energy",
    "fx",
    "always",
];

/// What is wrong with a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// There is no such calendar.
    #[error("{0:?} is no calendar; accepted: {list}", list = NAMES.join(", "))]
    Name(String),
    /// The time zone database has no such zone.
    #[error("{0:?} is not a time zone; names look like America/New_York")]
    Zone(String),
    /// Hours that do not begin within a day before, and end within a day after, their date, or do not begin
    /// before they end.
    #[error(
        "hours from minute {open} to {close}; accepted: from -1440 to 1439, to 1 to 2880, in this order and at most a day long"
    )]
    Hours {
        /// Minutes from the midnight that the date begins with.
        open: i16,
        /// Minutes from the same midnight.
        close: i16,
    },
    /// Sessions of neighbouring days overlap.
    #[error(
        "the session of weekday {0} (Monday is 0) begins before the one of the day before ends"
    )]
    Overlap(usize),
    /// There are no hours on any day of the week.
    #[error("no session on any day of the week; accepted: one or more")]
    Empty,
    /// Too many holidays or short days.
    #[error("more than {HOLIDAYS_MAX} holidays or short days (holidays_max)")]
    Holidays,
}

/// Hours of a session, in minutes from the local midnight that its trading day begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The open; below zero on the evening before.
    pub open: i16,
    /// The close; above [`DAY_MINUTES`] after the next midnight.
    pub close: i16,
}

impl Hours {
    /// Hours that fit a day.
    ///
    /// # Errors
    /// [`CalendarError::Hours`].
    pub const fn new(open: i16, close: i16) -> Result<Self, CalendarError> {
        let fits = open >= -DAY_MINUTES && open < DAY_MINUTES && close > 0;
        if fits && open < close && close - open <= DAY_MINUTES {
            Ok(Self { open, close })
        } else {
            Err(CalendarError::Hours { open, close })
        }
    }
}

/// What a day is that is not like its weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// No session.
    Closed,
    /// The session ends at this minute of the local day.
    Early(i16),
}

/// One session. A session has `open` before `close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The trading day, a date of the calendar's zone.
    pub day: TradingDay,
    /// The first instant.
    pub open: TimestampNs,
    /// The first instant after it.
    pub close: TimestampNs,
}

impl Session {
    /// Whether an instant is in it.
    pub const fn contains(&self, ts: TimestampNs) -> bool {
        self.open.0 <= ts.0 && ts.0 < self.close.0
    }
}

/// When a market opens or closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// When.
    pub at: TimestampNs,
    /// Whether it is open from then on.
    pub opens: bool,
}

/// The sessions of a market.
#[derive(Clone)]
pub struct Calendar {
    name: String,
    zone: TimeZone,
    /// Hours by weekday of the trading day, Monday first.
    week: [Option<Hours>; 7],
    rules: fn(Date) -> Option<Exception>,
    /// Beside the rules, and before them.
    own: BTreeMap<TradingDay, Exception>,
}

impl std::fmt::Debug for Calendar {
    /// What makes two of them the same, so that equal ones are told alike.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Calendar")
            .field("name", &self.name)
            .field("zone", &self.zone)
            .field("week", &self.week)
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Calendar {
    /// Two calendars are the same when they have the same name, hours and days of their own: the rules go with
    /// the hours and zone of the named ones.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.zone == other.zone
            && self.week == other.week
            && self.own == other.own
    }
}

impl Eq for Calendar {}

impl Calendar {
    /// The calendar of a name of [`NAMES`].
    ///
    /// # Errors
    /// [`CalendarError::Name`].
    pub fn named(name: &str) -> Result<Self, CalendarError> {
        const fn weekdays(open: i16, close: i16) -> [Option<Hours>; 7] {
            let hours = Some(Hours { open, close });
            [hours, hours, hours, hours, hours, None, None]
        }
        const EVENING: i16 = 17 * 60 - DAY_MINUTES;
        const NEW_YORK: &str = "America/New_York";
        let (zone, week, rules): (_, _, fn(Date) -> Option<Exception>) = match name {
            "us-equities" => (
                NEW_YORK,
                weekdays(9 * 60 + 30, 16 * 60),
                us_equities::regular,
            ),
            "us-equities-extended" => (NEW_YORK, weekdays(4 * 60, 20 * 60), us_equities::extended),
            "cme-equity" => ("America/Chicago", weekdays(EVENING, 16 * 60), cme::equity),
            "cme-energy" => ("America/Chicago", weekdays(EVENING, 16 * 60), cme::energy),
            "fx" => (NEW_YORK, weekdays(EVENING, 17 * 60), never),
            "always" => {
                let hours = Hours {
                    open: 0,
                    close: DAY_MINUTES,
                };
                ("UTC", [Some(hours); 7], never)
            }
            _ => return Err(CalendarError::Name(name.to_owned())),
        };
        Ok(Self {
            name: name.to_owned(),
            zone: zone_of(zone)?,
            week,
            rules,
            own: BTreeMap::new(),
        })
    }

    /// A calendar of one's own: its zone and the hours of each weekday, Monday first.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub fn new(name: &str, zone: &str, week: [Option<Hours>; 7]) -> Result<Self, CalendarError> {
        if week.iter().all(Option::is_none) {
            return Err(CalendarError::Empty);
        }
        for (weekday, hours) in week.iter().enumerate() {
            let (Some(before), Some(hours)) = (week[(weekday + 6) % 7], hours) else {
                continue;
            };
            if before.close - DAY_MINUTES > hours.open {
                return Err(CalendarError::Overlap(weekday));
            }
        }
        Ok(Self {
            name: name.to_owned(),
            zone: zone_of(zone)?,
            week,
            rules: never,
            own: BTreeMap::new(),
        })
    }

    /// The same sessions under another name, with days that are closed or end early whatever the rules say.
    ///
    /// # Errors
    /// [`CalendarError::Holidays`].
    pub fn with(
        mut self,
        name: &str,
        holidays: &BTreeSet<TradingDay>,
        early_closes: &BTreeMap<TradingDay, i16>,
    ) -> Result<Self, CalendarError> {
        if holidays.len() > HOLIDAYS_MAX || early_closes.len() > HOLIDAYS_MAX {
            return Err(CalendarError::Holidays);
        }
        name.clone_into(&mut self.name);
        let early = early_closes
            .iter()
            .map(|(day, minute)| (*day, Exception::Early(*minute)));
        self.own.extend(early);
        let closed = holidays.iter().map(|day| (*day, Exception::Closed));
        self.own.extend(closed);
        Ok(self)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its zone, as IANA names it.
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The hours of a day's weekday, whatever the day is; `None` where that has none.
    pub fn weekday_hours(&self, day: TradingDay) -> Option<Hours> {
        let weekday = date_of(day)?.weekday().to_monday_zero_offset();
        self.week[usize::from(weekday.unsigned_abs())]
    }

    /// The session of a trading day; `None` when there is none, or nothing is left of it.
    pub fn session(&self, day: TradingDay) -> Option<Session> {
        if !(0..=DAY_MAX).contains(&day.0) {
            return None;
        }
        let date = date_of(day)?;
        let Hours { open, mut close } = self.weekday_hours(day)?;
        match self.own.get(&day).copied().or_else(|| (self.rules)(date)) {
            Some(Exception::Closed) => return None,
            Some(Exception::Early(minute)) => close = close.min(minute),
            None => {}
        }
        let session = Session {
            day,
            open: instant(&self.zone, day.0, open)?,
            close: instant(&self.zone, day.0, close)?,
        };
        (session.open < session.close).then_some(session)
    }

    /// The session that an instant is in.
    pub fn session_at(&self, ts: TimestampNs) -> Option<Session> {
        let day = self.local_day(ts)?;
        // One may have opened the evening before its date, or end after the midnight that follows it.
        let mut days = (day - 1..=day + 1).map(TradingDay);
        days.find_map(|day| self.session(day).filter(|session| session.contains(ts)))
    }

    /// Whether the market is open.
    pub fn is_open(&self, ts: TimestampNs) -> bool {
        self.session_at(ts).is_some()
    }

    /// The first session that opens after an instant, within [`SEARCH_DAYS_MAX`].
    pub fn next(&self, ts: TimestampNs) -> Option<Session> {
        let day = self.local_day(ts)?;
        let mut days = (day - 1..day + SEARCH_DAYS_MAX).map(TradingDay);
        days.find_map(|day| self.session(day).filter(|session| session.open > ts))
    }

    /// The last session that has closed at an instant, within [`SEARCH_DAYS_MAX`].
    pub fn previous(&self, ts: TimestampNs) -> Option<Session> {
        let day = self.local_day(ts)?;
        let mut days = (day - SEARCH_DAYS_MAX..=day + 1).rev().map(TradingDay);
        days.find_map(|day| self.session(day).filter(|session| session.close <= ts))
    }

    /// The trading day that an instant counts to: that of its session, else of the next one.
    pub fn trading_day(&self, ts: TimestampNs) -> Option<TradingDay> {
        let session = self.session_at(ts).or_else(|| self.next(ts))?;
        Some(session.day)
    }

    /// The first trading day after another that has a session, within [`SEARCH_DAYS_MAX`].
    pub fn day_after(&self, day: TradingDay) -> Option<TradingDay> {
        let last = day.0.saturating_add(SEARCH_DAYS_MAX);
        let mut days = (day.0.saturating_add(1)..last).map(TradingDay);
        days.find(|day| self.session(*day).is_some())
    }

    /// The last trading day before another that has a session, within [`SEARCH_DAYS_MAX`].
    pub fn day_before(&self, day: TradingDay) -> Option<TradingDay> {
        let first = day.0.saturating_sub(SEARCH_DAYS_MAX);
        let mut days = (first..day.0).rev().map(TradingDay);
        days.find(|day| self.session(*day).is_some())
    }

    /// The sessions of the trading days from `first` to `last`, both included.
    pub fn sessions(
        &self,
        first: TradingDay,
        last: TradingDay,
    ) -> impl Iterator<Item = Session> + '_ {
        let days = first.0.max(0)..=last.0.min(DAY_MAX);
        days.filter_map(|day| self.session(TradingDay(day)))
    }

    /// When the market next opens or closes, after an instant. Sessions that touch are one: where they go on for
    /// [`SEARCH_DAYS_MAX`] sessions, or nothing opens for as many days, there is none.
    pub fn next_edge(&self, ts: TimestampNs) -> Option<Edge> {
        let Some(mut session) = self.session_at(ts) else {
            let at = self.next(ts)?.open;
            return Some(Edge { at, opens: true });
        };
        for _ in 0..SEARCH_DAYS_MAX {
            let at = session.close;
            match self.session_at(at) {
                Some(following) => session = following,
                None => return Some(Edge { at, opens: false }),
            }
        }
        None
    }

    /// The times between one session and the next, in order, that are not over at `from`, begin before `until` and
    /// are no shorter than this. Where no session follows within [`SEARCH_DAYS_MAX`] there is none.
    pub fn closures(
        &self,
        minutes_min: u16,
        from: TimestampNs,
        until: TimestampNs,
    ) -> Vec<Interval> {
        let shortest = u64::from(minutes_min) * 60_000_000_000;
        let mut found = Vec::new();
        let first = self.previous(from).or_else(|| self.session_at(from));
        let mut last = first.or_else(|| self.next(from));
        while let Some(session) = last.filter(|session| session.close < until) {
            last = self
                .day_after(session.day)
                .and_then(|day| self.session(day));
            let Some(next) = last else { break };
            let closed = Interval {
                start: session.close,
                end: next.open,
            };
            let lasts = closed.end.0.saturating_sub(closed.start.0);
            if !closed.is_empty() && closed.end > from && lasts >= shortest {
                found.push(closed);
            }
        }
        found
    }

    fn local_day(&self, ts: TimestampNs) -> Option<i32> {
        let instant = Timestamp::from_nanosecond(ts.0.into()).ok()?;
        Some(day_of(self.zone.to_datetime(instant).date()))
    }
}

/// [`Calendar::closures`] of a calendar of [`NAMES`]; `None` for another name.
pub fn closures(
    name: &str,
    minutes_min: u16,
    from: TimestampNs,
    until: TimestampNs,
) -> Option<Vec<Interval>> {
    let calendar = Calendar::named(name).ok()?;
    Some(calendar.closures(minutes_min, from, until))
}

const fn never(_: Date) -> Option<Exception> {
    None
}

fn zone_of(name: &str) -> Result<TimeZone, CalendarError> {
    TimeZoneDatabase::bundled()
        .get(name)
        .map_err(|_| CalendarError::Zone(name.to_owned()))
}

pub(crate) fn date_of(day: TradingDay) -> Option<Date> {
    EPOCH
        .checked_add(jiff::Span::new().try_days(day.0).ok()?)
        .ok()
}

pub(crate) fn day_of(date: Date) -> i32 {
    EPOCH.until(date).map_or(0, |span| span.get_days())
}

/// The instant of a minute from the local midnight of a day, which may lie on a neighbouring day.
fn instant(zone: &TimeZone, day: i32, minute: i16) -> Option<TimestampNs> {
    let date = date_of(TradingDay(day + i32::from(minute.div_euclid(DAY_MINUTES))))?;
    let minute = minute.rem_euclid(DAY_MINUTES);
    let local = date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let instant = match ambiguous.offset() {
        // Read with the offset after the gap, the local time lies before the change of clocks.
        AmbiguousOffset::Gap { after, .. } => {
            let before = after.to_timestamp(local).ok()?;
            zone.following(before).next()?.timestamp()
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()?
        }
    };
    u64::try_from(instant.as_nanosecond()).ok().map(TimestampNs)
}

#[cfg(test)]
mod tests;
