//! `--method paths`: the strategy again over bars that are moved.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ::backtest::monte_carlo::{MonteCarlo as Simulated, RunPath, Simulation, of_runs};
use ::backtest::random::Random;
use ::backtest::search::record::Fingerprint;
use anyhow::Context as _;

use super::MonteCarlo;
use crate::backtest::Usage;
use crate::backtest::record::Record;
use crate::backtest::search::{fingerprint, progress};
use crate::backtest::world::Prepared;
use crate::strategies::Picked;

/// What tells these runs from every other ones; how many there are does not, as path 7 is the same of any number.
fn print(asked: &MonteCarlo, prepared: &Prepared, share: f64) -> anyhow::Result<Fingerprint> {
    let strategy = match prepared.picked {
        Picked::Library(_) => Vec::new(),
        Picked::File(_) => fs::read(&asked.args.strategy).context("--strategy")?,
    };
    Ok(fingerprint(prepared, &|print| {
        print.add(format!("paths {share} {}", asked.seed).as_bytes());
        print.add(prepared.values.to_string().as_bytes());
        print.add(&strategy);
    }))
}

/// A run in the record: its place and what became of it.
fn line(place: usize, run: Option<&RunPath>) -> String {
    let told = run.map_or("lost".to_owned(), RunPath::to_text);
    // A line that was cut off is known by its missing end.
    format!("{place}\t{told}\t.\n")
}

fn of_line(line: &str, returns: usize) -> Option<(usize, Option<RunPath>)> {
    let mut fields = line.strip_suffix("\t.\n")?.split('\t');
    let place = fields.next()?.parse().ok()?;
    match fields.next()? {
        "lost" => Some((place, None)),
        told => Some((place, Some(RunPath::of_text(told, returns)?))),
    }
}

/// What runs came to.
pub(super) struct Runs {
    pub(super) found: Simulated,
    /// How many of them were known from before.
    pub(super) known: usize,
    /// Not needed any more once they are written.
    pub(super) record: Option<Record>,
}

/// One run for each path.
///
/// # Errors
/// When the share is out of range, a run fails or loses everything, or the record cannot be read or written.
pub(super) fn runs(
    asked: &MonteCarlo,
    prepared: &Prepared,
    simulation: &Simulation,
    share: f64,
    returns: usize,
) -> anyhow::Result<Runs> {
    if !(share.is_finite() && (0.0..=10.0).contains(&share)) {
        return Err(Usage(format!(
            "--noise {share}; accepted: 0 to 10 times the mean range of bars"
        ))
        .into());
    }
    let mut known = BTreeMap::new();
    let record = match &asked.out {
        Some(out) => {
            let print = print(asked, prepared, share)?;
            Some(Record::of_lines(out, asked.resume, print, &mut |line| {
                let run = of_line(line, returns);
                let is_whole = run.is_some();
                known.extend(run);
                is_whole
            })?)
        }
        None => None,
    };
    known.retain(|place, _| *place < simulation.paths);
    let record = Mutex::new(record);
    let next = AtomicUsize::new(0);
    let bar = progress(simulation.paths)?;
    let before = known.len();
    bar.inc(before as u64);
    let work = || -> anyhow::Result<Vec<(usize, Option<RunPath>)>> {
        let mut made = Vec::new();
        loop {
            let path = next.fetch_add(1, Ordering::Relaxed);
            if path >= simulation.paths {
                return Ok(made);
            }
            if known.contains_key(&path) {
                continue;
            }
            let seed = Random::of(simulation.seed, path as u64).draw();
            let outcome = prepared.run_moved(share, seed)?;
            let run = RunPath::of(&outcome.equity_values());
            let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(record) = &mut *record {
                let added = record.add_line(&line(path, run.as_ref()));
                added.with_context(|| record.path().display().to_string())?;
            }
            drop(record);
            made.push((path, run));
            bar.inc(1);
        }
    };
    let runs = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..simulation.threads.clamp(1, simulation.paths.max(1)))
            .map(|_| scope.spawn(work))
            .collect();
        let joined = workers.into_iter().map(|worker| match worker.join() {
            Ok(made) => made,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<anyhow::Result<Vec<_>>>()
    })?;
    bar.finish_and_clear();
    known.extend(runs.into_iter().flatten());
    let count = known.len();
    let runs: Vec<RunPath> = known.into_values().flatten().collect();
    if runs.len() < count {
        return Err(Usage(format!(
            "{} of {count} runs lost everything; accepted: a smaller --size or --noise",
            count - runs.len()
        ))
        .into());
    }
    let found = of_runs(simulation, returns, runs).map_err(|error| Usage(error.to_string()))?;
    let record = record.into_inner();
    Ok(Runs {
        found,
        known: before,
        record: record.unwrap_or_else(PoisonError::into_inner),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_comes_back_from_its_line() {
        let equity = [100.0, 110.0, 1.0 / 3.0, 120.0];
        let run = RunPath::of(&equity);
        assert!(run.is_some());
        let told = line(7, run.as_ref());
        assert_eq!(of_line(&told, 3), Some((7, run)));
        assert_eq!(of_line(&line(8, None), 3), Some((8, None)));
        // Cut off anywhere it is none, and so is one of another length.
        for end in 0..told.len() {
            assert_eq!(of_line(&told[..end], 3), None, "{end}");
        }
        assert_eq!(of_line(&told, 4), None);
    }
}
