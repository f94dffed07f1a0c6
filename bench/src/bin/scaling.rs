//! `scaling`: how the time of one input through `Shard::apply` grows with accounts, orders and levels.
//! Exit codes: 0 ok, 1 a figure that could not be found, 2 bad usage.

use std::process::ExitCode;

use bench::scaling::accounts::{Exposure, Quotes};
use bench::scaling::book::{Action, CrossedBook, Spread};
use bench::scaling::measure::{Round, clock};
use bench::scaling::memory::{Load, bytes_each, child_bytes_each};
use bench::scaling::report::{Family, Memory, Report, Row, Series};
use bench::scaling::waiting::WaitingOrders;
use bench::scaling::{SIZE_MIN, sizes};
use clap::{Parser, ValueEnum};

/// Measures one input through `Shard::apply` with a growing load, events out, one instrument.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin scaling
  cargo run --release -p bench --bin scaling -- --max 100000 --rounds 9
  cargo run --release -p bench --bin scaling -- --family orders --format json")]
struct Arguments {
    /// The largest load; loads are powers of ten from 100.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(i64::from(SIZE_MIN)..=1_000_000))]
    max: u32,
    /// Rounds, each over all loads; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// What grows, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["accounts", "orders", "levels", "memory"])]
    family: Vec<Choice>,
    /// How to tell the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print the resident bytes of each of `max` of one load.
    #[arg(long, hide = true)]
    memory_of: Option<Load>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    Accounts,
    Orders,
    Levels,
    Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(load) = arguments.memory_of {
        return match bytes_each(load, arguments.max) {
            Some(bytes) => {
                println!("{bytes}");
                ExitCode::SUCCESS
            }
            None => ExitCode::FAILURE,
        };
    }
    let report = run(&arguments);
    match arguments.format {
        Format::Text => print!("{report}"),
        Format::Json => match serde_json::to_string_pretty(&report) {
            Ok(json) => println!("{json}"),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        },
    }
    ExitCode::SUCCESS
}

fn run(arguments: &Arguments) -> Report {
    let wants = |choice| arguments.family.contains(&choice);
    let mut memory = Vec::new();
    if wants(Choice::Memory) {
        for load in Load::ALL {
            eprintln!("memory: {} ...", load.name());
            memory.push(Memory {
                name: load.name(),
                size: arguments.max,
                bytes: child_bytes_each(load, arguments.max),
            });
        }
    }
    let clock = clock();
    let mut families = Vec::new();
    if wants(Choice::Accounts) {
        families.push(accounts(arguments));
    }
    if wants(Choice::Orders) {
        families.push(orders(arguments));
    }
    if wants(Choice::Levels) {
        families.push(levels(arguments));
    }
    Report {
        processor: processor(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        rounds: arguments.rounds.into(),
        clock,
        families,
        memory,
    }
}

/// A kind of input and what it is called.
struct Kind<K> {
    input: K,
    name: &'static str,
}

const fn kind<K>(input: K, name: &'static str) -> Kind<K> {
    Kind { input, name }
}

fn accounts(arguments: &Arguments) -> Family {
    let outside = [
        kind(Quotes::Quiet, "Quote inside every band: nobody is judged"),
        kind(
            Quotes::Swept,
            "As a, and then every band is compared with the mark: a sweep that finds whom to judge",
        ),
        kind(
            Quotes::Judged,
            "As a, and then every account is marked and judged: the plain sweep",
        ),
        kind(
            Quotes::Leaders,
            "Quote that moves the peaks of 100 accounts: nobody is judged",
        ),
        kind(
            Quotes::Peaks,
            "Quote that moves every peak: nobody is judged",
        ),
    ];
    let inside = [
        kind(Quotes::Quiet, "As a, every account in a competition"),
        kind(
            Quotes::Troughs,
            "Quote that moves every entry's low: everybody is looked at",
        ),
        kind(
            Quotes::Peaks,
            "Quote that moves every entry's high and every peak: everybody is looked at",
        ),
    ];
    let mut series = Vec::new();
    for (in_competition, kinds) in [(false, &outside[..]), (true, &inside)] {
        let load = |size| Exposure::new(size, in_competition);
        series.extend(measured(arguments, load, kinds, Exposure::round));
    }
    // Each account costs its look in the last two.
    for series in series.iter_mut().rev().take(2) {
        series.is_sweep = true;
    }
    Family {
        name: "Accounts with one position each",
        series,
    }
}

fn orders(arguments: &Arguments) -> Family {
    let crossed = [
        kind(
            Action::Near,
            "Add at one of the levels and its cancel, both",
        ),
        kind(
            Action::Replace,
            "Cancel of any order and the same again, both",
        ),
        kind(Action::Market, "Market order of one lot"),
    ];
    let load = |size| CrossedBook::new(size, Spread::Levels);
    let mut series = measured(arguments, load, &crossed, CrossedBook::round);
    let paper = [kind((), "Quote far from all waiting limit and stop orders")];
    let quote = |load: &mut WaitingOrders, ()| load.round();
    series.extend(measured(arguments, WaitingOrders::new, &paper, quote));
    Family {
        name: "Working orders over 1,000 levels a side",
        series,
    }
}

fn levels(arguments: &Arguments) -> Family {
    let actions = [
        kind(
            Action::Near,
            "Add at one of the 1,000 nearest levels and its cancel, both",
        ),
        kind(Action::Anywhere, "Add at any level and its cancel, both"),
        kind(
            Action::Beyond,
            "Add at a new level below all and its cancel, both",
        ),
    ];
    let load = |size| CrossedBook::new(size, Spread::Alone);
    Family {
        name: "Levels of one order each, both sides together",
        series: measured(arguments, load, &actions, CrossedBook::round),
    }
}

/// Interleaved: a disturbance that lasts hits every size alike.
fn measured<L, K: Copy>(
    arguments: &Arguments,
    load: impl Fn(u32) -> L,
    kinds: &[Kind<K>],
    round: impl Fn(&mut L, K) -> Round,
) -> Vec<Series> {
    let full = |size| {
        eprintln!("loading {size} ...");
        (size, load(size))
    };
    let mut loads: Vec<(u32, L)> = sizes(arguments.max).into_iter().map(full).collect();
    let mut found = vec![vec![Vec::new(); loads.len()]; kinds.len()];
    for number in 1..=arguments.rounds {
        eprintln!("round {number} ...");
        for (kind, found) in kinds.iter().zip(&mut found) {
            for ((_, load), found) in loads.iter_mut().zip(found) {
                found.push(round(load, kind.input));
            }
        }
    }
    let sizes = || loads.iter().map(|(size, _)| *size);
    kinds
        .iter()
        .zip(&found)
        .map(|(kind, found)| Series {
            name: kind.name,
            is_sweep: false,
            rows: sizes()
                .zip(found)
                .map(|(size, rounds)| Row::of(size, rounds))
                .collect(),
        })
        .collect()
}

/// As Linux names it.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'));
    model.map_or_else(
        || "unknown processor".to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}
