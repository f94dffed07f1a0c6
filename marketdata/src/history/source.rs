//! The bytes of a file, unpacked, and the name that they go by.
//!
//! A file is read through one buffer of a quarter mebibyte. Mapping it into memory would save the copy into that
//! buffer, a few hundredths of what decoding costs at most (`docs/data.md` has the figures), and needs `unsafe`, which
//! the workspace forbids.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::CrcReader;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use memchr::memrchr_iter;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::error::OpenError;

/// Bytes that are read of a file at once.
pub const FETCH_BYTES: usize = 256 * 1024;

/// The most members that a zip archive may have.
pub const MEMBERS_MAX: usize = 10_000;

/// Unpacked bytes.
pub(super) type Bytes = Box<dyn BufRead + Send>;

/// A file that was opened.
pub(super) struct Source {
    /// Its content, unpacked.
    pub(super) bytes: Bytes,
    /// The name of the content: that of the member in an archive, else the file's without the ending of a packed
    /// file.
    pub(super) name: String,
}

/// A reader that says how far it is.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Checks the CRC-32 of a member at its end.
struct Checked<R> {
    inner: CrcReader<R>,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() && self.inner.crc().sum() != self.expected {
            return Err(io::Error::other("its checksum differs"));
        }
        Ok(read)
    }
}

/// Says of what is packed in what it is that ends too early, or makes no sense.
struct Packed<R> {
    inner: R,
    packing: &'static str,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let packing = self.packing;
        self.inner.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), cut_short(packing)),
            // What the system says is not of the packing.
            _ if error.raw_os_error().is_some() => error,
            kind => io::Error::new(kind, format!("the {packing} is damaged: {error}")),
        })
    }
}

fn cut_short(packing: &str) -> String {
    format!("the {packing} is cut short")
}

/// How a file that is packed begins, how its name ends then, and what it is packed in.
const PACKINGS: [(&[u8], &str, &str); 2] = [
    (&[0x1f, 0x8b], ".gz", "gzip"),
    (&[0x28, 0xb5, 0x2f, 0xfd], ".zst", "zstd"),
];

/// How a zip begins, and how its name ends then.
const ZIP: &[u8] = b"PK\x03\x04";
const ZIP_ENDINGS: &[&str] = &[".zip", ".npz"];

/// Bytes that a format is known by, where a file has so many.
const START_BYTES: usize = 4 * 1024;

/// What is read of a file to know its format, and what comes then.
struct Started {
    start: io::Cursor<Vec<u8>>,
    rest: Bytes,
    /// Why the start is no longer.
    broken: Option<io::Error>,
}

impl Read for Started {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut known = self.fill_buf()?;
        let read = known.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Started {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start.position() < self.start.get_ref().len() as u64 {
            return self.start.fill_buf();
        }
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.rest.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        if self.start.position() < self.start.get_ref().len() as u64 {
            self.start.consume(amount);
        } else {
            self.rest.consume(amount);
        }
    }
}

/// The same bytes, of which the first few are given at once: what is packed in parts, or comes through a pipe, may give
/// no more than its first line. A text that breaks off within that is an error.
pub(super) fn with_start(mut bytes: Bytes) -> io::Result<Bytes> {
    if bytes.fill_buf()?.len() >= START_BYTES {
        return Ok(bytes);
    }
    let mut start = Vec::new();
    let mut broken = None;
    while start.len() < START_BYTES && broken.is_none() {
        match bytes.fill_buf() {
            Ok([]) => break,
            Ok(more) => {
                start.extend_from_slice(more);
                let read = more.len();
                bytes.consume(read);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => broken = Some(error),
        }
    }
    if let Some(error) = broken.take_if(|_| !start.contains(&b'\n')) {
        return Err(error);
    }
    Ok(Box::new(Started {
        start: io::Cursor::new(start),
        rest: bytes,
        broken,
    }))
}

fn buffered(inner: impl Read + Send + 'static) -> Bytes {
    Box::new(BufReader::with_capacity(FETCH_BYTES, inner))
}

/// Opens a file and whatever it is packed with.
pub(super) fn open(path: &Path, read: &Arc<AtomicU64>) -> Result<Source, OpenError> {
    let io = |source| OpenError::io(path, source);
    let file = File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.is_dir() {
        return Err(OpenError::damaged(path, "a directory; accepted: a file"));
    }
    let mut file = BufReader::with_capacity(
        FETCH_BYTES,
        Counted {
            inner: file,
            read: Arc::clone(read),
        },
    );
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let magic = file.fill_buf().map_err(io)?;
    // One without members begins with the end of its index.
    if magic.starts_with(ZIP) || magic.starts_with(INDEX_END) {
        let name = without(&name, ZIP_ENDINGS);
        return member(path, name, read);
    }
    let is_part = !magic.is_empty() && ZIP.starts_with(magic);
    if is_part && ZIP_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return Err(OpenError::damaged(path, cut_short("zip")));
    }
    for (start, ending, packing) in PACKINGS {
        let is_part = !magic.is_empty() && magic.len() < start.len() && start.starts_with(magic);
        if is_part && name.ends_with(ending) {
            return Err(OpenError::damaged(path, cut_short(packing)));
        }
        if magic.starts_with(start) {
            let inner: Box<dyn Read + Send> = if packing == "gzip" {
                Box::new(MultiGzDecoder::new(file))
            } else {
                Box::new(zstd::stream::read::Decoder::with_buffer(file).map_err(io)?)
            };
            return Ok(Source {
                bytes: buffered(Packed { inner, packing }),
                name: without(&name, &[ending]),
            });
        }
    }
    Ok(Source {
        bytes: Box::new(file),
        name,
    })
}

