//! What Coinbase sends, read.

use types::{Aggressor, DepthUpdate, Level, TimestampNs, Trade};

use crate::feed::{
    Expected, Fields, Malformed, Output, Reader, Tracks, Unexpected, Value, timestamp_rfc3339,
    unsigned,
};

/// What all messages have.
pub(super) struct Envelope<'a> {
    pub(super) channel: &'a [u8],
    pub(super) ts: TimestampNs,
    pub(super) sequence: u64,
    pub(super) events: Value<'a>,
}

/// One of `market_trades`.
#[derive(Debug)]
pub(super) struct Print {
    pub(super) place: usize,
    pub(super) id: u64,
    pub(super) ts: TimestampNs,
    pub(super) trade: Trade,
}

/// Levels of one product.
pub(super) struct Changes<'a> {
    pub(super) product: &'a [u8],
    pub(super) is_snapshot: bool,
    pub(super) update: Box<DepthUpdate>,
}

impl<'a> Changes<'a> {
    /// A message of `level2` with one event, in the form of the venue's page. `None` is any other form: it may be as
    /// good.
    #[inline]
    pub(super) fn expected(bytes: &'a [u8], out: &mut Output) -> Option<(Envelope<'a>, Self)> {
        let mut message = Expected::new(bytes);
        message.is(b"{\"channel\":\"l2_data\",\"client_id\":\"")?;
        let envelope = Envelope::expected(b"l2_data", &mut message)?;
        let is_snapshot = is_snapshot(&mut message)?;
        message.is(b",\"product_id\":\"")?;
        let product = message.text()?;
        message.is(b",\"updates\":")?;
        let mut update = out.depth();
        let read = message.list(|level| expected_level(level, &mut update));
        if read.and_then(|()| message.ends_with(b"}]}")).is_none() {
            out.recycle(update);
            return None;
        }
        let changes = Self {
            product,
            is_snapshot,
            update,
        };
        Some((envelope, changes))
    }
}

#[inline]
fn expected_level(level: &mut Expected<'_>, update: &mut DepthUpdate) -> Option<()> {
    level.is(b"{\"side\":\"")?;
    let side = if level.is(b"bid").is_some() {
        &mut update.bids
    } else {
        level.is(b"offer")?;
        &mut update.asks
    };
    level.is(b"\",\"event_time\":\"")?;
    level.text()?;
    level.is(b",\"price_level\":\"")?;
    let price = level.price()?;
    level.is(b"\",\"new_quantity\":\"")?;
    let qty = level.qty()?;
    level.is(b"\"}")?;
    side.push(Level { price, qty });
    Some(())
}

/// A message of `market_trades` with one event, in the form of the venue's page: the envelope, and whether it is a
/// snapshot. Prints of products that were subscribed to are put into `prints`.
#[inline]
pub(super) fn expected_prints<'a>(
    bytes: &'a [u8],
    tracks: &Tracks,
    prints: &mut Vec<Print>,
) -> Option<(Envelope<'a>, bool)> {
    let mut message = Expected::new(bytes);
    message.is(b"{\"channel\":\"market_trades\",\"client_id\":\"")?;
    let envelope = Envelope::expected(b"market_trades", &mut message)?;
    let is_snapshot = is_snapshot(&mut message)?;
    message.is(b",\"trades\":")?;
    message.list(|print| {
        print.is(b"{\"trade_id\":\"")?;
        let id = print.unsigned()?;
        print.is(b"\",\"product_id\":\"")?;
        let product = print.text()?;
        print.is(b",\"price\":\"")?;
        let price = print.price()?;
        print.is(b"\",\"size\":\"")?;
        let qty = print.qty()?;
        print.is(b"\",\"side\":\"")?;
        // Of the resting order.
        let aggressor = if print.is(b"BUY\",\"time\":\"").is_some() {
            Aggressor::Seller
        } else {
            print.is(b"SELL\",\"time\":\"")?;
            Aggressor::Buyer
        };
        let ts = print.rfc3339()?;
        print.is(b"\"}")?;
        // One that was not subscribed to is nobody's.
        if let Some(place) = tracks.find(product) {
            let trade = Trade {
                price,
                qty,
                aggressor,
            };
            prints.push(Print {
                place,
                id,
                ts,
                trade,
            });
        }
        Some(())
    })?;
    message.ends_with(b"}]}")?;
    Some((envelope, is_snapshot))
}

/// Goes into the one event of a message; whether that is a snapshot.
#[inline]
fn is_snapshot(message: &mut Expected<'_>) -> Option<bool> {
    message.is(b"[{\"type\":\"")?;
    if message.is(b"update\"").is_some() {
        return Some(false);
    }
    message.is(b"snapshot\"")?;
    Some(true)
}

impl<'a> Envelope<'a> {
    /// Up to the events, from inside of the client's id; they then are all that is left of the message.
    #[inline]
    fn expected(channel: &'a [u8], message: &mut Expected<'a>) -> Option<Self> {
        message.text()?;
        message.is(b",\"timestamp\":\"")?;
        let ts = message.rfc3339()?;
        message.is(b"\",\"sequence_num\":")?;
        let sequence = message.unsigned()?;
        message.is(b",\"events\":")?;
        Some(Self {
            channel,
            ts,
            sequence,
            events: Value::Array(message.rest()),
        })
    }

