//! What can be traded, in which steps, and what trading it costs.

use crate::command::LatencySample;
use crate::id::LatencyId;
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

impl InstrumentKind {
    /// Whether orders may have a price of zero or below: contracts (energy, spreads) and differences of currencies,
    /// but no share and no coin.
    #[inline]
    #[must_use]
    pub const fn may_be_negative(self) -> bool {
        match self {
            Self::Equity | Self::CryptoSpot => false,
            Self::FxPair | Self::Future => true,
        }
    }
}

/// What a fill costs: `rate * notional + per_unit * quantity`, rounded up to the next unit of
/// [`Money`]; over all fills of one order together at least `minimum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeeSchedule {
    /// Share of the notional for the side that took liquidity.
    pub taker: Ratio,
    /// Share of the notional for the side that gave it; below zero is a rebate, at most the taker's
    /// share.
    pub maker: Ratio,
    /// Amount for each contract, share or base unit.
    pub per_unit: Money,
    /// The least that the fills of an order cost together.
    pub minimum: Money,
}

/// Margin that a position ties up: `rate * notional + per_unit * quantity`, rounded up to the next unit
/// of [`Money`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requirement {
    /// Share of the notional, in [0, 1]. Leverage of 1:30 is 0.033333334.
    pub rate: Ratio,
    /// Amount for each contract, share or base unit.
    pub per_unit: Money,
}

/// Margin of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Margin {
    /// Needed to open.
    pub initial: Requirement,
    /// Needed to keep; at most the initial one.
    pub maintenance: Requirement,
}

/// Where the orders of an instrument meet liquidity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liquidity {
    /// Each account against the outside market; accounts do not see each other.
    Paper(PaperModel),
    /// A price-time-priority book among the accounts.
    Crossed,
}

/// How an order against the outside market fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaperModel {
    /// When a resting limit order fills.
    pub fill: FillRule,
    /// How much fills at a time.
    pub sizes: Sizes,
    /// How much worse than the market a taking fill is.
    pub slippage: Slippage,
    /// How long messages travel.
    pub latency: Latency,
    /// What a bar does.
    pub bars: BarPath,
}

/// When a resting limit order fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FillRule {
    /// When the opposite side is at its price or better.
    #[default]
    Touch,
    /// When the opposite side, or a print, is better than its price.
    Through,
    /// When the opposite side is at its price or better, or prints at its price have used up the
    /// quantity that stood before it.
    Queue(CancelModel),
}

/// Where in a queue the quantity stood that was cancelled: `front` lots before the order, `back` behind it, which is
/// what its price showed last less `front`. What a price shows less than before, beyond what was printed there
/// since, was cancelled. Whatever the model, no more stands before an order than is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CancelModel {
    /// Behind the order, as far as there was any: `front` falls by what was cancelled beyond `back`, so that mostly
    /// only prints move an order forward. The `RiskAverseQueueModel` of hftbacktest, whose position advances with
    /// trades at its price only and is held at what is shown
    /// (<https://hftbacktest.readthedocs.io/en/v1.8.4/reference/queue_models.html>).
    #[default]
    Conservative,
    /// Before and behind it in the proportion `front^n : back^n`, the part before it rounded down; what is more than
    /// `back` was before it, too. `n` is 1 to 3. The probability model of Rigtorp, "Estimating order queue position",
    /// 2013, with a power function: `PowerProbQueueModel` of hftbacktest (same page).
    Power(u8),
}

/// How much fills at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sizes {
    /// All of the order at the best price.
    #[default]
    Unlimited,
    /// What is displayed, level by level, less what the account has taken since it was displayed.
    Displayed,
}

/// How much worse than the market a taking fill is. Never worse than the order's own limit, and never at zero or below
/// where the market is above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slippage {
    /// Not at all.
    #[default]
    None,
    /// So many ticks.
    Ticks(u32),
    /// A share of the price, in [0, 1), rounded up to a tick.
    Rate(Ratio),
    /// So many ticks for each time that the order is as large as what is displayed at the best price,
    /// rounded up. What the engine closes it carries no further than the instrument's collar, or without one
    /// [`CLOSING_IMPACT_MAX`].
    Impact {
        /// Ticks.
        ticks: u32,
    },
}

