//! The published schema against the reader: the same fields, the same words, the same ranges.
//!
//! The check of a document knows the keywords that the schema uses and stops at any other.

use std::collections::BTreeSet;

use gateway::dto::plan::read;
use gateway::dto::{Field, FieldError, Node};
use serde_json::{Map, Value, json};

/// A JSON Schema, of the keywords that [`Schema::check`] knows.
pub(super) struct Schema {
    root: Value,
}

impl Schema {
    pub(super) fn published() -> Self {
        let text = include_str!("../../../../docs/plan.schema.json");
        Self {
            root: serde_json::from_str(text).unwrap(),
        }
    }

    /// What `$ref` leads to, with the keywords beside it on top.
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let Some(reference) = schema.get("$ref") else {
            return schema;
        };
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        self.root.pointer(pointer).unwrap()
    }

    /// Whether the schema accepts a document; else where it does not.
    pub(super) fn check(&self, document: &Value) -> Result<(), String> {
        self.check_at(&self.root, document, "")
    }

    fn check_at(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let keywords = schema.as_object().unwrap();
        for (keyword, expected) in keywords {
            let holds = match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "examples"
                | "then" => true,
                "$ref" => return self.check_at(self.resolved(schema), value, path),
                "type" => match expected.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    other => panic!("type {other}"),
                },
                "enum" => expected.as_array().unwrap().contains(value),
                "const" => expected == value,
                "minimum" => value.as_i64() >= expected.as_i64(),
                "maximum" => value.as_i64() <= expected.as_i64(),
                "pattern" => value.as_str().is_none_or(|text| {
                    let pattern = regex::Regex::new(expected.as_str().unwrap()).unwrap();
                    pattern.is_match(text)
                }),
                "minItems" => len(value) >= expected.as_u64(),
                "maxItems" => len(value) <= expected.as_u64(),
                "minProperties" => fields(value) >= expected.as_u64(),
                "maxProperties" => fields(value) <= expected.as_u64(),
                "required" => {
                    let names = expected.as_array().unwrap();
                    names
                        .iter()
                        .all(|name| value.get(name.as_str().unwrap()).is_some())
                }
                "additionalProperties" => {
                    assert_eq!(*expected, json!(false));
                    let known = schema["properties"].as_object().unwrap();
                    value
                        .as_object()
                        .is_none_or(|fields| fields.keys().all(|name| known.contains_key(name)))
                }
                "properties" => {
                    for (name, inner) in expected.as_object().unwrap() {
                        if let Some(value) = value.get(name) {
                            self.check_at(inner, value, &format!("{path}/{name}"))?;
                        }
                    }
                    true
                }
                "items" => {
                    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check_at(expected, item, &format!("{path}/{place}"))?;
                    }
                    true
                }
                "oneOf" => {
                    let accepted = |schema: &&Value| self.check_at(schema, value, path).is_ok();
                    expected.as_array().unwrap().iter().filter(accepted).count() == 1
                }
                "if" => {
                    if self.check_at(expected, value, path).is_ok() {
                        self.check_at(&schema["then"], value, path)?;
                    }
                    true
                }
                other => panic!("the check does not know {other}"),
            };
            if !holds {
                return Err(format!("{path}: {value} against {keyword} {expected}"));
            }
        }
        Ok(())
    }
}

fn len(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}

fn fields(value: &Value) -> Option<u64> {
    value.as_object().map(|fields| fields.len() as u64)
}

