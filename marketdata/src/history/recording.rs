//! Our own recording: blocks of rows, each column by itself as differences in variable length, then zstd.
//!
//! ```text
//! file    = "DYNASTYR" version(1) 0(7)  block*  footer  trailer
//! block   = 1  rows(4) raw(4) packed(4) first(8) last(8) crc32c(4)  zstd of columns, `packed` bytes
//! footer  = 2  length(4) crc32c(4)  index of the blocks, symbols with their rows, tick and lot
//! trailer = offset of the footer(8) "DYNASTYE"
//! ```
//!
//! All integers are little-endian. The checksum of a block covers the fields before it and the packed bytes. What
//! the columns hold is in `columns.rs`. A file that was cut off is read up to its last whole block.

mod block;
mod columns;
mod footer;
mod number;
mod packer;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use types::TimestampNs;

use super::Row;
use super::decode::{Decode, Fault, told};
use super::error::Place;
use super::source::FETCH_BYTES;
use super::{Clock, OpenError};
use block::Block;
use footer::{Entry, Footer};
use packer::Packer;

pub use footer::{Summary, SymbolSummary};

/// The first bytes of a file.
pub(super) const MAGIC: &[u8; 8] = b"DYNASTYR";
const END_MAGIC: &[u8; 8] = b"DYNASTYE";
/// The version that is written, and the only one that is read.
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 16;
const BLOCK_TAG: u8 = 1;
const FOOTER_TAG: u8 = 2;
const BLOCK_HEADER_BYTES: usize = 32;
const TRAILER_BYTES: usize = 16;

/// The most rows of a block.
pub const BLOCK_ROWS_MAX: usize = 65_536;
/// The most bytes of a block, packed or not.
pub const BLOCK_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most levels of a block, but for a single row that has more.
const BLOCK_LEVELS_MAX: usize = 1 << 20;
/// The most bytes of a footer.
const FOOTER_BYTES_MAX: usize = 256 * 1024 * 1024;
/// How hard zstd tries.
const LEVEL: i32 = 6;

/// Writes a recording. Memory: the rows of one block, and 32 bytes for each block before it.
#[derive(Debug)]
pub struct RecordingWriter<W: Write> {
    out: W,
    offset: u64,
    rows: Vec<Row>,
    levels: usize,
    packer: Packer,
    footer: Footer,
}

impl<W: Write> RecordingWriter<W> {
    /// Begins a recording.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(mut out: W) -> io::Result<Self> {
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(MAGIC);
        header[8] = VERSION;
        out.write_all(&header)?;
        Ok(Self {
            out,
            offset: HEADER_BYTES as u64,
            rows: Vec::new(),
            levels: 0,
            packer: Packer::default(),
            footer: Footer::default(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&mut self, row: Row) -> io::Result<()> {
        self.levels += columns::levels(&row.data);
        self.rows.push(row);
        if self.rows.len() == BLOCK_ROWS_MAX || self.levels >= BLOCK_LEVELS_MAX {
            self.flush_block()?;
        }
        Ok(())
    }

    fn flush_block(&mut self) -> io::Result<()> {
        let [first, ..] = self.rows.as_slice() else {
            return Ok(());
        };
        let (first, rows) = (first.ts, self.rows.len() as u32);
        let last = self.rows.iter().map(|row| row.ts).max().unwrap_or(first);
        let raw = self.packer.pack(&self.rows, &mut self.footer);
        if raw.len() > BLOCK_BYTES_MAX {
            let text = format!("a block of {} bytes; at most {BLOCK_BYTES_MAX}", raw.len());
            return Err(io::Error::other(text));
        }
        let packed = zstd::bulk::compress(raw, LEVEL)?;
        let mut header = Vec::with_capacity(BLOCK_HEADER_BYTES + 1);
        header.push(BLOCK_TAG);
        header.extend(rows.to_le_bytes());
        header.extend((raw.len() as u32).to_le_bytes());
        header.extend((packed.len() as u32).to_le_bytes());
        header.extend(first.0.to_le_bytes());
        header.extend(last.0.to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&header[1..]), &packed);
        header.extend(crc.to_le_bytes());
        self.out.write_all(&header)?;
        self.out.write_all(&packed)?;
        self.footer.blocks.push(Entry {
            offset: self.offset,
            rows,
            first,
            last,
        });
        self.offset += (header.len() + packed.len()) as u64;
        self.rows.clear();
        self.levels = 0;
        Ok(())
    }

    /// Writes what is held, the index and the end; what was written.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<(W, Summary)> {
        self.flush_block()?;
        let body = self.footer.encode();
        let mut end = Vec::with_capacity(body.len() + 32);
        end.push(FOOTER_TAG);
        end.extend((body.len() as u32).to_le_bytes());
        end.extend(crc32c::crc32c(&body).to_le_bytes());
        end.extend(&body);
        end.extend(self.offset.to_le_bytes());
        end.extend(END_MAGIC);
        self.out.write_all(&end)?;
        self.out.flush()?;
        Ok((self.out, self.footer.summary()))
    }
}

