//! Databento's DBN: trades, the best level, ten levels, every order, bars and statuses.
//!
//! Format: the crate `dbn`, which reads all its versions. Prices are integers of 1e-9 already.

mod framed;

use std::collections::{HashMap, HashSet, VecDeque};

use dbn::decode::dbn::Decoder;
use dbn::decode::{DbnMetadata as _, DecodeRecordRef as _};
use dbn::enums::rtype;
use dbn::{
    BboMsg, BidAskPair, FlagSet, HasRType, MboMsg, Mbp1Msg, Mbp10Msg, OhlcvMsg, RecordHeader,
    RecordRef, Schema, StatusMsg, TradeMsg, TsSymbolMap, UNDEF_PRICE,
};
use types::{
    Aggressor, Bar, DepthUpdate, InstrumentStatus, Label, Level, MarketData, Price, Qty, Side,
    TimestampNs, Trade,
};

use super::Row;
use super::cells::{checked_bar, checked_quote, one_sided};
use super::decode::{Decode, Fault, Setting};
use super::depth::Depth;
use super::error::Place;
use super::number::volume_units;
use super::orders::{Order, Orders};
use super::source::Bytes;
use framed::Framed;

const DAY_NS: u64 = 86_400_000_000_000;

/// Reads records.
pub(super) struct Databento {
    decoder: Decoder<Framed<Bytes>>,
    record: u64,
    state: State,
}

/// The book of an instrument, all its publishers together.
#[derive(Default)]
struct Book {
    depth: Depth,
    /// The publishers whose part of the book is not known.
    lost: Vec<Lost>,
}

/// A publisher's part of a book from a record with `F_MAYBE_BAD_BOOK` ("an unrecoverable gap was detected in the
/// channel") or from one of a level ([`is_level`]) until both sides were told anew.
struct Lost {
    publisher: u16,
    has_bids: bool,
    has_asks: bool,
}

/// The ids that the top of a side goes by, which is no order and has none.
const TOP_BID: u64 = u64::MAX;
const TOP_ASK: u64 = u64::MAX - 1;

/// What is known besides the bytes.
struct State {
    setting: Setting,
    schema: Option<Schema>,
    names: TsSymbolMap,
    /// The symbol of an instrument on the day that was asked for last.
    labels: HashMap<u32, (u64, Label)>,
    /// By instrument.
    books: HashMap<u32, Book>,
    /// By publisher and instrument, then the order's id.
    orders: Orders,
    /// The instruments whose levels were last told with `F_MAYBE_BAD_BOOK`, of the schemas that tell them whole.
    doubtful: HashSet<u32>,
}

impl Databento {
    pub(super) fn new(bytes: Bytes, setting: Setting) -> Result<Self, String> {
        let decoder = Decoder::new(Framed::new(bytes)).map_err(|error| error.to_string())?;
        let metadata = decoder.metadata();
        let schema = metadata.schema;
        let is_known = schema.is_none_or(|schema| {
            matches!(
                schema,
                Schema::Mbo
                    | Schema::Mbp1
                    | Schema::Mbp10
                    | Schema::Tbbo
                    | Schema::Trades
                    | Schema::Bbo1S
                    | Schema::Bbo1M
                    | Schema::Ohlcv1S
                    | Schema::Ohlcv1M
                    | Schema::Ohlcv1H
                    | Schema::Ohlcv1D
                    | Schema::Status
            )
        });
        if let (Some(schema), false) = (schema, is_known) {
            return Err(format!(
                "the schema {schema} has no market events; accepted: mbo, mbp-1, mbp-10, tbbo, trades, bbo-1s, \
                 bbo-1m, ohlcv-1s, ohlcv-1m, ohlcv-1h, ohlcv-1d, status"
            ));
        }
        let names = metadata.symbol_map().map_err(|error| error.to_string())?;
        Ok(Self {
            decoder,
            record: 0,
            state: State {
                setting,
                schema,
                names,
                labels: HashMap::new(),
                books: HashMap::new(),
                orders: Orders::default(),
                doubtful: HashSet::new(),
            },
        })
    }
}

impl Decode for Databento {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        let record = self
            .decoder
            .decode_record_ref()
            .map_err(|error| Fault::damaged(format_args!("{error}")))?;
        let Some(record) = record else {
            return Ok(false);
        };
        self.record += 1;
        self.state.take(record, out)?;
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Record(self.record)
    }
}

