//! What Binance sends, read.

use types::{Aggressor, DepthUpdate, Price, Qty, Quote, TimestampNs, Trade};

use crate::feed::{Expected, Malformed, Output, Reader, Unexpected, levels};

/// What a stream says of one symbol.
#[derive(Debug)]
pub(super) enum Payload {
    /// A `bookTicker`.
    Touch {
        id: u64,
        /// Spot says none.
        ts: Option<TimestampNs>,
        quote: Quote,
    },
    /// A `trade`.
    Trade {
        id: u64,
        ts: TimestampNs,
        trade: Trade,
    },
    /// A `depthUpdate`.
    Depth(Delta),
}

/// A `depthUpdate`.
#[derive(Debug, Default)]
pub(super) struct Delta {
    pub(super) ts: TimestampNs,
    pub(super) first: u64,
    pub(super) last: u64,
    /// The last update of the event before it; futures only.
    pub(super) previous: Option<u64>,
    pub(super) update: Box<DepthUpdate>,
}

/// A message in the form in which recordings of the venue have it, and whom it is about. `None` is any other form: it
/// may be as good.
#[inline]
pub(super) fn expected<'a>(bytes: &'a [u8], out: &mut Output) -> Option<(&'a [u8], Payload)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"stream\":\"")?;
    message.text()?;
    message.is(b",\"data\":{\"")?;
    if message.is(b"e\":\"trade\",\"E\":").is_some() {
        return expected_trade(message);
    }
    if message.is(b"e\":\"depthUpdate\",\"E\":").is_some() {
        let update = out.depth();
        return match expected_depth(message, update) {
            Ok((symbol, delta)) => Some((symbol, Payload::Depth(delta))),
            Err(update) => {
                out.recycle(update);
                None
            }
        };
    }
    // Futures have a name for it, and times.
    let _ = message.is(b"e\":\"bookTicker\",\"");
    expected_touch(message)
}

#[inline]
fn expected_touch(mut message: Expected<'_>) -> Option<(&[u8], Payload)> {
    message.is(b"u\":")?;
    let id = message.unsigned()?;
    message.is(b",\"s\":\"")?;
    let symbol = message.text()?;
    message.is(b",\"b\":\"")?;
    let bid = message.price()?;
    message.is(b"\",\"B\":\"")?;
    let bid_qty = message.qty()?;
    message.is(b"\",\"a\":\"")?;
    let ask = message.price()?;
    message.is(b"\",\"A\":\"")?;
    let ask_qty = message.qty()?;
    let ts = if message.is(b"\",\"T\":").is_some() {
        let ts = message.timestamp_ms()?;
        message.is(b",\"E\":")?;
        message.timestamp_ms()?;
        message.ends_with(b"}}")?;
        Some(ts)
    } else {
        message.ends_with(b"\"}}")?;
        None
    };
    let quote = Quote {
        bid,
        bid_qty,
        ask,
        ask_qty,
    };
    Some((symbol, Payload::Touch { id, ts, quote }))
}

#[inline]
fn expected_trade(mut message: Expected<'_>) -> Option<(&[u8], Payload)> {
    message.timestamp_ms()?;
    // Futures say the time of the trade here, spot behind it.
    let mut ts = None;
    if message.is(b",\"T\":").is_some() {
        ts = Some(message.timestamp_ms()?);
    }
    message.is(b",\"s\":\"")?;
    let symbol = message.text()?;
    message.is(b",\"t\":")?;
    let id = message.unsigned()?;
    message.is(b",\"p\":\"")?;
    let price = message.price()?;
    message.is(b"\",\"q\":\"")?;
    let qty = message.qty()?;
    if ts.is_none() {
        message.is(b"\",\"T\":")?;
        ts = Some(message.timestamp_ms()?);
    } else {
        message.is(b"\",\"X\":\"")?;
        message.text()?;
    }
    message.is(b",\"m\":")?;
    let is_buyer_maker = message.is(b"true").is_some();
    if !is_buyer_maker {
        message.is(b"false")?;
    }
    let _ = message.is(b",\"M\":true");
    message.ends_with(b"}}")?;
    let trade = Trade {
        price,
        qty,
        aggressor: aggressor(is_buyer_maker),
    };
    Some((symbol, Payload::Trade { id, ts: ts?, trade }))
}

