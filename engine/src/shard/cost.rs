//! What an order costs: what it pays for what it meets or asks for, its fees, and what it comes to beyond the price of
//! the market. Whether an account can carry that is not said here but in `funds`.

use types::{
    AccountId, InstrumentId, Lots, MarkKind, Money, NewOrder, Notional, OrderKind, Price,
    SelfTrade, Side, Sizes, Ticks, TriggerOn,
};

use super::Shard;
use super::check::{Checked, Desk, is_beyond, valued_at};
use super::enter::is_reached;
use super::fills::fee_beyond;
use super::walk::{slip_ticks, slipped};
use crate::book::{NIL as NO_ORDER, price_of};
use crate::holding;
use crate::market::Market;
use crate::order::{Form, Order, Stage, Tif};

/// An order that takes what is there as soon as it is accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taker {
    limit: Option<Ticks>,
}

/// What orders of one side come to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    /// Beyond the price of the market.
    pub(super) beyond: Beyond,
    /// Their fees, and what those that take at once lose against the mark; in the instrument's currency.
    pub(super) charge: Money,
}

impl Cost {
    pub(super) fn add(&mut self, other: Self) {
        self.beyond.add_all(other.beyond);
        self.charge = self.charge.saturating_add(other.charge);
    }
}

/// What orders of one side come to beyond the price of the market, for they trade no better than at their own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beyond {
    sum: Notional,
    /// The most ticks of any of them.
    ticks: i64,
}

impl Beyond {
    fn add(&mut self, at: Ticks, price: Ticks, lots: Lots, market: &Market) {
        let more = price.0.unsigned_abs().saturating_sub(at.0.unsigned_abs());
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        let value = holding::value(Ticks(more), lots, market.tick_value);
        self.add_all(Self {
            sum: value,
            ticks: more,
        });
    }

    fn add_all(&mut self, other: Self) {
        self.sum = self.sum.saturating_add(other.sum);
        self.ticks = self.ticks.max(other.ticks);
    }

    /// Of so many lots of them.
    pub(super) fn of(&self, lots: Lots, market: &Market) -> Notional {
        let most = holding::value(Ticks(self.ticks), lots, market.tick_value);
        Notional(self.sum.0.min(most.0))
    }
}

/// The most that so many lots can lose at once against their mark, and pay in fees, where no price is beyond this one,
/// which is not below zero.
pub(super) fn charge_bound(market: &Market, lots: Lots, price: Ticks) -> Option<Notional> {
    let per_lot = market.lot_charge?;
    let fees = &market.instrument.fees;
    let minimum = fees.minimum.to_notional();
    let lost = holding::value(price, lots, market.tick_value).0;
    // From one end of the prices to the other, and a fee of all. What is lost is rounded up, too.
    let most = lost.saturating_mul(3);
    let fee = i128::from(lots.0) * i128::from(per_lot);
    let most = most.saturating_add(fee).saturating_add(minimum.0);
    Some(Notional(most.saturating_add(Notional::PER_MONEY)))
}

/// The fee of a fill, whether it makes or takes.
fn dearest_fee(market: &Market, price: Ticks, lots: Lots) -> Money {
    market
        .fee(false, price, lots)
        .max(market.fee(true, price, lots))
}

/// The fee of so many lots of an order to come, where the fills of it before earned `earned`; at least nothing.
fn fee_to_come(market: &Market, price: Ticks, lots: Lots, earned: Option<Money>) -> Money {
    let minimum = market.instrument.fees.minimum;
    fee_beyond(earned, dearest_fee(market, price, lots), minimum).max(Money::ZERO)
}

/// What an order of a margin account comes to that waits. `at`: the price of the market.
fn cost_at_rest(
    market: &Market,
    at: Ticks,
    price: Ticks,
    lots: Lots,
    earned: Option<Money>,
) -> Cost {
    let mut beyond = Beyond::default();
    beyond.add(at, price, lots, market);
    Cost {
        beyond,
        charge: fee_to_come(market, price, lots, earned),
    }
}

