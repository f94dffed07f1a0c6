//! A proof in words: what was decided in one sentence, and the sums that it follows from.
//!
//! The sums state what the proof states; whether they come out is for [`Proof::verify`] to say.

use std::fmt::Write as _;

use rules::{Allowance, Proof, ProofPosition, Target, Verdict};
use types::{
    BaselineSource, Breach, Consistency, Effect, InactivityEffect, Lapse, LapseEffect, LimitBasis,
    MarkKind, Money, Notional, PayoutDenial, Rest, RuleKind, VerdictBasis,
};

use crate::dto::percent;
use crate::dto::word::Word as _;

/// What was decided, in one sentence.
pub fn sentence(proof: &Proof) -> String {
    let account = format!("Account {} ({})", proof.account(), proof.account_name);
    let at = format!("at input {}, {}", proof.seq, proof.ts);
    match &proof.verdict {
        Verdict::Breach(breach) => {
            let did = match breach.effect {
                Effect::Fail => "failed",
                Effect::LockForDay => "was locked for the day",
                Effect::Warn => "was warned",
            };
            let did = if breach.primary {
                did.to_owned()
            } else {
                let rule = rule_name(breach.rule);
                format!("also violated its {rule}, while another limit decided,")
            };
            format!("{account} {did} {at}: {}.", comparison(breach))
        }
        Verdict::Passed => format!("{account} passed {at}: it met every objective of its plan."),
        Verdict::Inactive(rest) => {
            let did = match rest.effect {
                InactivityEffect::Fail => "failed",
                InactivityEffect::Suspend => "was suspended",
                InactivityEffect::Close => "was closed",
            };
            format!("{account} {did} {at}: {}.", resting(rest))
        }
        Verdict::Lapsed(lapse) => {
            let did = match lapse.effect {
                LapseEffect::Fail => "failed",
                LapseEffect::Close => "was closed",
            };
            format!("{account} {did} {at}: {}.", lapsing(lapse))
        }
        Verdict::PayoutDenied {
            requested, reason, ..
        } => format!(
            "{account} was refused a payout of {requested} {at}: {}.",
            why(reason)
        ),
    }
}

/// The sums of a proof, one for each line.
pub fn sums(proof: &Proof) -> Vec<String> {
    let basis = &proof.basis;
    let mut lines: Vec<String> = proof
        .positions
        .iter()
        .map(|held| position(held, proof.plan.terms.mark))
        .collect();
    lines.push(balance(proof));
    match &proof.verdict {
        Verdict::Breach(breach) => {
            lines.push(equity(proof, breach.equity));
            let limits = proof.limits.iter();
            let own = limits.filter(|limit| limit.rule == breach.rule);
            lines.extend(own.flat_map(|limit| floor(proof, limit)));
            lines.push(format!("verdict: {}", comparison(breach)));
        }
        Verdict::Passed => {
            lines.push(counted(basis));
            lines.extend(target(proof));
            if let Some(rule) = proof.plan.min_days {
                let (days, needs) = (basis.days, rule.days);
                lines.push(format!("days: {days} counted, {needs} asked for"));
            }
            lines.extend(proof.consistency.as_ref().map(consistency));
        }
        Verdict::Inactive(rest) => {
            lines.push(equity(proof, rest.equity));
            lines.push(format!(
                "last active: trading day {}, input {}, {}",
                rest.active, rest.active_seq, rest.active_ts
            ));
            lines.push(format!("verdict: {}", resting(rest)));
        }
        Verdict::Lapsed(lapse) => {
            lines.push(equity(proof, lapse.equity));
            lines.push(format!("verdict: {}", lapsing(lapse)));
        }
        Verdict::PayoutDenied {
            requested,
            eligible,
            reason,
        } => {
            lines.push(counted(basis));
            lines.push(format!(
                "profit that a payout can come from: {} - size {} - never paid {} - beyond the best \
                 day's share {}",
                basis.balance.saturating_sub(basis.excluded),
                basis.size,
                basis.never_paid,
                basis.beyond_best_day,
            ));
            lines.extend(proof.limits.iter().flat_map(|limit| floor(proof, limit)));
            if matches!(reason, PayoutDenial::Consistency(_)) {
                lines.extend(proof.consistency.as_ref().map(consistency));
            }
            lines.push(format!(
                "verdict: {requested} asked for, {eligible} eligible: {}",
                why(reason)
            ));
        }
    }
    lines.push(format!(
        "plan: {} version {}, hash {}",
        proof.plan.name, basis.plan_version, basis.plan_hash
    ));
    lines
}

