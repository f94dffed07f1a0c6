//! Power losses at every call that changes the disk: what was acknowledged is there afterwards, what is
//! there was written, in order, and the journal goes on from there. Segments are archived and removed as
//! well: what was removed was asked to be, and the journal's base stands for it. What each loss leaves is also
//! checked as `dynasty journal verify` does, and ended by a repair, on a copy of the disk.

use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

use engine::{EventBuf, Limits, Shard};
use types::{Input, InputKind, Seq, ShardId, Timer, TimestampNs};

use super::{Random, SimulatedDisk};
use crate::journal::record::encode;
use crate::journal::spare::Maker;
use crate::journal::writer::ANCHOR_AGE_MAX;
use crate::journal::{self, Append, Base, JournalError, Location, Mark, Writer};
use crate::retention::{archive_next, beginning, prune};

const SHARD: ShardId = ShardId(0);
/// Small, so that many segments begin and end.
const SEGMENT_BYTES_MAX: u64 = 2_048;
const COMMITS: u64 = 24;
const BATCH_INPUTS_MAX: u64 = 12;
/// Small, so that shards are made quickly.
const LIMITS: Limits = Limits {
    instruments_max: 1,
    plans_max: 1,
    competitions_max: 1,
    accounts_max: 1,
    orders_max: 1,
    account_orders_max: 1,
    account_orders_per_second_max: 1,
    list_orders_max: 1,
    algo_slices_max: 1,
    algo_children_max: 1,
    algos_max: 1,
    changes_max: 1,
    positions_max: 1,
    book_levels_max: 1,
    consumed_max: 1,
    curves_max: 1,
    latencies_max: 1,
    samples_max: 1,
    conversions_max: 1,
    client_orders_max: 1,
    depth_levels_max: 1,
    intervals_max: 1,
};

/// A journal that is written as a seed says, to be interrupted anywhere.
#[derive(Debug)]
pub struct PowerLoss {
    seed: u64,
    /// Calls that change the disk when nothing interrupts them.
    operations: u64,
}

/// Where the power went, and again while recovery was at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrashPoint {
    /// What is written.
    pub seed: u64,
    /// After so many calls that change the disk.
    pub operation: u64,
    /// What is left of what was not synced.
    pub loss: u64,
    /// After so many more calls of recovery, if it is interrupted too.
    pub recovery: Option<u64>,
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            operation,
            loss,
            ..
        } = self;
        write!(f, "seed {seed}, operation {operation}, loss {loss}")?;
        match self.recovery {
            Some(operation) => write!(f, ", recovery interrupted at operation {operation}"),
            None => Ok(()),
        }
    }
}

/// What was promised by the time that the power went.
#[derive(Debug, Default)]
struct Promised {
    /// Written, in order.
    written: Vec<Input>,
    /// How many of them were synced.
    synced: usize,
    /// How many of the first ones may be gone.
    pruned: usize,
}

/// What recovery came to.
struct Found {
    writer: Writer,
    /// The state that the journal begins with.
    base: Shard,
    /// Every input after it.
    inputs: Vec<Input>,
}

impl PowerLoss {
    /// A journal from a seed.
    pub fn new(seed: u64) -> Self {
        let disk = SimulatedDisk::default();
        write(&disk, seed);
        Self {
            seed,
            operations: disk.operations(),
        }
    }

    /// At how many calls it can be interrupted.
    pub const fn operations(&self) -> u64 {
        self.operations
    }

