//! An instrument's market: what the outside says of it, its touch and what that makes due.

use std::collections::BTreeMap;

use types::{
    DenyReason, DepthUpdate, FillRule, GridFault, InputRejection, Instrument, InstrumentStatus,
    Level, LimitName, Liquidity, Lots, OrderKind, PaperModel, Price, Qty, Quote, QuoteFault, Seq,
    Side, Sizes, Ticks, TriggerOn,
};

use super::money::{hold, share_floor};
use super::order::{Order, at_or_better, trailed};

/// Best bid and ask in ticks and lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Touch {
    pub(super) bid: i64,
    pub(super) bid_qty: i64,
    pub(super) ask: i64,
    pub(super) ask_qty: i64,
}

impl Touch {
    /// What somebody who trades on this side meets: price and displayed lots.
    pub(super) const fn opposite(&self, side: Side) -> (i64, i64) {
        self.own(side.opposite())
    }

    /// Price and displayed lots of a side.
    pub(super) const fn own(&self, side: Side) -> (i64, i64) {
        match side {
            Side::Buy => (self.bid, self.bid_qty),
            Side::Sell => (self.ask, self.ask_qty),
        }
    }
}

#[derive(Debug)]
pub(super) struct Market {
    pub(super) instrument: Instrument,
    /// 1e-17 for one tick of one lot.
    pub(super) tick_value: i128,
    pub(super) status: InstrumentStatus,
    pub(super) touch: Option<Touch>,
    /// The input that stated it; of a book, the last in which it was found at another price.
    pub(super) touch_seq: Seq,
    /// The touch before the newest market event.
    pub(super) before: Option<Touch>,
    /// Whether orders executed at it until that event.
    pub(super) could_fill: bool,
    pub(super) stale: bool,
    pub(super) lost: bool,
    pub(super) last: Option<i64>,
    /// The input that brought it.
    pub(super) last_seq: Seq,
    /// The breaker's reference.
    pub(super) session: Option<i64>,
    /// Displayed lots by price, of the outside market.
    pub(super) bids: BTreeMap<i64, i64>,
    pub(super) asks: BTreeMap<i64, i64>,
    /// What accounts took of what is displayed, by account, side (buy first) and price.
    pub(super) consumed: BTreeMap<(usize, bool, i64), i64>,
    /// Its status became Open, and the orders for the opening did not execute yet.
    pub(super) opening: bool,
    /// A bar's path is being walked.
    pub(super) walking: bool,
    /// The low and the high of that bar, once its open is behind.
    pub(super) legs: Option<(i64, i64)>,
}

