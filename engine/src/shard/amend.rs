//! Amendments: what may change, and what that does to an order's place.

use types::{
    AccountId, DenyReason, DisplayFault, EventKind, InstrumentStatus, ListFault, Lots, NewOrder,
    OrderChange, OrderId, OrderKind, OrderRole, Price, Qty, Side, Ticks, TimeInForce, Trail,
    codec_struct,
};

use super::Shard;
use super::check::{
    check_collar, check_post_only, check_price, check_qty, check_short, check_size, is_beyond,
    shows_in_parts,
};
use super::funds::Replaced;
use super::lists::members;
use crate::book::key_of;
use crate::event_buf::EventBuf;
use crate::order::{Form, Stage, Tif, is_exit};

/// What changes; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amendment {
    /// Total quantity, filled part included.
    pub(crate) qty: Option<Qty>,
    pub(crate) price: Option<Price>,
    pub(crate) trigger: Option<Price>,
}

codec_struct!(Amendment {
    qty,
    price,
    trigger
});

/// What was asked for, in words; no amendment is a cancel.
pub(super) fn asked(amendment: Option<Amendment>) -> OrderChange {
    let Some(amendment) = amendment else {
        return OrderChange::Cancel;
    };
    let Amendment {
        qty,
        price,
        trigger,
    } = amendment;
    OrderChange::Amend {
        qty,
        price,
        trigger,
    }
}

/// An order's figures as they will be.
pub(super) struct Amended {
    pub(super) qty: Lots,
    pub(super) limit: Ticks,
    pub(super) trigger: Ticks,
    /// Whether price or trigger is another one.
    pub(super) moves: bool,
}

impl Shard {
    pub(super) fn amend_order(
        &mut self,
        account: AccountId,
        order: OrderId,
        amendment: Amendment,
        events: &mut EventBuf,
    ) {
        match self.working(account, order) {
            Ok(handle) => match self.flight_ns(handle) {
                0 => self.carry_out_amendment(account, order, amendment, events),
                order_ns => self.fly(account, order, order_ns, Some(amendment), events),
            },
            Err(reason) => events.push(EventKind::ChangeDenied {
                account,
                order,
                asked: asked(Some(amendment)),
                reason,
            }),
        }
    }

    /// An amendment at the market.
    pub(super) fn carry_out_amendment(
        &mut self,
        account: AccountId,
        id: OrderId,
        amendment: Amendment,
        events: &mut EventBuf,
    ) {
        let checked = self.working(account, id).and_then(|handle| {
            let amended = self.check_amendment(handle, amendment)?;
            Ok((handle, amended))
        });
        match checked {
            Ok((handle, amended)) => self.apply_amendment(handle, &amended, events),
            Err(reason) => events.push(EventKind::ChangeDenied {
                account,
                order: id,
                asked: asked(Some(amendment)),
                reason,
            }),
        }
    }

    pub(super) fn apply_amendment(
        &mut self,
        handle: u32,
        amended: &Amended,
        events: &mut EventBuf,
    ) {
        let before = *self.orders.get(handle);
        let instrument = self.instrument_of(handle);
        let keeps_limit = amended.limit == before.limit;
        let grows = amended.qty > before.qty;
        let keeps_place = match before.stage {
            Stage::Resting => keeps_limit && !grows,
            Stage::Waiting => false,
            Stage::InFlight | Stage::Held | Stage::Auction | Stage::Entering => true,
        };
        if !keeps_place {
            let was_resting = before.stage == Stage::Resting;
            self.withdraw(handle);
            if was_resting {
                self.refresh_touch(instrument);
            }
        }
        if amended.qty < before.qty {
            self.cut(handle, Lots(before.qty.0 - amended.qty.0));
        } else {
            self.orders.get_mut(handle).qty = amended.qty;
            if !before.flags.is_closing() {
                let holding = self.holdings.get_mut(before.holding);
                let sum = holding.working_mut(before.side);
                sum.0 = sum.0.saturating_add(amended.qty.0 - before.qty.0);
            }
        }
        self.orders.get_mut(handle).limit = amended.limit;
        let holding = self.holdings.get_mut(before.holding);
        holding.note_price(amended.limit);
        holding.note_price(amended.trigger);
        if let Some(extra) = self.orders.extra_mut(handle)
            && extra.has_trigger
            && before.form.is_triggered()
        {
            extra.trigger = amended.trigger;
        }
        self.push_amended(handle, events);
        if !keeps_place {
            self.enter(handle, events);
        }
    }

