//! What a venue says is held against what its instrument allows, before it goes on.

use types::{Bar, Grid, Level, MarketData, MarketEvent, Price, Qty, Ratio};

use super::book::{Book, Dropped, LEVELS_MAX, keep_best, keep_better};
use super::health::Counters;

/// What an instrument allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Prices are multiples of it.
    pub tick_size: Price,
    /// Quantities are multiples of it.
    pub lot_size: Qty,
    /// Whether prices may be zero or below: spreads, energy.
    pub may_be_negative: bool,
    /// How far the middle of a touch or book, or a print, may be from the middle before it, as a share of it; zero is
    /// any.
    pub outlier_band: Ratio,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screened {
    /// It goes on.
    Passed,
    /// It changes nothing that is known, and is dropped: a print that cannot be, changes of a book that is not known.
    Dropped,
    /// The venue's newest touch cannot be, or is not to be believed yet, and the one before is gone: nothing is known
    /// until the next good one. What the venue says may be followed as before.
    Withheld,
    /// What is known of the instrument cannot be right any more.
    Lost,
    /// All was right, but the book has come down to where levels were dropped: its best are not known any more.
    Spent,
}

impl Screened {
    /// Whether the instrument has to be stated again.
    pub const fn is_lost(self) -> bool {
        matches!(self, Self::Lost | Self::Spent)
    }
}

/// Screens one instrument.
#[derive(Debug, Clone)]
pub struct Screen {
    spec: Spec,
    ticks: Grid,
    lots: Grid,
    book: Option<Book>,
    /// Levels of a side that the venue shows, where it does not show all.
    window: Option<usize>,
    /// Levels of a side that the venue states of a whole book at most, where it states no more and tells changes of all.
    stated: usize,
    /// What was dropped of the book, and so is not known from there on until the whole of it is stated: a change there would
    /// stand among levels that nobody knows.
    dropped: Dropped,
    /// Twice the middle of the newest good touch, or of prints where there is none, 1e-9.
    middle: Option<i128>,
    /// Touches beyond the band, in a row.
    touches: Outliers,
    /// Prints beyond the band, in a row.
    prints: Outliers,
}

/// Prices beyond the band, in a row and near each other: a market that has really moved says so again and again.
#[derive(Debug, Clone, Copy, Default)]
struct Outliers {
    count: u32,
    /// Twice the newest of them, 1e-9.
    doubled: i128,
}

impl Screen {
    /// So many outliers in a row are the market.
    const OUTLIERS_MAX: u32 = 5;

    /// Whether twice a price is further from twice another than the band allows.
    fn is_far(&self, doubled: i128, from: i128) -> bool {
        let band = i128::from(self.spec.outlier_band.0);
        band > 0 && (doubled - from).abs() * i128::from(Ratio::ONE.0) > from.abs() * band
    }

    /// Forgets the book: what follows it is missing.
    pub fn lose(&mut self) {
        self.book = None;
    }

    /// Screens by these rules.
    pub fn new(spec: Spec) -> Self {
        Self {
            spec,
            ticks: Grid::new(spec.tick_size.0.max(1)),
            lots: Grid::new(spec.lot_size.0.max(1)),
            book: None,
            window: None,
            stated: usize::MAX,
            dropped: [None; 2],
            middle: None,
            touches: Outliers::default(),
            prints: Outliers::default(),
        }
    }

    /// The venue shows so many levels of a side and no more. Those beyond are dropped, as it need not say what becomes of
    /// them, and states again those that come back.
    pub const fn shows(&mut self, depth: usize) {
        self.window = Some(depth);
    }

    /// A whole book of the venue's has so many levels of a side and no more, though it tells what changes beyond: from the last
    /// of them on nothing is known.
    pub const fn states(&mut self, depth: usize) {
        self.stated = depth;
    }

    /// The book as the venue has it, while one is known, up to [`LEVELS_MAX`] of a side.
    pub const fn book(&self) -> Option<&Book> {
        self.book.as_ref()
    }

