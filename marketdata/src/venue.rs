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
