//! One price series of a chain of futures: which contract is the front one on which day, and its data as if it
//! were one instrument.
//!
//! [`rolls`] decides from the calendar and from each contract's daily figures. Whether a day belongs to the next
//! contract rests on figures of the days before it alone: what was known when its session opened. [`Continuous`]
//! then joins the contracts' data at the opens of those sessions, and [`Splice`] rows that come merged.
//!
//! Prices of different contracts do not meet at a roll. What is done about it is the [`Adjustment`]; the closes on
//! both sides are those of the last day before the roll. Adjusting backward restates the past in the terms of
//! the newest contract: right for charts and for returns, but its levels are no prices that anybody paid, and they
//! rest on rolls that were still to come. Adjusting forward rests on rolls that have been.

mod splice;

pub use splice::{DayClock, FiguresGatherer, Splice};

use std::iter::Peekable;

use jiff::civil::{Date, Weekday};
use types::{
    Bar, DepthUpdate, Financing, Level, MarketData, Price, Qty, Quote, TimestampNs, Trade,
    TradingDay,
};

use crate::calendar::{Calendar, date_of, day_of};
use crate::factor::Factor;

/// The letters that contracts have for their months, January first.
pub const MONTH_CODES: [char; 12] = ['F', 'G', 'H', 'J', 'K', 'M', 'N', 'Q', 'U', 'V', 'X', 'Z'];

/// A contract of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Its symbol, such as `ESH24`.
    pub symbol: String,
    /// The last day on which it trades.
    pub last: TradingDay,
    /// The first day on which its holder may be told to take delivery.
    pub first_notice: Option<TradingDay>,
}

/// When the next contract takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollRule {
    /// So many trading days before the last one of the contract; 0 is that day itself.
    BeforeLast(u16),
    /// So many trading days before its first notice day; at its last day where it has none.
    BeforeFirstNotice(u16),
    /// On the Monday before the third Friday of the month of its last day, as the CME names the roll of equity
    /// index futures; on a holiday, on the next trading day.
    MondayBeforeThirdFriday,
    /// After so many trading days in a row on which the next one had more volume; 1 or above. A day without figures
    /// is none of them.
    Volume(u16),
    /// The same with open interest.
    OpenInterest(u16),
}

/// What is known of a contract when one of its sessions has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayFigures {
    /// The day.
    pub day: TradingDay,
    /// Settlement or last price, where there is one.
    pub close: Option<Price>,
    /// Contracts traded, where the source has them.
    pub volume: Option<Qty>,
    /// Contracts open at the end of it, where the source has them.
    pub open_interest: Option<Qty>,
}

/// The change from one contract to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roll {
    /// The first day of the next contract.
    pub day: TradingDay,
    /// When its session opens.
    pub ts: TimestampNs,
    /// The contract that ends, by its place in the chain.
    pub from: usize,
    /// The one that begins.
    pub to: usize,
    /// Their closes on the trading day before; `None` where one has no figures of it.
    pub closes: Option<(Price, Price)>,
}

/// What is done about the step between two contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// Nothing.
    None,
    /// Older contracts are moved by the difference of the closes (the Panama method).
    BackDifference,
    /// Older contracts are multiplied by the ratio of the closes.
    BackRatio,
    /// Newer contracts are moved by the difference of the closes.
    ForwardDifference,
    /// Newer contracts are multiplied by the ratio of the closes.
    ForwardRatio,
}

/// Why there is no continuous series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContinuousError {
    /// The chain is empty, or its contracts do not end one after the other.
    #[error("contract {0} of the chain; accepted: one or more, each ending after the one before")]
    Chain(usize),
    /// A rule that counts days, with none.
    #[error("a rule of volume or open interest over 0 days; accepted: 1 or more")]
    Days,
    /// There is not one list of figures for each contract, or one is out of order.
    #[error(
        "the figures of contract {0}; accepted: a list for each contract, each day once, in order"
    )]
    Figures(usize),
    /// The days are past the last contract.
    #[error("no contract for {0}: the last one of the chain has ended")]
    NoContract(TradingDay),
    /// A roll cannot be adjusted for.
    #[error(
        "the roll of {day} from contract {from}: no closes of the day before from both, or one that is not above zero for a ratio"
    )]
    Closes {
        /// The roll's day.
        day: TradingDay,
        /// The contract that ends.
        from: usize,
    },
    /// The tick size is not above zero.
    #[error("tick_size must be above zero")]
    TickSize,
    /// An adjusted price does not fit.
    #[error("a price of contract {contract} at {ts} does not fit once it is adjusted")]
    Range {
        /// The contract.
        contract: usize,
        /// The time of the data.
        ts: TimestampNs,
    },
}

