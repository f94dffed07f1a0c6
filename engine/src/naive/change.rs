//! Cancels and amendments.

use types::{
    AccountId, AlgoEnd, CancelReason, DenyReason, DisplayFault, EventKind, InstrumentId,
    InstrumentStatus, ListFault, Lots, NewOrder, OrderChange, OrderId, OrderRole, Price, Qty, Side,
};

use super::Naive;
use super::entering::trail;
use super::funding::Claim;
use super::order::{Order, Stage};

/// What an owner wants changed of an order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Cancel,
    Amend(Amendment),
}

impl Change {
    const fn asked(self) -> OrderChange {
        match self {
            Self::Cancel => OrderChange::Cancel,
            Self::Amend(Amendment {
                qty,
                price,
                trigger,
            }) => OrderChange::Amend {
                qty,
                price,
                trigger,
            },
        }
    }
}

/// New figures of an order; what is `None` stays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amendment {
    pub(super) qty: Option<Qty>,
    pub(super) price: Option<Price>,
    pub(super) trigger: Option<Price>,
}

/// A change on its way to the market.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) arrives: u64,
    pub(super) account: AccountId,
    pub(super) order: u64,
    pub(super) change: Change,
}

impl Naive {
    /// A change is asked for: it travels, or is carried out at once.
    pub(super) fn ask(&mut self, account: AccountId, order: OrderId, change: Change) {
        let owned = self.owned(account, order);
        if owned.is_err() && matches!(change, Change::Cancel) && self.has_algo(account, order) {
            return self.end_algo(order.0, AlgoEnd::Requested);
        }
        let delay = match owned {
            Ok(owned) => self.sample(owned.instrument, order.0).order_ns,
            Err(reason) => return self.deny_change(account, order, change.asked(), reason),
        };
        if delay == 0 {
            return self.carry_out_change(account, order, change);
        }
        let max = self.limits.changes_max;
        if self.flights.len() >= max as usize {
            let reason = DenyReason::ChangesMax { max };
            return self.deny_change(account, order, change.asked(), reason);
        }
        self.flights.push(Flight {
            arrives: self.ts.0.saturating_add(delay.into()),
            account,
            order: order.0,
            change,
        });
    }

    pub(super) fn carry_out_change(&mut self, account: AccountId, order: OrderId, change: Change) {
        let done = match change {
            Change::Cancel => self.cancel(account, order),
            Change::Amend(amendment) => self.amend(account, order, amendment),
        };
        if let Err(reason) = done {
            self.deny_change(account, order, change.asked(), reason);
        }
    }

    fn deny_change(
        &mut self,
        account: AccountId,
        order: OrderId,
        asked: OrderChange,
        reason: DenyReason,
    ) {
        self.push(EventKind::ChangeDenied {
            account,
            order,
            asked,
            reason,
        });
    }

    fn has_algo(&self, account: AccountId, order: OrderId) -> bool {
        let algo = self.algos.get(&order.0);
        algo.is_some_and(|algo| algo.account == account.0 as usize)
    }

    /// A working order of an account.
    fn owned(&self, account: AccountId, order: OrderId) -> Result<&Order, DenyReason> {
        if account.0 as usize >= self.accounts.len() {
            return Err(DenyReason::UnknownAccount);
        }
        let working = self.orders.get(&order.0);
        let own = working.filter(|working| working.account == account.0 as usize);
        own.ok_or(DenyReason::UnknownOrder)
    }

    fn cancel(&mut self, account: AccountId, order: OrderId) -> Result<(), DenyReason> {
        let owned = self.owned(account, order)?;
        if self.is_mandatory(owned) {
            return Err(DenyReason::Mandatory);
        }
        self.end(order.0, CancelReason::Requested);
        Ok(())
    }

    /// The stop of a cover order stays while its entry works or there is a position for it to close.
    pub(super) fn is_mandatory(&self, order: &Order) -> bool {
        order.role == OrderRole::CoverStop && (self.may_grow(order) || self.opposing(order) != 0)
    }

