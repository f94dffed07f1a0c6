//! The shard from outside: against its naive twin, over snapshots, under nonsense, and by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod breach_price;
mod never_panics;
mod plans;
mod scenario;
mod snapshot;
mod stream;
mod twin;
mod world;
