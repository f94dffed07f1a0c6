//! A book among the accounts, found by looking at all orders: price first, then time.

use std::collections::{BTreeMap, VecDeque};

use types::{
    AccountId, CancelReason, EventKind, FillCause, FillModel, InstrumentStatus, Lots, OrderId,
    OrderRole, SelfTrade, Side, StatusCause, Ticks, TimeInForce,
};

use super::Naive;
use super::fill::Execution;
use super::market::Touch;
use super::order::{Order, Stage, at_or_better};

impl Naive {
    /// Resting orders of a side, in the order in which they trade.
    pub(super) fn book(&self, instrument: usize, side: Side) -> Vec<&Order> {
        let resting = self.orders.values().filter(|order| {
            order.stage == Stage::Resting && order.instrument == instrument && order.side == side
        });
        let mut book: Vec<&Order> = resting.collect();
        book.sort_by_key(|order| {
            let price = i128::from(order.limit.unwrap_or_default());
            (-price * i128::from(side.sign()), order.rank)
        });
        book
    }

    /// Best price of a side, and all that is displayed there.
    pub(super) fn best(&self, instrument: usize, side: Side) -> Option<(i64, i64)> {
        let book = self.book(instrument, side);
        let best = book.first()?.limit?;
        let level = book.iter().filter(|order| order.limit == Some(best));
        let lots = level.fold(0, |sum: i64, order| sum.saturating_add(order.displayed));
        Some((best, lots))
    }

    /// Prices of a side at which an order rests.
    pub(super) fn level_prices(&self, instrument: usize, side: Side) -> Vec<i64> {
        let book = self.book(instrument, side);
        let mut prices: Vec<i64> = book.iter().filter_map(|order| order.limit).collect();
        prices.dedup();
        prices
    }

    /// The touch of a crossed instrument after its book changed. A side without orders keeps its price, but none
    /// that is better than the newest print.
    pub(super) fn refresh_touch(&mut self, instrument: usize) {
        let market = &self.markets[instrument];
        if market.paper().is_some() || self.matching == Some(instrument) {
            return;
        }
        let (bid, ask) = (
            self.best(instrument, Side::Buy),
            self.best(instrument, Side::Sell),
        );
        let (mut kept_bid, mut kept_ask) = (market.last, market.last);
        if let Some(touch) = market.touch {
            // A side that the other one had pushed starts anew at the newest print.
            let is_pushed = |own: i64, other: i64| touch.bid == touch.ask && own == 0 && other != 0;
            let bid = touch.bid.min(market.last.unwrap_or(touch.bid));
            let ask = touch.ask.max(market.last.unwrap_or(touch.ask));
            if market.last.is_none() || !is_pushed(touch.bid_qty, touch.ask_qty) {
                kept_bid = Some(bid);
            }
            if market.last.is_none() || !is_pushed(touch.ask_qty, touch.bid_qty) {
                kept_ask = Some(ask);
            }
        }
        let bid = bid.or_else(|| {
            let highest = ask.map_or(i64::MAX, |(price, _)| price);
            kept_bid.map(|price| (price.min(highest), 0))
        });
        let ask = ask.or_else(|| {
            let lowest = bid.map_or(i64::MIN, |(price, _)| price);
            kept_ask.map(|price| (price.max(lowest), 0))
        });
        let (Some((bid, bid_qty)), Some((ask, ask_qty))) = (bid, ask) else {
            return;
        };
        let touch = Touch {
            bid,
            bid_qty,
            ask,
            ask_qty,
        };
        let prices = |touch: Touch| (touch.bid, touch.ask);
        // Another size at the same prices is no other mark.
        let is_moved = market.touch.map(prices) != Some(prices(touch));
        if market.touch != Some(touch) {
            self.markets[instrument].touch = Some(touch);
            self.dirty.insert(instrument);
        }
        if is_moved {
            self.markets[instrument].touch_seq = self.seq;
            self.marked.insert(instrument);
        }
    }

    /// The best opposite price, when the market takes orders, something is displayed there, and it is
    /// within a limit.
    pub(super) fn opposite_within(
        &self,
        instrument: usize,
        side: Side,
        limit: Option<i64>,
    ) -> Option<i64> {
        let market = &self.markets[instrument];
        let best = match market.paper() {
            Some(_) => market.touch.map(|touch| touch.opposite(side)),
            None => self.best(instrument, side.opposite()),
        };
        let (price, lots) = best.filter(|_| market.takes())?;
        let is_within = limit.is_none_or(|limit| at_or_better(price, limit, side));
        (lots != 0 && is_within).then_some(price)
    }

