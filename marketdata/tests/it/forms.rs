//! Messages in the form that a venue has are read faster than in any other, and say the same: two adapters hear one
//! conversation, whole and broken by seed, the second with a space where the venue has none.
//! `FUZZ_RUNS=N` breaks N messages for each of them.

use marketdata::Xorshift64Star;
use marketdata::feed::{Action, Adapter, BookChannel, Malformed, Output};

use crate::mutated::mutated;
use crate::perturbed::{first_seed, number};
use crate::venues::{Incoming, START, Venue, venues};

/// Broken messages for each adapter, half of them with depth and half with touches.
const RUNS: u64 = 40_000;

/// The same JSON in another form.
fn spaced(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [first @ (b'{' | b'['), rest @ ..] => [&[*first, b' '], rest].concat(),
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
                let other = spaced(&bytes);
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