/// A valid document with every field of the schema; of what has alternatives, the last.
fn everything() -> Value {
    let hours = |from: &str, to: &str| json!({"zone": "UTC", "from": from, "to": to});
    json!({
        "format": 1,
        "name": "Everything",
        "version": 1,
        "currency": "USD",
        "initial_balance": "100000",
        "stage": {"evaluation": 1},
        "roll": {
            "zone": "UTC", "time": "17:00", "days": ["mon", "fri"], "holidays": ["2024-12-25"],
        },
        "day_profit": "equity",
        "daily_loss": {
            "anchor": "balance", "allowance": {"pct_of_anchor": "5"}, "effect": "fail",
            "touch_is_breach": true,
            "tiers": [{"profit_from": "3000", "allowance": {"pct_of_anchor": "6"}}],
            "ends_at_floor_lock": true,
        },
        "max_loss": {
            "trail": "eod_balance", "allowance": {"pct_of_peak": "5"},
            "stop": {"freeze_when": "150000"}, "effect": "warn", "touch_is_breach": false,
        },
        "profit_target": {"pct_of_initial": "8"},
        "min_days": {"days": 4, "counts": "opening_fill", "day_profit_min": "100"},
        "consistency": {
            "cap_pct": "40", "denominator": "net", "inclusive": true, "window": "phase",
        },
        "payout": {
            "fraction_pct": "50", "cap": "2000", "keep": {"above_initial": "100"},
            "split_pct": "80", "after": "floor_stays", "best_day_cap_pct": "30",
            "days_min": {"days": 5, "counts": "any_day_held", "day_profit_min": "150"},
            "min": "250", "caps": ["1500", "2000"], "interval_days": 14,
            "split_tiers": [{"from": {"paid_total": "10000"}, "split_pct": "90"}], "payouts_max": 6,
        },
        "scaling": {
            "step_pct": "25", "size_max": "200000",
            "requires": {"profit": {"pct_of_initial": "10"}, "days": 1, "payouts": 2},
        },
        "terms": {"mode": "netting", "funding": "margin", "rate_min_pct": "1", "shorts": true, "mark": "mid"},
        "conduct": {
            "orders_per_day_max": 9, "trades_per_day_max": 9, "warn_at_pct": "80",
            "holding_min": {"seconds": 60, "action": "warn"},
            "inactivity": {"days": 30, "effect": "close"},
            "size": {
                "weights": [{"symbol": "MES", "weight": "0.1"}],
                "tiers": [{"profit_from": "0", "max": "2"}],
            },
            "windows": [{
                "action": "block_all", "before_s": 1, "after_s": 1, "symbol": "ES", "symbols": ["NQ"],
                "calendar": {"weekly": hours("Fri 16:10", "Sun 18:00")},
            }],
        },
        "life": {
            "resets_max": 1, "retries_max": 1, "next": "Next",
            "time_limit": {"days": 30, "counts": "calendar", "effect": "fail"},
        },
        "disagreement": [{
            "source": "another page", "date": "2026-11-21", "set": {"min_days.days": 5},
        }],
    })
}

fn read_json(document: &Value) -> Result<(), FieldError> {
    let node = Node::from_json(document.to_string().as_bytes()).unwrap();
    read(&Field::root(&node), &[]).map(|_| ())
}

/// What the reader says about [`everything`] with another value at one place.
fn read_with(base: &Value, pointer: &str, value: Value) -> Result<(), FieldError> {
    let mut document = base.clone();
    *document.pointer_mut(pointer).unwrap() = value;
    read_json(&document)
}

fn names(text: &str) -> BTreeSet<String> {
    text.split(", ").map(str::to_owned).collect()
}

fn keys(fields: &Map<String, Value>) -> BTreeSet<String> {
    fields.keys().cloned().collect()
}

