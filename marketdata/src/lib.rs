//! Where market events come from: live feeds, recordings on disk, files in the formats that people have, the path
//! of quotes inside a bar, the looping demo market, and synthetic quotes for benches and tests; and what is known of
//! instruments: when they trade, what venues say of them, their chains, splits and dividends.
//!
//! Everything but [`connection`], the servers of [`local`] and the files of [`tape`] and [`history`] is a pure
//! function of its input: no clock, no network, no randomness other than a seed. Prices and quantities go from text to
//! integers without a float between.

pub mod actions;
pub mod calendar;
pub mod connection;
pub mod continuous;
pub mod demo;
pub mod factor;
pub mod feed;
pub mod generator;
pub mod history;
pub mod intrabar;
pub mod local;
pub mod metadata;
pub mod recording;
pub mod tape;
pub mod venue;

pub use calendar::{Calendar, CalendarError, Session};
pub use demo::DemoMarket;
pub use generator::{RandomWalk, WalkStart, Xorshift64Star};
pub use intrabar::{BarPath, BarPathError, Spread};
pub use recording::{RecordingError, read_bars, read_ticks};
