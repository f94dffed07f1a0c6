//! What leaves an account and what makes it grow, on an account with a few equal winning days.

use rules::account::AccountRules;
use rules::{AfterPayout, PayoutKeep, Plan, Stage, Target};
use types::{AccountId, Money, PayoutDenial, TradingDay};

use super::Section;
use super::goals::what_counts;
use super::limits::DAY;
use crate::plan::figures::{CENT, amount, cents_floor, count, list, share};

/// The days of the example, where the plan does not ask for more.
const DAYS: u16 = 5;
/// The most scaling steps that are counted out.
const STEPS_MAX: u64 = 10_000;
/// How often the example doubles its profit when nothing could be paid out.
const DOUBLINGS_MAX: u32 = 6;

/// An account after some days that all made the same profit while nothing stayed open.
fn traded(plan: &Plan, days: u16, profit: Money) -> (AccountRules, Money) {
    let mut account = AccountRules::open(plan, Some(DAY));
    let mut balance = plan.initial_balance;
    for day in 1..=i32::from(days) {
        account.record_opening_fill();
        account.record_realised(profit);
        balance = balance.saturating_add(profit);
        account.ratchet_equity(plan, balance.to_notional());
        account.ratchet_closed(plan, balance);
        account.roll(
            plan,
            TradingDay(DAY.0 + day),
            balance,
            balance.to_notional(),
            false,
        );
    }
    (account, balance)
}

/// What can be paid out, less what falls below a cent.
fn eligible(plan: &Plan, account: &AccountRules, balance: Money) -> Money {
    cents_floor(account.payout_eligible(plan, balance))
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
    said.push(format!(
        "The trader gets {} of a payout.",
        share(rule.split)
    ));
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
    said.extend(worked(plan));
    said.extend(uneven(plan));
    Some(Section::new("Payouts", said))
}

/// Days enough, and the least profit of each that the example starts with: 1% of the size.
fn example(plan: &Plan) -> (u16, Money) {
    let asked = plan.payout.and_then(|rule| rule.days_min);
    let days = asked.map_or(DAYS, |rule| rule.days.max(DAYS));
    let least = asked.and_then(|rule| rule.day_profit_min).unwrap_or(CENT);
    let profit = cents_floor(Money(plan.initial_balance.0 / 100)).max(least);
    (days, profit)
}

fn worked(plan: &Plan) -> Vec<String> {
    let Some(rule) = plan.payout else {
        return Vec::new();
    };
    let (days, mut profit) = example(plan);
    let mut said = Vec::new();
    for _ in 0..DOUBLINGS_MAX {
        let (account, balance) = traded(plan, days, profit);
        let after = format!(
            "After {} of {} each the balance is {}{}",
            count(days, "day"),
            amount(profit),
            amount(balance),
            account.max().map_or_else(String::new, |max| format!(
                " and the floor {}",
                amount(max.floor)
            )),
        );
        let sum = eligible(plan, &account, balance);
        let refused = account.check_payout(plan, AccountId(0), balance, sum).err();
        if sum == Money::ZERO {
            said.push(format!("{after}: nothing can be paid out yet."));
            profit = Money(profit.0.saturating_mul(2));
            continue;
        }
        if let Some(reason) = refused {
            said.push(format!(
                "{after}: a payout is refused, {}.",
                refusal(reason)
            ));
            return said;
        }
        let trader = sum.mul_ratio_floor(rule.split);
        said.push(format!(
            "{after}: {} can be paid out, of which the trader gets {}.",
            amount(sum),
            amount(trader)
        ));
        let mut paid = account.clone();
        paid.pay_out(plan, balance, sum);
        let left = balance.saturating_sub(sum);
        let floor = paid.max().map_or_else(String::new, |max| {
            format!(" and the floor {}", amount(max.floor))
        });
        said.push(format!("Then the balance is {}{floor}.", amount(left)));
        return said;
    }
    said
}

/// The example with the same total, most of it on one day, where the best day is capped.
fn uneven(plan: &Plan) -> Option<String> {
    plan.payout?.best_day_cap?;
    let (days, profit) = example(plan);
    let rest = i64::from(days) - 1;
    let small = cents_floor(Money(profit.0 / 2));
    let large = Money(profit.0.saturating_mul(rest + 1) - small.0.saturating_mul(rest));
    let mut account = AccountRules::open(plan, Some(DAY));
    let mut balance = plan.initial_balance;
    for day in 0..i32::from(days) {
        let profit = if day == 0 { large } else { small };
        account.record_opening_fill();
        account.record_realised(profit);
        balance = balance.saturating_add(profit);
        account.roll(
            plan,
            TradingDay(DAY.0 + day + 1),
            balance,
            balance.to_notional(),
            false,
        );
    }
    Some(format!(
        "With one day of {} and {} of {} instead, {} of the profit of {} is payable.",
        amount(large),
        count(rest as u64, "day"),
        amount(small),
        amount(cents_floor(account.payable_profit(plan, balance))),
        amount(balance.saturating_sub(plan.initial_balance)),
    ))
}

fn refusal(reason: PayoutDenial) -> String {
    match reason {
        PayoutDenial::TooFewDays { has, needs } => {
            format!("{has} of {needs} days count")
        }
        PayoutDenial::Consistency(_) => "consistency is not met".to_owned(),
        PayoutDenial::WouldBreach => "it would leave the account at a limit".to_owned(),
        PayoutDenial::AboveEligible
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
