//! What is searched: values of parameters.

use types::Money;

use super::Figures;
use crate::random::Random;
use crate::strategy::{Kind, Parameter, ParameterError, Value, Values};

/// The most points of one search.
pub const POINTS_MAX: usize = 1_000_000;

/// What is wrong with a space.
#[derive(Debug, thiserror::Error)]
pub enum SpaceError {
    /// An axis has another form.
    #[error("axis '{text}'; accepted: name=from..to:step, name=from..to, or name=value,value")]
    Form {
        /// What was given.
        text: String,
    },
    /// A range goes down, or its step does not go up.
    #[error(
        "axis '{text}'; accepted: name=from..to:step with `to` not below `from` and a step above zero"
    )]
    Range {
        /// What was given.
        text: String,
    },
    /// A parameter may not be so.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// An axis was given twice.
    #[error("parameter {name} has two axes; accepted: one for each parameter")]
    Twice {
        /// Its name.
        name: &'static str,
    },
    /// A value is there twice: a search would count one run as two trials.
    #[error("parameter {name}: {value} twice; accepted: each value once")]
    Again {
        /// Its name.
        name: &'static str,
        /// Which.
        value: String,
    },
    /// There are too many points.
    #[error("{points} points; accepted: from 1 to {POINTS_MAX} (coarser steps, or --random)")]
    Points {
        /// How many.
        points: u128,
    },
}

/// The values that one parameter takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Which parameter.
    pub name: &'static str,
    /// In order.
    pub values: Vec<Value>,
}

impl Axis {
    /// Reads `fast=5..50:5`, `fast=5..50` (in steps of 1, of a tenth of the range for numbers) or `side=long,both`.
    ///
    /// # Errors
    /// See [`SpaceError`].
    pub fn parse(parameters: &'static [Parameter], text: &str) -> Result<Self, SpaceError> {
        let form = || SpaceError::Form {
            text: text.to_owned(),
        };
        let (name, range) = text.split_once('=').ok_or_else(form)?;
        let Some(parameter) = parameters.iter().find(|known| known.name == name) else {
            let mut values = Values::defaults(parameters);
            values.set(name, "")?;
            return Err(form());
        };
        let values = match range.split_once("..") {
            None => {
                let values = range.split(',').map(|value| parameter.parse(value.trim()));
                values.collect::<Result<Vec<_>, _>>()?
            }
            Some((from, rest)) => {
                let (to, step) = match rest.split_once(':') {
                    Some((to, step)) => (to, Some(step)),
                    None => (rest, None),
                };
                let (from, to) = (parameter.parse(from)?, parameter.parse(to)?);
                between(text, from, to, step)?
            }
        };
        if values.is_empty() {
            return Err(form());
        }
        let mut places = 1..values.len();
        if let Some(again) = places.find(|place| values[..*place].contains(&values[*place])) {
            return Err(SpaceError::Again {
                name: parameter.name,
                value: values[again].to_string(),
            });
        }
        Ok(Self {
            name: parameter.name,
            values,
        })
    }
}

/// The values of a range, which is a part of the text.
fn between(
    text: &str,
    from: Value,
    to: Value,
    step: Option<&str>,
) -> Result<Vec<Value>, SpaceError> {
    let text = || text.to_owned();
    let form = || SpaceError::Form { text: text() };
    let range = || SpaceError::Range { text: text() };
    let held = |steps: u128| match steps.saturating_add(1) {
        points if points > POINTS_MAX as u128 => Err(SpaceError::Points { points }),
        _ => Ok(()),
    };
    match (from, to) {
        (Value::Integer(from), Value::Integer(to)) => {
            let step: i64 = step.map_or(Ok(1), str::parse).map_err(|_| form())?;
            if to < from || step <= 0 {
                return Err(range());
            }
            held(u128::from(to.abs_diff(from)) / step as u128)?;
            let steps = (from..=to).step_by(step as usize);
            Ok(steps.map(Value::Integer).collect())
        }
        (Value::Real(from), Value::Real(to)) => {
            let tenth = if from < to { (to - from) / 10.0 } else { 1.0 };
            let step: f64 = step.map_or(Ok(tenth), str::parse).map_err(|_| form())?;
            if to < from || step <= 0.0 || !step.is_finite() {
                return Err(range());
            }
            let steps = ((to - from) / step * (1.0 + 1e-12)).floor();
            held(steps as u128)?;
            let value = |place: u32| (from + f64::from(place) * step).min(to);
            let steps = 0..=steps as u32;
            Ok(steps.map(|place| Value::Real(value(place))).collect())
        }
        _ => Err(form()),
    }
}

