//! How long the stages from feed to fan-out take.
//!
//! Samples, not all of it: feed-to-applied is taken from one input in 64, the other two once per batch.
//! A sample that finds its histogram being read is dropped, so a reader never slows a stage.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// One input in this many is timed from feed to applied.
pub(crate) const SAMPLE_EVERY: u64 = 64;

const NS_MAX: u64 = 60_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Quantiles of one stage, to three significant digits; longer than 60 s counts as 60 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latencies {
    /// Median.
    pub p50: Duration,
    /// 99%.
    pub p99: Duration,
    /// 99.9%.
    pub p999: Duration,
    /// Longest.
    pub max: Duration,
    /// How many samples.
    pub count: u64,
}

/// The stages of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageLatencies {
    /// From the source's or the queue's answer to the end of `apply`.
    pub feed_to_applied: Latencies,
    /// From the end of `apply` of a batch's first input to its durability, or in relaxed mode to its
    /// write.
    pub applied_to_durable: Latencies,
    /// From there to the end of the batch's replies and broadcast.
    pub durable_to_published: Latencies,
}

/// One stage's histogram.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// `None` if the bounds were refused, which their being constant rules out.
    histogram: Mutex<Option<Histogram<u64>>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            histogram: Mutex::new(Histogram::new_with_bounds(1, NS_MAX, SIGNIFICANT_DIGITS).ok()),
        }
    }
}

impl Recorder {
    pub(crate) fn record(&self, elapsed: Duration) {
        if let Ok(mut histogram) = self.histogram.try_lock()
            && let Some(histogram) = histogram.as_mut()
        {
            histogram.saturating_record(elapsed.as_nanos() as u64);
        }
    }

    pub(crate) fn latencies(&self) -> Latencies {
        // Copied under the lock, read outside it.
        let copy = self
            .histogram
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        copy.map_or_else(Latencies::default, |histogram| {
            let at = |quantile| Duration::from_nanos(histogram.value_at_quantile(quantile));
            Latencies {
                p50: at(0.5),
                p99: at(0.99),
                p999: at(0.999),
                max: Duration::from_nanos(histogram.max()),
                count: histogram.len(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_samples() {
        let recorder = Recorder::default();
        for microseconds in 1..=1_000 {
            recorder.record(Duration::from_micros(microseconds));
        }
        let latencies = recorder.latencies();
        // Three significant digits: within 0.1% of 500, 990, 999 and 1,000 microseconds.
        let near = |value: Duration, microseconds: u64| {
            value.as_nanos().abs_diff(u128::from(microseconds) * 1_000) <= u128::from(microseconds)
        };
        assert!(near(latencies.p50, 500), "{latencies:?}");
        assert!(near(latencies.p99, 990), "{latencies:?}");
        assert!(near(latencies.p999, 999), "{latencies:?}");
        assert!(near(latencies.max, 1_000), "{latencies:?}");
        assert_eq!(latencies.count, 1_000);
    }

    #[test]
    fn a_stage_without_samples_is_all_zero() {
        assert_eq!(Recorder::default().latencies(), Latencies::default());
    }
}
