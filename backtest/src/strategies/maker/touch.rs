//! Quoting at the best prices.

use types::{MarketEvent, Qty, Side};

use super::quoting::{INTERVAL, PART, Quoting, order_size};
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::{Context, Parameter, PerInstrument, Strategy};

pub(in crate::strategies) const TOUCH_MAKER: Declared = Declared {
    name: "touch_maker",
    family: Family::MarketMaking,
    about: "Joins the best bid and the best offer, but not the side that is about to be run over.",
    page: Page {
        entry: "A bid at the best bid while the queue imbalance, (bid size - offer size) / (bid size + offer size), is \
                not below -`lean`; an offer at the best offer while it is not above `lean`.",
        exit: "By the other side. A side whose fill would pass a full position is not quoted; with inventory the side \
               that reduces it is quoted whatever the imbalance.",
        sizing: "Orders of `part` of a full position.",
        source: "The imbalance as a forecast is of Martin Gould, Julius Bonart, Queue Imbalance as a One-Tick-Ahead \
                 Price Predictor in a Limit Order Book, 2016.",
        risk: "The spread it earns is the price of being picked off; with one tick of spread the queue decides all.",
    },
    needs: Needs::each(Data::Quotes),
    parameters: &[
        Parameter::real(
            "lean",
            0.5,
            0.0,
            1.0,
            "imbalance at which a side is not quoted",
        ),
        PART,
        INTERVAL,
    ],
    build: |values| {
        Ok(Box::new(Touch {
            lean: values.real("lean"),
            part: values.real("part"),
            interval: values.count("interval") as u64,
            books: PerInstrument::default(),
        }))
    },
};

#[derive(Debug)]
struct Touch {
    lean: f64,
    part: f64,
    /// Milliseconds.
    interval: u64,
    books: PerInstrument<Quoting>,
}

/// Whether the bid and the offer are quoted; inventory in orders.
fn sides(imbalance: f64, inventory: f64, lean: f64, most: f64) -> [bool; 2] {
    let bid = inventory < 0.0 || (imbalance >= -lean && inventory + 1.0 <= most + 1e-9);
    let ask = inventory > 0.0 || (imbalance <= lean && inventory - 1.0 >= -most - 1e-9);
    [bid, ask]
}

impl Strategy for Touch {
    fn on_market(&mut self, context: &mut Context<'_>, event: &MarketEvent) {
        let instrument = event.instrument;
        let Some(quote) = context.quote(instrument) else {
            return;
        };
        let book = self.books.get_or_insert_with(instrument, Quoting::default);
        if !book.is_due(context.time(), self.interval) {
            return;
        }
        let Some(size) = order_size(context, instrument, self.part) else {
            return;
        };
        let (bids, asks) = (quote.bid_qty.0 as f64, quote.ask_qty.0 as f64);
        let imbalance = if bids + asks > 0.0 {
            (bids - asks) / (bids + asks)
        } else {
            0.0
        };
        let held = context.position(instrument).0;
        let inventory = held as f64 / size.0 as f64;
        let [bid, ask] = sides(imbalance, inventory, self.lean, 1.0 / self.part);
        // What only reduces does not turn the position around.
        let qty = |side: Side| {
            let against = (-side.sign() * held).max(0);
            if against > 0 {
                Qty(against.min(size.0))
            } else {
                size
            }
        };
        let (buy, sell) = (qty(Side::Buy), qty(Side::Sell));
        book.place(
            context,
            instrument,
            bid.then_some((quote.bid, buy)),
            ask.then_some((quote.ask, sell)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::sides;

    #[test]
    fn the_side_that_would_be_run_over_is_not_quoted() {
        // Lean 0.5, at most five orders.
        let quoted = |imbalance, inventory| sides(imbalance, inventory, 0.5, 5.0);
        assert_eq!(quoted(0.0, 0.0), [true, true]);
        assert_eq!(quoted(-0.6, 0.0), [false, true]);
        assert_eq!(quoted(0.6, 0.0), [true, false]);
        assert_eq!(quoted(0.6, 1.0), [true, true]);
        assert_eq!(quoted(0.0, 5.0), [false, true]);
        assert_eq!(quoted(0.0, -5.0), [true, false]);
    }
}
