//! Market events: what the outside market shows, and what that makes due.

use types::{
    DepthUpdate, GridFault, InputRejection, InstrumentId, Level, LimitName, Lots, MarketChange,
    MarketData, MarketEvent, Price, Qty, Quote, QuoteFault, Seq, Side, Ticks, Trade,
};

use super::Shard;
use super::algos::Follow;
use super::cascade::{Before, note};
use super::registry::reject;
use crate::depth::{DepthFull, DepthLevel};
use crate::event_buf::EventBuf;
use crate::high_water::Best;
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
            return reject(events, InputRejection::BadQuote(QuoteFault::HasBook));
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
                match market.ticks(bar.close) {
                    Ok(close) => {
                        market.print(close, self.seq);
                        market.ts = event.ts_event;
                        self.note_marked(id);
                    }
                    Err(reason) => reject(events, reason),
                }
            }
            MarketData::Status(status) => self.on_status(id, *status, events),
            MarketData::Financing(financing) => self.book_financing(id, financing, events),
            MarketData::Dividend { per_unit } => self.book_dividend(id, *per_unit, events),
            MarketData::Split { new, old } => self.split(id, *new, *old, events),
            MarketData::Gap => {
                market.ts = event.ts_event;
                market.lose_depth();
            }
        }
    }

    /// What the firm says of a market. It is no market data: a source that counts those does not see it.
    #[cold]
    #[inline(never)]
    pub(super) fn change_market(
        &mut self,
        id: InstrumentId,
        change: &MarketChange,
        events: &mut EventBuf,
    ) {
        if id.0 as usize >= self.markets.len() {
            return reject(events, InputRejection::UnknownInstrument);
        }
        match change {
            MarketChange::Status(status) => self.on_status(id, *status, events),
            MarketChange::Financing(financing) => self.book_financing(id, financing, events),
            MarketChange::Dividend { per_unit } => self.book_dividend(id, *per_unit, events),
            MarketChange::Split { new, old } => self.split(id, *new, *old, events),
        }
    }

    fn on_trade(&mut self, event: &MarketEvent, trade: &Trade, events: &mut EventBuf) {
        let id = event.instrument;
        let market = &mut self.markets[id.0 as usize];
        let price = match market.ticks(trade.price) {
            Ok(price) => price,
            Err(reason) => return reject(events, reason),
        };
        market.print(price, self.seq);
        market.ts = event.ts_event;
        let lots = market.whole_lots(trade.qty);
        self.pending.before = market.before();
        if market.book.has_orders() {
            self.fill_prints(id, price, lots, trade.aggressor, events);
        }
        self.count_volume(id, lots, [types::OrderId(0); 2], Follow::Now);
        self.note_outside(id);
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
            return reject(events, InputRejection::BadQuote(QuoteFault::AfterGap));
        }
        // What most updates are.
        let one = match (&*update.bids, &*update.asks) {
            ([level], []) if !is_snapshot => Some((Side::Buy, level)),
            ([], [level]) if !is_snapshot => Some((Side::Sell, level)),
            _ => None,
        };
        let set = match one {
            Some((side, level)) => market.set_level(side, level, levels_max),
            None => market.set_levels(update, is_snapshot, levels_max),
        };
        let touch = set.and_then(|()| {
            market.ts = event.ts_event;
            market.displayed_touch()
        });
        let touch = match touch {
            Ok(touch) => touch,
            Err(reason) => {
                market.stale = true;
                if matches!(reason, InputRejection::LimitReached { .. }) {
                    // What did not fit is missing from all that follows.
                    market.lose_depth();
                }
                return reject(events, reason);
            }
        };
        match one {
            Some((side, level)) => self.restate_level(id, side, level.price),
            None => self.restate(id, update, is_snapshot),
        }
        if let Some(touch) = touch {
            self.replace_touch(id, touch);
            self.markets[id.0 as usize].cap_consumed();
        }
    }

    /// Levels that the market states again: queues are what they show.
    fn restate(&mut self, id: InstrumentId, update: &DepthUpdate, is_snapshot: bool) {
        if is_snapshot {
            return self.restate_all_queues(id);
        }
        let sides = [(Side::Buy, &update.bids), (Side::Sell, &update.asks)];
        for (side, levels) in sides {
            for level in levels {
                self.restate_level(id, side, level.price);
            }
        }
    }

    #[inline]
    fn restate_level(&mut self, id: InstrumentId, side: Side, price: Price) {
        let market = &self.markets[id.0 as usize];
        if market.book.ladder(side).is_empty() {
            return;
        }
        if let Ok(price) = market.ticks(price) {
            self.restate_depth(id, side, price);
        }
    }

    /// A quote: both sides are stated again.
    #[inline]
    pub(super) fn on_touch(&mut self, id: InstrumentId, touch: Touch, _: &mut EventBuf) {
        let market = &self.markets[id.0 as usize];
        let shows_less = !market.consumed.is_empty() && market.shows_less(&touch);
        if market.book.has_orders() {
            for side in [Side::Buy, Side::Sell] {
                self.restate_queue(id, side, touch.price(side), touch.qty(side));
            }
        }
        self.replace_touch(id, touch);
        if shows_less {
            self.markets[id.0 as usize].cap_consumed();
        }
    }

    /// The touch is this from now on, and good.
    #[inline(always)]
    fn replace_touch(&mut self, id: InstrumentId, touch: Touch) {
        let market = &mut self.markets[id.0 as usize];
        let rests = market.book.has_orders();
        self.pending.before = market.show(touch, self.seq);
        if rests {
            self.lead_queues(id);
        }
        self.note_outside(id);
    }

    /// The outside market changed: what that makes due is noted. Most events make nothing due and concern no position,
    /// and are over with this.
    #[inline(always)]
    fn note_outside(&mut self, id: InstrumentId) {
        let market = &self.markets[id.0 as usize];
        if !self.pending.is_empty() || market.may_fill() {
            self.note_dirty(id);
            return self.note_marked(id);
        }
        let Some(touch) = market.touch else {
            return self.note_marked(id);
        };
        let path = MarkPath::of(&touch);
        if self.concerns_nobody(id, path) {
            self.note_best(id, path);
        } else {
            self.note_marked(id);
        }
    }

    /// Whether no account needs a look at any mark of a path, nothing else being due.
    #[inline(always)]
    pub(super) fn concerns_nobody(&self, id: InstrumentId, path: MarkPath) -> bool {
        let market = &self.markets[id.0 as usize];
        self.pending.is_empty()
            && self.pending.seen.is_empty()
            && market.others_open == 0
            && market.longs.stay(path.bids, Lots(1))
            && market.shorts.stay(path.asks, Lots(-1))
    }

    /// Peaks that rise with the mark see the best marks of a path, as [`Market::note_marks`] would one by one.
    #[inline(always)]
    pub(super) fn note_best(&mut self, id: InstrumentId, path: MarkPath) {
        let (seq, ts) = (self.seq, self.ts);
        let market = &mut self.markets[id.0 as usize];
        if market.longs.high_water.len() + market.shorts.high_water.len() == 0 {
            return;
        }
        let (highest, lowest) = (path.bids[1], path.asks[0]);
        let is_seen = market.longs.note(Best::new(highest, Lots(1), seq, ts))
            | market.shorts.note(Best::new(lowest, Lots(-1), seq, ts));
        if is_seen {
            note(&mut self.pending.noted, id);
        }
    }
}

