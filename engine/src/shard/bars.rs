//! A bar whose path orders fill along: open, the nearer extreme, the farther one, close; and inside its
//! range every stop before any target, for the bar does not say which came first.

use types::{
    Bar, FillModel, InputRejection, InstrumentId, InstrumentStatus, Lots, QuoteFault, Slippage,
    Ticks,
};

use super::Shard;
use super::cascade::{Before, Walked};
use super::check::is_beyond;
use super::fills::Execution;
use super::market::MarkPath;
use super::registry::reject;
use super::walk::{slip_ticks, slipped};
use crate::event_buf::EventBuf;
use crate::market::{Market, Touch};
use crate::order::{Form, Stage};

/// A bar in ticks and lots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    open: Ticks,
    pub(super) high: Ticks,
    pub(super) low: Ticks,
    pub(super) close: Ticks,
    lots: Lots,
}

impl Path {
    /// The nearer extreme, and the farther one; the high first where both are as near.
    fn extremes(&self) -> [Ticks; 2] {
        let up = i128::from(self.high.0) - i128::from(self.open.0);
        let down = i128::from(self.open.0) - i128::from(self.low.0);
        if up <= down {
            [self.high, self.low]
        } else {
            [self.low, self.high]
        }
    }

    /// The first of open and close that is below the low, else above the high, and that extreme.
    #[inline]
    pub(super) fn outside(&self) -> Option<(Ticks, Ticks)> {
        let ends = [self.open, self.close];
        let below = ends.into_iter().find(|price| *price < self.low);
        let above = ends.into_iter().find(|price| *price > self.high);
        below
            .map(|price| (price, self.low))
            .or(above.map(|price| (price, self.high)))
    }

    /// What the market shows when it is over.
    pub(super) const fn end(&self) -> Touch {
        Self::touch(self.close, self.lots)
    }

    /// What the market shows at a price of it.
    const fn touch(price: Ticks, lots: Lots) -> Touch {
        Touch {
            bid: price,
            bid_qty: lots,
            ask: price,
            ask_qty: lots,
        }
    }
}

impl Market {
    /// A bar in ticks and lots.
    #[inline(always)]
    pub(super) fn path_of(&self, bar: &Bar) -> Result<Path, InputRejection> {
        Ok(Path {
            open: self.ticks(bar.open)?,
            high: self.ticks(bar.high)?,
            low: self.ticks(bar.low)?,
            close: self.ticks(bar.close)?,
            lots: self.whole_lots(bar.volume).max(Lots(1)),
        })
    }
}

impl Shard {
    pub(super) fn walk_bar(&mut self, instrument: InstrumentId, bar: &Bar, events: &mut EventBuf) {
        let market = &self.markets[instrument.0 as usize];
        let path = match market.path_of(bar) {
            Ok(path) => path,
            Err(reason) => return reject(events, reason),
        };
        if let Some((price, bound)) = path.outside() {
            let price_of = |ticks| market.instrument.price(ticks);
            let fault = QuoteFault::OutsideBar {
                price: price_of(price),
                bound: price_of(bound),
            };
            return reject(events, InputRejection::BadQuote(fault));
        }
        if self.markets[instrument.0 as usize].status != InstrumentStatus::Open {
            // Nothing fills on the way, so only where it ends matters.
            self.pass(instrument, path.close, path.lots, events);
            self.markets[instrument.0 as usize].print(path.close, self.seq);
            self.note_marked(instrument);
            return;
        }
        let marks = MarkPath {
            bids: [path.low, path.high],
            asks: [path.low, path.high],
        };
        if self.markets[instrument.0 as usize].is_deserted()
            && self.concerns_nobody(instrument, marks)
        {
            self.note_best(instrument, marks);
            return self.pass_by(instrument, &path);
        }
        let mut walked = Walked {
            instrument,
            legs: None,
        };
        self.pending.walked = Some(walked);
        let [near, far] = path.extremes();
        for price in [path.open, near, far] {
            self.pass(instrument, price, path.lots, events);
            self.settle(events);
            walked.legs = Some([path.low, path.high]);
            self.pending.walked = Some(walked);
            // The exits of an entry that fired are stops of this bar too.
            while self.run_stops(instrument, &path, events) {
                self.settle(events);
            }
        }
        self.pass(instrument, path.close, path.lots, events);
        self.markets[instrument.0 as usize].print(path.close, self.seq);
        self.note_marked(instrument);
        self.settle(events);
        self.pending.walked = None;
    }

