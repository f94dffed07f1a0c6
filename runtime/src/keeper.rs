//! A snapshot store on a thread of its own: nobody waits for it. After an I/O error sled may wait inside its flush for
//! ever; then the thread is left alone with its store, and a new store is begun in its place.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use engine::StateHash;
use types::Seq;

use crate::journal::Mark;
use crate::snapshot::{SnapshotStoreError, Snapshots};

/// A write takes this long at most, and a second more for so many bytes.
const WRITE_MAX: Duration = Duration::from_secs(10);
const BYTES_PER_SECOND_MIN: u64 = 10 << 20;
/// A store that has nothing to write is closed within this time, or left alone.
const CLOSE_MAX: Duration = Duration::from_millis(500);
const CLOSE_POLL: Duration = Duration::from_millis(1);
/// Looks at a store that does not answer in a simulation, before that is told.
const SILENT_LOOKS: u32 = 50;
/// Stores that do not answer, at a time; with so many no other is begun, so that threads and files stay bounded.
const STUCK_MAX: usize = 4;

/// A state that was verified, as it is to be kept.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Where the journal stands with it.
    pub(crate) at: Mark,
    pub(crate) hash: StateHash,
    pub(crate) bytes: Arc<Vec<u8>>,
}

/// What became of a snapshot.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) snapshot: Snapshot,
    pub(crate) result: Result<(), SnapshotStoreError>,
}

/// Makes a store in the place of one that does not answer.
pub(crate) type Instead = Box<dyn Fn() -> Box<dyn Snapshots> + Send>;

/// Who keeps the snapshots.
#[derive(Debug)]
pub(crate) struct Keeper {
    place: Place,
    /// Of the snapshots that are kept, as far as it has told.
    seqs: Vec<Seq>,
}

#[derive(Debug)]
enum Place {
    /// Whoever posts a snapshot writes it: a simulation has one thread.
    Here(Here),
    Apart(Apart),
}

#[derive(Debug)]
struct Here {
    store: Box<dyn Snapshots>,
    written: Option<Written>,
    /// How many looks find nothing yet: a store that does not answer is not known as one at once.
    silent: u32,
}

struct Apart {
    path: PathBuf,
    instead: Instead,
    worker: Option<Worker>,
    /// What it has not answered, and when it must have.
    writing: Option<(Snapshot, Instant)>,
    stuck: Vec<JoinHandle<()>>,
    write_max: Duration,
}

impl std::fmt::Debug for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Apart")
            .field("path", &self.path)
            .field("writing", &self.writing.is_some())
            .field("stuck", &self.stuck.len())
            .finish_non_exhaustive()
    }
}

/// The result, and which snapshots are kept now.
type Told = (Result<(), SnapshotStoreError>, Vec<Seq>);

#[derive(Debug)]
struct Worker {
    to_write: Sender<Snapshot>,
    told: Receiver<Told>,
    thread: JoinHandle<()>,
}

