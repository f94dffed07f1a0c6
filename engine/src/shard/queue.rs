//! Where a resting order stands in the queue of its price on the outside market: estimated from what is
//! displayed there, what prints and what is cancelled.

use types::{CancelModel, FillRule, InstrumentId, Lots, Side, Ticks};

use super::Shard;
use crate::book::key_of;
use crate::market::Market;
use crate::order::Queue;

/// Bits to which quantities are cut before they are raised to a power.
const POWER_BITS: u32 = 20;

/// The queue after its price was stated to show `shown` lots.
fn restated(queue: Queue, shown: i64, model: CancelModel) -> Queue {
    let mut cancelled = queue.shown.saturating_sub(shown);
    if cancelled >= 0 {
        // What printed has gone already.
        cancelled = cancelled.saturating_sub(queue.printed);
    }
    let mut ahead = queue.ahead;
    if cancelled > 0 {
        let back = queue.shown.saturating_sub(ahead).max(0);
        let cut = match model {
            CancelModel::Conservative => cancelled.saturating_sub(back).max(0),
            CancelModel::Power(power) => {
                let cut = share_before(cancelled, ahead, back, power);
                let behind = cancelled - cut;
                cut + (behind - back).max(0)
            }
        };
        ahead = ahead.saturating_sub(cut).max(0);
    }
    Queue {
        ahead: ahead.min(shown),
        shown,
        printed: 0,
    }
}

/// `cancelled * front^n / (front^n + back^n)`, rounded down.
fn share_before(cancelled: i64, front: i64, back: i64, power: u8) -> i64 {
    let bits = i64::BITS - front.max(back).leading_zeros();
    let shift = bits.saturating_sub(POWER_BITS);
    let raised = |lots: i64| ((lots >> shift) as u128).pow(power.into());
    let (front, back) = (raised(front), raised(back));
    if front + back == 0 {
        return 0;
    }
    (cancelled as u128 * front / (front + back)) as i64
}

impl Market {
    fn cancel_model(&self) -> Option<CancelModel> {
        match self.paper()?.fill {
            FillRule::Queue(model) => Some(model),
            FillRule::Touch | FillRule::Through => None,
        }
    }

    /// What the outside market displays at a price on a side.
    fn shown_at(&self, side: Side, price: Ticks) -> i64 {
        match self.touch {
            Some(touch) if touch.price(side) == price => touch.qty(side).0,
            _ => self.depth.qty_at(side, price).0,
        }
    }
}

impl Shard {
    /// An order that comes to rest is last in the queue of its price.
    pub(super) fn start_queue(&mut self, handle: u32, instrument: InstrumentId) {
        let market = &self.markets[instrument.0 as usize];
        if market.cancel_model().is_none() {
            return;
        }
        let order = *self.orders.get(handle);
        let shown = market.shown_at(order.side, order.limit);
        if let Some(extra) = self.orders.extra_mut(handle) {
            extra.queue = Queue {
                ahead: shown,
                shown,
                printed: 0,
            };
        }
    }

    /// The outside market states what a price shows.
    pub(super) fn restate_queue(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        price: Ticks,
        shown: Lots,
    ) {
        let market = &self.markets[instrument.0 as usize];
        let Some(model) = market.cancel_model() else {
            return;
        };
        let ladder = market.book.ladder(side);
        for handle in ladder.iter_queue(&self.orders.nodes, key_of(side, price)) {
            let extra = self.orders.get(handle).extra;
            if extra != crate::slab::NIL {
                let queue = &mut self.orders.extras.get_mut(extra).queue;
                *queue = restated(*queue, shown.0, model);
            }
        }
    }

    /// The outside market states what its depth shows at a price.
    #[inline(always)]
    pub(super) fn restate_depth(&mut self, instrument: InstrumentId, side: Side, price: Ticks) {
        let market = &self.markets[instrument.0 as usize];
        let ladder = market.book.ladder(side);
        // Nearly no price has an order.
        if ladder.has_orders_at(key_of(side, price)) {
            let shown = market.depth.qty_at(side, price);
            self.restate_queue(instrument, side, price, shown);
        }
    }

    /// The outside market states its whole depth: every price at which an order rests.
    pub(super) fn restate_all_queues(&mut self, instrument: InstrumentId) {
        let market = &self.markets[instrument.0 as usize];
        let Some(model) = market.cancel_model() else {
            return;
        };
        for side in [Side::Buy, Side::Sell] {
            let ladder = market.book.ladder(side);
            for (key, ..) in ladder.iter_levels() {
                let shown = market.depth.qty_at(side, crate::book::price_of(side, key));
                for handle in ladder.iter_queue(&self.orders.nodes, key) {
                    let extra = self.orders.get(handle).extra;
                    if extra != crate::slab::NIL {
                        let queue = &mut self.orders.extras.get_mut(extra).queue;
                        *queue = restated(*queue, shown.0, model);
                    }
                }
            }
        }
    }

    /// Orders at a better price than their side shows are first.
    pub(super) fn lead_queues(&mut self, instrument: InstrumentId) {
        let market = &self.markets[instrument.0 as usize];
        let (Some(_), Some(touch)) = (market.cancel_model(), market.touch) else {
            return;
        };
        for side in [Side::Buy, Side::Sell] {
            // Better than the best: a buy above it, a sell below it.
            let Some(worst) = key_of(side, touch.price(side)).checked_add(1) else {
                continue;
            };
            let ladder = market.book.ladder(side);
            for key in ladder.keys_down_to(worst) {
                for handle in ladder.iter_queue(&self.orders.nodes, key) {
                    let extra = self.orders.get(handle).extra;
                    if extra != crate::slab::NIL {
                        self.orders.extras.get_mut(extra).queue = Queue::default();
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Queue = Queue {
        ahead: 60,
        shown: 100,
        printed: 10,
    };

    #[test]
    fn conservative_cancels_come_from_behind_as_far_as_there_is_anything() {
        // 100 shown, 10 printed, 70 now: 20 were cancelled, and 40 stood behind.
        let queue = restated(BEFORE, 70, CancelModel::Conservative);
        assert_eq!((queue.ahead, queue.shown, queue.printed), (60, 70, 0));
        // 35 now: 55 were cancelled, 15 of them before; but no more than 35 are left in all.
        assert_eq!(restated(BEFORE, 35, CancelModel::Conservative).ahead, 35);
    }

    #[test]
    fn the_power_model_shares_cancels_by_what_stands_where() {
        // 20 cancelled: 20 x 60 / 100 = 12 before.
        assert_eq!(restated(BEFORE, 70, CancelModel::Power(1)).ahead, 48);
        // 20 x 3,600 / 5,200 = 13.8: 13 before.
        assert_eq!(restated(BEFORE, 70, CancelModel::Power(2)).ahead, 47);
        // 20 x 216,000 / 280,000 = 15.4: 15 before.
        assert_eq!(restated(BEFORE, 70, CancelModel::Power(3)).ahead, 45);
    }

    #[test]
    fn what_joins_stands_behind() {
        let queue = restated(BEFORE, 500, CancelModel::Power(2));
        assert_eq!((queue.ahead, queue.shown), (60, 500));
    }
}
