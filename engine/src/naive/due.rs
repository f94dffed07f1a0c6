//! Orders that the market of their instrument made due.

use types::{CancelReason, OrderKind, Side, TimeInForce};

use super::Naive;
use super::order::{Stage, trailed};

impl Naive {
    /// Executes what is due, until nothing is.
    pub(super) fn run_due(&mut self, id: usize) {
        if !self.markets[id].takes() {
            return;
        }
        if std::mem::take(&mut self.markets[id].opening) && self.markets[id].paper().is_some() {
            self.take_in_auction(id, TimeInForce::AtOpen);
        }
        loop {
            let due = self.collect_due(id);
            for &(order, reference) in &due {
                // A trade may have halted the market: then the rest waits.
                if self.markets[id].takes() {
                    self.execute_due(order, reference);
                }
            }
            if self.markets[id].takes() {
                self.ratchet_trails(id);
            }
            if due.is_empty() || self.markets[id].paper().is_some() {
                break;
            }
        }
        // What the loop itself changed, it has looked at.
        self.dirty.remove(&id);
    }

    /// The orders that are due, ascending, with the price that reached their trigger.
    fn collect_due(&self, id: usize) -> Vec<(u64, Option<i64>)> {
        let market = &self.markets[id];
        let mut due = Vec::new();
        for order in self.orders.values().filter(|order| order.instrument == id) {
            let is_due_limit = |touch| market.is_limit_due(order, &touch);
            if order.stage == Stage::Waiting
                && let Some(reference) = market.due_trigger(order)
            {
                due.push((order.id, Some(reference)));
            } else if order.stage == Stage::Resting && market.touch.is_some_and(is_due_limit) {
                due.push((order.id, None));
            }
        }
        due
    }

    fn execute_due(&mut self, order: u64, reference: Option<i64>) {
        let stage = self.orders.get(&order).map(|order| order.stage);
        match (stage, reference) {
            (Some(Stage::Waiting), Some(reference)) => self.trigger(order, reference),
            (Some(Stage::Resting), None) => self.fill_resting(order),
            _ => {}
        }
    }

    /// Moves the triggers of trailing stops after the price, never back.
    fn ratchet_trails(&mut self, id: usize) {
        for order in
            self.orders_where(|order| order.instrument == id && order.stage == Stage::Waiting)
        {
            let market = &self.markets[id];
            let Some(order) = self.orders.get_mut(&order) else {
                continue;
            };
            let OrderKind::TrailingStop { trail, on } = order.request.kind else {
                continue;
            };
            let Some(reference) = market.trigger_reference(on, order.side) else {
                continue;
            };
            let tick_size = market.instrument.tick_size.0;
            let next = trailed(reference, trail, tick_size, order.side);
            order.trigger = Some(match (order.trigger, order.side) {
                (None, _) => next,
                (Some(trigger), Side::Sell) => trigger.max(next),
                (Some(trigger), Side::Buy) => trigger.min(next),
            });
        }
    }

    /// The orders for an auction of a paper instrument take what is there, and end.
    pub(super) fn take_in_auction(&mut self, id: usize, tif: TimeInForce) {
        let gathered = self.orders_where(|order| {
            order.instrument == id && order.stage == Stage::Auction && order.request.tif == tif
        });
        for order in gathered {
            let market = &self.markets[id];
            if let Some(touch) = market.touch.filter(|_| !market.stale) {
                self.take_paper(order, &touch);
            }
            self.end(order, CancelReason::AuctionOver);
        }
    }
}
