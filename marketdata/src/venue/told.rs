//! What an adapter says, in words that tests compare.

use types::{InstrumentId, Level, MarketData, Price, Qty, Ratio, TimestampNs};

use crate::feed::{Action, Adapter, Listing, Output, Spec};

/// When everything in these tests happens.
pub(super) const NOW: TimestampNs = TimestampNs(1_700_000_000_000_000_000);

/// A listing with these steps of price and quantity.
pub(super) fn listing(symbol: &str, tick_size: &str, lot_size: &str) -> Listing {
    Listing {
        instrument: InstrumentId(3),
        symbol: symbol.to_owned(),
        spec: Spec {
            tick_size: tick_size.parse::<Price>().unwrap(),
            lot_size: lot_size.parse::<Qty>().unwrap(),
            may_be_negative: false,
            outlier_band: Ratio::ZERO,
        },
    }
}

/// Events and then actions, shortly.
pub(super) fn told(out: &mut Output) -> Vec<String> {
    let level = |level: &Level| format!("{}x{}", level.price, level.qty);
    let side = |levels: &[Level]| levels.iter().map(level).collect::<Vec<_>>().join(" ");
    let events = out.events.iter().map(|event| match &event.data {
        MarketData::Quote(quote) => format!(
            "quote {}x{} {}x{} at {}",
            quote.bid, quote.bid_qty, quote.ask, quote.ask_qty, event.ts_event.0
        ),
        MarketData::Trade(trade) => format!(
            "trade {}x{} {:?} at {}",
            trade.price, trade.qty, trade.aggressor, event.ts_event.0
        ),
        MarketData::DepthDelta(update) => {
            format!("delta {} | {}", side(&update.bids), side(&update.asks))
        }
        MarketData::DepthSnapshot(update) => {
            format!("whole {} | {}", side(&update.bids), side(&update.asks))
        }
        other => format!("{other:?}"),
    });
    let mut said: Vec<_> = events.collect();
    for action in out.actions.drain(..) {
        said.push(match action {
            Action::Send(bytes) => format!("send {}", String::from_utf8_lossy(&bytes)),
            Action::Fetch { id, path } => format!("fetch {} {path}", id.0),
            Action::Reconnect { reason } => format!("reconnect: {reason}"),
        });
    }
    out.clear_events();
    said
}

/// What it says to the connection that is open.
pub(super) fn opened(adapter: &mut dyn Adapter, now: TimestampNs) -> Vec<String> {
    let mut out = Output::default();
    adapter.opened(now, &mut out);
    told(&mut out)
}

/// What it says to a message, and last the error.
pub(super) fn message(adapter: &mut dyn Adapter, text: &str, now: TimestampNs) -> Vec<String> {
    let mut out = Output::default();
    let read = adapter.message(&mut text.to_owned().into_bytes(), now, &mut out);
    let mut said = told(&mut out);
    if let Err(error) = read {
        said.push(format!("error: {}", error.what));
    }
    said
}

/// What it says once time has passed.
pub(super) fn tick(adapter: &mut dyn Adapter, now: TimestampNs) -> Vec<String> {
    let mut out = Output::default();
    adapter.tick(now, &mut out);
    told(&mut out)
}

/// So many seconds after [`NOW`].
pub(super) const fn after(seconds: u64) -> TimestampNs {
    TimestampNs(NOW.0 + seconds * 1_000_000_000)
}

/// Depth updates that are kept for their memory after what an adapter does, where two were kept before: less means that
/// some are held or lost.
pub(super) fn spare(out: &mut Output, does: impl FnOnce(&mut Output)) -> usize {
    while out.spare() < 2 {
        out.recycle(Box::default());
    }
    while out.spare() > 2 {
        drop(out.depth());
    }
    does(out);
    out.actions.clear();
    out.clear_events();
    out.spare()
}
