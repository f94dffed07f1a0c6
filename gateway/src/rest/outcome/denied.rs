//! Refusals: the reason is the problem's type, and the field that it is about is named with what would
//! have been accepted.

use axum::http::StatusCode;
use types::{
    AccountId, AlgoFault, ClientOrderId, ConductDenial, DenyReason, DisplayFault, InstrumentId,
    InstrumentStatus, LimitName, ListFault, ListField, NewAlgo, NewOrder, OrderChange, OrderId,
    OrderKind, Qty, TimeInForce, TimeInForceFault, TimestampNs, Trail,
};

use crate::app::App;
use crate::dto::word::{self, Word};
use crate::dto::{percent, reason};
use crate::problem::Problem;
use crate::rest::accounts::unknown_account;

/// What an order or algo said that a refusal can be about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    account: AccountId,
    client_order: ClientOrderId,
    instrument: InstrumentId,
    qty: Qty,
    display: Qty,
    kind: OrderKind,
    tif: TimeInForce,
    leg: types::Leg,
    /// When it ends, of an algo.
    end: TimestampNs,
}

impl From<NewOrder> for Asked {
    fn from(order: NewOrder) -> Self {
        Self {
            account: order.account,
            client_order: order.client_order,
            instrument: order.instrument,
            qty: order.qty,
            display: order.display,
            kind: order.kind,
            tif: order.tif,
            leg: order.leg,
            end: TimestampNs(0),
        }
    }
}

impl From<NewAlgo> for Asked {
    fn from(algo: NewAlgo) -> Self {
        Self {
            account: algo.account,
            client_order: algo.client_order,
            instrument: algo.instrument,
            qty: algo.qty,
            display: Qty::ZERO,
            kind: match algo.limit {
                Some(price) => OrderKind::Limit { price },
                None => OrderKind::Market,
            },
            tif: TimeInForce::GoodTillCancel,
            leg: algo.leg,
            end: algo.end,
        }
    }
}

/// A refused order or algo.
pub(super) fn denied(app: &App, asked: &Asked, reason: DenyReason) -> Problem {
    if reason == DenyReason::UnknownAccount {
        return unknown_account(app, &asked.account.to_string());
    }
    let (field, value) = subject(asked, reason);
    refusal(reason).with(field, Some(&value), accepted(reason))
}

/// A refused list, because of this order of it, from 0.
pub(super) fn denied_in_list(
    app: &App,
    order: &NewOrder,
    place: usize,
    reason: DenyReason,
) -> Problem {
    if reason == DenyReason::UnknownAccount {
        return unknown_account(app, &order.account.to_string());
    }
    let (field, value) = subject(&(*order).into(), reason);
    let path = match field {
        // What a list says of all its orders.
        "account" | "instrument" | "orders" => field.to_owned(),
        _ => format!("orders[{place}].{field}"),
    };
    refusal(reason).with(&path, Some(&value), accepted(reason))
}

/// What is said of a refused order or algo, without what it is about.
fn refusal(reason: DenyReason) -> Problem {
    let status = if reason == DenyReason::DuplicateClientOrder {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let word = reason::denial(reason);
    let detail = format!("the order was denied: {}", word.replace('_', " "));
    Problem::new(status, word, detail)
}

/// A refused list: this order of it, from 0, does not go with the others.
pub(super) fn misfitting(
    order: &NewOrder,
    place: u32,
    field: ListField,
    reason: DenyReason,
) -> Problem {
    let value = match field {
        ListField::Account => order.account.to_string(),
        ListField::Instrument => order.instrument.to_string(),
        ListField::Kind => word::order_type(order.kind).to_owned(),
        ListField::TimeInForce => word::tif(order.tif).to_owned(),
        ListField::Side => order.side.word().to_owned(),
        ListField::Qty => order.qty.to_string(),
        ListField::Leg => order.leg.word().to_owned(),
        ListField::ReduceOnly => order.reduce_only.to_string(),
    };
    // As a request calls it.
    let name = match field {
        ListField::Kind => "type",
        field => reason::list_field(field),
    };
    let path = format!("orders[{place}].{name}");
    refusal(reason).with(&path, Some(&value), accepted(reason))
}

/// A refused change of an order.
pub(super) fn refused(
    app: &App,
    account: &str,
    order: OrderId,
    asked: OrderChange,
    reason: DenyReason,
) -> Problem {
    match reason {
        DenyReason::UnknownAccount => unknown_account(app, account),
        DenyReason::UnknownOrder => Problem::not_found(
            "working order",
            "order",
            &order.to_string(),
            "a working order of this account",
        ),
        reason => {
            let word = reason::denial(reason);
            let detail = format!("the change was denied: {}", word.replace('_', " "));
            let field = change_field(asked, reason);
            let value = changed(asked, field).unwrap_or_else(|| order.to_string());
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, word, detail).with(
                field,
                Some(&value),
                accepted(reason),
            )
        }
    }
}

