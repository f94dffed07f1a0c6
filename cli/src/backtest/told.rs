//! What a run came to, for people and for programs.

use std::fmt::Write as _;

use ::backtest::outcome::Outcome;
use ::backtest::run::Fills;
use gateway::dto::Word as _;
use gateway::dto::percent;
use serde_json::{Value, json};
use types::{AccountState, Event, EventKind, Money, TimestampNs, decimal};

use super::entry::Entered;
use super::{FillsArg, Ran, measured};

/// Figures of the equity curve and the round trips, each as its definition says and nothing else.
struct Figures {
    /// Equity at the end over the balance at the start, less one; percent.
    net: Option<String>,
    /// The largest fall of a noted equity from the highest before it, as a share of that; percent.
    drawdown: Option<String>,
    /// Round trips that are over.
    trips: u64,
    /// Those that made more than nothing.
    won: u64,
    /// What those made over what the others lost.
    factor: Option<f64>,
    /// Mean profit of a round trip.
    expectancy: Option<f64>,
    /// Share of the samples at which something was held; percent.
    exposed: Option<String>,
}

impl Figures {
    fn new(outcome: &Outcome) -> Self {
        let net = outcome.equity.saturating_sub(outcome.initial);
        let (of, fall) = outcome.deepest();
        let (noted, exposed) = outcome.noted();
        let totals = outcome.trip_totals();
        let sum = (totals.made - totals.lost) as f64;
        Self {
            net: percent::share(net.0.into(), outcome.initial.0.into()),
            drawdown: percent::share(fall.0.into(), of.0.into()),
            trips: totals.trips,
            won: totals.won,
            factor: (totals.lost > 0).then(|| totals.made as f64 / totals.lost as f64),
            expectancy: (totals.trips > 0).then(|| sum / totals.trips as f64 / Money::ONE.0 as f64),
            exposed: percent::share(exposed.into(), noted.into()),
        }
    }
}

/// An amount with two decimals, rounded half away from zero.
fn cents(amount: Money) -> String {
    let hundredth = Money::ONE.0 / 100;
    let half = hundredth / 2 * amount.0.signum();
    let rounded = amount.0.saturating_add(half) / hundredth;
    let sign = if rounded < 0 { "-" } else { "" };
    let (whole, part) = (rounded.unsigned_abs() / 100, rounded.unsigned_abs() % 100);
    let mut digits = whole.to_string();
    let mut at = digits.len();
    while at > 3 {
        at -= 3;
        digits.insert(at, ',');
    }
    format!("{sign}{digits}.{part:02}")
}

/// A table for a terminal.
pub(super) fn text(ran: &Ran<'_>) -> String {
    let Ran {
        args,
        values,
        settings,
        outcome,
        watch,
        seconds,
        ..
    } = ran;
    let figures = Figures::new(outcome);
    let counts = &outcome.counts;
    let currency = settings.plan.currency;
    let or_none = |text: &Option<String>| text.clone().map_or("-".to_owned(), |text| text + "%");
    let mut rows: Vec<(&str, String)> = Vec::new();
    let parameters = values.to_string();
    let gap = if parameters.is_empty() { "" } else { "  " };
    rows.push(("strategy", format!("{}{gap}{parameters}", args.strategy)));
    let names: Vec<_> = watch.names.iter().map(ToString::to_string).collect();
    rows.push(("instruments", names.join(", ")));
    rows.push(("time", format!("{} to {}", outcome.first, outcome.last)));
    rows.push((
        "data",
        format!(
            "{} bars, {} other events",
            counts.bars, counts.market_events
        ),
    ));
    rows.push(("fills", fills_name(ran).to_owned()));
    rows.push(("initial", format!("{} {currency}", cents(outcome.initial))));
    rows.push((
        "equity",
        format!(
            "{} {currency}  ({}, fees {})",
            cents(outcome.equity),
            or_none(&figures.net),
            cents(outcome.fees)
        ),
    ));
    rows.push(("exposed", or_none(&figures.exposed)));
    rows.push((
        "round trips",
        format!(
            "{} closed ({} won), {} open; {} fills",
            figures.trips,
            figures.won,
            outcome.open.len(),
            counts.fills
        ),
    ));
    if let Some(expectancy) = figures.expectancy {
        let factor = figures
            .factor
            .map_or("-".to_owned(), |it| format!("{it:.4}"));
        rows.push((
            "per round trip",
            format!("{expectancy:.4} {currency}, profit factor {factor}"),
        ));
    }
    rows.extend(measured::lines(ran));
    rows.extend(measured::period_lines(ran));
    for (count, what) in [
        (counts.denied, "orders or changes were refused"),
        (counts.rejected, "events of the data were refused"),
        (counts.unsent, "requests were still waiting at the end"),
    ] {
        if count > 0 {
            let first = outcome.refusals.first();
            let first = first
                .filter(|_| count != counts.unsent)
                .map_or(String::new(), |event| {
                    format!(", the first: {}", short(event))
                });
            rows.push(("note", format!("{count} {what}{first}")));
        }
    }
    rows.extend(cautions(ran).into_iter().map(|caution| ("note", caution)));
    if args.plan.is_some() {
        verdict(ran, &mut rows);
    }
    rows.extend(watch.entered.iter().flat_map(Entered::lines));
    rows.push((
        "engine",
        format!(
            "{} inputs, {} events, state hash {}",
            counts.inputs, counts.events, outcome.state_hash
        ),
    ));
    let rate = (counts.bars + counts.market_events) as f64 / seconds.max(1e-9);
    rows.push(("took", format!("{seconds:.3} s, {rate:.0} events a second")));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    let mut text = String::new();
    for (name, value) in rows {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<width$}{value}");
    }
    text.truncate(text.trim_end().len());
    text
}