/// The quarterly contracts of an equity index future: those of March, June, September and December of these years,
/// each ending on the third Friday of its month, or on the trading day before where that is none.
pub fn quarterly(
    root: &str,
    years: std::ops::RangeInclusive<i16>,
    calendar: &Calendar,
) -> Vec<Contract> {
    let months = years.flat_map(|year| [3, 6, 9, 12].map(|month| (year, month)));
    months
        .filter_map(|(year, month)| {
            let friday = third_friday(year, month)?;
            let last = match calendar.session(friday) {
                Some(_) => friday,
                None => calendar.day_before(friday)?,
            };
            let code = MONTH_CODES[month as usize - 1];
            Some(Contract {
                symbol: format!("{root}{code}{:02}", year.rem_euclid(100)),
                last,
                first_notice: None,
            })
        })
        .collect()
}

fn third_friday(year: i16, month: i8) -> Option<TradingDay> {
    let first = Date::new(year, month, 1).ok()?;
    let friday = first.nth_weekday_of_month(3, Weekday::Friday).ok()?;
    Some(TradingDay(day_of(friday)))
}

/// The rolls on trading days from `first` to `last` of a calendar, in order. The chain begins with the first
/// contract that has not ended, or by the calendar's rule been rolled out of, at `first`; each gives way to the one
/// after it, at the latest on the day after its last. `figures` has a list for each contract, oldest day first.
///
/// # Errors
/// See [`ContinuousError`].
pub fn rolls(
    chain: &[Contract],
    rule: RollRule,
    calendar: &Calendar,
    figures: &[Vec<DayFigures>],
    (first, last): (TradingDay, TradingDay),
) -> Result<(usize, Vec<Roll>), ContinuousError> {
    check(chain, rule, figures)?;
    let due: Vec<_> = chain
        .iter()
        .map(|contract| due_day(contract, rule, calendar))
        .collect();
    let is_over = |place: usize, day: TradingDay| {
        chain[place].last < day || due[place].is_some_and(|due| due <= day)
    };
    let start = (0..chain.len())
        .find(|place| !is_over(*place, first))
        .ok_or(ContinuousError::NoContract(first))?;
    let (mut front, mut rolls) = (start, Vec::new());
    let mut previous = calendar.day_before(first);
    for session in calendar.sessions(first, last) {
        let day = session.day;
        while is_over(front, day) || is_overtaken(figures, rule, calendar, front, previous) {
            let to = front + 1;
            if to == chain.len() {
                // The last contract goes on while it trades.
                if chain[front].last < day {
                    return Err(ContinuousError::NoContract(day));
                }
                break;
            }
            rolls.push(Roll {
                day,
                ts: session.open,
                from: front,
                to,
                closes: previous.and_then(|previous| {
                    let close =
                        |place: usize| on(&figures[place], previous).and_then(|it| it.close);
                    close(front).zip(close(to))
                }),
            });
            front = to;
        }
        previous = Some(day);
    }
    Ok((start, rolls))
}

fn check(
    chain: &[Contract],
    rule: RollRule,
    figures: &[Vec<DayFigures>],
) -> Result<(), ContinuousError> {
    if chain.is_empty() {
        return Err(ContinuousError::Chain(0));
    }
    let late = chain
        .windows(2)
        .position(|pair| pair[0].last >= pair[1].last);
    if let Some(place) = late {
        return Err(ContinuousError::Chain(place + 1));
    }
    if matches!(rule, RollRule::Volume(0) | RollRule::OpenInterest(0)) {
        return Err(ContinuousError::Days);
    }
    if figures.len() != chain.len() {
        return Err(ContinuousError::Figures(figures.len().min(chain.len())));
    }
    let unordered = figures
        .iter()
        .position(|days| days.windows(2).any(|pair| pair[0].day >= pair[1].day));
    match unordered {
        Some(place) => Err(ContinuousError::Figures(place)),
        None => Ok(()),
    }
}

