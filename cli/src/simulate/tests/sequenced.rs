//! Every published worked example once more, without its roll lines: a server's sequencer rolls the days, by the time
//! zone alone, over changes of its clocks. Half of a day's lines come within nanoseconds after it opens, the other half
//! within nanoseconds before it ends, so that a roll at another instant puts some of them on another day.

use std::fs;

use gateway::dto::Node;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use runtime::Almanac;
use serde_json::{Value, json};
use types::{InputKind, Timer, TimestampNs};

use super::super::scenario::Scenario;

/// When days roll, dates on which the zone's clocks change, and a zone that has its time in winter and no summer time.
struct Clocks {
    zone: &'static str,
    hour: i8,
    changes: [Date; 2],
    fixed: &'static str,
}

const CLOCKS: [Clocks; 2] = [
    Clocks {
        zone: "America/New_York",
        hour: 17,
        changes: [Date::constant(2024, 3, 10), Date::constant(2024, 11, 3)],
        fixed: "America/Panama",
    },
    Clocks {
        zone: "Europe/Prague",
        hour: 0,
        changes: [Date::constant(2024, 3, 31), Date::constant(2024, 10, 27)],
        fixed: "Africa/Lagos",
    },
];

impl Clocks {
    fn opens(&self, day: Date) -> Timestamp {
        let date = if self.hour >= 12 { day - 1.day() } else { day };
        let local = date.at(self.hour, 0, 0, 0).in_tz(self.zone);
        local.unwrap().timestamp()
    }
}

/// A worked example: what comes before its first trading day opens, and the lines of each day.
struct Example {
    name: String,
    setup: Vec<Value>,
    days: Vec<Vec<Value>>,
}

fn examples() -> Vec<Example> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/scenarios");
    let mut examples = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("case_w") || name.ends_with(".out.jsonl") {
            continue;
        }
        let (mut setup, mut days) = (Vec::new(), Vec::<Vec<Value>>::new());
        for line in fs::read_to_string(&path).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            match (line["type"].as_str().unwrap(), days.last_mut()) {
                ("roll", _) => days.push(Vec::new()),
                (_, None) => setup.push(line),
                (_, Some(day)) => day.push(line),
            }
        }
        examples.push(Example { name, setup, days });
    }
    examples
}

/// An example as it runs.
struct Run {
    scenario: Scenario,
    out: Vec<u8>,
}

impl Run {
    fn begin(example: &Example, zone: &str, hour: i8, at: Timestamp) -> Self {
        let (scenario, out) = (Scenario::new(None), Vec::new());
        let mut run = Self { scenario, out };
        for line in &example.setup {
            let mut line = line.clone();
            match line["type"].as_str().unwrap() {
                "note" | "scenario" => {}
                "plan" => {
                    line["roll"] = json!({ "zone": zone, "time": format!("{hour:02}:00") });
                    line["ts"] = at.to_string().into();
                }
                _ => line["ts"] = at.to_string().into(),
            }
            run.line(&line);
        }
        run
    }

    fn line(&mut self, line: &Value) {
        let node = Node::from_json(line.to_string().as_bytes()).unwrap();
        self.scenario.line(&node, &mut self.out).unwrap();
    }

    /// What a roll at the end leaves due, and the state. All of it without times, days, zones and hashes.
    fn end(mut self) -> Vec<Value> {
        self.scenario.end(&mut self.out).unwrap();
        let state = self.scenario.state().to_string();
        let text = String::from_utf8(self.out).unwrap();
        let lines = text.lines().chain([state.as_str()]).map(|line| {
            let mut line = serde_json::from_str(line).unwrap();
            timeless(&mut line);
            line
        });
        lines.collect()
    }
}

fn timeless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "zone" | "time"));
            fields.values_mut().for_each(timeless);
        }
        Value::Array(items) => items.iter_mut().for_each(timeless),
        Value::String(text) => {
            let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_hash || text.parse::<Timestamp>().is_ok() || text.parse::<Date>().is_ok() {
                text.clear();
            }
        }
        _ => {}
    }
}

fn nanos(at: Timestamp) -> TimestampNs {
    TimestampNs(at.as_nanosecond().try_into().unwrap())
}

