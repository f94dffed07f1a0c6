//! A chain of futures in a TOML file: its contracts, when one gives way to the next, and what is done about the step
//! between their prices.

use marketdata::calendar::Calendar;
use marketdata::continuous::{Adjustment, Contract, RollRule};
use types::{Label, Price};

use super::document::{Choice, Field, FieldError, Table};
use super::file::{self, FileError};
use super::session::{read_calendars, read_named};

/// The most contracts of a chain.
pub const CONTRACTS_MAX: usize = 1_000;

/// A chain and what is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// What the series is called.
    pub symbol: Label,
    /// When its contracts trade.
    pub session: Calendar,
    /// What products of prices are rounded to.
    pub tick_size: Price,
    /// When the next contract takes over.
    pub rule: RollRule,
    /// What is done about the step between two contracts.
    pub adjustment: Adjustment,
    /// Contracts in their order; their symbols are labels.
    pub contracts: Vec<Contract>,
    /// Files with the open interest that the rule counts, relative to this one; none for other rules.
    pub figures: Vec<String>,
}

/// The chain of a file. `file` is its name in errors.
///
/// # Errors
/// See [`FileError`].
pub fn from_toml(file: &str, text: &str) -> Result<Chain, FileError> {
    file::from_toml(file, text, read)
}

fn read(root: &Field<'_>) -> Result<Chain, FieldError> {
    let table = root.table(&[
        "symbol",
        "session",
        "tick_size",
        "rule",
        "figures",
        "adjustment",
        "calendar",
        "contract",
    ])?;
    let calendars = read_calendars(table.optional("calendar"))?;
    let tick = table.field("tick_size");
    let tick_size = tick.price()?;
    if tick_size <= Price::ZERO {
        return Err(tick.error("a price above zero"));
    }
    let list = table.field("contract");
    let mut contracts: Vec<Contract> = Vec::new();
    for item in list.list()? {
        if contracts.len() == CONTRACTS_MAX {
            return Err(list.error(format!("at most {CONTRACTS_MAX} contracts")));
        }
        let contract = item.table(&["symbol", "last", "first_notice"])?;
        let symbol = contract.field("symbol");
        let own = symbol.name()?.to_string();
        if contracts.iter().any(|known| known.symbol == own) {
            return Err(symbol.error("a symbol that no contract above has"));
        }
        let at = contract.field("last");
        let last = at.day()?;
        if contracts.last().is_some_and(|before| before.last >= last) {
            return Err(at.error("a day after that of the contract before it"));
        }
        let first_notice = contract.optional("first_notice");
        contracts.push(Contract {
            symbol: own,
            last,
            first_notice: first_notice.map(|day| day.day()).transpose()?,
        });
    }
    if contracts.is_empty() {
        return Err(list.error("one contract or more"));
    }
    let rule = read_rule(&table.field("rule"))?;
    Ok(Chain {
        symbol: table.field("symbol").name()?,
        session: read_named(&table.field("session"), &calendars)?,
        tick_size,
        rule,
        figures: read_figures(&table, rule)?,
        adjustment: match table.optional("adjustment") {
            Some(adjustment) => read_adjustment(&adjustment)?,
            None => Adjustment::None,
        },
        contracts,
    })
}

fn read_rule(field: &Field<'_>) -> Result<RollRule, FieldError> {
    let names = [
        "before_last",
        "before_first_notice",
        "volume",
        "open_interest",
    ];
    let (name, days) = match field.choice(&["monday_before_third_friday"], &names)? {
        Choice::Word(_) => return Ok(RollRule::MondayBeforeThirdFriday),
        Choice::Named(name, days) => (name, days),
    };
    let least = u16::from(matches!(name, "volume" | "open_interest"));
    let accepted = format!("trading days from {least} to 365");
    let count: u16 = days.integer(&accepted)?;
    if !(least..=365).contains(&count) {
        return Err(days.error(accepted));
    }
    Ok(match name {
        "before_last" => RollRule::BeforeLast(count),
        "before_first_notice" => RollRule::BeforeFirstNotice(count),
        "open_interest" => RollRule::OpenInterest(count),
        _ => RollRule::Volume(count),
    })
}

