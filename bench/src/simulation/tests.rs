//! A slice of `cargo run --release -p bench --bin simulation`.

use super::{Report, run};

const STEPS: usize = 150;

#[test]
fn promises_hold_through_kills_power_losses_and_faults() {
    let mut all = Report::default();
    for seed in 0..40 {
        let report = run(seed, STEPS).unwrap_or_else(|failure| panic!("{failure}"));
        all.add(&report);
    }
    // What it says it does, it does.
    let happened = [
        all.commands.acknowledged,
        all.commands.refused,
        all.commands.in_doubt,
        all.kills,
        all.power_losses,
        all.interrupted,
        all.starts_failed,
        all.from_snapshots,
        all.sync_faults,
        all.write_faults,
        all.store_faults,
        all.full_disks,
        all.clock_jumps,
    ];
    assert!(happened.iter().all(|&times| times > 5), "{all}");
    // These journals are short, so few segments close.
    let kept = [all.archived, all.pruned, all.from_bases];
    assert!(kept.iter().all(|&times| times > 0), "{all}");
}

#[test]
fn a_seed_does_the_same_again() {
    for seed in 100..104 {
        assert_eq!(run(seed, STEPS), run(seed, STEPS), "seed {seed}");
    }
}
