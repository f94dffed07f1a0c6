//! A whole runtime in one thread, step by step.

use std::fmt;
use std::sync::Arc;

use engine::{Shard, StateHash};
use tokio::sync::broadcast;
use types::Seq;

use crate::boards::Boards;
use crate::committer::Committer;
use crate::config::Config;
use crate::core::{Core, End};
use crate::disk_worker::DiskWorker;
use crate::follower::Follower;
use crate::handle::Handle;
use crate::recovery::{Recovery, recover_from};
use crate::retention::Keeper;
use crate::runtime::{StartError, Workers, copy, workers};
use crate::shared::{Shared, Status};
use crate::snapshot::{Restored, Snapshots};
use crate::source::Source;
use crate::step::Stepped;
use crate::views::Views;

/// One of those that a runtime runs as threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worker {
    /// Takes, stamps, encodes, applies.
    Shard,
    /// Writes, syncs, tells.
    Journal,
    /// Reads the journal, applies, compares, snapshots.
    Replica,
    /// Syncs that nobody waits for, and makes the next segment.
    Disk,
    /// Archives and removes closed segments; it may be left out.
    Keeper,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There may be more to do.
    Worked,
    /// Nothing to do for now.
    Idle,
    /// It would wait for another.
    Waits,
    /// It has done all of its work.
    Ended,
}

/// A runtime whose threads are taken a step at a time, in whatever order. Dropping it is a kill: nothing
/// is finished.
pub struct Process {
    shared: Arc<Shared>,
    recovery: Recovery,
    core: Option<Box<Core>>,
    committer: Option<Committer>,
    follower: Option<Box<Follower>>,
    disk: DiskWorker,
    keeper: Keeper,
    end: Option<End>,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("recovery", &self.recovery)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl Process {
    /// Recovers as [`crate::Runtime::start`] does, from the disk of the configuration and from a snapshot
    /// store that is open. No lock is taken: a simulated disk has one process.
    ///
    /// # Errors
    /// As [`crate::Runtime::start`].
    pub fn start(
        mut config: Config,
        source: Box<dyn Source>,
        store: Box<dyn Snapshots>,
        restored: Option<Restored>,
    ) -> Result<Self, StartError> {
        if let Some(setting) = config.zero_setting() {
            return Err(StartError::Zero(setting));
        }
        let mut projection = config.projection.take();
        let keep = |store| Ok(crate::keeper::Keeper::here(store));
        let recovered = recover_from(&mut config, &mut projection, (store, restored), keep)?;
        config.projection = projection;
        let recovery = recovered.report;
        let replica = copy(&recovered.shard)?;
        let mut boards = Boards::default();
        boards.refresh(&replica);
        let (broadcast, _) = broadcast::channel(config.broadcast_batches_max);
        let views = Views::of(&replica, &boards);
        let shared = Arc::new(Shared::new(&config, recovery.seq, views, broadcast.clone()));
        let replica = (replica, boards);
        let Workers {
            core,
            committer,
            follower,
            disk,
            keeper,
        } = workers(&shared, &mut config, recovered, replica, source, broadcast)?;
        Ok(Self {
            shared,
            recovery,
            core: Some(Box::new(core)),
            committer: Some(committer),
            follower: Some(Box::new(follower)),
            disk,
            keeper,
            end: None,
        })
    }

    /// What the start found.
    pub const fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// What the rest of a process works with.
    pub fn handle(&self) -> Handle {
        Handle {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Lets one of them take a step. An error of it is fail-stop, as it is with threads.
    pub fn step(&mut self, worker: Worker) -> Progress {
        match worker {
            Worker::Shard => self.step_shard(),
            Worker::Journal => self.step_journal(),
            Worker::Replica => self.step_replica(),
            Worker::Disk => progress(&self.disk.step()),
            Worker::Keeper => progress(&self.keeper.step()),
        }
    }

    fn step_shard(&mut self) -> Progress {
        let Some(core) = &mut self.core else {
            return Progress::Ended;
        };
        if !core.is_free() && !self.shared.is_failed() {
            return Progress::Waits;
        }
        match core.step() {
            Stepped::Worked => Progress::Worked,
            Stepped::Idle(_) => Progress::Idle,
            Stepped::Ended(end) => {
                self.end = end;
                // The journal sees its ring abandoned.
                self.core = None;
                Progress::Ended
            }
        }
    }

    fn step_journal(&mut self) -> Progress {
        let Some(committer) = &mut self.committer else {
            return Progress::Ended;
        };
        match committer.step() {
            Ok(Stepped::Worked) => Progress::Worked,
            Ok(Stepped::Idle(_)) => Progress::Idle,
            Ok(Stepped::Ended(())) => {
                self.committer = None;
                Progress::Ended
            }
            Err(error) => {
                let seq = committer.writer.synced().seq;
                self.fail(format!("the journal, after seq {seq}: {error}"));
                Progress::Ended
            }
        }
    }

    fn step_replica(&mut self) -> Progress {
        let Some(follower) = &mut self.follower else {
            return Progress::Ended;
        };
        match follower.step() {
            Ok(Stepped::Worked) => Progress::Worked,
            Ok(Stepped::Idle(_)) => Progress::Idle,
            Ok(Stepped::Ended(_)) => {
                self.follower = None;
                Progress::Ended
            }
            Err(error) => {
                let seq = follower.seq();
                self.fail(format!("the replica, after seq {seq}: {error}"));
                Progress::Ended
            }
        }
    }

    fn fail(&self, reason: String) {
        self.shared.fail(reason);
    }

    /// The live shard, until it has ended.
    pub fn shard(&self) -> Option<&Shard> {
        self.core.as_ref().map(|core| core.shard())
    }

    /// Takes nothing more; the steps that follow finish what was accepted.
    pub fn stop(&self) {
        self.shared.stop();
    }

    /// Where the live shard ended and its state there, once it was stopped and all three have ended.
    pub fn end(&self) -> Option<(Seq, StateHash)> {
        let is_over = self.core.is_none() && self.committer.is_none() && self.follower.is_none();
        let end = self.end.filter(|_| is_over && !self.shared.is_failed())?;
        Some((end.seq, end.hash))
    }

    /// How it is.
    pub fn status(&self) -> Status {
        self.shared.status()
    }
}

const fn progress(stepped: &Stepped<()>) -> Progress {
    match stepped {
        Stepped::Worked => Progress::Worked,
        Stepped::Idle(_) => Progress::Idle,
        Stepped::Ended(()) => Progress::Ended,
    }
}
