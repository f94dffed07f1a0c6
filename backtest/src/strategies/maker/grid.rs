//! A grid of limit orders.

use types::{MarketEvent, Price, Qty, Side};

use super::quoting::{INTERVAL, PART, Quoting, on_grid, order_size};
use crate::strategies::book::ticks;
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::{Context, Parameter, PerInstrument, Strategy};

pub(in crate::strategies) const GRID: Declared = Declared {
    name: "grid",
    family: Family::MarketMaking,
    about: "Buys each step down and sells each step up, around the price it began at.",
    page: Page {
        entry: "Holding n orders' worth, it bids for one more at the anchor less n + 1 steps; the anchor is the middle \
                of the first quote. Below zero n is short, unless `side` is long.",
        exit: "It offers one of them at the anchor less n - 1 steps: each order bought is sold a step higher.",
        sizing: "Orders of `part` of a full position, at most `levels` of them on a side.",
        source: "Folklore of currency traders. Of the grid only the two orders next to the price work at a time, so a \
                 jump over several steps fills one of them.",
        risk: "Gains small and often, and holds the most when the price has left the grid: the loss is open-ended.",
    },
    needs: Needs::each(Data::Quotes),
    parameters: &[
        Parameter::real(
            "step",
            0.000_5,
            0.000_001,
            0.5,
            "from one price to the next, as a share of the anchor",
        ),
        Parameter::integer("levels", 5, 1, 1_000, "steps on a side"),
        PART,
        INTERVAL,
        Parameter::choice(
            "side",
            &["both", "long"],
            "whether it also sells short above the anchor",
        ),
    ],
    build: |values| {
        Ok(Box::new(Grid {
            step: values.real("step"),
            levels: values.integer("levels"),
            part: values.real("part"),
            interval: values.count("interval") as u64,
            is_short_too: values.choice("side") == "both",
            books: PerInstrument::default(),
        }))
    },
};

#[derive(Debug)]
struct Grid {
    step: f64,
    levels: i64,
    part: f64,
    /// Milliseconds.
    interval: u64,
    is_short_too: bool,
    books: PerInstrument<Book>,
}

#[derive(Debug, Default)]
struct Book {
    quoting: Quoting,
    /// Of the first quote: the middle in ticks, and the size of an order.
    anchor: Option<(f64, Qty)>,
}

/// Steps below the anchor and quantity of the next bid and the next offer, while so much is held.
fn next_orders(held: i64, size: i64, levels: i64, shorts: bool) -> [Option<(i64, i64)>; 2] {
    let most = levels;
    let least = if shorts { -levels } else { 0 };
    let bid = held.div_euclid(size) + 1;
    let ask = -((-held).div_euclid(size)) - 1;
    [
        (bid <= most).then(|| (bid, bid * size - held)),
        (ask >= least).then(|| (ask, held - ask * size)),
    ]
}

impl Strategy for Grid {
    fn on_market(&mut self, context: &mut Context<'_>, event: &MarketEvent) {
        let instrument = event.instrument;
        let (Some(quote), Some(spec)) = (context.quote(instrument), context.instrument(instrument))
        else {
            return;
        };
        let tick: Price = spec.tick_size;
        let book = self.books.get_or_insert_with(instrument, Book::default);
        if !book.quoting.is_due(context.time(), self.interval) {
            return;
        }
        let part = self.part;
        if book.anchor.is_none() {
            let middle = f64::midpoint(ticks(quote.bid, tick), ticks(quote.ask, tick));
            book.anchor = order_size(context, instrument, part).map(|size| (middle, size));
        }
        let Some((anchor, size)) = book.anchor else {
            return;
        };
        // A step of less than a tick would bid and offer at one price.
        let step = (self.step * anchor).max(1.0);
        let held = context.position(instrument).0;
        let [bid, ask] = next_orders(held, size.0, self.levels, self.is_short_too);
        let wanted = |side: Side, next: Option<(i64, i64)>| {
            let (steps, qty) = next?;
            let price = on_grid(context, instrument, side, anchor - steps as f64 * step)?;
            Some((price, Qty(qty)))
        };
        let (bid, ask) = (wanted(Side::Buy, bid), wanted(Side::Sell, ask));
        book.quoting.place(context, instrument, bid, ask);
    }
}

#[cfg(test)]
mod tests {
    use super::next_orders;

    #[test]
    fn one_order_on_each_side_of_what_is_held() {
        // Orders of 10, two levels.
        assert_eq!(next_orders(0, 10, 2, true), [Some((1, 10)), Some((-1, 10))]);
        assert_eq!(next_orders(10, 10, 2, true), [Some((2, 10)), Some((0, 10))]);
        assert_eq!(next_orders(20, 10, 2, true), [None, Some((1, 10))]);
        assert_eq!(next_orders(-20, 10, 2, true), [Some((-1, 10)), None]);
        // A part of an order was filled.
        assert_eq!(next_orders(14, 10, 2, true), [Some((2, 6)), Some((1, 4))]);
        assert_eq!(next_orders(-4, 10, 2, true), [Some((0, 4)), Some((-1, 6))]);
        // Never short.
        assert_eq!(next_orders(0, 10, 2, false), [Some((1, 10)), None]);
        assert_eq!(
            next_orders(10, 10, 2, false),
            [Some((2, 10)), Some((0, 10))]
        );
    }
}