/// What to know beside it.
fn cautions(ran: &Ran<'_>) -> Vec<String> {
    let rolls: Vec<_> = ran.watch.days.iter().map(|(ts, _)| *ts).collect();
    let plan = ran.args.plan.as_ref().map(|_| ("the plan", &rolls[..]));
    let contest = ran.settings.competition.as_ref();
    let contest = contest.map(|_| ("the competition", &ran.watch.contest_rolls[..]));
    let judges: Vec<_> = plan.into_iter().chain(contest).collect();
    super::caution::of_run(
        ran.settings,
        ran.outcome,
        &judges,
        &ran.watch.splits,
        ran.watch.unknown_hours.as_deref(),
    )
}

fn fills_name(ran: &Ran<'_>) -> &'static str {
    match fills_arg(ran) {
        FillsArg::NextOpen => "next-open",
        FillsArg::SameClose => "same-close",
        FillsArg::NextClose => "next-close",
        FillsArg::Market => "market",
    }
}

/// When orders were sent.
const fn fills_arg(ran: &Ran<'_>) -> FillsArg {
    match ran.settings.fills {
        Fills::NextOpen => FillsArg::NextOpen,
        Fills::SameClose => FillsArg::SameClose,
        Fills::NextClose => FillsArg::NextClose,
        Fills::Market => FillsArg::Market,
    }
}

/// A fact in a line.
fn short(event: &Event) -> String {
    match event.kind {
        EventKind::OrderDenied { reason, .. }
        | EventKind::AlgoDenied { reason, .. }
        | EventKind::ChangeDenied { reason, .. } => {
            let figures =
                serde_json::to_value(gateway::dto::reason::Figures::of(reason)).unwrap_or_default();
            let figures = figures.as_object().into_iter().flatten();
            let figures: Vec<_> = figures
                .map(|(name, value)| match value {
                    Value::String(text) => format!("{name} {text}"),
                    other => format!("{name} {other}"),
                })
                .collect();
            let gap = if figures.is_empty() { "" } else { ": " };
            let word = gateway::dto::reason::denial(reason).replace('_', " ");
            format!("{} {word}{gap}{}", event.ts, figures.join(", "))
        }
        EventKind::InputRejected { reason } => format!("{} {reason:?}", event.ts),
        _ => event.ts.to_string(),
    }
}

/// The trading day of a moment, and the how manieth of the run it is.
fn day(ran: &Ran<'_>, ts: TimestampNs) -> String {
    let days = &ran.watch.days;
    let place = days.partition_point(|(opened, _)| *opened <= ts);
    match place.checked_sub(1).and_then(|at| days.get(at)) {
        Some((_, day)) => format!("{day} (trading day {place})"),
        None => ts.to_string(),
    }
}

/// Whether an account trades on.
const fn is_trading(state: AccountState) -> bool {
    matches!(state, AccountState::Evaluation | AccountState::Funded)
}

/// Why an account is in a state, as the engine says in other facts of the same input; the words are those of event
/// streams.
fn reason(verdicts: &[Event], change: &Event, to: AccountState) -> &'static str {
    let mut same = verdicts.iter().filter(|event| event.seq == change.seq);
    let of = |event: &Event| match event.kind {
        EventKind::Lapsed(_) => Some("time_limit"),
        EventKind::Inactive(_) => Some("inactivity"),
        EventKind::PaidOut { .. } => Some("payouts_max"),
        EventKind::Suspended { suspension, .. } => Some(suspension.reason.word()),
        _ => None,
    };
    same.find_map(of).unwrap_or(match to {
        AccountState::Passed => "objectives_met",
        AccountState::Failed => "limit_breached",
        AccountState::Evaluation | AccountState::Funded => "resumed",
        AccountState::Closed | AccountState::Suspended => "requested",
    })
}

