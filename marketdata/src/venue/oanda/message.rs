//! What OANDA sends, read.

use types::{InstrumentStatus, Level, Price, Qty, TimestampNs};

use crate::feed::{Expected, Reader, Unexpected, timestamp_rfc3339};

/// What a price says of its instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) ts: TimestampNs,
    /// The best bucket of each side, if it has any.
    pub(super) bid: Option<Level>,
    pub(super) ask: Option<Level>,
    pub(super) status: Option<InstrumentStatus>,
}

impl Said {
    /// A price in the form in which the venue sends it, or in that of its page, and its instrument. `None` is any other
    /// form: it may be as good.
    #[inline]
    pub(super) fn expected(bytes: &[u8]) -> Option<(&[u8], Self)> {
        let mut line = Expected::new(bytes);
        if line.is(b"{\"type\":\"PRICE\",\"time\":\"").is_some() {
            Self::expected_sent(line)
        } else {
            Self::expected_paged(line)
        }
    }

    /// From the time on.
    #[inline]
    fn expected_sent(mut line: Expected<'_>) -> Option<(&[u8], Self)> {
        let ts = line.rfc3339()?;
        line.is(b"\",\"bids\":")?;
        let bid = expected_best(&mut line, higher)?;
        line.is(b",\"asks\":")?;
        let ask = expected_best(&mut line, lower)?;
        line.is(b",\"closeoutBid\":\"")?;
        line.text()?;
        line.is(b",\"closeoutAsk\":\"")?;
        line.text()?;
        line.is(b",\"status\":\"")?;
        line.text()?;
        // The later word for it counts.
        line.is(b",\"tradeable\":")?;
        let status = if line.is(b"true").is_some() {
            InstrumentStatus::Open
        } else {
            line.is(b"false")?;
            InstrumentStatus::Closed
        };
        line.is(b",\"instrument\":\"")?;
        let instrument = line.text()?;
        line.ends_with(b"}")?;
        let said = Self {
            ts,
            bid,
            ask,
            status: Some(status),
        };
        Some((instrument, said))
    }

    /// The page has the keys by the alphabet.
    #[inline]
    fn expected_paged(mut line: Expected<'_>) -> Option<(&[u8], Self)> {
        line.is(b"{\"asks\":")?;
        let ask = expected_best(&mut line, lower)?;
        line.is(b",\"bids\":")?;
        let bid = expected_best(&mut line, higher)?;
        line.is(b",\"closeoutAsk\":\"")?;
        line.text()?;
        line.is(b",\"closeoutBid\":\"")?;
        line.text()?;
        line.is(b",\"instrument\":\"")?;
        let instrument = line.text()?;
        line.is(b",\"status\":\"")?;
        let status = status(line.text()?);
        line.is(b",\"time\":\"")?;
        let ts = line.rfc3339()?;
        line.ends_with(b"\",\"type\":\"PRICE\"}")?;
        let said = Self {
            ts,
            bid,
            ask,
            status: Some(status),
        };
        Some((instrument, said))
    }
}

/// A price or heartbeat in any form.
#[derive(Default)]
pub(super) struct Line<'a> {
    pub(super) kind: &'a [u8],
    pub(super) instrument: &'a [u8],
    ts: Option<TimestampNs>,
    bid: Side,
    ask: Side,
    status: Option<InstrumentStatus>,
}

/// Inside, the best bucket of a side, if it has any; outside, none where there is no side, or one that cannot be read.
type Side = Option<Option<Level>>;

