//! Orders that the engine slices: equal slices, a volume curve, a share of what prints.

use types::{
    AccountId, AlgoEnd, AlgoFault, AlgoKind, CancelReason, ClientOrderId, DenyReason, EventKind,
    InstrumentId, Leg, LimitName, Lots, NewAlgo, NewOrder, OrderId, OrderKind, PositionMode, Qty,
    Ratio, Ticks, TimestampNs,
};

use super::Shard;
use super::cascade::note;
use super::check::{Earlier, Part, check_price, check_priced, check_size};
use super::funds::Replaced;
use super::submit::Membership;
use crate::agenda::{Due, DueKind};
use crate::algo::{Algo, CHILD};
use crate::derived::Derived;
use crate::event_buf::EventBuf;

/// When algos follow what printed. All of them count it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// After this turn.
    Now,
    /// With what prints next. What a follower took is so: two that follow each other at once would trade
    /// within one input until the book is empty.
    Next,
}

impl Shard {
    pub(super) fn submit_algo(&mut self, request: &NewAlgo, events: &mut EventBuf) {
        let checked = self.check_algo(request);
        let (lots, limit) = match checked {
            Ok(checked) => checked,
            Err(reason) => {
                events.push(EventKind::AlgoDenied {
                    request: *request,
                    reason,
                });
                return;
            }
        };
        self.remember_client_order(request.account, request.client_order.0);
        let id = self.next_order_id();
        events.push(EventKind::AlgoAccepted {
            order: id,
            request: *request,
        });
        let mut algo = Algo {
            id,
            request: *request,
            lots,
            limit,
            filled: Lots(0),
            volume: Lots(0),
            child: OrderId(0),
            next_slice: 0,
            slice_timed: Derived::NONE,
            end_timed: Derived::NONE,
        };
        if matches!(request.kind, AlgoKind::Pov { .. }) {
            self.markets[request.instrument.0 as usize].followers += 1;
        } else {
            algo.slice_timed = self.schedule(id, algo.slice_at(0, 1), DueKind::Slice);
        }
        algo.end_timed = self.schedule(id, request.end, DueKind::End);
        self.algos.push(algo);
    }

    fn schedule(&mut self, order: OrderId, at: TimestampNs, kind: DueKind) -> Derived {
        Derived(self.agenda.insert(Due {
            at,
            order,
            kind,
            sent: self.seq,
            change: 0,
        }))
    }

    fn check_algo(&mut self, request: &NewAlgo) -> Result<(Lots, Option<Ticks>), DenyReason> {
        let kind = match request.limit {
            Some(price) => OrderKind::Limit { price },
            None => OrderKind::Market,
        };
        let mut probe = NewOrder::new(
            request.account,
            request.instrument,
            request.side,
            kind,
            request.qty,
        );
        probe.leg = request.leg;
        self.check_known(&probe)?;
        self.count_rate(request.account, 1)?;
        if self.is_repeated(request.account.0, request.client_order.0) {
            return Err(DenyReason::DuplicateClientOrder);
        }
        let instrument = &self.markets[request.instrument.0 as usize].instrument;
        if request.qty.0 <= 0 {
            return Err(DenyReason::QtyNotPositive);
        }
        let lots = instrument
            .lots(request.qty)
            .map_err(|_| DenyReason::QtyOffLot {
                lot_size: instrument.lot_size,
            })?;
        let limit = request
            .limit
            .map(|price| check_price(instrument, price))
            .transpose()?;
        let account = &self.accounts[request.account.0 as usize];
        if (account.terms.mode == PositionMode::Netting) != (request.leg == Leg::Net) {
            return Err(DenyReason::BadLeg);
        }
        let after = request.start.max(self.ts);
        let fault = match request.kind {
            _ if request.end <= after => Some(AlgoFault::Window { after }),
            AlgoKind::Twap { slices: 0 } => Some(AlgoFault::NoSlices),
            AlgoKind::Pov { rate } if rate <= Ratio::ZERO || rate > Ratio::ONE => {
                Some(AlgoFault::Rate { rate })
            }
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(DenyReason::BadAlgo(fault));
        }
        let slices = match request.kind {
            AlgoKind::Twap { slices } => u32::from(slices),
            AlgoKind::Vwap { curve } => {
                let known = self.curves.get(curve.0 as usize);
                known.ok_or(DenyReason::UnknownCurve { curve })?.sums.len() as u32
            }
            AlgoKind::Pov { .. } => 0,
        };
        if slices > self.limits.algo_slices_max {
            return Err(DenyReason::ChildrenMax {
                limit: LimitName::AlgoSlices,
                has: slices,
                max: self.limits.algo_slices_max,
            });
        }
        self.check_total(&probe, lots, limit)?;
        if self.algos.len() >= self.limits.algos_max as usize {
            return Err(DenyReason::AlgosMax {
                max: self.limits.algos_max,
            });
        }
        Ok((lots, limit))
    }

