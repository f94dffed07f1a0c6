//! Resident memory of a load. Each figure is found in a process of its own, because an allocator hands
//! out again what another load freed.

use std::hint::black_box;
use std::process::Command;

use super::accounts::Exposure;
use super::book::{CrossedBook, Spread};
use super::waiting::WaitingOrders;

/// What is weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Load {
    /// Accounts that never traded.
    Accounts,
    /// Accounts with a position each.
    Positions,
    /// Accounts with a position each in a competition.
    Entrants,
    /// Orders resting in a crossed book.
    RestingOrders,
    /// Limit and stop orders, half and half, that wait for an outside market.
    WaitingOrders,
}

impl Load {
    /// In the order of the report.
    pub const ALL: [Self; 5] = [
        Self::Accounts,
        Self::Positions,
        Self::Entrants,
        Self::RestingOrders,
        Self::WaitingOrders,
    ];

    /// One of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "account, flat",
            Self::Positions => "account with one position",
            Self::Entrants => "the same in a competition",
            Self::RestingOrders => "resting order, crossed",
            Self::WaitingOrders => "waiting order, paper, half limits, half stops",
        }
    }

    /// On the command line.
    const fn argument(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Positions => "positions",
            Self::Entrants => "entrants",
            Self::RestingOrders => "resting-orders",
            Self::WaitingOrders => "waiting-orders",
        }
    }
}

/// How much this process grows for each of so many; nothing where the system does not tell. What the
/// load's inputs left in the event buffer counts as well.
pub fn bytes_each(load: Load, size: u32) -> Option<f64> {
    let before = resident_bytes()?;
    let after = match load {
        Load::Accounts => weighed(&Exposure::flat(size)),
        Load::Positions => weighed(&Exposure::exposed(size, false)),
        Load::Entrants => weighed(&Exposure::exposed(size, true)),
        Load::RestingOrders => weighed(&CrossedBook::new(size, Spread::Levels)),
        Load::WaitingOrders => weighed(&WaitingOrders::new(size)),
    }?;
    Some(after.saturating_sub(before) as f64 / f64::from(size))
}

/// With the load still there.
fn weighed<T>(load: &T) -> Option<u64> {
    let after = resident_bytes();
    black_box(load);
    after
}

/// Asks a fresh process of this program.
pub fn child_bytes_each(load: Load, size: u32) -> Option<f64> {
    let program = std::env::current_exe().ok()?;
    let size = size.to_string();
    let output = Command::new(program)
        .args(["--memory-of", load.argument(), "--max", &size])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Of this process, as Linux tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