    /// Judges an event and counts what is wrong with it. Of a book the best levels go on, those beyond as levels that are
    /// gone, so that whoever follows never has more than are kept; and none from the best on that was ever dropped, so that
    /// there is no hole in what they have.
    pub fn pass(&mut self, event: &mut MarketEvent, counters: &mut Counters) -> Screened {
        match &event.data {
            MarketData::Quote(quote) => {
                let levels = [
                    Level {
                        price: quote.bid,
                        qty: quote.bid_qty,
                    },
                    Level {
                        price: quote.ask,
                        qty: quote.ask_qty,
                    },
                ];
                if !self.are_allowed(&levels, counters) {
                    return Screened::Withheld;
                }
                counters.locked += u64::from(quote.bid == quote.ask);
                if quote.bid > quote.ask {
                    counters.crossed += 1;
                    return Screened::Lost;
                }
                self.touch(quote.bid, quote.ask, counters)
            }
            MarketData::Trade(trade) => {
                let level = Level {
                    price: trade.price,
                    qty: trade.qty,
                };
                if !self.are_allowed(&[level], counters) {
                    return Screened::Dropped;
                }
                if trade.qty <= Qty::ZERO {
                    counters.not_positive += 1;
                    return Screened::Dropped;
                }
                self.print(trade.price, counters)
            }
            MarketData::DepthDelta(_) | MarketData::DepthSnapshot(_) => {
                self.depth(&mut event.data, counters)
            }
            MarketData::Bar(bar) => self.bar(bar, counters),
            MarketData::Gap => {
                self.lose();
                Screened::Passed
            }
            MarketData::Status(_)
            | MarketData::Financing(_)
            | MarketData::Dividend { .. }
            | MarketData::Split { .. } => Screened::Passed,
        }
    }

    fn depth(&mut self, data: &mut MarketData, counters: &mut Counters) -> Screened {
        let kept = self.window.unwrap_or(LEVELS_MAX).min(LEVELS_MAX);
        if let MarketData::DepthSnapshot(update) = data {
            self.dropped = keep_best(update, kept.min(self.stated.saturating_sub(1)));
        }
        if let MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) = data
            && !(self.are_allowed(&update.bids, counters)
                && self.are_allowed(&update.asks, counters))
        {
            return Screened::Lost;
        }
        if self.window.is_none()
            && self.book.is_some()
            && let MarketData::DepthDelta(update) = data
            && keep_better(update, self.dropped)
            && update.bids.is_empty()
            && update.asks.is_empty()
        {
            return Screened::Dropped;
        }
        Book::follow(&mut self.book, data);
        let Some(book) = &mut self.book else {
            return Screened::Dropped;
        };
        counters.locked += u64::from(book.is_locked());
        if book.is_crossed() {
            counters.crossed += 1;
            return Screened::Lost;
        }
        if self.window.is_none() && is_at_an_end(book, self.dropped) {
            return Screened::Spent;
        }
        if let MarketData::DepthDelta(update) = data {
            let dropped = book.truncate(kept, update);
            // Of bids the highest, of asks the lowest that were ever dropped; none is below all prices.
            self.dropped[0] = self.dropped[0].max(dropped[0]);
            self.dropped[1] = match (self.dropped[1], dropped[1]) {
                (Some(known), Some(now)) => Some(known.min(now)),
                (known, now) => known.or(now),
            };
        }
        match book.touch() {
            (Some(bid), Some(ask)) => self.touch(bid.price, ask.price, counters),
            _ => Screened::Passed,
        }
    }

    fn bar(&mut self, bar: &Bar, counters: &mut Counters) -> Screened {
        let level = |price| Level {
            price,
            qty: Qty::ZERO,
        };
        let levels = [bar.open, bar.high, bar.low, bar.close].map(level);
        if self.are_allowed(&levels, counters) {
            Screened::Passed
        } else {
            Screened::Dropped
        }
    }

    fn are_allowed(&self, levels: &[Level], counters: &mut Counters) -> bool {
        for level in levels {
            if !self.ticks.has(level.price.0) || !self.lots.has(level.qty.0) {
                counters.off_grid += 1;
                return false;
            }
            if !self.spec.may_be_negative && level.price <= Price::ZERO {
                counters.not_positive += 1;
                return false;
            }
        }
        true
    }

    /// Whether a touch is near the one before, or has been said often enough.
    fn touch(&mut self, bid: Price, ask: Price, counters: &mut Counters) -> Screened {
        let doubled = i128::from(bid.0) + i128::from(ask.0);
        if let Some(middle) = self.middle
            && self.is_far(doubled, middle)
        {
            counters.outliers += 1;
            self.touches = self.one_more(self.touches, doubled);
            if self.touches.count < Self::OUTLIERS_MAX {
                return Screened::Withheld;
            }
        }
        self.touches = Outliers::default();
        self.middle = Some(doubled);
        Screened::Passed
    }

    /// Whether a print is near the touch, or has been said often enough.
    fn print(&mut self, price: Price, counters: &mut Counters) -> Screened {
        let doubled = 2 * i128::from(price.0);
        let middle = *self.middle.get_or_insert(doubled);
        if !self.is_far(doubled, middle) {
            self.prints = Outliers::default();
            return Screened::Passed;
        }
        counters.outliers += 1;
        self.prints = self.one_more(self.prints, doubled);
        if self.prints.count < Self::OUTLIERS_MAX {
            return Screened::Dropped;
        }
        Screened::Passed
    }

    /// Outliers and another one; one that is far from them, too, is the first of its own.
    fn one_more(&self, outliers: Outliers, doubled: i128) -> Outliers {
        let is_first = outliers.count == 0 || self.is_far(doubled, outliers.doubled);
        let count = if is_first { 1 } else { outliers.count + 1 };
        Outliers { count, doubled }
    }
}

