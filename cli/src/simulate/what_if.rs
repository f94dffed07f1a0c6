//! Lines that ask what an order would do. They are no input: nothing changes.

use std::io::Write;

use gateway::dto::account::explain::WhatIfLine;
use gateway::dto::{Field, order};

use super::Stop;
use super::scenario::Scenario;

impl Scenario {
    pub(super) fn what_if_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let (table, ts, order) = self.order(root)?;
        order::check_question(&table, &order)?;
        self.ts = Some(ts);
        if let Some(line) = WhatIfLine::ask(&self.shard, ts, &order, &self.names) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}
