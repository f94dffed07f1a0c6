//! Files to their readers.

use std::fs;
use std::io::{self, Cursor, Write as _};
use std::path::Path;

use marketdata::history::{self, BarLength, Format, Options, parse_date};
use marketdata::metadata::DOCUMENTS;
use marketdata::tape::{Player, Reader, Writer};
use types::{Label, Price, Qty};

use crate::talk::Heard;

/// How a tape begins.
const BEGINNING: &[u8] = b"DYNTAPE1";
/// Rows that are read of a file: a few bytes may stand for many.
const ROWS_MAX: usize = 20_000;
/// What is asked for of the documents about instruments.
const SYMBOLS: [&str; 9] = [
    "BTCUSDT",
    "AAPL",
    "BTC/USD",
    "BTC-USD",
    "BTC-USDT",
    "BTC-USDT-SWAP",
    "BTCUSD",
    "EUR_USD",
    "BTC",
];

fn options() -> Options {
    Options {
        symbols: Label::new("ABC").into_iter().collect(),
        date: parse_date("2024-01-02"),
        interval: Some(BarLength::Ns(60_000_000_000)),
        tick: Some(Price(1_000_000)),
        lot: Some(Qty(1)),
        ..Options::default()
    }
}

/// A format, by its place in the list of all and one more for a file that says itself what it is, and the file.
pub fn formats(input: &[u8]) {
    hush_caught();
    let [format, bytes @ ..] = input else { return };
    let names: Vec<_> = Format::names().collect();
    let format = names.get(usize::from(*format) % (names.len() + 1));
    let format = format.and_then(|name| Format::named(name));
    let Ok(mut file) = tempfile::NamedTempFile::new() else {
        return;
    };
    if file.write_all(bytes).is_err() {
        return;
    }
    let Ok(rows) = history::open(file.path(), format.as_ref(), &options()) else {
        return;
    };
    for row in rows.take(ROWS_MAX) {
        if let Err(error) = row {
            assert!(!error.to_string().is_empty());
        }
    }
}

/// The reader of Parquet catches what its crate's decoder of pages panics of, and libFuzzer would end the program before it
/// does: only a panic that nobody catches ends it. The file that it leaves tells of it when it is played.
fn hush_caught() {
    #[cfg(fuzzing)]
    {
        static HUSHED: std::sync::Once = std::sync::Once::new();
        HUSHED.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    }
}

/// A kind of document, by its place in the list of all, and the document.
pub fn metadata(input: &[u8]) {
    let [document, bytes @ ..] = input else {
        return;
    };
    let document = &DOCUMENTS[usize::from(*document) % DOCUMENTS.len()];
    for symbol in SYMBOLS {
        match document.read(bytes, &[symbol.to_owned()]) {
            Ok(listed) => {
                assert_eq!(listed.len(), 1, "{}: {symbol}", document.name);
                assert!(listed[0].instrument.tick_value().is_ok(), "{listed:?}");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// The records of a tape, each after its length in two bytes: with their checksums, which nobody guesses, they are a tape.
pub fn tape(input: &[u8]) {
    let mut tape = BEGINNING.to_vec();
    let mut rest = input;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length)).min(after.len());
        let (body, after) = after.split_at(length);
        tape.extend((body.len() as u32).to_le_bytes());
        tape.extend(crc32c::crc32c(body).to_le_bytes());
        tape.extend(body);
        rest = after;
    }
    let Ok(mut reader) = Reader::new(Box::new(Cursor::new(tape))) else {
        return;
    };
    let mut player = Player::new(reader.header());
    let mut events = Vec::new();
    while let Ok(Some(entry)) = reader.next() {
        player.play(entry, &mut events);
        events.clear();
    }
}

/// The first bytes of a file: whole lines of a text.
fn head(path: &Path) -> io::Result<Vec<u8>> {
    const HEAD: usize = 8 << 10;
    let bytes = fs::read(path)?;
    let is_text = bytes.is_ascii();
    let Some(head) = bytes.get(..HEAD).filter(|_| is_text) else {
        return Ok(bytes);
    };
    let end = head.iter().rposition(|byte| *byte == b'\n').unwrap_or(HEAD);
    Ok(head[..end].to_vec())
}

fn sorted(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}

/// The fixtures of history, each as a file that says itself what it is, and as one of its format where there is one.
pub(crate) fn histories(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let names: Vec<_> = Format::names().collect();
    let mut inputs = Vec::new();
    for path in sorted(folder)? {
        let bytes = head(&path)?;
        inputs.push([&[names.len() as u8], &bytes[..]].concat());
        let found = history::open(&path, None, &options()).ok();
        let place =
            found.and_then(|rows| names.iter().position(|name| *name == rows.format().name()));
        inputs.extend(place.map(|place| [&[place as u8], &bytes[..]].concat()));
    }
    Ok(inputs)
}

pub(crate) fn documents(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut inputs = Vec::new();
    for (place, document) in DOCUMENTS.iter().enumerate() {
        // Futures are listed as swaps are, and one inverse contract with the linear ones.
        let file = document.name.replace("okx-futures", "okx-swap");
        let file = file.replace("bybit-inverse", "bybit-linear");
        let bytes = fs::read(folder.join(format!("{file}.json")))?;
        inputs.push([&[place as u8], &bytes[..]].concat());
    }
    Ok(inputs)
}

/// Tapes of these conversations.
pub(crate) fn tapes(conversations: &[Heard]) -> io::Result<Vec<Vec<u8>>> {
    let mut inputs = Vec::new();
    for heard in conversations {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("one.tape");
        let mut writer = Writer::create(&path, &heard.header, heard.entries[0].time)
            .map_err(io::Error::other)?;
        for entry in &heard.entries {
            writer.write(entry).map_err(io::Error::other)?;
        }
        writer.finish().map_err(io::Error::other)?;
        let tape = fs::read(&path)?;
        let mut rest = tape.strip_prefix(BEGINNING).unwrap_or_default();
        let mut input = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = u32::from_le_bytes(*length) as usize;
            let (body, after) = after[4..].split_at(length);
            if let Ok(length) = u16::try_from(length) {
                input.extend(length.to_le_bytes());
                input.extend(body);
            }
            rest = after;
        }
        inputs.push(input);
    }
    Ok(inputs)
}
