//! Figures over the last periods, point by point, for plots.

use types::TimestampNs;

use super::{Facts, RecordError};
use crate::indicator::{PERIOD_MAX, Sma, StandardDeviation};

/// Annual figures of the periods that end at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rolling {
    /// The point.
    pub ts: TimestampNs,
    /// As the metric `volatility`; 0 if nothing moved.
    pub volatility: f64,
    /// As the metric `sharpe`; nothing if nothing moved.
    pub sharpe: Option<f64>,
}

/// One for each point from the first that has `periods` returns behind it. None if the curve is shorter, or was not
/// always above 0.
///
/// # Errors
/// Fewer than 2 periods, or more than [`PERIOD_MAX`].
pub fn rolling(facts: &Facts<'_>, periods: usize) -> Result<Vec<Rolling>, RecordError> {
    let refused = RecordError::Number {
        field: "periods",
        value: periods as f64,
        accepted: "a whole number from 2 to 1000000",
    };
    if !(2..=PERIOD_MAX).contains(&periods) {
        return Err(refused);
    }
    let count = periods as f64;
    // From ddof 0 to ddof 1.
    let sample = (count / (count - 1.0)).sqrt();
    let (Ok(mut mean), Ok(mut deviation)) =
        (Sma::new(periods), StandardDeviation::new(periods, sample))
    else {
        return Err(refused);
    };
    let scale = facts.settings.periods_per_year.sqrt();
    let mut rows = Vec::new();
    for (&value, point) in facts.returns.iter().zip(facts.points.iter().skip(1)) {
        let pair = mean.update(value).zip(deviation.update(value));
        rows.extend(pair.map(|(mean, deviation)| Rolling {
            ts: point.ts,
            volatility: deviation * scale,
            sharpe: (deviation > 0.0).then(|| (mean - facts.risk_free) / deviation * scale),
        }));
    }
    Ok(rows)
}