const fn rule_name(rule: RuleKind) -> &'static str {
    match rule {
        RuleKind::DailyLoss => "daily loss",
        RuleKind::MaxLoss => "maximum loss",
    }
}

fn comparison(breach: &Breach) -> String {
    let (equity, floor) = (breach.equity, breach.floor);
    let of = rule_name(breach.rule);
    let by = |amount: i128| Notional(amount);
    let distance = equity.0.saturating_sub(floor.to_notional().0);
    match distance {
        0 if breach.touch_is_breach => {
            format!(
                "equity {equity} is at the floor {floor} of its {of}, where a touch is a breach"
            )
        }
        0 => format!("equity {equity} is at the floor {floor} of its {of}"),
        1.. => format!(
            "equity {equity} is above the floor {floor} of its {of} by {}",
            by(distance)
        ),
        _ => format!(
            "equity {equity} is below the floor {floor} of its {of} by {}",
            by(distance.saturating_neg())
        ),
    }
}

fn resting(rest: &Rest) -> String {
    let Rest {
        days,
        limit,
        active,
        opens,
        ..
    } = rest;
    format!(
        "it had rested for {days} whole days between its last active trading day, {active}, and {opens}, which \
         opens; {limit} end a rest"
    )
}

fn lapsing(lapse: &Lapse) -> String {
    let Lapse {
        limit,
        counts,
        opened,
        last,
        opens,
        ..
    } = lapse;
    format!(
        "it had {limit} {} days to pass after {opened}, on which it opened: until {last}, and {opens} opens",
        counts.word()
    )
}

fn position(held: &ProofPosition, kind: MarkKind) -> String {
    let facts = &held.facts;
    let (side, mark) = match (kind, facts.last) {
        (MarkKind::Mid, _) => ("mid", facts.mark),
        (MarkKind::Last, Some(_)) => ("last", facts.mark),
        _ if facts.position.is_negative() => ("ask", facts.mark),
        _ => ("bid", facts.mark),
    };
    format!(
        "position {}: {} x {side} {mark} x contract size {} - cost {} = unrealised {} {} (mark of \
         input {})",
        held.symbol,
        facts.position,
        held.contract_size,
        facts.cost,
        facts.unrealised,
        held.currency,
        facts.mark_seq,
    )
}

fn balance(proof: &Proof) -> String {
    let basis = &proof.basis;
    let mut text = format!("balance: own cash {}", basis.own);
    for cash in &proof.cash {
        // Writing to a string cannot fail.
        let _ = write!(text, " + {} {} x {}", cash.cash, cash.currency, cash.rate);
    }
    let rounding = if proof.cash.is_empty() {
        ""
    } else {
        ", each product rounded down"
    };
    format!("{text} = {}{rounding}", basis.balance)
}

fn equity(proof: &Proof, equity: Notional) -> String {
    let unrealised = |currency| {
        let held = proof.positions.iter();
        held.filter(move |held| held.currency == currency)
            .map(|held| signed(held.facts.unrealised))
            .collect::<String>()
    };
    let mut text = format!(
        "equity: own cash {}{}",
        proof.basis.own,
        unrealised(proof.plan.currency)
    );
    for cash in &proof.cash {
        let (open, rate) = (unrealised(cash.currency), cash.rate);
        let _ = write!(text, " + ({}{open}) {} x {rate}", cash.cash, cash.currency);
    }
    let rounding = if proof.cash.is_empty() {
        ""
    } else {
        ", each product rounded down"
    };
    format!("{text} = {equity}{rounding}")
}

/// An amount with its sign, as a further term of a sum.
fn signed(amount: Notional) -> String {
    if amount.0 < 0 {
        format!(" - {}", Notional(amount.0.saturating_neg()))
    } else {
        format!(" + {amount}")
    }
}

/// Where the baseline of a limit comes from.
fn baseline(limit: &LimitBasis) -> String {
    let from = match limit.origin.source {
        BaselineSource::Opening => "the balance that the account opened with".to_owned(),
        BaselineSource::Roll => "taken when a trading day rolled".to_owned(),
        BaselineSource::Equity(peak) => format!("live equity at its peak, {peak}, rounded down"),
        BaselineSource::ClosedBalance => "the closed balance at its peak".to_owned(),
        BaselineSource::Scaling => "taken at a step of growth".to_owned(),
    };
    format!(
        "baseline of the {}: {}, {from}, at input {}, {}",
        rule_name(limit.rule),
        limit.baseline.saturating_add(limit.lowered),
        limit.origin.seq,
        limit.origin.ts
    )
}

