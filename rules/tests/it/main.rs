//! The rules at their public boundary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod board;
mod contest;
mod definitions;
mod entries;
mod floors;
mod integrity;
mod objectives;
mod payouts;
mod plans;
mod prizes;
mod score_order;
mod score_twin;
mod teams;
mod twin;
