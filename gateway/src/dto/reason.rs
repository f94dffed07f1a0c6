//! Why something was refused: the word, and the figures that belong to it.

mod rejection;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use types::{
    AlgoEnd, AlgoFault, CancelReason, ConductDenial, Consistency, DenyReason, DisplayFault,
    ListFault, ListField, Money, OpenDenial, PayoutDenial, TimeInForceFault, Trail,
};

use super::percent;
use super::word::Word;
pub use rejection::accepted;

/// The word for the reason of a refusal.
pub const fn denial(reason: DenyReason) -> &'static str {
    match reason {
        DenyReason::UnknownAccount => "unknown_account",
        DenyReason::UnknownInstrument => "unknown_instrument",
        DenyReason::UnknownOrder => "unknown_order",
        DenyReason::AccountNotTrading { .. } => "account_not_trading",
        DenyReason::DayLocked => "day_locked",
        DenyReason::OrderRate { .. } => "order_rate",
        DenyReason::DuplicateClientOrder => "duplicate_client_order",
        DenyReason::QtyNotPositive => "qty_not_positive",
        DenyReason::QtyTooLarge { .. } => "qty_too_large",
        DenyReason::QtyOffLot { .. } => "qty_off_lot",
        DenyReason::QtyFilled { .. } => "qty_filled",
        DenyReason::PriceOffTick { .. } => "price_off_tick",
        DenyReason::PriceNotPositive => "price_not_positive",
        DenyReason::BadTrail { .. } => "bad_trail",
        DenyReason::BadList(_) => "bad_list",
        DenyReason::ChildrenMax { .. } => "children_max",
        DenyReason::BadDisplay(_) => "bad_display",
        DenyReason::BadTimeInForce(_) => "bad_time_in_force",
        DenyReason::BadLeg => "bad_leg",
        DenyReason::NoSuchPrice => "no_such_price",
        DenyReason::BadAlgo(_) => "bad_algo",
        DenyReason::UnknownCurve { .. } => "unknown_curve",
        DenyReason::NoConversion => "no_conversion",
        DenyReason::CurrenciesMax { .. } => "currencies_max",
        DenyReason::InstrumentNotOpen { .. } => "instrument_not_open",
        DenyReason::NoQuote => "no_quote",
        DenyReason::BadQuote { .. } => "bad_quote",
        DenyReason::PriceOutsideCollar { .. } => "price_outside_collar",
        DenyReason::NotReducing { .. } => "not_reducing",
        DenyReason::ShortNotAllowed { .. } => "short_not_allowed",
        DenyReason::Conduct(ConductDenial::SizeMax { .. }) => "size_max",
        DenyReason::Conduct(ConductDenial::OrdersPerDay { .. }) => "orders_per_day",
        DenyReason::Conduct(ConductDenial::TradesPerDay { .. }) => "trades_per_day",
        DenyReason::Conduct(ConductDenial::Window { .. }) => "window",
        DenyReason::BuyingPower { .. } => "buying_power",
        DenyReason::AccountOrdersMax { .. } => "account_orders_max",
        DenyReason::OrdersMax { .. } => "orders_max",
        DenyReason::AlgosMax { .. } => "algos_max",
        DenyReason::ChangesMax { .. } => "changes_max",
        DenyReason::PositionsMax { .. } => "positions_max",
        DenyReason::LevelsMax { .. } => "levels_max",
        DenyReason::WouldTake { .. } => "would_take",
        DenyReason::Mandatory => "mandatory",
        DenyReason::NotInPlan => "not_in_plan",
        DenyReason::ScaleNotYet => "scale_not_yet",
        DenyReason::PositionOutOfRange { .. } => "position_out_of_range",
        DenyReason::OutOfRange { .. } => "out_of_range",
    }
}

/// The word for the reason that an algo ended.
pub const fn algo_end(reason: AlgoEnd) -> &'static str {
    match reason {
        AlgoEnd::Filled => "filled",
        AlgoEnd::Disconnected => "disconnected",
        AlgoEnd::Over => "over",
        AlgoEnd::Requested => "requested",
        AlgoEnd::AccountLocked => "account_locked",
        AlgoEnd::Window => "window",
        AlgoEnd::ChildDenied(_) => "child_denied",
        AlgoEnd::ChildrenMax { .. } => "children_max",
        AlgoEnd::Split => "split",
    }
}

