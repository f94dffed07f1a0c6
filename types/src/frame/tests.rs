mod facts;
mod vocabulary;

use proptest::prelude::*;

use self::facts::event_kind;
use self::vocabulary::{input_kind, usual_kind};
use super::*;
use crate::command::{
    AlgoKind, Command, Leg, NewAlgo, NewOrder, OrderKind, SelfTrade, Side, TimeInForce, TriggerOn,
};
use crate::event::EventKind;
use crate::id::{AccountId, ClientOrderId, InstrumentId, PlanHash, PlanId};
use crate::input::InputKind;
use crate::market::{MarketData, MarketEvent, Quote};
use crate::proof::VerdictBasis;
use crate::unit::{Money, Price};

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

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |place: usize| u8::from_str_radix(&text[place..place + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

#[test]
fn golden_bytes_of_a_quote() {
    let mut bytes = Vec::new();
    encode_input(ShardId(1), &quote_input(), &mut bytes);
    // Computed outside with Python's struct and a bitwise CRC32C (polynomial 0x82F63B78).
    // length 74 and 6 of padding, crc, version 4, kind 1, shard 1, seq 7, ts; then market,
    // instrument 3, ts_event, quote, bid, bid_qty, ask, ask_qty, padding.
    assert_eq!(
        hex(&bytes),
        concat!(
            "50000000",
            "91986ff2",
            "04",
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
            "000000000000",
        )
    );
    assert_eq!(
        decode(&bytes).unwrap().payload,
        Payload::Input(quote_input())
    );
}

fn order_input() -> Input {
    let kind = OrderKind::StopLimit {
        trigger: Price::whole(65_000),
        price: Price::whole(64_990),
        on: TriggerOn::Last,
    };
    let order = NewOrder {
        client_order: ClientOrderId(9),
        tif: TimeInForce::GoodTillDate {
            until: TimestampNs(1_709_211_600_000_000_000),
        },
        display: "0.5".parse().unwrap(),
        reduce_only: true,
        cancel_on_disconnect: true,
        self_trade: SelfTrade::Decrement,
        leg: Leg::Long,
        ..NewOrder::new(
            AccountId(4),
            InstrumentId(3),
            Side::Sell,
            kind,
            "1.5".parse().unwrap(),
        )
    };
    Input {
        seq: Seq(8),
        ts: TimestampNs(1_709_208_000_000_000_000),
        kind: InputKind::Command(Command::SubmitOrder(order)),
    }
}

/// The form of an algo grew by its last byte: one of before stays when its session ends.
#[test]
fn an_algo_of_before_it_could_end_with_a_session_is_read() {
    let algo = NewAlgo {
        account: AccountId(4),
        client_order: ClientOrderId(9),
        instrument: InstrumentId(3),
        side: Side::Sell,
        qty: "1.5".parse().unwrap(),
        limit: None,
        start: TimestampNs(1),
        end: TimestampNs(2),
        kind: AlgoKind::Twap { slices: 5 },
        leg: Leg::Net,
        cancel_on_disconnect: false,
    };
    let now = Command::SubmitAlgo(algo);
    let mut bytes = now.to_bytes();
    assert_eq!((bytes[0], bytes.pop()), (20, Some(0)));
    bytes[0] = 11;
    assert_eq!(Command::from_bytes(&bytes), Ok(now));
}

#[test]
fn golden_bytes_of_an_order() {
    let mut bytes = Vec::new();
    encode_input(ShardId(1), &order_input(), &mut bytes);
    // Computed outside like the bytes above.
    // length 103 and 1 of padding, crc, version 4, kind 1, shard 1, seq 8, ts; then command, order,
    // account 4, client order 9, instrument 3, sell, stop limit: trigger, price, on last; qty, good
    // till date: until, display, not post-only, reduce-only, cancel on disconnect, decrement, long,
    // padding.
    assert_eq!(
        hex(&bytes),
        concat!(
            "68000000",
            "da5e2445",
            "04",
            "01",
            "0100",
            "0800000000000000",
            "008041c79e53b817",
            "01",
            "05",
            "04000000",
            "09000000000000000000000000000000",
            "03000000",
            "01",
            "03",
            "0010e9fd1d3b0000",
            "002cdda91b3b0000",
            "01",
            "80d1f00800000000",
            "04",
            "0020faf7e456b817",
            "80f0fa0200000000",
            "00",
            "01",
            "01",
            "03",
            "01",
            "00",
        )
    );
    assert_eq!(
        decode(&bytes).unwrap().payload,
        Payload::Input(order_input())
    );
}

/// What an account rested on at a verdict, in the form of before payouts were counted, and in the one that is written.
#[test]
fn a_basis_of_before_payouts_were_counted_is_read_by_its_own_tag() {
    let basis = VerdictBasis {
        account: AccountId(4),
        plan: PlanId(2),
        plan_version: 1,
        plan_hash: PlanHash([0x11; 32]),
        size: money("100000"),
        own: money("99000"),
        balance: money("99000.5"),
        excluded: money("0"),
        never_paid: money("10"),
        beyond_best_day: money("20"),
        days: 5,
        payout_days: 3,
        positions: 2,
        payouts: 0,
        days_since_payout: 0,
    };
    let event = Event {
        seq: Seq(8),
        ts: TimestampNs(1_709_208_000_000_000_000),
        kind: EventKind::VerdictBasis(basis),
    };
    // Computed outside like the bytes above.
    // length 129 and 7 of padding, crc, version 4, kind 2, shard 1, seq 8, ts; then tag 56, account 4, plan 2,
    // version 1, hash, size, own, balance, excluded, never paid, beyond the best day, days, payout days, positions,
    // padding.
    let before = unhex(concat!(
        "88000000",
        "ddc35eac",
        "04",
        "02",
        "0100",
        "0800000000000000",
        "008041c79e53b817",
        "38",
        "04000000",
        "02000000",
        "01000000",
        "1111111111111111111111111111111111111111111111111111111111111111",
        "00e8764817000000",
        "001edc0c17000000",
        "20bfe30c17000000",
        "0000000000000000",
        "8096980000000000",
        "002d310100000000",
        "0500",
        "0300",
        "02000000",
        "00000000000000",
    ));
    assert_eq!(decode(&before).unwrap().payload, Payload::Event(event));
    // It ends with its last field, whatever stands behind it.
    let kind = &before[HEADER_BYTES..129];
    assert_eq!(EventKind::from_bytes(kind), Ok(event.kind));
    // length 133 and 3 of padding; tag 61, and behind the positions payouts and days since the last.
    let mut bytes = Vec::new();
    encode_event(ShardId(1), &event, &mut bytes);
    assert_eq!(
        hex(&bytes),
        concat!(
            "88000000",
            "c6c84169",
            "04",
            "02",
            "0100",
            "0800000000000000",
            "008041c79e53b817",
            "3d",
            "04000000",
            "02000000",
            "01000000",
            "1111111111111111111111111111111111111111111111111111111111111111",
            "00e8764817000000",
            "001edc0c17000000",
            "20bfe30c17000000",
            "0000000000000000",
            "8096980000000000",
            "002d310100000000",
            "0500",
            "0300",
            "02000000",
            "0000",
            "0000",
            "000000",
        )
    );
    assert_eq!(decode(&bytes).unwrap().payload, Payload::Event(event));
    // Short by what has grown it is no frame, whatever the padding.
    assert_eq!(
        EventKind::from_bytes(&bytes[HEADER_BYTES..129]),
        Err(CodecError::Truncated)
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
        assert_eq!(
            decode_usual(&flipped, &mut quote_input()),
            None,
            "bit {bit}"
        );
    }
    for len in 0..bytes.len() {
        assert!(decode(&bytes[..len]).is_err(), "length {len}");
        assert_eq!(
            decode_usual(&bytes[..len], &mut quote_input()),
            None,
            "length {len}"
        );
    }
}

/// Changes a frame and makes its checksum hold again.
fn altered(mut bytes: Vec<u8>, alter: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    alter(&mut bytes);
    let crc = crc32c::crc32c(&bytes[CRC.end..]);
    bytes[CRC].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn padding_is_zeros_and_less_than_a_word() {
    let mut bytes = Vec::new();
    encode_input(ShardId(1), &quote_input(), &mut bytes);
    let not_zero = altered(bytes.clone(), |bytes| bytes[79] = 1);
    let left_over = FrameError::Payload(CodecError::TrailingBytes(6));
    assert_eq!(decode(&not_zero), Err(left_over));
    let a_word_more = altered(bytes.clone(), |bytes| {
        bytes.extend([0; 8]);
        bytes[0] = 88;
    });
    let left_over = FrameError::Payload(CodecError::TrailingBytes(14));
    assert_eq!(decode(&a_word_more), Err(left_over));
    let odd = altered(bytes, |bytes| bytes[0] = 79);
    assert_eq!(decode(&odd), Err(FrameError::Length(79)));
}

#[test]
fn a_newer_version_is_refused_by_number() {
    let mut bytes = Vec::new();
    encode_input(ShardId(1), &quote_input(), &mut bytes);
    let bytes = altered(bytes, |bytes| bytes[8] = VERSION + 1);
    assert_eq!(decode(&bytes), Err(FrameError::Version(VERSION + 1)));
}

fn general(input: &Input) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(
        ShardId(1),
        INPUT,
        input.seq,
        input.ts,
        &input.kind,
        &mut bytes,
    );
    bytes
}

proptest! {
    #[test]
    fn usual_inputs_have_the_bytes_of_the_general_form(kind in usual_kind(), seq in any::<u64>(), ts in any::<u64>()) {
        let input = Input { seq: Seq(seq), ts: TimestampNs(ts), kind };
        let mut bytes = Vec::new();
        prop_assert!(usual::encode(ShardId(1), &input, &mut bytes));
        prop_assert_eq!(bytes, general(&input));
    }

    #[test]
    fn usual_frames_are_read_as_the_general_form_reads_them(kind in usual_kind(), place in CRC.end..88, byte in prop_oneof![0_u8..8, any::<u8>()]) {
        let input = Input { seq: Seq(1), ts: TimestampNs(2), kind };
        let mut bytes = general(&input);
        let mut read = quote_input();
        let head = Head { shard: ShardId(1), bytes: bytes.len() };
        prop_assert_eq!(decode_usual(&bytes, &mut read), Some(head));
        prop_assert_eq!(&read, &input);
        if let Some(altered) = bytes.get_mut(place) {
            *altered = byte;
        }
        if bytes != general(&input) {
            prop_assert_eq!(decode_usual(&bytes, &mut read), None);
        }
        let sealed = altered(bytes, |_| {});
        if let Some(Head { shard, bytes }) = decode_usual(&sealed, &mut read) {
            prop_assert_eq!(decode(&sealed), Ok(Frame { shard, payload: Payload::Input(read), bytes }));
        }
    }

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
    fn events_round_trip(kind in event_kind()) {
        let event = Event { seq: Seq(1), ts: TimestampNs(2), kind };
        let mut bytes = Vec::new();
        encode_event(ShardId(0), &event, &mut bytes);
        prop_assert_eq!(decode(&bytes).unwrap().payload, Payload::Event(event));
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }
}
