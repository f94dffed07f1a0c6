//! The files of a run: what they hold, and their rows as a source.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ::backtest::run::{Made, Mapped};
use ::backtest::strategies::{DAY_NS_MIN, Offer};
use marketdata::history::{self, Basis, Clean, Edges, Resampled, Row, RowError, Rows};
use types::{Label, MarketData, Price, Qty};

use super::market::Market;
use super::{Args, Usage};
use crate::data::input::{Input, tell_bad as tell};

/// How many rows of each file are looked at before the run, for symbols, steps and kinds.
const LOOK_ROWS_MAX: usize = 10_000;

/// What the files hold, as far as was looked.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// In order of first appearance.
    pub(super) symbols: Vec<Label>,
    pub(super) has_bars: bool,
    pub(super) has_quotes: bool,
    has_trades: bool,
    /// What a strategy can have of them.
    seen: Offer,
    /// Greatest common divisors of what was seen, by symbol: prices, displayed quantities.
    steps: Vec<(i64, i64)>,
    /// Bytes in all.
    pub(super) bytes: u64,
}

/// The rows of a file, smaller bars made larger where that was asked for.
#[derive(Debug)]
pub(super) enum Data {
    Plain(Box<Clean<Rows>>),
    Larger(Box<Resampled<Clean<Rows>>>),
}

impl Data {
    fn clean(&self) -> &Clean<Rows> {
        match self {
            Self::Plain(rows) => rows,
            Self::Larger(bars) => bars.rows(),
        }
    }

    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        self.clean().rows().bytes_counter()
    }
}

impl Iterator for Data {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Plain(rows) => rows.next(),
            Self::Larger(bars) => bars.next(),
        }
    }
}

pub(super) fn tell_bad(data: &Data) {
    let rows = data.clean();
    tell(rows, rows.rows().file());
}

impl Files {
    /// Looks at the beginning of each file.
    pub(super) fn look(args: &Args) -> anyhow::Result<Self> {
        let mut files = Self::default();
        for path in &args.files {
            files.bytes += history::size(path)?;
            let input = reading(&args.input);
            for row in input.open(path, None)?.take(LOOK_ROWS_MAX) {
                let row = row?;
                let place = files.symbols.iter().position(|known| *known == row.symbol);
                let place = place.unwrap_or_else(|| {
                    files.symbols.push(row.symbol);
                    files.steps.push((0, 0));
                    files.symbols.len() - 1
                });
                files.see(place, &row.data);
                files.seen.see(row.ts, &row.data);
            }
        }
        if files.symbols.is_empty() {
            return Err(Usage(
                "the data has no row; accepted: files with at least one row between --from and --until".to_owned(),
            )
            .into());
        }
        Ok(files)
    }

    /// What a strategy can have of them, bars that are made of events or of smaller bars included.
    pub(super) fn offer(&self, args: &Args) -> Offer {
        let is_made = args.bars.is_some() && !self.has_bars;
        Offer {
            instruments: self.symbols.len(),
            has_bars: self.has_bars || is_made,
            has_volume: self.seen.has_volume || (is_made && self.has_trades),
            is_intraday: match args.bars {
                Some(length) => length < DAY_NS_MIN && (is_made || self.seen.is_intraday),
                None => self.seen.is_intraday,
            },
            has_quotes: self.seen.has_quotes,
        }
    }

    fn see(&mut self, place: usize, data: &MarketData) {
        let (prices, sizes) = &mut self.steps[place];
        let mut price = |price: Price| *prices = divisor(*prices, price.0);
        match data {
            MarketData::Bar(bar) => {
                self.has_bars = true;
                for seen in [bar.open, bar.high, bar.low, bar.close] {
                    price(seen);
                }
            }
            MarketData::Trade(trade) => {
                self.has_trades = true;
                price(trade.price);
                *sizes = divisor(*sizes, trade.qty.0);
            }
            MarketData::Quote(quote) => {
                self.has_quotes = true;
                price(quote.bid);
                price(quote.ask);
                *sizes = divisor(divisor(*sizes, quote.bid_qty.0), quote.ask_qty.0);
            }
            MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => {
                self.has_quotes = true;
                for level in update.bids.iter().chain(&update.asks) {
                    price(level.price);
                    *sizes = divisor(*sizes, level.qty.0);
                }
            }
            _ => {}
        }
    }

    /// Bars of events: of trades, else of the middle of quotes.
    pub(super) const fn made(&self, every: u64) -> Made {
        Made {
            edges: Edges::Epoch { every },
            basis: if self.has_trades {
                Basis::Trades
            } else {
                Basis::Mid
            },
        }
    }

    /// The largest power of ten that all prices seen of a symbol are multiples of.
    pub(super) fn tick(&self, place: usize) -> Price {
        let (prices, _) = self.steps.get(place).copied().unwrap_or_default();
        Price(power_of_ten(prices, Price::ONE.0))
    }

    /// Likewise of displayed quantities and prints; one where the data has bars only.
    pub(super) fn lot(&self, place: usize) -> Qty {
        let (_, sizes) = self.steps.get(place).copied().unwrap_or_default();
        if sizes == 0 {
            return Qty::ONE;
        }
        Qty(power_of_ten(sizes, Qty::ONE.0))
    }

    /// The rows of each file.
    pub(super) fn sources(
        &self,
        args: &Args,
        market: &Market,
    ) -> anyhow::Result<Vec<Mapped<Data>>> {
        let mut sources = Vec::new();
        for path in &args.files {
            let mut input = reading(&args.input);
            input.tick = match market.only() {
                Some(spec) => Some(spec.tick_size),
                None => args.input.tick,
            };
            let rows = input.open(path, None)?;
            let data = match args.bars {
                Some(every) if self.has_bars => Data::Larger(Box::new(Resampled::new(
                    rows,
                    Basis::Bars,
                    Edges::Epoch { every },
                ))),
                _ => Data::Plain(Box::new(rows)),
            };
            sources.push(Mapped::new(data, market.symbols.clone()));
        }
        Ok(sources)
    }
}

/// Quantities off the lot are no bad rows: what a bar traded need not be what an account may trade.
fn reading(input: &Input) -> Input {
    let mut input = input.clone();
    input.lot = None;
    input
}

/// The greatest common divisor.
const fn divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.saturating_abs(), b.saturating_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The largest power of ten, at most `most`, that a number is a multiple of.
const fn power_of_ten(number: i64, most: i64) -> i64 {
    let mut step = most;
    while step > 1 && number % step != 0 {
        step /= 10;
    }
    step
}
