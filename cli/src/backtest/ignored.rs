//! Options of a run that a search, or this data, has no use for: what would change nothing is refused, not passed over.

use types::Ratio;

use super::data::Files;
use super::market::Market;
use super::{Args, Usage};

/// What many runs are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Sweep,
    WalkForward,
    MonteCarlo,
}

/// Refuses options of one run that many runs do not have.
///
/// # Errors
/// The first of them, with what would be accepted.
pub(super) fn of_search(args: &Args, purpose: Purpose) -> Result<(), Usage> {
    if args.proofs.is_some()
        || args.trades.is_some()
        || args.executions.is_some()
        || args.equity.is_some()
        || args.metrics
        || args.competition.is_some()
        || args.by.is_some()
    {
        return Err(Usage(
            "--proofs, --trades, --executions, --equity, --metrics, --competition and --by are of one run; accepted: dynasty \
             backtest with --set and the values found"
                .to_owned(),
        ));
    }
    let has_page = args.report.is_some() || args.plots.is_some();
    let refuse = |option: &str, why: &str, accepted: &str| {
        Err(Usage(format!("{option}: {why}; accepted: {accepted}")))
    };
    let on_page = "it is of the page's run alone";
    let with_page = "it with --report or --plots";
    if args.benchmark.is_some() {
        if purpose == Purpose::WalkForward {
            let accepted = "dynasty backtest with --set and the values found";
            return refuse("--benchmark", "windows are not compared with one", accepted);
        }
        if !has_page {
            return refuse("--benchmark", on_page, with_page);
        }
    }
    if args.windows.is_some() && purpose != Purpose::Sweep {
        let why = "windows are about orders, and what is judged here are the profits of runs without rules";
        let accepted = "dynasty backtest with --plan, --set and the values found";
        return refuse("--windows", why, accepted);
    }
    if args.risk_free != Ratio::ZERO {
        if purpose != Purpose::MonteCarlo {
            let why = "Sharpe ratios of searches are without it";
            let accepted = "dynasty backtest with --set and the values found";
            return refuse("--risk-free", why, accepted);
        }
        if !has_page {
            return refuse("--risk-free", on_page, with_page);
        }
    }
    if args.periods_per_year.is_some() && purpose == Purpose::MonteCarlo && !has_page {
        return refuse("--periods-per-year", on_page, with_page);
    }
    Ok(())
}

/// Refuses what the data or the file of instruments says in the place of the command line.
///
/// # Errors
/// The first of them, with what would be accepted.
pub(super) fn of_run(args: &Args, files: &Files, market: &Market) -> Result<(), Usage> {
    if args.spread > 0 && !files.has_bars {
        return Err(Usage(format!(
            "--spread {}: it is of the quote that stands for the price of a bar, and the data has no bars; accepted: data with \
             bars, or --slippage",
            args.spread
        )));
    }
    let Some(path) = &args.instrument else {
        return Ok(());
    };
    let path = path.display();
    if let Some(lot) = args.input.lot {
        return Err(Usage(format!(
            "--lot {lot}: {path} says the lots; accepted: lot_size there"
        )));
    }
    if let (Some(tick), Some(only)) = (args.input.tick, market.only())
        && tick != only.tick_size
    {
        return Err(Usage(format!(
            "--tick {tick}: {path} says {}; accepted: tick_size there",
            only.tick_size
        )));
    }
    Ok(())
}
