//! How accounts stand against their rules of conduct, and which windows are open.

use rules::{Inactivity, SizeTier, TimeLimit, WeightedQty, WindowRule};
use types::{Calendar, Interval, Money, PlanId, Qty, Ratio, TimestampNs, TradingDay};

use crate::account::Account;
use crate::shard::{KnownPlan, Shard};

/// How an account stands against the rules of conduct of its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConductView {
    /// Orders accepted on the open day.
    pub orders: DayCount,
    /// Orders of the open day that opened or enlarged a position.
    pub trades: DayCount,
    /// The size limit.
    pub size: Option<SizeView>,
    /// Realised profit that does not count.
    pub excluded: Money,
    /// The used share of an allowance at which the trader is warned.
    pub warn_at: Option<Ratio>,
    /// The last day with an opening fill, or from which idle days are counted.
    pub last_active: Option<TradingDay>,
    /// What happens to it when it does not trade.
    pub inactivity: Option<InactivityView>,
    /// The time that it has to pass.
    pub time_limit: Option<TimeLimitView>,
    /// The windows that are open.
    pub windows: Vec<WindowView>,
}

/// The time that an account has to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimitView {
    /// The rule.
    pub rule: TimeLimit,
    /// Its last date, and the days left after the open trading day; `None` before the first roll.
    pub left: Option<(TradingDay, u32)>,
}

/// A count of the open trading day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCount {
    /// So far.
    pub today: u32,
    /// The most; `None` without a limit.
    pub max: Option<u32>,
}

/// The size limit of the open trading day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeView {
    /// The day's tier.
    pub tier: SizeTier,
    /// The weighted worst case of positions and working orders now, rounded up.
    pub worst: Qty,
}

/// What happens to an account that does not trade, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InactivityView {
    /// The rule.
    pub rule: Inactivity,
    /// The first trading day whose opening finds it idle for too long if it does not trade before;
    /// `None` before the first roll.
    pub deadline: Option<TradingDay>,
}

/// An open window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowView {
    /// The plan whose accounts it is for.
    pub plan: PlanId,
    /// Its place among the plan's windows, from 0.
    pub place: u8,
    /// What it restricts.
    pub rule: WindowRule,
    /// The first moment at which it is closed again, as known now.
    pub until: TimestampNs,
}

/// What is known of calendars, and what is open by them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WindowsView {
    /// Intervals that are not long over, in order of announcement.
    pub known: Vec<(Calendar, Interval)>,
    /// Open windows, by plan and place.
    pub open: Vec<WindowView>,
}

impl Shard {
    /// Intervals of calendars that are not long over, in order of announcement.
    pub fn known_intervals(&self) -> impl Iterator<Item = (Calendar, Interval)> {
        let known = self.windows.known().iter();
        known.map(|known| (known.calendar, known.interval))
    }

    /// What is known of calendars, and the windows that are open.
    pub fn windows_view(&self) -> WindowsView {
        let plans = (0..).map(PlanId).zip(&self.plans);
        WindowsView {
            known: self.known_intervals().collect(),
            open: plans.flat_map(|(id, known)| open_of(id, known)).collect(),
        }
    }

    pub(super) fn conduct_view(&self, account: &Account) -> ConductView {
        let known = &self.plans[account.plan.0 as usize];
        let (conduct, rules) = (&known.plan.conduct, self.rules_of(account));
        let last_active = rules.last_active_day();
        ConductView {
            orders: DayCount {
                today: rules.orders_today(),
                max: conduct.orders_per_day_max,
            },
            trades: DayCount {
                today: rules.trades_today(),
                max: conduct.trades_per_day_max,
            },
            size: self.size_view(account),
            excluded: rules.excluded(),
            warn_at: conduct.warn_at,
            last_active,
            inactivity: conduct.inactivity.map(|rule| InactivityView {
                rule,
                deadline: last_active.and_then(|day| rule.deadline(day, &known.plan.days)),
            }),
            time_limit: known.plan.time_limit().map(|rule| TimeLimitView {
                rule,
                left: rules.term().zip(rules.day()).map(|(term, today)| {
                    (term.last, term.days_left(rule, today, &known.plan.days))
                }),
            }),
            windows: open_of(account.plan, known).collect(),
        }
    }

    fn size_view(&self, account: &Account) -> Option<SizeView> {
        let plan = &self.plans[account.plan.0 as usize].plan;
        let limit = plan.conduct.size.as_ref()?;
        let held = self.account_holdings(account);
        let worst = WeightedQty::sum(held.map(|held| self.weighted_worst(limit, held)));
        Some(SizeView {
            tier: *account.rules.size_tier(plan)?,
            worst: worst.to_qty_ceil(),
        })
    }
}

fn open_of(plan: PlanId, known: &KnownPlan) -> impl Iterator<Item = WindowView> {
    let windows = &known.plan.conduct.windows;
    known.windows.places().filter_map(move |place| {
        Some(WindowView {
            plan,
            place: place as u8,
            rule: windows.get(place)?.clone(),
            until: known.windows.until(place)?,
        })
    })
}
