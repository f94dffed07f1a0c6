//! What a segment holds: a header, then records. Bytes only; no file is touched here.
//!
//! Segment header, 32 bytes, little-endian:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 8 | magic `DYNJRNL1` |
//! | 8 | 2 | format version |
//! | 10 | 2 | shard |
//! | 12 | 8 | seq of the first record |
//! | 20 | 8 | chain before the first record |
//! | 28 | 4 | CRC32C of the 28 bytes before |
//!
//! Record: a [`types::frame`] input frame, then the chain after it (8 bytes). After the last record there
//! may be zeros: room for more.

use types::frame::{self, FrameError, Head, Payload};
use types::{Input, Seq, ShardId};

const MAGIC: [u8; 8] = *b"DYNJRNL1";
/// The format version of the segments that are written.
pub const VERSION: u16 = 2;
/// The oldest one that is read.
pub const VERSION_MIN: u16 = 2;

/// Bytes of a segment header.
pub const HEADER_BYTES: usize = 32;
/// Bytes of the chain value behind each frame.
pub const CHAIN_BYTES: usize = 8;

/// A running value over every record of a shard's journal.
///
/// `chain(n) = mix(chain(n-1), checksum of frame n, n)`, where `mix` is the finaliser of `SplitMix64`
/// (Steele, Lea, Flood 2014). A record that is misplaced, reordered, repeated or spliced in from
/// another journal does not continue the chain. It is no signature: whoever can write the file can
/// compute a new chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain(pub u64);

impl Chain {
    /// The value before the first record of a shard.
    #[must_use]
    pub const fn genesis(shard: ShardId) -> Self {
        Self(mix(u64::from_le_bytes(MAGIC) ^ (shard.0 as u64) << 48))
    }

    /// The value after a record.
    #[must_use]
    pub const fn after(self, frame_crc: u32, seq: Seq) -> Self {
        Self(mix(self.0
            ^ (frame_crc as u64)
            ^ mix(seq.0.wrapping_add(0x9E37_79B9_7F4A_7C15))))
    }
}

/// The mixer of `SplitMix64`.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Why bytes are not the record or the header that belongs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The segment header is cut short or does not check.
    #[error("the segment header does not check")]
    Header,
    /// The segment header is of another format version.
    #[error("segment format version {0}, this program reads {VERSION}")]
    Version(u16),
    /// The frame is not a frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The chain value is cut short.
    #[error("the record is not complete")]
    Incomplete,
    /// The chain value does not follow from what is before.
    #[error("the record does not continue the chain")]
    Chain,
    /// The record is of another shard.
    #[error("the record is of shard {0}")]
    Shard(ShardId),
    /// The frame checks but holds no input.
    #[error("the record is not an input")]
    NotAnInput,
    /// The frame checks but its seq is not the next one.
    #[error("seq {0} stands here")]
    Gap(Seq),
    /// Neither a record nor room for more: a byte after zeros, at this offset.
    #[error("zeros stand here, as in room for more, but byte {0} is not zero")]
    Stray(u64),
    /// The journal ends before a seq that was durable.
    #[error("the journal ends here")]
    Ends,
    /// An archive does not check as a whole.
    #[error("the archive does not check")]
    Archive,
    /// An archive is of another format version.
    #[error("archive format version {0}, this program reads 1")]
    ArchiveVersion(u16),
    /// An archive holds other inputs than its name says.
    #[error("the archive holds seq {0} to {1}, which is not what its name says")]
    Renamed(Seq, Seq),
    /// The base knows another chain value for this place.
    #[error("the base knows another chain value")]
    Base,
    /// The record checks, but the anchor knows another chain value for it.
    #[error("the anchor knows another chain value")]
    Anchor,
}

impl Reason {
    /// Whether a write that was cut off by a crash can leave this behind. A record whose checksum
    /// holds was written whole, so whatever else is wrong with it is no torn write.
    #[must_use]
    pub const fn is_torn_write(self) -> bool {
        matches!(
            self,
            Self::Header
                | Self::Stray(_)
                | Self::Incomplete
                | Self::Chain
                | Self::Frame(
                    FrameError::Incomplete | FrameError::Length(_) | FrameError::Checksum
                )
        )
    }
}

/// What a segment says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Whose inputs it holds.
    pub shard: ShardId,
    /// Seq of its first record.
    pub first: Seq,
    /// Chain before its first record.
    pub chain: Chain,
}

impl Header {
    /// The header as bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[10..12].copy_from_slice(&self.shard.0.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.chain.0.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`Reason::Header`] or [`Reason::Version`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Reason> {
        let bytes = bytes.get(..HEADER_BYTES).ok_or(Reason::Header)?;
        let crc = u32::from_le_bytes(array(bytes, 28));
        if bytes[..8] != MAGIC || crc != crc32c::crc32c(&bytes[..28]) {
            return Err(Reason::Header);
        }
        let version = u16::from_le_bytes(array(bytes, 8));
        if version != VERSION {
            return Err(Reason::Version(version));
        }
        Ok(Self {
            shard: ShardId(u16::from_le_bytes(array(bytes, 10))),
            first: Seq(u64::from_le_bytes(array(bytes, 12))),
            chain: Chain(u64::from_le_bytes(array(bytes, 20))),
        })
    }
}

