//! Exact amounts: values, fees, margin, conversions, equity. Units are those of [`types::unit`];
//! what passes their range stays at its end.

use types::{
    Instrument, Label, Lots, MarkKind, Money, Notional, Ratio, Requirement, Seq, SignedQty,
};

use super::Naive;
use super::account::Position;
use super::market::Market;

/// Units in one for a ratio, and in one of a currency for a conversion rate.
const ONE: i128 = Ratio::ONE.0 as i128;

/// The nearest `i64`.
pub(super) fn hold(value: i128) -> i64 {
    value.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// `amount * share / 1e9`, rounded down; exact unless the result passes the range.
pub(super) fn share_floor(amount: i128, share: i64) -> i128 {
    let (whole, rest) = (amount.div_euclid(ONE), amount.rem_euclid(ONE));
    let share = i128::from(share);
    whole
        .saturating_mul(share)
        .saturating_add((rest * share).div_euclid(ONE))
}

/// `amount * share / 1e9`, rounded up; exact unless the result passes the range.
pub(super) fn share_ceil(amount: i128, share: i64) -> i128 {
    let (whole, rest) = (amount.div_euclid(ONE), amount.rem_euclid(ONE));
    let share = i128::from(share);
    whole
        .saturating_mul(share)
        .saturating_sub((-(rest * share)).div_euclid(ONE))
}

/// `total * part / whole`, rounded up; `0 <= part <= whole`, `whole > 0`.
pub(super) fn part_ceil(total: i128, part: i128, whole: i128) -> i128 {
    if part == whole {
        return total;
    }
    let (quotient, rest) = (total.div_euclid(whole), total.rem_euclid(whole));
    quotient * part - (-(rest * part)).div_euclid(whole)
}

/// What rounding down to [`Money`] leaves out, 1e-17.
pub(super) fn below_money(exact: i128) -> i128 {
    exact.rem_euclid(Notional::PER_MONEY)
}

/// Value of `lots` at `price`, 1e-17.
pub(super) fn value(price: i64, lots: i64, tick_value: i128) -> i128 {
    (i128::from(price) * i128::from(lots)).saturating_mul(tick_value)
}

/// Rounded up to [`Money`].
pub(super) fn money_ceil(exact: i128) -> Money {
    Notional(exact.max(-i128::MAX)).to_money_ceil()
}

/// A position's quantity.
pub(super) fn signed_qty(instrument: &Instrument, lots: i64) -> SignedQty {
    SignedQty(lots.saturating_mul(instrument.lot_size.0))
}

/// `rate * notional + per_unit * quantity`, rounded up; no minimum.
pub(super) fn fee(instrument: &Instrument, rate: Ratio, notional: i128, lots: i64) -> Money {
    charge(instrument, rate, instrument.fees.per_unit, notional, lots)
}

/// In 1e-26, of which rate x notional is a multiple; rounded up. What passes the range is at its end.
fn charge(
    instrument: &Instrument,
    rate: Ratio,
    per_unit: Money,
    notional: i128,
    lots: i64,
) -> Money {
    const PER_MONEY: i128 = 100_000_000_000_000_000_000;
    let qty = instrument.qty(Lots(lots));
    let exact = || {
        // Money x Qty is 1e-14.
        let units = (i128::from(per_unit.0) * i128::from(qty.0)).checked_mul(1_000_000_000_000)?;
        let share = notional.saturating_abs().checked_mul(rate.0.into())?;
        share.checked_add(units)?.checked_add(PER_MONEY - 1)
    };
    match exact() {
        Some(exact) => Money(hold(exact.div_euclid(PER_MONEY))),
        None if rate.is_negative() => Money(i64::MIN),
        None => Money(i64::MAX),
    }
}

impl Market {
    /// Margin of so many lots at this price, rounded up.
    pub(super) fn margin(
        &self,
        requirement: Requirement,
        rate_min: Ratio,
        price: i64,
        lots: i64,
    ) -> Money {
        let notional = value(price, lots, self.tick_value);
        self.margin_of(requirement, rate_min, notional, lots)
    }

    /// Margin of so many lots that are worth this, rounded up.
    pub(super) fn margin_of(
        &self,
        requirement: Requirement,
        rate_min: Ratio,
        notional: i128,
        lots: i64,
    ) -> Money {
        let rate = requirement.rate.max(rate_min);
        charge(&self.instrument, rate, requirement.per_unit, notional, lots)
    }

    /// Value at the mark of this kind minus cost.
    pub(super) fn unrealised(&self, position: &Position, kind: MarkKind) -> i128 {
        let price = self.mark(position.lots, kind);
        value(price, position.lots, self.tick_value).saturating_sub(position.cost)
    }

    /// What so many lots are valued at.
    pub(super) fn mark(&self, lots: i64, kind: MarkKind) -> i64 {
        match (kind, self.last, self.touch) {
            (MarkKind::Last, Some(last), _) => last,
            (MarkKind::Mid, _, Some(touch)) => {
                let sum = i128::from(touch.bid) + i128::from(touch.ask);
                // Half a tick goes against the position.
                let against = i128::from(lots < 0) * sum.rem_euclid(2);
                (sum.div_euclid(2) + against) as i64
            }
            _ => self.closing(lots),
        }
    }

    /// The input that gave the mark: the newest print's or the quote's.
    pub(super) fn mark_seq(&self, kind: MarkKind) -> Seq {
        match (kind, self.last, self.touch) {
            (MarkKind::Last, Some(_), _) | (_, _, None) => self.last_seq,
            _ => self.touch_seq,
        }
    }

    /// The liquidation side of so many lots: the bid for a long position, the ask for a short one.
    pub(super) fn closing(&self, lots: i64) -> i64 {
        match self.touch {
            Some(touch) if lots >= 0 => touch.bid,
            Some(touch) => touch.ask,
            None => self.last.unwrap_or_default(),
        }
    }
}

impl Naive {
    pub(super) fn currency(&self, account: usize) -> Label {
        self.plan(account).currency
    }

    /// Units of 1e-9 of the account's currency for one of this one.
    pub(super) fn rate(&self, account: usize, currency: Label) -> i64 {
        let own = self.currency(account);
        if currency == own {
            return Ratio::ONE.0;
        }
        self.conversions
            .get(&(currency, own))
            .map_or(0, |rate| rate.0)
    }

    /// An amount of a currency in the account's, rounded down.
    pub(super) fn convert_floor(&self, account: usize, currency: Label, amount: Money) -> Money {
        let rate = self.rate(account, currency);
        Notional(share_floor(amount.to_notional().0, rate)).to_money_floor()
    }

    /// An amount of a currency in the account's, rounded up.
    pub(super) fn convert_ceil(&self, account: usize, currency: Label, amount: Money) -> Money {
        let rate = self.rate(account, currency);
        Money(hold(share_ceil(amount.0.into(), rate)).max(-i64::MAX))
    }

    /// The balance that rules and reports see: all currencies in the account's own.
    pub(super) fn balance_of(&self, account: usize) -> Money {
        let known = &self.accounts[account];
        let foreign = known.foreign.iter().map(|(currency, balance)| {
            i128::from(self.convert_floor(account, *currency, *balance).0)
        });
        Money(hold(i128::from(known.balance.0) + foreign.sum::<i128>()))
    }

    /// Balance of one currency.
    pub(super) fn balance_in(&self, account: usize, currency: Label) -> Money {
        let known = &self.accounts[account];
        if currency == self.currency(account) {
            known.balance
        } else {
            known.foreign_balance(currency).unwrap_or_default()
        }
    }

    /// Sum of the open positions of an account in instruments of one currency, 1e-17.
    fn unrealised_in(&self, account: usize, currency: Label) -> i128 {
        let positions = self.accounts[account].positions.iter();
        let kind = self.plan(account).terms.mark;
        positions
            .map(|position| (position, &self.markets[position.instrument]))
            .filter(|(_, market)| market.instrument.currency == currency)
            .fold(0, |sum: i128, (position, market)| {
                sum.saturating_add(market.unrealised(position, kind))
            })
    }

    /// Equity; of an account that is flat the balance.
    pub(super) fn day_worth_of(&self, account: usize) -> Notional {
        if self.accounts[account].positions.is_empty() {
            return self.balance_of(account).to_notional();
        }
        self.equity_of(account)
    }

    /// Balances and open positions at their marks, in the account's currency.
    pub(super) fn equity_of(&self, account: usize) -> Notional {
        let known = &self.accounts[account];
        let own = self.currency(account);
        let mut equity = known.balance.to_notional().0;
        equity = equity.saturating_add(self.unrealised_in(account, own));
        for (currency, balance) in &known.foreign {
            let held = balance.to_notional().0;
            let held = held.saturating_add(self.unrealised_in(account, *currency));
            equity = equity.saturating_add(share_floor(held, self.rate(account, *currency)));
        }
        Notional(equity)
    }

    /// Changes the balance of a currency by what the house gives for it, and the day's profit.
    pub(super) fn credit(&mut self, account: usize, currency: Label, amount: Money) -> i128 {
        let before = self.balance_in(account, currency);
        let after = before.saturating_add(amount);
        if currency == self.currency(account) {
            self.accounts[account].balance = after;
        } else {
            self.accounts[account].set_foreign(currency, after);
        }
        let realised = self.convert_floor(account, currency, amount);
        self.accounts[account].rules.record_realised(realised);
        i128::from(after.0) - i128::from(before.0)
    }
}
