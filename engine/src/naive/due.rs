//! Orders that the market of their instrument made due.

use types::{CancelReason, OrderKind, Side, TimeInForce, TriggerOn};

use super::Naive;
use super::order::{Order, Stage, at_or_better, trailed};

impl Naive {
    /// Executes what is due, until nothing is.
    pub(super) fn run_due(&mut self, id: usize) {
        if !self.markets[id].takes() {
            for order in self
                .orders
                .values_mut()
                .filter(|order| order.instrument == id)
            {
                order.reached = None;
            }
            return;
        }
        if std::mem::take(&mut self.markets[id].opening) && self.markets[id].paper().is_some() {
            self.take_in_auction(id, TimeInForce::AtOpen);
        }
        if self.markets[id].paper().is_none() {
            self.run_due_in_book(id);
        } else {
            for (order, reference) in self.collect_due(id) {
                self.execute_due(order, reference);
            }
            self.ratchet_trails(id, |_| true);
        }
        // What the loop itself changed, it has looked at.
        self.dirty.remove(&id);
    }

    /// A book is looked at before each order that executes and after it; what one reaches has its turn after all
    /// that were reached before.
    fn run_due_in_book(&mut self, id: usize) {
        loop {
            self.look(id, |_| true);
            let reached = |order: &Order| order.instrument == id && order.reached.is_some();
            let due = self.orders_where(reached);
            if due.is_empty() {
                return;
            }
            for order in due {
                let Some(found) = self.orders.get_mut(&order) else {
                    continue;
                };
                // A trade may have halted the market: then the rest waits.
                if let Some(price) = found.reached.take()
                    && self.markets[id].takes()
                {
                    self.trigger(order, price);
                    self.look(id, |_| true);
                }
            }
        }
    }

    /// Something printed in a book: orders that look at the newest print see each one.
    pub(super) fn look_at_print(&mut self, id: usize) {
        self.look(id, |order| {
            matches!(
                order.request.kind,
                OrderKind::Stop {
                    on: TriggerOn::Last,
                    ..
                } | OrderKind::StopLimit {
                    on: TriggerOn::Last,
                    ..
                } | OrderKind::MarketIfTouched {
                    on: TriggerOn::Last,
                    ..
                } | OrderKind::TrailingStop {
                    on: TriggerOn::Last,
                    ..
                }
            )
        });
        self.dirty.insert(id);
    }

    /// Notes which of the waiting orders that `which` picks are reached, then moves the trails of the others.
    fn look(&mut self, id: usize, which: impl Fn(&Order) -> bool) {
        if !self.markets[id].takes() {
            return;
        }
        let waiting = self.orders_where(|order| {
            let waits = order.instrument == id && order.stage == Stage::Waiting;
            waits && order.reached.is_none() && which(order)
        });
        for order in waiting {
            let reached = self
                .orders
                .get(&order)
                .and_then(|order| self.due_trigger(order));
            if let Some(order) = self.orders.get_mut(&order) {
                order.reached = reached;
            }
        }
        self.ratchet_trails(id, which);
    }

    /// The price that makes an order's trigger due; of one that goes on until all is closed, where there is something
    /// to close and, without a limit, somebody to trade with.
    pub(super) fn due_trigger(&self, order: &Order) -> Option<i64> {
        let due = self.markets[order.instrument].due_trigger(order);
        let may_trade = || order.limit.is_some() || self.has_offer(order);
        due.filter(|_| !order.goes_on() || (!self.stands_by(order) && may_trade()))
    }

    /// Whether the market has something for an order at a price that it takes.
    fn has_offer(&self, order: &Order) -> bool {
        let market = &self.markets[order.instrument];
        if market.paper().is_none() {
            let bound = self.bound(order);
            let best = self.best(order.instrument, order.side.opposite());
            return best.is_some_and(|(best, _)| {
                bound.is_none_or(|bound| at_or_better(best, bound, order.side))
            });
        }
        market.touch.is_some_and(|touch| {
            let best = touch.opposite(order.side);
            let slip = market.slip(best, order.leaves());
            best.1 != 0 && self.walk(order, &touch, 1, slip).lots() > 0
        })
    }

    /// The orders that are due, ascending, with the price that reached their trigger.
    fn collect_due(&self, id: usize) -> Vec<(u64, Option<i64>)> {
        let market = &self.markets[id];
        let mut due = Vec::new();
        for order in self.orders.values().filter(|order| order.instrument == id) {
            let is_due_limit = |touch| market.is_limit_due(order, &touch);
            if order.stage == Stage::Waiting
                && let Some(reference) = self.due_trigger(order)
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
            (Some(Stage::Waiting), Some(reference)) => self.trigger_on_path(order, reference),
            (Some(Stage::Resting), None) => self.fill_resting(order),
            _ => {}
        }
    }

    /// Moves the triggers of trailing stops after the price, never back.
    fn ratchet_trails(&mut self, id: usize, which: impl Fn(&Order) -> bool) {
        let trails = self.orders_where(|order| {
            let waits = order.instrument == id && order.stage == Stage::Waiting;
            waits && order.reached.is_none() && which(order)
        });
        for order in trails {
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
