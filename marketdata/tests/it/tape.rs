//! The format of tapes: what is written is read, what is torn is cut off, what is damaged is refused.

use std::io::Cursor;
use std::path::Path;

use marketdata::feed::{BookChannel, Channels, Credentials, FetchId, Listing, Spec};
use marketdata::tape::{
    Ending, Entry, FeedHeader, Header, Passed, Reader, Recorder, TapeError, TapeListing, Writer,
};
use marketdata::venue::Feed;
use types::{InstrumentId, Price, Qty, Ratio, TimestampNs};

const BEGUN: TimestampNs = TimestampNs(1_700_000_000_000_000_000);

pub(crate) fn header(feed: &str, symbols: &[&str], book: BookChannel) -> Header {
    let listing = |(place, symbol): (usize, &&str)| TapeListing {
        name: symbol.replace(['/', '-'], ""),
        listing: Listing {
            instrument: InstrumentId(place as u32),
            symbol: (*symbol).to_owned(),
            spec: Spec {
                tick_size: Price(10_000_000),
                lot_size: Qty(1_000),
                may_be_negative: false,
                outlier_band: Ratio::ZERO,
            },
        },
    };
    Header {
        feeds: vec![FeedHeader {
            feed: Feed::of(feed).unwrap(),
            channels: Channels { book, trades: true },
            stale_after: None,
            listings: symbols.iter().enumerate().map(listing).collect(),
        }],
    }
}

/// One entry of each kind.
fn entries() -> Vec<Entry> {
    let passed = [
        Passed::Opened,
        Passed::Sent(b"{\"op\":\"subscribe\"}".to_vec()),
        Passed::Message(Vec::new()),
        Passed::Message((0..=255).collect()),
        Passed::Answer {
            id: FetchId(7),
            path: String::from("/api/v3/depth?symbol=BTCUSDT"),
            body: Some(b"{}".to_vec()),
        },
        Passed::Answer {
            id: FetchId(u64::MAX),
            path: String::new(),
            body: None,
        },
        Passed::Ticked,
        Passed::Lost(3),
        Passed::Closed,
    ];
    let entry = |(place, passed): (usize, Passed)| Entry {
        connection: 0,
        time: TimestampNs(BEGUN.0 + 1_000 * place as u64 + 1),
        passed,
    };
    passed.into_iter().enumerate().map(entry).collect()
}

fn write(path: &Path) -> Vec<u8> {
    let header = header("binance-spot", &["BTCUSDT", "ETHUSDT"], BookChannel::Depth);
    let mut writer = Writer::create(path, &header, BEGUN).unwrap();
    for entry in entries() {
        writer.write(&entry).unwrap();
        writer.flush().unwrap();
    }
    writer.finish().unwrap();
    std::fs::read(path).unwrap()
}

pub(crate) fn read(bytes: Vec<u8>) -> Result<(Vec<Entry>, Ending), TapeError> {
    let mut reader = Reader::new(Box::new(Cursor::new(bytes)))?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.next()? {
        entries.push(entry);
    }
    assert!(reader.next()?.is_none());
    Ok((entries, reader.ending()))
}

#[test]
fn what_is_written_is_read_plain_and_packed() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["plain.tape", "packed.tape.zst"] {
        let path = folder.path().join(name);
        write(&path);
        let mut reader = Reader::open(&path).unwrap();
        assert_eq!(
            *reader.header(),
            header("binance-spot", &["BTCUSDT", "ETHUSDT"], BookChannel::Depth)
        );
        for entry in entries() {
            assert_eq!(reader.next().unwrap(), Some(entry));
        }
        assert_eq!(reader.next().unwrap(), None);
        assert_eq!(reader.ending(), Ending::Whole);
        // Nothing is written over.
        let again = Writer::create(&path, reader.header(), BEGUN).unwrap_err();
        assert!(matches!(again, TapeError::Io(_)), "{again}");
    }
}

#[test]
fn the_bytes_are_those_of_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = write(&folder.path().join("plain.tape"));
    assert_eq!(&bytes[..8], b"DYNTAPE1");
    let length = u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
    let header = String::from_utf8(bytes[16 + 11..16 + length].to_vec()).unwrap();
    assert_eq!(
        header,
        r#"{"version":1,"feeds":[{"feed":"binance-spot","book":"depth","trades":true,"listings":[{"instrument":0,"name":"BTCUSDT","symbol":"BTCUSDT","tick_size":"0.01","lot_size":"0.00001","may_be_negative":false,"outlier_band_1e9":0},{"instrument":1,"name":"ETHUSDT","symbol":"ETHUSDT","tick_size":"0.01","lot_size":"0.00001","may_be_negative":false,"outlier_band_1e9":0}]}]}"#
    );
    // The opening: kind 1, connection 0, a nanosecond after the beginning.
    let opened = &bytes[16 + length..];
    assert_eq!(opened[..4], 11_u32.to_le_bytes());
    assert_eq!(opened[8..11], [1, 0, 0]);
    assert_eq!(opened[11..19], (BEGUN.0 + 1).to_le_bytes());
    // CRC-32C of these eleven bytes, as RFC 3720 B.4 has it: bit by bit.
    let crc = !opened[8..19].iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0x82F6_3B78 * (crc & 1))
        })
    });
    assert_eq!(opened[4..8], crc.to_le_bytes());
}

