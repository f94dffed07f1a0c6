//! Whether decoded state hangs together: every id and handle leads to what belongs there, and every
//! list holds what it should, so that a restored shard cannot stumble later. Whether the numbers are
//! those that were written is for the checksum around the snapshot.

use types::{AccountId, InstrumentId, Lots, OrderId};

use super::SnapshotError;
use crate::account::{Account, EntryPlace};
use crate::order::{Waiting, awaited};
use crate::shard::Shard;
use crate::slab::NIL;

fn ensure(holds: bool, what: &'static str) -> Result<(), SnapshotError> {
    if holds {
        Ok(())
    } else {
        Err(SnapshotError::Inconsistent(what))
    }
}

impl Shard {
    pub(super) fn check_links(&self) -> Result<(), SnapshotError> {
        self.check_counters()?;
        self.check_orders()?;
        self.check_positions()?;
        self.check_markets()?;
        let (mut orders, mut positions) = (0, 0);
        for (index, account) in self.accounts.iter().enumerate() {
            let id = AccountId(index as u32);
            self.check_plan_and_entry(id, account)?;
            orders += self.check_order_list(id, account)?;
            positions += self.check_position_list(id, account)?;
        }
        ensure(orders == self.orders.len(), "orders without an account")?;
        ensure(
            positions == self.positions.len(),
            "positions without an account",
        )?;
        let entrants = self.contests.iter().flat_map(|contest| &contest.entries);
        let mut accounts = entrants.map(|entrant| entrant.account.0 as usize);
        ensure(
            accounts.all(|account| account < self.accounts.len()),
            "entrant of a competition",
        )
    }

    /// Nothing is near the end of its range, and the ring of client order ids is whole.
    fn check_counters(&self) -> Result<(), SnapshotError> {
        let counters = [self.seq.0, self.market_events, self.last_order.0];
        ensure(counters.iter().all(|&count| count >> 63 == 0), "counters")?;
        let house = [self.house.funded, self.house.trading, self.house.fees];
        ensure(
            house.iter().all(|sum| sum.unsigned_abs() >> 120 == 0),
            "house",
        )?;
        ensure(
            self.orders.len() <= self.limits.orders_max,
            "more orders than orders_max",
        )?;
        let (used, max) = (
            self.used_client_orders.len(),
            self.limits.client_orders_max as usize,
        );
        let next = self.used_client_orders_next as usize;
        ensure(
            if used < max {
                next == used
            } else {
                used == max && next < max.max(1)
            },
            "client orders",
        )
    }

    fn check_orders(&self) -> Result<(), SnapshotError> {
        for (_, order) in self.orders.iter() {
            let market = self.markets.get(order.instrument.0 as usize);
            let is_on_tick = market.is_some_and(|market| {
                awaited(order.kind).is_some_and(|price| market.instrument.ticks(price).is_ok())
            });
            let is_known = order.id > OrderId(0) && order.id <= self.last_order;
            ensure(
                is_on_tick && is_known && order.lots > Lots(0),
                "working order",
            )?;
        }
        Ok(())
    }

    fn check_positions(&self) -> Result<(), SnapshotError> {
        for (_, position) in self.positions.iter() {
            let market = self.markets.get(position.instrument.0 as usize);
            let has_touch = market.is_some_and(|market| market.touch.is_some());
            ensure(has_touch && position.lots != Lots(0), "position")?;
        }
        let lists = self.markets.iter().map(|market| market.exposed.len());
        ensure(
            lists.sum::<usize>() == self.positions.len() as usize,
            "exposed positions",
        )
    }

    fn check_plan_and_entry(&self, id: AccountId, account: &Account) -> Result<(), SnapshotError> {
        ensure(
            (account.plan.0 as usize) < self.plans.len(),
            "account's plan",
        )?;
        let is_entered = account
            .entry
            .is_none_or(|EntryPlace { competition, index }| {
                let contest = self.contests.get(competition.0 as usize);
                contest
                    .and_then(|contest| contest.entries.get(index as usize))
                    .is_some_and(|entrant| entrant.account == id)
            });
        ensure(is_entered, "account's competition entry")
    }

    /// How many orders are on the account's list.
    fn check_order_list(&self, id: AccountId, account: &Account) -> Result<u32, SnapshotError> {
        let (mut previous, mut handle, mut count) = (NIL, account.orders.first, 0);
        let mut newest = OrderId(0);
        while handle != NIL {
            ensure(self.orders.is_used(handle), "account's orders")?;
            let order = self.orders.get(handle);
            // Ids only rise along the list, so it ends.
            let is_next = order.account == id && order.previous == previous && order.id > newest;
            ensure(is_next, "account's orders")?;
            newest = order.id;
            (previous, handle, count) = (handle, order.next, count + 1);
        }
        let is_whole = account.orders.last == previous && account.orders_len == count;
        ensure(is_whole, "account's orders")?;
        Ok(count)
    }

    /// How many positions are on the account's list.
    fn check_position_list(&self, id: AccountId, account: &Account) -> Result<u32, SnapshotError> {
        let (mut previous, mut handle, mut count) = (NIL, account.positions.first, 0);
        while handle != NIL {
            ensure(self.positions.is_used(handle), "account's positions")?;
            let position = self.positions.get(handle);
            count += 1;
            let is_next = position.account == id
                && position.previous == previous
                && count <= self.positions.len();
            ensure(is_next, "account's positions")?;
            (previous, handle) = (handle, position.next);
        }
        ensure(account.positions.last == previous, "account's positions")?;
        Ok(count)
    }

    /// What waits for a market and what is exposed to it follows from orders and positions.
    fn check_markets(&self) -> Result<(), SnapshotError> {
        let mut waiting: Vec<Waiting> = self.markets.iter().map(|_| Waiting::default()).collect();
        for (handle, order) in self.orders.iter() {
            let index = order.instrument.0 as usize;
            if let Some(price) = awaited(order.kind)
                && let Ok(ticks) = self.markets[index].instrument.ticks(price)
            {
                waiting[index].insert(order, ticks, handle);
            }
        }
        for (index, (market, waiting)) in self.markets.iter().zip(&waiting).enumerate() {
            ensure(market.waiting == *waiting, "waiting orders")?;
            let mut before = None;
            for &handle in &market.exposed {
                ensure(self.positions.is_used(handle), "exposed positions")?;
                let position = self.positions.get(handle);
                let is_next = position.instrument == InstrumentId(index as u32)
                    && Some(position.account) > before;
                ensure(is_next, "exposed positions")?;
                before = Some(position.account);
            }
        }
        Ok(())
    }
}
