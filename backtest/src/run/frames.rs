//! Bars that a run makes on its way: of events, and longer ones of bars. The strategy is shown them; the engine is
//! not, it has what they are made of.
//!
//! A bar of the data is of the longer one in which it starts. Where it ends after that, the longer one is complete, and
//! told of, at its end.

use marketdata::history::{Basis, Edges};
use types::{Bar, InstrumentId, MarketData, Price, Qty, Quote, TimestampNs};

use crate::strategy::{Closed, Frame};

/// Bars that are made of events, to be those of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// Where they begin and end.
    pub edges: Edges,
    /// What they are made of: trades, or a side or the middle of quotes.
    pub basis: Basis,
}

/// A bar that is not complete.
#[derive(Debug, Clone, Copy)]
struct Open {
    bar: Bar,
    /// What starts from here on is of another bar.
    end: TimestampNs,
    /// When all of it is known: its end, or that of what starts within it and ends later.
    known: TimestampNs,
}

/// What a run has of one length and instrument.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    open: Option<Open>,
    /// The end of the newest bar that was told of.
    told: TimestampNs,
}

/// A bar of the data that starts within a longer one that was told of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Late {
    /// The end of the longer one.
    pub(super) told: TimestampNs,
}

/// Bars of one length.
#[derive(Debug)]
struct Length {
    frame: Frame,
    edges: Edges,
    /// By instrument.
    slots: Vec<Slot>,
    /// The interval found last.
    known: (TimestampNs, TimestampNs),
}

/// Every length that a run makes.
#[derive(Debug)]
pub(super) struct Frames {
    basis: Option<Basis>,
    lengths: Vec<Length>,
    /// No bar ends before this.
    next_end: TimestampNs,
    /// Bars whose volume is above what a quantity can say.
    pub(super) capped: u64,
}

const NEVER: TimestampNs = TimestampNs(u64::MAX);

impl Frames {
    pub(super) fn new(made: Option<&Made>, longer: &[Edges]) -> Self {
        let data = made.map(|made| (Frame::DATA, made.edges.clone()));
        let numbered = (1..=u8::MAX).map(Frame);
        let longer = numbered.zip(longer.iter().cloned());
        let lengths = data.into_iter().chain(longer).map(|(frame, edges)| Length {
            frame,
            edges,
            slots: Vec::new(),
            known: (TimestampNs(0), TimestampNs(0)),
        });
        Self {
            basis: made.map(|made| made.basis),
            lengths: lengths.collect(),
            next_end: NEVER,
            capped: 0,
        }
    }

    /// Whether a bar ends at `ts` or before.
    #[inline]
    pub(super) const fn is_due(&self, ts: TimestampNs) -> bool {
        self.next_end.0 <= ts.0
    }

    /// When the next bar is complete.
    pub(super) const fn next_end(&self) -> TimestampNs {
        self.next_end
    }

    /// The earliest of these times, and the bars that have it: lengths in their order, then instruments.
    pub(super) fn close(&mut self, closed: &mut Vec<Closed>) -> TimestampNs {
        let end = self.next_end;
        for place in 0..self.lengths.len() {
            let from = closed.len();
            let length = &mut self.lengths[place];
            for (instrument, slot) in (0..).map(InstrumentId).zip(&mut length.slots) {
                if let Some(open) = slot.open.take_if(|open| open.known <= end) {
                    slot.told = open.end;
                    closed.push(Closed {
                        instrument,
                        frame: length.frame,
                        bar: open.bar,
                    });
                }
            }
            if length.frame == Frame::DATA {
                for made in &closed[from..] {
                    let late = self.add_longer(made.instrument, &made.bar, end);
                    assert!(late.is_ok(), "a longer bar waits for those of the data");
                }
            }
        }
        self.find_next();
        end
    }

    fn find_next(&mut self) {
        let slots = self.lengths.iter().flat_map(|length| &length.slots);
        let known = slots.filter_map(|slot| Some(slot.open?.known));
        self.next_end = known.min().unwrap_or(NEVER);
    }

    /// Instruments whose bars are complete at `ts` if no bar of the data that comes starts within them.
    pub(super) fn due(&self, ts: TimestampNs) -> Vec<InstrumentId> {
        let most = self.lengths.iter().map(|length| length.slots.len()).max();
        let is_due = |place: &usize| {
            let mut slots = self
                .lengths
                .iter()
                .filter_map(|length| length.slots.get(*place));
            slots.any(|slot| slot.open.is_some_and(|open| open.known <= ts))
        };
        let due = (0..most.unwrap_or(0)).filter(is_due);
        due.map(|place| InstrumentId(place as u32)).collect()
    }