/// Reads a recording.
pub struct RecordingReader<R> {
    bytes: R,
    clock: Clock,
    block: Block,
    record: u64,
    has_ended: bool,
}

impl<R: Read> RecordingReader<R> {
    /// Begins to read a recording from its start.
    ///
    /// # Errors
    /// When it is none, or of a version that is not known.
    pub fn new(mut bytes: R, clock: Clock) -> Result<Self, String> {
        let mut header = [0; HEADER_BYTES];
        bytes
            .read_exact(&mut header)
            .map_err(|error| format!("{}, in the header of a recording", told(&error)))?;
        if &header[..8] != MAGIC {
            return Err("no recording".to_owned());
        }
        if header[8] != VERSION {
            return Err(format!("version {}; accepted: {VERSION}", header[8]));
        }
        if header[9..] != [0; 7] {
            return Err("a header whose last bytes are not zero".to_owned());
        }
        Ok(Self {
            bytes,
            clock,
            block: Block::default(),
            record: 0,
            has_ended: false,
        })
    }

    /// Reads the next block into memory. `false` at the footer, whose index must be whole.
    fn fetch(&mut self) -> Result<bool, Fault> {
        let mut tag = [0];
        self.bytes.read_exact(&mut tag)?;
        match tag[0] {
            FOOTER_TAG => return self.end().map(|()| false),
            BLOCK_TAG => {}
            tag => return Err(Fault::damaged(format_args!("{tag} begins no block"))),
        }
        let mut header = [0; BLOCK_HEADER_BYTES];
        self.bytes.read_exact(&mut header)?;
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&header[at..at + 4]);
            u32::from_le_bytes(word)
        };
        let (rows, raw, packed, crc) = (word(0), word(4) as usize, word(8) as usize, word(28));
        if rows as usize > BLOCK_ROWS_MAX || raw > BLOCK_BYTES_MAX || packed > BLOCK_BYTES_MAX {
            return Err(Fault::damaged("a block larger than any that is written"));
        }
        // The length is only believed as far as there are bytes.
        let mut bytes = Vec::new();
        let read = self
            .bytes
            .by_ref()
            .take(packed as u64)
            .read_to_end(&mut bytes)?;
        if read < packed {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if crc32c::crc32c_append(crc32c::crc32c(&header[..28]), &bytes) != crc {
            return Err(Fault::damaged("the checksum of a block differs"));
        }
        let columns = zstd::bulk::decompress(&bytes, raw)?;
        self.block = Block::open(columns, rows)?;
        Ok(true)
    }

    /// Reads the index and what follows it: a file that ends before, or in other bytes, was cut off or changed.
    fn end(&mut self) -> Result<(), Fault> {
        footer_body(&mut self.bytes).map_err(Fault::damaged)?;
        let mut trailer = [0; TRAILER_BYTES];
        self.bytes.read_exact(&mut trailer)?;
        if &trailer[8..] != END_MAGIC {
            return Err(Fault::damaged("the index is not followed by the end"));
        }
        if self.bytes.read(&mut [0])? > 0 {
            return Err(Fault::damaged("there are bytes after the end"));
        }
        Ok(())
    }
}

