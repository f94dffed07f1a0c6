//! The binary form of the vocabulary: little-endian, no padding, one tag byte for an enum.
//!
//! Fields are written in the order of their declaration. Changing an order or a tag changes the
//! format, and the golden bytes in [`crate::frame`] will say so.

mod account;
mod command;
mod contest;
mod event;
mod market;

use crate::contest::TeamId;
use crate::id::{
    AccountId, ClientOrderId, CompetitionId, CurveId, InstrumentId, LatencyId, OrderId, PlanHash,
    PlanId, Seq, ShardId,
};
use crate::label::Label;
use crate::time::{TimestampNs, TradingDay};
use crate::unit::{Lots, Money, Notional, Price, Qty, Ratio, SignedQty, Ticks};

/// A value with a binary form.
pub trait Codec: Sized {
    /// Appends the value to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads a value.
    ///
    /// # Errors
    /// See [`CodecError`].
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError>;

    /// Reads a value that takes all of `bytes`.
    ///
    /// # Errors
    /// See [`CodecError`].
    fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    /// The value as bytes of its own.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

/// Why bytes are not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end too early.
    #[error("the bytes end within a value")]
    Truncated,
    /// Bytes are left over.
    #[error("{0} bytes are left over")]
    TrailingBytes(usize),
    /// A tag that the type does not have.
    #[error("{tag} is no tag of {of}")]
    UnknownTag {
        /// The type.
        of: &'static str,
        /// The tag.
        tag: u8,
    },
    /// A value that the type does not allow.
    #[error("not a valid {0}")]
    Invalid(&'static str),
}

/// Reads values from bytes, front to back.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`CodecError::Truncated`].
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (head, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Bytes not read yet.
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Checks that everything was read.
    ///
    /// # Errors
    /// [`CodecError::TrailingBytes`].
    pub const fn end(&self) -> Result<(), CodecError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(CodecError::TrailingBytes(left)),
        }
    }

    /// What is left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        self.take(N)?.try_into().map_err(|_| CodecError::Truncated)
    }
}

macro_rules! codec_int {
    ($($int:ty),+) => {$(
        impl Codec for $int {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                reader.array().map(<$int>::from_le_bytes)
            }
        }
    )+};
}

codec_int!(u8, u16, u32, u64, u128, i32, i64, i128);

macro_rules! codec_newtype {
    ($($name:ident),+ $(,)?) => {$(
        impl Codec for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }

            #[inline]
            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                Codec::decode(reader).map(Self)
            }
        }
    )+};
}

codec_newtype!(
    AccountId,
    ClientOrderId,
    CompetitionId,
    CurveId,
    InstrumentId,
    LatencyId,
    Lots,
    Money,
    Notional,
    OrderId,
    PlanHash,
    PlanId,
    TeamId,
    Price,
    Qty,
    Ratio,
    Seq,
    ShardId,
    SignedQty,
    Ticks,
    TimestampNs,
    TradingDay,
);

/// Gives a struct its binary form: the fields in the order listed.
#[macro_export]
macro_rules! codec_struct {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::codec::Codec for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                $($crate::codec::Codec::encode(&self.$field, out);)+
            }

            #[inline]
            fn decode(
                reader: &mut $crate::codec::Reader<'_>,
            ) -> Result<Self, $crate::codec::CodecError> {
                Ok(Self { $($field: $crate::codec::Codec::decode(reader)?),+ })
            }
        }
    };
}

/// Gives an enum its binary form: a tag byte, then the fields of the variant. Behind `reads` stand tags that are read and
/// no more written, each with the type of what followed it, which becomes the variant's.
#[macro_export]
macro_rules! codec_enum {
    ($name:ident {
        $($tag:literal => $variant:ident $(($inner:ident))? $({ $($field:ident),+ $(,)? })?),+ $(,)?
    } $(reads { $($old:literal => $now:ident ($before:ty)),+ $(,)? })?) => {
        impl $crate::codec::Codec for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($inner))? $({ $($field),+ })? => {
                        out.push($tag);
                        $($crate::codec::Codec::encode($inner, out);)?
                        $($($crate::codec::Codec::encode($field, out);)+)?
                    })+
                }
            }

            #[inline]
            fn decode(
                reader: &mut $crate::codec::Reader<'_>,
            ) -> Result<Self, $crate::codec::CodecError> {
                let tag: u8 = $crate::codec::Codec::decode(reader)?;
                Ok(match tag {
                    $($tag => Self::$variant
                        $(({
                            let $inner = $crate::codec::Codec::decode(reader)?;
                            $inner
                        }))?
                        $({ $($field: $crate::codec::Codec::decode(reader)?),+ })?,)+
                    $($($old => {
                        let before = <$before as $crate::codec::Codec>::decode(reader)?;
                        Self::$now(before.into())
                    })+)?
                    tag => {
                        return Err($crate::codec::CodecError::UnknownTag {
                            of: stringify!($name),
                            tag,
                        });
                    }
                })
            }
        }
    };
}

impl Codec for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        match u8::decode(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecError::Invalid("bool")),
        }
    }
}

impl<const N: usize> Codec for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        reader.array()
    }
}

impl Codec for Label {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.as_str().len() as u8);
        out.extend_from_slice(self.as_str().as_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let len = u8::decode(reader)?;
        std::str::from_utf8(reader.take(len.into())?)
            .ok()
            .and_then(|text| Self::new(text).ok())
            .ok_or(CodecError::Invalid("label"))
    }
}

impl<T: Codec> Codec for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.encode(out);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        match u8::decode(reader)? {
            0 => Ok(None),
            1 => T::decode(reader).map(Some),
            tag => Err(CodecError::UnknownTag { of: "Option", tag }),
        }
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.len() as u32).encode(out);
        for value in self {
            value.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let len = u32::decode(reader)? as usize;
        // Every value takes at least a byte, so a false length cannot ask for more than is there.
        if len > reader.remaining() {
            return Err(CodecError::Truncated);
        }
        (0..len).map(|_| T::decode(reader)).collect()
    }
}

impl Codec for Box<[u8]> {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.len() as u32).encode(out);
        out.extend_from_slice(self);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let len = u32::decode(reader)?;
        reader.take(len as usize).map(Into::into)
    }
}

impl<T: Codec> Codec for Box<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        T::decode(reader).map(Self::new)
    }
}
