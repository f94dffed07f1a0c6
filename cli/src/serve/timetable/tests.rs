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
    let closed = Some(DenyReason::InstrumentNotOpen {
        status: InstrumentStatus::Closed,
    });
    assert_eq!(denial_at("2020-08-28T19:59:59.999999999Z"), None);
    assert_eq!(denial_at("2020-08-28T20:00:00Z"), closed);
    assert_eq!(denial_at("2020-08-31T13:29:59.999999999Z"), closed);
    assert_ne!(denial_at("2020-08-31T13:30:00Z"), closed);
}

/// What a feed says of Apple, as a server takes it.
fn heard(world: &mut World, timetable: &mut Timetable, ts: &str, said: InstrumentStatus) -> String {
    let ts = at(ts);
    let Some(status) = timetable.statuses().heard(InstrumentId(1), ts, said) else {
        return String::from("nothing");
    };
    world.pass(timetable, ts, 9);
    let data = MarketData::Status(status);
    let event = MarketEvent {
        instrument: InstrumentId(1),
        ts_event: ts,
        data,
    };
    world.apply(ts, InputKind::Market(event));
    format!("{status:?}")
}

/// Halted ten minutes before the close of Friday. The end of the halt is known by a print an hour after the close.
#[test]
fn the_end_of_a_halt_opens_nothing_that_the_session_has_closed() {
    use InstrumentStatus::{Halted, Open};
    let mut world = friday();
    let mut timetable = Timetable::new(&specifications());
    let said = heard(&mut world, &mut timetable, "2020-08-28T19:50:00Z", Halted);
    assert_eq!(said, "Halted");
    let said = heard(&mut world, &mut timetable, "2020-08-28T21:05:00Z", Open);
    assert_eq!(said, "nothing");
    // The close of 20:00 has come at the latest with what is next, whatever was said after it.
    let status = |world: &World| world.shard.instrument_view(InstrumentId(1)).unwrap().status;
    world.pass(&mut timetable, at("2020-08-28T21:05:00Z"), 9);
    assert_eq!(status(&world), InstrumentStatus::Closed);
    assert_eq!(world.pass(&mut timetable, at(MONDAY), 9), WEEKEND[1..]);
    assert_eq!(status(&world), Open);
    // Without a session what the feed says is what counts.
    let statuses = timetable.statuses();
    let sunday = at("2020-08-30T12:00:00Z");
    for said in [Halted, Open] {
        assert_eq!(statuses.heard(InstrumentId(0), sunday, said), Some(said));
    }
}

/// Halted on Friday, and until half an hour into Monday's session.
#[test]
fn the_open_of_a_session_ends_no_halt_of_the_venue() {
    use InstrumentStatus::{Halted, Open};
    for halted_at in ["2020-08-28T19:50:00Z", "2020-08-29T10:00:00Z"] {
        let mut world = friday();
        let mut timetable = Timetable::new(&specifications());
        let said = heard(&mut world, &mut timetable, halted_at, Halted);
        let in_session = halted_at < "2020-08-28T20:00:00Z";
        assert_eq!(said, if in_session { "Halted" } else { "nothing" });
        let opened = world.pass(&mut timetable, at(MONDAY), 9).pop();
        assert_eq!(opened.as_deref(), Some("2020-08-31T13:30:00Z 1 Halted"));
        let said = heard(&mut world, &mut timetable, "2020-08-31T14:00:00Z", Open);
        assert_eq!(said, "Open");
        let evening = world.pass(&mut timetable, at("2020-08-31T20:00:00Z"), 9);
        assert_eq!(evening, ["2020-08-31T20:00:00Z 1 Closed"]);
        let tuesday = world.pass(&mut timetable, at("2020-09-01T13:30:00Z"), 9);
        assert_eq!(tuesday, ["2020-09-01T13:30:00Z 1 Open"]);
    }
}

/// A book that is called an hour before each open and ten minutes before each close, and financed at 17:00 of each
/// Friday and, three times, of each Monday.
const CALLED: &str = r#"
[[calendar]]
name = "desk"
zone = "UTC"
sessions = [{ days = "mon-fri", open = "09:00", close = "16:00" }]

