//! Reports: one HTML file that needs nothing else, and its plots as files.
//!
//! Everything is drawn here, in SVG whose colours follow the reader's scheme. A section whose data is not there is
//! left out. Long series are thinned to what a plot can show (see `thin.rs`), so that a million bars make a file as
//! small as a thousand do.

mod axes;
mod curve;
mod date;
mod figures;
mod page;
mod plots;
mod recorder;
mod scale;
mod searched;
mod svg;
mod tables;
mod text;
mod theme;
mod thin;
mod verdicts;

use types::{Instrument, Seq, TimestampNs};

pub use figures::compared;
pub use recorder::{
    BREACH_POSITIONS_MAX, CANDLES_MAX, Candle, Candles, FLOOR_MOVES_MAX, Floor, Recorder,
};
pub use searched::{BEST_LISTED_MAX, RUNS_LISTED_MAX, SURFACE_STEPS_MAX, judged};
pub use svg::Plot;

use crate::metric::{self, RecordError};
use crate::outcome::Outcome;

/// The most round trips that a report lists; `--trades` writes all of them.
pub const TRADES_MAX: usize = 1_000;

/// The most round trips that are marked in a price chart: the largest by profit or loss.
pub const MARKS_MAX: usize = 300;

/// The most instruments that have a price chart: those with the most round trips.
pub const PRICE_PLOTS_MAX: usize = 4;

/// The most verdicts that a report lists.
pub const VERDICTS_LISTED_MAX: usize = 200;

/// A name and what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// What it is here.
    pub value: String,
}

impl Fact {
    /// Both.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// Figures that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureGroup {
    /// What they are about.
    pub name: String,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// A figure and how it is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// As it is read, or why there is none.
    pub value: Result<String, String>,
    /// Formula and convention.
    pub convention: String,
}

/// What else could have been done with the money.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    /// What it is.
    pub name: String,
    /// What the account would be worth, in units of its currency.
    pub points: Vec<(TimestampNs, f64)>,
}

/// A document that proves a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The input that the verdict came with.
    pub seq: Seq,
    /// Name of its file.
    pub file: String,
    /// How it can be checked: a command line.
    pub command: String,
}

/// Rows of text: the first column names what a row is about, the others are figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// The rows, as long as `columns`.
    pub rows: Vec<Vec<String>>,
    /// The row that stands out.
    pub marked: Option<usize>,
}

/// One figure for every combination of two parameters, or for every value of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    /// The parameter across.
    pub x_name: String,
    /// Its values.
    pub x: Vec<String>,
    /// The parameter upwards.
    pub y_name: String,
    /// Its values; none where only one parameter was searched. Then there is no drawing, only the table.
    pub y: Vec<String>,
    /// What was looked at.
    pub figure: String,
    /// By `y`, and of each of those by `x`; `None` where it is undefined or was not tried.
    pub values: Vec<Option<f64>>,
    /// Places in `x` and `y` of the combination that this report is about.
    pub chosen: Option<(usize, usize)>,
    /// What else was searched and stands for its best in each cell, and which values share one; empty where neither.
    pub about: String,
    /// Runs of the search: the best, or all of one parameter.
    pub runs: Table,
    /// What the search says about itself: how many were tried, the deflated Sharpe ratio, the probability of
    /// overfitting.
    pub facts: Vec<Fact>,
}

/// Parameters chosen on one stretch of time and tried on the next.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkForward {
    /// How it was done: anchored or rolling, purge, embargo.
    pub about: String,
    /// What was looked at.
    pub figure: String,
    /// The stretches.
    pub folds: Vec<Fold>,
    /// Equity out of sample, one stretch after the other, in units of the account's currency.
    pub curve: Vec<(TimestampNs, f64)>,
    /// Figures of the curve.
    pub facts: Vec<Fact>,
    /// How each stretch fares as an account under a plan, and all of them as one.
    pub judged: Option<Table>,
}

/// One stretch of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// First and last time of each stretch in sample.
    pub inside: Vec<(TimestampNs, TimestampNs)>,
    /// First and last time out of sample.
    pub outside: (TimestampNs, TimestampNs),
    /// The parameters that were chosen.
    pub parameters: String,
    /// The figure in sample.
    pub inside_figure: Option<f64>,
    /// The figure out of sample.
    pub outside_figure: Option<f64>,
    /// The return out of sample, a fraction.
    pub outside_return: Option<f64>,
    /// The share of combinations that were worse out of sample.
    pub rank: Option<f64>,
}

/// What could have come of it: percentiles of equity over many shuffled or resampled paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Fan {
    /// Method, paths, seed.
    pub about: String,
    /// What a step is: a trade, a day.
    pub step: String,
    /// The steps that bands have values for, ascending from 0.
    pub after: Vec<usize>,
    /// Percentiles in ascending order, each with a value for each of `after`, in units of the account's currency.
    pub bands: Vec<Band>,
    /// What did come of it, after each step from 0 on; none if it is not to be drawn.
    pub actual: Vec<f64>,
    /// Percentiles of the return and of the drawdown.
    pub table: Table,
    /// Probabilities of loss and of ruin, with their intervals.
    pub facts: Vec<Fact>,
}

/// What attempts under a plan come to, by size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odds {
    /// The plans, how many attempts, of how many days, seed.
    pub about: String,
    /// A row for each size.
    pub table: Table,
    /// What each figure means.
    pub note: String,
}

/// What the account's entry of a competition came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The competition.
    pub name: String,
    /// When it was live, and how it stands.
    pub about: String,
    /// Why the entry is not ranked; none where it is.
    pub unranked: Option<String>,
    /// A row for each component of the score, and for their sum.
    pub table: Table,
    /// Gates, return, drawdown.
    pub facts: Vec<Fact>,
}

