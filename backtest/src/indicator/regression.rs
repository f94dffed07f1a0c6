//! The line of least squares through the last values.

use super::catalogue::{Entry, Input, PERIOD, of_many, whole};
use super::window::{Sliding, Trend};
use super::{IndicatorError, period};

/// A line of least squares over places 0 to `period - 1`, the newest value at the last place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearRegressionValue {
    /// The line at the last place.
    pub value: f64,
    /// Its rise per value.
    pub slope: f64,
    /// The arc tangent of the slope, in degrees.
    pub angle: f64,
    /// The line at the first place.
    pub intercept: f64,
    /// The line one place ahead: the time series forecast.
    pub forecast: f64,
}

/// Linear regression of the last `period` values on their place.
#[derive(Debug, Clone)]
pub struct LinearRegression {
    window: Sliding<Trend>,
    /// The middle place.
    middle: f64,
    /// Sum of squared deviations of the places: n (n^2 - 1) / 12.
    squares: f64,
    value: Option<LinearRegressionValue>,
}

impl LinearRegression {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        let count = length as f64;
        Ok(Self {
            window: Sliding::new(length),
            middle: (count - 1.0) / 2.0,
            squares: count * (count * count - 1.0) / 12.0,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<LinearRegressionValue> {
        if value.is_finite() {
            self.value = self.window.push(Trend::one(value)).map(|trend| {
                let slope = trend.products / self.squares;
                LinearRegressionValue {
                    value: trend.mean + slope * self.middle,
                    slope,
                    angle: slope.atan().to_degrees(),
                    intercept: trend.mean - slope * self.middle,
                    forecast: trend.mean + slope * (self.middle + 1.0),
                }
            });
        }
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<LinearRegressionValue> {
        self.value
    }
}

pub(super) const ENTRIES: &[Entry] = &[Entry {
    name: "linear_regression",
    formula: "least squares on places 0 to p-1: the line at the last place, its slope, angle in degrees, intercept, \
              and the line at place p",
    source: "TA-Lib LINEARREG, _SLOPE, _ANGLE, _INTERCEPT, TSF",
    input: Input::Value,
    parameters: &[PERIOD.of(14).from(2)],
    outputs: &["value", "slope", "angle", "intercept", "forecast"],
    build: |p| {
        let regression = LinearRegression::new(whole(p, 0))?;
        Ok(of_many(regression, |regression, sample| {
            let line = regression.update(sample.bar.close)?;
            Some([
                line.value,
                line.slope,
                line.angle,
                line.intercept,
                line.forecast,
            ])
        }))
    },
}];
