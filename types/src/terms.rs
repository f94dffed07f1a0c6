//! What an account may do with its money; part of the plan that it is opened under.

use crate::unit::Ratio;

/// Position mode, funding, short rule and mark of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How positions are kept.
    pub mode: PositionMode,
    /// What an order is checked against before it is accepted.
    pub funding: Funding,
    /// Whether positions below zero are allowed, where the instrument allows them.
    pub shorts: bool,
    /// What its positions are valued at.
    pub mark: MarkKind,
}

impl Default for Terms {
    /// Netting, unchecked, shorts allowed, valued at what closing gets: the limits of the plan are the only ones.
    fn default() -> Self {
        Self {
            mode: PositionMode::Netting,
            funding: Funding::Unchecked,
            shorts: true,
            mark: MarkKind::Liquidation,
        }
    }
}

/// The price that values a position. What closes one is always the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarkKind {
    /// What closing it would get: the bid of a long position, the ask of a short one.
    #[default]
    Liquidation,
    /// The newest print; before the first one as [`MarkKind::Liquidation`].
    Last,
    /// The middle of bid and ask, rounded to a tick against the position.
    Mid,
}

/// How positions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PositionMode {
    /// One position per instrument.
    #[default]
    Netting,
    /// A long and a short one per instrument, each at its own cost.
    Hedging,
}

/// What an order is checked against before it is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Funding {
    /// Nothing.
    #[default]
    Unchecked,
    /// Cash: what is bought is paid in full, and nothing is sold that is not held.
    Cash,
    /// Margin: equity must cover the initial requirement of the worst case of positions and working
    /// orders; below the maintenance requirement the engine liquidates.
    Margin {
        /// The account's own least initial rate, in [0, 1]: `1 / leverage`. The higher of this and the
        /// instrument's counts; zero leaves it to the instrument.
        rate_min: Ratio,
    },
}
