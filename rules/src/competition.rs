//! A competition: whose entries are compared, over which days, and how their score is weighted.

use types::{Codec, Label, Ratio, RollSchedule, codec_enum, codec_struct};

use crate::contest::ContestRules;
use crate::plan::{check_minute, is_share};
use crate::spec::{FieldError, SpecError, check};
use crate::trading_days::TradingDays;

/// Which money an entry trades with. Entries of different kinds never share a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BoardKind {
    /// Simulated prices.
    Demo,
    /// Real prices, simulated fills.
    Paper,
    /// Real fills.
    Live,
}

/// The share that each component has of the score; their sum is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// Of profit.
    pub profit: Ratio,
    /// Of profit adjusted for risk.
    pub risk: Ratio,
    /// Of consistency.
    pub consistency: Ratio,
    /// Of drawdown.
    pub drawdown: Ratio,
}

/// What an entry must have done to be ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gates {
    /// Days with an opening fill.
    pub active_days: u16,
    /// Returns to flat, or flips.
    pub round_turns: u32,
}

/// A competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Competition {
    /// What it is called.
    pub name: Label,
    /// Whose entries it takes.
    pub kind: BoardKind,
    /// How the score is weighted.
    pub weights: Weights,
    /// The drawdown at which its component is nothing, in (0, 1].
    pub loss_limit: Ratio,
    /// What it takes to be ranked.
    pub gates: Gates,
    /// When its days roll.
    pub schedule: RollSchedule,
    /// Which dates have a day.
    pub days: TradingDays,
    /// When it runs, who may enter, what is paid.
    pub contest: ContestRules,
}

codec_enum!(BoardKind { 0 => Demo, 1 => Paper, 2 => Live });
codec_struct!(Weights {
    profit,
    risk,
    consistency,
    drawdown
});
codec_struct!(Gates {
    active_days,
    round_turns
});
codec_struct!(Competition {
    name,
    kind,
    weights,
    loss_limit,
    gates,
    schedule,
    days,
    contest
});

impl Competition {
    /// 40% profit, 30% risk-adjusted, 20% consistency, 10% drawdown.
    #[must_use]
    pub const fn standard_weights() -> Weights {
        Weights {
            profit: Ratio::percent(40),
            risk: Ratio::percent(30),
            consistency: Ratio::percent(20),
            drawdown: Ratio::percent(10),
        }
    }

    /// Five active days, ten round turns.
    #[must_use]
    pub const fn standard_gates() -> Gates {
        Gates {
            active_days: 5,
            round_turns: 10,
        }
    }

    /// The limit where a competition states none: 20%.
    #[must_use]
    pub const fn standard_loss_limit() -> Ratio {
        Ratio::percent(20)
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is not accepted.
    pub fn validate(&self) -> Result<(), FieldError> {
        let weights = [
            ("weights.profit", self.weights.profit),
            ("weights.risk", self.weights.risk),
            ("weights.consistency", self.weights.consistency),
            ("weights.drawdown", self.weights.drawdown),
        ];
        for (path, weight) in weights {
            let is_weight = weight >= Ratio::ZERO && weight <= Ratio::ONE;
            check(is_weight, path, &weight, "0 to 1")?;
        }
        let sum = Ratio(weights.iter().map(|(_, weight)| weight.0).sum());
        check(sum == Ratio::ONE, "weights", &sum, "a sum of 1")?;
        check(
            is_share(self.loss_limit),
            "loss_limit",
            &self.loss_limit,
            "above 0 and at most 1",
        )?;
        check_minute(self.schedule.minute)?;
        self.days.validate()?;
        self.contest.validate()
    }

    /// A valid competition from its binary form.
    ///
    /// # Errors
    /// When the bytes are no competition, or it is not valid.
    pub fn from_spec(bytes: &[u8]) -> Result<Self, SpecError> {
        let competition = Self::from_bytes(bytes)?;
        competition.validate()?;
        Ok(competition)
    }
}
