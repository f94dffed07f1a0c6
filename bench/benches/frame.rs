//! The journal's frame: encoding and decoding one quote, one order and one cancel, CRC32C included.

use bench::quote;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use types::{
    AccountId, Command, Input, InputKind, InstrumentId, NewOrder, OrderId, OrderKind, Price, Qty,
    Seq, ShardId, Side, TimestampNs, frame,
};

fn frame_of(criterion: &mut Criterion, name: &str, kind: InputKind) {
    let input = Input {
        seq: Seq(1),
        ts: TimestampNs(1),
        kind,
    };
    let mut bytes = Vec::new();
    frame::encode_input(ShardId(0), &input, &mut bytes);
    let mut group = criterion.benchmark_group(format!("frame/{name}"));
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

fn frames(criterion: &mut Criterion) {
    let price = Price::whole(500);
    let order = NewOrder::new(
        AccountId(7),
        InstrumentId(0),
        Side::Buy,
        OrderKind::Limit { price },
        Qty::ONE,
    );
    let cancel = Command::CancelOrder {
        account: AccountId(7),
        order: OrderId(1),
    };
    frame_of(criterion, "quote", quote(0));
    frame_of(
        criterion,
        "order",
        InputKind::Command(Command::SubmitOrder(order)),
    );
    frame_of(criterion, "cancel", InputKind::Command(cancel));
}

criterion_group!(benches, frames);
criterion_main!(benches);
