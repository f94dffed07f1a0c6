//! Fills into round trips, positions of one account.

use types::{
    BookingCause, Fill, Instrument, InstrumentId, Leg, Money, Price, SignedQty, TimestampNs,
};

use super::record::trade_of;
use super::round_trip::Trip;
use super::{OpenTrip, Place, RoundTrip};
use crate::metric::Tally;

/// The most round trips that an outcome keeps unless it is told otherwise; later ones are counted.
pub const TRIPS_MAX: usize = 1 << 20;

/// Sums over round trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TripTotals {
    /// How many.
    pub trips: u64,
    /// Those that made more than nothing.
    pub won: u64,
    /// What those made, 1e-6 of the account's currency.
    pub made: i128,
    /// What the others lost.
    pub lost: i128,
}

impl TripTotals {
    pub(super) fn add(&mut self, trip: &RoundTrip) {
        let profit = trip.converted(trip.pnl);
        self.trips += 1;
        if profit > Money::ZERO {
            self.won += 1;
            self.made += i128::from(profit.0);
        } else {
            self.lost -= i128::from(profit.0);
        }
    }
}

/// What was counted of round trips of which the first are kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cut {
    /// Of all of them.
    pub totals: TripTotals,
    /// Of all of them, too.
    pub tally: Tally,
}

impl Cut {
    fn add(&mut self, trip: &RoundTrip, instruments: &[Instrument]) {
        self.totals.add(trip);
        self.tally.push(&trade_of(trip, instruments));
    }
}

/// Round trips on their way and over.
#[derive(Debug)]
pub(crate) struct Ledger {
    open: Vec<Trip>,
    over: Vec<RoundTrip>,
    trips_max: usize,
    cut: Option<Box<Cut>>,
    /// The trip that ended last.
    ended: Option<RoundTrip>,
}

impl Ledger {
    pub(crate) const fn new(trips_max: usize) -> Self {
        Self {
            open: Vec::new(),
            over: Vec::new(),
            trips_max,
            cut: None,
            ended: None,
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
            let ended = trip.end(at, contract, rate);
            self.ended = Some(ended);
            if self.over.len() < self.trips_max {
                self.over.push(ended);
                return;
            }
            let cut = self.cut.get_or_insert_with(|| {
                let mut cut = Box::new(Cut::default());
                for trip in &self.over {
                    cut.add(trip, instruments);
                }
                cut
            });
            cut.add(&ended, instruments);
        }
    }

    /// The trip that has ended since this was asked.
    #[inline]
    pub(crate) const fn take_ended(&mut self) -> Option<RoundTrip> {
        self.ended.take()
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

    pub(crate) fn finish(self) -> (Vec<RoundTrip>, Vec<OpenTrip>, Option<Box<Cut>>) {
        let open = self.open.iter().map(Trip::still).collect();
        (self.over, open, self.cut)
    }
}