/// The record as one of a type, if it is of that type; a record that is too short for its type is a bad row.
fn get<T: HasRType<Header = RecordHeader>>(record: RecordRef<'_>) -> Result<Option<&T>, Fault> {
    if !record.has::<T>() {
        return Ok(None);
    }
    record.try_get::<T>().map(Some).map_err(|_| {
        let length = record.header().record_size();
        let accepted = format!("{} of its type", size_of::<T>());
        Fault::value("the length of the record", length, accepted)
    })
}

fn price(field: &'static str, raw: i64) -> Result<Price, Fault> {
    if raw == UNDEF_PRICE {
        return Err(Fault::value(field, "undefined", "a price"));
    }
    Ok(Price(raw))
}

fn size(size: u32) -> Qty {
    Qty(i64::from(size) * Qty::ONE.0)
}

fn aggressor(side: u8) -> Aggressor {
    match side {
        b'B' => Aggressor::Buyer,
        b'A' => Aggressor::Seller,
        _ => Aggressor::Unknown,
    }
}

/// A print, unless nothing was traded.
fn trade(raw: i64, qty: u32, side: u8) -> Result<Option<MarketData>, Fault> {
    if qty == 0 {
        return Ok(None);
    }
    Ok(Some(MarketData::Trade(Trade {
        price: price("price", raw)?,
        qty: size(qty),
        aggressor: aggressor(side),
    })))
}

/// The side of an order.
fn order_side(side: u8) -> Result<Side, Fault> {
    match side {
        b'B' => Ok(Side::Buy),
        b'A' => Ok(Side::Sell),
        side => Err(Fault::value("side", char::from(side), "A or B of an order")),
    }
}

/// Whether a message is of a level and not of an order: `F_MBP`, "an aggregated price level record, not an individual
/// order". The format does not say what its id is, nor what its size is of a level that was there before, so it cannot be
/// followed. With `F_TOB` it is all of its side.
fn is_level(message: &MboMsg) -> bool {
    message.flags.is_mbp()
        && !message.flags.is_tob()
        && matches!(message.action as u8, b'A' | b'M' | b'C')
}

/// The best level of both sides; an empty side is a whole book without it.
fn quote(pair: &BidAskPair) -> Result<MarketData, Fault> {
    let side =
        |raw: i64, qty: u32| (raw != UNDEF_PRICE && qty > 0).then(|| (Price(raw), size(qty)));
    match (
        side(pair.bid_px, pair.bid_sz),
        side(pair.ask_px, pair.ask_sz),
    ) {
        (Some((bid, bid_qty)), Some((ask, ask_qty))) => checked_quote(bid, bid_qty, ask, ask_qty),
        (bid, ask) => one_sided(bid, ask),
    }
}

fn ten_levels(levels: &[BidAskPair]) -> MarketData {
    let side = |of: fn(&BidAskPair) -> (i64, u32)| -> Vec<Level> {
        levels
            .iter()
            .map(of)
            .filter(|&(raw, qty)| raw != UNDEF_PRICE && qty > 0)
            .map(|(raw, qty)| Level {
                price: Price(raw),
                qty: size(qty),
            })
            .collect()
    };
    MarketData::DepthSnapshot(Box::new(DepthUpdate {
        bids: side(|pair| (pair.bid_px, pair.bid_sz)),
        asks: side(|pair| (pair.ask_px, pair.ask_sz)),
    }))
}

/// What a record is about, and where its rows go.
struct Says<'a> {
    instrument: u32,
    happened: u64,
    out: &'a mut VecDeque<Row>,
}

impl Book {
    /// Forgets what was known if the message says that it may be wrong, or makes it so. What is to be said of that, if
    /// it was not said.
    fn lose(&mut self, message: &MboMsg) -> Option<MarketData> {
        if !message.flags.is_maybe_bad_book() && !is_level(message) {
            return None;
        }
        let publisher = message.hd.publisher_id;
        let is_news = self.lost.is_empty();
        self.lost.retain(|lost| lost.publisher != publisher);
        self.lost.push(Lost {
            publisher,
            has_bids: false,
            has_asks: false,
        });
        self.depth.restate();
        is_news.then_some(MarketData::Gap)
    }

