//! Figures about an equity curve and its trades, each with its convention.
//!
//! Returns are simple returns from point to point. Deviations are of the sample (ddof 1). What is annual is scaled
//! with the periods per year that the caller states. A figure that is undefined says why; it is never 0 instead.
//! `docs/metrics.md` has a line on each, and who computes it otherwise.

mod benchmark;
mod calendar;
mod distribution;
mod drawdown;
mod facts;
mod growth;
mod normal;
mod path;
mod ratio;
mod rolling;
mod running;
mod tally;
mod trade;
mod year;

use jiff::tz::TimeZone;
use types::TimestampNs;

pub(crate) use calendar::within;
pub use calendar::{PeriodReturn, by_day, by_month, by_year};
pub use drawdown::{Drawdown, drawdowns};
pub use facts::Facts;
pub use rolling::{Rolling, rolling};
pub use running::{Counted, Running};
pub use tally::Tally;
pub(crate) use year::middle_step;
pub use year::periods_per_year;

/// The equity of an account at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub ts: TimestampNs,
    /// Balance and open profit, in the account's currency.
    pub equity: f64,
    /// Whether anything was held.
    pub exposed: bool,
}

/// A closed round trip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// When it was opened.
    pub entry_ts: TimestampNs,
    /// When it was closed.
    pub exit_ts: TimestampNs,
    /// Whether it was bought first.
    pub long: bool,
    /// What it earned after fees, in the account's currency.
    pub profit: f64,
    /// The fees in that, in the account's currency; positive is paid.
    pub fees: f64,
    /// What was bought or sold to open it, in the account's currency; always positive.
    pub entry_value: f64,
    /// What was sold or bought to close it, in the account's currency; always positive.
    pub exit_value: f64,
    /// Bars from entry to exit.
    pub bars: u32,
}

/// Everything that figures are made of.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The curve, from the capital at the start on; times ascend.
    pub points: &'a [Point],
    /// The closed trades, in the order of their exits.
    pub trades: &'a [Trade],
    /// A benchmark's value at each point.
    pub benchmark: Option<&'a [f64]>,
}

/// How many strategies were tried before this one was chosen, for the deflated Sharpe ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trials {
    /// How many; at least 2.
    pub count: u64,
    /// The variance of their Sharpe ratios, per period and not annualised.
    pub variance: f64,
}

/// What the conventions leave open.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How many periods of the curve make a year: 252 for days of an exchange.
    pub periods_per_year: f64,
    /// A year's return without risk, as a fraction.
    pub risk_free: f64,
    /// The confidence of value at risk, above 0.5 and below 1.
    pub confidence: f64,
    /// Where days, months and years begin.
    pub zone: TimeZone,
    /// The search that led to this strategy.
    pub trials: Option<Trials>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            periods_per_year: 252.0,
            risk_free: 0.0,
            confidence: 0.95,
            zone: TimeZone::UTC,
            trials: None,
        }
    }
}

/// A record or settings that no figure can be made of.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RecordError {
    /// A number that is not finite or out of range.
    #[error("{field} = {value}: accepted is {accepted}")]
    Number {
        /// The field.
        field: &'static str,
        /// What was given.
        value: f64,
        /// What would have been taken.
        accepted: &'static str,
    },
    /// Points out of order.
    #[error("points[{index}].ts = {ts}: times have to ascend, the point before is of {before}")]
    Order {
        /// The point.
        index: usize,
        /// Its time.
        ts: TimestampNs,
        /// The time of the one before.
        before: TimestampNs,
    },
    /// A benchmark of another length.
    #[error("the benchmark has {given} values: one for each of {expected} points was expected")]
    Benchmark {
        /// Points of the curve.
        expected: usize,
        /// Values of the benchmark.
        given: usize,
    },
}

