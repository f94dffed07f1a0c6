//! Whoever restores damaged bytes is told so, or gets a shard that can be worked with: it does not
//! panic, goes on for ever or takes memory without end. Whether damage is noticed at all is for the
//! checksum around a snapshot.

use engine::{Limits, Shard};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rules::{Allowance, DailyAnchor, DailyLoss};
use types::{
    AccountId, AlgoKind, Codec, Command, CompetitionId, Effect, InputKind, InstrumentId,
    InstrumentStatus, Latency, LatencySample, Leg, OrderId, PaperModel, PositionMode, Ratio, Side,
    Terms, Timer,
};

use crate::never_panics::wild_inputs;
use crate::plans::competition;
use crate::stream::{self, Planned, script};
use crate::words::{Words, algo, bracket, buy, cancel, quote, sell, status};
use crate::world::{SECOND, World, crossed, money, paper, plan};

/// Memory that a restore may take at once: so many bytes for each of the snapshot's, and some for what
/// an empty shard has.
const BYTES_PER_BYTE: u64 = 60;
const BYTES_AT_LEAST: u64 = 1 << 20;

/// A state in which much has happened, and inputs to go on with.
struct Story {
    snapshot: Vec<u8>,
    inputs: Vec<Planned>,
}

/// Of every two stories one is sensible, and one has numbers from all of their ranges.
fn story(seed: u64) -> Story {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    if seed.is_multiple_of(2) {
        let mut next = |steps| script(steps).new_tree(&mut runner).unwrap().current();
        let (before, after) = (next(200), next(40));
        let mut world = stream::world();
        for planned in before.inputs() {
            let kind = planned.after(&world.shard);
            world.apply(kind);
        }
        return Story {
            snapshot: world.snapshot(),
            inputs: after.thrown().collect(),
        };
    }
    let mut next = |inputs| wild_inputs(inputs).new_tree(&mut runner).unwrap().current();
    let (before, after) = (next(120), next(40));
    Story {
        snapshot: before.run().snapshot(),
        inputs: after.inputs.into_iter().map(Planned::Ready).collect(),
    }
}

/// What may stand at a place instead: turned bits, small numbers and the ends of ranges.
fn alterations(snapshot: &[u8], place: usize) -> impl Iterator<Item = Vec<u8>> {
    let byte = snapshot[place];
    let turned = [0x01, 0x04, 0x10, 0x7f, 0x80, 0xff].map(|mask| vec![byte ^ mask]);
    let numbers = [0, 1, 2, -1, i128::MAX, i128::MIN];
    let words = numbers.into_iter().flat_map(|number| {
        let word = number.to_le_bytes();
        [4, 8, 16].map(|width| match number {
            i128::MAX | i128::MIN => word[16 - width..].to_vec(),
            _ => word[..width].to_vec(),
        })
    });
    let altered = move |word: Vec<u8>| {
        let mut altered = snapshot.to_vec();
        let there = altered.get_mut(place..place + word.len())?;
        there.copy_from_slice(&word);
        Some(altered).filter(|altered| altered != snapshot)
    };
    turned.into_iter().chain(words).filter_map(altered)
}

/// Restores the bytes and goes on; says whether they were a snapshot.
fn goes_on(bytes: &[u8], inputs: &[Planned]) -> bool {
    let mut restored = None;
    let taken = allocation_counter::measure(|| restored = Shard::restore(bytes).ok());
    let most = BYTES_AT_LEAST + BYTES_PER_BYTE * bytes.len() as u64;
    assert!(taken.bytes_max <= most, "{} bytes", taken.bytes_max);
    // A world has no next moment at the end of time.
    let Some(shard) = restored.filter(|shard| shard.ts().0 <= u64::MAX >> 1) else {
        return false;
    };
    let mut world = World::of(shard);
    world.apply(InputKind::Timer(Timer::Clock));
    for planned in inputs {
        let kind = planned.after(&world.shard);
        world.apply(kind);
    }
    world.until(world.now() + 400 * 86_400 * SECOND);
    world.shard.portrait();
    for id in (0..world.shard.competition_count()).map(CompetitionId) {
        world.shard.board(id, false);
        world.shard.board(id, true);
    }
    for id in (0..world.shard.account_count()).map(AccountId) {
        world.shard.account_view(id);
        let _ = world.shard.what_if(&buy(id.0, 3).at("99"));
    }
    for id in (0..world.shard.instrument_count()).map(InstrumentId) {
        world.shard.book_view(id, 5);
    }
    world.shard.windows_view();
    world.snapshot();
    true
}

