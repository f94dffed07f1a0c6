//! The same bars, a little different: whether a result hangs on single prices.

use types::{Bar, Instrument, Price, TimestampNs};

use crate::random::Random;

/// Every bar, moved as a whole by a normal number of `share` of the mean range of bars, rounded to a tick; ranges stay
/// what they are. A bar that would not stay above zero is left where it is. Run again over these, a strategy shows what
/// it owes to single prices.
pub fn noisy(
    bars: &[(TimestampNs, Bar)],
    instrument: &Instrument,
    share: f64,
    seed: u64,
) -> Vec<(TimestampNs, Bar)> {
    let tick = instrument.tick_size.0;
    let ranges = bars
        .iter()
        .map(|(_, bar)| (bar.high.0.saturating_sub(bar.low.0)) as f64);
    let mean = ranges.sum::<f64>() / bars.len().max(1) as f64;
    let scale = share * mean / tick as f64;
    let mut random = Random::new(seed);
    let moved = bars.iter().map(|&(end, bar)| {
        let ticks = (random.normal() * scale).round() as i64;
        let by = ticks.saturating_mul(tick);
        let at = |price: Price| Price(price.0.saturating_add(by));
        if bar.low.0.saturating_add(by) <= 0 {
            return (end, bar);
        }
        let moved = Bar {
            open: at(bar.open),
            high: at(bar.high),
            low: at(bar.low),
            close: at(bar.close),
            ..bar
        };
        (end, moved)
    });
    moved.collect()
}