/// How long messages travel between an account and the outside market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Latency {
    /// No time.
    #[default]
    None,
    /// Always as long.
    Constant(LatencySample),
    /// As a recorded distribution: an order takes the sample at `mix(order id) mod samples`, where
    /// `mix` is the finaliser of `SplitMix64`.
    Recorded(LatencyId),
}

/// What a bar does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BarPath {
    /// It is a summary and fills nothing.
    #[default]
    Ignored,
    /// Orders fill along its path: open, the nearer extreme, the farther one, close; and a stop inside
    /// its range before any target.
    Walked,
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
    /// What a position ties up in an account with margin.
    pub margin: Margin,
    /// Whether positions below zero are allowed.
    pub shortable: bool,
    /// How far from the reference price (the newest print, else the middle of the quote) an order may
    /// trade, as a share of it; zero for no collar.
    pub collar: Ratio,
    /// How far from the first price of the session a crossed instrument may trade before it halts, as
    /// a share of it; zero for no breaker.
    pub breaker: Ratio,
    /// Where its orders meet liquidity.
    pub liquidity: Liquidity,
}

/// The most ticks that a fill model may slip.
pub const SLIPPAGE_TICKS_MAX: u32 = 1_000_000;

/// The most that the impact of a closing by the engine moves its price from the best one, as a share of that, rounded down
/// to a tick, where the instrument has no collar.
pub const CLOSING_IMPACT_MAX: Ratio = Ratio::percent(10);

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
    /// A fee is below zero, or a rebate is larger than the taker's fee.
    #[error("fees must not be negative, and a maker's rebate must not be above the taker's rate")]
    Fees,
    /// A margin rate is outside of 0 to 1, an amount is below zero, or maintenance is above initial.
    #[error("margin rates must be from 0 to 1, amounts not negative, maintenance at most initial")]
    Margin,
    /// Collar or breaker is outside of [0, 1), or a paper instrument has a breaker.
    #[error(
        "collar and breaker must be from 0 to below 1; only a crossed instrument has a breaker"
    )]
    Bands,
    /// A figure of the fill model is out of its range, or names what is not known.
    #[error("the fill model has a figure out of range, or a latency that is not defined")]
    Model,
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
        self.check_fees()?;
        self.check_margin()?;
        self.check_bands()?;
        self.check_model()?;
        let contract = i128::from(Qty::ONE.0);
        i128::from(self.tick_size.0)
            .checked_mul(i128::from(self.lot_size.0))
            .and_then(|tick_lot| tick_lot.checked_mul(i128::from(self.contract_size.0)))
            .filter(|scaled| scaled % contract == 0)
            .map(|scaled| Notional(scaled / contract))
            .ok_or(InstrumentError::TickValue)
    }

    fn check_fees(&self) -> Result<(), InstrumentError> {
        let FeeSchedule {
            taker,
            maker,
            per_unit,
            minimum,
        } = self.fees;
        let is_negative = taker.is_negative() || per_unit.is_negative() || minimum.is_negative();
        if is_negative || maker.0 < -taker.0 {
            return Err(InstrumentError::Fees);
        }
        Ok(())
    }

    fn check_margin(&self) -> Result<(), InstrumentError> {
        let Margin {
            initial,
            maintenance,
        } = self.margin;
        let is_ordered = maintenance.rate <= initial.rate
            && maintenance.per_unit <= initial.per_unit
            && initial.rate <= Ratio::ONE;
        if is_ordered && !maintenance.rate.is_negative() && !maintenance.per_unit.is_negative() {
            Ok(())
        } else {
            Err(InstrumentError::Margin)
        }
    }

    fn check_bands(&self) -> Result<(), InstrumentError> {
        let is_share = |ratio: Ratio| (0..Ratio::ONE.0).contains(&ratio.0);
        let has_book = self.liquidity == Liquidity::Crossed;
        if is_share(self.collar) && is_share(self.breaker) && (has_book || self.breaker.0 == 0) {
            Ok(())
        } else {
            Err(InstrumentError::Bands)
        }
    }

    fn check_model(&self) -> Result<(), InstrumentError> {
        let Liquidity::Paper(model) = self.liquidity else {
            return Ok(());
        };
        let is_known = match model.fill {
            FillRule::Queue(CancelModel::Power(power)) => (1..=3).contains(&power),
            _ => true,
        };
        let is_mild = match model.slippage {
            Slippage::None => true,
            Slippage::Ticks(ticks) | Slippage::Impact { ticks } => ticks <= SLIPPAGE_TICKS_MAX,
            Slippage::Rate(rate) => (0..Ratio::ONE.0).contains(&rate.0),
        };
        if is_known && is_mild {
            Ok(())
        } else {
            Err(InstrumentError::Model)
        }
    }

    /// The price in ticks.
    ///
    /// # Errors
    /// When it is not a multiple of the tick size.
    #[inline]
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
    #[inline]
    pub fn lots(&self, qty: Qty) -> Result<Lots, InstrumentError> {
        if qty.0 % self.lot_size.0 == 0 {
            Ok(Lots(qty.0 / self.lot_size.0))
        } else {
            Err(InstrumentError::OffLot)
        }
    }

    /// The price of so many ticks; saturates at the ends of the range.
    #[must_use]
    #[inline]
    pub const fn price(&self, ticks: Ticks) -> Price {
        Price(ticks.0.saturating_mul(self.tick_size.0))
    }

    /// The quantity of so many lots, without its sign; saturates at the end of the range.
    #[must_use]
    #[inline]
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
            margin: Margin::default(),
            shortable: true,
            collar: Ratio::ZERO,
            breaker: Ratio::ZERO,
            liquidity: Liquidity::Paper(PaperModel::default()),
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

    #[test]
    fn every_figure_of_a_definition_has_its_range() {
        let check = |change: &dyn Fn(&mut Instrument)| {
            let mut instrument = micro_bitcoin_future();
            change(&mut instrument);
            instrument.tick_value().map(|_| ())
        };
        let fees = Err(InstrumentError::Fees);
        // A rebate may give back what the taker pays, and no more.
        let maker = |maker| check(&|i| (i.fees.taker, i.fees.maker) = (Ratio(20), Ratio(maker)));
        assert_eq!((maker(-20), maker(-21)), (Ok(()), fees));
        assert_eq!(check(&|i| i.fees.minimum = Money(-1)), fees);

        let margin = |initial, maintenance| {
            check(&|i| {
                i.margin.initial.rate = initial;
                i.margin.maintenance.rate = maintenance;
            })
        };
        let refused = Err(InstrumentError::Margin);
        assert_eq!(margin(Ratio::ONE, Ratio::ONE), Ok(()));
        assert_eq!(margin(Ratio(1_000_000_001), Ratio::ZERO), refused);
        assert_eq!(margin(Ratio(5), Ratio(6)), refused);
        assert_eq!(margin(Ratio(5), Ratio(-1)), refused);

        let refused = Err(InstrumentError::Bands);
        assert_eq!(check(&|i| i.collar = Ratio(999_999_999)), Ok(()));
        assert_eq!(check(&|i| i.collar = Ratio::ONE), refused);
        // Only a book can halt on a trade of its own.
        assert_eq!(check(&|i| i.breaker = Ratio(1)), refused);
        let crossed = |i: &mut Instrument| {
            i.liquidity = Liquidity::Crossed;
            i.breaker = Ratio(1);
        };
        assert_eq!(check(&crossed), Ok(()));

        let model = |model| check(&|i| i.liquidity = Liquidity::Paper(model));
        let fill = |power| {
            model(PaperModel {
                fill: FillRule::Queue(CancelModel::Power(power)),
                ..PaperModel::default()
            })
        };
        let refused = Err(InstrumentError::Model);
        assert_eq!(
            (fill(0), fill(1), fill(3), fill(4)),
            (refused, Ok(()), Ok(()), refused)
        );
        let slip = |slippage| {
            model(PaperModel {
                slippage,
                ..PaperModel::default()
            })
        };
        assert_eq!(slip(Slippage::Ticks(SLIPPAGE_TICKS_MAX)), Ok(()));
        assert_eq!(slip(Slippage::Ticks(SLIPPAGE_TICKS_MAX + 1)), refused);
        assert_eq!(slip(Slippage::Rate(Ratio::ONE)), refused);
    }
}
