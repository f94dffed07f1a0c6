//! The crate from outside, against named sources.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod indicators;
mod metrics;
