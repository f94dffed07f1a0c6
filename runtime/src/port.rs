//! A client's own way into the shard and back: a ring for its commands, one for what became of them.
//!
//! Both have one writer and one reader, and no lock. The shard writes an acknowledgement as soon as it has
//! applied the command; the port shows it once the journal's position has passed it, so that a client needs
//! no message of its own from the journal. There is a place for the acknowledgement of every command that is
//! taken, so none is ever dropped or waited for.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam::queue::ArrayQueue;
use crossbeam::sync::{Parker, Unparker};
use engine::Foresight;
use rtrb::chunks::ChunkError;
use rtrb::{Consumer, Producer, RingBuffer};
use types::{
    Command, DenyReason, Event, EventKind, Input, InputKind, InputRejection, OrderId, OrderRole,
    Seq, TimestampNs,
};

use crate::atomics::Notice;
use crate::config::AckMode;
use crate::ingress::{Lane, Overloaded, Refused};
use crate::latency::SAMPLE_EVERY;
use crate::shared::{Shared, Wakers};

/// Ports that are open at a time.
pub const PORTS_MAX: usize = 64;

/// As many ports are open as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{PORTS_MAX} ports are open already")]
pub struct TooManyPorts;

/// What became of a command that came through a [`Port`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// What it means that this is told.
    pub ack: AckMode,
    /// The command's number: 0, 1, 2, ... in the order in which the port took them, which is the order of
    /// the acknowledgements too.
    pub number: u64,
    /// Its place in the shard's order.
    pub seq: Seq,
    /// The time it was stamped with.
    pub ts: TimestampNs,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a command. All that it caused is in the events of its seq ([`crate::Handle::subscribe`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An order was accepted under this id.
    Accepted(OrderId),
    /// An order, or the change of one, was denied.
    Denied(DenyReason),
    /// The command could not be applied; nothing changed.
    Rejected(InputRejection),
    /// Any other command was applied, or an order was cancelled or amended. Whether the rules refused it is
    /// in its events.
    Applied,
    /// The command is larger than a frame of the journal and was dropped; its seq is that of the input
    /// before it.
    TooLarge,
}

impl Outcome {
    /// Reads it off the events of the command's input.
    fn of(command: &Command, events: &[Event]) -> Self {
        let told = |event: &Event| match (command, &event.kind) {
            (_, EventKind::InputRejected { reason }) => Some(Self::Rejected(*reason)),
            // The same input may do what was due before it: an algo's slice is an order too, but not one of its own.
            (
                Command::SubmitOrder(_),
                EventKind::OrderAccepted {
                    order: id, role, ..
                },
            ) => (*role == OrderRole::Alone).then_some(Self::Accepted(*id)),
            (Command::SubmitOrder(order), EventKind::OrderDenied { request, reason }) => {
                (order == request).then_some(Self::Denied(*reason))
            }
            (
                Command::CancelOrder { account, order }
                | Command::AmendOrder { account, order, .. },
                EventKind::ChangeDenied {
                    account: who,
                    order: which,
                    reason,
                    ..
                },
            ) => (account == who && order == which).then_some(Self::Denied(*reason)),
            _ => None,
        };
        events.iter().find_map(told).unwrap_or(Self::Applied)
    }
}

/// A client's way in. It belongs to one thread at a time. Dropping it takes nothing back.
///
/// Commands are applied in the order in which they were submitted: a cancel never overtakes the order that it
/// cancels. What it has instead of a lane is room: the last `cancels_max` places are for cancels only.
#[derive(Debug)]
pub struct Port {
    shared: Arc<Shared>,
    posted: Producer<Posted>,
    acks: Consumer<Ack>,
    parker: Parker,
    commands_max: usize,
    submitted: u64,
    acknowledged: u64,
    /// As last looked up.
    durable: Seq,
}

impl Port {
    /// Queues a command. Its number is how many were taken before it.
    ///
    /// # Errors
    /// When so many commands wait for their acknowledgement to be polled as the port has places for, the disk
    /// is full, or the runtime takes nothing any more. The command was not taken; it is counted in
    /// [`crate::Stats`].
    #[inline]
    pub fn submit(&mut self, command: Command) -> Result<u64, Refused> {
        let ingress = &self.shared.ingress;
        if !ingress.is_open() {
            return Err(ingress.refuse_stopped());
        }
        if ingress.is_disk_full() {
            return Err(ingress.refuse_disk_full());
        }
        let lane = Lane::of(&command);
        let waiting_max = match lane {
            Lane::Cancels => self.acks.buffer().capacity(),
            _ => self.commands_max,
        };
        if self.waiting() >= waiting_max {
            return Err(ingress.refuse_overloaded(Overloaded { lane, waiting_max }));
        }
        let number = self.submitted;
        let posted = Posted {
            // Stamped by the shard.
            input: Input {
                seq: Seq(0),
                ts: TimestampNs(0),
                kind: InputKind::Command(command),
            },
            submitted: number.is_multiple_of(SAMPLE_EVERY).then(Instant::now),
        };
        // The shard gives the places of commands back some at a time, a little after their acknowledgements.
        if self.posted.push(posted).is_err() {
            return Err(ingress.refuse_overloaded(Overloaded { lane, waiting_max }));
        }
        self.submitted += 1;
        Wakers::wake(&self.shared.threads.shard);
        Ok(number)
    }

    /// The next acknowledgement that may be told; `None` when there is none yet.
    ///
    /// Once the runtime has stopped ([`crate::Status::Stopped`]), commands that still wait were not taken;
    /// once it has failed, it is not known whether they were.
    #[inline]
    pub fn poll(&mut self) -> Option<Ack> {
        let seq = self.acks.peek().ok()?.seq;
        if seq > self.durable {
            self.durable = self.shared.durable();
            if seq > self.durable {
                return None;
            }
        }
        self.acknowledged += 1;
        self.acks.pop().ok()
    }

    /// Sleeps until something of this port became durable since the last look, or for this long.
    pub fn wait(&self, longest: Duration) {
        self.parker.park_timeout(longest);
    }

    /// Commands that were taken and whose acknowledgement was not polled.
    pub const fn waiting(&self) -> usize {
        (self.submitted - self.acknowledged) as usize
    }

    /// Commands that were taken.
    pub const fn submitted(&self) -> u64 {
        self.submitted
    }

    /// Acknowledgements that were polled.
    pub const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }
}