/// One percentile.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// From 0 to 100.
    pub percentile: f64,
    /// Of each of [`Fan::after`].
    pub values: Vec<f64>,
}

/// Everything that a report shows.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// Its title.
    pub title: String,
    /// What the run came to; none where a report is about many.
    pub outcome: Option<&'a Outcome>,
    /// Name of the account's currency.
    pub currency: String,
    /// The instruments, by their ids.
    pub instruments: &'a [Instrument],
    /// Prices and floors, where they were recorded.
    pub recorder: Option<&'a Recorder>,
    /// How it was run: data, strategy, parameters, fees, when orders were sent, seed, version.
    pub facts: Vec<Fact>,
    /// The command line that repeats it.
    pub command: Option<String>,
    /// The figures.
    pub figures: Vec<FigureGroup>,
    /// Samples of the equity curve in a year.
    pub periods_per_year: f64,
    /// What it is compared with.
    pub benchmark: Option<Benchmark>,
    /// Proofs of verdicts.
    pub proofs: Vec<Proof>,
    /// Name of the plan that the account was under; without one there is no section on rules.
    pub plan: Option<String>,
    /// Equity or balance that the plan asks for.
    pub target: Option<types::Money>,
    /// The entry of a competition; without one there is no section on it.
    pub entry: Option<Entry>,
    /// Figures by parameters.
    pub surface: Option<Surface>,
    /// In and out of sample.
    pub walk_forward: Option<WalkForward>,
    /// What could have come of it.
    pub fan: Option<Fan>,
    /// What it would come to under a plan.
    pub odds: Option<Odds>,
}

impl<'a> Report<'a> {
    /// A report on an outcome; everything else is absent.
    pub fn new(
        title: impl Into<String>,
        outcome: &'a Outcome,
        currency: impl Into<String>,
        instruments: &'a [Instrument],
    ) -> Self {
        Self {
            outcome: Some(outcome),
            instruments,
            ..Self::of_many(title, currency)
        }
    }

    /// A report that is not about a single run; everything but its title is absent.
    pub fn of_many(title: impl Into<String>, currency: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            outcome: None,
            currency: currency.into(),
            instruments: &[],
            recorder: None,
            facts: Vec::new(),
            command: None,
            figures: Vec::new(),
            periods_per_year: 252.0,
            benchmark: None,
            proofs: Vec::new(),
            plan: None,
            target: None,
            entry: None,
            surface: None,
            walk_forward: None,
            fan: None,
            odds: None,
        }
    }

    /// Takes in every metric of the outcome, against the benchmark if there is one at every point; none without an
    /// outcome.
    ///
    /// # Errors
    /// What the metrics say of a curve or of settings that they are not defined for.
    pub fn measure(&mut self, settings: &metric::Settings) -> Result<(), RecordError> {
        self.periods_per_year = settings.periods_per_year;
        self.figures = figures::measured(self, settings)?;
        Ok(())
    }

    /// The page: a whole HTML file.
    pub fn to_html(&self) -> String {
        page::html(self)
    }

    /// Its plots, to be files of their own.
    pub fn plots(&self) -> Vec<Plot> {
        let figures = plots::all(self);
        figures.into_iter().map(|figure| figure.wide).collect()
    }

    fn symbol(&self, instrument: types::InstrumentId) -> String {
        let known = self.instruments.get(instrument.0 as usize);
        known.map_or_else(
            || format!("instrument {}", instrument.0),
            |known| known.symbol.to_string(),
        )
    }

    /// What an instrument's prices and amounts are in.
    fn currency_of(&self, instrument: types::InstrumentId) -> String {
        let known = self.instruments.get(instrument.0 as usize);
        known.map_or_else(|| self.currency.clone(), |known| known.currency.to_string())
    }

    /// Whether a round trip is in another currency than the account.
    fn has_foreign_trades(&self, outcome: &Outcome) -> bool {
        let mut traded = outcome.trips.iter().map(|trip| trip.instrument);
        traded.any(|instrument| self.currency_of(instrument) != self.currency)
    }

    /// First and last time that it is about.
    fn span(&self) -> Option<(u64, u64)> {
        if let Some(outcome) = self.outcome {
            return Some((outcome.first.0, outcome.dated(outcome.last).0));
        }
        let curve = &self.walk_forward.as_ref()?.curve;
        Some((curve.first()?.0.0, curve.last()?.0.0))
    }

    /// Whether times of day matter, or dates are enough.
    fn with_time(&self) -> bool {
        let Some(outcome) = self.outcome else {
            return false;
        };
        let samples = &outcome.samples;
        let is_midnight = |ts: TimestampNs| ts.0.is_multiple_of(date::DAY_NS);
        let span = outcome.last.0.saturating_sub(outcome.first.0);
        let per_sample = span / (samples.len() as u64).max(1);
        per_sample < date::DAY_NS * 9 / 10
            && !samples
                .iter()
                .take(1_000)
                .all(|sample| is_midnight(sample.ts))
    }

    /// The moment that dates what happened at `ts`, as everything on the page is placed.
    fn dated(&self, ts: TimestampNs) -> u64 {
        self.outcome.map_or(ts, |outcome| outcome.dated(ts)).0
    }

    /// The same of a fill.
    fn dated_fill(&self, ts: TimestampNs, at_open: bool) -> u64 {
        let outcome = self.outcome;
        outcome.map_or(ts, |it| it.dated_fill(ts, at_open)).0
    }
}
