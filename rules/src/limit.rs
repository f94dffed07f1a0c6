//! A limit as it stands: a floor under equity, and small sets of limits that need no allocation.

use types::{
    AccountId, BaselineOrigin, Effect, FloorMove, FloorMoveCause, Money, Notional, Ratio, RuleKind,
    codec_struct,
};

/// A floor under equity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The rule that it belongs to.
    pub rule: RuleKind,
    /// What a breach does.
    pub effect: Effect,
    /// Whether equity at the floor is a breach already.
    pub touch_is_breach: bool,
    /// What the floor is measured from.
    pub baseline: Money,
    /// Allowed distance below it.
    pub allowance: Money,
    /// `baseline - allowance`, or the level that it is held at.
    pub floor: Money,
    /// Payouts that put baseline and floor lower since the allowance was taken.
    pub lowered: Money,
}

codec_struct!(Limit {
    rule,
    effect,
    touch_is_breach,
    baseline,
    allowance,
    floor,
    lowered
});

/// Units of [`Notional`] in a unit of [`Money`] times a unit of [`Ratio`].
const NOTIONAL_PER_SHARE: i128 = Notional::PER_MONEY / Ratio::ONE.0 as i128;

impl Limit {
    /// Whether this equity violates the limit: below the floor, or at it where a touch is a breach.
    pub fn is_breached_by(&self, equity: Notional) -> bool {
        equity < self.lowest_legal()
    }

    /// The lowest equity that does not violate the limit.
    pub(crate) fn lowest_legal(&self) -> Notional {
        Notional(self.floor.to_notional().0 + i128::from(self.touch_is_breach))
    }

    /// The share of the limit that is used at this equity: see [`used`].
    pub fn used(&self, equity: Notional) -> Option<Ratio> {
        used(self.baseline, self.floor, equity)
    }

    /// The highest equity at which at least this share of the way to the floor is used, exactly; below
    /// 1 it is above the floor.
    pub(crate) fn highest_used(&self, share: Ratio) -> Option<Notional> {
        // A valid plan's share is in this range.
        let share = share.0.clamp(0, Ratio::ONE.0);
        let used = i128::from(self.way()?) * i128::from(share) * NOTIONAL_PER_SHARE;
        Some(Notional(self.baseline.to_notional().0.saturating_sub(used)))
    }

    /// Units of money from baseline to floor.
    fn way(&self) -> Option<i64> {
        way(self.baseline, self.floor)
    }

    /// Whether a breach of this limit ends the account.
    pub const fn is_hard(&self) -> bool {
        matches!(self.effect, Effect::Fail)
    }

    /// The fact that this limit of an account moved.
    pub const fn moved(
        &self,
        account: AccountId,
        cause: FloorMoveCause,
        origin: BaselineOrigin,
    ) -> FloorMove {
        FloorMove {
            account,
            rule: self.rule,
            baseline: self.baseline,
            allowance: self.allowance,
            floor: self.floor,
            cause,
            origin,
        }
    }

    /// Puts baseline and floor lower by an amount that left the account and was not lost.
    pub(crate) fn lower_by(&mut self, amount: Money) {
        self.baseline = self.baseline.saturating_sub(amount);
        self.floor = self.floor.saturating_sub(amount);
        self.lowered = self.lowered.saturating_add(amount);
    }
}

fn way(baseline: Money, floor: Money) -> Option<i64> {
    let way = baseline.saturating_sub(floor).0;
    (way > 0).then_some(way)
}

/// The share of a limit that is used: of the way from baseline to floor, the part that equity went,
/// rounded toward 0; below 0 above the baseline, 1 at the floor. `None` where the floor is not below the
/// baseline. For a floor that is not held elsewhere this is `(baseline - equity) / allowance`.
pub fn used(baseline: Money, floor: Money, equity: Notional) -> Option<Ratio> {
    let way = way(baseline, floor)?;
    let used = baseline.to_notional().0.saturating_sub(equity.0);
    // A unit of money of the way is 1e11 units of notional: 1e9 x used / (1e11 x way).
    let share = used / (i128::from(way) * NOTIONAL_PER_SHARE);
    Some(Ratio(share.clamp(i64::MIN.into(), i64::MAX.into()) as i64))
}

/// The limits that one equity violates, the primary first: those that fail the account before those that
/// lock it or warn; among equals the highest floor, then daily before maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breaches([Option<Limit>; 2]);

impl Breaches {
    pub(crate) fn of(daily: Option<Limit>, max: Option<Limit>) -> Self {
        let max_leads = match (daily, max) {
            (Some(daily), Some(max)) => (max.is_hard(), max.floor) > (daily.is_hard(), daily.floor),
            _ => false,
        };
        Self(if max_leads {
            [max, daily]
        } else {
            [daily, max]
        })
    }

    /// Whether nothing is violated.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// The violated limits, the primary first.
    pub fn iter(&self) -> impl Iterator<Item = &Limit> {
        self.0.iter().flatten()
    }

    /// The one that leads.
    pub fn primary(&self) -> Option<&Limit> {
        self.iter().next()
    }

    /// What happens: the gravest effect, which among soft ones need not be the primary's.
    pub fn effect(&self) -> Option<Effect> {
        let gravity = |effect: &Effect| match effect {
            Effect::Warn => 0,
            Effect::LockForDay => 1,
            Effect::Fail => 2,
        };
        self.iter().map(|limit| limit.effect).max_by_key(gravity)
    }
}

/// The limits of which one equity uses the share that the trader is warned at, daily before maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Warnings([Option<Limit>; 2]);

impl Warnings {
    pub(crate) const fn of(daily: Option<Limit>, max: Option<Limit>) -> Self {
        Self([daily, max])
    }

    /// Whether there is nothing to warn of.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// The limits.
    pub fn iter(&self) -> impl Iterator<Item = &Limit> {
        self.0.iter().flatten()
    }
}

/// The limits whose figures one call changed, daily before maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FloorMoves([Option<Limit>; 2]);

impl FloorMoves {
    /// What differs between the limits before and after.
    pub(crate) fn between(before: [Option<Limit>; 2], after: [Option<Limit>; 2]) -> Self {
        // A roll that places a lowered floor where it stands moves nothing.
        let figures = |limit: Option<Limit>| {
            limit.map(|limit| (limit.baseline, limit.allowance, limit.floor))
        };
        let moved =
            |index: usize| after[index].filter(|_| figures(before[index]) != figures(after[index]));
        Self([moved(0), moved(1)])
    }

    /// Whether nothing moved.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// The limits that moved, as they stand now.
    pub fn iter(&self) -> impl Iterator<Item = &Limit> {
        self.0.iter().flatten()
    }
}
