//! Splits and dividends of shares: as inputs of the engine, and out of the prices before them.
//!
//! An action takes effect when the session of its ex-date opens: who holds at the close before is who gets it.
//! [`adjust`] restates bars of before in the terms of after, as the Center for Research in Security Prices does
//! (CRSP, "Calculations and Index Methodologies", factor to adjust prices): a split of `new` for `old` multiplies
//! prices by `old / new` and volumes by `new / old`; a dividend `d` multiplies prices by `1 - d / c`, where `c` is
//! the last close before the ex-date. Factors are exact until a price is rounded, once.

use types::{Bar, MarketData, Money, Price, Qty, TimestampNs, TradingDay};

use crate::calendar::Calendar;
use crate::factor::Factor;

/// The most units of a split, new or old.
pub const SPLIT_UNITS_MAX: u32 = 1_000;

/// So much earlier than the open of the ex-date an action is an input, nanoseconds: the first order of the session
/// meets the new terms. Each instrument's comes a nanosecond after that of the one before, so that the time of the
/// newest input says which were applied.
const BEFORE_OPEN_NS: u64 = 1_000_000_000;
/// Instruments that have a nanosecond of their own.
pub const INSTRUMENTS_MAX: u32 = 1_000_000;

/// A split or dividend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorporateAction {
    /// The first trading day without the right to it.
    pub ex: TradingDay,
    /// What it is.
    pub kind: ActionKind,
}

/// The kinds of corporate action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// `new` shares for every `old` ones, 1 to [`SPLIT_UNITS_MAX`].
    Split {
        /// After.
        new: u32,
        /// Before.
        old: u32,
    },
    /// Cash for each share, above zero.
    Dividend {
        /// The amount, in the instrument's currency.
        per_unit: Money,
    },
}

impl CorporateAction {
    /// The input that it is, and its time: just before the open of its ex-date. `None` when that is no trading
    /// day of the calendar. `instrument` is the engine's number of it, below [`INSTRUMENTS_MAX`].
    pub fn input(&self, calendar: &Calendar, instrument: u32) -> Option<(TimestampNs, MarketData)> {
        let open = calendar.session(self.ex)?.open.0;
        let ts = open.checked_sub(BEFORE_OPEN_NS)? + u64::from(instrument.min(INSTRUMENTS_MAX));
        let data = match self.kind {
            ActionKind::Split { new, old } => MarketData::Split { new, old },
            ActionKind::Dividend { per_unit } => MarketData::Dividend { per_unit },
        };
        Some((TimestampNs(ts), data))
    }
}

/// What bars are adjusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustFor {
    /// Splits.
    Splits,
    /// Splits and dividends: a series of total return.
    SplitsAndDividends,
}

/// Why bars cannot be adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// Bars or actions are not in order of time.
    #[error("{0} is not after the one before it; accepted: each day once, in order")]
    Order(TradingDay),
    /// The units of a split are out of range.
    #[error("the split of {0}; accepted: 1 to {SPLIT_UNITS_MAX} units, new and old")]
    Split(TradingDay),
    /// A dividend is not above zero and below the last close before it.
    #[error("the dividend of {ex} against a close of {close}; accepted: above zero and below it")]
    Dividend {
        /// Its ex-date.
        ex: TradingDay,
        /// The last close before.
        close: Price,
    },
    /// A price or volume does not fit after adjustment.
    #[error("the bar of {0} does not fit its range once it is adjusted")]
    Range(TradingDay),
}

