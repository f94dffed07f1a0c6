//! Closed segments, each compressed into one read-only file.
//!
//! An archive is a zstd file: `zstd -d` gives the segment back, without the room behind its last record.
//! It begins with a skippable frame of 84 bytes, little-endian:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | zstd's magic of a skippable frame, `0x184D2A5D` |
//! | 4 | 4 | bytes that follow in it, 76 |
//! | 8 | 8 | magic `DYNARCH1` |
//! | 16 | 2 | format version |
//! | 18 | 2 | shard |
//! | 20 | 8 | seq of the first record |
//! | 28 | 8 | seq of the last record |
//! | 36 | 8 | chain before the first record |
//! | 44 | 8 | chain after the last record |
//! | 52 | 8 | timestamp of the last record |
//! | 60 | 8 | bytes of the segment |
//! | 68 | 8 | bytes that follow this frame |
//! | 76 | 4 | CRC32C of those |
//! | 80 | 4 | CRC32C of the 80 bytes before |
//!
//! A segment is removed only when its archive was read back whole from the disk, record by record, and
//! both its content and its name are durable. So whenever the power goes, one of the two is there.

use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::sync::{Mutex, PoisonError};

use types::{Seq, ShardId, TimestampNs};
use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use super::record::{Chain, Header, Reason, array};
use super::{Damage, JournalError, Location, Mark, OtherVersion, Reader, Segment};
use crate::disk::{Access, DiskFile, read_exact_at};

const MAGIC: [u8; 8] = *b"DYNARCH1";
const SKIPPABLE: u32 = 0x184D_2A5D;
const VERSION: u16 = 1;
const HEAD_BYTES: usize = 84;
/// zstd's usual level: about as fast as a disk writes.
const LEVEL: i32 = 3;
const PART_BYTES: usize = 256 << 10;

/// What an archive says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    shard: ShardId,
    first: Seq,
    before: Chain,
    end: Mark,
    /// Of the last record.
    pub(super) last_ts: TimestampNs,
    segment_bytes: u64,
    packed_bytes: u64,
    packed_crc: u32,
}

impl Head {
    fn to_bytes(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        let mut at = 0;
        let mut put = |field: &[u8]| {
            bytes[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        };
        put(&SKIPPABLE.to_le_bytes());
        put(&(HEAD_BYTES as u32 - 8).to_le_bytes());
        put(&MAGIC);
        put(&VERSION.to_le_bytes());
        put(&self.shard.0.to_le_bytes());
        put(&self.first.0.to_le_bytes());
        put(&self.end.seq.0.to_le_bytes());
        put(&self.before.0.to_le_bytes());
        put(&self.end.chain.0.to_le_bytes());
        put(&self.last_ts.0.to_le_bytes());
        put(&self.segment_bytes.to_le_bytes());
        put(&self.packed_bytes.to_le_bytes());
        put(&self.packed_crc.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..HEAD_BYTES - 4]);
        bytes[HEAD_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; HEAD_BYTES]) -> Result<Self, Reason> {
        let crc = u32::from_le_bytes(array(bytes, HEAD_BYTES - 4));
        if bytes[8..16] != MAGIC || crc != crc32c::crc32c(&bytes[..HEAD_BYTES - 4]) {
            return Err(Reason::Archive);
        }
        let version = u16::from_le_bytes(array(bytes, 16));
        if version != VERSION {
            return Err(Reason::ArchiveVersion(version));
        }
        let field = |offset| u64::from_le_bytes(array(bytes, offset));
        Ok(Self {
            shard: ShardId(u16::from_le_bytes(array(bytes, 18))),
            first: Seq(field(20)),
            end: Mark {
                seq: Seq(field(28)),
                chain: Chain(field(44)),
            },
            before: Chain(field(36)),
            last_ts: TimestampNs(field(52)),
            segment_bytes: field(60),
            packed_bytes: field(68),
            packed_crc: u32::from_le_bytes(array(bytes, 76)),
        })
    }
}

