//! Instruments: their market as JSON here, their definition in [`definition`] and [`written`], with sessions and
//! corporate actions in [`specification`], what holding them costs in [`financing`], and what a
//! firm says of their markets in [`change`].

pub mod change;
pub mod definition;
pub mod financing;
pub mod specification;
#[cfg(test)]
mod tests;
pub mod written;

use runtime::view::InstrumentView;
use serde::Serialize;
use types::{Instrument, Liquidity};

use super::names::Names;
use super::word::Word;

pub use definition::{FIELDS, read};
pub use specification::Specification;
pub use written::DefinitionDto;

/// An instrument and its market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstrumentDto {
    /// Its id.
    pub id: String,
    /// Its symbol.
    pub symbol: String,
    /// Its family.
    pub kind: &'static str,
    /// Smallest price step.
    pub tick_size: String,
    /// Smallest quantity step.
    pub lot_size: String,
    /// Base units in one contract.
    pub contract_size: String,
    /// Quote currency.
    pub currency: String,
    /// `paper` or `crossed`: where its orders meet liquidity.
    pub liquidity: &'static str,
    /// Whether positions below zero are allowed.
    pub shortable: bool,
    /// Whether it trades.
    pub status: &'static str,
    /// Best bid; this and the next three are null before the first quote.
    pub bid: Option<String>,
    /// Quantity at the bid.
    pub bid_qty: Option<String>,
    /// Best ask.
    pub ask: Option<String>,
    /// Quantity at the ask.
    pub ask_qty: Option<String>,
    /// Whether bid and ask are known no more, as the feed lost track, what it said last cannot be, or a split restated them:
    /// nothing fills, and orders are denied, until the next good quote.
    pub is_stale: bool,
    /// Newest print.
    pub last: Option<String>,
    /// Venue time of the newest data; null before the first.
    pub ts: Option<String>,
}

impl InstrumentDto {
    /// An instrument.
    pub fn new(view: &InstrumentView, names: &Names) -> Self {
        let Instrument {
            symbol,
            kind,
            currency,
            tick_size,
            lot_size,
            contract_size,
            shortable,
            liquidity,
            ..
        } = view.instrument;
        let quote = view.quote.as_ref();
        Self {
            id: names.instrument(view.id),
            symbol: symbol.to_string(),
            kind: kind.word(),
            tick_size: tick_size.to_string(),
            lot_size: lot_size.to_string(),
            contract_size: contract_size.to_string(),
            currency: currency.to_string(),
            liquidity: match liquidity {
                Liquidity::Paper(_) => "paper",
                Liquidity::Crossed => "crossed",
            },
            shortable,
            status: view.status.word(),
            bid: quote.map(|quote| quote.bid.to_string()),
            bid_qty: quote.map(|quote| quote.bid_qty.to_string()),
            ask: quote.map(|quote| quote.ask.to_string()),
            ask_qty: quote.map(|quote| quote.ask_qty.to_string()),
            is_stale: view.is_stale,
            last: view.last.map(|last| last.to_string()),
            ts: (view.ts.0 > 0).then(|| view.ts.to_string()),
        }
    }
}
