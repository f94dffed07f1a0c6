//! One simulated world: who works when, what fails when, and what is looked at afterwards.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine::Limits;
use runtime::journal::{self, Location};
use runtime::simulation::{
    Fault, Process, Progress, Random, SimulatedDisk, SimulatedSnapshots, SimulatedTime, Worker,
};
use runtime::{AckMode, Clock, Config, Retention, Status};
use tokio::sync::broadcast;
use types::{Seq, ShardId, TimestampNs};

use super::feed::Feed;
use super::promises::{Counts, Promises};
use crate::twin::resolve::BEGIN;

/// Steps without any progress after which something hangs.
const STUCK_STEPS: u32 = 10_000;
/// Of the trace, what a failure shows.
const TRACE_MAX: usize = 40;
const MS: u64 = 1_000_000;
/// In the order in which a round takes them; the keeper is asked for by name.
const WORKERS: [Worker; 4] = [
    Worker::Shard,
    Worker::Journal,
    Worker::Disk,
    Worker::Replica,
];

/// What happened in a world.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// The last input.
    pub seq: u64,
    /// Steps of the three workers.
    pub steps: u64,
    /// What became of the commands.
    pub commands: Counts,
    /// The process was killed; the machine went on.
    pub kills: u64,
    /// The machine lost power.
    pub power_losses: u64,
    /// The power went in the middle of a call to the disk.
    pub interrupted: u64,
    /// Syncs that failed.
    pub sync_faults: u64,
    /// Writes that failed.
    pub write_faults: u64,
    /// Snapshots that found no room, or a store that did not answer.
    pub store_faults: u64,
    /// Times without room.
    pub full_disks: u64,
    /// The clock on the wall, or the feed's, jumped.
    pub clock_jumps: u64,
    /// Starts that were interrupted or failed, and had to be made again.
    pub starts_failed: u64,
    /// Starts from a snapshot.
    pub from_snapshots: u64,
    /// Segments that were archived.
    pub archived: u64,
    /// Segments and archives that were removed.
    pub pruned: u64,
    /// Starts on a journal that has lost its first inputs.
    pub from_bases: u64,
    /// A number over everything that was done, to tell two runs apart.
    pub trace: u64,
}

/// What did not hold: an acknowledged command that is lost, doubled or changed; a fact that was told and
/// is not so; a replay, a snapshot or a recovery that leads to another state; a start that is refused; or
/// a runtime that fails or hangs without a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// After so many actions.
    pub action: u64,
    /// What it was.
    pub what: String,
    /// What was done last.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}, after action {}: {}",
            self.seed, self.action, self.what
        )?;
        for line in &self.trace {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}

/// Runs the world of a seed with a script of so many steps.
///
/// # Errors
/// The first thing that does not hold.
pub fn run(seed: u64, steps: usize) -> Result<Report, Failure> {
    let mut world = World::new(seed, steps);
    world.live().map_err(|what| Failure {
        seed,
        action: world.actions,
        what,
        trace: world.trace.into(),
    })?;
    world.report.commands = world.promises.counts;
    Ok(world.report)
}

struct World {
    random: Random,
    disk: SimulatedDisk,
    time: SimulatedTime,
    feed: Feed,
    limits: Limits,
    opening: u64,
    ack_mode: AckMode,
    clock: Clock,
    snapshot_every: u64,
    segment_bytes_max: u64,
    retention: Retention,
    promises: Promises,
    report: Report,
    actions: u64,
    trace: VecDeque<String>,
    /// A fault is on its way, so that a failure of the runtime is what it should do.
    may_fail: bool,
}

/// A process and who listens to it.
struct Running {
    process: Process,
    told: broadcast::Receiver<Arc<runtime::DurableBatch>>,
}

/// Why a process is over.
enum Ended {
    /// Dead, its machine alive.
    Killed,
    /// Its machine without power.
    PowerLost,
    /// In good order.
    Stopped,
}

