//! Bars of any interval from trades, quotes or smaller bars.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use types::{Bar, Label, MarketData, Price, Qty, TimestampNs};

use super::decode::Fault;
use super::error::Place;
use super::{Row, RowError, Zone};
use crate::feed::Book;

const DAY_NS: u64 = 86_400_000_000_000;
const WEEK_NS: u64 = 7 * DAY_NS;
/// 1970-01-05, the first Monday.
const MONDAY_NS: u64 = 4 * DAY_NS;

/// What bars are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Prices and quantities of trades.
    Trades,
    /// The middle of quotes, or of the best levels of a book, rounded down to 1e-9; no volume.
    Mid,
    /// Their bids; no volume.
    Bid,
    /// Their asks; no volume.
    Ask,
    /// Smaller bars.
    Bars,
}

/// Where bars begin and end.
#[derive(Debug, Clone, PartialEq)]
pub enum Edges {
    /// At multiples of so many ns since 1970-01-01 UTC; of whole weeks since Monday, 1970-01-05.
    Epoch {
        /// Length of a bar, above 0.
        every: u64,
    },
    /// At multiples of so many ns since a local time of each day; the last bar of a day ends with it.
    Daily {
        /// Length of a bar, above 0. From 24 hours on it is the whole day, be that of 23, 24 or 25 hours.
        every: u64,
        /// The zone of the local time.
        zone: Zone,
        /// When a day begins, in minutes after midnight, below 1,440.
        minute: u16,
    },
    /// Intervals from one time to another, in order and apart: sessions of a calendar. Nothing outside of them makes
    /// a bar.
    List(Vec<(TimestampNs, TimestampNs)>),
}

impl Edges {
    /// The bar that an instant belongs to: from its start up to its end, exclusive.
    pub fn around(&self, ts: TimestampNs) -> Option<(TimestampNs, TimestampNs)> {
        let within = |start: u64, end: u64, every: u64| {
            let start = start + ts.0.checked_sub(start)?.checked_div(every)? * every;
            let end = start.saturating_add(every).min(end);
            Some((TimestampNs(start), TimestampNs(end)))
        };
        match self {
            Self::Epoch { every } if !every.is_multiple_of(WEEK_NS) => within(0, u64::MAX, *every),
            // Of the week that the first Monday ends there is no more than this.
            Self::Epoch { .. } if ts.0 < MONDAY_NS => within(0, MONDAY_NS, MONDAY_NS),
            Self::Epoch { every } => within(MONDAY_NS, u64::MAX, *every),
            Self::Daily {
                every,
                zone,
                minute,
            } => {
                let (hour, minute) = (minute / 60, minute % 60);
                let date = zone.local(ts)?.date();
                let opening = |days: i32| {
                    let span = jiff::Span::new().try_days(days).ok()?;
                    let date = date.checked_add(span).ok()?;
                    zone.instant(date.at(hour as i8, minute as i8, 0, 0))
                };
                let today = opening(0)?;
                let (start, end) = if today <= ts {
                    (today, opening(1)?)
                } else {
                    (opening(-1)?, today)
                };
                let whole = end.0.saturating_sub(start.0);
                within(start.0, end.0, if *every < DAY_NS { *every } else { whole })
            }
            Self::List(intervals) => {
                let after = intervals.partition_point(|&(start, _)| start <= ts);
                let &(start, end) = intervals.get(after.checked_sub(1)?)?;
                (ts < end).then_some((start, end))
            }
        }
    }
}

/// A bar that is not complete.
#[derive(Debug, Clone, Copy)]
struct Open {
    bar: Bar,
    end: TimestampNs,
    /// All of it: a bar holds less, and is not made when it could not hold that.
    volume: i128,
}

impl Open {
    fn add(&mut self, piece: &Bar) {
        let bar = &mut self.bar;
        bar.high = bar.high.max(piece.high);
        bar.low = bar.low.min(piece.low);
        bar.close = piece.close;
        self.volume += i128::from(piece.volume.0);
    }

    /// The bar, or the volume that it cannot hold.
    fn finish(self) -> Result<Bar, i128> {
        let volume = i64::try_from(self.volume).map_err(|_| self.volume)?;
        Ok(Bar {
            volume: Qty(volume),
            ..self.bar
        })
    }
}

/// Bars of rows. Other rows are passed over, and so is a time in which nothing happened: it has no bar. A bar
/// comes as soon as a row shows that it is complete, and the last ones with the last row; bars of one end come in the
/// order of their symbols. One whose volume is past the range of quantities is an error in its place, unless
/// [`Resampled::holding_volumes`] says otherwise.
#[derive(Debug)]
pub struct Resampled<I> {
    rows: I,
    /// What the rows are of, for errors.
    source: Arc<str>,
    basis: Basis,
    edges: Edges,
    open: BTreeMap<Label, Open>,
    /// Books of symbols that are told by levels, as far as they are known.
    books: BTreeMap<Label, Option<Book>>,
    /// No bar ends before this.
    next_end: TimestampNs,
    /// The interval found last.
    known: Option<(TimestampNs, TimestampNs)>,
    ready: VecDeque<Result<Row, RowError>>,
    has_ended: bool,
    /// How many volumes were held at the end of the range; `None` where one past it is an error.
    held: Option<u64>,
}

impl<I: Iterator<Item = Result<Row, RowError>>> Resampled<I> {
    /// Bars of `rows`, which are in order of time and of `source`: a file, or some.
    pub fn new(rows: I, source: impl Into<Arc<str>>, basis: Basis, edges: Edges) -> Self {
        Self {
            rows,
            source: source.into(),
            basis,
            edges,
            open: BTreeMap::new(),
            books: BTreeMap::new(),
            next_end: TimestampNs(u64::MAX),
            known: None,
            ready: VecDeque::new(),
            has_ended: false,
            held: None,
        }
    }

