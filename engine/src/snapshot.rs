//! The whole state as bytes, and back. The state hash is the hash of these bytes, so it covers
//! everything that a snapshot does.

use std::fmt;

use types::{AccountId, Codec, CodecError, InstrumentId, Reader};

use crate::account::Account;
use crate::shard::Shard;
use crate::slab::NIL;
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
        let limits = Codec::decode(&mut reader)?;
        let mut shard = Self::new(id, limits);
        shard.seq = Codec::decode(&mut reader)?;
        shard.ts = Codec::decode(&mut reader)?;
        shard.market_events = Codec::decode(&mut reader)?;
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

    /// Every id and handle leads somewhere, so that a restored shard cannot stumble later.
    fn check_links(&self) -> Result<(), SnapshotError> {
        let ensure = |holds: bool, what| {
            if holds {
                Ok(())
            } else {
                Err(SnapshotError::Inconsistent(what))
            }
        };
        let instrument = |id: InstrumentId| (id.0 as usize) < self.markets.len();
        let account = |id: AccountId| (id.0 as usize) < self.accounts.len();
        let order_handle = |handle| handle == NIL || self.orders.is_used(handle);
        let position_handle = |handle| handle == NIL || self.positions.is_used(handle);
        ensure(
            self.orders.len() <= self.limits.orders_max,
            "more orders than orders_max",
        )?;
        ensure(
            self.used_client_orders.len() <= self.limits.client_orders_max as usize,
            "more client orders than client_orders_max",
        )?;
        for (_, order) in self.orders.iter() {
            ensure(
                instrument(order.instrument) && account(order.account),
                "order's owner",
            )?;
            ensure(
                order_handle(order.previous) && order_handle(order.next),
                "order list",
            )?;
        }
        for (_, position) in self.positions.iter() {
            ensure(
                instrument(position.instrument) && account(position.account),
                "position's owner",
            )?;
            ensure(
                position_handle(position.previous) && position_handle(position.next),
                "position list",
            )?;
        }
        for Account {
            plan,
            positions,
            orders,
            entry,
            ..
        } in &self.accounts
        {
            ensure((plan.0 as usize) < self.plans.len(), "account's plan")?;
            ensure(position_handle(positions.first), "account's positions")?;
            ensure(order_handle(orders.first), "account's orders")?;
            let entered = entry.is_none_or(|place| {
                self.contests
                    .get(place.competition.0 as usize)
                    .is_some_and(|contest| (place.index as usize) < contest.entries.len())
            });
            ensure(entered, "account's competition entry")?;
        }
        for market in &self.markets {
            let used = |&handle: &u32| self.positions.is_used(handle);
            ensure(market.exposed.iter().all(used), "exposed positions")?;
            let waits = |handle: u32| self.orders.is_used(handle);
            ensure(market.waiting.handles().all(waits), "waiting orders")?;
        }
        Ok(())
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
