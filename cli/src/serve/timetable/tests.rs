use gateway::dto::instrument::specification::from_toml;
use runtime::{EventBuf, Limits};
use types::{
    AccountId, Command, DenyReason, EventKind, Input, InputKind, NewOrder, OpenAccount, OrderKind,
    PlanId, Qty, Quote, Seq, ShardId, Side,
};

use super::*;

const APPLE: &str = r#"
[[instrument]]
symbol = "BTCUSDT"
kind = "crypto_spot"
currency = "USD"
tick_size = "0.01"
lot_size = "0.00001"
order_qty_max = "100"

[[instrument]]
symbol = "AAPL"
kind = "equity"
currency = "USD"
tick_size = "0.01"
lot_size = "1"
order_qty_max = "100000"
session = "us-equities"

[[instrument.action]]
ex = "2020-08-07"
dividend = "0.82"

[[instrument.action]]
ex = "2020-08-31"
split = "4:1"
"#;

/// A shard on virtual time.
struct World {
    shard: Shard,
    events: EventBuf,
}

impl World {
    fn new() -> Self {
        Self {
            shard: Shard::new(ShardId(0), Limits::default()),
            events: EventBuf::default(),
        }
    }

    fn apply(&mut self, ts: TimestampNs, kind: InputKind) {
        let seq = Seq(self.shard.seq().0 + 1);
        let ts = ts.max(self.shard.ts());
        self.shard.apply(&Input { seq, ts, kind }, &mut self.events);
    }

    /// What has to come before an input at `ts`, applied; as text.
    fn pass(&mut self, timetable: &mut Timetable, ts: TimestampNs, most: usize) -> Vec<String> {
        let mut passed = Vec::new();
        while passed.len() < most {
            let Some((at, event)) = timetable.next(ts, &self.shard) else {
                break;
            };
            let id = event.instrument.0;
            let what = match &event.data {
                MarketData::Status(status) => format!("{status:?}"),
                MarketData::Split { new, old } => format!("{new}:{old}"),
                data => format!("{data:?}"),
            };
            passed.push(format!("{at} {id} {what}"));
            self.apply(at, InputKind::Market(event));
        }
        passed
    }
}

fn at(text: &str) -> TimestampNs {
    gateway::dto::time::parse_timestamp(text).unwrap()
}

fn specifications() -> Vec<Specification> {
    from_toml("a.toml", APPLE).unwrap()
}

/// Both instruments, from Friday noon in New York on.
fn friday() -> World {
    let mut world = World::new();
    for specification in specifications() {
        let command = Command::RegisterInstrument(Box::new(specification.definition));
        world.apply(at("2020-08-28T16:00:00Z"), InputKind::Command(command));
    }
    world
}

/// From Friday noon to Monday's session: the dividend of three weeks before is not brought.
const WEEKEND: [&str; 3] = [
    "2020-08-28T20:00:00Z 1 Closed",
    "2020-08-31T13:29:59.000000001Z 1 4:1",
    "2020-08-31T13:30:00Z 1 Open",
];
const MONDAY: &str = "2020-08-31T13:30:00Z";

#[test]
fn edges_and_actions_come_with_their_own_times() {
    let mut world = friday();
    let mut timetable = Timetable::new(&specifications());
    let before = at("2020-08-28T19:59:59.999999999Z");
    assert_eq!(world.pass(&mut timetable, before, 9), [""; 0]);
    assert_eq!(world.pass(&mut timetable, at(MONDAY), 9), WEEKEND);
    assert_eq!(world.pass(&mut timetable, at(MONDAY), 9), [""; 0]);
    let evening = at("2020-08-31T20:00:00Z");
    let closed = ["2020-08-31T20:00:00Z 1 Closed"];
    assert_eq!(world.pass(&mut timetable, evening, 9), closed);
}

