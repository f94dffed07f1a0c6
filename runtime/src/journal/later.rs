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
        let result = file.sync();
        *self.state() = State::Done(mark, result);
        self.0.changed.notify_all();
        true
    }

    /// Lets whoever asks wake the thread that does it.
    pub(crate) fn introduce(&self, worker: Thread) {
        // There is one such thread, and it does this once.
        let _ = self.0.worker.set(worker);
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
