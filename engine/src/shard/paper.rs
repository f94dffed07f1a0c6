//! Fills against the outside market: taking what it shows, and resting orders that it comes to.

use types::{
    CancelReason, FillCause, FillModel, FillRule, InstrumentId, LimitName, Lots, Side, Sizes,
    Slippage, Ticks,
};

use super::Shard;
use super::cascade::DueOrder;
use super::check::is_beyond;
use super::fills::{ClosingOrder, Execution};
use super::walk::{Stop, Walk, slip_ticks};
use crate::event_buf::EventBuf;
use crate::market::{Market, Touch};
use crate::order::{Form, Order, Stage, Tif, is_exit};

impl Market {
    /// Whether the touch has come to a resting order, where it displays something.
    #[inline(always)]
    pub(super) fn has_reached_orders(&self) -> bool {
        let Some(touch) = &self.touch else {
            return false;
        };
        self.has_reached(touch, Side::Buy) || self.has_reached(touch, Side::Sell)
    }

    #[inline(always)]
    fn has_reached(&self, touch: &Touch, side: Side) -> bool {
        let best = self.book.ladder(side).best();
        let is_reached = |best| self.reach(touch, side).is_some_and(|reach| best >= reach);
        touch.opposite_qty(side).0 != 0 && best.is_some_and(is_reached)
    }

    /// The least key of the orders of a side to which the touch has come; `None` where it is beyond the last price there is.
    #[inline(always)]
    fn reach(&self, touch: &Touch, side: Side) -> Option<i64> {
        let is_through = matches!(self.paper(), Some(model) if model.fill == FillRule::Through);
        let threshold = crate::book::key_of(side, touch.opposite(side));
        threshold.checked_add(is_through.into())
    }

    /// Whether the touch is at a resting order's price by the rule of the model, displayed or not.
    fn comes_to(&self, order: &Order, touch: &Touch) -> bool {
        let opposite = touch.opposite(order.side);
        match self.paper().map(|model| model.fill) {
            Some(FillRule::Through) => is_beyond(order.side, order.limit, opposite),
            _ => !is_beyond(order.side, opposite, order.limit),
        }
    }
}

impl Shard {
    /// What fills along a bar says so.
    fn model(&self, model: FillModel) -> FillModel {
        if self.pending.walked.is_some() {
            FillModel::Bar
        } else {
            model
        }
    }

    /// Takes what the outside market shows; what is left rests or ends.
    pub(super) fn take_paper(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        events: &mut EventBuf,
    ) {
        let market = &self.markets[instrument.0 as usize];
        let order = *self.orders.get(handle);
        let id = self.orders.id(handle);
        let limit = (order.form == Form::Limit).then_some(order.limit);
        let touch = market.touch.filter(|touch| {
            let opposite = touch.opposite(order.side);
            touch.opposite_qty(order.side).0 != 0
                && limit.is_none_or(|limit| !is_beyond(order.side, opposite, limit))
        });
        let Some(touch) = touch else {
            return self.leave_paper(handle, instrument, Stop::Exhausted, events);
        };
        if self.allowed(handle) == 0 {
            return self.end_unfilled(handle, instrument, CancelReason::NotReducing, events);
        }
        if order.tif == Tif::FillOrKill && self.allowed(handle) < order.leaves().0 {
            return self.end_order(handle, Some(CancelReason::NotFillable), events);
        }
        let walk = self.walk(handle, instrument, limit, &touch);
        let stop = match self.sizes(instrument) {
            Sizes::Unlimited => {
                self.take_at_once(handle, &walk, touch.opposite(order.side), events)
            }
            Sizes::Displayed => self.take_displayed(handle, instrument, &walk, &touch, events),
        };
        if !self.is_working(handle, id) || self.orders.get(handle).stage != Stage::Entering {
            return;
        }
        let order = self.orders.get(handle);
        let is_flat = order.flags.is_cut() && self.allowed(handle) == 0;
        if is_flat {
            return self.end_unfilled(handle, instrument, CancelReason::NotReducing, events);
        }
        self.leave_paper(handle, instrument, stop, events);
    }

    fn take_at_once(
        &mut self,
        handle: u32,
        walk: &Walk,
        opposite: Ticks,
        events: &mut EventBuf,
    ) -> Stop {
        let price = walk.price(opposite);
        if let Err(stop) = walk.check_collar(price) {
            return stop;
        }
        let wanted = self.allowed(handle);
        let lots = Lots(self.allowed_at(handle, price));
        let is_unpaid = lots.0 < wanted;
        if is_unpaid && (lots.0 == 0 || self.orders.get(handle).tif == Tif::FillOrKill) {
            return Stop::Unpaid(price);
        }
        let execution = Execution {
            price,
            lots,
            maker: false,
            model: self.model(FillModel::Touch),
        };
        self.fill_order(handle, execution, events);
        self.after_fill(handle, lots, events);
        if is_unpaid {
            Stop::Unpaid(price)
        } else {
            Stop::Exhausted
        }
    }

