//! A snapshot is the whole state, and nothing that restore accepts can hurt.

use engine::Shard;
use proptest::prelude::*;
use rules::{Competition, ContestRules, Prize, PrizeAmount, PrizePool, Window};
use types::{
    AccountId, Codec, Command, CompetitionChange, CompetitionId, DisqualificationReason, InputKind,
    Money, PaperModel, Timer, TimestampNs,
};

use crate::plans::competition;
use crate::stream::{self, Script, script};
use crate::words::{buy, quote, sell};
use crate::world::{SECOND, World, paper, plan};

fn bytes(shard: &Shard) -> Vec<u8> {
    let mut out = Vec::new();
    shard.encode(&mut out);
    out
}

fn run(script: &Script, inputs_max: usize) -> World {
    let mut world = stream::world();
    for planned in script.inputs().into_iter().take(inputs_max) {
        let kind = planned.after(&world.shard);
        world.apply(kind);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_restored_shard_is_the_same_and_stays_the_same(script in script(150), cut in 30_usize..150) {
        let mut original = run(&script, cut);
        let snapshot = bytes(&original.shard);
        let restored = Shard::restore(&snapshot).unwrap();
        prop_assert_eq!(&bytes(&restored), &snapshot);
        prop_assert_eq!(restored.state_hash(), original.shard.state_hash());
        let mut restored = World::of(restored);
        restored.step_ns = original.step_ns;
        for planned in script.inputs().into_iter().skip(cut) {
            let kind = planned.after(&original.shard);
            prop_assert_eq!(original.apply(kind.clone()), restored.apply(kind));
        }
        prop_assert_eq!(restored.shard.state_hash(), original.shard.state_hash());
    }

    /// What comes later changes nothing of what was said before: every prefix of a history, replayed
    /// from nothing, has its events and its state.
    #[test]
    fn a_prefix_replayed_gives_the_same_verdicts(script in script(150), cut in any::<prop::sample::Index>()) {
        let mut whole = stream::world();
        let mut history = Vec::new();
        for planned in script.inputs() {
            let input = whole.next(planned.after(&whole.shard));
            let said = whole.apply_input(&input);
            history.push((input, said, whole.shard.state_hash()));
        }
        let end = cut.index(history.len());
        let mut prefix = stream::world();
        for (input, said, _) in &history[..=end] {
            prop_assert_eq!(&prefix.apply_input(input), said);
        }
        prop_assert_eq!(prefix.shard.state_hash(), history[end].2);
    }

    #[test]
    fn a_cut_snapshot_is_refused(script in script(60), cut in any::<prop::sample::Index>()) {
        let snapshot = bytes(&run(&script, usize::MAX).shard);
        prop_assert!(Shard::restore(&snapshot[..cut.index(snapshot.len())]).is_err());
    }

    // Whether an altered snapshot is noticed is for the checksum around it. Here it must only do no
    // harm: it is refused, or what it holds can be worked with.
    #[test]
    fn an_altered_snapshot_does_no_harm(
        script in script(80),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u32..8), 40),
        bursts in prop::collection::vec((any::<prop::sample::Index>(), any::<[u8; 4]>()), 10),
    ) {
        let snapshot = bytes(&run(&script, usize::MAX).shard);
        for (place, bit) in flips {
            let mut altered = snapshot.clone();
            altered[place.index(snapshot.len())] ^= 1 << bit;
            use_it(&altered, &script);
        }
        for (place, burst) in bursts {
            let mut altered = snapshot.clone();
            let place = place.index(snapshot.len() - burst.len());
            altered[place..place + burst.len()].copy_from_slice(&burst);
            use_it(&altered, &script);
        }
    }
}

