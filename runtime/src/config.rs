//! What a runtime is told at its start. Every queue and file has a named limit.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine::{Limits, Shard};
use types::{Event, Input, Interval, LimitName, MarketEvent, ShardId, TimestampNs};

use crate::disk::{Disk, LocalDisk};
use crate::journal::Location;
use crate::retention::Retention;
use crate::time::{LocalTime, Time};

/// The journal's directory within the data directory.
pub(crate) const JOURNAL: &str = "journal";

/// What an acknowledgement means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AckMode {
    /// The input is on disk (fdatasync): it survives a loss of power.
    #[default]
    Durable,
    /// The operating system has the input: it survives a crash of the process, and after a loss of power
    /// about the last 100 ms may be gone.
    Relaxed,
}

/// What time a command from outside gets. Inputs of the source bring their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// The time of the input before it: recordings and simulations. Only the source's inputs move time;
    /// one whose time passes between its data gives [`types::Timer::Clock`] inputs.
    #[default]
    Source,
    /// The wall clock: live markets. Time then passes without input too: day rolls happen at most a second
    /// late, and timed work of the shard ([`Config::clock_interval`]) by a [`types::Timer::Clock`] input.
    Wall,
}

/// Follows the replica: first a shard to begin with, then every input once it is applied, in order.
///
/// It begins with the state that the journal begins with (the empty shard, until its oldest inputs are
/// removed) and is shown the whole journal again when there is no snapshot or when at most
/// [`Config::projection_replay_max`] inputs lead to it; otherwise it begins with the shard as the snapshot
/// has it, and what came before is not shown.
///
/// Runs on the replica's thread, during recovery on the one that starts the runtime: it can lag, and
/// slows nobody but the replica and the start. A panic in it is fail-stop.
pub type Projection = Box<dyn FnMut(Step<'_>, &Shard) + Send>;

/// Market events that a calendar makes due, such as the open and the close of a session. Asked before every input
/// (and while there is none, with [`Clock::Wall`]) with that input's time and the shard as the input before left
/// it, until it says `None`: the next event that has to come first, and its time. A day roll that is due by that
/// time comes before the event.
///
/// Runs on the shard thread. What it has said once it does not say again; after a restart it finds out from the
/// shard, whose time is that of the last input, which events there were.
pub type Timetable =
    Box<dyn FnMut(TimestampNs, &Shard) -> Option<(TimestampNs, MarketEvent)> + Send>;

/// Market events that a start says of the shard as it was recovered, before anything else is taken and at the time of the
/// last input: that markets whose data come from outside were lost sight of, so that nothing which is due since then finds
/// the prices of before.
pub type Opening = Box<dyn FnOnce(&Shard) -> Vec<MarketEvent> + Send>;

/// The times between the sessions of a market, for windows of plans that follow them: those of the trading calendar of
/// this name that are no shorter than so many minutes, are not over at the first moment and begin before the second, in
/// order. `None` where there is no such calendar; and the same answer to the same question, always.
pub type Closures = fn(&str, u16, TimestampNs, TimestampNs) -> Option<Vec<Interval>>;

/// What a [`Projection`] is shown; the shard beside it has it behind it.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// The shard to begin with: empty, or as the journal's base or a snapshot has it.
    Restored,
    /// An input was applied.
    Applied {
        /// The input.
        input: &'a Input,
        /// What it caused.
        events: &'a [Event],
    },
}

/// Told how far a recovery is, before the first input of each kind of work and then now and then. Runs on the thread that starts
/// the runtime.
pub type RecoveryHook = Box<dyn FnMut(RecoveryProgress) + Send>;

/// How far a recovery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryProgress {
    /// What is done with the inputs.
    pub doing: Doing,
    /// With how many it was done, those for the projection alone among them.
    pub done: u64,
    /// With how many it is to be done, as far as the anchor knows: there may be a few more.
    pub all: u64,
}

/// What a recovery does with the inputs that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// They are before the snapshot, and only have to check.
    Checking,
    /// They are applied.
    Replaying,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checking => "checking",
            Self::Replaying => "replaying",
        })
    }
}

