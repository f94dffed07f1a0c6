//! Cash and units booked for holding a position: financing, dividends, splits.

use types::{
    AccountId, AlgoEnd, BookingCause, CancelReason, DataFault, EventKind, Financing,
    InputRejection, InstrumentId, Leg, Lots, Money, Notional, OrderKind, OrderRole, Price, Side,
    Trail,
};

use super::Naive;
use super::account::Position;
use super::judge::Cause;
use super::market::Touch;
use super::money::{below_money, hold, part_ceil, share_floor, signed_qty, value};
use super::order::Order;

/// The largest figure of a split.
const SPLIT_MAX: u32 = 1_000;

/// The most that one booking moves: 9e9 units of the currency.
const BOOKED_MAX: i64 = 9_000_000_000_000_000;

/// Money x Qty x Qty is 1e-22.
const PER_MONEY: i128 = 10_000_000_000_000_000;

impl Naive {
    /// Accounts and legs that hold an instrument, ascending.
    fn holders(&self, instrument: usize) -> Vec<(usize, Leg)> {
        let mut holders = Vec::new();
        for (id, account) in self.accounts.iter().enumerate() {
            let positions = account.positions.iter();
            let held = positions.filter(|held| held.instrument == instrument);
            holders.extend(held.map(|held| (id, held.leg)));
        }
        holders.sort_unstable();
        holders
    }

    fn book_cash(
        &mut self,
        (account, leg): (usize, Leg),
        instrument: usize,
        cause: BookingCause,
        amount: Money,
    ) {
        let amount = Money(amount.0.clamp(-BOOKED_MAX, BOOKED_MAX));
        self.tell_untold(account);
        let grid = self.markets[instrument].instrument;
        let credited = self.credit(account, grid.currency, amount);
        self.house.entry(grid.currency).or_default().trading -= credited;
        let held = self.held(account, instrument, leg);
        self.push(EventKind::Booked {
            account: AccountId(account as u32),
            instrument: InstrumentId(instrument as u32),
            leg,
            cause,
            amount,
            balance: self.balance_in(account, grid.currency),
            position: signed_qty(&grid, held),
        });
        let is_sold = cause == BookingCause::Split && amount != Money::ZERO;
        let touched = if is_sold {
            Cause::Close
        } else {
            Cause::Booking
        };
        self.touch(account, touched);
    }

    pub(super) fn on_financing(&mut self, instrument: usize, financing: &Financing) {
        let market = &self.markets[instrument];
        let tick_value = market.tick_value;
        let price = match market.ticks(financing.price) {
            Ok(price) => price,
            Err(reason) => return self.reject(reason),
        };
        for (account, leg) in self.holders(instrument) {
            let lots = self.held(account, instrument, leg);
            let rate = if lots > 0 {
                financing.long
            } else {
                financing.short
            };
            let notional = value(price, lots, tick_value).saturating_abs();
            let amount = Notional(share_floor(notional, rate.0)).to_money_floor();
            self.book_cash((account, leg), instrument, BookingCause::Financing, amount);
        }
    }

    pub(super) fn on_dividend(&mut self, instrument: usize, per_unit: Money) {
        if per_unit.is_negative() {
            let fault = DataFault::Dividend { per_unit };
            return self.reject(InputRejection::BadData(fault));
        }
        for (account, leg) in self.holders(instrument) {
            let lots = self.held(account, instrument, leg);
            let grid = &self.markets[instrument].instrument;
            let paid = i128::from(grid.qty(Lots(lots)).0) * i128::from(per_unit.0);
            let units = i128::from(grid.contract_size.0);
            let signed = (paid * i128::from(lots.signum())).saturating_mul(units);
            let amount = Money(hold(signed.div_euclid(PER_MONEY)));
            self.book_cash((account, leg), instrument, BookingCause::Dividend, amount);
        }
    }

