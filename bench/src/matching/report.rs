//! What a run found, as text for people and as JSON for tools.

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::latency::{Latency, STRIDE};
use super::memory::ORDERS;
use super::registry::{Entry, LeftOut};
use super::replay::Replay;
use super::workload::Workload;
use super::{About, Origin};

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The processor, as the system names it.
    pub processor: String,
    /// Cores that the process may use.
    pub cores: usize,
    /// Replays of each workload through each engine.
    pub rounds: usize,
    /// Two readings of the clock with nothing in between.
    pub clock: Latency,
    /// In the order in which they ran.
    pub workloads: Vec<WorkloadReport>,
    /// What stands between the workload and each engine.
    pub engines: Vec<EngineReport>,
    /// Known engines that were not measured.
    pub left_out: Vec<LeftOut>,
}

/// One workload through every engine.
#[derive(Debug, Serialize)]
pub struct WorkloadReport {
    /// `W1(1k)`.
    pub name: String,
    /// Passive adds that are not timed.
    pub prefill: usize,
    /// Steps of the workload.
    pub steps: usize,
    /// Trades of the reference engine.
    pub trades: u64,
    /// Hash over them, in hexadecimal.
    pub hash: String,
    /// Whether hash and trades are those published; absent when none are published.
    pub published: Option<bool>,
    /// The fastest published library or the naive engine, whichever is faster, trades right or wrong.
    pub peer_fastest: Option<&'static str>,
    /// In the order of the list.
    pub engines: Vec<Measurement>,
}

/// One engine on one workload.
#[derive(Debug, Serialize)]
pub struct Measurement {
    /// The engine.
    pub engine: &'static str,
    /// Measured steps; fewer than the workload has for slow engines.
    pub steps: usize,
    /// Millions of commands a second, by round.
    pub rounds: Vec<f64>,
    /// Their median.
    pub median: f64,
    /// The median by that of the fastest peer.
    pub by_peer: Option<f64>,
    /// Hash over its trades, in hexadecimal, in its own order ids.
    pub hash: String,
    /// Its trades.
    pub trades: u64,
    /// Whether every round traded exactly as the reference engine.
    pub agrees: bool,
    /// Of one command; absent when not asked for.
    pub latency: Option<Latency>,
}

/// One engine apart from any workload.
#[derive(Debug, Serialize)]
pub struct EngineReport {
    /// The engine.
    pub engine: &'static str,
    /// Of its package.
    pub version: &'static str,
    /// `product`, `naive`, `peer` or `bound`.
    pub origin: &'static str,
    /// What stands in between, and when it runs.
    pub adapter: &'static str,
    /// Resident bytes for each resting order; absent when unknown or not asked for.
    pub bytes_per_order: Option<f64>,
}

impl EngineReport {
    /// Without the memory, which another process finds.
    pub fn new(about: About, bytes_per_order: Option<f64>) -> Self {
        Self {
            engine: about.name,
            version: about.version,
            origin: match about.origin {
                Origin::Product => "product",
                Origin::Naive => "naive",
                Origin::Peer => "peer",
                Origin::Bound => "bound",
            },
            adapter: about.adapter,
            bytes_per_order,
        }
    }
}

