//! Many books of a venue that states none on its streams, behind a connection that keeps to the adapter's pace.

use std::collections::VecDeque;
use std::time::Duration;

use super::*;
use crate::feed::Budget;

/// A step of the clock.
const STEP_MS: u64 = 50;
/// From a request to its answer.
const ANSWER_MS: u64 = 50;

/// Venue and connection. Each market changes five times a second.
struct World {
    okx: Okx,
    out: Output,
    symbols: Vec<String>,
    /// By the place of the symbol: whether it is subscribed to, and the id of its book.
    books: Vec<(bool, u64)>,
    ms: u64,
    sends: VecDeque<String>,
    send_at: u64,
    wanted: VecDeque<(FetchId, String)>,
    budget: Budget,
    /// Answers with the times at which they come.
    answers: VecDeque<(u64, String)>,
    documents: VecDeque<(u64, FetchId, usize)>,
    requests: u32,
    reconnects: Vec<String>,
}

impl World {
    fn new(count: usize) -> Self {
        let channels = Channels {
            book: BookChannel::Depth,
            trades: false,
        };
        let symbols: Vec<_> = (0..count).map(|number| format!("S{number}-USDT")).collect();
        let listings = symbols.iter();
        let listings = listings.map(|symbol| listing(symbol, "0.01", "0.00000001"));
        let mut okx = Okx::new(listings.collect(), channels);
        let mut out = Output::default();
        okx.opened(NOW, &mut out);
        Self {
            budget: Budget::new(okx.pace()),
            okx,
            out,
            books: vec![(false, 1_000); count],
            symbols,
            ms: 0,
            sends: VecDeque::new(),
            send_at: 0,
            wanted: VecDeque::new(),
            answers: VecDeque::new(),
            documents: VecDeque::new(),
            requests: 0,
            reconnects: Vec::new(),
        }
    }

    fn now(&self) -> TimestampNs {
        TimestampNs(NOW.0 + self.ms * 1_000_000)
    }

    /// The time that the venue says.
    const fn said_ms(&self) -> u64 {
        1_000_000 + self.ms
    }

    fn hear(&mut self, text: String) {
        let now = self.now();
        let read = self.okx.message(&mut text.into_bytes(), now, &mut self.out);
        assert_eq!(read, Ok(()));
    }

    fn act(&mut self) {
        for action in std::mem::take(&mut self.out.actions) {
            match action {
                Action::Send(bytes) => self.sends.push_back(String::from_utf8(bytes).unwrap()),
                Action::Fetch { id, path } => {
                    let mut wanted = self.wanted.iter_mut();
                    match wanted.find(|(_, known)| *known == path) {
                        Some((known, _)) => *known = id,
                        None => self.wanted.push_back((id, path)),
                    }
                }
                Action::Reconnect { reason } => self.reconnects.push(reason.to_string()),
            }
        }
        self.out.clear_events();
    }

    /// One message and the documents that may leave now.
    fn send(&mut self) {
        if self.ms >= self.send_at
            && let Some(text) = self.sends.pop_front()
        {
            let pace = self.okx.pace();
            self.send_at = self.ms + pace.send_every.as_millis() as u64;
            self.requests += 1;
            let is_subscribed = !text.contains("unsubscribe");
            let event = if is_subscribed {
                "subscribe"
            } else {
                "unsubscribe"
            };
            for (symbol, book) in self.symbols.iter().zip(&mut self.books) {
                if text.contains(&format!("\"{symbol}\"")) {
                    book.0 = is_subscribed;
                    let answer = answered(event).replace("BTC-USDT", symbol);
                    self.answers.push_back((self.ms + ANSWER_MS, answer));
                }
            }
        }
        let now = Duration::from_millis(self.ms);
        while self.budget.next_at() <= now
            && let Some((id, path)) = self.wanted.pop_front()
        {
            self.budget.take(now);
            let is_of = |symbol: &String| path.contains(&format!("instId={symbol}&"));
            let place = self.symbols.iter().position(is_of).unwrap();
            self.documents.push_back((self.ms + ANSWER_MS, id, place));
        }
    }

    /// What the venue says now.
    fn answer(&mut self) {
        let ms = self.ms;
        while let Some((_, text)) = self.answers.pop_front_if(|(at, _)| *at <= ms) {
            self.hear(text);
        }
        while let Some((_, id, place)) = self.documents.pop_front_if(|(at, ..)| *at <= ms) {
            let mut body = document(self.books[place].1, self.said_ms(), "9").into_bytes();
            let now = self.now();
            let read = self.okx.answer(id, Some(&mut body), now, &mut self.out);
            assert_eq!(read, Ok(()));
        }
        if ms.is_multiple_of(200) {
            for place in 0..self.books.len() {
                let (is_subscribed, id) = &mut self.books[place];
                *id += 1;
                if *is_subscribed {
                    let text = update(*id as i64 - 1, *id, self.said_ms(), "5");
                    self.hear(text.replace("BTC-USDT", &self.symbols[place]));
                }
            }
        }
        if ms.is_multiple_of(1_000) {
            self.okx.tick(self.now(), &mut self.out);
        }
    }

    fn live(&self) -> usize {
        let health = self.okx.health().iter();
        health.filter(|health| health.state == State::Live).count()
    }
}

/// Ten documents leave at once and then two each second: of 120 the last one after 55 seconds, of 400 after 195.
#[test]
fn many_books_without_snapshots_come_one_by_one() {
    for (count, seconds) in [(60, 25), (120, 55), (400, 195)] {
        let mut world = World::new(count);
        while world.live() < count {
            world.act();
            assert_eq!(world.reconnects, [""; 0], "{count} after {} ms", world.ms);
            world.send();
            world.answer();
            world.ms += STEP_MS;
            assert!(
                world.ms <= (seconds + 2) * 1_000,
                "{} of {count}",
                world.live()
            );
        }
        // All channels fit into the first request, and nothing was asked for anew.
        assert_eq!(world.requests, 1, "{count}");
        for _ in 0..60 * 1_000 / STEP_MS {
            world.act();
            world.send();
            world.answer();
            world.ms += STEP_MS;
        }
        assert_eq!((world.live(), world.requests), (count, 1));
    }
}

/// Of 100 books at once a message is missing. Their 200 requests leave in 50 seconds, and none is made twice meanwhile.
#[test]
fn what_waits_to_be_asked_for_is_not_asked_for_again() {
    let mut world = World::new(100);
    while world.ms < 150_000 {
        world.act();
        assert_eq!(world.reconnects, [""; 0], "after {} ms", world.ms);
        world.send();
        world.answer();
        world.ms += STEP_MS;
        if world.ms == 60_000 {
            assert_eq!((world.live(), world.requests), (100, 1));
            for book in &mut world.books {
                book.1 += 1;
            }
        }
        if world.ms == 60_250 {
            assert_eq!(world.live(), 0);
        }
    }
    assert_eq!((world.live(), world.requests), (100, 1 + 200));
}
