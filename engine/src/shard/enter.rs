//! The way into the market: an order takes, waits for its trigger, joins an auction or rests.

use std::ops::Range;

use types::{
    CancelReason, EventKind, InstrumentId, InstrumentStatus, LimitName, Lots, OrderRole, Side,
    Ticks, TriggerOn,
};

use super::Shard;
use super::cascade::DueOrder;
use super::check::{is_beyond, trailed};
use crate::event_buf::EventBuf;
use crate::market::{Market, TriggerList};
use crate::order::{Form, Stage, Tif, protects};

impl Market {
    /// Whether orders may trade: open, and where there is an outside market, with a good quote.
    #[inline]
    pub(super) fn can_trade(&self) -> bool {
        self.status == InstrumentStatus::Open
            && (self.is_crossed() || (self.touch.is_some() && !self.stale))
    }
}

impl Shard {
    /// An order at the market's door enters.
    pub(super) fn enter(&mut self, handle: u32, events: &mut EventBuf) {
        let order = *self.orders.get(handle);
        let instrument = self.instrument_of(handle);
        let market = &self.markets[instrument.0 as usize];
        if order.tif.is_auction() {
            return self.join_auction(handle, instrument);
        }
        if order.form.is_triggered() {
            return self.wait_or_trigger(handle, instrument, events);
        }
        if order.flags.is_post_only() && market.would_take(order.side, order.limit).is_some() {
            return self.end_order(handle, Some(CancelReason::WouldTake), events);
        }
        if market.can_trade() {
            // Most orders among participants meet nobody.
            let stays = market.is_crossed()
                && order.form == Form::Limit
                && !order.tif.is_immediate()
                && market.meets_nobody(order.side, order.limit);
            return if stays {
                self.rest(handle, instrument, events);
            } else {
                self.take(handle, instrument, events);
            };
        }
        match (order.tif, order.form) {
            (Tif::FillOrKill, _) => self.end_order(handle, Some(CancelReason::NotFillable), events),
            (Tif::ImmediateOrCancel, _) | (_, Form::Market) => {
                self.end_order(handle, Some(CancelReason::NotMarketable), events);
            }
            _ => self.rest(handle, instrument, events),
        }
    }

    /// Takes what the market offers; what is left rests or ends.
    pub(super) fn take(&mut self, handle: u32, instrument: InstrumentId, events: &mut EventBuf) {
        if self.markets[instrument.0 as usize].is_crossed() {
            self.match_order(handle, instrument, events);
        } else {
            self.take_paper(handle, instrument, events);
        }
    }

    /// Puts a limit order on the market. It ends where its book is full meanwhile: a stop-limit, an order of a
    /// list or one for an auction found room when it was accepted, and comes to rest later. A stop of a bracket or a
    /// cover order rests all the same: a position would lose its protection, and accounts bound how many there are.
    pub(super) fn rest(&mut self, handle: u32, instrument: InstrumentId, events: &mut EventBuf) {
        let order = self.orders.get(handle);
        let market = &self.markets[instrument.0 as usize];
        if !protects(order.role) && !self.has_level(market, order.side, order.limit) {
            let limit = LimitName::BookLevels;
            let max = self.limits.book_levels_max;
            return self.end_order(handle, Some(CancelReason::NoRoom { limit, max }), events);
        }
        let display = self.orders.extra(handle).map_or(0, |extra| extra.display.0);
        let order = self.orders.get_mut(handle);
        order.stage = Stage::Resting;
        let (side, limit, leaves) = (order.side, order.limit, order.leaves());
        self.orders.nodes.get_mut(handle).lots = if display > 0 {
            Lots(display.min(leaves.0))
        } else {
            leaves
        };
        self.queue(handle, instrument, side, limit);
    }

    /// Puts an order that is at rest in the queue of its price.
    fn queue(&mut self, handle: u32, instrument: InstrumentId, side: Side, limit: Ticks) {
        let market = &mut self.markets[instrument.0 as usize];
        market
            .book
            .insert(&mut self.orders.nodes, handle, side, limit);
        let is_crossed = market.is_crossed();
        let is_best = market.book.best(side) == Some(limit);
        self.note_level(instrument, side, limit);
        self.show_queued(handle, instrument, is_crossed, is_best);
    }

    /// An order was put in the queue of its price, which is the best of its side or not.
    #[inline(always)]
    pub(super) fn show_queued(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        is_crossed: bool,
        is_best: bool,
    ) {
        if !is_crossed {
            self.start_queue(handle, instrument);
        } else if is_best {
            // Behind the best level nobody sees it.
            self.refresh_touch(instrument);
        }
    }

