//! The checks of an order at the door, in the order of [`DenyReason`].

use std::collections::BTreeSet;

use types::{
    AccountId, ClientOrderId, DenyReason, DisplayFault, Funding, InstrumentId, InstrumentKind, Leg,
    LimitName, ListFault, ListField, ListKind, Lots, NewOrder, OrderKind, OrderList, OrderRole,
    PositionMode, Price, Qty, Ratio, Side, Ticks, TimeInForce, TimeInForceFault, Trail,
};

use super::Naive;
use super::entering::{is_taken, prices, role, trail};
use super::money::{hold, signed_qty};
use super::order::{at_or_better, has_trigger, is_closing, is_exit};
use super::room::may_rest;

/// The most currencies of an account besides its own.
const FOREIGN_MAX: u32 = 3;

impl Naive {
    /// Account, instrument, state, day lock.
    pub(super) fn check_sender(
        &self,
        account: AccountId,
        instrument: InstrumentId,
    ) -> Result<(), DenyReason> {
        self.check_known(account, instrument)?;
        self.check_trading(account)
    }

    fn check_known(&self, account: AccountId, instrument: InstrumentId) -> Result<(), DenyReason> {
        if account.0 as usize >= self.accounts.len() {
            return Err(DenyReason::UnknownAccount);
        }
        if instrument.0 as usize >= self.markets.len() {
            return Err(DenyReason::UnknownInstrument);
        }
        Ok(())
    }

    pub(super) fn check_trading(&self, account: AccountId) -> Result<(), DenyReason> {
        if !self.is_trading(account.0 as usize) {
            let state = self.state(account.0 as usize);
            return Err(DenyReason::AccountNotTrading { state });
        }
        if self.accounts[account.0 as usize].locked {
            return Err(DenyReason::DayLocked);
        }
        Ok(())
    }

    /// Counts so many orders in the second that is running, or refuses them all.
    pub(super) fn count_orders(
        &mut self,
        account: AccountId,
        orders: usize,
    ) -> Result<(), DenyReason> {
        let max = self.limits.account_orders_per_second_max;
        let second = self.ts.0 / 1_000_000_000;
        let account = &mut self.accounts[account.0 as usize];
        if account.second != second {
            account.second = second;
            account.sent = 0;
        }
        let sent = account.sent + orders as u64;
        if max != 0 && sent > u64::from(max) {
            return Err(DenyReason::OrderRate { max });
        }
        account.sent = sent;
        Ok(())
    }

