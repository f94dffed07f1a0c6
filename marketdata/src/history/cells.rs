//! The values of one row as its columns give them, and the market event that they make.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use types::{
    Aggressor, Bar, DepthUpdate, Label, Level, MarketData, Price, Qty, Quote, TimestampNs, Trade,
};

use super::clock::{Days, Moment, TimeForm, Zone};
use super::decode::{Fault, Setting};
use super::length::BarLength;
use super::{Row, number};
use crate::feed;

const HOUR_NS: u64 = 3_600_000_000_000;
const DAY_NS: u64 = 24 * HOUR_NS;

/// A price of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PriceOf {
    Trade,
    Bid,
    Ask,
    Open,
    High,
    Low,
    Close,
}

/// A quantity of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QtyOf {
    Trade,
    Bid,
    Ask,
    Volume,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// When the row was received, or its only time.
    Ts(TimeForm),
    /// When the venue says it happened.
    Venue(TimeForm),
    /// Start of a bar.
    Start(TimeForm),
    /// End of a bar.
    End(TimeForm),
    /// The last step of time that belongs to a bar.
    Last(TimeForm),
    /// The date of the time of day.
    Date,
    /// The time of day.
    Time(TimeForm),
    Symbol,
    /// Length of a bar: minutes, or D, W.
    Period,
    Price(PriceOf),
    Qty(QtyOf),
    /// Who crossed the spread.
    Side,
    /// Whether the buyer's order rested.
    BuyerMaker,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Quote,
    Trade,
    Bar,
}

/// What a row does not say of itself.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) setting: Setting,
    pub(super) days: Days,
    pub(super) date: Option<Date>,
    /// Length of a bar.
    pub(super) interval: Option<BarLength>,
    pub(super) tick: Option<Price>,
    pub(super) lot: Option<Qty>,
}

/// The values of a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    ts: Option<TimestampNs>,
    venue: Option<TimestampNs>,
    start: Option<Moment>,
    end: Option<TimestampNs>,
    date: Option<Date>,
    time: Option<u64>,
    /// The instant that a column of a date or of a time of day has, where it has all of it.
    whole: Option<Moment>,
    interval: Option<BarLength>,
    symbol: Option<Label>,
    aggressor: Option<Aggressor>,
    prices: [Option<Price>; 7],
    qtys: [Option<Qty>; 4],
}

impl Field {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ts(_) => "ts",
            Self::Venue(_) => "venue",
            Self::Start(_) => "start",
            Self::End(_) => "end",
            Self::Last(_) => "last",
            Self::Date => "date",
            Self::Time(_) => "time",
            Self::Symbol => "symbol",
            Self::Period => "period",
            Self::Price(PriceOf::Trade) => "price",
            Self::Price(PriceOf::Bid) => "bid",
            Self::Price(PriceOf::Ask) => "ask",
            Self::Price(PriceOf::Open) => "open",
            Self::Price(PriceOf::High) => "high",
            Self::Price(PriceOf::Low) => "low",
            Self::Price(PriceOf::Close) => "close",
            Self::Qty(QtyOf::Trade) => "qty",
            Self::Qty(QtyOf::Bid) => "bid_qty",
            Self::Qty(QtyOf::Ask) => "ask_qty",
            Self::Qty(QtyOf::Volume) => "volume",
            Self::Side => "side",
            Self::BuyerMaker => "buyer_maker",
        }
    }

    pub(super) fn named(name: &str, form: TimeForm) -> Option<Self> {
        Some(match name {
            "ts" => Self::Ts(form),
            "venue" => Self::Venue(form),
            "start" => Self::Start(form),
            "end" => Self::End(form),
            "last" => Self::Last(form),
            "date" => Self::Date,
            "time" => Self::Time(form),
            "symbol" => Self::Symbol,
            "period" => Self::Period,
            "price" => Self::Price(PriceOf::Trade),
            "bid" => Self::Price(PriceOf::Bid),
            "ask" => Self::Price(PriceOf::Ask),
            "open" => Self::Price(PriceOf::Open),
            "high" => Self::Price(PriceOf::High),
            "low" => Self::Price(PriceOf::Low),
            "close" => Self::Price(PriceOf::Close),
            "qty" => Self::Qty(QtyOf::Trade),
            "bid_qty" => Self::Qty(QtyOf::Bid),
            "ask_qty" => Self::Qty(QtyOf::Ask),
            "volume" => Self::Qty(QtyOf::Volume),
            "side" => Self::Side,
            "buyer_maker" => Self::BuyerMaker,
            _ => return None,
        })
    }

    pub(super) const fn is_time(self) -> bool {
        matches!(
            self,
            Self::Ts(_)
                | Self::Venue(_)
                | Self::Start(_)
                | Self::End(_)
                | Self::Last(_)
                | Self::Date
                | Self::Time(_)
        )
    }
}

