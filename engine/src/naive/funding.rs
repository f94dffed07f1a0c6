//! What an account can afford: size, shorts, cash, margin.

use std::collections::BTreeSet;

use types::{
    CancelReason, DenyReason, Funding, Instrument, Label, Leg, Lots, MarkKind, Money, NewOrder,
    Notional, OrderKind, OrderRole, Price, Ratio, SelfTrade, Side, Sizes, TimeInForce,
};

use super::Naive;
use super::entering::prices;
use super::money::{fee, hold, money_ceil, share_floor, value};
use super::order::{Order, Stage, capped, has_trigger, is_closing, is_exit, slipped};

/// The most lots of a position that an order may aim at.
const LOTS_MAX: i128 = 1 << 53;
/// The largest value of such a position: 9e9 of the quote currency.
const VALUE_MAX: i128 = 9_000_000_000 * 10_i128.pow(Notional::DECIMALS);

/// So many lots more of a holding, and the price that they count at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) account: usize,
    pub(super) instrument: usize,
    pub(super) leg: Leg,
    pub(super) side: Side,
    pub(super) lots: i64,
    pub(super) price: i64,
    /// It takes as soon as it is accepted.
    pub(super) taker: Option<Taker>,
    /// The working order that the claim is to replace.
    pub(super) instead_of: Option<u64>,
}

/// Prices and lots.
type Parts = Vec<(i64, i64)>;

/// What an order takes with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taker {
    limit: Option<i64>,
    /// Orders of its own account make way for it.
    ends_own: bool,
}

impl Naive {
    pub(super) fn check_money(
        &self,
        request: &NewOrder,
        role: OrderRole,
        earlier: &[NewOrder],
    ) -> Result<(), DenyReason> {
        let claim = self.claim_of(request);
        self.check_size(&claim, is_closing(request))?;
        if is_closing(request) || is_exit(role) {
            return Ok(());
        }
        let mut claims = vec![claim];
        // All orders of an OTO may execute, of an OCO one.
        if role == OrderRole::OtoChild {
            let openers = earlier.iter().filter(|other| !is_closing(other));
            claims.extend(openers.map(|other| self.claim_of(other)));
        }
        self.check_buying_power(&claims)
    }

    pub(super) fn claim_of(&self, request: &NewOrder) -> Claim {
        let instrument = request.instrument.0 as usize;
        let tick_size = self.markets[instrument].instrument.tick_size.0;
        let (limit, trigger) = prices(request.kind);
        let ticks = |price: Option<Price>| price.map(|price| price.0 / tick_size);
        let awaits = has_trigger(request.kind).then_some(request.kind);
        Claim {
            account: request.account.0 as usize,
            instrument,
            leg: request.leg,
            side: request.side,
            lots: request.qty.0 / self.markets[instrument].instrument.lot_size.0,
            price: self.price_of(request).unwrap_or_default(),
            taker: self.taker(request, ticks(limit), (awaits, ticks(trigger))),
            instead_of: None,
        }
    }

    /// What an order with this limit takes with now, if it does. `awaits`: as what kind of order one waits for its
    /// trigger that does.
    pub(super) fn taker(
        &self,
        request: &NewOrder,
        limit: Option<i64>,
        (awaits, trigger): (Option<OrderKind>, Option<i64>),
    ) -> Option<Taker> {
        let (instrument, side) = (request.instrument.0 as usize, request.side);
        let is_for_auction = matches!(request.tif, TimeInForce::AtOpen | TimeInForce::AtClose);
        if is_for_auction || request.post_only || !self.markets[instrument].takes() {
            return None;
        }
        if let Some(kind) = awaits {
            // The first trigger of a trailing stop lies at its distance.
            if matches!(kind, OrderKind::TrailingStop { .. }) {
                return None;
            }
            self.markets[instrument].due_at(kind, side, trigger?)?;
        }
        if limit.is_some() {
            self.opposite_within(instrument, side, limit)?;
        }
        Some(Taker {
            limit,
            ends_own: request.self_trade == SelfTrade::CancelOldest,
        })
    }

