//! Work that falls due with time: windows, competitions, ends of suspensions, arrivals, expiries, slices and ends of
//! algos.

use types::{AlgoEnd, CancelReason, OrderId, TimeInForce};

use super::Naive;
use super::order::Stage;

/// What is due, in the order in which things of one time and one order are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Of the suspension that was made so late, and the account.
    Resume(u64, usize),
    Arrival,
    /// Place of the change among those on their way.
    Change(usize),
    Expiry,
    Slice,
    AlgoEnd,
}

impl Naive {
    /// Does all that is due by now, each a step of its own.
    pub(super) fn do_due_work(&mut self) {
        loop {
            let (edge, turn, due) = (
                self.earliest_edge(),
                self.earliest_turn(),
                self.earliest_due(),
            );
            let times = [
                edge.map(|(at, _)| at),
                turn.map(|(at, _)| at),
                due.map(|(at, ..)| at),
            ];
            let Some(earliest) = times.into_iter().flatten().min() else {
                return;
            };
            // At one time windows come first, then competitions.
            match (edge, turn, due) {
                (Some((at, edge)), ..) if at == earliest => self.cross(edge),
                (_, Some((at, contest)), _) if at == earliest => self.turn(contest),
                (.., Some((_, id, due))) => self.do_due(id, due),
                _ => return,
            }
            self.settle();
        }
    }

    fn do_due(&mut self, id: u64, due: Due) {
        match due {
            Due::Resume(_, account) => self.resume(account),
            Due::Arrival => self.arrive(id),
            Due::Change(place) => {
                let flight = self.flights.remove(place);
                self.carry_out_change(flight.account, OrderId(flight.order), flight.change);
            }
            Due::Expiry => self.end(id, CancelReason::Expired),
            Due::Slice => self.run_slice(id),
            Due::AlgoEnd => self.end_algo(id, AlgoEnd::Over),
        }
    }

    fn earliest_due(&self) -> Option<(u64, u64, Due)> {
        let mut known: Vec<(u64, u64, Due)> = Vec::new();
        for (id, account) in self.accounts.iter().enumerate() {
            let until = account.life.suspension().and_then(|held| held.until);
            if let Some(until) = until {
                known.push((until.0, 0, Due::Resume(account.suspension, id)));
            }
        }
        for order in self.orders.values() {
            if let Stage::InFlight(arrives) = order.stage {
                known.push((arrives, order.id, Due::Arrival));
            }
            if let TimeInForce::GoodTillDate { until } = order.request.tif {
                known.push((until.0, order.id, Due::Expiry));
            }
        }
        for (place, flight) in self.flights.iter().enumerate() {
            known.push((flight.arrives, flight.order, Due::Change(place)));
        }
        for algo in self.algos.values() {
            if let Some(due) = self.slice_due(algo) {
                known.push((due, algo.id, Due::Slice));
            }
            known.push((algo.request.end.0, algo.id, Due::AlgoEnd));
        }
        known
            .into_iter()
            .filter(|(time, ..)| self.has_come(*time))
            .min()
    }
}
