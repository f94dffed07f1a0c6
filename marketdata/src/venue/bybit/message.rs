//! What Bybit sends, read.

use types::{Aggressor, DepthUpdate, Price, Qty, Quote, TimestampNs, Trade};

use crate::feed::{Expected, Malformed, Output, Reader, Unexpected, levels, touch, unsigned};

/// A touch.
pub(super) struct Touch<'a> {
    pub(super) symbol: &'a [u8],
    pub(super) id: u64,
    /// When the message was made, and when the matching engine made the touch.
    pub(super) time: TimestampNs,
    pub(super) ts: TimestampNs,
    /// `None` where a side is empty.
    pub(super) quote: Option<Quote>,
}

/// A touch with both sides in the form in which a recording of the venue has it. `None` is any other form: it may be as
/// good.
#[inline]
pub(super) fn expected_touch(bytes: &[u8]) -> Option<Touch<'_>> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"topic\":\"orderbook.1.")?;
    message.text()?;
    message.is(b",\"type\":\"snapshot\",\"ts\":")?;
    let time = message.timestamp_ms()?;
    message.is(b",\"data\":{\"s\":\"")?;
    let symbol = message.text()?;
    message.is(b",\"b\":")?;
    let bid = message.best(tail)?;
    message.is(b",\"a\":")?;
    let ask = message.best(tail)?;
    message.is(b",\"u\":")?;
    let id = message.unsigned()?;
    message.is(b",\"seq\":")?;
    message.unsigned()?;
    message.is(b"},\"cts\":")?;
    let ts = message.timestamp_ms()?;
    message.ends_with(b"}")?;
    Some(Touch {
        symbol,
        id,
        time,
        ts,
        quote: Some(touch(bid, ask)),
    })
}

/// What is between the digits of a quantity and the end of its level.
#[inline]
fn tail(level: &mut Expected<'_>) -> Option<()> {
    level.is(b"\"")
}

/// A book in the form in which a recording of the venue has it. `None` is any other form: it may be as good.
#[inline]
pub(super) fn expected_book<'a>(
    bytes: &'a [u8],
    out: &mut Output,
) -> Option<(Envelope<'a>, Levels<'a>)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"topic\":\"")?;
    let topic = message.text()?;
    if !topic.starts_with(b"orderbook.") {
        return None;
    }
    let mut update = out.depth();
    let read = expected_levels(message, &mut update);
    let Some((envelope, book)) = read else {
        out.recycle(update);
        return None;
    };
    let envelope = Envelope { topic, ..envelope };
    let book = Levels {
        bytes,
        sides: Some(update),
        ..book
    };
    Some((envelope, book))
}

/// What is behind the topic.
#[inline]
fn expected_levels<'a>(
    mut message: Expected<'a>,
    update: &mut DepthUpdate,
) -> Option<(Envelope<'a>, Levels<'a>)> {
    message.is(b",\"type\":\"")?;
    let kind = message.text()?;
    message.is(b",\"ts\":")?;
    let ts = message.timestamp_ms()?;
    message.is(b",\"data\":{\"s\":\"")?;
    let symbol = message.text()?;
    message.is(b",\"b\":")?;
    message.levels(&mut update.bids, tail)?;
    message.is(b",\"a\":")?;
    message.levels(&mut update.asks, tail)?;
    message.is(b",\"u\":")?;
    let id = message.unsigned()?;
    message.is(b",\"seq\":")?;
    message.unsigned()?;
    message.is(b"},\"cts\":")?;
    let cts = message.timestamp_ms()?;
    message.ends_with(b"}")?;
    let envelope = Envelope {
        kind,
        ts: Some(ts),
        cts: Some(cts),
        ..Envelope::default()
    };
    let book = Levels {
        symbol,
        has_bids: true,
        has_asks: true,
        update: Some(id),
        ..Levels::default()
    };
    Some((envelope, book))
}

/// The trades of a message in the form of the venue's page. `None` is any other form: it may be as good.
#[inline]
pub(super) fn expected_prints(bytes: &[u8]) -> Option<impl Iterator<Item = Print<'_>>> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"topic\":\"publicTrade.")?;
    message.text()?;
    message.is(b",\"type\":\"")?;
    message.text()?;
    message.is(b",\"ts\":")?;
    message.timestamp_ms()?;
    message.is(b",\"data\":[")?;
    message.items(|print| Print::expected(bytes, print), b"]}")
}

/// What is around the data.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) topic: &'a [u8],
    pub(super) kind: &'a [u8],
    pub(super) op: &'a [u8],
    pub(super) success: Option<bool>,
    /// When the message was made.
    ts: Option<TimestampNs>,
    /// When the matching engine made the book.
    cts: Option<TimestampNs>,
    /// Where the data begins: what it is, fields behind it may say.
    pub(super) data: Option<Reader<'a>>,
}

impl<'a> Envelope<'a> {
    #[inline]
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Unexpected> {
        let mut envelope = Self::default();
        let mut reader = Reader::new(bytes);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"topic" => envelope.topic = reader.scalar()?,
                b"type" => envelope.kind = reader.scalar()?,
                b"op" => envelope.op = reader.scalar()?,
                b"success" => envelope.success = Some(reader.scalar()? == b"true"),
                b"ts" => envelope.ts = reader.timestamp_ms()?,
                b"cts" => envelope.cts = reader.timestamp_ms()?,
                b"data" => {
                    envelope.data = Some(reader.clone());
                    reader.skip()?;
                }
                _ => reader.skip()?,
            }
        }
        Ok(envelope)
    }

    /// The depth in `orderbook.50.BTCUSDT`.
    pub(super) fn depth(&self) -> Option<usize> {
        let depth = self.topic.split(|&byte| byte == b'.').nth(1)?;
        Some(unsigned(depth).ok()? as usize)
    }

    /// Update id, time of the message, time of the event.
    pub(super) fn ids(
        &self,
        book: &Levels<'_>,
    ) -> Result<(u64, TimestampNs, TimestampNs), Malformed> {
        let id = book.update.ok_or_else(|| book.without("u"))?;
        let time = self.ts.ok_or_else(|| book.without("ts"))?;
        Ok((id, time, self.cts.unwrap_or(time)))
    }
}

