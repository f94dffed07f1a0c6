//! Lines of a text file, and the fields of a line.

use std::io::{BufRead, Read};

use super::decode::Fault;
use super::source::Bytes;

/// The most bytes of a line.
pub const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// Reads a file line by line.
pub(super) struct Lines {
    bytes: Bytes,
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    pub(super) const fn new(bytes: Bytes) -> Self {
        Self {
            bytes,
            line: Vec::new(),
            number: 0,
        }
    }

    /// The number of the line read last; the first is 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The next line that is not empty, without its end. `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Fault> {
        loop {
            self.line.clear();
            let mut limited = self.bytes.by_ref().take(LINE_BYTES_MAX + 1);
            let read = limited.read_until(b'\n', &mut self.line)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if read as u64 > LINE_BYTES_MAX {
                return Err(Fault::damaged(format_args!(
                    "a line of more than {LINE_BYTES_MAX} bytes (line_bytes_max): no text"
                )));
            }
            let mut end = self.line.len();
            while end > 0 && matches!(self.line[end - 1], b'\n' | b'\r') {
                end -= 1;
            }
            self.line.truncate(end);
            if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
            if !self.line.is_empty() {
                break;
            }
        }
        Ok(Some(&self.line))
    }
}

/// The fields of a line. A field in double quotes may hold the separator; quotes themselves are taken off.
pub(super) fn fields(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        if let [b'"', quoted @ ..] = text
            && let Some(end) = quoted.iter().position(|&byte| byte == b'"')
            && quoted.get(end + 1).is_none_or(|&next| next == separator)
        {
            rest = quoted.get(end + 2..);
            return Some(&quoted[..end]);
        }
        let end = text.iter().position(|&byte| byte == separator);
        if let Some(end) = end {
            rest = Some(&text[end + 1..]);
            Some(&text[..end])
        } else {
            rest = None;
            Some(text)
        }
    })
}

#[cfg(test)]
mod tests {
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
        let mut lines = Lines::new(Box::new(text));
        let mut seen = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let line = String::from_utf8(line.to_vec()).unwrap();
            seen.push((lines.number(), line));
        }
        let seen: Vec<_> = seen.iter().map(|(at, line)| (*at, &line[..])).collect();
        assert_eq!(seen, [(1, "one"), (4, "two"), (5, "three")]);
    }
}
