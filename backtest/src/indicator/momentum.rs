//! How far and how fast: differences of values and of averages.

use super::average::{Average, Ema, Smoothing, chain};
use super::catalogue::{Entry, Input, PERIOD, Parameter, factor, of_many, of_value, whole};
use super::window::Ring;
use super::{IndicatorError, ordered, period};

/// Momentum: the value less that of `period` values before.
#[derive(Debug, Clone)]
pub struct Momentum {
    past: Ring,
    value: Option<f64>,
}

impl Momentum {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            past: Ring::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.past.push(value).map(|old| value - old);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Rate of change in percent of the value `period` values before; 0 if that was 0.
#[derive(Debug, Clone)]
pub struct RateOfChange {
    past: Ring,
    value: Option<f64>,
}

impl RateOfChange {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            past: Ring::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.past.push(value).map(|old| {
                if old == 0.0 {
                    0.0
                } else {
                    (value - old) / old * 100.0
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

/// The fast and the slow average of the same values, once both are there.
#[derive(Debug, Clone)]
struct FastSlow {
    fast: Average,
    slow: Average,
}

impl FastSlow {
    fn new(fast: usize, slow: usize, smoothing: Smoothing) -> Result<Self, IndicatorError> {
        period("fast", fast, 1)?;
        period("slow", slow, 2)?;
        ordered(fast, slow)?;
        Ok(Self {
            fast: Average::new(smoothing, fast)?,
            slow: Average::new(smoothing, slow)?,
        })
    }

    fn update(&mut self, value: f64) -> Option<(f64, f64)> {
        let fast = self.fast.update(value);
        let slow = self.slow.update(value);
        fast.zip(slow)
    }
}

/// Absolute price oscillator: a fast average less a slow one.
#[derive(Debug, Clone)]
pub struct Apo {
    averages: FastSlow,
    value: Option<f64>,
}

impl Apo {
    /// # Errors
    /// Periods out of range or not in order.
    pub fn new(fast: usize, slow: usize, smoothing: Smoothing) -> Result<Self, IndicatorError> {
        Ok(Self {
            averages: FastSlow::new(fast, slow, smoothing)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.averages.update(value).map(|(fast, slow)| fast - slow);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Percentage price oscillator: a fast average less a slow one, in percent of the slow one; 0 if that is 0.
#[derive(Debug, Clone)]
pub struct Ppo {
    averages: FastSlow,
    value: Option<f64>,
}

impl Ppo {
    /// # Errors
    /// Periods out of range or not in order.
    pub fn new(fast: usize, slow: usize, smoothing: Smoothing) -> Result<Self, IndicatorError> {
        Ok(Self {
            averages: FastSlow::new(fast, slow, smoothing)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.averages.update(value).map(|(fast, slow)| {
                if slow == 0.0 {
                    0.0
                } else {
                    (fast - slow) / slow * 100.0
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

/// The three lines of a [`Macd`], in the unit of its input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MacdValue {
    /// Fast less slow.
    pub macd: f64,
    /// The average of that.
    pub signal: f64,
    /// `macd - signal`.
    pub histogram: f64,
}

/// Moving average convergence/divergence (Appel). TA-Lib's start: the seed of the fast average ends where that of
/// the slow one does, and no line is there before the signal is.
#[derive(Debug, Clone)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
    /// Values that the fast average lets pass, so that both seeds end together.
    skip: usize,
    value: Option<MacdValue>,
}

impl Macd {
    /// # Errors
    /// Periods out of range or not in order.
    pub fn new(fast: usize, slow: usize, signal: usize) -> Result<Self, IndicatorError> {
        period("fast", fast, 1)?;
        period("slow", slow, 2)?;
        period("signal", signal, 1)?;
        ordered(fast, slow)?;
        Ok(Self {
            fast: Ema::new(fast)?,
            slow: Ema::new(slow)?,
            signal: Ema::new(signal)?,
            skip: slow - fast,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<MacdValue> {
        if !value.is_finite() {
            return self.value;
        }
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            self.fast.update(value);
        }
        let slow = self.slow.update(value)?;
        let macd = self.fast.value()? - slow;
        self.value = self.signal.update(macd).map(|signal| MacdValue {
            macd,
            signal,
            histogram: macd - signal,
        });
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<MacdValue> {
        self.value
    }
}

/// TRIX (Hutson 1983): the change in percent of the third EMA in a row.
#[derive(Debug, Clone)]
pub struct Trix {
    stages: [Ema; 3],
    change: RateOfChange,
    value: Option<f64>,
}

impl Trix {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        let ema = Ema::new(length)?;
        Ok(Self {
            stages: std::array::from_fn(|_| ema.clone()),
            change: RateOfChange::new(1)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value =
                chain(&mut self.stages, value).and_then(|[_, _, three]| self.change.update(three));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// 0 for simple, 1 for exponential.
const SMOOTHING: Parameter = Parameter {
    whole: true,
    ..factor("exponential", 0.0, 0.0, 1.0)
};

fn smoothing(parameter: f64) -> Smoothing {
    if parameter == 0.0 {
        Smoothing::Simple
    } else {
        Smoothing::Exponential
    }
}

const FAST: Parameter = PERIOD.named("fast").of(12);
const SLOW: Parameter = PERIOD.named("slow").of(26).from(2);

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "macd",
        formula: "EMA(fast) - EMA(slow), its EMA(signal), and their difference; both seeds end together",
        source: "TA-Lib MACD",
        input: Input::Value,
        parameters: &[FAST, SLOW, PERIOD.named("signal").of(9)],
        outputs: &["macd", "signal", "histogram"],
        build: |p| {
            let macd = Macd::new(whole(p, 0), whole(p, 1), whole(p, 2))?;
            Ok(of_many(macd, |macd, sample| {
                let lines = macd.update(sample.bar.close)?;
                Some([lines.macd, lines.signal, lines.histogram])
            }))
        },
    },
    Entry {
        name: "apo",
        formula: "average(fast) - average(slow); exponential = 1 takes EMAs instead of means",
        source: "TA-Lib APO",
        input: Input::Value,
        parameters: &[FAST, SLOW, SMOOTHING],
        outputs: &["value"],
        build: |p| {
            Ok(of_value(
                Apo::new(whole(p, 0), whole(p, 1), smoothing(p[2]))?,
                Apo::update,
            ))
        },
    },
    Entry {
        name: "ppo",
        formula: "100 (average(fast) - average(slow)) / average(slow); exponential = 1 takes EMAs",
        source: "TA-Lib PPO",
        input: Input::Value,
        parameters: &[FAST, SLOW, SMOOTHING],
        outputs: &["value"],
        build: |p| {
            Ok(of_value(
                Ppo::new(whole(p, 0), whole(p, 1), smoothing(p[2]))?,
                Ppo::update,
            ))
        },
    },
    Entry {
        name: "momentum",
        formula: "x - x[p]",
        source: "TA-Lib MOM",
        input: Input::Value,
        parameters: &[PERIOD.of(10)],
        outputs: &["value"],
        build: |p| Ok(of_value(Momentum::new(whole(p, 0))?, Momentum::update)),
    },
    Entry {
        name: "roc",
        formula: "100 (x - x[p]) / x[p]; 0 if x[p] is 0",
        source: "TA-Lib ROC",
        input: Input::Value,
        parameters: &[PERIOD.of(10)],
        outputs: &["value"],
        build: |p| {
            Ok(of_value(
                RateOfChange::new(whole(p, 0))?,
                RateOfChange::update,
            ))
        },
    },
    Entry {
        name: "trix",
        formula: "ROC(1) of EMA(EMA(EMA))",
        source: "TA-Lib TRIX",
        input: Input::Value,
        parameters: &[PERIOD.of(30)],
        outputs: &["value"],
        build: |p| Ok(of_value(Trix::new(whole(p, 0))?, Trix::update)),
    },
];
