//! The shard thread: the single writer. It takes inputs, stamps, journals and applies them, and hands
//! batches to the journal thread.
//!
//! There is a fixed number of batches. When all are with the journal, the shard waits: back-pressure by
//! durability. Cancels go first (a few in a row at most, so that a flood of them cannot stop the
//! market), then commands and the source take turns.
//!
//! Orders in flight, expiries and algos are work that time alone makes due. Whatever input comes next does
//! it; where none comes and the wall is the clock, the shard sequences one that says nothing but the time. So
//! it does after a roll that nothing follows: what is due at a roll's own time waits for an input that is none.
//!
//! At every snapshot point the shard stops to hash its state, for the replica to compare with. That is
//! the one pause it has; it grows with the state and comes once in `snapshot_every` inputs.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Foresight, Shard, StateHash};
use rtrb::{Consumer, Producer};
use tokio::sync::oneshot;
use types::frame::FRAME_BYTES_MAX;
use types::{Command, Input, InputKind, MarketData, MarketEvent, Seq, Timer, TimestampNs};

use crate::announcer::Announcer;
use crate::batch::{Batch, Reply};
use crate::config::{Config, Opening, Timetable};
use crate::ingress::{Pending, Receipt};
use crate::journal::record::{self, CHAIN_BYTES};
use crate::journal::{Chain, Mark};
use crate::latency::SAMPLE_EVERY;
use crate::port::{self, Applied, Served};
use crate::sequencer::Sequencer;
use crate::shared::{Shared, Status, Wakers};
use crate::source::{Next, Source};
use crate::step::Stepped;

/// Batches between shard and journal. As many as one sync may have to cover; of those that are free the one that
/// came back last is filled next, because it is still in the cache.
pub(crate) const BATCHES: usize = 12;
/// With this many batches at the journal another one would only wait: the shard fills the one it has.
const IN_FLIGHT_ENOUGH: usize = 2;
/// After so many cancels something else has a turn.
const CANCELS_IN_A_ROW_MAX: u32 = 64;
/// The clock is read once in so many inputs.
const INPUTS_PER_CLOCK: u32 = 32;
/// Rolls that follow each other hand a batch over once it has so many events.
const ROLL_EVENTS_MAX: usize = 1 << 17;
/// An idle shard looks around this often, also when nobody wakes it.
const IDLE_MAX: Duration = Duration::from_secs(1);

/// A shard that waits for the replica looks this often.
const REPLICA_POLL: Duration = Duration::from_millis(1);

/// How far a shard came and what its state was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) seq: Seq,
    pub(crate) hash: StateHash,
}

enum Taken {
    Command(Pending),
    Port(Served),
    Source(TimestampNs, InputKind),
    Nothing(Duration),
}

pub(crate) struct Core {
    shared: Arc<Shared>,
    shard: Shard,
    foresight: Foresight,
    sequencer: Sequencer,
    announcer: Announcer,
    /// `None` once it was said.
    opening: Option<Opening>,
    timetable: Option<Timetable>,
    /// `None` once it has ended.
    source: Option<Box<dyn Source>>,
    free: Consumer<Batch>,
    /// Taken out of that ring.
    spare: Vec<Batch>,
    full: Producer<Batch>,
    batch: Batch,
    chain: Chain,
    batch_bytes_max: usize,
    batch_age_max: Duration,
    snapshot_every: u64,
    /// The next seq at which the state is hashed.
    hash_at: Seq,
    replica_lag_max: u64,
    /// The replica was that far behind when the clock was read.
    is_far_ahead: bool,
    now: Instant,
    /// Since the clock was read, maybe.
    slept: bool,
    since_clock: u32,
    clock_interval: Duration,
    /// When time alone was last an input.
    clocked: Option<Instant>,
    /// Open ports; the first has the next turn.
    ports: VecDeque<Served>,
    cancels_in_a_row: u32,
    commands_turn: bool,
    ports_turn: bool,
    /// Counted apart, or strict turns of commands and source would time one of them only.
    commands_taken: u64,
    source_taken: u64,
}

