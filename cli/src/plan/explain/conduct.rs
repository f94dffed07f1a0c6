//! How an account may trade: size, windows, habits.

use gateway::dto::calendar::time_of_week;
use gateway::dto::time::time_of_day;
use rules::account::AccountRules;
use rules::conduct::WindowRule;
use rules::{HoldingAction, InactivityEffect, Plan, SizeTier, WeightedQty, WindowAction};
use types::{Calendar, Interval, Label, Money, Qty, Ratio, TimestampNs, TradingDay};

use super::Section;
use super::limits::DAY;
use crate::plan::figures::{CENT, amount, count, list, local, share, units};

/// How far ahead the next close of a market is looked for.
const YEAR_NS: u64 = 366 * 86_400 * 1_000_000_000;

/// The most units held.
pub(super) fn size(plan: &Plan) -> Option<Section> {
    let limit = plan.conduct.size.as_ref()?;
    let mut said = vec![
        "What counts is the worst case of positions and working orders, summed over instruments; the \
         tier is fixed when the day opens."
            .to_owned(),
    ];
    for (place, listed) in limit.tiers.iter().enumerate() {
        let Some(tier) = limit.tier(listed.profit_from) else {
            continue;
        };
        let from = match place {
            0 => limit.tiers.get(1).map_or_else(
                || "At any profit".to_owned(),
                |next| format!("With a profit below {}", amount(next.profit_from)),
            ),
            _ => format!("From a profit of {} on", amount(listed.profit_from)),
        };
        let more = tier.max.0.checked_add(1).map(Qty);
        let refused = more.is_some_and(|more| !fits(&tier, more, Ratio::ONE));
        let most = if refused && fits(&tier, tier.max, Ratio::ONE) {
            units(tier.max)
        } else {
            format!("about {}", units(tier.max))
        };
        said.push(format!("{from}: {most}."));
    }
    let Some(first) = limit.tiers.first() else {
        return Some(Section::new("Size", said));
    };
    let mut weights: Vec<Ratio> = Vec::new();
    for listed in &limit.weights {
        if !weights.contains(&listed.weight) {
            weights.push(listed.weight);
        }
    }
    for weight in weights {
        let same = limit
            .weights
            .iter()
            .filter(|listed| listed.weight == weight);
        let symbols: Vec<_> = same.map(|listed| listed.symbol.to_string()).collect();
        said.push(format!(
            "A unit of {} counts {weight}: {} come to the first tier.",
            list(&symbols),
            units(most(first, weight))
        ));
    }
    Some(Section::new("Size", said))
}

fn fits(tier: &SizeTier, qty: Qty, weight: Ratio) -> bool {
    let none = WeightedQty::default();
    tier.check(none, none.plus(qty, weight)).is_ok()
}