/// The settings of a runtime.
pub struct Config {
    /// The data directory; created when missing, held by one process at a time.
    pub directory: PathBuf,
    /// Which shard it is. Part of every record.
    pub shard: ShardId,
    /// What a new shard holds at most. Counts when a directory is begun: its journal keeps them, and every
    /// later start and replay takes those.
    pub limits: Limits,
    /// Limits that somebody stated: a start where the journal began with another number of one of them is refused, as
    /// the journal's own would count.
    pub limits_stated: Vec<LimitName>,
    /// What time commands get.
    pub clock: Clock,
    /// With [`Clock::Wall`]: when timed work of the shard is due (an order in flight arrives, one good till
    /// a date expires, an algo slices) and no other input brings the time, a [`types::Timer::Clock`] is
    /// sequenced, but not more often than this.
    pub clock_interval: Duration,
    /// What an acknowledgement means.
    pub ack_mode: AckMode,
    /// Commands that wait for the shard; more are refused.
    pub commands_max: usize,
    /// Cancels that wait for the shard, in a lane of their own that is drained first.
    pub cancels_max: usize,
    /// A batch of this many journal bytes is handed to the journal.
    pub batch_bytes_max: usize,
    /// A batch that is this old is handed to the journal, unless two wait there already.
    pub batch_age_max: Duration,
    /// A journal segment ends before it would pass this many bytes.
    pub segment_bytes_max: u64,
    /// State hashes are compared, and a snapshot is written, every this many inputs.
    pub snapshot_every: u64,
    /// With the replica so many inputs behind, the shard takes nothing but cancels until it has caught up: what
    /// is shown is never older than that, and a stop never waits for more.
    pub replica_lag_max: u64,
    /// Views are published no more often than this.
    pub views_interval: Duration,
    /// Batches that a subscriber may lag behind before it loses the oldest.
    pub broadcast_batches_max: usize,
    /// What becomes of closed segments of the journal.
    pub retention: Retention,
    /// The disk of the journal.
    pub disk: Arc<dyn Disk>,
    /// The clocks.
    pub time: Arc<dyn Time>,
    /// Told how far a recovery is.
    pub recovery_hook: Option<RecoveryHook>,
    /// Market events that the start itself says.
    pub opening: Option<Opening>,
    /// Market events that a calendar makes due.
    pub timetable: Option<Timetable>,
    /// Where markets' sessions come from; without it windows that follow them do not open.
    pub closures: Option<Closures>,
    /// Sees every input.
    pub projection: Option<Projection>,
    /// With a projection and a snapshot that at most this many inputs of the journal lead to, a start replays
    /// the journal from its first input, so that the projection sees all of it, and compares the state that this ends in with the
    /// snapshot's. The start takes that much longer: one or two microseconds for each of the inputs,
    /// so a few seconds at the usual limit. 0 never does.
    pub projection_replay_max: u64,
}

impl Config {
    /// The usual settings for a data directory.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            shard: ShardId(0),
            limits: Limits::default(),
            limits_stated: Vec::new(),
            clock: Clock::default(),
            clock_interval: Duration::from_millis(100),
            ack_mode: AckMode::default(),
            commands_max: 65_536,
            cancels_max: 65_536,
            batch_bytes_max: 64 << 10,
            batch_age_max: Duration::from_micros(500),
            segment_bytes_max: 64 << 20,
            snapshot_every: 200_000,
            replica_lag_max: 2_000_000,
            views_interval: Duration::from_millis(50),
            broadcast_batches_max: 1_024,
            retention: Retention::default(),
            disk: LocalDisk::shared(),
            time: LocalTime::shared(),
            recovery_hook: None,
            opening: None,
            timetable: None,
            closures: None,
            projection: None,
            projection_replay_max: 2_000_000,
        }
    }

    /// Where the journal is.
    pub(crate) fn journal(&self) -> Location {
        Location {
            disk: Arc::clone(&self.disk),
            directory: self.directory.join(JOURNAL),
            shard: self.shard,
        }
    }

    /// The name of the first setting that must be above zero and is not.
    pub(crate) fn zero_setting(&self) -> Option<&'static str> {
        [
            ("commands_max", self.commands_max as u64),
            ("cancels_max", self.cancels_max as u64),
            ("batch_bytes_max", self.batch_bytes_max as u64),
            ("segment_bytes_max", self.segment_bytes_max),
            ("snapshot_every", self.snapshot_every),
            ("replica_lag_max", self.replica_lag_max),
            ("broadcast_batches_max", self.broadcast_batches_max as u64),
        ]
        .into_iter()
        .find_map(|(name, value)| (value == 0).then_some(name))
        .or_else(|| self.retention.zero_setting())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("directory", &self.directory)
            .field("shard", &self.shard)
            .field("limits", &self.limits)
            .field("limits_stated", &self.limits_stated)
            .field("clock", &self.clock)
            .field("clock_interval", &self.clock_interval)
            .field("ack_mode", &self.ack_mode)
            .field("commands_max", &self.commands_max)
            .field("cancels_max", &self.cancels_max)
            .field("batch_bytes_max", &self.batch_bytes_max)
            .field("batch_age_max", &self.batch_age_max)
            .field("segment_bytes_max", &self.segment_bytes_max)
            .field("snapshot_every", &self.snapshot_every)
            .field("replica_lag_max", &self.replica_lag_max)
            .field("views_interval", &self.views_interval)
            .field("broadcast_batches_max", &self.broadcast_batches_max)
            .field("retention", &self.retention)
            .field("projection_replay_max", &self.projection_replay_max)
            .finish_non_exhaustive()
    }
}
