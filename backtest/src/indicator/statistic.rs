//! How widely the last values spread, and how far out the last one is.

use super::catalogue::{Entry, Input, PERIOD, factor, of_value, whole};
use super::window::{Sliding, Spread};
use super::{IndicatorError, period, positive};

/// Variance of the last `period` values, of the population (ddof 0).
#[derive(Debug, Clone)]
pub struct Variance {
    window: Sliding<Spread>,
    value: Option<f64>,
}

impl Variance {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            let spread = self.window.push(Spread::one(value));
            self.value = spread.map(|spread| spread.variance());
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Standard deviation of the last `period` values, of the population (ddof 0), times a factor.
#[derive(Debug, Clone)]
pub struct StandardDeviation {
    variance: Variance,
    factor: f64,
    value: Option<f64>,
}

impl StandardDeviation {
    /// # Errors
    /// A period of 0 or above the limit, or a factor that is not above 0.
    pub fn new(length: usize, factor: f64) -> Result<Self, IndicatorError> {
        Ok(Self {
            variance: Variance::new(length)?,
            factor: positive("factor", factor)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            let variance = self.variance.update(value);
            self.value = variance.map(|variance| variance.sqrt() * self.factor);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// How many standard deviations (ddof 0) the last value is above the mean of its window; 0 if nothing moved.
#[derive(Debug, Clone)]
pub struct ZScore {
    window: Sliding<Spread>,
    value: Option<f64>,
}

impl ZScore {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 2)?),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.window.push(Spread::one(value)).map(|spread| {
                let deviation = spread.variance().sqrt();
                if deviation == 0.0 {
                    0.0
                } else {
                    (value - spread.mean) / deviation
                }
            });
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "variance",
        formula: "variance (ddof 0) of the last p values",
        source: "TA-Lib VAR",
        input: Input::Value,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_value(Variance::new(whole(p, 0))?, Variance::update)),
    },
    Entry {
        name: "standard_deviation",
        formula: "factor times the root of the variance (ddof 0) of the last p values",
        source: "TA-Lib STDDEV",
        input: Input::Value,
        parameters: &[PERIOD.of(20), factor("factor", 1.0, 0.001, 1_000.0)],
        outputs: &["value"],
        build: |p| {
            let deviation = StandardDeviation::new(whole(p, 0), p[1])?;
            Ok(of_value(deviation, StandardDeviation::update))
        },
    },
    Entry {
        name: "z_score",
        formula: "(x - mean) / standard deviation (ddof 0) of the last p values; 0 if nothing moved",
        source: "as TA-Lib SMA and STDDEV; pandas' ddof 1 is smaller by sqrt((p-1)/p)",
        input: Input::Value,
        parameters: &[PERIOD.of(20).from(2)],
        outputs: &["value"],
        build: |p| Ok(of_value(ZScore::new(whole(p, 0))?, ZScore::update)),
    },
];