    /// Takes note that a publisher tells a side from the beginning, or both: by a clear, or by a side's top.
    fn begin_anew(&mut self, message: &MboMsg, side: Option<Side>) {
        let is_clear = side.is_none();
        // A clear leaves nothing that could be wrong; a top may be.
        if message.flags.is_maybe_bad_book() && !is_clear {
            return;
        }
        let publisher = message.hd.publisher_id;
        let lost = self.lost.iter_mut();
        for lost in lost.filter(|lost| lost.publisher == publisher) {
            lost.has_bids |= is_clear || side == Some(Side::Buy);
            lost.has_asks |= is_clear || side == Some(Side::Sell);
        }
    }

    /// What is to be said at the end of an event; nothing while a part of the book is not known.
    fn state(&mut self, message: &MboMsg) -> Option<MarketData> {
        if !message.flags.is_maybe_bad_book() {
            let publisher = message.hd.publisher_id;
            self.lost
                .retain(|lost| lost.publisher != publisher || !(lost.has_bids && lost.has_asks));
        }
        if self.lost.is_empty() {
            return self.depth.state();
        }
        self.depth.restate();
        None
    }
}

impl State {
    fn symbol(&mut self, instrument: u32, ts: u64) -> Label {
        let day = ts / DAY_NS;
        if let Some(&(known, label)) = self.labels.get(&instrument)
            && known == day
        {
            return label;
        }
        let name = self.names.get_for_ts(ts, instrument);
        // Without a name in the file the number is the name.
        let label = name
            .and_then(|name| Label::new(name).ok())
            .or_else(|| Label::new(&instrument.to_string()).ok())
            .unwrap_or(self.setting.symbol);
        self.labels.insert(instrument, (day, label));
        label
    }

    fn take(&mut self, record: RecordRef<'_>, out: &mut VecDeque<Row>) -> Result<(), Fault> {
        let mut says = Says {
            instrument: record.header().instrument_id,
            happened: record.header().ts_event,
            out,
        };
        if let Some(message) = get::<MboMsg>(record)? {
            let data = self.books.entry(says.instrument).or_default().lose(message);
            self.say(&mut says, message.ts_recv, data);
            let data = self.order(message)?;
            self.say(&mut says, message.ts_recv, data);
            if message.flags.is_last() {
                let book = self.books.entry(says.instrument).or_default();
                let data = book.state(message);
                self.say(&mut says, message.ts_recv, data);
            }
        } else if let Some(message) = get::<TradeMsg>(record)? {
            let data = trade(message.price, message.size, message.side as u8)?;
            self.say(&mut says, message.ts_recv, data);
        } else if let Some(message) = get::<Mbp1Msg>(record)? {
            let [pair] = &message.levels;
            let print = if message.action as u8 == b'T' {
                trade(message.price, message.size, message.side as u8)?
            } else {
                None
            };
            let touch = self.trusted(&mut says, message.ts_recv, message.flags, || quote(pair))?;
            // What `tbbo` shows beside a trade is the book before it.
            let (first, second) = if self.schema == Some(Schema::Tbbo) {
                (touch, print)
            } else {
                (print, touch)
            };
            self.say(&mut says, message.ts_recv, first);
            self.say(&mut says, message.ts_recv, second);
        } else if let Some(message) = get::<Mbp10Msg>(record)? {
            let levels = || Ok(ten_levels(&message.levels));
            let book = self.trusted(&mut says, message.ts_recv, message.flags, levels)?;
            if message.action as u8 == b'T' {
                let data = trade(message.price, message.size, message.side as u8)?;
                self.say(&mut says, message.ts_recv, data);
            }
            self.say(&mut says, message.ts_recv, book);
        } else if let Some(message) = get::<BboMsg>(record)? {
            let [pair] = &message.levels;
            let data = self.trusted(&mut says, message.ts_recv, message.flags, || quote(pair))?;
            self.say(&mut says, message.ts_recv, data);
        } else if let Some(message) = get::<OhlcvMsg>(record)? {
            let (bar, end) = bar(message)?;
            let symbol = self.symbol(says.instrument, message.hd.ts_event);
            says.out.push_back(Row {
                ts: end,
                ts_event: end,
                symbol,
                data: MarketData::Bar(bar),
            });
        } else if let Some(message) = get::<StatusMsg>(record)? {
            let data = status(message.action).map(MarketData::Status);
            self.say(&mut says, message.ts_recv, data);
        }
        Ok(())
    }

