//! Fills: what an execution does to position, cash, fees, day facts and score.

use types::{
    AccountId, ClientOrderId, EventKind, Fill, FillCause, FillModel, InstrumentId, Lots, Money,
    OrderId, Side, Ticks, TimestampNs,
};

use super::Shard;
use super::conduct::Closing;
use crate::event_buf::EventBuf;
use crate::holding::{self, Holding};
use crate::slab::NIL;

/// One execution of one order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Execution {
    pub(super) price: Ticks,
    pub(super) lots: Lots,
    pub(super) maker: bool,
    pub(super) model: FillModel,
}

/// Whose order an execution is of.
#[derive(Debug, Clone, Copy)]
struct Sender {
    order: OrderId,
    client: ClientOrderId,
    leaves: Lots,
    cause: FillCause,
    known: TimestampNs,
    /// Handle of the order's extra, where an order's minimum fee is kept.
    extra: u32,
}

impl Shard {
    /// Fills a part of a working order that is not above its leaves. What follows from it is for
    /// [`Shard::after_fill`].
    #[inline]
    pub(super) fn fill_order(&mut self, handle: u32, execution: Execution, events: &mut EventBuf) {
        let id = self.orders.id(handle);
        let order = self.orders.get_mut(handle);
        order.filled.0 += execution.lots.0;
        let order = *order;
        if !order.flags.is_closing() {
            let sum = self.holdings.get_mut(order.holding).working_mut(order.side);
            sum.0 = sum.0.saturating_sub(execution.lots.0);
        }
        let ack_ns = self.orders.extra(handle).map_or(0, |extra| extra.ack_ns);
        let sender = Sender {
            order: id,
            client: order.client,
            leaves: order.leaves(),
            cause: FillCause::Order,
            known: TimestampNs(self.ts.0.saturating_add(ack_ns.into())),
            extra: order.extra,
        };
        let opened = self.execute(order.holding, order.side, execution, sender, events);
        if opened && self.orders.get_mut(handle).flags.note_opening() {
            let account = self.orders.nodes.get(handle).account;
            let account = &mut self.accounts[account.0 as usize];
            if account.has_conduct {
                account.rules.record_trade();
            }
        }
    }

    /// Closes a part of a position for the engine itself.
    pub(super) fn fill_liquidation(
        &mut self,
        holding: u32,
        execution: Execution,
        leaves: Lots,
        cause: FillCause,
        events: &mut EventBuf,
    ) {
        let side = if self.holdings.get(holding).lots.0 > 0 {
            Side::Sell
        } else {
            Side::Buy
        };
        let sender = Sender {
            order: OrderId(0),
            client: ClientOrderId(0),
            leaves,
            cause,
            known: self.ts,
            extra: NIL,
        };
        self.execute(holding, side, execution, sender, events);
    }

    /// Says whether some of it opened or enlarged a position.
    #[inline]
    fn execute(
        &mut self,
        handle: u32,
        side: Side,
        execution: Execution,
        sender: Sender,
        events: &mut EventBuf,
    ) -> bool {
        let Execution {
            price,
            lots,
            maker,
            model,
        } = execution;
        let holding = self.holdings.get_mut(handle);
        let Holding {
            account: account_id,
            instrument: instrument_id,
            leg,
            lots: before,
            opened,
            ..
        } = *holding;
        let market = &self.markets[instrument_id.0 as usize];
        let instrument = &market.instrument;
        let (tick_value, currency) = (market.tick_value, market.currency);
        let change = holding.trade(price, Lots(lots.0 * side.sign()), tick_value);
        let after = holding.lots;
        if change.opened && (before.0 == 0 || change.closed) {
            holding.opened = self.ts;
        }
        let qty = instrument.qty(lots);
        let value = holding::value(price, lots, tick_value);
        let earned = holding::fee(&instrument.fees, maker, value, qty);
        let minimum = instrument.fees.minimum;
        let realised = change.realised.to_money_floor();
        let fill_price = instrument.price(price);
        let position = market.signed_qty(after);

        let fee = if minimum.0 > 0 {
            self.fee_with_minimum(sender.extra, earned, minimum)
        } else {
            earned
        };
        let net = realised.saturating_sub(fee);
        let (balance, credited) = self.book_fill(account_id, currency, net, fee);
        let account = &mut self.accounts[account_id.0 as usize];
        if change.opened {
            account.rules.record_opening_fill();
        }
        if after.0 != 0 || change.opened {
            account.rules.record_held();
        }
        let place = account.entry;
        if let Some(entry) = self.live_entry_mut(place) {
            if change.opened {
                entry.record_opening_fill();
            }
            if change.round_turn {
                entry.record_round_turn();
            }
        }
        let house = &mut self.house[currency.0 as usize];
        house.trading -= credited + i128::from(fee.0);
        house.fees += i128::from(fee.0);
        let leaves = self.markets[instrument_id.0 as usize]
            .instrument
            .qty(sender.leaves);
        events.push(EventKind::Fill(Fill {
            account: account_id,
            order: sender.order,
            client_order: sender.client,
            instrument: instrument_id,
            side,
            price: fill_price,
            qty,
            leaves,
            fee,
            realised,
            balance,
            position,
            leg,
            cause: sender.cause,
            model,
            maker,
            known: sender.known,
        }));
        if change.closed && self.accounts[account_id.0 as usize].has_conduct {
            let own = self.accounts[account_id.0 as usize].currency;
            let realised = self.convert_floor(realised.to_notional(), currency, own);
            let closing = Closing {
                account: account_id,
                instrument: instrument_id,
                order: sender.order,
                opened,
                realised: realised.to_money_floor(),
            };
            self.judge_close(closing, events);
        }
        self.follow_position(handle, before, after);
        self.touch_account(account_id, true);
        change.opened
    }

