//! Algos, and what changes or ends working orders.

use engine::portrait::OrderPortrait;
use types::{
    AccountId, AlgoKind, Command, CurveId, InputKind, NewAlgo, OrderId, Price, Qty, Ratio,
    TimestampNs,
};

use super::Scene;

impl Scene<'_> {
    pub(super) fn submit_algo(&mut self) -> InputKind {
        let (account, id) = (self.account(), self.instrument());
        let side = self.opening_side(account, id);
        let kind = match self.draw.below(3) {
            0 => AlgoKind::Twap {
                slices: if self.nonsense() {
                    self.draw.pick(&[0, 9, u16::MAX])
                } else {
                    self.draw.between(1, 5) as u16
                },
            },
            1 => AlgoKind::Vwap {
                curve: CurveId(self.draw.below(3) as u32),
            },
            _ => AlgoKind::Pov {
                rate: if self.nonsense() {
                    Ratio(self.draw.pick(&[0, -1, 1_000_000_001]))
                } else {
                    Ratio(
                        self.draw
                            .pick(&[100_000_000, 333_333_333, 500_000_000, 1_000_000_000]),
                    )
                },
            },
        };
        let second = 1_000_000_000;
        let start = self.ts.0 - second + self.draw.pick(&[0, second, second, second * 3 / 2]);
        let end = self.ts.0
            + self
                .draw
                .pick(&[second / 4, second, 3 * second, 10 * second]);
        let limit = self.draw.percent(50).then(|| {
            let at = self.near(id, side.opposite());
            self.price(id, at)
        });
        let lots = self.lots() + self.lots();
        let algo = NewAlgo {
            account,
            client_order: self.client_order(),
            instrument: id,
            side,
            qty: self.qty(id, lots),
            limit,
            start: TimestampNs(start),
            end: TimestampNs(if self.nonsense() { start } else { end }),
            kind,
            leg: self.leg(account, side, false),
            cancel_on_disconnect: self.draw.percent(30),
        };
        InputKind::Command(Command::SubmitAlgo(algo))
    }

    /// A working order and its owner; now and then something else.
    fn meant(&mut self) -> (AccountId, OrderId) {
        let order = self.working();
        let (owner, order) = order.map_or((AccountId(0), OrderId(1)), |order| {
            (order.request.account, order.id)
        });
        if !self.nonsense() {
            return (owner, order);
        }
        match self.draw.below(3) {
            0 => (AccountId(owner.0 + 1), order),
            1 => (self.account(), OrderId(self.draw.below(order.0 + 2))),
            _ => (AccountId(u32::MAX), order),
        }
    }

    /// Whether there is nothing to change, so that one orders first.
    fn is_idle(&mut self) -> bool {
        self.portrait.orders.is_empty() && self.draw.percent(90)
    }

    /// A working order of an account of a plan that has an open window, mostly where there is one, and
    /// of those rather one that reduces.
    fn in_window(&mut self) -> Option<OrderPortrait> {
        let plan_of = |account| self.shard.account_row(account).map(|row| row.plan);
        let orders = self.portrait.orders.iter();
        let found: Vec<&OrderPortrait> = orders
            .filter(|order| {
                let plan = plan_of(order.request.account);
                let mut open = self.portrait.windows.iter();
                open.any(|(with, ..)| Some(*with) == plan)
            })
            .collect();
        let reducing = found.iter().copied();
        let reducing: Vec<&OrderPortrait> =
            reducing.filter(|order| self.opposed(order) > 0).collect();
        let any = self.draw.choose(&found).copied().copied();
        let reducing = self.draw.choose(&reducing).copied().copied();
        let found = reducing.filter(|_| self.draw.percent(70)).or(any);
        found.filter(|_| self.draw.percent(70))
    }

    /// Lots of the position that an order makes smaller without having to.
    fn opposed(&self, order: &OrderPortrait) -> i64 {
        let request = &order.request;
        let account = self.portrait.accounts.get(request.account.0 as usize);
        let mut holdings = account.map_or(&[][..], |account| &account.holdings).iter();
        let held = holdings
            .find(|held| (held.instrument, held.leg) == (request.instrument.0, request.leg))
            .filter(|_| !request.reduce_only);
        held.map_or(0, |held| -held.position.0 * request.side.sign())
            / self.definition(request.instrument).lot_size.0
    }

    pub(super) fn amend(&mut self) -> InputKind {
        if self.is_idle() {
            return self.submit_order();
        }
        let (account, id) = match self.in_window() {
            Some(order) => (order.request.account, order.id),
            None => self.meant(),
        };
        let order = self.portrait.orders.iter().find(|order| order.id == id);
        let Some(order) = order.copied() else {
            return InputKind::Command(Command::AmendOrder {
                account,
                order: id,
                qty: Some(Qty(1)),
                price: None,
                trigger: None,
            });
        };
        let instrument = order.request.instrument;
        let definition = self.definition(instrument);
        let qty = self.draw.percent(55).then(|| {
            let filled = order.filled.0 / definition.lot_size.0;
            let leaves = order.leaves.0 / definition.lot_size.0;
            let opposed = self.opposed(&order);
            let lots = match self.draw.below(10) {
                _ if opposed > leaves && self.draw.percent(50) => {
                    filled + self.draw.between(leaves + 1, opposed)
                }
                0..2 => filled,
                2..6 => filled + self.draw.between(1, leaves.max(1)),
                _ => filled + self.lots(),
            };
            self.qty(instrument, lots)
        });
        let mut moved = |price: Option<Price>, percent: u64| {
            let has = price.is_some() || self.draw.percent(4);
            (has && self.draw.percent(percent)).then(|| {
                let at = price.map_or(0, |price| price.0 / definition.tick_size.0);
                let by = self.draw.pick(&[-3, -2, -1, 0, 0, 1, 2, 3]);
                self.price(instrument, at.saturating_add(by))
            })
        };
        let price = moved(order.limit, 60);
        let trigger = moved(order.trigger, 60);
        InputKind::Command(Command::AmendOrder {
            account,
            order: id,
            qty,
            price,
            trigger,
        })
    }

    pub(super) fn cancel(&mut self) -> InputKind {
        if self.is_idle() {
            return self.submit_order();
        }
        let (mut account, mut order) = self.meant();
        let algos = &self.portrait.algos;
        if self.draw.percent(25)
            && let Some(algo) = self.draw.choose(algos)
        {
            (account, order) = (algo.account, algo.id);
        }
        InputKind::Command(Command::CancelOrder { account, order })
    }

    pub(super) fn cancel_all(&mut self) -> InputKind {
        let (owner, _) = self.meant();
        let account = if self.draw.percent(80) {
            owner
        } else {
            self.account()
        };
        let instrument = self.draw.percent(50).then(|| self.instrument());
        let side = self.draw.percent(40).then(|| self.side());
        InputKind::Command(Command::CancelAll {
            account,
            instrument,
            side,
        })
    }

    pub(super) fn disconnect(&mut self) -> InputKind {
        let (owner, _) = self.meant();
        let account = if self.draw.percent(80) {
            owner
        } else {
            self.account()
        };
        InputKind::Command(Command::Disconnect { account })
    }
}