    pub(super) fn cancel_all(
        &mut self,
        account: AccountId,
        instrument: Option<InstrumentId>,
        side: Option<Side>,
    ) {
        let id = account.0 as usize;
        if id >= self.accounts.len() {
            let (asked, reason) = (OrderChange::CancelAll, DenyReason::UnknownAccount);
            return self.deny_change(account, OrderId(0), asked, reason);
        }
        let matches = move |at: usize, of: Side| {
            instrument.is_none_or(|wanted| wanted.0 as usize == at)
                && side.is_none_or(|wanted| wanted == of)
        };
        self.end_algos(AlgoEnd::Requested, |algo| {
            algo.account == id && matches(algo.instrument, algo.request.side)
        });
        self.end_orders(id, CancelReason::Requested, |twin, order| {
            matches(order.instrument, order.side) && !twin.is_mandatory(order)
        });
    }

    pub(super) fn disconnect(&mut self, account: AccountId) {
        let id = account.0 as usize;
        if id >= self.accounts.len() {
            let (asked, reason) = (OrderChange::Disconnect, DenyReason::UnknownAccount);
            return self.deny_change(account, OrderId(0), asked, reason);
        }
        self.end_algos(AlgoEnd::Disconnected, |algo| {
            algo.account == id && algo.request.cancel_on_disconnect
        });
        self.end_orders(id, CancelReason::Disconnected, |twin, order| {
            order.request.cancel_on_disconnect && !twin.is_mandatory(order)
        });
    }

    fn amend(
        &mut self,
        account: AccountId,
        id: OrderId,
        amendment: Amendment,
    ) -> Result<(), DenyReason> {
        let before = self.owned(account, id)?.clone();
        let after = self.check_amendment(&before, amendment)?;
        self.replace(&before, after);
        Ok(())
    }

    /// A working order becomes another one, and goes to the market again unless it only is smaller.
    pub(super) fn replace(&mut self, before: &Order, after: Order) {
        let id = before.id;
        let is_smaller = after.limit == before.limit && after.qty <= before.qty;
        let instrument = after.instrument;
        let mut amended = after;
        if amended.stage == Stage::Resting {
            amended.displayed = amended.displayed.min(amended.leaves());
        }
        self.orders.insert(id, amended);
        self.push_amended(id);
        match before.stage {
            Stage::Waiting => self.enter(id),
            Stage::Resting if is_smaller => self.refresh_touch(instrument),
            Stage::Resting => {
                self.take_out(id, Stage::Entering);
                self.enter_market(id);
            }
            _ => {}
        }
    }

