//! Bars as columns, for sweeps of strategies that need no more than bars: the same fills and the same equity as the
//! engine's, to the unit, without its inputs and events.
//!
//! What this path cannot say exactly it does not say: [`NotColumnar`] names what a run has that it does not know, and a
//! run that comes near a margin or the end of its money ends with [`Beyond`]. Both mean the engine instead.
//! Prices are whole ticks and money whole 1e-6 in `f64`, all below 2^53, so every sum and product is exact.

mod account;
mod cross;
mod desk;

pub use account::{Recorder, Trade};
pub use desk::Desk;

use types::{Bar, Grid, Instrument, TimestampNs};

use crate::metric::periods_per_year;
use crate::outcome::dated;
use crate::run::Lengths;
use crate::search::{Cells, Figures};
use crate::strategy::Values;

/// The least whole number that `f64` does not tell from its neighbour.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Why a run is left to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what}; accepted: {accepted}")]
pub struct NotColumnar {
    /// What the run has.
    pub what: &'static str,
    /// What would have gone.
    pub accepted: &'static str,
}

/// A run came to where the engine decides: equity may not cover what would be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beyond;

/// Bars of one instrument.
#[derive(Debug, Clone)]
pub struct Columns {
    starts: Vec<TimestampNs>,
    ends: Vec<TimestampNs>,
    open: Vec<f64>,
    close: Vec<f64>,
    /// Before each bar and after the last: closes so far, each less [`Columns::base`].
    sums: Vec<f64>,
    /// The largest distance of a close from the base, in ticks.
    reach: f64,
    /// The highest price, in ticks.
    highest: f64,
    /// How many bars make a year.
    periods_per_year: f64,
}

impl Columns {
    /// `bars`: the end of each, and the bar.
    ///
    /// # Errors
    /// When bars do not follow each other, or a price is not on the grid or not above zero.
    pub fn new(instrument: &Instrument, bars: &[(TimestampNs, Bar)]) -> Result<Self, NotColumnar> {
        let Some((_, first)) = bars.first() else {
            return Err(NotColumnar {
                what: "there is no bar",
                accepted: "one bar at least",
            });
        };
        let off_grid = NotColumnar {
            what: "a price is not on the instrument's grid",
            accepted: "multiples of its tick size",
        };
        let base = instrument.ticks(first.close).map_err(|_| off_grid)?.0;
        let grid = Grid::new(instrument.tick_size.0);
        let mut columns = Self {
            starts: Vec::with_capacity(bars.len()),
            ends: Vec::with_capacity(bars.len()),
            open: Vec::with_capacity(bars.len()),
            close: Vec::with_capacity(bars.len()),
            sums: Vec::with_capacity(bars.len() + 1),
            reach: 0.0,
            highest: 0.0,
            periods_per_year: 0.0,
        };
        let mut lengths = Lengths::default();
        let mut sum = 0.0;
        columns.sums.push(sum);
        for &(end, bar) in bars {
            let before = columns.ends.last();
            if bar.start > end || before.is_some_and(|last| *last > bar.start || *last >= end) {
                return Err(NotColumnar {
                    what: "a bar ends before it starts, or starts before the one before it has ended",
                    accepted: "bars that follow each other",
                });
            }
            let inner = bar.open.min(bar.close)..=bar.open.max(bar.close);
            if bar.low.0 <= 0 || bar.low > *inner.start() || bar.high < *inner.end() {
                return Err(NotColumnar {
                    what: "a bar is inconsistent, or has a price that is not above zero",
                    accepted: "0 < low <= open, close <= high",
                });
            }
            let prices = [bar.open, bar.high, bar.low, bar.close];
            let [Some(open), Some(high), Some(_), Some(close)] =
                prices.map(|price| grid.steps(price.0))
            else {
                return Err(off_grid);
            };
            lengths.note(end.0 - bar.start.0);
            columns.starts.push(bar.start);
            columns.ends.push(end);
            columns.open.push(open as f64);
            columns.close.push(close as f64);
            let distance = (close - base) as f64;
            sum += distance;
            columns.sums.push(sum);
            columns.reach = columns.reach.max(distance.abs());
            columns.highest = columns.highest.max(high as f64);
        }
        if columns.reach * bars.len() as f64 >= EXACT_MAX || columns.highest >= EXACT_MAX {
            return Err(NotColumnar {
                what: "sums of prices pass 2^53 ticks",
                accepted: "shorter data or larger ticks",
            });
        }
        let bar_ns = lengths.bar_ns();
        let dated = columns.ends.iter().map(|end| dated(bar_ns, *end));
        columns.periods_per_year = periods_per_year(dated);
        Ok(columns)
    }

    /// How many bars.
    pub fn len(&self) -> usize {
        self.close.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.close.is_empty()
    }

    /// End of a bar.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn end(&self, bar: usize) -> TimestampNs {
        self.ends[bar]
    }
}

/// A strategy whose decisions this path knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// `sma_cross`.
    SmaCross {
        /// Bars of the fast average.
        fast: usize,
        /// Bars of the slow one, more than of the fast one.
        slow: usize,
        /// Whether a cross below goes short.
        is_short_too: bool,
    },
}

impl Rule {
    /// The rule of a strategy of the library with these values, if this path knows it.
    pub fn of(strategy: &str, values: &Values) -> Option<Self> {
        if strategy != "sma_cross" {
            return None;
        }
        let (fast, slow) = (values.count("fast"), values.count("slow"));
        (fast < slow).then(|| Self::SmaCross {
            fast,
            slow,
            is_short_too: values.choice("side") == "both",
        })
    }
}

/// Runs a rule over all bars.
///
/// # Errors
/// [`Beyond`] when only the engine can say what happens.
pub fn run<R: Recorder>(
    columns: &Columns,
    desk: &Desk,
    rule: Rule,
    cells: &Cells,
    recorder: &mut R,
) -> Result<Figures, Beyond> {
    let mut account = account::Account::new(columns, desk, cells.edges(columns.len()), recorder);
    match rule {
        Rule::SmaCross {
            fast,
            slow,
            is_short_too,
        } => {
            let low = if is_short_too { -1 } else { 0 };
            if low < 0 && !desk.may_short() {
                return Err(Beyond);
            }
            cross::averages(columns, fast, slow, |bar, is_up| {
                account.want(bar, if is_up { 1 } else { low })
            })?;
        }
    }
    account.finish()
}
