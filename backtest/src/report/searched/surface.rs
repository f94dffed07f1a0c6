//! The runs of a search by their parameters.

use super::NONE;
use crate::overfit::{CrossValidation, Deflated};
use crate::report::text::{count, number, percent, signed_percent};
use crate::report::{Fact, Surface, Table};
use crate::search::{self, Figures, Objective, Trial};
use crate::strategy::{Kind, Parameter, Value, Values};
use types::AccountState;

/// The most values of a parameter that a heat map tells apart; of more, neighbours share a cell.
pub const SURFACE_STEPS_MAX: usize = 48;

/// The most runs that are listed where two parameters were searched: the best.
pub const BEST_LISTED_MAX: usize = 10;

/// The most runs that are listed where one was: the first by its value.
pub const RUNS_LISTED_MAX: usize = 1_000;

/// The values of a parameter that a search had, in order, and which cell each is in.
struct Steps {
    names: Vec<String>,
    /// Value and cell, by value.
    cells: Vec<(f64, usize)>,
    /// How many values share a cell.
    shared: usize,
}

impl Steps {
    fn of(trials: &[Trial], name: &str) -> Self {
        let of_trials = trials.iter().filter_map(|trial| named(&trial.values, name));
        let mut values: Vec<(f64, String)> = of_trials
            .map(|(parameter, value)| (order(parameter, value), value.to_string()))
            .collect();
        values.sort_by(|one, other| one.0.total_cmp(&other.0));
        values.dedup_by(|one, other| one.0.total_cmp(&other.0).is_eq());
        let shared = values.len().div_ceil(SURFACE_STEPS_MAX).max(1);
        let names = values.chunks(shared).map(|group| match group {
            [only] => only.1.clone(),
            [first, .., last] => format!("{}\u{2013}{}", first.1, last.1),
            [] => String::new(),
        });
        Self {
            names: names.collect(),
            cells: (0..)
                .zip(&values)
                .map(|(place, value)| (value.0, place / shared))
                .collect(),
            shared,
        }
    }

    fn cell(&self, values: &Values, name: &str) -> Option<usize> {
        let (parameter, value) = named(values, name)?;
        let value = order(parameter, value);
        let found = self
            .cells
            .binary_search_by(|known| known.0.total_cmp(&value));
        Some(self.cells[found.ok()?].1)
    }
}

fn named(values: &Values, name: &str) -> Option<(&'static Parameter, Value)> {
    values.iter().find(|(parameter, _)| parameter.name == name)
}

/// Numbers are in their order, words in that in which they are declared.
fn order(parameter: &Parameter, value: Value) -> f64 {
    match (value, parameter.kind) {
        (Value::Integer(value), _) => value as f64,
        (Value::Real(value), _) => value,
        (Value::Flag(value), _) => f64::from(u8::from(value)),
        (Value::Choice(word), Kind::Choice(words)) => {
            let place = words.iter().position(|known| *known == word);
            place.unwrap_or(words.len()) as f64
        }
        (Value::Choice(_), _) => 0.0,
    }
}

/// The name of what is drawn.
const fn figure(objective: Objective) -> &'static str {
    match objective {
        Objective::Sharpe => "Sharpe ratio",
        Objective::Return => "Return in percent",
        Objective::Drawdown => "Deepest drawdown in percent",
        Objective::ReturnOverDrawdown => "Return over drawdown",
        Objective::ProfitFactor => "Profit factor",
        Objective::Passed => "Profit target reached in percent",
    }
}

/// What is drawn of a run; the more, the better. A profit factor without a loss is infinite. Under a plan one that passed is
/// at 100, whatever it had at the end, one that failed or was closed at most at 0.
fn drawn(objective: Objective, figures: &Figures) -> Option<f64> {
    let value = objective.of(figures);
    match objective {
        _ if value.is_infinite() && value < 0.0 => None,
        Objective::Sharpe => Some(value * figures.periods_per_year.sqrt()),
        Objective::Return => Some(figures.total_return() * 100.0),
        Objective::Drawdown => Some(value * 100.0),
        Objective::ReturnOverDrawdown => Some(value),
        Objective::ProfitFactor => Some(figures.profit_factor().unwrap_or(f64::INFINITY)),
        Objective::Passed => figures.verdict.map(|verdict| {
            let share = verdict.share_of_target() * 100.0;
            match verdict.state {
                AccountState::Passed => 100.0,
                AccountState::Failed | AccountState::Closed => share.min(0.0),
                _ => share.min(100.0),
            }
        }),
    }
}

