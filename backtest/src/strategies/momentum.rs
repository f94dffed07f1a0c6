//! What moves goes on moving.

pub(super) mod breakout;
pub(super) mod cross;
pub(super) mod relative;
pub(super) mod sma_cross;
pub(super) mod trend;
