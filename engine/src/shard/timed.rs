//! What is due at a time: orders and changes that arrive, orders whose time is over, slices.

use types::{AccountId, CancelReason, DenyReason, EventKind, OrderId, TimestampNs, codec_struct};

use super::Shard;
use super::amend::{Amendment, asked};
use super::check::takes;
use crate::agenda::{Due, DueKind};
use crate::derived::Derived;
use crate::event_buf::EventBuf;
use crate::order::{Stage, Tif};

/// A cancel or an amendment on its way to the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) account: AccountId,
    pub(crate) order: OrderId,
    /// Nothing cancels.
    pub(crate) amendment: Option<Amendment>,
}

codec_struct!(Change {
    account,
    order,
    amendment
});

impl Shard {
    /// Runs everything that is due by now, in order of time; each thing is a step of its own.
    #[inline(always)]
    pub(super) fn run_timed(&mut self, events: &mut EventBuf) {
        if self.is_timed_due(self.ts) {
            self.run_all_due(self.ts, events);
        }
    }

    /// Runs everything that is due before now: what is due now waits for a roll of the same time.
    pub(super) fn run_timed_before(&mut self, events: &mut EventBuf) {
        if let Some(before) = self.ts.0.checked_sub(1) {
            self.run_all_due(TimestampNs(before), events);
        }
    }

    #[inline(always)]
    fn is_timed_due(&self, by: TimestampNs) -> bool {
        self.agenda.is_due(by) || self.windows.is_due(by) || self.contest_due <= by
    }

    #[inline(never)]
    fn run_all_due(&mut self, by: TimestampNs, events: &mut EventBuf) {
        // At the end of time even what never comes looks due.
        while self.is_timed_due(by) && self.run_next(events) {
            self.settle(events);
        }
    }

    /// At one time windows come first, then competitions, then orders. Says whether there was anything.
    fn run_next(&mut self, events: &mut EventBuf) -> bool {
        const NEVER: TimestampNs = TimestampNs(u64::MAX);
        let due = self.agenda.next().copied();
        let window = self.windows.next();
        let contest = Some(self.contest_due).filter(|at| *at != NEVER);
        let is_before =
            |at: TimestampNs, other: Option<TimestampNs>| other.is_none_or(|other| at < other);
        match (due, contest) {
            (Some(due), _) if is_before(due.at, window) && is_before(due.at, contest) => {
                self.run_due(due, events);
            }
            (_, Some(contest)) if is_before(contest, window) => self.run_contest(events),
            _ if window.is_some() => self.run_window_edge(events),
            _ => return false,
        }
        true
    }

    fn run_due(&mut self, due: Due, events: &mut EventBuf) {
        match due.kind {
            DueKind::Resume => {
                self.forget_first();
                let id = AccountId(due.change);
                self.accounts[due.change as usize].resume_timed = Derived::NONE;
                self.resume(id, events);
            }
            DueKind::Arrival => {
                if let Some(handle) = self.take_timed(due.order)
                    && self.orders.get(handle).stage == Stage::InFlight
                {
                    self.arrive(handle, events);
                }
            }
            DueKind::Change => {
                self.forget_first();
                let change = *self.changes.get(due.change);
                self.changes.remove(due.change);
                match change.amendment {
                    None => self.carry_out_cancel(change.account, change.order, events),
                    Some(amendment) => {
                        self.carry_out_amendment(change.account, change.order, amendment, events);
                    }
                }
            }
            DueKind::Expiry => {
                if let Some(handle) = self.take_timed(due.order) {
                    self.end_order(handle, Some(CancelReason::Expired), events);
                }
            }
            DueKind::Slice => {
                self.forget_first();
                self.run_slice(due.order, events);
            }
            DueKind::End => {
                self.forget_first();
                self.run_end(due.order, events);
            }
        }
    }

    /// Takes the next thing off the agenda.
    fn forget_first(&mut self) {
        let first = self.agenda.first_handle();
        self.agenda.remove(first);
    }

    /// Takes the next thing, which is an order's, off the agenda; says the order's handle.
    fn take_timed(&mut self, order: OrderId) -> Option<u32> {
        self.forget_first();
        let handle = self.orders.find(order)?;
        if let Some(extra) = self.orders.extra_mut(handle) {
            extra.timed = Derived::NONE;
        }
        Some(handle)
    }

    /// An order reaches the market.
    fn arrive(&mut self, handle: u32, events: &mut EventBuf) {
        let order = *self.orders.get(handle);
        let instrument = self.instrument_of(handle);
        let market = &self.markets[instrument.0 as usize];
        let is_taken = takes(market.status, order.form.kind(), order.tif.plain())
            && market.touch.is_some()
            && !market.stale;
        self.orders.get_mut(handle).stage = Stage::Entering;
        if !is_taken {
            return self.end_order(handle, Some(CancelReason::MarketNotOpen), events);
        }
        if order.tif == Tif::GoodTillDate {
            self.schedule_expiry(handle);
        }
        self.enter(handle, events);
    }

    /// How long a change of this order flies.
    #[inline(always)]
    pub(super) fn flight_ns(&self, handle: u32) -> u32 {
        let instrument = self.instrument_of(handle);
        if self.markets[instrument.0 as usize].is_crossed() {
            return 0;
        }
        self.latency(instrument, self.orders.id(handle)).order_ns
    }

    /// Sends a cancel or an amendment on its way.
    pub(super) fn fly(
        &mut self,
        account: AccountId,
        order: OrderId,
        order_ns: u32,
        amendment: Option<Amendment>,
        events: &mut EventBuf,
    ) {
        let max = self.limits.changes_max;
        if self.changes.len() >= max {
            events.push(EventKind::ChangeDenied {
                account,
                order,
                asked: asked(amendment),
                reason: DenyReason::ChangesMax { max },
            });
            return;
        }
        let change = self.changes.insert(Change {
            account,
            order,
            amendment,
        });
        self.agenda.insert(Due {
            at: TimestampNs(self.ts.0.saturating_add(order_ns.into())),
            order,
            kind: DueKind::Change,
            sent: self.seq,
            change,
        });
    }
}
