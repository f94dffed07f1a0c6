//! Damaged journals: never a silent loss, never a panic.
//!
//! One journal of a few KiB is written in two runs. `early` is the anchor after the first run, `last`
//! the one after the second: with `early`, the second run's records are what a crash may have torn.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::scenario::{Script, config, journaled, script};
use runtime::journal::{self, ANCHOR_FILE, Base, JournalError, Location, Reason};
use runtime::simulation::{Random, SimulatedDisk};
use runtime::{Limits, RecoveryError, Runtime, StartError};
use tempfile::TempDir;
use types::{Input, Seq, ShardId};

/// Small, so that thousands of openings are quick: room for more is read to its end.
const SEGMENT_BYTES_MAX: u64 = 16 << 10;

/// Bytes up to the last one that is not zero: zeros are room for more.
fn used(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1)
}

struct Written {
    directory: TempDir,
    disk: SimulatedDisk,
    segment: PathBuf,
    bytes: Vec<u8>,
    inputs: Vec<Input>,
    early: Vec<u8>,
    early_seq: u64,
    last: Vec<u8>,
    base: (PathBuf, Vec<u8>),
}

fn written() -> Written {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("journal");
    let mut ends = Vec::new();
    let mut anchors = Vec::new();
    for (start, end) in [(0, 30), (30, 60)] {
        let runtime = Runtime::start(config(directory.path()), Script::boxed(start, end)).unwrap();
        runtime.wait_source_end();
        ends.push(runtime.stop().unwrap().seq.0);
        anchors.push(fs::read(journal.join(ANCHOR_FILE)).unwrap());
    }
    fs::remove_dir_all(directory.path().join("snapshots")).unwrap();
    let segment = journal.join("00000000000000000001.journal");
    let bytes = fs::read(&segment).unwrap();
    assert!(
        (4 << 10..16 << 10).contains(&bytes.len()),
        "{}",
        bytes.len()
    );
    let base = journal.join("00000000000000000000.base");
    Written {
        base: (base.clone(), fs::read(&base).unwrap()),
        disk: SimulatedDisk::default(),
        inputs: journaled(directory.path()),
        directory,
        segment,
        bytes,
        early: anchors[0].clone(),
        early_seq: ends[0],
        last: anchors[1].clone(),
    }
}

/// Replaces the content of a file without truncating it first, which some file systems answer with a
/// flush.
fn overwrite(path: &Path, content: &[u8]) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(content, 0).unwrap();
    file.set_len(content.len() as u64).unwrap();
}

impl Written {
    fn journal(&self) -> PathBuf {
        self.directory.path().join("journal")
    }

    /// On a disk in memory, which syncs at once.
    fn location(&self) -> Location {
        Location {
            disk: self.disk.shared(),
            ..self.local()
        }
    }

    /// On the disk of this machine.
    fn local(&self) -> Location {
        Location::local(self.journal(), ShardId(0))
    }

    fn lay_out(&self, bytes: &[u8], anchor: &[u8]) {
        self.disk.overwrite(&self.segment, bytes);
        self.disk
            .overwrite(&self.journal().join(ANCHOR_FILE), anchor);
        self.disk.overwrite(&self.base.0, &self.base.1);
    }

    fn lay_out_locally(&self, bytes: &[u8], anchor: &[u8]) {
        overwrite(&self.segment, bytes);
        overwrite(&self.journal().join(ANCHOR_FILE), anchor);
    }

    /// Opens the journal as recovery does: the inputs that came out and the bytes that were cut.
    fn open(&self) -> Result<(Vec<Input>, u64), JournalError> {
        let mut inputs = Vec::new();
        let mut opened = journal::open(&self.location(), SEGMENT_BYTES_MAX, Seq(0), |input| {
            inputs.push(input);
        })?;
        // As at the end of a run: the room for more is given back.
        opened.writer.close()?;
        Ok((inputs, opened.torn_bytes_cut))
    }

