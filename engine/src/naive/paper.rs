//! Orders against the outside market: taking, resting, prints.

use std::collections::BTreeMap;

use types::instrument::CLOSING_IMPACT_MAX;
use types::{
    Aggressor, CancelReason, FillModel, FillRule, LimitName, Side, Sizes, Slippage, Ticks,
    TimeInForce,
};

use super::Naive;
use super::fill::Execution;
use super::market::{Market, Touch};
use super::money::share_ceil;
use super::order::{Order, Stage, at_or_better, capped, slipped, worse_by};

/// A part of an order that one displayed level fills.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Price of the level.
    level: i64,
    /// Price of the fill.
    price: i64,
    lots: i64,
}

/// What displayed levels would fill of an order.
#[derive(Debug, Default)]
pub(super) struct Walk {
    parts: Vec<Part>,
    /// Why it went no further.
    stop: Option<CancelReason>,
}

impl Walk {
    pub(super) fn lots(&self) -> i64 {
        self.parts.iter().map(|part| part.lots).sum()
    }
}

impl Market {
    /// Ticks that a taking order of so many lots slips; `best` is the opposite price and its lots.
    pub(super) fn slip(&self, best: (i64, i64), leaves: i64) -> i128 {
        let slippage = self.paper().map_or(Slippage::None, |model| model.slippage);
        match slippage {
            Slippage::None => 0,
            Slippage::Ticks(ticks) => ticks.into(),
            Slippage::Rate(rate) => share_ceil(i128::from(best.0).abs(), rate.0),
            Slippage::Impact { ticks } => {
                let lots = i128::from(ticks) * i128::from(leaves);
                -(-lots).div_euclid(i128::from(best.1).max(1))
            }
        }
    }

    /// The worst price to which slippage carries a closing that begins at `mark`; none but for impacts.
    fn closing_bound(&self, mark: i64, side: Side) -> Option<i64> {
        let slippage = self.paper()?.slippage;
        if !matches!(slippage, Slippage::Impact { .. }) {
            return None;
        }
        let tenth = i128::from(mark).abs() * i128::from(CLOSING_IMPACT_MAX.0) / 1_000_000_000;
        match (self.collar(), side) {
            (Some((_, high)), Side::Buy) => Some(high),
            (Some((low, _)), Side::Sell) => Some(low),
            (None, _) => Some(worse_by(mark, tenth, side)),
        }
    }

    /// What is displayed for somebody who trades on this side, best first: the touch, and behind it the depth where
    /// that begins at its price.
    pub(super) fn levels(&self, touch: &Touch, side: Side) -> Vec<(i64, i64)> {
        let best = touch.opposite(side);
        let mut depth: Vec<(i64, i64)> = match side {
            Side::Buy => self
                .asks
                .iter()
                .map(|(price, lots)| (*price, *lots))
                .collect(),
            Side::Sell => self
                .bids
                .iter()
                .rev()
                .map(|(price, lots)| (*price, *lots))
                .collect(),
        };
        match depth.first_mut() {
            Some(first) if first.0 == best.0 && best.1 != 0 => {
                *first = best;
                depth
            }
            _ => vec![best],
        }
    }

    /// Nobody took more of a level than it shows now.
    pub(super) fn cap_consumed(&mut self, touch: &Touch) {
        let levels = [
            self.levels(touch, Side::Sell),
            self.levels(touch, Side::Buy),
        ];
        self.consumed.retain(|(_, is_bid, level), taken| {
            let shown = &levels[usize::from(!*is_bid)];
            let shown = shown.iter().find(|(price, _)| price == level);
            *taken = shown.map_or(0, |(_, lots)| *lots).min(*taken);
            *taken > 0
        });
    }

    /// The model on a fill: inside a bar it is the bar's.
    fn model(&self, model: FillModel) -> FillModel {
        if self.walking { FillModel::Bar } else { model }
    }
}

/// An order ends because it would have traded at a price beyond the collar.
fn collared(market: &Market, side: Side, price: i64) -> CancelReason {
    let (low, high) = market.collar().unwrap_or((price, price));
    let bound = if side == Side::Buy { high } else { low };
    CancelReason::Collar {
        price: market.instrument.price(Ticks(price)),
        bound: market.instrument.price(Ticks(bound)),
    }
}

