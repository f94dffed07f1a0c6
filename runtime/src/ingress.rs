//! The two bounded lanes by which commands reach the shard. Full means refused and counted, never lost.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crossbeam::queue::ArrayQueue;
use tokio::sync::oneshot;
use types::{AccountChange, Command, Event, InstrumentStatus, MarketChange, Seq, TimestampNs};

use crate::config::AckMode;
use crate::gate::Gate;

/// The answer to a command, sent once its input is durable (in [`crate::AckMode::Durable`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What it means that this is told.
    pub ack: AckMode,
    /// The command's place in the shard's order.
    pub seq: Seq,
    /// The time it was stamped with.
    pub ts: TimestampNs,
    /// The facts that it caused. A refusal by the engine is one of them.
    pub events: Vec<Event>,
}

/// The lane is full. The command was not taken; it may be sent again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("overloaded: {waiting_max} {lane} are waiting already")]
pub struct Overloaded {
    /// Which lane.
    pub lane: Lane,
    /// How many it holds.
    pub waiting_max: usize,
}

/// Why a command was not taken. It may be sent again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its lane is full.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The journal has no room to grow, so nothing can be acknowledged until there is some.
    #[error("the disk is full: nothing is taken until the journal has room again")]
    DiskFull,
    /// The runtime takes nothing any more: it stops, or has failed. Only a [`crate::Port`] says so; the
    /// receiver that a handle gives is closed instead.
    #[error("the runtime takes nothing any more")]
    Stopped,
}

/// A way into the runtime that can be full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Every command that is not of the other lane.
    Commands,
    /// What only takes risk away: cancels, ends of sessions, suspensions and closings of accounts, halts and closes of
    /// instruments.
    Cancels,
    /// Requests for the view of an account or a book.
    Views,
}

impl Lane {
    /// The way that a command goes.
    #[must_use]
    pub const fn of(command: &Command) -> Self {
        match command {
            Command::CancelOrder { .. }
            | Command::CancelAll { .. }
            | Command::Disconnect { .. }
            | Command::ChangeMarket {
                change: MarketChange::Status(InstrumentStatus::Halted | InstrumentStatus::Closed),
                ..
            }
            | Command::ChangeAccount {
                change: AccountChange::Suspend { .. } | AccountChange::Close,
                ..
            } => Self::Cancels,
            _ => Self::Commands,
        }
    }
}

impl std::fmt::Display for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Commands => "commands",
            Self::Cancels => "cancels",
            Self::Views => "views",
        })
    }
}

/// A command and who waits for it.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) command: Command,
    pub(crate) reply: oneshot::Sender<Receipt>,
    /// When it entered its lane.
    pub(crate) submitted: Instant,
}

#[derive(Debug)]
pub(crate) struct Ingress {
    commands: ArrayQueue<Pending>,
    cancels: ArrayQueue<Pending>,
    gate: Gate,
    is_disk_full: AtomicBool,
    overloaded: AtomicU64,
    disk_full: AtomicU64,
    stopped: AtomicU64,
}

impl Ingress {
    pub(crate) fn new(commands_max: usize, cancels_max: usize) -> Self {
        Self {
            commands: ArrayQueue::new(commands_max),
            cancels: ArrayQueue::new(cancels_max),
            gate: Gate::default(),
            is_disk_full: AtomicBool::new(false),
            overloaded: AtomicU64::new(0),
            disk_full: AtomicU64::new(0),
            stopped: AtomicU64::new(0),
        }
    }

    /// Queues a command. When nothing is taken any more, the receiver says so by being closed.
    pub(crate) fn submit(&self, command: Command) -> Result<oneshot::Receiver<Receipt>, Refused> {
        let (reply, receiver) = oneshot::channel();
        if !self.is_open() {
            let _ = self.refuse_stopped();
            return Ok(receiver);
        }
        if self.is_disk_full() {
            return Err(self.refuse_disk_full());
        }
        let lane = Lane::of(&command);
        let queue = match lane {
            Lane::Cancels => &self.cancels,
            _ => &self.commands,
        };
        let pending = Pending {
            command,
            reply,
            submitted: Instant::now(),
        };
        if queue.push(pending).is_err() {
            let waiting_max = queue.capacity();
            return Err(self.refuse_overloaded(Overloaded { lane, waiting_max }));
        }
        self.gate.pushed(|| self.discard());
        Ok(receiver)
    }

    /// Whether commands are taken.
    pub(crate) fn is_open(&self) -> bool {
        self.gate.is_open()
    }

