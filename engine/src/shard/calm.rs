//! Market events that concern nobody, as nearly all do: while the prices of an instrument stay where nothing rests,
//! waits or is held that has to do with them, an event changes what the market shows and nothing else.
//!
//! Where that is, a market works out once. It holds until an input does more than to pass here, wherever it does that:
//! what orders, triggers and positions depend on is not changed by what passes. None of it is part of the state or of
//! the definition, as an event that does not pass goes the long way and comes to the same.

use types::{
    Bar, BarPath, FillRule, InstrumentId, InstrumentStatus, Level, Lots, MarketData, MarketEvent,
    Price, Qty, Quote, Seq, Side, Ticks, TimestampNs, Trade,
};

use super::Shard;
use crate::bands::Band;
use crate::book::price_of;
use crate::depth::DepthLevel;
use crate::market::{Market, Touch};

/// Where the prices of a market concern nobody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calm {
    /// How often the shard had been stirred when this was found.
    stirs: u64,
    /// When something is due by time, whatever the prices.
    until: TimestampNs,
    /// Bids and asks at which no order is due, no trigger reached and no account looked at.
    bids: Band,
    asks: Band,
    /// Prints at which no trigger is reached.
    lasts: Band,
    /// The best prices at which orders rest.
    buy: i64,
    sell: i64,
    /// These orders stand in queues that the market states.
    has_queues: bool,
}

impl Calm {
    /// Every event concerns somebody.
    pub(crate) const NEVER: Self = Self {
        stirs: 0,
        until: TimestampNs(0),
        bids: Band::NONE,
        asks: Band::NONE,
        lasts: Band::NONE,
        buy: i64::MIN,
        sell: i64::MAX,
        has_queues: false,
    };

    #[inline(always)]
    const fn has(&self, touch: &Touch) -> bool {
        self.bids.has(touch.bid.0) && self.asks.has(touch.ask.0)
    }

    /// Whether prices from the lowest to the highest leave the queues of resting orders alone.
    #[inline(always)]
    const fn leaves_queues(&self, low: Ticks, high: Ticks) -> bool {
        !self.has_queues || (self.buy < low.0 && high.0 < self.sell)
    }
}

impl Market {
    /// Where it is calm, of a shard in which nothing is under way; `None` where it is nowhere, as at the last
    /// price there is, which none is beyond.
    fn find_calm(&self) -> Option<Calm> {
        let model = self.paper()?;
        let touch = self.touch.as_ref()?;
        let is_special = !self.trailing.is_empty()
            || !self.consumed.is_empty()
            || self.opening
            || self.followers > 0
            || self.others_open > 0;
        if is_special {
            return None;
        }
        let mut calm = Calm {
            bids: self.longs.calm(Lots(1)),
            asks: self.shorts.calm(Lots(-1)),
            lasts: Band::WHOLE,
            ..Calm::NEVER
        };
        let [
            bid_below,
            bid_above,
            ask_below,
            ask_above,
            last_below,
            last_above,
        ] = &self.triggers;
        let waiting = [
            (&mut calm.bids, bid_below, bid_above),
            (&mut calm.asks, ask_below, ask_above),
            (&mut calm.lasts, last_below, last_above),
        ];
        for (prices, below, above) in waiting {
            if let Some(trigger) = below.best() {
                prices.low = prices.low.max(trigger.checked_add(1)?);
            }
            if let Some(key) = above.best() {
                prices.high = prices.high.min(key.checked_neg()?.checked_sub(1)?);
            }
        }
        if self.last.is_some_and(|last| !calm.lasts.has(last.0)) {
            return None;
        }
        let beyond = i64::from(model.fill != FillRule::Through);
        let resting = |side| self.book.ladder(side).best().map(|key| price_of(side, key));
        let is_queue = matches!(model.fill, FillRule::Queue(_));
        if let Some(Ticks(buy)) = resting(Side::Buy) {
            calm.buy = buy;
            calm.asks.low = calm.asks.low.max(buy.checked_add(beyond)?);
            if is_queue {
                // An order at a better price than its side shows is first.
                calm.bids.low = calm.bids.low.max(buy);
                calm.has_queues = true;
            }
        }
        if let Some(Ticks(sell)) = resting(Side::Sell) {
            calm.sell = sell;
            calm.bids.high = calm.bids.high.min(sell.checked_sub(beyond)?);
            if is_queue {
                calm.asks.high = calm.asks.high.min(sell);
                calm.has_queues = true;
            }
        }
        // Somebody has to do with where it is, and waits for more than a price: a print may be what is waited for.
        if !calm.has(touch) {
            calm.lasts = Band::NONE;
        }
        Some(calm)
    }

    /// A level that is a whole number of steps and not below zero; what is not goes the long way.
    #[inline(always)]
    fn level_of(&self, price: Price, qty: Qty) -> Option<DepthLevel> {
        Some(DepthLevel {
            price: Ticks(self.tick_grid.steps(price.0)?),
            qty: Lots(self.lot_grid.steps(qty.0)?),
        })
    }