/// A change of the book, or what was to hold it.
#[inline]
fn expected_depth(
    mut message: Expected<'_>,
    mut update: Box<DepthUpdate>,
) -> Result<(&[u8], Delta), Box<DepthUpdate>> {
    let mut read = || {
        let mut ts = message.timestamp_ms()?;
        if message.is(b",\"T\":").is_some() {
            ts = message.timestamp_ms()?;
        }
        message.is(b",\"s\":\"")?;
        let symbol = message.text()?;
        message.is(b",\"U\":")?;
        let first = message.unsigned()?;
        message.is(b",\"u\":")?;
        let last = message.unsigned()?;
        let mut previous = None;
        if message.is(b",\"pu\":").is_some() {
            previous = Some(message.unsigned()?);
        }
        let tail = |message: &mut Expected<'_>| message.is(b"\"");
        message.is(b",\"b\":")?;
        message.levels(&mut update.bids, tail)?;
        message.is(b",\"a\":")?;
        message.levels(&mut update.asks, tail)?;
        message.ends_with(b"}}")?;
        (first <= last).then_some((symbol, ts, first, last, previous))
    };
    let Some((symbol, ts, first, last, previous)) = read() else {
        return Err(update);
    };
    let delta = Delta {
        ts,
        first,
        last,
        previous,
        update,
    };
    Ok((symbol, delta))
}

/// The buyer was resting, so that the seller crossed.
const fn aggressor(is_buyer_maker: bool) -> Aggressor {
    if is_buyer_maker {
        Aggressor::Seller
    } else {
        Aggressor::Buyer
    }
}

/// A REST depth snapshot.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) last: u64,
    pub(super) ts: Option<TimestampNs>,
    pub(super) update: Box<DepthUpdate>,
}

impl Snapshot {
    pub(super) fn read(body: &[u8], out: &mut Output) -> Result<Self, Malformed> {
        let malformed = |what| Malformed::new(what, body);
        let mut update = out.depth();
        let (mut last, mut ts) = (None, None);
        let (mut bids, mut asks) = (false, false);
        let mut reader = Reader::new(body);
        let mut read = || -> Result<(), Unexpected> {
            reader.object()?;
            while let Some(key) = reader.key()? {
                match key {
                    b"lastUpdateId" => last = reader.unsigned()?,
                    b"E" => ts = reader.timestamp_ms()?,
                    b"bids" => bids = levels(&mut reader, &mut update.bids)?,
                    b"asks" => asks = levels(&mut reader, &mut update.asks)?,
                    _ => reader.skip()?,
                }
            }
            Ok(())
        };
        read().map_err(|_| malformed("a depth snapshot"))?;
        if !bids || !asks {
            return Err(malformed("bids and asks"));
        }
        Ok(Self {
            last: last.ok_or_else(|| malformed("lastUpdateId"))?,
            ts,
            update,
        })
    }
}

/// The payload of a stream; which fields there are depends on its kind.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    /// All of the message.
    bytes: &'a [u8],
    event: &'a [u8],
    symbol: &'a [u8],
    /// `T`, or `E` where there is none.
    time: Option<TimestampNs>,
    first: Option<u64>,
    last: Option<u64>,
    previous: Option<u64>,
    /// Changed levels.
    update: Option<Box<DepthUpdate>>,
    /// The side whose levels are not all prices and quantities.
    unreadable: Option<&'static str>,
    /// The best prices, where there are no levels.
    bid: Option<Price>,
    ask: Option<Price>,
    bid_qty: Option<Qty>,
    ask_qty: Option<Qty>,
    trade: Option<u64>,
    price: Option<Price>,
    qty: Option<Qty>,
    is_buyer_maker: Option<bool>,
}

