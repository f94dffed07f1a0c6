//! What an account opens with, when its days roll, what may follow it.

use rules::{DayProfit, Lineage, Parent, Plan, Stage, TimeLimit, may_open};
use types::{
    AccountState, DaysOf, Funding, LapseEffect, MarkKind, Origin, PositionMode, TimestampNs,
};

use super::Section;
use crate::plan::figures::{amount, count, list, local, share};

/// The opening, the roll, the terms.
pub(super) fn section(plan: &Plan, at: TimestampNs) -> Section {
    let stage = match plan.stage {
        Stage::Evaluation { phase } => format!("in phase {phase} of the evaluation"),
        Stage::Funded => "funded".to_owned(),
    };
    let mut said = vec![format!(
        "An account opens {stage} with {} {}.",
        amount(plan.initial_balance),
        plan.currency
    )];
    let zone = plan.schedule.zone;
    let next = runtime::Calendar::default().open_day(&plan.schedule, &plan.days, at);
    let next = next.map_or_else(|error| error.to_string(), |open| local(open.until, zone));
    said.push(format!(
        "The trading day rolls at {} in {zone}; the next roll is {next}.",
        gateway::dto::time::time_of_day(plan.schedule.minute)
    ));
    if let Some(days) = trading_days(plan) {
        said.push(days);
    }
    if plan.day_profit == DayProfit::Equity {
        said.push(
            "The profit of a day is what equity changed by from roll to roll, without payouts and growth."
                .to_owned(),
        );
    }
    let mode = match plan.terms.mode {
        PositionMode::Netting => "one position per instrument",
        PositionMode::Hedging => "a long and a short position per instrument",
    };
    let funding = match plan.terms.funding {
        Funding::Unchecked => "orders are not checked against the balance".to_owned(),
        Funding::Cash => {
            "what is bought is paid in full and nothing is sold that is not held".to_owned()
        }
        Funding::Margin { rate_min } if rate_min.0 > 0 => format!(
            "equity must cover the margin, at least {} of the notional to open, half of that to keep it",
            share(rate_min)
        ),
        Funding::Margin { .. } => "equity must cover the margin of each instrument".to_owned(),
    };
    let mark = match plan.terms.mark {
        MarkKind::Liquidation => {
            "what closing them would get: the bid of a long one, the ask of a short one"
        }
        MarkKind::Last => "the newest print",
        MarkKind::Mid => "the middle of bid and ask, half a tick against the position",
    };
    let shorts = if plan.terms.shorts {
        "short positions are allowed"
    } else {
        "short positions are not allowed"
    };
    said.push(format!("It has {mode}; {funding}; {shorts}."));
    said.push(format!("Positions are valued at {mark}."));
    Section::new("Account", said)
}

/// Which dates have a trading day, where not all have one.
fn trading_days(plan: &Plan) -> Option<String> {
    let days = &plan.days;
    let holidays: Vec<String> = days.holidays.iter().map(ToString::to_string).collect();
    let on = gateway::dto::time::weekdays(days.weekdays).join(", ");
    match (
        days.weekdays == rules::TradingDays::default().weekdays,
        holidays.is_empty(),
    ) {
        (true, true) => None,
        (false, true) => Some(format!("Only {on} are trading days.")),
        (true, false) => Some(format!("{} are no trading days.", list(&holidays))),
        (false, false) => Some(format!(
            "Only {on} are trading days, and not {}.",
            list(&holidays)
        )),
    }
    .map(|days| format!("{days} Where none opens, the day before stays open."))
}

/// The time to pass.
fn time_to_pass(rule: TimeLimit) -> String {
    let (kind, dates) = match rule.counts {
        DaysOf::Calendar => ("calendar day", "every date counts"),
        DaysOf::Trading => ("trading day", "the trading days of the roll count"),
    };
    let did = match rule.effect {
        LapseEffect::Fail => "fails",
        LapseEffect::Close => "is closed",
    };
    format!(
        "An account that has not passed within {} after the trading day on which it opened {did} when the next trading \
         day opens; {dates}, suspended or not.",
        count(rule.days, kind)
    )
}

/// How long an account has to pass, and which may follow.
pub(super) fn life(plan: &Plan) -> Section {
    let mut said = Vec::new();
    if matches!(plan.stage, Stage::Evaluation { .. }) {
        said.push(match plan.life.next {
            _ if plan.profit_target.is_none() => "Without a profit target an account never passes.".to_owned(),
            Some(next) => format!("After it passes, an account of the plan {next} may be opened."),
            None => format!(
                "After it passes, an account of any plan of a later phase, or a funded one, in {} may be opened.",
                plan.currency
            ),
        });
    }
    said.extend(plan.time_limit().map(time_to_pass));
    said.push(allowed(plan, "reset, trading or failed", Origin::Reset));
    said.push(allowed(plan, "retried once it failed", Origin::Retry));
    Section::new("Life", said)
}

/// How often an origin is allowed in a row, asked of the rules one account after the other.
fn allowed(plan: &Plan, what: &str, origin: Origin) -> String {
    let mut lineage = Lineage::default();
    let mut times = 0_u64;
    // Counts end at 255: one more than that is without a limit.
    while times < 256 {
        let parent = Parent {
            state: AccountState::Failed,
            plan: plan.kind(),
            life: plan.life,
            lineage,
            followed: false,
        };
        match may_open(origin, &parent, plan.kind()) {
            Ok(succession) => lineage = succession.lineage,
            Err(_) => break,
        }
        times += 1;
    }
    match times {
        0 => format!("An account cannot be {what}."),
        256 => format!("No rule of this plan limits how often an account is {what}."),
        times => format!(
            "An account may be {what}, {} in a row at most.",
            count(times, "time")
        ),
    }
}
