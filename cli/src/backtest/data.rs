//! The files of a run: what they hold, and their rows as a source.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ::backtest::run::{Made, Mapped};
use ::backtest::strategies::{DAY_NS_MIN, Offer};
use marketdata::calendar::Calendar;
use marketdata::history::{self, Basis, Clean, Edges, Merge, Resampled, Row, RowError, Rows};
use types::{Label, MarketData, Price, Qty};

use super::market::Market;
use super::{Args, Usage};
use crate::data::input::{Input, tell_bad as tell, tell_held};

/// How many rows of each file are looked at before the run, for symbols, steps and kinds.
const LOOK_ROWS_MAX: usize = 10_000;

/// The longest bar that is one of a day: of local time, with an hour more.
const DAY_NS_MAX: u64 = 25 * 3_600_000_000_000;

/// What the files hold, as far as was looked.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// In order of first appearance.
    pub(super) symbols: Vec<Label>,
    /// Places of the symbols of each file.
    symbols_by_file: Vec<Vec<usize>>,
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

/// The rows of a file; or smaller bars made larger, of all files of the same symbols together, so that a bar does not
/// end where a file does.
#[derive(Debug)]
enum Rowed {
    Plain(Box<Clean<Rows>>),
    Larger(Box<Resampled<Together>>),
}

/// Files as one, by time.
#[derive(Debug)]
pub(super) struct Together(Merge<Clean<Rows>>);

impl Iterator for Together {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(_, row)| row)
    }
}

/// Rows, bars of a day of which are those of the instrument's session.
#[derive(Debug)]
pub(super) struct Data {
    rows: Rowed,
    /// By symbol, of instruments that have one.
    sessions: Vec<(Label, Calendar)>,
}

/// When the symbols of the data trade.
fn sessions(market: &Market) -> Vec<(Label, Calendar)> {
    let known = market.symbols.iter().zip(&market.specifications);
    known
        .filter_map(|(symbol, known)| Some((*symbol, known.session.clone()?)))
        .collect()
}

/// A bar of a day or so begins and ends with the session that it is of, not at midnight: what is known at a close is
/// known then. One that no session, or more than one, lies in is left as it is.
fn within_session(mut row: Row, sessions: &[(Label, Calendar)]) -> Row {
    let MarketData::Bar(bar) = &mut row.data else {
        return row;
    };
    let length = row.ts.0.saturating_sub(bar.start.0);
    if !(DAY_NS_MIN..=DAY_NS_MAX).contains(&length) {
        return row;
    }
    let known = sessions.iter().find(|(symbol, _)| *symbol == row.symbol);
    let Some((_, calendar)) = known else {
        return row;
    };
    let of = calendar
        .session_at(bar.start)
        .or_else(|| calendar.next(bar.start));
    if let Some(session) = of
        && bar.start <= session.open
        && session.close <= row.ts
        && calendar
            .next(session.open)
            .is_none_or(|next| next.open >= row.ts)
    {
        bar.start = session.open;
        row.ts = session.close;
        row.ts_event = session.close;
    }
    row
}

impl Data {
    fn files(&self) -> &[Clean<Rows>] {
        match &self.rows {
            Rowed::Plain(rows) => std::slice::from_ref(rows),
            Rowed::Larger(bars) => bars.rows().0.sources(),
        }
    }

    pub(super) fn counters(&self) -> Vec<Arc<AtomicU64>> {
        let files = self.files().iter();
        files.map(|rows| rows.rows().bytes_counter()).collect()
    }
}

impl Iterator for Data {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match &mut self.rows {
            Rowed::Plain(rows) => rows.next(),
            Rowed::Larger(bars) => bars.next(),
        }?;
        Some(row.map(|row| within_session(row, &self.sessions)))
    }
}

pub(super) fn tell_bad(data: &Data) {
    for rows in data.files() {
        tell(rows, rows.rows().file());
        tell_held(rows.rows().held_volumes());
    }
    if let Rowed::Larger(bars) = &data.rows {
        tell_held(bars.held_volumes());
    }
}