    #[inline]
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (mut channel, mut ts, mut sequence, mut events) = (None, None, None, None);
        for field in Fields::of(bytes)? {
            let (key, value) = field.ok()?;
            match key {
                b"channel" => channel = value.scalar(),
                b"timestamp" => ts = timestamp_rfc3339(value.scalar()?).ok(),
                b"sequence_num" => sequence = unsigned(value.scalar()?).ok(),
                b"events" => events = Some(value),
                _ => {}
            }
        }
        Some(Self {
            channel: channel?,
            ts: ts?,
            sequence: sequence?,
            events: events?,
        })
    }
}

/// Whether the venue says that it does not do what was asked for.
#[cold]
pub(super) fn is_refusal(bytes: &[u8]) -> bool {
    Fields::of(bytes).is_some_and(|fields| fields.get(b"type") == Ok(Some(Value::Text(b"error"))))
}

/// An event of a message: a kind, and levels or prints.
pub(super) struct Event<'a> {
    pub(super) kind: &'a [u8],
    /// Empty where each print has its own.
    pub(super) product: &'a [u8],
    pub(super) list: Value<'a>,
}

impl<'a> Event<'a> {
    #[inline]
    pub(super) fn read(event: Value<'a>, name: &[u8]) -> Option<Self> {
        let (mut kind, mut product, mut list) = (None, None, None);
        for field in event.fields()? {
            let (key, value) = field.ok()?;
            match key {
                b"type" => kind = value.scalar(),
                b"product_id" => product = value.scalar(),
                key if key == name => list = Some(value),
                _ => {}
            }
        }
        Some(Self {
            kind: kind?,
            product: product.unwrap_or_default(),
            list: list?,
        })
    }
}

/// Levels as `{"side":"bid","price_level":"21921.73","new_quantity":"0.063"}`; whether all of them are.
#[inline]
pub(super) fn levels(list: Value<'_>, update: &mut DepthUpdate) -> Result<bool, Unexpected> {
    let mut are_levels = true;
    let mut reader = list.reader();
    reader.array()?;
    while reader.item()? {
        let (mut side, mut at, mut quantity) = (None, None, None);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"side" => {
                    side = match reader.scalar()? {
                        b"bid" => Some(&mut update.bids),
                        b"offer" => Some(&mut update.asks),
                        _ => None,
                    }
                }
                b"price_level" => at = reader.price()?,
                b"new_quantity" => quantity = reader.qty()?,
                _ => reader.skip()?,
            }
        }
        match (side, at, quantity) {
            (Some(side), Some(price), Some(qty)) => side.push(Level { price, qty }),
            _ => are_levels = false,
        }
    }
    Ok(are_levels)
}

pub(super) fn read_prints(
    list: Value<'_>,
    tracks: &Tracks,
    prints: &mut Vec<Print>,
) -> Result<(), Malformed> {
    let mut reader = list.reader();
    reader.array().map_err(|_| malformed("trades", list))?;
    while reader.item().map_err(|_| malformed("trades", list))? {
        let read = print(&mut reader).ok().flatten();
        let (product, mut print) = read.ok_or_else(|| malformed("a trade", list))?;
        // One that was not subscribed to is nobody's.
        if let Some(place) = tracks.find(product) {
            print.place = place;
            prints.push(print);
        }
    }
    Ok(())
}

/// A print, its place to be found by its product.
fn print<'a>(reader: &mut Reader<'a>) -> Result<Option<(&'a [u8], Print)>, Unexpected> {
    let (mut product, mut id, mut ts) = (None, None, None);
    let (mut at, mut quantity, mut aggressor) = (None, None, Aggressor::Unknown);
    reader.object()?;
    while let Some(key) = reader.key()? {
        match key {
            b"product_id" => product = Some(reader.scalar()?),
            b"trade_id" => id = reader.unsigned()?,
            b"time" => ts = timestamp_rfc3339(reader.scalar()?).ok(),
            b"price" => at = reader.price()?,
            b"size" => quantity = reader.qty()?,
            // Of the resting order.
            b"side" => {
                aggressor = match reader.scalar()? {
                    b"BUY" => Aggressor::Seller,
                    b"SELL" => Aggressor::Buyer,
                    _ => Aggressor::Unknown,
                }
            }
            _ => reader.skip()?,
        }
    }
    let trade = at.zip(quantity).map(|(price, qty)| Trade {
        price,
        qty,
        aggressor,
    });
    let read = || {
        let print = Print {
            place: usize::MAX,
            id: id?,
            ts: ts?,
            trade: trade?,
        };
        Some((product?, print))
    };
    Ok(read())
}

pub(super) fn product_of(value: Value<'_>) -> Option<&[u8]> {
    value
        .fields()?
        .get(b"product_id")
        .ok()
        .flatten()
        .and_then(Value::scalar)
}

#[cold]
pub(super) fn malformed(what: &'static str, value: Value<'_>) -> Malformed {
    Malformed::new(what, value.bytes())
}
