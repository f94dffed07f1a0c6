//! Whether values come back.

use super::catalogue::{Entry, Input, PERIOD, of_value, whole};
use super::window::{Moments, Ring, Sliding};
use super::{IndicatorError, ordered, period};

/// Half-life of reversion, in values: -ln 2 by the slope of the last `period` changes on the values before them.
/// Nothing while the slope is not below 0: such a series does not come back.
///
/// Ernest Chan, Algorithmic Trading (2013), chapter 2.
#[derive(Debug, Clone)]
pub struct HalfLife {
    window: Sliding<Moments>,
    last: Option<f64>,
    value: Option<f64>,
}

impl HalfLife {
    /// # Errors
    /// A period below 3 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 3)?),
            last: None,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return self.value;
        }
        let last = self.last.replace(value)?;
        self.value = self
            .window
            .push(Moments::one(last, value - last))
            .and_then(|moments| {
                (moments.products < 0.0)
                    .then(|| -std::f64::consts::LN_2 * moments.squares[0] / moments.products)
            });
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Hurst exponent of the last `period` changes from the growth of squared differences between lag 1 and `lag`:
/// ln(mean over `lag` / mean over 1) / (2 ln lag). 0.5 is a random walk, less comes back, more goes on.
/// Nothing while the values do not move.
#[derive(Debug, Clone)]
pub struct Hurst {
    past: Ring,
    last: Option<f64>,
    near: Sliding<f64>,
    far: Sliding<f64>,
    scale: f64,
    value: Option<f64>,
}

impl Hurst {
    /// # Errors
    /// A lag below 2, or a period not above the lag or above the limit.
    pub fn new(length: usize, lag: usize) -> Result<Self, IndicatorError> {
        period("lag", lag, 2)?;
        period("period", length, 3)?;
        ordered(lag, length)?;
        Ok(Self {
            past: Ring::new(lag),
            last: None,
            near: Sliding::new(length),
            far: Sliding::new(length),
            scale: 2.0 * (lag as f64).ln(),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return self.value;
        }
        let square = |old: f64| (value - old) * (value - old);
        let near = self
            .last
            .replace(value)
            .and_then(|old| self.near.push(square(old)));
        let far = self
            .past
            .push(value)
            .and_then(|old| self.far.push(square(old)));
        self.value = near.zip(far).and_then(|(near, far)| {
            (near > 0.0 && far > 0.0).then(|| (far / near).ln() / self.scale)
        });
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "half_life",
        formula: "-ln 2 / slope of the last p changes on the values before them; none if the slope is not below 0",
        source: "Chan 2013, chapter 2",
        input: Input::Value,
        parameters: &[PERIOD.of(60).from(3)],
        outputs: &["value"],
        build: |p| Ok(of_value(HalfLife::new(whole(p, 0))?, HalfLife::update)),
    },
    Entry {
        name: "hurst",
        formula: "ln(mean squared difference over lag / over 1) / (2 ln lag), the last p of each; none if still",
        source: "structure function of second order",
        input: Input::Value,
        parameters: &[PERIOD.of(100).from(3), PERIOD.named("lag").of(10).from(2)],
        outputs: &["value"],
        build: |p| {
            Ok(of_value(
                Hurst::new(whole(p, 0), whole(p, 1))?,
                Hurst::update,
            ))
        },
    },
];
