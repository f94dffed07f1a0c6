//! Messages in the form that a venue has are read faster than in any other, and say the same: two adapters hear one
//! conversation, whole and broken by seed, the second with a space where the venue has none; and one message of a venue's
//! pages, with each of its bytes changed, added and left out.
//! `FUZZ_RUNS=N` breaks N messages for each of them.

use marketdata::Xorshift64Star;
use marketdata::feed::{Action, Adapter, BookChannel, Malformed, Output};
use types::MarketData;

use crate::mutated::mutated;
use crate::perturbed::{first_seed, number};
use crate::venues::{Incoming, START, Venue, venues};

/// Broken messages for each adapter, half of them with depth and half with touches.
const RUNS: u64 = 40_000;

/// The same message in another form: a space that no venue writes, or a head of `MessagePack` that is longer than it
/// must be.
fn other_form(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [b'[', b'{', rest @ ..] => [b"[{ ", rest].concat(),
        [first @ (b'{' | b'['), rest @ ..] => [&[*first, b' '], rest].concat(),
        [0x91, map @ 0x80..=0x8f, rest @ ..] => [&[0xdc, 0, 1, 0xde, 0, map & 0x0f], rest].concat(),
        _ => bytes.to_vec(),
    }
}

/// An adapter, and what it says.
struct Side {
    adapter: Box<dyn Adapter>,
    out: Output,
}

impl Side {
    fn new(venue: &Venue, book: BookChannel) -> Self {
        let mut side = Self {
            adapter: venue.adapter(book),
            out: Output::default(),
        };
        side.adapter.opened(START, &mut side.out);
        side
    }

    /// What is wrong, if that is the same whatever the bytes are.
    fn wrong(read: Result<(), Malformed>) -> Option<&'static str> {
        read.err().map(|error| error.what)
    }
}

fn compare(venue: &Venue, book: BookChannel, count: u64) -> (u64, u64) {
    let heard = venue.conversation(book, 400, 11);
    let corpus: Vec<&[u8]> = heard
        .iter()
        .filter_map(|(_, incoming)| match incoming {
            Incoming::Message(bytes) | Incoming::Answer(_, bytes) => Some(&bytes[..]),
            Incoming::Tick => None,
        })
        .chain(venue.samples().iter().map(|sample| sample.as_bytes()))
        .collect();
    let mut random = Xorshift64Star::new(0xF0F0 + first_seed());
    let (mut broken, mut events) = (0, 0);
    while broken < count {
        let mut sides = [Side::new(venue, book), Side::new(venue, book)];
        for (now, incoming) in &heard {
            let many = if random.below(10) == 0 { 4 } else { 0 };
            let mut messages: Vec<_> = (0..random.below(many + 1))
                .map(|_| mutated(&mut random, &corpus))
                .collect();
            broken += messages.len() as u64;
            if let Incoming::Message(bytes) = incoming {
                messages.push(bytes.clone());
            }
            for bytes in messages {
                let other = other_form(&bytes);
                let mut forms = [bytes, other];
                let mut is_over = false;
                let [first, second] = &mut sides;
                let wrong = [&mut *first, &mut *second]
                    .into_iter()
                    .zip(&mut forms)
                    .map(|(side, form)| {
                        Side::wrong(side.adapter.message(form, *now, &mut side.out))
                    })
                    .collect::<Vec<_>>();
                let shown = || String::from_utf8_lossy(&forms[0]).into_owned();
                assert_eq!(wrong[0], wrong[1], "{}: {}", venue.name, shown());
                let (said, other) = (&first.out, &second.out);
                assert_eq!(said.events, other.events, "{}: {}", venue.name, shown());
                assert_eq!(said.actions, other.actions, "{}: {}", venue.name, shown());
                events += said.events.len() as u64;
                let is_end = |action: &Action| matches!(action, Action::Reconnect { .. });
                is_over |= said.actions.iter().any(is_end);
                for side in &mut sides {
                    side.out.actions.clear();
                    side.out.clear_events();
                    if is_over {
                        side.adapter.closed(*now, &mut side.out);
                        side.adapter.opened(*now, &mut side.out);
                        side.out.actions.clear();
                        side.out.clear_events();
                    }
                }
            }
            for side in &mut sides {
                // What was asked for before a broken message may be no answer any more.
                let _ = match incoming {
                    Incoming::Answer(id, bytes) => {
                        let mut bytes = bytes.clone();
                        side.adapter
                            .answer(*id, Some(&mut bytes), *now, &mut side.out)
                    }
                    Incoming::Message(_) => Ok(()),
                    Incoming::Tick => {
                        side.adapter.tick(*now, &mut side.out);
                        Ok(())
                    }
                };
            }
            let [first, second] = &mut sides;
            assert_eq!(first.out.events, second.out.events, "{}", venue.name);
            assert_eq!(
                first.adapter.health(),
                second.adapter.health(),
                "{}",
                venue.name
            );
            for side in &mut sides {
                side.out.actions.clear();
                side.out.clear_events();
            }
        }
    }
    (broken, events)
}

