//! Instruments from what venues say about them: a JSON document in, definitions out.
//!
//! Prices and quantities go from text to integers without a float between. What a definition cannot say is an error
//! that names it, where it would change what a trade is worth (an inverse contract), and a note where it
//! only narrows what the venue takes (a least notional).
//!
//! Fees depend on an account and are in none of these documents: definitions have none.

mod broker;
mod crypto;
mod derivative;
mod entry;

use types::{Instrument, InstrumentError};

use crate::feed::{Addresses, Fields, Items, Value};
use crate::venue;
use entry::Entry;

/// The most characters of a venue's refusal that are repeated.
const MESSAGE_SHOWN_MAX: usize = 200;

/// The most units of an order where a venue does not say: a million.
pub const ORDER_UNITS_UNSTATED: i64 = 1_000_000;

/// An instrument as a venue lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its definition, under the venue's symbol.
    pub instrument: Instrument,
    /// What the venue says beyond it, one sentence each.
    pub notes: Vec<String>,
    /// Whether the document says its tick; else it is a cent, of a share.
    pub states_tick: bool,
}

/// Why a document, or an instrument of it, is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The document is not what the venue's page says.
    #[error("the document has no {list}; accepted: {page}")]
    Document {
        /// Path to the list of instruments.
        list: &'static str,
        /// The page that describes it.
        page: &'static str,
    },
    /// It is the venue's refusal.
    #[error("the venue says '{message}' and lists nothing; accepted: {page}")]
    Refused {
        /// What the venue says, held to 200 characters.
        message: String,
        /// The page that describes the document.
        page: &'static str,
    },
    /// It lists nothing.
    #[error("the document lists no instrument; accepted: {page}")]
    Empty {
        /// The page that describes it.
        page: &'static str,
    },
    /// It has no such instrument.
    #[error("{symbol}: not in the document; accepted: {listed}")]
    NotListed {
        /// The instrument.
        symbol: String,
        /// Those that the document has, not more than ten by name.
        listed: String,
    },
    /// A field is missing, or has a value that is not accepted.
    #[error("{symbol}: {field}: {}: accepted {accepted}", found(.value.as_deref()))]
    Field {
        /// The instrument.
        symbol: String,
        /// The field, by its path.
        field: String,
        /// Its text; `None` when it is missing.
        value: Option<String>,
        /// What is accepted.
        accepted: String,
    },
    /// The parts do not make a definition.
    #[error("{symbol}: {error}")]
    Definition {
        /// The instrument.
        symbol: String,
        /// What is wrong.
        error: InstrumentError,
    },
}

fn found(value: Option<&str>) -> String {
    value.map_or_else(|| "missing".to_owned(), |value| format!("value '{value}'"))
}

/// How the document is asked for where nobody needs a key for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetch {
    /// Where the venue's documents are.
    pub addresses: Addresses,
    /// Path and query.
    pub path: &'static str,
    /// What is posted; `None` where it is got.
    pub body: Option<&'static str>,
}

/// A kind of document.
#[derive(Debug, Clone, Copy)]
pub struct Metadata {
    /// Venue and product.
    pub name: &'static str,
    /// The venue's page that describes it.
    pub page: &'static str,
    /// How to ask for it.
    pub fetch: Option<Fetch>,
    /// Path to the instruments; empty when they are the document.
    list: &'static str,
    /// Path to what asks for the next page, where the venue lists by pages.
    next: &'static str,
    /// The field of an instrument that has its symbol.
    symbol: &'static str,
    read: fn(&Entry<'_>) -> Result<Listed, MetadataError>,
}

impl Metadata {
    /// The kind of a name.
    pub fn of(name: &str) -> Option<&'static Self> {
        DOCUMENTS.iter().find(|document| document.name == name)
    }

    /// The definitions of these instruments, in this order, by the symbols of the venue's feed; those that only the
    /// document has, such as Kraken's `XBT/USD`, find them, too.
    ///
    /// # Errors
    /// See [`MetadataError`]; the first one.
    pub fn read(&self, document: &[u8], symbols: &[String]) -> Result<Vec<Listed>, MetadataError> {
        let entries = self.listing(document)?;
        let listed = symbols.iter().map(|symbol| {
            let named = self.feed_symbol(symbol);
            let entry = entries.iter().find(|entry| entry.symbol == named);
            let entry = entry.ok_or_else(|| MetadataError::NotListed {
                symbol: symbol.clone(),
                listed: names_of(&entries),
            })?;
            (self.read)(entry)
        });
        listed.collect()
    }

