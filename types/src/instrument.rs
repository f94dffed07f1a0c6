//! What can be traded, in which steps, and what trading it costs.

use crate::label::Label;
use crate::unit::{Lots, Money, Notional, Price, Qty, Ratio, Ticks};

/// The family of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstrumentKind {
    /// A share or fund.
    Equity,
    /// A currency pair.
    FxPair,
    /// A crypto pair, settled at once.
    CryptoSpot,
    /// A dated or perpetual contract.
    Future,
}

/// What a fill costs: `rate * notional + per_unit * quantity`, at least `minimum`. The sum is
/// rounded up to the next unit of [`Money`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeeSchedule {
    /// Share of the notional.
    pub rate: Ratio,
    /// Amount for each contract, share or base unit.
    pub per_unit: Money,
    /// The least that a fill costs.
    pub minimum: Money,
}

/// The definition of an instrument. Its currency is the quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instrument {
    /// The name that people use, such as `BTCUSDT`.
    pub symbol: Label,
    /// The family.
    pub kind: InstrumentKind,
    /// Quote currency, such as `USD`.
    pub currency: Label,
    /// Smallest price step; every price is a multiple.
    pub tick_size: Price,
    /// Smallest quantity step; every quantity is a multiple.
    pub lot_size: Qty,
    /// Base units in one contract; 1 for shares and spot pairs.
    pub contract_size: Qty,
    /// The largest quantity of one order.
    pub order_qty_max: Qty,
    /// What a fill costs.
    pub fees: FeeSchedule,
}

/// What is wrong with an instrument's definition, or with a price or quantity given for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InstrumentError {
    /// The tick size is not above zero.
    #[error("tick_size must be above zero")]
    TickSize,
    /// The lot size is not above zero.
    #[error("lot_size must be above zero")]
    LotSize,
    /// The contract size is not above zero.
    #[error("contract_size must be above zero")]
    ContractSize,
    /// One tick of one lot is finer than [`Notional`] or too large for it.
    #[error("tick_size x lot_size x contract_size must be a multiple of 1e-17")]
    TickValue,
    /// The largest order is not a positive multiple of the lot size.
    #[error("order_qty_max must be a positive multiple of lot_size")]
    OrderQtyMax,
    /// A fee is below zero.
    #[error("fees must not be negative")]
    Fees,
    /// A price is not a multiple of the tick size.
    #[error("the price is not a multiple of the tick size")]
    OffTick,
    /// A quantity is not a multiple of the lot size.
    #[error("the quantity is not a multiple of the lot size")]
    OffLot,
}

impl Instrument {
    /// The value of one tick on one lot, exactly.
    ///
    /// # Errors
    /// The first thing that is wrong with the definition.
    pub fn tick_value(&self) -> Result<Notional, InstrumentError> {
        if self.tick_size.0 <= 0 {
            return Err(InstrumentError::TickSize);
        }
        if self.lot_size.0 <= 0 {
            return Err(InstrumentError::LotSize);
        }
        if self.contract_size.0 <= 0 {
            return Err(InstrumentError::ContractSize);
        }
        if self.order_qty_max.0 <= 0 || self.order_qty_max.0 % self.lot_size.0 != 0 {
            return Err(InstrumentError::OrderQtyMax);
        }
        let FeeSchedule {
            rate,
            per_unit,
            minimum,
        } = self.fees;
        if rate.is_negative() || per_unit.is_negative() || minimum.is_negative() {
            return Err(InstrumentError::Fees);
        }
        let contract = i128::from(Qty::ONE.0);
        i128::from(self.tick_size.0)
            .checked_mul(i128::from(self.lot_size.0))
            .and_then(|tick_lot| tick_lot.checked_mul(i128::from(self.contract_size.0)))
            .filter(|scaled| scaled % contract == 0)
            .map(|scaled| Notional(scaled / contract))
            .ok_or(InstrumentError::TickValue)
    }

    /// The price in ticks.
    ///
    /// # Errors
    /// When it is not a multiple of the tick size.
    pub fn ticks(&self, price: Price) -> Result<Ticks, InstrumentError> {
        if price.0 % self.tick_size.0 == 0 {
            Ok(Ticks(price.0 / self.tick_size.0))
        } else {
            Err(InstrumentError::OffTick)
        }
    }

    /// The quantity in lots.
    ///
    /// # Errors
    /// When it is not a multiple of the lot size.
    pub fn lots(&self, qty: Qty) -> Result<Lots, InstrumentError> {
        if qty.0 % self.lot_size.0 == 0 {
            Ok(Lots(qty.0 / self.lot_size.0))
        } else {
            Err(InstrumentError::OffLot)
        }
    }

    /// The price of so many ticks; saturates at the ends of the range.
    #[must_use]
    pub const fn price(&self, ticks: Ticks) -> Price {
        Price(ticks.0.saturating_mul(self.tick_size.0))
    }

    /// The quantity of so many lots, without its sign; saturates at the end of the range.
    #[must_use]
    pub const fn qty(&self, lots: Lots) -> Qty {
        Qty(lots.0.saturating_abs().saturating_mul(self.lot_size.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micro_bitcoin_future() -> Instrument {
        Instrument {
            symbol: Label::new("MBT").unwrap(),
            kind: InstrumentKind::Future,
            currency: Label::new("USD").unwrap(),
            tick_size: Price::whole(5),
            lot_size: Qty::ONE,
            contract_size: "0.1".parse().unwrap(),
            order_qty_max: Qty::whole(1000),
            fees: FeeSchedule::default(),
        }
    }

    #[test]
    fn a_tick_of_a_lot_is_worth_what_the_contract_says() {
        // Five dollars on a tenth of a bitcoin is half a dollar.
        let value = micro_bitcoin_future().tick_value().unwrap();
        assert_eq!(value.to_string(), "0.5");
    }

    #[test]
    fn prices_and_quantities_convert_exactly_or_not_at_all() {
        let future = micro_bitcoin_future();
        assert_eq!(future.ticks(Price::whole(65_005)), Ok(Ticks(13_001)));
        assert_eq!(future.ticks(Price::whole(-10)), Ok(Ticks(-2)));
        assert_eq!(
            future.ticks(Price::whole(65_001)),
            Err(InstrumentError::OffTick)
        );
        assert_eq!(future.lots(Qty::whole(3)), Ok(Lots(3)));
        assert_eq!(
            future.lots("0.5".parse().unwrap()),
            Err(InstrumentError::OffLot)
        );
        assert_eq!(future.price(Ticks(13_001)), Price::whole(65_005));
    }

    #[test]
    fn a_definition_that_cannot_be_exact_is_refused() {
        let mut odd = micro_bitcoin_future();
        odd.tick_size = Price(1);
        odd.lot_size = Qty(1);
        odd.contract_size = Qty(1);
        odd.order_qty_max = Qty(1);
        assert_eq!(odd.tick_value(), Err(InstrumentError::TickValue));
        odd.tick_size = Price(0);
        assert_eq!(odd.tick_value(), Err(InstrumentError::TickSize));
    }
}
