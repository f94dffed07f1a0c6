//! The true range and what is made of it.

use super::average::Wilder;
use super::catalogue::{Entry, Input, PERIOD, of_bar, whole};
use super::extreme::Extremes;
use super::window::Sliding;
use super::{Bar, IndicatorError, period};

/// Wilder's true range: the bar's range, widened to the close before. Ready with the second bar.
#[derive(Debug, Clone, Default)]
pub struct TrueRange {
    last_close: Option<f64>,
    value: Option<f64>,
}

impl TrueRange {
    /// Ready with the second bar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            self.value = self
                .last_close
                .replace(bar.close)
                .map(|last| bar.high.max(last) - bar.low.min(last));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Average true range: Wilder's average, which begins as the mean of the first `period` true ranges.
#[derive(Debug, Clone)]
pub struct Atr {
    range: TrueRange,
    average: Wilder,
}

impl Atr {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            range: TrueRange::new(),
            average: Wilder::new(length)?,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            let range = self.range.update(bar)?;
            self.average.update(range);
        }
        self.average.value()
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.average.value()
    }
}

/// Average true range in percent of the close; 0 if that is 0.
#[derive(Debug, Clone)]
pub struct Natr {
    atr: Atr,
    value: Option<f64>,
}

impl Natr {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            atr: Atr::new(length)?,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            self.value = self.atr.update(bar).map(|atr| {
                if bar.close == 0.0 {
                    0.0
                } else {
                    atr / bar.close * 100.0
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

/// Dreiss' choppiness index: 100 log(sum of true ranges / range of all bars) / log(period). High is sideways.
/// Nothing while no bar of the window has a range.
#[derive(Debug, Clone)]
pub struct Choppiness {
    range: TrueRange,
    ranges: Sliding<f64>,
    extremes: Extremes,
    scale: f64,
    value: Option<f64>,
}

impl Choppiness {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        period("period", length, 2)?;
        Ok(Self {
            range: TrueRange::new(),
            ranges: Sliding::new(length),
            extremes: Extremes::new(length),
            scale: 100.0 / (length as f64).ln(),
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if !bar.is_finite() {
            return self.value;
        }
        let extreme = self.extremes.push(bar.high, bar.low);
        let sum = self
            .range
            .update(bar)
            .and_then(|range| self.ranges.push(range));
        self.value = extreme.zip(sum).and_then(|(extreme, sum)| {
            let whole = extreme.high - extreme.low;
            (whole > 0.0).then(|| (sum / whole).ln() * self.scale)
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
        name: "true_range",
        formula: "max(high, close[1]) - min(low, close[1])",
        source: "TA-Lib TRANGE",
        input: Input::Bar,
        parameters: &[],
        outputs: &["value"],
        build: |_| Ok(of_bar(TrueRange::new(), TrueRange::update)),
    },
    Entry {
        name: "atr",
        formula: "Wilder's average of the true range, seeded by the mean of the first p",
        source: "TA-Lib ATR",
        input: Input::Bar,
        parameters: &[PERIOD.of(14)],
        outputs: &["value"],
        build: |p| Ok(of_bar(Atr::new(whole(p, 0))?, Atr::update)),
    },
    Entry {
        name: "natr",
        formula: "100 ATR / close; 0 if the close is 0",
        source: "TA-Lib NATR",
        input: Input::Bar,
        parameters: &[PERIOD.of(14)],
        outputs: &["value"],
        build: |p| Ok(of_bar(Natr::new(whole(p, 0))?, Natr::update)),
    },
    Entry {
        name: "choppiness",
        formula: "100 log(sum of true ranges / (HH - LL)) / log p; none without a range",
        source: "Dreiss 1993",
        input: Input::Bar,
        parameters: &[PERIOD.of(14).from(2)],
        outputs: &["value"],
        build: |p| Ok(of_bar(Choppiness::new(whole(p, 0))?, Choppiness::update)),
    },
];