    /// Counts a command that finds its lane full.
    pub(crate) fn refuse_overloaded(&self, overloaded: Overloaded) -> Refused {
        self.overloaded.fetch_add(1, Ordering::Relaxed);
        overloaded.into()
    }

    /// Counts a command that finds the disk full.
    pub(crate) fn refuse_disk_full(&self) -> Refused {
        self.disk_full.fetch_add(1, Ordering::Relaxed);
        Refused::DiskFull
    }

    /// Counts a command that comes when nothing is taken any more.
    pub(crate) fn refuse_stopped(&self) -> Refused {
        self.stopped.fetch_add(1, Ordering::Relaxed);
        Refused::Stopped
    }

    pub(crate) fn pop_cancel(&self) -> Option<Pending> {
        // Asking whether it is empty costs no fence.
        if self.cancels.is_empty() {
            return None;
        }
        self.cancels.pop()
    }

    pub(crate) fn pop_command(&self) -> Option<Pending> {
        if self.commands.is_empty() {
            return None;
        }
        self.commands.pop()
    }

    /// Takes nothing more.
    pub(crate) fn close(&self) {
        self.gate.close();
    }

    /// Serves nothing more: whoever still waits is told by a closed receiver.
    pub(crate) fn shut(&self) {
        self.gate.shut(|| self.discard());
    }

    fn discard(&self) {
        while let Some(pending) = self.commands.pop().or_else(|| self.cancels.pop()) {
            // Before its sender learns of it.
            let _ = self.refuse_stopped();
            drop(pending);
        }
    }

    /// Refuses every command from now on, or takes them again.
    pub(crate) fn set_disk_full(&self, is_full: bool) {
        self.is_disk_full.store(is_full, Ordering::Relaxed);
    }

    pub(crate) fn is_disk_full(&self) -> bool {
        self.is_disk_full.load(Ordering::Relaxed)
    }

    /// Commands that were refused because the disk was full.
    pub(crate) fn disk_full(&self) -> u64 {
        self.disk_full.load(Ordering::Relaxed)
    }

    /// Commands that were refused because nothing was taken any more, or that still waited then.
    pub(crate) fn stopped(&self) -> u64 {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Commands that were refused because their lane was full.
    pub(crate) fn overloaded(&self) -> u64 {
        self.overloaded.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::AccountId;

    const CANCEL: Command = Command::CancelAll {
        account: AccountId(0),
        instrument: None,
        side: None,
    };

    fn plan() -> Command {
        Command::DefinePlan {
            spec: Box::default(),
        }
    }

    #[test]
    fn a_full_lane_refuses_and_counts_and_leaves_the_other_alone() {
        let ingress = Ingress::new(2, 1);
        let _one = ingress.submit(plan()).unwrap();
        let _two = ingress.submit(plan()).unwrap();
        let refused = ingress.submit(plan()).unwrap_err();
        let full = |lane, waiting_max| Refused::Overloaded(Overloaded { lane, waiting_max });
        assert_eq!(refused, full(Lane::Commands, 2));
        let _three = ingress.submit(CANCEL).unwrap();
        assert_eq!(ingress.submit(CANCEL).unwrap_err(), full(Lane::Cancels, 1));
        assert_eq!(ingress.overloaded(), 2);
        assert_eq!(
            refused.to_string(),
            "overloaded: 2 commands are waiting already"
        );
    }

    #[test]
    fn on_a_full_disk_nothing_is_taken_and_what_was_taken_stays() {
        let ingress = Ingress::new(2, 1);
        let mut taken = ingress.submit(plan()).unwrap();
        ingress.set_disk_full(true);
        assert_eq!(ingress.submit(plan()).unwrap_err(), Refused::DiskFull);
        assert_eq!(ingress.submit(CANCEL).unwrap_err(), Refused::DiskFull);
        assert_eq!((ingress.disk_full(), ingress.overloaded()), (2, 0));
        assert_eq!(taken.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        ingress.set_disk_full(false);
        let _two = ingress.submit(plan()).unwrap();
        assert!(ingress.pop_command().is_some() && ingress.pop_command().is_some());
    }

    #[test]
    fn closing_keeps_what_was_taken_and_shutting_tells_who_waits() {
        let ingress = Ingress::new(2, 1);
        let mut taken = ingress.submit(plan()).unwrap();
        ingress.close();
        let mut late = ingress.submit(plan()).unwrap();
        assert_eq!(late.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert_eq!(taken.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        ingress.shut();
        assert_eq!(taken.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert!(ingress.pop_command().is_none());
        assert_eq!(ingress.stopped(), 2);
    }
}
