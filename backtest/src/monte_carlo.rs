//! What else could have come of the same returns: shuffles, bootstraps; of the same bars a little different: runs over them;
//! bands, drawdowns, ruin.
//!
//! Path `i` of a seed is the same on any number of threads and whatever the number of paths.

mod noise;
mod share;

pub use noise::noisy;
pub use share::{Share, wilson};

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::random::Random;

/// The most paths of one simulation.
pub const PATHS_MAX: usize = 10_000_000;

/// Paths of which the fan is drawn: the first of a simulation.
pub const FAN_PATHS_MAX: usize = 20_000;

/// Places along the path at which the fan has bands.
pub const FAN_PLACES_MAX: usize = 200;

/// The shares of paths that lie below each line of a fan.
pub const FAN_SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// Paths that a thread takes at a time.
const BATCH: usize = 64;

/// How a path comes of returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// The same returns in another order (Fisher and Yates): the end is the same, the way is not.
    Shuffle,
    /// Blocks of exactly so many returns from random places, the last followed by the first: the circular block
    /// bootstrap (Politis, Romano 1992).
    Circular {
        /// Returns of a block, at least 1.
        block: usize,
    },
    /// Blocks of random length: after each return a new one begins with probability 1/mean. The stationary bootstrap
    /// (Politis, Romano, "The stationary bootstrap", 1994).
    Stationary {
        /// Mean returns of a block, at least 1.
        mean: f64,
    },
    /// The strategy run again over bars that are a little different ([`noisy`]): paths are runs, [`of_runs`].
    Paths {
        /// How far a bar is moved, as a share of the mean range of bars: the deviation of a normal number.
        share: f64,
    },
}

impl Method {
    /// The length of blocks where none is given: the cube root of how many returns there are, rounded, the order in
    /// which the best length grows (Hall, Horowitz, Jing 1995).
    pub fn block_of(returns: usize) -> usize {
        ((returns as f64).cbrt().round() as usize).max(1)
    }
}

/// A simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simulation {
    /// How paths come about.
    pub method: Method,
    /// How many, from 1 to [`PATHS_MAX`].
    pub paths: usize,
    /// Of its random numbers.
    pub seed: u64,
    /// Equity at or below this share of the start is ruin, from 0 to below 1.
    pub ruin: f64,
    /// Threads.
    pub threads: usize,
}

/// What cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{what} is {value}; accepted: {accepted}")]
pub struct SimulationError {
    /// Which figure.
    pub what: &'static str,
    /// What it is.
    pub value: String,
    /// What it may be.
    pub accepted: &'static str,
}

/// Bands at one place of the path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Returns up to it.
    pub after: usize,
    /// Equity as a multiple of the start, below which each of [`FAN_SHARES`] of the paths are.
    pub levels: [f64; 7],
}

/// What came of all paths. Equity is a multiple of the start.
#[derive(Debug, Clone, PartialEq)]
pub struct MonteCarlo {
    /// What was simulated.
    pub simulation: Simulation,
    /// Returns of a path.
    pub returns: usize,
    /// Bands along the path, from the start on, of the first [`FAN_PATHS_MAX`] paths.
    pub fan: Vec<Band>,
    /// Equity at the end of each path, ascending.
    pub ends: Vec<f64>,
    /// Maximum drawdown of each path, as a share of the peak, ascending.
    pub drawdowns: Vec<f64>,
    /// Paths that came to ruin at any time.
    pub ruined: Share,
    /// Paths that ended below the start.
    pub lost: Share,
    /// Every path, in their order.
    pub paths: Vec<Path>,
}

/// The value below which this share of ascending values lies, interpolated linearly (Hyndman and Fan's type 7); NaN
/// of none.
pub fn quantile(ascending: &[f64], share: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (below, part) = (place as usize, place.fract());
    let above = (below + 1).min(last);
    ascending[below] + (ascending[above] - ascending[below]) * part
}

/// One path on its way.
#[derive(Debug, Clone, Copy)]
struct Walk {
    /// Logarithm of equity.
    level: f64,
    peak: f64,
    /// The furthest below the peak.
    furthest: f64,
    lowest: f64,
}

impl Walk {
    const START: Self = Self {
        level: 0.0,
        peak: 0.0,
        furthest: 0.0,
        lowest: 0.0,
    };

    #[inline]
    fn step(&mut self, change: f64) {
        self.level += change;
        self.peak = if self.level > self.peak {
            self.level
        } else {
            self.peak
        };
        let below = self.peak - self.level;
        self.furthest = if below > self.furthest {
            below
        } else {
            self.furthest
        };
        self.lowest = if self.level < self.lowest {
            self.level
        } else {
            self.lowest
        };
    }

