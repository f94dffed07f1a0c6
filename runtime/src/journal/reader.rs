//! Reads a journal front to back and checks every record on the way.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use types::frame::{FRAME_BYTES_MAX, FrameError};
use types::{Input, Seq, ShardId};

use super::record::{CHAIN_BYTES, Chain, HEADER_BYTES, Header, Reason, Record, decode};
use super::{Damage, JournalError, Mark, Segment, Writer, segments};

/// Bytes read from the file at a time.
const READ_BYTES: usize = 256 << 10;

/// A cursor over the records of a journal. It may follow a journal that is being written, as long as
/// it is not asked for more than is known to be there.
#[derive(Debug)]
pub struct Reader {
    directory: PathBuf,
    shard: ShardId,
    segment: Segment,
    file: File,
    /// Bytes read and not yet taken: `buffer[taken..]`, from `offset` in the file.
    buffer: Vec<u8>,
    taken: usize,
    offset: u64,
    next: Seq,
    chain: Chain,
    /// The bytes at `offset` were read again after they did not check.
    read_again: bool,
}

impl Reader {
    /// A cursor at the start of the segment that holds the record after `after`, or of the last
    /// segment when `after` is the end. Records up to `after` come out first: reading them is what
    /// checks the chain.
    ///
    /// # Errors
    /// When there is no such segment, its header is damaged, or it cannot be read.
    pub fn open(directory: &Path, shard: ShardId, after: Seq) -> Result<Self, JournalError> {
        let segments = segments(directory)?;
        let Some(segment) = segments
            .into_iter()
            .rev()
            .find(|segment| segment.first <= after.next())
        else {
            return Err(JournalError::Missing {
                directory: directory.to_owned(),
                seq: after.next(),
            });
        };
        let (file, header) = open_segment(&segment, shard)?;
        Ok(Self {
            directory: directory.to_owned(),
            shard,
            next: segment.first,
            segment,
            file,
            buffer: Vec::new(),
            taken: 0,
            offset: HEADER_BYTES as u64,
            chain: header.chain,
            read_again: false,
        })
    }

    /// A cursor at the end of what `writer` has written; `None` before the first record of a journal.
    ///
    /// # Errors
    /// When the segment cannot be opened.
    pub fn behind(writer: &Writer) -> Result<Option<Self>, JournalError> {
        let Some((segment, offset)) = writer.position() else {
            return Ok(None);
        };
        let (directory, shard) = writer.journal();
        let mark = writer.written();
        let file = File::open(&segment.path)
            .map_err(|error| JournalError::io("open", &segment.path, error))?;
        Ok(Some(Self {
            directory: directory.to_owned(),
            shard,
            file,
            segment: segment.clone(),
            buffer: Vec::new(),
            taken: 0,
            offset,
            next: mark.seq.next(),
            chain: mark.chain,
            read_again: false,
        }))
    }

    /// The last record that was read, or what is before the first.
    pub fn mark(&self) -> Mark {
        Mark {
            seq: Seq(self.next.0 - 1),
            chain: self.chain,
        }
    }

    /// The segment that the cursor is in.
    pub fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Where in the segment the next record starts or would start.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record; `None` at the end of the journal.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] at the first record that is not what it should be, and I/O errors.
    pub fn next_record(&mut self) -> Result<Option<Record>, JournalError> {
        loop {
            let rest = &self.buffer[self.taken..];
            let reason = match decode(rest, self.shard, self.next, self.chain) {
                Ok(record) => {
                    self.taken += record.bytes;
                    self.offset += record.bytes as u64;
                    self.next = self.next.next();
                    self.chain = record.chain;
                    self.read_again = false;
                    return Ok(Some(record));
                }
                Err(reason) => reason,
            };
            let cut_short = matches!(
                reason,
                Reason::Incomplete | Reason::Frame(FrameError::Incomplete)
            );
            if !cut_short {
                // What was read ahead of a writer may be older than the file is now.
                if self.read_again {
                    return Err(self.damage(reason).into());
                }
                self.read_again = true;
                self.buffer.clear();
                self.taken = 0;
                self.fill()?;
                continue;
            }
            if rest.len() < FRAME_BYTES_MAX + CHAIN_BYTES && self.fill()? {
                continue;
            }
            if !self.buffer[self.taken..].is_empty() {
                return Err(self.damage(reason).into());
            }
            if !self.turn()? {
                return Ok(None);
            }
        }
    }

    /// The next input; `None` at the end of the journal.
    ///
    /// # Errors
    /// As [`Reader::next_record`].
    pub fn next_input(&mut self) -> Result<Option<Input>, JournalError> {
        Ok(self.next_record()?.map(|record| record.input))
    }

    /// Reads on; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool, JournalError> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        let had = self.buffer.len();
        self.buffer.resize(had + READ_BYTES, 0);
        let read = self
            .file
            .read_at(&mut self.buffer[had..], self.offset + had as u64);
        self.buffer.truncate(had + *read.as_ref().unwrap_or(&0));
        let read = read.map_err(|error| JournalError::io("read", &self.segment.path, error))?;
        Ok(read > 0)
    }

    /// Turns to the segment that starts with the next record; `false` when there is none.
    fn turn(&mut self) -> Result<bool, JournalError> {
        let following = segments(&self.directory)?
            .into_iter()
            .find(|segment| segment.first > self.segment.first);
        let Some(segment) = following else {
            return Ok(false);
        };
        if segment.first != self.next {
            return Err(self.damage(Reason::Gap(segment.first)).into());
        }
        let (file, header) = open_segment(&segment, self.shard)?;
        if header.chain != self.chain {
            return Err(JournalError::Damaged(Damage {
                segment: segment.path,
                offset: 0,
                seq: self.next,
                reason: Reason::Chain,
            }));
        }
        self.segment = segment;
        self.file = file;
        self.offset = HEADER_BYTES as u64;
        Ok(true)
    }

    /// Damage where the cursor stands.
    pub(crate) fn damage(&self, reason: Reason) -> Damage {
        Damage {
            segment: self.segment.path.clone(),
            offset: self.offset,
            seq: self.next,
            reason,
        }
    }
}

/// Opens a segment and checks that its header says what its name says.
pub(super) fn open_segment(
    segment: &Segment,
    shard: ShardId,
) -> Result<(File, Header), JournalError> {
    let damaged = |reason| {
        JournalError::Damaged(Damage {
            segment: segment.path.clone(),
            offset: 0,
            seq: segment.first,
            reason,
        })
    };
    let file = File::open(&segment.path)
        .map_err(|error| JournalError::io("open", &segment.path, error))?;
    let mut bytes = [0; HEADER_BYTES];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Err(damaged(Reason::Header));
        }
        Err(error) => return Err(JournalError::io("read", &segment.path, error)),
    }
    let header = Header::from_bytes(&bytes).map_err(damaged)?;
    if header.shard != shard {
        return Err(damaged(Reason::Shard(header.shard)));
    }
    if header.first != segment.first {
        return Err(damaged(Reason::Gap(header.first)));
    }
    Ok((file, header))
}
