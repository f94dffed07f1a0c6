//! The shard from outside: over snapshots, under nonsense, and by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod algos;
mod auction;
mod audit;
mod bands;
mod bookings;
mod breach_price;
mod cancels;
mod currencies;
mod grand;
mod iceberg;
mod immediate;
mod limits;
mod liquidation;
mod lists;
mod never_panics;
mod paper;
mod plans;
mod priority;
mod reach;
mod reduce_only;
mod scenario;
mod self_trade;
mod snapshot;
mod stream;
mod told;
mod traps;
mod triggers;
mod words;
mod world;
