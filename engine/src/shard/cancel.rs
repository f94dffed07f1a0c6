//! The end of a working order, and everybody who may ask for it.

use std::hint::{cold_path, select_unpredictable};

use types::{
    AccountId, AlgoEnd, CancelReason, DenyReason, EventKind, InstrumentId, OrderChange, OrderId,
    OrderRole, Side,
};

use super::Shard;
use crate::account::Account;
use crate::book::NIL as NO_ORDER;
use crate::event_buf::EventBuf;
use crate::market::{Market, TriggerList};
use crate::order::{Order, Stage};
use crate::orders::Orders;
use crate::slab::NIL;

impl Shard {
    /// Takes a working order out of whatever it waits in: book, trigger list, auction, agenda.
    pub(super) fn withdraw(&mut self, handle: u32) {
        let Order {
            side,
            stage,
            holding,
            limit,
            ..
        } = *self.orders.get(handle);
        let instrument = self.holdings.get(holding).instrument;
        let market = &mut self.markets[instrument.0 as usize];
        if stage == Stage::Resting {
            market.book.remove(&mut self.orders.nodes, handle, side);
            self.note_level(instrument, side, limit);
        } else {
            market.withdraw_waiting(&mut self.orders, handle);
        }
        self.orders.get_mut(handle).stage = Stage::Entering;
    }

    /// Ends a working order: with a reason it was cancelled, without one it is filled.
    #[inline(always)]
    pub(super) fn end_order(
        &mut self,
        handle: u32,
        reason: Option<CancelReason>,
        events: &mut EventBuf,
    ) {
        if self.orders.get(handle).extra == NIL {
            self.forget_order(handle, reason, events);
        } else {
            cold_path();
            self.end_with_extra(handle, reason, events);
        }
    }

    /// As [`Shard::end_order`] for an order with an extra, whose list and deadline end with it.
    #[inline(never)]
    fn end_with_extra(&mut self, handle: u32, reason: Option<CancelReason>, events: &mut EventBuf) {
        let order = *self.orders.get(handle);
        let extra = *self.orders.extras.get(order.extra);
        if !extra.timed.is_none() {
            self.agenda.remove(extra.timed.0);
        }
        self.forget_order(handle, reason, events);
        self.orders.extras.remove(order.extra);
        if extra.list.0 != 0 {
            self.after_end(&order, &extra, reason, events);
        }
    }

    /// Takes a working order out of everything but its extra.
    #[inline(never)]
    fn forget_order(&mut self, handle: u32, reason: Option<CancelReason>, events: &mut EventBuf) {
        let node = self.orders.nodes.get(handle);
        let (id, account) = (node.id, node.account);
        let order = self.orders.get(handle);
        let (side, stage, limit, leaves) = (order.side, order.stage, order.limit, order.leaves());
        let (previous, next) = (order.previous, order.next);
        let place = order.holding;
        let holding = self.holdings.get_mut(place);
        let instrument = holding.instrument;
        holding.orders -= 1;
        if !order.flags.is_closing() {
            holding.sub_working(side, leaves);
        }
        let is_idle = holding.is_idle();
        let market = &mut self.markets[instrument.0 as usize];
        let mut was_seen = false;
        if stage == Stage::Resting {
            // Behind the best level nobody has seen it.
            was_seen = market.book.best(side) == Some(limit);
            market.book.remove(&mut self.orders.nodes, handle, side);
        } else if stage != Stage::Entering {
            market.withdraw_waiting(&mut self.orders, handle);
        }
        if let Some(reason) = reason {
            events.push(EventKind::OrderCancelled {
                account,
                order: id,
                leaves: market.instrument.qty(leaves),
                reason,
            });
        }
        // Out of its account's list. Place 0 is nobody's and takes what has no neighbour to go to: no branch on who
        // has one.
        let account = &mut self.accounts[account.0 as usize];
        account.orders_len -= 1;
        let ends = &mut account.orders;
        ends.first = select_unpredictable(previous == NO_ORDER, next, ends.first);
        ends.last = select_unpredictable(next == NO_ORDER, previous, ends.last);
        self.orders.get_mut(previous).next = next;
        self.orders.get_mut(next).previous = previous;
        self.orders.remove(handle, id);
        if is_idle {
            self.drop_idle(place);
        }
        self.note_level(instrument, side, limit);
        if was_seen && reason.is_some() {
            self.refresh_touch(instrument);
        }
    }

    /// The working orders of an account, oldest first.
    pub(crate) fn account_orders(&self, account: &Account) -> impl Iterator<Item = (u32, &Order)> {
        let mut handle = account.orders.first;
        std::iter::from_fn(move || {
            (handle != NO_ORDER).then(|| {
                let order = self.orders.get(handle);
                let found = (handle, order);
                handle = order.next;
                found
            })
        })
    }

