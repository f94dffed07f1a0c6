//! The smallest stream that still shows a difference of the same class.

use engine::Limits;
use types::{Input, Seq};

use super::compare::Mode;
use super::difference::Difference;
use super::play::{Outcome, play, play_inputs};
use super::script::{Script, Step};

/// How often a stream is played at most while it shrinks.
const PLAYS_MAX: u32 = 6_000;

/// Drops steps, resolving the others anew each time, until none can be dropped; then inputs as they
/// are, definitions too. Returns what is left and its difference.
pub fn shrink(script: &Script, mode: Mode, limits: Limits) -> Option<(Vec<Input>, Difference)> {
    let first = play(script, mode, &mut |_, _| {});
    let class = first.difference.as_ref()?.class.clone();
    let mut plays = 0;
    let mut fails = |steps: &[Step]| -> Option<Outcome> {
        plays += 1;
        let script = Script {
            seed: script.seed,
            steps: steps.to_vec(),
        };
        let outcome = play(&script, mode, &mut |_, _| {});
        let is_same = outcome.difference.as_ref().map(|found| &found.class) == Some(&class);
        (is_same && plays < PLAYS_MAX).then_some(outcome)
    };
    let mut best = first;
    smallest(&script.steps, &mut |steps| match fails(steps) {
        Some(outcome) => {
            best = outcome;
            true
        }
        None => false,
    });
    Some(shrink_inputs(limits, &best.inputs, mode).unwrap_or((best.inputs, best.difference?)))
}

/// Drops inputs as they are. Returns what is left and its difference.
pub fn shrink_inputs(
    limits: Limits,
    inputs: &[Input],
    mode: Mode,
) -> Option<(Vec<Input>, Difference)> {
    let first = play_inputs(limits, inputs, mode, &mut |_, _| {})?;
    let class = first.class.clone();
    let mut best = first;
    let mut plays = 0;
    let mut left = smallest(inputs, &mut |inputs| {
        plays += 1;
        match play_inputs(limits, inputs, mode, &mut |_, _| {}) {
            Some(found) if found.class == class && plays < PLAYS_MAX => {
                best = found;
                true
            }
            _ => false,
        }
    });
    left.truncate(best.seq.0 as usize);
    let mut seq = Seq::default();
    for input in &mut left {
        seq = seq.next();
        input.seq = seq;
    }
    Some((left, best))
}

/// Delta debugging (Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input", 2002)
/// without its complements: chunks are dropped from the back, halving, until no single one can be.
fn smallest<T: Clone>(all: &[T], fails: &mut dyn FnMut(&[T]) -> bool) -> Vec<T> {
    let mut left = all.to_vec();
    let mut chunk = left.len().div_ceil(2).max(1);
    loop {
        let mut dropped = false;
        let mut end = left.len();
        while end > 0 {
            let start = end.saturating_sub(chunk);
            let mut fewer = left[..start].to_vec();
            fewer.extend_from_slice(&left[end..]);
            if fails(&fewer) {
                left = fewer;
                dropped = true;
            }
            end = start;
        }
        if chunk == 1 && !dropped {
            return left;
        }
        if !dropped || chunk > 1 {
            chunk = chunk.div_ceil(2).min(left.len().max(1));
            if chunk == 0 {
                return left;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_dropped() {
        let all: Vec<u32> = (0..100).collect();
        let left = smallest(&all, &mut |some| some.contains(&17) && some.contains(&83));
        assert_eq!(left, [17, 83]);
    }

    #[test]
    fn a_stream_that_fails_whatever_is_in_it_shrinks_to_nothing() {
        assert!(smallest(&[1, 2, 3], &mut |_| true).is_empty());
    }
}
