//! Whether there is room for an order: in the lists of its account and of the shard, in its book; and
//! whether a post-only order finds nothing to take there.

use std::collections::BTreeSet;

use types::{DenyReason, Leg, NewOrder, OrderKind, OrderRole, Price, Side, Ticks, TimeInForce};

use super::Naive;
use super::entering::{flies, prices};
use super::order::is_exit;

impl Naive {
    pub(super) fn check_room(
        &self,
        request: &NewOrder,
        role: OrderRole,
        earlier: usize,
    ) -> Result<(), DenyReason> {
        let account = request.account.0 as usize;
        let instrument = request.instrument.0 as usize;
        let flight = flies(role) && self.sample(instrument, self.next_order(earlier)).order_ns > 0;
        let is_held = is_exit(role) || role == OrderRole::OtoChild;
        if may_rest(request) || flight || is_held {
            let own = self.orders_where(|order| order.account == account).len();
            let max = self.limits.account_orders_max;
            if own + earlier >= max as usize {
                return Err(DenyReason::AccountOrdersMax { max });
            }
            let max = self.limits.orders_max;
            if self.orders.len() + earlier >= max as usize {
                return Err(DenyReason::OrdersMax { max });
            }
        }
        let mut holdings: BTreeSet<(usize, usize, Leg)> = BTreeSet::new();
        for (id, account) in self.accounts.iter().enumerate() {
            let positions = account.positions.iter();
            holdings.extend(positions.map(|held| (id, held.instrument, held.leg)));
        }
        let orders = self.orders.values();
        holdings.extend(orders.map(|order| (order.account, order.instrument, order.leg)));
        let max = self.limits.positions_max;
        let is_known = holdings.contains(&(account, instrument, request.leg));
        if !is_known && holdings.len() >= max as usize {
            return Err(DenyReason::PositionsMax { max });
        }
        Ok(())
    }

    /// The id that the order after so many others would get.
    fn next_order(&self, earlier: usize) -> u64 {
        self.orders_accepted + 1 + earlier as u64
    }

    pub(super) fn check_levels(&self, request: &NewOrder) -> Result<(), DenyReason> {
        match prices(request.kind) {
            (Some(limit), _) if may_rest(request) => {
                let instrument = request.instrument.0 as usize;
                let tick_size = self.markets[instrument].instrument.tick_size.0;
                self.check_level(instrument, request.side, limit.0 / tick_size)
            }
            _ => Ok(()),
        }
    }

    /// Whether a book has a level for a price, or room for one.
    pub(super) fn check_level(
        &self,
        instrument: usize,
        side: Side,
        ticks: i64,
    ) -> Result<(), DenyReason> {
        let market = &self.markets[instrument];
        let levels = self.level_prices(instrument, side);
        let max = self.limits.book_levels_max;
        if market.paper().is_none() && !levels.contains(&ticks) && levels.len() >= max as usize {
            return Err(DenyReason::LevelsMax { max });
        }
        Ok(())
    }

    /// A post-only order must not find anything to take.
    pub(super) fn check_would_take(
        &self,
        request: &NewOrder,
        price: Option<Price>,
    ) -> Result<(), DenyReason> {
        let instrument = request.instrument.0 as usize;
        let grid = &self.markets[instrument].instrument;
        let limit = price.map(|price| price.0 / grid.tick_size.0);
        match self.opposite_within(instrument, request.side, limit) {
            Some(best) if request.post_only => Err(DenyReason::WouldTake {
                best: grid.price(Ticks(best)),
            }),
            _ => Ok(()),
        }
    }
}

/// Whether an order can stay on the market after it has entered.
pub(super) fn may_rest(request: &NewOrder) -> bool {
    match request.tif {
        TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => false,
        TimeInForce::AtOpen | TimeInForce::AtClose => true,
        _ => request.kind != OrderKind::Market,
    }
}
