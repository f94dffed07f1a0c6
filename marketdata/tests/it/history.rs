//! Files of every format, from outside: what is in them, what is wrong with them, and what becomes of them.

mod bars;
mod binary;
mod captures;
mod checksums;
mod databento;
mod headers;
mod layouts;
mod merge;
mod mutated;
mod packed;
mod recordings;
mod samples;
mod tables;

use std::path::{Path, PathBuf};

use marketdata::history::{self, Format, Options, Row, RowError};
use types::{Label, MarketData, Price, Qty, TimestampNs};

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name)
}

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

pub(crate) fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub(crate) fn qty(text: &str) -> Qty {
    text.parse().unwrap()
}

/// Options with the symbol of the rows.
pub(crate) fn named(symbol: &str) -> Options {
    Options {
        symbols: vec![label(symbol)],
        ..Options::default()
    }
}

/// A file of this text.
pub(crate) fn spread(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Every row of a file, and every bad one.
pub(crate) fn read(
    path: &Path,
    format: Option<&Format>,
    options: &Options,
) -> (Vec<Row>, Vec<RowError>) {
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for row in history::open(path, format, options).unwrap() {
        match row {
            Ok(row) => good.push(row),
            Err(error) => bad.push(error),
        }
    }
    (good, bad)
}

/// A row as one line, to compare with what a person works out.
pub(crate) fn line(row: &Row) -> String {
    let told = match &row.data {
        MarketData::Quote(quote) => format!(
            "Q {}x{} {}x{}",
            quote.bid, quote.bid_qty, quote.ask, quote.ask_qty
        ),
        MarketData::Trade(trade) => {
            format!("T {}x{} {:?}", trade.price, trade.qty, trade.aggressor)
        }
        MarketData::Bar(bar) => format!(
            "B {} {} {} {} {} {}",
            bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume
        ),
        MarketData::DepthSnapshot(update) | MarketData::DepthDelta(update) => {
            let side = |levels: &[types::Level]| -> String {
                let levels = levels
                    .iter()
                    .map(|level| format!(" {}x{}", level.price, level.qty));
                levels.collect()
            };
            let is_whole = matches!(row.data, MarketData::DepthSnapshot(_));
            let kind = if is_whole { "S" } else { "D" };
            format!("{kind}{} |{}", side(&update.bids), side(&update.asks))
        }
        other => format!("{other:?}"),
    };
    format!("{} {} {told}", row.ts, row.symbol)
}

pub(crate) fn lines(rows: &[Row]) -> Vec<String> {
    rows.iter().map(line).collect()
}

pub(crate) const fn at(ns: u64) -> TimestampNs {
    TimestampNs(ns)
}