    /// A working order in the words of its sender, with its figures as they stand.
    pub(crate) fn request_of(&self, handle: u32) -> NewOrder {
        let order = self.orders.get(handle);
        let holding = self.holdings.get(order.holding);
        let market = self.market_of(holding);
        let instrument = &market.instrument;
        let extra = self.orders.extra(handle);
        let price = instrument.price(order.limit);
        let on = extra.map(|extra| extra.on).unwrap_or_default();
        let trigger = extra.map_or(Price::ZERO, |extra| instrument.price(extra.trigger));
        let until = extra.map(|extra| extra.until).unwrap_or_default();
        let trail = extra.and_then(|extra| extra.trail);
        NewOrder {
            account: holding.account,
            client_order: order.client,
            instrument: holding.instrument,
            side: order.side,
            kind: match order.form {
                Form::Market => OrderKind::Market,
                Form::Limit => OrderKind::Limit { price },
                Form::Stop => OrderKind::Stop { trigger, on },
                Form::StopLimit => OrderKind::StopLimit { trigger, price, on },
                Form::MarketIfTouched => OrderKind::MarketIfTouched { trigger, on },
                Form::TrailingStop => OrderKind::TrailingStop {
                    trail: trail.unwrap_or(Trail::Amount(Price::ZERO)),
                    on,
                },
            },
            qty: instrument.qty(order.qty),
            tif: match order.tif {
                Tif::GoodTillDate => TimeInForce::GoodTillDate { until },
                other => other.plain(),
            },
            display: extra.map_or(Qty::ZERO, |extra| instrument.qty(extra.display)),
            post_only: order.flags.is_post_only(),
            reduce_only: order.flags.is_reduce_only(),
            cancel_on_disconnect: order.flags.ends_on_disconnect(),
            self_trade: order.self_trade,
            leg: holding.leg,
        }
    }

    fn check_amendment(&self, handle: u32, amendment: Amendment) -> Result<Amended, DenyReason> {
        let order = *self.orders.get(handle);
        let holding = self.holdings.get(order.holding);
        let market = self.market_of(holding);
        let instrument = &market.instrument;
        if matches!(
            market.status,
            InstrumentStatus::Halted | InstrumentStatus::Closed
        ) {
            let status = market.status;
            return Err(DenyReason::InstrumentNotOpen { status });
        }
        if market.stale {
            return Err(market.stale_quote());
        }
        // What its entry or its algo decides is not for a sender to change.
        let is_sized_by_another = is_exit(order.role) || order.role == OrderRole::Slice;
        let trigger = self
            .orders
            .extra(handle)
            .map_or(Ticks(0), |extra| extra.trigger);
        let mut amended = Amended {
            qty: order.qty,
            limit: order.limit,
            trigger,
            moves: false,
        };
        if let Some(qty) = amendment.qty {
            if is_sized_by_another || order.stage == Stage::Held {
                let list = self.orders.extra(handle).map(|extra| extra.list);
                let order = list.unwrap_or_default();
                return Err(DenyReason::BadList(ListFault::SizedBy { order }));
            }
            amended.qty = check_qty(instrument, qty)?;
            if amended.qty <= order.filled {
                return Err(DenyReason::QtyFilled {
                    filled: instrument.qty(order.filled),
                });
            }
            let display = self
                .orders
                .extra(handle)
                .map_or(Lots(0), |extra| extra.display);
            if display.0 > 0 && !shows_in_parts(amended.qty, display) {
                let most = display.0.saturating_mul(NewOrder::ICEBERG_PARTS_MAX);
                let most = instrument.qty(Lots(most));
                return Err(DenyReason::BadDisplay(DisplayFault::QtyAbove { most }));
            }
        }
        if amendment.price.is_some() && !order.form.has_limit() {
            return Err(DenyReason::NoSuchPrice);
        }
        let waits = order.form.is_triggered() && order.form != Form::TrailingStop;
        if amendment.trigger.is_some() && !waits {
            return Err(DenyReason::NoSuchPrice);
        }
        if let Some(price) = amendment.price {
            amended.limit = check_price(instrument, price)?;
        }
        if let Some(trigger) = amendment.trigger {
            amended.trigger = check_price(instrument, trigger)?;
        }
        let side = order.side;
        let is_away = is_beyond(side.opposite(), trigger, amended.trigger)
            || is_beyond(side.opposite(), amended.limit, order.limit);
        if is_away && self.is_mandatory(handle) {
            return Err(DenyReason::Mandatory);
        }
        amended.moves = (amended.limit, amended.trigger) != (order.limit, trigger);
        let request = self.request_of(handle);
        if amendment.price.is_some() {
            check_collar(&request, market, amended.limit)?;
        }
        self.check_worth(handle, &request, &amended)?;
        if amendment.price.is_some() {
            if amended.limit != order.limit && order.stage == Stage::Resting {
                // A level that has nobody else is free again.
                let level = key_of(order.side, order.limit);
                let ladder = market.book.ladder(order.side);
                let frees =
                    || ladder.len_at(level) == 1 && ladder.levels() <= self.limits.book_levels_max;
                if !self.has_level(market, order.side, amended.limit) && !frees() {
                    self.check_levels(market, order.side, amended.limit)?;
                }
            }
            check_post_only(&request, market, amended.limit)?;
        }
        Ok(amended)
    }

