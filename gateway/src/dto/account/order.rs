//! Working orders and algos.

use runtime::view::{AlgoView, OrderView};
use serde::Serialize;
use types::{AlgoKind, OrderKind, OrderRole, TimeInForce, Trail, TriggerOn};

use crate::dto::names::Names;
use crate::dto::percent;
use crate::dto::word::{self, Word};

/// A working order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderDto {
    /// Its id.
    pub order_id: Option<String>,
    /// The sender's id.
    pub client_order_id: Option<String>,
    /// The instrument.
    pub instrument: String,
    /// Its symbol.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: &'static str,
    /// How it executes.
    #[serde(rename = "type")]
    pub order_type: &'static str,
    /// Total quantity.
    pub qty: String,
    /// Quantity executed so far.
    pub filled: String,
    /// Quantity still to execute.
    pub leaves: String,
    /// What a book shows of it; 0 where no book does.
    pub displayed: String,
    /// Limit price as it stands.
    pub price: Option<String>,
    /// Trigger as it stands, while it waits for one.
    pub trigger: Option<String>,
    /// Which price the trigger looks at.
    pub trigger_on: Option<&'static str>,
    /// Distance of a trailing stop, as an amount of price.
    pub trail_amount: Option<String>,
    /// Distance of a trailing stop, as a percentage of the price.
    pub trail_percent: Option<String>,
    /// How long it works.
    pub tif: &'static str,
    /// Until when, with `gtd`.
    pub until: Option<String>,
    /// The most that a book shows of it at a time; null shows all.
    pub display_qty: Option<String>,
    /// Whether it must not trade on arrival.
    pub post_only: bool,
    /// Whether it may only make a position smaller.
    pub reduce_only: bool,
    /// Whether it ends with the account's session.
    pub cancel_on_disconnect: bool,
    /// What happens before it would trade with an order of its own account.
    pub self_trade: &'static str,
    /// The position it is for.
    pub position: &'static str,
    /// Where it is: `in_flight`, `held`, `waiting`, `resting` or `auction`.
    pub stage: &'static str,
    /// The first order of its list, or its algo; null for an order alone.
    pub list: Option<String>,
    /// Its part in the list; null for an order alone.
    pub role: Option<&'static str>,
}

impl OrderDto {
    /// A working order.
    pub fn new(view: &OrderView, names: &Names) -> Self {
        let request = &view.request;
        let (trail, on) = match request.kind {
            OrderKind::Market | OrderKind::Limit { .. } => (None, None),
            OrderKind::Stop { on, .. }
            | OrderKind::StopLimit { on, .. }
            | OrderKind::MarketIfTouched { on, .. } => (None, Some(on)),
            OrderKind::TrailingStop { trail, on } => (Some(trail), Some(on)),
        };
        Self {
            order_id: names.order(view.order),
            client_order_id: names.client_order(request.client_order),
            instrument: names.instrument(request.instrument),
            symbol: view.symbol.to_string(),
            side: request.side.word(),
            order_type: word::order_type(request.kind),
            qty: view.filled.saturating_add(view.leaves).to_string(),
            filled: view.filled.to_string(),
            leaves: view.leaves.to_string(),
            displayed: view.displayed.to_string(),
            price: view.limit.map(|price| price.to_string()),
            trigger: view.trigger.map(|trigger| trigger.to_string()),
            trigger_on: on.map(TriggerOn::word),
            trail_amount: match trail {
                Some(Trail::Amount(amount)) => Some(amount.to_string()),
                _ => None,
            },
            trail_percent: match trail {
                Some(Trail::Percent(share)) => Some(percent::exact(share)),
                _ => None,
            },
            tif: word::tif(request.tif),
            until: match request.tif {
                TimeInForce::GoodTillDate { until } => Some(until.to_string()),
                _ => None,
            },
            display_qty: (request.display.0 > 0).then(|| request.display.to_string()),
            post_only: request.post_only,
            reduce_only: request.reduce_only,
            cancel_on_disconnect: request.cancel_on_disconnect,
            self_trade: request.self_trade.word(),
            position: request.leg.word(),
            stage: view.stage.word(),
            list: names.order(view.list),
            role: (view.role != OrderRole::Alone).then(|| view.role.word()),
        }
    }
}

/// A working algo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlgoDto {
    /// Its id, from the same sequence as orders.
    pub order_id: Option<String>,
    /// The sender's id.
    pub client_order_id: Option<String>,
    /// The instrument.
    pub instrument: String,
    /// Its symbol; null when it is not known.
    pub symbol: Option<String>,
    /// `buy` or `sell`.
    pub side: &'static str,
    /// How it slices.
    #[serde(rename = "type")]
    pub algo_type: &'static str,
    /// How much in all.
    pub qty: String,
    /// What its children have executed so far.
    pub filled: String,
    /// Limit of every child; null for market orders.
    pub price: Option<String>,
    /// First slice.
    pub start: String,
    /// Where it ends.
    pub end: String,
    /// Slices of a `twap`.
    pub slices: Option<u16>,
    /// Volume curve of a `vwap`.
    pub curve: Option<String>,
    /// Share of the volume of a `pov`, percent.
    pub rate_pct: Option<String>,
    /// The position it is for.
    pub position: &'static str,
    /// It ends with the account's session.
    pub cancel_on_disconnect: bool,
}

impl AlgoDto {
    /// A working algo.
    pub fn new(view: &AlgoView, names: &Names) -> Self {
        let request = &view.request;
        let mut dto = Self {
            order_id: names.order(view.id),
            client_order_id: names.client_order(request.client_order),
            instrument: names.instrument(request.instrument),
            symbol: names.symbol(request.instrument).map(ToString::to_string),
            side: request.side.word(),
            algo_type: word::algo_type(request.kind),
            qty: request.qty.to_string(),
            filled: view.filled.to_string(),
            price: request.limit.map(|limit| limit.to_string()),
            start: request.start.to_string(),
            end: request.end.to_string(),
            slices: None,
            curve: None,
            rate_pct: None,
            position: request.leg.word(),
            cancel_on_disconnect: request.cancel_on_disconnect,
        };
        match request.kind {
            AlgoKind::Twap { slices } => dto.slices = Some(slices),
            AlgoKind::Vwap { curve } => dto.curve = Some(names.curve(curve)),
            AlgoKind::Pov { rate } => dto.rate_pct = Some(percent::exact(rate)),
        }
        dto
    }
}