/// What an order that takes meets, level by level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bill {
    /// The price of the market.
    at: Ticks,
    cost: Notional,
    fee: Money,
    left: i64,
    last: Ticks,
    beyond: Beyond,
}

impl Bill {
    fn add(&mut self, market: &Market, price: Ticks, lots: Lots) {
        let lots = Lots(lots.0.min(self.left).max(0));
        self.cost = self
            .cost
            .saturating_add(holding::value(price, lots, market.tick_value));
        self.fee = self.fee.saturating_add(dearest_fee(market, price, lots));
        self.beyond.add(self.at, price, lots, market);
        self.left -= lots.0;
        self.last = price;
    }

    /// What nobody shows counts at the last price.
    pub(super) fn add_rest(&mut self, market: &Market) {
        self.add(market, self.last, Lots(self.left));
    }

    /// What a buy pays, fee included.
    pub(super) fn total(&self, market: &Market) -> Notional {
        let fee = self.fee.max(market.instrument.fees.minimum);
        self.cost.saturating_add(fee.to_notional())
    }
}

/// How an order takes what is there as soon as it is accepted; `None` of one that waits. `limit`: of one that has a
/// limit, in ticks.
pub(super) fn taker(request: &NewOrder, market: &Market, limit: Ticks) -> Option<Taker> {
    if request.post_only || Tif::of(request.tif).is_auction() || !market.can_trade() {
        return None;
    }
    let fires = |trigger: Price, on: TriggerOn| {
        let trigger = market.instrument.ticks(trigger).ok();
        let reference = market.reference(request.side, on);
        trigger.zip(reference).is_some_and(|(trigger, reference)| {
            is_reached(request.side, Form::of(request.kind), trigger, reference)
        })
    };
    let limit = match request.kind {
        OrderKind::Market => None,
        OrderKind::Limit { .. } => Some(limit),
        OrderKind::Stop { trigger, on } | OrderKind::MarketIfTouched { trigger, on }
            if fires(trigger, on) =>
        {
            None
        }
        OrderKind::StopLimit { trigger, on, .. } if fires(trigger, on) => Some(limit),
        // The first trigger of a trailing stop lies at its distance.
        _ => return None,
    };
    let meets = |limit| market.would_take(request.side, limit).is_some();
    limit.is_none_or(meets).then_some(Taker { limit })
}

/// Whose orders in a book an order ends instead of trading with them, to go on to the next one.
fn passes(request: &NewOrder) -> Option<AccountId> {
    (request.self_trade == SelfTrade::CancelOldest).then_some(request.account)
}

/// What a position is valued at once somebody has taken as far as `last`, which is a book's newest print then.
fn mark_after(market: &Market, position: Lots, kind: MarkKind, last: Ticks) -> Ticks {
    let is_print = market.touch.is_none() || kind == MarkKind::Last;
    if market.is_crossed() && is_print {
        return last;
    }
    market.mark(position, kind).unwrap_or(last)
}

impl Shard {
    /// What an order of a list comes to that is paid for beside another.
    pub(super) fn paid_for(&self, request: &NewOrder, at: Ticks) -> Cost {
        let desk = self.desk(request);
        let checked = self.grid(request);
        let (lots, price) = (checked.lots, valued_at(request, desk.market, &checked));
        let taker = taker(request, desk.market, price);
        self.cost(&desk, request, (lots, price), at, taker, NO_ORDER)
    }

    /// What an order of a margin account comes to that is asked for. `instead_of`: handle of the order whose place it
    /// takes, with the fees that this has paid. `unseen`: the price of a market that has shown none.
    #[cold]
    #[inline(never)]
    pub(super) fn cost(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        (lots, price): (Lots, Ticks),
        unseen: Ticks,
        taker: Option<Taker>,
        instead_of: u32,
    ) -> Cost {
        let market = desk.market;
        let at = market.offered(request.side).unwrap_or(unseen);
        let earned = (instead_of != NO_ORDER)
            .then(|| self.earned(self.orders.get(instead_of)))
            .flatten();
        match taker {
            Some(taker) => self.cost_of_taker(desk, request, lots, price, taker, earned),
            None => cost_at_rest(market, at, price, lots, earned),
        }
    }