/// The baseline, the allowance and the floor of a limit.
fn floor(proof: &Proof, limit: &LimitBasis) -> Vec<String> {
    let name = rule_name(limit.rule);
    let size = proof.basis.size;
    let allowance = match limit.rule {
        RuleKind::DailyLoss => proof.plan.daily_loss.and_then(|rule| {
            let taken_from = limit.baseline.saturating_add(limit.lowered);
            let mut all = rule.allowances();
            all.find(|allowance| allowance.amount(size, taken_from) == limit.allowance)
        }),
        RuleKind::MaxLoss => proof.plan.max_loss.map(|rule| rule.allowance),
    };
    let amount = limit.allowance;
    let allowance = allowance.map(|allowance| match allowance {
        Allowance::Fixed(_) => format!("allowance of the {name}: {amount}, fixed by the plan"),
        Allowance::OfInitial(share) => {
            let share = percent::exact(share);
            format!("allowance of the {name}: {share}% of the size {size} = {amount}, rounded down")
        }
        Allowance::OfBase(share) => {
            let share = percent::exact(share);
            let taken_from = limit.baseline.saturating_add(limit.lowered);
            let of = format!("allowance of the {name}: {share}% of {taken_from}");
            format!("{of} = {amount}, rounded down")
        }
    });
    let lowered = if limit.lowered == Money::ZERO {
        String::new()
    } else {
        format!(" (payouts put it {} lower)", limit.lowered)
    };
    let floor = match limit.held {
        None => format!(
            "floor of the {name}: baseline {}{lowered} - allowance {amount} = {}",
            limit.baseline, limit.floor
        ),
        Some(offset) => format!(
            "floor of the {name}: held at size {size} + {offset} = {}",
            limit.floor
        ),
    };
    let baseline = Some(baseline(limit));
    baseline
        .into_iter()
        .chain(allowance)
        .chain([floor])
        .collect()
}

fn counted(basis: &VerdictBasis) -> String {
    format!(
        "balance that counts: {} - excluded {} = {}",
        basis.balance,
        basis.excluded,
        basis.balance.saturating_sub(basis.excluded)
    )
}

fn target(proof: &Proof) -> Option<String> {
    let size = proof.basis.size;
    let target = proof.plan.profit_target?;
    let profit = target.amount(size);
    let share = match target {
        Target::Fixed(_) => String::new(),
        Target::OfInitial(share) => format!(" ({}%)", percent::exact(share)),
    };
    let needed = size.saturating_add(profit);
    Some(format!("target: size {size} + {profit}{share} = {needed}"))
}

fn consistency(standing: &Consistency) -> String {
    let Consistency {
        best_day,
        total,
        denominator,
        inclusive,
        met,
        total_needed,
        next_day_max,
        ..
    } = *standing;
    let undefined = || "undefined".to_owned();
    let total_needed = total_needed.map_or_else(undefined, |amount| amount.to_string());
    let next_day_max = next_day_max.map_or_else(undefined, |amount| amount.to_string());
    let cap = percent::exact(standing.cap);
    let at_cap = if inclusive { "allowed" } else { "not allowed" };
    let standing = if met { "met" } else { "not met" };
    format!(
        "consistency: best day {best_day} of {denominator}, cap {cap}%, exactly at it {at_cap}: \
         {standing}; total {total}, needed {total_needed}, next day at most {next_day_max}"
    )
}

fn why(reason: &PayoutDenial) -> String {
    match reason {
        PayoutDenial::NotInPlan => "the plan pays nothing out".to_owned(),
        PayoutDenial::NotEligibleState => "an account in its state takes no payout".to_owned(),
        PayoutDenial::AmountNotPositive => "the amount is not above zero".to_owned(),
        PayoutDenial::NotFlat => "positions are open".to_owned(),
        PayoutDenial::Consistency(_) => "the consistency rule is not met".to_owned(),
        PayoutDenial::AboveEligible => "that is more than is eligible".to_owned(),
        PayoutDenial::WouldBreach => "what is left would violate a limit".to_owned(),
        PayoutDenial::TooFewDays { has, needs } => {
            let days = if *has == 1 {
                "day counts"
            } else {
                "days count"
            };
            format!("{has} trading {days}, and it takes {needs}")
        }
        PayoutDenial::TooSoon { has, needs } => {
            let days = if *has == 1 { "day" } else { "days" };
            format!(
                "{has} {days} went by since the last payout or, before the first, since the account opened, and it takes \
                 {needs}"
            )
        }
        PayoutDenial::BelowMinimum { min } => format!("a payout takes at least {min}"),
    }
}
