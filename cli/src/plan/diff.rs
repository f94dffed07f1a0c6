//! `dynasty plan diff`: what two plans have different, and which is stricter where that is decidable.

mod verdict;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use gateway::dto::{Node, PlanDto};
use rules::Plan;
use serde_json::json;

pub(super) use self::verdict::Verdict;
use self::verdict::verdict;
use super::Format;
use super::figures::{left_out, list};

/// Compare two plans field by field.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty plan diff old.toml new.toml
  dynasty plan diff fixtures/plans/eod-trail-50k.toml fixtures/plans/live-trail-50k.toml --format json

Each field that differs is told with its old and its new value, and whether the new one is stricter or
looser for the trader where that follows from the field alone, or the same amount said otherwise.
Exit code 0: the plans are equal; 1: they differ; 2: one is no valid plan or cannot be read.")]
pub(super) struct Args {
    /// The old plan.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The new plan.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// How to write the answer; `json` is one object.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Its path in the document.
    pub(super) field: String,
    /// What the old plan has; `None` where it has nothing.
    pub(super) old: Option<String>,
    /// What the new plan has.
    pub(super) new: Option<String>,
    /// What that means for the trader, where it is decidable.
    pub(super) verdict: Option<Verdict>,
}

/// Values that are alternatives: shown whole, never field by field.
const CHOICES: &[&str] = &[
    "stage",
    "daily_loss.allowance",
    "max_loss.allowance",
    "max_loss.stop",
    "profit_target",
    "payout.keep",
    "scaling.requires.profit",
];

/// What a plan is called and which place it has among others: nothing that a trader is asked for or allowed.
const NAMES: &[&str] = &["name", "version", "stage", "life.next"];

/// Tables whose absence is the same as one without fields.
const OPEN: &[&str] = &["", "conduct", "life"];

/// Compares the plans of two files.
///
/// # Errors
/// When a file is no valid plan or the answer cannot be written.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (old, new) = (super::read(&args.old)?, super::read(&args.new)?);
    let changes = changes(&old, &new)?;
    match args.format {
        Format::Text => {
            for change in &changes {
                let Change {
                    field, old, new, ..
                } = change;
                let shown = |value: &Option<String>| value.clone().unwrap_or("none".to_owned());
                let verdict = match change.verdict {
                    Some(Verdict::Stricter) => " (stricter)",
                    Some(Verdict::Looser) => " (looser)",
                    Some(Verdict::Same) => " (the same)",
                    None => "",
                };
                writeln!(out, "{field}: {} -> {}{verdict}", shown(old), shown(new))?;
            }
            writeln!(out, "{}", summary(&changes))?;
        }
        Format::Json => {
            let rows: Vec<_> = changes
                .iter()
                .map(|change| {
                    let verdict = change.verdict.map(|verdict| match verdict {
                        Verdict::Stricter => "stricter",
                        Verdict::Looser => "looser",
                        Verdict::Same => "same",
                    });
                    json!({
                        "field": change.field, "old": change.old, "new": change.new,
                        "verdict": verdict,
                    })
                })
                .collect();
            let (equal, summary) = (rows.is_empty(), summary(&changes));
            let answer = json!({"equal": equal, "changes": rows, "summary": summary});
            writeln!(out, "{answer}")?;
        }
    }
    Ok(if changes.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The fields in which two plans differ, in the order of the document.
///
/// # Errors
/// When a plan has no JSON form; every plan has one.
pub(super) fn changes(old: &Plan, new: &Plan) -> anyhow::Result<Vec<Change>> {
    let mut changes = Vec::new();
    let (before, after) = (document(old)?, document(new)?);
    compare("", Some(&before), Some(&after), &mut changes);
    let idle = [old.idle(), new.idle()].concat();
    for change in &mut changes {
        // What has no effect on one side is no measure for the other.
        let has_effect = idle.iter().all(|(field, _)| {
            let rest = change.field.strip_prefix(field.as_str());
            rest.is_none_or(|rest| !rest.is_empty() && !rest.starts_with('.'))
        });
        if has_effect {
            change.verdict = verdict(&change.field, old, new);
        }
    }
    Ok(changes)
}

fn document(plan: &Plan) -> anyhow::Result<Node> {
    let json = serde_json::to_vec(&PlanDto::new(plan))?;
    Node::from_json(&json).context("the form of a plan is JSON")
}

fn compare(path: &str, old: Option<&Node>, new: Option<&Node>, changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let empty = Node::Table(Vec::new());
    let (mut before, mut after) = (old, new);
    if OPEN.contains(&path) {
        before = before.or(Some(&empty));
        after = after.or(Some(&empty));
    }
    match (before, after) {
        (Some(Node::Table(old)), Some(Node::Table(new))) if !CHOICES.contains(&path) => {
            let fresh = new
                .iter()
                .filter(|(name, _)| old.iter().all(|(known, _)| known != name));
            for (name, _) in old.iter().chain(fresh) {
                let find = |fields: &'_ [(String, Node)]| {
                    let found = fields.iter().position(|(known, _)| known == name);
                    found.map(|place| fields[place].1.clone())
                };
                let inner = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                compare(&inner, find(old).as_ref(), find(new).as_ref(), changes);
            }
        }
        // A window is known by its calendar and action; their order only names them.
        (old, new) if path == "conduct.windows" && !is_reordered(old, new) => {
            let items = |node: Option<&Node>| match node {
                Some(Node::List(items)) => items.clone(),
                _ => Vec::new(),
            };
            let (old, new) = (items(old), items(new));
            // As `verdict` pairs them.
            let pairs = pairs(&old, &new, |a, b| {
                ["calendar", "action"].map(|name| field(a, name))
                    == ["calendar", "action"].map(|name| field(b, name))
            });
            for &(before, after) in &pairs {
                let path = format!("{path}[{before}]");
                compare(&path, Some(&old[before]), Some(&new[after]), changes);
            }
            let change = |old: Option<&Node>, new: Option<&Node>| Change {
                field: path.to_owned(),
                old: old.map(shown),
                new: new.map(shown),
                verdict: None,
            };
            let gone = (0..old.len()).filter(|place| pairs.iter().all(|(it, _)| it != place));
            changes.extend(gone.map(|place| change(Some(&old[place]), None)));
            let fresh = (0..new.len()).filter(|place| pairs.iter().all(|(_, it)| it != place));
            changes.extend(fresh.map(|place| change(None, Some(&new[place]))));
        }
        (old, new) => changes.push(Change {
            field: path.to_owned(),
            old: shown_or_left_out(path, old),
            new: shown_or_left_out(path, new),
            verdict: None,
        }),
    }
}

