//! The frames of the inputs that nearly all are: limit and market orders, cancels, quotes and prints. Each field of
//! such a frame has one width and one place, so that the frame is put together and read as an array:
//! field by field, each would ask again for room, or whether it is there. The bytes are those of the
//! general form, and what is not quite usual is left to it. They are read into the place of an input, because every
//! hand that one goes through costs as much as reading it.

#![expect(
    clippy::inline_always,
    reason = "only inlined does it know its places when it is compiled"
)]

use super::{ALIGN_BYTES, CRC, HEADER_BYTES, Head, INPUT, LENGTH, VERSION};
use crate::codec::{Codec, Reader};
use crate::command::{Command, NewOrder, OrderKind, Side, TimeInForce};
use crate::id::{AccountId, ClientOrderId, InstrumentId, OrderId, Seq, ShardId};
use crate::input::{Input, InputKind};
use crate::market::{MarketData, MarketEvent, Quote, Trade};
use crate::time::TimestampNs;
use crate::unit::{Price, Qty};

/// Tags of [`InputKind`].
const MARKET: u8 = 0;
const COMMAND: u8 = 1;
/// Tags of [`Command`].
const SUBMIT_ORDER: u8 = 5;
const CANCEL_ORDER: u8 = 7;
/// Tags of [`OrderKind`].
const AT_MARKET: u8 = 0;
const LIMIT: u8 = 1;
/// Tag of [`TimeInForce::GoodTillDate`], the one that takes more bytes than its tag.
const GOOD_TILL_DATE: u8 = 4;
/// Tags of [`MarketData`].
const QUOTE: u8 = 0;
const TRADE: u8 = 1;

/// Lengths of the frames, the zeros at their ends included.
const ORDER_BYTES: usize = 88;
const MARKET_ORDER_BYTES: usize = 80;
const CANCEL_BYTES: usize = 48;
const QUOTE_BYTES: usize = 80;
const TRADE_BYTES: usize = 64;
const _: () = {
    assert!((ORDER_BYTES | CANCEL_BYTES | QUOTE_BYTES | TRADE_BYTES).is_multiple_of(ALIGN_BYTES));
    // Told apart by what they carry.
    assert!(MARKET_ORDER_BYTES == QUOTE_BYTES);
};

/// Appends the frame of a usual input; says whether it is one.
#[inline]
pub(super) fn encode(shard: ShardId, input: &Input, out: &mut Vec<u8>) -> bool {
    match &input.kind {
        InputKind::Command(Command::SubmitOrder(order)) => {
            let tif = tag_of(order.tif);
            if tif == GOOD_TILL_DATE {
                return false;
            }
            match order.kind {
                OrderKind::Limit { price } => {
                    limit_order(Draft::begin(shard, input), order, price, tif).append(out);
                }
                OrderKind::Market => {
                    market_order(Draft::begin(shard, input), order, tif).append(out);
                }
                _ => return false,
            }
        }
        InputKind::Command(Command::CancelOrder { account, order }) => {
            cancel(Draft::begin(shard, input), *account, *order).append(out);
        }
        InputKind::Market(event) => match &event.data {
            MarketData::Quote(quote) => {
                self::quote(Draft::begin(shard, input), event, quote).append(out);
            }
            MarketData::Trade(trade) => {
                self::trade(Draft::begin(shard, input), event, trade).append(out);
            }
            _ => return false,
        },
        _ => return false,
    }
    true
}

const fn tag_of(tif: TimeInForce) -> u8 {
    match tif {
        TimeInForce::GoodTillCancel => 0,
        TimeInForce::Day => 1,
        TimeInForce::ImmediateOrCancel => 2,
        TimeInForce::FillOrKill => 3,
        TimeInForce::GoodTillDate { .. } => GOOD_TILL_DATE,
        TimeInForce::AtOpen => 5,
        TimeInForce::AtClose => 6,
    }
}

#[inline(always)]
fn limit_order(
    mut draft: Draft<ORDER_BYTES>,
    order: &NewOrder,
    price: Price,
    tif: u8,
) -> Draft<ORDER_BYTES> {
    draft.put_order(order, LIMIT);
    draft.put(price.0.to_le_bytes());
    draft.put_terms(order, tif);
    draft.put([0; 2]);
    draft
}

#[inline(always)]
fn market_order(
    mut draft: Draft<MARKET_ORDER_BYTES>,
    order: &NewOrder,
    tif: u8,
) -> Draft<MARKET_ORDER_BYTES> {
    draft.put_order(order, AT_MARKET);
    draft.put_terms(order, tif);
    draft.put([0; 2]);
    draft
}

