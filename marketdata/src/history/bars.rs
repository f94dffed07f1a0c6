//! Bars of any interval from trades, quotes or smaller bars.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::civil::Date;
use types::{Bar, Label, MarketData, Price, Qty, TimestampNs, TradingDay};

use super::decode::Fault;
use super::error::Place;
use super::volume::{HeldVolumes, Volumes, is_held};
use super::{Row, RowError, Zone};
use crate::calendar::{Calendar, date_of, day_of};
use crate::feed::Book;

const DAY_NS: u64 = 86_400_000_000_000;
const WEEK_NS: u64 = 7 * DAY_NS;
/// Bars of such lengths are of a day: of 23 to 25 hours of local time, or of a session that is nearly as long.
const OF_DAY_NS: std::ops::RangeInclusive<u64> = 20 * HOUR_NS..=25 * HOUR_NS;
const HOUR_NS: u64 = 3_600_000_000_000;
/// 1970-01-05, the first Monday, in days since 1970-01-01.
const MONDAY: i32 = 4;
const MONDAY_NS: u64 = MONDAY as u64 * DAY_NS;
/// A day that begins at this minute or later is that of the next date, as it is where an evening opens it.
const NOON: u16 = 12 * 60;

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
        /// Length of a bar, above 0. From 24 hours on it is the whole day, be that of 23, 24 or 25 hours; of whole
        /// weeks it is their days from Monday on. A day that begins at noon or later is that of the next date.
        every: u64,
        /// The zone of the local time.
        zone: Zone,
        /// When a day begins, in minutes after midnight, below 1,440.
        minute: u16,
    },
    /// Within the sessions of a calendar, at multiples of so many ns since a session's open; the last bar of a session
    /// ends with it. Nothing outside of them makes a bar.
    Sessions {
        /// Length of a bar, above 0. From 24 hours on it is the whole session; of whole weeks it goes from the open of
        /// the first session of their trading days, from Monday on, to the close of the last.
        every: u64,
        /// The sessions.
        calendar: Calendar,
    },
    /// Whole months of the calendar, of the days whose date is in them. Some are counted from January 1970 on: 3 are the
    /// quarters of a year, 12 are years.
    Months {
        /// Months of a bar, above 0.
        months: u32,
        /// Their days.
        days: TradingDays,
    },
}

/// What days are, of which months are made.
#[derive(Debug, Clone, PartialEq)]
pub enum TradingDays {
    /// From a local time of each day until that of the next; as [`Edges::Daily`] has them.
    Local {
        /// The zone of the local time.
        zone: Zone,
        /// When a day begins, in minutes after midnight, below 1,440. From noon on it is that of the next date.
        minute: u16,
    },
    /// The sessions of a calendar: a bar goes from the open of the first of them to the close of the last, and what is
    /// outside of them is in none.
    Sessions(Calendar),
}

/// What is known of the instants around one.
#[derive(Debug, Clone, Copy)]
struct Around {
    /// From when on, and until when, it is true.
    from: TimestampNs,
    until: TimestampNs,
    /// Start and end of their bar, if they have one.
    bar: Option<(TimestampNs, TimestampNs)>,
}

/// From a start up to an end, the piece of this length that an instant is in.
fn piece_of(
    ts: TimestampNs,
    (start, end): (TimestampNs, TimestampNs),
    every: u64,
) -> Option<(TimestampNs, TimestampNs)> {
    let start = start.0 + ts.0.checked_sub(start.0)?.checked_div(every)? * every;
    let end = start.saturating_add(every).min(end.0);
    Some((TimestampNs(start), TimestampNs(end)))
}

/// The days of the weeks that a day is in, where bars are of whole weeks: the first, and the one after the last.
fn weeks_of(day: TradingDay, every: u64) -> Option<(i32, i32)> {
    if every == 0 || !every.is_multiple_of(WEEK_NS) {
        return None;
    }
    let days = i32::try_from(every / DAY_NS).ok()?;
    let first = MONDAY + (day.0 - MONDAY).div_euclid(days) * days;
    Some((first, first.checked_add(days)?))
}

/// The days of the months that a day is in: the first, and the one after the last.
fn months_of(day: TradingDay, months: u32) -> Option<(i32, i32)> {
    let months = i32::try_from(months).ok().filter(|&months| months > 0)?;
    let date = date_of(day)?;
    let month = (i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1;
    let first = month.div_euclid(months) * months;
    let begins = |month: i32| {
        let year = i16::try_from(1970 + month.div_euclid(12)).ok()?;
        let date = Date::new(year, (month.rem_euclid(12) + 1) as i8, 1).ok()?;
        Some(day_of(date))
    };
    Some((begins(first)?, begins(first.checked_add(months)?)?))
}

/// Days that begin at a local time, by the date that they are of.
struct LocalDays<'a> {
    zone: &'a Zone,
    minute: u16,
}