/// A command on its way.
#[derive(Debug)]
struct Posted {
    input: Input,
    /// When, of one in [`SAMPLE_EVERY`].
    submitted: Option<Instant>,
}

/// Ports that wait for the shard to serve them, and how many are open.
#[derive(Debug)]
pub(crate) struct Ports {
    opened: ArrayQueue<Served>,
    has_opened: Notice,
    open: AtomicUsize,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            opened: ArrayQueue::new(PORTS_MAX),
            has_opened: Notice::default(),
            open: AtomicUsize::new(0),
        }
    }
}

/// Opens a port with room for so many commands, and as many cancels besides.
pub(crate) fn open(
    shared: &Arc<Shared>,
    commands_max: usize,
    cancels_max: usize,
) -> Result<Port, TooManyPorts> {
    let ports = &shared.ports;
    let count = |open: usize| (open < PORTS_MAX).then_some(open + 1);
    ports
        .open
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, count)
        .map_err(|_| TooManyPorts)?;
    let places = commands_max.saturating_add(cancels_max);
    let (posted, served) = RingBuffer::new(places);
    let (acked, acks) = RingBuffer::new(places);
    let parker = Parker::new();
    let end = Served {
        ack: shared.ack_mode,
        posted: served,
        acks: acked,
        unparker: parker.unparker().clone(),
        number: 0,
        in_batch: false,
    };
    // There is a place in this queue for every port that is open.
    let _ = ports.opened.push(end);
    ports.has_opened.post();
    Ok(Port {
        shared: Arc::clone(shared),
        posted,
        acks,
        parker,
        commands_max,
        submitted: 0,
        acknowledged: 0,
        durable: shared.durable(),
    })
}

