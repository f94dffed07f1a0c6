//! Reads JSON as venues send it, front to back, borrowing everything and building nothing.
//!
//! A value that nobody asks for is skipped, not checked, but that strings have no bytes which JSON has in none: over
//! noise in a name that nobody asks for, the next of two levels would be taken for the rest of the first. Strings with
//! escapes are errors where they are keys or asked for: no venue writes a price or a symbol with one.

#![expect(
    clippy::inline_always,
    reason = "a call for each of a hundred numbers of a message costs as much as to read them"
)]

use types::{Price, Qty, TimestampNs};

use super::expected::Expected;
use super::number;

/// A value as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string without its quotes and without escapes.
    Text(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Literal(&'a [u8]),
    /// An object with its braces.
    Object(&'a [u8]),
    /// An array with its brackets.
    Array(&'a [u8]),
}

impl<'a> Value<'a> {
    /// A string, or a number: venues write prices as both.
    pub const fn scalar(self) -> Option<&'a [u8]> {
        match self {
            Self::Text(bytes) | Self::Literal(bytes) => Some(bytes),
            Self::Object(_) | Self::Array(_) => None,
        }
    }

    /// All of it: a string without its quotes, anything else as it stands.
    pub const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(bytes) | Self::Literal(bytes) | Self::Object(bytes) | Self::Array(bytes) => {
                bytes
            }
        }
    }

    /// To go through an object or array; any other value is neither to it.
    pub const fn reader(self) -> Reader<'a> {
        match self {
            Self::Object(bytes) | Self::Array(bytes) => Reader::new(bytes),
            Self::Text(_) | Self::Literal(_) => Reader::new(&[]),
        }
    }

    /// The fields of an object.
    pub fn fields(self) -> Option<Fields<'a>> {
        match self {
            Self::Object(bytes) => Fields::of(bytes),
            _ => None,
        }
    }

    /// The items of an array.
    pub fn items(self) -> Option<Items<'a>> {
        match self {
            Self::Array(bytes) => Items::of(bytes),
            _ => None,
        }
    }
}

/// Bytes that are not JSON as it is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the JSON that was expected")]
pub struct Unexpected;

/// Goes through JSON member by member, each byte once: who knows what comes next reads it where it stands.
///
/// ```
/// # use marketdata::feed::Reader;
/// let mut reader = Reader::new(br#"{"at":7,"sizes":[1,2]}"#);
/// let mut sizes = 0;
/// reader.object()?;
/// while let Some(key) = reader.key()? {
///     match key {
///         b"sizes" => {
///             reader.array()?;
///             while reader.item()? {
///                 sizes += reader.scalar()?.len();
///             }
///         }
///         _ => reader.skip()?,
///     }
/// }
/// assert_eq!(sizes, 2);
/// # Ok::<(), marketdata::feed::Unexpected>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// Right behind an opening bracket.
    is_first: bool,
}