/// How the account fared under its plan.
fn verdict(ran: &Ran<'_>, rows: &mut Vec<(&'static str, String)>) {
    let plan = &ran.settings.plan;
    rows.push((
        "plan",
        format!("{}, version {}, {}", plan.name, plan.version, plan.hash()),
    ));
    let outcome = ran.outcome;
    let ended = outcome
        .verdicts
        .iter()
        .rev()
        .find_map(|event| match event.kind {
            EventKind::StateChanged { to, .. } => Some((event, to)),
            _ => None,
        });
    let said = match ended {
        Some((event, to)) if to == outcome.state && !is_trading(to) => {
            let reason = reason(&outcome.verdicts, event, to).replace('_', " ");
            format!("{} on {}: {reason}", to.word(), day(ran, event.ts))
        }
        _ => format!("{}, at the end of the data", outcome.state.word()),
    };
    rows.push(("verdict", said));
    for event in &outcome.verdicts {
        match event.kind {
            EventKind::Breach(breach) => {
                let rule = breach.rule.word();
                rows.push((
                    "breach",
                    format!(
                        "{} {rule}: equity {} {} floor {} ({} - {}), {}",
                        event.ts,
                        cents(breach.equity.to_money_floor()),
                        if breach.touch_is_breach {
                            "at or below"
                        } else {
                            "below"
                        },
                        cents(breach.floor),
                        cents(breach.baseline),
                        cents(breach.allowance),
                        day(ran, event.ts),
                    ),
                ));
            }
            EventKind::TargetReached {
                balance, target, ..
            } => rows.push((
                "target",
                format!(
                    "{} reached: balance {} of {}, {}",
                    event.ts,
                    cents(balance),
                    cents(target),
                    day(ran, event.ts)
                ),
            )),
            EventKind::Lapsed(lapse) => rows.push((
                "lapsed",
                format!(
                    "{} not passed within {} {} days, {} to {}; equity {}, {}",
                    event.ts,
                    lapse.limit,
                    lapse.counts.word(),
                    lapse.opened,
                    lapse.last,
                    cents(lapse.equity.to_money_floor()),
                    day(ran, event.ts)
                ),
            )),
            EventKind::Inactive(rest) => rows.push((
                "inactive",
                format!(
                    "{} rested {} days, as long as the plan allows, {}",
                    event.ts,
                    rest.days,
                    day(ran, event.ts)
                ),
            )),
            EventKind::PaidOut { payouts, .. } => rows.push((
                "paid out",
                format!(
                    "{} payout {payouts} was the last that the plan pays, {}",
                    event.ts,
                    day(ran, event.ts)
                ),
            )),
            EventKind::Suspended { suspension, .. } => rows.push((
                "suspended",
                format!(
                    "{} {}, {}",
                    event.ts,
                    suspension.reason.word().replace('_', " "),
                    day(ran, event.ts)
                ),
            )),
            _ => {}
        }
    }
    if let Some(view) = &ran.watch.account
        && outcome.state == AccountState::Evaluation
    {
        if let Some((target, None)) = view.target {
            rows.push((
                "target",
                format!("balance {} of {}", cents(view.row.balance), cents(target)),
            ));
        }
        if let Some((counted, rule)) = view.min_days {
            rows.push(("days", format!("{counted} counted of {}", rule.days)));
        }
        for limit in &view.limits {
            rows.push((
                "limit",
                format!(
                    "{}: floor {}, {} away",
                    limit.limit.rule.word(),
                    cents(limit.limit.floor),
                    cents(limit.distance)
                ),
            ));
        }
    }
    if let Some(folder) = &ran.args.proofs {
        rows.push((
            "proofs",
            format!("{} in {}", ran.watch.proved, folder.display()),
        ));
    }
}