    /// Whether the path of a bar is being walked.
    pub(super) fn is_walked(&self, instrument: InstrumentId) -> bool {
        let walked = self.pending.walked;
        walked.is_some_and(|walked| walked.instrument == instrument)
    }

    /// The low and the high of a bar that is walked beyond its open.
    fn legs(&self, instrument: InstrumentId) -> Option<[Ticks; 2]> {
        let walked = self.pending.walked?;
        walked.legs.filter(|_| walked.instrument == instrument)
    }

    pub(super) fn is_on_leg(&self, instrument: InstrumentId) -> bool {
        self.legs(instrument).is_some()
    }

    /// Where the path is, on a leg.
    pub(super) fn place_on_leg(&self) -> Option<Ticks> {
        let walked = self.pending.walked?;
        let market = &self.markets[walked.instrument.0 as usize];
        walked.legs.and(market.touch).map(|touch| touch.bid)
    }

    /// Does something where a leg passes a price, before it comes to its end.
    pub(super) fn standing_at(
        &mut self,
        instrument: InstrumentId,
        price: Ticks,
        act: impl FnOnce(&mut Self),
    ) {
        let index = instrument.0 as usize;
        let end = self.markets[index].touch;
        self.markets[index].touch = end.map(|end| Path::touch(price, end.bid_qty));
        act(self);
        self.markets[index].touch = end;
    }

    /// An order comes to the market, on a leg where it was sent. From there to the leg's end it may be due.
    pub(super) fn enter_at(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        at: Option<Ticks>,
        events: &mut EventBuf,
    ) {
        let end = self.markets[instrument.0 as usize].touch;
        let at =
            at.filter(|at| self.is_on_leg(instrument) && end.is_some_and(|end| end.bid != *at));
        let (Some(at), Some(end)) = (at, end) else {
            return self.enter(handle, events);
        };
        self.standing_at(instrument, at, |shard| shard.enter(handle, events));
        self.go_on_from(instrument, at, end.bid_qty, events);
    }

    /// From a price that a leg has passed to where the path is, which makes due what lies between.
    fn go_on_from(
        &mut self,
        instrument: InstrumentId,
        at: Ticks,
        lots: Lots,
        events: &mut EventBuf,
    ) {
        let before = self.pending.before.replace(Before {
            touch: Path::touch(at, lots),
            could_fill: true,
        });
        self.run_due_orders(instrument, events);
        self.pending.before = before;
    }

    /// A trigger was reached: on a leg at its own price, where the bar has been there.
    pub(super) fn fire_on_path(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        reference: Ticks,
        events: &mut EventBuf,
    ) {
        let trigger = self.orders.extra(handle).map(|extra| extra.trigger);
        let passed = trigger.zip(self.legs(instrument));
        match passed {
            Some((trigger, [low, high])) if low <= trigger && trigger <= high => {
                self.standing_at(instrument, trigger, |shard| {
                    shard.fire(handle, instrument, trigger, events);
                });
            }
            _ => self.fire(handle, instrument, reference, events),
        }
    }

    /// The path passes a price.
    fn pass(&mut self, instrument: InstrumentId, price: Ticks, lots: Lots, events: &mut EventBuf) {
        // What was taken of a level before has nothing to do with it.
        self.markets[instrument.0 as usize].consumed.clear();
        self.on_touch(instrument, Path::touch(price, lots), events);
    }

