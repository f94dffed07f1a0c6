//! Returns by day, month and year.

use jiff::tz::TimeZone;

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
    /// The equity at its last point by that at the last point before it, less 1.
    pub value: f64,
}

/// Returns of the days that have a point, the first point being where the first of them begins.
pub fn by_day(points: &[Point], zone: &TimeZone) -> Vec<PeriodReturn> {
    table(points, zone, |[year, month, day]| [year, month, day])
}

/// Returns of the months that have a point.
pub fn by_month(points: &[Point], zone: &TimeZone) -> Vec<PeriodReturn> {
    table(points, zone, |[year, month, _]| [year, month, 0])
}

/// Returns of the years that have a point.
pub fn by_year(points: &[Point], zone: &TimeZone) -> Vec<PeriodReturn> {
    table(points, zone, |[year, _, _]| [year, 0, 0])
}

/// A period that holds nothing but the first point has no return and is left out.
fn table(points: &[Point], zone: &TimeZone, of: fn([i16; 3]) -> [i16; 3]) -> Vec<PeriodReturn> {
    let mut rows: Vec<PeriodReturn> = Vec::new();
    let Some(first) = points.first() else {
        return rows;
    };
    // What the period is measured from, and the point before.
    let (mut base, mut last) = (first.equity, first.equity);
    let mut current = None;
    for point in &points[1..] {
        let date = jiff::Timestamp::from_nanosecond(i128::from(point.ts.0))
            .unwrap_or(jiff::Timestamp::MAX)
            .to_zoned(zone.clone())
            .date();
        let key = of([date.year(), i16::from(date.month()), i16::from(date.day())]);
        if current != Some(key) {
            current = Some(key);
            base = last;
            rows.push(PeriodReturn {
                year: key[0],
                month: key[1] as i8,
                day: key[2] as i8,
                value: 0.0,
            });
        }
        if let Some(row) = rows.last_mut() {
            row.value = point.equity / base - 1.0;
        }
        last = point.equity;
    }
    rows
}
