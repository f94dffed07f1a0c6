//! What an adapter says at one moment.

use types::{InstrumentId, TimestampNs};

use super::told::{self, NOW, after, told};
use crate::feed::{Adapter, Listing, Output};

/// A moment so many milliseconds after [`NOW`].
pub(super) const fn after_ms(ms: u64) -> TimestampNs {
    TimestampNs(after(ms / 1_000).0 + ms % 1_000 * 1_000_000)
}

/// Listings with prices in steps of 0.00001 and quantities of any step.
pub(super) fn listings(symbols: &[&str]) -> Vec<Listing> {
    let listing = |(place, symbol): (usize, &&str)| Listing {
        instrument: InstrumentId(place as u32 + 3),
        ..told::listing(symbol, "0.00001", "0.00000001")
    };
    symbols.iter().enumerate().map(listing).collect()
}

/// What a message makes an adapter say.
pub(super) fn message(adapter: &mut dyn Adapter, text: &str) -> Vec<String> {
    told::message(adapter, text, NOW)
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
    told::opened(adapter, NOW)
}
