//! Candles and equity curves, built from the durable inputs as they pass.
//!
//! The follower calls [`Charts::observe`] with every input: the work is constant for a market event
//! and proportional to the number of accounts once for each step of the curves' time grid. Readers
//! take copies.

mod candle;
mod curve;

use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::Shard;
use types::{AccountId, Input, InputKind, InstrumentId};

pub use candle::{CANDLES_MAX, Candle, INTERVALS, Interval};
pub use curve::{CURVE_ACCOUNTS_MAX, CURVE_POINTS_MAX, CURVE_STEP_MIN_S, Point};

use candle::Candles;
use curve::Curves;

/// The charts of one shard.
#[derive(Debug, Default)]
pub struct Charts {
    candles: Mutex<Candles>,
    curves: Mutex<Curves>,
}

impl Charts {
    /// Takes note of a shard as it was restored: curves go on from here, candles from the next quote.
    pub fn start(&self, shard: &Shard) {
        if shard.account_count() > 0 {
            lock(&self.curves).observe(shard.ts(), shard);
        }
    }

    /// Takes note of a durable input; `shard` has just applied it.
    pub fn observe(&self, input: &Input, shard: &Shard) {
        if let InputKind::Market(event) = &input.kind
            && let Some(quote) = shard.quote(event.instrument)
        {
            lock(&self.candles).observe(event.instrument, input.ts, quote);
        }
        lock(&self.curves).observe(input.ts, shard);
    }

    /// The candles of an instrument that start at `since` or later, in seconds since the epoch,
    /// oldest first.
    pub fn candles(&self, instrument: InstrumentId, interval: Interval, since: u64) -> Vec<Candle> {
        lock(&self.candles).since(instrument, interval, since)
    }

    /// The points of an account's equity curve at `since` or later, in seconds since the epoch,
    /// oldest first; and how often all curves have been thinned so far.
    pub fn curve(&self, account: AccountId, since: u64) -> (Vec<Point>, u32) {
        lock(&self.curves).since(account, since)
    }
}

/// A panic of another reader leaves plain numbers behind, which are as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