    #[inline(always)]
    fn pass_quote(&mut self, quote: &Quote, seq: Seq) -> bool {
        let Some(bid) = self.level_of(quote.bid, quote.bid_qty) else {
            return false;
        };
        // What stands for a bar is the same on both sides.
        let is_same = quote.ask == quote.bid && quote.ask_qty == quote.bid_qty;
        let ask = if is_same {
            Some(bid)
        } else {
            self.level_of(quote.ask, quote.ask_qty)
        };
        ask.is_some_and(|ask| {
            self.calm.leaves_queues(bid.price, ask.price) && self.pass_touch(bid, ask, seq)
        })
    }

    /// The touch is this from now on, if that concerns nobody.
    #[inline(always)]
    fn pass_touch(&mut self, bid: DepthLevel, ask: DepthLevel, seq: Seq) -> bool {
        let touch = Touch {
            bid: bid.price,
            bid_qty: bid.qty,
            ask: ask.price,
            ask_qty: ask.qty,
        };
        let passes = touch.bid <= touch.ask && self.calm.has(&touch);
        if passes {
            self.show(touch, seq);
        }
        passes
    }

    #[inline(always)]
    fn pass_trade(&mut self, trade: &Trade, seq: Seq) -> bool {
        let Some(price) = self.tick_grid.steps(trade.price.0) else {
            return false;
        };
        let calm = &self.calm;
        let passes = calm.lasts.has(price) && calm.buy < price && price < calm.sell;
        if passes {
            self.print(Ticks(price), seq);
        }
        passes
    }

    #[inline(always)]
    fn pass_bar(&mut self, bar: &Bar, seq: Seq) -> bool {
        let is_walked = self
            .paper()
            .is_some_and(|model| model.bars == BarPath::Walked);
        if is_walked {
            return self.pass_path(bar, seq);
        }
        let Ok(close) = self.ticks(bar.close) else {
            return false;
        };
        let passes = self.calm.lasts.has(close.0);
        if passes {
            self.print(close, seq);
        }
        passes
    }

    /// Only where the path ends is left of it.
    #[inline(always)]
    fn pass_path(&mut self, bar: &Bar, seq: Seq) -> bool {
        let Ok(path) = self.path_of(bar) else {
            return false;
        };
        let calm = &self.calm;
        let is_calm_at = |price: Ticks| {
            calm.bids.has(price.0) && calm.asks.has(price.0) && calm.lasts.has(price.0)
        };
        let passes = self.status == InstrumentStatus::Open
            && path.outside().is_none()
            && is_calm_at(path.low)
            && is_calm_at(path.high)
            && calm.leaves_queues(path.low, path.high);
        if passes {
            self.show(path.end(), seq);
            self.print(path.close, seq);
        }
        passes
    }
}

impl Shard {
    /// Applies a market event that concerns nobody. Says whether it did; if not, nothing was done that is not done
    /// again.
    #[inline(always)]
    pub(super) fn pass_market(&mut self, event: &MarketEvent) -> bool {
        let id = event.instrument;
        let Some(market) = self.markets.get(id.0 as usize) else {
            return false;
        };
        if market.calm.stirs != self.stirs {
            self.find_calm(id);
        }
        let seq = self.seq;
        let market = &mut self.markets[id.0 as usize];
        if self.ts >= market.calm.until {
            return false;
        }
        let passes = match &event.data {
            MarketData::Quote(quote) => market.pass_quote(quote, seq),
            MarketData::Trade(trade) => market.pass_trade(trade, seq),
            MarketData::Bar(bar) => market.pass_bar(bar, seq),
            MarketData::DepthDelta(update) => {
                let (side, level) = match (&*update.bids, &*update.asks) {
                    ([level], []) => (Side::Buy, level),
                    ([], [level]) => (Side::Sell, level),
                    _ => return false,
                };
                self.pass_level(id, side, level)
            }
            _ => return false,
        };
        if passes {
            self.markets[id.0 as usize].ts = event.ts_event;
            self.market_events += 1;
            self.last_market = seq;
        }
        passes
    }

    #[inline(never)]
    fn find_calm(&mut self, id: InstrumentId) {
        let due = self.next_due().unwrap_or(TimestampNs(u64::MAX));
        let market = &mut self.markets[id.0 as usize];
        // Who stands below a floor is judged by the next input, whatever that is.
        let found = market.find_calm().filter(|_| self.below.is_empty());
        market.calm = Calm {
            stirs: self.stirs,
            until: found.map_or(TimestampNs(0), |_| due),
            ..found.unwrap_or(Calm::NEVER)
        };
    }

    /// One level changes what it shows. It is set again where that does not pass, which changes nothing.
    #[inline(always)]
    fn pass_level(&mut self, id: InstrumentId, side: Side, level: &Level) -> bool {
        let levels_max = self.limits.depth_levels_max;
        let market = &mut self.markets[id.0 as usize];
        let Some(level) = market.level_of(level.price, level.qty) else {
            return false;
        };
        if market.lost || market.depth.set(side, level, levels_max).is_err() {
            return false;
        }
        let depth = &market.depth;
        let (Some(bid), Some(ask)) = (depth.best(Side::Buy), depth.best(Side::Sell)) else {
            return false;
        };
        if !market.pass_touch(bid, ask, self.seq) {
            return false;
        }
        let calm = &market.calm;
        let may_rest = match side {
            Side::Buy => level.price.0 <= calm.buy,
            Side::Sell => level.price.0 >= calm.sell,
        };
        if may_rest && calm.has_queues {
            self.restate_depth(id, side, level.price);
        }
        true
    }
}
