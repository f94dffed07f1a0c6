//! What a reviewer should look at before a competition is final.
//!
//! A [`Signal`] is never a verdict: it says what happened, how often and out of how many, and a person
//! decides. Facts are fed in order; the same facts give the same signals.
//!
//! | signal | counts | out of |
//! |---|---|---|
//! | opposite positions | times that two entrants held opposite positions of one instrument that were opened within `opposite_s` of each other | the fewer positions that one of the two opened |
//! | copied trades | fills of the one that a fill of the other preceded, same instrument and side, by at most `copied_s` | the one's fills |
//! | self matches | fills between two entrants of one owner or team, once for both sides | the fewer fills of the two |
//! | stale quotes | fills at a quote that was older than `stale_ms` | the entrant's fills |
//!
//! Memory is bounded by [`SignalLimits`]; what a limit made it miss is counted in [`Missed`].

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use types::{
    Codec, CodecError, InstrumentId, Ratio, Reader, Side, TeamId, TimestampNs, codec_enum,
    codec_struct,
};

use crate::board::ENTRANTS_MAX;
use crate::spec::{FieldError, check};

/// The longest span of seconds that two facts are compared over.
pub const SPAN_S_MAX: u32 = 3_600;

/// When something is worth a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalRules {
    /// Seconds between two openings, at most.
    pub opposite_s: u32,
    /// Seconds between a fill and its copy, at most.
    pub copied_s: u32,
    /// Milliseconds that a quote may be old.
    pub stale_ms: u32,
    /// A signal needs so many, from 1.
    pub count_min: u32,
    /// A signal needs this share, in [0, 1].
    pub share_min: Ratio,
}

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalLimits {
    /// Pairs of entrants for each kind of signal. A new pair in a full table first drops the weaker half:
    /// the lowest counts, among equal ones those seen longest ago.
    pub pairs_max: u32,
    /// Open positions. One more is not looked at.
    pub positions_max: u32,
    /// Fills of one instrument and side that later ones are compared with. One more drops the oldest.
    pub recent_max: u32,
    /// Opposite positions that a position is compared with when it closes: those opened first.
    pub opposite_max: u32,
    /// Instruments. Fills of one more are not compared.
    pub instruments_max: u32,
}

/// Something that happened. Times never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Somebody entered.
    Entered {
        /// The entrant.
        entrant: u32,
        /// Whose account it is.
        owner: u32,
        /// Its team.
        team: Option<TeamId>,
    },
    /// A position was opened from flat; a flip is a close and an open.
    Opened {
        /// The entrant.
        entrant: u32,
        /// When.
        ts: TimestampNs,
        /// Of what.
        instrument: InstrumentId,
        /// [`Side::Buy`] for a long position.
        side: Side,
    },
    /// A position is flat again.
    Closed {
        /// The entrant.
        entrant: u32,
        /// When.
        ts: TimestampNs,
        /// Of what.
        instrument: InstrumentId,
        /// The side that it was on.
        side: Side,
    },
    /// An order was filled.
    Filled {
        /// The entrant.
        entrant: u32,
        /// When.
        ts: TimestampNs,
        /// Of what.
        instrument: InstrumentId,
        /// The order's.
        side: Side,
        /// How old the quote was that it was filled at, if it was filled at a quote.
        quote_age_ns: Option<u64>,
        /// Who was on the other side, if it was an entrant.
        counterparty: Option<u32>,
    },
}

/// What a signal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalKind {
    /// The entrant and the other held opposite positions.
    OppositePositions,
    /// The entrant's fills followed those of the other.
    CopiedTrades,
    /// The entrant and the other, of one owner or team, traded with each other.
    SelfMatches,
    /// The entrant was filled at old quotes.
    StaleQuotes,
}

/// Something for a person to look into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// What it is about.
    pub kind: SignalKind,
    /// Whom it is about; the lower number where both are alike.
    pub entrant: u32,
    /// And whom else; the entrant itself where both sides of a fill were its own.
    pub other: Option<u32>,
    /// How often.
    pub count: u32,
    /// Out of how many.
    pub of: u32,
    /// `count / of`, rounded down, at most one: a position can be opposite to several.
    pub share: Ratio,
    /// For how long opposite positions were held at once, all together; else 0.
    pub overlap_ns: u64,
    /// When it began first.
    pub first: TimestampNs,
    /// When it ended last.
    pub last: TimestampNs,
}

