use proptest::prelude::*;
use proptest::sample::{Index, select};

mod sequenced;

use super::{Extras, LINE_BYTES_MAX, SimulateError, run_lines};

const SCENARIOS: [&str; 25] = [
    include_str!("../../../fixtures/scenarios/static_floor.jsonl"),
    include_str!("../../../fixtures/scenarios/lock_for_day.jsonl"),
    include_str!("../../../fixtures/scenarios/consistency.jsonl"),
    include_str!("../../../fixtures/scenarios/payout.jsonl"),
    include_str!("../../../fixtures/scenarios/scaling.jsonl"),
    include_str!("../../../fixtures/scenarios/short_flip_fees.jsonl"),
    include_str!("../../../fixtures/scenarios/bad_market.jsonl"),
    include_str!("../../../fixtures/scenarios/orders.jsonl"),
    include_str!("../../../fixtures/scenarios/bracket_partial.jsonl"),
    include_str!("../../../fixtures/scenarios/queue.jsonl"),
    include_str!("../../../fixtures/scenarios/walked_depth.jsonl"),
    include_str!("../../../fixtures/scenarios/walked_bars.jsonl"),
    include_str!("../../../fixtures/scenarios/margin_call.jsonl"),
    include_str!("../../../fixtures/scenarios/split.jsonl"),
    include_str!("../../../fixtures/scenarios/twap.jsonl"),
    include_str!("../../../fixtures/scenarios/auction_orders.jsonl"),
    include_str!("../../../fixtures/scenarios/latency.jsonl"),
    include_str!("../../../fixtures/scenarios/hedging.jsonl"),
    include_str!("../../../fixtures/scenarios/self_trade.jsonl"),
    include_str!("../../../fixtures/scenarios/currency_limits.jsonl"),
    include_str!("../../../fixtures/scenarios/force_flat.jsonl"),
    include_str!("../../../fixtures/scenarios/size_tiers.jsonl"),
    include_str!("../../../fixtures/scenarios/suspension.jsonl"),
    include_str!("../../../fixtures/scenarios/inactivity.jsonl"),
    include_str!("../../../fixtures/scenarios/reset.jsonl"),
];

/// Numbers at the ends of what the units hold, and what is no number.
const EXTREMES: [&str; 14] = [
    "0",
    "-1",
    "1",
    "0.5",
    "0.000000001",
    "0.00000001",
    "0.000001",
    "9223372036",
    "-9223372036",
    "9223372036.854775807",
    "92233720368.54775807",
    "9223372036854.775807",
    "-9223372036854.775807",
    "x",
];

fn simulate(scenario: &[u8]) -> (String, Result<(), SimulateError>) {
    let mut out = Vec::new();
    let extras = Extras {
        state: true,
        proofs: None,
    };
    let result = run_lines("test.jsonl", scenario, extras, &mut out);
    (String::from_utf8(out).unwrap(), result)
}

fn error_of(scenario: &str) -> String {
    simulate(scenario.as_bytes()).1.unwrap_err().to_string()
}

const INSTRUMENT: &str = r#"{"type":"instrument","ts":"2024-03-04T00:00:00Z","id":"i","symbol":"I","kind":"future","currency":"USD","tick_size":"1","lot_size":"1","order_qty_max":"10"}"#;
const PLAN: &str = r#"{"type":"plan","id":"p","name":"P","version":1,"currency":"USD","initial_balance":"100","stage":"funded","roll":{"zone":"UTC","time":"00:00"}}"#;
const ACCOUNT: &str = r#"{"type":"account","id":"a","plan":"p"}"#;

