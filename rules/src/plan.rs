//! A plan: the rules that an account is opened under, frozen by its hash.
//!
//! Definitions only; what they do to an account is in [`crate::account`].

pub mod daily;
mod form;
pub mod series;
pub mod time_limit;

use types::{
    Codec, Effect, Funding, Label, Money, PlanHash, Ratio, RollSchedule, Terms, codec_enum,
    codec_struct,
};

use self::daily::DailyChanges;
use self::series::PayoutSeries;
use crate::conduct::Conduct;
use crate::lifecycle::{Life, PlanKind};
use crate::spec::{PlanError, SpecError, check};
use crate::trading_days::TradingDays;

/// How far below its baseline a floor lies. A percentage is rounded down to a unit of [`Money`],
/// toward the stricter floor, and is nothing of an amount below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// An amount, above zero and at most the initial balance.
    Fixed(Money),
    /// A share of the account's size, in (0, 1].
    OfInitial(Ratio),
    /// A share of the baseline, in (0, 1]: of the anchor (daily loss) or of the peak (maximum loss).
    OfBase(Ratio),
}

/// What the floor of a day is measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DailyAnchor {
    /// Balance at the roll.
    Balance,
    /// Equity at the roll.
    Equity,
    /// The higher of balance and equity at the roll.
    MaxBalanceEquity,
    /// The day's highest equity, from equity at the roll on.
    IntradayPeak,
}

/// Loss within one trading day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyLoss {
    /// What the floor is measured from; the opening balance before the first roll.
    pub anchor: DailyAnchor,
    /// How far below.
    pub allowance: Allowance,
    /// What a breach does.
    pub effect: Effect,
    /// Whether equity at the floor is a breach already.
    pub touch_is_breach: bool,
    /// What makes one day's limit another than the next day's.
    pub changes: DailyChanges,
}

/// What the floor of the maximum loss follows upward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailSource {
    /// Nothing: a static floor below the account's size.
    None,
    /// The highest balance at a roll.
    EodBalance,
    /// The highest balance after a close.
    ClosedBalance,
    /// The highest equity at a roll.
    EodEquity,
    /// The highest equity at any time.
    TickEquity,
}

/// When a trailing floor stops. Amounts are offsets from the account's size, so "locks at start +
/// 100" is `AtFloorLevel(100)`. A floor that stopped stays stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopTrailing {
    /// Never.
    Never,
    /// The floor locks at this level and never goes above it.
    AtFloorLevel(Money),
    /// The first source value at or above this level is the last that counts: the floor stands where
    /// that value puts it, also when it is past the level.
    FreezeWhenSource(Money),
}

/// Loss overall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxLoss {
    /// What the floor follows.
    pub trail: TrailSource,
    /// How far below.
    pub allowance: Allowance,
    /// When it stops.
    pub stop: StopTrailing,
    /// What a breach does.
    pub effect: Effect,
    /// Whether equity at the floor is a breach already.
    pub touch_is_breach: bool,
}

/// The profit that a phase asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An amount.
    Fixed(Money),
    /// A share of the account's size, rounded up to a unit of [`Money`].
    OfInitial(Ratio),
}

/// What the profit of a trading day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DayProfit {
    /// What was realised, booked to the day that it was closed on.
    #[default]
    Closed,
    /// Equity at the end of the day less equity at its start, without what payouts and growth moved.
    Equity,
}

/// What makes a trading day count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayCounts {
    /// At least one opening fill.
    OpeningFill,
    /// A position held at any time of the day, also one from the day before.
    AnyDayHeld,
}

/// The least number of trading days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinDays {
    /// How many.
    pub days: u16,
    /// What makes a day count.
    pub counts: DayCounts,
    /// The profit that the day must have made as well.
    pub day_profit_min: Option<Money>,
}

/// What the best day is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denominator {
    /// The sum over all days of the window.
    Net,
    /// The sum over the days that made a profit.
    PositiveDays,
    /// The profit target.
    Target,
}

/// Which days are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsistencyWindow {
    /// All since the account opened.
    Phase,
    /// All since the last payout.
    SincePayout,
}

/// The share that the best day may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsistencyRule {
    /// Largest share, in (0, 1).
    pub cap: Ratio,
    /// What it is a share of.
    pub denominator: Denominator,
    /// Whether exactly at the cap passes.
    pub inclusive: bool,
    /// Which days count.
    pub window: ConsistencyWindow,
}

