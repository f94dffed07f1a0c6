//! Power losses at every call that changes the disk: what was acknowledged is there afterwards, what is
//! there was written, in order, and the journal goes on from there.

use std::fmt;
use std::path::PathBuf;

use types::{Input, InputKind, Seq, ShardId, Timer, TimestampNs};

use super::{Random, SimulatedDisk};
use crate::journal::record::encode;
use crate::journal::{self, Append, JournalError, Location, Mark, Writer};

const SHARD: ShardId = ShardId(0);
/// Small, so that many segments begin and end.
const SEGMENT_BYTES_MAX: u64 = 2_048;
const COMMITS: u64 = 24;
const BATCH_INPUTS_MAX: u64 = 12;

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
        let (mut writer, mut found) =
            recover(&disk).map_err(|error| format!("the journal does not open: {error}"))?;
        if found.len() < promised.synced {
            return Err(format!(
                "{} records are left of {} that were synced",
                found.len(),
                promised.synced
            ));
        }
        if promised.written.get(..found.len()) != Some(&found[..]) {
            return Err("what is left is not what was written first".to_owned());
        }
        let mut random = Random::new(point.loss);
        append(&mut writer, &mut random, &mut found)
            .and_then(|()| writer.close())
            .and_then(|()| writer.sync_anchor())
            .map_err(|error| format!("the journal does not go on: {error}"))?;
        disk.lose_power(point.loss ^ 2);
        let (_, again) =
            recover(&disk).map_err(|error| format!("the journal does not open again: {error}"))?;
        if again != found {
            return Err("what was appended after recovery is not there".to_owned());
        }
        Ok(())
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

fn location(disk: &SimulatedDisk) -> Location {
    Location {
        disk: disk.shared(),
        directory: PathBuf::from("journal"),
        shard: SHARD,
    }
}

fn recover(disk: &SimulatedDisk) -> Result<(Writer, Vec<Input>), JournalError> {
    let mut found = Vec::new();
    let opened = journal::open(&location(disk), SEGMENT_BYTES_MAX, Seq(0), |input| {
        found.push(input);
    })?;
    Ok((opened.writer, found))
}

/// Writes until all is done or the disk refuses.
fn write(disk: &SimulatedDisk, seed: u64) -> Promised {
    let mut random = Random::new(seed);
    let mut promised = Promised::default();
    let Ok((mut writer, _)) = recover(disk) else {
        return promised;
    };
    for _ in 0..COMMITS {
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
        if random.one_in(4) && writer.sync_anchor().is_err() {
            break;
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
            ts: TimestampNs(random.next_u64()),
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
