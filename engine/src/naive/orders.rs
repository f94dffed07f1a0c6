//! Orders and fills.

use types::{
    AccountId, CancelReason, ClientOrderId, DenyReason, EventKind, Fill, FillCause, Instrument,
    InstrumentStatus, Money, NewOrder, OrderId, OrderKind, Price, Qty, Side, SignedQty,
    TimeInForce,
};

use super::market::is_due;
use super::{Naive, Position, divide_up, opposite};

impl Naive {
    pub(super) fn submit(&mut self, request: &NewOrder) {
        if let Err(reason) = self.check(request) {
            return self.push(EventKind::OrderDenied {
                request: *request,
                reason,
            });
        }
        if request.client_order.0 != 0 {
            let used = (request.account, request.client_order.0);
            self.used_client_orders.push_back(used);
            if self.used_client_orders.len() > self.limits.client_orders_max as usize {
                self.used_client_orders.pop_front();
            }
        }
        self.orders_accepted += 1;
        let order = OrderId(self.orders_accepted);
        self.push(EventKind::OrderAccepted {
            order,
            request: *request,
        });
        let quote = self.fillable(request.instrument);
        if let Some(quote) = quote.filter(|quote| is_due(request.kind, request.side, quote)) {
            let price = opposite(&quote, request.side).0;
            self.execute(order, request, price, FillCause::Order);
        } else if request.kind == OrderKind::Market || request.tif == TimeInForce::ImmediateOrCancel
        {
            self.push_cancelled(order, request, CancelReason::NotMarketable);
        } else {
            self.orders.insert(order.0, *request);
        }
    }

    fn check(&self, request: &NewOrder) -> Result<(), DenyReason> {
        let id = request.account.0 as usize;
        let account = self.accounts.get(id).ok_or(DenyReason::UnknownAccount)?;
        let market = self.markets.get(request.instrument.0 as usize);
        let market = market.ok_or(DenyReason::UnknownInstrument)?;
        let used = (request.account, request.client_order.0);
        let is_repeat = request.client_order.0 != 0 && self.used_client_orders.contains(&used);
        let own_orders = self.working_orders(request.account).len();
        let off_tick = match request.kind {
            OrderKind::Market => false,
            OrderKind::Limit { price } | OrderKind::Stop { trigger: price } => {
                price.0 % market.instrument.tick_size.0 != 0
            }
        };
        let refusals = [
            (!self.is_trading(id), DenyReason::AccountNotTrading),
            (account.locked, DenyReason::DayLocked),
            (is_repeat, DenyReason::DuplicateClientOrder),
        ];
        refuse(&refusals)?;
        self.check_qty(request, request.qty)?;
        let rests =
            request.kind != OrderKind::Market && request.tif != TimeInForce::ImmediateOrCancel;
        refuse(&[
            (off_tick, DenyReason::PriceOffTick),
            (
                self.plans[account.plan].currency != market.instrument.currency,
                DenyReason::CurrencyMismatch,
            ),
            (
                market.status != InstrumentStatus::Open,
                DenyReason::InstrumentNotOpen,
            ),
            (market.quote.is_none(), DenyReason::NoQuote),
            (market.stale, DenyReason::BadQuote),
            (self.is_too_large(request), DenyReason::OutOfRange),
            (
                rests && own_orders >= self.limits.account_orders_max as usize,
                DenyReason::AccountOrdersMax,
            ),
            (
                rests && self.orders.len() >= self.limits.orders_max as usize,
                DenyReason::OrdersMax,
            ),
        ])
    }

    /// Whether the position that an order aims at passes 2^53 lots, or a value of 9e9.
    fn is_too_large(&self, request: &NewOrder) -> bool {
        let market = &self.markets[request.instrument.0 as usize];
        let Instrument {
            tick_size,
            lot_size,
            contract_size,
            ..
        } = market.instrument;
        let price = match (request.kind, market.quote) {
            (OrderKind::Limit { price } | OrderKind::Stop { trigger: price }, _) => price,
            (OrderKind::Market, Some(quote)) => opposite(&quote, request.side).0,
            (OrderKind::Market, None) => return false,
        };
        let positions = &self.accounts[request.account.0 as usize].positions;
        let held = positions
            .iter()
            .find(|held| held.instrument == request.instrument);
        let held = held.map_or(0, |held| held.qty / i128::from(lot_size.0));
        let lots = i128::from(request.qty.0 / lot_size.0 * request.side.sign());
        let aimed = (held + lots).abs();
        let tick_lot = i128::from(tick_size.0) * i128::from(lot_size.0);
        let tick_value = tick_lot * i128::from(contract_size.0) / i128::from(Qty::ONE.0);
        let ticks = i128::from(price.0 / tick_size.0).abs();
        let value = (aimed * ticks).checked_mul(tick_value);
        aimed > 1 << 53 || value.is_none_or(|value| value > 9 * 10_i128.pow(9 + 17))
    }

