//! Annualised volatility of the last bars. A price that is not above 0 is not taken.

use std::f64::consts::LN_2;

use super::catalogue::{Entry, Input, PERIOD, Parameter, factor, of_bar, of_value, whole};
use super::window::{Sliding, Spread};
use super::{Bar, IndicatorError, period, positive};

/// Standard deviation (ddof 1) of the last `period` logarithmic returns, times the root of periods per year.
#[derive(Debug, Clone)]
pub struct RealizedVolatility {
    window: Sliding<Spread>,
    annual: f64,
    last: Option<f64>,
    value: Option<f64>,
}

impl RealizedVolatility {
    /// # Errors
    /// A period below 2 or above the limit, or periods per year that are not above 0.
    pub fn new(length: usize, periods_per_year: f64) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 2)?),
            annual: positive("periods_per_year", periods_per_year)?,
            last: None,
            value: None,
        })
    }

    /// Takes the next price.
    pub fn update(&mut self, price: f64) -> Option<f64> {
        if !(price.is_finite() && price > 0.0) {
            return self.value;
        }
        let last = self.last.replace(price)?;
        let spread = self.window.push(Spread::one((price / last).ln()));
        self.value =
            spread.map(|spread| (spread.squares / (spread.count - 1.0) * self.annual).sqrt());
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Parkinson's estimator (1980): from the ranges alone.
#[derive(Debug, Clone)]
pub struct Parkinson {
    window: Sliding<f64>,
    scale: f64,
    value: Option<f64>,
}

impl Parkinson {
    /// # Errors
    /// A period of 0 or above the limit, or periods per year that are not above 0.
    pub fn new(length: usize, periods_per_year: f64) -> Result<Self, IndicatorError> {
        period("period", length, 1)?;
        let annual = positive("periods_per_year", periods_per_year)?;
        Ok(Self {
            window: Sliding::new(length),
            scale: annual / (4.0 * LN_2 * length as f64),
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() && bar.low > 0.0 {
            let range = (bar.high / bar.low).ln();
            self.value = self
                .window
                .push(range * range)
                .map(|sum| (sum * self.scale).sqrt());
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Garman and Klass' estimator (1980): ranges, and the move from open to close. A window whose sum is below 0 has
/// no volatility: 0.
#[derive(Debug, Clone)]
pub struct GarmanKlass {
    window: Sliding<f64>,
    scale: f64,
    value: Option<f64>,
}

impl GarmanKlass {
    /// # Errors
    /// A period of 0 or above the limit, or periods per year that are not above 0.
    pub fn new(length: usize, periods_per_year: f64) -> Result<Self, IndicatorError> {
        period("period", length, 1)?;
        Ok(Self {
            window: Sliding::new(length),
            scale: positive("periods_per_year", periods_per_year)? / length as f64,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() && bar.low > 0.0 && bar.open > 0.0 && bar.close > 0.0 {
            let range = (bar.high / bar.low).ln();
            let body = (bar.close / bar.open).ln();
            let term = 0.5 * range * range - (2.0 * LN_2 - 1.0) * body * body;
            self.value = self
                .window
                .push(term)
                .map(|sum| (sum * self.scale).max(0.0).sqrt());
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

const YEAR: Parameter = factor("periods_per_year", 252.0, 1.0, 1e9);

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "realized_volatility",
        formula: "sqrt(periods_per_year) times the standard deviation (ddof 1) of the last p log returns",
        source: "close to close",
        input: Input::Value,
        parameters: &[PERIOD.of(20).from(2), YEAR],
        outputs: &["value"],
        build: |p| {
            let volatility = RealizedVolatility::new(whole(p, 0), p[1])?;
            Ok(of_value(volatility, RealizedVolatility::update))
        },
    },
    Entry {
        name: "parkinson",
        formula: "sqrt(periods_per_year sum ln(high/low)^2 / (4 p ln 2))",
        source: "Parkinson 1980",
        input: Input::Bar,
        parameters: &[PERIOD.of(20), YEAR],
        outputs: &["value"],
        build: |p| {
            Ok(of_bar(
                Parkinson::new(whole(p, 0), p[1])?,
                Parkinson::update,
            ))
        },
    },
    Entry {
        name: "garman_klass",
        formula: "sqrt(periods_per_year / p sum (ln(high/low)^2 / 2 - (2 ln 2 - 1) ln(close/open)^2))",
        source: "Garman and Klass 1980",
        input: Input::Bar,
        parameters: &[PERIOD.of(20), YEAR],
        outputs: &["value"],
        build: |p| {
            Ok(of_bar(
                GarmanKlass::new(whole(p, 0), p[1])?,
                GarmanKlass::update,
            ))
        },
    },
];
