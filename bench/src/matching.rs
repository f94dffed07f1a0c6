//! The matching benchmark: two published workloads, replayed through this project's book and through
//! other engines in one process, with each engine's trades hashed and compared.
//!
//! Nothing here is shared with the product: the adapters call engines only through their public API.

pub mod array;
pub mod book;
mod generator;
pub mod hash;
pub mod latency;
pub mod memory;
pub mod naive;
#[cfg(feature = "peers")]
mod peers;
pub mod registry;
pub mod replay;
pub mod report;
pub mod shard;
pub mod workload;

use hash::TradeHash;
use workload::{Command, Workload};

/// Where an engine comes from, which decides what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This project's product code.
    Product,
    /// The reference engine of this crate, which is the oracle and a peer like any other.
    Naive,
    /// A published library.
    Peer,
    /// Written in this crate to show how little work the trades alone need; it does less than a book
    /// must, so nothing is compared with it.
    Bound,
}

/// What the report says about an engine.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// As `--engine` takes it.
    pub name: &'static str,
    /// Of the package, or empty.
    pub version: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// What stands between the workload and the engine, and where: in the timed region or before it.
    pub adapter: &'static str,
    /// The measured steps that it gets; fewer than there are for engines so slow that a run would
    /// take minutes.
    pub steps_max: usize,
}

/// How much a run will ask of an engine, for those that take a hint.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// The highest order id.
    pub id_max: u32,
    /// Orders that rest at once, at most.
    pub resting_max: u32,
}

/// An engine under measurement.
pub trait Engine: Sized {
    /// A command in the engine's terms, made before the clock starts.
    type Command;

    /// What the report says about it.
    const ABOUT: About;

    /// An empty book.
    fn new(capacity: Capacity) -> Self;

    /// Translates the commands of a run, in order. Not timed.
    fn prepare(commands: Vec<Command>) -> Vec<Self::Command>;

    /// Looks at the commands that come, the next one first, before it is applied. Timed, like what it saves.
    #[inline]
    fn foresee(&mut self, _coming: &[Self::Command]) {}

    /// Applies one command and hashes its trades. Timed.
    fn apply(&mut self, command: &Self::Command, trades: &mut TradeHash);

    /// By the workload's order id: the id that the engine gave the order, when it insists on giving
    /// its own.
    fn names(_workload: &Workload) -> Option<Vec<u64>> {
        None
    }
}
