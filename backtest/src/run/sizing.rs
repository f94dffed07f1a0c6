//! How many lots a size is, in integers, rounded down.

use engine::Shard;
use types::{
    AccountId, Instrument, InstrumentId, Money, Notional, Price, Qty, Ratio, Side, Slippage,
};

use crate::strategy::Size;

/// What lots are paid with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purse<'a> {
    pub(super) shard: &'a Shard,
    pub(super) account: AccountId,
    pub(super) instrument: InstrumentId,
    pub(super) spec: &'a Instrument,
    /// Units of the account's currency for one of the instrument's.
    pub(super) rate: Price,
}

impl Purse<'_> {
    /// The price at which an order of this side would take, slippage included.
    fn price(&self, side: Side) -> Option<Price> {
        let quote = self.shard.quote(self.instrument)?;
        let at = match side {
            Side::Buy => quote.ask,
            Side::Sell => quote.bid,
        };
        let types::Liquidity::Paper(model) = self.spec.liquidity else {
            return Some(at);
        };
        let tick = self.spec.tick_size.0;
        let slip = match model.slippage {
            Slippage::None => 0,
            // What impact comes to depends on the size that is looked for: one step of it is allowed for.
            Slippage::Ticks(ticks) | Slippage::Impact { ticks } => {
                i64::from(ticks).saturating_mul(tick)
            }
            Slippage::Rate(rate) => {
                let slip = i128::from(at.0.saturating_abs()) * i128::from(rate.0);
                let ticks = slip / i128::from(Ratio::ONE.0) / i128::from(tick) + 1;
                (ticks as i64).saturating_mul(tick)
            }
        };
        Some(Price(at.0.saturating_add(side.sign().saturating_mul(slip))))
    }

    /// What one lot costs at this price, in 1e-17 of the instrument's currency; nothing where it costs nothing.
    fn lot_value(&self, price: Price) -> Option<i128> {
        let units =
            i128::from(price.0.saturating_abs()).checked_mul(self.spec.lot_size.0.into())?;
        let value = units.checked_mul(self.spec.contract_size.0.into())? / i128::from(Qty::ONE.0);
        (value > 0).then_some(value)
    }

    /// Whole lots of a full position times `share`, at least zero.
    pub(super) fn lots(&self, size: Size, share: Ratio, side: Side) -> Option<i64> {
        let lot = i128::from(self.spec.lot_size.0);
        let one = i128::from(Ratio::ONE.0);
        let lots = match size {
            Size::Units(qty) => {
                let units = i128::from(qty.0) * i128::from(share.0);
                units / one / lot
            }
            Size::Notional(amount) => {
                let per_lot = self.lot_value(self.price(side)?)?;
                let amount = self.in_currency(amount.to_notional())?;
                amount.0.checked_mul(share.0.into())? / one / per_lot
            }
            Size::Equity(fraction) => {
                let fraction = i128::from(fraction.0).checked_mul(share.0.into())? / one;
                self.affordable(fraction, side)?
            }
        };
        i64::try_from(lots.max(0)).ok()
    }

    /// Lots for a share of equity (1e-9), fees included.
    fn affordable(&self, fraction: i128, side: Side) -> Option<i128> {
        let one = i128::from(Ratio::ONE.0);
        let price = self.price(side)?;
        let per_lot = self.lot_value(price)?;
        let fees = self.spec.fees;
        let by_unit = i128::from(fees.per_unit.0)
            .checked_mul(self.spec.lot_size.0.into())?
            .checked_mul(Notional::PER_MONEY / i128::from(Qty::ONE.0))?;
        let fee = per_lot.checked_mul(fees.taker.0.max(0).into())? / one + 1;
        let cost = per_lot.checked_add(fee)?.checked_add(by_unit)?;
        let equity = self.shard.equity(self.account)?;
        // The fee of a fill is rounded up by less than a unit, and is at least the minimum.
        let rounding = fees.minimum.saturating_add(Money(1)).to_notional();
        let money = self.in_currency(equity)?.saturating_sub(rounding);
        // Equity is 1e-17 and the share 1e-9: what would pass 128 bits is divided first.
        let spent = match money.0.checked_mul(fraction) {
            Some(scaled) => scaled / one,
            None => (money.0 / one).checked_mul(fraction)?,
        };
        Some(spent / cost)
    }

    /// What so many lots at most pay in fees and lose at once, from their price to the other side of the quote; in the
    /// account's currency.
    pub(super) fn charge(&self, lots: i64, side: Side) -> Option<Money> {
        let (price, quote) = (self.price(side)?, self.shard.quote(self.instrument)?);
        let worth = match side {
            Side::Buy => quote.bid,
            Side::Sell => quote.ask,
        };
        let lost = self.lot_value(Price(price.0.saturating_sub(worth.0)));
        let fees = self.spec.fees;
        let one = i128::from(Ratio::ONE.0);
        let fee = self.lot_value(price)?.checked_mul(fees.taker.0.into())? / one + 1;
        let by_unit = i128::from(fees.per_unit.0)
            .checked_mul(self.spec.lot_size.0.into())?
            .checked_mul(Notional::PER_MONEY / i128::from(Qty::ONE.0))?;
        let per_lot = lost.unwrap_or(0).checked_add(fee)?.checked_add(by_unit)?;
        let all = per_lot.checked_mul(lots.into())?;
        // Fee and loss are each rounded up.
        let rounding = fees.minimum.saturating_add(Money(2)).to_notional();
        let all = all.checked_add(rounding.0)?;
        let one = i128::from(Price::ONE.0);
        let own = (all / one + 1).checked_mul(self.rate.0.into())?;
        Some(Notional(own).to_money_ceil())
    }

    /// An amount of the account's currency in the instrument's.
    fn in_currency(&self, amount: Notional) -> Option<Notional> {
        if self.rate == Price::ONE {
            return Some(amount);
        }
        let rate = i128::from(self.rate.0);
        if rate <= 0 {
            return None;
        }
        let one = i128::from(Price::ONE.0);
        let exact = amount.0.checked_mul(one).map(|scaled| scaled / rate);
        exact
            .or_else(|| (amount.0 / rate).checked_mul(one))
            .map(Notional)
    }
}
