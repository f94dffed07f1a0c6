//! A bar whose path orders fill along: open, the nearer extreme, the farther one, close; and inside its
//! range every stop before any target, for the bar does not say which came first.

use types::{
    Bar, CancelReason, FillModel, InputRejection, InstrumentId, InstrumentStatus, Lots, Slippage,
    Ticks,
};

use super::Shard;
use super::check::is_beyond;
use super::fills::Execution;
use super::paper::{slip_ticks, slipped};
use super::registry::reject;
use crate::event_buf::EventBuf;
use crate::market::Touch;
use crate::order::{Form, Stage};

/// A bar in ticks and lots.
#[derive(Debug, Clone, Copy)]
struct Path {
    open: Ticks,
    high: Ticks,
    low: Ticks,
    close: Ticks,
    lots: Lots,
}

impl Shard {
    pub(super) fn walk_bar(&mut self, instrument: InstrumentId, bar: &Bar, events: &mut EventBuf) {
        let market = &self.markets[instrument.0 as usize];
        let grid = |price| {
            market
                .instrument
                .ticks(price)
                .map_err(|_| InputRejection::OffGrid)
        };
        let path = (|| {
            Ok(Path {
                open: grid(bar.open)?,
                high: grid(bar.high)?,
                low: grid(bar.low)?,
                close: grid(bar.close)?,
                lots: Lots((bar.volume.0.max(0) / market.instrument.lot_size.0).max(1)),
            })
        })();
        let path = match path {
            Ok(path) => path,
            Err(reason) => return reject(events, reason),
        };
        let is_ordered =
            path.low <= path.open.min(path.close) && path.open.max(path.close) <= path.high;
        if !is_ordered {
            return reject(events, InputRejection::BadQuote);
        }
        if self.markets[instrument.0 as usize].status != InstrumentStatus::Open {
            // Nothing fills on the way, so only where it ends matters.
            self.pass(instrument, path.close, path.lots, events);
            self.markets[instrument.0 as usize].print(path.close, self.seq);
            self.note_marked(instrument);
            return;
        }
        self.pending.is_bar = true;
        // The nearer extreme first; the high where both are as near.
        let up = i128::from(path.high.0) - i128::from(path.open.0);
        let down = i128::from(path.open.0) - i128::from(path.low.0);
        let (near, far) = if up <= down {
            (path.high, path.low)
        } else {
            (path.low, path.high)
        };
        for price in [path.open, near, far] {
            self.pass(instrument, price, path.lots, events);
            self.settle(events);
            self.run_stops(instrument, &path, events);
            self.settle(events);
        }
        self.pass(instrument, path.close, path.lots, events);
        self.markets[instrument.0 as usize].print(path.close, self.seq);
        self.note_marked(instrument);
        self.settle(events);
        self.pending.is_bar = false;
    }

    /// The path passes a price.
    fn pass(&mut self, instrument: InstrumentId, price: Ticks, lots: Lots, events: &mut EventBuf) {
        let touch = Touch {
            bid: price,
            bid_qty: lots,
            ask: price,
            ask_qty: lots,
        };
        self.on_touch(instrument, touch, events);
    }

    /// Every stop inside the bar's range executes at its trigger, the oldest first.
    fn run_stops(&mut self, instrument: InstrumentId, path: &Path, events: &mut EventBuf) {
        let market = &self.markets[instrument.0 as usize];
        // Mostly nothing waits, and asking every list level by level costs as much as the rest of the bar.
        let waits = market.triggers.iter().any(|ladder| !ladder.is_empty());
        if market.status != InstrumentStatus::Open || !waits {
            return;
        }
        while let Some(handle) = self.next_stop(instrument, path) {
            let order = *self.orders.get(handle);
            let trigger = self
                .orders
                .extra(handle)
                .map_or(Ticks(0), |extra| extra.trigger);
            self.withdraw(handle);
            self.push_triggered(handle, instrument, trigger, events);
            self.fill_stop(handle, instrument, order.form, trigger, path.lots, events);
        }
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
                    if order.form.is_stop() && is_passed && is_older {
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
            return self.rest(handle, instrument);
        }
        let allowed = self.allowed(handle);
        if allowed == 0 {
            return self.end_order(handle, Some(CancelReason::NotReducing), events);
        }
        let model = self.markets[instrument.0 as usize].paper();
        let slippage = model.map_or(Slippage::None, |model| model.slippage);
        let price = if is_limit {
            trigger
        } else {
            let slip = slip_ticks(slippage, trigger, order.leaves(), displayed);
            slipped(order.side, trigger, slip, None)
        };
        let execution = Execution {
            price,
            lots: Lots(allowed),
            maker: false,
            model: FillModel::Bar,
        };
        self.fill_order(handle, execution, events);
        self.after_fill(handle, Lots(allowed), events);
        if self.is_working(handle, id) && self.orders.get(handle).stage == Stage::Entering {
            self.end_order(handle, Some(CancelReason::NotReducing), events);
        }
    }
}
