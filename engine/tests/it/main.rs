//! The shard from outside: over snapshots, under nonsense, and by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod algos;
#[path = "../../../rules/tests/it/alter.rs"]
mod alter;
mod auction;
mod audit;
mod bands;
mod bars;
mod bookings;
mod brackets;
mod breach_price;
mod cancels;
mod cases;
mod conduct;
mod contest;
mod covers;
mod currencies;
mod damage;
mod explain;
mod fees;
mod figures;
mod floors;
mod foretold;
mod funds;
mod grand;
mod iceberg;
mod immediate;
mod latency;
mod life;
mod limits;
mod liquidation;
mod lists;
mod margin;
mod marks;
mod never_panics;
mod paper;
mod peaks;
mod plans;
mod priority;
mod proof;
mod queue;
mod reach;
mod reduce_only;
mod rolls;
mod scenario;
mod self_trade;
mod snapshot;
mod stream;
mod told;
mod traps;
mod triggers;
mod windows;
mod words;
mod world;
