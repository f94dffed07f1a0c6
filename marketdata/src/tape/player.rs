//! Decodes a tape with the adapters that heard it. The time is the tape's, so the same tape says the same events
//! each time.

use types::{MarketData, MarketEvent};

use super::{Entry, Header, Passed};
use crate::connection::Arrived;
use crate::feed::{Action, Adapter, FetchId, Health, Mark, Output};

/// All connections of a tape.
pub struct Player {
    heads: Vec<Head>,
    tally: Tally,
}

/// One connection.
struct Head {
    adapter: Box<dyn Adapter>,
    output: Output,
    /// Documents that it has asked for, oldest first.
    fetches: Vec<(FetchId, String)>,
    is_open: bool,
    /// It asked for another connection: the tape says next that this one was closed, unless another adapter
    /// heard it.
    wants_another: bool,
}

/// What a tape amounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Messages that came.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Of these, messages and documents that could not be read.
    pub malformed: u64,
    /// Messages that were sent.
    pub sent: u64,
    /// Documents that came, or did not.
    pub documents: u64,
    /// Of these, those that no adapter had asked for.
    pub unasked: u64,
    /// Connections that opened.
    pub opened: u64,
    /// What passed and is not on the tape.
    pub lost: u64,
    /// Whole books.
    pub snapshots: u64,
    /// Changes of books.
    pub deltas: u64,
    /// Quotes.
    pub quotes: u64,
    /// Prints.
    pub trades: u64,
    /// Times that an instrument was told stale: nothing is known of it until it is stated again.
    pub stale: u64,
    /// Events of other kinds.
    pub others: u64,
}

impl Tally {
    /// All events.
    pub const fn events(&self) -> u64 {
        self.snapshots + self.deltas + self.quotes + self.trades + self.stale + self.others
    }

    const fn count(&mut self, event: &MarketEvent) {
        let counter = match event.data {
            MarketData::DepthSnapshot(_) => &mut self.snapshots,
            MarketData::DepthDelta(_) => &mut self.deltas,
            MarketData::Quote(_) => &mut self.quotes,
            MarketData::Trade(_) => &mut self.trades,
            MarketData::Gap => &mut self.stale,
            _ => &mut self.others,
        };
        *counter += 1;
    }
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Player")
            .field("tally", &self.tally)
            .finish_non_exhaustive()
    }
}

impl Player {
    /// New adapters for the connections of a tape.
    pub fn new(header: &Header) -> Self {
        let head = |feed: &super::FeedHeader| Head {
            adapter: feed.adapter(),
            output: Output::default(),
            fetches: Vec::new(),
            is_open: false,
            wants_another: false,
        };
        Self {
            heads: header.feeds.iter().map(head).collect(),
            tally: Tally::default(),
        }
    }

    /// Plays one entry; what it makes the adapter say comes behind `events`. An entry of a connection that the
    /// tape does not have says nothing.
    pub fn play(&mut self, entry: Entry, events: &mut Vec<Arrived>) {
        let Entry {
            connection,
            time: received,
            passed,
        } = entry;
        let Some(head) = self.heads.get_mut(usize::from(connection)) else {
            return;
        };
        head.play(received, passed, &mut self.tally);
        for event in head.output.events.drain(..) {
            self.tally.count(&event);
            events.push(Arrived { received, event });
        }
    }

    /// What was played so far.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Where a book stands in what the venue said: its connection, and the place of its listing there.
    pub(crate) fn mark(&self, connection: u16, place: usize) -> Mark {
        let head = self.heads.get(usize::from(connection));
        head.map_or_else(Mark::default, |head| head.adapter.mark(place))
    }

    /// How the listings of each connection stand.
    pub fn health(&self) -> impl Iterator<Item = &[Health]> {
        self.heads.iter().map(|head| head.adapter.health())
    }
}

impl Head {
    fn play(&mut self, now: types::TimestampNs, passed: Passed, tally: &mut Tally) {
        if std::mem::take(&mut self.wants_another) && self.is_open && passed != Passed::Closed {
            self.close(now);
            self.open(now, tally);
        }
        match passed {
            Passed::Opened => {
                if self.is_open {
                    self.close(now);
                }
                self.open(now, tally);
            }
            Passed::Closed => {
                if self.is_open {
                    self.close(now);
                }
            }
            Passed::Lost(count) => {
                tally.lost += count;
                // What is not there cannot be missed by every venue's rules: nothing is known until the
                // next connection.
                if self.is_open {
                    self.close(now);
                }
            }
            Passed::Sent(_) => tally.sent += 1,
            Passed::Ticked if self.is_open => self.adapter.tick(now, &mut self.output),
            Passed::Message(mut bytes) if self.is_open => {
                tally.messages += 1;
                tally.bytes += bytes.len() as u64;
                let read = self.adapter.message(&mut bytes, now, &mut self.output);
                tally.malformed += u64::from(read.is_err());
            }
            Passed::Answer { id, path, mut body } if self.is_open => {
                tally.documents += 1;
                // By its name; a recording of somebody else's has other names, so then the oldest of the path.
                let mut asked = self.fetches.iter();
                let found = asked
                    .position(|fetch| *fetch == (id, path.clone()))
                    .or_else(|| self.fetches.iter().position(|fetch| fetch.1 == path));
                let Some(found) = found else {
                    tally.unasked += 1;
                    return;
                };
                let (id, _) = self.fetches.remove(found);
                let has_body = body.is_some();
                let read = self
                    .adapter
                    .answer(id, body.as_deref_mut(), now, &mut self.output);
                tally.malformed += u64::from(has_body && read.is_err());
            }
            Passed::Ticked | Passed::Message(_) | Passed::Answer { .. } => {}
        }
        for action in self.output.actions.drain(..) {
            match action {
                Action::Fetch { id, path } => self.fetches.push((id, path)),
                Action::Reconnect { .. } => self.wants_another = true,
                Action::Send(_) => {}
            }
        }
    }

    fn open(&mut self, now: types::TimestampNs, tally: &mut Tally) {
        tally.opened += 1;
        self.is_open = true;
        self.adapter.opened(now, &mut self.output);
    }

    fn close(&mut self, now: types::TimestampNs) {
        self.is_open = false;
        self.wants_another = false;
        self.fetches.clear();
        self.adapter.closed(now, &mut self.output);
        self.output.actions.clear();
    }
}
