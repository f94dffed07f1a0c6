//! Fills against the outside market: taking what it shows, resting orders that it comes to, prints that
//! go through them.

use std::cmp::Reverse;

use types::instrument::CLOSING_IMPACT_MAX;
use types::{
    Aggressor, CancelReason, FillCause, FillModel, FillRule, InstrumentId, LimitName, Lots, Ratio,
    Side, Sizes, Slippage, Ticks,
};

use super::Shard;
use super::cascade::{DueOrder, MetOrder, Share};
use super::check::is_beyond;
use super::fills::{ClosingOrder, Execution};
use crate::event_buf::EventBuf;
use crate::market::{Consumed, Market, Touch, share_of};
use crate::order::{Form, Order, Stage, Tif};
use crate::slab::NIL;

/// How far an order may walk displayed depth.
#[derive(Debug, Clone, Copy)]
struct Walk {
    side: Side,
    account: u32,
    /// Worst price of a level that an order takes, and worst price after slippage.
    limit: Option<Ticks>,
    /// Worst price after slippage.
    collar: Option<Ticks>,
    slip: i64,
}

/// Why a walk ended before its order was filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Exhausted,
    /// At this price, after slippage, beyond this bound.
    Collar {
        price: Ticks,
        bound: Ticks,
    },
    NoRoom,
    /// The account cannot pay more at this price.
    Unpaid(Ticks),
}

/// One level of a walk.
#[derive(Debug, Clone, Copy)]
struct Stride {
    /// The displayed price.
    level: Ticks,
    /// What the order pays or gets.
    price: Ticks,
    lots: i64,
}

/// A print of the outside market, as an account's order sees it.
#[derive(Debug, Clone, Copy)]
struct Print {
    price: Ticks,
    lots: Lots,
    /// What its account's orders before it have left.
    left: Lots,
}

impl Walk {
    /// The price of a level for this order.
    fn price(&self, level: Ticks) -> Ticks {
        slipped(self.side, level, self.slip, self.limit)
    }

    fn check_collar(&self, price: Ticks) -> Result<(), Stop> {
        match self.collar {
            Some(bound) if is_beyond(self.side, price, bound) => Err(Stop::Collar { price, bound }),
            _ => Ok(()),
        }
    }
}

/// A price that is worse by `slip` ticks, but never beyond the limit, unless it was there before; and one above zero
/// stays there.
pub(super) fn slipped(side: Side, price: Ticks, slip: i64, limit: Option<Ticks>) -> Ticks {
    let worse = Ticks(match side {
        Side::Buy => price.0.saturating_add(slip),
        Side::Sell if price.0 > 0 => price.0.saturating_sub(slip).max(1),
        Side::Sell => price.0.saturating_sub(slip),
    });
    match limit {
        Some(limit) if is_beyond(side, price, limit) => price,
        Some(limit) if is_beyond(side, worse, limit) => limit,
        _ => worse,
    }
}

/// Ticks that a taking order of so many lots slips.
pub(super) fn slip_ticks(slippage: Slippage, price: Ticks, leaves: Lots, displayed: Lots) -> i64 {
    match slippage {
        Slippage::None => 0,
        Slippage::Ticks(ticks) => ticks.into(),
        Slippage::Rate(rate) => {
            let exact = i128::from(price.0).unsigned_abs() * rate.0.unsigned_abs() as u128;
            exact.div_ceil(Ratio::ONE.0 as u128) as i64
        }
        Slippage::Impact { ticks } => {
            let exact = u128::from(ticks) * leaves.0.unsigned_abs() as u128;
            let ticks = exact.div_ceil(displayed.0.unsigned_abs().max(1).into());
            ticks.min(i64::MAX as u128) as i64
        }
    }
}

impl Market {
    /// Displayed level of a rank: of the depth, where its best is the touch, else the touch alone.
    fn displayed(&self, touch: &Touch, side: Side, rank: usize) -> Option<(Ticks, Lots)> {
        if self.shows_depth(touch, side) {
            let level = self.depth.level(side, rank)?;
            return Some((level.price, level.qty));
        }
        (rank == 0).then(|| (touch.price(side), touch.qty(side)))
    }

