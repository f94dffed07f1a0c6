//! What happened to the account under its rules, in words.

use std::fmt::Write;

use types::{AccountState, Effect, Event, EventKind, RuleKind};

use super::date::date;
use super::text::{amount, escape};
use super::{Entry, Report, VERDICTS_LISTED_MAX, tables};
use crate::outcome::Outcome;

pub(super) const fn rule(rule: RuleKind) -> &'static str {
    match rule {
        RuleKind::DailyLoss => "Daily loss floor",
        RuleKind::MaxLoss => "Max loss floor",
    }
}

const fn limit(rule: RuleKind) -> &'static str {
    match rule {
        RuleKind::DailyLoss => "daily loss limit",
        RuleKind::MaxLoss => "max loss limit",
    }
}

const fn state(state: AccountState) -> &'static str {
    match state {
        AccountState::Evaluation => "in evaluation",
        AccountState::Passed => "passed",
        AccountState::Funded => "funded",
        AccountState::Failed => "failed",
        AccountState::Closed => "closed",
        AccountState::Suspended => "suspended",
    }
}

/// Whether it is good news, bad news or neither: a class.
const fn tone(event: &Event) -> &'static str {
    match event.kind {
        EventKind::Breach(_)
        | EventKind::MarginCall { .. }
        | EventKind::Inactive { .. }
        | EventKind::Lapsed(_) => "loss",
        EventKind::TargetReached { .. } | EventKind::PayoutApproved { .. } => "gain",
        EventKind::StateChanged { to, .. } => match to {
            AccountState::Passed | AccountState::Funded => "gain",
            AccountState::Failed => "loss",
            _ => "plain",
        },
        EventKind::LimitWarned(_) | EventKind::DayLocked { .. } => "warn",
        _ => "plain",
    }
}

/// One verdict in a sentence.
pub(super) fn words(event: &Event, currency: &str) -> String {
    match event.kind {
        EventKind::Breach(breach) => {
            let what = match breach.effect {
                Effect::Fail => "the account fails",
                Effect::LockForDay => "the account is locked for the day",
                Effect::Warn => "it is reported",
            };
            let compared = if breach.touch_is_breach {
                "at or below"
            } else {
                "below"
            };
            format!(
                "Breach of the {}: equity {} {currency} is {compared} the floor {} ({} \u{2212} {}); {what}.",
                limit(breach.rule),
                amount(breach.equity.to_money_floor()),
                amount(breach.floor),
                amount(breach.baseline),
                amount(breach.allowance),
            )
        }
        EventKind::LimitWarned(warned) => format!(
            "Warning: equity {} {currency} is near the floor {} of the {}.",
            amount(warned.equity.to_money_floor()),
            amount(warned.floor),
            limit(warned.rule)
        ),
        EventKind::Liquidated { fees, slippage, .. } => format!(
            "Positions were closed: {} {currency} of fees, {} of slippage.",
            amount(fees),
            amount(slippage.to_money_floor())
        ),
        EventKind::DayLocked { .. } => "Locked until the next trading day.".to_owned(),
        EventKind::DayUnlocked { .. } => "The lock of the day before is gone.".to_owned(),
        EventKind::TargetReached {
            balance, target, ..
        } => format!(
            "Profit target reached: balance {} {currency}, {} was needed.",
            amount(balance),
            amount(target)
        ),
        EventKind::PaidOut { payouts, .. } => {
            format!("Payout {payouts} was the last that the plan pays: the account is closed.")
        }
        EventKind::StateChanged { from, to, .. } => {
            format!("State: {} \u{2192} {}.", state(from), state(to))
        }
        EventKind::Suspended { .. } => "The account is suspended.".to_owned(),
        EventKind::Inactive(rest) => {
            format!(
                "The account rested for {} days, as long as its plan allows.",
                rest.days
            )
        }
        EventKind::Lapsed(lapse) => {
            format!("The time to pass was over on {}.", lapse.last)
        }
        EventKind::MarginCall {
            equity, required, ..
        } => format!(
            "Margin call: equity {} {currency}, {} is required.",
            amount(equity),
            amount(required)
        ),
        EventKind::PayoutApproved {
            amount: paid,
            trader,
            ..
        } => format!(
            "Payout of {} {currency}, {} of it to the trader.",
            amount(paid),
            amount(trader)
        ),
        EventKind::PayoutDenied {
            requested,
            eligible,
            ..
        } => format!(
            "Payout of {} {currency} was refused; {} could be paid.",
            amount(requested),
            amount(eligible)
        ),
        ref other => format!("{other:?}"),
    }
}

