//! The replica: reads the journal files, applies them to a shard of its own, and shows it.
//!
//! The files are its queue, so it can lag without slowing anybody. At every snapshot point it compares
//! its state hash with the one that the live shard had there: a difference is fail-stop, equality makes
//! a verified snapshot. Another thread writes that; one that fails is tried again until there is a newer one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{EventBuf, Shard, SnapshotError, StateHash};
use types::Seq;

use crate::ahead::Ahead;
use crate::boards::Boards;
use crate::config::{Projection, Step};
use crate::core::next_point;
use crate::journal::{JournalError, Location, Mark, Reader};
use crate::keeper::{Keeper, Snapshot, Written};
use crate::retention::Floor;
use crate::shared::Shared;
use crate::step::{self, Stepped};
use crate::views::Views;

/// How long it sleeps when it has read everything.
const POLL: Duration = Duration::from_millis(5);
/// Inputs applied between looks at requests and at the clock.
const INPUTS_PER_LOOK: u64 = 1_024;
/// A replica that is stopped leaves so much of the time for the end of the threads.
const END_MARGIN: Duration = Duration::from_millis(200);
/// Between tries to write the same snapshot.
const RETRY: Duration = Duration::from_secs(2);
/// The replica waits at a point for the snapshot of the one before it until it is behind by one part in this of what
/// it may be.
const WAITS_SHARE: u64 = 8;
/// Views take at most one part in this of the replica's time, however many accounts there are.
const VIEWS_SHARE: u32 = 5;

/// Why the replica stopped the runtime.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowerError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("seq {0} is published, but the journal ends before it")]
    Ends(Seq),
    #[error("state hashes differ at seq {seq}: live {live}, replica {replica}")]
    HashMismatch {
        seq: Seq,
        live: StateHash,
        replica: StateHash,
    },
    #[error("the state at seq {seq} does not hold together: {error}")]
    Audit { seq: Seq, error: SnapshotError },
}

/// What the replica starts from.
pub(crate) struct Replica {
    /// A copy of the live shard.
    pub(crate) shard: Shard,
    /// The end of the journal; `None` until it has a segment.
    pub(crate) reader: Option<Reader>,
    pub(crate) store: Keeper,
    /// Where the journal stands with it.
    pub(crate) at: Mark,
    /// Where the newest snapshot stands; 0 without one.
    pub(crate) snapshot_seq: Seq,
    /// Refreshed from the shard.
    pub(crate) boards: Boards,
}

/// What the replica is told by [`crate::Config`].
pub(crate) struct Settings {
    pub(crate) journal: Location,
    pub(crate) snapshot_every: u64,
    pub(crate) replica_lag_max: u64,
    pub(crate) views_interval: Duration,
    /// Told where the second-newest snapshot stands.
    pub(crate) floor: Floor,
}

pub(crate) struct Follower {
    shared: Arc<Shared>,
    settings: Settings,
    reader: Option<Reader>,
    ahead: Ahead<JournalError>,
    /// Where the journal stands with the shard.
    at: Mark,
    shard: Shard,
    boards: Boards,
    store: Keeper,
    snapshot_seq: Seq,
    /// The next seq at which hashes are compared.
    compare_at: Seq,
    compared: Seq,
    /// The memory of a snapshot that was written.
    snapshot_bytes: Vec<u8>,
    /// A snapshot that is equal to the live shard's and that nobody writes yet.
    verified: Option<Snapshot>,
    /// When it is tried again, if it was in vain.
    retry_at: Option<Instant>,
    /// The snapshot at the end was posted, if there was one.
    is_last_posted: bool,
    projection: Option<Projection>,
    events: EventBuf,
    views_due: Instant,
    views_seq: Seq,
}

impl Follower {
    pub(crate) fn new(
        shared: Arc<Shared>,
        settings: Settings,
        replica: Replica,
        projection: Option<Projection>,
    ) -> Self {
        Self {
            shared,
            reader: replica.reader,
            ahead: Ahead::new(replica.at),
            at: replica.at,
            views_seq: replica.shard.seq(),
            compare_at: next_point(replica.shard.seq(), settings.snapshot_every),
            settings,
            shard: replica.shard,
            boards: replica.boards,
            store: replica.store,
            snapshot_seq: replica.snapshot_seq,
            compared: replica.snapshot_seq,
            snapshot_bytes: Vec::new(),
            verified: None,
            retry_at: None,
            is_last_posted: false,
            projection,
            events: EventBuf::default(),
            views_due: Instant::now(),
        }
    }

