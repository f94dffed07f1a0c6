//! The engine's state and events as the JSON values that channels and answers are made of.

use runtime::view::{AccountView, WhatIf};
use runtime::{BoardPage, CompetitionView, Views};
use serde::Serialize;
use types::{Event, EventKind, FloorMoveCause, NewOrder};

use crate::app::App;
use crate::catalogue::Catalogue;
use crate::channel::{Json, Rows};
use crate::chart::{Candle, Point};
use crate::dto::board::ContestDto;
use crate::dto::{
    self, AccountDto, AccountRowDto, AlgoDto, BoardDto, InstrumentDto, OrderDto, PositionDto,
    WhatIfDto, WindowsDto,
};
use crate::history::Told;

/// Every instrument, by id.
pub(crate) fn instruments(app: &App, views: &Views) -> Rows {
    let catalogue = app.projections.catalogue.load();
    let row = |view| json(&InstrumentDto::new(view, &catalogue.names));
    views
        .instruments
        .iter()
        .map(|view| (view.id.0.into(), row(view)))
        .collect()
}

/// Every account in short, by id.
pub(crate) fn account_rows(app: &App, views: &Views) -> Rows {
    let catalogue = app.projections.catalogue.load();
    let row = |row: &runtime::view::AccountRow| json(&AccountRowDto::new(row, &catalogue.names));
    views
        .accounts
        .iter()
        .map(|account| (account.id.0.into(), row(account)))
        .collect()
}

/// A whole account; `None` until its plan is known.
pub(crate) fn account(app: &App, view: &AccountView) -> Option<Json> {
    let catalogue = app.projections.catalogue.load();
    let plan = catalogue.plans.get(view.row.plan.0 as usize)?;
    Some(json(&AccountDto::new(view, plan, &catalogue.names)))
}

/// What is known of calendars, and the windows that are open.
pub(crate) fn windows(app: &App, views: &Views) -> Json {
    let catalogue = app.projections.catalogue.load();
    json(&WindowsDto::new(&views.windows, &catalogue.names))
}

/// What an order would do; `None` until the account's plan is known.
pub(crate) fn what_if(app: &App, order: &NewOrder, answer: &WhatIf) -> Option<Json> {
    let catalogue = app.projections.catalogue.load();
    let views = app.handle.views();
    let plan = views.accounts.get(order.account.0 as usize)?.plan;
    let plan = catalogue.plans.get(plan.0 as usize)?;
    Some(json(&WhatIfDto::new(answer, plan, &catalogue.names)))
}

/// The open positions of an account.
pub(crate) fn positions(app: &App, view: &AccountView) -> Vec<Json> {
    let catalogue = app.projections.catalogue.load();
    view.positions
        .iter()
        .map(|position| json(&PositionDto::new(position, &catalogue.names)))
        .collect()
}

/// The working orders of an account that `is_wanted`.
pub(crate) fn orders(
    app: &App,
    view: &AccountView,
    is_wanted: impl Fn(&runtime::view::OrderView) -> bool,
) -> Vec<Json> {
    let catalogue = app.projections.catalogue.load();
    view.orders
        .iter()
        .filter(|order| is_wanted(order))
        .map(|order| json(&OrderDto::new(order, &catalogue.names)))
        .collect()
}

/// The working algos of an account.
pub(crate) fn algos(app: &App, view: &AccountView) -> Vec<Json> {
    let catalogue = app.projections.catalogue.load();
    view.algos
        .iter()
        .map(|algo| json(&AlgoDto::new(algo, &catalogue.names)))
        .collect()
}

/// A competition in short.
pub(crate) fn contest(app: &App, view: &CompetitionView) -> Json {
    let catalogue = app.projections.catalogue.load();
    json(&ContestDto::new(view, &catalogue.names))
}

/// A board: the competition, and its rows by account, best first.
pub(crate) fn board(app: &App, page: &BoardPage) -> (Json, Rows) {
    let catalogue = app.projections.catalogue.load();
    let dto = BoardDto::new(page, &catalogue.names);
    let accounts = page.rows.iter().map(|row| u64::from(row.account.0));
    (
        json(&dto.competition),
        accounts.zip(dto.rows.iter().map(json)).collect(),
    )
}

/// Whether an event is told. A floor that trails a live peak moves with the market: that is state,
/// which the account's own channel shows. What a verdict rests on is in its proof.
pub(crate) fn is_told(event: &Event) -> bool {
    match &event.kind {
        EventKind::FloorMoved(moved) => moved.cause != FloorMoveCause::Trailed,
        EventKind::VerdictBasis(_) | EventKind::LimitBasis(_) | EventKind::CashBasis(_) => false,
        _ => true,
    }
}

/// The events to tell, in order.
pub(crate) fn events(catalogue: &Catalogue, events: &[Event]) -> Vec<Told> {
    dto::event::events(events, &catalogue.names)
        .filter(|event| is_told(event.event()))
        .map(|event| Told {
            account: event.account(),
            json: json(&event),
        })
        .collect()
}

/// Candles, by their start.
pub(crate) fn candles(candles: &[Candle]) -> Rows {
    let row = |candle: &Candle| {
        let Candle {
            start_s,
            open,
            high,
            low,
            close,
        } = candle;
        format!(r#"{{"t":{start_s},"o":"{open}","h":"{high}","l":"{low}","c":"{close}"}}"#)
    };
    candles
        .iter()
        .map(|candle| (candle.start_s, row(candle).into()))
        .collect()
}

/// Points of an equity curve, by their time.
pub(crate) fn points(points: &[Point]) -> Rows {
    let row = |point: &Point| {
        let Point {
            t_s,
            equity,
            balance,
        } = point;
        format!(r#"{{"t":{t_s},"equity":"{equity}","balance":"{balance}"}}"#)
    };
    points
        .iter()
        .map(|point| (point.t_s, row(point).into()))
        .collect()
}

/// Strings, numbers and maps with string keys always serialise.
pub(crate) fn json(value: &impl Serialize) -> Json {
    serde_json::to_string(value).unwrap_or_default().into()
}

/// An object with one list in it.
pub(crate) fn list<'a>(name: &str, items: impl IntoIterator<Item = &'a Json>) -> String {
    let mut out = format!("{{\"{name}\":");
    crate::channel::array(&mut out, items.into_iter());
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use types::{Money, Price};

    use super::*;

    #[test]
    fn charts_are_decimal_strings_by_time() {
        let candle = Candle {
            start_s: 60,
            open: Price::whole(1),
            high: Price(2_500_000_000),
            low: Price(1),
            close: Price::whole(2),
        };
        let row = r#"{"t":60,"o":"1","h":"2.5","l":"0.000000001","c":"2"}"#;
        assert_eq!(candles(&[candle]), [(60, row.into())]);
        let point = Point {
            t_s: 120,
            equity: Money::whole(5),
            balance: Money(-1),
        };
        let row = r#"{"t":120,"equity":"5","balance":"-0.000001"}"#;
        assert_eq!(points(&[point]), [(120, row.into())]);
    }

    #[test]
    fn a_list_has_its_name() {
        let items: [Json; 2] = ["1".into(), "2".into()];
        assert_eq!(list("orders", &items), r#"{"orders":[1,2]}"#);
        assert_eq!(list("orders", []), r#"{"orders":[]}"#);
    }
}
