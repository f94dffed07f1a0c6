//! Runs and figures from outside the crate, against named sources.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod declared;
mod goog;
mod indicators;
mod look_ahead;
mod portfolio;
mod recomputed;
mod several;
mod strategies;
mod synthetic;
mod world;
