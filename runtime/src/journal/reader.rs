//! Reads a journal front to back and checks every record on the way.

use std::io::ErrorKind;
use std::path::Path;

use types::frame::{self, FRAME_BYTES_MAX, FrameError};
use types::{Input, Seq};

use super::record::{CHAIN_BYTES, Chain, HEADER_BYTES, Header, Read, Reason, VERSION, decode};
use super::{
    Base, Damage, JournalError, Location, Mark, OtherVersion, Segment, Writer, archive, segments,
};
use crate::disk::{Access, DiskFile, read_exact_at};

/// Bytes read from the file at a time.
const READ_BYTES: usize = 256 << 10;
/// What decoding says of zeros, which a segment has after its last record: room for more.
const ROOM: Reason = Reason::Frame(FrameError::Length(0));

/// A cursor over the records of a journal. It may follow a journal that is being written, as long as
/// it is not asked for more than is known to be there.
#[derive(Debug)]
pub struct Reader {
    location: Location,
    segment: Segment,
    file: Box<dyn DiskFile>,
    /// Bytes read and not yet taken: `buffer[taken..]`, from `offset` in the file.
    buffer: Vec<u8>,
    taken: usize,
    offset: u64,
    next: Seq,
    chain: Chain,
    /// The bytes at `offset` were read again after they did not check.
    read_again: bool,
    /// The first seq of a segment that does not count.
    without: Option<Seq>,
}

impl Reader {
    /// A cursor at the start of the segment that holds the record after `after`, or of the last
    /// segment when `after` is the end. Records up to `after` come out first: reading them is what
    /// checks the chain.
    ///
    /// # Errors
    /// When there is no such segment, its header is damaged, or it cannot be read.
    pub fn open(location: &Location, after: Seq) -> Result<Self, JournalError> {
        entered(|| {
            let segments = segments(location)?;
            let needed = after.next();
            match segments
                .iter()
                .rev()
                .find(|segment| segment.first <= needed)
            {
                Some(segment) => Self::over(location, segment.clone()),
                None => Err(match segments.first() {
                    Some(first) => JournalError::Gone {
                        directory: location.directory.clone(),
                        seq: needed,
                        first: first.first,
                    },
                    None => JournalError::Missing {
                        directory: location.directory.clone(),
                        seq: needed,
                    },
                }),
            }
        })
    }

    /// A cursor at the start of a segment.
    pub(super) fn over(location: &Location, segment: Segment) -> Result<Self, JournalError> {
        let (file, header) = open_segment(&segment, location)?;
        Ok(Self {
            location: location.clone(),
            next: segment.first,
            segment,
            file,
            buffer: Vec::new(),
            taken: 0,
            offset: HEADER_BYTES as u64,
            chain: header.chain,
            read_again: false,
            without: None,
        })
    }

    /// As if this segment were not there.
    pub(super) fn without(self, segment: Option<&Segment>) -> Self {
        Self {
            without: segment.map(|segment| segment.first),
            ..self
        }
    }

