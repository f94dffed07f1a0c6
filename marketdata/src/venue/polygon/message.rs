//! What Polygon sends, read.

use types::{Aggressor, Price, Qty, Quote, TimestampNs, Trade};

use crate::feed::{Expected, Reader, Unexpected};

/// What an event of a ticker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) told: Told,
    pub(super) ts: TimestampNs,
    pub(super) number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The touch, if both sides have orders.
    Quote(Option<Quote>),
    Trade {
        trade: Trade,
        is_of_another_market: bool,
    },
}

impl Said {
    /// A quote or trade in the form of the venue's pages, and its ticker. `None` is any other form: it may be as good.
    #[inline]
    pub(super) fn expected<'a>(
        event: &mut Expected<'a>,
        size_unit: i64,
    ) -> Option<(&'a [u8], Self)> {
        event.is(b"{\"ev\":\"")?;
        let is_quote = event.is(b"Q").is_some();
        if !is_quote {
            event.is(b"T")?;
        }
        event.is(b"\",\"sym\":\"")?;
        let symbol = event.text()?;
        let told = if is_quote {
            expected_quote(event, size_unit)?
        } else {
            expected_trade(event)?
        };
        event.is(b",\"t\":")?;
        let ts = event.timestamp_ms()?;
        event.is(b",\"q\":")?;
        let number = event.unsigned()?;
        if is_quote {
            event.is(b",\"z\":")?;
            event.literal()?;
        }
        event.is(b"}")?;
        Some((symbol, Self { told, ts, number }))
    }
}

/// Up to the time.
#[inline]
fn expected_quote(event: &mut Expected<'_>, size_unit: i64) -> Option<Told> {
    event.is(b",\"bx\":")?;
    event.literal()?;
    event.is(b",\"bp\":")?;
    let bid = event.price()?;
    event.is(b",\"bs\":")?;
    let bid_qty = event.qty()?.0.checked_mul(size_unit)?;
    event.is(b",\"ax\":")?;
    event.literal()?;
    event.is(b",\"ap\":")?;
    let ask = event.price()?;
    event.is(b",\"as\":")?;
    let ask_qty = event.qty()?.0.checked_mul(size_unit)?;
    if event.is(b",\"c\":").is_some() {
        event.literal()?;
    }
    if event.is(b",\"i\":").is_some() {
        event.list(Expected::literal)?;
    }
    Some(Told::Quote(quote_of(
        (bid, Qty(bid_qty)),
        (ask, Qty(ask_qty)),
    )))
}

/// Up to the time.
#[inline]
fn expected_trade(event: &mut Expected<'_>) -> Option<Told> {
    event.is(b",\"x\":")?;
    event.literal()?;
    event.is(b",\"i\":\"")?;
    event.text()?;
    event.is(b",\"z\":")?;
    event.literal()?;
    event.is(b",\"p\":")?;
    let price = event.price()?;
    event.is(b",\"s\":")?;
    let qty = event.qty()?;
    let mut is_of_another_market = false;
    if event.is(b",\"c\":").is_some() {
        event.list(|condition| {
            is_of_another_market |= is_another(condition.unsigned()?);
            Some(())
        })?;
    }
    let trade = Trade {
        price,
        qty,
        aggressor: Aggressor::Unknown,
    };
    Some(Told::Trade {
        trade,
        is_of_another_market,
    })
}

/// A touch, unless a side has no orders.
#[inline]
fn quote_of((bid, bid_qty): (Price, Qty), (ask, ask_qty): (Price, Qty)) -> Option<Quote> {
    let is_whole = bid != Price::ZERO && ask != Price::ZERO;
    is_whole.then_some(Quote {
        bid,
        bid_qty,
        ask,
        ask_qty,
    })
}

