//! A conversation between an adapter and a counterpart, with the faults of a network between them, in virtual
//! time and by seed.
//!
//! After every delivery what the adapter has said is held against the market's past: each book that it shows
//! must be one that the venue had, and none older than the one shown before. In the end, once the faults are
//! over, it must be the book that the venue has.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use types::{Aggressor, Level, MarketData, MarketEvent, TimestampNs, Trade};

use super::Counterpart;
use super::faults::{Delivery, Fate, Faults, Weather};
use super::market::{Change, Market, Wander};
use super::topics::{Topic, Topics, names};
use crate::feed::{Action, Adapter, Book, FetchId, Listing, Output, State, Stream};

/// What a conversation amounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Played {
    /// Messages that arrived.
    pub messages: u64,
    /// Faults that were put in.
    pub faults: u64,
    /// Of these, connections that fell silent.
    pub stalls: u64,
    /// Of these, topics that fell silent while their connection went on.
    pub stuck: u64,
    /// Of these, requests that were refused or lost, or whose answers were.
    pub refused: u64,
    /// Gaps that were told.
    pub gaps: u64,
    /// Books that were held against the past.
    pub compared: u64,
    /// Of these, those that had to be the newest.
    pub newest: u64,
    /// Times that a topic said nothing for longer than a client was to bear.
    pub silences: u64,
    /// Books that were wrong behind a message that did not come, of a venue whose messages have nothing that would show it.
    pub unnoticed: u64,
    /// What the adapter found that cannot be.
    pub odd: Odd,
}

/// What adapters found that cannot be, or hardly can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Odd {
    /// As [`crate::feed::Counters`] has them.
    pub crossed: u64,
    /// As above.
    pub locked: u64,
    /// As above.
    pub off_grid: u64,
    /// As above.
    pub not_positive: u64,
    /// As above.
    pub outliers: u64,
}

impl Played {
    /// Counts another conversation, too.
    pub fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.faults += other.faults;
        self.stalls += other.stalls;
        self.stuck += other.stuck;
        self.refused += other.refused;
        self.gaps += other.gaps;
        self.compared += other.compared;
        self.newest += other.newest;
        self.silences += other.silences;
        self.unnoticed += other.unnoticed;
        self.odd.crossed += other.odd.crossed;
        self.odd.locked += other.odd.locked;
        self.odd.off_grid += other.odd.off_grid;
        self.odd.not_positive += other.odd.not_positive;
        self.odd.outliers += other.odd.outliers;
    }
}

/// What an adapter said that the venue never had.
#[derive(Debug)]
pub struct Wrong {
    /// The market.
    pub symbol: String,
    /// What is wrong.
    pub what: &'static str,
    /// The message after which it was, as it arrived.
    pub after: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} after {}", self.symbol, self.what, self.after)
    }
}

impl std::error::Error for Wrong {}

/// Changes of the market under faults, and after them.
const STEPS: u32 = 60;
const CALM_STEPS: u32 = 40;
/// In the end no market changes for so long: a touch that is repeated when nothing changes has to come by then, or is
/// known not to.
const QUIET_NS: u64 = 15 * SECOND;
const SECOND: u64 = 1_000_000_000;
/// From a market's change to the client.
const FLIGHT_NS: u64 = 5_000_000;
/// Once everything is calm a feed is live again by then.
const CALM_NS_MAX: u64 = 300 * SECOND;
/// How long a connection is open and silent: for less and for more than any adapter or connection waits.
const STALL_NS_MAX: u64 = 120 * SECOND;
/// How long a topic says nothing: for less and for more than any adapter waits that can know.
const STUCK_NS_MAX: u64 = 120 * SECOND;
/// How late a document is, at most: for less and for more than any adapter waits.
const SLOW_NS_MAX: u64 = 30 * SECOND;
/// As [`crate::connection::Settings`] has it: a WebSocket is asked for a sign after 20 seconds and dead 10 later.
const UNANSWERED_NS_MAX: u64 = 30 * SECOND;
/// And a document that does not end dead after so long without a line.
const SILENCE_NS_MAX: u64 = 60 * SECOND;

/// What is on its way to the client.
enum Flight {
    Message(Vec<u8>),
    /// A message that does not come, and when it was sent: of the book of this market, of all where it is not known of which.
    Missing(Option<usize>, TimestampNs),
    Oversized,
    Answer(FetchId, Option<Vec<u8>>),
    Opened,
}

