//! The rules at their public boundary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cases;
mod conduct;
mod definitions;
mod draw;
mod entries;
mod floors;
mod lifecycle;
mod objectives;
mod payouts;
mod plans;
mod score_twin;
mod twin;
mod windows;
