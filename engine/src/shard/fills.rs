//! Fills: what an execution does to position, cash, fees, day facts and score.

use std::hint::cold_path;

use types::{
    AccountId, ClientOrderId, EventKind, Fill, FillCause, FillModel, InstrumentId, Lots, Money,
    OrderId, Side, Ticks, TimestampNs,
};

use super::Shard;
use super::cascade::TouchedBy;
use super::conduct::Closing;
use crate::account::{Account, At, CurrencyId, House};
use crate::event_buf::EventBuf;
use crate::holding::Change;
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
    /// Handle of the order's extra, where what its fills earned is kept.
    extra: u32,
    /// What the fills before this one earned, of a closing, which has no extra.
    earned: Option<Money>,
    /// Its leaves are among what its holding's working orders of its side aim at.
    is_counted: bool,
}

/// The engine's own order that closes a position whole. It works nowhere and has no id.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClosingOrder {
    cause: FillCause,
    pub(super) leaves: Lots,
    /// What its fills earned in fees, before the minimum; none before the first of them.
    earned: Option<Money>,
}

impl ClosingOrder {
    /// One of a position of so many lots.
    pub(super) const fn new(cause: FillCause, lots: Lots) -> Self {
        Self {
            cause,
            leaves: lots.saturating_abs(),
            earned: None,
        }
    }
}

/// The fee of a fill that earns so much, where the fills of its order before it earned `before`: all of them together
/// cost the minimum at least.
pub(super) fn fee_beyond(before: Option<Money>, earned: Money, minimum: Money) -> Money {
    let charged = before.map_or(Money::ZERO, |before| before.max(minimum));
    let all = before.unwrap_or(Money::ZERO).saturating_add(earned);
    all.max(minimum).saturating_sub(charged)
}

/// A balance after a booking, and by how much it changed.
fn credited(before: Money, after: Money) -> (Money, i128) {
    (after, i128::from(after.0) - i128::from(before.0))
}

impl Account {
    /// Books cash in the account's own currency; says its balance after, and by how much that changed:
    /// less than asked for only at the ends of the range of [`Money`].
    #[inline(always)]
    fn book(&mut self, net: Money, fee: Money) -> (Money, i128) {
        let before = self.balance;
        self.balance = before.saturating_add(net);
        self.fees = self.fees.saturating_add(fee);
        self.rules.record_realised(net);
        credited(before, self.balance)
    }

    /// The day knows of a fill that left so many lots.
    #[inline(always)]
    fn note_fill(&mut self, opened: bool, after: Lots) {
        if opened {
            self.rules.record_opening_fill();
        }
        if after.0 != 0 || opened {
            self.rules.record_held();
        }
    }
}

impl House {
    /// An account's balance grew by so much, after this fee.
    #[inline(always)]
    fn give(&mut self, credited: i128, fee: Money) {
        self.trading -= credited + i128::from(fee.0);
        self.fees += i128::from(fee.0);
    }
}

impl Change {
    #[inline(always)]
    fn touches(&self) -> TouchedBy {
        if self.closed {
            TouchedBy::Close
        } else {
            TouchedBy::Booking
        }
    }
}

impl Shard {
    /// Fills a part of a working order that is not above its leaves. What follows from it is for
    /// [`Shard::after_fill`].
    ///
    /// Of most orders, accounts and instruments nothing is special: that is one test here, and their fills go
    /// straight through. For them this does what [`Shard::fill_any`] does.
    #[inline(never)]
    pub(super) fn fill_order(&mut self, handle: u32, execution: Execution, events: &mut EventBuf) {
        self.fill_usual(handle, execution, events);
    }

    /// Fills both orders of a trade in a book at the maker's price, the maker first, as [`Shard::fill_order`] does.
    #[inline(never)]
    pub(super) fn fill_both(
        &mut self,
        [maker, taker]: [u32; 2],
        price: Ticks,
        lots: Lots,
        events: &mut EventBuf,
    ) {
        let by = |maker| Execution {
            price,
            lots,
            maker,
            model: FillModel::Book,
        };
        self.fill_usual(maker, by(true), events);
        self.fill_usual(taker, by(false), events);
    }

