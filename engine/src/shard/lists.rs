//! Orders that depend on each other: what is a list, and what the fill or the end of one order does to
//! the others. The ids of a list follow each other, so that its members need no links.

use types::{
    CancelReason, DataFault, DenyReason, EventKind, InputRejection, LimitName, ListFault,
    ListField, ListKind, Lots, NewOrder, OrderId, OrderKind, OrderList, OrderRole, Price,
    TimeInForce,
};

use super::Shard;
use super::cascade::Activation;
use super::check::{Checked, Earlier, Part};
use super::registry::reject;
use super::submit::Membership;
use crate::derived::DerivedSeq;
use crate::event_buf::EventBuf;
use crate::order::{Extra, Order, Stage, is_closing, is_exit};

impl Shard {
    pub(super) fn submit_list(&mut self, list: &OrderList, events: &mut EventBuf) {
        if list.orders.is_empty() {
            return reject(events, InputRejection::BadData(DataFault::NoOrders));
        }
        if let Err((index, reason)) = self.check_list(list) {
            let request = asked(list, index);
            events.push(EventKind::OrderDenied { request, reason });
            return;
        }
        let first = OrderId(self.last_order.0 + 1);
        for index in 0..list.orders.len() {
            let request = asked(list, index);
            self.remember_client_order(request.account, request.client_order.0);
            let membership = Membership {
                list: first,
                list_len: list.orders.len() as u32,
                role: role(list.kind, index),
            };
            // It passed a moment ago, and nothing but orders of this list came in between.
            let checked = self.grid(&request);
            self.accept(&request, &checked, membership, events);
        }
        // The members that wait are held; what a first fill cancels does not enter.
        for id in (first.0..).take(list.orders.len()) {
            if let Some(handle) = self.orders.find(OrderId(id)) {
                self.send(handle, events);
            }
        }
    }

    /// The first member that is refused, by its place, and why.
    fn check_list(&mut self, list: &OrderList) -> Result<(), (usize, DenyReason)> {
        let first = list.orders[0];
        let max = self.limits.list_orders_max;
        self.check_known(&first).map_err(|reason| (0, reason))?;
        if list.orders.len() > max as usize {
            let limit = LimitName::ListOrders;
            let has = list.orders.len() as u32;
            return Err((0, DenyReason::ChildrenMax { limit, has, max }));
        }
        check_form(list, &first, max).map_err(|fault| (0, DenyReason::BadList(fault)))?;
        self.count_rate(first.account, list.orders.len() as u32)
            .map_err(|reason| (0, reason))?;
        let mut earlier = Earlier::default();
        for index in 0..list.orders.len() {
            let request = asked(list, index);
            if list.kind == ListKind::Oto {
                earlier.paid = &list.orders[..index];
            }
            let part = match role(list.kind, index) {
                OrderRole::TakeProfit | OrderRole::StopLoss | OrderRole::CoverStop => Part::Exit,
                OrderRole::OtoChild => Part::Child,
                _ => Part::Member,
            };
            let client = request.client_order;
            let mut before = list.orders[..index].iter();
            let is_repeated = client.0 != 0 && before.any(|order| order.client_order == client);
            let checked = if is_repeated {
                Err(DenyReason::DuplicateClientOrder)
            } else {
                self.check_order(&request, part, earlier)
            };
            let checked = checked.map_err(|reason| (index, reason))?;
            earlier = earlier.and(&request, checked.lots);
        }
        Ok(())
    }

    /// The figures of a checked request in the grid of its instrument.
    pub(super) fn grid(&self, request: &NewOrder) -> Checked {
        let instrument = &self.markets[request.instrument.0 as usize].instrument;
        let ticks = |price: Price| types::Ticks(price.0 / instrument.tick_size.0);
        let none = types::Ticks(0);
        let (limit, trigger) = match request.kind {
            OrderKind::Market | OrderKind::TrailingStop { .. } => (none, none),
            OrderKind::Limit { price } => (ticks(price), none),
            OrderKind::Stop { trigger, .. } | OrderKind::MarketIfTouched { trigger, .. } => {
                (none, ticks(trigger))
            }
            OrderKind::StopLimit { trigger, price, .. } => (ticks(price), ticks(trigger)),
        };
        Checked {
            lots: Lots(request.qty.0 / instrument.lot_size.0),
            limit,
            trigger,
            display: Lots(request.display.0 / instrument.lot_size.0),
        }
    }