impl Files {
    /// Looks at the beginning of each file.
    pub(super) fn look(args: &Args) -> anyhow::Result<Self> {
        let mut files = Self::default();
        for path in &args.files {
            let bytes = history::size(path)?;
            if bytes == 0 {
                return Err(Usage(format!(
                    "{}: the file is empty; accepted: one with at least one row",
                    path.display()
                ))
                .into());
            }
            files.bytes += bytes;
            let input = reading(&args.input);
            let mut own = Vec::new();
            for row in input.open(path, None)?.take(LOOK_ROWS_MAX) {
                let row = row?;
                let place = files.symbols.iter().position(|known| *known == row.symbol);
                let place = place.unwrap_or_else(|| {
                    files.symbols.push(row.symbol);
                    files.steps.push((0, 0));
                    files.symbols.len() - 1
                });
                if !own.contains(&place) {
                    own.push(place);
                }
                files.see(place, &row.data);
                files.seen.see(row.ts, &row.data);
            }
            files.symbols_by_file.push(own);
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

    /// Files by symbols that they share, in the order of their first ones.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for (file, symbols) in self.symbols_by_file.iter().enumerate() {
            let shares = |group: &(Vec<usize>, Vec<usize>)| {
                group.1.iter().any(|symbol| symbols.contains(symbol))
            };
            let mut joined = (Vec::new(), symbols.clone());
            let mut place = groups.len();
            while let Some(at) = groups.iter().position(shares) {
                place = place.min(at);
                let (files, symbols) = groups.remove(at);
                joined.0.extend(files);
                joined.1.extend(symbols);
            }
            joined.0.push(file);
            groups.insert(place.min(groups.len()), joined);
        }
        groups.into_iter().map(|(files, _)| files).collect()
    }

    /// The rows of each file, or larger bars of files that belong together.
    pub(super) fn sources(
        &self,
        args: &Args,
        market: &Market,
    ) -> anyhow::Result<Vec<Mapped<Data>>> {
        let mut input = reading(&args.input);
        input.tick = match market.only() {
            Some(spec) => Some(spec.tick_size),
            None => args.input.tick,
        };
        let sessions = sessions(market);
        let mapped = |rows| {
            let data = Data {
                rows,
                sessions: sessions.clone(),
            };
            Mapped::new(data, market.symbols.clone())
        };
        let mut sources = Vec::new();
        match args.bars {
            Some(every) if self.has_bars => {
                for group in self.groups() {
                    let files = group
                        .iter()
                        .map(|file| input.open(&args.files[*file], None));
                    let rows = Together(Merge::new(files.collect::<Result<_, _>>()?));
                    let named = group.first().map(|file| args.files[*file].display());
                    let named = named.map_or_else(String::new, |named| named.to_string());
                    let edges = Edges::Epoch { every };
                    let bars = Resampled::new(rows, named, Basis::Bars, edges);
                    let bars = bars.with_volumes(input.volumes());
                    sources.push(mapped(Rowed::Larger(Box::new(bars))));
                }
            }
            _ => {
                for path in &args.files {
                    sources.push(mapped(Rowed::Plain(Box::new(input.open(path, None)?))));
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_share_a_symbol_belong_together() {
        let files = |of_files: &[&[usize]]| Files {
            symbols_by_file: of_files.iter().map(|it| it.to_vec()).collect(),
            ..Files::default()
        };
        assert_eq!(files(&[&[0], &[0], &[0]]).groups(), [[0, 1, 2]]);
        let apart: [&[usize]; 2] = [&[0, 2], &[1]];
        assert_eq!(files(&[&[0], &[1], &[0]]).groups(), apart);
        // The last has symbols of both.
        assert_eq!(files(&[&[0], &[1], &[0, 1]]).groups(), [[0, 1, 2]]);
    }
}
