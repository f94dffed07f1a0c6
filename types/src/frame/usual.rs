//! The frames of the inputs that nearly all are: limit orders, cancels, quotes and prints. Each field of
//! such a frame has one width and one place, so that the frame is put together and read as an array:
//! field by field, each would ask again for room, or whether it is there. The bytes are those of the
//! general form, and what is not quite usual is left to it.

#![expect(
    clippy::inline_always,
    reason = "only inlined does it know its places when it is compiled"
)]

use super::{ALIGN_BYTES, CRC, HEADER_BYTES, INPUT, LENGTH, VERSION};
use crate::codec::{Codec, Reader};
use crate::command::{Command, NewOrder, OrderKind, TimeInForce};
use crate::id::{AccountId, ClientOrderId, InstrumentId, OrderId, ShardId};
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
/// Tag of [`OrderKind::Limit`].
const LIMIT: u8 = 1;
/// Tag of [`TimeInForce::GoodTillDate`], the one that takes more bytes than its tag.
const GOOD_TILL_DATE: u8 = 4;
/// Tags of [`MarketData`].
const QUOTE: u8 = 0;
const TRADE: u8 = 1;

/// Lengths of the frames, the zeros at their ends included.
const ORDER_BYTES: usize = 88;
const CANCEL_BYTES: usize = 48;
const QUOTE_BYTES: usize = 80;
const TRADE_BYTES: usize = 64;
const _: () =
    assert!((ORDER_BYTES | CANCEL_BYTES | QUOTE_BYTES | TRADE_BYTES).is_multiple_of(ALIGN_BYTES));

/// Appends the frame of a usual input; says whether it is one.
#[inline]
pub(super) fn encode(shard: ShardId, input: &Input, out: &mut Vec<u8>) -> bool {
    match &input.kind {
        InputKind::Command(Command::SubmitOrder(order)) => {
            let (OrderKind::Limit { price }, tif) = (order.kind, tag_of(order.tif)) else {
                return false;
            };
            if tif == GOOD_TILL_DATE {
                return false;
            }
            limit_order(Draft::begin(shard, input), order, price, tif).append(out);
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
    draft.put([COMMAND, SUBMIT_ORDER]);
    draft.put(order.account.0.to_le_bytes());
    draft.put((order.client_order.0 as u64).to_le_bytes());
    draft.put(((order.client_order.0 >> 64) as u64).to_le_bytes());
    draft.put(order.instrument.0.to_le_bytes());
    draft.put([order.side as u8, LIMIT]);
    draft.put(price.0.to_le_bytes());
    draft.put(order.qty.0.to_le_bytes());
    draft.put([tif]);
    draft.put(order.display.0.to_le_bytes());
    draft.put([order.post_only.into()]);
    draft.put([order.reduce_only.into()]);
    draft.put([order.cancel_on_disconnect.into()]);
    draft.put([order.self_trade as u8]);
    draft.put([order.leg as u8]);
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

/// Reads the payload of the frame of a usual input; `None` where it is not one, or is none.
#[inline]
pub(super) fn decode(frame: &[u8]) -> Option<InputKind> {
    match frame.len() {
        ORDER_BYTES => read_limit_order(Scan::begin(frame)?),
        CANCEL_BYTES => read_cancel(Scan::begin(frame)?),
        QUOTE_BYTES => read_quote(Scan::begin(frame)?),
        TRADE_BYTES => read_trade(Scan::begin(frame)?),
        _ => None,
    }
}

#[inline(always)]
fn read_limit_order(mut scan: Scan<'_, ORDER_BYTES>) -> Option<InputKind> {
    scan.expect([COMMAND, SUBMIT_ORDER])?;
    let account = AccountId(u32::from_le_bytes(scan.take()));
    let client_order = ClientOrderId(u128::from_le_bytes(scan.take()));
    let instrument = InstrumentId(u32::from_le_bytes(scan.take()));
    let side = scan.tagged()?;
    scan.expect([LIMIT])?;
    let price = Price(i64::from_le_bytes(scan.take()));
    let order = NewOrder {
        account,
        client_order,
        instrument,
        side,
        kind: OrderKind::Limit { price },
        qty: Qty(i64::from_le_bytes(scan.take())),
        tif: scan.tagged()?,
        display: Qty(i64::from_le_bytes(scan.take())),
        post_only: scan.tagged()?,
        reduce_only: scan.tagged()?,
        cancel_on_disconnect: scan.tagged()?,
        self_trade: scan.tagged()?,
        leg: scan.tagged()?,
    };
    scan.expect([0; 2])?;
    Some(InputKind::Command(Command::SubmitOrder(order)))
}

#[inline(always)]
fn read_cancel(mut scan: Scan<'_, CANCEL_BYTES>) -> Option<InputKind> {
    scan.expect([COMMAND, CANCEL_ORDER])?;
    let account = AccountId(u32::from_le_bytes(scan.take()));
    let order = OrderId(u64::from_le_bytes(scan.take()));
    scan.expect([0; 6])?;
    Some(InputKind::Command(Command::CancelOrder { account, order }))
}

#[inline(always)]
fn read_quote(mut scan: Scan<'_, QUOTE_BYTES>) -> Option<InputKind> {
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
fn read_trade(mut scan: Scan<'_, TRADE_BYTES>) -> Option<InputKind> {
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

/// Reads a frame of `LEN` bytes behind its header, as [`Draft`] writes one.
struct Scan<'a, const LEN: usize> {
    bytes: &'a [u8; LEN],
    at: usize,
}

impl<'a, const LEN: usize> Scan<'a, LEN> {
    #[inline(always)]
    fn begin(frame: &'a [u8]) -> Option<Self> {
        let bytes = frame.try_into().ok()?;
        let at = HEADER_BYTES;
        Some(Self { bytes, at })
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