impl Core {
    pub(crate) fn new(
        shared: Arc<Shared>,
        config: &mut Config,
        shard: Shard,
        chain: Chain,
        source: Box<dyn Source>,
        free: Consumer<Batch>,
        full: Producer<Batch>,
    ) -> Self {
        let at = Mark {
            seq: shard.seq(),
            chain,
        };
        let mut sequencer = Sequencer::new(config.clock, Arc::clone(&shared.time), &shard);
        let behind = sequencer.look_behind();
        shared
            .counters
            .clock_behind_ns
            .set(behind.as_nanos() as u64);
        Self {
            sequencer,
            announcer: Announcer::new(&shard, config.closures),
            opening: config.opening.take(),
            timetable: config.timetable.take(),
            shard,
            foresight: Foresight::new(),
            source: Some(source),
            free,
            spare: Vec::with_capacity(BATCHES),
            full,
            batch: Batch::new(at, config.batch_bytes_max, shared.time.now()),
            chain,
            batch_bytes_max: config.batch_bytes_max,
            batch_age_max: config.batch_age_max,
            snapshot_every: config.snapshot_every,
            hash_at: next_point(at.seq, config.snapshot_every),
            replica_lag_max: config.replica_lag_max,
            is_far_ahead: false,
            slept: false,
            since_clock: 0,
            now: shared.time.now(),
            shared,
            clock_interval: config.clock_interval,
            clocked: None,
            ports: VecDeque::new(),
            cancels_in_a_row: 0,
            commands_turn: false,
            ports_turn: false,
            commands_taken: 0,
            source_taken: 0,
        }
    }

