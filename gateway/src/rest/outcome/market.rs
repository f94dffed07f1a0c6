//! What became of what the firm said of markets and conversions.

use runtime::Receipt;
use serde_json::json;
use types::{EventKind, InstrumentId, InstrumentStatus, MarketChange};

use super::{input_rejected, rejected, with_events_of};
use crate::app::App;
use crate::dto::instrument::change::Conversion;
use crate::dto::word::Word;
use crate::problem::Problem;

/// What a market is after a change, as JSON, or why it was refused.
pub(in crate::rest) fn of_change(
    app: &App,
    instrument: InstrumentId,
    change: MarketChange,
    receipt: &Receipt,
) -> Result<String, Problem> {
    let mut changed: Option<InstrumentStatus> = None;
    let mut booked = 0_u32;
    for event in &receipt.events {
        match event.kind {
            EventKind::InputRejected { reason } => return Err(input_rejected(reason)),
            EventKind::StatusChanged {
                instrument: whose,
                status,
                ..
            } if whose == instrument => changed = Some(status),
            EventKind::Booked {
                instrument: whose, ..
            } if whose == instrument => booked += 1,
            _ => {}
        }
    }
    let head = match change {
        // An opening may trade so far from the session's first price that the breaker halts it again.
        MarketChange::Status(asked) => json!({
            "instrument": instrument.to_string(),
            "status": changed.unwrap_or(asked).word(),
            "is_new": changed.is_some(),
        }),
        MarketChange::Financing(_) | MarketChange::Dividend { .. } | MarketChange::Split { .. } => {
            json!({ "instrument": instrument.to_string(), "positions_booked": booked })
        }
    };
    Ok(with_events_of(app, &head, &[], receipt))
}

/// A conversion that counts from now on, as JSON, or why it does not.
pub(in crate::rest) fn of_conversion(
    app: &App,
    conversion: Conversion,
    receipt: &Receipt,
) -> Result<String, Problem> {
    let mut is_set = false;
    for event in &receipt.events {
        match event.kind {
            EventKind::InputRejected { reason } => return Err(input_rejected(reason)),
            EventKind::ConversionSet { .. } => is_set = true,
            _ => {}
        }
    }
    if !is_set {
        return Err(rejected("no_outcome"));
    }
    let head = json!({
        "from": conversion.from.to_string(),
        "to": conversion.to.to_string(),
        "rate": conversion.rate.to_string(),
    });
    Ok(with_events_of(app, &head, &[], receipt))
}
