//! Whether an account can carry what its orders cost: cash, margin, and the conversion of currencies. What an order costs
//! is worked out in `cost`.

use types::{
    CancelReason, DenyReason, Funding, InstrumentId, Leg, Lots, Money, NewOrder, Notional, Ratio,
    Side, Ticks,
};

use super::Shard;
use super::check::{Desk, valued_at};
use super::cost::{Cost, Taker, charge_bound, taker};
use super::holdings::unrealised;
use crate::account::{Account, CurrencyId};
use crate::book::NIL as NO_ORDER;
use crate::event_buf::EventBuf;
use crate::holding::{self, Holding};
use crate::market::Market;
use crate::order::{Order, is_closing};
use crate::slab::NIL;

const ONE: i128 = 1_000_000_000;

/// What the order stood for whose place a checked one takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Replaced {
    /// Its handle; no order's where there is none.
    pub(super) order: u32,
    pub(super) lots: Lots,
    /// What a cash account had set aside for it.
    pub(super) value: Notional,
    /// It is asked for no more, at no other price, and so takes nothing that it would not take anyway.
    pub(super) stays: bool,
}

/// What is asked for beside what works already.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    side: Side,
    leg: Leg,
    price: Ticks,
    /// Handle of the order whose place it takes; no order's where there is none.
    instead_of: u32,
    /// Orders of its list before it.
    paid: &'a [NewOrder],
    /// What it comes to.
    cost: Cost,
}

/// What the account holds and aims at where the order is about, perhaps nothing.
fn held_of(desk: &Desk<'_>, request: &NewOrder) -> Holding {
    desk.held.copied().unwrap_or(Holding::new(
        request.account,
        request.instrument,
        request.leg,
        desk.account.terms.mark,
    ))
}

/// What the account would hold and aim at with this order in the place of another.
fn with_order(desk: &Desk<'_>, request: &NewOrder, lots: Lots, replaced: Lots) -> Holding {
    let mut held = held_of(desk, request);
    let sum = held.working_mut(request.side);
    *sum = sum.saturating_sub(replaced).saturating_add(lots);
    held
}

/// The most lots that a holding and its working orders come to, of either side.
#[inline(always)]
fn worst_lots(holding: &Holding) -> Lots {
    let working = holding.buys().max(holding.sells());
    holding.lots.saturating_abs().saturating_add(working)
}

/// The largest notional that a holding and its working orders come to with all their fees, where that bounds what they
/// tie up. `price`: of an order that is asked for.
#[inline(always)]
fn notional_bound(
    account: &Account,
    market: &Market,
    holding: &Holding,
    price: Ticks,
) -> Option<Notional> {
    if market.instrument.margin.initial.per_unit.0 != 0 || market.currency != account.currency {
        return None;
    }
    let (lots, reach) = (worst_lots(holding), holding.reach());
    let seen = if let Some(touch) = &market.touch {
        [touch.bid, touch.ask]
    } else {
        [Side::Sell, Side::Buy].map(|side| market.offered(side).unwrap_or(price))
    };
    let largest = seen[0].0.saturating_abs().max(seen[1].0.saturating_abs());
    let reach = i64::try_from(reach).unwrap_or(i64::MAX);
    let largest = largest.max(price.0.saturating_abs()).max(reach);
    let bound = holding::value(Ticks(largest), lots, market.tick_value);
    let mut fees = Notional::ZERO;
    if holding.buys().max(holding.sells()).0 > 0 {
        // One that is on its way may take more than its price says.
        if market.delays_orders() {
            return None;
        }
        let minimum = market.instrument.fees.minimum.to_notional();
        // The one that is asked for is among them.
        let orders = i128::from(holding.orders) + 1;
        fees = market.fees_bound(bound, lots)?;
        fees.0 = fees.0.saturating_add(minimum.0.saturating_mul(orders));
    }
    // Each requirement is rounded up to a unit of money.
    let bound = bound.saturating_add(fees);
    Some(bound.saturating_add(Notional(Notional::PER_MONEY)))
}

