//! Any event, for the round trips.

use proptest::prelude::*;

use super::vocabulary::{algo, leg, money, order, order_id, price, qty, ts};
use crate::command::Trail;
use crate::conduct::{DaysOf, InactivityEffect, LapseEffect};
use crate::event::{
    AlgoEnd, AlgoFault, BaselineOrigin, BaselineSource, BookingCause, CancelReason, DataFault,
    DenyReason, DisplayFault, EventKind, Fill, FillCause, FillModel, FloorMove, FloorMoveCause,
    GridFault, InputRejection, ListFault, ListField, OrderChange, OrderRole, QuoteFault, RuleKind,
    StatusCause,
};
use crate::id::{AccountId, InstrumentId, OrderId, Seq};
use crate::limit::LimitName;
use crate::market::InstrumentStatus;
use crate::proof::{Lapse, Rest};
use crate::time::{TimestampNs, TradingDay};
use crate::unit::{Notional, SignedQty};

fn deny_reason() -> impl Strategy<Value = DenyReason> {
    prop_oneof![
        Just(DenyReason::UnknownAccount),
        Just(DenyReason::Mandatory),
        any::<u32>().prop_map(|max| DenyReason::OrderRate { max }),
        (limit(), any::<(u32, u32)>()).prop_map(|(limit, (has, max))| DenyReason::ChildrenMax {
            limit,
            has,
            max,
        }),
        any::<(u32, u32, u32)>().prop_map(|(has, least, most)| {
            DenyReason::BadList(ListFault::Orders { has, least, most })
        }),
        any::<u32>().prop_map(|place| {
            let field = ListField::Qty;
            DenyReason::BadList(ListFault::Order { place, field })
        }),
        order_id().prop_map(|order| DenyReason::BadList(ListFault::SizedBy { order })),
        qty().prop_map(|least| DenyReason::BadDisplay(DisplayFault::Below { least })),
        ts().prop_map(|after| DenyReason::BadAlgo(AlgoFault::Window { after })),
        price().prop_map(|amount| DenyReason::BadTrail {
            trail: Trail::Amount(amount),
        }),
        any::<(bool, u64)>().prop_map(|(lost, good)| DenyReason::BadQuote {
            lost,
            good: Seq(good),
        }),
        (qty(), qty()).prop_map(|(aimed, max)| DenyReason::PositionOutOfRange { aimed, max }),
        (money(), money()).prop_map(|(balance, max)| DenyReason::OutOfRange { balance, max }),
        qty().prop_map(|lot_size| DenyReason::QtyOffLot { lot_size }),
        (price(), price()).prop_map(|(low, high)| DenyReason::PriceOutsideCollar { low, high }),
        any::<i64>().prop_map(|position| DenyReason::NotReducing {
            position: SignedQty(position),
        }),
        (money(), money())
            .prop_map(|(needed, available)| DenyReason::BuyingPower { needed, available }),
    ]
}

fn limit() -> impl Strategy<Value = LimitName> {
    prop::sample::select(LimitName::ALL.to_vec())
}

fn cancel_reason() -> impl Strategy<Value = CancelReason> {
    prop_oneof![
        Just(CancelReason::Requested),
        (price(), price()).prop_map(|(price, bound)| CancelReason::Collar { price, bound }),
        (price(), price()).prop_map(|(price, bound)| CancelReason::Breaker { price, bound }),
        (limit(), any::<u32>()).prop_map(|(limit, max)| CancelReason::NoRoom { limit, max }),
        (money(), money())
            .prop_map(|(needed, available)| CancelReason::BuyingPower { needed, available }),
    ]
}

fn order_change() -> impl Strategy<Value = OrderChange> {
    let part = || prop::option::of(price());
    prop_oneof![
        Just(OrderChange::Cancel),
        Just(OrderChange::CancelAll),
        Just(OrderChange::Disconnect),
        (prop::option::of(qty()), part(), part()).prop_map(|(qty, price, trigger)| {
            OrderChange::Amend {
                qty,
                price,
                trigger,
            }
        }),
    ]
}

fn rejection() -> impl Strategy<Value = InputRejection> {
    let grid = prop_oneof![
        (price(), price()).prop_map(|(price, tick_size)| GridFault::Price { price, tick_size }),
        (qty(), qty()).prop_map(|(qty, lot_size)| GridFault::Qty { qty, lot_size }),
    ];
    let quote = prop_oneof![
        (price(), price()).prop_map(|(bid, ask)| QuoteFault::Crossed { bid, ask }),
        qty().prop_map(|qty| QuoteFault::NegativeQty { qty }),
        (price(), price()).prop_map(|(price, bound)| QuoteFault::OutsideBar { price, bound }),
        Just(QuoteFault::HasBook),
        Just(QuoteFault::AfterGap),
    ];
    let data = prop_oneof![
        Just(DataFault::NoOrders),
        price().prop_map(|rate| DataFault::Rate { rate }),
        any::<(u32, u32, u32)>().prop_map(|(new, old, max)| DataFault::Split { new, old, max }),
        money().prop_map(|per_unit| DataFault::Dividend { per_unit }),
        (ts(), ts()).prop_map(|(until, after)| DataFault::Until { until, after }),
        (ts(), ts()).prop_map(|(start, end)| DataFault::Interval { start, end }),
    ];
    prop_oneof![
        grid.prop_map(InputRejection::OffGrid),
        quote.prop_map(InputRejection::BadQuote),
        data.prop_map(InputRejection::BadData),
        (limit(), any::<u32>())
            .prop_map(|(limit, max)| InputRejection::LimitReached { limit, max }),
    ]
}