/// How often a limit kept something from being looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missed {
    /// Pairs dropped from a full table, with their counts.
    pub pairs: u64,
    /// Positions that were not looked at.
    pub positions: u64,
    /// Fills dropped while later ones could still have followed them.
    pub recent: u64,
    /// Positions that more were opposite to than are compared.
    pub opposite: u64,
    /// Fills of instruments that are not compared.
    pub instruments: u64,
}

/// What a reviewer gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What is worth a look, the strongest first.
    pub signals: Vec<Signal>,
    /// What was not looked at.
    pub missed: Missed,
}

/// Why a fact is not accepted. Nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactRefusal {
    /// Time went back.
    #[error("the fact is older than the one before")]
    OutOfOrder,
    /// Numbers of entrants are given from 0 on, one by one.
    #[error("entrant {0} does not follow the one before, or is past the most that may enter")]
    NotNext(u32),
    /// Nobody has this number.
    #[error("there is no entrant {0}")]
    UnknownEntrant(u32),
    /// Such a position was opened before.
    #[error("entrant {0} has this position already")]
    IsOpen(u32),
}

codec_struct!(SignalRules {
    opposite_s,
    copied_s,
    stale_ms,
    count_min,
    share_min
});
codec_struct!(SignalLimits {
    pairs_max,
    positions_max,
    recent_max,
    opposite_max,
    instruments_max
});
codec_enum!(Fact {
    0 => Entered { entrant, owner, team },
    1 => Opened { entrant, ts, instrument, side },
    2 => Closed { entrant, ts, instrument, side },
    3 => Filled { entrant, ts, instrument, side, quote_age_ns, counterparty },
});
codec_enum!(SignalKind {
    0 => OppositePositions,
    1 => CopiedTrades,
    2 => SelfMatches,
    3 => StaleQuotes,
});
codec_struct!(Signal {
    kind,
    entrant,
    other,
    count,
    of,
    share,
    overlap_ns,
    first,
    last
});
codec_struct!(Missed {
    pairs,
    positions,
    recent,
    opposite,
    instruments
});
codec_struct!(Report { signals, missed });

impl SignalRules {
    /// Opened within five seconds, copied within five seconds, quotes older than half a second; five
    /// times and a tenth.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            opposite_s: 5,
            copied_s: 5,
            stale_ms: 500,
            count_min: 5,
            share_min: Ratio::percent(10),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is not accepted.
    pub fn validate(&self) -> Result<(), FieldError> {
        let spans = [
            ("integrity.opposite_s", self.opposite_s),
            ("integrity.copied_s", self.copied_s),
        ];
        for (path, span) in spans {
            check(span <= SPAN_S_MAX, path, &span, "at most 3600")?;
        }
        check(
            self.count_min > 0,
            "integrity.count_min",
            &self.count_min,
            "1 or more",
        )?;
        let is_share = self.share_min >= Ratio::ZERO && self.share_min <= Ratio::ONE;
        check(is_share, "integrity.share_min", &self.share_min, "0 to 1")
    }
}

impl Default for SignalLimits {
    fn default() -> Self {
        Self {
            pairs_max: 65_536,
            positions_max: 1_000_000,
            recent_max: 64,
            opposite_max: 64,
            instruments_max: 4_096,
        }
    }
}

/// What is remembered of the facts so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    rules: SignalRules,
    limits: SignalLimits,
    now: TimestampNs,
    entrants: Vec<Entrant>,
    /// When a position was opened, by entrant, instrument and whether it is long.
    positions: BTreeMap<(u32, InstrumentId, bool), TimestampNs>,
    /// The same by instrument, side and time.
    by_time: BTreeSet<(InstrumentId, bool, TimestampNs, u32)>,
    /// The last fills by instrument and whether they bought, the oldest first.
    recent: BTreeMap<(InstrumentId, bool), VecDeque<RecentFill>>,
    opposite: PairTable,
    /// By follower and leader.
    copied: PairTable,
    matched: PairTable,
    missed: Missed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entrant {
    owner: u32,
    team: Option<TeamId>,
    fills: u32,
    opened: u32,
    stale: Tally,
}

codec_struct!(Entrant {
    owner,
    team,
    fills,
    opened,
    stale
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RecentFill {
    ts: TimestampNs,
    entrant: u32,
}

codec_struct!(RecentFill { ts, entrant });

/// How often, for how long, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally {
    count: u32,
    overlap_ns: u64,
    first: TimestampNs,
    last: TimestampNs,
}

codec_struct!(Tally {
    count,
    overlap_ns,
    first,
    last
});

impl Tally {
    fn add(&mut self, from: TimestampNs, to: TimestampNs, overlap_ns: u64) {
        self.first = match self.count {
            0 => from,
            _ => self.first.min(from),
        };
        self.last = self.last.max(to);
        self.count = self.count.saturating_add(1);
        self.overlap_ns = self.overlap_ns.saturating_add(overlap_ns);
    }
}

/// Tallies of pairs, at most so many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct PairTable {
    rows: BTreeMap<(u32, u32), Tally>,
}

