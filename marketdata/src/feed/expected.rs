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
use super::scan::{literal_len, place_of, strict_literal_ends, text_ends};
use super::time::leading_rfc3339;

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

    /// A number or name, of which nothing is asked, and past it. One with a quote or bracket in it is none to whoever
    /// skips what is around it, so that it is none here.
    #[inline(always)]
    pub fn literal(&mut self) -> Option<()> {
        let len = literal_len(self.rest, strict_literal_ends)?;
        self.rest = self.rest.get(len..)?;
        Some(())
    }

    /// A whole number; what follows it is next.
    #[inline(always)]
    pub fn unsigned(&mut self) -> Option<u64> {
        let read = number::leading_whole(self.rest);
        let (value, len) = read.or_else(|| number::leading_long(self.rest))?;
        self.rest = self.rest.get(len..)?;
        Some(value)
    }

    /// Milliseconds since the Unix epoch; what follows them is next.
    #[inline(always)]
    pub fn timestamp_ms(&mut self) -> Option<TimestampNs> {
        if let Some(ms) = number::leading_millis(self.rest) {
            self.rest = self.rest.get(number::MILLIS_LEN..)?;
            return Some(TimestampNs(ms * 1_000_000));
        }
        self.unsigned()?.checked_mul(1_000_000).map(TimestampNs)
    }

    /// A time as RFC 3339 writes it; what follows it is next.
    #[inline(always)]
    pub fn rfc3339(&mut self) -> Option<TimestampNs> {
        let (time, len) = leading_rfc3339(self.rest)?;
        self.rest = self.rest.get(len..)?;
        Some(time)
    }

    /// A price; what follows it is next.
    #[inline(always)]
    pub fn price(&mut self) -> Option<Price> {
        self.price_written().map(|(price, _)| price)
    }

    /// A price, and how many decimals it is written with; what follows it is next.
    #[inline(always)]
    pub fn price_written(&mut self) -> Option<(Price, usize)> {
        let (value, decimals) = self.fixed(Price::DECIMALS)?;
        Some((Price(value), decimals))
    }

    /// A quantity; what follows it is next.
    #[inline(always)]
    pub fn qty(&mut self) -> Option<Qty> {
        self.qty_written().map(|(qty, _)| qty)
    }

    /// A quantity, and how many decimals it is written with; what follows it is next.
    #[inline(always)]
    pub fn qty_written(&mut self) -> Option<(Qty, usize)> {
        let (value, decimals) = self.fixed(Qty::DECIMALS)?;
        Some((Qty(value), decimals))
    }

    #[inline(always)]
    fn fixed(&mut self, decimals: u32) -> Option<(i64, usize)> {
        let (value, len, places) = number::leading_written(self.rest, decimals)?;
        self.rest = self.rest.get(len..)?;
        Some((value, places))
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
            into.push(levels.level(&tail)?);
            Some(())
        })
    }

    /// As [`Expected::levels`] of a side that has the best one alone.
    #[inline(always)]
    pub fn best(&mut self, tail: impl Fn(&mut Self) -> Option<()>) -> Option<Level> {
        self.is(b"[")?;
        let best = self.level(tail)?;
        self.is(b"]")?;
        Some(best)
    }

    #[inline(always)]
    fn level(&mut self, tail: impl Fn(&mut Self) -> Option<()>) -> Option<Level> {
        self.is(b"[\"")?;
        let price = self.price()?;
        self.is(b"\",\"")?;
        let qty = self.qty()?;
        tail(self)?;
        self.is(b"]")?;
        Some(Level { price, qty })
    }

    /// The items of an array, from the first one on, as `item` reads them; behind them nothing but `end` is left. All of
    /// them are read before the first is given, so that nothing is said of a message that turns out to be another.
    #[inline(always)]
    pub fn items<T>(
        mut self,
        item: impl Fn(&mut Self) -> Option<T>,
        end: &[u8],
    ) -> Option<impl Iterator<Item = T>> {
        let mut first = Some(item(&mut self)?);
        let mut others = self.clone();
        while self.is(b",").is_some() {
            item(&mut self)?;
        }
        self.ends_with(end)?;
        Some(std::iter::from_fn(move || {
            first.take().or_else(|| {
                others.is(b",")?;
                item(&mut others)
            })
        }))
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
    fn what_is_skipped_and_written_is_told() {
        let mut message = Expected::new(br#"-1.5e3,"t":2023-10-06T17:35:55.440295Z","p":45281.0}"#);
        assert_eq!(message.literal(), Some(()));
        assert_eq!(message.is(b",\"t\":"), Some(()));
        let time = TimestampNs(1_696_613_755_440_295_000);
        assert_eq!(message.rfc3339(), Some(time));
        assert_eq!(message.is(b"\",\"p\":"), Some(()));
        let price = "45281".parse().unwrap();
        assert_eq!(message.price_written(), Some((price, 1)));
        assert_eq!(message.ends_with(b"}"), Some(()));
    }

    #[test]
    fn no_item_is_given_before_all_have_been_read() {
        let items = |text: &'static [u8]| {
            let items = Expected::new(text).items(Expected::unsigned, b"]}");
            items.map(Iterator::collect::<Vec<_>>)
        };
        assert_eq!(items(b"7]}"), Some(vec![7]));
        assert_eq!(items(b"7,8,9]}"), Some(vec![7, 8, 9]));
        for text in [&b"]}"[..], b"7,8]", b"7,8]} ", b"7,,8]}", b"7,x]}", b"7,]}"] {
            assert_eq!(items(text), None);
        }
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
        let nineteen = Expected::new(b"9999999999999999999,").unsigned();
        assert_eq!(nineteen, Some(9_999_999_999_999_999_999));
        assert_eq!(Expected::new(b"10000000000000000000,").unsigned(), None);
        assert_eq!(Expected::new(b"x,").literal(), None);
        assert_eq!(Expected::new(b"-1.5e3").literal(), None);
        let mut quoted = Expected::new(b"7e_x\":1,");
        assert_eq!(quoted.literal(), Some(()));
        assert_eq!(quoted.is(b","), None);
        assert_eq!(Expected::new(b"2023-10-06T17:35:55").rfc3339(), None);
    }
}