    /// The price at which a new order counts: its limit, else its trigger, else what it would trade at. A stop to buy
    /// that the market is beyond would take what is there.
    pub(super) fn price_of(&self, request: &NewOrder) -> Option<i64> {
        let tick_size = self.markets[request.instrument.0 as usize]
            .instrument
            .tick_size
            .0;
        let (limit, trigger) = prices(request.kind);
        self.price_with(request, limit.or(trigger).map(|price| price.0 / tick_size))
    }

    /// The same of one that states another price.
    fn price_with(&self, request: &NewOrder, stated: Option<i64>) -> Option<i64> {
        let instrument = request.instrument.0 as usize;
        let market = &self.markets[instrument];
        let stated = stated.or(market.first_trigger(request.kind, request.side));
        let offered = self.offered(instrument, request.side);
        if request.side == Side::Buy && matches!(request.kind, OrderKind::Stop { .. }) {
            return stated.max(offered);
        }
        stated.or(offered)
    }

    /// What somebody who trades on this side would be asked for, as far as the market has shown anything.
    fn offered(&self, instrument: usize, side: Side) -> Option<i64> {
        let market = &self.markets[instrument];
        let touch = market.touch.map(|touch| touch.opposite(side).0);
        let best = self.best(instrument, side.opposite());
        let best = best.filter(|_| market.paper().is_none());
        touch.or(best.map(|(price, _)| price)).or(market.last)
    }

    /// The same for a working order.
    pub(super) fn working_price(&self, order: &Order) -> i64 {
        let trigger = order.trigger.filter(|_| order.awaits_trigger());
        let stated = order.limit.or(trigger);
        let offered = self.offered(order.instrument, order.side);
        stated.or(offered).unwrap_or_default()
    }

    /// Whether the position that is aimed at is one that amounts hold exactly: of what opens at its price and at that of
    /// the market.
    pub(super) fn check_size(&self, claim: &Claim, is_closing: bool) -> Result<(), DenyReason> {
        let held = i128::from(self.held(claim.account, claim.instrument, claim.leg));
        let (buys, sells) =
            self.working_sums(claim.account, claim.instrument, claim.leg, claim.instead_of);
        let lots = i128::from(claim.lots);
        let aimed = match claim.side {
            _ if is_closing => held.abs() + lots,
            Side::Buy => (held + buys + lots).abs(),
            Side::Sell => (held - sells - lots).abs(),
        };
        let tick_value = self.markets[claim.instrument].tick_value;
        let offered = self.offered(claim.instrument, claim.side);
        let offered = offered.filter(|_| !is_closing).unwrap_or_default();
        let price = claim.price.saturating_abs().max(offered.saturating_abs());
        let worth = value(price, hold(aimed), tick_value).saturating_abs();
        if aimed <= LOTS_MAX && worth <= VALUE_MAX {
            Ok(())
        } else {
            let unit = tick_value.saturating_mul(i128::from(price));
            let max = (VALUE_MAX / unit.max(1)).min(LOTS_MAX);
            let grid = &self.markets[claim.instrument].instrument;
            Err(DenyReason::PositionOutOfRange {
                aimed: grid.qty(Lots(hold(aimed))),
                max: grid.qty(Lots(hold(max))),
            })
        }
    }

    /// Whether an order that may open a position may make it a short one.
    pub(super) fn check_short(
        &self,
        request: &NewOrder,
        lots: i64,
        instead_of: Option<u64>,
    ) -> Result<(), DenyReason> {
        let (account, instrument) = (request.account.0 as usize, request.instrument.0 as usize);
        let terms = self.plan(account).terms;
        let grid = &self.markets[instrument].instrument;
        let may_short = terms.shorts && grid.shortable && terms.funding != Funding::Cash;
        if request.side == Side::Buy || may_short {
            return Ok(());
        }
        let held = self.held(account, instrument, request.leg);
        let (_, sells) = self.working_sums(account, instrument, request.leg, instead_of);
        let available = (i128::from(held).max(0) - sells).max(0);
        if i128::from(lots) <= available {
            return Ok(());
        }
        Err(DenyReason::ShortNotAllowed {
            available: grid.qty(Lots(hold(available))),
        })
    }

