//! What Alpaca sends, read, and what it is told; in either encoding.

use types::{Aggressor, DepthUpdate, Level, Price, Qty, TimestampNs};

use super::Encoding;
use super::msgpack::{self, Decimal, Kind, Pack, Reader};
use crate::feed::{Output, Value, named_levels, price, qty, quoted, timestamp_rfc3339, unsigned};

/// What a client tells the venue.
pub(super) enum Argument<'a> {
    Text(&'a str),
    Texts(Vec<&'a str>),
}

pub(super) fn request(encoding: Encoding, arguments: &[(&str, Argument<'_>)]) -> Vec<u8> {
    match encoding {
        Encoding::Json => {
            let argument = |(name, argument): &(&str, Argument<'_>)| {
                let value = match argument {
                    Argument::Text(text) => quoted(text),
                    Argument::Texts(texts) => {
                        let texts: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
                        format!("[{}]", texts.join(","))
                    }
                };
                format!("{}:{value}", quoted(name))
            };
            let arguments: Vec<_> = arguments.iter().map(argument).collect();
            format!("{{{}}}", arguments.join(",")).into_bytes()
        }
        Encoding::MessagePack => {
            let mut bytes = Vec::new();
            msgpack::put_head(&mut bytes, Kind::Map, arguments.len());
            for (name, argument) in arguments {
                msgpack::put_text(&mut bytes, name);
                match argument {
                    Argument::Text(text) => msgpack::put_text(&mut bytes, text),
                    Argument::Texts(texts) => {
                        msgpack::put_head(&mut bytes, Kind::Array, texts.len());
                        for text in texts {
                            msgpack::put_text(&mut bytes, text);
                        }
                    }
                }
            }
            bytes
        }
    }
}

/// A value in either encoding.
#[derive(Clone, Copy)]
pub(super) enum Raw<'a> {
    Json(Value<'a>),
    Pack(Pack<'a>),
}

impl<'a> Raw<'a> {
    #[inline]
    pub(super) fn text(self) -> Option<&'a [u8]> {
        match self {
            Self::Json(value) => value.scalar(),
            Self::Pack(Pack::Text(text)) => Some(text),
            Self::Pack(_) => None,
        }
    }

    #[inline]
    pub(super) fn price(self) -> Option<Price> {
        match self {
            Self::Json(value) => price(value.scalar()?).ok(),
            Self::Pack(value) => Decimal::short(value, Price::DECIMALS)
                .map(Price)
                .or_else(|| price(Decimal::of(value)?.text()).ok()),
        }
    }

    #[inline]
    pub(super) fn qty(self) -> Option<Qty> {
        match self {
            Self::Json(value) => qty(value.scalar()?).ok(),
            Self::Pack(value) => Decimal::short(value, Qty::DECIMALS)
                .filter(|&qty| qty >= 0)
                .map(Qty)
                .or_else(|| qty(Decimal::of(value)?.text()).ok()),
        }
    }

    #[inline]
    pub(super) fn id(self) -> Option<u64> {
        match self {
            Self::Json(value) => unsigned(value.scalar()?).ok(),
            Self::Pack(Pack::Unsigned(id)) => Some(id),
            Self::Pack(_) => None,
        }
    }

    #[inline]
    pub(super) fn time(self) -> Option<TimestampNs> {
        match self {
            Self::Pack(Pack::Time(ts)) => Some(ts),
            other => timestamp_rfc3339(other.text()?).ok(),
        }
    }

    pub(super) fn is_true(self) -> bool {
        matches!(
            self,
            Self::Json(Value::Literal(b"true")) | Self::Pack(Pack::Bool(true))
        )
    }

    /// Whether one of the texts of an array is such.
    pub(super) fn any(self, is_such: impl Fn(&[u8]) -> bool) -> bool {
        match self {
            Self::Json(value) => {
                let items = value.items().into_iter().flatten();
                items.filter_map(|item| item.ok()?.scalar()).any(is_such)
            }
            Self::Pack(Pack::Array(mut items)) => std::iter::from_fn(|| items.value())
                .any(|item| matches!(item, Pack::Text(text) if is_such(text))),
            Self::Pack(_) => false,
        }
    }

    /// Levels as `[{"p":71859.53,"s":0.27994},...]`; no array is no levels.
    #[inline]
    pub(super) fn levels(self, into: &mut Vec<Level>) -> Option<()> {
        match self {
            Self::Json(Value::Literal(b"null")) | Self::Pack(Pack::Other) => {}
            Self::Json(value) => {
                let read = named_levels(&mut value.reader(), (b"p", b"s"), into);
                (read == Ok(true)).then_some(())?;
            }
            Self::Pack(Pack::Array(mut items)) => {
                while !items.is_empty() {
                    let Pack::Map(mut fields) = items.value()? else {
                        return None;
                    };
                    let (mut at, mut quantity) = (None, None);
                    while !fields.is_empty() {
                        match (fields.value()?, fields.value()?) {
                            (Pack::Text(b"p"), value) => at = Self::Pack(value).price(),
                            (Pack::Text(b"s"), value) => quantity = Self::Pack(value).qty(),
                            _ => {}
                        }
                    }
                    into.push(Level {
                        price: at?,
                        qty: quantity?,
                    });
                }
            }
            Self::Pack(_) => return None,
        }
        Some(())
    }
}

/// Levels as the venue packs them: maps of `p` and `s`.
#[inline]
fn packed_levels(items: &mut Reader<'_>, into: &mut Vec<Level>) -> Option<()> {
    for _ in 0..items.array()? {
        items.is(&[0x82, 0xa1, b'p'])?;
        let price = Raw::Pack(items.usual()?).price()?;
        items.is(&[0xa1, b's'])?;
        let qty = Raw::Pack(items.usual()?).qty()?;
        into.push(Level { price, qty });
    }
    Some(())
}

/// One thing of a message; which fields there are depends on its kind.
pub(super) struct Item<'a> {
    pub(super) kind: &'a [u8],
    pub(super) symbol: &'a [u8],
    /// Of what the venue says of the connection.
    pub(super) text: &'a [u8],
    pub(super) status: &'a [u8],
    pub(super) ts: Option<TimestampNs>,
    pub(super) id: Option<u64>,
    pub(super) price: Option<Price>,
    pub(super) qty: Option<Qty>,
    pub(super) exchange: u8,
    pub(super) aggressor: Aggressor,
    pub(super) conditions: Option<Raw<'a>>,
    pub(super) tape: &'a [u8],
    pub(super) bid: Option<Price>,
    pub(super) bid_qty: Option<Qty>,
    pub(super) ask: Option<Price>,
    pub(super) ask_qty: Option<Qty>,
    /// Sides of a book, where they are not in `update`.
    pub(super) bids: Option<Raw<'a>>,
    pub(super) asks: Option<Raw<'a>>,
    pub(super) update: Option<Box<DepthUpdate>>,
    pub(super) is_whole: bool,
}

impl<'a> Item<'a> {
    /// Nothing yet.
    pub(super) const EMPTY: Self = Self {
        kind: b"",
        symbol: b"",
        text: b"",
        status: b"",
        ts: None,
        id: None,
        price: None,
        qty: None,
        exchange: 0,
        aggressor: Aggressor::Unknown,
        conditions: None,
        tape: b"",
        bid: None,
        bid_qty: None,
        ask: None,
        ask_qty: None,
        bids: None,
        asks: None,
        update: None,
        is_whole: false,
    };

    #[inline]
    pub(super) fn json(value: Value<'a>) -> Option<Self> {
        let mut item = Self::EMPTY;
        for field in value.fields()? {
            let (key, value) = field.ok()?;
            item.set(key, Raw::Json(value));
        }
        Some(item)
    }

    /// Reads the next of many into an empty one; levels of the venue's form are read where they stand.
    #[inline]
    pub(super) fn pack(&mut self, items: &mut Reader<'a>, out: &mut Output) -> Option<()> {
        for _ in 0..items.map()? {
            let Pack::Text(key) = items.usual()? else {
                items.value()?;
                continue;
            };
            if let b"b" | b"a" = key {
                let update = self.update.get_or_insert_with(|| out.depth());
                let (levels, side) = match key {
                    b"b" => (&mut update.bids, &mut self.bids),
                    _ => (&mut update.asks, &mut self.asks),
                };
                levels.clear();
                *side = None;
                let mut ahead = *items;
                if packed_levels(&mut ahead, levels).is_some() {
                    *items = ahead;
                    continue;
                }
                levels.clear();
                *side = Some(Raw::Pack(items.value()?));
            } else {
                self.set(key, Raw::Pack(items.usual()?));
            }
        }
        Some(())
    }

    /// Gives back the levels that were not said.
    #[inline]
    pub(super) fn recycle(&mut self, out: &mut Output) {
        if let Some(unsaid) = self.update.take() {
            out.recycle(unsaid);
        }
    }

    #[inline]
    fn set(&mut self, key: &[u8], value: Raw<'a>) {
        let text = || value.text().unwrap_or_default();
        match key {
            b"T" => self.kind = text(),
            b"S" => self.symbol = text(),
            b"msg" => self.text = text(),
            b"sc" => self.status = text(),
            b"t" => self.ts = value.time(),
            b"i" => self.id = value.id(),
            b"p" => self.price = value.price(),
            b"s" => self.qty = value.qty(),
            b"x" => self.exchange = text().first().copied().unwrap_or_default(),
            b"tks" => {
                self.aggressor = match text() {
                    b"B" => Aggressor::Buyer,
                    b"S" => Aggressor::Seller,
                    _ => Aggressor::Unknown,
                }
            }
            b"c" => self.conditions = Some(value),
            b"z" => self.tape = text(),
            b"bp" => self.bid = value.price(),
            b"bs" => self.bid_qty = value.qty(),
            b"ap" => self.ask = value.price(),
            b"as" => self.ask_qty = value.qty(),
            b"b" => self.bids = Some(value),
            b"a" => self.asks = Some(value),
            b"r" => self.is_whole = value.is_true(),
            _ => {}
        }
    }

    /// Whether a print's price is not of the market at its moment.
    pub(super) fn is_of_another_market(&self) -> bool {
        let is_listed_ab = matches!(self.tape, b"A" | b"B");
        self.conditions.is_some_and(|conditions| {
            conditions.any(|condition| match condition {
                // Bunched on tape C.
                b"B" => is_listed_ab,
                b"W" | b"C" | b"N" | b"R" | b"P" | b"U" | b"Z" | b"4" | b"7" | b"V" | b"H"
                | b"M" | b"Q" | b"9" => true,
                _ => false,
            })
        })
    }
}
