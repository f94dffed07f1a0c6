//! Auctions: the call of a crossed instrument ends at the one price that trades most; a paper
//! instrument's orders for the opening and the close take what the outside market shows.

use types::{
    CancelReason, EventKind, FillModel, InstrumentId, InstrumentStatus, Lots, OrderId, Side,
    SignedQty, StatusCause, Ticks,
};

use super::Shard;
use super::algos::Follow;
use super::cascade::Before;
use super::check::is_beyond;
use super::fills::Execution;
use crate::book::{Auction, Uncross, price_of};
use crate::event_buf::EventBuf;
use crate::order::{Form, Stage, Tif};

impl Shard {
    /// An instrument's status changes; auctions are held where it opens or closes.
    pub(super) fn on_status(
        &mut self,
        instrument: InstrumentId,
        status: InstrumentStatus,
        events: &mut EventBuf,
    ) {
        let market = &mut self.markets[instrument.0 as usize];
        if market.status == status {
            return;
        }
        market.status = status;
        let is_crossed = market.is_crossed();
        events.push(EventKind::StatusChanged {
            instrument,
            status,
            cause: StatusCause::Market,
        });
        let auction = match status {
            InstrumentStatus::Open => Some(Tif::AtOpen),
            InstrumentStatus::Closed => Some(Tif::AtClose),
            _ => None,
        };
        match auction {
            Some(tif) if is_crossed => self.uncross(instrument, tif, events),
            Some(Tif::AtClose) => self.close_paper(instrument, events),
            _ => {}
        }
        let market = &mut self.markets[instrument.0 as usize];
        if matches!(status, InstrumentStatus::Closed | InstrumentStatus::PreOpen) {
            market.session = None;
        }
        if status == InstrumentStatus::Open {
            market.opening = !is_crossed && !market.auction.is_empty();
            // What became due while nothing filled is due now.
            self.pending.before = market.touch.map(|touch| Before {
                touch,
                could_fill: false,
            });
            self.note_dirty(instrument);
        }
    }

    /// Matches a call at one price, until the book is not crossed; then the orders of the auction that
    /// are left end.
    fn uncross(&mut self, instrument: InstrumentId, tif: Tif, events: &mut EventBuf) {
        let index = instrument.0 as usize;
        let before = self.pending.matching.replace(instrument);
        // The auction's limit orders stand in the book behind those that were there.
        let waiting = self.auction_ids(instrument);
        for &id in &waiting {
            if let Some(handle) = self.orders.find(id) {
                let order = self.orders.get(handle);
                if order.tif == tif && order.form == Form::Limit {
                    self.withdraw(handle);
                    self.rest(handle, instrument, events);
                }
            }
        }
        while let Some(uncross) = self.find_uncross(instrument, tif) {
            let market = &mut self.markets[index];
            market.print(uncross.price, self.seq);
            market.session = Some(uncross.price);
            let instrument_of = &market.instrument;
            events.push(EventKind::Uncrossed {
                instrument,
                price: instrument_of.price(uncross.price),
                qty: instrument_of.qty(uncross.volume),
                surplus: SignedQty(uncross.surplus.saturating_mul(instrument_of.lot_size.0)),
            });
            self.note_marked(instrument);
            self.look_at_print(instrument, uncross.price);
            self.pair(instrument, tif, uncross.price, events);
            if !self.markets[index].book.is_crossed() {
                break;
            }
        }
        for &id in &waiting {
            if let Some(handle) = self.orders.find(id)
                && self.orders.get(handle).tif == tif
            {
                self.end_order(handle, Some(CancelReason::AuctionOver), events);
            }
        }
        self.pending.auction = waiting;
        self.pending.matching = before;
        self.refresh_touch(instrument);
    }

