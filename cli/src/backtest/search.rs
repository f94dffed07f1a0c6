//! `dynasty backtest sweep` and `walk-forward`.

mod table;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use ::backtest::overfit::{self, CSCV_CELLS, CrossValidation, Deflated, Shape};
use ::backtest::search::record::{Fingerprint, of_line, to_line};
use ::backtest::search::{
    self, Axis, Cells, Evolution, Figures, Moments, Objective, Space, Trial, evolve, whole,
};
use ::backtest::strategy::Values;
use ::backtest::walk_forward::{self as walk, Fold, Mode, Split, judge, stitch};
use anyhow::Context as _;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::world::{Prepared, per_year};
use super::{Args, Format, Usage};
use crate::demo::say;

/// What is searched.
#[derive(Debug, clap::Args)]
pub(super) struct Searched {
    /// Values of a parameter: from..to:step, from..to, or value,value.
    #[arg(long, value_name = "NAME=VALUES")]
    grid: Vec<String>,
    /// So many random points of the grid (without --grid, of all parameters).
    #[arg(long, value_name = "POINTS")]
    random: Option<usize>,
    /// Seed of everything random.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Threads [default: one for each core].
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
    /// Returns in a year, for annualised figures [default: 252 of daily data, else by the time between samples].
    #[arg(long, value_name = "NUMBER")]
    per_year: Option<f64>,
}

/// Run a strategy with many parameters, over all cores.
///
/// The order of the results, and every figure, are the same on any number of cores. Next to the best stand its deflated
/// Sharpe ratio and the probability of backtest overfitting: how much of it is the search.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty backtest sweep goog.csv --strategy sma_cross --grid fast=5..50:5 --grid slow=20..200:20 --fee 0.1%
  dynasty backtest sweep goog.csv --strategy sma_cross --random 500 --seed 7 --objective return --out results.parquet
  dynasty backtest sweep goog.csv --strategy sma_cross --grid fast=2..50 --grid slow=20..300 --evolve 400
  dynasty backtest sweep ticks.csv --strategy sma_cross --grid fast=5..50 --out results.csv --resume")]
pub(super) struct Sweep {
    #[command(flatten)]
    args: Args,
    #[command(flatten)]
    searched: Searched,
    /// So many runs of differential evolution between the ends of the grid.
    #[arg(long, value_name = "RUNS", conflicts_with_all = ["random", "resume"])]
    evolve: Option<usize>,
    /// What makes one run better than another.
    #[arg(long, value_enum, default_value_t = ObjectiveArg::Sharpe)]
    objective: ObjectiveArg,
    /// Write every run (.csv, .json or .parquet, by its name).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Go on with a search that was stopped, from FILE.part beside --out.
    #[arg(long, requires = "out")]
    resume: bool,
    /// How many of the best to show.
    #[arg(long, value_name = "ROWS", default_value_t = 10)]
    top: usize,
}

/// Choose parameters on one part of the data and judge them on the next.
///
/// Every combination runs once; what is cut are its returns. The table has, for each part, what was chosen, its Sharpe
/// ratio where it was chosen and where it was not, and one curve of all parts that were not chosen by.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty backtest walk-forward goog.csv --strategy sma_cross --grid fast=5..50:5 --grid slow=20..200:20 --folds 6
  dynasty backtest walk-forward goog.csv --strategy sma_cross --grid fast=5..50:5 --mode rolling --train 500
  dynasty backtest walk-forward goog.csv --strategy sma_cross --grid fast=5..50:5 --mode k-fold --purge 200 --embargo 20")]