/// Whether a price is beyond the bounds for somebody who trades on this side.
fn is_beyond(price: i64, bounds: Option<(i64, i64)>, side: Side) -> bool {
    bounds.is_some_and(|(low, high)| match side {
        Side::Buy => price > high,
        Side::Sell => price < low,
    })
}

impl Naive {
    /// An order takes what is there, as far as its limit goes. What is left stays as it is, but for
    /// what ends an order whatever its kind.
    pub(super) fn take_paper(&mut self, id: u64, touch: &Touch) {
        let Some(order) = self.orders.get(&id).cloned() else {
            return;
        };
        let market = &self.markets[order.instrument];
        let best = touch.opposite(order.side);
        if !is_marketable(&order, touch) {
            return;
        }
        let allowed = self.allowed(&order);
        if allowed == 0 {
            return self.end_unfilled(id, CancelReason::NotReducing);
        }
        let slip = market.slip(best, order.leaves());
        if order.request.tif == TimeInForce::FillOrKill
            && (allowed < order.leaves()
                || self.walk(&order, touch, allowed, slip).lots() < order.leaves()
                || !self.can_pay_whole(&order))
        {
            return self.end(id, CancelReason::NotFillable);
        }
        let model = match market.sizes() {
            Sizes::Unlimited => market.model(FillModel::Touch),
            Sizes::Displayed => FillModel::Depth,
        };
        let walk = self.walk(&order, touch, allowed, slip);
        let mut unpaid = None;
        for part in &walk.parts {
            let Some(payable) = self
                .orders
                .get(&id)
                .map(|order| self.allowed_at(order, part.price))
            else {
                break;
            };
            let paid = Part {
                lots: part.lots.min(payable),
                ..*part
            };
            if paid.lots > 0 {
                self.consume(&order, &paid);
                self.execute(Execution {
                    order: id,
                    price: part.price,
                    lots: paid.lots,
                    model,
                    maker: false,
                });
            }
            if payable < part.lots {
                unpaid = Some(part.price);
                break;
            }
        }
        self.end_what_is_over(id);
        if let Some(price) = unpaid {
            return self.end_bounded(id, price);
        }
        if let Some(reason) = walk.stop
            && order.is_market_like()
            && self
                .orders
                .get(&id)
                .is_some_and(|order| order.stage != Stage::Waiting && order.leaves() > 0)
        {
            self.end_unfilled(id, reason);
        }
    }

    /// A closing order that took all that there was to close ends.
    pub(super) fn end_what_is_over(&mut self, id: u64) {
        let Some(order) = self.orders.get(&id) else {
            return;
        };
        if self.is_cut(order) && order.leaves() > 0 && self.opposing(order) == 0 {
            self.end_unfilled(id, CancelReason::NotReducing);
        }
    }

    /// An order at rest that took all that there was to close ends, unless it is an exit that may come to more.
    fn end_what_is_over_at_rest(&mut self, id: u64) {
        let Some(order) = self.orders.get(&id) else {
            return;
        };
        let may_grow = order.is_exit() && self.may_grow(order);
        if order.stage == Stage::Resting && !may_grow {
            self.end_what_is_over(id);
        }
    }

    /// What `want` lots of an order would get, level by level.
    pub(super) fn walk(&self, order: &Order, touch: &Touch, want: i64, slip: i128) -> Walk {
        let market = &self.markets[order.instrument];
        let collar = market.collar().filter(|_| order.is_market_like());
        let price_at =
            |level: i64| capped(slipped(level, slip, order.side), order.limit, order.side);
        let mut walk = Walk::default();
        if market.sizes() == Sizes::Unlimited {
            let (level, _) = touch.opposite(order.side);
            let price = price_at(level);
            if is_beyond(price, collar, order.side) {
                walk.stop = Some(collared(market, order.side, price));
            } else {
                walk.parts.push(Part {
                    level,
                    price,
                    lots: want,
                });
            }
            return walk;
        }
        let mut left = want;
        let mut room = (self.limits.consumed_max as usize).saturating_sub(market.consumed.len());
        for (level, displayed) in market.levels(touch, order.side) {
            if left == 0
                || order
                    .limit
                    .is_some_and(|limit| !at_or_better(level, limit, order.side))
            {
                break;
            }
            let price = price_at(level);
            if is_beyond(price, collar, order.side) {
                walk.stop = Some(collared(market, order.side, price));
                break;
            }
            let key = (order.account, order.side == Side::Sell, level);
            let taken = market.consumed.get(&key).copied();
            let lots = left.min(displayed - taken.unwrap_or_default());
            if lots <= 0 {
                continue;
            }
            if taken.is_none() {
                if room == 0 {
                    walk.stop = Some(CancelReason::NoRoom {
                        limit: LimitName::Consumed,
                        max: self.limits.consumed_max,
                    });
                    break;
                }
                room -= 1;
            }
            walk.parts.push(Part { level, price, lots });
            left -= lots;
        }
        walk
    }

