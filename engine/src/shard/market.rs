//! Market events: what the outside market shows, and what that makes due.

use types::{
    DepthUpdate, InputRejection, InstrumentId, Lots, MarketData, MarketEvent, Price, Qty, Quote,
    Side, Ticks, Trade,
};

use super::Shard;
use super::algos::Follow;
use super::registry::reject;
use crate::depth::DepthLevel;
use crate::event_buf::EventBuf;
use crate::market::{Market, Touch};

impl Shard {
    #[inline(never)]
    pub(super) fn on_market(&mut self, event: &MarketEvent, events: &mut EventBuf) {
        self.market_events += 1;
        self.last_market = self.seq;
        let id = event.instrument;
        let Some(market) = self.markets.get_mut(id.0 as usize) else {
            return reject(events, InputRejection::UnknownInstrument);
        };
        let is_outside = matches!(
            event.data,
            MarketData::Quote(_)
                | MarketData::Trade(_)
                | MarketData::DepthDelta(_)
                | MarketData::DepthSnapshot(_)
                | MarketData::Bar(_)
                | MarketData::Gap
        );
        if is_outside && market.is_crossed() {
            return reject(events, InputRejection::BadQuote);
        }
        match &event.data {
            MarketData::Quote(quote) => match touch_of(market, quote) {
                Ok(touch) => {
                    market.ts = event.ts_event;
                    self.on_touch(id, touch, events);
                }
                Err(reason) => {
                    market.stale = true;
                    reject(events, reason);
                }
            },
            MarketData::Trade(trade) => self.on_trade(event, trade, events),
            MarketData::DepthDelta(update) => self.on_depth(id, event, update, false, events),
            MarketData::DepthSnapshot(update) => self.on_depth(id, event, update, true, events),
            MarketData::Bar(bar) => {
                let is_walked = market
                    .paper()
                    .is_some_and(|model| model.bars == types::BarPath::Walked);
                if is_walked {
                    market.ts = event.ts_event;
                    return self.walk_bar(id, bar, events);
                }
                match market.instrument.ticks(bar.close) {
                    Ok(close) => {
                        market.print(close, self.seq);
                        market.ts = event.ts_event;
                        self.note_marked(id);
                    }
                    Err(_) => reject(events, InputRejection::OffGrid),
                }
            }
            MarketData::Status(status) => self.on_status(id, *status, events),
            MarketData::Financing(financing) => self.book_financing(id, financing, events),
            MarketData::Dividend { per_unit } => self.book_dividend(id, *per_unit, events),
            MarketData::Split { new, old } => self.split(id, *new, *old, events),
            MarketData::Gap => {
                market.ts = event.ts_event;
                market.stale = true;
                market.lost = true;
                market.depth.clear();
            }
        }
    }

    fn on_trade(&mut self, event: &MarketEvent, trade: &Trade, events: &mut EventBuf) {
        let id = event.instrument;
        let market = &mut self.markets[id.0 as usize];
        let Ok(price) = market.instrument.ticks(trade.price) else {
            return reject(events, InputRejection::OffGrid);
        };
        market.print(price, self.seq);
        market.ts = event.ts_event;
        let lots = Lots(trade.qty.0.max(0) / market.instrument.lot_size.0);
        self.pending.before = market.touch;
        self.fill_prints(id, price, lots, trade.aggressor, events);
        self.count_volume(id, lots, [types::OrderId(0); 2], Follow::Now);
        self.note_dirty(id);
        self.note_marked(id);
    }

