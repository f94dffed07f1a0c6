//! Orders that depend on each other: what a fill or an end of one does to the others.

use types::{AccountId, CancelReason, EventKind, Lots, OrderId, OrderRole};

use super::Naive;
use super::order::{Order, Stage};

/// An order that is about to be on the market with more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Activation {
    pub(super) order: u64,
    /// Lots more; zero for a child, which has all of its lots from the start.
    pub(super) lots: i64,
    /// Where the path of a bar was on a leg when it was sent.
    pub(super) at: Option<i64>,
}

impl Naive {
    /// Working orders of a list other than one of them, ascending.
    fn others(&self, order: &Order) -> Vec<u64> {
        self.orders_where(|other| {
            other.list == order.list && other.role != OrderRole::Slice && other.id != order.id
        })
    }

    fn is_pending(&self, id: u64) -> bool {
        self.pending.iter().any(|pending| pending.order == id)
    }

    /// The entry of an exit's list still works.
    fn has_entry(&self, exit: &Order) -> bool {
        self.orders.contains_key(&exit.list)
    }

    /// An exit may come to more: its entry works, or lots that it filled have not come to the exit yet.
    pub(super) fn may_grow(&self, exit: &Order) -> bool {
        self.has_entry(exit) || self.is_pending(exit.id)
    }

    /// The stop of a cover order has nothing to close so far, but its entry may fill more.
    pub(super) fn stands_by(&self, order: &Order) -> bool {
        order.role == OrderRole::CoverStop && self.opposing(order) == 0 && self.may_grow(order)
    }

    /// What a fill does beside its booking: to the rest of the list, and to the algo.
    pub(super) fn after_fill(&mut self, id: u64, lots: i64) {
        let Some(order) = self.orders.get(&id).cloned() else {
            return;
        };
        let is_done = order.stage == Stage::Done;
        match order.role {
            OrderRole::Oco => {
                for other in self.others(&order) {
                    let other_order = self.orders.get(&other);
                    if other_order.is_some_and(|other| other.leaves() > 0) {
                        self.end(other, CancelReason::Sibling);
                    }
                }
            }
            OrderRole::OtoParent if is_done => {
                for child in self.others(&order) {
                    self.release_part(child, &order);
                }
            }
            OrderRole::Entry => {
                if self.markets[order.instrument].paper().is_none() {
                    self.entered.insert(order.id);
                }
                let at = self.place_on_leg(order.instrument);
                for order in self.others(&order) {
                    self.pending.push_back(Activation { order, lots, at });
                }
            }
            OrderRole::TakeProfit | OrderRole::StopLoss | OrderRole::CoverStop => {
                if self.entered.contains(&order.list) {
                    self.left.push_back(order.list);
                }
                for other in self.others(&order) {
                    if self.orders.get(&other).is_some_and(Order::is_exit) {
                        self.reduce_sibling(other, lots);
                    }
                }
            }
            _ => {}
        }
        if is_done && order.is_exit() && self.may_grow(&order) {
            self.hold_back(id);
        } else if is_done {
            self.orders.remove(&id);
        }
        if order.role == OrderRole::Slice {
            self.after_child_fill(order.list, id, lots, is_done);
        }
    }

    /// The other exit filled, so there is less for this one.
    fn reduce_sibling(&mut self, id: u64, lots: i64) {
        let is_pending = self.is_pending(id);
        let may_grow = self.orders.get(&id).is_some_and(|exit| self.may_grow(exit));
        let Some(exit) = self.orders.get_mut(&id) else {
            return;
        };
        if !may_grow && exit.leaves() <= lots {
            return self.end(id, CancelReason::Sibling);
        }
        exit.qty -= lots;
        if exit.leaves() > 0 {
            exit.displayed = exit.displayed.min(exit.leaves());
            let instrument = exit.instrument;
            self.push_amended(id);
            self.refresh_touch(instrument);
            return;
        }
        if !is_pending {
            exit.qty = exit.filled;
        }
        self.hold_back(id);
    }

    /// An exit without anything to do waits for more fills of its entry, as what it was asked as.
    fn hold_back(&mut self, id: u64) {
        if let Some(exit) = self.orders.get_mut(&id) {
            exit.triggered = false;
            self.take_out(id, Stage::Held);
        }
    }

    /// What the end of an order that was not filled up does to its list and its algo.
    pub(super) fn after_end(&mut self, order: &Order, reason: CancelReason) {
        match order.role {
            OrderRole::OtoParent => {
                for child in self.others(order) {
                    if reason.is_by_market() {
                        self.release_part(child, order);
                    } else {
                        self.end(child, CancelReason::ParentEnded);
                    }
                }
            }
            OrderRole::Entry => {
                for exit in self.others(order) {
                    // All that the entry of a cover order filled may have closed an opposite position.
                    let is_idle = self.orders.get(&exit).is_some_and(|exit| {
                        let is_cover = exit.role == OrderRole::CoverStop;
                        exit.leaves() == 0 || (is_cover && self.opposing(exit) == 0)
                    });
                    if is_idle && !self.is_pending(exit) {
                        self.end(exit, CancelReason::ParentEnded);
                    }
                }
            }
            OrderRole::Slice => {
                if let Some(algo) = self.algos.get_mut(&order.list)
                    && algo.child == order.id
                {
                    algo.child = 0;
                }
            }
            _ => {}
        }
    }

    /// A child is for as much of its own lots as its parent filled of what it was sent for, rounded down and not more than
    /// all, or ends.
    fn release_part(&mut self, id: u64, parent: &Order) {
        let Some(child) = self.orders.get_mut(&id) else {
            return;
        };
        let sent = parent.request.qty.0 / self.markets[parent.instrument].instrument.lot_size.0;
        let filled = parent.filled.min(sent);
        let part = i128::from(child.qty) * i128::from(filled) / i128::from(sent);
        if part == 0 {
            return self.end(id, CancelReason::ParentEnded);
        }
        child.qty = part as i64;
        self.pending.push_back(Activation {
            order: id,
            lots: 0,
            at: self.place_on_leg(parent.instrument),
        });
    }

    /// An order that waited for its parent goes to the market, or there with more.
    pub(super) fn activate(&mut self, activation: Activation) {
        let id = activation.order;
        let is_pending = self.is_pending(id);
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        order.qty += activation.lots;
        let order = order.clone();
        if order.leaves() == 0 {
            if !is_pending && !self.has_entry(&order) {
                self.end(id, CancelReason::Sibling);
            }
            return;
        }
        let market = &self.markets[order.instrument];
        let is_crossed = market.paper().is_none();
        let qty = market.instrument.qty(Lots(order.qty));
        self.push(EventKind::OrderActivated {
            account: AccountId(order.account as u32),
            order: OrderId(id),
            qty,
        });
        match order.stage {
            Stage::Held => self.enter_at(id, activation.at),
            // A book is looked at anyway.
            Stage::Waiting if !is_crossed && order.role == OrderRole::CoverStop => {
                self.enter_at(id, activation.at);
            }
            Stage::Resting if is_crossed => {
                self.take_out(id, Stage::Entering);
                self.enter_market(id);
            }
            _ => {}
        }
    }
}
