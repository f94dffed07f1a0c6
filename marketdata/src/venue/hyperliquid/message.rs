//! What Hyperliquid sends, read.

use types::{Aggressor, DepthUpdate, Level, Quote, TimestampNs, Trade};

use crate::feed::{
    Expected, Fields, Malformed, Output, Reader, Unexpected, Value, named_levels, timestamp_ms,
    touch,
};

/// A touch with both sides, in the form in which the venue sends it: coin, time and what it is. `None` is any other
/// form: it may be as good.
#[inline]
pub(super) fn expected_touch(bytes: &[u8]) -> Option<(&[u8], TimestampNs, Quote)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"channel\":\"bbo\",\"data\":{\"coin\":\"")?;
    let coin = message.text()?;
    message.is(b",\"time\":")?;
    let ts = message.timestamp_ms()?;
    message.is(b",\"bbo\":[")?;
    let bid = expected_level(&mut message)?;
    message.is(b",")?;
    let ask = expected_level(&mut message)?;
    message.ends_with(b"]}}")?;
    let quote = touch(bid, ask);
    Some((coin, ts, quote))
}

/// A book in the form in which the venue sends it: coin, time and levels. As [`expected_touch`].
#[inline]
pub(super) fn expected_book<'a>(
    bytes: &'a [u8],
    out: &mut Output,
) -> Option<(&'a [u8], TimestampNs, Box<DepthUpdate>)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"channel\":\"l2Book\",\"data\":{\"coin\":\"")?;
    let coin = message.text()?;
    message.is(b",\"time\":")?;
    let ts = message.timestamp_ms()?;
    message.is(b",\"levels\":[")?;
    let mut update = out.depth();
    let mut read = || {
        expected_side(&mut message, &mut update.bids)?;
        message.is(b",")?;
        expected_side(&mut message, &mut update.asks)?;
        message.ends_with(b"]}}")
    };
    if read().is_none() {
        out.recycle(update);
        return None;
    }
    Some((coin, ts, update))
}

#[inline]
fn expected_side(message: &mut Expected<'_>, into: &mut Vec<Level>) -> Option<()> {
    message.list(|level| {
        into.push(expected_level(level)?);
        Some(())
    })
}

/// `{"px":"19900","sz":"1","n":1}`.
#[inline]
fn expected_level(message: &mut Expected<'_>) -> Option<Level> {
    message.is(b"{\"px\":\"")?;
    let price = message.price()?;
    message.is(b"\",\"sz\":\"")?;
    let qty = message.qty()?;
    message.is(b"\",\"n\":")?;
    message.unsigned()?;
    message.is(b"}")?;
    Some(Level { price, qty })
}

/// Prints in the form in which the venue sends them. As [`expected_touch`].
#[inline]
pub(super) fn expected_prints(bytes: &[u8]) -> Option<impl Iterator<Item = Print<'_>>> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"channel\":\"trades\",\"data\":[")?;
    message.items(Print::expected, b"]}")
}

/// Channel and data of a message.
#[inline]
pub(super) fn envelope(bytes: &[u8]) -> Option<(&[u8], Option<Value<'_>>)> {
    let (mut channel, mut data) = (None, None);
    for field in Fields::of(bytes)? {
        let (key, value) = field.ok()?;
        match key {
            b"channel" => channel = value.scalar(),
            b"data" => data = Some(value),
            _ => {}
        }
    }
    Some((channel?, data))
}

/// A book or touch.
pub(super) struct Stated<'a> {
    pub(super) coin: &'a [u8],
    pub(super) ts: TimestampNs,
    /// Bids and asks: arrays of levels, or one level each.
    pub(super) sides: Value<'a>,
}

