//! Messages that were broken by seed come to every adapter, in the middle of a conversation: none panics, none
//! keeps more and more memory, and none says of depth what it must not. `FEED_MUTATED=N` breaks N messages for
//! each adapter.

use std::collections::HashSet;

use marketdata::Xorshift64Star;
use marketdata::feed::{Action, BookChannel, Output};
use types::{InstrumentId, MarketData};

use crate::perturbed::number;
use crate::venues::{Heard, Incoming, START, Venue, venues};

/// Broken messages for each adapter, half of them with depth and half with touches.
const MUTATED: u64 = 200_000;
/// More than any adapter of two instruments holds at any time, bytes.
const HELD_MAX: u64 = 1 << 20;

/// Bytes that mean something to readers of JSON and of numbers.
const TELLING: &[u8] = b"\"\\{}[]:,.-+eE019 \n\0\x7f\xff";

fn mutated(random: &mut Xorshift64Star, corpus: &[&[u8]]) -> Vec<u8> {
    let pick = |random: &mut Xorshift64Star| corpus[random.below(corpus.len() as u64) as usize];
    let mut bytes = pick(random).to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let end = at + random.below((bytes.len() - at).min(80) as u64 + 1) as usize;
        match random.below(8) {
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
        .collect();
    let mut random = Xorshift64Star::new(0x5EED);
    let mut consumer = Consumer::default();
    let mut broken = 0;
    while broken < count {
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
                broken += 1;
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
    let count = number("FEED_MUTATED", MUTATED) / 2;
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
            assert!(consumer.events > count / 10, "{}", venue.name);
            assert!(taken.bytes_max < HELD_MAX, "{}", venue.name);
        }
    }
}