    fn path(&self) -> Path {
        Path {
            end: self.level.exp(),
            drawdown: -(-self.furthest).exp_m1(),
            lowest: self.lowest.exp(),
        }
    }
}

/// What a path came to. Equity is a multiple of the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// Equity at the end.
    pub end: f64,
    /// Maximum drawdown, as a share of the peak.
    pub drawdown: f64,
    /// The lowest equity, the start included.
    pub lowest: f64,
}

/// Makes paths in buffers of its own.
struct Maker<'a> {
    /// Logarithms of 1 + return.
    changes: &'a [f64],
    order: Vec<f64>,
    simulation: &'a Simulation,
}

impl Maker<'_> {
    /// Follows one path; `seen` gets the place and the level after each return.
    #[inline]
    fn follow(&mut self, path: usize, mut seen: impl FnMut(usize, f64)) -> Path {
        let mut random = Random::of(self.simulation.seed, path as u64);
        let mut walk = Walk::START;
        let changes = self.changes;
        let len = changes.len();
        match self.simulation.method {
            Method::Shuffle => {
                self.order.clear();
                self.order.extend_from_slice(changes);
                for place in 0..len {
                    let left = &mut self.order[place..];
                    let other = random.below(left.len());
                    left.swap(0, other);
                    walk.step(left[0]);
                    seen(place, walk.level);
                }
            }
            Method::Circular { block } => {
                let (mut at, mut left) = (0, 0);
                for place in 0..len {
                    if left == 0 {
                        (at, left) = (random.below(len), block);
                    }
                    walk.step(changes[at]);
                    at = if at + 1 == len { 0 } else { at + 1 };
                    left -= 1;
                    seen(place, walk.level);
                }
            }
            Method::Stationary { mean } => {
                let mut at = random.below(len);
                for place in 0..len {
                    walk.step(changes[at]);
                    at = if at + 1 == len { 0 } else { at + 1 };
                    if random.unit() * mean < 1.0 {
                        at = random.below(len);
                    }
                    seen(place, walk.level);
                }
            }
            // Paths of runs are no drawing of returns: `check` refuses it.
            Method::Paths { .. } => {}
        }
        walk.path()
    }
}

fn check(simulation: &Simulation, returns: &[f64]) -> Result<(), SimulationError> {
    let refuse = |what, value: String, accepted| {
        Err(SimulationError {
            what,
            value,
            accepted,
        })
    };
    if returns.len() < 2 || returns.len() > u32::MAX as usize {
        let count = returns.len().to_string();
        return refuse("the number of returns", count, "2 to 2^32 - 1");
    }
    if let Some(bad) = returns.iter().find(|it| !(it.is_finite() && **it > -1.0)) {
        return refuse(
            "a return",
            bad.to_string(),
            "above -1, a loss of everything",
        );
    }
    if !(1..=PATHS_MAX).contains(&simulation.paths) {
        let paths = simulation.paths.to_string();
        return refuse("paths", paths, "1 to 10,000,000");
    }
    if !(0.0..1.0).contains(&simulation.ruin) {
        return refuse("ruin", simulation.ruin.to_string(), "from 0 to below 1");
    }
    match simulation.method {
        Method::Circular { block } if !(1..=returns.len()).contains(&block) => {
            refuse("the block", block.to_string(), "1 to the number of returns")
        }
        Method::Stationary { mean } if !(1.0..=returns.len() as f64).contains(&mean) => refuse(
            "the mean block",
            mean.to_string(),
            "1 to the number of returns",
        ),
        Method::Paths { .. } => refuse(
            "the method",
            "paths".to_owned(),
            "one that draws returns; paths are runs of their own",
        ),
        _ => Ok(()),
    }
}

