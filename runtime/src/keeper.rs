//! A snapshot store on a thread of its own. After an I/O error sled may wait inside its flush for ever; then no more
//! snapshots are kept until the next start, and nobody else waits.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use engine::StateHash;
use types::Seq;

use crate::snapshot::{SnapshotStoreError, Snapshots};

/// A write takes this long at most, and a second more for so many bytes.
const WRITE_MAX: Duration = Duration::from_secs(10);
const BYTES_PER_SECOND_MIN: u64 = 10 << 20;

type Written = (Result<(), SnapshotStoreError>, Vec<Seq>);

struct Job {
    seq: Seq,
    hash: StateHash,
    bytes: Vec<u8>,
}

/// Who keeps the snapshots.
#[derive(Debug)]
pub(crate) struct Keeper {
    path: PathBuf,
    /// `None` once it did not answer.
    thread: Option<(Sender<Job>, Receiver<Written>, JoinHandle<()>)>,
    seqs: Vec<Seq>,
    write_max: Duration,
}

impl Keeper {
    /// Takes a store over. `path` is its name in errors.
    ///
    /// # Errors
    /// The system has no more threads.
    pub(crate) fn new(store: Box<dyn Snapshots>, path: PathBuf) -> Result<Self, std::io::Error> {
        let seqs = store.seqs();
        let (jobs, to_do) = mpsc::channel::<Job>();
        let (told, written) = mpsc::channel();
        let run = move || {
            let mut store = store;
            while let Ok(job) = to_do.recv() {
                let result = store.write(job.seq, job.hash, &job.bytes);
                if told.send((result, store.seqs())).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new()
            .name("snapshots".to_owned())
            .spawn(run)?;
        Ok(Self {
            path,
            thread: Some((jobs, written, thread)),
            seqs,
            write_max: WRITE_MAX,
        })
    }

    fn stuck(&self) -> SnapshotStoreError {
        SnapshotStoreError::Stuck {
            path: self.path.clone(),
        }
    }
}

impl Snapshots for Keeper {
    fn write(&mut self, seq: Seq, hash: StateHash, bytes: &[u8]) -> Result<(), SnapshotStoreError> {
        let Some((jobs, written, _)) = &self.thread else {
            return Err(self.stuck());
        };
        let more = Duration::from_secs(bytes.len() as u64 / BYTES_PER_SECOND_MIN);
        let bytes = bytes.to_vec();
        let answer = match jobs.send(Job { seq, hash, bytes }) {
            Ok(()) => written.recv_timeout(self.write_max + more).ok(),
            Err(_) => None,
        };
        let Some((result, seqs)) = answer else {
            // It keeps its store: to close that would wait as well.
            self.thread = None;
            return Err(self.stuck());
        };
        self.seqs = seqs;
        result
    }

    fn seqs(&self) -> Vec<Seq> {
        self.seqs.clone()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some((jobs, _, thread)) = self.thread.take() {
            drop(jobs);
            // Its store is closed then; a panic there has been told by what it did not write.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes until it is told to hang.
    #[derive(Debug)]
    struct Store(Vec<Seq>, Receiver<()>);

    impl Snapshots for Store {
        fn write(&mut self, seq: Seq, _: StateHash, _: &[u8]) -> Result<(), SnapshotStoreError> {
            if seq.0 > 2 {
                // Until the test is over.
                let _ = self.1.recv();
            }
            self.0.push(seq);
            Ok(())
        }

        fn seqs(&self) -> Vec<Seq> {
            self.0.clone()
        }
    }

    #[test]
    fn a_store_that_hangs_holds_nobody_up() {
        let (end, ends) = mpsc::channel();
        let store = Store(vec![Seq(1)], ends);
        let mut keeper = Keeper::new(Box::new(store), PathBuf::from("store")).unwrap();
        let hash = StateHash([0; 32]);
        keeper.write(Seq(2), hash, &[1]).unwrap();
        assert_eq!(keeper.seqs(), [Seq(1), Seq(2)]);
        keeper.write_max = Duration::from_millis(1);
        for seq in [3, 4] {
            let error = keeper.write(Seq(seq), hash, &[1]).unwrap_err();
            assert!(matches!(error, SnapshotStoreError::Stuck { .. }));
        }
        assert_eq!(keeper.seqs(), [Seq(1), Seq(2)]);
        drop(keeper);
        end.send(()).unwrap();
    }
}
