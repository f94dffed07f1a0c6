//! The source of a replay: first what the engine does not know yet, then the tape's events.

use std::time::{Duration, Instant};

use marketdata::connection::Arrived;
use runtime::{Next, Shard, Source};
use types::{InputKind, MarketData, TimestampNs};

use super::deck::Deck;
use super::prefix::Beside;
use crate::serve::Setup;

/// How long an engine without work waits before it looks at the tape again.
const POLL: Duration = Duration::from_millis(1);

/// It goes on where the shard it is shown stands.
pub(super) struct TapeSource {
    pub(super) setup: Setup,
    pub(super) beside: Beside,
    /// Market events of a run before this one that are not of the tape.
    pub(super) brought: u64,
    /// When the tape begins.
    pub(super) begins: TimestampNs,
    /// Until it runs.
    pub(super) deck: Option<Deck>,
    pub(super) ring: Option<rtrb::Consumer<Arrived>>,
}

impl Source for TapeSource {
    fn next(&mut self, shard: &Shard, _: Instant) -> Next {
        if self.ring.is_none() {
            if let Some(command) = self.setup.missing(shard) {
                return Next::Input {
                    ts: shard.ts().max(self.begins),
                    kind: InputKind::Command(command.clone()),
                };
            }
            self.ring = (self.deck.take())
                .map(|deck| deck.start(shard.market_events().saturating_sub(self.brought)));
        }
        let Some(ring) = &mut self.ring else {
            return Next::End;
        };
        // In this order: what was pushed before the end is there after it.
        let is_over = ring.is_abandoned();
        match ring.pop() {
            Ok(Arrived {
                received,
                mut event,
            }) => {
                if let MarketData::Status(status) = &mut event.data {
                    let ts = received.max(shard.ts());
                    *status = self.beside.status(event.instrument, ts, *status);
                }
                Next::Input {
                    ts: received,
                    kind: InputKind::Market(event),
                }
            }
            Err(_) if is_over => Next::End,
            Err(_) => Next::Wait(POLL),
        }
    }
}
