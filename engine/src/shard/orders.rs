//! Orders: checks at the door, working lists, cancels and amendments.

use types::{
    AccountId, CancelReason, DenyReason, EventKind, FillCause, InstrumentId, InstrumentStatus,
    Lots, NewOrder, OrderId, OrderKind, Price, Qty, Side, Ticks, TimeInForce,
};

use super::{Shard, Touched, UsedClientOrder};
use crate::event_buf::EventBuf;
use crate::market::Touch;
use crate::order::{Order, awaited, is_due, is_reached};
use crate::position;
use crate::slab::NIL;

/// An order in the grid of its instrument.
struct Checked {
    lots: Lots,
    awaited: Option<Ticks>,
}

impl Shard {
    pub(super) fn submit_order(&mut self, request: &NewOrder, events: &mut EventBuf) {
        let checked = match self.check(request) {
            Ok(checked) => checked,
            Err(reason) => {
                events.push(EventKind::OrderDenied {
                    request: *request,
                    reason,
                });
                return;
            }
        };
        self.remember_client_order(request);
        self.last_order = OrderId(self.last_order.0 + 1);
        let order = Order {
            id: self.last_order,
            client: request.client_order,
            account: request.account,
            instrument: request.instrument,
            side: request.side,
            kind: request.kind,
            tif: request.tif,
            lots: checked.lots,
            ts: self.ts,
            previous: NIL,
            next: NIL,
        };
        events.push(EventKind::OrderAccepted {
            order: order.id,
            request: *request,
        });
        let touch = self.markets[order.instrument.0 as usize]
            .fillable()
            .copied();
        let awaited = checked.awaited.unwrap_or_default();
        match touch.filter(|touch| is_due(order.kind, order.side, awaited, touch)) {
            Some(touch) => self.take_liquidity(&order, &touch, events),
            None if is_immediate(order.kind, order.tif) => {
                self.push_cancelled(&order, CancelReason::NotMarketable, events);
            }
            None => self.rest(order, awaited),
        }
    }

    fn check(&self, request: &NewOrder) -> Result<Checked, DenyReason> {
        let account = self
            .account(request.account)
            .ok_or(DenyReason::UnknownAccount)?;
        let market = self
            .markets
            .get(request.instrument.0 as usize)
            .ok_or(DenyReason::UnknownInstrument)?;
        if !account.is_trading() {
            return Err(DenyReason::AccountNotTrading);
        }
        if account.day_locked {
            return Err(DenyReason::DayLocked);
        }
        let key = (request.account.0, request.client_order.0);
        if request.client_order.0 != 0 && self.client_orders.get(key).is_some() {
            return Err(DenyReason::DuplicateClientOrder);
        }
        let instrument = &market.instrument;
        let lots = check_qty(instrument, request.qty)?;
        let awaited = awaited(request.kind)
            .map(|price| instrument.ticks(price))
            .transpose()
            .map_err(|_| DenyReason::PriceOffTick)?;
        if self.plans[account.plan.0 as usize].plan.currency != instrument.currency {
            return Err(DenyReason::CurrencyMismatch);
        }
        if market.status != InstrumentStatus::Open {
            return Err(DenyReason::InstrumentNotOpen);
        }
        let touch = market.touch.as_ref().ok_or(DenyReason::NoQuote)?;
        if market.stale {
            return Err(DenyReason::BadQuote);
        }
        let price = awaited.unwrap_or(touch.opposite(request.side));
        self.check_size(
            request.account,
            request.instrument,
            request.side,
            lots,
            price,
        )?;
        // An immediate order never rests, so full lists cannot keep anybody from closing a position.
        if !is_immediate(request.kind, request.tif) {
            if account.orders_len >= self.limits.account_orders_max {
                return Err(DenyReason::AccountOrdersMax);
            }
            if self.orders.len() >= self.limits.orders_max {
                return Err(DenyReason::OrdersMax);
            }
        }
        Ok(Checked { lots, awaited })
    }

    /// Whether the position that the order aims at is within what the engine holds exactly.
    fn check_size(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        side: Side,
        lots: Lots,
        price: Ticks,
    ) -> Result<(), DenyReason> {
        let held = self.held_lots(account, instrument).0;
        let aimed = Lots(held.saturating_add(lots.0.saturating_mul(side.sign())));
        let tick_value = self.markets[instrument.0 as usize].tick_value;
        if position::is_within_range(price, aimed, tick_value) {
            Ok(())
        } else {
            Err(DenyReason::OutOfRange)
        }
    }