/// How the account stands at the end: a class and words.
pub(super) fn standing(outcome: &Outcome) -> (&'static str, &'static str) {
    let class = match outcome.state {
        AccountState::Passed | AccountState::Funded => "gain",
        AccountState::Failed => "loss",
        _ => "plain",
    };
    (class, state(outcome.state))
}

/// The list of verdicts with what each rests on; `None` without rules.
pub(super) fn section(report: &Report<'_>) -> Option<String> {
    let (plan, outcome) = (report.plan.as_ref()?, report.outcome?);
    let (class, standing) = standing(outcome);
    let mut out = format!(
        "<p class=\"standing\">Under the plan <b>{}</b> the account ended <b class=\"{class}\">{standing}</b>.</p>",
        escape(plan)
    );
    let verdicts = &outcome.verdicts;
    if verdicts.is_empty() {
        out.push_str("<p>No rule spoke: no breach, no lock, no target.</p>");
        return Some(out);
    }
    out.push_str("<ol class=\"verdicts\">");
    for event in verdicts.iter().take(VERDICTS_LISTED_MAX) {
        let _ = write!(
            out,
            "<li class=\"{}\"><time>{}</time> <span>{}</span>",
            tone(event),
            date(event.ts.0, true),
            escape(&words(event, &report.currency))
        );
        if let EventKind::Breach(breach) = event.kind {
            evidence(&mut out, report, event, &breach);
        }
        out.push_str("</li>");
    }
    out.push_str("</ol>");
    let all = verdicts.len() as u64 + outcome.verdicts_lost;
    if all > VERDICTS_LISTED_MAX as u64 {
        let _ = write!(
            out,
            "<p class=\"note\">The first {VERDICTS_LISTED_MAX} of {all}.</p>"
        );
    }
    Some(out)
}

/// How the entry of a competition stands, and what its score is made of.
pub(super) fn entry(entry: &Entry) -> String {
    let (class, standing) = match entry.unranked {
        None => ("gain", "ranked".to_owned()),
        Some(ref reason) => ("loss", format!("not ranked: {reason}")),
    };
    format!(
        "<p class=\"standing\">In the competition <b>{}</b> the entry is <b class=\"{class}\">{}</b>.</p><p class=\"note\">{}</p>{}{}",
        escape(&entry.name),
        escape(&standing),
        escape(&entry.about),
        tables::plain(&entry.table, "score"),
        tables::facts(&entry.facts)
    )
}

/// What a breach rests on: exact equity, positions with their quotes, the plan's hash, and the document.
fn evidence(out: &mut String, report: &Report<'_>, event: &Event, breach: &types::Breach) {
    let mut facts = vec![
        ("Equity, exact", breach.equity.to_string()),
        ("Balance", breach.balance.to_string()),
        ("Input", event.seq.0.to_string()),
        ("Plan hash", breach.plan_hash.to_string()),
    ];
    let proof = report.proofs.iter().find(|proof| proof.seq == event.seq);
    if let Some(proof) = proof {
        facts.push(("Proof", proof.file.clone()));
    }
    out.push_str("<dl class=\"evidence\">");
    for (name, value) in facts {
        let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escape(&value));
    }
    let positions = report.recorder.iter();
    for position in positions.flat_map(|recorder| recorder.breach_positions(event.seq)) {
        let _ = write!(
            out,
            "<dt>{}</dt><dd>{} at the mark {} (bid {}, ask {}): {}</dd>",
            escape(&report.symbol(position.instrument)),
            position.position,
            position.mark,
            position.bid,
            position.ask,
            amount(position.unrealised.to_money_floor())
        );
    }
    out.push_str("</dl>");
    if let Some(proof) = proof {
        let _ = write!(
            out,
            "<p class=\"note\">Check it without this program's word: <code>{}</code></p>",
            escape(&proof.command)
        );
    }
}