/// Whether an opening order is so small that neither its size nor its funds need a closer look: all that its account
/// could come to hold in the worst case, and three times the order beside it, is within what the engine holds exactly,
/// and worth no more, with the fees of all of it, than the least equity that the account's limits allow. For an
/// account that has no other holding, in a book without a minimum fee; false says nothing.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "one branch that nobody takes instead of several"
)]
#[inline(always)]
pub(super) fn is_small(desk: &Desk<'_>, order: Lots, price: Ticks) -> bool {
    let (account, market) = (desk.account, desk.market);
    let (Some(touch), Some(lot_charge)) = (&market.touch, market.lot_charge) else {
        return false;
    };
    let (is_alone, [held, buys, sells], reach) = match desk.held {
        Some(held) => (
            account.holdings.first == account.holdings.last,
            [
                held.lots.0.unsigned_abs(),
                held.buys().0 as u64,
                held.sells().0 as u64,
            ],
            held.reach(),
        ),
        None => (account.holdings.first == NIL, [0; 3], 0),
    };
    let asked = order.0 as u64;
    // Each of them small enough that no sum passes a machine word.
    let is_within = (held | buys | sells | asked) < holding::LOTS_MAX.0.unsigned_abs();
    // What it ties up, and three times what it takes, as of `charge_bound`.
    let lots = held.wrapping_add(buys.max(sells)).wrapping_add(asked << 2);
    let sizes = [price, touch.bid, touch.ask].map(|price| price.0.unsigned_abs());
    let largest = sizes[0].max(sizes[1]).max(sizes[2]).max(reach);
    let Some(tick_lots) = largest.checked_mul(lots) else {
        return false;
    };
    // What it is worth is no more than the largest position then, and sums of it are within their range.
    let is_within = is_within
        & (lots <= holding::LOTS_MAX.0.unsigned_abs())
        & (tick_lots <= market.tick_lots_max);
    if !is_within {
        return false;
    }
    // What the share drops is less than one, and a requirement is rounded up to a unit of money, and what is lost.
    let worst = u128::from(tick_lots) * u128::from(market.tick_charge);
    let worst = worst as i128 + i128::from(lots as i64) * i128::from(lot_charge);
    let worst = worst + 2 * Notional::PER_MONEY + 1;
    // Of an account whose peak follows the mark this is the lowest of when it joined the high-water marks: not
    // above that of now, as floors only rise, and what `is_floored` is about.
    let (low, _) = account.rules.quiet(false);
    account.is_floored.0
        & is_alone
        & account.foreign.is_empty()
        & (account.terms.funding != Funding::Cash)
        & (worst <= low.0)
}

impl Shard {
    /// The rate from one currency to another.
    pub(crate) fn conversion(&self, from: CurrencyId, to: CurrencyId) -> Option<i64> {
        let known = self
            .conversions
            .iter()
            .find(|known| known.from == from && known.to == to);
        known.map(|known| known.rate.0)
    }

    /// An amount in another currency, rounded down.
    pub(crate) fn convert_floor(
        &self,
        amount: Notional,
        from: CurrencyId,
        to: CurrencyId,
    ) -> Notional {
        if from == to {
            return amount;
        }
        let rate = i128::from(self.conversion(from, to).unwrap_or(0));
        // In two parts, so that nothing in sight is out of range.
        let whole = amount.0.div_euclid(ONE).saturating_mul(rate);
        let part = (amount.0.rem_euclid(ONE) * rate).div_euclid(ONE);
        Notional(whole.saturating_add(part))
    }

    /// Money in another currency, rounded up.
    pub(crate) fn convert_money_ceil(
        &self,
        amount: Money,
        from: CurrencyId,
        to: CurrencyId,
    ) -> Money {
        if from == to {
            return amount;
        }
        let negative = Notional(-amount.to_notional().0);
        let floor = self.convert_floor(negative, from, to).to_money_floor();
        Money(floor.0.saturating_neg())
    }