    /// Whether the depth is what is displayed of a side: its best is the touch.
    fn shows_depth(&self, touch: &Touch, side: Side) -> bool {
        let best = self.depth.best(side);
        best.is_some_and(|best| best.price == touch.price(side))
    }

    /// The worst price to which an impact carries a closing that begins at `best`.
    fn impact_bound(&self, side: Side, best: Ticks) -> Ticks {
        self.collar_bound(side).unwrap_or_else(|| {
            let width = share_of(best, CLOSING_IMPACT_MAX);
            Ticks(best.0.saturating_add(width.saturating_mul(side.sign())))
        })
    }

    fn consumed_place(&self, side: Side, price: Ticks, account: u32) -> Result<usize, usize> {
        self.consumed
            .binary_search_by_key(&(side as u8, price, account), |consumed| {
                (consumed.side, consumed.price, consumed.account)
            })
    }

    /// The next level on a walk with something left for the account, from `rank` on.
    fn stride(
        &self,
        walk: &Walk,
        touch: &Touch,
        rank: &mut usize,
        left: i64,
        room: bool,
    ) -> Result<Stride, Stop> {
        let shown = walk.side.opposite();
        loop {
            let (level, qty) = self
                .displayed(touch, shown, *rank)
                .filter(|(level, _)| {
                    walk.limit
                        .is_none_or(|limit| !is_beyond(walk.side, *level, limit))
                })
                .ok_or(Stop::Exhausted)?;
            let price = walk.price(level);
            walk.check_collar(price)?;
            *rank += 1;
            let place = self.consumed_place(shown, level, walk.account);
            let taken = place.map_or(0, |place| self.consumed[place].lots.0);
            let available = qty.0.saturating_sub(taken).max(0);
            if available == 0 {
                continue;
            }
            if place.is_err() && !room {
                return Err(Stop::NoRoom);
            }
            return Ok(Stride {
                level,
                price,
                lots: available.min(left),
            });
        }
    }

    /// Takes from the level of a rank what a closing gets there, perhaps nothing; the last one gives all that is left.
    fn closing_stride(
        &mut self,
        walk: &Walk,
        touch: &Touch,
        rank: usize,
        left: i64,
        has_room: bool,
    ) -> Stride {
        let shown = walk.side.opposite();
        let (level, qty) = self
            .displayed(touch, shown, rank)
            .unwrap_or((touch.price(shown), Lots(0)));
        let place = self.consumed_place(shown, level, walk.account);
        let taken = place.map_or(0, |place| self.consumed[place].lots.0);
        let is_last = self.displayed(touch, shown, rank + 1).is_none();
        let price = walk.price(level);
        let lots = qty.0.saturating_sub(taken).max(0).min(left);
        // What nobody displays is not taken from what is displayed there later.
        if lots > 0 && (place.is_ok() || has_room) {
            self.consume(walk, &Stride { level, price, lots });
        }
        let lots = if is_last { left } else { lots };
        Stride { level, price, lots }
    }

    fn consume(&mut self, walk: &Walk, stride: &Stride) {
        let shown = walk.side.opposite();
        match self.consumed_place(shown, stride.level, walk.account) {
            Ok(place) => {
                let taken = &mut self.consumed[place].lots;
                *taken = taken.saturating_add(Lots(stride.lots));
            }
            Err(place) => self.consumed.insert(
                place,
                Consumed {
                    side: shown as u8,
                    price: stride.level,
                    account: walk.account,
                    lots: Lots(stride.lots),
                },
            ),
        }
    }

    /// What is displayed at a price of a side.
    fn shown(&self, side: Side, price: Ticks) -> Lots {
        match &self.touch {
            Some(touch) if self.shows_depth(touch, side) => self.depth.qty_at(side, price),
            Some(touch) if touch.price(side) == price => touch.qty(side),
            _ => Lots(0),
        }
    }

