//! What a server's engine is fed: first what it does not know yet, then what the feeds bring.

use std::time::{Duration, Instant};

use marketdata::connection::Arrived;
use runtime::{Next, Shard, Source};
use types::InputKind;

use super::Setup;

/// A feed that has put something into its ring wakes the shard; this is for none that does not.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The source of a server.
pub(super) struct LiveSource {
    setup: Setup,
    rings: Vec<rtrb::Consumer<Arrived>>,
    /// The feed whose turn it is.
    turn: usize,
    is_set_up: bool,
}

impl LiveSource {
    pub(super) const fn new(setup: Setup, rings: Vec<rtrb::Consumer<Arrived>>) -> Self {
        Self {
            setup,
            rings,
            turn: 0,
            is_set_up: false,
        }
    }
}

impl Source for LiveSource {
    fn next(&mut self, shard: &Shard, _: Instant) -> Next {
        if !self.is_set_up {
            if let Some(command) = self.setup.missing(shard) {
                return Next::Input {
                    ts: shard.ts().max(marketdata::connection::now()),
                    kind: InputKind::Command(command.clone()),
                };
            }
            self.is_set_up = true;
        }
        for _ in 0..self.rings.len() {
            self.turn = (self.turn + 1) % self.rings.len();
            if let Ok(Arrived { received, event }) = self.rings[self.turn].pop() {
                return Next::Input {
                    ts: received,
                    kind: InputKind::Market(event),
                };
            }
        }
        Next::Wait(LOOK_EVERY)
    }
}