    /// Where the replica stands.
    pub(crate) fn seq(&self) -> Seq {
        self.shard.seq()
    }

    /// Runs until the journal has ended and all of it was applied, or until the stop of a runtime that failed, or is late.
    /// Returns where the newest snapshot stands.
    pub(crate) fn run(&mut self) -> Result<Seq, FollowerError> {
        step::run(|| self.step())
    }

    /// Applies some of what became durable, shows it, and writes the snapshot that is due.
    pub(crate) fn step(&mut self) -> Result<Stepped<Seq>, FollowerError> {
        // After a failure what is durable is shown until somebody stops it.
        let is_failed = self.shared.is_failed();
        if is_failed && self.shared.is_stopping() {
            return Ok(Stepped::Ended(self.snapshot_seq));
        }
        if self.shared.is_late(END_MARGIN) {
            self.give_up();
            return Ok(Stepped::Ended(self.snapshot_seq));
        }
        // Asked before the position: what the journal did before its end is visible then.
        let journal_done = self.shared.is_journal_done();
        let limit = self.shared.durable();
        let mut left = INPUTS_PER_LOOK;
        self.take_written();
        if self.retry_at.is_none_or(|at| at <= self.shared.time.now()) {
            self.write_verified();
        }
        while self.shard.seq() < limit && left > 0 && !self.shared.is_late(END_MARGIN) {
            if self.is_at_point() && self.waits_for_disk(limit) {
                break;
            }
            self.apply_next(limit)?;
            left -= 1;
        }
        self.serve();
        let caught_up = self.shard.seq() == limit;
        if caught_up && journal_done && !is_failed {
            if self.is_next_to_write() {
                // The snapshot before the last one goes first.
                return Ok(Stepped::Idle(POLL));
            }
            self.verify_point()?;
            self.shared.set_compared();
            if !self.is_last_posted && !self.store.is_busy() {
                self.is_last_posted = true;
                self.write_verified();
            }
            if self.store.is_busy() {
                return Ok(Stepped::Idle(POLL));
            }
            self.give_up();
            self.publish_views();
            return Ok(Stepped::Ended(self.snapshot_seq));
        }
        if self.views_due <= Instant::now() {
            self.publish_views();
        }
        Ok(if left == INPUTS_PER_LOOK {
            Stepped::Idle(POLL)
        } else {
            Stepped::Worked
        })
    }

    /// Whether the next input ends in a point at which hashes are compared.
    fn is_at_point(&self) -> bool {
        self.shard.seq().next() == self.compare_at
    }

    /// Whether the snapshot before this point is to be on its way first. Not at the price of the shard's pace, and not
    /// when it was in vain already.
    fn waits_for_disk(&self, limit: Seq) -> bool {
        let behind = limit.0 - self.shard.seq().0;
        self.is_next_to_write() && behind < self.settings.replica_lag_max.div_ceil(WAITS_SHARE)
    }

    /// Whether a verified snapshot waits for nothing but the one before it, or for the journal's disk.
    fn is_next_to_write(&self) -> bool {
        self.verified.is_some() && self.retry_at.is_none() && !self.shared.ingress.is_disk_full()
    }

    fn apply_next(&mut self, limit: Seq) -> Result<(), FollowerError> {
        let reader = match self.reader.as_mut() {
            Some(reader) => reader,
            None => self
                .reader
                .insert(Reader::open(&self.settings.journal, self.shard.seq())?),
        };
        let next = self.ahead.next(&self.shard, |input| {
            let is_read = reader.mark().seq < limit && reader.read(input)?;
            Ok(is_read.then(|| reader.mark()))
        });
        let (input, at) = next?.ok_or(FollowerError::Ends(limit))?;
        self.at = *at;
        self.events.clear();
        self.shard.apply(input, &mut self.events);
        let events = self.events.as_slice();
        self.shared.counters.count(events);
        self.shared.counters.replica_seq.set(input.seq.0);
        if let Some(projection) = self.projection.as_mut() {
            projection(Step::Applied { input, events }, &self.shard);
        }
        let seq = input.seq;
        if seq == self.compare_at {
            self.compare_at = next_point(seq, self.settings.snapshot_every);
            self.verify_point()?;
            self.write_verified();
        }
        Ok(())
    }

