//! Lines that make competitions known, enter accounts and say what the organiser decides.

use std::io::Write;

use gateway::dto::competition::change::{CHANGE_FIELDS, ENTRY_FIELDS};
use gateway::dto::competition::{self, read_change, read_entry};
use gateway::dto::{Field, FieldError, Table};
use types::{Codec, Command, CompetitionId, LimitName};

use super::Stop;
use super::scenario::Scenario;
use super::setup::{TAKEN, full, id};

impl Scenario {
    pub(super) fn competition_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&with(
            &["type", "ts", "id", "accounts"],
            &competition::FIELDS,
        ))?;
        let ts = self.ts(&table)?;
        let definition = competition::read(&table)?;
        let entrants = match table.optional("accounts") {
            Some(accounts) => accounts.list()?,
            None => Vec::new(),
        };
        let entrants: Vec<_> = entrants
            .iter()
            .map(|field| self.account(field))
            .collect::<Result<_, _>>()?;
        let (field, name) = id(root)?;
        let max = self.limits.competitions_max;
        if self.shard.competition_count() >= max {
            return Err(full(&root.tag("type")?, LimitName::Competitions, max).into());
        }
        let competition = self
            .names
            .add_competition(name.as_str())
            .ok_or_else(|| field.error(TAKEN))?;
        let spec = definition.to_bytes().into();
        self.command(ts, Command::DefineCompetition { spec }, out)?;
        for account in entrants {
            let command = Command::EnterCompetition {
                competition,
                account,
                team: None,
            };
            self.command(ts, command, out)?;
        }
        Ok(())
    }

    pub(super) fn enter_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&with(&["type", "ts", "competition"], &ENTRY_FIELDS))?;
        let ts = self.ts(&table)?;
        let competition = self.competition(&table)?;
        let (account, team) = read_entry(&table, |field| self.account(field))?;
        let command = Command::EnterCompetition {
            competition,
            account,
            team,
        };
        self.command(ts, command, out)
    }

    pub(super) fn competition_change_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&with(&["type", "ts", "competition"], &CHANGE_FIELDS))?;
        let ts = self.ts(&table)?;
        let competition = self.competition(&table)?;
        let change = read_change(&table, |field| self.account(field))?;
        let command = Command::ChangeCompetition {
            competition,
            change,
        };
        self.command(ts, command, out)
    }

    /// The competition that a line names.
    fn competition(&self, table: &Table<'_>) -> Result<CompetitionId, FieldError> {
        const ACCEPTED: &str = "the id of a competition above";
        let field = table.field("competition");
        self.names
            .competition_id(field.text(ACCEPTED)?)
            .ok_or_else(|| field.error(ACCEPTED))
    }
}

fn with<'a>(own: &[&'a str], others: &[&'a str]) -> Vec<&'a str> {
    own.iter().chain(others).copied().collect()
}