impl Surface {
    /// Parameters of which a search tried more than one value, in the order in which they are declared.
    pub fn axes(trials: &[Trial]) -> Vec<&'static str> {
        let Some(first) = trials.first() else {
            return Vec::new();
        };
        let parameters = first.values.iter().map(|(parameter, _)| parameter.name);
        parameters
            .filter(|name| Steps::of(trials, name).cells.len() > 1)
            .collect()
    }

    /// One figure of the runs of a search by one or two parameters; of all runs in a cell that of the best one. `best` is
    /// the run that the report is about.
    pub fn of(
        trials: &[Trial],
        best: &Trial,
        (across, up): (&str, Option<&str>),
        objective: Objective,
    ) -> Self {
        let x = Steps::of(trials, across);
        let y = up.map(|name| (name, Steps::of(trials, name)));
        let place = |values: &Values| {
            let column = x.cell(values, across)?;
            let row = match &y {
                Some((name, steps)) => steps.cell(values, name)?,
                None => 0,
            };
            Some((column, row))
        };
        let rows = y.as_ref().map_or(1, |(_, steps)| steps.names.len());
        let mut cells: Vec<Option<(f64, f64)>> = vec![None; x.names.len() * rows];
        for trial in trials {
            let (Some(figures), Some((column, row))) = (&trial.figures, place(&trial.values))
            else {
                continue;
            };
            let value = objective.of(figures);
            let cell = &mut cells[row * x.names.len() + column];
            if let Some(shown) = drawn(objective, figures)
                && cell.is_none_or(|(known, _)| value > known)
            {
                *cell = Some((value, shown));
            }
        }
        let others = Self::axes(trials).into_iter();
        let others: Vec<_> = others
            .filter(|name| *name != across && Some(*name) != up)
            .collect();
        let mut about = String::new();
        if !others.is_empty() {
            about = format!("Each cell is the best over {}.", others.join(", "));
        }
        let shared = x
            .shared
            .max(y.as_ref().map_or(1, |(_, steps)| steps.shared));
        if shared > 1 {
            about.push_str(" Neighbouring values share a cell, which shows the best of them.");
        }
        if objective == Objective::Passed {
            about.push_str(
                " A run that passed is at 100, the sooner the better; one that failed or was closed is at most at 0.",
            );
        }
        Self {
            x_name: across.to_owned(),
            y_name: up.unwrap_or_default().to_owned(),
            figure: figure(objective).to_owned(),
            values: cells
                .into_iter()
                .map(|cell| cell.map(|(_, it)| it))
                .collect(),
            chosen: place(&best.values),
            about: about.trim_start().to_owned(),
            runs: runs(trials, best, up.is_none().then_some(across), objective),
            facts: Vec::new(),
            x: x.names,
            y: y.map(|(_, steps)| steps.names).unwrap_or_default(),
        }
    }
}

/// What a search says about itself and its best run, or why it does not; Sharpe ratios are annualised.
pub fn judged(
    trials: &[Trial],
    deflated: Result<&Deflated, &str>,
    validated: Result<&CrossValidation, &str>,
    per_year: f64,
) -> Vec<Fact> {
    let ran = trials.iter().filter(|trial| trial.figures.is_some());
    let ran = ran.count();
    let mut runs = count(ran as u64);
    if ran < trials.len() {
        runs = format!("{runs}, and {} refused", count((trials.len() - ran) as u64));
    }
    let mut facts = vec![Fact::new("Runs", runs)];
    facts.extend(idle(trials));
    let scale = per_year.sqrt();
    let why = |reason: &str| format!("{NONE} ({reason})");
    match deflated {
        Ok(deflated) => facts.extend([
            Fact::new(
                "Deflated Sharpe ratio",
                deflated
                    .probability
                    .map_or_else(|| NONE.to_owned(), |it| number(it, 4)),
            ),
            Fact::new(
                "Best Sharpe ratio expected of as many without skill",
                number(deflated.expected * scale, 4),
            ),
        ]),
        Err(reason) => facts.push(Fact::new("Deflated Sharpe ratio", why(reason))),
    }
    let name = "Probability of overfitting (CSCV)";
    match validated {
        Ok(validated) => facts.extend([
            Fact::new(
                name,
                match validated.left_out_words() {
                    None => number(validated.probability, 4),
                    Some(words) => format!("{} ({words})", number(validated.probability, 4)),
                },
            ),
            Fact::new(
                "Sharpe ratio of the best of one half, and in the other half",
                format!(
                    "{}, {}",
                    number(validated.chosen * scale, 4),
                    number(validated.unseen * scale, 4)
                ),
            ),
            Fact::new(
                "Lost in the other half",
                format!(
                    "{} of {} splits",
                    percent(validated.loss, 2),
                    count(validated.splits as u64)
                ),
            ),
        ]),
        Err(reason) => facts.push(Fact::new(name, why(reason))),
    }
    facts
}

