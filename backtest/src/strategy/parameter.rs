//! Parameters as data: one list serves the command line, the listings and the searches.

use std::fmt;

/// A parameter of a strategy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Its name, in lower case with underscores.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is unless it is set.
    pub default: Value,
    /// One line about it.
    pub about: &'static str,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number, both ends included.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A number, both ends included.
    Real {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Yes or no.
    Flag,
}

/// A value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A word of a [`Kind::Choice`].
    Choice(&'static str),
    /// Yes or no.
    Flag(bool),
}

/// Why parameters cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// There is no such parameter.
    #[error("no parameter '{name}'; accepted: {accepted}")]
    Unknown {
        /// The name given.
        name: String,
        /// The names that there are.
        accepted: String,
    },
    /// The value is not one that the parameter may have.
    #[error("parameter {name}: '{value}'; accepted: {accepted}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// The value given.
        value: String,
        /// What it may be.
        accepted: String,
    },
    /// The values do not go together.
    #[error("parameters {names}: {values}; accepted: {accepted}")]
    Together {
        /// The parameters.
        names: &'static str,
        /// Their values.
        values: String,
        /// What they may be.
        accepted: &'static str,
    },
    /// An indicator does not take them.
    #[error(transparent)]
    Indicator(#[from] crate::indicator::IndicatorError),
}

impl Parameter {
    /// A whole number from `min` to `max`.
    pub const fn integer(
        name: &'static str,
        default: i64,
        min: i64,
        max: i64,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Integer { min, max },
            default: Value::Integer(default),
            about,
        }
    }

    /// A number from `min` to `max`.
    pub const fn real(
        name: &'static str,
        default: f64,
        min: f64,
        max: f64,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Real { min, max },
            default: Value::Real(default),
            about,
        }
    }

    /// One of some words; the first is the default.
    pub const fn choice(
        name: &'static str,
        words: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Choice(words),
            default: Value::Choice(words[0]),
            about,
        }
    }

    /// Yes or no.
    pub const fn flag(name: &'static str, default: bool, about: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Flag,
            default: Value::Flag(default),
            about,
        }
    }

    /// The value of this text.
    ///
    /// # Errors
    /// When the parameter may not have it.
    pub fn parse(&self, text: &str) -> Result<Value, ParameterError> {
        let value = match self.kind {
            Kind::Integer { .. } => text.parse().ok().map(Value::Integer),
            Kind::Real { .. } => text.parse().ok().map(Value::Real),
            Kind::Choice(words) => {
                let word = words.iter().find(|word| **word == text);
                word.map(|word| Value::Choice(word))
            }
            Kind::Flag => match text {
                "yes" | "true" => Some(Value::Flag(true)),
                "no" | "false" => Some(Value::Flag(false)),
                _ => None,
            },
        };
        value
            .filter(|value| self.kind.has(*value))
            .ok_or_else(|| ParameterError::Value {
                name: self.name,
                value: text.to_owned(),
                accepted: self.kind.to_string(),
            })
    }
}

impl Kind {
    /// Whether a parameter of this kind may be so.
    pub fn has(self, value: Value) -> bool {
        match (self, value) {
            (Self::Integer { min, max }, Value::Integer(value)) => (min..=max).contains(&value),
            (Self::Real { min, max }, Value::Real(value)) => (min..=max).contains(&value),
            (Self::Choice(words), Value::Choice(word)) => words.contains(&word),
            (Self::Flag, Value::Flag(_)) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Real { min, max } => write!(f, "a number from {min} to {max}"),
            Self::Choice(words) => f.write_str(&words.join(", ")),
            Self::Flag => f.write_str("yes or no"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
            Self::Choice(word) => f.write_str(word),
            Self::Flag(value) => f.write_str(if *value { "yes" } else { "no" }),
        }
    }
}

/// A value for each parameter of a strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    parameters: &'static [Parameter],
    values: Vec<Value>,
}

impl Values {
    /// The defaults.
    pub fn defaults(parameters: &'static [Parameter]) -> Self {
        let values = parameters.iter().map(|parameter| parameter.default);
        Self {
            parameters,
            values: values.collect(),
        }
    }

