//! Where the close lies between the highest high and the lowest low.

use super::average::Sma;
use super::catalogue::{Entry, Input, PERIOD, of_bar, of_many, whole};
use super::extreme::Extremes;
use super::oscillator::Rsi;
use super::{Bar, IndicatorError, period};

/// The two lines of a stochastic oscillator, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StochasticValue {
    /// The place in the range.
    pub k: f64,
    /// The mean of `k`.
    pub d: f64,
}

/// Lane's fast stochastic: the place of the close in the range of `k` bars, and its mean over `d`.
#[derive(Debug, Clone)]
pub struct StochasticFast {
    extremes: Extremes,
    mean: Sma,
    value: Option<StochasticValue>,
}

impl StochasticFast {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(k: usize, d: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            extremes: Extremes::new(period("k", k, 1)?),
            mean: Sma::new(period("d", d, 1)?)?,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<StochasticValue> {
        if bar.is_finite() {
            self.step(bar.high, bar.low, bar.close)
        } else {
            self.value
        }
    }

    fn step(&mut self, high: f64, low: f64, close: f64) -> Option<StochasticValue> {
        let k = self.extremes.push(high, low)?.place(close);
        self.value = self.mean.update(k).map(|d| StochasticValue { k, d });
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<StochasticValue> {
        self.value
    }
}

/// Lane's slow stochastic: `k` is the mean of the fast one over `slow`, `d` the mean of that.
#[derive(Debug, Clone)]
pub struct Stochastic {
    extremes: Extremes,
    slow: Sma,
    mean: Sma,
    value: Option<StochasticValue>,
}

impl Stochastic {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(k: usize, slow: usize, d: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            extremes: Extremes::new(period("k", k, 1)?),
            slow: Sma::new(period("slow", slow, 1)?)?,
            mean: Sma::new(period("d", d, 1)?)?,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<StochasticValue> {
        if !bar.is_finite() {
            return self.value;
        }
        let place = self.extremes.push(bar.high, bar.low)?.place(bar.close);
        let k = self.slow.update(place)?;
        self.value = self.mean.update(k).map(|d| StochasticValue { k, d });
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<StochasticValue> {
        self.value
    }
}

/// The fast stochastic of the RSI (Chande and Kroll 1994).
#[derive(Debug, Clone)]
pub struct StochasticRsi {
    rsi: Rsi,
    stochastic: StochasticFast,
    value: Option<StochasticValue>,
}

impl StochasticRsi {
    /// # Errors
    /// A period out of range.
    pub fn new(rsi: usize, k: usize, d: usize) -> Result<Self, IndicatorError> {
        period("rsi", rsi, 2)?;
        Ok(Self {
            rsi: Rsi::new(rsi)?,
            stochastic: StochasticFast::new(k, d)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<StochasticValue> {
        if value.is_finite() {
            self.value = self
                .rsi
                .update(value)
                .and_then(|rsi| self.stochastic.step(rsi, rsi, rsi));
        }
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<StochasticValue> {
        self.value
    }
}

/// Williams %R: how far below the highest high the close is, -100 to 0; 0 without a range.
#[derive(Debug, Clone)]
pub struct WilliamsR {
    extremes: Extremes,
    value: Option<f64>,
}

impl WilliamsR {
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
            self.value = self.extremes.push(bar.high, bar.low).map(|extreme| {
                let range = extreme.high - extreme.low;
                if range == 0.0 {
                    0.0
                } else {
                    -100.0 * (extreme.high - bar.close) / range
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
        name: "stochastic",
        formula: "k: SMA(slow) of 100 (close - LL) / (HH - LL) over k bars; d: SMA(d) of that",
        source: "TA-Lib STOCH",
        input: Input::Bar,
        parameters: &[
            PERIOD.named("k").of(5),
            PERIOD.named("slow").of(3),
            PERIOD.named("d").of(3),
        ],
        outputs: &["k", "d"],
        build: |p| {
            let stochastic = Stochastic::new(whole(p, 0), whole(p, 1), whole(p, 2))?;
            Ok(of_many(stochastic, |stochastic, sample| {
                let lines = stochastic.update(&sample.bar)?;
                Some([lines.k, lines.d])
            }))
        },
    },
    Entry {
        name: "stochastic_fast",
        formula: "k: 100 (close - LL) / (HH - LL) over k bars; d: SMA(d) of that",
        source: "TA-Lib STOCHF",
        input: Input::Bar,
        parameters: &[PERIOD.named("k").of(5), PERIOD.named("d").of(3)],
        outputs: &["k", "d"],
        build: |p| {
            let stochastic = StochasticFast::new(whole(p, 0), whole(p, 1))?;
            Ok(of_many(stochastic, |stochastic, sample| {
                let lines = stochastic.update(&sample.bar)?;
                Some([lines.k, lines.d])
            }))
        },
    },
    Entry {
        name: "stochastic_rsi",
        formula: "stochastic_fast(k, d) of RSI(rsi)",
        source: "TA-Lib STOCHRSI",
        input: Input::Value,
        parameters: &[
            PERIOD.named("rsi").of(14).from(2),
            PERIOD.named("k").of(5),
            PERIOD.named("d").of(3),
        ],
        outputs: &["k", "d"],
        build: |p| {
            let stochastic = StochasticRsi::new(whole(p, 0), whole(p, 1), whole(p, 2))?;
            Ok(of_many(stochastic, |stochastic, sample| {
                let lines = stochastic.update(sample.bar.close)?;
                Some([lines.k, lines.d])
            }))
        },
    },
    Entry {
        name: "williams_r",
        formula: "-100 (HH - close) / (HH - LL) over p bars",
        source: "TA-Lib WILLR",
        input: Input::Bar,
        parameters: &[PERIOD.of(14).from(2)],
        outputs: &["value"],
        build: |p| Ok(of_bar(WilliamsR::new(whole(p, 0))?, WilliamsR::update)),
    },
];
