//! Moving averages.

use super::catalogue::{Entry, Input, PERIOD, of_value, whole};
use super::window::{Sliding, Weighted};
use super::{IndicatorError, period};

/// Simple moving average: the mean of the last `period` values.
#[derive(Debug, Clone)]
pub struct Sma {
    window: Sliding<f64>,
    period: f64,
    value: Option<f64>,
}

impl Sma {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 1)?),
            period: length as f64,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self.window.push(value).map(|sum| sum / self.period);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// A recursive average `a + k * (x - a)` that begins as the mean of the first `period` values.
#[derive(Debug, Clone)]
struct Recursive {
    /// The share of the new value.
    factor: f64,
    period: usize,
    seen: usize,
    sum: f64,
    value: Option<f64>,
}

impl Recursive {
    fn new(factor: f64, period: usize) -> Self {
        Self {
            factor,
            period,
            seen: 0,
            sum: 0.0,
            value: None,
        }
    }

    fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_finite() {
            return self.value;
        }
        if let Some(last) = self.value {
            self.value = Some(last + (value - last) * self.factor);
        } else {
            self.sum += value;
            self.seen += 1;
            self.value = (self.seen == self.period).then(|| self.sum / self.period as f64);
        }
        self.value
    }
}

/// Exponential moving average with k = 2 / (period + 1), seeded by the mean of the first `period` values.
#[derive(Debug, Clone)]
pub struct Ema(Recursive);

impl Ema {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 1)?;
        Ok(Self(Recursive::new(2.0 / (length as f64 + 1.0), length)))
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        self.0.update(value)
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.0.value
    }
}

/// Wilder's smoothing (also RMA, SMMA): an exponential average with k = 1 / period and the same seed.
///
/// J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
#[derive(Debug, Clone)]
pub struct Wilder(Recursive);

impl Wilder {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 1)?;
        Ok(Self(Recursive::new(1.0 / length as f64, length)))
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        self.0.update(value)
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.0.value
    }
}

/// Weighted moving average: weights 1 to `period`, the newest weighs most.
#[derive(Debug, Clone)]
pub struct Wma {
    window: Sliding<Weighted>,
    weights: f64,
    value: Option<f64>,
}