#[test]
fn every_form_says_the_same() {
    let count = number("FUZZ_RUNS", RUNS) / 2;
    for venue in venues() {
        for book in [BookChannel::Depth, BookChannel::Touch] {
            let (broken, events) = compare(&venue, book, count);
            println!("{}, {book:?}: {broken} broken, {events} events", venue.name);
            assert!(events > count / 4, "{}", venue.name);
        }
    }
}

/// Bytes that a change of one byte may bring: what stands between values, what numbers are written with, and others.
const BYTES: &[u8] = b"\"\\{}[]:,.-+eE09 1anZ\n\0\x7f\xff";

/// What a new adapter says to one message in both forms; whether that is anything.
fn both_say_the_same(venue: &Venue, book: BookChannel, bytes: &[u8]) -> bool {
    let [(wrong, first), (also_wrong, second)] =
        [bytes.to_vec(), other_form(bytes)].map(|mut form| {
            let mut side = Side::new(venue, book);
            let read = side.adapter.message(&mut form, START, &mut side.out);
            (Side::wrong(read), side)
        });
    let shown = || String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(wrong, also_wrong, "{}: {}", venue.name, shown());
    let (said, other) = (&first.out, &second.out);
    assert_eq!(said.events, other.events, "{}: {}", venue.name, shown());
    assert_eq!(said.actions, other.actions, "{}: {}", venue.name, shown());
    let (health, other) = (first.adapter.health(), second.adapter.health());
    assert_eq!(health, other, "{}: {}", venue.name, shown());
    wrong.is_none()
        && said
            .events
            .iter()
            .any(|event| event.data != MarketData::Gap)
}

#[test]
fn samples_with_any_byte_changed_or_cut_off_say_the_same_in_every_form() {
    let mut messages = 0_u64;
    for venue in venues() {
        for sample in venue.samples() {
            let books = [BookChannel::Depth, BookChannel::Touch];
            let says = |book| both_say_the_same(&venue, book, sample.as_bytes());
            let said = books.map(says);
            // A touch with one side says nothing.
            let is_silent = sample.contains("null");
            assert_ne!(said.contains(&true), is_silent, "{}: {sample}", venue.name);
            let book = if said[0] { books[0] } else { books[1] };
            for at in 0..sample.len() {
                let (before, behind) = sample.as_bytes().split_at(at);
                both_say_the_same(&venue, book, before);
                for byte in BYTES {
                    both_say_the_same(&venue, book, &[before, &[*byte], &behind[1..]].concat());
                    both_say_the_same(&venue, book, &[before, &[*byte], behind].concat());
                }
                both_say_the_same(&venue, book, &[before, &behind[1..]].concat());
                messages += 2 + 2 * BYTES.len() as u64;
            }
        }
    }
    println!("{messages} messages");
}