/// The marks that one event goes through: the lowest and the highest bid, the lowest and the highest ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct MarkPath {
    pub(super) bids: [Ticks; 2],
    pub(super) asks: [Ticks; 2],
}

impl MarkPath {
    const fn of(touch: &Touch) -> Self {
        Self {
            bids: [touch.bid; 2],
            asks: [touch.ask; 2],
        }
    }
}

impl Market {
    /// Nothing is known of the depth until all of it is stated, or a quote.
    fn lose_depth(&mut self) {
        self.stale = true;
        self.lost = true;
        self.depth.clear();
    }

    /// The touch is this from now on, and good. Says what it was.
    #[inline(always)]
    pub(super) fn show(&mut self, touch: Touch, seq: Seq) -> Option<Before> {
        let before = self.before();
        self.touch_seq = seq;
        self.stale = false;
        self.lost = false;
        self.touch = Some(touch);
        before
    }

    /// What the next event finds.
    #[inline(always)]
    pub(super) fn before(&self) -> Option<Before> {
        self.touch.map(|touch| Before {
            touch,
            could_fill: self.can_trade(),
        })
    }

    /// Whether nothing waits for a price, a print or an opening.
    #[inline(always)]
    pub(super) fn is_deserted(&self) -> bool {
        let waits = self.book.has_orders()
            || !self.trailing.is_empty()
            || self.opening
            || self.followers > 0;
        if waits {
            return false;
        }
        // All of them, for that is a few loads, and a loop that may end early is as many branches.
        let mut waits = false;
        for ladder in &self.triggers {
            waits |= !ladder.is_empty();
        }
        !waits
    }

    /// Whether an order may be due at its prices: where this says no, [`Shard::run_due_orders`] would find none.
    #[inline(always)]
    fn may_fill(&self) -> bool {
        let mut waits = !self.trailing.is_empty() || self.opening;
        for ladder in &self.triggers {
            waits |= !ladder.is_empty();
        }
        waits || (self.book.has_orders() && self.has_reached_orders())
    }

    /// Shows another quantity at a price.
    #[inline]
    fn set_level(
        &mut self,
        side: Side,
        level: &Level,
        levels_max: u32,
    ) -> Result<(), InputRejection> {
        let (price, qty) = grid(self, level.price, level.qty)?;
        self.depth
            .set(side, DepthLevel { price, qty }, levels_max)
            .map_err(|DepthFull| full(levels_max))
    }

