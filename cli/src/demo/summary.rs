//! What the demo says at its end.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use runtime::{AckMode, BoardPage, CompetitionView, Handle, Latencies, Stats, Stopped, Views};
use types::{Breach, BreachPosition, Event, EventKind, RuleKind};

use super::tally::Tally;

/// Rows of the board that are shown.
const BOARD_ROWS: usize = 10;

/// Everything that the summary shows.
pub(super) struct Summary<'a> {
    pub handle: &'a Handle,
    pub stopped: &'a Stopped,
    pub tally: &'a Tally,
    pub directory: &'a Path,
    pub elapsed: Duration,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = self.handle.stats();
        let views = self.handle.views();
        let counts = self.tally.counts();
        let seconds = self.elapsed.as_secs_f64();
        let inputs = stats.market_events + stats.commands + stats.timers;
        writeln!(
            f,
            "\nDynasty demo, {seconds:.1} s, up to market time {}",
            views.ts
        )?;
        writeln!(
            f,
            "  applied      {inputs} inputs: {} market events, {} commands, {} day rolls ({:.0} inputs/s)",
            stats.market_events,
            stats.commands,
            stats.timers,
            inputs as f64 / seconds.max(0.001),
        )?;
        writeln!(
            f,
            "  orders       {} accepted, {} denied; {} fills",
            stats.orders_accepted, stats.orders_denied, stats.fills
        )?;
        writeln!(
            f,
            "  verdicts     {} breaches: {} accounts failed, {} days locked; {} accounts passed, {} retries opened",
            stats.breaches, counts.failures, counts.day_locks, counts.passes, counts.retries
        )?;
        if let Some((event, positions)) = &counts.first_breach
            && let EventKind::Breach(breach) = &event.kind
        {
            write_breach(f, &views, event, breach, positions)?;
        }
        for board in &views.boards {
            write_board(f, board)?;
        }
        self.write_latencies(f, &stats)?;
        self.write_storage(f, &stats)?;
        write!(
            f,
            "  state hash   {} at input {}",
            self.stopped.state_hash, self.stopped.seq
        )?;
        if !self.stopped.is_compared {
            write!(
                f,
                "\n               not compared: the replica was at input {} when the time to stop was over; the \
                 next start replays from the snapshot",
                stats.replica_seq
            )?;
        }
        Ok(())
    }
}

impl Summary<'_> {
    fn write_latencies(&self, f: &mut fmt::Formatter<'_>, stats: &Stats) -> fmt::Result {
        let ack = match self.handle.ack_mode() {
            AckMode::Durable => "durable: told after fdatasync",
            AckMode::Relaxed => "relaxed: told after write",
        };
        writeln!(f, "  ack mode     {ack}")?;
        let latencies = &stats.latencies;
        for (stage, latency) in [
            ("feed to applied", latencies.feed_to_applied),
            ("applied to durable", latencies.applied_to_durable),
            ("durable to published", latencies.durable_to_published),
        ] {
            let Latencies {
                p50,
                p99,
                p999,
                max,
                count,
            } = latency;
            writeln!(
                f,
                "  {stage:<20} p50 {p50:.1?}  p99 {p99:.1?}  p99.9 {p999:.1?}  max {max:.1?}  ({count} samples)"
            )?;
        }
        Ok(())
    }

    fn write_storage(&self, f: &mut fmt::Formatter<'_>, stats: &Stats) -> fmt::Result {
        writeln!(
            f,
            "  journal      {} in {} syncs; snapshot at input {}: {}, {} on disk in all",
            bytes(stats.journal_bytes),
            stats.syncs,
            self.stopped.snapshot_seq,
            bytes(stats.snapshot_bytes),
            bytes(directory_bytes(self.directory)),
        )
    }
}

fn write_breach(
    f: &mut fmt::Formatter<'_>,
    views: &Views,
    event: &Event,
    breach: &Breach,
    positions: &[BreachPosition],
) -> fmt::Result {
    let name = views
        .accounts
        .get(breach.account.0 as usize)
        .map_or_else(|| breach.account.to_string(), |row| row.name.to_string());
    let rule = match breach.rule {
        RuleKind::DailyLoss => "daily loss",
        RuleKind::MaxLoss => "maximum loss",
    };
    let below = if breach.touch_is_breach {
        "at or below"
    } else {
        "below"
    };
    writeln!(
        f,
        "  first breach input {} at {}: {name}, {rule}",
        event.seq, event.ts
    )?;
    writeln!(
        f,
        "               equity {} is {below} the floor {} = {} - {}",
        breach.equity, breach.floor, breach.baseline, breach.allowance
    )?;
    writeln!(
        f,
        "               equity = balance {} + open profit of",
        breach.balance
    )?;
    for position in positions {
        let symbol = views
            .instruments
            .get(position.instrument.0 as usize)
            .map_or_else(String::new, |view| view.instrument.symbol.to_string());
        writeln!(
            f,
            "                 {symbol} {}: {} (cost {}, bid {}, ask {})",
            position.position, position.unrealised, position.cost, position.bid, position.ask
        )?;
    }
    writeln!(
        f,
        "               plan {} version {}, hash {}",
        breach.plan, breach.plan_version, breach.plan_hash
    )
}

fn write_board(f: &mut fmt::Formatter<'_>, board: &BoardPage) -> fmt::Result {
    let CompetitionView {
        competition,
        state,
        is_frozen,
        entrants,
        ranked,
        ..
    } = &board.competition;
    let frozen = if *is_frozen {
        ", the public board frozen"
    } else {
        ""
    };
    writeln!(
        f,
        "  board        {} is {state}{frozen}: {ranked} of {entrants} entrants ranked",
        competition.name,
    )?;
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header([
        "",
        "rank",
        "trader",
        "score",
        "profit",
        "risk",
        "consistency",
        "drawdown",
        "return %",
        "prize",
    ]);
    for row in board
        .rows
        .iter()
        .filter(|row| row.rank.is_some())
        .take(BOARD_ROWS)
    {
        let score = &row.score;
        table.add_row([
            String::new(),
            row.rank.unwrap_or_default().to_string(),
            row.name.to_string(),
            points(score.total),
            points(score.profit),
            points(score.risk),
            points(score.consistency),
            points(score.drawdown),
            format!("{:.2}", score.total_return.0 as f64 / 1e7),
            row.prize
                .map_or_else(String::new, |prize| prize.to_string()),
        ]);
    }
    for index in [1, 3, 4, 5, 6, 7, 8, 9] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(f, "{table}")
}

/// Points of a score, two decimals.
fn points(points: i64) -> String {
    format!("{:.2}", points as f64 / 1e9)
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Size of all files below a directory; what cannot be read counts as nothing.
fn directory_bytes(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => directory_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