[[instrument]]
symbol = "INHOUSE"
kind = "equity"
currency = "USD"
tick_size = "0.5"
lot_size = "1"
order_qty_max = "1000"
liquidity = "crossed"
session = "desk"
pre_open_minutes = 60
pre_close_minutes = 10
financing = { zone = "UTC", times = ["17:00"], days = ["mon", "fri"], triple = "mon", long_pct = "-0.01", short_pct = "0.004" }
"#;

/// Friday to Monday: no price was shown, so nobody is financed.
const CALLS: [&str; 7] = [
    "2020-08-28T15:50:00Z 0 PreClose",
    "2020-08-28T16:00:00Z 0 Closed",
    "2020-08-31T08:00:00Z 0 PreOpen",
    "2020-08-31T09:00:00Z 0 Open",
    "2020-08-31T15:50:00Z 0 PreClose",
    "2020-08-31T16:00:00Z 0 Closed",
    "2020-09-01T08:00:00Z 0 PreOpen",
];

fn called(text: &str) -> (World, Vec<Specification>) {
    let specifications = from_toml("a.toml", text).unwrap();
    let mut world = World::new();
    let command = Command::RegisterInstrument(Box::new(specifications[0].definition));
    world.apply(at("2020-08-28T12:00:00Z"), InputKind::Command(command));
    (world, specifications)
}

#[test]
fn a_book_is_called_before_it_opens_and_before_it_closes() {
    for stop in 0..=CALLS.len() {
        let (mut world, specifications) = called(CALLED);
        let until = at("2020-09-01T08:00:00Z");
        let mut first = Timetable::new(&specifications);
        let mut passed = world.pass(&mut first, until, stop);
        let mut second = Timetable::new(&specifications);
        passed.extend(world.pass(&mut second, until, 9));
        assert_eq!(passed, CALLS, "stopped after {stop}");
    }
}

/// Seventeen hours are closed: a call of twelve hours before an open and one of eight before a close, which is longer
/// than the session, meet both edges all the same, so that both auctions are held.
#[test]
fn a_call_as_long_as_the_session_leaves_its_edges() {
    let text = CALLED
        .replace("pre_open_minutes = 60", "pre_open_minutes = 720")
        .replace("pre_close_minutes = 10", "pre_close_minutes = 480");
    let (mut world, specifications) = called(&text);
    let mut timetable = Timetable::new(&specifications);
    let passed = world.pass(&mut timetable, at("2020-08-31T16:00:00Z"), 9);
    assert_eq!(
        passed,
        [
            "2020-08-28T12:00:00Z 0 PreClose",
            "2020-08-28T16:00:00Z 0 Closed",
            "2020-08-30T21:00:00Z 0 PreOpen",
            "2020-08-31T09:00:00Z 0 Open",
            "2020-08-31T09:00:00Z 0 PreClose",
            "2020-08-31T16:00:00Z 0 Closed",
        ]
    );
}

#[test]
fn holding_is_financed_at_its_times_and_prices() {
    let paper = CALLED
        .replace("liquidity = \"crossed\"\nsession = \"desk\"\n", "")
        .replace("pre_open_minutes = 60\npre_close_minutes = 10\n", "");
    let expected = [
        // 99.5 and 101 are 100.25 in the middle: 100 on a grid of halves. -0.01% and 0.004%, then three times that.
        "2020-08-28T17:00:00.000000001Z 0 Financing(Financing { long: Ratio(-100000), short: Ratio(40000), price: Price(100000000000) })",
        "2020-08-31T17:00:00.000000001Z 0 Financing(Financing { long: Ratio(-300000), short: Ratio(120000), price: Price(100000000000) })",
    ];
    for stop in 0..=expected.len() {
        let (mut world, specifications) = called(&paper);
        let noon = at("2020-08-28T12:00:00Z");
        let quote = MarketEvent {
            instrument: InstrumentId(0),
            ts_event: noon,
            data: MarketData::Quote(Quote {
                bid: "99.5".parse().unwrap(),
                bid_qty: Qty::whole(100),
                ask: "101".parse().unwrap(),
                ask_qty: Qty::whole(100),
            }),
        };
        world.apply(noon, InputKind::Market(quote));
        let until = at("2020-09-04T16:59:00Z");
        let mut passed = world.pass(&mut Timetable::new(&specifications), until, stop);
        passed.extend(world.pass(&mut Timetable::new(&specifications), until, 9));
        assert_eq!(passed, expected, "stopped after {stop}");
    }
}
