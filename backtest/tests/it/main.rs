//! Runs as a user of the crate makes them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod challenge;
mod columnar;
mod goog;
mod look_ahead;
mod monte_carlo;
mod synthetic;
mod world;