    /// What a fill sets off beyond itself. An order without leaves is over.
    #[inline(always)]
    pub(super) fn after_fill(&mut self, handle: u32, lots: Lots, events: &mut EventBuf) {
        let order = self.orders.get(handle);
        if order.role != OrderRole::Alone {
            let order = *order;
            self.after_member_fill(handle, &order, lots, events);
        } else if order.leaves().0 == 0 {
            self.end_order(handle, None, events);
        }
    }

    fn after_member_fill(&mut self, handle: u32, order: &Order, lots: Lots, events: &mut EventBuf) {
        let Some(extra) = self.orders.extra(handle).copied() else {
            return;
        };
        let id = self.orders.id(handle);
        match order.role {
            OrderRole::Oco => self.end_siblings(id, &extra, CancelReason::Sibling, events),
            OrderRole::Entry => {
                if self
                    .market_of(self.holdings.get(order.holding))
                    .is_crossed()
                    && let Some(extra) = self.orders.extra_mut(handle)
                {
                    extra.entered = DerivedSeq(self.seq);
                }
                let at = self.place_on_leg();
                for exit in members_after_first(&extra) {
                    let activation = Activation {
                        order: exit,
                        lots,
                        at,
                    };
                    self.pending.activations.push_back(activation);
                }
            }
            OrderRole::TakeProfit | OrderRole::StopLoss | OrderRole::CoverStop => {
                if self.has_just_entered(extra.list) {
                    self.pending.left.push_back(extra.list);
                }
                self.shrink_other_exit(id, &extra, lots, events);
            }
            OrderRole::Slice => {
                if let Ok(index) = self.algos.binary_search_by_key(&extra.list, |algo| algo.id) {
                    let filled = &mut self.algos[index].filled;
                    *filled = filled.saturating_add(lots);
                }
            }
            OrderRole::Alone | OrderRole::OtoParent | OrderRole::OtoChild => {}
        }
        if order.leaves().0 != 0 {
            if order.role == OrderRole::Slice {
                self.end_filled_algo(extra.list, events);
            }
            return;
        }
        if is_exit(order.role) && self.may_grow(handle) {
            self.hold_again(handle);
        } else {
            self.end_order(handle, None, events);
        }
    }

    /// Whether more of an exit is on its way to the market.
    pub(super) fn is_coming(&self, exit: OrderId) -> bool {
        let mut activations = self.pending.activations.iter();
        activations.any(|activation| activation.order == exit)
    }

    /// Whether an entry that still works traded in a book within this input.
    fn has_just_entered(&self, entry: OrderId) -> bool {
        let entry = self.orders.find(entry);
        let extra = entry.and_then(|handle| self.orders.extra(handle));
        extra.is_some_and(|extra| extra.entered == DerivedSeq(self.seq))
    }

    /// Who enters and leaves within one input enters no further: what works of the entry ends, before the exits are sent
    /// what it traded. Without that an exit that trades with its own entry, or two such pairs with each other, would be
    /// sent again for each lot of an entry, and one order would not end.
    pub(super) fn leave_entry(&mut self, entry: OrderId, events: &mut EventBuf) {
        if let Some(handle) = self.orders.find(entry) {
            self.end_order(handle, Some(CancelReason::Sibling), events);
        }
    }

    /// An exit that is used up waits for more; it is what it was asked as again.
    fn hold_again(&mut self, handle: u32) {
        let was_resting = self.orders.get(handle).stage == Stage::Resting;
        let id = self.orders.id(handle);
        self.withdraw(handle);
        self.pending.reached.retain(|(_, order)| order.id != id);
        let asked = self.orders.extra(handle).map(|extra| extra.asked);
        let order = self.orders.get_mut(handle);
        order.stage = Stage::Held;
        order.form = asked.unwrap_or(order.form);
        if was_resting {
            self.refresh_touch(self.instrument_of(handle));
        }
    }

    fn end_siblings(
        &mut self,
        id: OrderId,
        extra: &Extra,
        reason: CancelReason,
        events: &mut EventBuf,
    ) {
        for sibling in members(extra) {
            // One that the same trade has filled ends by itself.
            if sibling != id
                && let Some(handle) = self.orders.find(sibling)
                && self.orders.get(handle).leaves().0 != 0
            {
                self.end_order(handle, Some(reason), events);
            }
        }
    }