#[test]
fn errors_name_file_line_field_value_and_what_is_accepted() {
    let after_setup = |line: &str| error_of(&[INSTRUMENT, PLAN, ACCOUNT, line].join("\n"));
    assert_eq!(
        after_setup(r#"{"type":"quote","instrument":"x","bid":"1","ask":"2"}"#),
        "test.jsonl:4: instrument: value 'x': accepted the id of an instrument above"
    );
    assert_eq!(
        after_setup(r#"{"type":"quote","instrument":"i","bid":1.5,"ask":"2"}"#),
        "test.jsonl:4: bid: value '1.5': accepted a price as a decimal in quotes with at most 9 \
         decimals, such as \"65012.35\""
    );
    assert_eq!(
        after_setup(r#"{"type":"clock","ts":"2024-03-03T23:59:59Z"}"#),
        "test.jsonl:4: ts: value '2024-03-03T23:59:59Z': accepted a time not before \
         2024-03-04T00:00:00Z"
    );
    assert_eq!(
        after_setup(r#"{"type":"clock","day":"2024-03-03"}"#),
        "test.jsonl:4: day: value '2024-03-03': accepted no such field; known: type, ts"
    );
    assert_eq!(
        after_setup(r#"{"type":"clock""#),
        "test.jsonl:4: not a JSON object: EOF while parsing an object at column 15"
    );
    assert_eq!(
        error_of(
            &PLAN
                .replace("\"id\"", "\"ts\":\"2024-03-04T00:00:00Z\",\"id\"")
                .replace("funded", "found")
        ),
        "test.jsonl:1: stage: value 'found': accepted \"funded\" or {evaluation = ..}"
    );
    assert_eq!(
        error_of(PLAN),
        "test.jsonl:1: ts: missing: accepted an RFC 3339 time from 1970 on with at most 9 \
         decimals, such as \"2024-03-05T09:30:00Z\""
    );
}

#[test]
fn lines_of_the_larger_vocabulary_name_what_is_wrong() {
    let error = |line: &str| {
        let error = error_of(&[INSTRUMENT, PLAN, ACCOUNT, line].join("\n"));
        error.strip_prefix("test.jsonl:4: ").unwrap().to_owned()
    };
    let order = r#""account":"a","instrument":"i","side":"buy","qty":"1""#;
    for (line, expected) in [
        (
            format!(r#"{{"type":"order",{order},"order_type":"market","price":"1"}}"#),
            "price: value '1': accepted none, for a market order",
        ),
        (
            format!(r#"{{"type":"algo",{order},"algo_type":"twap","slices":2}}"#),
            "end: missing: accepted an RFC 3339 time from 1970 on with at most 9 decimals, such as \
             \"2024-03-05T09:30:00Z\"",
        ),
        (
            r#"{"type":"list","account":"a","instrument":"i","kind":"oco","orders":[{"side":"buy","qty":"1","order_type":"limit"}]}"#.to_owned(),
            "orders[0].price: missing: accepted a price as a decimal in quotes with at most 9 \
             decimals, such as \"65012.35\"",
        ),
        (
            r#"{"type":"cancel","account":"a","side":"buy"}"#.to_owned(),
            "side: value 'buy': accepted none, unless all is true",
        ),
        (
            r#"{"type":"cancel","account":"a","all":true,"order_id":"1"}"#.to_owned(),
            "order_id: value '1': accepted none, when all is true",
        ),
        (
            r#"{"type":"amend","account":"a","order_id":"1"}"#.to_owned(),
            "qty: missing: accepted a qty, a price or a trigger",
        ),
        (
            r#"{"type":"what_if","account":"a","instrument":"i","side":"buy","qty":"-2","order_type":"market"}"#.to_owned(),
            "qty: value '-2': accepted a quantity above 0",
        ),
        (
            r#"{"type":"split","instrument":"i","new":-1,"old":1}"#.to_owned(),
            "new: value '-1': accepted a number of units from 0 to 4294967295 without quotes",
        ),
        (
            r#"{"type":"status","instrument":"i","status":"auction"}"#.to_owned(),
            "status: value 'auction': accepted \"open\" or \"halted\" or \"closed\" or \
             \"pre_open\" or \"pre_close\"",
        ),
        (
            r#"{"type":"account_change","account":"a","change":"resume","until":"2024-03-05T00:00:00Z"}"#.to_owned(),
            "until: value '2024-03-05T00:00:00Z': accepted no until: that is for \"suspend\"",
        ),
        (
            r#"{"type":"account_change","account":"a","change":"pause"}"#.to_owned(),
            "change: value 'pause': accepted \"suspend\" or \"resume\" or \"close\"",
        ),
        (
            r#"{"type":"account_change","account":"a","change":"suspend"}"#.to_owned(),
            "reason: missing: accepted \"by_firm\" or \"review\" or \"inactivity\"",
        ),
        (
            r#"{"type":"window","calendar":{"named":"n"},"start":"2024-03-05T00:00:00Z","end":"2024-03-05T00:00:00Z"}"#.to_owned(),
            "end: value '2024-03-05T00:00:00Z': accepted a time after 2024-03-05T00:00:00Z",
        ),
        (
            r#"{"type":"window","calendar":"news"}"#.to_owned(),
            "calendar: value 'news': accepted {named = ..} or {daily = ..} or {weekly = ..} or {closed = ..}",
        ),
        (
            r#"{"type":"account","id":"b","plan":"p","origin":"reset"}"#.to_owned(),
            "origin: value 'reset': accepted no origin: it says why an account follows its parent",
        ),
        (
            r#"{"type":"account","id":"b","plan":"p","parent":"a"}"#.to_owned(),
            "origin: missing: accepted \"next_phase\" or \"reset\" or \"retry\"",
        ),
    ] {
        assert_eq!(error(&line), expected);
    }
}

#[test]
fn an_account_that_follows_another_may_come_late_and_its_id_is_free_when_it_does_not_open() {
    let late = r#"{"type":"clock"}"#;
    let after = |origin: &str| {
        format!(r#"{{"type":"account","id":"b","plan":"p","parent":"a","origin":"{origin}"}}"#)
    };
    let (retry, reset) = (after("retry"), after("reset"));
    let lines = [INSTRUMENT, PLAN, ACCOUNT, late, &retry, &reset, late].join("\n");
    let (out, result) = simulate(lines.as_bytes());
    assert!(result.is_ok());
    assert!(out.contains(
        r#""type":"account_denied","plan":"p","plan_name":"P","parent":"a","origin":"retry""#
    ));
    assert!(out.contains(r#""type":"account_opened","account":"b","plan":"p","plan_name":"P","parent":"a","origin":"reset""#));
}

#[test]
fn what_is_due_at_a_last_roll_is_done() {
    let plan = PLAN.replace(
        r#""stage""#,
        r#""conduct":{"windows":[{"action":"block_all","calendar":{"named":"n"}}]},"stage""#,
    );
    let window = r#"{"type":"window","calendar":{"named":"n"},"start":"2024-03-05T00:00:00Z","end":"2024-03-05T01:00:00Z"}"#;
    let roll = r#"{"type":"roll","ts":"2024-03-05T00:00:00Z","day":"2024-03-05"}"#;
    let (out, result) = simulate(
        [INSTRUMENT, &plan, ACCOUNT, window, roll]
            .join("\n")
            .as_bytes(),
    );
    assert!(result.is_ok());
    // The roll is input 5, and the clock that follows it input 6.
    let begins = |start: &str| out.lines().any(|line| line.starts_with(start));
    let day = r#"{"seq":"5","ts":"2024-03-05T00:00:00Z","type":"day_rolled""#;
    let opens = r#"{"seq":"6","ts":"2024-03-05T00:00:00Z","type":"window_opened""#;
    assert!(begins(day) && begins(opens), "{out}");
}

#[test]
fn kinds_come_in_order() {
    assert_eq!(
        error_of(&[INSTRUMENT, ACCOUNT].join("\n")),
        "test.jsonl:2: plan: value 'p': accepted the id of a plan above"
    );
    let late = r#"{"type":"clock"}"#;
    assert_eq!(
        error_of(&[INSTRUMENT, PLAN, ACCOUNT, late, ACCOUNT].join("\n")),
        "test.jsonl:5: type: value 'account': accepted nothing of this kind once market data and \
         actions have begun: the order is scenario, curve and latency, instrument, plan, account, \
         competition, then market data and actions"
    );
    assert_eq!(
        error_of(&[INSTRUMENT, r#"{"type":"scenario","version":1}"#].join("\n")),
        "test.jsonl:2: type: value 'scenario': accepted nothing of this kind once instrument \
         lines have begun: the order is scenario, curve and latency, instrument, plan, account, \
         competition, then market data and actions"
    );
    let curve = r#"{"type":"curve","id":"c","weights":[1]}"#;
    assert!(
        error_of(&[INSTRUMENT, curve].join("\n"))
            .contains("'curve': accepted nothing of this kind once instrument lines have begun")
    );
    assert_eq!(
        error_of(r#"{"type":"scenario","version":2}"#),
        "test.jsonl:1: version: value '2': accepted 1, the version of the schema, without quotes"
    );
}

/// What a frame makes known is called by its number, so that no line above may have given that name to another one.
#[test]
fn a_name_of_a_line_that_is_the_number_of_what_a_frame_makes_known_is_refused() {
    let open = types::Input {
        seq: types::Seq(1),
        ts: types::TimestampNs(1_709_510_400_000_000_000),
        kind: types::InputKind::Command(types::Command::OpenAccount(types::OpenAccount {
            plan: types::PlanId(0),
            parent: None,
            name: types::Label::new("b").unwrap(),
        })),
    };
    let mut bytes = Vec::new();
    types::frame::encode_input(types::ShardId(0), &open, &mut bytes);
    let frame = bytes.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let input = format!(r#"{{"type":"input","frame":"{frame}"}}"#);
    let named = |id: &str| ACCOUNT.replace("\"a\"", &format!("\"{id}\""));
    // Account 1 is called that, and a line may say so.
    let roll = r#"{"type":"adjust","account":"1","kind":"pnl","amount":"1"}"#;
    let lines = [INSTRUMENT, PLAN, ACCOUNT, &input, roll].join("\n");
    simulate(lines.as_bytes()).1.unwrap();
    // Account 0 has its name already, given by the line or by a frame.
    let error = error_of(&[INSTRUMENT, PLAN, &named("1"), &input].join("\n"));
    let refused = "accepted no input that makes account 1 known: a line above has this id";
    assert!(error.starts_with("test.jsonl:4: frame: value '"), "{error}");
    assert!(error.ends_with(refused), "{error}");
    let error = error_of(&[INSTRUMENT, PLAN, &input, &named("0")].join("\n"));
    assert!(error.starts_with("test.jsonl:4: id: value '0'"), "{error}");
    // The name that a later one will need is free until then.
    let lines = [INSTRUMENT, PLAN, &input, &named("2"), &input].join("\n");
    assert!(error_of(&lines).ends_with("makes account 2 known: a line above has this id"));
}

#[test]
fn a_scenario_states_limits_in_its_first_line() {
    let second = ACCOUNT.replace("\"a\"", "\"b\"");
    let with = |limits: &str| {
        let first = format!(r#"{{"type":"scenario","version":1,"limits":{limits}}}"#);
        [&first, INSTRUMENT, PLAN, ACCOUNT, &second].join("\n")
    };
    assert!(simulate(with(r#"{"accounts_max":2}"#).as_bytes()).1.is_ok());
    assert_eq!(
        error_of(&with(r#"{"accounts_max":1}"#)),
        "test.jsonl:5: type: value 'account': accepted at most 1 such lines, which is accounts_max"
    );
    assert_eq!(
        error_of(&with(r#"{"accounts_max":0}"#)),
        "test.jsonl:1: limits.accounts_max: value '0': accepted a whole number from 1 to 16777216, \
         without quotes"
    );
    assert!(
        error_of(&with(r#"{"wishes_max":1}"#)).contains("no such field; known: instruments_max")
    );

    // A curve that is too long is refused, and its id is free again.
    let curve = |id: &str, weights: &str| {
        format!(r#"{{"type":"curve","ts":"2024-03-04T00:00:00Z","id":"{id}","weights":{weights}}}"#)
    };
    let first = r#"{"type":"scenario","version":1,"limits":{"samples_max":2}}"#;
    let lines = [first.to_owned(), curve("c", "[1,2,3]"), curve("c", "[1,2]")];
    let (out, result) = simulate(lines.join("\n").as_bytes());
    result.unwrap();
    let told: Vec<_> = out.lines().collect();
    assert!(told[0].ends_with(
        r#""type":"input_rejected","reason":"limit_reached","figures":{"limit":"samples_max","max":2}}"#
    ));
    assert!(
        told[1].ends_with(r#""type":"curve_defined","curve":"c"}"#),
        "{}",
        told[1]
    );
}

#[test]
fn what_was_accepted_before_a_bad_line_is_written() {
    let (out, result) = simulate([INSTRUMENT, PLAN, "oops"].join("\n").as_bytes());
    assert_eq!(out.lines().count(), 2);
    assert!(matches!(result, Err(SimulateError::Line { line: 3, .. })));
}

#[test]
fn a_line_has_a_largest_length() {
    let long = vec![b' '; LINE_BYTES_MAX + 1];
    assert!(simulate(&long).1.is_err());
    let fits = vec![b' '; LINE_BYTES_MAX];
    assert!(simulate(&fits).1.is_ok());
}

/// Replaces the value of one quoted decimal of the text, if it has one at that place.
fn replace_decimal(line: &str, place: usize, value: &str) -> String {
    let mut parts: Vec<_> = line.split('"').collect();
    let decimals: Vec<_> = (0..parts.len())
        .filter(|&at| parts[at].parse::<f64>().is_ok())
        .collect();
    if decimals.is_empty() {
        return line.to_owned();
    }
    parts[decimals[place % decimals.len()]] = value;
    parts.join("\"")
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = simulate(&bytes);
    }

    // Scenarios with lines lost, repeated and swapped, and extreme numbers: whatever they say, it is
    // a rejection or a fact, and the facts are JSON.
    #[test]
    fn no_mutated_scenario_panics(
        scenario in select(SCENARIOS.to_vec()),
        edits in prop::collection::vec(
            (0_u8..5, any::<Index>(), any::<Index>(), select(EXTREMES.to_vec())),
            1..12,
        ),
    ) {
        let mut lines: Vec<String> = scenario.lines().map(str::to_owned).collect();
        for (edit, one, other, value) in edits {
            let (one, place) = (one.index(lines.len()), other.index(1 << 16));
            let other = other.index(lines.len());
            match edit {
                0 if lines.len() > 1 => {
                    lines.remove(one);
                }
                1 => lines.insert(other, lines[one].clone()),
                2 => lines.swap(one, other),
                _ => lines[one] = replace_decimal(&lines[one], place, value),
            }
        }
        let (out, _) = simulate(lines.join("\n").as_bytes());
        for line in out.lines() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
        }
    }

    // The same, but only the numbers change, so that the scenario gets past its definitions.
    #[test]
    fn no_extreme_number_panics(
        scenario in select(SCENARIOS.to_vec()),
        edits in prop::collection::vec(
            (any::<Index>(), any::<Index>(), select(EXTREMES[..13].to_vec())),
            1..4,
        ),
    ) {
        let mut lines: Vec<String> = scenario.lines().map(str::to_owned).collect();
        for (line, place, value) in edits {
            let line = line.index(lines.len());
            lines[line] = replace_decimal(&lines[line], place.index(1 << 16), value);
        }
        let _ = simulate(lines.join("\n").as_bytes());
    }
}