    /// All of an algo is within the size limit of its account's plan and the largest position, and is paid for, as one
    /// order of the same quantity would have to be. Nothing is set aside for what is not sent yet.
    fn check_total(
        &self,
        probe: &NewOrder,
        lots: Lots,
        limit: Option<Ticks>,
    ) -> Result<(), DenyReason> {
        let desk = self.desk(probe);
        // Funds are counted in the account's currency.
        self.check_currency(&desk)?;
        check_priced(&desk, probe)?;
        self.check_size_limit(&desk, probe, lots, Earlier::default(), Lots(0))?;
        let offered = || desk.market.offered(probe.side).unwrap_or(Ticks(0));
        let price = limit.unwrap_or_else(offered);
        check_size(&desk, probe, lots, price, Lots(0))?;
        self.check_funds(&desk, probe, lots, price, Replaced::default(), &[])
    }

    fn algo_index(&self, id: OrderId) -> Option<usize> {
        self.algos.binary_search_by_key(&id, |algo| algo.id).ok()
    }

    /// A working algo of an account.
    pub(super) fn find_algo(&self, id: OrderId, account: AccountId) -> Option<&Algo> {
        let algo = &self.algos[self.algo_index(id)?];
        (algo.request.account == account).then_some(algo)
    }

    /// The next slice of an algo is due.
    pub(super) fn run_slice(&mut self, id: OrderId, events: &mut EventBuf) {
        let Some(index) = self.algo_index(id) else {
            return;
        };
        let algo = self.algos[index];
        let slice = algo.next_slice;
        let (slices, target) = match algo.request.kind {
            AlgoKind::Twap { slices } => {
                let slices = u32::from(slices);
                (slices, algo.equal_target(slice, slices))
            }
            AlgoKind::Vwap { curve } => {
                let curve = &self.curves[curve.0 as usize];
                (curve.sums.len() as u32, algo.curve_target(slice, curve))
            }
            AlgoKind::Pov { .. } => return,
        };
        let next = slice + 1;
        let timed = if next < slices {
            self.schedule(id, algo.slice_at(next, slices), DueKind::Slice)
        } else {
            Derived::NONE
        };
        self.algos[index].next_slice = next;
        self.algos[index].slice_timed = timed;
        self.slice(id, target, events);
    }

    /// Cancels what is left of the child before, and sends what is missing to the target.
    fn slice(&mut self, id: OrderId, target: Lots, events: &mut EventBuf) {
        self.end_child(id, events);
        let Some(index) = self.algo_index(id) else {
            return;
        };
        let algo = self.algos[index];
        let instrument = algo.request.instrument;
        let market = &self.markets[instrument.0 as usize];
        let missing = target.0.saturating_sub(algo.filled.0);
        if missing <= 0 || !market.can_trade() {
            return;
        }
        let follows = matches!(algo.request.kind, AlgoKind::Pov { .. });
        let max = self.limits.algo_children_max;
        if follows && algo.next_slice >= max {
            return self.end_algo(id, AlgoEnd::ChildrenMax { max }, events);
        }
        let largest = market.instrument.order_qty_max.0 / market.instrument.lot_size.0;
        let (side, leg) = algo.direction();
        let (role, self_trade) = CHILD;
        let mut child = NewOrder::new(
            algo.request.account,
            instrument,
            side,
            algo.request
                .limit
                .map_or(OrderKind::Market, |price| OrderKind::Limit { price }),
            market.instrument.qty(Lots(missing.min(largest))),
        );
        child.client_order = ClientOrderId(0);
        child.self_trade = self_trade;
        child.leg = leg;
        match self.check_order(&child, Part::Slice, Earlier::default()) {
            Ok(checked) => {
                let membership = Membership {
                    list: id,
                    list_len: 0,
                    role,
                };
                let handle = self.accept(&child, &checked, membership, events);
                let order = self.orders.id(handle);
                self.algos[index].child = order;
                self.algos[index].next_slice += u32::from(follows);
                self.send(handle, events);
            }
            Err(reason) => self.end_algo(id, AlgoEnd::ChildDenied(reason), events),
        }
    }

    fn end_child(&mut self, id: OrderId, events: &mut EventBuf) {
        if let Some(index) = self.algo_index(id) {
            let child = self.algos[index].child;
            if let Some(handle) = self.orders.find(child) {
                self.end_order(handle, Some(CancelReason::Algo), events);
            }
        }
    }

