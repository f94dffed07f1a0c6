//! What an account can afford: size, shorts, cash, margin.

use std::collections::BTreeSet;

use types::{
    DenyReason, Funding, Instrument, Leg, Lots, Money, NewOrder, Notional, OrderRole, Ratio, Side,
};

use super::Naive;
use super::entering::prices;
use super::money::{fee, hold, money_ceil, value};
use super::order::{Order, is_closing, is_exit};

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
    /// The working order that the claim is to replace.
    pub(super) instead_of: Option<u64>,
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

    fn claim_of(&self, request: &NewOrder) -> Claim {
        let instrument = request.instrument.0 as usize;
        Claim {
            account: request.account.0 as usize,
            instrument,
            leg: request.leg,
            side: request.side,
            lots: request.qty.0 / self.markets[instrument].instrument.lot_size.0,
            price: self.price_of(request).unwrap_or_default(),
            instead_of: None,
        }
    }

    /// The price at which a new order counts: its limit, else its trigger, else what it would trade at.
    pub(super) fn price_of(&self, request: &NewOrder) -> Option<i64> {
        let instrument = request.instrument.0 as usize;
        let market = &self.markets[instrument];
        let tick_size = market.instrument.tick_size.0;
        let (limit, trigger) = prices(request.kind);
        let stated = limit.or(trigger).map(|price| price.0 / tick_size);
        let stated = stated.or(market.first_trigger(request.kind, request.side));
        stated.or(self.offered(instrument, request.side))
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

    /// Whether the position that is aimed at is one that amounts hold exactly.
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
        let worth = value(claim.price, hold(aimed), tick_value).saturating_abs();
        if aimed <= LOTS_MAX && worth <= VALUE_MAX {
            Ok(())
        } else {
            let unit = tick_value.saturating_mul(i128::from(claim.price).abs());
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
        let mut free = self.balance_in(claim.account, currency).to_notional().0;
        for held in &self.accounts[claim.account].positions {
            if held.lots > 0 && self.markets[held.instrument].instrument.currency == currency {
                free = free.saturating_sub(held.cost);
            }
        }
        for order in self.orders.values() {
            let market = &self.markets[order.instrument];
            let is_claim = order.account == claim.account
                && order.side == Side::Buy
                && !order.is_closing()
                && market.instrument.currency == currency
                && Some(order.id) != claim.instead_of;
            if is_claim {
                let price = self.working_price(order);
                free = free.saturating_sub(value(price, order.leaves(), market.tick_value));
                free = free.saturating_sub(self.fee_to_come(order, price).to_notional().0);
            }
        }
        let mut needed: i128 = 0;
        for claim in claims.iter().filter(|claim| claim.side == Side::Buy) {
            let notional = value(claim.price, claim.lots, market.tick_value);
            let fee = dearest_fee(&market.instrument, notional, claim.lots);
            let fee = fee.max(market.instrument.fees.minimum);
            needed = needed
                .saturating_add(notional)
                .saturating_add(fee.to_notional().0);
        }
        let needed = money_ceil(needed);
        let available = Notional(free).to_money_floor();
        if needed > available && needed > Money::ZERO {
            return Err(DenyReason::BuyingPower { needed, available });
        }
        Ok(())
    }

    /// What the rest of a working order costs in fees at this price: a minimum is for all fills of it, and charged
    /// with the first.
    fn fee_to_come(&self, order: &Order, price: i64) -> Money {
        let market = &self.markets[order.instrument];
        let minimum = market.instrument.fees.minimum;
        let notional = value(price, order.leaves(), market.tick_value);
        let rest = dearest_fee(&market.instrument, notional, order.leaves());
        if minimum == Money::ZERO {
            return rest.max(Money::ZERO);
        }
        let paid = if order.filled == 0 {
            Money::ZERO
        } else {
            order.earned.max(minimum)
        };
        let all = order.earned.saturating_add(rest).max(minimum);
        all.saturating_sub(paid).max(Money::ZERO)
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
            let blind = market.last.unwrap_or(own_price);
            let (bid, ask) = market.touch.map_or((blind, blind), |t| (t.bid, t.ask));
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
                        add(self.working_price(order), order.leaves());
                    }
                }
                let claims = claims.iter().filter(is_claim).filter(|_| with);
                for claim in claims.filter(|claim| claim.side == side) {
                    add(claim.price, claim.lots);
                }
                sum.min(value(hold(most), hold(lots), market.tick_value))
            };
            let (long, short) = ((held + buys).max(0), (sells - held).max(0));
            let worst = [
                (long, ask, beyond(Side::Buy, ask, long)),
                (short, bid, beyond(Side::Sell, bid, short)),
                (held.abs(), mark, 0),
            ];
            let initial = market.instrument.margin.initial;
            let requirements = worst.map(|(lots, price, beyond)| {
                let at = value(price.saturating_abs(), hold(lots), market.tick_value);
                market.margin_of(initial, rate_min, at.saturating_add(beyond), hold(lots))
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
