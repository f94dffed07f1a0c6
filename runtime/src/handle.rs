//! What the rest of the process holds of a running shard.

use std::sync::Arc;

use tokio::sync::{broadcast, oneshot, watch};
use types::{AccountId, Command, CompetitionId, InstrumentId, NewOrder, Seq};

use crate::batch::DurableBatch;
use crate::boards::{BoardRows, BoardView};
use crate::config::AckMode;
use crate::ingress::{Overloaded, Receipt, Refused};
use crate::port::{self, Port, TooManyPorts};
use crate::shared::{Shared, Status, Wakers};
use crate::stats::Stats;
use crate::views::{AccountAt, BoardAt, BookAt, TeamsAt, Views, WhatIfAt};

/// A cheap, cloneable reference to a runtime. It keeps nothing running.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    /// Queues a command. Its receipt comes once the command is durable; what only takes risk away
    /// ([`crate::Lane::Cancels`]) goes by a lane of its own, ahead of the others and of every port.
    ///
    /// A closed receiver means that the runtime stopped or failed first ([`Handle::status`] says which):
    /// after a failure it is not known whether the command was taken.
    ///
    /// # Errors
    /// When the lane or the disk is full. The command was not taken.
    pub fn submit(&self, command: Command) -> Result<oneshot::Receiver<Receipt>, Refused> {
        let receipt = self.shared.ingress.submit(command)?;
        self.wake();
        Ok(receipt)
    }

    /// Opens a way in for one client with many commands, with room for so many that wait for their
    /// acknowledgement, and for so many cancels besides. It takes memory for all of it at once, some
    /// 300 bytes a place.
    ///
    /// # Errors
    /// When [`crate::PORTS_MAX`] are open.
    pub fn port(&self, commands_max: usize, cancels_max: usize) -> Result<Port, TooManyPorts> {
        port::open(&self.shared, commands_max, cancels_max)
    }

    /// Wakes the shard out of a [`crate::Next::Wait`], for a source that is fed by another thread.
    pub fn wake(&self) {
        Wakers::wake(&self.shared.threads.shard);
    }

    /// The newest lists that the replica has published.
    pub fn views(&self) -> Arc<Views> {
        self.shared.views.load_full()
    }

    /// Asks the replica for one account; the answer says at which seq it was taken, which is never
    /// before that of [`Handle::views`] at the moment of asking. The receiver is closed when the runtime
    /// has stopped or failed.
    ///
    /// # Errors
    /// When too many requests are waiting.
    pub fn account(&self, account: AccountId) -> Result<oneshot::Receiver<AccountAt>, Overloaded> {
        let answer = self.shared.view_requests.account(account)?;
        Wakers::wake(&self.shared.threads.replica);
        Ok(answer)
    }

    /// Asks the replica for the book of a crossed instrument, so many levels of each side; like
    /// [`Handle::account`].
    ///
    /// # Errors
    /// When too many requests are waiting.
    pub fn book(
        &self,
        instrument: InstrumentId,
        levels: usize,
    ) -> Result<oneshot::Receiver<BookAt>, Overloaded> {
        let answer = self.shared.view_requests.book(instrument, levels)?;
        Wakers::wake(&self.shared.threads.replica);
        Ok(answer)
    }

    /// Asks the replica what an order would do to its account if it executed whole now; nothing is sent.
    /// Like [`Handle::account`].
    ///
    /// # Errors
    /// When too many requests are waiting.
    pub fn what_if(&self, request: NewOrder) -> Result<oneshot::Receiver<WhatIfAt>, Overloaded> {
        let answer = self.shared.view_requests.what_if(request)?;
        Wakers::wake(&self.shared.threads.replica);
        Ok(answer)
    }

    /// Asks the replica for rows of a board, at most [`crate::BOARD_ROWS_MAX`]; like
    /// [`Handle::account`], but as of the newest [`Handle::views`] or later.
    ///
    /// # Errors
    /// When too many requests are waiting.
    pub fn board(
        &self,
        competition: CompetitionId,
        view: BoardView,
        rows: BoardRows,
    ) -> Result<oneshot::Receiver<BoardAt>, Overloaded> {
        let answer = self.shared.view_requests.board(competition, view, rows)?;
        Wakers::wake(&self.shared.threads.replica);
        Ok(answer)
    }

    /// Asks the replica for a team board; like [`Handle::board`].
    ///
    /// # Errors
    /// When too many requests are waiting.
    pub fn teams(
        &self,
        competition: CompetitionId,
        view: BoardView,
    ) -> Result<oneshot::Receiver<TeamsAt>, Overloaded> {
        let answer = self.shared.view_requests.teams(competition, view)?;
        Wakers::wake(&self.shared.threads.replica);
        Ok(answer)
    }

    /// Every batch that becomes durable from now on. A receiver that lags by more than
    /// `broadcast_batches_max` is told how many batches it missed; one of a runtime that stopped or
    /// failed is closed.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<DurableBatch>> {
        self.shared.subscribe()
    }

    /// Announces somebody who shows every batch to others, such as a gateway: from now on, as long as the
    /// answer is kept, the last stage of [`crate::StageLatencies`] ends where it says so.
    pub fn attach_publisher(&self) -> Publisher {
        self.shared.attach_publisher();
        Publisher {
            shared: Arc::clone(&self.shared),
        }
    }

    /// The last input that is durable (in [`AckMode::Relaxed`]: written) and may be told.
    pub fn durable_seq(&self) -> Seq {
        self.shared.durable()
    }

    /// The last input that the shard has applied.
    pub fn applied_seq(&self) -> Seq {
        self.shared.applied()
    }

    /// How the runtime is.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// Follows the status.
    pub fn status_changes(&self) -> watch::Receiver<Status> {
        self.shared.status_changes()
    }

    /// What the runtime did so far.
    pub fn stats(&self) -> Stats {
        self.shared.counters.stats(&self.shared.ingress)
    }

    /// What an acknowledgement means.
    pub fn ack_mode(&self) -> AckMode {
        self.shared.ack_mode
    }
}

/// Somebody who shows batches to others; see [`Handle::attach_publisher`]. Detached when dropped.
#[derive(Debug)]
pub struct Publisher {
    shared: Arc<Shared>,
}

impl Publisher {
    /// The batch can be seen. Counts once for each batch that was broadcast after this was attached,
    /// whoever else publishes it too.
    pub fn published(&self, batch: &DurableBatch) {
        self.shared.published(batch);
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.shared.detach_publisher();
    }
}