/// Compares one place of the schema with what the reader says there, and all places below it.
fn compare(schema: &Schema, place: &Value, base: &Value, pointer: &str, seen: &mut Vec<String>) {
    seen.push(pointer.to_owned());
    let place = schema.resolved(place);
    let refused = |value| read_with(base, pointer, value).unwrap_err();
    let (choice, words) = match place.get("oneOf") {
        None => (place, None),
        Some(either) => (&either[1], either[0].get("enum")),
    };
    if let Some(words) = place.get("enum") {
        let texts: Vec<_> = words
            .as_array()
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect();
        assert_eq!(
            refused(json!("?")).accepted,
            texts.join(" or "),
            "{pointer}"
        );
        return;
    }
    if choice.get("maxProperties").is_some() {
        let named = choice["properties"].as_object().unwrap();
        let said: BTreeSet<_> = refused(json!({"?": 1}))
            .accepted
            .split(" or ")
            .map(|text| text.trim_matches(['{', '}', '"', '.', ' ', '=']).to_owned())
            .collect();
        let words = words
            .into_iter()
            .flat_map(|words| words.as_array().unwrap());
        let words = words.map(|word| word.as_str().unwrap().to_owned());
        assert_eq!(
            said,
            keys(named).into_iter().chain(words).collect(),
            "{pointer}"
        );
        for (name, inner) in named {
            let mut other = base.clone();
            *other.pointer_mut(pointer).unwrap() = json!({name: sample(name)});
            compare(schema, inner, &other, &format!("{pointer}/{name}"), seen);
        }
        return;
    }
    match choice["type"].as_str().unwrap() {
        // Its names are paths into the plan.
        "object" if place.get("properties").is_none() => {
            assert!(
                refused(json!("?")).accepted.starts_with("a table"),
                "{pointer}"
            );
        }
        "object" => {
            let properties = place["properties"].as_object().unwrap();
            let mut more = base.pointer(pointer).unwrap().clone();
            assert_eq!(
                keys(properties),
                keys(more.as_object().unwrap()),
                "{pointer}"
            );
            more["?"] = json!(1);
            let accepted = refused(more).accepted;
            let (_, known) = accepted.split_once("known: ").unwrap();
            assert_eq!(keys(properties), names(known), "{pointer}");
            for (name, inner) in properties {
                let required = place["required"]
                    .as_array()
                    .is_some_and(|names| names.contains(&json!(name)));
                let mut fewer = base.pointer(pointer).unwrap().clone();
                fewer.as_object_mut().unwrap().remove(name);
                let refused =
                    read_with(base, pointer, fewer).is_err_and(|error| error.value.is_none());
                assert_eq!(refused, required, "{pointer}/{name}");
                compare(schema, inner, base, &format!("{pointer}/{name}"), seen);
            }
        }
        "array" => {
            let accepted = refused(json!("?")).accepted;
            assert!(accepted.contains("a list"), "{pointer}: {accepted}");
            compare(
                schema,
                &choice["items"],
                base,
                &format!("{pointer}/0"),
                seen,
            );
        }
        "integer" => {
            let (least, most) = (
                place["minimum"].as_i64().unwrap(),
                place["maximum"].as_i64().unwrap(),
            );
            for (number, accepted) in [
                (least, true),
                (most, true),
                (least - 1, false),
                (most + 1, false),
            ] {
                let said = read_with(base, pointer, json!(number));
                assert_eq!(said.is_ok(), accepted, "{pointer} {number}: {said:?}");
            }
        }
        "boolean" => assert_eq!(refused(json!("?")).accepted, "true or false", "{pointer}"),
        "string" => assert!(
            refused(json!(5)).accepted.contains(" in quotes")
                || refused(json!(5)).accepted.contains('"')
        ),
        other => panic!("{pointer}: {other}"),
    }
}

/// A value that is accepted under this name of a choice.
fn sample(name: &str) -> Value {
    match name {
        "evaluation" => json!(1),
        "fixed" => json!("2500"),
        "at_floor_level" => json!("100100"),
        "freeze_when" => json!("150000"),
        "above_floor" | "above_initial" | "paid_total" => json!("100"),
        "payout" => json!(2),
        "named" => json!("news-high"),
        "daily" => json!({"zone": "UTC", "from": "16:10", "to": "18:00"}),
        "weekly" => json!({"zone": "UTC", "from": "Fri 16:10", "to": "Sun 18:00"}),
        "closed" => json!({"session": "cme-equity", "minutes_min": 60}),
        percent if percent.starts_with("pct_") => json!("5"),
        other => panic!("{other}"),
    }
}

#[test]
fn schema_and_reader_have_the_same_fields_words_and_ranges() {
    let (schema, everything) = (Schema::published(), everything());
    assert_eq!(read_json(&everything), Ok(()));
    assert_eq!(schema.check(&everything), Ok(()));
    let mut seen = Vec::new();
    compare(&schema, &schema.root, &everything, "", &mut seen);
    // Seventeen fields of a plan and what is below them.
    assert!(seen.len() > 100, "{}", seen.len());
}

