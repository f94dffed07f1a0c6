//! What the next roll would do to an account.

use rules::{AccountRules, Limit};
use types::{Effect, Money, Notional, Qty, TradingDay};

use crate::account::Account;
use crate::shard::Shard;

/// What the next roll would do if it came now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextRoll {
    /// The trading day that would open: the one after the open day. `None` before the first roll: which day
    /// that opens is known from the calendar alone.
    pub day: Option<TradingDay>,
    /// Every limit after it, daily before maximum.
    pub limits: Vec<RolledLimit>,
    /// The size limit of that day.
    pub size_max: Option<Qty>,
    /// Days of inactivity, if they reach the plan's limit then; none before the first roll.
    pub inactive_days: Option<u32>,
    /// Whether its time to pass is over then.
    pub lapses: bool,
}

/// A limit after a roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolledLimit {
    /// The limit.
    pub limit: Limit,
    /// Whether the equity of now would violate it.
    pub breaches: bool,
    /// Equity of now less the new floor, rounded down: below zero, what the account would breach by.
    pub distance: Money,
}

impl Shard {
    /// What the next input does to an account before anything else, as it stands below a floor since the newest.
    pub(super) fn verdict_ahead(&self, account: &Account) -> Option<Effect> {
        if !self.stands_below(&self.caught_up(account)) {
            return None;
        }
        let equity = self.equity_of(account);
        let breaches = self.rules_of(account).breached(equity, account.day_locked);
        let effects = [Effect::Fail, Effect::LockForDay, Effect::Warn];
        let mut effects = effects.into_iter();
        effects.find(|effect| breaches.iter().any(|limit| limit.effect == *effect))
    }

    /// Of an account with these rules, this balance and this equity.
    pub(super) fn next_roll(
        &self,
        account: &Account,
        rules: &AccountRules,
        balance: Money,
        equity: Notional,
    ) -> Option<NextRoll> {
        let plan = &self.plans[account.plan.0 as usize].plan;
        if !account.is_trading() {
            return None;
        }
        let day = match rules.day() {
            Some(open) => Some(plan.days.after(open)?),
            None => None,
        };
        let rolled = rules.preview_roll(plan, day.unwrap_or(TradingDay(0)), balance, equity);
        let limits = [rolled.daily, rolled.max].into_iter().flatten();
        let limits = limits.map(|limit| RolledLimit {
            limit,
            breaches: limit.is_breached_by(equity),
            distance: Notional(equity.0.saturating_sub(limit.floor.to_notional().0))
                .to_money_floor(),
        });
        Some(NextRoll {
            day,
            limits: limits.collect(),
            size_max: rolled.size_tier.map(|tier| tier.max),
            inactive_days: rolled
                .inactive
                .filter(|_| day.is_some())
                .map(|idle| idle.days),
            lapses: day.is_some() && rolled.lapsed.is_some(),
        })
    }
}
