//! One list of the venues, and what each says in a calm conversation.

use marketdata::feed::{Action, Adapter, BookChannel, Channels, FetchId, Listing, Output, Stream};
use marketdata::local::{Market, Wander};
use marketdata::venue::binance::Product;
use types::{Price, TimestampNs};

use crate::perturbed::{self, Pair, listings};

/// A venue and what its symbols look like.
pub(crate) struct Venue {
    pub(crate) name: &'static str,
    symbols: [&'static str; 2],
    pair: fn(Vec<Listing>, Channels) -> Pair,
}

/// All that there are.
pub(crate) fn venues() -> Vec<Venue> {
    let venue = |name, symbols, pair| Venue {
        name,
        symbols,
        pair,
    };
    let binance = perturbed::binance;
    vec![
        venue(
            "binance spot",
            ["BTCUSDT", "ETHUSDT"],
            binance(Product::Spot),
        ),
        venue(
            "binance futures",
            ["BTCUSDT", "ETHUSDT"],
            binance(Product::Futures),
        ),
        venue("bybit spot", ["BTCUSDT", "ETHUSDT"], perturbed::bybit_spot),
        venue(
            "bybit linear",
            ["BTCUSDT", "ETHUSDT"],
            perturbed::bybit_linear,
        ),
        venue("kraken", ["BTC/USD", "ETH/USD"], perturbed::kraken),
        venue("okx", ["BTC-USDT", "ETH-USDT"], perturbed::okx),
        venue(
            "okx by documents",
            ["BTC-USDT", "ETH-USDT"],
            perturbed::okx_by_documents,
        ),
        venue("coinbase", ["BTC-USD", "ETH-USD"], perturbed::coinbase),
        venue("hyperliquid", ["BTC", "@107"], perturbed::hyperliquid),
        venue("oanda", ["EUR_USD", "USD_CAD"], perturbed::oanda),
        venue("alpaca stocks", ["AAPL", "AMD"], perturbed::alpaca_stocks),
        venue(
            "alpaca stocks, packed",
            ["AAPL", "AMD"],
            perturbed::alpaca_stocks_packed,
        ),
        venue(
            "alpaca crypto",
            ["BTC/USD", "ETH/USD"],
            perturbed::alpaca_crypto,
        ),
        venue(
            "alpaca crypto, packed",
            ["BTC/USD", "ETH/USD"],
            perturbed::alpaca_crypto_packed,
        ),
        venue("polygon", ["MSFT", "AAPL"], perturbed::polygon),
    ]
}

/// Messages in the form of the venues' pages that say what no local venue does: many prints in one message, fields that
/// may be left out, words of their own. Each is one that an adapter may hear right after its connection was opened.
const SAMPLES: &[(&str, &[&str])] = &[
    (
        "binance spot",
        &[
            r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":2000000000001,"s":"BTCUSDT","t":12345,"p":"0.01","q":"100.00000000","T":2000000000000,"m":true,"M":true}}"#,
            r#"{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.35","B":"31.21000000","a":"25.36","A":"40.66000000"}}"#,
        ],
    ),
    (
        "binance futures",
        &[
            r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":2000000000001,"T":2000000000000,"s":"BTCUSDT","t":12345,"p":"0.01","q":"100","X":"INSURANCE_FUND","m":false}}"#,
            r#"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":400900217,"s":"BTCUSDT","b":"25.35","B":"31.21","a":"25.36","A":"40.66","T":2000000000000,"E":2000000000001}}"#,
        ],
    ),
    (
        "bybit spot",
        &[
            r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":2000000000002,"data":[{"T":2000000000001,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd","BT":false,"seq":7961638724},{"T":2000000000001,"s":"BTCUSDT","S":"Sell","v":"0.002","p":"16578.49","L":"MinusTick","i":"20f43950-d8de","BT":false,"RPI":false,"seq":7961638724},{"T":2000000000001,"s":"ETHUSDT","S":"Sell","v":"3","p":"1.5","L":"MinusTick","i":"1","BT":true,"seq":7961638725}]}"#,
            r#"{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":2000000000002,"data":{"s":"BTCUSDT","b":[["16493.50","0.006"]],"a":[["16611.00","0.029"]],"u":18521288,"seq":7961638724},"cts":2000000000001}"#,
        ],
    ),
    (
        "kraken",
        &[
            r#"{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":45283.50,"bid_qty":0.10000000,"ask":45285.20,"ask_qty":0.00100000,"last":45283.5,"volume":12997038.98383185,"vwap":45284.1,"low":44979.0,"high":45285.0,"change":-0.17,"change_pct":-0.17,"timestamp":"2033-05-18T03:33:20.219022Z"}]}"#,
            r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":0.51,"qty":0.00100000,"ord_type":"limit","trade_id":4665846,"timestamp":"2033-05-18T03:33:20.219022Z"},{"symbol":"ETH/USD","side":"buy","price":0.52,"qty":12.34500000,"ord_type":"market","trade_id":4665847,"timestamp":"2033-05-18T03:33:20Z"}]}"#,
        ],
    ),
    (
        "okx",
        &[
            r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474","px":"42219.9","sz":"0.12060","side":"buy","ts":"2000000000000","count":"3","source":"0","seqId":1234}]}"#,
            r#"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["111.06","55154","0","2"]],"bids":[["111.05","57745","0","2"]],"ts":"2000000000000","seqId":363996337}]}"#,
            r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["8476.98","415","0","13"],["8477","7","0","2"]],"bids":[["8476.97","256","0","12"]],"ts":"2000000000000","checksum":-855196043,"prevSeqId":-1,"seqId":123456}]}"#,
        ],
    ),
    (
        "coinbase",
        &[
            r#"{"channel":"market_trades","client_id":"","timestamp":"2033-05-18T03:33:20.246121274Z","sequence_num":0,"events":[{"type":"update","trades":[{"trade_id":"10000000000000001","product_id":"ETH-USD","price":"1260.01","size":"0.3","side":"BUY","time":"2033-05-18T03:33:20.246121Z"},{"trade_id":"7","product_id":"BTC-USD","price":"20000","size":"1","side":"SELL","time":"2033-05-18T03:33:20Z"}]}]}"#,
            r#"{"channel":"l2_data","client_id":"","timestamp":"2033-05-18T03:33:20.246121274Z","sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"21921.73","new_quantity":"0.063"},{"side":"offer","event_time":"2033-05-18T03:33:20.246121274Z","price_level":"21921.74","new_quantity":"0.02"}]}]}"#,
        ],
    ),
    (
        "hyperliquid",
        &[
            r#"{"channel":"trades","data":[{"coin":"BTC","side":"A","px":"19900.5","sz":"0.00123","time":2000000000000,"hash":"0xd2a5e5c2","tid":1125899906842623,"users":["0x31ca8395cf837de08b24da3f660e77761dfb974b","0x02"]},{"coin":"@107","side":"B","px":"0.5","sz":"7","time":2000000000000,"hash":"0x00","tid":3,"users":["0x01","0x02"]}]}"#,
            r#"{"channel":"bbo","data":{"coin":"BTC","time":2000000000000,"bbo":[{"px":"19900.5","sz":"1.25","n":3},{"px":"19901","sz":"0.1","n":1}]}}"#,
            r#"{"channel":"bbo","data":{"coin":"BTC","time":2000000000000,"bbo":[{"px":"19900.5","sz":"1.25","n":3},null]}}"#,
            r#"{"channel":"l2Book","data":{"coin":"BTC","time":2000000000000,"levels":[[{"px":"19900","sz":"1","n":1},{"px":"19800.5","sz":"2","n":2}],[{"px":"20100","sz":"1","n":1}]]}}"#,
        ],
    ),
    (
        "oanda",
        &[
            r#"{"type":"PRICE","time":"2033-05-18T03:33:20.163791738Z","bids":[{"price":"1.13","liquidity":500000},{"price":"1.12","liquidity":1000000}],"asks":[{"price":"1.14","liquidity":500000}],"closeoutBid":"1.12","closeoutAsk":"1.14","status":"non-tradeable","tradeable":false,"instrument":"EUR_USD"}"#,
            r#"{"asks":[{"liquidity":10000000,"price":"1.14"},{"liquidity":10000000,"price":"1.15"}],"bids":[{"liquidity":10000000,"price":"1.12"},{"liquidity":10000000,"price":"1.13"}],"closeoutAsk":"1.15","closeoutBid":"1.12","instrument":"EUR_USD","status":"tradeable","time":"2033-05-18T03:33:20.163791738Z","type":"PRICE"}"#,
        ],
    ),
    (
        "alpaca stocks",
        &[
            r#"[{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2033-05-18T03:33:20.0355Z","c":["@","I"],"z":"C"},{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"X","ap":87.68,"as":4,"c":["R"],"z":"C","t":"2033-05-18T03:33:20.335689322Z"},{"T":"s","S":"AAPL","sc":"H","sm":"Halted","rc":"T12","rm":"News","t":"2033-05-18T03:33:20Z","z":"C"},{"T":"s","S":"AAPL","sc":"T","sm":"Resumed","rc":"","rm":"","t":"2033-05-18T03:33:21Z","z":"C"}]"#,
        ],
    ),
    (
        "polygon",
        &[
            r#"[{"ev":"Q","sym":"MSFT","bx":4,"bp":114.12,"bs":100,"ax":7,"ap":114.13,"as":160,"c":0,"i":[604],"t":2000000000000,"q":50385480,"z":3},{"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.12,"s":100,"c":[0,12],"t":2000000000000,"q":3681328},{"ev":"T","sym":"AAPL","x":4,"i":"12346","z":3,"p":114.12,"s":100,"c":[37,2],"t":2000000000000,"q":3681329},{"ev":"Q","sym":"MSFT","bx":4,"bp":114.13,"bs":100,"ax":7,"ap":114.14,"as":160,"t":2000000000000,"q":50385481,"z":3}]"#,
        ],
    ),
];

