//! Bayesian optimisation: tree-structured Parzen estimators (Bergstra, Bardenet, Bengio, Kégl, "Algorithms for
//! hyper-parameter optimization", 2011), one for each axis, of the crate `tpe`.

use std::collections::BTreeMap;
use std::convert::Infallible;

use tpe::density_estimation::DefaultEstimatorBuilder;
use tpe::{TpeOptimizer, TpeOptimizerBuilder};

use super::{Axis, Objective, Space, SpaceError, Trial, World};
use crate::random::Random;
use crate::run::RunError;
use crate::strategy::{Value, Values};

/// How often a point that was run already is asked for anew, the last time at random, before it is taken as it is.
const AGAIN_MAX: usize = 16;

/// How a space is searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimisation {
    /// Points that are asked for at a time, and run side by side; the first ones are random. At least four.
    pub batch: usize,
    /// Runs in all; repeats of the same values are not run again but count.
    pub trials: usize,
    /// The share of trials that count as good.
    pub good: f64,
    /// Of its random numbers.
    pub seed: u64,
}

impl Optimisation {
    /// So many trials; batches of ten points for each axis, of a quarter of all trials at most. The best tenth is good.
    pub fn new(axes: usize, trials: usize, seed: u64) -> Self {
        Self {
            batch: (10 * axes.max(1)).min(trials / 4).max(4),
            trials,
            good: 0.1,
            seed,
        }
    }
}

/// What an optimisation cannot go on with.
#[derive(Debug, thiserror::Error)]
pub enum OptimiseError {
    /// A run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The space.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

/// Our random numbers as the crate takes them, so that a seed means the same whatever generators it comes to have.
struct Numbers(Random);

impl rand::TryRng for Numbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0.draw() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.draw())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.0.draw().to_le_bytes()[..part.len()]);
        }
        Ok(())
    }
}

/// The estimator of one axis. Places are from 0 to below 1 where values have an order, else the places of words.
struct Estimator {
    /// How many words there are.
    words: Option<f64>,
    tpe: TpeOptimizer<DefaultEstimatorBuilder>,
}

impl Estimator {
    fn new(axis: &Axis, good: f64) -> Option<Self> {
        let has_order = matches!(
            (axis.values.first(), axis.values.last()),
            (Some(Value::Integer(_)), Some(Value::Integer(_)))
                | (Some(Value::Real(_)), Some(Value::Real(_)))
        );
        let (kind, range, words) = if has_order {
            (tpe::parzen_estimator(), tpe::range(0.0, 1.0), None)
        } else {
            let count = axis.values.len();
            let range = tpe::categorical_range(count);
            (tpe::histogram_estimator(), range, Some(count as f64))
        };
        let tpe = TpeOptimizerBuilder::new()
            .gamma(good)
            .build(kind, range.ok()?);
        Some(Self {
            words,
            tpe: tpe.ok()?,
        })
    }

    /// The next place, from 0 to below 1.
    fn ask(&mut self, numbers: &mut Numbers) -> f64 {
        let Ok(place) = self.tpe.ask(numbers);
        self.words.map_or(place, |words| (place + 0.5) / words)
    }

    /// What came of it; less is better.
    fn tell(&mut self, place: f64, value: f64) {
        let place = self.words.map_or(place, |words| (place * words).floor());
        // A place that was asked for is in the range, and no value is NaN.
        let _ = self.tpe.tell(place, value);
    }
}

/// Looks for the best values between the ends of the axes. Every batch is a sweep, and what is asked for follows from the
/// batches before it, so the result is the same on any number of threads. The trials are in the order in which they were made,
/// each set of values once. `before`: trials that are known by their places, from a search that was stopped; what their
/// values are follows from the places.
///
/// # Errors
/// See [`OptimiseError`].
pub fn optimise(
    world: &World<'_>,
    space: &Space,
    optimisation: Optimisation,
    objective: Objective,
    mut before: BTreeMap<usize, Trial>,
    threads: usize,
    done: &mut dyn FnMut(&Trial) -> bool,
) -> Result<Vec<Trial>, OptimiseError> {
    let axes = space.axes();
    let mut random = Random::new(optimisation.seed);
    let mut numbers = Numbers(Random::of(optimisation.seed, 1));
    let estimators = axes
        .iter()
        .map(|axis| Estimator::new(axis, optimisation.good));
    // An axis has a value at least, and the share of good ones is one.
    let mut estimators: Vec<Estimator> = estimators.collect::<Option<_>>().unwrap_or_default();
    let mut trials: Vec<Trial> = Vec::new();
    // The value of every set of parameters that was run, by its text.
    let mut known: BTreeMap<String, f64> = BTreeMap::new();
    let mut made = 0;
    let mut goes_on = true;
    while goes_on && made < optimisation.trials {
        let count = optimisation.batch.max(4).min(optimisation.trials - made);
        let mut asked: Vec<(Vec<f64>, Values)> = Vec::with_capacity(count);
        let mut fresh: Vec<Values> = Vec::new();
        for _ in 0..count {
            let mut ask = |is_random: bool| {
                let places: Vec<f64> = if is_random {
                    axes.iter().map(|_| random.unit()).collect()
                } else {
                    let all = estimators.iter_mut();
                    all.map(|estimator| estimator.ask(&mut numbers)).collect()
                };
                let values = space.continuous(&places).map_err(SpaceError::from)?;
                Ok::<_, SpaceError>((places, values))
            };
            let mut point = ask(made == 0)?;
            let mut again = 0;
            let is_known =
                |values: &Values| known.contains_key(&values.to_string()) || fresh.contains(values);
            while is_known(&point.1) && again < AGAIN_MAX {
                again += 1;
                // Where the estimators see nothing new, anything else is of more use.
                point = ask(made == 0 || again == AGAIN_MAX)?;
            }
            if !is_known(&point.1) {
                fresh.push(point.1.clone());
            }
            asked.push(point);
        }
        made += count;
        let first = trials.len();
        let known_here = fresh.iter().enumerate().filter_map(|(place, values)| {
            let trial = before.remove(&(first + place))?;
            let values = values.clone();
            Some((
                place,
                Trial {
                    place,
                    values,
                    ..trial
                },
            ))
        });
        let known_here = known_here.collect();
        let run = world.sweep(&fresh, known_here, threads, &mut |trial| {
            let trial = Trial {
                place: first + trial.place,
                ..trial.clone()
            };
            goes_on = done(&trial);
            goes_on
        })?;
        for trial in run {
            let value = trial.figures.as_ref();
            let value = value.map_or(f64::NEG_INFINITY, |figures| objective.of(figures));
            known.insert(trial.values.to_string(), value);
            trials.push(Trial {
                place: trials.len(),
                ..trial
            });
        }
        for (places, values) in asked {
            let value = known.get(&values.to_string()).copied();
            // Of what is undefined nothing is known but that it is worse than everything.
            let cost = -value.unwrap_or(f64::NEG_INFINITY);
            for (estimator, place) in estimators.iter_mut().zip(places) {
                estimator.tell(place, cost);
            }
        }
    }
    Ok(trials)
}
