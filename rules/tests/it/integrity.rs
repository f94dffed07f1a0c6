//! Signals for a reviewer: short stories, and every pair of facts compared with every other.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use proptest::prelude::*;
use rules::integrity::{FactRefusal, Report};
use rules::{Fact, Integrity, Missed, Signal, SignalKind, SignalLimits, SignalRules};
use types::{Codec, InstrumentId, Ratio, Side, TeamId, TimestampNs};

const fn second(second: u64) -> TimestampNs {
    TimestampNs(second * 1_000_000_000)
}

/// Everything is worth a signal.
const ALL: SignalRules = SignalRules {
    opposite_s: 5,
    copied_s: 2,
    stale_ms: 500,
    count_min: 1,
    share_min: Ratio::ZERO,
};

fn entered(entrant: u32, owner: u32, team: Option<u32>) -> Fact {
    Fact::Entered {
        entrant,
        owner,
        team: team.map(TeamId),
    }
}

fn opened(entrant: u32, at: u64, side: Side) -> Fact {
    Fact::Opened {
        entrant,
        ts: second(at),
        instrument: InstrumentId(0),
        side,
    }
}

fn closed(entrant: u32, at: u64, side: Side) -> Fact {
    Fact::Closed {
        entrant,
        ts: second(at),
        instrument: InstrumentId(0),
        side,
    }
}

fn filled(entrant: u32, at: u64, side: Side) -> Fact {
    Fact::Filled {
        entrant,
        ts: second(at),
        instrument: InstrumentId(0),
        side,
        quote_age_ns: None,
        counterparty: None,
    }
}

fn matched(entrant: u32, at: u64, side: Side, other: u32) -> Fact {
    Fact::Filled {
        entrant,
        ts: second(at),
        instrument: InstrumentId(0),
        side,
        quote_age_ns: None,
        counterparty: Some(other),
    }
}

fn fed(rules: SignalRules, limits: SignalLimits, facts: &[Fact]) -> Integrity {
    let mut integrity = Integrity::new(rules, limits);
    for fact in facts {
        assert_eq!(integrity.observe(*fact), Ok(()));
    }
    integrity
}

fn strangers(count: u32) -> Vec<Fact> {
    (0..count).map(|id| entered(id, id, None)).collect()
}

#[test]
fn two_that_take_both_sides_again_and_again() {
    let mut facts = strangers(3);
    for round in 0..4 {
        let start = round * 100;
        // Opened 3 s apart and held together for 40 s; the third opens too late.
        facts.push(opened(0, start, Side::Buy));
        facts.push(opened(1, start + 3, Side::Sell));
        facts.push(opened(2, start + 6, Side::Sell));
        facts.push(closed(0, start + 43, Side::Buy));
        facts.push(closed(1, start + 50, Side::Sell));
        facts.push(closed(2, start + 50, Side::Sell));
    }
    // A fifth position of the first, alone.
    facts.push(opened(0, 400, Side::Buy));
    let integrity = fed(ALL, SignalLimits::default(), &facts);
    let signal = Signal {
        kind: SignalKind::OppositePositions,
        entrant: 0,
        other: Some(1),
        count: 4,
        of: 4,
        share: Ratio::ONE,
        overlap_ns: 160_000_000_000,
        first: second(3),
        last: second(343),
    };
    assert_eq!(integrity.report(second(500)).signals, [signal]);
    assert_eq!(integrity.report(second(500)).missed, Missed::default());
    assert_eq!(Signal::from_bytes(&signal.to_bytes()), Ok(signal));
    assert_eq!(Integrity::from_bytes(&integrity.to_bytes()), Ok(integrity));
}

#[test]
fn positions_that_are_open_count_up_to_now() {
    let facts = [
        strangers(2),
        vec![opened(0, 10, Side::Sell), opened(1, 15, Side::Buy)],
    ]
    .concat();
    let integrity = fed(ALL, SignalLimits::default(), &facts);
    let overlap = |at| integrity.report(second(at)).signals[0].overlap_ns;
    assert_eq!(overlap(20), 5_000_000_000);
    assert_eq!(overlap(75), 60_000_000_000);
}

