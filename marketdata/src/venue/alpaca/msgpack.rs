//! Reads `MessagePack` <https://github.com/msgpack/msgpack/blob/master/spec.md> front to back, borrowing everything
//! and building nothing.

use std::fmt::{self, Write as _};

use types::TimestampNs;

/// A value as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pack<'a> {
    /// Nil, binary, or an extension that is no time.
    Other,
    Bool(bool),
    Unsigned(u64),
    /// A whole number below zero.
    Negative(i64),
    Float(f64),
    Text(&'a [u8]),
    Time(TimestampNs),
    /// Items, one after the other.
    Array(Reader<'a>),
    /// Keys and values in turn.
    Map(Reader<'a>),
}

/// Values one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// What stands before a value's bytes.
enum Head {
    Done,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Float(f64),
    Text(usize),
    Binary(usize),
    Extension(usize),
    Array(usize),
    Map(usize),
}

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether nothing is left.
    pub(super) const fn is_empty(self) -> bool {
        self.rest.is_empty()
    }

    /// The next value; `None` where there is none, or one that is cut off.
    #[inline]
    pub(super) fn value(&mut self) -> Option<Pack<'a>> {
        Some(match self.head()? {
            Head::Done => Pack::Other,
            Head::Bool(value) => Pack::Bool(value),
            Head::Unsigned(value) => Pack::Unsigned(value),
            Head::Negative(value) => Pack::Negative(value),
            Head::Float(value) => Pack::Float(value),
            Head::Text(len) => Pack::Text(self.take(len)?),
            Head::Binary(len) => {
                self.take(len)?;
                Pack::Other
            }
            Head::Extension(len) => {
                let kind = self.byte()?;
                let bytes = self.take(len)?;
                // Minus one is a time.
                if kind == 0xff {
                    Pack::Time(time(bytes)?)
                } else {
                    Pack::Other
                }
            }
            Head::Array(count) => Pack::Array(self.nested(count)?),
            Head::Map(count) => Pack::Map(self.nested(count.checked_mul(2)?)?),
        })
    }

    /// Goes into an array, to its first item; how many it has.
    #[inline]
    pub(super) fn array(&mut self) -> Option<usize> {
        match self.head()? {
            Head::Array(count) => Some(count),
            _ => None,
        }
    }

    /// Goes into a map, to its first key; how many it has.
    #[inline]
    pub(super) fn map(&mut self) -> Option<usize> {
        match self.head()? {
            Head::Map(count) => Some(count),
            _ => None,
        }
    }

    /// Goes past these bytes; stays where it is if others come.
    #[inline]
    pub(super) fn is<const LEN: usize>(&mut self, bytes: &[u8; LEN]) -> Option<()> {
        let (found, rest) = self.rest.split_first_chunk::<LEN>()?;
        if found != bytes {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    /// The next value, with as little ado as can be where it is a float, a short text or a time of eight bytes.
    #[inline]
    pub(super) fn usual(&mut self) -> Option<Pack<'a>> {
        let (value, rest) = match self.rest {
            [0xcb, rest @ ..] => {
                let (bytes, rest) = rest.split_first_chunk()?;
                (Pack::Float(f64::from_be_bytes(*bytes)), rest)
            }
            [head @ 0xa0..=0xbf, rest @ ..] => {
                let (text, rest) = rest.split_at_checked((head & 0x1f).into())?;
                (Pack::Text(text), rest)
            }
            [0xd7, 0xff, rest @ ..] => {
                let (bytes, rest) = rest.split_first_chunk()?;
                (Pack::Time(short_time(*bytes)?), rest)
            }
            _ => return self.value(),
        };
        self.rest = rest;
        Some(value)
    }

    /// So many values, skipped and given as they stand.
    fn nested(&mut self, count: usize) -> Option<Self> {
        let start = self.rest;
        let mut left = count;
        while left > 0 {
            left -= 1;
            let inside = match self.head()? {
                Head::Text(len) | Head::Binary(len) => {
                    self.take(len)?;
                    0
                }
                Head::Extension(len) => {
                    self.take(len.checked_add(1)?)?;
                    0
                }
                Head::Array(count) => count,
                Head::Map(count) => count.checked_mul(2)?,
                _ => 0,
            };
            left = left.checked_add(inside)?;
        }
        Some(Self::of(&start[..start.len() - self.rest.len()]))
    }

    #[inline]
    fn head(&mut self) -> Option<Head> {
        Some(match self.byte()? {
            byte @ 0x00..=0x7f => Head::Unsigned(byte.into()),
            byte @ 0x80..=0x8f => Head::Map((byte & 0x0f).into()),
            byte @ 0x90..=0x9f => Head::Array((byte & 0x0f).into()),
            byte @ 0xa0..=0xbf => Head::Text((byte & 0x1f).into()),
            0xc0 => Head::Done,
            0xc1 => return None,
            0xc2 => Head::Bool(false),
            0xc3 => Head::Bool(true),
            byte @ 0xc4..=0xc6 => Head::Binary(self.len(byte - 0xc4)?),
            byte @ 0xc7..=0xc9 => Head::Extension(self.len(byte - 0xc7)?),
            0xca => Head::Float(f32::from_be_bytes(self.bytes()?).into()),
            0xcb => Head::Float(f64::from_be_bytes(self.bytes()?)),
            0xcc => Head::Unsigned(self.byte()?.into()),
            0xcd => Head::Unsigned(u16::from_be_bytes(self.bytes()?).into()),
            0xce => Head::Unsigned(u32::from_be_bytes(self.bytes()?).into()),
            0xcf => Head::Unsigned(u64::from_be_bytes(self.bytes()?)),
            0xd0 => signed(i8::from_be_bytes(self.bytes()?).into()),
            0xd1 => signed(i16::from_be_bytes(self.bytes()?).into()),
            0xd2 => signed(i32::from_be_bytes(self.bytes()?).into()),
            0xd3 => signed(i64::from_be_bytes(self.bytes()?)),
            byte @ 0xd4..=0xd8 => Head::Extension(1 << (byte - 0xd4)),
            byte @ 0xd9..=0xdb => Head::Text(self.len(byte - 0xd9)?),
            byte @ 0xdc..=0xdd => Head::Array(self.len(byte - 0xdc + 1)?),
            byte @ 0xde..=0xdf => Head::Map(self.len(byte - 0xde + 1)?),
            byte @ 0xe0..=0xff => Head::Negative((byte as i8).into()),
        })
    }

    /// A length of one, two or four bytes.
    fn len(&mut self, width: u8) -> Option<usize> {
        Some(match width {
            0 => self.byte()?.into(),
            1 => u16::from_be_bytes(self.bytes()?).into(),
            _ => usize::try_from(u32::from_be_bytes(self.bytes()?)).ok()?,
        })
    }

    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    #[inline]
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    #[inline]
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }
}

