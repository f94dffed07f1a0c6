//! Both sides of the market.

pub(super) mod avellaneda;
pub(super) mod grid;
mod quoting;
pub(super) mod touch;
