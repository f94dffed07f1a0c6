//! What OKX sends, read.

use types::{DepthUpdate, Price, Qty, Quote, TimestampNs};

use crate::feed::{Expected, Malformed, Output, Reader, Unexpected, levels, touch};

/// A message of one element in the form of the venue's pages. `None` is any other form: it may be as good.
#[inline]
pub(super) fn expected<'a>(bytes: &'a [u8], out: &mut Output) -> Option<(Envelope<'a>, Item<'a>)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"arg\":{\"channel\":\"")?;
    let channel = message.text()?;
    message.is(b",\"instId\":\"")?;
    let symbol = message.text()?;
    message.is(b"},\"")?;
    let mut action = &b""[..];
    if message.is(b"action\":\"").is_some() {
        action = message.text()?;
        message.is(b",\"")?;
    }
    message.is(b"data\":[{\"")?;
    let item = if message.is(b"instId\":\"").is_some() {
        expected_trade(message)?
    } else {
        let mut update = out.depth();
        let Some(item) = expected_book(message, &mut update) else {
            out.recycle(update);
            return None;
        };
        Item {
            levels: Some(update),
            ..item
        }
    };
    let envelope = Envelope {
        channel,
        symbol,
        action,
        ..Envelope::default()
    };
    Some((envelope, Item { bytes, ..item }))
}

#[inline]
fn expected_trade(mut message: Expected<'_>) -> Option<Item<'_>> {
    message.text()?;
    message.is(b",\"tradeId\":\"")?;
    let trade = message.unsigned()?;
    message.is(b"\",\"px\":\"")?;
    let price = message.price()?;
    message.is(b"\",\"sz\":\"")?;
    let qty = message.qty()?;
    message.is(b"\",\"side\":\"")?;
    let side = message.text()?;
    message.is(b",\"ts\":\"")?;
    let time = message.timestamp_ms()?;
    message.is(b"\",\"count\":\"")?;
    message.unsigned()?;
    message.is(b"\",\"source\":\"")?;
    message.text()?;
    message.is(b",\"seqId\":")?;
    let seq = message.unsigned()?;
    message.ends_with(b"}]}")?;
    Some(Item {
        time: Some(time),
        seq: Some(seq),
        trade: Some(trade),
        price: Some(price),
        qty: Some(qty),
        side,
        ..Item::default()
    })
}

/// A book or touch, its levels in `update`.
#[inline]
fn expected_book<'a>(mut message: Expected<'a>, update: &mut DepthUpdate) -> Option<Item<'a>> {
    message.is(b"asks\":")?;
    message.levels(&mut update.asks, tail)?;
    message.is(b",\"bids\":")?;
    message.levels(&mut update.bids, tail)?;
    message.is(b",\"ts\":\"")?;
    let time = message.timestamp_ms()?;
    message.is(b"\",\"")?;
    let mut previous = None;
    if message.is(b"checksum\":").is_some() {
        let _ = message.is(b"-");
        message.unsigned()?;
        message.is(b",\"prevSeqId\":")?;
        if message.is(b"-1").is_none() {
            previous = Some(message.unsigned()?);
        }
        message.is(b",\"")?;
    }
    message.is(b"seqId\":")?;
    let seq = message.unsigned()?;
    message.ends_with(b"}]}")?;
    Some(Item {
        has_bids: true,
        has_asks: true,
        time: Some(time),
        seq: Some(seq),
        previous,
        ..Item::default()
    })
}

/// A touch with both sides: whose it is, its id and time, and what it is. As [`expected`].
#[inline]
pub(super) fn expected_touch(bytes: &[u8]) -> Option<(&[u8], (u64, TimestampNs), Quote)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"arg\":{\"channel\":\"bbo-tbt\",\"instId\":\"")?;
    let symbol = message.text()?;
    message.is(b"},\"data\":[{\"asks\":")?;
    let ask = message.best(tail)?;
    message.is(b",\"bids\":")?;
    let bid = message.best(tail)?;
    message.is(b",\"ts\":\"")?;
    let time = message.timestamp_ms()?;
    message.is(b"\",\"seqId\":")?;
    let id = message.unsigned()?;
    message.ends_with(b"}]}")?;
    let quote = touch(bid, ask);
    Some((symbol, (id, time), quote))
}

/// A part of the feature that is no more, always zero, and a count of orders.
#[inline]
fn tail(level: &mut Expected<'_>) -> Option<()> {
    level.is(b"\",\"0\",\"")?;
    level.unsigned()?;
    level.is(b"\"")
}

