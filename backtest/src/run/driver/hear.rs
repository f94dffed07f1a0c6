//! What the engine said, as far as it is the account's.

use types::{AccountId, AccountState, Event, EventKind, Fill, InstrumentId, Price, TimestampNs};

use super::{Driver, Unheard};
use crate::outcome::{Executed, REFUSALS_MAX, VERDICTS_MAX, converted, signed};
use crate::strategy::Working;

impl Driver<'_> {
    /// Takes in what the engine said.
    pub(super) fn hear(&mut self) {
        let events = std::mem::take(&mut self.events);
        for event in events.as_slice() {
            if owner(&event.kind).is_some_and(|owner| owner != self.account) {
                continue;
            }
            match event.kind {
                EventKind::OrderAccepted {
                    order,
                    request,
                    list,
                    ..
                } => {
                    self.counts.orders += 1;
                    let algo = self.algos.iter().find(|(_, algo)| *algo == list);
                    self.desk.working.push(Working {
                        ticket: algo.map_or(self.sending, |(ticket, _)| *ticket),
                        order,
                        instrument: request.instrument,
                        side: request.side,
                        qty: request.qty,
                        leaves: request.qty,
                        is_market: request.kind == types::OrderKind::Market,
                    });
                }
                EventKind::Fill(fill) => self.hear_fill(event.ts, &fill),
                EventKind::OrderCancelled { order, .. } => {
                    self.counts.cancelled += 1;
                    self.desk.working.retain(|known| known.order != order);
                }
                EventKind::OrderAmended { order, qty, .. }
                | EventKind::OrderActivated { order, qty, .. } => {
                    let mut working = self.desk.working.iter_mut();
                    if let Some(known) = working.find(|known| known.order == order) {
                        let filled = known.qty.saturating_sub(known.leaves);
                        known.qty = qty;
                        known.leaves = qty.saturating_sub(filled);
                    }
                }
                EventKind::AlgoAccepted { order, .. } => self.algos.push((self.sending, order)),
                EventKind::AlgoEnded { order, .. } => {
                    self.algos.retain(|(_, known)| *known != order);
                }
                EventKind::OrderDenied { .. }
                | EventKind::AlgoDenied { .. }
                | EventKind::ChangeDenied { .. } => {
                    self.counts.denied += 1;
                    self.refuse(*event);
                }
                EventKind::InputRejected { .. } => {
                    self.counts.rejected += 1;
                    self.refuse(*event);
                }
                EventKind::Booked {
                    instrument,
                    leg,
                    cause,
                    amount,
                    position,
                    ..
                } => {
                    let place = (instrument, leg);
                    let known = (&self.instruments[..], self.rate_of(instrument));
                    self.ledger
                        .book(event.ts, place, cause, amount, position, known);
                    self.tell_closed();
                }
                EventKind::DayRolled { schedule, .. } => {
                    let is_own = schedule == self.settings.plan.schedule;
                    self.counts.days += u64::from(is_own && !self.is_retired);
                }
                EventKind::Breach(_)
                | EventKind::LimitWarned(_)
                | EventKind::Liquidated { .. }
                | EventKind::DayLocked { .. }
                | EventKind::DayUnlocked { .. }
                | EventKind::TargetReached { .. }
                | EventKind::PaidOut { .. }
                | EventKind::StateChanged { .. }
                | EventKind::Suspended { .. }
                | EventKind::Inactive { .. }
                | EventKind::Lapsed(_)
                | EventKind::MarginCall { .. }
                | EventKind::PayoutApproved { .. }
                | EventKind::PayoutDenied { .. } => {
                    if let EventKind::StateChanged { to, .. } = event.kind {
                        let is_over = matches!(
                            to,
                            AccountState::Passed | AccountState::Failed | AccountState::Closed
                        );
                        if is_over && self.settings.stops_with_account {
                            self.has_ended |= self.settings.competition.is_none();
                            self.is_retired = true;
                        }
                    }
                    if self.verdicts.len() < VERDICTS_MAX {
                        self.verdicts.push(*event);
                    } else {
                        self.verdicts_lost += 1;
                    }
                }
                _ => {}
            }
        }
        self.events = events;
    }

    pub(super) fn refuse(&mut self, event: Event) {
        if self.refusals.len() < REFUSALS_MAX {
            self.refusals.push(event);
        }
    }

    /// Units of the account's currency for one of the instrument's; without a rate amounts are worth nothing to it.
    fn rate_of(&self, instrument: InstrumentId) -> Price {
        let known = self.instruments.get(instrument.0 as usize);
        let of = known.map_or(self.currency, |known| known.currency);
        if of == self.currency {
            return Price::ONE;
        }
        let rate = self.shard.conversion_rate(of, self.currency);
        rate.unwrap_or(Price::ZERO)
    }

    fn tell_closed(&mut self) {
        if let Some(trip) = self.ledger.take_ended() {
            self.observer.closed(&trip);
        }
    }

    pub(super) fn hear_fill(&mut self, ts: TimestampNs, fill: &Fill) {
        self.counts.fills += 1;
        let rate = self.rate_of(fill.instrument);
        self.fees = self.fees.saturating_add(converted(fill.fee, rate));
        let mut working = self.desk.working.iter();
        if let Some(place) = working.position(|known| known.order == fill.order) {
            if fill.leaves.0 == 0 {
                self.desk.working.remove(place);
            } else {
                self.desk.working[place].leaves = fill.leaves;
            }
        }
        self.ledger
            .fill((ts, self.is_opening), fill, (&self.instruments, rate));
        self.tell_closed();
        let executed = Executed { ts, fill: *fill };
        self.observer.filled(&executed);
        if self.settings.keep_fills {
            self.fills.push(executed);
        }
        if fill.known > ts {
            let place = self.unheard.partition_point(|it| it.known <= fill.known);
            let known = fill.known;
            self.unheard.insert(place, Unheard { known, fill: *fill });
            let qty = signed(fill.side, fill.qty);
            self.unheard_qty.insert(place, (fill.instrument, qty));
        } else {
            self.heard.push(*fill);
        }
    }
}

/// Whose fact it is, of those that a run takes in.
const fn owner(kind: &EventKind) -> Option<AccountId> {
    match kind {
        EventKind::OrderAccepted { request, .. } | EventKind::OrderDenied { request, .. } => {
            Some(request.account)
        }
        EventKind::AlgoAccepted { request, .. } | EventKind::AlgoDenied { request, .. } => {
            Some(request.account)
        }
        EventKind::Fill(fill) => Some(fill.account),
        EventKind::Breach(breach) => Some(breach.account),
        EventKind::LimitWarned(warning) => Some(warning.account),
        EventKind::OrderCancelled { account, .. }
        | EventKind::OrderAmended { account, .. }
        | EventKind::OrderActivated { account, .. }
        | EventKind::AlgoEnded { account, .. }
        | EventKind::ChangeDenied { account, .. }
        | EventKind::Booked { account, .. }
        | EventKind::Liquidated { account, .. }
        | EventKind::DayLocked { account }
        | EventKind::DayUnlocked { account }
        | EventKind::TargetReached { account, .. }
        | EventKind::PaidOut { account, .. }
        | EventKind::StateChanged { account, .. }
        | EventKind::Suspended { account, .. }
        | EventKind::MarginCall { account, .. }
        | EventKind::PayoutApproved { account, .. }
        | EventKind::PayoutDenied { account, .. } => Some(*account),
        EventKind::Inactive(rest) => Some(rest.account),
        EventKind::Lapsed(lapse) => Some(lapse.account),
        _ => None,
    }
}