    fn take_displayed(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        walk: &Walk,
        touch: &Touch,
        events: &mut EventBuf,
    ) -> Stop {
        let order = *self.orders.get(handle);
        let id = self.orders.id(handle);
        if order.tif == Tif::FillOrKill
            && (self.walkable(instrument, walk, touch, order.leaves().0) < order.leaves().0
                || !self.can_pay_whole(handle, instrument))
        {
            return Stop::Exhausted;
        }
        let mut rank = 0;
        let mut left = self.allowed(handle);
        while left > 0 && self.is_working(handle, id) {
            let room = self.has_room_to_consume(instrument);
            let market = &self.markets[instrument.0 as usize];
            let mut stride = match market.stride(walk, touch, &mut rank, left, room) {
                Ok(stride) => stride,
                Err(stop) => return stop,
            };
            let payable = self.allowed_at(handle, stride.price);
            let is_unpaid = payable < stride.lots;
            if payable == 0 {
                return Stop::Unpaid(stride.price);
            }
            stride.lots = stride.lots.min(payable);
            let market = &mut self.markets[instrument.0 as usize];
            market.consume(walk, &stride);
            left -= stride.lots;
            let lots = Lots(stride.lots);
            let execution = Execution {
                price: stride.price,
                lots,
                maker: false,
                model: FillModel::Depth,
            };
            self.fill_order(handle, execution, events);
            self.after_fill(handle, lots, events);
            if is_unpaid {
                return Stop::Unpaid(stride.price);
            }
        }
        Stop::Exhausted
    }

    /// Closes a whole position for the engine: as a market order of its account would, by the instrument's
    /// sizes and slippage, but that nothing stops it. There is no collar, a market that is halted or stale gives
    /// what it showed last, what no place is left for is taken and not remembered, and the last level takes
    /// what the others do not.
    pub(super) fn take_closing(&mut self, holding: u32, cause: FillCause, events: &mut EventBuf) {
        let held = *self.holdings.get(holding);
        let instrument = held.instrument;
        let market = self.market_of(&held);
        let side = if held.lots.0 > 0 {
            Side::Sell
        } else {
            Side::Buy
        };
        let mut closing = ClosingOrder::new(cause, held.lots);
        let best = market.closing(held.lots).unwrap_or(Ticks(0));
        let displayed = market.touch.map(|touch| touch.opposite_qty(side));
        let slippage = market
            .paper()
            .map_or(Slippage::None, |model| model.slippage);
        let is_impact = matches!(slippage, Slippage::Impact { .. });
        let walk = Walk {
            side,
            account: held.account.0,
            limit: is_impact.then(|| market.impact_bound(side, best)),
            collar: None,
            // Beside nothing displayed an impact would have no end: it is that of one multiple.
            slip: slip_ticks(
                slippage,
                best,
                closing.leaves,
                displayed
                    .filter(|lots| lots.0 > 0)
                    .unwrap_or(closing.leaves),
            ),
        };
        let mut execution = Execution {
            price: walk.price(best),
            lots: closing.leaves,
            maker: false,
            model: FillModel::Touch,
        };
        let touch = market
            .touch
            .filter(|_| self.sizes(instrument) == Sizes::Displayed);
        let Some(touch) = touch else {
            return self.fill_liquidation(holding, execution, &mut closing, events);
        };
        execution.model = FillModel::Depth;
        let mut rank = 0;
        while closing.leaves.0 > 0 {
            let has_room = self.has_room_to_consume(instrument);
            let market = &mut self.markets[instrument.0 as usize];
            let stride = market.closing_stride(&walk, &touch, rank, closing.leaves.0, has_room);
            rank += 1;
            if stride.lots == 0 {
                continue;
            }
            execution.price = stride.price;
            execution.lots = Lots(stride.lots);
            self.fill_liquidation(holding, execution, &mut closing, events);
        }
    }

    /// What the market has not given rests or ends.
    fn leave_paper(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        stop: Stop,
        events: &mut EventBuf,
    ) {
        let order = self.orders.get(handle);
        let reason = match (order.tif, order.form, stop) {
            (Tif::FillOrKill, ..) => CancelReason::NotFillable,
            (_, _, Stop::Unpaid(price)) => return self.end_bounded(handle, price, events),
            (Tif::AtOpen | Tif::AtClose, _, Stop::Exhausted)
            | (Tif::AtOpen | Tif::AtClose, Form::Limit, _) => CancelReason::AuctionOver,
            (Tif::ImmediateOrCancel, Form::Limit, _) => CancelReason::NotMarketable,
            (_, Form::Limit, _) => return self.rest(handle, instrument, events),
            (_, _, Stop::Collar { price, bound }) => {
                self.markets[instrument.0 as usize].collared(price, bound)
            }
            (_, _, Stop::NoRoom) => CancelReason::NoRoom {
                limit: LimitName::Consumed,
                max: self.limits.consumed_max,
            },
            (_, _, Stop::Exhausted) => CancelReason::NotMarketable,
        };
        self.end_unfilled(handle, instrument, reason, events);
    }