/// What the venue had, and what the client shows.
struct Witness {
    /// The moments at which the venue came to have such a book or touch, ascending.
    past: HashMap<u64, Vec<u64>>,
    moments: u64,
    shown: Option<Book>,
    touch: Option<(Level, Level)>,
    /// The earliest moment that what was shown last can be of.
    at: u64,
    newest_trade: u64,
    trades: Vec<Trade>,
    /// Something of the book that was sent then did not come, and the whole of later neither.
    lacks: Option<TimestampNs>,
    /// When a message that names the market came last.
    named: u64,
}

/// One conversation.
pub struct Network {
    adapter: Box<dyn Adapter>,
    counterpart: Box<dyn Counterpart>,
    markets: Vec<Market>,
    listings: Vec<Listing>,
    wander: Wander,
    faults: Faults,
    now: u64,
    flights: VecDeque<(u64, Flight)>,
    is_open: bool,
    topics: Topics,
    /// Nothing in the venue's messages shows that one is missing.
    is_unnumbered: bool,
    /// What is shown has been said no longer ago.
    stale_after: Option<u64>,
    /// What the venue says before then comes then.
    stalled_until: u64,
    /// Nor does it answer pings then.
    is_dead: bool,
    /// When the newest message came.
    heard: u64,
    witnesses: Vec<Witness>,
    is_depth: bool,
    /// What the venue says arrives as it says it, from the first message to the last.
    is_faithful: bool,
    next_tick: u64,
    played: Played,
    listener: Option<Listener>,
}

