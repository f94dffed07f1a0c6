//! Work that falls due with time: arrivals, expiries, slices and ends of algos.

use types::{AlgoEnd, CancelReason, OrderId, TimeInForce};

use super::Naive;
use super::order::Stage;

/// What is due, in the order in which things of one time and one order are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
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
        while let Some((_, id, due)) = self.earliest_due() {
            match due {
                Due::Arrival => self.arrive(id),
                Due::Change(place) => {
                    let flight = self.flights.remove(place);
                    self.carry_out_change(flight.account, OrderId(flight.order), flight.change);
                }
                Due::Expiry => self.end(id, CancelReason::Expired),
                Due::Slice => self.run_slice(id),
                Due::AlgoEnd => self.end_algo(id, AlgoEnd::Over),
            }
            self.settle();
        }
    }

    fn earliest_due(&self) -> Option<(u64, u64, Due)> {
        let mut known: Vec<(u64, u64, Due)> = Vec::new();
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
            .filter(|(time, ..)| *time <= self.ts.0)
            .min()
    }
}
