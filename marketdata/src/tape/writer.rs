//! Writes a tape.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use types::TimestampNs;
use zstd::stream::write::Encoder;

use super::{Entry, Header, MAGIC, Passed, TapeError};

/// zstd's usual level: about as fast as a disk writes.
const LEVEL: i32 = 3;

/// A tape that is being written.
pub struct Writer {
    out: Out,
    buffer: Vec<u8>,
    bytes: u64,
}

enum Out {
    Plain(BufWriter<File>),
    Packed(Box<Encoder<'static, BufWriter<File>>>),
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// A new file that begins now; compressed where its name ends in `.zst`.
    ///
    /// # Errors
    /// I/O errors; a file that is there already is one.
    pub fn create(path: &Path, header: &Header, now: TimestampNs) -> Result<Self, TapeError> {
        let file = BufWriter::with_capacity(1 << 16, File::create_new(path)?);
        let out = if path.extension().is_some_and(|end| end == "zst") {
            Out::Packed(Box::new(Encoder::new(file, LEVEL)?))
        } else {
            Out::Plain(file)
        };
        let mut writer = Self {
            out,
            buffer: Vec::new(),
            bytes: 0,
        };
        writer.buffer.extend_from_slice(&MAGIC);
        writer.record(Passed::HEADER, 0, now, |body| {
            body.extend_from_slice(header.to_json().as_bytes());
        })?;
        writer.flush()?;
        Ok(writer)
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// I/O errors.
    pub fn write(&mut self, entry: &Entry) -> Result<(), TapeError> {
        let kind = entry.passed.kind();
        self.record(kind, entry.connection, entry.time, |body| {
            entry.passed.encode(body);
        })
    }

    fn record(
        &mut self,
        kind: u8,
        connection: u16,
        time: TimestampNs,
        payload: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), TapeError> {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&[0; 8]);
        self.buffer.push(kind);
        self.buffer.extend_from_slice(&connection.to_le_bytes());
        self.buffer.extend_from_slice(&time.0.to_le_bytes());
        payload(&mut self.buffer);
        let body = &self.buffer[start + 8..];
        let (length, crc) = (body.len() as u32, crc32c::crc32c(body));
        self.buffer[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.buffer[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
        match &mut self.out {
            Out::Plain(file) => file.write_all(&self.buffer)?,
            Out::Packed(encoder) => encoder.write_all(&self.buffer)?,
        }
        self.bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Bytes so far, before they were compressed.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Hands everything to the operating system: a process that dies afterwards loses none of it.
    ///
    /// # Errors
    /// I/O errors.
    pub fn flush(&mut self) -> Result<(), TapeError> {
        match &mut self.out {
            Out::Plain(file) => file.flush(),
            Out::Packed(encoder) => encoder.flush(),
        }
        .map_err(TapeError::Io)
    }

    /// Ends the tape and waits until the disk has it.
    ///
    /// # Errors
    /// I/O errors.
    pub fn finish(self) -> Result<(), TapeError> {
        let file = match self.out {
            Out::Plain(file) => file,
            Out::Packed(encoder) => encoder.finish()?,
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(())
    }
}