    /// The engine's own order takes all that it wants, level by level less what its account took before; the
    /// last level has no end.
    pub(super) fn take_closing(&mut self, order: &Order, mark: i64) {
        let market = &self.markets[order.instrument];
        let want = order.leaves();
        let shown = market.touch.map_or(0, |touch| touch.opposite(order.side).1);
        let slip = market.slip((mark, if shown > 0 { shown } else { want }), want);
        let bound = market.closing_bound(mark, order.side);
        let price_at = |level: i64| {
            if bound.is_some_and(|bound| !at_or_better(level, bound, order.side)) {
                return level;
            }
            capped(slipped(level, slip, order.side), bound, order.side)
        };
        let levels = match &market.touch {
            Some(touch) if market.sizes() == Sizes::Displayed => market.levels(touch, order.side),
            _ => Vec::new(),
        };
        if levels.is_empty() {
            return self.execute(Execution {
                order: order.id,
                price: price_at(mark),
                lots: want,
                model: FillModel::Touch,
                maker: false,
            });
        }
        let mut left = want;
        for (place, &(level, displayed)) in (1..).zip(&levels) {
            let market = &self.markets[order.instrument];
            let key = (order.account, order.side == Side::Sell, level);
            let taken = market.consumed.get(&key).copied();
            let there = left.min(displayed - taken.unwrap_or_default()).max(0);
            let has_room = market.consumed.len() < self.limits.consumed_max as usize;
            let price = price_at(level);
            // What nobody displays is not taken from what is displayed there later.
            if there > 0 && (taken.is_some() || has_room) {
                let part = Part {
                    level,
                    price,
                    lots: there,
                };
                self.consume(order, &part);
            }
            let lots = if place == levels.len() { left } else { there };
            if lots == 0 {
                continue;
            }
            self.execute(Execution {
                order: order.id,
                price,
                lots,
                model: FillModel::Depth,
                maker: false,
            });
            left -= lots;
        }
    }

    /// Remembers that an account took from a level.
    fn consume(&mut self, order: &Order, part: &Part) {
        let market = &mut self.markets[order.instrument];
        if market.sizes() == Sizes::Displayed {
            let key = (order.account, order.side == Side::Sell, part.level);
            *market.consumed.entry(key).or_default() += part.lots;
        }
    }

    /// A resting limit order that the touch made due.
    pub(super) fn fill_resting(&mut self, id: u64) {
        let Some(order) = self.orders.get(&id).cloned() else {
            return;
        };
        let market = &self.markets[order.instrument];
        let (Some(limit), Some(touch)) = (order.limit, market.touch) else {
            return;
        };
        // Where the market came to the order it gets its own price, and so it does where the market was there before,
        // but all that it displayed was taken. Where the market was there before and gave nobody anything, it
        // takes what is there now.
        let is_displayed = market
            .paper()
            .is_some_and(|model| model.sizes == Sizes::Displayed);
        let was_there = market.before.is_some_and(|before| {
            let was_shown = before.opposite(order.side).1 != 0;
            let was_taken = is_displayed && market.could_fill && was_shown;
            market.is_limit_reached(&order, &before) && !was_taken
        });
        let is_touch_rule = market
            .paper()
            .is_some_and(|model| model.fill == FillRule::Touch);
        let model = market.model(if is_touch_rule {
            FillModel::Touch
        } else {
            FillModel::Through
        });
        let price = if was_there {
            touch.opposite(order.side).0
        } else {
            limit
        };
        if market.legs.is_some() && price != touch.bid {
            return self.standing_at(order.instrument, price, |twin| twin.fill_resting(id));
        }
        let allowed = self.allowed_at(&order, price);
        if allowed == 0 {
            return self.end_bounded(id, price);
        }
        if was_there {
            return self.take_at_rest(&order, &touch, model);
        }
        let walk = self.walk(&order, &touch, allowed, 0);
        let lots = walk.lots();
        if lots == 0 {
            return;
        }
        for part in &walk.parts {
            self.consume(&order, part);
        }
        self.execute(Execution {
            order: id,
            price,
            lots,
            model,
            maker: true,
        });
        self.end_what_is_over_at_rest(id);
    }