/// Compresses a segment whose last record is `last`, and removes it once its archive is safe. It may be done
/// again after it was interrupted.
///
/// # Errors
/// [`JournalError::Damaged`] when a record of the segment does not check, [`JournalError::Full`], and other
/// I/O errors. The segment is still there then.
pub(crate) fn archive(
    location: &Location,
    segment: &Segment,
    last: Seq,
) -> Result<Segment, JournalError> {
    let name = format!("{:020}-{last:020}{}", segment.first, super::ARCHIVE_SUFFIX);
    let archived = Segment {
        first: segment.first,
        last: Some(last),
        path: location.path(&name),
    };
    let temporary = Segment {
        path: location.path(&format!("{name}{}", super::TEMPORARY_SUFFIX)),
        ..archived.clone()
    };
    location.remove_if_there(&temporary.path)?;
    let written = write(location, segment, last, &temporary);
    if let Err(error) = written {
        // The next attempt would remove it too.
        let _ = location.remove_if_there(&temporary.path);
        return Err(error);
    }
    location.publish(&temporary.path, &archived.path)?;
    // The segment last: as long as it is there it counts, and no older archive of it does.
    let stand_ins = super::files(location)?.into_iter().rev();
    for file in stand_ins.filter(|file| file.first == segment.first && *file != archived) {
        location.remove(&file.path)?;
    }
    Ok(archived)
}

/// Whether an archive checks from its first record to its last, and `next` goes on from there: it can take the place
/// of its segment.
///
/// # Errors
/// I/O errors.
pub(super) fn leads_to(
    location: &Location,
    archived: &Segment,
    next: &Segment,
) -> Result<bool, JournalError> {
    let Some(last) = archived.last.filter(|last| last.next() == next.first) else {
        return Ok(false);
    };
    let end = Reader::over(location, archived.clone())
        .and_then(|mut reader| read_to(&mut reader, last))
        .and_then(|(end, _)| Ok(end == Reader::over(location, next.clone())?.mark()));
    match end {
        Err(JournalError::Damaged(_) | JournalError::Version(_)) => Ok(false),
        end => end,
    }
}

/// Writes the archive of a segment, makes its content durable and reads it back.
fn write(
    location: &Location,
    segment: &Segment,
    last: Seq,
    temporary: &Segment,
) -> Result<(), JournalError> {
    let read = |error| JournalError::io("read", &segment.path, error);
    let write = |error| JournalError::io("write", &temporary.path, error);
    let mut reader = Reader::over(location, segment.clone())?;
    let before = reader.mark().chain;
    let (end, last_ts) = read_to(&mut reader, last)?;
    let segment_bytes = reader.offset();

    let source = location.open_file(&segment.path, Access::Read)?;
    let sink = Sink {
        file: location.open_file(&temporary.path, Access::Create)?,
        at: HEAD_BYTES as u64,
        crc: 0,
    };
    let mut encoder = Encoder::new(sink, LEVEL).map_err(write)?;
    let mut part = vec![0; PART_BYTES];
    let mut at = 0;
    while at < segment_bytes {
        let length = PART_BYTES.min((segment_bytes - at) as usize);
        read_exact_at(&*source, &mut part[..length], at).map_err(read)?;
        encoder.write_all(&part[..length]).map_err(write)?;
        at += length as u64;
    }
    let sink = encoder.finish().map_err(write)?;
    let head = Head {
        shard: location.shard,
        first: segment.first,
        before,
        end,
        last_ts,
        segment_bytes,
        packed_bytes: sink.at - HEAD_BYTES as u64,
        packed_crc: sink.crc,
    };
    sink.file.write_at(&head.to_bytes(), 0).map_err(write)?;
    let synced = sink.file.sync();
    synced.map_err(|error| JournalError::io("sync", &temporary.path, error))?;
    drop(sink);
    let set = location.disk.set_read_only(&temporary.path);
    set.map_err(|error| JournalError::io("protect", &temporary.path, error))?;

    let mut reader = Reader::over(location, temporary.clone())?;
    let (found, _) = read_to(&mut reader, last)?;
    if found != end || reader.offset() != segment_bytes {
        return Err(reader.damage(Reason::Archive).into());
    }
    Ok(())
}

/// When the last record of a closed segment was; of one that is no archive, or a little later.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn ended_at(
    location: &Location,
    segment: &Segment,
    last: Seq,
) -> Result<TimestampNs, JournalError> {
    if segment.is_archive() {
        return Ok(head(segment, location)?.1.last_ts);
    }
    // The first record of the next segment: nothing in this one is later.
    let next = Reader::open(location, last)?.next_input()?;
    Ok(next.map_or(TimestampNs(u64::MAX), |input| input.ts))
}

/// Reads up to a record; its mark and its timestamp.
fn read_to(reader: &mut Reader, last: Seq) -> Result<(Mark, TimestampNs), JournalError> {
    let mut ts = TimestampNs(0);
    while reader.mark().seq < last {
        match reader.next_input()? {
            Some(input) => ts = input.ts,
            None => return Err(reader.damage(Reason::Ends).into()),
        }
    }
    Ok((reader.mark(), ts))
}

