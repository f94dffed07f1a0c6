//! What an adapter says, in words that a test can hold against others.

use types::{InstrumentId, Level, MarketData, Price, Qty, Ratio, TimestampNs};

use crate::feed::{Action, Adapter, Listing, Output, Spec};

/// A moment for tests: 2023-11-14T22:13:20Z.
pub(super) const NOW: TimestampNs = TimestampNs(1_700_000_000_000_000_000);

/// A moment so many milliseconds after [`NOW`].
pub(super) const fn after_ms(ms: u64) -> TimestampNs {
    TimestampNs(NOW.0 + ms * 1_000_000)
}

/// Listings with prices in steps of 0.001 and quantities in steps of 1e-8.
pub(super) fn listings(symbols: &[&str]) -> Vec<Listing> {
    let listing = |(place, symbol): (usize, &&str)| Listing {
        instrument: InstrumentId(place as u32 + 3),
        symbol: (*symbol).to_owned(),
        spec: Spec {
            tick_size: Price(1_000_000),
            lot_size: Qty(1),
            may_be_negative: false,
            outlier_band: Ratio::ZERO,
        },
    };
    symbols.iter().enumerate().map(listing).collect()
}

/// What a message makes an adapter say.
pub(super) fn message(adapter: &mut dyn Adapter, text: &str) -> Vec<String> {
    binary(adapter, text.as_bytes())
}

/// What the bytes of a message make an adapter say.
pub(super) fn binary(adapter: &mut dyn Adapter, bytes: &[u8]) -> Vec<String> {
    let mut out = Output::default();
    let read = adapter.message(&mut bytes.to_vec(), NOW, &mut out);
    let mut said = told(&mut out);
    if let Err(error) = read {
        said.push(format!("error: {}", error.what));
    }
    said
}

/// What an adapter says to an open connection.
pub(super) fn opened(adapter: &mut dyn Adapter) -> Vec<String> {
    let mut out = Output::default();
    adapter.opened(NOW, &mut out);
    told(&mut out)
}

/// What the time makes an adapter say.
pub(super) fn ticked(adapter: &mut dyn Adapter, now: TimestampNs) -> Vec<String> {
    let mut out = Output::default();
    adapter.tick(now, &mut out);
    told(&mut out)
}

/// Tells what an adapter says, shortly: events, then actions.
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