/// Who crossed the spread, in the words that sources have for it.
pub(super) fn aggressor(text: &[u8]) -> Result<Aggressor, Fault> {
    Ok(match text {
        b"B" | b"b" | b"buy" | b"Buy" | b"BUY" | b"bid" | b"Bid" => Aggressor::Buyer,
        b"S" | b"s" | b"sell" | b"Sell" | b"SELL" | b"ask" | b"Ask" | b"A" => Aggressor::Seller,
        b"" | b"unknown" | b"N" | b"U" => Aggressor::Unknown,
        _ => return Err(Fault::bytes("side", text, "buy or B, sell or S, unknown")),
    })
}

impl Cells {
    /// Takes a value as text.
    pub(super) fn text(
        &mut self,
        field: Field,
        divisor: i64,
        text: &[u8],
        context: &Context,
    ) -> Result<(), Fault> {
        let name = field.name();
        match field {
            Field::Ts(form)
            | Field::Venue(form)
            | Field::Start(form)
            | Field::End(form)
            | Field::Last(form) => {
                self.moment(field, form.instant(name, text, &context.days)?);
            }
            Field::Date => {
                let date = std::str::from_utf8(text).ok().and_then(super::parse_date);
                self.date =
                    Some(date.ok_or_else(|| Fault::bytes(name, text, "a date: 2024-01-31"))?);
            }
            Field::Time(form) => self.time = Some(form.of_day(name, text)?),
            Field::Symbol => {
                let label = std::str::from_utf8(text)
                    .ok()
                    .and_then(|text| Label::new(text).ok());
                let accepted = "1 to 31 printable ASCII characters";
                self.symbol = Some(label.ok_or_else(|| Fault::bytes(name, text, accepted))?);
            }
            Field::Period => self.interval = Some(BarLength::Ns(period(text)?)),
            // A side of the book may be empty.
            Field::Price(PriceOf::Bid | PriceOf::Ask) | Field::Qty(QtyOf::Bid | QtyOf::Ask)
                if text.is_empty() => {}
            Field::Price(of) => {
                self.prices[of as usize] = Some(number::price(name, text, divisor)?);
            }
            Field::Qty(QtyOf::Volume) => {
                let qty = number::volume(text, divisor)?;
                self.qtys[QtyOf::Volume as usize] = Some(qty);
            }
            Field::Qty(of) => self.qtys[of as usize] = Some(number::qty(name, text, divisor)?),
            Field::Side => self.aggressor = Some(aggressor(text)?),
            Field::BuyerMaker => {
                self.aggressor = Some(match text {
                    b"True" | b"true" | b"TRUE" | b"1" => Aggressor::Seller,
                    b"False" | b"false" | b"FALSE" | b"0" => Aggressor::Buyer,
                    _ => return Err(Fault::bytes(name, text, "true or false")),
                });
            }
        }
        Ok(())
    }