    /// Matches an incoming order with the book, as far as its bound goes. What is left stays as it is,
    /// but for what ends an order whatever its kind.
    pub(super) fn match_order(&mut self, id: u64) {
        let Some(order) = self.orders.get(&id).cloned() else {
            return;
        };
        let bound = self.bound(&order);
        if order.request.tif == TimeInForce::FillOrKill
            && (!self.is_fillable(&order, bound) || !self.can_pay_whole(&order))
        {
            return self.end(id, CancelReason::NotFillable);
        }
        self.matching = Some(order.instrument);
        while self.match_front(id, bound) {}
        self.matching = None;
        self.dirty.insert(order.instrument);
        self.refresh_touch(order.instrument);
        // A market order is left with somebody to trade with only beyond the collar.
        let is_left = self
            .orders
            .get(&id)
            .is_some_and(|left| left.leaves() > 0 && left.stage != Stage::Waiting);
        let is_bounded = order.is_market_like()
            && order.cause == FillCause::Order
            && order.request.tif != TimeInForce::FillOrKill;
        let next = self.best(order.instrument, order.side.opposite());
        if let (true, true, Some((price, _)), Some(bound)) = (is_left, is_bounded, next, bound) {
            let grid = &self.markets[order.instrument].instrument;
            let reason = CancelReason::Collar {
                price: grid.price(Ticks(price)),
                bound: grid.price(Ticks(bound)),
            };
            self.end_unfilled(id, reason);
        }
    }

    /// The worst price at which an incoming order trades.
    pub(super) fn bound(&self, order: &Order) -> Option<i64> {
        if order.cause != FillCause::Order {
            return None;
        }
        let collar = self.markets[order.instrument].collar();
        order.limit.or(collar.map(|(low, high)| match order.side {
            Side::Buy => high,
            Side::Sell => low,
        }))
    }

    /// Whether a fill-or-kill order is sure to be filled whole: the match is tried on a copy of the queue, in
    /// which nobody counts whose fill is cut to a position.
    fn is_fillable(&self, order: &Order, bound: Option<i64>) -> bool {
        let mut wanted = order.leaves();
        if self.allowed(order) < wanted {
            return false;
        }
        let mut session = self.markets[order.instrument].session;
        // Of each OCO the order that was met.
        let mut met: BTreeMap<u64, u64> = BTreeMap::new();
        let book = self.book(order.instrument, order.side.opposite());
        let mut queue: VecDeque<Order> = book.into_iter().cloned().collect();
        while let Some(mut maker) = queue.pop_front() {
            let price = maker.limit.unwrap_or_default();
            let band = self.markets[order.instrument].breaker_from(session);
            if bound.is_some_and(|bound| !at_or_better(price, bound, order.side))
                || band.is_some_and(|(low, high)| !(low..=high).contains(&price))
            {
                return false;
            }
            if maker.account == order.account {
                match order.request.self_trade {
                    SelfTrade::Allow => {}
                    SelfTrade::CancelOldest if !self.is_mandatory(&maker) => continue,
                    SelfTrade::CancelNewest
                    | SelfTrade::CancelOldest
                    | SelfTrade::CancelBoth
                    | SelfTrade::Decrement => {
                        return false;
                    }
                }
            }
            if self.allowed(&maker) > 0 {
                session = session.or(Some(price));
            }
            if maker.role == OrderRole::Oco
                && *met.entry(maker.list).or_insert(maker.id) != maker.id
            {
                continue;
            }
            if !self.is_sure(&maker) {
                continue;
            }
            let lots = maker.displayed.min(wanted);
            wanted -= lots;
            if wanted == 0 {
                return true;
            }
            maker.filled += lots;
            if maker.leaves() > 0 {
                let lot_size = self.markets[order.instrument].instrument.lot_size.0;
                maker.displayed = maker.display(lot_size);
                let last = queue.iter().filter(|other| other.limit == maker.limit);
                queue.insert(last.count(), maker);
            }
        }
        false
    }

    /// One meeting of an incoming order with the first of the opposite queue. False when it is over.
    fn match_front(&mut self, id: u64, bound: Option<i64>) -> bool {
        let Some(taker) = self.orders.get(&id).cloned() else {
            return false;
        };
        if taker.leaves() == 0 {
            return false;
        }
        let instrument = taker.instrument;
        let book = self.book(instrument, taker.side.opposite());
        let Some(maker) = book.first().map(|maker| (*maker).clone()) else {
            return false;
        };
        let price = maker.limit.unwrap_or_default();
        if bound.is_some_and(|bound| !at_or_better(price, bound, taker.side)) {
            return false;
        }
        let band = self.markets[instrument].breaker();
        if band.is_some_and(|(low, high)| !(low..=high).contains(&price)) {
            let (low, high) = band.unwrap_or((price, price));
            let grid = &self.markets[instrument].instrument;
            let bound = if price < low { low } else { high };
            let reason = CancelReason::Breaker {
                price: grid.price(Ticks(price)),
                bound: grid.price(Ticks(bound)),
            };
            self.change_status(instrument, InstrumentStatus::Halted, StatusCause::Breaker);
            // What the engine closes goes on with the house.
            if taker.cause == FillCause::Order {
                self.end_unfilled(id, reason);
            }
            return false;
        }
        if maker.account == taker.account && taker.request.self_trade != SelfTrade::Allow {
            let is_stop = matches!(taker.role, OrderRole::CoverStop | OrderRole::StopLoss);
            if is_stop && self.opposing(&taker) == 0 {
                self.end_bounded(id, price);
                return false;
            }
            // Of two stops that neither may end, each closes what the other does.
            if !is_stop || !self.is_mandatory(&maker) {
                return self.prevent(&maker, &taker);
            }
        }
        let maker_lots = self.allowed_at(&maker, price);
        if maker_lots == 0 {
            self.end_bounded(maker.id, price);
            return true;
        }
        let taker_lots = self.allowed_at(&taker, price);
        if taker_lots == 0 {
            self.end_bounded(id, price);
            return false;
        }
        let lots = maker.displayed.min(maker_lots).min(taker_lots);
        self.print_at(instrument, price);
        self.look_at_print(instrument);
        self.trade(&maker, &taker, price, lots, FillModel::Book);
        self.orders.contains_key(&id)
    }

