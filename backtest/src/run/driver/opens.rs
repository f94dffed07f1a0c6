//! What comes between the events of the data; the opens of bars: a quote that stands for one, and what waits for it.

use types::{Bar, InstrumentId, Price, Qty, Quote, TimestampNs};

use super::Driver;
use super::head::Head;
use crate::run::{Fills, RunError, Source};
use crate::strategy::Strategy;

impl Driver<'_> {
    /// What happens before the events at `ts`. Without heads the event that was read is the only one that comes.
    #[inline(always)]
    pub(super) fn advance<S: Source>(
        &mut self,
        heads: &mut [Head<S>],
        ts: TimestampNs,
        strategy: &mut dyn Strategy,
    ) -> Result<(), RunError> {
        let is_busy = self.waits_for_opens()
            || self.frames.is_due(ts)
            || self.next_wake().is_some_and(|at| at <= ts);
        if is_busy {
            self.advance_all(heads, ts, strategy)?;
        }
        self.note_equity(ts);
        Ok(())
    }

    /// In order of time; of one time, fills that are heard of and timers, then bars that the run makes and that end, then opens.
    #[inline(never)]
    fn advance_all<S: Source>(
        &mut self,
        heads: &mut [Head<S>],
        ts: TimestampNs,
        strategy: &mut dyn Strategy,
    ) -> Result<(), RunError> {
        if self.frames.is_due(ts) {
            self.expect_bars(heads, ts)?;
        }
        let mut opened: Vec<(InstrumentId, TimestampNs)> = Vec::new();
        loop {
            let open = self.next_open(heads, ts, &opened)?;
            let until = open.map_or(ts, |(_, bar)| bar.start);
            let end = self.next_frames(ts).filter(|end| *end <= until);
            let until = end.unwrap_or(until);
            if let Some(at) = self.next_wake().filter(|at| *at <= until) {
                self.note_equity(at);
                self.wake(at, strategy);
            } else if end.is_some() {
                self.close_frames(strategy);
            } else if let Some((instrument, bar)) = open {
                opened.push((instrument, bar.start));
                self.open_bar(instrument, &bar, strategy);
            } else {
                return Ok(());
            }
        }
    }

    #[inline]
    fn waits_for_opens(&self) -> bool {
        self.settings.fills == Fills::NextOpen && !self.desk.queue.is_empty()
    }

    /// The bar for which something waits that was asked for by its start: the earliest, of one start that which was asked for
    /// first. So what is sold first pays for what is bought. Nothing is sent at an open that is past, and a bar that begins at
    /// `ts` opens after what ends then.
    fn next_open<S: Source>(
        &self,
        heads: &mut [Head<S>],
        ts: TimestampNs,
        opened: &[(InstrumentId, TimestampNs)],
    ) -> Result<Option<(InstrumentId, Bar)>, RunError> {
        if !self.waits_for_opens() {
            return Ok(None);
        }
        let mut first: Option<(TimestampNs, usize, InstrumentId, Bar)> = None;
        for (asked, request) in self.desk.queue.iter().enumerate() {
            let instrument = request.instrument;
            let Some(place) = self.places.get(instrument.0 as usize) else {
                continue;
            };
            if place.quoted {
                continue;
            }
            let mut see = |end: TimestampNs, bar: &Bar| {
                let is_coming = bar.start < ts || end <= ts;
                let is_due = is_coming && bar.start >= self.last.max(request.asked);
                let is_earlier = first.is_none_or(|first| (bar.start, asked) < (first.0, first.1));
                if is_due && is_earlier && !opened.contains(&(instrument, bar.start)) {
                    first = Some((bar.start, asked, instrument, *bar));
                }
            };
            if heads.is_empty() {
                if let Some(bar) = self.bar() {
                    see(ts, &bar);
                }
                continue;
            }
            let until = self.in_progress_until(instrument, ts);
            for head in &mut *heads {
                if let Some((end, bar)) = head.next_bar(instrument, until)? {
                    see(end, bar);
                }
            }
        }
        Ok(first.map(|(_, _, instrument, bar)| (instrument, bar)))
    }

    /// When a bar has ended that is in progress at `ts`: it is not longer than the longest, but that months and days differ.
    pub(super) fn in_progress_until(
        &self,
        instrument: InstrumentId,
        ts: TimestampNs,
    ) -> TimestampNs {
        let place = self.places.get(instrument.0 as usize);
        let longest = place.map_or(0, |place| place.longest);
        TimestampNs(ts.0.saturating_add(longest.saturating_mul(2)))
    }

    fn open_bar(&mut self, instrument: InstrumentId, bar: &Bar, strategy: &mut dyn Strategy) {
        self.note_equity(bar.start);
        self.last = self.last.max(bar.start);
        self.is_opening = true;
        // What will be traded until its end nobody knows at its open.
        let place = self.places.get(instrument.0 as usize);
        let volume = place.map_or(Qty::ZERO, |place| place.volume);
        self.show(bar.start, instrument, bar.open, volume);
        self.open = Some((instrument, bar.start));
        self.send_of(instrument, bar.start);
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
