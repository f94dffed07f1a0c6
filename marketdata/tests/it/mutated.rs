//! Messages that were broken by seed come to every adapter, in the middle of a conversation: none panics, none
//! keeps more and more memory, and none says of depth what it must not. So do the bytes of tapes to their reader.
//! `FUZZ_RUNS=N` breaks N messages for each of them, `FEED_FROM=N` others than without it.

use std::collections::HashSet;
use std::io::Cursor;
use std::ops::Range;

use marketdata::Xorshift64Star;
use marketdata::feed::{Action, BookChannel, FetchId, Output};
use marketdata::tape::{Entry, Passed, Player, Reader, Writer};
use types::{InstrumentId, MarketData};

use crate::perturbed::{first_seed, number};
use crate::tape::{crc32c_of, header};
use crate::venues::{Heard, Incoming, START, Venue, venues};

/// Broken messages for each adapter, half of them with depth and half with touches.
const RUNS: u64 = 200_000;
/// More than any adapter of two instruments holds at any time, bytes.
const HELD_MAX: u64 = 1 << 20;

/// Bytes that mean something to readers of JSON and of numbers.
const TELLING: &[u8] = b"\"\\{}[]:,.-+eE019 \n\0\x7f\xff\xc0\xc1\xc6\xd3\xdb\xdd\xdf";
/// What stands between values.
const BETWEEN: &[u8] = b"\"{}[]:,";
/// Values at the edges of what can be held.
const EDGES: [&[u8]; 14] = [
    b"0",
    b"-1",
    b"-0",
    b"1e400",
    b"1e-400",
    b"0.0000000001",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"NaN",
    b"null",
    b"true",
    b"\"\"",
];

/// A value of a message, or what stands between two: from one delimiter to the next.
fn part(random: &mut Xorshift64Star, bytes: &[u8]) -> Range<usize> {
    let is_delimiter = |byte: &u8| BETWEEN.contains(byte);
    let from = random.below(bytes.len() as u64 + 1) as usize;
    let start = bytes[from..].iter().position(is_delimiter);
    let start = start.map_or(from, |found| from + found + 1);
    let end = bytes[start..].iter().position(is_delimiter);
    start..end.map_or(bytes.len(), |found| start + found)
}

/// One of these messages, broken.
pub(crate) fn mutated(random: &mut Xorshift64Star, corpus: &[&[u8]]) -> Vec<u8> {
    let pick = |random: &mut Xorshift64Star| corpus[random.below(corpus.len() as u64) as usize];
    let mut bytes = pick(random).to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let end = at + random.below((bytes.len() - at).min(80) as u64 + 1) as usize;
        match random.below(11) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => {
                bytes[at] = TELLING[random.below(TELLING.len() as u64) as usize];
            }
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            5 => {
                let other = pick(random);
                bytes.truncate(at);
                bytes.extend(&other[random.below(other.len() as u64 + 1) as usize..]);
            }
            6 => drop(bytes.splice(at..at, (0..random.below(40)).map(|_| b'9'))),
            7 => drop(bytes.splice(at..at, (0..random.below(2_000)).map(|_| b'['))),
            8 => {
                let edge = EDGES[random.below(EDGES.len() as u64) as usize];
                let part = part(random, &bytes);
                drop(bytes.splice(part, edge.iter().copied()));
            }
            9 | 10 => {
                let other = pick(random);
                let other = &other[part(random, other)];
                let part = part(random, &bytes);
                drop(bytes.splice(part, other.iter().copied()));
            }
            _ => {}
        }
    }
    bytes
}

/// Follows what is said: between a gap and the next whole book or quote nothing is said of depth.
#[derive(Default)]
struct Consumer {
    known: HashSet<InstrumentId>,
    events: u64,
    reconnects: u64,
    /// Broken messages that it was given.
    broken: u64,
}

