//! The highest and the lowest of the last values, and their middle.

use super::catalogue::{Entry, Input, PERIOD, Parameter, of_bar, of_value, whole};
use super::window::{Highest, Lowest, Sliding};
use super::{Bar, IndicatorError, period};

/// Highest and lowest over the last bars.
#[derive(Debug, Clone)]
pub(super) struct Extremes {
    highest: Sliding<Highest>,
    lowest: Sliding<Lowest>,
    seen: u64,
}

/// What [`Extremes`] sees: values, and how many bars ago they came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extreme {
    pub(super) high: f64,
    pub(super) low: f64,
    pub(super) high_age: u64,
    pub(super) low_age: u64,
}

impl Extremes {
    pub(super) fn new(length: usize) -> Self {
        Self {
            highest: Sliding::new(length),
            lowest: Sliding::new(length),
            seen: 0,
        }
    }

    pub(super) fn push(&mut self, high: f64, low: f64) -> Option<Extreme> {
        self.seen += 1;
        let at = self.seen;
        let highest = self.highest.push(Highest { value: high, at });
        let lowest = self.lowest.push(Lowest { value: low, at });
        highest.zip(lowest).map(|(highest, lowest)| Extreme {
            high: highest.value,
            low: lowest.value,
            high_age: at - highest.at,
            low_age: at - lowest.at,
        })
    }
}

impl Extreme {
    pub(super) fn middle(&self) -> f64 {
        f64::midpoint(self.high, self.low)
    }

    /// 100 times the place of `close` in the range; 0 without a range.
    pub(super) fn place(&self, close: f64) -> f64 {
        let range = self.high - self.low;
        if range == 0.0 {
            0.0
        } else {
            100.0 * (close - self.low) / range
        }
    }
}

/// The highest of the last `period` values.
#[derive(Debug, Clone)]
pub struct Max {
    extremes: Extremes,
    value: Option<f64>,
}

impl Max {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            extremes: Extremes::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.extremes.push(value, value).map(|extreme| extreme.high);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// The lowest of the last `period` values.
#[derive(Debug, Clone)]
pub struct Min {
    extremes: Extremes,
    value: Option<f64>,
}

impl Min {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            extremes: Extremes::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.extremes.push(value, value).map(|extreme| extreme.low);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// The middle between the highest and the lowest of the last `period` values.
#[derive(Debug, Clone)]
pub struct MidPoint {
    extremes: Extremes,
    value: Option<f64>,
}

impl MidPoint {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            extremes: Extremes::new(period("period", length, 2)?),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self
                .extremes
                .push(value, value)
                .map(|extreme| extreme.middle());
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// The middle between the highest high and the lowest low of the last `period` bars.
#[derive(Debug, Clone)]
pub struct MidPrice {
    extremes: Extremes,
    value: Option<f64>,
}

impl MidPrice {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            extremes: Extremes::new(period("period", length, 2)?),
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            self.value = self
                .extremes
                .push(bar.high, bar.low)
                .map(|extreme| extreme.middle());
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

const FROM_TWO: Parameter = PERIOD.from(2);

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "max",
        formula: "highest of the last p values",
        source: "TA-Lib MAX",
        input: Input::Value,
        parameters: &[PERIOD.of(30)],
        outputs: &["value"],
        build: |p| Ok(of_value(Max::new(whole(p, 0))?, Max::update)),
    },
    Entry {
        name: "min",
        formula: "lowest of the last p values",
        source: "TA-Lib MIN",
        input: Input::Value,
        parameters: &[PERIOD.of(30)],
        outputs: &["value"],
        build: |p| Ok(of_value(Min::new(whole(p, 0))?, Min::update)),
    },
    Entry {
        name: "midpoint",
        formula: "(max + min) / 2 of the last p values",
        source: "TA-Lib MIDPOINT",
        input: Input::Value,
        parameters: &[FROM_TWO.of(14)],
        outputs: &["value"],
        build: |p| Ok(of_value(MidPoint::new(whole(p, 0))?, MidPoint::update)),
    },
    Entry {
        name: "midprice",
        formula: "(highest high + lowest low) / 2 of the last p bars",
        source: "TA-Lib MIDPRICE",
        input: Input::Bar,
        parameters: &[FROM_TWO.of(14)],
        outputs: &["value"],
        build: |p| Ok(of_bar(MidPrice::new(whole(p, 0))?, MidPrice::update)),
    },
];
