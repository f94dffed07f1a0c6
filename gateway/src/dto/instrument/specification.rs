//! An instrument as files of servers and of instruments have it: its definition, when it trades, what holding it
//! costs, and its splits and dividends.

use std::fmt::Write as _;

use marketdata::actions::{ActionKind, CorporateAction, SPLIT_UNITS_MAX};
use marketdata::calendar::Calendar;
use types::{Instrument, InstrumentKind, Liquidity, Margin, Money, Requirement};

use super::definition;
use super::financing::{self, FinancingSchedule};
use crate::dto::document::{Field, FieldError, Table};
use crate::dto::file::{self, FileError};
use crate::dto::names::Names;
use crate::dto::percent;
use crate::dto::session::{read_calendars, read_named};
use crate::dto::word::Word as _;

/// The fields beside those of a definition.
const BESIDE: [&str; 5] = [
    "session",
    "pre_open_minutes",
    "pre_close_minutes",
    "financing",
    "action",
];

/// The fields of a definition, and those beside it.
const FIELDS: [&str; definition::FIELDS.len() + BESIDE.len()] = {
    let mut fields = [""; definition::FIELDS.len() + BESIDE.len()];
    let mut place = 0;
    while place < fields.len() {
        fields[place] = if place < definition::FIELDS.len() {
            definition::FIELDS[place]
        } else {
            BESIDE[place - definition::FIELDS.len()]
        };
        place += 1;
    }
    fields
};

/// The longest call before an opening or a close.
const CALL_MINUTES_MAX: u64 = 720;

/// An instrument of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specification {
    /// What the engine knows of it.
    pub definition: Instrument,
    /// When it trades; `None` for always, and no statuses but the feed's.
    pub session: Option<Calendar>,
    /// How long orders gather before its session opens and before it closes, of a book.
    pub calls: Calls,
    /// When holding it costs or earns something, and what.
    pub financing: Option<FinancingSchedule>,
    /// Splits and dividends, oldest first, one for each ex-date.
    pub actions: Vec<CorporateAction>,
}

/// How long the calls before the auctions of a session last, in nanoseconds; zero is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Before it opens.
    pub pre_open_ns: u64,
    /// Before it closes.
    pub pre_close_ns: u64,
}

/// The instruments of a file that has nothing else, but calendars.
///
/// # Errors
/// See [`FileError`].
pub fn from_toml(file: &str, text: &str) -> Result<Vec<Specification>, FileError> {
    file::from_toml(file, text, |root| {
        read_all(&root.table(&["calendar", "instrument"])?, &Names::numbers())
    })
}

/// The instruments of such a file that are accepted, and of each other one its first error.
///
/// # Errors
/// See [`FileError`]: what is wrong with the file as a whole, or its calendars.
pub fn check_toml(
    file: &str,
    text: &str,
) -> Result<(Vec<Specification>, Vec<FileError>), FileError> {
    let each = file::from_toml(file, text, |root| {
        read_each(&root.table(&["calendar", "instrument"])?, &Names::numbers())
    })?;
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for read in each {
        match read {
            Ok(specification) => accepted.push(specification),
            Err(error) => refused.push(file::located(file, text, error)),
        }
    }
    Ok((accepted, refused))
}

/// What a table has under `instrument`, with the calendars under `calendar`. `names` has the latencies that they name.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_all(table: &Table<'_>, names: &Names) -> Result<Vec<Specification>, FieldError> {
    read_each(table, names)?.into_iter().collect()
}

fn read_each(
    table: &Table<'_>,
    names: &Names,
) -> Result<Vec<Result<Specification, FieldError>>, FieldError> {
    let calendars = read_calendars(table.optional("calendar"))?;
    let mut all: Vec<Result<Specification, FieldError>> = Vec::new();
    for field in table.field("instrument").list()? {
        let read = read_one(&field, &calendars, names).and_then(|read| {
            let symbol = read.definition.symbol;
            let mut known = all.iter().flatten();
            if known.any(|known| known.definition.symbol == symbol) {
                let table = field.table(&FIELDS)?;
                return Err(table
                    .field("symbol")
                    .error("a symbol that no instrument above has"));
            }
            Ok(read)
        });
        all.push(read);
    }
    Ok(all)
}