impl WorkloadReport {
    /// `found` has an engine's replays and its latency.
    pub fn new(workload: &Workload, found: Vec<(Entry, Vec<Replay>, Option<Latency>)>) -> Self {
        let reference = workload.expected(workload.steps.len(), u64::from);
        let mut engines: Vec<Measurement> = Vec::with_capacity(found.len());
        let mut fastest: Option<(&'static str, f64)> = None;
        for (entry, replays, latency) in found {
            let measurement = Measurement::new(workload, entry, &replays, latency);
            let is_peer = matches!(entry.about.origin, Origin::Naive | Origin::Peer);
            if is_peer && fastest.is_none_or(|(_, rate)| measurement.median > rate) {
                fastest = Some((entry.about.name, measurement.median));
            }
            engines.push(measurement);
        }
        for measurement in &mut engines {
            measurement.by_peer = fastest.map(|(_, rate)| measurement.median / rate);
        }
        Self {
            name: workload.spec.name(),
            prefill: workload.prefill.len(),
            steps: workload.steps.len(),
            trades: reference.trades,
            hash: format!("{:016x}", reference.hash),
            published: workload
                .spec
                .published()
                .map(|published| published == reference),
            peer_fastest: fastest.map(|(name, _)| name),
            engines,
        }
    }
}

impl Measurement {
    fn new(
        workload: &Workload,
        entry: Entry,
        replays: &[Replay],
        latency: Option<Latency>,
    ) -> Self {
        let steps = replays.first().map_or(0, |replay| replay.steps);
        let names = (entry.names)(workload);
        let expected = workload.expected(steps, |id| match &names {
            Some(names) => names[id as usize],
            None => id.into(),
        });
        let found = replays
            .last()
            .map(|replay| replay.trades)
            .unwrap_or_default();
        let rounds: Vec<f64> = replays.iter().map(Replay::rate).collect();
        Self {
            engine: entry.about.name,
            steps,
            median: median(&rounds),
            rounds,
            by_peer: None,
            hash: format!("{:016x}", found.hash),
            trades: found.trades,
            agrees: replays.iter().all(|replay| replay.trades == expected),
            latency,
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

/// 1234567 as `1,234,567`.
fn grouped(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Matching: the same commands through every engine, one thread, one process; median of {} rounds.",
            self.rounds
        )?;
        writeln!(f, "{}, {} cores", self.processor, self.cores)?;
        writeln!(
            f,
            "Latency: Instant around every {STRIDE}th command, nothing subtracted. The clock alone: p50 {}, p99 {}, p99.9 {} ns.",
            self.clock.p50, self.clock.p99, self.clock.p999
        )?;
        for workload in &self.workloads {
            write!(f, "\n{workload}")?;
        }
        let memory = self.engines.iter().any(|e| e.bytes_per_order.is_some());
        if memory {
            writeln!(
                f,
                "\nMemory: growth of a process of its own by {} resting orders on 250 levels a side, bytes an order",
                grouped(ORDERS as usize)
            )?;
            for engine in &self.engines {
                match engine.bytes_per_order {
                    Some(bytes) => writeln!(f, "  {:<14} {bytes:>7.1}", engine.engine)?,
                    None => writeln!(f, "  {:<14} unknown", engine.engine)?,
                }
            }
        }
        writeln!(f, "\nEngines")?;
        for engine in &self.engines {
            writeln!(
                f,
                "  {:<14} {:<8} {:<10} {}",
                engine.engine, engine.version, engine.origin, engine.adapter
            )?;
        }
        writeln!(f, "\nLeft out")?;
        for left_out in &self.left_out {
            writeln!(f, "  {}: {}", left_out.name, left_out.reason)?;
        }
        Ok(())
    }
}

impl fmt::Display for WorkloadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let published = match self.published {
            Some(true) => "as published",
            Some(false) => "NOT AS PUBLISHED",
            None => "by the reference engine",
        };
        writeln!(
            f,
            "{}: {} steps after {} that are not timed; {} trades, hash {}, {published}; the fastest peer is {}",
            self.name,
            grouped(self.steps),
            grouped(self.prefill),
            grouped(self.trades as usize),
            self.hash,
            self.peer_fastest.unwrap_or("not in this run"),
        )?;
        writeln!(
            f,
            "  {:<14} {:>7} {:>16} {:>7} {:>7} {:>8} {:>8} {:>10}  trades",
            "engine", "M/s", "low-high", "x peer", "p50", "p99", "p99.9", "max ns"
        )?;
        for engine in &self.engines {
            writeln!(f, "  {}", engine.line(self.steps))?;
        }
        Ok(())
    }
}

impl Measurement {
    fn line(&self, steps: usize) -> String {
        let low = self.rounds.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.rounds.iter().copied().fold(0.0, f64::max);
        let mut line = format!(
            "{:<14} {:>7.2} {:>16}",
            self.engine,
            self.median,
            format!("{low:.2}-{high:.2}")
        );
        // Writing to a string cannot fail.
        let _ = match self.by_peer {
            Some(by_peer) => write!(line, " {by_peer:>7.2}"),
            None => write!(line, " {:>7}", "-"),
        };
        let _ = match self.latency {
            Some(Latency {
                p50,
                p99,
                p999,
                max,
                ..
            }) => write!(line, " {p50:>7} {p99:>8} {p999:>8} {max:>10}"),
            None => write!(line, " {:>7} {:>8} {:>8} {:>10}", "-", "-", "-", "-"),
        };
        line.push_str(if self.agrees { "  agree" } else { "  DIFFER" });
        if !self.agrees {
            let _ = write!(line, " ({} of them)", grouped(self.trades as usize));
        }
        if self.steps < steps {
            let _ = write!(line, ", first {} steps only", grouped(self.steps));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(123_456_789), "123,456,789");
    }

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_two_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }
}
