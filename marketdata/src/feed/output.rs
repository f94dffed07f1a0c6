//! What an adapter says: events for the consumer, and what to send to the venue.

use types::{DepthUpdate, InstrumentId, Level, MarketData, MarketEvent, TimestampNs};

use super::Malformed;

/// Names a request, so that its answer finds who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FetchId(pub u64);

/// What an adapter asks of its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send a message: text, or binary where the adapter says so.
    Send(Vec<u8>),
    /// Get a document, path and query relative to the venue's REST address; the answer comes back.
    Fetch {
        /// Names the request.
        id: FetchId,
        /// Path and query.
        path: String,
    },
    /// Close the connection and open a new one.
    Reconnect {
        /// Why, for the log and the page.
        reason: &'static str,
    },
}

/// Filled by an adapter, drained by its consumer; keeps its memory.
#[derive(Debug, Default)]
pub struct Output {
    /// What happened, in order.
    pub events: Vec<MarketEvent>,
    /// What to do, in order.
    pub actions: Vec<Action>,
    /// Depth updates that were drained, for their memory.
    #[expect(clippy::vec_box, reason = "events hold them boxed")]
    spare: Vec<Box<DepthUpdate>>,
}

impl Output {
    /// How many depth updates are kept for their memory.
    const SPARE_MAX: usize = 64;

    /// An event of an instrument.
    pub fn event(&mut self, instrument: InstrumentId, ts_event: TimestampNs, data: MarketData) {
        self.events.push(MarketEvent {
            instrument,
            ts_event,
            data,
        });
    }

    /// An empty depth update, with the memory of one that was drained.
    pub fn depth(&mut self) -> Box<DepthUpdate> {
        self.spare.pop().unwrap_or_default()
    }

    /// A whole book or changed levels, copied.
    pub fn levels(
        &mut self,
        instrument: InstrumentId,
        ts_event: TimestampNs,
        is_snapshot: bool,
        bids: &[Level],
        asks: &[Level],
    ) {
        let mut update = self.depth();
        update.bids.extend_from_slice(bids);
        update.asks.extend_from_slice(asks);
        let data = if is_snapshot {
            MarketData::DepthSnapshot(update)
        } else {
            MarketData::DepthDelta(update)
        };
        self.event(instrument, ts_event, data);
    }

    /// Asks for a text message to be sent.
    pub fn send(&mut self, text: String) {
        self.actions.push(Action::Send(text.into_bytes()));
    }

    /// Asks for a new connection. What is known stays as it is until this one closes.
    #[cold]
    pub fn reconnect(&mut self, reason: &'static str) {
        self.actions.push(Action::Reconnect { reason });
    }

    /// A message could not be read, and whose it was cannot be known: everything is stated again on a new connection.
    #[cold]
    pub fn unreadable(&mut self, error: Malformed) -> Malformed {
        self.reconnect("a message that cannot be read");
        error
    }

    /// Forgets the events and keeps their memory for the next ones.
    pub fn clear_events(&mut self) {
        while let Some(event) = self.events.pop() {
            self.take_back(event.data);
        }
    }

    /// Takes back what is said to nobody, for its memory.
    pub fn take_back(&mut self, data: MarketData) {
        if let MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) = data {
            self.recycle(update);
        }
    }

    /// Takes back a depth update that is said to nobody, for its memory.
    pub fn recycle(&mut self, mut update: Box<DepthUpdate>) {
        if self.spare.len() < Self::SPARE_MAX {
            update.bids.clear();
            update.asks.clear();
            self.spare.push(update);
        }
    }

    /// How many depth updates are kept.
    #[cfg(test)]
    pub(crate) const fn spare(&self) -> usize {
        self.spare.len()
    }
}
