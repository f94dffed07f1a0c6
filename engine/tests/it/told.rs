//! Facts in words, so that a story can say in one line each what it expects.

use types::{
    AlgoEnd, AlgoFault, CancelReason, ConductDenial, DataFault, DenyReason, DisplayFault,
    EventKind, Fill, FillCause, FillModel, GridFault, InputRejection, ListFault, Price, QuoteFault,
    Side, StatusCause, TimeInForceFault, Trail,
};

/// These facts in words.
pub(crate) fn told(events: &[EventKind]) -> Vec<String> {
    events.iter().map(tell).collect()
}

fn tell(event: &EventKind) -> String {
    match event {
        EventKind::InputRejected { reason } => format!("rejected {}", rejected(reason)),
        EventKind::StatusChanged { status, cause, .. } => match cause {
            StatusCause::Market => format!("{status:?}"),
            StatusCause::Breaker => format!("{status:?} by breaker"),
        },
        EventKind::Uncrossed {
            price,
            qty,
            surplus,
            ..
        } => format!("uncrossed {qty} at {price}, surplus {surplus}"),
        EventKind::OrderAccepted { order, .. } => format!("#{order} accepted"),
        EventKind::OrderActivated { order, qty, .. } => format!("#{order} activated {qty}"),
        EventKind::AlgoAccepted { order, .. } => format!("#{order} algo accepted"),
        EventKind::AlgoDenied { reason, .. } => format!("algo denied {}", why(reason)),
        EventKind::AlgoEnded {
            order,
            filled,
            reason,
            ..
        } => match reason {
            AlgoEnd::ChildrenMax { max } => {
                format!("#{order} algo ended ChildrenMax {max} with {filled}")
            }
            reason => format!("#{order} algo ended {reason:?} with {filled}"),
        },
        EventKind::OrderDenied { reason, .. } => format!("denied {}", why(reason)),
        EventKind::OrderTriggered { order, price, .. } => format!("#{order} triggered at {price}"),
        EventKind::OrderAmended {
            order,
            qty,
            price,
            trigger,
            ..
        } => {
            let mut text = format!("#{order} amended {qty}");
            if *price != Price::ZERO {
                text.extend([format!(" at {price}")]);
            }
            if *trigger != Price::ZERO {
                text.extend([format!(" from {trigger}")]);
            }
            text
        }
        EventKind::OrderCancelled {
            order,
            leaves,
            reason,
            ..
        } => format!("#{order} cancelled {leaves} {}", ended(*reason)),
        EventKind::ChangeDenied { order, reason, .. } => {
            format!("#{order} change denied {}", why(reason))
        }
        EventKind::Fill(fill) => tell_fill(fill),
        EventKind::Booked {
            account,
            cause,
            amount,
            position,
            ..
        } => format!("account {account} booked {cause:?} {amount}, holds {position}"),
        EventKind::MarginCall {
            account,
            equity,
            required,
        } => format!("account {account} margin call, {equity} of {required}"),
        EventKind::Liquidated {
            account,
            equity,
            fees,
            slippage,
        } => format!("account {account} liquidated to {equity}, fees {fees}, slippage {slippage}"),
        EventKind::Breach(breach) => format!("account {} breach {:?}", breach.account, breach.rule),
        EventKind::PaidOut { account, payouts } => {
            format!("account {account} paid out after {payouts}")
        }
        EventKind::StateChanged { account, to, .. } => format!("account {account} {to:?}"),
        EventKind::LimitWarned(warned) => {
            format!("account {} warned {:?}", warned.account, warned.rule)
        }
        EventKind::Suspended {
            account,
            suspension,
        } => format!("account {account} suspended {:?}", suspension.reason),
        EventKind::AccountChangeDenied { account, state, .. } => {
            format!("account {account} change denied {state:?}")
        }
        EventKind::AccountDenied { reason, .. } => format!("account denied {reason:?}"),
        EventKind::Lapsed(lapse) => {
            format!("account {} lapsed after {}", lapse.account, lapse.last)
        }
        EventKind::Inactive(rest) => format!("account {} inactive {}", rest.account, rest.days),
        EventKind::WindowOpened {
            plan,
            window,
            until,
        } => format!("window {window} of plan {plan} opens until {}", until.0),
        EventKind::WindowClosed { plan, window } => {
            format!("window {window} of plan {plan} closes")
        }
        EventKind::ProfitExcluded {
            account,
            amount,
            window,
            ..
        } => match window {
            Some(window) => format!("account {account} excluded {amount} by window {window}"),
            None => format!("account {account} excluded {amount} by time"),
        },
        EventKind::HeldTooShort {
            account,
            held_ns,
            seconds,
            ..
        } => format!("account {account} held {held_ns} ns of {seconds} s"),
        EventKind::DayLocked { account } => format!("account {account} locked"),
        EventKind::CompetitionChanged { competition, state } => {
            format!("competition {competition} {state:?}")
        }
        EventKind::BoardFrozen { competition } => format!("competition {competition} frozen"),
        EventKind::CompetitionDenied {
            competition,
            reason,
            ..
        } => format!("competition {competition} denied: {reason}"),
        EventKind::PrizeAwarded {
            account, amount, ..
        } => format!("account {account} wins {amount}"),
        EventKind::PrizesUnclaimed { amount, .. } => format!("unclaimed {amount}"),
        other => {
            let text = format!("{other:?}");
            let name = text.split([' ', '(']).next().unwrap();
            name.to_owned()
        }
    }
}

