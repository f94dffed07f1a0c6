//! The path of a closed bar: open, the nearer extreme, the farther one, close; and between them the
//! stops inside its range, before any target.

use types::{Bar, FillModel, InputRejection, OrderKind, Price, QuoteFault};

use super::Naive;
use super::fill::Execution;
use super::market::Touch;
use super::order::{Order, Stage, at_or_better, slipped};

/// A bar in ticks.
#[derive(Debug, Clone, Copy)]
struct Path {
    open: i64,
    high: i64,
    low: i64,
    close: i64,
}

impl Path {
    /// The extremes, the one nearer to the open first.
    fn extremes(&self) -> [i64; 2] {
        let up = i128::from(self.high) - i128::from(self.open);
        let down = i128::from(self.open) - i128::from(self.low);
        if up <= down {
            [self.high, self.low]
        } else {
            [self.low, self.high]
        }
    }
}

impl Naive {
    pub(super) fn walk_bar(&mut self, id: usize, bar: &Bar) {
        let path = match self.path_of(id, bar) {
            Ok(path) => path,
            Err(reason) => return self.reject(reason),
        };
        let beyond = [
            (path.open < path.low, bar.open, bar.low),
            (path.close < path.low, bar.close, bar.low),
            (path.open > path.high, bar.open, bar.high),
            (path.close > path.high, bar.close, bar.high),
        ];
        if let Some((_, price, bound)) = beyond.into_iter().find(|(is_beyond, ..)| *is_beyond) {
            let fault = QuoteFault::OutsideBar { price, bound };
            return self.reject(InputRejection::BadQuote(fault));
        }
        let lot_size = self.markets[id].instrument.lot_size.0;
        let lots = (bar.volume.0 / lot_size).max(1);
        let at = |price: i64| Touch {
            bid: price,
            bid_qty: lots,
            ask: price,
            ask_qty: lots,
        };
        if !self.markets[id].is_open() {
            self.pass(id, at(path.close));
            self.print_at(id, path.close);
            return;
        }
        self.markets[id].walking = true;
        let [nearer, farther] = path.extremes();
        for price in [path.open, nearer, farther] {
            self.pass(id, at(price));
            self.settle();
            self.markets[id].legs = Some((path.low, path.high));
            // What a stop sends may be a stop inside the bar again.
            while self.first_stop(id, path).is_some() {
                self.run_stops(id, path);
                self.settle();
            }
        }
        self.pass(id, at(path.close));
        self.print_at(id, path.close);
        self.settle();
        self.markets[id].walking = false;
        self.markets[id].legs = None;
    }

    /// Where the path of a bar is on a leg.
    pub(super) fn place_on_leg(&self, id: usize) -> Option<i64> {
        let market = &self.markets[id];
        market.legs.and(market.touch).map(|touch| touch.bid)
    }

    /// Does something where a leg passes a price.
    pub(super) fn standing_at(&mut self, id: usize, price: i64, act: impl FnOnce(&mut Self)) {
        let end = self.markets[id].touch;
        self.markets[id].touch = end.map(|end| Touch {
            bid: price,
            ask: price,
            ..end
        });
        act(self);
        self.markets[id].touch = end;
    }

    /// An order comes to the market; on a leg where it was sent, and the leg then goes on to its end.
    pub(super) fn enter_at(&mut self, order: u64, at: Option<i64>) {
        let Some(id) = self.orders.get(&order).map(|order| order.instrument) else {
            return;
        };
        let now = self.place_on_leg(id);
        let Some(at) = at.filter(|at| now.is_some_and(|now| now != *at)) else {
            return self.enter(order);
        };
        self.standing_at(id, at, |twin| twin.enter(order));
        self.go_on_from(id, at);
    }

    /// A leg goes on from a price that it has passed to where the path is.
    fn go_on_from(&mut self, id: usize, at: i64) {
        let market = &mut self.markets[id];
        let passed = market.touch.map(|end| Touch {
            bid: at,
            ask: at,
            ..end
        });
        let before = std::mem::replace(&mut market.before, passed);
        self.run_due(id);
        self.markets[id].before = before;
    }

    /// A trigger was reached: on a leg the order executes at it, where the bar has been there.
    pub(super) fn trigger_on_path(&mut self, order: u64, reference: i64) {
        let Some((id, trigger)) = self
            .orders
            .get(&order)
            .map(|order| (order.instrument, order.trigger))
        else {
            return;
        };
        let passed = trigger.zip(self.markets[id].legs);
        match passed {
            Some((trigger, (low, high))) if (low..=high).contains(&trigger) => {
                self.standing_at(id, trigger, |twin| twin.trigger(order, trigger));
            }
            _ => self.trigger(order, reference),
        }
    }

    /// A price of the path; what was taken of a level before has nothing to do with it.
    fn pass(&mut self, id: usize, touch: Touch) {
        self.markets[id].consumed.clear();
        self.on_touch(id, touch);
    }

    fn path_of(&self, id: usize, bar: &Bar) -> Result<Path, InputRejection> {
        let ticks = |price: Price| self.markets[id].ticks(price);
        Ok(Path {
            open: ticks(bar.open)?,
            high: ticks(bar.high)?,
            low: ticks(bar.low)?,
            close: ticks(bar.close)?,
        })
    }

    /// Every stop that waits inside the bar's range executes, at its trigger.
    fn run_stops(&mut self, id: usize, path: Path) {
        while let Some((order, trigger)) = self.first_stop(id, path) {
            self.standing_at(id, trigger, |twin| twin.stop_inside_bar(order, trigger));
            let stage = self.orders.get(&order).map(|order| order.stage);
            if stage == Some(Stage::Resting) {
                self.go_on_from(id, trigger);
            }
        }
    }

    fn first_stop(&self, id: usize, path: Path) -> Option<(u64, i64)> {
        self.orders
            .values()
            .filter(|order| order.instrument == id && order.stage == Stage::Waiting)
            .filter(|order| !matches!(order.request.kind, OrderKind::MarketIfTouched { .. }))
            .filter(|order| !self.stands_by(order))
            .find_map(|order| {
                let trigger = order.trigger?;
                let is_inside = (path.low..=path.high).contains(&trigger);
                is_inside.then_some((order.id, trigger))
            })
    }

    fn stop_inside_bar(&mut self, id: u64, trigger: i64) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        order.triggered = true;
        order.stage = Stage::Entering;
        let order = order.clone();
        self.push_triggered(id, trigger);
        let Some(price) = self.stop_price(&order, trigger) else {
            return self.rest(id);
        };
        let lots = self.allowed_at(&order, price);
        if lots == 0 {
            return self.end_bounded(id, price);
        }
        self.execute(Execution {
            order: id,
            price,
            lots,
            model: FillModel::Bar,
            maker: false,
        });
        let is_left = |order: &Order| order.stage == Stage::Entering && order.leaves() > 0;
        if self.orders.get(&id).is_some_and(is_left) {
            self.end_bounded(id, price);
        }
    }

    /// What a stop inside a bar fills at; nothing where that is beyond its limit.
    fn stop_price(&self, order: &Order, trigger: i64) -> Option<i64> {
        if let Some(limit) = order.limit {
            return at_or_better(trigger, limit, order.side).then_some(trigger);
        }
        let market = &self.markets[order.instrument];
        let lots = market.touch.map_or(1, |touch| touch.opposite(order.side).1);
        let slip = market.slip((trigger, lots), order.leaves());
        Some(slipped(trigger, slip, order.side))
    }
}