/// Axes, with the other parameters as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    base: Values,
    axes: Vec<Axis>,
}

impl Space {
    /// `base`: the values of parameters that have no axis.
    ///
    /// # Errors
    /// When a parameter has two axes.
    pub fn new(base: Values, axes: Vec<Axis>) -> Result<Self, SpaceError> {
        for (place, axis) in axes.iter().enumerate() {
            if axes[..place].iter().any(|known| known.name == axis.name) {
                return Err(SpaceError::Twice { name: axis.name });
            }
        }
        Ok(Self { base, axes })
    }

    /// Its axes.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    fn points(&self) -> u128 {
        let counts = self.axes.iter().map(|axis| axis.values.len() as u128);
        counts.fold(1, u128::saturating_mul)
    }

    fn at(&self, mut place: u128) -> Result<Values, ParameterError> {
        let mut values = self.base.clone();
        for axis in self.axes.iter().rev() {
            let count = axis.values.len() as u128;
            values.set_value(axis.name, axis.values[(place % count) as usize])?;
            place /= count;
        }
        Ok(values)
    }

    /// Every point, the last axis fastest.
    ///
    /// # Errors
    /// When there are too many.
    pub fn grid(&self) -> Result<Vec<Values>, SpaceError> {
        let points = self.points();
        if points > POINTS_MAX as u128 {
            return Err(SpaceError::Points { points });
        }
        let values = (0..points).map(|place| self.at(place));
        Ok(values.collect::<Result<_, _>>()?)
    }

    /// So many points of the grid, none twice; all of them, in their order, where there are no more.
    ///
    /// # Errors
    /// When there are too many.
    pub fn random(&self, count: usize, seed: u64) -> Result<Vec<Values>, SpaceError> {
        let points = self.points();
        if points <= count as u128 {
            return self.grid();
        }
        if count > POINTS_MAX {
            return Err(SpaceError::Points {
                points: count as u128,
            });
        }
        let mut random = Random::new(seed);
        let mut taken = std::collections::HashSet::new();
        let mut values = Vec::with_capacity(count);
        while values.len() < count {
            let wide = u128::from(random.draw()) << 64 | u128::from(random.draw());
            let place = wide % points;
            if taken.insert(place) {
                values.push(self.at(place)?);
            }
        }
        Ok(values)
    }

    /// The point at these places, each from 0 to below 1, of the ranges between the first and the last value of the
    /// axes: what an optimiser asks for. Whole numbers and words are those of the range that the place falls in.
    pub(super) fn continuous(&self, places: &[f64]) -> Result<Values, ParameterError> {
        let mut values = self.base.clone();
        for (axis, &place) in self.axes.iter().zip(places) {
            let place = place.clamp(0.0, 1.0 - f64::EPSILON);
            let value = match (axis.values.first(), axis.values.last()) {
                (Some(&Value::Integer(from)), Some(&Value::Integer(to))) => {
                    let steps = to.abs_diff(from) as f64 + 1.0;
                    Value::Integer(from.min(to) + (place * steps) as i64)
                }
                (Some(&Value::Real(from)), Some(&Value::Real(to))) => {
                    Value::Real((from + place * (to - from)).clamp(from.min(to), from.max(to)))
                }
                _ => axis.values[(place * axis.values.len() as f64) as usize],
            };
            values.set_value(axis.name, value)?;
        }
        Ok(values)
    }
}

/// Axes over the whole range of every parameter that has a number, for a search that draws its points.
///
/// # Errors
/// See [`SpaceError`].
pub fn whole(parameters: &'static [Parameter]) -> Result<Vec<Axis>, SpaceError> {
    let axis = |parameter: &'static Parameter| {
        let text = match parameter.kind {
            Kind::Integer { min, max } => format!("{}={min}..{max}", parameter.name),
            Kind::Real { min, max } => {
                format!("{}={min}..{max}:{}", parameter.name, (max - min) / 100.0)
            }
            Kind::Choice(words) => format!("{}={}", parameter.name, words.join(",")),
            Kind::Flag => format!("{}=no,yes", parameter.name),
        };
        Axis::parse(parameters, &text)
    };
    parameters.iter().map(axis).collect()
}

/// What makes one run better than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Objective {
    /// Sharpe ratio.
    #[default]
    Sharpe,
    /// Profit.
    Return,
    /// Least maximum drawdown.
    Drawdown,
    /// Total return by maximum drawdown.
    ReturnOverDrawdown,
    /// Profit factor.
    ProfitFactor,
    /// Passing the plan, and how soon ([`super::Verdict::rank`]).
    Passed,
}