/// The book in an answer of `GET /api/v5/market/books`.
pub(super) fn document<'a>(body: &'a [u8], out: &mut Output) -> Result<Item<'a>, Malformed> {
    let mut reader = Reader::new(body);
    let (mut item, mut is_taken) = (None::<Item<'a>>, false);
    let mut read = || -> Result<(), Unexpected> {
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"code" => is_taken = reader.scalar()? == b"0",
                b"data" if reader.peek() == Some(b'[') => {
                    reader.array()?;
                    if reader.item()? {
                        let whole = Item::read(body, &mut reader, out)?;
                        if let Some(mut before) = item.replace(whole) {
                            before.recycle(out);
                        }
                        reader.skip_items()?;
                    }
                }
                _ => reader.skip()?,
            }
        }
        Ok(())
    };
    let is_read = read().is_ok();
    match item {
        Some(item) if is_read && is_taken => Ok(item),
        unsaid => {
            if let Some(mut unsaid) = unsaid {
                unsaid.recycle(out);
            }
            Err(Malformed::new("a book with code 0", body))
        }
    }
}

/// What is around the data.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) event: &'a [u8],
    pub(super) channel: &'a [u8],
    pub(super) symbol: &'a [u8],
    pub(super) action: &'a [u8],
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
                b"event" => envelope.event = reader.scalar()?,
                b"action" => envelope.action = reader.scalar()?,
                b"data" if reader.peek() == Some(b'[') => {
                    envelope.data = Some(reader.clone());
                    reader.skip()?;
                }
                b"arg" => {
                    reader.object()?;
                    while let Some(key) = reader.key()? {
                        match key {
                            b"channel" => envelope.channel = reader.scalar()?,
                            b"instId" => envelope.symbol = reader.scalar()?,
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        Ok(envelope)
    }
}

/// One element of the data of any channel.
#[derive(Debug, Default)]
pub(super) struct Item<'a> {
    bytes: &'a [u8],
    pub(super) levels: Option<Box<DepthUpdate>>,
    /// Whether a side was there, and all of it readable.
    has_bids: bool,
    has_asks: bool,
    pub(super) time: Option<TimestampNs>,
    seq: Option<u64>,
    pub(super) previous: Option<u64>,
    pub(super) trade: Option<u64>,
    pub(super) price: Option<Price>,
    pub(super) qty: Option<Qty>,
    pub(super) side: &'a [u8],
}

impl<'a> Item<'a> {
    #[inline]
    pub(super) fn read(
        bytes: &'a [u8],
        reader: &mut Reader<'a>,
        out: &mut Output,
    ) -> Result<Self, Unexpected> {
        let mut item = Self {
            bytes,
            ..Self::default()
        };
        match item.fields(reader, out) {
            Ok(()) => Ok(item),
            Err(unexpected) => {
                item.recycle(out);
                Err(unexpected)
            }
        }
    }

    #[inline]
    fn fields(&mut self, reader: &mut Reader<'a>, out: &mut Output) -> Result<(), Unexpected> {
        let item = self;
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"bids" => {
                    item.has_bids = {
                        let update = item.levels.get_or_insert_with(|| out.depth());
                        levels(reader, &mut update.bids)?
                    }
                }
                b"asks" => {
                    item.has_asks = {
                        let update = item.levels.get_or_insert_with(|| out.depth());
                        levels(reader, &mut update.asks)?
                    }
                }
                b"ts" => item.time = reader.timestamp_ms()?,
                b"seqId" => item.seq = reader.unsigned()?,
                // That of a snapshot is -1.
                b"prevSeqId" => item.previous = reader.unsigned()?,
                b"tradeId" => item.trade = reader.unsigned()?,
                b"px" => item.price = reader.price()?,
                b"sz" => item.qty = reader.qty()?,
                b"side" => item.side = reader.scalar()?,
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    /// Gives back the levels that were not said.
    pub(super) fn recycle(&mut self, out: &mut Output) {
        if let Some(unsaid) = self.levels.take() {
            out.recycle(unsaid);
        }
    }

    #[cold]
    pub(super) fn without(&self, name: &'static str) -> Malformed {
        Malformed::new(name, self.bytes)
    }

    pub(super) fn ids(&self) -> Result<(u64, TimestampNs), Malformed> {
        let id = self.seq.ok_or_else(|| self.without("seqId"))?;
        Ok((id, self.time.ok_or_else(|| self.without("ts"))?))
    }

    /// Takes both sides, if both are there.
    pub(super) fn take_levels(&mut self) -> Result<Box<DepthUpdate>, Malformed> {
        for (has, name) in [(self.has_bids, "bids"), (self.has_asks, "asks")] {
            if !has {
                return Err(self.without(name));
            }
        }
        Ok(self.levels.take().unwrap_or_default())
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