/// Simulates paths of returns (simple, one after the other, all profit kept in).
///
/// # Errors
/// When a figure of the simulation or a return is out of range.
pub fn simulate(returns: &[f64], simulation: &Simulation) -> Result<MonteCarlo, SimulationError> {
    check(simulation, returns)?;
    let changes: Vec<f64> = returns.iter().map(|it| it.ln_1p()).collect();
    let afters = afters(returns.len());
    let places = afters.len();
    let fans = simulation.paths.min(FAN_PATHS_MAX);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut maker = Maker {
            changes: &changes,
            order: Vec::with_capacity(changes.len()),
            simulation,
        };
        let mut made = Vec::new();
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= simulation.paths {
                return made;
            }
            for path in first..simulation.paths.min(first + BATCH) {
                if path < fans {
                    let mut levels = Vec::with_capacity(places);
                    let found = maker.follow(path, |place, level| {
                        if place + 1 == afters[levels.len()] {
                            levels.push(level);
                        }
                    });
                    made.push((path, found, levels));
                } else {
                    made.push((path, maker.follow(path, |_, _| {}), Vec::new()));
                }
            }
        }
    };
    let mut all = Vec::with_capacity(simulation.paths);
    std::thread::scope(|scope| {
        let threads = simulation
            .threads
            .clamp(1, simulation.paths.div_ceil(BATCH));
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            match worker.join() {
                Ok(made) => all.extend(made),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    all.sort_by_key(|(path, ..)| *path);
    Ok(summed_up(simulation, returns.len(), &afters, &all))
}

/// Returns up to each place at which the fan has bands.
fn afters(returns: usize) -> Vec<usize> {
    let places = FAN_PLACES_MAX.min(returns);
    (1..=places).map(|place| place * returns / places).collect()
}

/// A run as a path, for [`of_runs`].
#[derive(Debug, Clone, PartialEq)]
pub struct RunPath(Path, Vec<f64>);

impl RunPath {
    /// Of the equity at each sample of a run; `None` of one with fewer than two samples, or that came to nothing.
    pub fn of(equity: &[f64]) -> Option<Self> {
        let (first, rest) = equity.split_first()?;
        if rest.is_empty() || equity.iter().any(|it| !(it.is_finite() && *it > 0.0)) {
            return None;
        }
        let mut walk = Walk::START;
        let afters = afters(rest.len());
        let mut levels = Vec::with_capacity(afters.len());
        for (place, value) in rest.iter().enumerate() {
            let level = (value / first).ln();
            walk.step(level - walk.level);
            if afters.get(levels.len()) == Some(&(place + 1)) {
                levels.push(level);
            }
        }
        Some(Self(walk.path(), levels))
    }

    /// As text, which [`RunPath::of_text`] reads to the same numbers.
    pub fn to_text(&self) -> String {
        let Self(path, levels) = self;
        let mut text = format!("{} {} {}", path.end, path.drawdown, path.lowest);
        for level in levels {
            // Writing to a string does not fail.
            let _ = write!(text, " {level}");
        }
        text
    }

    /// The path of a text; `None` where it is none of so many returns.
    pub fn of_text(text: &str, returns: usize) -> Option<Self> {
        let numbers = text.split(' ').map(|number| number.parse().ok());
        let numbers = numbers.collect::<Option<Vec<f64>>>()?;
        let [end, drawdown, lowest, levels @ ..] = &numbers[..] else {
            return None;
        };
        let path = Path {
            end: *end,
            drawdown: *drawdown,
            lowest: *lowest,
        };
        (levels.len() == afters(returns).len()).then(|| Self(path, levels.to_vec()))
    }
}

/// What came of runs that each have so many returns.
///
/// # Errors
/// When there is none, or a figure of the simulation is out of range.
pub fn of_runs(
    simulation: &Simulation,
    returns: usize,
    runs: Vec<RunPath>,
) -> Result<MonteCarlo, SimulationError> {
    if runs.is_empty() {
        return Err(SimulationError {
            what: "the number of runs",
            value: "0".to_owned(),
            accepted: "1 or more that kept something",
        });
    }
    let runs = runs.into_iter().enumerate();
    let all: Vec<_> = runs
        .map(|(place, RunPath(path, levels))| (place, path, levels))
        .collect();
    Ok(summed_up(simulation, returns, &afters(returns), &all))
}

fn summed_up(
    simulation: &Simulation,
    returns: usize,
    afters: &[usize],
    all: &[(usize, Path, Vec<f64>)],
) -> MonteCarlo {
    let mut ends = Vec::with_capacity(all.len());
    let mut drawdowns = Vec::with_capacity(all.len());
    let mut columns = vec![Vec::with_capacity(all.len().min(FAN_PATHS_MAX)); afters.len()];
    let (mut ruined, mut lost) = (0, 0);
    for (_, path, levels) in all {
        ruined += usize::from(path.lowest <= simulation.ruin);
        lost += usize::from(path.end < 1.0);
        ends.push(path.end);
        drawdowns.push(path.drawdown);
        for (column, level) in columns.iter_mut().zip(levels) {
            column.push(*level);
        }
    }
    ends.sort_by(f64::total_cmp);
    drawdowns.sort_by(f64::total_cmp);
    let start = Band {
        after: 0,
        levels: [1.0; 7],
    };
    let bands = afters.iter().zip(&mut columns).map(|(after, column)| {
        column.sort_by(f64::total_cmp);
        Band {
            after: *after,
            levels: FAN_SHARES.map(|share| quantile(column, share).exp()),
        }
    });
    MonteCarlo {
        simulation: *simulation,
        returns,
        fan: std::iter::once(start).chain(bands).collect(),
        ruined: wilson(ruined, all.len()),
        lost: wilson(lost, all.len()),
        paths: all.iter().map(|(_, path, _)| *path).collect(),
        ends,
        drawdowns,
    }
}
