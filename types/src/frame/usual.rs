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

/// Words of the frames, and bytes.
const ORDER_WORDS: usize = 11;
const CANCEL_WORDS: usize = 6;
const QUOTE_WORDS: usize = 10;
const TRADE_WORDS: usize = 8;
const ORDER_BYTES: usize = ORDER_WORDS * ALIGN_BYTES;
const CANCEL_BYTES: usize = CANCEL_WORDS * ALIGN_BYTES;
const QUOTE_BYTES: usize = QUOTE_WORDS * ALIGN_BYTES;
const TRADE_BYTES: usize = TRADE_WORDS * ALIGN_BYTES;

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
    mut draft: Draft<ORDER_WORDS>,
    order: &NewOrder,
    price: Price,
    tif: u8,
) -> Draft<ORDER_WORDS> {
    draft.put_tags([COMMAND, SUBMIT_ORDER]);
    draft.put(order.account.0.into(), 4);
    draft.put(order.client_order.0 as u64, 8);
    draft.put((order.client_order.0 >> 64) as u64, 8);
    draft.put(order.instrument.0.into(), 4);
    draft.put_tags([order.side as u8, LIMIT]);
    draft.put(price.0 as u64, 8);
    draft.put(order.qty.0 as u64, 8);
    draft.put_tags([tif]);
    draft.put(order.display.0 as u64, 8);
    draft.put_tags([
        order.post_only.into(),
        order.reduce_only.into(),
        order.cancel_on_disconnect.into(),
        order.self_trade as u8,
        order.leg as u8,
    ]);
    draft
}

#[inline(always)]
fn cancel(
    mut draft: Draft<CANCEL_WORDS>,
    account: AccountId,
    order: OrderId,
) -> Draft<CANCEL_WORDS> {
    draft.put_tags([COMMAND, CANCEL_ORDER]);
    draft.put(account.0.into(), 4);
    draft.put(order.0, 8);
    draft
}

#[inline(always)]
fn quote(mut draft: Draft<QUOTE_WORDS>, event: &MarketEvent, quote: &Quote) -> Draft<QUOTE_WORDS> {
    draft.put_event(event, QUOTE);
    draft.put(quote.bid.0 as u64, 8);
    draft.put(quote.bid_qty.0 as u64, 8);
    draft.put(quote.ask.0 as u64, 8);
    draft.put(quote.ask_qty.0 as u64, 8);
    draft
}

#[inline(always)]
fn trade(mut draft: Draft<TRADE_WORDS>, event: &MarketEvent, trade: &Trade) -> Draft<TRADE_WORDS> {
    draft.put_event(event, TRADE);
    draft.put(trade.price.0 as u64, 8);
    draft.put(trade.qty.0 as u64, 8);
    draft.put_tags([trade.aggressor as u8]);
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

/// A frame of so many words, zeros behind what was put so far. Where a field lies is known when this is
/// compiled, for all of it is inlined; so the words come to be in registers. The checksum is taken of
/// them and not of what was appended: a load across two stores waits until both are in their cache line,
/// and nobody has touched the lines at the end of a journal.
struct Draft<const WORDS: usize> {
    words: [u64; WORDS],
    /// Bytes put so far.
    at: usize,
}

impl<const WORDS: usize> Draft<WORDS> {
    #[inline(always)]
    fn begin(shard: ShardId, input: &Input) -> Self {
        let mut draft = Self {
            words: [0; WORDS],
            at: 0,
        };
        draft.put((WORDS * ALIGN_BYTES) as u64, LENGTH.end);
        draft.put(0, CRC.end - CRC.start);
        draft.put_tags([VERSION, INPUT]);
        draft.put(shard.0.into(), 2);
        draft.put(input.seq.0, 8);
        draft.put(input.ts.0, 8);
        debug_assert_eq!(draft.at, HEADER_BYTES);
        draft
    }

    /// Puts the lower bytes of a value, so many as its field has; the others are zeros.
    #[inline(always)]
    fn put(&mut self, value: u64, width: usize) {
        let (word, shift) = (self.at / 8, self.at % 8 * 8);
        self.words[word] |= value << shift;
        if shift + width * 8 > 64 {
            self.words[word + 1] |= value >> (64 - shift);
        }
        self.at += width;
    }

    #[inline(always)]
    fn put_tags<const COUNT: usize>(&mut self, tags: [u8; COUNT]) {
        let mut bytes = [0; 8];
        bytes[..COUNT].copy_from_slice(&tags);
        self.put(u64::from_le_bytes(bytes), COUNT);
    }

    #[inline(always)]
    fn put_event(&mut self, event: &MarketEvent, tag: u8) {
        self.put_tags([MARKET]);
        self.put(event.instrument.0.into(), 4);
        self.put(event.ts_event.0, 8);
        self.put_tags([tag]);
    }

    /// Appends the words, and in their place in the frame the checksum of all but the first.
    #[inline(always)]
    fn append(self, out: &mut Vec<u8>) {
        debug_assert_eq!(self.at.next_multiple_of(ALIGN_BYTES), WORDS * ALIGN_BYTES);
        let start = out.len();
        out.extend_from_slice(self.bytes().as_flattened());
        let crc = self.checksum();
        out[start..][CRC].copy_from_slice(&crc.to_le_bytes());
    }

    /// Of all words but the first. A build for processors that are known to have the instruction uses it in
    /// place: a dozen words take less than to ask which processor it is and to cut them into blocks.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse4.2"))]
    #[inline(always)]
    fn checksum(&self) -> u32 {
        let fold = |crc, word: &u64| safe_arch::crc32_u64(crc, *word);
        !(self.words[1..].iter().fold(u64::from(u32::MAX), fold) as u32)
    }

    /// Of all words but the first.
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse4.2")))]
    #[inline(always)]
    fn checksum(&self) -> u32 {
        crc32c::crc32c(self.bytes()[1..].as_flattened())
    }

    #[inline(always)]
    fn bytes(&self) -> [[u8; ALIGN_BYTES]; WORDS] {
        self.words.map(u64::to_le_bytes)
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
