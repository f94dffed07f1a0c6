//! A sync that nobody waits for: what ack mode `relaxed` does ten times a second, beside the thread that writes.
//!
//! The operating system tells of a failed sync once, to whoever asks first. So the writer learns the outcome of the one
//! that is under way before it syncs itself, or believes anything that follows.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

use super::Mark;
use crate::disk::DiskFile;

/// A sync to be done by another thread. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Later(Arc<Slot>);

#[derive(Debug, Default)]
struct Slot {
    state: Mutex<State>,
    changed: Condvar,
    worker: OnceLock<Thread>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Nothing,
    Wanted(Arc<dyn DiskFile>, Mark),
    Begun,
    Done(Mark, io::Result<()>),
}

impl Later {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a sync of a file whose records end at `mark`; `false` while one is asked for or not yet asked after.
    pub(super) fn want(&self, file: &Arc<dyn DiskFile>, mark: Mark) -> bool {
        let mut state = self.state();
        if !matches!(*state, State::Nothing) {
            return false;
        }
        *state = State::Wanted(Arc::clone(file), mark);
        if let Some(worker) = self.0.worker.get() {
            worker.unpark();
        }
        true
    }

    /// What was synced up to, or why not, if that is known.
    pub(super) fn outcome(&self) -> Option<(Mark, io::Result<()>)> {
        let mut state = self.state();
        match std::mem::take(&mut *state) {
            State::Done(mark, result) => Some((mark, result)),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Takes a sync back that has not begun, and waits for one that has.
    pub(super) fn settle(&self) -> Option<(Mark, io::Result<()>)> {
        let mut state = self.state();
        loop {
            match std::mem::take(&mut *state) {
                State::Nothing | State::Wanted(..) => return None,
                State::Done(mark, result) => return Some((mark, result)),
                State::Begun => {
                    *state = State::Begun;
                    let waited = self.0.changed.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Does what is wanted; whether anything was.
    pub(crate) fn step(&self) -> bool {
        let mut state = self.state();
        let (file, mark) = match std::mem::replace(&mut *state, State::Begun) {
            State::Wanted(file, mark) => (file, mark),
            other => {
                *state = other;
                return false;
            }
        };
        drop(state);
        let mut begun = Begun {
            later: self,
            outcome: Some((mark, Err(io::Error::other("the sync did not come back")))),
        };
        begun.outcome = Some((mark, file.sync()));
        true
    }

    /// Lets whoever asks wake the thread that does it.
    pub(crate) fn introduce(&self, worker: Thread) {
        // There is one such thread, and it does this once.
        let _ = self.0.worker.set(worker);
    }
}

/// A sync that is under way. Whoever waits for it is told, also when it ends in a panic.
struct Begun<'a> {
    later: &'a Later,
    outcome: Option<(Mark, io::Result<()>)>,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if let Some((mark, result)) = self.outcome.take() {
            *self.later.state() = State::Done(mark, result);
            self.later.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};

    use types::Seq;

    use super::super::Chain;
    use super::*;

    const MARK: Mark = Mark {
        seq: Seq(7),
        chain: Chain(8),
    };

    fn device(path: &str) -> Arc<dyn DiskFile> {
        Arc::new(OpenOptions::new().write(true).open(path).unwrap())
    }

    #[test]
    fn a_sync_is_done_once_and_told_once() {
        let later = Later::default();
        let file: Arc<dyn DiskFile> = Arc::new(tempfile::tempfile().unwrap()) as Arc<File>;
        assert!(!later.step());
        assert!(later.want(&file, MARK));
        assert!(!later.want(&file, MARK));
        assert!(later.outcome().is_none());
        assert!(later.step());
        assert!(!later.want(&file, MARK), "the outcome comes first");
        let (mark, result) = later.outcome().unwrap();
        assert_eq!((mark, result.is_ok()), (MARK, true));
        assert!(later.outcome().is_none());
        assert!(later.want(&file, MARK));
        assert!(later.settle().is_none(), "taken back");
        assert!(!later.step());
    }

    /// A disk that ends its thread.
    #[derive(Debug)]
    struct Broken;

    impl DiskFile for Broken {
        fn length(&self) -> io::Result<u64> {
            Ok(0)
        }

        fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
            Ok(0)
        }

        fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
            Ok(())
        }

        fn allocate(&self, _: u64) -> io::Result<()> {
            Ok(())
        }

        fn set_length(&self, _: u64) -> io::Result<()> {
            Ok(())
        }

        fn sync(&self) -> io::Result<()> {
            panic!("a disk that ends its thread");
        }
    }

    #[test]
    fn a_sync_that_ends_its_thread_has_failed() {
        let later = Later::default();
        let file: Arc<dyn DiskFile> = Arc::new(Broken);
        assert!(later.want(&file, MARK));
        let worker = later.clone();
        assert!(std::thread::spawn(move || worker.step()).join().is_err());
        let (mark, result) = later.settle().unwrap();
        assert_eq!((mark, result.is_err()), (MARK, true));
    }

    #[test]
    fn who_settles_waits_for_the_outcome() {
        let later = Later::default();
        // It takes writes and refuses a sync.
        assert!(later.want(&device("/dev/null"), MARK));
        let worker = later.clone();
        let thread = std::thread::spawn(move || while !worker.step() {});
        while matches!(*later.state(), State::Wanted(..)) {}
        let (mark, result) = later.settle().unwrap();
        assert_eq!((mark, result.is_err()), (MARK, true));
        thread.join().unwrap();
    }
}
