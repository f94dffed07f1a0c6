//! From the text of a file to a [`Recipe`].

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::condition::{self, Condition, Mistake, Names};
use super::near::nearest;
use super::reader::{Fault, FileError, Read, Table, Value, Wrong};
use super::{
    CLOSE, Distance, FIELDS, FILE_BYTES_MAX, INDICATORS_MAX, Indicator, LENGTHS_MAX, Recipe, Sided,
    Sizing, Stops, Unit,
};
use crate::indicator::{ALL, Input, find};

pub(super) fn parse(file: &str, text: &str) -> Result<Recipe, FileError> {
    recipe(text).map_err(|fault| FileError {
        file: file.to_owned(),
        line: 1 + text
            .bytes()
            .take(fault.at)
            .filter(|byte| *byte == b'\n')
            .count(),
        what: fault.what,
    })
}

fn condition(value: &Value<'_>, series: &Series) -> Read<Condition> {
    Condition::parse(value.text()?, series).map_err(|it| mistake(value, &it))
}

fn mistake(value: &Value<'_>, mistake: &Mistake) -> Fault {
    value.refuse_as(format!("'{}'", mistake.found), mistake.accepted.clone())
}

/// Series by name: the fields of bars, and outputs of indicators as `name.output`, the first also as `name`.
#[derive(Default)]
struct Series {
    slots: BTreeMap<String, usize>,
}

impl Series {
    fn of_bars() -> Self {
        let fields = FIELDS.iter().enumerate();
        Self {
            slots: fields
                .map(|(slot, name)| ((*name).to_owned(), slot))
                .collect(),
        }
    }

    fn add(&mut self, name: &str, outputs: &[&str], slot: usize) {
        self.slots.insert(name.to_owned(), slot);
        if outputs.len() > 1 {
            for (place, output) in outputs.iter().enumerate() {
                self.slots.insert(format!("{name}.{output}"), slot + place);
            }
        }
    }
}

impl Names for Series {
    fn slot(&self, name: &str) -> Option<usize> {
        self.slots.get(name).copied()
    }

    fn all(&self) -> Vec<String> {
        self.slots.keys().cloned().collect()
    }
}

fn recipe(text: &str) -> Read<Recipe> {
    let fault = |at: usize, detail: String| Fault {
        at,
        what: Wrong::Text(detail),
    };
    if text.len() > FILE_BYTES_MAX {
        let detail = format!("{} bytes; accepted: at most {FILE_BYTES_MAX}", text.len());
        return Err(fault(0, detail));
    }
    let root = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        fault(at, error.message().trim().to_owned())
    })?;
    let known = &[
        "name",
        "about",
        "unit",
        "indicators",
        "long",
        "short",
        "size",
        "stops",
    ];
    let root = Table::new(String::new(), 0, root.get_ref(), known)?;
    let name = root.need("name", "a name of 1 to 64 characters")?;
    let label = name.text()?;
    if label.is_empty() || label.chars().count() > 64 {
        return Err(name.refuse("a name of 1 to 64 characters"));
    }
    let about = root.get("about").map(|about| about.text()).transpose()?;
    let unit = match root
        .get("unit")
        .map(|unit| unit.word(&["price", "ticks"]))
        .transpose()?
    {
        Some("ticks") => Unit::Ticks,
        _ => Unit::Price,
    };
    let mut series = Series::of_bars();
    let mut lengths = Vec::new();
    let indicators = indicators(&root, &mut series, &mut lengths)?;
    let side = |name: &str| {
        let Some(side) = root.get(name) else {
            return Ok(None);
        };
        let side = side.table(&["enter", "exit"])?;
        let enter = condition(&side.need("enter", "a condition")?, &series)?;
        let exit = side
            .get("exit")
            .map(|exit| condition(&exit, &series))
            .transpose()?;
        Ok(Some(Sided { enter, exit }))
    };
    let (long, short) = (side("long")?, side("short")?);
    if long.is_none() && short.is_none() {
        root.need(
            "long",
            "a table [long] or [short] with a condition to enter",
        )?;
    }
    let stops = stops(&root, &series)?;
    let size = size(&root, &stops)?;
    Ok(Recipe {
        name: label.to_owned(),
        about: about.unwrap_or_default().to_owned(),
        unit,
        lengths,
        indicators,
        long,
        short,
        size,
        stops,
    })
}

