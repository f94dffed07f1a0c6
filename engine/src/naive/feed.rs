//! Market events: quotes, depth, prints, bars, status.

use std::collections::BTreeSet;

use types::{
    Aggressor, BarPath, DepthUpdate, EventKind, InputRejection, InstrumentId, InstrumentStatus,
    Level, MarketChange, MarketData, MarketEvent, Qty, QuoteFault, Side, StatusCause, TimeInForce,
};

use super::Naive;
use super::judge::Cause;
use super::market::Touch;

impl Naive {
    pub(super) fn on_market(&mut self, event: &MarketEvent) {
        let id = event.instrument.0 as usize;
        let Some(market) = self.markets.get(id) else {
            return self.reject(InputRejection::UnknownInstrument);
        };
        let is_crossed = market.paper().is_none();
        match &event.data {
            MarketData::Status(status) => self.on_status(id, *status),
            MarketData::Financing(financing) => self.on_financing(id, financing),
            MarketData::Dividend { per_unit } => self.on_dividend(id, *per_unit),
            MarketData::Split { new, old } => self.on_split(id, *new, *old),
            _ if is_crossed => self.reject(InputRejection::BadQuote(QuoteFault::HasBook)),
            MarketData::Quote(quote) => match market.touch_of(quote) {
                Ok(touch) => self.on_touch(id, touch),
                Err(reason) => self.go_stale(id, reason),
            },
            MarketData::DepthDelta(_) if market.lost => {
                self.reject(InputRejection::BadQuote(QuoteFault::AfterGap));
            }
            MarketData::DepthDelta(update) => self.on_depth(id, update, false),
            MarketData::DepthSnapshot(update) => self.on_depth(id, update, true),
            MarketData::Trade(trade) => match market.ticks(trade.price) {
                Ok(price) => self.on_trade(id, price, trade.qty, trade.aggressor),
                Err(reason) => self.reject(reason),
            },
            MarketData::Gap => self.markets[id].lose(),
            MarketData::Bar(bar) => match market.paper().map(|model| model.bars) {
                Some(BarPath::Walked) => self.walk_bar(id, bar),
                _ => match market.ticks(bar.close) {
                    Ok(close) => self.print_at(id, close),
                    Err(reason) => self.reject(reason),
                },
            },
        }
    }

    /// What the firm says of a market, which is what a feed would say.
    pub(super) fn change_market(&mut self, instrument: InstrumentId, change: &MarketChange) {
        let data = match *change {
            MarketChange::Status(status) => MarketData::Status(status),
            MarketChange::Financing(financing) => MarketData::Financing(financing),
            MarketChange::Dividend { per_unit } => MarketData::Dividend { per_unit },
            MarketChange::Split { new, old } => MarketData::Split { new, old },
        };
        self.on_market(&MarketEvent {
            instrument,
            ts_event: self.ts,
            data,
        });
    }

    fn go_stale(&mut self, id: usize, reason: InputRejection) {
        self.markets[id].stale = true;
        self.reject(reason);
    }

    /// A quote of both sides.
    pub(super) fn on_touch(&mut self, id: usize, touch: Touch) {
        self.set_touch(id, touch);
        for order in self.orders_where(|order| order.instrument == id) {
            let Some(order) = self.orders.get_mut(&order) else {
                continue;
            };
            let (price, lots) = touch.own(order.side);
            if order.limit == Some(price) {
                order.restate_queue(lots, self.markets[id].paper());
            }
        }
        self.lead_queues(id);
    }

    /// The newest print is at this price.
    pub(super) fn print_at(&mut self, id: usize, price: i64) {
        let market = &mut self.markets[id];
        market.last = Some(price);
        market.last_seq = self.seq;
        self.marked.insert(id);
    }

    fn set_touch(&mut self, id: usize, touch: Touch) {
        let market = &mut self.markets[id];
        market.could_fill = market.takes();
        market.before = market.touch.replace(touch);
        market.touch_seq = self.seq;
        (market.stale, market.lost) = (false, false);
        market.cap_consumed(&touch);
        self.dirty.insert(id);
        self.marked.insert(id);
    }

    fn on_depth(&mut self, id: usize, update: &DepthUpdate, whole: bool) {
        let levels_max = self.limits.depth_levels_max as usize;
        let touch = match self.markets[id].set_depth(update, whole, levels_max) {
            Ok(Some(touch)) => touch,
            Ok(None) => return,
            Err(reason) => return self.go_stale(id, reason),
        };
        let tick_size = self.markets[id].instrument.tick_size.0;
        let named = |levels: &[Level]| -> BTreeSet<i64> {
            levels
                .iter()
                .map(|level| level.price.0 / tick_size)
                .collect()
        };
        let (bids, asks) = (named(&update.bids), named(&update.asks));
        let is_stated = |side: Side, price: i64| match side {
            Side::Buy => whole || bids.contains(&price),
            Side::Sell => whole || asks.contains(&price),
        };
        self.set_touch(id, touch);
        for order in self.orders_where(|order| order.instrument == id) {
            let Some(order) = self.orders.get_mut(&order) else {
                continue;
            };
            let market = &self.markets[id];
            let levels = match order.side {
                Side::Buy => &market.bids,
                Side::Sell => &market.asks,
            };
            if let Some(price) = order.limit.filter(|price| is_stated(order.side, *price)) {
                let lots = levels.get(&price).copied().unwrap_or_default();
                order.restate_queue(lots, market.paper());
            }
        }
        self.lead_queues(id);
    }

    fn on_trade(&mut self, id: usize, price: i64, qty: Qty, aggressor: Aggressor) {
        let market = &mut self.markets[id];
        let lots = (qty.0 / market.instrument.lot_size.0).max(0);
        market.could_fill = market.takes();
        market.before = market.touch;
        self.print_at(id, price);
        self.dirty.insert(id);
        self.record_print(id, lots, [0, 0], None);
        if self.markets[id].takes() {
            self.fill_on_print(id, price, lots, aggressor);
        }
    }

    fn on_status(&mut self, id: usize, status: InstrumentStatus) {
        if self.markets[id].status == status {
            return;
        }
        self.change_status(id, status, StatusCause::Market);
        let market = &mut self.markets[id];
        market.could_fill = false;
        market.before = market.touch;
        market.opening = status == InstrumentStatus::Open;
        let is_crossed = market.paper().is_none();
        match status {
            InstrumentStatus::Open if is_crossed => self.auction(id, TimeInForce::AtOpen),
            InstrumentStatus::Closed if is_crossed => self.auction(id, TimeInForce::AtClose),
            InstrumentStatus::Closed => self.take_in_auction(id, TimeInForce::AtClose),
            _ => {}
        }
        if matches!(status, InstrumentStatus::Closed | InstrumentStatus::PreOpen) {
            self.markets[id].session = None;
        }
    }

    pub(super) fn change_status(
        &mut self,
        id: usize,
        status: InstrumentStatus,
        cause: StatusCause,
    ) {
        self.markets[id].status = status;
        self.dirty.insert(id);
        self.push(EventKind::StatusChanged {
            instrument: types::InstrumentId(id as u32),
            status,
            cause,
        });
    }

    /// Everybody who holds the instrument is to be judged.
    pub(super) fn touch_holders(&mut self, id: usize) {
        for account in 0..self.accounts.len() {
            let positions = &self.accounts[account].positions;
            if positions.iter().any(|held| held.instrument == id) {
                self.touch(account, Cause::Mark);
            }
        }
    }
}