impl World {
    fn new(seed: u64, steps: usize) -> Self {
        let mut random = Random::new(seed ^ 0x7369_6D75_6C61_7465);
        let feed = Feed::new(seed, steps);
        Self {
            disk: SimulatedDisk::default(),
            time: SimulatedTime::new(BEGIN),
            limits: feed.limits(),
            opening: feed.opening_commands(),
            ack_mode: if random.one_in(4) {
                AckMode::Relaxed
            } else {
                AckMode::Durable
            },
            clock: if random.one_in(2) {
                Clock::Wall
            } else {
                Clock::Source
            },
            snapshot_every: 16 << random.below(4),
            segment_bytes_max: 4_096 << random.below(3),
            retention: Retention {
                archive: !random.one_in(4),
                keep_age: random
                    .one_in(4)
                    .then(|| Duration::from_hours(random.below(72) + 1)),
                keep_bytes: random.one_in(2).then(|| 4_096 + random.below(32_768)),
            },
            promises: Promises::default(),
            report: Report::default(),
            actions: 0,
            trace: VecDeque::new(),
            may_fail: false,
            feed,
            random,
        }
    }

    fn note(&mut self, what: impl fmt::Display) {
        let line = format!("{}: {what}", self.actions);
        for byte in line.bytes() {
            self.report.trace = (self.report.trace ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
        if self.trace.len() == TRACE_MAX {
            self.trace.pop_front();
        }
        self.trace.push_back(line);
    }

    fn config(&self) -> Config {
        let mut config = Config::new("data");
        config.limits = self.limits;
        config.clock = self.clock;
        config.clock_interval = Duration::from_millis(20);
        config.ack_mode = self.ack_mode;
        config.commands_max = 6;
        config.cancels_max = 3;
        config.batch_bytes_max = 1_024;
        config.segment_bytes_max = self.segment_bytes_max;
        config.snapshot_every = self.snapshot_every;
        config.retention = self.retention;
        config.broadcast_batches_max = 4_096;
        config.disk = self.disk.shared();
        config.time = Arc::new(self.time.clone());
        config
    }

    fn location(&self) -> Location {
        Location {
            disk: self.disk.shared(),
            directory: PathBuf::from("data/journal"),
            shard: ShardId(0),
        }
    }

    /// From the first start to the end of the script, then once more to see that all is there.
    fn live(&mut self) -> Result<(), String> {
        let mut running = self.start()?;
        self.open(&mut running)?;
        loop {
            match self.work(&mut running)? {
                None => {}
                Some(Ended::Stopped) => break,
                Some(ended) => {
                    drop(running);
                    self.promises.lose();
                    running = self.start_again(&ended)?;
                }
            }
        }
        drop(running);
        self.promises.lose();
        self.start_again(&Ended::Stopped)?;
        let Counts {
            sent,
            acknowledged,
            refused,
            in_doubt,
        } = self.promises.counts;
        if sent != acknowledged + refused + in_doubt || self.promises.is_waiting() {
            return Err(format!(
                "{sent} commands were sent, {acknowledged} acknowledged, {refused} refused, {in_doubt} in doubt"
            ));
        }
        Ok(())
    }

    fn start(&mut self) -> Result<Running, String> {
        let (store, restored) = SimulatedSnapshots::open(&self.disk);
        self.report.from_snapshots += u64::from(restored.is_some());
        let source = Box::new(self.feed.clone());
        let process = Process::start(self.config(), source, Box::new(store), restored)
            .map_err(|error| describe(&error))?;
        let told = process.handle().subscribe();
        let port = process.handle().port(4, 2);
        self.promises
            .attach(port.map_err(|error| error.to_string())?);
        Ok(Running { process, told })
    }

    /// Starts until a start succeeds; the power may go again while one is at work. What is found must be
    /// what was promised.
    fn start_again(&mut self, ended: &Ended) -> Result<Running, String> {
        let mut loses_told = false;
        self.disk.forgive();
        match ended {
            Ended::Stopped => {}
            Ended::Killed => self.note("kill"),
            Ended::PowerLost => {
                let seed = self.random.next_u64();
                self.disk.lose_power(seed);
                loses_told = self.ack_mode == AckMode::Relaxed;
                self.note(format_args!("lose power ({seed:x})"));
            }
        }
        while self.random.one_in(3) {
            let operations = self.random.below(12);
            self.disk.end_after(operations);
            let started = self.start();
            let outcome = match &started {
                Ok(_) => "done before",
                Err(_) => "interrupted",
            };
            drop(started);
            self.report.starts_failed += 1;
            let seed = self.random.next_u64();
            self.disk.lose_power(seed);
            loses_told |= self.ack_mode == AckMode::Relaxed;
            self.note(format_args!(
                "lose power in a start after {operations} calls, {outcome} ({seed:x})"
            ));
        }
        self.may_fail = false;
        let running = self.start()?;
        let recovery = running.process.recovery();
        self.verify(recovery.seq)?;
        let (end, hash) =
            self.promises
                .check(&self.location(), self.limits, self.opening, loses_told)?;
        if loses_told {
            self.promises.forget_after(end);
        }
        let begins = runtime::beginning(&self.location(), self.limits);
        let begins = begins.map_err(|error| error.to_string())?.seq();
        self.report.from_bases += u64::from(begins > Seq(0));
        let shard = running
            .process
            .shard()
            .map(|shard| (shard.seq(), shard.state_hash()));
        if shard != Some((end, hash)) || recovery.seq != end {
            return Err(format!(
                "recovery from {:?} leads to {shard:?}, the journal to seq {end}, {hash}",
                recovery.snapshot_seq
            ));
        }
        self.note(format_args!(
            "start at {end} from {:?}, cut {}",
            recovery.snapshot_seq, recovery.torn_bytes_cut
        ));
        Ok(running)
    }

    /// `verify` finds nothing wrong up to the end, which is on disk.
    fn verify(&self, end: Seq) -> Result<(), String> {
        let summary = journal::verify(&self.location()).map_err(|error| error.to_string())?;
        let begins = summary.base.map_or(Seq(0), |base| base.seq);
        let anchor = summary.anchor.map(|anchor| anchor.seq);
        if summary.damage.is_some() || summary.end.seq.max(begins) != end || anchor != Some(end) {
            return Err(format!(
                "the journal ends at seq {end}, verify says {summary:?}"
            ));
        }
        Ok(())
    }

    /// Nothing fails before what the stream begins with is on disk.
    fn open(&mut self, running: &mut Running) -> Result<(), String> {
        for _ in 0..STUCK_STEPS {
            for worker in WORKERS {
                self.step(running, worker)?;
            }
            self.time.pass(Duration::from_millis(200));
            let handle = running.process.handle();
            let is_durable = handle.durable_seq() == handle.applied_seq();
            if self.feed.has_opened() && is_durable && handle.durable_seq() > Seq(0) {
                // What relaxed mode syncs later: asked for, done, learned.
                for worker in [Worker::Journal, Worker::Disk, Worker::Journal] {
                    self.step(running, worker)?;
                }
                return Ok(());
            }
        }
        Err("the opening does not end".to_owned())
    }

    fn step(&mut self, running: &mut Running, worker: Worker) -> Result<Progress, String> {
        self.report.steps += 1;
        let progress = if worker == Worker::Keeper {
            // What is removed was seen before.
            self.promises.read(&self.location());
            let before = running.process.handle().stats();
            let progress = running.process.step(worker);
            let stats = running.process.handle().stats();
            self.report.archived += stats.segments_archived - before.segments_archived;
            self.report.pruned += stats.segments_pruned - before.segments_pruned;
            progress
        } else {
            running.process.step(worker)
        };
        while let Ok(batch) = running.told.try_recv() {
            self.promises.tell(&batch);
        }
        self.promises.listen();
        match running.process.status() {
            Status::Failed(reason) if !self.may_fail => Err(format!("it failed: {reason}")),
            _ => Ok(progress),
        }
    }

    /// One action; what became of the process if it is over.
    fn work(&mut self, running: &mut Running) -> Result<Option<Ended>, String> {
        self.actions += 1;
        match self.random.below(100) {
            0..5 => {
                if self.step(running, Worker::Keeper)? == Progress::Worked {
                    self.note("the keeper worked");
                }
            }
            5..60 => {
                let worker = WORKERS[self.random.below(WORKERS.len() as u64) as usize];
                for _ in 0..=self.random.below(8) {
                    self.step(running, worker)?;
                }
            }
            60..75 => self.feed.grant(1 + self.random.below(8) as usize),
            75..85 => self.send(running),
            85..95 => {
                let ns = [1_000, 100_000, MS, 30 * MS, 200 * MS][self.random.below(5) as usize];
                self.time.pass(Duration::from_nanos(ns));
            }
            _ => return self.trouble(running),
        }
        if matches!(running.process.status(), Status::Failed(_)) {
            return Ok(Some(self.ended()));
        }
        if self.feed.is_over() {
            return self.finish(running).map(Some);
        }
        Ok(None)
    }

    fn send(&mut self, running: &mut Running) {
        for _ in 0..=self.random.below(6) {
            let Some(command) = self.feed.command() else {
                return;
            };
            if self.random.one_in(2) {
                if self.promises.post(command).is_err() {
                    self.promises.refused();
                }
                continue;
            }
            match running.process.handle().submit(command.clone()) {
                Ok(receipt) => self.promises.sent(command, receipt),
                Err(_) => self.promises.refused(),
            }
        }
    }

    /// A machine that is gone, or only its process.
    fn ended(&mut self) -> Ended {
        if self.random.one_in(2) {
            self.report.power_losses += 1;
            Ended::PowerLost
        } else {
            self.report.kills += 1;
            Ended::Killed
        }
    }

    fn trouble(&mut self, running: &mut Running) -> Result<Option<Ended>, String> {
        match self.random.below(16) {
            0 => return Ok(Some(self.ended())),
            1 => {
                let operations = self.random.below(40);
                self.disk.end_after(operations);
                self.may_fail = true;
                self.note(format_args!("the power goes after {operations} calls"));
                self.report.interrupted += 1;
                // Whatever it does until then.
                for _ in 0..STUCK_STEPS {
                    if self.disk.is_without_power() {
                        break;
                    }
                    self.feed.grant(1);
                    self.send(running);
                    for worker in WORKERS {
                        self.step(running, worker)?;
                    }
                    self.time.pass(Duration::from_millis(30));
                    if self.feed.is_over() {
                        break;
                    }
                }
                self.report.power_losses += 1;
                return Ok(Some(Ended::PowerLost));
            }
            2 => {
                self.disk.inject(Fault::Sync);
                self.may_fail = true;
                self.report.sync_faults += 1;
                self.note("the next sync fails");
            }
            3 => {
                self.disk.inject(Fault::Write);
                self.may_fail = true;
                self.report.write_faults += 1;
                self.note("the next write fails");
            }
            4 => {
                let bytes = self.disk.used() + self.random.below(4_096);
                self.disk.set_room(Some(bytes));
                self.report.full_disks += 1;
                self.note(format_args!("room for {bytes} bytes"));
            }
            5..8 => self.disk.set_room(None),
            8 => {
                let hours = self.random.below(60) as i64 - 12;
                self.feed.jump(hours * 3_600_000 * MS as i64);
                self.report.clock_jumps += 1;
                self.note(format_args!("the feed's clock jumps by {hours} h"));
            }
            9 => {
                let seconds = self.random.below(200_000) as i64 - 50_000;
                let wall = runtime::Time::wall(&self.time).0;
                let wall = wall.saturating_add_signed(seconds * 1_000 * MS as i64);
                self.time.set_wall(TimestampNs(wall));
                self.report.clock_jumps += 1;
                self.note(format_args!("the wall's clock jumps by {seconds} s"));
            }
            fault @ (10 | 11) => {
                // What goes on does so without snapshots.
                let (fault, what) = match fault {
                    10 => (Fault::SnapshotFull, "the next snapshot finds no room"),
                    _ => (Fault::SnapshotHangs, "the next snapshot does not come back"),
                };
                self.disk.inject(fault);
                self.report.store_faults += 1;
                self.note(what);
            }
            _ => {}
        }
        Ok(None)
    }

    /// Stops in good order, if nothing is in the way any more.
    fn finish(&mut self, running: &mut Running) -> Result<Ended, String> {
        self.disk.forgive();
        running.process.stop();
        for _ in 0..STUCK_STEPS {
            let mut all_ended = true;
            for worker in WORKERS {
                all_ended &= self.step(running, worker)? == Progress::Ended;
            }
            self.time.pass(Duration::from_millis(60));
            if matches!(running.process.status(), Status::Failed(_)) {
                return Ok(self.ended());
            }
            if all_ended {
                let Some((seq, hash)) = running.process.end() else {
                    return Err("it ended without an end".to_owned());
                };
                if running.process.handle().stats().is_snapshot_overdue {
                    return Err("the last snapshot was not written".to_owned());
                }
                self.verify(seq)?;
                self.report.seq = seq.0;
                self.note(format_args!("stopped at {seq}, {hash}"));
                let found =
                    self.promises
                        .check(&self.location(), self.limits, self.opening, false)?;
                if found != (seq, hash) {
                    return Err(format!(
                        "it stopped at seq {seq} with {hash}, the journal leads to {found:?}"
                    ));
                }
                return Ok(Ended::Stopped);
            }
        }
        Err("it does not stop".to_owned())
    }
}

fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    format!("the start is refused: {text}")
}

impl Report {
    /// Adds another world's.
    pub fn add(&mut self, other: &Self) {
        self.seq += other.seq;
        self.steps += other.steps;
        self.commands.sent += other.commands.sent;
        self.commands.acknowledged += other.commands.acknowledged;
        self.commands.refused += other.commands.refused;
        self.commands.in_doubt += other.commands.in_doubt;
        self.kills += other.kills;
        self.power_losses += other.power_losses;
        self.interrupted += other.interrupted;
        self.sync_faults += other.sync_faults;
        self.write_faults += other.write_faults;
        self.store_faults += other.store_faults;
        self.full_disks += other.full_disks;
        self.clock_jumps += other.clock_jumps;
        self.starts_failed += other.starts_failed;
        self.from_snapshots += other.from_snapshots;
        self.archived += other.archived;
        self.pruned += other.pruned;
        self.from_bases += other.from_bases;
        self.trace ^= other.trace;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            sent,
            acknowledged,
            refused,
            in_doubt,
        } = self.commands;
        write!(
            f,
            "{} inputs in {} steps; {sent} commands = {acknowledged} acknowledged + {refused} refused + \
             {in_doubt} in doubt; {} kills, {} losses of power ({} within a call), {} in a start, {} starts \
             from a snapshot, {} on a journal without its first inputs; {} segments archived, {} removed; \
             {} syncs and {} writes failed, {} snapshots had no room or no answer, {} full disks, {} jumps of a clock",
            self.seq,
            self.steps,
            self.kills,
            self.power_losses,
            self.interrupted,
            self.starts_failed,
            self.from_snapshots,
            self.from_bases,
            self.archived,
            self.pruned,
            self.sync_faults,
            self.write_faults,
            self.store_faults,
            self.full_disks,
            self.clock_jumps,
        )
    }
}
