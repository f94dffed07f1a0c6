//! Topics of one connection that say nothing for a while, though their market goes on and the connection lives.

use std::collections::VecDeque;

use types::TimestampNs;

use super::Counterpart;
use super::market::{Change, Market};

/// What of a market may be stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// Its book and touch.
    Book,
    /// Its prints.
    Prints,
}

impl Topic {
    /// The topic that tells of a change.
    pub(super) const fn of(change: &Change) -> Self {
        match change {
            Change::Levels(_) => Self::Book,
            Change::Trade(_) => Self::Prints,
        }
    }
}

/// The topics of one connection that are stuck.
#[derive(Debug, Default)]
pub(super) struct Topics {
    stuck: Vec<Stuck>,
}

#[derive(Debug)]
struct Stuck {
    symbol: String,
    topic: Topic,
    until: TimestampNs,
    /// What it had to say, and when: a venue's times are those of its market.
    withheld: VecDeque<(Market, Change, TimestampNs)>,
}

impl Topics {
    /// A topic says nothing until a moment.
    pub(super) fn stick(&mut self, symbol: &str, topic: Topic, until: TimestampNs) {
        if self.place(symbol, topic).is_none() {
            self.stuck.push(Stuck {
                symbol: symbol.to_owned(),
                topic,
                until,
                withheld: VecDeque::new(),
            });
        }
    }

    fn place(&self, symbol: &str, topic: Topic) -> Option<usize> {
        let is_it = |stuck: &Stuck| stuck.symbol == symbol && stuck.topic == topic;
        self.stuck.iter().position(is_it)
    }

    /// Whether any is stuck.
    pub(super) const fn any(&self) -> bool {
        !self.stuck.is_empty()
    }

    /// The connection is gone, and its topics with it.
    pub(super) fn clear(&mut self) {
        self.stuck.clear();
    }

    /// A market has changed: the venue says so, unless the topic is stuck.
    pub(super) fn changed(
        &mut self,
        market: &Market,
        change: &Change,
        now: TimestampNs,
        counterpart: &mut dyn Counterpart,
        out: &mut Vec<Vec<u8>>,
    ) {
        match self.place(&market.symbol, Topic::of(change)) {
            Some(place) => {
                let withheld = &mut self.stuck[place].withheld;
                withheld.push_back((market.clone(), change.clone(), now));
            }
            None => counterpart.changed(market, change, now, out),
        }
    }

    /// Topics that are stuck no more say what they had to say, in order; gives the symbol of one, as long as there is one.
    pub(super) fn release(
        &mut self,
        is_over: impl Fn(&str, TimestampNs) -> bool,
        counterpart: &mut dyn Counterpart,
        out: &mut Vec<Vec<u8>>,
    ) -> Option<(String, Topic)> {
        let is_due = |stuck: &Stuck| is_over(&stuck.symbol, stuck.until);
        let place = self.stuck.iter().position(is_due)?;
        let stuck = self.stuck.remove(place);
        for (market, change, at) in &stuck.withheld {
            counterpart.changed(market, change, *at, out);
        }
        Some((stuck.symbol, stuck.topic))
    }

    /// Whether a message that the venue sends by itself is of a book that is stuck, such as a touch that is repeated.
    pub(super) fn mutes(&self, message: &[u8]) -> bool {
        let of_book = self.stuck.iter().filter(|stuck| stuck.topic == Topic::Book);
        of_book
            .into_iter()
            .any(|stuck| names(message, &stuck.symbol))
    }
}

/// Whether a message names a symbol, in whatever case.
pub(super) fn names(message: &[u8], symbol: &str) -> bool {
    let symbol = symbol.as_bytes();
    message
        .windows(symbol.len().max(1))
        .any(|part| part.eq_ignore_ascii_case(symbol))
}
