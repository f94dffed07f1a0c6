//! From files to a shard: the newest verified snapshot, or else the journal's base, then every input of the
//! journal after it. The journal before the snapshot is read and checked all the same: what has rotted there is told
//! now, and not when it is needed. A snapshot of another journal, which has another chain where it stands, is set aside
//! with its store, and the journal alone is read.
//!
//! A snapshot has no past to show. So for a projection the journal before the snapshot is replayed too,
//! through a shard that is thrown away, as long as it is short enough. What that shard ends as must be
//! what the snapshot says.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::{EventBuf, Limits, Shard, StateHash};
use types::{Input, LimitName, Seq, ShardId};

use crate::ahead::Ahead;
use crate::config::{Config, Doing, JOURNAL, Projection, RecoveryHook, RecoveryProgress, Step};
use crate::journal::{Anchor, Base, JournalError, Location, Mark, Opening, Writer};
use crate::keeper::Keeper;
use crate::retention::beginning;
use crate::snapshot::{Restored, SnapshotStore, SnapshotStoreError, Snapshots};

/// What a start found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Where the snapshot that was restored stands, or the base of a journal whose oldest inputs were
    /// removed; `None` when every input since the first was replayed.
    pub snapshot_seq: Option<Seq>,
    /// Inputs replayed from the journal into the live state.
    pub replayed: u64,
    /// Inputs up to the snapshot that were replayed for the projection alone
    /// ([`crate::Config::projection_replay_max`]). The start takes the longer the more they are.
    pub projected: u64,
    /// The last input of the journal; the next one follows it.
    pub seq: Seq,
    /// Bytes of a torn tail that were cut off the journal. Nobody was promised them.
    pub torn_bytes_cut: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// Why a data directory cannot be recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The journal is damaged or cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The snapshot store cannot be used.
    #[error(transparent)]
    Snapshots(#[from] SnapshotStoreError),
    /// The directory belongs to another shard.
    #[error("the snapshot is of shard {found}, not of shard {expected}")]
    Shard {
        /// What the snapshot says.
        found: ShardId,
        /// What was asked for.
        expected: ShardId,
    },
    /// A limit is stated that is not the journal's.
    #[error(
        "{limit} is {stated}, but the journal began with {journal}: a journal keeps its limits, so that it always \
         replays to the same state. Accepted: {limit} = {journal}, leaving it out, or a new data directory"
    )]
    Limit {
        /// The limit.
        limit: LimitName,
        /// What the settings state.
        stated: u32,
        /// What the journal has.
        journal: u32,
    },
    /// The journal does not lead to what the snapshot says.
    #[error(
        "the snapshot at seq {seq} has state hash {snapshot}, the journal replayed up to it {replayed}: \
         one of them is damaged, or they were written under other limits or by another version. Without the snapshots a \
         start takes what the journal says: move the directory `snapshots` away if that is to count"
    )]
    SnapshotHash {
        /// Where the snapshot stands.
        seq: Seq,
        /// Hash of the snapshot.
        snapshot: StateHash,
        /// Hash of the replay.
        replayed: StateHash,
    },
}

/// Inputs between two calls of a [`RecoveryHook`].
const INPUTS_PER_CALL: u64 = 65_536;

/// Counts for a [`RecoveryHook`].
struct Counted<'a> {
    hook: Option<&'a mut RecoveryHook>,
    doing: Doing,
    done: u64,
    all: u64,
}

impl<'a> Counted<'a> {
    fn new(hook: Option<&'a mut RecoveryHook>) -> Self {
        Self {
            hook,
            doing: Doing::Replaying,
            done: 0,
            all: 0,
        }
    }

    fn begin(&mut self, doing: Doing, all: u64) {
        self.doing = doing;
        self.done = 0;
        self.all = all;
        self.tell();
    }

    fn count(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(INPUTS_PER_CALL) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        if let Some(hook) = &mut self.hook {
            hook(RecoveryProgress {
                doing: self.doing,
                done: self.done,
                all: self.all.max(self.done),
            });
        }
    }
}

pub(crate) struct Recovered {
    pub(crate) shard: Shard,
    pub(crate) writer: Writer,
    pub(crate) store: Keeper,
    pub(crate) report: Recovery,
}

