//! What an order would do to its account: the answer before it is sent.

use types::{DenyReason, Lots, Money, NewOrder, Notional, OrderKind, Price, Side, SignedQty};

use super::limits::LimitView;
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
    /// Every limit after it: distances, breach prices, breach line.
    pub limits: Vec<LimitView>,
    /// The limits, daily before maximum, that it would violate at once.
    pub breaches: Vec<types::RuleKind>,
}

impl Shard {
    /// What an order would do to its account if it executed whole now.
    ///
    /// # Errors
    /// Where nothing can be said: an unknown account or instrument, a quantity or price that is off the
    /// grid.
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
        let mut held = match place {
            Some(place) => worth.positions.remove(place),
            None => Holding::new(request.account, request.instrument, request.leg),
        };
        let lots = executable(request, &held, lots);
        let (mut fee, mut realised) = (Money::ZERO, Notional::ZERO);
        if let Some(price) = price.filter(|_| lots.0 != 0) {
            let before = self.unrealised(&held);
            let value = holding::value(price, lots, market.tick_value);
            let earned = holding::fee(&instrument.fees, rests, value, instrument.qty(lots));
            fee = earned.max(instrument.fees.minimum);
            realised = held
                .trade(price, Lots(lots.0 * request.side.sign()), market.tick_value)
                .realised;
            let change = realised
                .to_money_floor()
                .saturating_sub(fee)
                .to_notional()
                .0
                .saturating_add(self.unrealised(&held).0)
                .saturating_sub(before.0);
            let change = self.convert_floor(Notional(change), market.currency, account.currency);
            worth.equity.0 = worth.equity.0.saturating_add(change.0);
        }
        let position = market.signed_qty(held.lots);
        if held.lots.0 != 0 {
            worth.positions.push(held);
        }
        let breached = account.rules.breached(worth.equity, account.day_locked);
        Ok(WhatIf {
            denied,
            price: price.map(|price| instrument.price(price)),
            rests,
            fee,
            realised: realised.to_money_floor(),
            position,
            equity: worth.equity.to_money_floor(),
            limits: self.limit_views(account, &worth),
            breaches: breached.iter().map(|limit| limit.rule).collect(),
        })
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
