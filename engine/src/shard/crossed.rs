//! The book among participants: price-time priority, icebergs, self-trade prevention, circuit breaker.

use types::{
    CancelReason, EventKind, FillCause, FillModel, InstrumentId, InstrumentStatus, Lots, OrderRole,
    SelfTrade, Side, StatusCause, Ticks,
};

use super::Shard;
use super::algos::Follow;
use super::check::is_beyond;
use super::fills::{ClosingOrder, Execution};
use super::lists::members;
use crate::book::{key_of, price_of};
use crate::event_buf::EventBuf;
use crate::holding::Holding;
use crate::market::{Market, Touch};
use crate::order::{Form, Order, Stage, Tif};

/// How an encounter of two orders of one account ended.
enum Encounter {
    /// The incoming order goes on with the next one.
    GoesOn,
    /// The two trade as orders of two accounts would.
    Trades,
    /// The incoming order is gone.
    Ended,
}

impl Shard {
    /// Matches an incoming order; what is left of it rests or ends. The touch is what it comes to.
    pub(super) fn match_order(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        events: &mut EventBuf,
    ) {
        let before = self.pending.matching.replace(instrument);
        self.match_incoming(handle, instrument, events);
        self.pending.matching = before;
        self.refresh_touch(instrument);
    }

    fn match_incoming(&mut self, handle: u32, instrument: InstrumentId, events: &mut EventBuf) {
        let index = instrument.0 as usize;
        let incoming = *self.orders.get(handle);
        let id = self.orders.id(handle);
        let account = self.orders.nodes.get(handle).account;
        let (side, opposite) = (incoming.side, incoming.side.opposite());
        let bound = match incoming.form {
            Form::Limit => Some(incoming.limit),
            _ => self.markets[index].collar_bound(side),
        };
        if incoming.tif == Tif::FillOrKill
            && !(self.can_fill_whole(handle, instrument, bound)
                && self.can_pay_whole(handle, instrument))
        {
            return self.end_order(handle, Some(CancelReason::NotFillable), events);
        }
        let mut beyond = None;
        loop {
            let ladder = self.markets[index].book.ladder(opposite);
            let (Some(key), Some(maker)) = (ladder.best(), ladder.front()) else {
                break;
            };
            let price = price_of(opposite, key);
            if bound.is_some_and(|bound| is_beyond(side, price, bound)) {
                beyond = bound.map(|bound| (price, bound));
                break;
            }
            if self.markets[index].breaks(price) {
                let reason = self.markets[index].broken_by(price);
                self.halt(instrument, events);
                return self.end_unfilled(handle, instrument, reason, events);
            }
            let node = self.orders.nodes.get(maker);
            let displayed = node.lots.0;
            if node.account == account && incoming.self_trade != SelfTrade::Allow {
                match self.meet_oneself(handle, maker, price, events) {
                    Encounter::GoesOn => continue,
                    Encounter::Trades => {}
                    Encounter::Ended => return,
                }
            }
            let allowed = self.allowed_at(maker, price);
            if allowed == 0 {
                self.end_bounded(maker, price, events);
                continue;
            }
            let wanted = self.allowed_at(handle, price);
            if wanted == 0 {
                return self.end_bounded(handle, price, events);
            }
            let lots = Lots(displayed.min(allowed).min(wanted));
            // Whoever is behind in the queue is met next.
            let behind = self.orders.nodes.behind(maker);
            self.orders.fetch(behind);
            let market = &mut self.markets[index];
            market.print(price, self.seq);
            market.session.get_or_insert(price);
            self.note_marked(instrument);
            self.look_at_print(instrument, price);
            self.fill_both([maker, handle], price, lots, events);
            self.fetch_maker(behind);
            if market_has_followers(&self.markets[index]) {
                let follow = if self.is_follower(handle) {
                    Follow::Next
                } else {
                    Follow::Now
                };
                self.print(instrument, lots, [maker, handle], follow);
            }
            self.show_next(maker, instrument, lots);
            self.after_fill(maker, lots, events);
            // Nothing but its own last lot ends an order that is in no list.
            if incoming.role == OrderRole::Alone {
                if self.orders.get(handle).leaves().0 == 0 {
                    return self.end_order(handle, None, events);
                }
                continue;
            }
            // The maker may be of the incoming order's own list.
            if !self.is_working(handle, id) {
                break;
            }
            self.after_fill(handle, lots, events);
            if !self.is_working(handle, id) || self.orders.get(handle).stage != Stage::Entering {
                break;
            }
        }
        if self.is_working(handle, id) && self.orders.get(handle).stage == Stage::Entering {
            self.leave_rest(handle, instrument, beyond, events);
        }
    }

