//! Prints of the outside market: what of resting orders they fill, and how they move the queues before them.

use std::cmp::Reverse;

use types::{Aggressor, FillModel, FillRule, InstrumentId, Lots, Side, Sizes, Ticks};

use super::Shard;
use super::cascade::{MetOrder, Share};
use super::check::is_beyond;
use super::fills::Execution;
use crate::event_buf::EventBuf;
use crate::order::Stage;
use crate::slab::NIL;

/// A print of the outside market, as an account's order sees it.
#[derive(Debug, Clone, Copy)]
struct Print {
    price: Ticks,
    lots: Lots,
    /// What its account's orders before it have left.
    left: Lots,
}

impl Shard {
    /// A print of the outside market fills what it goes through, and moves queues.
    pub(super) fn fill_prints(
        &mut self,
        instrument: InstrumentId,
        price: Ticks,
        lots: Lots,
        aggressor: Aggressor,
        events: &mut EventBuf,
    ) {
        let market = &self.markets[instrument.0 as usize];
        let Some(rule) = market.paper().map(|model| model.fill) else {
            return;
        };
        if rule == FillRule::Touch || !market.can_trade() {
            return;
        }
        let mut due = std::mem::take(&mut self.pending.prints);
        let mut shares = std::mem::take(&mut self.pending.shares);
        due.clear();
        shares.clear();
        let is_queue = matches!(rule, FillRule::Queue(_));
        for side in [Side::Buy, Side::Sell] {
            // A seller's print meets the bids, a buyer's the asks.
            let is_met = match aggressor {
                Aggressor::Unknown => true,
                Aggressor::Seller => side == Side::Buy,
                Aggressor::Buyer => side == Side::Sell,
            };
            if is_queue && !is_met {
                continue;
            }
            let threshold = crate::book::key_of(side, price);
            // No price is beyond the last one there is.
            let Some(threshold) = threshold.checked_add((!is_queue).into()) else {
                continue;
            };
            let ladder = market.book.ladder(side);
            for key in ladder.keys_down_to(threshold) {
                for handle in ladder.iter_queue(&self.orders.nodes, key) {
                    let node = self.orders.nodes.get(handle);
                    due.push(MetOrder {
                        side: side as u8,
                        key: Reverse(key),
                        id: node.id,
                    });
                    shares.push(Share {
                        account: node.account,
                        lots,
                    });
                }
            }
        }
        due.sort_unstable();
        shares.sort_unstable();
        shares.dedup();
        for &MetOrder { id, .. } in &due {
            let Some(handle) = self.orders.find(id) else {
                continue;
            };
            let account = self.orders.nodes.get(handle).account;
            if self.orders.get(handle).stage == Stage::Resting
                && let Ok(place) = shares.binary_search_by_key(&account, |share| share.account)
            {
                let left = &mut shares[place].lots;
                let print = Print {
                    price,
                    lots,
                    left: *left,
                };
                let filled = self.fill_print(handle, instrument, print, events);
                left.0 = left.0.saturating_sub(filled).max(0);
            }
        }
        (self.pending.prints, self.pending.shares) = (due, shares);
    }

    /// Says how much of the print the order took.
    fn fill_print(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        print: Print,
        events: &mut EventBuf,
    ) -> i64 {
        let order = *self.orders.get(handle);
        let is_through = is_beyond(order.side, order.limit, print.price);
        let reached = if is_through {
            match self.sizes(instrument) {
                Sizes::Unlimited => i64::MAX,
                Sizes::Displayed => print.left.0,
            }
        } else {
            self.advance_queue(handle, print)
        };
        if reached <= 0 && !is_through {
            return 0;
        }
        let allowed = self.allowed_at(handle, order.limit);
        if allowed == 0 {
            self.end_bounded(handle, order.limit, events);
            return 0;
        }
        let lots = allowed.min(reached);
        if lots <= 0 {
            return 0;
        }
        let execution = Execution {
            price: order.limit,
            lots: Lots(lots),
            maker: true,
            model: if is_through {
                FillModel::Through
            } else {
                FillModel::Queue
            },
        };
        self.fill_at_rest(handle, instrument, execution, events);
        lots
    }

    /// A print at an order's price moves it forward; says how much of the print reached it. Those before it get what
    /// its account's better and older orders have left: what these took stood before it, too.
    fn advance_queue(&mut self, handle: u32, print: Print) -> i64 {
        let extra = self.orders.get(handle).extra;
        if extra == NIL {
            return 0;
        }
        let queue = &mut self.orders.extras.get_mut(extra).queue;
        queue.printed = queue.printed.saturating_add(print.lots.0);
        queue.ahead = queue.ahead.saturating_sub(print.left.0);
        let reached = queue.ahead.saturating_neg().max(0);
        queue.ahead = queue.ahead.max(0);
        reached
    }
}
