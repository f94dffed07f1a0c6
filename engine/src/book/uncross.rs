//! The auction price: the one price at which a crossed book trades most.

#[cfg(test)]
mod tests;

use types::{Lots, Side, Ticks};

use super::nodes::Nodes;
use super::{Book, price_of};

/// What an auction knows beside its book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Auction {
    /// The price to be near to where volume and surplus leave a choice.
    pub reference: Option<Ticks>,
    /// Market orders to buy, which trade at any price.
    pub market_buy: Lots,
    /// Market orders to sell, which trade at any price.
    pub market_sell: Lots,
}

/// The outcome of an auction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncross {
    /// The price of every trade.
    pub price: Ticks,
    /// What trades, more than 0.
    pub volume: Lots,
    /// What is willing to buy at the price less what is willing to sell.
    pub surplus: i64,
}

/// Room for the work of [`Book::uncross`], to be kept between auctions.
#[derive(Debug, Default)]
pub struct UncrossBuffer {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// A price, and all that rests at it.
#[derive(Debug, Clone, Copy)]
struct Level {
    price: i64,
    lots: i128,
}

/// Neighbouring prices that are equally good by volume and surplus.
#[derive(Debug, Clone, Copy)]
struct Range {
    low: i64,
    high: i64,
    volume: i128,
    /// The surplus from `low` to `turn`, and above it: it can only fall as the price rises.
    surplus_low: i128,
    turn: i64,
    surplus_high: i128,
}

impl Book {
    /// The auction price and its volume, or `None` when nothing can trade.
    ///
    /// At a price everybody who bids it or more buys, and everybody who asks it or less sells; the
    /// smaller sum is the volume. Of all prices of the tick grid from the lowest to the highest that
    /// an order rests at, the one with the greatest volume is taken; among equals, in this order:
    ///
    /// 1. the least absolute surplus;
    /// 2. if all that are left have a surplus of buyers, the highest of them; if all have one of
    ///    sellers, the lowest;
    /// 3. the nearest to the reference; without one, the middle of the range, rounded down.
    ///
    /// What is left is always one unbroken range, so that no two prices are equally near. Market
    /// orders that meet only each other trade at the reference, if there is one.
    ///
    /// `hidden` says what an order has beside what it displays. Sums above `i64::MAX` are cut to it.
    pub fn uncross(
        &self,
        nodes: &Nodes,
        auction: &Auction,
        hidden: impl Fn(u32) -> Lots,
        buffer: &mut UncrossBuffer,
    ) -> Option<Uncross> {
        self.collect(Side::Buy, nodes, &hidden, &mut buffer.bids);
        self.collect(Side::Sell, nodes, &hidden, &mut buffer.asks);
        // Both by ascending price.
        buffer.bids.reverse();
        let (bids, asks) = (&buffer.bids[..], &buffer.asks[..]);

        let market_buy = i128::from(auction.market_buy.0);
        let market_sell = i128::from(auction.market_sell.0);
        let Some((lowest, highest)) = span(bids, asks) else {
            let volume = market_buy.min(market_sell);
            return auction
                .reference
                .filter(|_| volume > 0)
                .map(|price| Uncross {
                    price,
                    volume: Lots(narrow(volume)),
                    surplus: narrow(market_buy - market_sell),
                });
        };

        let mut buy = market_buy + bids.iter().map(|level| level.lots).sum::<i128>();
        let mut sell = market_sell;
        let (mut bid, mut ask) = (0, 0);
        let mut low = lowest;
        let mut best: Option<Range> = None;
        loop {
            // Those who bid less than `low` no longer buy; those who ask no more than it sell.
            while let Some(level) = bids.get(bid).filter(|level| level.price < low) {
                buy -= level.lots;
                bid += 1;
            }
            while let Some(level) = asks.get(ask).filter(|level| level.price <= low) {
                sell += level.lots;
                ask += 1;
            }
            // The sums hold up to the next bid, and to the tick below the next ask.
            let high = bids.get(bid).map_or(highest, |level| level.price);
            let high = asks
                .get(ask)
                .map_or(high, |level| high.min(level.price - 1));
            let range = Range {
                low,
                high,
                volume: buy.min(sell),
                surplus_low: buy - sell,
                turn: high,
                surplus_high: buy - sell,
            };
            best = Some(best.map_or(range, |best| best.better(range)));
            if high >= highest {
                break;
            }
            low = high + 1;
        }
        best.filter(|best| best.volume > 0)
            .map(|best| best.choose(auction.reference))
    }

    /// The levels of a side, best first, with what they hide.
    fn collect(
        &self,
        side: Side,
        nodes: &Nodes,
        hidden: &impl Fn(u32) -> Lots,
        levels: &mut Vec<Level>,
    ) {
        let ladder = self.ladder(side);
        levels.clear();
        levels.extend(ladder.iter_levels().map(|(key, ..)| {
            Level {
                price: price_of(side, key).0,
                lots: ladder
                    .iter_queue(nodes, key)
                    .map(|handle| {
                        i128::from(nodes.get(handle).lots.0) + i128::from(hidden(handle).0)
                    })
                    .sum(),
            }
        }));
    }
}

/// The lowest and the highest price of both sides.
fn span(bids: &[Level], asks: &[Level]) -> Option<(i64, i64)> {
    let firsts = bids.first().into_iter().chain(asks.first());
    let lasts = bids.last().into_iter().chain(asks.last());
    let lowest = firsts.map(|level| level.price).min()?;
    let highest = lasts.map(|level| level.price).max()?;
    Some((lowest, highest))
}

fn narrow(sum: i128) -> i64 {
    sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

impl Range {
    /// The better of two neighbours by volume and surplus, or both as one; `self` is the lower.
    fn better(self, next: Self) -> Self {
        let merit = |range: &Self| (range.volume, -range.surplus_low.abs());
        match merit(&next).cmp(&merit(&self)) {
            std::cmp::Ordering::Less => self,
            std::cmp::Ordering::Greater => next,
            std::cmp::Ordering::Equal => Self {
                high: next.high,
                surplus_high: next.surplus_high,
                turn: if next.surplus_low == self.surplus_low {
                    next.turn
                } else {
                    self.turn
                },
                ..self
            },
        }
    }

    fn choose(self, reference: Option<Ticks>) -> Uncross {
        let price = if self.surplus_high > 0 {
            self.high
        } else if self.surplus_low < 0 {
            self.low
        } else {
            match reference {
                Some(reference) => reference.0.clamp(self.low, self.high),
                None => self.low + ((self.high.wrapping_sub(self.low) as u64) / 2) as i64,
            }
        };
        let surplus = if price <= self.turn {
            self.surplus_low
        } else {
            self.surplus_high
        };
        Uncross {
            price: Ticks(price),
            volume: Lots(narrow(self.volume)),
            surplus: narrow(surplus),
        }
    }
}
