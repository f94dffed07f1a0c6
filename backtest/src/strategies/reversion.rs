//! What went far comes back.

pub(super) mod band;
pub(super) mod oscillator;
pub(super) mod pattern;
