//! The days and the life of an account, and its payouts.

use crate::id::AccountId;
use crate::time::TradingDay;
use crate::unit::{Money, Ratio};

/// The end of an account's trading day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayClose {
    /// The account.
    pub account: AccountId,
    /// The day that closed.
    pub day: TradingDay,
    /// Realised profit and loss of the day, fees included.
    pub pnl: Money,
    /// Balance at the close.
    pub balance: Money,
    /// Equity at the close, rounded down.
    pub equity: Money,
    /// Whether it counts toward the minimum of trading days.
    pub counted: bool,
}

/// How an account stands against its consistency rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consistency {
    /// The account.
    pub account: AccountId,
    /// Profit of the best day.
    pub best_day: Money,
    /// Profit so far, which [`Self::total_needed`] is a value of: of all days, or of those with a profit
    /// where the rule sums those.
    pub total: Money,
    /// What the best day is compared with: the total, or the profit target while the total is not above
    /// it where the rule names the target.
    pub denominator: Money,
    /// Largest share that the best day may have.
    pub cap: Ratio,
    /// Whether exactly at the cap passes.
    pub inclusive: bool,
    /// Whether it passes; false while the denominator is not above zero.
    pub met: bool,
    /// The least total that the best day passes with, if no further day is better than it. `None` while
    /// no day has a profit, and where it is no amount.
    pub total_needed: Option<Money>,
    /// The most that the next day may earn and be within the cap itself; `None` while the denominator is
    /// not above zero.
    pub next_day_max: Option<Money>,
}

/// The life of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// Trading toward a target.
    Evaluation,
    /// The phase's objectives were met.
    Passed,
    /// Trading for payouts.
    Funded,
    /// A hard rule was violated; terminal.
    Failed,
    /// Closed by its owner or the firm; terminal.
    Closed,
    /// Held still for a while; see [`crate::Suspension`].
    Suspended,
}

/// Why a payout was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutDenial {
    /// The plan pays nothing out.
    NotInPlan,
    /// The account's state takes no payouts.
    NotEligibleState,
    /// The amount must be above zero.
    AmountNotPositive,
    /// Positions are open.
    NotFlat,
    /// The consistency rule is not met.
    Consistency(Consistency),
    /// More than is eligible.
    AboveEligible,
    /// What is left would be at a limit.
    WouldBreach,
    /// Too few trading days count since the last payout.
    TooFewDays {
        /// How many count.
        has: u16,
        /// How many it takes.
        needs: u16,
    },
    /// Too few calendar days went by since the last payout, or since the account opened.
    TooSoon {
        /// How many went by.
        has: u16,
        /// How many it takes.
        needs: u16,
    },
    /// Less than the least that one payout takes.
    BelowMinimum {
        /// The least.
        min: Money,
    },
}