impl Consumer {
    fn listen(&mut self, out: &mut Output, venue: &str) -> bool {
        for event in &out.events {
            self.events += 1;
            match event.data {
                MarketData::Gap => {
                    self.known.remove(&event.instrument);
                }
                MarketData::DepthSnapshot(_) | MarketData::Quote(_) => {
                    self.known.insert(event.instrument);
                }
                MarketData::DepthDelta(_) => {
                    assert!(self.known.contains(&event.instrument), "{venue}: {event:?}");
                }
                _ => {}
            }
        }
        let is_over = |action: &Action| matches!(action, Action::Reconnect { .. });
        let is_over = out.actions.iter().any(is_over);
        self.reconnects += u64::from(is_over);
        out.actions.clear();
        out.clear_events();
        is_over
    }
}

fn bombard(venue: &Venue, book: BookChannel, heard: &Heard, count: u64) -> Consumer {
    let corpus: Vec<&[u8]> = heard
        .iter()
        .filter_map(|(_, incoming)| match incoming {
            Incoming::Message(bytes) | Incoming::Answer(_, bytes) => Some(&bytes[..]),
            Incoming::Tick => None,
        })
        .chain(venue.samples().iter().map(|sample| sample.as_bytes()))
        .collect();
    let mut random = Xorshift64Star::new(0x5EED + first_seed());
    let mut consumer = Consumer::default();
    while consumer.broken < count {
        let mut adapter = venue.adapter(book);
        let mut out = Output::default();
        adapter.opened(START, &mut out);
        consumer.known.clear();
        for (now, incoming) in heard {
            // Most of the time the conversation comes far enough for a book to be known.
            let many = if random.below(20) == 0 { 8 } else { 0 };
            for _ in 0..random.below(many + 1) {
                let mut bytes = mutated(&mut random, &corpus);
                let read = match incoming {
                    Incoming::Answer(id, _) => {
                        adapter.answer(*id, Some(&mut bytes), *now, &mut out)
                    }
                    _ => adapter.message(&mut bytes, *now, &mut out),
                };
                if let Err(error) = read {
                    assert!(error.found.len() < 2_000, "{}", venue.name);
                }
                consumer.broken += 1;
                if consumer.listen(&mut out, venue.name) {
                    adapter.closed(*now, &mut out);
                    adapter.opened(*now, &mut out);
                    consumer.listen(&mut out, venue.name);
                }
            }
            let mut bytes = match incoming {
                Incoming::Message(bytes) | Incoming::Answer(_, bytes) => bytes.clone(),
                Incoming::Tick => Vec::new(),
            };
            // What was whole may be no answer any more after what was broken.
            let _ = match incoming {
                Incoming::Message(_) => adapter.message(&mut bytes, *now, &mut out),
                Incoming::Answer(id, _) => adapter.answer(*id, Some(&mut bytes), *now, &mut out),
                Incoming::Tick => {
                    adapter.tick(*now, &mut out);
                    Ok(())
                }
            };
            consumer.listen(&mut out, venue.name);
        }
    }
    consumer
}

#[test]
fn no_adapter_panics_or_grows() {
    let count = number("FUZZ_RUNS", RUNS) / 2;
    let mut runs = 0;
    for venue in venues() {
        for book in [BookChannel::Depth, BookChannel::Touch] {
            let heard = venue.conversation(book, 400, 7);
            let mut consumer = Consumer::default();
            let taken = allocation_counter::measure(|| {
                consumer = bombard(&venue, book, &heard, count);
            });
            println!(
                "{}, {book:?}: {} events, {} reconnects, at most {} KiB held",
                venue.name,
                consumer.events,
                consumer.reconnects,
                taken.bytes_max >> 10
            );
            runs += consumer.broken;
            assert!(consumer.events > count / 10, "{}", venue.name);
            assert!(taken.bytes_max < HELD_MAX, "{}", venue.name);
        }
    }
    println!("{runs} broken messages, none panicked");
}