    /// The ids of the orders that wait for an auction, so that they may end while one goes through
    /// them; the caller gives the list back.
    fn auction_ids(&mut self, instrument: InstrumentId) -> Vec<OrderId> {
        let mut ids = std::mem::take(&mut self.pending.auction);
        ids.clear();
        let waiting = self.markets[instrument.0 as usize].auction.iter();
        ids.extend(waiting.map(|&handle| self.orders.id(handle)));
        ids
    }

    /// The market orders that wait for an auction, and what its price is to be near to.
    fn market_orders(&self, instrument: InstrumentId, tif: Tif) -> Auction {
        let market = &self.markets[instrument.0 as usize];
        let mut auction = Auction {
            reference: market.last,
            market_buy: Lots(0),
            market_sell: Lots(0),
        };
        for &handle in &market.auction {
            let order = self.orders.get(handle);
            if order.tif == tif && order.form == Form::Market {
                let sum = match order.side {
                    Side::Buy => &mut auction.market_buy,
                    Side::Sell => &mut auction.market_sell,
                };
                *sum = sum.saturating_add(order.leaves());
            }
        }
        auction
    }

    /// The auction price of a call as it stands.
    fn find_uncross(&mut self, instrument: InstrumentId, tif: Tif) -> Option<Uncross> {
        let auction = self.market_orders(instrument, tif);
        let market = &self.markets[instrument.0 as usize];
        let orders = &self.orders;
        let hidden =
            |handle: u32| Lots(orders.get(handle).leaves().0 - orders.nodes.get(handle).lots.0);
        let buffer = &mut self.pending.uncross;
        market.book.uncross(&orders.nodes, &auction, hidden, buffer)
    }

    /// The auction price and volume of a call as it stands, for those who watch it.
    pub(crate) fn indicative(&self, instrument: InstrumentId) -> Option<(Ticks, Lots)> {
        let market = &self.markets[instrument.0 as usize];
        let tif = match market.status {
            InstrumentStatus::PreOpen => Tif::AtOpen,
            InstrumentStatus::PreClose => Tif::AtClose,
            _ => return None,
        };
        let auction = self.market_orders(instrument, tif);
        // A copy: whoever watches must not move an order.
        let mut book = Vec::new();
        for &handle in &market.auction {
            let order = self.orders.get(handle);
            if order.tif == tif && order.form != Form::Market {
                book.push((order.side, order.limit, order.leaves()));
            }
        }
        let orders = &self.orders;
        let hidden =
            |handle: u32| Lots(orders.get(handle).leaves().0 - orders.nodes.get(handle).lots.0);
        let mut buffer = crate::book::UncrossBuffer::default();
        if book.is_empty() {
            let uncross = market
                .book
                .uncross(&orders.nodes, &auction, hidden, &mut buffer)?;
            return Some((uncross.price, uncross.volume));
        }
        let mut nodes = crate::book::Nodes::new();
        let mut copy = crate::book::Book::new();
        for side in [Side::Buy, Side::Sell] {
            for (key, ..) in market.book.ladder(side).iter_levels() {
                for handle in market.book.ladder(side).iter_queue(&orders.nodes, key) {
                    book.push((side, price_of(side, key), orders.get(handle).leaves()));
                }
            }
        }
        for (side, price, lots) in book {
            let node = crate::book::Node::new(types::OrderId(0), types::AccountId(0), lots, 0);
            let handle = nodes.insert_node(node);
            copy.insert(&mut nodes, handle, side, price);
        }
        let uncross = copy.uncross(&nodes, &auction, |_| Lots(0), &mut buffer)?;
        Some((uncross.price, uncross.volume))
    }