impl<'a> Line<'a> {
    #[inline]
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Unexpected> {
        let mut line = Self::default();
        let mut reader = Reader::new(bytes);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"type" => line.kind = reader.scalar()?,
                b"instrument" => line.instrument = reader.value()?.scalar().unwrap_or_default(),
                b"time" => line.ts = timestamp_rfc3339(reader.scalar()?).ok(),
                b"bids" => line.bid = side(&mut reader, higher)?,
                b"asks" => line.ask = side(&mut reader, lower)?,
                // Two words for one thing, one of them from before the other.
                b"tradeable" | b"status" => line.status = Some(status(reader.scalar()?)),
                _ => reader.skip()?,
            }
        }
        if line.kind.is_empty() {
            return Err(Unexpected);
        }
        Ok(line)
    }

    /// What it says, as a price; `None` where something is missing or cannot be read.
    #[inline]
    pub(super) fn said(&self) -> Option<Said> {
        Some(Said {
            ts: self.ts?,
            bid: self.bid?,
            ask: self.ask?,
            status: self.status,
        })
    }
}

const fn status(word: &[u8]) -> InstrumentStatus {
    match word {
        b"true" | b"tradeable" => InstrumentStatus::Open,
        _ => InstrumentStatus::Closed,
    }
}

/// Whether a price is a better bid.
const fn higher(price: Price, known: Price) -> bool {
    price.0 > known.0
}

/// Whether a price is a better ask.
const fn lower(price: Price, known: Price) -> bool {
    price.0 < known.0
}

/// Keeps the better of two buckets, of equal ones the first.
#[inline]
fn keep_better(best: &mut Option<Level>, level: Level, is_better: impl Fn(Price, Price) -> bool) {
    if best.is_none_or(|known| is_better(level.price, known.price)) {
        *best = Some(level);
    }
}

/// A side `[{"price":"1.1","liquidity":1000000},...]`, keys in either order.
#[inline]
fn expected_best(line: &mut Expected<'_>, is_better: impl Fn(Price, Price) -> bool) -> Side {
    let mut best = None;
    line.list(|bucket| {
        let level = expected_bucket(bucket)?;
        keep_better(&mut best, level, &is_better);
        Some(())
    })?;
    Some(best)
}

#[inline]
fn expected_bucket(bucket: &mut Expected<'_>) -> Option<Level> {
    let (price, qty);
    if bucket.is(b"{\"price\":\"").is_some() {
        price = bucket.price()?;
        bucket.is(b"\",\"liquidity\":")?;
        qty = liquidity(bucket)?;
        bucket.is(b"}")?;
    } else {
        bucket.is(b"{\"liquidity\":")?;
        qty = liquidity(bucket)?;
        bucket.is(b",\"price\":\"")?;
        price = bucket.price()?;
        bucket.is(b"\"}")?;
    }
    Some(Level { price, qty })
}

/// A quantity, also a whole one of more than seven digits, as most are.
#[inline]
fn liquidity(bucket: &mut Expected<'_>) -> Option<Qty> {
    bucket.qty().or_else(|| {
        let units = bucket.unsigned()?.checked_mul(10_u64.pow(Qty::DECIMALS))?;
        units.try_into().ok().map(Qty)
    })
}

/// A side in any form.
#[inline]
fn side(
    reader: &mut Reader<'_>,
    is_better: impl Fn(Price, Price) -> bool,
) -> Result<Side, Unexpected> {
    let mut ahead = reader.clone();
    let mut best = None;
    let read = buckets(&mut ahead, |level| {
        keep_better(&mut best, level, &is_better);
    });
    if read == Ok(true) {
        *reader = ahead;
        return Ok(Some(best));
    }
    // What is no side may yet be a value, and the line be told as that of its instrument.
    reader.skip()?;
    Ok(None)
}

/// Reads buckets; whether all of them are a price and a quantity.
#[inline]
fn buckets(reader: &mut Reader<'_>, mut keep: impl FnMut(Level)) -> Result<bool, Unexpected> {
    reader.array()?;
    while reader.item()? {
        let (mut price, mut qty): (Option<Price>, Option<Qty>) = (None, None);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"price" => price = reader.price()?,
                b"liquidity" => qty = reader.qty()?,
                _ => reader.skip()?,
            }
        }
        let Some((price, qty)) = price.zip(qty) else {
            return Ok(false);
        };
        keep(Level { price, qty });
    }
    Ok(true)
}