    /// The first claim is asked about; the others come with it.
    pub(super) fn check_buying_power(&self, claims: &[Claim]) -> Result<(), DenyReason> {
        let Some(claim) = claims.first() else {
            return Ok(());
        };
        match self.plan(claim.account).terms.funding {
            Funding::Unchecked => Ok(()),
            Funding::Cash => self.check_cash(claim, claims),
            Funding::Margin { rate_min } => self.check_margin(claims, rate_min),
        }
    }

    /// What is bought is paid in full, out of what positions and working orders leave.
    fn check_cash(&self, claim: &Claim, claims: &[Claim]) -> Result<(), DenyReason> {
        if claim.side == Side::Sell {
            return Ok(());
        }
        let market = &self.markets[claim.instrument];
        let currency = market.instrument.currency;
        let free = self.cash_available(claim.account, claim.instead_of);
        let mut needed: i128 = 0;
        for claim in claims.iter().filter(|claim| claim.side == Side::Buy) {
            let (mut parts, waits) = self.parts_of(claim);
            parts.extend(waits);
            needed = needed.saturating_add(self.bill(claim.instrument, &parts));
        }
        let needed = money_ceil(-self.worth(claim.account, currency, -needed));
        let available = Notional(free).to_money_floor();
        if needed > available && needed > Money::ZERO {
            return Err(DenyReason::BuyingPower { needed, available });
        }
        Ok(())
    }

    /// So much of a currency in the account's, 1e-17, rounded down.
    fn worth(&self, account: usize, currency: Label, amount: i128) -> i128 {
        if currency == self.currency(account) {
            return amount;
        }
        share_floor(amount, self.rate(account, currency))
    }

    /// Cash that no position has taken, all currencies in the account's own.
    fn cash_unheld(&self, account: usize) -> i128 {
        let mut free = self.accounts[account].balance.to_notional().0;
        for (currency, cash) in &self.accounts[account].foreign {
            free = free.saturating_add(self.worth(account, *currency, cash.to_notional().0));
        }
        for held in &self.accounts[account].positions {
            let currency = self.markets[held.instrument].instrument.currency;
            if held.lots > 0 {
                free = free.saturating_add(self.worth(account, currency, -held.cost));
            }
        }
        free
    }

    /// Cash that neither a position nor a working buy has taken; one order is left out.
    fn cash_available(&self, account: usize, except: Option<u64>) -> i128 {
        let mut free = self.cash_unheld(account);
        for order in self.orders.values() {
            let is_claim = order.account == account
                && order.side == Side::Buy
                && !order.is_closing()
                && Some(order.id) != except;
            if is_claim {
                let price = self.working_price(order);
                free = free.saturating_sub(self.cost_of(order, price, order.leaves()));
            }
        }
        free
    }

    /// What so many lots of a working order cost at this price, fees to come included, in the account's currency: a
    /// minimum is for all fills of it, and charged with the first.
    fn cost_of(&self, order: &Order, price: i64, lots: i64) -> i128 {
        let market = &self.markets[order.instrument];
        let notional = value(price, lots, market.tick_value);
        let rest = dearest_fee(&market.instrument, notional, lots);
        let fee = self.fee_to_come(order, rest).max(Money::ZERO);
        let cost = notional.saturating_add(fee.to_notional().0);
        -self.worth(order.account, market.instrument.currency, -cost)
    }

