//! Numbers in as few bytes as they need, and names.

use types::Label;

use crate::history::decode::Fault;

/// The greatest common divisor; of nothing and a number, the number.
pub(super) const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Appends a number.
pub(super) fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// A place in bytes, and the place where they end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    pub(super) at: usize,
    pub(super) end: usize,
}

/// What follows is not what a block has.
pub(super) fn wrong() -> Fault {
    Fault::damaged("a block's columns do not fit each other")
}

impl Cursor {
    pub(super) const fn new(end: usize) -> Self {
        Self { at: 0, end }
    }

    /// The next byte.
    pub(super) fn byte(&mut self, bytes: &[u8]) -> Result<u8, Fault> {
        if self.at >= self.end {
            return Err(wrong());
        }
        let byte = bytes.get(self.at).copied().ok_or_else(wrong)?;
        self.at += 1;
        Ok(byte)
    }

    /// The next number.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(bytes)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(wrong())
    }

    /// The next number with a sign.
    pub(super) fn signed(&mut self, bytes: &[u8]) -> Result<i64, Fault> {
        self.next(bytes).map(unzigzag)
    }

    /// The next name.
    pub(super) fn label(&mut self, bytes: &[u8]) -> Result<Label, Fault> {
        let length = self.next(bytes)?;
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| self.at.checked_add(length))
            .filter(|&end| end <= self.end)
            .ok_or_else(wrong)?;
        let text = bytes.get(self.at..end).ok_or_else(wrong)?;
        self.at = end;
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| Label::new(text).ok())
            .ok_or_else(wrong)
    }
}
