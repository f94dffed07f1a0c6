//! What a run found, as Markdown for people and as JSON for tools.

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::measure::{Round, median};
use super::plot::{duration, plot};

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The processor, as the system names it.
    pub processor: String,
    /// Cores that the process may use.
    pub cores: usize,
    /// Rounds, each over all sizes; the median of them counts.
    pub rounds: usize,
    /// Two readings of the clock with nothing in between, p50 in ns.
    pub clock: u64,
    /// In the order in which they ran.
    pub families: Vec<Family>,
    /// Resident memory.
    pub memory: Vec<Memory>,
}

/// What grows in one way.
#[derive(Debug, Serialize)]
pub struct Family {
    /// What grows.
    pub name: &'static str,
    /// Each by the same sizes.
    pub series: Vec<Series>,
}

/// One kind of input.
#[derive(Debug, Serialize)]
pub struct Series {
    /// The input, and what is meant to happen.
    pub name: &'static str,
    /// Whether every one of the load takes part, so that the time for each counts.
    pub is_sweep: bool,
    /// By ascending size.
    pub rows: Vec<Row>,
}

/// One kind of input at one size, medians of the rounds, ns.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Row {
    /// Of the load.
    pub size: u32,
    /// Clock included.
    pub p50: u64,
    /// Clock included; absent where a round has too few samples.
    pub p99: Option<u64>,
    /// Clock included; absent where a round has too few samples.
    pub p999: Option<u64>,
    /// Without the clock, of the median run.
    pub mean: f64,
}

/// Resident memory of one kind of load.
#[derive(Debug, Serialize)]
pub struct Memory {
    /// One of it.
    pub name: &'static str,
    /// How many there were.
    pub size: u32,
    /// Of each; absent where the system does not tell.
    pub bytes: Option<f64>,
}

impl Row {
    /// The medians of at least one round.
    pub fn of(size: u32, rounds: &[Round]) -> Self {
        let quantile = |pick: fn(&Round) -> Option<u64>| {
            let found: Option<Vec<u64>> = rounds.iter().map(pick).collect();
            found.map(|found| median(found, u64::cmp))
        };
        Self {
            size,
            p50: median(rounds.iter().map(|round| round.p50).collect(), u64::cmp),
            p99: quantile(|round| round.p99),
            p999: quantile(|round| round.p999),
            mean: median(
                rounds.iter().map(|round| round.mean).collect(),
                f64::total_cmp,
            ),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{}, {} cores. Medians of {} rounds, sizes interleaved. p50, p99 and p99.9 have\n\
             a clock reading on either side of each sample and carry its cost, {} ns. The mean is of runs\n\
             of up to 256 samples without one, and of the median run. `-`: too few samples in a round.\n",
            self.processor, self.cores, self.rounds, self.clock
        )?;
        for family in &self.families {
            writeln!(out, "## {}\n", family.name)?;
            for (letter, series) in ('a'..).zip(&family.series) {
                writeln!(out, "{letter}. {}\n\n{series}", series.name)?;
            }
            let curve = |series: &Series| {
                let points = series.rows.iter().map(|row| (row.size.into(), row.mean));
                points.collect()
            };
            let curves: Vec<Vec<(f64, f64)>> = family.series.iter().map(curve).collect();
            writeln!(out, "Mean by size:\n\n```text\n{}```\n", plot(&curves))?;
        }
        if !self.memory.is_empty() {
            writeln!(
                out,
                "## Resident memory\n\n| one | of | bytes |\n|---|---|---|"
            )?;
            for memory in &self.memory {
                let bytes = memory
                    .bytes
                    .map_or("unknown".to_owned(), |bytes| format!("{bytes:.0}"));
                writeln!(
                    out,
                    "| {} | {} | {bytes} |",
                    memory.name,
                    grouped(memory.size)
                )?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Series {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::from("| size | p50 | p99 | p99.9 | mean | to the smallest |");
        text.push_str(if self.is_sweep {
            " mean of each |\n"
        } else {
            "\n"
        });
        text.push_str("|---|---|---|---|---|---|");
        text.push_str(if self.is_sweep { "---|\n" } else { "\n" });
        let first = self.rows.first().map_or(1.0, |row| row.mean);
        for row in &self.rows {
            let quantile =
                |found: Option<u64>| found.map_or("-".to_owned(), |nanos| duration(nanos as f64));
            write!(
                text,
                "| {} | {} | {} | {} | {} | {:.1}x |",
                grouped(row.size),
                duration(row.p50 as f64),
                quantile(row.p99),
                quantile(row.p999),
                duration(row.mean),
                row.mean / first
            )?;
            if self.is_sweep {
                write!(text, " {} |", duration(row.mean / f64::from(row.size)))?;
            }
            text.push('\n');
        }
        out.write_str(&text)
    }
}

/// With a comma after every third digit.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_medians_and_no_quantile_of_too_few() {
        let round = |p50, p99, mean| Round {
            p50,
            p99,
            p999: None,
            mean,
        };
        let rounds = [
            round(3, Some(30), 3.5),
            round(1, Some(90), 1.5),
            round(2, Some(20), 9.5),
        ];
        let row = Row::of(100, &rounds);
        assert_eq!((row.p50, row.p99, row.p999), (2, Some(30), None));
        assert!((row.mean - 3.5).abs() < f64::EPSILON);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(100), "100");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
