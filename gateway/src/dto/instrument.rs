//! Instruments: their market as JSON, and their definition from a document.

use runtime::view::InstrumentView;
use serde::Serialize;
use types::{FeeSchedule, Instrument, InstrumentError, Money, Qty, Ratio};

use super::document::{Field, FieldError, Table};
use super::names::Names;
use super::word::Word;

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
            status: view.status.word(),
            bid: quote.map(|quote| quote.bid.to_string()),
            bid_qty: quote.map(|quote| quote.bid_qty.to_string()),
            ask: quote.map(|quote| quote.ask.to_string()),
            ask_qty: quote.map(|quote| quote.ask_qty.to_string()),
            last: view.last.map(|last| last.to_string()),
            ts: (view.ts.0 > 0).then(|| view.ts.to_string()),
        }
    }
}

/// The fields of an instrument's definition.
pub const FIELDS: [&str; 8] = [
    "symbol",
    "kind",
    "currency",
    "tick_size",
    "lot_size",
    "contract_size",
    "order_qty_max",
    "fees",
];

/// Reads an instrument's definition and checks it. A contract is one unit and nothing costs a fee
/// where the document does not say otherwise.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(table: &Table<'_>) -> Result<Instrument, FieldError> {
    let instrument = Instrument {
        symbol: table.field("symbol").name()?,
        kind: table.field("kind").word()?,
        currency: table.field("currency").name()?,
        tick_size: table.field("tick_size").price()?,
        lot_size: table.field("lot_size").qty()?,
        contract_size: match table.optional("contract_size") {
            Some(size) => size.qty()?,
            None => Qty::ONE,
        },
        order_qty_max: table.field("order_qty_max").qty()?,
        fees: match table.optional("fees") {
            Some(fees) => read_fees(&fees)?,
            None => FeeSchedule::default(),
        },
    };
    instrument.tick_value().map_err(|error| {
        let accepted = match error {
            InstrumentError::TickSize
            | InstrumentError::LotSize
            | InstrumentError::ContractSize => "a number above zero".to_owned(),
            InstrumentError::Fees => "a number from zero".to_owned(),
            InstrumentError::OrderQtyMax => "a multiple of lot_size above zero".to_owned(),
            other => format!("a definition where {other}"),
        };
        let field = match error {
            InstrumentError::LotSize => "lot_size",
            InstrumentError::ContractSize => "contract_size",
            InstrumentError::OrderQtyMax => "order_qty_max",
            InstrumentError::Fees => match instrument.fees {
                FeeSchedule { rate, .. } if rate.is_negative() => "fees.rate_pct",
                FeeSchedule { per_unit, .. } if per_unit.is_negative() => "fees.per_unit",
                _ => "fees.minimum",
            },
            InstrumentError::TickSize
            | InstrumentError::TickValue
            | InstrumentError::OffTick
            | InstrumentError::OffLot => "tick_size",
        };
        table.at(field).error(accepted)
    })?;
    Ok(instrument)
}

fn read_fees(field: &Field<'_>) -> Result<FeeSchedule, FieldError> {
    const RATE: &str = "a percentage of the notional from 0 in quotes, such as \"0.002\"";
    let table = field.table(&["rate_pct", "per_unit", "minimum"])?;
    let money = |name| match table.optional(name) {
        Some(amount) => amount.money(),
        None => Ok(Money::ZERO),
    };
    Ok(FeeSchedule {
        rate: match table.optional("rate_pct") {
            Some(rate) => rate.percent(RATE)?,
            None => Ratio::ZERO,
        },
        per_unit: money("per_unit")?,
        minimum: money("minimum")?,
    })
}