impl PairTable {
    /// The pair's tally, and how many pairs were dropped to have room for it.
    fn row(&mut self, pair: (u32, u32), pairs_max: u32) -> (&mut Tally, u64) {
        let mut dropped = 0;
        if self.rows.len() >= pairs_max.max(2) as usize && !self.rows.contains_key(&pair) {
            let mut rows: Vec<_> = self.rows.iter().map(|(pair, row)| (*pair, *row)).collect();
            rows.sort_unstable_by_key(|(pair, row)| (Reverse((row.count, row.last)), *pair));
            let weaker = rows.split_off(pairs_max.max(2) as usize / 2);
            dropped = weaker.len() as u64;
            self.rows = rows.into_iter().collect();
        }
        (self.rows.entry(pair).or_default(), dropped)
    }
}

impl Integrity {
    /// Nothing seen yet.
    pub const fn new(rules: SignalRules, limits: SignalLimits) -> Self {
        Self {
            rules,
            limits,
            now: TimestampNs(0),
            entrants: Vec::new(),
            positions: BTreeMap::new(),
            by_time: BTreeSet::new(),
            recent: BTreeMap::new(),
            opposite: PairTable {
                rows: BTreeMap::new(),
            },
            copied: PairTable {
                rows: BTreeMap::new(),
            },
            matched: PairTable {
                rows: BTreeMap::new(),
            },
            missed: Missed {
                pairs: 0,
                positions: 0,
                recent: 0,
                opposite: 0,
                instruments: 0,
            },
        }
    }

    /// This happened.
    ///
    /// # Errors
    /// When it cannot have; nothing is remembered of it.
    pub fn observe(&mut self, fact: Fact) -> Result<(), FactRefusal> {
        match fact {
            Fact::Entered {
                entrant,
                owner,
                team,
            } => {
                if entrant as usize != self.entrants.len() || entrant >= ENTRANTS_MAX {
                    return Err(FactRefusal::NotNext(entrant));
                }
                self.entrants.push(Entrant {
                    owner,
                    team,
                    fills: 0,
                    opened: 0,
                    stale: Tally::default(),
                });
            }
            Fact::Opened {
                entrant,
                ts,
                instrument,
                side,
            } => {
                self.check(entrant, ts)?;
                let position = (entrant, instrument, side == Side::Buy);
                if self.positions.contains_key(&position) {
                    return Err(FactRefusal::IsOpen(entrant));
                }
                self.now = ts;
                self.open(position, ts);
            }
            Fact::Closed {
                entrant,
                ts,
                instrument,
                side,
            } => {
                self.check(entrant, ts)?;
                self.now = ts;
                self.close((entrant, instrument, side == Side::Buy), ts);
            }
            Fact::Filled {
                entrant,
                ts,
                instrument,
                side,
                quote_age_ns,
                counterparty,
            } => {
                self.check(entrant, ts)?;
                if let Some(other) = counterparty {
                    self.check(other, ts)?;
                }
                self.now = ts;
                self.fill(entrant, ts, quote_age_ns);
                self.compare((instrument, side == Side::Buy), entrant, ts);
                // Both sides of a match tell it; the buyer's word counts.
                if let (Some(other), Side::Buy) = (counterparty, side) {
                    self.match_with(entrant, other, ts);
                }
            }
        }
        Ok(())
    }

    /// What is worth a look, the highest share first, then the highest count, then by kind and entrants.
    /// Positions that are open count as if they were closed at `at`.
    pub fn report(&self, at: TimestampNs) -> Report {
        let mut closed = self.clone();
        let open: Vec<_> = self.positions.keys().copied().collect();
        for position in open {
            closed.close(position, at.max(self.now));
        }
        let mut signals = Vec::new();
        let fills = |entrant: u32| self.entrants[entrant as usize].fills;
        let opened = |entrant: u32| self.entrants[entrant as usize].opened;
        for (&(a, b), tally) in &closed.opposite.rows {
            let of = opened(a).min(opened(b));
            signals.push(tally.signal(SignalKind::OppositePositions, a, Some(b), of));
        }
        for (&(follower, leader), tally) in &closed.copied.rows {
            let of = fills(follower);
            signals.push(tally.signal(SignalKind::CopiedTrades, follower, Some(leader), of));
        }
        for (&(a, b), tally) in &closed.matched.rows {
            let of = fills(a).min(fills(b));
            signals.push(tally.signal(SignalKind::SelfMatches, a, Some(b), of));
        }
        for (entrant, row) in (0..).zip(&closed.entrants) {
            let stale = row.stale;
            signals.push(stale.signal(SignalKind::StaleQuotes, entrant, None, row.fills));
        }
        signals.retain(|signal| {
            signal.count >= self.rules.count_min.max(1) && signal.share >= self.rules.share_min
        });
        signals.sort_unstable_by_key(|signal| {
            let strength = Reverse((signal.share, signal.count));
            (strength, signal.kind, signal.entrant, signal.other)
        });
        Report {
            signals,
            missed: closed.missed,
        }
    }

