//! Returns by day, month and year.
//!
//! A point ends a stretch of time, so it is of the day, month and year of the nanosecond before it: what is known at
//! midnight is of the day that ends there. Reports and metrics take this one definition from here.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use types::TimestampNs;

use super::Point;

/// The return of a calendar period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeriodReturn {
    /// The year.
    pub year: i16,
    /// The month from 1, or 0 in a table of years.
    pub month: i8,
    /// The day of the month from 1, or 0 in tables of months and years.
    pub day: i8,
    /// The equity at its last point by that at the last point before it, less 1; 0 where that was not above 0.
    pub value: f64,
}

/// The time within the period that a point ends.
pub(crate) const fn within(ts: TimestampNs) -> u64 {
    ts.0.saturating_sub(1)
}

/// Returns of the days that have a point, the first point being where the first of them begins.
pub fn by_day(points: &[Point], zone: &TimeZone) -> Vec<PeriodReturn> {
    table(points, zone, Span::Day)
}

/// Returns of the months that have a point.
pub fn by_month(points: &[Point], zone: &TimeZone) -> Vec<PeriodReturn> {
    table(points, zone, Span::Month)
}

/// Returns of the years that have a point.
pub fn by_year(points: &[Point], zone: &TimeZone) -> Vec<PeriodReturn> {
    table(points, zone, Span::Year)
}

#[derive(Debug, Clone, Copy)]
enum Span {
    Day,
    Month,
    Year,
}

impl Span {
    fn last_day(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Month => date.last_of_month(),
            Self::Year => date.last_of_year(),
        }
    }

    fn row(self, date: Date) -> PeriodReturn {
        let month = if matches!(self, Self::Year) {
            0
        } else {
            date.month()
        };
        let day = if matches!(self, Self::Day) {
            date.day()
        } else {
            0
        };
        PeriodReturn {
            year: date.year(),
            month,
            day,
            value: 0.0,
        }
    }
}

/// A period that holds nothing but the first point has no return and is left out.
fn table(points: &[Point], zone: &TimeZone, span: Span) -> Vec<PeriodReturn> {
    let mut rows: Vec<PeriodReturn> = Vec::new();
    let Some(first) = points.first() else {
        return rows;
    };
    // What the period is measured from, and the point before.
    let (mut base, mut last) = (first.equity, first.equity);
    // The first nanosecond after the period: a zone is asked once a period, not once a point.
    let mut until = 0;
    for point in &points[1..] {
        let ts = i128::from(within(point.ts));
        if ts >= until {
            let date = jiff::Timestamp::from_nanosecond(ts)
                .unwrap_or(jiff::Timestamp::MAX)
                .to_zoned(zone.clone())
                .date();
            until = span
                .last_day(date)
                .tomorrow()
                .and_then(|next| next.to_zoned(zone.clone()))
                .map_or(i128::MAX, |next| next.timestamp().as_nanosecond());
            base = last;
            rows.push(span.row(date));
        }
        if let Some(row) = rows.last_mut() {
            row.value = if base > 0.0 {
                point.equity / base - 1.0
            } else {
                0.0
            };
        }
        last = point.equity;
    }
    rows
}
