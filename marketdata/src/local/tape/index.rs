//! What a tape has, found out once: sessions, documents, and what was asked for.

use std::collections::HashSet;

use crate::tape::{Entries, Passed, TapeError, is_redacted};

/// Different words that clients had sent; more are not looked at.
const WORDS_MAX: usize = 65_536;

/// The contents of one connection of a tape. Places count the entries of the whole tape.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Where each session opens.
    pub(super) sessions: Vec<u64>,
    /// Documents: where, and their paths.
    documents: Vec<(u64, String)>,
    /// The quoted words of everything that was sent.
    words: HashSet<Vec<u8>>,
    /// There were more.
    has_more_words: bool,
    /// Messages with keys, which are others for every client, in one session at most.
    pub(super) keys: u32,
}

impl Index {
    pub(super) fn of(mut entries: Entries, connection: u16) -> Result<Self, TapeError> {
        let mut index = Self::default();
        let (mut place, mut keys) = (0, 0);
        while let Some(entry) = entries.next()? {
            let at = place;
            place += 1;
            if entry.connection != connection {
                continue;
            }
            match entry.passed {
                Passed::Opened => {
                    keys = 0;
                    index.sessions.push(at);
                }
                Passed::Answer { path, .. } => index.documents.push((at, path)),
                Passed::Sent(bytes) => {
                    keys += u32::from(is_redacted(&bytes));
                    index.keys = index.keys.max(keys);
                    for word in words(&bytes) {
                        if index.words.len() < WORDS_MAX {
                            index.words.insert(word.to_vec());
                        } else {
                            index.has_more_words = true;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(index)
    }

    /// Whether a document of this path comes at or after a place.
    pub(super) fn has_document(&self, path: &str, place: u64) -> bool {
        let from = self.documents.partition_point(|(at, _)| *at < place);
        self.documents[from..]
            .iter()
            .any(|(_, known)| known == path)
    }

    /// A word of a message that nobody had sent when the tape was recorded: the tape has no answer to it.
    /// Who asks for a book again gives the subscription up, for which there is a word that may not be on the tape.
    pub(super) fn unknown_word<'a>(&self, message: &'a [u8], gives_up: bool) -> Option<&'a [u8]> {
        if self.has_more_words || std::str::from_utf8(message).is_err() {
            return None;
        }
        // A number by which the answer to a request is known is on no tape, as only who asks again gives one.
        let may_be = |word: &[u8]| {
            self.words.contains(word) || word == b"req_id" || gives_up && word == b"unsubscribe"
        };
        words(message).find(|word| !may_be(word))
    }
}

/// What is in quotes: names of channels and symbols, whatever the venue's form is. A list in one string is its
/// parts.
fn words(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let quoted = message
        .split(|&byte| byte == b'"')
        .enumerate()
        .filter_map(|(place, part)| (place % 2 == 1).then_some(part));
    quoted.flat_map(|text| text.split(|&byte| byte == b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_is_in_quotes() {
        let found: Vec<_> =
            words(br#"{"params":["a@trade","b"],"id":1,"list":"T.X,Q.X"}"#).collect();
        let known: Vec<&[u8]> = vec![b"params", b"a@trade", b"b", b"id", b"list", b"T.X", b"Q.X"];
        assert_eq!(found, known);
        let index = Index {
            words: known.into_iter().map(<[u8]>::to_vec).collect(),
            ..Index::default()
        };
        assert_eq!(index.unknown_word(br#"{"params":["b"]}"#, false), None);
        let gives_up = br#"{"params":["b"],"id":"unsubscribe"}"#;
        assert_eq!(index.unknown_word(gives_up, true), None);
        assert_eq!(
            index.unknown_word(gives_up, false),
            Some(&b"unsubscribe"[..])
        );
        assert_eq!(
            index.unknown_word(br#"{"params":["b","c@trade"]}"#, true),
            Some(&b"c@trade"[..])
        );
    }
}
