//! Latency of one command. Every eighth command stands between two readings of the clock; those between
//! run free, so that the clock disturbs few of them. Nothing is subtracted: what the clock itself costs
//! is measured in the same process and told next to the figures.

use std::time::Instant;

use hdrhistogram::Histogram;

use super::Engine;
use super::replay::{Ready, ready};
use super::workload::Workload;

/// One command in so many is measured.
pub const STRIDE: usize = 8;

/// The longest time recorded as it is: a minute, in ns.
const NANOS_MAX: u64 = 60_000_000_000;

/// A distribution, in ns.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Latency {
    /// Half of the samples are at or below it.
    pub p50: u64,
    /// 99%.
    pub p99: u64,
    /// 99.9%.
    pub p999: u64,
    /// The worst sample.
    pub max: u64,
    /// How many.
    pub samples: u64,
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, NANOS_MAX, 3).unwrap_or_else(|error| panic!("{error}"))
}

fn latency(histogram: &Histogram<u64>) -> Latency {
    Latency {
        p50: histogram.value_at_quantile(0.5),
        p99: histogram.value_at_quantile(0.99),
        p999: histogram.value_at_quantile(0.999),
        max: histogram.max(),
        samples: histogram.len(),
    }
}

/// Replays the workload from an empty book and samples its measured steps.
pub fn sample<E: Engine>(workload: &Workload) -> Latency {
    let Ready {
        mut engine,
        steps,
        mut trades,
    } = ready::<E>(workload);
    let mut histogram = histogram();
    for (place, command) in steps.iter().enumerate() {
        let start = (place % STRIDE == STRIDE - 1).then(Instant::now);
        engine.foresee(&steps[place..]);
        engine.apply(command, &mut trades);
        if let Some(start) = start {
            histogram.saturating_record(start.elapsed().as_nanos() as u64);
        }
    }
    latency(&histogram)
}

/// Two readings of the clock with nothing in between: what every sample carries.
pub fn clock() -> Latency {
    let mut histogram = histogram();
    for _ in 0..1_000_000 {
        let start = Instant::now();
        histogram.saturating_record(start.elapsed().as_nanos() as u64);
    }
    latency(&histogram)
}