    /// What the market has not given rests or ends. `beyond`: a price of the book that the order's bound, which
    /// follows, does not reach.
    fn leave_rest(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        beyond: Option<(Ticks, Ticks)>,
        events: &mut EventBuf,
    ) {
        let order = self.orders.get(handle);
        if order.form == Form::Limit && !order.tif.is_immediate() {
            return self.rest(handle, instrument, events);
        }
        let reason = match (order.tif, order.form, beyond) {
            (Tif::FillOrKill, ..) => CancelReason::NotFillable,
            (_, Form::Market, Some((price, bound))) => {
                self.markets[instrument.0 as usize].collared(price, bound)
            }
            _ => CancelReason::NotMarketable,
        };
        self.end_unfilled(handle, instrument, reason, events);
    }

    /// Whether a handle is still of this order.
    #[inline]
    pub(super) fn is_working(&self, handle: u32, id: types::OrderId) -> bool {
        self.orders.nodes.is_used(handle) && self.orders.id(handle) == id
    }

    /// Leaves of an order; of one whose fills are cut, what it may still reduce.
    #[inline]
    pub(super) fn allowed(&self, handle: u32) -> i64 {
        let order = self.orders.get(handle);
        let leaves = order.leaves().0;
        if order.flags.is_cut() {
            self.reducible(order, leaves)
        } else {
            leaves
        }
    }

    /// Leaves of an order; of one whose fills are cut, what position and cash leave of them at this price.
    #[inline]
    pub(super) fn allowed_at(&self, handle: u32, price: Ticks) -> i64 {
        let order = self.orders.get(handle);
        if order.flags.is_bounded() {
            self.bounded(handle, price)
        } else {
            order.leaves().0
        }
    }

    /// The part of an order's leaves that the position leaves to reduce.
    #[cold]
    #[inline(never)]
    fn reducible(&self, order: &Order, leaves: i64) -> i64 {
        let holding = self.holdings.get(order.holding);
        leaves.min(holding.closable(order.side).0)
    }

    /// Takes what was filled of a maker from the book; an iceberg whose tip is gone shows the next one
    /// at the back of its queue. A maker without leaves is taken out when it ends.
    #[inline(always)]
    fn show_next(&mut self, maker: u32, instrument: InstrumentId, lots: Lots) {
        if self.orders.get(maker).leaves().0 != 0 {
            self.show_left(maker, instrument, lots);
        }
    }

    #[inline(never)]
    fn show_left(&mut self, maker: u32, instrument: InstrumentId, lots: Lots) {
        let order = self.orders.get(maker);
        let (side, limit, leaves) = (order.side, order.limit, order.leaves().0);
        let displayed = self.orders.nodes.get(maker).lots.0 - lots.0;
        let ladder = self.markets[instrument.0 as usize].book.ladder_mut(side);
        if displayed > 0 {
            ladder.reduce(&mut self.orders.nodes, maker, lots);
        } else {
            let display = self.orders.extra(maker).map_or(0, |extra| extra.display.0);
            let next = Lots(display.min(leaves));
            ladder.refresh(&mut self.orders.nodes, maker, next);
        }
        self.note_level(instrument, side, limit);
    }

