//! Calendars as text: announced by name, or by the clock of a zone.

use serde::Serialize;
use types::{Calendar, Label};

use super::document::{Choice, Field, FieldError};
use super::time::{minute_of_day, read_minute, read_zone, time_of_day};

const DAY_MINUTES: u16 = 1_440;
/// The days of a week in the order of [`Calendar::Weekly`].
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A calendar as JSON or TOML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarDto {
    /// Announced under this name.
    Named(String),
    /// The same time of every day.
    Daily(HoursDto),
    /// The same time of every week.
    Weekly(HoursDto),
    /// Between the sessions of a market.
    Closed(ClosedDto),
}

/// The time between the sessions of a market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClosedDto {
    session: String,
    #[serde(skip_serializing_if = "is_zero")]
    minutes_min: u16,
}

/// A time span by the clock of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HoursDto {
    zone: String,
    from: String,
    to: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(minutes: &u16) -> bool {
    *minutes == 0
}

impl CalendarDto {
    /// The form of a calendar.
    pub fn new(calendar: Calendar) -> Self {
        let hours = |zone: Label, from, to| HoursDto {
            zone: zone.to_string(),
            from,
            to,
        };
        match calendar {
            Calendar::Named(name) => Self::Named(name.to_string()),
            Calendar::Daily { zone, from, to } => {
                Self::Daily(hours(zone, time_of_day(from), time_of_day(to)))
            }
            Calendar::Weekly { zone, from, to } => {
                Self::Weekly(hours(zone, time_of_week(from), time_of_week(to)))
            }
            Calendar::Closed {
                session,
                minutes_min,
            } => Self::Closed(ClosedDto {
                session: session.to_string(),
                minutes_min,
            }),
        }
    }
}

/// Reads a calendar: `{ named = ".." }`, `{ daily = { zone, from, to } }`, `{ weekly = { zone, from, to } }` or
/// `{ closed = { session, minutes_min } }`.
///
/// # Errors
/// When a field is not accepted.
pub fn read_calendar(field: &Field<'_>) -> Result<Calendar, FieldError> {
    let (name, hours) = match field.choice(&[], &["named", "daily", "weekly", "closed"])? {
        Choice::Named("named", name) => return Ok(Calendar::Named(name.name()?)),
        Choice::Named("closed", closed) => return read_closed(&closed),
        Choice::Named(name, hours) => (name, hours),
        Choice::Word(_) => return Err(field.error("a calendar")),
    };
    let table = hours.table(&["zone", "from", "to"])?;
    let zone = read_zone(&table.field("zone"))?;
    let (from, to) = (table.field("from"), table.field("to"));
    if name == "daily" {
        Ok(Calendar::Daily {
            zone,
            from: read_minute(&from)?,
            to: read_minute(&to)?,
        })
    } else {
        Ok(Calendar::Weekly {
            zone,
            from: read_minute_of_week(&from)?,
            to: read_minute_of_week(&to)?,
        })
    }
}

/// Only calendars that the program has: a plan means the same on every server.
fn read_closed(field: &Field<'_>) -> Result<Calendar, FieldError> {
    let table = field.table(&["session", "minutes_min"])?;
    let session = table.field("session");
    let names = marketdata::calendar::NAMES.iter().copied();
    let closing: Vec<_> = names.filter(|name| *name != "always").collect();
    let quoted: Vec<_> = closing.iter().map(|name| format!("{name:?}")).collect();
    let accepted = quoted.join(" or ");
    if !closing.contains(&session.text(&accepted)?) {
        return Err(session.error(accepted));
    }
    Ok(Calendar::Closed {
        session: session.name()?,
        minutes_min: match table.optional("minutes_min") {
            None => 0,
            Some(minutes) => {
                minutes.integer("a number of minutes from 0 to 65535 without quotes")?
            }
        },
    })
}

/// Reads a local time of the week: minutes from Monday 00:00.
fn read_minute_of_week(field: &Field<'_>) -> Result<u16, FieldError> {
    const ACCEPTED: &str = "a time of the week from \"Mon 00:00\" to \"Sun 23:59\"";
    let text = field.text(ACCEPTED)?;
    let minute = || {
        let (weekday, time) = text.split_once(' ')?;
        let day = WEEKDAYS.iter().position(|known| *known == weekday)?;
        Some(day as u16 * DAY_MINUTES + minute_of_day(time)?)
    };
    minute().ok_or_else(|| field.error(ACCEPTED))
}

/// The local time of the week of a minute from Monday 00:00, such as `Fri 16:10`.
pub fn time_of_week(minute: u16) -> String {
    let weekday = WEEKDAYS[usize::from(minute / DAY_MINUTES) % WEEKDAYS.len()];
    format!("{weekday} {}", time_of_day(minute % DAY_MINUTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::document::Node;

    fn read(json: &str) -> Result<Calendar, FieldError> {
        read_calendar(&Field::root(&Node::from_json(json.as_bytes()).unwrap()))
    }

    #[test]
    fn weeks_are_counted_from_monday() {
        let weekend =
            r#"{"weekly":{"zone":"America/New_York","from":"Fri 16:10","to":"Mon 00:00"}}"#;
        // Friday is the fifth day: 4 x 1440 + 16 x 60 + 10.
        let expected = Calendar::Weekly {
            zone: "America/New_York".parse().unwrap(),
            from: 6_730,
            to: 0,
        };
        assert_eq!(read(weekend), Ok(expected));
        assert_eq!(time_of_week(6_730), "Fri 16:10");
        assert_eq!(time_of_week(10_079), "Sun 23:59");
    }

    #[test]
    fn what_is_no_calendar_is_named() {
        let field = |json| read(json).map_err(|error| (error.field, error.accepted));
        let (path, accepted) =
            field(r#"{"weekly":{"zone":"UTC","from":"Friday 16:10","to":"Mon 00:00"}}"#)
                .unwrap_err();
        assert_eq!(path, "weekly.from");
        assert_eq!(
            accepted,
            "a time of the week from \"Mon 00:00\" to \"Sun 23:59\""
        );
        let (path, _) =
            field(r#"{"daily":{"zone":"UTC","from":"16:10","to":"24:00"}}"#).unwrap_err();
        assert_eq!(path, "daily.to");
        let (path, _) =
            field(r#"{"daily":{"zone":"EST5","from":"16:10","to":"18:00"}}"#).unwrap_err();
        assert_eq!(path, "daily.zone");
        let (path, accepted) = field(r#""news-high""#).unwrap_err();
        assert_eq!(path, "document");
        assert_eq!(
            accepted,
            "{named = ..} or {daily = ..} or {weekly = ..} or {closed = ..}"
        );
        let named = Calendar::Named("news-high".parse().unwrap());
        assert_eq!(read(r#"{"named":"news-high"}"#), Ok(named));
    }
}