    /// Resting orders to which the touch has come.
    pub(super) fn collect_limits(&self, instrument: InstrumentId, due: &mut Vec<DueOrder>) {
        let market = &self.markets[instrument.0 as usize];
        let Some(touch) = market.touch else { return };
        for side in [Side::Buy, Side::Sell] {
            if touch.opposite_qty(side).0 == 0 {
                continue;
            }
            if let Some(reach) = market.reach(&touch, side) {
                self.collect_from(market, side, reach, due);
            }
        }
    }

    /// Resting orders of a side whose key is at the threshold or above.
    fn collect_from(&self, market: &Market, side: Side, threshold: i64, due: &mut Vec<DueOrder>) {
        let ladder = market.book.ladder(side);
        for key in ladder.keys_down_to(threshold) {
            for handle in ladder.iter_queue(&self.orders.nodes, key) {
                due.push(DueOrder {
                    id: self.orders.id(handle),
                    reference: None,
                });
            }
        }
    }

    /// Fills a resting order to which the touch has come.
    pub(super) fn fill_resting(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        events: &mut EventBuf,
    ) {
        let market = &self.markets[instrument.0 as usize];
        let order = *self.orders.get(handle);
        let Some(touch) = market.touch else { return };
        // One that the market has come to gets its own price, and so does one that it had come to before, where all
        // that was displayed was taken; one that was reached before by a market that gave nobody anything takes what is
        // there.
        let gives_all = market
            .paper()
            .is_none_or(|model| model.sizes == Sizes::Unlimited);
        let was_there = self.pending.before.is_some_and(|before| {
            let gave = before.could_fill && before.touch.opposite_qty(order.side).0 != 0;
            (gives_all || !gave) && market.comes_to(&order, &before.touch)
        });
        let price = if was_there {
            touch.opposite(order.side)
        } else {
            order.limit
        };
        if self.is_on_leg(instrument) && price != touch.bid {
            return self.standing_at(instrument, price, |shard| {
                shard.fill_resting(handle, instrument, events);
            });
        }
        let mut lots = self.allowed_at(handle, price);
        if lots == 0 {
            return self.end_bounded(handle, price, events);
        }
        let rule = market.paper().map_or(FillRule::Touch, |model| model.fill);
        let model = match rule {
            FillRule::Touch => FillModel::Touch,
            FillRule::Through | FillRule::Queue(_) => FillModel::Through,
        };
        if self.sizes(instrument) == Sizes::Displayed {
            if was_there {
                return self.take_at_rest(handle, instrument, &touch, model, events);
            }
            lots = self.consume_within(handle, instrument, &touch, lots);
            if lots == 0 {
                return;
            }
        }
        let execution = Execution {
            price,
            lots: Lots(lots),
            maker: !was_there,
            model: self.model(model),
        };
        self.fill_at_rest(handle, instrument, execution, events);
    }

    /// A resting order that the market had reached before takes what is there now, each level at its price.
    #[cold]
    #[inline(never)]
    fn take_at_rest(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        touch: &Touch,
        model: FillModel,
        events: &mut EventBuf,
    ) {
        let id = self.orders.id(handle);
        let walk = self.walk_at_rest(handle);
        let mut rank = 0;
        while self.is_working(handle, id) && self.orders.get(handle).leaves().0 > 0 {
            let left = self.orders.get(handle).leaves().0;
            let room = self.has_room_to_consume(instrument);
            let market = &self.markets[instrument.0 as usize];
            let Ok(mut stride) = market.stride(&walk, touch, &mut rank, left, room) else {
                return;
            };
            let payable = self.allowed_at(handle, stride.price);
            if payable == 0 {
                return self.end_bounded(handle, stride.price, events);
            }
            let is_cut = payable < stride.lots;
            stride.lots = stride.lots.min(payable);
            self.markets[instrument.0 as usize].consume(&walk, &stride);
            let execution = Execution {
                price: stride.price,
                lots: Lots(stride.lots),
                maker: false,
                model,
            };
            self.fill_at_rest(handle, instrument, execution, events);
            if is_cut {
                return;
            }
        }
    }

    /// Fills (a part of) an order that rests, in its place.
    pub(super) fn fill_at_rest(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        execution: Execution,
        events: &mut EventBuf,
    ) {
        let id = self.orders.id(handle);
        self.fill_order(handle, execution, events);
        let order = *self.orders.get(handle);
        if order.leaves().0 > 0 {
            let ladder = self.markets[instrument.0 as usize]
                .book
                .ladder_mut(order.side);
            ladder.reduce(&mut self.orders.nodes, handle, execution.lots);
            self.note_level(instrument, order.side, order.limit);
        }
        self.after_fill(handle, execution.lots, events);
        if order.flags.is_cut() && self.is_working(handle, id) {
            self.end_what_is_over(handle, instrument, events);
        }
    }

    /// An order at rest that took all that there was to close ends, but for an exit that may come to more.
    #[cold]
    #[inline(never)]
    fn end_what_is_over(&mut self, handle: u32, instrument: InstrumentId, events: &mut EventBuf) {
        let order = self.orders.get(handle);
        let is_over = order.stage == Stage::Resting && self.allowed(handle) == 0;
        if is_over && !(is_exit(order.role) && self.may_grow(handle)) {
            self.end_unfilled(handle, instrument, CancelReason::NotReducing, events);
        }
    }
}