impl Objective {
    /// Every objective.
    pub const ALL: &[Self] = &[
        Self::Sharpe,
        Self::Return,
        Self::Drawdown,
        Self::ReturnOverDrawdown,
        Self::ProfitFactor,
        Self::Passed,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sharpe => "sharpe",
            Self::Return => "return",
            Self::Drawdown => "drawdown",
            Self::ReturnOverDrawdown => "return-over-drawdown",
            Self::ProfitFactor => "profit-factor",
            Self::Passed => "passed",
        }
    }

    /// More is better; what is not defined is worse than everything.
    pub fn of(self, figures: &Figures) -> f64 {
        let value = match self {
            Self::Sharpe => figures.sharpe,
            Self::Return => Some(figures.equity.saturating_sub(figures.initial).0 as f64),
            // Whoever never trades loses nothing, and is no answer.
            Self::Drawdown => (figures.fills > 0).then_some(-figures.max_drawdown),
            Self::ReturnOverDrawdown => {
                (figures.max_drawdown > 0.0).then(|| figures.total_return() / figures.max_drawdown)
            }
            Self::ProfitFactor => match figures.profit_factor() {
                None if figures.gross_profit > Money::ZERO => Some(f64::MAX),
                factor => factor,
            },
            Self::Passed => figures.verdict.map(super::Verdict::rank),
        };
        value.unwrap_or(f64::NEG_INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: &[Parameter] = &[
        Parameter::integer("fast", 10, 1, 500, "bars"),
        Parameter::real("width", 2.0, 0.1, 5.0, "deviations"),
        Parameter::choice("side", &["long", "both"], "which"),
    ];

    fn space(axes: &[&str]) -> Space {
        let axes = axes
            .iter()
            .map(|text| Axis::parse(PARAMETERS, text).unwrap());
        Space::new(Values::defaults(PARAMETERS), axes.collect()).unwrap()
    }

    #[test]
    fn a_grid_is_every_pair_the_last_axis_fastest() {
        let grid = space(&["fast=5..15:5", "side=long,both"]).grid().unwrap();
        let said: Vec<_> = grid.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 6);
        assert_eq!(said[0], "fast=5 width=2 side=long");
        assert_eq!(said[1], "fast=5 width=2 side=both");
        assert_eq!(said[5], "fast=15 width=2 side=both");
    }

    #[test]
    fn steps_of_numbers_reach_the_end() {
        let axis = Axis::parse(PARAMETERS, "width=1..2:0.1").unwrap();
        assert_eq!(axis.values.len(), 11);
        assert_eq!(axis.values[10], Value::Real(2.0));
    }

    #[test]
    fn random_points_are_of_the_grid_and_none_is_twice() {
        let space = space(&["fast=1..100", "width=1..2:0.5"]);
        let points = space.random(200, 5).unwrap();
        assert_eq!(points, space.random(200, 5).unwrap());
        for (place, point) in points.iter().enumerate() {
            assert!(!points[..place].contains(point));
        }
        assert_eq!(space.random(400, 5).unwrap(), space.grid().unwrap());
    }

    #[test]
    fn places_between_the_ends_are_values() {
        let space = space(&["fast=5..14", "width=1..2", "side=long,both"]);
        let at = |places: &[f64]| space.continuous(places).unwrap().to_string();
        assert_eq!(at(&[0.0, 0.0, 0.0]), "fast=5 width=1 side=long");
        assert_eq!(at(&[0.999, 0.5, 1.0]), "fast=14 width=1.5 side=both");
        assert_eq!(at(&[0.5, 0.25, 0.4]), "fast=10 width=1.25 side=long");
    }

    #[test]
    fn what_is_no_axis_says_what_one_is() {
        let said = |text: &str| Axis::parse(PARAMETERS, text).unwrap_err().to_string();
        assert!(said("fast").contains("name=from..to:step"));
        assert!(said("slow=1..2").contains("accepted: fast, width, side"));
        assert!(said("fast=0..9").contains("from 1 to 500"));
        for wrong in [
            "fast=9..5",
            "fast=9..5:1",
            "fast=5..9:0",
            "fast=5..9:-1",
            "width=2..1",
            "width=1..2:0",
            "width=1..2:inf",
            "width=1..2:nan",
        ] {
            let said = said(wrong);
            assert!(
                said.contains(wrong)
                    && said.contains("`to` not below `from` and a step above zero"),
                "{said}"
            );
        }
        assert!(said("fast=5..9:x").contains("name=from..to:step, name="));
        assert!(said("width=1..2:0.0000001").contains("points; accepted: from 1 to 1000000"));
        let one = Axis::parse(PARAMETERS, "width=2..2").unwrap();
        assert_eq!(one.values, [Value::Real(2.0)]);
    }
}
