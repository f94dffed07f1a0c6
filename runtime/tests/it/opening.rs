//! What a start says before anything else: nothing that is due since the last input finds the prices of before.

use runtime::{Config, EventBuf, Limits, Runtime, Shard};
use types::{
    Command, EventKind, Input, InputKind, InstrumentId, Latency, LatencySample, Liquidity,
    MarketData, MarketEvent, OpenAccount, PaperModel, PlanId, ShardId, Side, Timer, TimestampNs,
};

use crate::rolls::At;
use crate::scenario::{NOON, config, instrument, journaled, label, order, plan, quote};

const SECOND: u32 = 1_000_000_000;

/// The instrument of the scenario, to which orders travel a second.
fn far_instrument() -> Command {
    let Command::RegisterInstrument(mut instrument) = instrument() else {
        unreachable!("that is what it is");
    };
    instrument.liquidity = Liquidity::Paper(PaperModel {
        latency: Latency::Constant(LatencySample {
            order_ns: SECOND,
            ack_ns: 0,
        }),
        ..PaperModel::default()
    });
    Command::RegisterInstrument(instrument)
}

fn lost(shard: &Shard) -> Vec<MarketEvent> {
    vec![MarketEvent {
        instrument: InstrumentId(0),
        ts_event: shard.ts(),
        data: MarketData::Gap,
    }]
}

fn run(config: Config, inputs: Vec<(TimestampNs, InputKind)>) {
    let runtime = Runtime::start(config, Box::new(At(inputs.into_iter()))).unwrap();
    runtime.wait_source_end();
    runtime.stop().unwrap();
}

/// What became of the orders of a journal.
fn orders_of(inputs: &[Input]) -> Vec<String> {
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut events = EventBuf::default();
    let mut told = Vec::new();
    for input in inputs {
        events.clear();
        shard.apply(input, &mut events);
        told.extend(events.as_slice().iter().filter_map(|it| match it.kind {
            EventKind::Fill(_) => Some("filled".to_owned()),
            EventKind::OrderDenied { reason, .. } => Some(format!("denied: {reason:?}")),
            EventKind::OrderCancelled { reason, .. } => Some(format!("cancelled: {reason:?}")),
            _ => None,
        }));
    }
    told
}

#[test]
fn what_was_in_flight_at_the_end_does_not_fill_at_prices_from_before_the_start() {
    let after = |ns: u64| TimestampNs(NOON.0 + ns);
    let before = || {
        let account = Command::OpenAccount(OpenAccount {
            plan: PlanId(0),
            parent: None,
            name: label("anna"),
        });
        let mut setup: Vec<_> = [far_instrument(), plan(), account]
            .into_iter()
            .map(|command| (NOON, InputKind::Command(command)))
            .collect();
        setup.push((NOON, quote(100)));
        // It would arrive a second later, when nobody runs any more.
        setup.push((after(1), InputKind::Command(order(0, 1, Side::Buy))));
        setup
    };
    let later = || {
        let again = InputKind::Command(order(0, 2, Side::Buy));
        let minute = 60 * u64::from(SECOND);
        // Time passes, and the order of then arrives.
        vec![
            (after(minute), again),
            (after(2 * minute), InputKind::Timer(Timer::Clock)),
        ]
    };
    let told = [None, Some(())].map(|opening| {
        let directory = tempfile::tempdir().unwrap();
        run(config(directory.path()), before());
        let opened = Config {
            opening: opening.map(|()| Box::new(lost) as _),
            ..config(directory.path())
        };
        run(opened, later());
        let inputs = journaled(directory.path());
        let gap = inputs.iter().find(
            |it| matches!(&it.kind, InputKind::Market(event) if event.data == MarketData::Gap),
        );
        // At the time of the last input, so before whatever is due since.
        assert_eq!(gap.map(|it| it.ts), opening.map(|()| after(1)));
        orders_of(&inputs)
    });
    assert_eq!(told[0], ["filled", "filled"]);
    assert_eq!(
        told[1],
        [
            "cancelled: MarketNotOpen",
            "denied: BadQuote { lost: true, good: Seq(5) }"
        ]
    );
}