impl<'a> Message<'a> {
    /// The fields of a message's payload, if it has one.
    #[inline]
    pub(super) fn read(bytes: &'a [u8], out: &mut Output) -> Result<Option<Self>, Unexpected> {
        let mut reader = Reader::new(bytes);
        let mut message = None;
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"data" => message = Some(Self::fields(bytes, &mut reader, out)?),
                _ => reader.skip()?,
            }
        }
        Ok(message)
    }

    #[inline]
    fn fields(
        bytes: &'a [u8],
        reader: &mut Reader<'a>,
        out: &mut Output,
    ) -> Result<Self, Unexpected> {
        let mut message = Self {
            bytes,
            ..Self::default()
        };
        let mut event_time = None;
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"e" => message.event = reader.scalar()?,
                b"s" => message.symbol = reader.scalar()?,
                b"E" => event_time = reader.timestamp_ms()?,
                b"T" => message.time = reader.timestamp_ms()?,
                b"U" => message.first = reader.unsigned()?,
                b"u" => message.last = reader.unsigned()?,
                b"pu" => message.previous = reader.unsigned()?,
                b"b" if reader.peek() == Some(b'[') => {
                    let update = message.update.get_or_insert_with(|| out.depth());
                    if !levels(reader, &mut update.bids)? {
                        message.unreadable = Some("b");
                    }
                }
                b"a" if reader.peek() == Some(b'[') => {
                    let update = message.update.get_or_insert_with(|| out.depth());
                    if !levels(reader, &mut update.asks)? {
                        message.unreadable = Some("a");
                    }
                }
                b"b" => message.bid = reader.price()?,
                b"a" => message.ask = reader.price()?,
                b"B" => message.bid_qty = reader.qty()?,
                b"A" => message.ask_qty = reader.qty()?,
                b"t" => message.trade = reader.unsigned()?,
                b"p" => message.price = reader.price()?,
                b"q" => message.qty = reader.qty()?,
                b"m" => message.is_buyer_maker = Some(reader.scalar()? == b"true"),
                _ => reader.skip()?,
            }
        }
        message.time = message.time.or(event_time);
        Ok(message)
    }

    /// Whom it is about.
    pub(super) const fn symbol(&self) -> &'a [u8] {
        self.symbol
    }

    /// Whether it is a `bookTicker`; spot's has no name.
    pub(super) const fn is_touch(&self) -> bool {
        matches!(self.event, b"bookTicker") || (self.event.is_empty() && self.bid_qty.is_some())
    }

    /// What it says.
    pub(super) fn payload(self) -> Result<Payload, Malformed> {
        match self.event {
            b"trade" => self.trade(),
            b"depthUpdate" => self.delta().map(Payload::Depth),
            _ if self.is_touch() => self.touch(),
            _ => Err(self.without("bookTicker, trade or depthUpdate")),
        }
    }

    fn touch(&self) -> Result<Payload, Malformed> {
        Ok(Payload::Touch {
            id: self.last.ok_or_else(|| self.without("u"))?,
            ts: self.time,
            quote: self.quote()?,
        })
    }

    fn trade(&self) -> Result<Payload, Malformed> {
        Ok(Payload::Trade {
            id: self.trade.ok_or_else(|| self.without("t"))?,
            trade: Trade {
                price: self.price.ok_or_else(|| self.without("p"))?,
                qty: self.qty.ok_or_else(|| self.without("q"))?,
                aggressor: self.is_buyer_maker.map_or(Aggressor::Unknown, aggressor),
            },
            ts: self.time.ok_or_else(|| self.without("T"))?,
        })
    }

    #[inline]
    fn quote(&self) -> Result<Quote, Malformed> {
        Ok(Quote {
            bid: self.bid.ok_or_else(|| self.without("b"))?,
            bid_qty: self.bid_qty.ok_or_else(|| self.without("B"))?,
            ask: self.ask.ok_or_else(|| self.without("a"))?,
            ask_qty: self.ask_qty.ok_or_else(|| self.without("A"))?,
        })
    }

    #[cold]
    fn without(&self, name: &'static str) -> Malformed {
        Malformed::new(name, self.bytes)
    }

    fn delta(mut self) -> Result<Delta, Malformed> {
        if let Some(side) = self.unreadable {
            return Err(self.without(side));
        }
        let (first, last) = (
            self.first.ok_or_else(|| self.without("U"))?,
            self.last.ok_or_else(|| self.without("u"))?,
        );
        if first > last {
            return Err(self.without("U at most u"));
        }
        Ok(Delta {
            ts: self.time.ok_or_else(|| self.without("E"))?,
            first,
            last,
            previous: self.previous,
            // A side that did not change may be left out.
            update: self.update.take().unwrap_or_default(),
        })
    }
}