    /// What is charged for fills to come of an order that earn so much.
    fn fee_to_come(&self, order: &Order, rest: Money) -> Money {
        let minimum = self.markets[order.instrument].instrument.fees.minimum;
        if minimum == Money::ZERO {
            return rest;
        }
        let paid = match order.filled {
            0 => Money::ZERO,
            _ => order.earned.max(minimum),
        };
        let all = order.earned.saturating_add(rest).max(minimum);
        all.saturating_sub(paid)
    }

    /// What parts of one order cost at their prices, fee included.
    fn bill(&self, instrument: usize, parts: &[(i64, i64)]) -> i128 {
        let (cost, fee) = self.cost_and_fee(instrument, parts);
        cost.saturating_add(fee.to_notional().0)
    }

    /// What parts of one order come to at their prices, and their fee.
    fn cost_and_fee(&self, instrument: usize, parts: &[(i64, i64)]) -> (i128, Money) {
        let market = &self.markets[instrument];
        let (mut cost, mut fee): (i128, Money) = (0, Money::ZERO);
        for (price, lots) in parts {
            let notional = value(*price, *lots, market.tick_value);
            cost = cost.saturating_add(notional);
            fee = fee.saturating_add(dearest_fee(&market.instrument, notional, *lots));
        }
        (cost, fee.max(market.instrument.fees.minimum))
    }

    /// What a claim comes to: the parts that it takes at once, and those that wait.
    fn parts_of(&self, claim: &Claim) -> (Parts, Parts) {
        let Some(taker) = claim.taker else {
            return (Vec::new(), vec![(claim.price, claim.lots)]);
        };
        let wanted = (claim.side, claim.lots);
        let (account, instrument) = (claim.account, claim.instrument);
        let mut met = self.offers(account, instrument, wanted, taker.limit, taker.ends_own);
        let left = claim.lots - met.iter().map(|(_, lots)| lots).sum::<i64>();
        if let Some(limit) = taker.limit {
            return (met, vec![(limit, left)]);
        }
        let last = met.last().map_or(claim.price, |(price, _)| *price);
        met.push((last, left));
        (met, Vec::new())
    }

    /// What an order of so many lots meets now, in order: prices and lots. `ends_own`: it does not trade with orders
    /// of its own account.
    fn offers(
        &self,
        account: usize,
        instrument: usize,
        (side, lots): (Side, i64),
        limit: Option<i64>,
        ends_own: bool,
    ) -> Vec<(i64, i64)> {
        let market = &self.markets[instrument];
        let collar = market.collar().map(|(low, high)| match side {
            Side::Buy => high,
            Side::Sell => low,
        });
        let bound = limit.or(collar);
        let is_beyond = |price: i64, bound: i64| match side {
            Side::Buy => price > bound,
            Side::Sell => price < bound,
        };
        let mut left = lots;
        let mut met = Vec::new();
        let mut meet = |price: i64, lots: i64| {
            let lots = lots.min(left);
            if lots > 0 {
                met.push((price, lots));
                left -= lots;
            }
        };
        let (Some(touch), Some(_)) = (market.touch, market.paper()) else {
            if market.paper().is_none() {
                for maker in self.book(instrument, side.opposite()) {
                    let price = maker.limit.unwrap_or_default();
                    let is_passed = ends_own && maker.account == account;
                    if !is_passed && !bound.is_some_and(|bound| is_beyond(price, bound)) {
                        meet(price, maker.leaves());
                    }
                }
            }
            return met;
        };
        let slip = market.slip(touch.opposite(side), lots);
        let price_at = |level: i64| match limit {
            Some(limit) if is_beyond(level, limit) => level,
            limit => capped(slipped(level, slip, side), limit, side),
        };
        if market.sizes() == Sizes::Unlimited {
            meet(price_at(touch.opposite(side).0), lots);
            return met;
        }
        for (level, displayed) in market.levels(&touch, side) {
            let price = price_at(level);
            if bound.is_some_and(|bound| is_beyond(level, bound) || is_beyond(price, bound)) {
                break;
            }
            let taken = market
                .consumed
                .get(&(account, side == Side::Sell, level))
                .copied();
            meet(price, displayed - taken.unwrap_or_default());
        }
        met
    }