#[inline(always)]
fn cancel(
    mut draft: Draft<CANCEL_BYTES>,
    account: AccountId,
    order: OrderId,
) -> Draft<CANCEL_BYTES> {
    draft.put([COMMAND, CANCEL_ORDER]);
    draft.put(account.0.to_le_bytes());
    draft.put(order.0.to_le_bytes());
    draft.put([0; 4]);
    draft.put([0; 2]);
    draft
}

#[inline(always)]
fn quote(mut draft: Draft<QUOTE_BYTES>, event: &MarketEvent, quote: &Quote) -> Draft<QUOTE_BYTES> {
    draft.put_event(event, QUOTE);
    draft.put(quote.bid.0.to_le_bytes());
    draft.put(quote.bid_qty.0.to_le_bytes());
    draft.put(quote.ask.0.to_le_bytes());
    draft.put(quote.ask_qty.0.to_le_bytes());
    draft.put([0; 4]);
    draft.put([0; 2]);
    draft
}

#[inline(always)]
fn trade(mut draft: Draft<TRADE_BYTES>, event: &MarketEvent, trade: &Trade) -> Draft<TRADE_BYTES> {
    draft.put_event(event, TRADE);
    draft.put(trade.price.0.to_le_bytes());
    draft.put(trade.qty.0.to_le_bytes());
    draft.put([trade.aggressor as u8]);
    draft.put([0; 4]);
    draft.put([0; 1]);
    draft
}

/// Reads the frame of a usual input at the front of `bytes` into `input`; `None` where it is not one, or is none.
#[inline]
pub(super) fn decode(bytes: &[u8], input: &mut Input) -> Option<Head> {
    match u32::from_le_bytes(*bytes.first_chunk()?) as usize {
        ORDER_BYTES => Scan::<ORDER_BYTES>::begin(bytes)?.read(input, read_limit_order),
        CANCEL_BYTES => Scan::<CANCEL_BYTES>::begin(bytes)?.read(input, read_cancel),
        QUOTE_BYTES => Scan::<QUOTE_BYTES>::begin(bytes)?.read(input, |scan| {
            if scan.bytes[HEADER_BYTES] == MARKET {
                read_quote(scan)
            } else {
                read_market_order(scan)
            }
        }),
        TRADE_BYTES => Scan::<TRADE_BYTES>::begin(bytes)?.read(input, read_trade),
        _ => None,
    }
}

#[inline(always)]
fn read_limit_order(scan: &mut Scan<'_, ORDER_BYTES>) -> Option<InputKind> {
    let order = scan.order(LIMIT)?;
    let price = Price(i64::from_le_bytes(scan.take()));
    let order = scan.terms(order, OrderKind::Limit { price })?;
    scan.expect([0; 2])?;
    Some(InputKind::Command(Command::SubmitOrder(order)))
}

#[inline(always)]
fn read_market_order(scan: &mut Scan<'_, MARKET_ORDER_BYTES>) -> Option<InputKind> {
    let order = scan.order(AT_MARKET)?;
    let order = scan.terms(order, OrderKind::Market)?;
    scan.expect([0; 2])?;
    Some(InputKind::Command(Command::SubmitOrder(order)))
}

#[inline(always)]
fn read_cancel(scan: &mut Scan<'_, CANCEL_BYTES>) -> Option<InputKind> {
    scan.expect([COMMAND, CANCEL_ORDER])?;
    let account = AccountId(u32::from_le_bytes(scan.take()));
    let order = OrderId(u64::from_le_bytes(scan.take()));
    scan.expect([0; 6])?;
    Some(InputKind::Command(Command::CancelOrder { account, order }))
}

#[inline(always)]
fn read_quote(scan: &mut Scan<'_, QUOTE_BYTES>) -> Option<InputKind> {
    let (instrument, ts_event) = scan.event(QUOTE)?;
    let quote = Quote {
        bid: Price(i64::from_le_bytes(scan.take())),
        bid_qty: Qty(i64::from_le_bytes(scan.take())),
        ask: Price(i64::from_le_bytes(scan.take())),
        ask_qty: Qty(i64::from_le_bytes(scan.take())),
    };
    scan.expect([0; 6])?;
    Some(InputKind::Market(MarketEvent {
        instrument,
        ts_event,
        data: MarketData::Quote(quote),
    }))
}

#[inline(always)]
fn read_trade(scan: &mut Scan<'_, TRADE_BYTES>) -> Option<InputKind> {
    let (instrument, ts_event) = scan.event(TRADE)?;
    let trade = Trade {
        price: Price(i64::from_le_bytes(scan.take())),
        qty: Qty(i64::from_le_bytes(scan.take())),
        aggressor: scan.tagged()?,
    };
    scan.expect([0; 5])?;
    Some(InputKind::Market(MarketEvent {
        instrument,
        ts_event,
        data: MarketData::Trade(trade),
    }))
}

