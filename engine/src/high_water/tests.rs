//! High-water marks beside a list of them.

use proptest::prelude::*;

use super::*;

fn best(mark: i64, seq: u64) -> Best {
    Best {
        mark,
        seq: Seq(seq),
        ts: TimestampNs(seq),
    }
}

/// An input of one mark.
fn rise(high: &mut HighWater, best: Best) {
    high.note(best);
    high.rise();
}

fn falling(high: &mut HighWater, mark: i64) -> Vec<u32> {
    let mut found = Vec::new();
    high.falling(mark, &mut |row| found.push(row));
    found.sort_unstable();
    found
}

#[test]
fn a_row_is_left_when_the_mark_falls_back_too_far() {
    let mut high = HighWater::default();
    high.push();
    assert_eq!(falling(&mut high, -1_000), []);
    high.start(0, 5, best(100, 1));
    assert_eq!(falling(&mut high, 95), []);
    rise(&mut high, best(110, 2));
    assert_eq!(falling(&mut high, 105), []);
    assert_eq!(falling(&mut high, 104), [0]);
    assert_eq!(high.stop(0), Some(best(110, 2)));
    assert_eq!(falling(&mut high, -1_000), []);
}

#[test]
fn a_mark_from_before_is_nobodys_best_and_the_first_of_equals_counts() {
    let mut high = HighWater::default();
    high.push();
    high.push();
    high.start(0, 5, best(100, 1));
    rise(&mut high, best(120, 2));
    high.start(1, 5, best(110, 3));
    rise(&mut high, best(120, 4));
    assert_eq!(high.best(0), Some(best(120, 2)));
    assert_eq!(high.best(1), Some(best(120, 4)));
}

#[test]
fn the_marks_of_an_input_are_nobodys_best_before_it_is_over() {
    let mut high = HighWater::default();
    assert!(!high.note(best(90, 1)));
    high.push();
    high.start(0, 5, best(100, 1));
    assert!(high.note(best(120, 2)) && high.note(best(110, 2)));
    assert_eq!(
        (high.seen(), high.best(0)),
        (Some(best(120, 2)), Some(best(100, 1)))
    );
    assert_eq!(falling(&mut high, 95), []);
    high.rise();
    assert_eq!((high.seen(), high.best(0)), (None, Some(best(120, 2))));
    assert_eq!(falling(&mut high, 115), []);
    assert_eq!(falling(&mut high, 114), [0]);
}

#[test]
fn marks_of_short_positions_are_better_the_lower_they_are() {
    let short = Best::new(Ticks(-7), Lots(-3), Seq(1), TimestampNs(1));
    assert_eq!((short.mark, short.ticks(Lots(-3))), (7, Ticks(-7)));
    assert_eq!(as_good(Ticks(i64::MIN), Lots(-1)), MARK_MAX);
    assert_eq!(as_good(Ticks(i64::MIN), Lots(1)), -MARK_MAX);
}

/// As the definition says it: every row by itself.
#[derive(Default)]
struct Model(Vec<Option<(i64, Best)>>);

impl Model {
    fn falling(&self, mark: i64) -> Vec<u32> {
        let rows = (0..).zip(&self.0);
        rows.filter(|(_, row)| row.is_some_and(|(retrace, best)| mark < best.mark - retrace))
            .map(|(row, _)| row)
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn finds_what_a_list_finds(
        steps in prop::collection::vec((0_u8..12, 0_usize..6_000, -60_i64..60, 0_i64..50), 1..400),
        many in 0_usize..5_000,
        // Ticks of a mark: with many, marks and lines are out of each other's reach.
        scale in prop_oneof![3 => Just(1), 1 => (REACH as i64 / 90)..REACH as i64],
    ) {
        let (mut high, mut model) = (HighWater::default(), Model::default());
        for row in 0..many {
            high.push();
            model.0.push(None);
            if row % 3 == 0 {
                high.start(row as u32, (row % 90) as i64, best(0, 0));
                model.0[row] = Some(((row % 90) as i64, best(0, 0)));
            }
        }
        let mut now = 0;
        for (seq, (step, pick, mark, retrace)) in (1..).zip(steps) {
            let row = if model.0.is_empty() { 0 } else { pick % model.0.len() };
            let (mark, retrace) = (mark * scale, retrace * scale);
            match step {
                0 => {
                    high.push();
                    model.0.push(None);
                }
                1 if !model.0.is_empty() => {
                    prop_assert_eq!(high.stop(row as u32), model.0[row].map(|(_, best)| best));
                    high.remove(row as u32);
                    model.0.swap_remove(row);
                }
                2..6 if !model.0.is_empty() => {
                    high.stop(row as u32);
                    high.start(row as u32, retrace, best(now, seq));
                    model.0[row] = Some((retrace, best(now, seq)));
                }
                _ => {
                    now = mark;
                    let left = model.falling(now);
                    let swept = high.sweep(now);
                    let found = falling(&mut high, now);
                    // Where marks are out of reach somebody looks too early.
                    prop_assert!(left.iter().all(|row| found.contains(row)) && found.len() <= swept);
                    prop_assert!(scale > 1 || left == found && left.len() == swept);
                    for row in found {
                        let known = model.0[row as usize].take();
                        prop_assert_eq!(high.stop(row), known.map(|(_, best)| best));
                    }
                    rise(&mut high, best(now, seq));
                    for (_, known) in model.0.iter_mut().flatten() {
                        *known = known.or(best(now, seq));
                    }
                }
            }
            prop_assert_eq!(high.len(), model.0.iter().flatten().count());
            if !model.0.is_empty() {
                let row = (pick / 2) % model.0.len();
                prop_assert_eq!(high.best(row as u32), model.0[row].map(|(_, best)| best));
            }
        }
    }
}
