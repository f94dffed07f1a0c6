//! Cash for holding a position: financing, dividends; and splits, which change what is held.

use types::{
    AlgoEnd, BookingCause, CancelReason, DataFault, EventKind, Financing, InputRejection,
    InstrumentId, Lots, Money, Notional, OrderId, OrderRole, Price, Qty, Ratio, Side, Ticks, Trail,
};

use super::Shard;
use super::amend::Amended;
use super::cascade::TouchedBy;
use super::registry::reject;
use crate::event_buf::EventBuf;
use crate::holding::{self, Holding};
use crate::market::Touch;

/// The most that a split may make of one unit, or one unit of.
const SPLIT_MAX: u32 = 1_000;

/// The most that one booking moves: 9e9 units of the currency, as the largest position is worth.
const BOOKED_MAX: i64 = 9_000_000_000_000_000;

/// `value * rate`, rounded down.
fn share_floor(value: Notional, rate: Ratio) -> Notional {
    const ONE: i128 = Ratio::ONE.0 as i128;
    let rate = i128::from(rate.0);
    let whole = value.0.div_euclid(ONE).saturating_mul(rate);
    let part = (value.0.rem_euclid(ONE) * rate).div_euclid(ONE);
    Notional(whole.saturating_add(part))
}

impl Shard {
    pub(super) fn book_financing(
        &mut self,
        instrument: InstrumentId,
        financing: &Financing,
        events: &mut EventBuf,
    ) {
        let market = &self.markets[instrument.0 as usize];
        let tick_value = market.tick_value;
        let price = match market.ticks(financing.price) {
            Ok(price) => price,
            Err(reason) => return reject(events, reason),
        };
        self.book_holders(instrument, BookingCause::Financing, events, |held| {
            let rate = if held.lots.0 > 0 {
                financing.long
            } else {
                financing.short
            };
            let size = Lots(held.lots.0.saturating_abs());
            let value = holding::value(price, size, tick_value);
            let magnitude = Notional(value.0.saturating_abs());
            share_floor(magnitude, rate).to_money_floor()
        });
    }