impl<'a> Reader<'a> {
    /// At the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            is_first: false,
        }
    }

    /// The byte that the next value, key or bracket begins with.
    #[inline(always)]
    pub fn peek(&mut self) -> Option<u8> {
        match self.rest.first() {
            Some(&first) if first > b' ' => Some(first),
            _ => self.peek_past_spaces(),
        }
    }

    fn peek_past_spaces(&mut self) -> Option<u8> {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    #[inline(always)]
    fn enter(&mut self, open: u8) -> Result<(), Unexpected> {
        if self.peek() != Some(open) {
            return Err(Unexpected);
        }
        self.rest = &self.rest[1..];
        self.is_first = true;
        Ok(())
    }

    /// Goes into an object, to its first key.
    ///
    /// # Errors
    /// What comes is no object.
    #[inline(always)]
    pub fn object(&mut self) -> Result<(), Unexpected> {
        self.enter(b'{')
    }

    /// Goes into an array, to its first item.
    ///
    /// # Errors
    /// What comes is no array.
    #[inline(always)]
    pub fn array(&mut self) -> Result<(), Unexpected> {
        self.enter(b'[')
    }

    /// Goes to the next member; `false` and out of the brackets behind the last one.
    #[inline(always)]
    fn member(&mut self, close: u8) -> Result<bool, Unexpected> {
        let byte = self.peek().ok_or(Unexpected)?;
        let is_first = std::mem::take(&mut self.is_first);
        if byte == close {
            self.rest = &self.rest[1..];
            return Ok(false);
        }
        if is_first {
            return Ok(true);
        }
        if byte == b',' {
            self.rest = &self.rest[1..];
            return Ok(true);
        }
        Err(Unexpected)
    }

    /// The next key of the object; its value is next. `None` and out of the object behind the last one.
    ///
    /// # Errors
    /// What comes is neither.
    #[inline(always)]
    pub fn key(&mut self) -> Result<Option<&'a [u8]>, Unexpected> {
        if !self.member(b'}')? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(Unexpected);
        }
        let key = match self.rest {
            // Most venues write keys of one letter.
            [_, letter @ b' '..=b'~', b'"', rest @ ..] if !matches!(letter, b'"' | b'\\') => {
                self.rest = rest;
                std::slice::from_ref(letter)
            }
            _ => self.text()?,
        };
        if self.peek() != Some(b':') {
            return Err(Unexpected);
        }
        self.rest = &self.rest[1..];
        Ok(Some(key))
    }

    /// Whether the array has another item, which is next; if not, out of the array.
    ///
    /// # Errors
    /// What comes is neither.
    #[inline(always)]
    pub fn item(&mut self) -> Result<bool, Unexpected> {
        self.member(b']')
    }

    /// The next value.
    ///
    /// # Errors
    /// What comes is none.
    #[inline]
    pub fn value(&mut self) -> Result<Value<'a>, Unexpected> {
        match self.peek().ok_or(Unexpected)? {
            b'"' => self.text_or_escaped().map(Value::Text),
            b'{' => self.nested().map(Value::Object),
            b'[' => self.nested().map(Value::Array),
            _ => self.literal().map(Value::Literal),
        }
    }

    /// The next value, a string or a number.
    ///
    /// # Errors
    /// What comes is neither.
    #[inline(always)]
    pub fn scalar(&mut self) -> Result<&'a [u8], Unexpected> {
        match self.peek().ok_or(Unexpected)? {
            b'"' => self.text_or_escaped(),
            _ => self.literal(),
        }
    }

    /// The next value as a whole number, in quotes or not; `None` where it is another scalar.
    ///
    /// # Errors
    /// What comes is no scalar.
    #[inline(always)]
    pub fn unsigned(&mut self) -> Result<Option<u64>, Unexpected> {
        let digits = self.digits()?;
        if let Some((value, len)) = number::leading_whole(digits)
            && self.ends_behind(digits, len)
        {
            return Ok(Some(value));
        }
        Ok(number::unsigned(self.scalar()?).ok())
    }

    /// The next value as milliseconds since the Unix epoch, as [`Reader::unsigned`].
    ///
    /// # Errors
    /// What comes is no scalar.
    #[inline(always)]
    pub fn timestamp_ms(&mut self) -> Result<Option<TimestampNs>, Unexpected> {
        let ms = self.unsigned()?;
        Ok(ms.and_then(|ms| ms.checked_mul(1_000_000)).map(TimestampNs))
    }

    /// The next value as a price, in quotes or not; `None` where it is a scalar that is no such number.
    ///
    /// # Errors
    /// What comes is no scalar.
    #[inline(always)]
    pub fn price(&mut self) -> Result<Option<Price>, Unexpected> {
        match self.fixed(Price::DECIMALS)? {
            Some(value) => Ok(Some(Price(value))),
            None => Ok(number::price(self.scalar()?).ok()),
        }
    }

    /// The next value as a quantity, as [`Reader::price`].
    ///
    /// # Errors
    /// What comes is no scalar.
    #[inline(always)]
    pub fn qty(&mut self) -> Result<Option<Qty>, Unexpected> {
        match self.fixed(Qty::DECIMALS)? {
            Some(value) => Ok(Some(Qty(value))),
            None => Ok(number::qty(self.scalar()?).ok()),
        }
    }

    /// The next value in units of `10^-decimals`, if it is an ordinary number not below zero; else it is still next.
    #[inline(always)]
    fn fixed(&mut self, decimals: u32) -> Result<Option<i64>, Unexpected> {
        let text = self.digits()?;
        let Some((value, len)) = number::leading_fixed(text, decimals) else {
            return Ok(None);
        };
        Ok(self.ends_behind(text, len).then_some(value))
    }

    /// Where the digits of the next value would begin.
    #[inline(always)]
    fn digits(&mut self) -> Result<&'a [u8], Unexpected> {
        let is_text = self.peek().ok_or(Unexpected)? == b'"';
        Ok(&self.rest[usize::from(is_text)..])
    }

    /// Goes behind a scalar whose text has so many bytes, if it has no more.
    #[inline(always)]
    fn ends_behind(&mut self, text: &'a [u8], len: usize) -> bool {
        let is_text = text.len() < self.rest.len();
        match text.get(len) {
            Some(b'"') if is_text => self.rest = &text[len + 1..],
            Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') if !is_text => {
                self.rest = &text[len..];
            }
            _ => return false,
        }
        true
    }

    /// The next value in a form that is expected, as `read` does it; `None` is another form, and it is still next.
    #[inline(always)]
    pub fn expected<T>(&mut self, read: impl FnOnce(&mut Expected<'a>) -> Option<T>) -> Option<T> {
        let mut ahead = Expected::new(self.rest);
        let value = read(&mut ahead)?;
        self.rest = ahead.rest();
        Some(value)
    }

    /// Goes past the next value.
    ///
    /// # Errors
    /// What comes is none.
    #[inline]
    pub fn skip(&mut self) -> Result<(), Unexpected> {
        match self.peek() {
            Some(b'{' | b'[') => self.nested().map(|_| ()),
            _ => self.scalar().map(|_| ()),
        }
    }

    /// Goes past the items that are left, and out of the array.
    ///
    /// # Errors
    /// What comes are none.
    #[inline]
    pub fn skip_items(&mut self) -> Result<(), Unexpected> {
        while self.item()? {
            self.skip()?;
        }
        Ok(())
    }

    /// A number or name. One with a quote or bracket in it is none: where a byte is missing, the next key would be taken
    /// for its end.
    #[inline(always)]
    fn literal(&mut self) -> Result<&'a [u8], Unexpected> {
        let len = literal_len(self.rest, strict_literal_ends).ok_or(Unexpected)?;
        match self.rest[len] {
            b'"' | b'\\' | b'{' | b'[' => Err(Unexpected),
            _ => Ok(self.advance(len)),
        }
    }

    #[inline(always)]
    fn advance(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.rest.split_at(len);
        self.rest = rest;
        head
    }

    /// A string without escapes, the reader on its opening quote.
    #[inline(always)]
    fn text(&mut self) -> Result<&'a [u8], Unexpected> {
        let inside = &self.rest[1..];
        let end = place_of(inside, text_ends).ok_or(Unexpected)?;
        if inside[end] != b'"' {
            return Err(Unexpected);
        }
        self.rest = &inside[end + 1..];
        Ok(&inside[..end])
    }

    /// A string; one with escapes is given as it stands.
    #[inline(always)]
    fn text_or_escaped(&mut self) -> Result<&'a [u8], Unexpected> {
        let inside = &self.rest[1..];
        let end = place_of(inside, text_ends).ok_or(Unexpected)?;
        if inside[end] == b'"' {
            self.rest = &inside[end + 1..];
            return Ok(&inside[..end]);
        }
        self.escaped(end)
    }

    /// As [`Reader::text_or_escaped`] where the first byte inside that is no letter or digit of ASCII is `at`.
    #[cold]
    fn escaped(&mut self, mut at: usize) -> Result<&'a [u8], Unexpected> {
        let inside = &self.rest[1..];
        loop {
            at += match inside[at] {
                b'"' => break,
                // The character that is escaped, too.
                b'\\' => 2,
                0x80.. => 1,
                _ => return Err(Unexpected),
            };
            let left = inside.get(at..).ok_or(Unexpected)?;
            at += place_of(left, text_ends).ok_or(Unexpected)?;
        }
        let text = &inside[..at];
        if std::str::from_utf8(text).is_err() {
            return Err(Unexpected);
        }
        self.rest = &inside[at + 1..];
        Ok(text)
    }

    /// An object or array as it stands, the reader on its opening bracket.
    fn nested(&mut self) -> Result<&'a [u8], Unexpected> {
        let mut depth = 0_u32;
        let mut at = 0;
        while let Some(&byte) = self.rest.get(at) {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(self.advance(at + 1));
                    }
                }
                b'"' => {
                    let mut inside = Self::new(&self.rest[at..]);
                    at += inside.text_or_escaped()?.len() + 1;
                }
                _ => {}
            }
            at += 1;
        }
        Err(Unexpected)
    }
}

