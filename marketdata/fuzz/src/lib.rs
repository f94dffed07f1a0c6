//! What libFuzzer drives: every decoder of market data, with bytes that anyone could send. A target panics, by an assertion
//! of its own or of the decoder, or libFuzzer says that it takes too long or too much memory. `scripts/fuzz` builds and
//! runs them; built otherwise, each plays the files it is given, such as one that libFuzzer has found.

use std::path::Path;

mod files;
mod talk;

pub use files::{formats, metadata, tape};
pub use talk::messages;

/// A program for libFuzzer, or one that plays files.
#[macro_export]
macro_rules! target {
    ($play:path) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $play(bytes));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            fuzz::play_files($play)
        }
    };
}

/// Plays the files of the command line.
///
/// # Errors
/// When one cannot be read.
pub fn play_files(play: impl Fn(&[u8])) -> std::io::Result<()> {
    for path in std::env::args_os().skip(1) {
        let bytes = std::fs::read(&path)?;
        play(&bytes);
        println!(
            "{}: {} bytes, without a panic",
            Path::new(&path).display(),
            bytes.len()
        );
    }
    Ok(())
}

/// A target's name, and inputs for it to begin with.
pub type Corpus = (&'static str, Vec<Vec<u8>>);

/// Inputs to begin with: calm conversations of all venues, and the fixtures in `folder`.
///
/// # Errors
/// When a fixture cannot be read.
pub fn corpora(folder: &Path) -> std::io::Result<Vec<Corpus>> {
    let calm = talk::calm();
    Ok(vec![
        ("messages", calm.iter().map(talk::Heard::input).collect()),
        ("formats", files::histories(&folder.join("history"))?),
        ("metadata", files::documents(&folder.join("metadata"))?),
        ("tape", files::tapes(&calm)?),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each target takes what it begins with, and every third byte of that.
    #[test]
    fn targets_play_what_they_begin_with() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        for (name, inputs) in corpora(&folder).unwrap() {
            let play = match name {
                "messages" => messages,
                "formats" => formats,
                "metadata" => metadata,
                "tape" => tape,
                other => panic!("no target {other}"),
            };
            assert!(inputs.len() > 1, "{name}");
            for input in inputs {
                play(&input);
                for at in (0..input.len().min(600)).step_by(3) {
                    let mut broken = input.clone();
                    broken[at] ^= 1 << (at % 8);
                    play(&broken);
                }
            }
        }
    }
}
