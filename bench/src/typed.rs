//! What venues send as types that `simd-json` reads through serde, for `feeds`: the fields that an adapter needs, texts
//! borrowed from the message. Prices stay the texts or floats that they are sent as, nothing is checked and no book is
//! followed, so that this is the least that typed reading can cost.
#![expect(dead_code, reason = "fields are read and thrown away")]

use std::hint::black_box;

use serde::Deserialize;
use simd_json::Buffers;
use simd_json::serde::from_slice_with_buffers;

/// Reads a message in place; whether it is one.
pub type Read = fn(&mut [u8], &mut Buffers) -> bool;

/// How messages of this feed and kind are read: `touch`, `trade`, or one of depth. `None` for those that are no JSON.
pub fn reader(feed: &str, kind: &str) -> Option<Read> {
    macro_rules! of {
        ($message:ty) => {
            |bytes, buffers| {
                let message = from_slice_with_buffers::<$message>(bytes, buffers);
                black_box(&message).is_ok()
            }
        };
    }
    let (venue, _) = feed.split_once('-').unwrap_or((feed, ""));
    Some(match (venue, kind) {
        ("binance", "touch") => of!(Combined<'_, BinanceTouch<'_>>),
        ("binance", "trade") => of!(Combined<'_, BinanceTrade<'_>>),
        ("binance", _) => of!(Combined<'_, BinanceDepth<'_>>),
        ("bybit", "trade") => of!(BybitTopic<'_, Vec<BybitTrade<'_>>>),
        ("bybit", _) => of!(BybitTopic<'_, BybitBook<'_>>),
        ("okx", "trade") => of!(OkxPush<'_, OkxTrade<'_>>),
        ("okx", _) => of!(OkxPush<'_, OkxBook<'_>>),
        ("kraken", "touch") => of!(KrakenChannel<'_, KrakenTicker<'_>>),
        ("kraken", "trade") => of!(KrakenChannel<'_, KrakenTrade<'_>>),
        ("kraken", _) => of!(KrakenChannel<'_, KrakenBook<'_>>),
        ("coinbase", "trade") => of!(Coinbase<'_, CoinbaseTrades<'_>>),
        ("coinbase", _) => of!(Coinbase<'_, CoinbaseUpdates<'_>>),
        ("hyperliquid", "touch") => of!(Hyperliquid<'_, HyperliquidTouch<'_>>),
        ("hyperliquid", "trade") => of!(Hyperliquid<'_, Vec<HyperliquidTrade<'_>>>),
        ("hyperliquid", _) => of!(Hyperliquid<'_, HyperliquidBook<'_>>),
        ("oanda", _) => of!(OandaPrice<'_>),
        ("polygon", "trade") => of!(Vec<PolygonTrade<'_>>),
        ("polygon", _) => of!(Vec<PolygonQuote<'_>>),
        ("alpaca", "trade") if feed.ends_with("-json") => of!(Vec<AlpacaTrade<'_>>),
        ("alpaca", "touch") if feed.ends_with("-json") => of!(Vec<AlpacaQuote<'_>>),
        // Stocks have no depth and say the touch.
        ("alpaca", _) if feed == "alpaca-crypto-json" => of!(Vec<AlpacaDepth<'_>>),
        ("alpaca", _) if feed.ends_with("-json") => of!(Vec<AlpacaQuote<'_>>),
        _ => return None,
    })
}

/// A price and a quantity, as text.
type Pair<'a> = (&'a str, &'a str);

#[derive(Debug, Deserialize)]
struct Combined<'a, T> {
    stream: &'a str,
    data: T,
}

#[derive(Debug, Deserialize)]
struct BinanceTouch<'a> {
    u: u64,
    s: &'a str,
    b: &'a str,
    #[serde(rename = "B")]
    bid_qty: &'a str,
    a: &'a str,
    #[serde(rename = "A")]
    ask_qty: &'a str,
    #[serde(rename = "T")]
    time: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct BinanceTrade<'a> {
    e: &'a str,
    s: &'a str,
    t: u64,
    p: &'a str,
    q: &'a str,
    #[serde(rename = "T")]
    time: u64,
    m: bool,
}

#[derive(Debug, Deserialize)]
struct BinanceDepth<'a> {
    e: &'a str,
    #[serde(rename = "E")]
    time: u64,
    s: &'a str,
    #[serde(rename = "U")]
    first: u64,
    u: u64,
    pu: Option<u64>,
    #[serde(borrow)]
    b: Vec<Pair<'a>>,
    #[serde(borrow)]
    a: Vec<Pair<'a>>,
}

#[derive(Debug, Deserialize)]
struct BybitTopic<'a, T> {
    topic: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    ts: u64,
    data: T,
    cts: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct BybitBook<'a> {
    s: &'a str,
    #[serde(borrow)]
    b: Vec<Pair<'a>>,
    #[serde(borrow)]
    a: Vec<Pair<'a>>,
    u: u64,
}

#[derive(Debug, Deserialize)]
struct BybitTrade<'a> {
    #[serde(rename = "T")]
    time: u64,
    s: &'a str,
    #[serde(rename = "S")]
    side: &'a str,
    v: &'a str,
    p: &'a str,
    i: &'a str,
}

#[derive(Debug, Deserialize)]
struct OkxPush<'a, T> {
    #[serde(borrow)]
    arg: OkxArgument<'a>,
    action: Option<&'a str>,
    data: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OkxArgument<'a> {
    channel: &'a str,
    inst_id: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OkxBook<'a> {
    #[serde(borrow)]
    asks: Vec<[&'a str; 4]>,
    #[serde(borrow)]
    bids: Vec<[&'a str; 4]>,
    ts: &'a str,
    prev_seq_id: Option<i64>,
    seq_id: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OkxTrade<'a> {
    inst_id: &'a str,
    trade_id: &'a str,
    px: &'a str,
    sz: &'a str,
    side: &'a str,
    ts: &'a str,
}

#[derive(Debug, Deserialize)]
struct KrakenChannel<'a, T> {
    channel: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    data: Vec<T>,
}

#[derive(Debug, Deserialize)]
struct KrakenTicker<'a> {
    symbol: &'a str,
    bid: f64,
    bid_qty: f64,
    ask: f64,
    ask_qty: f64,
    timestamp: &'a str,
}

#[derive(Debug, Deserialize)]
struct KrakenTrade<'a> {
    symbol: &'a str,
    side: &'a str,
    price: f64,
    qty: f64,
    trade_id: u64,
    timestamp: &'a str,
}