    /// Each level at its price.
    fn take_at_rest(&mut self, order: &Order, touch: &Touch, model: FillModel) {
        let walk = self.walk(order, touch, order.leaves(), 0);
        for part in &walk.parts {
            let Some(now) = self.orders.get(&order.id) else {
                return;
            };
            let payable = self.allowed_at(now, part.price);
            if payable == 0 {
                return self.end_bounded(order.id, part.price);
            }
            let taken = Part {
                lots: part.lots.min(payable),
                ..*part
            };
            self.consume(order, &taken);
            self.execute(Execution {
                order: order.id,
                price: taken.price,
                lots: taken.lots,
                model,
                maker: false,
            });
            self.end_what_is_over_at_rest(order.id);
            if taken.lots < part.lots {
                return;
            }
        }
    }

    /// Resting orders that a print fills, or moves forward in their queue.
    pub(super) fn fill_on_print(
        &mut self,
        instrument: usize,
        price: i64,
        lots: i64,
        aggressor: Aggressor,
    ) {
        let market = &self.markets[instrument];
        let Some(model) = market.paper() else {
            return;
        };
        let displayed = market.sizes() == Sizes::Displayed;
        let mut resting = self
            .orders_where(|order| order.instrument == instrument && order.stage == Stage::Resting);
        // An account's better price has the print before its other orders, at one price its older order.
        resting.sort_by_key(|id| {
            let order = &self.orders[id];
            let price = i128::from(order.limit.unwrap_or_default());
            let worse = -price * i128::from(order.side.sign());
            (order.side == Side::Sell, worse, *id)
        });
        let mut left: BTreeMap<usize, i64> = BTreeMap::new();
        for id in resting {
            let Some(order) = self.orders.get_mut(&id) else {
                continue;
            };
            let Some(limit) = order.limit.filter(|_| order.stage == Stage::Resting) else {
                continue;
            };
            let is_concerned = match (model.fill, aggressor) {
                (FillRule::Touch, _) => false,
                (FillRule::Through, _) | (_, Aggressor::Unknown) => true,
                (FillRule::Queue(_), Aggressor::Seller) => order.side == Side::Buy,
                (FillRule::Queue(_), Aggressor::Buyer) => order.side == Side::Sell,
            };
            if !is_concerned {
                continue;
            }
            let account = order.account;
            let mine = left.get(&account).copied().unwrap_or(lots);
            let mut took = 0;
            if price != limit && at_or_better(price, limit, order.side) {
                let most = if displayed { mine } else { i64::MAX };
                took = self.fill_printed(id, limit, most, FillModel::Through);
            } else if let Some(queue) = order.queue.as_mut().filter(|_| price == limit) {
                queue.printed = queue.printed.saturating_add(lots);
                queue.ahead -= mine;
                if queue.ahead < 0 {
                    let past = -queue.ahead;
                    queue.ahead = 0;
                    took = self.fill_printed(id, limit, past, FillModel::Queue);
                }
            }
            left.insert(account, (mine - took).max(0));
        }
    }

    /// Says how many lots it took.
    fn fill_printed(&mut self, id: u64, price: i64, most: i64, model: FillModel) -> i64 {
        let Some(order) = self.orders.get(&id) else {
            return 0;
        };
        let allowed = self.allowed_at(order, price);
        if allowed == 0 {
            self.end_bounded(id, price);
            return 0;
        }
        let lots = allowed.min(most);
        if lots > 0 {
            self.execute(Execution {
                order: id,
                price,
                lots,
                model,
                maker: true,
            });
            self.end_what_is_over_at_rest(id);
        }
        lots
    }
}

/// Whether an order would take something at this touch, were all that is displayed there for it.
pub(super) fn is_marketable(order: &Order, touch: &Touch) -> bool {
    let (price, lots) = touch.opposite(order.side);
    let is_within = |limit| at_or_better(price, limit, order.side);
    lots != 0 && order.limit.is_none_or(is_within)
}
