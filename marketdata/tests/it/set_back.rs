//! A clock that is set back by an hour delays no ping, no request and no new connection.

use marketdata::feed::{Action, BookChannel, Channels, Credentials, Output};
use marketdata::venue::{FEEDS, Feed};
use types::TimestampNs;

use crate::perturbed::listings;

const HOUR: u64 = 3_600;

/// What an adapter asks for in each second of two minutes in which its venue says nothing, and until it gives up. Its
/// connection opened so many seconds ahead of the clock that goes on then.
fn asked(feed: &Feed, book: BookChannel, ahead: u64) -> Vec<(u64, Vec<Action>)> {
    let at = |second: u64| TimestampNs((1_700_000_000 + second) * 1_000_000_000);
    let credentials = Credentials {
        key: String::from("key"),
        secret: String::from("secret"),
    };
    // As many as leave in several requests, so that the last one is waited for later.
    let symbols: Vec<_> = (0..40).map(|place| format!("SYMBOL{place}")).collect();
    let symbols: Vec<_> = symbols.iter().map(String::as_str).collect();
    let channels = Channels { book, trades: true };
    let mut adapter = feed.adapter(credentials, listings(&symbols), channels);
    let mut out = Output::default();
    adapter.opened(at(ahead), &mut out);
    out.actions.clear();
    let mut asked = Vec::new();
    for second in 0..=120 {
        adapter.tick(at(second), &mut out);
        let actions = std::mem::take(&mut out.actions);
        let is_over = matches!(actions.last(), Some(Action::Reconnect { .. }));
        if !actions.is_empty() {
            asked.push((second, actions));
        }
        if is_over {
            break;
        }
    }
    asked
}

#[test]
fn a_clock_that_is_set_back_delays_nothing() {
    for feed in FEEDS {
        for book in [BookChannel::Touch, BookChannel::Depth] {
            let usual = asked(feed, book, 0);
            assert!(!usual.is_empty(), "{} {book:?}", feed.name);
            assert_eq!(asked(feed, book, HOUR), usual, "{} {book:?}", feed.name);
        }
    }
}
