//! Shares and currencies of brokers and data vendors.

use types::InstrumentKind::{CryptoSpot, Equity, Future, FxPair};
use types::{Price, Qty, Ratio};

use super::crypto::status;
use super::entry::{Draft, Entry, half_kept, step};
use super::{Listed, MetadataError};

/// A cent: the step of most US shares from a dollar on. Those that are quoted with a spread of at most 0.015 have half of
/// it, told anew twice a year by the exchange that lists them, and below a dollar it is 0.0001
/// <https://www.law.cornell.edu/cfr/text/17/242.612>: neither is in a document here.
const CENT: Price = Price(Price::ONE.0 / 100);

impl Draft {
    /// A US share, whose document may say a step.
    fn share(currency: &str, tick_size: Option<Price>) -> Self {
        Self {
            states_tick: tick_size.is_some(),
            ..Self::spot(Equity, currency, tick_size.unwrap_or(CENT), Qty::ONE)
        }
    }
}

/// Alpaca: the assets of `/v2/assets`, or one of them.
pub(super) fn alpaca(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    let mut draft = match entry.text("class")? {
        "us_equity" => {
            let tick_size = match entry.optional("price_increment") {
                Some(text) => Some(entry.price_of("price_increment", text)?),
                None => None,
            };
            let mut draft = Draft::share("USD", tick_size);
            draft.shortable = entry.optional("shortable") == Some("true");
            if entry.optional("fractionable") == Some("true") {
                draft.notes.push(
                    "the broker takes fractions of a share: make lot_size smaller for them"
                        .to_owned(),
                );
            }
            draft
        }
        "crypto" => {
            let (_, quote) = entry
                .symbol
                .split_once('/')
                .ok_or_else(|| entry.error("symbol", "base and quote with a slash between"))?;
            let tick_size = entry.price("price_increment")?;
            let lot_size = entry.qty("min_trade_increment")?;
            let mut draft = Draft::spot(CryptoSpot, quote, tick_size, lot_size);
            draft.note("least quantity", entry.optional("min_order_size"));
            draft
        }
        _ => return Err(entry.error("class", "us_equity or crypto")),
    };
    status(entry, &mut draft, "status", "active");
    if entry.optional("tradable") == Some("false") {
        draft.notes.push("not tradable".to_owned());
    }
    entry.listed(draft)
}

/// Polygon, now Massive: `results` of `/v3/reference/tickers`. It states no steps: those of US shares are the law's.
pub(super) fn polygon(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    let is_share = entry.text("market")? == "stocks" && entry.text("locale")? == "us";
    if !is_share {
        let accepted = "stocks, with the locale us: the document states no steps of anything else";
        return Err(entry.error("market", accepted));
    }
    let currency = entry.text("currency_name")?.to_ascii_uppercase();
    let mut draft = Draft::share(&currency, None);
    draft.shortable = true;
    status(entry, &mut draft, "active", "true");
    entry.listed(draft)
}

/// OANDA v20: `instruments` of an account. A position is closed out when equity falls to half of its margin
/// <https://www.oanda.com/us-en/trading/margin-rules/>.
pub(super) fn oanda(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    let kind = match entry.text("type")? {
        "CURRENCY" | "METAL" => FxPair,
        "CFD" => Future,
        _ => return Err(entry.error("type", "CURRENCY, METAL or CFD")),
    };
    let decimals = entry.small("displayPrecision", Price::DECIMALS)?;
    let tick_size = Price(step(decimals, Price::DECIMALS).unwrap_or(1));
    let decimals = entry.small("tradeUnitsPrecision", Qty::DECIMALS)?;
    let lot_size = Qty(step(decimals, Qty::DECIMALS).unwrap_or(1));
    let (_, quote) = entry
        .symbol
        .split_once('_')
        .ok_or_else(|| entry.error("name", "base and quote with a line between"))?;
    let rate = Ratio(entry.price("marginRate")?.0);
    if rate > Ratio::ONE {
        return Err(entry.error("marginRate", "above 0 and at most 1"));
    }
    let mut draft = Draft::spot(kind, quote, tick_size, lot_size);
    draft.shortable = true;
    draft.margin = half_kept(rate);
    draft.order_qty_max = Some(entry.qty("maximumOrderUnits")?);
    draft.note("least quantity", entry.optional("minimumTradeSize"));
    entry.listed(draft)
}
