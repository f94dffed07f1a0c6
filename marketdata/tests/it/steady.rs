//! Once an adapter has seen enough it allocates nothing for messages that tell of levels, quotes and prints.

use marketdata::feed::{BookChannel, Output};

use crate::venues::{Incoming, START, venues};

#[test]
fn messages_cost_no_allocation() {
    for venue in venues() {
        for book in [BookChannel::Depth, BookChannel::Touch] {
            let mut heard = venue.conversation(book, 6_000, 11);
            let mut adapter = venue.adapter(book);
            let mut out = Output::default();
            adapter.opened(START, &mut out);
            let warm = heard.len() / 2;
            let (mut messages, mut allocations, mut events) = (0, 0, 0);
            for (place, (now, incoming)) in heard.iter_mut().enumerate() {
                let taken = allocation_counter::measure(|| match incoming {
                    Incoming::Message(bytes) => adapter.message(bytes, *now, &mut out).unwrap(),
                    Incoming::Answer(id, bytes) => {
                        adapter.answer(*id, Some(bytes), *now, &mut out).unwrap();
                    }
                    // What it asks for is text of its own.
                    Incoming::Tick => {}
                });
                if place >= warm {
                    messages += 1;
                    allocations += taken.count_total;
                    events += out.events.len();
                }
                if matches!(incoming, Incoming::Tick) {
                    adapter.tick(*now, &mut out);
                }
                out.actions.clear();
                out.clear_events();
            }
            println!(
                "{}, {book:?}: {messages} messages, {events} events",
                venue.name
            );
            assert!(events > 1_500, "{}, {book:?}: {events}", venue.name);
            assert_eq!(allocations, 0, "{}, {book:?}", venue.name);
        }
    }
}
