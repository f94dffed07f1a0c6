//! What strategies of quotes share: a full position in units, at prices of now.

use types::{InstrumentId, Money, Price, Qty, Ratio};

use crate::strategy::{Context, Size};

/// A full position in units at the middle price of now, fees not counted; conversions are those of one for one.
pub(super) fn full_units(context: &Context<'_>, instrument: InstrumentId) -> Option<f64> {
    let spec = context.instrument(instrument)?;
    let amount = match context.size() {
        Size::Units(qty) => return Some(qty.0 as f64 / Qty::ONE.0 as f64),
        Size::Equity(share) => {
            context.equity().0 as f64 / Money::ONE.0 as f64 * share.0 as f64 / Ratio::ONE.0 as f64
        }
        Size::Notional(amount) => amount.0 as f64 / Money::ONE.0 as f64,
    };
    let unit = context.mid(instrument)? * spec.contract_size.0 as f64 / Qty::ONE.0 as f64;
    (unit > 0.0 && amount > 0.0).then(|| amount / unit)
}

/// A price in ticks of the instrument.
pub(super) fn ticks(price: Price, tick: Price) -> f64 {
    price.0 as f64 / tick.0 as f64
}