    /// Remembers the newest ids up to the limit; the oldest is forgotten first.
    fn remember_client_order(&mut self, request: &NewOrder) {
        if request.client_order.0 == 0 || self.limits.client_orders_max == 0 {
            return;
        }
        let used = UsedClientOrder {
            account: request.account,
            client: request.client_order,
        };
        let index = self.used_client_orders_next;
        match self.used_client_orders.get_mut(index as usize) {
            Some(oldest) => {
                self.client_orders
                    .remove((oldest.account.0, oldest.client.0));
                *oldest = used;
            }
            None => self.used_client_orders.push(used),
        }
        self.client_orders
            .insert((used.account.0, used.client.0), index);
        self.used_client_orders_next = (index + 1) % self.limits.client_orders_max;
    }

    /// Fills an order at the opposite side of the touch and judges its account.
    fn take_liquidity(&mut self, order: &Order, touch: &Touch, events: &mut EventBuf) {
        self.scratch.touched.clear();
        if let OrderKind::Stop { .. } = order.kind {
            self.push_triggered(order, touch, events);
        }
        self.fill(order, touch.opposite(order.side), FillCause::Order, events);
        self.scratch.touched.push(Touched {
            account: order.account,
            booked: true,
        });
        self.judge_touched(events);
    }

    /// Fills a resting order that a new touch made due. Its waiting place is gone already. `before` is
    /// the touch before this one.
    pub(super) fn execute_due(
        &mut self,
        handle: u32,
        touch: &Touch,
        before: Option<&Touch>,
        events: &mut EventBuf,
    ) {
        let order = *self.orders.get(handle);
        self.unlink_order(handle);
        let price = match order.kind {
            OrderKind::Limit { price } => {
                let limit = self.ticks_of(&order, price);
                // Where the market came to the order it gets its own price. Where the market was there
                // before and only could not fill, it takes what is there now.
                if before.is_some_and(|touch| is_reached(order.kind, order.side, limit, touch)) {
                    touch.opposite(order.side)
                } else {
                    limit
                }
            }
            OrderKind::Stop { .. } | OrderKind::Market => {
                self.push_triggered(&order, touch, events);
                touch.opposite(order.side)
            }
        };
        self.fill(&order, price, FillCause::Order, events);
        self.scratch.touched.push(Touched {
            account: order.account,
            booked: true,
        });
    }

    /// A price that was checked against the grid when the order came in.
    fn ticks_of(&self, order: &Order, price: Price) -> Ticks {
        let instrument = &self.markets[order.instrument.0 as usize].instrument;
        Ticks(price.0 / instrument.tick_size.0)
    }

    fn push_triggered(&self, order: &Order, touch: &Touch, events: &mut EventBuf) {
        let instrument = &self.markets[order.instrument.0 as usize].instrument;
        events.push(EventKind::OrderTriggered {
            account: order.account,
            order: order.id,
            price: instrument.price(touch.opposite(order.side)),
        });
    }

    fn push_cancelled(&self, order: &Order, reason: CancelReason, events: &mut EventBuf) {
        let instrument = &self.markets[order.instrument.0 as usize].instrument;
        events.push(EventKind::OrderCancelled {
            account: order.account,
            order: order.id,
            leaves: instrument.qty(order.lots),
            reason,
        });
    }

    fn rest(&mut self, mut order: Order, awaited: Ticks) {
        let account = &mut self.accounts[order.account.0 as usize];
        order.previous = account.orders.last;
        let handle = self.orders.insert(order);
        if order.previous == NIL {
            account.orders.first = handle;
        } else {
            self.orders.get_mut(order.previous).next = handle;
        }
        account.orders.last = handle;
        account.orders_len += 1;
        self.order_handles.insert(order.id.0, handle);
        self.markets[order.instrument.0 as usize]
            .waiting
            .insert(&order, awaited, handle);
    }

    /// Takes an order out of everything but its waiting list.
    fn unlink_order(&mut self, handle: u32) {
        let order = *self.orders.get(handle);
        let account = &mut self.accounts[order.account.0 as usize];
        if order.previous == NIL {
            account.orders.first = order.next;
        } else {
            self.orders.get_mut(order.previous).next = order.next;
        }
        if order.next == NIL {
            account.orders.last = order.previous;
        } else {
            self.orders.get_mut(order.next).previous = order.previous;
        }
        account.orders_len -= 1;
        self.order_handles.remove(order.id.0);
        self.orders.remove(handle);
    }

    fn stop_waiting(&mut self, order: &Order) {
        if let Some(price) = awaited(order.kind) {
            let ticks = self.ticks_of(order, price);
            self.markets[order.instrument.0 as usize]
                .waiting
                .remove(order, ticks);
        }
    }

    fn end_order(&mut self, handle: u32, reason: CancelReason, events: &mut EventBuf) {
        let order = *self.orders.get(handle);
        self.stop_waiting(&order);
        self.unlink_order(handle);
        self.push_cancelled(&order, reason, events);
    }

