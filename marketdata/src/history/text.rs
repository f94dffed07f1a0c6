//! Lines of a text file, and the fields of a line.

use std::io::{self, BufRead as _};
use std::ops::Range;

use memchr::memchr;

use super::decode::Fault;
use super::source::Bytes;

/// The most bytes of a line.
pub const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// Reads a file line by line.
pub(super) struct Lines {
    bytes: Bytes,
    /// What was read: lines that were given, and from `at` on what was not.
    text: Vec<u8>,
    at: usize,
    number: u64,
}

impl Lines {
    pub(super) const fn new(bytes: Bytes) -> Self {
        Self {
            bytes,
            text: Vec::new(),
            at: 0,
            number: 0,
        }
    }

    /// The number of the line read last; the first is 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The next line that is not empty, without its end. `None` after the last.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Fault> {
        loop {
            let line = match memchr(b'\n', &self.text[self.at..]) {
                Some(length) => self.at..self.at + length + 1,
                None => match self.read_on()? {
                    Some(line) => line,
                    None => return Ok(None),
                },
            };
            self.number += 1;
            if line.len() as u64 > LINE_BYTES_MAX {
                return Err(too_long());
            }
            self.at = line.end;
            let mut text = &self.text[line.clone()];
            while let [rest @ .., b'\n' | b'\r'] = text {
                text = rest;
            }
            let mut start = line.start;
            if self.number == 1
                && let Some(rest) = text.strip_prefix(b"\xef\xbb\xbf")
            {
                start += 3;
                text = rest;
            }
            if !text.is_empty() {
                let end = start + text.len();
                return Ok(Some(&self.text[start..end]));
            }
        }
    }

    /// Reads until there is a whole line, and says where; `None` at the end of the file.
    #[inline(never)]
    fn read_on(&mut self) -> Result<Option<Range<usize>>, Fault> {
        self.text.drain(..self.at);
        self.at = 0;
        loop {
            let more = match self.bytes.fill_buf() {
                Ok(more) => more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let (known, read) = (self.text.len(), more.len());
            let length = memchr(b'\n', more);
            self.text.extend_from_slice(more);
            self.bytes.consume(read);
            if let Some(length) = length {
                return Ok(Some(0..known + length + 1));
            }
            if read == 0 {
                return Ok((known > 0).then_some(0..known));
            }
            if self.text.len() as u64 > LINE_BYTES_MAX {
                self.number += 1;
                return Err(too_long());
            }
        }
    }
}

#[cold]
fn too_long() -> Fault {
    Fault::damaged(format_args!(
        "a line of more than {LINE_BYTES_MAX} bytes (line_bytes_max): no text"
    ))
}

/// The first field of a text, and what is behind its separator. A field in double quotes may hold the separator;
/// quotes themselves are taken off.
#[inline]
pub(super) fn split(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    if let [b'"', quoted @ ..] = text
        && let Some(end) = memchr(b'"', quoted)
        && quoted.get(end + 1).is_none_or(|&next| next == separator)
    {
        return (&quoted[..end], quoted.get(end + 2..));
    }
    match memchr(separator, text) {
        Some(end) => (&text[..end], Some(&text[end + 1..])),
        None => (text, None),
    }
}

/// The fields of a line.
pub(super) fn fields(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let (field, behind) = split(rest?, separator);
        rest = behind;
        Some(field)
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    #[test]
    fn fields_are_split_at_the_separator_but_not_in_quotes() {
        let split = |line: &'static str| {
            fields(line.as_bytes(), b',')
                .map(|field| std::str::from_utf8(field).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(split("a,b,"), ["a", "b", ""]);
        assert_eq!(split("\"a,b\",c"), ["a,b", "c"]);
        assert_eq!(split("c,\"x\""), ["c", "x"]);
        assert_eq!(split("c,\"x"), ["c", "\"x"]);
        assert_eq!(split(""), [""]);
    }

    #[test]
    fn lines_are_counted_and_their_ends_and_a_byte_order_mark_taken_off() {
        let text: &[u8] = b"\xef\xbb\xbfone\r\n\n\ntwo\nthree";
        // However few bytes are read at once.
        for at_once in [1, 2, 7, 100] {
            let bytes = BufReader::with_capacity(at_once, text);
            let mut lines = Lines::new(Box::new(bytes));
            let mut seen = Vec::new();
            while let Some(line) = lines.next().unwrap() {
                let line = String::from_utf8(line.to_vec()).unwrap();
                seen.push((lines.number(), line));
            }
            let seen: Vec<_> = seen.iter().map(|(at, line)| (*at, &line[..])).collect();
            assert_eq!(seen, [(1, "one"), (4, "two"), (5, "three")]);
        }
    }

    #[test]
    fn a_line_may_be_as_long_as_its_limit_and_no_longer() {
        let longest = LINE_BYTES_MAX as usize;
        for (length, is_read) in [(longest - 1, true), (longest, false), (3 * longest, false)] {
            let mut text = b"first\n".to_vec();
            text.resize(text.len() + length, b'x');
            text.extend_from_slice(b"\nlast\n");
            let bytes = BufReader::with_capacity(4_096, Cursor::new(text));
            let mut lines = Lines::new(Box::new(bytes));
            assert_eq!(lines.next().unwrap(), Some(&b"first"[..]));
            let found = lines.next().map(|line| line.map(<[u8]>::len));
            assert_eq!(found.is_ok(), is_read, "{length}");
            assert_eq!(lines.number(), 2, "{length}");
            if is_read {
                assert_eq!(found.unwrap(), Some(length));
                assert_eq!(lines.next().unwrap(), Some(&b"last"[..]));
                assert_eq!(lines.next().unwrap(), None);
            }
        }
    }
}
