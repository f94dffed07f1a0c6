//! `dynasty backtest sweep` and `walk-forward`.

mod page;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use ::backtest::challenge::{self, ChallengeError, Stretch, days_within, follow};
use ::backtest::metric::periods_per_year;
use ::backtest::outcome::Outcome;
use ::backtest::overfit::{self, CSCV_CELLS, CrossValidation, Deflated, Shape};
use ::backtest::search::record::Fingerprint;
use ::backtest::search::{
    self, Axis, Cells, Figures, Moments, Objective, Optimisation, Space, Trial, optimise, whole,
};
use ::backtest::strategy::Values;
use ::backtest::walk_forward::{
    self as walk, Fold, Mode, Split, Stitched, UnderPlan, judge, stitch,
};
use anyhow::Context as _;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use rules::{Plan, Stage};
use serde_json::{Value, json};
use types::{TimestampNs, TradingDay};

use super::chance::Days;
use super::ignored::Purpose;
use super::record::Record;
use super::rows;
use super::world::Prepared;
use super::{Args, Format, Usage, caution, parse};
use crate::demo::say;

/// What is searched.
#[derive(Debug, clap::Args)]
pub(super) struct Searched {
    /// Values of a parameter: from..to:step, from..to, or value,value.
    #[arg(long, value_name = "NAME=VALUES")]
    grid: Vec<String>,
    /// So many random points of the grid (without --grid, of the whole declared range of all
    /// parameters that are not --set, much of which may never trade).
    #[arg(long, value_name = "POINTS", value_parser = parse::count)]
    random: Option<usize>,
    /// Seed of everything random.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Threads [default: one for each core].
    #[arg(long, value_name = "NUMBER", value_parser = parse::count)]
    threads: Option<usize>,
}

/// Run a strategy with many parameters, over all cores.
///
/// The order of the results, and every figure, are the same on any number of cores. Next to the best stand its deflated
/// Sharpe ratio and the probability of backtest overfitting: how much of it is the search.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty backtest sweep fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50:5 --grid slow=20..200:20 --fee 0.1%
  dynasty backtest sweep fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50 --grid slow=20..300 --random 500 --seed 7 --objective return --out results.parquet
  dynasty backtest sweep fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=2..50 --grid slow=20..300 --optimise 400
  dynasty backtest sweep fixtures/market/btcusdt_ticks.csv.gz --bars 1s --lot 0.00001 --size 0.01 --cash 50000 --strategy sma_cross --grid fast=2..8 --out results.csv --resume
  dynasty backtest sweep fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50:5 --grid slow=20..200:20 --report sweep.html")]
pub(super) struct Sweep {
    #[command(flatten)]
    args: Args,
    #[command(flatten)]
    searched: Searched,
    /// So many runs of Bayesian optimisation between the ends of the grid.
    #[arg(long, value_name = "RUNS", value_parser = parse::batch, conflicts_with = "random")]
    optimise: Option<usize>,
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
    /// Parameters of the report's heat map, across and upwards; of the others the best [default: the first two that
    /// were searched].
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    surface: Vec<String>,
}

/// Choose parameters on one part of the data and judge them on the next.
///
/// Every combination runs once; what is cut are its returns. The table has, for each part, what was chosen, its Sharpe
/// ratio where it was chosen and where it was not, and one curve of all parts that were not chosen by. With --plan each part
/// is an account under the plan, too, and all of them are one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty backtest walk-forward fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50:5 --grid slow=20..200:20 --folds 6
  dynasty backtest walk-forward fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50:5 --mode rolling --train 500
  dynasty backtest walk-forward fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50:5 --mode k-fold --purge 200 --embargo 20
  dynasty backtest walk-forward fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50:5 --size 100 --interval 390m --plan fixtures/plans/static-100k.toml")]
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
    /// Write every part that was judged on (.csv, .json or .parquet, by its name).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Go on with a search that was stopped, from FILE.part beside --out: what ran of all parts is not run again.
    #[arg(long, requires = "out")]
    resume: bool,
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
    /// Passing --plan: what passed, the sooner the better; then what trades on, by the share of the profit target that it
    /// reached; last what failed or was closed.
    Passed,
}

