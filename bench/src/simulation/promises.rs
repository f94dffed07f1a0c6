//! What a runtime has promised so far, and whether its journal keeps it.

use std::collections::VecDeque;

use engine::{EventBuf, Limits, Shard};
use runtime::journal::{Location, Reader};
use runtime::{Ack, DurableBatch, Outcome, Port, Receipt, Refused, StateHash, beginning};
use tokio::sync::oneshot;
use types::{Command, Event, EventKind, Input, InputKind, Seq, ShardId, TimestampNs};

/// A command on its way.
#[derive(Debug)]
struct Sent {
    command: Command,
    receipt: oneshot::Receiver<Receipt>,
}

/// A command that was acknowledged.
#[derive(Debug)]
struct Acknowledged {
    command: Command,
    seq: Seq,
    ts: TimestampNs,
    told: Told,
}

/// What was said of it.
#[derive(Debug)]
enum Told {
    Events(Vec<Event>),
    Outcome(Outcome),
}

/// Everything that was sent, acknowledged and told.
#[derive(Debug, Default)]
pub(super) struct Promises {
    waiting: Vec<Sent>,
    /// A client's way in, and what it took and did not acknowledge.
    port: Option<Port>,
    posted: VecDeque<Command>,
    acknowledged: Vec<Acknowledged>,
    told: Vec<(Seq, Vec<Event>)>,
    /// Commands that were taken, but for announcements.
    taken: u64,
    /// The inputs of the journal as it was last seen: the first of them may be gone from it since.
    seen: Vec<Input>,
    pub(super) counts: Counts,
}

/// What became of the commands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tried to send.
    pub sent: u64,
    /// Acknowledged.
    pub acknowledged: u64,
    /// Refused: overloaded, or the disk was full.
    pub refused: u64,
    /// Never answered, for the runtime died or failed first.
    pub in_doubt: u64,
}

impl Promises {
    pub(super) fn sent(&mut self, command: Command, receipt: oneshot::Receiver<Receipt>) {
        self.counts.sent += 1;
        self.taken += u64::from(is_counted(&InputKind::Command(command.clone())));
        self.waiting.push(Sent { command, receipt });
    }

    /// The port of a process that has started.
    pub(super) fn attach(&mut self, port: Port) {
        self.port = Some(port);
    }

    /// Sends by the port.
    pub(super) fn post(&mut self, command: Command) -> Result<(), Refused> {
        let Some(port) = &mut self.port else {
            return Err(Refused::Stopped);
        };
        port.submit(command.clone())?;
        self.counts.sent += 1;
        self.taken += u64::from(is_counted(&InputKind::Command(command.clone())));
        self.posted.push_back(command);
        Ok(())
    }

    /// The process is gone: what it could still tell is told, and the rest is in doubt.
    pub(super) fn lose(&mut self) {
        self.listen();
        self.port = None;
        self.counts.in_doubt += self.posted.len() as u64;
        self.posted.clear();
    }

    pub(super) fn refused(&mut self) {
        self.counts.sent += 1;
        self.counts.refused += 1;
    }

    /// Takes the answers that are there.
    pub(super) fn listen(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        for mut sent in waiting {
            match sent.receipt.try_recv() {
                Ok(receipt) => {
                    self.counts.acknowledged += 1;
                    self.acknowledged.push(Acknowledged {
                        command: sent.command,
                        seq: receipt.seq,
                        ts: receipt.ts,
                        told: Told::Events(receipt.events),
                    });
                }
                Err(oneshot::error::TryRecvError::Empty) => self.waiting.push(sent),
                Err(oneshot::error::TryRecvError::Closed) => self.counts.in_doubt += 1,
            }
        }
        while let Some(Ack {
            seq, ts, outcome, ..
        }) = self.port.as_mut().and_then(Port::poll)
        {
            self.counts.acknowledged += 1;
            if let Some(command) = self.posted.pop_front() {
                let told = Told::Outcome(outcome);
                self.acknowledged.push(Acknowledged {
                    command,
                    seq,
                    ts,
                    told,
                });
            }
        }
    }

    /// Notes what was told to whoever subscribes.
    pub(super) fn tell(&mut self, batch: &DurableBatch) {
        self.told.push((batch.last_seq, batch.events.clone()));
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.posted.is_empty()
    }

    /// Notes what the journal has, before some of it may be removed.
    pub(super) fn read(&mut self, location: &Location) {
        let Ok(mut reader) = Reader::open(location, Seq(self.seen.len() as u64)) else {
            return;
        };
        // Its end may be torn by a write that failed.
        while let Ok(Some(input)) = reader.next_input() {
            if input.seq.0 as usize > self.seen.len() {
                self.seen.push(input);
            }
        }
    }

