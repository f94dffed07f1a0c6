//! Whether a changed field is stricter or looser for the trader, where that follows from the field
//! alone.

use std::cmp::Ordering;

use rules::{
    AfterPayout, Allowance, Conduct, DailyAnchor, DayCounts, Denominator, HoldingAction,
    InactivityEffect, PayoutKeep, PayoutRule, Plan, SizeLimit, StopTrailing, Target, TrailSource,
    WindowRule,
};
use types::{Effect, Funding, Money};

use super::pairs;

/// What a change means for the trader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Verdict {
    /// Less is allowed, or more is asked for.
    Stricter,
    /// The reverse.
    Looser,
    /// Said otherwise, and the same amount for accounts of this size.
    Same,
}

/// What the change of a field means, `None` where that is not decidable: the values have no order, or
/// what they are measured in differs too.
pub(super) fn verdict(field: &str, old: &Plan, new: &Plan) -> Option<Verdict> {
    // Amounts of accounts of different size or currency say nothing about each other.
    let comparable = old.initial_balance == new.initial_balance && old.currency == new.currency;
    if comparable && are_same_amount(field, old, new) {
        return Some(Verdict::Same);
    }
    if is_reordered(field, &old.conduct, &new.conduct) {
        return Some(Verdict::Same);
    }
    let strictness = match field {
        "daily_loss" => presence(old.daily_loss, new.daily_loss),
        "max_loss" => presence(old.max_loss, new.max_loss),
        "profit_target" => match (old.profit_target, new.profit_target) {
            (Some(before), Some(after)) => targets(before, after, comparable)
                .or_else(|| by_amount(field, old, new, comparable)),
            (before, after) => presence(before, after),
        },
        "min_days" => presence(old.min_days, new.min_days),
        "consistency" => presence(old.consistency, new.consistency),
        "scaling" => presence(old.scaling, new.scaling).map(Ordering::reverse),
        "payout" => presence(old.payout, new.payout).map(Ordering::reverse),
        _ => None,
    };
    let strictness = strictness
        .or_else(|| limits(field, old, new, comparable))
        .or_else(|| by_amount(field, old, new, comparable))
        .or_else(|| goals(field, old, new, comparable))
        .or_else(|| payouts(field, old, new, comparable))
        .or_else(|| terms(field, old, new))
        .or_else(|| conduct(field, old, new, comparable))
        .or_else(|| life(field, old, new));
    match strictness? {
        Ordering::Greater => Some(Verdict::Stricter),
        Ordering::Less => Some(Verdict::Looser),
        Ordering::Equal => None,
    }
}

/// A rule restricts, its absence does not.
fn presence<T>(old: Option<T>, new: Option<T>) -> Option<Ordering> {
    match (old, new) {
        (None, Some(_)) => Some(Ordering::Greater),
        (Some(_), None) => Some(Ordering::Less),
        _ => None,
    }
}

/// More is stricter.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every field's arm answers the same way"
)]
fn least<T: Ord + Copy>(old: T, new: T) -> Option<Ordering> {
    Some(new.cmp(&old))
}

/// Less is stricter, and no limit at all is the loosest.
fn most<T: Ord>(old: Option<T>, new: Option<T>) -> Option<Ordering> {
    match (old, new) {
        (Some(old), Some(new)) => Some(old.cmp(&new)),
        (old, new) => presence(old, new),
    }
}

fn targets(old: Target, new: Target, comparable: bool) -> Option<Ordering> {
    match (old, new) {
        (Target::OfInitial(old), Target::OfInitial(new)) => least(old, new),
        (Target::Fixed(old), Target::Fixed(new)) if comparable => least(old, new),
        _ => None,
    }
}

fn allowances(old: Allowance, new: Allowance, comparable: bool) -> Option<Ordering> {
    match (old, new) {
        (Allowance::OfInitial(old), Allowance::OfInitial(new))
        | (Allowance::OfBase(old), Allowance::OfBase(new)) => most(Some(old), Some(new)),
        (Allowance::Fixed(old), Allowance::Fixed(new)) if comparable => most(Some(old), Some(new)),
        _ => None,
    }
}

/// What a field comes to for accounts of the plan's size, where that never changes.
fn amount(field: &str, plan: &Plan) -> Option<Money> {
    let size = plan.initial_balance;
    let of = |allowance: Allowance| match allowance {
        Allowance::OfBase(_) => None,
        fixed => Some(fixed.amount(size, size)),
    };
    match field {
        _ if plan.scaling.is_some() => None,
        "daily_loss.allowance" => of(plan.daily_loss?.allowance),
        "max_loss.allowance" => of(plan.max_loss?.allowance),
        "profit_target" => Some(plan.profit_target?.amount(size)),
        _ => None,
    }
}

