//! Where a runtime takes its time from.

use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use types::TimestampNs;

/// Two clocks: one that never goes back, and the one on the wall.
pub trait Time: fmt::Debug + Send + Sync {
    /// For ages and pauses.
    fn now(&self) -> Instant;
    /// For the stamps of inputs, where the wall is the clock ([`crate::Clock::Wall`]); may jump.
    fn wall(&self) -> TimestampNs;
}

/// The clocks of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalTime;

impl LocalTime {
    /// The clocks as a [`Time`].
    pub fn shared() -> Arc<dyn Time> {
        Arc::new(Self)
    }
}

impl Time for LocalTime {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> TimestampNs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        TimestampNs(since.map_or(0, |since| since.as_nanos() as u64))
    }
}
