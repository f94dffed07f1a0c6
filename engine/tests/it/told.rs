//! Facts in words, so that a story can say in one line each what it expects.

use types::{
    ConductDenial, DenyReason, EventKind, Fill, FillCause, FillModel, Price, Side, StatusCause,
};

/// These facts in words.
pub(crate) fn told(events: &[EventKind]) -> Vec<String> {
    events.iter().map(tell).collect()
}

fn tell(event: &EventKind) -> String {
    match event {
        EventKind::InputRejected { reason } => format!("rejected {reason:?}"),
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
        } => format!("#{order} algo ended {reason:?} with {filled}"),
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
        } => format!("#{order} cancelled {leaves} {reason:?}"),
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

/// A reason with its figure.
pub(crate) fn why(reason: &DenyReason) -> String {
    let text = format!("{reason:?}");
    let name = text.split([' ', '(']).next().unwrap();
    let figure = match reason {
        DenyReason::OrderRate { max }
        | DenyReason::ChildrenMax { max }
        | DenyReason::CurrenciesMax { max }
        | DenyReason::AccountOrdersMax { max }
        | DenyReason::OrdersMax { max }
        | DenyReason::PositionsMax { max }
        | DenyReason::LevelsMax { max } => max.to_string(),
        DenyReason::QtyTooLarge { max } => max.to_string(),
        DenyReason::QtyOffLot { lot_size } => lot_size.to_string(),
        DenyReason::QtyFilled { filled } => filled.to_string(),
        DenyReason::PriceOffTick { tick_size } => tick_size.to_string(),
        DenyReason::PriceOutsideCollar { limit } => limit.to_string(),
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
