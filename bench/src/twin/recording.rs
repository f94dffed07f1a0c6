//! A failing stream as a file: what happened in words, then the inputs as frames in hexadecimal, which
//! can be played again.

use std::fmt::Write as _;

use engine::Limits;
use types::frame::{self, FrameError, Payload};
use types::{Codec, CodecError, Input, ShardId};

use super::compare::Mode;
use super::difference::Difference;
use super::play::play_inputs;
use super::words;

/// Limits and inputs of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The shard's limits.
    pub limits: Limits,
    /// The inputs.
    pub inputs: Vec<Input>,
}

/// Why a text is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// There is no line with the limits.
    #[error("there is no line with limits")]
    NoLimits,
    /// A line is not hexadecimal.
    #[error("line {0} is not hexadecimal")]
    Hex(usize),
    /// The limits do not decode.
    #[error("line {0} does not hold limits: {1}")]
    Limits(usize, CodecError),
    /// A frame does not decode.
    #[error("line {0} does not hold a frame: {1}")]
    Frame(usize, FrameError),
    /// A frame holds a fact.
    #[error("line {0} holds a fact, not an input")]
    NoInput(usize),
}

const LIMITS: &str = "limits ";
const FRAME: &str = "frame ";

impl Recording {
    /// The text: inputs and the shard's facts in words, the difference, limits and frames.
    pub fn text(&self, seed: u64, mode: Mode, difference: &Difference) -> String {
        let mut out = format!("# seed {seed}, {mode:?}, {:?}\n#\n", self.limits);
        play_inputs(self.limits, &self.inputs, mode, &mut |input, events| {
            let _ = writeln!(out, "# {}", words::input(input));
            for event in events {
                let _ = writeln!(out, "#     {}", words::plain(&event.kind));
            }
        });
        out.push_str("#\n");
        for line in difference.to_string().lines() {
            let _ = writeln!(out, "# {line}");
        }
        let _ = writeln!(out, "\n{LIMITS}{}", hex(&self.limits.to_bytes()));
        for input in &self.inputs {
            let mut bytes = Vec::new();
            frame::encode_input(ShardId(1), input, &mut bytes);
            let _ = writeln!(out, "{FRAME}{}", hex(&bytes));
        }
        out
    }

    /// The recording of a text.
    ///
    /// # Errors
    /// See [`RecordingError`].
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut limits = None;
        let mut inputs = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            if let Some(digits) = content.strip_prefix(LIMITS) {
                let bytes = unhex(digits).ok_or(RecordingError::Hex(line))?;
                let known = Limits::from_bytes(&bytes);
                limits = Some(known.map_err(|error| RecordingError::Limits(line, error))?);
            } else if let Some(digits) = content.strip_prefix(FRAME) {
                let bytes = unhex(digits).ok_or(RecordingError::Hex(line))?;
                let read = frame::decode(&bytes);
                match read
                    .map_err(|error| RecordingError::Frame(line, error))?
                    .payload
                {
                    Payload::Input(input) => inputs.push(input),
                    Payload::Event(_) => return Err(RecordingError::NoInput(line)),
                }
            }
        }
        Ok(Self {
            limits: limits.ok_or(RecordingError::NoLimits)?,
            inputs,
        })
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.trim().as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::play::play;
    use crate::twin::script::Script;
    use crate::twin::setting::Setting;
    use types::Seq;

    #[test]
    fn a_recording_reads_as_it_was_written() {
        let script = Script::new(3, 40);
        let recording = Recording {
            limits: Setting::new(3).limits,
            inputs: play(&script, Mode::Restored, &mut |_, _| {}).inputs,
        };
        let difference = Difference {
            seq: Seq(1),
            class: "state: order leaves".to_owned(),
            text: "  order 1".to_owned(),
        };
        let text = recording.text(3, Mode::Restored, &difference);
        assert_eq!(Recording::parse(&text).unwrap(), recording);
    }
}