/// The data of a book.
#[derive(Debug, Default)]
pub(super) struct Levels<'a> {
    bytes: &'a [u8],
    pub(super) symbol: &'a [u8],
    pub(super) sides: Option<Box<DepthUpdate>>,
    /// Whether a side was there, and all of it readable.
    has_bids: bool,
    has_asks: bool,
    update: Option<u64>,
}

impl<'a> Levels<'a> {
    #[inline]
    pub(super) fn read(
        bytes: &'a [u8],
        mut reader: Reader<'a>,
        out: &mut Output,
    ) -> Result<Self, Unexpected> {
        let mut book = Self {
            bytes,
            ..Self::default()
        };
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"s" => book.symbol = reader.scalar()?,
                b"b" => {
                    book.has_bids = {
                        let update = book.sides.get_or_insert_with(|| out.depth());
                        levels(&mut reader, &mut update.bids)?
                    }
                }
                b"a" => {
                    book.has_asks = {
                        let update = book.sides.get_or_insert_with(|| out.depth());
                        levels(&mut reader, &mut update.asks)?
                    }
                }
                b"u" => book.update = reader.unsigned()?,
                _ => reader.skip()?,
            }
        }
        Ok(book)
    }

    #[cold]
    pub(super) fn without(&self, name: &'static str) -> Malformed {
        Malformed::new(name, self.bytes)
    }

    /// Takes both sides, if both are there.
    pub(super) fn take_levels(&mut self) -> Result<Box<DepthUpdate>, Malformed> {
        for (has, name) in [(self.has_bids, "b"), (self.has_asks, "a")] {
            if !has {
                return Err(self.without(name));
            }
        }
        Ok(self.sides.take().unwrap_or_default())
    }

    /// Best bid and ask, if both sides have one.
    pub(super) fn quote(&mut self, out: &mut Output) -> Result<Option<Quote>, Malformed> {
        let levels = self.take_levels()?;
        let best = levels.bids.first().zip(levels.asks.first());
        let quote = best.map(|(&bid, &ask)| touch(bid, ask));
        out.recycle(levels);
        Ok(quote)
    }
}

/// One trade.
#[derive(Debug, Default)]
pub(super) struct Print<'a> {
    bytes: &'a [u8],
    pub(super) symbol: &'a [u8],
    pub(super) id: &'a [u8],
    side: &'a [u8],
    price: Option<Price>,
    qty: Option<Qty>,
    time: Option<TimestampNs>,
    pub(super) seq: Option<u64>,
    pub(super) is_block: bool,
}

impl<'a> Print<'a> {
    /// One in the form of the venue's page.
    #[inline]
    fn expected(bytes: &'a [u8], message: &mut Expected<'a>) -> Option<Self> {
        message.is(b"{\"T\":")?;
        let time = message.timestamp_ms()?;
        message.is(b",\"s\":\"")?;
        let symbol = message.text()?;
        message.is(b",\"S\":\"")?;
        let side = message.text()?;
        message.is(b",\"v\":\"")?;
        let qty = message.qty()?;
        message.is(b"\",\"p\":\"")?;
        let price = message.price()?;
        message.is(b"\",\"L\":\"")?;
        message.text()?;
        message.is(b",\"i\":\"")?;
        let id = message.text()?;
        message.is(b",\"BT\":false")?;
        let _ = message.is(b",\"RPI\":false");
        message.is(b",\"seq\":")?;
        let seq = message.unsigned()?;
        message.is(b"}")?;
        Some(Self {
            bytes,
            symbol,
            id,
            side,
            price: Some(price),
            qty: Some(qty),
            time: Some(time),
            seq: Some(seq),
            is_block: false,
        })
    }

    #[inline]
    pub(super) fn read(bytes: &'a [u8], reader: &mut Reader<'a>) -> Result<Self, Unexpected> {
        let mut print = Self {
            bytes,
            ..Self::default()
        };
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"s" => print.symbol = reader.scalar()?,
                b"i" => print.id = reader.scalar()?,
                b"S" => print.side = reader.scalar()?,
                b"p" => print.price = reader.price()?,
                b"v" => print.qty = reader.qty()?,
                b"T" => print.time = reader.timestamp_ms()?,
                b"seq" => print.seq = reader.unsigned()?,
                b"BT" => print.is_block = reader.scalar()? == b"true",
                _ => reader.skip()?,
            }
        }
        Ok(print)
    }

    pub(super) fn trade(&self) -> Result<(Trade, TimestampNs), Malformed> {
        let without = |name| Malformed::new(name, self.bytes);
        let trade = Trade {
            price: self.price.ok_or_else(|| without("p"))?,
            qty: self.qty.ok_or_else(|| without("v"))?,
            // The side of the taker.
            aggressor: match self.side {
                b"Buy" => Aggressor::Buyer,
                b"Sell" => Aggressor::Seller,
                _ => return Err(without("S of Buy or Sell")),
            },
        };
        Ok((trade, self.time.ok_or_else(|| without("T"))?))
    }
}
