//! `Shard::apply` on one quote: every exposed account is marked and judged, and none of the verdicts
//! changes. Timed: `apply` alone. The time per account is what grows a shard's size; the time with
//! one account is what an event costs.

use bench::{Rig, market_order, quote};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use types::{AccountId, Event, EventKind, Side};

fn quotes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("apply/quote");
    for accounts in [1, 100, 10_000, 100_000] {
        group.throughput(Throughput::Elements(accounts.into()));
        group.bench_function(BenchmarkId::new("exposed_accounts", accounts), |bencher| {
            let mut rig = Rig::exposed(accounts);
            // Below the entry, so that no peak moves; far above every floor.
            let inputs = [quote(-1), quote(-2)];
            let mut turn = 0;
            bencher.iter(|| {
                turn ^= 1;
                rig.apply(inputs[turn].clone());
            });
            assert!(
                rig.events.is_empty(),
                "a quiet quote is meant to change no verdict"
            );
        });
    }
    group.finish();
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