    /// Waits for an auction, in order of acceptance.
    fn join_auction(&mut self, handle: u32, instrument: InstrumentId) {
        self.orders.get_mut(handle).stage = Stage::Auction;
        let id = self.orders.id(handle);
        let (market, orders) = (&mut self.markets[instrument.0 as usize], &self.orders);
        let place = market
            .auction
            .partition_point(|&waiting| orders.id(waiting) < id);
        market.auction.insert(place, handle);
    }

    /// An order with a trigger fires now or waits.
    pub(super) fn wait_or_trigger(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        events: &mut EventBuf,
    ) {
        let order = *self.orders.get(handle);
        let Some(extra) = self.orders.extra(handle).copied() else {
            return;
        };
        let market = &self.markets[instrument.0 as usize];
        let mut trigger = extra.has_trigger.then_some(extra.trigger);
        if let (Some(trail), None) = (extra.trail, trigger) {
            // The first trigger lies at the trail's distance, so that it cannot be due.
            let reference = market.first_reference(order.side, extra.on);
            trigger = reference
                .map(|reference| trailed(order.side, trail, reference, &market.instrument));
        } else if let Some(trigger) = trigger
            && market.can_trade()
            && let Some(reference) = market.reference(order.side, extra.on)
            && is_reached(order.side, order.form, trigger, reference)
            && self.may_fire(handle, instrument)
        {
            return self.fire(handle, instrument, reference, events);
        }
        self.wait(handle, instrument, trigger);
    }

    /// Lists an order that is in no list among those that wait: at this trigger, or at the one that it has.
    fn wait(&mut self, handle: u32, instrument: InstrumentId, trigger: Option<Ticks>) {
        let Some(extra) = self.orders.extra(handle).copied() else {
            return;
        };
        self.orders.get_mut(handle).stage = Stage::Waiting;
        let market = &mut self.markets[instrument.0 as usize];
        if extra.trail.is_some() {
            let id = self.orders.id(handle);
            let orders = &self.orders;
            let place = market
                .trailing
                .partition_point(|&waiting| orders.id(waiting) < id);
            market.trailing.insert(place, handle);
        }
        if let Some(trigger) = trigger.or(extra.has_trigger.then_some(extra.trigger)) {
            self.set_trigger(handle, instrument, trigger);
        }
    }

    /// Lists a waiting order under its trigger; it is in no list.
    fn set_trigger(&mut self, handle: u32, instrument: InstrumentId, trigger: Ticks) {
        let order = *self.orders.get(handle);
        let Some(extra) = self.orders.extra_mut(handle) else {
            return;
        };
        extra.trigger = trigger;
        extra.has_trigger = true;
        self.holdings.get_mut(order.holding).note_price(trigger);
        let list = TriggerList::of(order.side, extra.on, order.form.is_stop());
        let market = &mut self.markets[instrument.0 as usize];
        market.triggers[list.index()].insert(&mut self.orders.nodes, handle, list.key(trigger));
    }

    /// Whether an order whose trigger is reached fires: the stop of a bracket or a cover order, which goes on until all is
    /// closed, not while it stands by, and without a limit only where somebody is there to trade with.
    fn may_fire(&self, handle: u32, instrument: InstrumentId) -> bool {
        let order = self.orders.get(handle);
        !protects(order.role)
            || (!self.stands_by(handle)
                && (order.form.has_limit() || self.has_offer(handle, instrument)))
    }

    #[cold]
    #[inline(never)]
    fn has_offer(&self, handle: u32, instrument: InstrumentId) -> bool {
        let market = &self.markets[instrument.0 as usize];
        if !market.is_crossed() {
            return self.offers_outside(handle, instrument);
        }
        let side = self.orders.get(handle).side;
        let bound = market.collar_bound(side);
        let best = market.book.best(side.opposite());
        best.is_some_and(|best| bound.is_none_or(|bound| !is_beyond(side, best, bound)))
    }