    /// The definition of every instrument, in the order of the document, or why there is none.
    ///
    /// # Errors
    /// [`MetadataError::Document`]
    pub fn read_all(
        &self,
        document: &[u8],
    ) -> Result<Vec<Result<Listed, MetadataError>>, MetadataError> {
        let entries = self.listing(document)?;
        Ok(entries.iter().map(self.read).collect())
    }

    /// A symbol of the document as the venue's feed has it, and that itself.
    fn feed_symbol(&self, symbol: &str) -> String {
        match self.symbol {
            "wsname" => crypto::kraken_symbol(symbol),
            _ => symbol.to_owned(),
        }
    }

    fn listing<'a>(&self, document: &'a [u8]) -> Result<Vec<Entry<'a>>, MetadataError> {
        let refused = || MetadataError::Document {
            list: if self.list.is_empty() {
                "list"
            } else {
                self.list
            },
            page: self.page,
        };
        match self.entries(document) {
            Some(entries) if !entries.is_empty() => Ok(entries),
            found => Err(match refusal(document.trim_ascii()) {
                Some(message) => MetadataError::Refused {
                    message,
                    page: self.page,
                },
                None if found.is_some() => MetadataError::Empty { page: self.page },
                None => refused(),
            }),
        }
    }

    /// What a document says of the page after it, if it is one of several and not the last: the path, and what it says.
    pub fn next_page(&self, document: &[u8]) -> Option<(&'static str, String)> {
        let named = (!self.next.is_empty()).then_some(self.next)?;
        let next = at(document.trim_ascii(), named)?.scalar()?;
        let next = std::str::from_utf8(next).ok()?;
        (!matches!(next, "" | "null")).then(|| (self.next, next.to_owned()))
    }

    fn entries<'a>(&self, document: &'a [u8]) -> Option<Vec<Entry<'a>>> {
        let document = document.trim_ascii();
        let value = at(document, self.list)?;
        let values: Vec<Value<'a>> = match value {
            Value::Array(list) => Items::of(list)?.collect::<Result<_, _>>().ok()?,
            // By name, or alone.
            Value::Object(list) if !self.list.is_empty() => Fields::of(list)?
                .map(|field| field.map(|(_, value)| value))
                .collect::<Result<_, _>>()
                .ok()?,
            alone @ Value::Object(_) => vec![alone],
            Value::Text(_) | Value::Literal(_) => return None,
        };
        let entries = values.into_iter().filter_map(|value| {
            let fields = value.fields()?;
            let symbol = fields.clone().get(self.symbol.as_bytes()).ok()??.scalar()?;
            let symbol = self.feed_symbol(std::str::from_utf8(symbol).ok()?);
            Some(Entry { symbol, fields })
        });
        Some(entries.collect())
    }
}

/// The instruments of a document, held to a length.
fn names_of(entries: &[Entry<'_>]) -> String {
    const NAMED_MAX: usize = 10;
    let shown = entries.iter().take(NAMED_MAX);
    let names: Vec<_> = shown.map(|entry| entry.symbol.as_str()).collect();
    let names = names.join(", ");
    match entries.len().saturating_sub(NAMED_MAX) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// What a path leads to in a document; all of it where there is none.
fn at<'a>(document: &'a [u8], path: &str) -> Option<Value<'a>> {
    let mut value = match document.first()? {
        b'[' => Value::Array(document),
        _ => Value::Object(document),
    };
    for name in path.split('.').filter(|name| !name.is_empty()) {
        value = value.fields()?.get(name.as_bytes()).ok()??;
    }
    Some(value)
}

/// What a venue says where it refuses, in the words that venues have for it.
fn refusal(document: &[u8]) -> Option<String> {
    let scalar = |path: &str| at(document, path).and_then(Value::scalar);
    // A code of success has a message, too, and none has words for it.
    let codes = ["code", "retCode"];
    if codes.iter().any(|path| scalar(path) == Some(b"0")) {
        return None;
    }
    let said = ["msg", "retMsg", "errorMessage", "message", "error"];
    let said = said.iter().find_map(|path| match at(document, path)? {
        Value::Array(list) => Items::of(list)?.next()?.ok()?.scalar(),
        value => value.scalar(),
    });
    let said = String::from_utf8_lossy(said?);
    let said: String = said.trim().chars().take(MESSAGE_SHOWN_MAX).collect();
    (!said.is_empty()).then_some(said)
}

const fn get(addresses: Addresses, path: &'static str) -> Fetch {
    Fetch {
        addresses,
        path,
        body: None,
    }
}