fn are_same_amount(field: &str, old: &Plan, new: &Plan) -> bool {
    let (old, new) = (amount(field, old), amount(field, new));
    old.is_some() && old == new
}

/// A smaller allowance is stricter, a larger target is.
fn by_amount(field: &str, old: &Plan, new: &Plan, comparable: bool) -> Option<Ordering> {
    let (old, new) = (amount(field, old)?, amount(field, new)?);
    match field {
        _ if !comparable => None,
        "profit_target" => least(old, new),
        _ => most(Some(old), Some(new)),
    }
}

/// The higher of balance and equity is no lower than either, and the day's highest equity no lower than the one it
/// opened with. Other anchors have no order.
const fn anchors(old: DailyAnchor, new: DailyAnchor) -> Option<Ordering> {
    use DailyAnchor::{Balance, Equity, IntradayPeak, MaxBalanceEquity};
    match (old, new) {
        (Balance | Equity, MaxBalanceEquity) | (Equity, IntradayPeak) => Some(Ordering::Greater),
        (MaxBalanceEquity, Balance | Equity) | (IntradayPeak, Equity) => Some(Ordering::Less),
        _ => None,
    }
}

const fn severity(effect: Effect) -> u8 {
    match effect {
        Effect::Warn => 0,
        Effect::LockForDay => 1,
        Effect::Fail => 2,
    }
}

fn limits(field: &str, old: &Plan, new: &Plan, comparable: bool) -> Option<Ordering> {
    if let (Some(old), Some(new)) = (old.daily_loss, new.daily_loss) {
        match field {
            "daily_loss.allowance" => return allowances(old.allowance, new.allowance, comparable),
            "daily_loss.anchor" => return anchors(old.anchor, new.anchor),
            "daily_loss.effect" => return least(severity(old.effect), severity(new.effect)),
            "daily_loss.touch_is_breach" => return least(old.touch_is_breach, new.touch_is_breach),
            "daily_loss.ends_at_floor_lock" => {
                let (old, new) = (old.changes, new.changes);
                return least(new.ends_at_floor_lock, old.ends_at_floor_lock);
            }
            _ => {}
        }
    }
    let (old_loss, new_loss) = (old.max_loss?, new.max_loss?);
    match field {
        "max_loss.allowance" => allowances(old_loss.allowance, new_loss.allowance, comparable),
        "max_loss.effect" => least(severity(old_loss.effect), severity(new_loss.effect)),
        "max_loss.touch_is_breach" => least(old_loss.touch_is_breach, new_loss.touch_is_breach),
        "max_loss.trail" => trails(old, new),
        "max_loss.stop" => stops(old_loss.stop, new_loss.stop, comparable),
        _ => None,
    }
}

/// A static floor is below every one that trails. One that follows equity at the end of a day is never
/// above the one that follows it all day, unless either stops by what it saw: a `freeze_when` that the
/// live peak reaches first freezes it below where the day ends, and a payout that lowers the floor moves
/// one that is held for good and one that trails until it rises again. Balances have no order: cash that
/// is booked while a position is open counts at the roll, and not before the next close.
fn trails(old: &Plan, new: &Plan) -> Option<Ordering> {
    use TrailSource::{EodEquity, None as Static, TickEquity};
    let (old_loss, new_loss) = (old.max_loss?, new.max_loss?);
    let ends_alike = [old, new].into_iter().all(|plan| {
        let freezes = |stop| matches!(stop, StopTrailing::FreezeWhenSource(_));
        let is_lowered = |rule: PayoutRule| rule.after == AfterPayout::FloorFallsByPayout;
        !plan.max_loss.is_some_and(|rule| freezes(rule.stop))
            && !plan.payout.is_some_and(is_lowered)
    });
    let is_below = |low, high| match (low, high) {
        (Static, _) => true,
        (EodEquity, TickEquity) => ends_alike,
        _ => false,
    };
    let (old, new) = (old_loss.trail, new_loss.trail);
    match (is_below(old, new), is_below(new, old)) {
        (true, false) => Some(Ordering::Greater),
        (false, true) => Some(Ordering::Less),
        _ => None,
    }
}

/// The later a floor stops, the higher it gets.
fn stops(old: StopTrailing, new: StopTrailing, comparable: bool) -> Option<Ordering> {
    use StopTrailing::{AtFloorLevel, FreezeWhenSource, Never};
    match (old, new) {
        (Never, Never) => None,
        (Never, _) => Some(Ordering::Less),
        (_, Never) => Some(Ordering::Greater),
        (AtFloorLevel(old), AtFloorLevel(new)) | (FreezeWhenSource(old), FreezeWhenSource(new))
            if comparable =>
        {
            least(old, new)
        }
        _ => None,
    }
}