    /// Compares with the live shard here; what is equal waits to be written.
    fn verify_point(&mut self) -> Result<(), FollowerError> {
        let seq = self.shard.seq();
        if seq == self.compared {
            return Ok(());
        }
        self.compared = seq;
        let Some(live) = self.shared.hashes.take(seq) else {
            tracing::warn!(%seq, "the live shard's hash is not known any more; no snapshot here");
            self.shared.counters.snapshots_missed.add(1);
            return Ok(());
        };
        let mut bytes = std::mem::take(&mut self.snapshot_bytes);
        bytes.clear();
        self.shard.encode(&mut bytes);
        let replica = StateHash(*blake3::hash(&bytes).as_bytes());
        if live != replica {
            return Err(FollowerError::HashMismatch { seq, live, replica });
        }
        // Books, sums, exposure and cash: what both shards may have got wrong in the same way.
        self.shard
            .audit()
            .map_err(|error| FollowerError::Audit { seq, error })?;
        self.give_up();
        self.verified = Some(Snapshot {
            at: self.at,
            hash: live,
            bytes: Arc::new(bytes),
        });
        Ok(())
    }

    /// Has the verified snapshot written, unless it is ahead of what is on disk: recovery would refuse such a
    /// journal.
    fn write_verified(&mut self) {
        // The journal goes first for what room there is.
        if self.store.is_busy() || self.shared.ingress.is_disk_full() {
            return;
        }
        let synced = self.shared.synced();
        if let Some(snapshot) = self.verified.take_if(|it| it.at.seq <= synced) {
            self.store.post(snapshot);
            self.take_written();
        }
    }

    /// Looks what became of the snapshot that is being written.
    fn take_written(&mut self) {
        let Some(Written { snapshot, result }) = self.store.poll() else {
            return;
        };
        self.settings.floor.set(self.store.seqs());
        let counters = &self.shared.counters;
        counters.snapshot_overdue.set(u64::from(result.is_err()));
        let seq = snapshot.at.seq;
        match result {
            Ok(()) => {
                self.snapshot_seq = seq;
                self.retry_at = None;
                counters.snapshots.add(1);
                counters.snapshot_seq.set(seq.0);
                counters.snapshot_bytes.set(snapshot.bytes.len() as u64);
                self.snapshot_bytes = Arc::try_unwrap(snapshot.bytes).unwrap_or_default();
            }
            Err(error) => {
                // The journal has everything; the next start only takes longer.
                tracing::warn!(%seq, %error, "the snapshot could not be written");
                self.retry_at = Some(self.shared.time.now() + RETRY);
                if self.verified.is_some() {
                    counters.snapshots_missed.add(1);
                } else {
                    self.verified = Some(snapshot);
                }
            }
        }
    }

    /// Forgets the snapshot that was not written.
    fn give_up(&mut self) {
        if self.verified.take().is_some() {
            self.shared.counters.snapshots_missed.add(1);
        }
    }

    /// Answers requests for views.
    fn serve(&self) {
        while let Some(request) = self.shared.view_requests.pop() {
            request.answer(&self.shard, &self.boards);
        }
    }

