//! Hours that a plan's windows follow and that no calendar knows, such as those of news: announced live, given by a file here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use gateway::dto::window;
use rules::Plan;
use types::{Calendar, Interval, Label};

use super::Usage;

/// Reads a file of them: on each line what `POST /v1/windows` takes.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<(Calendar, Interval)>> {
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("--windows {name}"))?;
    let lines = (1..).zip(text.lines());
    let told = lines.filter(|(_, line)| !line.trim().is_empty());
    let hours = told.map(|(number, line)| {
        window::from_json(line.as_bytes()).map_err(|error| {
            Usage(format!(
                "--windows {name}, line {number}: {error}; accepted: on each line an object such as \
                 {{\"calendar\":{{\"named\":\"news-high\"}},\"start\":\"2024-03-08T13:30:00Z\",\"end\":\"2024-03-08T13:31:00Z\"}}"
            ))
            .into()
        })
    });
    hours.collect()
}

/// What to know of calendars that the plan's windows follow and of which nothing is given.
pub(super) fn unknown(plan: &Plan, given: &[(Calendar, Interval)]) -> Option<String> {
    let windows = plan.conduct.windows.iter();
    let names: BTreeSet<Label> = windows
        .filter_map(|window| match window.calendar {
            Calendar::Named(name) => Some(name),
            _ => None,
        })
        .filter(|name| !given.iter().any(|(it, _)| *it == Calendar::Named(*name)))
        .collect();
    let names: Vec<_> = names.iter().map(Label::as_str).collect();
    (!names.is_empty()).then(|| {
        format!(
            "the plan has windows of {}, which never open here: nothing says when that is; accepted: --windows FILE",
            names.join(", ")
        )
    })
}
