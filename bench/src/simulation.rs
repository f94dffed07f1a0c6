//! The deterministic simulation: a whole runtime in one thread on a simulated disk and simulated clocks,
//! fed with a random stream, killed and restarted, and held to what it promised.
//!
//! Everything comes from the seed: the stream (that of the twin), who works next, how much time passes,
//! and the faults. What must hold is said at [`Failure`].

mod feed;
mod promises;
#[cfg(test)]
mod tests;
mod world;

pub use world::{Failure, Report, run};