impl LocalDays<'_> {
    /// 1 where a day is that of the next date.
    fn evening(&self) -> i32 {
        i32::from(self.minute >= NOON)
    }

    fn opening(&self, day: i32) -> Option<TimestampNs> {
        let date = date_of(TradingDay(day - self.evening()))?;
        let (hour, minute) = (self.minute / 60, self.minute % 60);
        self.zone.instant(date.at(hour as i8, minute as i8, 0, 0))
    }

    fn day_at(&self, ts: TimestampNs) -> Option<i32> {
        let day = day_of(self.zone.local(ts)?.date()) + self.evening();
        let is_begun = self.opening(day)? <= ts;
        Some(if is_begun { day } else { day - 1 })
    }

    /// From the first day up to one, exclusive. Of what time begins in there is no more than this.
    fn span(&self, (first, after): (i32, i32)) -> Option<(TimestampNs, TimestampNs)> {
        let start = self.opening(first).unwrap_or(TimestampNs(0));
        Some((start, self.opening(after)?))
    }
}

impl Edges {
    /// The bar that an instant belongs to: from its start up to its end, exclusive.
    pub fn around(&self, ts: TimestampNs) -> Option<(TimestampNs, TimestampNs)> {
        self.all_around(ts).bar
    }

    fn all_around(&self, ts: TimestampNs) -> Around {
        let bar = match self {
            Self::Sessions { every, calendar } if *every < DAY_NS => {
                return in_session(calendar, ts, |whole| piece_of(ts, whole, *every));
            }
            Self::Sessions { every, calendar } => {
                return in_sessions(calendar, ts, |day| weeks_of(day, *every));
            }
            Self::Months {
                months,
                days: TradingDays::Sessions(calendar),
            } => return in_sessions(calendar, ts, |day| months_of(day, *months)),
            Self::Epoch { .. } | Self::Daily { .. } | Self::Months { .. } => self.without_gaps(ts),
        };
        let (from, until) = bar.unwrap_or((ts, ts));
        Around { from, until, bar }
    }

    /// Of edges that leave no time out.
    fn without_gaps(&self, ts: TimestampNs) -> Option<(TimestampNs, TimestampNs)> {
        let within = |start: u64, end: u64, every: u64| {
            piece_of(ts, (TimestampNs(start), TimestampNs(end)), every)
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
                let days = LocalDays {
                    zone,
                    minute: *minute,
                };
                let day = days.day_at(ts)?;
                if let Some(weeks) = weeks_of(TradingDay(day), *every) {
                    return days.span(weeks);
                }
                let (start, end) = (days.opening(day)?, days.opening(day + 1)?);
                let whole = end.0.saturating_sub(start.0);
                within(start.0, end.0, if *every < DAY_NS { *every } else { whole })
            }
            Self::Months {
                months,
                days: TradingDays::Local { zone, minute },
            } => {
                let days = LocalDays {
                    zone,
                    minute: *minute,
                };
                days.span(months_of(TradingDay(days.day_at(ts)?), *months)?)
            }
            Self::Sessions { .. } | Self::Months { .. } => None,
        }
    }

    /// The calendar whose sessions bars are of, where they are of sessions.
    const fn calendar(&self) -> Option<&Calendar> {
        match self {
            Self::Sessions { calendar, .. }
            | Self::Months {
                days: TradingDays::Sessions(calendar),
                ..
            } => Some(calendar),
            Self::Epoch { .. } | Self::Daily { .. } | Self::Months { .. } => None,
        }
    }

    /// What days of UTC are put together to, where bars are of such.
    fn of_utc_days(&self) -> Option<&'static str> {
        match self {
            Self::Epoch { every } if every.is_multiple_of(WEEK_NS) => Some("weeks"),
            Self::Months {
                days: TradingDays::Local { zone, minute: 0 },
                ..
            } if *zone == Zone::UTC => Some("months"),
            _ => None,
        }
    }
}

/// The bar that `bar_of` makes of the session that an instant is in.
fn in_session(
    calendar: &Calendar,
    ts: TimestampNs,
    bar_of: impl FnOnce((TimestampNs, TimestampNs)) -> Option<(TimestampNs, TimestampNs)>,
) -> Around {
    let Some(session) = calendar.session_at(ts) else {
        let next = calendar.next(ts);
        return Around {
            from: ts,
            until: next.map_or(TimestampNs(u64::MAX), |session| session.open),
            bar: None,
        };
    };
    let bar = bar_of((session.open, session.close));
    let (from, until) = bar.unwrap_or((ts, ts));
    Around { from, until, bar }
}

/// The bar of whole sessions that an instant is in: those of the days that `days_of` says, or else of its own.
fn in_sessions(
    calendar: &Calendar,
    ts: TimestampNs,
    days_of: impl FnOnce(TradingDay) -> Option<(i32, i32)>,
) -> Around {
    let around = in_session(calendar, ts, Some);
    let Some(session) = around.bar.and_then(|_| calendar.session_at(ts)) else {
        return around;
    };
    let some = days_of(session.day).and_then(|(first, after)| {
        let mut days = (first..after).map(TradingDay);
        let first = days.find_map(|day| calendar.session(day))?;
        let mut days = (session.day.0..after).rev().map(TradingDay);
        let last = days.find_map(|day| calendar.session(day))?;
        Some((first.open, last.close))
    });
    // Known of this session alone: between it and the next one is nothing.
    Around {
        bar: some.or(around.bar),
        ..around
    }
}

