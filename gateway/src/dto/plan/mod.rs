//! Plans as people write them: one form for TOML plan files and JSON.
//!
//! Reading is in [`read()`], files are in [`mod@file`]; here is the form that a plan is shown in, which reads
//! back as the same plan. Amounts are absolute: a floor locks at `"50100"`, not at 100 above the start.

mod conduct;
pub mod file;
pub mod read;
pub mod sources;

use rules::{
    Allowance, Conduct, ConsistencyRule, DailyChanges, DailyLoss, DayProfit, Life, MaxLoss,
    MinDays, PayoutKeep, PayoutRule, PayoutSeries, Plan, ScaleWhen, Scaling, SplitFrom, SplitTier,
    Stage, StopTrailing, Target,
};
use serde::Serialize;
use types::{Funding, Money, Terms};

pub(crate) use self::conduct::one_or_several;
use self::conduct::{ConductDto, LifeDto};
use super::percent;
use super::time::RollDto;
use super::word::Word;

pub use file::{disagreements_from_toml, from_toml, idle, spec_from_toml};
pub use read::read;
pub use sources::Disagreement;

/// The newest format of a plan document. One without a `format` is of the first.
pub const FORMAT: u32 = 1;

/// A plan as JSON or TOML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanDto {
    format: u32,
    name: String,
    version: u32,
    currency: String,
    initial_balance: String,
    stage: StageDto,
    roll: RollDto,
    #[serde(skip_serializing_if = "Option::is_none")]
    day_profit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    daily_loss: Option<DailyLossDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_loss: Option<MaxLossDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profit_target: Option<AmountDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_days: Option<MinDaysDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consistency: Option<ConsistencyDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payout: Option<PayoutDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scaling: Option<ScalingDto>,
    terms: TermsDto,
    #[serde(skip_serializing_if = "Option::is_none")]
    conduct: Option<ConductDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<LifeDto>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum StageDto {
    Evaluation(u8),
    Funded,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DailyLossDto {
    anchor: &'static str,
    allowance: AmountDto,
    effect: &'static str,
    touch_is_breach: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<DailyTierDto>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ends_at_floor_lock: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DailyTierDto {
    profit_from: String,
    allowance: AmountDto,
}

/// An amount, given as such or as a percentage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum AmountDto {
    Fixed(String),
    PctOfInitial(String),
    PctOfAnchor(String),
    PctOfPeak(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MaxLossDto {
    trail: &'static str,
    allowance: AmountDto,
    stop: StopDto,
    effect: &'static str,
    touch_is_breach: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum StopDto {
    Never,
    AtFloorLevel(String),
    FreezeWhen(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MinDaysDto {
    days: u16,
    counts: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    day_profit_min: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ConsistencyDto {
    cap_pct: String,
    denominator: &'static str,
    inclusive: bool,
    window: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PayoutDto {
    fraction_pct: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<String>,
    keep: KeepDto,
    split_pct: String,
    after: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    best_day_cap_pct: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_min: Option<MinDaysDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    caps: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_days: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    split_tiers: Vec<SplitTierDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payouts_max: Option<u16>,
}

/// A share of payouts, and from where on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SplitTierDto {
    from: SplitFromDto,
    split_pct: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum SplitFromDto {
    Payout(u16),
    PaidTotal(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum KeepDto {
    AboveFloor(String),
    AboveInitial(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ScalingDto {
    step_pct: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_max: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires: Option<RequiresDto>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RequiresDto {
    profit: AmountDto,
    days: u16,
    payouts: u8,
}

/// Position mode, funding and short rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermsDto {
    mode: &'static str,
    funding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_min_pct: Option<String>,
    shorts: bool,
    mark: &'static str,
}

impl PlanDto {
    /// The form of a plan.
    pub fn new(plan: &Plan) -> Self {
        let text = |money: Option<Money>| money.map(|money| money.to_string());
        Self {
            format: FORMAT,
            name: plan.name.to_string(),
            version: plan.version,
            currency: plan.currency.to_string(),
            initial_balance: plan.initial_balance.to_string(),
            stage: match plan.stage {
                Stage::Evaluation { phase } => StageDto::Evaluation(phase),
                Stage::Funded => StageDto::Funded,
            },
            roll: RollDto::new(&plan.schedule, &plan.days),
            day_profit: (plan.day_profit != DayProfit::default()).then(|| plan.day_profit.word()),
            daily_loss: plan.daily_loss.map(
                |DailyLoss {
                     anchor,
                     allowance,
                     effect,
                     touch_is_breach,
                     changes:
                         DailyChanges {
                             tiers,
                             ends_at_floor_lock,
                         },
                 }| DailyLossDto {
                    anchor: anchor.word(),
                    allowance: AmountDto::of_daily(allowance),
                    effect: effect.word(),
                    touch_is_breach,
                    tiers: tiers
                        .into_iter()
                        .flatten()
                        .map(|tier| DailyTierDto {
                            profit_from: tier.profit_from.to_string(),
                            allowance: AmountDto::of_daily(tier.allowance),
                        })
                        .collect(),
                    ends_at_floor_lock,
                },
            ),
            max_loss: plan
                .max_loss
                .map(|rule| MaxLossDto::new(&rule, plan.initial_balance)),
            profit_target: plan.profit_target.map(AmountDto::of_target),
            min_days: plan.min_days.map(MinDaysDto::new),
            consistency: plan.consistency.map(
                |ConsistencyRule {
                     cap,
                     denominator,
                     inclusive,
                     window,
                 }| ConsistencyDto {
                    cap_pct: percent::exact(cap),
                    denominator: denominator.word(),
                    inclusive,
                    window: window.word(),
                },
            ),
            payout: plan.payout.map(
                |PayoutRule {
                     fraction,
                     cap,
                     keep,
                     split,
                     after,
                     best_day_cap,
                     days_min,
                     series:
                         PayoutSeries {
                             min,
                             caps,
                             interval_days,
                             splits,
                             payouts_max,
                         },
                 }| PayoutDto {
                    fraction_pct: percent::exact(fraction),
                    cap: text(cap),
                    keep: match keep {
                        PayoutKeep::AboveFloor(buffer) => KeepDto::AboveFloor(buffer.to_string()),
                        PayoutKeep::AboveInitial(net) => KeepDto::AboveInitial(net.to_string()),
                    },
                    split_pct: percent::exact(split),
                    after: after.word(),
                    best_day_cap_pct: best_day_cap.map(percent::exact),
                    days_min: days_min.map(MinDaysDto::new),
                    min: text(min),
                    caps: caps.iter().flatten().map(Money::to_string).collect(),
                    interval_days,
                    split_tiers: splits
                        .into_iter()
                        .flatten()
                        .map(SplitTierDto::new)
                        .collect(),
                    payouts_max,
                },
            ),
            scaling: plan.scaling.map(
                |Scaling {
                     step,
                     size_max,
                     requires,
                 }| ScalingDto {
                    step_pct: percent::exact(step),
                    size_max: text(size_max),
                    requires: requires.map(
                        |ScaleWhen {
                             profit,
                             days,
                             payouts,
                         }| RequiresDto {
                            profit: AmountDto::of_target(profit),
                            days,
                            payouts,
                        },
                    ),
                },
            ),
            terms: TermsDto::new(plan.terms),
            conduct: (plan.conduct != Conduct::default()).then(|| ConductDto::new(&plan.conduct)),
            life: (plan.life != Life::default()).then(|| LifeDto::new(plan.life)),
        }
    }
}

impl SplitTierDto {
    pub(in crate::dto) fn new(tier: SplitTier) -> Self {
        Self {
            from: match tier.from {
                SplitFrom::Payout(number) => SplitFromDto::Payout(number),
                SplitFrom::PaidTotal(total) => SplitFromDto::PaidTotal(total.to_string()),
            },
            split_pct: percent::exact(tier.split),
        }
    }
}

impl MinDaysDto {
    fn new(rule: MinDays) -> Self {
        let MinDays {
            days,
            counts,
            day_profit_min,
        } = rule;
        Self {
            days,
            counts: counts.word(),
            day_profit_min: day_profit_min.map(|least| least.to_string()),
        }
    }
}

impl TermsDto {
    /// The form of an account's terms.
    pub fn new(terms: Terms) -> Self {
        let (funding, rate_min) = match terms.funding {
            Funding::Unchecked => ("unchecked", None),
            Funding::Cash => ("cash", None),
            Funding::Margin { rate_min } => ("margin", Some(rate_min)),
        };
        Self {
            mode: terms.mode.word(),
            funding,
            rate_min_pct: rate_min.map(percent::exact),
            shorts: terms.shorts,
            mark: terms.mark.word(),
        }
    }
}

impl AmountDto {
    fn of_target(target: Target) -> Self {
        match target {
            Target::Fixed(profit) => Self::Fixed(profit.to_string()),
            Target::OfInitial(share) => Self::PctOfInitial(percent::exact(share)),
        }
    }

    fn of_daily(allowance: Allowance) -> Self {
        match allowance {
            Allowance::Fixed(amount) => Self::Fixed(amount.to_string()),
            Allowance::OfInitial(share) => Self::PctOfInitial(percent::exact(share)),
            Allowance::OfBase(share) => Self::PctOfAnchor(percent::exact(share)),
        }
    }

    fn of_max(allowance: Allowance) -> Self {
        match allowance {
            Allowance::OfBase(share) => Self::PctOfPeak(percent::exact(share)),
            other => Self::of_daily(other),
        }
    }
}

impl MaxLossDto {
    fn new(rule: &MaxLoss, initial: Money) -> Self {
        let level = |offset| initial.saturating_add(offset).to_string();
        Self {
            trail: rule.trail.word(),
            allowance: AmountDto::of_max(rule.allowance),
            stop: match rule.stop {
                StopTrailing::Never => StopDto::Never,
                StopTrailing::AtFloorLevel(offset) => StopDto::AtFloorLevel(level(offset)),
                StopTrailing::FreezeWhenSource(offset) => StopDto::FreezeWhen(level(offset)),
            },
            effect: rule.effect.word(),
            touch_is_breach: rule.touch_is_breach,
        }
    }
}
