//! A place that follows from the rest of the state: snapshots leave it out, and a restore finds it
//! again.

use types::{Codec, CodecError, Reader, Seq};

use crate::slab::NIL;

/// A row or handle that is no part of the state's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Derived(pub(crate) u32);

impl Derived {
    pub(crate) const NONE: Self = Self(NIL);

    pub(crate) const fn is_none(self) -> bool {
        self.0 == NIL
    }
}

/// A truth that is no part of the state's bytes; false until it is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DerivedFlag(pub(crate) bool);

impl Codec for DerivedFlag {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self::default())
    }
}

/// A number of bits that is no part of the state's bytes; zero until it is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DerivedBits(pub(crate) u8);

impl Codec for DerivedBits {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self::default())
    }
}

/// An input that only its own work asks about: no part of the state's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DerivedSeq(pub(crate) Seq);

impl Codec for DerivedSeq {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self::default())
    }
}

impl Codec for Derived {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self::NONE)
    }
}