    #[cold]
    #[inline(never)]
    fn meet_oneself(
        &mut self,
        handle: u32,
        maker: u32,
        price: Ticks,
        events: &mut EventBuf,
    ) -> Encounter {
        const REASON: Option<CancelReason> = Some(CancelReason::SelfTrade);
        let id = self.orders.id(handle);
        let order = self.orders.get(handle);
        let mode = order.self_trade;
        let is_stop = matches!(order.role, OrderRole::CoverStop | OrderRole::StopLoss);
        // What has nothing to close would not trade, and ends nobody.
        if is_stop && !self.closes_something(handle) {
            self.end_bounded(handle, price, events);
            return Encounter::Ended;
        }
        // What is mandatory does not end for it: of two stops each closes what the other does.
        let mode = match (is_stop, self.is_mandatory(maker)) {
            (true, true) => SelfTrade::Allow,
            (true, false) => SelfTrade::CancelOldest,
            (false, true) => SelfTrade::CancelNewest,
            (false, false) => mode,
        };
        match mode {
            SelfTrade::Allow => return Encounter::Trades,
            SelfTrade::CancelNewest => self.end_order(handle, REASON, events),
            SelfTrade::CancelOldest => self.end_order(maker, REASON, events),
            SelfTrade::CancelBoth => {
                self.end_order(maker, REASON, events);
                if self.is_working(handle, id) {
                    self.end_order(handle, REASON, events);
                }
            }
            SelfTrade::Decrement => {
                let ours = self.orders.get(handle).leaves().0;
                let theirs = self.orders.get(maker).leaves().0;
                let less = Lots(ours.min(theirs));
                self.decrement(maker, less, events);
                if self.is_working(handle, id) {
                    self.decrement(handle, less, events);
                }
            }
        }
        if self.is_working(handle, id) {
            Encounter::GoesOn
        } else {
            Encounter::Ended
        }
    }

    fn decrement(&mut self, handle: u32, lots: Lots, events: &mut EventBuf) {
        if self.orders.get(handle).leaves() == lots {
            self.end_order(handle, Some(CancelReason::SelfTrade), events);
        } else {
            self.cut(handle, lots);
            self.push_amended(handle, events);
        }
    }

    /// Whether others are sure to give all of an order within its bound: counted as the match would go, so that
    /// what would stop it ends the count.
    #[cold]
    #[inline(never)]
    fn can_fill_whole(&self, handle: u32, instrument: InstrumentId, bound: Option<Ticks>) -> bool {
        let market = &self.markets[instrument.0 as usize];
        let order = self.orders.get(handle);
        let wanted = order.leaves().0;
        if self.allowed(handle) < wanted {
            return false;
        }
        let account = self.orders.nodes.get(handle).account;
        let opposite = order.side.opposite();
        let ladder = market.book.ladder(opposite);
        let mut session = market.session;
        let mut sure = 0_i64;
        for (key, ..) in ladder.iter_levels() {
            let price = price_of(opposite, key);
            if bound.is_some_and(|bound| is_beyond(order.side, price, bound))
                || market.breaks_from(session, price)
            {
                return false;
            }
            // What an iceberg hides has its turn after what all others of the level show.
            let mut hidden = 0_i64;
            for maker in ladder.iter_queue(&self.orders.nodes, key) {
                let node = self.orders.nodes.get(maker);
                if node.account == account && order.self_trade != SelfTrade::Allow {
                    if order.self_trade == SelfTrade::CancelOldest && !self.is_mandatory(maker) {
                        continue;
                    }
                    return false;
                }
                // The first trade of a session is what its breaker refers to.
                if session.is_none() && self.allowed(maker) > 0 {
                    session = Some(price);
                }
                let other = self.orders.get(maker);
                if !self.is_sure(other) || self.follows_sibling(maker) {
                    continue;
                }
                sure = sure.saturating_add(node.lots.0);
                hidden = hidden.saturating_add(other.leaves().0 - node.lots.0);
                if sure >= wanted {
                    return true;
                }
            }
            sure = sure.saturating_add(hidden);
            if sure >= wanted {
                return true;
            }
        }
        false
    }