    /// Whether a list is one at all, before any of its orders is looked at.
    pub(super) fn check_list(&self, list: &OrderList) -> Result<(), DenyReason> {
        let Some(first) = list.orders.first() else {
            return Ok(());
        };
        self.check_known(first.account, first.instrument)?;
        let max = self.limits.list_orders_max;
        if list.orders.len() > max as usize {
            return Err(DenyReason::ChildrenMax {
                limit: LimitName::ListOrders,
                has: list.orders.len() as u32,
                max,
            });
        }
        let (least, most) = match list.kind {
            ListKind::Oco | ListKind::Oto => (2, max),
            ListKind::Bracket => (3, 3),
            ListKind::Cover => (2, 2),
        };
        let has = list.orders.len() as u32;
        if !(least..=most).contains(&has) {
            let fault = ListFault::Orders { has, least, most };
            return Err(DenyReason::BadList(fault));
        }
        for (place, order) in list.orders.iter().enumerate() {
            let wrong = wrong_fields(first, order, role(list.kind, place));
            if let Some((_, field)) = wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
                let place = place as u32;
                return Err(DenyReason::BadList(ListFault::Order { place, field }));
            }
        }
        Ok(())
    }

    /// Everything from the client's id on. `earlier` are the orders before it in its list.
    pub(super) fn check(
        &self,
        request: &NewOrder,
        role: OrderRole,
        earlier: &[NewOrder],
    ) -> Result<(), DenyReason> {
        if role != OrderRole::Slice {
            self.check_client_order(request.account, request.client_order, earlier)?;
        }
        self.check_qty(request.instrument.0 as usize, request.qty)?;
        self.check_prices(request)?;
        self.check_terms(request, role)?;
        self.check_currency(request)?;
        self.check_market(request)?;
        self.check_priced(request)?;
        let (limit, _) = prices(request.kind);
        self.check_collar(request.instrument.0 as usize, request.side, limit)?;
        self.check_reduction(request, role)?;
        self.check_conduct(request, role, earlier)?;
        self.check_money(request, role, earlier)?;
        self.check_room(request, role, earlier.len())?;
        self.check_levels(request)?;
        self.check_would_take(request, limit)
    }

    pub(super) fn check_client_order(
        &self,
        account: AccountId,
        client: ClientOrderId,
        earlier: &[NewOrder],
    ) -> Result<(), DenyReason> {
        let is_used = self.used_client_orders.contains(&(account, client.0))
            || earlier.iter().any(|order| order.client_order == client);
        if client.0 != 0 && is_used {
            return Err(DenyReason::DuplicateClientOrder);
        }
        Ok(())
    }

    pub(super) fn check_qty(&self, instrument: usize, qty: Qty) -> Result<(), DenyReason> {
        let grid = &self.markets[instrument].instrument;
        if qty.0 <= 0 {
            return Err(DenyReason::QtyNotPositive);
        }
        if qty > grid.order_qty_max {
            return Err(DenyReason::QtyTooLarge {
                max: grid.order_qty_max,
            });
        }
        if grid.lots(qty).is_err() {
            return Err(DenyReason::QtyOffLot {
                lot_size: grid.lot_size,
            });
        }
        Ok(())
    }

    pub(super) fn check_tick(
        &self,
        instrument: usize,
        price: Option<Price>,
    ) -> Result<(), DenyReason> {
        let grid = &self.markets[instrument].instrument;
        let Some(price) = price else {
            return Ok(());
        };
        let is_positive_only = matches!(
            grid.kind,
            InstrumentKind::Equity | InstrumentKind::CryptoSpot
        );
        if is_positive_only && price <= Price::ZERO {
            return Err(DenyReason::PriceNotPositive);
        }
        if grid.ticks(price).is_err() {
            return Err(DenyReason::PriceOffTick {
                tick_size: grid.tick_size,
            });
        }
        Ok(())
    }

    fn check_prices(&self, request: &NewOrder) -> Result<(), DenyReason> {
        let instrument = request.instrument.0 as usize;
        let (limit, trigger) = prices(request.kind);
        self.check_tick(instrument, limit)?;
        self.check_tick(instrument, trigger)?;
        match trail(request.kind) {
            Some(trail @ Trail::Amount(amount)) if amount.0 <= 0 => {
                Err(DenyReason::BadTrail { trail })
            }
            Some(Trail::Amount(amount)) => self.check_tick(instrument, Some(amount)),
            Some(trail @ Trail::Percent(share)) if share <= Ratio::ZERO || share >= Ratio::ONE => {
                Err(DenyReason::BadTrail { trail })
            }
            _ => Ok(()),
        }
    }

    /// Display, time in force, leg.
    fn check_terms(&self, request: &NewOrder, role: OrderRole) -> Result<(), DenyReason> {
        self.check_display(request)?;
        let is_plain = matches!(request.kind, OrderKind::Market | OrderKind::Limit { .. });
        let in_list = !matches!(role, OrderRole::Alone | OrderRole::Slice);
        let tif = request.tif;
        let is_auction = matches!(tif, TimeInForce::AtOpen | TimeInForce::AtClose);
        let is_immediate = matches!(
            tif,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill
        );
        let until = match tif {
            TimeInForce::GoodTillDate { until } => Some(until),
            _ => None,
        };
        let is_dated_market = until.is_some() && request.kind == OrderKind::Market;
        let is_limit = matches!(request.kind, OrderKind::Limit { .. });
        let is_kind = !is_dated_market && (is_plain || !(is_auction || is_immediate));
        let may_post = is_limit && !is_auction && !is_immediate;
        let after = self.ts;
        let faults = [
            (!is_kind, TimeInForceFault::Kind),
            (
                until.is_some_and(|until| until <= after),
                TimeInForceFault::Over { after },
            ),
            (is_auction && in_list, TimeInForceFault::List),
            (request.post_only && !may_post, TimeInForceFault::PostOnly),
        ];
        if let Some((_, fault)) = faults.into_iter().find(|(holds, _)| *holds) {
            return Err(DenyReason::BadTimeInForce(fault));
        }
        self.check_leg(request.account, request.leg)
    }

    /// What a book shows of an order at a time.
    fn check_display(&self, request: &NewOrder) -> Result<(), DenyReason> {
        let market = &self.markets[request.instrument.0 as usize];
        let (grid, display) = (&market.instrument, request.display);
        let shows = matches!(
            request.kind,
            OrderKind::Limit { .. } | OrderKind::StopLimit { .. }
        );
        // So that it shows itself in as many parts as it may: rounded up to a lot.
        let parts = i128::from(NewOrder::ICEBERG_PARTS_MAX);
        let lots = i128::from(request.qty.0 / grid.lot_size.0);
        let least = grid.qty(Lots(hold((lots + parts - 1) / parts)));
        let lot_size = grid.lot_size;
        let faults = [
            (market.paper().is_some(), DisplayFault::NoBook),
            (!shows, DisplayFault::NoLimit),
            (display.0 <= 0, DisplayFault::Below { least }),
            (
                grid.lots(display).is_err(),
                DisplayFault::OffLot { lot_size },
            ),
            (
                display > request.qty,
                DisplayFault::Above { most: request.qty },
            ),
            (display < least, DisplayFault::Below { least }),
        ];
        match faults.into_iter().find(|(holds, _)| *holds) {
            Some((_, fault)) if display.0 != 0 => Err(DenyReason::BadDisplay(fault)),
            _ => Ok(()),
        }
    }

    pub(super) fn check_leg(&self, account: AccountId, leg: Leg) -> Result<(), DenyReason> {
        let mode = self.plan(account.0 as usize).terms.mode;
        if (mode == PositionMode::Netting) == (leg == Leg::Net) {
            Ok(())
        } else {
            Err(DenyReason::BadLeg)
        }
    }

    pub(super) fn check_currency(&self, request: &NewOrder) -> Result<(), DenyReason> {
        let account = request.account.0 as usize;
        let own = self.currency(account);
        let currency = self.markets[request.instrument.0 as usize]
            .instrument
            .currency;
        if currency == own {
            return Ok(());
        }
        if !self.conversions.contains_key(&(currency, own)) {
            return Err(DenyReason::NoConversion);
        }
        let mut needed: BTreeSet<_> = self.accounts[account]
            .foreign
            .iter()
            .map(|(currency, _)| *currency)
            .collect();
        for order in self
            .orders
            .values()
            .filter(|order| order.account == account)
        {
            needed.insert(self.markets[order.instrument].instrument.currency);
        }
        needed.insert(currency);
        needed.remove(&own);
        if needed.len() > FOREIGN_MAX as usize {
            return Err(DenyReason::CurrenciesMax { max: FOREIGN_MAX });
        }
        Ok(())
    }

    fn check_market(&self, request: &NewOrder) -> Result<(), DenyReason> {
        let market = &self.markets[request.instrument.0 as usize];
        if !is_taken(request, market.status) {
            let status = market.status;
            return Err(DenyReason::InstrumentNotOpen { status });
        }
        if market.paper().is_some() && market.touch.is_none() {
            return Err(DenyReason::NoQuote);
        }
        if market.paper().is_some() && market.stale {
            return Err(market.stale_quote());
        }
        Ok(())
    }

    /// Funds are checked at a price: the order's own, or one that the market has shown.
    pub(super) fn check_priced(&self, request: &NewOrder) -> Result<(), DenyReason> {
        let is_checked = match self.plan(request.account.0 as usize).terms.funding {
            Funding::Unchecked => false,
            Funding::Cash => request.side == Side::Buy,
            Funding::Margin { .. } => true,
        };
        if is_checked && !is_closing(request) && self.price_of(request).is_none() {
            return Err(DenyReason::NoQuote);
        }
        Ok(())
    }

    /// `price` is on the tick grid.
    pub(super) fn check_collar(
        &self,
        instrument: usize,
        side: Side,
        price: Option<Price>,
    ) -> Result<(), DenyReason> {
        let market = &self.markets[instrument];
        let (Some(price), Some((low, high))) = (price, market.collar()) else {
            return Ok(());
        };
        let bound = match side {
            Side::Buy => high,
            Side::Sell => low,
        };
        let ticks = price.0 / market.instrument.tick_size.0;
        if at_or_better(ticks, bound, side) {
            return Ok(());
        }
        Err(DenyReason::PriceOutsideCollar {
            low: market.instrument.price(Ticks(low)),
            high: market.instrument.price(Ticks(high)),
        })
    }

    /// A closing order must have something to close; one that opens a short must be allowed to.
    fn check_reduction(&self, request: &NewOrder, role: OrderRole) -> Result<(), DenyReason> {
        if is_exit(role) {
            return Ok(());
        }
        let instrument = request.instrument.0 as usize;
        let grid = &self.markets[instrument].instrument;
        let held = self.held(request.account.0 as usize, instrument, request.leg);
        if is_closing(request) {
            if role != OrderRole::OtoChild && held.saturating_mul(-request.side.sign()) <= 0 {
                return Err(DenyReason::NotReducing {
                    position: signed_qty(grid, held),
                });
            }
            return Ok(());
        }
        self.check_short(request, request.qty.0 / grid.lot_size.0, None)
    }
}

