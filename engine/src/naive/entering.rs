//! The way of an order: accepted, on its way, on the market, ended.

use types::{
    AccountId, CancelReason, DataFault, DenyReason, EventKind, FillCause, InputRejection,
    InstrumentStatus, LimitName, ListKind, Lots, Money, NewOrder, OrderId, OrderKind, OrderList,
    OrderRole, Price, Ticks, TimeInForce, TimestampNs, Trail,
};

use super::Naive;
use super::order::{Order, Stage, is_exit};

impl Naive {
    pub(super) fn submit(&mut self, request: &NewOrder) {
        let checked = self.check_sender(request.account, request.instrument);
        let checked = checked
            .and_then(|()| self.count_orders(request.account, 1))
            .and_then(|()| self.check(request, OrderRole::Alone, &[]));
        match checked {
            Ok(()) => {
                let order = self.accept(request, 0, OrderRole::Alone);
                self.enter_unless_flying(order);
            }
            Err(reason) => self.push(EventKind::OrderDenied {
                request: *request,
                reason,
            }),
        }
    }

    pub(super) fn submit_list(&mut self, list: &OrderList) {
        let Some(first) = list.orders.first() else {
            return self.reject(InputRejection::BadData(DataFault::NoOrders));
        };
        let mut orders = list.orders.clone();
        let checked = self
            .check_list(list)
            .and_then(|()| self.check_trading(first.account))
            .and_then(|()| self.count_orders(first.account, orders.len()));
        if let Err(reason) = checked {
            let request = *first;
            return self.push(EventKind::OrderDenied { request, reason });
        }
        for (index, order) in orders.iter_mut().enumerate() {
            order.reduce_only |= is_exit(role(list.kind, index));
        }
        for (index, order) in orders.iter().enumerate() {
            let earlier = &orders[..index];
            if let Err(reason) = self.check(order, role(list.kind, index), earlier) {
                let request = *order;
                return self.push(EventKind::OrderDenied { request, reason });
            }
        }
        let first = self.orders_accepted + 1;
        let mut accepted = Vec::new();
        for (index, order) in orders.iter().enumerate() {
            accepted.push(self.accept(order, first, role(list.kind, index)));
        }
        for order in accepted {
            self.enter_unless_flying(order);
        }
    }

    /// Gives the order its id and says so.
    pub(super) fn accept(&mut self, request: &NewOrder, list: u64, role: OrderRole) -> u64 {
        self.remember_client_order(request.account, request.client_order);
        self.orders_accepted += 1;
        let id = self.orders_accepted;
        let instrument = request.instrument.0 as usize;
        let delay = if flies(role) {
            self.sample(instrument, id).order_ns.into()
        } else {
            0
        };
        let arrives = self.ts.0.saturating_add(delay);
        let held = is_exit(role) || role == OrderRole::OtoChild;
        self.push(EventKind::OrderAccepted {
            order: OrderId(id),
            request: *request,
            list: OrderId(list),
            role,
            arrives: TimestampNs(arrives),
        });
        let grid = &self.markets[instrument].instrument;
        let ticks = |price: Price| price.0 / grid.tick_size.0;
        let (limit, trigger) = prices(request.kind);
        let order = Order {
            id,
            request: *request,
            account: request.account.0 as usize,
            instrument,
            side: request.side,
            leg: request.leg,
            qty: if is_exit(role) {
                0
            } else {
                request.qty.0 / grid.lot_size.0
            },
            filled: 0,
            limit: limit.map(ticks),
            trigger: trigger.map(ticks),
            triggered: false,
            reached: None,
            stage: if held {
                Stage::Held
            } else if delay > 0 {
                Stage::InFlight(arrives)
            } else {
                Stage::Entering
            },
            displayed: 0,
            rank: 0,
            queue: None,
            list,
            role,
            earned: Money::ZERO,
            cause: FillCause::Order,
            opened: false,
        };
        self.orders.insert(id, order);
        self.record_order(request.account.0 as usize);
        id
    }

    fn enter_unless_flying(&mut self, id: u64) {
        let stage = self.orders.get(&id).map(|order| order.stage);
        if stage == Some(Stage::Entering) {
            self.enter(id);
        }
    }

