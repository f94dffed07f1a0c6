//! Orders at the door: rate, checks, acceptance, and the way to the market.

use std::hint::select_unpredictable;

use types::{
    AccountId, DenyReason, EventKind, Funding, Latency, LatencySample, Lots, NewOrder, OrderId,
    OrderKind, OrderRole, Ticks, TimeInForce, TimestampNs,
};

use super::check::{Checked, Earlier, Part, Plain};
use super::{Shard, UsedClientOrder};
use crate::account::Account;
use crate::agenda::{Due, DueKind};
use crate::book::{NIL as NO_ORDER, Node};
use crate::derived::Derived;
use crate::event_buf::EventBuf;
use crate::holding::Holding;
use crate::order::{Extra, Flags, Form, Order, Stage, Tif, is_exit};
use crate::orders::Orders;
use crate::slab::NIL;
use crate::table::mix;

/// Where an order belongs: alone, to a list, or to an algo.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership {
    /// First order of the list, or the algo; 0 for none.
    pub(super) list: OrderId,
    /// Orders of the list.
    pub(super) list_len: u32,
    pub(super) role: OrderRole,
}

impl Membership {
    pub(super) const ALONE: Self = Self {
        list: OrderId(0),
        list_len: 0,
        role: OrderRole::Alone,
    };
}

/// What an accepted order starts with beside what was asked for.
#[derive(Debug, Clone, Copy)]
struct Start {
    id: OrderId,
    lots: Lots,
    limit: Ticks,
    /// Limit price, else trigger; 0 where it states none.
    price: Ticks,
    holding: u32,
    /// Handle of its [`Extra`], or `NIL`.
    extra: u32,
    stage: Stage,
    /// What the book is about to show of it.
    shown: Lots,
    form: Form,
    flags: Flags,
    membership: Membership,
    arrives: TimestampNs,
}

/// What an accepted order has its place in. Each is looked up once, for it is written behind writes to another.
struct Parts<'a> {
    account: &'a mut Account,
    held: &'a mut Holding,
    orders: &'a mut Orders,
}

impl Parts<'_> {
    #[inline(always)]
    fn start(self, request: &NewOrder, start: &Start, events: &mut EventBuf) -> u32 {
        let Self {
            account,
            held,
            orders,
        } = self;
        let role = start.membership.role;
        let previous = account.orders.last;
        let order = Order {
            client: request.client_order,
            qty: start.lots,
            filled: Lots(0),
            limit: start.limit,
            // At the end of its account's list.
            previous,
            next: NO_ORDER,
            holding: start.holding,
            extra: start.extra,
            side: request.side,
            form: start.form,
            stage: start.stage,
            role,
            self_trade: request.self_trade,
            tif: Tif::of(request.tif),
            flags: start.flags,
        };
        let node = Node::new(start.id, request.account, start.shown, 0);
        let handle = orders.insert(node, order);
        account.orders.last = handle;
        account.orders_len += 1;
        let first = account.orders.first;
        account.orders.first = select_unpredictable(previous == NO_ORDER, handle, first);
        // Place 0 is nobody's and takes what has no neighbour to go to.
        orders.get_mut(previous).next = handle;
        held.note_price(start.price);
        held.orders += 1;
        if !start.flags.is_closing() {
            held.add_working(request.side, start.lots);
        }
        events.push(EventKind::OrderAccepted {
            order: start.id,
            request: *request,
            list: start.membership.list,
            role,
            arrives: start.arrives,
        });
        handle
    }
}

impl Shard {
    #[inline(never)]
    pub(super) fn submit_order(&mut self, request: &NewOrder, events: &mut EventBuf) {
        let sender = self
            .check_known(request)
            .and_then(|()| self.count_rate(request.account, 1));
        if sender.is_ok()
            && let Some(plain) = self.check_plain(request)
        {
            self.submit_plain(request, plain, events);
        } else {
            self.submit_checked(request, sender, events);
        }
    }

    /// Accepts an order that [`Shard::check_plain`] let pass and lets it enter. Such an order has no
    /// delay, no extra and nothing to wait for, so where it meets nobody it comes into being at rest.
    #[inline(always)]
    fn submit_plain(&mut self, request: &NewOrder, plain: Plain, events: &mut EventBuf) {
        let Plain { lots, limit, .. } = plain;
        match plain.holding {
            Some(holding) => self.place(request, lots, limit, holding, events),
            None => self.place_first(request, lots, limit, events),
        }
    }

    /// As [`Shard::place`], of an account's first order for an instrument.
    #[inline(never)]
    fn place_first(&mut self, request: &NewOrder, lots: Lots, limit: Ticks, events: &mut EventBuf) {
        let holding = self.holding_handle(request.account, request.instrument, request.leg);
        self.place(request, lots, limit, holding, events);
    }