fn tell_fill(fill: &Fill) -> String {
    let who = match fill.cause {
        FillCause::Order => format!("#{}", fill.order),
        cause => format!("account {} by {cause:?}", fill.account),
    };
    let verb = match fill.side {
        Side::Buy => "buys",
        Side::Sell => "sells",
    };
    let mut text = format!("{who} {verb} {} at {}", fill.qty, fill.price);
    if fill.leaves.0 != 0 {
        text.extend([format!(" leaves {}", fill.leaves)]);
    }
    // In a book and in an auction it is plain who is who.
    match (fill.model, fill.maker) {
        (FillModel::Book | FillModel::Auction, _) => {}
        (model, true) => text.extend([format!(" ({model:?}, maker)")]),
        (model, false) => text.extend([format!(" ({model:?})")]),
    }
    text
}

/// A rejection with its figures.
fn rejected(reason: &InputRejection) -> String {
    let figures = match reason {
        InputRejection::LimitReached { limit, max } => format!("{limit} {max}"),
        InputRejection::OffGrid(GridFault::Price { price, tick_size }) => {
            format!("price {price} of {tick_size}")
        }
        InputRejection::OffGrid(GridFault::Qty { qty, lot_size }) => {
            format!("qty {qty} of {lot_size}")
        }
        InputRejection::BadQuote(fault) => match fault {
            QuoteFault::Crossed { bid, ask } => format!("{bid} over {ask}"),
            QuoteFault::NegativeQty { qty } => format!("qty {qty}"),
            QuoteFault::OutsideBar { price, bound } => format!("{price} beyond {bound}"),
            QuoteFault::HasBook | QuoteFault::AfterGap => format!("{fault:?}"),
        },
        InputRejection::BadData(fault) => match fault {
            DataFault::Rate { rate } => format!("rate {rate}"),
            DataFault::Split { new, old, max } => format!("{new} for {old} of {max}"),
            DataFault::Dividend { per_unit } => format!("dividend {per_unit}"),
            DataFault::Until { until, after } => format!("until {until} after {after}"),
            DataFault::Interval { start, end } => format!("{start} to {end}"),
            fault => format!("{fault:?}"),
        },
        reason => return format!("{reason:?}"),
    };
    let text = format!("{reason:?}");
    let name = text.split([' ', '(']).next().unwrap();
    format!("{name} {figures}")
}

/// A reason for the end of an order with its figures.
fn ended(reason: CancelReason) -> String {
    match reason {
        CancelReason::Collar { price, bound } => format!("Collar {price} beyond {bound}"),
        CancelReason::Breaker { price, bound } => format!("Breaker {price} beyond {bound}"),
        CancelReason::NoRoom { limit, max } => format!("NoRoom {limit} {max}"),
        CancelReason::BuyingPower { needed, available } => {
            format!("BuyingPower {needed} of {available}")
        }
        reason => format!("{reason:?}"),
    }
}

