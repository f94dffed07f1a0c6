//! Strategies written as TOML: indicators, conditions, sizing and stops.
//!
//! ```toml
//! name = "sma_cross"
//! unit = "ticks"
//!
//! [indicators]
//! fast = { indicator = "sma", period = 10 }
//! slow = { indicator = "sma", period = 30 }
//!
//! [long]
//! enter = "fast crosses above slow"
//! exit = "fast crosses below slow"
//! ```
//!
//! `docs/strategies.md` has the whole form. Everything is checked when the text is read: what is not known or does
//! not fit is told with its line, and what would be accepted.

mod condition;
mod file;
mod follow;
mod near;
mod reader;

pub use near::nearest;
pub use reader::{FileError, Wrong};

use crate::indicator::Entry;
use crate::strategies::{Data, NeedError, Needs, Offer};
use crate::strategy::Strategy;
use condition::{Condition, Operand};

/// The longest text that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 256 * 1024;

/// The most indicators of a strategy.
pub const INDICATORS_MAX: usize = 256;

/// The most bars that an operand may look back.
pub const LOOK_BACK_MAX: usize = 10_000;

/// The most lengths of longer bars that a strategy looks at.
pub const LENGTHS_MAX: usize = 8;

/// A strategy as a file says it.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Its name.
    pub name: String,
    /// What it does.
    pub about: String,
    unit: Unit,
    /// Lengths of the longer bars that indicators are of, ns.
    lengths: Vec<u64>,
    /// In an order in which each comes after those that it is of.
    indicators: Vec<Indicator>,
    long: Option<Sided>,
    short: Option<Sided>,
    size: Sizing,
    stops: Stops,
}

/// What one is, in prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// One of the currency.
    Price,
    /// One tick of the instrument: sums of prices are exact.
    Ticks,
}

/// A named indicator with its parameters.
#[derive(Debug, Clone)]
struct Indicator {
    entry: &'static Entry,
    parameters: Vec<f64>,
    /// The place, among the strategy's lengths, of the longer bars that it is of; `None` of those of the data.
    length: Option<usize>,
    /// The series that it takes for the close of a bar.
    of: usize,
    /// The second series of indicators of pairs.
    other: Option<usize>,
    /// Where its first output is.
    slot: usize,
}

impl Indicator {
    /// Whether one of its outputs is there.
    fn has_slot(&self, slot: usize) -> bool {
        (self.slot..self.slot + self.entry.outputs.len()).contains(&slot)
    }
}

/// When a side is entered and left.
#[derive(Debug, Clone)]
struct Sided {
    enter: Condition,
    exit: Option<Condition>,
}

/// How much is held.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sizing {
    /// A share of a full position of the run.
    Exposure(f64),
    /// A share of equity.
    Equity(f64),
    /// As much as loses this share of equity at the stop, at most the second share of equity.
    Risk(f64, f64),
}

/// Exits that are not conditions: orders that work while a position is held, and how many bars that may be.
#[derive(Debug, Clone, Default)]
struct Stops {
    loss: Option<Distance>,
    profit: Option<Distance>,
    trailing: Option<Distance>,
    bars_max: Option<u64>,
}

/// From a price to a stop.
#[derive(Debug, Clone)]
enum Distance {
    /// A share of the price.
    Share(f64),
    /// In the unit of prices, as it is at the bar that enters.
    Figure(Operand),
}

/// The series that every bar has, by their names; after them come the outputs of indicators.
const FIELDS: [&str; 6] = ["open", "high", "low", "close", "volume", "typical"];

/// The place of the close among [`FIELDS`].
const CLOSE: usize = 3;

impl Recipe {
    /// Reads a strategy; `file` is its name in errors.
    ///
    /// # Errors
    /// With the line, the field, its value and what would be accepted.
    pub fn parse(file: &str, text: &str) -> Result<Self, FileError> {
        file::parse(file, text)
    }

    /// The strategy.
    pub fn build(&self) -> Box<dyn Strategy> {
        Box::new(follow::Followed::new(self.clone()))
    }

    /// Lengths of the longer bars that it looks at, ns: the run shows them as its first frames, in this order.
    pub fn lengths(&self) -> &[u64] {
        &self.lengths
    }

    /// Its name, the sides that it trades and how many indicators it has.
    pub fn summary(&self) -> String {
        let sides = match (&self.long, &self.short) {
            (Some(_), Some(_)) => "long and short",
            (None, Some(_)) => "short",
            _ => "long",
        };
        let count = self.indicators.len();
        let plural = if count == 1 { "" } else { "s" };
        format!("{}: {sides}, {count} indicator{plural}", self.name)
    }

    /// Whether the data of a run has what it needs: bars, with volume where it looks at that.
    ///
    /// # Errors
    /// With what is missing.
    pub fn check(&self, offer: &Offer) -> Result<(), NeedError> {
        let data = if self.looks_at_volume() {
            Data::Volume
        } else {
            Data::Bars
        };
        Needs::each(data).check(&self.name, offer)
    }

    fn looks_at_volume(&self) -> bool {
        let volume = FIELDS.iter().position(|field| *field == "volume");
        let sides = self.long.iter().chain(&self.short);
        let mut conditions = sides.flat_map(|side| std::iter::once(&side.enter).chain(&side.exit));
        conditions.any(|condition| condition.looks_at(volume))
            || self.indicators.iter().any(|indicator| {
                Some(indicator.of) == volume
                    || (indicator.other.is_some() && indicator.other == volume)
                    || VOLUME.contains(&indicator.entry.name)
            })
    }

    fn slots(&self) -> usize {
        let ends = self.indicators.iter();
        ends.map(|it| it.slot + it.entry.outputs.len())
            .fold(FIELDS.len(), usize::max)
    }
}

/// Indicators that are nothing without volume.
const VOLUME: [&str; 8] = [
    "vwma",
    "vwap",
    "obv",
    "accumulation_distribution",
    "chaikin_oscillator",
    "money_flow_index",
    "chaikin_money_flow",
    "force_index",
];