/// The day from which a rule of the calendar has the next contract.
fn due_day(contract: &Contract, rule: RollRule, calendar: &Calendar) -> Option<TradingDay> {
    let before =
        |day: TradingDay, days: u16| (0..days).try_fold(day, |day, _| calendar.day_before(day));
    match rule {
        RollRule::BeforeLast(days) => before(contract.last, days),
        RollRule::BeforeFirstNotice(days) => match contract.first_notice {
            Some(notice) => before(notice, days),
            None => Some(contract.last),
        },
        RollRule::MondayBeforeThirdFriday => {
            let date = date_of(contract.last)?;
            let friday = third_friday(date.year(), date.month())?;
            Some(TradingDay(friday.0 - 4))
        }
        RollRule::Volume(_) | RollRule::OpenInterest(_) => None,
    }
}

/// Whether the next contract had more of what the rule counts, on as many trading days up to `previous`.
fn is_overtaken(
    figures: &[Vec<DayFigures>],
    rule: RollRule,
    calendar: &Calendar,
    front: usize,
    previous: Option<TradingDay>,
) -> bool {
    let (days, count): (u16, fn(&DayFigures) -> Option<Qty>) = match rule {
        RollRule::Volume(days) => (days, |it| it.volume),
        RollRule::OpenInterest(days) => (days, |it| it.open_interest),
        _ => return false,
    };
    let (Some(from), Some(to)) = (figures.get(front), figures.get(front + 1)) else {
        return false;
    };
    let mut day = previous;
    (0..days).all(|_| {
        let Some(at) = day else { return false };
        day = calendar.day_before(at);
        let of = |days: &[DayFigures]| on(days, at).and_then(count);
        matches!((of(from), of(to)), (Some(from), Some(to)) if to > from)
    })
}

fn on(days: &[DayFigures], day: TradingDay) -> Option<&DayFigures> {
    let place = days.binary_search_by_key(&day, |it| it.day).ok()?;
    days.get(place)
}

/// What is done to the prices of one contract.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shift {
    By(i128),
    Times { factor: Factor, tick_size: Price },
}

impl Shift {
    fn price(&self, price: Price) -> Option<Price> {
        match self {
            Self::By(offset) => i64::try_from(i128::from(price.0) + offset).ok().map(Price),
            Self::Times { factor, tick_size } => factor.apply(price.0, tick_size.0).map(Price),
        }
    }

    /// All prices of a data update; what has none stays as it is.
    fn data(&self, data: MarketData) -> Option<MarketData> {
        let levels = |levels: Vec<Level>| -> Option<Vec<Level>> {
            let moved = levels.into_iter().map(|Level { price, qty }| {
                let price = self.price(price)?;
                Some(Level { price, qty })
            });
            moved.collect()
        };
        let depth = |update: Box<DepthUpdate>| {
            let DepthUpdate { bids, asks } = *update;
            Some(Box::new(DepthUpdate {
                bids: levels(bids)?,
                asks: levels(asks)?,
            }))
        };
        Some(match data {
            MarketData::Quote(quote) => MarketData::Quote(Quote {
                bid: self.price(quote.bid)?,
                ask: self.price(quote.ask)?,
                ..quote
            }),
            MarketData::Trade(trade) => MarketData::Trade(Trade {
                price: self.price(trade.price)?,
                ..trade
            }),
            MarketData::DepthDelta(update) => MarketData::DepthDelta(depth(update)?),
            MarketData::DepthSnapshot(update) => MarketData::DepthSnapshot(depth(update)?),
            MarketData::Bar(bar) => MarketData::Bar(Bar {
                open: self.price(bar.open)?,
                high: self.price(bar.high)?,
                low: self.price(bar.low)?,
                close: self.price(bar.close)?,
                ..bar
            }),
            MarketData::Financing(financing) => MarketData::Financing(Financing {
                price: self.price(financing.price)?,
                ..financing
            }),
            other @ (MarketData::Status(_)
            | MarketData::Dividend { .. }
            | MarketData::Split { .. }
            | MarketData::Gap) => other,
        })
    }
}

