//! A limit as it stands: a floor under equity, and small sets of limits that need no allocation.

use types::{
    AccountId, Effect, FloorMove, FloorMoveCause, Money, Notional, RuleKind, codec_struct,
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
}

codec_struct!(Limit {
    rule,
    effect,
    touch_is_breach,
    baseline,
    allowance,
    floor
});

impl Limit {
    /// Whether this equity violates the limit: below the floor, or at it where a touch is a breach.
    pub fn is_breached_by(&self, equity: Notional) -> bool {
        equity < self.lowest_legal()
    }

    /// The lowest equity that does not violate the limit.
    pub(crate) fn lowest_legal(&self) -> Notional {
        Notional(self.floor.to_notional().0 + i128::from(self.touch_is_breach))
    }

    /// Whether a breach of this limit ends the account.
    pub const fn is_hard(&self) -> bool {
        matches!(self.effect, Effect::Fail)
    }

    /// The fact that this limit of an account moved.
    pub const fn moved(&self, account: AccountId, cause: FloorMoveCause) -> FloorMove {
        FloorMove {
            account,
            rule: self.rule,
            baseline: self.baseline,
            allowance: self.allowance,
            floor: self.floor,
            cause,
        }
    }

    /// Puts baseline and floor lower by an amount that left the account and was not lost.
    pub(crate) fn lower_by(&mut self, amount: Money) {
        self.baseline = self.baseline.saturating_sub(amount);
        self.floor = self.floor.saturating_sub(amount);
    }
}

/// The limits that one equity violates, the primary first: hard before soft, then the highest floor,
/// then daily before maximum.
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

    /// The one that decides.
    pub fn primary(&self) -> Option<&Limit> {
        self.iter().next()
    }
}

/// The limits whose figures one call changed, daily before maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FloorMoves([Option<Limit>; 2]);

impl FloorMoves {
    /// What differs between the limits before and after.
    pub(crate) fn between(before: [Option<Limit>; 2], after: [Option<Limit>; 2]) -> Self {
        let moved = |index: usize| after[index].filter(|_| before[index] != after[index]);
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
