use types::{InstrumentKind, Notional};

use super::*;

/// What is read of an own-written document after the sample of the venue's page.
fn read(name: &str, symbol: &str) -> Result<Listed, MetadataError> {
    let document: &[u8] = match name {
        "alpaca" => include_bytes!("../../../fixtures/metadata/alpaca.json"),
        "binance-futures" => include_bytes!("../../../fixtures/metadata/binance-futures.json"),
        "binance-spot" => include_bytes!("../../../fixtures/metadata/binance-spot.json"),
        "bybit-inverse" | "bybit-linear" => {
            include_bytes!("../../../fixtures/metadata/bybit-linear.json")
        }
        "bybit-spot" => include_bytes!("../../../fixtures/metadata/bybit-spot.json"),
        "coinbase" => include_bytes!("../../../fixtures/metadata/coinbase.json"),
        "hyperliquid" => include_bytes!("../../../fixtures/metadata/hyperliquid.json"),
        "kraken" => include_bytes!("../../../fixtures/metadata/kraken.json"),
        "oanda" => include_bytes!("../../../fixtures/metadata/oanda.json"),
        "okx-spot" => include_bytes!("../../../fixtures/metadata/okx-spot.json"),
        "okx-swap" => include_bytes!("../../../fixtures/metadata/okx-swap.json"),
        _ => include_bytes!("../../../fixtures/metadata/polygon.json"),
    };
    let mut listed = Metadata::of(name)
        .unwrap()
        .read(document, &[symbol.to_owned()])?;
    assert_eq!(listed.len(), 1);
    Ok(listed.remove(0))
}

/// Kind, currency, tick, lot, contract and largest order of an instrument.
#[track_caller]
fn check(name: &str, symbol: &str, kind: InstrumentKind, expected: [&str; 5]) -> Listed {
    let listed = read(name, symbol).unwrap();
    let found = listed.instrument;
    assert_eq!(found.symbol.to_string(), symbol);
    assert_eq!(found.kind, kind, "{name}");
    let shown = [
        found.currency.to_string(),
        found.tick_size.to_string(),
        found.lot_size.to_string(),
        found.contract_size.to_string(),
        found.order_qty_max.to_string(),
    ];
    assert_eq!(shown, expected, "{name}");
    listed
}

#[test]
fn every_venue_lists_what_its_page_says() {
    use InstrumentKind::{CryptoSpot, Equity, Future, FxPair};
    let spot = ["USDT", "0.01", "0.00001", "1", "9000"];
    let listed = check("binance-spot", "BTCUSDT", CryptoSpot, spot);
    assert_eq!(listed.notes[1], "least notional: 5.00000000");
    let future = ["USDT", "0.1", "0.001", "1", "1000"];
    check("binance-futures", "BTCUSDT", Future, future);
    check(
        "bybit-spot",
        "BTCUSDT",
        CryptoSpot,
        ["USDT", "0.01", "0.000001", "1", "83"],
    );
    check(
        "bybit-linear",
        "BTCUSDT",
        Future,
        ["USDT", "0.1", "0.001", "1", "1190"],
    );
    check(
        "okx-spot",
        "BTC-USDT",
        CryptoSpot,
        ["USDT", "0.1", "0.00000001", "1", "9999999999"],
    );
    // A hundredth of a contract of a hundredth of a bitcoin, ten cents a step: a thousandth of a cent.
    let swap = ["USDT", "0.1", "0.01", "0.01", "100000000"];
    let swap = check("okx-swap", "BTC-USDT-SWAP", Future, swap);
    let value: Notional = swap.instrument.tick_value().unwrap();
    assert_eq!(value.to_string(), "0.00001");
    let kraken = check(
        "kraken",
        "BTC/USD",
        CryptoSpot,
        ["USD", "0.1", "0.00000001", "1", "1000000"],
    );
    assert!(
        kraken
            .notes
            .iter()
            .any(|note| note.contains("no largest order"))
    );
    check(
        "coinbase",
        "BTC-USD",
        CryptoSpot,
        ["USD", "0.01", "0.00000001", "1", "3400"],
    );
    // Six less five decimals; none.
    let bitcoin = check(
        "hyperliquid",
        "BTC",
        Future,
        ["USDC", "0.1", "0.00001", "1", "1000000"],
    );
    assert_eq!(bitcoin.instrument.margin.initial.rate.to_string(), "0.025");
    assert_eq!(
        bitcoin.instrument.margin.maintenance.rate.to_string(),
        "0.0125"
    );
    let isolated = check(
        "hyperliquid",
        "HPOS",
        Future,
        ["USDC", "0.000001", "1", "1", "1000000"],
    );
    // A third, rounded up.
    assert_eq!(
        isolated.instrument.margin.initial.rate.to_string(),
        "0.333333334"
    );
    let euro = check(
        "oanda",
        "EUR_USD",
        FxPair,
        ["USD", "0.00001", "1", "1", "100000000"],
    );
    assert_eq!(euro.instrument.margin.initial.rate.to_string(), "0.0333");
    assert_eq!(
        euro.instrument.margin.maintenance.rate.to_string(),
        "0.01665"
    );
    check(
        "alpaca",
        "AAPL",
        Equity,
        ["USD", "0.01", "1", "1", "1000000"],
    );
    check(
        "alpaca",
        "BTC/USD",
        CryptoSpot,
        ["USD", "1", "0.0001", "1", "1000000"],
    );
    check(
        "polygon",
        "AAPL",
        Equity,
        ["USD", "0.01", "1", "1", "1000000"],
    );
}

