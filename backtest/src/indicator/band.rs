//! Bands around a middle.

use super::average::Ema;
use super::catalogue::{Entry, Input, PERIOD, Parameter, factor, of_many, whole};
use super::extreme::Extremes;
use super::true_range::Atr;
use super::window::{Sliding, Spread};
use super::{Bar, IndicatorError, period, positive};

/// Three lines in the unit of the price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The upper line.
    pub upper: f64,
    /// The middle.
    pub middle: f64,
    /// The lower line.
    pub lower: f64,
}

impl Band {
    fn around(middle: f64, half: f64) -> Self {
        Self {
            upper: middle + half,
            middle,
            lower: middle - half,
        }
    }

    fn lines(self) -> [f64; 3] {
        [self.upper, self.middle, self.lower]
    }
}

/// Bollinger bands: the mean and `width` standard deviations (of the population) on both sides.
#[derive(Debug, Clone)]
pub struct Bollinger {
    window: Sliding<Spread>,
    width: f64,
    value: Option<Band>,
}

impl Bollinger {
    /// # Errors
    /// A period below 2 or above the limit, or a width that is not above 0.
    pub fn new(length: usize, width: f64) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 2)?),
            width: positive("width", width)?,
            value: None,
        })
    }

    /// Takes the next value.
    pub fn update(&mut self, value: f64) -> Option<Band> {
        if value.is_finite() {
            let spread = self.window.push(Spread::one(value));
            self.value = spread
                .map(|spread| Band::around(spread.mean, self.width * spread.variance().sqrt()));
        }
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<Band> {
        self.value
    }
}

/// Keltner channel in Raschke's form: the EMA of the close and `width` average true ranges on both sides.
#[derive(Debug, Clone)]
pub struct Keltner {
    middle: Ema,
    atr: Atr,
    width: f64,
    value: Option<Band>,
}

impl Keltner {
    /// # Errors
    /// A period of 0 or above the limit, or a width that is not above 0.
    pub fn new(length: usize, atr: usize, width: f64) -> Result<Self, IndicatorError> {
        period("atr", atr, 1)?;
        Ok(Self {
            middle: Ema::new(length)?,
            atr: Atr::new(atr)?,
            width: positive("width", width)?,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<Band> {
        if bar.is_finite() {
            let middle = self.middle.update(bar.close);
            let atr = self.atr.update(bar);
            self.value = middle
                .zip(atr)
                .map(|(middle, atr)| Band::around(middle, self.width * atr));
        }
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<Band> {
        self.value
    }
}

/// Donchian channel: the highest high and the lowest low of the last `period` bars, this one included, and their
/// middle. A breakout compares with the value before the update.
#[derive(Debug, Clone)]
pub struct Donchian {
    extremes: Extremes,
    value: Option<Band>,
}

impl Donchian {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            extremes: Extremes::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<Band> {
        if bar.is_finite() {
            self.value = self.extremes.push(bar.high, bar.low).map(|extreme| Band {
                upper: extreme.high,
                middle: extreme.middle(),
                lower: extreme.low,
            });
        }
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<Band> {
        self.value
    }
}

/// What a [`Supertrend`] says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupertrendValue {
    /// The lower band in a rise, the upper one in a fall.
    pub line: f64,
    /// Whether the trend is up.
    pub up: bool,
    /// The ratcheted upper band.
    pub upper: f64,
    /// The ratcheted lower band.
    pub lower: f64,
}

/// Supertrend (Seban): bands of `width` average true ranges around the middle of the bar that only move towards the
/// price until it closes beyond them. Begins in a fall, as `TradingView`'s does; the average is TA-Lib's.
#[derive(Debug, Clone)]
pub struct Supertrend {
    atr: Atr,
    width: f64,
    last_close: f64,
    value: Option<SupertrendValue>,
}

impl Supertrend {
    /// # Errors
    /// A period of 0 or above the limit, or a width that is not above 0.
    pub fn new(length: usize, width: f64) -> Result<Self, IndicatorError> {
        Ok(Self {
            atr: Atr::new(length)?,
            width: positive("width", width)?,
            last_close: 0.0,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<SupertrendValue> {
        if !bar.is_finite() {
            return self.value;
        }
        let last_close = std::mem::replace(&mut self.last_close, bar.close);
        let half = self.width * self.atr.update(bar)?;
        let middle = f64::midpoint(bar.high, bar.low);
        let (mut upper, mut lower, mut up) = (middle + half, middle - half, false);
        if let Some(last) = self.value {
            if upper >= last.upper && last_close <= last.upper {
                upper = last.upper;
            }
            if lower <= last.lower && last_close >= last.lower {
                lower = last.lower;
            }
            up = if last.up {
                bar.close >= lower
            } else {
                bar.close > upper
            };
        }
        self.value = Some(SupertrendValue {
            line: if up { lower } else { upper },
            up,
            upper,
            lower,
        });
        self.value
    }

    /// The figures after the last update.
    pub fn value(&self) -> Option<SupertrendValue> {
        self.value
    }
}

const WIDTH: Parameter = factor("width", 2.0, 0.001, 1_000.0);
const LINES: &[&str] = &["upper", "middle", "lower"];

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "bollinger",
        formula: "mean -+ width times the standard deviation (ddof 0) of the last p values",
        source: "TA-Lib BBANDS",
        input: Input::Value,
        parameters: &[PERIOD.of(20).from(2), WIDTH],
        outputs: LINES,
        build: |p| {
            let bands = Bollinger::new(whole(p, 0), p[1])?;
            Ok(of_many(bands, |bands, sample| {
                bands.update(sample.bar.close).map(Band::lines)
            }))
        },
    },
    Entry {
        name: "keltner",
        formula: "EMA(period) of the close -+ width times ATR(atr)",
        source: "Raschke's form; TA-Lib's EMA and ATR",
        input: Input::Bar,
        parameters: &[PERIOD.of(20), PERIOD.named("atr").of(10), WIDTH],
        outputs: LINES,
        build: |p| {
            let bands = Keltner::new(whole(p, 0), whole(p, 1), p[2])?;
            Ok(of_many(bands, |bands, sample| {
                bands.update(&sample.bar).map(Band::lines)
            }))
        },
    },
    Entry {
        name: "donchian",
        formula: "highest high, middle, lowest low of the last p bars, this one included",
        source: "Donchian; TA-Lib MAX, MIDPRICE, MIN",
        input: Input::Bar,
        parameters: &[PERIOD.of(20)],
        outputs: LINES,
        build: |p| {
            let bands = Donchian::new(whole(p, 0))?;
            Ok(of_many(bands, |bands, sample| {
                bands.update(&sample.bar).map(Band::lines)
            }))
        },
    },
    Entry {
        name: "supertrend",
        formula: "middle of the bar -+ width ATR, ratcheted until a close beyond; up is 1 or 0",
        source: "TradingView's bands and first direction (down), TA-Lib's ATR",
        input: Input::Bar,
        parameters: &[PERIOD.of(10), factor("width", 3.0, 0.001, 1_000.0)],
        outputs: &["line", "up", "upper", "lower"],
        build: |p| {
            let trend = Supertrend::new(whole(p, 0), p[1])?;
            Ok(of_many(trend, |trend, sample| {
                let value = trend.update(&sample.bar)?;
                Some([value.line, f64::from(value.up), value.upper, value.lower])
            }))
        },
    },
];