    /// A fill of one exit makes the other smaller by as much.
    fn shrink_other_exit(&mut self, id: OrderId, extra: &Extra, lots: Lots, events: &mut EventBuf) {
        for exit in members_after_first(extra) {
            let Some(handle) = self.orders.find(exit).filter(|_| exit != id) else {
                continue;
            };
            let is_coming = self.is_coming(exit);
            let may_come = is_coming || self.orders.find(extra.list).is_some();
            let order = self.orders.get(handle);
            if !may_come && order.leaves().0 <= lots.0 {
                self.end_order(handle, Some(CancelReason::Sibling), events);
                continue;
            }
            // What is on its way may be needed to cover what the other exit has closed already.
            let cut = if is_coming {
                lots
            } else {
                Lots(lots.0.min(order.leaves().0))
            };
            self.cut(handle, cut);
            if self.orders.get(handle).leaves().0 > 0 {
                self.push_amended(handle, events);
            } else {
                self.hold_again(handle);
            }
        }
    }

    /// Makes the total quantity of a working order smaller; it keeps its place. Hidden quantity goes
    /// before what is displayed.
    pub(super) fn cut(&mut self, handle: u32, lots: Lots) {
        let order = self.orders.get_mut(handle);
        order.qty.0 -= lots.0;
        let order = *order;
        let holding = self.holdings.get_mut(order.holding);
        let instrument = holding.instrument;
        if !order.flags.is_closing() {
            let sum = holding.working_mut(order.side);
            sum.0 = sum.0.saturating_sub(lots.0);
        }
        let displayed = self.orders.nodes.get(handle).lots.0;
        let shown = displayed.min(order.leaves().0.max(0));
        if order.stage == Stage::Resting && shown < displayed {
            let market = &mut self.markets[instrument.0 as usize];
            let less = Lots(displayed - shown);
            let ladder = market.book.ladder_mut(order.side);
            ladder.reduce(&mut self.orders.nodes, handle, less);
            self.note_level(instrument, order.side, order.limit);
            self.refresh_touch(instrument);
        }
    }

    /// Says how an order stands.
    pub(super) fn push_amended(&mut self, handle: u32, events: &mut EventBuf) {
        let order = self.orders.get(handle);
        let node = self.orders.nodes.get(handle);
        let market = self.market_of(self.holdings.get(order.holding));
        let instrument = &market.instrument;
        let extra = self.orders.extra(handle);
        let trigger = extra.filter(|extra| extra.has_trigger && order.form.is_triggered());
        events.push(EventKind::OrderAmended {
            account: node.account,
            order: node.id,
            qty: instrument.qty(order.qty),
            price: if order.form.has_limit() {
                instrument.price(order.limit)
            } else {
                Price::ZERO
            },
            trigger: trigger.map_or(Price::ZERO, |extra| instrument.price(extra.trigger)),
        });
    }

    /// What the end of a member, without a reason when it is filled, does to the others.
    pub(super) fn after_end(
        &mut self,
        order: &Order,
        extra: &Extra,
        reason: Option<CancelReason>,
        events: &mut EventBuf,
    ) {
        match order.role {
            OrderRole::OtoParent if reason.is_none_or(CancelReason::is_by_market) => {
                self.release_part(order, extra, events);
            }
            OrderRole::OtoParent => {
                self.end_siblings(extra.list, extra, CancelReason::ParentEnded, events);
            }
            OrderRole::Entry => self.end_unused_exits(extra, events),
            OrderRole::Slice => {
                self.after_slice_end(extra.list, extra.order, events);
            }
            OrderRole::Alone
            | OrderRole::Oco
            | OrderRole::OtoChild
            | OrderRole::TakeProfit
            | OrderRole::StopLoss
            | OrderRole::CoverStop => {}
        }
    }

    /// The children of a parent go to the market for the part that it filled of what it was sent for, each in its
    /// proportion and none for more than was asked; one of which that leaves nothing ends.
    fn release_part(&mut self, parent: &Order, extra: &Extra, events: &mut EventBuf) {
        for child in members_after_first(extra) {
            let Some(handle) = self.orders.find(child) else {
                continue;
            };
            let asked = self.orders.get(handle).qty;
            let filled = parent.filled.0.min(extra.sent.0);
            let exact = i128::from(asked.0) * i128::from(filled);
            let part = (exact / i128::from(extra.sent.0.max(1))) as i64;
            if part == 0 {
                self.end_order(handle, Some(CancelReason::ParentEnded), events);
                continue;
            }
            self.cut(handle, Lots(asked.0 - part));
            let activation = Activation {
                order: child,
                lots: Lots(0),
                at: self.place_on_leg(),
            };
            self.pending.activations.push_back(activation);
        }
    }

