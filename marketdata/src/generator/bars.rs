//! Synthetic minute bars: the workload that backtest tools are compared on (`bench/RESULTS.md`).

use types::{Bar, Price, Qty, TimestampNs};

use super::SplitMix64;

/// Start of the first bar, seconds since 1970.
const START_S: u64 = 1_600_000_000;
const MINUTE_NS: u64 = 60_000_000_000;
/// A cent.
const TICK: i64 = Price::ONE.0 / 100;

/// An endless walk in cents that starts at 20,000.00: each bar opens where the one before closed and takes four steps
/// of -3.00 to +3.00; its volume is 1 to 1,000.
#[derive(Debug, Clone)]
pub struct MinuteBars {
    random: SplitMix64,
    ticks: i64,
    number: u64,
}

impl MinuteBars {
    /// The walk of a seed; comparisons use 42.
    pub const fn new(seed: u64) -> Self {
        Self {
            random: SplitMix64::new(seed),
            ticks: 2_000_000,
            number: 0,
        }
    }
}

impl Iterator for MinuteBars {
    /// The end of a bar, and the bar.
    type Item = (TimestampNs, Bar);

    fn next(&mut self) -> Option<Self::Item> {
        let open = self.ticks;
        let (mut high, mut low) = (open, open);
        for _ in 0..4 {
            self.ticks += (self.random.next_u64() % 601) as i64 - 300;
            high = high.max(self.ticks);
            low = low.min(self.ticks);
        }
        let volume = 1 + self.random.next_u64() % 1_000;
        let start = START_S * 1_000_000_000 + MINUTE_NS * self.number;
        self.number += 1;
        let price = |ticks: i64| Price(ticks * TICK);
        let bar = Bar {
            start: TimestampNs(start),
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(self.ticks),
            volume: Qty::whole(volume as i64),
        };
        Some((TimestampNs(start + MINUTE_NS), bar))
    }
}
