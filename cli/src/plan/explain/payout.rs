//! What leaves an account and what makes it grow, on an account with a few equal winning days.

use rules::account::AccountRules;
use rules::{AfterPayout, PayoutKeep, PayoutRule, PayoutSeries, Plan, SplitFrom, Stage, Target};
use types::{AccountId, Money, PayoutDenial, TradingDay};

use super::Section;
use super::goals::what_counts;
use super::limits::DAY;
use crate::plan::figures::{CENT, amount, cents_floor, count, list, share};

/// The days of the example, where the plan does not ask for more.
const DAYS: u16 = 5;
/// The most days of it, so that a long wait between payouts is told as a refusal.
const DAYS_MAX: u16 = 60;
/// The most scaling steps that are counted out.
const STEPS_MAX: u64 = 10_000;
/// How often the example doubles its profit when nothing could be paid out.
const DOUBLINGS_MAX: u32 = 6;

/// An account after days that made these profits while nothing stayed open.
fn traded(plan: &Plan, profits: &[Money]) -> (AccountRules, Money) {
    let mut account = AccountRules::open(plan, Some(DAY));
    let mut balance = plan.initial_balance;
    for (day, profit) in (DAY.0 + 1..).zip(profits) {
        account.record_opening_fill();
        account.record_realised(*profit);
        balance = balance.saturating_add(*profit);
        account.ratchet_equity(plan, balance.to_notional());
        account.ratchet_closed(plan, balance);
        account.roll(plan, TradingDay(day), balance, balance.to_notional(), false);
    }
    (account, balance)
}

/// The payout rule.
pub(super) fn payouts(plan: &Plan) -> Option<Section> {
    let rule = plan.payout?;
    let mut said = Vec::new();
    if plan.stage != Stage::Funded {
        said.push("Only a funded account is paid out; this plan is an evaluation.".to_owned());
    }
    let cap = rule
        .cap
        .map_or_else(String::new, |cap| format!(", at most {}", amount(cap)));
    let keep = match rule.keep {
        PayoutKeep::AboveFloor(Money::ZERO) => "the floor of the maximum loss".to_owned(),
        PayoutKeep::AboveFloor(buffer) => {
            format!(
                "the floor of the maximum loss and {} above it",
                amount(buffer)
            )
        }
        PayoutKeep::AboveInitial(net) => format!(
            "{} ({} + {})",
            amount(plan.initial_balance.saturating_add(net)),
            amount(plan.initial_balance),
            amount(net)
        ),
    };
    said.push(format!(
        "One payout takes up to {} of the profit{cap}, and must leave at least {keep}.",
        share(rule.fraction)
    ));
    if let Some(cap) = rule.best_day_cap {
        said.push(format!(
            "What the best day since the last payout made beyond {} of the profit is never paid out.",
            share(cap)
        ));
    }
    if let Some(days) = rule.days_min {
        said.push(format!(
            "{} must count since the last payout{}.",
            count(days.days, "trading day"),
            what_counts(days)
        ));
    }
    said.extend(series(&rule));
    if plan.max_loss.is_some() {
        said.push(
            match rule.after {
                AfterPayout::FloorStays => "The floor stays where it is.",
                AfterPayout::FloorToInitial => {
                    "The floor moves to the initial balance and stays there."
                }
                AfterPayout::FloorFallsByPayout => "The floor falls by what was paid out.",
            }
            .to_owned(),
        );
    }
    said.extend(worked(plan, &rule));
    Some(Section::new("Payouts", said))
}

/// What changes from one payout to the next, and the split.
fn series(rule: &PayoutRule) -> Vec<String> {
    let PayoutSeries {
        min,
        caps,
        interval_days,
        splits,
        payouts_max,
    } = &rule.series;
    let mut said = Vec::new();
    let caps: Vec<_> = caps.iter().flatten().map(|cap| amount(*cap)).collect();
    if !caps.is_empty() {
        let later = rule.cap.map_or_else(
            || "later ones have no cap".to_owned(),
            |cap| format!("later ones {}", amount(cap)),
        );
        let first = match caps.len() {
            1 => "The first payout takes".to_owned(),
            more => format!("The first {more} payouts take, one after the other,"),
        };
        said.push(format!("{first} at most {}; {later}.", list(&caps)));
    }
    if let Some(min) = min {
        said.push(format!("A payout takes at least {}.", amount(*min)));
    }
    if let Some(days) = interval_days {
        said.push(format!(
            "{} must go by from one payout to the next, before the first from the day on which the \
             account opened.",
            count(*days, "calendar day")
        ));
    }
    said.push(format!(
        "The trader gets {} of a payout.",
        share(rule.split)
    ));
    said.extend(splits.iter().flatten().map(|tier| match tier.from {
        SplitFrom::Payout(number) => {
            format!("From payout {number} on it is {}.", share(tier.split))
        }
        SplitFrom::PaidTotal(total) => format!(
            "Of what payouts take beyond {} in total it is {}.",
            amount(total),
            share(tier.split)
        ),
    }));
    if let Some(payouts) = payouts_max {
        said.push(format!(
            "After {} the account is closed.",
            count(*payouts, "payout")
        ));
    }
    said
}

