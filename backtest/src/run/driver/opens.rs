//! The opens of bars: a quote that stands for one, and what waits for it.

use types::{Bar, InstrumentId, Price, Qty, Quote, TimestampNs};

use super::Driver;
use super::head::{Head, bar_of};
use crate::strategy::Strategy;

impl Driver<'_> {
    /// Bars of instruments for which something waits, in order of their starts, of one start in the order in which it
    /// was asked for: their opens are shown, and what waits is sent. So what is sold first pays for what is bought.
    pub(super) fn open_bars<S>(
        &mut self,
        heads: &[Head<S>],
        ts: TimestampNs,
        strategy: &mut dyn Strategy,
    ) {
        let mut opened: Vec<(usize, usize)> = Vec::new();
        loop {
            let bars = heads.iter().enumerate().flat_map(|(at, head)| {
                let batch = head.batch.iter().enumerate();
                batch.filter_map(move |(place, timed)| {
                    Some((at, place, timed.event.instrument, bar_of(timed)?))
                })
            });
            let queue = &self.desk.queue;
            let waiting = bars.filter_map(|(at, place, instrument, bar)| {
                let asked = queue.iter().position(|it| it.instrument == instrument)?;
                let is_due = bar.start <= ts
                    && !self.is_quoted(instrument)
                    && !opened.contains(&(at, place));
                is_due.then_some((at, place, instrument, bar, asked))
            });
            let Some((at, place, instrument, bar, _)) =
                waiting.min_by_key(|(_, _, _, bar, asked)| (bar.start, *asked))
            else {
                return;
            };
            opened.push((at, place));
            let bar = *bar;
            self.open_bar(instrument, &bar, strategy);
        }
    }

    pub(super) fn is_quoted(&self, instrument: InstrumentId) -> bool {
        let place = self.places.get(instrument.0 as usize);
        place.is_some_and(|place| place.quoted)
    }

    /// Likewise where only one bar can be.
    pub(super) fn open_only(&mut self, ts: TimestampNs, strategy: &mut dyn Strategy) {
        if let Some(bar) = self.bar()
            && bar.start <= ts
            && !self.is_quoted(InstrumentId(0))
        {
            self.open_bar(InstrumentId(0), &bar, strategy);
        }
    }

    pub(super) fn open_bar(
        &mut self,
        instrument: InstrumentId,
        bar: &Bar,
        strategy: &mut dyn Strategy,
    ) {
        self.wake(bar.start, strategy);
        self.last = self.last.max(bar.start);
        self.is_opening = true;
        self.show(bar.start, instrument, bar.open, bar.volume);
        self.open = Some(instrument);
        self.send_of(instrument);
        self.tell_fills(strategy);
        self.open = None;
        self.is_opening = false;
    }

    /// A quote that stands for the price of a bar.
    pub(super) fn show(
        &mut self,
        ts: TimestampNs,
        instrument: InstrumentId,
        price: Price,
        volume: Qty,
    ) {
        let index = instrument.0 as usize;
        let spec = self.settings.instruments.get(index);
        let (Some(spec), Some(place)) = (spec, self.places.get(index)) else {
            return;
        };
        let spread = i64::from(self.settings.spread_ticks);
        let (below, above) = (spread / 2, spread - spread / 2);
        let tick = spec.tick_size.0;
        let qty = place.displayed(volume);
        let quote = Quote {
            bid: Price(price.0.saturating_sub(below.saturating_mul(tick))),
            bid_qty: qty,
            ask: Price(price.0.saturating_add(above.saturating_mul(tick))),
            ask_qty: qty,
        };
        self.apply_quote(ts, instrument, quote);
    }
}
