//! `board`: how long a leaderboard takes to move an entrant, to tell its exact rank, and to show a page.
//! Exit codes: 0 ok, 2 bad usage.

use std::hint::black_box;
use std::time::Instant;

use bench::scaling::measure::clock;
use bench::twin::draw::Draw;
use clap::{Parser, ValueEnum};
use hdrhistogram::Histogram;
use rules::board::BlockList;
use rules::{Key, TotalReturn};
use types::{AccountId, Notional, Ratio, TimestampNs};

/// Measures a board of a growing number of entrants, in blocks of several sizes.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin board
  cargo run --release -p bench --bin board -- --entrants 1000000 --block 128,512,2048
  cargo run --release -p bench --bin board -- --cache cold --samples 20000")]
struct Arguments {
    /// Entrants, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000, 1_000_000], value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    entrants: Vec<u32>,
    /// Entrants of a full block, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["512"])]
    block: Vec<Block>,
    /// Samples of each row.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    samples: u32,
    /// Whether something else uses the cache between two samples.
    #[arg(long, value_enum, default_value_t = Cache::Warm)]
    cache: Cache,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Block {
    #[value(name = "64")]
    B64,
    #[value(name = "128")]
    B128,
    #[value(name = "256")]
    B256,
    #[value(name = "512")]
    B512,
    #[value(name = "1024")]
    B1024,
    #[value(name = "2048")]
    B2048,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cache {
    /// Nothing.
    Warm,
    /// 16 MiB are read, more than a core's own caches hold.
    Cold,
}

/// What one sample does.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// A score moves by up to a twentieth of a point, as on a market event; then the exact rank.
    SmallMove,
    /// A score is anywhere afterwards; then the exact rank.
    Jump,
    /// The exact rank.
    Rank,
    /// Whoever has a random rank.
    At,
    /// The first 100 places with their keys.
    Top,
    /// The 11 places around a random entrant, with their keys.
    Around,
    /// A random entrant leaves; what puts it back is not timed.
    Remove,
}

impl Work {
    const ALL: [(Self, &str); 7] = [
        (Self::SmallMove, "small move + rank"),
        (Self::Jump, "jump + rank"),
        (Self::Rank, "rank of one"),
        (Self::At, "who has a rank"),
        (Self::Top, "top 100"),
        (Self::Around, "11 around one"),
        (Self::Remove, "remove"),
    ];
}

/// One point in units of a score.
const POINT: i64 = 1_000_000_000;

/// Scores lie around 55 points, most of them within ten.
fn score(draw: &mut Draw) -> i64 {
    let part = |draw: &mut Draw| draw.between(0, 10 * POINT);
    40 * POINT + part(draw) + part(draw) + part(draw)
}

fn key(draw: &mut Draw, entrant: u32, total: i64) -> Key {
    Key {
        total,
        total_return: TotalReturn {
            initial: Notional(1_000_000_000),
            equity: Notional(draw.between(900_000_000, 1_100_000_000).into()),
        },
        max_drawdown: Ratio(draw.between(0, 200_000_000)),
        attained_at: TimestampNs(draw.below(1 << 50)),
        entrant,
        account: AccountId(entrant),
    }
}

struct Bench<const BLOCK: usize> {
    board: BlockList<BLOCK>,
    draw: Draw,
    entrants: u32,
    other: Vec<u64>,
}

impl<const BLOCK: usize> Bench<BLOCK> {
    fn new(entrants: u32, cache: Cache) -> Self {
        let mut draw = Draw::new(7);
        let mut board = BlockList::new();
        board.reserve(entrants);
        for entrant in 0..entrants {
            let total = score(&mut draw);
            let key = key(&mut draw, entrant, total);
            board.update(entrant, key).unwrap_or_else(|e| panic!("{e}"));
        }
        let words = match cache {
            Cache::Warm => 0,
            Cache::Cold => 2 << 20,
        };
        Self {
            board,
            draw,
            entrants,
            other: vec![1; words],
        }
    }

    fn row(&mut self, work: Work, samples: u32) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000_000, 3)
            .unwrap_or_else(|error| panic!("{error}"));
        for _ in 0..samples {
            black_box(self.other.iter().sum::<u64>());
            histogram.saturating_record(self.sample(work));
        }
        histogram
    }

    /// Nanoseconds of one sample.
    fn sample(&mut self, work: Work) -> u64 {
        let entrant = self.draw.below(self.entrants.into()) as u32;
        let rank = self.draw.below(self.entrants.into()) as u32 + 1;
        // Asking for the key here would load what the sample must load itself: it is made from the
        // entrant's number and the draw alone for a jump, and asked for within the time for a move.
        let (shift, total) = (
            self.draw.between(-POINT / 20, POINT / 20),
            score(&mut self.draw),
        );
        let fresh = key(&mut self.draw, entrant, total);
        let start = Instant::now();
        match work {
            Work::SmallMove => {
                let moved = self.board.key_of(entrant).map_or(fresh, |old| Key {
                    total: old.total + shift,
                    ..old
                });
                let _ = black_box(self.board.update(entrant, moved));
                black_box(self.board.rank_of(entrant));
            }
            Work::Jump => {
                let _ = black_box(self.board.update(entrant, fresh));
                black_box(self.board.rank_of(entrant));
            }
            Work::Rank => {
                black_box(self.board.rank_of(entrant));
            }
            Work::At => {
                black_box(self.board.at(rank));
            }
            Work::Top => self.board.top(100).for_each(|place| {
                black_box(place);
            }),
            Work::Around => self.board.around(entrant, 11).for_each(|place| {
                black_box(place);
            }),
            Work::Remove => {
                black_box(self.board.remove(entrant));
            }
        }
        let nanos = start.elapsed().as_nanos() as u64;
        if let Work::Remove = work {
            let _ = self.board.update(entrant, fresh);
        }
        nanos
    }
}

fn run<const BLOCK: usize>(arguments: &Arguments) {
    for &entrants in &arguments.entrants {
        let mut bench = Bench::<BLOCK>::new(entrants, arguments.cache);
        for (work, name) in Work::ALL {
            let found = bench.row(work, arguments.samples);
            println!(
                "{BLOCK:>5} {entrants:>9}  {name:<18} {:>8} {:>8} {:>8} {:>9}",
                found.value_at_quantile(0.5),
                found.value_at_quantile(0.99),
                found.value_at_quantile(0.999),
                found.max(),
            );
        }
        println!(
            "{BLOCK:>5} {entrants:>9}  {:<18} {:>8.1} reserved, {:.1} in use",
            "bytes an entrant",
            bench.board.memory_bytes() as f64 / f64::from(entrants),
            bench.board.used_bytes() as f64 / f64::from(entrants),
        );
    }
}

fn main() {
    let arguments = Arguments::parse();
    println!("clock {} ns, cache {:?}", clock(), arguments.cache);
    println!(
        "block  entrants  {:<18} {:>8} {:>8} {:>8} {:>9}  ns",
        "work", "p50", "p99", "p99.9", "max"
    );
    for block in &arguments.block {
        match block {
            Block::B64 => run::<64>(&arguments),
            Block::B128 => run::<128>(&arguments),
            Block::B256 => run::<256>(&arguments),
            Block::B512 => run::<512>(&arguments),
            Block::B1024 => run::<1024>(&arguments),
            Block::B2048 => run::<2048>(&arguments),
        }
    }
}
