//! `--benchmark`: what a run is compared with.

use std::path::Path;

use ::backtest::outcome::{Outcome, units};
use ::backtest::report::{Benchmark, compared};
use anyhow::Context as _;
use types::{InstrumentId, Label, MarketData, Price, TimestampNs};

use super::market::Market;
use super::{Args, Usage};

/// The instrument of the data that a run is compared with, if it is one.
pub(super) fn instrument(args: &Args, market: &Market) -> Option<InstrumentId> {
    let instruments = market.instruments();
    let place = match &args.benchmark {
        Some(name) => instruments
            .iter()
            .position(|it| it.symbol.as_str() == name)?,
        None if instruments.len() == 1 => 0,
        None => return None,
    };
    Some(InstrumentId(place as u32))
}

/// What the capital of a run would be worth in the benchmark.
///
/// # Errors
/// When what was asked for is neither an instrument nor a file with prices, or its prices are rarer than the run's equity.
pub(super) fn of(
    args: &Args,
    names: &[Label],
    outcome: &Outcome,
) -> anyhow::Result<Option<Benchmark>> {
    let (name, points) = match &args.benchmark {
        None => match names {
            [only] => (only.to_string(), outcome.bought_and_held()),
            _ => return Ok(None),
        },
        Some(name) if names.iter().any(|it| it.as_str() == name) => {
            (name.clone(), outcome.bought_and_held())
        }
        Some(path) => (path.clone(), of_file(args, path, names, outcome)?),
    };
    let is_asked_for = args.benchmark.is_some();
    let benchmark = Benchmark {
        name: format!("{name} bought and held"),
        points,
    };
    if benchmark.points.is_empty() && !is_asked_for {
        return Ok(None);
    }
    if is_asked_for && compared(outcome, &benchmark).is_none() {
        return Err(Usage(format!(
            "--benchmark {name}: {} prices for {} steps of the equity curve; accepted: one for each step at least, or a \
             longer --sample",
            benchmark.points.len(),
            outcome.samples.len()
        ))
        .into());
    }
    Ok(Some(benchmark))
}

/// The prices of a file as an investment of the run's capital.
fn of_file(
    args: &Args,
    name: &str,
    names: &[Label],
    outcome: &Outcome,
) -> anyhow::Result<Vec<(TimestampNs, f64)>> {
    let path = Path::new(name);
    if !path.exists() {
        let known: Vec<_> = names.iter().map(ToString::to_string).collect();
        return Err(Usage(format!(
            "--benchmark {name}; accepted: an instrument of the data ({}), or a file",
            known.join(", ")
        ))
        .into());
    }
    let mut points: Vec<(TimestampNs, Price)> = Vec::new();
    for row in args.input.of_other().open(path, None)? {
        let row = row.with_context(|| format!("--benchmark {name}"))?;
        let price = match &row.data {
            MarketData::Bar(bar) => bar.close,
            MarketData::Trade(trade) => trade.price,
            MarketData::Quote(quote) => Price(quote.bid.0.midpoint(quote.ask.0)),
            _ => continue,
        };
        if price.0 > 0 && row.ts <= outcome.last {
            points.push((row.ts, price));
        }
    }
    // What was known at the start is what is bought.
    let begins = points.partition_point(|(ts, _)| *ts <= outcome.first);
    let points = points.split_off(begins.saturating_sub(1));
    let Some((_, first)) = points.first() else {
        return Ok(Vec::new());
    };
    let per = units(outcome.initial) / first.0 as f64;
    Ok(points
        .iter()
        .map(|(ts, price)| (*ts, price.0 as f64 * per))
        .collect())
}