    /// Nothing waits along the path, and no account needs a look on it: only where it ends is left of it.
    fn pass_by(&mut self, instrument: InstrumentId, path: &Path) {
        let [_, far] = path.extremes();
        let market = &mut self.markets[instrument.0 as usize];
        market.consumed.clear();
        market.show(path.end(), self.seq);
        market.print(path.close, self.seq);
        self.pending.before = Some(Before {
            touch: Path::touch(far, path.lots),
            could_fill: market.can_trade(),
        });
    }

    /// Every stop inside the bar's range executes at its trigger, the oldest first. Says whether there was one.
    fn run_stops(&mut self, instrument: InstrumentId, path: &Path, events: &mut EventBuf) -> bool {
        let market = &self.markets[instrument.0 as usize];
        // Mostly nothing waits, and asking every list level by level costs as much as the rest of the bar.
        let waits = market.triggers.iter().any(|ladder| !ladder.is_empty());
        if market.status != InstrumentStatus::Open || !waits {
            return false;
        }
        let mut has_run = false;
        while let Some(handle) = self.next_stop(instrument, path) {
            let order = *self.orders.get(handle);
            let trigger = self
                .orders
                .extra(handle)
                .map_or(Ticks(0), |extra| extra.trigger);
            let id = self.orders.id(handle);
            self.withdraw(handle);
            self.push_triggered(handle, instrument, trigger, events);
            self.standing_at(instrument, trigger, |shard| {
                shard.fill_stop(handle, instrument, order.form, trigger, path.lots, events);
            });
            // The path comes back from the trigger, past a limit that it did not reach there.
            if self.is_working(handle, id) && self.orders.get(handle).stage == Stage::Resting {
                self.go_on_from(instrument, trigger, path.lots, events);
            }
            has_run = true;
        }
        has_run
    }

    /// The oldest waiting stop whose trigger is in the bar's range.
    fn next_stop(&self, instrument: InstrumentId, path: &Path) -> Option<u32> {
        let market = &self.markets[instrument.0 as usize];
        let mut oldest: Option<u32> = None;
        for ladder in &market.triggers {
            for (key, ..) in ladder.iter_levels() {
                for handle in ladder.iter_queue(&self.orders.nodes, key) {
                    let order = self.orders.get(handle);
                    let trigger = self.orders.extra(handle).map(|extra| extra.trigger);
                    let is_passed =
                        trigger.is_some_and(|trigger| path.low <= trigger && trigger <= path.high);
                    let is_older =
                        oldest.is_none_or(|oldest| self.orders.id(handle) < self.orders.id(oldest));
                    let is_next = order.form.is_stop() && is_passed && is_older;
                    if is_next && !self.stands_by(handle) {
                        oldest = Some(handle);
                    }
                }
            }
        }
        oldest
    }

    fn fill_stop(
        &mut self,
        handle: u32,
        instrument: InstrumentId,
        form: Form,
        trigger: Ticks,
        displayed: Lots,
        events: &mut EventBuf,
    ) {
        let order = *self.orders.get(handle);
        let id = self.orders.id(handle);
        let is_limit = form == Form::StopLimit;
        if is_limit && is_beyond(order.side, trigger, order.limit) {
            return self.rest(handle, instrument, events);
        }
        let model = self.markets[instrument.0 as usize].paper();
        let slippage = model.map_or(Slippage::None, |model| model.slippage);
        let price = if is_limit {
            trigger
        } else {
            let slip = slip_ticks(slippage, trigger, order.leaves(), displayed);
            slipped(order.side, trigger, slip, None)
        };
        let allowed = self.allowed_at(handle, price);
        if allowed == 0 {
            return self.end_bounded(handle, price, events);
        }
        let execution = Execution {
            price,
            lots: Lots(allowed),
            maker: false,
            model: FillModel::Bar,
        };
        self.fill_order(handle, execution, events);
        self.after_fill(handle, Lots(allowed), events);
        if self.is_working(handle, id) && self.orders.get(handle).stage == Stage::Entering {
            self.end_bounded(handle, price, events);
        }
    }
}