/// Alters every `stride`th byte of some stories in every way; says how many of the outcomes were
/// refused, and how many went on.
fn alter(stories: std::ops::Range<u64>, stride: usize) -> (u32, u32) {
    let (mut refused, mut kept) = (0, 0);
    for seed in stories {
        let Story { snapshot, inputs } = story(seed);
        for place in (seed as usize % stride..snapshot.len()).step_by(stride) {
            for altered in alterations(&snapshot, place) {
                if goes_on(&altered, &inputs) {
                    kept += 1;
                } else {
                    refused += 1;
                }
            }
        }
    }
    (refused, kept)
}

/// A part of the bytes; `ENGINE_DAMAGE_ALL=1` for all of them, 1.6 million alterations in four minutes on one core with
/// `--release`: for whoever changes what a snapshot holds.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test, not the core, is asked for more"
)]
fn altered_bytes_do_no_harm() {
    let (stories, stride) = match std::env::var_os("ENGINE_DAMAGE_ALL") {
        None => (0..6, 47),
        Some(_) => (0..12, 1),
    };
    let (refused, kept) = alter(stories, stride);
    println!("{refused} refused, {kept} kept");
    assert!(refused > 5_000 && kept > 5_000, "{refused} {kept}");
}

/// Why the snapshot of a world is refused once these bytes of it, wherever they stand, are others.
fn refusal(world: &World, there: &[Vec<u8>], instead: &[Vec<u8>]) -> String {
    let (snapshot, there, instead) = (world.snapshot(), there.concat(), instead.concat());
    Shard::restore(&snapshot).unwrap();
    let mut altered = Vec::new();
    let mut rest = &snapshot[..];
    let mut found = 0;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(&there[..]) {
            altered.extend_from_slice(&instead);
            rest = after;
            found += 1;
        } else {
            altered.push(*first);
            rest = after;
        }
    }
    assert!(found > 0, "the bytes are in the snapshot");
    Shard::restore(&altered).unwrap_err().to_string()
}

fn contradiction(what: &str) -> String {
    format!("the snapshot contradicts itself: {what}")
}

/// A fill of its entry would send all its exits to the market, four thousand million of them.
#[test]
fn a_list_is_no_longer_than_lists_may_be() {
    let mut world = World::trading(crossed());
    world.tell(bracket(&[
        buy(0, 9).at("100"),
        sell(0, 9).at("102"),
        sell(0, 9).stop("95"),
    ]));
    let list = |len: u32| [OrderId(1).to_bytes(), len.to_bytes()];
    assert_eq!(
        refusal(&world, &list(3), &list(u32::MAX)),
        contradiction("orders of a list")
    );
    // Of two, an entry has one exit: these would be orders of different lists.
    assert_eq!(
        refusal(&world, &list(3), &list(2)),
        contradiction("orders of a list")
    );
}

#[test]
fn an_order_is_of_no_list_that_others_have() {
    let mut world = World::trading(crossed());
    world.tell(bracket(&[
        buy(0, 9).at("100"),
        sell(0, 9).at("102"),
        sell(0, 9).stop("95"),
    ]));
    world.tell(buy(0, 1).stop("110"));
    // Order 1 would end order 4, which is alone.
    let list = |first: u64, len: u32| [first.to_bytes(), len.to_bytes()];
    assert_eq!(
        refusal(&world, &list(1, 3), &list(2, 3)),
        contradiction("orders of a list")
    );
    // Its trigger, known, on the quote, without a trail and a deadline; then its list.
    let alone = |first: u64, len: u32| {
        let trigger = [110_i64.to_bytes(), vec![1, 0, 0], vec![0; 8]];
        [trigger.concat(), list(first, len).concat()]
    };
    assert_eq!(
        refusal(&world, &alone(0, 0), &alone(1, 3)),
        contradiction("order without a list")
    );
}

/// What its entry sends would be added to more than there can be.
#[test]
fn an_exit_is_no_larger_than_what_its_entry_filled() {
    let mut world = World::trading(crossed());
    world.tell(sell(1, 4).at("100"));
    world.tell(bracket(&[
        buy(0, 9).at("100"),
        sell(0, 9).at("102"),
        sell(0, 9).stop("95"),
    ]));
    // Four of nine: the stop, without a client id, has as much, nothing of it executed, and no limit.
    let stop = |qty: i64| [vec![0; 16], qty.to_bytes(), vec![0; 16]];
    assert_eq!(
        refusal(&world, &stop(4), &stop(5)),
        contradiction("exits of an entry")
    );
}