fn without(name: &str, endings: &[&str]) -> String {
    let stem = endings.iter().find_map(|ending| name.strip_suffix(ending));
    stem.unwrap_or(name).to_owned()
}

/// How the record at the end of a zip's index begins, its bytes without a comment, and the most of a comment.
const INDEX_END: &[u8] = b"PK\x05\x06";
const INDEX_END_BYTES: usize = 22;
const COMMENT_BYTES_MAX: usize = 65_535;

/// Whether a zip has all of the record that ends its index: one that is cut short anywhere has not.
fn has_index_end(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let behind = bytes.saturating_sub((INDEX_END_BYTES + COMMENT_BYTES_MAX) as u64);
    file.seek(SeekFrom::Start(behind))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let last = memrchr_iter(b'P', &end).find(|&at| end[at..].starts_with(INDEX_END));
    Ok(last.is_some_and(|at| {
        let comment = end.get(at + INDEX_END_BYTES - 2..at + INDEX_END_BYTES);
        let comment = comment.and_then(|length| length.try_into().ok());
        comment.is_some_and(|length| {
            let length = usize::from(u16::from_le_bytes(length));
            end.len() >= at + INDEX_END_BYTES + length
        })
    }))
}

/// The one member of an archive.
fn member(path: &Path, stem: String, read: &Arc<AtomicU64>) -> Result<Source, OpenError> {
    let damaged = |problem: &dyn std::fmt::Display| OpenError::damaged(path, problem);
    let file = File::open(path).map_err(|source| OpenError::io(path, source))?;
    let mut archive = match ZipArchive::new(file) {
        Ok(archive) => archive,
        Err(ZipError::Io(error)) if error.raw_os_error().is_some() => {
            return Err(OpenError::io(path, error));
        }
        Err(error) => {
            let is_whole = has_index_end(path).map_err(|error| OpenError::io(path, error))?;
            return Err(if is_whole {
                damaged(&format!(
                    "the zip is damaged: {error}; accepted: a whole one"
                ))
            } else {
                damaged(&cut_short("zip"))
            });
        }
    };
    let members = archive.len();
    if members == 0 || members > MEMBERS_MAX {
        return Err(damaged(&format!("{members} members; accepted: one")));
    }
    let files: Vec<usize> = (0..members)
        .filter(|&at| {
            archive
                .name_for_index(at)
                .is_some_and(|name| !name.ends_with('/'))
        })
        .collect();
    // What hftbacktest saves has its array under this name.
    let data = archive.index_for_name("data.npy");
    let at = match (data, files.as_slice()) {
        (Some(at), _) | (None, &[at]) => at,
        (None, files) => {
            return Err(damaged(&format!("{} members; accepted: one", files.len())));
        }
    };
    let (name, start, packed, method, crc) = {
        let member = archive.by_index_raw(at).map_err(|error| damaged(&error))?;
        if member.encrypted() {
            return Err(damaged(&"an encrypted member; accepted: one that is not"));
        }
        let start = member
            .data_start()
            .ok_or_else(|| damaged(&"the archive does not say where its member is"))?;
        (
            member.name().to_owned(),
            start,
            member.compressed_size(),
            member.compression(),
            member.crc32(),
        )
    };
    let mut file = archive.into_inner();
    file.seek(SeekFrom::Start(start))
        .map_err(|source| OpenError::io(path, source))?;
    let counted = Counted {
        inner: file.take(packed),
        read: Arc::clone(read),
    };
    let checked = |inner: Box<dyn Read + Send>| {
        let inner = Checked {
            inner: CrcReader::new(inner),
            expected: crc,
        };
        buffered(Packed {
            inner,
            packing: "archive's member",
        })
    };
    let bytes = match method {
        CompressionMethod::Stored => checked(Box::new(counted)),
        CompressionMethod::Deflated => checked(Box::new(DeflateDecoder::new(
            BufReader::with_capacity(FETCH_BYTES, counted),
        ))),
        method => {
            return Err(damaged(&format!(
                "a member packed with {method}; accepted: deflate or stored"
            )));
        }
    };
    // Of an array the archive has the better name.
    let name = if data.is_some() { stem } else { name };
    Ok(Source { bytes, name })
}
