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
            if let Some((what, taken)) = number(&mut self.names, &fact.kind) {
                let accepted =
                    format!("no input that makes {what} {taken} known: a line above has this id");
                return Err(field.error(accepted).into());
            }
        }
        Ok(())
    }
}

/// What a frame made known is called by its number. Where a line above has given that name to another one: what it is,
/// and the name.
fn number(names: &mut Names, fact: &EventKind) -> Option<(&'static str, String)> {
    let (what, number) = match fact {
        EventKind::InstrumentRegistered { instrument } => ("instrument", instrument.0),
        EventKind::PlanDefined { plan, .. } => ("plan", plan.0),
        EventKind::AccountOpened { account, .. } => ("account", account.0),
        EventKind::CompetitionDefined { competition } => ("competition", competition.0),
        EventKind::CurveDefined { curve } => ("curve", curve.0),
        EventKind::LatencyDefined { latency } => ("latency", latency.0),
        _ => return None,
    };
    let name = number.to_string();
    let is_free = match what {
        "instrument" => names.add_instrument(&name).is_some(),
        "plan" => names.add_plan(&name).is_some(),
        "account" => names.add_account(&name).is_some(),
        "competition" => names.add_competition(&name).is_some(),
        "curve" => names.add_curve(&name).is_some(),
        _ => names.add_latency(&name).is_some(),
    };
    (!is_free).then_some((what, name))
}