/// The word for the reason that an order ended unfilled.
pub const fn order_end(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::NotMarketable => "not_marketable",
        CancelReason::DayOver => "day_over",
        CancelReason::AccountLocked => "account_locked",
        CancelReason::Expired => "expired",
        CancelReason::NotFillable => "not_fillable",
        CancelReason::WouldTake => "would_take",
        CancelReason::SelfTrade => "self_trade",
        CancelReason::NotReducing => "not_reducing",
        CancelReason::Sibling => "sibling",
        CancelReason::ParentEnded => "parent_ended",
        CancelReason::Collar { .. } => "collar",
        CancelReason::Breaker { .. } => "breaker",
        CancelReason::Disconnected => "disconnected",
        CancelReason::Split => "split",
        CancelReason::AuctionOver => "auction_over",
        CancelReason::MarginCall => "margin_call",
        CancelReason::Algo => "algo",
        CancelReason::MarketNotOpen => "market_not_open",
        CancelReason::NoRoom { .. } => "no_room",
        CancelReason::Window => "window",
        CancelReason::BuyingPower { .. } => "buying_power",
    }
}

/// The word for the field of an order that does not go with its list: as the order has it.
pub const fn list_field(field: ListField) -> &'static str {
    match field {
        ListField::Account => "account",
        ListField::Instrument => "instrument",
        ListField::Kind => "order_type",
        ListField::TimeInForce => "tif",
        ListField::Side => "side",
        ListField::Qty => "qty",
        ListField::Leg => "position",
        ListField::ReduceOnly => "reduce_only",
    }
}

/// The limits and values of a refusal, by name: counts as numbers, the rest as text. An object;
/// empty where the reason has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(Vec<Named>);

/// A figure and what it is.
type Named = (&'static str, Figure);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Figure {
    Count(u32),
    Flag(bool),
    Text(String),
    Null,
}

fn text(name: &'static str, value: &dyn ToString) -> Named {
    (name, Figure::Text(value.to_string()))
}

fn optional(name: &'static str, value: Option<&Money>) -> Named {
    let text = value.map(ToString::to_string);
    (name, text.map_or(Figure::Null, Figure::Text))
}

fn count(name: &'static str, value: impl Into<u32>) -> Named {
    (name, Figure::Count(value.into()))
}

impl Figures {
    /// The figures of a reason.
    pub fn of(reason: DenyReason) -> Self {
        let one = |name, value| vec![text(name, value)];
        Self(match reason {
            DenyReason::QtyTooLarge { max } => one("max", &max),
            DenyReason::QtyOffLot { lot_size } => one("lot_size", &lot_size),
            DenyReason::QtyFilled { filled } => one("filled", &filled),
            DenyReason::PriceOffTick { tick_size } => one("tick_size", &tick_size),
            DenyReason::PriceOutsideCollar { low, high } => {
                vec![text("low", &low), text("high", &high)]
            }
            DenyReason::NotReducing { position } => one("position", &position),
            DenyReason::ShortNotAllowed { available } => one("available", &available),
            DenyReason::BuyingPower { needed, available } => {
                vec![text("needed", &needed), text("available", &available)]
            }
            DenyReason::WouldTake { best } => one("best", &best),
            DenyReason::Conduct(denial) => return Self::of_conduct(denial),
            DenyReason::BadTrail { trail } => match trail {
                Trail::Amount(amount) => one("trail_amount", &amount),
                Trail::Percent(share) => one("trail_percent", &percent::exact(share)),
            },
            DenyReason::BadList(fault) => of_list(fault),
            DenyReason::ChildrenMax { limit, has, max } => {
                vec![text("limit", &limit), count("has", has), count("max", max)]
            }
            DenyReason::BadDisplay(fault) => of_display(fault),
            DenyReason::BadAlgo(fault) => match fault {
                AlgoFault::Window { after } => one("after", &after),
                AlgoFault::NoSlices => vec![count("least", 1_u32)],
                AlgoFault::Rate { rate } => one("rate_pct", &percent::exact(rate)),
            },
            DenyReason::AccountNotTrading { state } => one("state", &state.word()),
            DenyReason::BadTimeInForce(fault) => of_tif(fault),
            DenyReason::UnknownCurve { curve } => one("curve", &curve),
            DenyReason::InstrumentNotOpen { status } => one("status", &status.word()),
            DenyReason::BadQuote { lost, good } => {
                vec![("lost", Figure::Flag(lost)), text("good_seq", &good)]
            }
            DenyReason::PositionOutOfRange { aimed, max } => {
                vec![text("aimed", &aimed), text("max", &max)]
            }
            DenyReason::OutOfRange { balance, max } => {
                vec![text("balance", &balance), text("max", &max)]
            }
            DenyReason::OrderRate { max }
            | DenyReason::CurrenciesMax { max }
            | DenyReason::AccountOrdersMax { max }
            | DenyReason::OrdersMax { max }
            | DenyReason::AlgosMax { max }
            | DenyReason::ChangesMax { max }
            | DenyReason::PositionsMax { max }
            | DenyReason::LevelsMax { max } => vec![count("max", max)],
            DenyReason::UnknownAccount
            | DenyReason::UnknownInstrument
            | DenyReason::UnknownOrder
            | DenyReason::DayLocked
            | DenyReason::DuplicateClientOrder
            | DenyReason::QtyNotPositive
            | DenyReason::PriceNotPositive
            | DenyReason::BadLeg
            | DenyReason::NoSuchPrice
            | DenyReason::NoConversion
            | DenyReason::NoQuote
            | DenyReason::Mandatory
            | DenyReason::NotInPlan
            | DenyReason::ScaleNotYet => Vec::new(),
        })
    }

