//! How an account stands against its rules of conduct.

use runtime::view::{ConductView, DayCount, InactivityView, SizeView, TimeLimitView};
use serde::Serialize;
use types::Suspension;

use crate::dto::names::Names;
use crate::dto::percent;
use crate::dto::window::WindowDto;
use crate::dto::word::Word;

/// A suspension: nothing is traded, nothing is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuspensionDto {
    /// Why.
    pub reason: &'static str,
    /// When it is over by itself; null until somebody ends it.
    pub until: Option<String>,
    /// The state that it returns to.
    pub prior: &'static str,
}

/// How an account stands against its rules of conduct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConductDto {
    /// Orders accepted on the open day.
    pub orders: DayCountDto,
    /// Orders of the open day that opened or enlarged a position.
    pub trades: DayCountDto,
    /// The size limit; null without one.
    pub size: Option<SizeDto>,
    /// Realised profit that does not count.
    pub excluded: String,
    /// Part of a limit's allowance at which the trader is warned, percent; null without warnings.
    pub warn_at_pct: Option<String>,
    /// The last day with an opening fill, or from which idle days are counted; null before the first
    /// roll.
    pub last_active: Option<String>,
    /// What happens when it does not trade; null where nothing does.
    pub inactivity: Option<InactivityDto>,
    /// The time that it has to pass, where its plan gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<TimeLimitDto>,
    /// The windows of its plan that are open.
    pub windows: Vec<WindowDto>,
}

/// A count of the open day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayCountDto {
    /// So far.
    pub today: u32,
    /// The most; null without a limit.
    pub max: Option<u32>,
}

/// The size limit of the open day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SizeDto {
    /// The profit from which the day's tier holds.
    pub profit_from: String,
    /// The most weighted units.
    pub max: String,
    /// The weighted worst case of positions and working orders now.
    pub worst: String,
}

/// What happens to an account that does not trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InactivityDto {
    /// What.
    pub effect: &'static str,
    /// How many days it may rest.
    pub days: u16,
    /// The first day whose opening finds that it rested for so long; null before the first roll.
    pub deadline: Option<String>,
}

/// The time that an account has to pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeLimitDto {
    /// What happens when it did not.
    pub effect: &'static str,
    /// How many days it has.
    pub days: u16,
    /// Which days those are.
    pub counts: &'static str,
    /// The last date of them; null before the first roll.
    pub last: Option<String>,
    /// How many are left after the open trading day; null before the first roll.
    pub days_left: Option<u32>,
}

impl SuspensionDto {
    pub(super) fn new(suspension: &Suspension) -> Self {
        Self {
            reason: suspension.reason.word(),
            until: suspension.until.map(|until| until.to_string()),
            prior: suspension.prior.word(),
        }
    }
}

impl ConductDto {
    pub(super) fn new(view: &ConductView, names: &Names) -> Self {
        let count = |DayCount { today, max }| DayCountDto { today, max };
        Self {
            orders: count(view.orders),
            trades: count(view.trades),
            size: view.size.map(|SizeView { tier, worst }| SizeDto {
                profit_from: tier.profit_from.to_string(),
                max: tier.max.to_string(),
                worst: worst.to_string(),
            }),
            excluded: view.excluded.to_string(),
            warn_at_pct: view.warn_at.map(percent::exact),
            last_active: view.last_active.map(|day| day.to_string()),
            inactivity: view
                .inactivity
                .map(|InactivityView { rule, deadline }| InactivityDto {
                    effect: rule.effect.word(),
                    days: rule.days,
                    deadline: deadline.map(|day| day.to_string()),
                }),
            time_limit: view
                .time_limit
                .map(|TimeLimitView { rule, left }| TimeLimitDto {
                    effect: rule.effect.word(),
                    days: rule.days,
                    counts: rule.counts.word(),
                    last: left.map(|(last, _)| last.to_string()),
                    days_left: left.map(|(_, days)| days),
                }),
            windows: view
                .windows
                .iter()
                .map(|window| WindowDto::new(window, names))
                .collect(),
        }
    }
}
