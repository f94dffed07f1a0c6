//! The venues. Each file has one venue's protocol, by its own published rules, and names the pages.
//!
//! | venue | channels | what holds the book together |
//! |---|---|---|
//! | [`binance`] | trade, bookTicker, diff depth; spot and USD-M futures | update ids, REST snapshot |
//! | [`bybit`] | publicTrade, orderbook 1 and 50; spot, linear, inverse | update ids, snapshot of the stream |
//! | [`kraken`] | trade, ticker, book; spot | CRC-32 of the levels that are shown |
//! | [`okx`] | trades, bbo-tbt, books | sequence ids that name the one before, snapshot of the stream |

pub mod binance;
pub mod bybit;
pub mod kraken;
pub mod okx;

#[cfg(test)]
mod told;

use crate::feed::{Adapter, Addresses, Channels, Listing};
use crate::local::Counterpart;

/// The feeds that there are, by name.
pub const NAMES: &[&str] = &["binance-spot", "binance-futures"];

/// The adapter of a feed and where its venue is; `None` for a name that is not in [`NAMES`].
pub fn adapter(
    name: &str,
    listings: Vec<Listing>,
    channels: Channels,
) -> Option<(Box<dyn Adapter>, Addresses)> {
    use binance::{Binance, Product};
    Some(match name {
        "binance-spot" => (
            Box::new(Binance::new(Product::Spot, listings, channels)),
            binance::SPOT,
        ),
        "binance-futures" => (
            Box::new(Binance::new(Product::Futures, listings, channels)),
            binance::FUTURES,
        ),
        _ => return None,
    })
}

/// The venue's side of a feed, for a venue on this machine; `None` for a name that is not in [`NAMES`].
pub fn counterpart(name: &str) -> Option<Box<dyn Counterpart>> {
    use binance::{LocalBinance, Product};
    Some(match name {
        "binance-spot" => Box::new(LocalBinance::new(Product::Spot)),
        "binance-futures" => Box::new(LocalBinance::new(Product::Futures)),
        _ => return None,
    })
}
