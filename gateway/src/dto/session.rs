//! Trading calendars in files: named ones, and those of one's own.

use std::collections::{BTreeMap, BTreeSet};

use marketdata::calendar::{self, Calendar, CalendarError, DAY_MINUTES, Hours};

use types::TradingDay;

use super::document::{Field, FieldError, Table};
use super::file::{self, FileError};
use super::time::{read_holidays, read_minute, read_weekdays, read_zone};

const FIELDS: [&str; 6] = [
    "name",
    "like",
    "zone",
    "sessions",
    "holidays",
    "early_closes",
];

/// The most hours, holidays apart, that a calendar lists: one for each day of the week.
const SESSIONS_MAX: usize = 7;

/// The calendars of a file that has nothing else, but instruments, which are passed over. `file` is its name in errors.
///
/// # Errors
/// See [`FileError`].
pub fn from_toml(file: &str, text: &str) -> Result<Vec<Calendar>, FileError> {
    file::from_toml(file, text, |root| {
        read_calendars(
            root.table(&["calendar", "instrument"])?
                .optional("calendar"),
        )
    })
}

/// The calendars that a file defines under `calendar`.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_calendars(field: Option<Field<'_>>) -> Result<Vec<Calendar>, FieldError> {
    let mut calendars: Vec<Calendar> = Vec::new();
    let Some(field) = field else {
        return Ok(calendars);
    };
    for field in field.list()? {
        let table = field.table(&FIELDS)?;
        let name = table.field("name");
        let own = name.name()?;
        let is_taken = calendar::NAMES.contains(&own.as_str())
            || calendars.iter().any(|known| known.name() == own.as_str());
        if is_taken {
            return Err(name.error("a name that no other calendar has"));
        }
        let base = match table.optional("like") {
            Some(like) => {
                for absent in ["zone", "sessions"] {
                    table.absent(absent, || "nothing beside like".to_owned())?;
                }
                read_named(&like, &calendars)?
            }
            None => read_own(&table, own.as_str())?,
        };
        let holidays: BTreeSet<_> = match table.optional("holidays") {
            Some(field) => read_holidays(&field)?.into_iter().collect(),
            None => BTreeSet::new(),
        };
        let early = read_early_closes(table.optional("early_closes"), &base, &holidays)?;
        let calendar = base.with(own.as_str(), &holidays, &early);
        calendars.push(calendar.map_err(|error| field.error(error.to_string()))?);
    }
    Ok(calendars)
}

/// A calendar by its name: one of the program's, or of the file's.
///
/// # Errors
/// When there is none.
pub fn read_named(field: &Field<'_>, own: &[Calendar]) -> Result<Calendar, FieldError> {
    let names = own.iter().map(Calendar::name).chain(calendar::NAMES);
    let accepted = format!("a calendar: {}", names.collect::<Vec<_>>().join(", "));
    let name = field.text(&accepted)?;
    let known = own.iter().find(|calendar| calendar.name() == name).cloned();
    let known = known.or_else(|| Calendar::named(name).ok());
    known.ok_or_else(|| field.error(accepted))
}

fn read_own(table: &Table<'_>, name: &str) -> Result<Calendar, FieldError> {
    let zone = read_zone(&table.field("zone"))?;
    let sessions = table.field("sessions");
    let list = sessions.list()?;
    if list.len() > SESSIONS_MAX {
        return Err(sessions.error(format!("at most {SESSIONS_MAX}")));
    }
    let mut week = [None; 7];
    for session in &list {
        let table = session.table(&["days", "open", "close"])?;
        let hours = read_hours(&table)?;
        let days = table.field("days");
        let mask = read_weekdays(&days)?;
        for (weekday, day) in week.iter_mut().enumerate() {
            if mask & (1 << weekday) == 0 {
                continue;
            }
            if day.replace(hours).is_some() {
                return Err(days.error("days that no session above has"));
            }
        }
    }
    Calendar::new(name, zone.as_str(), week).map_err(|error| match error {
        CalendarError::Zone(_) => table.field("zone").error(error.to_string()),
        error => sessions.error(error.to_string()),
    })
}