    /// A cursor at the end of what `writer` has written; `None` before the first record of a journal.
    ///
    /// # Errors
    /// When the segment cannot be opened.
    pub fn behind(writer: &Writer) -> Result<Option<Self>, JournalError> {
        let Some((segment, offset)) = writer.position() else {
            return Ok(None);
        };
        let location = writer.location();
        let mark = writer.written();
        let file = location.open_file(&segment.path, Access::Read)?;
        Ok(Some(Self {
            location: location.clone(),
            file,
            segment: segment.clone(),
            buffer: Vec::new(),
            taken: 0,
            offset,
            next: mark.seq.next(),
            chain: mark.chain,
            read_again: false,
            without: None,
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

    /// Reads the next input; `false` at the end of the journal. After that, and after an error, `input` means nothing.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] at the first record that is not what it should be, [`JournalError::Gone`] where it was
    /// removed while the cursor was on its way, and I/O errors.
    #[inline]
    pub fn read(&mut self, input: &mut Input) -> Result<bool, JournalError> {
        let rest = &self.buffer[self.taken..];
        match decode(rest, self.location.shard, self.next, self.chain, input) {
            Ok(read) => {
                self.take(read);
                Ok(true)
            }
            Err(reason) => self.read_on(reason, input),
        }
    }

    fn take(&mut self, read: Read) {
        self.taken += read.bytes;
        self.offset += read.bytes as u64;
        self.next = self.next.next();
        self.chain = read.chain;
        self.read_again = false;
    }

    /// What is in the buffer is not the next record, for this reason.
    #[cold]
    #[inline(never)]
    fn read_on(&mut self, reason: Reason, input: &mut Input) -> Result<bool, JournalError> {
        let mut reason = reason;
        while self.fetch(reason)? {
            let rest = &self.buffer[self.taken..];
            match decode(rest, self.location.shard, self.next, self.chain, input) {
                Ok(read) => {
                    self.take(read);
                    return Ok(true);
                }
                Err(other) => reason = other,
            }
        }
        Ok(false)
    }

    /// Gets other bytes to look at; `false` at the end of the journal.
    fn fetch(&mut self, reason: Reason) -> Result<bool, JournalError> {
        let cut_short = matches!(
            reason,
            Reason::Incomplete | Reason::Frame(FrameError::Incomplete)
        );
        if !cut_short {
            // What was read ahead of a writer may be older than the file is now.
            if self.read_again {
                if reason == ROOM {
                    if let Some(stray) = self.stray()? {
                        return Err(self.damage(Reason::Stray(stray)).into());
                    }
                    return self.turn();
                }
                if let Reason::Frame(FrameError::Version(found)) = reason {
                    return Err(OtherVersion {
                        path: self.segment.path.clone(),
                        found: found.into(),
                        reads: frame::VERSION.into(),
                    }
                    .into());
                }
                return Err(self.damage(reason).into());
            }
            self.read_again = true;
            self.buffer.clear();
            self.taken = 0;
            self.fill()?;
            return Ok(true);
        }
        let rest = self.buffer.len() - self.taken;
        if rest < FRAME_BYTES_MAX + CHAIN_BYTES && self.fill()? {
            return Ok(true);
        }
        if self.taken < self.buffer.len() {
            return Err(self.damage(reason).into());
        }
        self.turn()
    }

    /// The next input; `None` at the end of the journal.
    ///
    /// # Errors
    /// As [`Reader::read`].
    #[inline]
    pub fn next_input(&mut self) -> Result<Option<Input>, JournalError> {
        let mut input = Input::PLACE;
        Ok(self.read(&mut input)?.then_some(input))
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

    /// Where the first byte from here on is that is not zero; `None`: it is all room for records to come.
    fn stray(&self) -> Result<Option<u64>, JournalError> {
        let mut buffer = vec![0; READ_BYTES];
        let mut at = self.offset;
        loop {
            let read = self.file.read_at(&mut buffer, at);
            let read = read.map_err(|error| JournalError::io("read", &self.segment.path, error))?;
            if read == 0 {
                return Ok(None);
            }
            if let Some(stray) = buffer[..read].iter().position(|&byte| byte != 0) {
                return Ok(Some(at + stray as u64));
            }
            at += read as u64;
        }
    }

    /// Turns to the segment that starts with the next record; `false` when there is none.
    fn turn(&mut self) -> Result<bool, JournalError> {
        if self
            .segment
            .last
            .is_some_and(|last| last != self.mark().seq)
        {
            return Err(self.damage(Reason::Ends).into());
        }
        let opened = entered(|| {
            let segments = segments(&self.location)?;
            let is_there = segments
                .iter()
                .any(|segment| segment.first == self.segment.first);
            let following = segments
                .into_iter()
                .filter(|segment| Some(segment.first) != self.without)
                .find(|segment| segment.first > self.segment.first);
            let Some(segment) = following else {
                return Ok(None);
            };
            if segment.first != self.next {
                // Also the segment that is being read: the journal begins later by now.
                if !is_there
                    && let Some(base) = Base::find(&self.location)?
                    && base.mark.seq >= self.next
                {
                    return Err(JournalError::Gone {
                        directory: self.location.directory.clone(),
                        seq: self.next,
                        first: base.mark.seq.next(),
                    });
                }
                return Err(self.damage(Reason::Gap(segment.first)).into());
            }
            let (file, header) = open_segment(&segment, &self.location)?;
            Ok(Some((segment, file, header)))
        })?;
        let Some((segment, file, header)) = opened else {
            return Ok(false);
        };
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
        self.buffer.clear();
        self.taken = 0;
        self.read_again = false;
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

/// Bytes of a segment from `offset` up to its last one that is not zero.
pub(super) fn used_bytes(
    file: &dyn DiskFile,
    path: &Path,
    offset: u64,
) -> Result<u64, JournalError> {
    let mut buffer = vec![0; READ_BYTES];
    let (mut at, mut used) = (offset, 0);
    loop {
        let read = file
            .read_at(&mut buffer, at)
            .map_err(|error| JournalError::io("read", path, error))?;
        if read == 0 {
            return Ok(used);
        }
        if let Some(last) = buffer[..read].iter().rposition(|&byte| byte != 0) {
            used = at + last as u64 + 1 - offset;
        }
        at += read as u64;
    }
}

/// Copies the first bytes of a file.
pub(super) fn copy(from: &dyn DiskFile, to: &dyn DiskFile, bytes: u64) -> std::io::Result<()> {
    let mut part = vec![0; READ_BYTES];
    let mut at = 0;
    while at < bytes {
        let part = &mut part[..READ_BYTES.min((bytes - at) as usize)];
        read_exact_at(from, part, at)?;
        to.write_at(part, at)?;
        at += part.len() as u64;
    }
    Ok(())
}

/// Writes a part of a segment with what it shows, so that the next sync makes it durable for certain.
pub(super) fn write_again(
    segment: &Segment,
    location: &Location,
    range: std::ops::Range<u64>,
) -> Result<(), JournalError> {
    let file = location.open_file(&segment.path, Access::Write)?;
    let mut at = range.start;
    let mut buffer = vec![0; READ_BYTES];
    while at < range.end {
        let part = &mut buffer[..READ_BYTES.min((range.end - at) as usize)];
        read_exact_at(&*file, part, at)
            .map_err(|error| JournalError::io("read", &segment.path, error))?;
        file.write_at(part, at)
            .map_err(|error| JournalError::io("write", &segment.path, error))?;
        at += part.len() as u64;
    }
    Ok(())
}

/// Finds and opens a segment. Between the two it may have become an archive: then it is looked for again.
pub(super) fn entered<T>(enter: impl Fn() -> Result<T, JournalError>) -> Result<T, JournalError> {
    const TRIES: u32 = 3;
    for _ in 1..TRIES {
        match enter() {
            Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            other => return other,
        }
    }
    enter()
}

/// Checks that what a segment or an archive says about itself is what its name says.
pub(super) fn check_header(segment: &Segment, location: &Location) -> Result<(), JournalError> {
    if segment.is_archive() {
        archive::head(segment, location).map(|_| ())
    } else {
        open_segment(segment, location).map(|_| ())
    }
}

/// Opens a segment and checks that its header says what its name says; of an archive, that all of it
/// checks.
pub(super) fn open_segment(
    segment: &Segment,
    location: &Location,
) -> Result<(Box<dyn DiskFile>, Header), JournalError> {
    if segment.is_archive() {
        return archive::open(segment, location);
    }
    let damaged = |reason| {
        JournalError::Damaged(Damage {
            segment: segment.path.clone(),
            offset: 0,
            seq: segment.first,
            reason,
        })
    };
    let file = location.open_file(&segment.path, Access::Read)?;
    let mut bytes = [0; HEADER_BYTES];
    match read_exact_at(&*file, &mut bytes, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Err(damaged(Reason::Header));
        }
        Err(error) => return Err(JournalError::io("read", &segment.path, error)),
    }
    let header = match Header::from_bytes(&bytes) {
        Err(Reason::Version(found)) => {
            return Err(OtherVersion {
                path: segment.path.clone(),
                found,
                reads: VERSION,
            }
            .into());
        }
        header => header.map_err(damaged)?,
    };
    if header.shard != location.shard {
        return Err(damaged(Reason::Shard(header.shard)));
    }
    if header.first != segment.first {
        return Err(damaged(Reason::Gap(header.first)));
    }
    Ok((file, header))
}
