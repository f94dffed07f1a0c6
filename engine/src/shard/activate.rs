//! Orders that waited for another one come to the market.

use types::{CancelReason, EventKind, Lots, OrderRole};

use super::Shard;
use super::cascade::Activation;
use crate::event_buf::EventBuf;
use crate::order::Stage;

impl Shard {
    pub(super) fn activate(&mut self, activation: Activation, events: &mut EventBuf) {
        let Activation {
            order: id,
            lots,
            at,
        } = activation;
        let Some(handle) = self.orders.find(id) else {
            return;
        };
        let order = self.orders.get_mut(handle);
        order.qty.0 += lots.0;
        let order = *order;
        if order.leaves().0 <= 0 {
            return self.leave_unactivated(handle, events);
        }
        let instrument = self.instrument_of(handle);
        let market = &self.markets[instrument.0 as usize];
        events.push(EventKind::OrderActivated {
            account: self.orders.nodes.get(handle).account,
            order: id,
            qty: market.instrument.qty(order.qty),
        });
        match order.stage {
            Stage::Held => {
                self.orders.get_mut(handle).stage = Stage::Entering;
                self.enter_at(handle, instrument, at, events);
            }
            Stage::Resting if market.is_crossed() => {
                self.withdraw(handle);
                self.refresh_touch(instrument);
                self.enter(handle, events);
            }
            Stage::Resting => {
                // It keeps its place, and waits for the outside market with all that is left.
                let market = &mut self.markets[instrument.0 as usize];
                let ladder = market.book.ladder_mut(order.side);
                ladder.reduce(&mut self.orders.nodes, handle, Lots(-lots.0));
                self.note_level(instrument, order.side, order.limit);
            }
            Stage::Waiting if !market.is_crossed() && order.role == OrderRole::CoverStop => {
                // One that stood by may be due by now; a book is looked at anyway.
                self.withdraw(handle);
                self.enter_at(handle, instrument, at, events);
            }
            Stage::Waiting | Stage::InFlight | Stage::Entering | Stage::Auction => {}
        }
    }

    /// The other exit has closed already what this one was to close.
    fn leave_unactivated(&mut self, handle: u32, events: &mut EventBuf) {
        let id = self.orders.id(handle);
        let list = self.orders.extra(handle).map(|extra| extra.list);
        let is_exit = self.orders.get(handle).role != OrderRole::OtoChild;
        let entry_works = list.is_some_and(|entry| self.orders.find(entry).is_some());
        if self.is_coming(id) {
            return;
        }
        // Nothing is coming that would need what it lacks.
        let order = self.orders.get_mut(handle);
        order.qty.0 = order.qty.0.max(order.filled.0);
        if is_exit && !entry_works {
            self.end_order(handle, Some(CancelReason::Sibling), events);
        }
    }
}