#[test]
fn a_restart_anywhere_repeats_and_misses_nothing() {
    for stop in 0..=WEEKEND.len() {
        let mut world = friday();
        let mut first = Timetable::new(&specifications());
        let mut passed = world.pass(&mut first, at(MONDAY), stop);
        let mut second = Timetable::new(&specifications());
        passed.extend(world.pass(&mut second, at(MONDAY), 9));
        assert_eq!(passed, WEEKEND, "stopped after {stop}");
    }
}

#[test]
fn an_instrument_that_is_defined_out_of_its_session_is_closed_at_once() {
    let mut world = World::new();
    let mut timetable = Timetable::new(&specifications());
    let night = at("2020-08-29T03:00:00Z");
    assert_eq!(world.pass(&mut timetable, night, 9), [""; 0]);
    for specification in specifications() {
        let command = Command::RegisterInstrument(Box::new(specification.definition));
        world.apply(night, InputKind::Command(command));
    }
    let later = at("2020-08-29T04:00:00Z");
    let closed = ["2020-08-29T03:00:00Z 1 Closed"];
    assert_eq!(world.pass(&mut timetable, later, 9), closed);
    assert_eq!(world.pass(&mut timetable, later, 9), [""; 0]);
    assert_eq!(world.pass(&mut timetable, at(MONDAY), 9), WEEKEND[1..]);
}

#[test]
fn a_halt_within_the_session_is_left_alone_by_a_restart() {
    let mut world = friday();
    let halt = MarketEvent {
        instrument: InstrumentId(1),
        ts_event: at("2020-08-28T17:00:00Z"),
        data: MarketData::Status(InstrumentStatus::Halted),
    };
    world.apply(at("2020-08-28T17:00:00Z"), InputKind::Market(halt));
    let mut timetable = Timetable::new(&specifications());
    let before = at("2020-08-28T19:00:00Z");
    assert_eq!(world.pass(&mut timetable, before, 9), [""; 0]);
    assert_eq!(world.pass(&mut timetable, at(MONDAY), 9), WEEKEND);
}

#[test]
fn an_order_is_denied_from_the_close_to_the_open() {
    const PLAN: &str = include_str!("../../../../fixtures/plans/static-100k.toml");
    let mut world = friday();
    let noon = at("2020-08-28T16:00:00Z");
    let spec = gateway::dto::plan::spec_from_toml("plan", PLAN).unwrap();
    let open = OpenAccount {
        plan: PlanId(0),
        parent: None,
        name: "ada".parse().unwrap(),
    };
    let quote = MarketEvent {
        instrument: InstrumentId(1),
        ts_event: noon,
        data: MarketData::Quote(Quote {
            bid: "499.20".parse().unwrap(),
            bid_qty: Qty::whole(100),
            ask: "499.24".parse().unwrap(),
            ask_qty: Qty::whole(100),
        }),
    };
    world.apply(noon, InputKind::Command(Command::DefinePlan { spec }));
    world.apply(noon, InputKind::Command(Command::OpenAccount(open)));
    world.apply(noon, InputKind::Market(quote));
    let mut timetable = Timetable::new(&specifications());
    let (side, kind) = (Side::Buy, OrderKind::Market);
    let order = NewOrder::new(AccountId(0), InstrumentId(1), side, kind, Qty::ONE);
    let mut denial_at = |ts: &str| {
        world.pass(&mut timetable, at(ts), 9);
        world.events.clear();
        world.apply(at(ts), InputKind::Command(Command::SubmitOrder(order)));
        world
            .events
            .as_slice()
            .iter()
            .find_map(|event| match event.kind {
                EventKind::OrderDenied { reason, .. } => Some(reason),
                _ => None,
            })
    };
    let closed = Some(DenyReason::InstrumentNotOpen);
    assert_eq!(denial_at("2020-08-28T19:59:59.999999999Z"), None);
    assert_eq!(denial_at("2020-08-28T20:00:00Z"), closed);
    assert_eq!(denial_at("2020-08-31T13:29:59.999999999Z"), closed);
    assert_ne!(denial_at("2020-08-31T13:30:00Z"), closed);
}