/// All that there are.
pub const DOCUMENTS: &[Metadata] = &[
    Metadata {
        name: "alpaca",
        page: "https://docs.alpaca.markets/reference/get-v2-assets-1",
        fetch: None,
        list: "",
        next: "",
        symbol: "symbol",
        read: broker::alpaca,
    },
    Metadata {
        name: "binance-futures",
        page: "https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information",
        fetch: Some(get(venue::binance::FUTURES, "/fapi/v1/exchangeInfo")),
        list: "symbols",
        next: "",
        symbol: "symbol",
        read: derivative::binance,
    },
    Metadata {
        name: "binance-spot",
        page: "https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints#exchange-information",
        fetch: Some(get(venue::binance::SPOT, "/api/v3/exchangeInfo")),
        list: "symbols",
        next: "",
        symbol: "symbol",
        read: crypto::binance,
    },
    Metadata {
        name: "bybit-inverse",
        page: "https://bybit-exchange.github.io/docs/v5/market/instrument",
        fetch: Some(get(
            venue::bybit::ADDRESSES,
            "/v5/market/instruments-info?category=inverse&limit=1000",
        )),
        list: "result.list",
        next: "result.nextPageCursor",
        symbol: "symbol",
        read: derivative::bybit_inverse,
    },
    Metadata {
        name: "bybit-linear",
        page: "https://bybit-exchange.github.io/docs/v5/market/instrument",
        fetch: Some(get(
            venue::bybit::ADDRESSES,
            "/v5/market/instruments-info?category=linear&limit=1000",
        )),
        list: "result.list",
        next: "result.nextPageCursor",
        symbol: "symbol",
        read: derivative::bybit,
    },
    Metadata {
        name: "bybit-spot",
        page: "https://bybit-exchange.github.io/docs/v5/market/instrument",
        fetch: Some(get(
            venue::bybit::ADDRESSES,
            "/v5/market/instruments-info?category=spot",
        )),
        list: "result.list",
        next: "result.nextPageCursor",
        symbol: "symbol",
        read: crypto::bybit,
    },
    Metadata {
        name: "coinbase",
        page: "https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public/list-public-products",
        fetch: Some(get(
            venue::coinbase::ADVANCED,
            "/api/v3/brokerage/market/products",
        )),
        list: "products",
        next: "",
        symbol: "product_id",
        read: crypto::coinbase,
    },
    Metadata {
        name: "hyperliquid",
        page: "https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals",
        fetch: Some(Fetch {
            addresses: venue::hyperliquid::MAINNET,
            path: "/info",
            body: Some(r#"{"type":"meta"}"#),
        }),
        list: "universe",
        next: "",
        symbol: "name",
        read: derivative::hyperliquid,
    },
    Metadata {
        name: "kraken",
        page: "https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs",
        fetch: Some(get(venue::kraken::ADDRESSES, "/0/public/AssetPairs")),
        list: "result",
        next: "",
        symbol: "wsname",
        read: crypto::kraken,
    },
    Metadata {
        name: "oanda",
        page: "https://developer.oanda.com/rest-live-v20/account-ep/#collapse_endpoint_6",
        fetch: None,
        list: "instruments",
        next: "",
        symbol: "name",
        read: broker::oanda,
    },
    Metadata {
        name: "okx-futures",
        page: "https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments",
        fetch: Some(get(
            venue::okx::ADDRESSES,
            "/api/v5/public/instruments?instType=FUTURES",
        )),
        list: "data",
        next: "",
        symbol: "instId",
        read: derivative::okx,
    },
    Metadata {
        name: "okx-spot",
        page: "https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments",
        fetch: Some(get(
            venue::okx::ADDRESSES,
            "/api/v5/public/instruments?instType=SPOT",
        )),
        list: "data",
        next: "",
        symbol: "instId",
        read: crypto::okx,
    },
    Metadata {
        name: "okx-swap",
        page: "https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments",
        fetch: Some(get(
            venue::okx::ADDRESSES,
            "/api/v5/public/instruments?instType=SWAP",
        )),
        list: "data",
        next: "",
        symbol: "instId",
        read: derivative::okx,
    },
    Metadata {
        name: "polygon",
        page: "https://massive.com/docs/rest/stocks/tickers/all-tickers",
        fetch: None,
        list: "results",
        next: "next_url",
        symbol: "ticker",
        read: broker::polygon,
    },
];

/// The names of all kinds.
pub fn names() -> impl Iterator<Item = &'static str> {
    DOCUMENTS.iter().map(|document| document.name)
}

#[cfg(test)]
mod tests;