/// From `open` to `close`: of the same date, or from the evening before where the open is not before the close. A
/// close at 00:00 is the midnight after.
fn read_hours(table: &Table<'_>) -> Result<Hours, FieldError> {
    let open = read_minute(&table.field("open"))? as i16;
    let close = match read_minute(&table.field("close"))? {
        0 => DAY_MINUTES,
        minute => minute as i16,
    };
    let open = if open < close {
        open
    } else {
        open - DAY_MINUTES
    };
    Hours::new(open, close).map_err(|error| table.field("close").error(error.to_string()))
}

/// Times before the close of their weekday, on days that are no holidays. Whether the rules of `base` have such a day
/// closed, or short, does not matter: what a file says comes before them.
fn read_early_closes(
    field: Option<Field<'_>>,
    base: &Calendar,
    holidays: &BTreeSet<TradingDay>,
) -> Result<BTreeMap<TradingDay, i16>, FieldError> {
    let mut closes = BTreeMap::new();
    let Some(field) = field else {
        return Ok(closes);
    };
    for item in field.list()? {
        let table = item.table(&["day", "close"])?;
        let (day, close) = (table.field("day"), table.field("close"));
        let minute = read_minute(&close)? as i16;
        if minute == 0 {
            return Err(close.error("a time after 00:00; a day without a session is a holiday"));
        }
        let on = day.day()?;
        if holidays.contains(&on) {
            return Err(day.error("a day that is none of the holidays above"));
        }
        let Some(hours) = base.weekday_hours(on) else {
            return Err(day.error("a day of the week that has a session"));
        };
        if !(hours.open < minute && minute < hours.close) {
            return Err(close.error(format!(
                "a time after the open and before the close of that day, {} to {}",
                time_of(hours.open),
                time_of(hours.close)
            )));
        }
        if closes.insert(on, minute).is_some() {
            return Err(day.error("each day once"));
        }
    }
    Ok(closes)
}