    /// As a start does that has a snapshot at the end, on a copy of the disk.
    fn open_behind_a_snapshot(&self) -> Result<(), JournalError> {
        let location = Location {
            disk: self.disk.fork().shared(),
            ..self.local()
        };
        let end = Seq(self.inputs.len() as u64);
        journal::open(&location, SEGMENT_BYTES_MAX, end, |input| {
            panic!("{input:?} is not after the snapshot")
        })
        .map(|_| ())
    }

    /// Offsets at which a record ends, by how many records end there.
    fn boundaries(&self) -> Vec<usize> {
        let mut offset = journal::record::HEADER_BYTES;
        let mut boundaries = vec![offset];
        while offset < self.bytes.len() {
            let frame = u32::from_le_bytes(self.bytes[offset..offset + 4].try_into().unwrap());
            offset += frame as usize + journal::record::CHAIN_BYTES;
            boundaries.push(offset);
        }
        boundaries
    }
}

#[test]
fn every_truncation_recovers_a_prefix_or_is_refused() {
    let written = written();
    let boundaries = written.boundaries();
    assert_eq!(boundaries.len() - 1, written.inputs.len());
    for length in 0..=written.bytes.len() {
        let whole = boundaries
            .partition_point(|end| *end <= length)
            .saturating_sub(1);
        written.lay_out(&written.bytes[..length], &written.early);
        assert_eq!(
            written.open_behind_a_snapshot().is_ok(),
            length == written.bytes.len(),
            "length {length}"
        );
        match written.open() {
            Ok((inputs, cut)) => {
                assert!(whole as u64 >= written.early_seq, "length {length}");
                assert_eq!(inputs, written.inputs[..whole], "length {length}");
                let torn = used(&written.bytes[boundaries[whole]..length]);
                assert_eq!(cut as usize, torn, "length {length}");
                // Once cut, the journal is whole.
                let left = written.disk.read(&written.segment).unwrap();
                assert_eq!(left.len(), boundaries[whole]);
            }
            Err(error) => {
                assert!(
                    (whole as u64) < written.early_seq,
                    "length {length}: {error}"
                );
                assert!(
                    matches!(error, JournalError::Rot { .. }),
                    "length {length}: {error}"
                );
            }
        }
        // Nothing less than the whole is accepted once the anchor stands at the end.
        written.lay_out(&written.bytes[..length], &written.last);
        assert_eq!(
            written.open().is_ok(),
            length == written.bytes.len(),
            "length {length}"
        );
    }
}

