//! What an order would do to its account: the answer before it is sent.

use types::{
    DenyReason, Effect, Lots, Money, NewOrder, Notional, OrderKind, Price, Side, SignedQty,
};

use super::limits::{LimitView, Worth};
use crate::account::{Account, CurrencyId};
use crate::holding::{self, Holding};
use crate::order::is_closing;
use crate::shard::Shard;

/// An account after a hypothetical order that executes whole, at one price, with everything else as it
/// is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Why the order would be refused; what follows is what it would do if it were not.
    pub denied: Option<DenyReason>,
    /// The price of the fill: of a limit order its limit or the better touch, of one that waits for a
    /// trigger the trigger, else the touch. `None` without any.
    pub price: Option<Price>,
    /// Whether it would rest first, so that the maker's fee applies.
    pub rests: bool,
    /// Its fee, in the instrument's currency.
    pub fee: Money,
    /// What it would realise before the fee, in the instrument's currency, rounded down.
    pub realised: Money,
    /// Position after it.
    pub position: SignedQty,
    /// Equity after it, rounded down: a new position starts at the liquidation side.
    pub equity: Money,
    /// Every limit after it, where the closed balance raises one too: distances, breach prices, breach
    /// line. What moved a limit is what did before the order.
    pub limits: Vec<LimitView>,
    /// The limits, daily before maximum, that it would violate at once.
    pub breaches: Vec<types::RuleKind>,
}

impl Shard {
    /// What an order would do to its account if it executed whole now.
    ///
    /// # Errors
    /// Where nothing can be said: an unknown account or instrument, a quantity that is not above zero, a
    /// quantity or price that is off the grid.
    pub fn what_if(&self, request: &NewOrder) -> Result<WhatIf, DenyReason> {
        let denied = self.would_deny(request)?;
        let account = &self.accounts[request.account.0 as usize];
        let market = &self.markets[request.instrument.0 as usize];
        let instrument = &market.instrument;
        let lots = instrument
            .lots(request.qty)
            .map_err(|_| DenyReason::QtyOffLot {
                lot_size: instrument.lot_size,
            })?;
        if lots.0 <= 0 {
            return Err(DenyReason::QtyNotPositive);
        }
        let in_ticks = |price: Price| {
            instrument
                .ticks(price)
                .map_err(|_| DenyReason::PriceOffTick {
                    tick_size: instrument.tick_size,
                })
        };
        let touch = market.touch.map(|touch| touch.opposite(request.side));
        let (price, rests) = match request.kind {
            OrderKind::Limit { price } => {
                let limit = in_ticks(price)?;
                let takes = touch.filter(|touch| match request.side {
                    Side::Buy => touch.0 <= limit.0,
                    Side::Sell => touch.0 >= limit.0,
                });
                (Some(takes.unwrap_or(limit)), takes.is_none())
            }
            OrderKind::Stop { trigger, .. }
            | OrderKind::StopLimit { trigger, .. }
            | OrderKind::MarketIfTouched { trigger, .. } => (Some(in_ticks(trigger)?), false),
            OrderKind::Market | OrderKind::TrailingStop { .. } => (touch.or(market.last), false),
        };
        let mut worth = self.worth_of(account);
        let is_own =
            |held: &Holding| held.instrument == request.instrument && held.leg == request.leg;
        let place = worth.positions.iter().position(is_own);
        let mut held = place.map_or_else(
            || {
                Holding::new(
                    request.account,
                    request.instrument,
                    request.leg,
                    account.terms.mark,
                )
            },
            |place| worth.positions[place],
        );
        let lots = executable(request, &held, lots);
        let (mut fee, mut realised) = (Money::ZERO, Money::ZERO);
        if let Some(price) = price.filter(|_| lots.0 != 0) {
            let value = holding::value(price, lots, market.tick_value);
            let earned = holding::fee(&instrument.fees, rests, value, instrument.qty(lots));
            let minimum = instrument.fees.minimum;
            // A rebate is one only where nothing is the least.
            fee = if minimum.0 > 0 {
                earned.max(minimum)
            } else {
                earned
            };
            let signed = Lots(lots.0.saturating_mul(request.side.sign()));
            let change = held.trade(price, signed, market.tick_value);
            if change.closed {
                realised = change.realised.to_money_floor();
            }
        }
        let position = market.signed_qty(held.lots);
        let before = self.worth_in(account, &worth, market.currency, Money::ZERO);
        match place {
            Some(place) if held.lots.0 == 0 => drop(worth.positions.remove(place)),
            Some(place) => worth.positions[place] = held,
            None if held.lots.0 == 0 => {}
            None => worth.positions.push(held),
        }
        let net = realised.saturating_sub(fee);
        let after = self.worth_in(account, &worth, market.currency, net);
        worth.equity.0 = worth
            .equity
            .0
            .saturating_add(after.0.saturating_sub(before.0));
        let breached = account.rules.breached(worth.equity, account.day_locked);
        let ends = breached.iter().any(|limit| limit.effect != Effect::Warn);
        let mut rules = account.rules.clone();
        if account.is_trading() && !ends {
            let plan = &self.plans[account.plan.0 as usize].plan;
            let balance = self.balance_with(account, market.currency, net);
            rules.ratchet_closed(plan, balance);
        }
        let mut breaches: Vec<_> = breached.iter().map(|limit| limit.rule).collect();
        breaches.sort_unstable();
        Ok(WhatIf {
            denied,
            price: price.map(|price| instrument.price(price)),
            rests,
            fee,
            realised,
            position,
            equity: worth.equity.to_money_floor(),
            limits: self.limit_views(account, &rules, &worth),
            breaches,
        })
    }

    /// What an account has in one currency, with `more` cash and these positions, in its own.
    fn worth_in(
        &self,
        account: &Account,
        worth: &Worth,
        currency: CurrencyId,
        more: Money,
    ) -> Notional {
        let cash = account.cash_of(currency).saturating_add(more);
        let positions = worth.positions.iter();
        let open = positions.filter(|held| self.market_of(held).currency == currency);
        let sum = open.fold(cash.to_notional(), |sum, held| {
            sum.saturating_add(self.unrealised(held))
        });
        self.convert_floor(sum, currency, account.currency)
    }

    /// The balance of an account with `more` cash in one currency.
    fn balance_with(&self, account: &Account, currency: CurrencyId, more: Money) -> Money {
        let in_own = |cash: Money| {
            self.convert_floor(cash.to_notional(), currency, account.currency)
                .to_money_floor()
        };
        let cash = account.cash_of(currency);
        self.balance_of(account)
            .saturating_add(in_own(cash.saturating_add(more)))
            .saturating_sub(in_own(cash))
    }
}

/// The lots that an order would execute: one that must reduce is cut to the position that it opposes.
fn executable(request: &NewOrder, held: &Holding, lots: Lots) -> Lots {
    if is_closing(request) {
        Lots(lots.0.min(held.closable(request.side).0))
    } else {
        lots
    }
}
