//! Messages to adapters.

use std::collections::HashSet;

use marketdata::feed::{
    Action, Adapter, BookChannel, Channels, Credentials, Listing, Output, Spec, Stream,
};
use marketdata::local::{Counterpart, Market, Wander};
use marketdata::tape::{Entry, FeedHeader, Header, Passed, TapeListing};
use marketdata::venue::{FEEDS, Feed};
use types::{InstrumentId, MarketData, MarketEvent, Price, Qty, Ratio, TimestampNs};

/// Between two parts of an input; JSON has no such byte.
const BREAK: u8 = 0x1e;
/// Parts of an input that are played: what a connection says in a second or two.
const PARTS_MAX: usize = 200;
const START: TimestampNs = TimestampNs(2_000_000_000_000_000_000);

fn channels(book: u8) -> Channels {
    let book = if book.is_multiple_of(2) {
        BookChannel::Depth
    } else {
        BookChannel::Touch
    };
    Channels { book, trades: true }
}

fn credentials() -> Credentials {
    Credentials {
        key: String::from("key"),
        secret: String::from("secret"),
    }
}

fn listings(feed: &Feed) -> Vec<Listing> {
    vec![Listing {
        instrument: InstrumentId(0),
        symbol: feed.example.to_owned(),
        spec: Spec {
            tick_size: Price(10_000_000),
            lot_size: Qty(1_000),
            may_be_negative: false,
            outlier_band: Ratio::ZERO,
        },
    }]
}

/// A feed, a kind of book, and then parts: `m` and a message, `a` and the answer to what was asked for first, `t` for half
/// a second in which nothing comes. Of a book that is not known nothing is said but what makes it known.
pub fn messages(input: &[u8]) {
    let [feed, book, parts @ ..] = input else {
        return;
    };
    let feed = &FEEDS[usize::from(*feed) % FEEDS.len()];
    let mut adapter = feed.adapter(credentials(), listings(feed), channels(*book));
    let (mut out, mut asked, mut known) = (Output::default(), Vec::new(), HashSet::new());
    let mut now = START;
    adapter.opened(now, &mut out);
    for part in parts.split(|byte| *byte == BREAK).take(PARTS_MAX) {
        now.0 += 1_000_000;
        let (kind, bytes) = part.split_first().unwrap_or((&b't', &[]));
        let mut bytes = bytes.to_vec();
        let read = match kind {
            b'a' if !asked.is_empty() => {
                adapter.answer(asked.remove(0), Some(&mut bytes), now, &mut out)
            }
            b'a' | b'm' => adapter.message(&mut bytes, now, &mut out),
            _ => {
                now.0 += 500_000_000;
                adapter.tick(now, &mut out);
                Ok(())
            }
        };
        if let Err(error) = read {
            assert!(
                error.found.len() < 2_000,
                "{} repeats all of what it could not read",
                feed.name
            );
        }
        for event in &out.events {
            follow(event, &mut known);
        }
        out.clear_events();
        let mut is_over = false;
        for action in out.actions.drain(..) {
            match action {
                Action::Fetch { id, .. } => asked.push(id),
                Action::Reconnect { .. } => is_over = true,
                Action::Send(_) => {}
            }
        }
        if is_over {
            adapter.closed(now, &mut out);
            adapter.opened(now, &mut out);
            asked.clear();
            out.events
                .iter()
                .for_each(|event| follow(event, &mut known));
            out.clear_events();
        }
    }
}

fn follow(event: &MarketEvent, known: &mut HashSet<InstrumentId>) {
    match event.data {
        MarketData::Gap => {
            known.remove(&event.instrument);
        }
        MarketData::DepthSnapshot(_) | MarketData::Quote(_) => {
            known.insert(event.instrument);
        }
        MarketData::DepthDelta(_) => assert!(known.contains(&event.instrument), "{event:?}"),
        _ => {}
    }
}

/// A conversation in which nothing goes wrong, as a tape would have it.
pub(crate) struct Heard {
    feed: u8,
    book: u8,
    pub(crate) header: Header,
    pub(crate) entries: Vec<Entry>,
}