    /// What a working order of a margin account comes to: one that is on its way, as it would be checked now.
    pub(super) fn working_cost(
        &self,
        handle: u32,
        order: &Order,
        market: &Market,
        at: Ticks,
    ) -> Cost {
        let (lots, mut price) = (order.leaves(), self.order_valued_at(order, market));
        if order.stage == Stage::InFlight {
            let request = self.request_of(handle);
            let trigger = self.orders.extra_of(order).map(|extra| extra.trigger);
            let checked = Checked {
                lots,
                limit: order.limit,
                trigger: trigger.unwrap_or(Ticks(0)),
                display: Lots(0),
            };
            price = valued_at(&request, market, &checked);
            if let Some(taker) = taker(&request, market, order.limit) {
                let desk = self.desk(&request);
                return self.cost_of_taker(&desk, &request, lots, price, taker, None);
            }
        }
        cost_at_rest(market, at, price, lots, self.earned(order))
    }

    /// What the fills of an order earned before the minimum; `None` of one without fills, or without a minimum.
    fn earned(&self, order: &Order) -> Option<Money> {
        let extra = self.orders.extra_of(order);
        extra.and_then(|extra| extra.has_earned.then_some(extra.earned))
    }

    /// What an order of a margin account comes to that takes now.
    fn cost_of_taker(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        lots: Lots,
        price: Ticks,
        taker: Taker,
        earned: Option<Money>,
    ) -> Cost {
        let market = desk.market;
        let wanted = (request.side, lots);
        let (instrument, account) = (request.instrument, request.account);
        let past = passes(request);
        let mut bill = self.walked(instrument, account, wanted, taker.limit, price, past);
        if taker.limit.is_none() {
            bill.add_rest(market);
        }
        let held = desk
            .held
            .map_or(Lots(0), |held| held.closable(request.side));
        let met = lots.0 - bill.left;
        let closed = met.min(held.0);
        // What closes was valued as what it closes, what opens is valued as what it opens.
        let marked = |lots: i64, sign: i64| {
            let mark = mark_after(market, Lots(sign), desk.account.terms.mark, bill.last);
            holding::value(mark, Lots(lots), market.tick_value)
        };
        let sign = request.side.sign();
        let worth = marked(closed, -sign).saturating_add(marked(met - closed, sign));
        let lost = match request.side {
            Side::Buy => bill.cost.saturating_sub(worth),
            Side::Sell => worth.saturating_sub(bill.cost),
        };
        // What the limit keeps from what is there waits at it.
        if let Some(limit) = taker.limit {
            bill.add(market, limit, Lots(bill.left));
        }
        let lost = lost.max(Notional::ZERO).to_money_ceil();
        let fee = fee_beyond(earned, bill.fee, market.instrument.fees.minimum);
        Cost {
            beyond: bill.beyond,
            charge: fee.saturating_add(lost).max(Money::ZERO),
        }
    }

    /// A price, whatever its sign, that no price of a taker is beyond, nor any that it is valued at; `None` where only
    /// the walk itself would tell.
    pub(super) fn farthest(
        &self,
        desk: &Desk<'_>,
        request: &NewOrder,
        lots: Lots,
        taker: Taker,
    ) -> Option<Ticks> {
        let (market, side) = (desk.market, request.side);
        let opposite = side.opposite();
        let offered = market.offered(side)?;
        let worst = if let Some(limit) = taker.limit {
            limit
        } else if let (Some(touch), Some(model)) = (&market.touch, market.paper()) {
            let best = touch.opposite(side);
            let level = match self.sizes(request.instrument) {
                Sizes::Unlimited => best,
                Sizes::Displayed => market.worst_displayed(touch, opposite),
            };
            let slip = slip_ticks(model.slippage, best, lots, touch.opposite_qty(side));
            slipped(side, level, slip, None)
        } else if request.self_trade == SelfTrade::CancelOldest {
            return None;
        } else {
            let mut left = lots;
            let mut worst = offered;
            for (key, shown, _) in market.book.ladder(opposite).iter_levels() {
                worst = price_of(opposite, key);
                left = left.saturating_sub(shown);
                if left.0 <= 0 {
                    break;
                }
            }
            worst
        };
        let kind = desk.account.terms.mark;
        let marks = [Lots(1), Lots(-1)].map(|lots| market.mark(lots, kind).unwrap_or(worst));
        let prices = [offered, worst, marks[0], marks[1]];
        let sizes = prices.map(|price| price.0.saturating_abs());
        sizes.into_iter().max().map(Ticks)
    }

