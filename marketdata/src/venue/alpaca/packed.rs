//! Alpaca's messages in `MessagePack`, read.

use types::{Level, Price, Qty, TimestampNs};

use super::message::{Conditions, Item, aggressor};
use super::msgpack::{Decimal, Pack, Reader};
use crate::feed::{self, Output};

impl<'a> Item<'a> {
    /// Reads the next of many into an empty one; levels of the venue's form are read where they stand.
    #[inline]
    pub(super) fn pack(&mut self, items: &mut Reader<'a>, out: &mut Output) -> Option<()> {
        let mut listed = Pack::Other;
        for _ in 0..items.map()? {
            // All of the venue's keys are texts: another is noise, behind which a field may be missing.
            let Pack::Text(key) = items.usual()? else {
                return None;
            };
            if let b"b" | b"a" = key {
                let (levels, is_bad) = self.side(key == b"b", out);
                let mut ahead = *items;
                if usual_levels(&mut ahead, levels).is_some() {
                    *items = ahead;
                    continue;
                }
                levels.clear();
                *is_bad = self::levels(items.value()?, levels).is_none();
            } else if key == b"c" {
                listed = items.usual()?;
            } else {
                self.set(key, items.usual()?);
            }
        }
        // Nothing is asked of those of a quote.
        if self.kind == b"t" {
            self.conditions = conditions(listed);
        }
        Some(())
    }

    #[inline]
    fn set(&mut self, key: &[u8], value: Pack<'a>) {
        match key {
            b"T" => self.kind = text(value),
            b"S" => self.symbol = text(value),
            b"msg" => self.text = text(value),
            b"sc" => self.status = text(value),
            b"t" => self.ts = time(value),
            b"i" => self.id = id(value),
            b"p" => self.price = price(value),
            b"s" => self.qty = qty(value),
            b"x" => self.exchange = text(value).first().copied().unwrap_or_default(),
            b"tks" => self.aggressor = aggressor(text(value)),
            b"z" => self.tape = text(value),
            b"bp" => self.bid = price(value),
            b"bs" => self.bid_qty = qty(value),
            b"ap" => self.ask = price(value),
            b"as" => self.ask_qty = qty(value),
            b"r" => self.is_whole = value == Pack::Bool(true),
            _ => {}
        }
    }
}

#[inline]
fn text(value: Pack<'_>) -> &[u8] {
    match value {
        Pack::Text(text) => text,
        _ => b"",
    }
}

#[inline]
fn price(value: Pack<'_>) -> Option<Price> {
    Decimal::short(value, Price::DECIMALS)
        .map(Price)
        .or_else(|| feed::price(Decimal::of(value)?.text()).ok())
}

#[inline]
fn qty(value: Pack<'_>) -> Option<Qty> {
    Decimal::short(value, Qty::DECIMALS)
        .filter(|&qty| qty >= 0)
        .map(Qty)
        .or_else(|| feed::qty(Decimal::of(value)?.text()).ok())
}

#[inline]
const fn id(value: Pack<'_>) -> Option<u64> {
    match value {
        Pack::Unsigned(id) => Some(id),
        _ => None,
    }
}

#[inline]
fn time(value: Pack<'_>) -> Option<TimestampNs> {
    match value {
        Pack::Time(ts) => Some(ts),
        other => feed::timestamp_rfc3339(text(other)).ok(),
    }
}

/// The texts of an array.
#[inline]
fn conditions(value: Pack<'_>) -> Conditions {
    let mut conditions = Conditions::NONE;
    if let Pack::Array(mut items) = value {
        while let Some(item) = items.usual() {
            conditions.add(text(item));
        }
    }
    conditions
}

/// Levels as the venue packs them: maps of `p` and `s`.
#[inline]
fn usual_levels(items: &mut Reader<'_>, into: &mut Vec<Level>) -> Option<()> {
    for _ in 0..items.array()? {
        items.is(&[0x82, 0xa1, b'p'])?;
        let price = price(items.usual()?)?;
        items.is(&[0xa1, b's'])?;
        let qty = qty(items.usual()?)?;
        into.push(Level { price, qty });
    }
    Some(())
}

/// Levels in any form; nil is none.
fn levels(value: Pack<'_>, into: &mut Vec<Level>) -> Option<()> {
    let mut items = match value {
        Pack::Other => return Some(()),
        Pack::Array(items) => items,
        _ => return None,
    };
    while !items.is_empty() {
        let Pack::Map(mut fields) = items.value()? else {
            return None;
        };
        let (mut at, mut size) = (None, None);
        while !fields.is_empty() {
            match (fields.value()?, fields.value()?) {
                (Pack::Text(b"p"), value) => at = price(value),
                (Pack::Text(b"s"), value) => size = qty(value),
                (Pack::Text(_), _) => {}
                _ => return None,
            }
        }
        into.push(Level {
            price: at?,
            qty: size?,
        });
    }
    Some(())
}
