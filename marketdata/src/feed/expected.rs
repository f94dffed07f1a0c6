//! Reads a message in the very form in which its venue sends it: keys in their order, no spaces.
//!
//! What stands between two values is then one piece of text that is known beforehand, and comparing it costs less
//! than to find out what is there. Any other form is just as good JSON, if slower: at the first surprise the message
//! is read again by [`super::Reader`], which takes keys as they come. So nothing here may be understood in
//! another way than there.

#![expect(
    clippy::inline_always,
    reason = "a call for each of a hundred numbers of a message costs as much as to read them"
)]

use types::{Level, Price, Qty, TimestampNs};

use super::number;
use super::scan::{place_of, text_ends};

/// Goes through a message of a form that is known. `None` is the first surprise.
///
/// ```
/// # use marketdata::feed::Expected;
/// # fn read() -> Option<()> {
/// let mut message = Expected::new(br#"{"p":"0.5","q":"2","t":7}"#);
/// message.is(br#"{"p":""#)?;
/// let price = message.price()?;
/// message.is(br#"","q":""#)?;
/// let qty = message.qty()?;
/// message.is(br#"","t":"#)?;
/// assert_eq!(message.unsigned(), Some(7));
/// message.ends_with(b"}")?;
/// assert_eq!((price.to_string(), qty.to_string()), ("0.5".into(), "2".into()));
/// # Some(())
/// # }
/// # read().unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    rest: &'a [u8],
}

impl<'a> Expected<'a> {
    /// At the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Goes past this text; stays where it is if something else comes.
    #[inline(always)]
    pub fn is<const LEN: usize>(&mut self, text: &[u8; LEN]) -> Option<()> {
        let (found, rest) = self.rest.split_first_chunk::<LEN>()?;
        if found != text {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    /// What is left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether this text is all that is left.
    #[inline(always)]
    pub fn ends_with(&self, text: &[u8]) -> Option<()> {
        (self.rest == text).then_some(())
    }

    /// The text up to the next quote, and past that.
    #[inline(always)]
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let end = place_of(self.rest, text_ends)?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        // An escape ends it, too.
        self.rest = rest.strip_prefix(b"\"")?;
        Some(text)
    }

    /// A whole number; what follows it is next.
    #[inline(always)]
    pub fn unsigned(&mut self) -> Option<u64> {
        let (value, len) = number::leading_whole(self.rest)?;
        self.rest = self.rest.get(len..)?;
        Some(value)
    }

    /// Milliseconds since the Unix epoch; what follows them is next.
    #[inline(always)]
    pub fn timestamp_ms(&mut self) -> Option<TimestampNs> {
        self.unsigned()?.checked_mul(1_000_000).map(TimestampNs)
    }

    /// A price; what follows it is next.
    #[inline(always)]
    pub fn price(&mut self) -> Option<Price> {
        self.fixed(Price::DECIMALS).map(Price)
    }

    /// A quantity; what follows it is next.
    #[inline(always)]
    pub fn qty(&mut self) -> Option<Qty> {
        self.fixed(Qty::DECIMALS).map(Qty)
    }

    #[inline(always)]
    fn fixed(&mut self, decimals: u32) -> Option<i64> {
        let (value, len) = number::leading_fixed(self.rest, decimals)?;
        self.rest = self.rest.get(len..)?;
        Some(value)
    }

    /// `[["price","quantity"],...]`, where `tail` reads what comes between the digits of a quantity and the closing
    /// bracket of its level.
    #[inline(always)]
    pub fn levels(
        &mut self,
        into: &mut Vec<Level>,
        tail: impl Fn(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.list(|levels| {
            levels.is(b"[\"")?;
            let price = levels.price()?;
            levels.is(b"\",\"")?;
            let qty = levels.qty()?;
            tail(levels)?;
            levels.is(b"]")?;
            into.push(Level { price, qty });
            Some(())
        })
    }

    /// An array whose items `item` reads.
    #[inline(always)]
    pub fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.is(b"[")?;
        if self.is(b"]").is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.is(b",").is_none() {
                return self.is(b"]");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: &str, qty: &str) -> Level {
        Level {
            price: price.parse::<Price>().unwrap(),
            qty: qty.parse::<Qty>().unwrap(),
        }
    }

    #[test]
    fn what_is_expected_is_read() {
        let mut message =
            Expected::new(br#"{"s":"BTC","b":[["100.5","2"],["99","0.25"]],"a":[],"t":1700}"#);
        assert_eq!(message.is(b"{\"x"), None);
        assert_eq!(message.is(b"{\"s\":\""), Some(()));
        assert_eq!(message.text(), Some(&b"BTC"[..]));
        assert_eq!(message.is(b",\"b\":"), Some(()));
        let mut levels = Vec::new();
        let quote = |message: &mut Expected<'_>| message.is(b"\"");
        assert_eq!(message.levels(&mut levels, quote), Some(()));
        assert_eq!(levels, [level("100.5", "2"), level("99", "0.25")]);
        assert_eq!(message.is(b",\"a\":"), Some(()));
        assert_eq!(message.levels(&mut levels, quote), Some(()));
        assert_eq!(message.is(b",\"t\":"), Some(()));
        assert_eq!(message.timestamp_ms(), Some(TimestampNs(1_700_000_000)));
        assert_eq!(message.ends_with(b"}"), Some(()));
        assert_eq!(message.ends_with(b""), None);
    }

    #[test]
    fn surprises_are_told() {
        for text in [
            r#"[["1","2"]"#,
            r#"[["1","2"],]"#,
            r#"[["1","2"]["1","2"]]"#,
            r#"[["1", "2"]]"#,
            r#"[["1","2","3"]]"#,
            r#"[["1e3","2"]]"#,
            r#"[["-1","2"]]"#,
            r#"[["1",2]]"#,
            r#"[[1,"2"]]"#,
            r#"[["0.0000000001","2"]]"#,
            r#"[["99999999999","2"]]"#,
            "[",
            "",
        ] {
            let mut message = Expected::new(text.as_bytes());
            let read = message.levels(&mut Vec::new(), |message| message.is(b"\""));
            assert_eq!(read, None, "{text}");
        }
        assert_eq!(Expected::new(b"a\\\"b\"").text(), None);
        assert_eq!(Expected::new(b"ab").text(), None);
        assert_eq!(Expected::new(b"-1").unsigned(), None);
        assert_eq!(
            Expected::new(b"18446744073709.").timestamp_ms(),
            Some(TimestampNs(18_446_744_073_709_000_000))
        );
        assert_eq!(Expected::new(b"18446744073710,").timestamp_ms(), None);
    }
}
