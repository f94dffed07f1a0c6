//! How an account may trade and which accounts may follow it, as people write it.

use rules::conduct::{
    Conduct, HoldingMin, Inactivity, SizeLimit, SizeTier, SizeWeight, WindowRule,
};
use rules::{HoldingAction, InactivityEffect, Life, TimeLimit, WindowAction};
use serde::Serialize;
use types::Label;

use crate::dto::calendar::{CalendarDto, read_calendar};
use crate::dto::document::{Field, FieldError};
use crate::dto::percent;
use crate::dto::word::Word;

/// How an account may trade; empty where nothing is restricted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ConductDto {
    #[serde(skip_serializing_if = "Option::is_none")]
    orders_per_day_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trades_per_day_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warn_at_pct: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holding_min: Option<HoldingDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inactivity: Option<InactivityDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<SizeDto>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    windows: Vec<WindowDto>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct HoldingDto {
    seconds: u32,
    action: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct InactivityDto {
    days: u16,
    effect: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SizeDto {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    weights: Vec<WeightDto>,
    tiers: Vec<TierDto>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct WeightDto {
    symbol: String,
    weight: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TierDto {
    profit_from: String,
    max: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct WindowDto {
    action: &'static str,
    #[serde(skip_serializing_if = "is_zero")]
    before_s: u32,
    #[serde(skip_serializing_if = "is_zero")]
    after_s: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    symbols: Vec<String>,
    calendar: CalendarDto,
}

/// How long an account of the plan has, and which may follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct LifeDto {
    #[serde(skip_serializing_if = "Option::is_none")]
    resets_max: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries_max: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_limit: Option<TimeLimitDto>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TimeLimitDto {
    days: u16,
    counts: &'static str,
    effect: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(seconds: &u32) -> bool {
    *seconds == 0
}

impl ConductDto {
    pub(super) fn new(conduct: &Conduct) -> Self {
        let Conduct {
            size,
            windows,
            holding_min,
            orders_per_day_max,
            trades_per_day_max,
            inactivity,
            warn_at,
        } = conduct;
        Self {
            orders_per_day_max: *orders_per_day_max,
            trades_per_day_max: *trades_per_day_max,
            warn_at_pct: warn_at.map(percent::exact),
            holding_min: holding_min.map(|HoldingMin { seconds, action }| HoldingDto {
                seconds,
                action: action.word(),
            }),
            inactivity: inactivity.map(|Inactivity { days, effect }| InactivityDto {
                days,
                effect: effect.word(),
            }),
            size: size.as_ref().map(SizeDto::new),
            windows: windows.iter().map(WindowDto::new).collect(),
        }
    }
}

impl SizeDto {
    fn new(size: &SizeLimit) -> Self {
        let SizeLimit { weights, tiers } = size;
        let weight = |SizeWeight { symbol, weight }: &SizeWeight| WeightDto {
            symbol: symbol.to_string(),
            weight: weight.to_string(),
        };
        let tier = |SizeTier { profit_from, max }: &SizeTier| TierDto {
            profit_from: profit_from.to_string(),
            max: max.to_string(),
        };
        Self {
            weights: weights.iter().map(weight).collect(),
            tiers: tiers.iter().map(tier).collect(),
        }
    }
}

impl WindowDto {
    fn new(window: &WindowRule) -> Self {
        let WindowRule {
            calendar,
            before_s,
            after_s,
            action,
            symbols,
        } = window;
        let (symbol, symbols) = one_or_several(symbols);
        Self {
            action: action.word(),
            before_s: *before_s,
            after_s: *after_s,
            symbol,
            symbols,
            calendar: CalendarDto::new(*calendar),
        }
    }
}

impl LifeDto {
    pub(super) fn new(life: Life) -> Self {
        let Life {
            resets_max,
            retries_max,
            next,
            time_limit,
        } = life;
        let time_limit = time_limit.map(
            |TimeLimit {
                 days,
                 counts,
                 effect,
             }| TimeLimitDto {
                days,
                counts: counts.word(),
                effect: effect.word(),
            },
        );
        Self {
            resets_max,
            retries_max,
            next: next.map(|next| next.to_string()),
            time_limit,
        }
    }
}

/// The instruments of a window as `symbol`, where it is one, or as `symbols`.
pub(crate) fn one_or_several(symbols: &[Label]) -> (Option<String>, Vec<String>) {
    match symbols {
        [] => (None, Vec::new()),
        [one] => (Some(one.to_string()), Vec::new()),
        several => (None, several.iter().map(Label::to_string).collect()),
    }
}

/// Reads how an account may trade.
pub(super) fn read_conduct(field: &Field<'_>) -> Result<Conduct, FieldError> {
    const COUNT: &str = "a number from 1 to 4294967295 without quotes";
    let table = field.table(&[
        "orders_per_day_max",
        "trades_per_day_max",
        "warn_at_pct",
        "holding_min",
        "inactivity",
        "size",
        "windows",
    ])?;
    let count = |name| {
        let field = table.optional(name);
        field.map(|field| field.integer(COUNT)).transpose()
    };
    Ok(Conduct {
        size: table
            .optional("size")
            .map(|field| read_size(&field))
            .transpose()?,
        windows: match table.optional("windows") {
            None => Vec::new(),
            Some(field) => field
                .list()?
                .iter()
                .map(read_window)
                .collect::<Result<_, _>>()?,
        },
        holding_min: table
            .optional("holding_min")
            .map(|field| read_holding(&field))
            .transpose()?,
        orders_per_day_max: count("orders_per_day_max")?,
        trades_per_day_max: count("trades_per_day_max")?,
        inactivity: table
            .optional("inactivity")
            .map(|field| read_inactivity(&field))
            .transpose()?,
        warn_at: table
            .optional("warn_at_pct")
            .map(|field| field.part())
            .transpose()?,
    })
}

fn read_size(field: &Field<'_>) -> Result<SizeLimit, FieldError> {
    let table = field.table(&["weights", "tiers"])?;
    let weight = |field: &Field<'_>| -> Result<_, FieldError> {
        let table = field.table(&["symbol", "weight"])?;
        Ok(SizeWeight {
            symbol: table.field("symbol").name()?,
            weight: table.field("weight").factor()?,
        })
    };
    let tier = |field: &Field<'_>| -> Result<_, FieldError> {
        let table = field.table(&["profit_from", "max"])?;
        Ok(SizeTier {
            profit_from: table.field("profit_from").money()?,
            max: table.field("max").qty()?,
        })
    };
    let weights = match table.optional("weights") {
        None => Vec::new(),
        Some(field) => field.list()?.iter().map(weight).collect::<Result<_, _>>()?,
    };
    let tiers = table.field("tiers").list()?;
    Ok(SizeLimit {
        weights,
        tiers: tiers.iter().map(tier).collect::<Result<_, _>>()?,
    })
}

fn read_window(field: &Field<'_>) -> Result<WindowRule, FieldError> {
    const SECONDS: &str = "a number of seconds from 0 to 604800 without quotes";
    let table = field.table(&[
        "action", "before_s", "after_s", "symbol", "symbols", "calendar",
    ])?;
    let seconds = |name| match table.optional(name) {
        None => Ok(0),
        Some(field) => field.integer(SECONDS),
    };
    Ok(WindowRule {
        calendar: read_calendar(&table.field("calendar"))?,
        before_s: seconds("before_s")?,
        after_s: seconds("after_s")?,
        action: table.field("action").word::<WindowAction>()?,
        symbols: read_symbols(table.optional("symbol"), table.optional("symbols"))?,
    })
}

fn read_symbols(
    one: Option<Field<'_>>,
    several: Option<Field<'_>>,
) -> Result<Vec<Label>, FieldError> {
    let mut symbols: Vec<_> = one.map(|one| one.name()).transpose()?.into_iter().collect();
    if let Some(field) = several {
        let listed = field.list()?;
        if listed.is_empty() {
            return Err(
                field.error("a list of one symbol or more; a window without any is for all")
            );
        }
        for symbol in &listed {
            symbols.push(symbol.name()?);
        }
    }
    Ok(symbols)
}

fn read_holding(field: &Field<'_>) -> Result<HoldingMin, FieldError> {
    let table = field.table(&["seconds", "action"])?;
    Ok(HoldingMin {
        seconds: table
            .field("seconds")
            .integer("a number of seconds from 1 to 4294967295 without quotes")?,
        action: table.field("action").word::<HoldingAction>()?,
    })
}

fn read_inactivity(field: &Field<'_>) -> Result<Inactivity, FieldError> {
    let table = field.table(&["days", "effect"])?;
    Ok(Inactivity {
        days: table
            .field("days")
            .integer("a number of days from 1 to 65535 without quotes")?,
        effect: table.field("effect").word::<InactivityEffect>()?,
    })
}

/// Reads how long an account of the plan has, and which may follow it.
pub(super) fn read_life(field: &Field<'_>) -> Result<Life, FieldError> {
    const COUNT: &str = "a number from 0 to 255 without quotes";
    let table = field.table(&["resets_max", "retries_max", "next", "time_limit"])?;
    let count = |name| {
        let field = table.optional(name);
        field.map(|field| field.integer(COUNT)).transpose()
    };
    Ok(Life {
        resets_max: count("resets_max")?,
        retries_max: count("retries_max")?,
        next: table.optional("next").map(|next| next.name()).transpose()?,
        time_limit: table
            .optional("time_limit")
            .map(|field| read_time_limit(&field))
            .transpose()?,
    })
}

fn read_time_limit(field: &Field<'_>) -> Result<TimeLimit, FieldError> {
    let table = field.table(&["days", "counts", "effect"])?;
    Ok(TimeLimit {
        days: table
            .field("days")
            .integer("a number of days from 1 to 3660 without quotes")?,
        counts: table.field("counts").word()?,
        effect: table.field("effect").word()?,
    })
}