fn read_one(
    field: &Field<'_>,
    calendars: &[Calendar],
    names: &Names,
) -> Result<Specification, FieldError> {
    let table = field.table(&FIELDS)?;
    let definition = definition::read(&table, names)?;
    let session = table.optional("session");
    let session = session
        .map(|session| read_named(&session, calendars))
        .transpose()?;
    let actions = match table.optional("action") {
        Some(actions) => read_actions(&actions, &definition, session.as_ref())?,
        None => Vec::new(),
    };
    let financing = table.optional("financing");
    let financing = financing.as_ref().map(financing::read).transpose()?;
    Ok(Specification {
        calls: Calls {
            pre_open_ns: read_call(&table, "pre_open_minutes", &definition, session.is_some())?,
            pre_close_ns: read_call(&table, "pre_close_minutes", &definition, session.is_some())?,
        },
        definition,
        session,
        financing,
        actions,
    })
}

/// How long a call lasts, in nanoseconds.
fn read_call(
    table: &Table<'_>,
    name: &str,
    definition: &Instrument,
    has_session: bool,
) -> Result<u64, FieldError> {
    let Some(field) = table.optional(name) else {
        return Ok(0);
    };
    if definition.liquidity != Liquidity::Crossed {
        return Err(field.error("none, unless liquidity is \"crossed\": only a book has auctions"));
    }
    if !has_session {
        return Err(field.error("none without a session: a call ends when it opens or closes"));
    }
    let accepted = format!("minutes from 1 to {CALL_MINUTES_MAX} without quotes");
    let minutes: u64 = field.integer(&accepted)?;
    if !(1..=CALL_MINUTES_MAX).contains(&minutes) {
        return Err(field.error(accepted));
    }
    Ok(minutes * 60_000_000_000)
}

fn read_actions(
    field: &Field<'_>,
    definition: &Instrument,
    session: Option<&Calendar>,
) -> Result<Vec<CorporateAction>, FieldError> {
    if definition.kind != InstrumentKind::Equity {
        return Err(field.error("none: only an equity has splits and dividends"));
    }
    let Some(calendar) = session else {
        return Err(field.error("none without a session: they take effect when it opens"));
    };
    let mut actions: Vec<CorporateAction> = Vec::new();
    for item in field.list()? {
        let table = item.table(&["ex", "split", "dividend"])?;
        let at = table.field("ex");
        let ex = at.day()?;
        if calendar.session(ex).is_none() {
            return Err(at.error(format!("a day with a session of {}", calendar.name())));
        }
        if actions.last().is_some_and(|before| before.ex >= ex) {
            return Err(at.error("a day after the one before it: one action a day, in order"));
        }
        let kind = match (table.optional("split"), table.optional("dividend")) {
            (Some(split), None) => read_split(&split)?,
            (None, Some(dividend)) => {
                let per_unit = dividend.money()?;
                if per_unit <= Money::ZERO {
                    return Err(dividend.error("an amount above zero"));
                }
                ActionKind::Dividend { per_unit }
            }
            _ => return Err(item.error("either a split or a dividend")),
        };
        actions.push(CorporateAction { ex, kind });
    }
    Ok(actions)
}

/// Reads `4:1`: four shares for each one.
fn read_split(field: &Field<'_>) -> Result<ActionKind, FieldError> {
    let accepted = format!(
        "shares after and before in quotes, such as \"4:1\", each from 1 to {SPLIT_UNITS_MAX} and not the same"
    );
    let units = |text: &str| {
        let units = text.parse().ok();
        units.filter(|units| (1..=SPLIT_UNITS_MAX).contains(units))
    };
    let (new, old) = field
        .text(&accepted)?
        .split_once(':')
        .and_then(|(new, old)| units(new).zip(units(old)))
        .filter(|(new, old)| new != old)
        .ok_or_else(|| field.error(accepted))?;
    Ok(ActionKind::Split { new, old })
}

/// A definition as a file has it: what is not usual, in the order of the documentation. Fees and liquidity are the
/// usual ones, or the text does not read back as the same.
pub fn to_toml(definition: &Instrument) -> String {
    let mut text = String::from("[[instrument]]\n");
    let mut field = |name: &str, value: &dyn std::fmt::Display| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} = {value}");
    };
    let quoted = |value: &dyn std::fmt::Display| {
        let value = value.to_string().replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{value}\"")
    };
    field("symbol", &quoted(&definition.symbol));
    field("kind", &quoted(&definition.kind.word()));
    field("currency", &quoted(&definition.currency));
    field("tick_size", &quoted(&definition.tick_size));
    field("lot_size", &quoted(&definition.lot_size));
    if definition.contract_size != types::Qty::ONE {
        field("contract_size", &quoted(&definition.contract_size));
    }
    field("order_qty_max", &quoted(&definition.order_qty_max));
    if definition.margin != Margin::default() {
        let requirement = |Requirement { rate, per_unit }: Requirement| {
            let rate = percent::exact(rate);
            format!("{{ rate_pct = \"{rate}\", per_unit = \"{per_unit}\" }}")
        };
        let Margin {
            initial,
            maintenance,
        } = definition.margin;
        let (initial, maintenance) = (requirement(initial), requirement(maintenance));
        let margin = format!("{{ initial = {initial}, maintenance = {maintenance} }}");
        field("margin", &margin);
    }
    if !definition.shortable {
        field("shortable", &false);
    }
    text
}

