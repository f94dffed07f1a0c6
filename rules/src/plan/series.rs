//! What changes from one payout to the next: least amount, caps and splits by their number, the days
//! between them, and how many there are.

use types::{Codec, CodecError, Money, Ratio, Reader, codec_enum, codec_struct};

use super::{AMOUNT, PayoutRule, SHARE, is_share};
use crate::spec::{PlanError, check};

/// Caps that a plan may list.
pub const PAYOUT_CAPS_MAX: usize = 12;
/// Tiers of the split that a plan may list.
pub const SPLIT_TIERS_MAX: usize = 8;

/// Where a tier of the split begins. A plan's tiers are all of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitFrom {
    /// With the payout of this number, 2 or above.
    Payout(u16),
    /// Past this total of all payouts, above 0: the part of a payout that lies beyond it.
    PaidTotal(Money),
}

/// A share of the trader that holds from somewhere on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitTier {
    /// From where on.
    pub from: SplitFrom,
    /// The trader's share, in (0, 1].
    pub split: Ratio,
}

/// How payouts follow each other. The default has them all alike and without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PayoutSeries {
    /// The least that one payout may take.
    pub min: Option<Money>,
    /// The most that the first, the second and further payouts may take, in place of
    /// [`PayoutRule::cap`], which holds for those after the last of these. Without a gap.
    pub caps: [Option<Money>; PAYOUT_CAPS_MAX],
    /// Calendar days that must go by from the trading day of one payout to that of the next, 1 or above;
    /// before the first, from the one on which the account opened.
    pub interval_days: Option<u16>,
    /// Shares in place of [`PayoutRule::split`], in the order of where they begin. Without a gap.
    pub splits: [Option<SplitTier>; SPLIT_TIERS_MAX],
    /// Payouts after which the account is closed, 1 or above.
    pub payouts_max: Option<u16>,
}

codec_enum!(SplitFrom { 0 => Payout(number), 1 => PaidTotal(total) });
codec_struct!(SplitTier { from, split });

impl Codec for PayoutSeries {
    fn encode(&self, out: &mut Vec<u8>) {
        let Self {
            min,
            caps,
            interval_days,
            splits,
            payouts_max,
        } = self;
        min.encode(out);
        let caps: Vec<Money> = caps.iter().flatten().copied().collect();
        caps.encode(out);
        interval_days.encode(out);
        let splits: Vec<SplitTier> = splits.iter().flatten().copied().collect();
        splits.encode(out);
        payouts_max.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            min: Codec::decode(reader)?,
            caps: decode_listed(reader, "list of payout caps")?,
            interval_days: Codec::decode(reader)?,
            splits: decode_listed(reader, "list of split tiers")?,
            payouts_max: Codec::decode(reader)?,
        })
    }
}

fn decode_listed<T: Codec + Copy, const N: usize>(
    reader: &mut Reader<'_>,
    what: &'static str,
) -> Result<[Option<T>; N], CodecError> {
    let items: Vec<T> = Codec::decode(reader)?;
    listed(&items).ok_or(CodecError::Invalid(what))
}

/// The items from the front on; `None` where there are more than fit.
pub fn listed<T: Copy, const N: usize>(items: &[T]) -> Option<[Option<T>; N]> {
    let mut all = [None; N];
    let places = all.get_mut(..items.len())?;
    for (place, item) in places.iter_mut().zip(items) {
        *place = Some(*item);
    }
    Some(all)
}

/// Whether nothing follows an empty place.
pub(super) fn is_dense<T>(items: &[Option<T>]) -> bool {
    let mut empty = items.iter().skip_while(|item| item.is_some());
    empty.all(Option::is_none)
}

impl SplitTier {
    /// Whether it begins after another one of its kind.
    fn follows(&self, other: &Self) -> bool {
        match (other.from, self.from) {
            (SplitFrom::Payout(before), SplitFrom::Payout(from)) => from > before,
            (SplitFrom::PaidTotal(before), SplitFrom::PaidTotal(from)) => from > before,
            _ => false,
        }
    }
}

