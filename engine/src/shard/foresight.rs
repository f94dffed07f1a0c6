//! What commands will touch, fetched before their turn: a look-up that misses the cache waits for memory, and
//! several of them one behind the other. Nothing of a shard changes here, and nothing depends on it.

use std::hint::select_unpredictable;

use types::{Command, Input, InputKind, OrderId};

use super::Shard;
use crate::book::NIL as NO_ORDER;
use crate::fetch::fetch;

/// With fewer working orders all that they touch stays in a cache of 2 MiB by itself, and looking ahead costs more
/// than it saves.
const ORDERS_MIN: u32 = 4_096;

/// Looks ahead of a shard, for whoever has inputs waiting: called with the input that comes
/// [`Foresight::DISTANCE`] inputs after the one that is applied next. What lies behind something else is fetched
/// some inputs later, when that has come.
#[derive(Debug)]
pub struct Foresight {
    coming: [Coming; Self::PLACES],
    at: usize,
}

/// A command that was looked at.
#[derive(Debug, Clone, Copy)]
struct Coming {
    account: u32,
    /// What is cancelled; 0 of other commands.
    order: OrderId,
    /// Where it is, once that is known.
    handle: u32,
}

impl Coming {
    const NOTHING: Self = Self {
        account: u32::MAX,
        order: OrderId(0),
        handle: NO_ORDER,
    };
}

impl Foresight {
    /// How many inputs ahead one is looked at first.
    pub const DISTANCE: usize = 12;
    /// Inputs from one look at an input to the next.
    const STEP: usize = 4;
    const PLACES: usize = 16;

    /// Nothing is seen yet.
    pub const fn new() -> Self {
        Self {
            coming: [Coming::NOTHING; Self::PLACES],
            // So that the inputs before the first are places, too.
            at: Self::PLACES,
        }
    }

    /// Asks memory for an input that is to be looked at later.
    #[inline]
    pub fn fetch(input: &Input) {
        fetch(&input.kind);
        fetch(&input.seq);
    }

    /// Looks at one more input, and once more at two that it looked at before.
    #[inline]
    pub fn look(&mut self, shard: &Shard, input: &InputKind) {
        if shard.orders.len() < ORDERS_MIN {
            return;
        }
        // Which command it is nobody can predict: from here on there is no branch on it.
        let (account, order) = match input {
            InputKind::Command(Command::SubmitOrder(order)) => (order.account.0, OrderId(0)),
            InputKind::Command(Command::CancelOrder { account, order }) => (account.0, *order),
            _ => (u32::MAX, OrderId(0)),
        };
        self.at += 1;
        // About the id that an order will get: neighbours are in one line.
        let coming = OrderId(shard.last_order.0.wrapping_add(Self::DISTANCE as u64));
        let place = select_unpredictable(order.0 == 0, coming, order);
        shard.orders.fetch_place(place);
        if let Some(account) = shard.accounts.get(account as usize) {
            account.fetch();
        }
        self.coming[self.at % Self::PLACES] = Coming {
            account,
            order,
            handle: NO_ORDER,
        };

        let near = &mut self.coming[(self.at - Self::STEP) % Self::PLACES];
        if let Some(account) = shard.accounts.get(near.account as usize) {
            let is_order = near.order.0 == 0;
            let likely = shard.orders.likely(near.order);
            near.handle = select_unpredictable(is_order, NO_ORDER, likely);
            // An order goes behind its account's last.
            shard
                .orders
                .fetch(select_unpredictable(is_order, account.orders.last, likely));
            if let Some(holding) = shard.holdings.peek(account.holdings.first) {
                fetch(holding);
            }
        }

        let next = self.coming[(self.at - 2 * Self::STEP) % Self::PLACES];
        shard.orders.fetch_neighbours(next.handle);
    }
}

impl Default for Foresight {
    fn default() -> Self {
        Self::new()
    }
}

impl Shard {
    /// Fetches what a fill of an order touches beside the order itself, which should be here by now.
    #[inline(always)]
    pub(super) fn fetch_maker(&self, handle: u32) {
        if self.orders.len() < ORDERS_MIN {
            return;
        }
        let node = self.orders.nodes.get(handle);
        if let Some(account) = self.accounts.get(node.account.0 as usize) {
            account.fetch_whole();
            if let Some(holding) = self.holdings.peek(account.holdings.first) {
                fetch(holding);
            }
        }
        self.orders.fetch_place(node.id);
        self.orders.fetch_neighbours(handle);
    }
}