    /// Whether the account can pay for the worst case with this order in it. `paid`: orders of its list before it, for
    /// which it has to pay as well.
    #[inline(always)]
    pub(super) fn check_funds(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        lots: Lots,
        price: Ticks,
        replaced: Replaced,
        paid: &[NewOrder],
    ) -> Result<(), DenyReason> {
        if is_closing(request) {
            return Ok(());
        }
        match desk.account.terms.funding {
            Funding::Unchecked => Ok(()),
            Funding::Cash => self.check_cash(desk, request, lots, price, replaced, paid),
            Funding::Margin { rate_min } => {
                let taker = taker(request, desk.market, price).filter(|_| !replaced.stays);
                let with_order = with_order(desk, request, lots, replaced.lots);
                let check = || {
                    let asked = Asked {
                        side: request.side,
                        leg: request.leg,
                        price,
                        instead_of: replaced.order,
                        paid,
                        cost: self.cost(desk, request, (lots, price), price, taker, replaced.order),
                    };
                    self.check_margin(desk, request, &with_order, rate_min, &asked)
                };
                let is_covered = paid.is_empty()
                    && self.covers_notional(desk, request, (lots, price), with_order, taker);
                debug_assert!(!is_covered || check().is_ok());
                if is_covered { Ok(()) } else { check() }
            }
        }
    }

    /// Whether an opening order passes [`Shard::check_funds`] at a glance.
    pub(super) fn is_covered(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        lots: Lots,
        price: Ticks,
    ) -> bool {
        match desk.account.terms.funding {
            Funding::Unchecked => true,
            Funding::Cash => false,
            Funding::Margin { .. } => {
                let taker = taker(request, desk.market, price);
                let with_order = with_order(desk, request, lots, Lots(0));
                self.covers_notional(desk, request, (lots, price), with_order, taker)
            }
        }
    }

    fn check_cash(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        lots: Lots,
        price: Ticks,
        replaced: Replaced,
        paid: &[NewOrder],
    ) -> Result<(), DenyReason> {
        if request.side == Side::Sell {
            return Ok(());
        }
        let market = desk.market;
        let taker = taker(request, market, price).filter(|_| !replaced.stays);
        let mut needed = self.purchase(request, price, lots, taker);
        for other in paid {
            if other.side == Side::Buy && !is_closing(other) {
                let checked = self.grid(other);
                let price = valued_at(other, market, &checked);
                let taker = self::taker(other, market, price);
                let cost = self.purchase(other, price, checked.lots, taker);
                needed = needed.saturating_add(cost);
            }
        }
        let needed = self.convert_ceil(needed, market.currency, desk.account.currency);
        let needed = needed.to_money_ceil();
        // What the replaced order had set aside is free again.
        let available = self.cash_available(desk.account);
        let available = Notional(available.0.saturating_add(replaced.value.0)).to_money_floor();
        if needed > available && needed > Money::ZERO {
            return Err(DenyReason::BuyingPower { needed, available });
        }
        Ok(())
    }

    /// Cash that no position has taken, in the account's currency: what is held, or owed, in others counts at its
    /// conversion rate, exact but for that (1e-17, rounded down).
    fn cash_unheld(&self, account: &Account) -> Notional {
        let own = account.currency;
        let mut free = account.balance.to_notional();
        for (currency, cash) in account.foreign.iter() {
            let worth = self.convert_floor(cash.to_notional(), currency, own);
            free = free.saturating_add(worth);
        }
        for holding in self.account_holdings(account) {
            if holding.lots.0 > 0 {
                let owed = Notional(holding.cost.0.saturating_neg());
                let currency = self.market_of(holding).currency;
                free = free.saturating_add(self.convert_floor(owed, currency, own));
            }
        }
        free
    }

    /// An amount in another currency, rounded up.
    pub(super) fn convert_ceil(
        &self,
        amount: Notional,
        from: CurrencyId,
        to: CurrencyId,
    ) -> Notional {
        let owed = Notional(amount.0.saturating_neg());
        Notional(self.convert_floor(owed, from, to).0.saturating_neg())
    }