    /// Replays a journal from its first input and holds it against everything that was promised; says the
    /// state that it leads to. `opening` commands came from the source. With `loses_told` the end of what
    /// was promised may be missing: a loss of power in relaxed mode.
    pub(super) fn check(
        &mut self,
        location: &Location,
        limits: Limits,
        opening: u64,
        loses_told: bool,
    ) -> Result<(Seq, StateHash), String> {
        let mut replay = Replay::new(limits);
        let base = beginning(location, limits).map_err(|error| error.to_string())?;
        let begins = base.seq();
        for input in self.seen.drain(..).take(begins.0 as usize) {
            replay.apply(input);
        }
        if (replay.shard.seq(), replay.shard.state_hash()) != (begins, base.state_hash()) {
            return Err(format!(
                "the journal's base at seq {begins} is not the state that was there"
            ));
        }
        let mut reader = Reader::open(location, begins).map_err(|error| error.to_string())?;
        while let Some(input) = reader.next_input().map_err(|error| error.to_string())? {
            if input.seq > begins {
                replay.apply(input);
            }
        }
        self.seen.clone_from(&replay.inputs);
        let end = replay.shard.seq();
        let mut places = Vec::new();
        for known in &self.acknowledged {
            let Acknowledged {
                command, seq, ts, ..
            } = known;
            let Some(input) = replay.input(*seq) else {
                if loses_told {
                    continue;
                }
                return Err(format!(
                    "the command acknowledged at seq {seq} is lost: the journal ends at {end}"
                ));
            };
            places.push(*seq);
            let is_same = input.ts == *ts
                && matches!(&input.kind, InputKind::Command(found) if found == command);
            if !is_same {
                return Err(format!(
                    "seq {seq} was acknowledged as {command:?}, the journal has {input:?}"
                ));
            }
            let found = replay.events(*seq);
            match &known.told {
                Told::Events(events) => differs(*seq, events, found)?,
                Told::Outcome(outcome) if is_outcome(command, outcome, found) => {}
                Told::Outcome(outcome) => {
                    return Err(format!(
                        "seq {seq} was acknowledged as {outcome:?}, the replay has {found:?}"
                    ));
                }
            }
        }
        places.sort_unstable();
        let doubled = places.windows(2).find(|pair| pair[0] == pair[1]);
        if let Some([seq, ..]) = doubled {
            return Err(format!("two commands were acknowledged at seq {seq}"));
        }
        let found = replay.inputs.iter().filter(|input| is_counted(&input.kind));
        let found = found.count() as u64;
        let taken = self.taken + opening;
        if found > taken {
            return Err(format!(
                "the journal has {found} commands, {taken} were taken"
            ));
        }
        for (last, events) in &self.told {
            if *last > end {
                if loses_told {
                    continue;
                }
                return Err(format!(
                    "seq {last} was told, but the journal ends at {end}"
                ));
            }
            for event in events {
                let found = replay.events(event.seq);
                if !found.contains(event) {
                    return Err(format!(
                        "seq {}: {event:?} was told, the replay has {found:?}",
                        event.seq
                    ));
                }
            }
        }
        Ok((end, replay.shard.state_hash()))
    }

    /// After a loss of power in relaxed mode: what the journal does not have any more was never promised.
    pub(super) fn forget_after(&mut self, end: Seq) {
        self.acknowledged.retain(|known| known.seq <= end);
        self.told.retain(|(last, _)| *last <= end);
    }
}

/// Whether it is a command that somebody sent: the runtime announces windows by itself.
pub(super) const fn is_counted(kind: &InputKind) -> bool {
    matches!(kind, InputKind::Command(command) if !matches!(command, Command::AnnounceWindow { .. }))
}

/// A journal that was applied to a shard from nothing.
struct Replay {
    shard: Shard,
    inputs: Vec<Input>,
    /// Of each input.
    events: Vec<Vec<Event>>,
}

impl Replay {
    fn new(limits: Limits) -> Self {
        Self {
            shard: Shard::new(ShardId(0), limits),
            inputs: Vec::new(),
            events: Vec::new(),
        }
    }

    fn apply(&mut self, input: Input) {
        let mut events = EventBuf::default();
        self.shard.apply(&input, &mut events);
        self.inputs.push(input);
        self.events.push(events.as_slice().to_vec());
    }

    fn input(&self, seq: Seq) -> Option<&Input> {
        self.inputs.get(seq.0 as usize - 1)
    }

    fn events(&self, seq: Seq) -> &[Event] {
        let events = self.events.get(seq.0 as usize - 1);
        events.map_or(&[], Vec::as_slice)
    }
}

/// Whether a command's events say this.
fn is_outcome(command: &Command, outcome: &Outcome, events: &[Event]) -> bool {
    let says = |event: &Event| match (outcome, &event.kind) {
        (Outcome::Accepted(id), EventKind::OrderAccepted { order, .. }) => id == order,
        (
            Outcome::Denied(why),
            EventKind::OrderDenied { reason, .. } | EventKind::ChangeDenied { reason, .. },
        ) => why == reason,
        (Outcome::Rejected(why), EventKind::InputRejected { reason }) => why == reason,
        _ => false,
    };
    match outcome {
        Outcome::Applied => !matches!(command, Command::SubmitOrder(_)),
        Outcome::TooLarge => false,
        _ => events.iter().any(says),
    }
}

/// Names the first difference.
fn differs(seq: Seq, told: &[Event], found: &[Event]) -> Result<(), String> {
    let longest = told.len().max(found.len());
    match (0..longest).find(|&place| told.get(place) != found.get(place)) {
        None => Ok(()),
        Some(place) => Err(format!(
            "seq {seq}, event {place}: {:?} was acknowledged, the replay has {:?}",
            told.get(place),
            found.get(place)
        )),
    }
}
