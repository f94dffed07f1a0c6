//! The whole state as bytes, and back. The state hash is the hash of these bytes, so it covers
//! everything that a snapshot does.

mod check;

use std::fmt;

use types::{Codec, CodecError, Reader};

use crate::limits::Limits;
use crate::shard::Shard;
use crate::table::Table;

/// Version of the snapshot's layout.
const VERSION: u32 = 1;

/// BLAKE3 of a shard's snapshot bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateHash(pub [u8; 32]);

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why bytes are not a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Another version of the layout.
    #[error("snapshot version {0}, this program reads {VERSION}")]
    Version(u32),
    /// The bytes do not decode.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The bytes decode, but parts of them contradict each other.
    #[error("the snapshot contradicts itself: {0}")]
    Inconsistent(&'static str),
}

impl Shard {
    /// Appends the whole state to `out`, in one canonical form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        VERSION.encode(out);
        self.id.encode(out);
        self.limits.encode(out);
        self.seq.encode(out);
        self.ts.encode(out);
        self.market_events.encode(out);
        self.last_market.encode(out);
        self.last_order.encode(out);
        self.markets.encode(out);
        self.plans.encode(out);
        self.contests.encode(out);
        self.open_days.encode(out);
        self.accounts.encode(out);
        self.orders.encode(out);
        self.positions.encode(out);
        self.used_client_orders.encode(out);
        self.used_client_orders_next.encode(out);
        self.house.encode(out);
    }

    /// The hash of the whole state.
    pub fn state_hash(&self) -> StateHash {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        StateHash(*blake3::hash(&bytes).as_bytes())
    }

    /// A shard from the bytes of [`Shard::encode`].
    ///
    /// # Errors
    /// See [`SnapshotError`].
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::new(bytes);
        let version = u32::decode(&mut reader)?;
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        let id = Codec::decode(&mut reader)?;
        let limits: Limits = Codec::decode(&mut reader)?;
        if limits != limits.held() {
            return Err(SnapshotError::Inconsistent("limits past the largest"));
        }
        let mut shard = Self::new(id, limits);
        shard.seq = Codec::decode(&mut reader)?;
        shard.ts = Codec::decode(&mut reader)?;
        shard.market_events = Codec::decode(&mut reader)?;
        shard.last_market = Codec::decode(&mut reader)?;
        shard.last_order = Codec::decode(&mut reader)?;
        shard.markets = Codec::decode(&mut reader)?;
        shard.plans = Codec::decode(&mut reader)?;
        shard.contests = Codec::decode(&mut reader)?;
        shard.open_days = Codec::decode(&mut reader)?;
        shard.accounts = Codec::decode(&mut reader)?;
        shard.orders = Codec::decode(&mut reader)?;
        shard.positions = Codec::decode(&mut reader)?;
        shard.used_client_orders = Codec::decode(&mut reader)?;
        shard.used_client_orders_next = Codec::decode(&mut reader)?;
        shard.house = Codec::decode(&mut reader)?;
        reader.end()?;
        shard.check_links()?;
        shard.rebuild_tables();
        Ok(shard)
    }

    /// The look-up tables are derived, so a snapshot does not hold them.
    fn rebuild_tables(&mut self) {
        self.order_handles = Table::new(self.limits.orders_max);
        for (handle, order) in self.orders.iter() {
            self.order_handles.insert(order.id.0, handle);
        }
        self.client_orders = Table::new(self.limits.client_orders_max);
        for (index, used) in self.used_client_orders.iter().enumerate() {
            self.client_orders
                .insert((used.account.0, used.client.0), index as u32);
        }
    }
}
