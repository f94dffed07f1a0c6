//! How long ago something was, by a clock that may be set.

use types::TimestampNs;

/// Nanoseconds since a time. One that is ahead of the clock is of before it was set back, and counts from now on: what
/// waits for time to pass waits no longer than if it had begun now.
pub(crate) fn since(then: &mut TimestampNs, now: TimestampNs) -> u64 {
    *then = now.min(*then);
    now.0 - then.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_begins_a_time_anew() {
        let mut then = TimestampNs(1_000);
        assert_eq!(since(&mut then, TimestampNs(1_000)), 0);
        assert_eq!(since(&mut then, TimestampNs(1_250)), 250);
        // By 900.
        assert_eq!(since(&mut then, TimestampNs(350)), 0);
        assert_eq!(since(&mut then, TimestampNs(450)), 100);
    }
}
