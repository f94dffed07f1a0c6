//! The venues. Each file has one venue's protocol, by its own published rules, and names the pages.
//!
//! | venue | channels | what holds the book together |
//! |---|---|---|
//! | [`binance`] | trade, bookTicker, diff depth; spot and USD-M futures | update ids, REST snapshot |
//! | [`coinbase`] | level2, market_trades, heartbeats; Advanced Trade | a sequence of the connection, heartbeats |

pub mod binance;
pub mod coinbase;
#[cfg(test)]
mod told;
