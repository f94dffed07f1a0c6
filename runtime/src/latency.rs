//! How long the stages from feed to fan-out take, over all of this run.
//!
//! Samples, not all of it: feed-to-applied is taken from one command in 64 and one input of the source in
//! 64, the other two once per batch. A sample that finds its histogram being read is dropped, so a reader
//! never slows a stage.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// One command in this many, and one input of the source, is timed from feed to applied.
pub(crate) const SAMPLE_EVERY: u64 = 64;

const NS_MAX: u64 = 60_000_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Quantiles of one stage since the start of this run, to three significant digits; longer than 60 s
/// counts as 60 s.
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
    /// How many samples; not how many inputs or batches went through.
    pub count: u64,
}

/// The stages of a shard. Each follows on the one before it, but they are sampled apart.
///
/// What a gateway shows of the state itself (accounts, instruments, boards) is none of this: it is looked
/// up in the replica ten times a second, whenever the inputs came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageLatencies {
    /// From a command's entry into its lane, or from the moment at which the source has handed an input
    /// over, to the end of its `apply`, with the day rolls that are due before it. One in 64 of each.
    pub feed_to_applied: Latencies,
    /// Sum of these samples.
    pub feed_to_applied_sum: Duration,
    /// From the end of `apply` of a batch's first input to the end of the sync that made the batch
    /// durable, or in relaxed mode of the write. Every batch.
    pub applied_to_durable: Latencies,
    /// Sum of these samples.
    pub applied_to_durable_sum: Duration,
    /// From there to the moment at which a gateway has put the batch's events into its channels
    /// ([`crate::Publisher::published`]), or, while none is attached, to the end of the batch's receipts
    /// and broadcast. Every batch, by one of the two ends; none that a gateway missed.
    pub durable_to_published: Latencies,
    /// Sum of these samples.
    pub durable_to_published_sum: Duration,
}

/// One stage's histogram.
#[derive(Debug)]
pub(crate) struct Recorder {
    samples: Mutex<Samples>,
}

#[derive(Debug, Clone)]
struct Samples {
    /// `None` if the bounds were refused, which their being constant rules out.
    histogram: Option<Histogram<u64>>,
    sum: Duration,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            samples: Mutex::new(Samples {
                histogram: Histogram::new_with_bounds(1, NS_MAX, SIGNIFICANT_DIGITS).ok(),
                sum: Duration::ZERO,
            }),
        }
    }
}

impl Recorder {
    pub(crate) fn record(&self, elapsed: Duration) {
        let Ok(mut samples) = self.samples.try_lock() else {
            return;
        };
        let Samples { histogram, sum } = &mut *samples;
        if let Some(histogram) = histogram {
            histogram.saturating_record(elapsed.as_nanos() as u64);
            *sum = sum.saturating_add(elapsed);
        }
    }

    /// The quantiles of the samples, and their exact sum.
    pub(crate) fn latencies(&self) -> (Latencies, Duration) {
        // Copied under the lock, read outside it.
        let Samples { histogram, sum } = self
            .samples
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let latencies = histogram.map_or_else(Latencies::default, |histogram| {
            let at = |quantile| Duration::from_nanos(histogram.value_at_quantile(quantile));
            Latencies {
                p50: at(0.5),
                p99: at(0.99),
                p999: at(0.999),
                max: Duration::from_nanos(histogram.max()),
                count: histogram.len(),
            }
        });
        (latencies, sum)
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
        let (latencies, sum) = recorder.latencies();
        // Three significant digits: within 0.1% of 500, 990, 999 and 1,000 microseconds.
        let near = |value: Duration, microseconds: u64| {
            value.as_nanos().abs_diff(u128::from(microseconds) * 1_000) <= u128::from(microseconds)
        };
        assert!(near(latencies.p50, 500), "{latencies:?}");
        assert!(near(latencies.p99, 990), "{latencies:?}");
        assert!(near(latencies.p999, 999), "{latencies:?}");
        assert!(near(latencies.max, 1_000), "{latencies:?}");
        assert_eq!(latencies.count, 1_000);
        // 1 + 2 + ... + 1,000.
        assert_eq!(sum, Duration::from_micros(500_500));
    }

    #[test]
    fn a_stage_without_samples_is_all_zero() {
        let nothing = (Latencies::default(), Duration::ZERO);
        assert_eq!(Recorder::default().latencies(), nothing);
    }
}