/// A payout after days of which one made much more than the others, where the best day is capped, and
/// after days that are all the same, where that is not paid out.
fn worked(plan: &Plan, rule: &PayoutRule) -> Vec<String> {
    let least = rule.days_min.and_then(|days| days.day_profit_min);
    let days = rule.days_min.map_or(DAYS, |asked| asked.days.max(DAYS));
    // Each day of the example is a calendar day.
    let days = days.max(rule.series.interval_days.unwrap_or(0).min(DAYS_MAX));
    let profit = cents_floor(Money(plan.initial_balance.0 / 100)).max(least.unwrap_or(CENT));
    let same = vec![profit; days.into()];
    let mut said = Vec::new();
    if let Some(days) = capped(plan, rule, &same) {
        let (sentences, is_paid) = paid_out(plan, rule, days);
        said.extend(sentences);
        if is_paid {
            return said;
        }
    }
    said.extend(paid_out(plan, rule, same).0);
    said
}

/// The same days with a first one so much better that its cap takes something; `None` without one.
fn capped(plan: &Plan, rule: &PayoutRule, same: &[Money]) -> Option<Vec<Money>> {
    rule.best_day_cap?;
    let mut days = same.to_vec();
    for _ in 0..DOUBLINGS_MAX {
        let best = days.first_mut()?;
        *best = best.checked_add(*best)?;
        let (account, _) = traded(plan, &days);
        if account.beyond_best_days(plan).1 > Money::ZERO {
            return Some(days);
        }
    }
    None
}

/// What is paid out after these days, or after days that made a multiple of it; and whether anything is.
fn paid_out(plan: &Plan, rule: &PayoutRule, mut days: Vec<Money>) -> (Vec<String>, bool) {
    let mut said = Vec::new();
    for _ in 0..DOUBLINGS_MAX {
        let (account, balance) = traded(plan, &days);
        let after = format!(
            "After {} the balance is {}{}",
            told(&days),
            amount(balance),
            floor(&account),
        );
        let sum = account.payout_eligible(plan, balance);
        let asked = sum.max(Money(1));
        match account.check_payout(plan, AccountId(0), balance, asked) {
            Err(PayoutDenial::AboveEligible | PayoutDenial::BelowMinimum { .. })
                if sum == Money::ZERO =>
            {
                said.push(format!("{after}: nothing can be paid out yet."));
                for profit in &mut days {
                    *profit = Money(profit.0.saturating_mul(2));
                }
            }
            Err(PayoutDenial::BelowMinimum { min }) => {
                said.push(format!(
                    "{after}: {} could be paid out, which is less than the {} that a payout takes at least.",
                    amount(sum),
                    amount(min)
                ));
                for profit in &mut days {
                    *profit = Money(profit.0.saturating_mul(2));
                }
            }
            Err(reason) => {
                said.push(format!(
                    "{after}: a payout is refused, {}.",
                    refusal(reason)
                ));
                return (said, false);
            }
            Ok(()) => {
                said.push(format!(
                    "{after}: {} can be paid out, of which the trader gets {}.",
                    amount(sum),
                    amount(account.trader_share(plan, sum))
                ));
                said.extend(bounded(plan, rule, &account, balance));
                let mut paid = account;
                paid.pay_out(plan, balance, sum);
                said.push(format!(
                    "Then the balance is {}{}.",
                    amount(balance.saturating_sub(sum)),
                    floor(&paid)
                ));
                return (said, true);
            }
        }
    }
    (said, false)
}

