//! Orders that the engine slices over time or volume.

use types::{
    AccountId, AlgoEnd, AlgoFault, AlgoKind, CancelReason, DenyReason, EventKind, LimitName, Lots,
    NewAlgo, NewOrder, OrderId, OrderKind, OrderRole, Qty, Ratio,
};

use super::Naive;
use super::money::{hold, share_floor};

#[derive(Debug, Clone)]
pub(super) struct Algo {
    pub(super) id: u64,
    pub(super) request: NewAlgo,
    pub(super) account: usize,
    pub(super) instrument: usize,
    /// Lots in all.
    pub(super) qty: i64,
    pub(super) filled: i64,
    /// Printed lots that it has counted.
    pub(super) volume: i64,
    /// Its working child; zero for none.
    pub(super) child: u64,
    /// The slice that is next, from 0.
    pub(super) next_slice: usize,
    /// Children sent so far.
    pub(super) children: u32,
}

/// Lots that printed, and the algos whose children took part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print {
    pub(super) instrument: usize,
    lots: i64,
    algos: [u64; 2],
    /// An algo that follows volume took them: others count them, and follow with the next print.
    by_follower: bool,
}

impl Naive {
    pub(super) fn submit_algo(&mut self, request: &NewAlgo) {
        let checked = self
            .check_sender(request.account, request.instrument)
            .and_then(|()| self.count_orders(request.account, 1))
            .and_then(|()| self.check_algo(request));
        if let Err(reason) = checked {
            return self.push(EventKind::AlgoDenied {
                request: *request,
                reason,
            });
        }
        self.remember_client_order(request.account, request.client_order);
        self.orders_accepted += 1;
        let id = self.orders_accepted;
        let instrument = request.instrument.0 as usize;
        self.algos.insert(
            id,
            Algo {
                id,
                request: *request,
                account: request.account.0 as usize,
                instrument,
                qty: request.qty.0 / self.markets[instrument].instrument.lot_size.0,
                filled: 0,
                volume: 0,
                child: 0,
                next_slice: 0,
                children: 0,
            },
        );
        self.push(EventKind::AlgoAccepted {
            order: OrderId(id),
            request: *request,
        });
    }

    fn check_algo(&self, request: &NewAlgo) -> Result<(), DenyReason> {
        self.check_client_order(request.account, request.client_order, &[])?;
        let grid = &self.markets[request.instrument.0 as usize].instrument;
        if request.qty.0 <= 0 {
            return Err(DenyReason::QtyNotPositive);
        }
        if grid.lots(request.qty).is_err() {
            return Err(DenyReason::QtyOffLot {
                lot_size: grid.lot_size,
            });
        }
        self.check_tick(request.instrument.0 as usize, request.limit)?;
        self.check_leg(request.account, request.leg)?;
        let after = request.start.max(self.ts);
        if request.end <= after {
            return Err(DenyReason::BadAlgo(AlgoFault::Window { after }));
        }
        match request.kind {
            AlgoKind::Twap { slices: 0 } => {
                return Err(DenyReason::BadAlgo(AlgoFault::NoSlices));
            }
            AlgoKind::Pov { rate } if !(rate > Ratio::ZERO && rate <= Ratio::ONE) => {
                return Err(DenyReason::BadAlgo(AlgoFault::Rate { rate }));
            }
            _ => {}
        }
        if let AlgoKind::Vwap { curve } = request.kind
            && self.curves.get(curve.0 as usize).is_none()
        {
            return Err(DenyReason::UnknownCurve { curve });
        }
        let max = self.limits.algo_slices_max;
        let slices = self.slices(request.kind);
        if slices > max as usize {
            return Err(DenyReason::ChildrenMax {
                limit: LimitName::AlgoSlices,
                has: slices as u32,
                max,
            });
        }
        self.check_total(&child_of(request, request.qty))?;
        let max = self.limits.algos_max;
        if self.algos.len() >= max as usize {
            return Err(DenyReason::AlgosMax { max });
        }
        Ok(())
    }

    /// How many slices an algo has by time.
    fn slices(&self, kind: AlgoKind) -> usize {
        match kind {
            AlgoKind::Twap { slices } => slices.into(),
            AlgoKind::Vwap { curve } => self.curves[curve.0 as usize].len(),
            AlgoKind::Pov { .. } => 0,
        }
    }

    /// When an algo's next slice is due.
    pub(super) fn slice_due(&self, algo: &Algo) -> Option<u64> {
        let slices = self.slices(algo.request.kind);
        if algo.next_slice >= slices {
            return None;
        }
        let (start, end) = (algo.request.start.0, algo.request.end.0);
        let passed = u128::from(end - start) * algo.next_slice as u128 / slices as u128;
        Some(start + passed as u64)
    }

    /// The next slice of an algo by time.
    pub(super) fn run_slice(&mut self, id: u64) {
        let Some(algo) = self.algos.get_mut(&id) else {
            return;
        };
        algo.next_slice += 1;
        let (done, all) = match algo.request.kind {
            AlgoKind::Vwap { curve } => {
                let weights = &self.curves[curve.0 as usize];
                let sum = |weights: &[u32]| weights.iter().map(|w| i128::from(*w)).sum::<i128>();
                (sum(&weights[..algo.next_slice]), sum(weights))
            }
            AlgoKind::Twap { slices } => (algo.next_slice as i128, slices.into()),
            AlgoKind::Pov { .. } => return,
        };
        let target = hold(i128::from(algo.qty) * done / all);
        self.send_slice(id, target);
    }

