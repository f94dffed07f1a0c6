//! The rules at their public boundary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alter;
mod board;
mod cases;
mod conduct;
mod contest;
mod daily;
mod definitions;
mod draw;
mod entries;
mod floors;
mod integrity;
mod lifecycle;
mod objectives;
mod payouts;
mod plans;
mod prizes;
mod proof;
mod score_order;
mod score_twin;
mod series;
mod teams;
mod trailing;
mod twin;
mod windows;