/// Which balance a payout must leave in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutKeep {
    /// The floor of the maximum loss and this buffer.
    AboveFloor(Money),
    /// The account's size and this safety net.
    AboveInitial(Money),
}

/// What a payout does to the floor of the maximum loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterPayout {
    /// Nothing.
    FloorStays,
    /// It moves to the account's size and stays there.
    FloorToInitial,
    /// It falls by the amount that was paid out.
    FloorFallsByPayout,
}

/// How profit leaves the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutRule {
    /// The share of the profit that one payout may take, in (0, 1].
    pub fraction: Ratio,
    /// The most that one payout may take.
    pub cap: Option<Money>,
    /// What must stay.
    pub keep: PayoutKeep,
    /// The trader's share of a payout, in (0, 1].
    pub split: Ratio,
    /// What happens to the floor.
    pub after: AfterPayout,
    /// The share, in (0, 1), that the best day may have of the profit since the last payout; what it
    /// made beyond is never paid out.
    pub best_day_cap: Option<Ratio>,
    /// The trading days that must count since the last payout.
    pub days_min: Option<MinDays>,
    /// What changes from one payout to the next.
    pub series: PayoutSeries,
}

/// What must have happened since the last scaling step, or since the account opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScaleWhen {
    /// Profit realised, less what is excluded; payouts do not lower it.
    pub profit: Target,
    /// Trading days that count, by the plan's `min_days` or else by an opening fill.
    pub days: u16,
    /// Payouts taken.
    pub payouts: u8,
}

/// How an account grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scaling {
    /// Growth of one step as a share of the original size; steps do not compound.
    pub step: Ratio,
    /// The largest size.
    pub size_max: Option<Money>,
    /// What a step takes.
    pub requires: Option<ScaleWhen>,
}

/// Where an account of this plan stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Trading toward a target.
    Evaluation {
        /// Which phase, from 1.
        phase: u8,
    },
    /// Trading for payouts.
    Funded,
}

/// The rules that an account is opened under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it is called.
    pub name: Label,
    /// Version that its author gave it.
    pub version: u32,
    /// Currency of all its amounts.
    pub currency: Label,
    /// Balance and size that an account starts with.
    pub initial_balance: Money,
    /// When the trading day rolls.
    pub schedule: RollSchedule,
    /// Which dates have a trading day.
    pub days: TradingDays,
    /// What the profit of a day is, for all that looks at days.
    pub day_profit: DayProfit,
    /// Evaluation or funded.
    pub stage: Stage,
    /// Loss within a day.
    pub daily_loss: Option<DailyLoss>,
    /// Loss overall.
    pub max_loss: Option<MaxLoss>,
    /// Profit to make.
    pub profit_target: Option<Target>,
    /// Days to trade.
    pub min_days: Option<MinDays>,
    /// Share of the best day.
    pub consistency: Option<ConsistencyRule>,
    /// How profit leaves.
    pub payout: Option<PayoutRule>,
    /// How the account grows.
    pub scaling: Option<Scaling>,
    /// Position mode, funding and short rule.
    pub terms: Terms,
    /// How the account may trade.
    pub conduct: Conduct,
    /// Which accounts may follow it.
    pub life: Life,
}

codec_enum!(Allowance { 0 => Fixed(amount), 1 => OfInitial(ratio), 2 => OfBase(ratio) });
codec_enum!(DailyAnchor { 0 => Balance, 1 => Equity, 2 => MaxBalanceEquity, 3 => IntradayPeak });
codec_enum!(TrailSource {
    0 => None,
    1 => EodBalance,
    2 => ClosedBalance,
    3 => EodEquity,
    4 => TickEquity,
});
codec_enum!(StopTrailing { 0 => Never, 1 => AtFloorLevel(offset), 2 => FreezeWhenSource(offset) });
codec_struct!(MaxLoss {
    trail,
    allowance,
    stop,
    effect,
    touch_is_breach
});
codec_enum!(Target { 0 => Fixed(amount), 1 => OfInitial(ratio) });
codec_enum!(DayProfit { 0 => Closed, 1 => Equity });
codec_enum!(DayCounts { 0 => OpeningFill, 1 => AnyDayHeld });
codec_struct!(MinDays {
    days,
    counts,
    day_profit_min
});
codec_enum!(Denominator { 0 => Net, 1 => PositiveDays, 2 => Target });
codec_enum!(ConsistencyWindow { 0 => Phase, 1 => SincePayout });
codec_struct!(ConsistencyRule {
    cap,
    denominator,
    inclusive,
    window
});
codec_enum!(PayoutKeep { 0 => AboveFloor(amount), 1 => AboveInitial(amount) });
codec_enum!(AfterPayout { 0 => FloorStays, 1 => FloorToInitial, 2 => FloorFallsByPayout });
codec_struct!(ScaleWhen {
    profit,
    days,
    payouts
});
codec_struct!(Scaling {
    step,
    size_max,
    requires
});
codec_enum!(Stage { 0 => Evaluation { phase }, 1 => Funded });

