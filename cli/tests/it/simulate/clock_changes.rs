//! Every published worked example once more, in zones whose clocks change on one of its days: days of 23 and of 25
//! hours give the same verdicts, to the unit, as days of 24. The rolls are stated here, and `simulate` refuses one whose day
//! is not open by the zone; that a server's sequencer finds them by itself is tested beside `simulate` (`sequenced`).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

/// A zone, when its days roll, and dates on which its clocks change.
struct Clocks {
    zone: &'static str,
    hour: i8,
    changes: [Date; 2],
}

const CLOCKS: [Clocks; 2] = [
    Clocks {
        zone: "America/New_York",
        hour: 17,
        changes: [Date::constant(2024, 3, 10), Date::constant(2024, 11, 3)],
    },
    Clocks {
        zone: "Europe/Prague",
        hour: 0,
        changes: [Date::constant(2024, 3, 31), Date::constant(2024, 10, 27)],
    },
];

impl Clocks {
    /// When a trading day opens: an hour after noon is one of the date before.
    fn opens(&self, day: Date) -> Timestamp {
        let date = if self.hour >= 12 {
            day.yesterday().unwrap()
        } else {
            day
        };
        let local = date.at(self.hour, 0, 0, 0);
        local.in_tz(self.zone).unwrap().timestamp()
    }
}

/// A scenario's rolls: the days that they open, and when.
fn rolls(lines: &[Value]) -> Vec<(Date, Timestamp)> {
    let rolls = lines.iter().filter(|line| line["type"] == "roll");
    let of = |roll: &Value| {
        let field = |name: &str| roll[name].as_str().unwrap().to_owned();
        (field("day").parse().unwrap(), field("ts").parse().unwrap())
    };
    rolls.map(of).collect()
}

/// A time between two rolls, as far between those that take their places.
fn moved(at: Timestamp, from: &[Timestamp], to: &[Timestamp]) -> Timestamp {
    let place = from.partition_point(|roll| *roll <= at);
    let shifted = |place: usize| to[place] + at.duration_since(from[place]);
    match place {
        0 => shifted(0),
        place if place == from.len() => shifted(place - 1),
        place => {
            let nanos = |one: Timestamp, other: Timestamp| other.duration_since(one).as_nanos();
            let (start, end) = (from[place - 1], from[place]);
            let into = nanos(start, at) * nanos(to[place - 1], to[place]) / nanos(start, end);
            to[place - 1] + SignedDuration::from_nanos(i64::try_from(into).unwrap())
        }
    }
}

/// The scenario with `first` for its first trading day, by other clocks.
fn retimed(lines: &[Value], clocks: &Clocks, first: Date) -> String {
    let rolls = rolls(lines);
    let day_of = |day: Date| first + (day - rolls[0].0);
    let from: Vec<_> = rolls.iter().map(|roll| roll.1).collect();
    let to: Vec<_> = rolls
        .iter()
        .map(|roll| clocks.opens(day_of(roll.0)))
        .collect();
    let roll = json!({ "zone": clocks.zone, "time": format!("{:02}:00", clocks.hour) });
    let mut text = String::new();
    for line in lines {
        let mut line = line.clone();
        if let Some(at) = line["ts"].as_str() {
            let at = moved(at.parse().unwrap(), &from, &to);
            line["ts"] = at.to_string().into();
        }
        match line["type"].as_str().unwrap() {
            "plan" => line["roll"] = roll.clone(),
            "roll" => {
                let day: Date = line["day"].as_str().unwrap().parse().unwrap();
                line["day"] = day_of(day).to_string().into();
                line["zone"] = roll["zone"].clone();
                line["time"] = roll["time"].clone();
            }
            _ => {}
        }
        writeln!(text, "{line}").unwrap();
    }
    text
}

/// What is left of an output without times, days, zones and hashes.
fn timeless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "zone" | "time"));
            fields.values_mut().for_each(timeless);
        }
        Value::Array(items) => items.iter_mut().for_each(timeless),
        Value::String(text) => {
            let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_time = text.parse::<Timestamp>().is_ok() || text.parse::<Date>().is_ok();
            if is_hash || is_time {
                text.clear();
            }
        }
        _ => {}
    }
}

/// What a scenario gives, without times.
fn verdicts(scenario: &Path) -> Vec<Value> {
    let (code, stdout, stderr) = super::simulate(scenario);
    assert_eq!(
        (code, stderr.as_str()),
        (Some(0), ""),
        "{}",
        scenario.display()
    );
    let lines = stdout.lines().map(|line| {
        let mut line = serde_json::from_str(line).unwrap();
        timeless(&mut line);
        line
    });
    lines.collect()
}

#[test]
fn a_change_of_clocks_changes_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = 0;
    for entry in fs::read_dir(super::scenarios()).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("case_w") || name.ends_with(".out.jsonl") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let expected = verdicts(&file);
        let days = rolls(&lines).len();
        for clocks in &CLOCKS {
            for change in clocks.changes {
                // The clocks change on each of its days in turn.
                for place in 0..days as i64 {
                    // At night, so that it is on the trading day of the date.
                    let first = change - place.days();
                    let length = clocks
                        .opens(change.tomorrow().unwrap())
                        .duration_since(clocks.opens(change));
                    assert_ne!(length, SignedDuration::from_hours(24), "{change}");
                    let scenario = folder.path().join(name);
                    fs::write(&scenario, retimed(&lines, clocks, first)).unwrap();
                    let found = verdicts(&scenario);
                    for (found, expected) in found.iter().zip(&expected) {
                        assert_eq!(found, expected, "{name} from {first} in {}", clocks.zone);
                    }
                    assert_eq!(found.len(), expected.len(), "{name}");
                    runs += 1;
                }
            }
        }
    }
    assert!(runs >= 200, "only {runs}");
}
