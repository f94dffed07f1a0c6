//! Why something was refused: the word, and the figures that belong to it.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use types::{AlgoEnd, DenyReason};

/// The word for the reason of a refusal.
pub const fn denial(reason: DenyReason) -> &'static str {
    match reason {
        DenyReason::UnknownAccount => "unknown_account",
        DenyReason::UnknownInstrument => "unknown_instrument",
        DenyReason::UnknownOrder => "unknown_order",
        DenyReason::AccountNotTrading => "account_not_trading",
        DenyReason::DayLocked => "day_locked",
        DenyReason::OrderRate { .. } => "order_rate",
        DenyReason::DuplicateClientOrder => "duplicate_client_order",
        DenyReason::QtyNotPositive => "qty_not_positive",
        DenyReason::QtyTooLarge { .. } => "qty_too_large",
        DenyReason::QtyOffLot { .. } => "qty_off_lot",
        DenyReason::QtyFilled { .. } => "qty_filled",
        DenyReason::PriceOffTick { .. } => "price_off_tick",
        DenyReason::BadTrail => "bad_trail",
        DenyReason::BadList => "bad_list",
        DenyReason::ChildrenMax { .. } => "children_max",
        DenyReason::BadDisplay => "bad_display",
        DenyReason::BadTimeInForce => "bad_time_in_force",
        DenyReason::BadLeg => "bad_leg",
        DenyReason::NoSuchPrice => "no_such_price",
        DenyReason::BadAlgo => "bad_algo",
        DenyReason::UnknownCurve => "unknown_curve",
        DenyReason::NoConversion => "no_conversion",
        DenyReason::CurrenciesMax { .. } => "currencies_max",
        DenyReason::InstrumentNotOpen => "instrument_not_open",
        DenyReason::NoQuote => "no_quote",
        DenyReason::BadQuote => "bad_quote",
        DenyReason::PriceOutsideCollar { .. } => "price_outside_collar",
        DenyReason::NotReducing { .. } => "not_reducing",
        DenyReason::ShortNotAllowed { .. } => "short_not_allowed",
        DenyReason::BuyingPower { .. } => "buying_power",
        DenyReason::AccountOrdersMax { .. } => "account_orders_max",
        DenyReason::OrdersMax { .. } => "orders_max",
        DenyReason::PositionsMax { .. } => "positions_max",
        DenyReason::LevelsMax { .. } => "levels_max",
        DenyReason::WouldTake { .. } => "would_take",
        DenyReason::Mandatory => "mandatory",
        DenyReason::NotInPlan => "not_in_plan",
        DenyReason::OutOfRange => "out_of_range",
    }
}

/// The word for the reason that an algo ended.
pub const fn algo_end(reason: AlgoEnd) -> &'static str {
    match reason {
        AlgoEnd::Filled => "filled",
        AlgoEnd::Over => "over",
        AlgoEnd::Requested => "requested",
        AlgoEnd::AccountLocked => "account_locked",
        AlgoEnd::ChildDenied(_) => "child_denied",
    }
}

/// The limits and values of a refusal, by name: counts as numbers, the rest as decimal text. An object;
/// empty where the reason has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(Vec<(&'static str, Figure)>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Figure {
    Count(u32),
    Decimal(String),
}