    /// An order that was on its way reaches the market.
    pub(super) fn arrive(&mut self, id: u64) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        order.stage = Stage::Entering;
        let market = &self.markets[order.instrument];
        let is_known = market.touch.is_some() && !market.stale;
        if is_taken(&order.request, market.status) && is_known {
            self.enter(id);
        } else {
            self.end(id, CancelReason::MarketNotOpen);
        }
    }

    /// Puts an order on the market: into its auction, to wait for its trigger, or to trade.
    pub(super) fn enter(&mut self, id: u64) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        let market = &self.markets[order.instrument];
        if order.is_for_auction() {
            order.stage = Stage::Auction;
        } else if order.awaits_trigger() {
            order.stage = Stage::Waiting;
            if order.trigger.is_none() {
                order.trigger = market.first_trigger(order.request.kind, order.side);
            } else {
                let order = order.clone();
                if let Some(reference) = self.due_trigger(&order) {
                    self.trigger(id, reference);
                }
            }
        } else {
            self.enter_market(id);
        }
    }

    /// An order's trigger was reached.
    pub(super) fn trigger(&mut self, id: u64, price: i64) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        order.triggered = true;
        self.push_triggered(id, price);
        self.enter_market(id);
    }

    pub(super) fn push_triggered(&mut self, id: u64, price: i64) {
        let Some(order) = self.orders.get(&id) else {
            return;
        };
        let grid = &self.markets[order.instrument].instrument;
        let price = grid.price(Ticks(price));
        let account = AccountId(order.account as u32);
        self.push(EventKind::OrderTriggered {
            account,
            order: OrderId(id),
            price,
        });
    }

    /// A market or limit order takes what is there; then it rests or ends.
    pub(super) fn enter_market(&mut self, id: u64) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        order.stage = Stage::Entering;
        let order = order.clone();
        let market = &self.markets[order.instrument];
        let best = self.opposite_within(order.instrument, order.side, order.limit);
        if order.request.post_only && best.is_some() {
            return self.end(id, CancelReason::WouldTake);
        }
        if market.takes() {
            match market.touch.filter(|_| market.paper().is_some()) {
                Some(touch) => self.take_paper(id, &touch),
                None => self.match_order(id),
            }
        }
        let Some(order) = self.orders.get(&id) else {
            return;
        };
        if order.stage != Stage::Entering {
            return;
        }
        match order.request.tif {
            TimeInForce::FillOrKill => self.end(id, CancelReason::NotFillable),
            TimeInForce::ImmediateOrCancel => self.end(id, CancelReason::NotMarketable),
            _ if order.is_market_like() => self.end_unfilled(id, CancelReason::NotMarketable),
            _ => self.rest(id),
        }
    }

    /// A limit order stands at the back of its price, or ends where that has no level and the book no room for
    /// one. A stop of a bracket or a cover order always stands.
    pub(super) fn rest(&mut self, id: u64) {
        let Some(mut order) = self.orders.get(&id).cloned() else {
            return;
        };
        let price = order.limit.unwrap_or_default();
        if !order.goes_on()
            && let Err(DenyReason::LevelsMax { max }) =
                self.check_level(order.instrument, order.side, price)
        {
            let limit = LimitName::BookLevels;
            return self.end(id, CancelReason::NoRoom { limit, max });
        }
        let market = &self.markets[order.instrument];
        self.rank += 1;
        order.stage = Stage::Resting;
        order.rank = self.rank;
        order.queue = self.join_queue(&order);
        if market.paper().is_none() {
            order.displayed = order.display(market.instrument.lot_size.0);
        }
        let instrument = order.instrument;
        self.orders.insert(id, order);
        self.refresh_touch(instrument);
    }

    /// Takes a resting order off the market, to enter again.
    pub(super) fn take_out(&mut self, id: u64, stage: Stage) {
        if let Some(order) = self.orders.get_mut(&id) {
            order.stage = stage;
            order.reached = None;
            order.displayed = 0;
            order.queue = None;
            let instrument = order.instrument;
            self.refresh_touch(instrument);
        }
    }

    /// Ends an order with what the market did not give; the stop of a bracket or a cover order waits at its trigger while
    /// there is something to close, that of a cover order also where there may be.
    pub(super) fn end_unfilled(&mut self, id: u64, reason: CancelReason) {
        let Some(order) = self.orders.get(&id).cloned() else {
            return;
        };
        let may_come = order.role == OrderRole::CoverStop && self.may_grow(&order);
        if !order.goes_on() || (self.allowed(&order) == 0 && !may_come) {
            return self.end(id, reason);
        }
        if let Some(order) = self.orders.get_mut(&id) {
            order.triggered = false;
        }
        self.take_out(id, Stage::Waiting);
        self.push_amended(id);
    }

    /// Ends a working order, with what follows for its list and its algo.
    pub(super) fn end(&mut self, id: u64, reason: CancelReason) {
        let Some(order) = self.orders.remove(&id) else {
            return;
        };
        let grid = &self.markets[order.instrument].instrument;
        let leaves = grid.qty(Lots(order.leaves()));
        self.push(EventKind::OrderCancelled {
            account: AccountId(order.account as u32),
            order: OrderId(id),
            leaves,
            reason,
        });
        self.refresh_touch(order.instrument);
        self.after_end(&order, reason);
    }

    /// Ends the working orders of an account that `which` picks, ascending.
    pub(super) fn end_orders(
        &mut self,
        account: usize,
        reason: CancelReason,
        which: impl Fn(&Self, &Order) -> bool,
    ) {
        for id in self.orders_where(|order| order.account == account) {
            let order = self.orders.get(&id);
            if order.is_some_and(|order| which(self, order)) {
                self.end(id, reason);
            }
        }
    }
}

