//! A ladder as bytes: its levels best first, each with its queue. Pages and the window are not in
//! them, for they depend on the past and say nothing about the future.

use types::{Codec, CodecError, Reader};

use super::Ladder;
use crate::book::nodes::Nodes;

impl Ladder {
    /// Appends the levels, best first: key, orders, and the handles of the queue, front first.
    pub fn encode(&self, nodes: &Nodes, out: &mut Vec<u8>) {
        self.levels().encode(out);
        for (key, _, count) in self.iter_levels() {
            key.encode(out);
            count.encode(out);
            for handle in self.iter_queue(nodes, key) {
                handle.encode(out);
            }
        }
    }

    /// Reads the levels and queues their nodes, which must be in `nodes` and in no queue yet.
    ///
    /// # Errors
    /// [`CodecError::Invalid`] when a key is out of order, a level is empty, or a node is not in use,
    /// in a queue already, or of another key.
    pub fn decode(reader: &mut Reader<'_>, nodes: &mut Nodes) -> Result<Self, CodecError> {
        let mut ladder = Self::new();
        let mut worst = None;
        for _ in 0..u32::decode(reader)? {
            let key = i64::decode(reader)?;
            let count = u32::decode(reader)?;
            if worst.is_some_and(|worst| key >= worst) || count == 0 {
                return Err(CodecError::Invalid("ladder level"));
            }
            worst = Some(key);
            for _ in 0..count {
                let handle = u32::decode(reader)?;
                if !nodes.is_used(handle)
                    || nodes.get(handle).is_queued()
                    || nodes.get(handle).key != key
                {
                    return Err(CodecError::Invalid("queued order"));
                }
                ladder.insert(nodes, handle, key);
            }
        }
        Ok(ladder)
    }
}
