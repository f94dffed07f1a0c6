//! The source of a simulated runtime: the steps of a script, resolved against the live shard.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::{Limits, Shard};
use runtime::{Next, Source};
use types::{Command, InputKind};

use super::promises::is_counted;
use crate::twin::resolve::{opened, resolve};
use crate::twin::script::{Script, Step, StepKind};
use crate::twin::setting::Setting;

/// What outlives the runtime that it feeds. Clones are the same feed.
#[derive(Debug, Clone)]
pub(super) struct Feed(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    setting: Setting,
    opening: VecDeque<InputKind>,
    steps: VecDeque<Step>,
    /// Steps that may be taken before more are granted.
    granted: usize,
    /// Added to the time of the next input.
    jump_ns: i64,
    /// Commands of the script that somebody has to send.
    commands: VecDeque<Command>,
}

impl Feed {
    pub(super) fn new(seed: u64, steps: usize) -> Self {
        let setting = Setting::new(seed);
        Self(Arc::new(Mutex::new(State {
            opening: setting.opening.iter().cloned().collect(),
            setting,
            steps: Script::new(seed, steps).steps.into(),
            granted: 0,
            jump_ns: 0,
            commands: VecDeque::new(),
        })))
    }

    pub(super) fn limits(&self) -> Limits {
        self.state().setting.limits
    }

    /// Commands among what a stream begins with.
    pub(super) fn opening_commands(&self) -> u64 {
        let state = self.state();
        state.opening.iter().filter(|kind| is_counted(kind)).count() as u64
    }

    /// Whether everything was given that a stream begins with.
    pub(super) fn has_opened(&self) -> bool {
        self.state().opening.is_empty()
    }

    pub(super) fn is_over(&self) -> bool {
        let state = self.state();
        state.steps.is_empty() && state.commands.is_empty()
    }

    pub(super) fn grant(&self, steps: usize) {
        self.state().granted += steps;
    }

    pub(super) fn jump(&self, by_ns: i64) {
        self.state().jump_ns = by_ns;
    }

    /// A command that waits to be sent.
    pub(super) fn command(&self) -> Option<Command> {
        self.state().commands.pop_front()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Feed {
    fn next(&mut self, shard: &Shard, _: Instant) -> Next {
        let state = &mut *self.state();
        if let Some(kind) = state.opening.pop_front() {
            let input = opened(&kind, shard);
            return Next::Input {
                ts: input.ts,
                kind: input.kind,
            };
        }
        while state.granted > 0
            && let Some(step) = state.steps.pop_front()
        {
            state.granted -= 1;
            // The runtime sees to rolls.
            if step.kind == StepKind::Roll {
                continue;
            }
            let portrait = shard.portrait();
            let mut input = resolve(&state.setting, step, shard, &portrait);
            if let InputKind::Command(command) = input.kind {
                state.commands.push_back(command);
                continue;
            }
            let jump_ns = std::mem::take(&mut state.jump_ns);
            input.ts.0 = input.ts.0.saturating_add_signed(jump_ns);
            return Next::Input {
                ts: input.ts,
                kind: input.kind,
            };
        }
        Next::Wait(Duration::from_millis(10))
    }
}