/// What it shows would trade, and then nothing of it, again and again.
#[test]
fn an_order_that_hides_nothing_shows_all() {
    let mut world = World::trading(crossed());
    world.tell(sell(0, 5).at("101"));
    let node = |shown: i64| [OrderId(1).to_bytes(), shown.to_bytes()];
    assert_eq!(
        refusal(&world, &node(5), &node(4)),
        contradiction("working order")
    );
}

/// It would stand among the trailing stops and be taken out of another list.
#[test]
fn only_a_trailing_stop_trails() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world.tell(sell(0, 5).trail("2"));
    let asked = |form: u8| [OrderId(1).to_bytes(), vec![form]];
    assert_eq!(
        refusal(&world, &asked(5), &asked(2)),
        contradiction("working order")
    );
}

#[test]
fn an_order_has_an_id_of_its_own() {
    let mut world = World::trading(crossed());
    world.tell(sell(0, 5).at("101"));
    world.tell(sell(1, 6).at("102"));
    let node = |id: u64| [id.to_bytes(), 6_i64.to_bytes()];
    assert_eq!(
        refusal(&world, &node(2), &node(1)),
        contradiction("order ids")
    );
}

/// Of two under one key, the one that cannot be found would stay for ever.
#[test]
fn a_position_is_held_once() {
    let terms = Terms {
        mode: PositionMode::Hedging,
        ..Terms::default()
    };
    let hedging = rules::Plan {
        terms,
        ..plan("10000")
    };
    let mut world = World::limited(
        Limits::default(),
        &[paper(PaperModel::default())],
        &hedging,
        1,
    );
    world.tell(quote("100", "101"));
    world.tell(buy(0, 1).leg(Leg::Long));
    world.tell(sell(0, 1).leg(Leg::Short));
    let key = |leg: Leg| {
        [
            AccountId(0).to_bytes(),
            InstrumentId(0).to_bytes(),
            leg.to_bytes(),
        ]
    };
    assert_eq!(
        refusal(&world, &key(Leg::Short), &key(Leg::Long)),
        contradiction("holding")
    );
}

/// The matching stops the shard when it finds one.
#[test]
fn an_open_market_is_not_crossed() {
    let mut world = World::trading(crossed());
    world.tell(status(InstrumentStatus::PreOpen));
    world.tell(buy(0, 5).at("101"));
    world.tell(sell(1, 5).at("100"));
    let market =
        |status: InstrumentStatus| [crossed().to_bytes(), 0_u16.to_bytes(), status.to_bytes()];
    let (called, open) = (
        market(InstrumentStatus::PreOpen),
        market(InstrumentStatus::Open),
    );
    assert_eq!(
        refusal(&world, &called, &open),
        contradiction("crossed book")
    );
}

/// The slice after it would have a number that there is not.
#[test]
fn a_slice_that_is_due_is_one_of_its_algos() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    let later = (world.now() + 10 * SECOND, world.now() + 50 * SECOND);
    world.tell(algo(0, Side::Buy, 7, AlgoKind::Twap { slices: 5 }, later));
    // Nothing filled, nothing printed, no child; then the slice.
    let algo = |slice: u32| {
        let figures = [7_i64.to_bytes(), vec![0], vec![0; 24]];
        [figures.concat(), slice.to_bytes()]
    };
    assert_eq!(
        refusal(&world, &algo(0), &algo(u32::MAX)),
        contradiction("agenda")
    );
    let kind = |slices: u16| {
        // Its leg, that it stays at the end of a session, and its lots.
        let rest = [Leg::Net.to_bytes(), vec![0], 7_i64.to_bytes()];
        [vec![0], slices.to_bytes(), rest.concat()]
    };
    assert_eq!(refusal(&world, &kind(5), &kind(0)), contradiction("algo"));
}

/// It would ask for less than nothing of all that printed.
#[test]
fn an_algo_follows_a_share_of_the_volume() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    let rate = Ratio::percent(30);
    let later = (world.now(), world.now() + 50 * SECOND);
    world.tell(algo(0, Side::Buy, 7, AlgoKind::Pov { rate }, later));
    let kind = |rate: i64| [vec![2], rate.to_bytes()];
    assert_eq!(
        refusal(&world, &kind(rate.0), &kind(i64::MIN)),
        contradiction("algo")
    );
}

