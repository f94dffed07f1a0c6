//! Start and stop: the threads around one shard.
//!
//! | thread | does | waits for |
//! |---|---|---|
//! | shard | takes, stamps, encodes, applies | a free batch |
//! | journal | writes, syncs, tells | a full batch |
//! | replica | reads the journal, applies, shows, verifies | a durable seq |
//! | snapshots | writes what the replica has verified | a snapshot |
//! | disk | syncs that nobody waits for, and makes the next segment | being asked |
//! | keeper | archives and removes closed segments, if it is told to | time |

use std::convert::Infallible;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use engine::{Shard, SnapshotError, StateHash};
use rtrb::RingBuffer;
use tokio::sync::broadcast;
use types::Seq;

use crate::batch::{Batch, DurableBatch};
use crate::boards::Boards;
use crate::committer::Committer;
use crate::config::Config;
use crate::core::{BATCHES, Core, End};
use crate::disk_worker::DiskWorker;
use crate::follower::{Follower, Replica, Settings};
use crate::handle::Handle;
use crate::journal::spare::Maker;
use crate::journal::{JournalError, Reader};
use crate::recovery::{Recovered, Recovery, RecoveryError, recover};
use crate::retention::{Floor, Keeper};
use crate::shared::{Shared, Status, Wakers, panic_text};
use crate::source::Source;
use crate::step;
use crate::views::Views;

/// Name of the lock file in the data directory.
const LOCK_FILE: &str = "LOCK";
/// The lock outlives its owner for a moment when the owner was starting a process as it ended.
const LOCK_WAIT_MAX: Duration = Duration::from_millis(500);
const LOCK_POLL: Duration = Duration::from_millis(5);
/// Between looks whether a thread has ended.
const JOIN_POLL: Duration = Duration::from_millis(1);

/// Why a runtime does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting that must be above zero is not.
    #[error("{0} must be above zero")]
    Zero(&'static str),
    /// Another process has the data directory.
    #[error("{} is in use by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The files cannot be recovered.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The recovered state cannot be copied into the replica.
    #[error("the recovered state does not restore")]
    Replica(#[from] SnapshotError),
    /// The replica's copy of the recovered state is another state.
    #[error("the recovered state has hash {live}, its copy {replica}")]
    ReplicaHash {
        /// Hash of the live shard.
        live: StateHash,
        /// Hash of its copy.
        replica: StateHash,
    },
    /// A thread could not be started.
    #[error("cannot start the {0} thread")]
    Thread(&'static str, #[source] io::Error),
}

impl From<JournalError> for StartError {
    fn from(error: JournalError) -> Self {
        Self::Recovery(error.into())
    }
}

/// The runtime did not stop in good order; what was acknowledged is in the journal nevertheless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the runtime had failed: {reason}")]
pub struct StopError {
    /// Why it failed.
    pub reason: Arc<str>,
}

/// A runtime that stopped in good order: everything that was accepted is durable, and unless a deadline came
/// first, live shard and replica ended in the same state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// The last input.
    pub seq: Seq,
    /// State after it.
    pub state_hash: StateHash,
    /// Where the newest snapshot of this run or before it stands; before `seq` only when it could not be written, or
    /// not in time.
    pub snapshot_seq: Seq,
    /// Whether the replica got to the end and its state was compared. It always did without a deadline
    /// ([`Runtime::stop_by`]); otherwise the next start replays what it did not get to.
    pub is_compared: bool,
    /// How long stopping took.
    pub elapsed: Duration,
}

/// A running shard. Dropping it stops it.
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
    recovery: Recovery,
    threads: Option<Threads>,
    /// Held until the threads have ended; `None` once it is held until the process ends.
    lock: Option<File>,
}

#[derive(Debug)]
struct Threads {
    shard: JoinHandle<Option<End>>,
    journal: JoinHandle<Option<()>>,
    replica: JoinHandle<Option<Seq>>,
    /// Nobody waits for what these do, but for their end.
    disk: JoinHandle<()>,
    keeper: Option<JoinHandle<()>>,
}

