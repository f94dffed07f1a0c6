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
