//! What Kraken sends, read.

use types::{Aggressor, DepthUpdate, Level, Price, Qty, Quote, TimestampNs, Trade};

use crate::feed::{Expected, Malformed, Output, Reader, Unexpected, price, qty, timestamp_rfc3339};

/// More decimals than any number that we hold can have.
const DECIMALS_MAX: usize = 24;

/// A ticker of one symbol in the form of the venue's page: symbol, time and touch. `None` is any other form: it may be
/// as good.
#[inline]
pub(super) fn expected_ticker(bytes: &[u8]) -> Option<(&[u8], TimestampNs, Quote)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"channel\":\"ticker\",\"type\":\"")?;
    message.text()?;
    message.is(b",\"data\":[{\"symbol\":\"")?;
    let symbol = message.text()?;
    message.is(b",\"bid\":")?;
    let bid = message.price()?;
    message.is(b",\"bid_qty\":")?;
    let bid_qty = message.qty()?;
    message.is(b",\"ask\":")?;
    let ask = message.price()?;
    message.is(b",\"ask_qty\":")?;
    let ask_qty = message.qty()?;
    // Of the day, of which nothing is asked.
    skip(&mut message, b",\"last\":")?;
    skip(&mut message, b",\"volume\":")?;
    skip(&mut message, b",\"vwap\":")?;
    skip(&mut message, b",\"low\":")?;
    skip(&mut message, b",\"high\":")?;
    skip(&mut message, b",\"change\":")?;
    skip(&mut message, b",\"change_pct\":")?;
    message.is(b",\"timestamp\":\"")?;
    let time = message.rfc3339()?;
    message.ends_with(b"\"}]}")?;
    let quote = Quote {
        bid,
        bid_qty,
        ask,
        ask_qty,
    };
    Some((symbol, time, quote))
}

/// Goes past a field, if it is there.
#[inline]
fn skip<const LEN: usize>(message: &mut Expected<'_>, name: &[u8; LEN]) -> Option<()> {
    match message.is(name) {
        Some(()) => message.literal(),
        None => Some(()),
    }
}

/// Trades in the form of the venue's page. As [`expected_ticker`].
#[inline]
pub(super) fn expected_prints(bytes: &[u8]) -> Option<impl Iterator<Item = Print<'_>>> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"channel\":\"trade\",\"type\":\"")?;
    message.text()?;
    message.is(b",\"data\":[")?;
    message.items(Print::expected, b"]}")
}

/// A book of one symbol in the form of the venue's page. As [`expected_ticker`].
#[inline]
pub(super) fn expected_book<'a>(
    bytes: &'a [u8],
    out: &mut Output,
) -> Option<(Envelope<'a>, Item<'a>)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"channel\":\"book\",\"type\":\"")?;
    let kind = message.text()?;
    message.is(b",\"data\":[{\"symbol\":\"")?;
    let symbol = message.text()?;
    let (mut update, mut precision) = (out.depth(), Precision::default());
    let mut read = || {
        message.is(b",\"bids\":")?;
        message.list(|level| expected_level(level, &mut update.bids, &mut precision))?;
        message.is(b",\"asks\":")?;
        message.list(|level| expected_level(level, &mut update.asks, &mut precision))?;
        message.is(b",\"checksum\":")?;
        let checksum = message.unsigned()?;
        message.is(b",\"timestamp\":\"")?;
        let time = message.rfc3339()?;
        message.ends_with(b"\"}]}")?;
        Some((checksum, time))
    };
    let Some((checksum, time)) = read() else {
        out.recycle(update);
        return None;
    };
    let envelope = Envelope {
        channel: b"book",
        kind,
        ..Envelope::default()
    };
    let item = Item {
        bytes,
        symbol,
        time: Some(time),
        levels: Some(update),
        precision,
        has_bids: true,
        has_asks: true,
        checksum: Some(checksum),
        ..Item::default()
    };
    Some((envelope, item))
}