impl Runtime {
    /// Recovers the data directory, then starts the threads.
    ///
    /// # Errors
    /// See [`StartError`]. Damage to what was durable is refused, never repaired.
    pub fn start(mut config: Config, source: Box<dyn Source>) -> Result<Self, StartError> {
        if let Some(setting) = config.zero_setting() {
            return Err(StartError::Zero(setting));
        }
        let lock = lock(&config.directory)?;
        let mut projection = config.projection.take();
        let recovered = recover(&mut config, &mut projection)?;
        config.projection = projection;
        let replica = copy(&recovered.shard)?;
        let mut boards = Boards::default();
        boards.refresh(&replica);
        let (broadcast, _) = broadcast::channel(config.broadcast_batches_max);
        let shared = Arc::new(Shared::new(
            &config,
            recovered.report.seq,
            Views::of(&replica, &boards),
            broadcast.clone(),
        ));
        let recovery = recovered.report;
        let threads = spawn(
            &shared,
            config,
            recovered,
            (replica, boards),
            source,
            broadcast,
        )
        .inspect_err(|error| shared.fail(error.to_string()))?;
        Ok(Self {
            handle: Handle { shared },
            recovery,
            threads: Some(threads),
            lock: Some(lock),
        })
    }

    /// What the rest of the process works with.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// What the start found.
    pub fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Blocks until everything that the source gave is published, or the runtime has failed.
    pub fn wait_source_end(&self) -> Status {
        self.handle.shared.wait_while_running()
    }

    /// Takes nothing more, finishes what was accepted, makes it durable, compares the state of live shard
    /// and replica, and writes a last snapshot.
    ///
    /// # Errors
    /// When the runtime had failed or failed on the way.
    pub fn stop(mut self) -> Result<Stopped, StopError> {
        self.shut_down(None)
    }

    /// As [`Runtime::stop`], but over by `deadline`: when that is near, the replica and its last snapshot are left as
    /// they are, and so is a thread that archives or removes what is old. The journal has everything; the
    /// next start takes longer.
    ///
    /// A thread that does not end is left to the end of the process, which keeps the data directory until then.
    ///
    /// # Errors
    /// As [`Runtime::stop`], and when the disk takes so long that not all that was accepted is durable by then. What
    /// was acknowledged is.
    pub fn stop_by(mut self, deadline: Instant) -> Result<Stopped, StopError> {
        self.shut_down(Some(deadline))
    }

    /// Begins what [`Runtime::stop_by`] ends: nothing more is taken from now on, and what was accepted is finished and
    /// answered, while whoever stops it ends other things.
    pub fn begin_stop(&self, deadline: Instant) {
        self.handle.shared.set_deadline(deadline);
        self.handle.shared.stop();
    }