    fn of_conduct(denial: ConductDenial) -> Self {
        Self(match denial {
            ConductDenial::SizeMax { max, worst } => {
                vec![text("max", &max), text("worst", &worst)]
            }
            ConductDenial::OrdersPerDay { max, orders } => {
                vec![count("max", max), count("orders", orders)]
            }
            ConductDenial::TradesPerDay { max, trades } => {
                vec![count("max", max), count("trades", trades)]
            }
            ConductDenial::Window { window } => vec![count("window", window)],
        })
    }

    /// The figures of a reason for which an order ended unfilled.
    pub fn of_order_end(reason: CancelReason) -> Self {
        Self(match reason {
            CancelReason::Collar { price, bound } | CancelReason::Breaker { price, bound } => {
                vec![text("price", &price), text("bound", &bound)]
            }
            CancelReason::NoRoom { limit, max } => vec![text("limit", &limit), count("max", max)],
            CancelReason::BuyingPower { needed, available } => {
                vec![text("needed", &needed), text("available", &available)]
            }
            _ => Vec::new(),
        })
    }

    /// The figures of a reason for which an algo ended.
    pub fn of_algo_end(reason: AlgoEnd) -> Self {
        match reason {
            AlgoEnd::ChildDenied(child) => Self::of(child),
            AlgoEnd::ChildrenMax { max } => Self(vec![count("max", max)]),
            _ => Self::default(),
        }
    }

    /// The figures of a reason for which a payout was refused.
    pub fn of_payout(reason: &PayoutDenial) -> Self {
        Self(match reason {
            PayoutDenial::TooFewDays { has, needs } | PayoutDenial::TooSoon { has, needs } => {
                vec![count("has", *has), count("needs", *needs)]
            }
            PayoutDenial::Consistency(Consistency {
                best_day,
                total,
                denominator,
                cap,
                total_needed,
                next_day_max,
                ..
            }) => vec![
                text("best_day", best_day),
                text("total", total),
                text("denominator", denominator),
                text("cap_pct", &percent::exact(*cap)),
                optional("total_needed", total_needed.as_ref()),
                optional("next_day_max", next_day_max.as_ref()),
            ],
            PayoutDenial::BelowMinimum { min } => vec![text("min", min)],
            PayoutDenial::NotInPlan
            | PayoutDenial::NotEligibleState
            | PayoutDenial::AmountNotPositive
            | PayoutDenial::NotFlat
            | PayoutDenial::AboveEligible
            | PayoutDenial::WouldBreach => Vec::new(),
        })
    }