/// Kraken's documents say XBT and XDG, its feed BTC and DOGE: definitions have the names of the feed, and either finds
/// them.
#[test]
fn definitions_have_the_symbols_of_the_feed() {
    let listed = read("kraken", "XBT/USD").unwrap();
    assert_eq!(listed, read("kraken", "BTC/USD").unwrap());
    assert_eq!(listed.instrument.symbol.as_str(), "BTC/USD");
    let document = include_str!("../../../fixtures/metadata/kraken.json");
    let kraken = Metadata::of("kraken").unwrap();
    for (wsname, symbol, currency) in [
        ("XDG/USD", "DOGE/USD", "USD"),
        ("ETH/XBT", "ETH/BTC", "BTC"),
        ("XDG/XBT", "DOGE/BTC", "BTC"),
        ("XBTS/USD", "XBTS/USD", "USD"),
    ] {
        let document = document.replace("XBT/USD", wsname);
        for asked in [wsname, symbol] {
            let listed = kraken
                .read(document.as_bytes(), &[asked.to_owned()])
                .unwrap();
            assert_eq!(listed[0].instrument.symbol.as_str(), symbol);
            assert_eq!(listed[0].instrument.currency.as_str(), currency);
        }
    }
}

#[test]
fn what_a_definition_cannot_say_is_named() {
    let refused = |name, symbol| read(name, symbol).unwrap_err().to_string();
    let inverse = "BTCUSD: contractType: value 'InversePerpetual': accepted LinearPerpetual or LinearFutures, of bybit-linear; \
                   the engine has no inverse contracts: one is worth a fixed amount of the quote currency and is settled in \
                   the base coin";
    assert_eq!(refused("bybit-linear", "BTCUSD"), inverse);
    assert_eq!(refused("bybit-inverse", "BTCUSD"), inverse);
    assert_eq!(
        refused("okx-swap", "BTC-USD-SWAP"),
        "BTC-USD-SWAP: ctType: value 'inverse': accepted linear; the engine has no inverse contracts: one is worth a fixed amount \
         of the quote currency and is settled in the base coin"
    );
    assert!(refused("polygon", "X:BTCUSD").starts_with("X:BTCUSD: market: value 'crypto'"));
    assert_eq!(
        refused("kraken", "ETH/USD"),
        "ETH/USD: not in the document; accepted: BTC/USD"
    );
}