    /// Takes what a text begins with, in one pass, where that is a price, a quantity or a count of time as most files
    /// write them; says how long it is. `None` where it is to be read by itself.
    #[inline]
    pub(super) fn plain(
        &mut self,
        field: Field,
        divisor: i64,
        text: &[u8],
        separator: u8,
    ) -> Option<usize> {
        match field {
            Field::Price(of) if divisor == 1 => {
                let (price, end) = feed::plain_to(text, separator, Price::DECIMALS)?;
                self.price(of, Price(price));
                Some(end)
            }
            Field::Qty(of) if divisor == 1 => {
                let (qty, end) = feed::plain_to(text, separator, Qty::DECIMALS)?;
                self.qty(of, Qty(qty));
                Some(end)
            }
            Field::Ts(form)
            | Field::Venue(form)
            | Field::Start(form)
            | Field::End(form)
            | Field::Last(form) => {
                let (count, end) = feed::digits_to(text, separator)?;
                self.moment(field, form.of_count(count, end)?);
                Some(end)
            }
            _ => None,
        }
    }

    /// Takes a time.
    pub(super) fn moment(&mut self, field: Field, moment: Moment) {
        let ts = moment.ts;
        match field {
            Field::Venue(_) => self.venue = Some(ts),
            Field::Start(_) => self.start = Some(moment),
            Field::End(_) => self.end = Some(ts),
            Field::Last(_) => self.end = Some(TimestampNs(ts.0.saturating_add(moment.unit))),
            Field::Time(_) => self.whole = Some(moment),
            Field::Date => {
                self.whole.get_or_insert(moment);
            }
            _ => self.ts = Some(ts),
        }
    }

    /// Takes a price that is one already.
    pub(super) const fn price(&mut self, of: PriceOf, price: Price) {
        self.prices[of as usize] = Some(price);
    }

    /// Takes a quantity that is one already.
    pub(super) const fn qty(&mut self, of: QtyOf, qty: Qty) {
        self.qtys[of as usize] = Some(qty);
    }

    /// Makes prices that are floats written out what was meant by them.
    pub(super) fn round(&mut self, tick: Price) {
        for price in self.prices.iter_mut().flatten() {
            *price = number::meant(*price, tick);
        }
    }

    /// The time of a date and a time of day, where that is how the row says it.
    fn composed(&self, context: &Context) -> Result<Option<Moment>, Fault> {
        if let Some(whole) = self.whole {
            let ts = TimestampNs(whole.ts.0.saturating_add(self.time.unwrap_or(0)));
            return Ok(Some(Moment { ts, ..whole }));
        }
        let Some(date) = self.date.or(self.time.and(context.date)) else {
            return match self.time {
                None => Ok(None),
                Some(ns) => Err(Fault::value("time", ns, "the date of the file, too")),
            };
        };
        let midnight = context
            .days
            .midnight(date)
            .ok_or_else(|| Fault::value("date", date, "a date from 1970 to 2553"))?;
        Ok(Some(Moment {
            ts: TimestampNs(midnight.0.saturating_add(self.time.unwrap_or(0))),
            unit: 1,
            is_date: self.time.unwrap_or(0) == 0,
        }))
    }

    /// The row that the values make.
    pub(super) fn row(&self, shape: Shape, context: &Context) -> Result<Row, Fault> {
        let composed = self.composed(context)?;
        let symbol = self.symbol.unwrap_or(context.setting.symbol);
        if shape == Shape::Bar {
            let (bar, end) = self.bar(composed, context)?;
            return Ok(Row {
                ts: end,
                ts_event: end,
                symbol,
                data: MarketData::Bar(bar),
            });
        }
        let received = self
            .ts
            .or(composed.map(|moment| moment.ts))
            .or(self.venue)
            .ok_or_else(|| Fault::value("ts", "", "a time"))?;
        let (ts, ts_event) = context
            .setting
            .times(received, self.venue.unwrap_or(received));
        let data = if shape == Shape::Quote {
            self.quote()?
        } else {
            MarketData::Trade(Trade {
                price: self.known(PriceOf::Trade)?,
                qty: self.qtys[QtyOf::Trade as usize]
                    .ok_or_else(|| Fault::value("qty", "", "a quantity"))?,
                aggressor: self.aggressor.unwrap_or(Aggressor::Unknown),
            })
        };
        Ok(Row {
            ts,
            ts_event,
            symbol,
            data,
        })
    }

