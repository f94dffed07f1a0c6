use proptest::prelude::*;

use super::*;
use crate::command::{Command, NewOrder, OrderKind, Side, TimeInForce};
use crate::event::{EventKind, Fill, FillCause};
use crate::id::{AccountId, ClientOrderId, InstrumentId, OrderId};
use crate::input::{InputKind, Timer};
use crate::market::{DepthUpdate, Level, MarketData, MarketEvent, Quote};
use crate::time::TradingDay;
use crate::unit::{Money, Price, Qty, SignedQty};
use crate::{Label, RollSchedule};

fn quote_input() -> Input {
    Input {
        seq: Seq(7),
        ts: TimestampNs(1_709_208_000_000_000_000),
        kind: InputKind::Market(MarketEvent {
            instrument: InstrumentId(3),
            ts_event: TimestampNs(1_709_207_999_999_000_000),
            data: MarketData::Quote(Quote {
                bid: "65012.34".parse().unwrap(),
                bid_qty: "0.5".parse().unwrap(),
                ask: "65012.35".parse().unwrap(),
                ask_qty: "2".parse().unwrap(),
            }),
        }),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn golden_bytes_of_a_quote() {
    let mut bytes = Vec::new();
    encode_input(ShardId(1), &quote_input(), &mut bytes);
    // Computed outside with Python's struct and a bitwise CRC32C (polynomial 0x82F63B78).
    // length 74, crc, version 1, kind 1, shard 1, seq 7, ts; then market, instrument 3, ts_event,
    // quote, bid, bid_qty, ask, ask_qty.
    assert_eq!(
        hex(&bytes),
        concat!(
            "4a000000",
            "edb9cc1b",
            "01",
            "01",
            "0100",
            "0700000000000000",
            "008041c79e53b817",
            "00",
            "03000000",
            "c03d32c79e53b817",
            "00",
            "00856edd203b0000",
            "80f0fa0200000000",
            "801b07de203b0000",
            "00c2eb0b00000000",
        )
    );
    assert_eq!(
        decode(&bytes).unwrap().payload,
        Payload::Input(quote_input())
    );
}

#[test]
fn every_flipped_bit_and_every_truncation_is_noticed() {
    let mut bytes = Vec::new();
    encode_input(ShardId(1), &quote_input(), &mut bytes);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&flipped).is_err(), "bit {bit}");
    }
    for len in 0..bytes.len() {
        assert!(decode(&bytes[..len]).is_err(), "length {len}");
    }
}

#[test]
fn a_newer_version_is_refused_by_number() {
    let mut bytes = Vec::new();
    encode_input(ShardId(1), &quote_input(), &mut bytes);
    bytes[8] = 2;
    let crc = crc32c::crc32c(&bytes[CRC.end..]);
    bytes[CRC].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(decode(&bytes), Err(FrameError::Version(2)));
}

fn price() -> impl Strategy<Value = Price> {
    any::<i64>().prop_map(Price)
}

fn qty() -> impl Strategy<Value = Qty> {
    any::<i64>().prop_map(Qty)
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    prop::collection::vec(
        (price(), qty()).prop_map(|(price, qty)| Level { price, qty }),
        0..8,
    )
}

fn order() -> impl Strategy<Value = NewOrder> {
    let kind = prop_oneof![
        Just(OrderKind::Market),
        price().prop_map(|price| OrderKind::Limit { price }),
        price().prop_map(|trigger| OrderKind::Stop { trigger }),
    ];
    let tif = prop_oneof![
        Just(TimeInForce::GoodTillCancel),
        Just(TimeInForce::Day),
        Just(TimeInForce::ImmediateOrCancel),
    ];
    (
        any::<u32>(),
        any::<u128>(),
        any::<u32>(),
        any::<bool>(),
        kind,
        qty(),
        tif,
    )
        .prop_map(
            |(account, client, instrument, buy, kind, qty, tif)| NewOrder {
                account: AccountId(account),
                client_order: ClientOrderId(client),
                instrument: InstrumentId(instrument),
                side: if buy { Side::Buy } else { Side::Sell },
                kind,
                qty,
                tif,
            },
        )
}

fn input_kind() -> impl Strategy<Value = InputKind> {
    let data = prop_oneof![
        (price(), qty(), price(), qty()).prop_map(|(bid, bid_qty, ask, ask_qty)| {
            MarketData::Quote(Quote {
                bid,
                bid_qty,
                ask,
                ask_qty,
            })
        }),
        (levels(), levels())
            .prop_map(|(bids, asks)| MarketData::DepthDelta(Box::new(DepthUpdate { bids, asks }))),
    ];
    let schedule = RollSchedule {
        zone: Label::new("UTC").unwrap(),
        minute: 0,
    };
    prop_oneof![
        (any::<u32>(), any::<u64>(), data).prop_map(|(instrument, ts, data)| {
            InputKind::Market(MarketEvent {
                instrument: InstrumentId(instrument),
                ts_event: TimestampNs(ts),
                data,
            })
        }),
        order().prop_map(|order| InputKind::Command(Command::SubmitOrder(order))),
        prop::collection::vec(any::<u8>(), 0..64)
            .prop_map(|spec| InputKind::Command(Command::DefinePlan { spec: spec.into() })),
        any::<i32>().prop_map(move |day| {
            InputKind::Timer(Timer::DayRoll {
                schedule,
                day: TradingDay(day),
            })
        }),
    ]
}

proptest! {
    #[test]
    fn inputs_round_trip(seq in any::<u64>(), ts in any::<u64>(), kind in input_kind()) {
        let input = Input { seq: Seq(seq), ts: TimestampNs(ts), kind };
        let mut bytes = vec![0xAA; 3];
        encode_input(ShardId(9), &input, &mut bytes);
        let frame = decode(&bytes[3..]).unwrap();
        prop_assert_eq!(frame.bytes, bytes.len() - 3);
        prop_assert_eq!(frame.payload, Payload::Input(input));
    }

    #[test]
    fn events_round_trip(order in order(), price in price(), money in any::<i64>()) {
        let fill = EventKind::Fill(Fill {
            account: order.account,
            order: OrderId(5),
            client_order: order.client_order,
            instrument: order.instrument,
            side: order.side,
            price,
            qty: order.qty,
            leaves: Qty(0),
            fee: Money(money),
            realised: Money(money),
            balance: Money(money),
            position: SignedQty(order.qty.0),
            cause: FillCause::Liquidation,
        });
        for kind in [fill, EventKind::OrderAccepted { order: OrderId(5), request: order }] {
            let event = Event { seq: Seq(1), ts: TimestampNs(2), kind };
            let mut bytes = Vec::new();
            encode_event(ShardId(0), &event, &mut bytes);
            prop_assert_eq!(decode(&bytes).unwrap().payload, Payload::Event(event));
        }
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }
}
