//! The book of a crossed instrument.

use runtime::view::BookView;
use serde::Serialize;
use types::{InstrumentId, Price, Qty};

use super::names::Names;

/// A book, best levels first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BookDto {
    /// The instrument.
    pub instrument: String,
    /// Buy side.
    pub bids: Vec<LevelDto>,
    /// Sell side.
    pub asks: Vec<LevelDto>,
    /// Where an auction would match now; null while nothing would.
    pub indicative: Option<IndicativeDto>,
}

/// One price of a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LevelDto {
    /// The price.
    pub price: String,
    /// Displayed quantity.
    pub qty: String,
    /// How many orders stand there.
    pub orders: u32,
}

/// What an auction would match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndicativeDto {
    /// At which price.
    pub price: String,
    /// How much.
    pub qty: String,
}

impl BookDto {
    /// The book of an instrument.
    pub fn new(instrument: InstrumentId, view: &BookView, names: &Names) -> Self {
        Self {
            instrument: names.instrument(instrument),
            bids: levels(&view.bids),
            asks: levels(&view.asks),
            indicative: view.indicative.map(|(price, qty)| IndicativeDto {
                price: price.to_string(),
                qty: qty.to_string(),
            }),
        }
    }
}

fn levels(side: &[(Price, Qty, u32)]) -> Vec<LevelDto> {
    side.iter()
        .map(|(price, qty, orders)| LevelDto {
            price: price.to_string(),
            qty: qty.to_string(),
            orders: *orders,
        })
        .collect()
}
