//! What an account has to reach, and how far it is.

use runtime::view::AccountView;
use serde::Serialize;
use types::{Consistency, Money};

use super::percent;

/// An objective of an account's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ObjectiveDto {
    /// A balance to reach while flat.
    ProfitTarget {
        /// The balance that meets it.
        target: String,
        /// The balance now, without profit that does not count.
        current: String,
        /// Part of the profit that is made, percent; below zero in loss.
        progress_pct: Option<String>,
        /// Whether the balance meets it now.
        met: bool,
        /// When it was met for the first time.
        met_at: Option<String>,
    },
    /// Trading days to count.
    MinDays {
        /// How many are asked for.
        required: u16,
        /// How many count so far.
        counted: u16,
        /// Whether they are enough.
        met: bool,
    },
    /// The share that the best day may have.
    Consistency {
        /// The largest share, percent.
        cap_pct: String,
        /// Whether exactly at the cap passes.
        inclusive: bool,
        /// Profit of the best day.
        best_day: String,
        /// Profit so far, of all days or of those with a profit.
        total: String,
        /// What the best day is compared with.
        denominator: String,
        /// Its share, percent; null while the denominator is not above zero.
        share_pct: Option<String>,
        /// Whether it passes.
        met: bool,
        /// The most that the best day may be against this denominator, rounded down.
        best_day_max: String,
        /// The least total that this best day passes with; null while no day has a profit.
        total_needed: Option<String>,
        /// The same in whole currency units.
        total_needed_whole: Option<String>,
        /// The most that the next day may earn without breaking the cap; null while the denominator is
        /// not above zero.
        next_day_max: Option<String>,
        /// The same in whole currency units.
        next_day_max_whole: Option<String>,
    },
}

impl ObjectiveDto {
    /// The objectives of an account.
    pub fn all(view: &AccountView) -> Vec<Self> {
        let size = view.row.size;
        let conduct = view.conduct.as_ref();
        let excluded = conduct.map_or(Money::ZERO, |conduct| conduct.excluded);
        let balance = view.row.balance.saturating_sub(excluded);
        let target = view.target.map(|(target, met_at)| {
            let made = i128::from(balance.0) - i128::from(size.0);
            let needed = i128::from(target.0) - i128::from(size.0);
            Self::ProfitTarget {
                target: target.to_string(),
                current: balance.to_string(),
                progress_pct: percent::share(made, needed),
                met: balance >= target,
                met_at: met_at.map(|ts| ts.to_string()),
            }
        });
        let min_days = view.min_days.map(|(counted, rule)| Self::MinDays {
            required: rule.days,
            counted,
            met: counted >= rule.days,
        });
        let consistency = view.consistency.as_ref().map(Self::consistency);
        [target, min_days, consistency]
            .into_iter()
            .flatten()
            .collect()
    }

    pub(super) fn consistency(standing: &Consistency) -> Self {
        let Consistency {
            best_day,
            total,
            denominator,
            cap,
            inclusive,
            met,
            total_needed,
            next_day_max,
            ..
        } = *standing;
        Self::Consistency {
            cap_pct: percent::exact(cap),
            inclusive,
            best_day: best_day.to_string(),
            total: total.to_string(),
            denominator: denominator.to_string(),
            share_pct: percent::share(best_day.0.into(), denominator.0.into()),
            met,
            best_day_max: denominator
                .mul_ratio_floor(cap)
                .max(Money::ZERO)
                .to_string(),
            total_needed: total_needed.map(|amount| amount.to_string()),
            total_needed_whole: total_needed.map(|amount| whole_ceil(amount).to_string()),
            next_day_max: next_day_max.map(|amount| amount.to_string()),
            next_day_max_whole: next_day_max.map(|amount| whole_floor(amount).to_string()),
        }
    }
}

/// Whole currency units, rounded up.
fn whole_ceil(amount: Money) -> i64 {
    amount.0.div_euclid(Money::ONE.0) + i64::from(amount.0.rem_euclid(Money::ONE.0) != 0)
}

/// Whole currency units, rounded down.
const fn whole_floor(amount: Money) -> i64 {
    amount.0.div_euclid(Money::ONE.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_are_on_the_side_that_passes() {
        assert_eq!(whole_ceil(Money::whole(4_000)), 4_000);
        assert_eq!(whole_ceil(Money(4_000_000_001)), 4_001);
        assert_eq!(whole_ceil(Money(-1)), 0);
        assert_eq!(whole_floor(Money(1_071_428_571)), 1_071);
    }
}
