//! Bars that a run makes on its way: of events, and longer ones of bars. The strategy is shown them; the engine is
//! not, it has what they are made of.

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
    end: TimestampNs,
}

/// Bars of one length.
#[derive(Debug)]
struct Length {
    frame: Frame,
    edges: Edges,
    /// By instrument.
    open: Vec<Option<Open>>,
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
            open: Vec::new(),
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

    /// When the next bar ends.
    pub(super) const fn next_end(&self) -> TimestampNs {
        self.next_end
    }

    /// The earliest end, and the bars that have it: lengths in their order, then instruments.
    pub(super) fn close(&mut self, closed: &mut Vec<Closed>) -> TimestampNs {
        let end = self.next_end;
        for place in 0..self.lengths.len() {
            let from = closed.len();
            let length = &mut self.lengths[place];
            for (instrument, slot) in (0..).map(InstrumentId).zip(&mut length.open) {
                if let Some(open) = slot.take_if(|open| open.end <= end) {
                    closed.push(Closed {
                        instrument,
                        frame: length.frame,
                        bar: open.bar,
                    });
                }
            }
            if length.frame == Frame::DATA {
                for made in &closed[from..] {
                    self.add_longer(made.instrument, &made.bar);
                }
            }
        }
        self.find_next();
        end
    }

    fn find_next(&mut self) {
        let open = self
            .lengths
            .iter()
            .flat_map(|length| &length.open)
            .flatten();
        self.next_end = open.map(|open| open.end).min().unwrap_or(NEVER);
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
        self.add(0, instrument, &piece);
    }

    /// A bar of the data.
    pub(super) fn add_longer(&mut self, instrument: InstrumentId, bar: &Bar) {
        for place in 0..self.lengths.len() {
            if self.lengths[place].frame != Frame::DATA {
                self.add(place, instrument, bar);
            }
        }
    }

    fn add(&mut self, place: usize, instrument: InstrumentId, piece: &Bar) {
        let length = &mut self.lengths[place];
        let (start, end) = length.known;
        if !(start <= piece.start && piece.start < end) {
            // Outside of sessions nothing makes a bar.
            let Some(known) = length.edges.around(piece.start) else {
                return;
            };
            length.known = known;
        }
        let (start, end) = length.known;
        let at = instrument.0 as usize;
        if at >= length.open.len() {
            length.open.resize(at + 1, None);
        }
        match &mut length.open[at] {
            Some(Open { bar, .. }) => {
                bar.high = bar.high.max(piece.high);
                bar.low = bar.low.min(piece.low);
                bar.close = piece.close;
                let volume = bar.volume.checked_add(piece.volume);
                self.capped += u64::from(volume.is_none() && bar.volume != Qty(i64::MAX));
                bar.volume = volume.unwrap_or(Qty(i64::MAX));
            }
            slot => {
                let bar = Bar { start, ..*piece };
                *slot = Some(Open { bar, end });
                self.next_end = self.next_end.min(end);
            }
        }
    }
}