/// `{"price":45285.2,"qty":0.00100000}`.
#[inline]
fn expected_level(
    message: &mut Expected<'_>,
    into: &mut Vec<Level>,
    precision: &mut Precision,
) -> Option<()> {
    message.is(b"{\"price\":")?;
    let (price, price_decimals) = message.price_written()?;
    message.is(b",\"qty\":")?;
    let (qty, qty_decimals) = message.qty_written()?;
    message.is(b"}")?;
    precision.price = precision.price.max(price_decimals);
    precision.qty = precision.qty.max(qty_decimals);
    into.push(Level { price, qty });
    Some(())
}

/// One trade.
pub(super) struct Print<'a> {
    pub(super) symbol: &'a [u8],
    pub(super) id: u64,
    pub(super) ts: TimestampNs,
    pub(super) trade: Trade,
}

impl<'a> Print<'a> {
    /// One in the form of the venue's page.
    #[inline]
    fn expected(message: &mut Expected<'a>) -> Option<Self> {
        message.is(b"{\"symbol\":\"")?;
        let symbol = message.text()?;
        message.is(b",\"side\":\"")?;
        // The side of the taker.
        let aggressor = match message.text()? {
            b"buy" => Aggressor::Buyer,
            b"sell" => Aggressor::Seller,
            _ => return None,
        };
        message.is(b",\"price\":")?;
        let price = message.price()?;
        message.is(b",\"qty\":")?;
        let qty = message.qty()?;
        message.is(b",\"ord_type\":\"")?;
        message.text()?;
        message.is(b",\"trade_id\":")?;
        let id = message.unsigned()?;
        message.is(b",\"timestamp\":\"")?;
        let ts = message.rfc3339()?;
        message.is(b"\"}")?;
        let trade = Trade {
            price,
            qty,
            aggressor,
        };
        Some(Self {
            symbol,
            id,
            ts,
            trade,
        })
    }
}

/// Decimals of the pair, as its numbers are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Precision {
    pub(super) price: usize,
    pub(super) qty: usize,
}

/// Decimals of a number as it is written: trailing zeros count.
pub(super) fn decimals(text: &[u8]) -> Option<usize> {
    let (mantissa, power) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(place) => {
            let power = &text[place + 1..];
            let power = crate::feed::signed(power.strip_prefix(b"+").unwrap_or(power)).ok()?;
            (&text[..place], power)
        }
        None => (text, 0),
    };
    let point = mantissa.iter().position(|&byte| byte == b'.');
    let part = point.map_or(0, |point| mantissa.len() - point - 1);
    let decimals = (part as i64).checked_sub(power)?.max(0) as usize;
    (decimals <= DECIMALS_MAX).then_some(decimals)
}

/// `[{"price":1.0,"qty":2.0},...]`; whether all of them are numbers that we hold.
#[inline]
fn levels(
    reader: &mut Reader<'_>,
    into: &mut Vec<Level>,
    precision: &mut Precision,
) -> Result<bool, Unexpected> {
    let mut are_levels = true;
    reader.array()?;
    while reader.item()? {
        let (mut at, mut size) = (None, None);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"price" => at = Some(reader.scalar()?),
                b"qty" => size = Some(reader.scalar()?),
                _ => reader.skip()?,
            }
        }
        let mut read = || {
            let (at, size) = (at?, size?);
            precision.price = precision.price.max(decimals(at)?);
            precision.qty = precision.qty.max(decimals(size)?);
            into.push(Level {
                price: price(at).ok()?,
                qty: qty(size).ok()?,
            });
            Some(())
        };
        are_levels &= read().is_some();
    }
    Ok(are_levels)
}