/// A tape of a conversation, and where its records begin.
pub(crate) fn tape(name: &str) -> (Vec<u8>, Vec<usize>) {
    let venues = venues();
    let venue = venues.iter().find(|venue| venue.name == "binance spot");
    let heard = venue.unwrap().conversation(BookChannel::Depth, 200, 7);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let header = header("binance-spot", &["BTCUSDT", "ETHUSDT"], BookChannel::Depth);
    let mut writer = Writer::create(&path, &header, START).unwrap();
    let opened = (START, Passed::Opened);
    let heard = heard.into_iter().map(|(now, incoming)| {
        let passed = match incoming {
            Incoming::Message(bytes) => Passed::Message(bytes),
            Incoming::Answer(FetchId(id), body) => Passed::Answer {
                id: FetchId(id),
                path: String::from("/api/v3/depth?symbol=BTCUSDT&limit=1000"),
                body: Some(body),
            },
            Incoming::Tick => Passed::Ticked,
        };
        (now, passed)
    });
    for (time, passed) in std::iter::once(opened).chain(heard) {
        let entry = Entry {
            connection: 0,
            time,
            passed,
        };
        writer.write(&entry).unwrap();
    }
    writer.finish().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut starts = vec![8];
    if bytes.starts_with(b"DYN") {
        while let Some(length) = bytes
            .get(starts[starts.len() - 1]..)
            .filter(|rest| !rest.is_empty())
        {
            let length = u32::from_le_bytes(length[..4].try_into().unwrap()) as usize;
            starts.push(starts[starts.len() - 1] + 8 + length);
        }
    }
    (bytes, starts)
}

/// Reads a broken tape to wherever it goes, and decodes what it says.
fn play(bytes: Vec<u8>) -> (u64, bool) {
    let Ok(mut reader) = Reader::new(Box::new(Cursor::new(bytes))) else {
        return (0, false);
    };
    let mut player = Player::new(reader.header());
    let (mut entries, mut events) = (0, Vec::new());
    loop {
        match reader.next() {
            Ok(Some(entry)) => {
                entries += 1;
                player.play(entry, &mut events);
                events.clear();
            }
            Ok(None) => return (entries, true),
            Err(_) => return (entries, false),
        }
    }
}

#[test]
fn no_tape_makes_its_reader_panic_or_grow() {
    // A run reads hundreds of records.
    let count = number("FUZZ_RUNS", RUNS) / 100;
    let mut random = Xorshift64Star::new(0x7A9E + first_seed());
    for name in ["plain.tape", "packed.tape.zst"] {
        let (whole, starts) = tape(name);
        let corpus: Vec<&[u8]> = starts
            .windows(2)
            .map(|pair| &whole[pair[0] + 8..pair[1]])
            .collect();
        let (mut entries, mut ended) = (0, 0);
        let taken = allocation_counter::measure(|| {
            for run in 0..count {
                let mut bytes;
                if run % 2 == 0 && !corpus.is_empty() {
                    // One record is another, and its checksum says so.
                    let place = random.below(corpus.len() as u64) as usize;
                    let body = mutated(&mut random, &corpus);
                    bytes = whole[..starts[place]].to_vec();
                    bytes.extend((body.len() as u32).to_le_bytes());
                    bytes.extend(crc32c_of(&body).to_le_bytes());
                    bytes.extend(body);
                    bytes.extend(&whole[starts[place + 1]..]);
                } else {
                    bytes = mutated(&mut random, &[&whole]);
                }
                let (read, is_over) = play(bytes);
                entries += read;
                ended += u64::from(is_over);
            }
        });
        println!(
            "{name}: {count} broken tapes, {entries} entries, {ended} to an end, at most {} KiB held",
            taken.bytes_max >> 10
        );
        assert!(entries > count);
        assert!(ended > 0 && ended < count);
        // Of ours; what zstd takes is bounded by its window.
        assert!(taken.bytes_max < 8 << 20);
    }
}