/// Eight bytes of a value, each compared with one.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of every byte that is zero; above the first such byte also of others (Mycroft's test, in
/// Warren, "Hacker's Delight", 2nd edition, section 6-1).
#[inline(always)]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(each(1)) & !word & each(0x80)
}

/// Where a string ends, or has an escape, a byte that is not ASCII, or a control character, which JSON has in none (RFC
/// 8259, section 7).
#[inline(always)]
pub(super) const fn text_ends(word: u64) -> u64 {
    let control = word.wrapping_sub(each(b' ')) & !word & each(0x80);
    zeros(word ^ each(b'"')) | zeros(word ^ each(b'\\')) | control | (word & each(0x80))
}

/// Where a number or name ends: a comma, a closing bracket of either kind, a space or below.
#[inline(always)]
const fn literal_ends(word: u64) -> u64 {
    let below = word.wrapping_sub(each(b' ' + 1)) & !word & each(0x80);
    // The two brackets differ in one bit.
    zeros(word ^ each(b',')) | zeros((word | each(0x20)) ^ each(b'}')) | below
}

/// Where a number or name ends, or something stands in it that is in none.
#[inline(always)]
pub(super) const fn strict_literal_ends(word: u64) -> u64 {
    literal_ends(word) | text_ends(word) | zeros((word | each(0x20)) ^ each(b'{'))
}

