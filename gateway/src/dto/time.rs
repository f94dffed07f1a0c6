//! Times and days as text, and the zones that trading days roll in.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZoneDatabase;
use rules::TradingDays;
use rules::trading_days::HOLIDAYS_MAX;
use serde::Serialize;
use types::{Label, RollSchedule, TimestampNs, TradingDay};

use super::document::{Field, FieldError};

/// A moment from RFC 3339 text with at most nine decimals; `None` when it is none, or before 1970.
pub fn parse_timestamp(text: &str) -> Option<TimestampNs> {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let (start, rest) = text.as_bytes().split_at_checked(SHAPE.len())?;
    if !has_shape(start, SHAPE) {
        return None;
    }
    let offset = match rest {
        [b'.', fraction @ ..] => {
            let digits = fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if !(1..=9).contains(&digits) {
                return None;
            }
            &fraction[digits..]
        }
        _ => rest,
    };
    if offset != b"Z" && !has_shape(offset, b"+dd:dd") && !has_shape(offset, b"-dd:dd") {
        return None;
    }
    let ns = text.parse::<Timestamp>().ok()?.as_nanosecond();
    ns.try_into().ok().map(TimestampNs)
}

/// A day from text such as `2024-03-05`; `None` when it is none.
pub fn parse_day(text: &str) -> Option<TradingDay> {
    if !has_shape(text.as_bytes(), b"dddd-dd-dd") {
        return None;
    }
    let date: Date = text.parse().ok()?;
    let days = date.since(Date::constant(1970, 1, 1)).ok()?.get_days();
    Some(TradingDay(days))
}

fn has_shape(text: &[u8], shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.iter().zip(shape).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            exact => byte == exact,
        })
}

/// When the trading day rolls, and into which dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RollDto {
    zone: String,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holidays: Vec<String>,
}