    #[expect(
        clippy::needless_bitwise_bool,
        reason = "one branch that nobody takes instead of several"
    )]
    #[inline(always)]
    fn fill_usual(&mut self, handle: u32, execution: Execution, events: &mut EventBuf) {
        let Execution {
            price,
            lots,
            maker,
            model,
        } = execution;
        let order = self.orders.get(handle);
        let (place, side) = (order.holding, order.side);
        let holding = self.holdings.get_mut(place);
        let (account_id, instrument_id) = (holding.account, holding.instrument);
        let account = &mut self.accounts[account_id.0 as usize];
        let market = &self.markets[instrument_id.0 as usize];
        let currency = market.currency;
        // Not lazily: one branch for all of it.
        let is_special = (order.extra != NIL)
            | account.has_conduct
            | account.is_trailing.0
            | account.entry.is_some()
            | (account.currency != currency)
            | (market.instrument.fees.minimum.0 > 0);
        if is_special {
            cold_path();
            return self.fill_any(handle, execution, events);
        }
        let id = self.orders.id(handle);
        let order = self.orders.get_mut(handle);
        order.filled.0 += lots.0;
        if !order.flags.is_closing() {
            holding.sub_working(side, lots);
        }
        let (client, leaves) = (order.client, order.leaves());
        let (leg, before) = (holding.leg, holding.lots);
        let change = holding.trade(price, Lots(lots.0 * side.sign()), market.tick_value);
        let after = holding.lots;
        if change.opened {
            order.flags.note_opening();
            if before.0 == 0 || change.closed {
                holding.opened = self.ts;
            }
        }
        account.note_fill(change.opened, after);
        let fee = market.fee(maker, price, lots);
        let realised = change.realised;
        let cash_before = account.balance;
        let (balance, credited) = account.book(realised.saturating_sub(fee), fee);
        self.cash[currency.0 as usize] += i128::from(balance.0) - i128::from(cash_before.0);
        self.pending.booked.note(currency);
        self.house[currency.0 as usize].give(credited, fee);
        let instrument = &market.instrument;
        events.push(EventKind::Fill(Fill {
            account: account_id,
            order: id,
            client_order: client,
            instrument: instrument_id,
            side,
            price: instrument.price(price),
            qty: instrument.qty(lots),
            leaves: instrument.qty(leaves),
            fee,
            realised,
            balance,
            position: market.signed_qty(after),
            leg,
            cause: FillCause::Order,
            model,
            maker,
            known: self.ts,
        }));
        // A position has opened, gone, or changed its side.
        if before.0 == 0 || change.round_turn {
            self.follow_position(place, before, after);
        }
        self.touch_account(account_id, change.touches());
    }

    /// As [`Shard::fill_order`], whatever is special about the order, its account or its instrument.
    #[inline(never)]
    fn fill_any(&mut self, handle: u32, execution: Execution, events: &mut EventBuf) {
        let id = self.orders.id(handle);
        let order = self.orders.get_mut(handle);
        order.filled.0 += execution.lots.0;
        let (holding, side, extra) = (order.holding, order.side, order.extra);
        let mut sender = Sender {
            order: id,
            client: order.client,
            leaves: order.leaves(),
            cause: FillCause::Order,
            known: self.ts,
            extra,
            earned: None,
            is_counted: !order.flags.is_closing(),
        };
        if extra != NIL {
            cold_path();
            let ack_ns = self.orders.extras.get(extra).ack_ns;
            sender.known = TimestampNs(self.ts.0.saturating_add(ack_ns.into()));
        }
        let opened = self.execute(holding, side, execution, sender, events);
        if opened {
            self.count_trade(handle);
        }
    }

    /// The order's first fill that opens or enlarges a position is a trade of the day.
    #[inline]
    fn count_trade(&mut self, handle: u32) {
        if self.orders.get_mut(handle).flags.note_opening() {
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
        closing: &mut ClosingOrder,
        events: &mut EventBuf,
    ) {
        let held = self.holdings.get(holding);
        let side = if held.lots.0 > 0 {
            Side::Sell
        } else {
            Side::Buy
        };
        let Execution {
            price, lots, maker, ..
        } = execution;
        let fee = self.market_of(held).fee(maker, price, lots);
        closing.leaves.0 -= lots.0;
        let sender = Sender {
            order: OrderId(0),
            client: ClientOrderId(0),
            leaves: closing.leaves,
            cause: closing.cause,
            known: self.ts,
            extra: NIL,
            earned: closing.earned,
            is_counted: false,
        };
        let earned = closing.earned.unwrap_or(Money::ZERO);
        closing.earned = Some(earned.saturating_add(fee));
        self.execute(holding, side, execution, sender, events);
    }

    /// Says whether some of it opened or enlarged a position.
    #[inline(always)]
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
        self.catch_up(self.holdings.get(handle).account);
        let holding = self.holdings.get_mut(handle);
        let (account_id, instrument_id) = (holding.account, holding.instrument);
        let account = &mut self.accounts[account_id.0 as usize];
        let (leg, before, opened) = (holding.leg, holding.lots, holding.opened);
        if sender.is_counted {
            holding.sub_working(side, lots);
        }
        let market = &self.markets[instrument_id.0 as usize];
        let instrument = &market.instrument;
        let currency = market.currency;
        let change = holding.trade(price, Lots(lots.0 * side.sign()), market.tick_value);
        let after = holding.lots;
        if change.opened {
            if before.0 == 0 || change.closed {
                holding.opened = self.ts;
            } else if account.has_conduct
                && let conduct = &self.plans[account.plan.0 as usize].plan.conduct
                && conduct.holding_min.is_some()
            {
                holding.opened = holding.mean_opened(before, self.ts);
            }
        }
        let earned = market.fee(maker, price, lots);
        let minimum = instrument.fees.minimum;
        let (place, has_conduct, is_own) = (
            account.entry,
            account.has_conduct,
            currency == account.currency,
        );
        if change.opened && has_conduct {
            account.active = At {
                seq: self.seq,
                ts: self.ts,
            };
        }
        account.note_fill(change.opened, after);
        let (fill_price, qty) = (instrument.price(price), instrument.qty(lots));
        let leaves = instrument.qty(sender.leaves);
        let position = market.signed_qty(after);
        let realised = change.realised;

        let fee = if minimum.0 > 0 {
            self.fee_with_minimum(&sender, earned, minimum)
        } else {
            earned
        };
        let net = realised.saturating_sub(fee);
        let (balance, credited) = if is_own {
            self.book_own(account_id, net, fee)
        } else {
            self.book_foreign(account_id, currency, net, fee)
        };
        if let Some(entry) = self.live_entry_mut(place) {
            if change.opened {
                entry.record_opening_fill();
            }
            if change.round_turn {
                entry.record_round_turn();
            }
        }
        self.house[currency.0 as usize].give(credited, fee);
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
        if change.closed && has_conduct {
            cold_path();
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
        // A position has opened, gone, or changed its side.
        if before.0 == 0 || change.round_turn {
            self.follow_position(handle, before, after);
        }
        self.touch_account(account_id, change.touches());
        change.opened
    }

    /// As [`Account::book`].
    #[inline(always)]
    fn book_own(&mut self, id: AccountId, net: Money, fee: Money) -> (Money, i128) {
        let account = &mut self.accounts[id.0 as usize];
        let (currency, before) = (account.currency, account.balance);
        let (balance, credited) = account.book(net, fee);
        self.note_cash(currency, before, balance);
        (balance, credited)
    }

    /// As [`Account::book`], in a currency that is not the account's own.
    #[cold]
    #[inline(never)]
    fn book_foreign(
        &mut self,
        id: AccountId,
        currency: CurrencyId,
        net: Money,
        fee: Money,
    ) -> (Money, i128) {
        let own = self.accounts[id.0 as usize].currency;
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
                let after = *cash;
                self.note_cash(currency, before, after);
                credited(before, after)
            }
            // Room was checked before the order was accepted.
            None => (Money::ZERO, 0),
        }
    }

    /// Books cash that no fill caused; says the balance of its currency after.
    pub(super) fn book_cash(
        &mut self,
        id: AccountId,
        currency: CurrencyId,
        amount: Money,
    ) -> Money {
        let own = self.accounts[id.0 as usize].currency;
        let (balance, credited) = if currency == own {
            self.book_own(id, amount, Money::ZERO)
        } else {
            self.book_foreign(id, currency, amount, Money::ZERO)
        };
        self.house[currency.0 as usize].trading -= credited;
        balance
    }

    /// The fee of one fill, so that all fills of its order together cost the minimum at least.
    #[cold]
    #[inline(never)]
    fn fee_with_minimum(&mut self, sender: &Sender, earned: Money, minimum: Money) -> Money {
        if sender.extra == NIL {
            return fee_beyond(sender.earned, earned, minimum);
        }
        let extra = self.orders.extras.get_mut(sender.extra);
        let before = extra.has_earned.then_some(extra.earned);
        extra.has_earned = true;
        extra.earned = extra.earned.saturating_add(earned);
        fee_beyond(before, earned, minimum)
    }

    /// Keeps the rows of a position that changed from `before` to `after`.
    #[inline(never)]
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
    pub(crate) fn instrument_of(&self, handle: u32) -> InstrumentId {
        self.holdings
            .get(self.orders.get(handle).holding)
            .instrument
    }
}