impl Figures {
    /// The figures of a reason.
    pub fn of(reason: DenyReason) -> Self {
        let decimal = |name, value: &dyn ToString| (name, Figure::Decimal(value.to_string()));
        let one = |name, value| vec![decimal(name, value)];
        Self(match reason {
            DenyReason::QtyTooLarge { max } => one("max", &max),
            DenyReason::QtyOffLot { lot_size } => one("lot_size", &lot_size),
            DenyReason::QtyFilled { filled } => one("filled", &filled),
            DenyReason::PriceOffTick { tick_size } => one("tick_size", &tick_size),
            DenyReason::PriceOutsideCollar { limit } => one("limit", &limit),
            DenyReason::NotReducing { position } => one("position", &position),
            DenyReason::ShortNotAllowed { available } => one("available", &available),
            DenyReason::BuyingPower { needed, available } => {
                vec![decimal("needed", &needed), decimal("available", &available)]
            }
            DenyReason::WouldTake { best } => one("best", &best),
            DenyReason::OrderRate { max }
            | DenyReason::ChildrenMax { max }
            | DenyReason::CurrenciesMax { max }
            | DenyReason::AccountOrdersMax { max }
            | DenyReason::OrdersMax { max }
            | DenyReason::PositionsMax { max }
            | DenyReason::LevelsMax { max } => vec![("max", Figure::Count(max))],
            DenyReason::UnknownAccount
            | DenyReason::UnknownInstrument
            | DenyReason::UnknownOrder
            | DenyReason::AccountNotTrading
            | DenyReason::DayLocked
            | DenyReason::DuplicateClientOrder
            | DenyReason::QtyNotPositive
            | DenyReason::BadTrail
            | DenyReason::BadList
            | DenyReason::BadDisplay
            | DenyReason::BadTimeInForce
            | DenyReason::BadLeg
            | DenyReason::NoSuchPrice
            | DenyReason::BadAlgo
            | DenyReason::UnknownCurve
            | DenyReason::NoConversion
            | DenyReason::InstrumentNotOpen
            | DenyReason::NoQuote
            | DenyReason::BadQuote
            | DenyReason::Mandatory
            | DenyReason::NotInPlan
            | DenyReason::OutOfRange => Vec::new(),
        })
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use types::{Money, Price, Qty, SignedQty};

    use super::*;

    /// Every reason, with figures that differ.
    fn all() -> Vec<DenyReason> {
        use DenyReason::*;
        let (qty, price, money) = (Qty::whole(3), Price::whole(4), Money::whole(5));
        vec![
            UnknownAccount,
            UnknownInstrument,
            UnknownOrder,
            AccountNotTrading,
            DayLocked,
            OrderRate { max: 9 },
            DuplicateClientOrder,
            QtyNotPositive,
            QtyTooLarge { max: qty },
            QtyOffLot { lot_size: qty },
            QtyFilled { filled: qty },
            PriceOffTick { tick_size: price },
            BadTrail,
            BadList,
            ChildrenMax { max: 8 },
            BadDisplay,
            BadTimeInForce,
            BadLeg,
            NoSuchPrice,
            BadAlgo,
            UnknownCurve,
            NoConversion,
            CurrenciesMax { max: 3 },
            InstrumentNotOpen,
            NoQuote,
            BadQuote,
            PriceOutsideCollar { limit: price },
            NotReducing {
                position: SignedQty::whole(-2),
            },
            ShortNotAllowed { available: qty },
            BuyingPower {
                needed: money,
                available: Money(1),
            },
            AccountOrdersMax { max: 1 },
            OrdersMax { max: 2 },
            PositionsMax { max: 3 },
            LevelsMax { max: 4 },
            WouldTake { best: price },
            Mandatory,
            NotInPlan,
            OutOfRange,
        ]
    }

    #[test]
    fn no_two_reasons_share_a_word() {
        let words: BTreeSet<_> = all().into_iter().map(denial).collect();
        assert_eq!(words.len(), all().len());
    }

    #[test]
    fn a_reason_has_its_limit_and_its_value() {
        let json = |reason| serde_json::to_string(&Figures::of(reason)).unwrap();
        assert_eq!(json(DenyReason::NoQuote), "{}");
        assert_eq!(
            json(DenyReason::OrderRate { max: 1_000 }),
            r#"{"max":1000}"#
        );
        let (needed, available) = (Money::whole(120), Money(99_500_000));
        assert_eq!(
            json(DenyReason::BuyingPower { needed, available }),
            r#"{"needed":"120","available":"99.5"}"#
        );
        let position = SignedQty::whole(-2);
        assert_eq!(
            json(DenyReason::NotReducing { position }),
            r#"{"position":"-2"}"#
        );
        let figured = all()
            .into_iter()
            .filter(|reason| !Figures::of(*reason).is_empty());
        assert_eq!(figured.count(), 16);
    }
}