    fn shut_down(&mut self, deadline: Option<Instant>) -> Result<Stopped, StopError> {
        let started = Instant::now();
        let shared = &self.handle.shared;
        if let Some(deadline) = deadline {
            shared.set_deadline(deadline);
        }
        shared.stop();
        if let Some(threads) = self.threads.take() {
            let end = join(threads.shard, deadline);
            let journal = join(threads.journal, deadline);
            if matches!((&end, &journal), (Joined::Runs, _) | (_, Joined::Runs)) {
                shared
                    .fail("the journal was not at its end when the stop had to be over".to_owned());
            }
            let replica = join(threads.replica, deadline);
            threads.disk.thread().unpark();
            // The journal has learned what went wrong there.
            let disk = join(threads.disk, deadline);
            let keeper = threads.keeper.map(|keeper| {
                keeper.thread().unpark();
                // It has told what went wrong.
                join(keeper, deadline)
            });
            let runs = [
                end.runs(),
                journal.runs(),
                replica.runs(),
                disk.runs(),
                keeper.is_some_and(|keeper| keeper.runs()),
            ];
            if runs.contains(&true)
                && let Some(lock) = self.lock.take()
            {
                // Until the process ends: nobody may write beside that thread.
                std::mem::forget(lock);
            }
            let snapshot_seq = match replica {
                Joined::Ended(snapshot_seq) => snapshot_seq.flatten(),
                Joined::Runs => Some(Seq(shared.counters.snapshot_seq.get())),
            };
            if let (Some(end), Some(()), Some(snapshot_seq)) =
                (end.value(), journal.value(), snapshot_seq)
                && !shared.is_failed()
            {
                shared.close_broadcast();
                shared.set_status(Status::Stopped);
                return Ok(Stopped {
                    seq: end.seq,
                    state_hash: end.hash,
                    snapshot_seq: snapshot_seq.max(self.recovery.snapshot_seq.unwrap_or_default()),
                    is_compared: shared.is_compared(),
                    elapsed: started.elapsed(),
                });
            }
        }
        // The first reason counts; this one is for a thread that ended without giving any.
        shared.fail("a thread ended early".to_owned());
        match shared.status() {
            Status::Failed(reason) => Err(StopError { reason }),
            other => Err(StopError {
                reason: format!("{other:?}").into(),
            }),
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.threads.is_some() {
            // A failure is in the status already, and was logged.
            let _ = self.shut_down(None);
        }
    }
}

/// What became of a thread.
enum Joined<T> {
    /// `None` after a panic.
    Ended(Option<T>),
    Runs,
}

impl<T> Joined<T> {
    const fn runs(&self) -> bool {
        matches!(self, Self::Runs)
    }
}

impl<T> Joined<Option<T>> {
    fn value(self) -> Option<T> {
        match self {
            Self::Ended(value) => value.flatten(),
            Self::Runs => None,
        }
    }
}

/// Waits for the end of a thread, but not beyond the deadline.
fn join<T>(thread: JoinHandle<T>, deadline: Option<Instant>) -> Joined<T> {
    while let Some(deadline) = deadline
        && !thread.is_finished()
    {
        if Instant::now() >= deadline {
            return Joined::Runs;
        }
        thread::sleep(JOIN_POLL);
    }
    Joined::Ended(thread.join().ok())
}

/// Takes a data directory for as long as the answer is kept; it is created when missing.
///
/// # Errors
/// [`StartError::Locked`] when another process has it, and I/O errors.
pub fn lock(directory: &Path) -> Result<File, StartError> {
    let path = directory.join(LOCK_FILE);
    let io = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| StartError::Io {
            doing,
            path,
            source,
        }
    };
    fs::create_dir_all(directory).map_err(io("create", directory))?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io("open", &path))?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_WAIT_MAX => {
                thread::sleep(LOCK_POLL);
            }
            Err(TryLockError::WouldBlock) => return Err(StartError::Locked { path }),
            Err(TryLockError::Error(source)) => return Err(io("lock", &path)(source)),
        }
    }
}

pub(crate) fn copy(shard: &Shard) -> Result<Shard, StartError> {
    let mut bytes = Vec::new();
    shard.encode(&mut bytes);
    let replica = Shard::restore(&bytes)?;
    let (live, copied) = (shard.state_hash(), replica.state_hash());
    if live != copied {
        return Err(StartError::ReplicaHash {
            live,
            replica: copied,
        });
    }
    Ok(replica)
}

fn spawn(
    shared: &Arc<Shared>,
    mut config: Config,
    recovered: Recovered,
    replica: (Shard, Boards),
    source: Box<dyn Source>,
    broadcast: broadcast::Sender<Arc<DurableBatch>>,
) -> Result<Threads, StartError> {
    let Workers {
        mut core,
        mut committer,
        mut follower,
        mut disk,
        keeper,
    } = workers(shared, &mut config, recovered, replica, source, broadcast)?;
    let replica_thread = {
        let shared = Arc::clone(shared);
        start("replica", move || {
            introduce(&shared.threads.replica);
            fail_stop(&shared, &mut follower, Follower::run, |follower| {
                format!("the replica, after seq {}", follower.seq())
            })
        })?
    };
    let journal_thread = {
        let shared = Arc::clone(shared);
        start("journal", move || {
            introduce(&shared.threads.journal);
            let run = |committer: &mut Committer| step::run(|| committer.step());
            fail_stop(&shared, &mut committer, run, |committer| {
                format!("the journal, after seq {}", committer.writer.synced().seq)
            })
        })?
    };
    let shard_thread = {
        let shared = Arc::clone(shared);
        start("shard", move || {
            introduce(&shared.threads.shard);
            let run = |core: &mut Core| step::run(|| Ok::<_, Infallible>(core.step()));
            let ended = fail_stop(&shared, &mut core, run, |_| {
                format!("the shard, after seq {}", shared.applied())
            });
            // The journal sees its ring abandoned.
            drop(core);
            Wakers::wake(&shared.threads.journal);
            ended.flatten()
        })?
    };
    let disk_thread = {
        let shared = Arc::clone(shared);
        start("disk", move || {
            disk.introduce(&thread::current());
            let run = |disk: &mut DiskWorker| step::run(|| Ok::<_, Infallible>(disk.step()));
            fail_stop(&shared, &mut disk, run, |_| "the disk's worker".to_owned());
        })?
    };
    let keeper_thread = if keeper.is_idle() {
        None
    } else {
        let run = move || {
            let Ok(()) = step::run(|| Ok::<_, Infallible>(keeper.step()));
        };
        Some(start("keeper", run)?)
    };
    Ok(Threads {
        disk: disk_thread,
        keeper: keeper_thread,
        shard: shard_thread,
        journal: journal_thread,
        replica: replica_thread,
    })
}

