//! Alpaca's messages in JSON, read.

use types::{Aggressor, Level, Qty, Quote, TimestampNs, Trade};

use super::message::{Conditions, Item, Said, Told, aggressor, id_of};
use crate::feed::{Expected, Output, Reader, Unexpected, Value, named_levels, timestamp_rfc3339};

impl<'a> Said<'a> {
    /// A quote, a trade or a book in the form of the venue's pages. `None` is any other form: it may be as good.
    #[inline]
    pub(super) fn expected(
        item: &mut Expected<'a>,
        size_unit: i64,
        out: &mut Output,
    ) -> Option<Self> {
        item.is(b"{\"T\":\"")?;
        if item.is(b"q\",\"S\":\"").is_some() {
            expected_quote(item, size_unit)
        } else if item.is(b"t\"").is_some() {
            expected_trade(item)
        } else {
            item.is(b"o\",\"S\":\"")?;
            expected_book(item, out)
        }
    }
}

/// From the symbol on; exchanges, conditions and the tape are of stocks.
#[inline]
fn expected_quote<'a>(item: &mut Expected<'a>, size_unit: i64) -> Option<Said<'a>> {
    let symbol = item.text()?;
    if item.is(b",\"bx\":\"").is_some() {
        item.text()?;
    }
    item.is(b",\"bp\":")?;
    let bid = item.price()?;
    item.is(b",\"bs\":")?;
    let bid_qty = item.qty()?.0.checked_mul(size_unit)?;
    if item.is(b",\"ax\":\"").is_some() {
        item.text()?;
    }
    item.is(b",\"ap\":")?;
    let ask = item.price()?;
    item.is(b",\"as\":")?;
    let ask_qty = item.qty()?.0.checked_mul(size_unit)?;
    let tail = Tail::expected(item)?;
    let quote = Quote {
        bid,
        bid_qty: Qty(bid_qty),
        ask,
        ask_qty: Qty(ask_qty),
    };
    Some(Said {
        symbol,
        ts: tail.ts,
        told: Told::Quote(quote),
    })
}

/// From the kind on; the id comes before the symbol, behind it, or behind the time.
#[inline]
fn expected_trade<'a>(item: &mut Expected<'a>) -> Option<Said<'a>> {
    let mut id = None;
    if item.is(b",\"i\":").is_some() {
        id = Some(item.unsigned()?);
    }
    item.is(b",\"S\":\"")?;
    let symbol = item.text()?;
    if item.is(b",\"i\":").is_some() {
        id = Some(item.unsigned()?);
    }
    let mut exchange = 0;
    if item.is(b",\"x\":\"").is_some() {
        exchange = item.text()?.first().copied().unwrap_or_default();
    }
    item.is(b",\"p\":")?;
    let price = item.price()?;
    item.is(b",\"s\":")?;
    let qty = item.qty()?;
    let tail = Tail::expected(item)?;
    let trade = Trade {
        price,
        qty,
        aggressor: tail.aggressor,
    };
    Some(Said {
        symbol,
        ts: tail.ts,
        told: Told::Trade {
            trade,
            id: id_of(tail.id.or(id)?, exchange),
            is_of_another_market: tail.conditions.are_of_another_market(tail.tape),
        },
    })
}

/// What is behind the numbers of a quote or trade. The order of it differs between the pages.
struct Tail<'a> {
    ts: TimestampNs,
    id: Option<u64>,
    aggressor: Aggressor,
    conditions: Conditions,
    tape: &'a [u8],
}

impl<'a> Tail<'a> {
    /// Up to the end of the item.
    #[inline]
    fn expected(item: &mut Expected<'a>) -> Option<Self> {
        let mut ts = None;
        let (mut id, mut side) = (None, Aggressor::Unknown);
        let (mut conditions, mut tape) = (Conditions::NONE, &b""[..]);
        while item.is(b"}").is_none() {
            if item.is(b",\"t\":\"").is_some() {
                ts = Some(item.rfc3339()?);
                item.is(b"\"")?;
            } else if item.is(b",\"c\":").is_some() {
                conditions = Conditions::NONE;
                item.list(|condition| {
                    condition.is(b"\"")?;
                    conditions.add(condition.text()?);
                    Some(())
                })?;
            } else if item.is(b",\"z\":\"").is_some() {
                tape = item.text()?;
            } else if item.is(b",\"i\":").is_some() {
                id = Some(item.unsigned()?);
            } else {
                item.is(b",\"tks\":\"")?;
                side = aggressor(item.text()?);
            }
        }
        Some(Self {
            ts: ts?,
            id,
            aggressor: side,
            conditions,
            tape,
        })
    }
}