    /// Changes many levels. What the book has after all of them has to fit, not what it has between.
    fn set_levels(
        &mut self,
        update: &DepthUpdate,
        is_snapshot: bool,
        levels_max: u32,
    ) -> Result<(), InputRejection> {
        // Checked first, so that an update that is off the grid leaves the book as it was.
        for level in update.bids.iter().chain(&update.asks) {
            grid(self, level.price, level.qty)?;
        }
        if is_snapshot {
            self.depth.clear();
        }
        for (side, levels) in [(Side::Buy, &update.bids), (Side::Sell, &update.asks)] {
            for level in levels {
                self.set_level(side, level, u32::MAX)?;
            }
        }
        let sides = [Side::Buy, Side::Sell].map(|side| self.depth.side(side).len());
        if sides.iter().any(|&levels| levels > levels_max as usize) {
            return Err(full(levels_max));
        }
        Ok(())
    }

    /// The touch that the depth shows; nothing before both sides have shown something. A side that shows nothing keeps
    /// its last price, and displays nothing there.
    #[inline]
    fn displayed_touch(&self) -> Result<Option<Touch>, InputRejection> {
        let kept = |price| DepthLevel {
            price,
            qty: Lots(0),
        };
        let bid = self.depth.best(Side::Buy);
        let ask = self.depth.best(Side::Sell);
        let bid = bid.or_else(|| self.touch.map(|touch| kept(touch.bid)));
        let ask = ask.or_else(|| self.touch.map(|touch| kept(touch.ask)));
        let (Some(bid), Some(ask)) = (bid, ask) else {
            return Ok(None);
        };
        if bid.price > ask.price {
            return Err(crossed(self, bid.price, ask.price));
        }
        Ok(Some(Touch {
            bid: bid.price,
            bid_qty: bid.qty,
            ask: ask.price,
            ask_qty: ask.qty,
        }))
    }

    /// A price in ticks.
    #[inline(always)]
    pub(super) fn ticks(&self, price: Price) -> Result<Ticks, InputRejection> {
        match self.tick_grid.steps(price.0) {
            Some(ticks) => Ok(Ticks(ticks)),
            // Below zero, or between two.
            None => self
                .instrument
                .ticks(price)
                .map_err(|_| off_tick(self, price)),
        }
    }

    /// The whole lots in a quantity, none where it is below zero.
    #[inline(always)]
    pub(super) fn whole_lots(&self, qty: Qty) -> Lots {
        let whole = || qty.0.max(0) / self.instrument.lot_size.0;
        Lots(self.lot_grid.steps(qty.0).unwrap_or_else(whole))
    }
}

#[inline(always)]
fn grid(market: &Market, price: Price, qty: Qty) -> Result<(Ticks, Lots), InputRejection> {
    let price = market.ticks(price)?;
    let qty = match market.lot_grid.steps(qty.0) {
        Some(lots) => Lots(lots),
        None => market
            .instrument
            .lots(qty)
            .map_err(|_| off_lot(market, qty))?,
    };
    if qty.0 < 0 {
        Err(negative(market, qty))
    } else {
        Ok((price, qty))
    }
}

#[inline(always)]
fn touch_of(market: &Market, quote: &Quote) -> Result<Touch, InputRejection> {
    let (bid, bid_qty) = grid(market, quote.bid, quote.bid_qty)?;
    let (ask, ask_qty) = grid(market, quote.ask, quote.ask_qty)?;
    if bid > ask {
        return Err(crossed(market, bid, ask));
    }
    Ok(Touch {
        bid,
        bid_qty,
        ask,
        ask_qty,
    })
}

#[cold]
#[inline(never)]
fn off_tick(market: &Market, price: Price) -> InputRejection {
    InputRejection::OffGrid(GridFault::Price {
        price,
        tick_size: market.instrument.tick_size,
    })
}

#[cold]
#[inline(never)]
fn off_lot(market: &Market, qty: Qty) -> InputRejection {
    InputRejection::OffGrid(GridFault::Qty {
        qty,
        lot_size: market.instrument.lot_size,
    })
}

#[cold]
#[inline(never)]
fn negative(market: &Market, lots: Lots) -> InputRejection {
    let qty = Qty(lots.0.saturating_mul(market.instrument.lot_size.0));
    InputRejection::BadQuote(QuoteFault::NegativeQty { qty })
}

#[cold]
#[inline(never)]
const fn full(levels_max: u32) -> InputRejection {
    InputRejection::LimitReached {
        limit: LimitName::DepthLevels,
        max: levels_max,
    }
}

#[cold]
#[inline(never)]
fn crossed(market: &Market, bid: Ticks, ask: Ticks) -> InputRejection {
    let price = |ticks| market.instrument.price(ticks);
    InputRejection::BadQuote(QuoteFault::Crossed {
        bid: price(bid),
        ask: price(ask),
    })
}