    /// A bar of the data comes: those in which it starts wait for it.
    pub(super) fn expect(
        &mut self,
        instrument: InstrumentId,
        start: TimestampNs,
        end: TimestampNs,
    ) {
        for length in &mut self.lengths {
            let slot = length.slots.get_mut(instrument.0 as usize);
            if let Some(open) = slot.and_then(|slot| slot.open.as_mut())
                && start < open.end
            {
                open.known = open.known.max(end);
            }
        }
        self.find_next();
    }

    /// An event of the data; `quote` as it is after it.
    #[inline]
    pub(super) fn see(
        &mut self,
        ts: TimestampNs,
        instrument: InstrumentId,
        data: &MarketData,
        quote: Option<Quote>,
    ) {
        let Some(basis) = self.basis else {
            return;
        };
        let (price, volume) = match (basis, data) {
            (Basis::Trades, MarketData::Trade(trade)) => (trade.price, trade.qty),
            (Basis::Trades | Basis::Bars, _) => return,
            (
                side,
                MarketData::Quote(_) | MarketData::DepthDelta(_) | MarketData::DepthSnapshot(_),
            ) => {
                let Some(quote) = quote else { return };
                let sum = i128::from(quote.bid.0) + i128::from(quote.ask.0);
                let price = match side {
                    Basis::Bid => quote.bid,
                    Basis::Ask => quote.ask,
                    _ => Price(sum.div_euclid(2) as i64),
                };
                (price, Qty::ZERO)
            }
            _ => return,
        };
        let piece = Bar {
            start: ts,
            open: price,
            high: price,
            low: price,
            close: price,
            volume,
        };
        // What happens now is in no bar that was told of.
        let late = self.add(0, instrument, &piece, ts);
        assert!(late.is_ok(), "an event is before a bar's end");
    }

    /// A bar of the data, and its end.
    pub(super) fn add_longer(
        &mut self,
        instrument: InstrumentId,
        bar: &Bar,
        end: TimestampNs,
    ) -> Result<(), Late> {
        for place in 0..self.lengths.len() {
            if self.lengths[place].frame != Frame::DATA {
                self.add(place, instrument, bar, end)?;
            }
        }
        Ok(())
    }

    /// When the last bar of the data, of those that the run makes, ends that may start before `end`.
    fn complete(&self, place: usize, end: TimestampNs) -> TimestampNs {
        let data = self.lengths.first().filter(|it| it.frame == Frame::DATA);
        let made = data.filter(|_| place > 0).and_then(|data| {
            let (_, last) = data.edges.around(TimestampNs(end.0.saturating_sub(1)))?;
            Some(last)
        });
        made.map_or(end, |last| last.max(end))
    }

    fn add(
        &mut self,
        place: usize,
        instrument: InstrumentId,
        piece: &Bar,
        until: TimestampNs,
    ) -> Result<(), Late> {
        let length = &mut self.lengths[place];
        let (start, end) = length.known;
        if !(start <= piece.start && piece.start < end) {
            // Outside of sessions nothing makes a bar.
            let Some(known) = length.edges.around(piece.start) else {
                return Ok(());
            };
            length.known = known;
        }
        let (start, end) = length.known;
        let at = instrument.0 as usize;
        if at >= length.slots.len() {
            length.slots.resize(at + 1, Slot::default());
        }
        let slot = &mut length.slots[at];
        if let Some(Open { bar, known, .. }) = &mut slot.open {
            bar.high = bar.high.max(piece.high);
            bar.low = bar.low.min(piece.low);
            bar.close = piece.close;
            let volume = bar.volume.checked_add(piece.volume);
            self.capped += u64::from(volume.is_none() && bar.volume != Qty(i64::MAX));
            bar.volume = volume.unwrap_or(Qty(i64::MAX));
            if until > *known {
                *known = until;
                self.find_next();
            }
            return Ok(());
        }
        if piece.start < slot.told {
            return Err(Late { told: slot.told });
        }
        let known = self.complete(place, end).max(until);
        let bar = Bar { start, ..*piece };
        self.lengths[place].slots[at].open = Some(Open { bar, end, known });
        self.next_end = self.next_end.min(known);
        Ok(())
    }
}