/// The part of an order of a list, by its place.
pub(super) const fn role(kind: ListKind, index: usize) -> OrderRole {
    match (kind, index) {
        (ListKind::Oco, _) => OrderRole::Oco,
        (ListKind::Oto, 0) => OrderRole::OtoParent,
        (ListKind::Oto, _) => OrderRole::OtoChild,
        (ListKind::Bracket | ListKind::Cover, 0) => OrderRole::Entry,
        (ListKind::Bracket, 1) => OrderRole::TakeProfit,
        (ListKind::Bracket, _) => OrderRole::StopLoss,
        (ListKind::Cover, _) => OrderRole::CoverStop,
    }
}

/// Whether an order of this part travels to the market when it is accepted.
pub(super) const fn flies(role: OrderRole) -> bool {
    !is_exit(role) && !matches!(role, OrderRole::OtoChild | OrderRole::Slice)
}

/// Whether a market of this status takes an order at all.
pub(super) fn is_taken(request: &NewOrder, status: InstrumentStatus) -> bool {
    let is_for_auction = matches!(request.tif, TimeInForce::AtOpen | TimeInForce::AtClose);
    let is_immediate = matches!(
        request.tif,
        TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill
    ) || (request.kind == OrderKind::Market && !is_for_auction);
    match status {
        InstrumentStatus::Open => true,
        InstrumentStatus::Halted => false,
        InstrumentStatus::Closed => request.tif == TimeInForce::AtOpen,
        InstrumentStatus::PreOpen | InstrumentStatus::PreClose => !is_immediate,
    }
}

/// Limit price and trigger of a kind.
pub(super) const fn prices(kind: OrderKind) -> (Option<Price>, Option<Price>) {
    match kind {
        OrderKind::Market | OrderKind::TrailingStop { .. } => (None, None),
        OrderKind::Limit { price } => (Some(price), None),
        OrderKind::Stop { trigger, .. } | OrderKind::MarketIfTouched { trigger, .. } => {
            (None, Some(trigger))
        }
        OrderKind::StopLimit { trigger, price, .. } => (Some(price), Some(trigger)),
    }
}

/// The distance of a trailing stop.
pub(super) const fn trail(kind: OrderKind) -> Option<Trail> {
    match kind {
        OrderKind::TrailingStop { trail, .. } => Some(trail),
        _ => None,
    }
}