/// From the symbol on.
#[inline]
fn expected_book<'a>(item: &mut Expected<'a>, out: &mut Output) -> Option<Said<'a>> {
    let symbol = item.text()?;
    item.is(b",\"t\":\"")?;
    let ts = item.rfc3339()?;
    let mut update = out.depth();
    let mut read = || {
        item.is(b"\",\"b\":")?;
        item.list(|level| expected_level(level, &mut update.bids))?;
        item.is(b",\"a\":")?;
        item.list(|level| expected_level(level, &mut update.asks))?;
        let is_whole = item.is(b",\"r\":true").is_some();
        item.is(b"}")?;
        Some(is_whole)
    };
    let Some(is_whole) = read() else {
        out.recycle(update);
        return None;
    };
    Some(Said {
        symbol,
        ts,
        told: Told::Book { update, is_whole },
    })
}

/// `{"p":71859.53,"s":0.27994}`.
#[inline]
fn expected_level(level: &mut Expected<'_>, into: &mut Vec<Level>) -> Option<()> {
    level.is(b"{\"p\":")?;
    let price = level.price()?;
    level.is(b",\"s\":")?;
    let qty = level.qty()?;
    level.is(b"}")?;
    into.push(Level { price, qty });
    Some(())
}

impl<'a> Item<'a> {
    /// Reads the next of many into an empty one.
    #[inline]
    pub(super) fn json(
        &mut self,
        reader: &mut Reader<'a>,
        out: &mut Output,
    ) -> Result<(), Unexpected> {
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"T" => self.kind = text(reader)?,
                b"S" => self.symbol = text(reader)?,
                b"msg" => self.text = text(reader)?,
                b"sc" => self.status = text(reader)?,
                b"t" => self.ts = timestamp_rfc3339(text(reader)?).ok(),
                b"i" => self.id = number(reader, Reader::unsigned)?,
                b"p" => self.price = number(reader, Reader::price)?,
                b"s" => self.qty = number(reader, Reader::qty)?,
                b"x" => self.exchange = text(reader)?.first().copied().unwrap_or_default(),
                b"tks" => self.aggressor = aggressor(text(reader)?),
                b"c" => self.conditions = conditions(reader)?,
                b"z" => self.tape = text(reader)?,
                b"bp" => self.bid = number(reader, Reader::price)?,
                b"bs" => self.bid_qty = number(reader, Reader::qty)?,
                b"ap" => self.ask = number(reader, Reader::price)?,
                b"as" => self.ask_qty = number(reader, Reader::qty)?,
                b"b" | b"a" => {
                    let (levels, is_bad) = self.side(key == b"b", out);
                    *is_bad = !self::levels(reader, levels)?;
                }
                b"r" => self.is_whole = reader.value()? == Value::Literal(b"true"),
                _ => reader.skip()?,
            }
        }
        Ok(())
    }
}

/// The next value, if it is a string or a number; else nothing.
#[inline]
fn text<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Unexpected> {
    Ok(reader.value()?.scalar().unwrap_or_default())
}

/// The next value as `read` does it, which takes no brackets: what has them is none. Other messages than those that
/// are asked for have another thing under the same name.
#[inline]
fn number<'a, T>(
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<Option<T>, Unexpected>,
) -> Result<Option<T>, Unexpected> {
    match reader.peek() {
        Some(b'{' | b'[') => reader.skip().map(|()| None),
        _ => read(reader),
    }
}

/// The next value, if it is an array of texts; those before something that cannot be read count.
#[inline]
fn conditions(reader: &mut Reader<'_>) -> Result<Conditions, Unexpected> {
    let mut conditions = Conditions::NONE;
    let mut ahead = reader.clone();
    let mut read = || {
        ahead.array()?;
        while ahead.item()? {
            conditions.add(text(&mut ahead)?);
        }
        Ok(())
    };
    match read() {
        Ok(()) => *reader = ahead,
        Err(Unexpected) => reader.skip()?,
    }
    Ok(conditions)
}

/// The next value as levels `[{"p":71859.53,"s":0.27994},...]`; whether it is that, or null.
#[inline]
fn levels(reader: &mut Reader<'_>, into: &mut Vec<Level>) -> Result<bool, Unexpected> {
    let mut ahead = reader.clone();
    match named_levels(&mut ahead, (b"p", b"s"), into) {
        Ok(are_levels) => {
            *reader = ahead;
            Ok(are_levels)
        }
        Err(Unexpected) => Ok(reader.value()? == Value::Literal(b"null")),
    }
}
