//! Reads JSON as venues send it, front to back, borrowing everything and building nothing.
//!
//! A value that nobody asks for is skipped, not checked. Strings with escapes are errors where they are keys or
//! asked for: no venue writes a price or a symbol with one.

/// A value as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string without its quotes and without escapes.
    Text(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Literal(&'a [u8]),
    /// An object with its braces.
    Object(&'a [u8]),
    /// An array with its brackets.
    Array(&'a [u8]),
}

impl<'a> Value<'a> {
    /// A string, or a number: venues write prices as both.
    pub const fn scalar(self) -> Option<&'a [u8]> {
        match self {
            Self::Text(bytes) | Self::Literal(bytes) => Some(bytes),
            Self::Object(_) | Self::Array(_) => None,
        }
    }

    /// The fields of an object.
    pub const fn fields(self) -> Option<Fields<'a>> {
        match self {
            Self::Object(bytes) => Fields::of(bytes),
            _ => None,
        }
    }

    /// The items of an array.
    pub const fn items(self) -> Option<Items<'a>> {
        match self {
            Self::Array(bytes) => Items::of(bytes),
            _ => None,
        }
    }
}

/// Bytes that are not JSON as it is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the JSON that was expected")]
pub struct Unexpected;

/// The fields of an object, in their order.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    cursor: Cursor<'a>,
    is_first: bool,
}

impl<'a> Fields<'a> {
    /// The fields of the object that `bytes` are.
    pub const fn of(bytes: &'a [u8]) -> Option<Self> {
        match Cursor::inside(bytes, b'{') {
            Some(cursor) => Some(Self {
                cursor,
                is_first: true,
            }),
            None => None,
        }
    }

    /// The value of a field, if the object has it.
    ///
    /// # Errors
    /// The bytes before it are not an object's.
    pub fn get(mut self, name: &[u8]) -> Result<Option<Value<'a>>, Unexpected> {
        self.find(|field| field.map_or(true, |(key, _)| key == name))
            .transpose()
            .map(|field| field.map(|(_, value)| value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(&'a [u8], Value<'a>), Unexpected>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let cursor = &mut self.cursor;
        match cursor.separator(&mut self.is_first, b'}') {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(error)),
        }
        let field = cursor.key().and_then(|key| Ok((key, cursor.value()?)));
        if field.is_err() {
            cursor.stop();
        }
        Some(field)
    }
}

/// The items of an array, in their order.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    cursor: Cursor<'a>,
    is_first: bool,
}

impl<'a> Items<'a> {
    /// The items of the array that `bytes` are.
    pub const fn of(bytes: &'a [u8]) -> Option<Self> {
        match Cursor::inside(bytes, b'[') {
            Some(cursor) => Some(Self {
                cursor,
                is_first: true,
            }),
            None => None,
        }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Value<'a>, Unexpected>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let cursor = &mut self.cursor;
        match cursor.separator(&mut self.is_first, b']') {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(error)),
        }
        let value = cursor.value();
        if value.is_err() {
            cursor.stop();
        }
        Some(value)
    }
}

#[derive(Debug, Clone)]
struct Cursor<'a> {
    rest: &'a [u8],
    /// Behind the closing bracket, or behind an error.
    is_done: bool,
}

impl<'a> Cursor<'a> {
    /// Behind the opening bracket.
    const fn inside(bytes: &'a [u8], open: u8) -> Option<Self> {
        match bytes.trim_ascii_start() {
            [first, rest @ ..] if *first == open => Some(Self {
                rest,
                is_done: false,
            }),
            _ => None,
        }
    }

    const fn stop(&mut self) {
        self.is_done = true;
    }

    #[inline]
    fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Goes to the next member; `false` behind the last one.
    #[inline]
    fn separator(&mut self, is_first: &mut bool, close: u8) -> Result<bool, Unexpected> {
        if self.is_done {
            return Ok(false);
        }
        let Some(byte) = self.peek() else {
            self.stop();
            return Err(Unexpected);
        };
        let was_first = std::mem::take(is_first);
        if byte == close {
            self.stop();
            return Ok(false);
        }
        if was_first {
            return Ok(true);
        }
        if byte == b',' {
            self.rest = &self.rest[1..];
            return Ok(true);
        }
        self.stop();
        Err(Unexpected)
    }