fn fill() -> impl Strategy<Value = Fill> {
    let cause = prop_oneof![
        Just(FillCause::Order),
        Just(FillCause::Liquidation),
        Just(FillCause::MarginCall),
    ];
    let model = prop_oneof![
        Just(FillModel::Touch),
        Just(FillModel::Queue),
        Just(FillModel::House),
    ];
    (order(), price(), money(), cause, model, ts()).prop_map(
        |(order, price, money, cause, model, known)| Fill {
            account: order.account,
            order: OrderId(5),
            client_order: order.client_order,
            instrument: order.instrument,
            side: order.side,
            price,
            qty: order.qty,
            leaves: order.display,
            fee: money,
            realised: money,
            balance: money,
            position: SignedQty(order.qty.0),
            leg: order.leg,
            cause,
            model,
            maker: order.post_only,
            known,
        },
    )
}

pub(super) fn event_kind() -> impl Strategy<Value = EventKind> {
    let account = AccountId(7);
    let instrument = InstrumentId(3);
    prop_oneof![
        fill().prop_map(EventKind::Fill),
        (order(), order_id(), ts()).prop_map(|(request, list, arrives)| {
            EventKind::OrderAccepted {
                order: OrderId(5),
                request,
                list,
                role: OrderRole::TakeProfit,
                arrives,
            }
        }),
        (order(), deny_reason())
            .prop_map(|(request, reason)| EventKind::OrderDenied { request, reason }),
        (algo(), order_id())
            .prop_map(|(request, order)| EventKind::AlgoAccepted { order, request }),
        (order_id(), qty(), deny_reason()).prop_map(move |(order, filled, reason)| {
            EventKind::AlgoEnded {
                account,
                order,
                filled,
                reason: AlgoEnd::ChildDenied(reason),
            }
        }),
        (order_id(), qty(), price(), price()).prop_map(move |(order, qty, price, trigger)| {
            EventKind::OrderAmended {
                account,
                order,
                qty,
                price,
                trigger,
            }
        }),
        (order_id(), qty(), cancel_reason()).prop_map(move |(order, leaves, reason)| {
            EventKind::OrderCancelled {
                account,
                order,
                leaves,
                reason,
            }
        }),
        (order_id(), order_change(), deny_reason()).prop_map(move |(order, asked, reason)| {
            EventKind::ChangeDenied {
                account,
                order,
                asked,
                reason,
            }
        }),
        rejection().prop_map(|reason| EventKind::InputRejected { reason }),
        (price(), qty(), any::<i64>()).prop_map(move |(price, qty, surplus)| {
            EventKind::Uncrossed {
                instrument,
                price,
                qty,
                surplus: SignedQty(surplus),
            }
        }),
        (leg(), money()).prop_map(move |(leg, money)| EventKind::Booked {
            account,
            instrument,
            leg,
            cause: BookingCause::Dividend,
            amount: money,
            balance: money,
            position: SignedQty(1),
        }),
        (money(), money()).prop_map(move |(equity, required)| EventKind::MarginCall {
            account,
            equity,
            required,
        }),
        (money(), any::<i32>()).prop_map(move |(fees, day)| EventKind::Liquidated {
            account,
            equity: fees.to_notional(),
            fees,
            slippage: Notional(i128::from(day)),
        }),
        (any::<u16>(), any::<i32>()).prop_map(move |(limit, day)| {
            EventKind::Lapsed(Lapse {
                account,
                limit,
                counts: DaysOf::Trading,
                effect: LapseEffect::Close,
                opened: TradingDay(day),
                last: TradingDay(i32::from(limit)),
                opens: TradingDay(!day),
                equity: Notional(i128::from(day)),
                positions: u32::from(limit),
            })
        }),
        (any::<u32>(), any::<i32>()).prop_map(move |(days, day)| {
            EventKind::Inactive(Rest {
                account,
                days,
                limit: days as u16,
                effect: InactivityEffect::Suspend,
                active: TradingDay(day),
                active_seq: Seq(u64::from(days)),
                active_ts: TimestampNs(u64::from(days)),
                opens: TradingDay(!day),
                equity: Notional(i128::from(day)),
                positions: 1,
            })
        }),
        (money(), any::<u64>(), 0..5_usize).prop_map(move |(peak, seq, source)| {
            EventKind::FloorMoved(FloorMove {
                account,
                rule: RuleKind::MaxLoss,
                baseline: peak,
                allowance: peak,
                floor: peak,
                cause: FloorMoveCause::Trailed,
                origin: BaselineOrigin {
                    seq: Seq(seq),
                    ts: TimestampNs(!seq),
                    source: [
                        BaselineSource::Opening,
                        BaselineSource::Roll,
                        BaselineSource::Equity(peak.to_notional()),
                        BaselineSource::ClosedBalance,
                        BaselineSource::Scaling,
                    ][source],
                },
            })
        }),
        Just(EventKind::StatusChanged {
            instrument,
            status: InstrumentStatus::Halted,
            cause: StatusCause::Breaker,
        }),
    ]
}