/// The value that a change asked for of a field.
fn changed(asked: OrderChange, field: &str) -> Option<String> {
    let OrderChange::Amend {
        qty,
        price,
        trigger,
    } = asked
    else {
        return None;
    };
    match field {
        "qty" => qty.map(|qty| qty.to_string()),
        "price" => price.map(|price| price.to_string()),
        "trigger" => trigger.map(|trigger| trigger.to_string()),
        _ => None,
    }
}

/// The field of a change that a reason is about.
const fn change_field(asked: OrderChange, reason: DenyReason) -> &'static str {
    match reason {
        DenyReason::PriceOffTick { .. }
        | DenyReason::PriceNotPositive
        | DenyReason::NoSuchPrice
            if is_trigger(asked, reason) =>
        {
            "trigger"
        }
        DenyReason::QtyNotPositive
        | DenyReason::QtyTooLarge { .. }
        | DenyReason::QtyOffLot { .. }
        | DenyReason::QtyFilled { .. }
        | DenyReason::BadList(_)
        | DenyReason::BadDisplay(_)
        | DenyReason::ShortNotAllowed { .. }
        | DenyReason::Conduct(ConductDenial::SizeMax { .. })
        | DenyReason::BuyingPower { .. }
        | DenyReason::PositionOutOfRange { .. } => "qty",
        DenyReason::PriceOffTick { .. }
        | DenyReason::PriceNotPositive
        | DenyReason::NoSuchPrice
        | DenyReason::PriceOutsideCollar { .. }
        | DenyReason::LevelsMax { .. }
        | DenyReason::WouldTake { .. } => "price",
        _ => "order",
    }
}

/// Whether of two prices the trigger is meant: the only one, or the one that is off the grid.
const fn is_trigger(asked: OrderChange, reason: DenyReason) -> bool {
    let OrderChange::Amend {
        price,
        trigger: Some(_),
        ..
    } = asked
    else {
        return false;
    };
    match (price, reason) {
        (None, _) => true,
        (Some(price), DenyReason::PriceOffTick { tick_size }) => {
            tick_size.0 > 0 && price.0 % tick_size.0 == 0
        }
        (Some(price), DenyReason::PriceNotPositive) => price.0 > 0,
        _ => false,
    }
}