impl Ports {
    /// Ports that were opened since the last call.
    pub(crate) fn take_opened(&self) -> impl Iterator<Item = Served> {
        let any = self.has_opened.take();
        std::iter::from_fn(move || any.then(|| self.opened.pop()).flatten())
    }

    /// A port was closed and all of its commands were applied.
    pub(crate) fn closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The shard's end of a port.
#[derive(Debug)]
pub(crate) struct Served {
    ack: AckMode,
    posted: Consumer<Posted>,
    acks: Producer<Ack>,
    unparker: Unparker,
    number: u64,
    /// The batch that is being filled has a command of this port.
    in_batch: bool,
}

impl Served {
    pub(crate) fn has_posted(&self) -> bool {
        !self.posted.is_empty()
    }

    /// The client has gone, and nothing of it is left. To be asked before [`Served::has_posted`].
    pub(crate) fn is_abandoned(&self) -> bool {
        self.posted.is_abandoned()
    }

    /// A new batch was begun.
    pub(crate) const fn leave_batch(&mut self) {
        self.in_batch = false;
    }

    /// Whom to wake when the batch is durable, unless it is known.
    pub(crate) fn enter_batch(&mut self) -> Option<Unparker> {
        (!std::mem::replace(&mut self.in_batch, true)).then(|| self.unparker.clone())
    }

    /// Gives the next commands to `apply`, in place, at most so many, until it says that it is enough; with each
    /// the one that comes [`Foresight::DISTANCE`] commands later, if it is here.
    pub(crate) fn serve(
        &mut self,
        most: usize,
        mut apply: impl FnMut(&mut Input, Option<&Input>, Option<Instant>) -> Applied,
    ) {
        // Some more than have their turn, to look at.
        let chunk = match self.posted.read_chunk(most + 2 * Foresight::DISTANCE) {
            Err(ChunkError::TooFewSlots(some)) => self.posted.read_chunk(some),
            chunk => chunk,
        };
        let Ok(mut chunk) = chunk else {
            return;
        };
        let mut taken = 0;
        let (first, second) = chunk.as_mut_slices();
        let posted = (0..first.len()).map(|place| (true, place));
        let posted = posted.chain((0..second.len()).map(|place| (false, place)));
        for (is_first, place) in posted.take(most) {
            // Past the end of the ring nobody looks: it is seldom there.
            let ring = if is_first { &mut *first } else { &mut *second };
            let Some((posted, later)) = ring[place..].split_first_mut() else {
                break;
            };
            if let Some(later) = later.get(2 * Foresight::DISTANCE) {
                Foresight::fetch(&later.input);
            }
            let coming = later.get(Foresight::DISTANCE - 1);
            let coming = coming.map(|posted| &posted.input);
            let applied = apply(&mut posted.input, coming, posted.submitted);
            taken += 1;
            // There is a place in this ring for every command that waits.
            let _ = self.acks.push(Ack {
                ack: self.ack,
                number: self.number,
                seq: applied.seq,
                ts: applied.ts,
                outcome: applied.outcome,
            });
            self.number += 1;
            if applied.is_enough {
                break;
            }
        }
        chunk.commit(taken);
    }
}

/// What the shard says of a command.
pub(crate) struct Applied {
    pub(crate) seq: Seq,
    pub(crate) ts: TimestampNs,
    pub(crate) outcome: Outcome,
    pub(crate) is_enough: bool,
}

/// What became of an input whose events are these; `None`: it was not applied.
pub(crate) fn outcome(input: &Input, events: &[Event], told: Option<Range<usize>>) -> Outcome {
    match (&input.kind, told) {
        (InputKind::Command(command), Some(told)) => Outcome::of(command, &events[told]),
        _ => Outcome::TooLarge,
    }
}