fn goals(field: &str, old: &Plan, new: &Plan, comparable: bool) -> Option<Ordering> {
    if let (Some(old), Some(new)) = (old.min_days, new.min_days) {
        match field {
            "min_days.days" => return least(old.days, new.days),
            "min_days.counts" => {
                let asks_fill = |counts| counts == DayCounts::OpeningFill;
                return least(asks_fill(old.counts), asks_fill(new.counts));
            }
            "min_days.day_profit_min" if comparable => {
                return least(old.day_profit_min, new.day_profit_min);
            }
            _ => {}
        }
    }
    let (old, new) = (old.consistency?, new.consistency?);
    match field {
        "consistency.cap_pct" => most(Some(old.cap), Some(new.cap)),
        "consistency.inclusive" => least(new.inclusive, old.inclusive),
        // The days with a profit never come to less than all days.
        "consistency.denominator" => match (old.denominator, new.denominator) {
            (Denominator::Net, Denominator::PositiveDays) => Some(Ordering::Less),
            (Denominator::PositiveDays, Denominator::Net) => Some(Ordering::Greater),
            _ => None,
        },
        _ => None,
    }
}

fn payouts(field: &str, old: &Plan, new: &Plan, comparable: bool) -> Option<Ordering> {
    if let (Some(old), Some(new)) = (old.scaling, new.scaling) {
        match field {
            "scaling.step_pct" => return most(Some(old.step), Some(new.step)),
            "scaling.size_max" if comparable => return most(old.size_max, new.size_max),
            "scaling.requires" => return presence(old.requires, new.requires),
            _ => {}
        }
        if let (Some(old), Some(new)) = (old.requires, new.requires) {
            match field {
                "scaling.requires.profit" => return targets(old.profit, new.profit, comparable),
                "scaling.requires.days" => return least(old.days, new.days),
                "scaling.requires.payouts" => return least(old.payouts, new.payouts),
                _ => {}
            }
        }
    }
    let (old, new) = (old.payout?, new.payout?);
    match field {
        "payout.fraction_pct" => most(Some(old.fraction), Some(new.fraction)),
        "payout.split_pct" => most(Some(old.split), Some(new.split)),
        "payout.cap" if comparable => most(old.cap, new.cap),
        "payout.best_day_cap_pct" => most(old.best_day_cap, new.best_day_cap),
        "payout.min" if comparable => least(old.series.min, new.series.min),
        "payout.interval_days" => least(old.series.interval_days, new.series.interval_days),
        "payout.payouts_max" => most(old.series.payouts_max, new.series.payouts_max),
        "payout.days_min" => presence(old.days_min, new.days_min),
        "payout.days_min.days" => least(old.days_min?.days, new.days_min?.days),
        "payout.days_min.day_profit_min" if comparable => {
            least(old.days_min?.day_profit_min, new.days_min?.day_profit_min)
        }
        "payout.keep" => match (old.keep, new.keep) {
            (PayoutKeep::AboveFloor(old), PayoutKeep::AboveFloor(new))
            | (PayoutKeep::AboveInitial(old), PayoutKeep::AboveInitial(new))
                if comparable =>
            {
                least(old, new)
            }
            _ => None,
        },
        _ => None,
    }
}

fn terms(field: &str, old: &Plan, new: &Plan) -> Option<Ordering> {
    let (old, new) = (old.terms, new.terms);
    match field {
        "terms.shorts" => least(new.shorts, old.shorts),
        "terms.funding" => match (old.funding, new.funding) {
            (Funding::Unchecked, _) => Some(Ordering::Greater),
            (_, Funding::Unchecked) => Some(Ordering::Less),
            _ => None,
        },
        "terms.rate_min_pct" => match (old.funding, new.funding) {
            (Funding::Margin { rate_min: old }, Funding::Margin { rate_min: new }) => {
                least(old, new)
            }
            _ => None,
        },
        _ => None,
    }
}