/// One event of a message; which fields there are depends on its kind.
#[derive(Default)]
pub(super) struct Event<'a> {
    pub(super) kind: &'a [u8],
    pub(super) status: &'a [u8],
    /// Of what the venue says of the connection.
    pub(super) message: &'a [u8],
    pub(super) symbol: &'a [u8],
    ts: Option<TimestampNs>,
    number: Option<u64>,
    bid: Field<Price>,
    bid_qty: Field<Qty>,
    ask: Field<Price>,
    ask_qty: Field<Qty>,
    price: Field<Price>,
    qty: Field<Qty>,
    is_of_another_market: bool,
}

/// A number, if it was there and, inside, if it is one that we hold; a side of a quote that has no orders is left out.
type Field<T> = Option<Option<T>>;

impl<'a> Event<'a> {
    #[inline]
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Unexpected> {
        let mut read = Self::default();
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"ev" => read.kind = reader.scalar()?,
                b"status" => read.status = reader.scalar()?,
                b"message" => read.message = reader.scalar()?,
                b"sym" => read.symbol = reader.scalar()?,
                b"t" => read.ts = reader.timestamp_ms()?,
                b"q" => read.number = reader.unsigned()?,
                b"bp" => read.bid = Some(reader.price()?),
                b"bs" => read.bid_qty = Some(reader.qty()?),
                b"ap" => read.ask = Some(reader.price()?),
                b"as" => read.ask_qty = Some(reader.qty()?),
                b"p" => read.price = Some(reader.price()?),
                b"s" => read.qty = Some(reader.qty()?),
                // A quote's is a number.
                b"c" if reader.peek() == Some(b'[') => {
                    read.is_of_another_market = is_of_another_market(reader)?;
                }
                _ => reader.skip()?,
            }
        }
        Ok(read)
    }

    /// What it says, as a quote or a trade; or what is not there.
    #[inline]
    pub(super) fn said(&self, is_quote: bool, size_unit: i64) -> Result<Said, &'static str> {
        let told = if is_quote {
            Told::Quote(self.quote(size_unit)?)
        } else {
            Told::Trade {
                trade: self.trade()?,
                is_of_another_market: self.is_of_another_market,
            }
        };
        Ok(Said {
            told,
            ts: self.ts.ok_or("t")?,
            number: self.number.ok_or("q")?,
        })
    }

    /// The touch, if both sides have orders.
    #[inline]
    fn quote(&self, size_unit: i64) -> Result<Option<Quote>, &'static str> {
        let side = |at: Field<Price>, size: Field<Qty>, name| -> Result<_, &'static str> {
            let at = at.unwrap_or(Some(Price::ZERO)).ok_or(name)?;
            let size = size.unwrap_or(Some(Qty::ZERO)).ok_or(name)?;
            let size = size.0.checked_mul(size_unit).ok_or(name)?;
            Ok((at, Qty(size)))
        };
        let bid = side(self.bid, self.bid_qty, "bp and bs")?;
        let ask = side(self.ask, self.ask_qty, "ap and as")?;
        Ok(quote_of(bid, ask))
    }

    #[inline]
    fn trade(&self) -> Result<Trade, &'static str> {
        Ok(Trade {
            price: self.price.flatten().ok_or("p")?,
            qty: self.qty.flatten().ok_or("s")?,
            aggressor: Aggressor::Unknown,
        })
    }
}

/// Whether a print's price is not of the market at its moment, by its conditions.
#[inline]
fn is_of_another_market(reader: &mut Reader<'_>) -> Result<bool, Unexpected> {
    let mut is_of_another = false;
    reader.array()?;
    while reader.item()? {
        is_of_another |= reader.unsigned()?.is_some_and(is_another);
    }
    Ok(is_of_another)
}

/// Whether a condition says that a print's price is not of the market at its moment.
const fn is_another(condition: u64) -> bool {
    matches!(
        condition,
        2 | 7 | 10 | 13 | 15 | 16 | 20 | 21 | 22 | 29 | 32 | 33 | 38 | 52 | 53
    )
}