/// What the threads do, before anybody does it.
pub(crate) struct Workers {
    pub(crate) core: Core,
    pub(crate) committer: Committer,
    pub(crate) follower: Follower,
    pub(crate) disk: DiskWorker,
    pub(crate) keeper: Keeper,
}

/// Makes the workers of a recovered shard, and the rings between them.
pub(crate) fn workers(
    shared: &Arc<Shared>,
    config: &mut Config,
    recovered: Recovered,
    (replica, boards): (Shard, Boards),
    source: Box<dyn Source>,
    broadcast: broadcast::Sender<Arc<DurableBatch>>,
) -> Result<Workers, JournalError> {
    let Recovered {
        shard,
        mut writer,
        store,
        report,
    } = recovered;
    let end = writer.written();
    let (mut free, free_consumer) = RingBuffer::new(BATCHES);
    let (full_producer, full) = RingBuffer::new(BATCHES);
    for _ in 1..BATCHES {
        // The ring was made for them.
        let _ = free.push(Batch::new(end, config.batch_bytes_max, shared.time.now()));
    }
    let floor = Floor::default();
    floor.set(store.seqs());
    let keeper = Keeper {
        shared: Arc::clone(shared),
        journal: config.journal(),
        retention: config.retention,
        floor: floor.clone(),
    };
    let spare = writer.spare();
    let disk = DiskWorker {
        shared: Arc::clone(shared),
        later: writer.later(),
        anchor: writer.anchor_later(),
        maker: Maker::new(config.journal(), spare.clone(), config.segment_bytes_max),
        spare,
    };
    let settings = Settings {
        journal: config.journal(),
        snapshot_every: config.snapshot_every,
        replica_lag_max: config.replica_lag_max,
        views_interval: config.views_interval,
        floor,
    };
    let replica = Replica {
        shard: replica,
        reader: Reader::behind(&writer)?,
        at: end,
        store,
        snapshot_seq: report.snapshot_seq.unwrap_or_default(),
        boards,
    };
    let projection = config.projection.take();
    let follower = Follower::new(Arc::clone(shared), settings, replica, projection);
    let committer = Committer {
        shared: Arc::clone(shared),
        writer,
        full,
        free,
        broadcast,
        synced_at: shared.time.now(),
        syncing_since: None,
        group: Vec::with_capacity(BATCHES),
        waiting: None,
    };
    let core = Core::new(
        Arc::clone(shared),
        config,
        shard,
        end.chain,
        source,
        free_consumer,
        full_producer,
    );
    Ok(Workers {
        core,
        committer,
        follower,
        disk,
        keeper,
    })
}

/// Lets the other threads wake this one.
fn introduce(slot: &OnceLock<Thread>) {
    // Each slot has one thread, which does this once.
    let _ = slot.set(thread::current());
}

fn start<T: Send + 'static>(
    name: &'static str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, StartError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|error| StartError::Thread(name, error))
}

/// Runs a thread's work. An error or a panic stops the whole runtime, named by who had it and where.
fn fail_stop<W, T, E: std::error::Error>(
    shared: &Shared,
    worker: &mut W,
    run: impl FnOnce(&mut W) -> Result<T, E>,
    who: impl FnOnce(&W) -> String,
) -> Option<T> {
    let reason = match catch_unwind(AssertUnwindSafe(|| run(worker))) {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(error)) => format!("{}: {}", who(worker), with_sources(&error)),
        Err(panic) => format!("{} panicked: {}", who(worker), panic_text(&*panic)),
    };
    shared.fail(reason);
    None
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