/// The fields of an order that could be wrong for its place in a list, and whether they are.
fn wrong_fields(first: &NewOrder, order: &NewOrder, role: OrderRole) -> [(bool, ListField); 10] {
    let rests = may_rest(&NewOrder {
        kind: OrderKind::Limit { price: Price::ZERO },
        ..*order
    }) && !matches!(order.tif, TimeInForce::AtOpen | TimeInForce::AtClose);
    let is_stop =
        has_trigger(order.kind) && !matches!(order.kind, OrderKind::MarketIfTouched { .. });
    let is_limit = matches!(order.kind, OrderKind::Limit { .. });
    let is_kind = match role {
        OrderRole::Oco => order.kind != OrderKind::Market,
        OrderRole::TakeProfit => is_limit,
        OrderRole::StopLoss | OrderRole::CoverStop => is_stop,
        _ => true,
    };
    let (exits, enters) = (is_exit(role), role == OrderRole::Entry);
    let waits = exits || role == OrderRole::Oco;
    let is_cover = role == OrderRole::CoverStop;
    let expires = order.tif != TimeInForce::GoodTillCancel;
    [
        (order.account != first.account, ListField::Account),
        (order.instrument != first.instrument, ListField::Instrument),
        (!is_kind, ListField::Kind),
        (waits && !rests, ListField::TimeInForce),
        (is_cover && expires, ListField::TimeInForce),
        (enters && order.reduce_only, ListField::ReduceOnly),
        (enters && is_closing(order), ListField::Leg),
        (exits && order.side == first.side, ListField::Side),
        (exits && order.qty != first.qty, ListField::Qty),
        (exits && order.leg != first.leg, ListField::Leg),
    ]
}
