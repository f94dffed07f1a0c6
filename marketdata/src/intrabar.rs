//! The path that prices are taken to follow inside a bar.
//!
//! A bar of length T says nothing about the order of its high and low. The convention here: the
//! price goes against the bar's direction first. A bar that closes at or above its open visits the
//! low before the high; one that closes below its open visits the high before the low.
//!
//! | time | event |
//! |---|---|
//! | start | quote at the open |
//! | start + T/4 | quote at the low (close >= open) or the high (close < open) |
//! | start + T/2 | quote at the other extreme |
//! | start + 3T/4 | quote at the close |
//! | start + 3T/4 | the bar itself, which fills nothing |
//!
//! Equal consecutive quotes are kept: every bar gives the same number of events.

use types::{Bar, MarketData, Price, Qty, Quote, TimestampNs};

/// Events of one bar: four quotes and the bar.
pub const BAR_PATH_LEN: usize = 5;

/// What is put around a recorded price to make a quote of it: the bid is `below` it, the ask is
/// `above` it. Ask prices have `above` zero, bid prices `below` zero; trades have both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// From the bid up to the recorded price; not below zero.
    pub below: Price,
    /// From the recorded price up to the ask; not below zero.
    pub above: Price,
}

/// What is wrong with the settings of a [`BarPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BarPathError {
    /// The bars have no length.
    #[error("length_ns must be above zero")]
    Length,
    /// The tick size is not above zero.
    #[error("tick_size must be above zero")]
    TickSize,
    /// A side of the spread is below zero.
    #[error("the spread must not be below zero on either side")]
    Spread,
    /// The quantity is not above zero.
    #[error("qty must be above zero")]
    Qty,
}

/// Makes the path of quotes inside each bar of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarPath {
    length_ns: u64,
    tick_size: Price,
    spread: Spread,
    qty: Qty,
}

impl BarPath {
    /// Paths for bars that are `length_ns` nanoseconds long. Quotes are multiples of `tick_size`
    /// and show `qty` on both sides.
    ///
    /// # Errors
    /// See [`BarPathError`].
    pub const fn new(
        length_ns: u64,
        tick_size: Price,
        spread: Spread,
        qty: Qty,
    ) -> Result<Self, BarPathError> {
        if length_ns == 0 {
            return Err(BarPathError::Length);
        }
        if tick_size.0 <= 0 {
            return Err(BarPathError::TickSize);
        }
        if spread.below.is_negative() || spread.above.is_negative() {
            return Err(BarPathError::Spread);
        }
        if qty.0 <= 0 {
            return Err(BarPathError::Qty);
        }
        Ok(Self {
            length_ns,
            tick_size,
            spread,
            qty,
        })
    }

    /// Length of a bar, nanoseconds.
    pub const fn length_ns(&self) -> u64 {
        self.length_ns
    }

    /// The events of `bar`, in order of time. Quarters of the length are rounded down to the
    /// nanosecond; times past the range stay at its end.
    #[must_use]
    pub fn events(&self, bar: &Bar) -> [(TimestampNs, MarketData); BAR_PATH_LEN] {
        let (first, second) = if bar.close >= bar.open {
            (bar.low, bar.high)
        } else {
            (bar.high, bar.low)
        };
        let quote = |quarter, price| (self.time(bar, quarter), self.quote(price));
        [
            quote(0, bar.open),
            quote(1, first),
            quote(2, second),
            quote(3, bar.close),
            (self.time(bar, 3), MarketData::Bar(*bar)),
        ]
    }

    fn time(&self, bar: &Bar, quarter: u64) -> TimestampNs {
        let after = u128::from(self.length_ns) * u128::from(quarter) / 4;
        // Three quarters of a u64 fit a u64.
        TimestampNs(bar.start.0.saturating_add(after as u64))
    }

    /// The bid is rounded down and the ask up to a tick, so the spread is never narrower than
    /// asked for. Prices past the range stay at its last tick.
    fn quote(&self, price: Price) -> MarketData {
        let tick = i128::from(self.tick_size.0);
        let (lowest, highest) = (i128::from(i64::MIN) / tick, i128::from(i64::MAX) / tick);
        let on_tick = |ticks: i128| Price((ticks.clamp(lowest, highest) * tick) as i64);
        let bid = i128::from(price.0) - i128::from(self.spread.below.0);
        let ask = i128::from(price.0) + i128::from(self.spread.above.0);
        MarketData::Quote(Quote {
            bid: on_tick(bid.div_euclid(tick)),
            bid_qty: self.qty,
            ask: on_tick(-(-ask).div_euclid(tick)),
            ask_qty: self.qty,
        })
    }
}
