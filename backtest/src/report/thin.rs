//! Long series as few points as a plot has columns.
//!
//! M4 (Jugel, Jerzak, Hackenbroich, Markl, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014):
//! of each column of pixels the first, lowest, highest and last value. A line through them covers the pixels that
//! the line through all values covers, so no extreme is lost, as it is with LTTB or by taking every n-th.

/// What falls into one column of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Column {
    /// Its place, from 0 at the left.
    pub(super) at: usize,
    /// Time of the last value.
    pub(super) ts: u64,
    pub(super) first: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) last: f64,
    /// Whether the lowest came before the highest.
    pub(super) falls_first: bool,
}

impl Column {
    const fn new(at: usize, ts: u64, value: f64) -> Self {
        Self {
            at,
            ts,
            first: value,
            low: value,
            high: value,
            last: value,
            falls_first: true,
        }
    }

    const fn take(&mut self, ts: u64, value: f64) {
        self.ts = ts;
        self.last = value;
        if value < self.low {
            self.low = value;
            self.falls_first = false;
        }
        if value > self.high {
            self.high = value;
            self.falls_first = true;
        }
    }

    /// The values in the order of their times, those that repeat left out.
    pub(super) fn walk(&self) -> impl Iterator<Item = f64> {
        let (second, third) = if self.falls_first {
            (self.low, self.high)
        } else {
            (self.high, self.low)
        };
        let mut before = f64::NAN;
        [self.first, second, third, self.last]
            .into_iter()
            .filter(move |value| {
                let differs = value.total_cmp(&before).is_ne();
                before = *value;
                differs
            })
    }
}

/// The columns that have values, of `count` equal ones from `from` to `to`; `points` are in order of time.
pub(super) fn columns(
    points: impl IntoIterator<Item = (u64, f64)>,
    (from, to): (u64, u64),
    count: usize,
) -> Vec<Column> {
    let span = u128::from(to.saturating_sub(from)).max(1);
    let mut found: Vec<Column> = Vec::with_capacity(count);
    for (ts, value) in points {
        if ts < from || ts > to || !value.is_finite() {
            continue;
        }
        let at = (u128::from(ts - from) * count as u128 / span) as usize;
        let at = at.min(count.saturating_sub(1));
        match found.last_mut() {
            Some(column) if column.at == at => column.take(ts, value),
            _ => found.push(Column::new(at, ts, value)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_its_extremes() {
        let points = [5.0, 9.0, 1.0, 4.0, 7.0].into_iter().enumerate();
        let found = columns(points.map(|(at, value)| (at as u64, value)), (0, 4), 2);
        // 0..4 in halves: times 0 and 1, then 2, 3 and 4.
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].walk().collect::<Vec<_>>(), [5.0, 9.0]);
        assert_eq!(found[1].walk().collect::<Vec<_>>(), [1.0, 7.0]);
        assert_eq!((found[1].at, found[1].ts), (1, 4));
    }

    #[test]
    fn a_million_points_are_as_many_as_columns() {
        let points = (0..1_000_000_u64).map(|at| (at, ((at % 997) as f64).sin()));
        let found = columns(points.clone(), (0, 999_999), 900);
        assert_eq!(found.len(), 900);
        let lowest = points.map(|(_, value)| value).fold(f64::MAX, f64::min);
        let kept = found
            .iter()
            .map(|column| column.low)
            .fold(f64::MAX, f64::min);
        assert!((lowest - kept).abs() < 1e-15);
    }
}
