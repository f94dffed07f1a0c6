//! The frame that the journal and the bus carry: one input or event, checked and versioned.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | length of the whole frame in bytes |
//! | 4 | 4 | CRC32C of everything after this field |
//! | 8 | 1 | format version |
//! | 9 | 1 | kind: 1 input, 2 event |
//! | 10 | 2 | shard |
//! | 12 | 8 | seq |
//! | 20 | 8 | timestamp, ns since the Unix epoch |
//! | 28 | .. | the [`crate::InputKind`] or [`crate::EventKind`] in its binary form |
//! | .. | 0 to 7 | zeros, so that the length is a multiple of 8 |
//!
//! All integers are little-endian. Frames behind one another start at multiples of 8, so that a checksum
//! takes them word by word.

mod usual;

use crate::codec::{Codec, CodecError, Reader};
use crate::event::Event;
use crate::id::{Seq, ShardId};
use crate::input::Input;
use crate::time::TimestampNs;

/// The version that this code writes, and the only one that it reads.
pub const VERSION: u8 = 4;
/// Bytes before the payload.
pub const HEADER_BYTES: usize = 28;
/// The length of a frame is a multiple of this.
pub const ALIGN_BYTES: usize = 8;
/// The largest frame; a longer length is not a frame.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

const LENGTH: std::ops::Range<usize> = 0..4;
const CRC: std::ops::Range<usize> = 4..8;
/// Kinds of frame.
const INPUT: u8 = 1;
const EVENT: u8 = 2;

/// What a frame carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// A sequenced input.
    Input(Input),
    /// A fact.
    Event(Event),
}

/// A frame that was read, and how many bytes it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whose it is.
    pub shard: ShardId,
    /// What it carries.
    pub payload: Payload,
    /// Bytes of the whole frame.
    pub bytes: usize,
}

/// What a frame says beside what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whose it is.
    pub shard: ShardId,
    /// Bytes of the whole frame.
    pub bytes: usize,
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// There are fewer bytes than the frame says, or than a header takes.
    #[error("the frame is not complete")]
    Incomplete,
    /// The length is below a header, above the largest frame, or not a multiple of 8.
    #[error("a frame of {0} bytes is not possible")]
    Length(u32),
    /// The checksum does not match.
    #[error("the checksum does not match")]
    Checksum,
    /// Another version of the format.
    #[error("frame version {0}, this program reads {VERSION}")]
    Version(u8),
    /// Neither input nor event.
    #[error("{0} is no kind of frame")]
    Kind(u8),
    /// The payload is not what the kind says.
    #[error(transparent)]
    Payload(#[from] CodecError),
}

/// Appends the frame of an input.
#[inline]
pub fn encode_input(shard: ShardId, input: &Input, out: &mut Vec<u8>) {
    if !usual::encode(shard, input, out) {
        encode(shard, INPUT, input.seq, input.ts, &input.kind, out);
    }
}

/// Appends the frame of an event.
pub fn encode_event(shard: ShardId, event: &Event, out: &mut Vec<u8>) {
    encode(shard, EVENT, event.seq, event.ts, &event.kind, out);
}

#[inline(never)]
fn encode(
    shard: ShardId,
    kind: u8,
    seq: Seq,
    ts: TimestampNs,
    payload: &impl Codec,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    // One write for all of the header: each field's own would ask for room again.
    let mut header = [0; HEADER_BYTES];
    header[8] = VERSION;
    header[9] = kind;
    header[10..12].copy_from_slice(&shard.0.to_le_bytes());
    header[12..20].copy_from_slice(&seq.0.to_le_bytes());
    header[20..28].copy_from_slice(&ts.0.to_le_bytes());
    out.extend_from_slice(&header);
    payload.encode(out);
    let length = (out.len() - start).next_multiple_of(ALIGN_BYTES);
    out.extend_from_slice(&[0; ALIGN_BYTES]);
    out.truncate(start + length);
    let frame = &mut out[start..];
    frame[LENGTH].copy_from_slice(&(length as u32).to_le_bytes());
    seal(frame);
}

/// Writes the checksum of a frame.
#[inline]
fn seal(frame: &mut [u8]) {
    let crc = crc32c::crc32c(&frame[CRC.end..]);
    frame[CRC].copy_from_slice(&crc.to_le_bytes());
}

/// Reads the frame at the front of `bytes` into `input`, where it is one of the inputs that nearly all are: in place,
/// for whoever reads many. `None` where it is another frame, or none: that [`decode`] says. `input` means nothing then.
#[inline]
pub fn decode_usual(bytes: &[u8], input: &mut Input) -> Option<Head> {
    usual::decode(bytes, input)
}

/// Reads the frame at the front of `bytes`.
///
/// # Errors
/// See [`FrameError`].
pub fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    let mut reader = Reader::new(bytes);
    let length = u32::decode(&mut reader).map_err(|_| FrameError::Incomplete)?;
    if !(HEADER_BYTES..=FRAME_BYTES_MAX).contains(&(length as usize))
        || !(length as usize).is_multiple_of(ALIGN_BYTES)
    {
        return Err(FrameError::Length(length));
    }
    let frame = bytes.get(..length as usize).ok_or(FrameError::Incomplete)?;
    let mut reader = Reader::new(&frame[CRC.start..]);
    let crc = u32::decode(&mut reader)?;
    if crc != crc32c::crc32c(&frame[CRC.end..]) {
        return Err(FrameError::Checksum);
    }
    let version = u8::decode(&mut reader)?;
    if version != VERSION {
        return Err(FrameError::Version(version));
    }
    let kind = u8::decode(&mut reader)?;
    let shard = ShardId::decode(&mut reader)?;
    let seq = Seq::decode(&mut reader)?;
    let ts = TimestampNs::decode(&mut reader)?;
    let payload = match kind {
        INPUT => {
            let kind = read(&mut reader)?;
            Payload::Input(Input { seq, ts, kind })
        }
        EVENT => {
            let kind = read(&mut reader)?;
            Payload::Event(Event { seq, ts, kind })
        }
        kind => return Err(FrameError::Kind(kind)),
    };
    Ok(Frame {
        shard,
        payload,
        bytes: frame.len(),
    })
}

/// Reads a payload and the zeros behind it.
#[inline(never)]
fn read<T: Codec>(reader: &mut Reader<'_>) -> Result<T, FrameError> {
    let payload = T::decode(reader)?;
    let padding = reader.rest();
    if padding.len() >= ALIGN_BYTES || padding.iter().any(|&byte| byte != 0) {
        return Err(CodecError::TrailingBytes(padding.len()).into());
    }
    Ok(payload)
}

#[cfg(test)]
mod tests;
