//! The bytes of a DBN file on their way to its decoder, which takes a file that ends within a record for a whole
//! one, and what it says of the lengths of metadata and records for true.

use std::io::{self, Read};

use super::super::decode::told;

/// The most bytes of a file's metadata.
pub(super) const METADATA_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// Bytes before the metadata: `DBN`, the version, the length.
const PRELUDE_BYTES: usize = 8;
/// The unit of a record's length, the least bytes of a record, and what its bytes are a multiple of. The decoder refers
/// to records in place and takes for granted that they are aligned.
const LENGTH_UNIT: u64 = 4;
const RECORD_BYTES_MIN: u64 = 16;
const RECORD_ALIGNMENT: u64 = 8;

/// Follows where records end.
#[derive(Debug)]
pub(super) struct Framed<R> {
    inner: R,
    prelude: [u8; PRELUDE_BYTES],
    seen: usize,
    /// Bytes up to the end of the metadata or of the record.
    left: u64,
}

impl<R> Framed<R> {
    pub(super) const fn new(inner: R) -> Self {
        Self {
            inner,
            prelude: [0; PRELUDE_BYTES],
            seen: 0,
            left: 0,
        }
    }

    fn follow(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let [first, rest @ ..] = bytes {
            if self.seen < PRELUDE_BYTES {
                self.prelude[self.seen] = *first;
                self.seen += 1;
                bytes = rest;
                if self.seen == PRELUDE_BYTES {
                    let [_, _, _, _, length @ ..] = self.prelude;
                    let length = u32::from_le_bytes(length);
                    if length > METADATA_BYTES_MAX {
                        return Err(io::Error::other(format!(
                            "metadata of {length} bytes; accepted: at most {METADATA_BYTES_MAX}"
                        )));
                    }
                    self.left = length.into();
                }
                continue;
            }
            if self.left == 0 {
                self.left = u64::from(*first) * LENGTH_UNIT;
                if self.left < RECORD_BYTES_MIN || !self.left.is_multiple_of(RECORD_ALIGNMENT) {
                    return Err(io::Error::other(format!(
                        "a record of {} bytes; accepted: a multiple of {RECORD_ALIGNMENT} from {RECORD_BYTES_MIN} on",
                        self.left
                    )));
                }
            }
            let step = self.left.min(bytes.len() as u64);
            self.left -= step;
            bytes = &bytes[step as usize..];
        }
        Ok(())
    }
}

impl<R: Read> Read for Framed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.inner.read(buffer) {
            // The decoder would take it for the end.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(io::Error::other(told(&error)));
            }
            read => read?,
        };
        if read == 0 && !buffer.is_empty() && (self.left > 0 || self.seen < PRELUDE_BYTES) {
            return Err(io::Error::other("the file is cut short"));
        }
        self.follow(&buffer[..read])?;
        Ok(read)
    }
}
