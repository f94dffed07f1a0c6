//! What a phase asks for: profit, days, consistency.

use rules::account::AccountRules;
use rules::{ConsistencyWindow, DayCounts, Denominator, MinDays, Plan, Stage};
use types::{AccountId, Money, TimestampNs, TradingDay};

use super::Section;
use super::limits::DAY;
use crate::plan::figures::{CENT, amount, cents_ceil, cents_floor, count, list, share};

/// Target, days, consistency.
pub(super) fn section(plan: &Plan) -> Option<Section> {
    let mut said = Vec::new();
    let mut parts = Vec::new();
    if let Some(sentence) = target(plan) {
        said.push(sentence);
        parts.push("the target".to_owned());
    }
    if let Some(rule) = plan.min_days {
        said.push(format!(
            "{} must count{}.",
            capital(&count(rule.days, "trading day")),
            what_counts(rule)
        ));
        parts.push("the days".to_owned());
    }
    if let Some(sentences) = consistency(plan) {
        said.extend(sentences);
        parts.push("consistency".to_owned());
    }
    if said.is_empty() {
        return None;
    }
    let passes = matches!(plan.stage, Stage::Evaluation { .. }) && plan.profit_target.is_some();
    if passes && parts.len() > 1 {
        said.push(format!(
            "The phase passes when {} hold together and nothing is open.",
            list(&parts)
        ));
    }
    Some(Section::new("Objectives", said))
}

fn target(plan: &Plan) -> Option<String> {
    let rule = plan.profit_target?;
    let mut account = AccountRules::open(plan, Some(DAY));
    let needed = account.target_balance(plan)?;
    let short = needed.saturating_sub(CENT);
    let is_short = account.reach_target(plan, short, TimestampNs(0)).is_none();
    let is_enough = account.reach_target(plan, needed, TimestampNs(0)).is_some();
    let enough = if is_short && is_enough {
        format!("; {} is not enough", amount(short))
    } else {
        String::new()
    };
    Some(format!(
        "The profit target is a balance of {} ({} + {}) while nothing is open{enough}.",
        amount(needed),
        amount(plan.initial_balance),
        amount(rule.amount(plan.initial_balance)),
    ))
}

/// What makes a day count, as the end of a sentence.
pub(super) fn what_counts(rule: MinDays) -> String {
    let counts = match rule.counts {
        DayCounts::OpeningFill => "a day counts when a position was opened or enlarged on it",
        DayCounts::AnyDayHeld => "a day counts when a position was held at any time of it",
    };
    match rule.day_profit_min {
        None => format!("; {counts}"),
        Some(least) => format!("; {counts} and it made {} or more", amount(least)),
    }
}

fn consistency(plan: &Plan) -> Option<Vec<String>> {
    let rule = plan.consistency?;
    let what = match rule.denominator {
        Denominator::Net => "of the profit of all days",
        Denominator::PositiveDays => "of the sum of the days with a profit",
        Denominator::Target => {
            "of the profit target, or of the profit of all days where that is more"
        }
    };
    let window = match rule.window {
        ConsistencyWindow::Phase => "",
        ConsistencyWindow::SincePayout => " since the last payout",
    };
    let edge = if rule.inclusive {
        "exactly that passes"
    } else {
        "exactly that does not pass"
    };
    let cap = share(rule.cap);
    let mut said = vec![format!(
        "The best day{window} may be {cap} {what}; {edge}. Above it the answer is not yet, never a failure."
    )];
    // Days of 2%, 1% and 1% of the size: the best is half of the total.
    let unit = cents_floor(Money(plan.initial_balance.0 / 100)).max(CENT);
    let days = [Money(unit.0.saturating_mul(2)), unit, unit];
    let mut account = AccountRules::open(plan, Some(DAY));
    let mut balance = plan.initial_balance;
    for (day, profit) in (DAY.0 + 1..).zip(days) {
        account.record_opening_fill();
        account.record_realised(profit);
        balance = balance.saturating_add(profit);
        account.roll(plan, TradingDay(day), balance, balance.to_notional(), false);
    }
    let standing = account.consistency(plan, AccountId(0))?;
    let verdict = if standing.met {
        "passes"
    } else {
        "does not pass yet"
    };
    let days = days.map(amount);
    said.push(format!(
        "Days of {} have a best day of {} against {}: that {verdict}.",
        list(&days),
        amount(standing.best_day),
        amount(standing.denominator),
    ));
    if let Some(needed) = standing.total_needed.filter(|_| !standing.met) {
        said.push(format!(
            "A total of {} would do ({} / {cap}).",
            amount(cents_ceil(needed)),
            amount(standing.best_day),
        ));
    }
    if rule.denominator == Denominator::Target {
        said.extend(first_day(plan, &cap));
        said.extend(in_one_day(plan, &cap));
    } else {
        let next = amount(cents_floor(standing.next_day_max?));
        let rest = types::Ratio(types::Ratio::ONE.0 - rule.cap.0);
        said.push(format!(
            "With {} so far the next day may make {next} ({cap} x {} / {}) to stay within the cap itself.",
            amount(standing.denominator),
            amount(standing.denominator),
            share(rest),
        ));
    }
    Some(said)
}

/// The most that a day may make when there is nothing else.
fn first_day(plan: &Plan, cap: &str) -> Option<String> {
    let account = AccountRules::open(plan, Some(DAY));
    let standing = account.consistency(plan, AccountId(0))?;
    Some(format!(
        "The first day may make {} ({cap} x {}) to stay within the cap.",
        amount(cents_floor(standing.next_day_max?)),
        amount(standing.denominator),
    ))
}

/// What it takes after the whole target was made in one day.
fn in_one_day(plan: &Plan, cap: &str) -> Option<String> {
    let made = plan.profit_target?.amount(plan.initial_balance);
    let mut account = AccountRules::open(plan, Some(DAY));
    account.record_realised(made);
    let needed = account.consistency(plan, AccountId(0))?.total_needed?;
    Some(format!(
        "A better day raises what has to be earned: after {} in one day it is {} ({} / {cap}).",
        amount(made),
        amount(cents_ceil(needed)),
        amount(made),
    ))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
