//! What an order would do to its account: the answer before it is sent.

use types::{
    AccountState, Consistency, DenyReason, Effect, FloorMoveCause, Lots, Money, NewOrder, Notional,
    OrderKind, Price, Side, SignedQty, Ticks, TimeInForce, TimestampNs, TriggerOn,
};

use rules::FloorMoves;

use super::limits::{LimitView, Worth};
use super::next_roll::NextRoll;
use crate::account::{Account, CurrencyId, Move};
use crate::holding::{self, Holding};
use crate::market::{Market, Touch, TriggerList};
use crate::order::is_closing;
use crate::shard::{Shard, is_beyond, trailed};

/// An account after a hypothetical order that executes whole, at one price, without slippage, with
/// everything else as it is now. What can execute now does at what the market shows; what has to wait is
/// shown as if the quote of its instrument had come exactly to its price, with its spread: the side that it
/// trades against stands there, and what is held in the instrument is valued there, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Why the order would be refused; what follows is what it would do if it were not.
    pub denied: Option<DenyReason>,
    /// The price of the fill: the touch, of one that has to wait its limit or its trigger (of a trailing
    /// stop the one that it would start with). `None` where it would not execute, or nothing is known.
    pub price: Option<Price>,
    /// Whether the market has to come to that price first.
    pub waits: bool,
    /// Whether it would rest then, so that the maker's fee applies.
    pub rests: bool,
    /// Bid and ask of its instrument at which everything is valued.
    pub quote: Option<(Price, Price)>,
    /// Its fee, in the instrument's currency.
    pub fee: Money,
    /// What it would realise before the fee, in the instrument's currency, rounded down.
    pub realised: Money,
    /// Position after it.
    pub position: SignedQty,
    /// Equity after it, rounded down: a new position starts at the liquidation side.
    pub equity: Money,
    /// Every limit after it, with what its equity and closed balance raise: distances, breach prices,
    /// breach line. What moves with it is moved by the next input, at the time of the newest, which is when
    /// everything here is as of.
    pub limits: Vec<LimitView>,
    /// The limits, daily before maximum, that it would violate at once.
    pub breaches: Vec<types::RuleKind>,
    /// What the next roll would do after it; `None` where it ends or locks the account at once, or the
    /// account does not trade.
    pub next_roll: Option<NextRoll>,
    /// How the account would stand against its consistency rule after it.
    pub consistency: Option<Consistency>,
}

/// How an order would execute.
#[derive(Debug, Clone, Copy)]
struct Execution {
    price: Option<Ticks>,
    waits: bool,
    rests: bool,
}