const SHARE: &str = "above 0 and at most 1";
const PART: &str = "above 0 and below 1";
const AMOUNT: &str = "above 0";

impl Allowance {
    /// The amount, for an account of this size and a baseline.
    #[must_use]
    pub fn amount(self, size: Money, baseline: Money) -> Money {
        match self {
            Self::Fixed(amount) => amount,
            Self::OfInitial(share) => size.mul_ratio_floor(share).max(Money::ZERO),
            Self::OfBase(share) => baseline.mul_ratio_floor(share).max(Money::ZERO),
        }
    }

    fn validate(self, initial: Money, path: &'static str) -> Result<(), PlanError> {
        match self {
            Self::Fixed(amount) => check(
                amount > Money::ZERO && amount <= initial,
                path,
                &amount,
                "above 0 and at most initial_balance",
            ),
            Self::OfInitial(share) | Self::OfBase(share) => {
                check(is_share(share), path, &share, SHARE)
            }
        }
    }
}

impl Target {
    /// The profit, for an account of this size.
    #[must_use]
    pub const fn amount(self, size: Money) -> Money {
        match self {
            Self::Fixed(amount) => amount,
            Self::OfInitial(share) => size.mul_ratio_ceil(share),
        }
    }

    fn validate(self, path: &'static str) -> Result<(), PlanError> {
        match self {
            Self::Fixed(amount) => check(amount > Money::ZERO, path, &amount, AMOUNT),
            Self::OfInitial(share) => check(is_share(share), path, &share, SHARE),
        }
    }
}

impl MinDays {
    fn validate(self, days: &'static str, profit: &'static str) -> Result<(), PlanError> {
        check(self.days > 0, days, &self.days, "1 or above")?;
        match self.day_profit_min {
            None => Ok(()),
            Some(least) => check(least > Money::ZERO, profit, &least, AMOUNT),
        }
    }
}

impl MaxLoss {
    fn validate(&self, initial: Money) -> Result<(), PlanError> {
        self.allowance.validate(initial, "max_loss.allowance")?;
        let moves = self.trail != TrailSource::None;
        match self.stop {
            StopTrailing::Never => Ok(()),
            StopTrailing::AtFloorLevel(level) => {
                check(
                    moves,
                    "max_loss.stop",
                    &level,
                    "never, for a floor that does not trail",
                )?;
                let floor = initial.saturating_sub(self.allowance.amount(initial, initial));
                check(
                    initial.saturating_add(level) > floor,
                    "max_loss.stop",
                    &level,
                    "an offset from the size that is above the first floor",
                )
            }
            StopTrailing::FreezeWhenSource(level) => {
                check(
                    moves,
                    "max_loss.stop",
                    &level,
                    "never, for a floor that does not trail",
                )?;
                check(level > Money::ZERO, "max_loss.stop", &level, AMOUNT)
            }
        }
    }
}

impl PayoutRule {
    fn validate(&self, has_max_loss: bool) -> Result<(), PlanError> {
        check(
            is_share(self.fraction),
            "payout.fraction",
            &self.fraction,
            SHARE,
        )?;
        if let Some(cap) = self.cap {
            check(cap > Money::ZERO, "payout.cap", &cap, AMOUNT)?;
        }
        let (PayoutKeep::AboveFloor(kept) | PayoutKeep::AboveInitial(kept)) = self.keep;
        check(!kept.is_negative(), "payout.keep", &kept, "0 or above")?;
        check(
            has_max_loss || !matches!(self.keep, PayoutKeep::AboveFloor(_)),
            "payout.keep",
            &kept,
            "above the initial balance, for a plan without max_loss",
        )?;
        check(is_share(self.split), "payout.split", &self.split, SHARE)?;
        if let Some(cap) = self.best_day_cap {
            check(is_part(cap), "payout.best_day_cap", &cap, PART)?;
        }
        if let Some(days) = self.days_min {
            days.validate("payout.days_min.days", "payout.days_min.day_profit_min")?;
        }
        self.validate_series()
    }
}

