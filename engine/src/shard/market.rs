//! Market events: a new touch makes orders due, marks positions and finds the accounts to judge.

use types::{
    DepthUpdate, EventKind, InputRejection, InstrumentId, InstrumentStatus, Lots, MarketData,
    MarketEvent, Price, Qty, Quote, Side, Ticks,
};

use super::registry::reject;
use super::{Shard, Touched};
use crate::depth::DepthLevel;
use crate::event_buf::EventBuf;
use crate::market::{Market, Touch};
use crate::position;

impl Shard {
    pub(super) fn on_market(&mut self, event: &MarketEvent, events: &mut EventBuf) {
        self.market_events += 1;
        self.last_market = self.seq;
        let id = event.instrument;
        let Some(market) = self.markets.get_mut(id.0 as usize) else {
            return reject(events, InputRejection::UnknownInstrument);
        };
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
            MarketData::Trade(trade) => match market.instrument.ticks(trade.price) {
                Ok(price) => {
                    market.last = Some(price);
                    market.ts = event.ts_event;
                }
                Err(_) => reject(events, InputRejection::OffGrid),
            },
            MarketData::DepthDelta(update) => self.on_depth(id, event, update, false, events),
            MarketData::DepthSnapshot(update) => self.on_depth(id, event, update, true, events),
            MarketData::Bar(bar) => match market.instrument.ticks(bar.close) {
                Ok(close) => {
                    market.last = Some(close);
                    market.ts = event.ts_event;
                }
                Err(_) => reject(events, InputRejection::OffGrid),
            },
            MarketData::Status(status) => self.on_status(id, *status, events),
        }
    }

    fn on_status(&mut self, id: InstrumentId, status: InstrumentStatus, events: &mut EventBuf) {
        let market = &mut self.markets[id.0 as usize];
        if market.status == status {
            return;
        }
        market.status = status;
        events.push(EventKind::StatusChanged {
            instrument: id,
            status,
        });
        // What became due while nothing filled is due now.
        if let Some(touch) = market.fillable().copied() {
            self.on_touch(id, touch, events);
        }
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
        let (Some(bid), Some(ask)) = (bid, ask) else {
            return;
        };
        if bid.price > ask.price {
            market.stale = true;
            return reject(events, InputRejection::BadQuote);
        }
        let touch = Touch {
            bid: bid.price,
            bid_qty: bid.qty,
            ask: ask.price,
            ask_qty: ask.qty,
        };
        self.on_touch(id, touch, events);
    }

    fn on_touch(&mut self, id: InstrumentId, touch: Touch, events: &mut EventBuf) {
        let market = &mut self.markets[id.0 as usize];
        let before = market.touch.replace(touch);
        market.stale = false;
        self.scratch.touched.clear();
        if market.status == InstrumentStatus::Open {
            let mut due = std::mem::take(&mut self.scratch.due);
            market.waiting.take_due(&touch, &mut due);
            for waiter in &due {
                self.execute_due(waiter.handle, &touch, before.as_ref(), events);
            }
            self.scratch.due = due;
        }
        self.mark(id, &touch);
        self.judge_touched(events);
    }

    /// Marks every position in the instrument. An account whose new equity violates nothing and
    /// moves nothing is done here; the others are left in `touched`.
    fn mark(&mut self, id: InstrumentId, touch: &Touch) {
        let market = &self.markets[id.0 as usize];
        for &handle in &market.exposed {
            let position = self.positions.get_mut(handle);
            let mark = touch.mark(position.lots);
            let value = position::value(mark, position.lots, market.tick_value);
            let unrealised = value.0.saturating_sub(position.cost.0);
            let account = &mut self.accounts[position.account.0 as usize];
            account.unrealised.0 = account
                .unrealised
                .0
                .saturating_add(unrealised.saturating_sub(position.unrealised.0));
            position.unrealised.0 = unrealised;
            let equity = account.equity();
            if account.is_trading() && !account.rules.is_quiet(equity, account.day_locked) {
                self.scratch.touched.push(Touched {
                    account: position.account,
                    booked: false,
                });
            } else if let Some(place) = account.entry {
                let contest = &mut self.contests[place.competition.0 as usize];
                contest.entries[place.index as usize]
                    .entry
                    .observe(equity, self.ts);
            }
        }
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
