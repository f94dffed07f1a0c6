//! Synthetic quotes and bars for benches and tests: random walks in whole ticks, the same on every machine
//! for the same seed. It makes no claim to look like a market.

mod bars;
mod split_mix;

pub use bars::MinuteBars;
pub use split_mix::SplitMix64;

use types::{InstrumentId, MarketData, MarketEvent, Price, Qty, Quote, TimestampNs};

/// Steps of one instrument's walk and where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkStart {
    /// The first bid, before its first step; rounded down to a tick and held at one tick or more.
    pub bid: Price,
    /// Price step; anything below 1e-9 counts as 1e-9.
    pub tick_size: Price,
    /// Quantity step; anything below 1e-8 counts as 1e-8.
    pub lot_size: Qty,
}

/// An endless stream of quotes over a few instruments, in order of time.
///
/// Each event picks an instrument, moves its bid by -1, 0 or +1 tick (never below one tick), sets
/// the ask 1 to 3 ticks above, shows 1 to 100 lots on each side, and comes 1 ns to 1 ms after the
/// event before it. Without instruments the stream is empty.
#[derive(Debug, Clone)]
pub struct RandomWalk {
    random: Xorshift64Star,
    ts: TimestampNs,
    walks: Vec<WalkStart>,
}

impl RandomWalk {
    /// A walk of `instruments`, which get the ids 0, 1, 2, ... in their order; the first event
    /// comes after `start`.
    pub fn new(seed: u64, start: TimestampNs, instruments: &[WalkStart]) -> Self {
        let walks = instruments
            .iter()
            .map(|walk| {
                let tick_size = walk.tick_size.max(Price(1));
                let bid = walk.bid.max(tick_size);
                WalkStart {
                    bid: Price(bid.0 - bid.0 % tick_size.0),
                    tick_size,
                    lot_size: walk.lot_size.max(Qty(1)),
                }
            })
            .collect();
        Self {
            random: Xorshift64Star::new(seed),
            ts: start,
            walks,
        }
    }
}

impl Iterator for RandomWalk {
    type Item = MarketEvent;

    fn next(&mut self) -> Option<MarketEvent> {
        let chosen = self.random.below(self.walks.len() as u64) as usize;
        let walk = self.walks.get_mut(chosen)?;
        let (tick, lot) = (walk.tick_size, walk.lot_size);
        let mut steps = |from: u64, to: u64| (from + self.random.below(to - from + 1)) as i64;

        let moved = walk.bid.0.saturating_add((steps(0, 2) - 1) * tick.0);
        walk.bid = Price(moved.max(tick.0));
        let quote = Quote {
            bid: walk.bid,
            bid_qty: Qty(lot.0.saturating_mul(steps(1, 100))),
            ask: Price(
                walk.bid
                    .0
                    .saturating_add(tick.0.saturating_mul(steps(1, 3))),
            ),
            ask_qty: Qty(lot.0.saturating_mul(steps(1, 100))),
        };
        self.ts = TimestampNs(self.ts.0.saturating_add(steps(1, 1_000_000) as u64));
        Some(MarketEvent {
            instrument: InstrumentId(chosen as u32),
            ts_event: self.ts,
            data: MarketData::Quote(quote),
        })
    }
}

/// xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators,
/// scrambled", ACM TOMS 42(4), 2016; shifts 12, 25, 27 and multiplier 2685821657736338717.
#[derive(Debug, Clone)]
pub struct Xorshift64Star {
    state: u64,
}

impl Xorshift64Star {
    /// Numbers that follow from a seed. The state zero would stay zero, so the seed 0 stands for the golden ratio's bits.
    pub const fn new(seed: u64) -> Self {
        let state = if seed == 0 {
            0x9E37_79B9_7F4A_7C15
        } else {
            seed
        };
        Self { state }
    }

    const fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(2_685_821_657_736_338_717)
    }

    /// A number below `bound` (0 for the bound 0), from the high bits; its bias of at most
    /// `bound / 2^64` does not matter here.
    pub const fn below(&mut self, bound: u64) -> u64 {
        ((self.next() as u128 * bound as u128) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_numbers_are_those_of_the_paper() {
        // By hand: seed 1 goes to 2^25 + 1, times the multiplier, modulo 2^64.
        assert_eq!(Xorshift64Star::new(1).next(), 5_180_492_295_206_395_165);
    }
}
