//! The twin harness: random streams of inputs for the shard and for its naive twin, a comparison of
//! both after every input, and the smallest stream on which they still differ.
//!
//! No clock, no operating system's randomness: a seed names a stream on every machine.

pub mod compare;
mod conduct;
mod contests;
pub mod coverage;
mod difference;
pub mod draw;
mod instruments;
mod plans;
pub mod play;
pub mod recording;
pub mod resolve;
pub mod scenario;
pub mod script;
pub mod setting;
pub mod shrink;
mod words;

pub use compare::{Comparison, Mode};
pub use coverage::Coverage;
pub use difference::Difference;
pub use draw::Draw;
pub use recording::Recording;
pub use script::{Script, Step, StepKind};
pub use setting::{Setting, Traded};