/// Whether a side of which levels were dropped has no other: its best one may be one of them.
fn is_at_an_end(book: &Book, [bid, ask]: Dropped) -> bool {
    let is_over = |levels: &[Level], dropped: Option<Price>| levels.is_empty() && dropped.is_some();
    is_over(book.bids(), bid) || is_over(book.asks(), ask)
}

#[cfg(test)]
mod tests {
    use types::{Aggressor, DepthUpdate, InstrumentId, Quote, TimestampNs, Trade};

    use super::*;

    /// Ticks of 0.5, lots of 0.1.
    fn screen(may_be_negative: bool, outlier_band: &str) -> Screen {
        Screen::new(Spec {
            tick_size: "0.5".parse().unwrap(),
            lot_size: "0.1".parse().unwrap(),
            may_be_negative,
            outlier_band: outlier_band.parse().unwrap(),
        })
    }

    fn level(text: &str) -> Level {
        let (price, qty) = text.split_once('x').unwrap_or((text, "1"));
        Level {
            price: price.parse().unwrap(),
            qty: qty.parse().unwrap(),
        }
    }

    /// `quote BID ASK`, `trade PRICE`, `whole BID ... | ASK ...`, `delta BID ... | ASK ...`, `gap`; levels `PRICExQTY`.
    fn data(text: &str) -> MarketData {
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        let levels = |text: &str| text.split_whitespace().map(level).collect::<Vec<_>>();
        match kind {
            "quote" => {
                let sides = levels(rest);
                MarketData::Quote(Quote {
                    bid: sides[0].price,
                    bid_qty: sides[0].qty,
                    ask: sides[1].price,
                    ask_qty: sides[1].qty,
                })
            }
            "trade" => MarketData::Trade(Trade {
                price: level(rest).price,
                qty: level(rest).qty,
                aggressor: Aggressor::Buyer,
            }),
            "gap" => MarketData::Gap,
            _ => {
                let (bids, asks) = rest.split_once('|').unwrap();
                let update = Box::new(DepthUpdate {
                    bids: levels(bids),
                    asks: levels(asks),
                });
                if kind == "whole" {
                    MarketData::DepthSnapshot(update)
                } else {
                    MarketData::DepthDelta(update)
                }
            }
        }
    }

    /// What becomes of each event, and what is counted: crossed, locked, off grid, not positive, outliers.
    fn screened(screen: &mut Screen, said: &[(&str, Screened)], counted: [u64; 5]) {
        let mut counters = Counters::default();
        for (text, becomes) in said {
            let mut event = MarketEvent {
                instrument: InstrumentId(3),
                ts_event: TimestampNs(5),
                data: data(text),
            };
            assert_eq!(screen.pass(&mut event, &mut counters), *becomes, "{text}");
        }
        let Counters {
            crossed,
            locked,
            off_grid,
            not_positive,
            outliers,
            ..
        } = counters;
        assert_eq!(
            [crossed, locked, off_grid, not_positive, outliers],
            counted,
            "{said:?}"
        );
    }

    use Screened::{Dropped, Lost, Passed, Withheld};

    #[test]
    fn what_cannot_be_takes_what_was_known_with_it() {
        let said = [
            ("quote 100 100.5", Passed),
            ("quote 100 100", Passed),
            ("quote 100.5 100", Lost),
            ("quote 100.25 100.5", Withheld),
            ("quote 100x0.15 100.5", Withheld),
            ("quote 0 100.5", Withheld),
            ("quote -1 100.5", Withheld),
            // Without a band any price may follow.
            ("quote 1000 1000.5", Passed),
        ];
        screened(&mut screen(false, "0"), &said, [1, 1, 2, 2, 0]);
        let said = [
            ("trade 100", Passed),
            ("trade 100.25", Dropped),
            ("trade 100x0.05", Dropped),
            ("trade 0", Dropped),
            // A trade of nothing is none, and would be the newest price.
            ("trade 100x0", Dropped),
            ("trade 100x-0.1", Dropped),
            ("trade 700", Passed),
        ];
        screened(&mut screen(false, "0"), &said, [0, 0, 2, 3, 0]);
    }

