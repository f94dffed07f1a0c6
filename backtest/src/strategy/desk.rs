//! What a strategy has asked for and what of it works, between the strategy and the run that sends it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use types::{InstrumentId, OrderId, Price, Qty, Side, TimestampNs};

use super::intent::{Alarm, Intent, Request, Size, Ticket, TimerId};

/// The most notes that a run keeps.
pub const NOTES_MAX: usize = 10_000;

/// A remark of a strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub ts: TimestampNs,
    /// What it said.
    pub text: String,
}

/// An order that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Working {
    /// The strategy's handle; orders of a list share that of the list.
    pub ticket: Ticket,
    /// The engine's number.
    pub order: OrderId,
    /// Of what.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// In all.
    pub qty: Qty,
    /// Still to execute.
    pub leaves: Qty,
    /// Whether it is a market order on its way.
    pub is_market: bool,
}

/// What is to become of working orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Cancel(Ticket),
    CancelAll(Option<InstrumentId>),
    Amend {
        of: Ticket,
        qty: Option<Qty>,
        price: Option<Price>,
        trigger: Option<Price>,
    },
}

/// Requests, working orders, timers and notes.
#[derive(Debug)]
pub(crate) struct Desk {
    /// In the order in which they were made.
    pub(crate) queue: Vec<Request>,
    /// Sent as soon as the callback is over.
    pub(crate) changes: Vec<Change>,
    /// In order of acceptance.
    pub(crate) working: Vec<Working>,
    pub(crate) alarms: BinaryHeap<Reverse<Alarm>>,
    pub(crate) notes: Vec<Note>,
    /// Notes past [`NOTES_MAX`].
    pub(crate) notes_lost: u64,
    /// A full position.
    pub(crate) size: Size,
    last_ticket: u64,
}

impl Desk {
    pub(crate) const fn new(size: Size) -> Self {
        Self {
            queue: Vec::new(),
            changes: Vec::new(),
            working: Vec::new(),
            alarms: BinaryHeap::new(),
            notes: Vec::new(),
            notes_lost: 0,
            size,
            last_ticket: 0,
        }
    }

    pub(crate) fn ask(
        &mut self,
        asked: TimestampNs,
        instrument: InstrumentId,
        intent: Intent,
    ) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.queue.push(Request {
            ticket,
            asked,
            instrument,
            intent,
        });
        ticket
    }

    /// Withdraws a request that was not sent yet; whether it was one.
    pub(crate) fn withdraw(&mut self, ticket: Ticket) -> bool {
        let before = self.queue.len();
        self.queue.retain(|request| request.ticket != ticket);
        self.queue.len() < before
    }

    pub(crate) fn note(&mut self, ts: TimestampNs, text: String) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(Note { ts, text });
        } else {
            self.notes_lost += 1;
        }
    }

    /// The earliest timer that is due at `ts`.
    pub(crate) fn due(&mut self, ts: TimestampNs) -> Option<(TimestampNs, TimerId)> {
        let Reverse(alarm) = self.alarms.peek()?;
        let alarm = *alarm;
        if alarm.at > ts {
            return None;
        }
        self.alarms.pop();
        Some((alarm.at, alarm.timer))
    }
}