/// The field of an order that a reason is about, and its value.
fn subject(asked: &Asked, reason: DenyReason) -> (&'static str, String) {
    match reason {
        DenyReason::DuplicateClientOrder => ("client_order_id", asked.client_order.to_string()),
        DenyReason::QtyNotPositive
        | DenyReason::QtyTooLarge { .. }
        | DenyReason::QtyOffLot { .. }
        | DenyReason::QtyFilled { .. }
        | DenyReason::NotReducing { .. }
        | DenyReason::ShortNotAllowed { .. }
        | DenyReason::Conduct(ConductDenial::SizeMax { .. })
        | DenyReason::BuyingPower { .. }
        | DenyReason::PositionOutOfRange { .. } => ("qty", asked.qty.to_string()),
        DenyReason::PriceOffTick { .. }
        | DenyReason::PriceNotPositive
        | DenyReason::PriceOutsideCollar { .. }
        | DenyReason::WouldTake { .. }
        | DenyReason::LevelsMax { .. }
        | DenyReason::NoSuchPrice => price(asked.kind, reason),
        DenyReason::BadTrail { .. } => trail(asked.kind),
        DenyReason::BadDisplay(_) => ("display_qty", asked.display.to_string()),
        DenyReason::BadTimeInForce(fault) => match (fault, asked.tif) {
            (TimeInForceFault::Over { .. }, TimeInForce::GoodTillDate { until }) => {
                ("until", until.to_string())
            }
            (TimeInForceFault::PostOnly, _) => ("post_only", true.to_string()),
            _ => ("tif", word::tif(asked.tif).to_owned()),
        },
        DenyReason::BadLeg => ("position", asked.leg.word().to_owned()),
        DenyReason::UnknownInstrument
        | DenyReason::NoConversion
        | DenyReason::CurrenciesMax { .. }
        | DenyReason::InstrumentNotOpen { .. }
        | DenyReason::NoQuote
        | DenyReason::BadQuote { .. }
        | DenyReason::Conduct(ConductDenial::Window { .. })
        | DenyReason::PositionsMax { .. } => ("instrument", asked.instrument.to_string()),
        DenyReason::BadList(fault) => ("orders", listed(fault, asked)),
        DenyReason::ChildrenMax { limit, has, .. } => match limit {
            LimitName::AlgoSlices => ("slices", has.to_string()),
            _ => ("orders", has.to_string()),
        },
        DenyReason::BadAlgo(fault) => match fault {
            AlgoFault::Window { .. } => ("end", asked.end.to_string()),
            AlgoFault::NoSlices => ("slices", "0".to_owned()),
            AlgoFault::Rate { rate } => ("rate_pct", percent::exact(rate)),
        },
        DenyReason::UnknownCurve { curve } => ("curve", curve.to_string()),
        DenyReason::UnknownAccount
        | DenyReason::UnknownOrder
        | DenyReason::AccountNotTrading { .. }
        | DenyReason::DayLocked
        | DenyReason::OrderRate { .. }
        | DenyReason::AccountOrdersMax { .. }
        | DenyReason::OrdersMax { .. }
        | DenyReason::AlgosMax { .. }
        | DenyReason::ChangesMax { .. }
        | DenyReason::OutOfRange { .. }
        | DenyReason::Conduct(
            ConductDenial::OrdersPerDay { .. } | ConductDenial::TradesPerDay { .. },
        )
        | DenyReason::Mandatory
        | DenyReason::NotInPlan
        | DenyReason::ScaleNotYet => ("account", asked.account.to_string()),
    }
}

/// What is wrong with a list.
fn listed(fault: ListFault, asked: &Asked) -> String {
    match fault {
        ListFault::Orders { has, .. } => has.to_string(),
        ListFault::Order { place, field } => format!("[{place}].{}", reason::list_field(field)),
        ListFault::SizedBy { .. } => asked.qty.to_string(),
    }
}

/// The price of an order that a reason is about: of two, the one that is off the grid, or not above zero.
fn price(kind: OrderKind, reason: DenyReason) -> (&'static str, String) {
    match (kind, reason) {
        (OrderKind::StopLimit { trigger, price, .. }, DenyReason::PriceOffTick { tick_size })
            if tick_size.0 > 0 && price.0 % tick_size.0 == 0 =>
        {
            ("trigger", trigger.to_string())
        }
        (OrderKind::StopLimit { trigger, price, .. }, DenyReason::PriceNotPositive)
            if price.0 > 0 =>
        {
            ("trigger", trigger.to_string())
        }
        (OrderKind::Limit { price } | OrderKind::StopLimit { price, .. }, _) => {
            ("price", price.to_string())
        }
        (OrderKind::Stop { trigger, .. } | OrderKind::MarketIfTouched { trigger, .. }, _) => {
            ("trigger", trigger.to_string())
        }
        (OrderKind::TrailingStop { .. }, _) => trail(kind),
        (OrderKind::Market, _) => ("price", String::new()),
    }
}

fn trail(kind: OrderKind) -> (&'static str, String) {
    match kind {
        OrderKind::TrailingStop {
            trail: Trail::Percent(share),
            ..
        } => ("trail_percent", percent::exact(share)),
        OrderKind::TrailingStop {
            trail: Trail::Amount(amount),
            ..
        } => ("trail_amount", amount.to_string()),
        _ => ("trail_amount", String::new()),
    }
}

