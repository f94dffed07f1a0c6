//! The auction of a crossed instrument: the price at which most trades, found by trying every price at
//! which an order begins or ceases to trade, and the pairing at that price.

use types::{CancelReason, EventKind, FillModel, InstrumentId, Lots, Side, Ticks, TimeInForce};

use super::Naive;
use super::money::{hold, signed_qty};
use super::order::{Order, Stage, at_or_better};

/// The outcome of an auction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uncross {
    pub(super) price: i64,
    pub(super) volume: i64,
    /// What would buy at the price less what would sell.
    pub(super) surplus: i64,
}

/// An order as the auction sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interest {
    pub(super) side: Side,
    /// `None` trades at any price.
    pub(super) limit: Option<i64>,
    pub(super) lots: i64,
}

/// The auction price: greatest volume; then least absolute surplus; then the highest price where all
/// that are left have a surplus of buyers, the lowest where all have one of sellers; then the nearest
/// to the reference, without one the middle, rounded down.
pub(super) fn uncross(interests: &[Interest], reference: Option<i64>) -> Option<Uncross> {
    let willing = |side: Side, price: i128| -> i128 {
        let willing = interests.iter().filter(|interest| {
            interest.side == side
                && interest
                    .limit
                    .is_none_or(|limit| at_or_better(hold(price), limit, side))
        });
        willing.map(|interest| i128::from(interest.lots)).sum()
    };
    let outcome = |price: i128| {
        let (buy, sell) = (willing(Side::Buy, price), willing(Side::Sell, price));
        Uncross {
            price: hold(price),
            volume: hold(buy.min(sell)),
            surplus: hold(buy - sell),
        }
    };
    let limits: Vec<i128> = interests
        .iter()
        .filter_map(|interest| interest.limit.map(i128::from))
        .collect();
    let (Some(&lowest), Some(&highest)) = (limits.iter().min(), limits.iter().max()) else {
        return reference
            .map(|price| outcome(price.into()))
            .filter(|found| found.volume > 0);
    };
    // The sums change only at a limit or one tick beside it.
    let mut candidates: Vec<i128> = limits
        .iter()
        .flat_map(|limit| [limit - 1, *limit, limit + 1])
        .filter(|price| (lowest..=highest).contains(price))
        .collect();
    candidates.sort_unstable();
    let merit = |price: i128| {
        let (buy, sell) = (willing(Side::Buy, price), willing(Side::Sell, price));
        (buy.min(sell), -(buy - sell).abs())
    };
    let best = candidates.iter().map(|price| merit(*price)).max()?;
    candidates.retain(|price| merit(*price) == best);
    let (low, high) = (*candidates.first()?, *candidates.last()?);
    let price = if outcome(high).surplus > 0 {
        high
    } else if outcome(low).surplus < 0 {
        low
    } else {
        match reference {
            Some(reference) => i128::from(reference).clamp(low, high),
            None => (low + high).div_euclid(2),
        }
    };
    Some(outcome(price)).filter(|found| found.volume > 0)
}

impl Naive {
    /// Opens or closes a crossed instrument: uncrosses book and gathered orders, and ends the latter.
    pub(super) fn auction(&mut self, instrument: usize, tif: TimeInForce) {
        let gathered = self.orders_where(|order| {
            order.instrument == instrument
                && order.stage == Stage::Auction
                && order.request.tif == tif
        });
        self.matching = Some(instrument);
        for &id in &gathered {
            let order = self.orders.get(&id);
            if order.is_some_and(|order| !order.is_market_like()) {
                self.rest(id);
            }
        }
        while self.uncross_once(instrument, &gathered) && self.is_crossed(instrument) {}
        for id in gathered {
            self.end(id, CancelReason::AuctionOver);
        }
        self.matching = None;
        self.refresh_touch(instrument);
    }

    fn is_crossed(&self, instrument: usize) -> bool {
        let bid = self.best(instrument, Side::Buy);
        let ask = self.best(instrument, Side::Sell);
        matches!((bid, ask), (Some((bid, _)), Some((ask, _))) if bid >= ask)
    }

    /// Orders of a side that take part, in the order in which they trade.
    fn participants(&self, instrument: usize, side: Side, gathered: &[u64]) -> Vec<Order> {
        let gathered = gathered.iter().filter_map(|id| self.orders.get(id));
        let market_orders =
            gathered.filter(|order| order.side == side && order.stage == Stage::Auction);
        market_orders
            .chain(self.book(instrument, side))
            .cloned()
            .collect()
    }

    /// Matches once at one price; false when nothing can trade.
    fn uncross_once(&mut self, instrument: usize, gathered: &[u64]) -> bool {
        let buys = self.participants(instrument, Side::Buy, gathered);
        let sells = self.participants(instrument, Side::Sell, gathered);
        let interests: Vec<Interest> = buys
            .iter()
            .chain(&sells)
            .map(|order| Interest {
                side: order.side,
                limit: order.limit,
                lots: order.leaves(),
            })
            .collect();
        let market = &self.markets[instrument];
        let Some(found) = uncross(&interests, market.last) else {
            return false;
        };
        let grid = market.instrument;
        self.push(EventKind::Uncrossed {
            instrument: InstrumentId(instrument as u32),
            price: grid.price(Ticks(found.price)),
            qty: grid.qty(Lots(found.volume)),
            surplus: signed_qty(&grid, found.surplus),
        });
        self.print_at(instrument, found.price);
        self.look_at_print(instrument);
        self.markets[instrument].session = Some(found.price);
        self.dirty.insert(instrument);
        let is_willing = |order: &&Order| {
            order
                .limit
                .is_none_or(|limit| at_or_better(found.price, limit, order.side))
        };
        let mut buys = buys
            .iter()
            .filter(is_willing)
            .map(|order| order.id)
            .peekable();
        let mut sells = sells
            .iter()
            .filter(is_willing)
            .map(|order| order.id)
            .peekable();
        while let (Some(&buy), Some(&sell)) = (buys.peek(), sells.peek()) {
            let Some(buyer) = self.paired(buy, found.price) else {
                buys.next();
                continue;
            };
            let Some(seller) = self.paired(sell, found.price) else {
                sells.next();
                continue;
            };
            let bought = self.allowed_at(&buyer, found.price);
            let lots = bought.min(self.allowed_at(&seller, found.price));
            self.trade(&buyer, &seller, found.price, lots, FillModel::Auction);
        }
        true
    }

    /// An order that can still trade in the auction; one that must reduce or be paid and cannot ends.
    fn paired(&mut self, id: u64, price: i64) -> Option<Order> {
        let order = self.orders.get(&id)?.clone();
        if !matches!(order.stage, Stage::Resting | Stage::Auction) || order.leaves() == 0 {
            return None;
        }
        if self.allowed_at(&order, price) == 0 {
            self.end_bounded(id, price);
            return None;
        }
        Some(order)
    }
}
