//! Avellaneda and Stoikov's market maker.

use types::{MarketEvent, Side, TimestampNs};

use super::quoting::{INTERVAL, PART, Quoting, on_grid, order_size};
use crate::strategies::book::ticks;
use crate::strategies::{Data, Declared, Family, Needs, Page};
use crate::strategy::{Context, Parameter, PerInstrument, Strategy};

pub(in crate::strategies) const AVELLANEDA_STOIKOV: Declared = Declared {
    name: "avellaneda_stoikov",
    family: Family::MarketMaking,
    about: "Quotes both sides around a price that leans against its inventory.",
    page: Page {
        entry: "With s the middle in ticks, q the inventory in orders, v the variance of s in a second and t the \
                seconds left: a bid and an offer at r - h and r + h, r = s - q gamma v t, \
                h = gamma v t / 2 + ln(1 + gamma / kappa) / gamma. Post-only limit orders, looked at every `interval`.",
        exit: "By its own quotes: inventory moves them. A side whose fill would pass a full position is not quoted.",
        sizing: "Orders of `part` of a full position.",
        source: "Marco Avellaneda, Sasha Stoikov, High-frequency trading in a limit order book, 2008. Seconds left are \
                 those of horizons one after the other; the variance is an exponential average of squared changes.",
        risk: "Fills come when the price is about to pass (adverse selection), which the model does not know. Fees \
               of makers decide. On quotes without a book, queues are only modelled.",
    },
    needs: Needs::each(Data::Quotes),
    parameters: &[
        Parameter::real("gamma", 0.0001, 1e-9, 10.0, "aversion to risk, per tick"),
        Parameter::real(
            "kappa",
            0.1,
            1e-6,
            100.0,
            "how fast fills become rare with distance, per tick",
        ),
        Parameter::real("horizon", 60.0, 0.1, 86_400.0, "seconds of a horizon"),
        Parameter::real(
            "memory",
            60.0,
            0.1,
            86_400.0,
            "seconds over which the variance is averaged",
        ),
        PART,
        INTERVAL,
    ],
    build: |values| {
        Ok(Box::new(Avellaneda {
            gamma: values.real("gamma"),
            kappa: values.real("kappa"),
            horizon: values.real("horizon"),
            memory: values.real("memory"),
            part: values.real("part"),
            interval: values.count("interval") as u64,
            books: PerInstrument::default(),
        }))
    },
};

#[derive(Debug)]
struct Avellaneda {
    gamma: f64,
    kappa: f64,
    horizon: f64,
    memory: f64,
    part: f64,
    /// Milliseconds.
    interval: u64,
    books: PerInstrument<Book>,
}

#[derive(Debug, Default)]
struct Book {
    quoting: Quoting,
    begun: Option<TimestampNs>,
    last: Option<(TimestampNs, f64)>,
    /// Of the middle, in square ticks a second.
    variance: f64,
}

impl Book {
    fn see(&mut self, now: TimestampNs, middle: f64, memory: f64) {
        self.begun.get_or_insert(now);
        if let Some((then, last)) = self.last.replace((now, middle)) {
            let seconds = now.0.saturating_sub(then.0) as f64 / 1e9;
            let kept = (-seconds / memory).exp();
            self.variance = self.variance * kept + (middle - last).powi(2) / memory;
        }
    }

    fn seconds_left(&self, now: TimestampNs, horizon: f64) -> f64 {
        let begun = self.begun.unwrap_or(now);
        horizon - (now.0.saturating_sub(begun.0) as f64 / 1e9) % horizon
    }
}

/// The price around which is quoted, and the distance to both sides, all in ticks.
pub(in crate::strategies) fn prices(
    middle: f64,
    inventory: f64,
    [gamma, kappa]: [f64; 2],
    variance: f64,
    seconds: f64,
) -> [f64; 2] {
    let risk = gamma * variance * seconds;
    let half = risk / 2.0 + (gamma / kappa).ln_1p() / gamma;
    [middle - inventory * risk, half]
}

impl Strategy for Avellaneda {
    fn on_market(&mut self, context: &mut Context<'_>, event: &MarketEvent) {
        let instrument = event.instrument;
        let (Some(quote), Some(spec)) = (context.quote(instrument), context.instrument(instrument))
        else {
            return;
        };
        let (now, tick) = (context.time(), spec.tick_size);
        let middle = f64::midpoint(ticks(quote.bid, tick), ticks(quote.ask, tick));
        let book = self.books.get_or_insert_with(instrument, Book::default);
        book.see(now, middle, self.memory);
        if !book.quoting.is_due(now, self.interval) {
            return;
        }
        let Some(size) = order_size(context, instrument, self.part) else {
            return;
        };
        let inventory = context.position(instrument).0 as f64 / size.0 as f64;
        let seconds = book.seconds_left(now, self.horizon);
        let aversion = [self.gamma, self.kappa];
        let [around, half] = prices(middle, inventory, aversion, book.variance, seconds);
        let most = 1.0 / self.part;
        let side = |side: Side, at: f64| {
            let after = inventory + f64::from(i8::from(side == Side::Buy)) * 2.0 - 1.0;
            let is_more = after.abs() > inventory.abs();
            let price = on_grid(context, instrument, side, at)?;
            (!is_more || after.abs() <= most + 1e-9).then_some((price, size))
        };
        let (bid, ask) = (
            side(Side::Buy, around - half),
            side(Side::Sell, around + half),
        );
        book.quoting.place(context, instrument, bid, ask);
    }
}
