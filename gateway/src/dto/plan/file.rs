//! Plan files in TOML.

use rules::Plan;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use types::Codec;

use super::read::read;
use crate::dto::document::{Field, FieldError, Node};

/// What is wrong with a plan file, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// The text is not TOML.
    #[error("{file}:{line}: {detail}")]
    Syntax {
        /// Name of the file.
        file: String,
        /// Line from 1.
        line: usize,
        /// What the TOML reader says.
        detail: String,
    },
    /// A field is not accepted.
    #[error("{file}:{line}: {error}")]
    Field {
        /// Name of the file.
        file: String,
        /// Line from 1; of the table when the field is missing.
        line: usize,
        /// The field.
        error: FieldError,
    },
}

/// A valid plan from the text of a plan file. `file` is its name in errors.
///
/// # Errors
/// See [`PlanFileError`].
pub fn from_toml(file: &str, text: &str) -> Result<Plan, PlanFileError> {
    let node = Node::from_toml(text).map_err(|error| PlanFileError::Syntax {
        file: file.to_owned(),
        line: line_at(text, error.span().map_or(0, |span| span.start)),
        detail: error.message().trim().to_owned(),
    })?;
    read(&Field::root(&node), &[]).map_err(|error| PlanFileError::Field {
        file: file.to_owned(),
        line: line_of(text, &error.field),
        error,
    })
}

/// The canonical bytes of the plan of a plan file.
///
/// # Errors
/// See [`PlanFileError`].
pub fn spec_from_toml(file: &str, text: &str) -> Result<Box<[u8]>, PlanFileError> {
    from_toml(file, text).map(|plan| plan.to_bytes().into())
}

/// The line of the deepest part of this path that the text has; the first line when it has none.
fn line_of(text: &str, path: &str) -> usize {
    let Ok(root) = DeTable::parse(text) else {
        return 1;
    };
    let mut table: Option<&DeTable<'_>> = Some(root.get_ref());
    let mut offset = 0;
    for name in path.split('.') {
        let found = table.and_then(|table| table.get_key_value(name));
        let Some((key, value)) = found else { break };
        offset = Spanned::span(key).start;
        table = match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        };
    }
    line_at(text, offset)
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use rules::TrailSource;
    use types::{Funding, Money, PositionMode, Ratio, Terms};

    use super::*;
    use crate::dto::plan::PlanDto;

    const EVERYTHING: &str = r#"
name = "Everything"
version = 3
currency = "USD"
initial_balance = "50000"
stage = { evaluation = 2 }
roll = { zone = "America/New_York", time = "17:00" }

[daily_loss]
anchor = "max_balance_equity"
allowance = { pct_of_anchor = "4.5" }
effect = "lock_for_day"
touch_is_breach = true

[max_loss]
trail = "tick_equity"
allowance = { pct_of_peak = "5" }
stop = { at_floor_level = "50100" }
touch_is_breach = false

[profit_target]
pct_of_initial = "6"

[min_days]
days = 5
counts = "any_day_held"
day_profit_min = "150"

[consistency]
cap_pct = "40"
denominator = "target"
inclusive = true
window = "since_payout"

[payout]
fraction_pct = "50"
cap = "2000"
keep = { above_initial = "2600" }
split_pct = "80"
after = "floor_falls"

[scaling]
step_pct = "25"
size_max = "100000"