/// Where the journal of a data directory is.
pub fn journal_location(data: &Path, shard: ShardId) -> Location {
    Location::local(data.join(JOURNAL), shard)
}

pub(crate) fn snapshot_directory(data: &Path) -> PathBuf {
    data.join("snapshots")
}

pub(crate) fn recover(
    config: &mut Config,
    projection: &mut Option<Projection>,
) -> Result<Recovered, RecoveryError> {
    let path = snapshot_directory(&config.directory);
    let (store, restored) = SnapshotStore::open(&path)?;
    let instead = {
        let path = path.clone();
        Box::new(move || Box::new(SnapshotStore::instead(&path)) as Box<dyn Snapshots>)
    };
    let keep = |store| {
        Keeper::new(store, path.clone(), instead).map_err(|source| {
            let doing = "start the thread of";
            SnapshotStoreError::Io {
                doing,
                path,
                source,
            }
        })
    };
    recover_from(config, projection, (Box::new(store), restored), keep)
}

/// As [`recover`], from a store that was opened; `keep` takes it over.
pub(crate) fn recover_from(
    config: &mut Config,
    projection: &mut Option<Projection>,
    (mut store, restored): (Box<dyn Snapshots>, Option<Restored>),
    keep: impl FnOnce(Box<dyn Snapshots>) -> Result<Keeper, SnapshotStoreError>,
) -> Result<Recovered, RecoveryError> {
    let started = Instant::now();
    let mut hook = config.recovery_hook.take();
    let (shard, writer, report) =
        read(config, projection, hook.as_mut(), store.as_mut(), restored)?;
    let report = Recovery {
        elapsed: started.elapsed(),
        ..report
    };
    if report.torn_bytes_cut > 0 {
        tracing::warn!(
            bytes = report.torn_bytes_cut,
            seq = %report.seq,
            "a torn tail was cut off the journal"
        );
    }
    Ok(Recovered {
        shard,
        writer,
        store: keep(store)?,
        report,
    })
}

/// Reads a journal to its end and opens it; the state is that of the snapshot and what follows it, or of the journal alone.
fn read(
    config: &Config,
    projection: &mut Option<Projection>,
    hook: Option<&mut RecoveryHook>,
    store: &mut dyn Snapshots,
    restored: Option<Restored>,
) -> Result<(Shard, Writer, Recovery), RecoveryError> {
    let journal = config.journal();
    let base = base(&journal, config, restored.is_some())?;
    let begins = base.as_ref().map_or(Seq(0), |base| base.mark.seq);
    let restored = restored.filter(|restored| restored.shard.seq() >= begins);
    let snapshot = restored.as_ref().map(|restored| Mark {
        seq: restored.shard.seq(),
        chain: restored.chain,
    });
    let mut shard = match restored {
        None => match &base {
            Some(base) => base.shard(&journal)?,
            None => Shard::new(config.shard, config.limits),
        },
        Some(restored) if restored.shard.id() == config.shard => restored.shard,
        Some(restored) => {
            return Err(RecoveryError::Shard {
                found: restored.shard.id(),
                expected: config.shard,
            });
        }
    };
    if !config.limits_stated.is_empty() {
        // Those of the journal, which a snapshot only repeats. Where there was none the base has been read, and else
        // one that an older version wrote does no harm.
        let begun = base.as_ref().and_then(|base| base.shard(&journal).ok());
        let limits = begun.as_ref().unwrap_or(&shard).limits();
        check_limits(config, limits)?;
    }
    let mut from = shard.seq();
    let mut opening = Opening::new(&journal, from)?;
    let end = opening.anchor();
    let past = from.0 - begins.0;
    let (mut projected, mut replayed) = (0, 0);
    let mut counted = Counted::new(hook);
    match projection.as_mut() {
        Some(projection) if (1..=config.projection_replay_max).contains(&past) => {
            counted.begin(Doing::Replaying, end.0.saturating_sub(begins.0));
            let begun = beginning(&journal, config.limits)?;
            let led_to = replay_past(&mut opening, begun, from, projection, &mut counted)?;
            if let Some(what) = of_another(&opening, snapshot) {
                // What was shown is what happened.
                store.give_up(what)?;
                (shard, from, replayed) = (led_to, begins, past);
            } else {
                check_hash(&shard, &led_to)?;
                projected = past;
            }
        }
        _ => {
            if past > 0 {
                counted.begin(Doing::Checking, past);
                let mut input = Input::PLACE;
                for _ in 0..past {
                    opening.read(&mut input)?;
                    counted.count();
                }
                counted.tell();
            }
            if let Some(what) = of_another(&opening, snapshot) {
                store.give_up(what)?;
                return read(config, projection, counted.hook, store, None);
            }
            if let Some(projection) = projection {
                projection(Step::Restored, &shard);
            }
            counted.begin(Doing::Replaying, end.0.saturating_sub(shard.seq().0));
        }
    }
    let mut events = EventBuf::default();
    let mut ahead = Ahead::new(opening.mark());
    while let Some((input, _)) = ahead.next(&shard, |input| {
        let is_read = opening.read(input)?;
        Ok::<_, JournalError>(is_read.then(|| opening.mark()))
    })? {
        events.clear();
        shard.apply(input, &mut events);
        if let Some(projection) = projection {
            show(projection, input, &events, &shard);
        }
        replayed += 1;
        counted.count();
    }
    let opened = opening.finish(config.segment_bytes_max)?;
    counted.tell();
    let report = Recovery {
        snapshot_seq: Some(from).filter(|seq| *seq > Seq(0)),
        replayed,
        projected,
        seq: shard.seq(),
        torn_bytes_cut: opened.torn_bytes_cut,
        elapsed: Duration::ZERO,
    };
    Ok((shard, opened.writer, report))
}