    fn publish_views(&mut self) {
        let started = Instant::now();
        if self.views_seq != self.shard.seq() {
            self.views_seq = self.shard.seq();
            self.boards.refresh(&self.shard);
            let views = Views::of(&self.shard, &self.boards);
            self.shared.views.store(Arc::new(views));
        }
        let pause = started.elapsed() * (VIEWS_SHARE - 1);
        self.views_due = started + pause.max(self.settings.views_interval);
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.view_requests.shut();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::journal::record::encode;
    use crate::journal::{self, Append};
    use crate::snapshot::SnapshotStore;
    use engine::Limits;
    use tokio::sync::broadcast;
    use types::{Input, InputKind, ShardId, Timer, TimestampNs};

    const SHARD: ShardId = ShardId(0);

    fn clock(seq: u64) -> Input {
        Input {
            seq: Seq(seq),
            ts: TimestampNs(seq),
            kind: InputKind::Timer(Timer::Clock),
        }
    }

    /// A replica of a journal with four inputs, all durable, that compares at every second one.
    fn with_follower(check: impl FnOnce(&Shared, &mut Follower)) {
        let directory = tempfile::tempdir().unwrap();
        let journal = Location::local(directory.path().join("journal"), SHARD);
        let mut writer = journal::open(&journal, 1 << 20, Seq(0), |_| {})
            .unwrap()
            .writer;
        for seq in 1..=4 {
            let before = writer.written();
            let mut bytes = Vec::new();
            let chain = encode(SHARD, &clock(seq), before.chain, &mut bytes);
            let end = Mark {
                seq: Seq(seq),
                chain,
            };
            writer
                .append(Append {
                    first: end.seq,
                    chain_before: before.chain,
                    end,
                    bytes: &bytes,
                })
                .unwrap();
        }
        writer.sync().unwrap();

        let shard = Shard::new(SHARD, Limits::default());
        let shared = Arc::new(Shared::new(
            &Config::new(directory.path()),
            Seq(0),
            Views::of(&shard, &Boards::default()),
            broadcast::channel(1).0,
        ));
        shared.set_synced(Seq(4));
        shared.set_durable(Seq(4));
        shared.set_journal_done();
        let (store, _) = SnapshotStore::open(&directory.path().join("snapshots")).unwrap();
        let settings = Settings {
            journal,
            snapshot_every: 2,
            replica_lag_max: 100,
            views_interval: Duration::ZERO,
            floor: Floor::default(),
        };
        let replica = Replica {
            shard,
            reader: None,
            at: Mark::genesis(SHARD),
            store: Keeper::here(Box::new(store)),
            snapshot_seq: Seq(0),
            boards: Boards::default(),
        };
        check(
            &shared,
            &mut Follower::new(Arc::clone(&shared), settings, replica, None),
        );
    }

    fn hash_at(seq: u64) -> StateHash {
        let mut shard = Shard::new(SHARD, Limits::default());
        for seq in 1..=seq {
            shard.apply(&clock(seq), &mut EventBuf::default());
        }
        shard.state_hash()
    }

    #[test]
    fn equal_hashes_make_snapshots() {
        with_follower(|shared, follower| {
            shared.hashes.record(Seq(2), hash_at(2));
            shared.hashes.record(Seq(4), hash_at(4));
            assert_eq!(follower.run().unwrap(), Seq(4));
            assert_eq!(follower.store.seqs(), [Seq(2), Seq(4)]);
            assert_eq!(shared.views.load().seq, Seq(4));
        });
    }

    #[test]
    fn a_different_hash_stops_with_both_hashes_and_the_seq() {
        with_follower(|shared, follower| {
            shared.hashes.record(Seq(2), hash_at(2));
            shared.hashes.record(Seq(4), hash_at(3));
            let error = follower.run().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "state hashes differ at seq 4: live {}, replica {}",
                    hash_at(3),
                    hash_at(4)
                )
            );
            assert_eq!(follower.store.seqs(), [Seq(2)]);
        });
    }

    #[test]
    fn a_point_without_a_hash_makes_no_snapshot() {
        with_follower(|shared, follower| {
            shared.hashes.record(Seq(4), hash_at(4));
            assert_eq!(follower.run().unwrap(), Seq(4));
            assert_eq!(follower.store.seqs(), [Seq(4)]);
            assert_eq!(shared.counters.snapshots_missed.get(), 1);
        });
    }

    #[test]
    fn a_journal_that_ends_before_what_was_published_is_an_error() {
        with_follower(|shared, follower| {
            shared.hashes.record(Seq(2), hash_at(2));
            shared.hashes.record(Seq(4), hash_at(4));
            shared.set_durable(Seq(5));
            assert!(matches!(follower.run(), Err(FollowerError::Ends(Seq(5)))));
        });
    }
}