    /// Whether fills of an order are cut to the cash that pays for them.
    fn is_paid(&self, order: &Order) -> bool {
        let funding = self.plan(order.account).terms.funding;
        funding == Funding::Cash && order.side == Side::Buy && !order.is_closing()
    }

    /// Whether an order will execute, if anybody wants it to.
    pub(super) fn is_sure(&self, order: &Order) -> bool {
        !self.is_cut(order)
            && (!self.is_paid(order) || self.cash_available(order.account, None) >= 0)
    }

    /// Whether the cash pays for all of an order that is about to take.
    pub(super) fn can_pay_whole(&self, order: &Order) -> bool {
        if !self.is_paid(order) {
            return true;
        }
        let mut parts = {
            let wanted = (order.side, order.leaves());
            self.offers(order.account, order.instrument, wanted, order.limit, false)
        };
        let met: i64 = parts.iter().map(|(_, lots)| lots).sum();
        let last = parts
            .last()
            .map_or(order.limit.unwrap_or_default(), |(price, _)| *price);
        parts.push((last, order.leaves() - met));
        let currency = self.markets[order.instrument].instrument.currency;
        let cost = self.bill(order.instrument, &parts);
        let cost = -self.worth(order.account, currency, -cost);
        cost <= 0 || cost <= self.cash_of(order)
    }

    fn cash_of(&self, order: &Order) -> i128 {
        self.cash_unheld(order.account)
    }