/// That some runs never traded, where some did not.
pub(super) fn idle(trials: &[Trial]) -> Option<Fact> {
    search::never_traded_words(trials).map(|words| Fact::new("Without a fill", words))
}

/// The best runs; of one parameter (`along`) the best one of each of its values, in their order.
fn runs(trials: &[Trial], best: &Trial, along: Option<&str>, objective: Objective) -> Table {
    let mut listed: Vec<(&Trial, &Figures)> = trials
        .iter()
        .filter_map(|trial| Some((trial, trial.figures.as_ref()?)))
        .collect();
    let ran = listed.len();
    // A stable sort: of equal ones the first stays first.
    listed.sort_by(|one, other| objective.of(other.1).total_cmp(&objective.of(one.1)));
    let caption = if let Some(name) = along {
        let key = |trial: &Trial| {
            let found = named(&trial.values, name);
            found.map_or(f64::NAN, |(parameter, value)| order(parameter, value))
        };
        listed.sort_by(|one, other| key(one.0).total_cmp(&key(other.0)));
        listed.dedup_by(|next, kept| key(next.0).total_cmp(&key(kept.0)).is_eq());
        let values = listed.len();
        listed.truncate(RUNS_LISTED_MAX);
        match (values == ran, values == listed.len()) {
            (true, true) => "Every run".to_owned(),
            (false, true) => format!("The best run of each {name}"),
            (_, false) => format!(
                "The first {} of {}",
                count(listed.len() as u64),
                count(values as u64)
            ),
        }
    } else {
        listed.truncate(BEST_LISTED_MAX);
        let is_ranked = listed
            .iter()
            .any(|(_, figures)| objective.of(figures) > f64::NEG_INFINITY);
        format!(
            "The {} {} of {} runs",
            if is_ranked { "best" } else { "first" },
            listed.len(),
            count(ran as u64)
        )
    };
    let or_none = |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |it| number(it, 4));
    let rows = listed.iter().map(|(trial, figures)| {
        let mut row = vec![
            trial.values.to_string(),
            or_none(figures.annual_sharpe()),
            signed_percent(figures.total_return(), 2),
            percent(figures.max_drawdown, 2),
            count(figures.trips),
            or_none(figures.profit_factor()),
            figures.equity.to_string(),
        ];
        if let Some(verdict) = figures.verdict {
            let target = verdict.target_reached.map(|_| verdict.share_of_target());
            row.extend([verdict.word().to_owned(), count(verdict.days)]);
            row.extend(target.map(|it| percent(it, 2)));
        }
        row
    });
    let mut columns = vec![
        "Parameters",
        "Sharpe ratio",
        "Return",
        "Drawdown",
        "Round trips",
        "Profit factor",
        "Equity",
    ];
    if listed.iter().any(|(_, figures)| figures.verdict.is_some()) {
        columns.extend(["Verdict", "On day"]);
    }
    let mut verdicts = listed.iter().filter_map(|(_, figures)| figures.verdict);
    if verdicts.any(|verdict| verdict.target_reached.is_some()) {
        columns.push("Target reached");
    }
    Table {
        caption,
        columns: columns.into_iter().map(str::to_owned).collect(),
        rows: rows.collect(),
        marked: listed
            .iter()
            .position(|(trial, _)| trial.place == best.place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Path;
    use types::Money;

    const PARAMETERS: &[Parameter] = &[
        Parameter::integer("fast", 1, 1, 500, "bars"),
        Parameter::integer("slow", 1, 1, 500, "bars"),
        Parameter::choice("side", &["long", "both"], "which"),
    ];

    fn trial(place: usize, set: &[(&str, &str)], sharpe: Option<f64>) -> Trial {
        let mut values = Values::defaults(PARAMETERS);
        for (name, text) in set {
            values.set(name, text).unwrap();
        }
        let figures = sharpe.map(|sharpe| Figures {
            initial: Money::whole(100),
            equity: Money::whole(110),
            balance: Money::whole(110),
            fees: Money::ZERO,
            fills: 4,
            trips: 2,
            wins: 2,
            gross_profit: Money::whole(10),
            gross_loss: Money::ZERO,
            returns: 10,
            periods_per_year: 1.0,
            sharpe: Some(sharpe),
            max_drawdown: 0.25,
            verdict: None,
            cells: Vec::new(),
        });
        Trial {
            place,
            values,
            figures,
            path: Path::Engine,
        }
    }

    #[test]
    fn a_cell_is_the_best_over_the_rest() {
        let mut trials = [
            trial(0, &[("fast", "5"), ("slow", "20")], Some(0.5)),
            trial(
                1,
                &[("fast", "5"), ("slow", "20"), ("side", "both")],
                Some(0.25),
            ),
            trial(2, &[("fast", "10"), ("slow", "20")], Some(-1.0)),
            trial(
                3,
                &[("fast", "10"), ("slow", "100"), ("side", "both")],
                Some(1.0),
            ),
            trial(4, &[("fast", "100"), ("slow", "20")], None),
        ];
        // Four returns a year: ratios of a year are twice those of a return.
        for figures in trials.iter_mut().filter_map(|it| it.figures.as_mut()) {
            figures.periods_per_year = 4.0;
        }
        let axes = ("fast", Some("slow"));
        let surface = Surface::of(&trials, &trials[3], axes, Objective::Sharpe);
        // By number, not by letter.
        assert_eq!(
            (surface.x.join(" "), surface.y.join(" ")),
            ("5 10 100".into(), "20 100".into())
        );
        let expected = [Some(1.0), Some(-2.0), None, None, Some(2.0), None];
        assert_eq!(surface.values, expected);
        assert_eq!(surface.chosen, Some((1, 1)));
        assert_eq!(surface.about, "Each cell is the best over side.");
        assert_eq!(surface.runs.marked, Some(0));
        assert_eq!(
            surface.runs.rows[0],
            [
                "fast=10 slow=100 side=both",
                "2.0000",
                "+10.00%",
                "25.00%",
                "2",
                "\u{2013}",
                "110"
            ]
        );
        assert_eq!(Surface::axes(&trials), ["fast", "slow", "side"]);
    }

    #[test]
    fn one_parameter_is_a_table_in_its_order() {
        let trials = [
            trial(0, &[("fast", "10")], Some(0.5)),
            trial(1, &[("fast", "5")], Some(1.5)),
        ];
        let surface = Surface::of(&trials, &trials[1], ("fast", None), Objective::Sharpe);
        assert!(surface.y.is_empty());
        assert_eq!(surface.runs.caption, "Every run");
        assert_eq!((surface.runs.rows.len(), surface.runs.marked), (2, Some(0)));
    }

    #[test]
    fn one_of_several_parameters_has_the_best_of_each_value() {
        let trials = [
            trial(0, &[("fast", "10"), ("slow", "20")], Some(0.5)),
            trial(1, &[("fast", "10"), ("slow", "30")], Some(0.75)),
            trial(2, &[("fast", "5"), ("slow", "20")], Some(0.25)),
        ];
        let surface = Surface::of(&trials, &trials[1], ("fast", None), Objective::Sharpe);
        assert_eq!(surface.runs.caption, "The best run of each fast");
        let rows: Vec<_> = surface
            .runs
            .rows
            .iter()
            .map(|row| row[1].as_str())
            .collect();
        assert_eq!(
            (rows, surface.runs.marked),
            (vec!["0.2500", "0.7500"], Some(1))
        );
    }

    #[test]
    fn many_values_share_cells() {
        let texts: Vec<String> = (1..=100).map(|value: u32| value.to_string()).collect();
        let trials: Vec<_> = (0..)
            .zip(&texts)
            .map(|(place, text)| trial(place, &[("fast", text)], Some(place as f64)))
            .collect();
        let axes = ("fast", Some("slow"));
        let surface = Surface::of(&trials, &trials[99], axes, Objective::Sharpe);
        // Three to a cell: 1 to 3, and at the end 100 alone.
        assert_eq!(surface.x.len(), 34);
        assert_eq!(
            (surface.x[0].as_str(), surface.x[33].as_str()),
            ("1\u{2013}3", "100")
        );
        assert_eq!(surface.values[0], Some(2.0));
        assert_eq!(surface.chosen, Some((33, 0)));
    }
}