    /// Ends an order with what the market did not give; the stop of a bracket or a cover order waits for more as long as
    /// there is something to close, that of a cover order also where there may be.
    pub(super) fn end_unfilled(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        reason: CancelReason,
        events: &mut EventBuf,
    ) {
        let role = self.orders.get(handle).role;
        let goes_on = protects(role)
            && (self.allowed(handle) != 0
                || (role == OrderRole::CoverStop && self.may_grow(handle)));
        if !goes_on {
            return self.end_order(handle, Some(reason), events);
        }
        let was_resting = self.orders.get(handle).stage == Stage::Resting;
        if was_resting {
            self.withdraw(handle);
        }
        let asked = self.orders.extra(handle).map(|extra| extra.asked);
        let order = self.orders.get_mut(handle);
        order.form = asked.unwrap_or(order.form);
        self.wait(handle, instrument, None);
        self.push_amended(handle, events);
        if was_resting {
            self.refresh_touch(instrument);
        }
    }

    /// A trigger was reached: the order is a market or a limit order from now on, and takes.
    pub(super) fn fire(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        reference: Ticks,
        events: &mut EventBuf,
    ) {
        self.push_triggered(handle, instrument, reference, events);
        self.take(handle, instrument, events);
    }

    /// Says that a trigger was reached.
    pub(super) fn push_triggered(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        reference: Ticks,
        events: &mut EventBuf,
    ) {
        let node = self.orders.nodes.get(handle);
        events.push(EventKind::OrderTriggered {
            account: node.account,
            order: node.id,
            price: self.markets[instrument.0 as usize]
                .instrument
                .price(reference),
        });
        let order = self.orders.get_mut(handle);
        order.form = order.form.fired();
    }

    /// Runs the orders of an instrument that wait for a price which is there.
    pub(super) fn run_due_orders(&mut self, instrument: InstrumentId, events: &mut EventBuf) {
        let mut due = std::mem::take(&mut self.pending.due);
        if self.markets[instrument.0 as usize].is_crossed() {
            self.run_due_in_book(instrument, &mut due, events);
        } else {
            self.run_due_outside(instrument, &mut due, events);
        }
        self.pending.due = due;
    }

    /// What the outside market made due, once: nothing that fills against it can have moved it.
    fn run_due_outside(
        &mut self,
        instrument: InstrumentId,
        due: &mut Vec<DueOrder>,
        events: &mut EventBuf,
    ) {
        let index = instrument.0 as usize;
        if !self.markets[index].can_trade() {
            return;
        }
        self.open_paper(instrument, events);
        due.clear();
        self.collect_triggers(instrument, 0..TriggerList::COUNT, |order| due.push(order));
        self.collect_limits(instrument, due);
        due.sort_unstable();
        for &DueOrder { id, reference } in &*due {
            // One that ended, or was held again, in the meantime is passed over.
            let Some(handle) = self.orders.find(id) else {
                continue;
            };
            match reference {
                Some(reference) => {
                    if self.orders.get(handle).stage == Stage::Waiting {
                        self.withdraw(handle);
                        self.fire_on_path(handle, instrument, reference, events);
                    }
                }
                None => {
                    if self.orders.get(handle).stage == Stage::Resting {
                        self.fill_resting(handle, instrument, events);
                    }
                }
            }
        }
        self.ratchet_trailing(instrument, false);
    }

    /// What a book made due, batch by batch: what one order reaches has its turn in the next one, also where the
    /// order after it brings the price back.
    fn run_due_in_book(
        &mut self,
        instrument: InstrumentId,
        due: &mut Vec<DueOrder>,
        events: &mut EventBuf,
    ) {
        loop {
            self.look_at_prices(instrument);
            due.clear();
            self.pending.reached.retain(|&(of, order)| {
                let is_other = of != instrument;
                if !is_other {
                    due.push(order);
                }
                is_other
            });
            if due.is_empty() {
                return;
            }
            due.sort_unstable();
            for &DueOrder { id, reference } in &*due {
                // One that ended, or was held again, in the meantime is passed over.
                let Some(handle) = self.orders.find(id) else {
                    continue;
                };
                let order = self.orders.get(handle);
                let is_reached = order.stage == Stage::Entering && order.form.is_triggered();
                let Some(reference) = reference.filter(|_| is_reached) else {
                    continue;
                };
                if self.markets[instrument.0 as usize].can_trade() {
                    self.fire(handle, instrument, reference, events);
                    self.look_at_prices(instrument);
                } else {
                    // The circuit breaker has halted the market meanwhile.
                    self.wait(handle, instrument, None);
                }
            }
        }
    }

    /// A book is looked at between two orders: what its prices reach is due, and then trails follow them.
    fn look_at_prices(&mut self, instrument: InstrumentId) {
        if self.markets[instrument.0 as usize].can_trade() {
            self.reach(instrument, 0..TriggerList::COUNT);
            self.ratchet_trailing(instrument, false);
        }
    }