impl Heard {
    /// As an input of [`messages`].
    pub(crate) fn input(&self) -> Vec<u8> {
        let mut input = vec![self.feed, self.book];
        for entry in &self.entries {
            let (kind, bytes): (u8, &[u8]) = match &entry.passed {
                Passed::Message(bytes) => (b'm', bytes),
                Passed::Answer {
                    body: Some(bytes), ..
                } => (b'a', bytes),
                Passed::Ticked => (b't', &[]),
                _ => continue,
            };
            input.push(kind);
            input.extend_from_slice(bytes);
            input.push(BREAK);
        }
        input
    }
}

/// One with each feed and kind of book.
pub(crate) fn calm() -> Vec<Heard> {
    let feeds = 0..FEEDS.len() as u8;
    feeds
        .flat_map(|feed| (0..2).map(move |book| Talk::open(feed, book).go_on()))
        .collect()
}

/// Both sides of a conversation.
struct Talk {
    adapter: Box<dyn Adapter>,
    venue: Box<dyn Counterpart>,
    wander: Wander,
    market: Market,
    out: Output,
    said: Vec<Vec<u8>>,
    now: TimestampNs,
    heard: Heard,
}

impl Talk {
    fn open(place: u8, book: u8) -> Self {
        let feed = &FEEDS[usize::from(place)];
        let mut wander = Wander::new(7, 6);
        let own = FeedHeader {
            feed,
            channels: channels(book),
            stale_after: None,
            listings: listings(feed)
                .into_iter()
                .map(|listing| TapeListing {
                    name: String::from("own"),
                    listing,
                })
                .collect(),
        };
        let mut talk = Self {
            adapter: feed.adapter(credentials(), listings(feed), channels(book)),
            venue: feed.counterpart(),
            market: wander.open(feed.example, listings(feed)[0].spec, Price::ONE),
            wander,
            out: Output::default(),
            said: Vec::new(),
            now: START,
            heard: Heard {
                feed: place,
                book,
                header: Header { feeds: vec![own] },
                entries: Vec::new(),
            },
        };
        talk.venue.opened(talk.now, &mut talk.said);
        talk.adapter.opened(talk.now, &mut talk.out);
        talk.hear(Passed::Opened);
        if let Stream::Lines { path, .. } = talk.adapter.stream() {
            let markets = std::slice::from_ref(&talk.market);
            talk.venue
                .streamed(&path, markets, talk.now, &mut talk.said);
        }
        talk
    }

    fn go_on(mut self) -> Heard {
        for step in 0..30 {
            self.now.0 += 1_000_000;
            if step % 10 == 0 {
                self.now.0 += 500_000_000;
                self.adapter.tick(self.now, &mut self.out);
                self.hear(Passed::Ticked);
            }
            let change = self.wander.step(&mut self.market);
            self.venue
                .changed(&self.market, &change, self.now, &mut self.said);
            self.exchange();
        }
        self.heard
    }

    fn hear(&mut self, passed: Passed) {
        self.heard.entries.push(Entry {
            connection: 0,
            time: self.now,
            passed,
        });
    }

    /// Until nobody has anything to say.
    fn exchange(&mut self) {
        while !self.said.is_empty() || !self.out.actions.is_empty() {
            for mut message in std::mem::take(&mut self.said) {
                self.hear(Passed::Message(message.clone()));
                // What the adapter makes of it is for the target to see.
                let _ = self.adapter.message(&mut message, self.now, &mut self.out);
            }
            let markets = std::slice::from_ref(&self.market);
            for action in std::mem::take(&mut self.out.actions) {
                match action {
                    Action::Send(bytes) => {
                        self.venue
                            .request(&bytes, markets, self.now, &mut self.said);
                    }
                    Action::Fetch { id, path } => {
                        let mut body = self.venue.fetch(&path, markets, self.now);
                        let passed = Passed::Answer {
                            id,
                            path,
                            body: body.clone(),
                        };
                        self.heard.entries.push(Entry {
                            connection: 0,
                            time: self.now,
                            passed,
                        });
                        let _ =
                            self.adapter
                                .answer(id, body.as_deref_mut(), self.now, &mut self.out);
                    }
                    Action::Reconnect { .. } => {}
                }
            }
            self.out.clear_events();
        }
    }
}
