//! One round of samples of one load. Inputs are made beforehand, in chunks that stay in the cache; what
//! must be put back afterwards is applied between the chunks and not timed.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use types::{Input, InputKind};

use super::harness::Harness;

/// The longest time recorded as it is: a minute, in ns.
const NANOS_MAX: u64 = 60_000_000_000;

/// Inputs of one chunk, in order.
#[derive(Debug, Default)]
pub struct Chunk {
    /// What is measured, sample after sample.
    pub timed: Vec<InputKind>,
    /// What comes after all of it.
    pub restoring: Vec<InputKind>,
}

/// What one round samples.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Samples of each of the two passes.
    pub samples: usize,
    /// Samples made beforehand at a time.
    pub chunk: usize,
    /// Inputs of one sample.
    pub inputs: usize,
    /// The least and the most events that a sample causes on average; anything else measures something
    /// else.
    pub events: (usize, usize),
}

/// What one round found, in ns a sample.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// Quantiles with a clock reading on either side of every sample. Absent where the samples are too
    /// few to have any beyond it.
    pub p50: u64,
    /// 99%.
    pub p99: Option<u64>,
    /// 99.9%.
    pub p999: Option<u64>,
    /// Of a pass with a clock reading on either side of every chunk: the mean of a chunk's samples, of
    /// the median chunk, so that one during which the machine did something else does not count.
    pub mean: f64,
}

/// Runs a pass for the quantiles and one for the mean. `fill` makes the next so many samples.
pub fn round(
    harness: &mut Harness,
    shape: Shape,
    mut fill: impl FnMut(usize, &mut Chunk),
) -> Round {
    let mut histogram = histogram();
    let mut events = 0;
    passes(harness, shape, &mut fill, |harness, inputs| {
        for sample in inputs.chunks_exact(shape.inputs) {
            let start = Instant::now();
            for input in sample {
                events += harness.run(input);
            }
            histogram.saturating_record(start.elapsed().as_nanos() as u64);
        }
    });
    let mut means = Vec::new();
    passes(harness, shape, &mut fill, |harness, inputs| {
        let start = Instant::now();
        for input in inputs {
            events += harness.run(input);
        }
        let nanos = start.elapsed().as_nanos() as f64;
        means.push(nanos * shape.inputs as f64 / inputs.len() as f64);
    });
    let (least, most) = shape.events;
    let samples = 2 * shape.samples;
    assert!(
        (least * samples..=most * samples).contains(&events),
        "{events} events of {samples} samples, where {least} to {most} each were meant"
    );
    let quantile = |quantile: f64, samples_min: usize| {
        (shape.samples >= samples_min).then(|| histogram.value_at_quantile(quantile))
    };
    Round {
        p50: histogram.value_at_quantile(0.5),
        p99: quantile(0.99, 100),
        p999: quantile(0.999, 1_000),
        mean: median(means, f64::total_cmp),
    }
}

impl Round {
    /// Of times with a clock reading on either side of each; at least a thousand.
    pub(super) fn of(times: &[Duration]) -> Self {
        let mut histogram = histogram();
        for time in times {
            histogram.saturating_record(time.as_nanos() as u64);
        }
        let nanos = times.iter().map(|time| time.as_nanos() as f64).collect();
        Self {
            p50: histogram.value_at_quantile(0.5),
            p99: Some(histogram.value_at_quantile(0.99)),
            p999: Some(histogram.value_at_quantile(0.999)),
            mean: median(nanos, f64::total_cmp),
        }
    }
}

/// The middle one of at least one; of an even number the upper of the two.
pub(super) fn median<T: Copy>(mut values: Vec<T>, compare: fn(&T, &T) -> Ordering) -> T {
    values.sort_unstable_by(compare);
    values[values.len() / 2]
}

fn passes(
    harness: &mut Harness,
    shape: Shape,
    fill: &mut impl FnMut(usize, &mut Chunk),
    mut run: impl FnMut(&mut Harness, &[Input]),
) {
    let mut left = shape.samples;
    let mut chunk = Chunk::default();
    while left > 0 {
        let samples = left.min(shape.chunk);
        left -= samples;
        fill(samples, &mut chunk);
        let kinds = chunk.timed.drain(..);
        let timed: Vec<Input> = (harness.shard.seq().0 + 1..)
            .zip(kinds)
            .map(|(seq, kind)| Harness::input(seq, kind))
            .collect();
        run(harness, &timed);
        for kind in chunk.restoring.drain(..) {
            harness.apply(kind);
        }
    }
}

/// Two readings of the clock with nothing in between, p50 in ns: what every quantile carries.
pub fn clock() -> u64 {
    let mut histogram = histogram();
    for _ in 0..1_000_000 {
        let start = Instant::now();
        histogram.saturating_record(start.elapsed().as_nanos() as u64);
    }
    histogram.value_at_quantile(0.5)
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, NANOS_MAX, 3).unwrap_or_else(|error| panic!("{error}"))
}