/// The example with rolls of its own, a day of 24 hours after the other.
fn stated(example: &Example) -> Vec<Value> {
    let utc = |day: Date| day.in_tz("UTC").unwrap().timestamp();
    let first = Date::constant(2024, 6, 3);
    let mut run = Run::begin(example, "UTC", 0, utc(first));
    for (place, lines) in (0..).zip(&example.days) {
        let day = first + place.days();
        run.line(&json!({ "type": "roll", "ts": utc(day).to_string(), "day": day.to_string() }));
        for line in lines {
            let mut line = line.clone();
            line.as_object_mut().unwrap().remove("ts");
            run.line(&line);
        }
    }
    run.end()
}

/// The example with `first` for its first day by these clocks, rolled by what the sequencer takes the zone's time for.
fn sequenced(example: &Example, clocks: &Clocks, first: Date, zone: &str) -> Vec<Value> {
    let mut run = Run::begin(example, zone, clocks.hour, clocks.opens(first));
    let mut almanac = Almanac::new(&run.scenario.shard, None, None);
    let mut roll = |run: &mut Run, at: Timestamp| {
        while let Some((ts, kind)) = almanac.before(nanos(at), &run.scenario.shard) {
            assert!(matches!(kind, InputKind::Timer(Timer::DayRoll { .. })));
            run.scenario.apply(ts, kind, &mut run.out).unwrap();
        }
    };
    for (place, lines) in (0..).zip(&example.days) {
        let day = first + i64::from(place).days();
        let (opens, ends) = (clocks.opens(day), clocks.opens(day + 1.day()));
        roll(&mut run, opens);
        for (line, place) in lines.iter().zip(0..) {
            let left = lines.len() as i64 - place;
            let at = if place < left {
                opens + SignedDuration::from_nanos(place)
            } else {
                ends - SignedDuration::from_nanos(left)
            };
            roll(&mut run, at);
            let mut line = line.clone();
            line["ts"] = at.to_string().into();
            run.line(&line);
        }
    }
    run.end()
}

/// All runs of an example, with the change of clocks on each of its days in turn.
fn runs(example: &Example, clocks: &Clocks, change: Date, zone: &str) -> Vec<Vec<Value>> {
    let places = 0..example.days.len() as i64;
    let firsts = places.map(|place| change - place.days());
    firsts
        .map(|first| sequenced(example, clocks, first, zone))
        .collect()
}

/// What became of each account: its breaches and how it ends.
fn fates(told: &[Value]) -> Vec<Value> {
    let kept = ["breach", "state_changed", "day_locked"];
    let told = told.iter().filter(|line| {
        let kind = line["type"].as_str();
        kind.is_some_and(|kind| kept.contains(&kind))
    });
    told.map(|line| {
        let mut line = line.clone();
        line.as_object_mut().unwrap().remove("seq");
        line
    })
    .collect()
}

#[test]
fn rolled_by_the_zone_a_change_of_clocks_changes_no_verdict() {
    let mut all = 0;
    for example in examples() {
        let expected = stated(&example);
        for clocks in &CLOCKS {
            for change in clocks.changes {
                for told in runs(&example, clocks, change, clocks.zone) {
                    assert_eq!(told, expected, "{} {change} {}", example.name, clocks.zone);
                    all += 1;
                }
            }
        }
    }
    assert!(all >= 200, "only {all}");
}

#[test]
fn rolled_by_winter_time_all_year_verdicts_are_others() {
    let (mut told, mut decided) = (Vec::new(), Vec::new());
    for clocks in &CLOCKS {
        for change in clocks.changes {
            let (mut others, mut other_fates) = (0, 0);
            for example in examples() {
                let expected = stated(&example);
                let runs = runs(&example, clocks, change, clocks.fixed);
                others += usize::from(runs.iter().any(|told| *told != expected));
                let fates_of = fates(&expected);
                other_fates += usize::from(runs.iter().any(|told| fates(told) != fates_of));
            }
            told.push(others);
            decided.push(other_fates);
        }
    }
    // Of 20 examples, by change of clocks: those that tell something else (in spring the ones that go on after it, in
    // autumn all, as their first day opens in summer time), and those that decide something else.
    assert_eq!((told, decided), (vec![14, 20, 14, 20], vec![7, 4, 7, 4]));
}