    /// Books cash in a currency of an account; says its balance after, and by how much that changed: less
    /// than asked for only at the ends of the range of [`Money`].
    #[inline]
    fn book_fill(
        &mut self,
        id: AccountId,
        currency: crate::account::CurrencyId,
        net: Money,
        fee: Money,
    ) -> (Money, i128) {
        let credited =
            |before: Money, after: Money| (after, i128::from(after.0) - i128::from(before.0));
        let account = &mut self.accounts[id.0 as usize];
        if currency == account.currency {
            let before = account.balance;
            account.balance = before.saturating_add(net);
            account.fees = account.fees.saturating_add(fee);
            account.rules.record_realised(net);
            return credited(before, account.balance);
        }
        let own = account.currency;
        let worth = self
            .convert_floor(net.to_notional(), currency, own)
            .to_money_floor();
        let fee = self.convert_money_ceil(fee, currency, own);
        let account = &mut self.accounts[id.0 as usize];
        account.fees = account.fees.saturating_add(fee);
        account.rules.record_realised(worth);
        match account.foreign.cash_mut(currency) {
            Some(cash) => {
                let before = *cash;
                *cash = before.saturating_add(net);
                credited(before, *cash)
            }
            // Room was checked before the order was accepted.
            None => (Money::ZERO, 0),
        }
    }

    /// Books cash that no fill caused; says the balance of its currency after.
    pub(super) fn book_cash(
        &mut self,
        id: AccountId,
        currency: crate::account::CurrencyId,
        amount: Money,
    ) -> Money {
        let (balance, credited) = self.book_fill(id, currency, amount, Money::ZERO);
        self.house[currency.0 as usize].trading -= credited;
        balance
    }

    /// The fee of one fill, so that all fills of its order together cost the minimum at least.
    fn fee_with_minimum(&mut self, extra: u32, earned: Money, minimum: Money) -> Money {
        if extra == NIL {
            return earned.max(minimum);
        }
        let extra = self.orders.extras.get_mut(extra);
        let charged = if extra.has_earned {
            extra.earned.max(minimum)
        } else {
            Money::ZERO
        };
        extra.has_earned = true;
        extra.earned = extra.earned.saturating_add(earned);
        extra.earned.max(minimum).saturating_sub(charged)
    }

    /// Keeps the rows of a position that changed from `before` to `after`.
    #[inline]
    pub(super) fn follow_position(&mut self, handle: u32, before: Lots, after: Lots) {
        if before.0.signum() == after.0.signum() {
            return;
        }
        if before.0 != 0 {
            self.unwatch(handle, before);
        }
        if before.0 == 0 {
            self.open_position(handle);
        } else if after.0 != 0 {
            self.watch(handle);
        } else {
            self.drop_idle(handle);
        }
    }

    /// The instrument of a working order.
    #[inline]
    pub(super) fn instrument_of(&self, handle: u32) -> InstrumentId {
        self.holdings
            .get(self.orders.get(handle).holding)
            .instrument
    }
}