    /// The market states what it shows: of what it showed before no more is taken than is still there.
    pub(super) fn cap_consumed(&mut self) {
        if self.consumed.is_empty() {
            return;
        }
        let mut consumed = std::mem::take(&mut self.consumed);
        let mut level = None;
        consumed.retain_mut(|taken| {
            let key = (taken.side, taken.price);
            let shown = match level {
                Some((known, shown)) if known == key => shown,
                _ => {
                    let side = if taken.side == Side::Buy as u8 {
                        Side::Buy
                    } else {
                        Side::Sell
                    };
                    self.shown(side, taken.price)
                }
            };
            level = Some((key, shown));
            taken.lots = taken.lots.min(shown);
            taken.lots.0 > 0
        });
        self.consumed = consumed;
    }

    /// Whether a quote may show less somewhere than what is displayed.
    pub(super) fn shows_less(&self, touch: &Touch) -> bool {
        let Some(before) = self.touch.filter(|_| !self.stale) else {
            return true;
        };
        let is_kept = |side: Side| {
            before.price(side) == touch.price(side) && before.qty(side) <= touch.qty(side)
        };
        !(is_kept(Side::Buy) && is_kept(Side::Sell))
    }

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
        touch.opposite_qty(side).0 != 0 && best.is_some_and(|best| best >= self.reach(touch, side))
    }

    /// The least key of the orders of a side to which the touch has come.
    #[inline(always)]
    fn reach(&self, touch: &Touch, side: Side) -> i64 {
        let is_through = matches!(self.paper(), Some(model) if model.fill == FillRule::Through);
        let threshold = crate::book::key_of(side, touch.opposite(side));
        threshold.saturating_add(is_through.into())
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
    /// How much fills at a time: on the path of a bar there are no sizes.
    fn sizes(&self, instrument: InstrumentId) -> Sizes {
        let model = self.markets[instrument.0 as usize].paper();
        match model.map(|model| model.sizes) {
            Some(Sizes::Displayed) if self.pending.walked != Some(instrument) => Sizes::Displayed,
            _ => Sizes::Unlimited,
        }
    }

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

    /// How far an order that takes walks from a touch.
    fn walk(
        &self,
        handle: u32,
        instrument: InstrumentId,
        limit: Option<Ticks>,
        touch: &Touch,
    ) -> Walk {
        let market = &self.markets[instrument.0 as usize];
        let order = self.orders.get(handle);
        let slippage = market
            .paper()
            .map_or(Slippage::None, |model| model.slippage);
        Walk {
            side: order.side,
            account: self.orders.nodes.get(handle).account.0,
            limit,
            collar: if limit.is_none() {
                market.collar_bound(order.side)
            } else {
                None
            },
            slip: slip_ticks(
                slippage,
                touch.opposite(order.side),
                order.leaves(),
                touch.opposite_qty(order.side),
            ),
        }
    }

    /// Whether the outside market has something for a market order.
    pub(super) fn offers_outside(&self, handle: u32, instrument: InstrumentId) -> bool {
        let market = &self.markets[instrument.0 as usize];
        let side = self.orders.get(handle).side;
        let shown = market.touch.filter(|touch| touch.opposite_qty(side).0 != 0);
        shown.is_some_and(|touch| {
            let walk = self.walk(handle, instrument, None, &touch);
            match self.sizes(instrument) {
                Sizes::Unlimited => walk.check_collar(walk.price(touch.opposite(side))).is_ok(),
                Sizes::Displayed => {
                    let room = self.has_room_to_consume(instrument);
                    market.stride(&walk, &touch, &mut 0, 1, room).is_ok()
                }
            }
        })
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

    fn has_room_to_consume(&self, instrument: InstrumentId) -> bool {
        let consumed = self.markets[instrument.0 as usize].consumed.len();
        consumed < self.limits.consumed_max as usize
    }

    /// How much a walk would give, up to `wanted`.
    fn walkable(&self, instrument: InstrumentId, walk: &Walk, touch: &Touch, wanted: i64) -> i64 {
        let market = &self.markets[instrument.0 as usize];
        let mut room = (self.limits.consumed_max as usize).saturating_sub(market.consumed.len());
        let (mut rank, mut found) = (0, 0);
        while found < wanted {
            let Ok(stride) = market.stride(walk, touch, &mut rank, wanted - found, room > 0) else {
                break;
            };
            let shown = walk.side.opposite();
            if market
                .consumed_place(shown, stride.level, walk.account)
                .is_err()
            {
                room = room.saturating_sub(1);
            }
            found += stride.lots;
        }
        found
    }

    /// What a market order to buy would get of what the outside market shows, level by level; perhaps not all of it.
    pub(super) fn walk_outside(
        &self,
        instrument: InstrumentId,
        account: u32,
        lots: Lots,
        limit: Option<Ticks>,
        mut meet: impl FnMut(Ticks, Lots),
    ) {
        let market = &self.markets[instrument.0 as usize];
        let (Some(touch), Some(model)) = (market.touch, market.paper()) else {
            return;
        };
        let (best, shown) = (touch.opposite(Side::Buy), touch.opposite_qty(Side::Buy));
        let walk = Walk {
            side: Side::Buy,
            account,
            limit,
            collar: market.collar_bound(Side::Buy).filter(|_| limit.is_none()),
            slip: slip_ticks(model.slippage, best, lots, shown),
        };
        if self.sizes(instrument) == Sizes::Unlimited {
            return meet(walk.price(best), lots);
        }
        let (mut rank, mut left) = (0, lots.0);
        while left > 0 {
            let Ok(stride) = market.stride(&walk, &touch, &mut rank, left, true) else {
                return;
            };
            meet(stride.price, Lots(stride.lots));
            left -= stride.lots;
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
            self.collect_from(market, side, market.reach(&touch, side), due);
        }
    }

    /// Resting orders of a side whose key is at the threshold or above.
    fn collect_from(&self, market: &Market, side: Side, threshold: i64, due: &mut Vec<DueOrder>) {
        let ladder = market.book.ladder(side);
        if ladder.best().is_none_or(|best| best < threshold) {
            return;
        }
        let levels = ladder.iter_levels().map(|(key, ..)| key);
        for key in levels.take_while(|&key| key >= threshold) {
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
        // One that the market has come to gets its own price; one that was reached before and only
        // could not fill takes what is there.
        let was_there = self
            .pending
            .before
            .is_some_and(|before| market.comes_to(&order, &before));
        let price = if was_there {
            touch.opposite(order.side)
        } else {
            order.limit
        };
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

    /// How far a resting order reaches.
    fn walk_at_rest(&self, handle: u32) -> Walk {
        let order = self.orders.get(handle);
        Walk {
            side: order.side,
            account: self.orders.nodes.get(handle).account.0,
            limit: Some(order.limit),
            collar: None,
            slip: 0,
        }
    }

    /// Takes up to `wanted` from the levels within a resting order's limit; says how much there was.
    fn consume_within(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        touch: &Touch,
        wanted: i64,
    ) -> i64 {
        let walk = self.walk_at_rest(handle);
        let (mut rank, mut found) = (0, 0);
        while found < wanted {
            let room = self.has_room_to_consume(instrument);
            let market = &mut self.markets[instrument.0 as usize];
            let Ok(stride) = market.stride(&walk, touch, &mut rank, wanted - found, room) else {
                break;
            };
            market.consume(&walk, &stride);
            found += stride.lots;
        }
        found
    }

    /// Fills (a part of) an order that rests, in its place.
    pub(super) fn fill_at_rest(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        execution: Execution,
        events: &mut EventBuf,
    ) {
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
    }

    /// A print of the outside market fills what it goes through, and moves queues.
    pub(super) fn fill_prints(
        &mut self,
        instrument: InstrumentId,
        price: Ticks,
        lots: Lots,
        aggressor: Aggressor,
        events: &mut EventBuf,
    ) {
        let market = &self.markets[instrument.0 as usize];
        let Some(rule) = market.paper().map(|model| model.fill) else {
            return;
        };
        if rule == FillRule::Touch || !market.can_trade() {
            return;
        }
        let mut due = std::mem::take(&mut self.pending.prints);
        let mut shares = std::mem::take(&mut self.pending.shares);
        due.clear();
        shares.clear();
        let is_queue = matches!(rule, FillRule::Queue(_));
        for side in [Side::Buy, Side::Sell] {
            // A seller's print meets the bids, a buyer's the asks.
            let is_met = match aggressor {
                Aggressor::Unknown => true,
                Aggressor::Seller => side == Side::Buy,
                Aggressor::Buyer => side == Side::Sell,
            };
            if is_queue && !is_met {
                continue;
            }
            let threshold = crate::book::key_of(side, price);
            let threshold = threshold.saturating_add((!is_queue).into());
            let ladder = market.book.ladder(side);
            if ladder.best().is_none_or(|best| best < threshold) {
                continue;
            }
            let levels = ladder.iter_levels().map(|(key, ..)| key);
            for key in levels.take_while(|&key| key >= threshold) {
                for handle in ladder.iter_queue(&self.orders.nodes, key) {
                    let node = self.orders.nodes.get(handle);
                    due.push(MetOrder {
                        side: side as u8,
                        key: Reverse(key),
                        id: node.id,
                    });
                    shares.push(Share {
                        account: node.account,
                        lots,
                    });
                }
            }
        }
        due.sort_unstable();
        shares.sort_unstable();
        shares.dedup();
        for &MetOrder { id, .. } in &due {
            let Some(handle) = self.orders.find(id) else {
                continue;
            };
            let account = self.orders.nodes.get(handle).account;
            if self.orders.get(handle).stage == Stage::Resting
                && let Ok(place) = shares.binary_search_by_key(&account, |share| share.account)
            {
                let left = &mut shares[place].lots;
                let print = Print {
                    price,
                    lots,
                    left: *left,
                };
                let filled = self.fill_print(handle, instrument, print, events);
                left.0 = left.0.saturating_sub(filled).max(0);
            }
        }
        (self.pending.prints, self.pending.shares) = (due, shares);
    }

    /// Says how much of the print the order took.
    fn fill_print(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        print: Print,
        events: &mut EventBuf,
    ) -> i64 {
        let order = *self.orders.get(handle);
        let is_through = is_beyond(order.side, order.limit, print.price);
        let reached = if is_through {
            match self.sizes(instrument) {
                Sizes::Unlimited => i64::MAX,
                Sizes::Displayed => print.left.0,
            }
        } else {
            self.advance_queue(handle, print)
        };
        if reached <= 0 && !is_through {
            return 0;
        }
        let allowed = self.allowed_at(handle, order.limit);
        if allowed == 0 {
            self.end_bounded(handle, order.limit, events);
            return 0;
        }
        let lots = allowed.min(reached);
        if lots <= 0 {
            return 0;
        }
        let execution = Execution {
            price: order.limit,
            lots: Lots(lots),
            maker: true,
            model: if is_through {
                FillModel::Through
            } else {
                FillModel::Queue
            },
        };
        self.fill_at_rest(handle, instrument, execution, events);
        lots
    }

    /// A print at an order's price moves it forward; says how much of the print reached it. Those before it get what
    /// its account's better and older orders have left: what these took stood before it, too.
    fn advance_queue(&mut self, handle: u32, print: Print) -> i64 {
        let extra = self.orders.get(handle).extra;
        if extra == NIL {
            return 0;
        }
        let queue = &mut self.orders.extras.get_mut(extra).queue;
        queue.printed = queue.printed.saturating_add(print.lots.0);
        queue.ahead = queue.ahead.saturating_sub(print.left.0);
        let reached = queue.ahead.saturating_neg().max(0);
        queue.ahead = queue.ahead.max(0);
        reached
    }
}
