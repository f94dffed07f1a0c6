//! The most units held: weights, tiers, and the test of an order.

use types::{ConductDenial, Label, Money, Qty, Ratio, SignedQty, codec_struct};

use super::{SIZE_TIERS_MAX, SIZE_WEIGHTS_MAX};
use crate::spec::{PlanError, check};

/// What a unit of an instrument counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeWeight {
    /// Symbol of the instrument.
    pub symbol: Label,
    /// Share of a unit, above 0: a micro contract counts a tenth.
    pub weight: Ratio,
}

/// The most units, for accounts with at least some profit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeTier {
    /// The least profit, balance minus the account's size when the day opened. The first tier's counts
    /// below it as well.
    pub profit_from: Money,
    /// The most weighted units.
    pub max: Qty,
}

/// The most units held: the worst case of each instrument's position and working orders, weighted and
/// summed. The tier is fixed when the trading day opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeLimit {
    /// What the units of some instruments count; those of others count 1. At most
    /// [`SIZE_WEIGHTS_MAX`], each symbol once.
    pub weights: Vec<SizeWeight>,
    /// From the least profit up; 1 to [`SIZE_TIERS_MAX`].
    pub tiers: Vec<SizeTier>,
}

codec_struct!(SizeWeight { symbol, weight });
codec_struct!(SizeTier { profit_from, max });
codec_struct!(SizeLimit { weights, tiers });

/// The most that a position can become, long or short, when the working orders of one side execute:
/// `max(position + buys, sells - position)`, and never less than what is held.
pub fn worst_case(position: SignedQty, buys: Qty, sells: Qty) -> Qty {
    let long = position.0.saturating_add(buys.0.max(0));
    let short = sells.0.max(0).saturating_sub(position.0);
    Qty(long.max(short))
}

/// A sum of weighted quantities, exact: 1e-17 of a unit. Held at the ends of its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct WeightedQty(pub i128);

impl WeightedQty {
    const PER_QTY: i128 = Ratio::ONE.0 as i128;

    /// The sum with so many units of this weight.
    #[must_use]
    pub fn plus(self, qty: Qty, weight: Ratio) -> Self {
        let product = i128::from(qty.0) * i128::from(weight.0);
        Self(self.0.saturating_add(product))
    }

    /// The sum of `(worst case, weight)` over instruments.
    pub fn sum(parts: impl IntoIterator<Item = (Qty, Ratio)>) -> Self {
        parts
            .into_iter()
            .fold(Self::default(), |sum, (qty, weight)| sum.plus(qty, weight))
    }

    /// The quantity, rounded up; held at the ends of the range of [`Qty`].
    pub fn to_qty_ceil(self) -> Qty {
        let floor = self.0.saturating_neg().div_euclid(Self::PER_QTY);
        Qty(floor
            .saturating_neg()
            .clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }
}

impl SizeTier {
    /// Tests an order that takes the weighted worst case from `now` to `then`. The comparison is exact.
    /// What does not raise the sum passes, also where a lower tier left it above the limit.
    ///
    /// # Errors
    /// [`ConductDenial::SizeMax`].
    pub fn check(&self, now: WeightedQty, then: WeightedQty) -> Result<(), ConductDenial> {
        let max = i128::from(self.max.0) * WeightedQty::PER_QTY;
        if then.0 > max && then > now {
            return Err(ConductDenial::SizeMax {
                max: self.max,
                worst: then.to_qty_ceil(),
            });
        }
        Ok(())
    }
}

impl SizeLimit {
    /// What a unit of this instrument counts.
    pub fn weight_of(&self, symbol: Label) -> Ratio {
        let listed = self.weights.iter().find(|weight| weight.symbol == symbol);
        listed.map_or(Ratio::ONE, |weight| weight.weight)
    }

    /// The tier for a profit; `None` only without tiers, which no valid limit is.
    pub fn tier(&self, profit: Money) -> Option<SizeTier> {
        self.tiers.get(self.tier_at(profit)).copied()
    }

    /// The place of the tier for a profit: the last that starts at or below it, else the first.
    pub fn tier_at(&self, profit: Money) -> usize {
        let reached = |tier: &SizeTier| tier.profit_from <= profit;
        self.tiers.iter().rposition(reached).unwrap_or(0)
    }

    pub(super) fn validate(&self) -> Result<(), PlanError> {
        check(
            self.weights.len() <= SIZE_WEIGHTS_MAX,
            "conduct.size.weights",
            &self.weights.len(),
            "at most 32 weights",
        )?;
        for (place, weight) in self.weights.iter().enumerate() {
            check(
                weight.weight > Ratio::ZERO,
                "conduct.size.weights.weight",
                &weight.weight,
                "above 0",
            )?;
            let earlier = &self.weights[..place];
            check(
                earlier.iter().all(|other| other.symbol != weight.symbol),
                "conduct.size.weights.symbol",
                &weight.symbol,
                "each symbol once",
            )?;
        }
        check(
            (1..=SIZE_TIERS_MAX).contains(&self.tiers.len()),
            "conduct.size.tiers",
            &self.tiers.len(),
            "1 to 16 tiers",
        )?;
        for tier in &self.tiers {
            check(
                tier.max > Qty::ZERO,
                "conduct.size.tiers.max",
                &tier.max,
                "above 0",
            )?;
        }
        for pair in self.tiers.windows(2) {
            check(
                pair[0].profit_from < pair[1].profit_from,
                "conduct.size.tiers.profit_from",
                &pair[1].profit_from,
                "above the tier before it",
            )?;
        }
        Ok(())
    }
}
