//! What other sources say of a programme that a plan is modelled on: fields that they have otherwise.
//!
//! They are no part of the plan and of its hash. Each is checked by reading the plan as they have it: the
//! fields must be known, and what they are must be a valid plan that is another one.

use rules::Plan;

use super::read::read_alone;
use crate::dto::document::{Field, FieldError, Node};

/// The table of a plan file.
pub const TABLE: &str = "disagreement";

/// What some sources have otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    /// Who says so.
    pub source: String,
    /// When that was looked up, as a date.
    pub date: String,
    /// The fields: path, value here (none where the file does not have it), value there.
    pub fields: Vec<(String, Option<Node>, Node)>,
    /// The plan as those sources have it.
    pub plan: Plan,
}

/// The disagreements of the document of a plan. `others` are fields that may stand beside the plan's own.
///
/// # Errors
/// The first field that is not accepted.
pub fn disagreements(
    document: &Field<'_>,
    plan: &Plan,
    others: &[&str],
) -> Result<Vec<Disagreement>, FieldError> {
    let Some(list) = document.tag(TABLE)?.present() else {
        return Ok(Vec::new());
    };
    let there = |node: &Node| read_alone(&Field::root(node), others);
    let items = list.list()?.into_iter();
    items
        .map(|item| one(document, plan, &item, there))
        .collect()
}

fn one(
    document: &Field<'_>,
    plan: &Plan,
    item: &Field<'_>,
    read: impl Fn(&Node) -> Result<Plan, FieldError>,
) -> Result<Disagreement, FieldError> {
    const SOURCE: &str = "who says so, in quotes";
    let table = item.table(&["source", "date", "set"])?;
    let date = table.field("date");
    date.day()?;
    let set = table.field("set");
    let Some(Node::Table(entries)) = set.node() else {
        return Err(set.error("a table of fields of the plan, such as { \"min_days.days\" = 5 }"));
    };
    if entries.is_empty() {
        return Err(set.error("at least one field"));
    }
    let mut other = document.node().cloned().unwrap_or(Node::Null);
    let mut fields = Vec::new();
    for (path, value) in entries {
        let here = replace(&mut other, path, value.clone())
            .ok_or_else(|| set.error(format!("fields of the plan; {path} is none")))?;
        fields.push((
            path.clone(),
            Some(here).filter(|here| *here != Node::Null),
            value.clone(),
        ));
    }
    let there =
        read(&other).map_err(|error| set.error(format!("what makes a valid plan, but {error}")))?;
    if there == *plan {
        return Err(set.error("other values than the plan has"));
    }
    Ok(Disagreement {
        source: table.field("source").text(SOURCE)?.to_owned(),
        date: date.text(SOURCE)?.to_owned(),
        fields,
        plan: there,
    })
}

/// Puts a value at a path of names; what was there, or null. `None` where the path leads through what is no table.
fn replace(node: &mut Node, path: &str, value: Node) -> Option<Node> {
    let Node::Table(entries) = node else {
        return None;
    };
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let known = entries.iter().position(|(known, _)| known == name);
    let place = known.unwrap_or_else(|| {
        entries.push((name.to_owned(), Node::Null));
        entries.len() - 1
    });
    let found = &mut entries[place].1;
    let Some(rest) = rest else {
        return Some(std::mem::replace(found, value));
    };
    if *found == Node::Null {
        *found = Node::Table(Vec::new());
    }
    replace(found, rest, value)
}

#[cfg(test)]
mod tests {
    use crate::dto::plan::{disagreements_from_toml, from_toml};

    const PLAN: &str = "name = \"P\"\nversion = 1\ncurrency = \"USD\"\ninitial_balance = \"50000\"\n\
        stage = { evaluation = 1 }\nroll = { zone = \"UTC\", time = \"00:00\" }\n\
        profit_target = { fixed = \"3000\" }\nmin_days = { days = 2, counts = \"opening_fill\" }\n";

    fn with(set: &str) -> String {
        format!(
            "{PLAN}[[disagreement]]\nsource = \"a page\"\ndate = \"2026-11-21\"\nset = {{ {set} }}\n"
        )
    }

    #[test]
    fn other_readings_are_plans_of_their_own() {
        let text = with(
            "\"min_days.days\" = 5, consistency = { cap_pct = \"50\", denominator = \"net\", inclusive = true, window = \"phase\" }",
        );
        let found = disagreements_from_toml("p.toml", &text).unwrap();
        let [one] = found.as_slice() else { panic!() };
        assert_eq!(one.plan.min_days.unwrap().days, 5);
        assert!(one.plan.consistency.is_some());
        let days = &one.fields[1];
        assert_eq!(days.0, "min_days.days");
        assert_eq!(days.1.as_ref().unwrap().to_string(), "2");
        assert_eq!(days.2.to_string(), "5");
        assert_eq!(one.fields[0].1, None);
        // They are no part of the plan.
        assert_eq!(from_toml("p.toml", &text), from_toml("p.toml", PLAN));
    }

    #[test]
    fn what_is_no_other_reading_is_said() {
        let error = |set: &str| from_toml("p.toml", &with(set)).unwrap_err().to_string();
        assert_eq!(
            error("\"min_days.dayz\" = 5"),
            "p.toml:12: disagreement[0].set: value '{min_days.dayz: 5}': accepted what makes a valid \
             plan, but min_days.dayz: value '5': accepted no such field, perhaps days; known: days, \
             counts, day_profit_min"
        );
        assert_eq!(
            error("\"min_days.days\" = 2"),
            "p.toml:12: disagreement[0].set: value '{min_days.days: 2}': accepted other values than \
             the plan has"
        );
        assert_eq!(
            error(""),
            "p.toml:12: disagreement[0].set: value '{}': accepted at least one field"
        );
    }
}
