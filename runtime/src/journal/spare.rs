//! The next segment, made beside the one that is written and filled with zeros, so that no commit waits for it.
//!
//! Room that was only taken is not yet written: the first write to each part of it changes the file system's own
//! records, and a commit then waits for those as well, which more than doubles a sync and gives it a long tail. In a
//! file that was written through once, a commit changes data and nothing else.
//!
//! A disk does one sync after the other. So the spare keeps pace with the segment in use, twice as fast, in small steps:
//! made in one go, it would hold up every commit of that time.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

use super::{Location, TEMPORARY_SUFFIX};
use crate::disk::{Access, DiskFile};

/// Bytes that are written and synced at a time: what a commit may have to wait behind.
const STEP_BYTES: u64 = 128 << 10;

/// Where a spare segment is asked for, and taken from. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spare(Arc<Slot>);

#[derive(Debug, Default)]
struct Slot {
    state: Mutex<State>,
    maker: OnceLock<Thread>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Unwanted,
    /// Up to here, and how much of it is there.
    Wanted {
        until: u64,
        made: u64,
    },
    Ready(Box<dyn DiskFile>),
    /// It could not be made; asked for again with the next segment.
    Failed,
}

impl Spare {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for so many bytes of one, unless it is ready.
    pub(super) fn want(&self, until: u64) {
        let mut state = self.state();
        let (until, made) = match *state {
            State::Unwanted => (until, 0),
            State::Wanted { until: last, made } => (last.max(until), made),
            State::Ready(_) | State::Failed => return,
        };
        *state = State::Wanted { until, made };
        if made < until
            && let Some(maker) = self.0.maker.get()
        {
            maker.unpark();
        }
    }

    /// Takes the one that is ready: [`path`] has it.
    pub(super) fn take(&self) -> Option<Box<dyn DiskFile>> {
        let mut state = self.state();
        match std::mem::take(&mut *state) {
            State::Ready(file) => return Some(file),
            // It comes too late for this segment and in time for the next.
            wanted @ State::Wanted { .. } => *state = wanted,
            State::Unwanted | State::Failed => {}
        }
        None
    }

    /// Lets whoever asks wake the thread that makes them.
    pub(crate) fn introduce(&self, maker: Thread) {
        // There is one such thread, and it does this once.
        let _ = self.0.maker.set(maker);
    }
}

/// The name of a spare segment until it becomes one.
pub(super) fn path(location: &Location) -> PathBuf {
    location.path(&format!("spare{TEMPORARY_SUFFIX}"))
}

/// Makes the spare segments of a journal.
#[derive(Debug)]
pub(crate) struct Maker {
    location: Location,
    spare: Spare,
    /// How long each is.
    bytes: u64,
    /// The one that is being made.
    making: Option<Box<dyn DiskFile>>,
}

impl Maker {
    pub(crate) const fn new(location: Location, spare: Spare, bytes: u64) -> Self {
        Self {
            location,
            spare,
            bytes,
            making: None,
        }
    }

    /// Goes on with the one that is wanted; `false` when none is, as much of it is there as is wanted, or it is whole. One
    /// that cannot be made is let go: the journal makes its next segment itself.
    pub(crate) fn step(&mut self) -> bool {
        let (until, done) = match *self.spare.state() {
            State::Wanted { until, made } if made < until.min(self.bytes) => (until, made),
            _ => return false,
        };
        match self.make(done) {
            Ok((file, made)) if made == self.bytes => {
                *self.spare.state() = State::Ready(file);
                false
            }
            Ok((file, made)) => {
                self.making = Some(file);
                let mut state = self.spare.state();
                // It may have grown meanwhile.
                if let State::Wanted { made: there, .. } = &mut *state {
                    *there = made;
                }
                made < until
            }
            Err(error) => {
                tracing::warn!(%error, "no segment could be made ahead; the journal makes it itself");
                self.making = None;
                *self.spare.state() = State::Failed;
                // The next one starts anew, whatever becomes of this.
                let _ = self.location.disk.remove(&path(&self.location));
                false
            }
        }
    }

    /// The file with one step more of zeros on disk, and how many there are.
    fn make(&mut self, done: u64) -> io::Result<(Box<dyn DiskFile>, u64)> {
        let file = match self.making.take() {
            Some(file) => file,
            None => self.begin()?,
        };
        let step = (self.bytes - done).min(STEP_BYTES);
        file.write_at(&vec![0; step as usize], done)?;
        file.sync()?;
        Ok((file, done + step))
    }

    fn begin(&self) -> io::Result<Box<dyn DiskFile>> {
        let path = path(&self.location);
        match self.location.disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = self.location.disk.open(&path, Access::Create)?;
        file.allocate(self.bytes)?;
        Ok(file)
    }

    /// Removes what nobody will take any more.
    pub(crate) fn end(&mut self) {
        self.making = None;
        let unused = std::mem::replace(&mut *self.spare.state(), State::Failed);
        if matches!(unused, State::Wanted { .. } | State::Ready(_)) {
            drop(unused);
            // A leftover is removed at the next start.
            let _ = self.location.disk.remove(&path(&self.location));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::ShardId;

    #[test]
    fn one_is_made_as_far_as_is_asked_and_is_all_zeros() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path(), ShardId(0));
        let spare = Spare::default();
        let bytes = 3 * STEP_BYTES + 512;
        let mut maker = Maker::new(location.clone(), spare.clone(), bytes);
        assert!(!maker.step());
        assert!(spare.take().is_none());

        // One byte of the second step asks for all of it, and less than is there for nothing.
        spare.want(STEP_BYTES + 1);
        assert_eq!([maker.step(), maker.step()], [true, false]);
        let made = || std::fs::read(path(&location)).unwrap();
        assert!(made().iter().all(|&byte| byte == 0));
        spare.want(2 * STEP_BYTES);
        assert!(!maker.step());
        assert!(spare.take().is_none(), "not whole");

        // More than a segment has is all of it.
        spare.want(2 * bytes);
        assert_eq!([maker.step(), maker.step()], [true, false]);
        spare.want(bytes);
        assert!(!maker.step(), "one is enough");
        let file = spare.take().unwrap();
        assert_eq!(file.length().unwrap(), bytes);
        assert!(made().len() as u64 == bytes && made().iter().all(|&byte| byte == 0));
        assert!(spare.take().is_none());
    }

    #[test]
    fn what_cannot_be_made_is_asked_for_again_with_the_next_segment() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path().join("missing"), ShardId(0));
        let spare = Spare::default();
        let mut maker = Maker::new(location.clone(), spare.clone(), 512);
        spare.want(512);
        assert!(!maker.step());
        std::fs::create_dir(directory.path().join("missing")).unwrap();
        spare.want(512);
        assert!(!maker.step(), "not for this segment");
        assert!(spare.take().is_none());
        spare.want(512);
        assert!(!maker.step());
        assert!(spare.take().is_some());
    }

    #[test]
    fn what_nobody_takes_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path(), ShardId(0));
        let spare = Spare::default();
        let mut maker = Maker::new(location.clone(), spare.clone(), 512);
        spare.want(512);
        maker.step();
        assert!(path(&location).exists());
        maker.end();
        assert!(!path(&location).exists());
        assert!(spare.take().is_none());
    }
}