#[test]
fn schema_and_reader_refuse_the_same_texts() {
    let (schema, everything) = (Schema::published(), everything());
    let money = "/conduct/size/tiers/0/profit_from";
    let (quantity, factor) = (
        "/conduct/size/tiers/0/max",
        "/conduct/size/weights/0/weight",
    );
    let (share, part) = ("/payout/split_pct", "/consistency/cap_pct");
    let (time, week) = ("/roll/time", "/conduct/windows/0/calendar/weekly/from");
    for (pointer, text, accepted) in [
        (money, "0.000001", true),
        (money, "-5.0000010", true),
        (money, "0.0000001", false),
        (money, "1e3", false),
        (money, "1,000", false),
        (money, ".5", false),
        (money, "5.", false),
        (money, "", false),
        (quantity, "0.00000001", true),
        (quantity, "0.000000001", false),
        (factor, "0.000000001", true),
        (factor, "0.0000000001", false),
        (share, "100", true),
        (share, "100.0", true),
        (share, "33.3333334", true),
        (share, "33.33333334", false),
        (share, "100.1", false),
        (share, "-5", false),
        (part, "99.9999999", true),
        (part, "100", false),
        ("/terms/rate_min_pct", "0", true),
        ("/terms/rate_min_pct", "101", false),
        (time, "23:59", true),
        (time, "24:00", false),
        (time, "7:00", false),
        (week, "Sun 23:59", true),
        (week, "sun 23:59", false),
        (week, "Sun  23:59", false),
        ("/roll/zone", "Etc/GMT-3", true),
        ("/roll/zone", "New York", false),
        ("/roll/days", "mon-fri", true),
        ("/roll/days", "sun-thu", true),
        ("/roll/days", "sat", true),
        ("/roll/days", "Mon-Fri", false),
        ("/roll/days", "weekdays", false),
        ("/roll/days/0", "wed", true),
        ("/roll/days/0", "Mon", false),
        ("/roll/holidays/0", "2025-01-01", true),
        ("/roll/holidays/0", "2025-1-1", false),
        ("/name", "1234567890123456789012345678901", true),
        ("/name", "12345678901234567890123456789012", false),
        ("/name", "Caf\u{e9}", false),
    ] {
        let said = read_with(&everything, pointer, json!(text));
        assert_eq!(said.is_ok(), accepted, "{pointer} {text}: {said:?}");
        let mut document = everything.clone();
        *document.pointer_mut(pointer).unwrap() = json!(text);
        let checked = schema.check(&document);
        assert_eq!(checked.is_ok(), accepted, "{pointer} {text}: {checked:?}");
    }
}

#[test]
fn the_plans_of_this_project_follow_the_schema() {
    let schema = Schema::published();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/plans");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let document: Value = toml::from_str(&text).unwrap();
        assert_eq!(schema.check(&document), Ok(()), "{}", path.display());
        files += 1;
    }
    assert!(files >= 18, "{files}");
}

/// The names and words of a schema, in the order of its text.
fn vocabulary(schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        found.extend(properties.keys().cloned());
    }
    let words = schema.get("enum").and_then(Value::as_array);
    found.extend(
        words
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned),
    );
    match schema {
        Value::Object(inner) => inner.values().for_each(|inner| vocabulary(inner, found)),
        Value::Array(inner) => inner.iter().for_each(|inner| vocabulary(inner, found)),
        _ => {}
    }
}

#[test]
fn the_reference_page_has_every_name_and_word_and_its_examples_are_toml() {
    let page = include_str!("../../../../docs/plans.md");
    let mut known = BTreeSet::new();
    vocabulary(&Schema::published().root, &mut known);
    assert!(known.len() > 90, "{}", known.len());
    let code: Vec<_> = page.split('`').skip(1).step_by(2).collect();
    let words = |joined: &'static [char]| {
        let is_end = move |c: char| !c.is_ascii_alphanumeric() && !joined.contains(&c);
        code.iter().flat_map(move |code| code.split(is_end))
    };
    // Calendars of sessions have names with a hyphen.
    let names: BTreeSet<_> = words(&['_']).chain(words(&['_', '-'])).collect();
    let missing: Vec<_> = known
        .iter()
        .filter(|name| !names.contains(name.as_str()))
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
    let mut examples = 0;
    for row in page.lines().filter(|row| row.starts_with('|')) {
        let cell = row
            .trim_end_matches(" |")
            .rsplit("| ")
            .next()
            .unwrap()
            .trim();
        if let Some(example) = cell
            .strip_prefix('`')
            .and_then(|cell| cell.strip_suffix('`'))
        {
            let read = toml::from_str::<Value>(example);
            assert!(read.is_ok(), "{example}: {read:?}");
            examples += 1;
        }
    }
    assert!(examples > 50, "{examples}");
}