    /// Interrupts it once.
    ///
    /// # Errors
    /// What does not hold, in words.
    pub fn crash(&self, point: CrashPoint) -> Result<(), String> {
        let disk = SimulatedDisk::default();
        disk.end_after(point.operation);
        let promised = write(&disk, self.seed);
        disk.lose_power(point.loss);
        if let Some(operation) = point.recovery {
            disk.end_after(operation);
            // It may fail, or be done before.
            let _ = recover(&disk);
            disk.lose_power(point.loss ^ 1);
        }
        check(&disk, &promised).map_err(|what| format!("verify after the loss: {what}"))?;
        let mut random = Random::new(point.loss);
        repair(&disk, &promised, &mut random)
            .map_err(|what| format!("a repair after the loss: {what}"))?;
        let Found {
            mut writer,
            base,
            inputs: mut found,
        } = recover(&disk).map_err(|error| format!("the journal does not open: {error}"))?;
        let begins = base.seq().0 as usize;
        if begins > promised.pruned {
            return Err(format!(
                "the journal begins after seq {begins}, at most {} were to be removed",
                promised.pruned
            ));
        }
        let end = begins + found.len();
        if end < promised.synced {
            return Err(format!(
                "{end} records are left of {} that were synced",
                promised.synced
            ));
        }
        if promised.written.get(begins..end) != Some(&found[..]) {
            return Err("what is left is not what was written first".to_owned());
        }
        let mut replayed = Shard::new(SHARD, LIMITS);
        for input in &promised.written[..begins] {
            replayed.apply(input, &mut EventBuf::default());
        }
        if replayed.state_hash() != base.state_hash() {
            return Err(format!("the base at seq {begins} is another state"));
        }
        append(&mut writer, &mut random, &mut found)
            .and_then(|()| writer.close())
            .and_then(|()| writer.sync_anchor())
            .map_err(|error| format!("the journal does not go on: {error}"))?;
        disk.lose_power(point.loss ^ 2);
        let again =
            recover(&disk).map_err(|error| format!("the journal does not open again: {error}"))?;
        if (again.base.seq(), &again.inputs) != (base.seq(), &found) {
            return Err("what was appended after recovery is not there".to_owned());
        }
        let whole = Promised {
            synced: begins + found.len(),
            pruned: begins,
            written: [&promised.written[..begins], &found].concat(),
        };
        match check(&disk, &whole) {
            Ok(Some(end)) if end.0 as usize == whole.synced => Ok(()),
            end => Err(format!(
                "verify at the end: {end:?} of {} records",
                whole.synced
            )),
        }
    }

    /// A random place to interrupt it.
    pub fn point(&self, random: &mut Random) -> CrashPoint {
        CrashPoint {
            seed: self.seed,
            operation: random.below(self.operations + 1),
            loss: random.next_u64(),
            recovery: random.one_in(2).then(|| random.below(8)),
        }
    }
}

/// What `verify` says must be what was promised: where it ends, `None` for a journal that was not begun.
fn check(disk: &SimulatedDisk, promised: &Promised) -> Result<Option<Seq>, String> {
    let summary = journal::verify(&location(disk)).map_err(|error| error.to_string())?;
    if let Some(damage) = summary.damage.filter(|_| !summary.is_torn) {
        return Err(format!("damage: {damage}"));
    }
    let begins = summary.base.map_or(Seq(0), |base| base.seq);
    if begins.0 as usize > promised.pruned {
        return Err(format!("it begins after seq {begins}"));
    }
    let end = summary.end.seq.max(begins);
    if (end.0 as usize) < promised.synced || end.0 as usize > promised.written.len() {
        return Err(format!("it ends at seq {end}"));
    }
    Ok((summary.segments > 0).then_some(end))
}

/// Ends a copy of the journal somewhere, in a second attempt if the power goes in the first, and opens it.
fn repair(disk: &SimulatedDisk, promised: &Promised, random: &mut Random) -> Result<(), String> {
    let Some(end) = check(disk, promised)? else {
        return Ok(());
    };
    let disk = disk.fork();
    let location = location(&disk);
    let told = |error: JournalError| error.to_string();
    let base = Base::find(&location).map_err(told)?;
    let begins = base.map_or(Seq(0), |base| base.mark.seq);
    let least = begins.max(Seq(1));
    for refused in [Seq(least.0 - 1), end.next()] {
        let operations = disk.operations();
        match journal::repair(&location, refused) {
            Err(JournalError::Keep { accepted, .. })
                if accepted == (least <= end).then_some((least, end)) => {}
            other => return Err(format!("--keep {refused}: {other:?}")),
        }
        if disk.operations() != operations {
            return Err(format!("--keep {refused} was refused and changed the disk"));
        }
    }
    if end < least {
        return Ok(());
    }
    let keep = Seq(least.0 + random.below(end.0 - least.0 + 1));
    if random.one_in(2) {
        disk.end_after(random.below(8));
        let _ = journal::repair(&location, keep);
        disk.lose_power(random.next_u64());
    }
    journal::repair(&location, keep).map_err(told)?;
    disk.lose_power(random.next_u64());
    let found = recover(&disk).map_err(told)?;
    if promised.written.get(begins.0 as usize..keep.0 as usize) != Some(&found.inputs[..]) {
        return Err(format!(
            "seq {keep} was to be the last of {}",
            found.inputs.len()
        ));
    }
    let whole = Promised {
        written: promised.written[..keep.0 as usize].to_vec(),
        synced: keep.0 as usize,
        pruned: promised.pruned,
    };
    match check(&disk, &whole)? {
        Some(end) if end == keep => Ok(()),
        end => Err(format!("--keep {keep} led to {end:?}")),
    }
}

