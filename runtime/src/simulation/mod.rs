//! What stands in for the world in simulations: deterministic, from a seed, with faults on demand.

mod disk;
mod power_loss;
mod random;

pub use disk::{Fault, SimulatedDisk};
pub use power_loss::{CrashPoint, PowerLoss};
pub use random::Random;
