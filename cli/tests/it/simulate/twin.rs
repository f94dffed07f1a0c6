//! What the twin program writes of a failing stream runs here, and comes to the same.

use bench::twin::play::play;
use bench::twin::scenario::scenario;
use bench::twin::shrink::shrink;
use bench::twin::{Mode, Script, Setting};
use runtime::{EventBuf, Limits, Shard};
use serde_json::Value;
use types::{Event, EventKind, Input, Seq, ShardId};

use super::simulate;

/// Steps of a stream besides its opening.
const STEPS: usize = 200;

/// What a scenario of these inputs tells: as many facts as the shard, and its state hash.
fn repeats(limits: Limits, inputs: &[Input], notes: &[String]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twin.jsonl");
    std::fs::write(&path, scenario(limits, inputs, notes)).unwrap();
    let (code, stdout, stderr) = simulate(&path);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let mut told: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let state = told.pop().unwrap();
    let (mut shard, mut facts) = (Shard::new(ShardId(0), limits), EventBuf::default());
    for (seq, input) in (1..).zip(inputs) {
        let input = Input {
            seq: Seq(seq),
            ..input.clone()
        };
        shard.apply(&input, &mut facts);
    }
    // A clock that a scenario adds is an input of its own.
    assert_eq!(state["seq"], inputs.len().to_string());
    // The positions of a breach are in its line.
    let is_line = |fact: &&Event| !matches!(fact.kind, EventKind::BreachPosition(_));
    assert_eq!(told.len(), facts.as_slice().iter().filter(is_line).count());
    assert_eq!(state["state_hash"], shard.state_hash().to_string());
    told
}

/// Forced: a margin call is taken for a difference.
#[test]
fn a_difference_shrinks_to_a_scenario_that_repeats_it() {
    let mode = Mode::Never("MarginCall");
    // Things are known by their numbers, so what stands before one that is needed stays, too: the shortest of five.
    let (limits, inputs, difference) = (1..=1_000)
        .map(|seed| Script::new(seed, STEPS))
        .filter(|script| play(script, mode, &mut |_, _| {}).difference.is_some())
        .take(5)
        .map(|script| {
            let limits = Setting::new(script.seed).limits;
            let (inputs, difference) = shrink(&script, mode, limits).unwrap();
            (limits, inputs, difference)
        })
        .min_by_key(|(_, inputs, _)| inputs.len())
        .unwrap();
    // An instrument, a plan, an account, what it trades against and its order, and the mark.
    assert!(inputs.len() < 16, "{} inputs", inputs.len());
    let told = repeats(limits, &inputs, &[difference.to_string()]);
    let last = inputs.len().to_string();
    let calls: Vec<_> = told
        .iter()
        .filter(|fact| fact["type"] == "margin_call")
        .map(|fact| fact["seq"].as_str().unwrap())
        .collect();
    assert_eq!(calls[0], last);
}

/// Whatever a stream holds, a scenario can say it.
#[test]
fn whole_streams_are_scenarios() {
    for seed in [3, 17, 28] {
        let outcome = play(&Script::new(seed, STEPS), Mode::Alone, &mut |_, _| {});
        let mut inputs = outcome.inputs;
        // Whatever is due when a scenario ends with a roll has its turn then.
        while let Some(Input {
            kind: types::InputKind::Timer(_),
            ..
        }) = inputs.last()
        {
            inputs.pop();
        }
        repeats(Setting::new(seed).limits, &inputs, &[]);
    }
}