    /// Cancels the account's working orders that `which` picks, oldest first. An order that ends with
    /// another one of its list is passed over.
    pub(super) fn end_orders(
        &mut self,
        account: AccountId,
        reason: CancelReason,
        which: impl Fn(&Self, u32, &Order) -> bool,
        events: &mut EventBuf,
    ) {
        let ids = self.pick_orders(account, which);
        self.end_ids(&ids, reason, events);
        self.pending.ids = ids;
    }

    /// The account's working orders that `which` picks, oldest first. The list goes back to where it was kept.
    fn pick_orders(
        &mut self,
        account: AccountId,
        which: impl Fn(&Self, u32, &Order) -> bool,
    ) -> Vec<OrderId> {
        let mut ids = std::mem::take(&mut self.pending.ids);
        ids.clear();
        let known = &self.accounts[account.0 as usize];
        for (handle, order) in self.account_orders(known) {
            if which(self, handle, order) {
                ids.push(self.orders.id(handle));
            }
        }
        ids
    }

    /// Cancels those of these orders that still work.
    pub(super) fn end_ids(&mut self, ids: &[OrderId], reason: CancelReason, events: &mut EventBuf) {
        for &id in ids {
            if let Some(handle) = self.orders.find(id) {
                self.end_order(handle, Some(reason), events);
            }
        }
    }

    /// Ends everything that works for an account that stops trading or is called for margin.
    pub(super) fn end_all(
        &mut self,
        account: AccountId,
        reason: CancelReason,
        events: &mut EventBuf,
    ) {
        self.end_algos(
            AlgoEnd::AccountLocked,
            |_, algo| algo.request.account == account,
            events,
        );
        self.end_orders(account, reason, |_, _, _| true, events);
    }

    /// The handle of an account's working order.
    #[inline(always)]
    pub(super) fn working(&self, account: AccountId, order: OrderId) -> Result<u32, DenyReason> {
        if account.0 as usize >= self.accounts.len() {
            return Err(DenyReason::UnknownAccount);
        }
        self.orders
            .find(order)
            .filter(|&handle| self.orders.nodes.get(handle).account == account)
            .ok_or(DenyReason::UnknownOrder)
    }

    #[inline(always)]
    pub(super) fn cancel_order(
        &mut self,
        account: AccountId,
        order: OrderId,
        events: &mut EventBuf,
    ) {
        match self.working(account, order) {
            // No cancel of it takes its time, for then it would have an extra, and it is in no list that needs it.
            Ok(handle) if self.orders.get(handle).extra == NIL => {
                self.forget_order(handle, Some(CancelReason::Requested), events);
            }
            found => self.cancel_other(account, order, found, events),
        }
    }

    /// A cancel of what is no plain order.
    #[inline(never)]
    fn cancel_other(
        &mut self,
        account: AccountId,
        order: OrderId,
        found: Result<u32, DenyReason>,
        events: &mut EventBuf,
    ) {
        match found {
            Ok(handle) => {
                let order_ns = self.flight_ns(handle);
                if order_ns == 0 {
                    self.cancel_working(handle, account, order, events);
                } else {
                    self.fly(account, order, order_ns, None, events);
                }
            }
            Err(DenyReason::UnknownOrder) if self.find_algo(order, account).is_some() => {
                let is_it = |_: &Self, algo: &crate::algo::Algo| algo.id == order;
                self.end_algos(AlgoEnd::Requested, is_it, events);
            }
            Err(reason) => deny_change(account, order, OrderChange::Cancel, reason, events),
        }
    }

    /// A cancel at the market.
    pub(super) fn carry_out_cancel(
        &mut self,
        account: AccountId,
        order: OrderId,
        events: &mut EventBuf,
    ) {
        match self.working(account, order) {
            Ok(handle) => self.cancel_working(handle, account, order, events),
            Err(reason) => deny_change(account, order, OrderChange::Cancel, reason, events),
        }
    }

    #[inline(always)]
    fn cancel_working(
        &mut self,
        handle: u32,
        account: AccountId,
        order: OrderId,
        events: &mut EventBuf,
    ) {
        if self.is_mandatory(handle) {
            let reason = DenyReason::Mandatory;
            deny_change(account, order, OrderChange::Cancel, reason, events);
        } else {
            self.end_order(handle, Some(CancelReason::Requested), events);
        }
    }

    /// Whether the order is the stop of a cover order that still has something to cover, or may have.
    #[inline(always)]
    pub(super) fn is_mandatory(&self, handle: u32) -> bool {
        self.orders.get(handle).role == OrderRole::CoverStop && self.has_to_cover(handle)
    }

    #[cold]
    #[inline(never)]
    fn has_to_cover(&self, handle: u32) -> bool {
        self.may_grow(handle) || self.closes_something(handle)
    }

