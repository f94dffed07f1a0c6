//! What a report shows of a run and an outcome does not keep: prices, floors and targets over time, positions of
//! breaches. Memory is bounded, however long the data is.

use engine::Shard;
use types::{
    BreachPosition, Event, EventKind, Input, InputKind, InstrumentId, MarketData, Money, Price,
    RuleKind, Seq, TimestampNs,
};

use crate::run::Observer;

/// The most candles that are kept of an instrument. One more, and two become one.
pub const CANDLES_MAX: usize = 8_192;

/// The most moves that are kept of a floor. One more, and of two the later is kept.
pub const FLOOR_MOVES_MAX: usize = 8_192;

/// The most positions of breaches that are kept.
pub const BREACH_POSITIONS_MAX: usize = 1_000;

/// Prices of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// When its last price was.
    pub ts: TimestampNs,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
}

/// Prices of an instrument, as fine as [`CANDLES_MAX`] allows.
#[derive(Debug, Clone, Default)]
pub struct Candles {
    kept: Vec<Candle>,
    /// How many were taken into the last one, and how many go into one.
    taken: u32,
    per: u32,
}

impl Candles {
    /// The candles in order of time.
    pub fn candles(&self) -> &[Candle] {
        &self.kept
    }

    fn take(&mut self, next: Candle) {
        self.per = self.per.max(1);
        if let Some(last) = self.kept.last_mut()
            && self.taken < self.per
        {
            *last = joined(*last, next);
            self.taken += 1;
            return;
        }
        if self.kept.len() >= CANDLES_MAX {
            let pairs = self.kept.chunks_exact(2);
            self.kept = pairs.map(|pair| joined(pair[0], pair[1])).collect();
            self.per = self.per.saturating_mul(2);
        }
        self.kept.push(next);
        self.taken = 1;
    }
}

const fn joined(one: Candle, next: Candle) -> Candle {
    Candle {
        ts: next.ts,
        open: one.open,
        high: if one.high.0 > next.high.0 {
            one.high
        } else {
            next.high
        },
        low: if one.low.0 < next.low.0 {
            one.low
        } else {
            next.low
        },
        close: next.close,
    }
}

/// A floor over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    /// Of which rule.
    pub rule: RuleKind,
    /// Where it stood from when on.
    pub moves: Vec<(TimestampNs, Money)>,
}

/// Watches a run for its report. Takes bars, and of other data the middle of the quote.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    prices: Vec<Candles>,
    floors: Vec<Floor>,
    breach_positions: Vec<(Seq, BreachPosition)>,
}

impl Recorder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Prices of an instrument; none where it had no data.
    pub fn prices(&self, instrument: InstrumentId) -> &[Candle] {
        let found = self.prices.get(instrument.0 as usize);
        found.map_or(&[], Candles::candles)
    }

    /// The floors of the account's limits.
    pub fn floors(&self) -> &[Floor] {
        &self.floors
    }

    /// The positions of a breach, by the input that caused it.
    pub fn breach_positions(&self, seq: Seq) -> impl Iterator<Item = &BreachPosition> {
        let all = self.breach_positions.iter();
        all.filter(move |(at, _)| *at == seq).map(|(_, it)| it)
    }

    fn price(&mut self, instrument: InstrumentId, candle: Candle) {
        let place = instrument.0 as usize;
        if place >= self.prices.len() {
            self.prices.resize_with(place + 1, Candles::default);
        }
        self.prices[place].take(candle);
    }

    fn floor(&mut self, rule: RuleKind, ts: TimestampNs, floor: Money) {
        let place = self.floors.iter().position(|known| known.rule == rule);
        let place = place.unwrap_or_else(|| {
            self.floors.push(Floor {
                rule,
                moves: Vec::new(),
            });
            self.floors.len() - 1
        });
        let moves = &mut self.floors[place].moves;
        if moves.len() >= FLOOR_MOVES_MAX {
            // The later ones of pairs, so that the last one stays.
            let mut place = 0;
            moves.retain(|_| {
                place += 1;
                place % 2 == 0
            });
        }
        match moves.last_mut() {
            Some(last) if last.0 == ts => last.1 = floor,
            _ => moves.push((ts, floor)),
        }
    }
}

impl Observer for Recorder {
    fn sees_all(&self) -> bool {
        true
    }

    fn applied(&mut self, input: &Input, events: &[Event], shard: &Shard) {
        if let InputKind::Market(event) = &input.kind {
            let candle = if let MarketData::Bar(bar) = &event.data {
                Some(Candle {
                    ts: input.ts,
                    open: bar.open,
                    high: bar.high,
                    low: bar.low,
                    close: bar.close,
                })
            } else {
                let quote = shard.quote(event.instrument);
                quote.map(|quote| {
                    let middle = Price(i64::midpoint(quote.bid.0, quote.ask.0));
                    Candle {
                        ts: input.ts,
                        open: middle,
                        high: middle,
                        low: middle,
                        close: middle,
                    }
                })
            };
            if let Some(candle) = candle {
                self.price(event.instrument, candle);
            }
        }
        for event in events {
            match event.kind {
                EventKind::FloorMoved(moved) => self.floor(moved.rule, event.ts, moved.floor),
                EventKind::BreachPosition(position)
                    if self.breach_positions.len() < BREACH_POSITIONS_MAX =>
                {
                    self.breach_positions.push((event.seq, position));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(ts: u64, price: i64) -> Candle {
        Candle {
            ts: TimestampNs(ts),
            open: Price(price),
            high: Price(price),
            low: Price(price),
            close: Price(price),
        }
    }

    #[test]
    fn long_data_keeps_its_extremes_in_bounded_memory() {
        let mut candles = Candles::default();
        for at in 0..100_000_u64 {
            candles.take(flat(at, (at as i64 * 7_919) % 10_007));
        }
        let kept = candles.candles();
        assert!(kept.len() <= CANDLES_MAX && kept.len() > CANDLES_MAX / 4);
        assert_eq!(kept.iter().map(|it| it.high.0).max(), Some(10_006));
        assert_eq!(kept.iter().map(|it| it.low.0).min(), Some(0));
        assert_eq!(kept[0].open, Price(0));
        let last = kept[kept.len() - 1];
        assert_eq!(last.ts, TimestampNs(99_999));
        assert_eq!(last.close, Price((99_999 * 7_919) % 10_007));
    }

    #[test]
    fn a_floor_keeps_its_last_place() {
        let mut recorder = Recorder::new();
        for at in 0..20_000_i64 {
            recorder.floor(RuleKind::MaxLoss, TimestampNs(at as u64), Money(at));
        }
        let moves = &recorder.floors()[0].moves;
        assert!(moves.len() <= FLOOR_MOVES_MAX);
        assert_eq!(moves.last(), Some(&(TimestampNs(19_999), Money(19_999))));
    }
}
