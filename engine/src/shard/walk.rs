//! A walk over what the outside market displays: which levels an order gets, at what price after slippage, and what
//! accounts took of a level before. Nothing fills here.

use types::instrument::CLOSING_IMPACT_MAX;
use types::{InstrumentId, Lots, Ratio, Side, Sizes, Slippage, Ticks};

use super::Shard;
use super::check::is_beyond;
use crate::market::{Consumed, Market, Touch, share_of};

/// How far an order may walk displayed depth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    pub(super) side: Side,
    pub(super) account: u32,
    /// Worst price of a level that an order takes, and worst price after slippage.
    pub(super) limit: Option<Ticks>,
    /// Worst price after slippage.
    pub(super) collar: Option<Ticks>,
    pub(super) slip: i64,
}

/// Why a walk ended before its order was filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
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
pub(super) struct Stride {
    /// The displayed price.
    pub(super) level: Ticks,
    /// What the order pays or gets.
    pub(super) price: Ticks,
    pub(super) lots: i64,
}

impl Walk {
    /// The price of a level for this order.
    pub(super) fn price(&self, level: Ticks) -> Ticks {
        slipped(self.side, level, self.slip, self.limit)
    }

    pub(super) fn check_collar(&self, price: Ticks) -> Result<(), Stop> {
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
    /// Displayed level of a rank: the touch, and behind it those of the depth.
    fn displayed(&self, touch: &Touch, side: Side, rank: usize) -> Option<(Ticks, Lots)> {
        if rank == 0 {
            return Some((touch.price(side), touch.qty(side)));
        }
        if !self.shows_depth(touch, side) {
            return None;
        }
        let level = self.depth.level(side, rank)?;
        Some((level.price, level.qty))
    }

    /// The worst displayed price of a side.
    pub(super) fn worst_displayed(&self, touch: &Touch, side: Side) -> Ticks {
        let worst = self.depth.side(side).first();
        let worst = worst.filter(|_| self.shows_depth(touch, side));
        worst.map_or(touch.price(side), |level| level.price)
    }

    /// Whether the depth is what is displayed behind the touch of a side: it begins at its price. How much that shows a
    /// later quote may have stated.
    fn shows_depth(&self, touch: &Touch, side: Side) -> bool {
        let best = self.depth.best(side);
        touch.qty(side).0 != 0 && best.is_some_and(|best| best.price == touch.price(side))
    }

    /// The worst price to which an impact carries a closing that begins at `best`.
    pub(super) fn impact_bound(&self, side: Side, best: Ticks) -> Ticks {
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
    pub(super) fn stride(
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
    pub(super) fn closing_stride(
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

    pub(super) fn consume(&mut self, walk: &Walk, stride: &Stride) {
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
            Some(touch) if touch.price(side) == price => touch.qty(side),
            Some(touch) if self.shows_depth(touch, side) => self.depth.qty_at(side, price),
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
}

impl Shard {
    /// How much fills at a time: on the path of a bar there are no sizes.
    pub(super) fn sizes(&self, instrument: InstrumentId) -> Sizes {
        let model = self.markets[instrument.0 as usize].paper();
        match model.map(|model| model.sizes) {
            Some(Sizes::Displayed) if !self.is_walked(instrument) => Sizes::Displayed,
            _ => Sizes::Unlimited,
        }
    }

    /// How far an order that takes walks from a touch.
    pub(super) fn walk(
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

    pub(super) fn has_room_to_consume(&self, instrument: InstrumentId) -> bool {
        let consumed = self.markets[instrument.0 as usize].consumed.len();
        consumed < self.limits.consumed_max as usize
    }

    /// How much a walk would give, up to `wanted`.
    pub(super) fn walkable(
        &self,
        instrument: InstrumentId,
        walk: &Walk,
        touch: &Touch,
        wanted: i64,
    ) -> i64 {
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

    /// What an order that takes would get of what the outside market shows, level by level; perhaps not all of it.
    pub(super) fn walk_outside(
        &self,
        instrument: InstrumentId,
        account: u32,
        (side, lots): (Side, Lots),
        limit: Option<Ticks>,
        mut meet: impl FnMut(Ticks, Lots),
    ) {
        let market = &self.markets[instrument.0 as usize];
        let (Some(touch), Some(model)) = (market.touch, market.paper()) else {
            return;
        };
        let (best, shown) = (touch.opposite(side), touch.opposite_qty(side));
        let walk = Walk {
            side,
            account,
            limit,
            collar: market.collar_bound(side).filter(|_| limit.is_none()),
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

    /// How far a resting order reaches.
    pub(super) fn walk_at_rest(&self, handle: u32) -> Walk {
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
    pub(super) fn consume_within(
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
}