fn location(disk: &SimulatedDisk) -> Location {
    Location {
        disk: disk.shared(),
        directory: PathBuf::from("journal"),
        shard: SHARD,
    }
}

fn recover(disk: &SimulatedDisk) -> Result<Found, JournalError> {
    let location = location(disk);
    if Base::of_journal(&location)?.is_none() {
        location.create_directory()?;
        Base::create(&location, &LIMITS)?;
    }
    let base = beginning(&location, LIMITS)?;
    let mut inputs = Vec::new();
    let opened = journal::open(&location, SEGMENT_BYTES_MAX, base.seq(), |input| {
        inputs.push(input);
    })?;
    Ok(Found {
        writer: opened.writer,
        base,
        inputs,
    })
}

/// Writes until all is done or the disk refuses.
fn write(disk: &SimulatedDisk, seed: u64) -> Promised {
    let mut random = Random::new(seed);
    let mut promised = Promised::default();
    let location = location(disk);
    let Ok(Found { mut writer, .. }) = recover(disk) else {
        return promised;
    };
    let mut maker = Maker::new(location.clone(), writer.spare(), SEGMENT_BYTES_MAX);
    let anchor = writer.anchor_later();
    let mut now = Instant::now();
    for _ in 0..COMMITS {
        // A segment made ahead, or too late, or not at all.
        if random.one_in(2) {
            maker.step();
        }
        if append(&mut writer, &mut random, &mut promised.written).is_err() {
            break;
        }
        // A group commit covers several appends.
        if random.one_in(3) {
            continue;
        }
        if writer.sync().is_err() {
            break;
        }
        promised.synced = promised.written.len();
        // The anchor's sync is asked for, done by another thread before or after what follows, or waited for.
        if random.one_in(2) {
            now += ANCHOR_AGE_MAX;
        }
        if writer.tend_anchor(now).is_err() {
            break;
        }
        if random.one_in(3) {
            anchor.step();
        }
        if random.one_in(4) && writer.sync_anchor().is_err() {
            break;
        }
        if random.one_in(4) && archive_next(&location, Seq(promised.synced as u64)).is_err() {
            break;
        }
        if random.one_in(12) {
            let until = Seq(random.below(promised.synced as u64 + 1));
            promised.pruned = promised.pruned.max(until.0 as usize);
            if prune(&location, until, &|| true).is_err() {
                break;
            }
        }
    }
    promised
}

/// Appends a batch of inputs; they count as written before the disk is asked.
fn append(
    writer: &mut Writer,
    random: &mut Random,
    written: &mut Vec<Input>,
) -> Result<(), JournalError> {
    let before = writer.written();
    let mut end = before;
    let mut bytes = Vec::new();
    for _ in 0..=random.below(BATCH_INPUTS_MAX) {
        let seq = end.seq.next();
        let input = Input {
            seq,
            // Forward, and no two alike.
            ts: TimestampNs(seq.0 << 32 | random.below(1 << 32)),
            kind: InputKind::Timer(Timer::Clock),
        };
        let chain = encode(SHARD, &input, end.chain, &mut bytes);
        end = Mark { seq, chain };
        written.push(input);
    }
    writer.append(Append {
        first: before.seq.next(),
        chain_before: before.chain,
        end,
        bytes: &bytes,
    })
}
