//! Runs as a user of the crate makes them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod goog;
mod look_ahead;
mod portfolio;
mod synthetic;
mod world;
