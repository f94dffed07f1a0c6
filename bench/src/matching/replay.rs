//! Throughput: a workload through one engine, the clock read before the measured steps and after them.

use std::time::{Duration, Instant};

use super::Engine;
use super::hash::TradeHash;
use super::workload::Workload;

/// One replay.
#[derive(Debug, Clone, Copy)]
pub struct Replay {
    /// Measured steps.
    pub steps: usize,
    /// Time for all of them together.
    pub elapsed: Duration,
    /// All trades of the run.
    pub trades: TradeHash,
}

impl Replay {
    /// Millions of commands a second.
    pub fn rate(&self) -> f64 {
        self.steps as f64 / self.elapsed.as_secs_f64() / 1e6
    }
}

/// An engine with the prefill resting in it, and the measured steps in its terms.
pub(super) struct Ready<E: Engine> {
    pub(super) engine: E,
    pub(super) steps: Vec<E::Command>,
    pub(super) trades: TradeHash,
}

/// Everything that comes before the clock starts.
pub(super) fn ready<E: Engine>(workload: &Workload) -> Ready<E> {
    let mut commands = E::prepare(workload.commands().copied().collect());
    let mut steps = commands.split_off(workload.prefill.len());
    steps.truncate(E::ABOUT.steps_max);
    let mut engine = E::new(workload.capacity());
    let mut trades = TradeHash::default();
    for command in &commands {
        engine.apply(command, &mut trades);
    }
    Ready {
        engine,
        steps,
        trades,
    }
}

/// Replays the workload from an empty book.
pub fn replay<E: Engine>(workload: &Workload) -> Replay {
    let Ready {
        mut engine,
        steps,
        mut trades,
    } = ready::<E>(workload);
    let start = Instant::now();
    for (place, command) in steps.iter().enumerate() {
        engine.foresee(&steps[place..]);
        engine.apply(command, &mut trades);
    }
    let elapsed = start.elapsed();
    Replay {
        steps: steps.len(),
        elapsed,
        trades,
    }
}