    /// Cash that neither a position nor a working buy has taken, as [`Shard::cash_unheld`].
    pub(crate) fn cash_available(&self, account: &Account) -> Notional {
        let mut available = self.cash_unheld(account);
        for (_, order) in self.account_orders(account) {
            let market = self.market_of(self.holdings.get(order.holding));
            if order.side == Side::Buy && !order.flags.is_closing() {
                available = available.saturating_sub(self.set_aside(order, market));
            }
        }
        available
    }

    /// Whether an order executes whole if somebody wants it to: no position cuts it, and its account can pay for all
    /// that works.
    pub(super) fn is_sure(&self, order: &Order) -> bool {
        if order.flags.is_cut() {
            return false;
        }
        let held = self.holdings.get(order.holding);
        let account = &self.accounts[held.account.0 as usize];
        !order.flags.is_paid() || self.cash_available(account) >= Notional::ZERO
    }

    /// What position and cash leave of an order's leaves at this price.
    #[cold]
    #[inline(never)]
    pub(super) fn bounded(&self, handle: u32, price: Ticks) -> i64 {
        let leaves = self.allowed(handle);
        let order = self.orders.get(handle);
        if !order.flags.is_paid() || leaves <= 0 {
            return leaves;
        }
        let free = self.cash_of(handle);
        let is_payable = |lots: i64| self.is_payable(order, price, Lots(lots), free);
        if is_payable(leaves) {
            return leaves;
        }
        // The most that it pays for: as many lots, and none more.
        let (mut paid, mut unpaid) = (0, leaves);
        while unpaid - paid > 1 {
            let middle = paid + (unpaid - paid) / 2;
            if is_payable(middle) {
                paid = middle;
            } else {
                unpaid = middle;
            }
        }
        paid
    }

    /// Cash that no position of an order's account has taken, whatever works.
    fn cash_of(&self, handle: u32) -> Notional {
        let held = self.holdings.get(self.orders.get(handle).holding);
        self.cash_unheld(&self.accounts[held.account.0 as usize])
    }

    /// Whether so much cash pays for so many lots of an order, fee included.
    fn is_payable(&self, order: &Order, price: Ticks, lots: Lots, free: Notional) -> bool {
        let cost = self.cost_of(order, price, lots);
        cost <= free || cost <= Notional::ZERO
    }

    /// Ends an order of which position or cash leave nothing at this price; the stop of a cover order that may come to
    /// more goes back to its trigger.
    #[cold]
    #[inline(never)]
    pub(super) fn end_bounded(&mut self, handle: u32, price: Ticks, events: &mut EventBuf) {
        let order = self.orders.get(handle);
        let reason = if order.flags.is_paid() {
            CancelReason::BuyingPower {
                needed: self.cost_of(order, price, Lots(1)).to_money_ceil(),
                available: self.cash_of(handle).to_money_floor(),
            }
        } else {
            CancelReason::NotReducing
        };
        self.end_unfilled(handle, self.instrument_of(handle), reason, events);
    }

    /// Whether the cash pays for all of an order that is about to take.
    pub(super) fn can_pay_whole(&self, handle: u32, instrument: InstrumentId) -> bool {
        let order = self.orders.get(handle);
        if !order.flags.is_paid() {
            return true;
        }
        let account = self.orders.nodes.get(handle).account;
        let limit = order.form.has_limit().then_some(order.limit);
        let bought = (Side::Buy, order.leaves());
        let mut bill = self.walked(instrument, account, bought, limit, order.limit, None);
        let own = self.accounts[account.0 as usize].currency;
        let market = &self.markets[instrument.0 as usize];
        bill.add_rest(market);
        let cost = self.convert_ceil(bill.total(market), market.currency, own);
        cost <= self.cash_of(handle) || cost <= Notional::ZERO
    }