/// What would have been accepted.
fn accepted(reason: DenyReason) -> String {
    match reason {
        DenyReason::DuplicateClientOrder => "an id that this account has not used".to_owned(),
        DenyReason::QtyNotPositive => "above 0".to_owned(),
        DenyReason::QtyTooLarge { max } => format!("at most {max}"),
        DenyReason::QtyOffLot { lot_size } => format!("a multiple of {lot_size}"),
        DenyReason::QtyFilled { filled } => format!("above {filled}, which is filled already"),
        DenyReason::PriceOffTick { tick_size } => format!("a multiple of {tick_size}"),
        DenyReason::PriceNotPositive => "above 0, as the prices of every share and coin".to_owned(),
        DenyReason::BadTrail { .. } => {
            "an amount above 0, or a percentage above 0 and below 100".to_owned()
        }
        DenyReason::BadList(fault) => accepted_in_list(fault),
        DenyReason::ChildrenMax { limit, max, .. } => {
            format!("at most {max} of them, which is {limit}")
        }
        DenyReason::BadDisplay(fault) => accepted_display(fault),
        DenyReason::BadTimeInForce(fault) => accepted_tif(fault),
        DenyReason::BadLeg => "net in a netting account, long or short in a hedging one".to_owned(),
        DenyReason::NoSuchPrice => "a price that the order has".to_owned(),
        DenyReason::BadAlgo(fault) => match fault {
            AlgoFault::Window { after } => format!("a time after {after}"),
            AlgoFault::NoSlices => "1 or more".to_owned(),
            AlgoFault::Rate { .. } => "a percentage above 0, up to 100".to_owned(),
        },
        DenyReason::UnknownCurve { .. } => "the id of a volume curve".to_owned(),
        DenyReason::NoConversion => {
            "an instrument in the account's currency, or in one with a conversion rate".to_owned()
        }
        DenyReason::CurrenciesMax { max } => {
            format!("an instrument in the account's currency or one of its {max} others")
        }
        DenyReason::PriceOutsideCollar { low, high } => {
            format!("a sell at {low} or above, a buy at {high} or below")
        }
        DenyReason::NotReducing { position } => {
            format!("what makes the position smaller, which is {position}")
        }
        DenyReason::ShortNotAllowed { available } => {
            format!("at most {available}, which may be sold")
        }
        DenyReason::BuyingPower { needed, available } => {
            format!("what needs at most {available}, not {needed}")
        }
        DenyReason::Conduct(denial) => accepted_by_conduct(denial),
        DenyReason::WouldTake { best } => format!("a price that does not reach {best}"),
        DenyReason::LevelsMax { max } => format!("one of the {max} prices that have orders"),
        DenyReason::PositionsMax { max } => {
            format!(
                "an instrument that the account holds: the engine keeps at most {max} positions"
            )
        }
        DenyReason::OrderRate { max } => format!("at most {max} orders in a second"),
        DenyReason::AccountOrdersMax { max } => {
            format!("an account with fewer than {max} working orders")
        }
        DenyReason::OrdersMax { max } => {
            format!("an engine with fewer than {max} working orders")
        }
        DenyReason::AlgosMax { max } => format!("an engine with fewer than {max} working algos"),
        DenyReason::ChangesMax { max } => {
            format!("an engine with fewer than {max} changes on their way to the market")
        }
        DenyReason::UnknownInstrument | DenyReason::NoQuote => {
            "an open instrument with a quote".to_owned()
        }
        DenyReason::InstrumentNotOpen { status } => accepted_status(status),
        DenyReason::BadQuote { good, .. } => {
            format!("an instrument with a good quote: its last one is of input {good}")
        }
        DenyReason::Mandatory => {
            "an order that is not the stop of an open cover order, or a move of it towards the market"
                .to_owned()
        }
        DenyReason::PositionOutOfRange { aimed, max } => {
            format!("what comes to a position of at most {max}, not {aimed}")
        }
        DenyReason::OutOfRange { balance, max } => {
            format!("what leaves a balance within {max} of zero, not {balance}")
        }
        DenyReason::UnknownOrder => "a working order of this account".to_owned(),
        DenyReason::DayLocked => {
            "an account that is not locked: this one is until the next roll of its day".to_owned()
        }
        DenyReason::UnknownAccount | DenyReason::NotInPlan => "an account that trades".to_owned(),
        DenyReason::AccountNotTrading { state } => {
            format!("an account that is in an evaluation or funded: it is {}", state.word())
        }
        DenyReason::ScaleNotYet => "an account that meets the condition of the step".to_owned(),
    }
}