    /// Replaces the working child by one for what is missing to the target, where the market takes it.
    fn send_slice(&mut self, id: u64, target: i64) {
        self.end_child(id);
        let Some(algo) = self.algos.get(&id).cloned() else {
            return;
        };
        let missing = target - algo.filled;
        let market = &self.markets[algo.instrument];
        if missing <= 0 || !market.takes() {
            return;
        }
        let max = self.limits.algo_children_max;
        if matches!(algo.request.kind, AlgoKind::Pov { .. }) && algo.children >= max {
            return self.end_algo(id, AlgoEnd::ChildrenMax { max });
        }
        let grid = &market.instrument;
        let qty = grid.qty(Lots(missing)).min(grid.order_qty_max);
        let child = child_of(&algo.request, qty);
        let account = child.account;
        let checked = self
            .check_trading(account)
            .and_then(|()| self.check(&child, OrderRole::Slice, &[]));
        if let Err(reason) = checked {
            return self.end_algo(id, AlgoEnd::ChildDenied(reason));
        }
        let order = self.accept(&child, id, OrderRole::Slice);
        if let Some(algo) = self.algos.get_mut(&id) {
            algo.child = order;
            algo.children += 1;
        }
        self.enter(order);
    }

    fn end_child(&mut self, id: u64) {
        if let Some(algo) = self.algos.get(&id)
            && algo.child != 0
        {
            self.end(algo.child, CancelReason::Algo);
        }
    }

    /// Ends an algo and its working child.
    pub(super) fn end_algo(&mut self, id: u64, reason: AlgoEnd) {
        self.end_child(id);
        let Some(algo) = self.algos.remove(&id) else {
            return;
        };
        let grid = &self.markets[algo.instrument].instrument;
        let filled = grid.qty(Lots(algo.filled));
        self.push(EventKind::AlgoEnded {
            account: AccountId(algo.account as u32),
            order: OrderId(id),
            filled,
            reason,
        });
    }

    /// Ends the algos that `which` picks, ascending.
    pub(super) fn end_algos(&mut self, reason: AlgoEnd, which: impl Fn(&Algo) -> bool) {
        let picked: Vec<u64> = self
            .algos
            .values()
            .filter(|algo| which(algo))
            .map(|algo| algo.id)
            .collect();
        for id in picked {
            self.end_algo(id, reason);
        }
    }

    /// A child filled; `is_done` when it is filled up.
    pub(super) fn after_child_fill(&mut self, id: u64, child: u64, lots: i64, is_done: bool) {
        let Some(algo) = self.algos.get_mut(&id) else {
            return;
        };
        algo.filled += lots;
        if is_done && algo.child == child {
            algo.child = 0;
        }
        if algo.filled >= algo.qty {
            self.end_algo(id, AlgoEnd::Filled);
        }
    }

    /// `taker`: the algo whose child took the lots, of a book.
    pub(super) fn record_print(
        &mut self,
        instrument: usize,
        lots: i64,
        algos: [u64; 2],
        taker: Option<u64>,
    ) {
        let taker = taker.and_then(|taker| self.algos.get(&taker));
        let by_follower =
            taker.is_some_and(|algo| matches!(algo.request.kind, AlgoKind::Pov { .. }));
        self.prints.push(Print {
            instrument,
            lots,
            algos,
            by_follower,
        });
    }

    /// Algos that follow the volume count what printed and send what is missing.
    pub(super) fn follow_volume(&mut self) {
        let prints = std::mem::take(&mut self.prints);
        for instrument in 0..self.markets.len() {
            let printed = prints.iter().filter(|print| print.instrument == instrument);
            let printed: Vec<&Print> = printed.collect();
            if printed.is_empty() {
                continue;
            }
            let ids: Vec<u64> = self.algos.keys().copied().collect();
            for id in ids {
                self.follow_prints(id, instrument, &printed);
            }
        }
    }

    fn follow_prints(&mut self, id: u64, instrument: usize, printed: &[&Print]) {
        let Some(algo) = self.algos.get_mut(&id) else {
            return;
        };
        let AlgoKind::Pov { rate } = algo.request.kind else {
            return;
        };
        let is_running = (algo.request.start..algo.request.end).contains(&self.ts);
        if algo.instrument != instrument || !is_running {
            return;
        }
        for print in printed.iter().filter(|print| !print.algos.contains(&id)) {
            algo.volume = algo.volume.saturating_add(print.lots);
        }
        let target = hold(share_floor(algo.volume.into(), rate.0)).min(algo.qty);
        let child = self.orders.get(&algo.child);
        let working = child.map_or(0, super::order::Order::leaves);
        let follows_now = printed.iter().any(|print| !print.by_follower);
        if follows_now && target - algo.filled - working > 0 {
            self.send_slice(id, target);
        }
    }
}

/// So much of an algo as one order.
fn child_of(algo: &NewAlgo, qty: Qty) -> NewOrder {
    let kind = match algo.limit {
        Some(price) => OrderKind::Limit { price },
        None => OrderKind::Market,
    };
    let mut child = NewOrder::new(algo.account, algo.instrument, algo.side, kind, qty);
    child.leg = algo.leg;
    child
}
