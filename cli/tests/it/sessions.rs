//! A window that follows the sessions of a market, from the exchange's calendar to the moment at which it opens.

use gateway::dto::plan::spec_from_toml;
use runtime::{Almanac, EventBuf, Limits, Shard};
use types::{Command, EventKind, Input, InputKind, Seq, ShardId, Timer, TimestampNs};

fn at(text: &str) -> TimestampNs {
    let instant: jiff::Timestamp = text.parse().unwrap();
    TimestampNs(instant.as_nanosecond().try_into().unwrap())
}

/// Flat fifteen minutes before a close of this market, and nothing opened in the first ten minutes.
fn plan(session: &str) -> Box<[u8]> {
    let text = format!(
        r#"
name = "Sessions"
version = 1
currency = "USD"
initial_balance = "50000"
stage = {{ evaluation = 1 }}
roll = {{ zone = "America/New_York", time = "18:00", days = "mon-fri" }}

[[conduct.windows]]
calendar = {{ closed = {{ session = "{session}" }} }}
before_s = 900
action = "force_flat"

[[conduct.windows]]
calendar = {{ closed = {{ session = "{session}" }} }}
after_s = 600
action = "block_opening"
"#
    );
    spec_from_toml("sessions.toml", &text).unwrap()
}

/// A shard with the calendars of a server beside it.
struct World {
    shard: Shard,
    almanac: Almanac,
    told: Vec<String>,
}

impl World {
    fn new(session: &str, from: &str) -> Self {
        let shard = Shard::new(ShardId(0), Limits::default());
        let closures = Some(marketdata::calendar::closures as runtime::Closures);
        let almanac = Almanac::new(&shard, None, closures);
        let mut world = Self {
            shard,
            almanac,
            told: Vec::new(),
        };
        let spec = plan(session);
        world.apply(at(from), InputKind::Command(Command::DefinePlan { spec }));
        world
    }

    fn apply(&mut self, ts: TimestampNs, kind: InputKind) {
        let seq = Seq(self.shard.seq().0 + 1);
        let mut events = EventBuf::default();
        self.shard.apply(&Input { seq, ts, kind }, &mut events);
        for event in events.as_slice() {
            match event.kind {
                EventKind::WindowOpened { window, until, .. } => {
                    self.told.push(format!("{window} opens until {until}"));
                }
                EventKind::WindowClosed { window, .. } => {
                    self.told.push(format!("{window} closes"));
                }
                _ => {}
            }
        }
    }

    /// What is told by this moment, and not a nanosecond before it.
    fn exactly(&mut self, text: &str) -> Vec<String> {
        for (ts, is_it) in [(TimestampNs(at(text).0 - 1), false), (at(text), true)] {
            while let Some((ts, kind)) = self.almanac.before(ts, &self.shard) {
                self.apply(ts, kind);
            }
            self.apply(ts, InputKind::Timer(Timer::Clock));
            assert!(is_it || self.told.is_empty(), "{text}: {:?}", self.told);
        }
        std::mem::take(&mut self.told)
    }
}

#[test]
fn windows_follow_an_early_close_and_a_holiday() {
    // Thanksgiving, the 28th of November 2024, has no session; the 29th ends at 13:00, 18:00 UTC.
    let mut world = World::new("us-equities", "2024-11-27T15:00:00Z");
    let wednesday = world.exactly("2024-11-27T20:45:00Z");
    assert_eq!(wednesday, ["0 opens until 2024-11-29T14:30:00Z"]);
    let closed = world.exactly("2024-11-27T21:00:00Z");
    assert_eq!(closed, ["1 opens until 2024-11-29T14:40:00Z"]);
    assert_eq!(world.exactly("2024-11-29T14:30:00Z"), ["0 closes"]);
    assert_eq!(world.exactly("2024-11-29T14:40:00Z"), ["1 closes"]);
    let early = world.exactly("2024-11-29T17:45:00Z");
    assert_eq!(early, ["0 opens until 2024-12-02T14:30:00Z"]);
}

#[test]
fn windows_follow_the_clocks_of_the_exchange() {
    // Chicago closes at 16:00: 22:00 UTC on Friday, the 8th of March 2024, and 21:00 on Monday, the 11th.
    let mut world = World::new("cme-equity", "2024-03-08T12:00:00Z");
    let friday = world.exactly("2024-03-08T21:45:00Z");
    assert_eq!(friday, ["0 opens until 2024-03-10T22:00:00Z"]);
    let closed = world.exactly("2024-03-08T22:00:00Z");
    assert_eq!(closed, ["1 opens until 2024-03-10T22:10:00Z"]);
    assert_eq!(world.exactly("2024-03-10T22:00:00Z"), ["0 closes"]);
    assert_eq!(world.exactly("2024-03-10T22:10:00Z"), ["1 closes"]);
    let monday = world.exactly("2024-03-11T20:45:00Z");
    assert_eq!(monday, ["0 opens until 2024-03-11T22:00:00Z"]);
}
