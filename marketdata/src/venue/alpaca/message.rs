//! What Alpaca's messages are made of, whatever the encoding, and what the venue is told.

use types::{Aggressor, DepthUpdate, Level, Price, Qty, Quote, TimestampNs, Trade};

use super::Encoding;
use super::msgpack::{self, Kind};
use crate::feed::{Output, quoted};

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

/// What an item says of a symbol.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said<'a> {
    pub(super) symbol: &'a [u8],
    pub(super) ts: TimestampNs,
    pub(super) told: Told,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    Quote(Quote),
    Trade {
        trade: Trade,
        id: u64,
        is_of_another_market: bool,
    },
    Book {
        update: Box<DepthUpdate>,
        is_whole: bool,
    },
}

impl Said<'_> {
    /// Gives back the levels of what is said to nobody.
    pub(super) fn recycle(self, out: &mut Output) {
        if let Told::Book { update, .. } = self.told {
            out.recycle(update);
        }
    }
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
    pub(super) conditions: Conditions,
    pub(super) tape: &'a [u8],
    pub(super) bid: Option<Price>,
    pub(super) bid_qty: Option<Qty>,
    pub(super) ask: Option<Price>,
    pub(super) ask_qty: Option<Qty>,
    /// The sides of a book that could be read.
    update: Option<Box<DepthUpdate>>,
    has_bad_bids: bool,
    has_bad_asks: bool,
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
        conditions: Conditions::NONE,
        tape: b"",
        bid: None,
        bid_qty: None,
        ask: None,
        ask_qty: None,
        update: None,
        has_bad_bids: false,
        has_bad_asks: false,
        is_whole: false,
    };

    /// A side of a book, without levels, and whether it is one that cannot be read.
    #[inline]
    pub(super) fn side(&mut self, is_bid: bool, out: &mut Output) -> (&mut Vec<Level>, &mut bool) {
        let update = self.update.get_or_insert_with(|| out.depth());
        let (levels, is_bad) = if is_bid {
            (&mut update.bids, &mut self.has_bad_bids)
        } else {
            (&mut update.asks, &mut self.has_bad_asks)
        };
        levels.clear();
        *is_bad = false;
        (levels, is_bad)
    }

    /// Gives back the levels that were not said.
    #[inline]
    pub(super) fn recycle(&mut self, out: &mut Output) {
        if let Some(unsaid) = self.update.take() {
            out.recycle(unsaid);
        }
    }

    /// What it says, as a quote, a trade or a book; or what is not there.
    #[inline]
    pub(super) fn said(
        &mut self,
        size_unit: i64,
        out: &mut Output,
    ) -> Result<Said<'a>, &'static str> {
        let (ts, told) = match self.kind {
            b"q" => self.quote(size_unit)?,
            b"t" => self.trade()?,
            _ => self.book(out)?,
        };
        Ok(Said {
            symbol: self.symbol,
            ts,
            told,
        })
    }

    #[inline]
    fn quote(&self, size_unit: i64) -> Result<(TimestampNs, Told), &'static str> {
        let size = |qty: Option<Qty>| qty?.0.checked_mul(size_unit).map(Qty);
        let quote = Quote {
            bid: self.bid.ok_or("bp")?,
            bid_qty: size(self.bid_qty).ok_or("bs")?,
            ask: self.ask.ok_or("ap")?,
            ask_qty: size(self.ask_qty).ok_or("as")?,
        };
        Ok((self.ts.ok_or("t")?, Told::Quote(quote)))
    }

    #[inline]
    fn trade(&self) -> Result<(TimestampNs, Told), &'static str> {
        let trade = Trade {
            price: self.price.ok_or("p")?,
            qty: self.qty.ok_or("s")?,
            aggressor: self.aggressor,
        };
        let ts = self.ts.ok_or("t")?;
        let told = Told::Trade {
            trade,
            id: id_of(self.id.ok_or("i")?, self.exchange),
            is_of_another_market: self.conditions.are_of_another_market(self.tape),
        };
        Ok((ts, told))
    }

    #[inline]
    fn book(&mut self, out: &mut Output) -> Result<(TimestampNs, Told), &'static str> {
        let ts = self.ts.ok_or("t")?;
        if self.has_bad_bids {
            return Err("b");
        }
        if self.has_bad_asks {
            return Err("a");
        }
        let told = Told::Book {
            update: self.update.take().unwrap_or_else(|| out.depth()),
            is_whole: self.is_whole,
        };
        Ok((ts, told))
    }
}

/// Ids are of an exchange.
#[inline]
pub(super) const fn id_of(id: u64, exchange: u8) -> u64 {
    id ^ (exchange as u64) << 56
}

/// Whose order it was that took the other.
pub(super) const fn aggressor(side: &[u8]) -> Aggressor {
    match side {
        b"B" => Aggressor::Buyer,
        b"S" => Aggressor::Seller,
        _ => Aggressor::Unknown,
    }
}

/// The conditions of a print, as far as they say that its price is not of the market at its moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions {
    is_another: bool,
    /// Averaged on tapes A and B, bunched on tape C.
    is_averaged: bool,
}

impl Conditions {
    pub(super) const NONE: Self = Self {
        is_another: false,
        is_averaged: false,
    };

    #[inline]
    pub(super) const fn add(&mut self, condition: &[u8]) {
        match condition {
            b"B" => self.is_averaged = true,
            b"W" | b"C" | b"N" | b"R" | b"P" | b"U" | b"Z" | b"4" | b"7" | b"V" | b"H" | b"M"
            | b"Q" | b"9" => self.is_another = true,
            _ => {}
        }
    }

    #[inline]
    pub(super) const fn are_of_another_market(self, tape: &[u8]) -> bool {
        self.is_another || (self.is_averaged && matches!(tape, b"A" | b"B"))
    }
}