    /// Cancels the account's working orders that `which` picks, oldest first.
    pub(super) fn end_orders(
        &mut self,
        account: AccountId,
        reason: CancelReason,
        which: impl Fn(&Order) -> bool,
        events: &mut EventBuf,
    ) {
        let mut handle = self.accounts[account.0 as usize].orders.first;
        while handle != NIL {
            let order = self.orders.get(handle);
            let next = order.next;
            if which(order) {
                self.end_order(handle, reason, events);
            }
            handle = next;
        }
    }

    fn working(&self, account: AccountId, order: OrderId) -> Result<u32, DenyReason> {
        self.account(account).ok_or(DenyReason::UnknownAccount)?;
        self.order_handles
            .get(order.0)
            .filter(|&handle| self.orders.get(handle).account == account)
            .ok_or(DenyReason::UnknownOrder)
    }

    pub(super) fn cancel_order(
        &mut self,
        account: AccountId,
        order: OrderId,
        events: &mut EventBuf,
    ) {
        match self.working(account, order) {
            Ok(handle) => self.end_order(handle, CancelReason::Requested, events),
            Err(reason) => events.push(EventKind::ChangeDenied {
                account,
                order,
                reason,
            }),
        }
    }

    pub(super) fn cancel_all(&mut self, account: AccountId, events: &mut EventBuf) {
        if self.account(account).is_none() {
            let reason = DenyReason::UnknownAccount;
            events.push(EventKind::ChangeDenied {
                account,
                order: OrderId(0),
                reason,
            });
            return;
        }
        self.end_orders(account, CancelReason::Requested, |_| true, events);
    }

    pub(super) fn amend_order(
        &mut self,
        account: AccountId,
        id: OrderId,
        qty: Option<Qty>,
        price: Option<Price>,
        events: &mut EventBuf,
    ) {
        let (handle, amended, awaited) = match self.check_amendment(account, id, qty, price) {
            Ok(checked) => checked,
            Err(reason) => {
                events.push(EventKind::ChangeDenied {
                    account,
                    order: id,
                    reason,
                });
                return;
            }
        };
        let working = *self.orders.get(handle);
        self.stop_waiting(&working);
        *self.orders.get_mut(handle) = amended;
        let market = &mut self.markets[amended.instrument.0 as usize];
        events.push(EventKind::OrderAmended {
            account,
            order: id,
            qty: market.instrument.qty(amended.lots),
            price: market.instrument.price(awaited),
        });
        let touch = market.fillable().copied();
        match touch.filter(|touch| is_due(amended.kind, amended.side, awaited, touch)) {
            Some(touch) => {
                self.unlink_order(handle);
                self.take_liquidity(&amended, &touch, events);
            }
            None => market.waiting.insert(&amended, awaited, handle),
        }
    }

    fn check_amendment(
        &self,
        account: AccountId,
        id: OrderId,
        qty: Option<Qty>,
        price: Option<Price>,
    ) -> Result<(u32, Order, Ticks), DenyReason> {
        let handle = self.working(account, id)?;
        let mut order = *self.orders.get(handle);
        let market = &self.markets[order.instrument.0 as usize];
        if market.status != InstrumentStatus::Open {
            return Err(DenyReason::InstrumentNotOpen);
        }
        if market.stale {
            return Err(DenyReason::BadQuote);
        }
        if let Some(qty) = qty {
            order.lots = check_qty(&market.instrument, qty)?;
        }
        if let Some(price) = price {
            order.kind = match order.kind {
                OrderKind::Stop { .. } => OrderKind::Stop { trigger: price },
                OrderKind::Market | OrderKind::Limit { .. } => OrderKind::Limit { price },
            };
        }
        let awaited = awaited(order.kind).unwrap_or_default();
        let ticks = market
            .instrument
            .ticks(awaited)
            .map_err(|_| DenyReason::PriceOffTick)?;
        self.check_size(account, order.instrument, order.side, order.lots, ticks)?;
        Ok((handle, order, ticks))
    }
}

fn is_immediate(kind: OrderKind, tif: TimeInForce) -> bool {
    kind == OrderKind::Market || tif == TimeInForce::ImmediateOrCancel
}

fn check_qty(instrument: &types::Instrument, qty: Qty) -> Result<Lots, DenyReason> {
    if qty.0 <= 0 {
        return Err(DenyReason::QtyNotPositive);
    }
    if qty > instrument.order_qty_max {
        return Err(DenyReason::QtyTooLarge);
    }
    instrument.lots(qty).map_err(|_| DenyReason::QtyOffLot)
}
