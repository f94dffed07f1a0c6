//! The events of the data, one by one: into the engine, and to the strategy.

use types::{
    Aggressor, Bar, InputKind, InstrumentId, MarketData, MarketEvent, Price, Qty, Quote,
    TimestampNs, Trade,
};

use super::{Driver, Place};
use crate::run::frames::Late;
use crate::run::{Fills, RunError};
use crate::strategy::{Closed, Context, Frame, Strategy};

impl Driver<'_> {
    /// An event of the data: the one that was read.
    #[inline(always)]
    pub(super) fn take(&mut self, ts: TimestampNs, strategy: &mut dyn Strategy) {
        self.last = self.last.max(ts);
        let InputKind::Market(event) = &self.market.kind else {
            return;
        };
        let instrument = event.instrument;
        let MarketData::Bar(bar) = event.data else {
            return self.take_other(ts, instrument, strategy);
        };
        let mut shown = None;
        if let Some(place) = self.places.get_mut(instrument.0 as usize) {
            let newest = place.newest;
            if bar.start < newest.1 || newest == (bar.start, ts) {
                self.overlap(ts, instrument, &bar, newest);
                return;
            }
            place.newest = (bar.start, ts);
            place.longest = place.longest.max(ts.0.saturating_sub(bar.start.0));
            place.volume = bar.volume;
            if !(place.walks || place.quoted) {
                shown = Some(place.displayed(bar.volume));
            }
        }
        if self.settings.benchmark == Some(instrument) {
            if self.compared == Price::ZERO {
                self.curve.begin_benchmark(bar.start, bar.open);
            }
            self.compared = bar.close;
        }
        self.counts.bars += 1;
        self.lengths.note(ts.0.saturating_sub(bar.start.0));
        match shown {
            Some(qty) => self.show_close(ts, instrument, bar.close, qty),
            None => self.apply_market(ts),
        }
        if self.ledger.is_exposed() {
            self.ledger.pass_bar(instrument, bar.low, bar.high);
        }
        self.closed.push(Closed {
            instrument,
            frame: Frame::DATA,
            bar,
        });
        if !self.settings.frames.is_empty()
            && let Err(late) = self.frames.add_longer(instrument, &bar, ts)
        {
            self.come_late(ts, instrument, &bar, late);
            return;
        }
        if !self.settings.converters.is_empty() {
            self.convert(ts, instrument);
        }
        if !self.heard.is_empty() {
            self.tell_fills(strategy);
        }
        if self.settings.fills == Fills::NextClose {
            // What a fill of this close is answered with is sent here, as at an open.
            self.open = Some((instrument, ts));
            self.send_of(instrument, ts);
            self.tell_fills(strategy);
            self.open = None;
        }
    }

    /// A bar that was there before, or begins within another: what would come of it is no result.
    #[cold]
    fn overlap(
        &mut self,
        end: TimestampNs,
        instrument: InstrumentId,
        bar: &Bar,
        newest: (TimestampNs, TimestampNs),
    ) {
        let known = self.settings.instruments.get(instrument.0 as usize);
        self.refused = known.map(|known| {
            let (symbol, start) = (known.symbol, bar.start);
            if newest == (start, end) {
                RunError::Doubled { symbol, start, end }
            } else {
                RunError::Overlapping {
                    symbol,
                    start,
                    end,
                    before: newest,
                }
            }
        });
        self.has_ended = true;
    }

    /// A bar that starts within a longer one that was told of without it.
    #[cold]
    fn come_late(&mut self, end: TimestampNs, instrument: InstrumentId, bar: &Bar, late: Late) {
        let known = self.settings.instruments.get(instrument.0 as usize);
        self.refused = known.map(|known| RunError::Late {
            symbol: known.symbol,
            start: bar.start,
            end,
            told: late.told,
        });
        self.has_ended = true;
    }

    /// One that is no bar.
    #[inline(always)]
    fn take_other(
        &mut self,
        ts: TimestampNs,
        instrument: InstrumentId,
        strategy: &mut dyn Strategy,
    ) {
        self.counts.market_events += 1;
        if self.settings.prints_are_quotes
            && let InputKind::Market(event) = &self.market.kind
            && let MarketData::Trade(trade) = event.data
        {
            self.show(ts, instrument, trade.price, trade.qty);
        }
        if let InputKind::Market(event) = &self.market.kind
            && is_quote(&event.data)
            && let Some(place) = self.places.get_mut(instrument.0 as usize)
        {
            place.quoted = true;
        }
        self.apply_market(ts);
        if self.ledger.is_exposed()
            && let Some(quote) = self.shard.quote(instrument)
        {
            self.ledger.pass(instrument, quote.bid, quote.ask);
        }
        if self.is_followed {
            self.follow(ts, instrument, strategy);
        } else if !self.heard.is_empty() {
            self.tell_fills(strategy);
        }
        if let InputKind::Market(event) = &self.market.kind {
            strategy.on_market(&mut context!(self, ts), event);
        }
        self.answer(strategy);
    }

    /// What is made of an event that is no bar, and what waited for it.
    #[inline(never)]
    fn follow(&mut self, ts: TimestampNs, instrument: InstrumentId, strategy: &mut dyn Strategy) {
        if self.settings.bars.is_some()
            && let InputKind::Market(event) = &self.market.kind
        {
            let quote = self.shard.quote(instrument);
            self.frames.see(ts, instrument, &event.data, quote);
        }
        if !self.settings.converters.is_empty() {
            self.convert(ts, instrument);
        }
        self.tell_fills(strategy);
        if matches!(self.settings.fills, Fills::NextOpen | Fills::NextClose) {
            self.send_of(instrument, ts);
            self.tell_fills(strategy);
        }
    }

    /// The close of a bar goes to the engine as the quote that it stands for; the bar itself where somebody looks at prints:
    /// whoever begins to is told then of the newest ([`Driver::tell_print`]).
    #[inline(always)]
    fn show_close(&mut self, ts: TimestampNs, instrument: InstrumentId, close: Price, qty: Qty) {
        let is_looked_at =
            self.marks_last || !(self.desk.working.is_empty() && self.algos.is_empty());
        if let Some(place) = self.places.get_mut(instrument.0 as usize) {
            place.untold = (!is_looked_at).then_some(close);
        }
        if is_looked_at {
            self.apply_market(ts);
        }
        let quote = Quote {
            bid: close,
            bid_qty: qty,
            ask: close,
            ask_qty: qty,
        };
        self.apply_quote(ts, instrument, quote);
    }

    /// An order that looks at the newest print is about to come: the engine is told of one that nobody looked at.
    pub(super) fn tell_print(&mut self, instrument: InstrumentId) {
        let place = self.places.get_mut(instrument.0 as usize);
        let Some((price, qty)) = place.and_then(|place| Some((place.untold.take()?, place.lot)))
        else {
            return;
        };
        let event = MarketEvent {
            instrument,
            ts_event: self.last,
            data: MarketData::Trade(Trade {
                price,
                qty,
                aggressor: Aggressor::Unknown,
            }),
        };
        self.apply(self.last, InputKind::Market(event));
    }
}

impl Place {
    /// What a quote displays that stands for a bar: its volume, at least a lot.
    #[inline]
    pub(super) fn displayed(&self, volume: Qty) -> Qty {
        if self.lots.steps(volume.0).is_some_and(|lots| lots > 0) {
            volume
        } else {
            self.whole_lots(volume)
        }
    }

    #[inline(never)]
    fn whole_lots(&self, volume: Qty) -> Qty {
        let lot = self.lot.0;
        Qty((volume.0.max(0) / lot).max(1).saturating_mul(lot))
    }
}

/// Whether it says what the market shows.
const fn is_quote(data: &MarketData) -> bool {
    matches!(
        data,
        MarketData::Quote(_) | MarketData::DepthDelta(_) | MarketData::DepthSnapshot(_)
    )
}
