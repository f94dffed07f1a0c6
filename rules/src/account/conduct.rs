//! What an account remembers of its conduct: the day's counts and size limit, the last active day, and
//! which limits the trader was told about.

use types::{
    ConductDenial, Effect, Money, Notional, RuleKind, TradingDay, codec_enum, codec_struct,
};

use super::AccountRules;
use crate::conduct::{Inactive, SizeTier};
use crate::limit::{Limit, Warnings};
use crate::plan::Plan;

/// What the trader was told about a limit on this trading day; more covers less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Told {
    /// Nothing.
    #[default]
    Nothing,
    /// That much of it is used.
    Warning,
    /// That it is breached.
    Breach,
}

/// What the trader was told about each limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ToldToday {
    pub(super) daily: Told,
    pub(super) max: Told,
}

codec_enum!(Told { 0 => Nothing, 1 => Warning, 2 => Breach });
codec_struct!(ToldToday { daily, max });

impl Told {
    /// Whether equity is to be tested against the floor of this limit.
    pub(super) fn tests_floor(self, limit: &Limit, locked: bool) -> bool {
        match limit.effect {
            Effect::Fail => true,
            Effect::LockForDay => !locked,
            Effect::Warn => !locked && self != Self::Breach,
        }
    }

    /// The highest equity that is to be warned of, if any is. A day that is locked warns of what it
    /// tests.
    fn highest_warned(self, plan: &Plan, limit: &Limit, locked: bool) -> Option<Notional> {
        let share = plan.conduct.warn_at?;
        if self != Self::Nothing || !self.tests_floor(limit, locked) {
            return None;
        }
        limit.highest_used(share)
    }

    /// The lowest equity that neither violates this limit nor is to be warned of.
    pub(super) fn lowest_quiet(self, plan: &Plan, limit: &Limit, locked: bool) -> Option<Notional> {
        let legal = self
            .tests_floor(limit, locked)
            .then(|| limit.lowest_legal());
        let unwarned = self
            .highest_warned(plan, limit, locked)
            .map(|highest| Notional(highest.0.saturating_add(1)));
        legal.max(unwarned)
    }
}

/// The day's counts and the last active day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Activity {
    orders: u32,
    trades: u32,
    /// The last day with an opening fill, or on which the count of idle days started. `None` before
    /// the first roll.
    active: Option<TradingDay>,
}

codec_struct!(Activity {
    orders,
    trades,
    active
});

impl Activity {
    pub(super) const fn open(day: Option<TradingDay>) -> Self {
        Self {
            orders: 0,
            trades: 0,
            active: day,
        }
    }

    /// `day` closes, with or without an opening fill, and `opens` opens. What happened before a
    /// schedule's first roll happened on the day that it opens.
    pub(super) fn close(&mut self, day: Option<TradingDay>, opened: bool, opens: TradingDay) {
        self.orders = 0;
        self.trades = 0;
        if opened || self.active.is_none() {
            self.active = Some(day.unwrap_or(opens));
        }
    }

    pub(super) fn idle(&self, plan: &Plan, opens: TradingDay) -> Option<Inactive> {
        let rule = plan.conduct.inactivity?;
        rule.judge(self.active?, opens, &plan.days)
    }
}

/// The place of the size limit's tier for a day that opens with this profit; 0 without a limit.
pub(super) fn tier_at(plan: &Plan, profit: Money) -> u8 {
    let size = plan.conduct.size.as_ref();
    size.map_or(0, |size| size.tier_at(profit) as u8)
}

impl AccountRules {
    /// Tests equity against the share of each limit that the trader is warned at. A limit is warned of
    /// once per trading day, until [`Self::mark_warned`]; one that this equity violates is not: that
    /// is what [`Self::breached`] tells.
    pub fn warnings(&self, plan: &Plan, equity: Notional, locked: bool) -> Warnings {
        let [daily, max] = self.limits_and_told().map(|(limit, told)| {
            limit.filter(|limit| {
                !limit.is_breached_by(equity)
                    && told
                        .highest_warned(plan, limit, locked)
                        .is_some_and(|highest| equity <= highest)
            })
        });
        Warnings::of(daily, max)
    }

    /// The trader was warned of this limit; not again on this trading day.
    pub fn mark_warned(&mut self, plan: &Plan, rule: RuleKind) {
        self.mark(plan, rule, Told::Warning);
    }

    /// A breach of this limit was reported. One that only warns is not tested again on this trading
    /// day, and none is warned of again.
    pub fn mark_breached(&mut self, plan: &Plan, rule: RuleKind) {
        self.mark(plan, rule, Told::Breach);
    }

    fn mark(&mut self, plan: &Plan, rule: RuleKind, told: Told) {
        let known = match rule {
            RuleKind::DailyLoss => &mut self.told.daily,
            RuleKind::MaxLoss => &mut self.told.max,
        };
        *known = told.max(*known);
        self.refresh_quiet(plan);
    }

    /// The size limit of this trading day.
    pub fn size_tier<'a>(&self, plan: &'a Plan) -> Option<&'a SizeTier> {
        let size = plan.conduct.size.as_ref()?;
        size.tiers.get(usize::from(self.size_tier))
    }

    /// Orders accepted on this trading day.
    pub const fn orders_today(&self) -> u32 {
        self.activity.orders
    }

    /// Orders that opened or enlarged a position on this trading day.
    pub const fn trades_today(&self) -> u32 {
        self.activity.trades
    }

    /// Tests the day's counts for one more order. `earlier`: orders that are accepted with it and come
    /// before it. `openers`: working orders, and earlier ones, that may open or enlarge a position and did
    /// not yet; each may become a trade, so that no more are let in than may. `opening`: the order itself
    /// may; one that only closes is never refused.
    ///
    /// # Errors
    /// [`ConductDenial::OrdersPerDay`], [`ConductDenial::TradesPerDay`].
    pub fn check_counts(
        &self,
        plan: &Plan,
        earlier: u32,
        openers: u32,
        opening: bool,
    ) -> Result<(), ConductDenial> {
        if !opening {
            return Ok(());
        }
        let orders = self.activity.orders.saturating_add(earlier);
        let trades = self.activity.trades.saturating_add(openers);
        if let Some(max) = plan.conduct.orders_per_day_max
            && orders >= max
        {
            return Err(ConductDenial::OrdersPerDay { max, orders });
        }
        if let Some(max) = plan.conduct.trades_per_day_max
            && trades >= max
        {
            return Err(ConductDenial::TradesPerDay { max, trades });
        }
        Ok(())
    }

    /// An order was accepted.
    pub const fn record_order(&mut self) {
        self.activity.orders = self.activity.orders.saturating_add(1);
    }

    /// An order opened or enlarged a position for the first time; beside
    /// [`Self::record_opening_fill`], which every such fill is.
    pub const fn record_trade(&mut self) {
        self.activity.trades = self.activity.trades.saturating_add(1);
    }

    /// Idle days are counted anew from the open day: a suspension is over.
    pub const fn restart_inactivity(&mut self) {
        self.activity.active = self.day;
    }

    /// The last day with an opening fill, the open one included, or from which idle days are counted.
    pub const fn last_active_day(&self) -> Option<TradingDay> {
        if self.facts.opened_today() && self.day.is_some() {
            return self.day;
        }
        self.activity.active
    }
}
