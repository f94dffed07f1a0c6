//! What is read faster in the form of a venue's pages is not read so by chance, and not in another way than in any
//! form: samples that are compared, as they are and changed.

use std::fmt::Debug;

use proptest::prelude::*;

use crate::feed::{Expected, Reader};

/// An item as it is read in the form of the pages and in any.
pub(super) fn both<'a, T>(
    item: &'a [u8],
    expected: impl FnOnce(&mut Expected<'a>) -> Option<T>,
    general: impl FnOnce(&mut Reader<'a>) -> Option<T>,
) -> [Option<T>; 2] {
    let mut reader = Reader::new(item);
    let expected = reader.expected(expected);
    let mut behind = Reader::new(item);
    let general = general(&mut behind);
    if expected.is_some() {
        // Both are behind the same item.
        assert_eq!(reader.value(), behind.value());
    }
    [expected, general]
}

/// All samples have the form of the pages, and say the same in any.
#[track_caller]
pub(super) fn assert_expected<T: Debug + PartialEq>(
    samples: &[&'static str],
    both: impl Fn(&'static [u8]) -> [Option<T>; 2],
) {
    for sample in samples {
        let [expected, general] = both(sample.as_bytes());
        assert!(expected.is_some(), "{sample}");
        assert_eq!(expected, general, "{sample}");
    }
}

/// One of the samples with one to three of its bytes changed, put in or left out.
pub(super) fn changed(samples: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(&b"\"\\{}[]:,.-e09 "[..])];
    let change = (any::<prop::sample::Index>(), byte, 0..3);
    let changes = prop::collection::vec(change, 1..4);
    (prop::sample::select(samples), changes).prop_map(|(sample, changes)| {
        let mut bytes = sample.as_bytes().to_vec();
        for (index, byte, how) in changes {
            let at = index.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    })
}
