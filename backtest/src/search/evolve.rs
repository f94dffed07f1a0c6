//! Differential evolution, rand/1/bin (Storn, Price, "Differential evolution: a simple and efficient heuristic for
//! global optimization over continuous spaces", 1997).

use std::collections::BTreeMap;

use super::{Objective, Space, SpaceError, Trial, World};
use crate::random::Random;
use crate::run::RunError;
use crate::strategy::Values;

/// How a population evolves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evolution {
    /// Individuals; at least four.
    pub population: usize,
    /// Runs in all, the first population's included; repeats of the same values are not run again but count.
    pub trials: usize,
    /// What of a difference is added, F.
    pub weight: f64,
    /// How likely a parameter is the mutant's, CR.
    pub crossover: f64,
    /// Of its random numbers.
    pub seed: u64,
}

impl Evolution {
    /// So many trials; ten individuals for each axis, F 0.7 and CR 0.9.
    pub fn new(axes: usize, trials: usize, seed: u64) -> Self {
        let population = (10 * axes.max(1)).min(trials / 4).max(4);
        Self {
            population,
            trials,
            weight: 0.7,
            crossover: 0.9,
            seed,
        }
    }
}

/// What an evolution cannot go on with.
#[derive(Debug, thiserror::Error)]
pub enum EvolveError {
    /// A run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The space.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

/// Looks for the best values between the ends of the axes. Every generation is a sweep, so the result is the same on
/// any number of threads. The trials are in the order in which they were made, each set of values once. `before`: trials that
/// are known by their places, from a search that was stopped; what their values are follows from the places.
///
/// # Errors
/// See [`EvolveError`].
pub fn evolve(
    world: &World<'_>,
    space: &Space,
    evolution: Evolution,
    objective: Objective,
    mut before: BTreeMap<usize, Trial>,
    threads: usize,
    done: &mut dyn FnMut(&Trial) -> bool,
) -> Result<Vec<Trial>, EvolveError> {
    let axes = space.axes().len();
    let population = evolution.population.max(4);
    let mut random = Random::new(evolution.seed);
    let mut trials: Vec<Trial> = Vec::new();
    // The value of every set of parameters that was run, by its text.
    let mut known: BTreeMap<String, f64> = BTreeMap::new();
    let mut people: Vec<(Vec<f64>, f64)> = Vec::new();
    let mut made = 0;
    let mut goes_on = true;
    while goes_on && made < evolution.trials {
        let count = population.min(evolution.trials - made);
        let places: Vec<Vec<f64>> = (0..count)
            .map(|place| {
                if people.len() < population {
                    return (0..axes).map(|_| random.unit()).collect();
                }
                mutant(&people, place, evolution, &mut random)
            })
            .collect();
        made += count;
        let values: Vec<Values> = places
            .iter()
            .map(|places| space.continuous(places).map_err(SpaceError::from))
            .collect::<Result<_, _>>()?;
        let mut fresh: Vec<Values> = Vec::new();
        for values in &values {
            if !known.contains_key(&values.to_string()) && !fresh.contains(values) {
                fresh.push(values.clone());
            }
        }
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
        if people.len() < population {
            for (places, values) in places.into_iter().zip(values) {
                let value = known.get(&values.to_string()).copied();
                people.push((places, value.unwrap_or(f64::NEG_INFINITY)));
            }
        } else {
            for (person, (places, values)) in people.iter_mut().zip(places.into_iter().zip(values))
            {
                if let Some(&value) = known.get(&values.to_string())
                    && value >= person.1
                {
                    *person = (places, value);
                }
            }
        }
    }
    Ok(trials)
}

/// The trial vector of one individual: another one, moved by the difference of two more, mixed with itself.
fn mutant(
    people: &[(Vec<f64>, f64)],
    place: usize,
    evolution: Evolution,
    random: &mut Random,
) -> Vec<f64> {
    let mut others = [place; 3];
    for chosen in 0..3 {
        loop {
            let other = random.below(people.len());
            if other != place && !others[..chosen].contains(&other) {
                others[chosen] = other;
                break;
            }
        }
    }
    let [a, b, c] = others.map(|other| &people[other].0);
    let own = &people[place].0;
    let sure = random.below(own.len().max(1));
    (0..own.len())
        .map(|axis| {
            if axis != sure && random.unit() >= evolution.crossover {
                return own[axis];
            }
            let moved = a[axis] + evolution.weight * (b[axis] - c[axis]);
            // What leaves the range comes back halfway between its edge and where it was.
            if moved < 0.0 {
                own[axis] / 2.0
            } else if moved >= 1.0 {
                f64::midpoint(own[axis], 1.0)
            } else {
                moved
            }
        })
        .collect()
}