/// What bounds a payout, in the order in which it is applied.
fn bounded(
    plan: &Plan,
    rule: &PayoutRule,
    account: &AccountRules,
    balance: Money,
) -> Option<String> {
    let bounds = account.payout_bounds(plan, balance)?;
    let beyond = account.beyond_best_days(plan).1;
    let made = amount(balance.saturating_sub(account.size()));
    let profit = match rule.best_day_cap {
        Some(cap) if beyond > Money::ZERO => format!(
            "Of the profit of {made} the best day made {} beyond {}, which leaves {}. ",
            amount(beyond),
            share(cap),
            amount(bounds.profit)
        ),
        _ => String::new(),
    };
    let others = [
        (bounds.cap, "the most of one payout"),
        (bounds.by_keep, "what is above what must be left"),
        (
            bounds.by_floor,
            "what leaves the account within its maximum loss",
        ),
    ];
    let mut all = vec![format!(
        "{} ({} of {})",
        amount(bounds.by_fraction),
        share(rule.fraction),
        amount(bounds.profit)
    )];
    all.extend(
        others
            .into_iter()
            .filter_map(|(bound, what)| Some(format!("{} ({what})", amount(bound?)))),
    );
    Some(match all.as_slice() {
        [one] => format!("{profit}What can be paid out is {one}."),
        _ => format!(
            "{profit}What can be paid out is the least of {}.",
            list(&all)
        ),
    })
}

/// `5 days of 500.00 each`; where the first is another one, `a day of 4,000.00 and 4 days of 500.00 each`.
fn told(days: &[Money]) -> String {
    let each = |days: &[Money]| match days {
        [] => String::new(),
        [one] => format!("a day of {}", amount(*one)),
        [one, ..] => format!(
            "{} of {} each",
            count(days.len() as u64, "day"),
            amount(*one)
        ),
    };
    match days {
        [first, rest @ ..] if rest.first().is_some_and(|other| other != first) => {
            format!("a day of {} and {}", amount(*first), each(rest))
        }
        _ => each(days),
    }
}

fn floor(account: &AccountRules) -> String {
    let floor = account.max().map(|max| max.floor);
    floor.map_or_else(String::new, |floor| {
        format!(" and the floor {}", amount(floor))
    })
}

fn refusal(reason: PayoutDenial) -> String {
    match reason {
        PayoutDenial::TooFewDays { has, needs } => {
            format!("{has} of {needs} days count")
        }
        PayoutDenial::TooSoon { has, needs } => {
            format!("{has} of {needs} days went by")
        }
        PayoutDenial::Consistency(_) => "consistency is not met".to_owned(),
        PayoutDenial::WouldBreach => "it would leave the account at a limit".to_owned(),
        PayoutDenial::AboveEligible
        | PayoutDenial::BelowMinimum { .. }
        | PayoutDenial::NotInPlan
        | PayoutDenial::NotEligibleState
        | PayoutDenial::AmountNotPositive
        | PayoutDenial::NotFlat => "it is not eligible".to_owned(),
    }
}

/// The scaling rule.
pub(super) fn scaling(plan: &Plan) -> Option<Section> {
    let rule = plan.scaling?;
    let mut said = Vec::new();
    let mut account = AccountRules::open(plan, Some(DAY));
    if let Some(needs) = account.scale_standing(plan, AccountId(0)) {
        let profit = match rule.requires.map(|when| when.profit) {
            Some(Target::OfInitial(ratio)) => {
                format!(
                    "{} ({} of the size)",
                    amount(needs.profit_needed),
                    share(ratio)
                )
            }
            _ => amount(needs.profit_needed),
        };
        let days = (needs.days_needed > 0).then(|| count(needs.days_needed, "trading day"));
        let payouts = (needs.payouts_needed > 0).then(|| count(needs.payouts_needed, "payout"));
        let mut asked = vec![format!("a profit of {profit}")];
        asked.extend(days.into_iter().chain(payouts));
        said.push(format!(
            "Each step takes {} since the last one.",
            list(&asked)
        ));
    }
    let before = account.max().map(|max| max.floor);
    let equity = plan.initial_balance.to_notional();
    match account.scale(plan, equity) {
        None => said.push("The first step would be past the largest size.".to_owned()),
        Some((added, _)) => {
            let floor = match (before, account.max()) {
                (Some(before), Some(max)) => {
                    format!(
                        ", the floor from {} to {}",
                        amount(before),
                        amount(max.floor)
                    )
                }
                _ => String::new(),
            };
            said.push(format!(
                "A step adds {}, {} of the original size: the size grows from {} to {}{floor}.",
                amount(added),
                share(rule.step),
                amount(plan.initial_balance),
                amount(account.size()),
            ));
            let mut steps = 1_u64;
            while rule.size_max.is_some()
                && steps < STEPS_MAX
                && account.scale(plan, equity).is_some()
            {
                steps += 1;
            }
            if let Some(max) = rule.size_max.filter(|_| steps < STEPS_MAX) {
                said.push(format!(
                    "The largest size is {}: {}, to {}.",
                    amount(max),
                    count(steps, "step"),
                    amount(account.size())
                ));
            }
        }
    }
    Some(Section::new("Scaling", said))
}
