//! The crate arrows of ARCHITECTURE.md: which crate may use which of ours, and what the pure core may
//! not reach at all. Read from `cargo metadata`, so that a new dependency cannot slip by.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Crate, and the crates of ours that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("rules", &["types"]),
    ("marketdata", &["types"]),
    ("fuzz", &["marketdata", "types"]),
    ("engine", &["types", "rules"]),
    ("runtime", &["engine", "rules", "types"]),
    ("gateway", &["runtime", "marketdata", "rules", "types"]),
    ("backtest", &["engine", "rules", "marketdata", "types"]),
    (
        "dynasty",
        &[
            "gateway",
            "backtest",
            "runtime",
            "marketdata",
            "rules",
            "types",
        ],
    ),
    (
        "bench",
        &[
            "types",
            "rules",
            "marketdata",
            "engine",
            "runtime",
            "gateway",
            "backtest",
        ],
    ),
];

/// All that the pure core may reach, even through others: checksums, the hash, the error derive, single
/// instructions. A crate that is not here is a clock, a socket or a lock until somebody has looked.
const PURE: &[&str] = &["types", "rules", "engine"];
const REACHED_BY_PURE: &[&str] = &[
    "arrayref",
    "arrayvec",
    "blake3",
    "cfg-if",
    "constant_time_eq",
    "cpufeatures",
    "crc32c",
    "libc",
    "proc-macro2",
    "quote",
    "safe_arch",
    "syn",
    "thiserror",
    "thiserror-impl",
    "unicode-ident",
];

struct Graph {
    /// Normal dependencies of every package, by name.
    edges: BTreeMap<String, BTreeSet<String>>,
    members: BTreeSet<String>,
}

fn graph() -> Graph {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names: BTreeMap<String, String> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])))
        .collect();
    let members = metadata["workspace_members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| names[id.as_str().unwrap()].clone())
        .collect();
    let mut edges = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let normal = node["deps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| {
                let kinds = dependency["dep_kinds"].as_array().unwrap();
                kinds.iter().any(|kind| kind["kind"].is_null())
            });
        let uses = normal.map(|dependency| names[dependency["pkg"].as_str().unwrap()].clone());
        edges.insert(names[node["id"].as_str().unwrap()].clone(), uses.collect());
    }
    Graph { edges, members }
}

/// Arrows between our crates that `allowed` does not have, as "from -> to".
fn forbidden(graph: &Graph, allowed: &[(&str, &[&str])]) -> Vec<String> {
    let allowed: BTreeMap<_, _> = allowed.iter().copied().collect();
    let mut found = Vec::new();
    for member in &graph.members {
        let Some(may_use) = allowed.get(member.as_str()) else {
            found.push(format!("{member} -> (the crate is not in the table)"));
            continue;
        };
        for used in graph.edges[member].intersection(&graph.members) {
            if !may_use.contains(&used.as_str()) {
                found.push(format!("{member} -> {used}"));
            }
        }
    }
    found
}

#[test]
fn crates_use_only_what_lies_below_them() {
    assert_eq!(forbidden(&graph(), ARROWS), Vec::<String>::new());
}

#[test]
fn a_forbidden_arrow_is_named_with_both_ends() {
    let mut graph = graph();
    graph
        .edges
        .get_mut("engine")
        .unwrap()
        .insert("gateway".to_owned());
    assert_eq!(forbidden(&graph, ARROWS), ["engine -> gateway"]);
}

#[test]
fn the_pure_core_reaches_nothing_but_what_was_looked_at() {
    let graph = graph();
    for core in PURE {
        let mut reached = BTreeSet::new();
        let mut open = vec![(*core).to_owned()];
        while let Some(name) = open.pop() {
            if reached.insert(name.clone()) {
                open.extend(graph.edges[&name].iter().cloned());
            }
        }
        let known = |name: &String| {
            PURE.contains(&name.as_str()) || REACHED_BY_PURE.contains(&name.as_str())
        };
        let unknown: Vec<_> = reached.iter().filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "{core} reaches {unknown:?}");
    }
}
