//! Working orders, and the lists in which they wait for a price.

use types::{
    AccountId, ClientOrderId, InstrumentId, Lots, OrderId, OrderKind, Price, Side, Ticks,
    TimeInForce, TimestampNs, codec_struct,
};

use crate::market::Touch;

/// A working order. Under the touch model an order fills whole or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) client: ClientOrderId,
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    pub(crate) side: Side,
    pub(crate) kind: OrderKind,
    pub(crate) tif: TimeInForce,
    pub(crate) lots: Lots,
    pub(crate) ts: TimestampNs,
    /// The account's list of working orders, oldest first.
    pub(crate) previous: u32,
    pub(crate) next: u32,
}

codec_struct!(Order {
    id,
    client,
    account,
    instrument,
    side,
    kind,
    tif,
    lots,
    ts,
    previous,
    next,
});

/// An order's place in a waiting list: it is due when `key` is at or above the list's threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiter {
    key: i64,
    pub(crate) id: OrderId,
    pub(crate) handle: u32,
}

codec_struct!(Waiter { key, id, handle });

/// The orders that wait for an instrument's price. Each list is sorted by key with the next one due
/// last, so that a quote which makes nothing due costs four comparisons.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    buy_limits: Vec<Waiter>,
    sell_limits: Vec<Waiter>,
    buy_stops: Vec<Waiter>,
    sell_stops: Vec<Waiter>,
}

codec_struct!(Waiting {
    buy_limits,
    sell_limits,
    buy_stops,
    sell_stops
});

/// The price that an order waits for.
pub(crate) const fn awaited(kind: OrderKind) -> Option<Price> {
    match kind {
        OrderKind::Market => None,
        OrderKind::Limit { price } => Some(price),
        OrderKind::Stop { trigger } => Some(trigger),
    }
}

/// Whether the opposite side of the touch has reached what an order of this kind waits for.
pub(crate) const fn is_reached(kind: OrderKind, side: Side, awaited: Ticks, touch: &Touch) -> bool {
    let opposite = touch.opposite(side).0;
    match (kind, side) {
        (OrderKind::Market, _) => true,
        (OrderKind::Limit { .. }, Side::Buy) | (OrderKind::Stop { .. }, Side::Sell) => {
            opposite <= awaited.0
        }
        (OrderKind::Limit { .. }, Side::Sell) | (OrderKind::Stop { .. }, Side::Buy) => {
            opposite >= awaited.0
        }
    }
}

/// Whether an order of this kind is due at this touch. A side that displays nothing makes nothing
/// due.
pub(crate) const fn is_due(kind: OrderKind, side: Side, awaited: Ticks, touch: &Touch) -> bool {
    touch.opposite_qty(side).0 != 0 && is_reached(kind, side, awaited, touch)
}

impl Waiting {
    /// The list of a kind and side, and the sign that turns a price into its key.
    fn list(&mut self, kind: OrderKind, side: Side) -> (&mut Vec<Waiter>, i64) {
        match (kind, side) {
            (OrderKind::Stop { .. }, Side::Buy) => (&mut self.buy_stops, -1),
            (OrderKind::Stop { .. }, Side::Sell) => (&mut self.sell_stops, 1),
            (_, Side::Buy) => (&mut self.buy_limits, 1),
            (_, Side::Sell) => (&mut self.sell_limits, -1),
        }
    }

    pub(crate) fn insert(&mut self, order: &Order, awaited: Ticks, handle: u32) {
        let (list, sign) = self.list(order.kind, order.side);
        let key = awaited.0.saturating_mul(sign);
        let place = list.partition_point(|known| (known.key, known.id) < (key, order.id));
        list.insert(
            place,
            Waiter {
                key,
                id: order.id,
                handle,
            },
        );
    }

    pub(crate) fn remove(&mut self, order: &Order, awaited: Ticks) {
        let (list, sign) = self.list(order.kind, order.side);
        let key = awaited.0.saturating_mul(sign);
        if let Ok(place) =
            list.binary_search_by_key(&(key, order.id), |known| (known.key, known.id))
        {
            list.remove(place);
        }
    }

    /// Moves the orders that are due at this touch to `due`, in order of acceptance.
    pub(crate) fn take_due(&mut self, touch: &Touch, due: &mut Vec<Waiter>) {
        due.clear();
        if touch.ask_qty.0 != 0 {
            take(&mut self.buy_limits, touch.ask.0, due);
            take(&mut self.buy_stops, touch.ask.0.saturating_neg(), due);
        }
        if touch.bid_qty.0 != 0 {
            take(&mut self.sell_limits, touch.bid.0.saturating_neg(), due);
            take(&mut self.sell_stops, touch.bid.0, due);
        }
        due.sort_unstable_by_key(|waiter| waiter.id);
    }
}

fn take(list: &mut Vec<Waiter>, threshold: i64, due: &mut Vec<Waiter>) {
    while let Some(waiter) = list.last().copied().filter(|last| last.key >= threshold) {
        list.pop();
        due.push(waiter);
    }
}
