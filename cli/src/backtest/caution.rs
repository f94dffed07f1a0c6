//! What a reader of a result should know beside it.

use ::backtest::metric::OF_KEPT;
use ::backtest::outcome::Outcome;
use ::backtest::run::{Fills, Settings};
use ::backtest::strategies::DAY_NS_MIN;
use marketdata::history::Edges;
use rules::{Conduct, Plan};
use types::{Label, Qty, TimestampNs};

/// The bars of a day that have a roll between their start and their end, or at it: what they did is known to the engine
/// at their end only, which is of the trading day that the roll opens. The rolls are those of whoever judges them.
pub(super) fn late_bars(
    outcome: &Outcome,
    (judge, rolls): (&str, &[TimestampNs]),
) -> Option<String> {
    if outcome.bar_ns < DAY_NS_MIN {
        return None;
    }
    let is_late = |end: TimestampNs| {
        let start = end.0.saturating_sub(outcome.bar_ns);
        let next = rolls.partition_point(|roll| roll.0 <= start);
        rolls.get(next).is_some_and(|roll| *roll <= end)
    };
    let late = outcome.samples.iter().filter(|it| is_late(it.ts)).count();
    (late > 0).then(|| {
        format!(
            "{late} of {} bars of a day end at or after the roll of the next trading day: {judge} judges what they did \
             as of that day, and two of them may be of one; accepted: --interval with the length of a \
             session (390m), --instrument with a session, or shorter bars",
            outcome.samples.len()
        )
    })
}

/// Everything worth a word about a run.
pub(super) fn of_run(
    settings: &Settings,
    outcome: &Outcome,
    judges: &[(&str, &[TimestampNs])],
    splits: &[(TimestampNs, Label)],
    unknown_hours: Option<&str>,
) -> Vec<String> {
    let counts = &outcome.counts;
    let late = judges.iter().map(|judge| late_bars(outcome, *judge));
    let mut cautions: Vec<String> = late.flatten().collect();
    cautions.extend(unknown_hours.map(ToOwned::to_owned));
    cautions.extend(of_memory(outcome));
    for (ts, symbol) in splits {
        cautions.push(format!(
            "{symbol} was split at {ts}: the account's position is, what the strategy's indicators hold of before is not, \
             and looks like a fall or a rise; accepted: prices that are adjusted, without the split in --instrument"
        ));
    }
    if counts.fills == 0 {
        cautions.push(if counts.idle > 0 {
            format!(
                "no fill: {} requests came to nothing, for want of a whole lot (--size, --lot), of a price, or of a change",
                counts.idle
            )
        } else if counts.orders + counts.denied + counts.unsent == 0 {
            format!(
                "no order in {} bars and {} other events: what the strategy waits for did not happen, or its indicators \
                 need more data",
                counts.bars, counts.market_events
            )
        } else {
            "no fill".to_owned()
        });
    }
    if settings.fills == Fills::Market && counts.bars > 0 && counts.market_events == 0 {
        cautions.push(
            "--fills market fills bars at the close that was seen, as same-close does: nobody can have it live".to_owned(),
        );
    }
    for edges in &settings.frames {
        if let Edges::Epoch { every } = edges
            && *every < outcome.bar_ns
        {
            let [asked, known] = [*every, outcome.bar_ns].map(|ns| ns / 1_000_000_000);
            cautions.push(format!(
                "bars of {asked} s are looked at beside those of the data, which are of {known} s: none can be made of them, and \
                 each is one of the data's; accepted: a longer length, or data of shorter bars"
            ));
        }
    }
    if counts.capped > 0 {
        cautions.push(format!(
            "{} longer bars have more volume than can be said, and say {}",
            counts.capped,
            Qty(i64::MAX)
        ));
    }
    cautions
}

/// What of a long run is not kept.
pub(super) fn of_memory(outcome: &Outcome) -> Option<String> {
    let thinned = outcome.thinned.as_ref().map(|thinned| {
        format!(
            "equity was noted {} times, of which {} samples are kept, one in each {}: the curve is of those, and so are returns of \
             days, months and years, what is against a benchmark, and {}; all else is of every sample; accepted: a longer --sample",
            thinned.noted,
            outcome.samples.len(),
            length(thinned.every_ns),
            OF_KEPT.join(", "),
        )
    });
    let cut = outcome.cut.as_ref().map(|cut| {
        format!(
            "of {} round trips the page lists and marks among the first {}; --trades has all of them, and figures are of all",
            cut.totals.trips,
            outcome.trips.len()
        )
    });
    let all: Vec<_> = thinned.into_iter().chain(cut).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// A length of time as `--sample` takes it.
fn length(ns: u64) -> String {
    let units = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ];
    let unit = units.iter().find(|(_, unit)| ns.is_multiple_of(*unit));
    let (name, unit) = unit.unwrap_or(&("ns", 1));
    format!("{}{name}", ns / unit)
}

/// What of a plan those do not judge who follow profits.
pub(super) fn without_conduct(plan: &Plan) -> Option<String> {
    (plan.conduct != Conduct::default()).then(|| {
        format!(
            "plan '{}' has rules of conduct, which are about orders and positions and are not judged here: what is, are profits; \
             dynasty backtest --plan judges them",
            plan.name
        )
    })
}

/// Attempts under a plan realise what is held together at once.
pub(super) fn held_together(outcome: &Outcome) -> Option<String> {
    let over = outcome.trips.iter().map(|trip| trip.instrument);
    let open = outcome.open.iter().map(|trip| trip.instrument);
    let mut traded: Vec<_> = over.chain(open).collect();
    traded.sort_unstable();
    traded.dedup();
    (traded.len() > 1).then(|| {
        format!(
            "{} instruments were traded. An attempt's equity is that of all of them, at the day's extremes and its end; what was made \
             with several at once is realised when nothing is held any more, where targets and payouts are looked at, and \
             is of that day's profit: what the plan says of the profit of days (consistency, the least profit of a day, the best day) \
             and floors that follow balances see it later than with each closed by itself; dynasty backtest --plan judges each",
            traded.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_as_they_are_asked_for() {
        for (ns, told) in [
            (86_400_000_000_000, "1d"),
            (14_400_000_000_000, "4h"),
            (900_000_000_000, "15m"),
            (90_000_000_000, "90s"),
            (10_000_000, "10ms"),
            (1_500_000, "1500000ns"),
        ] {
            assert_eq!(length(ns), told);
        }
    }
}
