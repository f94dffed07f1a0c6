//! What stands in for the world in simulations: deterministic, from a seed, with faults on demand.

mod disk;
mod power_loss;
mod process;
mod random;
mod snapshots;
mod time;

pub use disk::{Fault, SimulatedDisk};
pub use power_loss::{CrashPoint, PowerLoss};
pub use process::{Process, Progress, Worker};
pub use random::Random;
pub use snapshots::SimulatedSnapshots;
pub use time::SimulatedTime;