#[derive(Debug, Deserialize)]
struct KrakenBook<'a> {
    symbol: &'a str,
    bids: Vec<KrakenLevel>,
    asks: Vec<KrakenLevel>,
    checksum: u32,
    timestamp: &'a str,
}

#[derive(Debug, Deserialize)]
struct KrakenLevel {
    price: f64,
    qty: f64,
}

#[derive(Debug, Deserialize)]
struct Coinbase<'a, T> {
    channel: &'a str,
    timestamp: &'a str,
    sequence_num: u64,
    events: Vec<T>,
}

#[derive(Debug, Deserialize)]
struct CoinbaseUpdates<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    product_id: &'a str,
    #[serde(borrow)]
    updates: Vec<CoinbaseLevel<'a>>,
}

#[derive(Debug, Deserialize)]
struct CoinbaseLevel<'a> {
    side: &'a str,
    event_time: &'a str,
    price_level: &'a str,
    new_quantity: &'a str,
}

#[derive(Debug, Deserialize)]
struct CoinbaseTrades<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    trades: Vec<CoinbaseTrade<'a>>,
}

#[derive(Debug, Deserialize)]
struct CoinbaseTrade<'a> {
    trade_id: &'a str,
    product_id: &'a str,
    price: &'a str,
    size: &'a str,
    side: &'a str,
    time: &'a str,
}

#[derive(Debug, Deserialize)]
struct Hyperliquid<'a, T> {
    channel: &'a str,
    data: T,
}

#[derive(Debug, Deserialize)]
struct HyperliquidTouch<'a> {
    coin: &'a str,
    time: u64,
    #[serde(borrow)]
    bbo: [Option<HyperliquidLevel<'a>>; 2],
}

#[derive(Debug, Deserialize)]
struct HyperliquidBook<'a> {
    coin: &'a str,
    time: u64,
    #[serde(borrow)]
    levels: [Vec<HyperliquidLevel<'a>>; 2],
}

#[derive(Debug, Deserialize)]
struct HyperliquidLevel<'a> {
    px: &'a str,
    sz: &'a str,
}

#[derive(Debug, Deserialize)]
struct HyperliquidTrade<'a> {
    coin: &'a str,
    side: &'a str,
    px: &'a str,
    sz: &'a str,
    time: u64,
    tid: u64,
}

#[derive(Debug, Deserialize)]
struct OandaPrice<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    time: &'a str,
    #[serde(borrow)]
    bids: Vec<OandaBucket<'a>>,
    #[serde(borrow)]
    asks: Vec<OandaBucket<'a>>,
    tradeable: bool,
    instrument: &'a str,
}

#[derive(Debug, Deserialize)]
struct OandaBucket<'a> {
    price: &'a str,
    liquidity: f64,
}

#[derive(Debug, Deserialize)]
struct PolygonQuote<'a> {
    ev: &'a str,
    sym: &'a str,
    bp: f64,
    bs: f64,
    ap: f64,
    #[serde(rename = "as")]
    ask_size: f64,
    t: u64,
    q: u64,
}

#[derive(Debug, Deserialize)]
struct PolygonTrade<'a> {
    ev: &'a str,
    sym: &'a str,
    i: &'a str,
    p: f64,
    s: f64,
    c: Vec<u32>,
    t: u64,
    q: u64,
}

#[derive(Debug, Deserialize)]
struct AlpacaQuote<'a> {
    #[serde(rename = "T")]
    kind: &'a str,
    #[serde(rename = "S")]
    symbol: &'a str,
    bp: f64,
    bs: f64,
    ap: f64,
    #[serde(rename = "as")]
    ask_size: f64,
    t: &'a str,
}

#[derive(Debug, Deserialize)]
struct AlpacaTrade<'a> {
    #[serde(rename = "T")]
    kind: &'a str,
    #[serde(rename = "S")]
    symbol: &'a str,
    i: u64,
    p: f64,
    s: f64,
    t: &'a str,
}

#[derive(Debug, Deserialize)]
struct AlpacaDepth<'a> {
    #[serde(rename = "T")]
    kind: &'a str,
    #[serde(rename = "S")]
    symbol: &'a str,
    t: &'a str,
    b: Vec<AlpacaLevel>,
    a: Vec<AlpacaLevel>,
    #[serde(default)]
    r: bool,
}

#[derive(Debug, Deserialize)]
struct AlpacaLevel {
    p: f64,
    s: f64,
}
