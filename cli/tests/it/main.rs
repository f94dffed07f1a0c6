//! The binary as its users meet it, and the shape of the workspace.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod arrows;
mod backtest;
mod backtest_report;
mod data;
mod demo;
mod disk_full;
mod documents;
mod drain;
mod instrument;
mod journal;
mod plan;
mod results;
mod search;
mod serve;
mod sessions;
mod simulate;
mod tape;
mod verify;