impl PayoutRule {
    /// The most that the next payout may take, after so many.
    pub fn cap_after(&self, payouts: u16) -> Option<Money> {
        let listed = self.series.caps.get(usize::from(payouts));
        listed.copied().flatten().or(self.cap)
    }

    /// The trader's share of the next payout, after so many that took `paid` in total: where a tier begins within it, of
    /// what comes before.
    pub fn split_after(&self, payouts: u16, paid: Money) -> Ratio {
        let number = payouts.saturating_add(1);
        let tiers = self.series.splits.iter().flatten();
        let begun = tiers.take_while(|tier| match tier.from {
            SplitFrom::Payout(first) => first <= number,
            SplitFrom::PaidTotal(total) => total <= paid,
        });
        begun.last().map_or(self.split, |tier| tier.split)
    }

    /// What the trader gets of a payout, after so many that took `paid` in total: rounded down once.
    pub fn trader_share(&self, payouts: u16, paid: Money, amount: Money) -> Money {
        let tiers = self.series.splits.iter().flatten();
        let number = payouts.saturating_add(1);
        let mut split = self.split;
        // In units of money times units of a ratio; exact.
        let mut share = 0_i128;
        let mut from = i128::from(paid.0.max(0));
        let end = from + i128::from(amount.0.max(0));
        for tier in tiers {
            match tier.from {
                SplitFrom::Payout(first) if first <= number => split = tier.split,
                SplitFrom::Payout(_) => {}
                SplitFrom::PaidTotal(total) => {
                    let edge = i128::from(total.0).clamp(from, end);
                    share += (edge - from) * i128::from(split.0);
                    from = edge;
                    split = tier.split;
                }
            }
        }
        share += (end - from) * i128::from(split.0);
        let share = share / i128::from(Ratio::ONE.0);
        Money(share.clamp(0, amount.0.max(0).into()) as i64)
    }

    pub(super) fn validate_series(&self) -> Result<(), PlanError> {
        let PayoutSeries {
            min,
            caps,
            interval_days,
            splits,
            payouts_max,
        } = &self.series;
        check(
            is_dense(caps),
            "payout.caps",
            &"a gap",
            "caps from the first payout on",
        )?;
        for cap in caps.iter().flatten() {
            check(*cap > Money::ZERO, "payout.caps", cap, AMOUNT)?;
        }
        if let Some(min) = min {
            check(*min > Money::ZERO, "payout.min", min, AMOUNT)?;
            let mut all = caps.iter().chain([&self.cap]).flatten();
            check(
                all.all(|cap| min <= cap),
                "payout.min",
                min,
                "at most cap and each of caps",
            )?;
        }
        if let Some(days) = interval_days {
            check(*days > 0, "payout.interval_days", days, "1 or above")?;
        }
        if let Some(payouts) = payouts_max {
            check(*payouts > 0, "payout.payouts_max", payouts, "1 or above")?;
        }
        check(
            is_dense(splits),
            "payout.split_tiers",
            &"a gap",
            "tiers from the first place on",
        )?;
        let mut before: Option<&SplitTier> = None;
        for tier in splits.iter().flatten() {
            check(
                is_share(tier.split),
                "payout.split_tiers.split",
                &tier.split,
                SHARE,
            )?;
            match tier.from {
                SplitFrom::Payout(number) => check(
                    number >= 2,
                    "payout.split_tiers.from",
                    &number,
                    "a payout from 2 on: split_pct is that of the first",
                )?,
                SplitFrom::PaidTotal(total) => {
                    check(
                        total > Money::ZERO,
                        "payout.split_tiers.from",
                        &total,
                        AMOUNT,
                    )?;
                }
            }
            let from = match tier.from {
                SplitFrom::Payout(number) => number.to_string(),
                SplitFrom::PaidTotal(total) => total.to_string(),
            };
            check(
                before.is_none_or(|before| tier.follows(before)),
                "payout.split_tiers.from",
                &from,
                "tiers of one kind in the order of where they begin",
            )?;
            before = Some(tier);
        }
        Ok(())
    }
}
