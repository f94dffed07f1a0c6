//! What a run leaves: the equity curve, fills, round trips, verdicts and counts.

mod curve;
mod ledger;
mod record;
mod round_trip;

pub(crate) use curve::{Curve, Start};
pub use curve::{SAMPLES_MAX, Thinned};
pub(crate) use ledger::Ledger;
pub use ledger::{Cut, TRIPS_MAX, TripTotals};
pub(crate) use round_trip::converted;
pub use round_trip::{OpenTrip, RoundTrip};

use engine::StateHash;
use types::{
    AccountId, AccountState, Event, Fill, InstrumentId, Money, Price, Side, SignedQty, TimestampNs,
};

use crate::strategies::DAY_NS_MIN;
use crate::strategy::Note;

/// The most verdicts that an outcome keeps; later ones are counted.
pub const VERDICTS_MAX: usize = 100_000;

/// The most refusals that an outcome keeps; later ones are counted.
pub const REFUSALS_MAX: usize = 1_000;

/// The account at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub ts: TimestampNs,
    /// Balance and open profit at the mark, rounded down.
    pub equity: Money,
    /// Whether anything was held.
    pub exposed: bool,
}

/// A fill and when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executed {
    /// When.
    pub ts: TimestampNs,
    /// The fill.
    pub fill: Fill,
}

/// How much happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Trading days of the plan that opened, until the account passed, failed or was closed.
    pub days: u64,
    /// Inputs of the engine.
    pub inputs: u64,
    /// Events of the engine.
    pub events: u64,
    /// Bars of the data.
    pub bars: u64,
    /// Other market events of the data.
    pub market_events: u64,
    /// Orders accepted.
    pub orders: u64,
    /// Orders for a share of equity.
    pub by_equity: u64,
    /// Orders refused.
    pub denied: u64,
    /// Orders that ended before they were filled.
    pub cancelled: u64,
    /// Fills.
    pub fills: u64,
    /// Market data that the engine refused.
    pub rejected: u64,
    /// Longer bars whose volume is above what a quantity can say, and is that.
    pub capped: u64,
    /// Requests that came to nothing: no whole lot, no price, or nothing to do.
    pub idle: u64,
    /// Requests that were still waiting for their moment at the end.
    pub unsent: u64,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The account.
    pub account: AccountId,
    /// Balance that it started with.
    pub initial: Money,
    /// Realised cash at the end.
    pub balance: Money,
    /// Balance and open profit at the end, rounded down.
    pub equity: Money,
    /// Fees paid, in the account's currency, each at the rate of its time.
    pub fees: Money,
    /// Where it is in its life.
    pub state: AccountState,
    /// Time of the first event of the data.
    pub first: TimestampNs,
    /// Time of the last one.
    pub last: TimestampNs,
    /// How long every bar of the data is, ns, days of 23 to 25 hours being days; 0 where there is none, or no one length.
    pub bar_ns: u64,
    /// The equity curve.
    pub samples: Vec<Sample>,
    /// What was counted of all samples, if there were more than [`crate::run::Settings::samples_max`]. Then [`Self::samples`] and
    /// the prices beside them are those of a longer interval.
    pub thinned: Option<Box<Thinned>>,
    /// Prices of the benchmark: at the start of its first bar, and beside each sample; 0 while there was none.
    pub benchmark: Vec<(TimestampNs, Price)>,
    /// Fills, unless [`crate::run::Settings::keep_fills`] said not to keep them.
    pub fills: Vec<Executed>,
    /// Round trips that are over, in order of their ends; the first [`crate::run::Settings::trips_max`].
    pub trips: Vec<RoundTrip>,
    /// What was counted of all round trips, if there were more.
    pub cut: Option<Box<Cut>>,
    /// Positions that are open at the end.
    pub open: Vec<OpenTrip>,
    /// Breaches, locks, targets, changes of state, margin calls, payouts; the first [`VERDICTS_MAX`].
    pub verdicts: Vec<Event>,
    /// Verdicts that are not kept.
    pub verdicts_lost: u64,
    /// Refused orders and rejected data; the first [`REFUSALS_MAX`].
    pub refusals: Vec<Event>,
    /// What the strategy remarked.
    pub notes: Vec<Note>,
    /// Remarks that are not kept.
    pub notes_lost: u64,
    /// How much happened.
    pub counts: Counts,
    /// Hash of the engine's state at the end.
    pub state_hash: StateHash,
}

