//! `sweep`: combinations of SMA crosses over 100,000 bars, along columns and through the engine, one run along columns over
//! 1,000,000, and shuffles of 2,147 returns. Exit codes: 0 ok, 1 a result was not the known one, 2 bad usage.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use backtest::columnar::{Columns, Desk};
use backtest::monte_carlo::{Method, Simulation, simulate};
use backtest::random::Random;
use backtest::run::{Bars, Observer, RunError, Settings, Source, Unobserved, plain_plan};
use backtest::search::{Axis, Cells, Objective, Space, World, best};
use backtest::strategies;
use backtest::strategy::Values;
use clap::Parser;
use marketdata::generator::MinuteBars;
use types::{
    BarPath, FeeSchedule, Instrument, InstrumentId, InstrumentKind, Label, Liquidity, Margin,
    Money, PaperModel, Price, Qty, Ratio,
};

/// Measures sweeps and shuffles.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin sweep
  cargo run --release -p bench --bin sweep -- --threads 1 --rounds 10")]
struct Arguments {
    /// Synthetic minute bars (`marketdata::generator`, seed 42).
    #[arg(long, default_value_t = 100_000)]
    bars: usize,
    /// Those of the one run.
    #[arg(long, default_value_t = 1_000_000)]
    run_bars: usize,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Rounds; the fastest and the median are shown.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

type Failure = Box<dyn std::error::Error>;

fn measure(arguments: &Arguments, name: &str, count: usize, mut work: impl FnMut()) {
    let mut times: Vec<f64> = (0..arguments.rounds.max(1))
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let rate = |time: f64| count as f64 / time;
    println!(
        "{name:<44} {:>10.0}/s best {:>10.0}/s median",
        rate(times[0]),
        rate(times[times.len() / 2])
    );
}

/// A cent, one unit, 0.1% a side, 100,000,000 at the start: the terms of the comparison.
fn settings() -> Result<Settings, Failure> {
    let fee = Ratio(1_000_000);
    let instrument = Instrument {
        symbol: Label::new("SYN")?,
        kind: InstrumentKind::CryptoSpot,
        currency: Label::new("USD")?,
        tick_size: Price(Price::ONE.0 / 100),
        lot_size: Qty::ONE,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(1_000_000),
        fees: FeeSchedule {
            taker: fee,
            maker: fee,
            ..FeeSchedule::default()
        },
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::ZERO,
        liquidity: Liquidity::Paper(PaperModel {
            bars: BarPath::Ignored,
            ..PaperModel::default()
        }),
    };
    let plan = plain_plan("USD", Money::whole(100_000_000))?;
    Ok(Settings {
        keep_fills: false,
        ..Settings::new(vec![instrument], plan)
    })
}

fn work(arguments: &Arguments) -> Result<(), Failure> {
    let bars: Vec<_> = MinuteBars::new(42).take(arguments.bars).collect();
    let settings = settings()?;
    let declared = strategies::find("sma_cross").ok_or("sma_cross is not there")?;
    let axes = ["fast=5..24", "slow=30..125:5"];
    let axes = axes.map(|text| Axis::parse(declared.parameters, text));
    let axes = axes.into_iter().collect::<Result<_, _>>()?;
    let points = Space::new(Values::defaults(declared.parameters), axes)?.grid()?;
    let columns = Columns::new(&settings.instruments[0], &bars)?;
    let desk = Desk::new(&settings)?;
    let cells = Cells::Equal(16);
    let open = || -> Result<Vec<Box<dyn Source + '_>>, RunError> {
        Ok(vec![Box::new(Bars::new(InstrumentId(0), &bars))])
    };
    let observe = || -> Box<dyn Observer> { Box::new(Unobserved) };
    let along = World {
        settings: &settings,
        declared,
        open: &open,
        observe: &observe,
        columns: Some((&columns, &desk)),
        cells: &cells,
    };
    let through = World {
        columns: None,
        ..along
    };
    let mut found = Vec::new();
    for (name, world) in [
        ("combinations along columns", along),
        ("combinations through the engine", through),
    ] {
        let mut trials = Ok(Vec::new());
        measure(arguments, name, points.len(), || {
            trials = world.sweep(&points, BTreeMap::new(), arguments.threads, &mut |_| true);
        });
        let trials = trials?;
        let best = best(&trials, Objective::Return).ok_or("no trial")?;
        let equity = best.figures.as_ref().map(|figures| figures.equity);
        found.push((best.values.to_string(), equity.ok_or("no figures")?));
    }
    println!("  best: {} with {}", found[0].0, found[0].1);
    if found[0] != found[1] {
        return Err(format!("columns and engine differ: {found:?}").into());
    }
    if arguments.bars == 100_000 && found[0].1.to_string() != "99977737.80958" {
        return Err("expected fast=24 slow=125 with 99977737.80958".into());
    }
    one_run(arguments, &settings)?;
    let mut random = Random::new(1);
    let returns: Vec<f64> = (0..2_147).map(|_| 0.02 * random.normal()).collect();
    for (name, method) in [
        ("shuffles of 2,147 returns, drawdown", Method::Shuffle),
        (
            "stationary bootstraps of them, blocks of 13",
            Method::Stationary { mean: 13.0 },
        ),
    ] {
        let simulation = Simulation {
            method,
            paths: 100_000,
            seed: 1,
            ruin: 0.5,
            threads: arguments.threads,
        };
        let mut done = Ok(());
        measure(arguments, name, simulation.paths, || {
            done = simulate(&returns, &simulation).map(drop);
        });
        done?;
    }
    Ok(())
}

/// SMA 10/30 once, from bars to its figures: the columns are made anew each time.
fn one_run(arguments: &Arguments, settings: &Settings) -> Result<(), Failure> {
    let bars: Vec<_> = MinuteBars::new(42).take(arguments.run_bars).collect();
    let declared = strategies::find("sma_cross").ok_or("sma_cross is not there")?;
    let axes = ["fast=10", "slow=30"];
    let axes = axes.map(|text| Axis::parse(declared.parameters, text));
    let axes = axes.into_iter().collect::<Result<_, _>>()?;
    let points = Space::new(Values::defaults(declared.parameters), axes)?.grid()?;
    let run = || -> Result<Money, Failure> {
        let columns = Columns::new(&settings.instruments[0], &bars)?;
        let desk = Desk::new(settings)?;
        let open = || -> Result<Vec<Box<dyn Source + '_>>, RunError> {
            Ok(vec![Box::new(Bars::new(InstrumentId(0), &bars))])
        };
        let observe = || -> Box<dyn Observer> { Box::new(Unobserved) };
        let world = World {
            settings,
            declared,
            open: &open,
            observe: &observe,
            columns: Some((&columns, &desk)),
            cells: &Cells::Equal(16),
        };
        let trials = world.sweep(&points, BTreeMap::new(), 1, &mut |_| true)?;
        let figures = trials.first().and_then(|trial| trial.figures.as_ref());
        Ok(figures.ok_or("no figures")?.equity)
    };
    let mut equity = run();
    let name = "bars of one run along columns";
    measure(arguments, name, bars.len(), || equity = run());
    let equity = equity?;
    println!("  final equity {equity}");
    if arguments.run_bars == 1_000_000 && equity.to_string() != "99172978.99986" {
        return Err("expected 99172978.99986".into());
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match work(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sweep: {error}");
            ExitCode::FAILURE
        }
    }
}