impl RollDto {
    /// The form of a schedule and its calendar.
    pub fn new(schedule: &RollSchedule, days: &TradingDays) -> Self {
        let is_all_week = days.weekdays == TradingDays::default().weekdays;
        Self {
            zone: schedule.zone.to_string(),
            time: time_of_day(schedule.minute),
            days: (!is_all_week).then(|| weekdays(days.weekdays)),
            holidays: days.holidays.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Reads `{ zone, time, days, holidays }`: an IANA time zone, a local time of day, the days of the week
/// that are trading days, and the dates that are none. Without `days` all are, without `holidays` none is.
///
/// # Errors
/// When a field is not accepted.
pub fn read_roll(field: &Field<'_>) -> Result<(RollSchedule, TradingDays), FieldError> {
    let table = field.table(&["zone", "time", "days", "holidays"])?;
    let schedule = RollSchedule {
        zone: read_zone(&table.field("zone"))?,
        minute: read_minute(&table.field("time"))?,
    };
    let mut days = TradingDays::default();
    if let Some(field) = table.optional("days") {
        days.weekdays = read_weekdays(&field)?;
    }
    if let Some(field) = table.optional("holidays") {
        days.holidays = read_holidays(&field)?;
    }
    Ok((schedule, days))
}

/// Days of the week, Monday first.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The names of the days of the week that are in a mask of [`TradingDays`].
pub fn weekdays(mask: u8) -> Vec<&'static str> {
    let days = WEEKDAYS.iter().enumerate();
    days.filter(|(at, _)| mask & (1 << at) != 0)
        .map(|(_, day)| *day)
        .collect()
}

/// A list of days of the week, or a range of them such as `mon-fri`; `sun-fri` goes over the weekend.
pub(super) fn read_weekdays(field: &Field<'_>) -> Result<u8, FieldError> {
    const ACCEPTED: &str =
        "days of the week as a range such as \"mon-fri\" or a list such as [\"mon\", \"wed\"]";
    const DAY: &str = r#""mon" or "tue" or "wed" or "thu" or "fri" or "sat" or "sun""#;
    let place = |name: &str| WEEKDAYS.iter().position(|day| *day == name);
    if let Ok(text) = field.text(ACCEPTED) {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let ends = place(first).zip(place(last));
        let (first, last) = ends.ok_or_else(|| field.error(ACCEPTED))?;
        let days = (last + 7 - first) % 7;
        return Ok((0..=days).fold(0, |mask, day| mask | 1 << ((first + day) % 7)));
    }
    let items = field.list().map_err(|_| field.error(ACCEPTED))?;
    let mut mask = 0;
    for item in &items {
        let day = place(item.text(DAY)?).ok_or_else(|| item.error(DAY))?;
        if mask & (1 << day) != 0 {
            return Err(item.error("each day once"));
        }
        mask |= 1 << day;
    }
    match mask {
        0 => Err(field.error(ACCEPTED)),
        mask => Ok(mask),
    }
}

pub(super) fn read_holidays(field: &Field<'_>) -> Result<Vec<TradingDay>, FieldError> {
    let items = field
        .list()
        .map_err(|_| field.error("a list of dates such as [\"2024-12-25\"]"))?;
    let mut days: Vec<TradingDay> = Vec::new();
    for item in &items {
        let day = item.day()?;
        if days.last().is_some_and(|last| *last >= day) {
            return Err(item.error("a date after the one before it"));
        }
        days.push(day);
    }
    if days.len() > HOLIDAYS_MAX {
        return Err(field.error(format!("at most {HOLIDAYS_MAX} dates")));
    }
    Ok(days)
}

/// Reads an IANA time zone.
///
/// # Errors
/// When there is no such zone.
pub fn read_zone(field: &Field<'_>) -> Result<Label, FieldError> {
    const ACCEPTED: &str = "an IANA time zone such as \"UTC\" or \"America/New_York\"";
    let zone: Label = field.parse(ACCEPTED)?;
    // The bundled database, so that a file means the same on every machine. Names are matched
    // exactly: schedules that differ in a letter's case would roll apart.
    TimeZoneDatabase::bundled()
        .get(zone.as_str())
        .ok()
        .filter(|found| found.iana_name() == Some(zone.as_str()))
        .map(|_| zone)
        .ok_or_else(|| field.error(ACCEPTED))
}

/// Reads a local time of day.
///
/// # Errors
/// When it is none.
pub fn read_minute(field: &Field<'_>) -> Result<u16, FieldError> {
    const ACCEPTED: &str = "a time of day from \"00:00\" to \"23:59\"";
    minute_of_day(field.text(ACCEPTED)?).ok_or_else(|| field.error(ACCEPTED))
}

/// The minute of a local time of day such as `17:00`; `None` when it is none.
pub(super) fn minute_of_day(text: &str) -> Option<u16> {
    has_shape(text.as_bytes(), b"dd:dd").then_some(())?;
    let hour: u16 = text.get(..2)?.parse().ok()?;
    let minute: u16 = text.get(3..)?.parse().ok()?;
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The local time of day of a schedule, such as `17:00`.
pub fn time_of_day(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::document::Node;

    #[test]
    fn moments_are_rfc_3339_and_nothing_looser() {
        let noon = TimestampNs(1_709_208_000_000_000_000);
        assert_eq!(parse_timestamp("2024-02-29T12:00:00Z"), Some(noon));
        assert_eq!(parse_timestamp("2024-02-29T07:00:00-05:00"), Some(noon));
        assert_eq!(
            parse_timestamp("2024-02-29T12:00:00.000000001Z"),
            Some(TimestampNs(noon.0 + 1))
        );
        for loose in [
            "2024-02-29 12:00:00Z",
            "2024-02-29T12:00Z",
            "20240229T120000Z",
            "2024-02-29T12:00:00",
            "2024-02-30T12:00:00Z",
            "2024-02-29T12:00:00.0000000001Z",
            "1969-12-31T23:59:59Z",
            "2024-02-29T12:00:00Z[UTC]",
            "",
        ] {
            assert_eq!(parse_timestamp(loose), None, "{loose}");
        }
    }

    #[test]
    fn days_count_from_the_epoch() {
        assert_eq!(parse_day("1970-01-01"), Some(TradingDay(0)));
        assert_eq!(parse_day("2024-02-29"), Some(TradingDay(19_782)));
        assert_eq!(parse_day("2023-02-29"), None);
        assert_eq!(parse_day("2024-2-29"), None);
    }

    #[test]
    fn rolls_are_a_known_zone_and_a_time_of_day() {
        let read = |zone: &str, time: &str| {
            let json = format!(r#"{{"zone":"{zone}","time":"{time}"}}"#);
            let node = Node::from_json(json.as_bytes()).unwrap();
            read_roll(&Field::root(&node)).map_err(|error| error.field)
        };
        assert_eq!(read("America/New_York", "17:00").unwrap().0.minute, 1_020);
        assert_eq!(read("UTC", "00:30").unwrap().0.minute, 30);
        assert_eq!(read("Utc", "00:30").unwrap_err(), "zone");
        assert_eq!(read("Mars/Olympus", "00:30").unwrap_err(), "zone");
        assert_eq!(read("UTC", "24:00").unwrap_err(), "time");
        assert_eq!(read("UTC", "7:00").unwrap_err(), "time");
        assert_eq!(time_of_day(1_020), "17:00");
    }

    #[test]
    fn trading_days_are_a_range_or_a_list_without_holidays() {
        let read = |rest: &str| {
            let json = format!(r#"{{"zone":"UTC","time":"00:00"{rest}}}"#);
            let node = Node::from_json(json.as_bytes()).unwrap();
            read_roll(&Field::root(&node))
                .map(|(_, days)| (days.weekdays, days.holidays))
                .map_err(|error| error.field)
        };
        assert_eq!(read("").unwrap(), (0b111_1111, vec![]));
        let mon_fri = (0b001_1111, vec![]);
        assert_eq!(read(r#","days":"mon-fri""#).unwrap(), mon_fri);
        let list = r#","days":["mon","tue","wed","thu","fri"]"#;
        assert_eq!(read(list).unwrap(), mon_fri);
        assert_eq!(read(r#","days":"sun-fri""#).unwrap().0, 0b101_1111);
        assert_eq!(read(r#","days":"sat""#).unwrap().0, 0b010_0000);
        let holidays = r#","holidays":["2024-12-25","2025-01-01"]"#;
        let dates = vec![TradingDay(20_082), TradingDay(20_089)];
        assert_eq!(read(holidays).unwrap().1, dates);
        for (rest, field) in [
            (r#","days":[]"#, "days"),
            (r#","days":"Mon-Fri""#, "days"),
            (r#","days":["mon","mon"]"#, "days[1]"),
            (r#","days":["monday"]"#, "days[0]"),
            (r#","holidays":"2024-12-25""#, "holidays"),
            (r#","holidays":["2025-01-01","2024-12-25"]"#, "holidays[1]"),
            (r#","holidays":["2024-02-30"]"#, "holidays[0]"),
        ] {
            assert_eq!(read(rest).unwrap_err(), field, "{rest}");
        }
        let shown = |rest: &str| {
            let json = format!(r#"{{"zone":"UTC","time":"00:00"{rest}}}"#);
            let node = Node::from_json(json.as_bytes()).unwrap();
            let (schedule, days) = read_roll(&Field::root(&node)).unwrap();
            serde_json::to_string(&RollDto::new(&schedule, &days)).unwrap()
        };
        for rest in ["", r#","days":["mon","sun"]"#, holidays] {
            assert_eq!(
                shown(rest),
                format!(r#"{{"zone":"UTC","time":"00:00"{rest}}}"#)
            );
        }
    }
}