    /// What an order to buy would cost, fee included, exact: one that takes now what it meets, level by level, and
    /// what its limit keeps from that at its limit.
    pub(super) fn purchase(
        &self,
        request: &NewOrder,
        price: Ticks,
        lots: Lots,
        taker: Option<Taker>,
    ) -> Notional {
        let market = &self.markets[request.instrument.0 as usize];
        if let Some(Taker { limit }) = taker {
            let (instrument, account) = (request.instrument, request.account);
            let past = passes(request);
            let mut bill = self.walked(instrument, account, (Side::Buy, lots), limit, price, past);
            match limit {
                Some(limit) => bill.add(market, limit, Lots(bill.left)),
                None => bill.add_rest(market),
            }
            return bill.total(market);
        }
        let cost = holding::value(price, lots, market.tick_value);
        let fee = dearest_fee(market, price, lots);
        let fee = fee.max(market.instrument.fees.minimum);
        cost.saturating_add(fee.to_notional())
    }

    /// What an order meets that takes now, level by level, perhaps not all of it. The last price that it meets is
    /// without one `unseen`. `past`: whose orders in a book it does not trade with.
    pub(super) fn walked(
        &self,
        instrument: InstrumentId,
        account: AccountId,
        (side, lots): (Side, Lots),
        limit: Option<Ticks>,
        unseen: Ticks,
        past: Option<AccountId>,
    ) -> Bill {
        let market = &self.markets[instrument.0 as usize];
        let mut bill = Bill {
            at: market.offered(side).unwrap_or(unseen),
            cost: Notional::ZERO,
            fee: Money::ZERO,
            left: lots.0,
            last: unseen,
            beyond: Beyond::default(),
        };
        if market.is_crossed() {
            let bound = limit.or_else(|| market.collar_bound(side));
            let opposite = side.opposite();
            let ladder = market.book.ladder(opposite);
            for (key, ..) in ladder.iter_levels() {
                let price = price_of(opposite, key);
                let is_over = bound.is_some_and(|bound| is_beyond(side, price, bound));
                if is_over || bill.left == 0 {
                    break;
                }
                for maker in ladder.iter_queue(&self.orders.nodes, key) {
                    if past != Some(self.orders.nodes.get(maker).account) {
                        bill.add(market, price, self.orders.get(maker).leaves());
                    }
                }
            }
        } else {
            let wanted = (side, lots);
            self.walk_outside(instrument, account.0, wanted, limit, |price, lots| {
                bill.add(market, price, lots);
            });
        }
        bill
    }

    /// What so many lots of a working buy cost at a price, with the fee that its fills did not pay yet; in its account's
    /// currency.
    pub(super) fn cost_of(&self, order: &Order, price: Ticks, lots: Lots) -> Notional {
        let held = self.holdings.get(order.holding);
        let market = self.market_of(held);
        let cost = holding::value(price, lots, market.tick_value);
        let fee = fee_to_come(market, price, lots, self.earned(order));
        let cost = cost.saturating_add(fee.to_notional());
        let own = self.accounts[held.account.0 as usize].currency;
        self.convert_ceil(cost, market.currency, own)
    }

    /// What is kept for the rest of a working buy: its cost, and the fee that its fills did not pay yet.
    pub(super) fn set_aside(&self, order: &Order, market: &Market) -> Notional {
        self.cost_of(order, self.order_valued_at(order, market), order.leaves())
    }
}
