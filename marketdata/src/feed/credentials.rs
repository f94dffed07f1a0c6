//! What a venue wants to know before it talks.

use std::fmt::{self, Write as _};

/// A key and its secret. It never prints either.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// Names the account.
    pub key: String,
    /// Proves it.
    pub secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials { key: <redacted>, secret: <redacted> }")
    }
}

/// Text as a string of JSON, with its quotes.
pub fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            control if control < ' ' => {
                // Writing to a string does not fail.
                let _ = write!(json, "\\u{:04x}", control as u32);
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_them_is_printed() {
        let credentials = Credentials {
            key: String::from("AK77"),
            secret: String::from("hunter2"),
        };
        let shown = format!("{credentials:?} {:#?}", Some(&credentials));
        assert!(!shown.contains("AK77"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn text_is_quoted_for_json() {
        assert_eq!(quoted("BTC/USD"), r#""BTC/USD""#);
        assert_eq!(quoted("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
    }
}
