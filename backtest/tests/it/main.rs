//! Runs and figures from outside the crate, against named sources.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod challenge;
mod columnar;
mod declared;
mod goog;
mod indicators;
mod look_ahead;
mod metrics;
mod monte_carlo;
mod portfolio;
mod prints;
mod recomputed;
mod report;
mod several;
mod strategies;
mod synthetic;
mod thinned;
mod world;