const fn signed(value: i64) -> Head {
    if value < 0 {
        Head::Negative(value)
    } else {
        Head::Unsigned(value as u64)
    }
}

/// A time of the extension: seconds; nanoseconds above seconds; or nanoseconds before seconds.
fn time(bytes: &[u8]) -> Option<TimestampNs> {
    let mut reader = Reader::of(bytes);
    match bytes.len() {
        4 => moment(u32::from_be_bytes(reader.bytes()?).into(), 0),
        8 => short_time(reader.bytes()?),
        12 => {
            let nanos = u32::from_be_bytes(reader.bytes()?);
            moment(u64::from_be_bytes(reader.bytes()?), nanos.into())
        }
        _ => None,
    }
}

#[inline]
fn short_time(bytes: [u8; 8]) -> Option<TimestampNs> {
    let both = u64::from_be_bytes(bytes);
    moment(both & 0x3_ffff_ffff, both >> 34)
}

#[inline]
fn moment(seconds: u64, nanos: u64) -> Option<TimestampNs> {
    if nanos > 999_999_999 {
        return None;
    }
    let ns = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some(TimestampNs(ns))
}

/// The decimal number that a value is: of a float the shortest that names it, which is what its sender wrote.
#[derive(Debug)]
pub(super) struct Decimal {
    bytes: [u8; Self::LEN_MAX],
    len: usize,
}

impl Decimal {
    /// Longer numbers are none that we hold.
    const LEN_MAX: usize = 40;

    /// The number as text, if the value is one.
    #[inline]
    pub(super) fn of(value: Pack<'_>) -> Option<Self> {
        let mut decimal = Self {
            bytes: [0; Self::LEN_MAX],
            len: 0,
        };
        match value {
            Pack::Unsigned(value) => write!(decimal, "{value}"),
            Pack::Negative(value) => write!(decimal, "{value}"),
            Pack::Float(value) => write!(decimal, "{value}"),
            _ => return None,
        }
        .ok()?;
        Some(decimal)
    }