#[test]
fn one_that_follows_another() {
    let mut facts = strangers(2);
    for round in 0..3 {
        facts.push(filled(0, round * 10, Side::Buy));
        facts.push(filled(1, round * 10 + 2, Side::Buy));
    }
    // Too late, another side, and one that the other follows.
    facts.push(filled(0, 100, Side::Buy));
    facts.push(filled(1, 103, Side::Buy));
    facts.push(filled(1, 200, Side::Sell));
    facts.push(filled(0, 200, Side::Sell));
    let integrity = fed(ALL, SignalLimits::default(), &facts);
    let row = |signal: &Signal| (signal.entrant, signal.other, signal.count, signal.of);
    let signals: Vec<_> = integrity
        .report(second(300))
        .signals
        .iter()
        .map(row)
        .collect();
    assert_eq!(signals, [(1, Some(0), 3, 5), (0, Some(1), 1, 5)]);
    let strict = SignalRules {
        count_min: 2,
        share_min: Ratio::percent(60),
        ..ALL
    };
    let integrity = fed(strict, SignalLimits::default(), &facts);
    assert_eq!(integrity.report(second(300)).signals.len(), 1);
    let stricter = SignalRules {
        share_min: Ratio::percent(61),
        ..strict
    };
    let integrity = fed(stricter, SignalLimits::default(), &facts);
    assert_eq!(integrity.report(second(300)).signals, []);
}

#[test]
fn matches_within_an_owner_or_a_team_count_once_for_both_sides() {
    let facts = [
        entered(0, 7, None),
        entered(1, 7, None),
        entered(2, 8, Some(1)),
        entered(3, 9, Some(1)),
        entered(4, 5, None),
        matched(0, 1, Side::Buy, 1),
        matched(1, 1, Side::Sell, 0),
        matched(3, 11, Side::Sell, 2),
        matched(2, 11, Side::Buy, 3),
        matched(2, 21, Side::Buy, 4),
        matched(4, 21, Side::Sell, 2),
    ];
    let integrity = fed(ALL, SignalLimits::default(), &facts);
    let signals = integrity.report(second(30)).signals;
    let row = |signal: &Signal| (signal.kind, signal.entrant, signal.other, signal.count);
    let rows: Vec<_> = signals.iter().map(row).collect();
    let kind = SignalKind::SelfMatches;
    assert_eq!(rows, [(kind, 0, Some(1), 1), (kind, 2, Some(3), 1)]);
}

#[test]
fn fills_at_old_quotes() {
    let mut facts = strangers(1);
    for (at, age_ms) in [(1, 500), (2, 501), (3, 9_000), (4, 1)] {
        facts.push(Fact::Filled {
            entrant: 0,
            ts: second(at),
            instrument: InstrumentId(0),
            side: Side::Buy,
            quote_age_ns: Some(age_ms * 1_000_000),
            counterparty: None,
        });
    }
    let integrity = fed(ALL, SignalLimits::default(), &facts);
    let signal = integrity.report(second(9)).signals[0];
    assert_eq!((signal.kind, signal.other), (SignalKind::StaleQuotes, None));
    assert_eq!((signal.count, signal.of), (2, 4));
    assert_eq!(signal.share, Ratio::percent(50));
    assert_eq!((signal.first, signal.last), (second(2), second(3)));
}

#[test]
fn facts_that_cannot_be_are_refused() {
    let mut integrity = fed(ALL, SignalLimits::default(), &strangers(2));
    let before = integrity.clone();
    let mut refused = |fact| integrity.observe(fact).unwrap_err();
    assert_eq!(refused(entered(3, 0, None)), FactRefusal::NotNext(3));
    assert_eq!(refused(entered(1, 0, None)), FactRefusal::NotNext(1));
    let unknown = FactRefusal::UnknownEntrant(2);
    assert_eq!(refused(filled(2, 1, Side::Buy)), unknown);
    assert_eq!(refused(matched(0, 1, Side::Buy, 2)), unknown);
    assert_eq!(refused(closed(2, 1, Side::Buy)), unknown);
    assert_eq!(integrity, before);
    integrity.observe(opened(0, 5, Side::Buy)).unwrap();
    let mut refused = |fact| integrity.observe(fact).unwrap_err();
    assert_eq!(refused(opened(0, 6, Side::Buy)), FactRefusal::IsOpen(0));
    assert_eq!(refused(filled(1, 4, Side::Buy)), FactRefusal::OutOfOrder);
    // A close that no open came before is no error: a limit may have kept the open out.
    assert_eq!(integrity.observe(closed(1, 5, Side::Buy)), Ok(()));
}