    /// Two orders trade: both fills, then what follows for the first and for the second.
    pub(super) fn trade(
        &mut self,
        first: &Order,
        second: &Order,
        price: i64,
        lots: i64,
        model: FillModel,
    ) {
        for order in [first, second] {
            self.fill(&Execution {
                order: order.id,
                price,
                lots,
                model,
                maker: model == FillModel::Book && order.id == first.id,
            });
        }
        let market = &mut self.markets[first.instrument];
        market.session = market.session.or(Some(price));
        if model == FillModel::Book {
            self.refresh_iceberg(first.id, lots);
        } else {
            self.show_again(first.id);
            self.show_again(second.id);
        }
        let instrument = first.instrument;
        let algos = [algo_of(first), algo_of(second)];
        let taker = (model == FillModel::Book).then_some(algos[1]);
        self.record_print(instrument, lots, algos, taker);
        self.after_fill(first.id, lots);
        self.after_fill(second.id, lots);
    }

    /// A maker shows less; when it shows nothing, its next part goes to the back of the queue.
    fn refresh_iceberg(&mut self, id: u64, lots: i64) {
        let Some(maker) = self.orders.get_mut(&id) else {
            return;
        };
        if maker.stage != Stage::Resting {
            return;
        }
        maker.displayed -= lots;
        if maker.displayed == 0 {
            let lot_size = self.markets[maker.instrument].instrument.lot_size.0;
            maker.displayed = maker.display(lot_size);
            self.rank += 1;
            maker.rank = self.rank;
        }
    }

    /// An iceberg that an auction hit shows its next part, in place.
    fn show_again(&mut self, id: u64) {
        if let Some(order) = self.orders.get_mut(&id)
            && order.stage == Stage::Resting
        {
            let lot_size = self.markets[order.instrument].instrument.lot_size.0;
            order.displayed = order.display(lot_size);
        }
    }

    /// Two orders of one account do not trade. False when the incoming one ended.
    fn prevent(&mut self, maker: &Order, taker: &Order) -> bool {
        let reason = CancelReason::SelfTrade;
        let choice = match taker.role {
            OrderRole::CoverStop | OrderRole::StopLoss => SelfTrade::CancelOldest,
            _ if self.is_mandatory(maker) => SelfTrade::CancelNewest,
            _ => taker.request.self_trade,
        };
        match choice {
            SelfTrade::CancelNewest => self.end(taker.id, reason),
            SelfTrade::CancelOldest | SelfTrade::Allow => self.end(maker.id, reason),
            SelfTrade::CancelBoth => {
                self.end(maker.id, reason);
                self.end(taker.id, reason);
            }
            SelfTrade::Decrement => {
                let lots = maker.leaves().min(taker.leaves());
                self.decrement(maker.id, lots);
                self.decrement(taker.id, lots);
            }
        }
        self.orders.contains_key(&taker.id)
    }

    fn decrement(&mut self, id: u64, lots: i64) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        if order.leaves() <= lots {
            return self.end(id, CancelReason::SelfTrade);
        }
        order.qty -= lots;
        order.displayed = order.displayed.min(order.leaves());
        self.push_amended(id);
    }

    pub(super) fn push_amended(&mut self, id: u64) {
        let Some(order) = self.orders.get(&id) else {
            return;
        };
        let grid = &self.markets[order.instrument].instrument;
        let price = |ticks: Option<i64>| ticks.map_or(types::Price::ZERO, |t| grid.price(Ticks(t)));
        let trigger = order.trigger.filter(|_| order.awaits_trigger());
        let fact = EventKind::OrderAmended {
            account: AccountId(order.account as u32),
            order: OrderId(id),
            qty: grid.qty(Lots(order.qty)),
            price: price(order.limit),
            trigger: price(trigger),
        };
        self.push(fact);
    }
}

/// The algo that an order is a child of; zero for none.
fn algo_of(order: &Order) -> u64 {
    if order.role == OrderRole::Slice {
        order.list
    } else {
        0
    }
}
