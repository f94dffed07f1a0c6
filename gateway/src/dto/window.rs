//! Intervals of calendars, and the windows of plans that are open by them.

use runtime::view::{WindowView, WindowsView};
use serde::Serialize;
use types::{Calendar, Interval};

use super::body::{BodyError, json};
use super::calendar::{CalendarDto, read_calendar};
use super::document::{Field, FieldError, Table};
use super::names::Names;
use super::plan::one_or_several;
use super::word::Word;

/// What is known of calendars, and what is open by them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowsDto {
    /// Intervals that are not long over, in order of announcement.
    pub intervals: Vec<IntervalDto>,
    /// Windows that are open, by plan.
    pub open: Vec<WindowDto>,
}

/// An interval of a calendar, before any plan widens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IntervalDto {
    /// The calendar.
    pub calendar: CalendarDto,
    /// The first moment inside.
    pub start: String,
    /// The first moment after it.
    pub end: String,
}

/// A window of a plan that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowDto {
    /// The plan.
    pub plan: String,
    /// Its name.
    pub plan_name: Option<String>,
    /// Its place among the plan's windows, from 0.
    pub window: u8,
    /// What it restricts.
    pub action: &'static str,
    /// The instrument that it is for; null for all, or for several.
    pub symbol: Option<String>,
    /// The instruments that it is for, where they are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub symbols: Vec<String>,
    /// When it is closed again, as known now.
    pub until: String,
}

impl WindowsDto {
    /// What is known and open.
    pub fn new(view: &WindowsView, names: &Names) -> Self {
        let interval =
            |(calendar, interval): &(Calendar, Interval)| IntervalDto::new(*calendar, *interval);
        Self {
            intervals: view.known.iter().map(interval).collect(),
            open: view
                .open
                .iter()
                .map(|window| WindowDto::new(window, names))
                .collect(),
        }
    }
}

impl IntervalDto {
    /// An interval of a calendar.
    pub fn new(calendar: Calendar, interval: Interval) -> Self {
        Self {
            calendar: CalendarDto::new(calendar),
            start: interval.start.to_string(),
            end: interval.end.to_string(),
        }
    }
}

impl WindowDto {
    /// A window that is open.
    pub fn new(view: &WindowView, names: &Names) -> Self {
        let (symbol, symbols) = one_or_several(&view.rule.symbols);
        Self {
            plan: names.plan(view.plan),
            plan_name: names.plan_name(view.plan).map(ToString::to_string),
            window: view.place,
            action: view.rule.action.word(),
            symbol,
            symbols,
            until: view.until.to_string(),
        }
    }
}

/// The announcement of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn from_json(body: &[u8]) -> Result<(Calendar, Interval), BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&["calendar", "start", "end"])?;
    Ok(read(&table)?)
}

/// Reads `calendar`, `start` and `end`.
///
/// # Errors
/// The first field that is not accepted; an interval that is empty is none.
pub fn read(table: &Table<'_>) -> Result<(Calendar, Interval), FieldError> {
    let calendar = read_calendar(&table.field("calendar"))?;
    let end = table.field("end");
    let interval = Interval {
        start: table.field("start").timestamp()?,
        end: end.timestamp()?,
    };
    if interval.is_empty() {
        return Err(end.error(format!("a time after {}", interval.start)));
    }
    Ok((calendar, interval))
}

#[cfg(test)]
mod tests {
    use types::TimestampNs;

    use super::*;

    #[test]
    fn an_interval_has_a_calendar_and_lasts() {
        let body = |end: &str| {
            format!(
                r#"{{"calendar":{{"named":"news"}},"start":"2024-03-08T13:30:00Z","end":"{end}"}}"#
            )
        };
        // 2024-03-08T13:30:00Z is second 1,709,904,600.
        let start = TimestampNs(1_709_904_600_000_000_000);
        let end = TimestampNs(start.0 + 1_000_000_000);
        assert_eq!(
            from_json(body("2024-03-08T13:30:01Z").as_bytes()),
            Ok((
                Calendar::Named("news".parse().unwrap()),
                Interval { start, end }
            ))
        );
        let error = from_json(body("2024-03-08T13:30:00Z").as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "end: value '2024-03-08T13:30:00Z': accepted a time after 2024-03-08T13:30:00Z"
        );
    }
}
