//! Searches: many runs of one strategy with other parameters, over all cores, in an order that does not depend on them.

mod figures;
mod optimise;
pub mod record;
mod space;

pub use figures::{Cells, Figures, Moments, Verdict};
pub use optimise::{Optimisation, OptimiseError, optimise};
pub use space::{Axis, Objective, POINTS_MAX, Space, SpaceError, whole};

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::columnar::{self, Columns, Desk, Rule};
use crate::run::{Observer, RunError, Settings, Source, run};
use crate::strategies::Declared;
use crate::strategy::Values;

/// Opens the data of a run.
pub type Open<'a> = dyn Fn() -> Result<Vec<Box<dyn Source + 'a>>, RunError> + Sync + 'a;

/// Who watches each run: day rolls, sessions.
pub type Observe<'a> = dyn Fn() -> Box<dyn Observer + 'a> + Sync + 'a;

/// What every run of a search has in common.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Terms of the runs.
    pub settings: &'a Settings,
    /// The strategy.
    pub declared: &'a Declared,
    /// Its data.
    pub open: &'a Open<'a>,
    /// Its observers.
    pub observe: &'a Observe<'a>,
    /// The same data as columns, where they can take the place of the engine.
    pub columns: Option<(&'a Columns, &'a Desk)>,
    /// How returns are cut.
    pub cells: &'a Cells,
}

impl std::fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("strategy", &self.declared.name)
            .field("is_columnar", &self.columns.is_some())
            .finish_non_exhaustive()
    }
}

/// Which way a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// Along columns.
    Columns,
    /// Through the engine.
    Engine,
}

/// One run of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Its place in the order of the search.
    pub place: usize,
    /// Its parameters.
    pub values: Values,
    /// What it came to; `None` where the strategy does not take these values together.
    pub figures: Option<Figures>,
    /// Which way it went.
    pub path: Path,
}

impl World<'_> {
    /// One run.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn trial(&self, place: usize, values: &Values) -> Result<Trial, RunError> {
        let trial = |figures, path| Trial {
            place,
            values: values.clone(),
            figures,
            path,
        };
        // A strategy says itself which values go together.
        let Ok(mut strategy) = (self.declared.build)(values) else {
            return Ok(trial(None, Path::Engine));
        };
        if let Some((columns, desk)) = self.columns
            && let Some(rule) = Rule::of(self.declared.name, values)
            && let Ok(figures) = columnar::run(columns, desk, rule, self.cells, &mut ())
        {
            return Ok(trial(Some(figures), Path::Columns));
        }
        let settings = Settings {
            keep_fills: false,
            ..self.settings.clone()
        };
        let mut observer = (self.observe)();
        let outcome = run(&settings, (self.open)()?, &mut *strategy, &mut *observer)?;
        let figures = Figures {
            verdict: settings
                .stops_with_account
                .then(|| Verdict::of(&outcome, &settings.plan)),
            ..Figures::of(&outcome, self.cells)
        };
        Ok(trial(Some(figures), Path::Engine))
    }

    /// Runs every point, on `threads` threads (at least one); `done` gets each trial in the order of the points, as
    /// soon as it and all before it are there, and says whether to go on. What was done before, as a resumed search
    /// knows, is in `known` by its place and is not done again.
    ///
    /// # Errors
    /// The first, in order, of [`RunError`]; trials before it were given to `done`.
    pub fn sweep(
        &self,
        points: &[Values],
        mut known: BTreeMap<usize, Trial>,
        threads: usize,
        done: &mut dyn FnMut(&Trial) -> bool,
    ) -> Result<Vec<Trial>, RunError> {
        let missing: Vec<usize> = (0..points.len())
            .filter(|place| !known.contains_key(place))
            .collect();
        let next = AtomicUsize::new(0);
        let is_over = AtomicBool::new(false);
        let (sender, receiver) = mpsc::channel();
        let mut trials = Vec::with_capacity(points.len());
        let mut failed = None;
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, missing.len().max(1)) {
                let (sender, missing, next, is_over) = (sender.clone(), &missing, &next, &is_over);
                scope.spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        let Some(&place) = missing.get(next.fetch_add(1, Ordering::Relaxed)) else {
                            return;
                        };
                        if sender
                            .send((place, self.trial(place, &points[place])))
                            .is_err()
                        {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut arrived = BTreeMap::new();
            'places: for place in 0..points.len() {
                let trial = loop {
                    if let Some(trial) = known.remove(&place) {
                        break Ok(trial);
                    }
                    if let Some(trial) = arrived.remove(&place) {
                        break trial;
                    }
                    match receiver.recv() {
                        Ok((place, trial)) => arrived.insert(place, trial),
                        // A thread panicked: the scope says so.
                        Err(_) => break 'places,
                    };
                };
                match trial {
                    Ok(trial) => {
                        let goes_on = done(&trial);
                        trials.push(trial);
                        if !goes_on {
                            break;
                        }
                    }
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            is_over.store(true, Ordering::Relaxed);
        });
        failed.map_or(Ok(trials), Err)
    }
}

/// How many runs have no fill.
pub fn never_traded(trials: &[Trial]) -> usize {
    let figures = trials.iter().filter_map(|trial| trial.figures.as_ref());
    figures.filter(|it| it.fills == 0).count()
}

/// That in words; nothing where every run traded.
pub fn never_traded_words(trials: &[Trial]) -> Option<String> {
    let ran = trials
        .iter()
        .filter(|trial| trial.figures.is_some())
        .count();
    match never_traded(trials) {
        0 => None,
        idle => Some(format!("{idle} of {ran} runs never traded")),
    }
}

/// The best trial; of equal ones the first. `None` where no trial has figures.
pub fn best(trials: &[Trial], objective: Objective) -> Option<&Trial> {
    let mut best: Option<(&Trial, f64)> = None;
    for trial in trials {
        let Some(figures) = &trial.figures else {
            continue;
        };
        let value = objective.of(figures);
        if best.is_none_or(|(_, known)| value > known) {
            best = Some((trial, value));
        }
    }
    best.map(|(trial, _)| trial)
}