    /// Whether an order of an OCO, with so many leaves, and all else that works on its side close no more than what
    /// is held: of the OCO the largest order counts there, as one of them is all that executes.
    fn side_only_closes(&self, handle: u32, leaves: Lots) -> bool {
        let order = self.orders.get(handle);
        let Some(extra) = self.orders.extra(handle) else {
            return false;
        };
        if order.role != OrderRole::Oco {
            return false;
        }
        let holding = self.holdings.get(order.holding);
        let mut working = match order.side {
            Side::Buy => holding.buys(),
            Side::Sell => holding.sells(),
        };
        let mut largest = leaves;
        for member in members(extra) {
            let Some(other) = self.orders.find(member) else {
                continue;
            };
            let sibling = self.orders.get(other);
            let counts = (sibling.holding, sibling.side) == (order.holding, order.side);
            if counts && !sibling.flags.is_closing() {
                working = working.saturating_sub(sibling.leaves());
                if other != handle {
                    largest = largest.max(sibling.leaves());
                }
            }
        }
        working.saturating_add(largest) <= holding.closable(order.side)
    }

    /// The order with its new figures in the place of the old ones is within size, shorts and funds.
    fn check_worth(
        &self,
        handle: u32,
        request: &NewOrder,
        amended: &Amended,
    ) -> Result<(), DenyReason> {
        let order = self.orders.get(handle);
        let market = &self.markets[request.instrument.0 as usize];
        let leaves = Lots(amended.qty.0 - order.filled.0);
        let old = order.leaves();
        let before = self.order_valued_at(order, market);
        let price = if order.form.has_limit() {
            amended.limit
        } else if order.form.is_triggered() && order.form != Form::TrailingStop {
            amended.trigger
        } else {
            before
        };
        let desk = self.desk(request);
        check_size(&desk, request, leaves, price, old)?;
        let is_closing = order.flags.is_closing();
        if !is_closing {
            check_short(&desk, request, leaves, old)?;
        }
        self.check_amended_conduct(&desk, request, leaves, old, amended.moves)?;
        if is_closing || self.side_only_closes(handle, leaves) {
            return Ok(());
        }
        let replaced = Replaced {
            order: handle,
            lots: old,
            value: self.set_aside(order, market),
            stays: leaves <= old && !amended.moves,
        };
        let mut moved = *request;
        if let OrderKind::Stop { trigger, .. }
        | OrderKind::StopLimit { trigger, .. }
        | OrderKind::MarketIfTouched { trigger, .. } = &mut moved.kind
        {
            *trigger = market.instrument.price(amended.trigger);
        }
        self.check_funds(&desk, &moved, leaves, price, replaced, &[])
    }
}