    /// Whether there is a position that the order makes smaller.
    pub(super) fn closes_something(&self, handle: u32) -> bool {
        let order = self.orders.get(handle);
        self.holdings.get(order.holding).closable(order.side).0 > 0
    }

    /// Whether an exit may come to more: its entry works, or what that filled is on its way.
    pub(super) fn may_grow(&self, handle: u32) -> bool {
        let list = self.orders.extra(handle).map(|extra| extra.list);
        list.is_some_and(|entry| self.orders.find(entry).is_some())
            || self.is_coming(self.orders.id(handle))
    }

    /// Whether the order is the stop of a cover order that has nothing to close yet, but may have.
    pub(super) fn stands_by(&self, handle: u32) -> bool {
        self.orders.get(handle).role == OrderRole::CoverStop
            && !self.closes_something(handle)
            && self.may_grow(handle)
    }

    pub(super) fn cancel_all(
        &mut self,
        account: AccountId,
        instrument: Option<InstrumentId>,
        side: Option<Side>,
        events: &mut EventBuf,
    ) {
        if account.0 as usize >= self.accounts.len() {
            let asked = OrderChange::CancelAll;
            let reason = DenyReason::UnknownAccount;
            return deny_change(account, OrderId(0), asked, reason, events);
        }
        let is_meant = |of: InstrumentId, on: Side| {
            instrument.is_none_or(|instrument| instrument == of)
                && side.is_none_or(|side| side == on)
        };
        self.end_algos(
            AlgoEnd::Requested,
            |_, algo| {
                let request = &algo.request;
                request.account == account && is_meant(request.instrument, request.side)
            },
            events,
        );
        let picks = |shard: &Self, handle: u32, order: &Order| {
            is_meant(shard.instrument_of(handle), order.side)
        };
        self.end_unless_mandatory(account, CancelReason::Requested, picks, events);
    }

    pub(super) fn disconnect(&mut self, account: AccountId, events: &mut EventBuf) {
        if account.0 as usize >= self.accounts.len() {
            let asked = OrderChange::Disconnect;
            let reason = DenyReason::UnknownAccount;
            return deny_change(account, OrderId(0), asked, reason, events);
        }
        self.end_algos(
            AlgoEnd::Disconnected,
            |_, algo| algo.request.account == account && algo.request.cancel_on_disconnect,
            events,
        );
        let picks = |_: &Self, _: u32, order: &Order| order.flags.ends_on_disconnect();
        self.end_unless_mandatory(account, CancelReason::Disconnected, picks, events);
    }

    /// As [`Shard::end_orders`], but the stop of a cover order stays as long as it has something to
    /// cover when its turn comes.
    fn end_unless_mandatory(
        &mut self,
        account: AccountId,
        reason: CancelReason,
        which: impl Fn(&Self, u32, &Order) -> bool,
        events: &mut EventBuf,
    ) {
        let ids = self.pick_orders(account, which);
        for &id in &ids {
            if let Some(handle) = self.orders.find(id)
                && !self.is_mandatory(handle)
            {
                self.end_order(handle, Some(reason), events);
            }
        }
        self.pending.ids = ids;
    }

    /// The price that values a working order.
    pub(super) fn order_valued_at(&self, order: &Order, market: &Market) -> types::Ticks {
        if order.form.has_limit() {
            return order.limit;
        }
        match self.orders.extra_of(order) {
            Some(extra) if extra.has_trigger && order.form.is_triggered() => extra.trigger,
            _ => market.offered(order.side).unwrap_or(types::Ticks(0)),
        }
    }
}

impl Market {
    /// Takes an order that does not rest out of whatever else it waits in.
    #[inline(never)]
    fn withdraw_waiting(&mut self, orders: &mut Orders, handle: u32) {
        let order = *orders.get(handle);
        match order.stage {
            Stage::Waiting => {
                if let Some(extra) = orders.extra(handle).copied() {
                    if extra.has_trigger {
                        let list = TriggerList::of(order.side, extra.on, order.form.is_stop());
                        self.triggers[list.index()].remove(&mut orders.nodes, handle);
                    }
                    if extra.trail.is_some() {
                        self.trailing.retain(|&waiting| waiting != handle);
                    }
                }
            }
            Stage::Auction => self.auction.retain(|&waiting| waiting != handle),
            Stage::InFlight | Stage::Held | Stage::Entering | Stage::Resting => {}
        }
    }
}

#[cold]
#[inline(never)]
fn deny_change(
    account: AccountId,
    order: OrderId,
    asked: OrderChange,
    reason: DenyReason,
    events: &mut EventBuf,
) {
    events.push(EventKind::ChangeDenied {
        account,
        order,
        asked,
        reason,
    });
}