/// The most units of this weight that the tier's own test lets pass.
fn most(tier: &SizeTier, weight: Ratio) -> Qty {
    let (mut low, mut high) = (0, i64::MAX);
    while low < high {
        let middle = low + (high - low) / 2 + 1;
        if fits(tier, Qty(middle), weight) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Qty(low)
}

/// When trading is restricted.
pub(super) fn windows(plan: &Plan, at: TimestampNs) -> Option<Section> {
    let windows = &plan.conduct.windows;
    let said: Vec<_> = windows.iter().map(|rule| window(rule, at)).collect();
    (!said.is_empty()).then(|| Section::new("Windows", said))
}

fn window(rule: &WindowRule, at: TimestampNs) -> String {
    let symbols: Vec<_> = rule.symbols.iter().map(Label::to_string).collect();
    let what = match symbols.as_slice() {
        [] => String::new(),
        symbols => format!(" in {}", list(symbols)),
    };
    let stays = "what was accepted before keeps its terms and may still fill";
    let action = match rule.action {
        WindowAction::BlockOpening => {
            format!("no new order{what} that could open or enlarge a position; {stays}")
        }
        WindowAction::BlockAll => format!("no new order{what}; {stays}"),
        WindowAction::ForceFlat => {
            format!("at its start orders{what} end and positions are closed, and none is opened")
        }
        WindowAction::ExcludeProfit => format!("profit that is realised{what} does not count"),
    };
    let around = match (rule.before_s, rule.after_s) {
        (0, 0) => String::new(),
        (before, after) => format!(
            ", from {} before to {} after",
            count(before, "second"),
            count(after, "second")
        ),
    };
    let (when, zone) = match rule.calendar {
        Calendar::Named(name) => {
            return format!("Whenever \"{name}\" is announced{around}: {action}.");
        }
        Calendar::Daily { zone, from, to } => (
            format!("Every day {} to {}", time_of_day(from), time_of_day(to)),
            zone,
        ),
        Calendar::Weekly { zone, from, to } => (
            format!("Every week {} to {}", time_of_week(from), time_of_week(to)),
            zone,
        ),
        Calendar::Closed {
            session,
            minutes_min,
        } => {
            let long = match minutes_min {
                0 => String::new(),
                minutes => format!(" for {} or longer", count(u32::from(minutes), "minute")),
            };
            (
                format!("From a close of {session} to its next open{long}"),
                zone_of(session),
            )
        }
    };
    let next = match next_interval(rule, at) {
        Ok(Some(interval)) => {
            let extent = rule.extent(interval);
            let when = if extent.contains(at) {
                "open now,"
            } else {
                "next"
            };
            format!(
                "{when} {} to {}",
                local(extent.start, zone),
                local(extent.end, zone)
            )
        }
        Ok(None) => "never".to_owned(),
        Err(error) => error.to_string(),
    };
    format!("{when} in {zone}{around}: {action}; {next}.")
}

/// The zone of a market's calendar.
fn zone_of(session: Label) -> Label {
    let calendar = marketdata::calendar::Calendar::named(session.as_str());
    let zone = calendar.ok().and_then(|it| it.zone().parse().ok());
    zone.unwrap_or(session)
}

/// The interval that has the window open at a moment, else the first after it.
fn next_interval(
    rule: &WindowRule,
    at: TimestampNs,
) -> Result<Option<Interval>, runtime::CalendarError> {
    // An interval that is over may still be open for what the rule adds after it.
    let from = TimestampNs(at.0.saturating_sub(u64::from(rule.after_s) * 1_000_000_000));
    let Calendar::Closed {
        session,
        minutes_min,
    } = rule.calendar
    else {
        return runtime::Calendar::default().next_interval(&rule.calendar, from);
    };
    let until = TimestampNs(at.0.saturating_add(YEAR_NS));
    let found = marketdata::calendar::closures(session.as_str(), minutes_min, from, until);
    Ok(found.and_then(|found| found.first().copied()))
}

/// Holding time, counts, inactivity.
pub(super) fn habits(plan: &Plan) -> Option<Section> {
    let conduct = &plan.conduct;
    let mut said = Vec::new();
    if let Some(rule) = conduct.holding_min {
        let ns = |seconds: u32| TimestampNs(u64::from(seconds) * 1_000_000_000);
        let opened = TimestampNs(0);
        let soon = ns(rule.seconds - 1);
        let profit = Money::whole(100);
        let verdict = conduct.judge_close(opened, soon, profit, false);
        let enough = conduct.judge_close(opened, ns(rule.seconds), profit, false);
        let leads_to = match verdict.short {
            Some(HoldingAction::ExcludeProfit) => format!(
                "a profit of {} closed {} after the opening does not count, a loss does",
                amount(verdict.excluded),
                count(rule.seconds - 1, "second")
            ),
            _ => format!(
                "closing {} after the opening brings a warning",
                count(rule.seconds - 1, "second")
            ),
        };
        let enough = if enough.short.is_none() {
            format!(
                "; after {} it is held long enough",
                count(rule.seconds, "second")
            )
        } else {
            String::new()
        };
        said.push(format!(
            "A position must be held for {}: {leads_to}{enough}. One that was enlarged was opened at the mean of its \
             openings, by quantity.",
            count(rule.seconds, "second")
        ));
    }
    if let Some(max) = conduct.orders_per_day_max {
        said.push(format!(
            "A trading day takes {}; one that can only close is never refused for that.",
            count(max, "order")
        ));
    }
    if let Some(max) = conduct.trades_per_day_max {
        said.push(format!(
            "A trading day takes {} that open or enlarge a position, with those that work and may; closing is never refused \
             for that.",
            count(max, "order")
        ));
    }
    said.extend(idle(plan));
    if let Some(at) = conduct.warn_at {
        said.push(format!(
            "The trader is warned when {} of a limit is used, once a day.",
            share(at)
        ));
    }
    (!said.is_empty()).then(|| Section::new("Conduct", said))
}

/// The roll at which an account that traded on the first day has rested too long.
fn idle(plan: &Plan) -> Option<String> {
    let rule = plan.conduct.inactivity?;
    let balance = plan.initial_balance.saturating_add(CENT);
    let mut account = AccountRules::open(plan, Some(DAY));
    account.record_opening_fill();
    let idle = (DAY.0 + 1..)
        .take(usize::from(rule.days) + 2)
        .find_map(|day| {
            let roll = account.roll(plan, TradingDay(day), balance, balance.to_notional(), false);
            roll.inactive.map(|inactive| (day, inactive))
        });
    let (day, inactive) = idle?;
    let effect = match inactive.rule.effect {
        InactivityEffect::Fail => "fails",
        InactivityEffect::Suspend => "is suspended",
        InactivityEffect::Close => "is closed",
    };
    Some(format!(
        "An account without an opening fill on {} in a row {effect}: by the roll that opens the {} day \
         after its last.",
        count(inactive.days, "calendar day"),
        ordinal((day - DAY.0) as u32),
    ))
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
