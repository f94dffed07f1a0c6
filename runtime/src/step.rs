//! A thread's work as steps, so that a simulation can take them in an order of its own.

use std::time::Duration;

/// What a step came to.
#[derive(Debug)]
pub(crate) enum Stepped<T> {
    /// There may be more to do at once.
    Worked,
    /// Nothing to do: look again after this long, or earlier when woken.
    Idle(Duration),
    /// All is done.
    Ended(T),
}

/// Steps until the end, and sleeps where there is nothing to do.
pub(crate) fn run<T, E>(mut step: impl FnMut() -> Result<Stepped<T>, E>) -> Result<T, E> {
    loop {
        match step()? {
            Stepped::Worked => {}
            Stepped::Idle(wait) => std::thread::park_timeout(wait),
            Stepped::Ended(end) => return Ok(end),
        }
    }
}
