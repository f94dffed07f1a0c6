//! `dynasty backtest`: a strategy over recorded markets, through the engine and the rules.

mod benchmark;
mod caution;
mod chance;
mod data;
mod entry;
mod hours;
mod ignored;
mod market;
mod measured;
mod observe;
mod parse;
mod png;
mod record;
mod replay;
mod report;
mod rows;
mod search;
mod tables;
mod told;
mod world;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use ::backtest::outcome::Outcome;
use ::backtest::report::Benchmark;
use ::backtest::run::{Ahead, Fills, Sampling, Settings, plain_plan, run};
use ::backtest::strategy::{Size, Values};
use anyhow::Context as _;
use clap::ValueEnum;
use marketdata::history::Edges;
use types::{Funding, Money, Ratio};

use crate::data::input::{Input, parse_length};
use crate::demo::say;
use crate::strategies::Picked;
use data::Files;
use observe::Watch;

/// Run a strategy over recorded markets, or many of them: sweep, walk-forward, monte-carlo; or replay a live journal.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = EXAMPLES
)]
pub(crate) struct Command {
    #[command(subcommand)]
    many: Option<Many>,
    #[command(flatten)]
    args: Args,
}

/// What is many runs, or one that was live.
#[derive(Debug, clap::Subcommand)]
enum Many {
    Sweep(Box<search::Sweep>),
    WalkForward(Box<search::WalkForward>),
    MonteCarlo(Box<chance::MonteCarlo>),
    Replay(replay::Replayed),
}

