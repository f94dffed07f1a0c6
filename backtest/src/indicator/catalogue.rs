//! Every indicator by name, with what it takes and gives: for texts that name indicators, for the page about
//! them, and for the tests that hold all of them to the same properties.

use super::{Bar, IndicatorError, PERIOD_MAX};
use super::{
    adaptive, average, band, direction, extreme, ichimoku, momentum, oscillator, pair, regression,
    reversion, sar, statistic, stochastic, true_range, volatility, volume,
};

/// What an indicator is fed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// One series; closes, unless the caller says otherwise.
    Value,
    /// Bars.
    Bar,
    /// Two series: the close, and another one.
    Pair,
}

/// One step of everything that any indicator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    /// The bar; its close is the value of indicators of one series.
    pub bar: Bar,
    /// The second series of indicators of pairs.
    pub other: f64,
    /// Whether this is the first bar of a session.
    pub session_begins: bool,
}

/// A parameter of an indicator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is when nobody says.
    pub default: f64,
    /// The least that is taken.
    pub least: f64,
    /// The most that is taken.
    pub most: f64,
    /// Whether it is a whole number.
    pub whole: bool,
}

impl Parameter {
    pub(super) const fn of(self, default: usize) -> Self {
        Self {
            default: default as f64,
            ..self
        }
    }

    pub(super) const fn from(self, least: usize) -> Self {
        Self {
            least: least as f64,
            ..self
        }
    }

    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    fn accepts(&self, value: f64) -> bool {
        (self.least..=self.most).contains(&value) && (!self.whole || value.fract() == 0.0)
    }
}

pub(super) const PERIOD: Parameter = Parameter {
    name: "period",
    default: 0.0,
    least: 1.0,
    most: PERIOD_MAX as f64,
    whole: true,
};

pub(super) const fn factor(name: &'static str, default: f64, least: f64, most: f64) -> Parameter {
    Parameter {
        name,
        default,
        least,
        most,
        whole: false,
    }
}

type Step = Box<dyn FnMut(&Sample, &mut [Option<f64>]) + Send>;

/// One indicator of the catalogue.
#[derive(Debug)]
pub struct Entry {
    /// Its name, in lower case.
    pub name: &'static str,
    /// What it computes.
    pub formula: &'static str,
    /// Whose convention it follows.
    pub source: &'static str,
    /// What it is fed with.
    pub input: Input,
    /// What can be set.
    pub parameters: &'static [Parameter],
    /// What comes out.
    pub outputs: &'static [&'static str],
    pub(super) build: fn(&[f64]) -> Result<Step, IndicatorError>,
}

impl Entry {
    /// The defaults of all parameters.
    pub fn defaults(&self) -> Vec<f64> {
        self.parameters
            .iter()
            .map(|parameter| parameter.default)
            .collect()
    }

    /// The indicator with these parameters, in the order of [`Entry::parameters`].
    ///
    /// # Errors
    /// Too few or too many parameters, or one that the indicator does not take.
    pub fn build(&self, parameters: &[f64]) -> Result<Feed, IndicatorError> {
        if parameters.len() != self.parameters.len() {
            return Err(IndicatorError::Count {
                indicator: self.name,
                expected: self.parameters.len(),
                given: parameters.len(),
            });
        }
        for (parameter, &value) in self.parameters.iter().zip(parameters) {
            if !parameter.accepts(value) {
                return Err(if parameter.whole {
                    IndicatorError::Period {
                        name: parameter.name,
                        value,
                        least: parameter.least as usize,
                    }
                } else {
                    IndicatorError::Range {
                        name: parameter.name,
                        value,
                        least: parameter.least,
                        most: parameter.most,
                    }
                });
            }
        }
        Ok(Feed {
            step: (self.build)(parameters)?,
            values: vec![None; self.outputs.len()],
        })
    }
}

/// An indicator whose kind is not known when the program is compiled.
pub struct Feed {
    step: Step,
    values: Vec<Option<f64>>,
}

impl Feed {
    /// Takes the next sample; the figures are in the order of [`Entry::outputs`].
    pub fn update(&mut self, sample: &Sample) -> &[Option<f64>] {
        (self.step)(sample, &mut self.values);
        &self.values
    }

    /// The figures after the last update.
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Feed").field(&self.values).finish()
    }
}

/// All families, in the order of the page about them.
pub const ALL: &[&[Entry]] = &[
    average::ENTRIES,
    adaptive::ENTRIES,
    momentum::ENTRIES,
    oscillator::ENTRIES,
    stochastic::ENTRIES,
    true_range::ENTRIES,
    direction::ENTRIES,
    sar::ENTRIES,
    band::ENTRIES,
    ichimoku::ENTRIES,
    extreme::ENTRIES,
    statistic::ENTRIES,
    regression::ENTRIES,
    pair::ENTRIES,
    reversion::ENTRIES,
    volatility::ENTRIES,
    volume::ENTRIES,
];

/// The indicator of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter()
        .copied()
        .flatten()
        .find(|entry| entry.name == name)
}

pub(super) fn whole(parameters: &[f64], index: usize) -> usize {
    parameters[index] as usize
}

pub(super) fn of_value<I: Send + 'static>(
    mut indicator: I,
    update: fn(&mut I, f64) -> Option<f64>,
) -> Step {
    Box::new(move |sample, out| out[0] = update(&mut indicator, sample.bar.close))
}

pub(super) fn of_bar<I: Send + 'static>(
    mut indicator: I,
    update: fn(&mut I, &Bar) -> Option<f64>,
) -> Step {
    Box::new(move |sample, out| out[0] = update(&mut indicator, &sample.bar))
}

pub(super) fn of_pair<I: Send + 'static>(
    mut indicator: I,
    update: fn(&mut I, f64, f64) -> Option<f64>,
) -> Step {
    Box::new(move |sample, out| out[0] = update(&mut indicator, sample.bar.close, sample.other))
}

/// An indicator with several figures, all of which are ready together.
pub(super) fn of_many<I: Send + 'static, const N: usize>(
    mut indicator: I,
    update: fn(&mut I, &Sample) -> Option<[f64; N]>,
) -> Step {
    Box::new(move |sample, out| {
        let values = update(&mut indicator, sample);
        for (index, slot) in out.iter_mut().enumerate() {
            *slot = values.map(|values| values[index]);
        }
    })
}
