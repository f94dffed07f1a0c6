//! Indicators: one value in, one value out, nothing before they are ready.
//!
//! * `new` refuses bad parameters by name; `update` takes the next value or bar and gives the new figure;
//!   `value` gives the last one again.
//! * Seeds and warm-up are TA-Lib's where TA-Lib has the indicator. `docs/indicators.md` has a line on each.
//! * A value that is not finite is not taken: the figure stays as it was. So no NaN gets in, and none comes out
//!   of inputs up to 1e100.
//! * Nothing drifts: windows never take a value away again (see `window`), and recursive averages forget.
//! * Sums of whole numbers are exact. Who needs exact ties of averages feeds prices in ticks.

mod adaptive;
mod average;
mod band;
mod catalogue;
mod direction;
mod extreme;
mod ichimoku;
mod momentum;
mod oscillator;
mod pair;
mod regression;
mod reversion;
mod sar;
mod statistic;
mod stochastic;
mod true_range;
mod volatility;
mod volume;
mod window;

pub use adaptive::{EfficiencyRatio, Kama, T3};
pub use average::{Average, Dema, Ema, Hull, Sma, Smoothing, Tema, Trima, Wilder, Wma};
pub use band::{Band, Bollinger, Donchian, Keltner, Supertrend, SupertrendValue};
pub use catalogue::{ALL, Entry, Feed, Input, Parameter, Sample, find};
pub use direction::{Aroon, AroonValue, DirectionalMovement, DirectionalMovementValue};
pub use extreme::{Max, MidPoint, MidPrice, Min};
pub use ichimoku::{Ichimoku, IchimokuValue};
pub use momentum::{Apo, Macd, MacdValue, Momentum, Ppo, RateOfChange, Trix};
pub use oscillator::{
    BalanceOfPower, Cci, Cmo, ConnorsRsi, InternalBarStrength, PercentRank, Rsi, UltimateOscillator,
};
pub use pair::{Beta, Correlation, KalmanHedge, KalmanHedgeValue};
pub use regression::{LinearRegression, LinearRegressionValue};
pub use reversion::{HalfLife, Hurst};
pub use sar::ParabolicSar;
pub use statistic::{StandardDeviation, Variance, ZScore};
pub use stochastic::{Stochastic, StochasticFast, StochasticRsi, StochasticValue, WilliamsR};
pub use true_range::{Atr, Choppiness, Natr, TrueRange};
pub use volatility::{GarmanKlass, Parkinson, RealizedVolatility};
pub use volume::{
    AccumulationDistribution, ChaikinMoneyFlow, ChaikinOscillator, ForceIndex, MoneyFlowIndex,
    OnBalanceVolume, Vwap, Vwma,
};

/// The longest period of any indicator, in values.
pub const PERIOD_MAX: usize = 1_000_000;

/// A parameter that an indicator does not take.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IndicatorError {
    /// A period out of range.
    #[error("{name} = {value}: a period here is a whole number from {least} to {PERIOD_MAX}")]
    Period {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The shortest that makes sense.
        least: usize,
    },
    /// A number out of range.
    #[error("{name} = {value}: accepted is {accepted}")]
    Number {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What would have been taken.
        accepted: &'static str,
    },
    /// A number outside of its bounds.
    #[error("{name} = {value}: accepted is {least} to {most}")]
    Range {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The least that is taken.
        least: f64,
        /// The most that is taken.
        most: f64,
    },
    /// A fast period that is not the shorter one.
    #[error("fast = {fast}, slow = {slow}: fast has to be shorter than slow")]
    Order {
        /// The period meant to be the shorter one.
        fast: usize,
        /// The period meant to be the longer one.
        slow: usize,
    },
    /// Another number of parameters than the indicator has.
    #[error("{indicator} has {expected} parameters, {given} were given")]
    Count {
        /// The indicator.
        indicator: &'static str,
        /// How many it has.
        expected: usize,
        /// How many came.
        given: usize,
    },
}

/// What indicators of bars look at. Prices in the unit of the caller; volume in units traded.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bar {
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// What was traded.
    pub volume: f64,
}

impl Bar {
    /// (high + low + close) / 3.
    pub fn typical(&self) -> f64 {
        (self.high + self.low + self.close) / 3.0
    }

    fn is_finite(&self) -> bool {
        self.open.is_finite()
            && self.high.is_finite()
            && self.low.is_finite()
            && self.close.is_finite()
            && self.volume.is_finite()
    }

    fn range(&self) -> f64 {
        self.high - self.low
    }
}

fn period(name: &'static str, value: usize, least: usize) -> Result<usize, IndicatorError> {
    if (least..=PERIOD_MAX).contains(&value) {
        Ok(value)
    } else {
        Err(IndicatorError::Period {
            name,
            value: value as f64,
            least,
        })
    }
}

fn positive(name: &'static str, value: f64) -> Result<f64, IndicatorError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(IndicatorError::Number {
            name,
            value,
            accepted: "a number above 0",
        })
    }
}

fn ordered(fast: usize, slow: usize) -> Result<(), IndicatorError> {
    if fast < slow {
        Ok(())
    } else {
        Err(IndicatorError::Order { fast, slow })
    }
}