    fn check(&self, entrant: u32, ts: TimestampNs) -> Result<(), FactRefusal> {
        if entrant as usize >= self.entrants.len() {
            Err(FactRefusal::UnknownEntrant(entrant))
        } else if ts < self.now {
            Err(FactRefusal::OutOfOrder)
        } else {
            Ok(())
        }
    }

    fn open(&mut self, position: (u32, InstrumentId, bool), ts: TimestampNs) {
        let (entrant, instrument, is_long) = position;
        let row = &mut self.entrants[entrant as usize];
        row.opened = row.opened.saturating_add(1);
        if self.positions.len() >= self.limits.positions_max as usize {
            self.missed.positions += 1;
            return;
        }
        self.positions.insert(position, ts);
        self.by_time.insert((instrument, is_long, ts, entrant));
    }

    /// A pair of opposite positions ends when the first of the two closes.
    fn close(&mut self, position: (u32, InstrumentId, bool), now: TimestampNs) {
        let Some(opened) = self.positions.remove(&position) else {
            return;
        };
        let (entrant, instrument, is_long) = position;
        self.by_time.remove(&(instrument, is_long, opened, entrant));
        let span = nanos(self.rules.opposite_s);
        let earliest = TimestampNs(opened.0.saturating_sub(span));
        let latest = TimestampNs(opened.0.saturating_add(span));
        let near = self
            .by_time
            .range((instrument, !is_long, earliest, 0)..=(instrument, !is_long, latest, u32::MAX));
        let mut others = near
            .map(|&(.., ts, other)| (ts, other))
            .filter(|(_, other)| *other != entrant);
        for (ts, other) in others.by_ref().take(self.limits.opposite_max as usize) {
            let began = ts.max(opened);
            let overlap = now.0.saturating_sub(began.0);
            let pair = (entrant.min(other), entrant.max(other));
            let (tally, dropped) = self.opposite.row(pair, self.limits.pairs_max);
            tally.add(began, now, overlap);
            self.missed.pairs += dropped;
        }
        self.missed.opposite += u64::from(others.next().is_some());
    }

    fn fill(&mut self, entrant: u32, ts: TimestampNs, quote_age_ns: Option<u64>) {
        let row = &mut self.entrants[entrant as usize];
        row.fills = row.fills.saturating_add(1);
        let allowed = u64::from(self.rules.stale_ms) * 1_000_000;
        if quote_age_ns.is_some_and(|age| age > allowed) {
            row.stale.add(ts, ts, 0);
        }
    }

    /// Every entrant with a fill shortly before is followed, once.
    fn compare(&mut self, market: (InstrumentId, bool), follower: u32, ts: TimestampNs) {
        let markets_max = 2 * self.limits.instruments_max as usize;
        if self.recent.len() >= markets_max && !self.recent.contains_key(&market) {
            self.missed.instruments += 1;
            return;
        }
        let recent = self.recent.entry(market).or_default();
        let earliest = ts.0.saturating_sub(nanos(self.rules.copied_s));
        while recent.front().is_some_and(|fill| fill.ts.0 < earliest) {
            recent.pop_front();
        }
        for (index, fill) in recent.iter().enumerate() {
            let leader = fill.entrant;
            let is_again = recent.iter().take(index).any(|one| one.entrant == leader);
            if leader != follower && !is_again {
                let pair = (follower, leader);
                let (tally, dropped) = self.copied.row(pair, self.limits.pairs_max);
                tally.add(ts, ts, 0);
                self.missed.pairs += dropped;
            }
        }
        if recent.len() >= self.limits.recent_max.max(1) as usize {
            recent.pop_front();
            self.missed.recent += 1;
        }
        recent.push_back(RecentFill {
            ts,
            entrant: follower,
        });
    }