#[test]
fn a_torn_tail_is_cut_off_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = write(&folder.path().join("plain.tape"));
    let header_end = 16 + u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
    let mut ends = vec![header_end];
    while *ends.last().unwrap() < whole.len() {
        let at = *ends.last().unwrap();
        let length = u32::from_le_bytes(whole[at..at + 4].try_into().unwrap());
        ends.push(at + 8 + length as usize);
    }
    for cut in header_end..=whole.len() {
        let (read, ending) = read(whole[..cut].to_vec()).unwrap();
        let known = ends.iter().rposition(|&end| end <= cut).unwrap();
        assert_eq!(read, entries()[..known]);
        let torn = cut - ends[known];
        let expected = if torn == 0 {
            Ending::Whole
        } else {
            Ending::Torn {
                offset: ends[known] as u64,
                bytes: torn as u64,
            }
        };
        assert_eq!(ending, expected, "{cut}");
    }
    // Blocks that were never written are zeros; a last record may be half of them.
    let mut blank = whole.clone();
    blank.resize(whole.len() + 5_000, 0);
    let (all, ending) = read(blank).unwrap();
    assert_eq!(all, entries());
    let (offset, bytes) = (whole.len() as u64, 5_000);
    assert_eq!(ending, Ending::Torn { offset, bytes });
}

#[test]
fn packed_tapes_are_torn_anywhere_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let whole = write(&folder.path().join("packed.tape.zst"));
    let mut most = 0;
    for cut in 0..whole.len() {
        // Too short for a header, or a beginning of what was written.
        if let Ok((read, ending)) = read(whole[..cut].to_vec()) {
            assert_eq!(read, entries()[..read.len()]);
            assert!(matches!(ending, Ending::Torn { .. }), "{cut}");
            most = most.max(read.len());
        }
    }
    // The last bytes are zstd's own.
    assert_eq!(most, entries().len());
}

#[test]
fn a_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let whole = write(&folder.path().join("plain.tape"));
    let mut damaged = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        match read(bytes) {
            // The last record, or a length that reaches past the end: told as a tail that is torn.
            Ok((read, ending)) => {
                assert!(matches!(ending, Ending::Torn { .. }), "{at}");
                assert_eq!(read, entries()[..read.len()]);
                assert!(read.len() < entries().len());
            }
            Err(TapeError::Damaged { offset, .. }) => {
                assert!(offset <= at as u64);
                damaged += 1;
            }
            Err(TapeError::Magic { .. }) => assert!(at < 8),
            Err(other) => panic!("{at}: {other}"),
        }
    }
    assert!(damaged > whole.len() / 2, "{damaged}");
}

#[test]
fn a_header_is_refused_by_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let whole = write(&folder.path().join("plain.tape"));
    let length = u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
    let body = &whole[16..16 + length];
    for (what, instead, error) in [
        (
            "binance-spot",
            "binance-xxxx",
            "feed is 'binance-xxxx'; accepted: a feed of this program",
        ),
        (
            "\"depth\"",
            "\"whole\"",
            "book is 'whole'; accepted: touch or depth",
        ),
        (
            "\"version\":1",
            "\"version\":3",
            "version is '3'; accepted: 1 or 2: another program wrote it",
        ),
        (
            "\"0.01\"",
            "\"0.00\"",
            "tick_size is '0.00'; accepted: a decimal number above 0",
        ),
        (
            "\"trades\":true",
            "\"trades\":1111",
            "trades is '1111'; accepted: true or false",
        ),
        (
            "\"listings\"",
            "\"listingz\"",
            "listings is ''; accepted: a list",
        ),
    ] {
        let text = String::from_utf8(body[11..].to_vec()).unwrap();
        let text = text.replacen(what, instead, 1);
        assert_eq!(text.len() + 11, body.len());
        let body = [&body[..11], text.as_bytes()].concat();
        let crc = crc32c_of(&body);
        let tape = [&whole[..12], &crc.to_le_bytes(), &body].concat();
        let refused = read(tape).unwrap_err().to_string();
        assert_eq!(refused, format!("the tape's header: {error}"));
    }
    let refused = read(b"PK\x03\x04 a zip".to_vec()).unwrap_err().to_string();
    assert_eq!(
        refused,
        r"not a tape: it begins with 'PK\u{3}\u{4} a z'; accepted: 'DYNTAPE1'"
    );
}

/// CRC-32C, bit by bit.
pub(crate) fn crc32c_of(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0x82F6_3B78 * (crc & 1))
        })
    })
}

#[test]
fn a_recorder_keeps_keys_to_itself_and_ends_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recorded.tape.zst");
    let header = header("polygon", &["AAPL"], BookChannel::Touch);
    let recorder = Recorder::start(&path, &header, BEGUN).unwrap();
    let credentials = Credentials {
        key: String::from("AK77"),
        secret: String::new(),
    };
    let mut tap = recorder.tap(0, &credentials);
    tap.pass(BEGUN, Passed::Opened);
    let sent = br#"{"action":"auth","params":"AK77"}"#.to_vec();
    tap.pass(BEGUN, Passed::Sent(sent));
    drop(tap);
    let recorded = recorder.finish().unwrap();
    assert_eq!((recorded.entries, recorded.lost), (2, 0));
    let (entries, ending) = read(std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(ending, Ending::Whole);
    let Passed::Sent(sent) = &entries[1].passed else {
        panic!("{entries:?}");
    };
    assert_eq!(
        String::from_utf8_lossy(sent),
        r#"{"action":"auth","params":"<redacted>"}"#
    );
}