/// What is wrong with a snapshot that is not of the journal that was read up to it.
fn of_another(opening: &Opening, snapshot: Option<Mark>) -> Option<String> {
    let here = opening.mark();
    let snapshot = snapshot.filter(|snapshot| *snapshot != here)?;
    Some(format!(
        "snapshot {} is of another journal: the chain there is {:016x}, that of this journal {:016x}",
        snapshot.seq, snapshot.chain.0, here.chain.0
    ))
}

/// The base of a journal; one that is begun now is given one. `None` where all but a snapshot or the anchor is gone.
fn base(
    journal: &Location,
    config: &Config,
    has_snapshot: bool,
) -> Result<Option<Base>, RecoveryError> {
    if let Some(base) = Base::of_journal(journal)? {
        return Ok(Some(base));
    }
    // A journal that is lost is not begun anew.
    if has_snapshot || Anchor::read(journal)?.is_some_and(|anchor| anchor.seq > Seq(0)) {
        return Ok(None);
    }
    journal.create_directory()?;
    Base::create(journal, &config.limits)?;
    Ok(Base::of_journal(journal)?)
}

/// What is stated of the limits must be what the journal has: its own count, and nobody is to believe otherwise.
fn check_limits(config: &Config, journal: &Limits) -> Result<(), RecoveryError> {
    for &limit in &config.limits_stated {
        let (stated, journal) = (config.limits.of(limit), journal.of(limit));
        if stated != journal {
            return Err(RecoveryError::Limit {
                limit,
                stated,
                journal,
            });
        }
    }
    Ok(())
}

/// Shows a projection every input from the journal's base up to a snapshot; where they lead.
fn replay_past(
    opening: &mut Opening,
    mut shard: Shard,
    until: Seq,
    projection: &mut Projection,
    counted: &mut Counted<'_>,
) -> Result<Shard, RecoveryError> {
    let mut events = EventBuf::default();
    projection(Step::Restored, &shard);
    let mut input = Input::PLACE;
    while shard.seq() < until && opening.read(&mut input)? {
        events.clear();
        shard.apply(&input, &mut events);
        show(projection, &input, &events, &shard);
        counted.count();
    }
    Ok(shard)
}

/// Holds a snapshot against where the journal has led.
fn check_hash(snapshot: &Shard, replayed: &Shard) -> Result<(), RecoveryError> {
    let seq = snapshot.seq();
    let (snapshot, replayed) = (snapshot.state_hash(), replayed.state_hash());
    if snapshot != replayed {
        return Err(RecoveryError::SnapshotHash {
            seq,
            snapshot,
            replayed,
        });
    }
    Ok(())
}

fn show(projection: &mut Projection, input: &Input, events: &EventBuf, shard: &Shard) {
    let events = events.as_slice();
    projection(Step::Applied { input, events }, shard);
}
