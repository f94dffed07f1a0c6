//! A snapshot is the whole state, and nothing that restore accepts can hurt.

use engine::Shard;
use proptest::prelude::*;
use types::{InputKind, Timer};

use crate::stream::{self, Script, script};
use crate::world::World;

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

#[test]
fn another_version_is_refused_by_name() {
    let mut snapshot = bytes(&stream::world().shard);
    snapshot[0] = 1;
    let refused = Shard::restore(&snapshot).unwrap_err().to_string();
    assert_eq!(refused, "snapshot version 1, this program reads 3");
}