    #[inline]
    fn key(&mut self) -> Result<&'a [u8], Unexpected> {
        if self.peek() != Some(b'"') {
            return Err(Unexpected);
        }
        let key = self.text()?;
        if self.peek() != Some(b':') {
            return Err(Unexpected);
        }
        self.rest = &self.rest[1..];
        Ok(key)
    }

    #[inline]
    fn value(&mut self) -> Result<Value<'a>, Unexpected> {
        match self.peek().ok_or(Unexpected)? {
            b'"' => self.text_or_escaped().map(Value::Text),
            b'{' => self.nested().map(Value::Object),
            b'[' => self.nested().map(Value::Array),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let end = self
                    .rest
                    .iter()
                    .position(|byte| {
                        matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')
                    })
                    .ok_or(Unexpected)?;
                Ok(Value::Literal(self.advance(end)))
            }
            _ => Err(Unexpected),
        }
    }

    #[inline]
    fn advance(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.rest.split_at(len);
        self.rest = rest;
        head
    }

    /// A string without escapes, the cursor on its opening quote.
    #[inline]
    fn text(&mut self) -> Result<&'a [u8], Unexpected> {
        let inside = &self.rest[1..];
        let end = inside
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\'))
            .ok_or(Unexpected)?;
        if inside[end] == b'\\' {
            return Err(Unexpected);
        }
        self.rest = &inside[end + 1..];
        Ok(&inside[..end])
    }

    /// A string; one with escapes is given as it stands.
    #[inline]
    fn text_or_escaped(&mut self) -> Result<&'a [u8], Unexpected> {
        let inside = &self.rest[1..];
        let mut at = 0;
        loop {
            let found = inside[at..]
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\'))
                .ok_or(Unexpected)?;
            at += found;
            if inside[at] == b'"' {
                self.rest = &inside[at + 1..];
                return Ok(&inside[..at]);
            }
            // The character that is escaped, too.
            at += 2;
            if at > inside.len() {
                return Err(Unexpected);
            }
        }
    }

    /// An object or array as it stands, the cursor on its opening bracket.
    fn nested(&mut self) -> Result<&'a [u8], Unexpected> {
        let mut depth = 0_u32;
        let mut at = 0;
        while let Some(&byte) = self.rest.get(at) {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(self.advance(at + 1));
                    }
                }
                b'"' => {
                    let mut inside = Self {
                        rest: &self.rest[at..],
                        is_done: false,
                    };
                    at += inside.text_or_escaped()?.len() + 1;
                }
                _ => {}
            }
            at += 1;
        }
        Err(Unexpected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Result<Vec<(&[u8], Value<'_>)>, Unexpected> {
        Fields::of(text.as_bytes()).ok_or(Unexpected)?.collect()
    }

    #[test]
    fn fields_come_in_their_order() {
        let text = r#" { "s":"BTC\"" , "p" : -1.5e3,"m":false, "a":[["1","2"],{"x":"]"}] ,"o":{}}"#;
        assert_eq!(
            fields(text).unwrap(),
            [
                (&b"s"[..], Value::Text(br#"BTC\""#)),
                (b"p", Value::Literal(b"-1.5e3")),
                (b"m", Value::Literal(b"false")),
                (b"a", Value::Array(br#"[["1","2"],{"x":"]"}]"#)),
                (b"o", Value::Object(b"{}")),
            ]
        );
        let found = Fields::of(text.as_bytes()).unwrap().get(b"m");
        assert_eq!(found, Ok(Some(Value::Literal(b"false"))));
        let found = Fields::of(text.as_bytes()).unwrap().get(b"none");
        assert_eq!(found, Ok(None));
        assert_eq!(fields("{}").unwrap(), []);
    }

    #[test]
    fn items_come_in_their_order() {
        let items: Result<Vec<_>, _> = Items::of(br#"["1", 2,[3]]"#).unwrap().collect();
        assert_eq!(
            items.unwrap(),
            [
                Value::Text(b"1"),
                Value::Literal(b"2"),
                Value::Array(b"[3]")
            ]
        );
    }

    #[test]
    fn what_is_cut_off_or_broken_is_an_error() {
        let whole = r#"{"s":"B","a":[["1","2"]],"n":1}"#;
        assert_eq!(fields(whole).unwrap().len(), 3);
        for end in 0..whole.len() {
            assert_eq!(fields(&whole[..end]), Err(Unexpected), "{}", &whole[..end]);
        }
        for broken in [
            "[]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1 \"b\":2}",
            "{a:1}",
            "{\"a\\n\":1}",
            "{\"a\":x}",
            "{,}",
        ] {
            assert_eq!(fields(broken), Err(Unexpected), "{broken}");
        }
    }
}
