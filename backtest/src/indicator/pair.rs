//! How two series move together.

use super::catalogue::{Entry, Input, PERIOD, factor, of_many, of_pair, whole};
use super::window::{Moments, Sliding};
use super::{IndicatorError, period, positive};

/// Pearson's correlation of the last `period` pairs, -1 to 1; 0 if one of the series did not move.
#[derive(Debug, Clone)]
pub struct Correlation {
    window: Sliding<Moments>,
    value: Option<f64>,
}

impl Correlation {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 2)?),
            value: None,
        })
    }

    /// Takes the next pair.
    pub fn update(&mut self, value: f64, other: f64) -> Option<f64> {
        if value.is_finite() && other.is_finite() {
            self.value = self.window.push(Moments::one(value, other)).map(|moments| {
                let scale = moments.squares[0].sqrt() * moments.squares[1].sqrt();
                if scale == 0.0 {
                    0.0
                } else {
                    (moments.products / scale).clamp(-1.0, 1.0)
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

/// Slope of the last `period` changes of a series on those of a benchmark; 0 if the benchmark did not move.
#[derive(Debug, Clone)]
pub struct Beta {
    window: Sliding<Moments>,
    last: Option<(f64, f64)>,
    value: Option<f64>,
}

impl Beta {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 2)?),
            last: None,
            value: None,
        })
    }

    /// Takes the next value and that of the benchmark.
    pub fn update(&mut self, value: f64, benchmark: f64) -> Option<f64> {
        if !(value.is_finite() && benchmark.is_finite()) {
            return self.value;
        }
        let (last, last_benchmark) = self.last.replace((value, benchmark))?;
        let change = |now: f64, last: f64| {
            if last == 0.0 {
                0.0
            } else {
                (now - last) / last
            }
        };
        let pair = Moments::one(change(value, last), change(benchmark, last_benchmark));
        self.value = self.window.push(pair).map(|moments| {
            if moments.squares[1] == 0.0 {
                0.0
            } else {
                moments.products / moments.squares[1]
            }
        });
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// What a [`KalmanHedge`] has learnt after a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KalmanHedgeValue {
    /// Units of the other series that hedge one of the first.
    pub ratio: f64,
    /// What is left of the first when the other is 0.
    pub intercept: f64,
    /// How far the first was from what was expected of it before it was seen.
    pub error: f64,
    /// The standard deviation of that error.
    pub deviation: f64,
}

/// A hedge ratio and an intercept that wander at random, followed by a Kalman filter.
///
/// Ernest Chan, Algorithmic Trading (2013), example 3.3: both begin at 0 without doubt, each step adds
/// `delta / (1 - delta)` to the variance of each, and observations have the variance `noise`.
#[derive(Debug, Clone)]
pub struct KalmanHedge {
    drift: f64,
    noise: f64,
    state: [f64; 2],
    /// Covariance of the state: its two variances and what they share.
    variance: [f64; 2],
    shared: f64,
    begun: bool,
    value: Option<KalmanHedgeValue>,
}

impl KalmanHedge {
    /// # Errors
    /// A `delta` that is not between 0 and 1, or a `noise` that is not above 0.
    pub fn new(delta: f64, noise: f64) -> Result<Self, IndicatorError> {
        if !(delta > 0.0 && delta < 1.0) {
            return Err(IndicatorError::Number {
                name: "delta",
                value: delta,
                accepted: "a number above 0 and below 1",
            });
        }
        Ok(Self {
            drift: delta / (1.0 - delta),
            noise: positive("noise", noise)?,
            state: [0.0; 2],
            variance: [0.0; 2],
            shared: 0.0,
            begun: false,
            value: None,
        })
    }

    /// Takes the next pair: the series to hedge, and the one to hedge it with.
    pub fn update(&mut self, value: f64, other: f64) -> Option<KalmanHedgeValue> {
        if !(value.is_finite() && other.is_finite()) {
            return self.value;
        }
        if !self.begun {
            self.begun = true;
            return None;
        }
        let [ratio, intercept] = self.state;
        let variance = self.variance.map(|variance| variance + self.drift);
        let shared = self.shared;
        let error = value - (ratio * other + intercept);
        let reach = [variance[0] * other + shared, shared * other + variance[1]];
        let doubt = reach[0] * other + reach[1] + self.noise;
        let gain = reach.map(|reach| reach / doubt);
        self.state = [ratio + gain[0] * error, intercept + gain[1] * error];
        self.variance = [
            variance[0] - gain[0] * reach[0],
            variance[1] - gain[1] * reach[1],
        ];
        self.shared = shared - gain[0] * reach[1];
        self.value = Some(KalmanHedgeValue {
            ratio: self.state[0],
            intercept: self.state[1],
            error,
            deviation: doubt.sqrt(),
        });
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<KalmanHedgeValue> {
        self.value
    }
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "correlation",
        formula: "Pearson's correlation of the last p pairs; 0 if one did not move",
        source: "TA-Lib CORREL",
        input: Input::Pair,
        parameters: &[PERIOD.of(30).from(2)],
        outputs: &["value"],
        build: |p| Ok(of_pair(Correlation::new(whole(p, 0))?, Correlation::update)),
    },
    Entry {
        name: "beta",
        formula: "slope of the last p changes of the value on those of the other series",
        source: "TA-Lib BETA, whose first series is the benchmark",
        input: Input::Pair,
        parameters: &[PERIOD.of(5).from(2)],
        outputs: &["value"],
        build: |p| Ok(of_pair(Beta::new(whole(p, 0))?, Beta::update)),
    },
    Entry {
        name: "kalman_hedge",
        formula: "value = ratio * other + intercept, both a random walk; error before the update, its deviation",
        source: "Chan 2013, example 3.3",
        input: Input::Pair,
        parameters: &[
            factor("delta", 1e-4, 1e-12, 0.999),
            factor("noise", 1e-3, 1e-12, 1e12),
        ],
        outputs: &["ratio", "intercept", "error", "deviation"],
        build: |p| {
            let hedge = KalmanHedge::new(p[0], p[1])?;
            Ok(of_many(hedge, |hedge, sample| {
                let value = hedge.update(sample.bar.close, sample.other)?;
                Some([value.ratio, value.intercept, value.error, value.deviation])
            }))
        },
    },
];