/// A time in force that would have gone with the rest.
fn accepted_tif(fault: TimeInForceFault) -> String {
    match fault {
        TimeInForceFault::Kind => {
            "gtc or day, which go with every kind of order; gtd with all but market orders, ioc, fok, opg and cls with \
             market and limit orders"
                .to_owned()
        }
        TimeInForceFault::Over { after } => format!("a time after {after}"),
        TimeInForceFault::List => "gtc, day, gtd, ioc or fok: an order of a list is for no auction".to_owned(),
        TimeInForceFault::PostOnly => {
            "false, but for a limit order that may stay: gtc, day or gtd".to_owned()
        }
    }
}

/// What a market of this status takes.
fn accepted_status(status: InstrumentStatus) -> String {
    match status {
        InstrumentStatus::Open => "an instrument that is open".to_owned(),
        InstrumentStatus::Halted => "cancels, while it is halted".to_owned(),
        InstrumentStatus::Closed => {
            "orders for the opening (opg) and cancels, while it is closed".to_owned()
        }
        InstrumentStatus::PreOpen | InstrumentStatus::PreClose => format!(
            "orders for the auction (opg, cls) and orders that may stay, while it is in its call ({})",
            status.word()
        ),
    }
}

/// What a list would have had to be.
fn accepted_in_list(fault: ListFault) -> String {
    match fault {
        ListFault::Orders { least, most, .. } if least == most => format!("{least} orders"),
        ListFault::Orders { least, most, .. } => format!("{least} to {most} orders"),
        ListFault::Order { field, .. } => match field {
            ListField::Account => "the account of the first order",
            ListField::Instrument => "the instrument of the first order",
            ListField::Kind => {
                "no market order in an OCO, a limit order as take profit, one with a stop as stop"
            }
            ListField::TimeInForce => {
                "one with which the order may stay: gtc, day or gtd; gtc for the stop of a cover"
            }
            ListField::Side => "the other side than the entry's",
            ListField::Qty => "the entry's quantity",
            ListField::Leg => "a position that the entry opens, the same for its exits",
            ListField::ReduceOnly => "false, for an entry",
        }
        .to_owned(),
        ListFault::SizedBy { order } => format!("no other quantity than order {order} gives it"),
    }
}

/// What a book would have shown.
fn accepted_display(fault: DisplayFault) -> String {
    let parts = NewOrder::ICEBERG_PARTS_MAX;
    match fault {
        DisplayFault::NoBook => "none: the instrument has no book".to_owned(),
        DisplayFault::NoLimit => "none, but for limit and stop-limit orders".to_owned(),
        DisplayFault::OffLot { lot_size } => format!("a multiple of {lot_size}"),
        DisplayFault::Below { least } => {
            format!("{least} or more, so that the order has at most {parts} parts")
        }
        DisplayFault::Above { most } => format!("at most {most}, the quantity of the order"),
        DisplayFault::QtyAbove { most } => {
            format!("a quantity of at most {most}, which it shows in {parts} parts")
        }
    }
}

/// What the rules of conduct would have accepted.
fn accepted_by_conduct(denial: ConductDenial) -> String {
    match denial {
        ConductDenial::SizeMax { max, worst } => {
            format!("what comes to at most {max} weighted units, not {worst}")
        }
        ConductDenial::OrdersPerDay { max, orders } => {
            format!("at most {max} orders in a trading day, which has {orders}")
        }
        ConductDenial::TradesPerDay { max, trades } => format!(
            "an order that closes: of {max} opening trades in a trading day {trades} are made"
        ),
        ConductDenial::Window { window } => format!(
            "an order that window {window} of the plan does not block while it is open; \
             GET /v1/windows says until when it is"
        ),
    }
}