    /// Whether another order of a resting one's OCO stands before it on the same side, so that this one is
    /// gone by the time that an incoming order gets to it.
    fn follows_sibling(&self, handle: u32) -> bool {
        let order = self.orders.get(handle);
        let Some(extra) = self.orders.extra(handle) else {
            return false;
        };
        if order.role != OrderRole::Oco {
            return false;
        }
        let market = self.market_of(self.holdings.get(order.holding));
        let ladder = market.book.ladder(order.side);
        members(extra).any(|sibling| {
            let Some(sibling) = self.orders.find(sibling).filter(|&found| found != handle) else {
                return false;
            };
            let other = self.orders.get(sibling);
            if other.stage != Stage::Resting || other.side != order.side {
                return false;
            }
            if other.limit != order.limit {
                return is_beyond(order.side, other.limit, order.limit);
            }
            let mut queue = ladder.iter_queue(&self.orders.nodes, key_of(order.side, order.limit));
            queue.find(|&maker| maker == handle || maker == sibling) == Some(sibling)
        })
    }

    fn halt(&mut self, instrument: InstrumentId, events: &mut EventBuf) {
        self.markets[instrument.0 as usize].status = InstrumentStatus::Halted;
        events.push(EventKind::StatusChanged {
            instrument,
            status: InstrumentStatus::Halted,
            cause: StatusCause::Breaker,
        });
    }

    /// Sweeps the book to close (a part of) a position for the engine; says what is left.
    pub(super) fn sweep(&mut self, holding: u32, cause: FillCause, events: &mut EventBuf) {
        let held = *self.holdings.get(holding);
        let instrument = held.instrument;
        let index = instrument.0 as usize;
        let opposite = if held.lots.0 > 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let house = self.house_price(&held);
        let mut closing = ClosingOrder::new(cause, held.lots);
        let before = self.pending.matching.replace(instrument);
        while closing.leaves.0 > 0 && self.markets[index].status == InstrumentStatus::Open {
            let ladder = self.markets[index].book.ladder(opposite);
            let (Some(key), Some(maker)) = (ladder.best(), ladder.front()) else {
                break;
            };
            let price = price_of(opposite, key);
            if self.markets[index].breaks(price) {
                self.halt(instrument, events);
                break;
            }
            let node = self.orders.nodes.get(maker);
            if node.account == held.account {
                self.end_order(maker, Some(CancelReason::SelfTrade), events);
                continue;
            }
            let displayed = node.lots.0;
            let price = price_of(opposite, key);
            let allowed = self.allowed_at(maker, price);
            if allowed == 0 {
                self.end_bounded(maker, price, events);
                continue;
            }
            let lots = Lots(displayed.min(allowed).min(closing.leaves.0));
            let market = &mut self.markets[index];
            market.print(price, self.seq);
            market.session.get_or_insert(price);
            self.note_marked(instrument);
            self.look_at_print(instrument, price);
            let mut execution = Execution {
                price,
                lots,
                maker: true,
                model: FillModel::Book,
            };
            self.fill_order(maker, execution, events);
            execution.maker = false;
            self.fill_liquidation(holding, execution, &mut closing, events);
            self.print(instrument, lots, [maker, maker], Follow::Now);
            self.show_next(maker, instrument, lots);
            self.after_fill(maker, lots, events);
        }
        if closing.leaves.0 > 0 {
            let execution = Execution {
                price: house,
                lots: closing.leaves,
                maker: false,
                model: FillModel::House,
            };
            self.fill_liquidation(holding, execution, &mut closing, events);
        }
        self.pending.matching = before;
        self.refresh_touch(instrument);
    }