impl ObjectiveArg {
    const fn objective(self) -> Objective {
        match self {
            Self::Sharpe => Objective::Sharpe,
            Self::Return => Objective::Return,
            Self::Drawdown => Objective::Drawdown,
            Self::ReturnOverDrawdown => Objective::ReturnOverDrawdown,
            Self::ProfitFactor => Objective::ProfitFactor,
            Self::Passed => Objective::Passed,
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
pub(super) fn progress(count: usize) -> anyhow::Result<ProgressBar> {
    if !io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {per_sec}, {eta} left")
            .context("the template of the progress bar")?;
    Ok(ProgressBar::new(count as u64).with_style(style))
}

fn space(prepared: &Prepared, searched: &Searched, takes_all: bool) -> anyhow::Result<Space> {
    let parameters = prepared.declared()?.parameters;
    let usage = |error: search::SpaceError| Usage(format!("--grid: {error}"));
    let is_set = |axis: &Axis| prepared.set.iter().any(|name| name == axis.name);
    let axes = if searched.grid.is_empty() && takes_all {
        let mut axes = whole(parameters).map_err(usage)?;
        axes.retain(|axis| !is_set(axis));
        axes
    } else {
        let texts = searched.grid.iter();
        let axes = texts.map(|text| Axis::parse(parameters, text));
        let axes: Vec<Axis> = axes.collect::<Result<_, _>>().map_err(usage)?;
        let mut values = prepared.values.iter();
        let unused = values.find(|(parameter, value)| {
            let mut axes = axes.iter().filter(|axis| is_set(axis));
            axes.any(|axis| axis.name == parameter.name && axis.values != [*value])
        });
        if let Some((parameter, value)) = unused {
            return Err(Usage(format!(
                "--set {0}={value}: it is searched; accepted: either --set {0} or --grid {0}",
                parameter.name
            ))
            .into());
        }
        axes
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

/// What a sweep runs.
enum Search {
    /// These, in order.
    Points(Vec<Values>),
    /// What comes of what was run before.
    Optimised {
        space: Space,
        optimisation: Optimisation,
    },
}

impl Search {
    /// How many runs there are at most.
    const fn runs(&self) -> usize {
        match self {
            Self::Points(points) => points.len(),
            Self::Optimised { optimisation, .. } => optimisation.trials,
        }
    }

    /// The values at a place; an optimisation knows them when it gets there, and has others until then.
    fn values(&self, prepared: &Prepared, place: usize) -> Option<Values> {
        match self {
            Self::Points(points) => points.get(place).cloned(),
            Self::Optimised { optimisation, .. } => {
                (place < optimisation.trials).then(|| prepared.values.clone())
            }
        }
    }
}

/// What tells this search from every other one; `asked`: what is run, and how what is kept of it was cut.
pub(super) fn fingerprint(prepared: &Prepared, asked: &dyn Fn(&mut Fingerprint)) -> Fingerprint {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add(env!("CARGO_PKG_VERSION").as_bytes());
    fingerprint.add(prepared.picked.name().as_bytes());
    fingerprint.add(format!("{:?}", prepared.settings).as_bytes());
    // What goes on beside the data: sessions, splits and dividends, financing, announced hours.
    fingerprint.add(format!("{:?}", prepared.market()).as_bytes());
    asked(&mut fingerprint);
    prepared.each_event(|event| fingerprint.add(format!("{event:?}").as_bytes()));
    fingerprint
}

fn add_points(fingerprint: &mut Fingerprint, points: &[Values]) {
    for values in points {
        fingerprint.add(values.to_string().as_bytes());
    }
}

/// The record of a search on its way, if there is one.
struct Kept {
    record: Option<Record>,
    /// Places of the trials that it began with.
    before: Vec<usize>,
    /// What could not be written.
    failure: Option<io::Error>,
}

impl Kept {
    /// Begins the record beside `out`, or goes on with it; with the trials that it has.
    fn open(
        out: Option<&Path>,
        resumes: bool,
        print: impl FnOnce() -> Fingerprint,
        values: &dyn Fn(usize) -> Option<Values>,
    ) -> anyhow::Result<(Self, BTreeMap<usize, Trial>)> {
        let (record, known) = match out {
            Some(out) => {
                let (record, known) = Record::open(out, resumes, print(), values)?;
                (Some(record), known)
            }
            None => (None, BTreeMap::new()),
        };
        let kept = Self {
            record,
            before: known.keys().copied().collect(),
            failure: None,
        };
        Ok((kept, known))
    }

    /// Adds a trial that is not there; whether the search goes on.
    fn take(&mut self, trial: &Trial) -> bool {
        if self.before.binary_search(&trial.place).is_err()
            && let Some(record) = &mut self.record
            && let Err(error) = record.add(trial)
        {
            self.failure = Some(error);
            return false;
        }
        true
    }

    fn check(&mut self) -> anyhow::Result<()> {
        match (self.failure.take(), &self.record) {
            (Some(failure), Some(record)) => {
                Err(failure).with_context(|| record.path().display().to_string())
            }
            _ => Ok(()),
        }
    }

    /// The results are written.
    fn remove(&mut self) -> anyhow::Result<()> {
        self.record.take().map_or(Ok(()), Record::remove)
    }
}

/// Figures of a search beside its best row.
struct Judged {
    /// Or why there is none.
    deflated: Result<Deflated, &'static str>,
    /// Or why there is none.
    validated: Result<CrossValidation, String>,
    /// Why there is no best, where no run has a value of what is searched for.
    unranked: Option<String>,
}

/// What a trial of columns or engine was like return by return.
fn returns_of(prepared: &Prepared, trial: &Trial) -> anyhow::Result<Vec<f64>> {
    let equity = equity_of(prepared, &trial.values)?;
    let returns = equity.windows(2).map(|pair| pair[1] / pair[0] - 1.0);
    Ok(returns.collect())
}

/// When the samples of a run are, by the days that they are of.
fn times_of(prepared: &Prepared, values: &Values) -> anyhow::Result<Vec<TimestampNs>> {
    let outcome = prepared.run(values, &mut *prepared.observe())?;
    let samples = outcome.samples.iter();
    Ok(samples.map(|sample| outcome.dated(sample.ts)).collect())
}

/// Equity at every sample of a run, through the engine.
fn equity_of(prepared: &Prepared, values: &Values) -> anyhow::Result<Vec<f64>> {
    let outcome = prepared.run(values, &mut *prepared.observe())?;
    Ok(outcome.equity_values())
}

fn judged(
    prepared: &Prepared,
    trials: &[Trial],
    best: &Trial,
    objective: Objective,
) -> anyhow::Result<Judged> {
    let figures: Vec<&Figures> = trials.iter().filter_map(|it| it.figures.as_ref()).collect();
    let sharpes: Vec<f64> = figures.iter().filter_map(|it| it.sharpe).collect();
    let shape = Shape::of(&returns_of(prepared, best)?);
    let cells: Vec<&[Moments]> = figures.iter().map(|it| &it.cells[..]).collect();
    let mut values = figures.iter().map(|it| objective.of(it));
    let is_ranked = values.any(|it| it > f64::NEG_INFINITY);
    Ok(Judged {
        deflated: match shape {
            _ if sharpes.is_empty() => Err("no run has a Sharpe ratio"),
            Some(shape) => Ok(overfit::deflated(&sharpes, shape)),
            None => Err("the best run has no Sharpe ratio"),
        },
        // Of other lengths, the halves of one run are not those of another.
        validated: match prepared.not_validated() {
            Some(reason) => Err(reason.to_owned()),
            None => overfit::cross_validate(&cells).map_err(|error| error.to_string()),
        },
        unranked: (!is_ranked).then(|| format!("no run has a value of {}", objective.name())),
    })
}

/// Whether accounts of a plan have something to pass.
fn passable(plan: &Plan) -> Result<(), Usage> {
    let refuse = |why: &str| {
        Err(Usage(format!(
            "--objective passed: plan '{}' {why}; accepted: a plan with stage = {{ evaluation = PHASE }} and a \
             profit_target, or another objective",
            plan.name
        )))
    };
    match (plan.stage, plan.profit_target) {
        (Stage::Funded, _) => refuse("is of a funded account, which has nothing to pass"),
        (_, None) => refuse("has no profit_target, so that nothing passes"),
        _ => Ok(()),
    }
}

/// Runs the command.
///
/// # Errors
/// When something given cannot be read or does not fit, a run fails, or a result cannot be written.
pub(super) fn sweep(sweep: &Sweep) -> anyhow::Result<ExitCode> {
    let objective = sweep.objective.objective();
    if let Some(out) = &sweep.out {
        rows::form(out)?;
    }
    if objective == Objective::Passed && sweep.args.plan.is_none() {
        return Err(Usage(
            "--objective passed: without rules nothing passes; accepted: with --plan FILE"
                .to_owned(),
        )
        .into());
    }
    let prepared = Prepared::new(&sweep.args, Purpose::Sweep)?;
    if objective == Objective::Passed {
        passable(&prepared.settings.plan)?;
    }
    page::check(&sweep.surface, &prepared)?;
    if !sweep.surface.is_empty() && sweep.args.report.is_none() && sweep.args.plots.is_none() {
        return Err(Usage(
            "--surface: the heat map is of a page; accepted: it with --report or --plots"
                .to_owned(),
        )
        .into());
    }
    let cells = Cells::Equal(CSCV_CELLS);
    let declared = prepared.declared()?;
    let threads = threads(sweep.searched.threads);
    let plan = match sweep.optimise {
        Some(runs) => {
            let space = space(&prepared, &sweep.searched, true)?;
            let optimisation = Optimisation::new(space.axes().len(), runs, sweep.searched.seed);
            Search::Optimised {
                space,
                optimisation,
            }
        }
        None => Search::Points(points(&prepared, &sweep.searched)?),
    };
    let print = || {
        fingerprint(&prepared, &|print| match &plan {
            Search::Points(points) => add_points(print, points),
            Search::Optimised {
                space,
                optimisation,
            } => {
                let asked = format!("{optimisation:?} {space:?} {}", objective.name());
                print.add(asked.as_bytes());
            }
        })
    };
    let values = |place| plan.values(&prepared, place);
    let (mut kept, known) = Kept::open(sweep.out.as_deref(), sweep.resume, print, &values)?;
    let bar = progress(plan.runs())?;
    let started = Instant::now();
    let mut done = |trial: &Trial| {
        bar.inc(1);
        kept.take(trial)
    };
    let trials = prepared.with(declared, &cells, |world| match &plan {
        Search::Optimised {
            space,
            optimisation,
        } => optimise(
            world,
            space,
            *optimisation,
            objective,
            known,
            threads,
            &mut done,
        ),
        Search::Points(points) => Ok(world.sweep(points, known, threads, &mut done)?),
    });
    bar.finish_and_clear();
    kept.check()?;
    let mut trials = trials?;
    let seconds = started.elapsed().as_secs_f64();
    if let Some(periods) = sweep.args.periods_per_year {
        for figures in trials.iter_mut().filter_map(|it| it.figures.as_mut()) {
            figures.periods_per_year = periods;
        }
    }
    let Some(best) = search::best(&trials, objective) else {
        return Err(Usage(
            "no run: the strategy takes none of these values together; accepted: see dynasty strategies".to_owned(),
        )
        .into());
    };
    let judged = judged(&prepared, &trials, best, objective)?;
    let shown = table::Shown {
        prepared: &prepared,
        trials: &trials,
        best,
        judged: &judged,
        objective,
        threads,
        known: kept.before.len(),
        seconds,
        seed: sweep.searched.seed,
        is_optimised: sweep.optimise.is_some(),
    };
    if let Some(out) = &sweep.out {
        table::runs(&trials).write(out)?;
    }
    kept.remove()?;
    if sweep.args.report.is_some() || sweep.args.plots.is_some() {
        page::sweep(&sweep.args, &sweep.surface, &shown)?;
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
            if let Some(train) = walk.train {
                return Err(Usage(format!(
                    "--train {train}: everything beside a test is chosen on; accepted: with --mode anchored or rolling"
                )));
            }
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

/// The run of a combination that was chosen for a window.
struct Chosen {
    outcome: Outcome,
    /// When trading days began, and which.
    opened: Vec<TimestampNs>,
    dates: Vec<TradingDay>,
}

impl Chosen {
    fn run(prepared: &Prepared, values: &Values) -> anyhow::Result<Self> {
        let mut days = Days {
            calendar: prepared.observe(),
            opened: Vec::new(),
            dates: Vec::new(),
            recorder: None,
        };
        let outcome = prepared.run(values, &mut days)?;
        Ok(Self {
            outcome,
            opened: days.opened,
            dates: days.dates,
        })
    }

    /// The trading day of a moment; before the first that began, the day before that.
    fn date(&self, ts: TimestampNs) -> i32 {
        let begun = self.opened.partition_point(|at| *at <= ts);
        match (begun.checked_sub(1), self.dates.first()) {
            (Some(last), _) => self.dates[last].0,
            (None, Some(first)) => first.0 - 1,
            (None, None) => (ts.0 / 86_400_000_000_000) as i32,
        }
    }

    /// The days of a window.
    fn stretch(&self, window: std::ops::Range<usize>) -> Stretch {
        let days = days_within(&self.outcome, window, &|ts| self.date(ts));
        days.into_iter()
            .map(|(date, day)| (TradingDay(date), day))
            .collect()
    }

    /// What to know beside it.
    fn cautions(&self) -> impl Iterator<Item = String> {
        let late = caution::late_bars(&self.outcome, ("the plan", &self.opened));
        late.into_iter()
            .chain(caution::held_together(&self.outcome))
    }
}

/// The windows under a plan, each an account of its own, and all of them as one account.
fn under_plan(
    plan: &Plan,
    folds: &[Fold],
    runs: &BTreeMap<usize, Chosen>,
) -> anyhow::Result<UnderPlan> {
    let usage = |error: ChallengeError| Usage(error.to_string());
    let compounds = runs.values().any(|run| run.outcome.counts.by_equity > 0);
    let of = |(chosen, window): &(usize, std::ops::Range<usize>)| {
        let run = runs.get(chosen);
        run.map_or_else(Stretch::new, |run| run.stretch(window.clone()))
    };
    let mut windows = Vec::new();
    // Where the same combination is chosen again, its run goes on.
    let mut joined: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
    for fold in folds {
        let window = (fold.chosen, fold.split.test.clone());
        windows.extend(follow(plan, &[of(&window)], compounds).map_err(usage)?);
        match joined.last_mut() {
            Some((chosen, before)) if *chosen == window.0 && before.end == window.1.start => {
                before.end = window.1.end;
            }
            _ => joined.push(window),
        }
    }
    let stretches: Vec<Stretch> = joined.iter().map(of).collect();
    Ok(UnderPlan {
        plan: plan.name,
        windows,
        whole: follow(plan, &stretches, compounds).map_err(usage)?,
        drawn: challenge::drawn(compounds),
    })
}

/// Runs the command.
///
/// # Errors
/// When something given cannot be read or does not fit, a run fails, or a result cannot be written.
pub(super) fn walk_forward(walk: &WalkForward) -> anyhow::Result<ExitCode> {
    if let Some(out) = &walk.out {
        rows::form(out)?;
    }
    let mut prepared = Prepared::new(&walk.args, Purpose::WalkForward)?;
    // A run that its rules end has nothing to be cut into windows: rules judge what the windows make.
    let asked = match walk.args.plan {
        Some(_) => Some(prepared.unjudge()?),
        None => None,
    };
    let points = points(&prepared, &walk.searched)?;
    let threads = threads(walk.searched.threads);
    // How many samples there are is what the first run of all says.
    let first = points.iter().find(|it| prepared.picked.build(it).is_ok());
    let Some(first) = first else {
        return Err(Usage(
            "no run: the strategy takes none of these values together; accepted: see dynasty strategies".to_owned(),
        )
        .into());
    };
    let times = times_of(&prepared, first)?;
    let samples = times.len();
    let splits = splits(walk, samples)?;
    let cells = walk::cells(&splits);
    let print = || {
        fingerprint(&prepared, &|print| {
            add_points(print, &points);
            // Trials have a part for each stretch that the windows are made of.
            print.add(format!("walk-forward {splits:?}").as_bytes());
        })
    };
    let values = |place: usize| points.get(place).cloned();
    let (mut kept, known) = Kept::open(walk.out.as_deref(), walk.resume, print, &values)?;
    let bar = progress(points.len())?;
    let trials = prepared.with(prepared.declared()?, &cells, |world| {
        world.sweep(&points, known, threads, &mut |trial| {
            bar.inc(1);
            kept.take(trial)
        })
    });
    bar.finish_and_clear();
    kept.check()?;
    let trials = trials?;
    let folds = judge(&splits, &trials, samples);
    let mut runs: BTreeMap<usize, Chosen> = BTreeMap::new();
    for fold in &folds {
        if let std::collections::btree_map::Entry::Vacant(entry) = runs.entry(fold.chosen) {
            entry.insert(Chosen::run(&prepared, &trials[fold.chosen].values)?);
        }
    }
    let stitched = stitch(&folds, &|place| {
        runs.get(&place).map(|run| run.outcome.equity_values())
    });
    let mut cautions = Vec::new();
    let judged = match &asked {
        Some(asked) => {
            cautions.extend(caution::without_conduct(&asked.plan));
            for run in runs.values() {
                for caution in run.cautions() {
                    if !cautions.contains(&caution) {
                        cautions.push(caution);
                    }
                }
            }
            Some(under_plan(&asked.plan, &folds, &runs)?)
        }
        None => None,
    };
    // The page says what was asked.
    if let Some(asked) = asked {
        prepared.settings = asked;
    }
    let per_year = walk.args.periods_per_year;
    let per_year = per_year.unwrap_or_else(|| periods_per_year(times.iter().copied()));
    if let Some(path) = &walk.curve {
        let rows = stitched.levels().into_iter().enumerate();
        let rows = rows.map(|(after, level)| format!("{after},{level}\n"));
        let text = format!("returns,equity\n{}", rows.collect::<String>());
        fs::write(path, text).with_context(|| path.display().to_string())?;
    }
    let time = |sample: usize| times.get(sample).copied().unwrap_or_default();
    if let Some(out) = &walk.out {
        let of = (per_year, &time as _);
        table::windows(&folds, &trials, &stitched, of, judged.as_ref()).write(out)?;
    }
    kept.remove()?;
    if walk.args.report.is_some() || walk.args.plots.is_some() {
        let mode = match walk.mode {
            ModeArg::Anchored => "Anchored: chosen by everything before each window",
            ModeArg::Rolling => "Rolling: chosen by as much before each window",
            ModeArg::KFold => "Purged k-fold: chosen by everything beside each window",
        };
        let about = format!(
            "{mode}, of {} combinations; {} samples purged, {} more after it. The curve is of all windows, one after the \
             other, each with what was chosen for it.",
            trials.iter().filter(|it| it.figures.is_some()).count(),
            walk.purge,
            walk.embargo,
        );
        let initial = prepared.settings.plan.initial_balance;
        let mut walked = ::backtest::report::WalkForward::of(
            about,
            (&splits, &folds, &stitched),
            judged.as_ref(),
            &trials,
            &time,
            ::backtest::outcome::units(initial),
            per_year,
        );
        for caution in &cautions {
            walked.about = format!("{} Note: {caution}.", walked.about);
        }
        page::walk_forward(&walk.args, &prepared, walked)?;
    }
    match walk.args.format {
        Format::Text => {
            let notes = walk::left_out_words(&splits, &folds).into_iter();
            let known = kept.before.len();
            let known = (known > 0)
                .then(|| format!("{known} of {} combinations known from before", trials.len()));
            let notes = notes.chain(cautions).chain(known);
            let notes = notes.map(|note| format!("\nnote: {note}"));
            let notes: String = notes.collect();
            let judged = judged.as_ref();
            say(table::folds(&folds, &trials, &stitched, per_year, judged) + &notes)?;
        }
        Format::Json => {
            let mut object = folds_json(&folds, &trials, &stitched, per_year, judged.as_ref());
            object["windows_left_out"] = json!(splits.len() - folds.len());
            if judged.is_some() {
                object["cautions"] = json!(cautions);
            }
            say(object)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn folds_json(
    folds: &[Fold],
    trials: &[Trial],
    stitched: &Stitched,
    per_year: f64,
    judged: Option<&UnderPlan>,
) -> Value {
    let scale = per_year.sqrt();
    let range = |range: &std::ops::Range<usize>| json!([range.start, range.end]);
    let rows = folds.iter().zip(&stitched.returns).enumerate();
    let rows = rows.map(|(place, (fold, returned))| {
        let mut row = json!({
            "train": fold.split.train.iter().map(range).collect::<Vec<_>>(),
            "test": range(&fold.split.test),
            "parameters": table::parameters(&trials[fold.chosen].values),
            "sharpe_in": fold.trained.map(|it| it * scale),
            "sharpe_out": fold.tested.map(|it| it * scale),
            "return_out": returned,
            "sum_of_returns_out": fold.gained,
            "rank_out": fold.rank,
        });
        if let Some(window) = judged.and_then(|it| it.windows.get(place)) {
            row["under_plan"] = table::verdict(window);
        }
        row
    });
    let mut object = json!({
        "never_traded": search::never_traded(trials),
        "periods_per_year": per_year,
        "folds": rows.collect::<Vec<_>>(),
        "return_out": stitched.total_return(),
        "sharpe_out": stitched.sharpe().map(|it| it * scale),
        "sharpe_in_mean": walk::mean_trained(folds).map(|it| it * scale),
        "max_drawdown_out": stitched.max_drawdown(),
        "equity_out": 1.0 + stitched.total_return(),
        "curve": stitched.levels(),
    });
    if let Some(judged) = judged {
        object["plan"] = json!(judged.plan.to_string());
        object["windows_passed"] = json!(judged.passed());
        object["one_account"] = judged
            .whole
            .as_ref()
            .map(table::verdict)
            .unwrap_or_default();
        object["profit_drawn"] = json!(judged.drawn);
    }
    object
}