impl Worker {
    fn new(store: Box<dyn Snapshots>) -> Result<Self, std::io::Error> {
        let (to_write, posted) = mpsc::channel::<Snapshot>();
        let (tell, told) = mpsc::channel();
        let run = move || {
            let mut store = store;
            while let Ok(snapshot) = posted.recv() {
                let result = store.write(snapshot.at, snapshot.hash, &snapshot.bytes);
                // Before whoever posted it gets its bytes back.
                drop(snapshot);
                if tell.send((result, store.seqs())).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("snapshots".to_owned());
        Ok(Self {
            thread: thread.spawn(run)?,
            to_write,
            told,
        })
    }

    /// Lets it close its store, and waits for that, but not for ever.
    fn close(self) {
        drop(self.to_write);
        let started = Instant::now();
        while !self.thread.is_finished() && started.elapsed() < CLOSE_MAX {
            thread::sleep(CLOSE_POLL);
        }
    }
}

impl Keeper {
    /// Takes a store over. `path` is its name in errors.
    ///
    /// # Errors
    /// The system has no more threads.
    pub(crate) fn new(
        store: Box<dyn Snapshots>,
        path: PathBuf,
        instead: Instead,
    ) -> Result<Self, std::io::Error> {
        let seqs = store.seqs();
        let apart = Apart {
            path,
            instead,
            worker: Some(Worker::new(store)?),
            writing: None,
            stuck: Vec::new(),
            write_max: WRITE_MAX,
        };
        let place = Place::Apart(apart);
        Ok(Self { place, seqs })
    }

    /// One that writes in the thread that posts.
    pub(crate) fn here(store: Box<dyn Snapshots>) -> Self {
        let seqs = store.seqs();
        let place = Place::Here(Here {
            store,
            written: None,
            silent: 0,
        });
        Self { place, seqs }
    }

    /// Whether a snapshot is under way.
    pub(crate) const fn is_busy(&self) -> bool {
        match &self.place {
            Place::Here(here) => here.written.is_some(),
            Place::Apart(apart) => apart.writing.is_some(),
        }
    }

    /// Has a snapshot written, unless one is under way. What became of it [`Keeper::poll`] says.
    pub(crate) fn post(&mut self, snapshot: Snapshot) {
        match &mut self.place {
            Place::Here(here) => {
                let Snapshot { at, hash, .. } = snapshot;
                let result = here.store.write(at, hash, &snapshot.bytes);
                let is_stuck = matches!(result, Err(SnapshotStoreError::Stuck { .. }));
                here.silent = if is_stuck { SILENT_LOOKS } else { 0 };
                here.written = Some(Written { snapshot, result });
            }
            Place::Apart(apart) if apart.writing.is_none() => apart.post(snapshot),
            Place::Apart(_) => {}
        }
    }

    /// What became of the snapshot that was posted last, once.
    pub(crate) fn poll(&mut self) -> Option<Written> {
        match &mut self.place {
            Place::Here(here) if here.silent > 0 => {
                here.silent -= 1;
                None
            }
            Place::Here(here) => {
                let written = here.written.take()?;
                self.seqs = here.store.seqs();
                Some(written)
            }
            Place::Apart(apart) => {
                let (snapshot, (result, seqs)) = apart.poll()?;
                self.seqs = seqs;
                Some(Written { snapshot, result })
            }
        }
    }

    /// Seqs of the snapshots that are kept, oldest first.
    pub(crate) fn seqs(&self) -> &[Seq] {
        &self.seqs
    }
}

impl Apart {
    fn post(&mut self, snapshot: Snapshot) {
        let more = Duration::from_secs(snapshot.bytes.len() as u64 / BYTES_PER_SECOND_MIN);
        let due = Instant::now() + self.write_max + more;
        self.stuck.retain(|thread| !thread.is_finished());
        if self.worker.is_none() && self.stuck.len() < STUCK_MAX {
            // Without a thread the snapshot is told as not written.
            self.worker = Worker::new((self.instead)()).ok();
        }
        if let Some(worker) = &self.worker {
            // A thread that has ended is seen by the next poll.
            let _ = worker.to_write.send(snapshot.clone());
        }
        self.writing = Some((snapshot, due));
    }

    fn poll(&mut self) -> Option<(Snapshot, Told)> {
        let (snapshot, due) = self.writing.take()?;
        let told = match &self.worker {
            Some(worker) => worker.told.try_recv(),
            None => Err(TryRecvError::Disconnected),
        };
        match told {
            Ok(told) => return Some((snapshot, told)),
            Err(TryRecvError::Empty) if Instant::now() < due => {
                self.writing = Some((snapshot, due));
                return None;
            }
            Err(_) => {}
        }
        // It keeps its store: to close that would wait as well.
        self.stuck
            .extend(self.worker.take().map(|worker| worker.thread));
        let path = self.path.clone();
        let result = Err(SnapshotStoreError::Stuck { path });
        Some((snapshot, (result, Vec::new())))
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        if self.writing.is_none()
            && let Some(worker) = self.worker.take()
        {
            worker.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Chain;
    use std::sync::Mutex;

    /// Writes up to this seq, and hangs at the next until the test is over.
    #[derive(Debug)]
    struct Store(Vec<Seq>, Seq, Receiver<()>);

    impl Snapshots for Store {
        fn write(&mut self, at: Mark, _: StateHash, _: &[u8]) -> Result<(), SnapshotStoreError> {
            let seq = at.seq;
            if seq > self.1 {
                let _ = self.2.recv();
            }
            self.0.push(seq);
            Ok(())
        }

        fn give_up(&mut self, _: String) -> Result<(), SnapshotStoreError> {
            self.0.clear();
            Ok(())
        }

        fn seqs(&self) -> Vec<Seq> {
            self.0.clone()
        }
    }

    fn write(keeper: &mut Keeper, seq: u64) -> Result<(), SnapshotStoreError> {
        keeper.post(Snapshot {
            at: Mark {
                seq: Seq(seq),
                chain: Chain(0),
            },
            hash: StateHash([0; 32]),
            bytes: Arc::new(vec![1]),
        });
        loop {
            assert!(keeper.is_busy());
            if let Some(written) = keeper.poll() {
                assert_eq!(written.snapshot.at.seq, Seq(seq));
                assert!(!keeper.is_busy());
                return written.result;
            }
            thread::yield_now();
        }
    }

    /// The first store hangs at seq 3, the one in its place takes 4 and hangs at 5, and so do those after it.
    #[test]
    fn a_store_that_hangs_is_replaced_and_only_so_many_may_hang() {
        let ends = Arc::new(Mutex::new(Vec::new()));
        let store = {
            let ends = Arc::clone(&ends);
            move |seqs: Vec<Seq>, until: u64| {
                let (end, ended) = mpsc::channel();
                ends.lock().unwrap().push(end);
                Box::new(Store(seqs, Seq(until), ended)) as Box<dyn Snapshots>
            }
        };
        let first = store(vec![Seq(1)], 2);
        let instead: Instead = Box::new(move || store(Vec::new(), 4));
        let mut keeper = Keeper::new(first, PathBuf::from("store"), instead).unwrap();
        assert_eq!(keeper.seqs(), [Seq(1)]);
        write(&mut keeper, 2).unwrap();
        assert_eq!(keeper.seqs(), [Seq(1), Seq(2)]);
        let Place::Apart(apart) = &mut keeper.place else {
            panic!("it has a thread");
        };
        apart.write_max = Duration::from_millis(20);
        let is_stuck = |result| matches!(result, Err(SnapshotStoreError::Stuck { .. }));
        assert!(is_stuck(write(&mut keeper, 3)));
        assert_eq!(keeper.seqs(), []);
        if let Place::Apart(apart) = &mut keeper.place {
            apart.write_max = WRITE_MAX;
        }
        write(&mut keeper, 4).unwrap();
        assert_eq!(keeper.seqs(), [Seq(4)]);
        if let Place::Apart(apart) = &mut keeper.place {
            apart.write_max = Duration::from_millis(20);
        }
        for seq in 5..20 {
            assert!(is_stuck(write(&mut keeper, seq)));
        }
        assert_eq!(ends.lock().unwrap().len(), STUCK_MAX);
        drop(keeper);
        ends.lock().unwrap().clear();
    }
}