    /// Pairs buys and sells in priority at one price until one side has none left.
    fn pair(&mut self, instrument: InstrumentId, tif: Tif, price: Ticks, events: &mut EventBuf) {
        loop {
            let Some(buy) = self.next_in_auction(instrument, tif, Side::Buy, price, events) else {
                return;
            };
            let buy_id = self.orders.id(buy);
            let Some(sell) = self.next_in_auction(instrument, tif, Side::Sell, price, events)
            else {
                return;
            };
            // Finding the sell may have ended orders.
            if !self.is_working(buy, buy_id) {
                continue;
            }
            let allowed = [buy, sell].map(|handle| self.allowed_at(handle, price));
            let lots = Lots(allowed[0].min(allowed[1]));
            let sell_id = self.orders.id(sell);
            let execution = Execution {
                price,
                lots,
                maker: false,
                model: FillModel::Auction,
            };
            self.fill_order(buy, execution, events);
            self.fill_order(sell, execution, events);
            if self.markets[instrument.0 as usize].followers > 0 {
                self.print(instrument, lots, [buy, sell], Follow::Now);
            }
            self.show_rest(buy, instrument);
            self.show_rest(sell, instrument);
            self.after_fill(buy, lots, events);
            if self.is_working(sell, sell_id) {
                self.after_fill(sell, lots, events);
            }
        }
    }

    /// The next order of a side that trades at the auction's price. One that must reduce and cannot
    /// ends on the way.
    fn next_in_auction(
        &mut self,
        instrument: InstrumentId,
        tif: Tif,
        side: Side,
        price: Ticks,
        events: &mut EventBuf,
    ) -> Option<u32> {
        loop {
            let market = &self.markets[instrument.0 as usize];
            let at_market = market.auction.iter().copied().find(|&handle| {
                let order = self.orders.get(handle);
                order.tif == tif && order.form == Form::Market && order.side == side
            });
            let next = at_market.or_else(|| {
                let ladder = market.book.ladder(side);
                let best = price_of(side, ladder.best()?);
                // Willing: a buy at the price or above, a sell at it or below.
                let is_willing = !is_beyond(side, price, best);
                ladder.front().filter(|_| is_willing)
            })?;
            if self.allowed_at(next, price) > 0 {
                return Some(next);
            }
            self.end_bounded(next, price, events);
        }
    }

    /// What an order that was filled in an auction shows of the rest; it keeps its place.
    fn show_rest(&mut self, handle: u32, instrument: InstrumentId) {
        let order = *self.orders.get(handle);
        let leaves = order.leaves().0;
        if order.stage != Stage::Resting || leaves == 0 {
            return;
        }
        let display = self.orders.extra(handle).map_or(0, |extra| extra.display.0);
        let shows = if display > 0 {
            display.min(leaves)
        } else {
            leaves
        };
        let less = Lots(self.orders.nodes.get(handle).lots.0 - shows);
        let market = &mut self.markets[instrument.0 as usize];
        let ladder = market.book.ladder_mut(order.side);
        ladder.reduce(&mut self.orders.nodes, handle, less);
        self.note_level(instrument, order.side, order.limit);
    }

    /// Orders for the opening take the first good quote after it.
    pub(super) fn open_paper(&mut self, instrument: InstrumentId, events: &mut EventBuf) {
        if std::mem::take(&mut self.markets[instrument.0 as usize].opening) {
            self.take_auction(instrument, Tif::AtOpen, events);
        }
    }

    /// Orders for the close take the touch as it stands.
    fn close_paper(&mut self, instrument: InstrumentId, events: &mut EventBuf) {
        self.take_auction(instrument, Tif::AtClose, events);
    }

    fn take_auction(&mut self, instrument: InstrumentId, tif: Tif, events: &mut EventBuf) {
        let waiting = self.auction_ids(instrument);
        for &id in &waiting {
            let Some(handle) = self.orders.find(id) else {
                continue;
            };
            if self.orders.get(handle).tif != tif {
                continue;
            }
            self.withdraw(handle);
            let market = &self.markets[instrument.0 as usize];
            if market.touch.is_some() && !market.stale {
                self.take_paper(handle, instrument, events);
            }
            if self.is_working(handle, id) {
                self.end_order(handle, Some(CancelReason::AuctionOver), events);
            }
        }
        self.pending.auction = waiting;
    }
}