    /// Apart from the checks before it, so that neither has the figures of the other at hand.
    #[inline(never)]
    fn place(
        &mut self,
        request: &NewOrder,
        lots: Lots,
        limit: Ticks,
        holding: u32,
        events: &mut EventBuf,
    ) {
        let (instrument, side) = (request.instrument, request.side);
        let flags = Flags::of_plain(request);
        debug_assert_eq!(flags, Flags::of(request, true, false));
        let id = self.next_order_id();
        let market = &mut self.markets[instrument.0 as usize];
        let stays =
            request.tif != TimeInForce::ImmediateOrCancel && market.meets_nobody(side, limit);
        let start = Start {
            id,
            lots,
            limit,
            price: limit,
            holding,
            extra: NIL,
            stage: if stays {
                Stage::Resting
            } else {
                Stage::Entering
            },
            shown: if stays { lots } else { Lots(0) },
            form: Form::Limit,
            flags,
            membership: Membership::ALONE,
            arrives: self.ts,
        };
        let parts = Parts {
            account: &mut self.accounts[request.account.0 as usize],
            held: self.holdings.get_mut(holding),
            orders: &mut self.orders,
        };
        let handle = parts.start(request, &start, events);
        if !stays {
            self.remember_client_order(request.account, request.client_order.0);
            return self.take(handle, instrument, events);
        }
        market
            .book
            .insert(&mut self.orders.nodes, handle, side, limit);
        let is_crossed = market.is_crossed();
        let is_best = market.book.best(side) == Some(limit);
        self.note_level(instrument, side, limit);
        self.remember_client_order(request.account, request.client_order.0);
        self.show_queued(handle, instrument, is_crossed, is_best);
    }

    /// An order of any kind, whose sender was checked and counted.
    #[inline(never)]
    fn submit_checked(
        &mut self,
        request: &NewOrder,
        sender: Result<(), DenyReason>,
        events: &mut EventBuf,
    ) {
        match sender.and_then(|()| self.check_order(request, Part::Whole, Earlier::default())) {
            Ok(checked) => {
                self.remember_client_order(request.account, request.client_order.0);
                let handle = self.accept(request, &checked, Membership::ALONE, events);
                self.send(handle, events);
            }
            Err(reason) => events.push(EventKind::OrderDenied {
                request: *request,
                reason,
            }),
        }
    }

    /// Counts orders of an account that trades against its rate.
    #[inline(always)]
    pub(super) fn count_rate(&mut self, id: AccountId, orders: u32) -> Result<(), DenyReason> {
        let account = &mut self.accounts[id.0 as usize];
        account.check_trading()?;
        let max = self.limits.account_orders_per_second_max;
        if max == 0 {
            return Ok(());
        }
        let second = self.ts.0 / 1_000_000_000;
        if account.rate.second != second {
            account.rate.second = second;
            account.rate.count = 0;
        }
        let count = account.rate.count.saturating_add(orders);
        if count > max {
            return Err(DenyReason::OrderRate { max });
        }
        account.rate.count = count;
        Ok(())
    }

    /// Remembers the newest ids up to the limit; the oldest is forgotten first.
    #[inline(always)]
    pub(super) fn remember_client_order(&mut self, account: AccountId, client: u128) {
        if client != 0 && self.limits.client_orders_max != 0 {
            self.remember_used(account, client);
        }
    }

