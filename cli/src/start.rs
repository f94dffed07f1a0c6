//! Starting a runtime on a data directory, and what is told of it.

use std::path::Path;

use anyhow::anyhow;
use indicatif::ProgressBar;
use runtime::journal::{JournalError, Location};
use runtime::{
    Config, Recovery, RecoveryError, RecoveryHook, RecoveryProgress, Runtime, Source, StartError,
};

use crate::journal::{keep_max, stand_in};

/// Lets a bar say how far a start is, and what it does.
pub(crate) fn shown(progress: &ProgressBar) -> RecoveryHook {
    let progress = progress.clone();
    Box::new(move |at: RecoveryProgress| {
        progress.set_message(at.doing.to_string());
        progress.set_length(at.all);
        progress.set_position(at.done);
    })
}

/// Starts; a refusal names the directory, and where the journal is damaged what helps.
///
/// # Errors
/// As [`Runtime::start`].
pub(crate) fn start(config: Config, source: Box<dyn Source>) -> anyhow::Result<Runtime> {
    let data = config.directory.clone();
    let shard = config.shard;
    Runtime::start(config, source).map_err(|error| {
        let is_damage = matches!(
            &error,
            StartError::Recovery(RecoveryError::Journal(error)) if is_damage(error)
        );
        let location = is_damage.then(|| runtime::journal_location(&data, shard));
        refused(error.into(), location.as_ref(), &data)
    })
}

/// Whether something of a journal does not check, so that advice helps.
pub(crate) const fn is_damage(error: &JournalError) -> bool {
    matches!(error, JournalError::Rot { .. } | JournalError::Damaged(_))
}

/// Names the directory; where its journal, at `damaged`, does not check, also what helps.
pub(crate) fn refused(
    error: anyhow::Error,
    damaged: Option<&Location>,
    data: &Path,
) -> anyhow::Error {
    match damaged {
        Some(location) => {
            let advice = advice(location, data);
            anyhow!("data directory {}: {error:#}. {advice}", data.display())
        }
        None => error.context(format!("data directory {}", data.display())),
    }
}

/// What helps where a journal is damaged.
fn advice(location: &Location, data: &Path) -> String {
    let data = data.display();
    // What cannot be read even so is told by the commands.
    if let Ok(summary) = runtime::journal::verify(location) {
        if let Ok(Some(stand_in)) = stand_in(location, &summary) {
            return stand_in;
        }
        if keep_max(&summary).is_none() {
            return "Restore it from a copy: nothing of it can be kept".to_owned();
        }
    }
    format!(
        "`dynasty journal verify {data}` names the last input N that checks, `dynasty journal repair {data} --keep N` \
         ends the journal there"
    )
}

/// What a start found in a directory.
pub(crate) fn found(directory: &Path, recovery: &Recovery) -> String {
    let directory = directory.display();
    if recovery.seq.0 == 0 {
        return format!("Data in {directory} (new)");
    }
    let from = match recovery.snapshot_seq {
        Some(seq) => format!(
            "snapshot at {seq} and {} inputs after it",
            recovery.replayed
        ),
        None => format!("all {} inputs", recovery.replayed),
    };
    format!(
        "Data in {directory}: going on after input {} (recovered from {from} in {:.1?})",
        recovery.seq, recovery.elapsed
    )
}