    /// How much an order may execute now at this price: what position and cash leave of it.
    pub(super) fn allowed_at(&self, order: &Order, price: i64) -> i64 {
        let allowed = self.allowed(order);
        if !self.is_paid(order) || allowed == 0 {
            return allowed;
        }
        let free = self.cash_of(order);
        let is_payable = |lots: i64| {
            let cost = self.cost_of(order, price, lots);
            cost <= 0 || cost <= free
        };
        if is_payable(allowed) {
            return allowed;
        }
        let (mut paid, mut unpaid) = (0, allowed);
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

    /// Ends an order of which position or cash leave nothing at this price, unless its entry may give it more to close.
    pub(super) fn end_bounded(&mut self, id: u64, price: i64) {
        let Some(order) = self.orders.get(&id) else {
            return;
        };
        let reason = if self.is_paid(order) {
            CancelReason::BuyingPower {
                needed: money_ceil(self.cost_of(order, price, 1)),
                available: Notional(self.cash_of(order)).to_money_floor(),
            }
        } else {
            CancelReason::NotReducing
        };
        self.end_unfilled(id, reason);
    }

    fn check_margin(&self, claims: &[Claim], rate_min: Ratio) -> Result<(), DenyReason> {
        let before = self.initial_requirement(claims, rate_min, false);
        let after = self.initial_requirement(claims, rate_min, true);
        let available = self.equity_of(claims[0].account).to_money_floor();
        if after > before && after > i128::from(available.0) {
            return Err(DenyReason::BuyingPower {
                needed: Money(hold(after)),
                available,
            });
        }
        Ok(())
    }

    /// A working order as a claim: one that is on its way as it would be checked now.
    fn claim_of_working(&self, order: &Order) -> Claim {
        let awaits = order.awaits_trigger().then_some(order.request.kind);
        let taker = self.taker(&order.request, order.limit, (awaits, order.trigger));
        let is_under_way = matches!(order.stage, Stage::InFlight(_));
        let price = if is_under_way {
            let stated = order.limit.or(order.trigger);
            self.price_with(&order.request, stated).unwrap_or_default()
        } else {
            self.working_price(order)
        };
        Claim {
            account: order.account,
            instrument: order.instrument,
            leg: order.leg,
            side: order.side,
            lots: order.leaves(),
            price,
            taker: taker.filter(|_| is_under_way),
            instead_of: Some(order.id),
        }
    }

    /// The fees to come of a claim, and what it loses against the mark at once where it takes now; in the instrument's
    /// currency.
    fn charge_of(&self, claim: &Claim) -> Money {
        let held = self.held(claim.account, claim.instrument, claim.leg);
        let sign = claim.side.sign();
        let closable = (-held * sign).max(0);
        let market = &self.markets[claim.instrument];
        let (met, waits) = self.parts_of(claim);
        let last = met.last().map_or(claim.price, |(price, _)| *price);
        let kind = self.plan(claim.account).terms.mark;
        // In a book its own last fill is the newest print.
        let prints = market.paper().is_none();
        let mark = |lots: i64| match (kind, market.touch) {
            (MarkKind::Last, _) | (_, None) if prints => last,
            _ => market.mark(lots, kind),
        };
        let mut lost: i128 = 0;
        let mut closes = closable;
        for (price, lots) in &met {
            // What closes was valued as what it closes, what opens is valued as what it opens.
            let closed = closes.min(*lots);
            closes -= closed;
            for (lots, mark) in [(closed, mark(-sign)), (lots - closed, mark(sign))] {
                let paid = value(*price, lots, market.tick_value);
                let worth = value(mark, lots, market.tick_value);
                lost = lost.saturating_add(paid.saturating_sub(worth) * i128::from(sign));
            }
        }
        let parts: Vec<_> = met.into_iter().chain(waits).collect();
        let mut fee = parts.iter().fold(Money::ZERO, |fee, (price, lots)| {
            let notional = value(*price, *lots, market.tick_value);
            fee.saturating_add(dearest_fee(&market.instrument, notional, *lots))
        });
        let replaced = claim.instead_of.and_then(|id| self.orders.get(&id));
        fee = match replaced {
            Some(order) => self.fee_to_come(order, fee),
            None => fee.max(market.instrument.fees.minimum),
        };
        if claim.taker.is_none() {
            return fee.max(Money::ZERO);
        }
        let charge = fee.saturating_add(money_ceil(lost.max(0)));
        charge.max(Money::ZERO)
    }

    /// Initial requirement of all holdings in their worst cases, in units of [`Money`]; with the claims, or
    /// as it stands.
    fn initial_requirement(&self, claims: &[Claim], rate_min: Ratio, with: bool) -> i128 {
        let claim = &claims[0];
        let account = claim.account;
        let positions = self.accounts[account].positions.iter();
        let mut holdings: BTreeSet<(usize, Leg)> =
            positions.map(|held| (held.instrument, held.leg)).collect();
        let orders = self
            .orders
            .values()
            .filter(|order| order.account == account);
        holdings.extend(orders.map(|order| (order.instrument, order.leg)));
        holdings.extend(claims.iter().map(|claim| (claim.instrument, claim.leg)));
        let mut sum = 0;
        for (instrument, leg) in holdings {
            let is_claim = |claim: &&Claim| (instrument, leg) == (claim.instrument, claim.leg);
            let is_claimed = claims.iter().any(|claim| is_claim(&claim));
            let except = claim.instead_of.filter(|_| with);
            let (mut buys, mut sells) = self.working_sums(account, instrument, leg, except);
            for claim in claims.iter().filter(is_claim).filter(|_| with) {
                match claim.side {
                    Side::Buy => buys += i128::from(claim.lots),
                    Side::Sell => sells += i128::from(claim.lots),
                }
            }
            let market = &self.markets[instrument];
            let own_price = if is_claimed { claim.price } else { 0 };
            let seen = |side| self.offered(instrument, side).unwrap_or(own_price);
            let (bid, ask) = (seen(Side::Sell), seen(Side::Buy));
            let held = i128::from(self.held(account, instrument, leg));
            let mark = if held >= 0 { bid } else { ask };
            // Working orders of a side, and claims, at their own prices where these are worse.
            let beyond = |side: Side, at: i64, lots: i128| -> i128 {
                let (mut sum, mut most): (i128, i128) = (0, 0);
                let mut add = |price: i64, lots: i64| {
                    let more = i128::from(price).abs() - i128::from(at).abs();
                    let more = hold(more.max(0));
                    sum = sum.saturating_add(value(more, lots, market.tick_value));
                    most = most.max(more.into());
                };
                for order in self.orders.values() {
                    let is_one = (order.account, order.instrument, order.leg)
                        == (account, instrument, leg)
                        && order.side == side
                        && !order.is_closing()
                        && Some(order.id) != except;
                    if is_one {
                        let (met, waits) = self.parts_of(&self.claim_of_working(order));
                        for (price, lots) in met.into_iter().chain(waits) {
                            add(price, lots);
                        }
                    }
                }
                let claims = claims.iter().filter(is_claim).filter(|_| with);
                for claim in claims.filter(|claim| claim.side == side) {
                    let (met, waits) = self.parts_of(claim);
                    for (price, lots) in met.into_iter().chain(waits) {
                        add(price, lots);
                    }
                }
                sum.min(value(hold(most), hold(lots), market.tick_value))
            };
            // What their fills cost at once, where they come to a position.
            let charge = |side: Side, lots: i128| -> Money {
                let works = |order: &&Order| {
                    (order.account, order.instrument, order.leg) == (account, instrument, leg)
                        && !order.is_closing()
                        && Some(order.id) != except
                };
                let working = self.orders.values().filter(works);
                let working = working.map(|order| self.claim_of_working(order));
                let claims = claims.iter().filter(is_claim).filter(|_| with).copied();
                let all = working.chain(claims).filter(|claim| claim.side == side);
                if lots == 0 {
                    return Money::ZERO;
                }
                all.fold(Money::ZERO, |sum, claim| {
                    sum.saturating_add(self.charge_of(&claim))
                })
            };
            let (long, short) = ((held + buys).max(0), (sells - held).max(0));
            let worst = [
                (
                    long,
                    ask,
                    beyond(Side::Buy, ask, long),
                    charge(Side::Buy, long),
                ),
                (
                    short,
                    bid,
                    beyond(Side::Sell, bid, short),
                    charge(Side::Sell, short),
                ),
                (held.abs(), mark, 0, Money::ZERO),
            ];
            let initial = market.instrument.margin.initial;
            let requirements = worst.map(|(lots, price, beyond, charge)| {
                let at = value(price.saturating_abs(), hold(lots), market.tick_value);
                let margin =
                    market.margin_of(initial, rate_min, at.saturating_add(beyond), hold(lots));
                margin.saturating_add(charge)
            });
            let [long, short, now] = requirements;
            let currency = market.instrument.currency;
            let worst = long.max(short).max(now);
            sum += i128::from(self.convert_ceil(account, currency, worst).0);
        }
        sum
    }

    /// Maintenance requirement of the open positions at their marks.
    pub(super) fn maintenance_requirement(&self, account: usize, rate_min: Ratio) -> Money {
        let mut sum = Money::ZERO;
        for held in &self.accounts[account].positions {
            let market = &self.markets[held.instrument];
            let rate_min = Ratio(rate_min.0.div_euclid(2));
            let requirement = market.instrument.margin.maintenance;
            let lots = held.lots.saturating_abs();
            let mark = market.mark(held.lots, self.plan(account).terms.mark);
            let own = market.margin(requirement, rate_min, mark, lots);
            let currency = market.instrument.currency;
            sum = sum.saturating_add(self.convert_ceil(account, currency, own));
        }
        sum
    }
}

/// The fee of a fill, whether it makes or takes.
fn dearest_fee(instrument: &Instrument, notional: i128, lots: i64) -> Money {
    let fees = instrument.fees;
    let makes = fee(instrument, fees.maker, notional, lots);
    makes.max(fee(instrument, fees.taker, notional, lots))
}