#[test]
fn a_full_table_keeps_the_stronger_half() {
    let limits = SignalLimits {
        pairs_max: 4,
        ..SignalLimits::default()
    };
    let mut facts = strangers(12);
    // Entrant 1 follows 0 three times; 2 to 5 follow one another once each, far apart.
    for round in 0..3 {
        facts.push(filled(0, round * 10, Side::Buy));
        facts.push(filled(1, round * 10, Side::Buy));
    }
    for pair in 1..=4 {
        facts.push(filled(2 * pair, u64::from(pair) * 100, Side::Buy));
        facts.push(filled(2 * pair + 1, u64::from(pair) * 100, Side::Buy));
    }
    let integrity = fed(ALL, limits, &facts);
    // The fifth pair found (1, 0), (3, 2), (5, 4), (7, 6): the first is the strongest, the last the
    // latest of the others.
    let mut pairs: Vec<_> = integrity
        .report(second(999))
        .signals
        .iter()
        .map(|signal| (signal.entrant, signal.other, signal.count))
        .collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [(1, Some(0), 3), (7, Some(6), 1), (9, Some(8), 1)]);
    assert_eq!(integrity.report(second(999)).missed.pairs, 2);
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let why = |change: fn(&mut SignalRules)| {
        let mut rules = SignalRules::standard();
        change(&mut rules);
        assert_eq!(SignalRules::from_bytes(&rules.to_bytes()), Ok(rules));
        rules.validate().map_err(|error| error.path)
    };
    assert_eq!(why(|_| {}), Ok(()));
    assert_eq!(
        why(|rules| rules.opposite_s = 3_601),
        Err("integrity.opposite_s")
    );
    assert_eq!(
        why(|rules| rules.copied_s = 3_601),
        Err("integrity.copied_s")
    );
    assert_eq!(why(|rules| rules.count_min = 0), Err("integrity.count_min"));
    assert_eq!(
        why(|rules| rules.share_min = Ratio(1_000_000_001)),
        Err("integrity.share_min")
    );
}

/// Every fact compared with every other.
mod pairwise {
    use super::*;

    struct Position {
        entrant: u32,
        instrument: InstrumentId,
        side: Side,
        opened: (usize, u64),
        closed: (usize, u64),
    }

    /// The positions, with those that are open closed in the end at `at`.
    fn positions(facts: &[Fact], at: TimestampNs) -> Vec<Position> {
        let mut positions = Vec::new();
        for (index, fact) in facts.iter().enumerate() {
            let Fact::Opened {
                entrant,
                ts,
                instrument,
                side,
            } = *fact
            else {
                continue;
            };
            let close = facts
                .iter()
                .enumerate()
                .skip(index)
                .find_map(|(end, fact)| match *fact {
                    Fact::Closed {
                        entrant: who,
                        ts,
                        instrument: what,
                        side: which,
                    } if (who, what, which) == (entrant, instrument, side) => Some((end, ts.0)),
                    _ => None,
                });
            positions.push(Position {
                entrant,
                instrument,
                side,
                opened: (index, ts.0),
                closed: close.unwrap_or((facts.len(), at.0)),
            });
        }
        positions
    }

    type Found = BTreeMap<(SignalKind, u32, Option<u32>), Vec<(u64, u64)>>;