/// Bytes of the number or name that a text begins with and that `ends` marks the end of.
#[inline(always)]
pub(super) fn literal_len(text: &[u8], ends: impl Fn(u64) -> u64) -> Option<usize> {
    match text.first()? {
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => place_of(text, ends),
        _ => None,
    }
}

/// The place of the first byte that `ends` marks. Eight at a time: strings and numbers of feeds are short.
#[inline(always)]
pub(super) fn place_of(bytes: &[u8], ends: impl Fn(u64) -> u64) -> Option<usize> {
    let mut at = 0;
    let mut left = bytes;
    while let Some((eight, rest)) = left.split_first_chunk::<8>() {
        let found = ends(u64::from_le_bytes(*eight));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
        left = rest;
    }
    // What follows the last bytes may be marked, too.
    let place = (ends(number::few_bytes(left)).trailing_zeros() / 8) as usize;
    (place < left.len()).then_some(at + place)
}

/// The fields of an object, in their order.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    reader: Reader<'a>,
    /// Behind the closing bracket, or behind an error.
    is_done: bool,
}

impl<'a> Fields<'a> {
    /// The fields of the object that `bytes` are.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.object().ok()?;
        Some(Self {
            reader,
            is_done: false,
        })
    }

    /// The value of a field, if the object has it.
    ///
    /// # Errors
    /// The bytes before it are not an object's.
    pub fn get(mut self, name: &[u8]) -> Result<Option<Value<'a>>, Unexpected> {
        self.find(|field| field.map_or(true, |(key, _)| key == name))
            .transpose()
            .map(|field| field.map(|(_, value)| value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(&'a [u8], Value<'a>), Unexpected>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let field = match self.reader.key() {
            Ok(Some(key)) => self.reader.value().map(|value| Some((key, value))),
            end => end.map(|_| None),
        };
        self.is_done = !matches!(field, Ok(Some(_)));
        field.transpose()
    }
}