/// Hears each event that an adapter says, and `None` now and then between them.
pub type Listener = Box<dyn FnMut(Option<&MarketEvent>)>;

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// A conversation about these listings. `is_depth`: the adapter shows books, not touches.
    pub fn new(
        seed: u64,
        adapter: Box<dyn Adapter>,
        counterpart: Box<dyn Counterpart>,
        listings: Vec<Listing>,
        is_depth: bool,
        weather: Weather,
    ) -> Self {
        let mut wander = Wander::new(seed, 12);
        let markets: Vec<_> = super::counted(&listings)
            .map(|(listing, around)| wander.open(&listing.symbol, listing.spec, around))
            .collect();
        let mut network = Self {
            adapter,
            counterpart,
            wander,
            faults: Faults::new(seed ^ 0x5EED, weather),
            now: 1_700_000_000 * SECOND,
            flights: VecDeque::new(),
            is_open: false,
            topics: Topics::default(),
            is_unnumbered: false,
            stale_after: None,
            stalled_until: 0,
            is_dead: false,
            heard: 0,
            witnesses: Vec::new(),
            is_depth,
            is_faithful: weather.is_faithful(),
            next_tick: 0,
            played: Played::default(),
            listener: None,
            markets,
            listings,
        };
        for market in &network.markets {
            let mut witness = Witness {
                past: HashMap::new(),
                moments: 0,
                shown: None,
                touch: None,
                at: 0,
                newest_trade: 0,
                trades: Vec::new(),
                lacks: None,
                named: 0,
            };
            remember(&mut witness, market, network.counterpart.depth(), is_depth);
            network.witnesses.push(witness);
        }
        network
    }

    /// With somebody who hears what the adapter says, as an engine does.
    #[must_use]
    pub fn heard_by(mut self, listener: Listener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// With a venue whose messages have neither numbers nor checksums, over a network that loses some of them all the same.
    /// A book may then be wrong from a message that did not come to the next whole one, and at no other time.
    #[must_use]
    pub fn unnumbered(mut self) -> Self {
        self.is_unnumbered = true;
        self
    }

    /// With a client that knows nothing of a market whose topic says nothing for so long, and hears of no prints.
    #[must_use]
    pub fn watched(mut self, stale_after: Duration) -> Self {
        self.adapter.watch(stale_after);
        self.stale_after = Some(stale_after.as_nanos() as u64);
        self
    }

    /// Plays it to its end.
    ///
    /// # Errors
    /// What the adapter said is not what the venue had.
    pub fn play(mut self) -> Result<Played, Wrong> {
        self.connect(SECOND);
        for _ in 0..STEPS {
            self.step()?;
        }
        self.faults.weather = Weather::CALM;
        self.release(|_, _| true);
        if self.is_unnumbered {
            // Only a new connection states what is missing.
            self.disconnect();
            self.look("the last fault")?;
        }
        let calm_since = self.now;
        let mut steps = 0;
        loop {
            while steps < CALM_STEPS || !self.is_settled() {
                self.step()?;
                steps += 1;
                if self.now - calm_since > CALM_NS_MAX {
                    let place = self.first_unsettled();
                    return Err(self.wrong(place, "is not live, long after the last fault", ""));
                }
            }
            if self.stale_after.is_none() {
                self.deliver_until(self.now + QUIET_NS)?;
            }
            self.deliver_until(u64::MAX)?;
            // What was on its way may be the last that was odd, or was asked for: nothing is known after it, for a while.
            if self.is_settled() {
                break;
            }
        }
        for place in 0..self.markets.len() {
            let depth = self.counterpart.depth();
            let shown = self.shown(place);
            if shown != Some(digest(&self.markets[place], depth, self.is_depth)) {
                return Err(self.wrong(place, "is not the market's, after the last message", ""));
            }
        }
        self.played.faults = self.faults.count;
        for health in self.adapter.health() {
            let counters = &health.counters;
            let odd = &mut self.played.odd;
            odd.crossed += counters.crossed;
            odd.locked += counters.locked;
            odd.off_grid += counters.off_grid;
            odd.not_positive += counters.not_positive;
            odd.outliers += counters.outliers;
            self.played.silences += counters.silences;
        }
        Ok(self.played)
    }

    fn is_settled(&self) -> bool {
        if self.now < self.stalled_until || self.topics.any() {
            return false;
        }
        let live = self
            .adapter
            .health()
            .iter()
            .all(|health| health.state == State::Live);
        live && (0..self.markets.len()).all(|place| self.shown(place).is_some())
    }

    fn first_unsettled(&self) -> usize {
        (0..self.markets.len())
            .find(|&place| {
                self.shown(place).is_none() || self.adapter.health()[place].state != State::Live
            })
            .unwrap_or(0)
    }

    fn wrong(&self, place: usize, what: &'static str, after: &str) -> Wrong {
        Wrong {
            symbol: self.markets[place].symbol.clone(),
            what,
            after: after.to_owned(),
        }
    }

    /// Time goes on, a market changes, what is due arrives.
    fn step(&mut self) -> Result<(), Wrong> {
        let pause = 1_000_000 + self.faults.below(400) * 1_000_000;
        self.deliver_until(self.now + pause)?;
        self.look_at_rest()?;
        if let Some(listener) = &mut self.listener {
            listener(None);
        }
        let now = self.now;
        self.release(|_, until| until.0 <= now);
        let place = self.faults.below(self.markets.len() as u64) as usize;
        let change = if self.faults.chance(self.faults.weather.odd) {
            self.wander.turn_odd(&mut self.markets[place])
        } else {
            self.wander.step(&mut self.markets[place])
        };
        let depth = self.counterpart.depth();
        remember(
            &mut self.witnesses[place],
            &self.markets[place],
            depth,
            self.is_depth,
        );
        if let Change::Trade(trade) = change {
            self.witnesses[place].trades.push(trade);
        }
        if self.is_open {
            self.tell(place, &change);
        }
        if self.faults.chance(self.faults.weather.disconnected) {
            self.disconnect();
        }
        if self.is_open
            && self.now >= self.stalled_until
            && self.faults.chance(self.faults.weather.stalled)
        {
            self.played.stalls += 1;
            self.stalled_until = self.now + self.faults.below(STALL_NS_MAX);
            self.is_dead = self.faults.below(2) == 0;
        }
        Ok(())
    }

    /// The venue tells of a change, unless that topic is stuck, or from now on.
    fn tell(&mut self, place: usize, change: &Change) {
        let (symbol, topic) = (&self.markets[place].symbol, Topic::of(change));
        if self.faults.chance(self.faults.weather.stuck) {
            self.played.stuck += 1;
            let until = TimestampNs(self.now + self.faults.below(STUCK_NS_MAX));
            self.topics.stick(symbol, topic, until);
        }
        let mut said = Vec::new();
        self.topics.changed(
            &self.markets[place],
            change,
            TimestampNs(self.now),
            &mut *self.counterpart,
            &mut said,
        );
        self.send(said, (topic == Topic::Book).then_some(place));
    }

    /// Topics that are stuck no more say what they had to say.
    fn release(&mut self, is_over: impl Fn(&str, TimestampNs) -> bool) {
        let mut said = Vec::new();
        while let Some((symbol, _)) =
            self.topics
                .release(&is_over, &mut *self.counterpart, &mut said)
        {
            let place = self
                .markets
                .iter()
                .position(|market| market.symbol == symbol);
            self.send(std::mem::take(&mut said), place);
        }
    }

    /// The client asks for something.
    fn request(&mut self, message: &[u8]) {
        let now = TimestampNs(self.now);
        let mut said = Vec::new();
        let counterpart = &mut self.counterpart;
        let fate = self
            .faults
            .fate(|| counterpart.refuse(message, now, &mut said));
        self.played.refused += u64::from(fate != Fate::Heard);
        if matches!(fate, Fate::Heard | Fate::AnswerLost) {
            // A subscription begins behind what the one before had to say.
            self.release(|symbol, _| names(message, symbol));
            self.counterpart
                .request(message, &self.markets, now, &mut said);
        }
        if fate != Fate::AnswerLost {
            self.send(said, None);
        }
    }

    /// Messages leave the venue: of the book of a market, or of anything.
    fn send(&mut self, said: Vec<Vec<u8>>, about: Option<usize>) {
        let mut passed = Vec::new();
        for message in said {
            self.faults.pass(message, &*self.counterpart, &mut passed);
        }
        let now = TimestampNs(self.now);
        let at = (self.now + FLIGHT_NS).max(self.stalled_until);
        let flights = passed.into_iter().map(|delivery| match delivery {
            Delivery::Message(message) => (at, Flight::Message(message)),
            Delivery::Oversized => (at, Flight::Oversized),
            Delivery::Missing(_) => (at, Flight::Missing(about, now)),
        });
        self.flights.extend(flights);
    }

    fn connect(&mut self, after: u64) {
        self.flights.push_back((self.now + after, Flight::Opened));
    }

    fn disconnect(&mut self) {
        if self.is_open {
            self.is_open = false;
            let mut out = Output::default();
            self.adapter.closed(TimestampNs(self.now), &mut out);
            self.listen(&mut out);
        }
        self.flights.clear();
        self.faults.cut_off();
        self.topics.clear();
        self.stalled_until = 0;
        self.connect(SECOND);
    }

    fn deliver_until(&mut self, end: u64) -> Result<(), Wrong> {
        loop {
            let next = self.flights.iter().map(|flight| flight.0).min();
            let at = match next {
                // In the end nothing is left but silence.
                None if end == u64::MAX => return Ok(()),
                next => next.unwrap_or(u64::MAX).min(self.next_tick.max(self.now)),
            };
            if at > end {
                self.now = end;
                return Ok(());
            }
            self.now = self.now.max(at);
            if self.next_tick <= self.now {
                self.next_tick = self.now + SECOND;
                self.tick()?;
                continue;
            }
            let Some(place) = self.flights.iter().position(|flight| flight.0 <= self.now) else {
                continue;
            };
            if let Some((_, flight)) = self.flights.remove(place) {
                self.arrive(flight)?;
            }
        }
    }

    fn tick(&mut self) -> Result<(), Wrong> {
        if !self.is_open {
            return Ok(());
        }
        let is_stalled = self.now < self.stalled_until;
        let is_over = match self.adapter.stream() {
            Stream::Lines { .. } => self.now - self.heard > SILENCE_NS_MAX,
            // Quiet is no end, as long as pings are answered.
            Stream::WebSocket { .. } => {
                is_stalled && self.is_dead && self.now - self.heard > UNANSWERED_NS_MAX
            }
        };
        if is_over {
            self.disconnect();
            return self.look("silence");
        }
        let now = TimestampNs(self.now);
        let mut said = Vec::new();
        self.counterpart.tick(now, &mut said);
        said.retain(|message| !self.topics.mutes(message));
        self.send(said, None);
        let mut out = Output::default();
        self.adapter.tick(now, &mut out);
        self.follow(&mut out, "a tick")?;
        self.look_for_silence()
    }

    /// What is shown has been said lately, where that is asked for.
    fn look_for_silence(&self) -> Result<(), Wrong> {
        let Some(stale_after) = self.stale_after else {
            return Ok(());
        };
        for (place, witness) in self.witnesses.iter().enumerate() {
            if self.shown(place).is_some() && self.now - witness.named > stale_after {
                return Err(self.wrong(place, "is shown though its topic says nothing", "a tick"));
            }
        }
        Ok(())
    }

    /// A message or a document came that names a market.
    fn name(&mut self, message: &[u8]) {
        if self.stale_after.is_some() {
            for (witness, market) in self.witnesses.iter_mut().zip(&self.markets) {
                if names(message, &market.symbol) {
                    witness.named = self.now;
                }
            }
        }
    }

    fn arrive(&mut self, flight: Flight) -> Result<(), Wrong> {
        let now = TimestampNs(self.now);
        let mut out = Output::default();
        match flight {
            Flight::Oversized => {
                // The connection takes no such message: it ends.
                self.disconnect();
                self.look("a message too large")
            }
            Flight::Missing(about, sent) => {
                let is_of = |place| about.is_none_or(|about| about == place);
                for (place, witness) in self.witnesses.iter_mut().enumerate() {
                    if self.is_unnumbered && is_of(place) {
                        witness.lacks = Some(sent);
                    }
                }
                Ok(())
            }
            Flight::Opened => {
                let is_document = matches!(self.adapter.stream(), Stream::Lines { .. });
                if is_document && self.faults.chance(self.faults.weather.refused) {
                    // By the status of its answer.
                    self.played.refused += 1;
                    self.connect(SECOND);
                    return Ok(());
                }
                self.is_open = true;
                self.heard = self.now;
                let mut said = Vec::new();
                self.counterpart.opened(now, &mut said);
                self.adapter.opened(now, &mut out);
                if let Stream::Lines { path, .. } = self.adapter.stream() {
                    self.counterpart
                        .streamed(&path, &self.markets, now, &mut said);
                }
                self.send(said, None);
                self.follow(&mut out, "the connection")
            }
            Flight::Message(message) => {
                self.played.messages += 1;
                self.heard = self.now;
                self.name(&message);
                let mut bytes = message.clone();
                // What cannot be read is told by events and actions, too.
                let _ = self.adapter.message(&mut bytes, now, &mut out);
                self.follow(&mut out, &String::from_utf8_lossy(&message))
            }
            Flight::Answer(id, body) => {
                let mut bytes = body.clone();
                let _ = self.adapter.answer(id, bytes.as_deref_mut(), now, &mut out);
                self.follow(
                    &mut out,
                    &String::from_utf8_lossy(body.as_deref().unwrap_or(b"no answer")),
                )
            }
        }
    }

    /// Does what the adapter asks and looks at what it says.
    fn follow(&mut self, out: &mut Output, after: &str) -> Result<(), Wrong> {
        for action in std::mem::take(&mut out.actions) {
            match action {
                Action::Send(text) => self.request(&text),
                Action::Fetch { id, path } => {
                    let now = TimestampNs(self.now);
                    let mut answer = self.counterpart.fetch(&path, &self.markets, now);
                    if self.faults.chance(self.faults.weather.unanswered) {
                        answer = None;
                    }
                    let mut delay = FLIGHT_NS + self.faults.below(2_000) * 1_000_000;
                    if self.faults.chance(self.faults.weather.slow) {
                        delay += self.faults.below(SLOW_NS_MAX);
                    }
                    self.flights
                        .push_back((self.now + delay, Flight::Answer(id, answer)));
                }
                Action::Reconnect { .. } => {
                    self.listen(out);
                    self.disconnect();
                    return self.look(after);
                }
            }
        }
        self.listen(out);
        self.look(after)
    }

    /// What the consumer makes of the events.
    fn listen(&mut self, out: &mut Output) {
        for event in &out.events {
            if let Some(listener) = &mut self.listener {
                listener(Some(event));
            }
            let known = |listing: &Listing| listing.instrument == event.instrument;
            let Some(place) = self.listings.iter().position(known) else {
                continue;
            };
            let witness = &mut self.witnesses[place];
            if matches!(event.data, MarketData::DepthSnapshot(_)) {
                // A document need not name its market.
                witness.named = self.now;
            }
            Book::follow(&mut witness.shown, &event.data);
            match &event.data {
                MarketData::DepthSnapshot(_) => {
                    // One of the same time may be of before what was lost.
                    witness.lacks = witness.lacks.filter(|sent| *sent >= event.ts_event);
                }
                MarketData::Gap => {
                    self.played.gaps += 1;
                    witness.touch = None;
                }
                MarketData::Quote(quote) => {
                    let level = |price, qty| Level { price, qty };
                    witness.touch = Some((
                        level(quote.bid, quote.bid_qty),
                        level(quote.ask, quote.ask_qty),
                    ));
                }
                MarketData::Trade(trade) => {
                    // In order, each once; some may be missing.
                    let rest = &witness.trades[witness.newest_trade as usize..];
                    match rest.iter().position(|known| is_told(known, trade)) {
                        Some(found) => witness.newest_trade += found as u64 + 1,
                        None => witness.newest_trade = u64::MAX,
                    }
                }
                _ => {}
            }
        }
        out.clear_events();
    }

    /// Holds what is shown against what was.
    fn look(&mut self, after: &str) -> Result<(), Wrong> {
        for place in 0..self.markets.len() {
            if self.witnesses[place].newest_trade == u64::MAX {
                return Err(self.wrong(place, "printed what never was, or twice", after));
            }
            let Some(shown) = self.shown(place) else {
                continue;
            };
            self.played.compared += 1;
            let witness = &mut self.witnesses[place];
            let Some(moments) = witness.past.get(&shown) else {
                if witness.lacks.is_some() {
                    self.played.unnoticed += 1;
                    continue;
                }
                return Err(self.wrong(place, "shows what the venue never had", after));
            };
            match moments.iter().find(|&&moment| moment >= witness.at) {
                Some(&moment) => witness.at = moment,
                None if witness.lacks.is_some() => self.played.unnoticed += 1,
                None => return Err(self.wrong(place, "went back in time", after)),
            }
        }
        Ok(())
    }

    /// Where every message arrives, and nothing is on its way, what is shown is the newest that the venue has.
    fn look_at_rest(&mut self) -> Result<(), Wrong> {
        if !self.is_faithful || !self.is_open || !self.flights.is_empty() {
            return Ok(());
        }
        let depth = self.counterpart.depth();
        for place in 0..self.markets.len() {
            let Some(shown) = self.shown(place) else {
                continue;
            };
            self.played.newest += 1;
            if shown != digest(&self.markets[place], depth, self.is_depth) {
                return Err(self.wrong(place, "shows what the venue has no more", "everything"));
            }
        }
        Ok(())
    }

    /// What the consumer knows of a market.
    fn shown(&self, place: usize) -> Option<u64> {
        let witness = &self.witnesses[place];
        if self.is_depth {
            let depth = self.counterpart.depth();
            witness.shown.as_ref().map(|book| digest_book(book, depth))
        } else {
            witness
                .touch
                .map(|(bid, ask)| digest_levels(&[bid], &[ask]))
        }
    }
}