    /// The order as it would be.
    fn check_amendment(&self, order: &Order, wanted: Amendment) -> Result<Order, DenyReason> {
        let instrument = order.instrument;
        let market = &self.markets[instrument];
        if matches!(
            market.status,
            InstrumentStatus::Halted | InstrumentStatus::Closed
        ) {
            let status = market.status;
            return Err(DenyReason::InstrumentNotOpen { status });
        }
        if market.paper().is_some() && market.stale {
            return Err(market.stale_quote());
        }
        let grid = &market.instrument;
        let mut after = order.clone();
        if let Some(qty) = wanted.qty {
            if order.is_exit() || order.stage == Stage::Held || order.role == OrderRole::Slice {
                let decides = OrderId(order.list);
                let fault = ListFault::SizedBy { order: decides };
                return Err(DenyReason::BadList(fault));
            }
            self.check_qty(instrument, qty)?;
            after.qty = qty.0 / grid.lot_size.0;
            if after.qty <= order.filled {
                return Err(DenyReason::QtyFilled {
                    filled: grid.qty(Lots(order.filled)),
                });
            }
            let parts = i128::from(NewOrder::ICEBERG_PARTS_MAX);
            let display = i128::from(order.request.display.0);
            if display > 0 && i128::from(qty.0) > display * parts {
                let most = Qty(super::money::hold(display * parts));
                return Err(DenyReason::BadDisplay(DisplayFault::QtyAbove { most }));
            }
        }
        let trails = trail(order.request.kind).is_some();
        if (wanted.price.is_some() && order.limit.is_none())
            || (wanted.trigger.is_some() && (trails || !order.awaits_trigger()))
        {
            return Err(DenyReason::NoSuchPrice);
        }
        self.check_tick(instrument, wanted.price)?;
        self.check_tick(instrument, wanted.trigger)?;
        let ticks = |price: Price| price.0 / grid.tick_size.0;
        after.limit = wanted.price.map(ticks).or(order.limit);
        after.trigger = wanted.trigger.map(ticks).or(order.trigger);
        if self.is_mandatory(order) && is_further(order, &after) {
            return Err(DenyReason::Mandatory);
        }
        self.check_collar(instrument, order.side, wanted.price)?;
        let stays = after.leaves() <= order.leaves()
            && (after.limit, after.trigger) == (order.limit, order.trigger);
        let awaits = order.awaits_trigger().then_some(order.request.kind);
        let taker = self.taker(&order.request, after.limit, (awaits, after.trigger));
        let claim = Claim {
            account: order.account,
            instrument,
            leg: order.leg,
            side: order.side,
            lots: after.leaves(),
            price: self.working_price(&after),
            taker: taker.filter(|_| !stays),
            instead_of: Some(order.id),
        };
        self.check_size(&claim, order.is_closing())?;
        if !order.is_closing() {
            self.check_short(&order.request, after.leaves(), Some(order.id))?;
        }
        self.check_changed_conduct(order, &after)?;
        if !order.is_closing() && !self.side_only_closes(order, after.leaves()) {
            self.check_buying_power(&[claim])?;
        }
        if let Some(price) = wanted.price {
            if order.stage == Stage::Resting {
                let ticks = price.0 / grid.tick_size.0;
                let own = order.limit.unwrap_or_default();
                let book = self.book(instrument, order.side);
                let here = book.iter().filter(|other| other.limit == order.limit);
                let levels = self.level_prices(instrument, order.side).len();
                let frees = own != ticks
                    && here.count() == 1
                    && levels <= self.limits.book_levels_max as usize;
                if !frees {
                    self.check_level(instrument, order.side, ticks)?;
                }
            }
            self.check_would_take(&order.request, Some(price))?;
        }
        Ok(after)
    }
}

impl Naive {
    /// Whether what works on the side of an OCO's order closes no more than what is held, of the OCO only its largest
    /// order, this one with so many leaves.
    fn side_only_closes(&self, order: &Order, leaves: i64) -> bool {
        if order.role != OrderRole::Oco {
            return false;
        }
        let working = self.orders.values().filter(|other| {
            (other.account, other.instrument, other.leg, other.side)
                == (order.account, order.instrument, order.leg, order.side)
                && !other.is_closing()
        });
        let (mut rest, mut largest) = (0_i128, i128::from(leaves));
        for other in working {
            let is_of_list = other.role == OrderRole::Oco && other.list == order.list;
            if !is_of_list {
                rest += i128::from(other.leaves());
            } else if other.id != order.id {
                largest = largest.max(i128::from(other.leaves()));
            }
        }
        rest + largest <= i128::from(self.opposing(order))
    }
}

/// Whether the market has further to go to the trigger of a stop, or from there to its limit, than before.
fn is_further(before: &Order, after: &Order) -> bool {
    let sign = before.side.sign();
    let trigger = before.trigger.zip(after.trigger);
    let limit = before.limit.zip(after.limit);
    trigger.is_some_and(|(old, new)| (new - old) * sign > 0)
        || limit.is_some_and(|(old, new)| (new - old) * sign < 0)
}
