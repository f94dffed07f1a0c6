//! The strategies that come with Dynasty.

mod buy_and_hold;
mod sma_cross;

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

/// A strategy by name.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// Its name, in lower case with underscores.
    pub name: &'static str,
    /// Its family.
    pub family: Family,
    /// What it does: the first paragraph is one line, what follows is its page.
    pub about: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Makes it.
    pub build: Build,
}

/// Every strategy, families together.
pub const ALL: &[Declared] = &[buy_and_hold::DECLARED, sma_cross::DECLARED];

/// The strategy of a name.
pub fn find(name: &str) -> Option<&'static Declared> {
    ALL.iter().find(|declared| declared.name == name)
}

impl Declared {
    /// What it does, in one line.
    pub fn summary(&self) -> &'static str {
        self.about.lines().next().unwrap_or_default()
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
