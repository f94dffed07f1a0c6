//! What a server's engine is fed: first what it does not know yet, then what the feeds bring.

use std::time::{Duration, Instant};

use marketdata::connection::Arrived;
use runtime::{Next, Shard, Source};
use types::{Command, InputKind};

use super::Setup;

/// How long an engine without work waits before it looks at the feeds again.
const POLL: Duration = Duration::from_micros(200);

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

    /// The first definition that the shard does not have. What it has stays as it was defined: the file may
    /// only grow.
    fn missing(&self, shard: &Shard) -> Option<&Command> {
        let Setup {
            commands,
            instruments,
            plans,
        } = &self.setup;
        let places = [
            (shard.instrument_count() as usize, 0, *instruments),
            (shard.plan_count() as usize, *instruments, *plans),
            (
                shard.competition_count() as usize,
                instruments + plans,
                commands.len() - instruments - plans,
            ),
        ];
        let missing = places.into_iter().find(|(known, _, count)| known < count);
        missing.and_then(|(known, from, _)| commands.get(from + known))
    }
}

impl Source for LiveSource {
    fn next(&mut self, shard: &Shard, _: Instant) -> Next {
        if !self.is_set_up {
            if let Some(command) = self.missing(shard) {
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
        Next::Wait(POLL)
    }
}
