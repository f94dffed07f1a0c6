//! The manifest of a snapshot: where the journal stands with it, and what its chunks come to. Its form as bytes, and
//! nothing of the store that keeps them.

use engine::StateHash;
use types::Seq;

use super::{Fault, manifest_key, seq_of};
use crate::journal::{Chain, Mark};

/// Seq, chain, length, state hash, chunk count.
const MANIFEST_BYTES: usize = 8 + 8 + 8 + 32 + 4;
/// Of versions that did not note the chain.
const UNCHAINED_MANIFEST_BYTES: usize = MANIFEST_BYTES - 8;

/// What a snapshot has to be when its chunks are put together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) at: Mark,
    /// Bytes of all chunks.
    pub(super) length: u64,
    pub(super) hash: StateHash,
    pub(super) chunks: u32,
}

impl Manifest {
    pub(super) fn to_bytes(&self) -> [u8; MANIFEST_BYTES] {
        let mut bytes = [0; MANIFEST_BYTES];
        bytes[..8].copy_from_slice(&self.at.seq.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.at.chain.0.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.length.to_le_bytes());
        bytes[24..56].copy_from_slice(&self.hash.0);
        bytes[56..].copy_from_slice(&self.chunks.to_le_bytes());
        bytes
    }

    /// The manifest of a key; bytes that are none of it are a fault, which says so.
    pub(super) fn read(key: &[u8], bytes: &[u8]) -> Result<Self, Fault> {
        Self::from_bytes(bytes)
            .filter(|manifest| key == manifest_key(manifest.at.seq))
            .ok_or_else(|| {
                Fault::new(match bytes.len() {
                    UNCHAINED_MANIFEST_BYTES => format!(
                        "snapshot {} is of an earlier version, which did not note the journal that it belongs to",
                        seq_of(key)
                    ),
                    _ => "a manifest has the wrong form".to_owned(),
                })
            })
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != MANIFEST_BYTES {
            return None;
        }
        Some(Self {
            at: Mark {
                seq: Seq(u64::from_le_bytes(bytes[..8].try_into().ok()?)),
                chain: Chain(u64::from_le_bytes(bytes[8..16].try_into().ok()?)),
            },
            length: u64::from_le_bytes(bytes[16..24].try_into().ok()?),
            hash: StateHash(bytes[24..56].try_into().ok()?),
            chunks: u32::from_le_bytes(bytes[56..].try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 bytes, numbers little-endian: seq 3, chain 21, 40,000 = 0x9c40 bytes in 2 chunks, and a hash of fives.
    fn written() -> (Manifest, Vec<u8>) {
        let manifest = Manifest {
            at: Mark {
                seq: Seq(3),
                chain: Chain(21),
            },
            length: 40_000,
            hash: StateHash([5; 32]),
            chunks: 2,
        };
        let bytes = [
            &[3, 0, 0, 0, 0, 0, 0, 0][..],
            &[21, 0, 0, 0, 0, 0, 0, 0],
            &[0x40, 0x9c, 0, 0, 0, 0, 0, 0],
            &[5; 32],
            &[2, 0, 0, 0],
        ];
        (manifest, bytes.concat())
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let (manifest, bytes) = written();
        assert_eq!(bytes.len(), 60);
        assert_eq!(manifest.to_bytes()[..], bytes);
        let key = manifest_key(Seq(3));
        assert_eq!(Manifest::read(&key, &bytes).unwrap(), manifest);
    }

    /// As 0.1.0 wrote one: 52 bytes, without the chain.
    #[test]
    fn what_is_no_manifest_of_its_key_is_told_from_one_of_an_earlier_version() {
        let (_, bytes) = written();
        let key = manifest_key(Seq(3));
        let fault = |key: &[u8], bytes: &[u8]| Manifest::read(key, bytes).unwrap_err().what;
        let before = [&bytes[..8], &bytes[16..]].concat();
        assert_eq!(
            fault(&key, &before),
            "snapshot 3 is of an earlier version, which did not note the journal that it belongs to"
        );
        let wrong = "a manifest has the wrong form";
        assert_eq!(fault(&manifest_key(Seq(4)), &bytes), wrong);
        assert_eq!(fault(&key, &bytes[..59]), wrong);
        assert_eq!(fault(&key, &[]), wrong);
    }
}
