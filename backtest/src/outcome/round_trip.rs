//! A round trip: from flat to flat, or to the other side.
//!
//! What is added on the way belongs to it, and so does what is closed in part. A fill that turns a position around
//! ends one and begins another; its fee is shared by quantity, rounded down for the one that ends.

use types::{Fill, InstrumentId, Leg, Money, Notional, Price, Qty, Side, SignedQty, TimestampNs};

use super::signed;

/// A round trip that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrip {
    /// Of what.
    pub instrument: InstrumentId,
    /// Which position.
    pub leg: Leg,
    /// The side of its entry.
    pub side: Side,
    /// Entered in all.
    pub qty: Qty,
    /// First fill.
    pub entry_ts: TimestampNs,
    /// Last fill.
    pub exit_ts: TimestampNs,
    /// Whether the first fill was at the open of a bar, at the time of its start.
    pub entry_at_open: bool,
    /// Whether the last fill was.
    pub exit_at_open: bool,
    /// Average price of what entered, rounded down.
    pub entry_price: Price,
    /// Average price of what left, rounded down.
    pub exit_price: Price,
    /// Realised profit and bookings, less fees, in the instrument's currency.
    pub pnl: Money,
    /// Fees of it, in the instrument's currency.
    pub fees: Money,
    /// Units of the account's currency for one of the instrument's, when it ended.
    pub rate: Price,
    /// Bars of its instrument that ended while it was held.
    pub bars: u32,
    /// The worst that it was under water: entered quantity times the distance of the worst price from the average
    /// entry, zero or below. Of prices of its fills and of bars that it was held through.
    pub mae: Money,
    /// The best, likewise, zero or above.
    pub mfe: Money,
}

impl RoundTrip {
    /// An amount of the instrument's currency in the account's, at the rate of the exit, rounded down.
    pub fn converted(&self, amount: Money) -> Money {
        converted(amount, self.rate)
    }
}

/// An amount at a rate, rounded down; held at the ends of the range.
pub(crate) fn converted(amount: Money, rate: Price) -> Money {
    let product = i128::from(amount.0) * i128::from(rate.0);
    let exact = product.div_euclid(Price::ONE.0.into());
    Money(exact.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// A position that is open at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTrip {
    /// Of what.
    pub instrument: InstrumentId,
    /// Which position.
    pub leg: Leg,
    /// What is held.
    pub position: SignedQty,
    /// First fill.
    pub entry_ts: TimestampNs,
    /// Whether the first fill was at the open of a bar, at the time of its start.
    pub entry_at_open: bool,
    /// Average price of what entered, rounded down.
    pub entry_price: Price,
    /// Realised so far and bookings, less fees.
    pub pnl: Money,
    /// Bars of its instrument that ended since.
    pub bars: u32,
}

/// A round trip on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trip {
    pub(super) instrument: InstrumentId,
    pub(super) leg: Leg,
    side: Side,
    pub(super) held: SignedQty,
    entry_ts: TimestampNs,
    entry_at_open: bool,
    entered: Qty,
    /// Price times quantity.
    entry_value: i128,
    left: Qty,
    exit_value: i128,
    realised: Money,
    fees: Money,
    booked: Money,
    bars: u32,
    low: Price,
    high: Price,
}

impl Trip {
    pub(super) fn begin(
        (ts, at_open): (TimestampNs, bool),
        fill: &Fill,
        qty: Qty,
        fee: Money,
    ) -> Self {
        Self {
            instrument: fill.instrument,
            leg: fill.leg,
            side: fill.side,
            held: signed(fill.side, qty),
            entry_ts: ts,
            entry_at_open: at_open,
            entered: qty,
            entry_value: worth(fill.price, qty),
            left: Qty::ZERO,
            exit_value: 0,
            realised: Money::ZERO,
            fees: fee,
            booked: Money::ZERO,
            bars: 0,
            low: fill.price,
            high: fill.price,
        }
    }

