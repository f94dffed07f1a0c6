//! The definition of a competition from a document.

use rules::{
    Competition, ContestRules, EntryFee, EntryRules, Gates, Prize, PrizeAmount, PrizePool,
    TeamRules, Weights, Window,
};
use types::Ratio;

use crate::dto::body::{BodyError, json};
use crate::dto::document::{Field, FieldError, Table};
use crate::dto::{percent, time};

/// The fields of a competition's definition.
pub const FIELDS: [&str; 11] = [
    "name",
    "kind",
    "roll",
    "weights",
    "loss_limit_pct",
    "gates",
    "window",
    "freeze_s",
    "entry",
    "prizes",
    "teams",
];

const PLACES: [&str; 4] = ["first", "last", "share_pct", "amount"];
const COUNT: &str = "a whole number from 0 without quotes";
const PLACE: &str = "a place from 1 to 1000 without quotes";

/// The definition of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn from_json(body: &[u8]) -> Result<Competition, BodyError> {
    let node = json(body)?;
    Ok(read(&Field::root(&node).table(&FIELDS)?)?)
}

/// Reads a competition's definition and checks it. Weights, loss limit and gates are the standard ones
/// where the document does not say otherwise; without a window, entry rules, prizes, a freeze or teams it
/// has none.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(table: &Table<'_>) -> Result<Competition, FieldError> {
    let (schedule, days) = time::read_roll(&table.field("roll"))?;
    let competition = Competition {
        name: table.field("name").name()?,
        kind: table.field("kind").word()?,
        weights: match table.optional("weights") {
            Some(weights) => read_weights(&weights)?,
            None => Competition::standard_weights(),
        },
        loss_limit: match table.optional("loss_limit_pct") {
            Some(limit) => limit.share()?,
            None => Competition::standard_loss_limit(),
        },
        gates: match table.optional("gates") {
            Some(gates) => read_gates(&gates)?,
            None => Competition::standard_gates(),
        },
        schedule,
        days,
        contest: ContestRules {
            window: optional(table, "window", read_window)?,
            entry: optional(table, "entry", read_entry)?.unwrap_or_default(),
            prizes: optional(table, "prizes", read_prizes)?,
            freeze_s: optional(table, "freeze_s", |field| field.integer(COUNT))?.unwrap_or(0),
            teams: optional(table, "teams", read_teams)?,
        },
    };
    competition
        .validate()
        .map_err(|error| located(table, &competition, &error))?;
    Ok(competition)
}

fn optional<'a, T>(
    table: &Table<'a>,
    name: &str,
    read: impl FnOnce(&Field<'a>) -> Result<T, FieldError>,
) -> Result<Option<T>, FieldError> {
    table.optional(name).map(|field| read(&field)).transpose()
}

fn read_weights(field: &Field<'_>) -> Result<Weights, FieldError> {
    let table = field.table(&["profit", "risk", "consistency", "drawdown"])?;
    let weight = |name| read_part(&table.field(name));
    Ok(Weights {
        profit: weight("profit")?,
        risk: weight("risk")?,
        consistency: weight("consistency")?,
        drawdown: weight("drawdown")?,
    })
}

/// A percentage from 0 to 100.
fn read_part(field: &Field<'_>) -> Result<Ratio, FieldError> {
    const PART: &str = "a percentage from 0 to 100 in quotes, such as \"40\"";
    field
        .percent(PART)
        .ok()
        .filter(|part| *part >= Ratio::ZERO && *part <= Ratio::ONE)
        .ok_or_else(|| field.error(PART))
}

fn read_gates(field: &Field<'_>) -> Result<Gates, FieldError> {
    let table = field.table(&["active_days", "round_turns"])?;
    Ok(Gates {
        active_days: table.field("active_days").integer(COUNT)?,
        round_turns: table.field("round_turns").integer(COUNT)?,
    })
}

fn read_window(field: &Field<'_>) -> Result<Window, FieldError> {
    let table = field.table(&["start", "end"])?;
    Ok(Window {
        start: table.field("start").timestamp()?,
        end: table.field("end").timestamp()?,
    })
}

/// Every field may be left out: then entry is free, open at all times, and to as many as a board holds.
fn read_entry(field: &Field<'_>) -> Result<EntryRules, FieldError> {
    const ENTRANTS: &str = "a whole number from 1 to 1000000 without quotes";
    let table = field.table(&["fee", "to_pool_pct", "late", "entrants_max"])?;
    let usual = EntryRules::default();
    Ok(EntryRules {
        fee: EntryFee {
            fee: optional(&table, "fee", Field::money)?.unwrap_or(usual.fee.fee),
            to_pool: optional(&table, "to_pool_pct", read_part)?.unwrap_or(usual.fee.to_pool),
        },
        late: optional(&table, "late", Field::boolean)?.unwrap_or(usual.late),
        entrants_max: optional(&table, "entrants_max", |field| field.integer(ENTRANTS))?
            .unwrap_or(usual.entrants_max),
    })
}

