//! Averages that look at the path: how much of it went somewhere, and how far to overshoot.

use super::average::{Ema, chain};
use super::catalogue::{Entry, Input, PERIOD, factor, of_value, whole};
use super::window::{Ring, Sliding};
use super::{IndicatorError, period};

/// Kaufman's efficiency ratio: the net change over `period` values by the sum of the single changes, 0 to 1.
/// A path without any change has efficiency 1, as in TA-Lib's KAMA.
#[derive(Debug, Clone)]
pub struct EfficiencyRatio {
    past: Ring,
    changes: Sliding<f64>,
    last: Option<f64>,
    value: Option<f64>,
}

impl EfficiencyRatio {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 1)?;
        Ok(Self {
            past: Ring::new(length),
            changes: Sliding::new(length),
            last: None,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return self.value;
        }
        let path = self
            .last
            .and_then(|last| self.changes.push((value - last).abs()));
        self.last = Some(value);
        let old = self.past.push(value);
        self.value = old.zip(path).map(|(old, path)| {
            let net = (value - old).abs();
            if path <= net { 1.0 } else { net / path }
        });
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Kaufman's adaptive moving average (1995): an exponential average whose factor moves with the square of the
/// efficiency between those of 30 and of 2 values. It begins at the value before its first figure.
#[derive(Debug, Clone)]
pub struct Kama {
    efficiency: EfficiencyRatio,
    last: f64,
    value: Option<f64>,
}

impl Kama {
    const SLOWEST: f64 = 2.0 / 31.0;
    const FASTEST: f64 = 2.0 / 3.0;

    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        Ok(Self {
            efficiency: EfficiencyRatio::new(length)?,
            last: 0.0,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return self.value;
        }
        if let Some(efficiency) = self.efficiency.update(value) {
            let share = efficiency * (Self::FASTEST - Self::SLOWEST) + Self::SLOWEST;
            let base = self.value.unwrap_or(self.last);
            self.value = Some(base + (value - base) * share * share);
        }
        self.last = value;
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Tillson's T3 (1998): six exponential averages in a row, mixed so that a volume factor of 0 is the third EMA
/// and 1 the triple DEMA.
#[derive(Debug, Clone)]
pub struct T3 {
    stages: [Ema; 6],
    /// Weights of the sixth, fifth, fourth and third stage.
    weights: [f64; 4],
    value: Option<f64>,
}

impl T3 {
    /// # Errors
    /// A period of 0 or above the limit, or a volume factor outside of 0 to 1.
    pub fn new(length: usize, volume_factor: f64) -> Result<Self, IndicatorError> {
        if !(0.0..=1.0).contains(&volume_factor) {
            return Err(IndicatorError::Range {
                name: "volume_factor",
                value: volume_factor,
                least: 0.0,
                most: 1.0,
            });
        }
        let ema = Ema::new(length)?;
        let v = volume_factor;
        let (square, cube) = (v * v, v * v * v);
        Ok(Self {
            stages: std::array::from_fn(|_| ema.clone()),
            weights: [
                -cube,
                3.0 * (square + cube),
                -6.0 * square - 3.0 * (v + cube),
                1.0 + 3.0 * v + cube + 3.0 * square,
            ],
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            let [a, b, c, d] = self.weights;
            self.value = chain(&mut self.stages, value)
                .map(|[_, _, e3, e4, e5, e6]| a * e6 + b * e5 + c * e4 + d * e3);
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
        name: "kama",
        formula: "a + (e (2/3 - 2/31) + 2/31)^2 (x - a), e the efficiency ratio; begins at the value before",
        source: "TA-Lib KAMA",
        input: Input::Value,
        parameters: &[PERIOD.of(30).from(2)],
        outputs: &["value"],
        build: |p| Ok(of_value(Kama::new(whole(p, 0))?, Kama::update)),
    },
    Entry {
        name: "efficiency_ratio",
        formula: "|x - x[p]| / sum of p single |changes|; 1 when nothing moved",
        source: "Kaufman 1995; as inside TA-Lib KAMA",
        input: Input::Value,
        parameters: &[PERIOD.of(10)],
        outputs: &["value"],
        build: |p| {
            Ok(of_value(
                EfficiencyRatio::new(whole(p, 0))?,
                EfficiencyRatio::update,
            ))
        },
    },
    Entry {
        name: "t3",
        formula: "six EMAs in a row: c1 e6 + c2 e5 + c3 e4 + c4 e3, weights of the volume factor",
        source: "TA-Lib T3",
        input: Input::Value,
        parameters: &[PERIOD.of(5), factor("volume_factor", 0.7, 0.0, 1.0)],
        outputs: &["value"],
        build: |p| Ok(of_value(T3::new(whole(p, 0), p[1])?, T3::update)),
    },
];
