//! The output of a scenario, and how the tests look things up in it.

use serde_json::Value;

/// Events and final state of a scenario.
pub(super) struct Output {
    events: Vec<Value>,
    state: Value,
}

/// A value as the tables write it: a string without quotes, the rest as JSON.
pub(super) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

impl Output {
    /// Runs a scenario of the fixtures; it must be accepted to the end.
    pub(super) fn of(scenario: &str) -> Self {
        let file = super::scenarios().join(format!("{scenario}.jsonl"));
        let (code, stdout, stderr) = super::simulate(&file);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{scenario}");
        let mut events: Vec<Value> = stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let state = events.pop().unwrap();
        assert_eq!(state["type"], "state", "{scenario}");
        Self { events, state }
    }

    /// Every event.
    pub(super) fn all(&self) -> impl Iterator<Item = &Value> {
        self.events.iter()
    }

    /// Every account of the final state.
    pub(super) fn accounts(&self) -> &[Value] {
        self.state["accounts"].as_array().unwrap()
    }

    /// The events of a type about an account.
    pub(super) fn events<'a>(
        &'a self,
        kind: &'a str,
        account: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        self.events
            .iter()
            .filter(move |event| event["type"] == kind && event["account"] == account)
    }

    /// Fields of the events of a type about an account, one text for each event.
    pub(super) fn pick(&self, kind: &str, account: &str, fields: &[&str]) -> Vec<String> {
        self.events(kind, account)
            .map(|event| {
                let values: Vec<_> = fields.iter().map(|field| text(&event[field])).collect();
                values.join(" ")
            })
            .collect()
    }

    /// The same for the events of a type that are about no account.
    pub(super) fn pick_general(&self, kind: &str, field: &str) -> Vec<String> {
        let of_kind = self.events.iter().filter(|event| event["type"] == kind);
        of_kind.map(|event| text(&event[field])).collect()
    }

    /// The floor of a rule after each roll.
    pub(super) fn floors_at_rolls(&self, account: &str, rule: &str) -> Vec<String> {
        let rolls: Vec<&Value> = self
            .events
            .iter()
            .filter(|event| event["type"] == "day_rolled")
            .collect();
        let place = |event: &Value| event["seq"].as_str().unwrap().parse::<u64>().unwrap();
        rolls
            .iter()
            .map(|roll| {
                let moves = self.events("floor_moved", account);
                let before =
                    moves.filter(|moved| moved["rule"] == rule && place(moved) <= place(roll));
                text(&before.last().unwrap()["floor"])
            })
            .collect()
    }

    /// An account of the final state.
    pub(super) fn account(&self, account: &str) -> &Value {
        find(&self.state["accounts"], "id", account)
    }

    /// A field of a limit in the final state.
    pub(super) fn limit(&self, account: &str, rule: &str, field: &str) -> String {
        text(&find(&self.account(account)["limits"], "rule", rule)[field])
    }

    /// A field of an objective in the final state.
    pub(super) fn objective(&self, account: &str, kind: &str, field: &str) -> String {
        text(&find(&self.account(account)["objectives"], "kind", kind)[field])
    }

    /// A competition of the final state, with its boards.
    pub(super) fn contest(&self, place: usize) -> &Value {
        &self.state["boards"][place]
    }

    /// Every competition of the final state, with its boards.
    pub(super) fn contests(&self) -> &[Value] {
        self.state["boards"].as_array().unwrap()
    }

    /// The rows of the first board.
    pub(super) fn board(&self) -> &[Value] {
        self.state["boards"][0]["rows"].as_array().unwrap()
    }
}

fn find<'a>(list: &'a Value, field: &str, value: &str) -> &'a Value {
    list.as_array()
        .unwrap()
        .iter()
        .find(|item| item[field] == value)
        .unwrap_or_else(|| panic!("no {field} {value}"))
}