impl Market {
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.status, InstrumentStatus::Open)
    }

    /// The model of a paper instrument.
    pub(super) const fn paper(&self) -> Option<PaperModel> {
        match self.instrument.liquidity {
            Liquidity::Paper(model) => Some(model),
            Liquidity::Crossed => None,
        }
    }

    /// Why nothing trades while the newest quote is no good.
    pub(super) const fn stale_quote(&self) -> DenyReason {
        DenyReason::BadQuote {
            lost: self.lost,
            good: self.touch_seq,
        }
    }

    /// Whether orders execute at all.
    pub(super) const fn takes(&self) -> bool {
        self.is_open() && (self.paper().is_none() || (!self.stale && self.touch.is_some()))
    }

    pub(super) fn sizes(&self) -> Sizes {
        match self.paper() {
            Some(model) if !self.walking => model.sizes,
            _ => Sizes::Unlimited,
        }
    }

    /// The newest print, else the middle of the touch, rounded down.
    pub(super) fn reference(&self) -> Option<i64> {
        let middle = self
            .touch
            .map(|touch| (i128::from(touch.bid) + i128::from(touch.ask)).div_euclid(2) as i64);
        self.last.or(middle)
    }

    /// The lowest and the highest price that the collar lets through.
    pub(super) fn collar(&self) -> Option<(i64, i64)> {
        let reference = self.reference().filter(|_| self.instrument.collar.0 > 0)?;
        Some(band(reference, self.instrument.collar.0))
    }

    /// The lowest and the highest price at which the breaker lets trade.
    pub(super) fn breaker(&self) -> Option<(i64, i64)> {
        self.breaker_from(self.session)
    }

    /// The same, were this the session's first price.
    pub(super) fn breaker_from(&self, session: Option<i64>) -> Option<(i64, i64)> {
        let session = session.filter(|_| self.instrument.breaker.0 > 0)?;
        Some(band(session, self.instrument.breaker.0))
    }

    /// The price that a trigger looks at, for somebody who trades on this side; a quote that displays
    /// nothing triggers nothing.
    pub(super) fn trigger_reference(&self, on: TriggerOn, side: Side) -> Option<i64> {
        match on {
            TriggerOn::Last => self.last,
            TriggerOn::Quote => {
                let (price, lots) = self.touch?.opposite(side);
                (lots != 0).then_some(price)
            }
        }
    }

    /// The price that makes an order's trigger due now.
    pub(super) fn due_trigger(&self, order: &Order) -> Option<i64> {
        self.due_at(order.request.kind, order.side, order.trigger?)
    }

    /// The price that makes this trigger due now.
    pub(super) fn due_at(&self, kind: OrderKind, side: Side, trigger: i64) -> Option<i64> {
        let (on, is_stop) = match kind {
            OrderKind::Stop { on, .. }
            | OrderKind::StopLimit { on, .. }
            | OrderKind::TrailingStop { on, .. } => (on, true),
            OrderKind::MarketIfTouched { on, .. } => (on, false),
            OrderKind::Market | OrderKind::Limit { .. } => return None,
        };
        let reference = self.trigger_reference(on, side)?;
        let is_above = is_stop == (side == Side::Buy);
        let is_due = if is_above {
            reference >= trigger
        } else {
            reference <= trigger
        };
        (self.takes() && is_due).then_some(reference)
    }

    /// The first trigger of a trailing stop.
    pub(super) fn first_trigger(&self, kind: OrderKind, side: Side) -> Option<i64> {
        let OrderKind::TrailingStop { trail, on } = kind else {
            return None;
        };
        let reference = match on {
            TriggerOn::Last => self.last,
            TriggerOn::Quote => self.touch.map(|touch| touch.opposite(side).0),
        }?;
        Some(trailed(reference, trail, self.instrument.tick_size.0, side))
    }

    /// A price and a quantity in ticks and lots.
    fn grid(&self, price: Price, qty: Qty) -> Result<(i64, i64), InputRejection> {
        let price = self.ticks(price)?;
        let Ok(Lots(lots)) = self.instrument.lots(qty) else {
            let lot_size = self.instrument.lot_size;
            return Err(InputRejection::OffGrid(GridFault::Qty { qty, lot_size }));
        };
        if lots < 0 {
            Err(InputRejection::BadQuote(QuoteFault::NegativeQty { qty }))
        } else {
            Ok((price, lots))
        }
    }

    /// A price in ticks.
    pub(super) fn ticks(&self, price: Price) -> Result<i64, InputRejection> {
        let tick_size = self.instrument.tick_size;
        match self.instrument.ticks(price) {
            Ok(Ticks(ticks)) => Ok(ticks),
            Err(_) => Err(InputRejection::OffGrid(GridFault::Price {
                price,
                tick_size,
            })),
        }
    }

    pub(super) fn touch_of(&self, quote: &Quote) -> Result<Touch, InputRejection> {
        let (bid, bid_qty) = self.grid(quote.bid, quote.bid_qty)?;
        let (ask, ask_qty) = self.grid(quote.ask, quote.ask_qty)?;
        if bid > ask {
            let (bid, ask) = (quote.bid, quote.ask);
            return Err(InputRejection::BadQuote(QuoteFault::Crossed { bid, ask }));
        }
        Ok(Touch {
            bid,
            bid_qty,
            ask,
            ask_qty,
        })
    }

    /// The depth is not known any more.
    pub(super) fn lose(&mut self) {
        (self.stale, self.lost) = (true, true);
        self.bids.clear();
        self.asks.clear();
    }

    /// Changes the displayed depth; refuses what is off the grid as a whole, and loses a book that would have too many
    /// levels.
    pub(super) fn set_depth(
        &mut self,
        update: &DepthUpdate,
        whole: bool,
        levels_max: usize,
    ) -> Result<Option<Touch>, InputRejection> {
        let checked = |levels: &[Level]| -> Result<Vec<(i64, i64)>, InputRejection> {
            let levels = levels.iter();
            levels
                .map(|level| self.grid(level.price, level.qty))
                .collect()
        };
        let (bids, asks) = (checked(&update.bids)?, checked(&update.asks)?);
        if whole {
            self.bids.clear();
            self.asks.clear();
        }
        set_levels(&mut self.bids, &bids);
        set_levels(&mut self.asks, &asks);
        if self.bids.len().max(self.asks.len()) > levels_max {
            // What is left out now would be missing from whatever follows.
            self.lose();
            return Err(InputRejection::LimitReached {
                limit: LimitName::DepthLevels,
                max: levels_max as u32,
            });
        }
        // A side that shows nothing keeps its last price and displays nothing there.
        let bid = self
            .bids
            .last_key_value()
            .map(|(price, lots)| (*price, *lots));
        let ask = self
            .asks
            .first_key_value()
            .map(|(price, lots)| (*price, *lots));
        let bid = bid.or(self.touch.map(|touch| (touch.bid, 0)));
        let ask = ask.or(self.touch.map(|touch| (touch.ask, 0)));
        match (bid, ask) {
            (Some((bid, bid_qty)), Some((ask, ask_qty))) if bid <= ask => Ok(Some(Touch {
                bid,
                bid_qty,
                ask,
                ask_qty,
            })),
            (Some((bid, _)), Some((ask, _))) => {
                let price = |ticks| self.instrument.price(Ticks(ticks));
                let (bid, ask) = (price(bid), price(ask));
                Err(InputRejection::BadQuote(QuoteFault::Crossed { bid, ask }))
            }
            _ => Ok(None),
        }
    }
}

/// What is within a share of a price.
fn band(price: i64, share: i64) -> (i64, i64) {
    let width = share_floor(i128::from(price).abs(), share);
    (
        hold(i128::from(price) - width),
        hold(i128::from(price) + width),
    )
}

/// Zero removes.
fn set_levels(side: &mut BTreeMap<i64, i64>, levels: &[(i64, i64)]) {
    for (price, lots) in levels {
        if *lots == 0 {
            side.remove(price);
        } else {
            side.insert(*price, *lots);
        }
    }
}

impl Market {
    /// Whether a limit order that rests on a paper instrument is due at this touch, were all of it
    /// displayed.
    pub(super) fn is_limit_reached(&self, order: &Order, touch: &Touch) -> bool {
        let (Some(model), Some(limit)) = (self.paper(), order.limit) else {
            return false;
        };
        let (price, _) = touch.opposite(order.side);
        at_or_better(price, limit, order.side)
            && (model.fill != FillRule::Through || price != limit)
    }

    pub(super) fn is_limit_due(&self, order: &Order, touch: &Touch) -> bool {
        touch.opposite(order.side).1 != 0 && self.is_limit_reached(order, touch)
    }
}
