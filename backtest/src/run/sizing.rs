//! How many lots a size is, in integers, rounded down.

use engine::Shard;
use types::{
    AccountId, Instrument, InstrumentId, Money, Notional, PaperModel, Price, Qty, Ratio, Side,
    Slippage,
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
    /// The price at which an order of this side and of so many lots would take, slippage included.
    fn price(&self, side: Side, lots: i128) -> Option<Price> {
        let quote = self.shard.quote(self.instrument)?;
        let (at, displayed) = match side {
            Side::Buy => (quote.ask, quote.ask_qty),
            Side::Sell => (quote.bid, quote.bid_qty),
        };
        let types::Liquidity::Paper(model) = self.spec.liquidity else {
            return Some(at);
        };
        let tick = self.spec.tick_size.0;
        let slip = match model.slippage {
            Slippage::None => 0,
            Slippage::Ticks(ticks) => i64::from(ticks).saturating_mul(tick),
            Slippage::Impact { ticks } => {
                let displayed = i128::from(displayed.0 / self.spec.lot_size.0).max(1);
                let exact = lots.checked_mul(ticks.into())?;
                let ticks = exact.div_euclid(displayed) + i128::from(exact % displayed != 0);
                i64::try_from(ticks).ok()?.saturating_mul(tick)
            }
            Slippage::Rate(rate) => {
                let slip = i128::from(at.0.saturating_abs()) * i128::from(rate.0);
                let ticks = slip / i128::from(Ratio::ONE.0) / i128::from(tick) + 1;
                (ticks as i64).saturating_mul(tick)
            }
        };
        Some(Price(at.0.saturating_add(side.sign().saturating_mul(slip))))
    }

    /// The most lots that so much money pays, each costing what `cost` makes of the price. What is bought with an impact is
    /// dearer the more of it there is.
    fn most(&self, side: Side, money: i128, cost: impl Fn(Price) -> Option<i128>) -> Option<i128> {
        let most = money / cost(self.price(side, 1)?)?;
        let types::Liquidity::Paper(PaperModel {
            slippage: Slippage::Impact { .. },
            ..
        }) = self.spec.liquidity
        else {
            return Some(most);
        };
        if side == Side::Sell {
            return Some(most);
        }
        let is_paid = |lots: i128| {
            let cost = self.price(side, lots).and_then(&cost);
            let all = cost.and_then(|cost| cost.checked_mul(lots));
            all.is_some_and(|all| all <= money)
        };
        let (mut paid, mut more) = (0, most.max(0) + 1);
        while more - paid > 1 {
            let middle = paid + (more - paid) / 2;
            if is_paid(middle) {
                paid = middle;
            } else {
                more = middle;
            }
        }
        Some(paid)
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
            Size::Units(qty) if share == Ratio::ONE => i128::from(qty.0 / self.spec.lot_size.0),
            Size::Units(qty) => {
                let units = i128::from(qty.0) * i128::from(share.0);
                units / one / lot
            }
            Size::Notional(amount) => {
                let amount = self.in_currency(amount.to_notional())?;
                let amount = amount.0.checked_mul(share.0.into())? / one;
                self.most(side, amount, |price| self.lot_value(price))?
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
        let fees = self.spec.fees;
        let by_unit = i128::from(fees.per_unit.0)
            .checked_mul(self.spec.lot_size.0.into())?
            .checked_mul(Notional::PER_MONEY / i128::from(Qty::ONE.0))?;
        let quote = self.shard.quote(self.instrument)?;
        let at = match side {
            Side::Buy => quote.ask,
            Side::Sell => quote.bid,
        };
        // What is sold for less ties up what the market is at.
        let least = self.lot_value(at)?;
        let cost = |price| {
            let per_lot = self.lot_value(price)?.max(least);
            let fee = per_lot.checked_mul(fees.taker.0.max(0).into())? / one + 1;
            per_lot.checked_add(fee)?.checked_add(by_unit)
        };
        let equity = self.shard.equity(self.account)?;
        // The fee of a fill is rounded up by less than a unit, and is at least the minimum.
        let rounding = fees.minimum.saturating_add(Money(1)).to_notional();
        let money = self.in_currency(equity)?.saturating_sub(rounding);
        // Equity is 1e-17 and the share 1e-9: what would pass 128 bits is divided first.
        let spent = match money.0.checked_mul(fraction) {
            Some(scaled) => scaled / one,
            None => (money.0 / one).checked_mul(fraction)?,
        };
        self.most(side, spent, cost)
    }

    /// What so many lots at most pay in fees and lose at once, from their price to the other side of the quote; in the
    /// account's currency.
    pub(super) fn charge(&self, lots: i64, side: Side) -> Option<Money> {
        let price = self.price(side, lots.into())?;
        let quote = self.shard.quote(self.instrument)?;
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