    pub(super) fn on_split(&mut self, instrument: usize, new: u32, old: u32) {
        let range = 1..=SPLIT_MAX;
        if !range.contains(&new) || !range.contains(&old) || new == old {
            let max = SPLIT_MAX;
            let fault = DataFault::Split { new, old, max };
            return self.reject(InputRejection::BadData(fault));
        }
        self.end_algos(AlgoEnd::Split, |algo| algo.instrument == instrument);
        let is_held = |twin: &Self, order: &Order| {
            order.role == OrderRole::CoverStop && order.leaves() > 0 && twin.opposing(order) != 0
        };
        let (kept, ended): (Vec<u64>, Vec<u64>) = self
            .orders_where(|order| order.instrument == instrument)
            .into_iter()
            .partition(|id| {
                self.orders
                    .get(id)
                    .is_some_and(|order| is_held(self, order))
            });
        for order in ended {
            self.end(order, CancelReason::Split);
        }
        let (new, old) = (i128::from(new), i128::from(old));
        let market = &mut self.markets[instrument];
        let down = |price: i64| hold((i128::from(price) * old).div_euclid(new));
        let up = |price: i64| hold(-(-i128::from(price) * old).div_euclid(new));
        market.touch = market.touch.map(|touch| Touch {
            bid: down(touch.bid),
            ask: up(touch.ask),
            ..touch
        });
        market.last = market.last.map(down);
        (market.touch_seq, market.last_seq) = (self.seq, self.seq);
        market.session = None;
        market.bids.clear();
        market.asks.clear();
        market.consumed.clear();
        market.stale = market.paper().is_some();
        self.marked.insert(instrument);
        for (account, leg) in self.holders(instrument) {
            let amount = self.split_position(account, instrument, leg, new, old);
            self.book_cash((account, leg), instrument, BookingCause::Split, amount);
        }
        for order in kept {
            self.split_covering(order, new, old);
        }
    }

    /// The stop of a cover order goes on at prices that moved the other way, for as many lots as its own became.
    fn split_covering(&mut self, id: u64, new: i128, old: i128) {
        let Some(order) = self.orders.get(&id).cloned() else {
            return;
        };
        if self.opposing(&order) == 0 {
            return self.end(id, CancelReason::Split);
        }
        // Away from the market: down for a sell, up for a buy.
        let scaled = |price: i64| match order.side {
            Side::Sell => hold((i128::from(price) * old).div_euclid(new)),
            Side::Buy => hold(-(-i128::from(price) * old).div_euclid(new)),
        };
        let mut after = order.clone();
        after.qty = order.filled + hold(i128::from(order.leaves()) * new / old).max(1);
        after.limit = order.limit.map(scaled);
        after.trigger = order.trigger.map(scaled);
        if let OrderKind::TrailingStop {
            trail: Trail::Amount(amount),
            on,
        } = order.request.kind
        {
            let tick = self.markets[order.instrument].instrument.tick_size.0;
            let ticks = -(-i128::from(amount.0 / tick) * old).div_euclid(new);
            let trail = Trail::Amount(Price(hold(ticks.max(1) * i128::from(tick))));
            after.request.kind = OrderKind::TrailingStop { trail, on };
        }
        self.replace(&order, after);
    }

    /// Gives a position its lots after a split; what the part of a lot that is left over brings.
    fn split_position(
        &mut self,
        account: usize,
        instrument: usize,
        leg: Leg,
        new: i128,
        old: i128,
    ) -> Money {
        let market = &self.markets[instrument];
        let positions = &mut self.accounts[account].positions;
        let is_held = |held: &Position| (held.instrument, held.leg) == (instrument, leg);
        let Some(place) = positions.iter().position(is_held) else {
            return Money::ZERO;
        };
        let held = &mut positions[place];
        let exact = i128::from(held.lots) * new;
        let lots = hold(exact / old);
        let fraction = exact - i128::from(lots) * old;
        let worth = i128::from(market.closing(held.lots))
            .saturating_mul(fraction)
            .saturating_mul(market.tick_value)
            .div_euclid(old);
        // As if the part of a lot had been sold: its share of the cost goes with it.
        let freed = if fraction == 0 {
            0
        } else {
            part_ceil(held.cost, fraction.abs(), exact.abs())
        };
        let profit = worth.saturating_sub(freed);
        held.lots = lots;
        held.cost = held.cost.saturating_sub(freed);
        if lots == 0 {
            positions.remove(place);
        } else {
            held.cost = held.cost.saturating_sub(below_money(profit));
        }
        Notional(profit).to_money_floor()
    }
}
