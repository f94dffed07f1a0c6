//! The venues. Each file has one venue's protocol, by its own published rules, and names the pages.
//!
//! | venue | channels | what holds the book together |
//! |---|---|---|
//! | [`alpaca`] | quotes, trades, statuses; order books of crypto; JSON and `MessagePack` | nothing but the connection |
//! | [`binance`] | trade, bookTicker, diff depth; spot and USD-M futures | update ids, REST snapshot |
//! | [`coinbase`] | level2, market_trades, heartbeats; Advanced Trade | a sequence of the connection, heartbeats |
//! | [`hyperliquid`] | l2Book, bbo, trades | whole books, each stated again |
//! | [`oanda`] | v20 pricing stream: touch | each price stands for itself, heartbeats |
//! | [`polygon`] | quotes and trades of US stocks | each quote stands for itself |

pub mod alpaca;
pub mod binance;
pub mod coinbase;
pub mod hyperliquid;
pub mod oanda;
pub mod polygon;
#[cfg(test)]
mod said;
#[cfg(test)]
mod told;

use crate::feed::{Adapter, Addresses, Channels, Listing};
use crate::local::Counterpart;

/// The feeds that there are, by name.
pub const NAMES: &[&str] = &["binance-spot", "binance-futures", "coinbase", "hyperliquid"];

/// The adapter of a feed and where its venue is; `None` for a name that is not in [`NAMES`].
pub fn adapter(
    name: &str,
    listings: Vec<Listing>,
    channels: Channels,
) -> Option<(Box<dyn Adapter>, Addresses)> {
    use binance::{Binance, Product};
    use coinbase::Coinbase;
    use hyperliquid::Hyperliquid;
    Some(match name {
        "binance-spot" => (
            Box::new(Binance::new(Product::Spot, listings, channels)),
            binance::SPOT,
        ),
        "binance-futures" => (
            Box::new(Binance::new(Product::Futures, listings, channels)),
            binance::FUTURES,
        ),
        "coinbase" => (
            Box::new(Coinbase::new(listings, channels)),
            coinbase::ADVANCED,
        ),
        "hyperliquid" => (
            Box::new(Hyperliquid::new(listings, channels)),
            hyperliquid::MAINNET,
        ),
        _ => return None,
    })
}

/// The venue's side of a feed, for a venue on this machine; `None` for a name that is not in [`NAMES`].
pub fn counterpart(name: &str) -> Option<Box<dyn Counterpart>> {
    use binance::{LocalBinance, Product};
    use coinbase::LocalCoinbase;
    use hyperliquid::LocalHyperliquid;
    Some(match name {
        "binance-spot" => Box::new(LocalBinance::new(Product::Spot)),
        "binance-futures" => Box::new(LocalBinance::new(Product::Futures)),
        "coinbase" => Box::new(LocalCoinbase::new()),
        "hyperliquid" => Box::new(LocalHyperliquid::new()),
        _ => return None,
    })
}
