//! What holding an instrument costs or earns by the clock: a swap each night, a perpetual's funding every eight hours.

use marketdata::calendar::{Calendar, DAY_MINUTES, Hours};
use types::{Financing, Price, Ratio, TimestampNs, TradingDay};

use super::change::read_rates;
use crate::dto::document::{Field, FieldError};
use crate::dto::time::{read_minute, read_weekdays, read_zone};

const FIELDS: [&str; 6] = ["zone", "times", "days", "triple", "long_pct", "short_pct"];

/// The most times of a day.
const TIMES_MAX: usize = 24;

/// A moment lasts until the clock has passed any hour that a change of clocks skips: else one that lies in such an hour
/// would not be.
const MOMENT_MINUTES: i16 = 180;

/// When holding an instrument is financed, and at what rates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinancingSchedule {
    /// A calendar for each time of day, whose sessions open at it.
    moments: Vec<Calendar>,
    /// Days of the week, as a mask from Monday on, that count three times.
    triple: u8,
    long: Ratio,
    short: Ratio,
}

impl FinancingSchedule {
    /// The first moment after an instant, and how many times its rates count.
    pub fn next(&self, ts: TimestampNs) -> Option<(TimestampNs, i64)> {
        let sessions = self.moments.iter().filter_map(|moment| moment.next(ts));
        let first = sessions.min_by_key(|session| session.open)?;
        let times = if self.triple & 1 << weekday(first.day) == 0 {
            1
        } else {
            3
        };
        Some((first.open, times))
    }

    /// What is booked: the rates, so many times, of the notional at this price.
    pub const fn at(&self, price: Price, times: i64) -> Financing {
        Financing {
            long: Ratio(self.long.0.saturating_mul(times)),
            short: Ratio(self.short.0.saturating_mul(times)),
            price,
        }
    }
}

/// The day of the week of a date, Monday as 0. The first day of 1970 was a Thursday.
const fn weekday(day: TradingDay) -> u8 {
    (day.0 + 3).rem_euclid(7) as u8
}

/// Reads `{ zone, times, days, triple, long_pct, short_pct }`: local times of the day, on all days of the week unless it
/// says on which, and those of them whose rates count three times.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(field: &Field<'_>) -> Result<FinancingSchedule, FieldError> {
    let table = field.table(&FIELDS)?;
    let zone = read_zone(&table.field("zone"))?;
    let mask = |name, usual| match table.optional(name) {
        Some(days) => read_weekdays(&days),
        None => Ok(usual),
    };
    let days = mask("days", 0b111_1111)?;
    let triple = mask("triple", 0)?;
    if triple & !days != 0 {
        let accepted = "days of the week that are among days";
        return Err(table.field("triple").error(accepted));
    }
    let times = table.field("times");
    let list = times.list()?;
    if list.is_empty() || list.len() > TIMES_MAX {
        let accepted = format!("1 to {TIMES_MAX} times of day such as [\"17:00\"]");
        return Err(times.error(accepted));
    }
    let mut moments = Vec::new();
    let mut before = None;
    for time in &list {
        let open = read_minute(time)? as i16;
        if before.is_some_and(|before| before >= open) {
            return Err(time.error("a time after the one before it"));
        }
        before = Some(open);
        let close = (open + MOMENT_MINUTES).min(DAY_MINUTES);
        let hours = Hours::new(open, close).map_err(|error| time.error(error.to_string()))?;
        let on = |weekday: usize| (days & 1 << weekday != 0).then_some(hours);
        let week = std::array::from_fn(on);
        let moment = Calendar::new("financing", zone.as_str(), week);
        moments.push(moment.map_err(|error| time.error(error.to_string()))?);
    }
    let (long, short) = read_rates(&table)?;
    Ok(FinancingSchedule {
        moments,
        triple,
        long,
        short,
    })
}