/// A minute of a day, of the one before or of the one after, as files have it.
fn time_of(minute: i16) -> String {
    let minute = minute.rem_euclid(DAY_MINUTES);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::document::Node;

    fn read(text: &str) -> Result<Vec<Calendar>, FieldError> {
        let node = Node::from_toml(text).unwrap();
        let table = Field::root(&node).table(&["calendar"]).unwrap();
        read_calendars(table.optional("calendar"))
    }

    const XETRA: &str = r#"
[[calendar]]
name = "xetra"
zone = "Europe/Berlin"
sessions = [{ days = "mon-fri", open = "09:00", close = "17:30" }]
holidays = ["2024-03-29", "2024-04-01"]
early_closes = [{ day = "2024-12-30", close = "14:00" }]
"#;

    #[test]
    fn a_calendar_of_ones_own_has_its_zone_hours_and_days() {
        let calendars = read(XETRA).unwrap();
        // 2024-03-28 is day 19810; Berlin is at UTC+1 until 2024-03-31, then at UTC+2.
        let sessions: Vec<_> = calendars[0]
            .sessions(TradingDay(19_810), TradingDay(19_815))
            .map(|session| (session.open.to_string(), session.close.to_string()))
            .collect();
        let expected = [
            ("2024-03-28T08:00:00Z", "2024-03-28T16:30:00Z"),
            ("2024-04-02T07:00:00Z", "2024-04-02T15:30:00Z"),
        ];
        let expected = expected.map(|(open, close)| (open.to_owned(), close.to_owned()));
        assert_eq!(sessions, expected);
        // 2024-12-30 is day 20087.
        let short = calendars[0].session(TradingDay(20_087)).unwrap();
        assert_eq!(short.close.to_string(), "2024-12-30T13:00:00Z");
    }

    #[test]
    fn evenings_and_midnights_belong_to_a_date() {
        let text = |open: &str, close: &str| {
            format!(
                "[[calendar]]\nname = \"x\"\nzone = \"UTC\"\n\
                 sessions = [{{ days = \"tue\", open = \"{open}\", close = \"{close}\" }}]\n"
            )
        };
        let session = |open, close| {
            let calendar = read(&text(open, close)).unwrap().remove(0);
            // 2024-03-05, a Tuesday, is day 19787.
            let session = calendar.session(TradingDay(19_787)).unwrap();
            (session.open.to_string(), session.close.to_string())
        };
        let own = |open: &str, close: &str| (open.to_owned(), close.to_owned());
        assert_eq!(
            session("17:00", "16:00"),
            own("2024-03-04T17:00:00Z", "2024-03-05T16:00:00Z")
        );
        assert_eq!(
            session("00:00", "00:00"),
            own("2024-03-05T00:00:00Z", "2024-03-06T00:00:00Z")
        );
    }

    /// Independence Day of 2024, which the rules of New York close, until 12:00 by its summer time; from the evening before,
    /// any time of the day is after the open.
    #[test]
    fn an_early_close_comes_before_the_rules() {
        let text = "[[calendar]]\nname = \"desk\"\nlike = \"us-equities\"\n\
                    early_closes = [{ day = \"2024-07-04\", close = \"12:00\" }]\n";
        let calendar = read(text).unwrap().remove(0);
        // 2024-07-04 is day 19908.
        let session = calendar.session(TradingDay(19_908)).unwrap();
        assert_eq!(session.close.to_string(), "2024-07-04T16:00:00Z");
        let evening = text.replace("us-equities", "cme-equity");
        assert!(read(&evening.replace("12:00", "00:30")).is_ok());
        let error = read(&evening.replace("12:00", "16:00")).unwrap_err();
        assert!(error.accepted.contains("17:00 to 16:00"), "{error}");
    }

    #[test]
    fn one_like_another_adds_days() {
        let text =
            "[[calendar]]\nname = \"desk\"\nlike = \"us-equities\"\nholidays = [\"2024-03-05\"]\n";
        let calendar = read(text).unwrap().remove(0);
        assert_eq!(calendar.session(TradingDay(19_787)), None);
        assert!(calendar.session(TradingDay(19_788)).is_some());
        let both = text.replace("like", "zone = \"UTC\"\nlike");
        assert_eq!(read(&both).unwrap_err().field, "calendar[0].zone");
    }

    #[test]
    fn what_is_not_accepted_is_named() {
        let check = |what: &str, instead: &str, field: &str, accepted: &str| {
            assert!(XETRA.contains(what), "{what}");
            let error = read(&XETRA.replace(what, instead)).unwrap_err();
            assert_eq!(error.field, field);
            assert!(error.accepted.contains(accepted), "{error}");
        };
        check("xetra", "fx", "calendar[0].name", "no other calendar has");
        check("Europe/Berlin", "Europe/Bonn", "calendar[0].zone", "IANA");
        check(
            "mon-fri",
            "mon-fry",
            "calendar[0].sessions[0].days",
            "days of the week",
        );
        check("17:30", "17.30", "calendar[0].sessions[0].close", "00:00");
        check(
            "14:00",
            "00:00",
            "calendar[0].early_closes[0].close",
            "after 00:00",
        );
        // 2024-12-28 is a Saturday, and Good Friday a holiday of the calendar itself.
        for (what, instead, field, accepted) in [
            ("14:00", "17:30", "close", "09:00 to 17:30"),
            ("14:00", "20:00", "close", "09:00 to 17:30"),
            ("14:00", "09:00", "close", "09:00 to 17:30"),
            ("14:00", "08:15", "close", "09:00 to 17:30"),
            ("2024-12-30", "2024-12-28", "day", "a day of the week"),
            ("2024-12-30", "2024-03-29", "day", "none of the holidays"),
        ] {
            let field = format!("calendar[0].early_closes[0].{field}");
            check(what, instead, &field, accepted);
        }
        check(
            "sessions",
            "session",
            "calendar[0].session",
            "perhaps sessions",
        );
        let like = "[[calendar]]\nname = \"desk\"\nlike = \"us-equity\"\n";
        let error = read(like).unwrap_err();
        assert_eq!(error.field, "calendar[0].like");
        assert!(
            error
                .accepted
                .contains("us-equities, us-equities-extended, cme-equity")
        );
    }
}