impl Scaling {
    /// Whether the first step is within the largest size.
    fn has_step(&self, initial: Money) -> bool {
        let size = initial.saturating_add(initial.mul_ratio_floor(self.step));
        self.size_max.is_none_or(|max| size <= max)
    }

    fn validate(&self, initial: Money, pays_out: bool) -> Result<(), PlanError> {
        check(is_share(self.step), "scaling.step", &self.step, SHARE)?;
        check(
            initial.mul_ratio_floor(self.step) > Money::ZERO,
            "scaling.step",
            &self.step,
            "a share of initial_balance that is above 0",
        )?;
        if let Some(max) = self.size_max {
            check(
                max >= initial,
                "scaling.size_max",
                &max,
                "at least initial_balance",
            )?;
        }
        let Some(when) = self.requires else {
            return Ok(());
        };
        when.profit.validate("scaling.requires.profit")?;
        check(
            pays_out || when.payouts == 0,
            "scaling.requires.payouts",
            &when.payouts,
            "0, for a plan without payout",
        )
    }
}

impl Plan {
    /// What says whether it may follow another.
    pub const fn kind(&self) -> PlanKind {
        PlanKind {
            name: self.name,
            currency: self.currency,
            stage: self.stage,
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is not accepted.
    pub fn validate(&self) -> Result<(), PlanError> {
        let initial = self.initial_balance;
        check(initial > Money::ZERO, "initial_balance", &initial, AMOUNT)?;
        check_minute(self.schedule.minute)?;
        self.days.validate()?;
        if let Stage::Evaluation { phase } = self.stage {
            check(phase > 0, "stage.phase", &phase, "1 or above")?;
        }
        if let Some(daily) = self.daily_loss {
            daily.validate(initial, self.can_stop_floor())?;
        }
        if let Some(max) = self.max_loss {
            max.validate(initial)?;
        }
        if let Some(target) = self.profit_target {
            target.validate("profit_target")?;
            let amount = target.amount(initial);
            check(
                initial.checked_add(amount).is_some(),
                "profit_target",
                &amount,
                "a profit that with initial_balance makes at most 9223372036854.775807",
            )?;
        }
        if let Some(min) = self.min_days {
            min.validate("min_days.days", "min_days.day_profit_min")?;
        }
        if let Some(rule) = self.consistency {
            check(is_part(rule.cap), "consistency.cap", &rule.cap, PART)?;
            check(
                rule.denominator != Denominator::Target || self.profit_target.is_some(),
                "consistency.denominator",
                &"target",
                "net or positive_days, for a plan without profit_target",
            )?;
        }
        if let Some(payout) = self.payout {
            payout.validate(self.max_loss.is_some())?;
        }
        if let Funding::Margin { rate_min } = self.terms.funding {
            check(
                rate_min >= Ratio::ZERO && rate_min <= Ratio::ONE,
                "terms.rate_min",
                &rate_min,
                "0 to 1",
            )?;
        }
        if let Some(scaling) = self.scaling {
            scaling.validate(initial, self.payout.is_some())?;
        }
        self.conduct.validate()?;
        self.life.validate(self.name, self.stage)
    }

    /// Whether the floor of the maximum loss can stop.
    fn can_stop_floor(&self) -> bool {
        let holds = |rule: PayoutRule| rule.after == AfterPayout::FloorToInitial;
        self.max_loss
            .is_some_and(|rule| rule.stop != StopTrailing::Never || self.payout.is_some_and(holds))
    }

    /// What a valid plan says without effect: the field, as a plan file names it, and why.
    pub fn idle(&self) -> Vec<(String, String)> {
        let is_funded = self.stage == Stage::Funded;
        let passes = !is_funded && self.profit_target.is_some();
        let pays_out = is_funded && self.payout.is_some();
        let is_consistent = self.consistency.is_some() && (passes || pays_out);
        let is_denominator = self
            .consistency
            .is_some_and(|rule| rule.denominator == Denominator::Target);
        let after = self.payout.map(|rule| rule.after);
        let to_initial = after == Some(AfterPayout::FloorToInitial);
        let mut idle: Vec<(String, String)> = [
            (
                !is_funded && self.payout.is_some(),
                "payout",
                "only a funded account is paid out",
            ),
            (
                is_funded && self.profit_target.is_some() && !(is_consistent && is_denominator),
                "profit_target",
                "a funded account does not pass",
            ),
            (
                self.min_days.is_some() && !passes && !self.steps_ask_for_days(),
                "min_days",
                if is_funded {
                    "a funded account does not pass"
                } else {
                    "a phase without profit_target does not pass"
                },
            ),
            (
                self.consistency.is_some() && !is_funded && !passes,
                "consistency",
                "a phase without profit_target does not pass",
            ),
            (
                self.consistency.is_some() && is_funded && !pays_out,
                "consistency",
                "a funded account without payout is never tested for it",
            ),
            (
                !is_funded && !passes,
                "stage",
                "an evaluation without profit_target never passes",
            ),
            (
                self.life.time_limit.is_some() && is_funded,
                "life.time_limit",
                "a funded account has nothing to pass",
            ),
            (
                self.max_loss.is_none() && to_initial,
                "payout.after",
                "without max_loss there is no floor to move",
            ),
            (
                self.scaling
                    .is_some_and(|rule| !rule.has_step(self.initial_balance)),
                "scaling",
                "the first step would be past size_max",
            ),
            (
                self.day_profit != DayProfit::default() && !self.counts_day_profit(),
                "day_profit",
                "nothing in the plan looks at the profit of a day",
            ),
        ]
        .into_iter()
        .filter(|(holds, ..)| *holds)
        .map(|(_, field, why)| (field.to_owned(), why.to_owned()))
        .collect();
        for (place, date) in self.days.holidays.iter().enumerate() {
            if !self.days.has_weekday(*date) {
                let why = format!("{date} is by its day of the week no trading day");
                idle.push((format!("roll.holidays[{place}]"), why));
            }
        }
        idle
    }

    fn steps_ask_for_days(&self) -> bool {
        self.steps_ask().is_some_and(|when| when.days > 0)
    }

    /// What a step of scaling asks for, where there can be one.
    fn steps_ask(&self) -> Option<ScaleWhen> {
        let rule = self.scaling?;
        rule.requires
            .filter(|_| rule.has_step(self.initial_balance))
    }

    /// Whether a rule that does something looks at the profit of a day.
    fn counts_day_profit(&self) -> bool {
        let asks = |days: Option<MinDays>| days.is_some_and(|days| days.day_profit_min.is_some());
        let is_funded = self.stage == Stage::Funded;
        let passes = !is_funded && self.profit_target.is_some();
        let payout = self.payout.filter(|_| is_funded);
        let tests_best_day = self.consistency.is_some() && (passes || payout.is_some());
        let counts_days = asks(self.min_days) && (passes || self.steps_ask_for_days());
        let pays_by_day =
            payout.is_some_and(|rule| rule.best_day_cap.is_some() || asks(rule.days_min));
        tests_best_day || counts_days || pays_by_day || self.steps_ask().is_some()
    }

    /// Whether a floor of this plan follows the closed balance.
    pub fn follows_closed_balance(&self) -> bool {
        self.max_loss
            .is_some_and(|rule| rule.trail == TrailSource::ClosedBalance)
    }

    /// BLAKE3 of the plan's canonical bytes, its binary form.
    pub fn hash(&self) -> PlanHash {
        PlanHash(*blake3::hash(&self.to_bytes()).as_bytes())
    }

    /// A valid plan from its binary form.
    ///
    /// # Errors
    /// When the bytes are no plan, or the plan is not valid.
    pub fn from_spec(bytes: &[u8]) -> Result<Self, SpecError> {
        let plan = Self::from_bytes(bytes)?;
        plan.validate()?;
        Ok(plan)
    }
}

pub(crate) fn is_share(ratio: Ratio) -> bool {
    ratio > Ratio::ZERO && ratio <= Ratio::ONE
}

fn is_part(ratio: Ratio) -> bool {
    ratio > Ratio::ZERO && ratio < Ratio::ONE
}

pub(crate) fn check_minute(minute: u16) -> Result<(), PlanError> {
    check(minute < 1_440, "schedule.minute", &minute, "0 to 1439")
}
