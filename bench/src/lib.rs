//! What the benches and the harnesses share: a shard to load with accounts, the matching benchmark, a
//! running runtime under load, the twin harness, the simulation of a whole runtime, and venues' messages as types.

pub mod load;
pub mod matching;
pub mod rig;
pub mod scaling;
pub mod simulation;
pub mod twin;
pub mod typed;

pub use rig::{Rig, market_order, quote};