#[test]
fn every_flipped_bit_of_a_segment_is_seen() {
    let written = written();
    let mut bytes = written.bytes.clone();
    written.lay_out(&bytes, &written.last);
    assert_eq!(journal::verify(&written.location()).unwrap().damage, None);
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        written.disk.overwrite(&written.segment, &bytes);
        let summary = journal::verify(&written.location()).unwrap();
        assert!(summary.damage.is_some(), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn a_flip_is_refused_up_to_the_anchor_and_cut_only_beyond_it() {
    let written = written();
    let boundaries = written.boundaries();
    let mut bytes = written.bytes.clone();
    for byte in 0..bytes.len() {
        let flip = 1 << (byte % 8);
        bytes[byte] ^= flip;
        // The record that holds the byte; 0 for the header.
        let record = boundaries.partition_point(|end| *end <= byte);

        written.lay_out(&bytes, &written.last);
        assert!(written.open().is_err(), "byte {byte}");

        written.lay_out(&bytes, &written.early);
        assert!(written.open_behind_a_snapshot().is_err(), "byte {byte}");
        match written.open() {
            Ok((inputs, cut)) => {
                assert!(record as u64 > written.early_seq, "byte {byte}");
                assert_eq!(inputs, written.inputs[..record - 1], "byte {byte}");
                assert_eq!(cut as usize, bytes.len() - boundaries[record - 1]);
            }
            Err(JournalError::Rot { damage, durable }) => {
                assert!(record as u64 <= written.early_seq, "byte {byte}: {damage}");
                assert_eq!(durable.0, written.early_seq);
                assert_eq!(damage.segment, written.segment);
                let offset = if record == 0 {
                    0
                } else {
                    boundaries[record - 1]
                };
                assert_eq!(damage.offset as usize, offset, "byte {byte}: {damage}");
                assert_eq!(damage.seq.0, record.max(1) as u64, "byte {byte}: {damage}");
            }
            Err(error) => panic!("byte {byte}: {error}"),
        }
        bytes[byte] ^= flip;
    }
}

#[test]
fn every_flipped_bit_of_the_anchor_leaves_a_journal_that_is_whole_or_refused() {
    let written = written();
    // Three slots of 32 bytes; what is between them means nothing.
    let slots = [0, 4_096, 8_192].map(|offset| offset * 8..(offset + 32) * 8);
    for bit in slots.into_iter().flatten() {
        let mut anchor = written.last.clone();
        anchor[bit / 8] ^= 1 << (bit % 8);
        written.lay_out(&written.bytes, &anchor);
        let (inputs, cut) = written.open().unwrap();
        assert_eq!((inputs.len(), cut), (written.inputs.len(), 0), "bit {bit}");
    }
    written.lay_out(&written.bytes, &[]);
    let lost = written.open().unwrap_err();
    assert!(matches!(lost, JournalError::AnchorLost { .. }));
    // What it advises does it, and loses nothing.
    let data = written.directory.path().display();
    let advice = format!("dynasty journal repair {data} --keep N");
    assert!(lost.to_string().contains(&advice), "{lost}");
    let end = journal::verify(&written.location()).unwrap().end.seq;
    journal::repair(&written.location(), end).unwrap();
    assert_eq!(written.open().unwrap().0, written.inputs);
}

#[test]
fn zeroed_pages_are_seen() {
    let written = written();
    for start in (0..written.bytes.len()).step_by(512) {
        let end = (start + 4_096).min(written.bytes.len());
        let mut bytes = written.bytes.clone();
        bytes[start..end].fill(0);
        written.lay_out(&bytes, &written.last);
        assert!(written.open_behind_a_snapshot().is_err(), "from {start}");
        assert!(written.open().is_err(), "from {start}");
    }
    // Zeros behind the end are room for more.
    let mut bytes = written.bytes.clone();
    bytes.resize(bytes.len() + 4_096, 0);
    written.lay_out(&bytes, &written.last);
    let (inputs, cut) = written.open().unwrap();
    assert_eq!((inputs.len(), cut), (written.inputs.len(), 0));
}

#[test]
fn a_gap_is_refused_also_beyond_the_anchor() {
    let written = written();
    let boundaries = written.boundaries();
    let missing = written.early_seq as usize + 5;
    let mut bytes = written.bytes.clone();
    bytes.drain(boundaries[missing - 1]..boundaries[missing]);
    written.lay_out(&bytes, &written.early);
    match written.open() {
        Err(JournalError::Damaged(damage)) => {
            assert_eq!(damage.seq.0, missing as u64);
            assert_eq!(damage.reason, Reason::Gap(Seq(missing as u64 + 1)));
        }
        other => panic!("{other:?}"),
    }
    // A runtime does not start on it, and says where.
    written.lay_out_locally(&bytes, &written.early);
    let error = Runtime::start(config(written.directory.path()), Script::boxed(0, 0)).unwrap_err();
    assert!(matches!(
        error,
        StartError::Recovery(RecoveryError::Journal(JournalError::Damaged(_)))
    ));
    let text = error.to_string();
    assert!(text.contains("00000000000000000001.journal"), "{text}");
    assert!(
        text.contains(&format!("byte {}", boundaries[missing - 1])),
        "{text}"
    );
    assert!(text.contains(&format!("seq {missing}")), "{text}");
}

#[test]
fn records_that_changed_places_are_refused() {
    let written = written();
    let boundaries = written.boundaries();
    let first = written.early_seq as usize + 2;
    let [start, middle, end] = [
        boundaries[first],
        boundaries[first + 1],
        boundaries[first + 2],
    ];
    let mut bytes = written.bytes[..start].to_vec();
    bytes.extend_from_slice(&written.bytes[middle..end]);
    bytes.extend_from_slice(&written.bytes[start..middle]);
    bytes.extend_from_slice(&written.bytes[end..]);
    written.lay_out(&bytes, &written.early);
    assert!(matches!(written.open(), Err(JournalError::Damaged(_))));
}

#[test]
fn a_missing_segment_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut small_segments = config(directory.path());
    small_segments.segment_bytes_max = 4_096;
    small_segments.batch_bytes_max = 512;
    let runtime = Runtime::start(small_segments, Script::boxed(0, 300)).unwrap();
    runtime.wait_source_end();
    runtime.stop().unwrap();
    fs::remove_dir_all(directory.path().join("snapshots")).unwrap();
    let journal = directory.path().join("journal");
    let segments = journal::segments(&Location::local(&journal, ShardId(0))).unwrap();
    assert!(segments.len() >= 4);
    let whole = |path: &Path| {
        let location = Location::local(path, ShardId(0));
        journal::open(&location, SEGMENT_BYTES_MAX, Seq(0), |_| {})
    };
    for segment in &segments {
        let away = directory.path().join("away");
        fs::rename(&segment.path, &away).unwrap();
        assert!(
            whole(&journal).is_err(),
            "without {}",
            segment.path.display()
        );
        fs::rename(&away, &segment.path).unwrap();
    }
    whole(&journal).unwrap();
}

#[test]
fn a_snapshot_ahead_of_the_journal_is_refused() {
    let written = written();
    // The journal as it was after the first run, anchor and all, but a snapshot of the second.
    let end = written.boundaries()[written.early_seq as usize];
    written.lay_out(&written.bytes[..end], &written.early);
    let snapshot = Seq(written.inputs.len() as u64);
    let opened = journal::open(&written.location(), SEGMENT_BYTES_MAX, snapshot, |_| {});
    match opened {
        Err(JournalError::Rot { damage, durable }) => {
            assert_eq!((damage.reason, durable), (Reason::Ends, snapshot));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repair_keeps_what_it_is_told_to_and_sets_the_rest_aside() {
    let written = written();
    let boundaries = written.boundaries();
    let damaged = 40;
    let mut bytes = written.bytes.clone();
    bytes[boundaries[damaged - 1] + 20] ^= 1;
    written.lay_out_locally(&bytes, &written.last);
    // Not one record more than checks.
    let keep = Seq(damaged as u64 - 1);
    for refused in [Seq(damaged as u64), Seq(99_999_999), Seq(0)] {
        let told = journal::repair(&written.local(), refused).unwrap_err();
        let JournalError::Keep {
            accepted,
            damage: Some(damage),
            ..
        } = &told
        else {
            panic!("{told:?}");
        };
        assert_eq!(*accepted, Some((Seq(1), keep)));
        assert_eq!(damage.seq, Seq(damaged as u64));
        let told = told.to_string();
        assert!(
            told.contains(&format!("after seq {refused}: accepted: 1 to 39")),
            "{told}"
        );
    }
    let repaired = journal::repair(&written.local(), keep).unwrap();
    assert_eq!(repaired.end.seq, keep);
    assert_eq!(repaired.set_aside.len(), 1);
    assert_eq!(fs::read(&repaired.set_aside[0]).unwrap(), bytes);
    let mut inputs = Vec::new();
    let visit = |input| inputs.push(input);
    journal::open(&written.local(), SEGMENT_BYTES_MAX, Seq(0), visit).unwrap();
    assert_eq!(inputs, written.inputs[..damaged - 1]);
    let beyond = journal::repair(&written.local(), Seq(damaged as u64));
    let Err(JournalError::Keep {
        accepted,
        damage: None,
        ..
    }) = beyond
    else {
        panic!("{beyond:?}");
    };
    assert_eq!(accepted, Some((Seq(1), keep)));
}

/// A journal of at least 64 KiB on a disk in memory, all of it durable, and the bytes of its segments.
fn large() -> (Location, SimulatedDisk, Vec<(PathBuf, Vec<u8>)>) {
    const BYTES: usize = 64 << 10;
    let disk = SimulatedDisk::default();
    let location = Location {
        disk: disk.shared(),
        ..Location::local("journal", ShardId(0))
    };
    Base::create(&location, &Limits::default()).unwrap();
    let mut writer = journal::open(&location, 32 << 10, Seq(0), |_| {})
        .unwrap()
        .writer;
    let mut written = 0;
    while written < BYTES {
        let before = writer.written();
        let seq = before.seq.next();
        let (ts, kind) = script(seq.0 - 1);
        let mut bytes = Vec::new();
        let input = Input { seq, ts, kind };
        let chain = journal::record::encode(ShardId(0), &input, before.chain, &mut bytes);
        written += bytes.len();
        let append = journal::Append {
            first: seq,
            chain_before: before.chain,
            end: journal::Mark { seq, chain },
            bytes: &bytes,
        };
        writer.append(append).unwrap();
    }
    writer.close().unwrap();
    writer.sync_anchor().unwrap();
    let segments = journal::segments(&location).unwrap();
    assert!(segments.len() >= 3);
    let bytes = segments.into_iter().map(|segment| {
        let bytes = disk.read(&segment.path).unwrap();
        (segment.path, bytes)
    });
    let bytes = bytes.collect();
    (location, disk, bytes)
}

/// All of what is asked about when `RUNTIME_DAMAGE_ALL` is set, and at random one in so many otherwise.
pub(crate) fn sampled(all: usize, one_in: u64) -> impl Iterator<Item = usize> {
    let is_all = std::env::var_os("RUNTIME_DAMAGE_ALL").is_some();
    let mut random = Random::new(all as u64);
    (0..all).filter(move |_| is_all || random.one_in(one_in))
}

#[test]
fn nothing_of_a_large_journal_is_lost_in_silence() {
    let (location, disk, segments) = large();
    let end = journal::verify(&location).unwrap().end.seq;
    let refused = |what: &dyn std::fmt::Display| {
        let operations = disk.operations();
        // From the first record, and beyond them all: what a snapshot stands for has to check as well.
        for snapshot in [Seq(0), end] {
            let opened = journal::open(&location, 32 << 10, snapshot, |_| {});
            assert!(opened.is_err(), "{what}, snapshot at {snapshot}");
        }
        assert_eq!(disk.operations(), operations, "{what}: nothing is written");
        assert!(
            journal::verify(&location).unwrap().damage.is_some(),
            "{what}"
        );
    };
    let mut counts = [0; 3];
    for (path, bytes) in &segments {
        for bit in sampled(bytes.len() * 8, 100) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            disk.overwrite(path, &flipped);
            refused(&format_args!("bit {bit} of {}", path.display()));
            counts[0] += 1;
        }
        for length in sampled(bytes.len(), 100) {
            disk.overwrite(path, &bytes[..length]);
            refused(&format_args!("{length} bytes of {}", path.display()));
            counts[1] += 1;
        }
        for start in (0..bytes.len()).step_by(512) {
            let mut zeroed = bytes.clone();
            let end = bytes.len().min(start + 512);
            zeroed[start..end].fill(0);
            disk.overwrite(path, &zeroed);
            refused(&format_args!("zeros from {start} in {}", path.display()));
            counts[2] += 1;
        }
        disk.overwrite(path, bytes);
    }
    let [flips, truncations, sectors] = counts;
    println!("{flips} flipped bits, {truncations} truncations, {sectors} zeroed sectors: 0 silent");
    for snapshot in [Seq(0), end] {
        journal::open(&location, 32 << 10, snapshot, |_| {}).unwrap();
    }
}

/// A run of several segments with snapshots up to its end; the last segment holds the last inputs alone.
fn several() -> (TempDir, Vec<PathBuf>, u64) {
    let directory = tempfile::tempdir().unwrap();
    let mut small_segments = config(directory.path());
    small_segments.segment_bytes_max = 4_096;
    small_segments.batch_bytes_max = 512;
    let runtime = Runtime::start(small_segments, Script::boxed(0, 300)).unwrap();
    runtime.wait_source_end();
    let end = runtime.stop().unwrap().seq.0;
    let location = Location::local(directory.path().join("journal"), ShardId(0));
    let segments = journal::segments(&location).unwrap();
    assert!(segments.len() >= 4);
    let paths = segments.into_iter().map(|segment| segment.path);
    let paths = paths.collect();
    (directory, paths, end)
}

/// The start reads what is before the snapshot, too, with and without somebody who is shown it.
#[test]
fn rot_before_the_snapshot_stops_the_start() {
    let (directory, segments, end) = several();
    let start = |is_shown: bool| {
        let mut config = config(directory.path());
        if is_shown {
            config.projection = Some(Box::new(|_, _| {}));
        }
        match Runtime::start(config, Script::boxed(0, 0)).map(|runtime| {
            assert_eq!(runtime.recovery().snapshot_seq, Some(Seq(end)));
            runtime.stop().unwrap()
        }) {
            Ok(_) => None,
            Err(StartError::Recovery(RecoveryError::Journal(error))) => Some(error),
            Err(other) => panic!("{other:?}"),
        }
    };
    for is_shown in [false, true] {
        assert!(start(is_shown).is_none());
    }
    for segment in &segments[..segments.len() - 1] {
        let bytes = fs::read(segment).unwrap();
        let middle = bytes.len() / 2;
        for is_shown in [false, true] {
            let mut flipped = bytes.clone();
            flipped[middle] ^= 1;
            let mut zeroed = bytes.clone();
            zeroed[middle..(middle + 512).min(bytes.len())].fill(0);
            for damaged in [&flipped, &zeroed, &bytes[..middle].to_vec()] {
                overwrite(segment, damaged);
                match start(is_shown) {
                    Some(JournalError::Rot { damage, durable }) => {
                        assert_eq!((&damage.segment, durable), (segment, Seq(end)));
                        assert!(damage.offset as usize <= middle, "{damage}");
                    }
                    other => panic!("{other:?}"),
                }
            }
            overwrite(segment, &bytes);
            let away = directory.path().join("away");
            fs::rename(segment, &away).unwrap();
            match start(is_shown) {
                Some(JournalError::Missing { seq, .. }) => {
                    assert_eq!((seq, segment), (Seq(1), &segments[0]));
                }
                Some(JournalError::Rot { damage, .. }) => {
                    let place = segments.iter().position(|other| other == segment);
                    assert_eq!(damage.segment, segments[place.unwrap() - 1]);
                    assert!(matches!(damage.reason, Reason::Gap(_)), "{damage}");
                }
                other => panic!("{other:?}"),
            }
            fs::rename(&away, segment).unwrap();
        }
    }
    assert!(start(false).is_none());
}

/// 16 KiB of room, of which the records take less: one bit of the last byte is no tail of all that.
#[test]
fn a_bit_in_the_room_behind_the_last_record_is_told_as_that() {
    let written = written();
    let mut bytes = written.bytes.clone();
    let end = bytes.len();
    bytes.resize(SEGMENT_BYTES_MAX as usize, 0);
    bytes[SEGMENT_BYTES_MAX as usize - 1] ^= 4;
    written.lay_out(&bytes, &written.last);
    let summary = journal::verify(&written.location()).unwrap();
    let damage = summary.damage.unwrap();
    assert_eq!(
        (damage.reason, damage.offset, summary.is_torn),
        (Reason::Stray(SEGMENT_BYTES_MAX - 1), end as u64, true)
    );
    assert!(
        damage.to_string().contains("byte 16383 is not zero"),
        "{damage}"
    );
    let (inputs, cut) = written.open().unwrap();
    assert_eq!((inputs.len(), cut), (written.inputs.len(), 1));
}
