//! What a strategy may know and ask for during a callback.

use std::cmp::Reverse;

use engine::Shard;
use types::{
    AccountId, AccountState, Instrument, InstrumentId, ListKind, Money, NewAlgo, NewOrder,
    OrderKind, OrderList, Price, Qty, Quote, Ratio, Side, SignedQty, TimestampNs, Trail, TriggerOn,
};

use super::desk::{Change, Desk, Working};
use super::intent::{Alarm, Intent, Size, Ticket, TimerId};

/// The account, its market and its orders, at one moment.
///
/// What is asked for here is sent after the callback, at once or at the next bar as the run's
/// [`crate::run::Fills`] say; cancels and amendments are sent at once.
#[derive(Debug)]
pub struct Context<'a> {
    pub(crate) shard: &'a Shard,
    pub(crate) instruments: &'a [Instrument],
    pub(crate) account: AccountId,
    pub(crate) now: TimestampNs,
    /// Fills that happened and that the account has not heard of.
    pub(crate) unheard: &'a [(InstrumentId, SignedQty)],
    pub(crate) desk: &'a mut Desk,
}

impl Context<'_> {
    /// The time of what is being told.
    pub const fn time(&self) -> TimestampNs {
        self.now
    }

    /// The account that trades.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Whether the account may still trade: it neither failed nor ended, and its day is not locked.
    pub fn may_trade(&self) -> bool {
        let state = self.shard.account_state(self.account);
        matches!(state, Some(AccountState::Evaluation | AccountState::Funded))
            && !self.shard.is_day_locked(self.account)
    }

    /// Every instrument, in the order of their ids.
    pub fn instruments(&self) -> impl ExactSizeIterator<Item = (InstrumentId, &Instrument)> {
        let places = 0..self.instruments.len() as u32;
        places.map(InstrumentId).zip(self.instruments)
    }

    /// The definition of an instrument.
    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.instruments.get(id.0 as usize)
    }

    /// What is held, as far as the account has heard.
    pub fn position(&self, instrument: InstrumentId) -> SignedQty {
        let held = self.shard.position(self.account, instrument);
        let unheard = self.unheard.iter().filter(|(of, _)| *of == instrument);
        unheard.fold(held, |held, (_, qty)| held.saturating_sub(*qty))
    }

    /// What is held, in units; below zero short.
    pub fn units(&self, instrument: InstrumentId) -> f64 {
        self.position(instrument).0 as f64 / Qty::ONE.0 as f64
    }

    /// Whether nothing is held.
    pub fn is_flat(&self, instrument: InstrumentId) -> bool {
        self.position(instrument).0 == 0
    }

    /// Whether more than nothing is held.
    pub fn is_long(&self, instrument: InstrumentId) -> bool {
        self.position(instrument).0 > 0
    }

    /// Whether less than nothing is held.
    pub fn is_short(&self, instrument: InstrumentId) -> bool {
        self.position(instrument).0 < 0
    }

    /// Balance and open profit at the mark, rounded down.
    pub fn equity(&self) -> Money {
        let equity = self.shard.equity(self.account);
        equity.map_or(Money::ZERO, types::Notional::to_money_floor)
    }

    /// Realised cash.
    pub fn balance(&self) -> Money {
        let row = self.shard.account_row(self.account);
        row.map_or(Money::ZERO, |row| row.balance)
    }

    /// The newest good quote; with bars, what the last one ended at.
    pub fn quote(&self, instrument: InstrumentId) -> Option<Quote> {
        self.shard.quote(instrument)
    }

    /// The middle of the newest quote.
    pub fn mid(&self, instrument: InstrumentId) -> Option<f64> {
        let quote = self.quote(instrument)?;
        Some(f64::midpoint(quote.bid.0 as f64, quote.ask.0 as f64) / Price::ONE.0 as f64)
    }

    /// The price on the instrument's grid that is nearest to this one.
    pub fn price(&self, instrument: InstrumentId, price: f64) -> Option<Price> {
        let tick = self.instrument(instrument)?.tick_size.0;
        let ticks = (price * Price::ONE.0 as f64 / tick as f64).round();
        // Beyond, the product with the tick would be past the range.
        let is_held = ticks.abs() < i64::MAX as f64 / tick as f64;
        is_held.then(|| Price(ticks as i64 * tick))
    }

    /// The most whole lots in so many units.
    pub fn qty(&self, instrument: InstrumentId, units: f64) -> Option<Qty> {
        let lot = self.instrument(instrument)?.lot_size.0;
        let lots = (units * Qty::ONE.0 as f64 / lot as f64).floor();
        let is_held = (0.0..i64::MAX as f64 / lot as f64).contains(&lots);
        is_held.then(|| Qty(lots as i64 * lot))
    }

    /// A full position of the run.
    pub const fn size(&self) -> Size {
        self.desk.size
    }

    /// Hold a full position; nothing where one is held long already, of whatever size.
    pub fn long(&mut self, instrument: InstrumentId) -> Ticket {
        self.desk
            .ask(self.now, instrument, Intent::Enter(Side::Buy))
    }

    /// Hold a full short position; nothing where one is held short already.
    pub fn short(&mut self, instrument: InstrumentId) -> Ticket {
        self.desk
            .ask(self.now, instrument, Intent::Enter(Side::Sell))
    }

    /// Hold nothing.
    pub fn flat(&mut self, instrument: InstrumentId) -> Ticket {
        self.desk
            .ask(self.now, instrument, Intent::Position(SignedQty::ZERO))
    }

    /// Hold so much of a full position: 0.5 is half of it, -1 all of it short.
    pub fn expose(&mut self, instrument: InstrumentId, exposure: f64) -> Ticket {
        self.desk
            .ask(self.now, instrument, Intent::Exposure(ratio(exposure)))
    }

    /// Hold this share of equity, whatever a full position is; below zero short.
    pub fn weigh(&mut self, instrument: InstrumentId, fraction: f64) -> Ticket {
        self.desk
            .ask(self.now, instrument, Intent::Fraction(ratio(fraction)))
    }

    /// Hold so many.
    pub fn hold(&mut self, instrument: InstrumentId, position: SignedQty) -> Ticket {
        self.desk
            .ask(self.now, instrument, Intent::Position(position))
    }

    /// Buy at the market.
    pub fn buy(&mut self, instrument: InstrumentId, size: Size) -> Ticket {
        self.desk
            .ask(self.now, instrument, Intent::Trade(Side::Buy, size))
    }

    /// Sell at the market.
    pub fn sell(&mut self, instrument: InstrumentId, size: Size) -> Ticket {
        self.desk
            .ask(self.now, instrument, Intent::Trade(Side::Sell, size))
    }

    /// An order with the usual terms, to be given to [`Context::order`] or [`Context::list`].
    pub const fn new_order(
        &self,
        instrument: InstrumentId,
        side: Side,
        kind: OrderKind,
        qty: Qty,
    ) -> NewOrder {
        NewOrder::new(self.account, instrument, side, kind, qty)
    }

    /// Any order of the engine's. Account and client order id are filled in.
    pub fn order(&mut self, order: NewOrder) -> Ticket {
        self.desk
            .ask(self.now, order.instrument, Intent::Order(order))
    }

    /// A limit order.
    pub fn limit(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        qty: Qty,
        price: Price,
    ) -> Ticket {
        self.order(self.new_order(instrument, side, OrderKind::Limit { price }, qty))
    }

    /// A stop order, triggered by the side that it would trade against.
    pub fn stop(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        qty: Qty,
        trigger: Price,
    ) -> Ticket {
        let kind = OrderKind::Stop {
            trigger,
            on: TriggerOn::Quote,
        };
        self.order(self.new_order(instrument, side, kind, qty))
    }

    /// A trailing stop.
    pub fn trailing_stop(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        qty: Qty,
        trail: Trail,
    ) -> Ticket {
        let kind = OrderKind::TrailingStop {
            trail,
            on: TriggerOn::Quote,
        };
        self.order(self.new_order(instrument, side, kind, qty))
    }

    /// An entry at the market with its exits: a limit order and a stop, of which one ends the other.
    pub fn bracket(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        qty: Qty,
        take_profit: Price,
        stop_loss: Price,
    ) -> Ticket {
        let exit = side.opposite();
        let stop = OrderKind::Stop {
            trigger: stop_loss,
            on: TriggerOn::Quote,
        };
        let orders = vec![
            self.new_order(instrument, side, OrderKind::Market, qty),
            self.new_order(
                instrument,
                exit,
                OrderKind::Limit { price: take_profit },
                qty,
            ),
            self.new_order(instrument, exit, stop, qty),
        ];
        self.list(instrument, ListKind::Bracket, orders)
    }

    /// Orders of one instrument that depend on each other. They share the ticket.
    pub fn list(
        &mut self,
        instrument: InstrumentId,
        kind: ListKind,
        orders: Vec<NewOrder>,
    ) -> Ticket {
        self.desk.ask(
            self.now,
            instrument,
            Intent::List(OrderList { kind, orders }),
        )
    }

    /// An order that the engine slices over time.
    pub fn algo(&mut self, algo: NewAlgo) -> Ticket {
        self.desk.ask(self.now, algo.instrument, Intent::Algo(algo))
    }

    /// Changes a working order, of a list the first; what is `None` stays.
    pub fn amend(
        &mut self,
        ticket: Ticket,
        qty: Option<Qty>,
        price: Option<Price>,
        trigger: Option<Price>,
    ) {
        self.desk.changes.push(Change::Amend {
            of: ticket,
            qty,
            price,
            trigger,
        });
    }

    /// Cancels what has this ticket, sent or not.
    pub fn cancel(&mut self, ticket: Ticket) {
        if !self.desk.withdraw(ticket) {
            self.desk.changes.push(Change::Cancel(ticket));
        }
    }

    /// Cancels everything, or everything of one instrument: at once, where [`Context::cancel`] travels as its order did.
    pub fn cancel_all(&mut self, instrument: Option<InstrumentId>) {
        self.desk
            .queue
            .retain(|request| instrument.is_some_and(|only| only != request.instrument));
        self.desk.changes.push(Change::CancelAll(instrument));
    }

    /// The orders that work, oldest first.
    pub fn working(&self) -> &[Working] {
        &self.desk.working
    }

    /// Whether something of this instrument works or waits to be sent.
    pub fn is_pending(&self, instrument: InstrumentId) -> bool {
        let queued = self.desk.queue.iter();
        let works = self.desk.working.iter();
        queued
            .map(|request| request.instrument)
            .chain(works.map(|order| order.instrument))
            .any(|of| of == instrument)
    }

    /// Calls [`super::Strategy::on_timer`] at this time, before what happens then; the clock of a run is its data, so
    /// never after the last event.
    pub fn set_timer(&mut self, at: TimestampNs, timer: TimerId) {
        self.desk.alarms.push(Reverse(Alarm { at, timer }));
    }

    /// Leaves a remark in the outcome; of the first [`super::NOTES_MAX`] it is kept.
    pub fn note(&mut self, text: impl Into<String>) {
        self.desk.note(self.now, text.into());
    }
}

/// Held at the ends of the range; what is no number is nothing.
fn ratio(value: f64) -> Ratio {
    Ratio((value * Ratio::ONE.0 as f64).round() as i64)
}