    fn on_depth(
        &mut self,
        id: InstrumentId,
        event: &MarketEvent,
        update: &DepthUpdate,
        is_snapshot: bool,
        events: &mut EventBuf,
    ) {
        let levels_max = self.limits.depth_levels_max;
        let market = &mut self.markets[id.0 as usize];
        if market.lost && !is_snapshot {
            return reject(events, InputRejection::BadQuote);
        }
        // Checked first, so that an update that is off the grid leaves the book as it was.
        for level in update.bids.iter().chain(&update.asks) {
            if let Err(reason) = grid(market, level.price, level.qty) {
                market.stale = true;
                return reject(events, reason);
            }
        }
        if is_snapshot {
            market.depth.clear();
        }
        let sides = [(Side::Buy, &update.bids), (Side::Sell, &update.asks)];
        for (side, levels) in sides {
            for level in levels {
                let Ok((price, qty)) = grid(market, level.price, level.qty) else {
                    continue;
                };
                if market
                    .depth
                    .set(side, DepthLevel { price, qty }, levels_max)
                    .is_err()
                {
                    market.stale = true;
                    return reject(events, InputRejection::LimitReached);
                }
            }
        }
        market.ts = event.ts_event;
        // A side that shows nothing keeps its last price, and displays nothing there.
        let kept = |price| DepthLevel {
            price,
            qty: Lots(0),
        };
        let bid = market.depth.best(Side::Buy);
        let ask = market.depth.best(Side::Sell);
        let bid = bid.or(market.touch.map(|touch| kept(touch.bid)));
        let ask = ask.or(market.touch.map(|touch| kept(touch.ask)));
        let crossed = matches!((bid, ask), (Some(bid), Some(ask)) if bid.price > ask.price);
        if crossed {
            market.stale = true;
            return reject(events, InputRejection::BadQuote);
        }
        self.restate(id, update, is_snapshot);
        let (Some(bid), Some(ask)) = (bid, ask) else {
            return;
        };
        let touch = Touch {
            bid: bid.price,
            bid_qty: bid.qty,
            ask: ask.price,
            ask_qty: ask.qty,
        };
        self.replace_touch(id, touch);
    }

    /// Levels that the market states again: nothing is taken from them, and queues are what they show.
    fn restate(&mut self, id: InstrumentId, update: &DepthUpdate, is_snapshot: bool) {
        let market = &mut self.markets[id.0 as usize];
        if is_snapshot {
            market.consumed.clear();
            return self.restate_all_queues(id);
        }
        let sides = [(Side::Buy, &update.bids), (Side::Sell, &update.asks)];
        for (side, levels) in sides {
            for level in levels {
                let market = &mut self.markets[id.0 as usize];
                let price = Ticks(level.price.0 / market.instrument.tick_size.0);
                market.forget_consumed(side, price);
                let shown = market.depth.qty_at(side, price);
                self.restate_queue(id, side, price, shown);
            }
        }
    }

    /// A quote: both sides are stated again.
    #[inline]
    pub(super) fn on_touch(&mut self, id: InstrumentId, touch: Touch, _: &mut EventBuf) {
        let market = &mut self.markets[id.0 as usize];
        market.consumed.clear();
        let rests =
            !market.book.ladder(Side::Buy).is_empty() || !market.book.ladder(Side::Sell).is_empty();
        if rests {
            for side in [Side::Buy, Side::Sell] {
                self.restate_queue(id, side, touch.price(side), touch.qty(side));
            }
        }
        self.replace_touch(id, touch);
    }

    /// The touch is this from now on, and good.
    #[inline]
    fn replace_touch(&mut self, id: InstrumentId, touch: Touch) {
        let market = &mut self.markets[id.0 as usize];
        let before = market.touch.replace(touch);
        market.touch_seq = self.seq;
        market.stale = false;
        market.lost = false;
        self.pending.before = before;
        self.lead_queues(id);
        self.note_dirty(id);
        self.note_marked(id);
    }
}

fn grid(market: &Market, price: Price, qty: Qty) -> Result<(Ticks, Lots), InputRejection> {
    let price = market
        .instrument
        .ticks(price)
        .map_err(|_| InputRejection::OffGrid)?;
    let qty = market
        .instrument
        .lots(qty)
        .map_err(|_| InputRejection::OffGrid)?;
    if qty.0 < 0 {
        Err(InputRejection::BadQuote)
    } else {
        Ok((price, qty))
    }
}

fn touch_of(market: &Market, quote: &Quote) -> Result<Touch, InputRejection> {
    let (bid, bid_qty) = grid(market, quote.bid, quote.bid_qty)?;
    let (ask, ask_qty) = grid(market, quote.ask, quote.ask_qty)?;
    if bid > ask {
        return Err(InputRejection::BadQuote);
    }
    Ok(Touch {
        bid,
        bid_qty,
        ask,
        ask_qty,
    })
}