fn conduct(field: &str, old: &Plan, new: &Plan, comparable: bool) -> Option<Ordering> {
    let (old, new) = (&old.conduct, &new.conduct);
    match field {
        "conduct.orders_per_day_max" => most(old.orders_per_day_max, new.orders_per_day_max),
        "conduct.trades_per_day_max" => most(old.trades_per_day_max, new.trades_per_day_max),
        "conduct.holding_min" => presence(old.holding_min, new.holding_min),
        "conduct.holding_min.seconds" => least(old.holding_min?.seconds, new.holding_min?.seconds),
        "conduct.holding_min.action" => {
            let excludes = |action| action == HoldingAction::ExcludeProfit;
            least(
                excludes(old.holding_min?.action),
                excludes(new.holding_min?.action),
            )
        }
        "conduct.inactivity" => presence(old.inactivity, new.inactivity),
        "conduct.inactivity.days" => most(Some(old.inactivity?.days), Some(new.inactivity?.days)),
        // Only a suspension can end; a failure and a closed account are ends of different kinds.
        "conduct.inactivity.effect" => {
            let ends = |effect| effect != InactivityEffect::Suspend;
            least(ends(old.inactivity?.effect), ends(new.inactivity?.effect))
        }
        "conduct.size" => presence(old.size.as_ref(), new.size.as_ref()),
        "conduct.size.tiers" | "conduct.size.weights" if comparable => {
            sizes(old.size.as_ref()?, new.size.as_ref()?)
        }
        "conduct.windows" => {
            let pairs = window_pairs(old, new).len();
            match (pairs < old.windows.len(), pairs < new.windows.len()) {
                (false, true) => Some(Ordering::Greater),
                (true, false) => Some(Ordering::Less),
                _ => None,
            }
        }
        _ => {
            let (field, old, new) = window_of(field, old, new)?;
            window(field, old, new)
        }
    }
}

/// Whether a list has the same items in another order that means nothing.
fn is_reordered(field: &str, old: &Conduct, new: &Conduct) -> bool {
    match field {
        "conduct.size.weights" => match (&old.size, &new.size) {
            (Some(old), Some(new)) => are_same(&old.weights, &new.weights),
            _ => false,
        },
        _ => window_of(field, old, new).is_some_and(|(field, old, new)| {
            field == "symbols" && are_same(&old.symbols, &new.symbols)
        }),
    }
}

fn are_same<T: PartialEq>(old: &[T], new: &[T]) -> bool {
    old.len() == new.len() && old.iter().all(|item| new.contains(item))
}

/// The field within a window, and the two windows that are each other's.
fn window_of<'a>(
    field: &'a str,
    old: &'a Conduct,
    new: &'a Conduct,
) -> Option<(&'a str, &'a WindowRule, &'a WindowRule)> {
    let (place, field) = field.strip_prefix("conduct.windows[")?.split_once("].")?;
    let place: usize = place.parse().ok()?;
    let pairs = window_pairs(old, new);
    let &(_, other) = pairs.iter().find(|&&(it, _)| it == place)?;
    Some((field, &old.windows[place], &new.windows[other]))
}

fn window_pairs(old: &Conduct, new: &Conduct) -> Vec<(usize, usize)> {
    pairs(&old.windows, &new.windows, |a, b| {
        (a.calendar, a.action) == (b.calendar, b.action)
    })
}

/// A longer window is stricter, and one of more instruments; one without any is for all.
fn window(field: &str, old: &WindowRule, new: &WindowRule) -> Option<Ordering> {
    match field {
        "before_s" => least(old.before_s, new.before_s),
        "after_s" => least(old.after_s, new.after_s),
        "symbol" | "symbols" => {
            let has = |some: &WindowRule, others: &WindowRule| {
                some.symbols.is_empty()
                    || (!others.symbols.is_empty())
                        && others.symbols.iter().all(|&symbol| some.concerns(symbol))
            };
            match (has(new, old), has(old, new)) {
                (true, false) => Some(Ordering::Greater),
                (false, true) => Some(Ordering::Less),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Compared at every profit at which one of them changes; not when some are larger and some smaller,
/// or when the weights differ.
fn sizes(old: &SizeLimit, new: &SizeLimit) -> Option<Ordering> {
    if old.weights != new.weights {
        return None;
    }
    let starts = old
        .tiers
        .iter()
        .chain(&new.tiers)
        .map(|tier| tier.profit_from);
    let below_all = Money(i64::MIN);
    let orders: Vec<_> = starts
        .chain([below_all])
        .filter_map(|profit| Some(old.tier(profit)?.max.cmp(&new.tier(profit)?.max)))
        .collect();
    let has = |order| orders.contains(&order);
    match (has(Ordering::Greater), has(Ordering::Less)) {
        (true, false) => Some(Ordering::Greater),
        (false, true) => Some(Ordering::Less),
        _ => None,
    }
}

fn life(field: &str, old: &Plan, new: &Plan) -> Option<Ordering> {
    let (old, new) = (old.life, new.life);
    match field {
        "life.resets_max" => most(old.resets_max, new.resets_max),
        "life.retries_max" => most(old.retries_max, new.retries_max),
        "life.time_limit" => presence(old.time_limit, new.time_limit),
        "life.time_limit.days" => {
            let (old, new) = (old.time_limit?, new.time_limit?);
            (old.counts == new.counts).then(|| old.days.cmp(&new.days))
        }
        _ => None,
    }
}