    fn found(facts: &[Fact], rules: SignalRules, at: TimestampNs) -> Found {
        let mut found: Found = BTreeMap::new();
        let mut add = |kind, entrant, other, from, to| {
            found
                .entry((kind, entrant, other))
                .or_default()
                .push((from, to));
        };
        let positions = positions(facts, at);
        for (index, one) in positions.iter().enumerate() {
            for two in &positions[index + 1..] {
                let near = one.opened.1.abs_diff(two.opened.1)
                    <= u64::from(rules.opposite_s) * 1_000_000_000;
                let together = one.opened.0.max(two.opened.0) < one.closed.0.min(two.closed.0);
                if near
                    && together
                    && one.instrument == two.instrument
                    && one.side != two.side
                    && one.entrant != two.entrant
                {
                    let (low, high) = (one.entrant.min(two.entrant), one.entrant.max(two.entrant));
                    let (from, to) = (
                        one.opened.1.max(two.opened.1),
                        one.closed.1.min(two.closed.1),
                    );
                    add(SignalKind::OppositePositions, low, Some(high), from, to);
                }
            }
        }
        let (mut owners, mut teams) = (Vec::new(), Vec::new());
        for (index, fact) in facts.iter().enumerate() {
            match *fact {
                Fact::Entered { owner, team, .. } => {
                    owners.push(owner);
                    teams.push(team);
                }
                Fact::Filled {
                    entrant,
                    ts,
                    instrument,
                    side,
                    quote_age_ns,
                    counterparty,
                } => {
                    for leader in (0..owners.len() as u32).filter(|leader| *leader != entrant) {
                        let is_led = facts[..index].iter().any(|before| match *before {
                            Fact::Filled {
                                entrant: who,
                                ts: when,
                                instrument: what,
                                side: which,
                                ..
                            } => {
                                (who, what, which) == (leader, instrument, side)
                                    && ts.0 - when.0 <= u64::from(rules.copied_s) * 1_000_000_000
                            }
                            _ => false,
                        });
                        if is_led {
                            add(SignalKind::CopiedTrades, entrant, Some(leader), ts.0, ts.0);
                        }
                    }
                    if quote_age_ns.is_some_and(|age| age > u64::from(rules.stale_ms) * 1_000_000) {
                        add(SignalKind::StaleQuotes, entrant, None, ts.0, ts.0);
                    }
                    if let (Side::Buy, Some(other)) = (side, counterparty) {
                        let (a, b) = (entrant as usize, other as usize);
                        if owners[a] == owners[b] || teams[a].is_some() && teams[a] == teams[b] {
                            let (low, high) = (entrant.min(other), entrant.max(other));
                            add(SignalKind::SelfMatches, low, Some(high), ts.0, ts.0);
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    pub(super) fn signals(facts: &[Fact], rules: SignalRules, at: TimestampNs) -> Vec<Signal> {
        let count =
            |wanted: &dyn Fn(&Fact) -> bool| facts.iter().filter(|fact| wanted(fact)).count();
        let opened =
            |id| count(&|fact| matches!(fact, Fact::Opened { entrant, .. } if *entrant == id));
        let fills =
            |id| count(&|fact| matches!(fact, Fact::Filled { entrant, .. } if *entrant == id));
        let mut signals: Vec<Signal> = found(facts, rules, at)
            .into_iter()
            .map(|((kind, entrant, other), spans)| {
                let second = other.unwrap_or(entrant);
                let of = match kind {
                    SignalKind::OppositePositions => opened(entrant).min(opened(second)),
                    SignalKind::SelfMatches => fills(entrant).min(fills(second)),
                    SignalKind::CopiedTrades | SignalKind::StaleQuotes => fills(entrant),
                };
                let count = spans.len();
                Signal {
                    kind,
                    entrant,
                    other,
                    count: count as u32,
                    of: of.max(1) as u32,
                    share: Ratio(
                        (count as i64 * 1_000_000_000 / of.max(1) as i64).min(1_000_000_000),
                    ),
                    overlap_ns: spans.iter().map(|(from, to)| to - from).sum(),
                    first: TimestampNs(spans.iter().map(|span| span.0).min().unwrap()),
                    last: TimestampNs(spans.iter().map(|span| span.1).max().unwrap()),
                }
            })
            .filter(|signal| signal.count >= rules.count_min && signal.share >= rules.share_min)
            .collect();
        signals.sort_by_key(|signal| (signal.kind, signal.entrant, signal.other));
        signals.sort_by_key(|signal| Reverse((signal.share, signal.count)));
        signals
    }
}

const ENTRANTS: u32 = 6;

/// A random fact of some entrant, so many milliseconds after the one before.
fn fact() -> impl Strategy<Value = (u64, u32, Fact)> {
    let place = (0..ENTRANTS, 0_u32..2, any::<bool>());
    let kind = prop_oneof![
        3 => Just((0_u8, None, None)),
        2 => Just((1, None, None)),
        4 => (prop::option::of(0_u64..1_000_000_000), prop::option::weighted(0.3, 0..ENTRANTS))
            .prop_map(|(age, other)| (2, age, other)),
    ];
    (0_u64..2_500, place, kind).prop_map(|(later, (entrant, instrument, buys), kind)| {
        let instrument = InstrumentId(instrument);
        let side = if buys { Side::Buy } else { Side::Sell };
        let ts = TimestampNs(0);
        let fact = match kind {
            (0, ..) => Fact::Opened {
                entrant,
                ts,
                instrument,
                side,
            },
            (1, ..) => Fact::Closed {
                entrant,
                ts,
                instrument,
                side,
            },
            (_, quote_age_ns, counterparty) => Fact::Filled {
                entrant,
                ts,
                instrument,
                side,
                quote_age_ns,
                counterparty,
            },
        };
        (later, entrant, fact)
    })
}

fn stamped(fact: Fact, now: TimestampNs) -> Fact {
    match fact {
        Fact::Entered { .. } => fact,
        Fact::Opened {
            entrant,
            instrument,
            side,
            ..
        } => Fact::Opened {
            entrant,
            ts: now,
            instrument,
            side,
        },
        Fact::Closed {
            entrant,
            instrument,
            side,
            ..
        } => Fact::Closed {
            entrant,
            ts: now,
            instrument,
            side,
        },
        Fact::Filled {
            entrant,
            instrument,
            side,
            quote_age_ns,
            counterparty,
            ..
        } => Fact::Filled {
            entrant,
            ts: now,
            instrument,
            side,
            quote_age_ns,
            counterparty,
        },
    }
}

/// Entrants with few owners and teams, then the facts; those that are refused are left out.
fn feed(
    rules: SignalRules,
    limits: SignalLimits,
    facts: Vec<(u64, u32, Fact)>,
) -> (Integrity, Vec<Fact>, TimestampNs) {
    let mut integrity = Integrity::new(rules, limits);
    let mut accepted = Vec::new();
    for entrant in 0..ENTRANTS {
        let team = (entrant % 3 > 0).then_some(entrant % 3);
        accepted.push(entered(entrant, entrant / 2, team));
    }
    for fact in &accepted {
        assert_eq!(integrity.observe(*fact), Ok(()));
    }
    let mut now = TimestampNs(0);
    for (later, _, fact) in facts {
        now.0 += later * 1_000_000;
        let fact = stamped(fact, now);
        if integrity.observe(fact).is_ok() {
            accepted.push(fact);
        }
    }
    (integrity, accepted, TimestampNs(now.0 + 1_000_000_000))
}

proptest! {
    #[test]
    fn signals_are_what_comparing_all_pairs_finds(
        facts in prop::collection::vec(fact(), 0..80),
        count_min in 1_u32..4,
        share_min in 0_i64..60,
    ) {
        let rules = SignalRules { count_min, share_min: Ratio::percent(share_min), ..ALL };
        let (integrity, facts, at) = feed(rules, SignalLimits::default(), facts);
        prop_assert_eq!(integrity.report(at).signals, pairwise::signals(&facts, rules, at));
        prop_assert_eq!(integrity.report(at).missed, Missed::default());
        prop_assert_eq!(Integrity::from_bytes(&integrity.to_bytes()), Ok(integrity));
    }

    #[test]
    fn limits_make_signals_weaker_and_say_so(
        facts in prop::collection::vec(fact(), 0..80),
        pairs_max in 2_u32..8,
        positions_max in 0_u32..6,
        recent_max in 1_u32..4,
        opposite_max in 0_u32..3,
        instruments_max in 0_u32..2,
    ) {
        let limits = SignalLimits { pairs_max, positions_max, recent_max, opposite_max, instruments_max };
        let (integrity, facts, at) = feed(ALL, limits, facts);
        let exact = pairwise::signals(&facts, ALL, at);
        let Report { signals, missed } = integrity.report(at);
        if missed == Missed::default() {
            prop_assert_eq!(&signals, &exact);
        }
        for signal in &signals {
            let whole = exact.iter().find(|exact| {
                (exact.kind, exact.entrant, exact.other) == (signal.kind, signal.entrant, signal.other)
            });
            prop_assert!(whole.is_some_and(|whole| signal.count <= whole.count));
        }
        for kind in [SignalKind::OppositePositions, SignalKind::CopiedTrades, SignalKind::SelfMatches] {
            let of_kind = signals.iter().filter(|signal| signal.kind == kind);
            prop_assert!(of_kind.count() <= pairs_max as usize);
        }
        prop_assert_eq!(SignalLimits::from_bytes(&limits.to_bytes()), Ok(limits));
        prop_assert_eq!(Integrity::from_bytes(&integrity.to_bytes()), Ok(integrity));
    }

    #[test]
    fn no_bytes_make_a_memory_that_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(integrity) = Integrity::from_bytes(&bytes) {
            integrity.report(TimestampNs(u64::MAX));
        }
    }
}
