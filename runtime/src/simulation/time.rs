//! Clocks that stand still until they are told otherwise.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use types::TimestampNs;

use crate::time::Time;

/// Simulated clocks. Clones are the same clocks.
#[derive(Debug, Clone)]
pub struct SimulatedTime {
    /// A place to count from; what the machine's clock says plays no part.
    base: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    passed: Duration,
    wall: TimestampNs,
}

impl SimulatedTime {
    /// Clocks whose wall shows `wall`.
    pub fn new(wall: TimestampNs) -> Self {
        Self {
            base: Instant::now(),
            state: Arc::new(Mutex::new(State {
                passed: Duration::ZERO,
                wall,
            })),
        }
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let mut state = self.state();
        state.passed += time;
        state.wall.0 = state.wall.0.saturating_add(time.as_nanos() as u64);
    }

    /// Sets the clock on the wall, forward or back.
    pub fn set_wall(&self, wall: TimestampNs) {
        self.state().wall = wall;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Time for SimulatedTime {
    fn now(&self) -> Instant {
        self.base + self.state().passed
    }

    fn wall(&self) -> TimestampNs {
        self.state().wall
    }
}