    /// Whether equity is at least the whole notional of every worst case, which no requirement that is a
    /// share of it can pass, and the most that an order can lose at once. False where that says nothing: amounts per
    /// unit, other currencies.
    #[inline(never)]
    fn covers_notional(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        (lots, price): (Lots, Ticks),
        with_order: Holding,
        taker: Option<Taker>,
    ) -> bool {
        let (mut price, mut charge) = (price, Notional::ZERO);
        if let Some(taker) = taker {
            let Some(farthest) = self.farthest(desk, request, lots, taker) else {
                return false;
            };
            price = Ticks(price.0.saturating_abs()).max(farthest);
            let Some(most) = charge_bound(desk.market, lots, price) else {
                return false;
            };
            charge = most;
        }
        let account = desk.account;
        if !account.foreign.is_empty() {
            return false;
        }
        let Some(mut bound) = notional_bound(account, desk.market, &with_order, price) else {
            return false;
        };
        let mut equity = account.balance.to_notional();
        let mut handle = account.holdings.first;
        while handle != NIL {
            let other = self.holdings.get(handle);
            handle = other.next;
            let market = self.market_of(other);
            equity = equity.saturating_add(unrealised(other, market));
            if (other.instrument, other.leg) == (with_order.instrument, with_order.leg) {
                continue;
            }
            let Some(more) = notional_bound(account, market, other, Ticks(0)) else {
                return false;
            };
            bound = bound.saturating_add(more);
        }
        bound.saturating_add(charge) <= equity
    }

    /// As [`Shard::check_funds`], to the last unit.
    #[cold]
    fn check_margin(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        with_order: &Holding,
        rate_min: Ratio,
        asked: &Asked<'_>,
    ) -> Result<(), DenyReason> {
        let (price, paid) = (asked.price, asked.paid);
        let counts = |leg: Leg| {
            let is_paid = |other: &NewOrder| other.leg == leg && !is_closing(other);
            leg == request.leg || paid.iter().any(is_paid)
        };
        let (mut before, mut changed) = (Money::ZERO, Money::ZERO);
        for leg in [Leg::Net, Leg::Long, Leg::Short] {
            if !counts(leg) {
                continue;
            }
            let of_leg = NewOrder { leg, ..*request };
            let held = held_of(&self.desk(&of_leg), &of_leg);
            let mut aimed = if leg == request.leg {
                *with_order
            } else {
                held
            };
            for other in paid {
                if other.leg == leg && !is_closing(other) {
                    aimed.add_working(other.side, self.grid(other).lots);
                }
            }
            let requirement = |held, asked| self.initial_requirement(held, rate_min, price, asked);
            before = before.saturating_add(requirement(&held, None));
            changed = changed.saturating_add(requirement(&aimed, Some(asked)));
        }
        let others = self
            .account_holdings(desk.account)
            .filter(|other| other.instrument != request.instrument || !counts(other.leg));
        let needed = others.fold(changed, |sum, other| {
            sum.saturating_add(self.initial_requirement(other, rate_min, Ticks(0), None))
        });
        let available = self.equity_of(desk.account).to_money_floor();
        if needed <= available || changed <= before {
            return Ok(());
        }
        Err(DenyReason::BuyingPower { needed, available })
    }

