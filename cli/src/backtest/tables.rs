//! Round trips, fills and the equity curve as CSV.

use std::io::{self, Write};

use ::backtest::outcome::{Executed, RoundTrip, Sample};
use types::{InstrumentId, Label, Side};

/// The first line of the file of fills.
pub(super) const EXECUTIONS: &str =
    "time,instrument,order,side,qty,price,fee,realised,position,balance";

/// The first line of the file of round trips. Prices and amounts are of the instrument's currency; `rate` is what one unit
/// of it was in the account's at the exit.
pub(super) const TRADES: &str = "instrument,side,qty,entry_time,entry_price,exit_time,exit_price,pnl,fees,bars,mae,mfe,currency,rate";

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

/// A round trip that is over.
pub(super) fn trade(trip: &RoundTrip, names: &[Label], currencies: &[Label]) -> String {
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
    let currency = currencies.get(instrument.0 as usize);
    let currency = currency.map_or_else(String::new, Label::to_string);
    let instrument = name(names, *instrument);
    let direction = if trip.side == Side::Buy {
        "long"
    } else {
        "short"
    };
    format!(
        "{instrument},{direction},{qty},{entry_ts},{entry_price},{exit_ts},{exit_price},{pnl},{fees},{bars},{mae},{mfe},{currency},{rate}"
    )
}

/// Writes the equity curve.
pub(super) fn equity(samples: &[Sample], file: &mut impl Write) -> io::Result<()> {
    writeln!(file, "time,equity,exposed")?;
    for sample in samples {
        writeln!(
            file,
            "{},{},{}",
            sample.ts,
            sample.equity,
            u8::from(sample.exposed)
        )?;
    }
    file.flush()
}
