//! Contracts of crypto venues: perpetual and dated, linear ones only.
//!
//! An inverse contract pays in its base currency: its profit is not proportional to its price, and a definition cannot
//! say that.

use types::InstrumentKind::Future;
use types::{Price, Qty, Ratio};

use super::crypto::{filter, status};
use super::entry::{Draft, Entry, half_kept, step};
use super::{Listed, MetadataError};

/// Why an inverse contract is refused: the engine values a position as price times quantity in the currency of the
/// instrument.
const INVERSE: &str = "; the engine has no inverse contracts: one is worth a fixed amount of the quote currency and is settled in the base coin";
const LEVERAGE: &str = "margin depends on leverage and size of a position, and is not in here";

/// Binance USD-M futures: `symbols` of `exchangeInfo`.
pub(super) fn binance(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    if entry.text("marginAsset")? != entry.text("quoteAsset")? {
        return Err(entry.error("marginAsset", "the quote asset: a linear contract"));
    }
    let price = filter(entry, "PRICE_FILTER", "tickSize")?;
    let lot = filter(entry, "LOT_SIZE", "stepSize")?;
    let most = filter(entry, "LOT_SIZE", "maxQty")?;
    let tick_size = entry.price_of("filters.PRICE_FILTER.tickSize", price)?;
    let lot_size = entry.qty_of("filters.LOT_SIZE.stepSize", lot)?;
    let mut draft = contract(entry.text("quoteAsset")?, tick_size, lot_size);
    draft.order_qty_max = Some(entry.qty_of("filters.LOT_SIZE.maxQty", most)?);
    draft.note("contract", entry.optional("contractType"));
    draft.note(
        "least notional",
        filter(entry, "MIN_NOTIONAL", "notional").ok(),
    );
    draft.notes.push(LEVERAGE.to_owned());
    status(entry, &mut draft, "status", "TRADING");
    entry.listed(draft)
}

/// Bybit, category linear: `result.list` of `instruments-info`.
pub(super) fn bybit(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    if !entry.text("contractType")?.starts_with("Linear") {
        return Err(bybit_inverse_error(entry));
    }
    let tick_size = entry.price("priceFilter.tickSize")?;
    let lot_size = entry.qty("lotSizeFilter.qtyStep")?;
    let mut draft = contract(entry.text("settleCoin")?, tick_size, lot_size);
    draft.order_qty_max = Some(entry.qty("lotSizeFilter.maxOrderQty")?);
    draft.note("contract", entry.optional("contractType"));
    draft.note(
        "least quantity",
        entry.optional("lotSizeFilter.minOrderQty"),
    );
    draft.note(
        "least notional",
        entry.optional("lotSizeFilter.minNotionalValue"),
    );
    draft.note(
        "largest leverage",
        entry.optional("leverageFilter.maxLeverage"),
    );
    draft.notes.push(LEVERAGE.to_owned());
    status(entry, &mut draft, "status", "Trading");
    entry.listed(draft)
}

/// Bybit, category inverse: none of its contracts is what a definition can say.
pub(super) fn bybit_inverse(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    entry.text("contractType")?;
    Err(bybit_inverse_error(entry))
}

fn bybit_inverse_error(entry: &Entry<'_>) -> MetadataError {
    let accepted = format!("LinearPerpetual or LinearFutures, of bybit-linear{INVERSE}");
    entry.error("contractType", accepted)
}

/// OKX, instType SWAP or FUTURES: `data` of `public/instruments`. Quantities are contracts of
/// `ctVal x ctMult` of the base currency.
pub(super) fn okx(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    if entry.text("ctType")? != "linear" {
        return Err(entry.error("ctType", format!("linear{INVERSE}")));
    }
    let (tick_size, lot_size) = (entry.price("tickSz")?, entry.qty("lotSz")?);
    let mut draft = contract(entry.text("settleCcy")?, tick_size, lot_size);
    let (value, multiplier) = (entry.qty("ctVal")?, entry.qty("ctMult")?);
    let product = i128::from(value.0) * i128::from(multiplier.0);
    let one = i128::from(Qty::ONE.0);
    draft.contract_size = i64::try_from(product / one)
        .ok()
        .filter(|_| product % one == 0)
        .map(Qty)
        .ok_or_else(|| entry.error("ctMult", "a product with ctVal of at most 8 decimals"))?;
    draft.order_qty_max = Some(entry.qty("maxLmtSz")?);
    draft.note("a contract is of", entry.optional("ctValCcy"));
    draft.note("least quantity", entry.optional("minSz"));
    draft.note("largest leverage", entry.optional("lever"));
    draft.note("expires, ms since 1970", entry.optional("expTime"));
    draft.notes.push(LEVERAGE.to_owned());
    status(entry, &mut draft, "state", "live");
    entry.listed(draft)
}

/// Hyperliquid perpetuals: `universe` of `meta`. Quantities have `szDecimals` decimals, prices at most
/// `6 - szDecimals` and five significant digits, of which only the first is a fixed step
/// <https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/tick-and-lot-size>. Initial margin is one part in
/// `maxLeverage`, half of it is maintenance
/// <https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margining>.
pub(super) fn hyperliquid(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    const PRICE_DECIMALS_MAX: u32 = 6;
    let decimals = entry.small("szDecimals", PRICE_DECIMALS_MAX)?;
    let tick_size = step(PRICE_DECIMALS_MAX - decimals, Price::DECIMALS).unwrap_or(1);
    let lot_size = step(decimals, Qty::DECIMALS).unwrap_or(1);
    let mut draft = contract("USDC", Price(tick_size), Qty(lot_size));
    let leverage = i64::from(entry.small("maxLeverage", 1_000)?);
    if leverage == 0 {
        return Err(entry.error("maxLeverage", "a whole number from 1 to 1000"));
    }
    // Rounded up: a margin is never less than the venue's.
    draft.margin = half_kept(Ratio((Ratio::ONE.0 + leverage - 1) / leverage));
    draft
        .notes
        .push("prices have at most five significant digits".to_owned());
    if entry.optional("isDelisted") == Some("true") {
        draft.notes.push("it is delisted".to_owned());
    }
    entry.listed(draft)
}

fn contract(currency: &str, tick_size: Price, lot_size: Qty) -> Draft {
    Draft {
        shortable: true,
        ..Draft::spot(Future, currency, tick_size, lot_size)
    }
}
