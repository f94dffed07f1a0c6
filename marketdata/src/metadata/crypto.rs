//! Spot pairs of crypto venues.

use types::InstrumentKind::CryptoSpot;
use types::Qty;

use super::entry::{Draft, Entry, step};
use super::{Listed, MetadataError};
use crate::feed::{Fields, Value};

/// Binance spot: `symbols` of `exchangeInfo`.
pub(super) fn binance(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    let price = filter(entry, "PRICE_FILTER", "tickSize")?;
    let lot = filter(entry, "LOT_SIZE", "stepSize")?;
    let most = filter(entry, "LOT_SIZE", "maxQty")?;
    let tick_size = entry.price_of("filters.PRICE_FILTER.tickSize", price)?;
    let lot_size = entry.qty_of("filters.LOT_SIZE.stepSize", lot)?;
    let mut draft = Draft::spot(CryptoSpot, entry.text("quoteAsset")?, tick_size, lot_size);
    draft.order_qty_max = Some(entry.qty_of("filters.LOT_SIZE.maxQty", most)?);
    draft.note("least quantity", filter(entry, "LOT_SIZE", "minQty").ok());
    draft.note(
        "least notional",
        filter(entry, "NOTIONAL", "minNotional").ok(),
    );
    status(entry, &mut draft, "status", "TRADING");
    entry.listed(draft)
}

/// A field of one of Binance's filters.
pub(super) fn filter<'a>(
    entry: &Entry<'a>,
    kind: &str,
    field: &str,
) -> Result<&'a str, MetadataError> {
    let missing = || entry.error(&format!("filters.{kind}.{field}"), "the filter");
    let filters = entry.value("filters").and_then(Value::items);
    let found = filters.ok_or_else(missing)?.find_map(|filter| {
        let fields: Fields<'a> = filter.ok()?.fields()?;
        let is = fields.clone().get(b"filterType").ok()??.scalar()?;
        let value = (is == kind.as_bytes())
            .then_some(fields)?
            .get(field.as_bytes());
        std::str::from_utf8(value.ok()??.scalar()?).ok()
    });
    found.ok_or_else(missing)
}

/// Bybit, category spot: `result.list` of `instruments-info`.
pub(super) fn bybit(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    let tick_size = entry.price("priceFilter.tickSize")?;
    let lot_size = entry.qty("lotSizeFilter.basePrecision")?;
    let mut draft = Draft::spot(CryptoSpot, entry.text("quoteCoin")?, tick_size, lot_size);
    // Of limit orders, by the name that the document has.
    let most = [
        "lotSizeFilter.maxOrderQty",
        "lotSizeFilter.maxLimitOrderQty",
    ];
    let most = most.into_iter().find(|path| entry.value(path).is_some());
    draft.order_qty_max = most.map(|path| entry.qty(path)).transpose()?;
    draft.note(
        "least quantity",
        entry.optional("lotSizeFilter.minOrderQty"),
    );
    draft.note(
        "least notional",
        entry.optional("lotSizeFilter.minOrderAmt"),
    );
    status(entry, &mut draft, "status", "Trading");
    entry.listed(draft)
}

/// OKX, instType SPOT: `data` of `public/instruments`.
pub(super) fn okx(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    let (tick_size, lot_size) = (entry.price("tickSz")?, entry.qty("lotSz")?);
    let mut draft = Draft::spot(CryptoSpot, entry.text("quoteCcy")?, tick_size, lot_size);
    draft.order_qty_max = Some(entry.qty("maxLmtSz")?);
    draft.note("least quantity", entry.optional("minSz"));
    status(entry, &mut draft, "state", "live");
    entry.listed(draft)
}

/// The symbol of a pair in Kraken's WebSocket API v2: it says BTC and DOGE where `wsname` says XBT and XDG
/// <https://docs.kraken.com/api/docs/guides/spot-ws-intro>.
pub(super) fn kraken_symbol(name: &str) -> String {
    let currency = |name| match name {
        "XBT" => "BTC",
        "XDG" => "DOGE",
        other => other,
    };
    let names: Vec<_> = name.split('/').map(currency).collect();
    names.join("/")
}

/// Kraken: `result` of `AssetPairs`, by `wsname` (`XBT/USD`).
pub(super) fn kraken(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    let tick_size = entry.price("tick_size")?;
    let decimals = entry.small("lot_decimals", Qty::DECIMALS)?;
    let lot_size = Qty(step(decimals, Qty::DECIMALS).unwrap_or(1));
    let accepted = "base and quote with a slash between";
    let (_, quote) = entry
        .symbol
        .split_once('/')
        .ok_or_else(|| entry.error("wsname", accepted))?;
    let mut draft = Draft::spot(CryptoSpot, quote, tick_size, lot_size);
    draft.note("least quantity", entry.optional("ordermin"));
    draft.note("least notional", entry.optional("costmin"));
    status(entry, &mut draft, "status", "online");
    entry.listed(draft)
}

/// Coinbase Advanced Trade, spot: `products`.
pub(super) fn coinbase(entry: &Entry<'_>) -> Result<Listed, MetadataError> {
    if entry.text("product_type")? != "SPOT" {
        return Err(entry.error("product_type", "SPOT"));
    }
    let tick_size = entry.price("price_increment")?;
    let lot_size = entry.qty("base_increment")?;
    let currency = entry.text("quote_currency_id")?;
    let mut draft = Draft::spot(CryptoSpot, currency, tick_size, lot_size);
    draft.order_qty_max = Some(entry.qty("base_max_size")?);
    draft.note("least quantity", entry.optional("base_min_size"));
    draft.note("least notional", entry.optional("quote_min_size"));
    if entry.optional("trading_disabled") == Some("true") {
        draft.notes.push("trading is disabled".to_owned());
    }
    entry.listed(draft)
}

/// Says so where an instrument does not trade.
pub(super) fn status(entry: &Entry<'_>, draft: &mut Draft, path: &str, trades: &str) {
    let other = entry.optional(path).filter(|status| *status != trades);
    draft.note("it does not trade now", other);
}
