//! Prices weighed with what was traded at them.

use super::average::Ema;
use super::catalogue::{Entry, Input, PERIOD, of_bar, whole};
use super::window::{Sliding, Total};
use super::{Bar, IndicatorError, ordered, period};

/// Volume weighted moving average of the close; nothing while nothing was traded in the window.
#[derive(Debug, Clone)]
pub struct Vwma {
    window: Sliding<[f64; 2]>,
    value: Option<f64>,
}

impl Vwma {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            self.value = self
                .window
                .push([bar.close * bar.volume, bar.volume])
                .and_then(|[traded, volume]| (volume > 0.0).then(|| traded / volume));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Volume weighted average of the typical price since the session began; nothing while nothing was traded.
#[derive(Debug, Clone, Default)]
pub struct Vwap {
    traded: Total,
    volume: Total,
    value: Option<f64>,
}

impl Vwap {
    /// Ready with the first bar that has a volume.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the session: the next bar is the first of a new one.
    pub fn begin_session(&mut self) {
        *self = Self::default();
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            let traded = self.traded.add(bar.typical() * bar.volume);
            let volume = self.volume.add(bar.volume);
            self.value = (volume > 0.0).then(|| traded / volume);
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Granville's on-balance volume: the volume of rises less that of falls. Begins with the first bar's volume.
#[derive(Debug, Clone, Default)]
pub struct OnBalanceVolume {
    total: Total,
    last_close: Option<f64>,
    value: Option<f64>,
}

impl OnBalanceVolume {
    /// Ready with the first bar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            let signed = match self.last_close.replace(bar.close) {
                Some(last) if bar.close < last => -bar.volume,
                Some(last) if bar.close <= last => 0.0,
                _ => bar.volume,
            };
            self.value = Some(self.total.add(signed));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// The bar's volume, signed by where in its range it closed; 0 without a range.
fn money_flow(bar: &Bar) -> f64 {
    let range = bar.range();
    if range > 0.0 {
        ((bar.close - bar.low) - (bar.high - bar.close)) / range * bar.volume
    } else {
        0.0
    }
}

/// Chaikin's accumulation/distribution line.
#[derive(Debug, Clone, Default)]
pub struct AccumulationDistribution {
    total: Total,
    value: Option<f64>,
}

impl AccumulationDistribution {
    /// Ready with the first bar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            self.value = Some(self.total.add(money_flow(bar)));
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Chaikin's oscillator: a fast exponential average of the accumulation line less a slow one. Both begin at the
/// line's first point, unlike an [`Ema`]; ready after `slow` bars.
#[derive(Debug, Clone)]
pub struct ChaikinOscillator {
    line: AccumulationDistribution,
    factors: [f64; 2],
    averages: Option<[f64; 2]>,
    missing: usize,
    value: Option<f64>,
}

impl ChaikinOscillator {
    /// # Errors
    /// Periods out of range or not in order.
    pub fn new(fast: usize, slow: usize) -> Result<Self, IndicatorError> {
        period("fast", fast, 2)?;
        period("slow", slow, 2)?;
        ordered(fast, slow)?;
        Ok(Self {
            line: AccumulationDistribution::new(),
            factors: [fast, slow].map(|length| 2.0 / (length as f64 + 1.0)),
            averages: None,
            missing: slow,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if !bar.is_finite() {
            return self.value;
        }
        let line = self.line.update(bar)?;
        let last = self.averages.unwrap_or([line; 2]);
        let averages: [f64; 2] =
            std::array::from_fn(|index| last[index] + (line - last[index]) * self.factors[index]);
        self.averages = Some(averages);
        self.missing = self.missing.saturating_sub(1);
        self.value = (self.missing == 0).then(|| averages[0] - averages[1]);
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// What typical prices may differ by and count as equal, as TA-Lib has it: a third of a sum of three is rounded, so
/// prices that are equal on paper may not be.
const EQUAL: f64 = 1e-14;

/// Money flow index: an RSI of typical price times volume, in plain sums, 0 to 100; 0 when nothing moved.
#[derive(Debug, Clone)]
pub struct MoneyFlowIndex {
    window: Sliding<[f64; 2]>,
    last: Option<f64>,
    value: Option<f64>,
}

impl MoneyFlowIndex {
    /// # Errors
    /// A period below 2 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 2)?),
            last: None,
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if !bar.is_finite() {
            return self.value;
        }
        let price = bar.typical();
        let last = self.last.replace(price)?;
        let flow = price * bar.volume;
        let change = price - last;
        let step = if change > EQUAL {
            [flow, 0.0]
        } else if change < -EQUAL {
            [0.0, flow]
        } else {
            [0.0, 0.0]
        };
        self.value = self.window.push(step).map(|[up, down]| {
            if up + down <= 0.0 {
                0.0
            } else {
                100.0 * up / (up + down)
            }
        });
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Chaikin's money flow: signed volume by volume over `period` bars, -1 to 1; 0 when nothing was traded.
#[derive(Debug, Clone)]
pub struct ChaikinMoneyFlow {
    window: Sliding<[f64; 2]>,
    value: Option<f64>,
}

impl ChaikinMoneyFlow {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            window: Sliding::new(period("period", length, 1)?),
            value: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            self.value = self
                .window
                .push([money_flow(bar), bar.volume])
                .map(|[flow, volume]| if volume > 0.0 { flow / volume } else { 0.0 });
        }
        self.value
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// Elder's force index (1993): the EMA of the change of the close times the volume.
#[derive(Debug, Clone)]
pub struct ForceIndex {
    average: Ema,
    last_close: Option<f64>,
}

impl ForceIndex {
    /// # Errors
    /// A period of 0 or above the limit.
    pub fn new(length: usize) -> Result<Self, IndicatorError> {
        Ok(Self {
            average: Ema::new(length)?,
            last_close: None,
        })
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &Bar) -> Option<f64> {
        if bar.is_finite() {
            let last = self.last_close.replace(bar.close)?;
            self.average.update((bar.close - last) * bar.volume);
        }
        self.average.value()
    }

    /// The figure after the last update.
    pub fn value(&self) -> Option<f64> {
        self.average.value()
    }
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "vwma",
        formula: "sum close * volume / sum volume of the last p bars; none if nothing was traded",
        source: "by definition",
        input: Input::Bar,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| Ok(of_bar(Vwma::new(whole(p, 0))?, Vwma::update)),
    },
    Entry {
        name: "vwap",
        formula: "sum t * volume / sum volume since the session began, t = (high + low + close) / 3",
        source: "by definition",
        input: Input::Bar,
        parameters: &[],
        outputs: &["value"],
        build: |_| {
            let mut vwap = Vwap::new();
            Ok(Box::new(move |sample, out| {
                if sample.session_begins {
                    vwap.begin_session();
                }
                out[0] = vwap.update(&sample.bar);
            }))
        },
    },
    Entry {
        name: "obv",
        formula: "volume of rises less volume of falls, from the first bar's volume on",
        source: "TA-Lib OBV",
        input: Input::Bar,
        parameters: &[],
        outputs: &["value"],
        build: |_| Ok(of_bar(OnBalanceVolume::new(), OnBalanceVolume::update)),
    },
    Entry {
        name: "accumulation_distribution",
        formula: "sum of m * volume, m = ((close - low) - (high - close)) / (high - low), 0 without a range",
        source: "TA-Lib AD",
        input: Input::Bar,
        parameters: &[],
        outputs: &["value"],
        build: |_| {
            Ok(of_bar(
                AccumulationDistribution::new(),
                AccumulationDistribution::update,
            ))
        },
    },
    Entry {
        name: "chaikin_oscillator",
        formula: "fast less slow exponential average of accumulation_distribution, both from its first point",
        source: "TA-Lib ADOSC",
        input: Input::Bar,
        parameters: &[
            PERIOD.named("fast").of(3).from(2),
            PERIOD.named("slow").of(10).from(2),
        ],
        outputs: &["value"],
        build: |p| {
            let oscillator = ChaikinOscillator::new(whole(p, 0), whole(p, 1))?;
            Ok(of_bar(oscillator, ChaikinOscillator::update))
        },
    },
    Entry {
        name: "money_flow_index",
        formula: "100 U / (U + D), sums of t * volume of rises and falls of t over p bars; 0 when nothing moved",
        source: "TA-Lib MFI, which is 0 whenever U + D is below 1",
        input: Input::Bar,
        parameters: &[PERIOD.of(14).from(2)],
        outputs: &["value"],
        build: |p| {
            Ok(of_bar(
                MoneyFlowIndex::new(whole(p, 0))?,
                MoneyFlowIndex::update,
            ))
        },
    },
    Entry {
        name: "chaikin_money_flow",
        formula: "sum m * volume / sum volume of the last p bars, m as in accumulation_distribution",
        source: "Chaikin",
        input: Input::Bar,
        parameters: &[PERIOD.of(20)],
        outputs: &["value"],
        build: |p| {
            Ok(of_bar(
                ChaikinMoneyFlow::new(whole(p, 0))?,
                ChaikinMoneyFlow::update,
            ))
        },
    },
    Entry {
        name: "force_index",
        formula: "EMA(p) of (close - close[1]) * volume",
        source: "Elder 1993",
        input: Input::Bar,
        parameters: &[PERIOD.of(13)],
        outputs: &["value"],
        build: |p| Ok(of_bar(ForceIndex::new(whole(p, 0))?, ForceIndex::update)),
    },
];