/// Indicators in an order in which each comes after those that it is of.
fn indicators(
    root: &Table<'_>,
    series: &mut Series,
    lengths: &mut Vec<u64>,
) -> Read<Vec<Indicator>> {
    let Some(table) = root.get("indicators") else {
        return Ok(Vec::new());
    };
    let DeValue::Table(all) = table.node else {
        return Err(table.refuse("a table of indicators"));
    };
    if all.len() > INDICATORS_MAX {
        let value = format!("{} indicators", all.len());
        return Err(table.refuse_as(value, format!("at most {INDICATORS_MAX}")));
    }
    let mut waiting: Vec<Value<'_>> = all
        .iter()
        .map(|(key, value)| Value {
            field: key.get_ref().to_string(),
            at: key.span().start,
            node: value.get_ref(),
        })
        .collect();
    let names: Vec<String> = waiting.iter().map(|it| it.field.clone()).collect();
    for value in &waiting {
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_lowercase())
                && name
                    .chars()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
        };
        let taken = ["and", "or", "crosses", "above", "below"];
        if !is_name(&value.field)
            || FIELDS.contains(&&*value.field)
            || taken.contains(&&*value.field)
        {
            let field = format!("indicators.{}", value.field);
            let named = Value {
                field,
                at: value.at,
                node: value.node,
            };
            return Err(named.refuse_as(
                "not a name".to_owned(),
                "lower case letters, digits and _, and no word that means something: open, high, low, close, volume, \
                 typical, and, or, crosses, above, below",
            ));
        }
    }
    let mut done: Vec<Indicator> = Vec::new();
    let mut slot = FIELDS.len();
    while !waiting.is_empty() {
        let mut left = Vec::new();
        let before = done.len();
        for value in waiting {
            match indicator(&value, (series, &done, &names), slot, lengths)? {
                Some(indicator) => {
                    series.add(&value.field, indicator.entry.outputs, slot);
                    slot += indicator.entry.outputs.len();
                    done.push(indicator);
                }
                None => left.push(value),
            }
        }
        if done.len() == before
            && let Some(first) = left.first()
        {
            let field = format!("indicators.{}.of", first.field);
            let named = Value {
                field,
                at: first.at,
                node: first.node,
            };
            return Err(named.refuse_as(
                "depends on itself".to_owned(),
                "a series that does not lead back to it",
            ));
        }
        waiting = left;
    }
    Ok(done)
}

/// An indicator, or nothing while one that it is of is not known yet.
fn indicator(
    value: &Value<'_>,
    (series, done, names): (&Series, &[Indicator], &[String]),
    slot: usize,
    lengths: &mut Vec<u64>,
) -> Read<Option<Indicator>> {
    let path = format!("indicators.{}", value.field);
    let DeValue::Table(fields) = value.node else {
        let named = Value {
            field: path,
            at: value.at,
            node: value.node,
        };
        return Err(named.refuse("a table such as { indicator = \"sma\", period = 10 }"));
    };
    // The fields depend on the indicator, so they are looked at when it is known.
    let table = Table {
        path: path.clone(),
        at: value.at,
        fields: fields
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), (key.span(), value.get_ref())))
            .collect(),
        known: &[],
    };
    let kind = table.need("indicator", "a name of docs/indicators.md, such as \"sma\"")?;
    let kind_name = kind.text()?;
    let Some(entry) = find(kind_name) else {
        let all = ALL.iter().copied().flatten().map(|entry| entry.name);
        let near = nearest(kind_name, all);
        let near = near.map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
        return Err(kind.refuse(format!("a name of docs/indicators.md{near}")));
    };
    let mut known: Vec<&str> = vec!["indicator"];
    known.extend(entry.parameters.iter().map(|parameter| parameter.name));
    if entry.input != Input::Bar {
        known.push("of");
    }
    if entry.input == Input::Pair {
        known.push("other");
    }
    known.push("bars");
    table.no_others(&known)?;
    let mut parameters = Vec::new();
    for parameter in entry.parameters {
        parameters.push(match table.get(parameter.name) {
            None => parameter.default,
            Some(value) if parameter.whole => value.whole(parameter.least, parameter.most)?,
            Some(value) => value.number(parameter.least, parameter.most)?,
        });
    }
    let source = |name: &str| -> Read<Option<Option<usize>>> {
        let Some(value) = table.get(name) else {
            return Ok(Some(None));
        };
        let text = value.text()?;
        if let Some(slot) = series.slot(text) {
            return Ok(Some(Some(slot)));
        }
        let base = text.split('.').next().unwrap_or_default();
        if names.iter().any(|name| name == base) && !series.slots.contains_key(base) {
            return Ok(None);
        }
        let all = series.all();
        let near = nearest(text, all.iter().chain(names).map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
        Err(value.refuse(format!(
            "a field of bars ({}) or an indicator{near}",
            FIELDS.join(", ")
        )))
    };
    let (Some(of), Some(other)) = (source("of")?, source("other")?) else {
        return Ok(None);
    };
    let length = table.get("bars").map(|bars| length(&bars)).transpose()?;
    // A figure of other bars is not one for each of these; that of longer ones is known at each of the data's.
    let length_of = |slot: usize| {
        let found = done.iter().find(|known| known.has_slot(slot))?;
        Some(lengths[found.length?])
    };
    for (name, slot) in [("of", of), ("other", other)] {
        if let (Some(slot), Some(length)) = (slot, length)
            && slot >= FIELDS.len()
            && length_of(slot) != Some(length)
            && let Some(value) = table.get(name)
        {
            return Err(value.refuse("a field of bars, or an indicator of the same bars"));
        }
    }
    let length = match length {
        None => None,
        Some(length) => Some(match lengths.iter().position(|known| *known == length) {
            Some(place) => place,
            None if lengths.len() >= LENGTHS_MAX => {
                let accepted = format!("at most {LENGTHS_MAX} lengths of bars in a file");
                let bars = table.need("bars", &accepted)?;
                return Err(bars.refuse(accepted));
            }
            None => {
                lengths.push(length);
                lengths.len() - 1
            }
        }),
    };
    if entry.input == Input::Pair && other.is_none() {
        table.need("other", "the second series, such as \"volume\"")?;
    }
    // Parameters that are accepted one by one may still not go together.
    entry.build(&parameters).map_err(|error| {
        let named = Value {
            field: path,
            at: value.at,
            node: value.node,
        };
        named.refuse_as(error.to_string(), "parameters that go together")
    })?;
    Ok(Some(Indicator {
        entry,
        parameters,
        length,
        of: of.unwrap_or(CLOSE),
        other,
        slot,
    }))
}

