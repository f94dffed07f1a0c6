//! `docs/api.md` names every route with its methods, and every field of an answer.

use std::path::PathBuf;

fn read(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// Each path of the router with its methods, by the source of the router.
fn routes() -> Vec<(String, Vec<&'static str>)> {
    const METHODS: [&str; 5] = ["get", "post", "delete", "patch", "any"];
    let mut routes = Vec::new();
    for file in ["src/rest.rs", "src/rest/competitions.rs"] {
        let source: String = read(file).split_whitespace().collect();
        for route in source.split(".route(\"").skip(1) {
            let (path, rest) = route.split_once('"').unwrap();
            // Up to the bracket that closes the call.
            let mut depth = 1;
            let end = rest.find(|letter| {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                depth == 0
            });
            let handlers = &rest[..end.unwrap()];
            let is_taken = |method: &&str| {
                let (first, later) = (format!(",{method}("), format!(".{method}("));
                handlers.starts_with(&first) || handlers.contains(&later)
            };
            routes.push((
                path.to_owned(),
                METHODS.into_iter().filter(is_taken).collect(),
            ));
        }
    }
    routes
}

#[test]
fn every_route_is_documented_with_its_methods() {
    let document = read("../docs/api.md");
    let routes = routes();
    assert!(routes.len() >= 32, "{routes:?}");
    for (path, methods) in routes {
        assert!(!methods.is_empty(), "{path}");
        for method in methods {
            let named = format!("`{} {path}`", method.to_uppercase());
            assert!(document.contains(&named), "docs/api.md has no {named}");
        }
    }
}

#[test]
fn every_field_of_an_answer_is_documented() {
    let document = read("../docs/api.md");
    let mut fields = 0;
    for file in [
        "account/mod.rs",
        "account/conduct.rs",
        "account/explain.rs",
        "account/money.rs",
        "account/order.rs",
        "book.rs",
        "instrument/mod.rs",
        "objective.rs",
        "window.rs",
    ] {
        let source = read(&format!("src/dto/{file}"));
        // The lines of a scenario's report are documented with it.
        let source = source.split("pub struct WhatIfLine").next().unwrap();
        let mut renamed = None;
        for line in source.lines() {
            let line = line.trim();
            if let Some((_, rest)) = line.split_once("rename = \"") {
                renamed = rest.split_once('"').map(|(name, _)| name);
            }
            let Some((name, _)) = line
                .strip_prefix("pub ")
                .and_then(|line| line.split_once(": "))
            else {
                continue;
            };
            if name.contains(['(', ' ']) {
                continue;
            }
            fields += 1;
            let name = renamed.take().unwrap_or(name);
            let named = format!("| `{name}` |");
            assert!(
                document.contains(&named),
                "docs/api.md has no {named} of {file}"
            );
        }
    }
    assert!(fields > 200, "only {fields}");
}
