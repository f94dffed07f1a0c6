//! What the benches and the harnesses share: a shard to load with accounts, the matching benchmark, and
//! the twin harness.

pub mod matching;
pub mod rig;
pub mod scaling;
pub mod twin;

pub use rig::{Rig, market_order, quote};
