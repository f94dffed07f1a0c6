//! The naive twin of this crate: slow, obvious, for tests and benches only.
//!
//! It keeps whole histories, recomputes everything from them at every question, and reckons in exact
//! rationals of currency units and points. It shares the definitions of plans and competitions with
//! the rest of the crate, and no arithmetic.

mod account;
mod days;
mod entry;
mod rational;
mod window;

pub use account::{AccountOracle, ConsistencyFigures, LimitFigures, Operation, ScaleFigures};
pub use days::open_on;
pub use entry::{EntryOracle, ScoreFigures};
pub use rational::Rational;
pub use window::WindowOracle;