    /// The value in units of `10^-decimals`, where the writing out can be spared: it is a whole number, or a float that
    /// names such a number of at most fifteen digits, each of which names a float of its own, so that none shorter can
    /// be meant.
    #[inline]
    #[expect(clippy::float_cmp, reason = "the very float is asked for")]
    pub(super) fn short(value: Pack<'_>, decimals: u32) -> Option<i64> {
        let scale = 10_u32.pow(decimals);
        match value {
            Pack::Unsigned(value) => i64::try_from(value).ok()?.checked_mul(scale.into()),
            Pack::Float(value) => {
                let scale = f64::from(scale);
                // The nearest whole number, in three steps that are no call.
                let units = value * scale;
                let units = (units + 0.5_f64.copysign(units)) as i64;
                // Dividing by a power of ten that is exact rounds as reading the number does.
                (units.unsigned_abs() < 1_000_000_000_000_000 && units as f64 / scale == value)
                    .then_some(units)
            }
            _ => None,
        }
    }

    /// The digits.
    #[inline]
    pub(super) fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl fmt::Write for Decimal {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let place = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// Appends the head of a map, an array or a text.
pub(super) fn put_head(out: &mut Vec<u8>, kind: Kind, len: usize) {
    let (short, short_max, wide) = match kind {
        Kind::Map => (0x80, 15, 0xde),
        Kind::Array => (0x90, 15, 0xdc),
        Kind::Text => (0xa0, 31, 0xda),
    };
    if len <= short_max {
        out.push(short | len as u8);
    } else if let Ok(len) = u16::try_from(len) {
        out.push(wide);
        out.extend(len.to_be_bytes());
    } else {
        out.push(wide + 1);
        out.extend((len as u32).to_be_bytes());
    }
}

/// Appends a text.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_head(out, Kind::Text, text.len());
    out.extend(text.as_bytes());
}

/// What has a head with a length.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Map,
    Array,
    Text,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(bytes: &[u8]) -> Option<Pack<'_>> {
        let mut reader = Reader::of(bytes);
        let value = reader.value()?;
        assert!(reader.is_empty());
        Some(value)
    }

    #[test]
    fn each_kind_is_read() {
        let floats = [0xcb, 0x40, 0x5c, 0x87, 0xae, 0x14, 0x7a, 0xe1, 0x48];
        for (bytes, value) in [
            (&[0x07][..], Pack::Unsigned(7)),
            (&[0xe0], Pack::Negative(-32)),
            (&[0xcc, 0xff], Pack::Unsigned(255)),
            (&[0xcd, 1, 0], Pack::Unsigned(256)),
            (&[0xce, 0, 1, 0, 0], Pack::Unsigned(65_536)),
            (&[0xcf, 0, 0, 0, 1, 0, 0, 0, 0], Pack::Unsigned(1 << 32)),
            (&[0xd0, 0x80], Pack::Negative(-128)),
            (&[0xd1, 0, 5], Pack::Unsigned(5)),
            (&[0xca, 0x3f, 0, 0, 0], Pack::Float(0.5)),
            (&floats, Pack::Float(114.12)),
            (&[0xc0], Pack::Other),
            (&[0xc2], Pack::Bool(false)),
            (&[0xc3], Pack::Bool(true)),
            (&[0xa2, b'h', b'i'], Pack::Text(b"hi")),
            (&[0xd9, 1, b'h'], Pack::Text(b"h")),
            (&[0xda, 0, 1, b'h'], Pack::Text(b"h")),
            (&[0xc4, 2, 1, 2], Pack::Other),
            (&[0xd4, 5, 1], Pack::Other),
            (
                &[0xd6, 0xff, 0, 0, 0, 9],
                Pack::Time(TimestampNs(9_000_000_000)),
            ),
            // 5 ns above 2 s: 5 << 34 | 2.
            (
                &[0xd7, 0xff, 0, 0, 0, 0x14, 0, 0, 0, 2],
                Pack::Time(TimestampNs(2_000_000_005)),
            ),
            (
                &[0xc7, 12, 0xff, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 2],
                Pack::Time(TimestampNs(2_000_000_005)),
            ),
            (
                &[0x92, 0x01, 0xa1, b'x'],
                Pack::Array(Reader::of(&[0x01, 0xa1, b'x'])),
            ),
            (
                &[0x81, 0xa1, b'k', 0x91, 0xc0],
                Pack::Map(Reader::of(&[0xa1, b'k', 0x91, 0xc0])),
            ),
            (&[0xdc, 0, 1, 0x03], Pack::Array(Reader::of(&[0x03]))),
        ] {
            assert_eq!(one(bytes), Some(value), "{bytes:02x?}");
            for end in 0..bytes.len() {
                assert_eq!(Reader::of(&bytes[..end]).value(), None, "{bytes:02x?}");
            }
        }
        for bytes in [
            &[0xc1][..],
            // More than there is, and more than there can be.
            &[0xdd, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0xdf, 0xff, 0xff, 0xff, 0xff, 0x01],
            // A second has not so many nanoseconds.
            &[0xd7, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2],
        ] {
            assert_eq!(Reader::of(bytes).value(), None, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn the_usual_is_as_any_other(head in any::<u8>(), usual in prop_oneof![Just(0xcb), Just(0xd7), 0xa0_u8..=0xbf], is_usual in any::<bool>(), kind in prop_oneof![Just(0xff), any::<u8>()], rest in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut bytes = vec![if is_usual { usual } else { head }, kind];
            bytes.extend(rest);
            let (mut ours, mut theirs) = (Reader::of(&bytes), Reader::of(&bytes));
            let (found, expected) = (ours.usual(), theirs.value());
            // A float that is no number is not what it is.
            prop_assert_eq!(format!("{found:?}"), format!("{expected:?}"));
            if expected.is_some() {
                prop_assert_eq!(ours, theirs);
            }
        }

        #[test]
        fn whole_numbers_are_what_their_digits_are(value in prop_oneof![0..1_000_000_u64, any::<u64>(), 9_223_372_036_u64..9_223_372_038]) {
            let digits = Decimal::of(Pack::Unsigned(value)).unwrap();
            let price = crate::feed::price(digits.text()).ok().map(|price| price.0);
            prop_assert_eq!(Decimal::short(Pack::Unsigned(value), 9), price);
        }
    }

    #[test]
    fn depth_takes_no_stack() {
        let mut bytes = vec![0x91; 1_000_000];
        bytes.push(0xc0);
        assert!(matches!(one(&bytes), Some(Pack::Array(_))));
    }

    #[test]
    fn floats_are_the_decimals_that_were_written() {
        for text in [
            "47.299",
            "29.205707815",
            "0.1",
            "71859.53",
            "0.00000001",
            "100",
            "-37.63",
        ] {
            let value: f64 = text.parse().unwrap();
            let decimal = Decimal::of(Pack::Float(value)).unwrap();
            assert_eq!(std::str::from_utf8(decimal.text()), Ok(text));
        }
        for (text, short) in [
            ("71859.53", Some(71_859_530_000_000)),
            ("0.000000001", Some(1)),
            ("-37.63", Some(-37_630_000_000)),
            ("999999.999999999", Some(999_999_999_999_999)),
            ("0.30000000000000004", None),
            ("1000000.5", None),
            ("0.0000000001", None),
            ("NaN", None),
            ("inf", None),
            ("-0", Some(0)),
            ("0.000000000999999999", None),
        ] {
            let value = Pack::Float(text.parse().unwrap());
            assert_eq!(Decimal::short(value, 9), short, "{text}");
        }
        assert!(Decimal::of(Pack::Float(1e300)).is_none());
        assert!(Decimal::of(Pack::Text(b"1")).is_none());
        let nan = Decimal::of(Pack::Float(f64::NAN)).unwrap();
        assert!(crate::feed::price(nan.text()).is_err());
    }

    #[test]
    fn heads_are_as_short_as_they_can_be() {
        for (kind, len, head) in [
            (Kind::Map, 15, &[0x8f][..]),
            (Kind::Map, 16, &[0xde, 0, 16]),
            (Kind::Array, 65_536, &[0xdd, 0, 1, 0, 0]),
            (Kind::Text, 31, &[0xbf]),
            (Kind::Text, 32, &[0xda, 0, 32]),
        ] {
            let mut out = Vec::new();
            put_head(&mut out, kind, len);
            assert_eq!(out, head);
        }
    }
}
