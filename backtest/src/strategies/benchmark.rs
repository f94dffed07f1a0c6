//! What others are measured by.

pub(super) mod buy_and_hold;
pub(super) mod plain;