/// What comes to an adapter.
pub(crate) enum Incoming {
    Message(Vec<u8>),
    Answer(FetchId, Vec<u8>),
    Tick,
}

/// Everything that came to an adapter, and when.
pub(crate) type Heard = Vec<(TimestampNs, Incoming)>;

impl Venue {
    /// A new adapter, as the one that heard the conversation was.
    pub(crate) fn adapter(&self, book: BookChannel) -> Box<dyn Adapter> {
        self.pair(book).0
    }

    /// Messages of its pages; see [`SAMPLES`].
    pub(crate) fn samples(&self) -> &'static [&'static str] {
        let own = SAMPLES.iter().find(|(name, _)| *name == self.name);
        own.map_or(&[], |(_, samples)| samples)
    }

    fn pair(&self, book: BookChannel) -> Pair {
        let channels = Channels { book, trades: true };
        (self.pair)(listings(&self.symbols), channels)
    }

    /// A conversation of so many changes of the markets, in which nothing goes wrong, without its opening.
    pub(crate) fn conversation(&self, book: BookChannel, steps: u32, seed: u64) -> Heard {
        let (mut adapter, mut counterpart) = self.pair(book);
        let mut wander = Wander::new(seed, 12);
        let mut markets: Vec<Market> = listings(&self.symbols)
            .iter()
            .map(|listing| wander.open(&listing.symbol, listing.spec, Price::ONE))
            .collect();
        let mut heard = Heard::new();
        let mut out = Output::default();
        let mut said = Vec::new();
        let mut now = START;
        counterpart.opened(now, &mut said);
        adapter.opened(now, &mut out);
        if let Stream::Lines { path, .. } = adapter.stream() {
            counterpart.streamed(&path, &markets, now, &mut said);
        }
        for step in 0..steps {
            now = TimestampNs(now.0 + 50_000_000);
            if step % 20 == 0 {
                counterpart.tick(now, &mut said);
                adapter.tick(now, &mut out);
                heard.push((now, Incoming::Tick));
            }
            let market = &mut markets[step as usize % self.symbols.len()];
            let change = wander.step(market);
            counterpart.changed(market, &change, now, &mut said);
            while !said.is_empty() || !out.actions.is_empty() {
                for mut message in std::mem::take(&mut said) {
                    heard.push((now, Incoming::Message(message.clone())));
                    adapter.message(&mut message, now, &mut out).unwrap();
                }
                for action in std::mem::take(&mut out.actions) {
                    match action {
                        Action::Send(text) => {
                            counterpart.request(&text, &markets, now, &mut said);
                        }
                        Action::Fetch { id, path } => {
                            let mut body = counterpart.fetch(&path, &markets, now).unwrap();
                            heard.push((now, Incoming::Answer(id, body.clone())));
                            adapter.answer(id, Some(&mut body), now, &mut out).unwrap();
                        }
                        Action::Reconnect { reason } => panic!("{}: {reason}", self.name),
                    }
                }
                out.clear_events();
            }
        }
        heard
    }
}

/// When conversations begin.
pub(crate) const START: TimestampNs = TimestampNs(1_700_000_000_000_000_000);
