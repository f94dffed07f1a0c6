//! The journal's frame: encoding and decoding one quote, CRC32C included.

use bench::quote;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use types::{Input, Seq, ShardId, TimestampNs, frame};

fn frames(criterion: &mut Criterion) {
    let input = Input {
        seq: Seq(1),
        ts: TimestampNs(1),
        kind: quote(0),
    };
    let mut bytes = Vec::new();
    frame::encode_input(ShardId(0), &input, &mut bytes);
    let mut group = criterion.benchmark_group("frame/quote");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("encode", |bencher| {
        let mut out = Vec::with_capacity(1 << 12);
        bencher.iter(|| {
            out.clear();
            frame::encode_input(ShardId(0), &input, &mut out);
        });
    });
    group.bench_function("decode", |bencher| bencher.iter(|| frame::decode(&bytes)));
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