    fn check_qty(&self, request: &NewOrder, qty: Qty) -> Result<(), DenyReason> {
        let instrument = &self.markets[request.instrument.0 as usize].instrument;
        refuse(&[
            (qty.0 <= 0, DenyReason::QtyNotPositive),
            (qty > instrument.order_qty_max, DenyReason::QtyTooLarge),
            (qty.0 % instrument.lot_size.0 != 0, DenyReason::QtyOffLot),
        ])
    }

    fn working(&self, account: AccountId, order: OrderId) -> Result<NewOrder, DenyReason> {
        if account.0 as usize >= self.accounts.len() {
            return Err(DenyReason::UnknownAccount);
        }
        let working = self.orders.get(&order.0).copied();
        let own = working.filter(|working| working.account == account);
        own.ok_or(DenyReason::UnknownOrder)
    }

    pub(super) fn cancel(&mut self, account: AccountId, order: OrderId) {
        match self.working(account, order) {
            Ok(_) => self.end(order.0, CancelReason::Requested),
            Err(reason) => self.deny_change(account, order, reason),
        }
    }

    pub(super) fn cancel_all(&mut self, account: AccountId) {
        if account.0 as usize >= self.accounts.len() {
            return self.deny_change(account, OrderId(0), DenyReason::UnknownAccount);
        }
        self.end_all(account, CancelReason::Requested);
    }

    fn deny_change(&mut self, account: AccountId, order: OrderId, reason: DenyReason) {
        self.push(EventKind::ChangeDenied {
            account,
            order,
            reason,
        });
    }

    pub(super) fn end_all(&mut self, account: AccountId, reason: CancelReason) {
        for order in self.working_orders(account) {
            self.end(order, reason);
        }
    }

    pub(super) fn end_day_orders(&mut self, account: AccountId) {
        for order in self.working_orders(account) {
            if self.orders[&order].tif == TimeInForce::Day {
                self.end(order, CancelReason::DayOver);
            }
        }
    }

    fn end(&mut self, order: u64, reason: CancelReason) {
        if let Some(request) = self.orders.remove(&order) {
            self.push_cancelled(OrderId(order), &request, reason);
        }
    }

    fn push_cancelled(&mut self, order: OrderId, request: &NewOrder, reason: CancelReason) {
        self.push(EventKind::OrderCancelled {
            account: request.account,
            order,
            leaves: request.qty,
            reason,
        });
    }

    pub(super) fn amend(
        &mut self,
        account: AccountId,
        order: OrderId,
        qty: Option<Qty>,
        price: Option<Price>,
    ) {
        let (amended, price) = match self.check_amendment(account, order, qty, price) {
            Ok(amended) => amended,
            Err(reason) => return self.deny_change(account, order, reason),
        };
        self.push(EventKind::OrderAmended {
            account,
            order,
            qty: amended.qty,
            price,
        });
        let quote = self.fillable(amended.instrument);
        if let Some(quote) = quote.filter(|quote| is_due(amended.kind, amended.side, quote)) {
            self.orders.remove(&order.0);
            let price = opposite(&quote, amended.side).0;
            self.execute(order, &amended, price, FillCause::Order);
        } else {
            self.orders.insert(order.0, amended);
        }
    }

    fn check_amendment(
        &self,
        account: AccountId,
        order: OrderId,
        qty: Option<Qty>,
        price: Option<Price>,
    ) -> Result<(NewOrder, Price), DenyReason> {
        let mut request = self.working(account, order)?;
        let market = &self.markets[request.instrument.0 as usize];
        if market.status != InstrumentStatus::Open {
            return Err(DenyReason::InstrumentNotOpen);
        }
        if market.stale {
            return Err(DenyReason::BadQuote);
        }
        if let Some(qty) = qty {
            self.check_qty(&request, qty)?;
            request.qty = qty;
        }
        let awaited = match &mut request.kind {
            OrderKind::Limit { price } | OrderKind::Stop { trigger: price } => price,
            OrderKind::Market => return Err(DenyReason::UnknownOrder),
        };
        *awaited = price.unwrap_or(*awaited);
        let awaited = *awaited;
        if awaited.0 % market.instrument.tick_size.0 != 0 {
            return Err(DenyReason::PriceOffTick);
        }
        if self.is_too_large(&request) {
            return Err(DenyReason::OutOfRange);
        }
        Ok((request, awaited))
    }