#[test]
fn what_is_no_such_document_is_refused() {
    let kraken = Metadata::of("kraken").unwrap();
    let symbols = ["XBT/USD".to_owned()];
    for document in [
        "",
        "{}",
        "[]",
        "{\"result\":7}",
        "{\"result\":{\"a\":{\"wsname\"",
    ] {
        let error = kraken.read(document.as_bytes(), &symbols).unwrap_err();
        assert!(
            matches!(error, MetadataError::Document { list: "result", .. }),
            "{document}"
        );
    }
}

#[test]
fn numbers_that_we_cannot_hold_are_named() {
    let spot = Metadata::of("binance-spot").unwrap();
    let whole = include_str!("../../../fixtures/metadata/binance-spot.json");
    let refused = |what: &str, instead: &str| {
        assert!(whole.contains(what));
        let document = whole.replace(what, instead);
        let symbols = ["BTCUSDT".to_owned()];
        spot.read(document.as_bytes(), &symbols)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(
            "\"tickSize\": \"0.01000000\"",
            "\"tickSize\": \"0.0000000001\""
        ),
        "BTCUSDT: filters.PRICE_FILTER.tickSize: value '0.0000000001': accepted above zero with at most 9 decimals"
    );
    assert!(refused("\"9000.00000000\"", "\"92233720369\"").contains("below 92233720369"));
    assert!(refused("\"tickSize\": \"0.01000000\"", "\"tickSize\": \"0\"").contains("above zero"));
    assert_eq!(
        refused("\"filterType\": \"LOT_SIZE\"", "\"filterType\": \"OTHER\""),
        "BTCUSDT: filters.LOT_SIZE.stepSize: missing: accepted the filter"
    );
}

/// What a venue answers instead of a list is told in its words; a list of none is told as that.
#[test]
fn a_refusal_is_told_in_the_words_of_the_venue() {
    for (name, document, message) in [
        (
            "okx-spot",
            r#"{"code":"51000","msg":"Parameter instType error","data":[]}"#,
            "Parameter instType error",
        ),
        (
            "bybit-spot",
            r#"{"retCode":10001,"retMsg":"params error: category","result":{}}"#,
            "params error: category",
        ),
        (
            "binance-spot",
            r#"{"code":-1121,"msg":"Invalid symbol."}"#,
            "Invalid symbol.",
        ),
        (
            "kraken",
            r#"{"error":["EQuery:Unknown asset pair"]}"#,
            "EQuery:Unknown asset pair",
        ),
    ] {
        let metadata = Metadata::of(name).unwrap();
        let expected = MetadataError::Refused {
            message: message.to_owned(),
            page: metadata.page,
        };
        assert_eq!(
            metadata.read_all(document.as_bytes()),
            Err(expected),
            "{name}"
        );
    }
    let okx = Metadata::of("okx-spot").unwrap();
    let nothing = okx.read_all(br#"{"code":"0","msg":"","data":[]}"#);
    assert_eq!(nothing, Err(MetadataError::Empty { page: okx.page }));
    let other = okx.read_all(br#"{"code":"0","msg":"ok"}"#).unwrap_err();
    assert!(
        other.to_string().starts_with("the document has no data;"),
        "{other}"
    );
}

#[test]
fn a_page_that_is_not_the_last_is_known() {
    let page = |cursor: &str| {
        let bybit = Metadata::of("bybit-linear").unwrap();
        let document = format!(r#"{{"result":{{"list":[],"nextPageCursor":"{cursor}"}}}}"#);
        bybit.next_page(document.as_bytes())
    };
    let path = "result.nextPageCursor";
    assert_eq!(page("first%3DSOL"), Some((path, "first%3DSOL".to_owned())));
    assert_eq!(page(""), None);
    let kraken = Metadata::of("kraken").unwrap();
    assert_eq!(kraken.next_page(b"{}"), None);
}