/// A frame of so many bytes, put field by field. Where a field lies is known when this is compiled, for all
/// of it is inlined: so each is written once, from a register to its place in the journal.
struct Draft<const LEN: usize> {
    bytes: [u8; LEN],
    /// Bytes put so far.
    at: usize,
    checksum: Checksum,
}

impl<const LEN: usize> Draft<LEN> {
    #[inline(always)]
    fn begin(shard: ShardId, input: &Input) -> Self {
        let mut draft = Self {
            bytes: [0; LEN],
            at: CRC.end,
            checksum: Checksum::new(),
        };
        draft.bytes[LENGTH].copy_from_slice(&(LEN as u32).to_le_bytes());
        let [low, high] = shard.0.to_le_bytes();
        draft.put([VERSION, INPUT, low, high]);
        draft.put(input.seq.0.to_le_bytes());
        draft.put(input.ts.0.to_le_bytes());
        debug_assert_eq!(draft.at, HEADER_BYTES);
        draft
    }

    /// Puts 1, 2, 4 or 8 bytes.
    #[inline(always)]
    fn put<const WIDTH: usize>(&mut self, field: [u8; WIDTH]) {
        self.bytes[self.at..self.at + WIDTH].copy_from_slice(&field);
        self.at += WIDTH;
        self.checksum.add(field);
    }

    /// What an order says before its price.
    #[inline(always)]
    fn put_order(&mut self, order: &NewOrder, kind: u8) {
        self.put([COMMAND, SUBMIT_ORDER]);
        self.put(order.account.0.to_le_bytes());
        self.put((order.client_order.0 as u64).to_le_bytes());
        self.put(((order.client_order.0 >> 64) as u64).to_le_bytes());
        self.put(order.instrument.0.to_le_bytes());
        self.put([order.side as u8, kind]);
    }

    /// What an order says behind its price.
    #[inline(always)]
    fn put_terms(&mut self, order: &NewOrder, tif: u8) {
        self.put(order.qty.0.to_le_bytes());
        self.put([tif]);
        self.put(order.display.0.to_le_bytes());
        self.put([order.post_only.into()]);
        self.put([order.reduce_only.into()]);
        self.put([order.cancel_on_disconnect.into()]);
        self.put([order.self_trade as u8]);
        self.put([order.leg as u8]);
    }

    #[inline(always)]
    fn put_event(&mut self, event: &MarketEvent, tag: u8) {
        self.put([MARKET]);
        self.put(event.instrument.0.to_le_bytes());
        self.put(event.ts_event.0.to_le_bytes());
        self.put([tag]);
    }

    #[inline(always)]
    fn append(mut self, out: &mut Vec<u8>) {
        debug_assert_eq!(self.at, LEN);
        let crc = self.checksum.of(&self.bytes[CRC.end..]);
        self.bytes[CRC].copy_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&self.bytes);
    }
}

/// The CRC32C of a frame, taken of each field as it is put, where a build may count on the instruction: a load
/// of what was just written in other widths waits until all of it is in its line of the cache, and nobody has
/// touched the lines at the end of a journal.
#[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
struct Checksum(u32);

#[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
impl Checksum {
    #[inline(always)]
    const fn new() -> Self {
        Self(u32::MAX)
    }

    #[inline(always)]
    fn add<const WIDTH: usize>(&mut self, field: [u8; WIDTH]) {
        let mut word = [0; 8];
        word[..WIDTH].copy_from_slice(&field);
        let word = u64::from_le_bytes(word);
        self.0 = match WIDTH {
            1 => safe_arch::crc32_u8(self.0, word as u8),
            2 => safe_arch::crc32_u16(self.0, word as u16),
            4 => safe_arch::crc32_u32(self.0, word as u32),
            _ => safe_arch::crc32_u64(self.0.into(), word) as u32,
        };
    }

    #[inline(always)]
    const fn of(self, _: &[u8]) -> u32 {
        !self.0
    }
}

/// The CRC32C of a frame, taken of all of it.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.2")))]
struct Checksum;

#[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.2")))]
#[expect(clippy::unused_self, reason = "as where the build has the instruction")]
impl Checksum {
    #[inline(always)]
    const fn new() -> Self {
        Self
    }

    #[inline(always)]
    fn add<const WIDTH: usize>(&mut self, _: [u8; WIDTH]) {}

    #[inline(always)]
    fn of(self, bytes: &[u8]) -> u32 {
        crc32c::crc32c(bytes)
    }
}