[terms]
mode = "hedging"
funding = "margin"
rate_min_pct = "3.3333334"
shorts = false
"#;

    #[test]
    fn levels_in_the_file_are_absolute() {
        let plan = from_toml("plan.toml", EVERYTHING).unwrap();
        let max = plan.max_loss.unwrap();
        assert_eq!(
            max.stop,
            rules::StopTrailing::AtFloorLevel(Money::whole(100))
        );
        assert_eq!(
            plan.daily_loss.unwrap().allowance,
            rules::Allowance::OfBase(Ratio(45_000_000))
        );
        let frozen = EVERYTHING.replace("at_floor_level = \"50100\"", "freeze_when = \"57500\"");
        let max = from_toml("plan.toml", &frozen).unwrap().max_loss.unwrap();
        assert_eq!(
            max.stop,
            rules::StopTrailing::FreezeWhenSource(Money::whole(7_500))
        );
    }

    #[test]
    fn terms_are_the_usual_ones_where_the_file_has_none() {
        let with = |terms: &str| {
            let (rest, _) = EVERYTHING.split_once("[terms]").unwrap();
            from_toml("plan.toml", &format!("{rest}{terms}")).map(|plan| plan.terms)
        };
        assert_eq!(with(""), Ok(Terms::default()));
        let all = from_toml("plan.toml", EVERYTHING).unwrap().terms;
        assert_eq!(
            all,
            Terms {
                mode: PositionMode::Hedging,
                funding: Funding::Margin {
                    rate_min: Ratio(33_333_334)
                },
                shorts: false,
            }
        );
        let cash = with("[terms]\nfunding = \"cash\"\n").unwrap();
        assert_eq!(cash.funding, Funding::Cash);
        assert_eq!(cash.mode, PositionMode::Netting);
        let margin = with("[terms]\nfunding = \"margin\"\n").unwrap();
        let rate_min = Ratio::ZERO;
        assert_eq!(margin.funding, Funding::Margin { rate_min });
    }

    #[test]
    fn the_demo_plans_are_valid_and_differ() {
        let files = [
            (
                "static-100k.toml",
                include_str!("../../../../fixtures/plans/static-100k.toml"),
            ),
            (
                "eod-trail-50k.toml",
                include_str!("../../../../fixtures/plans/eod-trail-50k.toml"),
            ),
            (
                "live-trail-50k.toml",
                include_str!("../../../../fixtures/plans/live-trail-50k.toml"),
            ),
            (
                "sprint-25k.toml",
                include_str!("../../../../fixtures/plans/sprint-25k.toml"),
            ),
        ];
        let trails = files.map(|(file, text)| {
            let plan = from_toml(file, text).unwrap();
            assert_eq!(
                rules::Plan::from_spec(&spec_from_toml(file, text).unwrap()),
                Ok(plan.clone())
            );
            plan.max_loss.unwrap().trail
        });
        let expected = [
            TrailSource::None,
            TrailSource::EodBalance,
            TrailSource::TickEquity,
            TrailSource::ClosedBalance,
        ];
        assert_eq!(trails, expected);
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same_plan() {
        let plan = from_toml("plan.toml", EVERYTHING).unwrap();
        let json = serde_json::to_vec(&PlanDto::new(&plan)).unwrap();
        let node = Node::from_json(&json).unwrap();
        assert_eq!(read(&Field::root(&node), &[]), Ok(plan.clone()));
        let toml = toml::to_string(&PlanDto::new(&plan)).unwrap();
        assert_eq!(from_toml("again.toml", &toml), Ok(plan));
    }

    #[test]
    fn errors_name_file_line_field_value_and_what_is_accepted() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = from_toml("bad.toml", &EVERYTHING.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check(
            "pct_of_anchor = \"4.5\"",
            "pct_of_anchor = \"450\"",
            "bad.toml:11: daily_loss.allowance.pct_of_anchor: value '450': accepted a percentage \
             above 0 and at most 100 in quotes with at most 7 decimals, such as \"5\"",
        );
        check(
            "touch_is_breach = true\n",
            "",
            "bad.toml:9: daily_loss.touch_is_breach: missing: accepted true or false",
        );
        check(
            "trail = \"tick_equity\"",
            "trial = \"tick_equity\"",
            "bad.toml:16: max_loss.trial: value 'tick_equity': accepted no such field; known: \
             trail, allowance, stop, effect, touch_is_breach",
        );
        check(
            "initial_balance = \"50000\"",
            "initial_balance = 50000",
            "bad.toml:5: initial_balance: value '50000': accepted an amount as a decimal in quotes \
             with at most 6 decimals, such as \"2500\"",
        );
        check(
            "at_floor_level = \"50100\"",
            "at_floor_level = \"100\"",
            "bad.toml:18: max_loss.stop.at_floor_level: value '100': accepted a level above the \
             first floor",
        );
        check(
            "trail = \"tick_equity\"",
            "trail = \"none\"",
            "bad.toml:18: max_loss.stop.at_floor_level: value '50100': accepted never, for a \
             floor that does not trail",
        );
        check(
            "size_max = \"100000\"",
            "size_max = \"100\"",
            "bad.toml:44: scaling.size_max: value '100': accepted at least initial_balance",
        );
        check(
            "zone = \"America/New_York\"",
            "zone = \"New York\"",
            "bad.toml:7: roll.zone: value 'New York': accepted an IANA time zone such as \"UTC\" \
             or \"America/New_York\"",
        );
        check(
            "rate_min_pct = \"3.3333334\"",
            "rate_min_pct = \"101\"",
            "bad.toml:49: terms.rate_min_pct: value '101': accepted a percentage of the notional \
             from 0 to 100",
        );
        check(
            "funding = \"margin\"",
            "funding = \"cash\"",
            "bad.toml:49: terms.rate_min_pct: value '3.3333334': accepted none, unless funding is \
             \"margin\"",
        );
        check(
            "funding = \"margin\"",
            "funding = \"credit\"",
            "bad.toml:48: terms.funding: value 'credit': accepted \"unchecked\" or \"cash\" or \
             \"margin\"",
        );
        check(
            "mode = \"hedging\"",
            "mode = \"long\"",
            "bad.toml:47: terms.mode: value 'long': accepted \"netting\" or \"hedging\"",
        );
        let error = from_toml("bad.toml", "name = \"a\"\nversion = = 1\n").unwrap_err();
        assert!(error.to_string().starts_with("bad.toml:2: "), "{error}");
    }
}
