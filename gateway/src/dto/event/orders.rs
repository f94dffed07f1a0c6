//! Facts about orders, algos and fills.

use serde::ser::SerializeMap;
use types::{
    AlgoEnd, AlgoKind, Event, EventKind, Fill, FillCause, Leg, NewAlgo, NewOrder, OrderChange,
    OrderKind, OrderRole, Price, Qty, SelfTrade, TimeInForce, TimestampNs, Trail, TriggerOn,
};

use super::fields::{Fields, Text};
use crate::dto::percent;
use crate::dto::reason::{self, Figures};
use crate::dto::word::{self, Word};

impl<M: SerializeMap> Fields<'_, M> {
    pub(super) fn of_order(&mut self, event: &Event) -> Result<(), M::Error> {
        match &event.kind {
            EventKind::OrderAccepted {
                order,
                request,
                list,
                role,
                arrives,
            } => {
                self.account(request.account)?;
                self.order(*order)?;
                self.request(request)?;
                self.unusual("list", list.0 != 0, self.names.order(*list))?;
                self.unusual("role", *role != OrderRole::Alone, role.word())?;
                self.unusual("arrives", *arrives > event.ts, Text(arrives))
            }
            EventKind::OrderDenied { request, reason } => {
                self.account(request.account)?;
                self.request(request)?;
                self.denial(*reason)
            }
            EventKind::OrderActivated {
                account,
                order,
                qty,
            } => {
                self.account(*account)?;
                self.order(*order)?;
                self.text("qty", qty)
            }
            EventKind::OrderTriggered {
                account,
                order,
                price,
            } => {
                self.account(*account)?;
                self.order(*order)?;
                self.text("price", price)
            }
            EventKind::OrderAmended {
                account,
                order,
                qty,
                price,
                trigger,
            } => {
                self.account(*account)?;
                self.order(*order)?;
                self.text("qty", qty)?;
                self.unusual("price", *price != Price::ZERO, Text(price))?;
                self.unusual("trigger", *trigger != Price::ZERO, Text(trigger))
            }
            EventKind::OrderCancelled {
                account,
                order,
                leaves,
                reason,
            } => {
                self.account(*account)?;
                self.order(*order)?;
                self.text("leaves", leaves)?;
                self.put("reason", reason::order_end(*reason))?;
                let figures = Figures::of_order_end(*reason);
                self.unusual("figures", !figures.is_empty(), figures)
            }
            EventKind::ChangeDenied {
                account,
                order,
                asked,
                reason,
            } => {
                self.account(*account)?;
                self.order(*order)?;
                self.change(*asked)?;
                self.denial(*reason)
            }
            EventKind::AlgoAccepted { order, request } => {
                self.account(request.account)?;
                self.order(*order)?;
                self.algo(request)
            }
            EventKind::AlgoDenied { request, reason } => {
                self.account(request.account)?;
                self.algo(request)?;
                self.denial(*reason)
            }
            EventKind::AlgoEnded {
                account,
                order,
                filled,
                reason,
            } => {
                self.account(*account)?;
                self.order(*order)?;
                self.text("filled", filled)?;
                self.put("reason", reason::algo_end(*reason))?;
                if let AlgoEnd::ChildDenied(child) = reason {
                    self.put("child_reason", reason::denial(*child))?;
                }
                let figures = Figures::of_algo_end(*reason);
                self.unusual("figures", !figures.is_empty(), figures)
            }
            EventKind::Fill(fill) => self.fill(fill, event.ts),
            _ => Ok(()),
        }
    }

    /// What was asked for; of an amendment, what was to change.
    fn change(&mut self, asked: OrderChange) -> Result<(), M::Error> {
        let (word, qty, price, trigger) = match asked {
            OrderChange::Cancel => ("cancel", None, None, None),
            OrderChange::CancelAll => ("cancel_all", None, None, None),
            OrderChange::Disconnect => ("disconnect", None, None, None),
            OrderChange::Amend {
                qty,
                price,
                trigger,
            } => ("amend", qty, price, trigger),
        };
        self.put("change", word)?;
        self.unusual("qty", qty.is_some(), qty.map(Text))?;
        self.unusual("price", price.is_some(), price.map(Text))?;
        self.unusual("trigger", trigger.is_some(), trigger.map(Text))
    }

    fn request(&mut self, request: &NewOrder) -> Result<(), M::Error> {
        let client_order = self.names.client_order(request.client_order);
        self.put("client_order_id", client_order)?;
        self.instrument(request.instrument)?;
        self.put("side", request.side.word())?;
        self.put("order_type", word::order_type(request.kind))?;
        self.text("qty", request.qty)?;
        self.prices(request.kind)?;
        self.put("tif", word::tif(request.tif))?;
        if let TimeInForce::GoodTillDate { until } = request.tif {
            self.text("until", until)?;
        }
        self.unusual(
            "display_qty",
            request.display != Qty::ZERO,
            Text(request.display),
        )?;
        self.unusual("post_only", request.post_only, true)?;
        self.unusual("reduce_only", request.reduce_only, true)?;
        self.unusual("cancel_on_disconnect", request.cancel_on_disconnect, true)?;
        let self_trade = request.self_trade;
        self.unusual(
            "self_trade",
            self_trade != SelfTrade::default(),
            self_trade.word(),
        )?;
        self.unusual("position", request.leg != Leg::Net, request.leg.word())
    }

    fn prices(&mut self, kind: OrderKind) -> Result<(), M::Error> {
        let on = match kind {
            OrderKind::Market => return Ok(()),
            OrderKind::Limit { price } => return self.text("price", price),
            OrderKind::Stop { trigger, on } | OrderKind::MarketIfTouched { trigger, on } => {
                self.text("trigger", trigger)?;
                on
            }
            OrderKind::StopLimit { trigger, price, on } => {
                self.text("price", price)?;
                self.text("trigger", trigger)?;
                on
            }
            OrderKind::TrailingStop { trail, on } => {
                match trail {
                    Trail::Amount(amount) => self.text("trail_amount", amount)?,
                    Trail::Percent(share) => self.put("trail_percent", percent::exact(share))?,
                }
                on
            }
        };
        self.unusual("trigger_on", on != TriggerOn::default(), on.word())
    }

    fn algo(&mut self, request: &NewAlgo) -> Result<(), M::Error> {
        let client_order = self.names.client_order(request.client_order);
        self.put("client_order_id", client_order)?;
        self.instrument(request.instrument)?;
        self.put("side", request.side.word())?;
        self.put("algo_type", word::algo_type(request.kind))?;
        self.text("qty", request.qty)?;
        if let Some(limit) = request.limit {
            self.text("price", limit)?;
        }
        self.text("start", request.start)?;
        self.text("end", request.end)?;
        match request.kind {
            AlgoKind::Twap { slices } => self.put("slices", slices)?,
            AlgoKind::Vwap { curve } => self.put("curve", self.names.curve(curve))?,
            AlgoKind::Pov { rate } => self.put("rate_pct", percent::exact(rate))?,
        }
        let ends = request.cancel_on_disconnect;
        self.unusual("cancel_on_disconnect", ends, true)?;
        self.unusual("position", request.leg != Leg::Net, request.leg.word())
    }

    fn fill(&mut self, fill: &Fill, ts: TimestampNs) -> Result<(), M::Error> {
        self.account(fill.account)?;
        self.order(fill.order)?;
        let client_order = self.names.client_order(fill.client_order);
        self.put("client_order_id", client_order)?;
        self.instrument(fill.instrument)?;
        self.put("side", fill.side.word())?;
        self.text("qty", fill.qty)?;
        self.text("price", fill.price)?;
        self.text("leaves", fill.leaves)?;
        self.text("fee", fill.fee)?;
        self.text("realised", fill.realised)?;
        self.text("balance", fill.balance)?;
        self.text("position", fill.position)?;
        self.unusual("leg", fill.leg != Leg::Net, fill.leg.word())?;
        self.put("liquidation", fill.cause != FillCause::Order)?;
        self.put("cause", fill.cause.word())?;
        self.put("model", fill.model.word())?;
        self.put("maker", fill.maker)?;
        self.unusual("known", fill.known > ts, Text(fill.known))
    }
}
