//! What a venue says is held against what its instrument allows, before it goes on.

use types::{Bar, Grid, Level, MarketData, MarketEvent, Price, Qty, Ratio};

use super::book::Book;
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
    /// How far a touch or print may be from the touch before it, as a share of it; zero is any.
    pub outlier_band: Ratio,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screened {
    /// It goes on.
    Passed,
    /// It says something that cannot be, and is dropped; what is known stays.
    Dropped,
    /// What is known of the instrument cannot be right any more.
    Lost,
}

/// Screens one instrument.
#[derive(Debug, Clone)]
pub struct Screen {
    spec: Spec,
    ticks: Grid,
    lots: Grid,
    book: Option<Book>,
    /// Twice the middle of the newest good touch, or of prints where there is none, 1e-9.
    middle: Option<i128>,
    /// Outliers in a row: a market that has really moved says so again and again.
    outliers: u32,
}

impl Screen {
    /// So many outliers in a row are the market.
    const OUTLIERS_MAX: u32 = 5;

    /// Screens by these rules.
    pub fn new(spec: Spec) -> Self {
        Self {
            spec,
            ticks: Grid::new(spec.tick_size.0.max(1)),
            lots: Grid::new(spec.lot_size.0.max(1)),
            book: None,
            middle: None,
            outliers: 0,
        }
    }

    /// The book as it has gone on, while one is known.
    pub const fn book(&self) -> Option<&Book> {
        self.book.as_ref()
    }

    /// Judges an event and counts what is wrong with it.
    pub fn pass(&mut self, event: &MarketEvent, counters: &mut Counters) -> Screened {
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
                    return Screened::Dropped;
                }
                counters.locked += u64::from(quote.bid == quote.ask);
                if quote.bid > quote.ask {
                    counters.crossed += 1;
                    return Screened::Lost;
                }
                self.near(
                    i128::from(quote.bid.0) + i128::from(quote.ask.0),
                    true,
                    counters,
                )
            }
            MarketData::Trade(trade) => {
                let level = Level {
                    price: trade.price,
                    qty: trade.qty,
                };
                if !self.are_allowed(&[level], counters) {
                    return Screened::Dropped;
                }
                self.near(2 * i128::from(trade.price.0), false, counters)
            }
            MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => {
                if !self.are_allowed(&update.bids, counters)
                    || !self.are_allowed(&update.asks, counters)
                {
                    return Screened::Lost;
                }
                Book::follow(&mut self.book, &event.data);
                let Some(book) = &self.book else {
                    return Screened::Dropped;
                };
                counters.locked += u64::from(book.is_locked());
                if book.is_crossed() {
                    counters.crossed += 1;
                    return Screened::Lost;
                }
                if let (Some(bid), Some(ask)) = book.touch() {
                    self.middle = Some(i128::from(bid.price.0) + i128::from(ask.price.0));
                }
                Screened::Passed
            }
            MarketData::Bar(bar) => self.bar(bar, counters),
            MarketData::Gap => {
                self.book = None;
                Screened::Passed
            }
            MarketData::Status(_)
            | MarketData::Financing(_)
            | MarketData::Dividend { .. }
            | MarketData::Split { .. } => Screened::Passed,
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

    /// Whether twice a price is near what was known.
    fn near(&mut self, doubled: i128, is_touch: bool, counters: &mut Counters) -> Screened {
        let band = i128::from(self.spec.outlier_band.0);
        if band > 0
            && let Some(middle) = self.middle
            && (doubled - middle).abs() * i128::from(Ratio::ONE.0) > middle.abs() * band
        {
            counters.outliers += 1;
            self.outliers += 1;
            if self.outliers < Self::OUTLIERS_MAX {
                return Screened::Dropped;
            }
        }
        self.outliers = 0;
        if is_touch || self.middle.is_none() {
            self.middle = Some(doubled);
        }
        Screened::Passed
    }
}