    /// Takes one input, or some of a port, or finds that there is none; ends when it is stopped, with `None`
    /// after a failure. It waits for no batch to come back where two are free.
    pub(crate) fn step(&mut self) -> Stepped<Option<End>> {
        if self.shared.is_failed() {
            return Stepped::Ended(None);
        }
        if std::mem::take(&mut self.slept) {
            self.read_clock();
        }
        if let Some(opening) = self.opening.take() {
            for event in opening(&self.shard) {
                self.take_in(self.shard.ts(), InputKind::Market(event), None, None);
            }
        }
        let mut stepped = Stepped::Worked;
        match self.take() {
            Taken::Command(pending) => {
                let since = is_sampled(&mut self.commands_taken).then_some(pending.submitted);
                let ts = self.sequencer.command_time();
                let kind = InputKind::Command(pending.command);
                self.take_in(ts, kind, Some(pending.reply), since);
                self.since_clock += 1;
            }
            Taken::Port(served) => self.serve(served),
            Taken::Source(ts, kind) => {
                let since = is_sampled(&mut self.source_taken).then(Instant::now);
                let applied = self.take_in(ts, kind, None, since);
                if let InputKind::Market(MarketEvent {
                    data: MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update),
                    ..
                }) = applied
                    && let Some(source) = &mut self.source
                {
                    source.take_back(update);
                }
                self.since_clock += 1;
            }
            Taken::Nothing(_) if self.shared.is_stopping() => {
                return Stepped::Ended(self.finish());
            }
            Taken::Nothing(wait) => {
                stepped = self.idle(wait);
                self.since_clock += 1;
            }
        }
        if self.since_clock >= INPUTS_PER_CLOCK {
            self.read_clock();
            self.pass_time();
        }
        if self.batch.bytes.len() >= self.batch_bytes_max
            || (self.batch_is_old() && self.in_flight() < IN_FLIGHT_ENOUGH)
        {
            self.ship();
            // It may have waited for a batch: who woke it then had something else in mind.
            if matches!(stepped, Stepped::Idle(_)) {
                stepped = Stepped::Worked;
            }
        }
        stepped
    }

    pub(crate) const fn shard(&self) -> &Shard {
        &self.shard
    }

    /// Whether a step never waits for a batch to come back.
    pub(crate) fn is_free(&self) -> bool {
        self.spare.len() + self.free.slots() >= 2
    }

    fn take(&mut self) -> Taken {
        if self.cancels_in_a_row < CANCELS_IN_A_ROW_MAX
            && let Some(cancel) = self.shared.ingress.pop_cancel()
        {
            self.cancels_in_a_row += 1;
            return Taken::Command(cancel);
        }
        self.cancels_in_a_row = 0;
        // Whoever stops it waits for what was accepted anyway.
        if self.is_far_ahead && !self.shared.is_stopping() {
            return Taken::Nothing(REPLICA_POLL);
        }
        self.commands_turn = !self.commands_turn;
        if self.commands_turn
            && let Some(command) = self.take_command()
        {
            return command;
        }
        let wait = match self.ask_source() {
            Next::Input { ts, kind } => return Taken::Source(ts, kind),
            Next::Wait(wait) => wait,
            Next::End => IDLE_MAX,
        };
        if let Some(command) = self.take_command() {
            return command;
        }
        let cancel = self.shared.ingress.pop_cancel();
        cancel.map_or(Taken::Nothing(wait), Taken::Command)
    }

    /// The lane of commands and the ports take turns.
    fn take_command(&mut self) -> Option<Taken> {
        self.ports_turn = !self.ports_turn;
        if self.ports_turn
            && let Some(port) = self.take_port()
        {
            return Some(Taken::Port(port));
        }
        let command = self.shared.ingress.pop_command().map(Taken::Command);
        command.or_else(|| self.take_port().map(Taken::Port))
    }

    /// The next port that has something, to be put back behind the others.
    fn take_port(&mut self) -> Option<Served> {
        self.ports.extend(self.shared.ports.take_opened());
        for _ in 0..self.ports.len() {
            let port = self.ports.pop_front()?;
            let is_abandoned = port.is_abandoned();
            if port.has_posted() {
                return Some(port);
            }
            if is_abandoned {
                self.shared.ports.closed();
            } else {
                self.ports.push_back(port);
            }
        }
        None
    }

    /// Applies what waits in a port, until it is time to look at something else.
    fn serve(&mut self, mut port: Served) {
        self.batch.ports.extend(port.enter_batch());
        let most = (INPUTS_PER_CLOCK - self.since_clock).max(1);
        port.serve(most as usize, |input, coming, submitted| {
            if let Some(coming) = coming {
                self.foresight.look(&self.shard, &coming.kind);
            }
            let ts = self.sequencer.command_time();
            self.prepare(ts);
            input.ts = self.sequencer.stamp(ts);
            input.seq = self.shard.seq().next();
            let told = self.apply_input(input, None);
            if let Some(submitted) = submitted {
                let stage = &self.shared.counters.feed_to_applied;
                stage.record(submitted.elapsed());
            }
            self.since_clock += 1;
            Applied {
                seq: self.shard.seq(),
                ts: input.ts,
                outcome: port::outcome(input, self.batch.events.as_slice(), told),
                is_enough: self.batch.bytes.len() >= self.batch_bytes_max,
            }
        });
        self.ports.push_back(port);
    }

    fn ask_source(&mut self) -> Next {
        let Some(source) = self.source.as_mut() else {
            return Next::End;
        };
        if self.shared.is_stopping() {
            return Next::End;
        }
        let next = source.next(&self.shard, self.now);
        if matches!(next, Next::End) {
            self.source = None;
            self.batch.source_ended = true;
            self.ship();
        }
        next
    }

    /// Sequences an input, after the announcements, day rolls and events of the timetable that are due before it.
    /// `since` is when it came, if it is one of those that are timed.
    fn take_in(
        &mut self,
        ts: TimestampNs,
        kind: InputKind,
        reply: Option<oneshot::Sender<Receipt>>,
        since: Option<Instant>,
    ) -> InputKind {
        self.prepare(ts);
        let ts = self.sequencer.stamp(ts);
        let kind = self.apply(ts, kind, reply);
        if let Some(since) = since {
            self.shared.counters.feed_to_applied.record(since.elapsed());
        }
        kind
    }

    /// What has to come before an input at `ts`.
    fn prepare(&mut self, ts: TimestampNs) {
        let last = match self.sequencer.last() {
            // The first input that has a time says what time it is.
            TimestampNs(0) => ts,
            last => last,
        };
        for (calendar, interval) in self.announcer.due(ts, last, &self.shard) {
            let at = self.sequencer.stamp(last);
            let command = Command::AnnounceWindow { calendar, interval };
            self.apply(at, InputKind::Command(command), None);
        }
        while let Some((at, event)) = self
            .timetable
            .as_mut()
            .and_then(|timetable| timetable(ts, &self.shard))
        {
            self.roll_before(at);
            let at = self.sequencer.stamp(at);
            self.apply(at, InputKind::Market(event), None);
        }
        self.roll_before(ts);
    }

    fn roll_before(&mut self, ts: TimestampNs) {
        while let Some((ts, timer)) = self.sequencer.roll_before(ts) {
            self.apply(ts, InputKind::Timer(timer), None);
            // A roll says something of every account, and after a long silence many come at once. While a port is
            // served the batch is its.
            if self.batch.events.len() >= ROLL_EVENTS_MAX
                && self.batch.ports.is_empty()
                && self.is_free()
            {
                self.ship();
            }
        }
    }

    /// Gives back what was applied.
    fn apply(
        &mut self,
        ts: TimestampNs,
        kind: InputKind,
        reply: Option<oneshot::Sender<Receipt>>,
    ) -> InputKind {
        let seq = self.shard.seq().next();
        let input = Input { seq, ts, kind };
        self.apply_input(&input, reply);
        input.kind
    }

    /// Where in the batch the events of a stamped input are; `None` when it was dropped.
    fn apply_input(
        &mut self,
        input: &Input,
        reply: Option<oneshot::Sender<Receipt>>,
    ) -> Option<Range<usize>> {
        let &Input { seq, ts, .. } = input;
        let start = self.batch.bytes.len();
        let chain = record::encode(self.shard.id(), input, self.chain, &mut self.batch.bytes);
        if self.batch.bytes.len() - start > FRAME_BYTES_MAX + CHAIN_BYTES {
            // No reader would take it for a frame. Its sender learns by a closed receiver.
            self.batch.bytes.truncate(start);
            self.shared.counters.oversized.add(1);
            tracing::warn!("an input larger than a frame was dropped");
            return None;
        }
        let events = self.batch.events.len();
        let answered = reply.is_some();
        if let Some(sender) = reply {
            // Before it is applied: should that panic, the status says so before the sender is told by
            // a closed receiver.
            self.batch.replies.push(Reply {
                seq,
                ts,
                events: 0..0,
                sender,
            });
        }
        self.shard.apply(input, &mut self.batch.events);
        let events = events..self.batch.events.len();
        if answered && let Some(reply) = self.batch.replies.last_mut() {
            reply.events = events.clone();
        }
        if start == 0 {
            self.batch.opened = self.shared.time.now();
        }
        self.chain = chain;
        self.batch.end = Mark { seq, chain };
        self.batch.ts = ts;
        self.sequencer.applied(&input.kind, &self.shard);
        self.announcer.applied(&input.kind, &self.shard);
        self.shared.set_applied(seq);
        let counters = &self.shared.counters;
        match input.kind {
            InputKind::Market(_) => counters.market_events.add(1),
            InputKind::Command(_) => counters.commands.add(1),
            InputKind::Timer(_) => counters.timers.add(1),
        }
        if seq == self.hash_at {
            self.hash_at = next_point(seq, self.snapshot_every);
            self.shared.hashes.record(seq, self.shard.state_hash());
        }
        Some(events)
    }

    /// Nothing is ready: hands over what there is, or says how long to wait. A command wakes it, the
    /// journal when it gives a batch back, and stop and failure.
    fn idle(&mut self, wait: Duration) -> Stepped<Option<End>> {
        if let Some(ts) = self.sequencer.idle_time() {
            self.prepare(ts);
        }
        let wait = match self.pass_time() {
            Some(until) => wait.min(until),
            None => wait,
        };
        if !self.batch.is_empty() && self.in_flight() < IN_FLIGHT_ENOUGH {
            self.ship();
            return Stepped::Worked;
        }
        self.slept = true;
        Stepped::Idle(wait.min(IDLE_MAX))
    }

    /// Sequences an input that says nothing but the time when work that waits for it is due; how long
    /// until the next one is to be, if there is to be one.
    fn pass_time(&mut self) -> Option<Duration> {
        let until = self.sequencer.until(self.shard.next_due())?;
        let since = |clocked: Instant| self.now.saturating_duration_since(clocked);
        let pause = self.clocked.map_or(Duration::ZERO, |at| {
            self.clock_interval.saturating_sub(since(at))
        });
        if !until.is_zero() || !pause.is_zero() {
            return Some(until.max(pause));
        }
        self.clocked = Some(self.now);
        let ts = self.sequencer.command_time();
        self.take_in(ts, InputKind::Timer(Timer::Clock), None, None);
        self.sequencer
            .until(self.shard.next_due())
            .map(|until| until.max(self.clock_interval))
    }

    fn read_clock(&mut self) {
        self.now = self.shared.time.now();
        self.since_clock = 0;
        let behind = self.sequencer.look_behind();
        let counters = &self.shared.counters;
        counters.clock_behind_ns.set(behind.as_nanos() as u64);
        let replica = counters.replica_seq.get();
        self.is_far_ahead = self.shard.seq().0.saturating_sub(replica) >= self.replica_lag_max;
    }

    fn batch_is_old(&self) -> bool {
        !self.batch.is_empty()
            && self.now.saturating_duration_since(self.batch.opened) >= self.batch_age_max
    }

    fn in_flight(&self) -> usize {
        BATCHES - 1 - self.spare.len() - self.free.slots()
    }

    /// Hands the batch to the journal and takes a free one, waiting for it if it must.
    fn ship(&mut self) {
        let mut next = loop {
            self.spare
                .extend(std::iter::from_fn(|| self.free.pop().ok()));
            if let Some(next) = self.spare.pop() {
                break next;
            }
            if self.shared.is_failed() {
                return;
            }
            std::thread::park_timeout(IDLE_MAX);
        };
        next.begin(self.batch.end);
        for port in &mut self.ports {
            port.leave_batch();
        }
        let batch = std::mem::replace(&mut self.batch, next);
        // There is a place in this ring for every batch that exists.
        let _ = self.full.push(batch);
        Wakers::wake(&self.shared.threads.journal);
    }

    fn finish(&mut self) -> Option<End> {
        let end = End {
            seq: self.shard.seq(),
            hash: self.shard.state_hash(),
        };
        // Before the replica can get here.
        self.shared.hashes.record(end.seq, end.hash);
        if !self.batch.is_empty() {
            self.ship();
        }
        self.shared.ingress.shut();
        (!self.shared.is_failed()).then_some(end)
    }
}

/// The first place after `seq` at which hashes are compared. Kept and not asked of every input, because a
/// division takes as long as a small input.
pub(crate) const fn next_point(seq: Seq, every: u64) -> Seq {
    Seq((seq.0 / every + 1).saturating_mul(every))
}

/// Counts an input; whether it is one of those that are timed.
fn is_sampled(taken: &mut u64) -> bool {
    let is_sampled = taken.is_multiple_of(SAMPLE_EVERY);
    *taken += 1;
    is_sampled
}

/// Tells everybody that the source has ended; called by the journal thread once all of it is published.
pub(crate) fn announce_source_end(shared: &Shared) {
    if shared.status() == Status::Running {
        shared.set_status(Status::SourceEnded);
    }
}