impl Wma {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 1)?;
        let count = length as f64;
        Ok(Self {
            window: Sliding::new(length),
            weights: count * (count + 1.0) / 2.0,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            let sums = self.window.push(Weighted::one(value));
            self.value = sums.map(|sums| sums.ramp / self.weights);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Double exponential moving average (Mulloy 1994): 2 EMA - EMA of EMA.
#[derive(Debug, Clone)]
pub struct Dema {
    stages: [Ema; 2],
    value: Option<f64>,
}

impl Dema {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            stages: [Ema::new(length)?, Ema::new(length)?],
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = chain(&mut self.stages, value).map(|[one, two]| 2.0 * one - two);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Triple exponential moving average (Mulloy 1994): 3 EMA - 3 EMA of EMA + EMA of that.
#[derive(Debug, Clone)]
pub struct Tema {
    stages: [Ema; 3],
    value: Option<f64>,
}

impl Tema {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            stages: [Ema::new(length)?, Ema::new(length)?, Ema::new(length)?],
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            let stages = chain(&mut self.stages, value);
            self.value = stages.map(|[one, two, three]| 3.0 * one - 3.0 * two + three);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Averages of averages: each stage is fed from when the one before it is ready. All of them, or nothing.
pub(super) fn chain<const N: usize>(stages: &mut [Ema; N], value: f64) -> Option<[f64; N]> {
    let mut values = [0.0; N];
    let mut input = value;
    for (stage, slot) in stages.iter_mut().zip(&mut values) {
        input = stage.update(input)?;
        *slot = input;
    }
    Some(values)
}

/// Triangular moving average: the mean of a mean, so that the middle of the window weighs most.
#[derive(Debug, Clone)]
pub struct Trima {
    inner: Sma,
    outer: Sma,
    value: Option<f64>,
}

impl Trima {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 1)?;
        Ok(Self {
            inner: Sma::new(length.div_ceil(2))?,
            outer: Sma::new(length / 2 + 1)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            self.value = self
                .inner
                .update(value)
                .and_then(|mean| self.outer.update(mean));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Hull moving average (Hull 2005): WMA over sqrt(period) of 2 WMA(period / 2) - WMA(period), both rounded down.
#[derive(Debug, Clone)]
pub struct Hull {
    half: Wma,
    whole: Wma,
    last: Wma,
    value: Option<f64>,
}

impl Hull {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        Ok(Self {
            half: Wma::new(length / 2)?,
            whole: Wma::new(length)?,
            last: Wma::new(length.isqrt())?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if value.is_finite() {
            let half = self.half.update(value);
            let whole = self.whole.update(value);
            self.value = half
                .zip(whole)
                .and_then(|(half, whole)| self.last.update(2.0 * half - whole));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Which average an indicator made of averages uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Smoothing {
    /// The mean; what TA-Lib takes when it is not told.
    #[default]
    Simple,
    /// Exponential; what most charts show.
    Exponential,
}

/// The average that a [`Smoothing`] names.
#[derive(Debug, Clone)]
pub enum Average {
    /// The mean.
    Simple(Sma),
    /// Exponential.
    Exponential(Ema),
}

impl Average {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(smoothing: Smoothing, length: usize) -> Result<Self, IndicatorError> {
        Ok(match smoothing {
            Smoothing::Simple => Self::Simple(Sma::new(length)?),
            Smoothing::Exponential => Self::Exponential(Ema::new(length)?),
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        match self {
            Self::Simple(average) => average.update(value),
            Self::Exponential(average) => average.update(value),
        }
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Simple(average) => average.value(),
            Self::Exponential(average) => average.value(),
        }
    }
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "sma",
        formula: "mean of the last p values",
        source: "TA-Lib SMA",
        input: Input::Value,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_value(Sma::new(whole(p, 0))?, Sma::update)),
    },
    Entry {
        name: "ema",
        formula: "a + 2/(p+1) (x - a), seeded by the mean of the first p values",
        source: "TA-Lib EMA",
        input: Input::Value,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_value(Ema::new(whole(p, 0))?, Ema::update)),
    },
    Entry {
        name: "wilder",
        formula: "a + 1/p (x - a), seeded by the mean of the first p values",
        source: "Wilder 1978; the smoothing inside TA-Lib RSI and ATR",
        input: Input::Value,
        parameters: &[PERIOD.of(14)],
        outputs: &["value"],
        build: |p| Ok(of_value(Wilder::new(whole(p, 0))?, Wilder::update)),
    },
    Entry {
        name: "wma",
        formula: "mean with weights 1 to p, the newest weighs most",
        source: "TA-Lib WMA",
        input: Input::Value,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_value(Wma::new(whole(p, 0))?, Wma::update)),
    },
    Entry {
        name: "dema",
        formula: "2 EMA - EMA(EMA)",
        source: "TA-Lib DEMA",
        input: Input::Value,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_value(Dema::new(whole(p, 0))?, Dema::update)),
    },
    Entry {
        name: "tema",
        formula: "3 EMA - 3 EMA(EMA) + EMA(EMA(EMA))",
        source: "TA-Lib TEMA",
        input: Input::Value,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_value(Tema::new(whole(p, 0))?, Tema::update)),
    },
    Entry {
        name: "trima",
        formula: "SMA(p/2 + 1) of SMA((p+1)/2), both rounded down",
        source: "TA-Lib TRIMA",
        input: Input::Value,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_value(Trima::new(whole(p, 0))?, Trima::update)),
    },
    Entry {
        name: "hull",
        formula: "WMA(sqrt p) of 2 WMA(p/2) - WMA(p), periods rounded down",
        source: "Hull 2005",
        input: Input::Value,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_value(Hull::new(whole(p, 0))?, Hull::update)),
    },
];
