//! Orders as traders send them.

use types::{
    AccountId, ClientOrderId, Command, Funding, InputKind, InstrumentId, InstrumentStatus,
    NewOrder, OrderKind, Ratio, SelfTrade, Side, TimeInForce, TimestampNs, Trail, TriggerOn,
};

use super::Scene;
use crate::twin::setting::open_account;

/// The kinds of order, without their prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Market,
    Limit,
    Stop,
    StopLimit,
    IfTouched,
    Trailing,
}

impl Scene<'_> {
    /// Whether hardly an account trades any more, and more may open.
    pub(super) fn is_deserted(&self) -> bool {
        use types::AccountState::{Evaluation, Funded};
        let trades = |state| matches!(state, Evaluation | Funded);
        let accounts = &self.portrait.accounts;
        accounts.iter().filter(|a| trades(a.state)).count() < 2
            && accounts.len() < self.setting.limits.accounts_max as usize
    }

    pub(super) fn submit_order(&mut self) -> InputKind {
        if self.is_deserted() && self.draw.percent(80) {
            let plan = self.draw.below(self.setting.plans.len() as u64) as u32;
            return open_account(types::PlanId(plan), None);
        }
        let order = self.order();
        InputKind::Command(Command::SubmitOrder(order))
    }

    pub(super) fn client_order(&mut self) -> ClientOrderId {
        ClientOrderId(if self.draw.percent(80) {
            0
        } else {
            u128::from(self.draw.below(24))
        })
    }

    /// Any order: one that opens, or one that closes a position.
    pub(super) fn order(&mut self) -> NewOrder {
        let account = self.account();
        let closed = if self.draw.percent(30) {
            self.position(account)
        } else {
            None
        };
        if let Some(holding) = closed {
            let id = InstrumentId(holding.instrument);
            let side = if holding.position.0 > 0 {
                Side::Sell
            } else {
                Side::Buy
            };
            let form = self.form();
            let mut order = self.order_of(account, id, side, form);
            order.leg = holding.leg;
            order.reduce_only = self.draw.percent(50);
            if self.draw.percent(50) {
                order.qty = holding.position.abs();
            }
            return order;
        }
        let id = self.instrument();
        let (side, form) = (self.opening_side(account, id), self.form());
        self.order_of(account, id, side, form)
    }

    /// A side on which the account may open, mostly.
    pub(super) fn opening_side(&mut self, account: AccountId, id: InstrumentId) -> Side {
        let any = self.side();
        let terms = self.terms(account);
        let shorts = terms.is_none_or(|terms| terms.shorts && terms.funding != Funding::Cash)
            && self.definition(id).shortable;
        if shorts || self.draw.percent(15) {
            any
        } else {
            Side::Buy
        }
    }

    pub(super) fn form(&mut self) -> Form {
        self.draw.weighted(&[
            (22, Form::Market),
            (46, Form::Limit),
            (8, Form::Stop),
            (8, Form::StopLimit),
            (7, Form::IfTouched),
            (9, Form::Trailing),
        ])
    }

    pub(super) fn order_of(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
        side: Side,
        form: Form,
    ) -> NewOrder {
        let kind = self.kind(instrument, side, form);
        let lots = self.lots();
        let qty = self.qty(instrument, lots);
        let is_closing = self.draw.percent(15);
        let mut order = NewOrder::new(account, instrument, side, kind, qty);
        order.client_order = self.client_order();
        order.tif = self.tif(instrument, form);
        order.leg = self.leg(account, side, is_closing);
        order.reduce_only = self.draw.percent(4);
        order.cancel_on_disconnect = self.draw.percent(20);
        order.self_trade = self.draw.weighted(&[
            (8, SelfTrade::CancelNewest),
            (3, SelfTrade::CancelOldest),
            (3, SelfTrade::CancelBoth),
            (4, SelfTrade::Decrement),
            (2, SelfTrade::Allow),
        ]);
        let can_hide = matches!(form, Form::Limit | Form::StopLimit) && self.is_crossed(instrument);
        if (can_hide && self.draw.percent(35)) || self.nonsense() {
            let shown = self.draw.between(1, lots);
            order.display = self.qty(instrument, shown);
        }
        let can_post = form == Form::Limit
            && matches!(
                order.tif,
                TimeInForce::GoodTillCancel | TimeInForce::Day | TimeInForce::GoodTillDate { .. }
            );
        order.post_only = (can_post && self.draw.percent(15)) || self.nonsense();
        order
    }

    fn on(&mut self) -> TriggerOn {
        self.draw
            .weighted(&[(3, TriggerOn::Quote), (2, TriggerOn::Last)])
    }

    fn kind(&mut self, id: InstrumentId, side: Side, form: Form) -> OrderKind {
        let away = side.sign();
        match form {
            Form::Market => OrderKind::Market,
            Form::Limit => {
                let best = self.side();
                let at = self.near(id, best);
                OrderKind::Limit {
                    price: self.price(id, at),
                }
            }
            Form::Stop | Form::StopLimit => {
                let from = self.touch(id, side.opposite());
                let at = from.saturating_add(away * self.draw.between(-1, 4));
                let trigger = self.price(id, at);
                let on = self.on();
                if form == Form::Stop {
                    return OrderKind::Stop { trigger, on };
                }
                let limit = at.saturating_add(away * self.draw.between(-2, 2));
                OrderKind::StopLimit {
                    trigger,
                    price: self.price(id, limit),
                    on,
                }
            }
            Form::IfTouched => {
                let from = self.touch(id, side.opposite());
                let at = from.saturating_sub(away * self.draw.between(-1, 4));
                OrderKind::MarketIfTouched {
                    trigger: self.price(id, at),
                    on: self.on(),
                }
            }
            Form::Trailing => {
                let trail = if self.draw.percent(60) {
                    let ticks = self.draw.between(1, 5) - i64::from(self.nonsense()) * 5;
                    Trail::Amount(self.price(id, ticks))
                } else if self.nonsense() {
                    Trail::Percent(Ratio(self.draw.pick(&[0, -1, 1_000_000_000])))
                } else {
                    Trail::Percent(Ratio(self.draw.pick(&[1, 9_999_999, 30_000_000])))
                };
                OrderKind::TrailingStop {
                    trail,
                    on: self.on(),
                }
            }
        }
    }

    fn until(&mut self) -> TimestampNs {
        if self.nonsense() {
            return TimestampNs(self.draw.pick(&[0, self.ts.0, u64::MAX]));
        }
        let delays = [1, 50_000_000, 250_000_000, 1_000_000_000, 5_000_000_000];
        TimestampNs(self.ts.0 + self.draw.pick(&delays))
    }

    fn tif(&mut self, id: InstrumentId, form: Form) -> TimeInForce {
        use TimeInForce as T;
        let gtd = T::GoodTillDate {
            until: self.until(),
        };
        if self.nonsense() {
            return self.draw.pick(&[
                T::Day,
                T::ImmediateOrCancel,
                T::FillOrKill,
                gtd,
                T::AtOpen,
                T::AtClose,
            ]);
        }
        if matches!(form, Form::Market | Form::Limit) {
            let auction = match self.market(id).map(|market| market.status) {
                Some(InstrumentStatus::PreOpen | InstrumentStatus::Closed) => Some(T::AtOpen),
                Some(InstrumentStatus::PreClose) => Some(T::AtClose),
                _ => None,
            };
            if let Some(auction) = auction
                && self.draw.percent(45)
            {
                return auction;
            }
        }
        match form {
            Form::Market => self.draw.weighted(&[
                (12, T::GoodTillCancel),
                (2, T::Day),
                (3, T::ImmediateOrCancel),
                (3, T::FillOrKill),
                (1, T::AtOpen),
                (1, T::AtClose),
            ]),
            Form::Limit => self.draw.weighted(&[
                (12, T::GoodTillCancel),
                (3, T::Day),
                (3, T::ImmediateOrCancel),
                (3, T::FillOrKill),
                (4, gtd),
                (1, T::AtOpen),
                (1, T::AtClose),
            ]),
            _ => self
                .draw
                .weighted(&[(5, T::GoodTillCancel), (2, T::Day), (2, gtd)]),
        }
    }
}
