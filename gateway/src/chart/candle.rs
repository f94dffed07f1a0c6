//! Open, high, low and close of the middle of bid and ask.

use std::collections::VecDeque;

use types::{InstrumentId, Price, Quote, TimestampNs};

/// Candles kept for each instrument and interval.
pub const CANDLES_MAX: usize = 500;

/// Lengths of a candle in seconds of market time.
pub const INTERVALS: [u32; 3] = [60, 300, 3_600];

/// Instruments that have candles; ids from here on have none.
const INSTRUMENTS_MAX: usize = 1_024;

/// One of [`INTERVALS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(u8);

impl Interval {
    /// The interval of this many seconds; `None` when no such candles are kept.
    pub fn from_seconds(seconds: u32) -> Option<Self> {
        INTERVALS
            .iter()
            .position(|&known| known == seconds)
            .map(|place| Self(place as u8))
    }

    /// Its length in seconds.
    pub const fn seconds(self) -> u32 {
        INTERVALS[self.0 as usize]
    }
}

/// What the middle price did in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// Start, in seconds since the epoch: a multiple of the interval.
    pub start_s: u64,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price so far.
    pub close: Price,
}

/// All candles, by instrument, then by interval.
#[derive(Debug, Default)]
pub(super) struct Candles(Vec<[VecDeque<Candle>; INTERVALS.len()]>);

impl Candles {
    pub(super) fn observe(&mut self, instrument: InstrumentId, ts: TimestampNs, quote: Quote) {
        let place = instrument.0 as usize;
        if place >= INSTRUMENTS_MAX {
            return;
        }
        if self.0.len() <= place {
            self.0.resize_with(place + 1, Default::default);
        }
        let price = middle(quote);
        let now_s = ts.0 / 1_000_000_000;
        for (series, interval_s) in self.0[place].iter_mut().zip(INTERVALS) {
            let start_s = now_s - now_s % u64::from(interval_s);
            match series.back_mut() {
                Some(candle) if candle.start_s == start_s => {
                    candle.high = candle.high.max(price);
                    candle.low = candle.low.min(price);
                    candle.close = price;
                }
                _ => {
                    if series.len() == CANDLES_MAX {
                        series.pop_front();
                    }
                    series.push_back(Candle {
                        start_s,
                        open: price,
                        high: price,
                        low: price,
                        close: price,
                    });
                }
            }
        }
    }

    pub(super) fn since(
        &self,
        instrument: InstrumentId,
        interval: Interval,
        since: u64,
    ) -> Vec<Candle> {
        let Some(series) = self.0.get(instrument.0 as usize) else {
            return Vec::new();
        };
        let series = &series[usize::from(interval.0)];
        let first = series.partition_point(|candle| candle.start_s < since);
        series.range(first..).copied().collect()
    }
}

/// Rounded down to 1e-9.
fn middle(quote: Quote) -> Price {
    let sum = i128::from(quote.bid.0) + i128::from(quote.ask.0);
    Price(sum.div_euclid(2) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BTC: InstrumentId = InstrumentId(0);

    fn quote(bid: i64, ask: i64) -> Quote {
        Quote {
            bid: Price::whole(bid),
            ask: Price::whole(ask),
            ..Quote::default()
        }
    }

    fn at(seconds: u64) -> TimestampNs {
        TimestampNs(seconds * 1_000_000_000)
    }

    #[test]
    fn a_candle_has_the_first_highest_lowest_and_last_middle() {
        let mut candles = Candles::default();
        for (second, bid, ask) in [
            (120, 100, 102),
            (130, 108, 112),
            (150, 90, 94),
            (179, 98, 100),
        ] {
            candles.observe(BTC, at(second), quote(bid, ask));
        }
        candles.observe(BTC, at(180), quote(96, 98));
        let minute = Interval::from_seconds(60).unwrap();
        let first = Candle {
            start_s: 120,
            open: Price::whole(101),
            high: Price::whole(110),
            low: Price::whole(92),
            close: Price::whole(99),
        };
        let all = candles.since(BTC, minute, 0);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0], first);
        assert_eq!((all[1].start_s, all[1].close), (180, Price::whole(97)));
        assert_eq!(candles.since(BTC, minute, 121), [all[1]]);
        // Five minutes hold them all.
        let five = candles.since(BTC, Interval::from_seconds(300).unwrap(), 0);
        assert_eq!(
            (five.len(), five[0].start_s, five[0].close),
            (1, 0, Price::whole(97))
        );
    }

    #[test]
    fn the_oldest_candle_goes_when_they_are_full() {
        let mut candles = Candles::default();
        for minute in 0..=CANDLES_MAX as u64 {
            candles.observe(BTC, at(minute * 60), quote(1, 1));
        }
        let kept = candles.since(BTC, Interval::from_seconds(60).unwrap(), 0);
        assert_eq!((kept.len(), kept[0].start_s), (CANDLES_MAX, 60));
    }

    #[test]
    fn the_middle_of_an_odd_sum_is_rounded_down() {
        let uneven = |bid, ask| Quote {
            bid: Price(bid),
            ask: Price(ask),
            ..Quote::default()
        };
        assert_eq!(middle(uneven(1, 2)), Price(1));
        assert_eq!(middle(uneven(-2, -1)), Price(-2));
        assert_eq!(middle(uneven(i64::MAX, i64::MAX)), Price(i64::MAX));
    }

    #[test]
    fn only_known_intervals_and_instruments_have_candles() {
        assert_eq!(Interval::from_seconds(61), None);
        let mut candles = Candles::default();
        candles.observe(InstrumentId(u32::MAX), at(0), quote(1, 1));
        assert!(
            candles
                .since(InstrumentId(u32::MAX), Interval(0), 0)
                .is_empty()
        );
    }
}