/// The items of an array, in their order.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    reader: Reader<'a>,
    /// Behind the closing bracket, or behind an error.
    is_done: bool,
}

impl<'a> Items<'a> {
    /// The items of the array that `bytes` are.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.array().ok()?;
        Some(Self {
            reader,
            is_done: false,
        })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Value<'a>, Unexpected>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let item = match self.reader.item() {
            Ok(true) => self.reader.value().map(Some),
            end => end.map(|_| None),
        };
        self.is_done = !matches!(item, Ok(Some(_)));
        item.transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(text: &str) -> Result<Vec<(&[u8], Value<'_>)>, Unexpected> {
        Fields::of(text.as_bytes()).ok_or(Unexpected)?.collect()
    }

    #[test]
    fn fields_come_in_their_order() {
        let text = r#" { "s":"BTC\"" , "p" : -1.5e3,"m":false, "a":[["1","2"],{"x":"]"}] ,"o":{}}"#;
        assert_eq!(
            fields(text).unwrap(),
            [
                (&b"s"[..], Value::Text(br#"BTC\""#)),
                (b"p", Value::Literal(b"-1.5e3")),
                (b"m", Value::Literal(b"false")),
                (b"a", Value::Array(br#"[["1","2"],{"x":"]"}]"#)),
                (b"o", Value::Object(b"{}")),
            ]
        );
        let found = Fields::of(text.as_bytes()).unwrap().get(b"m");
        assert_eq!(found, Ok(Some(Value::Literal(b"false"))));
        let found = Fields::of(text.as_bytes()).unwrap().get(b"none");
        assert_eq!(found, Ok(None));
        assert_eq!(fields("{}").unwrap(), []);
    }

    #[test]
    fn items_come_in_their_order() {
        let items: Result<Vec<_>, _> = Items::of(br#"["1", 2,[3]]"#).unwrap().collect();
        assert_eq!(
            items.unwrap(),
            [
                Value::Text(b"1"),
                Value::Literal(b"2"),
                Value::Array(b"[3]")
            ]
        );
    }

    #[test]
    fn ends_are_found_eight_bytes_at_a_time_as_one_by_one() {
        for (ends, is_end) in [
            (
                text_ends as fn(u64) -> u64,
                (|byte| matches!(byte, b'"' | b'\\' | ..b' ' | 0x80..)) as fn(u8) -> bool,
            ),
            (literal_ends, |byte| {
                matches!(byte, b',' | b'}' | b']' | 0..=b' ')
            }),
            (strict_literal_ends, |byte| {
                matches!(
                    byte,
                    b',' | b'}' | b']' | b'{' | b'[' | b'"' | b'\\' | 0..=b' ' | 0x80..
                )
            }),
        ] {
            for len in 0..20 {
                for place in 0..len {
                    for byte in 0..=u8::MAX {
                        let mut bytes = [b'7'; 20];
                        bytes[place] = byte;
                        let bytes = &bytes[..len];
                        let expected = bytes.iter().position(|&byte| is_end(byte));
                        assert_eq!(place_of(bytes, ends), expected, "{bytes:?}");
                    }
                }
            }
        }
    }

    /// A control character, or what is not UTF-8, in a key, a string that is asked for, and one that is not; letters of
    /// other alphabets are good where they are no key.
    #[test]
    fn noise_is_in_no_string() {
        for noise in [&b"\x01"[..], b"\x1f", b"\xff", b"\xc3", b"\n"] {
            let [mut key, mut letter, mut value] =
                [&b"{\"a"[..], b"{\"", b"{\"a\":\"b"].map(<[u8]>::to_vec);
            for (text, end) in [
                (&mut key, &b"\":1}"[..]),
                (&mut letter, b"\":1}"),
                (&mut value, b"c\"}"),
            ] {
                text.extend(noise);
                text.extend(end);
                let fields: Result<Vec<_>, _> = Fields::of(text).unwrap().collect();
                assert_eq!(fields, Err(Unexpected), "{}", text.escape_ascii());
            }
            assert_eq!(Reader::new(&value).skip(), Err(Unexpected));
        }
        let text = r#"{"a":"über \" 東京"}"#;
        let value = Value::Text(r#"über \" 東京"#.as_bytes());
        assert_eq!(fields(text), Ok(vec![(&b"a"[..], value)]));
        assert_eq!(fields(r#"{"ü":1}"#), Err(Unexpected));
    }

    #[test]
    fn a_reader_goes_in_and_out() {
        let mut reader = Reader::new(br#"{"a":[[1,"x"],[]],"b":{"c":null},"d":2}"#);
        reader.object().unwrap();
        assert_eq!(reader.key(), Ok(Some(&b"a"[..])));
        assert_eq!(reader.clone().scalar(), Err(Unexpected));
        reader.array().unwrap();
        assert_eq!(reader.item(), Ok(true));
        reader.array().unwrap();
        assert_eq!(reader.item(), Ok(true));
        assert_eq!(reader.scalar(), Ok(&b"1"[..]));
        reader.skip_items().unwrap();
        assert_eq!(reader.item(), Ok(true));
        reader.array().unwrap();
        assert_eq!(reader.item(), Ok(false));
        assert_eq!(reader.item(), Ok(false));
        assert_eq!(reader.key(), Ok(Some(&b"b"[..])));
        reader.skip().unwrap();
        assert_eq!(reader.key(), Ok(Some(&b"d"[..])));
        assert_eq!(reader.value(), Ok(Value::Literal(b"2")));
        assert_eq!(reader.key(), Ok(None));
        assert_eq!(reader.peek(), None);
    }

    proptest! {
        #[test]
        fn numbers_are_read_where_they_stand(text in "-?[0-9]{0,22}(\\.[0-9]{0,12})?([eE][+-]?[0-9]{1,2})?|null|[0-9.x]{1,5}", is_text in any::<bool>()) {
            let value = if is_text { format!("\"{text}\"") } else { text.clone() };
            let array = format!("[{value} ,7]");
            let at = || {
                let mut reader = Reader::new(array.as_bytes());
                reader.array().unwrap();
                reader.item().unwrap();
                reader
            };
            let scalar = at().scalar();
            let text = scalar.unwrap_or_default();
            let reads = |(read, reader): (bool, Reader<'_>)| {
                let (mut found, mut expected) = (reader, at());
                let is_scalar = expected.scalar().is_ok();
                read == is_scalar && (!is_scalar || found.item() == expected.item() && found.scalar() == expected.scalar())
            };
            let mut reader = at();
            let price = reader.price();
            prop_assert_eq!(price, scalar.map(|_| number::price(text).ok()));
            prop_assert!(reads((price.is_ok(), reader)));
            let mut reader = at();
            let qty = reader.qty();
            prop_assert_eq!(qty, scalar.map(|_| number::qty(text).ok()));
            prop_assert!(reads((qty.is_ok(), reader)));
            let mut reader = at();
            let whole = reader.unsigned();
            prop_assert_eq!(whole, scalar.map(|_| number::unsigned(text).ok()));
            prop_assert!(reads((whole.is_ok(), reader)));
        }
    }

    #[test]
    fn what_is_cut_off_or_broken_is_an_error() {
        let whole = r#"{"s":"B","a":[["1","2"]],"n":1}"#;
        assert_eq!(fields(whole).unwrap().len(), 3);
        for end in 0..whole.len() {
            assert_eq!(fields(&whole[..end]), Err(Unexpected), "{}", &whole[..end]);
        }
        for broken in [
            "[]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1 \"b\":2}",
            "{a:1}",
            "{\"a\\n\":1}",
            "{\"a\":x}",
            "{\"a\":1b\":2}",
            "{\"a\":1{\"b\":2}",
            "{\"a\":1[,\"b\":2}",
            "{\"a\":1\\,\"b\":2}",
            "{,}",
        ] {
            assert_eq!(fields(broken), Err(Unexpected), "{broken}");
        }
    }
}
