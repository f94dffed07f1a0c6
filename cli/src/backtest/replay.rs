//! `dynasty backtest replay`: the journal of a live run through the loop of backtests.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::backtest::outcome::Outcome;
use ::backtest::run::{Observer, Replay, RunError, Sampling, replay};
use anyhow::Context as _;
use gateway::dto::Word as _;
use runtime::journal::{self, JournalError, Location};
use runtime::{EventBuf, Limits, Shard, SnapshotStore, StateHash};
use serde_json::{Value, json};
use types::{AccountId, Event, Input, Seq};

use super::{Format, Usage};
use crate::demo::say;
use crate::journal::Inputs;

/// Replay the journal of a live run through the loop of backtests, and compare every event and the state.
///
/// Beside it the engine alone applies the same journal. Compared are each input, each event and the state hash at the
/// end; and, where the live run left a snapshot that verifies, the hash of that state at its place. The first difference
/// is shown. Exit codes: 0 equal, 1 different or unreadable, 2 bad usage. The data directory is not changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty demo --headless --for 20s --data data && dynasty backtest replay data
  dynasty backtest replay data --account 3 --format json")]
pub(super) struct Replayed {
    /// Data directory, as given to --data.
    data: PathBuf,
    /// Tell what became of this account, too.
    #[arg(long, value_name = "NUMBER")]
    account: Option<u32>,
    /// How the result is told.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Where the two are not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Difference {
    seq: Seq,
    what: &'static str,
    journal: String,
    backtest: String,
}

/// The engine alone, one input behind the loop that is compared with it.
struct Comparison {
    shard: Shard,
    events: EventBuf,
    journal: Inputs,
    /// Inputs and events that were the same.
    inputs: u64,
    same_events: u64,
    /// Of a state that the live run left.
    snapshot: Option<(Seq, StateHash)>,
    snapshot_equal: Option<bool>,
    first: Option<Difference>,
    failure: Option<JournalError>,
}

impl Comparison {
    fn differ(&mut self, seq: Seq, what: &'static str, journal: String, backtest: String) {
        self.first.get_or_insert(Difference {
            seq,
            what,
            journal,
            backtest,
        });
    }

    /// The next input of the journal that the state at its beginning has not seen.
    fn next(&mut self) -> Option<Input> {
        loop {
            match self.journal.next() {
                Ok(Some(input)) if input.seq <= self.shard.seq() => {}
                Ok(input) => return input,
                Err(error) => {
                    self.failure.get_or_insert(error);
                    return None;
                }
            }
        }
    }

    /// Compares one input and its events as the loop had them.
    fn compare(&mut self, input: &Input, events: &[Event]) {
        let Some(own) = self.next() else {
            if self.failure.is_none() {
                self.differ(input.seq, "input", "none".to_owned(), format!("{input:?}"));
            }
            return;
        };
        self.events.clear();
        self.shard.apply(&own, &mut self.events);
        if own != *input {
            return self.differ(own.seq, "input", format!("{own:?}"), format!("{input:?}"));
        }
        self.inputs += 1;
        if let Some((own, theirs)) = first_difference(self.events.as_slice(), events) {
            return self.differ(input.seq, "event", own, theirs);
        }
        self.same_events += events.len() as u64;
    }
}

/// The first place at which two lists of events differ.
fn first_difference(own: &[Event], theirs: &[Event]) -> Option<(String, String)> {
    let told =
        |event: Option<&Event>| event.map_or("none".to_owned(), |event| format!("{event:?}"));
    let places = 0..own.len().max(theirs.len());
    let place = places
        .into_iter()
        .find(|&place| own.get(place) != theirs.get(place))?;
    Some((told(own.get(place)), told(theirs.get(place))))
}

impl Observer for Comparison {
    fn sees_all(&self) -> bool {
        true
    }

    fn applied(&mut self, input: &Input, events: &[Event], shard: &Shard) {
        if self.first.is_some() || self.failure.is_some() {
            return;
        }
        self.compare(input, events);
        if let Some((seq, hash)) = self.snapshot
            && seq == input.seq
            && self.first.is_none()
        {
            let found = shard.state_hash();
            self.snapshot_equal = Some(found == hash);
            if found != hash {
                let what = "state hash of the snapshot";
                self.differ(seq, what, hash.to_string(), found.to_string());
            }
        }
    }

    fn finished(&mut self, shard: &Shard) {
        if self.first.is_some() || self.failure.is_some() {
            return;
        }
        if let Some(more) = self.next() {
            let journal = format!("{more:?}");
            return self.differ(more.seq, "input", journal, "none".to_owned());
        }
        let (own, theirs) = (self.shard.state_hash(), shard.state_hash());
        if own != theirs {
            let what = "state hash at the end";
            self.differ(shard.seq(), what, own.to_string(), theirs.to_string());
        }
    }
}

