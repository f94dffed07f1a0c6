//! Competitions as people write them: one form for TOML files and JSON.
//!
//! Reading is in [`read()`], files are in [`mod@file`], entries and changes in [`mod@change`]; here is the form that a competition is shown in,
//! which reads back as the same competition.

pub mod change;
pub mod file;
pub mod read;
#[cfg(test)]
mod tests;

use rules::{
    Competition, ContestRules, EntryFee, EntryRules, Gates, Prize, PrizeAmount, PrizePool,
    TeamRules, Weights, Window,
};
use serde::Serialize;

use super::percent;
use super::time::RollDto;
use super::word::Word;

pub use change::{change_from_json, entry_from_json, read_change, read_entry};
pub use file::{from_toml, spec_from_toml};
pub use read::{FIELDS, from_json, read};

/// A competition as JSON or TOML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompetitionDto {
    name: String,
    kind: &'static str,
    loss_limit_pct: String,
    freeze_s: u32,
    roll: RollDto,
    weights: WeightsDto,
    gates: GatesDto,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<WindowDto>,
    entry: EntryDto,
    #[serde(skip_serializing_if = "Option::is_none")]
    prizes: Option<PrizesDto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    teams: Option<TeamsDto>,
}

/// Weights in percent; their sum is 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct WeightsDto {
    profit: String,
    risk: String,
    consistency: String,
    drawdown: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct GatesDto {
    active_days: u16,
    round_turns: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct WindowDto {
    start: String,
    end: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct EntryDto {
    fee: String,
    to_pool_pct: String,
    late: bool,
    entrants_max: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PrizesDto {
    pool: String,
    unit: String,
    places: Vec<PlacesDto>,
}

/// The prize of each place of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PlacesDto {
    first: u32,
    last: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    share_pct: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TeamsDto {
    count: u16,
    members_min: u16,
}

impl CompetitionDto {
    /// The form of a competition.
    pub fn new(competition: &Competition) -> Self {
        let Competition {
            name,
            kind,
            weights,
            loss_limit,
            gates,
            schedule,
            days,
            contest,
        } = competition;
        let ContestRules {
            window,
            entry,
            prizes,
            freeze_s,
            teams,
        } = contest;
        Self {
            name: name.to_string(),
            kind: kind.word(),
            loss_limit_pct: percent::exact(*loss_limit),
            freeze_s: *freeze_s,
            roll: RollDto::new(schedule, days),
            weights: WeightsDto::new(*weights),
            gates: GatesDto::new(*gates),
            window: window.map(|Window { start, end }| WindowDto {
                start: start.to_string(),
                end: end.to_string(),
            }),
            entry: EntryDto::new(*entry),
            prizes: prizes.as_ref().map(PrizesDto::new),
            teams: teams.map(|TeamRules { count, members_min }| TeamsDto { count, members_min }),
        }
    }
}

impl WeightsDto {
    fn new(weights: Weights) -> Self {
        Self {
            profit: percent::exact(weights.profit),
            risk: percent::exact(weights.risk),
            consistency: percent::exact(weights.consistency),
            drawdown: percent::exact(weights.drawdown),
        }
    }
}

impl GatesDto {
    const fn new(gates: Gates) -> Self {
        let Gates {
            active_days,
            round_turns,
        } = gates;
        Self {
            active_days,
            round_turns,
        }
    }
}

impl EntryDto {
    fn new(entry: EntryRules) -> Self {
        let EntryRules {
            fee: EntryFee { fee, to_pool },
            late,
            entrants_max,
        } = entry;
        Self {
            fee: fee.to_string(),
            to_pool_pct: percent::exact(to_pool),
            late,
            entrants_max,
        }
    }
}

impl PrizesDto {
    fn new(prizes: &PrizePool) -> Self {
        let PrizePool { pool, unit, places } = prizes;
        let range = |prize: &Prize| {
            let Prize { first, last, each } = *prize;
            let (share_pct, amount) = match each {
                PrizeAmount::Share(share) => (Some(percent::exact(share)), None),
                PrizeAmount::Fixed(amount) => (None, Some(amount.to_string())),
            };
            PlacesDto {
                first,
                last,
                share_pct,
                amount,
            }
        };
        Self {
            pool: pool.to_string(),
            unit: unit.to_string(),
            places: places.iter().map(range).collect(),
        }
    }
}
