//! The series of a chain from rows of all contracts in one order, as merged files have them: first the figures of
//! their days, then what of them is the series.

use types::{MarketData, Price, Qty, TimestampNs, TradingDay};

use super::{Adjustment, ContinuousError, DayFigures, Roll, Shift, shifts};
use crate::calendar::Calendar;

/// The trading days of what happens in about the order of time.
#[derive(Debug)]
pub struct DayClock {
    calendar: Calendar,
    /// From, until, and which day.
    known: Option<(TimestampNs, TimestampNs, TradingDay)>,
}

impl DayClock {
    /// By this calendar.
    pub const fn new(calendar: Calendar) -> Self {
        Self {
            calendar,
            known: None,
        }
    }

    /// The calendar.
    pub const fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The trading day that data counts to: a bar when it begins, anything else when it is known. `None` where the
    /// calendar has no session within [`crate::calendar::SEARCH_DAYS_MAX`].
    pub fn day(&mut self, ts: TimestampNs, data: &MarketData) -> Option<TradingDay> {
        let ts = match data {
            MarketData::Bar(bar) => bar.start,
            _ => ts,
        };
        if let Some((from, until, day)) = self.known
            && from <= ts
            && ts < until
        {
            return Some(day);
        }
        let session = self.calendar.session_at(ts);
        let session = session.or_else(|| self.calendar.next(ts))?;
        self.known = Some((ts, session.close, session.day));
        Some(session.day)
    }
}

/// Gathers the figures of a chain's days: the last price of trades and bars, and their volume. Nothing else has
/// either, and no row has open interest, which is given apart.
#[derive(Debug)]
pub struct FiguresGatherer {
    days: Vec<Vec<DayFigures>>,
}

impl FiguresGatherer {
    /// For so many contracts.
    pub fn new(contracts: usize) -> Self {
        Self {
            days: vec![Vec::new(); contracts],
        }
    }

    /// Takes what happened on a day to a contract, by its place in the chain.
    pub fn take(&mut self, contract: usize, day: TradingDay, data: &MarketData) {
        let (close, volume) = match data {
            MarketData::Trade(trade) => (trade.price, trade.qty),
            MarketData::Bar(bar) => (bar.close, bar.volume),
            _ => return,
        };
        if let Some(figures) = self.of_day(contract, day) {
            let before = figures.volume.unwrap_or(Qty::ZERO);
            figures.close = Some(close);
            figures.volume = Some(Qty(before.0.saturating_add(volume.0)));
        }
    }

    /// Takes the open interest of a contract at the end of a day.
    pub fn take_open_interest(&mut self, contract: usize, day: TradingDay, open_interest: Qty) {
        if let Some(figures) = self.of_day(contract, day) {
            figures.open_interest = Some(open_interest);
        }
    }

    /// The figures of a contract on a day; `None` where there is no such contract.
    fn of_day(&mut self, contract: usize, day: TradingDay) -> Option<&mut DayFigures> {
        let days = self.days.get_mut(contract)?;
        let place = match days.last() {
            Some(last) if last.day == day => days.len() - 1,
            _ => match days.binary_search_by_key(&day, |figures| figures.day) {
                Ok(place) => place,
                Err(place) => {
                    let figures = DayFigures {
                        day,
                        close: None,
                        volume: None,
                        open_interest: None,
                    };
                    days.insert(place, figures);
                    place
                }
            },
        };
        days.get_mut(place)
    }

    /// The first contract that has prices and no open interest at all, by its place in the chain.
    pub fn without_open_interest(&self) -> Option<usize> {
        self.days.iter().position(|days| {
            let has = |known: fn(&DayFigures) -> bool| days.iter().any(known);
            has(|it| it.close.is_some()) && !has(|it| it.open_interest.is_some())
        })
    }

    /// The figures of each contract, as [`super::rolls`] takes them.
    pub fn finish(self) -> Vec<Vec<DayFigures>> {
        self.days
    }
}

/// Says what of the contracts' data is the series.
#[derive(Debug)]
pub struct Splice {
    rolls: Vec<Roll>,
    shifts: Vec<Shift>,
    front: usize,
    /// Rolls that have been.
    rolled: usize,
}

impl Splice {
    /// As [`super::Continuous::new`].
    ///
    /// # Errors
    /// A roll cannot be adjusted for.
    pub fn new(
        (start, rolls): (usize, Vec<Roll>),
        adjustment: Adjustment,
        tick_size: Price,
    ) -> Result<Self, ContinuousError> {
        Ok(Self {
            shifts: shifts(&rolls, adjustment, tick_size)?,
            rolls,
            front: start,
            rolled: 0,
        })
    }

    /// Goes to a day; whether another contract is the front one from there on. Days do not go back.
    pub fn reach(&mut self, day: TradingDay) -> bool {
        let before = self.rolled;
        while let Some(roll) = self.rolls.get(self.rolled)
            && roll.day <= day
        {
            self.front = roll.to;
            self.rolled += 1;
        }
        self.rolled > before
    }

    /// The front contract, by its place in the chain.
    pub const fn front(&self) -> usize {
        self.front
    }

    /// Data of the front contract with its prices adjusted.
    ///
    /// # Errors
    /// A price does not fit.
    pub fn adjusted(
        &self,
        ts: TimestampNs,
        data: MarketData,
    ) -> Result<MarketData, ContinuousError> {
        let contract = self.front;
        self.shifts[self.rolled]
            .data(data)
            .ok_or(ContinuousError::Range { contract, ts })
    }
}
