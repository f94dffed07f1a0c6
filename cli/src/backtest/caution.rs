//! What a reader of a result should know beside it.

use ::backtest::outcome::Outcome;
use ::backtest::run::{Fills, Settings};
use ::backtest::strategies::DAY_NS_MIN;
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
) -> Vec<String> {
    let counts = &outcome.counts;
    let late = judges.iter().map(|judge| late_bars(outcome, *judge));
    let mut cautions: Vec<String> = late.flatten().collect();
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
    if counts.capped > 0 {
        cautions.push(format!(
            "{} longer bars have more volume than can be said, and say {}",
            counts.capped,
            Qty(i64::MAX)
        ));
    }
    cautions
}

/// Attempts under a plan have one position, whatever the run had.
pub(super) fn held_together(outcome: &Outcome) -> Option<String> {
    let over = outcome.trips.iter().map(|trip| trip.instrument);
    let open = outcome.open.iter().map(|trip| trip.instrument);
    let mut traded: Vec<_> = over.chain(open).collect();
    traded.sort_unstable();
    traded.dedup();
    (traded.len() > 1).then(|| {
        format!(
            "{} instruments were traded, and an attempt holds them as one position: it is closed, and its profit taken, when another \
             of them is opened or nothing is held any more, so what the plan says of realised profit (targets, payouts, consistency, \
             floors that follow balances) is met at other times than by each alone; dynasty backtest --plan judges each",
            traded.len()
        )
    })
}
