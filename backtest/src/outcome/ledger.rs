//! Fills into round trips, positions of one account.

use types::{
    BookingCause, Fill, Instrument, InstrumentId, Leg, Money, Price, SignedQty, TimestampNs,
};

use super::round_trip::Trip;
use super::{OpenTrip, Place, RoundTrip};

/// Round trips on their way and over.
#[derive(Debug)]
pub(crate) struct Ledger {
    open: Vec<Trip>,
    over: Vec<RoundTrip>,
}

impl Ledger {
    pub(crate) const fn new() -> Self {
        Self {
            open: Vec::new(),
            over: Vec::new(),
        }
    }

    /// Whether anything is held.
    #[inline]
    pub(crate) const fn is_exposed(&self) -> bool {
        !self.open.is_empty()
    }

    fn find(&self, (instrument, leg): Place) -> Option<usize> {
        let mut open = self.open.iter();
        open.position(|trip| trip.instrument == instrument && trip.leg == leg)
    }

    /// A fill, and whether it was at the open of a bar. `known`: instruments, and units of the account's currency for one
    /// of the instrument's now.
    pub(crate) fn fill(
        &mut self,
        at: (TimestampNs, bool),
        fill: &Fill,
        known: (&[Instrument], Price),
    ) {
        let Some(place) = self.find((fill.instrument, fill.leg)) else {
            self.open.push(Trip::begin(at, fill, fill.qty, fill.fee));
            return;
        };
        let beyond = self.open[place].take(fill);
        self.settle(place, at, known);
        if let Some((qty, fee)) = beyond {
            self.open.push(Trip::begin(at, fill, qty, fee));
        }
    }

    /// Cash was booked for holding a position, or a split changed it.
    pub(crate) fn book(
        &mut self,
        ts: TimestampNs,
        place: (InstrumentId, Leg),
        cause: BookingCause,
        amount: Money,
        position: SignedQty,
        known: (&[Instrument], Price),
    ) {
        let Some(place) = self.find(place) else {
            return;
        };
        self.open[place].book(amount);
        if cause == BookingCause::Split {
            self.open[place].split(position);
            self.settle(place, (ts, false), known);
        }
    }

    /// Ends the trip if nothing is held any more.
    fn settle(
        &mut self,
        place: usize,
        at: (TimestampNs, bool),
        (instruments, rate): (&[Instrument], Price),
    ) {
        let trip = self.open[place];
        if trip.held.0 == 0 {
            self.open.remove(place);
            let contract = instruments
                .get(trip.instrument.0 as usize)
                .map_or(types::Qty::ONE, |instrument| instrument.contract_size);
            self.over.push(trip.end(at, contract, rate));
        }
    }

    /// A bar of an instrument ended.
    #[inline]
    pub(crate) fn pass_bar(&mut self, instrument: InstrumentId, low: Price, high: Price) {
        for trip in &mut self.open {
            if trip.instrument == instrument {
                trip.pass_bar(low, high);
            }
        }
    }

    /// Its market is between these prices.
    #[inline]
    pub(crate) fn pass(&mut self, instrument: InstrumentId, low: Price, high: Price) {
        for trip in &mut self.open {
            if trip.instrument == instrument {
                trip.pass(low, high);
            }
        }
    }

    pub(crate) fn finish(self) -> (Vec<RoundTrip>, Vec<OpenTrip>) {
        let open = self.open.iter().map(Trip::still).collect();
        (self.over, open)
    }
}
