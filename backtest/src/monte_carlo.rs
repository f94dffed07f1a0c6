//! What else could have come of the same returns: shuffles, bootstraps, noise on the path; bands, drawdowns, ruin.
//!
//! Path `i` of a seed is the same on any number of threads and whatever the number of paths.

mod noise;
mod share;

pub use noise::noisy;
pub use share::{Share, wilson};

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
    /// Every return as it was, with a normal number of so many of their standard deviations added.
    Noise {
        /// Standard deviations.
        deviations: f64,
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
}

/// What a path came to, and the bands that it adds to.
struct Path {
    end: f64,
    drawdown: f64,
    lowest: f64,
}

/// Makes paths in buffers of its own.
struct Maker<'a> {
    returns: &'a [f64],
    /// Logarithms of 1 + return.
    changes: &'a [f64],
    deviation: f64,
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
            Method::Noise { deviations } => {
                let scale = deviations * self.deviation;
                for (place, value) in self.returns.iter().enumerate() {
                    let value = value + scale * random.normal();
                    // Nothing loses more than all.
                    walk.step((1.0 + value).max(f64::MIN_POSITIVE).ln());
                    seen(place, walk.level);
                }
            }
        }
        Path {
            end: walk.level.exp(),
            drawdown: -(-walk.furthest).exp_m1(),
            lowest: walk.lowest.exp(),
        }
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
        Method::Noise { deviations } if !(0.0..=10.0).contains(&deviations) => refuse(
            "noise",
            deviations.to_string(),
            "0 to 10 standard deviations",
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
    let count = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / count;
    let squares = returns
        .iter()
        .map(|it| (it - mean) * (it - mean))
        .sum::<f64>();
    let deviation = (squares / (count - 1.0)).sqrt();
    let places = FAN_PLACES_MAX.min(returns.len());
    let afters: Vec<usize> = (1..=places)
        .map(|place| place * returns.len() / places)
        .collect();
    let fans = simulation.paths.min(FAN_PATHS_MAX);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut maker = Maker {
            returns,
            changes: &changes,
            deviation,
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
                    made.push((found, levels));
                } else {
                    made.push((maker.follow(path, |_, _| {}), Vec::new()));
                }
            }
        }
    };
    let mut ends = Vec::with_capacity(simulation.paths);
    let mut drawdowns = Vec::with_capacity(simulation.paths);
    let mut columns = vec![Vec::with_capacity(fans); places];
    let (mut ruined, mut lost) = (0, 0);
    std::thread::scope(|scope| {
        let threads = simulation
            .threads
            .clamp(1, simulation.paths.div_ceil(BATCH));
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let made = match worker.join() {
                Ok(made) => made,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            for (path, levels) in made {
                ruined += usize::from(path.lowest <= simulation.ruin);
                lost += usize::from(path.end < 1.0);
                ends.push(path.end);
                drawdowns.push(path.drawdown);
                for (column, level) in columns.iter_mut().zip(levels) {
                    column.push(level);
                }
            }
        }
    });
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
    Ok(MonteCarlo {
        simulation: *simulation,
        returns: returns.len(),
        fan: std::iter::once(start).chain(bands).collect(),
        ruined: wilson(ruined, simulation.paths),
        lost: wilson(lost, simulation.paths),
        ends,
        drawdowns,
    })
}