    /// The same, where a volume past the range of quantities is its end and counted, not an error.
    #[must_use]
    pub fn holding_volumes(self) -> Self {
        Self {
            held: Some(0),
            ..self
        }
    }

    /// How many bars have a volume that is past the range, and say its end.
    pub const fn held(&self) -> u64 {
        match self.held {
            Some(held) => held,
            None => 0,
        }
    }

    /// What is read.
    pub const fn rows(&self) -> &I {
        &self.rows
    }

    /// Gives the bars that ended until `ts`.
    fn close(&mut self, ts: TimestampNs) {
        if self.next_end > ts {
            return;
        }
        let mut ended: Vec<(Label, Open)> = Vec::new();
        self.open.retain(|&symbol, open| {
            let is_open = open.end > ts;
            if !is_open {
                ended.push((symbol, *open));
            }
            is_open
        });
        ended.sort_by_key(|&(symbol, open)| (open.end, symbol));
        let ends = self.open.values().map(|open| open.end);
        self.next_end = ends.min().unwrap_or(TimestampNs(u64::MAX));
        for (symbol, open) in ended {
            let finished = match (open.finish(), &mut self.held) {
                (Err(_), Some(held)) => {
                    *held += 1;
                    Ok(Bar {
                        volume: Qty(i64::MAX),
                        ..open.bar
                    })
                }
                (finished, _) => finished,
            };
            let row = finished.map(|bar| Row {
                ts: open.end,
                ts_event: open.end,
                symbol,
                data: MarketData::Bar(bar),
            });
            let row = row.map_err(|volume| {
                let fault = Fault::value(
                    "the bar's volume",
                    told(volume),
                    format!("at most {}, or bars of less time", Qty(i64::MAX)),
                );
                self.fault(symbol, open.bar.start, fault)
            });
            self.ready.push_back(row);
        }
    }

    /// What is wrong with a bar.
    fn fault(&self, symbol: Label, start: TimestampNs, fault: Fault) -> RowError {
        let file = format!("{}: a bar of {symbol} from {start}", self.source);
        RowError::new(file.into(), Place::Whole, fault)
    }

    /// What a row adds to a bar, and when.
    fn piece(&mut self, row: &Row) -> Option<(TimestampNs, Bar)> {
        let (bid, ask) = match (self.basis, &row.data) {
            (Basis::Trades, MarketData::Trade(trade)) => {
                return Some((row.ts, flat(row.ts, trade.price, trade.qty)));
            }
            (Basis::Bars, MarketData::Bar(bar)) => return Some((bar.start, *bar)),
            (Basis::Trades | Basis::Bars, _) => return None,
            (_, MarketData::Quote(quote)) => (quote.bid, quote.ask),
            (_, MarketData::DepthSnapshot(_) | MarketData::DepthDelta(_) | MarketData::Gap) => {
                let book = self.books.entry(row.symbol).or_default();
                Book::follow(book, &row.data);
                touch(book.as_ref()?)?
            }
            _ => return None,
        };
        let price = match self.basis {
            Basis::Bid => bid,
            Basis::Ask => ask,
            _ => Price((i128::from(bid.0) + i128::from(ask.0)).div_euclid(2) as i64),
        };
        Some((row.ts, flat(row.ts, price, Qty::ZERO)))
    }

    fn take(&mut self, row: &Row) -> Result<(), RowError> {
        let Some((ts, piece)) = self.piece(row) else {
            return Ok(());
        };
        self.close(ts);
        let known = self.known.filter(|(start, end)| *start <= ts && ts < *end);
        let Some((start, end)) = known.or_else(|| self.edges.around(ts)) else {
            return Ok(());
        };
        self.known = Some((start, end));
        if self.basis == Basis::Bars && row.ts > end {
            let fault = Fault::value(
                "the bar's end",
                row.ts,
                format!("one within the bar that is made, which ends at {end}"),
            );
            return Err(self.fault(row.symbol, ts, fault));
        }
        self.next_end = self.next_end.min(end);
        match self.open.entry(row.symbol) {
            Entry::Vacant(place) => {
                let bar = Bar { start, ..piece };
                let volume = i128::from(piece.volume.0);
                place.insert(Open { bar, end, volume });
            }
            Entry::Occupied(mut open) => open.get_mut().add(&piece),
        }
        Ok(())
    }
}

/// A volume of any size.
fn told(volume: i128) -> String {
    let one = i128::from(Qty::ONE.0);
    let (whole, rest) = (volume / one, volume % one);
    let decimals = Qty::DECIMALS as usize;
    let text = format!("{whole}.{:0decimals$}", rest.abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A bar of one price.
const fn flat(start: TimestampNs, price: Price, volume: Qty) -> Bar {
    Bar {
        start,
        open: price,
        high: price,
        low: price,
        close: price,
        volume,
    }
}

/// The best level of either side, where there are both and they do not overlap.
fn touch(book: &Book) -> Option<(Price, Price)> {
    let (bid, ask) = (book.bids().first()?, book.asks().first()?);
    (bid.price <= ask.price).then_some((bid.price, ask.price))
}

impl<I: Iterator<Item = Result<Row, RowError>>> Iterator for Resampled<I> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(row);
            }
            if self.has_ended {
                return None;
            }
            match self.rows.next() {
                Some(Ok(row)) => {
                    if let Err(error) = self.take(&row) {
                        return Some(Err(error));
                    }
                }
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.has_ended = true;
                    self.close(TimestampNs(u64::MAX));
                }
            }
        }
    }
}
