//! Runs as a user of the crate makes them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod columnar;
mod goog;
mod world;