/// A bar that is not complete.
#[derive(Debug, Clone, Copy)]
struct Open {
    bar: Bar,
    end: TimestampNs,
    /// All of it, which the bar may not be able to hold.
    volume: i128,
    /// A piece has the end of the range as its volume: there was that or more.
    is_more: bool,
}

impl Open {
    fn add(&mut self, piece: &Bar) {
        let bar = &mut self.bar;
        bar.high = bar.high.max(piece.high);
        bar.low = bar.low.min(piece.low);
        bar.close = piece.close;
        self.volume += i128::from(piece.volume.0);
        self.is_more |= is_held(piece);
    }
}

/// Bars of rows. Other rows are passed over, and so is a time in which nothing happened: it has no bar. A bar
/// comes as soon as a row shows that it is complete, and the last ones with the last row; bars of one end come in the
/// order of their symbols. One whose volume is past the range of quantities is an error in its place, unless
/// [`Resampled::with_volumes`] says otherwise.
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
    /// What was found last of the instants around.
    known: Option<Around>,
    /// How many rows were outside of all bars.
    outside: u64,
    ready: VecDeque<Result<Row, RowError>>,
    has_ended: bool,
    volumes: Volumes,
    held_volumes: HeldVolumes,
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
            outside: 0,
            ready: VecDeque::new(),
            has_ended: false,
            volumes: Volumes::Refused,
            held_volumes: HeldVolumes::default(),
        }
    }

    /// The same, with what becomes of a volume past the range of quantities.
    #[must_use]
    pub fn with_volumes(self, volumes: Volumes) -> Self {
        Self { volumes, ..self }
    }

    /// Bars until now whose volume is past the range of quantities, and is its end.
    pub const fn held_volumes(&self) -> &HeldVolumes {
        &self.held_volumes
    }

    /// How many rows, of those that bars are made of, were outside of the sessions and are in no bar.
    pub const fn outside(&self) -> u64 {
        self.outside
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
            let row = self.finished(symbol, &open);
            self.ready.push_back(row);
        }
    }

    /// The row of a bar that is complete. A volume at the end of the range is of rows that have that or more.
    fn finished(&mut self, symbol: Label, open: &Open) -> Result<Row, RowError> {
        let held = i64::try_from(open.volume).ok().filter(|&it| it < i64::MAX);
        if held.is_none() {
            let fault = Fault::value(
                "the bar's volume",
                told(open.volume) + if open.is_more { " or more" } else { "" },
                format!("at most {}, or bars of less time", Qty(i64::MAX)),
            );
            let error = self.fault(symbol, open.bar.start, fault);
            if self.volumes == Volumes::Refused {
                return Err(error);
            }
            self.held_volumes.add(|| error);
        }
        Ok(Row {
            ts: open.end,
            ts_event: open.end,
            symbol,
            data: MarketData::Bar(Bar {
                volume: Qty(held.unwrap_or(i64::MAX)),
                ..open.bar
            }),
        })
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

    /// From when until when a piece is. A bar of a day says little of when on it was traded: among sessions it is that of
    /// the day that it begins on, as it is for a chain's [`crate::continuous::DayClock`].
    fn span(&self, ts: TimestampNs, row: &Row) -> (TimestampNs, TimestampNs) {
        let whole = (ts, row.ts);
        let Some(calendar) = self.edges.calendar() else {
            return whole;
        };
        if self.basis != Basis::Bars || !OF_DAY_NS.contains(&row.ts.0.saturating_sub(ts.0)) {
            return whole;
        }
        let session = calendar.session_at(ts).or_else(|| calendar.next(ts));
        match session {
            Some(session) if session.open < row.ts => (session.open.max(ts), session.close),
            _ => whole,
        }
    }

    fn take(&mut self, row: &Row) -> Result<(), RowError> {
        let Some((ts, piece)) = self.piece(row) else {
            return Ok(());
        };
        let (ts, until) = self.span(ts, row);
        self.close(ts);
        let known = self.known.filter(|it| it.from <= ts && ts < it.until);
        let known = known.unwrap_or_else(|| self.edges.all_around(ts));
        self.known = Some(known);
        let Some((start, end)) = known.bar else {
            self.outside += 1;
            return Ok(());
        };
        if self.basis == Basis::Bars && until > end {
            let hint = self.edges.of_utc_days().map_or_else(String::new, |made| {
                format!(": days that begin in the evening make {made} by their session or calendar")
            });
            let fault = Fault::value(
                "the bar's end",
                row.ts,
                format!("one within the bar that is made, which ends at {end}{hint}"),
            );
            return Err(self.fault(row.symbol, ts, fault));
        }
        self.next_end = self.next_end.min(end);
        match self.open.entry(row.symbol) {
            Entry::Vacant(place) => {
                let bar = Bar { start, ..piece };
                let volume = i128::from(piece.volume.0);
                place.insert(Open {
                    bar,
                    end,
                    volume,
                    is_more: is_held(&piece),
                });
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