/// A field of a table.
fn field<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Node::Table(fields) = node else {
        return None;
    };
    let found = fields.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value)
}

/// Places of items that are each other's: the same ones, and of the rest those that are alike, in their order.
fn pairs<T: PartialEq>(
    old: &[T],
    new: &[T],
    alike: impl Fn(&T, &T) -> bool,
) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for must_be_same in [true, false] {
        for (before, item) in old.iter().enumerate() {
            let is_free = |after: usize| pairs.iter().all(|&(a, b)| a != before && b != after);
            let is_pair = |other: &T| item == other || !must_be_same && alike(item, other);
            let found = (0..new.len()).find(|&after| is_free(after) && is_pair(&new[after]));
            pairs.extend(found.map(|after| (before, after)));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Whether two lists have the same items in another order.
fn is_reordered(old: Option<&Node>, new: Option<&Node>) -> bool {
    let (Some(Node::List(old)), Some(Node::List(new))) = (old, new) else {
        return false;
    };
    let times = |items: &[Node], item| items.iter().filter(|other| *other == item).count();
    old.len() == new.len() && old.iter().all(|item| times(old, item) == times(new, item))
}

/// A value, or what holds where it is left out.
fn shown_or_left_out(path: &str, node: Option<&Node>) -> Option<String> {
    node.map(shown)
        .or_else(|| left_out(path).map(|word| format!("{word:?}")))
}

/// A value on one line, the way TOML has it.
fn shown(node: &Node) -> String {
    match node {
        Node::Text(text) => format!("{text:?}"),
        Node::List(items) => {
            let items: Vec<_> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Node::Table(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| format!("{name} = {}", shown(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// What the changes mean for the trader, in one sentence.
pub(super) fn summary(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "The plans are equal.".to_owned();
    }
    let fields = |verdict| {
        let mut names: Vec<_> = changes
            .iter()
            .filter(|change| change.verdict == verdict && !NAMES.contains(&change.field.as_str()))
            .map(|change| change.field.clone())
            .collect();
        names.dedup();
        names
    };
    let parts = [
        ("is stricter in", fields(Some(Verdict::Stricter))),
        ("is looser in", fields(Some(Verdict::Looser))),
        ("means the same in", fields(Some(Verdict::Same))),
        ("cannot be ranked by", fields(None)),
    ];
    let said: Vec<_> = parts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what} {}", list(names)))
        .collect();
    if said.is_empty() {
        return "The new plan differs in what it is called and its place among others.".to_owned();
    }
    format!("The new plan {}.", said.join("; "))
}