    /// Says something of the record's instrument, if there is something to say.
    fn say(&mut self, says: &mut Says<'_>, received: u64, data: Option<MarketData>) {
        let Some(data) = data else { return };
        let symbol = self.symbol(says.instrument, received);
        let happened = TimestampNs(says.happened);
        let (ts, ts_event) = self.setting.times(TimestampNs(received), happened);
        says.out.push_back(Row {
            ts,
            ts_event,
            symbol,
            data,
        });
    }

    /// The levels of a record that tells them whole, unless its flags say that they may be wrong: then a gap is
    /// said, once until a record is right again.
    fn trusted(
        &mut self,
        says: &mut Says<'_>,
        received: u64,
        flags: FlagSet,
        levels: impl FnOnce() -> Result<MarketData, Fault>,
    ) -> Result<Option<MarketData>, Fault> {
        if !flags.is_maybe_bad_book() {
            let levels = levels()?;
            self.doubtful.remove(&says.instrument);
            return Ok(Some(levels));
        }
        let is_news = self.doubtful.insert(says.instrument);
        self.say(says, received, is_news.then_some(MarketData::Gap));
        Ok(None)
    }

    /// What an order-by-order message says at once. What it does to the book is said with the last one of its
    /// event.
    fn order(&mut self, message: &MboMsg) -> Result<Option<MarketData>, Fault> {
        let instrument = message.hd.instrument_id;
        let known = self.books.entry(instrument).or_default();
        let depth = &mut known.depth;
        let book = u64::from(message.hd.publisher_id) << 32 | u64::from(instrument);
        let key = (book, message.order_id);
        let qty = size(message.size);
        if is_level(message) {
            let accepted = "an order, or the top of a side (TOB); the book is a gap until a clear";
            return Err(Fault::value(
                "flags",
                format_args!("{:?}", message.flags),
                accepted,
            ));
        }
        match message.action as u8 {
            b'T' => return trade(message.price, message.size, message.side as u8),
            b'R' => {
                self.orders.clear(book, depth)?;
                depth.restate();
                known.begin_anew(message, None);
            }
            // What stands first on its side, and all that is known of the side; no price is an empty side.
            b'A' | b'M' | b'C' if message.flags.is_tob() => {
                let side = order_side(message.side as u8)?;
                self.orders.clear_side(book, side, depth)?;
                if message.action as u8 != b'C' && message.price != UNDEF_PRICE {
                    let id = match side {
                        Side::Buy => TOP_BID,
                        Side::Sell => TOP_ASK,
                    };
                    let price = Price(message.price);
                    let top = Order { side, price, qty };
                    self.orders.put((book, id), top, depth)?;
                }
                known.begin_anew(message, Some(side));
            }
            b'C' => drop(self.orders.reduce(key, qty, depth)?),
            b'A' | b'M' => {
                let side = order_side(message.side as u8)?;
                let price = price("price", message.price)?;
                self.orders.put(key, Order { side, price, qty }, depth)?;
            }
            // A fill is told again as a cancel; N says nothing of the book.
            _ => {}
        }
        Ok(None)
    }
}

fn bar(message: &OhlcvMsg) -> Result<(Bar, TimestampNs), Fault> {
    let interval = match message.hd.rtype {
        rtype::OHLCV_1S => 1_000_000_000,
        rtype::OHLCV_1M => 60_000_000_000,
        rtype::OHLCV_1H => 3_600_000_000_000,
        rtype::OHLCV_1D => DAY_NS,
        kind => return Err(Fault::value("rtype", kind, "a bar of 1s, 1m, 1h or 1d")),
    };
    let start = TimestampNs(message.hd.ts_event);
    let end = TimestampNs(start.0.saturating_add(interval));
    let bar = Bar {
        start,
        open: price("open", message.open)?,
        high: price("high", message.high)?,
        low: price("low", message.low)?,
        close: price("close", message.close)?,
        volume: volume_units(message.volume),
    };
    checked_bar(&bar, end)?;
    Ok((bar, end))
}

/// `StatusAction` of the format; `None` for what does not change whether it trades.
fn status(action: u16) -> Option<InstrumentStatus> {
    Some(match action {
        1..=6 => InstrumentStatus::PreOpen,
        7 => InstrumentStatus::Open,
        8..=10 => InstrumentStatus::Halted,
        11 => InstrumentStatus::PreClose,
        12 | 13 | 15 => InstrumentStatus::Closed,
        _ => return None,
    })
}