    /// What the house gives for a position of a book: its mark, but no more than the newest print, nor than what
    /// somebody else shows, so that nobody sets it with an order of his own.
    fn house_price(&self, held: &Holding) -> Ticks {
        let market = &self.markets[held.instrument.0 as usize];
        let mark = market.closing(held.lots).unwrap_or(Ticks(0));
        let side = if held.lots.0 > 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let ladder = market.book.ladder(side);
        let others = ladder.iter_levels().find_map(|(key, ..)| {
            let mut queue = ladder.iter_queue(&self.orders.nodes, key);
            queue
                .any(|maker| self.orders.nodes.get(maker).account != held.account)
                .then(|| price_of(side, key))
        });
        let bounds = [market.last, others].into_iter().flatten();
        bounds.fold(mark, |worst, price| match side {
            Side::Buy => worst.min(price),
            Side::Sell => worst.max(price),
        })
    }

    /// Brings the touch of a crossed instrument in line with its book.
    #[inline(never)]
    pub(super) fn refresh_touch(&mut self, instrument: InstrumentId) {
        let market = &mut self.markets[instrument.0 as usize];
        if !market.is_crossed() || self.pending.matching == Some(instrument) {
            return;
        }
        let (bid, ask) = (market.book.best(Side::Buy), market.book.best(Side::Sell));
        let before = market.touch;
        let prices = match (bid, ask) {
            (Some(bid), Some(ask)) => Some((bid, ask)),
            _ => market.kept_prices(bid, ask),
        };
        let Some((bid_price, ask_price)) = prices else {
            // Nothing was ever printed here, so that nobody holds anything.
            return;
        };
        let touch = Touch {
            bid: bid_price,
            bid_qty: market.book.ladder(Side::Buy).best_lots(),
            ask: ask_price,
            ask_qty: market.book.ladder(Side::Sell).best_lots(),
        };
        market.touch = Some(touch);
        let has_moved =
            before.is_none_or(|before| before.bid != touch.bid || before.ask != touch.ask);
        if has_moved {
            market.touch_seq = self.seq;
            self.note_marked(instrument);
        }
        // A trade at an unchanged touch moves the newest print, and a side that shows something again
        // may reach a trigger.
        if self.has_waiting(instrument) {
            self.note_dirty(instrument);
        }
    }
}

impl Market {
    /// The prices of a touch of which a side is empty: it keeps its last one, but never crosses the other, and is
    /// no better than the newest print.
    #[cold]
    #[inline(never)]
    fn kept_prices(&self, bid: Option<Ticks>, ask: Option<Ticks>) -> Option<(Ticks, Ticks)> {
        let (kept_bid, kept_ask) = (self.kept_price(Side::Buy), self.kept_price(Side::Sell));
        let bid = bid.or_else(|| kept_bid.map(|kept| ask.map_or(kept, |ask| kept.min(ask))));
        let ask = ask.or_else(|| kept_ask.map(|kept| bid.map_or(kept, |bid| kept.max(bid))));
        bid.zip(ask)
    }

    /// What a side keeps that shows nothing, whatever the other one shows.
    fn kept_price(&self, side: Side) -> Option<Ticks> {
        let (Some(touch), Some(last)) = (&self.touch, self.last) else {
            return self.touch.map(|touch| touch.price(side)).or(self.last);
        };
        // Where the other side had come to it, that is over with what stood there.
        let is_pushed =
            touch.bid == touch.ask && touch.qty(side).0 == 0 && touch.opposite_qty(side).0 != 0;
        Some(match side {
            _ if is_pushed => last,
            Side::Buy => touch.bid.min(last),
            Side::Sell => touch.ask.max(last),
        })
    }
}

const fn market_has_followers(market: &Market) -> bool {
    market.followers > 0
}