    /// Something printed in a book. Each print is looked at, as the next one may lie elsewhere.
    #[inline(always)]
    pub(super) fn look_at_print(&mut self, instrument: InstrumentId, price: Ticks) {
        if self.markets[instrument.0 as usize].concerns_triggers(price) {
            self.reach_by_print(instrument);
        }
    }

    #[cold]
    #[inline(never)]
    fn reach_by_print(&mut self, instrument: InstrumentId) {
        if self.markets[instrument.0 as usize].can_trade() {
            self.reach(instrument, TriggerList::ON_LAST);
            self.ratchet_trailing(instrument, true);
            self.note_dirty(instrument);
        }
    }

    /// Takes the orders whose trigger is reached out of these lists, for their turn.
    fn reach(&mut self, instrument: InstrumentId, lists: Range<usize>) {
        let mut reached = std::mem::take(&mut self.pending.reached);
        let before = reached.len();
        self.collect_triggers(instrument, lists, |order| reached.push((instrument, order)));
        for (_, order) in &reached[before..] {
            if let Some(handle) = self.orders.find(order.id) {
                self.withdraw(handle);
            }
        }
        self.pending.reached = reached;
    }

    /// Orders in these lists whose trigger is reached, with the price that reached it. They stay where they are.
    fn collect_triggers(
        &self,
        instrument: InstrumentId,
        lists: Range<usize>,
        mut collect: impl FnMut(DueOrder),
    ) {
        let market = &self.markets[instrument.0 as usize];
        let shown = |side| {
            let touch = market.touch.filter(|touch| touch.qty(side).0 != 0)?;
            Some(touch.price(side))
        };
        let references = [
            shown(types::Side::Buy),
            shown(types::Side::Sell),
            market.last,
        ];
        for index in lists {
            let ladder = &market.triggers[index];
            let (reference, is_above) = (references[index / 2], index % 2 == 1);
            let Some(reference) = reference else { continue };
            let threshold = if is_above {
                reference.0.saturating_neg()
            } else {
                reference.0
            };
            for key in ladder.keys_down_to(threshold) {
                for handle in ladder.iter_queue(&self.orders.nodes, key) {
                    if self.may_fire(handle, instrument) {
                        collect(DueOrder {
                            id: self.orders.id(handle),
                            reference: Some(reference),
                        });
                    }
                }
            }
        }
    }

    /// The triggers of trailing stops, or only of those on the newest print, follow the price; they never go back.
    fn ratchet_trailing(&mut self, instrument: InstrumentId, is_print: bool) {
        let index = instrument.0 as usize;
        if self.markets[index].trailing.is_empty() || !self.markets[index].can_trade() {
            return;
        }
        let trailing = std::mem::take(&mut self.markets[index].trailing);
        for &handle in &trailing {
            let order = *self.orders.get(handle);
            let Some(extra) = self.orders.extra(handle).copied() else {
                continue;
            };
            // While a book is matched its touch is that of before.
            if is_print && extra.on != TriggerOn::Last {
                continue;
            }
            let market = &self.markets[index];
            let (Some(trail), Some(reference)) =
                (extra.trail, market.reference(order.side, extra.on))
            else {
                continue;
            };
            let trigger = trailed(order.side, trail, reference, &market.instrument);
            // Closer to the market: above for a sell, below for a buy.
            if extra.has_trigger && !is_beyond(order.side, extra.trigger, trigger) {
                continue;
            }
            if extra.has_trigger {
                let list = TriggerList::of(order.side, extra.on, true);
                self.markets[index].triggers[list.index()].remove(&mut self.orders.nodes, handle);
            }
            self.set_trigger(handle, instrument, trigger);
        }
        self.markets[index].trailing = trailing;
    }

    /// Whether anything waits for a price of the instrument.
    #[inline(always)]
    pub(super) fn has_waiting(&self, instrument: InstrumentId) -> bool {
        let market = &self.markets[instrument.0 as usize];
        let mut waits = !market.trailing.is_empty();
        // All of them, for that is a few loads, and a loop that may end early is as many branches.
        for ladder in &market.triggers {
            waits |= !ladder.is_empty();
        }
        waits
    }
}

/// Whether a trigger is reached by this price.
pub(super) const fn is_reached(
    side: types::Side,
    form: Form,
    trigger: Ticks,
    reference: Ticks,
) -> bool {
    let list = TriggerList::of(side, TriggerOn::Last, form.is_stop());
    let threshold = list.key(reference);
    list.key(trigger) >= threshold
}
