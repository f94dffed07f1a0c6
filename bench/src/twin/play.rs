//! Plays a script or recorded inputs through a comparison, up to the first difference.

use engine::Limits;
use types::{Event, Input, InputKind, InstrumentId, Seq};

use super::compare::{Comparison, Mode, caught};
use super::difference::Difference;
use super::resolve::{opened, resolve};
use super::script::{Script, Step};
use super::setting::Setting;

/// A stream that was played: its inputs up to the first difference.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// As they were resolved.
    pub inputs: Vec<Input>,
    /// The first difference, if any.
    pub difference: Option<Difference>,
    /// Inputs after which the peak of some account followed its mark without a look.
    pub trailing: u64,
}

/// Plays a script; `see` is shown every input with the shard's facts.
pub fn play(script: &Script, mode: Mode, see: &mut dyn FnMut(&Input, &[Event])) -> Outcome {
    let setting = Setting::new(script.seed);
    let mut comparison = Comparison::new(setting.limits, mode);
    let mut inputs = Vec::new();
    let mut trailing = 0;
    let openings = setting.opening.iter().map(Planned::Opening);
    let steps = script.steps.iter().map(Planned::Step);
    for planned in openings.chain(steps) {
        let (shard, portrait) = (comparison.shard(), comparison.portrait());
        let resolved = caught("generator", || match planned {
            Planned::Opening(kind) => opened(kind, shard),
            Planned::Step(step) => resolve(&setting, *step, shard, portrait),
        });
        let applied = match resolved {
            Ok(input) => {
                let applied = comparison.apply(&input);
                see(&input, comparison.events());
                inputs.push(input);
                let shard = comparison.shard();
                let mut instruments = (0..shard.instrument_count()).map(InstrumentId);
                let trails = |id| shard.trailing_positions(id) > 0;
                trailing += u64::from(instruments.any(trails));
                applied.map_err(|difference| *difference)
            }
            Err((class, text)) => Err(Difference {
                seq: shard.seq().next(),
                class,
                text,
            }),
        };
        if let Err(difference) = applied {
            return Outcome {
                inputs,
                difference: Some(difference),
                trailing,
            };
        }
    }
    Outcome {
        inputs,
        difference: None,
        trailing,
    }
}

enum Planned<'a> {
    Opening(&'a InputKind),
    Step(&'a Step),
}

/// Plays inputs as they are; their places are given anew.
pub fn play_inputs(
    limits: Limits,
    inputs: &[Input],
    mode: Mode,
    see: &mut dyn FnMut(&Input, &[Event]),
) -> Option<Difference> {
    let mut comparison = Comparison::new(limits, mode);
    let mut seq = Seq::default();
    for input in inputs {
        seq = seq.next();
        let input = Input {
            seq,
            ..input.clone()
        };
        let applied = comparison.apply(&input);
        see(&input, comparison.events());
        if let Err(difference) = applied {
            return Some(*difference);
        }
    }
    None
}