/// What is wrong with a list, in words.
fn list_fault(fault: &ListFault) -> String {
    match fault {
        ListFault::Orders { has, least, most } => format!("{has} of {least} to {most}"),
        ListFault::Order { place, field } => format!("order {place} {field:?}"),
        ListFault::SizedBy { order } => format!("sized by #{order}"),
    }
}

/// A reason with its figure.
pub(crate) fn why(reason: &DenyReason) -> String {
    let text = format!("{reason:?}");
    let name = text.split([' ', '(']).next().unwrap();
    let figure = match reason {
        DenyReason::OrderRate { max }
        | DenyReason::CurrenciesMax { max }
        | DenyReason::AccountOrdersMax { max }
        | DenyReason::OrdersMax { max }
        | DenyReason::AlgosMax { max }
        | DenyReason::ChangesMax { max }
        | DenyReason::PositionsMax { max }
        | DenyReason::LevelsMax { max } => max.to_string(),
        DenyReason::QtyTooLarge { max } => max.to_string(),
        DenyReason::QtyOffLot { lot_size } => lot_size.to_string(),
        DenyReason::QtyFilled { filled } => filled.to_string(),
        DenyReason::PriceOffTick { tick_size } => tick_size.to_string(),
        DenyReason::PriceOutsideCollar { low, high } => format!("{low} to {high}"),
        DenyReason::BadTrail { trail } => match trail {
            Trail::Amount(amount) => amount.to_string(),
            Trail::Percent(share) => share.0.to_string(),
        },
        DenyReason::AccountNotTrading { state } => format!("{state:?}"),
        DenyReason::InstrumentNotOpen { status } => format!("{status:?}"),
        DenyReason::BadTimeInForce(TimeInForceFault::Over { after }) => format!("Over {after}"),
        DenyReason::BadTimeInForce(fault) => format!("{fault:?}"),
        DenyReason::UnknownCurve { curve } => curve.to_string(),
        DenyReason::BadList(fault) => list_fault(fault),
        DenyReason::ChildrenMax { limit, has, max } => format!("{limit} {has} of {max}"),
        DenyReason::BadDisplay(fault) => match fault {
            DisplayFault::NoBook | DisplayFault::NoLimit => format!("{fault:?}"),
            DisplayFault::OffLot { lot_size } => format!("lot {lot_size}"),
            DisplayFault::Below { least } => format!("least {least}"),
            DisplayFault::Above { most } => format!("most {most}"),
            DisplayFault::QtyAbove { most } => format!("qty most {most}"),
        },
        DenyReason::BadAlgo(fault) => match fault {
            AlgoFault::Window { after } => format!("end after {after}"),
            AlgoFault::NoSlices => "no slices".to_owned(),
            AlgoFault::Rate { rate } => format!("rate {}", rate.0),
        },
        DenyReason::BadQuote { lost, good } => {
            let what = if *lost { "lost" } else { "stale" };
            format!("{what} since {good}")
        }
        DenyReason::PositionOutOfRange { aimed, max } => format!("{aimed} of {max}"),
        DenyReason::OutOfRange { balance, max } => format!("{balance} of {max}"),
        DenyReason::NotReducing { position } => position.to_string(),
        DenyReason::ShortNotAllowed { available } => available.to_string(),
        DenyReason::BuyingPower { needed, available } => format!("{needed} of {available}"),
        DenyReason::Conduct(denial) => match denial {
            ConductDenial::SizeMax { max, worst } => format!("size {worst} of {max}"),
            ConductDenial::OrdersPerDay { max, orders } => format!("orders {orders} of {max}"),
            ConductDenial::TradesPerDay { max, trades } => format!("trades {trades} of {max}"),
            ConductDenial::Window { window } => format!("window {window}"),
        },
        DenyReason::WouldTake { best } => best.to_string(),
        _ => return name.to_owned(),
    };
    format!("{name} {figure}")
}
