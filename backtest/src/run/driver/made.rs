//! What a run makes of the data beside it: bars, rates of currencies.

use types::{Command, InputKind, InstrumentId, Price, TimestampNs};

use super::Driver;
use super::head::Head;
use crate::run::{RunError, Source};
use crate::strategy::{Frame, Strategy};

impl Driver<'_> {
    /// Longer bars that end by `ts` wait for what starts within them.
    pub(super) fn expect_bars<S: Source>(
        &mut self,
        heads: &mut [Head<S>],
        ts: TimestampNs,
    ) -> Result<(), RunError> {
        if heads.is_empty() {
            if let Some(bar) = self.bar() {
                self.frames.expect(InstrumentId(0), bar.start, ts);
            }
            return Ok(());
        }
        for instrument in self.frames.due(ts) {
            let until = self.in_progress_until(instrument, ts);
            for head in &mut *heads {
                if let Some((end, bar)) = head.next_bar(instrument, until)? {
                    self.frames.expect(instrument, bar.start, end);
                }
            }
        }
        Ok(())
    }

    /// When the bars end that the run makes and that are told of before the events at `ts`.
    pub(super) fn next_frames(&self, ts: TimestampNs) -> Option<TimestampNs> {
        let end = self.frames.next_end();
        // A longer bar that ends with one of the data waits for it.
        let is_before = end < ts || (end == ts && self.settings.bars.is_some());
        (is_before && !self.has_ended).then_some(end)
    }

    /// The bars of the earliest end.
    pub(super) fn close_frames(&mut self, strategy: &mut dyn Strategy) {
        let end = self.frames.close(&mut self.closed);
        self.note_equity(end);
        self.last = self.last.max(end);
        if self.settings.bars.is_some() {
            for closed in &self.closed {
                if closed.frame == Frame::DATA {
                    self.counts.bars += 1;
                    let (low, high) = (closed.bar.low, closed.bar.high);
                    self.ledger.pass_bar(closed.instrument, low, high);
                }
            }
        }
        self.close_moment(end, strategy);
    }

    /// A currency's rate follows the pair that was told of.
    pub(super) fn convert(&mut self, ts: TimestampNs, pair: InstrumentId) {
        let converters = self.settings.converters.iter();
        for converter in converters.filter(|converter| converter.instrument == pair) {
            let Some(quote) = self.shard.quote(pair) else {
                continue;
            };
            let sum = i128::from(quote.bid.0) + i128::from(quote.ask.0);
            let rate = Price(sum.div_euclid(2) as i64);
            let of_currency = self.instruments.iter().zip(&mut self.rates);
            let mut is_new = false;
            for (_, known) in of_currency.filter(|(it, _)| it.currency == converter.from) {
                is_new |= *known != rate;
                *known = rate;
            }
            if is_new && rate.0 > 0 {
                let command = Command::SetConversion {
                    from: converter.from,
                    to: self.settings.plan.currency,
                    rate,
                };
                self.apply_one(ts, InputKind::Command(command));
            }
        }
    }
}
