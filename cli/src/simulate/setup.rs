//! Lines that make curves, latencies, instruments, plans and accounts known.

use std::io::Write;

use gateway::dto::account::open::read_parentage;
use gateway::dto::{Field, FieldError, instrument, plan};
use types::{Codec, Command, Label, LimitName, OpenAccount};

use super::Stop;
use super::scenario::Scenario;

pub(super) const TAKEN: &str = "an id that no line of this kind above has";

/// A line of a kind that the shard holds no more of.
pub(super) fn full(tag: &Field<'_>, limit: LimitName, max: u32) -> FieldError {
    tag.error(format!("at most {max} such lines, which is {limit}"))
}

/// The id of a line: a name.
pub(super) fn id<'a>(root: &Field<'a>) -> Result<(Field<'a>, Label), FieldError> {
    let field = root.tag("id")?;
    let name = field.name()?;
    Ok((field, name))
}

impl Scenario {
    pub(super) fn curve_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        const WEIGHT: &str = "a weight from 0 to 4294967295 without quotes";
        let table = root.table(&["type", "ts", "id", "weights"])?;
        let ts = self.ts(&table)?;
        let (field, name) = id(root)?;
        let weights = table.field("weights").list()?;
        let weights = weights
            .iter()
            .map(|weight| weight.integer(WEIGHT))
            .collect::<Result<_, _>>()?;
        self.names
            .add_curve(name.as_str())
            .ok_or_else(|| field.error(TAKEN))?;
        self.command(ts, Command::DefineCurve { weights }, out)?;
        if self.is_rejected() {
            self.names.drop_curve(name.as_str());
        }
        Ok(())
    }

    pub(super) fn latency_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let table = root.table(&["type", "ts", "id", "samples"])?;
        let ts = self.ts(&table)?;
        let (field, name) = id(root)?;
        let samples = table.field("samples").list()?;
        let samples = samples
            .iter()
            .map(instrument::definition::read_sample)
            .collect::<Result<_, _>>()?;
        self.names
            .add_latency(name.as_str())
            .ok_or_else(|| field.error(TAKEN))?;
        self.command(ts, Command::DefineLatency { samples }, out)?;
        if self.is_rejected() {
            self.names.drop_latency(name.as_str());
        }
        Ok(())
    }

    pub(super) fn instrument_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let known: Vec<_> = ["type", "ts", "id"]
            .iter()
            .chain(&instrument::FIELDS)
            .copied()
            .collect();
        let table = root.table(&known)?;
        let ts = self.ts(&table)?;
        let definition = instrument::read(&table, &self.names)?;
        let (field, name) = id(root)?;
        let max = self.limits.instruments_max;
        if self.shard.instrument_count() >= max {
            return Err(full(&root.tag("type")?, LimitName::Instruments, max).into());
        }
        self.names
            .add_instrument(name.as_str())
            .ok_or_else(|| field.error(TAKEN))?;
        self.command(ts, Command::RegisterInstrument(Box::new(definition)), out)
    }

    pub(super) fn plan_line(&mut self, root: &Field<'_>, out: &mut impl Write) -> Result<(), Stop> {
        let own = ["type", "ts", "id"];
        let definition = plan::read(root, &own)?;
        let ts = self.ts(&root.table(&plan::read::known(&own))?)?;
        let (field, name) = id(root)?;
        let max = self.limits.plans_max;
        if self.shard.plan_count() >= max {
            return Err(full(&root.tag("type")?, LimitName::Plans, max).into());
        }
        self.names
            .add_plan(name.as_str())
            .ok_or_else(|| field.error(TAKEN))?;
        let spec = definition.to_bytes().into();
        self.command(ts, Command::DefinePlan { spec }, out)
    }

    pub(super) fn account_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        const PLAN: &str = "the id of a plan above";
        let table = root.table(&["type", "ts", "id", "plan", "name", "parent", "origin"])?;
        let ts = self.ts(&table)?;
        let (field, id) = id(root)?;
        let plan = table.field("plan");
        let open = OpenAccount {
            plan: self
                .names
                .plan_id(plan.text(PLAN)?)
                .ok_or_else(|| plan.error(PLAN))?,
            parent: read_parentage(&table, |parent| self.account(parent))?,
            name: match table.optional("name") {
                Some(name) => name.name()?,
                None => id,
            },
        };
        let max = self.limits.accounts_max;
        if self.shard.account_count() >= max {
            return Err(full(&root.tag("type")?, LimitName::Accounts, max).into());
        }
        self.names
            .add_account(id.as_str())
            .ok_or_else(|| field.error(TAKEN))?;
        let known = self.shard.account_count();
        self.command(ts, Command::OpenAccount(open), out)?;
        if self.shard.account_count() == known {
            // Its parent does not allow it: the id is free, and the next account takes the number.
            self.names.drop_account(id.as_str());
        }
        Ok(())
    }
}