fn read_prizes(field: &Field<'_>) -> Result<PrizePool, FieldError> {
    let table = field.table(&["pool", "unit", "places"])?;
    let places = table.field("places").list()?;
    Ok(PrizePool {
        pool: table.field("pool").money()?,
        unit: table.field("unit").money()?,
        places: places.iter().map(read_places).collect::<Result<_, _>>()?,
    })
}

/// A range of places; a single place needs no `last`.
fn read_places(field: &Field<'_>) -> Result<Prize, FieldError> {
    let table = field.table(&PLACES)?;
    let first = table.field("first").integer(PLACE)?;
    let each = match (table.optional("share_pct"), table.optional("amount")) {
        (Some(share), None) => PrizeAmount::Share(share.share()?),
        (None, Some(amount)) => PrizeAmount::Fixed(amount.money()?),
        _ => return Err(field.error("either share_pct or amount")),
    };
    Ok(Prize {
        first,
        last: optional(&table, "last", |field| field.integer(PLACE))?.unwrap_or(first),
        each,
    })
}

fn read_teams(field: &Field<'_>) -> Result<TeamRules, FieldError> {
    const MEMBERS: &str = "a whole number from 1 to 1000 without quotes";
    let table = field.table(&["count", "members_min"])?;
    Ok(TeamRules {
        count: table.field("count").integer(MEMBERS)?,
        members_min: table.field("members_min").integer(MEMBERS)?,
    })
}

/// The place in the document, and the words for it, of what the rules do not accept.
fn located(table: &Table<'_>, competition: &Competition, error: &rules::FieldError) -> FieldError {
    let (path, accepted) = match error.path {
        "loss_limit" => ("loss_limit_pct", error.accepted),
        "weights" => ("weights", "four percentages with a sum of 100"),
        "entry.fee.fee" => ("entry.fee", error.accepted),
        "entry.fee.to_pool" => ("entry.to_pool_pct", error.accepted),
        "prizes.places.first" => return in_places(table, competition, error, "first"),
        "prizes.places.last" => return in_places(table, competition, error, "last"),
        "prizes.places.share" => return in_places(table, competition, error, "share_pct"),
        "prizes.places.amount" => return in_places(table, competition, error, "amount"),
        path => (path, error.accepted),
    };
    table.at(path).error(accepted)
}

/// The range of places that is not accepted: the last of the fewest ranges that have this fault. A sum
/// is no single range's fault.
fn in_places(
    table: &Table<'_>,
    competition: &Competition,
    error: &rules::FieldError,
    name: &str,
) -> FieldError {
    let list = table.at("prizes.places");
    let (Ok(items), Some(prizes)) = (list.list(), &competition.contest.prizes) else {
        return list.error(error.accepted);
    };
    if error.accepted.starts_with("a sum") {
        return list.error(match name {
            "share_pct" => format!(
                "shares with a sum of 100 over all places, not {}",
                percent::exact(sum_of_shares(prizes))
            ),
            _ => format!(
                "amounts with a sum over all places that is the pool, not {}",
                error.value
            ),
        });
    }
    let has_fault = |ranges: usize| {
        let mut few = prizes.clone();
        few.places.truncate(ranges);
        few.validate(&competition.contest.entry.fee).as_ref() == Err(error)
    };
    let found = (1..=items.len()).find(|ranges| has_fault(*ranges));
    let Some(item) = found.and_then(|ranges| items.get(ranges - 1)) else {
        return list.error(error.accepted);
    };
    // A `last` that was left out is the `first`, and it is that which is too high.
    let place = item.table(&PLACES).map(|table| {
        let field = table.field(name);
        field
            .clone()
            .present()
            .unwrap_or_else(|| table.field("first"))
    });
    place.unwrap_or_else(|_| item.clone()).error(error.accepted)
}

/// Over all places of all ranges, held at the end of the range.
fn sum_of_shares(prizes: &PrizePool) -> Ratio {
    let sum = prizes.places.iter().fold(0_i64, |sum, prize| {
        let places = i64::from(prize.last.saturating_sub(prize.first)) + 1;
        let PrizeAmount::Share(share) = prize.each else {
            return sum;
        };
        sum.saturating_add(share.0.saturating_mul(places))
    });
    Ratio(sum)
}