    /// What a holding ties up in the worst case of its working orders, in its account's currency.
    /// `price`: of an order, for a market that has shown none. `asked`: what its working sums have beside orders that
    /// work.
    fn initial_requirement(
        &self,
        holding: &Holding,
        rate_min: Ratio,
        price: Ticks,
        asked: Option<&Asked<'_>>,
    ) -> Money {
        let market = self.market_of(holding);
        let [bid, ask] = [Side::Sell, Side::Buy].map(|side| market.offered(side).unwrap_or(price));
        let (long, short) = (
            holding.lots.0.saturating_add(holding.buys().0).max(0),
            holding.sells().0.saturating_sub(holding.lots.0).max(0),
        );
        let mark = if holding.lots.0 >= 0 { bid } else { ask };
        let [buys, sells] = self.working_costs(holding, (bid, ask), asked);
        let cases = [
            (Lots(long), ask, buys),
            (Lots(short), bid, sells),
            (Lots(holding.lots.0.saturating_abs()), mark, Cost::default()),
        ];
        let needed = cases.into_iter().map(|(lots, price, cost)| {
            let price = Ticks(price.0.saturating_abs());
            let notional = holding::value(price, lots, market.tick_value);
            let notional = notional.saturating_add(cost.beyond.of(lots, market));
            let qty = market.instrument.qty(lots);
            let margin = &market.instrument.margin.initial;
            let needed = holding::requirement(margin, rate_min, notional, qty);
            // What only closes is never asked for its fees.
            match lots {
                Lots(0) => needed,
                _ => needed.saturating_add(cost.charge),
            }
        });
        let needed = needed.max().unwrap_or(Money::ZERO);
        let account = &self.accounts[holding.account.0 as usize];
        self.convert_money_ceil(needed, market.currency, account.currency)
    }

    /// What the working buys and sells of a holding come to.
    fn working_costs(
        &self,
        holding: &Holding,
        (bid, ask): (Ticks, Ticks),
        asked: Option<&Asked<'_>>,
    ) -> [Cost; 2] {
        let market = self.market_of(holding);
        let at = |side| if side == Side::Buy { ask } else { bid };
        let mut sums = [Cost::default(); 2];
        // Where none costs anything or can be beyond the market nobody goes through them.
        let works = holding.buys().max(holding.sells()).0 > 0;
        let costs = market.has_fees()
            || market.delays_orders()
            || holding.reach() > bid.0.unsigned_abs().min(ask.0.unsigned_abs());
        if works && costs {
            let instead_of = asked.map_or(NO_ORDER, |asked| asked.instead_of);
            for (handle, order) in self.account_orders(&self.accounts[holding.account.0 as usize]) {
                let of = self.holdings.get(order.holding);
                let is_of_it = (of.instrument, of.leg) == (holding.instrument, holding.leg);
                if is_of_it && !order.flags.is_closing() && handle != instead_of {
                    let cost = self.working_cost(handle, order, market, at(order.side));
                    sums[order.side as usize].add(cost);
                }
            }
        }
        if let Some(asked) = asked {
            for other in asked.paid {
                if other.leg == holding.leg && !is_closing(other) {
                    sums[other.side as usize].add(self.paid_for(other, at(other.side)));
                }
            }
            if asked.leg == holding.leg {
                sums[asked.side as usize].add(asked.cost);
            }
        }
        sums
    }

    /// What the account's positions and working orders tie up; `None` without margin.
    pub(crate) fn margin_required(&self, account: &Account) -> Option<Money> {
        let Funding::Margin { rate_min } = account.terms.funding else {
            return None;
        };
        let mut required = Money::ZERO;
        for holding in self.account_holdings(account) {
            let more = self.initial_requirement(holding, rate_min, Ticks(0), None);
            required = required.saturating_add(more);
        }
        Some(required)
    }

    /// What the account needs to keep its positions; `None` without margin.
    pub(crate) fn maintenance_required(&self, account: &Account) -> Option<Money> {
        let Funding::Margin { rate_min } = account.terms.funding else {
            return None;
        };
        let rate_min = Ratio(rate_min.0 / 2);
        let mut required = Money::ZERO;
        for holding in self.account_holdings(account) {
            if holding.lots.0 == 0 {
                continue;
            }
            let market = self.market_of(holding);
            let mark = market.mark(holding.lots, holding.mark).unwrap_or(Ticks(0));
            let notional = holding::value(mark, holding.lots, market.tick_value);
            let qty = market.instrument.qty(holding.lots);
            let maintenance = &market.instrument.margin.maintenance;
            let needed = holding::requirement(maintenance, rate_min, notional, qty);
            let needed = self.convert_money_ceil(needed, market.currency, account.currency);
            required = required.saturating_add(needed);
        }
        Some(required)
    }
}
