//! Feeds as they are shown.

use std::fmt;

use marketdata::connection::Status;
use marketdata::feed::{Counters, Health, Loss};
use serde::Serialize;
use types::TimestampNs;

/// Every feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedsDto {
    feeds: Vec<FeedDto>,
}

/// A connection to a venue. Counts are since the start of the process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedDto {
    feed: &'static str,
    connected: bool,
    /// When it connected last.
    since: Option<String>,
    reconnects: u64,
    messages: u64,
    bytes: u64,
    events: u64,
    /// Messages that could not be read.
    malformed: u64,
    /// Times that reading waited for the engine. Nothing is dropped.
    waits: u64,
    last_error: Option<String>,
    instruments: Vec<FedDto>,
}

/// An instrument of a feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FedDto {
    symbol: String,
    /// `down`, `syncing` or `live`.
    state: &'static str,
    /// When its newest message came.
    last_message: Option<String>,
    /// From the venue's time of the newest event to its coming, milliseconds; below zero when clocks differ,
    /// null where the venue says no times.
    lag_ms: Option<i64>,
    messages: u64,
    /// Over the ten whole seconds before now, or as many as there were since it first connected.
    messages_per_second: f64,
    gaps: u64,
    checksum_errors: u64,
    malformed: u64,
    resyncs: u64,
    repeated: u64,
    crossed: u64,
    locked: u64,
    off_grid: u64,
    not_positive: u64,
    outliers: u64,
    /// Times that its topic said nothing for longer than the feed's `stale_after`.
    silences: u64,
    /// Why nothing is known: `connection`, `gap`, `no_touch`, `cannot_be`, `silence`; null while it is live.
    stale_reason: Option<&'static str>,
    /// Time in which nothing was known after something was, milliseconds.
    stale_ms: u64,
}

impl FeedsDto {
    /// Feeds as they stand at a moment.
    pub fn new<'a>(feeds: impl Iterator<Item = &'a Status>, now: TimestampNs) -> Self {
        Self {
            feeds: feeds.map(|status| FeedDto::new(status, now)).collect(),
        }
    }
}

impl fmt::Display for FeedsDto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl FeedDto {
    fn new(status: &Status, now: TimestampNs) -> Self {
        let link = &status.link;
        let fed = status.symbols.iter().zip(&status.health);
        Self {
            feed: status.feed,
            connected: link.is_open,
            since: link
                .opened
                .filter(|_| link.is_open)
                .map(|ts| ts.to_string()),
            reconnects: link.reconnects,
            messages: link.messages,
            bytes: link.bytes,
            events: link.events,
            malformed: link.malformed,
            waits: link.waits,
            last_error: link.last_error.clone(),
            instruments: fed
                .map(|(symbol, health)| FedDto::new(symbol, health, now))
                .collect(),
        }
    }
}

impl FedDto {
    fn new(symbol: &str, health: &Health, now: TimestampNs) -> Self {
        let Counters {
            messages,
            gaps,
            checksum_errors,
            malformed,
            resyncs,
            repeated,
            crossed,
            locked,
            off_grid,
            not_positive,
            outliers,
            silences,
        } = health.counters;
        let heard = Some(health.last_message).filter(|ts| ts.0 > 0);
        Self {
            symbol: symbol.to_owned(),
            state: health.state.word(),
            last_message: heard.map(|ts| ts.to_string()),
            lag_ms: health.lag_ns.map(|lag| lag / 1_000_000),
            messages,
            messages_per_second: health.messages_per_second(now),
            gaps,
            checksum_errors,
            malformed,
            resyncs,
            repeated,
            crossed,
            locked,
            off_grid,
            not_positive,
            outliers,
            silences,
            stale_reason: health.loss.map(Loss::word),
            stale_ms: health.stale_total_ns(now) / 1_000_000,
        }
    }
}