    #[inline(never)]
    fn remember_used(&mut self, account: AccountId, client: u128) {
        let used = UsedClientOrder {
            account,
            client: types::ClientOrderId(client),
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
        self.client_orders.insert((account.0, client), index);
        self.used_client_orders_next = (index + 1) % self.limits.client_orders_max;
    }

    /// The next order id.
    #[inline]
    pub(super) fn next_order_id(&mut self) -> OrderId {
        self.last_order = OrderId(self.last_order.0 + 1);
        self.last_order
    }

    /// Makes a working order of a checked request; it is at the market's door, on its way or held.
    pub(super) fn accept(
        &mut self,
        request: &NewOrder,
        checked: &Checked,
        membership: Membership,
        events: &mut EventBuf,
    ) -> u32 {
        let id = self.next_order_id();
        let role = membership.role;
        let latency = self.latency(request.instrument, id);
        let is_held = role == OrderRole::OtoChild || is_exit(role);
        // What waits does not fly, and what the engine itself sends is at the market already.
        let arrives = if is_held || role == OrderRole::Slice {
            self.ts
        } else {
            TimestampNs(self.ts.0.saturating_add(latency.order_ns.into()))
        };
        let stage = match () {
            () if is_held => Stage::Held,
            () if arrives > self.ts => Stage::InFlight,
            () => Stage::Entering,
        };
        // An exit is as large as its entry has filled.
        let is_exit = is_held && role != OrderRole::OtoChild;
        let terms = &self.accounts[request.account.0 as usize].terms;
        let may_short = self.markets[request.instrument.0 as usize].allows_shorts(terms);
        let pays = terms.funding == Funding::Cash;
        let start = Start {
            id,
            lots: if is_exit { Lots(0) } else { checked.lots },
            limit: checked.limit,
            price: if Form::of(request.kind).has_limit() {
                checked.limit
            } else {
                checked.trigger
            },
            extra: self.make_extra(id, request, checked, membership, latency.ack_ns),
            holding: self.holding_handle(request.account, request.instrument, request.leg),
            stage,
            shown: Lots(0),
            form: Form::of(request.kind),
            flags: Flags::of(request, may_short, pays),
            membership,
            arrives,
        };
        let handle = self.start(request, &start, events);
        if stage == Stage::InFlight {
            self.schedule_flight(handle, arrives);
        } else {
            self.schedule_expiry(handle);
        }
        handle
    }

    /// Gives an accepted order its place among the orders, its holding's and its account's.
    fn start(&mut self, request: &NewOrder, start: &Start, events: &mut EventBuf) -> u32 {
        let parts = Parts {
            account: &mut self.accounts[request.account.0 as usize],
            held: self.holdings.get_mut(start.holding),
            orders: &mut self.orders,
        };
        if parts.account.has_conduct {
            parts.account.rules.record_order();
        }
        parts.start(request, start, events)
    }

    /// What the order has that most have not; `NIL` when that is nothing.
    fn make_extra(
        &mut self,
        id: OrderId,
        request: &NewOrder,
        checked: &Checked,
        membership: Membership,
        ack_ns: u32,
    ) -> u32 {
        let market = &self.markets[request.instrument.0 as usize];
        let has_queue = market
            .paper()
            .is_some_and(|model| matches!(model.fill, types::FillRule::Queue(_)));
        let is_plain = matches!(request.kind, OrderKind::Market | OrderKind::Limit { .. })
            && !matches!(request.tif, TimeInForce::GoodTillDate { .. })
            && checked.display.0 == 0
            && membership.list.0 == 0
            && market.instrument.fees.minimum.0 == 0
            && ack_ns == 0
            && !has_queue
            && market
                .paper()
                .is_none_or(|model| model.latency == Latency::None);
        if is_plain {
            return NIL;
        }
        let mut extra = Extra::new(id, Form::of(request.kind));
        extra.display = checked.display;
        extra.trigger = checked.trigger;
        extra.list = membership.list;
        extra.list_len = membership.list_len;
        if membership.role == OrderRole::OtoParent {
            extra.sent = checked.lots;
        }
        extra.ack_ns = ack_ns;
        if let TimeInForce::GoodTillDate { until } = request.tif {
            extra.until = until;
        }
        match request.kind {
            OrderKind::Market | OrderKind::Limit { .. } => {}
            OrderKind::Stop { on, .. }
            | OrderKind::StopLimit { on, .. }
            | OrderKind::MarketIfTouched { on, .. } => {
                extra.has_trigger = true;
                extra.on = on;
            }
            OrderKind::TrailingStop { trail, on } => {
                extra.trail = Some(trail);
                extra.on = on;
            }
        }
        self.orders.extras.insert(extra)
    }

    /// The delays of an order of this id.
    #[inline(never)]
    pub(super) fn latency(&self, instrument: types::InstrumentId, id: OrderId) -> LatencySample {
        let market = &self.markets[instrument.0 as usize];
        match market.paper().map(|model| model.latency) {
            None | Some(Latency::None) => LatencySample::default(),
            Some(Latency::Constant(sample)) => sample,
            Some(Latency::Recorded(latency)) => {
                let samples = &self.latencies[latency.0 as usize];
                samples[(mix(id.0) % samples.len() as u64) as usize]
            }
        }
    }

    fn schedule_flight(&mut self, handle: u32, arrives: TimestampNs) {
        let order = self.orders.id(handle);
        let is_dated = self.orders.get(handle).tif == Tif::GoodTillDate;
        let Some(extra) = self.orders.extra_mut(handle) else {
            return;
        };
        // It ends on its way when its time is over before it arrives.
        let (at, kind) = if is_dated && extra.until < arrives {
            (extra.until, DueKind::Expiry)
        } else {
            (arrives, DueKind::Arrival)
        };
        let due = Due {
            at,
            order,
            kind,
            sent: self.seq,
            change: 0,
        };
        let timed = self.agenda.insert(due);
        if let Some(extra) = self.orders.extra_mut(handle) {
            extra.timed = Derived(timed);
        }
    }

    /// An order with a deadline is on the agenda.
    pub(super) fn schedule_expiry(&mut self, handle: u32) {
        if self.orders.get(handle).tif != Tif::GoodTillDate {
            return;
        }
        let order = self.orders.id(handle);
        if let Some(extra) = self.orders.extra_mut(handle) {
            let due = Due {
                at: extra.until,
                order,
                kind: DueKind::Expiry,
                sent: self.seq,
                change: 0,
            };
            extra.timed = Derived(self.agenda.insert(due));
        }
    }

    /// An accepted order that is at the market's door enters.
    pub(super) fn send(&mut self, handle: u32, events: &mut EventBuf) {
        if self.orders.get(handle).stage == Stage::Entering {
            self.enter(handle, events);
        }
    }
}