/// A handle would be freed twice, and then be two changes at once.
#[test]
fn a_change_arrives_once() {
    let away = PaperModel {
        latency: Latency::Constant(LatencySample {
            order_ns: 4_000_000_000,
            ack_ns: 0,
        }),
        ..PaperModel::default()
    };
    let mut world = World::trading(paper(away));
    world.tell(quote("100", "101"));
    world.tell(buy(0, 5).at("90"));
    world.tell(cancel(0, 1));
    world.tell(cancel(0, 1));
    let change = |handle: u32| [vec![2], world.shard.seq().to_bytes(), handle.to_bytes()];
    assert_eq!(
        refusal(&world, &change(1), &change(0)),
        contradiction("agenda")
    );
}

/// An instrument may be registered with it, and its first order would take a sample of none.
#[test]
fn a_latency_distribution_has_samples() {
    let mut world = World::trading(crossed());
    let sample = LatencySample {
        order_ns: 5,
        ack_ns: 3,
    };
    world.tell(Command::DefineLatency {
        samples: vec![sample],
    });
    let some = [1_u32.to_bytes(), 1_u32.to_bytes(), sample.to_bytes()];
    let none = [1_u32.to_bytes(), 0_u32.to_bytes()];
    assert_eq!(refusal(&world, &some, &none), contradiction("latency"));
}

/// One that only warns would be told of at every turn, for it is noted as the other one.
#[test]
fn a_limit_is_of_the_kind_that_its_plan_has() {
    let daily = DailyLoss {
        anchor: DailyAnchor::Balance,
        allowance: Allowance::Fixed(money("300")),
        effect: Effect::Warn,
        touch_is_breach: false,
        changes: rules::DailyChanges::default(),
    };
    let warning = rules::Plan {
        daily_loss: Some(daily),
        ..plan("10000")
    };
    let world = World::limited(Limits::default(), &[], &warning, 1);
    let limit = |kind: u8| {
        let figures = ["10000", "300", "9700"].map(|figure| money(figure).to_bytes());
        [
            vec![kind],
            Effect::Warn.to_bytes(),
            vec![0],
            figures.concat(),
        ]
    };
    assert_eq!(
        refusal(&world, &limit(0), &limit(1)),
        contradiction("account's plan")
    );
}

/// A competition of anybody, with one entrant.
fn entered() -> World {
    let spec = rules::Competition {
        gates: rules::Gates {
            active_days: 0,
            round_turns: 0,
        },
        ..competition(0)
    };
    let mut world = World::limited(Limits::default(), &[], &plan("10000"), 1);
    world.tell(Command::DefineCompetition {
        spec: spec.to_bytes().into(),
    });
    world.tell(Command::EnterCompetition {
        competition: CompetitionId(0),
        account: AccountId(0),
        team: None,
    });
    world
}

/// A board has room for all entrants up to the highest number on it: 48 MB for an entrant that is not.
#[test]
fn a_board_has_entrants_of_its_competition() {
    let mut world = entered();
    world.tell(Command::ChangeCompetition {
        competition: CompetitionId(0),
        change: types::CompetitionChange::End,
    });
    let (_, life) = world.shard.contest(CompetitionId(0)).unwrap();
    let place = life.board().at(1).unwrap();
    let row = |entrant: u32| [entrant.to_bytes(), place.key.to_bytes()];
    let mut told = String::new();
    let taken = allocation_counter::measure(|| told = refusal(&world, &row(0), &row(999_999)));
    assert_eq!(told, "not a valid board");
    assert!(taken.bytes_max < BYTES_AT_LEAST, "{}", taken.bytes_max);
}

/// With a mean at the end of its range, a score would be past it.
#[test]
fn an_entrys_sums_are_those_of_its_days() {
    let world = entered();
    let (entry, ..) = world.shard.entry(CompetitionId(0), 0, false).unwrap();
    let bytes = entry.to_bytes();
    // Behind seven amounts, a time and the other sum.
    let (before, rest) = bytes.split_at(7 * 16 + 8 + 16);
    let (sum, after) = rest.split_at(16);
    assert_eq!(sum, 0_i128.to_bytes());
    let altered = [before, &i128::MAX.to_bytes(), after].concat();
    assert_eq!(
        refusal(&world, std::slice::from_ref(&bytes), &[altered]),
        contradiction("competition entry")
    );
}