/// `N` bytes at `offset`; zeros where the slice is too short, which a checksum then refuses.
pub(super) fn array<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    bytes
        .get(offset..offset + N)
        .and_then(|slice| slice.try_into().ok())
        .unwrap_or([0; N])
}

/// What a record says beside its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Chain after it.
    pub chain: Chain,
    /// Bytes that the record takes.
    pub bytes: usize,
}

/// Appends the record of `input` and returns the chain after it.
pub fn encode(shard: ShardId, input: &Input, chain: Chain, out: &mut Vec<u8>) -> Chain {
    let start = out.len();
    frame::encode_input(shard, input, out);
    let crc = u32::from_le_bytes(array(&out[start..], 4));
    let chain = chain.after(crc, input.seq);
    out.extend_from_slice(&chain.0.to_le_bytes());
    chain
}

/// Reads the record at the front of `bytes`, which must be the one after `chain` with seq `next`, into `input`. That
/// means nothing after an error.
///
/// # Errors
/// See [`Reason`].
#[inline]
pub fn decode(
    bytes: &[u8],
    shard: ShardId,
    next: Seq,
    chain: Chain,
    input: &mut Input,
) -> Result<Read, Reason> {
    let head = match frame::decode_usual(bytes, input) {
        Some(head) => head,
        None => decode_other(bytes, shard, input)?,
    };
    let crc = u32::from_le_bytes(array(bytes, 4));
    let stored = bytes
        .get(head.bytes..head.bytes + CHAIN_BYTES)
        .ok_or(Reason::Incomplete)?;
    if head.shard != shard {
        return Err(Reason::Shard(head.shard));
    }
    if input.seq != next {
        return Err(Reason::Gap(input.seq));
    }
    let chain = chain.after(crc, input.seq);
    if stored != chain.0.to_le_bytes() {
        return Err(Reason::Chain);
    }
    Ok(Read {
        chain,
        bytes: head.bytes + CHAIN_BYTES,
    })
}

/// Any frame that is an input's.
#[inline(never)]
fn decode_other(bytes: &[u8], shard: ShardId, input: &mut Input) -> Result<Head, Reason> {
    let frame = frame::decode(bytes)?;
    if bytes.len() < frame.bytes + CHAIN_BYTES {
        return Err(Reason::Incomplete);
    }
    if frame.shard != shard {
        return Err(Reason::Shard(frame.shard));
    }
    let Payload::Input(read) = frame.payload else {
        return Err(Reason::NotAnInput);
    };
    *input = read;
    Ok(Head {
        shard: frame.shard,
        bytes: frame.bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{InputKind, Timer, TimestampNs};

    const SHARD: ShardId = ShardId(3);

    fn clock(seq: u64) -> Input {
        Input {
            seq: Seq(seq),
            ts: TimestampNs(1_000 + seq),
            kind: InputKind::Timer(Timer::Clock),
        }
    }

    #[test]
    fn splitmix_finaliser_is_the_published_one() {
        // First outputs of SplitMix64 with seed 0 (the generator adds the golden gamma, then mixes).
        assert_eq!(mix(0x9E37_79B9_7F4A_7C15), 0xE220_A839_7B1D_CDAF);
        assert_eq!(mix(0x3C6E_F372_FE94_F82A), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn a_header_round_trips_and_every_flipped_bit_is_seen() {
        let header = Header {
            shard: SHARD,
            first: Seq(42),
            chain: Chain(7),
        };
        let bytes = header.to_bytes();
        assert_eq!(Header::from_bytes(&bytes), Ok(header));
        for bit in 0..HEADER_BYTES * 8 {
            let mut bytes = bytes;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::from_bytes(&bytes), Err(Reason::Header), "bit {bit}");
        }
        assert_eq!(Header::from_bytes(&bytes[..31]), Err(Reason::Header));
    }

    #[test]
    fn records_check_only_in_their_place() {
        let genesis = Chain::genesis(SHARD);
        let mut bytes = Vec::new();
        let one = encode(SHARD, &clock(1), genesis, &mut bytes);
        let second = bytes.len();
        let two = encode(SHARD, &clock(2), one, &mut bytes);

        let mut input = Input::PLACE;
        let mut decode = |bytes: &[u8], shard, next, chain| {
            decode(bytes, shard, next, chain, &mut input).map(|read| (read, input.clone()))
        };
        let (read, input) = decode(&bytes, SHARD, Seq(1), genesis).unwrap();
        assert_eq!((read.bytes, read.chain), (second, one));
        assert_eq!(input, clock(1));
        let (read, _) = decode(&bytes[second..], SHARD, Seq(2), one).unwrap();
        assert_eq!(read.chain, two);

        // In another place, behind another past, of another shard.
        assert_eq!(
            decode(&bytes[second..], SHARD, Seq(1), genesis),
            Err(Reason::Gap(Seq(2)))
        );
        assert_eq!(
            decode(&bytes[second..], SHARD, Seq(2), genesis),
            Err(Reason::Chain)
        );
        assert_eq!(
            decode(&bytes, ShardId(4), Seq(1), genesis),
            Err(Reason::Shard(SHARD))
        );
        assert_eq!(
            decode(&bytes[..second - 1], SHARD, Seq(1), genesis),
            Err(Reason::Incomplete)
        );
    }

    #[test]
    fn shards_start_from_different_chains() {
        assert_ne!(Chain::genesis(ShardId(0)), Chain::genesis(ShardId(1)));
    }
}
