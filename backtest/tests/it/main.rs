//! Runs as a user of the crate makes them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod challenge;
mod columnar;
mod goog;
mod monte_carlo;
mod world;
