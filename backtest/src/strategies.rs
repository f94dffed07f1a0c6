//! The strategies that come with Dynasty.

mod arbitrage;
mod benchmark;
mod book;
mod clock;
mod maker;
mod momentum;
mod need;
mod pairs;
mod panel;
mod portfolio;
mod reversion;
mod rule;
mod seasonality;
mod volatility;

pub use need::{DAY_NS_MIN, Data, INSTRUMENTS_MAX, NeedError, Needs, Offer};
pub(crate) use rule::{Held, figures, held, units};

use crate::strategy::{Parameter, ParameterError, Strategy, Values};

/// What kind of idea a strategy follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// What others are measured by.
    Benchmark,
    /// What moves goes on moving.
    Momentum,
    /// What went far comes back.
    MeanReversion,
    /// What moves together stays together.
    Pairs,
    /// How much it moves.
    Volatility,
    /// When it moves.
    Seasonality,
    /// Both sides of the market.
    MarketMaking,
    /// Several at once.
    Portfolio,
    /// One price in two places.
    Arbitrage,
}

impl Family {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Benchmark => "benchmark",
            Self::Momentum => "momentum",
            Self::MeanReversion => "mean reversion",
            Self::Pairs => "pairs",
            Self::Volatility => "volatility",
            Self::Seasonality => "seasonality",
            Self::MarketMaking => "market making",
            Self::Portfolio => "portfolio",
            Self::Arbitrage => "arbitrage",
        }
    }
}

/// Makes a strategy with these parameters.
pub type Build = fn(&Values) -> Result<Box<dyn Strategy>, ParameterError>;

/// A strategy in words.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// When it enters.
    pub entry: &'static str,
    /// When it leaves.
    pub exit: &'static str,
    /// How much it holds.
    pub sizing: &'static str,
    /// Where it is from: author, title, year; and where it departs from that.
    pub source: &'static str,
    /// What goes wrong with it.
    pub risk: &'static str,
}

/// A strategy by name.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// Its name, in lower case with underscores.
    pub name: &'static str,
    /// Its family.
    pub family: Family,
    /// What it does, in one line.
    pub about: &'static str,
    /// What else there is to say about it.
    pub page: Page,
    /// What it needs.
    pub needs: Needs,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Makes it.
    pub build: Build,
}

/// Every strategy, families together.
pub const ALL: &[Declared] = &[
    benchmark::buy_and_hold::DECLARED,
    benchmark::plain::DOLLAR_COST,
    benchmark::plain::RANDOM,
    momentum::sma_cross::DECLARED,
    momentum::cross::EMA_CROSS,
    momentum::cross::TRIPLE_SMA,
    momentum::cross::MACD,
    momentum::cross::KAMA_TREND,
    momentum::cross::HULL_TREND,
    momentum::cross::TRIX,
    momentum::cross::OBV_TREND,
    momentum::breakout::DONCHIAN,
    momentum::breakout::TURTLE,
    momentum::breakout::KELTNER_BREAKOUT,
    momentum::breakout::YEAR_HIGH,
    momentum::breakout::OPENING_RANGE,
    momentum::trend::SUPERTREND,
    momentum::trend::PARABOLIC_SAR,
    momentum::trend::ADX_TREND,
    momentum::trend::ICHIMOKU,
    momentum::trend::AROON,
    momentum::trend::REGRESSION_SLOPE,
    momentum::trend::TIME_SERIES_MOMENTUM,
    momentum::relative::DUAL_MOMENTUM,
    momentum::relative::RELATIVE_STRENGTH,
    reversion::oscillator::RSI,
    reversion::oscillator::WILLIAMS_R,
    reversion::oscillator::CCI,
    reversion::oscillator::CONNORS_RSI,
    reversion::oscillator::CONNORS_RSI2,
    reversion::oscillator::STOCHASTIC,
    reversion::oscillator::IBS,
    reversion::oscillator::MONEY_FLOW,
    reversion::oscillator::Z_SCORE,
    reversion::band::BOLLINGER,
    reversion::band::VWAP_REVERSION,
    reversion::pattern::DOWN_STREAK,
    reversion::pattern::GAP_FADE,
    pairs::spread::DISTANCE,
    pairs::spread::COINTEGRATION,
    pairs::spread::KALMAN_PAIR,
    pairs::basket::BASKET,
    pairs::basket::CONTRARIAN,
    volatility::ATR_BREAKOUT,
    volatility::WILDER_VOLATILITY,
    volatility::CHANDELIER,
    volatility::SQUEEZE,
    volatility::NARROW_RANGE,
    volatility::VOLATILITY_TARGET,
    seasonality::TURN_OF_MONTH,
    seasonality::DAY_OF_WEEK,
    seasonality::HALLOWEEN,
    seasonality::OVERNIGHT,
    maker::avellaneda::AVELLANEDA_STOIKOV,
    maker::grid::GRID,
    maker::touch::TOUCH_MAKER,
    portfolio::weight::EQUAL_WEIGHT,
    portfolio::weight::INVERSE_VOLATILITY,
    portfolio::weight::RISK_PARITY,
    portfolio::weight::MINIMUM_VARIANCE,
    portfolio::weight::ROTATION,
    arbitrage::CROSS_VENUE,
    arbitrage::TRIANGULAR,
    arbitrage::CALENDAR_SPREAD,
];

/// The strategy of a name.
pub fn find(name: &str) -> Option<&'static Declared> {
    ALL.iter().find(|declared| declared.name == name)
}

impl Declared {
    /// What it does, in one line.
    pub const fn summary(&self) -> &'static str {
        self.about
    }

    /// Whether the data of a run has what it needs.
    ///
    /// # Errors
    /// With what is missing.
    pub fn check(&self, offer: &Offer) -> Result<(), NeedError> {
        self.needs.check(self.name, offer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_defaults_are_accepted() {
        for (place, declared) in ALL.iter().enumerate() {
            assert!(ALL[..place].iter().all(|it| it.name != declared.name));
            assert!(!declared.summary().is_empty() && declared.summary().len() <= 100);
            for parameter in declared.parameters {
                assert!(parameter.kind.has(parameter.default), "{parameter:?}");
            }
            assert!((declared.build)(&Values::defaults(declared.parameters)).is_ok());
        }
    }
}