fn use_it(snapshot: &[u8], script: &Script) {
    let Ok(shard) = Shard::restore(snapshot) else {
        return;
    };
    // Nothing comes after the end of time.
    if shard.ts().0 > u64::MAX >> 1 {
        return;
    }
    let mut world = World::of(shard);
    world.apply(InputKind::Timer(Timer::Clock));
    for planned in script.inputs() {
        let kind = planned.after(&world.shard);
        world.apply(kind);
    }
}

/// Two of three entrants on a board that stands still, one off it, and 40 seconds to the end.
fn frozen() -> (World, Vec<u8>) {
    let rules = ContestRules {
        window: Some(Window {
            start: TimestampNs(20 * SECOND),
            end: TimestampNs(100 * SECOND),
        }),
        freeze_s: 50,
        prizes: Some(PrizePool {
            pool: Money::whole(60),
            unit: Money::whole(1),
            places: vec![Prize {
                first: 1,
                last: 3,
                each: PrizeAmount::Fixed(Money::whole(20)),
            }],
        }),
        ..ContestRules::default()
    };
    let spec = Competition {
        contest: rules,
        ..competition(0)
    }
    .to_bytes();
    let paper = paper(PaperModel::default());
    let mut world = World::limited(stream::LIMITS, &[paper], &plan("10000"), 3);
    world.command(Command::DefineCompetition {
        spec: spec.clone().into(),
    });
    for account in 0..3 {
        world.command(Command::EnterCompetition {
            competition: CompetitionId(0),
            account: AccountId(account),
            team: None,
        });
    }
    world.tell(quote("100", "100"));
    world.until(20 * SECOND);
    for account in 0..3 {
        world.tell(buy(account, i64::from(account) + 1));
        world.tell(quote("101", "101"));
        world.tell(sell(account, i64::from(account) + 1));
    }
    world.until(50 * SECOND);
    world.until(60 * SECOND);
    world.command(Command::ChangeCompetition {
        competition: CompetitionId(0),
        change: CompetitionChange::Disqualify {
            account: AccountId(1),
            reason: DisqualificationReason::Terms,
        },
    });
    (world, spec)
}

/// Every bit of a competition in a snapshot: turned over, it is noticed or does no harm.
#[test]
fn an_altered_competition_does_no_harm() {
    let (mut world, spec) = frozen();
    let snapshot = bytes(&world.shard);
    let found = snapshot.windows(spec.len()).position(|part| part == spec);
    let start = found.unwrap();
    let (mut refused, mut kept) = (0, 0);
    for place in start..start + spec.len() + 1_000 {
        for bit in 0..8 {
            let mut altered = snapshot.clone();
            altered[place] ^= 1 << bit;
            match Shard::restore(&altered) {
                Ok(shard) if shard.ts().0 < u64::MAX >> 1 => {
                    finish(World::of(shard));
                    kept += 1;
                }
                _ => refused += 1,
            }
        }
    }
    // A bit of a total is as good as another; one of a number of entrants is not.
    assert!(refused > 1_000 && kept > 1_000, "{refused} {kept}");
    finish(World::of(Shard::restore(&snapshot).unwrap()));
    assert_eq!(world.until(200 * SECOND), ["competition 0 InReview"]);
}

/// Looks at the boards, ends the competition and awards the prizes.
fn finish(mut world: World) {
    world.shard.portrait();
    let end = world.now().max(100 * SECOND);
    world.until(end);
    for change in [
        CompetitionChange::Reinstate {
            account: AccountId(1),
        },
        CompetitionChange::End,
        CompetitionChange::Finalise,
    ] {
        world.command(Command::ChangeCompetition {
            competition: CompetitionId(0),
            change,
        });
    }
    world.roll(2);
    world.shard.portrait();
    world.shard.audit().unwrap();
}

#[test]
fn another_version_is_refused_by_name() {
    let mut snapshot = bytes(&stream::world().shard);
    snapshot[0] = 1;
    let refused = Shard::restore(&snapshot).unwrap_err().to_string();
    assert_eq!(refused, "snapshot version 1, this program reads 9");
}