    fn known(&self, of: PriceOf) -> Result<Price, Fault> {
        self.prices[of as usize].ok_or_else(|| Fault::value(Field::Price(of).name(), "", "a price"))
    }

    /// A quote; where one side of the book is empty, a whole book with the other side.
    fn quote(&self) -> Result<MarketData, Fault> {
        let side = |price: PriceOf, qty: QtyOf| {
            let qty = self.qtys[qty as usize];
            self.prices[price as usize].map(|price| (price, qty))
        };
        let bid = side(PriceOf::Bid, QtyOf::Bid);
        let ask = side(PriceOf::Ask, QtyOf::Ask);
        let zero = Qty::ZERO;
        match (bid, ask) {
            (Some((bid, bid_qty)), Some((ask, ask_qty))) => {
                checked_quote(bid, bid_qty.unwrap_or(zero), ask, ask_qty.unwrap_or(zero))
            }
            _ => one_sided(
                bid.map(|(price, qty)| (price, qty.unwrap_or(zero))),
                ask.map(|(price, qty)| (price, qty.unwrap_or(zero))),
            ),
        }
    }

    fn bar(
        &self,
        composed: Option<Moment>,
        context: &Context,
    ) -> Result<(Bar, TimestampNs), Fault> {
        let interval = self.interval.or(context.interval);
        let start = self.start.or(composed);
        let missing = || Fault::value("end", "", "the end of the bar, or the length of all");
        let (start, end) = match (start, self.end.or(self.ts), interval) {
            (Some(start), Some(end), _) => (start.ts, end),
            (Some(start), None, Some(BarLength::Ns(length))) => {
                (start.ts, after(start, length, context))
            }
            (Some(start), None, Some(BarLength::Months(months))) => {
                let end = month_from("start", start.ts, months.into(), context)?;
                (start.ts, end)
            }
            (None, Some(end), Some(BarLength::Ns(length))) => {
                (TimestampNs(end.0.saturating_sub(length)), end)
            }
            (None, Some(end), Some(BarLength::Months(months))) => {
                (month_from("end", end, -i64::from(months), context)?, end)
            }
            _ => return Err(missing()),
        };
        let bar = Bar {
            start,
            open: self.known(PriceOf::Open)?,
            high: self.known(PriceOf::High)?,
            low: self.known(PriceOf::Low)?,
            close: self.known(PriceOf::Close)?,
            volume: self.qtys[QtyOf::Volume as usize].unwrap_or(Qty::ZERO),
        };
        checked_bar(&bar, end)?;
        Ok((bar, end))
    }
}

/// A quote, if its bid is not above its ask.
pub(super) fn checked_quote(
    bid: Price,
    bid_qty: Qty,
    ask: Price,
    ask_qty: Qty,
) -> Result<MarketData, Fault> {
    if ask < bid {
        return Err(Fault::crossed(bid, ask));
    }
    Ok(MarketData::Quote(Quote {
        bid,
        bid_qty,
        ask,
        ask_qty,
    }))
}