/// The shift of each span: one more than rolls, oldest first.
fn shifts(
    rolls: &[Roll],
    adjustment: Adjustment,
    tick_size: Price,
) -> Result<Vec<Shift>, ContinuousError> {
    if tick_size.0 <= 0 {
        return Err(ContinuousError::TickSize);
    }
    let (is_ratio, is_back) = match adjustment {
        Adjustment::None => return Ok(vec![Shift::By(0); rolls.len() + 1]),
        Adjustment::BackDifference => (false, true),
        Adjustment::BackRatio => (true, true),
        Adjustment::ForwardDifference => (false, false),
        Adjustment::ForwardRatio => (true, false),
    };
    let mut offset = 0_i128;
    let mut factor = Factor::ONE;
    let shift = |offset, factor: &Factor| {
        if is_ratio {
            let factor = factor.clone();
            Shift::Times { factor, tick_size }
        } else {
            Shift::By(offset)
        }
    };
    let mut shifts = vec![shift(offset, &factor)];
    let count = rolls.len();
    for place in 0..count {
        let roll = &rolls[if is_back { count - 1 - place } else { place }];
        let refused = ContinuousError::Closes {
            day: roll.day,
            from: roll.from,
        };
        // Into the terms of the newer contract, or of the older one.
        let (of, into) = match roll.closes {
            Some((from, to)) if is_back => (from, to),
            Some((from, to)) => (to, from),
            None => return Err(refused),
        };
        if is_ratio {
            if of.0 <= 0 || into.0 <= 0 {
                return Err(refused);
            }
            factor.multiply(into.0.unsigned_abs(), of.0.unsigned_abs());
        } else {
            offset += i128::from(into.0) - i128::from(of.0);
        }
        shifts.push(shift(offset, &factor));
    }
    if is_back {
        shifts.reverse();
    }
    Ok(shifts)
}

/// A piece of a continuous series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The next contract begins. What was known of the quote and the book was of the other.
    Roll(Roll),
    /// Data of the front contract.
    Data {
        /// Which one, by its place in the chain.
        contract: usize,
        /// Its time.
        ts: TimestampNs,
        /// With its prices adjusted.
        data: MarketData,
    },
}

/// Joins the contracts of a chain: of each the data from its own roll up to the next one's.
#[derive(Debug)]
pub struct Continuous<I: Iterator<Item = (TimestampNs, MarketData)>> {
    /// By place in the chain.
    streams: Vec<Peekable<I>>,
    rolls: Vec<Roll>,
    shifts: Vec<Shift>,
    front: usize,
    /// Rolls that have been.
    rolled: usize,
    is_done: bool,
}

impl<I: Iterator<Item = (TimestampNs, MarketData)>> Continuous<I> {
    /// The series of a chain: `start` and `rolls` as [`rolls`] found them, a stream in order of time for each contract.
    /// Differences leave prices on their ticks; products are rounded to a multiple of `tick_size`, halves away from
    /// zero.
    ///
    /// # Errors
    /// A roll cannot be adjusted for, or there is not a stream for each contract of the rolls.
    pub fn new(
        streams: Vec<I>,
        (start, rolls): (usize, Vec<Roll>),
        adjustment: Adjustment,
        tick_size: Price,
    ) -> Result<Self, ContinuousError> {
        let last = rolls.last().map_or(start, |roll| roll.to);
        if last >= streams.len() {
            return Err(ContinuousError::Figures(streams.len()));
        }
        Ok(Self {
            streams: streams.into_iter().map(Iterator::peekable).collect(),
            shifts: shifts(&rolls, adjustment, tick_size)?,
            rolls,
            front: start,
            rolled: 0,
            is_done: false,
        })
    }
}

impl<I: Iterator<Item = (TimestampNs, MarketData)>> Iterator for Continuous<I> {
    type Item = Result<Piece, ContinuousError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let begun = match self.rolled.checked_sub(1) {
            Some(place) => self.rolls[place].ts,
            None => TimestampNs(0),
        };
        let roll = self.rolls.get(self.rolled).copied();
        let stream = &mut self.streams[self.front];
        while stream.next_if(|(ts, _)| *ts < begun).is_some() {}
        let ends = |ts: TimestampNs| roll.is_some_and(|roll| ts >= roll.ts);
        if let Some((ts, data)) = stream.next_if(|(ts, _)| !ends(*ts)) {
            let contract = self.front;
            let Some(data) = self.shifts[self.rolled].data(data) else {
                self.is_done = true;
                return Some(Err(ContinuousError::Range { contract, ts }));
            };
            return Some(Ok(Piece::Data { contract, ts, data }));
        }
        let roll = roll?;
        self.front = roll.to;
        self.rolled += 1;
        Some(Ok(Piece::Roll(roll)))
    }
}

#[cfg(test)]
mod tests;