    /// Takes a fill; what of it and of its fee is beyond the end of this trip.
    pub(super) fn take(&mut self, fill: &Fill) -> Option<(Qty, Money)> {
        self.low = self.low.min(fill.price);
        self.high = self.high.max(fill.price);
        if fill.side == self.side {
            self.held = self.held.saturating_add(signed(fill.side, fill.qty));
            self.entered = self.entered.saturating_add(fill.qty);
            self.entry_value += worth(fill.price, fill.qty);
            self.fees = self.fees.saturating_add(fill.fee);
            return None;
        }
        let closed = fill.qty.min(self.held.abs());
        let beyond = fill.qty.saturating_sub(closed);
        let fee = if beyond.0 == 0 {
            fill.fee
        } else {
            let share = i128::from(fill.fee.0) * i128::from(closed.0);
            Money(share.div_euclid(fill.qty.0.max(1).into()) as i64)
        };
        self.held = self.held.saturating_add(signed(fill.side, closed));
        self.left = self.left.saturating_add(closed);
        self.exit_value += worth(fill.price, closed);
        self.realised = self.realised.saturating_add(fill.realised);
        self.fees = self.fees.saturating_add(fee);
        (beyond.0 > 0).then(|| (beyond, fill.fee.saturating_sub(fee)))
    }

    /// Cash that was booked for holding it.
    pub(super) fn book(&mut self, amount: Money) {
        self.booked = self.booked.saturating_add(amount);
    }

    /// The instrument was split: prices and quantities before it are those of after it.
    pub(super) fn split(&mut self, held: SignedQty) {
        let (after, before) = (held.0, self.held.0);
        self.held = held;
        if before == 0 {
            return;
        }
        let scale = |figure: i64, up: i64, down: i64| {
            (i128::from(figure) * i128::from(up) / i128::from(down)) as i64
        };
        self.entered = Qty(scale(self.entered.0, after, before));
        self.left = Qty(scale(self.left.0, after, before));
        if after != 0 {
            self.low = Price(scale(self.low.0, before, after));
            self.high = Price(scale(self.high.0, before, after));
        }
    }

    /// A bar ended while it was held.
    pub(super) fn pass_bar(&mut self, low: Price, high: Price) {
        self.bars = self.bars.saturating_add(1);
        self.pass(low, high);
    }

    pub(super) fn pass(&mut self, low: Price, high: Price) {
        self.low = self.low.min(low);
        self.high = self.high.max(high);
    }

    fn entry_price(&self) -> Price {
        average(self.entry_value, self.entered)
    }

    fn pnl(&self) -> Money {
        self.realised
            .saturating_add(self.booked)
            .saturating_sub(self.fees)
    }

    /// `contract`: units in one contract. `rate`: of its currency in the account's.
    pub(super) fn end(
        &self,
        (ts, at_open): (TimestampNs, bool),
        contract: Qty,
        rate: Price,
    ) -> RoundTrip {
        let entry = self.entry_price();
        let distance = |price: Price| {
            let ticks = i128::from(price.0) - i128::from(entry.0);
            let raw = ticks * i128::from(self.side.sign()) * i128::from(self.entered.0);
            let exact = raw
                .checked_mul(contract.0.into())
                .map_or(raw.signum() * i128::MAX, |raw| raw / i128::from(Qty::ONE.0));
            Notional(exact).to_money_floor()
        };
        let (worst, best) = match self.side {
            Side::Buy => (self.low, self.high),
            Side::Sell => (self.high, self.low),
        };
        RoundTrip {
            instrument: self.instrument,
            leg: self.leg,
            side: self.side,
            qty: self.entered,
            entry_ts: self.entry_ts,
            exit_ts: ts,
            entry_at_open: self.entry_at_open,
            exit_at_open: at_open,
            entry_price: entry,
            exit_price: average(self.exit_value, self.left),
            pnl: self.pnl(),
            fees: self.fees,
            rate,
            bars: self.bars,
            mae: distance(worst).min(Money::ZERO),
            mfe: distance(best).max(Money::ZERO),
        }
    }

    pub(super) fn still(&self) -> OpenTrip {
        OpenTrip {
            instrument: self.instrument,
            leg: self.leg,
            position: self.held,
            entry_ts: self.entry_ts,
            entry_at_open: self.entry_at_open,
            entry_price: self.entry_price(),
            pnl: self.pnl(),
            bars: self.bars,
        }
    }
}

fn worth(price: Price, qty: Qty) -> i128 {
    i128::from(price.0) * i128::from(qty.0)
}

fn average(value: i128, qty: Qty) -> Price {
    if qty.0 == 0 {
        return Price::ZERO;
    }
    Price(value.div_euclid(qty.0.into()) as i64)
}
