//! The whole state as bytes, and back. The state hash is the hash of these bytes, so it covers
//! everything that a snapshot does.

mod check;
mod members;

use std::fmt;

use types::{AccountId, Codec, CodecError, Reader, Ticks};

use crate::agenda::{Due, DueKind};
use crate::derived::Derived;
use crate::limits::Limits;
use crate::market::Market;
use crate::shard::Shard;

/// Version of the snapshot's layout.
const VERSION: u32 = 9;

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
        self.orders.encode(out);
        (self.markets.len() as u32).encode(out);
        for market in &self.markets {
            market.encode(&self.orders.nodes, out);
        }
        self.currencies.encode(out);
        self.conversions.encode(out);
        self.curves.encode(out);
        self.latencies.encode(out);
        self.plans.encode(out);
        self.contests.encode(out);
        self.windows.encode(out);
        self.open_days.encode(out);
        // A peak that follows the mark is written as it stands.
        (self.accounts.len() as u32).encode(out);
        for account in &self.accounts {
            self.caught_up(account).encode(out);
        }
        self.holdings.encode(out);
        self.algos.encode(out);
        self.changes.encode(out);
        self.agenda.encode(out);
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
        shard.orders = Codec::decode(&mut reader)?;
        for _ in 0..u32::decode(&mut reader)? {
            let market = Market::decode(&mut reader, &mut shard.orders.nodes)?;
            shard.markets.push(market);
        }
        shard.currencies = Codec::decode(&mut reader)?;
        shard.conversions = Codec::decode(&mut reader)?;
        shard.curves = Codec::decode(&mut reader)?;
        shard.latencies = Codec::decode(&mut reader)?;
        shard.plans = Codec::decode(&mut reader)?;
        shard.contests = Codec::decode(&mut reader)?;
        shard.windows = Codec::decode(&mut reader)?;
        shard.open_days = Codec::decode(&mut reader)?;
        shard.accounts = Codec::decode(&mut reader)?;
        shard.holdings = Codec::decode(&mut reader)?;
        shard.algos = Codec::decode(&mut reader)?;
        shard.changes = Codec::decode(&mut reader)?;
        shard.agenda = Codec::decode(&mut reader)?;
        shard.used_client_orders = Codec::decode(&mut reader)?;
        shard.used_client_orders_next = Codec::decode(&mut reader)?;
        shard.house = Codec::decode(&mut reader)?;
        reader.end()?;
        shard.check_links()?;
        shard.rebuild();
        Ok(shard)
    }

    /// What is derived, so that a snapshot does not hold it: look-up tables, agenda places, bands, who stands below
    /// a floor.
    fn rebuild(&mut self) {
        for (index, used) in self.used_client_orders.iter().enumerate() {
            self.client_orders
                .insert((used.account.0, used.client.0), index as u32);
        }
        let mut open = Vec::new();
        for (handle, held) in self.holdings.iter() {
            let key = (held.account.0, held.instrument.0, held.leg);
            self.holding_handles.insert(key, handle);
            if held.lots.0 != 0 {
                open.push(handle);
            }
        }
        let timed: Vec<(u32, Due)> = self.agenda.iter().map(|(at, due)| (at, *due)).collect();
        for (place, due) in timed {
            match due.kind {
                DueKind::Arrival | DueKind::Expiry => {
                    if let Some(handle) = self.orders.find(due.order)
                        && let Some(extra) = self.orders.extra_mut(handle)
                    {
                        extra.timed = Derived(place);
                    }
                }
                DueKind::Slice | DueKind::End => {
                    let found = self.algos.binary_search_by_key(&due.order, |algo| algo.id);
                    if let Ok(index) = found {
                        let algo = &mut self.algos[index];
                        match due.kind {
                            DueKind::Slice => algo.slice_timed = Derived(place),
                            _ => algo.end_timed = Derived(place),
                        }
                    }
                }
                DueKind::Resume => {
                    self.accounts[due.change as usize].resume_timed = Derived(place);
                }
                DueKind::Change => {}
            }
        }
        let orders = self.orders.iter().map(|(handle, ..)| handle);
        for handle in orders.collect::<Vec<_>>() {
            let order = *self.orders.get(handle);
            let trigger = self.orders.extra_of(&order).map(|extra| extra.trigger);
            let held = self.holdings.get_mut(order.holding);
            held.note_price(order.limit);
            held.note_price(trigger.unwrap_or(Ticks(0)));
        }
        self.refresh_windows();
        self.refresh_contests();
        for handle in open {
            self.watch(handle);
        }
        for id in 0..self.accounts.len() as u32 {
            self.find_bands(AccountId(id));
        }
    }
}
