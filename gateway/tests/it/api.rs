//! `docs/api.md` names every route with its methods, every field of an answer, and every kind of a problem.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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

/// The source files below a directory of this crate.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn every_kind_of_a_problem_is_documented_with_its_status() {
    const STATUSES: [(&str, u16); 15] = [
        ("BAD_REQUEST", 400),
        ("FORBIDDEN", 403),
        ("NOT_FOUND", 404),
        ("METHOD_NOT_ALLOWED", 405),
        ("REQUEST_TIMEOUT", 408),
        ("CONFLICT", 409),
        ("GONE", 410),
        ("PAYLOAD_TOO_LARGE", 413),
        ("UNSUPPORTED_MEDIA_TYPE", 415),
        ("MISDIRECTED_REQUEST", 421),
        ("UNPROCESSABLE_ENTITY", 422),
        ("UPGRADE_REQUIRED", 426),
        ("INTERNAL_SERVER_ERROR", 500),
        ("SERVICE_UNAVAILABLE", 503),
        ("GATEWAY_TIMEOUT", 504),
    ];
    let document = read("../docs/api.md");
    let mut kinds = BTreeSet::new();
    for file in sources(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = std::fs::read_to_string(&file).unwrap();
        let source: String = source.split_whitespace().collect();
        for problem in source.split("StatusCode::").skip(1) {
            if let Some((name, rest)) = problem.split_once(",\"")
                && name
                    .chars()
                    .all(|letter| letter.is_ascii_uppercase() || letter == '_')
            {
                let status = STATUSES.iter().find(|(known, _)| *known == name);
                let (_, status) = status.unwrap_or_else(|| panic!("the status of {name}"));
                kinds.insert((*status, rest.split('"').next().unwrap().to_owned()));
            }
        }
        // How the health of the server is told.
        for ill in source.split("ill(\"").skip(1) {
            kinds.insert((503, ill.split('"').next().unwrap().to_owned()));
        }
    }
    assert!(kinds.len() >= 25, "{kinds:?}");
    for (status, kind) in kinds {
        let is_told = document.lines().any(|line| {
            let mut cells = line.split('|').skip(1);
            let code = format!("`{status}`");
            cells.next().is_some_and(|cell| cell.contains(&code))
                && line.contains(&format!("`{kind}`"))
        });
        // A denial's kind is its reason, and 422 says where those are.
        assert!(
            is_told || status == 422,
            "docs/api.md has no {kind} of {status}"
        );
    }
}
