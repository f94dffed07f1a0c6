//! Market events: quotes, books, status; then orders that became due, in order of acceptance.

use std::collections::BTreeMap;

use types::{
    DepthUpdate, EventKind, FillCause, InputRejection, InstrumentId, InstrumentStatus, Level,
    MarketData, MarketEvent, OrderId, OrderKind, Price, Qty, Quote,
};

use super::{Market, Naive, opposite};

impl Naive {
    pub(super) fn on_market(&mut self, event: &MarketEvent) {
        let id = event.instrument;
        let Some(market) = self.markets.get_mut(id.0 as usize) else {
            return self.reject(InputRejection::UnknownInstrument);
        };
        let tick = market.instrument.tick_size.0;
        match &event.data {
            MarketData::Quote(quote) => self.on_quote(id, *quote),
            MarketData::DepthDelta(update) => self.on_depth(id, update, false),
            MarketData::DepthSnapshot(update) => self.on_depth(id, update, true),
            MarketData::Trade(types::Trade { price, .. })
            | MarketData::Bar(types::Bar { close: price, .. }) => {
                if price.0 % tick == 0 {
                    market.last = Some(*price);
                } else {
                    self.reject(InputRejection::OffGrid);
                }
            }
            MarketData::Status(status) => {
                if market.status == *status {
                    return;
                }
                market.status = *status;
                let known = market.quote;
                self.push(EventKind::StatusChanged {
                    instrument: id,
                    status: *status,
                });
                self.on_good_quote(id, known);
            }
        }
    }

    fn on_quote(&mut self, id: InstrumentId, quote: Quote) {
        let market = &mut self.markets[id.0 as usize];
        let bid = check_level(market, quote.bid, quote.bid_qty);
        let ask = check_level(market, quote.ask, quote.ask_qty);
        let uncrossed = if quote.bid > quote.ask {
            Err(InputRejection::BadQuote)
        } else {
            Ok(())
        };
        if let Err(reason) = bid.and(ask).and(uncrossed) {
            market.stale = true;
            return self.reject(reason);
        }
        let before = market.quote.replace(quote);
        market.stale = false;
        self.on_good_quote(id, before);
    }

    fn on_depth(&mut self, id: InstrumentId, update: &DepthUpdate, whole: bool) {
        let levels_max = self.limits.depth_levels_max as usize;
        let market = &mut self.markets[id.0 as usize];
        for level in update.bids.iter().chain(&update.asks) {
            if let Err(reason) = check_level(market, level.price, level.qty) {
                market.stale = true;
                return self.reject(reason);
            }
        }
        if whole {
            market.bids.clear();
            market.asks.clear();
        }
        if !set_levels(&mut market.bids, &update.bids, levels_max)
            || !set_levels(&mut market.asks, &update.asks, levels_max)
        {
            market.stale = true;
            return self.reject(InputRejection::LimitReached);
        }
        // A side that shows nothing keeps its last price and displays nothing there.
        let known = market.quote;
        let bid = market
            .bids
            .last_key_value()
            .map(|(price, qty)| (*price, *qty));
        let ask = market
            .asks
            .first_key_value()
            .map(|(price, qty)| (*price, *qty));
        let bid = bid.or(known.map(|quote| (quote.bid, 0)));
        let ask = ask.or(known.map(|quote| (quote.ask, 0)));
        let (Some(bid), Some(ask)) = (bid, ask) else {
            return;
        };
        if bid.0 > ask.0 {
            market.stale = true;
            return self.reject(InputRejection::BadQuote);
        }
        market.quote = Some(Quote {
            bid: bid.0,
            bid_qty: Qty(bid.1),
            ask: ask.0,
            ask_qty: Qty(ask.1),
        });
        market.stale = false;
        self.on_good_quote(id, known);
    }

    /// Fills what is due and marks who holds the instrument. `before` is the quote before this one.
    fn on_good_quote(&mut self, id: InstrumentId, before: Option<Quote>) {
        if let Some(quote) = self.fillable(id) {
            let ids: Vec<u64> = self.orders.keys().copied().collect();
            for order in ids {
                let request = self.orders[&order];
                if request.instrument == id && is_due(request.kind, request.side, &quote) {
                    self.orders.remove(&order);
                    let was_there = before
                        .is_some_and(|before| is_reached(request.kind, request.side, &before));
                    // A limit order that the market has come to gets its own price; one that was
                    // reached before and only could not fill takes what is there.
                    let price = match request.kind {
                        OrderKind::Limit { price } if !was_there => price,
                        _ => opposite(&quote, request.side).0,
                    };
                    self.execute(OrderId(order), &request, price, FillCause::Order);
                }
            }
        }
        for account in 0..self.accounts.len() {
            let positions = &self.accounts[account].positions;
            if positions.iter().any(|held| held.instrument == id) {
                self.touch(account, false);
            }
        }
    }

    /// The quote, where orders may fill against it.
    pub(super) fn fillable(&self, id: InstrumentId) -> Option<Quote> {
        let market = &self.markets[id.0 as usize];
        let open = market.status == InstrumentStatus::Open && !market.stale;
        market.quote.filter(|_| open)
    }
}

/// Whether an order would execute at this quote.
pub(super) fn is_due(kind: OrderKind, side: types::Side, quote: &Quote) -> bool {
    opposite(quote, side).1 > 0 && is_reached(kind, side, quote)
}

/// Whether the price that an order waits for is there, displayed or not.
fn is_reached(kind: OrderKind, side: types::Side, quote: &Quote) -> bool {
    let price = opposite(quote, side).0;
    match (kind, side) {
        (OrderKind::Market, _) => true,
        (OrderKind::Limit { price: limit }, types::Side::Buy) => price <= limit,
        (OrderKind::Limit { price: limit }, types::Side::Sell) => price >= limit,
        (OrderKind::Stop { trigger }, types::Side::Buy) => price >= trigger,
        (OrderKind::Stop { trigger }, types::Side::Sell) => price <= trigger,
    }
}

fn check_level(market: &Market, price: Price, qty: Qty) -> Result<(), InputRejection> {
    let instrument = &market.instrument;
    if price.0 % instrument.tick_size.0 != 0 || qty.0 % instrument.lot_size.0 != 0 {
        Err(InputRejection::OffGrid)
    } else if qty.0 < 0 {
        Err(InputRejection::BadQuote)
    } else {
        Ok(())
    }
}

/// False when the side is full; what came before stays.
fn set_levels(side: &mut BTreeMap<Price, i64>, levels: &[Level], levels_max: usize) -> bool {
    for level in levels {
        if level.qty.0 == 0 {
            side.remove(&level.price);
        } else if side.len() >= levels_max && !side.contains_key(&level.price) {
            return false;
        } else {
            side.insert(level.price, level.qty.0);
        }
    }
    true
}