/// Daily bars, oldest first, in the terms of the last of them: prices rounded to a multiple of `tick_size` (1e-9
/// where that is `Price(1)`), halves up, volumes to the next 1e-8 in the same way. Actions with an ex-date after the last bar
/// change nothing, nor do those before or at the first one's.
///
/// # Errors
/// See [`ActionError`].
pub fn adjust(
    bars: &[(TradingDay, Bar)],
    actions: &[CorporateAction],
    what: AdjustFor,
    tick_size: Price,
) -> Result<Vec<(TradingDay, Bar)>, ActionError> {
    let days = bars.windows(2).map(|pair| (pair[0].0, pair[1].0));
    let exs = actions.windows(2).map(|pair| (pair[0].ex, pair[1].ex));
    if let Some((_, late)) = days.chain(exs).find(|(first, second)| first >= second) {
        return Err(ActionError::Order(late));
    }
    let mut adjusted = Vec::with_capacity(bars.len());
    let (mut prices, mut volumes) = (Factor::ONE, Factor::ONE);
    let mut actions = actions.iter().rev().peekable();
    let last = bars.last().map_or(TradingDay(i32::MIN), |(day, _)| *day);
    while actions.next_if(|action| action.ex > last).is_some() {}
    // From the newest bar back: an action counts for every bar before its ex-date.
    for (place, &(day, bar)) in bars.iter().enumerate().rev() {
        let restated = restate(&bar, &prices, &volumes, tick_size);
        adjusted.push((day, restated.ok_or(ActionError::Range(day))?));
        let Some(&(before, Bar { close, .. })) = place.checked_sub(1).map(|place| &bars[place])
        else {
            break;
        };
        while let Some(action) = actions.next_if(|action| action.ex > before) {
            match action.kind {
                ActionKind::Split { new, old } => {
                    let units = 1..=SPLIT_UNITS_MAX;
                    if !units.contains(&new) || !units.contains(&old) {
                        return Err(ActionError::Split(action.ex));
                    }
                    prices.multiply(old.into(), new.into());
                    volumes.multiply(new.into(), old.into());
                }
                ActionKind::Dividend { .. } if what == AdjustFor::Splits => {}
                ActionKind::Dividend { per_unit } => {
                    let ex = action.ex;
                    let dividend = price_of(per_unit)
                        .filter(|dividend| dividend.0 > 0 && *dividend < close)
                        .ok_or(ActionError::Dividend { ex, close })?;
                    let after = close.0 - dividend.0;
                    prices.multiply(after.unsigned_abs(), close.0.unsigned_abs());
                }
            }
        }
    }
    adjusted.reverse();
    Ok(adjusted)
}

fn restate(bar: &Bar, prices: &Factor, volumes: &Factor, tick_size: Price) -> Option<Bar> {
    let price = |price: Price| prices.apply(price.0, tick_size.0).map(Price);
    Some(Bar {
        start: bar.start,
        open: price(bar.open)?,
        high: price(bar.high)?,
        low: price(bar.low)?,
        close: price(bar.close)?,
        volume: Qty(volumes.apply(bar.volume.0, 1)?),
    })
}