/// A bar of a day or longer that begins so long before midnight UTC, or less, is of the day after: futures of Chicago,
/// foreign exchange and shares in Sydney begin their day in the evening of UTC.
const EVENING_NS: u64 = 3 * 3_600_000_000_000;

impl Outcome {
    /// The moment that dates what was known at `ts`. Bars of a day or longer are known at their end, which may be on
    /// the next day, and are dated by their beginning; everything else by its own time, bars of several lengths too.
    pub const fn dated(&self, ts: TimestampNs) -> TimestampNs {
        dated(self.bar_ns, ts)
    }

    /// The same of a fill, which may have been at the open of a bar.
    pub const fn dated_fill(&self, ts: TimestampNs, at_open: bool) -> TimestampNs {
        match (self.bar_ns < DAY_NS_MIN, at_open) {
            (true, _) => ts,
            (false, true) => TimestampNs(ts.0.saturating_add(EVENING_NS + 1)),
            (false, false) => self.dated(ts),
        }
    }

    /// The deepest fall of a sample from the highest before it or from the start: of how much, and how much it was.
    pub fn deepest(&self) -> (Money, Money) {
        if let Some(thinned) = &self.thinned {
            return thinned.deepest;
        }
        let mut peak = self.initial;
        self.samples.iter().fold(curve::LEVEL, |deepest, sample| {
            peak = peak.max(sample.equity);
            curve::deeper(deepest, peak, sample.equity)
        })
    }

    /// Samples that were noted, and those of them at which something was held.
    pub fn noted(&self) -> (u64, u64) {
        if let Some(thinned) = &self.thinned {
            return (thinned.noted, thinned.exposed);
        }
        let exposed = self.samples.iter().filter(|it| it.exposed).count();
        (self.samples.len() as u64, exposed as u64)
    }

    /// Sums over all round trips that are over, in the account's currency, each at the rate of its exit.
    pub fn trip_totals(&self) -> TripTotals {
        if let Some(cut) = &self.cut {
            return cut.totals;
        }
        let mut totals = TripTotals::default();
        for trip in &self.trips {
            totals.add(trip);
        }
        totals
    }

    /// The equity curve in units of the account's currency.
    pub fn equity_values(&self) -> Vec<f64> {
        self.samples
            .iter()
            .map(|sample| units(sample.equity))
            .collect()
    }

    /// Profit or loss of each round trip that is over, in units of the account's currency.
    pub fn trip_values(&self) -> Vec<f64> {
        let trips = self.trips.iter();
        trips.map(|trip| units(trip.converted(trip.pnl))).collect()
    }
}

/// See [`Outcome::dated`].
pub(crate) const fn dated(bar_ns: u64, ts: TimestampNs) -> TimestampNs {
    if bar_ns < DAY_NS_MIN {
        ts
    } else {
        // Within the day, not at its edge: what is at midnight is of the day that ends.
        TimestampNs(ts.0.saturating_sub(bar_ns - EVENING_NS - 1))
    }
}

/// An amount in units of its currency.
pub fn units(amount: Money) -> f64 {
    amount.0 as f64 / Money::ONE.0 as f64
}

/// +1 long, -1 short.
pub(crate) const fn signed(side: Side, qty: types::Qty) -> SignedQty {
    SignedQty(side.sign() * qty.0)
}

/// Where a position is.
pub(crate) type Place = (InstrumentId, types::Leg);
