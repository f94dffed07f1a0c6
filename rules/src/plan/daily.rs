//! How the daily loss limit changes from day to day.

use types::{Codec, CodecError, Money, Reader, codec_struct};

use super::series::{is_dense, listed};
use super::{AMOUNT, Allowance, DailyLoss};
use crate::spec::{PlanError, check};

/// Tiers of the daily allowance that a plan may list.
pub const DAILY_TIERS_MAX: usize = 8;

/// An allowance for days that open with at least this profit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyTier {
    /// Balance less size at the roll, above 0.
    pub profit_from: Money,
    /// How far below the anchor the floor lies on such a day.
    pub allowance: Allowance,
}

/// What makes one day's limit another than the next day's. The default is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DailyChanges {
    /// Allowances in place of [`DailyLoss::allowance`], by rising profit; fixed for a day when it opens.
    /// Without a gap.
    pub tiers: [Option<DailyTier>; DAILY_TIERS_MAX],
    /// Whether a day that opens after the floor of the maximum loss stopped has no daily limit.
    pub ends_at_floor_lock: bool,
}

codec_struct!(DailyTier {
    profit_from,
    allowance
});

impl Codec for DailyChanges {
    fn encode(&self, out: &mut Vec<u8>) {
        let tiers: Vec<DailyTier> = self.tiers.iter().flatten().copied().collect();
        tiers.encode(out);
        self.ends_at_floor_lock.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let tiers: Vec<DailyTier> = Codec::decode(reader)?;
        Ok(Self {
            tiers: listed(&tiers).ok_or(CodecError::Invalid("list of daily tiers"))?,
            ends_at_floor_lock: Codec::decode(reader)?,
        })
    }
}

impl DailyLoss {
    /// The tier of a day that opens with this profit, balance less size: from 1, 0 below the first.
    pub fn tier_at(&self, profit: Money) -> u8 {
        let tiers = self.changes.tiers.iter().flatten();
        tiers.filter(|tier| profit >= tier.profit_from).count() as u8
    }

    /// The allowance of a tier, from 1; the usual one for 0.
    pub fn allowance_of(&self, tier: u8) -> Allowance {
        let place = usize::from(tier).checked_sub(1);
        let tier = place.and_then(|place| *self.changes.tiers.get(place)?);
        tier.map_or(self.allowance, |tier| tier.allowance)
    }

    /// All allowances that a day may have, the usual one first.
    pub fn allowances(&self) -> impl Iterator<Item = Allowance> {
        let tiers = self.changes.tiers.into_iter().flatten();
        std::iter::once(self.allowance).chain(tiers.map(|tier| tier.allowance))
    }

    pub(super) fn validate(&self, initial: Money, can_lock: bool) -> Result<(), PlanError> {
        self.allowance.validate(initial, "daily_loss.allowance")?;
        check(
            is_dense(&self.changes.tiers),
            "daily_loss.tiers",
            &"a gap",
            "tiers from the first place on",
        )?;
        let mut before = Money::ZERO;
        for tier in self.changes.tiers.iter().flatten() {
            tier.allowance
                .validate(initial, "daily_loss.tiers.allowance")?;
            let accepted = if before == Money::ZERO {
                AMOUNT
            } else {
                "above profit_from of the tier before"
            };
            check(
                tier.profit_from > before,
                "daily_loss.tiers.profit_from",
                &tier.profit_from,
                accepted,
            )?;
            before = tier.profit_from;
        }
        check(
            can_lock || !self.changes.ends_at_floor_lock,
            "daily_loss.ends_at_floor_lock",
            &true,
            "false, for a plan whose max_loss has no stop and no payout that holds its floor",
        )
    }
}
