//! Reads a tape, one record after the other: no more than one is held.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use types::TimestampNs;
use zstd::stream::read::Decoder;

use super::{BODY_BYTES_MAX, BODY_BYTES_MIN, Entry, Header, MAGIC, Passed, TapeError, shown};

/// What a zstd frame begins with (RFC 8878, 3.1.1).
const ZSTD_MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// Memory for unpacking, as a power of two; writers need 2 MiB.
const WINDOW_LOG_MAX: u32 = 24;

/// How a tape ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a whole record.
    Whole,
    /// Its writer died, or its copy was cut off.
    Torn {
        /// Where the tail begins that was cut off, in the unpacked tape.
        offset: u64,
        /// Its bytes; 0 where only the end of the compression is missing.
        bytes: u64,
    },
}

/// A tape that is being read.
pub struct Reader {
    input: Box<dyn Read + Send>,
    header: Header,
    body: Vec<u8>,
    offset: u64,
    ending: Ending,
    is_over: bool,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

/// The end of the input inside of something.
enum Short {
    Torn(usize),
    Error(io::Error),
}

impl Reader {
    /// Opens a tape and reads its header.
    ///
    /// # Errors
    /// See [`TapeError`].
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let file = BufReader::with_capacity(1 << 16, File::open(path)?);
        Self::new(Box::new(file))
    }

    /// Reads the header of a tape.
    ///
    /// # Errors
    /// See [`TapeError`].
    pub fn new(mut input: Box<dyn Read + Send>) -> Result<Self, TapeError> {
        let mut magic = [0; 4];
        let read = fill(&mut *input, &mut magic)?;
        let whole = io::Cursor::new(magic[..read].to_vec()).chain(input);
        let input: Box<dyn Read + Send> = if magic == ZSTD_MAGIC {
            let mut unpacked = Decoder::new(whole)?;
            unpacked.window_log_max(WINDOW_LOG_MAX)?;
            Box::new(unpacked)
        } else {
            Box::new(whole)
        };
        let mut reader = Self {
            input,
            header: Header { feeds: Vec::new() },
            body: Vec::new(),
            offset: 0,
            ending: Ending::Whole,
            is_over: false,
        };
        let mut found = [0; MAGIC.len()];
        let read = fill(&mut *reader.input, &mut found)?;
        if found != MAGIC {
            let found = shown(&found[..read]);
            return Err(TapeError::Magic { found });
        }
        reader.offset = MAGIC.len() as u64;
        match reader.record()? {
            Some((Passed::HEADER, ..)) => {
                reader.header = Header::from_json(&reader.body[BODY_BYTES_MIN..])?;
                Ok(reader)
            }
            _ => Err(TapeError::Damaged {
                offset: MAGIC.len() as u64,
                what: "there is no header",
            }),
        }
    }

    /// What is needed to decode it.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How it ended, once [`Reader::next`] has said so.
    pub const fn ending(&self) -> Ending {
        self.ending
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// [`TapeError::Damaged`] and I/O errors; nothing follows them.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not fail")]
    pub fn next(&mut self) -> Result<Option<Entry>, TapeError> {
        let offset = self.offset;
        let Some((kind, connection, time)) = self.record()? else {
            return Ok(None);
        };
        let passed = Passed::decode(kind, &self.body[BODY_BYTES_MIN..]);
        let is_known = usize::from(connection) < self.header.feeds.len();
        match passed {
            Some(passed) if is_known => Ok(Some(Entry {
                connection,
                time,
                passed,
            })),
            _ => {
                self.is_over = true;
                let what = "a record of no kind or connection that there is";
                Err(TapeError::Damaged { offset, what })
            }
        }
    }

    /// The next record into `body`.
    fn record(&mut self) -> Result<Option<(u8, u16, TimestampNs)>, TapeError> {
        if self.is_over {
            return Ok(None);
        }
        let mut head = [0; 8];
        match self.exactly(&mut head) {
            Ok(()) => {}
            Err(Short::Torn(0)) => {
                self.is_over = true;
                return Ok(None);
            }
            Err(Short::Torn(bytes)) => return Ok(self.torn(bytes)),
            Err(Short::Error(error)) => return Err(self.failed(error)),
        }
        let field = |at| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (length, crc) = (field(0) as usize, field(4));
        if !(BODY_BYTES_MIN..=BODY_BYTES_MAX).contains(&length) {
            return self.unchecked(&head, "a record of a length that none has");
        }
        // Grown as the bytes come: a length that is not true must not cost memory.
        self.body.clear();
        let wanted = length as u64;
        let read = (&mut self.input).take(wanted).read_to_end(&mut self.body);
        match read {
            Ok(read) if read == length => {}
            Ok(read) => return Ok(self.torn(8 + read)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(self.torn(8 + self.body.len()));
            }
            Err(error) => return Err(self.failed(error)),
        }
        if crc32c::crc32c(&self.body) != crc {
            let body = std::mem::take(&mut self.body);
            return self.unchecked(&[&head[..], &body].concat(), "a checksum does not match");
        }
        self.offset += 8 + length as u64;
        let body = &self.body;
        let connection = u16::from_le_bytes([body[1], body[2]]);
        let time = body[3..BODY_BYTES_MIN].iter().rev();
        let time = time.fold(0, |time, &byte| time << 8 | u64::from(byte));
        Ok(Some((body[0], connection, TimestampNs(time))))
    }

    /// A record that does not check: the tail of a tape whose writer died when nothing, or nothing but zeros,
    /// follows it; else damage.
    fn unchecked(
        &mut self,
        record: &[u8],
        what: &'static str,
    ) -> Result<Option<(u8, u16, TimestampNs)>, TapeError> {
        let is_zero = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
        let mut rest = 0;
        let mut is_blank = true;
        let mut part = vec![0; 1 << 14];
        loop {
            match fill(&mut *self.input, &mut part) {
                Ok(0) => break,
                Ok(read) => {
                    rest += read;
                    is_blank &= is_zero(&part[..read]);
                }
                Err(error) => return Err(self.failed(error)),
            }
            if !is_blank {
                break;
            }
        }
        let is_tail = if is_zero(record) { is_blank } else { rest == 0 };
        if is_tail {
            return Ok(self.torn(record.len() + rest));
        }
        self.is_over = true;
        Err(TapeError::Damaged {
            offset: self.offset,
            what,
        })
    }

    const fn torn<T>(&mut self, bytes: usize) -> Option<T> {
        self.is_over = true;
        self.ending = Ending::Torn {
            offset: self.offset,
            bytes: bytes as u64,
        };
        None
    }

    fn failed(&mut self, error: io::Error) -> TapeError {
        self.is_over = true;
        error.into()
    }

    fn exactly(&mut self, into: &mut [u8]) -> Result<(), Short> {
        let mut read = 0;
        while read < into.len() {
            match self.input.read(&mut into[read..]) {
                Ok(0) => return Err(Short::Torn(read)),
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Compression that was never ended.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.ending = Ending::Torn {
                        offset: self.offset,
                        bytes: 0,
                    };
                    return Err(Short::Torn(read));
                }
                Err(error) => return Err(Short::Error(error)),
            }
        }
        Ok(())
    }
}

/// Reads until the buffer is full or the input has ended; how many bytes.
fn fill(input: &mut dyn Read, into: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < into.len() {
        match input.read(&mut into[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
