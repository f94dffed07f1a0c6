//! One bid and one offer that are moved.

use types::{InstrumentId, OrderKind, Price, Qty, Side, TimestampNs};

use crate::strategies::book::full_units;
use crate::strategy::{Context, Parameter, Ticket};

/// How large an order is.
pub(super) const PART: Parameter = Parameter::real(
    "part",
    0.2,
    0.000_1,
    1.0,
    "size of an order, as a share of a full position",
);

/// How often quotes are looked at.
pub(super) const INTERVAL: Parameter = Parameter::integer(
    "interval",
    100,
    0,
    3_600_000,
    "least milliseconds from one look at the quotes to the next",
);

/// A price and a quantity that are wanted.
pub(super) type Wanted = Option<(Price, Qty)>;

#[derive(Debug, Clone, Copy)]
struct Placed {
    ticket: Ticket,
    price: Price,
}

/// The orders of one instrument.
#[derive(Debug, Default)]
pub(super) struct Quoting {
    bid: Option<Placed>,
    ask: Option<Placed>,
    last: Option<TimestampNs>,
}

impl Quoting {
    /// Whether so many milliseconds have passed since it last was.
    pub(super) fn is_due(&mut self, now: TimestampNs, interval: u64) -> bool {
        let is_due = self
            .last
            .is_none_or(|last| now.0.saturating_sub(last.0) >= interval * 1_000_000);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }

    /// Brings the orders to what is wanted. One at the wanted price stays, with its place in the queue.
    pub(super) fn place(
        &mut self,
        context: &mut Context<'_>,
        instrument: InstrumentId,
        bid: Wanted,
        ask: Wanted,
    ) {
        let tick = context
            .instrument(instrument)
            .map_or(1, |it| it.tick_size.0);
        let quote = context.quote(instrument);
        // A maker does not take: prices stay behind the other side.
        let bid = bid.map(|(price, qty)| {
            let most = quote.map_or(price.0, |quote| quote.ask.0 - tick);
            (Price(price.0.min(most)), qty)
        });
        let ask = ask.map(|(price, qty)| {
            let least = quote.map_or(price.0, |quote| quote.bid.0 + tick);
            (Price(price.0.max(least)), qty)
        });
        move_one(context, instrument, Side::Buy, &mut self.bid, bid);
        move_one(context, instrument, Side::Sell, &mut self.ask, ask);
    }
}

fn move_one(
    context: &mut Context<'_>,
    instrument: InstrumentId,
    side: Side,
    placed: &mut Option<Placed>,
    wanted: Wanted,
) {
    let wanted = wanted.filter(|(price, qty)| price.0 > 0 && qty.0 > 0);
    if let Some(order) = *placed {
        let works = context.working().iter().any(|it| it.ticket == order.ticket);
        if works && wanted.is_some_and(|(price, _)| price == order.price) {
            return;
        }
        if works {
            context.cancel(order.ticket);
        }
        *placed = None;
    }
    if let Some((price, qty)) = wanted {
        let mut order = context.new_order(instrument, side, OrderKind::Limit { price }, qty);
        order.post_only = true;
        let ticket = context.order(order);
        *placed = Some(Placed { ticket, price });
    }
}

/// The price on the grid at or below (a bid) or at or above (an offer) so many ticks; nothing where it is no price.
pub(super) fn on_grid(
    context: &Context<'_>,
    instrument: InstrumentId,
    side: Side,
    ticks: f64,
) -> Option<Price> {
    let tick = context.instrument(instrument)?.tick_size.0;
    let ticks = match side {
        Side::Buy => ticks.floor(),
        Side::Sell => ticks.ceil(),
    };
    // Beyond, the product with the tick would be past the range.
    let is_held = ticks >= 1.0 && ticks < i64::MAX as f64 / tick as f64;
    is_held.then(|| Price(ticks as i64 * tick))
}

/// The size of an order, whole lots and at least one, and how many of them a full position is.
pub(super) fn order_size(
    context: &Context<'_>,
    instrument: InstrumentId,
    part: f64,
) -> Option<Qty> {
    let units = full_units(context, instrument)? * part;
    let lot = context.instrument(instrument)?.lot_size;
    let qty = context.qty(instrument, units)?;
    Some(if qty.0 == 0 { lot } else { qty })
}