#[cfg(test)]
mod tests {
    use types::TradingDay;

    use super::*;

    const APPLE: &str = r#"[[instrument]]
symbol = "AAPL"
kind = "equity"
currency = "USD"
tick_size = "0.01"
lot_size = "1"
order_qty_max = "100000"
session = "us-equities"

[[instrument.action]]
ex = "2020-08-07"
dividend = "0.82"

[[instrument.action]]
ex = "2020-08-31"
split = "4:1"
"#;

    #[test]
    fn an_instrument_has_its_session_and_its_actions() {
        let all = from_toml("a.toml", APPLE).unwrap();
        assert_eq!(all[0].session.as_ref().unwrap().name(), "us-equities");
        let expected = [
            // 2020-08-07 is day 18481.
            CorporateAction {
                ex: TradingDay(18_481),
                kind: ActionKind::Dividend {
                    per_unit: "0.82".parse().unwrap(),
                },
            },
            CorporateAction {
                ex: TradingDay(18_505),
                kind: ActionKind::Split { new: 4, old: 1 },
            },
        ];
        assert_eq!(all[0].actions, expected);
    }

    #[test]
    fn errors_name_line_field_value_and_what_is_accepted() {
        let check = |what: &str, instead: &str, line: usize, expected: &str| {
            assert!(APPLE.contains(what), "{what}");
            let error = from_toml("a.toml", &APPLE.replacen(what, instead, 1)).unwrap_err();
            let error = error.to_string();
            let start = format!("a.toml:{line}: {expected}");
            assert!(error.starts_with(&start), "{error}");
        };
        check(
            "us-equities",
            "nyse",
            8,
            "instrument[0].session: value 'nyse': accepted a calendar: us-equities, ",
        );
        // A Saturday.
        check(
            "2020-08-07",
            "2020-08-08",
            11,
            "instrument[0].action[0].ex: value '2020-08-08': accepted a day with a session of us-equities",
        );
        check(
            "2020-08-07",
            "2020-08-31",
            15,
            "instrument[0].action[1].ex: value '2020-08-31': accepted a day after the one before it",
        );
        check(
            "4:1",
            "4",
            16,
            "instrument[0].action[1].split: value '4': accepted shares after and before",
        );
        check(
            "4:1",
            "4:4",
            16,
            "instrument[0].action[1].split: value '4:4': accepted shares after and before",
        );
        check(
            "0.82",
            "-0.82",
            12,
            "instrument[0].action[0].dividend: value '-0.82': accepted an amount above zero",
        );
        check(
            "equity",
            "future",
            10,
            "instrument[0].action: value 'a list of 2': accepted none: only an equity",
        );
        check(
            "session = \"us-equities\"",
            "",
            10,
            "instrument[0].action: value 'a list of 2': accepted none without a session",
        );
        check(
            "tick_size = \"0.01\"",
            "tick_size = 0.01",
            5,
            "instrument[0].tick_size: value '0.01': accepted a price as a decimal in quotes",
        );
        check(
            "session",
            "sesion",
            8,
            "instrument[0].sesion: value 'us-equities': accepted no such field, perhaps session",
        );
    }

    #[test]
    fn a_definition_that_is_written_reads_back_as_the_same() {
        let text = r#"[[instrument]]
symbol = "A/\"B"
kind = "future"
currency = "USD"
tick_size = "0.25"
lot_size = "1"
contract_size = "50"
order_qty_max = "1000"
margin = { initial = { rate_pct = "2.5", per_unit = "500" }, maintenance = { rate_pct = "1.25", per_unit = "0" } }
shortable = false
"#;
        let definition = from_toml("a.toml", text).unwrap()[0].definition;
        assert_eq!(to_toml(&definition), text);
        let apple = from_toml("a.toml", APPLE).unwrap()[0].definition;
        let again = from_toml("a.toml", &to_toml(&apple)).unwrap();
        assert_eq!(again[0].definition, apple);
    }
}
