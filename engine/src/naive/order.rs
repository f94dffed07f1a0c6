//! A working order, and what follows from its terms alone.

use types::{
    FillCause, Funding, Leg, Money, NewOrder, OrderKind, OrderRole, Side, TimeInForce, Trail,
};

use super::Naive;
use super::money::{hold, share_floor};

/// Where an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// On its way to the market until this time.
    InFlight(u64),
    Held,
    Waiting,
    Resting,
    Auction,
    /// Accepted or taken out, and about to enter.
    Entering,
    /// Filled up, and about to go.
    Done,
}

/// Place in a queue that is only estimated, in lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Queue {
    pub(super) ahead: i64,
    pub(super) shown: i64,
    pub(super) printed: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) id: u64,
    pub(super) request: NewOrder,
    pub(super) account: usize,
    pub(super) instrument: usize,
    pub(super) side: Side,
    pub(super) leg: Leg,
    /// Total lots; of an exit, those that were activated.
    pub(super) qty: i64,
    pub(super) filled: i64,
    pub(super) limit: Option<i64>,
    pub(super) trigger: Option<i64>,
    /// Its trigger was reached.
    pub(super) triggered: bool,
    /// The price of a book that reached it, until its turn.
    pub(super) reached: Option<i64>,
    pub(super) stage: Stage,
    /// What a book shows of it.
    pub(super) displayed: i64,
    /// Among orders of one price the lowest is the first in queue.
    pub(super) rank: u64,
    pub(super) queue: Option<Queue>,
    /// First order of its list, or its algo; zero for none.
    pub(super) list: u64,
    pub(super) role: OrderRole,
    /// Fees of its fills before the minimum.
    pub(super) earned: Money,
    pub(super) cause: FillCause,
    /// One of its fills opened or enlarged a position.
    pub(super) opened: bool,
}

impl Order {
    pub(super) fn leaves(&self) -> i64 {
        (self.qty - self.filled).max(0)
    }

    /// It can only make a position smaller.
    pub(super) fn is_closing(&self) -> bool {
        is_closing(&self.request)
    }

    /// It is a market order once it executes.
    pub(super) const fn is_market_like(&self) -> bool {
        self.limit.is_none()
    }

    pub(super) const fn awaits_trigger(&self) -> bool {
        has_trigger(self.request.kind) && !self.triggered
    }

    pub(super) const fn is_for_auction(&self) -> bool {
        matches!(self.request.tif, TimeInForce::AtOpen | TimeInForce::AtClose)
    }

    /// What a book shows of it when it comes to rest, or is refreshed.
    pub(super) fn display(&self, lot_size: i64) -> i64 {
        match self.request.display.0 / lot_size {
            0 => self.leaves(),
            display => display.min(self.leaves()),
        }
    }

    /// The stop of a bracket or a cover order waits again with what the market does not give.
    pub(super) const fn goes_on(&self) -> bool {
        matches!(self.role, OrderRole::StopLoss | OrderRole::CoverStop)
    }

    pub(super) const fn is_exit(&self) -> bool {
        is_exit(self.role)
    }
}

pub(super) const fn is_exit(role: OrderRole) -> bool {
    matches!(
        role,
        OrderRole::TakeProfit | OrderRole::StopLoss | OrderRole::CoverStop
    )
}

pub(super) fn is_closing(request: &NewOrder) -> bool {
    request.reduce_only
        || (request.leg == Leg::Long && request.side == Side::Sell)
        || (request.leg == Leg::Short && request.side == Side::Buy)
}

pub(super) const fn has_trigger(kind: OrderKind) -> bool {
    !matches!(kind, OrderKind::Market | OrderKind::Limit { .. })
}

/// Whether a price is at a limit or better, for somebody who trades on this side.
pub(super) const fn at_or_better(price: i64, limit: i64, side: Side) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}

/// The price that is so many ticks worse for this side.
pub(super) fn worse_by(price: i64, ticks: i128, side: Side) -> i64 {
    hold(i128::from(price).saturating_add(ticks.saturating_mul(side.sign().into())))
}

/// The price after so many ticks of slippage: one above zero stays there.
pub(super) fn slipped(price: i64, ticks: i128, side: Side) -> i64 {
    let worse = worse_by(price, ticks, side);
    if price > 0 { worse.max(1) } else { worse }
}

/// The worse of two prices for somebody who trades on the other side: what a limit lets through.
pub(super) fn capped(price: i64, limit: Option<i64>, side: Side) -> i64 {
    match (limit, side) {
        (None, _) => price,
        (Some(limit), Side::Buy) => price.min(limit),
        (Some(limit), Side::Sell) => price.max(limit),
    }
}

/// Trigger of a trailing stop at this reference.
pub(super) fn trailed(reference: i64, trail: Trail, tick_size: i64, side: Side) -> i64 {
    let offset = match trail {
        Trail::Amount(amount) => i128::from(amount.0 / tick_size),
        Trail::Percent(share) => share_floor(i128::from(reference).abs(), share.0).max(1),
    };
    worse_by(reference, offset, side)
}

impl Naive {
    /// Ids of the working orders that `which` picks, ascending.
    pub(super) fn orders_where(&self, which: impl Fn(&Order) -> bool) -> Vec<u64> {
        let picked = self.orders.values().filter(|order| which(order));
        picked.map(|order| order.id).collect()
    }

    /// Leaves of the working buys and sells that may open, in lots; `except` is left out.
    pub(super) fn working_sums(
        &self,
        account: usize,
        instrument: usize,
        leg: Leg,
        except: Option<u64>,
    ) -> (i128, i128) {
        let (mut buys, mut sells) = (0, 0);
        for order in self.orders.values() {
            let is_one = (order.account, order.instrument, order.leg) == (account, instrument, leg)
                && !order.is_closing()
                && Some(order.id) != except;
            if is_one && order.side == Side::Buy {
                buys += i128::from(order.leaves());
            } else if is_one {
                sells += i128::from(order.leaves());
            }
        }
        (buys, sells)
    }

    /// How much an order may execute now: a closing one at most the position that it makes smaller.
    pub(super) fn allowed(&self, order: &Order) -> i64 {
        if self.is_cut(order) {
            self.opposing(order).min(order.leaves())
        } else {
            order.leaves()
        }
    }

    /// Whether an order's fills are cut to the position that it opposes: it must reduce, or it sells where
    /// nothing may go below zero.
    pub(super) fn is_cut(&self, order: &Order) -> bool {
        order.is_closing()
            || (order.side == Side::Sell && self.forbids_shorts(order.account, order.instrument))
    }

    /// Whether an account may not go below zero in an instrument.
    pub(super) fn forbids_shorts(&self, account: usize, instrument: usize) -> bool {
        let terms = self.plan(account).terms;
        !terms.shorts
            || terms.funding == Funding::Cash
            || !self.markets[instrument].instrument.shortable
    }

    /// Lots of the position that an order of this side would make smaller.
    pub(super) fn opposing(&self, order: &Order) -> i64 {
        let held = self.held(order.account, order.instrument, order.leg);
        held.saturating_mul(-order.side.sign()).max(0)
    }
}
