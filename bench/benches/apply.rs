//! `Shard::apply` on one input. Timed: the making of the input, a few ns, and `apply`, events out.
//!
//! A quote takes one of three paths. `quiet`: the mark stays inside the band of every exposed account, so
//! the index of bands answers and no account is looked at. `peaks`: everybody's trailing peak rises, which the
//! high-water marks note once. `sweep`: the same in a competition, so every account is judged and told its
//! new floor; the time by accounts is what each costs.

use bench::scaling::accounts::{Exposure, Quotes};
use bench::{Rig, market_order};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use types::{AccountId, Event, EventKind, Side};

const ACCOUNTS: [u32; 4] = [1, 100, 10_000, 100_000];

fn quotes(criterion: &mut Criterion) {
    let paths = [
        ("quiet", Quotes::Quiet, false),
        ("peaks", Quotes::Peaks, false),
        ("sweep", Quotes::Peaks, true),
    ];
    for (path, quotes, is_sweep) in paths {
        let mut group = criterion.benchmark_group(format!("apply/quote_{path}"));
        for accounts in ACCOUNTS {
            if is_sweep {
                group.throughput(Throughput::Elements(accounts.into()));
                group.sample_size(20);
            }
            group.bench_function(BenchmarkId::new("exposed_accounts", accounts), |bencher| {
                let mut exposure = Exposure::new(accounts, is_sweep);
                exposure.prepare(quotes);
                let mut events = 0;
                bencher.iter(|| events = exposure.turn(quotes));
                let judged = if is_sweep { accounts } else { 0 };
                assert_eq!(events, judged as usize, "a {path} quote is meant");
            });
        }
        group.finish();
    }
}

fn round_trip(criterion: &mut Criterion) {
    // Buy and sell again: two orders checked, accepted, filled, booked and judged.
    criterion.bench_function("apply/market_order_round_trip", |bencher| {
        let mut rig = Rig::frictionless();
        let account = AccountId(0);
        bencher.iter(|| {
            rig.apply(market_order(account, Side::Buy, 1));
            rig.apply(market_order(account, Side::Sell, 1));
        });
        let filled = |event: &Event| matches!(event.kind, EventKind::Fill(_));
        assert!(
            rig.events.as_slice().iter().any(filled),
            "an order is meant to fill"
        );
    });
}

criterion_group!(benches, quotes, round_trip);
criterion_main!(benches);
