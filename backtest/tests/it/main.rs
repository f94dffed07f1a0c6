//! Runs as a user of the crate makes them, and its figures against named sources.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod goog;
mod indicators;
mod look_ahead;
mod metrics;
mod portfolio;
mod report;
mod synthetic;
mod world;
