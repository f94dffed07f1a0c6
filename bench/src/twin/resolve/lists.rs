//! Lists as traders send them.

use types::{
    AccountId, Command, InputKind, ListKind, NewOrder, OrderKind, OrderList, Qty, Side, TimeInForce,
};

use super::Scene;
use super::orders::Form;

impl Scene<'_> {
    pub(super) fn submit_list(&mut self) -> InputKind {
        let kind = self.draw.pick(&[
            ListKind::Oco,
            ListKind::Oto,
            ListKind::Bracket,
            ListKind::Bracket,
            ListKind::Cover,
        ]);
        let mut orders = match kind {
            ListKind::Oco => self.oco(),
            ListKind::Oto => self.oto(),
            ListKind::Bracket | ListKind::Cover => self.bracket(kind),
        };
        if self.nonsense() {
            self.spoil(&mut orders);
        }
        InputKind::Command(Command::SubmitList(OrderList { kind, orders }))
    }

    /// What goes into a list: nothing that ends at once, and one owner and instrument.
    fn leg_of(&mut self, like: &NewOrder, side: Side, form: Form) -> NewOrder {
        let mut order = self.order_of(like.account, like.instrument, side, form);
        if !matches!(
            order.tif,
            TimeInForce::GoodTillCancel | TimeInForce::Day | TimeInForce::GoodTillDate { .. }
        ) {
            order.tif = TimeInForce::GoodTillCancel;
        }
        order
    }

    fn resting_form(&mut self) -> Form {
        self.draw.weighted(&[
            (8, Form::Limit),
            (2, Form::Stop),
            (2, Form::StopLimit),
            (1, Form::IfTouched),
            (2, Form::Trailing),
        ])
    }

    fn oco(&mut self) -> Vec<NewOrder> {
        let first = self.order();
        let count = self.draw.pick(&[2, 2, 2, 3, 4]);
        (0..count)
            .map(|_| {
                let form = self.resting_form();
                let side = if self.draw.percent(75) {
                    first.side
                } else {
                    self.side()
                };
                let mut order = self.leg_of(&first, side, form);
                if side == first.side {
                    order.leg = first.leg;
                    order.reduce_only = first.reduce_only;
                }
                order
            })
            .collect()
    }

    fn oto(&mut self) -> Vec<NewOrder> {
        let any = self.order();
        let form = self.form();
        let mut orders = vec![self.leg_of(&any, any.side, form)];
        for _ in 0..self.draw.pick(&[1, 1, 2, 3]) {
            let (side, form) = (self.side(), self.form());
            let mut child = if self.draw.percent(60) {
                self.leg_of(&any, side, form)
            } else {
                let mut free = self.order_of(any.account, any.instrument, side, form);
                if matches!(free.tif, TimeInForce::AtOpen | TimeInForce::AtClose) {
                    free.tif = TimeInForce::ImmediateOrCancel;
                }
                free
            };
            if self.draw.percent(25) {
                child.reduce_only = true;
                child.side = orders[0].side.opposite();
                child.leg = orders[0].leg;
            }
            orders.push(child);
        }
        orders
    }

    fn bracket(&mut self, kind: ListKind) -> Vec<NewOrder> {
        let (account, id) = (self.account(), self.instrument());
        let side = self.opening_side(account, id);
        let form = self.form();
        let mut entry = self.order_of(account, id, side, form);
        if matches!(entry.tif, TimeInForce::AtOpen | TimeInForce::AtClose) {
            entry.tif = TimeInForce::GoodTillCancel;
        }
        entry.reduce_only = false;
        entry.leg = self.leg(account, side, false);
        let stop = self
            .draw
            .pick(&[Form::Stop, Form::Stop, Form::StopLimit, Form::Trailing]);
        let mut orders = vec![entry];
        let mut exit = |form: Form| {
            let mut exit = self.leg_of(&entry, side.opposite(), form);
            exit.qty = entry.qty;
            exit.leg = entry.leg;
            exit.post_only = exit.post_only && self.draw.percent(50);
            // Beyond the entry mostly, so that it rests for a while.
            if let OrderKind::Limit { price } = &mut exit.kind
                && self.draw.percent(60)
            {
                let at = self
                    .touch(id, side)
                    .saturating_add(side.sign() * self.draw.between(1, 4));
                *price = self.price(id, at);
            }
            orders.push(exit);
        };
        if kind == ListKind::Bracket {
            exit(Form::Limit);
        }
        exit(stop);
        orders
    }

    /// Breaks the structure of a list.
    fn spoil(&mut self, orders: &mut Vec<NewOrder>) {
        match self.draw.below(6) {
            0 => orders.clear(),
            1 => orders.truncate(1),
            2 => orders.reverse(),
            3 => {
                let more = self.order();
                orders.push(more);
            }
            4 => {
                if let Some(last) = orders.last_mut() {
                    last.qty = Qty(last.qty.0.saturating_add(100_000_000));
                }
            }
            _ => {
                if let Some(last) = orders.last_mut() {
                    last.account = AccountId(last.account.0.wrapping_add(1));
                }
            }
        }
    }
}