    /// The figures of a reason for which an account was not opened.
    pub fn of_opening(reason: OpenDenial) -> Self {
        Self(match reason {
            OpenDenial::ParentState { state } => vec![text("state", &state.word())],
            OpenDenial::Followed => Vec::new(),
            OpenDenial::OtherPlan { needed } => vec![text("plan_name", &needed)],
            OpenDenial::OtherCurrency { needed } => vec![text("currency", &needed)],
            OpenDenial::EarlierPhase { after } => vec![count("after_phase", after)],
            OpenDenial::ResetsMax { max } | OpenDenial::RetriesMax { max } => {
                vec![count("max", max)]
            }
        })
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn of_list(fault: ListFault) -> Vec<Named> {
    match fault {
        ListFault::Orders { has, least, most } => {
            vec![
                count("has", has),
                count("least", least),
                count("most", most),
            ]
        }
        ListFault::Order { place, field } => {
            vec![count("place", place), text("field", &list_field(field))]
        }
        ListFault::SizedBy { order } => vec![text("sized_by", &order)],
    }
}

fn of_tif(fault: TimeInForceFault) -> Vec<Named> {
    match fault {
        TimeInForceFault::Kind => vec![text("fault", &"order_type")],
        TimeInForceFault::Over { after } => vec![text("fault", &"until"), text("after", &after)],
        TimeInForceFault::List => vec![text("fault", &"list")],
        TimeInForceFault::PostOnly => vec![text("fault", &"post_only")],
    }
}

fn of_display(fault: DisplayFault) -> Vec<Named> {
    match fault {
        DisplayFault::NoBook => vec![text("fault", &"no_book")],
        DisplayFault::NoLimit => vec![text("fault", &"no_limit")],
        DisplayFault::OffLot { lot_size } => vec![text("lot_size", &lot_size)],
        DisplayFault::Below { least } => vec![text("least", &least)],
        DisplayFault::Above { most } => vec![text("most", &most)],
        DisplayFault::QtyAbove { most } => vec![text("qty_max", &most)],
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

    use types::{
        AccountId, AccountState, CurveId, InstrumentStatus, LimitName, Money, OrderId, Price, Qty,
        Ratio, Seq, SignedQty, TimestampNs,
    };

    use super::*;

    /// Every reason, with figures that differ.
    fn all() -> Vec<DenyReason> {
        use DenyReason::*;
        let (qty, price, money) = (Qty::whole(3), Price::whole(4), Money::whole(5));
        vec![
            UnknownAccount,
            UnknownInstrument,
            UnknownOrder,
            AccountNotTrading {
                state: AccountState::Failed,
            },
            DayLocked,
            OrderRate { max: 9 },
            DuplicateClientOrder,
            QtyNotPositive,
            QtyTooLarge { max: qty },
            QtyOffLot { lot_size: qty },
            QtyFilled { filled: qty },
            PriceOffTick { tick_size: price },
            PriceNotPositive,
            BadTrail {
                trail: Trail::Amount(Price::ZERO),
            },
            BadList(ListFault::SizedBy { order: OrderId(1) }),
            ChildrenMax {
                limit: LimitName::ListOrders,
                has: 9,
                max: 8,
            },
            BadDisplay(DisplayFault::Below { least: qty }),
            BadTimeInForce(TimeInForceFault::Over {
                after: TimestampNs(0),
            }),
            BadLeg,
            NoSuchPrice,
            BadAlgo(AlgoFault::NoSlices),
            UnknownCurve { curve: CurveId(3) },
            NoConversion,
            CurrenciesMax { max: 3 },
            InstrumentNotOpen {
                status: InstrumentStatus::Halted,
            },
            NoQuote,
            BadQuote {
                lost: true,
                good: Seq(7),
            },
            PriceOutsideCollar {
                low: Price::whole(2),
                high: price,
            },
            NotReducing {
                position: SignedQty::whole(-2),
            },
            ShortNotAllowed { available: qty },
            Conduct(ConductDenial::SizeMax {
                max: qty,
                worst: Qty(1),
            }),
            Conduct(ConductDenial::OrdersPerDay { max: 1, orders: 2 }),
            Conduct(ConductDenial::TradesPerDay { max: 3, trades: 4 }),
            Conduct(ConductDenial::Window { window: 2 }),
            BuyingPower {
                needed: money,
                available: Money(1),
            },
            AccountOrdersMax { max: 1 },
            OrdersMax { max: 2 },
            AlgosMax { max: 5 },
            ChangesMax { max: 6 },
            PositionsMax { max: 3 },
            LevelsMax { max: 4 },
            WouldTake { best: price },
            Mandatory,
            NotInPlan,
            ScaleNotYet,
            PositionOutOfRange {
                aimed: Qty::whole(4),
                max: qty,
            },
            OutOfRange {
                balance: money,
                max: Money(1),
            },
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
        let status = InstrumentStatus::PreOpen;
        assert_eq!(
            json(DenyReason::InstrumentNotOpen { status }),
            r#"{"status":"pre_open"}"#
        );
        let state = AccountState::Suspended;
        assert_eq!(
            json(DenyReason::AccountNotTrading { state }),
            r#"{"state":"suspended"}"#
        );
        let curve = CurveId(7);
        assert_eq!(json(DenyReason::UnknownCurve { curve }), r#"{"curve":"7"}"#);
        // 2024-02-29T12:00:00Z is second 1,709,208,000.
        let after = TimestampNs(1_709_208_000_000_000_000);
        assert_eq!(
            json(DenyReason::BadTimeInForce(TimeInForceFault::Over { after })),
            r#"{"fault":"until","after":"2024-02-29T12:00:00Z"}"#
        );
        assert_eq!(
            json(DenyReason::BadTimeInForce(TimeInForceFault::PostOnly)),
            r#"{"fault":"post_only"}"#
        );
        let position = SignedQty::whole(-2);
        assert_eq!(
            json(DenyReason::NotReducing { position }),
            r#"{"position":"-2"}"#
        );
        let figured = all()
            .into_iter()
            .filter(|reason| !Figures::of(*reason).is_empty());
        assert_eq!(figured.count(), 33);
    }

    #[test]
    fn conduct_payouts_and_openings_have_theirs() {
        let json = |figures| serde_json::to_string(&figures).unwrap();
        let conduct = |denial| json(Figures::of(DenyReason::Conduct(denial)));
        assert_eq!(
            conduct(ConductDenial::SizeMax {
                max: Qty::whole(3),
                worst: Qty(310_000_000),
            }),
            r#"{"max":"3","worst":"3.1"}"#
        );
        assert_eq!(
            conduct(ConductDenial::OrdersPerDay { max: 5, orders: 5 }),
            r#"{"max":5,"orders":5}"#
        );
        assert_eq!(
            conduct(ConductDenial::Window { window: 2 }),
            r#"{"window":2}"#
        );
        assert_eq!(
            json(Figures::of_payout(&PayoutDenial::TooFewDays {
                has: 3,
                needs: 5
            })),
            r#"{"has":3,"needs":5}"#
        );
        // 800 of 1,600 is more than 40%: 800 / 0.4 are needed in all.
        let standing = Consistency {
            account: AccountId(0),
            best_day: Money::whole(800),
            total: Money::whole(1_600),
            denominator: Money::whole(1_600),
            cap: Ratio::percent(40),
            inclusive: true,
            met: false,
            total_needed: Some(Money::whole(2_000)),
            next_day_max: Some(Money(1_066_666_666)),
        };
        assert_eq!(
            json(Figures::of_payout(&PayoutDenial::Consistency(standing))),
            r#"{"best_day":"800","total":"1600","denominator":"1600","cap_pct":"40","total_needed":"2000","next_day_max":"1066.666666"}"#
        );
        let state = AccountState::Funded;
        assert_eq!(
            json(Figures::of_opening(OpenDenial::ParentState { state })),
            r#"{"state":"funded"}"#
        );
        assert_eq!(
            json(Figures::of_opening(OpenDenial::ResetsMax { max: 2 })),
            r#"{"max":2}"#
        );
        assert_eq!(
            json(Figures::of_opening(OpenDenial::EarlierPhase { after: 1 })),
            r#"{"after_phase":1}"#
        );
    }
}