    #[test]
    fn a_book_that_cannot_be_is_lost() {
        let said = [
            ("delta 100 | 101", Dropped),
            ("whole 100 99 | 101", Passed),
            ("delta 100.5 | ", Passed),
            ("delta 101 | ", Passed),
            ("delta 101.5 | ", Lost),
            ("gap", Passed),
            ("delta 100.5 | ", Dropped),
            ("whole 100 99.75 | 101", Lost),
            ("whole 100 | 101x0.25", Lost),
            ("whole 100 0 | 101", Lost),
            // A side without orders.
            ("whole 100 | ", Passed),
        ];
        screened(&mut screen(false, "0"), &said, [1, 1, 2, 1, 0]);
    }

    #[test]
    fn prices_of_spreads_and_energy_may_be_zero_and_below() {
        let said = [
            ("quote -1.5 -1", Passed),
            ("quote -0.5 0.5", Passed),
            ("quote 0 0", Passed),
            ("quote 1 -1", Lost),
            ("quote -1.25 -1", Withheld),
            ("trade -37.5", Passed),
            ("trade 0", Passed),
            ("whole -2 -2.5 | -1.5 0", Passed),
            ("delta -1 | ", Lost),
        ];
        screened(&mut screen(true, "0"), &said, [2, 1, 1, 0, 0]);
    }

    /// A tenth around the middle of 100 is 90 to 110, both allowed.
    #[test]
    fn a_touch_beyond_the_band_is_withheld_until_it_is_said_five_times() {
        let said = [
            ("quote 99 101", Passed),
            ("quote 109 111", Passed),
            // Around 110 it is 99 to 121.
            ("quote 121 122", Withheld),
            ("quote 109 111", Passed),
            ("quote 121 122", Withheld),
            ("quote 121 122", Withheld),
            ("quote 121.5 122", Withheld),
            ("quote 121 122.5", Withheld),
            ("quote 121 122", Passed),
            // The new middle is 121.5, and around it 109.35 to 133.65.
            ("quote 109 109.5", Withheld),
            ("quote 109 110", Passed),
        ];
        screened(&mut screen(false, "0.1"), &said, [0, 0, 0, 0, 7]);
        // Five that are far from each other are no market.
        let said = [
            ("quote 99 101", Passed),
            ("quote 199 201", Withheld),
            ("quote 299 301", Withheld),
            ("quote 199 201", Withheld),
            ("quote 299 301", Withheld),
            ("quote 199 201", Withheld),
            ("quote 99 101", Passed),
        ];
        screened(&mut screen(false, "0.1"), &said, [0, 0, 0, 0, 5]);
    }

    #[test]
    fn a_print_beyond_the_band_is_dropped_and_a_touch_stays() {
        let said = [
            ("quote 99 101", Passed),
            ("trade 110", Passed),
            ("trade 110.5", Dropped),
            ("trade 89.5", Dropped),
            ("trade 111", Dropped),
            ("trade 100", Passed),
            ("trade 111", Dropped),
            ("trade 111", Dropped),
            ("trade 111", Dropped),
            ("trade 111", Dropped),
            // Prints alone move no touch.
            ("trade 111", Passed),
            ("quote 109 111", Passed),
            // Nor do they count for one.
            ("trade 200", Dropped),
            ("trade 200", Dropped),
            ("trade 200", Dropped),
            ("trade 200", Dropped),
            ("quote 199 201", Withheld),
        ];
        screened(&mut screen(false, "0.1"), &said, [0, 0, 0, 0, 13]);
    }

    /// The middle of a book, whichever of its levels moved it.
    #[test]
    fn a_book_beyond_the_band_is_withheld_and_followed_on() {
        let mut screen = screen(false, "0.1");
        let said = [
            ("whole 99 98 | 101", Passed),
            // (98 + 101) / 2 is near 100, (98 + 150) / 2 is not.
            ("delta 99x0 | ", Passed),
            ("delta | 150 101x0", Withheld),
            // It changes on, and comes back: (98 + 115) / 2 = 106.5, and 99.5 + 9.95 = 109.45.
            ("delta 97 | ", Withheld),
            ("delta | 115", Passed),
            // Five times the same middle, (98 + 150) / 2 = 124, with 106.5 before.
            ("delta | 115x0", Withheld),
            ("delta 96 | ", Withheld),
            ("delta 95 | ", Withheld),
            ("delta 94 | ", Withheld),
            ("delta 93 | ", Passed),
        ];
        screened(&mut screen, &said, [0, 0, 0, 0, 7]);
        let book = screen.book().unwrap();
        let bids = ["98", "97", "96", "95", "94", "93"].map(level);
        assert_eq!(book.bids(), bids);
        assert_eq!(book.asks(), [level("150")]);
        // One that is stated anew after a gap is held against what was before the gap.
        let said = [("gap", Passed), ("whole 99 | 101", Withheld)];
        screened(&mut screen, &said, [0, 0, 0, 0, 1]);
    }
}
