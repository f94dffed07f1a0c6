//! Round trips, fills and the equity curve as CSV.

use std::fmt::Write as _;

use ::backtest::outcome::{Executed, RoundTrip};
use types::{InstrumentId, Label, Side};

use super::Ran;

/// The first line of the file of fills.
pub(super) const EXECUTIONS: &str =
    "time,instrument,order,side,qty,price,fee,realised,position,balance";

/// The first line of the file of round trips. Prices and amounts are of the instrument's currency; `rate` is what one unit
/// of it was in the account's at the exit.
const TRADES: &str = "instrument,side,qty,entry_time,entry_price,exit_time,exit_price,pnl,fees,bars,mae,mfe,currency,rate";

pub(super) const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// A name as a field.
pub(super) fn name(names: &[Label], id: InstrumentId) -> String {
    let name = names.get(id.0 as usize);
    let name = name.map_or_else(|| id.to_string(), Label::to_string);
    if name.contains([',', '"']) {
        return format!("\"{}\"", name.replace('"', "\"\""));
    }
    name
}

/// A fill.
pub(super) fn execution(executed: &Executed, names: &[Label]) -> String {
    let Executed { ts, fill } = executed;
    format!(
        "{ts},{},{},{},{},{},{},{},{},{}",
        name(names, fill.instrument),
        fill.order,
        side(fill.side),
        fill.qty,
        fill.price,
        fill.fee,
        fill.realised,
        fill.position,
        fill.balance
    )
}

/// Every round trip that is over.
pub(super) fn trades(ran: &Ran<'_>) -> String {
    let mut text = format!("{TRADES}\n");
    for trip in &ran.outcome.trips {
        let RoundTrip {
            instrument,
            qty,
            entry_ts,
            exit_ts,
            entry_price,
            exit_price,
            pnl,
            fees,
            bars,
            mae,
            mfe,
            rate,
            ..
        } = trip;
        let known = ran.settings.instruments.get(instrument.0 as usize);
        let currency = known.map_or_else(String::new, |it| it.currency.to_string());
        let instrument = name(&ran.watch.names, *instrument);
        let direction = if trip.side == Side::Buy {
            "long"
        } else {
            "short"
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{instrument},{direction},{qty},{entry_ts},{entry_price},{exit_ts},{exit_price},{pnl},{fees},{bars},{mae},{mfe},{currency},{rate}"
        );
    }
    text
}

/// The equity curve.
pub(super) fn equity(ran: &Ran<'_>) -> String {
    let mut text = "time,equity,exposed\n".to_owned();
    for sample in &ran.outcome.samples {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{},{},{}",
            sample.ts,
            sample.equity,
            u8::from(sample.exposed)
        );
    }
    text
}
