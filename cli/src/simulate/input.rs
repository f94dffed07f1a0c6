//! Lines that hold an input as a journal does: what no other kind of line can say, such as a definition that is
//! refused or an order of an id that nobody chose.

use std::io::Write;

use gateway::dto::proof::unhex;
use gateway::dto::{Field, Names};
use types::EventKind;
use types::frame::{self, Payload};

use super::Stop;
use super::scenario::Scenario;

impl Scenario {
    /// Applies the input of a frame at its time; its shard and its place are not looked at.
    pub(super) fn input_line(
        &mut self,
        root: &Field<'_>,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        const FRAME: &str = "an input as a frame of the journal, in hexadecimal in lower case";
        let table = root.table(&["type", "text", "frame"])?;
        if let Some(text) = table.optional("text") {
            text.text("any text")?;
        }
        let field = table.field("frame");
        let bytes = unhex(field.text(FRAME)?).ok_or_else(|| field.error(FRAME))?;
        let input = match frame::decode(&bytes).map(|frame| frame.payload) {
            Ok(Payload::Input(input)) => input,
            Ok(Payload::Event(_)) => return Err(field.error(FRAME).into()),
            Err(error) => return Err(field.error(format!("{FRAME}; {error}")).into()),
        };
        if let Some(before) = self.ts
            && input.ts < before
        {
            let accepted = format!("a time not before {before}, here {}", input.ts);
            return Err(field.error(accepted).into());
        }
        self.apply(input.ts, input.kind, out)?;
        for fact in self.events.as_slice() {
            number(&mut self.names, &fact.kind);
        }
        Ok(())
    }
}

/// What a frame made known is called by its number.
fn number(names: &mut Names, fact: &EventKind) {
    match fact {
        EventKind::InstrumentRegistered { instrument } => {
            names.add_instrument(&instrument.to_string());
        }
        EventKind::PlanDefined { plan, .. } => {
            names.add_plan(&plan.to_string());
        }
        EventKind::AccountOpened { account, .. } => {
            names.add_account(&account.to_string());
        }
        EventKind::CompetitionDefined { competition } => {
            names.add_competition(&competition.to_string());
        }
        EventKind::CurveDefined { curve } => {
            names.add_curve(&curve.to_string());
        }
        EventKind::LatencyDefined { latency } => {
            names.add_latency(&latency.to_string());
        }
        _ => {}
    }
}
