//! Once an adapter has seen enough it allocates nothing: not for what tells of levels, quotes and prints, not for
//! heartbeats and answers, not for what comes twice, and not for what its venue's pages have besides.

use std::collections::BTreeMap;

use marketdata::feed::{Adapter, BookChannel, Output};
use types::MarketData;

use crate::venues::{Incoming, START, Venue, venues};

/// What an adapter has taken, and what it said.
#[derive(Debug, Default)]
struct Taken {
    messages: u64,
    allocations: u64,
    events: u64,
    gaps: u64,
    /// Kinds of events.
    kinds: BTreeMap<&'static str, u64>,
}

impl Taken {
    /// Does what an adapter does with a message, and counts.
    fn count(&mut self, out: &mut Output, read: impl FnOnce(&mut Output)) {
        let taken = allocation_counter::measure(|| read(out));
        self.messages += 1;
        self.allocations += taken.count_total;
        self.events += out.events.len() as u64;
        for event in &out.events {
            let kind = match event.data {
                MarketData::Quote(_) => "quote",
                MarketData::Trade(_) => "trade",
                MarketData::DepthDelta(_) => "delta",
                MarketData::DepthSnapshot(_) => "whole",
                MarketData::Status(_) => "status",
                MarketData::Gap => "gap",
                _ => "other",
            };
            *self.kinds.entry(kind).or_default() += 1;
            self.gaps += u64::from(event.data == MarketData::Gap);
        }
        out.actions.clear();
        out.clear_events();
    }
}

/// Plays a conversation; `is_twice` is whether each message comes twice. What its second half takes.
fn played(venue: &Venue, book: BookChannel, is_twice: bool) -> (Taken, Box<dyn Adapter>, Output) {
    let mut heard = venue.conversation(book, 6_000, 11);
    let mut adapter = venue.adapter(book);
    let mut out = Output::default();
    adapter.opened(START, &mut out);
    out.actions.clear();
    out.clear_events();
    let warm = heard.len() / 2;
    let (mut first, mut second) = (Taken::default(), Taken::default());
    for (place, (now, incoming)) in heard.iter_mut().enumerate() {
        let taken = if place < warm {
            &mut first
        } else {
            &mut second
        };
        match incoming {
            Incoming::Message(bytes) => {
                for _ in 0..=usize::from(is_twice) {
                    taken.count(&mut out, |out| adapter.message(bytes, *now, out).unwrap());
                }
            }
            Incoming::Answer(id, bytes) => taken.count(&mut out, |out| {
                adapter.answer(*id, Some(bytes), *now, out).unwrap();
            }),
            Incoming::Tick => {
                // What it asks for is text of its own.
                adapter.tick(*now, &mut out);
                out.actions.clear();
                out.clear_events();
            }
        }
    }
    (second, adapter, out)
}

#[test]
fn messages_cost_no_allocation() {
    for venue in venues() {
        for book in [BookChannel::Depth, BookChannel::Touch] {
            for is_twice in [false, true] {
                let (taken, _, _) = played(&venue, book, is_twice);
                println!("{}, {book:?}, twice {is_twice}: {taken:?}", venue.name);
                assert!(taken.events > 1_500, "{}, {book:?}", venue.name);
                assert_eq!(taken.gaps, 0, "{}, {book:?}", venue.name);
                assert_eq!(taken.allocations, 0, "{}, {book:?}", venue.name);
            }
        }
    }
}

#[test]
fn samples_cost_no_allocation() {
    for venue in venues() {
        for book in [BookChannel::Depth, BookChannel::Touch] {
            let (_, mut adapter, mut out) = played(&venue, book, false);
            let mut taken = Taken::default();
            for round in 0..3 {
                if round == 2 {
                    // The first ones made room for what is longest.
                    taken = Taken::default();
                }
                for sample in venue.samples() {
                    let mut bytes = sample.as_bytes().to_vec();
                    taken.count(&mut out, |out| {
                        adapter.message(&mut bytes, START, out).unwrap();
                    });
                }
            }
            println!("{}, {book:?}: {taken:?}", venue.name);
            assert_eq!(taken.allocations, 0, "{}, {book:?}", venue.name);
        }
    }
}