/// The files with open interest: rows of markets do not have it.
fn read_figures(table: &Table<'_>, rule: RollRule) -> Result<Vec<String>, FieldError> {
    if !matches!(rule, RollRule::OpenInterest(_)) {
        table.absent("figures", || {
            "nothing beside a rule other than open_interest".to_owned()
        })?;
        return Ok(Vec::new());
    }
    let accepted =
        "files with the open interest of contracts by day, such as [\"open_interest.csv\"]";
    let field = table.field("figures");
    let list = field.list().map_err(|_| field.error(accepted))?;
    if list.is_empty() || list.len() > CONTRACTS_MAX {
        return Err(field.error(accepted));
    }
    let files = list
        .iter()
        .map(|file| file.text(accepted).map(str::to_owned));
    files.collect()
}

fn read_adjustment(field: &Field<'_>) -> Result<Adjustment, FieldError> {
    let all = [
        ("none", Adjustment::None),
        ("back_difference", Adjustment::BackDifference),
        ("back_ratio", Adjustment::BackRatio),
        ("forward_difference", Adjustment::ForwardDifference),
        ("forward_ratio", Adjustment::ForwardRatio),
    ];
    let accepted = all.map(|(word, _)| word).join(", ");
    let text = field.text(&accepted)?;
    let found = all.iter().find(|(word, _)| *word == text);
    found
        .map(|(_, adjustment)| *adjustment)
        .ok_or_else(|| field.error(accepted))
}

#[cfg(test)]
mod tests {
    use types::TradingDay;

    use super::*;

    const ES: &str = r#"symbol = "ES"
session = "cme-equity"
tick_size = "0.25"
rule = { volume = 2 }
adjustment = "back_ratio"

[[contract]]
symbol = "ESH24"
last = "2024-03-15"

[[contract]]
symbol = "ESM24"
last = "2024-06-21"
first_notice = "2024-06-20"
"#;

    #[test]
    fn a_chain_is_read() {
        let chain = from_toml("es.toml", ES).unwrap();
        assert_eq!(chain.symbol.as_str(), "ES");
        assert_eq!(chain.session.name(), "cme-equity");
        assert_eq!(chain.rule, RollRule::Volume(2));
        assert_eq!(chain.adjustment, Adjustment::BackRatio);
        // 2024-03-15 is day 19797, 2024-06-20 day 19894.
        assert_eq!(chain.contracts[0].last, TradingDay(19_797));
        assert_eq!(chain.contracts[1].first_notice, Some(TradingDay(19_894)));
        let word = ES.replace("{ volume = 2 }", "\"monday_before_third_friday\"");
        let chain = from_toml("es.toml", &word).unwrap();
        assert_eq!(chain.rule, RollRule::MondayBeforeThirdFriday);
        let counted = "{ open_interest = 3 }\nfigures = [\"a.csv\", \"b.csv\"]";
        let chain = from_toml("es.toml", &ES.replace("{ volume = 2 }", counted)).unwrap();
        assert_eq!(chain.rule, RollRule::OpenInterest(3));
        assert_eq!(chain.figures, ["a.csv", "b.csv"]);
    }

    #[test]
    fn errors_name_the_line_and_what_is_accepted() {
        for (from, to, line, accepted) in [
            ("volume = 2", "volume = 0", 4, "from 1 to 365"),
            ("volume = 2", "open_interests = 2", 4, "open_interest"),
            ("volume = 2", "open_interest = 0", 4, "from 1 to 365"),
            (
                "volume = 2 }",
                "volume = 2 }\nfigures = [\"a.csv\"]",
                5,
                "nothing beside a rule",
            ),
            (
                "volume = 2 }",
                "open_interest = 2 }\nfigures = \"a.csv\"",
                5,
                "[\"open_interest.csv\"]",
            ),
            (
                "volume = 2 }",
                "open_interest = 2 }",
                1,
                "figures: missing: accepted files with the open interest",
            ),
            ("back_ratio", "panama", 5, "back_difference"),
            ("cme-equity", "cme", 2, "cme-energy"),
            ("0.25", "0", 3, "above zero"),
            (
                "2024-06-21",
                "2024-03-15",
                13,
                "after that of the contract before",
            ),
            ("ESM24", "ESH24", 12, "no contract above"),
        ] {
            let error = from_toml("es.toml", &ES.replace(from, to)).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with(&format!("es.toml:{line}: ")), "{text}");
            assert!(text.contains(accepted), "{text}");
        }
    }
}