    fn match_with(&mut self, entrant: u32, other: u32, ts: TimestampNs) {
        let one = &self.entrants[entrant as usize];
        let two = &self.entrants[other as usize];
        if one.owner != two.owner && (one.team.is_none() || one.team != two.team) {
            return;
        }
        let pair = (entrant.min(other), entrant.max(other));
        let (tally, dropped) = self.matched.row(pair, self.limits.pairs_max);
        tally.add(ts, ts, 0);
        self.missed.pairs += dropped;
    }
}

impl Tally {
    fn signal(&self, kind: SignalKind, entrant: u32, other: Option<u32>, of: u32) -> Signal {
        let of = of.max(1);
        let share = u64::from(self.count) * Ratio::ONE.0 as u64 / u64::from(of);
        Signal {
            kind,
            entrant,
            other,
            count: self.count,
            of,
            share: Ratio(share as i64).min(Ratio::ONE),
            overlap_ns: self.overlap_ns,
            first: self.first,
            last: self.last,
        }
    }
}

const fn nanos(seconds: u32) -> u64 {
    seconds as u64 * 1_000_000_000
}

/// The rows of the maps in their order; the index by time is made anew.
impl Codec for Integrity {
    fn encode(&self, out: &mut Vec<u8>) {
        self.rules.encode(out);
        self.limits.encode(out);
        self.now.encode(out);
        self.entrants.encode(out);
        (self.positions.len() as u32).encode(out);
        for (&(entrant, instrument, is_long), ts) in &self.positions {
            entrant.encode(out);
            instrument.encode(out);
            is_long.encode(out);
            ts.encode(out);
        }
        (self.recent.len() as u32).encode(out);
        for (&(instrument, is_buy), fills) in &self.recent {
            instrument.encode(out);
            is_buy.encode(out);
            (fills.len() as u32).encode(out);
            for fill in fills {
                fill.encode(out);
            }
        }
        for table in [&self.opposite, &self.copied, &self.matched] {
            table.encode(out);
        }
        self.missed.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut integrity = Self::new(Codec::decode(reader)?, Codec::decode(reader)?);
        integrity.now = Codec::decode(reader)?;
        integrity.entrants = Codec::decode(reader)?;
        for _ in 0..u32::decode(reader)? {
            let (entrant, instrument) = (u32::decode(reader)?, InstrumentId::decode(reader)?);
            let (is_long, ts) = (bool::decode(reader)?, TimestampNs::decode(reader)?);
            integrity.check_row(entrant)?;
            let position = (entrant, instrument, is_long);
            append(&mut integrity.positions, position, ts)?;
            integrity.by_time.insert((instrument, is_long, ts, entrant));
        }
        for _ in 0..u32::decode(reader)? {
            let market = (InstrumentId::decode(reader)?, bool::decode(reader)?);
            let fills: Vec<RecentFill> = Codec::decode(reader)?;
            for fill in &fills {
                integrity.check_row(fill.entrant)?;
            }
            append(&mut integrity.recent, market, fills.into())?;
        }
        integrity.opposite = Codec::decode(reader)?;
        integrity.copied = Codec::decode(reader)?;
        integrity.matched = Codec::decode(reader)?;
        for table in [&integrity.opposite, &integrity.copied, &integrity.matched] {
            for &(one, other) in table.rows.keys() {
                integrity.check_row(one.max(other))?;
            }
        }
        integrity.missed = Codec::decode(reader)?;
        Ok(integrity)
    }
}

impl Integrity {
    /// Whether bytes name an entrant that there is.
    fn check_row(&self, entrant: u32) -> Result<(), CodecError> {
        if (entrant as usize) < self.entrants.len() {
            Ok(())
        } else {
            Err(CodecError::Invalid("entrant"))
        }
    }
}

impl Codec for PairTable {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.rows.len() as u32).encode(out);
        for ((one, other), tally) in &self.rows {
            one.encode(out);
            other.encode(out);
            tally.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut rows = BTreeMap::new();
        for _ in 0..u32::decode(reader)? {
            let pair = (u32::decode(reader)?, u32::decode(reader)?);
            append(&mut rows, pair, Tally::decode(reader)?)?;
        }
        Ok(Self { rows })
    }
}

/// Adds a row that must come after all others, so that equal maps have equal bytes.
fn append<K: Ord, V>(rows: &mut BTreeMap<K, V>, key: K, value: V) -> Result<(), CodecError> {
    if rows.last_key_value().is_some_and(|(last, _)| *last >= key) {
        return Err(CodecError::Invalid("order of rows"));
    }
    rows.insert(key, value);
    Ok(())
}
