//! What an account could be paid out and how it could grow.

use rules::PayoutKeep;
use runtime::view::{PayoutView, ScalingView};
use serde::Serialize;
use types::Money;

use super::explain::DenialDto;
use crate::dto::body::{BodyError, json};
use crate::dto::document::Field;
use crate::dto::percent;
use crate::dto::plan::SplitTierDto;
use crate::dto::reason::Figures;
use crate::dto::word::payout_denial;

/// A count or an amount, and how much of it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeedDto<T> {
    /// What there is.
    pub has: T,
    /// What it takes.
    pub needs: T,
}

/// What could be paid out now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PayoutDto {
    /// The most that a request of now would be granted.
    pub payable: String,
    /// Why nothing is payable; null while something is.
    pub denied: Option<DenialDto>,
    /// The least of the bounds, whatever else stands against a payout.
    pub eligible: String,
    /// The profit that payouts are taken from.
    pub profit: String,
    /// The share of it that one payout may take, percent.
    pub fraction_pct: String,
    /// The bound that follows.
    pub by_fraction: String,
    /// The most that one payout may take; null where there is none.
    pub cap: Option<String>,
    /// What must stay: above the floor of the maximum loss or above the size.
    pub keep: KeepDto,
    /// The bound that follows.
    pub by_keep: Option<String>,
    /// What leaves the account within its maximum loss after the payout; null where the floor falls by
    /// the payout.
    pub by_floor: Option<String>,
    /// The trader's share of the next payout, percent; where a tier begins within it, of what comes before.
    pub split_pct: String,
    /// The plan's other shares, and from where on; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub split_tiers: Vec<SplitTierDto>,
    /// The largest share of the best day since the last payout, percent; null where there is none.
    pub best_day_cap_pct: Option<String>,
    /// What the best day since the last payout makes beyond it.
    pub beyond_best_day: String,
    /// What best days before the last payout made beyond it.
    pub never_paid: String,
    /// Trading days that count since the last payout; null where none are asked for.
    pub days: Option<NeedDto<u16>>,
    /// The number of the next payout, from 1.
    pub next: u32,
}

/// What a payout must leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepDto {
    /// So much above the floor of the maximum loss.
    AboveFloor(String),
    /// So much above the size.
    AboveInitial(String),
}

/// How an account could grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScalingDto {
    /// The size after the next step; null at the largest.
    pub next_size: Option<String>,
    /// Why there would be no step now; null while there would be one.
    pub denied: Option<DenialDto>,
    /// Profit since the last step; null where nothing is asked for.
    pub profit: Option<NeedDto<String>>,
    /// Trading days that count since then.
    pub days: Option<NeedDto<u16>>,
    /// Payouts since then.
    pub payouts: Option<NeedDto<u8>>,
}

/// The amount of a payout that an HTTP request asks for.
///
/// # Errors
/// See [`BodyError`].
pub fn payout_from_json(body: &[u8]) -> Result<Money, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&["amount"])?;
    Ok(table.field("amount").money()?)
}

impl PayoutDto {
    pub(super) fn new(view: &PayoutView) -> Self {
        let text = |amount: Option<Money>| amount.map(|amount| amount.to_string());
        let (rule, bounds) = (&view.rule, &view.bounds);
        Self {
            payable: view.payable.to_string(),
            denied: view.denied.as_ref().map(|reason| DenialDto {
                reason: payout_denial(reason),
                figures: Figures::of_payout(reason),
            }),
            eligible: bounds.least().to_string(),
            profit: bounds.profit.to_string(),
            fraction_pct: percent::exact(rule.fraction),
            by_fraction: bounds.by_fraction.to_string(),
            cap: text(bounds.cap),
            keep: match rule.keep {
                PayoutKeep::AboveFloor(amount) => KeepDto::AboveFloor(amount.to_string()),
                PayoutKeep::AboveInitial(amount) => KeepDto::AboveInitial(amount.to_string()),
            },
            by_keep: text(bounds.by_keep),
            by_floor: text(bounds.by_floor),
            split_pct: percent::exact(view.split),
            split_tiers: rule
                .series
                .splits
                .into_iter()
                .flatten()
                .map(SplitTierDto::new)
                .collect(),
            best_day_cap_pct: rule.best_day_cap.map(percent::exact),
            beyond_best_day: view.beyond_best_day.to_string(),
            never_paid: view.never_paid.to_string(),
            days: rule.days_min.map(|needed| NeedDto {
                has: view.days,
                needs: needed.days,
            }),
            next: view.next,
        }
    }
}

impl ScalingDto {
    pub(super) fn new(view: &ScalingView) -> Self {
        let standing = view.standing.as_ref();
        Self {
            next_size: view.next_size.map(|size| size.to_string()),
            denied: view.denied.map(DenialDto::new),
            profit: standing.map(|standing| NeedDto {
                has: standing.profit.to_string(),
                needs: standing.profit_needed.to_string(),
            }),
            days: standing.map(|standing| NeedDto {
                has: standing.days,
                needs: standing.days_needed,
            }),
            payouts: standing.map(|standing| NeedDto {
                has: standing.payouts,
                needs: standing.payouts_needed,
            }),
        }
    }
}