    pub(super) fn book_dividend(
        &mut self,
        instrument: InstrumentId,
        per_unit: Money,
        events: &mut EventBuf,
    ) {
        if per_unit.is_negative() {
            let fault = DataFault::Dividend { per_unit };
            return reject(events, InputRejection::BadData(fault));
        }
        let terms = &self.markets[instrument.0 as usize].instrument;
        let (lot_size, contract_size) = (terms.lot_size, terms.contract_size);
        self.book_holders(instrument, BookingCause::Dividend, events, |held| {
            // The shorts' part is negative, so that rounding down is against them as well.
            let qty = i128::from(held.lots.0) * i128::from(lot_size.0);
            // Where this is held at the ends of the range, the amount is far beyond the most that is booked.
            let exact = qty
                .saturating_mul(per_unit.0.into())
                .saturating_mul(contract_size.0.into());
            let amount = exact.div_euclid(i128::from(Qty::ONE.0).pow(2));
            Money(amount.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
        });
    }

    /// Books an amount for every position of an instrument, in order of account and leg.
    fn book_holders(
        &mut self,
        instrument: InstrumentId,
        cause: BookingCause,
        events: &mut EventBuf,
        amount: impl Fn(&Holding) -> Money,
    ) {
        let rows = self.take_holders(instrument);
        for &handle in &rows {
            let held = *self.holdings.get(handle);
            let amount = amount(&held);
            self.book_holder(&held, cause, amount, held.lots, events);
        }
        self.pending.rows = rows;
    }

    fn book_holder(
        &mut self,
        held: &Holding,
        cause: BookingCause,
        amount: Money,
        position: Lots,
        events: &mut EventBuf,
    ) {
        let amount = Money(amount.0.clamp(-BOOKED_MAX, BOOKED_MAX));
        self.catch_up(held.account);
        self.tell_untold(held.account, events);
        let market = &self.markets[held.instrument.0 as usize];
        let (currency, position) = (market.currency, market.signed_qty(position));
        let balance = self.book_cash(held.account, currency, amount);
        events.push(EventKind::Booked {
            account: held.account,
            instrument: held.instrument,
            leg: held.leg,
            cause,
            amount,
            balance,
            position,
        });
        // A split sells what is no whole lot.
        let by = if cause == BookingCause::Split && amount != Money::ZERO {
            TouchedBy::Close
        } else {
            TouchedBy::Booking
        };
        self.touch_account(held.account, by);
    }

    /// Handles of the positions of an instrument, by account and leg; the caller gives the list back.
    fn take_holders(&mut self, instrument: InstrumentId) -> Vec<u32> {
        let mut rows = std::mem::take(&mut self.pending.rows);
        rows.clear();
        let market = &self.markets[instrument.0 as usize];
        for (bands, ..) in market.all_bands() {
            rows.extend_from_slice(bands.holdings());
        }
        rows.sort_unstable_by_key(|&handle| {
            let held = self.holdings.get(handle);
            (held.account, held.leg)
        });
        rows
    }

    pub(super) fn split(
        &mut self,
        instrument: InstrumentId,
        new: u32,
        old: u32,
        events: &mut EventBuf,
    ) {
        let is_in_range = |units: u32| (1..=SPLIT_MAX).contains(&units);
        if !is_in_range(new) || !is_in_range(old) || new == old {
            let max = SPLIT_MAX;
            let fault = DataFault::Split { new, old, max };
            return reject(events, InputRejection::BadData(fault));
        }
        self.end_algos(
            AlgoEnd::Split,
            |_, algo| algo.request.instrument == instrument,
            events,
        );
        let mut ids = std::mem::take(&mut self.pending.split);
        ids.clear();
        let working = self
            .orders
            .iter()
            .filter(|(_, _, order)| self.holdings.get(order.holding).instrument == instrument);
        ids.extend(working.map(|(_, id, _)| id));
        ids.sort_unstable();
        for &id in &ids {
            if let Some(handle) = self.orders.find(id)
                && !self.covers(handle)
            {
                self.end_order(handle, Some(CancelReason::Split), events);
            }
        }
        self.scale_market(instrument, new, old);

        let rows = self.take_holders(instrument);
        for &handle in &rows {
            self.split_holding(handle, new, old, events);
        }
        self.pending.rows = rows;
        for &id in &ids {
            self.split_covering(id, new, old, events);
        }
        self.pending.split = ids;
        self.note_marked(instrument);
    }

    /// Whether an order is the stop of a cover order that has a position to cover.
    fn covers(&self, handle: u32) -> bool {
        let order = self.orders.get(handle);
        order.role == OrderRole::CoverStop && order.leaves().0 > 0 && self.closes_something(handle)
    }

    /// The stop of a cover order goes on for what its position has become, at least a lot; its prices are rounded away
    /// from the market, which may be at them with the tick that rounding costs.
    fn split_covering(&mut self, id: OrderId, new: u32, old: u32, events: &mut EventBuf) {
        let Some(handle) = self.orders.find(id) else {
            return;
        };
        let order = *self.orders.get(handle);
        if !self.closes_something(handle) {
            return self.end_order(handle, Some(CancelReason::Split), events);
        }
        let (new, old) = (i128::from(new), i128::from(old));
        let scale = |price: Ticks| {
            let exact = i128::from(price.0) * old;
            Ticks(narrow(match order.side {
                Side::Sell => exact.div_euclid(new),
                Side::Buy => -(-exact).div_euclid(new),
            }))
        };
        let leaves = narrow(i128::from(order.leaves().0) * new / old).max(1);
        let market = self.market_of(self.holdings.get(order.holding));
        let tick = i128::from(market.instrument.tick_size.0);
        let mut trigger = Ticks(0);
        if let Some(extra) = self.orders.extra_mut(handle) {
            if let Some(Trail::Amount(amount)) = extra.trail {
                let ticks = -(-i128::from(amount.0) / tick * old).div_euclid(new);
                extra.trail = Some(Trail::Amount(Price(narrow(ticks.max(1) * tick))));
            }
            trigger = scale(extra.trigger);
        }
        let limit = if order.form.has_limit() {
            scale(order.limit)
        } else {
            order.limit
        };
        let amended = Amended {
            qty: order.filled.saturating_add(Lots(leaves)),
            limit,
            trigger,
            moves: true,
        };
        self.apply_amendment(handle, &amended, events);
    }

    /// Prices move the other way; what was displayed is forgotten.
    fn scale_market(&mut self, instrument: InstrumentId, new: u32, old: u32) {
        let market = &mut self.markets[instrument.0 as usize];
        let (new, old) = (i128::from(new), i128::from(old));
        let floor = |price: Ticks| narrow((i128::from(price.0) * old).div_euclid(new));
        let ceil = |price: Ticks| narrow(-(-i128::from(price.0) * old).div_euclid(new));
        market.touch = market.touch.map(|touch| Touch {
            bid: Ticks(floor(touch.bid)),
            ask: Ticks(ceil(touch.ask)),
            ..touch
        });
        market.touch_seq = self.seq;
        market.last = market.last.map(|last| Ticks(floor(last)));
        market.last_seq = self.seq;
        market.session = None;
        market.depth.clear();
        market.consumed.clear();
        market.stale = !market.is_crossed();
    }

    fn split_holding(&mut self, handle: u32, new: u32, old: u32, events: &mut EventBuf) {
        let held = *self.holdings.get(handle);
        self.catch_up(held.account);
        let market = &self.markets[held.instrument.0 as usize];
        let (new, old) = (i128::from(new), i128::from(old));
        let scaled = i128::from(held.lots.0) * new;
        let lots = Lots(narrow(scaled / old));
        // The part of a lot that is left over, in `old`ths of a lot.
        let part = scaled - i128::from(lots.0) * old;
        let mark = market.closing(held.lots).unwrap_or(Ticks(0));
        let value = i128::from(mark.0)
            .saturating_mul(part)
            .saturating_mul(market.tick_value.exact.0)
            .div_euclid(old);
        // As if the part had been sold: its share of the cost goes with it.
        let freed = if part == 0 {
            0
        } else {
            holding::wide_share_ceil(held.cost.0, part.abs(), scaled.abs())
        };
        let (amount, rest) = holding::booked(Notional(value.saturating_sub(freed)));
        // As of any closing, what is less than a unit of money stays with the rest.
        let kept = if lots.0 == 0 { 0 } else { rest.0 };
        let holding = self.holdings.get_mut(handle);
        holding.lots = lots;
        holding.cost.0 = held.cost.0.saturating_sub(freed).saturating_sub(kept);
        self.book_holder(&held, BookingCause::Split, amount, lots, events);
        self.follow_position(handle, held.lots, lots);
    }
}

fn narrow(value: i128) -> i64 {
    value.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}
