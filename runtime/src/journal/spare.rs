//! The next segment, made beside the one that is written and filled with zeros, so that no commit waits for it.
//!
//! Room that was only taken is not yet written: the first write to each part of it changes the file system's own
//! records, and a commit then waits for those as well, which more than doubles a sync and gives it a long tail. In a
//! file that was written through once, a commit changes data and nothing else.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

use super::{Location, TEMPORARY_SUFFIX};
use crate::disk::{Access, DiskFile};

/// Bytes that are written and synced at a time: what a commit may have to wait behind.
const STEP_BYTES: usize = 1 << 20;

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
    Wanted,
    Ready(Box<dyn DiskFile>),
    /// It could not be made; asked for again with the next segment.
    Failed,
}

impl Spare {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for one, unless there is one or one is being made.
    pub(super) fn want(&self) {
        let mut state = self.state();
        if matches!(*state, State::Unwanted) {
            *state = State::Wanted;
            if let Some(maker) = self.0.maker.get() {
                maker.unpark();
            }
        }
    }

    /// Takes the one that is ready: [`path`] has it.
    pub(super) fn take(&self) -> Option<Box<dyn DiskFile>> {
        let mut state = self.state();
        match std::mem::take(&mut *state) {
            State::Ready(file) => return Some(file),
            // It comes too late for this segment and in time for the next.
            State::Wanted => *state = State::Wanted,
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
    /// The one that is being made, and how far.
    making: Option<(Box<dyn DiskFile>, u64)>,
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

    /// Goes on with the one that is wanted; `false` when none is, or it is whole. One that cannot be made is let go:
    /// the journal makes its next segment itself.
    pub(crate) fn step(&mut self) -> bool {
        if !matches!(*self.spare.state(), State::Wanted) {
            return false;
        }
        match self.make() {
            Ok(None) => true,
            Ok(Some(file)) => {
                *self.spare.state() = State::Ready(file);
                false
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

    /// The file once all of it is zeros on disk.
    fn make(&mut self) -> io::Result<Option<Box<dyn DiskFile>>> {
        let (file, done) = match self.making.take() {
            Some(making) => making,
            None => (self.begin()?, 0),
        };
        let step = self.bytes.saturating_sub(done).min(STEP_BYTES as u64);
        file.write_at(&vec![0; step as usize], done)?;
        file.sync()?;
        let done = done + step;
        if done < self.bytes {
            self.making = Some((file, done));
            return Ok(None);
        }
        Ok(Some(file))
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
        if matches!(unused, State::Wanted | State::Ready(_)) {
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
    fn one_is_made_when_asked_and_is_all_zeros() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path(), ShardId(0));
        let spare = Spare::default();
        let bytes = 2 * STEP_BYTES as u64 + 512;
        let mut maker = Maker::new(location.clone(), spare.clone(), bytes);
        assert!(!maker.step());
        assert!(spare.take().is_none());

        spare.want();
        assert_eq!(
            [maker.step(), maker.step(), maker.step()],
            [true, true, false]
        );
        spare.want();
        assert!(!maker.step(), "one is enough");
        let file = spare.take().unwrap();
        assert_eq!(file.length().unwrap(), bytes);
        let content = std::fs::read(path(&location)).unwrap();
        assert!(content.iter().all(|&byte| byte == 0));
        assert!(spare.take().is_none());
    }

    #[test]
    fn what_cannot_be_made_is_asked_for_again_with_the_next_segment() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path().join("missing"), ShardId(0));
        let spare = Spare::default();
        let mut maker = Maker::new(location.clone(), spare.clone(), 512);
        spare.want();
        assert!(!maker.step());
        std::fs::create_dir(directory.path().join("missing")).unwrap();
        spare.want();
        assert!(!maker.step(), "not for this segment");
        assert!(spare.take().is_none());
        spare.want();
        assert!(!maker.step());
        assert!(spare.take().is_some());
    }

    #[test]
    fn what_nobody_takes_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path(), ShardId(0));
        let spare = Spare::default();
        let mut maker = Maker::new(location.clone(), spare.clone(), 512);
        spare.want();
        maker.step();
        assert!(path(&location).exists());
        maker.end();
        assert!(!path(&location).exists());
        assert!(spare.take().is_none());
    }
}