    /// Sets one from text.
    ///
    /// # Errors
    /// When there is no such parameter, or it may not be so.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), ParameterError> {
        let place = self.place(name)?;
        self.values[place] = self.parameters[place].parse(text)?;
        Ok(())
    }

    /// Sets one.
    ///
    /// # Errors
    /// When there is no such parameter, or it may not be so.
    pub fn set_value(&mut self, name: &str, value: Value) -> Result<(), ParameterError> {
        let place = self.place(name)?;
        let parameter = &self.parameters[place];
        if !parameter.kind.has(value) {
            return Err(ParameterError::Value {
                name: parameter.name,
                value: value.to_string(),
                accepted: parameter.kind.to_string(),
            });
        }
        self.values[place] = value;
        Ok(())
    }

    fn place(&self, name: &str) -> Result<usize, ParameterError> {
        let place = self.parameters.iter().position(|known| known.name == name);
        place.ok_or_else(|| {
            let names: Vec<_> = self.parameters.iter().map(|known| known.name).collect();
            ParameterError::Unknown {
                name: name.to_owned(),
                accepted: if names.is_empty() {
                    "none, this strategy has no parameters".to_owned()
                } else {
                    names.join(", ")
                },
            }
        })
    }

    /// Each parameter with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Parameter, Value)> {
        self.parameters.iter().zip(self.values.iter().copied())
    }

    fn of(&self, name: &str) -> Option<Value> {
        let place = self.parameters.iter().position(|known| known.name == name);
        place.map(|place| self.values[place])
    }

    /// The whole number of a parameter.
    ///
    /// # Panics
    /// When the strategy did not declare it so.
    pub fn integer(&self, name: &str) -> i64 {
        match self.of(name) {
            Some(Value::Integer(value)) => value,
            other => panic!("{name} is declared as {other:?}, not as a whole number"),
        }
    }

    /// The whole number of a parameter whose range begins at 0 or above: a period, a count.
    ///
    /// # Panics
    /// When the strategy did not declare it so.
    pub fn count(&self, name: &str) -> usize {
        let value = self.integer(name);
        usize::try_from(value)
            .unwrap_or_else(|_| panic!("{name} is declared with a range below 0, and is {value}"))
    }

    /// The number of a parameter.
    ///
    /// # Panics
    /// When the strategy did not declare it so.
    pub fn real(&self, name: &str) -> f64 {
        match self.of(name) {
            Some(Value::Real(value)) => value,
            other => panic!("{name} is declared as {other:?}, not as a number"),
        }
    }

    /// The word of a parameter.
    ///
    /// # Panics
    /// When the strategy did not declare it so.
    pub fn choice(&self, name: &str) -> &'static str {
        match self.of(name) {
            Some(Value::Choice(word)) => word,
            other => panic!("{name} is declared as {other:?}, not as a choice"),
        }
    }

    /// Whether a parameter says yes.
    ///
    /// # Panics
    /// When the strategy did not declare it so.
    pub fn flag(&self, name: &str) -> bool {
        match self.of(name) {
            Some(Value::Flag(value)) => value,
            other => panic!("{name} is declared as {other:?}, not as yes or no"),
        }
    }
}

impl fmt::Display for Values {
    /// `fast=10 slow=30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (parameter, value)) in self.iter().enumerate() {
            let gap = if place == 0 { "" } else { " " };
            write!(f, "{gap}{}={value}", parameter.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: &[Parameter] = &[
        Parameter::integer("fast", 10, 1, 500, "bars"),
        Parameter::real("width", 2.0, 0.1, 5.0, "deviations"),
        Parameter::choice("side", &["long", "both"], "which"),
        Parameter::flag("trail", false, "whether"),
    ];

    #[test]
    fn values_are_set_by_name_and_read_by_kind() {
        let mut values = Values::defaults(PARAMETERS);
        assert_eq!(values.to_string(), "fast=10 width=2 side=long trail=no");
        values.set("fast", "25").unwrap();
        values.set("width", "1.5").unwrap();
        values.set("side", "both").unwrap();
        values.set("trail", "yes").unwrap();
        assert_eq!((values.integer("fast"), values.count("fast")), (25, 25));
        assert_eq!(values.real("width").to_bits(), 1.5_f64.to_bits());
        assert_eq!(
            (values.choice("side"), values.flag("trail")),
            ("both", true)
        );
    }

    #[test]
    fn errors_say_what_would_be_accepted() {
        let mut values = Values::defaults(PARAMETERS);
        let said = |done: Result<(), ParameterError>| done.unwrap_err().to_string();
        assert_eq!(
            said(values.set("slow", "3")),
            "no parameter 'slow'; accepted: fast, width, side, trail"
        );
        assert_eq!(
            said(values.set("fast", "0")),
            "parameter fast: '0'; accepted: a whole number from 1 to 500"
        );
        assert_eq!(
            said(values.set("width", "NaN")),
            "parameter width: 'NaN'; accepted: a number from 0.1 to 5"
        );
        assert_eq!(
            said(values.set_value("side", Value::Flag(true))),
            "parameter side: 'yes'; accepted: long, both"
        );
        assert_eq!(values, Values::defaults(PARAMETERS));
    }
}
