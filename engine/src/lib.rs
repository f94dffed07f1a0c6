//! The single-writer core: one [`Shard`] applies one sequenced input at a time and says what
//! happened.
//!
//! Nothing here reads a clock, a file, a socket or the environment, and nothing is random: the same
//! inputs give the same bytes of state on every machine.

// An order passes some twenty small checks: as one straight line they take half the instructions, and the
// compiler does not join them by itself (bench, `matching --shard`).
#![allow(clippy::inline_always)]
#![deny(clippy::float_arithmetic, clippy::float_cmp)]

mod account;
mod agenda;
mod algo;
mod bands;
pub mod book;
mod depth;
mod derived;
mod event_buf;
mod fetch;
mod high_water;
mod holding;
mod lanes;
mod limits;
mod market;
pub mod naive;
mod near;
mod order;
mod orders;
pub mod portrait;
mod shard;
mod slab;
mod snapshot;
mod table;
pub mod view;
mod windows;

pub use event_buf::EventBuf;
pub use limits::Limits;
pub use shard::{Foresight, Shard};
pub use snapshot::{SnapshotError, StateHash};
