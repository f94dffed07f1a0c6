//! A slice of the twin harness for every build: the shard against its naive twin on a few hundred
//! streams, and proof that the streams reach everything that the vocabulary can say.
//!
//! The streams are the same ones in every run, so that a build fails for what was changed in it. With
//! `TWIN_SEED_BASE` in the environment the same tests take as many others, from there on.

use bench::twin::play::{Outcome, play};
use bench::twin::{Coverage, Mode, Script};

/// Steps of a stream besides its opening.
const STEPS: usize = 250;

/// The first seed: this one, or the base of the environment and this one.
fn first(usual: u64) -> u64 {
    match std::env::var("TWIN_SEED_BASE") {
        Ok(base) => base
            .parse::<u64>()
            .unwrap_or_else(|_| panic!("TWIN_SEED_BASE: '{base}': accepted a whole number"))
            .wrapping_add(usual),
        Err(_) => usual,
    }
}

fn agrees(usual: u64, count: u64, mode: Mode) {
    for seed in (0..count).map(|place| first(usual).wrapping_add(place)) {
        let script = Script::new(seed, STEPS);
        let Outcome { difference, .. } = play(&script, mode, &mut |_, _| {});
        if let Some(difference) = difference {
            panic!(
                "seed {seed}, {difference}\n\
                 cargo run --release -p bench --bin twin -- --seed {seed} --steps {STEPS}"
            );
        }
    }
}

#[test]
fn the_shard_says_what_its_naive_twin_says() {
    agrees(1, 299, Mode::Naive);
}

#[test]
fn a_restored_shard_goes_on_as_the_one_that_was_not() {
    agrees(1_000_000, 150, Mode::Restored);
}

#[test]
fn the_same_seed_is_the_same_stream() {
    let inputs = || play(&Script::new(7, STEPS), Mode::Restored, &mut |_, _| {}).inputs;
    assert_eq!(inputs(), inputs());
}

/// Every name in the tables of [`bench::twin::coverage`], but for those that no stream can reach.
#[test]
fn the_streams_reach_every_fact_and_every_reason() {
    let mut coverage = Coverage::default();
    // Coverage asks nothing of the comparison, and a shard is quicker alone.
    for seed in 2_000_000..2_001_400 {
        let script = Script::new(seed, STEPS);
        play(&script, Mode::Alone, &mut |_, events| {
            for event in events {
                coverage.see(event);
            }
        });
    }
    let never = coverage.never();
    assert_eq!(never, [], "{coverage}");
}