/// The CRC32C of a frame, taken word by word.
#[inline(always)]
fn checksum<const LEN: usize>(frame: &[u8; LEN]) -> u32 {
    let checked = &frame[CRC.end..];
    let mut checksum = Checksum::new();
    let (words, _) = checked.as_chunks::<ALIGN_BYTES>();
    for &word in words {
        checksum.add(word);
    }
    checksum.of(checked)
}

/// A field of a frame at a place that is known.
fn field<const WIDTH: usize>(frame: &[u8], place: usize) -> [u8; WIDTH] {
    let mut field = [0; WIDTH];
    field.copy_from_slice(frame.split_at(place).1.split_at(WIDTH).0);
    field
}

/// What an order says before its price.
#[derive(Clone, Copy)]
struct OrderHead {
    account: AccountId,
    client_order: ClientOrderId,
    instrument: InstrumentId,
    side: Side,
}

/// Reads a frame of `LEN` bytes that checks behind its header, as [`Draft`] writes one.
struct Scan<'a, const LEN: usize> {
    bytes: &'a [u8; LEN],
    at: usize,
}

impl<'a, const LEN: usize> Scan<'a, LEN> {
    #[inline(always)]
    fn begin(bytes: &'a [u8]) -> Option<Self> {
        let bytes: &[u8; LEN] = bytes.first_chunk()?;
        let checks = field(bytes, CRC.start) == checksum(bytes).to_le_bytes();
        let is_input = field(bytes, CRC.end) == [VERSION, INPUT];
        let at = HEADER_BYTES;
        (checks && is_input).then_some(Self { bytes, at })
    }

    #[inline(always)]
    fn read(
        mut self,
        input: &mut Input,
        kind: impl FnOnce(&mut Self) -> Option<InputKind>,
    ) -> Option<Head> {
        input.kind = kind(&mut self)?;
        input.seq = Seq(u64::from_le_bytes(field(self.bytes, 12)));
        input.ts = TimestampNs(u64::from_le_bytes(field(self.bytes, 20)));
        Some(Head {
            shard: ShardId(u16::from_le_bytes(field(self.bytes, 10))),
            bytes: LEN,
        })
    }

    /// What an order says before its price.
    #[inline(always)]
    fn order(&mut self, kind: u8) -> Option<OrderHead> {
        self.expect([COMMAND, SUBMIT_ORDER])?;
        let head = OrderHead {
            account: AccountId(u32::from_le_bytes(self.take())),
            client_order: ClientOrderId(u128::from_le_bytes(self.take())),
            instrument: InstrumentId(u32::from_le_bytes(self.take())),
            side: self.tagged()?,
        };
        self.expect([kind])?;
        Some(head)
    }

    /// The order, with what it says behind its price.
    #[inline(always)]
    fn terms(&mut self, head: OrderHead, kind: OrderKind) -> Option<NewOrder> {
        Some(NewOrder {
            account: head.account,
            client_order: head.client_order,
            instrument: head.instrument,
            side: head.side,
            kind,
            qty: Qty(i64::from_le_bytes(self.take())),
            tif: self.tagged()?,
            display: Qty(i64::from_le_bytes(self.take())),
            post_only: self.tagged()?,
            reduce_only: self.tagged()?,
            cancel_on_disconnect: self.tagged()?,
            self_trade: self.tagged()?,
            leg: self.tagged()?,
        })
    }

    #[inline(always)]
    fn take<const WIDTH: usize>(&mut self) -> [u8; WIDTH] {
        let mut field = [0; WIDTH];
        field.copy_from_slice(&self.bytes[self.at..self.at + WIDTH]);
        self.at += WIDTH;
        field
    }

    /// A value of one byte; `None` where it is not one, or takes more.
    #[inline(always)]
    fn tagged<T: Codec>(&mut self) -> Option<T> {
        let tag: [u8; 1] = self.take();
        T::decode(&mut Reader::new(&tag)).ok()
    }

    #[inline(always)]
    fn expect<const WIDTH: usize>(&mut self, bytes: [u8; WIDTH]) -> Option<()> {
        (self.take() == bytes).then_some(())
    }

    #[inline(always)]
    fn event(&mut self, tag: u8) -> Option<(InstrumentId, TimestampNs)> {
        self.expect([MARKET])?;
        let instrument = InstrumentId(u32::from_le_bytes(self.take()));
        let ts_event = TimestampNs(u64::from_le_bytes(self.take()));
        self.expect([tag])?;
        Some((instrument, ts_event))
    }
}

const _: () = assert!(LENGTH.start == 0 && CRC.start == LENGTH.end && CRC.end == 8);