impl Shard {
    /// What an order would do to its account.
    ///
    /// # Errors
    /// Where nothing can be said: an unknown account or instrument, a quantity that is not above zero, a
    /// quantity or price that is off the grid.
    pub fn what_if(&self, request: &NewOrder) -> Result<WhatIf, DenyReason> {
        let denied = self.would_deny(request)?;
        let account = &self.accounts[request.account.0 as usize];
        // The next input, be it this order, judges who stands below a floor first.
        let denied = match self.verdict_ahead(account) {
            Some(Effect::Fail) => Some(DenyReason::AccountNotTrading {
                state: AccountState::Failed,
            }),
            Some(Effect::LockForDay) => Some(DenyReason::DayLocked),
            Some(Effect::Warn) | None => denied,
        };
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
        let Execution {
            price,
            waits,
            rests,
        } = execution(request, market)?;
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
        let was_flat = worth.positions.is_empty();
        let opened_at = held.opened;
        let (mut opens, mut closes) = (false, false);
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
            (opens, closes) = (change.opened, change.closed);
            realised = change.realised;
        }
        let position = market.signed_qty(held.lots);
        let before = self.worth_in(account, &worth, market.currency, Money::ZERO);
        let come = price.filter(|_| waits);
        let touch = come.map_or(market.touch, |price| {
            Some(moved(market.touch, request.side, price))
        });
        worth.shown = touch.map(|touch| (request.instrument, touch));
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
        let caught_up = self.caught_up(account);
        let (mut rules, mut moved) = (caught_up.rules.clone(), caught_up.moved);
        let breached = rules.breached(worth.equity, account.day_locked);
        let ends = breached.iter().any(|limit| limit.effect != Effect::Warn);
        let plan = &self.plans[account.plan.0 as usize].plan;
        let balance = self.balance_with(account, market.currency, net);
        if account.is_trading() {
            let in_own = |amount: Money| {
                let amount = amount.to_notional();
                self.convert_floor(amount, market.currency, account.currency)
                    .to_money_floor()
            };
            rules.record_realised(in_own(net));
            if opens {
                rules.record_opening_fill();
            }
            if closes {
                rules.record_excluded(self.excluded_of(
                    account,
                    market,
                    opened_at,
                    in_own(realised),
                ));
            }
            if !ends {
                let by = Move {
                    seq: self.seq.next(),
                    ts: self.ts,
                    cause: FloorMoveCause::Trailed,
                };
                let mut note = |moves: FloorMoves| {
                    moves
                        .iter()
                        .for_each(|limit| moved.set(limit.rule, Some(by)));
                };
                note(rules.ratchet_equity(plan, worth.equity));
                if closes || was_flat {
                    note(rules.ratchet_closed(plan, balance));
                }
            }
        }
        let next_roll = self.next_roll(account, &rules, balance, worth.equity);
        let day_worth = if worth.positions.is_empty() {
            balance.to_notional()
        } else {
            worth.equity
        };
        let valued = rules.valued(plan, day_worth);
        let mut breaches: Vec<_> = breached.iter().map(|limit| limit.rule).collect();
        breaches.sort_unstable();
        Ok(WhatIf {
            denied,
            price: price.map(|price| instrument.price(price)),
            waits,
            rests,
            quote: touch.map(|touch| (instrument.price(touch.bid), instrument.price(touch.ask))),
            fee,
            realised,
            position,
            equity: worth.equity.to_money_floor(),
            limits: self.limit_views(account, &rules, &moved, &worth),
            breaches,
            next_roll: next_roll.filter(|_| !ends),
            consistency: valued.consistency(plan, request.account),
        })
    }

    /// Of profit that a close would realise now, what would not count.
    fn excluded_of(
        &self,
        account: &Account,
        market: &Market,
        opened: TimestampNs,
        realised: Money,
    ) -> Money {
        let known = &self.plans[account.plan.0 as usize];
        let conduct = &known.plan.conduct;
        let symbol = market.instrument.symbol;
        let in_window = known.windows.excludes_profit(conduct, symbol).is_some();
        let verdict = conduct.judge_close(opened, self.ts, realised, in_window);
        verdict.excluded
    }

    /// What an account has in one currency, with `more` cash and these positions, in its own.
    fn worth_in(
        &self,
        account: &Account,
        worth: &Worth,
        currency: CurrencyId,
        more: Money,
    ) -> Notional {
        let sum = self.sum_in(account, worth, currency, more);
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

/// At what price an order would execute, and what has to happen before.
fn execution(request: &NewOrder, market: &Market) -> Result<Execution, DenyReason> {
    let (side, instrument) = (request.side, &market.instrument);
    let in_ticks = |price: Price| {
        instrument
            .ticks(price)
            .map_err(|_| DenyReason::PriceOffTick {
                tick_size: instrument.tick_size,
            })
    };
    let limit = match request.kind {
        OrderKind::Limit { price } | OrderKind::StopLimit { price, .. } => Some(in_ticks(price)?),
        _ => None,
    };
    let trigger = match request.kind {
        OrderKind::Stop { trigger, on } | OrderKind::StopLimit { trigger, on, .. } => {
            Some((in_ticks(trigger)?, TriggerList::of(side, on, true), on))
        }
        OrderKind::MarketIfTouched { trigger, on } => {
            Some((in_ticks(trigger)?, TriggerList::of(side, on, false), on))
        }
        OrderKind::Market | OrderKind::Limit { .. } | OrderKind::TrailingStop { .. } => None,
    };
    let shown = market.touch.map(|touch| touch.opposite(side));
    // Where the market is when the order wants to trade.
    let (at, waits) = match (request.kind, trigger) {
        (OrderKind::TrailingStop { trail, on }, _) => {
            let reference = market.first_reference(side, on);
            let trigger = reference.map(|from| trailed(side, trail, from, instrument));
            (trigger, true)
        }
        (_, Some((trigger, list, on))) => {
            let reference = market.reference(side, on);
            let is_reached = |reference| list.key(trigger) >= list.key(reference);
            if reference.is_some_and(is_reached) {
                (shown.or(market.last), false)
            } else {
                (Some(trigger), true)
            }
        }
        (_, None) => (shown.or(market.last), false),
    };
    let Some(limit) = limit else {
        return Ok(Execution {
            price: at,
            waits,
            rests: false,
        });
    };
    let displays = waits || market.reference(side, TriggerOn::Quote).is_some();
    let takes = at.filter(|at| displays && !is_beyond(side, *at, limit));
    // What does not take at once ends, or waits at its own price.
    let rests = takes.is_none()
        && !matches!(
            request.tif,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill
        );
    Ok(Execution {
        price: takes.or(rests.then_some(limit)),
        waits: waits || rests,
        rests,
    })
}

/// A quote that has come to a price for somebody who trades on `side`; its spread is as it was.
fn moved(touch: Option<Touch>, side: Side, price: Ticks) -> Touch {
    let touch = touch.unwrap_or(Touch {
        bid: price,
        bid_qty: Lots(0),
        ask: price,
        ask_qty: Lots(0),
    });
    let by = price.0.saturating_sub(touch.opposite(side).0);
    Touch {
        bid: Ticks(touch.bid.0.saturating_add(by)),
        ask: Ticks(touch.ask.0.saturating_add(by)),
        ..touch
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