/// Why there is no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    /// Too short a curve.
    #[error("the curve is too short")]
    Short,
    /// Equity at or below 0 has no return.
    #[error("the equity was not always above 0")]
    NotPositive,
    /// Nothing varied, so nothing can be divided by its variation.
    #[error("the returns did not vary")]
    Still,
    /// No loss to divide by.
    #[error("there was no loss")]
    NoLoss,
    /// A quantile to divide by is 0.
    #[error("the quantile of losses is 0")]
    NoTail,
    /// No drawdown.
    #[error("there was no drawdown")]
    NoDrawdown,
    /// No closed trade.
    #[error("there was no closed trade")]
    NoTrades,
    /// A single closed trade does not vary.
    #[error("there was only one closed trade")]
    OneTrade,
    /// No winning trade.
    #[error("no trade won")]
    NoWins,
    /// No losing trade.
    #[error("no trade lost")]
    NoLosses,
    /// A trade whose entry had no value has no return.
    #[error("a trade was entered at no value")]
    NoEntryValue,
    /// No benchmark.
    #[error("no benchmark was given")]
    NoBenchmark,
    /// A benchmark at or below 0 has no return.
    #[error("the benchmark was not always above 0")]
    BenchmarkNotPositive,
    /// A benchmark that did not move.
    #[error("the benchmark did not vary")]
    BenchmarkStill,
    /// A curve that keeps its distance to the benchmark.
    #[error("the difference to the benchmark did not vary")]
    SameAsBenchmark,
    /// Nothing of the benchmark in the curve.
    #[error("the beta is 0")]
    NoBeta,
    /// A benchmark that never rose.
    #[error("the benchmark never rose")]
    BenchmarkNeverRose,
    /// A benchmark that never fell.
    #[error("the benchmark never fell")]
    BenchmarkNeverFell,
    /// No search.
    #[error("nothing is known of a search")]
    NoTrials,
    /// Moments that no Sharpe ratio could have: its variance would be below 0.
    #[error("the variance of the Sharpe ratio would not be above 0")]
    NoVariance,
    /// A figure too large for a float.
    #[error("the figure is too large")]
    OutOfRange,
}

/// A figure, or why there is none.
pub type Figure = Result<f64, Undefined>;

/// How a figure is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share of one: 0.05 is five percent.
    Fraction,
    /// The account's currency.
    Money,
    /// A number without a unit.
    Ratio,
    /// A whole number.
    Count,
    /// Days of 24 hours.
    Days,
}

/// A metric and its convention.
#[derive(Debug)]
pub struct Definition {
    /// Its name, in lower case.
    pub name: &'static str,
    /// How to read it.
    pub unit: Unit,
    /// The formula and the convention.
    pub convention: &'static str,
    /// Who says something else under this name, and what.
    pub differs: &'static str,
    pub(crate) compute: fn(&Facts<'_>) -> Figure,
}

impl Definition {
    /// The figure.
    ///
    /// # Errors
    /// The reason why it is undefined.
    pub fn of(&self, facts: &Facts<'_>) -> Figure {
        let value = (self.compute)(facts)?;
        // Sums and quotients of finite numbers can still pass the range of a float.
        if value.is_finite() {
            // An empty sum is -0.
            Ok(value + 0.0)
        } else {
            Err(Undefined::OutOfRange)
        }
    }
}

/// A metric of one record.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// What it is.
    pub definition: &'static Definition,
    /// The figure.
    pub value: Figure,
}

/// All metrics by family, in the order in which they are shown.
pub const ALL: &[(&str, &[Definition])] = &[
    ("Growth", growth::DEFINITIONS),
    ("Risk and reward", ratio::DEFINITIONS),
    ("Drawdown", drawdown::DEFINITIONS),
    ("Distribution of returns", distribution::DEFINITIONS),
    ("Trades", trade::DEFINITIONS),
    ("Against a benchmark", benchmark::DEFINITIONS),
];

/// The metric of this name.
pub fn find(name: &str) -> Option<&'static Definition> {
    ALL.iter()
        .flat_map(|(_, family)| family.iter())
        .find(|definition| definition.name == name)
}

/// Names of the figures that need more than what came before, so that of a curve of which not every point is kept they
/// are of the points that are; so is all that is against a benchmark.
pub const OF_KEPT: &[&str] = &[
    "best_month",
    "worst_month",
    "positive_months",
    "best_year",
    "worst_year",
    "stability",
    "common_sense_ratio",
    "value_at_risk",
    "expected_shortfall",
    "tail_ratio",
    "autocorrelation",
];

/// Every metric of a record, in the order of [`ALL`].
///
/// # Errors
/// A record out of order or settings out of range.
pub fn metrics(record: Record<'_>, settings: &Settings) -> Result<Vec<Metric>, RecordError> {
    metrics_of(record, Counted::default(), settings)
}

/// The same of a record that has some of the points or trades: [`Facts::of`].
///
/// # Errors
/// A record out of order or settings out of range.
pub fn metrics_of(
    record: Record<'_>,
    counted: Counted<'_>,
    settings: &Settings,
) -> Result<Vec<Metric>, RecordError> {
    let facts = Facts::of(record, counted, settings)?;
    let all = ALL.iter().flat_map(|(_, family)| family.iter());
    Ok(all
        .map(|definition| Metric {
            definition,
            value: definition.of(&facts),
        })
        .collect())
}
