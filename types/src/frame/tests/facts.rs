//! Any event, for the round trips.

use proptest::prelude::*;

use super::vocabulary::{algo, leg, money, order, order_id, price, qty, ts};
use crate::conduct::InactivityEffect;
use crate::event::{
    AlgoEnd, BaselineOrigin, BaselineSource, BookingCause, CancelReason, DenyReason, EventKind,
    Fill, FillCause, FillModel, FloorMove, FloorMoveCause, OrderRole, RuleKind, StatusCause,
};
use crate::id::{AccountId, InstrumentId, OrderId, Seq};
use crate::market::InstrumentStatus;
use crate::proof::Rest;
use crate::time::{TimestampNs, TradingDay};
use crate::unit::{Notional, SignedQty};

fn deny_reason() -> impl Strategy<Value = DenyReason> {
    prop_oneof![
        Just(DenyReason::UnknownAccount),
        Just(DenyReason::Mandatory),
        any::<u32>().prop_map(|max| DenyReason::OrderRate { max }),
        qty().prop_map(|lot_size| DenyReason::QtyOffLot { lot_size }),
        price().prop_map(|limit| DenyReason::PriceOutsideCollar { limit }),
        any::<i64>().prop_map(|position| DenyReason::NotReducing {
            position: SignedQty(position),
        }),
        (money(), money())
            .prop_map(|(needed, available)| DenyReason::BuyingPower { needed, available }),
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
        (order_id(), qty()).prop_map(move |(order, leaves)| EventKind::OrderCancelled {
            account,
            order,
            leaves,
            reason: CancelReason::NoRoom,
        }),
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