pub(super) struct WalkForward {
    #[command(flatten)]
    args: Args,
    #[command(flatten)]
    searched: Searched,
    /// Parts to judge on.
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    folds: usize,
    /// Which part is chosen on.
    #[arg(long, value_enum, default_value_t = ModeArg::Anchored)]
    mode: ModeArg,
    /// Samples to choose on [default: four times as many as are judged on].
    #[arg(long, value_name = "SAMPLES")]
    train: Option<usize>,
    /// Samples left out beside each part that is judged on.
    #[arg(long, value_name = "SAMPLES", default_value_t = 0)]
    purge: usize,
    /// More of them after it (k-fold).
    #[arg(long, value_name = "SAMPLES", default_value_t = 0)]
    embargo: usize,
    /// Write the curve of the parts that were judged on (CSV).
    #[arg(long, value_name = "FILE")]
    curve: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ObjectiveArg {
    /// Sharpe ratio.
    Sharpe,
    /// Profit.
    Return,
    /// Least maximum drawdown.
    Drawdown,
    /// Total return by maximum drawdown.
    ReturnOverDrawdown,
    /// What winners made by what losers lost.
    ProfitFactor,
}

impl ObjectiveArg {
    const fn objective(self) -> Objective {
        match self {
            Self::Sharpe => Objective::Sharpe,
            Self::Return => Objective::Return,
            Self::Drawdown => Objective::Drawdown,
            Self::ReturnOverDrawdown => Objective::ReturnOverDrawdown,
            Self::ProfitFactor => Objective::ProfitFactor,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// On everything before.
    Anchored,
    /// On as much before, always.
    Rolling,
    /// On everything beside it, purged and embargoed.
    KFold,
}

/// Threads to run on.
pub(super) fn threads(asked: Option<usize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    asked.unwrap_or_else(cores).max(1)
}

/// A bar over so many pieces of work, on a terminal.
fn progress(count: usize) -> anyhow::Result<ProgressBar> {
    if !io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {per_sec}, {eta} left")
            .context("the template of the progress bar")?;
    Ok(ProgressBar::new(count as u64).with_style(style))
}

fn space(prepared: &Prepared, searched: &Searched, takes_all: bool) -> anyhow::Result<Space> {
    let parameters = prepared.declared.parameters;
    let usage = |error: search::SpaceError| Usage(format!("--grid: {error}"));
    let axes = if searched.grid.is_empty() && takes_all {
        whole(parameters).map_err(usage)?
    } else {
        let texts = searched.grid.iter();
        let axes = texts.map(|text| Axis::parse(parameters, text));
        axes.collect::<Result<_, _>>().map_err(usage)?
    };
    if axes.is_empty() {
        return Err(Usage(
            "nothing to search; accepted: --grid NAME=VALUES, once for each parameter".to_owned(),
        )
        .into());
    }
    Ok(Space::new(prepared.values.clone(), axes).map_err(usage)?)
}

fn points(prepared: &Prepared, searched: &Searched) -> anyhow::Result<Vec<Values>> {
    let space = space(prepared, searched, searched.random.is_some())?;
    let points = match searched.random {
        Some(count) => space.random(count, searched.seed),
        None => space.grid(),
    };
    Ok(points.map_err(|error| Usage(format!("--grid: {error}")))?)
}

/// What tells this search from every other one.
fn fingerprint(prepared: &Prepared, points: &[Values]) -> Fingerprint {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add(env!("CARGO_PKG_VERSION").as_bytes());
    fingerprint.add(prepared.declared.name.as_bytes());
    fingerprint.add(format!("{:?}", prepared.settings).as_bytes());
    for values in points {
        fingerprint.add(values.to_string().as_bytes());
    }
    prepared.each_event(|event| fingerprint.add(format!("{event:?}").as_bytes()));
    fingerprint
}

/// The record of a search on its way.
struct Record {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Record {
    /// Begins a record, or goes on with one: then with the trials that it has.
    fn open(
        out: &Path,
        resumes: bool,
        fingerprint: Fingerprint,
        points: &[Values],
    ) -> anyhow::Result<(Self, BTreeMap<usize, Trial>)> {
        let mut name = out.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let named = || path.display().to_string();
        let mut known = BTreeMap::new();
        if path.exists() {
            if !resumes {
                return Err(Usage(format!(
                    "{}: a search was stopped here; accepted: --resume to go on with it, or remove the file",
                    path.display()
                ))
                .into());
            }
            let mut lines = BufReader::new(File::open(&path).with_context(named)?);
            let mut line = String::new();
            lines.read_line(&mut line).with_context(named)?;
            if !fingerprint.is_head(&line) {
                return Err(Usage(format!(
                    "{}: is of another search; accepted: the same data, strategy, terms and values as when it began",
                    path.display()
                ))
                .into());
            }
            loop {
                line.clear();
                if lines.read_line(&mut line).with_context(named)? == 0 {
                    break;
                }
                if let Some(trial) = of_line(&line, points) {
                    known.insert(trial.place, trial);
                }
            }
        }
        // Written anew: the last line may have been cut off.
        let mut file = BufWriter::new(File::create(&path).with_context(named)?);
        file.write_all(fingerprint.head().as_bytes())
            .with_context(named)?;
        Ok((Self { path, file }, known))
    }

    fn add(&mut self, trial: &Trial) -> io::Result<()> {
        self.file.write_all(to_line(trial).as_bytes())?;
        self.file.flush()
    }
}

/// Figures of a search beside its best row.
struct Judged {
    deflated: Option<Deflated>,
    validated: Option<CrossValidation>,
}

/// What a trial of columns or engine was like return by return.
fn returns_of(prepared: &Prepared, trial: &Trial) -> anyhow::Result<Vec<f64>> {
    let equity = equity_of(prepared, &trial.values)?;
    let returns = equity.windows(2).map(|pair| pair[1] / pair[0] - 1.0);
    Ok(returns.collect())
}

/// Equity at every sample of a run, through the engine.
fn equity_of(prepared: &Prepared, values: &Values) -> anyhow::Result<Vec<f64>> {
    let mut strategy = (prepared.declared.build)(values)?;
    let mut observer = prepared.observe();
    let outcome = ::backtest::run::run(
        &prepared.settings,
        prepared.open(),
        &mut *strategy,
        &mut *observer,
    )?;
    Ok(outcome.equity_values())
}

fn judged(prepared: &Prepared, trials: &[Trial], best: &Trial) -> anyhow::Result<Judged> {
    let figures: Vec<&Figures> = trials.iter().filter_map(|it| it.figures.as_ref()).collect();
    let sharpes: Vec<f64> = figures.iter().filter_map(|it| it.sharpe).collect();
    let shape = Shape::of(&returns_of(prepared, best)?);
    let cells: Vec<&[Moments]> = figures.iter().map(|it| &it.cells[..]).collect();
    Ok(Judged {
        deflated: shape.map(|shape| overfit::deflated(&sharpes, shape)),
        validated: overfit::cross_validate(&cells),
    })
}

/// Runs the command.
///
/// # Errors
/// When something given cannot be read or does not fit, a run fails, or a result cannot be written.
pub(super) fn sweep(sweep: &Sweep) -> anyhow::Result<ExitCode> {
    let objective = sweep.objective.objective();
    if let Some(out) = &sweep.out {
        table::form(out)?;
    }
    let prepared = Prepared::new(&sweep.args)?;
    let cells = Cells::Equal(CSCV_CELLS);
    let threads = threads(sweep.searched.threads);
    let mut started = Instant::now();
    let (trials, known) = if let Some(runs) = sweep.evolve {
        let space = space(&prepared, &sweep.searched, true)?;
        let evolution = Evolution::new(space.axes().len(), runs, sweep.searched.seed);
        let bar = progress(runs)?;
        let trials = prepared.with(&cells, |world| {
            evolve(world, &space, evolution, objective, threads, &mut |_| {
                bar.inc(1);
                true
            })
        });
        bar.finish_and_clear();
        (trials?, 0)
    } else {
        let points = points(&prepared, &sweep.searched)?;
        let record = match &sweep.out {
            Some(out) => Some(Record::open(
                out,
                sweep.resume,
                fingerprint(&prepared, &points),
                &points,
            )?),
            None => None,
        };
        let (mut record, known) = match record {
            Some((record, known)) => (Some(record), known),
            None => (None, BTreeMap::new()),
        };
        let count = known.len();
        let bar = progress(points.len())?;
        let mut failure = None;
        started = Instant::now();
        let trials = prepared.with(&cells, |world| {
            world.sweep(&points, known, threads, &mut |trial| {
                bar.inc(1);
                if let Some(record) = &mut record
                    && let Err(error) = record.add(trial)
                {
                    failure = Some(error);
                    return false;
                }
                true
            })
        });
        bar.finish_and_clear();
        if let (Some(failure), Some(record)) = (failure, &record) {
            return Err(failure).with_context(|| record.path.display().to_string());
        }
        (trials?, count)
    };
    let seconds = started.elapsed().as_secs_f64();
    let Some(best) = search::best(&trials, objective) else {
        return Err(Usage(
            "no run: the strategy takes none of these values together; accepted: see dynasty strategies".to_owned(),
        )
        .into());
    };
    let judged = judged(&prepared, &trials, best)?;
    let (samples, first, last) = prepared.extent();
    let per_year = sweep.searched.per_year;
    let per_year = per_year.unwrap_or_else(|| match &best.figures {
        Some(figures) => self::per_year(figures.returns as usize + 1, first, last),
        None => self::per_year(samples, first, last),
    });
    let shown = table::Shown {
        prepared: &prepared,
        trials: &trials,
        best,
        judged: &judged,
        objective,
        per_year,
        threads,
        known,
        seconds,
        seed: sweep.searched.seed,
        is_evolved: sweep.evolve.is_some(),
    };
    if let Some(out) = &sweep.out {
        table::write(out, &trials, per_year)?;
        let mut part = out.as_os_str().to_owned();
        part.push(".part");
        if sweep.evolve.is_none() {
            fs::remove_file(&part).with_context(|| PathBuf::from(part).display().to_string())?;
        }
    }
    match sweep.args.format {
        Format::Text => say(table::text(&shown, sweep.top))?,
        Format::Json => say(table::json(&shown))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn splits(walk: &WalkForward, samples: usize) -> Result<Vec<Split>, Usage> {
    let mode = match walk.mode {
        ModeArg::Anchored => Mode::Anchored,
        ModeArg::Rolling => Mode::Rolling,
        ModeArg::KFold => {
            let splits = walk::purged_k_fold(samples, walk.folds, walk.purge, walk.embargo);
            return splits.map_err(|error| Usage(error.to_string()));
        }
    };
    if walk.embargo > 0 {
        return Err(Usage(
            "--embargo: nothing after a test is chosen on; accepted: with --mode k-fold".to_owned(),
        ));
    }
    let splits = walk::walk_forward(samples, walk.folds, mode, walk.train, walk.purge);
    splits.map_err(|error| Usage(error.to_string()))
}

/// Runs the command.
///
/// # Errors
/// When something given cannot be read or does not fit, a run fails, or a result cannot be written.
pub(super) fn walk_forward(walk: &WalkForward) -> anyhow::Result<ExitCode> {
    let prepared = Prepared::new(&walk.args)?;
    let points = points(&prepared, &walk.searched)?;
    let threads = threads(walk.searched.threads);
    // How many samples there are is what the first run of all says.
    let first = points
        .iter()
        .find(|it| (prepared.declared.build)(it).is_ok());
    let Some(first) = first else {
        return Err(Usage(
            "no run: the strategy takes none of these values together; accepted: see dynasty strategies".to_owned(),
        )
        .into());
    };
    let samples = equity_of(&prepared, first)?.len();
    let splits = splits(walk, samples)?;
    let cells = walk::cells(&splits);
    let bar = progress(points.len())?;
    let trials = prepared.with(&cells, |world| {
        world.sweep(&points, BTreeMap::new(), threads, &mut |_| {
            bar.inc(1);
            true
        })
    });
    bar.finish_and_clear();
    let trials = trials?;
    let folds = judge(&splits, &trials, samples);
    let mut curves: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for fold in &folds {
        if let std::collections::btree_map::Entry::Vacant(entry) = curves.entry(fold.chosen) {
            entry.insert(equity_of(&prepared, &trials[fold.chosen].values)?);
        }
    }
    let curve = stitch(&folds, &|place| curves.get(&place).cloned());
    let (_, from, to) = prepared.extent();
    let per_year = walk.searched.per_year;
    let per_year = per_year.unwrap_or_else(|| self::per_year(samples, from, to));
    if let Some(path) = &walk.curve {
        let rows = curve.iter().enumerate();
        let rows = rows.map(|(after, level)| format!("{after},{level}\n"));
        let text = format!("returns,equity\n{}", rows.collect::<String>());
        fs::write(path, text).with_context(|| path.display().to_string())?;
    }
    match walk.args.format {
        Format::Text => say(table::folds(&folds, &trials, &curve, per_year))?,
        Format::Json => say(folds_json(&folds, &trials, &curve, per_year))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn folds_json(folds: &[Fold], trials: &[Trial], curve: &[f64], per_year: f64) -> Value {
    let scale = per_year.sqrt();
    let range = |range: &std::ops::Range<usize>| json!([range.start, range.end]);
    let rows = folds.iter().map(|fold| {
        json!({
            "train": fold.split.train.iter().map(range).collect::<Vec<_>>(),
            "test": range(&fold.split.test),
            "parameters": table::parameters(&trials[fold.chosen].values),
            "sharpe_in": fold.trained.map(|it| it * scale),
            "sharpe_out": fold.tested.map(|it| it * scale),
            "sum_of_returns_out": fold.gained,
            "rank_out": fold.rank,
        })
    });
    json!({
        "per_year": per_year,
        "folds": rows.collect::<Vec<_>>(),
        "equity_out": curve.last(),
        "curve": curve,
    })
}
