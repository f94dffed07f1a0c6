//! `dynasty-bench`: latency of one quote through `Shard::apply` with many exposed accounts, as a
//! distribution. Timed: `apply` alone, one `Instant` pair for each quote.

use std::time::Instant;

use bench::{Rig, quote};
use hdrhistogram::Histogram;

/// The longest time recorded as it is: a minute.
const NANOS_MAX: u64 = 60_000_000_000;

fn main() {
    println!("one quote through Shard::apply, every exposed account marked and judged");
    println!(
        "{:>10} {:>10} {:>10} {:>10} {:>10}  ns",
        "accounts", "p50", "p99", "p99.9", "max"
    );
    for (accounts, quotes) in [
        (1, 200_000),
        (1_000, 50_000),
        (10_000, 10_000),
        (100_000, 2_000),
    ] {
        let mut rig = Rig::exposed(accounts);
        let inputs = [quote(-1), quote(-2)];
        let mut histogram = Histogram::<u64>::new_with_bounds(1, NANOS_MAX, 3)
            .unwrap_or_else(|error| panic!("{error}"));
        for turn in 0..quotes {
            let input = inputs[turn & 1].clone();
            let start = Instant::now();
            rig.apply(input);
            histogram.saturating_record(start.elapsed().as_nanos() as u64);
        }
        println!(
            "{accounts:>10} {:>10} {:>10} {:>10} {:>10}",
            histogram.value_at_quantile(0.5),
            histogram.value_at_quantile(0.99),
            histogram.value_at_quantile(0.999),
            histogram.max(),
        );
    }
}