    /// The time of an algo is over.
    pub(super) fn run_end(&mut self, id: OrderId, events: &mut EventBuf) {
        if let Some(index) = self.algo_index(id) {
            self.algos[index].end_timed = Derived::NONE;
            self.end_algo(id, AlgoEnd::Over, events);
        }
    }

    /// A child ended: the algo has no working child, and may be filled.
    pub(super) fn after_slice_end(&mut self, id: OrderId, child: OrderId, events: &mut EventBuf) {
        let Some(index) = self.algo_index(id) else {
            return;
        };
        let algo = &mut self.algos[index];
        if algo.child == child {
            algo.child = OrderId(0);
        }
        self.end_filled_algo(id, events);
    }

    /// Ends an algo whose children have filled all of it.
    pub(super) fn end_filled_algo(&mut self, id: OrderId, events: &mut EventBuf) {
        let is_filled = self
            .algo_index(id)
            .is_some_and(|index| self.algos[index].filled >= self.algos[index].lots);
        if is_filled {
            self.end_algo(id, AlgoEnd::Filled, events);
        }
    }

    fn end_algo(&mut self, id: OrderId, reason: AlgoEnd, events: &mut EventBuf) {
        let Some(index) = self.algo_index(id) else {
            return;
        };
        let algo = self.algos.remove(index);
        for timed in [algo.slice_timed, algo.end_timed] {
            if !timed.is_none() {
                self.agenda.remove(timed.0);
            }
        }
        let market = &mut self.markets[algo.request.instrument.0 as usize];
        if matches!(algo.request.kind, AlgoKind::Pov { .. }) {
            market.followers -= 1;
        }
        let filled = market.instrument.qty(algo.filled);
        if let Some(handle) = self.orders.find(algo.child) {
            self.end_order(handle, Some(CancelReason::Algo), events);
        }
        events.push(EventKind::AlgoEnded {
            account: algo.request.account,
            order: id,
            filled,
            reason,
        });
    }

    /// Ends the algos that `which` picks, oldest first.
    pub(super) fn end_algos(
        &mut self,
        reason: AlgoEnd,
        which: impl Fn(&Self, &Algo) -> bool,
        events: &mut EventBuf,
    ) {
        let mut index = 0;
        while let Some(algo) = self.algos.get(index) {
            if which(self, algo) {
                let id = algo.id;
                self.end_algo(id, reason, events);
            } else {
                index += 1;
            }
        }
    }

    /// Whether an algo that follows volume sent this order.
    pub(super) fn is_follower(&self, handle: u32) -> bool {
        let list = self.orders.extra(handle).map(|extra| extra.list);
        let index = list.and_then(|list| self.algo_index(list));
        index.is_some_and(|index| matches!(self.algos[index].request.kind, AlgoKind::Pov { .. }))
    }

    /// Lots printed between these two orders: algos count what their own children are no part of.
    pub(super) fn print(
        &mut self,
        instrument: InstrumentId,
        lots: Lots,
        orders: [u32; 2],
        follow: Follow,
    ) {
        let lists = orders.map(|handle| {
            let extra = self.orders.extra(handle);
            extra.map_or(OrderId(0), |extra| extra.list)
        });
        self.count_volume(instrument, lots, lists, follow);
    }

    /// Lots printed in an instrument.
    pub(super) fn count_volume(
        &mut self,
        instrument: InstrumentId,
        lots: Lots,
        except: [OrderId; 2],
        follow: Follow,
    ) {
        if self.markets[instrument.0 as usize].followers == 0 {
            return;
        }
        if follow == Follow::Now {
            note(&mut self.pending.printed, instrument);
        }
        for algo in &mut self.algos {
            if algo.request.instrument == instrument
                && !except.contains(&algo.id)
                && algo.participates(self.ts)
            {
                algo.volume.0 = algo.volume.0.saturating_add(lots.0);
            }
        }
    }

    /// An algo that follows volume sends what it lacks.
    pub(super) fn follow_volume(&mut self, id: OrderId, target: Lots, events: &mut EventBuf) {
        let Some(index) = self.algo_index(id) else {
            return;
        };
        let algo = self.algos[index];
        let working = self
            .orders
            .find(algo.child)
            .map_or(0, |handle| self.orders.get(handle).leaves().0);
        let sent = algo.filled.0.saturating_add(working);
        if target.0 > sent {
            self.slice(id, target, events);
        }
    }

    /// What an algo's children have executed.
    pub(crate) fn algo_filled(&self, algo: &Algo) -> Qty {
        self.markets[algo.request.instrument.0 as usize]
            .instrument
            .qty(algo.filled)
    }
}