/// A length of bars in nanoseconds.
fn length(value: &Value<'_>) -> Read<u64> {
    let text = value.text()?;
    let units = [
        ("s", 1_u64),
        ("m", 60),
        ("h", 3_600),
        ("d", 86_400),
        ("w", 604_800),
    ];
    let found = units.iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        let length = count.checked_mul(seconds * 1_000_000_000)?;
        (length > 0).then_some(length)
    });
    found.ok_or_else(|| value.refuse("a length of bars such as \"4h\", \"1d\" or \"1w\""))
}

fn stops(root: &Table<'_>, series: &Series) -> Read<Stops> {
    let Some(stops) = root.get("stops") else {
        return Ok(Stops::default());
    };
    let stops = stops.table(&["loss", "profit", "trailing", "bars_max"])?;
    let distance = |name: &str, most: f64| {
        let Some(value) = stops.get(name) else {
            return Ok(None);
        };
        if let DeValue::String(text) = value.node {
            let figure = condition::operand(text, series).map_err(|it| mistake(&value, &it))?;
            return Ok(Some(Distance::Figure(figure)));
        }
        let share = value.number(0.000_001, most).map_err(|_| {
            value.refuse(format!(
                "a share of the price from 0.000001 to {most}, or a figure such as \"2 * atr\""
            ))
        })?;
        Ok(Some(Distance::Share(share)))
    };
    let bars = stops
        .get("bars_max")
        .map(|bars| bars.whole(1.0, 1_000_000.0))
        .transpose()?;
    Ok(Stops {
        loss: distance("loss", 1.0)?,
        profit: distance("profit", 100.0)?,
        trailing: distance("trailing", 1.0)?,
        bars_max: bars.map(|bars| bars as u64),
    })
}

fn size(root: &Table<'_>, stops: &Stops) -> Read<Sizing> {
    let Some(value) = root.get("size") else {
        return Ok(Sizing::Exposure(1.0));
    };
    let size = value.table(&["exposure", "equity", "risk", "equity_max"])?;
    let ways: Vec<&str> = ["exposure", "equity", "risk"]
        .into_iter()
        .filter(|name| size.get(name).is_some())
        .collect();
    let one = "one of exposure (share of a full position), equity (share of equity) and risk (share of equity lost at \
               the stop)";
    let [way] = ways[..] else {
        let given = if ways.is_empty() {
            "nothing".to_owned()
        } else {
            ways.join(" and ")
        };
        return Err(value.refuse_as(given, one));
    };
    let given = size.need(way, one)?;
    let most = size.get("equity_max");
    match way {
        "risk" if stops.loss.is_none() => {
            Err(given.refuse("risk together with stops.loss, which says what is lost"))
        }
        "risk" => {
            let most = most.map_or(Ok(1.0), |most| most.number(0.000_1, 20.0))?;
            Ok(Sizing::Risk(given.number(0.000_001, 1.0)?, most))
        }
        _ if most.is_some() => {
            let refuse = |most: &Value<'_>| most.refuse("equity_max together with risk only");
            Err(most.as_ref().map_or_else(|| value.refuse(one), refuse))
        }
        "equity" => Ok(Sizing::Equity(given.number(0.000_1, 20.0)?)),
        _ => Ok(Sizing::Exposure(given.number(0.000_1, 20.0)?)),
    }
}
