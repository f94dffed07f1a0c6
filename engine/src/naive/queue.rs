//! Where a resting limit order stands in the queue of the outside market, as far as its displayed
//! quantities and prints tell.

use types::{CancelModel, FillRule, PaperModel, Side};

use super::Naive;
use super::money::hold;
use super::order::{Order, Queue, Stage};

impl Order {
    /// Its price displays so many lots.
    pub(super) fn restate_queue(&mut self, lots: i64, model: Option<PaperModel>) {
        let (Some(queue), Some(FillRule::Queue(cancels))) =
            (&mut self.queue, model.map(|model| model.fill))
        else {
            return;
        };
        let mut gone = queue.shown - lots;
        if gone >= 0 {
            gone -= queue.printed;
        }
        if gone > 0 {
            let front = queue.ahead;
            let back = (queue.shown - queue.ahead).max(0);
            let cut = match cancels {
                CancelModel::Conservative => (gone - back).max(0),
                CancelModel::Power(power) => cut_by_power(gone, front, back, power),
            };
            queue.ahead = (queue.ahead - cut).max(0);
        }
        queue.ahead = queue.ahead.min(lots);
        queue.shown = lots;
        queue.printed = 0;
    }
}

/// How much of what was cancelled stood before the order: in proportion to `front^n : back^n`, and
/// what does not fit behind. Lengths are cut to 21 bits, so that nothing overflows.
fn cut_by_power(gone: i64, front: i64, back: i64, power: u8) -> i64 {
    let bits = i64::BITS - front.max(back).leading_zeros();
    let shift = bits.saturating_sub(20);
    let front = i128::from(front >> shift).pow(power.into());
    let behind = i128::from(back >> shift).pow(power.into());
    let cut = if front + behind == 0 {
        0
    } else {
        i128::from(gone) * front / (front + behind)
    };
    let cut = hold(cut);
    let excess = (gone - cut - back).max(0);
    cut + excess
}

impl Naive {
    /// The place of an order that comes to rest: behind all that is displayed at its price.
    pub(super) fn join_queue(&self, order: &Order) -> Option<Queue> {
        let market = &self.markets[order.instrument];
        let (Some(FillRule::Queue(_)), Some(limit)) =
            (market.paper().map(|model| model.fill), order.limit)
        else {
            return None;
        };
        let levels = match order.side {
            Side::Buy => &market.bids,
            Side::Sell => &market.asks,
        };
        let own = market.touch.map(|touch| touch.own(order.side));
        let shown = match own {
            Some((price, lots)) if price == limit => lots,
            _ => levels.get(&limit).copied().unwrap_or_default(),
        };
        Some(Queue {
            ahead: shown,
            shown,
            printed: 0,
        })
    }

    /// Orders that are better than their own side's best displayed price have nobody before them.
    pub(super) fn lead_queues(&mut self, instrument: usize) {
        let Some(touch) = self.markets[instrument].touch else {
            return;
        };
        for order in self.orders.values_mut() {
            if order.instrument != instrument || order.stage != Stage::Resting {
                continue;
            }
            let (best, _) = touch.own(order.side);
            let leads = match (order.limit, order.side) {
                (Some(limit), Side::Buy) => limit > best,
                (Some(limit), Side::Sell) => limit < best,
                (None, _) => false,
            };
            if leads && order.queue.is_some() {
                order.queue = Some(Queue::default());
            }
        }
    }
}