/// A whole book of one side, or of none: what a quote is of which a side is empty.
pub(super) fn one_sided(
    bid: Option<(Price, Qty)>,
    ask: Option<(Price, Qty)>,
) -> Result<MarketData, Fault> {
    let levels = |side: Option<(Price, Qty)>| {
        side.map(|(price, qty)| Level { price, qty })
            .into_iter()
            .collect::<Vec<_>>()
    };
    let (bids, asks) = (levels(bid), levels(ask));
    if bids.iter().chain(&asks).any(|level| level.qty == Qty::ZERO) {
        let accepted = "a quantity above 0 where the other side is empty";
        return Err(Fault::value("the quantity", Qty::ZERO, accepted));
    }
    Ok(MarketData::DepthSnapshot(Box::new(DepthUpdate {
        bids,
        asks,
    })))
}

/// Checks that a bar's prices and times belong together.
pub(super) fn checked_bar(bar: &Bar, end: TimestampNs) -> Result<(), Fault> {
    if end <= bar.start {
        let accepted = format!("a time after the bar's start {}", bar.start);
        return Err(Fault::value("end", end, accepted));
    }
    let (low, high) = (bar.open.min(bar.close), bar.open.max(bar.close));
    if bar.high < high {
        let accepted = format!("a price not below open and close, {high}");
        return Err(Fault::value("high", bar.high, accepted));
    }
    if bar.low > low {
        let accepted = format!("a price not above open and close, {low}");
        return Err(Fault::value("low", bar.low, accepted));
    }
    Ok(())
}

/// The end of a bar by the clock of its times. Days end at the time of day at which they began, be they of 23, 24 or 25
/// hours. Several hours that begin at a multiple of them after midnight end where the next do: sooner, if a clock is set
/// forward within them. Set back, they end after their own length, as bars that follow no clock do.
fn after(start: Moment, interval: u64, context: &Context) -> TimestampNs {
    let elapsed = TimestampNs(start.ts.0.saturating_add(interval));
    let zone = context.days.zone();
    if interval <= HOUR_NS || *zone == Zone::UTC {
        return elapsed;
    }
    let is_days = interval.is_multiple_of(DAY_NS);
    let by_clock = || {
        let local = zone.local(start.ts)?;
        let midnight = local.date().to_datetime(Time::midnight());
        let of_day = u64::try_from(local.duration_since(midnight).as_nanos()).ok()?;
        let from = if start.is_date {
            // Also where clocks skip that midnight.
            midnight
        } else if zone.instant(local)? == start.ts && (is_days || of_day.is_multiple_of(interval)) {
            local
        } else {
            return None;
        };
        let length = SignedDuration::from_nanos(i64::try_from(interval).ok()?);
        zone.instant(from.checked_add(length).ok()?)
    };
    match by_clock() {
        Some(end) if is_days => end,
        Some(end) => end.min(elapsed),
        None => elapsed,
    }
}

/// When the month begins that is so many after one, which begins at a bar's `edge`.
fn month_from(
    edge: &'static str,
    ts: TimestampNs,
    months: i64,
    context: &Context,
) -> Result<TimestampNs, Fault> {
    let date = context.days.zone().local(ts).map(DateTime::date);
    let first = date.filter(|date| date.day() == 1 && context.days.midnight(*date) == Some(ts));
    let first = first.ok_or_else(|| {
        let accepted = "a midnight that begins a month, in the zone of the times (--zone)";
        Fault::value(edge, ts, accepted)
    })?;
    let months = jiff::Span::new().try_months(months).ok();
    let other = months.and_then(|months| first.checked_add(months).ok());
    other
        .and_then(|date| context.days.midnight(date))
        .ok_or_else(|| Fault::value(edge, ts, "a bar from 1970 to 2553"))
}

/// Stooq's period: minutes, or D for a day, W for a week.
fn period(text: &[u8]) -> Result<u64, Fault> {
    let minutes = match text {
        b"D" => Some(1_440),
        b"W" => Some(7 * 1_440),
        text => crate::feed::unsigned(text).ok(),
    };
    minutes
        .filter(|minutes| (1..=7 * 1_440).contains(minutes))
        .map(|minutes| minutes * 60_000_000_000)
        .ok_or_else(|| Fault::bytes("period", text, "minutes, D or W"))
}