/// Whether a print is told as it was; a venue need not say who crossed.
fn is_told(known: &Trade, told: &Trade) -> bool {
    let is_aggressor = told.aggressor == known.aggressor || told.aggressor == Aggressor::Unknown;
    is_aggressor && (told.price, told.qty) == (known.price, known.qty)
}

fn remember(witness: &mut Witness, market: &Market, depth: usize, is_depth: bool) {
    witness.moments += 1;
    if !market.can_be() {
        // Nobody may show it.
        return;
    }
    let digest = digest(market, depth, is_depth);
    let moments = witness.past.entry(digest).or_default();
    moments.push(witness.moments);
}

fn digest(market: &Market, depth: usize, is_depth: bool) -> u64 {
    digest_book(&market.book, if is_depth { depth } else { 1 })
}

fn digest_book(book: &Book, depth: usize) -> u64 {
    let best = |levels: &[Level]| levels.len().min(depth);
    digest_levels(
        &book.bids()[..best(book.bids())],
        &book.asks()[..best(book.asks())],
    )
}

/// FNV-1a over sides, prices and quantities.
fn digest_levels(bids: &[Level], asks: &[Level]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |value: i64| {
        hash = (hash ^ value as u64).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 29;
    };
    for levels in [bids, asks] {
        add(levels.len() as i64);
        for level in levels {
            add(level.price.0);
            add(level.qty.0);
        }
    }
    hash
}
