//! What an account is judged by: plans, floors, breaches, objectives, payouts; and what a
//! competition entry is judged by: its score and rank.
//!
//! Pure and synchronous: values in, verdicts out. Nothing here matches an order, values a position,
//! turns a calendar into times or calls back.
//!
//! Amounts are exact integers. The only roundings are named here and at each function:
//!
//! | what | rounds |
//! |---|---|
//! | an allowance that is a percentage | down, toward the stricter floor |
//! | equity where it becomes a peak or an anchor | down |
//! | a profit target that is a percentage | up |
//! | what consistency needs in total / allows on the next day | up / down |
//! | a fraction of profit, the trader's share of a payout, a scaling step | down |
//! | what the best day made beyond its share of a payout | up |
//! | a weighted quantity where it is told (the test itself is exact) | up |
//! | each weighted component of a score | down, to 1e-9 of a point |
//! | a prize that is a share, a prize that is shared | down to the unit; what is left by largest remainder |
//! | the mean of a team | down, to 1e-9 of a point |
//! | the share of the entry fees that a pool gets | down to the unit |
//!
//! Sums and differences of [`types::Money`] stay at the ends of its range instead of wrapping.

#![deny(clippy::float_arithmetic, clippy::float_cmp)]

pub mod account;
pub mod board;
pub mod competition;
pub mod conduct;
pub mod contest;
pub mod entry;
pub mod integrity;
pub mod lifecycle;
pub mod limit;
mod objective;
pub mod oracle;
pub mod plan;
pub mod prizes;
pub mod proof;
pub mod spec;
pub mod standing;
pub mod teams;
pub mod trading_days;
mod trail;

pub use account::payout::PayoutBounds;
pub use account::{AccountRules, Roll, RollPreview, Trailing};
pub use board::{Board, Key, Place};
pub use competition::{BoardKind, Competition, Gates, Weights};
pub use conduct::{
    CloseVerdict, Conduct, HoldingAction, HoldingMin, Inactive, Inactivity, InactivityEffect,
    OpenWindows, SizeLimit, SizeTier, SizeWeight, WeightedQty, WindowAction, WindowRule,
    worst_case,
};
pub use contest::{Contest, ContestChange, ContestRules, Disqualified, EntryRules, Window};
pub use entry::{Entry, Ineligible, Score, ScoreInputs, TotalReturn};
pub use integrity::{Fact, Integrity, Missed, Signal, SignalKind, SignalLimits, SignalRules};
pub use lifecycle::{
    IllegalChange, Life, LifeChange, Lifecycle, Lineage, Parent, PlanKind, Succession, is_legal,
    is_trading, may_open,
};
pub use limit::{Breaches, FloorMoves, Limit, Warnings};
pub use plan::daily::{DAILY_TIERS_MAX, DailyChanges, DailyTier};
pub use plan::series::{
    PAYOUT_CAPS_MAX, PayoutSeries, SPLIT_TIERS_MAX, SplitFrom, SplitTier, listed,
};
pub use plan::time_limit::{Lapsed, TIME_LIMIT_DAYS_MAX, Term, TimeLimit};
pub use plan::{
    AfterPayout, Allowance, ConsistencyRule, ConsistencyWindow, DailyAnchor, DailyLoss, DayCounts,
    DayProfit, Denominator, MaxLoss, MinDays, PayoutKeep, PayoutRule, Plan, ScaleWhen, Scaling,
    Stage, StopTrailing, Target, TrailSource,
};
pub use prizes::{Award, Awards, EntryFee, Prize, PrizeAmount, PrizePool};
pub use proof::{Fault, Proof, ProofPosition, Verdict};
pub use spec::{FieldError, PlanError, SpecError};
pub use standing::{Standing, rank};
pub use teams::{TeamRules, TeamStanding, rank_teams};
pub use trading_days::TradingDays;
pub use trail::FloorStand;