/// The newest state that the live run left, read from a copy, so that nothing of it is touched.
fn newest_snapshot(data: &Path) -> anyhow::Result<Option<(Seq, StateHash)>> {
    let from = data.join("snapshots");
    if !from.is_dir() {
        return Ok(None);
    }
    let copy = tempfile::tempdir().context("a copy of the snapshots")?;
    let to = copy.path().join("snapshots");
    copy_folder(&from, &to).with_context(|| from.display().to_string())?;
    let (_, restored) = SnapshotStore::open(&to)?;
    Ok(restored.map(|restored| (restored.shard.seq(), restored.shard.state_hash())))
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// The inputs of a journal, from its beginning.
fn inputs(
    location: &Location,
    begins: Seq,
) -> anyhow::Result<impl Iterator<Item = Result<Input, JournalError>> + use<>> {
    let mut inputs = Inputs::open(location, begins)?;
    Ok(std::iter::from_fn(move || inputs.next().transpose()))
}

/// Runs the command.
///
/// # Errors
/// When the journal or a snapshot cannot be read.
pub(super) fn run(asked: &Replayed) -> anyhow::Result<ExitCode> {
    let location = crate::journal::location(&asked.data)?;
    if journal::segments(&location)?.is_empty() {
        return Err(Usage(format!(
            "{}: its journal has no input; accepted: the data directory of a run",
            asked.data.display()
        ))
        .into());
    }
    let shard = runtime::beginning(&location, Limits::default())?;
    let begins = shard.seq();
    let mut comparison = Comparison {
        shard: runtime::beginning(&location, Limits::default())?,
        events: EventBuf::default(),
        journal: Inputs::open(&location, begins)?,
        inputs: 0,
        same_events: 0,
        snapshot: newest_snapshot(&asked.data)?.filter(|(seq, _)| *seq > begins),
        snapshot_equal: None,
        first: None,
        failure: None,
    };
    let terms = Replay {
        account: AccountId(asked.account.unwrap_or(0)),
        sampling: Sampling::Never,
        keep_fills: false,
    };
    let all = inputs(&location, begins)?;
    let outcome = match replay(&terms, shard, all, &mut comparison) {
        Ok(outcome) => outcome,
        Err(RunError::Input(error)) => return Err(anyhow::anyhow!(error)),
        Err(error) => return Err(error.into()),
    };
    if let Some(failure) = comparison.failure {
        return Err(failure.into());
    }
    comparison.journal.tell_torn();
    // Behind a difference nothing is known of accounts that open later.
    if let Some(account) = asked.account
        && comparison.first.is_none()
        && comparison.shard.account_row(AccountId(account)).is_none()
    {
        return Err(Usage(format!(
            "--account {account}; accepted: one of the journal's {} accounts, from 0",
            comparison.shard.account_count()
        ))
        .into());
    }
    let account = asked.account.map(|_| &outcome);
    match asked.format {
        Format::Text => say(text(&comparison, &outcome, account))?,
        Format::Json => say(object(&comparison, &outcome, account))?,
    }
    Ok(if comparison.first.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn text(comparison: &Comparison, outcome: &Outcome, account: Option<&Outcome>) -> String {
    let mut text = format!(
        "{} inputs and {} events are the same\n",
        comparison.inputs, comparison.same_events
    );
    // Writing to a string does not fail.
    let _ = match comparison.snapshot {
        Some((seq, hash)) if comparison.snapshot_equal == Some(true) => {
            writeln!(
                text,
                "at seq {seq} the state is that of the live run's snapshot, {hash}"
            )
        }
        Some((seq, _)) => writeln!(text, "the snapshot at seq {seq} was not compared"),
        None => writeln!(text, "the live run left no snapshot to compare with"),
    };
    if let Some(outcome) = account {
        let _ = writeln!(
            text,
            "account {}: {}, equity {}, balance {}, {} fills, {} round trips, fees {}",
            outcome.account,
            outcome.state.word(),
            outcome.equity,
            outcome.balance,
            outcome.counts.fills,
            outcome.trip_totals().trips,
            outcome.fees
        );
    }
    let _ = match &comparison.first {
        None => write!(text, "equal: state hash {} at the end", outcome.state_hash),
        Some(first) => write!(
            text,
            "DIFFERENT at seq {}, {}\n  journal   {}\n  backtest  {}",
            first.seq, first.what, first.journal, first.backtest
        ),
    };
    text
}

fn object(comparison: &Comparison, outcome: &Outcome, account: Option<&Outcome>) -> Value {
    json!({
        "equal": comparison.first.is_none(),
        "inputs": comparison.inputs,
        "events": comparison.same_events,
        "state_hash": outcome.state_hash.to_string(),
        "snapshot": comparison.snapshot.map(|(seq, hash)| json!({
            "seq": seq.to_string(), "state_hash": hash.to_string(), "equal": comparison.snapshot_equal,
        })),
        "difference": comparison.first.as_ref().map(|first| json!({
            "seq": first.seq.to_string(), "what": first.what, "journal": first.journal,
            "backtest": first.backtest,
        })),
        "account": account.map(|outcome| json!({
            "account": outcome.account.to_string(), "state": outcome.state.word(),
            "equity": outcome.equity.to_string(), "balance": outcome.balance.to_string(),
            "fills": outcome.counts.fills, "round_trips": outcome.trip_totals().trips,
            "fees": outcome.fees.to_string(),
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{AccountId, EventKind, TimestampNs};

    #[test]
    fn the_first_event_that_differs_is_told() {
        let locked = |account: u32| Event {
            seq: Seq(7),
            ts: TimestampNs(1),
            kind: EventKind::DayLocked {
                account: AccountId(account),
            },
        };
        let (one, other) = ([locked(1), locked(2)], [locked(1), locked(3)]);
        assert_eq!(first_difference(&one, &one), None);
        let (own, theirs) = first_difference(&one, &other).unwrap_or_default();
        assert_eq!(own, format!("{:?}", locked(2)));
        assert_eq!(theirs, format!("{:?}", locked(3)));
        // One that is missing, on either side.
        let (own, theirs) = first_difference(&one, &one[..1]).unwrap_or_default();
        assert_eq!(
            (own.as_str(), theirs.as_str()),
            (format!("{:?}", locked(2)).as_str(), "none")
        );
        assert!(first_difference(&[], &one).is_some_and(|(own, _)| own == "none"));
    }
}