    /// Fills the whole of an order at this price.
    pub(super) fn execute(
        &mut self,
        order: OrderId,
        request: &NewOrder,
        price: Price,
        cause: FillCause,
    ) {
        if let OrderKind::Stop { .. } = request.kind {
            self.push(EventKind::OrderTriggered {
                account: request.account,
                order,
                price,
            });
        }
        let id = request.account.0 as usize;
        let traded = i128::from(request.qty.0) * i128::from(request.side.sign());
        let positions = &self.accounts[id].positions;
        let place = positions
            .iter()
            .position(|held| held.instrument == request.instrument);
        let before = place.map_or(
            Position {
                instrument: request.instrument,
                qty: 0,
                cost: 0,
            },
            |place| positions[place],
        );
        let closing = if before.qty * traded < 0 {
            before.qty.abs().min(traded.abs()) * before.qty.signum()
        } else {
            0
        };
        let opening = traded + closing;
        // The cost of the closing part, rounded against the trader.
        let cost_out = if closing == 0 {
            0
        } else {
            divide_up(before.cost * closing.abs(), before.qty.abs())
        };
        let realised = self.value(request.instrument, price, closing) - cost_out;
        let realised = realised.div_euclid(types::Notional::PER_MONEY);
        let after = Position {
            instrument: request.instrument,
            qty: before.qty + traded,
            cost: before.cost - cost_out + self.value(request.instrument, price, opening),
        };
        let fee = self.fee(request, price);
        self.house.trading -= realised;
        self.house.fees += fee;

        let account = &mut self.accounts[id];
        account.balance += realised - fee;
        account.fees += fee;
        match place {
            Some(place) if after.qty == 0 => {
                account.positions.remove(place);
            }
            Some(place) => account.positions[place] = after,
            None => account.positions.push(after),
        }
        account
            .rules
            .record_realised(Money((realised - fee) as i64));
        let opened = opening != 0;
        if opened {
            account.rules.record_opening_fill();
        }
        if after.qty != 0 {
            account.rules.record_held();
        }
        let balance = Money(account.balance as i64);
        if let Some(competition) = account.competition
            && let Some(entry) = self.competitions[competition].1.get_mut(&request.account)
        {
            if opened {
                entry.record_opening_fill();
            }
            if closing != 0 && (opened || after.qty == 0) {
                entry.record_round_turn();
            }
        }
        self.push(EventKind::Fill(Fill {
            account: request.account,
            order,
            client_order: request.client_order,
            instrument: request.instrument,
            side: request.side,
            price,
            qty: request.qty,
            leaves: Qty::ZERO,
            fee: Money(fee as i64),
            realised: Money(realised as i64),
            balance,
            position: SignedQty(after.qty as i64),
            cause,
        }));
        self.touch(id, true);
    }

    /// `rate * notional + per_unit * quantity`, rounded up, at least the minimum.
    fn fee(&self, request: &NewOrder, price: Price) -> i128 {
        let fees = self.markets[request.instrument.0 as usize].instrument.fees;
        let qty = i128::from(request.qty.0);
        let notional = self.value(request.instrument, price, qty).abs();
        // In 1e-26: the rate is 1e-9 of 1e-17; the amount per unit is 1e-6 of 1e-8.
        let exact = notional * i128::from(fees.rate.0)
            + i128::from(fees.per_unit.0) * qty * 1_000_000_000_000;
        divide_up(exact, 100_000_000_000_000_000_000).max(fees.minimum.0.into())
    }

    /// Closes every position at the liquidation side, oldest first.
    pub(super) fn flatten(&mut self, id: usize) {
        for position in self.accounts[id].positions.clone() {
            let price = self.liquidation_price(&position);
            let request = NewOrder {
                account: AccountId(id as u32),
                client_order: ClientOrderId(0),
                instrument: position.instrument,
                side: if position.qty > 0 {
                    Side::Sell
                } else {
                    Side::Buy
                },
                kind: OrderKind::Market,
                qty: Qty(position.qty.abs() as i64),
                tif: TimeInForce::ImmediateOrCancel,
            };
            self.execute(OrderId(0), &request, price, FillCause::Liquidation);
        }
    }
}

/// The first reason that holds.
fn refuse(refusals: &[(bool, DenyReason)]) -> Result<(), DenyReason> {
    match refusals.iter().find(|(holds, _)| *holds) {
        Some((_, reason)) => Err(*reason),
        None => Ok(()),
    }
}
