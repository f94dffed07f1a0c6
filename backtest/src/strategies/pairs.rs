//! What moves together stays together.

pub(super) mod basket;
pub(super) mod spread;
mod unit_root;