impl<'a> Stated<'a> {
    #[inline]
    pub(super) fn read(data: Value<'a>, name: &[u8]) -> Option<Self> {
        let (mut coin, mut ts, mut sides) = (None, None, None);
        for field in data.fields()? {
            let (key, value) = field.ok()?;
            match key {
                b"coin" => coin = value.scalar(),
                b"time" => ts = timestamp_ms(value.scalar()?).ok(),
                key if key == name => sides = Some(value),
                _ => {}
            }
        }
        Some(Self {
            coin: coin?,
            ts: ts?,
            sides: sides?,
        })
    }
}

/// The two items of an array.
#[inline]
pub(super) fn pair(value: Value<'_>) -> Option<(Value<'_>, Value<'_>)> {
    let mut items = value.items()?;
    let pair = (items.next()?.ok()?, items.next()?.ok()?);
    items.next().is_none().then_some(pair)
}

/// `[{"px":"1","sz":"2","n":3},...]`.
#[inline]
pub(super) fn levels(side: Value<'_>, into: &mut Vec<Level>) -> Option<()> {
    let read = named_levels(&mut side.reader(), (b"px", b"sz"), into);
    (read == Ok(true)).then_some(())
}

#[inline]
pub(super) fn level(value: Value<'_>) -> Option<Level> {
    let mut reader = value.reader();
    let (mut at, mut quantity) = (None, None);
    reader.object().ok()?;
    while let Some(key) = reader.key().ok()? {
        match key {
            b"px" => at = reader.price().ok()?,
            b"sz" => quantity = reader.qty().ok()?,
            _ => reader.skip().ok()?,
        }
    }
    Some(Level {
        price: at?,
        qty: quantity?,
    })
}

/// A print.
pub(super) struct Print<'a> {
    pub(super) coin: &'a [u8],
    pub(super) ts: TimestampNs,
    pub(super) id: u64,
    pub(super) trade: Trade,
}

impl<'a> Print<'a> {
    /// One in the form in which the venue sends it.
    #[inline]
    fn expected(message: &mut Expected<'a>) -> Option<Self> {
        message.is(b"{\"coin\":\"")?;
        let coin = message.text()?;
        message.is(b",\"side\":\"")?;
        let aggressor = aggressor(message.text()?);
        message.is(b",\"px\":\"")?;
        let price = message.price()?;
        message.is(b"\",\"sz\":\"")?;
        let qty = message.qty()?;
        message.is(b"\",\"time\":")?;
        let ts = message.timestamp_ms()?;
        message.is(b",\"hash\":\"")?;
        message.text()?;
        message.is(b",\"tid\":")?;
        let id = message.unsigned()?;
        message.is(b",\"users\":[\"")?;
        message.text()?;
        message.is(b",\"")?;
        message.text()?;
        message.is(b"]}")?;
        let trade = Trade {
            price,
            qty,
            aggressor,
        };
        Some(Self {
            coin,
            ts,
            id,
            trade,
        })
    }

    /// One, if it has all that it must.
    #[inline]
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, Unexpected> {
        let (mut coin, mut ts, mut id) = (None, None, None);
        let (mut at, mut quantity, mut side) = (None, None, Aggressor::Unknown);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"coin" => coin = Some(reader.scalar()?),
                b"time" => ts = reader.timestamp_ms()?,
                b"tid" => id = reader.unsigned()?,
                b"px" => at = reader.price()?,
                b"sz" => quantity = reader.qty()?,
                b"side" => side = aggressor(reader.scalar()?),
                _ => reader.skip()?,
            }
        }
        let read = || {
            let trade = Trade {
                price: at?,
                qty: quantity?,
                aggressor: side,
            };
            Some(Self {
                coin: coin?,
                ts: ts?,
                id: id?,
                trade,
            })
        };
        Ok(read())
    }
}

/// A side is that of the aggressor: `B` buys, `A` sells.
const fn aggressor(side: &[u8]) -> Aggressor {
    match side {
        b"B" => Aggressor::Buyer,
        b"A" => Aggressor::Seller,
        _ => Aggressor::Unknown,
    }
}

#[cold]
pub(super) fn malformed(what: &'static str, value: Value<'_>) -> Malformed {
    Malformed::new(what, value.bytes())
}