const EXAMPLES: &str = "\
Examples:
  dynasty backtest fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --fee 0.1%
  dynasty backtest fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --set fast=20 --set slow=50 --size 100% --trades trades.csv --report sma.html
  dynasty backtest fixtures/market/eurusd_1h_bars.csv.gz --strategy sma_cross --bars 1d --lot 1000 --cash 50000 --size 95%
  dynasty backtest fixtures/market/goog_1d_bars.csv.gz --strategy fixtures/strategies/pullback.toml --cash 100000
  dynasty backtest fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --size 100% --plan fixtures/plans/static-100k.toml --interval 390m --proofs proofs
  dynasty verify-breach proofs/*
  dynasty backtest fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --size 100% --competition cup.toml
  dynasty backtest sweep fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50:5 --grid slow=20..200:20
  dynasty backtest walk-forward fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --grid fast=5..50:5 --grid slow=20..200:20 --folds 6
  dynasty backtest monte-carlo fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross --size 100% --method bootstrap
  dynasty backtest replay data

What there is: dynasty strategies. How files are read: docs/data.md. Searches and simulations: docs/search.md.";

/// Run a strategy over recorded markets.
///
/// Without --instrument the steps of price are found in the data, and what trading costs is said here. Without --plan
/// the account has no rules but that it cannot hold more than its equity pays for.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    /// The recorded markets, merged by time.
    #[arg(required = true, value_name = "DATA")]
    files: Vec<PathBuf>,
    /// The strategy: a name of `dynasty strategies`, or a file (TOML, docs/strategies.md).
    // A subcommand has its own, so that clap cannot ask for it here: no name is refused as an unknown one.
    #[arg(
        long,
        short,
        value_name = "NAME|FILE",
        default_value = "",
        hide_default_value = true
    )]
    strategy: String,
    /// A parameter of it.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse::assignment)]
    set: Vec<(String, String)>,
    /// What is traded: definitions, sessions, splits and dividends (TOML, docs/instruments.md).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fee", "slippage"])]
    instrument: Option<PathBuf>,
    /// What a fill costs as a share of its notional, each side.
    #[arg(long, value_name = "PERCENT", value_parser = parse::percent, allow_negative_numbers = true)]
    fee: Option<Ratio>,
    /// How many ticks worse than the market an order that takes is.
    #[arg(long, value_name = "TICKS", allow_negative_numbers = true)]
    slippage: Option<u32>,
    /// Ticks between bid and ask of the quote that stands for the price of a bar.
    #[arg(
        long,
        value_name = "TICKS",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    spread: u32,
    /// A full position: units (1, 0.5), a share of equity (100%), or an amount of the account's currency (5000USD).
    #[arg(long, value_name = "SIZE", default_value = "1", value_parser = parse::size, allow_negative_numbers = true)]
    size: parse::SizeArg,
    /// What the account starts with [default: 10000].
    #[arg(long, value_name = "AMOUNT", value_parser = parse::amount, conflicts_with = "plan", allow_negative_numbers = true)]
    cash: Option<Money>,
    /// Its currency, and that of the instruments [default: USD].
    #[arg(long, value_name = "NAME", conflicts_with = "plan")]
    currency: Option<String>,
    /// How many times its equity the account may hold, both sides of the market.
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), conflicts_with = "plan")]
    leverage: u32,
    /// When orders are sent [default: next-open with bars, market with anything else].
    #[arg(long, value_enum)]
    fills: Option<FillsArg>,
    /// Makes bars of this length of smaller ones; of trades, else of the middle of quotes, for the strategy alone: the
    /// engine has what they are made of.
    #[arg(long, value_name = "DURATION", value_parser = parse_length)]
    bars: Option<u64>,
    /// Gives the strategy longer bars of this length beside those of the data; those that a file of a strategy names it has
    /// without.
    #[arg(long, value_name = "DURATION", value_parser = parse_length)]
    also: Vec<u64>,
    /// What a currency is worth in the account's: a rate (EUR=1.08), or an instrument of the data whose middle it is
    /// (EUR=EURUSD).
    #[arg(long, value_name = "CURRENCY=RATE", value_parser = parse::assignment)]
    convert: Vec<(String, String)>,
    /// How often equity is noted [default: at the end of every bar, without bars every 1m]: with bars at the first end of
    /// one in so much time.
    #[arg(long, value_name = "DURATION", value_parser = parse_length)]
    sample: Option<u64>,
    /// What the run is compared with, bought at the start and held: an instrument of the data, or a file [default: the
    /// instrument, where there is one].
    #[arg(long, value_name = "FILE|SYMBOL")]
    benchmark: Option<String>,
    /// The account is opened under this plan: did it pass, or where did it breach and why.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Hours of calendars that the plan's windows follow and only a firm knows, such as news: on each line what POST /v1/windows
    /// takes (docs/plans.md).
    #[arg(long, value_name = "FILE", requires = "plan")]
    windows: Option<PathBuf>,
    /// The account enters this competition (docs/competitions.md): its score, and whether it is ranked.
    #[arg(long, value_name = "FILE")]
    competition: Option<PathBuf>,
    /// Write the proof of each verdict to a file in this directory, for `dynasty verify-breach`.
    #[arg(long, value_name = "DIR", requires = "plan")]
    proofs: Option<PathBuf>,
    /// Write the round trips as they end (CSV).
    #[arg(long, value_name = "FILE")]
    trades: Option<PathBuf>,
    /// Write the fills as they happen (CSV).
    #[arg(long, value_name = "FILE")]
    executions: Option<PathBuf>,
    /// Write the equity curve (CSV).
    #[arg(long, value_name = "FILE")]
    equity: Option<PathBuf>,
    /// Write a report: one HTML page that needs nothing else.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Write each plot of the report to a file in this directory, as SVG and as PNG.
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
    /// Show every metric with its convention (docs/metrics.md).
    #[arg(long)]
    metrics: bool,
    /// Show the return of each day, month or year.
    #[arg(long, value_enum, value_name = "PERIOD")]
    by: Option<By>,
    /// How many steps of the equity curve make a year [default: as many as its times say].
    #[arg(long, value_name = "NUMBER", value_parser = parse::positive)]
    periods_per_year: Option<f64>,
    /// What a year without risk brings.
    #[arg(long, value_name = "PERCENT", default_value = "0%", value_parser = parse::percent)]
    risk_free: Ratio,
    /// How the result is told.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    input: Input,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// A period of the calendar, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Day,
    Month,
    Year,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FillsArg {
    /// At the open of the next bar.
    NextOpen,
    /// At the close that was seen.
    SameClose,
    /// At the close of the next bar.
    NextClose,
    /// At once, at the market; messages take as long as the instrument says.
    Market,
}

impl FillsArg {
    const fn fills(self) -> Fills {
        match self {
            Self::NextOpen => Fills::NextOpen,
            Self::SameClose => Fills::SameClose,
            Self::NextClose => Fills::NextClose,
            Self::Market => Fills::Market,
        }
    }
}

/// How often equity is noted where there are no bars.
const MINUTE_NS: u64 = 60_000_000_000;

/// What the command cannot be asked for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// What was run, for whoever tells of it.
struct Ran<'a> {
    args: &'a Args,
    values: &'a Values,
    settings: &'a Settings,
    outcome: &'a Outcome,
    watch: &'a Watch,
    /// What it is compared with.
    benchmark: Option<Benchmark>,
    seconds: f64,
}

/// Runs the command.
///
/// # Errors
/// When something given cannot be read or does not fit, or the result cannot be written.
pub(crate) fn run_command(command: &Command) -> anyhow::Result<ExitCode> {
    match &command.many {
        Some(Many::Sweep(sweep)) => search::sweep(sweep),
        Some(Many::WalkForward(walk)) => search::walk_forward(walk),
        Some(Many::MonteCarlo(simulation)) => chance::monte_carlo(simulation),
        Some(Many::Replay(replayed)) => replay::run(replayed),
        None => run_once(&command.args),
    }
}

fn run_once(args: &Args) -> anyhow::Result<ExitCode> {
    let picked = Picked::of(&args.strategy)?;
    let values = picked.values(&args.set)?;
    let mut strategy = picked.build(&values)?;

    let files = Files::look(args)?;
    picked.check(&files.offer(args))?;
    let market = market::market(args, &files)?;
    let settings = settings(args, &picked, &files, &market)?;
    let mut watch = Watch::new(args, &settings, &market, &files)?;
    let mut sources = files.sources(args, &market)?;
    watch.counts(sources.iter().flat_map(|it| it.rows().counters()).collect());
    let started = std::time::Instant::now();
    let outcome = std::thread::scope(|scope| {
        let read = |source| Ahead::read(scope, source);
        let sources = sources.iter_mut().map(read).collect();
        run(&settings, sources, &mut *strategy, &mut watch)
    });
    watch.close()?;
    for source in &sources {
        data::tell_bad(source.rows());
    }
    let outcome = outcome.map_err(|error| entry::refused(args, error))?;
    let benchmark = benchmark::of(args, &watch.names, &outcome)?;
    let ran = Ran {
        benchmark,
        args,
        values: &values,
        settings: &settings,
        outcome: &outcome,
        watch: &watch,
        seconds: started.elapsed().as_secs_f64(),
    };
    if let Some(path) = &args.equity {
        let named = || path.display().to_string();
        let file = fs::File::create(path).with_context(named)?;
        let mut file = std::io::BufWriter::new(file);
        tables::equity(&outcome.samples, &mut file).with_context(named)?;
    }
    report::write(&ran)?;
    match args.format {
        Format::Text => say(told::text(&ran))?,
        Format::Json => say(told::json(&ran))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The terms of a run.
fn settings(
    args: &Args,
    picked: &Picked,
    files: &Files,
    market: &market::Market,
) -> anyhow::Result<Settings> {
    ignored::of_run(args, files, market)?;
    let plan = if let Some(path) = &args.plan {
        crate::plan::read(path)?
    } else {
        let currency = args.currency.as_deref().unwrap_or("USD");
        let cash = args.cash.unwrap_or(Money::whole(10_000));
        let mut plan = plain_plan(currency, cash)
            .map_err(|error| Usage(format!("--currency '{currency}': {error}")))?;
        let leverage = i64::from(args.leverage);
        plan.terms.funding = Funding::Margin {
            // Rounded up: a third of equity three times is not more than all of it.
            rate_min: Ratio((Ratio::ONE.0 + leverage - 1) / leverage),
        };
        plan
    };
    let has_bars = files.has_bars || args.bars.is_some();
    let made = args.bars.filter(|_| !files.has_bars);
    let (definitions, converters) = market::conversions(args, market, plan.currency)?;
    Ok(Settings {
        definitions,
        converters,
        bars: made.map(|every| files.made(every)),
        frames: (picked.lengths().iter().chain(&args.also))
            .map(|&every| Edges::Epoch { every })
            .collect(),
        fills: args.fills.map_or(
            if files.has_bars {
                Fills::NextOpen
            } else {
                Fills::Market
            },
            FillsArg::fills,
        ),
        spread_ticks: args.spread,
        size: size(args.size, plan.currency.as_str())?,
        sampling: match (has_bars, args.sample) {
            (true, None) => Sampling::Bars,
            (true, Some(every)) => Sampling::BarsEvery(every),
            (false, every) => Sampling::Every(every.unwrap_or(MINUTE_NS)),
        },
        benchmark: benchmark::instrument(args, market),
        prints_are_quotes: !files.has_bars && !files.has_quotes,
        competition: entry::competition(args)?,
        stops_with_account: args.plan.is_some(),
        keep_fills: false,
        ..Settings::new(market.instruments(), plan)
    })
}

fn write(path: &std::path::Path, text: String) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| path.display().to_string())
}

fn size(size: parse::SizeArg, currency: &str) -> Result<Size, Usage> {
    match size {
        parse::SizeArg::Size(size) => Ok(size),
        parse::SizeArg::Amount(amount, of) if of.as_str() == currency => Ok(Size::Notional(amount)),
        parse::SizeArg::Amount(amount, of) => Err(Usage(format!(
            "--size {amount}{of}; accepted: an amount of the account's currency, {currency}"
        ))),
    }
}