/// An amount for one unit is a price.
const fn price_of(amount: Money) -> Option<Price> {
    const SCALE: i64 = Price::ONE.0 / Money::ONE.0;
    match amount.0.checked_mul(SCALE) {
        Some(raw) => Some(Price(raw)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    fn bar(close: &str, volume: i64) -> Bar {
        Bar {
            start: TimestampNs(0),
            open: price(close),
            high: price(close),
            low: price(close),
            close: price(close),
            volume: Qty::whole(volume),
        }
    }

    /// 2020-08-28 to 2020-09-01, the Friday before and two days after Apple's four for one; its closes and, in
    /// full shares, its volumes as they were traded (Nasdaq, historical data of AAPL).
    const FRIDAY: TradingDay = TradingDay(18_502);
    const EX: TradingDay = TradingDay(18_505);

    fn apple() -> Vec<(TradingDay, Bar)> {
        vec![
            (FRIDAY, bar("499.23", 46_907_479)),
            (EX, bar("129.04", 225_702_700)),
            (TradingDay(EX.0 + 1), bar("134.18", 151_948_100)),
        ]
    }

    const SPLIT: CorporateAction = CorporateAction {
        ex: EX,
        kind: ActionKind::Split { new: 4, old: 1 },
    };

    #[test]
    fn apples_split_divides_the_friday_by_four() {
        assert_eq!(EX.to_string(), "2020-08-31");
        let adjusted = adjust(&apple(), &[SPLIT], AdjustFor::Splits, Price(1)).unwrap();
        assert_eq!(adjusted[0].1.close, price("124.8075"));
        assert_eq!(adjusted[0].1.volume, Qty::whole(187_629_916));
        assert_eq!(adjusted[1..], apple()[1..]);
        let cents = adjust(&apple(), &[SPLIT], AdjustFor::Splits, price("0.01")).unwrap();
        assert_eq!(cents[0].1.close, price("124.81"));
    }

    #[test]
    fn the_split_is_an_input_before_the_open() {
        let calendar = Calendar::named("us-equities").unwrap();
        // 09:30 in New York is 13:30 UTC in August.
        let (ts, data) = SPLIT.input(&calendar, 7).unwrap();
        assert_eq!(ts.to_string(), "2020-08-31T13:29:59.000000007Z");
        assert_eq!(data, MarketData::Split { new: 4, old: 1 });
        let sunday = CorporateAction {
            ex: TradingDay(EX.0 - 1),
            ..SPLIT
        };
        assert_eq!(sunday.input(&calendar, 0), None);
    }

    #[test]
    fn a_dividend_takes_its_share_of_the_close_before() {
        let days = [
            (TradingDay(10), bar("40", 5)),
            (TradingDay(11), bar("50", 5)),
            (TradingDay(14), bar("49", 5)),
        ];
        let action = |ex, kind| CorporateAction {
            ex: TradingDay(ex),
            kind,
        };
        let dividend = action(
            14,
            ActionKind::Dividend {
                per_unit: Money::ONE,
            },
        );
        // 1 - 1/50 is 0.98: 49 and 39.2.
        let whole = AdjustFor::SplitsAndDividends;
        let adjusted = adjust(&days, &[dividend], whole, Price(1)).unwrap();
        let closes: Vec<_> = adjusted.iter().map(|(_, bar)| bar.close).collect();
        assert_eq!(closes, [price("39.2"), price("49"), price("49")]);
        assert!(adjusted.iter().all(|(_, bar)| bar.volume == Qty::whole(5)));
        let splits = adjust(&days, &[dividend], AdjustFor::Splits, Price(1)).unwrap();
        assert_eq!(splits, days);
        // With two for one at the second day: 39.2 / 2.
        let split = action(11, ActionKind::Split { new: 2, old: 1 });
        let adjusted = adjust(&days, &[split, dividend], whole, Price(1)).unwrap();
        assert_eq!(adjusted[0].1.close, price("19.6"));
        assert_eq!(adjusted[0].1.volume, Qty::whole(10));
        assert_eq!(adjusted[1].1.close, price("49"));
        // What lies outside of the bars changes nothing.
        let around = [
            action(10, ActionKind::Split { new: 2, old: 1 }),
            action(15, ActionKind::Split { new: 2, old: 1 }),
        ];
        assert_eq!(adjust(&days, &around, whole, Price(1)).unwrap(), days);
    }

    #[test]
    fn an_ex_date_between_bars_counts_with_the_next_bar() {
        let days = [
            (TradingDay(10), bar("40", 1)),
            (TradingDay(14), bar("20", 1)),
        ];
        let split = CorporateAction {
            ex: TradingDay(12),
            kind: ActionKind::Split { new: 2, old: 1 },
        };
        let adjusted = adjust(&days, &[split], AdjustFor::Splits, Price(1)).unwrap();
        assert_eq!(adjusted[0].1.close, price("20"));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let days = apple();
        let refused = |kind| {
            let action = CorporateAction { ex: EX, kind };
            adjust(&days, &[action], AdjustFor::SplitsAndDividends, Price(1)).unwrap_err()
        };
        assert_eq!(
            refused(ActionKind::Split { new: 0, old: 1 }),
            ActionError::Split(EX)
        );
        let close = price("499.23");
        let per_unit = "499.23".parse().unwrap();
        assert_eq!(
            refused(ActionKind::Dividend { per_unit }),
            ActionError::Dividend { ex: EX, close }
        );
        let twice = adjust(&days, &[SPLIT, SPLIT], AdjustFor::Splits, Price(1));
        assert_eq!(twice, Err(ActionError::Order(EX)));
    }
}