/// One object.
pub(super) fn json(ran: &Ran<'_>) -> Value {
    let outcome = ran.outcome;
    let figures = Figures::new(outcome);
    let counts = &outcome.counts;
    let parameters: serde_json::Map<_, _> = ran
        .values
        .iter()
        .map(|(parameter, value)| (parameter.name.to_owned(), json!(value.to_string())))
        .collect();
    let names = &ran.watch.names;
    let text = |amount: Money| amount.to_string();
    let open = outcome.open.iter().map(|open| {
        json!({
            "instrument": super::tables::name(names, open.instrument), "position": open.position.to_string(),
            "entry_time": open.entry_ts.to_string(), "entry_price": open.entry_price.to_string(),
            "realised": text(open.pnl), "bars": open.bars,
        })
    });
    let mut object = json!({
        "strategy": ran.args.strategy,
        "parameters": parameters,
        "files": ran.args.files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "instruments": names.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "currency": ran.settings.plan.currency.to_string(),
        "fills": fills_name(ran),
        "first": outcome.first.to_string(),
        "last": outcome.last.to_string(),
        "initial": text(outcome.initial),
        "balance": text(outcome.balance),
        "equity": text(outcome.equity),
        "fees": text(outcome.fees),
        "return_pct": figures.net,
        "max_drawdown_pct": figures.drawdown,
        "exposed_pct": figures.exposed,
        "round_trips": figures.trips,
        "round_trips_won": figures.won,
        "profit_factor": figures.factor,
        "expectancy": figures.expectancy,
        "open": open.collect::<Vec<_>>(),
        "counts": {
            "bars": counts.bars, "market_events": counts.market_events, "inputs": counts.inputs,
            "events": counts.events, "orders": counts.orders, "denied": counts.denied,
            "cancelled": counts.cancelled, "fills": counts.fills, "rejected": counts.rejected,
            "idle": counts.idle, "unsent": counts.unsent,
        },
        "metrics": measured::object(ran),
        "benchmark": ran.benchmark.as_ref().map(|it| it.name.clone()),
        "cautions": cautions(ran),
        "notes": outcome.notes.iter().map(|note| json!({"time": note.ts.to_string(), "text": note.text}))
            .collect::<Vec<_>>(),
        "state_hash": outcome.state_hash.to_string(),
    });
    if let Some(returns) = measured::period_object(ran) {
        object["returns"] = returns;
    }
    if ran.args.plan.is_some() {
        object["plan"] = plan(ran);
    }
    if let Some(entered) = &ran.watch.entered {
        object["competition"] = entered.object();
    }
    object
}

fn plan(ran: &Ran<'_>) -> Value {
    let plan = &ran.settings.plan;
    let verdicts = ran.outcome.verdicts.iter().filter_map(|event| {
        let mut object = match event.kind {
            EventKind::Breach(breach) => {
                let mut equity = String::new();
                // Writing to a string does not fail.
                let _ = decimal::write(&mut equity, breach.equity.0, types::Notional::DECIMALS);
                json!({
                    "type": "breach", "rule": breach.rule.word(), "effect": breach.effect.word(),
                    "equity": equity, "floor": breach.floor.to_string(),
                    "baseline": breach.baseline.to_string(), "allowance": breach.allowance.to_string(),
                })
            }
            EventKind::TargetReached { balance, target, .. } => json!({
                "type": "target_reached", "balance": balance.to_string(), "target": target.to_string(),
            }),
            EventKind::StateChanged { from, to, .. } => json!({
                "type": "state_changed", "from": from.word(), "to": to.word(),
                "reason": reason(&ran.outcome.verdicts, event, to),
            }),
            EventKind::Lapsed(lapse) => {
                let mut equity = String::new();
                // Writing to a string does not fail.
                let _ = decimal::write(&mut equity, lapse.equity.0, types::Notional::DECIMALS);
                json!({
                    "type": "lapsed", "limit": lapse.limit, "counts": lapse.counts.word(),
                    "opened": lapse.opened.to_string(), "last": lapse.last.to_string(), "equity": equity,
                })
            }
            EventKind::Inactive(rest) => json!({"type": "inactive", "days": rest.days}),
            EventKind::PaidOut { payouts, .. } => json!({"type": "paid_out", "payouts": payouts}),
            EventKind::Suspended { suspension, .. } => {
                json!({"type": "suspended", "reason": suspension.reason.word()})
            }
            EventKind::PayoutApproved { amount, trader, .. } => json!({
                "type": "payout_approved", "amount": amount.to_string(), "trader": trader.to_string(),
            }),
            EventKind::DayLocked { .. } => json!({"type": "day_locked"}),
            EventKind::MarginCall { equity, required, .. } => json!({
                "type": "margin_call", "equity": equity.to_string(), "required": required.to_string(),
            }),
            _ => return None,
        };
        object["seq"] = json!(event.seq.to_string());
        object["time"] = json!(event.ts.to_string());
        let days = &ran.watch.days;
        let place = days.partition_point(|(opened, _)| *opened <= event.ts);
        if let Some((_, day)) = place.checked_sub(1).and_then(|at| days.get(at)) {
            (object["day"], object["trading_day"]) = (json!(day.to_string()), json!(place));
        }
        Some(object)
    });
    json!({
        "name": plan.name.to_string(), "version": plan.version, "hash": plan.hash().to_string(),
        "state": ran.outcome.state.word(), "verdicts": verdicts.collect::<Vec<_>>(),
        "proofs": ran.watch.proved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_in_cents() {
        for (amount, told) in [
            ("10743.00841", "10,743.01"),
            ("-0.005", "-0.01"),
            ("0", "0.00"),
            ("999.994", "999.99"),
            ("1234567.895", "1,234,567.90"),
        ] {
            assert_eq!(cents(amount.parse().unwrap()), told);
        }
    }
}
