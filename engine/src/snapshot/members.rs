//! Whether the orders of lists and algos are those that their lists and algos have. An order that a list
//! has no part in would be activated, cut or ended by it, and a list of more orders than there can be
//! would go through all of them.

use types::{AccountId, InstrumentId, Lots, OrderId, OrderRole};

use super::SnapshotError;
use super::check::ensure;
use crate::order::Extra;
use crate::shard::Shard;

/// What all orders of one list have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct List {
    first: OrderId,
    len: u32,
    kind: Kind,
    account: AccountId,
    instrument: InstrumentId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Oco,
    Oto,
    /// An entry and its exits.
    Exits,
}

impl List {
    const fn has(&self, id: OrderId) -> bool {
        self.first.0 <= id.0 && id.0 - self.first.0 < self.len as u64
    }
}

/// The kind of list that has an order of this role at this place, from 0.
const fn kind_at(role: OrderRole, place: u64, len: u32) -> Option<Kind> {
    match (role, place, len) {
        (OrderRole::Oco, _, 2..) => Some(Kind::Oco),
        (OrderRole::OtoParent, 0, 2..) | (OrderRole::OtoChild, 1.., 2..) => Some(Kind::Oto),
        (OrderRole::Entry, 0, 2 | 3)
        | (OrderRole::TakeProfit, 1, 3)
        | (OrderRole::StopLoss, 2, 3)
        | (OrderRole::CoverStop, 1, 2) => Some(Kind::Exits),
        _ => None,
    }
}

impl Shard {
    /// Orders have ids of their own, and between the first id of a list and its last there is no order
    /// of another.
    pub(super) fn check_members(&self) -> Result<(), SnapshotError> {
        let orders = self.orders.iter();
        let mut orders: Vec<(OrderId, u32)> = orders.map(|(handle, id, _)| (id, handle)).collect();
        orders.sort_unstable();
        let mut list: Option<List> = None;
        let mut before = OrderId(0);
        // What the entry of the list, where it still works, has sent to its exits.
        let mut sent: Option<Lots> = None;
        for (id, handle) in orders {
            ensure(id > before, "order ids")?;
            let own = self.list_of(id, handle)?;
            if list.is_some_and(|list| list.has(id)) {
                ensure(own == list, "orders of a list")?;
            } else {
                let is_new = own.is_none_or(|own| own.first > before && own.has(id));
                ensure(is_new, "orders of a list")?;
                (list, sent) = (own, None);
            }
            let order = self.orders.get(handle);
            match order.role {
                OrderRole::Entry => sent = Some(order.filled),
                OrderRole::TakeProfit | OrderRole::StopLoss | OrderRole::CoverStop => {
                    let is_sent = sent.is_none_or(|sent| order.qty <= sent);
                    ensure(is_sent, "exits of an entry")?;
                }
                _ => {}
            }
            before = id;
        }
        Ok(())
    }

    /// The list of a working order; `None` for one that is alone or an algo's.
    fn list_of(&self, id: OrderId, handle: u32) -> Result<Option<List>, SnapshotError> {
        let order = self.orders.get(handle);
        let holding = self.holdings.get(order.holding);
        let (account, instrument) = (holding.account, holding.instrument);
        let (first, len) = self
            .orders
            .extra(handle)
            .map_or((OrderId(0), 0), |&Extra { list, list_len, .. }| {
                (list, list_len)
            });
        match order.role {
            OrderRole::Alone => {
                ensure((first, len) == (OrderId(0), 0), "order without a list")?;
                Ok(None)
            }
            OrderRole::Slice => {
                let is_child = self.algo(first).is_some_and(|algo| {
                    let request = &algo.request;
                    algo.child == id
                        && (request.account, request.instrument) == (account, instrument)
                });
                ensure(is_child && len == 0, "an algo's order")?;
                Ok(None)
            }
            role => {
                // All of them were accepted at once.
                let max = self.limits.list_orders_max.min(self.limits.orders_max);
                let last = first.0.checked_add(len.into());
                let is_known = last.is_some_and(|end| end <= self.last_order.0 + 1);
                let kind =
                    id.0.checked_sub(first.0)
                        .and_then(|place| kind_at(role, place, len));
                let Some(kind) = kind.filter(|_| first.0 > 0 && is_known && len <= max) else {
                    return Err(SnapshotError::Inconsistent("orders of a list"));
                };
                Ok(Some(List {
                    first,
                    len,
                    kind,
                    account,
                    instrument,
                }))
            }
        }
    }
}