impl<R: Read + Send> Decode for RecordingReader<R> {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        if self.has_ended {
            return Ok(false);
        }
        if self.block.is_empty() {
            let fetched = self.fetch();
            self.has_ended = !matches!(fetched, Ok(true));
            return fetched;
        }
        let before = out.len();
        let read = self.block.rows(out);
        if self.clock == Clock::Venue {
            out.iter_mut()
                .skip(before)
                .for_each(|row| row.ts = row.ts_event);
        }
        self.record += (out.len() - before) as u64;
        read.map(|()| true)
    }

    fn place(&self) -> Place {
        Place::Record(self.record)
    }

    fn place_before(&self, after: usize) -> Place {
        Place::Record(self.record.saturating_sub(after as u64))
    }
}

/// What a recording holds, from its end.
///
/// # Errors
/// When the file cannot be read or has no whole end.
pub fn summary(path: &Path) -> Result<Summary, OpenError> {
    let mut file = File::open(path).map_err(|error| OpenError::io(path, error))?;
    footer(&mut file)
        .map(|footer| footer.summary())
        .map_err(|problem| OpenError::damaged(path, problem))
}

/// Reads a recording from the first block that may have rows at `from` or later.
pub(super) fn seek(
    path: &Path,
    from: TimestampNs,
    clock: Clock,
    read: &Arc<AtomicU64>,
) -> Result<RecordingReader<BufReader<File>>, OpenError> {
    let io = |error| OpenError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    let footer = footer(&mut file).map_err(|problem| OpenError::damaged(path, problem))?;
    let start = footer.blocks.iter().find(|block| block.last >= from);
    let end = file.metadata().map_err(io)?.len();
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    let file = BufReader::with_capacity(FETCH_BYTES, file);
    let mut reader =
        RecordingReader::new(file, clock).map_err(|problem| OpenError::damaged(path, problem))?;
    if let Some(block) = start {
        reader
            .bytes
            .seek(SeekFrom::Start(block.offset))
            .map_err(io)?;
        read.store(block.offset, Ordering::Relaxed);
    } else {
        reader.has_ended = true;
        read.store(end, Ordering::Relaxed);
    }
    Ok(reader)
}

fn footer(file: &mut (impl Read + Seek)) -> Result<Footer, String> {
    let text = |error: io::Error| error.to_string();
    let end = file.seek(SeekFrom::End(0)).map_err(text)?;
    let cut = || "the recording has no end: it was cut off".to_owned();
    let trailer = end.checked_sub(TRAILER_BYTES as u64).ok_or_else(cut)?;
    file.seek(SeekFrom::Start(trailer)).map_err(text)?;
    let mut bytes = [0; TRAILER_BYTES];
    file.read_exact(&mut bytes).map_err(text)?;
    let (offset, magic) = bytes.split_at(8);
    if magic != END_MAGIC {
        return Err(cut());
    }
    let mut word = [0; 8];
    word.copy_from_slice(offset);
    file.seek(SeekFrom::Start(u64::from_le_bytes(word)))
        .map_err(text)?;
    let mut tag = [0];
    file.read_exact(&mut tag).map_err(text)?;
    if tag != [FOOTER_TAG] {
        return Err(cut());
    }
    Footer::decode(&footer_body(file)?)
}

/// The index, after its tag.
fn footer_body(bytes: &mut impl Read) -> Result<Vec<u8>, String> {
    let text = |error: io::Error| error.to_string();
    let mut header = [0; 8];
    bytes.read_exact(&mut header).map_err(text)?;
    let [l0, l1, l2, l3, c0, c1, c2, c3] = header;
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if length > FOOTER_BYTES_MAX {
        return Err("an index larger than any that is written".to_owned());
    }
    let mut body = Vec::new();
    let read = bytes
        .take(length as u64)
        .read_to_end(&mut body)
        .map_err(text)?;
    if read < length || crc32c::crc32c(&body) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err("the checksum of the index differs".to_owned());
    }
    Ok(body)
}