/// What is around the data.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) channel: &'a [u8],
    pub(super) kind: &'a [u8],
    pub(super) method: &'a [u8],
    pub(super) success: Option<bool>,
    /// The number of the request that it answers.
    pub(super) request: Option<u64>,
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
                b"channel" => envelope.channel = reader.scalar()?,
                b"type" => envelope.kind = reader.scalar()?,
                b"method" => envelope.method = reader.scalar()?,
                b"success" => envelope.success = Some(reader.scalar()? == b"true"),
                b"req_id" => envelope.request = reader.unsigned()?,
                b"data" => {
                    envelope.data = Some(reader.clone());
                    reader.skip()?;
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
    pub(super) symbol: &'a [u8],
    pub(super) time: Option<TimestampNs>,
    pub(super) levels: Option<Box<DepthUpdate>>,
    /// Decimals of the levels.
    precision: Precision,
    /// Whether a side was there, and all of it readable.
    has_bids: bool,
    has_asks: bool,
    pub(super) checksum: Option<u64>,
    bid: Option<Price>,
    bid_qty: Option<Qty>,
    ask: Option<Price>,
    ask_qty: Option<Qty>,
    side: &'a [u8],
    price: Option<Price>,
    qty: Option<Qty>,
    trade: Option<u64>,
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
        let (mut update, mut precision) = (None, Precision::default());
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"symbol" => item.symbol = reader.scalar()?,
                b"timestamp" => item.time = timestamp_rfc3339(reader.scalar()?).ok(),
                b"bids" => {
                    let update = update.get_or_insert_with(|| out.depth());
                    item.has_bids = levels(reader, &mut update.bids, &mut precision)?;
                }
                b"asks" => {
                    let update = update.get_or_insert_with(|| out.depth());
                    item.has_asks = levels(reader, &mut update.asks, &mut precision)?;
                }
                b"checksum" => item.checksum = reader.unsigned()?,
                b"bid" => item.bid = reader.price()?,
                b"bid_qty" => item.bid_qty = reader.qty()?,
                b"ask" => item.ask = reader.price()?,
                b"ask_qty" => item.ask_qty = reader.qty()?,
                b"side" => item.side = reader.scalar()?,
                b"price" => item.price = reader.price()?,
                b"qty" => item.qty = reader.qty()?,
                b"trade_id" => item.trade = reader.unsigned()?,
                _ => reader.skip()?,
            }
        }
        (item.levels, item.precision) = (update, precision);
        Ok(item)
    }

    #[cold]
    pub(super) fn without(&self, name: &'static str) -> Malformed {
        Malformed::new(name, self.bytes)
    }

    /// Takes both sides, if both are there, and adds their decimals to those of the pair.
    pub(super) fn take_levels(
        &mut self,
        precision: &mut Precision,
    ) -> Result<Box<DepthUpdate>, Malformed> {
        for (has, name) in [(self.has_bids, "bids"), (self.has_asks, "asks")] {
            if !has {
                return Err(self.without(name));
            }
        }
        precision.price = precision.price.max(self.precision.price);
        precision.qty = precision.qty.max(self.precision.qty);
        Ok(self.levels.take().unwrap_or_default())
    }

    pub(super) fn quote(&self) -> Result<Quote, Malformed> {
        Ok(Quote {
            bid: self.bid.ok_or_else(|| self.without("bid"))?,
            bid_qty: self.bid_qty.ok_or_else(|| self.without("bid_qty"))?,
            ask: self.ask.ok_or_else(|| self.without("ask"))?,
            ask_qty: self.ask_qty.ok_or_else(|| self.without("ask_qty"))?,
        })
    }

    pub(super) fn print(&self) -> Result<Print<'a>, Malformed> {
        let id = self.trade.ok_or_else(|| self.without("trade_id"))?;
        let trade = Trade {
            price: self.price.ok_or_else(|| self.without("price"))?,
            qty: self.qty.ok_or_else(|| self.without("qty"))?,
            // The side of the taker.
            aggressor: match self.side {
                b"buy" => Aggressor::Buyer,
                b"sell" => Aggressor::Seller,
                _ => return Err(self.without("side of buy or sell")),
            },
        };
        Ok(Print {
            symbol: self.symbol,
            id,
            ts: self.time.ok_or_else(|| self.without("timestamp"))?,
            trade,
        })
    }
}
