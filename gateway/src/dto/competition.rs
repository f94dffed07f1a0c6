//! The definition of a competition from a document.

use rules::{Competition, ContestRules, Gates, Weights};
use types::Ratio;

use super::document::{Field, FieldError, Table};
use super::time;

/// The fields of a competition's definition.
pub const FIELDS: [&str; 6] = ["name", "kind", "weights", "loss_limit_pct", "gates", "roll"];

/// Reads a competition's definition and checks it. Weights, loss limit and gates are the standard ones
/// where the document does not say otherwise.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(table: &Table<'_>) -> Result<Competition, FieldError> {
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
        schedule: time::read_roll(&table.field("roll"))?,
        contest: ContestRules::default(),
    };
    competition.validate().map_err(|error| {
        let (path, accepted) = match error.path {
            "loss_limit" => ("loss_limit_pct", error.accepted),
            "weights" => ("weights", "four percentages with a sum of 100"),
            path => (path, error.accepted),
        };
        table.at(path).error(accepted)
    })?;
    Ok(competition)
}

fn read_weights(field: &Field<'_>) -> Result<Weights, FieldError> {
    const WEIGHT: &str = "a percentage from 0 to 100 in quotes, such as \"40\"";
    let table = field.table(&["profit", "risk", "consistency", "drawdown"])?;
    let weight = |name| {
        let field = table.field(name);
        field
            .percent(WEIGHT)
            .ok()
            .filter(|weight| *weight >= Ratio::ZERO && *weight <= Ratio::ONE)
            .ok_or_else(|| field.error(WEIGHT))
    };
    Ok(Weights {
        profit: weight("profit")?,
        risk: weight("risk")?,
        consistency: weight("consistency")?,
        drawdown: weight("drawdown")?,
    })
}

fn read_gates(field: &Field<'_>) -> Result<Gates, FieldError> {
    const COUNT: &str = "a whole number from 0 without quotes";
    let table = field.table(&["active_days", "round_turns"])?;
    Ok(Gates {
        active_days: table.field("active_days").integer(COUNT)?,
        round_turns: table.field("round_turns").integer(COUNT)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::document::Node;

    fn read_json(json: &str) -> Result<Competition, FieldError> {
        let node = Node::from_json(json.as_bytes()).unwrap();
        read(&Field::root(&node).table(&FIELDS)?)
    }

    #[test]
    fn what_is_not_said_is_standard() {
        let cup = read_json(r#"{"name":"Cup","kind":"demo","roll":{"zone":"UTC","time":"00:30"}}"#);
        let cup = cup.unwrap();
        assert_eq!(cup.weights, Competition::standard_weights());
        assert_eq!(cup.loss_limit, Competition::standard_loss_limit());
        assert_eq!(cup.gates, Competition::standard_gates());
        assert_eq!(cup.schedule.minute, 30);
    }

    #[test]
    fn weights_must_add_up() {
        let error = read_json(
            r#"{"name":"a","kind":"demo","roll":{"zone":"UTC","time":"00:00"},
                "weights":{"profit":"40","risk":"30","consistency":"20","drawdown":"9"}}"#,
        )
        .unwrap_err();
        assert_eq!(error.field, "weights");
        assert_eq!(error.accepted, "four percentages with a sum of 100");
    }
}