/// Reads what an archive says about itself, and holds it against its name.
pub(super) fn head(
    segment: &Segment,
    location: &Location,
) -> Result<(Box<dyn DiskFile>, Head), JournalError> {
    let damaged = |reason| JournalError::Damaged(damage(segment, reason));
    let file = location.open_file(&segment.path, Access::Read)?;
    let mut bytes = [0; HEAD_BYTES];
    match read_exact_at(&*file, &mut bytes, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(damaged(Reason::Archive));
        }
        Err(error) => return Err(JournalError::io("read", &segment.path, error)),
    }
    let head = match Head::from_bytes(&bytes) {
        Err(Reason::ArchiveVersion(found)) => {
            return Err(OtherVersion {
                path: segment.path.clone(),
                found,
                reads: VERSION,
            }
            .into());
        }
        head => head.map_err(damaged)?,
    };
    if head.shard != location.shard {
        return Err(damaged(Reason::Shard(head.shard)));
    }
    if head.first != segment.first || segment.last != Some(head.end.seq) {
        return Err(damaged(Reason::Renamed(head.first, head.end.seq)));
    }
    Ok((file, head))
}

/// Opens an archive, checks all of its bytes, and shows it as the segment that it was.
pub(super) fn open(
    segment: &Segment,
    location: &Location,
) -> Result<(Box<dyn DiskFile>, Header), JournalError> {
    let read = |error| JournalError::io("read", &segment.path, error);
    let damaged = |reason| JournalError::Damaged(damage(segment, reason));
    let (file, head) = head(segment, location)?;
    let mut part = vec![0; PART_BYTES];
    let (mut at, mut crc) = (HEAD_BYTES as u64, 0);
    loop {
        let length = file.read_at(&mut part, at).map_err(read)?;
        if length == 0 {
            break;
        }
        crc = crc32c::crc32c_append(crc, &part[..length]);
        at += length as u64;
    }
    if at - HEAD_BYTES as u64 != head.packed_bytes || crc != head.packed_crc {
        return Err(damaged(Reason::Archive));
    }
    let packed = Packed {
        file,
        at: HEAD_BYTES as u64,
    };
    let unpacked = Unpacked {
        length: head.segment_bytes,
        stream: Mutex::new(Stream {
            decoder: Some(Decoder::new(packed).map_err(read)?),
            at: 0,
        }),
    };
    let header = Header {
        shard: head.shard,
        first: head.first,
        chain: head.before,
    };
    Ok((Box::new(unpacked), header))
}

fn damage(segment: &Segment, reason: Reason) -> Damage {
    Damage {
        segment: segment.path.clone(),
        offset: 0,
        seq: segment.first,
        reason,
    }
}

/// Writes one part after another and sums them.
struct Sink {
    file: Box<dyn DiskFile>,
    at: u64,
    crc: u32,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        self.crc = crc32c::crc32c_append(self.crc, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the compressed bytes one after another.
struct Packed {
    file: Box<dyn DiskFile>,
    at: u64,
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// An archive as the segment that it was. Reading onwards is cheap; reading backwards starts over.
struct Unpacked {
    length: u64,
    stream: Mutex<Stream>,
}

struct Stream {
    /// `None` after an error.
    decoder: Option<Decoder<'static, BufReader<Packed>>>,
    /// Bytes that came out of the decoder.
    at: u64,
}

impl fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacked")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Stream {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset < self.at {
            self.start_over()?;
        }
        let decoder = self.decoder.as_mut().ok_or(io::ErrorKind::InvalidData)?;
        let mut skipped = [0; 4_096];
        while self.at < offset {
            let part = skipped.len().min((offset - self.at) as usize);
            match decoder.read(&mut skipped[..part])? {
                0 => return Ok(0),
                read => self.at += read as u64,
            }
        }
        let mut filled = 0;
        while filled < buffer.len() {
            match decoder.read(&mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        self.at += filled as u64;
        Ok(filled)
    }

    fn start_over(&mut self) -> io::Result<()> {
        let decoder = self.decoder.take().ok_or(io::ErrorKind::InvalidData)?;
        let mut packed = decoder.finish().into_inner();
        packed.at = HEAD_BYTES as u64;
        self.decoder = Some(Decoder::new(packed)?);
        self.at = 0;
        Ok(())
    }
}

impl DiskFile for Unpacked {
    fn length(&self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        stream.read_at(buffer, offset)
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn allocate(&self, _length: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn set_length(&self, _length: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