    /// Exits of which nothing was sent, and nothing is coming, end with their entry; the stop of a cover order also
    /// where all that was filled has closed another position.
    fn end_unused_exits(&mut self, extra: &Extra, events: &mut EventBuf) {
        for exit in members_after_first(extra) {
            let Some(handle) = self.orders.find(exit) else {
                continue;
            };
            let order = self.orders.get(handle);
            let is_cover = order.role == OrderRole::CoverStop;
            let is_idle = order.leaves().0 == 0 || (is_cover && !self.closes_something(handle));
            if is_idle && !self.is_coming(exit) {
                self.end_order(handle, Some(CancelReason::ParentEnded), events);
            }
        }
    }
}

/// The orders of a list.
pub(super) fn members(extra: &Extra) -> impl Iterator<Item = OrderId> + use<> {
    (extra.list.0..).take(extra.list_len as usize).map(OrderId)
}

fn members_after_first(extra: &Extra) -> impl Iterator<Item = OrderId> + use<> {
    members(extra).skip(1)
}

/// An order of a list as it is accepted: exits only reduce.
fn asked(list: &OrderList, index: usize) -> NewOrder {
    let mut request = list.orders[index];
    if matches!(list.kind, ListKind::Bracket | ListKind::Cover) && index > 0 {
        request.reduce_only = true;
    }
    request
}

const fn role(kind: ListKind, index: usize) -> OrderRole {
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

/// Whether a list has the orders that its kind asks for: the first thing that is wrong with it. `most`: orders
/// of a list.
fn check_form(list: &OrderList, first: &NewOrder, most: u32) -> Result<(), ListFault> {
    let (least, most) = match list.kind {
        ListKind::Oco | ListKind::Oto => (2, most),
        ListKind::Bracket => (3, 3),
        ListKind::Cover => (2, 2),
    };
    let has = list.orders.len() as u32;
    if has < least || has > most {
        return Err(ListFault::Orders { has, least, most });
    }
    for (place, order) in (0..).zip(&list.orders) {
        if let Some(field) = misfit(first, order, role(list.kind, place as usize)) {
            return Err(ListFault::Order { place, field });
        }
    }
    Ok(())
}

/// The first field of an order that does not go with the first one of its list, or with its own part.
fn misfit(first: &NewOrder, order: &NewOrder, role: OrderRole) -> Option<ListField> {
    if order.account != first.account {
        return Some(ListField::Account);
    }
    if order.instrument != first.instrument {
        return Some(ListField::Instrument);
    }
    let is_kind = match role {
        OrderRole::Oco => order.kind != OrderKind::Market,
        OrderRole::TakeProfit => matches!(order.kind, OrderKind::Limit { .. }),
        OrderRole::StopLoss | OrderRole::CoverStop => is_protective(order.kind),
        _ => true,
    };
    if !is_kind {
        return Some(ListField::Kind);
    }
    let has_tif = match role {
        // What is mandatory does not expire.
        OrderRole::CoverStop => order.tif == TimeInForce::GoodTillCancel,
        OrderRole::Oco | OrderRole::TakeProfit | OrderRole::StopLoss => stays(order.tif),
        _ => true,
    };
    if !has_tif {
        return Some(ListField::TimeInForce);
    }
    if role == OrderRole::Entry && order.reduce_only {
        return Some(ListField::ReduceOnly);
    }
    if role == OrderRole::Entry && is_closing(order) {
        return Some(ListField::Leg);
    }
    if !is_exit(role) {
        return None;
    }
    if order.side != first.side.opposite() {
        return Some(ListField::Side);
    }
    if order.qty != first.qty {
        return Some(ListField::Qty);
    }
    (order.leg != first.leg).then_some(ListField::Leg)
}

/// Whether an order with such a time in force may stay on the market.
const fn stays(tif: TimeInForce) -> bool {
    matches!(
        tif,
        TimeInForce::GoodTillCancel | TimeInForce::Day | TimeInForce::GoodTillDate { .. }
    )
}

const fn is_protective(kind: OrderKind) -> bool {
    matches!(
        kind,
        OrderKind::Stop { .. } | OrderKind::StopLimit { .. } | OrderKind::TrailingStop { .. }
    )
}
